"""Treatment plans: what somebody has agreed to, and the named queries on the notes that plans are."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.logins import Staff
from practicerunner.vocabulary import AgreedHow


class PlanAgreement(Row):
    """That a participant, or somebody for them, has agreed to a signed plan (FHIR Consent); never changed."""

    __tablename__ = "plan_agreement"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    version: Mapped[int]
    """The version that was agreed to, with its hash: what stands under it cannot change."""
    text_hash: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """Whose agreement it is."""
    agreed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """Who gave it: the person themselves, or who signs for them."""
    capacity: Mapped[str] = mapped_column(String(900))
    """As what, in words: "Elena Castellano, guardian of Leo Castellano"."""
    authority: Mapped[str] = mapped_column(String(200), default="")
    """How it was verified that somebody may sign for another."""
    how: Mapped[AgreedHow] = word(AgreedHow)
    signature: Mapped[str] = mapped_column(String(500), default="")
    """The name as it was typed; empty where it was given on paper."""
    agreed_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("note_id", "person_id", "agreed_by_id"),)


def agreements_of(session: Session, note_id: int) -> list[tuple[PlanAgreement, str]]:
    """Who has agreed to a plan, in the order of recording, each with the name of who recorded it."""
    query = (
        select(PlanAgreement, Staff).join(Staff, Staff.id == PlanAgreement.recorded_by_id)
        .where(PlanAgreement.note_id == note_id).order_by(PlanAgreement.recorded_at, PlanAgreement.id)
    )
    return [(agreement, staff.name) for agreement, staff in session.execute(query)]
