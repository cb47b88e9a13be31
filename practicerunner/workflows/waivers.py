"""What a missed appointment costs: said before the click, and waived afterwards with a reason (F04, DEC11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.money import dollars
from practicerunner.records import arrangements, billing, cases, clients, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.billing import Charge, ChargeShare, Invoice, LedgerEntry
from practicerunner.records.people import Payer
from practicerunner.rules import fees
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, AttendanceStatus, ChargeKind, EntryKind, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.arrangements import in_force
from practicerunner.workflows.billing import appointment_to_bill, issue_for
from practicerunner.workflows.charging import PayerMissing, Planned, agreed_for, uncharged
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.invoicing import by_rhythm
from practicerunner.workflows.reversals import free_payments


class NoMissedFee(RuleViolation):
    """There is no fee for a missed appointment here that could be waived."""


class WaiveFee(Command):
    """Waive the fee for a missed appointment: one participant's, or the whole where it is charged together."""

    appointment_id: int
    person_id: int | None = None
    reason: RequiredLine


@dataclass(frozen=True, slots=True)
class FeeConsequences:
    """What each status would cost: person id → status → cents, by the rule that the invoice follows."""

    together: bool
    """Whether all of them share one charge, so that each figure is the charge for the whole."""
    cents: dict[int, dict[AttendanceStatus, int]]
    waived: frozenset[int]
    """Whose fee was waived."""


@dataclass(frozen=True, slots=True)
class Waived:
    """By whom, why and from when on a fee is waived."""

    by: str
    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class MissedFee:
    """A fee for a missed appointment, who pays which part of it, and whether it was waived."""

    person_id: int | None
    """``None`` where all share one charge."""
    name: str
    kind: ChargeKind
    amount_cents: int
    payers: tuple[tuple[str, int], ...]
    is_invoiced: bool
    waived: Waived | None


@dataclass(frozen=True, slots=True)
class MissedFees:
    """The fees of one appointment that can be waived or were."""

    fees: tuple[MissedFee, ...]
    may_waive: bool
    invoices_first: int
    """How many invoices a waiver issues first, because the appointment is not invoiced yet."""


@reader(Resource.INVOICES)
def fee_consequences(session: Session, actor: Actor, appointment_id: int) -> FeeConsequences:
    """What each participant's attendance costs, whatever it will be; what is recorded of the others counts along."""
    appointment, case = appointment_to_bill(session, actor, appointment_id, Action.READ)
    each = capabilities(case.type).charged_each
    agreed_by = in_force(arrangements.of_case(session, case.id), appointment.local_date)
    missed = practice.the_practice(session).missed_fee_basis_points
    statuses = {row.person_id: row.status for row in appointment.attendances}
    found: dict[int, dict[AttendanceStatus, int]] = {}
    for person_id in statuses:
        whose_fee = person_id if each else None
        agreed = agreed_for(session, appointment, whose_fee, agreed_by.get(whose_fee))
        others = [] if each else [status for other, status in statuses.items() if other != person_id]
        found[person_id] = {}
        for status in AttendanceStatus:
            charged = fees.charge([status, *others], agreed.cents, missed)
            found[person_id][status] = charged[1] if charged else 0
            if agreed.place is not None and charged and charged[0] is ChargeKind.SERVICE:
                found[person_id][status] = 0  # a session of the package, which was paid for before
    waived = set()
    charges = billing.live_charges(session, appointment.id)
    shares = billing.shares_of(session, [charge.id for charge in charges])
    for charge in charges:
        whose = {charge.person_id} & found.keys() if charge.person_id is not None else set(found)
        for person_id in whose if _counts(charge) else ():  # What was charged stays, whatever the policy says by now.
            found[person_id][statuses[person_id]] = _net(charge, shares)
        if _waived(session, [share for share in shares if share.charge_id == charge.id]):
            waived |= whose
    return FeeConsequences(not each and len(statuses) > 1, found, frozenset(waived))


@reader(Resource.INVOICES)
def missed_fees(session: Session, actor: Actor, appointment_id: int) -> MissedFees:
    """The fees for no-shows and late cancellations of an appointment; none while attendance is to be recorded."""
    appointment, case = appointment_to_bill(session, actor, appointment_id, Action.READ)
    names = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, case.id)
    }
    charges = billing.live_charges(session, appointment.id)
    shares = billing.shares_of(session, [charge.id for charge in charges])
    try:
        planned = uncharged(session, appointment, case, charges).planned
    except RuleViolation:
        planned = ()
    missed = {charge.id for charge in charges if _is_missed(charge)}  # what else waits goes on waiting
    first = {
        share.payer_id for share in shares
        if share.invoice_id is None and (share.charge_id in missed or not (share.rhythm.waits or share.draft_id))}
    first |= {
        payer_id for one in planned for payer_id, _ in one.shares
        if _is_missed(one) or not by_rhythm(one.rhythms, payer_id).waits}
    payers = billing.payer_names(session, {share.payer_id for share in shares} | first)
    found = []
    for charge in filter(_is_missed, charges):
        if not _net(charge, shares):
            continue
        parts = [share for share in shares if share.charge_id == charge.id]
        found.append(MissedFee(
            charge.person_id, names.get(charge.person_id or 0, ""), charge.kind, _net(charge, parts),
            tuple((payers[share.payer_id], share.amount_cents - share.returned_cents) for share in parts),
            all(share.invoice_id is not None for share in parts), _waived(session, parts),
        ))
    found += [
        MissedFee(
            one.person_id, names.get(one.person_id or 0, ""), one.kind, one.amount_cents,
            tuple((payers[payer_id], cents) for payer_id, cents in one.shares), is_invoiced=False, waived=None,
        ) for one in planned if _is_missed(one)
    ]
    return MissedFees(tuple(found), may(actor, Action.VOID, Resource.INVOICES), len(first))


def _counts(charge: Charge) -> bool:
    """Whether a charge says what an attendance costs: no session of a package, nothing that is still to be settled."""
    return charge.package_id is None and not (charge.in_advance and charge.settled_at is None)


def _net(charge: Charge, shares: Iterable[ChargeShare]) -> int:
    """What was charged, without what was given back because it had been invoiced in advance."""
    return charge.amount_cents - sum(share.returned_cents for share in shares if share.charge_id == charge.id)


def _is_missed(charge: Charge | Planned) -> bool:
    return charge.kind is not ChargeKind.SERVICE


def _waived(session: Session, shares: Sequence[ChargeShare]) -> Waived | None:
    """By whom and why it was waived: the credit beyond what was given back of an invoice in advance.

    A part of it that was credited is no waiver: as long as a waiver would still take something off, it is not waived.
    """
    entries = [
        entry for share in shares if share.invoice_id is not None
        for entry in billing.credited(session, share.invoice_id, share.charge_id)
    ]
    returned = sum(share.returned_cents for share in shares)
    if any(_waivable(session, share) for share in shares):
        return None
    if -sum(entry.amount_cents for entry in entries) <= returned:
        return None
    first = entries[-1] if any(share.returned_cents for share in shares) else entries[0]
    by = clients.staff_names(session, [first.recorded_by_id])
    return Waived(by.get(first.recorded_by_id, ""), first.reason, first.effective_on)


def _waivable(session: Session, share: ChargeShare) -> int:
    """What a waiver would take off a payer's part by now."""
    if share.invoice_id is None:
        return share.amount_cents - share.returned_cents
    credited = sum(entry.amount_cents for entry in billing.credited(session, share.invoice_id, share.charge_id))
    paid = sum(cents for _, cents in billing.paid_on(session, share.invoice_id))
    return max(0, min(share.amount_cents + credited, billing.open_cents(session, share.invoice_id) + paid))


@command(Resource.INVOICES, Action.VOID)
def waive_fee(session: Session, actor: Actor, asked: WaiveFee) -> list[int]:
    """Take a missed fee back by a credit adjustment for each payer; the status and the charge stay as they are.

    What is not invoiced yet is invoiced first. What was paid becomes the payer's unapplied credit. A second time
    changes nothing. Returns the invoices that carry the fee. Raises NoMissedFee, AttendanceMissing, PayerMissing,
    BadInput.
    """
    appointment, case = appointment_to_bill(session, actor, asked.appointment_id, Action.VOID)
    session.info["case_id"] = case.id
    if capabilities(case.type).charged_each:
        if asked.person_id is None:
            raise BadInput("person_id", "Say whose fee is waived.")
    elif asked.person_id is not None:
        raise BadInput("person_id", "This is charged as a whole, not per person.")
    known = billing.live_charges(session, appointment.id)
    due = uncharged(session, appointment, case, known)
    waivable: list[Charge | Planned] = [*known, *due.planned]
    for one in due.unpaid:
        if one.person_id == asked.person_id:
            raise PayerMissing(one.reason)
    if not any(one.person_id == asked.person_id and _is_missed(one) for one in waivable):
        raise NoMissedFee
    today = clock.today(practice.the_practice(session).zone)
    issue_for(session, actor, appointment, case, max(today, appointment.local_date), at_once={asked.person_id})
    charge = next(
        c for c in billing.live_charges(session, appointment.id) if c.person_id == asked.person_id and _is_missed(c))
    shares = billing.shares_of(session, [charge.id])
    for payer_id in sorted(share.payer_id for share in shares):
        session.get(Payer, payer_id, with_for_update=FOR_CHANGE)
    waived = sum(_waive(session, actor, share, asked.reason, today) for share in shares)
    whose = f" of {asked.person_id}" if asked.person_id is not None else ""
    session.info["detail"] = (
        f"{charge.kind.label.lower()} fee{whose}, {dollars(waived)}: {asked.reason}" if waived else "was waived before"
    )
    return [share.invoice_id for share in shares if share.invoice_id is not None]


def _waive(session: Session, actor: Actor, share: ChargeShare, reason: str, today: date) -> int:
    """Credit what is left of one payer's part. Returns how much that is."""
    invoice = session.get_one(Invoice, share.invoice_id)
    open_row = billing.open_row(session, invoice.id)
    before = -sum(entry.amount_cents for entry in billing.credited(session, invoice.id, share.charge_id))
    day = max(today, invoice.issued_on)
    left = share.amount_cents - before
    free_payments(session, actor, invoice, open_row, left - open_row.open_cents, day)
    cents = min(left, open_row.open_cents)
    if cents <= 0:
        return 0
    session.add(LedgerEntry(
        case_id=invoice.case_id, payer_id=invoice.payer_id, kind=EntryKind.CREDIT, amount_cents=-cents,
        effective_on=day, invoice_id=invoice.id, charge_id=share.charge_id, reason=reason,
        recorded_by_id=actor.staff_id,
    ))
    open_row.open_cents -= cents
    session.flush()
    return cents
