"""Diagnoses of participants, what was done with each, and the named queries on them."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import DiagnosisAct


class Diagnosis(Revised):
    """A code of one participant in one case (FHIR Condition); ended, never deleted. Its text leaves the database only
    to those who may read the clinical record.
    """

    __tablename__ = "diagnosis"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    code: Mapped[str] = mapped_column(String(10))
    """With its dot, as it is printed."""
    description: Mapped[str] = mapped_column(Text)
    """As the release had it when the diagnosis was set."""
    release: Mapped[str] = mapped_column(String(40))
    onset_on: Mapped[date]
    ended_on: Mapped[date | None]
    """The last day in force; ``None`` while it is."""
    is_primary: Mapped[bool] = mapped_column(default=False)
    is_provisional: Mapped[bool] = mapped_column(default=False)
    """Still to be confirmed or ruled out."""
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """Entered by mistake: kept to be seen, in force on no day."""
    set_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        CheckConstraint("ended_on is null or ended_on >= onset_on", name="dates"),
        Index("ix_diagnosis_case_person", "case_id", "person_id"),
        # Two people who act at once cannot both make one the primary.
        Index(
            "uq_diagnosis_primary", "case_id", "person_id", unique=True,
            sqlite_where=text("is_primary and ended_on is null"),
            postgresql_where=text("is_primary and ended_on is null"),
        ),
    )


class DiagnosisChange(Row):
    """Who did what with a diagnosis, and from which day on it counts; never changed."""

    __tablename__ = "diagnosis_change"

    diagnosis_id: Mapped[int] = mapped_column(ForeignKey("diagnosis.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    act: Mapped[DiagnosisAct] = word(DiagnosisAct)
    as_of: Mapped[date]


def of_case(session: Session, case_id: int, person_id: int | None = None) -> list[Diagnosis]:
    """Diagnoses in a case, of everybody or of one person, the earliest onset first."""
    query = select(Diagnosis).where(Diagnosis.case_id == case_id)
    if person_id is not None:
        query = query.where(Diagnosis.person_id == person_id)
    return list(session.scalars(query.order_by(Diagnosis.onset_on, Diagnosis.id)))


def changes_of(
    session: Session, diagnosis_ids: Collection[int]
) -> dict[int, list[tuple[DiagnosisChange, str]]]:
    """Diagnosis id → what was done with it in the order of doing, with the name of who did it."""
    found: dict[int, list[tuple[DiagnosisChange, str]]] = {diagnosis_id: [] for diagnosis_id in diagnosis_ids}
    if found:
        query = select(DiagnosisChange, Staff).join(Staff, Staff.id == DiagnosisChange.staff_id).where(
            DiagnosisChange.diagnosis_id.in_(found)
        ).order_by(DiagnosisChange.id)
        for change, person in session.execute(query):
            found[change.diagnosis_id].append((change, person.name))
    return found


def read_since(
    session: Session, staff_id: int, case_id: int, action: str, detail: str, moment: datetime
) -> bool:
    """Whether the audit log already says that somebody read a case's diagnoses since a moment, for the same reason."""
    query = select(AuditRow.seq).where(
        AuditRow.case_id == case_id, AuditRow.staff_id == staff_id, AuditRow.action == action,
        AuditRow.detail == detail, AuditRow.at >= moment,
    )
    return session.scalar(query.limit(1)) is not None
