"""SC22 Import: 120 people from another program, dry run, import, again, and undone."""

from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.reports import read as report
from practicerunner.rules.importing import Field
from practicerunner.vocabulary import AttentionKind, CaseType, EntryKind, ListFilter, RowOutcome, WorkflowState
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.clients import case_summary, client_count, client_list, find_cases
from practicerunner.workflows.imports import (
    ImportClients,
    RowsLeftOut,
    UndoImport,
    import_clients,
    import_report,
    look_at,
    plan_import,
    plan_undo,
    undo_import,
)
from tests.cast import Cast, at

HEADER = "First name,Last name,Date of birth,Kind of case,Partner first name,Partner last name,Balance"
MAPPING = {
    "First name": Field.FIRST_NAME, "Last name": Field.LAST_NAME, "Date of birth": Field.BIRTH_DATE,
    "Kind of case": Field.CASE_TYPE, "Partner first name": Field.PARTNER_FIRST_NAME,
    "Partner last name": Field.PARTNER_LAST_NAME, "Balance": Field.BALANCE,
}
ORDER = (RowOutcome.NEW, RowOutcome.DUPLICATE, RowOutcome.IMPOSSIBLE_DATE, RowOutcome.INCOMPLETE_COUPLE)


def file_of_120() -> bytes:
    """114 good rows with 8,100.00, and six others with 312.50, spread among them."""
    rows = [f"Client{i},Number{i},19{50 + i % 50}-03-{1 + i % 28:02d},,,,71.00" for i in range(114)]
    rows[0] = rows[0].replace("71.00", "77.00")
    rows.insert(20, "client3,NUMBER3,1953-03-04,,,,50.00")
    rows.insert(40, "Client5,Number5,1955-03-06,,,,50.00")
    rows.insert(60, "Client7,Number7,1957-03-08,couple,,,50.00")
    rows.insert(80, "Client200,Number200,2025-02-30,,,,62.50")
    rows.insert(100, "Client201,Number201,2999-01-01,,,,50.00")
    rows.insert(110, "Client202,Number202,1980-01-01,couple,,,50.00")
    return "\n".join([HEADER, *rows, ""]).encode()


@pytest.fixture(autouse=True)
def clock_at_november() -> Iterator[None]:
    with at("2026-11-12 09:00"):
        yield


def command(cast: Cast, **more: object) -> ImportClients:
    return ImportClients(
        file=file_of_120(), file_name="clients.csv", mapping=MAPPING, default_provider_id=cast.staff["Marcus"],
        accept_bad_rows=True, **more,
    )


def counts(plan_or_summary) -> tuple[int, ...]:
    return tuple(plan_or_summary.counts[outcome] for outcome in ORDER)


def figures(cast: Cast) -> tuple[int, int, int, int]:
    """People, cases, cases that wait for review, and the sum of the ledger."""
    with database.reading(cast.engine) as session:
        return (
            session.scalar(select(func.count()).select_from(Person)),
            session.scalar(select(func.count()).select_from(Case)),
            session.scalar(select(func.count()).select_from(Case).where(Case.needs_review)),
            session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0))),
        )


def report_of(cast: Cast, view: str) -> list[dict[str, object]]:
    """The rows of a report as the owner reads them."""
    return report(cast.engine, cast.actor("Dana"), view, as_of=date(2026, 11, 12))


def seen(cast: Cast) -> tuple[int, int, int]:
    """Clients counted, cases in the list, and the balances that the reports sum up."""
    owed = report(cast.engine, cast.actor("Dana"), "billing__outstanding_balances", as_of=date(2026, 11, 12))
    return (
        cast.read("Dana", client_count), cast.read("Dana", client_list, filter=ListFilter.EVERYONE).total,
        sum(row["balance_cents"] for row in owed),
    )


def test_the_file_is_as_the_scenario_says() -> None:
    rows = file_of_120().decode().splitlines()[1:]
    assert len(rows) == 120
    assert sum(float(row.rsplit(",", 1)[1]) for row in rows) == 8412.50
    assert look_at(file_of_120()).mapping == MAPPING


def test_dry_run_import_again_and_undone(cast: Cast) -> None:
    plan = cast.read("Dana", plan_import, file_of_120(), "clients.csv", MAPPING, None, cast.staff["Marcus"])
    assert counts(plan) == (114, 3, 2, 1)
    assert plan.balance_cents == 8_100_00
    assert [row.line for row in plan.bad] == [22, 42, 62, 82, 102, 112]
    assert figures(cast) == (0, 0, 0, 0)

    with pytest.raises(RowsLeftOut):
        cast.do("Dana", import_clients, command(cast).model_copy(update={"accept_bad_rows": False}))
    assert figures(cast) == (0, 0, 0, 0)

    asked = command(cast)
    run_id = cast.do("Dana", import_clients, asked)
    report = cast.read("Dana", import_report, run_id)
    assert counts(report.summary) == (114, 3, 2, 1)
    assert report.bad == plan.bad
    assert figures(cast) == (114, 114, 114, 8_100_00)
    assert seen(cast) == (114, 114, 8_100_00)
    found = cast.read("Dana", find_cases, "Client0 Number0")[0].case_id
    summary = cast.read("Dana", case_summary, found)
    assert AttentionKind.REVIEW_NEEDED in {item.kind for item in summary.attention}
    assert summary.state is WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW
    assert summary.due_cents == 77_00
    states = report_of(cast, "cases__workflow_summary")
    assert [row["workflow_state"] for row in states] == [WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW.value] * 114
    assert cast.read("Dana", case_account, found).due_cents == 77_00

    assert cast.do("Dana", import_clients, asked) == run_id
    assert figures(cast) == (114, 114, 114, 8_100_00)

    again = cast.do("Dana", import_clients, command(cast))
    second = cast.read("Dana", import_report, again).summary
    assert counts(second) == (0, 117, 2, 1)
    assert sum(second.counts.values()) == 120
    assert figures(cast) == (114, 114, 114, 8_100_00)

    assert cast.read("Dana", plan_undo, run_id).removed == 114
    assert cast.do("Dana", undo_import, UndoImport(run_id=run_id)) == []
    assert figures(cast) == (0, 0, 0, 0)
    assert seen(cast) == (0, 0, 0)
    assert cast.read("Dana", find_cases, "Client0") == []

    cast.do("Dana", import_clients, command(cast))
    assert figures(cast) == (114, 114, 114, 8_100_00)


def test_who_has_got_an_appointment_since_is_kept_and_listed(cast: Cast) -> None:
    run_id = cast.do("Dana", import_clients, command(cast))
    bystander = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    case_id = cast.read("Marcus", find_cases, "Client0 Number0")[0].case_id
    cast.do("Marcus", book, Book(
        case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 11, 20), local_time=time(10),
        location_id=cast.office,
    ))
    planned = cast.read("Dana", plan_undo, run_id)
    assert (planned.removed, [(kept.name, kept.reason) for kept in planned.kept]) == (
        113, [("Client0 Number0", "Kept: it has an appointment.")]
    )
    assert cast.do("Dana", undo_import, UndoImport(run_id=run_id)) == [case_id]
    assert cast.read("Dana", import_report, run_id).kept == planned.kept
    assert figures(cast) == (2, 2, 1, 77_00)
    with database.reading(cast.engine) as session:
        assert set(session.scalars(select(Case.id))) == {case_id, bystander}
        entry = session.scalars(select(LedgerEntry)).one()
        assert (entry.case_id, entry.kind) == (case_id, EntryKind.OPENING)


@pytest.mark.parametrize("who", ["Marcus", "Ruth", "Priya", "Tom"])
def test_only_the_owner_imports_and_undoes(cast: Cast, who: str) -> None:
    run_id = cast.do("Dana", import_clients, command(cast))
    with pytest.raises(NotPermitted):
        cast.read(who, plan_import, file_of_120(), "clients.csv", MAPPING, None, cast.staff["Marcus"])
    with pytest.raises(NotPermitted):
        cast.do(who, import_clients, command(cast))
    with pytest.raises(NotPermitted):
        cast.read(who, plan_undo, run_id)
    with pytest.raises(NotPermitted):
        cast.do(who, undo_import, UndoImport(run_id=run_id))
    assert figures(cast) == (114, 114, 114, 8_100_00)
