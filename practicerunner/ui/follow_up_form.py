"""A contact with a payer: what was said and done, what is to be done next; one small form beside the row."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, ContactMade, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.follow_up import BY_HAND, Done, Entry, FollowUpPayer, ToContact, follow_up_payer, helpers

SHOWN = 5
"""Contacts that are shown at once."""
MOST_NAMES = 2
"""Payers whose names fit a cell."""


WIDTHS = {"Last contact": st.column_config.Column(width=165), "Next action": st.column_config.Column(width=185)}
"""So that both are read to the end beside the other columns of a list."""


def last_contact(done: Done, today: date) -> str:
    """``Phone, Tue 3 Nov``; empty where nobody was in touch."""
    last = done.last
    return f"{last.kind.label}, {day(last.on, today)}" if last is not None else ""


def next_action(done: Done, today: date) -> str:
    """``Call again, Fri 6 Nov``; empty where nothing is to be done next."""
    following = done.next
    if following is None or following.next_on is None:
        return ""
    return f"{following.next_action}, {day(following.next_on, today)}"


def history(done: Done, today: date) -> None:
    """The latest contacts, a line each."""
    for entry in done.entries[:SHOWN]:
        st.caption(md(_line(entry, today)))


def _line(entry: Entry, today: date) -> str:
    said = f": {entry.remark}" if entry.remark else ""
    following = ""
    if entry.next_action and entry.next_on is not None:
        following = f" Next: {entry.next_action}, {day(entry.next_on, today)}, {entry.next_by}."
    return f"{day(entry.on, today)}, {entry.kind.label.lower()} ({entry.by}){said}.{following}".replace("..", ".")


def ask(actor: Actor, payer_id: int | None, case_id: int, today: date, person_id: int | None = None) -> bool:
    """Draw the form for one account. Returns whether a contact was just entered."""
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return False
    form = Form(f"follow_up.{payer_id or person_id}.{case_id}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Contact", BY_HAND, default=ContactMade.PHONE, format_func=lambda one: one.label,
            key=form.field_key("kind"), required=True,
        )
        happened_on = st.date_input("On", today, max_value=today, key=form.field_key("happened_on"),
                                    format="YYYY-MM-DD", width=150)
    form.place("kind")
    form.place("happened_on")
    remark = form.text("remark", "What was said", max_chars=200)
    first, second, third = st.columns([4, 3, 3])
    with first:
        action = form.text("next_action", "Next action", placeholder="Call again …", max_chars=200)
    with second:
        next_on = form.date("next_on", "By", None, min_value=today)
    with third:
        people = dict(read(helpers, actor, case_id))
        by = form.choice("next_by_id", "Who", list(people), format_func=people.__getitem__)
    if not st.button("Save contact", type="primary", key=form.field_key("save")):
        return False
    done, _ = form.submit(follow_up_payer, actor, lambda: FollowUpPayer(
        op=form.op, payer_id=payer_id, person_id=None if payer_id else person_id, case_id=case_id,
        kind=kind or ContactMade.PHONE, happened_on=happened_on or today, remark=remark,
        next_action=action, next_on=next_on, next_by_id=by if action.strip() else None,
    ), "Contact saved")
    return done


def popover(actor: Actor, payer_id: int, case_id: int, done: Done, today: date, key: str) -> None:
    """The form behind a button, for rows that stand close together."""
    with st.popover("Follow up", key=f"follow_{key}"):
        history(done, today)
        if ask(actor, payer_id, case_id, today):
            st.rerun()


def about_case(actor: Actor, case_id: int, whom: Sequence[ToContact], today: date, key: str) -> None:
    """The same for a row that is about a case: to whom somebody spoke is chosen where several pay."""
    if not whom:
        return
    with st.popover("Follow up", key=f"follow_{key}"):
        place = 0
        if len(whom) > 1:
            place = st.selectbox("With", range(len(whom)), format_func=lambda at: whom[at].name, key=f"with_{key}")
        one = whom[place]
        history(one.done, today)
        if ask(actor, one.payer_id, case_id, today, one.person_id):
            st.rerun()


def names(whom: Sequence[ToContact]) -> str:
    """Whoever pays, in a cell of a table."""
    paying = [one.name for one in whom if one.pays]
    more = f" and {len(paying) - MOST_NAMES} more" if len(paying) > MOST_NAMES else ""
    return ", ".join(paying[:MOST_NAMES]) + more


def latest(whom: Sequence[ToContact]) -> Done:
    """What was done about any of them, as one account."""
    return Done(tuple(entry for one in whom for entry in one.done.entries))


def facts(done: Done, today: date) -> None:
    """Last contact and next action under a row."""
    said = [f"{name}: {text}" for name, text in (
        ("Last contact", last_contact(done, today)), ("Next", next_action(done, today))) if text]
    st.caption(md(" · ".join(said) or "No contact yet"))
