"""From an appointment to its invoices: charges by attendance, shares by arrangement, one invoice per payer."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.invoice import Line as PaperLine
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import accounts, billing, logins, notes, practice
from practicerunner.records.accounts import InvoiceFacts
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.billing import (
    BillingArrangement,
    Charge,
    ChargeShare,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    OpenInvoice,
)
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Practice, Service
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import fees, names
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.ledger import invoice_state
from practicerunner.rules.notes import needs_cosignature
from practicerunner.rules.shares import split
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    AttendanceStatus,
    CaseType,
    ChargeKind,
    DocumentKind,
    EntryKind,
    InvoiceState,
    InvoicingRhythm,
    MessageKind,
    NoteKind,
    Resource,
)
from practicerunner.workflows import billing_notices, papers
from practicerunner.workflows.access import Actor, authorize, may
from practicerunner.workflows.arrangements import in_force, parts_of
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.people import payer_of


class AttendanceMissing(RuleViolation):
    """Record the attendance first; what is charged depends on it."""


class PayerMissing(RuleViolation):
    """Nobody is set down to pay for this. Say who pays first."""


class CosignatureMissing(RuleViolation):
    """An associate's appointment is invoiced once its note is co-signed. It waits for the supervisor."""


class NothingToCharge(RuleViolation):
    """Nothing is charged for this appointment."""


class InvoiceAppointment(Command):
    """Create the invoices of one appointment, one per payer. ``issued_on`` is today unless given."""

    appointment_id: int
    issued_on: date | None = None


class InvoiceAppointments(Command):
    """Create the invoices of several appointments at once."""

    appointment_ids: tuple[int, ...] = Field(min_length=1, max_length=500)


@dataclass(frozen=True, slots=True)
class Planned:
    """One charge that an appointment gives rise to, and how it is shared: ``(payer id, cents)`` in order."""

    person_id: int | None
    kind: ChargeKind
    description: str
    standard_cents: int
    amount_cents: int
    shares: tuple[tuple[int, int], ...]
    monthly: frozenset[int] = frozenset()
    """Payers who get one invoice per month."""


@dataclass(frozen=True, slots=True)
class PlannedInvoice:
    """What one payer will be invoiced for an appointment."""

    payer: str
    lines: tuple[tuple[str, int], ...]
    total_cents: int
    monthly: bool = False
    """Whether it waits for the payer's invoice of the month."""


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
    """What is charged already and waits for the invoice of the month."""


def appointment_to_bill(
    session: Session, actor: Actor, appointment_id: int, action: Action
) -> tuple[Appointment, Case]:
    """The door to an appointment's billing. Locks its row for anything but reading. Raises NotFound, NotPermitted."""
    lock = None if action is Action.READ else FOR_CHANGE
    appointment = session.get(Appointment, appointment_id, with_for_update=lock)
    if appointment is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=appointment_id)
    case = session.get_one(Case, appointment.case_id)
    authorize(
        session, actor, action, Resource.INVOICES, responsible=[appointment.provider_id, case.provider_id],
        supervisor_id=appointment.supervisor_id or case.supervisor_id, resource_id=appointment_id, case_id=case.id,
    )
    return appointment, case


def planned_charges(session: Session, appointment: Appointment, case: Case) -> list[Planned]:
    """What is to be charged for an appointment. Raises AttendanceMissing, PayerMissing, NothingToCharge."""
    able = capabilities(case.type)
    statuses = {row.person_id: row.status for row in appointment.attendances}
    if not statuses or set(statuses.values()) & fees.UNRECORDED:
        raise AttendanceMissing
    arrangements = in_force(billing.arrangements(session, case.id), appointment.local_date)
    service = session.get_one(Service, appointment.service_id)
    missed = practice.the_practice(session).missed_fee_basis_points
    units: list[tuple[int | None, list[AttendanceStatus]]] = (
        [(person_id, [status]) for person_id, status in statuses.items()] if able.charged_each
        else [(None, list(statuses.values()))]
    )
    planned = []
    for person_id, came in units:
        arrangement = arrangements.get(person_id)
        charged = fees.charge(came, agreed_fee(appointment, arrangement), missed)
        if charged is None or charged[1] == 0:
            continue
        kind, amount = charged
        if arrangement is not None:
            shares = split(amount, parts_of(session, arrangement))
        else:
            shares = [(_self_payer(session, case, person_id, list(statuses)).id, amount)]
        description = service.name if kind is ChargeKind.SERVICE else f"{service.name}: {kind.label.lower()} fee"
        monthly = frozenset(s.payer_id for s in arrangement.shares if s.rhythm is InvoicingRhythm.MONTHLY) \
            if arrangement is not None else frozenset()
        planned.append(Planned(
            person_id, kind, description, appointment.fee_cents, amount, tuple(shares), monthly))
    if not planned:
        raise NothingToCharge
    return planned


def agreed_fee(appointment: Appointment, arrangement: BillingArrangement | None) -> int:
    """What was agreed for an appointment by the arrangement in force on its day, in cents."""
    if arrangement is None:
        return appointment.fee_cents
    return fees.agreed_fee(
        appointment.fee_cents, arrangement.fee_terms, arrangement.fee_cents, arrangement.fee_basis_points
    )


def _self_payer(session: Session, case: Case, person_id: int | None, people: Sequence[int]) -> Payer:
    """Who pays while nothing was arranged: people pay for themselves; for several people somebody has to say."""
    if person_id is None:
        if len(people) != 1 or capabilities(case.type).most != 1:
            raise PayerMissing
        person_id = people[0]
    return payer_of(session, person_id)


@command(Resource.INVOICES, Action.CREATE)
def invoice_appointment(session: Session, actor: Actor, asked: InvoiceAppointment) -> list[int]:
    """Charge an appointment and issue one invoice per payer. Returns the invoice ids; again, the existing ones (F05).

    Raises AttendanceMissing, PayerMissing, NothingToCharge, BadInput.
    """
    appointment, case = appointment_to_bill(session, actor, asked.appointment_id, Action.CREATE)
    session.info["case_id"] = case.id
    return issue_for(session, actor, appointment, case, asked.issued_on)


@command(Resource.INVOICES, Action.CREATE)
def invoice_appointments(session: Session, actor: Actor, asked: InvoiceAppointments) -> list[int]:
    """Charge and invoice several appointments: all or none. Returns the invoice ids."""
    made = []
    for appointment_id in asked.appointment_ids:
        appointment, case = appointment_to_bill(session, actor, appointment_id, Action.CREATE)
        made += issue_for(session, actor, appointment, case, None)
    session.info["detail"] = f"{len(made)} invoices"
    return made


def issue_for(
    session: Session, actor: Actor, appointment: Appointment, case: Case, day: date | None, *, at_once: bool = False
) -> list[int]:
    """Charge an appointment and issue what no invoice carries yet; callers have authorised it. Returns all invoices.

    Monthly parts are written and wait to be gathered, unless they are wanted ``at_once``.
    """
    house = practice.the_practice(session)
    issued_on = day or clock.today(house.zone)
    if issued_on < appointment.local_date:
        raise BadInput("issued_on", "An invoice cannot be older than the appointment.")
    charges = billing.live_charges(session, appointment.id)
    if not charges:
        check_cosigned(session, appointment, case)
    by_id = {charge.id: charge for charge in charges}
    parts = [part_of(by_id[share.charge_id], share) for share in billing.shares_of(session, list(by_id))]
    parts += _charge(session, appointment, case, uncharged(session, appointment, case, charges))
    waiting: dict[int, list[BilledPart]] = defaultdict(list)
    for part in parts:
        if part.invoice_id is None and (at_once or not part.is_monthly):
            waiting[part.payer_id].append(part)
    made = {
        payer_id: issue(session, actor, house, case, payer_id, due, issued_on) for payer_id, due in waiting.items()
    }
    found = (part.invoice_id or made.get(part.payer_id) for part in parts)
    return list(dict.fromkeys(invoice_id for invoice_id in found if invoice_id is not None))


def check_cosigned(session: Session, appointment: Appointment, case: Case) -> None:
    """Raise CosignatureMissing where the practice waits for an associate's note and it is not locked yet (C33)."""
    if not practice.the_practice(session).invoice_after_cosign or appointment.status is not AppointmentStatus.HELD:
        return
    roles = logins.roles_of(session, [appointment.provider_id]).get(appointment.provider_id, set())
    if needs_cosignature(roles) and not notes.is_locked(session, appointment.id, capabilities(case.type).main_note):
        raise CosignatureMissing


def kinds_to_wait_for(session: Session) -> dict[CaseType, NoteKind] | None:
    """The note that has to be locked before an associate's appointment is invoiced; ``None`` where nobody waits."""
    if not practice.the_practice(session).invoice_after_cosign:
        return None
    return {kind: able.main_note for kind, able in CASE_TYPES.items()}


@dataclass(frozen=True, slots=True)
class BilledPart:
    """One payer's part of a charge."""

    charge_id: int
    payer_id: int
    amount_cents: int
    person_id: int | None
    service_date: date
    description: str
    provider_id: int
    supervisor_id: int | None
    kept: ChargeShare | None = None
    """Its row, where there is one already; otherwise the invoice writes it."""

    @property
    def invoice_id(self) -> int | None:
        """The invoice that carries it already."""
        return self.kept.invoice_id if self.kept else None

    @property
    def is_monthly(self) -> bool:
        """Whether it waits to be gathered."""
        return self.kept is not None and self.kept.rhythm is InvoicingRhythm.MONTHLY


def part_of(charge: Charge, share: ChargeShare) -> BilledPart:
    """A payer's part of a charge that is written already."""
    return BilledPart(
        charge.id, share.payer_id, share.amount_cents, charge.person_id, charge.service_date, charge.description,
        charge.provider_id, charge.supervisor_id, share,
    )


def uncharged(
    session: Session, appointment: Appointment, case: Case, charges: Sequence[Charge]
) -> list[Planned]:
    """What is to be charged beside the charges that stand already: everything, or who was voided or changed since.

    Raises AttendanceMissing, PayerMissing, NothingToCharge where no charge stands yet.
    """
    if not charges:
        return planned_charges(session, appointment, case)
    try:
        planned = planned_charges(session, appointment, case)
    except RuleViolation:
        return []
    standing = {charge.person_id for charge in charges}
    return [one for one in planned if one.person_id not in standing]


def _charge(session: Session, appointment: Appointment, case: Case, planned: Sequence[Planned]) -> list[BilledPart]:
    """Write what is charged for an appointment, and say how it is shared."""
    rows, parts, waiting = [], [], []
    for plan in planned:
        charge_id = ids.new_id()
        rows.append({
            "id": charge_id, "case_id": case.id, "appointment_id": appointment.id, "person_id": plan.person_id,
            "unit": f"{appointment.id}:{plan.person_id or 0}", "kind": plan.kind, "service_id": appointment.service_id,
            "service_date": appointment.local_date, "description": plan.description,
            "standard_cents": plan.standard_cents, "amount_cents": plan.amount_cents,
            "provider_id": appointment.provider_id, "supervisor_id": appointment.supervisor_id,
        })
        for payer_id, cents in plan.shares:
            kept = ChargeShare(
                charge_id=charge_id, payer_id=payer_id, amount_cents=cents, rhythm=InvoicingRhythm.MONTHLY,
            ) if payer_id in plan.monthly else None
            waiting += [kept] if kept else []
            parts.append(BilledPart(
                charge_id, payer_id, cents, plan.person_id, appointment.local_date, plan.description,
                appointment.provider_id, appointment.supervisor_id, kept))
    add_rows(session, Charge, rows)
    session.add_all(waiting)
    return parts


def issue(
    session: Session, actor: Actor, house: Practice, case: Case, payer_id: int, due: Sequence[BilledPart],
    issued_on: date, replaces: Invoice | None = None,
) -> int:
    """Write one invoice with its lines, ledger entries, open amount and frozen paper. Returns its id."""
    payer = session.get_one(Payer, payer_id)
    number = practice.take_number(session, DocumentKind.INVOICE, DocumentKind.INVOICE.prefix, issued_on.year)
    due_on = issued_on + timedelta(days=house.payment_due_days)
    lines = _paper_lines(session, payer, due)
    total = sum(part.amount_cents for part in due)
    invoice_id = ids.new_id()
    add_rows(session, Invoice, [{
        "id": invoice_id, "number": number, "payer_id": payer_id, "case_id": case.id, "issued_on": issued_on,
        "due_on": due_on, "total_cents": total, "issued_by_id": actor.staff_id,
        "replaces_id": replaces.id if replaces else None,
    }])
    for part in due:
        if part.kept is not None:
            part.kept.invoice_id = invoice_id
    add_rows(session, ChargeShare, [
        {"charge_id": part.charge_id, "payer_id": payer_id, "amount_cents": part.amount_cents, "invoice_id": invoice_id}
        for part in due if part.kept is None
    ])
    add_rows(session, InvoiceLine, [
        {"invoice_id": invoice_id, "charge_id": part.charge_id, "service_date": part.service_date,
         "description": line.description, "amount_cents": part.amount_cents}
        for part, line in zip(due, lines, strict=True)
    ])
    add_rows(session, LedgerEntry, [
        {"case_id": case.id, "payer_id": payer_id, "kind": EntryKind.CHARGE, "amount_cents": part.amount_cents,
         "effective_on": issued_on, "invoice_id": invoice_id, "charge_id": part.charge_id,
         "recorded_by_id": actor.staff_id}
        for part in due
    ])
    add_rows(session, OpenInvoice, [{
        "invoice_id": invoice_id, "payer_id": payer_id, "case_id": case.id, "issued_on": issued_on, "due_on": due_on,
        "open_cents": total,
    }])
    content = papers.invoice_content(
        session, house, payer, number=number, issued_on=issued_on, due_on=due_on, for_name=case.name, lines=lines,
        replaces=replaces.number if replaces else "",
    )
    papers.freeze(
        session, DocumentKind.INVOICE, content, payer_id=payer_id, case_id=case.id, invoice_id=invoice_id
    )
    billing_notices.tell_by_itself(session, house, MessageKind.INVOICE_ISSUED, payer_id, case.id)
    session.flush()
    return invoice_id


def _paper_lines(session: Session, payer: Payer, due: Sequence[BilledPart]) -> list[PaperLine]:
    """The lines as printed; each names the participant only where somebody else pays for them (X08)."""
    staff = {i for part in due for i in (part.provider_id, part.supervisor_id) if i is not None}
    signed = logins.signed_names(session, staff)
    lines = []
    for part in due:
        description = part.description
        if part.person_id is not None and payer.person_id != part.person_id:
            person = session.get_one(Person, part.person_id)
            description += f", for {names.person_name(person.first_name, person.last_name)}"
        lines.append(PaperLine(
            service_date=part.service_date, description=description, amount_cents=part.amount_cents,
            provider=signed[part.provider_id], supervisor=signed[part.supervisor_id] if part.supervisor_id else "",
        ))
    return lines


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
        credited_cents=facts.credited_cents,
    )
    return InvoiceView(facts, state)


@reader(Resource.INVOICES)
def appointment_billing(session: Session, actor: Actor, appointment_id: int) -> AppointmentBilling:
    """The billing block of the appointment page: what will be invoiced to whom, exactly, or the invoices there are."""
    appointment, case = appointment_to_bill(session, actor, appointment_id, Action.READ)
    today = clock.today(practice.the_practice(session).zone)
    found = [view(facts, today) for facts in accounts.invoices_of_appointment(session, appointment_id)]
    may_invoice = may(actor, Action.CREATE, Resource.INVOICES)
    planned: list[PlannedInvoice] = []
    waiting: list[PlannedInvoice] = []
    problem = ""
    charges = billing.live_charges(session, appointment_id)
    try:
        lines: dict[int, list[tuple[str, int]]] = defaultdict(list)
        by_id = {charge.id: charge for charge in charges}
        kept: dict[int, list[tuple[str, int]]] = defaultdict(list)
        monthly: set[int] = set()
        for share in billing.shares_of(session, list(by_id)):
            if share.invoice_id is None:
                where = kept if share.rhythm is InvoicingRhythm.MONTHLY else lines
                where[share.payer_id].append((by_id[share.charge_id].description, share.amount_cents))
        waiting = _by_payer(session, kept, kept.keys())
        if not charges:
            check_cosigned(session, appointment, case)
        for plan in uncharged(session, appointment, case, charges):
            for payer_id, cents in plan.shares:
                lines[payer_id].append((plan.description, cents))
            monthly |= plan.monthly
        planned = _by_payer(session, lines, monthly)
    except RuleViolation as reason:
        problem = str(reason)
    return AppointmentBilling(tuple(planned), tuple(found), problem, may_invoice, today, tuple(waiting))


def _by_payer(
    session: Session, lines: dict[int, list[tuple[str, int]]], monthly: Collection[int]
) -> list[PlannedInvoice]:
    payers = billing.payer_names(session, list(lines))
    return [
        PlannedInvoice(payers[payer_id], tuple(rows), sum(cents for _, cents in rows), payer_id in monthly)
        for payer_id, rows in lines.items()
    ]
