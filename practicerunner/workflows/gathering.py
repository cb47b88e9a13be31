"""One invoice per payer and week or month: what waits is shown, and gathered all or none (H08)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import audit, cases, gathering, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.gathering import Span
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import Action, InvoicingRhythm, Resource
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.invoicing import BilledPart, issue_or_draft, part_of
from practicerunner.workflows.staff import actor_for

LONG_AGO = date(1900, 1, 1)


class NothingWaits(RuleViolation):
    """Nothing waits to be gathered here."""


class InvoicePayer(Command):
    """Gather what waits of one payer from ``first`` to ``last``, in one case or in all: one invoice per case."""

    payer_id: int
    case_id: int | None = None
    first: date
    last: date
    as_drafts: bool | None = None


class InvoiceMonth(Command):
    """Gather everything that waits of a month, named by any of its days."""

    month: date
    as_drafts: bool | None = None


class InvoiceWeek(Command):
    """Gather everything that waits of a week, Monday to Sunday, named by any of its days."""

    week: date
    as_drafts: bool | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What will be one invoice: whose, for which case and week or month, how many lines and how much."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    first: date
    """The first day of its week or month."""
    rhythm: InvoicingRhythm
    lines: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ToGather:
    """Everything that waits, the oldest first."""

    rows: tuple[Waiting, ...]
    today: date
    as_drafts: bool = False
    """Whether the practice makes drafts first."""

    @property
    def sum_cents(self) -> int:
        """What all of it comes to."""
        return sum(row.amount_cents for row in self.rows)


def month_of(day: date) -> tuple[date, date]:
    """The first and last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def week_of(day: date) -> tuple[date, date]:
    """The Monday and Sunday of a day's week."""
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=6)


def period_of(day: date, rhythm: InvoicingRhythm) -> tuple[date, date]:
    """The first and last day of the week or month in which a payer with this rhythm gets one invoice."""
    return week_of(day) if rhythm.is_weekly else month_of(day)


@reader(Resource.INVOICES)
def waiting_to_be_gathered(session: Session, actor: Actor) -> ToGather:
    """What waits for the invoice of the week or month, within the cases that the actor may see."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    found: dict[tuple[date, InvoicingRhythm, int, int], list[gathering.WaitingLine]] = defaultdict(list)
    for line in gathering.waiting_lines(session, sees, Span(LONG_AGO, date.max)):
        first, _ = period_of(line.service_date, line.rhythm)
        found[first, line.rhythm, line.payer_id, line.case_id].append(line)
    rows = [
        Waiting(payer_id, lines[0].payer, case_id, lines[0].case_name, first, rhythm, len(lines),
                sum(line.amount_cents for line in lines))
        for (first, rhythm, payer_id, case_id), lines in found.items()
    ]
    rows.sort(key=lambda row: (row.first, row.rhythm.is_weekly))
    house = practice.the_practice(session)
    return ToGather(tuple(rows), clock.today(house.zone), house.invoices_as_drafts)


@dataclass(frozen=True, slots=True)
class PayerWaits:
    """What one payer's invoices of the week or month will say, by case."""

    lines: tuple[gathering.WaitingLine, ...]
    as_drafts: bool
    """Whether the practice makes drafts first."""


@reader(Resource.INVOICES)
def waiting_of_payer(session: Session, actor: Actor, payer_id: int) -> PayerWaits:
    """What can be invoiced to one payer over all cases in which the actor makes invoices."""
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    return PayerWaits(
        tuple(gathering.waiting_lines(session, sees, Span(LONG_AGO, date.max, payer_id))),
        practice.the_practice(session).invoices_as_drafts)


@command(Resource.INVOICES, Action.CREATE)
def invoice_payer(session: Session, actor: Actor, asked: InvoicePayer) -> list[int]:
    """Gather what waits of a payer. Returns the invoices of that time; again, the existing ones.

    Raises NotFound, NothingWaits, BadInput.
    """
    if asked.last < asked.first:
        raise BadInput("last", "The last day is before the first.")
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    if asked.case_id is not None:
        case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.INVOICES)
    if session.get(Payer, asked.payer_id) is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES, resource_id=asked.payer_id)
    session.info["case_id"] = asked.case_id
    return _gather(
        session, actor, sees, Span(asked.first, asked.last, asked.payer_id, asked.case_id), asked.as_drafts)


@command(Resource.INVOICES, Action.CREATE)
def invoice_month(session: Session, actor: Actor, asked: InvoiceMonth) -> list[int]:
    """Gather everything that waits of a month in the actor's cases. Returns its invoices; again, the existing ones.

    Raises NothingWaits.
    """
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    span = Span(*month_of(asked.month), rhythms=(InvoicingRhythm.MONTHLY,))
    return _gather(session, actor, sees, span, asked.as_drafts)


@command(Resource.INVOICES, Action.CREATE)
def invoice_week(session: Session, actor: Actor, asked: InvoiceWeek) -> list[int]:
    """Gather everything that waits of a week in the actor's cases. Returns its invoices; again, the existing ones.

    Raises NothingWaits.
    """
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    span = Span(*week_of(asked.week), rhythms=(InvoicingRhythm.WEEKLY,))
    return _gather(session, actor, sees, span, asked.as_drafts)


def _gather(
    session: Session, actor: Actor, sees: ColumnElement[bool], span: Span, as_drafts: bool | None
) -> list[int]:
    made, set_aside = issue_waiting(session, actor, sees, span, as_drafts)
    found = gathering.gathered_invoices(session, sees, span)
    if not found and not set_aside:
        raise NothingWaits
    session.info["detail"] = f"{len(made)} invoices, {set_aside} drafts, {span.first} to {span.last}"
    return found


def issue_waiting(
    session: Session, actor: Actor, sees: ColumnElement[bool], span: Span, as_drafts: bool | None = None
) -> tuple[list[int], int]:
    """Issue one invoice per payer and case for what waits, or make drafts. Returns the new ones and how many drafts."""
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    parts: dict[tuple[int, int], list[BilledPart]] = defaultdict(list)
    for charge, share in gathering.waiting_parts(session, sees, span):
        parts[share.payer_id, charge.case_id].append(part_of(charge, share))
    made = []
    for (payer_id, case_id), due in parts.items():
        case = session.get_one(Case, case_id)
        authorize(
            session, actor, Action.CREATE, Resource.INVOICES, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id, case_id=case.id,
        )
        issued_on = max([today, *(part.service_date for part in due)])
        made.append(issue_or_draft(session, actor, house, case, payer_id, due, issued_on, as_draft=as_drafts))
    session.flush()
    issued = [invoice_id for invoice_id in made if invoice_id is not None]
    return issued, len(made) - len(issued)


def is_any_due(session: Session) -> bool:
    """Whether the month or the week before is to be gathered without a click, and was not yet."""
    house = practice.the_practice(session)
    return _month_due(house) is not None or _week_due(house) is not None


def _month_due(house: Practice) -> date | None:
    """The last day of the month that is to be gathered now."""
    if house.invoicing_day is None:
        return None
    today = clock.today(house.zone)
    end = today.replace(day=1) - timedelta(days=1)
    is_due = today.day >= house.invoicing_day and (house.gathered_until is None or house.gathered_until < end)
    return end if is_due else None


def _week_due(house: Practice) -> date | None:
    """The last day of the week that is to be gathered now."""
    if house.invoicing_weekday is None:
        return None
    today = clock.today(house.zone)
    end = today - timedelta(days=today.weekday() + 1)
    is_due = today.weekday() >= house.invoicing_weekday and (
        house.week_gathered_until is None or house.week_gathered_until < end)
    return end if is_due else None


def who_invoices(session: Session) -> tuple[Practice, Actor | None]:
    """The practice, locked, and in whose name it invoices by itself: who decided so.

    Where they work here no more, nothing is issued until somebody decides anew.
    """
    house = session.get_one(
        Practice, practice.the_practice(session).id, with_for_update=FOR_CHANGE, populate_existing=True)
    by = session.get(Staff, house.invoicing_by_id) if house.invoicing_by_id else None
    if by is None or not by.active:
        return house, None
    actor = actor_for(session, by.id)
    return house, actor if may(actor, Action.CREATE, Resource.INVOICES) else None


def gather_last_month(session: Session) -> list[int]:
    """Gather what waits up to the end of last month, once, for those who get one invoice per month.

    Returns the new invoices.
    """
    house, actor = who_invoices(session)
    end = _month_due(house)
    if end is None or actor is None:
        return []
    made = _gather_until(session, actor, end, InvoicingRhythm.MONTHLY, "gather_last_month")
    house.gathered_until = end
    return made


def gather_last_week(session: Session) -> list[int]:
    """Gather what waits up to the end of last week, once, for those who get one invoice per week.

    Returns the new invoices.
    """
    house, actor = who_invoices(session)
    end = _week_due(house)
    if end is None or actor is None:
        return []
    made = _gather_until(session, actor, end, InvoicingRhythm.WEEKLY, "gather_last_week")
    house.week_gathered_until = end
    return made


def _gather_until(session: Session, actor: Actor, end: date, rhythm: InvoicingRhythm, action: str) -> list[int]:
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    made, set_aside = issue_waiting(session, actor, sees, Span(LONG_AGO, end, rhythms=(rhythm,)))
    said = f" and {set_aside} drafts" if set_aside else ""
    audit.note(session, action=action, resource=Resource.INVOICES, detail=f"{len(made)} invoices{said} up to {end}")
    return made
