"""A month's statements: asked for once, then issued payer by payer, each all or not at all, until done or cancelled.

Whoever works on a run holds a claim on it. What is left by a worker that died is taken up again, and a payer who has a
statement of the month by then is passed over, so that nobody ever gets two.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.bundle import bundle
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import audit, billing, cases, practice, statement_runs, statements
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.records.statement_runs import UNDER_WAY, RunFacts, StatementRun, StatementRunPayer
from practicerunner.vocabulary import Action, Resource, RunState
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.staff import actor_for
from practicerunner.workflows.statements import due_of, issue_due, reach

LEASE = timedelta(seconds=60)
"""Without a sign of life for so long, a worker has died."""
MOST_ATTEMPTS = 3
"""How often a run is taken up without coming forward before it is given up."""
GAVE_UP = "It stopped again and again at the same place. Those that were issued stand; start the rest anew."
NO_LONGER_ALLOWED = "Who asked for them may not issue statements any more."
FAULT = "Something is wrong with their figures; nothing was issued. Create the statement on the payer's page to see it."


class NobodyToTell(RuleViolation):
    """Nobody is left who has a balance or a movement in this month and no statement for it yet."""


class RunUnderWay(RuleViolation):
    """A month's statements are being issued already. Wait until they are done, or cancel them first."""


class RunIsOver(RuleViolation):
    """These statements are not being issued any more."""


class IssueStatements(Command):
    """Issue the statements of a month, one for each payer with a balance or a movement. ``month``: any day in it."""

    month: date


class CancelRun(Command):
    """Stop issuing a month's statements after the present one."""

    run_id: int


@dataclass(frozen=True, slots=True)
class MonthOfStatements:
    """Who would get a statement for a month, by name, and how many have theirs already."""

    starts_on: date
    ends_on: date
    payers: tuple[str, ...]
    already: int
    payer_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the screen shows it."""

    run_id: int
    month: date
    """Its first day."""
    state: RunState
    total: int
    done: int
    issued: int
    asked_by: str
    cancelled_by: str
    error: str
    ended_at: datetime | None
    """On the wall of the practice."""
    left_without: tuple[tuple[str, str], ...]
    """Names of payers without a statement, and why."""

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or goes on."""
        return self.state in UNDER_WAY


def days_of(month: date) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _plan(session: Session, actor: Actor, month: date) -> MonthOfStatements:
    """Whose statement of a month is still to be issued, and how many have theirs. Raises BadInput."""
    starts_on, ends_on = days_of(month)
    if ends_on >= clock.today(practice.the_practice(session).zone):
        raise BadInput("month", "A month's statements are issued once the month is over.")
    sees = cases.seen(visible(actor, reach(actor), Resource.INVOICES))
    everybody = statements.payers_of_period(session, sees, starts_on, ends_on)
    due = tuple(one.payer_id for one in due_of(session, sees, starts_on, ends_on, everybody))
    names = billing.payer_names(session, due)
    return MonthOfStatements(
        starts_on, ends_on, tuple(names[payer_id] for payer_id in due), len(everybody) - len(due), due)


@reader(Resource.INVOICES)
def month_of_statements(session: Session, actor: Actor, month: date) -> MonthOfStatements:
    """Who would get a statement for a month. Raises BadInput while the month runs."""
    return _plan(session, actor, month)


@command(Resource.INVOICES, Action.CREATE)
def issue_statements(session: Session, actor: Actor, asked: IssueStatements) -> int:
    """Ask for a month's statements; who has one for that month is left out. Returns the id of the run.

    Raises NobodyToTell, RunUnderWay, BadInput.
    """
    session.get_one(Practice, practice.the_practice(session).id, with_for_update=FOR_CHANGE)
    if statement_runs.under_way(session) is not None:
        raise RunUnderWay
    plan = _plan(session, actor, asked.month)
    if not plan.payer_ids:
        raise NobodyToTell
    run_id = ids.new_id()
    add_rows(session, StatementRun, [{
        "id": run_id, "asked_by_id": actor.staff_id, "starts_on": plan.starts_on, "ends_on": plan.ends_on,
        "state": RunState.WAITING, "total": len(plan.payer_ids),
    }])
    add_rows(session, StatementRunPayer, [
        {"run_id": run_id, "place": place, "payer_id": payer_id} for place, payer_id in enumerate(plan.payer_ids)
    ])
    session.info["detail"] = f"{plan.starts_on:%B %Y}, {len(plan.payer_ids)} payers"
    return run_id


def _run(session: Session, actor: Actor, action: Action, run: StatementRun | None, run_id: int) -> StatementRun:
    """A run, for who asked for it and for those who may issue everybody's statements. Raises NotFound."""
    if run is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=run_id)
    authorize(
        session, actor, Action.CREATE, Resource.INVOICES, responsible=[run.asked_by_id], supervised=False,
        resource_id=run.id,
    )
    return run


@command(Resource.INVOICES, Action.CREATE)
def cancel_run(session: Session, actor: Actor, asked: CancelRun) -> int:
    """Stop a run; what was issued stands. Returns how many statements that are. Raises NotFound, RunIsOver."""
    found = statement_runs.run_to_change(session, asked.run_id)
    run = _run(session, actor, Action.CREATE, found, asked.run_id)
    if run.state not in UNDER_WAY:
        raise RunIsOver
    _end(run, RunState.CANCELLED)
    run.cancelled_by_id = actor.staff_id
    session.info["detail"] = f"{run.issued} of {run.total} statements were issued"
    return run.issued


@reader(Resource.INVOICES)
def latest_run(session: Session, actor: Actor) -> Run | None:
    """The newest run that the actor may see: everybody's for who issues everybody's statements, else their own."""
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return None
    everything = visible(actor, Action.CREATE, Resource.INVOICES).everything
    found = statement_runs.latest(session, asked_by_id=None if everything else actor.staff_id)
    return None if found is None else _shown(session, found)


def _shown(session: Session, found: RunFacts) -> Run:
    run = found.run
    return Run(
        run.id, run.starts_on, run.state, run.total, run.done, run.issued, found.asked_by.name,
        found.cancelled_by.name if found.cancelled_by else "", run.error,
        run.ended_at.astimezone(ZoneInfo(practice.the_practice(session).zone)) if run.ended_at else None,
        tuple(statement_runs.left_without(session, run.id)),
    )


@reader(Resource.INVOICES)
def run_pdf(session: Session, actor: Actor, run_id: int) -> tuple[str, str, bytes]:
    """All statements that a run issued as one PDF, in the order of names, each logged. Raises NotFound.

    A statement over a case that the actor may not see any more is not in it.
    """
    run = _run(session, actor, Action.READ, session.get(StatementRun, run_id), run_id)
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    issued = statement_runs.statement_ids(session, run.id)
    shown = {row.statement_id for row in statements.statements(session, sees, statement_ids=issued)}
    kept = statement_runs.papers_of(session, [one for one in issued if one in shown])
    if not kept:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.INVOICES, resource_id=run_id)
    drawn = []
    for statement_id in issued:
        if statement_id not in kept:
            continue
        document, file = kept[statement_id]
        drawn.append(file.pdf if file else papers.stored_pdf(session, document))
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action="download",
            resource=Resource.INVOICES, resource_id=statement_id, case_id=document.case_id, detail=document.number,
        )
    title = f"Statements {run.starts_on:%B %Y}"
    return f"{title}.pdf", "application/pdf", bundle(drawn, title)


# --- The work itself, step by step; each step is a transaction of its own -------------------------------------------


def _end(run: StatementRun, state: RunState, error: str = "") -> None:
    run.state, run.error, run.ended_at, run.claimed_by = state, error, clock.now(), ""


def is_any_due(session: Session) -> bool:
    """Whether a run waits for a worker, or was left by one."""
    return statement_runs.is_any_due(session, clock.now() - LEASE)


def is_any_under_way(session: Session) -> bool:
    """Whether statements are being issued, or are about to be."""
    return statement_runs.under_way(session) is not None


def take_up(session: Session, worker: str) -> int | None:
    """Begin or continue a run that nobody works on. Returns its id; nothing if there is none."""
    run = statement_runs.claim(session, worker, clock.now(), clock.now() - LEASE)
    if run is None:
        return None
    if run.attempts > MOST_ATTEMPTS:
        _finish(session, run, RunState.FAILED, GAVE_UP)
        return None
    return run.id


def lay_down(session: Session, run_id: int, worker: str) -> None:
    """Give a run back, so that the next worker need not wait until this one counts as dead."""
    run = statement_runs.claimed(session, run_id, worker)
    if run is not None:
        run.state, run.claimed_by, run.attempts = RunState.WAITING, "", 0


def issue_next(session: Session, run_id: int, worker: str) -> papers.Undrawn | None:
    """Issue the statement of the next payer of a run who has none. Returns its paper; nothing once the run is over."""
    run = statement_runs.claimed(session, run_id, worker)
    if run is None:
        return None
    actor = _asker(session, run)
    if actor is None:
        _finish(session, run, RunState.FAILED, NO_LONGER_ALLOWED)
        return None
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    while (line := statement_runs.next_payer(session, run.id)) is not None:
        session.get(Payer, line.payer_id, with_for_update=FOR_CHANGE)
        due = due_of(session, sees, run.starts_on, run.ends_on, [line.payer_id])
        _settle(session, run, line)
        if not due:
            session.flush()
            continue
        issued = issue_due(session, actor, due[0], run.starts_on, run.ends_on)
        line.statement_id = issued.statement_id
        run.issued += 1
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.pop("role", ""), action="issue_statement",
            resource=Resource.INVOICES, resource_id=issued.statement_id, case_id=due[0].case_ids[0],
            detail=issued.number,
        )
        return issued.paper
    _finish(session, run, RunState.DONE)
    return None


def pass_over(session: Session, run_id: int, worker: str, problem: str) -> None:
    """Leave the next payer of a run without a statement and say why; the others get theirs."""
    run = statement_runs.claimed(session, run_id, worker)
    line = statement_runs.next_payer(session, run_id) if run is not None else None
    if run is not None and line is not None:
        _settle(session, run, line)
        line.problem = problem[:300]


def _settle(session: Session, run: StatementRun, line: StatementRunPayer) -> None:
    line.settled_at = run.claimed_at = clock.now()
    run.done += 1
    run.attempts = 0


def _asker(session: Session, run: StatementRun) -> Actor | None:
    """Who asked for a run, as they are today, if they may still issue statements."""
    try:
        actor = actor_for(session, run.asked_by_id)
    except NotFound:
        return None
    return actor if may(actor, Action.CREATE, Resource.INVOICES) else None


def _finish(session: Session, run: StatementRun, state: RunState, error: str = "") -> None:
    """End a run and log what it came to."""
    _end(run, state, error)
    audit.note(
        session, staff_id=run.asked_by_id, action="end_statement_run", resource=Resource.INVOICES, resource_id=run.id,
        detail=f"{state.value}, {run.issued} of {run.total} statements were issued",
    )
