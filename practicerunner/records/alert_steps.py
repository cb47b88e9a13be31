"""What was done about a critical answer before its alert was closed, and the notes that can close it (C72)."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.forms import CriticalAlert
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Note
from practicerunner.vocabulary import AlertAction, NoteKind


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
    session: Session, case_id: int, authors: Collection[int], since: date, *, but: Collection[NoteKind]
) -> list[tuple[Note, Staff]]:
    """Notes of a case by some authors, dated on a day or after it, but for some kinds; the newest first."""
    query = (
        select(Note, Staff).join(Staff, Staff.id == Note.author_id)
        .where(Note.case_id == case_id, Note.author_id.in_(authors), Note.service_date >= since,
               Note.kind.not_in(but))
        .order_by(Note.service_date.desc(), Note.created_at.desc(), Note.id.desc())
    )
    return [(note, staff) for note, staff in session.execute(query)]


def closed_with(session: Session, note_id: int) -> bool:
    """Whether an alert was closed with this note."""
    return session.scalar(select(CriticalAlert.id).where(CriticalAlert.note_id == note_id).limit(1)) is not None
