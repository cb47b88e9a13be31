"""Statements that were issued, the cases they cover, and the ledger as a statement reads it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, String, UniqueConstraint, and_, case, false, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.base import Row
from practicerunner.records.billing import Charge, Invoice, InvoiceLine, IssuedDocument, LedgerEntry, Payment
from practicerunner.records.cases import Case
from practicerunner.records.payments import Refund
from practicerunner.records.people import Payer
from practicerunner.vocabulary import DocumentKind, EntryKind


class Statement(Row):
    """A statement as it was issued to a payer for a period; immutable. Its paper has the same number."""

    __tablename__ = "statement"

    number: Mapped[str] = mapped_column(String(24), ForeignKey("issued_document.number"), unique=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    opening_cents: Mapped[int]
    closing_cents: Mapped[int]
    issued_on: Mapped[date]
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class StatementCase(Row):
    """One case that a statement covers: who may not see it may not read the statement either."""

    __tablename__ = "statement_case"

    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)

    __table_args__ = (UniqueConstraint("statement_id", "case_id"),)


@cache
def _facts() -> Select[*tuple[Any, ...]]:
    """Payer and facts of every ledger entry; putting so many columns together takes longer than reading a year."""
    refund = (
        select(Refund.number).where(Refund.id < LedgerEntry.id, or_(
            Refund.payment_id == LedgerEntry.payment_id,
            and_(LedgerEntry.payment_id.is_(None), Refund.payment_id.is_(None),
                 Refund.payer_id == LedgerEntry.payer_id, Refund.case_id == LedgerEntry.case_id)))
        .order_by(Refund.id.desc()).limit(1).correlate(LedgerEntry).scalar_subquery()
    )
    return (
        select(
            LedgerEntry.payer_id, LedgerEntry.effective_on, LedgerEntry.kind, LedgerEntry.amount_cents,
            LedgerEntry.case_id, Case.name, LedgerEntry.reverses_id.is_not(None), LedgerEntry.invoice_id,
            func.coalesce(Invoice.number, ""), Invoice.issued_on, func.coalesce(InvoiceLine.description, ""),
            Charge.service_date, LedgerEntry.payment_id,
            case((LedgerEntry.kind == EntryKind.REFUND, refund), else_=func.coalesce(IssuedDocument.number, "")),
            Payment.method, func.coalesce(InvoiceLine.confidential, false()),
        )
        .join(Case, Case.id == LedgerEntry.case_id)
        .outerjoin(Invoice, Invoice.id == LedgerEntry.invoice_id)
        .outerjoin(Charge, Charge.id == LedgerEntry.charge_id)
        .outerjoin(InvoiceLine, and_(
            InvoiceLine.invoice_id == LedgerEntry.invoice_id, InvoiceLine.charge_id == LedgerEntry.charge_id))
        .outerjoin(Payment, Payment.id == LedgerEntry.payment_id)
        .outerjoin(IssuedDocument, and_(
            IssuedDocument.payment_id == LedgerEntry.payment_id, IssuedDocument.kind == DocumentKind.RECEIPT))
        .order_by(LedgerEntry.effective_on, LedgerEntry.id)
    )


def entries(
    session: Session, payer_ids: Collection[int], case_ids: Collection[int] | None, sees: ColumnElement[bool],
    until: date,
) -> list[tuple[int, list[Any]]]:
    """Payer and facts of each ledger entry up to a day, in the order of writing; ``case_ids``: only on these cases.

    The facts stand in the order of ``rules.statements.Entry``. A refund's entries are written right after its row.
    """
    query = _facts().where(LedgerEntry.payer_id.in_(payer_ids), LedgerEntry.effective_on <= until, sees)
    if case_ids is not None:
        query = query.where(LedgerEntry.case_id.in_(case_ids))
    return [(payer_id, facts) for payer_id, *facts in session.connection().execute(query).all()]


def payers_of_period(session: Session, sees: ColumnElement[bool], starts_on: date, ends_on: date) -> list[int]:
    """Payers with a balance at the end of a period or a movement in it, by name, within what may be seen."""
    query = (
        select(LedgerEntry.payer_id).join(Payer, Payer.id == LedgerEntry.payer_id)
        .join(Case, Case.id == LedgerEntry.case_id).where(LedgerEntry.effective_on <= ends_on, sees)
        .group_by(LedgerEntry.payer_id, Payer.name)
        .having(or_(func.sum(LedgerEntry.amount_cents) != 0, func.max(LedgerEntry.effective_on) >= starts_on))
        .order_by(Payer.name, LedgerEntry.payer_id)
    )
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """An issued statement as a list shows it."""

    statement_id: int
    number: str
    payer_id: int
    payer: str
    starts_on: date
    ends_on: date
    closing_cents: int
    issued_on: date
    case_ids: frozenset[int]


def statements(
    session: Session, sees: ColumnElement[bool], *, payer_ids: Collection[int] | None = None,
    case_id: int | None = None, ends_on: Collection[date] | None = None, statement_ids: Collection[int] | None = None,
) -> list[StatementFacts]:
    """Statements all of whose cases may be seen, newest first."""
    hidden = select(StatementCase.id).join(Case, Case.id == StatementCase.case_id).where(
        StatementCase.statement_id == Statement.id, ~sees).exists()
    query = (
        select(Statement.id, Statement.number, Statement.payer_id, Payer.name, Statement.starts_on, Statement.ends_on,
               Statement.closing_cents, Statement.issued_on)
        .join(Payer, Payer.id == Statement.payer_id).where(~hidden)
        .order_by(Statement.ends_on.desc(), Statement.issued_on.desc(), Statement.id.desc())
    )
    if payer_ids is not None:
        query = query.where(Statement.payer_id.in_(payer_ids))
    if statement_ids is not None:
        query = query.where(Statement.id.in_(statement_ids))
    if ends_on is not None:
        query = query.where(Statement.ends_on.in_(ends_on))
    if case_id is not None:
        query = query.where(select(StatementCase.id).where(
            StatementCase.statement_id == Statement.id, StatementCase.case_id == case_id).exists())
    rows = session.execute(query).all()
    if not rows:
        return []
    covered: dict[int, set[int]] = {row[0]: set() for row in rows}
    for statement_id, of_case in session.execute(select(StatementCase.statement_id, StatementCase.case_id).where(
            StatementCase.statement_id.in_(covered))):
        covered[statement_id].add(of_case)
    return [StatementFacts(*row, case_ids=frozenset(covered[row[0]])) for row in rows]


def document_of(session: Session, statement_id: int) -> IssuedDocument | None:
    """The issued paper of a statement."""
    return session.scalar(select(IssuedDocument).join(Statement, Statement.number == IssuedDocument.number).where(
        Statement.id == statement_id))


def cases_of(session: Session, payer_id: int, sees: ColumnElement[bool]) -> list[Case]:
    """The cases on which a payer has movements or a share, within what may be seen."""
    moved = select(LedgerEntry.case_id).where(LedgerEntry.payer_id == payer_id)
    shares = select(BillingArrangement.case_id).join(PayerShare).where(PayerShare.payer_id == payer_id)
    return list(session.scalars(select(Case).where(Case.id.in_(moved.union(shares)), sees).order_by(Case.id)))


def cases_numbered(session: Session, case_ids: Collection[int]) -> list[Case]:
    """These cases, in their order."""
    return list(session.scalars(select(Case).where(Case.id.in_(case_ids)).order_by(Case.id)))


def cases_covered(session: Session, statement_id: int) -> list[Case]:
    """The cases that a statement covers."""
    return list(session.scalars(select(Case).join(StatementCase, StatementCase.case_id == Case.id).where(
        StatementCase.statement_id == statement_id).order_by(Case.id)))


def has_confidential(session: Session, payer_id: int, case_id: int) -> bool:
    """Whether a payer has an invoice in a case with a line that says no more than a month."""
    return session.scalar(select(InvoiceLine.id).join(Invoice, Invoice.id == InvoiceLine.invoice_id).where(
        Invoice.payer_id == payer_id, Invoice.case_id == case_id, InvoiceLine.confidential,
    ).limit(1)) is not None
