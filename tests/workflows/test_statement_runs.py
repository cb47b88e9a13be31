"""A month's statements: asked for once, issued payer by payer, at most one for each, whatever happens on the way."""

import io
from datetime import date

import pikepdf
import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import DocumentFile
from practicerunner.records.staff import Staff
from practicerunner.records.statement_runs import StatementRun
from practicerunner.records.statements import Statement
from practicerunner.server import statement_worker
from practicerunner.vocabulary import CaseType, RunState
from practicerunner.workflows import papers, statement_runs
from practicerunner.workflows.statement_runs import (
    CancelRun,
    IssueStatements,
    NobodyToTell,
    RunIsOver,
    RunUnderWay,
    cancel_run,
    issue_next,
    issue_statements,
    latest_run,
    lay_down,
    month_of_statements,
    run_pdf,
    take_up,
)
from practicerunner.workflows.statements import IssueStatement, issue_statement, statements_of_case
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id, people_of
from tests.documents.papers import pages, problems
from tests.drills.sound import broken_chain

OCTOBER = date(2026, 10, 1)
NAMES = ("Ada Grant", "Bela Roth", "Cora Diaz", "Dora Lund")


def own(cast: Cast, case_id: int) -> int:
    return payer_id(cast, min(people_of(cast, case_id).values()))


@pytest.fixture
def four(cast: Cast) -> list[int]:
    """Four clients with a session in October each, open."""
    with at("2026-08-01 09:00"):
        made = [cast.open_case(CaseType.INDIVIDUAL, name) for name in NAMES]
    for place, case_id in enumerate(made):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-10-{6 + place:02d} 10:00"))
    return made


def ask(cast: Cast, name: str = "Tom", on: str = "2026-11-02 09:00") -> int:
    with at(on):
        return cast.do(name, issue_statements, IssueStatements(month=date(2026, 10, 17)))


def step(cast: Cast, worker: str = "one", on: str = "2026-11-02 09:00") -> bool:
    """One payer further; whether there was one."""
    with at(on):
        with database.transaction(cast.engine) as session:
            run_id = session.scalar(select(StatementRun.id).where(StatementRun.claimed_by == worker))
        with database.transaction(cast.engine) as session:
            run_id = run_id or take_up(session, worker)
        if run_id is None:
            return False
        with database.transaction(cast.engine) as session:
            return issue_next(session, run_id, worker) is not None


def work(on: str = "2026-11-02 09:00") -> None:
    with at(on):
        statement_worker.work()


def issued(cast: Cast) -> list[tuple[str, int]]:
    with database.reading(cast.engine) as session:
        return [tuple(row) for row in session.execute(select(Statement.number, Statement.payer_id).order_by(
            Statement.number))]


def run_of(cast: Cast) -> StatementRun:
    with database.reading(cast.engine) as session:
        return session.scalars(select(StatementRun).order_by(StatementRun.id.desc())).first()


def test_a_months_statements_go_to_everybody_with_a_balance_or_a_movement(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        ida, settled, idle, even = (
            cast.open_case(CaseType.INDIVIDUAL, name) for name in ("Ida Holm", "Sven Ek", "Idle Idris", "Eve Lin"))
    invoice(cast, hold(cast, ida, "IND50", "2026-09-15 10:00"))
    invoice(cast, hold(cast, settled, "IND50", "2026-09-08 10:00"))
    pay(cast, own(cast, settled), settled, 165_00, "2026-09-08")
    invoice(cast, hold(cast, even, "IND50", "2026-10-08 10:00"))
    pay(cast, own(cast, even), even, 165_00, "2026-10-08")
    with at("2026-11-02 09:00"):
        plan = cast.read("Tom", month_of_statements, date(2026, 10, 17))
        assert (plan.payers, plan.already) == (("Eve Lin", "Ida Holm"), 0)
        assert (plan.starts_on, plan.ends_on) == (date(2026, 10, 1), date(2026, 10, 31))
        assert cast.read("Olga", month_of_statements, OCTOBER).payers == ()
        with pytest.raises(BadInput, match="once the month is over"):
            cast.do("Tom", issue_statements, IssueStatements(month=date(2026, 11, 1)))
        cast.do("Tom", issue_statement, IssueStatement(
            payer_id=own(cast, ida), starts_on=OCTOBER, ends_on=date(2026, 10, 31)))
        plan = cast.read("Tom", month_of_statements, OCTOBER)
        assert (plan.payers, plan.already) == (("Eve Lin",), 1)
    ask(cast)
    work()
    assert [payer for _, payer in issued(cast)] == [own(cast, ida), own(cast, even)]
    with at("2026-11-02 09:00"), pytest.raises(NobodyToTell):
        cast.do("Dana", issue_statements, IssueStatements(month=OCTOBER))
    assert cast.read("Tom", statements_of_case, idle).rows == ()


def test_a_run_issues_in_the_order_of_names_and_draws_every_paper(cast: Cast, four: list[int]) -> None:
    asked = IssueStatements(month=OCTOBER)
    with at("2026-11-02 09:00"):
        first = cast.do("Tom", issue_statements, asked)
        assert cast.do("Tom", issue_statements, asked) == first, "a second click asks once"
        with pytest.raises(RunUnderWay):
            cast.do("Dana", issue_statements, IssueStatements(month=OCTOBER))
        shown = cast.read("Tom", latest_run)
        assert (shown.state, shown.total, shown.done, shown.is_under_way) == (RunState.WAITING, 4, 0, True)
    work()
    assert issued(cast) == [(f"ST-2026-000{place + 1}", own(cast, one)) for place, one in enumerate(four)]
    with at("2026-11-02 09:05"):
        shown = cast.read("Tom", latest_run)
    assert (shown.state, shown.total, shown.done, shown.issued) == (RunState.DONE, 4, 4, 4)
    assert (shown.month, shown.asked_by, shown.left_without) == (OCTOBER, "Tom Alvarez", ())
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(DocumentFile)) == 4
        logged = [tuple(row) for row in session.execute(
            select(AuditRow.action, AuditRow.detail).where(
                AuditRow.action.in_(("issue_statements", "issue_statement", "end_statement_run")))
            .order_by(AuditRow.seq))]
    assert logged == [
        ("issue_statements", "October 2026, 4 payers"), *(("issue_statement", f"ST-2026-000{n}") for n in range(1, 5)),
        ("end_statement_run", "done, 4 of 4 statements were issued"),
    ]
    assert broken_chain(cast.engine) is None


def test_cancelling_stops_after_the_present_one_and_a_new_run_issues_the_rest(cast: Cast, four: list[int]) -> None:
    run_id = ask(cast)
    assert step(cast) and step(cast)
    with at("2026-11-02 09:01"):
        assert cast.do("Dana", cancel_run, CancelRun(run_id=run_id)) == 2
        with pytest.raises(RunIsOver):
            cast.do("Tom", cancel_run, CancelRun(run_id=run_id))
        shown = cast.read("Tom", latest_run)
    assert (shown.state, shown.issued, shown.total, shown.cancelled_by) == (RunState.CANCELLED, 2, 4, "Dana Okafor")
    with at("2026-11-02 09:01"), database.transaction(cast.engine) as session:
        assert issue_next(session, run_id, "one") is None
    work()
    assert len(issued(cast)) == 2
    with database.reading(cast.engine) as session:
        assert session.scalar(select(AuditRow.detail).where(AuditRow.action == "cancel_run")) == (
            "2 of 4 statements were issued")
    ask(cast)
    work()
    assert [payer for _, payer in issued(cast)] == [own(cast, one) for one in four]


def test_what_a_dead_worker_left_is_taken_up_after_a_minute_and_nobody_gets_two(cast: Cast, four: list[int]) -> None:
    run_id = ask(cast)
    assert step(cast)
    with at("2026-11-02 09:00:59"):
        with database.reading(cast.engine) as session:
            assert not statement_runs.is_any_due(session) and statement_runs.is_any_under_way(session)
        with database.transaction(cast.engine) as session:
            assert take_up(session, "two") is None
    assert step(cast, "two", "2026-11-02 09:01:01")
    with at("2026-11-02 09:01:02"), database.transaction(cast.engine) as session:
        assert issue_next(session, run_id, "one") is None, "who was given up for dead has no claim any more"
    while step(cast, "two", "2026-11-02 09:01:03"):
        pass
    assert [payer for _, payer in issued(cast)] == [own(cast, one) for one in four]
    assert run_of(cast).state is RunState.DONE


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has(cast: Cast, four: list[int]) -> None:
    run_id = ask(cast)
    assert step(cast)
    with at("2026-11-02 09:00"):
        with database.transaction(cast.engine) as session:
            lay_down(session, run_id, "somebody else")
        assert run_of(cast).state is RunState.RUNNING
        with database.transaction(cast.engine) as session:
            lay_down(session, run_id, "one")
    assert run_of(cast).state is RunState.WAITING
    work()
    assert len(issued(cast)) == 4 and run_of(cast).state is RunState.DONE


def test_who_gets_theirs_meanwhile_is_passed_over(cast: Cast, four: list[int]) -> None:
    ask(cast)
    assert step(cast)
    with at("2026-11-02 09:00"):
        cast.do("Dana", issue_statement, IssueStatement(
            payer_id=own(cast, four[2]), starts_on=OCTOBER, ends_on=date(2026, 10, 31)))
    work("2026-11-02 09:02")
    assert sorted(payer for _, payer in issued(cast)) == sorted(own(cast, one) for one in four)
    assert (run_of(cast).done, run_of(cast).issued) == (4, 3)


def failing(monkeypatch: pytest.MonkeyPatch, problem: Exception, name: str = "Bela Roth") -> None:
    kept = papers.addressee

    def fails(session, payer):
        if payer.name == name:
            raise problem
        return kept(session, payer)

    monkeypatch.setattr(papers, "addressee", fails)


@pytest.mark.parametrize(("problem", "said"), [
    (BadInput("address", "There is no address."), "There is no address."),
    (ValueError("Bela Roth"), statement_runs.FAULT),
])
def test_one_that_cannot_be_issued_is_named_with_the_reason_and_the_others_get_theirs(
    cast: Cast, four: list[int], monkeypatch: pytest.MonkeyPatch, problem: Exception, said: str
) -> None:
    failing(monkeypatch, problem)
    ask(cast)
    work()
    assert [payer for _, payer in issued(cast)] == [own(cast, one) for one in four if one != four[1]]
    assert [number for number, _ in issued(cast)] == [f"ST-2026-000{n}" for n in (1, 2, 3)], "no number is lost"
    with at("2026-11-02 09:05"):
        shown = cast.read("Tom", latest_run)
    assert (shown.state, shown.done, shown.issued) == (RunState.DONE, 4, 3)
    assert shown.left_without == (("Bela Roth", said),)


def test_a_run_that_never_comes_forward_is_given_up(cast: Cast, four: list[int]) -> None:
    ask(cast)
    for minute in (0, 2, 4):
        with at(f"2026-11-02 09:{minute:02d}"), database.transaction(cast.engine) as session:
            assert take_up(session, f"worker {minute}") is not None
    work("2026-11-02 09:06")
    assert run_of(cast).state is RunState.FAILED and run_of(cast).error == statement_runs.GAVE_UP
    assert issued(cast) == []
    ask(cast)


def test_a_run_ends_when_who_asked_may_not_issue_any_more(cast: Cast, four: list[int]) -> None:
    ask(cast)
    assert step(cast)
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Tom"]).active = False
    work("2026-11-02 09:02")
    assert run_of(cast).state is RunState.FAILED and run_of(cast).error == statement_runs.NO_LONGER_ALLOWED
    assert len(issued(cast)) == 1


def test_a_provider_issues_a_month_of_their_own_cases_and_the_rest_still_waits(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        other = cast.open_case(CaseType.INDIVIDUAL, "Wanda Writer", provider="Olga")
    invoice(cast, hold(cast, ida, "IND50", "2026-10-06 10:00"))
    arrange(cast, other, {min(people_of(cast, ida).values()): 10000}, since="2026-08-01")
    invoice(cast, hold(cast, other, "IND50", "2026-10-07 10:00", by="Olga"))
    run_id = ask(cast, "Marcus")
    with at("2026-11-02 09:00"):
        assert cast.read("Olga", latest_run) is None and cast.read("Priya", latest_run) is None
        for name, refusal in (("Olga", NotFound), ("Priya", NotPermitted)):
            with pytest.raises(refusal):
                cast.do(name, cancel_run, CancelRun(run_id=run_id))
        with pytest.raises(RunUnderWay):
            cast.do("Olga", issue_statements, IssueStatements(month=OCTOBER))
        with pytest.raises(NotPermitted):
            cast.do("Priya", issue_statements, IssueStatements(month=OCTOBER))
    work()
    with at("2026-11-02 09:00"):
        assert cast.read("Marcus", month_of_statements, OCTOBER).already == 1
        plan = cast.read("Tom", month_of_statements, OCTOBER)
        assert (plan.payers, plan.already) == (("Ida Holm",), 0)
    ask(cast)
    work()
    with at("2026-11-02 09:00"):
        # Of a statement over cases that Olga may not see she learns nothing, not even that there is one.
        plan = cast.read("Olga", month_of_statements, OCTOBER)
        assert (plan.payers, plan.already) == (("Ida Holm",), 0)
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Statement.closing_cents).order_by(Statement.id)).all() == [165_00, 330_00]


def handed_out(cast: Cast, name: str, run_id: int) -> tuple[str, str, bytes]:
    actor = cast.actor(name)
    with at("2026-11-02 09:10"), database.transaction(cast.engine) as session:
        return run_pdf(session, actor, run_id)


def test_all_of_a_run_is_one_file_in_the_order_of_names_and_each_paper_is_logged(cast: Cast, four: list[int]) -> None:
    run_id = ask(cast)
    with pytest.raises(NotFound):
        handed_out(cast, "Tom", run_id)
    work()
    name, kind, pdf = handed_out(cast, "Tom", run_id)
    assert (name, kind) == ("Statements October 2026.pdf", "application/pdf")
    sheets = pages(pdf)
    assert len(sheets) == 4 and problems(pdf) == []
    for sheet, whose, number in zip(sheets, NAMES, range(1, 5), strict=True):
        assert whose in sheet and f"ST-2026-000{number}" in sheet and "Page 1 of 1" in sheet
        assert not any(other in sheet for other in NAMES if other != whose)
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert str(file.docinfo.Title) == "Statements October 2026" and str(file.Root.Lang) == "en"
    assert len(pages(handed_out(cast, "Dana", run_id)[2])) == 4
    for stranger in ("Marcus", "Olga"):
        with pytest.raises(NotFound):
            handed_out(cast, stranger, run_id)
    with pytest.raises(NotPermitted):
        handed_out(cast, "Priya", run_id)
    with database.reading(cast.engine) as session:
        logged = session.execute(select(AuditRow.case_id, AuditRow.detail).where(
            AuditRow.action == "download", AuditRow.staff_id == cast.staff["Tom"]).order_by(AuditRow.seq)).all()
    assert [tuple(row) for row in logged] == [(one, f"ST-2026-000{n}") for n, one in enumerate(four, start=1)]
