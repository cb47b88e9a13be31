"""What was done about a critical answer before its alert was closed, and the notes that can close it (C72)."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ForeignKey, Text, and_, func, or_, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.forms import CriticalAlert
from practicerunner.records.notes import Note, Signature
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AlertAction,
    AppointmentStatus,
    AttendanceStatus,
    NoteKind,
    NoteStatus,
    SignatureRole,
)


class AlertStep(Row):
    """That somebody did something about a critical answer while its alert stays open; never changed."""

    __tablename__ = "alert_step"

    alert_id: Mapped[int] = mapped_column(ForeignKey("critical_alert.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    action: Mapped[AlertAction] = word(AlertAction)
    text: Mapped[str] = mapped_column(Text)


def steps_of(session: Session, alert_id: int) -> list[tuple[AlertStep, Staff]]:
    """What was done about one, the first step first, each with who did it."""
    query = select(AlertStep, Staff).join(Staff, Staff.id == AlertStep.staff_id).where(AlertStep.alert_id == alert_id)
    return [(step, staff) for step, staff in session.execute(query.order_by(AlertStep.created_at, AlertStep.id))]


def closing_notes(
    session: Session, alert: CriticalAlert, since: date, *, but: Collection[NoteKind], signed: Collection[NoteStatus],
    present: Collection[AttendanceStatus], alone: bool,
) -> list[tuple[Note, Staff]]:
    """Notes of the case of an alert that can document it, but for some kinds; the newest first.

    Dated on a day or after it and not signed before the answer was handed in; about whoever answered or written on
    what they were ``present`` at (``alone``: every note of the case is about them). What is not signed has
    been saved, and has an author who works here and so can sign it.
    """
    signed_before = select(Signature.id).where(
        Signature.note_id == Note.id, Signature.version == Note.version, Signature.role == SignatureRole.AUTHOR,
        Signature.signed_at < alert.raised_at)
    was_there = select(Attendance.id).where(
        Attendance.appointment_id == Note.appointment_id, Attendance.person_id == alert.person_id,
        Attendance.status.in_(present))
    about = or_(
        Note.person_id == alert.person_id, and_(Note.person_id.is_(None), Note.appointment_id.is_(None)),
        was_there.exists())
    query = (
        select(Note, Staff).join(Staff, Staff.id == Note.author_id)
        .where(Note.case_id == alert.case_id, Note.service_date >= since, Note.kind.not_in(but),
               or_(Note.status == NoteStatus.RETURNED, ~signed_before.exists()),
               or_(Note.status.in_(signed), and_(Staff.active, Note.saved_at.is_not(None))),
               true() if alone else about)
        .order_by(Note.service_date.desc(), Note.created_at.desc(), Note.id.desc())
    )
    return [(note, staff) for note, staff in session.execute(query)]


def held_by(session: Session, case_id: int, staff_id: int, first: date, last: date) -> int | None:
    """The last appointment of a case that somebody holds on one of some days."""
    return session.scalar(select(Appointment.id).where(
        Appointment.case_id == case_id, Appointment.provider_id == staff_id,
        Appointment.local_date.between(first, last), Appointment.status != AppointmentStatus.CANCELLED,
    ).order_by(Appointment.starts_at.desc(), Appointment.id).limit(1))


def lock_note(session: Session, note_id: int) -> None:
    """Hold a note, if it is there still, so that it is not discarded meanwhile."""
    session.execute(select(Note.id).where(Note.id == note_id).with_for_update(key_share=True))


def closed_since(session: Session, note_ids: Collection[int]) -> dict[int, datetime]:
    """Of some notes: those with which an alert was closed, and when the first was."""
    if not note_ids:
        return {}
    query = (select(CriticalAlert.note_id, func.min(CriticalAlert.closed_at))
             .where(CriticalAlert.note_id.in_(note_ids)).group_by(CriticalAlert.note_id))
    return {note_id: closed_at for note_id, closed_at in session.execute(query) if note_id and closed_at}


def closed_with(session: Session, note_id: int) -> bool:
    """Whether an alert was closed with this note."""
    return session.scalar(select(CriticalAlert.id).where(CriticalAlert.note_id == note_id).limit(1)) is not None
