"""To whom a record of several people is to go, and which of them has authorised it (C42, K07)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
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


class ReleaseAuthorization(Row):
    """One participant's signed word that their part may go to that recipient, until a day or until they take it back.

    Kept apart from every consent to treatment (FHIR Consent; 45 CFR 164.508).
    """

    __tablename__ = "release_authorization"

    release_id: Mapped[int] = mapped_column(ForeignKey("record_release.id"), index=True)
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

    __table_args__ = (
        CheckConstraint("expires_on >= signed_on", name="days"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_by_id is null)", name="withdrawn"),
    )


def of_case(session: Session, case_id: int) -> list[RecordRelease]:
    """The releases that were prepared for a case, the newest first."""
    return list(session.scalars(select(RecordRelease).where(RecordRelease.case_id == case_id).order_by(
        RecordRelease.created_at.desc(), RecordRelease.id.desc())))


def authorizations(session: Session, release_id: int) -> list[ReleaseAuthorization]:
    """What was authorised for a release, the newest last."""
    return list(session.scalars(select(ReleaseAuthorization).where(
        ReleaseAuthorization.release_id == release_id
    ).order_by(ReleaseAuthorization.created_at, ReleaseAuthorization.id)))
