"""What became of payments: pending, settled, failed, refunded; credit notes; and the questions about them.

Every row here is frozen. A payment without an event settled when it was recorded.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Select, String, UniqueConstraint, and_, func, select
from sqlalchemy import case as case_when
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.billing import Invoice, IssuedDocument, LedgerEntry, OpenInvoice, Payment
from practicerunner.records.cases import Case, PaymentMethod
from practicerunner.records.people import Payer
from practicerunner.vocabulary import EntryKind, PaymentMethodKind, PaymentState


class PaymentEvent(Row):
    """That a payment was pending, settled or failed, from which day and why (FHIR PaymentNotice); each once at most."""

    __tablename__ = "payment_event"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    status: Mapped[PaymentState] = word(PaymentState)
    effective_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200), default="")
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (UniqueConstraint("payment_id", "status"),)


class ProcessorCharge(Row):
    """That a saved card or account was charged for a payment, and how the processor refers to it."""

    __tablename__ = "processor_charge"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_method.id"), index=True)
    processor: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(120), default="")
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    """The key under which the processor charges once, however often it is asked."""


class Refund(Row):
    """Money of a payment, or of credit that an import brought, which went back. What it took is in the ledger."""

    __tablename__ = "refund"

    number: Mapped[str] = mapped_column(String(24), unique=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    """None for credit that an import brought."""
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    method: Mapped[PaymentMethodKind] = word(PaymentMethodKind)
    amount_cents: Mapped[int]
    refunded_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(60), default="")
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (CheckConstraint("amount_cents > 0", name="amount"),)


class CreditNote(Row):
    """The paper of one credit adjustment on an invoice. It is void when its entry was taken back."""

    __tablename__ = "credit_note"

    number: Mapped[str] = mapped_column(String(24), unique=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    issued_on: Mapped[date]
    amount_cents: Mapped[int]
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (CheckConstraint("amount_cents > 0", name="amount"),)


def events_of(session: Session, payment_id: int) -> dict[PaymentState, PaymentEvent]:
    """What became of a payment, by state."""
    rows = session.scalars(select(PaymentEvent).where(PaymentEvent.payment_id == payment_id))
    return {row.status: row for row in rows}


def held_by(session: Session, payment_id: int) -> list[tuple[int, int | None, int]]:
    """Where a payment's money stands by now: case, invoice (or none) and cents, the oldest invoice first."""
    stands = -func.sum(LedgerEntry.amount_cents)
    query = (
        select(LedgerEntry.case_id, LedgerEntry.invoice_id, stands)
        .outerjoin(Invoice, Invoice.id == LedgerEntry.invoice_id)
        .where(LedgerEntry.payment_id == payment_id, LedgerEntry.kind.in_((EntryKind.PAYMENT, EntryKind.REFUND)))
        .group_by(LedgerEntry.case_id, LedgerEntry.invoice_id, Invoice.issued_on, Invoice.number)
        .having(stands != 0).order_by(Invoice.issued_on, Invoice.number)
    )
    return [(case_id, invoice_id, int(cents)) for case_id, invoice_id, cents in session.execute(query)]


def entries_of(session: Session, payment_id: int) -> list[LedgerEntry]:
    """Every movement of a payment's money, refunds included, in order."""
    return list(session.scalars(
        select(LedgerEntry).where(LedgerEntry.payment_id == payment_id).order_by(LedgerEntry.id)
    ))


def refunded_cents(session: Session, payment_id: int) -> int:
    """What went back of a payment."""
    query = select(func.coalesce(func.sum(Refund.amount_cents), 0)).where(Refund.payment_id == payment_id)
    return int(session.scalar(query) or 0)


@dataclass(frozen=True, slots=True)
class Imported:
    """Credit of a payer on a case that an import brought, and what of it stands on no invoice."""

    payer_id: int
    payer: str
    case_id: int
    cents: int


_FROM_AN_IMPORT = (
    LedgerEntry.payment_id.is_(None), LedgerEntry.invoice_id.is_(None),
    LedgerEntry.kind.in_((EntryKind.OPENING, EntryKind.PAYMENT, EntryKind.REFUND)),
)


def imported(session: Session, *, case_id: int | None = None, payer_id: int | None = None) -> list[Imported]:
    """Unapplied credit that imports brought, on a case or of a payer; what covers a debt on no invoice is none."""
    all_told = -func.sum(LedgerEntry.amount_cents)
    brought = -func.sum(case_when((and_(*_FROM_AN_IMPORT), LedgerEntry.amount_cents), else_=0))
    query = (
        select(LedgerEntry.payer_id, Payer.name, LedgerEntry.case_id, brought, all_told)
        .join(Payer, Payer.id == LedgerEntry.payer_id)
        .where(LedgerEntry.invoice_id.is_(None))
        .group_by(LedgerEntry.payer_id, Payer.name, LedgerEntry.case_id).having(brought > 0, all_told > 0)
        .order_by(Payer.name, LedgerEntry.case_id)
    )
    if case_id is not None:
        query = query.where(LedgerEntry.case_id == case_id)
    if payer_id is not None:
        query = query.where(LedgerEntry.payer_id == payer_id)
    return [
        Imported(payer, name, of_case, min(int(left), int(free)))
        for payer, name, of_case, left, free in session.execute(query)
    ]


def imported_by_day(session: Session, payer_id: int, case_id: int) -> list[tuple[date, int]]:
    """What moved credit that an import brought, by day, in order; below zero what raised it."""
    query = select(LedgerEntry.effective_on, func.sum(LedgerEntry.amount_cents)).where(
        LedgerEntry.payer_id == payer_id, LedgerEntry.case_id == case_id, *_FROM_AN_IMPORT,
    ).group_by(LedgerEntry.effective_on).order_by(LedgerEntry.effective_on)
    return [(day, int(cents)) for day, cents in session.execute(query)]


def cases_invoiced(session: Session, numbers: Collection[str]) -> list[Case]:
    """The cases that invoices belong to, by the numbers of the invoices."""
    of_these = select(Invoice.case_id).where(Invoice.number.in_(numbers))
    return list(session.scalars(select(Case).where(Case.id.in_(of_these)).order_by(Case.id)))


def document_numbered(session: Session, number: str) -> IssuedDocument | None:
    """The issued paper with a number."""
    return session.scalar(select(IssuedDocument).where(IssuedDocument.number == number))


def reversal_of(session: Session, entry_id: int) -> LedgerEntry | None:
    """The mirror entry that took an entry back, if one did."""
    return session.scalar(select(LedgerEntry).where(LedgerEntry.reverses_id == entry_id))


def charge_of(session: Session, payment_id: int) -> tuple[ProcessorCharge, PaymentMethod] | None:
    """How a saved card or account was charged for a payment, if one was."""
    row = session.execute(
        select(ProcessorCharge, PaymentMethod)
        .join(PaymentMethod, PaymentMethod.id == ProcessorCharge.payment_method_id)
        .where(ProcessorCharge.payment_id == payment_id)
    ).first()
    return (row[0], row[1]) if row else None


def came_in() -> ColumnElement[bool]:
    """That a payment's money is there: it has not failed, and is not still pending."""
    return ~_is(PaymentState.FAILED) & (~_is(PaymentState.PENDING) | _is(PaymentState.SETTLED))


def _is(status: PaymentState) -> ColumnElement[bool]:
    return select(PaymentEvent.id).where(
        PaymentEvent.payment_id == Payment.id, PaymentEvent.status == status
    ).exists()


def wrong_payments(session: Session) -> list[int]:
    """Ids of payments whose movements do not come to what is left of them; empty if the ledger is true.

    Of one that failed nothing is left, less what had been refunded of it.
    """
    moved = select(LedgerEntry.payment_id, func.sum(LedgerEntry.amount_cents).label("cents")).where(
        LedgerEntry.payment_id.is_not(None)).group_by(LedgerEntry.payment_id).subquery()
    back = select(Refund.payment_id, func.sum(Refund.amount_cents).label("cents")).group_by(
        Refund.payment_id).subquery()
    left = case_when((came_in(), Payment.amount_cents), else_=0) - func.coalesce(back.c.cents, 0)
    query = select(Payment.id).outerjoin(moved, moved.c.payment_id == Payment.id).outerjoin(
        back, back.c.payment_id == Payment.id)
    return list(session.scalars(query.where(-func.coalesce(moved.c.cents, 0) != left)))


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment with its payer's name, the number of its receipt, what became of it and what went back."""

    payment_id: int
    payer_id: int
    payer: str
    case_id: int
    method: PaymentMethodKind
    amount_cents: int
    received_on: date
    reference: str
    receipt: str
    pending_on: date | None = None
    settled_on: date | None = None
    failed_on: date | None = None
    reason: str = ""
    """Why it failed."""
    refunded_cents: int = 0

    @property
    def state(self) -> PaymentState:
        """Pending, settled or failed."""
        if self.failed_on is not None:
            return PaymentState.FAILED
        return PaymentState.PENDING if self.pending_on and not self.settled_on else PaymentState.SETTLED


def _facts() -> Select[*tuple[Any, ...]]:
    pending, settled, failed = (aliased(PaymentEvent) for _ in range(3))
    query: Select[*tuple[Any, ...]] = (
        select(Payment.id, Payment.payer_id, Payer.name, Payment.case_id, Payment.method, Payment.amount_cents,
               Payment.received_on, Payment.reference, func.coalesce(IssuedDocument.number, ""),
               pending.effective_on, settled.effective_on, failed.effective_on, func.coalesce(failed.reason, ""),
               select(func.coalesce(func.sum(Refund.amount_cents), 0)).where(
                   Refund.payment_id == Payment.id).scalar_subquery())
        .join(Payer, Payer.id == Payment.payer_id)
        .outerjoin(IssuedDocument, IssuedDocument.payment_id == Payment.id)
    )
    for event, status in (
        (pending, PaymentState.PENDING), (settled, PaymentState.SETTLED), (failed, PaymentState.FAILED),
    ):
        query = query.outerjoin(event, (event.payment_id == Payment.id) & (event.status == status))
    return query


def payments_of(session: Session, *, case_id: int | None = None, payer_id: int | None = None) -> list[PaymentFacts]:
    """Payments taken for a case or from a payer, newest first."""
    query = _facts().order_by(Payment.received_on.desc(), Payment.id.desc())
    if case_id is not None:
        query = query.where(Payment.case_id == case_id)
    if payer_id is not None:
        query = query.where(Payment.payer_id == payer_id)
    return [PaymentFacts(*row) for row in session.execute(query)]


def payment_facts(session: Session, payment_id: int) -> PaymentFacts | None:
    """One payment."""
    row = session.execute(_facts().where(Payment.id == payment_id)).first()
    return PaymentFacts(*row) if row else None


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund with its payer's name, the receipt of its payment, why and by whom."""

    refund_id: int
    number: str
    payment_id: int | None
    payer_id: int
    payer: str
    case_id: int
    method: PaymentMethodKind
    amount_cents: int
    refunded_on: date
    reason: str
    receipt: str
    recorded_by_id: int


def refunds_of(session: Session, *, case_id: int | None = None, payer_id: int | None = None) -> list[RefundFacts]:
    """Refunds on a case or to a payer, newest first."""
    query: Select[*tuple[Any, ...]] = (
        select(Refund.id, Refund.number, Refund.payment_id, Refund.payer_id, Payer.name, Refund.case_id, Refund.method,
               Refund.amount_cents, Refund.refunded_on, Refund.reason, func.coalesce(IssuedDocument.number, ""),
               Refund.recorded_by_id)
        .join(Payer, Payer.id == Refund.payer_id)
        .outerjoin(IssuedDocument, IssuedDocument.payment_id == Refund.payment_id)
        .order_by(Refund.refunded_on.desc(), Refund.id.desc())
    )
    if case_id is not None:
        query = query.where(Refund.case_id == case_id)
    if payer_id is not None:
        query = query.where(Refund.payer_id == payer_id)
    return [RefundFacts(*row) for row in session.execute(query)]


def credit_notes_by_entry(session: Session, entry_ids: Collection[int]) -> dict[int, CreditNote]:
    """Ledger entry → its credit note."""
    if not entry_ids:
        return {}
    rows = session.scalars(select(CreditNote).where(CreditNote.entry_id.in_(entry_ids)))
    return {row.entry_id: row for row in rows}


def taken_back(session: Session, entry_ids: Collection[int]) -> set[int]:
    """Which of these entries were reversed by a mirror entry."""
    if not entry_ids:
        return set()
    rows = session.scalars(select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.in_(entry_ids)))
    return {entry_id for entry_id in rows if entry_id is not None}


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """A payment that failed, with its payer and case."""

    payment_id: int
    payer_id: int
    payer: str
    case_id: int
    case_name: str
    method: PaymentMethodKind
    amount_cents: int
    failed_on: date
    reason: str


def failed(session: Session, sees: ColumnElement[bool]) -> list[FailedPayment]:
    """Every payment that failed, the latest first."""
    query: Select[*tuple[Any, ...]] = (
        select(Payment.id, Payment.payer_id, Payer.name, Payment.case_id, Case.name, Payment.method,
               Payment.amount_cents, PaymentEvent.effective_on, PaymentEvent.reason)
        .join(Payment, Payment.id == PaymentEvent.payment_id).join(Payer, Payer.id == Payment.payer_id)
        .join(Case, Case.id == Payment.case_id)
        .where(PaymentEvent.status == PaymentState.FAILED, sees)
        .order_by(PaymentEvent.effective_on.desc(), PaymentEvent.id.desc())
    )
    return [FailedPayment(*row) for row in session.execute(query)]


def pending(session: Session, sees: ColumnElement[bool]) -> list[tuple[PaymentFacts, str]]:
    """Payments that are neither settled nor failed, with the names of their cases, the oldest first."""
    ever = select(PaymentEvent.payment_id).where(PaymentEvent.status == PaymentState.PENDING)
    query = _facts().add_columns(Case.name).join(Case, Case.id == Payment.case_id).where(
        Payment.id.in_(ever), ~_is(PaymentState.SETTLED), ~_is(PaymentState.FAILED), sees,
    ).order_by(Payment.received_on, Payment.id)
    return [(PaymentFacts(*row[:-1]), row[-1]) for row in session.execute(query)]


def invoiced_to(
    session: Session, payer_ids: Collection[int], sees: ColumnElement[bool]
) -> list[tuple[int, int, date, int, int | None]]:
    """Invoices of payers: payer, invoice, day of issue, cents still open, and the invoice that each replaces."""
    query = (
        select(Invoice.payer_id, Invoice.id, Invoice.issued_on, OpenInvoice.open_cents, Invoice.replaces_id)
        .join(OpenInvoice, OpenInvoice.invoice_id == Invoice.id).join(Case, Case.id == Invoice.case_id)
        .where(Invoice.payer_id.in_(payer_ids), sees)
    )
    return list(session.execute(query).tuples()) if payer_ids else []


def loose(
    session: Session, payer_ids: Collection[int], sees: ColumnElement[bool]
) -> list[tuple[int, int, str, int | None, int, date]]:
    """What stands on no invoice: payer, case, its name, payment (none for an import), cents and since when.

    That is the day on which an import brought it or a refund went out; otherwise the first movement.
    """
    query = (
        select(LedgerEntry.payer_id, LedgerEntry.case_id, Case.name, LedgerEntry.payment_id,
               func.sum(LedgerEntry.amount_cents), _raised_on())
        .join(Case, Case.id == LedgerEntry.case_id)
        .where(LedgerEntry.payer_id.in_(payer_ids), LedgerEntry.invoice_id.is_(None), sees)
        .group_by(LedgerEntry.payer_id, LedgerEntry.case_id, Case.name, LedgerEntry.payment_id)
        .order_by(LedgerEntry.payer_id, LedgerEntry.case_id, LedgerEntry.payment_id)
    )
    rows = session.execute(query).tuples() if payer_ids else ()
    return [(payer, case, name, payment, int(cents), since) for payer, case, name, payment, cents, since in rows]


def taken_back_from_debts(session: Session, payer_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Payer and case → what payments that failed had lain there on no invoice, less what others paid there since.

    It had paid debts, as far as there were. When a payment fails, what it had paid is taken back under the reason for
    which it failed.
    """
    back = and_(PaymentEvent.id.is_not(None), LedgerEntry.kind == EntryKind.PAYMENT)
    query = (
        select(LedgerEntry.payer_id, LedgerEntry.case_id, case_when((back, 1), else_=0).label("back"),
               func.sum(LedgerEntry.amount_cents))
        .outerjoin(PaymentEvent, and_(
            PaymentEvent.payment_id == LedgerEntry.payment_id, PaymentEvent.status == PaymentState.FAILED,
            PaymentEvent.reason == LedgerEntry.reason))
        .where(LedgerEntry.payer_id.in_(payer_ids), LedgerEntry.invoice_id.is_(None),
               LedgerEntry.payment_id.is_not(None), LedgerEntry.kind.in_((EntryKind.PAYMENT, EntryKind.REFUND)))
        .group_by(LedgerEntry.payer_id, LedgerEntry.case_id, LedgerEntry.payment_id, "back")
        .order_by(func.min(LedgerEntry.id))
    )
    found: dict[tuple[int, int], int] = {}
    for payer, case, is_back, cents in session.execute(query).tuples() if payer_ids else ():
        left = found.get((payer, case), 0)
        found[payer, case] = left + int(cents) if is_back else max(left + min(int(cents), 0), 0)
    return found


def owing_on_none(session: Session, sees: ColumnElement[bool]) -> list[int]:
    """Payers who owe something on a case that stands on no invoice."""
    query = (
        select(LedgerEntry.payer_id).join(Case, Case.id == LedgerEntry.case_id)
        .where(LedgerEntry.invoice_id.is_(None), sees)
        .group_by(LedgerEntry.payer_id, LedgerEntry.case_id).having(func.sum(LedgerEntry.amount_cents) > 0)
    )
    return sorted(set(session.scalars(query)))


def _raised_on() -> ColumnElement[date]:
    raised = LedgerEntry.amount_cents > 0
    day: ColumnElement[date] = func.coalesce(
        func.min(case_when((and_(raised, LedgerEntry.kind != EntryKind.PAYMENT), LedgerEntry.effective_on))),
        func.min(case_when((raised, LedgerEntry.effective_on))), func.min(LedgerEntry.effective_on))
    return day


@dataclass(frozen=True, slots=True)
class Credit:
    """Unapplied credit of a payer on a case, and since when the oldest payment in it has lain there."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    cents: int
    since: date


def unapplied(session: Session, sees: ColumnElement[bool]) -> list[Credit]:
    """Payers with credit, the oldest first; what covers a debt from before an import is none."""
    cents = func.sum(LedgerEntry.amount_cents)
    money = func.sum(case_when((LedgerEntry.kind == EntryKind.WRITE_OFF, 0), else_=LedgerEntry.amount_cents))
    query: Select[*tuple[Any, ...]] = (
        select(LedgerEntry.payer_id, Payer.name, LedgerEntry.case_id, Case.name, cents, money,
               func.min(LedgerEntry.effective_on))
        .join(Payer, Payer.id == LedgerEntry.payer_id).join(Case, Case.id == LedgerEntry.case_id)
        .where(LedgerEntry.invoice_id.is_(None), sees)
        .group_by(LedgerEntry.payer_id, Payer.name, LedgerEntry.case_id, Case.name, LedgerEntry.payment_id)
        .having(cents != 0)
    )
    found: dict[tuple[int, int], Credit] = {}
    for payer_id, payer, case_id, case, part, came, since in session.execute(query):
        known = found.get((payer_id, case_id))
        before, first = (known.cents, known.since) if known else (0, date.max)
        found[payer_id, case_id] = Credit(
            payer_id, payer, case_id, case, before - int(part), min(first, since) if came < 0 else first
        )
    return sorted((one for one in found.values() if one.cents > 0), key=lambda one: (one.since, one.payer))


def open_by_account(session: Session, payer_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Payer and case → cents open on invoices."""
    query = (
        select(OpenInvoice.payer_id, OpenInvoice.case_id, func.sum(OpenInvoice.open_cents))
        .where(OpenInvoice.payer_id.in_(payer_ids), OpenInvoice.open_cents > 0)
        .group_by(OpenInvoice.payer_id, OpenInvoice.case_id)
    )
    return {(payer, case): int(cents) for payer, case, cents in session.execute(query)} if payer_ids else {}
