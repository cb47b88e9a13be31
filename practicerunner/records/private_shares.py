"""Which psychotherapy note its author shares with their supervisor: note by note, until it is ended (C11)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row
from practicerunner.records.cases import Case
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff, Supervision


class PsychotherapyShare(Row):
    """That the author of a note lets one supervisor read it, as long as that very supervision lasts."""

    __tablename__ = "psychotherapy_share"

    note_id: Mapped[int] = mapped_column(ForeignKey("psychotherapy_note.id", ondelete="CASCADE"))
    supervision_id: Mapped[int] = mapped_column(ForeignKey("supervision.id"))
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_psychotherapy_share_open", "note_id", "supervisor_id", unique=True,
              sqlite_where=text("ended_at is null"), postgresql_where=text("ended_at is null")),
    )


def open_shares(session: Session, note_id: int) -> list[PsychotherapyShare]:
    """Shares of a note that its author has not ended."""
    return list(session.scalars(select(PsychotherapyShare).where(
        PsychotherapyShare.note_id == note_id, PsychotherapyShare.ended_at.is_(None)
    ).order_by(PsychotherapyShare.id)))


Shared = tuple[PsychotherapyShare, PsychotherapyNote, Appointment, Case, Staff]


def shared_with(
    session: Session, supervisor_id: int, day: date, *, share_id: int | None = None
) -> list[Shared]:
    """What is shared with somebody on a day, or one share.

    Only while the supervision in which it began is in force and the author works here. With each share its note (still
    encrypted), the appointment, the case and the author; the newest session first.
    """
    query = (
        select(PsychotherapyShare, PsychotherapyNote, Appointment, Case, Staff)
        .join(PsychotherapyNote, PsychotherapyNote.id == PsychotherapyShare.note_id)
        .join(Supervision, Supervision.id == PsychotherapyShare.supervision_id)
        .join(Appointment, Appointment.id == PsychotherapyNote.appointment_id)
        .join(Case, Case.id == PsychotherapyNote.case_id)
        .join(Staff, Staff.id == PsychotherapyNote.author_id)
        .where(
            PsychotherapyShare.supervisor_id == supervisor_id, PsychotherapyShare.ended_at.is_(None), Staff.active,
            Supervision.associate_id == PsychotherapyNote.author_id, Supervision.supervisor_id == supervisor_id,
            Supervision.starts_on <= day, (Supervision.ends_on.is_(None)) | (Supervision.ends_on > day),
        ).order_by(Appointment.starts_at.desc(), PsychotherapyShare.id)
    )
    if share_id is not None:
        query = query.where(PsychotherapyShare.id == share_id)
    return [(share, note, appointment, case, author)
            for share, note, appointment, case, author in session.execute(query)]
