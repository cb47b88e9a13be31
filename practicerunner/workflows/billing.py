"""From an appointment to its invoices: charges by attendance, shares by arrangement, one invoice per payer."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.invoice import Line as PaperLine
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import accounts, billing, logins, practice
from practicerunner.records.accounts import InvoiceFacts
from practicerunner.records.base import add_rows
from practicerunner.records.billing import (
    Charge,
    ChargeShare,
    Invoice,
    InvoiceLine,
    InvoiceVoid,
    LedgerEntry,
    OpenInvoice,
)
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Practice, Service
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import fees, names
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.ledger import invoice_state
from practicerunner.rules.shares import split
from practicerunner.vocabulary import (
    Action,
    AttendanceStatus,
    ChargeKind,
    DocumentKind,
    EntryKind,
    FeeTerms,
    InvoiceState,
    Resource,
)
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor, authorize, may
from practicerunner.workflows.arrangements import in_force, parts_of
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.people import payer_of


class AttendanceMissing(RuleViolation):
    """Record the attendance first; what is charged depends on it."""


class PayerMissing(RuleViolation):
    """Nobody is set down to pay for this. Say who pays first."""


class NothingToCharge(RuleViolation):
    """Nothing is charged for this appointment."""


class InvoiceIsVoid(RuleViolation):
    """This invoice is void already."""


class InvoiceIsPaid(RuleViolation):
    """Payments stand on this invoice. Void and reissue it, or give the money back first."""


class InvoiceAppointment(Command):
    """Create the invoices of one appointment, one per payer. ``issued_on`` is today unless given."""

    appointment_id: int
    issued_on: date | None = None


class InvoiceAppointments(Command):
    """Create the invoices of several appointments at once."""

    appointment_ids: tuple[int, ...] = Field(min_length=1, max_length=500)


class VoidInvoice(Command):
    """Make an invoice void; its number and amount stay visible."""

    invoice_id: int
    reason: RequiredLine


class ReissueInvoice(Command):
    """Void an invoice and issue it anew under the next number; its payments move along (H08)."""

    invoice_id: int
    reason: RequiredLine


@dataclass(frozen=True, slots=True)
class Planned:
    """One charge that an appointment gives rise to, and how it is shared: ``(payer id, cents)`` in order."""

    person_id: int | None
    kind: ChargeKind
    description: str
    standard_cents: int
    amount_cents: int
    shares: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PlannedInvoice:
    """What one payer will be invoiced for an appointment."""

    payer: str
    lines: tuple[tuple[str, int], ...]
    total_cents: int


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


def _appointment_for(session: Session, actor: Actor, appointment_id: int, action: Action) -> tuple[Appointment, Case]:
    appointment = session.get(Appointment, appointment_id, with_for_update=action is not Action.READ)
    if appointment is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=appointment_id)
    case = session.get_one(Case, appointment.case_id)
    authorize(
        session, actor, action, Resource.INVOICES, responsible=[appointment.provider_id, case.provider_id],
        supervisor_id=appointment.supervisor_id or case.supervisor_id, resource_id=appointment_id, case_id=case.id,
    )
    return appointment, case


def _plan(session: Session, appointment: Appointment, case: Case) -> list[Planned]:
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
        agreed = fees.agreed_fee(
            appointment.fee_cents, *(
                (arrangement.fee_terms, arrangement.fee_cents, arrangement.fee_basis_points) if arrangement
                else (FeeTerms.STANDARD, None, None)
            )
        )
        charged = fees.charge(came, agreed, missed)
        if charged is None or charged[1] == 0:
            continue
        kind, amount = charged
        if arrangement is not None:
            shares = split(amount, parts_of(session, arrangement))
        else:
            shares = [(_self_payer(session, case, person_id, list(statuses)).id, amount)]
        description = service.name if kind is ChargeKind.SERVICE else f"{service.name}: {kind.label.lower()} fee"
        planned.append(Planned(person_id, kind, description, appointment.fee_cents, amount, tuple(shares)))
    if not planned:
        raise NothingToCharge
    return planned


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
    appointment, case = _appointment_for(session, actor, asked.appointment_id, Action.CREATE)
    session.info["case_id"] = case.id
    return _issue_for(session, actor, appointment, case, asked.issued_on)


@command(Resource.INVOICES, Action.CREATE)
def invoice_appointments(session: Session, actor: Actor, asked: InvoiceAppointments) -> list[int]:
    """Charge and invoice several appointments: all or none. Returns the invoice ids."""
    made = []
    for appointment_id in asked.appointment_ids:
        appointment, case = _appointment_for(session, actor, appointment_id, Action.CREATE)
        made += _issue_for(session, actor, appointment, case, None)
    session.info["detail"] = f"{len(made)} invoices"
    return made


def _issue_for(session: Session, actor: Actor, appointment: Appointment, case: Case, day: date | None) -> list[int]:
    house = practice.the_practice(session)
    issued_on = day or clock.today(house.zone)
    if issued_on < appointment.local_date:
        raise BadInput("issued_on", "An invoice cannot be older than the appointment.")
    charges = billing.live_charges(session, appointment.id)
    if charges:
        by_id = {charge.id: charge for charge in charges}
        parts = [_standing(by_id[s.charge_id], s) for s in billing.shares_of(session, list(by_id))]
    else:
        parts = _charge(session, appointment, case)
    waiting: dict[int, list[_Part]] = defaultdict(list)
    for part in parts:
        if part.invoice_id is None:
            waiting[part.payer_id].append(part)
    made = {
        payer_id: _issue(session, actor, house, case, payer_id, due, issued_on) for payer_id, due in waiting.items()
    }
    return list(dict.fromkeys(part.invoice_id or made[part.payer_id] for part in parts))


@dataclass(frozen=True, slots=True)
class _Part:
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


def _standing(charge: Charge, share: ChargeShare) -> _Part:
    return _Part(
        charge.id, share.payer_id, share.amount_cents, charge.person_id, charge.service_date, charge.description,
        charge.provider_id, charge.supervisor_id, share,
    )


def _charge(session: Session, appointment: Appointment, case: Case) -> list[_Part]:
    """Write what is charged for an appointment, and say how it is shared."""
    rows, parts = [], []
    for plan in _plan(session, appointment, case):
        charge_id = ids.new_id()
        rows.append({
            "id": charge_id, "case_id": case.id, "appointment_id": appointment.id, "person_id": plan.person_id,
            "unit": f"{appointment.id}:{plan.person_id or 0}", "kind": plan.kind, "service_id": appointment.service_id,
            "service_date": appointment.local_date, "description": plan.description,
            "standard_cents": plan.standard_cents, "amount_cents": plan.amount_cents,
            "provider_id": appointment.provider_id, "supervisor_id": appointment.supervisor_id,
        })
        parts += [
            _Part(charge_id, payer_id, cents, plan.person_id, appointment.local_date, plan.description,
                  appointment.provider_id, appointment.supervisor_id)
            for payer_id, cents in plan.shares
        ]
    add_rows(session, Charge, rows)
    return parts


def _issue(
    session: Session, actor: Actor, house: Practice, case: Case, payer_id: int, due: Sequence[_Part], issued_on: date,
    replaces: Invoice | None = None,
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
    session.flush()
    return invoice_id


def _paper_lines(session: Session, payer: Payer, due: Sequence[_Part]) -> list[PaperLine]:
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


@command(Resource.INVOICES, Action.VOID)
def void_invoice(session: Session, actor: Actor, asked: VoidInvoice) -> int:
    """Void an invoice by mirror entries; refused while payments stand on it (D5).

    Raises InvoiceIsVoid, InvoiceIsPaid.
    """
    invoice, _ = invoice_for(session, actor, asked.invoice_id, Action.VOID)
    open_row = billing.open_row(session, invoice.id)
    if any(entry.kind is EntryKind.PAYMENT for entry in _standing_entries(session, invoice.id)):
        raise InvoiceIsPaid
    _void(session, actor, invoice, open_row, asked.reason)
    _withdraw(session, invoice.id)
    session.info["detail"] = invoice.number
    return invoice.id


@command(Resource.INVOICES, Action.VOID)
def reissue_invoice(session: Session, actor: Actor, asked: ReissueInvoice) -> int:
    """Void an invoice and issue the same shares anew, with names and addresses of today. Returns the new invoice's id.

    Payments go to the payer's credit and from there onto the new invoice, all in one step (H08). Raises InvoiceIsVoid.
    """
    invoice, case = invoice_for(session, actor, asked.invoice_id, Action.VOID)
    open_row = billing.open_row(session, invoice.id)
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    paid: dict[int | None, int] = defaultdict(int)
    for entry in _standing_entries(session, invoice.id):
        if entry.kind is EntryKind.PAYMENT:
            paid[entry.payment_id] -= entry.amount_cents
    for payment_id, cents in paid.items():
        move_payment(session, actor, invoice, payment_id, cents, today, onto=False)
    _void(session, actor, invoice, open_row, asked.reason)
    shares = billing.shares_on(session, invoice.id)
    charges = {charge.id: charge for charge in billing.charges(session, [share.charge_id for share in shares])}
    due = [_standing(charges[share.charge_id], share) for share in shares]
    anew = session.get_one(
        Invoice, _issue(session, actor, house, case, invoice.payer_id, due, today, replaces=invoice)
    )
    fresh = billing.open_row(session, anew.id)
    for payment_id, cents in paid.items():
        move_payment(session, actor, anew, payment_id, cents, today, onto=True)
        fresh.open_cents -= cents
    session.info["detail"] = f"{invoice.number} replaced by {anew.number}"
    return anew.id


def move_payment(
    session: Session, actor: Actor, invoice: Invoice, payment_id: int | None, cents: int, day: date, *, onto: bool
) -> None:
    """Move money of a payment between the payer's credit and an invoice: a pair of entries that sums to zero."""
    sign = -1 if onto else 1
    session.add_all([
        LedgerEntry(case_id=invoice.case_id, payer_id=invoice.payer_id, kind=EntryKind.PAYMENT,
                    amount_cents=sign * cents, effective_on=day, invoice_id=invoice.id, payment_id=payment_id,
                    recorded_by_id=actor.staff_id),
        LedgerEntry(case_id=invoice.case_id, payer_id=invoice.payer_id, kind=EntryKind.PAYMENT,
                    amount_cents=-sign * cents, effective_on=day, payment_id=payment_id,
                    recorded_by_id=actor.staff_id),
    ])


def _standing_entries(session: Session, invoice_id: int) -> list[LedgerEntry]:
    """Entries of an invoice whose sum per payment is not zero, and everything that is no payment."""
    entries = billing.entries_of_invoice(session, invoice_id)
    per_payment: dict[int | None, int] = defaultdict(int)
    for entry in entries:
        if entry.kind is EntryKind.PAYMENT:
            per_payment[entry.payment_id] += entry.amount_cents
    return [e for e in entries if e.kind is not EntryKind.PAYMENT or per_payment[e.payment_id]]


def _void(session: Session, actor: Actor, invoice: Invoice, open_row: OpenInvoice, reason: str) -> None:
    if billing.void_of(session, invoice.id) is not None:
        raise InvoiceIsVoid
    today = clock.today(practice.the_practice(session).zone)
    for entry in billing.entries_of_invoice(session, invoice.id):
        if entry.kind is not EntryKind.PAYMENT:
            session.add(LedgerEntry(
                case_id=entry.case_id, payer_id=entry.payer_id, kind=entry.kind, amount_cents=-entry.amount_cents,
                effective_on=max(today, entry.effective_on), invoice_id=invoice.id, charge_id=entry.charge_id,
                reverses_id=entry.id, reason=reason, recorded_by_id=actor.staff_id,
            ))
    session.add(InvoiceVoid(invoice_id=invoice.id, reason=reason, voided_by_id=actor.staff_id, voided_on=today))
    open_row.open_cents = 0
    session.flush()


def _withdraw(session: Session, invoice_id: int) -> None:
    """Free the shares of a voided invoice; a charge that no invoice carries any more is withdrawn."""
    shares = billing.shares_on(session, invoice_id)
    for share in shares:
        share.invoice_id = None
    session.flush()
    charge_ids = [share.charge_id for share in shares]
    still_carried = {s.charge_id for s in billing.shares_of(session, charge_ids) if s.invoice_id is not None}
    for charge in billing.charges(session, charge_ids):
        if charge.id not in still_carried:
            charge.withdrawn_at = clock.now()


def view(facts: InvoiceFacts, today: date) -> InvoiceView:
    """An invoice with its computed state."""
    state = invoice_state(
        facts.total_cents, facts.open_cents, facts.due_on, today, voided=facts.voided_on is not None
    )
    return InvoiceView(facts, state)


@reader(Resource.INVOICES)
def appointment_billing(session: Session, actor: Actor, appointment_id: int) -> AppointmentBilling:
    """The billing block of the appointment page: what will be invoiced to whom, exactly, or the invoices there are."""
    appointment, case = _appointment_for(session, actor, appointment_id, Action.READ)
    today = clock.today(practice.the_practice(session).zone)
    found = [view(facts, today) for facts in accounts.invoices_of_appointment(session, appointment_id)]
    may_invoice = may(actor, Action.CREATE, Resource.INVOICES)
    planned: list[PlannedInvoice] = []
    problem = ""
    charges = billing.live_charges(session, appointment_id)
    try:
        lines: dict[int, list[tuple[str, int]]] = defaultdict(list)
        if charges:
            by_id = {charge.id: charge for charge in charges}
            for share in billing.shares_of(session, list(by_id)):
                if share.invoice_id is None:
                    lines[share.payer_id].append((by_id[share.charge_id].description, share.amount_cents))
        else:
            for plan in _plan(session, appointment, case):
                for payer_id, cents in plan.shares:
                    lines[payer_id].append((plan.description, cents))
        payers = billing.payer_names(session, list(lines))
        planned = [
            PlannedInvoice(payers[payer_id], tuple(rows), sum(cents for _, cents in rows))
            for payer_id, rows in lines.items()
        ]
    except RuleViolation as reason:
        problem = str(reason)
    return AppointmentBilling(tuple(planned), tuple(found), problem, may_invoice, today)
