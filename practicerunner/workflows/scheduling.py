"""Moving, changing, calling off and putting back one appointment, and why one stays as it is."""

from datetime import date, datetime, time

from pydantic import AwareDatetime, Field, field_validator
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import calendar, gathering, notes, practice, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.practice import Location
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.rules import attendance as attendance_rules
from practicerunner.rules import scheduling as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.supervision import inherited
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    Resource,
    Role,
    SessionFormat,
)
from practicerunner.workflows import notices
from practicerunner.workflows.access import Actor, PortalActor, authorize
from practicerunner.workflows.booking import (
    bookable_place,
    bookable_provider,
    bookable_service,
    plausible_length,
    slot_on,
)
from practicerunner.workflows.cases import CaseIsArchived
from practicerunner.workflows.commands import Command, Line, Paragraph, command
from practicerunner.workflows.membership import follow
from practicerunner.workflows.slots import change_room, day_in_words, occupy


class AppointmentIsFixed(RuleViolation):
    """This appointment cannot be moved any more."""


class Move(Command):
    """Move an appointment in time, to another provider or to another place; the same checks as booking it."""

    appointment_id: int
    revision: int
    local_date: date
    local_time: time
    minutes: int
    provider_id: int | None = None
    format: SessionFormat | None = None
    location_id: int | None = None
    """With neither format nor location, both stay as they are."""
    override_reason: Line = ""
    fold: int | None = Field(default=None, ge=0, le=1)
    """Of two equal times the first (0) or the second (1); ``None``: as it is where date and time stay, else first."""
    notify: bool = False
    """Tell by e-mail those who are expected, if they let us write to them."""

    _length = field_validator("minutes")(plausible_length)


class ChangeAppointment(Command):
    """Change what an appointment is, not when. It changes no status (F06)."""

    appointment_id: int
    revision: int
    service_id: int
    fee_cents: int = Field(ge=0, le=99_999_999)
    format: SessionFormat | None = None
    location_id: int | None = None
    memo: Paragraph | None = None
    """``None`` leaves the memo as it is, for those who may not read it."""
    memo_for_desk: bool = False
    """Whether the front desk may read it; counts with a memo alone."""
    supervisor_id: int | None = None
    """Another supervisor for this appointment alone (E24); ``None`` leaves it as it is. Owner and admin."""
    inherit_supervisor: bool = False
    """Go back to the supervisor of the case, or of the provider on that day. Owner and admin."""
    override_reason: Line = ""


class Cancel(Command):
    """Call an appointment off; it stays visible with its reason."""

    appointment_id: int
    by: CancelledBy
    reason: Line = ""
    notify: bool = False
    """Tell by e-mail those who were expected, if they let us write to them."""
    told_at: AwareDatetime | None = None
    """When the client said so, if that was earlier than now: by it a cancellation is late or not."""
    late: bool | None = None
    """Whether a client's cancellation counts as late all the same; ``None``: as the clock says (F04)."""


class Reinstate(Command):
    """Put back an appointment that was called off, if its time is still free."""

    appointment_id: int
    override_reason: Line = ""


def appointment_for(session: Session, actor: Actor, appointment_id: int, action: Action = Action.READ) -> Appointment:
    """The door to an appointment: existence and permission in one place. Locks the row for anything but reading.

    Raises NotFound for strangers, NotPermitted where the role never allows it.
    """
    found = scheduling.appointment(session, appointment_id, lock=action is not Action.READ)
    if found is None:
        raise NotFound(actor=actor, action=action, resource=Resource.APPOINTMENTS, resource_id=appointment_id)
    case = session.get_one(Case, found.case_id)
    authorize(
        session, actor, action, Resource.APPOINTMENTS, responsible=[found.provider_id, case.provider_id],
        supervisor_id=watching(actor, found, case), resource_id=appointment_id, case_id=case.id,
    )
    session.info["case_id"] = case.id
    return found


def watching(actor: Actor, appointment: Appointment, case: Case) -> int | None:
    """The actor's id if they supervise this appointment or its case."""
    return actor.staff_id if actor.staff_id in (appointment.supervisor_id, case.supervisor_id) else None


def why_fixed(session: Session, appointment: Appointment) -> str | None:
    """Why an appointment can neither move nor change its service; ``None`` if it can (E21)."""
    if calendar.has_locked_note(session, appointment.id):
        return "Its note is signed, so it stays where it is."
    if calendar.invoiced_people(session, appointment.id):
        return "It is on an invoice; void the invoice first."
    return None


def why_immovable(session: Session, appointment: Appointment) -> str | None:
    """Why an appointment cannot be moved; ``None`` if it can."""
    if appointment.status is AppointmentStatus.CANCELLED:
        return "It was cancelled; reinstate it first."
    if appointment.status in attendance_rules.OVER:
        return "Attendance is recorded, so it stays where it is."
    return why_fixed(session, appointment)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def move(session: Session, actor: Actor, asked: Move) -> int:
    """Move an appointment; the same checks as booking. Raises Stale, AppointmentIsFixed, SlotTaken, BadInput."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    case = session.get_one(Case, found.case_id)
    if (asked.provider_id or found.provider_id) not in (found.provider_id, case.provider_id):
        authorize(
            session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[asked.provider_id], case_id=case.id
        )
    return move_agreed(session, actor, found, asked)


def move_agreed(session: Session, actor: Actor | PortalActor, found: Appointment, asked: Move) -> int:
    """Move an appointment that whoever calls has locked and may move: staff, or a client to a time they were offered.

    Returns its id. Raises Stale, AppointmentIsFixed, SlotTaken, BadInput.
    """
    if found.revision != asked.revision:
        raise Stale
    reason = why_immovable(session, found)
    if reason:
        raise AppointmentIsFixed(reason)
    case = session.get_one(Case, found.case_id)
    before = (found.provider_id, found.local_date)
    provider = bookable_provider(session, asked.provider_id or found.provider_id)
    if asked.format is None and asked.location_id is None:
        held_as, location = found.format, session.get(Location, found.location_id) if found.location_id else None
    else:
        held_as, location = bookable_place(session, asked.format, asked.location_id)
    stays = (asked.local_date, asked.local_time) == (found.local_date, found.local_time)
    fold = asked.fold if asked.fold is not None else found.fold if stays else 0
    slot = slot_on(asked.local_date, asked.local_time, asked.minutes, practice.the_practice(session).zone, fold)
    if found.supervisor_id == provider.id:
        found.supervisor_is_own = False  # nobody supervises themselves
    if not found.supervisor_is_own and (provider.id, slot.local_date) != before:
        found.supervisor_id = inherited_supervisor(session, case, provider.id, slot.local_date)
    found.provider_id, found.format, found.location_id = provider.id, held_as, location.id if location else None
    if found.series_id is not None and (slot.local_date, slot.local_time) != (found.local_date, found.local_time):
        found.series_moved = True
    found.local_date, found.local_time, found.minutes, found.zone = (
        slot.local_date, slot.local_time, slot.minutes, slot.zone
    )
    found.fold, was = slot.fold, found.starts_at
    found.starts_at, found.ends_at = slot.starts_at, slot.ends_at
    if found.local_date != before[1]:
        expect_on_its_day(case, found)
        notes.go_with(session, found.id, found.local_date)
    occupy(session, actor, found, asked.override_reason)
    found.revision += 1
    session.info["detail"] = f"from {before[1]} to {found.local_date} {found.local_time:%H:%M}"
    session.flush()
    if asked.notify and found.starts_at != was:
        notices.notice_moved(session, found, was, expected_at(found))
    return found.id


def expect_on_its_day(case: Case, found: Appointment) -> set[int]:
    """Expect those who take part on the day on which an appointment now lies. Raises BadInput where nobody does."""
    there = follow(case, found)
    if not there:
        called = capabilities(case.type).called
        raise BadInput("local_date", f"No {called} takes part on {day_in_words(found.local_date)}. Add one first.")
    return there


@command(Resource.APPOINTMENTS, Action.UPDATE)
def change_appointment(session: Session, actor: Actor, asked: ChangeAppointment) -> int:
    """Change service, fee, place or memo; no status changes, however old it is (F06). Raises Stale, BadInput."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if found.revision != asked.revision:
        raise Stale
    case = session.get_one(Case, found.case_id)
    changed = []
    if (asked.service_id, asked.fee_cents) != (found.service_id, found.fee_cents):
        reason = why_fixed(session, found)
        if reason:
            raise AppointmentIsFixed(reason)
        if asked.service_id != found.service_id:
            bookable_service(session, case, asked.service_id)
        found.service_id, found.fee_cents = asked.service_id, asked.fee_cents
        gathering.withdraw_waiting(session, found.id)
        changed.append("service or fee")
    if (asked.format or found.format, asked.location_id) != (found.format, found.location_id):
        if asked.location_id != found.location_id:
            found.format, location = bookable_place(session, asked.format, asked.location_id)
            found.location_id = location.id if location else None
            if found.status is not AppointmentStatus.CANCELLED:
                change_room(session, actor, found, asked.override_reason)
        else:
            found.format = asked.format or found.format
        changed.append("place")
    if asked.memo is not None and set_memo(session, actor, found, case, asked.memo, for_desk=asked.memo_for_desk):
        changed.append("memo")
    if _set_supervisor(session, actor, found, case, asked):
        changed.append("supervisor")
    found.revision += 1
    session.info["case_id"], session.info["detail"] = case.id, "changed " + ", ".join(changed)
    session.flush()
    return found.id


def set_memo(
    session: Session, actor: Actor, found: Appointment, case: Case, text: str, *, for_desk: bool
) -> bool:
    """Keep the memo of an appointment, and whether the front desk may read it; whether that changed anything.

    Raises NotFound, NotPermitted.
    """
    if (text, for_desk) == (found.memo, found.memo_for_desk):
        return False
    authorize(
        session, actor, Action.UPDATE, Resource.APPOINTMENT_MEMO, responsible=[found.provider_id, case.provider_id],
        supervisor_id=watching(actor, found, case), resource_id=found.id, case_id=case.id,
    )
    found.memo, found.memo_for_desk = text, for_desk
    return True


def inherited_supervisor(session: Session, case: Case, provider_id: int, day: date) -> int | None:
    """The supervisor of an appointment of a case with a provider on a day, unless it has one of its own."""
    return inherited(case.supervisor_id, provider_id, scheduling.supervisions_over(session, provider_id), day)


def _set_supervisor(
    session: Session, actor: Actor, found: Appointment, case: Case, asked: ChangeAppointment
) -> bool:
    """Set or clear the supervisor of one appointment alone. Returns whether anything changed."""
    now = (found.supervisor_id, found.supervisor_is_own)
    if asked.inherit_supervisor:
        if not found.supervisor_is_own:
            return False
        _check_chooser(actor, found)
        found.supervisor_id = inherited_supervisor(session, case, found.provider_id, found.local_date)
        found.supervisor_is_own = False
    elif asked.supervisor_id is not None and (asked.supervisor_id, True) != now:
        _check_supervisor(session, actor, found, asked.supervisor_id)
        found.supervisor_id, found.supervisor_is_own = asked.supervisor_id, True
    return (found.supervisor_id, found.supervisor_is_own) != now


def _check_chooser(actor: Actor, found: Appointment) -> None:
    if not actor.roles & {Role.OWNER, Role.ADMIN}:
        raise NotPermitted(
            "Only an owner or an admin chooses another supervisor.", actor=actor, action="change_appointment",
            resource=Resource.APPOINTMENTS, resource_id=found.id, case_id=found.case_id,
        )


def _check_supervisor(session: Session, actor: Actor, found: Appointment, supervisor_id: int) -> None:
    _check_chooser(actor, found)
    chosen = session.get(Staff, supervisor_id)
    if chosen is None or not chosen.active or Role.SUPERVISOR not in {r.role for r in chosen.roles}:
        raise BadInput("supervisor_id", "Choose somebody with the supervisor role.")
    if supervisor_id == found.provider_id:
        raise BadInput("supervisor_id", "Nobody supervises themselves.")


@command(Resource.APPOINTMENTS, Action.UPDATE)
def cancel(session: Session, actor: Actor, asked: Cancel) -> int:
    """Call an appointment off: its time is free again, its participants' attendance says by whom and whether late."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    check_cancellable(session, found)
    expected = expected_at(found)
    by_the_clock = becomes = cancelled_as(session, found, asked.by, asked.told_at)
    if asked.late is not None and asked.by is CancelledBy.CLIENT:
        becomes = AttendanceStatus.LATE_CANCELLED if asked.late else AttendanceStatus.CANCELLED_BY_CLIENT
    call_off(session, actor, found, becomes, asked.reason)
    session.info["detail"] = f"by {asked.by}" + ("" if becomes is by_the_clock else f", counted as {becomes}")
    session.flush()
    if asked.notify:
        notices.notice_cancelled(session, found, expected)
    return found.id


def check_cancellable(session: Session, found: Appointment) -> None:
    """Refuse to call off what was called off before, is over or stands on papers. Raises AppointmentIsFixed."""
    if found.status is AppointmentStatus.CANCELLED:
        raise RuleViolation("It was cancelled before.")
    if found.status in attendance_rules.OVER:
        raise AppointmentIsFixed("Attendance is recorded; change it there instead.")
    reason = why_fixed(session, found)
    if reason:
        raise AppointmentIsFixed(reason)


def cancel_agreed(session: Session, client: PortalActor, found: Appointment, told_at: datetime) -> int:
    """Call off an appointment that whoever calls has locked and that is a client's to cancel. Returns its id.

    Raises AppointmentIsFixed.
    """
    check_cancellable(session, found)
    call_off(session, client, found, cancelled_as(session, found, CancelledBy.CLIENT, told_at), "On request")
    session.flush()
    return found.id


def expected_at(found: Appointment) -> list[int]:
    """The people who are expected at an appointment, or came."""
    return [row.person_id for row in found.attendances if row.status not in calendar.ABSENT]


def call_off(
    session: Session, actor: Actor | PortalActor, found: Appointment, becomes: AttendanceStatus, reason: str
) -> None:
    """Write that an appointment is called off, and let its time go; callers have authorised and checked it."""
    for row in found.attendances:
        if row.status not in calendar.ABSENT:
            record(row, actor, becomes)
    found.status, found.cancelled_reason = AppointmentStatus.CANCELLED, reason
    found.revision += 1
    scheduling.release(session, [found.id])


def cancelled_as(
    session: Session, found: Appointment, by: CancelledBy, told_at: datetime | None = None
) -> AttendanceStatus:
    """What a cancellation is by the wall clock: late or not; the provider is never late (F04).

    ``told_at`` is when the client said so, if that was earlier than now.
    """
    return attendance_rules.cancelled_as(
        by, rules.wall(min(told_at or clock.now(), clock.now()), found.zone),
        datetime.combine(found.local_date, found.local_time), practice.the_practice(session).late_cancel_hours,
    )


def record(row: Attendance, actor: Actor | PortalActor, status: AttendanceStatus) -> None:
    """Write one participant's status, when and by whom; by nobody of the staff where a client did it."""
    row.status, row.recorded_at = status, clock.now()
    row.recorded_by_id = actor.staff_id if isinstance(actor, Actor) else None
    row.revision += 1


@command(Resource.APPOINTMENTS, Action.UPDATE)
def reinstate(session: Session, actor: Actor, asked: Reinstate) -> int:
    """Put a cancelled appointment back, if its time is still free. Raises SlotTaken, CaseIsArchived."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if found.status is not AppointmentStatus.CANCELLED:
        raise RuleViolation("It is not cancelled.")
    case = session.get_one(Case, found.case_id)
    if case.status is CaseStatus.ARCHIVED:
        raise CaseIsArchived
    reason = why_fixed(session, found)
    if reason:
        raise AppointmentIsFixed(reason)
    there = expect_on_its_day(case, found)
    for row in found.attendances:
        if row.status in attendance_rules.CANCELLED and row.person_id in there:
            record(row, actor, AttendanceStatus.SCHEDULED)
    found.status = attendance_rules.appointment_status(row.status for row in found.attendances)
    found.cancelled_reason = ""
    found.revision += 1
    occupy(session, actor, found, asked.override_reason)
    session.flush()
    return found.id
