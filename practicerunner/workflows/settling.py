"""Settling what was invoiced in advance (H08).

Settling holds what was invoiced against what is due by the recorded attendance, payer by payer: what was invoiced too
much is credited with a credit note, what is missing is invoiced as an additional line. It can be done again whenever
the attendance changes, and a second time with nothing changed does nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import advance, practice
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import ChargeKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.adjustments import SETTLED, give_back
from practicerunner.workflows.billing import planned_part
from practicerunner.workflows.charging import Planned, reckon, write_charge
from practicerunner.workflows.invoicing import BilledPart, issue_or_draft, part_of


def write_ahead(
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


def settle(session: Session, actor: Actor, appointment: Appointment, case: Case) -> int:
    """Payer by payer, credit what was invoiced too much, invoice what is missing. Returns the difference in cents.

    What was charged for somebody whom nobody pays for stays as it is, until somebody says who does.
    """
    found = reckon(session, appointment, case, with_packages=False)
    due = {plan.person_id: plan for plan in found.planned}
    unpaid = {one.person_id for one in found.unpaid}
    by_person: dict[int | None, list[Charge]] = defaultdict(list)
    for charge in advance.charges_of(session, appointment.id):
        if charge.person_id not in unpaid:
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
        _issue(session, actor, case, write_ahead(
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
