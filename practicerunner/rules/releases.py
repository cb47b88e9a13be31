"""When the record of several people may go to somebody, and what one of them gets of it alone (C42)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import AuthorizationState, CaseType

REMOVED = "[name removed]"


@dataclass(frozen=True, slots=True)
class Given:
    """One signed authorisation, as far as it decides."""

    expires_on: date
    withdrawn: bool = False
    for_a_minor: bool = False
    """Whether somebody else gave it, while the person was a minor."""


def is_conjoint(case_type: CaseType) -> bool:
    """Whether several people have one record together: a couple or a family, never a group."""
    able = capabilities(case_type)
    return able.most != 1 and not able.is_group


def state_of(given: Sequence[Given], *, adult: bool, today: date) -> AuthorizationState:
    """How somebody stands to a release, the oldest authorisation first. A word given for a minor ends at 18."""
    theirs = [one for one in given if not (adult and one.for_a_minor)]
    if any(not one.withdrawn and today <= one.expires_on for one in theirs):
        return AuthorizationState.AUTHORIZED
    if not theirs:
        return AuthorizationState.MISSING
    return AuthorizationState.WITHDRAWN if theirs[-1].withdrawn else AuthorizationState.EXPIRED


def blocked_sentence(waiting: Sequence[str]) -> str:
    """Why a record does not go out: whose word is not there."""
    return f"Blocked: each adult has to authorise it first. Missing: {', '.join(waiting)}." if waiting else ""


def names_to_remove(theirs: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """The names by which the others are called, longest first; a name that both share says nothing of the other."""
    own = {name.casefold() for name in theirs}
    return tuple(sorted({name for name in others if len(name) > 1 and name.casefold() not in own},
                        key=lambda name: (-len(name), name)))


def without(text: str, names: Sequence[str]) -> str:
    """A text in which these names do not stand, as they are written or all in capitals: "will" is not Will."""
    if not names:
        return text
    written = dict.fromkeys(way for name in names for way in (name, _capitalised(name), name.title(), name.upper()))
    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, written))})(?!\w)")
    return found.sub(REMOVED, text)


def _capitalised(name: str) -> str:
    """A name each word of which begins with a capital, however it was typed."""
    return " ".join(word[:1].upper() + word[1:] for word in name.split(" "))
