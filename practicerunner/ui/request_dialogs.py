"""The forms around a request: accepting with a choice, offering another time, declining, and one that came by phone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.rules.case_types import capabilities
from practicerunner.rules.requests import LONGEST_MESSAGE
from practicerunner.ui.booking import Where, choose_case, places
from practicerunner.ui.forms import Form
from practicerunner.ui.free_times import free_times
from practicerunner.ui.perform import glance, read
from practicerunner.ui.text import day
from practicerunner.vocabulary import RequestKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.answers import (
    Accept,
    Decline,
    OfferAnother,
    RecordRequest,
    accept,
    decline,
    offer_another,
    record_request,
)
from practicerunner.workflows.calendar import BookingChoices, booking_choices, wall_clock
from practicerunner.workflows.granting import TimeIsTaken
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.request_queue import Askable, Asker, RequestRow, free_instead, who_may_ask

KINDS = {RequestKind.NEW_TIME: "A new time", RequestKind.MOVE: "To move", RequestKind.CANCEL: "To cancel"}


REFUSED = "requests.refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request could not be granted a moment ago, and which start is free instead."""

    request_id: int
    sentence: str
    next_free: datetime | None = None


def watched(verb: Callable[[Session, Actor, Any], int], row: RequestRow) -> Callable[[Session, Actor, Any], int]:
    """The verb; a time that is taken stands at its row afterwards, with the next start that is free."""

    def carry_out(session: Session, who: Actor, asked: Any) -> int:
        try:
            return verb(session, who, asked)
        except TimeIsTaken as taken:
            st.session_state[REFUSED] = Refusal(row.request_id, str(taken), taken.next_free)
            raise

    return carry_out


def accept_dialog(actor: Actor, row: RequestRow, done: str) -> None:
    """Open "Accept", where something has to be chosen first."""
    st.dialog("Accept request")(_accept)(actor, row, done)


def _accept(actor: Actor, row: RequestRow, done: str) -> None:
    form = Form(f"accept.{row.request_id}.{row.revision}")
    chosen = _missing(form, row, read(booking_choices, actor, row.case_id))
    if st.button("Accept", type="primary", width="stretch"):
        st.session_state.pop(REFUSED, None)
        ok, _ = form.submit(watched(accept, row), actor, lambda: Accept(
            op=form.op, request_id=row.request_id, revision=row.revision, **chosen,
        ), done=done)
        if ok or REFUSED in st.session_state:
            st.rerun()


def _missing(form: Form, row: RequestRow, choices: BookingChoices) -> dict[str, Any]:
    """Service and place, where the request does not say them."""
    found: dict[str, Any] = {}
    if row.lacks_service:
        service = form.choice("service_id", "Service", choices.services, format_func=lambda option: option.name)
        found["service_id"] = service.id if service else None
    if row.lacks_place:
        place: Where = form.choice("format", "Where", places(choices.locations), format_func=lambda option: option.name)
        found |= {"format": place.format, "location_id": place.location_id}
    return found


def offer_dialog(actor: Actor, row: RequestRow, today: date, suggested: datetime | None = None) -> None:
    """Open "Offer another time", with a time to begin with."""
    st.dialog("Offer another time")(_offer)(actor, row, today, suggested)


def _offer(actor: Actor, row: RequestRow, today: date, suggested: datetime | None) -> None:
    form = Form(f"offer.{row.request_id}.{row.revision}.{suggested:%m%d%H%M}" if suggested
                else f"offer.{row.request_id}.{row.revision}")
    keys = form.field_key("local_date"), form.field_key("local_time")
    wanted = row.offered or row.asked_for or datetime.combine(today, time(9))
    if suggested is None and not row.free and keys[0] not in st.session_state:
        suggested, _ = glance(free_instead, actor, row.request_id)
    st.session_state.setdefault(keys[0], max((suggested or wanted).date(), today))
    st.session_state.setdefault(keys[1], (suggested or wanted).time())
    st.text(f"{row.asker} asked for {day(wanted.date(), today)}, {wanted:%H:%M}." if row.offered is None
            else f"{day(wanted.date(), today)}, {wanted:%H:%M} is offered so far.")
    when, start = st.columns(2)
    with when:
        local_date = st.date_input("Date", key=keys[0], format="YYYY-MM-DD")
        form.place("local_date")
    with start:
        local_time = st.time_input("Time", key=keys[1], step=300)
        form.place("local_time")
    line = st.container()
    chosen = _missing(form, row, read(booking_choices, actor, row.case_id))
    picked = local_date if isinstance(local_date, date) else today, local_time or wanted.time()
    free_times(
        line, actor, keys, row.provider_id, row.minutes, picked, service_id=chosen.get("service_id", row.service_id),
        location_id=chosen.get("location_id", row.place_id), held_as=chosen.get("format", row.held_as),
        except_appointment_id=row.appointment_id,
    )
    reply = form.area("reply", "Reply", height=90, max_chars=LONGEST_MESSAGE, placeholder="If you want to add a word")
    st.caption("An offer holds no slot: it is checked again when it is taken.")
    if st.button("Offer this time", type="primary", width="stretch"):
        ok, _ = form.submit(offer_another, actor, lambda: OfferAnother(
            op=form.op, request_id=row.request_id, revision=row.revision, local_date=picked[0], local_time=picked[1],
            reply=reply, **chosen,
        ), done=f"{row.asker}: {day(picked[0], today)} {picked[1]:%H:%M} offered")
        if ok:
            st.rerun()


def decline_dialog(actor: Actor, row: RequestRow, words: str) -> None:
    """Open "Decline"."""
    st.dialog("Decline request")(_decline)(actor, row, words)


def _decline(actor: Actor, row: RequestRow, words: str) -> None:
    form = Form(f"decline.{row.request_id}.{row.revision}")
    st.text(f"{row.asker}: {words}")
    reply = form.area("reply", "Reply", height=90, max_chars=LONGEST_MESSAGE, placeholder="If you want to add a word")
    st.caption("Everything stays as it is.")
    if st.button("Decline this request", type="primary", width="stretch"):
        ok, _ = form.submit(decline, actor, lambda: Decline(
            op=form.op, request_id=row.request_id, revision=row.revision, reply=reply,
        ), done=f"Request of {row.asker} declined")
        if ok:
            st.rerun()


# --- By phone


def record_dialog(actor: Actor) -> None:
    """Open "Record a request"."""
    st.dialog("Record a request", width="medium")(_record)(actor)


def _record(actor: Actor) -> None:
    form = Form("record_request")
    case_id = choose_case(actor, form)
    if case_id is None:
        return
    askers = read(who_may_ask, actor, case_id)
    choices = read(booking_choices, actor, case_id)
    if not askers:
        st.info(f"No {capabilities(choices.case_type).called} takes part at present.")
        return
    asker: Asker = askers[0] if len(askers) == 1 else form.choice(
        "person_id", "Who asks?", askers, format_func=lambda option: option.name)
    kinds = list(KINDS) if asker.ahead else [RequestKind.NEW_TIME]
    kind = st.segmented_control(
        "What do they ask?", kinds, default=kinds[0], required=True, format_func=KINDS.__getitem__,
        key=form.field_key(f"kind.{asker.person_id}"),
    ) or kinds[0]
    now = read(wall_clock, actor)
    facts: dict[str, Any] = {"kind": kind, "case_id": case_id, "person_id": asker.person_id}
    if kind is not RequestKind.NEW_TIME:
        about: Askable = form.choice(
            "appointment_id", "Which appointment?", asker.ahead,
            format_func=lambda one: f"{day(one.starts.date(), now.date())}, {one.starts:%H:%M}, {one.provider}")
        facts["appointment_id"] = about.appointment_id
    if kind is not RequestKind.CANCEL:
        facts |= _when(actor, form, choices, facts, now)
    facts["message"] = form.area("message", "Message", height=90, max_chars=LONGEST_MESSAGE)
    asked_at = _called_at(actor, form, now)
    if st.button("Record request", type="primary", width="stretch"):
        ok, _ = form.submit(record_request, actor, lambda: RecordRequest(
            op=form.op, asked_at=asked_at, **facts), done=f"Request of {asker.name} recorded")
        if ok:
            st.rerun()


def _when(
    actor: Actor, form: Form, choices: BookingChoices, facts: dict[str, Any], now: datetime
) -> dict[str, Any]:
    keys = form.field_key("local_date"), form.field_key("local_time")
    st.session_state.setdefault(keys[0], now.date())
    st.session_state.setdefault(keys[1], time(min(now.hour + 1, 23)))
    when, start = st.columns(2)
    with when:
        local_date = st.date_input("Date", key=keys[0], format="YYYY-MM-DD")
        form.place("local_date")
    with start:
        local_time = st.time_input("Time", key=keys[1], step=300)
        form.place("local_time")
    chosen = local_date if isinstance(local_date, date) else now.date(), local_time or time(9)
    usual = next((one.minutes for one in choices.services if one.id == choices.last_service_id), 50)
    free_times(
        st.container(), actor, keys, choices.provider_id, usual, chosen, service_id=choices.last_service_id,
        location_id=choices.last_location_id, held_as=choices.last_format,
        except_appointment_id=facts.get("appointment_id"),
    )
    return {"local_date": chosen[0], "local_time": chosen[1]}


def _called_at(actor: Actor, form: Form, now: datetime) -> datetime | None:
    """When they called: by it a cancellation is late or not."""
    if not st.toggle("They called earlier", key=form.field_key("earlier"), help=(
            "A voicemail, for instance. A cancellation is late or not by when they called.")):
        return None
    when, start = st.columns(2)
    with when:
        on = st.date_input("Called on", now.date(), max_value=now.date(), key=form.field_key("called_on"),
                           format="YYYY-MM-DD")
    with start:
        called = st.time_input("Called at", now.time().replace(second=0, microsecond=0),
                               key=form.field_key("called_at"), step=300)
    form.place("asked_at")
    zone = read(practice_settings, actor).zone
    return datetime.combine(on if isinstance(on, date) else now.date(), called or now.time(), ZoneInfo(zone))
