"""What the pages show of payments: one payment before something is done with it, and the money that waits for a person.

Nothing here is ticked off: an item is there while what it says is true.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import accounts, billing, cases, payments, practice
from practicerunner.records.accounts import InvoiceFacts
from practicerunner.records.payments import FailedPayment, PaymentFacts
from practicerunner.rules.payments import Debt, Held, Invoiced, debts, owed_since
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, visible
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.refunds import free_credit
from practicerunner.workflows.settlements import payment_for


@dataclass(frozen=True, slots=True)
class PaymentDetail:
    """A payment, where its money stands, and what its payer still owes."""

    facts: PaymentFacts
    case_name: str
    held: tuple[Held, ...]
    numbers: dict[int, str]
    """Invoice id → number, of the invoices that it pays."""
    free: dict[int, int]
    """Case → unapplied credit, of the cases where money of this payment stands on no invoice."""
    waiting: tuple[InvoiceFacts, ...]
    """The payer's open invoices, the oldest first."""
    debts: tuple[Debt, ...]
    """What the payer owes that stands on no invoice."""
    balance_cents: int
    """What the payer owes over all cases that the reader may see, less their credit."""
    today: date

    @property
    def left_cents(self) -> int:
        """What can still be refunded."""
        return self.facts.amount_cents - self.facts.refunded_cents


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A line of an invoice, and what is left of it to credit."""

    charge_id: int
    description: str
    service_date: date
    left_cents: int


@dataclass(frozen=True, slots=True)
class InvoiceDetail:
    """An invoice before something is taken off it."""

    facts: InvoiceFacts
    lines: tuple[CreditLine, ...]
    paid_cents: int
    balance_cents: int

    @property
    def left_cents(self) -> int:
        """What is left of it, open or paid."""
        return self.facts.open_cents + self.paid_cents


@dataclass(frozen=True, slots=True)
class FailedItem:
    """What an admin sees of a payer whose payment failed, while what was owed then is not paid."""

    latest: FailedPayment
    failures: int
    owed_cents: int
    """With what is owed from before an import: a payment pays that first."""
    age_days: int


@dataclass(frozen=True, slots=True)
class CreditItem:
    """A payer's unapplied credit on a case, and what of it could pay an invoice there at once."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    credit_cents: int
    since: date
    age_days: int
    payable_cents: int
    imported_cents: int = 0
    """What of it an import brought: it can be refunded at once, while other money is refunded on its payment."""


@dataclass(frozen=True, slots=True)
class PendingItem:
    """A payment on its way."""

    facts: PaymentFacts
    case_name: str
    age_days: int


def _balance(session: Session, actor: Actor, payer_id: int) -> int:
    shown = set(accounts.cases_of_payer(
        session, payer_id, cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    ))
    return sum(
        row.due_cents + row.loose_cents for row in accounts.standings(session, payer_id=payer_id)
        if row.case_id in shown
    )


@reader(Resource.INVOICES)
def payment_detail(session: Session, actor: Actor, payment_id: int) -> PaymentDetail:
    """One payment with everything that a decision about it needs. Raises NotFound."""
    payment, payer, case = payment_for(session, actor, payment_id, Action.READ)
    facts = payments.payment_facts(session, payment.id)
    assert facts is not None  # noqa: S101
    held = [Held(*one) for one in payments.held_by(session, payment.id)]
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    known = accounts.invoices_of_payer(session, payer.id, sees)
    return PaymentDetail(
        facts, case.name, tuple(held), {one.invoice_id: one.number for one in known},
        free_credit(session, payer.id, held), tuple(one for one in reversed(known) if one.open_cents),
        tuple(debts(payments.loose(session, [payer.id], sees))[payer.id]), _balance(session, actor, payer.id),
        clock.today(practice.the_practice(session).zone),
    )


@reader(Resource.INVOICES)
def invoice_detail(session: Session, actor: Actor, invoice_id: int) -> InvoiceDetail:
    """One invoice with what is left of each line. Raises NotFound."""
    invoice, _ = invoice_for(session, actor, invoice_id, Action.READ)
    facts = accounts.invoice_facts(session, invoice.id)
    assert facts is not None  # noqa: S101
    lines = []
    for line in billing.lines_of(session, invoice.id):
        credited = sum(entry.amount_cents for entry in billing.credited(session, invoice.id, line.charge_id))
        lines.append(CreditLine(line.charge_id, line.description, line.service_date, line.amount_cents + credited))
    paid = sum(cents for _, cents in billing.paid_on(session, invoice.id))
    return InvoiceDetail(facts, tuple(lines), paid, _balance(session, actor, invoice.payer_id))


@reader(Resource.INVOICES)
def failed_payments(session: Session, actor: Actor) -> list[FailedItem]:
    """One item for each payer whose payment failed, until what had been invoiced by then is paid; the oldest first.

    So does what was refunded of it, and of a debt from an import what it had paid; the rest of that was owed anyway.
    """
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    by_payer: dict[int, list[FailedPayment]] = defaultdict(list)
    for one in payments.failed(session, sees):
        by_payer[one.payer_id].append(one)
    invoices: dict[int, list[Invoiced]] = defaultdict(list)
    for payer_id, invoice_id, issued_on, cents, replaces_id in payments.invoiced_to(session, list(by_payer), sees):
        invoices[payer_id].append(Invoiced(invoice_id, issued_on, cents, replaces_id))
    owing = debts(payments.loose(session, list(by_payer), sees))
    had_paid = payments.taken_back_from_debts(session, list(by_payer))
    today = clock.today(practice.the_practice(session).zone)
    found = []
    for payer_id, failures in by_payer.items():
        owed, anyway = owed_since(invoices[payer_id], failures[0].failed_on), 0
        for debt in owing[payer_id]:
            part = debt.cents if debt.refunded else min(debt.cents, had_paid.get((payer_id, debt.case_id), 0))
            owed, anyway = owed + part, anyway + debt.cents - part
        if owed:
            found.append(FailedItem(failures[0], len(failures), owed + anyway, (today - failures[0].failed_on).days))
    return sorted(found, key=lambda item: (item.latest.failed_on, item.latest.payer))


@reader(Resource.INVOICES)
def unapplied_credit(session: Session, actor: Actor) -> list[CreditItem]:
    """Payers with credit on a case, the oldest first."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    today = clock.today(practice.the_practice(session).zone)
    found = payments.unapplied(session, sees)
    owed = payments.open_by_account(session, [one.payer_id for one in found])
    imported = {(one.payer_id, one.case_id): one.cents for one in payments.imported(session)} if found else {}
    return [
        CreditItem(
            one.payer_id, one.payer, one.case_id, one.case_name, one.cents, one.since, (today - one.since).days,
            min(one.cents, owed.get((one.payer_id, one.case_id), 0)),
            min(one.cents, imported.get((one.payer_id, one.case_id), 0)),
        )
        for one in found
    ]


@reader(Resource.INVOICES)
def pending_payments(session: Session, actor: Actor) -> list[PendingItem]:
    """Payments on their way, the oldest first."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    today = clock.today(practice.the_practice(session).zone)
    return [
        PendingItem(facts, case_name, (today - facts.received_on).days)
        for facts, case_name in payments.pending(session, sees)
    ]
