"""One invoice per payer and month: what waits is shown, and gathered all or none (H08)."""

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
from practicerunner.records.logins import Staff
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.billing import BilledPart, issue, part_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
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


class InvoiceMonth(Command):
    """Gather everything that waits of a month, named by any of its days."""

    month: date


@dataclass(frozen=True, slots=True)
class Waiting:
    """What will be one invoice: whose, for which case and month, how many lines and how much."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    month: date
    """Its first day."""
    lines: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ToGather:
    """Everything that waits, oldest month first."""

    rows: tuple[Waiting, ...]
    today: date

    @property
    def sum_cents(self) -> int:
        """What all of it comes to."""
        return sum(row.amount_cents for row in self.rows)


def month_of(day: date) -> tuple[date, date]:
    """The first and last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@reader(Resource.INVOICES)
def waiting_to_be_gathered(session: Session, actor: Actor) -> ToGather:
    """What waits for the invoice of the month, within the cases that the actor may see."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    found: dict[tuple[date, int, int], list[gathering.WaitingLine]] = defaultdict(list)
    for line in gathering.waiting_lines(session, sees, Span(LONG_AGO, date.max)):
        found[line.service_date.replace(day=1), line.payer_id, line.case_id].append(line)
    rows = [
        Waiting(payer_id, lines[0].payer, case_id, lines[0].case_name, month, len(lines),
                sum(line.amount_cents for line in lines))
        for (month, payer_id, case_id), lines in found.items()
    ]
    rows.sort(key=lambda row: row.month)
    return ToGather(tuple(rows), clock.today(practice.the_practice(session).zone))


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
    return _gather(session, actor, sees, Span(asked.first, asked.last, asked.payer_id, asked.case_id))


@command(Resource.INVOICES, Action.CREATE)
def invoice_month(session: Session, actor: Actor, asked: InvoiceMonth) -> list[int]:
    """Gather everything that waits of a month in the actor's cases. Returns its invoices; again, the existing ones.

    Raises NothingWaits.
    """
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    return _gather(session, actor, sees, Span(*month_of(asked.month)))


def _gather(session: Session, actor: Actor, sees: ColumnElement[bool], span: Span) -> list[int]:
    made = _issue_waiting(session, actor, sees, span)
    found = gathering.gathered_invoices(session, sees, span)
    if not found:
        raise NothingWaits
    session.info["detail"] = f"{len(made)} invoices, {span.first} to {span.last}"
    return found


def _issue_waiting(session: Session, actor: Actor, sees: ColumnElement[bool], span: Span) -> list[int]:
    """Issue one invoice per payer and case for what waits. Returns the new ones."""
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
        made.append(issue(session, actor, house, case, payer_id, due, issued_on))
    session.flush()
    return made


def is_month_due(session: Session) -> bool:
    """Whether the month before is to be gathered without a click, and was not yet."""
    return _due(practice.the_practice(session))


def _due(house: Practice) -> bool:
    if house.invoicing_day is None or house.is_demo:
        return False
    today = clock.today(house.zone)
    end = today.replace(day=1) - timedelta(days=1)
    return today.day >= house.invoicing_day and (house.gathered_until is None or house.gathered_until < end)


def gather_last_month(session: Session) -> list[int]:
    """Gather what waits up to the end of last month, once; in the name of who decided that it happens by itself.

    Where they work here no more, nothing is issued until somebody decides anew. Returns the new invoices.
    """
    house = session.get_one(
        Practice, practice.the_practice(session).id, with_for_update=FOR_CHANGE, populate_existing=True)
    by = session.get(Staff, house.invoicing_by_id) if house.invoicing_by_id else None
    if not _due(house) or by is None or not by.active:
        return []
    actor = actor_for(session, by.id)
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return []
    end = clock.today(house.zone).replace(day=1) - timedelta(days=1)
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    made = _issue_waiting(session, actor, sees, Span(LONG_AGO, end))
    house.gathered_until = end
    audit.note(
        session, action="gather_last_month", resource=Resource.INVOICES, detail=f"{len(made)} invoices up to {end}",
    )
    return made
