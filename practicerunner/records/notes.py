"""Notes of every kind, their signed versions and signatures. Psychotherapy notes are kept apart and encrypted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import NoteKind, NoteStatus, SignatureRole


class Note(Revised):
    """A note of an appointment or a case (FHIR Composition); its text stays editable until it is signed."""

    __tablename__ = "note"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    kind: Mapped[NoteKind] = word(NoteKind)
    form: Mapped[str] = mapped_column(String(20))
    """Which sections it has: a key of ``rules.notes.FORMS`` (soap, dap, birp, girp, free, …)."""
    status: Mapped[NoteStatus] = word(NoteStatus, default=NoteStatus.DRAFT)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who has to co-sign, as of the moment the note was submitted."""
    service_date: Mapped[date]
    sections: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Section key → text, exactly as typed."""
    parts: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Of a group note: person id (as text) → that participant's own part."""
    version: Mapped[int] = mapped_column(default=0)
    """Number of the last version that was signed; 0 while never signed."""
    submitted_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_note_status", "status", "author_id"),)


class NoteVersion(Row):
    """The text that was signed, fixed for good (C21); never updated, never deleted."""

    __tablename__ = "note_version"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    text_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the canonical JSON of ``content``."""

    __table_args__ = (UniqueConstraint("note_id", "number"),)


class Signature(Row):
    """Who signed which version, as what, with the name and credentials of that moment; never changed."""

    __tablename__ = "signature"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    version: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[SignatureRole] = word(SignatureRole)
    name: Mapped[str] = mapped_column(String(401))
    credentials: Mapped[str] = mapped_column(String(60), default="")
    text_hash: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("note_id", "version", "role"),)


class ReviewComment(Row):
    """What a supervisor wrote when returning a version; never changed."""

    __tablename__ = "review_comment"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), index=True)
    version: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)


class Addendum(Row):
    """Signed text beneath a locked note: the only way a signed note grows (G11); never changed."""

    __tablename__ = "addendum"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    name: Mapped[str] = mapped_column(String(401))
    credentials: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))


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
