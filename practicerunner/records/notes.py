"""Notes: versions, comments, signatures; private notes beside them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, lazyload, mapped_column

from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus, ProofMethod, SignatureRole


class Note(Revised):
    """A note of an appointment or a case (FHIR Composition); its text stays editable until it is signed."""

    __tablename__ = "note"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Whom it is about, where it is about one participant alone."""
    kind: Mapped[NoteKind] = word(NoteKind)
    form: Mapped[str] = mapped_column(String(20))
    """Which sections it has: a key of ``rules.note_forms.FORMS`` (soap, dap, birp, girp, free, …)."""
    status: Mapped[NoteStatus] = word(NoteStatus, default=NoteStatus.DRAFT)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who has to co-sign, as of the moment the note was submitted; another once the review was given to them (G14)."""
    review_as: Mapped[SignatureRole | None] = word(SignatureRole)
    """As what they sign it; empty where nobody has to."""
    service_date: Mapped[date]
    sections: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Section key → text, exactly as typed."""
    parts: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Of a group note: person id (as text) → that participant's own part."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What is not plain text: ``rules.note_details.Details``."""
    review_on: Mapped[date | None] = mapped_column(index=True)
    """Of a treatment plan that has not come to its end: when it is looked at again."""
    template: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Name and own sections of the template it was begun from, as they were then (G16)."""
    version: Mapped[int] = mapped_column(default=0)
    """Number of the last version that was signed; 0 while never signed."""
    submitted_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]
    memo_for_desk: Mapped[bool] = mapped_column(default=False)
    """Of a memo: whether its author said that the front desk may read it."""

    __table_args__ = (
        Index("ix_note_status", "status", "author_id"),
        # What waits for a supervisor, and what they returned.
        Index("ix_note_supervisor", "supervisor_id", "status"),
        # Whether an appointment has its note is answered from here, without a look at the text.
        Index("ix_note_appointment", "appointment_id", "kind", "status"),
        # The plans among the many notes of fifty cases, as the client list asks for them.
        Index("ix_note_kind", "kind", "case_id", "status", "review_on"),
    )


class NoteVersion(Row):
    """The text that was signed, fixed for good (C21); never updated, never deleted."""

    __tablename__ = "note_version"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    text_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the canonical JSON of ``content``."""

    __table_args__ = (UniqueConstraint("note_id", "number"),)


class Signer:
    """What a signature says of its signer, as of its moment (C23)."""

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    name: Mapped[str] = mapped_column(String(401))
    credentials: Mapped[str] = mapped_column(String(60), default="")
    licence: Mapped[str] = mapped_column(String(60), default="")
    method: Mapped[ProofMethod | None] = word(ProofMethod)
    """How they showed who they are; empty for what was signed before that was asked."""
    zone: Mapped[str] = mapped_column(String(60), default="")
    """The practice's zone (IANA) then, in which the local time is printed."""


class Signature(Signer, Row):
    """Who signed which version, as what, with the name and credentials of that moment; never changed."""

    __tablename__ = "signature"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    version: Mapped[int]
    role: Mapped[SignatureRole] = word(SignatureRole)
    text_hash: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("note_id", "version", "role"),)


class ReviewComment(Row):
    """What a supervisor wrote when returning a version; never changed."""

    __tablename__ = "review_comment"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), index=True)
    version: Mapped[int]
    section: Mapped[str] = mapped_column(String(40), default="")
    """Key of the section, or person id (as text) of the part, that it speaks of; empty for the note as a whole."""
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)


class PsychotherapyNote(Revised):
    """A therapist's separate note (45 CFR 164.501): author only, encrypted, in no report, search or export."""

    __tablename__ = "psychotherapy_note"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    status: Mapped[NoteStatus] = word(NoteStatus, default=NoteStatus.DRAFT)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    signed_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("appointment_id", "author_id"),)


def note_with_case(session: Session, note_id: int, *, lock: bool = False) -> tuple[Note, Case] | None:
    """A note, locked for a change where asked, and its case."""
    found = session.execute(_with_case(lock=lock), {"note_id": note_id}).one_or_none()
    return (found[0], found[1]) if found is not None else None


@cache
def _with_case(*, lock: bool) -> Select[Note, Case]:
    query = select(Note, Case).join(Case, Case.id == Note.case_id).where(Note.id == bindparam("note_id"))
    return query.with_for_update(of=Note).execution_options(populate_existing=True) if lock else query


def note_of(session: Session, appointment_id: int, kind: NoteKind, author_id: int) -> Note | None:
    """Somebody's note of a kind for an appointment; there is at most one."""
    return session.scalar(
        select(Note).where(Note.appointment_id == appointment_id, Note.kind == kind, Note.author_id == author_id)
    )


def open_draft(
    session: Session, case_id: int, kind: NoteKind, form: str, author_id: int, person_id: int | None,
    appointment_id: int | None,
) -> Note | None:
    """Somebody's note of a kind in a case that is not signed yet; there is at most one about a person."""
    return session.scalars(select(Note).where(
        Note.case_id == case_id, Note.kind == kind, Note.form == form, Note.author_id == author_id,
        Note.person_id.is_not_distinct_from(person_id), Note.appointment_id.is_not_distinct_from(appointment_id),
        Note.status.in_([NoteStatus.DRAFT, NoteStatus.RETURNED]),
    ).order_by(Note.id)).first()


def go_with(session: Session, appointment_id: int, day: date) -> None:
    """Let the notes of an appointment that are not signed have the day to which it has moved as their date of service.

    The revision stays: nothing that somebody types has changed.
    """
    session.execute(update(Note).where(
        Note.appointment_id == appointment_id, Note.status.in_([NoteStatus.DRAFT, NoteStatus.RETURNED]),
        Note.service_date != day,
    ).values(service_date=day))


def is_locked(session: Session, appointment_id: int, kind: NoteKind) -> bool:
    """Whether an appointment has a note of a kind that is signed for good."""
    query = select(Note.id).where(
        Note.appointment_id == appointment_id, Note.kind == kind,
        Note.status.in_([NoteStatus.LOCKED, NoteStatus.AMENDED]),
    )
    return session.scalar(query.limit(1)) is not None


def versions_of(session: Session, note_id: int) -> list[NoteVersion]:
    """Signed versions, the first one first."""
    return list(session.scalars(select(NoteVersion).where(NoteVersion.note_id == note_id).order_by(NoteVersion.number)))


def signatures_of(session: Session, note_id: int) -> list[Signature]:
    """Signatures under all versions, in the order of signing."""
    query = select(Signature).where(Signature.note_id == note_id)
    return list(session.scalars(query.order_by(Signature.signed_at, Signature.id)))


def comments_of(session: Session, note_ids: Collection[int]) -> list[tuple[ReviewComment, str]]:
    """What supervisors wrote when they returned these notes, with their names, the oldest first."""
    query = select(ReviewComment, Staff).join(Staff, Staff.id == ReviewComment.staff_id).where(
        ReviewComment.note_id.in_(note_ids)
    ).order_by(ReviewComment.created_at, ReviewComment.id)
    return [(comment, person.name) for comment, person in session.execute(query)]


def signed_before(session: Session, note: Note, statuses: Iterable[NoteStatus], limit: int) -> list[Note]:
    """The last signed notes of the same case from before this one's date of service; plans have pages of their own."""
    return list(session.scalars(_SIGNED_BEFORE, {
        "case_id": note.case_id, "day": note.service_date, "statuses": list(statuses), "most": limit,
    }))


_SIGNED_BEFORE = select(Note).where(
    Note.case_id == bindparam("case_id"), Note.service_date < bindparam("day"),
    Note.status.in_(bindparam("statuses", expanding=True)), Note.kind != NoteKind.TREATMENT_PLAN,
).order_by(Note.service_date.desc(), Note.id.desc()).limit(bindparam("most"))


def psychotherapy_note(session: Session, appointment_id: int, author_id: int) -> PsychotherapyNote | None:
    """Somebody's own psychotherapy note of an appointment, still encrypted."""
    return session.scalar(select(PsychotherapyNote).where(
        PsychotherapyNote.appointment_id == appointment_id, PsychotherapyNote.author_id == author_id
    ))


def psychotherapy_notes(
    session: Session, author_id: int, *, case_id: int | None = None
) -> list[tuple[int, int, NoteStatus, date, str, CaseType]]:
    """Somebody's own: appointment id, case id, state, date of service, the case's name and type; no text."""
    query = select(
        PsychotherapyNote.appointment_id, PsychotherapyNote.case_id, PsychotherapyNote.status,
        Appointment.local_date, Case.name, Case.type,
    ).join(Appointment, Appointment.id == PsychotherapyNote.appointment_id).join(
        Case, Case.id == PsychotherapyNote.case_id
    ).where(PsychotherapyNote.author_id == author_id).order_by(Appointment.local_date.desc())
    if case_id is not None:
        query = query.where(PsychotherapyNote.case_id == case_id)
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


def opened_since(
    session: Session, staff_id: int, case_id: int, note_id: int, detail: str, moment: datetime
) -> bool:
    """Whether the audit log already says that somebody opened this note since a moment, for the same reason."""
    return session.scalar(_OPENED_SINCE, {
        "case_id": case_id, "staff_id": staff_id, "note_id": note_id, "detail": detail, "moment": moment,
    }) is not None


OPENED = "open_note"
"""What the audit log calls the reading of a note."""
_OPENED_SINCE = select(AuditRow.seq).where(
    AuditRow.case_id == bindparam("case_id"), AuditRow.staff_id == bindparam("staff_id"),
    AuditRow.resource_id == bindparam("note_id"), AuditRow.detail == bindparam("detail"), AuditRow.action == OPENED,
    AuditRow.at >= bindparam("moment"),
).limit(1)


def signed_ids(session: Session) -> list[int]:
    """Ids of all notes that were ever signed, as the versions that are kept or the audit log say."""
    logged = select(AuditRow.resource_id).where(AuditRow.action.in_(SIGNINGS), AuditRow.resource_id.is_not(None))
    return sorted(set(session.scalars(select(NoteVersion.note_id).distinct())) | set(session.scalars(logged)))


@dataclass(frozen=True, slots=True)
class Logged:
    """What the audit log says of one signature: the text's hash, and the signature's own where it was logged."""

    action: str
    at: datetime
    by: str
    about: str
    """``version 2`` or ``addendum``; empty where it was not logged."""
    text_hash: str
    seal: str


def logged_signatures(session: Session, note_id: int) -> list[Logged]:
    """The acts of signing that the audit log knows of a note, the first one first."""
    query = select(AuditRow, Staff).outerjoin(Staff, Staff.id == AuditRow.staff_id).where(
        AuditRow.resource_id == note_id, AuditRow.action.in_(SIGNINGS)
    ).order_by(AuditRow.seq).options(lazyload(Staff.roles))
    case_id = session.scalar(select(Note.case_id).where(Note.id == note_id))
    if case_id is not None:
        query = query.where(AuditRow.case_id == case_id)  # the log is looked through by its cases
    found = []
    for row, person in session.execute(query):
        about, *hashes = row.detail.split(", ")
        found.append(Logged(
            row.action, row.at, person.name if person is not None else "",
            about if about == "addendum" or about.startswith("version ") else "",
            hashes[-1] if hashes else "", hashes[0] if len(hashes) > 1 else "",
        ))
    return found


SIGNINGS = ("sign_note", "cosign_note", "add_addendum", "cosign_addendum")
"""Acts by which the audit log learns the hash of a text and of the signature beneath it."""
