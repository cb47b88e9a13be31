"""Moving, changing, calling off and putting back one appointment: what a drag does, and more, as forms."""

from datetime import date
from typing import Any

import streamlit as st

from practicerunner import money
from practicerunner.rules.attendance import ABSENT
from practicerunner.ui.attendance_block import consequence
from practicerunner.ui.booking import FOR_DESK, MEMO_HELP, Where, places, where_now, which_of_two
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.series_scope import cancel_several, change_several, scope
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, AttendanceStatus, CancelledBy, Resource, Role, SeriesScope
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.calendar import (
    AppointmentView,
    BookingChoices,
    Choice,
    booking_choices,
    supervisor_choices,
)
from practicerunner.workflows.memos import WriteMemo, write_memo
from practicerunner.workflows.scheduling import (
    Cancel,
    ChangeAppointment,
    Move,
    Reinstate,
    cancel,
    change_appointment,
    move,
    reinstate,
)
from practicerunner.workflows.waivers import fee_consequences


def move_dialog(actor: Actor, page: AppointmentView) -> None:
    """Open "Move appointment"."""
    st.dialog("Move appointment")(_move)(actor, page)


def _move(actor: Actor, page: AppointmentView) -> None:
    if page.why_immovable:
        st.info(md(page.why_immovable))
        if not page.series_position:
            return
    form = Form(f"move.{page.appointment_id}.{page.revision}")
    choices = read(booking_choices, actor, page.case_id)
    reach = scope(form, page)
    when, at, length = st.columns(3)
    with when:
        local_date = form.date("local_date", "Date", page.local_date)
    with at:
        local_time = st.time_input("Time", page.local_time, key=form.field_key("local_time"), step=300)
        form.place("local_time")
    with length:
        minutes = form.number("minutes", "Minutes", page.minutes, step=5)
    to = local_date if isinstance(local_date, date) else page.local_date
    clock = local_time or page.local_time
    fold = None
    if reach is SeriesScope.THIS:
        stays = (to, clock) == (page.local_date, page.local_time)
        fold = which_of_two(form, to, clock, choices.zone, page.fold if stays else 0)
    place = _where(form, choices, page)
    provider_id = _provider(form, choices, page)
    reason = _override(form, choices)
    if reach is not SeriesScope.THIS:
        change_several(form, actor, page, reach, lambda: {
            "local_date": to, "local_time": clock, "minutes": minutes, "provider_id": provider_id,
            "format": place.format, "location_id": place.location_id,
        }, override_reason=reason)
        return
    notify = _notify(form)
    if st.button("Move appointment", type="primary", width="stretch"):
        done, _ = form.submit(move, actor, lambda: Move(
            op=form.op, appointment_id=page.appointment_id, revision=page.revision, local_date=to, local_time=clock,
            minutes=minutes, provider_id=provider_id, format=place.format, location_id=place.location_id,
            override_reason=reason, fold=fold, notify=notify,
        ), done=f"Appointment moved to {day(to)}, {clock:%H:%M}")
        if done:
            st.rerun()


def _where(form: Form, choices: BookingChoices, page: AppointmentView) -> Where:
    options = places(choices.locations)
    chosen: Where = form.choice(
        "format", "Where", options, index=where_now(options, page.format, page.location_id),
        format_func=lambda option: option.name,
    )
    return chosen


def _notify(form: Form) -> bool:
    return form.tick(
        "notify", "Tell them by e-mail", value=True,
        help="To those who let us write to them: the date, the time and the place, nothing else.",
    )


def _provider(form: Form, choices: BookingChoices, page: AppointmentView) -> int:
    if not choices.providers:
        return page.provider_id
    known = [choice.id for choice in choices.providers]
    chosen: Choice = form.choice(
        "provider_id", "Provider", choices.providers, format_func=lambda option: option.name,
        index=known.index(page.provider_id) if page.provider_id in known else 0,
    )
    return chosen.id


def _override(form: Form, choices: BookingChoices) -> str:
    if not choices.may_override:
        return ""
    return form.text("override_reason", "Reason to overlap, if it has to", help="Leave empty to be told of conflicts.")


def change_dialog(actor: Actor, page: AppointmentView) -> None:
    """Open "Change appointment"."""
    st.dialog("Change appointment")(_change)(actor, page)


def _change(actor: Actor, page: AppointmentView) -> None:
    form = Form(f"change.{page.appointment_id}.{page.revision}")
    choices = read(booking_choices, actor, page.case_id)
    reach = scope(form, page) if page.series_position else SeriesScope.THIS
    alone = reach is SeriesScope.THIS
    service_id, fee = page.service_id, money.dollars(page.fee_cents)
    if page.why_fixed and alone:
        st.info(md(f"Service and fee stay as they are. {page.why_fixed}"))
    else:
        known = [service.id for service in choices.services]
        service = form.choice(
            "service_id", "Service", choices.services, format_func=lambda option: option.name,
            index=known.index(page.service_id) if page.service_id in known else None, placeholder=page.service,
        )
        service_id = service.id if service else page.service_id
        fee = form.text("fee_cents", "Fee", fee)
    place = _where(form, choices, page)
    memo: str | None = None
    for_desk = False
    if page.may_write_memo and alone:
        memo = form.area("memo", "Memo", page.memo or "", help=MEMO_HELP)
        for_desk = form.tick("memo_for_desk", FOR_DESK, value=page.memo_for_desk)
    supervisor_id, chooses = None, bool(actor.roles & {Role.OWNER, Role.ADMIN}) and alone
    if chooses:
        supervisor_id = _supervisor(actor, form, page)
    reason = _override(form, choices)
    if not alone:
        change_several(form, actor, page, reach, lambda: {
            "service_id": service_id, "fee_cents": money.cents(fee, "fee_cents"), "format": place.format,
            "location_id": place.location_id,
        }, override_reason=reason)
        return
    if st.button("Save changes", type="primary", width="stretch"):
        done, _ = form.submit(change_appointment, actor, lambda: ChangeAppointment(
            op=form.op, appointment_id=page.appointment_id, revision=page.revision, service_id=service_id,
            fee_cents=money.cents(fee, "fee_cents"), format=place.format, location_id=place.location_id, memo=memo,
            memo_for_desk=for_desk,
            supervisor_id=supervisor_id, inherit_supervisor=chooses and supervisor_id is None, override_reason=reason,
        ), done="Appointment changed")
        if done:
            st.rerun()


@st.dialog("Memo")
def memo_dialog(actor: Actor, page: AppointmentView) -> None:
    """The memo alone, for whoever may not change the appointment."""
    form = Form(f"memo.{page.appointment_id}.{page.revision}")
    text = form.area("text", "Memo", page.memo or "", help=MEMO_HELP)
    for_desk = form.tick("for_desk", FOR_DESK, value=page.memo_for_desk)
    if st.button("Save memo", type="primary", width="stretch"):
        done, _ = form.submit(write_memo, actor, lambda: WriteMemo(
            op=form.op, appointment_id=page.appointment_id, revision=page.revision, text=text, for_desk=for_desk),
            done="Memo saved")
        if done:
            st.rerun()


def _supervisor(actor: Actor, form: Form, page: AppointmentView) -> int | None:
    """The supervisor for this appointment alone; ``None`` for the one it has otherwise (E24)."""
    supervisors = {choice.id: choice.name for choice in read(supervisor_choices, actor)}
    usual, own = 0, page.supervisor_id if page.supervisor_is_own else None
    if own is not None:
        supervisors.setdefault(own, page.supervisor)
    options = [usual, *supervisors]
    names = {usual: f"As usual: {page.inherited_supervisor or 'nobody'}"} | {
        one: f"{name}, for this one alone" for one, name in supervisors.items()}
    chosen: int = form.choice(
        "supervisor_id", "Supervisor", options, index=options.index(own or usual), format_func=names.__getitem__,
    )
    return chosen or None


def cancel_dialog(actor: Actor, page: AppointmentView) -> None:
    """Open "Cancel appointment"."""
    st.dialog("Cancel appointment")(_cancel)(actor, page)


def _cancel(actor: Actor, page: AppointmentView) -> None:
    form = Form(f"cancel.{page.appointment_id}.{page.revision}")
    st.text("The time becomes free again; the appointment stays visible with its reason.")
    by = st.radio(
        "Who cancels?", list(CancelledBy), format_func=lambda who: who.label, key=form.field_key("by"), horizontal=True
    ) or CancelledBy.CLIENT
    reach = scope(form, page)
    alone = reach is SeriesScope.THIS
    late = _counts_as_late(actor, form, page) if by is CancelledBy.CLIENT and alone else None
    if by is CancelledBy.PROVIDER:
        st.text("Nobody is charged.")
    reason = form.text("reason", "Reason")
    if not alone:
        cancel_several(form, actor, page, reach, by, reason)
        return
    notify = _notify(form)
    if st.button("Cancel this appointment", type="primary", width="stretch"):
        done, _ = form.submit(cancel, actor, lambda: Cancel(
            op=form.op, appointment_id=page.appointment_id, by=by, reason=reason, late=late, notify=notify,
        ), done="Appointment cancelled")
        if done:
            st.rerun()


def _counts_as_late(actor: Actor, form: Form, page: AppointmentView) -> bool:
    """Late or in time, as the clock says unless somebody chooses the other; with what it costs."""
    cents, several = 0, False
    if may(actor, Action.READ, Resource.INVOICES):
        fees = read(fee_consequences, actor, page.appointment_id)
        expected = [one.person_id for one in page.people if one.status not in ABSENT]
        each = [fees.cents[person_id][AttendanceStatus.LATE_CANCELLED] for person_id in expected]
        several = not fees.together and len(each) > 1
        cents = sum(each) if several else max(each, default=0)
    words = {
        AttendanceStatus.LATE_CANCELLED: f"Late, {consequence(cents)}{' in all' if several else ''}",
        AttendanceStatus.CANCELLED_BY_CLIENT: "In time, no fee",
    }
    chosen = st.radio(
        "It counts as", list(words), index=list(words).index(page.cancels_as), format_func=words.__getitem__,
        key=form.field_key("late"), horizontal=True,
        help="By the clock and the practice's policy; choose the other if they called earlier, or later.",
    )
    return chosen is AttendanceStatus.LATE_CANCELLED


def reinstate_dialog(actor: Actor, page: AppointmentView) -> None:
    """Open "Reinstate appointment"."""
    st.dialog("Reinstate appointment")(_reinstate)(actor, page)


def _reinstate(actor: Actor, page: AppointmentView) -> None:
    form = Form(f"reinstate.{page.appointment_id}.{page.revision}")
    st.text("It goes back to its old time if that is still free.")
    choices: Any = read(booking_choices, actor, page.case_id)
    reason = _override(form, choices)
    if st.button("Reinstate", type="primary", width="stretch"):
        done, _ = form.submit(reinstate, actor, lambda: Reinstate(
            op=form.op, appointment_id=page.appointment_id, override_reason=reason,
        ), done="Appointment reinstated")
        if done:
            st.rerun()
