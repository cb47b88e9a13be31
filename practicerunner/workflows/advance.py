"""Invoicing before it takes place: what is booked is invoiced, and settled by what becomes of it (H08).

Settling holds what was invoiced against what is due by the recorded attendance, payer by payer: what was invoiced too
much is credited with a credit note, what is missing is invoiced as an additional line. It can be done again whenever
the attendance changes, and a second time with nothing changed does nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import advance, audit, billing, cases, practice
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.cases import Case
from practicerunner.records.practice import Practice
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import Action, ChargeKind, InvoicingRhythm, Resource
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.adjustments import SETTLED, give_back
from practicerunner.workflows.billing import appointment_to_bill, planned_part
from practicerunner.workflows.charging import (
    NothingToCharge,
    PayerMissing,
    Planned,
    expected_charges,
    planned_charges,
    write_charge,
)
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.gathering import period_of, who_invoices
from practicerunner.workflows.invoicing import BilledPart, issue_or_draft, part_of


class NothingBooked(RuleViolation):
    """Nothing is booked in that time that is invoiced in advance, or it was invoiced already."""


class NothingToSettle(RuleViolation):
    """Nothing that was invoiced in advance waits to be settled."""


class InvoiceAhead(Command):
    """Invoice what is booked in the week or month of a day, for those who are invoiced in advance so."""

    day: date
    rhythm: InvoicingRhythm
    as_drafts: bool | None = None


class SettleAppointment(Command):
    """Hold what was invoiced in advance for an appointment against what became of it."""

    appointment_id: int


class SettleAll(Command):
    """Settle every appointment that was invoiced in advance and is over or called off."""


@dataclass(frozen=True, slots=True)
class AheadPeriod:
    """A week or month of which something could be invoiced in advance."""

    rhythm: InvoicingRhythm
    first: date
    last: date
    appointments: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What can be invoiced in advance now, and how many appointments wait to be settled."""

    periods: tuple[AheadPeriod, ...]
    to_settle: int


@reader(Resource.INVOICES)
def to_invoice_ahead(session: Session, actor: Actor) -> Ahead:
    """This and the coming week and month, each with the number of appointments to invoice in advance."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    today = clock.today(practice.the_practice(session).zone)
    periods = []
    for rhythm in (InvoicingRhythm.WEEK_AHEAD, InvoicingRhythm.MONTH_AHEAD):
        this = period_of(today, rhythm)
        for first, last in (this, period_of(this[1] + timedelta(days=1), rhythm)):
            booked = advance.booked(session, sees, rhythm, first, last, clock.now())
            number = sum(
                bool(_expected(session, one, session.get_one(Case, one.case_id), rhythm))
                for one in advance.read(session, booked))
            if number:
                periods.append(AheadPeriod(rhythm, first, last, number))
    return Ahead(tuple(periods), len(advance.to_settle(session, sees)))


def _expected(session: Session, appointment: Appointment, case: Case, rhythm: InvoicingRhythm) -> list[Planned]:
    """The expected charges of an appointment that do not stand already."""
    standing = {charge.person_id for charge in billing.live_charges(session, appointment.id)}
    planned = expected_charges(session, appointment, case, rhythm)
    return [plan for plan in planned if plan.person_id not in standing]


@command(Resource.INVOICES, Action.CREATE)
def invoice_ahead(session: Session, actor: Actor, asked: InvoiceAhead) -> list[int]:
    """Invoice what is booked in a week or month at the expected fee: one invoice per payer and case.

    Returns the new invoices. Raises NothingBooked, BadInput.
    """
    if not asked.rhythm.is_ahead:
        raise BadInput("rhythm", "Choose whether the coming week or the coming month is invoiced.")
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    made, number = _invoice(session, actor, sees, *period_of(asked.day, asked.rhythm), asked.rhythm, asked.as_drafts)
    if not number:
        raise NothingBooked
    session.info["detail"] = f"{number} appointments in advance, {len(made)} invoices"
    return made


def _invoice(
    session: Session, actor: Actor, sees: ColumnElement[bool], first: date, last: date, rhythm: InvoicingRhythm,
    as_drafts: bool | None = None,
) -> tuple[list[int], int]:
    """The new invoices, and for how many appointments."""
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    due: dict[tuple[int, int], list[BilledPart]] = defaultdict(list)
    number = 0
    booked = advance.booked(session, sees, rhythm, first, last, clock.now())
    for appointment in advance.lock(session, booked):
        if appointment.starts_at <= clock.now():
            continue
        case = session.get_one(Case, appointment.case_id)
        authorize(
            session, actor, Action.CREATE, Resource.INVOICES, responsible=[appointment.provider_id, case.provider_id],
            supervisor_id=appointment.supervisor_id or case.supervisor_id, resource_id=appointment.id, case_id=case.id,
        )
        plans = _expected(session, appointment, case, rhythm)
        number += bool(plans)
        for plan in plans:
            for part in _write(session, appointment, case, plan):
                due[part.payer_id, case.id].append(part)
    made = [
        issue_or_draft(session, actor, house, session.get_one(Case, case_id), payer_id, parts, today,
                       as_draft=as_drafts)
        for (payer_id, case_id), parts in due.items()
    ]
    return [invoice_id for invoice_id in made if invoice_id is not None], number


def _write(
    session: Session, appointment: Appointment, case: Case, plan: Planned, suffix: str = "", **more: object
) -> list[BilledPart]:
    """Write a charge in advance with its parts, so that the next one knows what is left of a cap."""
    charge_id = write_charge(session, appointment, case, plan, suffix=suffix, in_advance=True, **more)
    parts = []
    for payer_id, cents in plan.shares:
        kept = ChargeShare(charge_id=charge_id, payer_id=payer_id, amount_cents=cents)
        session.add(kept)
        parts.append(planned_part(appointment, plan, charge_id, payer_id, cents, kept))
    session.flush()
    return parts


@command(Resource.INVOICES, Action.CREATE)
def settle_appointment(session: Session, actor: Actor, asked: SettleAppointment) -> int:
    """Settle what was invoiced in advance for an appointment. Returns by how much, in cents, what is due has changed.

    Raises AttendanceMissing, NothingToSettle.
    """
    appointment, case = appointment_to_bill(session, actor, asked.appointment_id, Action.CREATE)
    session.info["case_id"] = case.id
    if not advance.charges_of(session, appointment.id):
        raise NothingToSettle
    return _settle(session, actor, appointment, case)


@command(Resource.INVOICES, Action.CREATE)
def settle_all(session: Session, actor: Actor, asked: SettleAll) -> int:
    """Settle everything that waits for it in the actor's cases. Returns how many. Raises NothingToSettle."""
    number = _settle_waiting(session, actor)
    if not number:
        raise NothingToSettle
    session.info["detail"] = f"{number} appointments settled"
    return number


def _settle_waiting(session: Session, actor: Actor) -> int:
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    waiting = [appointment_id for appointment_id, _ in advance.to_settle(session, sees)]
    number = 0
    for appointment in advance.lock(session, waiting):
        case = session.get_one(Case, appointment.case_id)
        authorize(
            session, actor, Action.CREATE, Resource.INVOICES, responsible=[appointment.provider_id, case.provider_id],
            supervisor_id=appointment.supervisor_id or case.supervisor_id, resource_id=appointment.id, case_id=case.id,
        )
        if any(charge.settled_at is None for charge in advance.charges_of(session, appointment.id)):
            try:
                _settle(session, actor, appointment, case)
            except PayerMissing:  # who pays has ended meanwhile: it waits, and the others do not wait for it
                continue
            number += 1
    return number


def _settle(session: Session, actor: Actor, appointment: Appointment, case: Case) -> int:
    """Payer by payer, credit what was invoiced too much, invoice what is missing. Returns the difference in cents."""
    try:
        due = {plan.person_id: plan for plan in planned_charges(session, appointment, case, with_packages=False)}
    except NothingToCharge:
        due = {}
    by_person: dict[int | None, list[Charge]] = defaultdict(list)
    for charge in advance.charges_of(session, appointment.id):
        by_person[charge.person_id].append(charge)
    changed = 0
    for person_id, charges in by_person.items():
        standing = _carried(session, actor, charges)
        changed += _settle_one(session, actor, appointment, case, standing, due.get(person_id))
    session.flush()
    session.info["detail"] = f"settled, {changed} cents"
    return changed


def _carried(session: Session, actor: Actor, charges: Sequence[Charge]) -> list[Charge]:
    """Those of the charges that invoices carry; one that none carries falls away, one that some carry gets the rest."""
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    standing = []
    for charge in charges:
        shares = advance.shares(session, [charge.id])
        if all(share.invoice_id is None for share in shares):
            charge.withdrawn_at = clock.now()
            continue
        standing.append(charge)
        for share in shares:
            if share.invoice_id is None:
                case = session.get_one(Case, charge.case_id)
                issue_or_draft(
                    session, actor, house, case, share.payer_id, [part_of(charge, share)], today, as_draft=False)
    session.flush()
    return standing


def _settle_one(
    session: Session, actor: Actor, appointment: Appointment, case: Case, charges: Sequence[Charge],
    due: Planned | None,
) -> int:
    """Settle what one participant, or the case as a whole, was invoiced in advance."""
    shares = advance.shares(session, [charge.id for charge in charges])
    invoiced: dict[int, int] = defaultdict(int)
    for share in shares:
        invoiced[share.payer_id] += share.amount_cents - share.returned_cents
    target = dict(due.shares) if due else {}
    by_id = {charge.id: charge for charge in charges}
    credited = 0
    for payer_id in sorted(invoiced):
        too_much = invoiced[payer_id] - target.get(payer_id, 0)
        for share in sorted((one for one in shares if one.payer_id == payer_id), key=lambda one: -one.id):
            back = min(too_much, share.amount_cents - share.returned_cents)
            if back > 0:
                too_much -= back
                back = give_back(session, actor, share, back, description=by_id[share.charge_id].description,
                                 reason=_why(appointment, due))
                share.returned_cents += back
                credited += back
    missing = tuple(
        (payer_id, cents - invoiced[payer_id]) for payer_id, cents in target.items() if cents > invoiced[payer_id])
    for charge in charges:
        charge.kind = due.kind if due else charge.kind
        charge.description = due.description if due else charge.description
        charge.service_id, charge.service_date = appointment.service_id, appointment.local_date
        charge.provider_id, charge.supervisor_id = appointment.provider_id, appointment.supervisor_id
        charge.settled_at = clock.now()
    session.flush()
    if due is not None and missing:
        more = replace(
            due, amount_cents=sum(cents for _, cents in missing), shares=missing,
            description=due.description if not charges else f"{due.description}, additional")
        suffix = f":{advance.how_many(session, appointment.id)}" if charges else ""
        _issue(session, actor, case, _write(
            session, appointment, case, replace(more, standard_cents=more.amount_cents) if charges else more, suffix,
            settled_at=clock.now()))
    return sum(cents for _, cents in missing) - credited


def _issue(session: Session, actor: Actor, case: Case, parts: Sequence[BilledPart]) -> None:
    house = practice.the_practice(session)
    for part in parts:
        issue_or_draft(
            session, actor, house, case, part.payer_id, [part], max(clock.today(house.zone), part.service_date))


def _why(appointment: Appointment, due: Planned | None) -> str:
    """The reason that stands on the credit note."""
    day = f"{appointment.local_date.day} {appointment.local_date:%B %Y}"
    if due is None:
        return f"{SETTLED}nothing is due for {day}"
    if due.kind is ChargeKind.SERVICE:
        return f"{SETTLED}less is due for {day}"
    return f"{SETTLED}{due.kind.label.lower()} on {day}"


def is_any_due(session: Session) -> bool:
    """Whether something is to be invoiced in advance, or settled, without a click."""
    house = practice.the_practice(session)
    if house.ahead_days is None or house.is_demo:
        return False
    return bool(_periods_due(house)) or bool(advance.to_settle(session))


def _periods_due(house: Practice) -> list[tuple[InvoicingRhythm, date, date]]:
    """The coming week and month, as far as the practice invoices them by now and has not yet."""
    if house.ahead_days is None or house.is_demo:
        return []
    found = []
    today = clock.today(house.zone)
    for rhythm, done in (
        (InvoicingRhythm.WEEK_AHEAD, house.week_ahead_until), (InvoicingRhythm.MONTH_AHEAD, house.month_ahead_until),
    ):
        first, last = period_of(period_of(today, rhythm)[1] + timedelta(days=1), rhythm)
        if today >= first - timedelta(days=house.ahead_days) and (done is None or done < last):
            found.append((rhythm, first, last))
    return found


def invoice_coming_periods(session: Session) -> list[int]:
    """Invoice the coming week and month in advance, each once, and settle what is over. Returns the new invoices."""
    house, actor = who_invoices(session)
    if actor is None or house.ahead_days is None or house.is_demo:
        return []
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    made = []
    for rhythm, first, last in _periods_due(house):
        new, number = _invoice(session, actor, sees, first, last, rhythm)
        made += new
        if rhythm.is_weekly:
            house.week_ahead_until = last
        else:
            house.month_ahead_until = last
        audit.note(session, action="invoice_ahead", resource=Resource.INVOICES,
                   detail=f"{number} appointments, {len(new)} invoices, {first} to {last}")
    number = _settle_waiting(session, actor)
    if number:
        audit.note(session, action="settle_all", resource=Resource.INVOICES, detail=f"{number} appointments settled")
    return made
