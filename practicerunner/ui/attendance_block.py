"""The attendance of one appointment, on its page: one row a participant, one click each, and what it costs."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from practicerunner.money import dollars
from practicerunner.rules.attendance import AHEAD
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import confidential_block
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, AppointmentStatus, AttendanceStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.calendar import AppointmentView, Attendee
from practicerunner.workflows.waivers import FeeConsequences, fee_consequences

BEFORE = (AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED)
AFTER = (AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW)
"""What is one click away, before the appointment begins and afterwards; the others stand behind "More"."""
BY_CLIENT = (AttendanceStatus.LATE_CANCELLED, AttendanceStatus.CANCELLED_BY_CLIENT)
"""The two that a client's calling off may be; the clock offers one, and staff may choose the other."""
PROBLEM = "attendance.problem"


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
        fees = FeeConsequences(together=False, cents={}, waived=frozenset())
        if may(actor, Action.READ, Resource.INVOICES):
            fees = read(fee_consequences, actor, page.appointment_id)
        for one in page.people:
            _row(actor, page, one, fees, began)
        if fees.together:
            st.caption("They share one charge; each figure is the whole of it.")
        if not page.people:
            st.text(f"No {capabilities(page.case_type).called} takes part.")


def near(page: AppointmentView, one: Attendee, began: bool) -> tuple[AttendanceStatus, ...]:
    """What is one click away for somebody: a client's calling off as the clock has it, and then the other too."""
    offered = BY_CLIENT if one.status in BY_CLIENT else (page.cancels_as,)
    return (*(AFTER if began else BEFORE), *offered)


def _row(actor: Actor, page: AppointmentView, one: Attendee, fees: FeeConsequences, began: bool) -> None:
    cents = fees.cents.get(one.person_id, {})
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(f"{one.name} ({one.role})" if one.role else one.name, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            if cents and one.status not in (*AHEAD, AttendanceStatus.ARRIVED):
                waived = ", waived" if one.person_id in fees.waived else ""
                st.text(consequence(cents[one.status]) + waived, width="content")
            badge(one.status)
    if not page.may_change:
        return
    if one.fixed:
        st.text("On an invoice; void it to change this.")
        return
    choices = near(page, one, began)
    key = f"attendance.{one.person_id}.{page.revision}.{one.status}"
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.segmented_control(
            f"Attendance of {page.people.index(one) + 1}", choices, key=key, label_visibility="collapsed",
            default=one.status if one.status in choices else None, format_func=lambda status: status.label,
        )
        with st.popover("More", type="tertiary"):
            for status in AttendanceStatus:
                if status in choices or status is one.status or (not began and status in AFTER):
                    continue
                costs = f", {consequence(cents[status])}" if cents and status not in AHEAD else ""
                if st.button(f"{status.label}{costs}", key=f"{key}.{status}", width="stretch"):
                    _set(actor, page, one, status)
        if cents:
            st.caption(foretold(cents, page.cancels_as, began=began), width="content")
    if clicked is None and one.status in choices:
        _set(actor, page, one, AttendanceStatus.SCHEDULED)
    elif clicked is not None and clicked is not one.status:
        _set(actor, page, one, clicked)


def foretold(cents: Mapping[AttendanceStatus, int], cancels_as: AttendanceStatus, *, began: bool) -> str:
    """What the next click would cost: ``No-show or late: fee 37.50``."""
    if began:
        return f"No-show or late: {consequence(cents[AttendanceStatus.NO_SHOW])}"
    late = " late" if cancels_as is AttendanceStatus.LATE_CANCELLED else " in time"
    return f"Cancelled now,{late}: {consequence(cents[cancels_as])}"


def consequence(cents: int) -> str:
    """What a status costs, in words: ``fee 37.50``, ``no fee``."""
    return f"fee {dollars(cents)}" if cents else "no fee"


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
    """The appointment's own status, with the reason where it was cancelled, and to whom it is confidential."""
    with st.container(horizontal=True, vertical_alignment="center"):
        badge(page.status)
        if page.confidential_to:
            st.badge(md(confidential_block.word(page)), icon=":material/visibility_off:", color="orange")
        if page.status is AppointmentStatus.CANCELLED and page.cancelled_reason:
            st.text(page.cancelled_reason, width="content")
