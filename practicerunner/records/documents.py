"""Uploaded documents of a case: what is known of each. The bytes lie beside the database, in ``document_files``."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import DocumentClass, Outcome

REASON_GIVEN = "open_document"
"""What the audit log calls it that somebody typed why they open a document."""


class Document(Revised):
    """A file that was uploaded to a case (FHIR DocumentReference); never deleted, only withdrawn.

    A trigger holds what it is: only its title, whom it is about and its withdrawal are written later. Its class goes
    with a row of ``document_change``.
    """

    __tablename__ = "document"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Whom it is about; empty for the case as a whole."""
    access_class: Mapped[DocumentClass] = word(DocumentClass)
    title: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    """Bytes of the file as it is handed out."""
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(32), unique=True)
    """The encrypted file's random name."""
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    archived_at: Mapped[datetime | None]
    archived_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    archived_reason: Mapped[str] = mapped_column(String(200), default="")
    confidential: Mapped[bool] = mapped_column(default=False)
    """Whether nobody reads it who acts for those with whom it is shared (A20)."""

    __table_args__ = (
        CheckConstraint(
            "(archived_at is null) = (archived_by_id is null) and (archived_at is null) = (archived_reason = '')",
            name="withdrawn_with_reason",
        ),
        CheckConstraint("size > 0", name="size"),
    )


class DocumentChange(Row):
    """That a document went into another class, by whom and why; never updated, never deleted."""

    __tablename__ = "document_change"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    revision: Mapped[int]
    """The document's revision with which the change came."""
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    old_class: Mapped[DocumentClass] = word(DocumentClass)
    new_class: Mapped[DocumentClass] = word(DocumentClass)
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (UniqueConstraint("document_id", "revision"),)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document with the names that belong to it."""

    document: Document
    author: Staff
    person: Person | None


def of_case(session: Session, case_id: int) -> list[Kept]:
    """Documents of a case that were not withdrawn, the newest first."""
    query = (
        select(Document, Staff, Person).join(Staff, Staff.id == Document.author_id)
        .outerjoin(Person, Person.id == Document.person_id)
        .where(Document.case_id == case_id, Document.archived_at.is_(None))
        .order_by(Document.created_at.desc(), Document.id.desc())
    )
    return [Kept(document, author, person) for document, author, person in session.execute(query)]


def everything(session: Session) -> list[tuple[int, str, str]]:
    """Id, stored name and hash of every document, withdrawn ones too."""
    query = select(Document.id, Document.stored_name, Document.sha256).order_by(Document.id)
    return [(document_id, name, digest) for document_id, name, digest in session.execute(query)]


def stored_names(session: Session, names: Collection[str]) -> set[str]:
    """Which of these files belong to a document."""
    if not names:
        return set()
    return set(session.scalars(select(Document.stored_name).where(Document.stored_name.in_(names))))


def has_given_reason(session: Session, staff_id: int, case_id: int, document_id: int, since: datetime) -> bool:
    """Whether the audit log says that somebody typed why they open this document, since a moment."""
    query = select(AuditRow.seq).where(
        AuditRow.case_id == case_id, AuditRow.staff_id == staff_id, AuditRow.resource_id == document_id,
        AuditRow.action == REASON_GIVEN, AuditRow.outcome == Outcome.ALLOWED, AuditRow.at >= since,
    )
    return session.scalar(query.limit(1)) is not None
