"""What went to the wrong person, or may have: what is known, the four factors, what was decided (45 CFR 164.402)."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import CheckConstraint, ForeignKey, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Revised, word
from practicerunner.records.cases import Case
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import BreachChannel, BreachDecision


class Breach(Revised):
    """A report that something went to the wrong person (FHIR AdverseEvent); once closed it is never changed."""

    __tablename__ = "breach"

    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    channel: Mapped[BreachChannel] = word(BreachChannel)
    subject_id: Mapped[int | None]
    """The conversation, document or e-mail from which it was reported."""
    what: Mapped[str] = mapped_column(Text)
    meant_for: Mapped[str] = mapped_column(String(200))
    """Whose it is, or to whom it should have gone."""
    went_to: Mapped[str] = mapped_column(String(200))
    noticed_on: Mapped[date]
    noticed_by: Mapped[str] = mapped_column(String(200))
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    nature: Mapped[str] = mapped_column(Text, default="")
    receiver: Mapped[str] = mapped_column(Text, default="")
    acquired: Mapped[str] = mapped_column(Text, default="")
    mitigated: Mapped[str] = mapped_column(Text, default="")
    decision: Mapped[BreachDecision | None] = word(BreachDecision)
    reason: Mapped[str] = mapped_column(Text, default="")
    notified_on: Mapped[date | None]
    """When whom it concerns was told."""
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        CheckConstraint(
            "(closed_at is null) = (closed_by_id is null) and (closed_at is null or (nature <> '' and receiver <> '' "
            "and acquired <> '' and mitigated <> '' and decision is not null and reason <> '' "
            "and (decision <> 'notify' or notified_on is not null)))", name="closed_with_assessment",
        ),
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """A report with the names that belong to it."""

    breach: Breach
    reporter: Staff
    case: Case | None


def reported(session: Session, staff_id: int | None) -> list[Reported]:
    """Every report, or those of one member of staff; the open ones first, and of them the one that is due first."""
    query = (
        select(Breach, Staff, Case).join(Staff, Staff.id == Breach.reported_by_id)
        .outerjoin(Case, Case.id == Breach.case_id)
        .order_by(Breach.closed_at.is_not(None), Breach.noticed_on, Breach.id)
    )
    if staff_id is not None:
        query = query.where(Breach.reported_by_id == staff_id)
    return [Reported(breach, staff, case) for breach, staff, case in session.execute(query)]


def open_ones(session: Session) -> list[tuple[int, date]]:
    """Open reports with the day on which each was noticed, the earliest first; there are never many."""
    return [(breach_id, noticed_on) for breach_id, noticed_on in session.execute(_open_ones())]


@cache
def _open_ones() -> Select[int, date]:
    return select(Breach.id, Breach.noticed_on).where(Breach.closed_at.is_(None)).order_by(
        Breach.noticed_on, Breach.id)
