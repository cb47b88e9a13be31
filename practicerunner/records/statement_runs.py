"""Runs that issue a month's statements payer by payer: how far each came, for whom, and who works on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner.records.base import FOR_CHANGE, Row, word
from practicerunner.records.billing import DocumentFile, IssuedDocument
from practicerunner.records.people import Payer
from practicerunner.records.staff import Staff
from practicerunner.records.statements import Statement
from practicerunner.vocabulary import RunState

UNDER_WAY = (RunState.WAITING, RunState.RUNNING)


class StatementRun(Row):
    """A month's statements, issued one after the other by a process of its own; whoever works on it has a claim."""

    __tablename__ = "statement_run"

    asked_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[RunState] = word(RunState, index=True)
    total: Mapped[int]
    """How many payers it is for."""
    done: Mapped[int] = mapped_column(default=0)
    """How many of them were dealt with."""
    issued: Mapped[int] = mapped_column(default=0)
    """How many statements that made; less than ``done`` where somebody had theirs by then."""
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    error: Mapped[str] = mapped_column(String(300), default="")
    """Why it failed, as people read it."""
    claimed_by: Mapped[str] = mapped_column(String(32), default="")
    claimed_at: Mapped[datetime | None]
    """The last sign of life of who works on it."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was taken up since it last came forward."""


class StatementRunPayer(Row):
    """One payer of a run, in the order of names, and what became of them."""

    __tablename__ = "statement_run_payer"

    run_id: Mapped[int] = mapped_column(ForeignKey("statement_run.id"))
    place: Mapped[int]
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    settled_at: Mapped[datetime | None]
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statement.id"))
    problem: Mapped[str] = mapped_column(String(300), default="")
    """Why there is no statement for them, as people read it."""

    __table_args__ = (UniqueConstraint("run_id", "place"),)


def is_any_due(session: Session, abandoned: datetime) -> bool:
    """Whether a run waits, or was left by who worked on it."""
    return session.scalar(select(StatementRun.id).where(_free(abandoned)).limit(1)) is not None


def _free(abandoned: datetime) -> ColumnElement[bool]:
    return or_(
        StatementRun.state == RunState.WAITING,
        and_(StatementRun.state == RunState.RUNNING, StatementRun.claimed_at < abandoned),
    )


def claim(session: Session, worker: str, now: datetime, abandoned: datetime) -> StatementRun | None:
    """Take up the oldest run that waits or was left, as nobody else can at the same time."""
    run = session.scalar(
        select(StatementRun).where(_free(abandoned)).order_by(StatementRun.id).limit(1)
        .with_for_update(skip_locked=True, key_share=True))
    if run is not None:
        run.state, run.claimed_by, run.claimed_at = RunState.RUNNING, worker, now
        run.started_at = run.started_at or now
        run.attempts += 1
    return run


def claimed(session: Session, run_id: int, worker: str) -> StatementRun | None:
    """A run, locked, if it goes on and this worker still has it."""
    return session.scalar(
        select(StatementRun).where(
            StatementRun.id == run_id, StatementRun.state == RunState.RUNNING, StatementRun.claimed_by == worker)
        .with_for_update(key_share=True).execution_options(populate_existing=True))


def run_to_change(session: Session, run_id: int) -> StatementRun | None:
    """A run, locked."""
    return session.get(StatementRun, run_id, with_for_update=FOR_CHANGE, populate_existing=True)


def under_way(session: Session) -> StatementRun | None:
    """The run that waits or goes on, if there is one."""
    return session.scalar(select(StatementRun).where(StatementRun.state.in_(UNDER_WAY)).limit(1))


def next_payer(session: Session, run_id: int) -> StatementRunPayer | None:
    """Who comes next in a run."""
    return session.scalar(
        select(StatementRunPayer).where(StatementRunPayer.run_id == run_id, StatementRunPayer.settled_at.is_(None))
        .order_by(StatementRunPayer.place).limit(1))


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with the names of who asked for it and who stopped it."""

    run: StatementRun
    asked_by: Staff
    cancelled_by: Staff | None


def latest(session: Session, *, asked_by_id: int | None = None) -> RunFacts | None:
    """The newest run, or the newest that somebody asked for."""
    stopped = aliased(Staff)
    query = (
        select(StatementRun, Staff, stopped).join(Staff, Staff.id == StatementRun.asked_by_id)
        .outerjoin(stopped, stopped.id == StatementRun.cancelled_by_id).order_by(StatementRun.id.desc()).limit(1)
    )
    if asked_by_id is not None:
        query = query.where(StatementRun.asked_by_id == asked_by_id)
    return next((RunFacts(*row) for row in session.execute(query)), None)


def left_without(session: Session, run_id: int) -> list[tuple[str, str]]:
    """Payers of a run for whom no statement could be made, and why."""
    query = (
        select(Payer.name, StatementRunPayer.problem).join(Payer, Payer.id == StatementRunPayer.payer_id)
        .where(StatementRunPayer.run_id == run_id, StatementRunPayer.problem != "").order_by(StatementRunPayer.place)
    )
    return [(name, problem) for name, problem in session.execute(query)]


def statement_ids(session: Session, run_id: int) -> list[int]:
    """The statements that a run issued, in its order."""
    query = select(StatementRunPayer.statement_id).where(
        StatementRunPayer.run_id == run_id, StatementRunPayer.statement_id.is_not(None)
    ).order_by(StatementRunPayer.place)
    return [found for found in session.scalars(query) if found is not None]


def papers_of(
    session: Session, statement_ids: Sequence[int]
) -> dict[int, tuple[IssuedDocument, DocumentFile | None]]:
    """Statement → its paper, and the PDF once it was drawn."""
    query = (
        select(Statement.id, IssuedDocument, DocumentFile)
        .join(IssuedDocument, IssuedDocument.number == Statement.number)
        .outerjoin(DocumentFile, DocumentFile.document_id == IssuedDocument.id).where(Statement.id.in_(statement_ids))
    )
    return {statement_id: (paper, kept) for statement_id, paper, kept in session.execute(query)}
