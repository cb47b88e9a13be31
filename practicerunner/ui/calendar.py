"""What goes to the calendar component and what comes back: pure mappings, no screen.

Times go out as naive wall-clock text and the component is told that its zone is UTC, so that it neither shifts them
nor asks the browser's zone; what comes back ends in ``Z`` and is wall-clock time again once that is cut off.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from practicerunner.records.calendar import CalendarEntry
from practicerunner.rules.attendance import OVER
from practicerunner.ui.text import day as day_text
from practicerunner.vocabulary import AppointmentStatus
from practicerunner.workflows.calendar import Blocked
from practicerunner.workflows.rooms import RoomTaken

DAY, WEEK, MONTH, LIST = "Day", "Week", "Month", "List"
VIEWS = {DAY: "timeGridDay", WEEK: "timeGridWeek", MONTH: "dayGridMonth", LIST: "listWeek"}
"""Standard views only: they are free for every use, the component's other views are not."""
CALLBACKS = ["select", "eventClick", "eventChange"]
SLOT_MINUTES = 30
BLOCK, TAKEN = "block", "taken"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Opened:
    """An appointment was clicked."""

    appointment_id: int


@dataclass(frozen=True, slots=True)
class OpenedBlock:
    """Blocked time was clicked."""

    time_block_id: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """An empty time was chosen; ``start`` is empty for a whole day, ``minutes`` where it was a single click."""

    day: date
    start: time | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Moved:
    """An appointment was dragged or resized: a proposal, checked like a form."""

    appointment_id: int
    revision: int
    day: date
    start: time
    minutes: int


def span(view: str, day: date) -> tuple[date, date]:
    """First and last date that a view of a day shows. Weeks begin on Monday; a month shows whole weeks."""
    if view == DAY:
        return day, day
    if view == MONTH:
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return _monday(first), _monday(last) + timedelta(days=6)
    return _monday(day), _monday(day) + timedelta(days=6)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def step(view: str, day: date, direction: int) -> date:
    """The day to show after ``‹`` (-1) or ``›`` (1)."""
    if view == DAY:
        return day + timedelta(days=direction)
    if view == MONTH:
        beyond = day.replace(day=1) + timedelta(days=-1 if direction < 0 else 31)
        return beyond.replace(day=1)
    return day + _WEEK * direction


def title(view: str, day: date) -> str:
    """What is shown, as a heading: ``Thu 12 Nov 2026``, ``9–15 Nov 2026``, ``November 2026``."""
    if view == DAY:
        return day_text(day)
    if view == MONTH:
        return f"{day:%B %Y}"
    first, last = span(view, day)
    if first.month == last.month:
        return f"{first.day}–{last.day} {last:%b %Y}"
    start = f"{first.day} {first:%b}" if first.year == last.year else f"{first.day} {first:%b %Y}"
    return f"{start} – {last.day} {last:%b %Y}"


def label(entry: CalendarEntry) -> str:
    """What stands on an appointment beside its time: who, of how many, and what is still missing."""
    parts = [entry.case_name]
    if entry.fold:
        parts.insert(0, f"second {entry.local_time:%H:%M}")
    if entry.people:
        parts.append(f"{entry.expected}/{entry.people}")
    if entry.status is AppointmentStatus.HELD and not entry.has_note:
        parts.append("no note")
    if entry.unpaid:
        parts.append("unpaid")
    if entry.status in (AppointmentStatus.CANCELLED, AppointmentStatus.NOT_HELD):
        parts.append(entry.status.label.lower())
    return " · ".join(parts)


def events(
    entries: Iterable[CalendarEntry], blocks: Iterable[Blocked] = (), taken: Iterable[RoomTaken] = (), *,
    editable: bool = True,
) -> list[dict[str, Any]]:
    """Appointments as the component's events, in the provider's colour; blocked and otherwise taken time in grey."""
    found: list[dict[str, Any]] = []
    for place, entry in enumerate(entries):
        start = datetime.combine(entry.local_date, entry.local_time)
        gone = entry.status is AppointmentStatus.CANCELLED
        found.append({
            "id": str(entry.appointment_id),
            "title": label(entry),
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=entry.minutes)).isoformat(),
            "backgroundColor": entry.colour, "borderColor": entry.colour, "textColor": "#FFFFFF",
            "editable": editable and not gone and entry.status not in OVER,
            "classNames": ["gone"] if gone or entry.status is AppointmentStatus.NOT_HELD else [],
            "extendedProps": {"revision": entry.revision, "place": place},
        })
    found += [
        {"id": f"{BLOCK}-{block.time_block_id}", "title": f"{block.provider}: {block.reason}",
         "start": block.starts.isoformat(), "end": block.ends.isoformat(), "editable": False,
         "backgroundColor": "#64748B", "borderColor": "#64748B", "textColor": "#FFFFFF", "classNames": ["blocked"]}
        for block in blocks
    ]
    found += [
        {"id": f"{TAKEN}-{number}", "title": f"{one.room} is taken", "start": one.starts.isoformat(),
         "end": one.ends.isoformat(), "editable": False, "backgroundColor": "#64748B", "borderColor": "#64748B",
         "textColor": "#FFFFFF", "classNames": ["blocked"]}
        for number, one in enumerate(taken)
    ]
    return found


def options(view: str, day: date, now: datetime, *, editable: bool) -> dict[str, Any]:
    """The component's options for a view; no header of its own, because the page has to know what is shown."""
    return {
        "initialView": VIEWS[view], "initialDate": day.isoformat(), "timeZone": "UTC", "now": now.isoformat(),
        "headerToolbar": False, "firstDay": 1, "nowIndicator": True, "selectable": editable, "selectMirror": True,
        "editable": editable, "selectLongPressDelay": 300, "eventLongPressDelay": 400, "allDaySlot": False,
        "slotDuration": f"00:{SLOT_MINUTES}:00", "snapDuration": "00:15:00", "scrollTime": "08:00:00",
        "slotLabelFormat": {"hour": "2-digit", "minute": "2-digit", "hour12": False},
        "eventTimeFormat": {"hour": "2-digit", "minute": "2-digit", "hour12": False},
        "height": 720, "fixedWeekCount": False, "dayMaxEvents": 4, "displayEventEnd": view != MONTH,
        "eventDisplay": "block", "eventInteractive": True,
        "eventOrder": "start,place",  # of two equal times in the night of the clock change, the first is first
        "views": {"timeGridWeek": {"dayHeaderFormat": {"weekday": "short", "day": "numeric"}}},
        "noEventsContent": "No appointments this week",
    }


def css(*, dark: bool) -> str:
    """Colours of the grid for the light and the dark theme; inside the component's own frame only."""
    line, quiet, today, text, page = (
        ("#344049", "#1D252B", "rgba(45, 181, 165, .12)", "#E6EAEC", "#14191D") if dark
        else ("#DEDCD3", "#F5F4EF", "rgba(15, 118, 110, .07)", "#0E181D", "#FFFFFF")
    )
    return f"""
    .fc {{ --fc-border-color: {line}; --fc-neutral-bg-color: {quiet}; --fc-today-bg-color: {today};
           --fc-page-bg-color: {page}; --fc-list-event-hover-bg-color: {quiet}; --fc-now-indicator-color: #DC2626;
           color: {text}; font-size: 0.9rem; }}
    .fc a {{ color: inherit; }}
    .fc .fc-event {{ cursor: pointer; }}
    .fc .fc-event.gone {{ opacity: .6; text-decoration: line-through; }}
    .fc .fc-event.blocked {{ opacity: .75; }}
    .fc .fc-list-event.gone td {{ text-decoration: line-through; }}
    .fc .fc-timegrid-slot {{ height: 1.9em; }}
    """


def token(state: Mapping[str, Any] | None) -> str:
    """What the component said, as text: it says it again on every run, and each saying is handled once."""
    return json.dumps(state, sort_keys=True, default=str) if state and state.get("callback") else ""


def proposal(state: Mapping[str, Any] | None) -> Opened | OpenedBlock | Chosen | Moved | None:
    """What somebody did on the calendar; ``None`` if nothing, or nothing that can be understood."""
    if not state:
        return None
    what = state.get("callback")
    said = state.get(str(what))
    if not isinstance(said, Mapping):
        return None
    try:
        if what == "eventClick":
            kind, _, identity = str(said["event"]["id"]).rpartition("-")
            if kind == TAKEN:
                return None
            return OpenedBlock(int(identity)) if kind == BLOCK else Opened(int(identity))
        if what == "eventChange":
            return _moved(said["event"])
        if what == "select":
            return _chosen(said)
    except (KeyError, TypeError, ValueError):
        return None
    return None


def _wall(text: str) -> datetime:
    """A naive wall-clock time from the component's text; its ``Z`` or offset means nothing."""
    return datetime.fromisoformat(text[:19])


def _moved(event: Mapping[str, Any]) -> Moved:
    start, end = _wall(event["start"]), _wall(event["end"])
    return Moved(
        int(event["id"]), int(event["extendedProps"]["revision"]), start.date(), start.time(),
        int((end - start).total_seconds() // 60),
    )


def _chosen(said: Mapping[str, Any]) -> Chosen:
    start, end = _wall(said["start"]), _wall(said["end"])
    if said.get("allDay"):
        return Chosen(start.date(), None, None)
    minutes = int((end - start).total_seconds() // 60)
    # A single click selects the smallest step: then the service says how long.
    return Chosen(start.date(), start.time(), minutes if minutes > SLOT_MINUTES else None)
