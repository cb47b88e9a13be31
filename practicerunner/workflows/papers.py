"""Issued papers: freezing what they say at the moment of issue, drawing them once, and handing them out."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.documents import credit_note as credit_note_paper
from practicerunner.documents import estimate as estimate_paper
from practicerunner.documents import invoice as invoice_paper
from practicerunner.documents import receipt as receipt_paper
from practicerunner.documents import statement as statement_paper
from practicerunner.documents import superbill as superbill_paper
from practicerunner.documents.credit_note import CreditNote as CreditNotePaper
from practicerunner.documents.estimate import Estimate as EstimatePaper
from practicerunner.documents.invoice import Invoice as InvoicePaper
from practicerunner.documents.issued import Issued
from practicerunner.documents.paper import Addressee, Letterhead
from practicerunner.documents.receipt import Receipt as ReceiptPaper
from practicerunner.documents.statement import Statement as StatementPaper
from practicerunner.documents.superbill import Superbill as SuperbillPaper
from practicerunner.errors import NotFound
from practicerunner.records import audit, billing, payments, people, statements
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.billing import DocumentFile, Invoice, IssuedDocument
from practicerunner.records.cases import Case
from practicerunner.records.payments import CreditNote, Refund
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import Action, DocumentKind, PaymentMethodKind, PaymentState, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import reader

_PAPERS: dict[DocumentKind, tuple[type[Issued], Callable[[Any], bytes], int]] = {
    DocumentKind.INVOICE: (InvoicePaper, invoice_paper.paint_invoice, invoice_paper.TEMPLATE_VERSION),
    DocumentKind.RECEIPT: (ReceiptPaper, receipt_paper.paint_receipt, receipt_paper.TEMPLATE_VERSION),
    DocumentKind.REFUND: (ReceiptPaper, receipt_paper.paint_receipt, receipt_paper.TEMPLATE_VERSION),
    DocumentKind.CREDIT_NOTE: (
        CreditNotePaper, credit_note_paper.paint_credit_note, credit_note_paper.TEMPLATE_VERSION),
    DocumentKind.SUPERBILL: (SuperbillPaper, superbill_paper.paint_superbill, superbill_paper.TEMPLATE_VERSION),
    DocumentKind.GOOD_FAITH_ESTIMATE: (EstimatePaper, estimate_paper.paint_estimate, estimate_paper.TEMPLATE_VERSION),
    DocumentKind.STATEMENT: (StatementPaper, statement_paper.paint_statement, statement_paper.TEMPLATE_VERSION),
}
"""Kind → what it says, who draws it, and the version of the drawing."""


@dataclass(frozen=True, slots=True)
class Undrawn:
    """A paper that was issued and wants to be drawn."""

    document_id: int
    kind: DocumentKind
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The bytes of a paper, before they are kept."""

    document_id: int
    kind: DocumentKind
    pdf: bytes


def letterhead(practice: Practice) -> Letterhead:
    """The practice as it stands on paper today."""
    return Letterhead(
        name=practice.name, address=practice.address, phone=practice.phone, email=practice.email,
        tax_id=practice.tax_id,
    )


def addressee(session: Session, payer: Payer) -> Addressee:
    """Whom a paper is for, with the postal address of today."""
    return Addressee(name=payer.name, address=people.address_of(session, payer))


def freeze(
    session: Session, kind: DocumentKind, content: Issued, *, payer_id: int, case_id: int,
    invoice_id: int | None = None, payment_id: int | None = None,
) -> Undrawn:
    """Keep every printed fact of a paper for good (D2). Returns what there is to draw."""
    facts, document_id = content.model_dump(mode="json"), ids.new_id()
    add_rows(session, IssuedDocument, [{
        "id": document_id, "kind": kind, "number": content.number, "payer_id": payer_id, "case_id": case_id,
        "invoice_id": invoice_id, "payment_id": payment_id, "content": facts,
        "content_hash": _hash(json.dumps(facts, sort_keys=True).encode()),
    }])
    return Undrawn(document_id, kind, facts)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@reader(Resource.INVOICES)
def invoice_pdf(session: Session, actor: Actor, invoice_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of an invoice. A voided one carries the word VOID. Raises NotFound."""
    return _for_staff(session, actor, DocumentKind.INVOICE, invoice_id)


@reader(Resource.INVOICES)
def receipt_pdf(session: Session, actor: Actor, payment_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of the receipt of a payment; VOID where it failed afterwards. Raises NotFound."""
    return _for_staff(session, actor, DocumentKind.RECEIPT, payment_id)


@reader(Resource.INVOICES)
def refund_pdf(session: Session, actor: Actor, refund_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of the receipt of a refund. Raises NotFound."""
    return _for_staff(session, actor, DocumentKind.REFUND, refund_id)


@reader(Resource.INVOICES)
def credit_note_pdf(session: Session, actor: Actor, credit_note_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a credit note; VOID where its adjustment was taken back. Raises NotFound."""
    return _for_staff(session, actor, DocumentKind.CREDIT_NOTE, credit_note_id)


@reader(Resource.INVOICES)
def statement_pdf(session: Session, actor: Actor, statement_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a statement, for who may see every case that it covers. Raises NotFound."""
    for case in statements.cases_covered(session, statement_id):
        authorize(
            session, actor, Action.READ, Resource.INVOICES, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id, resource_id=statement_id, case_id=case.id,
        )
    return _for_staff(session, actor, DocumentKind.STATEMENT, statement_id)


def fetch(session: Session, actor: Actor, kind: DocumentKind, subject_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a paper; in a transaction, because it is audited.

    ``subject_id`` is the id of the invoice, the payment, the refund, the credit note or the statement.
    """
    return {
        DocumentKind.INVOICE: invoice_pdf, DocumentKind.RECEIPT: receipt_pdf, DocumentKind.REFUND: refund_pdf,
        DocumentKind.CREDIT_NOTE: credit_note_pdf, DocumentKind.STATEMENT: statement_pdf,
    }[kind](session, actor, subject_id)


Void = tuple[str, date] | None
"""Why a paper is void, and since when."""


def issued(session: Session, kind: DocumentKind, subject_id: int) -> tuple[IssuedDocument | None, Void]:
    """The paper of an invoice, payment, refund, credit note or statement, and whether it is void; callers authorise."""
    if kind is DocumentKind.INVOICE:
        voided = billing.void_of(session, subject_id)
        return billing.document_of(session, invoice_id=subject_id), (
            (voided.reason, voided.voided_on) if voided else None)
    if kind is DocumentKind.RECEIPT:
        failed = payments.events_of(session, subject_id).get(PaymentState.FAILED)
        return billing.document_of(session, payment_id=subject_id), (
            (f"The payment failed: {failed.reason}", failed.effective_on) if failed else None)
    if kind is DocumentKind.REFUND:
        refund = session.get(Refund, subject_id)
        return (payments.document_numbered(session, refund.number) if refund else None), None
    if kind is DocumentKind.CREDIT_NOTE:
        note = session.get(CreditNote, subject_id)
        back = payments.reversal_of(session, note.entry_id) if note else None
        return (payments.document_numbered(session, note.number) if note else None), (
            (back.reason, back.effective_on) if back else None)
    if kind is DocumentKind.STATEMENT:
        return statements.document_of(session, subject_id), None
    return None, None


def _for_staff(session: Session, actor: Actor, kind: DocumentKind, subject_id: int) -> tuple[str, str, bytes]:
    found, void = issued(session, kind, subject_id)
    return handed_out(session, _document(session, actor, found, subject_id), void)


def handed_out(session: Session, document: IssuedDocument, void: Void) -> tuple[str, str, bytes]:
    """The kept bytes; of a paper that is void by now, a drawing that says why and since when."""
    name, kind = f"{document.number}.pdf", "application/pdf"
    if void is None:
        return name, kind, stored_pdf(session, document)
    content = document.content | {"void": {"reason": void[0], "voided_on": void[1].isoformat()}}
    return name, kind, draw(document.kind, content)


def _document(session: Session, actor: Actor, document: IssuedDocument | None, subject: int) -> IssuedDocument:
    """The paper, if the actor may read every case on it; its being handed out goes to the audit log."""
    if document is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.INVOICES, resource_id=subject)
    paid = [part["invoice_number"] for part in document.content.get("applied", ())]
    for other in payments.cases_invoiced(session, paid) if paid else ():
        authorize(
            session, actor, Action.READ, Resource.INVOICES, responsible=[other.provider_id],
            supervisor_id=other.supervisor_id, resource_id=subject, case_id=other.id,
        )
    case = session.get_one(Case, document.case_id)
    role = authorize(
        session, actor, Action.READ, Resource.INVOICES, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, resource_id=subject, case_id=case.id,
    )
    audit.note(
        session, staff_id=actor.staff_id, role=role, action="download", resource=Resource.INVOICES,
        resource_id=subject, case_id=case.id, detail=document.number,
    )
    return document


def hand_out(session: Session, actor: Actor, document: IssuedDocument, case: Case, subject: int) -> None:
    """Let a superbill or an estimate leave the house: only for those who may print it, and into the audit log."""
    role = authorize(
        session, actor, Action.EXPORT, Resource.SUPERBILLS, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, resource_id=subject, case_id=case.id,
    )
    audit.note(
        session, staff_id=actor.staff_id, role=role, action="download", resource=Resource.SUPERBILLS,
        resource_id=subject, case_id=case.id, detail=document.number,
    )


def stored_pdf(session: Session, document: IssuedDocument) -> bytes:
    """The bytes of a paper: drawn from its frozen content the first time, the same bytes ever after."""
    kept = billing.file_of(session, document.id) or keep(session, document.id, draw(document.kind, document.content))
    return kept.pdf


def undrawn(session: Session) -> tuple[int, DocumentKind, dict[str, Any]] | None:
    """The oldest paper that was issued but not drawn yet: its id, kind and content. For a background job."""
    waiting = billing.undrawn(session, 1)
    return (waiting[0].id, waiting[0].kind, waiting[0].content) if waiting else None


def draw(kind: DocumentKind, content: dict[str, Any]) -> bytes:
    """The PDF of a paper's frozen content; takes a while, so call it outside a transaction."""
    model, paint, _ = _PAPERS[kind]
    return paint(model.model_validate(content))


def keep(session: Session, document_id: int, pdf: bytes) -> DocumentFile:
    """Store the drawn bytes of a paper for good; if somebody was faster, theirs stay."""
    document = session.get_one(IssuedDocument, document_id, with_for_update=FOR_CHANGE)
    kept = billing.file_of(session, document_id)
    if kept is None:
        kept = DocumentFile(**_file(Drawn(document_id, document.kind, pdf)))
        session.add(kept)
        session.flush()
    return kept


def store(session: Session, drawn: Drawn | None) -> None:
    """The same in one statement, for who does not look at the file again; nothing was drawn where it is ``None``."""
    if drawn is not None:
        billing.add_file(session, _file(drawn))


def _file(drawn: Drawn) -> dict[str, Any]:
    return {
        "document_id": drawn.document_id, "pdf": drawn.pdf, "pdf_hash": _hash(drawn.pdf),
        "template_version": _PAPERS[drawn.kind][2],
    }


def receipt_content(
    session: Session, practice: Practice, payer: Payer, *, number: str, received_on: date, method: PaymentMethodKind,
    reference: str, amount_cents: int, applied: Sequence[tuple[str, str, int]], unapplied_cents: int,
) -> ReceiptPaper:
    """What a receipt says: ``applied`` is invoice number, service text and cents, in order (D10)."""
    return ReceiptPaper(
        number=number, received_on=received_on, currency=practice.currency, practice=letterhead(practice),
        received_from=addressee(session, payer), method=method.label, reference=reference.strip()[-4:],
        amount_cents=amount_cents, unapplied_cents=unapplied_cents,
        applied=tuple(receipt_paper.Applied(invoice_number=n, service=s, amount_cents=c) for n, s, c in applied),
    )


def refund_content(
    session: Session, practice: Practice, payer: Payer, refund: Refund, *, receipt: str,
    taken: Sequence[tuple[str, str, int]], from_credit_cents: int,
) -> ReceiptPaper:
    """What a refund receipt says: ``taken`` is invoice number, service text and cents, in order."""
    return ReceiptPaper(
        number=refund.number, received_on=refund.refunded_on, currency=practice.currency,
        practice=letterhead(practice), received_from=addressee(session, payer), method=refund.method.label,
        reference=refund.reference.strip()[-4:], amount_cents=-refund.amount_cents, unapplied_cents=-from_credit_cents,
        receipt_number=receipt, reason=refund.reason,
        applied=tuple(receipt_paper.Applied(invoice_number=n, service=s, amount_cents=-c) for n, s, c in taken),
    )


def credit_note_content(
    session: Session, practice: Practice, payer: Payer, note: CreditNote, invoice: Invoice, *, for_name: str,
    description: str, reason: str,
) -> CreditNotePaper:
    """What a credit note says."""
    return CreditNotePaper(
        number=note.number, issued_on=note.issued_on, currency=practice.currency, practice=letterhead(practice),
        credit_to=addressee(session, payer), case_name=for_name, invoice_number=invoice.number,
        invoice_date=invoice.issued_on, invoice_cents=invoice.total_cents, description=description, reason=reason,
        amount_cents=note.amount_cents,
    )


def invoice_content(
    session: Session, practice: Practice, payer: Payer, *, number: str, issued_on: date, due_on: date,
    for_name: str, lines: Sequence[invoice_paper.Line], replaces: str = "",
) -> InvoicePaper:
    """What an invoice says. ``for_name`` is the case's name where all its people may read it (X08)."""
    return InvoicePaper(
        number=number, issued_on=issued_on, due_on=due_on, currency=practice.currency, practice=letterhead(practice),
        bill_to=addressee(session, payer), case_name=for_name, lines=tuple(lines),
        total_cents=sum(line.amount_cents for line in lines), replaces=replaces,
    )
