"""What happens without anybody clicking: forgetting old attempts, drawing papers that have no PDF yet."""

import logging
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from practicerunner import database, reports
from practicerunner.workflows import papers, sign_in

log = logging.getLogger(__name__)
PAPERS_A_RUN = 20


def forget_old_attempts() -> None:
    """Delete failed attempts and sign-ins that are of no use any more."""
    with database.transaction() as session:
        sign_in.prune(session)


def draw_missing_papers() -> None:
    """Draw the PDFs of issued papers that have none, outside a transaction, so that nobody's save waits."""
    for _ in range(PAPERS_A_RUN):
        with database.reading() as session:
            waiting = papers.undrawn(session)
        if waiting is None:
            return
        document_id, kind, content = waiting
        pdf = papers.draw(kind, content)
        with database.transaction() as session:
            papers.keep(session, document_id, pdf)


def prune_changes() -> None:
    """Forget changes that every reader of the reports has seen."""
    reports.prune(database.engine())


def start() -> BackgroundScheduler:
    """Start the jobs in a thread of their own; ``shutdown`` of the result stops them."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    scheduler.add_job(_quietly(forget_old_attempts), "interval", hours=1, id="forget_old_attempts")
    scheduler.add_job(_quietly(draw_missing_papers), "interval", minutes=1, id="draw_missing_papers")
    scheduler.add_job(_quietly(prune_changes), "interval", minutes=10, id="prune_changes")
    scheduler.start()
    return scheduler


def _quietly(job: Callable[[], None]) -> Callable[[], None]:
    """A job that fails says which and what kind of error, never with the data of a client, and runs again next time."""

    def run() -> None:
        try:
            job()
        except Exception as trouble:
            log.error("the job %s failed: %s", job.__name__, type(trouble).__name__)

    return run
