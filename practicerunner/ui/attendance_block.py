"""The attendance of one appointment, on its page: one row a participant, one click each."""

from datetime import datetime

import streamlit as st

from practicerunner.rules.attendance import AHEAD
from practicerunner.rules.case_types import capabilities
from practicerunner.ui.perform import perform
from practicerunner.ui.status import badge
from practicerunner.ui.text import md
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.calendar import AppointmentView, Attendee

BEFORE = (AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED, AttendanceStatus.EXCUSED)
AFTER = (AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED)
"""What is one click away, before the appointment begins and afterwards; the others stand behind "More"."""
PROBLEM = "attendance.problem"
MISSED = (AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED)


def show(actor: Actor, page: AppointmentView, now: datetime) -> None:
    """Draw the block; ``now`` is the practice's wall clock."""
    began = datetime.combine(page.local_date, page.local_time) <= now
    with st.container(border=True, height="stretch"):
        st.subheader("Attendance", anchor=False)
        problem = st.session_state.pop(PROBLEM, "")
        if problem:
            st.error(md(problem))
        waiting = [one for one in page.people if one.status in AHEAD or one.status is AttendanceStatus.ARRIVED]
        at_once = page.may_change and began and len(page.people) > 1 and bool(waiting)
        if at_once and st.button("All attended", key="attend_all", icon=":material/done_all:", width="stretch"):
            _save(actor, AttendAll(appointment_id=page.appointment_id), "Attendance recorded")
        for one in page.people:
            _row(actor, page, one, began)
        if any(one.status in MISSED for one in page.people):
            st.text("The fee for a missed appointment follows the practice's policy; see Billing.")
        if not page.people:
            st.text(f"No {capabilities(page.case_type).called} takes part.")


def _row(actor: Actor, page: AppointmentView, one: Attendee, began: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(f"{one.name} ({one.role})" if one.role else one.name, width="content")
        badge(one.status)
    if not page.may_change:
        return
    if one.fixed:
        st.text("On an invoice; void it to change this.")
        return
    near = AFTER if began else BEFORE
    key = f"attendance.{one.person_id}.{page.revision}.{one.status}"
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.segmented_control(
            f"Attendance of {page.people.index(one) + 1}", near, default=one.status if one.status in near else None,
            format_func=lambda status: status.label, key=key, label_visibility="collapsed",
        )
        with st.popover("More", type="tertiary"):
            for status in AttendanceStatus:
                if status in near or status is one.status or (not began and status in AFTER[:2]):
                    continue
                if st.button(status.label, key=f"{key}.{status}", width="stretch"):
                    _set(actor, page, one, status)
    if clicked is None and one.status in near:
        _set(actor, page, one, AttendanceStatus.SCHEDULED)
    elif clicked is not None and clicked is not one.status:
        _set(actor, page, one, clicked)


def _set(actor: Actor, page: AppointmentView, one: Attendee, status: AttendanceStatus) -> None:
    _save(actor, SetAttendance(
        appointment_id=page.appointment_id, revision=page.revision, statuses={one.person_id: status},
    ), f"{status.label} recorded")


def _save(actor: Actor, asked: SetAttendance | AttendAll, done: str) -> None:
    verb = set_attendance if isinstance(asked, SetAttendance) else attend_all
    ok, _ = perform(
        verb, actor, lambda: asked, done=done,
        show=lambda _, sentence: st.session_state.__setitem__(PROBLEM, sentence),
    )
    if not ok:
        # The click stays on the screen otherwise, though nothing was saved.
        for key in [k for k in st.session_state if str(k).startswith("attendance.") and k != PROBLEM]:
            del st.session_state[key]
    st.rerun()


def status_line(page: AppointmentView) -> None:
    """The appointment's own status, with the reason where it was cancelled."""
    with st.container(horizontal=True, vertical_alignment="center"):
        badge(page.status)
        if page.status is AppointmentStatus.CANCELLED and page.cancelled_reason:
            st.text(page.cancelled_reason, width="content")
