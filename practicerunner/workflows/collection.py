"""What happens by itself once somebody has attended: by hand, an invoice, or also the saved card noted as due (H19).

A case's own rule counts before the practice's. Nothing is charged: a person charges the card (DEC14).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import PracticeError, Stale
from practicerunner.records import audit, cases, clients, collection, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.collection import ChargeToMake, CollectionRule, DueCharge
from practicerunner.records.practice import Practice
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import Action, CollectionPolicy, Resource
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.billing import appointment_to_bill, issue_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.staff import actor_for

AT_ONCE = 20
"""Appointments in one transaction, so that no save waits."""
MOST_TRIES = 2_000
"""Appointments looked at in one run; those that nobody can invoice are passed over."""


class SetPracticeCollection(Command):
    """What happens by itself where a case has no rule of its own."""

    revision: int = 0
    """Of the rule as it was shown; 0 where there was none."""
    policy: CollectionPolicy


class SetCaseCollection(Command):
    """What happens by itself in one case; ``None``: as in the practice."""

    case_id: int
    revision: int = 0
    policy: CollectionPolicy | None


@dataclass(frozen=True, slots=True)
class Collection:
    """What counts in the practice or in a case, and who decided so."""

    own: CollectionPolicy | None
    inherited: CollectionPolicy
    revision: int
    since: date | None = None
    by: str = ""

    @property
    def policy(self) -> CollectionPolicy:
        """What counts."""
        return self.inherited if self.own is None else self.own


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def set_practice_collection(session: Session, actor: Actor, asked: SetPracticeCollection) -> int:
    """Set what happens by itself in the practice, from today on. Returns the rule's id. Raises Stale."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    session.get_one(Practice, practice.the_practice(session).id, with_for_update=FOR_CHANGE)
    return _set(session, actor, None, asked.revision, asked.policy)


@command(Resource.INVOICES, Action.MANAGE)
def set_case_collection(session: Session, actor: Actor, asked: SetCaseCollection) -> int:
    """Set what happens by itself in one case, from today on. Returns the case's id. Raises Stale, NotFound."""
    case = case_for(session, actor, asked.case_id, Action.MANAGE, resource=Resource.INVOICES)
    _set(session, actor, case.id, asked.revision, asked.policy)
    return case.id


def _set(
    session: Session, actor: Actor, case_id: int | None, revision: int, policy: CollectionPolicy | None
) -> int:
    found = collection.rule_of(session, case_id)
    if (found.revision if found else 0) != revision:
        raise Stale
    session.info["detail"] = f"collection: {policy or 'as the practice'}"
    if found is not None and policy is None:
        session.delete(found)
        return found.id
    if policy is None or (found is not None and found.policy is policy):
        return found.id if found else 0
    if found is None:
        found = CollectionRule(id=ids.new_id(), case_id=case_id, revision=0)
        session.add(found)
    found.policy, found.decided_by_id = policy, actor.staff_id
    found.since = clock.today(practice.the_practice(session).zone)
    found.revision += 1
    session.flush()
    return found.id


@reader(Resource.PRACTICE_SETTINGS)
def practice_collection(session: Session, actor: Actor) -> Collection:
    """What happens by itself in the practice."""
    return _view(session, collection.rule_of(session, None), CollectionPolicy.MANUAL)


@reader(Resource.INVOICES)
def case_collection(session: Session, actor: Actor, case_id: int) -> Collection:
    """What happens by itself in a case. Raises NotFound."""
    case = case_for(session, actor, case_id, resource=Resource.INVOICES)
    general = collection.rule_of(session, None)
    return _view(session, collection.rule_of(session, case.id), general.policy if general else CollectionPolicy.MANUAL)


def _view(session: Session, rule: CollectionRule | None, inherited: CollectionPolicy) -> Collection:
    if rule is None:
        return Collection(None, inherited, 0)
    names = clients.staff_names(session, [rule.decided_by_id])
    return Collection(rule.policy, inherited, rule.revision, rule.since, names.get(rule.decided_by_id, ""))


@reader(Resource.INVOICES)
def due_charges(session: Session, actor: Actor) -> list[ChargeToMake]:
    """Saved cards and accounts that a person is to charge, the longest due first."""
    return list(collection.due_charges(session, cases.seen(visible(actor, Action.READ, Resource.INVOICES))))


# --- By itself


def waiting(session: Session) -> list[int]:
    """Appointments that are to be invoiced by themselves: held, and recorded before today."""
    rules = collection.rules(session)
    if all(rule.policy is CollectionPolicy.MANUAL for rule in rules.values()):
        return []
    zone = ZoneInfo(practice.the_practice(session).zone)
    midnight = datetime.combine(clock.today(zone.key), time.min, tzinfo=zone).astimezone(UTC)
    return collection.to_invoice(session, rules.get(None), midnight, MOST_TRIES)


def invoice_by_itself(session: Session, appointment_ids: list[int]) -> int:
    """Invoice these appointments in the name of who decided so. Returns how many were.

    What cannot be invoiced stays under "Uninvoiced" for a person: nobody is set down to pay, a note waits for its
    co-signature, or whoever decided it may not any more.
    """
    rules = collection.rules(session)
    made = 0
    for appointment_id in appointment_ids:
        case_id = collection.case_of(session, appointment_id)
        rule = rules.get(case_id) or rules.get(None)
        actor = _in_the_name_of(session, rule)
        if actor is None:
            continue
        try:
            appointment, case = appointment_to_bill(session, actor, appointment_id, Action.CREATE)
            issue_for(session, actor, appointment, case, None)
        except PracticeError:
            continue
        made += 1
        audit.note(
            session, action="invoice_by_itself", resource=Resource.INVOICES, resource_id=appointment_id,
            case_id=case.id, staff_id=actor.staff_id,
        )
    return made


def _in_the_name_of(session: Session, rule: CollectionRule | None) -> Actor | None:
    if rule is None or rule.policy is CollectionPolicy.MANUAL:
        return None
    by = session.get(Staff, rule.decided_by_id)
    return actor_for(session, by.id) if by is not None and by.active else None


def charges_to_note(session: Session) -> list[tuple[int, int, int]]:
    """Open invoices whose payer's saved card or account is to be noted as due: invoice, case, method."""
    rules = collection.rules(session)
    if all(rule.policy is not CollectionPolicy.PAYMENT for rule in rules.values()):
        return []
    today = clock.today(practice.the_practice(session).zone)
    return collection.to_charge(session, rules.get(None), f"{today:%Y-%m}")


def note_charges(session: Session) -> int:
    """Note saved cards and accounts as due for open invoices; nothing is charged. Returns how many."""
    today = clock.today(practice.the_practice(session).zone)
    found = charges_to_note(session)
    session.add_all(
        DueCharge(invoice_id=invoice_id, payment_method_id=method_id, due_on=today)
        for invoice_id, _, method_id in found
    )
    for invoice_id, case_id, _ in found:
        audit.note(
            session, action="note_charge", resource=Resource.INVOICES, resource_id=invoice_id, case_id=case_id)
    session.flush()
    return len(found)
