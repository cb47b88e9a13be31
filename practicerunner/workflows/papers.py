"""Issued papers: freezing what they say at the moment of issue, drawing them once, and handing them out."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.documents import invoice as invoice_paper
from practicerunner.documents import receipt as receipt_paper
from practicerunner.documents import statement as statement_paper
from practicerunner.documents.invoice import Invoice as InvoicePaper
from practicerunner.documents.paper import Addressee, Letterhead
from practicerunner.documents.receipt import Receipt as ReceiptPaper
from practicerunner.documents.statement import Statement as StatementPaper
from practicerunner.errors import NotFound
from practicerunner.records import audit, billing, people, statements
from practicerunner.records.base import add_rows
from practicerunner.records.billing import DocumentFile, IssuedDocument
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import Action, DocumentKind, PaymentMethodKind, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import reader

_PAINTERS: dict[DocumentKind, tuple[Callable[[dict[str, Any]], bytes], int]] = {
    DocumentKind.INVOICE: (
        lambda content: invoice_paper.paint_invoice(InvoicePaper.model_validate(content)),
        invoice_paper.TEMPLATE_VERSION,
    ),
    DocumentKind.RECEIPT: (
        lambda content: receipt_paper.paint_receipt(ReceiptPaper.model_validate(content)),
        receipt_paper.TEMPLATE_VERSION,
    ),
    DocumentKind.STATEMENT: (
        lambda content: statement_paper.paint_statement(StatementPaper.model_validate(content)),
        statement_paper.TEMPLATE_VERSION,
    ),
}


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
    session: Session, kind: DocumentKind, content: InvoicePaper | ReceiptPaper | StatementPaper, *, payer_id: int,
    case_id: int, invoice_id: int | None = None, payment_id: int | None = None,
) -> None:
    """Keep every printed fact of a paper for good (D2)."""
    facts = content.model_dump(mode="json")
    add_rows(session, IssuedDocument, [{
        "kind": kind, "number": content.number, "payer_id": payer_id, "case_id": case_id, "invoice_id": invoice_id,
        "payment_id": payment_id, "content": facts,
        "content_hash": _hash(json.dumps(facts, sort_keys=True).encode()),
    }])


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@reader(Resource.INVOICES)
def invoice_pdf(session: Session, actor: Actor, invoice_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of an invoice. A voided one carries the word VOID. Raises NotFound."""
    document = _document(session, actor, billing.document_of(session, invoice_id=invoice_id), invoice_id)
    voided = billing.void_of(session, invoice_id)
    if voided is not None:
        content = document.content | {"void": {"reason": voided.reason, "voided_on": voided.voided_on.isoformat()}}
        return f"{document.number}.pdf", "application/pdf", _PAINTERS[document.kind][0](content)
    return f"{document.number}.pdf", "application/pdf", stored_pdf(session, document)


@reader(Resource.INVOICES)
def receipt_pdf(session: Session, actor: Actor, payment_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of the receipt of a payment. Raises NotFound."""
    document = _document(session, actor, billing.document_of(session, payment_id=payment_id), payment_id)
    return f"{document.number}.pdf", "application/pdf", stored_pdf(session, document)


@reader(Resource.INVOICES)
def statement_pdf(session: Session, actor: Actor, statement_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a statement, for who may see every case that it covers. Raises NotFound."""
    for case in statements.cases_covered(session, statement_id):
        authorize(
            session, actor, Action.READ, Resource.INVOICES, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id, resource_id=statement_id, case_id=case.id,
        )
    document = _document(session, actor, statements.document_of(session, statement_id), statement_id)
    return f"{document.number}.pdf", "application/pdf", stored_pdf(session, document)


def fetch(session: Session, actor: Actor, kind: DocumentKind, subject_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a paper, by the id of what it is of; in a transaction, as it is audited."""
    return {
        DocumentKind.INVOICE: invoice_pdf, DocumentKind.RECEIPT: receipt_pdf, DocumentKind.STATEMENT: statement_pdf,
    }[kind](session, actor, subject_id)


def _document(session: Session, actor: Actor, document: IssuedDocument | None, subject: int) -> IssuedDocument:
    """The paper, if the actor may read it; its being handed out goes to the audit log."""
    if document is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.INVOICES, resource_id=subject)
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
    return _PAINTERS[kind][0](content)


def keep(session: Session, document_id: int, pdf: bytes) -> DocumentFile:
    """Store the drawn bytes of a paper for good; if somebody was faster, theirs stay."""
    kept = billing.file_of(session, document_id)
    if kept is None:
        version = _PAINTERS[session.get_one(IssuedDocument, document_id).kind][1]
        kept = DocumentFile(document_id=document_id, pdf=pdf, pdf_hash=_hash(pdf), template_version=version)
        session.add(kept)
        session.flush()
    return kept


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
