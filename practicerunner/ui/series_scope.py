"""How far a change of one occurrence reaches, asked in the same way wherever one is moved, changed or cancelled."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import streamlit as st
from pydantic import ValidationError

from practicerunner.errors import PracticeError
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance, read
from practicerunner.ui.repeats import conflict_list
from practicerunner.ui.text import clock_span, count, day, md
from practicerunner.vocabulary import CancelledBy, SeriesScope
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import AppointmentView, wall_clock
from practicerunner.workflows.series_changes import (
    CancelSeries,
    ChangePreview,
    ChangeSeries,
    Staying,
    cancel_series,
    change_series,
    preview_cancel,
    preview_change,
)

SHOWN = 6
"""Occurrences named one by one in a preview before the rest is counted."""


def scope(form: Form, page: AppointmentView) -> SeriesScope:
    """Only this one, this and following, or all future ones; not asked where there is no series."""
    if not page.series_position:
        return SeriesScope.THIS
    fixed = page.why_immovable is not None
    chosen = st.radio(
        f"This is the {page.series_position}. Which appointments?",
        [one for one in SeriesScope if not (fixed and one is SeriesScope.THIS)],
        format_func=lambda one: one.label, key=form.field_key("scope"), horizontal=True,
    )
    form.place("scope")
    return chosen or SeriesScope.THIS


def foresee_change(actor: Actor, build: Callable[[], ChangeSeries], today: date) -> ChangePreview | None:
    """Say what a change of several would do. Returns it, or nothing where it cannot be told yet."""
    try:
        asked = build()
    except (ValidationError, PracticeError):
        return None  # The field says why once it is saved.
    shown, problem = glance(preview_change, actor, asked)
    if shown is None:
        st.text(problem)
        return None
    for sentence in shown.notes:
        st.info(md(sentence))
    lines = []
    for one in shown.changing[:SHOWN]:
        before = f"{day(one.local_date, today)}, {clock_span(one.local_time, one.minutes)}"
        after = f"{day(one.new_date, today)}, {clock_span(one.new_time, one.new_minutes)}"
        if before == after:
            lines.append(before)
        else:
            lines.append(f"{before} → {after}{' (was moved, keeps its time)' if one.keeps_time else ''}")
    if len(shown.changing) > SHOWN:
        lines.append(f"and {len(shown.changing) - SHOWN} more")
    st.text("\n".join([f"{count(len(shown.changing), 'appointment')} will change:", *lines]))
    _stays(shown.staying, today)
    if shown.conflicts:
        conflict_list(shown.conflicts)
    return shown


def may_skip(form: Form, shown: ChangePreview) -> bool:
    """Where some of the new times are taken: whether to change the others only."""
    clashing = len({conflict.slot for conflict in shown.conflicts})
    free = len(shown.changing) - clashing
    return bool(clashing and free) and form.tick(
        "skip_conflicts", f"Leave these as they are and change the other {free}"
    )


def foresee_cancel(actor: Actor, asked: CancelSeries, today: date) -> int:
    """Say what cancelling several would call off. Returns how many."""
    shown, problem = glance(preview_cancel, actor, asked)
    if shown is None:
        st.text(problem)
        return 0
    dates = ", ".join(day(on, today) for on, _ in shown.dates[:SHOWN])
    more = f" and {len(shown.dates) - SHOWN} more" if len(shown.dates) > SHOWN else ""
    st.text(f"{count(len(shown.dates), 'appointment')} will be cancelled: {dates}{more}" if dates else
            "Nothing of this series lies ahead.")
    if shown.late:
        st.info(f"{count(shown.late, 'cancellation')} will count as late; the fee follows the practice's policy.")
    _stays(shown.staying, today)
    return len(shown.dates)


def _stays(staying: Sequence[Staying], today: date) -> None:
    for one in staying[:SHOWN]:
        st.caption(md(f"{day(one.local_date, today)} stays as it is. {one.reason}"))
    if len(staying) > SHOWN:
        st.caption(f"and {len(staying) - SHOWN} more stay as they are")


def change_several(
    form: Form, actor: Actor, page: AppointmentView, reach: SeriesScope, entered: Callable[[], dict[str, Any]], *,
    override_reason: str,
) -> None:
    """Preview and button for a change of more than this one. ``entered`` gives what the form says, as a page does."""
    choice = {"skip_conflicts": False}

    def build() -> ChangeSeries:
        now = {
            "local_date": page.local_date, "local_time": page.local_time, "minutes": page.minutes,
            "provider_id": page.provider_id, "service_id": page.service_id, "fee_cents": page.fee_cents,
            "format": page.format, "location_id": page.location_id,
        }
        said = entered()
        changed = {key: value for key, value in said.items() if value != now[key]}
        if {"format", "location_id"} & changed.keys():
            changed |= {"format": said["format"], "location_id": said["location_id"]}
        return ChangeSeries(
            op=form.op, appointment_id=page.appointment_id, revision=page.revision, scope=reach,
            override_reason=override_reason, **changed, **choice,
        )

    today = read(wall_clock, actor).date()
    shown = foresee_change(actor, build, today)
    number = len(shown.changing) if shown else 0
    if shown and shown.conflicts:
        choice["skip_conflicts"] = may_skip(form, shown)
        if choice["skip_conflicts"]:
            number -= len({conflict.slot for conflict in shown.conflicts})
    label = f"Change {count(number, 'appointment')}"
    if st.button(label, type="primary", width="stretch", disabled=not number, key=form.field_key("change_several")):
        done, _ = form.submit(change_series, actor, build, done=f"{count(number, 'appointment')} changed")
        if done:
            st.rerun()


def cancel_several(
    form: Form, actor: Actor, page: AppointmentView, reach: SeriesScope, by: CancelledBy, reason: str
) -> None:
    """Preview and button for cancelling more than this one."""
    def build() -> CancelSeries:
        return CancelSeries(op=form.op, appointment_id=page.appointment_id, revision=page.revision, scope=reach, by=by,
                            reason=reason)

    number = foresee_cancel(actor, build(), read(wall_clock, actor).date())
    label = f"Cancel {count(number, 'appointment')}"
    if st.button(label, type="primary", width="stretch", disabled=not number, key=form.field_key("cancel_several")):
        done, _ = form.submit(cancel_series, actor, build, done=f"{count(number, 'appointment')} cancelled")
        if done:
            st.rerun()
