"""A critical answer calls for somebody: raised with the answer itself, closed only with what was done (C72, C73).

It is addressed to the case's provider, and to the supervisor of an associate. Once it has waited too long, or where
the provider is away, it is addressed to the supervisor and the owners too. Whoever may know of it reads that it is
there; what was answered is read only by whoever may read the answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import audit, forms, logins, practice, scheduling
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.forms import CriticalAlert, FormResponse, FormVersion, Raised
from practicerunner.records.logins import Staff
from practicerunner.rules import alerts as rule
from practicerunner.rules import forms as form_rule
from practicerunner.rules import permissions, signing
from practicerunner.rules.forms import Critical
from practicerunner.rules.names import person_name
from practicerunner.rules.notes import needs_cosignature
from practicerunner.vocabulary import Action, AlertAction, MessageKind, Resource, Role
from practicerunner.workflows import outbox
from practicerunner.workflows.access import Actor, may_touch
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, RequiredParagraph, command, reader
from practicerunner.workflows.staff import supervisor_on


class AlertIsClosed(RuleViolation):
    """Somebody has closed this alert already. Reload to read what was done."""


class CloseAlert(Command):
    """Say what was done about a critical answer."""

    alert_id: int
    action: AlertAction
    text: RequiredParagraph


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as somebody may read it."""

    alert_id: int
    response_id: int
    case_id: int
    case_name: str
    person: str
    form: str
    raised_at: datetime
    escalated_at: datetime | None
    items: tuple[Critical, ...]
    """The critical answers; empty for whoever may not read answers."""
    may_close: bool
    closed_at: datetime | None
    closed_by: str
    action: AlertAction | None
    text: str
    """What was done; empty for whoever may not read answers."""


# --- Raising and escalating


def raise_alert(
    session: Session, response: FormResponse, case: Case, found: Sequence[Critical]
) -> CriticalAlert:
    """Write an alert and tell whom it is addressed to, in the transaction of the answer; callers have authorised it."""
    now, us = clock.now(), practice.the_practice(session)
    alert = CriticalAlert(
        id=ids.new_id(), response_id=response.id, case_id=case.id, person_id=response.person_id,
        items=[one.key for one in found], raised_at=now, escalates_at=rule.escalates_at(now, us.zone),
    )
    session.add(alert)
    session.flush()
    audit.note(session, action="raise_alert", resource=Resource.QUESTIONNAIRES, resource_id=alert.id, case_id=case.id)
    _tell(session, alert, case)
    if _is_away(session, case.provider_id, now):
        _escalate(session, alert, case, now)
    return alert


def escalate_alerts(session: Session, now: datetime) -> list[int]:
    """Address alerts that have waited too long to supervisors and owners too. Returns their ids."""
    found = forms.to_escalate(session, now)
    for alert in found:
        _escalate(session, alert, session.get_one(Case, alert.case_id), now)
    session.flush()
    return [alert.id for alert in found]


def _escalate(session: Session, alert: CriticalAlert, case: Case, now: datetime) -> None:
    alert.escalated_at = now
    alert.revision += 1
    audit.note(
        session, action="escalate_alert", resource=Resource.QUESTIONNAIRES, resource_id=alert.id, case_id=case.id,
    )
    _tell(session, alert, case)


def _tell(session: Session, alert: CriticalAlert, case: Case) -> None:
    """Write to everybody whom it is addressed to, once, with not a word of what it is about."""
    letter = signing.urgent_letter(practice.the_practice(session).name)
    for staff_id in sorted(addressed_to(session, alert, case)):
        outbox.put(
            session, MessageKind.URGENT_NOTICE, f"{MessageKind.URGENT_NOTICE}:{alert.id}:{staff_id}", letter.subject,
            letter.body, staff_id=staff_id, case_id=case.id,
        )


def _is_away(session: Session, staff_id: int, now: datetime) -> bool:
    """Whether nobody would read it: they work here no more, or have blocked this whole day or more."""
    blocked = scheduling.blocks(session, now, now + timedelta(minutes=1), [staff_id])
    return not session.get_one(Staff, staff_id).active or any(
        block.ends_at - block.starts_at >= rule.AWAY for block, _ in blocked
    )


def _supervisors(session: Session, case: Case) -> set[int]:
    """Who supervises the work: named on the case, and the provider's own."""
    today = clock.today(practice.the_practice(session).zone)
    return {staff_id for staff_id in (case.supervisor_id, supervisor_on(session, case.provider_id, today)) if staff_id}


def addressed_to(session: Session, alert: CriticalAlert, case: Case) -> set[int]:
    """Whom an alert calls."""
    people = {case.provider_id}
    provider = session.get_one(Staff, case.provider_id)
    if alert.escalated_at is not None or needs_cosignature({held.role for held in provider.roles}):
        people |= _supervisors(session, case)
    if alert.escalated_at is not None:
        people |= {person.id for person in logins.staff_with_roles(session, [Role.OWNER])}
    return people


# --- Closing


@command(Resource.QUESTIONNAIRES, Action.READ)
def close_alert(session: Session, actor: Actor, asked: CloseAlert) -> int:
    """Close an alert with what was done: the case's provider, their supervisor, or an owner. Returns its id.

    Raises NotFound, AlertIsClosed.
    """
    alert = session.get(CriticalAlert, asked.alert_id, with_for_update=FOR_CHANGE)
    case = session.get_one(Case, alert.case_id) if alert is not None else None
    if alert is None or case is None or not _may_close(session, actor, case):
        raise NotFound(actor=actor, action="close_alert", resource=Resource.QUESTIONNAIRES, resource_id=asked.alert_id,
                       case_id=case.id if case else None)
    if alert.closed_at is not None:
        raise AlertIsClosed
    alert.closed_at, alert.closed_by_id = clock.now(), actor.staff_id
    alert.action, alert.text = asked.action, asked.text
    alert.revision += 1
    reads = permissions.decide(
        actor.roles, Action.READ, Resource.QUESTIONNAIRES, own=actor.staff_id == case.provider_id, supervised=True,
    )
    session.info["role"] = reads.role if reads else Role.OWNER
    session.info["case_id"], session.info["detail"] = case.id, asked.action.value
    return alert.id


def _may_close(session: Session, actor: Actor, case: Case) -> bool:
    return (
        actor.staff_id == case.provider_id or Role.OWNER in actor.roles
        or (Role.SUPERVISOR in actor.roles and actor.staff_id in _supervisors(session, case))
    )


# --- Reading


@reader(Resource.QUESTIONNAIRES)
def my_alerts(session: Session, actor: Actor) -> list[AlertView]:
    """Open alerts that are addressed to the actor, the oldest first."""
    return [
        _view(session, actor, found) for found in forms.open_alerts(session)
        if actor.staff_id in addressed_to(session, found.alert, found.case)
    ]


@reader(Resource.QUESTIONNAIRES)
def alerts_of_case(session: Session, actor: Actor, case_id: int) -> list[AlertView]:
    """Open alerts of a case, the oldest first, for whoever may see the case and ever reads answers."""
    case_for(session, actor, case_id)
    return [
        _view(session, actor, found) for found in forms.alerts_of(session, case_id) if found.alert.closed_at is None
    ]


def alert_view(session: Session, actor: Actor, response_id: int) -> AlertView | None:
    """The alert that a response raised, open or closed; callers have authorised the reading of its answers."""
    alert = forms.alert_of(session, response_id)
    found = forms.one_alert(session, alert.id) if alert is not None else None
    return _view(session, actor, found, reads=True) if found is not None else None


def _view(session: Session, actor: Actor, found: Raised, *, reads: bool = False) -> AlertView:
    alert, case, person = found.alert, found.case, found.person
    reads = reads or may_touch(
        actor, Action.READ, Resource.QUESTIONNAIRES, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
    )
    by = session.get(Staff, alert.closed_by_id) if alert.closed_by_id else None
    return AlertView(
        alert.id, alert.response_id, case.id, case.name,
        person_name(person.first_name, person.last_name, person.preferred_name), found.form, alert.raised_at,
        alert.escalated_at, _items(session, alert) if reads else (),
        alert.closed_at is None and _may_close(session, actor, case), alert.closed_at, by.name if by else "",
        alert.action, alert.text if reads else "",
    )


def _items(session: Session, alert: CriticalAlert) -> tuple[Critical, ...]:
    response = session.get_one(FormResponse, alert.response_id)
    content = form_rule.from_json(session.get_one(FormVersion, response.version_id).content)
    return form_rule.critical_answers(content, response.answers)
