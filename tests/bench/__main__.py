"""``python -m tests.bench``: one line of JSON for each operation; a miss is printed as plainly as a hit."""

import argparse
import sys
import tempfile
from pathlib import Path

from practicerunner import clock, database
from practicerunner.workflows.staff import actor_for
from tests.bench import bare
from tests.bench.building import Volume, check, sqlite_volume
from tests.bench.measure import Result, out
from tests.bench.papers import Papers
from tests.bench.reading import Reading
from tests.bench.served import Pages, serving
from tests.bench.volume import NOW, OWNER, Scale
from tests.bench.writing import Writing

OPS = (
    "create_client", "create_appointment", "series_52", "client_search", "week_calendar", "free_slots", "sign_note",
    "invoice_from_appointment", "payment", "aging", "unpaid_list", "aging_as_of", "replica_refresh", "icd_search",
    "supervision_queue", "documentation_due", "billing_counts", "statement", "invoice_pdf", "portal_free_slots",
    "page_run_clients",
    "page_run_case", "page_run_calendar", "page_run_note", "page_run_messages", "page_run_portal_home",
    "page_run_portal_messages",
    "statements_batch", "page_run_case_in_batch",
)
TIMES = {
    "create_client": 120, "create_appointment": 120, "series_52": 40, "client_search": 60, "week_calendar": 120,
    "free_slots": 120, "invoice_from_appointment": 80, "payment": 80, "aging": 20, "unpaid_list": 40,
    "aging_as_of": 40, "replica_refresh": 30, "sign_note": 120, "icd_search": 200, "supervision_queue": 60,
    "documentation_due": 60, "billing_counts": 60, "page_run_note": 40, "page_run_clients": 40,
    "page_run_case": 40, "page_run_calendar": 40,
    "statement": 120, "invoice_pdf": 60, "statements_batch": 200, "page_run_case_in_batch": 200,
    "page_run_messages": 40, "portal_free_slots": 60, "page_run_portal_home": 40, "page_run_portal_messages": 40,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure what was asked for. The exit status says nothing about hits and misses."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--ops", default=",".join(OPS), help="operations to measure, parted by commas")
    parser.add_argument("--clients", type=int, default=5_000, help="size of the practice")
    parser.add_argument("--times", type=int, help="how often each operation is measured")
    asked = parser.parse_args(arguments)
    wanted = [op for op in OPS if op in asked.ops.split(",")]
    unknown = set(asked.ops.split(",")) - set(OPS)
    if unknown:
        parser.error(f"no such operation: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        scale = Scale(asked.clients)
        volume = sqlite_volume(Path(folder), scale)
        if volume.built_seconds:
            sys.stderr.write(f"The measured practice was built in {volume.built_seconds:.0f} s.\n")
            check(volume)
        measure(volume, [op for op in wanted if not hasattr(Pages, op)], asked.times)
        volume.engine.dispose()
    pages = [op for op in wanted if hasattr(Pages, op)]
    if pages:
        # A fresh copy: what the other operations wrote would wake the jobs of the server.
        with tempfile.TemporaryDirectory() as folder:
            measure_pages(sqlite_volume(Path(folder), scale), Path(folder), pages, asked.times)
    return 0


def measure(volume: Volume, wanted: list[str], times: int | None) -> None:
    """Each operation in turn, on one volume, in this process."""
    limit = bare.Bare(volume)
    with clock.frozen(NOW):
        with database.reading(volume.engine) as session:
            actor = actor_for(session, OWNER)
        rooms = [room(volume, actor, limit) for room in (Writing, Reading, Papers)]
        for op in wanted:
            room = next(one for one in rooms if hasattr(one, op))
            result: Result = getattr(room, op)(times or TIMES[op])
            out(result.as_dict())
    limit.close()


def measure_pages(volume: Volume, folder: Path, wanted: list[str], times: int | None) -> None:
    """Each page in turn, on one server."""
    with serving(volume, folder) as place:
        pages = Pages(volume, place)
        for op in wanted:
            result: Result = getattr(pages, op)(times or TIMES[op])
            out(result.as_dict())


if __name__ == "__main__":
    sys.exit(main())
