"""What an appointment costs whom: by attendance, by what was agreed, and by a package or a sponsor (H02, H07)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import RuleViolation
from practicerunner.records import arrangements, billing, packages, practice
from practicerunner.records.arrangements import BillingArrangement
from practicerunner.records.base import add_rows
from practicerunner.records.billing import Charge
from practicerunner.records.cases import Case
from practicerunner.records.packages import Place
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import CALLED_OFF, Appointment
from practicerunner.rules import fees, foreseen
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.foreseen import Foreseen
from practicerunner.rules.names import person_name
from practicerunner.rules.shares import Part, charged_together, split
from practicerunner.vocabulary import AttendanceStatus, ChargeKind, FeeTerms, InvoicingRhythm, ShareKind
from practicerunner.workflows import credits
from practicerunner.workflows.arrangements import ended, in_force, parts_of
from practicerunner.workflows.people import payer_of


class AttendanceMissing(RuleViolation):
    """Record the attendance first; what is charged depends on it."""


class PayerMissing(RuleViolation):
    """Nobody is set down to pay for this. Say who pays first."""


class NothingToCharge(RuleViolation):
    """Nothing is charged for this appointment."""


Shares = tuple[tuple[int, int], ...]
"""Payer id and cents, in order."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One charge that an appointment gives rise to, and how it is shared: ``(payer id, cents)`` in order."""

    person_id: int | None
    kind: ChargeKind
    description: str
    standard_cents: int
    amount_cents: int
    shares: Shares
    rhythms: tuple[tuple[int, InvoicingRhythm], ...] = ()
    """How often each payer gets an invoice, where it is not one per appointment."""
    uses: Place | None = None
    """The session of a package that it uses; then nothing is charged, because it was bought before."""
    hint: str = ""
    """What whoever invoices should know, for instance that a package is used up."""

    @property
    def waits_for(self) -> frozenset[int]:
        """Payers whose part waits to be gathered."""
        return frozenset(payer_id for payer_id, rhythm in self.rhythms if rhythm.waits)


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A participant, or a case as a whole, who is to be charged and for whom nobody is set down to pay."""

    person_id: int | None
    name: str
    """Empty for a case as a whole."""
    reason: str


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What is to be charged for an appointment, and who is left out because nobody is set down to pay for them."""

    planned: tuple[Planned, ...] = ()
    unpaid: tuple[Unpaid, ...] = ()

    def check(self) -> None:
        """Raise PayerMissing where nobody at all can be charged, NothingToCharge where there is nobody to charge."""
        if self.planned:
            return
        if self.unpaid:
            raise PayerMissing(" ".join(dict.fromkeys(one.reason for one in self.unpaid)))
        raise NothingToCharge


@dataclass(frozen=True, slots=True)
class Agreed:
    """What one participant, or a case as a whole, has agreed to pay for an appointment."""

    cents: int
    place: Place | None = None
    """The session of a package that attending uses."""
    hint: str = ""
    sponsor: Part | None = None
    """The sponsor, who pays first, up to what is left of their limits."""


def agreed_for(
    session: Session, appointment: Appointment, person_id: int | None, row: BillingArrangement | None, *,
    with_packages: bool = True, before: Sequence[Foreseen] = (),
) -> Agreed:
    """What was agreed for an appointment by the arrangement in force on its day."""
    standard = appointment.fee_cents
    if row is None:
        return Agreed(standard)
    if row.fee_terms is FeeTerms.PACKAGE:
        if not with_packages or row.package_service_id != appointment.service_id or not standard:
            return Agreed(standard)  # what was booked for nothing uses no session that was paid for
        place = packages.next_place(
            session, row.case_id, person_id, appointment.service_id, foreseen.used(before))
        if place is not None:
            return Agreed(place.amount_cents, place)
        sold = packages.was_sold(session, row.case_id, person_id, appointment.service_id)
        return Agreed(standard, hint="Package used up: the standard fee is charged." if sold else
                      "No package is sold yet: the standard fee is charged.")
    agreed = fees.agreed_fee(standard, row.fee_terms, row.fee_cents, row.fee_basis_points)
    if row.fee_terms is not FeeTerms.SPONSOR or row.sponsor_id is None:
        return Agreed(agreed)
    cents, sessions = credits.sponsored_since(
        session, row.case_id, row.person_id, row.sponsor_id, row.valid_from, appointment.id)
    before = foreseen.of_unit(before, row.case_id, row.person_id)
    cents += foreseen.charged(before, row.sponsor_id, row.valid_from)
    sessions += foreseen.sessions(before, row.sponsor_id, row.valid_from)
    limits = fees.Sponsorship(row.sponsor_cents, row.sponsor_sessions, row.sponsor_until)
    left = fees.sponsor_pays_up_to(limits, agreed or 1, appointment.local_date, cents, sessions)
    if not left:
        return Agreed(standard, hint="The sponsor pays no more: the standard fee is charged.")
    if not agreed:  # free within the limits, and nothing for a sponsor to pay
        return Agreed(agreed)
    return Agreed(agreed, sponsor=Part(
        row.sponsor_id, ShareKind.FIXED_WITH_CAP, amount_cents=left, cap_left_cents=left))


def units_of(appointment: Appointment, case: Case) -> list[tuple[int | None, list[AttendanceStatus]]]:
    """Those who share a charge with who of them came."""
    statuses = {row.person_id: row.status for row in appointment.attendances}
    return charged_together(statuses, each=capabilities(case.type).charged_each)


def reckon(
    session: Session, appointment: Appointment, case: Case, *, with_packages: bool = True,
    before: Sequence[Foreseen] = (), charged: Collection[int | None] = (),
) -> Reckoned:
    """What is to be charged for an appointment, after what those ``before`` it will be charged.

    Nothing is asked of whoever is ``charged`` already. Raises AttendanceMissing.
    """
    statuses = {row.status for row in appointment.attendances}
    if not statuses or statuses & fees.UNRECORDED:
        raise AttendanceMissing
    agreements = arrangements.of_case(session, case.id)
    agreed_by, over = in_force(agreements, appointment.local_date), ended(agreements, appointment.local_date)
    service = session.get_one(Service, appointment.service_id)
    missed = practice.the_practice(session).missed_fee_basis_points
    planned, unpaid = [], []
    for person_id, came in units_of(appointment, case):
        if person_id in charged:
            continue
        row = agreed_by.get(person_id)
        agreed = agreed_for(session, appointment, person_id, row, with_packages=with_packages, before=before)
        owed = fees.charge(came, agreed.cents, missed)
        if owed is None or owed[1] == 0:
            continue
        try:
            if person_id in over:
                raise PayerMissing(_has_ended(session, person_id))
            planned.append(_shared(session, appointment, case, service, person_id, row, agreed, *owed, before))
        except PayerMissing as reason:
            unpaid.append(Unpaid(person_id, _name(session, person_id), str(reason)))
    return Reckoned(tuple(planned), tuple(unpaid))


def _has_ended(session: Session, person_id: int | None) -> str:
    whose = f" for {_name(session, person_id)}" if person_id is not None else ""
    return f"The agreement about who pays{whose} has ended. Say who pays from then on."


def _name(session: Session, person_id: int | None) -> str:
    if person_id is None:
        return ""
    person = session.get_one(Person, person_id)
    return person_name(person.first_name, person.last_name, person.preferred_name)


def expected_charges(
    session: Session, appointment: Appointment, case: Case, rhythm: InvoicingRhythm
) -> list[Planned]:
    """What an appointment will cost if everybody comes who is expected, of those who are invoiced in advance so."""
    agreed_by = in_force(arrangements.of_case(session, case.id), appointment.local_date)
    service = session.get_one(Service, appointment.service_id)
    planned = []
    for person_id, statuses in units_of(appointment, case):
        row = agreed_by.get(person_id)
        if row is None or row.fee_terms is FeeTerms.PACKAGE or set(statuses) <= set(CALLED_OFF):
            continue
        if next((share.rhythm for share in row.shares if share.rhythm.is_ahead), None) is not rhythm:
            continue
        agreed = agreed_for(session, appointment, person_id, row)
        if agreed.cents:
            planned.append(_shared(
                session, appointment, case, service, person_id, row, agreed, ChargeKind.SERVICE, agreed.cents))
    return planned


def _shared(
    session: Session, appointment: Appointment, case: Case, service: Service, person_id: int | None,
    row: BillingArrangement | None, agreed: Agreed, kind: ChargeKind, amount: int,
    before: Sequence[Foreseen] = (),
) -> Planned:
    """A charge with the parts of those who pay it, or the session of a package that is used. Raises PayerMissing."""
    if agreed.place is not None and kind is ChargeKind.SERVICE:
        return Planned(person_id, kind, service.name, appointment.fee_cents, 0, (), uses=agreed.place)
    rhythms: tuple[tuple[int, InvoicingRhythm], ...] = ()
    if row is None:
        people = [attendance.person_id for attendance in appointment.attendances]
        shares = [(_self_payer(session, case, person_id, people).id, amount)]
    else:
        parts = parts_of(session, row, appointment.id, before)
        shares = split(amount, [agreed.sponsor, *parts] if agreed.sponsor else parts)
        rhythms = tuple(
            (share.payer_id, share.rhythm) for share in row.shares
            if share.rhythm is not InvoicingRhythm.PER_APPOINTMENT
        )
        if agreed.sponsor and row.shares and row.shares[0].rhythm is not InvoicingRhythm.PER_APPOINTMENT:
            rhythms += ((agreed.sponsor.payer_id, row.shares[0].rhythm),)
    return Planned(
        person_id, kind, described(service.name, kind), appointment.fee_cents, amount, tuple(shares), rhythms,
        hint=agreed.hint)


def described(service: str, kind: ChargeKind) -> str:
    """What a charge is for, in words."""
    return service if kind is ChargeKind.SERVICE else f"{service}: {kind.label.lower()} fee"


def _self_payer(session: Session, case: Case, person_id: int | None, people: Sequence[int]) -> Payer:
    """Who pays while nothing was arranged: people pay for themselves; for several people somebody has to say."""
    if person_id is None:
        if len(people) != 1 or capabilities(case.type).most != 1:
            raise PayerMissing
        person_id = people[0]
    return payer_of(session, person_id)


def uncharged(
    session: Session, appointment: Appointment, case: Case, charges: Sequence[Charge],
    before: Sequence[Foreseen] = (),
) -> Reckoned:
    """What is to be charged beside the charges that stand already: everything, or who was voided or changed since.

    Raises AttendanceMissing, PayerMissing, NothingToCharge where no charge stands yet.
    """
    if not charges:
        found = reckon(session, appointment, case, before=before)
        found.check()
        return found
    try:
        return reckon(session, appointment, case, before=before, charged={charge.person_id for charge in charges})
    except AttendanceMissing:
        return Reckoned()


@dataclass(frozen=True, slots=True)
class ToSettle:
    """Whose charge was made in advance and waits to be held against what became of the appointment."""

    people: frozenset[int | None]
    unpaid: tuple[Unpaid, ...]
    """Those of them for whom nobody is set down to pay: they wait until somebody says who does."""

    @property
    def can_settle(self) -> bool:
        """Whether anybody's can be settled now."""
        return bool(self.people - {one.person_id for one in self.unpaid})


def to_settle(
    session: Session, appointment: Appointment, case: Case, charges: Sequence[Charge]
) -> ToSettle | None:
    """What waits to be settled of an appointment's charges; nothing before its attendance is recorded."""
    waiting = frozenset(charge.person_id for charge in charges if charge.in_advance and charge.settled_at is None)
    if not waiting:
        return None
    try:
        found = reckon(session, appointment, case, with_packages=False)
    except AttendanceMissing:
        return None
    return ToSettle(waiting, tuple(one for one in found.unpaid if one.person_id in waiting))


def foresee(session: Session, appointment: Appointment, planned: Sequence[Planned]) -> list[Foreseen]:
    """What is planned for an appointment, for the appointments that are looked at after it."""
    places = [one.uses.charge_id for one in planned if one.uses]
    sold = {charge.id: charge for charge in billing.charges(session, places)}
    paid = billing.shares_of(session, list(sold))
    return [
        Foreseen(
            appointment.case_id, one.person_id, appointment.local_date, one.shares if one.uses is None else tuple(
                (share.payer_id, share.amount_cents) for share in paid if share.charge_id == one.uses.charge_id),
            one.uses.charge_id if one.uses else None, sold[one.uses.charge_id].service_date if one.uses else None)
        for one in planned
    ]


def unit(appointment_id: int, person_id: int | None) -> str:
    """What no two live charges share."""
    return f"{appointment_id}:{person_id or 0}"


def write_charge(
    session: Session, appointment: Appointment, case: Case, plan: Planned, *, suffix: str = "", **more: object
) -> int:
    """Write one charge of an appointment. Returns its id."""
    charge_id = ids.new_id()
    add_rows(session, Charge, [{
        "id": charge_id, "case_id": case.id, "appointment_id": appointment.id, "person_id": plan.person_id,
        "unit": unit(appointment.id, plan.person_id) + suffix, "kind": plan.kind, "service_id": appointment.service_id,
        "service_date": appointment.local_date, "description": plan.description,
        "standard_cents": plan.standard_cents, "amount_cents": plan.amount_cents,
        "provider_id": appointment.provider_id, "supervisor_id": appointment.supervisor_id, **more,
    }])
    return charge_id


def use_place(session: Session, appointment: Appointment, plan: Planned) -> None:
    """Let an appointment use a session of a package: its charge becomes that of the appointment.

    Somebody who was quicker may have used it meanwhile; then the next one that is left. Raises NothingToCharge.
    """
    place, held = plan.uses, None
    while place is not None and place.package_id != held:
        held = place.package_id
        packages.locked(session, held)
        place = packages.next_place(session, appointment.case_id, plan.person_id, appointment.service_id)
    if place is None:
        raise NothingToCharge("The package was used up meanwhile. Look again at what is charged.")
    charge = session.get_one(Charge, place.charge_id, populate_existing=True)
    charge.appointment_id, charge.unit = appointment.id, unit(appointment.id, plan.person_id)
    charge.service_date, charge.standard_cents = appointment.local_date, plan.standard_cents
    charge.provider_id, charge.supervisor_id = appointment.provider_id, appointment.supervisor_id
    session.flush()
