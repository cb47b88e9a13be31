"""By what private notes leave their author: authorisations, procedures after the author has left, and each release.

Never their text: a release says which notes went to whom, and the hash of the paper (C12, C14).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Select, String, Text, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.cases import Case
from practicerunner.records.documents import Document
from practicerunner.records.forms import FormResponse, FormVersion
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.releases import SignedWord
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AttendanceStatus, CustodyEnd, ProofMethod


class PrivateAuthorization(Row):
    """To whom one author's private notes of a case may go, and which (FHIR Consent; 45 CFR 164.508(a)(2)).

    It is for private notes alone; whose word is needed and given stands in ``private_word``.
    """

    __tablename__ = "private_authorization"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    recipient: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(200))
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    """The first and the last day of the sessions whose notes it covers."""
    appointment_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    """In the place of the days: the sessions themselves."""
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        CheckConstraint("(first_on is null) = (last_on is null) and (first_on is null or first_on <= last_on)",
                        name="days"),
    )


class PrivateWord(SignedWord):
    """The word of one of those who took part, with the paper on which it stands."""

    __tablename__ = "private_word"

    authorization_id: Mapped[int] = mapped_column(ForeignKey("private_authorization.id"), index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    response_id: Mapped[int | None] = mapped_column(ForeignKey("form_response.id"))
    """The form that it was handed in with, in the place of an uploaded document."""

    __table_args__ = (
        CheckConstraint("expires_on >= signed_on", name="days"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_by_id is null)", name="withdrawn"),
        CheckConstraint("(document_id is null) <> (response_id is null)", name="one_paper"),
    )


class PrivateCustody(Row):
    """That an owner asks for a former author's private notes of a case, and who confirmed it beside them (C14)."""

    __tablename__ = "private_custody"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    authorization_id: Mapped[int | None] = mapped_column(ForeignKey("private_authorization.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    """The legal order, in the place of an authorisation."""
    issued_by: Mapped[str] = mapped_column(String(200), default="")
    issued_on: Mapped[date | None]
    reference: Mapped[str] = mapped_column(String(200), default="")
    recipient: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(200))
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    """The days of the sessions that an order names; empty where it asks for all of them."""
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_how: Mapped[ProofMethod | None] = word(ProofMethod)
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_as: Mapped[CustodyEnd | None] = word(CustodyEnd)

    __table_args__ = (
        CheckConstraint("(authorization_id is null) <> (document_id is null)", name="one_ground"),
        CheckConstraint("document_id is null or (issued_by <> '' and issued_on is not null and reference <> '')",
                        name="order"),
        CheckConstraint("(confirmed_at is null) = (confirmed_by_id is null) "
                        "and (confirmed_at is null) = (confirmed_how is null)", name="confirmed"),
        CheckConstraint("confirmed_by_id <> opened_by_id", name="two_people"),
        CheckConstraint("(ended_at is null) = (ended_by_id is null) and (ended_at is null) = (ended_as is null)",
                        name="ended"),
        CheckConstraint("(first_on is null) = (last_on is null) and (first_on is null or first_on <= last_on)",
                        name="days"),
        Index("uq_private_custody_open", "case_id", "author_id", unique=True,
              sqlite_where=text("ended_at is null"), postgresql_where=text("ended_at is null")),
    )


class PrivateRelease(Row):
    """That somebody released private notes: to whom, by what, which (FHIR Provenance); never changed."""

    __tablename__ = "private_release"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    recipient: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(200))
    ground: Mapped[str] = mapped_column(Text)
    """Under what, in words: who authorised it and when, or which order asked for it."""
    authorization_id: Mapped[int | None] = mapped_column(ForeignKey("private_authorization.id"))
    custody_id: Mapped[int | None] = mapped_column(ForeignKey("private_custody.id"), unique=True)
    released_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    method: Mapped[ProofMethod] = word(ProofMethod)
    notes: Mapped[dict[str, int]] = mapped_column(JSON)
    """Id (as text) of each note → its revision then."""
    sealed: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Id (as text) of each note → SHA-256 of its encrypted text, which stays as it is from then on."""

    __table_args__ = (
        CheckConstraint("(custody_id is null) = (confirmed_by_id is null)", name="two_people"),
        CheckConstraint("authorization_id is not null or custody_id is not null", name="ground"),
    )


class PrivateHandout(Row):
    """That the paper of a release was drawn and handed out, once; never changed."""

    __tablename__ = "private_handout"

    release_id: Mapped[int] = mapped_column(ForeignKey("private_release.id"), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the paper, which is kept nowhere."""


def notes_with_sessions(
    session: Session, author_id: int, case_id: int
) -> list[tuple[PsychotherapyNote, Appointment]]:
    """One author's private notes of a case, still encrypted, the oldest session first."""
    return [(note, appointment) for note, appointment in session.execute(
        select(PsychotherapyNote, Appointment).join(Appointment, Appointment.id == PsychotherapyNote.appointment_id)
        .where(PsychotherapyNote.author_id == author_id, PsychotherapyNote.case_id == case_id)
        .order_by(Appointment.starts_at, PsychotherapyNote.id)
    )]


def cases_of_author(session: Session, author_id: int) -> list[tuple[Case, int]]:
    """The cases of which somebody has private notes, by name, and how many."""
    found: dict[int, tuple[Case, int]] = {}
    for case in session.scalars(
        select(Case).join(PsychotherapyNote, PsychotherapyNote.case_id == Case.id)
        .where(PsychotherapyNote.author_id == author_id).order_by(Case.name, Case.id)
    ):
        found[case.id] = (case, found[case.id][1] + 1 if case.id in found else 1)
    return list(found.values())


def attended(session: Session, appointment_ids: Sequence[int]) -> list[tuple[int, int, AttendanceStatus]]:
    """Session, person and attendance of everybody who was to come."""
    return [(appointment_id, person_id, status) for appointment_id, person_id, status in session.execute(
        select(Attendance.appointment_id, Attendance.person_id, Attendance.status)
        .where(Attendance.appointment_id.in_(appointment_ids)).order_by(Attendance.id)
    )] if appointment_ids else []


def of_case(session: Session, case_id: int, author_id: int | None = None) -> list[PrivateAuthorization]:
    """Authorisations for private notes of a case, or of one author's, the newest first."""
    query = select(PrivateAuthorization).where(PrivateAuthorization.case_id == case_id).order_by(
        PrivateAuthorization.created_at.desc(), PrivateAuthorization.id.desc())
    if author_id is not None:
        query = query.where(PrivateAuthorization.author_id == author_id)
    return list(session.scalars(query))


def words(session: Session, authorization_id: int) -> list[PrivateWord]:
    """What was signed for an authorisation, the newest last."""
    return list(session.scalars(select(PrivateWord).where(
        PrivateWord.authorization_id == authorization_id).order_by(PrivateWord.created_at, PrivateWord.id)))


def standing_words(session: Session, authorization_id: int) -> list[PrivateWord]:
    """The same without those whose paper stands no more: the document was withdrawn, or the form replaced."""
    return list(session.scalars(
        select(PrivateWord).outerjoin(Document, Document.id == PrivateWord.document_id).where(
            PrivateWord.authorization_id == authorization_id, Document.archived_at.is_(None),
            ~select(FormResponse.id).where(FormResponse.replaces_id == PrivateWord.response_id).exists(),
        ).order_by(PrivateWord.created_at, PrivateWord.id)))


def papers(session: Session, document_ids: Collection[int], *, lock: bool = False) -> list[Document]:
    """Some documents; locked, as they are now and so that none is withdrawn meanwhile."""
    query = select(Document).where(Document.id.in_(document_ids)).order_by(Document.id)
    if lock:
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
    return list(session.scalars(query)) if document_ids else []


def form_name(session: Session, response_id: int) -> str:
    """What a form that was handed in is called."""
    return session.scalars(select(FormVersion.name).join(FormResponse, FormResponse.version_id == FormVersion.id).where(
        FormResponse.id == response_id)).one()


def releases_of_case(session: Session, case_id: int) -> list[tuple[PrivateRelease, PrivateHandout | None]]:
    """Every release of private notes of a case, the newest first, and whether its paper was handed out."""
    return [(release, handout) for release, handout in session.execute(
        select(PrivateRelease, PrivateHandout).outerjoin(PrivateHandout, PrivateHandout.release_id == PrivateRelease.id)
        .where(PrivateRelease.case_id == case_id)
        .order_by(PrivateRelease.created_at.desc(), PrivateRelease.id.desc())
    )]


def handout_of(session: Session, release_id: int) -> PrivateHandout | None:
    """That the paper of a release was handed out."""
    return session.scalar(select(PrivateHandout).where(PrivateHandout.release_id == release_id))


def release_of_custody(session: Session, custody_id: int) -> PrivateRelease | None:
    """What was released by a procedure."""
    return session.scalar(select(PrivateRelease).where(PrivateRelease.custody_id == custody_id))


def custodies_of(session: Session, author_id: int) -> list[PrivateCustody]:
    """Procedures for one former author's notes, the newest first."""
    return list(session.scalars(select(PrivateCustody).where(PrivateCustody.author_id == author_id).order_by(
        PrivateCustody.created_at.desc(), PrivateCustody.id.desc())))


def not_ended(session: Session, author_id: int, case_id: int | None = None) -> list[PrivateCustody]:
    """Procedures for one author's notes that nobody has ended, locked."""
    query = select(PrivateCustody).where(
        PrivateCustody.author_id == author_id, PrivateCustody.ended_at.is_(None)
    ).order_by(PrivateCustody.id).with_for_update(key_share=True)
    if case_id is not None:
        query = query.where(PrivateCustody.case_id == case_id)
    return list(session.scalars(query))


def open_custodies(session: Session, since: datetime) -> list[tuple[PrivateCustody, Staff]]:
    """Procedures that go on and were opened or confirmed since a moment, with the author; there are never many."""
    return [(custody, author) for custody, author in session.execute(_open_custodies(), {"since": since})]


@cache
def _open_custodies() -> Select[PrivateCustody, Staff]:
    return (
        select(PrivateCustody, Staff).join(Staff, Staff.id == PrivateCustody.author_id)
        .where(PrivateCustody.ended_at.is_(None), Staff.active.is_(False),
               (PrivateCustody.created_at > bindparam("since")) | (PrivateCustody.confirmed_at > bindparam("since")))
        .order_by(PrivateCustody.created_at, PrivateCustody.id)
    )
