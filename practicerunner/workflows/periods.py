"""Invoicing a period of a case: its appointments and what waits to be gathered, for one payer or everybody (H08)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.errors import BadInput
from practicerunner.records import arrangements, billing, cases, gathering, practice, uninvoiced
from practicerunner.records.gathering import Span
from practicerunner.records.uninvoiced import Uninvoiced
from practicerunner.rules.foreseen import Foreseen
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, visible
from practicerunner.workflows.accounts import LeftOut, why_not
from practicerunner.workflows.billing import (
    appointment_billing,
    appointment_to_bill,
    issue_for,
    kinds_to_wait_for,
)
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.gathering import LONG_AGO, NothingWaits, issue_waiting, month_of

MOST = 500
"""Appointments that are looked through at once."""


class InvoicePeriod(Command):
    """Invoice what a case has from ``first`` to ``last``: as each payer's schedule says, or that of one payer alone."""

    case_id: int
    payer_id: int | None = None
    first: date
    last: date
    as_drafts: bool | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What one payer gets for a period."""

    payer_id: int
    payer: str
    invoices: int
    lines: int
    cents: int


@dataclass(frozen=True, slots=True)
class PeriodPreview:
    """What invoicing a period would do, payer by payer."""

    rows: tuple[Due, ...]
    left_out: tuple[tuple[date, LeftOut], ...]
    """What cannot be invoiced now, by its day."""
    uses: tuple[tuple[date, str], ...]
    """Sessions of packages that will be used."""
    as_drafts: bool
    """Whether the practice makes drafts first."""


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    """Who can be invoiced for a period of a case, and the month in which the oldest thing waits."""

    payers: dict[int, str]
    oldest: tuple[date, date] | None
    """Empty where nothing waits."""


def _appointments(session: Session, actor: Actor, action: Action, case_id: int) -> list[Uninvoiced]:
    return uninvoiced.uninvoiced(
        session, visible(actor, action, Resource.INVOICES), limit=MOST, offset=0,
        after_cosign=kinds_to_wait_for(session), case_id=case_id)[0]


@reader(Resource.INVOICES)
def period_choice(session: Session, actor: Actor, case_id: int) -> PeriodChoice:
    """Whom a period of a case can be invoiced to, and which month waits. Raises NotFound."""
    case_for(session, actor, case_id, resource=Resource.INVOICES)
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    lines = gathering.waiting_lines(session, sees, Span(LONG_AGO, date.max, case_id=case_id))
    days = [line.service_date for line in lines]
    days += [row.held_on for row in _appointments(session, actor, Action.READ, case_id)]
    agreed = arrangements.of_case(session, case_id)
    payers = {share.payer_id for row in agreed for share in row.shares} | {line.payer_id for line in lines}
    names = billing.payer_names(session, payers | {row.sponsor_id for row in agreed if row.sponsor_id})
    return PeriodChoice(
        dict(sorted(names.items(), key=lambda one: (one[1], one[0]))), month_of(min(days)) if days else None)


@reader(Resource.INVOICES)
def period_preview(
    session: Session, actor: Actor, case_id: int, first: date, last: date, payer_id: int | None = None
) -> PeriodPreview:
    """What invoicing a period would do. The appointments are reckoned one after the other, as they are invoiced.

    Raises NotFound.
    """
    case_for(session, actor, case_id, resource=Resource.INVOICES)
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    names: dict[int, str] = {}
    invoices, lines, cents = Counter[int](), Counter[int](), Counter[int]()
    gathered: set[int] = set()
    for line in gathering.waiting_lines(session, sees, Span(first, last, payer_id, case_id)):
        names[line.payer_id] = line.payer
        gathered.add(line.payer_id)
        lines[line.payer_id] += 1
        cents[line.payer_id] += line.amount_cents
    before: list[Foreseen] = []
    left_out: list[tuple[date, LeftOut]] = []
    uses: list[tuple[date, str]] = []
    for row in _appointments(session, actor, Action.READ, case_id):
        if not first <= row.held_on <= last:
            continue
        found = appointment_billing(session, actor, row.appointment_id, before)
        before += found.foreseen
        uses += [(row.held_on, place) for place in found.to_use]
        if found.planned or found.to_use:
            left_out += [(row.held_on, LeftOut(row.appointment_id, one.reason, one.name)) for one in found.left_out]
        else:
            left_out.append((row.held_on, LeftOut(row.appointment_id, why_not(found))))
        for plan in found.planned:
            if payer_id in (None, plan.payer_id):
                names[plan.payer_id] = plan.payer
                lines[plan.payer_id] += len(plan.lines)
                cents[plan.payer_id] += plan.total_cents
                invoices[plan.payer_id] += not plan.monthly
                gathered |= {plan.payer_id} if plan.monthly else set()
    invoices.update(gathered)
    return PeriodPreview(
        tuple(Due(one, names[one], invoices[one], lines[one], cents[one])
              for one in sorted(names, key=lambda one: (names[one], one))),
        tuple(left_out), tuple(uses), practice.the_practice(session).invoices_as_drafts)


@command(Resource.INVOICES, Action.CREATE)
def invoice_period(session: Session, actor: Actor, asked: InvoicePeriod) -> list[int]:
    """Charge and invoice a period of a case, all or none. Returns the new invoices.

    A payer gets one invoice per appointment, or one for what is gathered, as was agreed. Where one payer is named,
    what the others pay of the same appointments stays to be invoiced. Raises NotFound, NothingWaits, BadInput.
    """
    if asked.last < asked.first:
        raise BadInput("last", "The last day is before the first.")
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.INVOICES)
    session.info["case_id"] = case.id
    due = [row.appointment_id for row in _appointments(session, actor, Action.CREATE, case.id)
           if asked.first <= row.held_on <= asked.last]
    made: list[int] = []
    charged = 0
    for appointment_id in _ready(session, actor, due, asked.payer_id):
        appointment, _ = appointment_to_bill(session, actor, appointment_id, Action.CREATE)
        charges = [charge.id for charge in billing.live_charges(session, appointment_id)]
        before = {share.invoice_id for share in billing.shares_of(session, charges)}
        made += [one for one in issue_for(
            session, actor, appointment, case, None, as_drafts=asked.as_drafts, only_payer_id=asked.payer_id,
        ) if one not in before]
        charged += 1
    session.flush()
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    issued, set_aside = issue_waiting(
        session, actor, sees, Span(asked.first, asked.last, asked.payer_id, case.id), asked.as_drafts)
    if not (charged or issued or set_aside):
        raise NothingWaits
    found = list(dict.fromkeys([*made, *issued]))
    session.info["detail"] = f"{len(found)} invoices, {asked.first} to {asked.last}"
    return found


def _ready(session: Session, actor: Actor, appointment_ids: Sequence[int], payer_id: int | None) -> list[int]:
    """Those of which something can be invoiced, to this payer or anybody.

    What stands before the last of them is charged too: of a limit it takes its part first.
    """
    before: list[Foreseen] = []
    ready: list[int] = []
    chargeable = []
    for appointment_id in appointment_ids:
        found = appointment_billing(session, actor, appointment_id, before)
        before += found.foreseen
        if found.to_use or found.planned:
            chargeable.append(appointment_id)
        if found.to_use or any(payer_id in (None, plan.payer_id) for plan in found.planned):
            ready = list(chargeable)
    return ready
