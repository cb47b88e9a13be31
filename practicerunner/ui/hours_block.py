"""Hours of supervision: what they come to, the list, and the dialogs in which one is written, read and signed (C32)."""

from datetime import date, time

import pandas as pd
import streamlit as st

from practicerunner.ui import signature_box
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import clock_span, count, day
from practicerunner.vocabulary import SupervisionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.supervision_hours import (
    ChangeHour,
    DiscardHour,
    HourChoices,
    HourLine,
    HourPage,
    Hours,
    HourSum,
    HourTotal,
    RecordHour,
    SignHour,
    change_hour,
    discard_hour,
    hour_choices,
    record_hour,
    sign_hour,
    supervision_hour,
    supervision_hours,
)

SHOWN = 30
EMPTY = ("No hours yet. Record one when supervision has taken place; it counts once the supervisor has signed it.",
         "No hours yet. They appear here once a supervisor or a supervisee has recorded one.")


def show(actor: Actor) -> None:
    """Draw the tab."""
    hours = read(supervision_hours, actor)
    with st.container(horizontal=True):
        if hours.may_record and st.button("Record an hour", type="primary", icon=":material/add:", key="record_hour"):
            hour_dialog(actor, None)
        if hours.lines:
            st.link_button("Download CSV", "/files/supervision-hours.csv", icon=":material/download:")
    if not hours.lines:
        st.text(EMPTY[0] if hours.may_record else EMPTY[1])
        return
    _totals(hours)
    st.subheader("Hours", anchor=False)
    if hours.unsigned:
        st.text(f"{count(hours.unsigned, 'hour')} not signed yet; only signed hours count.")
    for line in hours.lines[:SHOWN]:
        _line(actor, line)
    if len(hours.lines) > SHOWN:
        st.text(f"and {count(len(hours.lines) - SHOWN, 'more', 'more')}; the download has them all")


def _in_hours(minutes: int) -> str:
    """``1:30``, and nothing for none."""
    return f"{minutes // 60}:{minutes % 60:02d}" if minutes else ""


def _columns(rows: tuple[HourSum, ...] | tuple[HourTotal, ...]) -> dict[str, list[str]]:
    kinds = {kind.label: [_in_hours(row.minutes[kind]) for row in rows] for kind in SupervisionFormat}
    return kinds | {"Total": [_in_hours(row.together) or "0:00" for row in rows]}


def _totals(hours: Hours) -> None:
    """Since the assignment began, and month by month; hours and minutes."""
    if hours.sums:
        st.subheader("Since supervision began", anchor=False)
        st.dataframe(pd.DataFrame({
            "Name": [one.name for one in hours.sums], "Supervisor": [one.supervisor for one in hours.sums],
            "Since": [day(one.since) for one in hours.sums], **_columns(hours.sums),
        }), hide_index=True, alt="Signed hours since supervision began", height="content")
    if hours.months:
        st.subheader("By month", anchor=False)
        st.dataframe(pd.DataFrame({
            "Month": [f"{one.month:%b %Y}" for one in hours.months], "Name": [one.name for one in hours.months],
            **_columns(hours.months),
        }), hide_index=True, alt="Signed hours by month",
            height="content" if len(hours.months) <= 12 else 440)


def _line(actor: Actor, line: HourLine) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{day(line.held_on)}, {clock_span(line.starts, line.minutes)}", width="content")
        st.badge("Signed" if line.is_signed else "Not signed", color="primary" if line.is_signed else "orange")
        people = ", ".join(name for _, name in line.supervisees)
        st.text(f"{line.kind.label} · {people} with {line.supervisor}", width="content")
        if line.may_read and st.button("Open", key=f"hour.{line.session_id}", type="tertiary"):
            hour_dialog(actor, line.session_id)


@st.dialog("Hour of supervision", width="medium")
def hour_dialog(actor: Actor, session_id: int | None) -> None:
    """A new hour, one that can still be changed and signed, or a signed one to read."""
    page = read(supervision_hour, actor, session_id) if session_id is not None else None
    if isinstance(page, HourLine):
        st.text("What was talked about is for those who took part.")
    elif page is not None and not page.may_change:
        _signed(page)
    else:
        _form(actor, page)


def _signed(page: HourPage) -> None:
    line = page.line
    st.text(f"{day(line.held_on)}, {clock_span(line.starts, line.minutes)} · {line.kind.label}")
    st.text(f"{', '.join(name for _, name in line.supervisees)} with {line.supervisor}")
    with st.container(border=True):
        st.text(page.topics or "–")
    st.text(f"Signed by {page.signed_by}" if line.is_signed else f"Waits for the signature of {line.supervisor}")
    if not page.intact:
        st.error("The text is not the one that was signed. Please tell the practice's owner.")


def _form(actor: Actor, page: HourPage | None) -> None:
    choices, line = read(hour_choices, actor), page.line if page is not None else None
    form = Form(f"hour.{line.session_id}.{page.revision}" if line and page else "hour.new")
    today = read(wall_clock, actor).date()
    entered = _fields(actor, form, choices, line, page.topics if page else "", today)
    st.text("Kept apart from every client's record: name no client in full.")
    saved = False
    with st.container(horizontal=True):
        if st.button("Save", type="primary", key=form.field_key("save")):
            if page is None or line is None:
                saved, _ = form.submit(record_hour, actor, lambda: RecordHour(op=form.op, **entered), "Hour recorded")
            else:
                session_id, revision = line.session_id, page.revision
                saved, _ = form.submit(change_hour, actor, lambda: ChangeHour(
                    op=form.op, session_id=session_id, revision=revision, **entered), "Hour saved")
        if page is not None and line is not None:
            saved = _sign_or_discard(actor, page, line, is_saved=_as_saved(page, line, entered)) or saved
    if saved:
        st.rerun()


def _as_saved(page: HourPage, line: HourLine, entered: dict[str, object]) -> bool:
    """Whether the fields say what is kept, so that nobody signs something else than they see."""
    return entered == {
        "supervisor_id": line.supervisor_id, "supervisee_ids": tuple(staff_id for staff_id, _ in line.supervisees),
        "held_on": line.held_on, "starts": line.starts, "minutes": line.minutes, "kind": line.kind,
        "topics": page.topics,
    }


def _sign_or_discard(actor: Actor, page: HourPage, line: HourLine, *, is_saved: bool) -> bool:
    done = False
    if page.may_sign and not is_saved:
        st.button("Sign", icon=":material/draw:", disabled=True, help="Save what you changed first.")
    elif page.may_sign:
        with st.popover("Sign", icon=":material/draw:"):
            st.text("It counts from then on and never changes.")
            done = signature_box.sign(
                Form(f"sign_hour.{line.session_id}"), actor, sign_hour,
                lambda op, proof: SignHour(op=op, proof=proof, session_id=line.session_id, revision=page.revision),
                label="Sign", done="Hour signed",
            )
    if st.button("Discard", key=f"discard_hour.{line.session_id}", type="tertiary"):
        discarded, _ = perform(
            discard_hour, actor, lambda: DiscardHour(session_id=line.session_id), done="Hour discarded")
        done = done or discarded
    return done


def _fields(
    actor: Actor, form: Form, choices: HourChoices, line: HourLine | None, topics: str, today: date
) -> dict[str, object]:
    """The fields, filled in with what is known; the kind follows from how many took part."""
    pairs = list(choices.pairs)
    known = line.supervisor_id if line else actor.staff_id if actor.staff_id in pairs else pairs[0]
    supervisor_id = known
    if len(pairs) > 1:
        supervisor_id = form.choice("supervisor_id", "Supervisor", pairs, index=pairs.index(known) if known in pairs
                                    else 0, format_func=choices.names.__getitem__)
    people = list(choices.pairs.get(supervisor_id, ()))
    before = [staff_id for staff_id, _ in line.supervisees] if line else (
        [actor.staff_id] if actor.staff_id in people else people[:1])
    supervisees = st.multiselect(
        "Supervised", people, default=[one for one in before if one in people], key=form.field_key("supervisee_ids"),
        format_func=choices.names.__getitem__,
    )
    form.place("supervisee_ids")
    left, middle, right = st.columns(3)
    with left:
        held_on = form.date("held_on", "Date", line.held_on if line else today)
    with middle:
        starts = st.time_input("Start", line.starts if line else time(9), key=form.field_key("starts"))
        form.place("starts")
    with right:
        minutes = form.number("minutes", "Minutes", line.minutes if line else 60, min_value=5, max_value=480, step=5)
    few = {1: SupervisionFormat.INDIVIDUAL, 2: SupervisionFormat.TRIADIC}
    kind = few.get(len(supervisees), SupervisionFormat.GROUP)
    if supervisees:
        st.text(f"Counts as {kind.label.lower()} supervision.")
    form.place("kind")
    said = form.area("topics", "What was talked about", topics, height=160)
    return {
        "supervisor_id": supervisor_id, "supervisee_ids": tuple(supervisees), "held_on": held_on, "starts": starts,
        "minutes": minutes, "kind": kind, "topics": said,
    }
