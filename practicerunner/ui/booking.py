"""The form for a new appointment: the same from the calendar, the case and Today; everything a drag does, it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import streamlit as st
from pydantic import ValidationError
from sqlalchemy.orm import Session

from practicerunner import money
from practicerunner.errors import PracticeError
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import comes_twice
from practicerunner.ui import confidential_block
from practicerunner.ui.forms import Form
from practicerunner.ui.free_times import free_times
from practicerunner.ui.perform import glance, read
from practicerunner.ui.repeats import conflict_list, repeats, summary, without
from practicerunner.ui.text import clock_span, day, md
from practicerunner.vocabulary import SessionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.booking import Book, Preview, book, preview
from practicerunner.workflows.calendar import BookingChoices, Choice, ServiceChoice, booking_choices, wall_clock
from practicerunner.workflows.clients import FoundCase, find_cases
from practicerunner.workflows.series import BookSeries, book_series, preview_series

LONGEST_NAME = 60
MEMO_HELP = "For the team; never part of the record."
FOR_DESK = "Front desk may read this"


@dataclass(frozen=True, slots=True)
class Where:
    """A place or a way to meet, as one choice."""

    name: str
    format: SessionFormat
    location_id: int | None = None


def places(locations: tuple[Choice, ...]) -> list[Where]:
    """Every place, then video and phone, then somewhere else in person."""
    return [
        *(Where(place.name, SessionFormat.IN_PERSON, place.id) for place in locations),
        Where("Video", SessionFormat.VIDEO), Where("Phone", SessionFormat.PHONE),
        Where("In person, elsewhere", SessionFormat.IN_PERSON),
    ]


def where_now(options: list[Where], held_as: SessionFormat, location_id: int | None) -> int:
    """Which of the choices an appointment has now."""
    for index, option in enumerate(options):
        if location_id is not None and option.location_id == location_id:
            return index
        if location_id is None and option.location_id is None and option.format is held_as:
            return index
    return 0


def booking_dialog(
    actor: Actor, case_id: int | None = None, day: date | None = None, start: time | None = None,
    minutes: int | None = None, *, on_dismiss: Callable[[], None] | None = None,
) -> None:
    """Open "New appointment". What the caller knows is filled in: the case, the day, the time, the length."""
    dialog = st.dialog("New appointment", width="medium", on_dismiss=on_dismiss or "ignore")
    dialog(_draw)(actor, case_id, day, start, minutes)


def _draw(actor: Actor, case_id: int | None, on: date | None, start: time | None, minutes: int | None) -> None:
    form = Form(f"booking.{case_id}.{on}.{start}")
    preset = case_id is not None
    if case_id is None:
        case_id = choose_case(actor, form)
        if case_id is None:
            return
    choices = read(booking_choices, actor, case_id)
    if preset:
        st.text(f"{choices.case_name} ({capabilities(choices.case_type).heading.lower()})")
    if choices.archived:
        st.info("This is archived and takes no new appointments. Reactivate it first.")
        return
    if not choices.services:
        st.info("There is no service for this kind of work yet. An owner adds services in Practice settings.")
        return
    now = read(wall_clock, actor)
    facts = _fields(actor, form, choices, on or now.date(), start or time(min(now.hour + 1, 23)), minutes)
    rhythm = repeats(form, facts["local_date"])

    def build() -> Book:
        entered = facts | {"fee_cents": money.cents(facts["fee_cents"], "fee_cents"), "op": form.op}
        return BookSeries(**entered | rhythm) if rhythm else Book(**entered)

    planned = _bottom_line(actor, build)
    number = len(planned.slots) if planned else 1
    if planned and planned.conflicts:
        if rhythm and planned.free and form.tick(
            "skip_conflicts", f"Leave out the dates that are taken and book the other {planned.free}"
        ):
            rhythm["skip_conflicts"], number = True, planned.free
        elif choices.may_override:
            facts["override_reason"] = form.text(
                "override_reason", "Reason to book it anyway", help="Both appointments then stand at the same time."
            )
    label = "Book appointment" if number == 1 else f"Book {number} appointments"
    if st.button(label, type="primary", key=f"{form.key}.save", width="stretch"):
        verb: Callable[[Session, Actor, Any], Any] = book_series if rhythm else book
        done, _ = form.submit(verb, actor, build, done=_done(planned, number))
        if done:
            st.rerun()


def _done(planned: Preview | None, number: int) -> str:
    if planned is None or not planned.slots:
        return "Appointment booked"
    if number > 1:
        return f"{number} appointments booked"
    first = planned.slots[0]
    return f"Appointment on {day(first.local_date)}, {first.local_time:%H:%M} booked"


def choose_case(actor: Actor, form: Form) -> int | None:
    """Find the case by anybody's name in it."""
    asked = form.text("who", "For whom?", placeholder="Name, phone or e-mail", icon=":material/search:")
    if not asked.strip():
        st.caption("Type part of a name: client, couple, family, group or workshop.")
        return None
    found = read(find_cases, actor, asked)
    if not found:
        st.text("Nobody found by that name, phone or e-mail.")
        return None
    chosen: FoundCase | None = form.choice(
        "case_id", "Choose", found, index=0 if len(found) == 1 else None,
        format_func=lambda case: f"{case.name[:LONGEST_NAME]}, {capabilities(case.type).heading.lower()}",
    )
    return chosen.case_id if chosen else None


def _fields(
    actor: Actor, form: Form, choices: BookingChoices, on: date, start: time, minutes: int | None
) -> dict[str, Any]:
    """Service, when, how long, where, fee; service fills length and fee, and both can be changed."""
    known_services = [option.id for option in choices.services]
    service: ServiceChoice = form.choice(
        "service_id", "Service", choices.services, format_func=lambda option: option.name,
        index=known_services.index(choices.last_service_id) if choices.last_service_id in known_services else 0,
    )
    # In the session and not as a default: a click on a free time changes them.
    st.session_state.setdefault(form.field_key("local_date"), on)
    st.session_state.setdefault(form.field_key("local_time"), start)
    when, at, length = st.columns(3)
    with when:
        local_date = st.date_input("Date", key=form.field_key("local_date"), format="YYYY-MM-DD")
        form.place("local_date")
    with at:
        local_time = st.time_input("Time", key=form.field_key("local_time"), step=300)
        form.place("local_time")
    with length:
        lasts = st.number_input(
            "Minutes", value=minutes or service.minutes, step=5, key=form.field_key(f"minutes.{service.id}")
        )
        form.place("minutes")
    chosen_day = local_date if isinstance(local_date, date) else on
    fold = which_of_two(form, chosen_day, local_time or start, choices.zone)
    line = st.container()
    options = places(choices.locations)
    place: Where = form.choice(
        "format", "Where", options, format_func=lambda option: option.name,
        index=where_now(options, choices.last_format, choices.last_location_id) if choices.last_format else 0,
    )
    left, right = st.columns(2)
    with left:
        fee = st.text_input(
            "Fee", money.dollars(service.fee_on(chosen_day)),
            key=form.field_key(f"fee_cents.{service.id}.{service.fee_on(chosen_day)}"),
            help="For each participant." if capabilities(choices.case_type).charged_each else None,
        )
        form.place("fee_cents")
    provider_id = choices.provider_id
    with right:
        if choices.providers:
            known = [choice.id for choice in choices.providers]
            provider: Choice = form.choice(
                "provider_id", "Provider", choices.providers, format_func=lambda option: option.name,
                index=known.index(provider_id) if provider_id in known else 0,
            )
            provider_id = provider.id
    free_times(
        line, actor, (form.field_key("local_date"), form.field_key("local_time")), provider_id, int(lasts),
        (chosen_day, local_time or start), service_id=service.id, location_id=place.location_id, held_as=place.format,
    )
    memo, for_desk = "", False
    if choices.may_write_memo:
        memo = form.area("memo", "Memo", height=80, help=MEMO_HELP)
        for_desk = form.tick("memo_for_desk", FOR_DESK)
    confidential = confidential_block.ask(actor, form, choices.case_id)
    return {
        "confidential": confidential,
        "case_id": choices.case_id, "provider_id": provider_id, "service_id": service.id, "local_date": chosen_day,
        "local_time": local_time or start, "minutes": int(lasts), "format": place.format,
        "location_id": place.location_id, "fee_cents": fee, "memo": memo, "memo_for_desk": for_desk,
        "fold": fold,
    }


def which_of_two(form: Form, on: date, at: time, zone: str, fold: int = 0) -> int:
    """Ask which of two equal times is meant, in the night in which the clocks go back; else the only one there is."""
    if not comes_twice(on, at, zone):
        return 0
    words = ("First, before the clocks go back", "Second, after they went back")
    chosen = st.radio(
        f"{at:%H:%M} comes twice on this day", range(2), index=fold, format_func=words.__getitem__,
        key=form.field_key(f"fold.{on}.{at:%H%M}"), horizontal=True,
    )
    return int(chosen or 0)


def _bottom_line(actor: Actor, build: Callable[[], Book]) -> Preview | None:
    """Say what clashes, or that nothing does, before anything is saved."""
    try:
        asked = build()
    except (ValidationError, PracticeError):
        return None  # The field says why once it is saved.
    series, planned, problem = None, None, ""
    if isinstance(asked, BookSeries):
        series, problem = glance(preview_series, actor, asked)
        planned = series.booking if series else None
    else:
        planned, problem = glance(preview, actor, asked)
    if planned is None:
        st.warning(md(problem))
        return None
    if series is not None:
        st.text(summary(series))
        if series.months_without:
            st.info(without(series.months_without))
    for sentence in planned.notes:
        st.info(sentence)
    if planned.conflicts:
        conflict_list(planned.conflicts)
        if planned.free_rooms is not None:
            when = "at this time" if len(planned.slots) == 1 else "at all of these times"
            rooms = ", ".join(planned.free_rooms)
            st.text(f"Free {when}: {rooms}." if rooms else f"No room is free {when}.")
    elif series is None:
        first = planned.slots[0]
        st.text(f"No conflict. {clock_span(first.local_time, first.minutes)}")
    else:
        st.text("No conflict.")
    return planned
