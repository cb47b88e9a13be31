"""What somebody pays, outside the practice: their own invoices, receipts, statements, superbills and credit (I06, H18).

The account is that of one payer. Nothing of another payer, of another participant, or of what a case is called is part
of it; what a paper says was fixed when it was issued.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import true
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import (
    accounts,
    audit,
    payments,
    people,
    portal_pages,
    practice,
    statements,
    superbills,
)
from practicerunner.records.hidden_papers import NOTHING, Hidden, hidden_from_others
from practicerunner.records.people import Payer
from practicerunner.records.statements import Statement
from practicerunner.records.superbills import Superbill
from practicerunner.vocabulary import Action, DocumentKind, InvoiceState, PaymentMethodKind, PaymentState, Resource
from practicerunner.workflows import papers
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.billing import view
from practicerunner.workflows.commands import reader
from practicerunner.workflows.portal_access import authorize_portal, may_portal
from practicerunner.workflows.slots import day_in_words

ON_PAPER = frozenset({
    DocumentKind.INVOICE, DocumentKind.RECEIPT, DocumentKind.REFUND, DocumentKind.CREDIT_NOTE, DocumentKind.STATEMENT,
    DocumentKind.SUPERBILL,
})
"""Papers that are handed out outside the practice."""


@dataclass(frozen=True, slots=True)
class MyInvoice:
    """An invoice of one's own."""

    invoice_id: int
    number: str
    issued_on: date
    due_on: date
    total_cents: int
    open_cents: int
    state: InvoiceState


@dataclass(frozen=True, slots=True)
class MyPaper:
    """Another paper of one's own: a receipt, a refund, a credit note, a statement or a superbill."""

    kind: DocumentKind
    subject_id: int
    number: str
    on: date
    amount_cents: int | None
    words: str
    """How it was paid, or for which days it is."""
    state: PaymentState | None = None


@dataclass(frozen=True, slots=True)
class MyMethod:
    """A saved card or account: as much of it as is ever shown."""

    kind: PaymentMethodKind
    brand: str
    last_four: str
    expires: str
    is_expired: bool


@dataclass(frozen=True, slots=True)
class BillingPage:
    """The account of one payer."""

    due_cents: int
    credit_cents: int
    currency: str
    invoices: tuple[MyInvoice, ...]
    receipts: tuple[MyPaper, ...]
    statements: tuple[MyPaper, ...]
    superbills: tuple[MyPaper, ...]
    methods: tuple[MyMethod, ...]
    today: date
    phone: str

    @property
    def unpaid(self) -> tuple[MyInvoice, ...]:
        """Invoices with something left to pay, the earliest due first."""
        return tuple(sorted((one for one in self.invoices if one.open_cents > 0), key=lambda one: one.due_on))

    @property
    def overdue(self) -> tuple[MyInvoice, ...]:
        """Those whose day has passed."""
        return tuple(one for one in self.unpaid if one.due_on < self.today)


@reader(Resource.INVOICES)
def billing_page(session: Session, actor: PortalActor) -> BillingPage:
    """What the person concerned pays, in the cases whose billing is open to the reader."""
    us = practice.the_practice(session)
    today = clock.today(us.zone)
    payer = people.payer_of_person(session, actor.for_id)
    hidden = _hidden(session, actor)
    bills = _superbills(session, actor, hidden)
    if payer is None:
        return BillingPage(0, 0, us.currency, (), (), (), bills, (), today, us.phone)
    standings = accounts.standings(session, payer_id=payer.id)
    found = [one for one in accounts.invoices_of_payer(session, payer.id, true())
             if not hidden.has(DocumentKind.INVOICE, one.invoice_id)]
    took = [one for one in payments.payments_of(session, payer_id=payer.id)
            if not hidden.has(DocumentKind.RECEIPT, one.payment_id)]
    back = [one for one in payments.refunds_of(session, payer_id=payer.id)
            if not hidden.has(DocumentKind.REFUND, one.refund_id)]
    issued = _issued(session, payer, hidden)
    notes = [one for one in portal_pages.credit_notes_of(session, payer.id)
             if not hidden.has(DocumentKind.CREDIT_NOTE, one.id)]
    seen = _open_to(session, actor, {
        row.case_id for rows in (standings, found, took, back, notes) for row in rows
    }.union(*(cases for _, cases in issued)))
    ours = [row for row in standings if row.case_id in seen]
    return BillingPage(
        _due(ours, hidden),
        sum(max(-row.loose_cents, 0) for row in ours),
        us.currency, tuple(_invoice(facts, today) for facts in found if facts.case_id in seen),
        tuple(sorted((
            *(_receipt(one) for one in took if one.case_id in seen),
            *(MyPaper(DocumentKind.REFUND, one.refund_id, one.number, one.refunded_on, one.amount_cents,
                      one.method.label) for one in back if one.case_id in seen),
            *(MyPaper(DocumentKind.CREDIT_NOTE, one.id, one.number, one.issued_on, one.amount_cents, "")
              for one in notes if one.case_id in seen),
        ), key=lambda one: (one.on, one.subject_id), reverse=True)),
        _statements(issued, seen), bills, _methods(session, payer, today) if _sees_whole(session, actor) else (),
        today, us.phone,
    )


@dataclass(frozen=True, slots=True)
class Owing:
    """What somebody has to pay, and their statements and superbills."""

    due_cents: int
    unpaid: int
    """Invoices with something left to pay."""
    overdue_cents: int
    """What is left of those whose day has passed."""
    papers: tuple[MyPaper, ...]
    methods: tuple[MyMethod, ...] = ()
    sees_methods: bool = False
    """Whether the account is open to them as a whole, and with it how it is paid."""


def owing(session: Session, actor: PortalActor) -> Owing:
    """The account of ``billing_page`` in short, in the cases whose billing is open to the reader."""
    today = clock.today(practice.the_practice(session).zone)
    hidden = _hidden(session, actor)
    payer, bills = people.payer_of_person(session, actor.for_id), _superbills(session, actor, hidden)
    if payer is None:
        return Owing(0, 0, 0, bills, sees_methods=_sees_whole(session, actor))
    standings, issued = accounts.standings(session, payer_id=payer.id), _issued(session, payer, hidden)
    left = [one for one in accounts.left_to_pay(session, payer.id) if not hidden.has(DocumentKind.INVOICE, one[0])]
    seen = _open_to(session, actor, {
        *(row.case_id for row in standings), *(case_id for _, case_id, _, _ in left),
    }.union(*(cases for _, cases in issued)))
    unpaid = [(due_on, cents) for _, case_id, due_on, cents in left if case_id in seen]
    return Owing(
        _due([row for row in standings if row.case_id in seen], hidden), len(unpaid),
        sum(cents for due_on, cents in unpaid if due_on < today), (*_statements(issued, seen), *bills),
        _methods(session, payer, today) if _sees_whole(session, actor) else (),
        sees_methods=_sees_whole(session, actor),
    )


def _hidden(session: Session, actor: PortalActor) -> Hidden:
    """The papers that whoever acts for somebody does not come across."""
    return NOTHING if actor.client_id is None else hidden_from_others(session, actor.for_id)


def _due(ours: Collection[accounts.PayerStanding], hidden: Hidden) -> int:
    """What is due in these cases, without what stands on papers that the reader does not come across."""
    cases = {row.case_id for row in ours}
    return sum(row.due_cents + max(row.loose_cents, 0) for row in ours) - sum(
        cents for case_id, cents in hidden.open_cents.items() if case_id in cases)


def _issued(session: Session, payer: Payer, hidden: Hidden) -> list[tuple[Statement, frozenset[int]]]:
    return [one for one in portal_pages.statements_of(session, payer.id)
            if not hidden.has(DocumentKind.STATEMENT, one[0].id)]


def _statements(issued: Iterable[tuple[Statement, frozenset[int]]], seen: set[int]) -> tuple[MyPaper, ...]:
    return tuple(
        MyPaper(DocumentKind.STATEMENT, row.id, row.number, row.issued_on, row.closing_cents,
                f"{day_in_words(row.starts_on)} to {day_in_words(row.ends_on)}")
        for row, cases in issued if cases <= seen
    )


def _open_to(session: Session, actor: PortalActor, case_ids: Collection[int]) -> set[int]:
    if actor.client_id is None:
        return set(case_ids)
    return {
        case_id for case_id in case_ids
        if may_portal(session, actor, Action.READ, Resource.INVOICES, case_id=case_id)
    }


def _invoice(facts: accounts.InvoiceFacts, today: date) -> MyInvoice:
    return MyInvoice(
        facts.invoice_id, facts.number, facts.issued_on, facts.due_on, facts.total_cents, facts.open_cents,
        view(facts, today).state,
    )


def _receipt(one: payments.PaymentFacts) -> MyPaper:
    """A payment; without a number while there is no receipt of it."""
    return MyPaper(
        DocumentKind.RECEIPT, one.payment_id, one.receipt, one.received_on, one.amount_cents, one.method.label,
        one.state,
    )


def _superbills(session: Session, actor: PortalActor, hidden: Hidden) -> tuple[MyPaper, ...]:
    return tuple(
        MyPaper(DocumentKind.SUPERBILL, row.id, row.number, row.issued_on, row.paid_cents,
                f"{day_in_words(row.first_on)} to {day_in_words(row.last_on)}")
        for row in portal_pages.superbills_of(session, actor.for_id)
        if not hidden.has(DocumentKind.SUPERBILL, row.id)
        and may_portal(session, actor, Action.READ, Resource.SUPERBILLS, case_id=row.case_id)
    )


def _sees_whole(session: Session, actor: PortalActor) -> bool:
    """Whether all of somebody's billing is open to the reader, and so what it is paid with."""
    return actor.client_id is None or may_portal(session, actor, Action.READ, Resource.INVOICES)


def _methods(session: Session, payer: Payer, today: date) -> tuple[MyMethod, ...]:
    month = f"{today:%Y-%m}"
    return tuple(
        MyMethod(one.kind, one.brand, one.last_four, one.expires, bool(one.expires) and one.expires < month)
        for one in portal_pages.methods_of(session, payer.id)
    )


# --- Papers


@reader(Resource.INVOICES)
def my_paper(session: Session, actor: PortalActor, kind: DocumentKind, subject_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a paper of one's own; in a transaction, because it is audited.

    ``subject_id`` as in ``papers.fetch``, or the superbill's id. Raises NotFound for everybody else's, NotPermitted.
    """
    resource = Resource.SUPERBILLS if kind is DocumentKind.SUPERBILL else Resource.INVOICES
    refusal = NotFound(actor=actor, action=Action.READ, resource=resource, resource_id=subject_id)
    if kind not in ON_PAPER or _hidden(session, actor).has(kind, subject_id):
        raise refusal
    if kind is DocumentKind.SUPERBILL:
        return _superbill(session, actor, subject_id, refusal)
    payer = people.payer_of_person(session, actor.for_id)
    document, void = papers.issued(session, kind, subject_id)
    if payer is None or document is None or document.payer_id != payer.id:
        raise refusal
    covered = [document.case_id]
    if kind is DocumentKind.STATEMENT:
        covered = [case.id for case in statements.cases_covered(session, subject_id)]
    for case_id in covered:
        authorize_portal(session, actor, Action.READ, resource, case_id=case_id, resource_id=subject_id)
    _note(session, actor, resource, subject_id, document.case_id, document.number)
    return papers.handed_out(session, document, void)


def _superbill(session: Session, actor: PortalActor, superbill_id: int, refusal: NotFound) -> tuple[str, str, bytes]:
    row = session.get(Superbill, superbill_id)
    if row is None or row.person_id != actor.for_id or superbills.void_of(session, row.id) is not None:
        raise refusal
    authorize_portal(
        session, actor, Action.READ, Resource.SUPERBILLS, case_id=row.case_id, resource_id=row.id)
    _note(session, actor, Resource.SUPERBILLS, row.id, row.case_id, row.number)
    return papers.handed_out(session, superbills.document_numbered(session, row.number), None)


def _note(
    session: Session, actor: PortalActor, resource: Resource, subject_id: int, case_id: int, number: str
) -> None:
    audit.note(
        session, person_id=actor.person_id, role=actor.role, action="download", resource=resource,
        resource_id=subject_id, case_id=case_id, detail=number,
    )
