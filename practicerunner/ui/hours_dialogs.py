"""Forms for opening hours: of weekdays, and of one date."""

from datetime import date, time
from typing import Any

import streamlit as st

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import SessionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.opening_hours import (
    WEEKDAYS,
    AddException,
    AddWeeklyHours,
    ChangeException,
    ChangeWeeklyHours,
    Hours,
    RemoveHours,
    add_exception,
    add_weekly_hours,
    change_exception,
    change_weekly_hours,
    remove_hours,
)
from practicerunner.workflows.practice import location_list, service_list

EXISTING, NEW = "Existing clients", "New inquiries"
OPEN, CLOSED = "Open", "Closed"


def span(hours: Hours) -> str:
    """``09:00–12:00``, or ``all day``."""
    if hours.starts == hours.ends == time():
        return "all day"
    return f"{hours.starts:%H:%M}–{hours.ends:%H:%M}"


def when(hours: Hours) -> str:
    """``Monday 09:00–12:00`` or ``Tue 8 Sep 2026 all day``."""
    named = day(hours.on_date) if hours.on_date else WEEKDAYS[hours.weekday or 0]
    return f"{named} {span(hours)}"


def weekly_dialog(actor: Actor, provider_id: int, hours: Hours | None, weekday: int | None = None) -> None:
    """Open "Add hours", for a weekday if it is known, or "Change hours"."""
    if hours is None:
        st.dialog("Add hours", width="medium")(_add_weekly)(actor, provider_id, weekday)
    else:
        st.dialog("Change hours", width="medium")(_change_weekly)(actor, hours)


def exception_dialog(actor: Actor, provider_id: int, hours: Hours | None, today: date) -> None:
    """Open "Other hours on one day", or "Change" for an exception that is there."""
    if hours is None:
        st.dialog("Other hours on one day", width="medium")(_add_exception)(actor, provider_id, today)
    else:
        st.dialog("Change this day", width="medium")(_change_exception)(actor, hours, today)


def _add_weekly(actor: Actor, provider_id: int, weekday: int | None) -> None:
    form = Form(f"hours.new.{provider_id}.{weekday}")
    days = st.pills(
        "Days", range(7), selection_mode="multi", format_func=lambda one: WEEKDAYS[one][:3],
        default=[weekday] if weekday is not None else [], key=form.field_key("weekdays"),
    )
    form.place("weekdays")
    details = _times(form, None) | _details(form, actor, None) | _validity(form, None)
    if st.button("Add hours", type="primary", width="stretch", key=f"{form.key}.save"):
        done, _ = form.submit(add_weekly_hours, actor, lambda: AddWeeklyHours(
            op=form.op, provider_id=provider_id, weekdays=tuple(days), **details,
        ), done=f"Hours on {', '.join(WEEKDAYS[one] for one in sorted(days))} added")
        if done:
            st.rerun()


def _change_weekly(actor: Actor, hours: Hours) -> None:
    form = Form(f"hours.{hours.opening_hours_id}.{hours.revision}")
    weekday = form.choice(
        "weekday", "Day", range(7), format_func=lambda one: WEEKDAYS[one], index=hours.weekday or 0,
    )
    details = _times(form, hours) | _details(form, actor, hours) | _validity(form, hours)
    if st.button("Save hours", type="primary", width="stretch", key=f"{form.key}.save"):
        done, _ = form.submit(change_weekly_hours, actor, lambda: ChangeWeeklyHours(
            op=form.op, opening_hours_id=hours.opening_hours_id, revision=hours.revision, weekday=weekday, **details,
        ), done=f"Hours on {WEEKDAYS[weekday]} saved")
        if done:
            st.rerun()
    _remove(actor, form, hours)


def _add_exception(actor: Actor, provider_id: int, today: date) -> None:
    form = Form(f"hours.day.{provider_id}")
    facts = _exception_fields(form, actor, None, today)
    if st.button("Save this day", type="primary", width="stretch", key=f"{form.key}.save"):
        done, _ = form.submit(
            add_exception, actor, lambda: AddException(op=form.op, provider_id=provider_id, **facts),
            done=f"Hours on {day(facts['on_date'])} saved",
        )
        if done:
            st.rerun()


def _change_exception(actor: Actor, hours: Hours, today: date) -> None:
    form = Form(f"hours.{hours.opening_hours_id}.{hours.revision}")
    facts = _exception_fields(form, actor, hours, today)
    if st.button("Save this day", type="primary", width="stretch", key=f"{form.key}.save"):
        done, _ = form.submit(change_exception, actor, lambda: ChangeException(
            op=form.op, opening_hours_id=hours.opening_hours_id, revision=hours.revision, **facts,
        ), done=f"Hours on {day(facts['on_date'])} saved")
        if done:
            st.rerun()
    _remove(actor, form, hours)


def _remove(actor: Actor, form: Form, hours: Hours) -> None:
    """Below the form: take these hours away."""
    if st.button("Remove these hours", width="stretch", key=f"{form.key}.remove", help="Booked appointments stay."):
        done, _ = form.submit(remove_hours, actor, lambda: RemoveHours(
            op=form.op, opening_hours_id=hours.opening_hours_id, revision=hours.revision,
        ), done=f"{when(hours)} removed")
        if done:
            st.rerun()


def _exception_fields(form: Form, actor: Actor, hours: Hours | None, today: date) -> dict[str, Any]:
    """The date, whether it opens or closes time, and which; closed time has no further details."""
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        on_date = form.date("on_date", "Day", hours.on_date if hours else today)
    with right:
        kind = st.segmented_control(
            "On this day", [CLOSED, OPEN], default=OPEN if hours and not hours.is_closed else CLOSED, required=True,
            key=form.field_key("is_closed"),
        )
    is_closed = kind == CLOSED
    whole = is_closed and form.tick("whole", "The whole day", hours is None or span(hours) == "all day")
    facts: dict[str, Any] = {"starts": time(), "ends": time()} if whole else _times(form, hours)
    reason = form.text("reason", "Reason", hours.reason if hours else "", placeholder="For example a training")
    if is_closed:
        st.caption("For a vacation of several days, block time instead: nothing can then be booked in it by mistake.")
    else:
        st.caption("These hours count in addition to the week's, also where the day is closed.")
        facts |= _details(form, actor, hours if hours and not hours.is_closed else None)
    return facts | {"on_date": on_date or today, "is_closed": is_closed, "reason": reason}


def _times(form: Form, hours: Hours | None) -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        starts = st.time_input("From", hours.starts if hours else time(9), key=form.field_key("starts"), step=300)
        form.place("starts")
    with right:
        ends = st.time_input(
            "Until", hours.ends if hours else time(17), key=form.field_key("ends"), step=300,
            help="00:00 is midnight at the end of the day.",
        )
    form.place("ends")
    return {"starts": starts or time(9), "ends": ends or time(17)}


def _details(form: Form, actor: Actor, hours: Hours | None) -> dict[str, Any]:
    """Who may book them, where, how and for what."""
    chosen = [EXISTING] * (hours is None or hours.for_existing_clients)
    chosen += [NEW] * (hours is not None and hours.for_new_inquiries)
    whom = st.pills(
        "Who may book them", [EXISTING, NEW], selection_mode="multi", default=chosen, key=form.field_key("audiences"),
        help="Staff may always.",
    )
    places = read(location_list, actor)
    ways = [None, *SessionFormat]
    left, right = st.columns(2)
    with left:
        known = [None, *(place.id for place in places)]
        names = {place.id: place.name for place in places}
        location_id = form.choice(
            "location_id", "Where", known, format_func=lambda one: names.get(one, "Any place"),
            index=known.index(hours.location_id) if hours and hours.location_id in known else 0,
        )
    with right:
        held_as = form.choice(
            "format", "How", ways, format_func=lambda one: one.label if one else "Any way",
            index=ways.index(hours.format) if hours else 0,
        )
    services = {service.id: service.name for service in read(service_list, actor)}
    service_ids = st.multiselect(
        "Services", list(services), [one for one in hours.service_ids if one in services] if hours else [],
        format_func=services.__getitem__, placeholder="Every service", key=form.field_key("service_ids"),
    )
    form.place("service_ids")
    return {
        "for_existing_clients": EXISTING in whom, "for_new_inquiries": NEW in whom, "location_id": location_id,
        "format": held_as, "service_ids": tuple(service_ids),
    }


def _validity(form: Form, hours: Hours | None) -> dict[str, Any]:
    """From and until which day; mostly neither."""
    limited = hours is not None and (hours.valid_from is not None or hours.valid_until is not None)
    with st.expander("Only for a time", expanded=limited):
        left, right = st.columns(2)
        with left:
            valid_from = form.date("valid_from", "First day", hours.valid_from if hours else None)
        with right:
            valid_until = form.date("valid_until", "Last day", hours.valid_until if hours else None)
    return {"valid_from": valid_from, "valid_until": valid_until}


def facts_of(hours: Hours, places: dict[int, str], services: dict[int, str], today: date) -> str:
    """Who may book them, where, how, for what and until when, as one quiet line; nothing where nothing is limited."""
    whom = {
        (True, True): "also new inquiries", (True, False): "", (False, True): "new inquiries only",
        (False, False): "staff only",
    }[hours.for_existing_clients, hours.for_new_inquiries]
    parts = [
        whom, places.get(hours.location_id or 0, ""), hours.format.label.lower() if hours.format else "",
        ", ".join(services.get(one, "a service no longer offered") for one in hours.service_ids),
        f"from {day(hours.valid_from, today)}" if hours.valid_from and hours.valid_from > today else "",
        f"until {day(hours.valid_until, today)}" if hours.valid_until else "",
    ]
    return md(" · ".join(filter(None, parts)))
