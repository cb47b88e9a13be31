"""Papers of somebody that tell of what is confidential to them: who acts for them does not come across these (A23)."""

from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from practicerunner.records.billing import Charge, Invoice, InvoiceLine, LedgerEntry, OpenInvoice
from practicerunner.records.payments import CreditNote, Refund
from practicerunner.records.people import Payer
from practicerunner.records.scheduling import Attendance
from practicerunner.records.statements import Statement, StatementCase
from practicerunner.records.superbills import Superbill, SuperbillLine
from practicerunner.vocabulary import DocumentKind


@dataclass(frozen=True, slots=True)
class Hidden:
    """Kind of paper → what such papers are about: invoice, payment, refund, credit note, statement, superbill."""

    ids: dict[DocumentKind, frozenset[int]] = field(default_factory=dict)
    open_cents: dict[int, int] = field(default_factory=dict)
    """Case → what is open there on such invoices."""

    def has(self, kind: DocumentKind, subject_id: int) -> bool:
        """Whether a paper is one of them."""
        return subject_id in self.ids.get(kind, ())


NOTHING = Hidden()
_THEIRS = or_(Charge.person_id.is_(None), Charge.person_id == Attendance.person_id)


def hidden_from_others(session: Session, person_id: int) -> Hidden:
    """Papers of somebody, as the payer or the client, on which something stands that is confidential to them."""
    bills = frozenset(session.scalars(
        select(Superbill.id).join(SuperbillLine, SuperbillLine.superbill_id == Superbill.id)
        .join(Charge, Charge.id == SuperbillLine.charge_id)
        .join(Attendance, Attendance.appointment_id == Charge.appointment_id)
        .where(Superbill.person_id == person_id, Attendance.person_id == person_id, Attendance.confidential, _THEIRS)
    ))
    rows = session.execute(
        select(Invoice.id, Invoice.payer_id, Invoice.case_id, Invoice.issued_on, OpenInvoice.open_cents).distinct()
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id).join(Charge, Charge.id == InvoiceLine.charge_id)
        .join(Attendance, Attendance.appointment_id == Charge.appointment_id)
        .join(Payer, Payer.id == Invoice.payer_id).join(OpenInvoice, OpenInvoice.invoice_id == Invoice.id)
        .where(Payer.person_id == person_id, Attendance.person_id == person_id, Attendance.confidential, _THEIRS)
    ).all()
    if not rows:
        return Hidden({DocumentKind.SUPERBILL: bills})
    invoices = frozenset(row[0] for row in rows)
    paid = frozenset(filter(None, session.scalars(
        select(LedgerEntry.payment_id).where(LedgerEntry.invoice_id.in_(invoices)).distinct())))
    first = {case_id: min(row[3] for row in rows if row[2] == case_id) for case_id in {row[2] for row in rows}}
    covering = session.execute(
        select(Statement.id, Statement.ends_on, StatementCase.case_id)
        .join(StatementCase, StatementCase.statement_id == Statement.id).where(Statement.payer_id == rows[0][1]))
    return Hidden({
        DocumentKind.SUPERBILL: bills, DocumentKind.INVOICE: invoices, DocumentKind.RECEIPT: paid,
        DocumentKind.REFUND: frozenset(session.scalars(select(Refund.id).where(Refund.payment_id.in_(paid)))),
        DocumentKind.CREDIT_NOTE: frozenset(
            session.scalars(select(CreditNote.id).where(CreditNote.invoice_id.in_(invoices)))),
        DocumentKind.STATEMENT: frozenset(
            one for one, ends_on, case_id in covering if case_id in first and first[case_id] <= ends_on),
    }, {case_id: sum(row[4] for row in rows if row[2] == case_id) for case_id in first})
