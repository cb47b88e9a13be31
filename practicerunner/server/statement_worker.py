"""A process of its own that issues a month's statements and draws their papers, so that the screens stay quick.

``start`` is called by the jobs; the process is ``python -m practicerunner.server.statement_worker``. It stops after the
present paper when the server goes, and gives back what it worked on; killed, it is followed by another after a minute.
"""

import logging
import os
import subprocess
import sys
import threading
import time

from practicerunner import database, ids
from practicerunner.errors import PracticeError
from practicerunner.server import faults
from practicerunner.settings import ROOT, settings
from practicerunner.workflows import papers, statement_runs

log = logging.getLogger(__name__)
NICER = 10
"""How much the process stands back behind the server where both want the machine."""
PATIENCE = 20.0
"""Seconds for the present paper when the server stops, and between two attempts where the process breaks down."""
_process: "subprocess.Popen[bytes] | None" = None
_began = 0.0
_starting = threading.Lock()


def start() -> None:
    """Start the process unless it runs, or broke down just now. It ends by itself once nothing is left to do."""
    global _process, _began
    with _starting:
        if _process is not None:
            ended = _process.poll()
            if ended is None or (ended and time.monotonic() - _began < PATIENCE):
                return
        _began = time.monotonic()
        _process = subprocess.Popen(
            [sys.executable, "-m", "practicerunner.server.statement_worker"], cwd=ROOT, stdin=subprocess.PIPE,
            env=os.environ | {"DATABASE_URL": settings().database_url},
        )


def stop() -> None:
    """Let the process stop after the present paper, and wait for it."""
    with _starting:
        if _process is None:
            return
        if _process.stdin is not None:
            _process.stdin.close()
        try:
            _process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            _process.kill()


def wait() -> None:
    """Wait until the process has nothing left to do."""
    if _process is not None:
        _process.wait()


def work(stopping: threading.Event | None = None) -> None:
    """Issue and draw what waits, until nothing does or ``stopping`` is set."""
    stopping = stopping or threading.Event()
    worker = ids.new_operation()
    while not stopping.is_set():
        with database.transaction() as session:
            run_id = statement_runs.take_up(session, worker)
        if run_id is None:
            return
        drawn: papers.Drawn | None = None
        while (paper := _next(run_id, worker, drawn)) is not None:
            drawn = _draw(paper)
            if stopping.is_set():
                with database.transaction() as session:
                    papers.store(session, drawn)
                    statement_runs.lay_down(session, run_id, worker)
                break


def _next(run_id: int, worker: str, drawn: papers.Drawn | None) -> papers.Undrawn | None:
    """Keep the paper before and issue the next, saved together: the disk is waited for once.

    Who cannot have one is passed over with the reason, and only a silent database stops it all.
    """
    while True:
        try:
            with database.transaction() as session:
                papers.store(session, drawn)
                return statement_runs.issue_next(session, run_id, worker)
        except database.NotSaved:
            raise
        except PracticeError as trouble:
            problem = str(trouble)
        except Exception as trouble:
            log.error("a statement was not issued: %s", faults.describe(trouble))
            problem = statement_runs.FAULT
        with database.transaction() as session:
            papers.store(session, drawn)
            statement_runs.pass_over(session, run_id, worker, problem)


def _draw(paper: papers.Undrawn) -> papers.Drawn | None:
    """Draw outside a transaction. What cannot be drawn is issued all the same, and tried again when it is fetched."""
    try:
        return papers.Drawn(paper.document_id, paper.kind, papers.draw(paper.kind, paper.content))
    except Exception as trouble:
        log.error("a paper was not drawn: %s", faults.describe(trouble))
        return None


def main() -> None:
    """Work until nothing is left, or until the server that holds the other end of our input is gone."""
    faults.keep_text_out_of_logs()
    os.nice(NICER)
    stopping = threading.Event()

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)  # nothing is ever written there; it returns when the other end is closed
        stopping.set()

    threading.Thread(target=watch, daemon=True).start()
    try:
        work(stopping)
    except KeyboardInterrupt:
        pass  # the server was stopped from the keyboard; what was begun is taken up again
    except PracticeError as trouble:
        log.error("statements were not issued: %s", trouble)
        sys.exit(1)


if __name__ == "__main__":
    main()
