"""Places in a group and who waits for one, on its page; and the dialog in which somebody joins (A16, A17)."""

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.rules.case_types import capabilities
from practicerunner.ui.case_overview import contact_line
from practicerunner.ui.forms import Form
from practicerunner.ui.new_case import Builder, ask_one
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import AddParticipant, add_participant
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.waitlist import (
    Joining,
    Places,
    PutOnWaitlist,
    SetCapacity,
    TakeIn,
    TakeOffWaitlist,
    Waiting,
    joining,
    places_of,
    put_on_waitlist,
    set_capacity,
    take_in,
    take_off_waitlist,
)

SHOWN = 5
"""How many clashes are listed one by one."""


def show(actor: Actor, page: CasePage, *, changes: bool) -> None:
    """Draw the block: how many places are taken, and the waitlist in order."""
    places = read(places_of, actor, page.case_id)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Places", anchor=False, width="content")
            if changes and st.button("Set places", icon=":material/edit:", key="set_places", type="tertiary"):
                places_dialog(actor, page, places)
        st.text(places.sentence)
        if places.capacity is None and not places.waiting:
            return
        if places.free_from is not None and places.waiting:
            when = "now" if places.free_from <= page.today else f"from {day(places.free_from, page.today)} on"
            st.text(f"A place is free {when}. Nobody is added by itself.")
        for place, waiting in enumerate(places.waiting, start=1):
            _line(actor, page, places, waiting, place, changes=changes)
        if not places.waiting:
            st.text("Nobody waits. Who wants to join while all places are taken is put on the waitlist.")


def _line(actor: Actor, page: CasePage, places: Places, waiting: Waiting, place: int, *, changes: bool) -> None:
    with st.container(gap="xsmall"):
        part = f", {waiting.role}" if waiting.role else ""
        st.text(f"{place}. {waiting.name}{part}, waiting since {day(waiting.since, page.today)}")
        if not changes:
            return
        free = places.free_from is not None
        with st.container(horizontal=True):
            if free and place == 1 and st.button(
                "Offer the place", icon=":material/call:", key=f"offer.{waiting.person_id}"
            ):
                offer_dialog(actor, page, places, waiting)
            if free and st.button("Take in", key=f"take_in.{waiting.person_id}", type="tertiary"):
                take_in_dialog(actor, page, places, waiting, place)
            if st.button("Remove", key=f"off.{waiting.person_id}", type="tertiary"):
                off_dialog(actor, page, waiting)


@st.dialog("Places")
def places_dialog(actor: Actor, page: CasePage, places: Places) -> None:
    """How many places there are; fewer than take part is allowed and said."""
    form = Form(f"places.{page.case_id}.{page.revision}")
    limited = st.toggle("There is a limit", value=True, key=form.field_key("limited"))
    number = None
    if limited:
        number = form.number("capacity", "Places", places.capacity or max(places.taken, 8), min_value=1, max_value=1000)
        over = places.taken - number
        if over > 0:
            st.info(f"{count(over, 'person', 'people')} more than that take part now. Nobody is removed; nobody new "
                    "can join until there is a place.", icon=":material/info:")
    if st.button("Save places", type="primary", key=form.field_key("save")):
        done, _ = form.submit(set_capacity, actor, lambda: SetCapacity(
            op=form.op, case_id=page.case_id, revision=page.revision, capacity=number), "Places saved")
        if done:
            st.rerun()


@st.dialog("Offer the place")
def offer_dialog(actor: Actor, page: CasePage, places: Places, waiting: Waiting) -> None:
    """How to reach the first in line, and what they answered."""
    st.text(f"{waiting.name} is first in line. Ask whether they still want the place.")
    contacts = next((p.contacts for p in page.waiting if p.person_id == waiting.person_id), ())
    for contact in sorted(contacts, key=lambda point: not point.preferred):
        st.text(contact_line(contact))
    if not contacts:
        st.text("No phone or e-mail is kept for them.")
    st.divider()
    _take_in(actor, page, places, waiting, 1)
    _take_off(actor, page, waiting, "They no longer want it")


@st.dialog("Take in")
def take_in_dialog(actor: Actor, page: CasePage, places: Places, waiting: Waiting, place: int) -> None:
    """From when on somebody from the waitlist takes part; another than the first with a reason."""
    st.text(f"{waiting.name} joins from the waitlist.")
    _take_in(actor, page, places, waiting, place)


def _take_in(actor: Actor, page: CasePage, places: Places, waiting: Waiting, place: int) -> None:
    form = Form(f"take_in.{page.case_id}.{waiting.person_id}")
    first = max(places.free_from or page.today, page.today)
    joined_on = form.date("joined_on", "From", first) or first
    form.place("participants")
    reason = ""
    if place > 1:
        reason = form.text("reason", "Why they come first", help=f"{place - 1} before them wait longer. It is logged.")
    foretell(read(joining, actor, page.case_id, joined_on, waiting.person_id), page.type)
    if st.button("Take them in", type="primary", key=form.field_key("save")):
        done, _ = form.submit(take_in, actor, lambda: TakeIn(
            op=form.op, case_id=page.case_id, person_id=waiting.person_id, joined_on=joined_on, reason=reason,
        ), f"{waiting.name} taken in")
        if done:
            st.rerun()


@st.dialog("Take off the waitlist")
def off_dialog(actor: Actor, page: CasePage, waiting: Waiting) -> None:
    """Say what it means before somebody loses their place in line."""
    st.text(f"{waiting.name} waits no more. The others keep their order.")
    _take_off(actor, page, waiting, "Take off the waitlist", primary=True)


def _take_off(actor: Actor, page: CasePage, waiting: Waiting, label: str, *, primary: bool = False) -> None:
    form = Form(f"off.{page.case_id}.{waiting.person_id}")
    if st.button(label, type="primary" if primary else "secondary", key=form.field_key("off")):
        done, _ = form.submit(take_off_waitlist, actor, lambda: TakeOffWaitlist(
            op=form.op, case_id=page.case_id, person_id=waiting.person_id), f"{waiting.name} taken off the waitlist")
        if done:
            st.rerun()


@st.dialog("Somebody joins", width="large")
def join_dialog(actor: Actor, page: CasePage) -> None:
    """Add a participant from a date on, or put them on the waitlist where there is no place then."""
    able = capabilities(page.type)
    form = Form(f"join.{page.case_id}")
    somebody = ask_one(actor, form, able)
    joined_on = form.date("joined_on", "From", page.today) or page.today
    met = read(joining, actor, page.case_id, joined_on, _known(somebody))
    foretell(met, page.type)
    if met.full:
        if st.button("Put on the waitlist", type="primary", key=form.field_key("save")):
            done, _ = form.submit(put_on_waitlist, actor, lambda: PutOnWaitlist(
                op=form.op, case_id=page.case_id, participant=somebody()), "Put on the waitlist")
            if done:
                st.rerun()
        return
    if page.waiting:
        st.info(md(f"{count(len(page.waiting), 'person waits', 'people wait')} for a place already; "
                   f"{page.waiting[0].name} is first in line."), icon=":material/info:")
    if st.button(f"Add the {able.called}", type="primary", key=form.field_key("save")):
        done, _ = form.submit(add_participant, actor, lambda: AddParticipant(
            op=form.op, case_id=page.case_id, participant=somebody(), joined_on=joined_on,
        ), f"{able.called.capitalize()} added")
        if done:
            st.rerun()


def _known(somebody: Builder) -> int | None:
    """The person that was chosen, as far as one is."""
    try:
        return somebody().person_id
    except BadInput:
        return None


def foretell(met: Joining, kind: CaseType) -> None:
    """Say what the joining would meet: no place, appointments ahead, another appointment at the same time."""
    if met.full:
        st.warning(met.full, icon=":material/block:")
        return
    for sentence in met.clashes[:SHOWN]:
        st.warning(md(sentence), icon=":material/event_busy:")
    more = len(met.clashes) - SHOWN
    if more > 0:
        st.text(f"and {count(more, 'other time', 'other times')}")
    called = capabilities(kind).appointment
    st.text(f"They are expected at {count(met.ahead, called)} ahead." if met.ahead else f"No {called} ahead yet.")
