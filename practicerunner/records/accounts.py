"""Questions over billing, cases and people together: what is open, who owes what, what still has to be invoiced."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, literal_column, or_, select
from sqlalchemy import case as case_when
from sqlalchemy.orm import Session, aliased

from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.billing import Charge, Invoice, InvoiceLine, InvoiceVoid, LedgerEntry, OpenInvoice
from practicerunner.records.cases import Case
from practicerunner.records.payments import CreditNote
from practicerunner.records.people import Payer
from practicerunner.records.staff import STAFF_NAME, Staff
from practicerunner.vocabulary import CaseType, EntryKind


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice with what is open on it and whether it was voided."""

    invoice_id: int
    number: str
    payer_id: int
    payer: str
    case_id: int
    case_name: str
    issued_on: date
    due_on: date
    total_cents: int
    open_cents: int
    voided_on: date | None
    credited_cents: int = 0
    """What credit adjustments and write-offs took off it."""
    written_off_cents: int = 0
    """What of that was given up rather than credited."""


ADJUSTMENTS = (EntryKind.CREDIT, EntryKind.WRITE_OFF)


def _taken_off(kinds: ColumnElement[bool]) -> ScalarSelect[int]:
    """What entries of a kind took off an invoice."""
    return select(func.coalesce(-func.sum(LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.invoice_id == Invoice.id, kinds).scalar_subquery()


@cache
def _invoice_facts() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invoice.id, Invoice.number, Invoice.payer_id, Payer.name, Invoice.case_id, Case.name, Invoice.issued_on,
            Invoice.due_on, Invoice.total_cents, OpenInvoice.open_cents, InvoiceVoid.voided_on,
            _taken_off(LedgerEntry.kind.in_(ADJUSTMENTS)), _taken_off(LedgerEntry.kind == EntryKind.WRITE_OFF),
        )
        .join(Payer, Payer.id == Invoice.payer_id).join(Case, Case.id == Invoice.case_id)
        .join(OpenInvoice, OpenInvoice.invoice_id == Invoice.id)
        .outerjoin(InvoiceVoid, InvoiceVoid.invoice_id == Invoice.id)
    )


def invoices_of_case(session: Session, case_id: int) -> list[InvoiceFacts]:
    """Every invoice of a case, newest first."""
    query = _invoice_facts().where(Invoice.case_id == case_id)
    rows = session.execute(query.order_by(Invoice.issued_on.desc(), Invoice.number.desc()))
    return [InvoiceFacts(*row) for row in rows]


def invoices_of_appointment(session: Session, appointment_id: int) -> list[InvoiceFacts]:
    """Invoices that carry or carried a charge of an appointment, oldest first."""
    carrying = select(InvoiceLine.invoice_id).join(Charge).where(Charge.appointment_id == appointment_id)
    query = _invoice_facts().where(Invoice.id.in_(carrying)).order_by(Invoice.number)
    return [InvoiceFacts(*row) for row in session.execute(query)]


def invoices_of_payer(session: Session, payer_id: int, sees: ColumnElement[bool]) -> list[InvoiceFacts]:
    """Invoices of a payer in cases that may be seen, newest first."""
    query = _invoice_facts().where(Invoice.payer_id == payer_id, sees)
    rows = session.execute(query.order_by(Invoice.issued_on.desc(), Invoice.number.desc()))
    return [InvoiceFacts(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Whose:
    """What a list of open invoices is narrowed to; nothing said is everything."""

    provider_id: int | None = None
    staff_id: int | None = None
    """To whom ``is_mine`` refers."""
    is_mine: bool | None = None
    case_type: CaseType | None = None
    issued_by: date | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What an invoice and its case have to be."""
        own = Case.provider_id == self.staff_id
        return [
            *([] if self.provider_id is None else [Case.provider_id == self.provider_id]),
            *([] if self.is_mine is None else [own if self.is_mine else ~own]),
            *([] if self.case_type is None else [Case.type.in_([self.case_type])]),
            *([] if self.issued_by is None else [Invoice.issued_on <= self.issued_by]),
        ]


EVERYBODYS = Whose()


def open_invoices(
    session: Session, sees: ColumnElement[bool], *, due_before: date | None, limit: int, offset: int, search: str = "",
    whose: Whose = EVERYBODYS,
) -> tuple[list[InvoiceFacts], int, int]:
    """Invoices with something left to pay, longest overdue first: one page, the number of all, the sum of all."""
    conditions = [OpenInvoice.open_cents > 0, sees, *whose.conditions]
    if due_before is not None:
        conditions.append(Invoice.due_on < due_before)
    if search:
        conditions.append(Payer.name.icontains(search, autoescape=True) | Case.name.icontains(search, autoescape=True))
    query = _invoice_facts().where(*conditions)
    page = query.order_by(Invoice.due_on, Invoice.number).limit(limit).offset(offset)
    total = session.execute(query.with_only_columns(func.count(), func.sum(OpenInvoice.open_cents))).one()
    return [InvoiceFacts(*row) for row in session.execute(page)], int(total[0]), int(total[1] or 0)


def open_with(session: Session, sees: ColumnElement[bool]) -> list[tuple[int, str, CaseType]]:
    """Of the cases with something left to pay: provider, their name, and the kind of case, each once."""
    found = session.execute(
        select(Staff.id, STAFF_NAME, Case.type).join(Case, Case.provider_id == Staff.id)
        .join(OpenInvoice, OpenInvoice.case_id == Case.id).where(OpenInvoice.open_cents > 0, sees).distinct())
    return [(provider_id, name, kind) for provider_id, name, kind in found]


def invoice_facts(session: Session, invoice_id: int) -> InvoiceFacts | None:
    """One invoice."""
    row = session.execute(_invoice_facts().where(Invoice.id == invoice_id)).first()
    return InvoiceFacts(*row) if row else None


def open_of_payer(session: Session, payer_id: int, sees: ColumnElement[bool]) -> list[tuple[OpenInvoice, str]]:
    """What a payer still owes, oldest invoice first, locked, with the invoices' numbers."""
    query = (
        select(OpenInvoice, Invoice.number).join(Invoice, Invoice.id == OpenInvoice.invoice_id)
        .join(Case, Case.id == OpenInvoice.case_id)
        .where(OpenInvoice.payer_id == payer_id, OpenInvoice.open_cents > 0, sees)
        .order_by(OpenInvoice.issued_on, Invoice.number).with_for_update(of=OpenInvoice)
    )
    return [(row, number) for row, number in session.execute(query)]


@dataclass(frozen=True, slots=True)
class PayerStanding:
    """A payer's due and loose cents on a case, summed from the ledger; credit makes the loose cents negative."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    due_cents: int
    loose_cents: int


def standings(session: Session, *, case_id: int | None = None, payer_id: int | None = None) -> list[PayerStanding]:
    """Where every payer of a case, or one payer on every case, stands."""
    of = {"case_id": case_id, "payer_id": payer_id}
    given = {name: value for name, value in of.items() if value is not None}
    return [
        PayerStanding(payer, name, of_case, case_name, int(due_cents), int(loose_cents))
        for payer, name, of_case, case_name, due_cents, loose_cents
        in session.connection().execute(_standings(tuple(given)), given)
    ]


@cache
def _standings(columns: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The statement for standings with these columns given."""
    due = func.sum(case_when((LedgerEntry.invoice_id.is_not(None), LedgerEntry.amount_cents), else_=0))
    loose = func.sum(case_when((LedgerEntry.invoice_id.is_(None), LedgerEntry.amount_cents), else_=0))
    return (
        select(LedgerEntry.payer_id, Payer.name, LedgerEntry.case_id, Case.name, due, loose)
        .join(Payer, Payer.id == LedgerEntry.payer_id).join(Case, Case.id == LedgerEntry.case_id)
        .where(*(getattr(LedgerEntry, name) == bindparam(name) for name in columns))
        .group_by(LedgerEntry.payer_id, LedgerEntry.case_id, Payer.name, Case.name).order_by(Payer.name, Case.name)
    )


_LEFT = select(OpenInvoice.invoice_id, OpenInvoice.case_id, OpenInvoice.due_on, OpenInvoice.open_cents).where(
    OpenInvoice.payer_id == bindparam("payer_id"), OpenInvoice.open_cents > literal_column("0"))
"""The nought stands in the statement, for SQLite to see that the index of what is open fits."""


def left_to_pay(session: Session, payer_id: int) -> list[tuple[int, int, date, int]]:
    """Of each invoice of a payer with something left to pay: its id, its case, when it is due, and what is left."""
    rows = session.connection().execute(_LEFT, {"payer_id": payer_id})
    return [(invoice_id, case_id, due_on, cents) for invoice_id, case_id, due_on, cents in rows]


@dataclass(frozen=True, slots=True)
class AdjustmentFacts:
    """A credit adjustment or write-off: how much less is owed (less than zero where it was taken back), and why."""

    entry_id: int
    kind: EntryKind
    payer_id: int
    payer: str
    case_id: int
    invoice: str
    """Number of the invoice it stands on; empty if on none."""
    amount_cents: int
    effective_on: date
    reason: str
    by: str
    credit_note_id: int | None
    credit_note: str
    is_mirror: bool
    """Whether it takes another one back."""
    is_taken_back: bool


def adjustments_of(
    session: Session, *, case_id: int | None = None, payer_id: int | None = None
) -> list[AdjustmentFacts]:
    """Credit adjustments and write-offs on a case or of a payer, newest first."""
    mirror = aliased(LedgerEntry)
    query: Select[*tuple[Any, ...]] = (
        select(LedgerEntry.id, LedgerEntry.kind, LedgerEntry.payer_id, Payer.name, LedgerEntry.case_id,
               func.coalesce(Invoice.number, ""), -LedgerEntry.amount_cents, LedgerEntry.effective_on,
               LedgerEntry.reason, STAFF_NAME, CreditNote.id,
               func.coalesce(CreditNote.number, ""), LedgerEntry.reverses_id.is_not(None), mirror.id.is_not(None))
        .outerjoin(CreditNote, CreditNote.entry_id == LedgerEntry.id)
        .outerjoin(mirror, mirror.reverses_id == LedgerEntry.id)
        .join(Payer, Payer.id == LedgerEntry.payer_id).join(Staff, Staff.id == LedgerEntry.recorded_by_id)
        .outerjoin(Invoice, Invoice.id == LedgerEntry.invoice_id).where(LedgerEntry.kind.in_(ADJUSTMENTS))
        .order_by(LedgerEntry.effective_on.desc(), LedgerEntry.id.desc())
    )
    if case_id is not None:
        query = query.where(LedgerEntry.case_id == case_id)
    if payer_id is not None:
        query = query.where(LedgerEntry.payer_id == payer_id)
    return [AdjustmentFacts(*row) for row in session.execute(query)]


def pays_anything(session: Session, person_id: int) -> bool:
    """Whether somebody has a share in an arrangement or had movements on an account, for whomever."""
    return session.connection().execute(_PAYS, {"person_id": person_id}).first() is not None


_PAYS = select(Payer.id).where(Payer.person_id == bindparam("person_id"), or_(
    select(PayerShare.id).where(PayerShare.payer_id == Payer.id).exists(),
    select(LedgerEntry.id).where(LedgerEntry.payer_id == Payer.id).exists(),
))


def cases_of_payer(session: Session, payer_id: int, sees: ColumnElement[bool]) -> list[int]:
    """Ids of the cases on which a payer has movements or a share, or sponsors, within what may be seen."""
    moved = select(LedgerEntry.case_id).where(LedgerEntry.payer_id == payer_id)
    shares = select(BillingArrangement.case_id).join(PayerShare).where(PayerShare.payer_id == payer_id)
    sponsored = select(BillingArrangement.case_id).where(BillingArrangement.sponsor_id == payer_id)
    return list(session.scalars(select(Case.id).where(Case.id.in_(moved.union(shares, sponsored)), sees)))
