"""Packages of sessions: sold once and invoiced at once, used session by session, and given back as far as unused (H07).

Each session of a package is a charge from the day of the sale on, with its part of the price. The appointment that uses
it becomes the charge's own, so that papers for insurance know what the session cost and what was paid of it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.money import dollars
from practicerunner.records import arrangements, billing, cases, packages, practice
from practicerunner.records.base import add_rows
from practicerunner.records.billing import Charge
from practicerunner.records.cases import Case
from practicerunner.records.packages import Package
from practicerunner.records.practice import Service
from practicerunner.rules import fees
from practicerunner.rules.names import person_name
from practicerunner.rules.shares import split_in_turn
from practicerunner.vocabulary import Action, ChargeKind, FeeTerms, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.adjustments import give_back
from practicerunner.workflows.arrangements import in_force, parts_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.invoicing import BilledPart, issue_or_draft, part_of


class NoPackageAgreed(RuleViolation):
    """No package is agreed here. Set the fee to a package of sessions first."""


class PackageIsCancelled(RuleViolation):
    """This package was cancelled already."""


class NoProvider(RuleViolation):
    """Nobody is responsible for this. Choose the provider first."""


class SellPackage(Command):
    """Sell a package as it is agreed for a case, or for one participant where each is charged."""

    case_id: int
    person_id: int | None = None
    as_draft: bool | None = None


class InvoicePackage(Command):
    """Invoice what no invoice carries of a package, after one was voided or a draft was deleted."""

    package_id: int


class CancelPackage(Command):
    """End a package; what nobody has used of it is credited to whoever paid for it."""

    package_id: int
    reason: RequiredLine


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package, and how far it is used."""

    package_id: int
    person_id: int | None
    name: str
    """Whose it is, where each is charged."""
    service: str
    sessions: int
    price_cents: int
    sold_on: date
    used: int
    left: int
    left_cents: int
    """What the sessions that are left are worth."""
    cancelled_on: date | None
    reason: str
    is_invoiced: bool
    """Whether an invoice or a draft carries every session that was not voided; nothing does where all were."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A package that can be sold as it is agreed, and what each payer pays for it."""

    person_id: int | None
    name: str
    service: str
    sessions: int
    price_cents: int
    payers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Packages:
    """The packages of a case and those that can be sold."""

    sold: tuple[PackageView, ...]
    offers: tuple[Offer, ...]
    may_sell: bool
    may_cancel: bool
    today: date


@command(Resource.INVOICES, Action.CREATE)
def sell_package(session: Session, actor: Actor, asked: SellPackage) -> int:
    """Sell a package by the terms in force today and invoice it, one invoice per payer. Returns the package id.

    Raises NoPackageAgreed, NoProvider, BadInput.
    """
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.INVOICES)
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    row = in_force(arrangements.of_case(session, case.id), today).get(asked.person_id)
    if row is None or row.fee_terms is not FeeTerms.PACKAGE or row.package_service_id is None:
        raise NoPackageAgreed
    sessions, price = row.package_sessions or 0, row.package_cents or 0
    problem = fees.package_problem(sessions, price)
    if problem:
        raise BadInput(*problem)
    if case.provider_id is None:
        raise NoProvider
    service = session.get_one(Service, row.package_service_id)
    package = Package(
        id=ids.new_id(), case_id=case.id, person_id=asked.person_id, service_id=service.id, sessions=sessions,
        price_cents=price, sold_on=today, sold_by_id=actor.staff_id,
    )
    session.add(package)
    session.flush()
    standard = practice.fee_on(service, today)
    prices = fees.package_prices(price, sessions)
    split = split_in_turn(prices, parts_of(session, row))
    rows, due = [], defaultdict(list)
    for place, (cents, shares) in enumerate(zip(prices, split, strict=True), start=1):
        charge_id = ids.new_id()
        rows.append({
            "id": charge_id, "case_id": case.id, "appointment_id": None, "person_id": asked.person_id,
            "unit": f"package:{package.id}:{place}", "kind": ChargeKind.SERVICE, "service_id": service.id,
            "service_date": today, "description": service.name, "standard_cents": standard, "amount_cents": cents,
            "provider_id": case.provider_id, "supervisor_id": case.supervisor_id, "package_id": package.id,
            "package_place": place,
        })
        for payer_id, part in shares:
            due[payer_id].append(BilledPart(
                charge_id, payer_id, part, asked.person_id, today, service.name, case.provider_id,
                case.supervisor_id, None, ChargeKind.SERVICE, standard, cents, package.id))
    add_rows(session, Charge, rows)
    for payer_id, parts in due.items():
        issue_or_draft(session, actor, house, case, payer_id, parts, today, as_draft=asked.as_draft)
    session.info["detail"] = f"{sessions} sessions of {service.name} for {dollars(price)}"
    return package.id


def _package_for(session: Session, actor: Actor, package_id: int, action: Action) -> tuple[Package, Case]:
    """The door to a package, locked. Raises NotFound, NotPermitted."""
    package = packages.locked(session, package_id)
    if package is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=package_id)
    case = case_for(session, actor, package.case_id, action, resource=Resource.INVOICES)
    return package, case


@command(Resource.INVOICES, Action.CREATE)
def invoice_package(session: Session, actor: Actor, asked: InvoicePackage) -> list[int]:
    """Issue what no invoice and no draft carries of a package. Returns the new invoices. Raises PackageIsCancelled."""
    package, case = _package_for(session, actor, asked.package_id, Action.CREATE)
    if package.cancelled_on is not None:
        raise PackageIsCancelled
    house = practice.the_practice(session)
    charges = {charge.id: charge for charge in packages.live_sessions(session, [package.id])}
    due: dict[int, list[BilledPart]] = defaultdict(list)
    for share in billing.shares_of(session, list(charges)):
        if share.invoice_id is None and share.draft_id is None:
            due[share.payer_id].append(part_of(charges[share.charge_id], share))
    today = clock.today(house.zone)
    made = [issue_or_draft(session, actor, house, case, payer_id, parts, today) for payer_id, parts in due.items()]
    return [invoice_id for invoice_id in made if invoice_id is not None]


@command(Resource.INVOICES, Action.VOID)
def cancel_package(session: Session, actor: Actor, asked: CancelPackage) -> int:
    """End a package and credit each payer's part of the sessions that nobody used. Returns the credited cents.

    What was paid of them becomes the payer's unapplied credit. Raises PackageIsCancelled.
    """
    package, _ = _package_for(session, actor, asked.package_id, Action.VOID)
    if package.cancelled_on is not None:
        raise PackageIsCancelled
    charges = packages.live_sessions(session, [package.id])
    unused = {charge.id: charge for charge in charges if charge.appointment_id is None}
    credited = 0
    carried = set()
    shares = billing.shares_of(session, list(unused))
    for share in sorted(shares, key=lambda one: (one.payer_id, one.id)):
        share.draft_id = None
        if share.invoice_id is not None:
            carried.add(share.charge_id)
            credited += give_back(
                session, actor, share, share.amount_cents, credit_note=False,
                description=unused[share.charge_id].description, reason=f"Package cancelled: {asked.reason}"[:200])
    for charge in unused.values():
        if charge.id not in carried:
            charge.withdrawn_at = clock.now()
    package.cancelled_on = clock.today(practice.the_practice(session).zone)
    package.cancelled_by_id, package.cancel_reason = actor.staff_id, asked.reason
    session.flush()
    session.info["detail"] = f"{len(unused)} unused sessions, {dollars(credited)} credited: {asked.reason}"
    return credited


@reader(Resource.INVOICES)
def packages_of_case(session: Session, actor: Actor, case_id: int) -> Packages:
    """The packages of a case, the newest first, with what is left; and what can be sold by the terms of today."""
    case_for(session, actor, case_id, resource=Resource.INVOICES)
    today = clock.today(practice.the_practice(session).zone)
    names = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, case_id)
    }
    rows = packages.of_case(session, case_id)
    charges = packages.live_sessions(session, [package.id for package, _ in rows])
    loose = {
        share.charge_id for share in billing.shares_of(session, [charge.id for charge in charges])
        if share.invoice_id is None and share.draft_id is None
    }
    sold = []
    for package, service in reversed(rows):
        mine = [charge for charge in charges if charge.package_id == package.id]
        left = [] if package.cancelled_on else [charge for charge in mine if charge.appointment_id is None]
        sold.append(PackageView(
            package.id, package.person_id, names.get(package.person_id or 0, ""), service, package.sessions,
            package.price_cents, package.sold_on, sum(charge.appointment_id is not None for charge in mine),
            len(left), sum(charge.amount_cents for charge in left), package.cancelled_on, package.cancel_reason,
            bool(mine) and not any(charge.id in loose for charge in mine),
        ))
    offers = []
    for person_id, row in in_force(arrangements.of_case(session, case_id), today).items():
        if row.fee_terms is not FeeTerms.PACKAGE or row.package_service_id is None:
            continue
        total: dict[int, int] = defaultdict(int)
        price, sessions = row.package_cents or 0, row.package_sessions or 1
        for shares in split_in_turn(fees.package_prices(price, sessions), parts_of(session, row)):
            for payer_id, cents in shares:
                total[payer_id] += cents
        payers = billing.payer_names(session, list(total))
        offers.append(Offer(
            person_id, names.get(person_id or 0, ""), session.get_one(Service, row.package_service_id).name, sessions,
            price, tuple((payers[payer_id], cents) for payer_id, cents in total.items())))
    return Packages(
        tuple(sold), tuple(offers), may(actor, Action.CREATE, Resource.INVOICES),
        may(actor, Action.VOID, Resource.INVOICES), today)
