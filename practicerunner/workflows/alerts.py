"""A critical answer calls for somebody: raised with the answer itself, closed only with what was done and where that
is documented (C72, C73). What is done before the note is written is kept with the alert, which stays open until then.

It is addressed to the case's provider, and to the supervisor of an associate. Once it has waited too long, or where
the provider is away, it is addressed to the supervisor and the owners too. Whoever may know of it reads that it is
there; what was answered is read only by whoever may read the answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.sheet import long_date
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import alert_steps, audit, forms, practice, scheduling, staff
from practicerunner.records.alert_steps import AlertStep
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.forms import CriticalAlert, FormResponse, FormVersion, Raised
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules import alerts as rule
from practicerunner.rules import forms as form_rule
from practicerunner.rules import notes as rule_notes
from practicerunner.rules import signing
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.forms import Critical
from practicerunner.rules.names import person_name
from practicerunner.rules.note_details import Details, in_words
from practicerunner.rules.notes import UNSIGNED_KINDS, needs_cosignature
from practicerunner.vocabulary import Action, AlertAction, MessageKind, NoteKind, Resource, Role
from practicerunner.workflows import outbox
from practicerunner.workflows.access import Actor, how_may, may_touch
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, RequiredParagraph, command, reader
from practicerunner.workflows.staff import supervisor_on

NO_SUCH_NOTE = (
    "Choose the note that documents it: one of this case about whoever answered, with something written in it, from "
    "the day of the answer on and not signed before it. A treatment plan does not."
)


class AlertIsClosed(RuleViolation):
    """Somebody has closed this alert already. Reload to read what was done."""


class RecordStep(Command):
    """Say what was done about a critical answer whose note is still to be written; the alert stays open."""

    alert_id: int
    action: AlertAction
    text: RequiredParagraph


class CloseAlert(RecordStep):
    """Say what was done about a critical answer, and which note documents it."""

    note_id: int


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done while the alert stayed open."""

    action: AlertAction
    text: str
    by: str
    at: datetime


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
    steps: tuple[Step, ...]
    """What was done before; empty for whoever may not read answers."""
    person_id: int
    note_id: int | None
    """The note that documents it."""
    note: str
    may_write: bool
    """Whether the reader may begin a contact note on it."""
    appointment_id: int | None
    """The appointment in which the reader stands in for the provider."""


# --- Raising and escalating


def raise_alert(
    session: Session, response: FormResponse, case: Case, found: Sequence[Critical]
) -> CriticalAlert:
    """Write an alert and tell whom it is addressed to, in the transaction of the answer; callers have authorised it."""
    now, us = clock.now(), practice.the_practice(session)
    alert = CriticalAlert(
        id=ids.new_id(), response_id=response.id, case_id=case.id, person_id=response.person_id,
        items=[one.key for one in found], raised_at=now,
        escalates_at=rule.escalates_at(now, us.zone, timedelta(hours=us.alert_hours)),
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
        people |= {person.id for person in staff.staff_with_roles(session, [Role.OWNER])}
    return people


# --- Closing


@command(Resource.QUESTIONNAIRES, Action.READ)
def close_alert(session: Session, actor: Actor, asked: CloseAlert) -> int:
    """Close an alert with what was done and its note: the case's provider, their supervisor, or an owner.

    So may whoever takes the provider's place in an appointment from that day on. The note is one of the case by anybody
    who treats or treated in it, see ``closing_notes``; a draft with a word in it is enough. Returns the alert's id.
    Raises NotFound, AlertIsClosed, BadInput at ``note_id``.
    """
    alert, case = _to_act_on(session, actor, asked.alert_id, "close_alert")
    alert_steps.lock_note(session, asked.note_id)
    if asked.note_id not in {note.id for note, _ in _closing_notes(session, alert, case)}:
        raise BadInput("note_id", NO_SUCH_NOTE)
    alert.closed_at, alert.closed_by_id = clock.now(), actor.staff_id
    alert.action, alert.text, alert.note_id = asked.action, asked.text, asked.note_id
    alert.revision += 1
    session.info["detail"] = f"{asked.action.value}, note {asked.note_id}"
    return alert.id


@command(Resource.QUESTIONNAIRES, Action.READ)
def record_step(session: Session, actor: Actor, asked: RecordStep) -> int:
    """Keep what was done about an alert that stays open, because its note is still to be written. Returns its id.

    Raises NotFound, AlertIsClosed.
    """
    alert, _ = _to_act_on(session, actor, asked.alert_id, "record_step")
    session.add(AlertStep(
        id=ids.new_id(), alert_id=alert.id, staff_id=actor.staff_id, action=asked.action, text=asked.text,
        created_at=clock.now(),
    ))
    session.info["detail"] = asked.action.value
    return alert.id


def _to_act_on(session: Session, actor: Actor, alert_id: int, action: str) -> tuple[CriticalAlert, Case]:
    """An open alert, locked, and its case, for those who may close it. Raises NotFound, AlertIsClosed."""
    alert = session.get(CriticalAlert, alert_id, with_for_update=FOR_CHANGE)
    case = session.get_one(Case, alert.case_id) if alert is not None else None
    if alert is None or case is None or not _may_close(session, actor, alert, case):
        raise NotFound(actor=actor, action=action, resource=Resource.QUESTIONNAIRES, resource_id=alert_id,
                       case_id=case.id if case else None)
    if alert.closed_at is not None:
        raise AlertIsClosed
    reads = how_may(
        actor, Action.READ, Resource.QUESTIONNAIRES, case_id=case.id,
        own=actor.staff_id == case.provider_id or _stands_in(session, actor, alert, case) is not None, supervised=True,
    )
    session.info["role"] = reads.role if reads else Role.OWNER
    session.info["case_id"] = case.id
    return alert, case


def _closing_notes(session: Session, alert: CriticalAlert, case: Case) -> list[tuple[Note, Staff]]:
    """The notes with which an alert can be closed, the newest first; only who treats in a case writes notes of it."""
    zone, able = ZoneInfo(practice.the_practice(session).zone), capabilities(case.type)
    memos = set() if NoteKind.CONTACT in able.case_notes else {NoteKind.MEMO}
    apart = (UNSIGNED_KINDS | {NoteKind.TREATMENT_PLAN}) - memos
    found = alert_steps.closing_notes(
        session, alert, alert.raised_at.astimezone(zone).date(), but=apart, alone=able.most == 1,
        signed=rule_notes.SIGNED, present=rule_notes.PRESENT)
    return [(note, author) for note, author in found if note.status in rule_notes.SIGNED or _says_something(note)]


def _says_something(note: Note) -> bool:
    """Whether there is a word in a draft."""
    return any(text.strip() for text in (*note.sections.values(), *note.parts.values())) or bool(
        in_words(Details(**note.details), {}))


@reader(Resource.QUESTIONNAIRES)
def notes_to_close_with(session: Session, actor: Actor, alert_id: int) -> dict[int, str]:
    """The notes with which the actor could close an alert, the newest first: id and words. Raises NotFound."""
    alert = session.get(CriticalAlert, alert_id)
    case = session.get_one(Case, alert.case_id) if alert is not None else None
    if alert is None or case is None or not _may_close(session, actor, alert, case):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.QUESTIONNAIRES, resource_id=alert_id)
    return {note.id: _note_words(note, author) for note, author in _closing_notes(session, alert, case)}


def _note_words(note: Note, author: Staff) -> str:
    return f"{note.kind.label}, {long_date(note.service_date)}, {author.name}, {note.status.label.lower()}"


def _may_close(session: Session, actor: Actor, alert: CriticalAlert, case: Case) -> bool:
    return not actor.is_concerned(case_id=case.id) and (
        actor.staff_id == case.provider_id or Role.OWNER in actor.roles
        or (Role.SUPERVISOR in actor.roles and actor.staff_id in _supervisors(session, case))
        or _stands_in(session, actor, alert, case) is not None
    )


def _stands_in(session: Session, actor: Actor, alert: CriticalAlert, case: Case) -> int | None:
    """The last appointment from the day of the answer until today in which somebody takes the provider's place."""
    if actor.staff_id == case.provider_id or not may_touch(
        actor, Action.CREATE, rule_notes.resource_for(capabilities(case.type).main_note, case.type),
        responsible=[actor.staff_id],
    ):
        return None
    zone = practice.the_practice(session).zone
    return alert_steps.held_by(
        session, case.id, actor.staff_id, alert.raised_at.astimezone(ZoneInfo(zone)).date(), clock.today(zone))


# --- Reading


@reader(Resource.QUESTIONNAIRES)
def my_alerts(session: Session, actor: Actor) -> list[AlertView]:
    """Open alerts that are addressed to the actor, or to whom they stand in for, the oldest first."""
    return [
        _view(session, actor, found) for found in forms.open_alerts(session)
        if not actor.is_concerned(case_id=found.case.id) and (
            actor.staff_id in addressed_to(session, found.alert, found.case)
            or _stands_in(session, actor, found.alert, found.case) is not None)
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
    stands_in = _stands_in(session, actor, alert, case) if alert.closed_at is None else None
    return AlertView(
        alert.id, alert.response_id, case.id, case.name,
        person_name(person.first_name, person.last_name, person.preferred_name), found.form, alert.raised_at,
        alert.escalated_at, _items(session, alert) if reads else (),
        alert.closed_at is None and _may_close(session, actor, alert, case), alert.closed_at, by.name if by else "",
        alert.action, alert.text if reads else "", _steps(session, alert) if reads else (), alert.person_id,
        alert.note_id, _closed_with(session, alert),
        NoteKind.CONTACT in rule_notes.case_kinds_for(case.type, case.clinical_fields)
        and (actor.staff_id == case.provider_id or stands_in is not None), stands_in,
    )


def _steps(session: Session, alert: CriticalAlert) -> tuple[Step, ...]:
    return tuple(Step(step.action, step.text, by.name, step.created_at)
                 for step, by in alert_steps.steps_of(session, alert.id))


def _closed_with(session: Session, alert: CriticalAlert) -> str:
    note = session.get(Note, alert.note_id) if alert.note_id is not None else None
    return _note_words(note, session.get_one(Staff, note.author_id)) if note is not None else ""


def _items(session: Session, alert: CriticalAlert) -> tuple[Critical, ...]:
    response = session.get_one(FormResponse, alert.response_id)
    content = form_rule.from_json(session.get_one(FormVersion, response.version_id).content)
    return form_rule.critical_answers(content, response.answers)
