"""Staff, their roles, and how they sign in."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import Role


class Staff(Revised):
    """Somebody who works here (FHIR Practitioner). Roles decide what they may do."""

    __tablename__ = "staff"

    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Also the sign-in name, kept in lower case."""
    credentials: Mapped[str] = mapped_column(String(60), default="")
    npi: Mapped[str] = mapped_column(String(10), default="")
    licence: Mapped[str] = mapped_column(String(60), default="")
    colour: Mapped[str] = mapped_column(String(7), default="#0F766E")
    """Colour of this provider's appointments on the calendar."""
    is_clinical_director: Mapped[bool] = mapped_column(default=False)
    """With it an owner may read notes, after typing a reason (DEC15)."""
    active: Mapped[bool] = mapped_column(default=True)
    roles: Mapped[list["StaffRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class StaffRole(Row):
    """One role of one member of staff; several are allowed (K01)."""

    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[Role] = word(Role)

    __table_args__ = (UniqueConstraint("staff_id", "role"),)


class Supervision(Row):
    """Who supervises an associate, from ``starts_on`` until the day before ``ends_on`` (C31)."""

    __tablename__ = "supervision"

    associate_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Account(Revised):
    """What somebody signs in with. Passwords and recovery codes are hashed, the TOTP seed is encrypted."""

    __tablename__ = "account"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """AES-GCM ciphertext; ``None`` while no authenticator is set up."""
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last 30-second step whose code was used, so that no code works twice."""
    last_sign_in_at: Mapped[datetime | None]


class RecoveryCode(Row):
    """A code that stands in once for the authenticator."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class SignIn(Row):
    """One period of being signed in. Only the fingerprint of the cookie's token is kept."""

    __tablename__ = "sign_in"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(200), default="")


class Invitation(Row):
    """A link to set a password: for a new account or a forgotten password. Single use."""

    __tablename__ = "invitation"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class FailedSignIn(Row):
    """A refused attempt to sign in, for throttling; ``subject`` is the fingerprint of an e-mail or an address."""

    __tablename__ = "failed_sign_in"

    subject: Mapped[str] = mapped_column(String(64))
    failed_at: Mapped[datetime]

    __table_args__ = (Index("ix_failed_sign_in_subject", "subject", "failed_at"),)


class Operation(Row):
    """A command that was carried out, by its operation id: the same id again returns the same result."""

    __tablename__ = "operation"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    command: Mapped[str] = mapped_column(String(80))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    request_hash: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String, default="null")
    """The result as JSON: an id or a list of ids."""


def operation(session: Session, key: str) -> Operation | None:
    """The operation that was carried out under this key, if any. Two at once with one key wait for each other."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    return session.scalar(select(Operation).where(Operation.key == key))


def staff_by_email(session: Session, email: str) -> Staff | None:
    """The member of staff with this sign-in name."""
    return session.scalar(select(Staff).where(Staff.email == email.strip().lower()))


def count_staff(session: Session) -> int:
    """How many people have ever worked here."""
    return session.scalar(select(func.count()).select_from(Staff)) or 0


def all_staff(session: Session) -> list[Staff]:
    """Everybody, those who left last, then by name."""
    return list(session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.last_name, Staff.first_name)))


def staff_with_roles(session: Session, roles: Iterable[Role]) -> list[Staff]:
    """Active staff who hold any of the roles, by name."""
    holds = select(StaffRole.staff_id).where(StaffRole.role.in_(list(roles)))
    return list(session.scalars(
        select(Staff).where(Staff.active, Staff.id.in_(holds)).order_by(Staff.last_name, Staff.first_name)
    ))


def has_active_owner(session: Session) -> bool:
    """Whether somebody active is an owner."""
    return bool(staff_with_roles(session, [Role.OWNER]))


def supervision_of(session: Session, associate_id: int, day: date) -> Supervision | None:
    """The supervision in force on a day; the newest if two overlap."""
    return session.scalar(
        select(Supervision).where(
            Supervision.associate_id == associate_id, Supervision.starts_on <= day,
            (Supervision.ends_on.is_(None)) | (Supervision.ends_on > day),
        ).order_by(Supervision.starts_on.desc(), Supervision.id.desc()).limit(1)
    )


def supervisees_of(session: Session, supervisor_id: int, day: date) -> list[int]:
    """Ids of those whom somebody supervises on a day."""
    return list(session.scalars(
        select(Supervision.associate_id).where(
            Supervision.supervisor_id == supervisor_id, Supervision.starts_on <= day,
            (Supervision.ends_on.is_(None)) | (Supervision.ends_on > day),
        )
    ))
