"""Accounts of staff, how they sign in and for how long, and commands that were carried out."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Revised, Row
from practicerunner.records.practice import Practice
from practicerunner.records.staff import Staff


class Credentials(Revised):
    """What somebody signs in with. Passwords and recovery codes are hashed, the TOTP seed is encrypted."""

    __abstract__ = True

    password_hash: Mapped[str] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """AES-GCM ciphertext; ``None`` while no authenticator is set up."""
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last 30-second step whose code was used, so that no code works twice."""
    last_sign_in_at: Mapped[datetime | None]


class Account(Credentials):
    """The account of a member of staff."""

    __tablename__ = "account"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)


class OneTimeCode(Row):
    """A code that stands in once for the authenticator."""

    __abstract__ = True

    account_id: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class RecoveryCode(OneTimeCode):
    """A recovery code of a member of staff."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)


class Stay(Row):
    """One period of being signed in. Only the fingerprint of the cookie's token is kept."""

    __abstract__ = True

    account_id: Mapped[int]
    token_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(200), default="")


class SignIn(Stay):
    """One period of being signed in of a member of staff."""

    __tablename__ = "sign_in"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)


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
    person_id: Mapped[int | None]
    """Who acted, if it was somebody outside the practice."""
    request_hash: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String, default="null")
    """The result as JSON: an id or a list of ids."""


@dataclass(frozen=True, slots=True)
class Done:
    """What is kept of a command that was carried out."""

    command: str
    staff_id: int | None
    person_id: int | None
    request_hash: str
    result: str


_BY_KEY = select(
    Operation.command, Operation.staff_id, Operation.person_id, Operation.request_hash, Operation.result
).where(Operation.key == bindparam("key"))


def operation(session: Session, key: str) -> Done | None:
    """The operation that was carried out under this key, if any. Two at once with one key wait for each other."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    row = connection.execute(_BY_KEY, {"key": key}).first()
    return Done(*row) if row else None


def keep_operation(session: Session, key: str, done: Done) -> None:
    """Write down that a command was carried out under this key."""
    session.connection().execute(insert(Operation), {"key": key} | asdict(done))


@dataclass(frozen=True, slots=True)
class Presence:
    """That somebody is signed in: who, since when idle, and whether they still have to set up an authenticator."""

    staff_id: int
    account_id: int
    sign_in_id: int
    last_seen_at: datetime
    must_enrol: bool


def presence(session: Session, token_fingerprint: str, moment: datetime, seen_since: datetime) -> Presence | None:
    """Who is signed in with a token that is neither ended, idle nor over its limit, if they still work here."""
    row = session.connection().execute(
        _present(), {"token": token_fingerprint, "moment": moment, "seen_since": seen_since}
    ).first()
    if row is None:
        return None
    staff_id, account_id, sign_in_id, last_seen_at, bare, required = row
    return Presence(staff_id, account_id, sign_in_id, last_seen_at, bool(bare and required))


@cache
def _present() -> Select[*tuple[Any, ...]]:
    return select(
        Staff.id, Account.id, SignIn.id, SignIn.last_seen_at, Account.totp_secret.is_(None),
        select(Practice.totp_required).limit(1).scalar_subquery(),
    ).join(Account, Account.staff_id == Staff.id).join(SignIn, SignIn.account_id == Account.id).where(
        SignIn.token_fingerprint == bindparam("token"), SignIn.ended_at.is_(None),
        SignIn.expires_at > bindparam("moment"), SignIn.last_seen_at >= bindparam("seen_since"), Staff.active,
    )


def account_of(session: Session, staff_id: int, *, lock: bool = False) -> Account | None:
    """The account of a member of staff, if they have accepted an invitation."""
    query = select(Account).where(Account.staff_id == staff_id)
    return session.scalar(query.with_for_update() if lock else query)


def staff_with_accounts(session: Session) -> list[Staff]:
    """Active staff who can sign in, by name."""
    return list(session.scalars(
        select(Staff).join(Account, Account.staff_id == Staff.id).where(Staff.active)
        .order_by(Staff.last_name, Staff.first_name)
    ))


Stays = TypeVar("Stays", bound=Stay)


def sign_in_by_token(session: Session, token_fingerprint: str) -> SignIn | None:
    """The sign-in of staff that a token belongs to, whatever became of it."""
    return stay_by_token(session, SignIn, token_fingerprint)


def stay_by_token(session: Session, table: type[Stays], token_fingerprint: str) -> Stays | None:
    """The sign-in that a token belongs to, whatever became of it."""
    return session.scalar(select(table).where(table.token_fingerprint == token_fingerprint))


def sign_ins_of(session: Session, account_id: int, limit: int) -> list[SignIn]:
    """The newest sign-ins of an account."""
    return list(session.scalars(
        select(SignIn).where(SignIn.account_id == account_id).order_by(SignIn.created_at.desc(), SignIn.id.desc())
        .limit(limit)
    ))


def end_sign_ins(
    session: Session, account_id: int, moment: datetime, *, except_id: int | None = None, table: type[Stay] = SignIn,
) -> None:
    """End every open sign-in of an account, but one if asked."""
    session.execute(update(table).where(
        table.account_id == account_id, table.ended_at.is_(None), table.id != (except_id or 0),
    ).values(ended_at=moment))


def invitation_by_token(session: Session, token_fingerprint: str, *, lock: bool = False) -> Invitation | None:
    """The invitation that a link belongs to, used or not."""
    query = select(Invitation).where(Invitation.token_fingerprint == token_fingerprint)
    return session.scalar(query.with_for_update() if lock else query)


def withdraw_invitations(session: Session, staff_id: int, moment: datetime) -> None:
    """Make every unused link of somebody useless."""
    session.execute(update(Invitation).where(
        Invitation.staff_id == staff_id, Invitation.used_at.is_(None),
    ).values(used_at=moment))


def unused_recovery_codes(
    session: Session, account_id: int, table: type[OneTimeCode] = RecoveryCode
) -> list[OneTimeCode]:
    """The recovery codes that still work."""
    return list(session.scalars(
        select(table).where(table.account_id == account_id, table.used_at.is_(None)).with_for_update()
    ))


def drop_recovery_codes(session: Session, account_id: int, table: type[OneTimeCode] = RecoveryCode) -> None:
    """Forget all recovery codes of an account."""
    session.execute(delete(table).where(table.account_id == account_id))


def one_attempt_at_a_time(session: Session, subject: str) -> None:
    """Let attempts at one account wait for each other, so that each is counted. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": subject})


def failures(session: Session, subject: str, since: datetime) -> tuple[int, datetime | None]:
    """How many attempts failed since a moment, and when the last did."""
    count, last = session.execute(
        select(func.count(), func.max(FailedSignIn.failed_at)).where(
            FailedSignIn.subject == subject, FailedSignIn.failed_at > since,
        )
    ).one()
    return count, last


def forget_failures(session: Session, subject: str) -> None:
    """Start counting anew, after a sign-in that succeeded."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.subject == subject))


def prune(session: Session, *, failed_before: datetime, signed_in_before: datetime) -> int:
    """Delete old failed attempts and sign-ins that ran out long ago; the audit log keeps both. Returns how many."""
    old_failures = session.execute(delete(FailedSignIn).where(FailedSignIn.failed_at < failed_before))
    gone = int(old_failures.rowcount)  # type: ignore[attr-defined]
    for table in Stay.__subclasses__():
        gone += int(session.execute(delete(table).where(table.expires_at < signed_in_before)).rowcount)  # type: ignore[attr-defined]
    return gone
