"""Requests to amend the record: what was asked, how it was answered, and what was added to a denial (45 CFR 164.526).

Their text is protected as notes are: it is in no report, no search and no change log.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.addenda import Addendum, AddendumReview
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, Sees, word
from practicerunner.records.cases import Case, seen
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AmendmentChannel,
    AmendmentDecision,
    AmendmentWordKind,
    DenialGround,
    SignsAs,
)

OPENED = "open_amendment"
"""What the audit log calls the reading of a request."""


class AmendmentRequest(Revised):
    """That somebody asks for their record to be amended (FHIR Task); once answered it is never changed."""

    __tablename__ = "amendment_request"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """Whose record it is: somebody who takes or took part."""
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """Who asks: themselves, or whoever may sign for them."""
    signs_as: Mapped[SignsAs | None] = word(SignsAs)
    capacity: Mapped[str] = mapped_column(String(900))
    authority: Mapped[str] = mapped_column(String(200), default="")
    received_on: Mapped[date]
    channel: Mapped[AmendmentChannel] = word(AmendmentChannel)
    wanted: Mapped[str] = mapped_column(Text)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("note.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Empty for what came through the portal."""
    extended_at: Mapped[datetime | None]
    extended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    extension_reason: Mapped[str] = mapped_column(Text, default="")
    told_on: Mapped[date | None]
    """When who asked was told that it takes longer, and why."""
    decision: Mapped[AmendmentDecision | None] = word(AmendmentDecision)
    answer: Mapped[str] = mapped_column(Text, default="")
    """What was changed."""
    ground: Mapped[DenialGround | None] = word(DenialGround)
    basis: Mapped[str] = mapped_column(Text, default="")
    """Why it was denied, in plain words."""
    letter: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Every printed fact of the written denial, as of its day."""
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        Index("ix_amendment_request_note_id", "note_id"),
        Index("ix_amendment_request_open", "closed_at", "case_id"),
        CheckConstraint("note_id is null or document_id is null", name="about_one"),
        CheckConstraint(
            "(extended_at is null) = (extended_by_id is null) and (extended_at is null) = (told_on is null) "
            "and (extended_at is null) = (extension_reason = '')", name="extended_with_reason"),
        CheckConstraint(
            "(closed_at is null) = (closed_by_id is null) and (closed_at is null) = (decision is null) "
            "and (ground is null) = (basis = '') and (ground is null) = (decision is null or decision not in "
            "('denied', 'accepted_in_part')) and (answer = '') = (decision is null or decision not in "
            "('accepted', 'accepted_in_part'))", name="closed_with_answer"),
    )


class AmendmentAddendum(Row):
    """An addendum that makes the change which was asked for; never changed."""

    __tablename__ = "amendment_addendum"

    request_id: Mapped[int] = mapped_column(ForeignKey("amendment_request.id"))
    addendum_id: Mapped[int] = mapped_column(ForeignKey("addendum.id"))

    __table_args__ = (UniqueConstraint("request_id", "addendum_id"),)


class AmendmentRecipient(Row):
    """Somebody to inform of the change: named by the client, or who got the record before; never changed."""

    __tablename__ = "amendment_recipient"

    request_id: Mapped[int] = mapped_column(ForeignKey("amendment_request.id"), index=True)
    name: Mapped[str] = mapped_column(String(401))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("record_release.id"))
    """By which release they got the record."""


class AmendmentWord(Row):
    """The client's statement of disagreement with a denial, or the practice's answer to it; never changed."""

    __tablename__ = "amendment_word"

    request_id: Mapped[int] = mapped_column(ForeignKey("amendment_request.id"))
    kind: Mapped[AmendmentWordKind] = word(AmendmentWordKind)
    text: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    """The uploaded paper that says it."""
    given_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        UniqueConstraint("request_id", "kind"),
        CheckConstraint("text <> '' or document_id is not null", name="says_something"),
    )


class AmendmentWithdrawal(Row):
    """That a request was taken back: who told the practice, when, how and why; never changed."""

    __tablename__ = "amendment_withdrawal"

    request_id: Mapped[int] = mapped_column(ForeignKey("amendment_request.id"))
    told_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    told_on: Mapped[date]
    how: Mapped[AmendmentChannel] = word(AmendmentChannel)
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("request_id"),
        CheckConstraint("reason <> ''", name="with_reason"),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its case and whose record it is."""

    request: AmendmentRequest
    case: Case
    person: Person


def of_case(session: Session, case_id: int) -> list[Asked]:
    """The requests of a case, the newest first."""
    return [Asked(*row) for row in session.execute(_of_case(), {"case_id": case_id})]


@cache
def _asked() -> Select[AmendmentRequest, Case, Person]:
    return select(AmendmentRequest, Case, Person).join(Case, Case.id == AmendmentRequest.case_id).join(
        Person, Person.id == AmendmentRequest.person_id)


@cache
def _of_case() -> Select[AmendmentRequest, Case, Person]:
    return _asked().where(AmendmentRequest.case_id == bindparam("case_id")).order_by(
        AmendmentRequest.received_on.desc(), AmendmentRequest.id.desc())


def one(session: Session, request_id: int) -> Asked | None:
    """A request with its case and whose record it is."""
    row = session.execute(_asked().where(AmendmentRequest.id == request_id)).one_or_none()
    return Asked(*row) if row is not None else None


def open_ones(session: Session, sees: Sees, author_ids: Collection[int]) -> list[Asked]:
    """What is not answered yet, the first received first: in the cases somebody sees, or about notes of these."""
    return [Asked(*row) for row in session.execute(_open_ones(sees), {"author_ids": list(author_ids)})]


@lru_cache(maxsize=256)
def _open_ones(sees: Sees) -> Select[AmendmentRequest, Case, Person]:
    theirs = AmendmentRequest.note_id.in_(
        select(Note.id).where(Note.author_id.in_(bindparam("author_ids", expanding=True))))
    return _asked().where(AmendmentRequest.closed_at.is_(None), seen(sees) | theirs).order_by(
        AmendmentRequest.received_on, AmendmentRequest.id)


def asked_by(session: Session, asked_by_id: int, person_id: int) -> list[AmendmentRequest]:
    """What somebody has asked about somebody's record, the newest first."""
    return list(session.scalars(select(AmendmentRequest).where(
        AmendmentRequest.asked_by_id == asked_by_id, AmendmentRequest.person_id == person_id
    ).order_by(AmendmentRequest.received_on.desc(), AmendmentRequest.id.desc())))


def beneath(session: Session, note_id: int) -> list[AmendmentRequest]:
    """The requests that are about a note and were not withdrawn, the first received first."""
    return list(session.scalars(_beneath(), {"note_id": note_id}))


@cache
def _beneath() -> Select[AmendmentRequest]:
    return select(AmendmentRequest).where(
        AmendmentRequest.note_id == bindparam("note_id"),
        AmendmentRequest.decision.is_distinct_from(AmendmentDecision.WITHDRAWN),
    ).order_by(AmendmentRequest.received_on, AmendmentRequest.id)


def words_of(session: Session, request_id: int) -> dict[AmendmentWordKind, AmendmentWord]:
    """What was added to a denial."""
    return {one.kind: one for one in session.scalars(
        select(AmendmentWord).where(AmendmentWord.request_id == request_id))}


def withdrawal_of(session: Session, request_id: int) -> AmendmentWithdrawal | None:
    """Who took a request back, and why; ``None`` for what was not, or before that was kept."""
    return session.scalar(select(AmendmentWithdrawal).where(AmendmentWithdrawal.request_id == request_id))


def recipients_of(session: Session, request_id: int) -> list[AmendmentRecipient]:
    """Who is to be informed of a change, by name."""
    return list(session.scalars(select(AmendmentRecipient).where(
        AmendmentRecipient.request_id == request_id).order_by(AmendmentRecipient.name, AmendmentRecipient.id)))


@dataclass(frozen=True, slots=True)
class Change:
    """An addendum of a case with the note beneath which it stands."""

    addendum: Addendum
    note: Note
    author: Staff
    waits: bool
    """Whether it waits for a co-signature."""


def addenda_of_case(session: Session, case_id: int) -> list[Change]:
    """Every addendum of a case, the newest first."""
    query = select(Addendum, Note, Staff, AddendumReview).join(Note, Note.id == Addendum.note_id).join(
        Staff, Staff.id == Addendum.staff_id
    ).outerjoin(AddendumReview, AddendumReview.addendum_id == Addendum.id).where(
        Note.case_id == case_id).order_by(Addendum.created_at.desc(), Addendum.id.desc())
    return [Change(addendum, note, author, review is not None and review.done_at is None)
            for addendum, note, author, review in session.execute(query)]


def changes_of(session: Session, request_id: int) -> list[tuple[Addendum, Note]]:
    """The addenda by which a request was met, the first one first."""
    query = select(Addendum, Note).join(Note, Note.id == Addendum.note_id).join(
        AmendmentAddendum, AmendmentAddendum.addendum_id == Addendum.id
    ).where(AmendmentAddendum.request_id == request_id).order_by(Addendum.created_at, Addendum.id)
    return [(addendum, note) for addendum, note in session.execute(query)]


def opened_since(session: Session, staff_id: int, case_id: int, request_id: int, detail: str, since: datetime) -> bool:
    """Whether the audit log says already that somebody read a request, since a moment."""
    return session.scalar(select(AuditRow.seq).where(
        AuditRow.case_id == case_id, AuditRow.staff_id == staff_id, AuditRow.resource_id == request_id,
        AuditRow.detail == detail, AuditRow.action == OPENED, AuditRow.at >= since).limit(1)) is not None


def names(session: Session, staff_ids: Collection[int | None]) -> dict[int, Staff]:
    """Members of staff by id."""
    found = session.scalars(select(Staff).where(Staff.id.in_([one for one in staff_ids if one is not None])))
    return {one.id: one for one in found}
