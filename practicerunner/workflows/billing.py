"""From an appointment to its invoices: charges by attendance, shares by arrangement, one invoice per payer."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import accounts, billing, drafts, notes, packages, practice, staff
from practicerunner.records.accounts import InvoiceFacts
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.billing import Charge, ChargeShare, Invoice
from practicerunner.records.cases import Case, seen
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import fees
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.foreseen import Foreseen
from practicerunner.rules.ledger import invoice_state
from practicerunner.rules.notes import needs_cosignature
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    CaseType,
    ChargeKind,
    InvoiceState,
    InvoicingRhythm,
    NoteKind,
    Resource,
)
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.charging import (
    Planned,
    Reckoned,
    Unpaid,
    foresee,
    to_settle,
    uncharged,
    use_place,
    write_charge,
)
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.invoicing import BilledPart, by_rhythm, issue_or_draft, part_of


class CosignatureMissing(RuleViolation):
    """An associate's appointment is invoiced once its note is co-signed. It waits for the supervisor."""


class InvoiceAppointment(Command):
    """Create the invoices of one appointment, one per payer. ``issued_on`` is by default today, or its day to come."""

    appointment_id: int
    issued_on: date | None = None
    as_drafts: bool | None = None
    """Whether drafts are made and not invoices; ``None`` as the practice usually does."""


class InvoiceAppointments(Command):
    """Create the invoices of several appointments at once."""

    appointment_ids: tuple[int, ...] = Field(min_length=1, max_length=500)
    as_drafts: bool | None = None


@dataclass(frozen=True, slots=True)
class PlannedInvoice:
    """What one payer will be invoiced for an appointment."""

    payer: str
    lines: tuple[tuple[str, int], ...]
    total_cents: int
    rhythm: InvoicingRhythm = InvoicingRhythm.PER_APPOINTMENT
    payer_id: int = 0

    @property
    def monthly(self) -> bool:
        """Whether it waits for the payer's invoice of the month, or of the week."""
        return self.rhythm.waits


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice as a list shows it."""

    facts: InvoiceFacts
    state: InvoiceState


@dataclass(frozen=True, slots=True)
class AppointmentBilling:
    """The billing of one appointment: what would be invoiced, what was, and why nothing can be."""

    planned: tuple[PlannedInvoice, ...]
    invoices: tuple[InvoiceView, ...]
    problem: str
    may_invoice: bool
    today: date
    waiting: tuple[PlannedInvoice, ...] = ()
    """What is charged already and waits for the invoice of the week or month."""
    to_use: tuple[str, ...] = ()
    """Sessions of packages that it will use, in words."""
    used: tuple[str, ...] = ()
    """Sessions of packages that it used, in words."""
    hints: tuple[str, ...] = ()
    drafts: tuple[tuple[str, int], ...] = ()
    """Payer and amount of what stands on a draft."""
    as_drafts: bool = False
    """Whether the practice makes drafts first."""
    to_settle: bool = False
    """Whether it was invoiced in advance and can now be held against what became of it."""
    foreseen: tuple[Foreseen, ...] = ()
    """What it will be charged, for the appointments that are looked at after it."""
    case_id: int = 0
    left_out: tuple[Unpaid, ...] = ()
    """Who is not invoiced with the others because nobody is set down to pay for them."""
    unsettled: tuple[Unpaid, ...] = ()
    """Whose part was invoiced in advance and cannot be settled because nobody is set down to pay for them."""


def appointment_to_bill(
    session: Session, actor: Actor, appointment_id: int, action: Action
) -> tuple[Appointment, Case]:
    """The door to an appointment's billing. Locks its row for anything but reading. Raises NotFound, NotPermitted."""
    lock = None if action is Action.READ else FOR_CHANGE
    if lock is not None:
        billing.lock_payers(session, [appointment_id])
    appointment = session.get(Appointment, appointment_id, with_for_update=lock)
    if appointment is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=appointment_id)
    case = session.get_one(Case, appointment.case_id)
    authorize(
        session, actor, action, Resource.INVOICES, responsible=[appointment.provider_id, case.provider_id],
        supervisor_id=appointment.supervisor_id or case.supervisor_id, resource_id=appointment_id, case_id=case.id,
    )
    return appointment, case


@command(Resource.INVOICES, Action.CREATE)
def invoice_appointment(session: Session, actor: Actor, asked: InvoiceAppointment) -> list[int]:
    """Charge an appointment and issue one invoice per payer. Returns the invoice ids; again, the existing ones (F05).

    Raises AttendanceMissing, PayerMissing, NothingToCharge, BadInput.
    """
    appointment, case = appointment_to_bill(session, actor, asked.appointment_id, Action.CREATE)
    session.info["case_id"] = case.id
    return issue_for(session, actor, appointment, case, asked.issued_on, as_drafts=asked.as_drafts)


@command(Resource.INVOICES, Action.CREATE)
def invoice_appointments(session: Session, actor: Actor, asked: InvoiceAppointments) -> list[int]:
    """Charge and invoice several appointments: all or none. Returns the invoice ids."""
    made = []
    for appointment_id in asked.appointment_ids:
        appointment, case = appointment_to_bill(session, actor, appointment_id, Action.CREATE)
        made += issue_for(session, actor, appointment, case, None, as_drafts=asked.as_drafts)
    session.info["detail"] = f"{len(made)} invoices"
    return made


def issue_for(
    session: Session, actor: Actor, appointment: Appointment, case: Case, day: date | None, *,
    at_once: Collection[int | None] = (), as_drafts: bool | None = None, only_payer_id: int | None = None,
) -> list[int]:
    """Charge an appointment and issue what no invoice carries yet; callers have authorised it. Returns all invoices.

    What waits for the invoice of a week or month is written and waits, and a draft stays one, unless it is for a
    participant whose are wanted ``at_once`` (``None``: what is charged together). With ``only_payer_id`` what others
    pay is charged and stays to be invoiced.
    """
    house = practice.the_practice(session)
    issued_on = day or max(clock.today(house.zone), appointment.local_date)  # what is called off late is due before
    if issued_on < appointment.local_date:
        raise BadInput("issued_on", "An invoice cannot be older than the appointment.")
    charges = billing.live_charges(session, appointment.id)
    if not charges:
        check_cosigned(session, appointment, case)
    by_id = {charge.id: charge for charge in charges}
    parts = [part_of(by_id[share.charge_id], share) for share in billing.shares_of(session, list(by_id))]
    parts += _charge(session, appointment, case, uncharged(session, appointment, case, charges).planned)
    waiting: dict[int, list[BilledPart]] = defaultdict(list)
    for part in parts:
        if part.invoice_id is None and (part.person_id in at_once or not (part.waits or part.on_a_draft)):
            if only_payer_id in (None, part.payer_id):
                waiting[part.payer_id].append(part)
            elif part.kept is None:
                session.add(ChargeShare(
                    charge_id=part.charge_id, payer_id=part.payer_id, amount_cents=part.amount_cents))
    made = {
        payer_id: issue_or_draft(
            session, actor, house, case, payer_id, due, issued_on,
            as_draft=False if any(part.person_id in at_once for part in due) else as_drafts)
        for payer_id, due in waiting.items()
    }
    session.flush()  # what comes next asks how much of a limit is used up
    found = (part.invoice_id or made.get(part.payer_id) for part in parts)
    return list(dict.fromkeys(invoice_id for invoice_id in found if invoice_id is not None))


def check_cosigned(session: Session, appointment: Appointment, case: Case) -> None:
    """Raise CosignatureMissing where the practice waits for an associate's note and it is not locked yet (C33)."""
    if not practice.the_practice(session).invoice_after_cosign or appointment.status is not AppointmentStatus.HELD:
        return
    roles = staff.roles_of(session, [appointment.provider_id]).get(appointment.provider_id, set())
    if needs_cosignature(roles) and not notes.is_locked(session, appointment.id, capabilities(case.type).main_note):
        raise CosignatureMissing


def kinds_to_wait_for(session: Session) -> tuple[tuple[CaseType, NoteKind], ...] | None:
    """Which note has to be locked before an associate's appointment is invoiced; ``None`` where nobody waits."""
    if not practice.the_practice(session).invoice_after_cosign:
        return None
    return tuple((kind, able.main_note) for kind, able in CASE_TYPES.items())


def _charge(session: Session, appointment: Appointment, case: Case, planned: Sequence[Planned]) -> list[BilledPart]:
    """Write what is charged for an appointment, and say how it is shared."""
    parts, waiting = [], []
    for plan in planned:
        if plan.uses is not None:
            use_place(session, appointment, plan)
            continue
        charge_id = write_charge(session, appointment, case, plan)
        for payer_id, cents in plan.shares:
            rhythm = by_rhythm(plan.rhythms, payer_id)
            kept = ChargeShare(
                charge_id=charge_id, payer_id=payer_id, amount_cents=cents, rhythm=rhythm,
            ) if rhythm.waits else None
            waiting += [kept] if kept else []
            parts.append(planned_part(appointment, plan, charge_id, payer_id, cents, kept))
    session.add_all(waiting)
    return parts


def planned_part(
    appointment: Appointment, plan: Planned, charge_id: int, payer_id: int, cents: int, kept: ChargeShare | None = None
) -> BilledPart:
    """A payer's part of a charge that was just written."""
    return BilledPart(
        charge_id, payer_id, cents, plan.person_id, appointment.local_date, plan.description,
        appointment.provider_id, appointment.supervisor_id, kept, plan.kind, plan.standard_cents, plan.amount_cents)


def invoice_for(session: Session, actor: Actor, invoice_id: int, action: Action) -> tuple[Invoice, Case]:
    """The door to an invoice. Locks its open amount for anything but reading. Raises NotFound, NotPermitted."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=invoice_id)
    case = session.get_one(Case, invoice.case_id)
    authorize(
        session, actor, action, Resource.INVOICES, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
        resource_id=invoice_id, case_id=case.id,
    )
    session.info["case_id"] = case.id
    return invoice, case


def view(facts: InvoiceFacts, today: date) -> InvoiceView:
    """An invoice with its computed state."""
    state = invoice_state(
        facts.total_cents, facts.open_cents, facts.due_on, today, voided=facts.voided_on is not None,
        credited_cents=facts.credited_cents, written_off_cents=facts.written_off_cents,
    )
    return InvoiceView(facts, state)


@reader(Resource.INVOICES)
def appointment_billing(
    session: Session, actor: Actor, appointment_id: int, before: Sequence[Foreseen] = ()
) -> AppointmentBilling:
    """The billing block of the appointment page: what will be invoiced to whom, exactly, or the invoices there are.

    ``before`` is what other appointments will be charged that are invoiced with it, before it.
    """
    appointment, case = appointment_to_bill(session, actor, appointment_id, Action.READ)
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    charges = billing.live_charges(session, appointment_id)
    shares = billing.shares_of(session, [charge.id for charge in charges])
    problem, due = "", Reckoned()
    try:
        if not charges:
            check_cosigned(session, appointment, case)
        due = uncharged(session, appointment, case, charges, before)
    except RuleViolation as reason:
        problem = str(reason)
    kept, lines = _standing(charges, shares)
    _add(lines, due.planned, said=house.show_adjustments)
    on_drafts = drafts.lines(
        session, seen(visible(actor, Action.READ, Resource.INVOICES)), case_id=case.id, appointment_id=appointment_id,
    ) if any(share.draft_id for share in shares) else []
    used = packages.used_at(session, appointment_id) if any(charge.package_id for charge in charges) else {}
    ahead = to_settle(session, appointment, case, charges)
    return AppointmentBilling(
        tuple(_by_payer(session, lines)),
        tuple(view(facts, today) for facts in accounts.invoices_of_appointment(session, appointment_id)), problem,
        may(actor, Action.CREATE, Resource.INVOICES), today, tuple(_by_payer(session, kept)),
        to_use=tuple(plan.uses.in_words for plan in due.planned if plan.uses),
        used=tuple(place.in_words for place in used.values()),
        hints=tuple(dict.fromkeys(plan.hint for plan in due.planned if plan.hint)),
        drafts=tuple((line.payer, line.amount_cents) for line in on_drafts), as_drafts=house.invoices_as_drafts,
        to_settle=ahead is not None and ahead.can_settle, foreseen=tuple(foresee(session, appointment, due.planned)),
        case_id=case.id, left_out=due.unpaid, unsettled=ahead.unpaid if ahead else (),
    )


class _Lines:
    """What payers will be invoiced, line by line, and how often each gets an invoice."""

    def __init__(self) -> None:
        self.of: dict[int, list[tuple[str, int]]] = defaultdict(list)
        self.rhythms: dict[int, InvoicingRhythm] = {}


def _standing(charges: Sequence[Charge], shares: Sequence[ChargeShare]) -> tuple[_Lines, _Lines]:
    """Parts of charges that stand and no paper carries: what waits to be gathered, and what can be invoiced at once."""
    kept, lines = _Lines(), _Lines()
    said = {charge.id: charge.description for charge in charges}
    for share in shares:
        if share.invoice_id is None and share.draft_id is None:
            where = kept if share.rhythm.waits else lines
            where.of[share.payer_id].append((said[share.charge_id], share.amount_cents))
            where.rhythms[share.payer_id] = share.rhythm
    return kept, lines


def _add(lines: _Lines, planned: Sequence[Planned], *, said: bool) -> None:
    """Add what would be charged now; with what is ``said`` of the fee where the practice shows adjustments."""
    for plan in planned:
        words = plan.description
        if said and plan.kind is ChargeKind.SERVICE:
            words = "; ".join(filter(None, (words, fees.said_of_a_line(plan.standard_cents, plan.amount_cents))))
        for payer_id, cents in plan.shares:
            lines.of[payer_id].append((words, cents))
        lines.rhythms |= dict(plan.rhythms)


def _by_payer(session: Session, lines: _Lines) -> list[PlannedInvoice]:
    payers = billing.payer_names(session, list(lines.of))
    return [
        PlannedInvoice(payers[payer_id], tuple(rows), sum(cents for _, cents in rows),
                       lines.rhythms.get(payer_id, InvoicingRhythm.PER_APPOINTMENT), payer_id)
        for payer_id, rows in lines.of.items()
    ]
