"""Invoicing before it takes place: what is booked is invoiced, and settled by what becomes of it (H08)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import advance, audit, billing, cases, estimates, practice
from practicerunner.records.cases import Case
from practicerunner.records.practice import Practice
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import Action, InvoicingRhythm, Resource
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.arrangements import ended
from practicerunner.workflows.billing import appointment_to_bill
from practicerunner.workflows.charging import (
    PayerMissing,
    Planned,
    Unpaid,
    expected_charges,
    to_settle,
)
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.gathering import period_of, who_invoices
from practicerunner.workflows.invoicing import BilledPart, issue_or_draft
from practicerunner.workflows.settling import settle, write_ahead

NOBODY_PAYS = "Nobody is set down to pay for what waits. Say who pays; then it can be settled."
"""What is said where an agreement about who pays has ended for everything that is to be settled."""


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
class Unsettled:
    """An appointment that was invoiced in advance and cannot be settled, because nobody pays for somebody by now."""

    appointment_id: int
    case_id: int
    case_name: str
    held_on: date
    unpaid: tuple[Unpaid, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What can be invoiced in advance now, how many appointments can be settled, and which wait for a payer."""

    periods: tuple[AheadPeriod, ...]
    to_settle: int
    unsettled: tuple[Unsettled, ...] = ()


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
    return Ahead(tuple(periods), *_waiting_to_settle(session, sees))


def _waiting_to_settle(session: Session, sees: ColumnElement[bool]) -> tuple[int, tuple[Unsettled, ...]]:
    """How many appointments can be settled, and those, oldest first, of which somebody's part cannot."""
    waiting = advance.to_settle(session, sees)
    agreed = estimates.agreed_in(session, {case_id for _, case_id in waiting})
    number, unsettled = len(waiting), []
    # Only where an agreement has ended can nobody be set down to pay for what was invoiced in advance.
    ends = {case_id for case_id, rows in agreed.items() if any(row.valid_until for row in rows)}
    doubtful = [appointment_id for appointment_id, case_id in waiting if case_id in ends]
    for appointment in advance.read(session, doubtful):
        if not ended(agreed[appointment.case_id], appointment.local_date):
            continue
        case = session.get_one(Case, appointment.case_id)
        found = to_settle(session, appointment, case, billing.live_charges(session, appointment.id))
        if found is not None and found.unpaid:
            number -= not found.can_settle
            unsettled.append(Unsettled(appointment.id, case.id, case.name, appointment.local_date, found.unpaid))
    return number, tuple(unsettled)


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
            for part in write_ahead(session, appointment, case, plan):
                due[part.payer_id, case.id].append(part)
    made = [
        issue_or_draft(session, actor, house, session.get_one(Case, case_id), payer_id, parts, today,
                       as_draft=as_drafts)
        for (payer_id, case_id), parts in due.items()
    ]
    return [invoice_id for invoice_id in made if invoice_id is not None], number


@command(Resource.INVOICES, Action.CREATE)
def settle_appointment(session: Session, actor: Actor, asked: SettleAppointment) -> int:
    """Settle what was invoiced in advance for an appointment. Returns by how much, in cents, what is due has changed.

    Who has nobody set down to pay is left out and goes on waiting. Raises AttendanceMissing, PayerMissing where
    that is everybody, NothingToSettle.
    """
    appointment, case = appointment_to_bill(session, actor, asked.appointment_id, Action.CREATE)
    session.info["case_id"] = case.id
    charges = advance.charges_of(session, appointment.id)
    if not charges:
        raise NothingToSettle
    found = to_settle(session, appointment, case, charges)
    if found is not None and not found.can_settle:
        raise PayerMissing(" ".join(one.reason for one in found.unpaid))
    return settle(session, actor, appointment, case)


@command(Resource.INVOICES, Action.CREATE)
def settle_all(session: Session, actor: Actor, asked: SettleAll) -> int:
    """Settle everything that can be in the actor's cases; the rest waits until somebody says who pays.

    Returns how many. Raises NothingToSettle, PayerMissing where nobody pays for any of them.
    """
    number, left = _settle_waiting(session, actor)
    if not number and left:
        raise PayerMissing(NOBODY_PAYS)
    if not number:
        raise NothingToSettle
    session.info["detail"] = _settled(number, left)
    return number


def _settled(number: int, left: int) -> str:
    return f"{number} appointments settled" + (f", {left} left out because nobody pays" if left else "")


def _settle_waiting(session: Session, actor: Actor) -> tuple[int, int]:
    """Settle what waits. Returns how many appointments, and of how many somebody's part goes on waiting for a payer."""
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    waiting = [appointment_id for appointment_id, _ in advance.to_settle(session, sees)]
    number = left = 0
    billing.lock_payers(session, waiting)
    for appointment in advance.lock(session, waiting):
        case = session.get_one(Case, appointment.case_id)
        authorize(
            session, actor, Action.CREATE, Resource.INVOICES, responsible=[appointment.provider_id, case.provider_id],
            supervisor_id=appointment.supervisor_id or case.supervisor_id, resource_id=appointment.id, case_id=case.id,
        )
        found = to_settle(session, appointment, case, advance.charges_of(session, appointment.id))
        if found is None:
            continue
        left += bool(found.unpaid)
        if found.can_settle:
            settle(session, actor, appointment, case)
            number += 1
    return number, left


def is_any_due(session: Session) -> bool:
    """Whether something is to be invoiced in advance, or settled, without a click."""
    house = practice.the_practice(session)
    if house.ahead_days is None:
        return False
    return bool(_periods_due(house)) or bool(advance.to_settle(session))


def _periods_due(house: Practice) -> list[tuple[InvoicingRhythm, date, date]]:
    """The coming week and month, as far as the practice invoices them by now and has not yet."""
    if house.ahead_days is None:
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
    if actor is None or house.ahead_days is None:
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
    number, left = _settle_waiting(session, actor)
    if number:
        audit.note(session, action="settle_all", resource=Resource.INVOICES, detail=_settled(number, left))
    return made
