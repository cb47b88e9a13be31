"""Making an inquiry a prospect: with one click, or in a dialog that asks what has to be chosen first."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.rules.case_types import CASE_TYPES, Capabilities, capabilities
from practicerunner.rules.inquiries import begins
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.new_case import ask_label
from practicerunner.ui.perform import perform, read
from practicerunner.ui.person_form import new_person
from practicerunner.ui.request_rows import at
from practicerunner.ui.text import born_on, count, md
from practicerunner.ui.waitlist_block import foretell
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.cases import Taking
from practicerunner.workflows.clients import staff_choices
from practicerunner.workflows.commands import Command
from practicerunner.workflows.inquiry_queue import InquiryRow, Match, possible_matches
from practicerunner.workflows.practice import service_list
from practicerunner.workflows.prospects import (
    GroupChoice,
    MakeClient,
    MakeProspect,
    TakeIntoGroup,
    groups_to_join,
    make_client,
    make_prospect,
    take_into_group,
)
from practicerunner.workflows.waitlist import joining

C = TypeVar("C", bound=Command)
REFUSED = "inquiries.refused"
"""Which inquiry could not be made a prospect a moment ago, and why."""
JOINS, WAITS = "Takes part", "Waits for a place"


def prospect(actor: Actor, row: InquiryRow, *, book: bool) -> None:
    """Make a prospect with this click; where something has to be chosen first, ask for it."""
    if not (row.may_open_case or row.may_add):
        return
    matches = read(possible_matches, actor, row.inquiry_id)
    settled = not matches and capabilities(row.kind).least == 1 and row.provider_id is not None
    if not settled or (book and row.service_id is None):
        st.dialog("Make a prospect")(_ask)(actor, row, matches, book)
        return
    op: str = st.session_state.setdefault(f"inquiries.{row.inquiry_id}.{row.revision}.{book}.op", ids.new_operation())

    def refuse(_: str, sentence: str) -> None:
        st.session_state[REFUSED] = (row.inquiry_id, sentence)

    st.session_state.pop(REFUSED, None)
    if row.may_open_case:
        done, case_id = perform(make_prospect, actor, lambda: MakeProspect(
            op=op, inquiry_id=row.inquiry_id, revision=row.revision, book=book,
        ), done=f"{row.name} is a prospect", show=refuse)
        if done:
            navigation.go("case", case=case_id)
    else:
        perform(make_client, actor, lambda: MakeClient(op=op, inquiry_id=row.inquiry_id, revision=row.revision),
                done=given(row, row.provider), show=refuse)
    st.rerun()


def given(row: InquiryRow, provider: str) -> str:
    """What the desk reads once it has done its part."""
    return f"{row.name} is in the directory; {provider} opens the case"


def _ask(actor: Actor, row: InquiryRow, matches: Sequence[Match], book: bool) -> None:
    form = Form(f"prospect.{row.inquiry_id}.{row.revision}")
    who = _who(form, row, matches)
    kind = _which_kind(form, row, book) if row.may_open_case else row.kind
    able = capabilities(kind)
    person_id = who.person_id if who else None
    if able.is_group:
        group = _which_group(form, actor, row, kind)
        if group is not None:
            _take_in(actor, form, row, group, person_id)
            return
    if row.may_open_case:
        _open(actor, form, row, kind, person_id, book)
    else:
        _give(actor, form, row, person_id)


def _which_kind(form: Form, row: InquiryRow, book: bool) -> CaseType:
    kinds = list(CASE_TYPES)
    kind: CaseType = form.choice(
        "type", "Kind of work", kinds, index=kinds.index(begins(row.kind) if book else row.kind),
        format_func=lambda one: capabilities(one).heading)
    if kind is not row.kind:
        st.caption(f"They asked for: {capabilities(row.kind).heading}.")
    return kind


def _who(form: Form, row: InquiryRow, matches: Sequence[Match]) -> Match | None:
    """Somebody new, unless a person says that they are one of those who are here already."""
    if not matches:
        st.text(row.name)
        return None
    st.text(f"{row.name} may be here already. Look before you choose; nobody is put together by itself.")
    place = st.radio(
        "Who is it?", range(len(matches) + 1), key=form.field_key("who"),
        format_func=lambda one: "Somebody new" if one == 0 else md(_said(matches[one - 1])))
    return matches[place - 1] if place else None


def _said(match: Match) -> str:
    born = f", born {born_on(match.birth_date)}" if match.birth_date else ""
    return f"{match.name}{born} ({match.because})"


# --- A group that is there


def _which_group(form: Form, actor: Actor, row: InquiryRow, kind: CaseType) -> GroupChoice | None:
    """One of the groups of this kind, or nothing for a new one."""
    groups = [one for one in read(groups_to_join, actor) if one.kind is kind]
    called = capabilities(kind).heading.lower()
    if not groups:
        return None
    new = f"A new {called}" if row.may_open_case else f"A new {called}, which a provider opens"
    chosen: GroupChoice | None = form.choice(
        "group_id", capabilities(kind).heading, [*groups, None],
        format_func=lambda one: new if one is None else f"{one.name}, {one.provider}")
    if chosen is not None:
        waiting = len(chosen.places.waiting)
        line = f" {count(waiting, 'person waits', 'people wait')}." if waiting else ""
        st.caption(f"{chosen.places.sentence}{line}")
    return chosen


def _take_in(actor: Actor, form: Form, row: InquiryRow, group: GroupChoice, person_id: int | None) -> None:
    """Whether they wait, or take part from a day on and what that would meet."""
    places, joined_on = group.places, None
    waits = places.free_from is None
    if places.capacity is not None and not waits:
        waits = st.segmented_control(
            "How", [JOINS, WAITS], default=WAITS if places.waiting else JOINS, key=form.field_key("how"),
            required=True, label_visibility="collapsed") == WAITS
    if not waits:
        today: date = read(wall_clock, actor).date()
        joined_on = form.date("joined_on", "From", max(places.free_from or today, today)) or today
        met = read(joining, actor, group.case_id, joined_on, person_id)
        foretell(met, group.kind)
        waits = bool(met.full)
    form.place("participants")
    label = "Put on the waitlist" if waits else f"Add the {capabilities(group.kind).called}"
    done = f"{row.name} waits for a place" if waits else f"{row.name} takes part"
    _save(form, actor, label, take_into_group, lambda: TakeIntoGroup(
        op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, group_id=group.case_id, person_id=person_id,
        waits=waits, joined_on=None if waits else joined_on), done)


# --- A case, now or by a provider


def _open(
    actor: Actor, form: Form, row: InquiryRow, kind: CaseType, person_id: int | None, book: bool
) -> None:
    able = capabilities(kind)
    name = form.text("name", f"Name of the {able.heading.lower()}") if able.needs_name else ""
    provider_id = _provider(actor, form, row)
    label = ask_label(form) if able.has_label else None
    others = _others(form, able)
    asks_time = row.wished is not None and not able.is_group
    chosen: dict[str, Any] = _booking(actor, form, row, able, book) if asks_time else {}
    _save(form, actor, "Make a prospect", make_prospect, lambda: MakeProspect(
        op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, type=kind, name=name, provider_id=provider_id,
        person_id=person_id, label=label, others=tuple(Taking(person=build()) for build in others), **chosen,
    ), f"{row.name} is a prospect")


def _provider(actor: Actor, form: Form, row: InquiryRow, label: str = "Provider") -> int | None:
    choices = read(staff_choices, actor).providers
    ours = row.provider_id if row.provider_id in choices else actor.staff_id
    chosen: int | None = form.choice(
        "provider_id", label, list(choices), index=list(choices).index(ours) if ours in choices else None,
        format_func=lambda staff: choices[staff])
    return chosen


def _give(actor: Actor, form: Form, row: InquiryRow, person_id: int | None) -> None:
    """The desk's part: they are kept in the directory, and a provider opens the case."""
    provider_id = _provider(actor, form, row, "Who opens the case")
    st.caption("It stands on the provider's page Today until the case is open.")
    provider = read(staff_choices, actor).providers.get(provider_id or 0, "")
    if st.button("Make a prospect", type="primary", key=form.field_key("save")):
        done, _ = form.submit(make_client, actor, lambda: MakeClient(
            op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, provider_id=provider_id,
            person_id=person_id), given(row, provider))
        if done:
            st.rerun()


def _others(form: Form, able: Capabilities) -> list[Callable[[], Any]]:
    """Whoever else this kind of work needs."""
    found = []
    for place in range(1, able.least):
        with st.container(border=True):
            st.text(f"{able.called.capitalize()} {place + 1}")
            found.append(new_person(form, f"p{place}"))
    form.place("participants")
    return found


def _booking(actor: Actor, form: Form, row: InquiryRow, able: Capabilities, book: bool) -> dict[str, Any]:
    today = read(wall_clock, actor).date()
    if not form.tick("book", md(f"Book {at(row.wished, today)}, for which they asked"), book):
        return {}
    services = [one for one in read(service_list, actor) if one.category in able.categories]
    known = [one.id for one in services]
    service = form.choice(
        "service_id", "Service", services, index=known.index(row.service_id) if row.service_id in known else 0,
        format_func=lambda one: one.name)
    return {"book": True, "service_id": service.id if service else None}


def _save(
    form: Form, actor: Actor, label: str, verb: Callable[[Session, Actor, C], int], build: Callable[[], C], done: str,
) -> None:
    """The button, and on to what it became."""
    if st.button(label, type="primary", key=form.field_key("save")):
        ok, case_id = form.submit(verb, actor, build, done)
        if ok:
            navigation.go("case", case=case_id)
