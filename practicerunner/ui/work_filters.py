"""The filters of the queues: mine or the team's, whose, which kind of case, how old; the same on each (J04–J07)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.follow_up import CaseFacts

T = TypeVar("T")
AGES = {0: "Any age", 3: "3 days or more", 7: "7 days or more", 14: "14 days or more"}
MINE, TEAM = "Mine", "Team"
TOO_FEW = 2
"""Fewer rows than this need no filter."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row is filtered by."""

    person: str
    """Whose it is, by name."""
    case_type: CaseType | None
    days: int
    is_mine: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody narrows a queue to; nothing chosen is everything."""

    is_mine: bool | None = None
    person: str | None = None
    case_type: CaseType | None = None
    days: int = 0

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return self != Chosen()

    def passes(self, one: Facts) -> bool:
        """Whether a row is among them."""
        return (
            self.is_mine in (None, one.is_mine) and self.person in (None, one.person)
            and self.case_type in (None, one.case_type) and one.days >= self.days)


def of_case(known: CaseFacts, days: int) -> Facts:
    """A row of a case, so many days old."""
    return Facts(known.provider, known.case_type, days, known.is_mine)


def narrow(
    rows: Sequence[T], facts: Callable[[T], Facts], key: str, *, person: str,
    beside: Callable[[], tuple[object, Callable[[T], bool]]] | None = None,
) -> list[T]:
    """Draw the filters that make a difference to these rows, and return the rows that pass.

    ``person`` is what the filter by name is called; ``beside`` draws more of them, and returns what they are set to
    with what passes them. Another question starts at the first page of the list.
    """
    known = [(row, facts(row)) for row in rows]
    if len(rows) < TOO_FEW:
        return list(rows)
    oldest = max(one.days for _, one in known)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = ask(
            key, person=person, people=sorted({one.person for _, one in known}),
            kinds=[kind for kind in CaseType if kind in {one.case_type for _, one in known}],
            ages=[age for age in AGES if age <= oldest], has_mine=len({one.is_mine for _, one in known}) > 1)
        asked, more = beside() if beside is not None else (None, None)
    if st.session_state.get(f"{key}.asked", (Chosen(), asked)) != (chosen, asked):
        st.session_state[f"{key}_page"] = 1
    st.session_state[f"{key}.asked"] = chosen, asked
    return [row for row, one in known if chosen.passes(one) and (more is None or more(row))]


def page_of(key: str, rows: int, size: int) -> int:
    """Which page of a list is to be shown; the last, where it has become shorter."""
    wanted, last = int(st.session_state.get(f"{key}_page", 1)), -(-rows // size)
    if wanted > last:
        st.session_state[f"{key}_page"] = last
    return min(wanted, last)


def ask(
    key: str, *, person: str, people: Sequence[str], has_mine: bool, kinds: Sequence[CaseType] = tuple(CaseType),
    ages: Sequence[int] = tuple(AGES),
) -> Chosen:
    """Draw the filters by themselves, those that can make a difference: for a queue that the database narrows."""
    whose, who, kind, age = None, None, None, 0
    if has_mine:
        whose = st.segmented_control("Whose", (MINE, TEAM), key=f"{key}.whose")
    if len(people) > 1:
        who = st.selectbox(person, people, index=None, placeholder="Everybody", key=f"{key}.who", width=170)
    if len(kinds) > 1:
        kind = st.selectbox("Kind of case", kinds, index=None, placeholder="Every kind", key=f"{key}.kind",
                            format_func=lambda one: capabilities(one).heading, width=170)
    if len(ages) > 1:
        age = st.selectbox("Age", ages, key=f"{key}.age", format_func=AGES.__getitem__, width=150)
    return Chosen(None if whose is None else whose == MINE, who, kind, age or 0)
