"""To whom a record of several people is to go, and which of them has authorised it (C42, K07)."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    exists,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.cases import Case, Participant
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import SignsAs


class RecordRelease(Row):
    """That the record of a case is to go to somebody (FHIR Consent.provision.actor); it goes once everybody agreed."""

    __tablename__ = "record_release"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    to_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """One of those whose record it is; ``None`` for anybody else."""
    recipient: Mapped[str] = mapped_column(String(401))
    purpose: Mapped[str] = mapped_column(String(200))
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    sent_at: Mapped[datetime | None]
    """When the record was first handed out by it; from then on nothing waits for it."""
    dropped_at: Mapped[datetime | None]
    """When somebody said that it is not needed any more."""

    __table_args__ = (
        Index("ix_record_release_waiting", "case_id", sqlite_where=text("sent_at is null and dropped_at is null"),
              postgresql_where=text("sent_at is null and dropped_at is null")),
    )


class ReleaseRefused(Row):
    """That a record was asked for by which no release was prepared, and refused: its provider sees to it (K07)."""

    __tablename__ = "release_refused"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    dropped_at: Mapped[datetime | None]
    """When somebody said that it is not needed; a release that is prepared later says so as well."""


class SignedWord(Row):
    """One participant's signed word that something may go to somebody, until a day or until they take it back."""

    __abstract__ = True
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    signs_as: Mapped[SignsAs | None] = word(SignsAs)
    capacity: Mapped[str] = mapped_column(String(900))
    authority: Mapped[str] = mapped_column(String(200), default="")
    signed_on: Mapped[date]
    expires_on: Mapped[date]
    """The last day on which it counts."""
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who wrote down that it was taken back."""


class ReleaseAuthorization(SignedWord):
    """A word that the record may go to the recipient of a release.

    Kept apart from every consent to treatment, and from a word for private notes (FHIR Consent; 45 CFR 164.508).
    """

    __tablename__ = "release_authorization"

    release_id: Mapped[int] = mapped_column(ForeignKey("record_release.id"), index=True)

    __table_args__ = (
        CheckConstraint("expires_on >= signed_on", name="days"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_by_id is null)", name="withdrawn"),
    )


def of_case(session: Session, case_id: int) -> list[RecordRelease]:
    """The releases that were prepared for a case, the newest first."""
    return list(session.scalars(select(RecordRelease).where(RecordRelease.case_id == case_id).order_by(
        RecordRelease.created_at.desc(), RecordRelease.id.desc())))


def waiting(session: Session, provider_id: int, able: Collection[int] | None) -> list[tuple[RecordRelease, Case]]:
    """Releases of somebody's cases that neither went out nor were dropped, the oldest first.

    For an owner with those that the provider of a case cannot hand out: who is none of the ``able``, or takes or took
    part in the case themselves.
    """
    return [(release, case) for release, case in session.execute(_waiting(), _asked(provider_id, able))]


def _theirs() -> ColumnElement[bool]:
    takes_part = exists().where(
        Staff.id == Case.provider_id, Participant.person_id == Staff.person_id, Participant.case_id == Case.id)
    return (Case.provider_id == bindparam("provider_id")) | (
        bindparam("owns", type_=Boolean).is_(True)
        & (Case.provider_id.not_in(bindparam("able", expanding=True)) | takes_part))


def _asked(provider_id: int, able: Collection[int] | None) -> dict[str, object]:
    return {"provider_id": provider_id, "owns": able is not None, "able": list(able or ())}


@cache
def _waiting() -> Select[RecordRelease, Case]:
    return (
        select(RecordRelease, Case).join(Case, Case.id == RecordRelease.case_id)
        .where(_theirs(), RecordRelease.sent_at.is_(None), RecordRelease.dropped_at.is_(None))
        .order_by(RecordRelease.created_at, RecordRelease.id)
    )


def refused(session: Session, provider_id: int, able: Collection[int] | None) -> list[tuple[ReleaseRefused, Case]]:
    """What was asked for without a release while none was prepared since, of the same cases, the oldest first."""
    return [(found, case) for found, case in session.execute(_refused(), _asked(provider_id, able))]


def refused_of_case(session: Session, case_id: int) -> list[tuple[ReleaseRefused, Staff]]:
    """The same of one case, with who asked."""
    query = select(ReleaseRefused, Staff).join(Staff, Staff.id == ReleaseRefused.asked_by_id).where(
        ReleaseRefused.case_id == case_id, _open()).order_by(ReleaseRefused.created_at, ReleaseRefused.id)
    return [(found, who) for found, who in session.execute(query)]


def _open() -> ColumnElement[bool]:
    prepared = exists().where(
        RecordRelease.case_id == ReleaseRefused.case_id, RecordRelease.created_at >= ReleaseRefused.created_at)
    return ReleaseRefused.dropped_at.is_(None) & ~prepared


@cache
def _refused() -> Select[ReleaseRefused, Case]:
    return select(ReleaseRefused, Case).join(Case, Case.id == ReleaseRefused.case_id).where(
        _theirs(), _open()).order_by(ReleaseRefused.created_at, ReleaseRefused.id)


def authorizations(session: Session, release_id: int) -> list[ReleaseAuthorization]:
    """What was authorised for a release, the newest last."""
    return list(session.scalars(select(ReleaseAuthorization).where(
        ReleaseAuthorization.release_id == release_id
    ).order_by(ReleaseAuthorization.created_at, ReleaseAuthorization.id)))
