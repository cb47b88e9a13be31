"""The command line: ``python -m practicerunner <verb>``."""

import argparse
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

from practicerunner import database, reports
from practicerunner.demo import make_demo, make_demo_anew
from practicerunner.errors import PracticeError
from practicerunner.records import audit, billing, code_table, document_files, payments, staff, uninvoiced
from practicerunner.records import codes as code_records
from practicerunner.server import faults, import_command, statement_worker
from practicerunner.server import jobs as all_jobs
from practicerunner.settings import ROOT, settings
from practicerunner.workflows import form_templates, invitations, sign_in, verification


def init(asked: argparse.Namespace) -> int:
    """Make the database or bring it to this version; with --demo fill an empty one with the demo practice."""
    _migrate()
    if database.is_set_up():
        with database.transaction() as session:
            form_templates.make_built_in_forms(session)
    if asked.demo and not database.is_set_up():
        _say_who(make_demo())
    return 0


def demo(_: argparse.Namespace) -> int:
    """Make the demo practice, anew if there is one; refuses if somebody's own practice lives in the database."""
    _migrate()
    _say_who(make_demo_anew())
    return 0


def _migrate() -> None:
    if settings().database_url.startswith("sqlite:///"):
        settings().key_file.parent.mkdir(parents=True, exist_ok=True)
    database.migrate()
    _build_codes()


def _build_codes() -> None:
    """Build the table of diagnosis codes where there is none; it takes some seconds, once."""
    if not code_table.is_there():
        print("Building the table of diagnosis codes …", flush=True)
        code_table.ensure()


def _say_who(accounts: list[tuple[str, str, str]]) -> None:
    print(f"The demo practice is ready. Everybody's password is: {sign_in.DEMO_PASSWORD}")
    for name, roles, email in accounts:
        print(f"  {email:30} {name} ({roles})")


def serve(_: argparse.Namespace) -> int:
    """Serve the practice, as ``python app.py`` does."""
    sys.argv = [str(ROOT / "app.py")]
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0


def link(asked: argparse.Namespace) -> int:
    """Print a link by which somebody sets a new password: for an owner who is locked out."""
    with database.transaction() as session:
        person = staff.staff_by_email(session, asked.email)
        if person is None or not person.active:
            sys.stderr.write("Nobody who works here has this e-mail address.\n")
            return 1
        token = invitations.make_link(session, person, None)
    print(f"{settings().public_url or f'http://{settings().host}:{settings().port}'}/auth/invitation/{token}")
    return 0


def verify(_: argparse.Namespace) -> int:
    """Check the audit log, money against the ledger, signed notes and documents, and that every guard is in place."""
    problems = []
    if not database.schema_is_current():
        problems.append("The database is not at this program's version. Run: python -m practicerunner init")
    else:
        with database.reading() as session:
            broken = audit.first_broken_row(session)
            wrong = billing.wrong_open_amounts(session)
            problems += document_files.problems(session)
            unequal = payments.wrong_payments(session)
            waiting = uninvoiced.wrong_uninvoiced(session)
            altered = verification.broken_notes(session)
        if broken is not None:
            problems.append(f"The audit log was changed at row {broken}.")
        if wrong:
            problems.append(f"What is open differs from the ledger on invoices {', '.join(map(str, wrong))}.")
        if unequal:
            problems.append(f"The ledger has not what is left of payments {', '.join(map(str, unequal))}.")
        if waiting:
            problems.append(f"What can be invoiced differs from what is kept of appointments "
                            f"{', '.join(map(str, waiting))}.")
        if altered:
            problems.append(f"What is kept is not what was signed in notes {', '.join(map(str, altered))}.")
        if missing := sorted(database.missing_triggers()):
            problems.append(f"The database lacks guards: {', '.join(missing)}.")
    for problem in problems:
        print(problem)
    if not problems:
        print("The audit log is unbroken, what is open and paid equals the ledger, signed notes are as they were "
              "signed, and every document and guard is in place.")
    return 1 if problems else 0


def views(_: argparse.Namespace) -> int:
    """Print every report: its question, its grain and its first rows."""
    reports.print_all(database.engine())
    return 0


def import_(asked: argparse.Namespace) -> int:
    """Import clients from a CSV file; with --dry-run only report what would happen."""
    for line in import_command.import_clients(asked):
        print(line)
    return 0


def jobs(asked: argparse.Namespace) -> int:
    """Run the jobs once, such as reminders and e-mails; the server runs them too, and both at once do no harm."""
    faults.keep_text_out_of_logs()
    if not database.schema_is_current():
        sys.stderr.write("The database is not at this program's version. Run: python -m practicerunner init\n")
        return 1
    if not asked.forever:
        return 1 if all_jobs.run_once(only_every_minute=asked.every_minute) else 0
    over = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: over.set())
    scheduler = all_jobs.start()
    over.wait()
    scheduler.shutdown(wait=True)
    statement_worker.stop()
    return 0


def codes(asked: argparse.Namespace) -> int:
    """Build the table of diagnosis codes, or add a later release to it, and say which releases it has."""
    files = (asked.tabular, asked.list, asked.since)
    if any(files) and not all(files):
        sys.stderr.write("A release of the CDC needs all three: --tabular, --list and --from.\n")
        return 2
    _build_codes()
    if all(files):
        code_table.add(code_table.from_files(*files))
    elif code_table.installed_from() > code_records.releases()[-1].valid_from:
        code_table.add(code_table.installed())
    for release in code_records.releases():
        print(f"{release.name}: {release.codes:,} codes, valid from {release.valid_from}")
    return 0


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "init": init, "demo": demo, "serve": serve, "link": link, "verify": verify, "views": views, "import": import_,
    "jobs": jobs, "codes": codes,
}


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do what it says. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m practicerunner", description="The practice from the console.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    made = {
        name: verbs.add_parser(name, help=(verb.__doc__ or "").rstrip("."), description=verb.__doc__)
        for name, verb in VERBS.items()
    }
    made["init"].add_argument("--demo", action="store_true", help="fill an empty database with the demo practice")
    made["link"].add_argument("email", help="e-mail address of a member of staff")
    import_command.add_arguments(made["import"])
    how_often = made["jobs"].add_mutually_exclusive_group()
    how_often.add_argument("--every-minute", action="store_true", help="only those that run every minute, for cron")
    how_often.add_argument("--forever", action="store_true", help="each when its time comes, until stopped")
    made["codes"].add_argument("--tabular", type=Path, metavar="FILE.xml", help="the tabular list of a later release")
    made["codes"].add_argument("--list", type=Path, metavar="FILE.txt", help="the list of codes of the same release")
    made["codes"].add_argument(
        "--from", dest="since", type=date.fromisoformat, metavar="DATE", help="the day from which it is valid")
    asked = parser.parse_args(arguments)
    try:
        return VERBS[asked.verb](asked)
    except PracticeError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
