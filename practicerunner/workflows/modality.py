"""Changing the kind of work (A13): a new linked case takes over what lies ahead; what is written stays where it is."""

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput
from practicerunner.records import clients, practice
from practicerunner.records.cases import Case
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.series import Series
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, CaseType, ParticipantStatus, Resource, ShareKind, TwoPersonLabel
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.cases import OpenCase, Taking, case_for, check_known, create_case
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.minors import confidential_by_default
from practicerunner.workflows.scheduling import appointment_for, inherited_supervisor, why_immovable
from practicerunner.workflows.slots import day_in_words, occupy, take_turns, wanted_by


class PlannedShare(BaseModel):
    """Who will pay which part: a participant by place in ``participants``, or a known payer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    participant: int | None = Field(default=None, ge=0)
    payer_id: int | None = None
    kind: ShareKind = ShareKind.REMAINDER
    basis_points: int | None = Field(default=None, ge=0, le=10_000)
    amount_cents: int | None = Field(default=None, ge=0)
    cap_cents: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_payer(self) -> "PlannedShare":
        if (self.participant is None) == (self.payer_id is None):
            raise PydanticCustomError("payer", "Choose who pays.")
        return self


class ChangeModality(Command):
    """Go on with another kind of work: who takes part, which appointments move along, what is booked, who pays."""

    case_id: int
    type: CaseType
    label: TwoPersonLabel | None = None
    name: Line = ""
    provider_id: int | None = None
    participants: tuple[Taking, ...] = Field(default=(), max_length=200)
    """Everybody of the new case, those who come along included."""
    appointment_ids: tuple[int, ...] = ()
    service_id: int | None = None
    """What the moved appointments become; needed when any moves."""
    shares: tuple[PlannedShare, ...] = ()
    """Empty: nobody has said yet who pays."""
    starts_on: date | None = None


@command(Resource.CASE, Action.CREATE)
def change_modality(session: Session, actor: Actor, asked: ChangeModality) -> int:
    """Open the new case, linked to the old one, and move the chosen appointments to it. Returns the new case's id.

    Notes, invoices, balances, payers and who may see what stay as they are on the old case (A13, X15).
    Raises BadInput, SlotTaken where a longer appointment no longer fits.
    """
    old = case_for(session, actor, asked.case_id, Action.UPDATE)
    check_known(session, actor, asked.participants)
    provider_id = asked.provider_id or old.provider_id
    authorize(session, actor, Action.CREATE, Resource.CASE, responsible=[provider_id], case_id=old.id)
    starts_on = asked.starts_on or clock.today(practice.the_practice(session).zone)
    new = session.get_one(Case, create_case(session, OpenCase(
        op=asked.op, type=asked.type, label=asked.label, name=asked.name, provider_id=provider_id,
        supervisor_id=old.supervisor_id if provider_id == old.provider_id else None, opened_on=starts_on,
        participants=asked.participants, came_from_id=old.id,
    )))
    if asked.shares:
        _arrange(session, actor, new, asked, starts_on)
    moved = [_movable(session, actor, old, appointment_id) for appointment_id in sorted(set(asked.appointment_ids))]
    if moved:
        _move(session, actor, new, moved, _service(session, new, asked.service_id))
    session.info["case_id"] = new.id
    session.info["detail"] = f"from {old.id}, {len(moved)} appointments moved"
    return new.id


def _arrange(session: Session, actor: Actor, new: Case, asked: ChangeModality, starts_on: date) -> None:
    if capabilities(new.type).charged_each:
        raise BadInput("shares", "Each participant is charged here; say who pays for each on the new page.")
    people = [participant.person_id for participant in new.participants]
    if any(share.participant is not None and share.participant >= len(people) for share in asked.shares):
        raise BadInput("shares", "One of the payers does not take part.")
    set_arrangement(session, actor, SetArrangement(
        op=f"{asked.op[:56]}.shares", case_id=new.id, valid_from=starts_on,
        shares=tuple(
            Share(
                payer_id=share.payer_id, person_id=None if share.participant is None else people[share.participant],
                kind=share.kind, basis_points=share.basis_points, amount_cents=share.amount_cents,
                cap_cents=share.cap_cents,
            )
            for share in asked.shares
        ),
    ))


def _movable(session: Session, actor: Actor, old: Case, appointment_id: int) -> Appointment:
    """An appointment ahead that nothing is written about yet. Raises BadInput at ``appointment_ids``."""
    appointment = appointment_for(session, actor, appointment_id, Action.UPDATE)
    reason = why_immovable(session, appointment)
    if appointment.case_id != old.id:
        reason = "It belongs to another case."
    elif appointment.starts_at <= clock.now():
        reason = "It has begun, so it stays."
    elif reason is None and clients.has_note(session, appointment.id):
        reason = "A note was begun for it, so it stays."
    if reason:
        raise BadInput("appointment_ids", f"{day_in_words(appointment.local_date)}: {reason}")
    return appointment


def _service(session: Session, new: Case, service_id: int | None) -> Service:
    service = session.get(Service, service_id) if service_id else None
    if service is None or not service.active:
        raise BadInput("service_id", "Choose the service that the appointments become.")
    if service.category not in capabilities(new.type).categories:
        raise BadInput("service_id", f"{service.name} cannot be booked for this kind of work; choose another service.")
    return service


def _move(session: Session, actor: Actor, new: Case, moved: Sequence[Appointment], service: Service) -> None:
    """The same rows, with the new case, service, length, fee and people; the slots are taken anew."""
    series: dict[int, Series] = {}
    for appointment in sorted(moved, key=lambda found: found.starts_at):
        appointment.case_id, appointment.service_id = new.id, service.id
        appointment.minutes, appointment.fee_cents = service.minutes, practice.fee_on(service, appointment.local_date)
        appointment.ends_at = appointment.starts_at + timedelta(minutes=service.minutes)
        if not appointment.supervisor_is_own:
            appointment.supervisor_id = inherited_supervisor(
                session, new, appointment.provider_id, appointment.local_date)
        if appointment.series_id is not None:
            appointment.series_id = _series(session, new, appointment, series).id
        _attend(session, new, appointment)
        appointment.revision += 1
        session.flush()
    take_turns(session, [wanted_by(session, appointment) for appointment in moved])
    for appointment in moved:
        occupy(session, actor, appointment, appointment.override_reason)
    session.flush()


def _series(session: Session, new: Case, appointment: Appointment, made: dict[int, Series]) -> Series:
    """The new case's own series with the same rule, so that editing one case's series never touches the other's."""
    old_id = appointment.series_id or 0
    if old_id not in made:
        old = session.get_one(Series, old_id)
        made[old_id] = Series(
            id=ids.new_id(), case_id=new.id, rule=old.rule, local_time=old.local_time, zone=old.zone,
            first_date=old.first_date, shift_days=old.shift_days, provider_id=old.provider_id,
            service_id=appointment.service_id, minutes=appointment.minutes, format=old.format,
            location_id=old.location_id,
        )
        session.add(made[old_id])
        session.flush()
    return made[old_id]


def _attend(session: Session, new: Case, appointment: Appointment) -> None:
    """Those who come along keep their row; the others' rows go, new people get theirs."""
    there = [
        p.person_id for p in new.participants
        if p.status is ParticipantStatus.ACTIVE and p.joined_on <= max(appointment.local_date, new.opened_on)
    ]
    appointment.attendances[:] = [a for a in appointment.attendances if a.person_id in there]
    for attendance in appointment.attendances:
        attendance.case_id = new.id
    known = {a.person_id for a in appointment.attendances}
    alone = confidential_by_default(session, new, set(there) - known)
    appointment.attendances.extend(
        Attendance(case_id=new.id, person_id=p, confidential=p in alone) for p in there if p not in known)
