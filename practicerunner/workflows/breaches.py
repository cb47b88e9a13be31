"""Something went to the wrong person: the report, the assessment of its four factors, the decision (A34).

Whoever reports it, and the owners, read it and write the assessment; an owner alone closes it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, RuleViolation
from practicerunner.records import breaches, practice
from practicerunner.records.breaches import Breach, Reported
from practicerunner.records.cases import Case
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.staff import Staff
from practicerunner.rules import breaches as rule
from practicerunner.vocabulary import Action, BreachChannel, BreachDecision, Resource
from practicerunner.workflows.access import Actor, authorize, may, may_touch
from practicerunner.workflows.audiences import thread_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import (
    Command,
    Paragraph,
    RequiredLine,
    RequiredParagraph,
    command,
    reader,
    to_change,
)
from practicerunner.workflows.documents import documents_of_case


class BreachIsClosed(RuleViolation):
    """This report is closed and cannot be changed any more."""


class ReportWrongRecipient(Command):
    """Report that something went to the wrong person, or may have."""

    case_id: int | None = None
    channel: BreachChannel
    subject_id: int | None = None
    """The conversation, document or e-mail that it was."""
    what: RequiredParagraph
    meant_for: RequiredLine
    went_to: RequiredLine
    noticed_on: date
    noticed_by: RequiredLine


class AssessBreach(Command):
    """Keep what is known of the four factors so far, and what is decided."""

    breach_id: int
    revision: int
    nature: Paragraph = ""
    receiver: Paragraph = ""
    acquired: Paragraph = ""
    mitigated: Paragraph = ""
    decision: BreachDecision | None = None
    reason: Paragraph = ""
    notified_on: date | None = None


class CloseBreach(AssessBreach):
    """Close a report with all four factors answered, a decision and its reason."""


@dataclass(frozen=True, slots=True)
class BreachLine:
    """A report in the list."""

    breach_id: int
    channel: BreachChannel
    case_name: str
    """Empty where it belongs to no case, or to one that is not the reader's to open."""
    meant_for: str
    went_to: str
    noticed_on: date
    reported_by: str
    days_left: int
    decision: BreachDecision | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class BreachPage:
    """A report with its assessment."""

    line: BreachLine
    revision: int
    case_id: int | None
    subject_id: int | None
    what: str
    noticed_by: str
    reported_at: datetime
    due_on: date
    factors: dict[str, str]
    reason: str
    notified_on: date | None
    closed_by: str
    may_write: bool
    may_close: bool
    zone: str
    today: date


# --- Acts


@command(Resource.BREACHES, Action.CREATE)
def report_wrong_recipient(session: Session, actor: Actor, asked: ReportWrongRecipient) -> int:
    """Open a report; the days count from when it was noticed. Returns its id. Raises NotFound, BadInput."""
    authorize(session, actor, Action.CREATE, Resource.BREACHES, responsible=[actor.staff_id])
    if asked.noticed_on > _today(session):
        raise BadInput("noticed_on", "This day is still to come.")
    case_id = _case_of(session, actor, asked)
    made = Breach(
        id=ids.new_id(), case_id=case_id, channel=asked.channel, subject_id=asked.subject_id, what=asked.what,
        meant_for=asked.meant_for, went_to=asked.went_to, noticed_on=asked.noticed_on, noticed_by=asked.noticed_by,
        reported_by_id=actor.staff_id,
    )
    session.add(made)
    session.info["case_id"], session.info["detail"] = case_id, f"by {asked.channel}, noticed {asked.noticed_on}"
    return made.id


def _case_of(session: Session, actor: Actor, asked: ReportWrongRecipient) -> int | None:
    """The case that it belongs to, which the reporter may open, as the thing itself has to be. Raises NotFound."""
    if asked.subject_id is None:
        return case_for(session, actor, asked.case_id).id if asked.case_id is not None else None
    if asked.channel is BreachChannel.MESSAGE:
        return thread_for(session, actor, asked.subject_id).case.id
    if asked.channel is BreachChannel.DOCUMENT and asked.case_id is not None:
        lines = documents_of_case(session, actor, asked.case_id).lines
        if asked.subject_id in {line.document_id for line in lines}:
            return asked.case_id
    if asked.channel is BreachChannel.EMAIL and may(actor, Action.MANAGE, Resource.PRACTICE_SETTINGS):
        message = session.get(OutboxMessage, asked.subject_id)
        if message is not None:
            return message.case_id
    raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.BREACHES, resource_id=asked.subject_id,
                   case_id=asked.case_id)


@command(Resource.BREACHES, Action.UPDATE)
def assess_breach(session: Session, actor: Actor, asked: AssessBreach) -> int:
    """Keep an assessment that is not finished. Returns the report's id.

    Raises NotFound, Stale, BreachIsClosed, FieldProblems.
    """
    return _keep(session, actor, asked, Action.UPDATE).id


@command(Resource.BREACHES, Action.MANAGE)
def close_breach(session: Session, actor: Actor, asked: CloseBreach) -> int:
    """Close a report: an owner, with every factor answered. Returns its id.

    Raises NotFound, NotPermitted, Stale, BreachIsClosed, FieldProblems.
    """
    found = _keep(session, actor, asked, Action.MANAGE)
    found.closed_at, found.closed_by_id = clock.now(), actor.staff_id
    session.info["detail"] = f"closed: {found.decision}"
    return found.id


def _keep(session: Session, actor: Actor, asked: AssessBreach, action: Action) -> Breach:
    _breach_for(session, actor, asked.breach_id, action)
    found = to_change(session, actor, Breach, asked.breach_id, asked.revision, Resource.BREACHES)
    if found.closed_at is not None:
        raise BreachIsClosed
    factors = {name: str(getattr(asked, name)) for name in rule.FACTORS}
    problems = rule.problems(
        factors, asked.decision, asked.reason, noticed_on=found.noticed_on, notified_on=asked.notified_on,
        today=_today(session), closing=action is Action.MANAGE,
    )
    if problems:
        raise FieldProblems(problems)
    for name, text in factors.items():
        setattr(found, name, text)
    found.decision, found.reason, found.notified_on = asked.decision, asked.reason, asked.notified_on
    found.revision += 1
    session.info["case_id"] = found.case_id
    session.info["detail"] = f"decided: {found.decision or 'not yet'}"
    return found


def _breach_for(session: Session, actor: Actor, breach_id: int, action: Action) -> Breach:
    """The door to a report: whoever reported it, and the owners. Raises NotFound, NotPermitted."""
    found = session.get(Breach, breach_id)
    if found is None:
        raise NotFound(actor=actor, action=action, resource=Resource.BREACHES, resource_id=breach_id)
    authorize(
        session, actor, action, Resource.BREACHES, responsible=[found.reported_by_id], resource_id=found.id,
        case_id=found.case_id,
    )
    return found


def _today(session: Session) -> date:
    return clock.today(practice.the_practice(session).zone)


# --- Reading


@reader(Resource.BREACHES)
def breach_list(session: Session, actor: Actor) -> list[BreachLine]:
    """Reports that the actor may read, the open ones first, and of them the one that is due first."""
    today = _today(session)
    everybodys = may(actor, Action.MANAGE, Resource.BREACHES)
    found = breaches.reported(session, None if everybodys else actor.staff_id)
    return [_line(actor, one, today) for one in found]


@reader(Resource.BREACHES)
def breach_page(session: Session, actor: Actor, breach_id: int) -> BreachPage:
    """A report with its assessment. Raises NotFound."""
    found = _breach_for(session, actor, breach_id, Action.READ)
    us, today = practice.the_practice(session), _today(session)
    case = session.get(Case, found.case_id) if found.case_id is not None else None
    line = _line(actor, Reported(found, session.get_one(Staff, found.reported_by_id), case), today)
    closed_by = session.get(Staff, found.closed_by_id) if found.closed_by_id is not None else None
    is_open = found.closed_at is None

    def able(action: Action) -> bool:
        return is_open and may_touch(actor, action, Resource.BREACHES, responsible=[found.reported_by_id])

    return BreachPage(
        line, found.revision, found.case_id if line.case_name else None, found.subject_id, found.what,
        found.noticed_by, found.created_at, rule.due_on(found.noticed_on),
        {name: getattr(found, name) for name in rule.FACTORS}, found.reason, found.notified_on,
        closed_by.name if closed_by else "", able(Action.UPDATE), able(Action.MANAGE), us.zone, today,
    )


def _line(actor: Actor, one: Reported, today: date) -> BreachLine:
    found, case = one.breach, one.case
    opens = case is not None and may_touch(
        actor, Action.READ, Resource.CASE, responsible=[case.provider_id], supervisor_id=case.supervisor_id)
    return BreachLine(
        found.id, found.channel, case.name if case is not None and opens else "", found.meant_for, found.went_to,
        found.noticed_on, one.reporter.name, rule.days_left(found.noticed_on, today), found.decision, found.closed_at,
    )


@reader(Resource.BREACHES)
def open_breaches(session: Session, actor: Actor) -> list[tuple[int, int]]:
    """Open reports with the days that are left, for whoever closes them; nothing for anybody else."""
    if not may(actor, Action.MANAGE, Resource.BREACHES):
        return []
    found = breaches.open_ones(session)
    today = _today(session) if found else date.min
    return [(breach_id, rule.days_left(noticed_on, today)) for breach_id, noticed_on in found]
