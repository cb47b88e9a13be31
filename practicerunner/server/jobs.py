"""What happens without anybody clicking: reminders, e-mails, drawing papers, forgetting what is of no use any more.

The server runs the jobs beside its pages; ``python -m practicerunner jobs`` runs the same list apart. Two processes
may run them at once: each job takes what it does so that no other does it too.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from practicerunner import clock, database, reports
from practicerunner.server import mail, statement_worker
from practicerunner.workflows import (
    advance,
    alerts,
    clock_rules,
    collection,
    discarded_drafts,
    documents,
    gathering,
    inquiry_erasure,
    majority,
    papers,
    reminders,
    sign_in,
    statement_runs,
)

log = logging.getLogger(__name__)
PAPERS_A_RUN = 20


def follow_clock_rules() -> None:
    """Let appointments ahead keep their wall time where a country has changed the rules of its clocks."""
    with database.transaction() as session:
        clock_rules.follow_clock_rules(session)


def make_reminders() -> None:
    """Write the reminders that are due into the outbox."""
    while True:
        with database.reading() as session:
            if not reminders.is_any_due(session):
                return
        with database.transaction() as session:
            if not reminders.make_due(session):
                return


def welcome_adults() -> None:
    """Notice 18th birthdays as they begin, and invite whoever can be."""
    with database.reading() as session:
        if not majority.is_any_of_age(session):
            return
    with database.transaction() as session:
        majority.welcome_adults(session)


def escalate_alerts() -> None:
    """Take critical answers that nobody has spoken to for too long to the supervisor and the owners."""
    with database.transaction() as session:
        alerts.escalate_alerts(session, clock.now())


def send_messages() -> None:
    """Send what waits in the outbox."""
    mail.send_waiting()


def forget_old_attempts() -> None:
    """Delete failed attempts and sign-ins that are of no use any more."""
    with database.transaction() as session:
        sign_in.prune(session)


def erase_inquiries() -> None:
    """Erase inquiries from which nothing came, some time after they were closed."""
    while True:
        with database.reading() as session:
            if not inquiry_erasure.is_any_due(session):
                return
        with database.transaction() as session:
            if not inquiry_erasure.erase_closed(session):
                return


def erase_discarded_drafts() -> None:
    """End drafts of notes that their authors discarded some time ago."""
    while True:
        with database.reading() as session:
            if not discarded_drafts.is_any_over(session):
                return
        with database.transaction() as session:
            if not discarded_drafts.erase_discarded(session):
                return


def draw_missing_papers() -> None:
    """Draw the PDFs of issued papers that have none, outside a transaction, so that nobody's save waits.

    A month's statements are drawn by the process that issues them.
    """
    for _ in range(PAPERS_A_RUN):
        with database.reading() as session:
            waiting = None if statement_runs.is_any_under_way(session) else papers.undrawn(session)
        if waiting is None:
            return
        document_id, kind, content = waiting
        pdf = papers.draw(kind, content)
        with database.transaction() as session:
            papers.keep(session, document_id, pdf)


def issue_statements() -> None:
    """Let a process of its own issue a month's statements that somebody asked for, or go on with what it left."""
    with database.reading() as session:
        if not statement_runs.is_any_due(session):
            return
    statement_worker.start()


def run_invoicing() -> None:
    """Gather what waits of the month and week before, and invoice the coming ones, when the practice wants it."""
    with database.reading() as session:
        to_gather, ahead = gathering.is_any_due(session), advance.is_any_due(session)
    if to_gather:
        with database.transaction() as session:
            gathering.gather_last_month(session)
        with database.transaction() as session:
            gathering.gather_last_week(session)
    if ahead:
        with database.transaction() as session:
            advance.invoice_coming_periods(session)


def collect() -> None:
    """Invoice what is to be invoiced by itself, a few at a time, and note saved cards as due."""
    with database.reading() as session:
        waiting = collection.waiting(session)
    for start in range(0, len(waiting), collection.AT_ONCE):
        with database.transaction() as session:
            collection.invoice_by_itself(session, waiting[start:start + collection.AT_ONCE])
    with database.reading() as session:
        if not collection.charges_to_note(session):
            return
    with database.transaction() as session:
        collection.note_charges(session)


def sweep_files() -> None:
    """Remove files of uploads that never came to an end."""
    with database.reading() as session:
        documents.sweep_files(session)


def prune_changes() -> None:
    """Forget changes that every reader of the reports has seen."""
    reports.prune(database.engine())


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do, and how often; without a time, once when the jobs start."""

    work: Callable[[], None]
    every: timedelta | None

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self.work.__name__


MINUTE = timedelta(minutes=1)
JOBS = (
    Job(follow_clock_rules, None),
    Job(issue_statements, timedelta(seconds=2)),
    Job(make_reminders, MINUTE),
    Job(welcome_adults, MINUTE),
    Job(escalate_alerts, MINUTE),
    Job(send_messages, MINUTE),
    Job(draw_missing_papers, MINUTE),
    Job(prune_changes, timedelta(minutes=10)),
    Job(forget_old_attempts, timedelta(hours=1)),
    Job(sweep_files, timedelta(hours=1)),
    Job(erase_inquiries, timedelta(hours=1)),
    Job(erase_discarded_drafts, timedelta(hours=1)),
    Job(run_invoicing, timedelta(hours=1)),
    Job(collect, timedelta(hours=1)),
)


def start() -> BackgroundScheduler:
    """Start the jobs in threads of their own; ``shutdown`` of the result stops them."""
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    for job in JOBS:
        if job.every is None:
            scheduler.add_job(_quietly(job.work), id=job.name)
        else:
            scheduler.add_job(_quietly(job.work), "interval", seconds=job.every.total_seconds(), id=job.name)
    scheduler.start()
    return scheduler


def run_once(*, only_every_minute: bool = False) -> list[str]:
    """Run every job, or those of every minute or less, one after the other, to the end of what they began.

    Returns the names of those that failed.
    """
    wanted = [job for job in JOBS if not only_every_minute or (job.every is not None and job.every <= MINUTE)]
    failed = [job.name for job in wanted if not _quietly(job.work)()]
    statement_worker.wait()
    return failed


def _quietly(job: Callable[[], None]) -> Callable[[], bool]:
    """A job that fails says which and what kind of error, never with the data of a client, and runs again next time.

    Returns whether it went well.
    """

    def run() -> bool:
        try:
            job()
        except Exception as trouble:
            log.error("the job %s failed: %s", job.__name__, type(trouble).__name__)
            return False
        return True

    return run
