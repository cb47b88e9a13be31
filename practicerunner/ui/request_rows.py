"""A request as a row: who asks what, since when, whether it could be done now, and the buttons that answer it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import request_dialogs as dialogs
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import perform
from practicerunner.ui.status import badge, colour
from practicerunner.ui.text import age, clock_span, day, md
from practicerunner.vocabulary import RequestKind, RequestStatus, SessionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.answers import Accept, OfferAnother, accept, offer_another
from practicerunner.workflows.request_queue import RequestRow

# --- Words


def at(value: datetime | None, today: date) -> str:
    """``Thu 12 Nov 10:00``."""
    return f"{day(value.date(), today)} {value:%H:%M}" if value is not None else ""


def in_words(row: RequestRow, today: date) -> str:
    """What is asked: ``Move Tue 12 Nov 10:00 to Thu 14 Nov 11:00``."""
    if row.kind is RequestKind.CANCEL:
        only = f"{row.asker}'s place on " if capabilities(row.case_type).is_group else ""
        return f"Cancel {only}{at(row.was, today)}"
    if row.kind is RequestKind.MOVE:
        length = f", {row.minutes} minutes" if row.other_length else ""
        return f"Move {at(row.was, today)} to {at(row.asked_for, today)}{length}{_how(row)}"
    if row.asked_for is None:
        return "New time"
    span = clock_span(row.asked_for.time(), row.minutes)
    return f"New time {day(row.asked_for.date(), today)} {span}{_how(row)}"


def _how(row: RequestRow) -> str:
    if row.location:
        return f", {row.location}"
    return _WAYS[row.format] if row.format is not None else ""


_WAYS = {
    SessionFormat.VIDEO: ", by video", SessionFormat.PHONE: ", by phone", SessionFormat.IN_PERSON: ", in person",
}


def who_and_when(row: RequestRow) -> str:
    """``Noor Haddad asked today by phone, for Marcus Bell``."""
    since = {0: "today", 1: "yesterday"}.get(row.age_days, f"{age(row.age_days)} ago")
    if row.asked_by:
        return f"Asked by {row.asked_by} for {row.asker} {since}, for {row.provider}"
    return f"{row.asker} asked {since}{' by phone' if row.by_phone else ''}, for {row.provider}"


def answer_in_words(row: RequestRow, today: date) -> str:
    """How a closed request ended, or what was offered, and when."""
    on = f", {day(row.answered_on, today)}" if row.answered_on is not None else ""
    return f"{_answer(row, today)}{on}"


def _answer(row: RequestRow, today: date) -> str:
    if row.status is RequestStatus.OFFERED:
        return f"{row.answered_by} offered {at(row.offered, today)}"
    if row.status is RequestStatus.ACCEPTED and row.offered is not None:
        return f"Agreed on {at(row.offered, today)}, which {row.answered_by} offered"
    if row.status is RequestStatus.DECLINED and not row.answered_by:
        return f"{row.asker} declined {at(row.offered, today)}"
    if row.status is RequestStatus.WITHDRAWN:
        return f"{row.asker} took it back"
    return f"{row.status.label} by {row.answered_by}" if row.answered_by else "Done at once"


def _done(row: RequestRow, today: date) -> str:
    """The toast after it was accepted."""
    when = row.offered or row.asked_for
    if row.kind is RequestKind.CANCEL:
        whose = row.asker if capabilities(row.case_type).is_group else row.case_name
        return f"{at(row.was, today)} cancelled for {whose}"
    if row.kind is RequestKind.MOVE:
        return f"{row.case_name}: moved to {at(when, today)}"
    return f"{row.case_name}: {at(when, today)} booked"


# --- Rows


def show(actor: Actor, row: RequestRow, today: date, *, first: bool = False) -> None:
    """Draw one request; ``first`` is the one to work on now."""
    with st.container(border=True, key=f"request.{row.request_id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(gap="xsmall", width="content"):
                _head(row)
                st.text(in_words(row, today))
                st.caption(md(who_and_when(row)))
                if row.message:
                    st.text(f"“{row.message}”")
            if row.may_answer:
                _buttons(actor, row, today, first=first)
        if row.status is not RequestStatus.PENDING:
            st.caption(md(answer_in_words(row, today)))
        if row.reply:
            st.text(f"Reply: “{row.reply}”")
        if row.people > 1 and row.kind is RequestKind.MOVE and capabilities(row.case_type).is_group and row.is_open:
            able = capabilities(row.case_type)
            st.caption(f"This moves the {able.appointment} of all {row.people} {able.called_many}.")
        if row.problem:
            st.caption(md(f"{row.problem} Decline the request to close it." if row.may_answer else row.problem))
        _refusal(actor, row, today)


def _head(row: RequestRow) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(capabilities(row.case_type).heading, width="content")
        link(md(row.case_name), "case", case=row.case_id)
        if row.status is not RequestStatus.PENDING:
            badge(row.status)
        if row.is_open:
            st.badge(age(row.age_days), color="orange" if row.age_days > 1 else "gray", icon=":material/schedule:")
        if row.problem:
            st.badge("Not possible any more", color="red")
        elif row.free is not None:
            st.badge("Free" if row.free else "Taken", color="primary" if row.free else "red")


def _buttons(actor: Actor, row: RequestRow, today: date, *, first: bool) -> None:
    with st.container(horizontal=True, width="content", gap="small"):
        key, offered = f"requests.{row.request_id}", row.status is RequestStatus.OFFERED
        label = f"They take {at(row.offered, today)}" if offered else "Accept"
        is_taken = row.free is False  # to accept it would be refused
        if not row.problem and st.button(
            label, key=f"{key}.accept", type="primary" if first and not is_taken else "secondary"
        ):
            if row.lacks_service or row.lacks_place:
                dialogs.accept_dialog(actor, row, _done(row, today))
            else:
                answer(actor, row, accept, lambda op: Accept(
                    op=op, request_id=row.request_id, revision=row.revision), _done(row, today))
        if row.kind is not RequestKind.CANCEL and st.button(
            "Offer another time", key=f"{key}.offer", type="primary" if first and is_taken else "secondary"
        ):
            dialogs.offer_dialog(actor, row, today)
        if st.button("Decline", key=f"{key}.decline"):
            dialogs.decline_dialog(actor, row, in_words(row, today))


def answer(
    actor: Actor, row: RequestRow, verb: Callable[[Session, Actor, Any], int], build: Callable[[str], Any], done: str
) -> None:
    """Answer a request with one click; a refusal stands at its row until the next try."""
    place = f"requests.{row.request_id}.{row.revision}.{verb.__name__}.op"
    op: str = st.session_state.setdefault(place, ids.new_operation())

    def refuse(_: str, sentence: str) -> None:
        st.session_state.setdefault(dialogs.REFUSED, dialogs.Refusal(row.request_id, sentence))

    st.session_state.pop(dialogs.REFUSED, None)
    perform(dialogs.watched(verb, row), actor, lambda: build(op), done=done, show=refuse)
    st.rerun()


def _refusal(actor: Actor, row: RequestRow, today: date) -> None:
    """What stood in the way, and the next free start as an offer in one click."""
    refusal: dialogs.Refusal | None = st.session_state.get(dialogs.REFUSED)
    if refusal is None or refusal.request_id != row.request_id:
        return
    st.warning(md(refusal.sentence), icon=":material/block:")
    free = refusal.next_free
    if free is None or not row.may_answer or not st.button(
        f"Offer {at(free, today)} instead", key=f"requests.{row.request_id}.instead", icon=":material/schedule_send:"
    ):
        return
    if row.lacks_service or row.lacks_place:
        dialogs.offer_dialog(actor, row, today, free)
    else:
        answer(actor, row, offer_another, lambda op: OfferAnother(
            op=op, request_id=row.request_id, revision=row.revision, local_date=free.date(), local_time=free.time(),
        ), f"{row.asker}: {at(free, today)} offered")


def brief(row: RequestRow, today: date) -> None:
    """A request in one line, with the way to the queue: for the pages of the case and of the appointment."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if row.status is RequestStatus.PENDING:
            waits = f"Request waits {age(row.age_days)}" if row.age_days else "Request waits"
            st.badge(waits, color=colour(row.status))
        else:
            badge(row.status)
        words = in_words(row, today)
        names_them = row.kind is RequestKind.CANCEL and capabilities(row.case_type).is_group
        st.text(words if names_them else f"{row.asker}: {words}")
        link("Open the requests", "requests", icon=":material/pending_actions:")
