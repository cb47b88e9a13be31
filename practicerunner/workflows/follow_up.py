"""Following up what payers owe: who was spoken to, what is to be done next, and the lists an admin works through (J05).

A contact is entered once and never changed; the last one entered says what is to be done next.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import (
    accounts,
    cases,
    clients,
    consent_basis,
    follow_up,
    practice,
    staff,
    unarranged,
)
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.follow_up import Account, FollowUp, Overdue
from practicerunner.records.people import Payer
from practicerunner.records.unarranged import Unarranged
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, CaseType, ContactMade, Resource, Role
from practicerunner.workflows import billing_notices
from practicerunner.workflows.access import Actor, may, visible
from practicerunner.workflows.accounts import overdue_accounts
from practicerunner.workflows.billing import kinds_to_wait_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command, reader
from practicerunner.workflows.estimates_due import number_due
from practicerunner.workflows.gathering import waiting_to_be_gathered
from practicerunner.workflows.payment_pages import failed_payments
from practicerunner.workflows.people import payer_of

BY_HAND = tuple(kind for kind in ContactMade if kind is not ContactMade.REMINDER)
"""What people enter; a reminder is entered when it is written."""
TOGETHER = tuple(kind for kind, able in CASE_TYPES.items() if not able.charged_each and able.most != 1)
"""Kinds of case where somebody has to say who pays."""
WHO = (Role.OWNER, Role.ADMIN)
"""Who can be asked to act next, beside the case's provider and whoever enters it."""


class FollowUpPayer(Command):
    """Enter a contact with a payer about a case, and what is to be done next, by when and by whom."""

    payer_id: int | None = None
    person_id: int | None = None
    """Or a participant who was never set down to pay: they become the payer that is followed up."""
    case_id: int
    kind: ContactMade
    happened_on: date
    remark: Line = ""
    next_action: Line = ""
    next_on: date | None = None
    next_by_id: int | None = None


class SetBillingMail(Command):
    """Whether a payer wants e-mails about invoices and payments."""

    payer_id: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One contact as it is read."""

    kind: ContactMade
    on: date
    remark: str
    by: str
    next_action: str
    next_on: date | None
    next_by_id: int | None
    next_by: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done about an account: every contact, the last one entered first."""

    entries: tuple[Entry, ...] = ()

    @property
    def last(self) -> Entry | None:
        """The latest contact."""
        return max(self.entries, key=lambda entry: entry.on, default=None)

    @property
    def next(self) -> Entry | None:
        """The entry that says what is to be done next, if anything is; a reminder changes nothing about that."""
        latest = next((entry for entry in self.entries if entry.kind is not ContactMade.REMINDER), None)
        return latest if latest is not None and latest.next_action else None


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """A payer and case with something overdue, its age, and what was done about it."""

    overdue: Overdue
    done: Done
    age_days: int
    is_mine: bool
    """Whether the next action is the reader's, or the case is."""
    why_not: str
    """Why no reminder can be sent by e-mail."""


@dataclass(frozen=True, slots=True)
class OverdueList:
    """Everything that is overdue; the rows with the earliest next action first, then the longest overdue."""

    rows: tuple[OverdueRow, ...]
    today: date


@dataclass(frozen=True, slots=True)
class BillingCounts:
    """How much waits under each tab."""

    overdue: int
    uninvoiced: int
    failed: int
    unapplied: int
    pending: int
    """Payments under way, and saved cards that are to be charged."""
    unarranged: int
    estimates: int
    drafts: int
    to_gather: int = 0
    """Invoices of a week or month that wait to be created."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a row is filtered by."""

    case_type: CaseType
    provider: str
    is_mine: bool


def account_for(session: Session, actor: Actor, payer_id: int, case_id: int, action: Action) -> Payer:
    """The door to a payer's account on a case. Raises NotFound, NotPermitted."""
    case = case_for(session, actor, case_id, resource=Resource.INVOICES)
    if action is not Action.READ:
        case_for(session, actor, case_id, action, resource=Resource.INVOICES)
    payer = session.get(Payer, payer_id)
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    taking_part = {person.id for _, person in cases.people_in(session, case.id)}
    if payer is None or (
        payer.person_id not in taking_part and case.id not in accounts.cases_of_payer(session, payer_id, sees)
    ):
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=payer_id, case_id=case_id)
    return payer


@command(Resource.INVOICES, Action.CREATE)
def follow_up_payer(session: Session, actor: Actor, asked: FollowUpPayer) -> int:
    """Enter a contact with a payer. Returns the entry's id. Raises BadInput, NotFound."""
    payer = account_for(session, actor, _payer(session, actor, asked), asked.case_id, Action.CREATE)
    today = clock.today(practice.the_practice(session).zone)
    if asked.kind not in BY_HAND:
        raise BadInput("kind", "A reminder is entered by itself when it is sent.")
    if asked.happened_on > today:
        raise BadInput("happened_on", "This day lies in the future.")
    if asked.next_on is not None and asked.next_on < today:
        raise BadInput("next_on", "This day is over; choose a later one.")
    action = asked.next_action.strip()
    if action and asked.next_on is None:
        raise BadInput("next_on", "Say by when.")
    if not action and asked.next_on is not None:
        raise BadInput("next_action", "Say what is to be done.")
    by = (asked.next_by_id or actor.staff_id) if action else None
    if by is not None and by not in dict(_helpers(session, actor, asked.case_id)):
        raise BadInput("next_by_id", "Choose somebody who follows up bills here.")
    entry = FollowUp(
        payer_id=payer.id, case_id=asked.case_id, kind=asked.kind, happened_on=asked.happened_on,
        remark=asked.remark.strip(), next_action=action, next_on=asked.next_on, next_by_id=by,
        recorded_by_id=actor.staff_id,
    )
    session.add(entry)
    session.flush()
    session.info["case_id"], session.info["detail"] = asked.case_id, asked.kind.label
    return entry.id


def _payer(session: Session, actor: Actor, asked: FollowUpPayer) -> int:
    if asked.payer_id is not None:
        return asked.payer_id
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.INVOICES)
    if all(person.id != asked.person_id for _, person in cases.people_in(session, case.id)):
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES, resource_id=asked.person_id,
                       case_id=case.id)
    return payer_of(session, asked.person_id or 0).id


@command(Resource.INVOICES, Action.CREATE)
def set_billing_mail(session: Session, actor: Actor, asked: SetBillingMail) -> int:
    """Write down whether a payer wants e-mails about billing. Returns the payer's id. Raises NotFound."""
    payer = session.get(Payer, asked.payer_id, with_for_update=FOR_CHANGE)
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    if payer is None or not accounts.cases_of_payer(session, asked.payer_id, sees):
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES, resource_id=asked.payer_id)
    if payer.wants_billing_mail is not asked.wanted:
        payer.wants_billing_mail = asked.wanted
        payer.revision += 1
    session.info["detail"] = "wants e-mails about billing" if asked.wanted else "wants no e-mails about billing"
    return payer.id


@reader(Resource.INVOICES)
def billing_mail_of(session: Session, actor: Actor, payer_id: int) -> tuple[bool, str]:
    """Whether a payer wants e-mails about billing, and why they get none all the same. Raises NotFound."""
    payer = session.get(Payer, payer_id)
    sees = visible(actor, Action.READ, Resource.INVOICES)
    if payer is None or (not sees.everything and not accounts.cases_of_payer(session, payer_id, cases.seen(sees))):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.INVOICES, resource_id=payer_id)
    return payer.wants_billing_mail, billing_notices.why_not(session, payer)


@reader(Resource.INVOICES)
def overdue_list(session: Session, actor: Actor) -> OverdueList:
    """Payers and cases with something overdue or owed on no invoice, and what was done about each."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    today = clock.today(practice.the_practice(session).zone)
    found = overdue_accounts(session, sees, today)
    done = _done(session, {one.account.payer_id for one in found})
    payer_ids = {one.account.payer_id for one in found}
    why = follow_up.not_mailed(session, payer_ids)
    shared = {payer_id for payer_id, person_id in follow_up.confidential_to(session, payer_ids).items()
              if not consent_basis.own_address(session, person_id)}
    rows = []
    for one in found:
        ours = done.get((one.account.payer_id, one.account.case_id), Done())
        rows.append(OverdueRow(
            one, ours, (today - one.since).days, _is_mine(actor, one.account, ours),
            _why(why.get(one.account.payer_id), shared=one.account.payer_id in shared),
        ))
    rows.sort(key=lambda row: (row.done.next.next_on if row.done.next and row.done.next.next_on else date.max,
                               row.overdue.due_on))
    return OverdueList(tuple(rows), today)


def _why(found: tuple[bool, bool, bool] | None, *, shared: bool) -> str:
    if found is None:
        return billing_notices.SHARED if shared else ""
    is_person, wants, reached = found
    if not is_person:
        return billing_notices.NO_PERSON
    if not wants:
        return billing_notices.UNWANTED
    return "" if reached else billing_notices.NO_ADDRESS


def _is_mine(actor: Actor, account: Account, done: Done) -> bool:
    if done.next is not None:
        return done.next.next_by_id == actor.staff_id
    return account.provider_id == actor.staff_id


def _done(session: Session, payer_ids: Collection[int]) -> dict[tuple[int, int], Done]:
    kept: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    rows = follow_up.entries(session, payer_ids)
    names = clients.staff_names(session, list({one.next_by_id for one, _ in rows if one.next_by_id is not None}))
    for one, by in reversed(rows):
        kept[one.payer_id, one.case_id].append(Entry(
            one.kind, one.happened_on, one.remark, by, one.next_action, one.next_on, one.next_by_id,
            names.get(one.next_by_id or 0, ""),
        ))
    return {key: Done(tuple(entries)) for key, entries in kept.items()}


@reader(Resource.INVOICES)
def done_about(session: Session, actor: Actor, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Done]:
    """What was done about payers' accounts on cases that the actor may see: payer and case → contacts."""
    wanted = set(pairs)
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    shown = follow_up.accounts_of(session, {case_id for _, case_id in wanted}, sees)
    return {
        key: done for key, done in _done(session, {payer for payer, _ in wanted}).items()
        if key in wanted and key[1] in shown
    }


@dataclass(frozen=True, slots=True)
class ToContact:
    """Who can be spoken to about a case's bills: whoever is set down to pay, and those for whom nobody is."""

    payer_id: int | None
    """Empty for somebody who was never set down to pay."""
    person_id: int | None
    name: str
    pays: bool = True
    """Whether they pay, and do not only take part where nobody has said who pays."""
    done: Done = Done()


@reader(Resource.INVOICES)
def whom_to_contact(session: Session, actor: Actor, case_ids: Collection[int]) -> dict[int, tuple[ToContact, ...]]:
    """Case → whom to contact about its bills, with what was done, of the cases that the actor may see."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    shown = follow_up.accounts_of(session, set(case_ids), sees)
    today = clock.today(practice.the_practice(session).zone)
    found: dict[int, list[ToContact]] = {case_id: [] for case_id in shown}
    agreed = unarranged.paying(session, list(shown), today)
    for one in agreed:
        if all(known.payer_id != one.payer_id for known in found[one.case_id]):
            found[one.case_id].append(ToContact(one.payer_id, one.person_id, one.name))
    said = {(one.case_id, one.for_id) for one in agreed}
    over = unarranged.agreement_ended(session, list(shown), today)
    for case_id, known_as, person in unarranged.taking_part(session, list(shown)):
        unit = (case_id, person.id if capabilities(shown[case_id][0]).charged_each else None)
        if unit in said or any(known.person_id == person.id for known in found[case_id]):
            continue
        found[case_id].append(ToContact(
            known_as, person.id, person_name(person.first_name, person.last_name, person.preferred_name),
            pays=shown[case_id][0] not in TOGETHER and unit not in over))
    done = _done(session, {one.payer_id for known in found.values() for one in known if one.payer_id is not None})
    return {
        case_id: tuple(replace(one, done=done.get((one.payer_id or 0, case_id), Done())) for one in known)
        for case_id, known in found.items()
    }


@reader(Resource.INVOICES)
def case_facts(session: Session, actor: Actor, case_ids: Collection[int]) -> dict[int, CaseFacts]:
    """What the rows of a list are filtered by: each case's kind and provider."""
    return {
        case_id: CaseFacts(kind, name, provider_id == actor.staff_id)
        for case_id, (kind, provider_id, name) in follow_up.accounts_of(
            session, case_ids, cases.seen(visible(actor, Action.READ, Resource.INVOICES))).items()
    }


@reader(Resource.INVOICES)
def helpers(session: Session, actor: Actor, case_id: int) -> list[tuple[int, str]]:
    """Who can be asked to act next on a case: id and name, the actor first. Raises NotFound."""
    case_for(session, actor, case_id, resource=Resource.INVOICES)
    return _helpers(session, actor, case_id)


def _helpers(session: Session, actor: Actor, case_id: int) -> list[tuple[int, str]]:
    found = {actor.staff_id: actor.name}
    found |= {one.id: one.name for one in staff.staff_with_roles(session, WHO) if one.id not in found}
    provider = follow_up.provider_of(session, case_id)
    if provider is not None and provider.active:
        found.setdefault(provider.id, provider.name)
    return list(found.items())


@reader(Resource.INVOICES)
def billing_counts(session: Session, actor: Actor) -> BillingCounts:
    """How much waits under each tab: one statement, and only where there is any what failed, waits, is due."""
    sees = visible(actor, Action.READ, Resource.INVOICES)
    today = clock.today(practice.the_practice(session).zone)
    found = follow_up.counts(session, sees, today, TOGETHER, kinds_to_wait_for(session))
    estimates = number_due(session, actor) if may(actor, Action.READ, Resource.SUPERBILLS) else 0
    return BillingCounts(
        found.overdue, found.uninvoiced, len(failed_payments(session, actor)) if found.any_failed else 0,
        found.unapplied, found.pending + found.due_charges, found.unarranged, estimates, found.drafts,
        len(waiting_to_be_gathered(session, actor).rows) if found.any_gathered else 0,
    )


@reader(Resource.INVOICES)
def arrangement_missing(session: Session, actor: Actor) -> list[Unarranged]:
    """Cases with an appointment ahead or to be invoiced for which nobody is set down to pay, the earliest first."""
    return unarranged.unarranged(session, cases.seen(visible(actor, Action.READ, Resource.INVOICES)), TOGETHER)


@reader(Resource.INVOICES)
def missed_on_account(
    session: Session, actor: Actor, payer_id: int, case_id: int
) -> list[tuple[int, date, str]]:
    """Missed appointments whose fee is open on a payer's account: id, day, service. Raises NotFound."""
    account_for(session, actor, payer_id, case_id, Action.READ)
    return follow_up.missed_on_account(session, payer_id, case_id)
