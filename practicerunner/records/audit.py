"""The audit log (append-only, hash-chained) and the change log that feeds the reports."""

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner import clock
from practicerunner.records.base import Base, Moment, word
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.staff import STAFF_NAME, Staff
from practicerunner.vocabulary import Outcome

GENESIS = "0" * 64
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only for INTEGER keys


class AuditRow(Base):
    """Who did or was refused what, when (FHIR AuditEvent). Holds ids and words, never clinical text (A40)."""

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(_SEQUENCE, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment)
    staff_id: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    """Who acted, if it was somebody outside the practice."""
    role: Mapped[str] = mapped_column(String(20), default="")
    """The role that granted the act."""
    action: Mapped[str] = mapped_column(String(60))
    resource: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[Outcome] = word(Outcome)
    detail: Mapped[str] = mapped_column(String(500), default="")
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_audit_log_case", "case_id", "seq"), Index("ix_audit_log_staff", "staff_id", "seq"))


class Change(Base):
    """One changed row of a replicated table, written by triggers; read by ``reports.replica``."""

    __tablename__ = "change_log"

    seq: Mapped[int] = mapped_column(_SEQUENCE, primary_key=True, autoincrement=True)
    table_name: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[int] = mapped_column(BigInteger)


_LAST_HASH = select(AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
_FIELDS = ("at", "staff_id", "role", "action", "resource", "resource_id", "case_id", "outcome", "detail", "person_id")


def row_hash(previous: str, row: dict[str, Any]) -> str:
    """SHA-256 of the previous hash and the row's canonical JSON; staff's rows have no word on who else acted."""
    facts = [row["at"].isoformat() if f == "at" else row[f] for f in _FIELDS]
    if row["person_id"] is None:
        facts.pop()  # as rows were hashed before people outside the practice could act
    return hashlib.sha256((previous + json.dumps(facts, ensure_ascii=True, default=str)).encode()).hexdigest()


def note(session: Session, **row: Any) -> None:
    """Remember one audit row; ``append_pending`` writes it in the same transaction, just before the commit."""
    session.info.setdefault("audit", []).append(row)


def append_pending(session: Session) -> None:
    """Chain and write the rows remembered by ``note``. One writer at a time holds the end of the chain."""
    pending: Sequence[dict[str, Any]] = session.info.pop("audit", ())
    if not pending:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(7253001)"))
    previous = connection.scalar(_LAST_HASH) or GENESIS
    rows = []
    for entry in pending:
        row: dict[str, Any] = dict.fromkeys(_FIELDS)
        row |= {"at": clock.now(), "role": "", "detail": "", "outcome": Outcome.ALLOWED} | entry
        row["detail"] = " ".join(str(row["detail"]).split())[:500]
        row["previous_hash"], row["hash"] = previous, row_hash(previous, row)
        previous = str(row["hash"])
        rows.append(row)
    connection.execute(insert(AuditRow), rows)


def first_broken_row(session: Session) -> int | None:
    """Sequence number of the first row whose hash does not follow from the one before; ``None`` if the chain holds."""
    previous = GENESIS
    columns = [getattr(AuditRow, f) for f in _FIELDS]
    rows = session.execute(
        select(AuditRow.seq, AuditRow.previous_hash, AuditRow.hash, *columns).order_by(AuditRow.seq)
    )
    for seq, claimed, hashed, *facts in rows:
        if claimed != previous or row_hash(previous, dict(zip(_FIELDS, facts, strict=True))) != hashed:
            return int(seq)
        previous = hashed
    return None


def rows_between(
    session: Session, since: datetime, until: datetime, people: Collection[int] | None, *, refusals_only: bool,
    staff_id: int | None, limit: int, offset: int,
) -> tuple[list[Any], int]:
    """Rows of a stretch of time with names, newest first, and how many there are in all.

    ``people`` narrows to acts of these staff and acts in their own cases; ``None`` shows everything. Those who were
    refused from outside are named only to whoever sees everything: they may be somebody else's clients.
    """
    known = Person.id == AuditRow.person_id
    if people is not None:
        known &= AuditRow.outcome == Outcome.ALLOWED
    name = func.coalesce(
        STAFF_NAME, Person.first_name + " " + Person.last_name, ""
    )
    query = (
        select(AuditRow.seq, AuditRow.at, name, AuditRow.role, AuditRow.action, AuditRow.resource,
               func.coalesce(Case.name, ""), AuditRow.outcome, AuditRow.detail)
        .outerjoin(Staff, Staff.id == AuditRow.staff_id).outerjoin(Person, known)
        .outerjoin(Case, Case.id == AuditRow.case_id)
        .where(AuditRow.at >= since, AuditRow.at < until)
    )
    if people is not None:
        query = query.where(AuditRow.staff_id.in_(people) | Case.provider_id.in_(people))
    if refusals_only:
        query = query.where(AuditRow.outcome == Outcome.REFUSED)
    if staff_id is not None:
        query = query.where(AuditRow.staff_id == staff_id)
    number = session.scalar(query.with_only_columns(func.count())) or 0
    page = query.order_by(AuditRow.seq.desc()).limit(limit).offset(offset)
    return list(session.execute(page)), number
