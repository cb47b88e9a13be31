"""What was charged, the append-only ledger, and the papers that were issued.

Nothing here is edited once written, except where a docstring says so: a mistake is reversed by a mirror entry (X13).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import FOR_CHANGE, Row, word
from practicerunner.records.people import Payer
from practicerunner.vocabulary import (
    ChargeKind,
    DocumentKind,
    EntryKind,
    InvoicingRhythm,
    PaymentMethodKind,
)


class Charge(Row):
    """One line for a service, no-show or late cancellation of one appointment and participant (FHIR ChargeItem).

    ``withdrawn_at`` is set once, when every invoice that carried it was voided: then it can be charged anew. A session
    of a package is a charge from the day of the sale on; the appointment that uses it is written into it (0025).
    """

    __tablename__ = "charge"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    """Empty for a session of a package that nobody has used yet."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    unit: Mapped[str] = mapped_column(String(48))
    """Appointment id and person id (0 for the case as a whole): no two live charges share it."""
    kind: Mapped[ChargeKind] = word(ChargeKind)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    service_date: Mapped[date]
    description: Mapped[str] = mapped_column(String(200))
    standard_cents: Mapped[int]
    amount_cents: Mapped[int]
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    withdrawn_at: Mapped[datetime | None]
    package_id: Mapped[int | None] = mapped_column(ForeignKey("package.id"), index=True)
    package_place: Mapped[int | None]
    """Which session of its package it is, from 1 on."""
    in_advance: Mapped[bool] = mapped_column(default=False)
    """Whether it was charged before the appointment took place."""
    settled_at: Mapped[datetime | None]
    """When what was charged in advance was last held against what became of the appointment."""

    __table_args__ = (
        Index("uq_charge_unit_live", "unit", unique=True, sqlite_where=text("withdrawn_at is null"),
              postgresql_where=text("withdrawn_at is null")),
        Index("ix_charge_appointment", "appointment_id"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )


class ChargeShare(Row):
    """One payer's part of a charge. ``invoice_id`` points to the invoice that now carries it, empty while none does."""

    __tablename__ = "charge_share"

    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"))
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    amount_cents: Mapped[int]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    rhythm: Mapped[InvoicingRhythm] = word(InvoicingRhythm, default=InvoicingRhythm.PER_APPOINTMENT)
    """As arranged when it was charged; a weekly or monthly part waits to be gathered."""
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_draft.id"), index=True)
    """The draft on which it stands, while no invoice carries it."""
    draft_text: Mapped[str] = mapped_column(String(200), default="")
    """What the invoice will say instead of the charge's own words."""
    returned_cents: Mapped[int] = mapped_column(default=0)
    """How much of a part invoiced in advance was given back because less came due."""

    __table_args__ = (UniqueConstraint("charge_id", "payer_id"), CheckConstraint("amount_cents > 0", name="amount"))


class Invoice(Row):
    """An issued demand to one payer for one case (FHIR Invoice); immutable. Whether it is paid is computed."""

    __tablename__ = "invoice"

    number: Mapped[str] = mapped_column(String(24), unique=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    issued_on: Mapped[date]
    due_on: Mapped[date]
    total_cents: Mapped[int]
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))

    __table_args__ = (Index("ix_invoice_issued", "issued_on"),)


class InvoiceLine(Row):
    """One payer's part of one charge, as printed; immutable."""

    __tablename__ = "invoice_line"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"), index=True)
    service_date: Mapped[date]
    description: Mapped[str] = mapped_column(String(300))
    amount_cents: Mapped[int]
    confidential: Mapped[bool] = mapped_column(default=False)
    """Whether the paper says no more than a neutral label and the month (A23)."""


class InvoiceVoid(Row):
    """That an invoice was voided, why and by whom. Its number and amount stay visible (D4)."""

    __tablename__ = "invoice_void"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    voided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    voided_on: Mapped[date]


class OpenInvoice(Row):
    """What is still open on an invoice: a cache of the ledger, written by ``workflows.billing`` alone.

    The ledger is the truth; an invariant test and ``python -m practicerunner verify`` hold the two equal.
    """

    __tablename__ = "open_invoice"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), unique=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    issued_on: Mapped[date]
    due_on: Mapped[date]
    open_cents: Mapped[int]

    __table_args__ = (
        CheckConstraint("open_cents >= 0", name="open"),
        Index("ix_open_invoice_open", "payer_id", "issued_on", sqlite_where=text("open_cents > 0"),
              postgresql_where=text("open_cents > 0")),
    )


class Payment(Row):
    """Money that came in from a payer (FHIR PaymentReconciliation); immutable. What it paid is in the ledger."""

    __tablename__ = "payment"

    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    """The case it was taken for: a surplus stays there as the payer's credit."""
    method: Mapped[PaymentMethodKind] = word(PaymentMethodKind)
    amount_cents: Mapped[int]
    received_on: Mapped[date]
    reference: Mapped[str] = mapped_column(String(60), default="")
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (CheckConstraint("amount_cents > 0", name="amount"),)


class LedgerEntry(Row):
    """One movement of what a payer owes on a case, in cents: charges raise it, payments and credits lower it.

    Append-only. A payment makes one entry per invoice it pays and one without an invoice for a surplus; using that
    surplus later is a pair of entries, one back and one onto the invoice. A reversal mirrors the entry it ``reverses``.
    """

    __tablename__ = "ledger_entry"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"))
    kind: Mapped[EntryKind] = word(EntryKind)
    amount_cents: Mapped[int]
    effective_on: Mapped[date]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        Index("ix_ledger_entry_case_payer", "case_id", "payer_id"),
        Index("ix_ledger_entry_payer", "payer_id", "effective_on"),
        CheckConstraint("amount_cents <> 0", name="amount"),
    )


class IssuedDocument(Row):
    """An invoice or receipt as it was issued: every printed fact, frozen (D2)."""

    __tablename__ = "issued_document"

    kind: Mapped[DocumentKind] = word(DocumentKind)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))


class DocumentFile(Row):
    """The PDF of an issued document, drawn once from its frozen content and then always the same bytes."""

    __tablename__ = "document_file"

    document_id: Mapped[int] = mapped_column(ForeignKey("issued_document.id"), unique=True)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    pdf_hash: Mapped[str] = mapped_column(String(64))
    template_version: Mapped[int] = mapped_column(BigInteger)


def payer_names(session: Session, payer_ids: Collection[int]) -> dict[int, str]:
    """Payer id → name."""
    if not payer_ids:
        return {}
    rows = session.connection().execute(_payer_names(), {"payer_ids": list(payer_ids)})
    return dict(rows.tuples().all())


@cache
def _payer_names() -> Select[*tuple[Any, ...]]:
    return select(Payer.id, Payer.name).where(Payer.id.in_(bindparam("payer_ids", expanding=True)))


def people_who_pay(session: Session, payer_ids: Collection[int]) -> dict[int, int]:
    """Payer id → person id, of payers who are persons."""
    if not payer_ids:
        return {}
    query = select(Payer.id, Payer.person_id).where(Payer.id.in_(payer_ids))
    return {payer_id: person_id for payer_id, person_id in session.execute(query) if person_id is not None}


def live_charges(session: Session, appointment_id: int) -> list[Charge]:
    """Charges of an appointment that were not withdrawn."""
    query = select(Charge).where(Charge.appointment_id == appointment_id, Charge.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Charge.id)))


def charges(session: Session, charge_ids: Collection[int]) -> list[Charge]:
    """Charges by id."""
    return list(session.scalars(select(Charge).where(Charge.id.in_(charge_ids)))) if charge_ids else []


def shares_on(session: Session, invoice_id: int) -> list[ChargeShare]:
    """The shares that an invoice carries, locked."""
    query = select(ChargeShare).where(ChargeShare.invoice_id == invoice_id).order_by(ChargeShare.id)
    return list(session.scalars(query.with_for_update()))


def open_row(session: Session, invoice_id: int) -> OpenInvoice:
    """The open amount of an invoice, locked until the transaction ends."""
    return session.scalars(select(OpenInvoice).where(OpenInvoice.invoice_id == invoice_id).with_for_update()).one()


def open_cents(session: Session, invoice_id: int) -> int:
    """The open amount of an invoice, to read."""
    return session.scalar(select(OpenInvoice.open_cents).where(OpenInvoice.invoice_id == invoice_id)) or 0


def lock_payers(session: Session, appointment_ids: Collection[int]) -> None:
    """Lock whoever pays for charges of appointments: before the appointments themselves, as whoever voids does."""
    paying = select(ChargeShare.payer_id).join(Charge, Charge.id == ChargeShare.charge_id).where(
        Charge.appointment_id.in_(appointment_ids), Charge.withdrawn_at.is_(None))
    session.execute(select(Payer.id).where(Payer.id.in_(paying)).order_by(Payer.id).with_for_update(key_share=FOR_CHANGE["key_share"]))


def shares_of(session: Session, charge_ids: Collection[int]) -> list[ChargeShare]:
    """Payers' parts of charges, in the order in which they were reckoned."""
    if not charge_ids:
        return []
    return list(session.scalars(
        select(ChargeShare).where(ChargeShare.charge_id.in_(charge_ids)).order_by(ChargeShare.id)
    ))


def entries_of_invoice(session: Session, invoice_id: int) -> list[LedgerEntry]:
    """Every movement on an invoice, in order."""
    return list(session.scalars(
        select(LedgerEntry).where(LedgerEntry.invoice_id == invoice_id).order_by(LedgerEntry.id)
    ))


def standing(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Those of an invoice's movements that no mirror entry took back, without the mirrors."""
    reversed_ids = {entry.reverses_id for entry in entries}
    return [entry for entry in entries if entry.reverses_id is None and entry.id not in reversed_ids]


_SERVICES_ON = select(
    InvoiceLine.invoice_id, InvoiceLine.description, Charge.package_id, InvoiceLine.confidential,
    InvoiceLine.service_date,
).join(Charge).where(InvoiceLine.invoice_id.in_(bindparam("ids", expanding=True))).order_by(InvoiceLine.id)


def services_on(session: Session, invoice_ids: Collection[int]) -> dict[int, list[str]]:
    """Invoice → what its lines say, in order; a package, whose sessions are lines, says it once.

    A line that says no more than a month says it here too.
    """
    found: dict[int, list[str]] = {}
    packages = set()
    rows = session.connection().execute(_SERVICES_ON, {"ids": list(invoice_ids)})
    for invoice_id, said, package_id, confidential, day in rows:
        if (invoice_id, package_id) not in packages:
            found.setdefault(invoice_id, []).append(f"{said}, {day:%B %Y}" if confidential else said)
        if package_id is not None:
            packages.add((invoice_id, package_id))
    return found


def lines_of(session: Session, invoice_id: int) -> list[InvoiceLine]:
    """An invoice's lines."""
    return list(session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.id)
    ))


def loose_cents(session: Session, payer_id: int, case_id: int) -> int:
    """What stands on no invoice: credit is negative, a debt from before an import positive."""
    return int(session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.payer_id == payer_id, LedgerEntry.case_id == case_id, LedgerEntry.invoice_id.is_(None),
    )) or 0)


def loose_until(session: Session, payer_id: int, case_id: int) -> date:
    """The latest day on which something moved that stands on no invoice. Raises NoResultFound."""
    return session.scalars(select(LedgerEntry.effective_on).where(
        LedgerEntry.payer_id == payer_id, LedgerEntry.case_id == case_id, LedgerEntry.invoice_id.is_(None),
    ).order_by(LedgerEntry.effective_on.desc()).limit(1)).one()


def credit_by_payment(session: Session, payer_id: int, case_id: int) -> list[tuple[int | None, int]]:
    """Unapplied credit of a payer on a case: payment id (none for what an import brought) and cents left."""
    left = func.sum(LedgerEntry.amount_cents)
    query = (
        select(LedgerEntry.payment_id, left)
        .where(LedgerEntry.payer_id == payer_id, LedgerEntry.case_id == case_id, LedgerEntry.invoice_id.is_(None),
               LedgerEntry.kind.in_((EntryKind.OPENING, EntryKind.PAYMENT, EntryKind.REFUND)))
        .group_by(LedgerEntry.payment_id).having(left < 0).order_by(LedgerEntry.payment_id.nulls_first())
    )
    return [(payment, -int(cents)) for payment, cents in session.execute(query)]


def document_of(
    session: Session, *, invoice_id: int | None = None, payment_id: int | None = None
) -> IssuedDocument | None:
    """The issued paper of an invoice or a payment."""
    column, value = (IssuedDocument.invoice_id, invoice_id) if invoice_id else (IssuedDocument.payment_id, payment_id)
    return session.scalar(select(IssuedDocument).where(column == value))


def paid_on(session: Session, invoice_id: int) -> list[tuple[int | None, int]]:
    """What each payment pays of an invoice by now, oldest first."""
    paid = func.sum(LedgerEntry.amount_cents)
    query = select(LedgerEntry.payment_id, paid).where(
        LedgerEntry.invoice_id == invoice_id, LedgerEntry.kind == EntryKind.PAYMENT
    ).group_by(LedgerEntry.payment_id).having(paid < 0).order_by(LedgerEntry.payment_id)
    return [(payment_id, -int(cents)) for payment_id, cents in session.execute(query)]


def credited(session: Session, invoice_id: int, charge_id: int) -> list[LedgerEntry]:
    """Credit adjustments for a charge on an invoice that were not taken back, in order."""
    return standing(session.scalars(select(LedgerEntry).where(
        LedgerEntry.invoice_id == invoice_id, LedgerEntry.charge_id == charge_id, LedgerEntry.kind == EntryKind.CREDIT,
    ).order_by(LedgerEntry.id)).all())


def void_of(session: Session, invoice_id: int) -> InvoiceVoid | None:
    """That an invoice was voided, if it was."""
    return session.scalar(select(InvoiceVoid).where(InvoiceVoid.invoice_id == invoice_id))


def file_of(session: Session, document_id: int) -> DocumentFile | None:
    """The stored PDF of an issued paper, once it was drawn."""
    return session.scalar(select(DocumentFile).where(DocumentFile.document_id == document_id))


def add_file(session: Session, facts: Mapping[str, Any]) -> None:
    """Store the PDF of an issued paper; if somebody was faster, theirs stays."""
    connection = session.connection()
    make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    connection.execute(make(DocumentFile).on_conflict_do_nothing(index_elements=["document_id"]), dict(facts))


def undrawn(session: Session, limit: int) -> list[IssuedDocument]:
    """Issued papers whose PDF is not stored yet, oldest first."""
    stored = select(DocumentFile.id).where(DocumentFile.document_id == IssuedDocument.id).exists()
    return list(session.scalars(select(IssuedDocument).where(~stored).order_by(IssuedDocument.id).limit(limit)))


def wrong_open_amounts(session: Session) -> list[int]:
    """Ids of invoices whose kept open amount differs from their ledger entries; empty if the cache is true."""
    truth = (
        select(LedgerEntry.invoice_id, func.sum(LedgerEntry.amount_cents).label("cents"))
        .where(LedgerEntry.invoice_id.is_not(None)).group_by(LedgerEntry.invoice_id).subquery()
    )
    query = select(OpenInvoice.invoice_id).outerjoin(truth, truth.c.invoice_id == OpenInvoice.invoice_id)
    return list(session.scalars(query.where(OpenInvoice.open_cents != func.coalesce(truth.c.cents, 0))))
