"""Reading accounts: what a case and a payer owe, and the lists that an admin works through."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import accounts, cases, follow_up, payments, practice
from practicerunner.records import uninvoiced as waiting
from practicerunner.records.accounts import AdjustmentFacts, PayerStanding, Whose
from practicerunner.records.follow_up import Overdue
from practicerunner.records.payments import Imported, PaymentFacts, RefundFacts
from practicerunner.records.people import Payer
from practicerunner.rules.foreseen import Foreseen
from practicerunner.rules.payments import Debt, debts
from practicerunner.vocabulary import Action, CaseType, PaymentState, Resource
from practicerunner.workflows.access import Actor, visible
from practicerunner.workflows.billing import (
    AppointmentBilling,
    InvoiceView,
    appointment_billing,
    kinds_to_wait_for,
    view,
)
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class Account:
    """Standings, invoices, payments, adjustments of a case or a payer. The payers' balances sum to the case's (C13)."""

    title: str
    standings: tuple[PayerStanding, ...]
    invoices: tuple[InvoiceView, ...]
    payments: tuple[PaymentFacts, ...]
    adjustments: tuple[AdjustmentFacts, ...]
    """Credit adjustments and write-offs, beside the invoices that they take something off."""
    today: date
    refunds: tuple[RefundFacts, ...] = ()
    debts: tuple[Debt, ...] = ()
    """Of a payer's account: what is owed and stands on no invoice."""
    imported: tuple[Imported, ...] = ()
    """Unapplied credit that imports brought."""

    @property
    def due_cents(self) -> int:
        """What stands open on issued invoices and opening balances."""
        return sum(row.due_cents + max(row.loose_cents, 0) for row in self.standings)

    @property
    def credit_cents(self) -> int:
        """What was paid and stands on no invoice."""
        return sum(max(-row.loose_cents, 0) for row in self.standings)

    @property
    def pending_cents(self) -> int:
        """What is on its way and counts for nothing yet."""
        return sum(row.amount_cents for row in self.payments if row.state is PaymentState.PENDING)


@dataclass(frozen=True, slots=True)
class OpenPage:
    """One page of open invoices: the rows, how many there are in all and what they sum to."""

    rows: tuple[InvoiceView, ...]
    number: int
    sum_cents: int
    today: date


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An appointment that cannot be invoiced now, or somebody who is not invoiced with the others, and why."""

    appointment_id: int
    reason: str
    name: str = ""
    """Who is left out, while the others are invoiced."""


@dataclass(frozen=True, slots=True)
class InvoicePreview:
    """What invoicing several appointments would do."""

    lines: tuple[tuple[str, int, int], ...]
    """Payer, number of invoices, cents."""
    monthly: tuple[tuple[str, int, int], ...]
    """Payer, number of parts, cents: what goes onto the invoice of the month."""
    ready: tuple[int, ...]
    """The appointments that can be invoiced."""
    left_out: tuple[LeftOut, ...]
    uses: tuple[tuple[int, str], ...] = ()
    """Appointment and the session of a package that it will use, in words."""

    @property
    def invoices(self) -> int:
        """How many invoices will be created."""
        return sum(number for _, number, _ in self.lines)

    @property
    def cents(self) -> int:
        """What they come to."""
        return sum(cents for *_, cents in self.lines)


@reader(Resource.INVOICES)
def case_account(session: Session, actor: Actor, case_id: int) -> Account:
    """The billing section of a case. Raises NotFound."""
    case = case_for(session, actor, case_id, resource=Resource.INVOICES)
    today = clock.today(practice.the_practice(session).zone)
    return Account(
        case.name, tuple(accounts.standings(session, case_id=case_id)),
        tuple(view(facts, today) for facts in accounts.invoices_of_case(session, case_id)),
        tuple(payments.payments_of(session, case_id=case_id)),
        tuple(accounts.adjustments_of(session, case_id=case_id)), today,
        tuple(payments.refunds_of(session, case_id=case_id)),
        imported=tuple(payments.imported(session, case_id=case_id)),
    )


@reader(Resource.INVOICES)
def payer_account(session: Session, actor: Actor, payer_id: int) -> Account:
    """A payer's account over all cases that the actor may see. Raises NotFound."""
    sees = visible(actor, Action.READ, Resource.INVOICES)
    payer = session.get(Payer, payer_id)
    shown = set(accounts.cases_of_payer(session, payer_id, cases.seen(sees)))
    if payer is None or (not shown and not sees.everything):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.INVOICES, resource_id=payer_id)
    today = clock.today(practice.the_practice(session).zone)
    return Account(
        payer.name,
        tuple(row for row in accounts.standings(session, payer_id=payer_id) if row.case_id in shown),
        tuple(view(f, today) for f in accounts.invoices_of_payer(session, payer_id, cases.seen(sees))),
        tuple(p for p in payments.payments_of(session, payer_id=payer_id) if p.case_id in shown),
        tuple(a for a in accounts.adjustments_of(session, payer_id=payer_id) if a.case_id in shown), today,
        tuple(r for r in payments.refunds_of(session, payer_id=payer_id) if r.case_id in shown),
        tuple(debts(payments.loose(session, [payer_id], cases.seen(sees)))[payer_id]),
        tuple(one for one in payments.imported(session, payer_id=payer_id) if one.case_id in shown),
    )


@reader(Resource.INVOICES)
def open_invoices(
    session: Session, actor: Actor, *, overdue_only: bool = False, search: str = "", page: int = 1,
    mine: bool | None = None, provider_id: int | None = None, case_type: CaseType | None = None, older_than: int = 0,
) -> OpenPage:
    """Open invoices, longest overdue first, 50 a page.

    ``mine`` narrows to the actor's own clients, or to the others', ``older_than`` to what was issued so many days ago
    or earlier.
    """
    today = clock.today(practice.the_practice(session).zone)
    whose = Whose(provider_id, actor.staff_id, mine, case_type,
                  today - timedelta(days=older_than) if older_than else None)
    rows, number, total = accounts.open_invoices(
        session, cases.seen(visible(actor, Action.READ, Resource.INVOICES)),
        due_before=today if overdue_only else None, limit=PAGE, offset=(page - 1) * PAGE, search=search,
        whose=whose,
    )
    return OpenPage(tuple(view(facts, today) for facts in rows), number, total, today)


@reader(Resource.INVOICES)
def whose_open(session: Session, actor: Actor) -> tuple[dict[int, str], list[CaseType]]:
    """With whom invoices are open and of which kinds of case: to choose among."""
    found = accounts.open_with(session, cases.seen(visible(actor, Action.READ, Resource.INVOICES)))
    return {provider_id: name for provider_id, name, _ in found}, [
        kind for kind in CaseType if kind in {kind for *_, kind in found}]


@reader(Resource.INVOICES)
def uninvoiced(
    session: Session, actor: Actor, *, page: int = 1, limit: int = PAGE, case_id: int | None = None
) -> tuple[list[waiting.Uninvoiced], int]:
    """Appointments, of one case or all, that can be invoiced and were not: a page, oldest first, and how many."""
    sees = visible(actor, Action.READ, Resource.INVOICES)
    return waiting.uninvoiced(
        session, sees, limit=limit, offset=(page - 1) * limit, after_cosign=kinds_to_wait_for(session),
        case_id=case_id)


def overdue_accounts(session: Session, sees: ColumnElement[bool], today: date) -> list[Overdue]:
    """Payers and cases with an invoice that is overdue or something owed on none, the longest due first."""
    found = {(one.account.payer_id, one.account.case_id): one for one in follow_up.overdue(session, sees, today)}
    loose: dict[tuple[int, int], list[Debt]] = defaultdict(list)
    for payer_id, theirs in debts(payments.loose(session, payments.owing_on_none(session, sees), sees)).items():
        for debt in theirs:
            loose[payer_id, debt.case_id].append(debt)
    for account in follow_up.accounts(session, {key[0] for key in loose}, {key[1] for key in loose}):
        here = loose.get((account.payer_id, account.case_id))
        if here is None:
            continue
        cents, since = sum(debt.cents for debt in here), min(debt.since for debt in here)
        late = found.get((account.payer_id, account.case_id)) or Overdue(account, 0, 0, since, since)
        found[account.payer_id, account.case_id] = replace(
            late, cents=late.cents + cents, since=min(late.since, since), due_on=min(late.due_on, since),
            on_none_cents=cents)
    return sorted(found.values(), key=lambda one: (one.due_on, one.account.payer, one.account.payer_id))


def why_not(found: AppointmentBilling) -> str:
    """Why nothing of an appointment can be invoiced now."""
    return found.problem or " ".join(one.reason for one in found.left_out) or "It is invoiced already."


@reader(Resource.INVOICES)
def invoice_preview(session: Session, actor: Actor, appointment_ids: Sequence[int]) -> InvoicePreview:
    """What invoicing these appointments would do: for each payer how many invoices and how much.

    They are reckoned one after the other, as they are issued: a cap, a sponsor's limit and a package are used
    up as they go. Raises NotFound.
    """
    at_once: dict[str, list[int]] = defaultdict(list)
    by_month: dict[str, list[int]] = defaultdict(list)
    ready: list[int] = []
    before: list[Foreseen] = []
    left_out: list[LeftOut] = []
    uses: list[tuple[int, str]] = []
    for appointment_id in dict.fromkeys(appointment_ids):
        found = appointment_billing(session, actor, appointment_id, before)
        before += found.foreseen
        uses += [(appointment_id, place) for place in found.to_use]
        if found.planned or found.to_use:
            ready.append(appointment_id)
            left_out += [LeftOut(appointment_id, one.reason, one.name) for one in found.left_out]
        else:
            left_out.append(LeftOut(appointment_id, why_not(found)))
        for plan in found.planned:
            (by_month if plan.monthly else at_once)[plan.payer].append(plan.total_cents)
    return InvoicePreview(
        tuple((payer, len(cents), sum(cents)) for payer, cents in sorted(at_once.items())),
        tuple((payer, len(cents), sum(cents)) for payer, cents in sorted(by_month.items())),
        tuple(ready), tuple(left_out), tuple(uses),
    )
