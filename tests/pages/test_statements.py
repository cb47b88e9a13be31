"""Statements on a payer's page, in the billing of a case, and a month's for everybody."""

from datetime import date

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.statements import Statement
from practicerunner.server import statement_worker
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.statements import IssueStatement, StatedAlready, issue_statement
from tests.cast import Cast, arrange, at, bring_on, hold, invoice, pay, payer_id, people_of
from tests.pages.opening import choose as pick_rows
from tests.pages.opening import keys, opened, press, said

FORBIDDEN = ("diagnos", "treatment", "symptom", "patient", "client")


@pytest.fixture
def cast(sqlite_engine: Engine) -> Cast:
    return bring_on(sqlite_engine)


@pytest.fixture
def enter(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    with at("2026-11-12 09:00"):
        yield lambda name, page, **selectors: opened(cast, monkeypatch, name, page, **selectors)


@pytest.fixture
def ida(cast: Cast) -> int:
    """An individual case with 165.00 open from September and 85.00 from October."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    invoice(cast, hold(cast, case_id, "IND50", "2026-09-15 10:00"))
    (later,) = invoice(cast, hold(cast, case_id, "IND50", "2026-10-06 10:00"))
    pay(cast, own(cast, case_id), case_id, 80_00, "2026-10-20", invoice_ids=(later,))
    return case_id


def own(cast: Cast, case_id: int) -> int:
    return payer_id(cast, min(people_of(cast, case_id).values()))


def creating() -> None:
    import streamlit as st

    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.ui.statement_block import create_dialog
    from practicerunner.workflows.statements import statements_of_case, statements_of_payer

    actor, case_id = signed_in(), st.session_state.get("case")
    found = read(statements_of_case, actor, case_id) if case_id else read(
        statements_of_payer, actor, st.session_state["payer"])
    create_dialog(actor, found, case_id)


def a_month() -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.statement_run import month_dialog

    month_dialog(signed_in())


@pytest.fixture
def dialog(cast: Cast, enter, monkeypatch: pytest.MonkeyPatch):
    """A dialog by itself, since a test of a page cannot click within one."""

    def open_it(name: str, function, **remembers: int) -> AppTest:
        monkeypatch.setattr(identity, "IDENTITY", cast.staff[name])
        app = AppTest.from_function(function, default_timeout=30)
        for key, value in remembers.items():
            app.session_state[key] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return open_it


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def choose(app: AppTest, label: str, place: int) -> AppTest:
    next(box for box in app.selectbox if box.label == label).select_index(place).run()
    assert not app.exception, app.exception
    return app


def issued(cast: Cast) -> list[Statement]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(Statement).order_by(Statement.number)))


def listed(page: AppTest) -> list[list[str]]:
    """The rows of the table of statements."""
    (table,) = [one.value for one in page.dataframe if "Closed with" in one.value.columns]
    return table.to_numpy().tolist()


def test_a_statement_is_seen_before_it_is_issued_and_then_listed(
    cast: Cast, ida: int, enter, dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = enter("Tom", "payer", payer=own(cast, ida))
    assert "No statements yet." in said(page)
    assert "Closing balance" in figures(press(page, "create_statement"))
    app = dialog("Tom", creating, payer=own(cast, ida))
    shown = figures(app)
    assert [shown[name] for name in ("Opening balance", "Charges", "Payments", "Credit adjustments", "Refunds",
                                     "Closing balance")] == ["165.00", "165.00", "-80.00", "0.00", "0.00", "250.00"]
    lines, open_items = (table.value for table in app.dataframe)
    assert (lines["Amount"].tolist(), lines["Balance"].tolist()) == (["165.00", "-80.00"], ["330.00", "250.00"])
    assert lines["Number"].tolist() == ["INV-2026-0002", "RCT-2026-0001"]
    assert open_items["31–60 days"].tolist() == ["165.00", ""]
    assert open_items["0–30 days"].tolist() == ["", "85.00"]
    assert issued(cast) == []
    press(app, "issue_statement")
    (made,) = issued(cast)
    assert (made.number, made.starts_on, made.closing_cents) == ("ST-2026-0001", date(2026, 10, 1), 250_00)
    pick_rows(monkeypatch, (0,))
    page = enter("Tom", "payer", payer=own(cast, ida))
    assert listed(page) == [["Thu 1 Oct", "Sat 31 Oct", "250.00", "ST-2026-0001"]]
    assert [link.proto.url for link in page.get("link_button") if "/statement/" in link.proto.url] == [
        f"/files/statement/{made.id}.pdf"]


def test_a_second_statement_of_the_same_days_is_asked_for_with_a_tick(cast: Cast, ida: int, dialog) -> None:
    asked = IssueStatement(
        payer_id=own(cast, ida), case_id=ida, starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31))
    press(dialog("Tom", creating, payer=own(cast, ida)), "issue_statement")
    with pytest.raises(StatedAlready):
        cast.do("Tom", issue_statement, asked)
    app = dialog("Tom", creating, payer=own(cast, ida))
    assert [one.value for one in app.warning] == ["ST-2026-0001 covers this already."]
    assert app.button(key="issue_statement").disabled
    next(one for one in app.checkbox if one.label == "Issue another one all the same").check().run()
    press(app, "issue_statement")
    assert [row.number for row in issued(cast)] == ["ST-2026-0001", "ST-2026-0002"]
    cast.do("Tom", issue_statement, asked.model_copy(update={"starts_on": date(2026, 10, 2)}))
    assert len(issued(cast)) == 3, "other days are another statement"


def test_other_months_and_other_days_can_be_chosen_and_a_quiet_period_says_so(cast: Cast, ida: int, dialog) -> None:
    app = dialog("Tom", creating, payer=own(cast, ida))
    choose(app, "Period", 2)
    assert figures(app)["Closing balance"] == "0.00" and "Nothing moved in this period." in said(app)
    choose(app, "Period", 12)
    assert "Nothing moved in this period." in said(app) and figures(app)["Closing balance"] == "250.00"
    choose(app, "Period", 13)
    app.date_input[0].set_value(date(2026, 11, 10)).run()
    app.date_input[1].set_value(date(2026, 11, 2)).run()
    assert "The last day comes before the first." in said(app)
    assert "issue_statement" not in keys(app)
    app.date_input[1].set_value(date(2026, 11, 11)).run()
    press(app, "issue_statement")
    assert [(row.starts_on, row.ends_on) for row in issued(cast)] == [(date(2026, 11, 10), date(2026, 11, 11))]


def test_a_cases_billing_makes_one_of_the_case_or_of_all_the_payer_pays_for(
    cast: Cast, ida: int, enter, dialog
) -> None:
    assert "create_statement" in keys(enter("Marcus", "case", case=ida, part="billing"))
    app = dialog("Marcus", creating, case=ida)
    about = next(box for box in app.selectbox if box.label == "About")
    assert about.options == ["Ida Holm", "Everything Ida Holm pays for"]
    press(app, "issue_statement")
    page = enter("Marcus", "case", case=ida, part="billing")
    assert listed(page) == [["Thu 1 Oct", "Sat 31 Oct", "250.00", "ST-2026-0001"]]


def test_one_that_covers_other_cases_too_says_so_in_the_billing_of_a_case(cast: Cast, ida: int, enter) -> None:
    with at("2026-08-02 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Nell Holm")
    arrange(cast, other, {people_of(cast, ida)["Ida"]: 10_000}, since="2026-08-02")
    invoice(cast, hold(cast, other, "IND50", "2026-10-07 10:00"))
    with at("2026-11-12 08:00"):
        cast.do("Tom", issue_statement, IssueStatement(
            payer_id=own(cast, ida), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
    page = enter("Tom", "case", case=ida, part="billing")
    assert listed(page) == [["Thu 1 Oct", "Sat 31 Oct", "415.00", "ST-2026-0001", "2 cases"]]


def test_who_may_not_issue_reads_and_is_offered_nothing(cast: Cast, enter) -> None:
    with at("2026-08-01 09:00"):
        noor = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    invoice(cast, hold(cast, noor, "IND50", "2026-10-06 10:00", by="Priya"))
    cast.do("Tom", issue_statement, IssueStatement(
        payer_id=own(cast, noor), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
    for name in ("Priya", "Ruth"):
        for page in (enter(name, "payer", payer=own(cast, noor)), enter(name, "case", case=noor, part="billing")):
            assert listed(page)[0][2] == "165.00" and "create_statement" not in keys(page)
    assert "month_statements" in keys(enter("Tom", "billing"))
    assert "month_statements" not in keys(enter("Priya", "billing"))


def test_a_months_statements_are_counted_before_and_watched_while_they_are_issued(
    cast: Cast, ida: int, enter, dialog
) -> None:
    with at("2026-08-01 09:00"):
        circle = cast.open_case(CaseType.CONSULTATION_GROUP, "Lena Fischer", name="Wednesday circle")
    invoice(cast, hold(cast, circle, "CGRP120", "2026-10-07 10:00"))
    assert "Issue 2 statements" in said(press(enter("Tom", "billing"), "month_statements"))
    app = dialog("Tom", a_month)
    assert "2 payers with a balance or a movement:" in said(app) and "Ida Holm, Lena Fischer" in said(app)
    press(app, "issue_month")
    page = enter("Tom", "billing")
    assert "Asked for by Tom" in said(page)
    assert {"cancel_run"} <= set(keys(page)) and "month_statements" not in keys(page)
    (bar,) = page.get("progress")
    assert (bar.proto.value, bar.proto.text) == (0, "Statements of October 2026: 2 payers, about to begin")
    assert "cancel_run" not in keys(enter("Marcus", "billing"))
    statement_worker.work()
    page = enter("Tom", "billing")
    assert "Statements of October 2026: 2 statements issued; each is on its payer's page too." in said(page)
    (link,) = [one.proto.url for one in page.get("link_button") if one.proto.label == "Print all in one PDF"]
    assert link.startswith("/files/statements/") and "month_statements" in keys(page)
    assert [row.number for row in issued(cast)] == ["ST-2026-0001", "ST-2026-0002"]
    app = dialog("Tom", a_month)
    assert "2 payers have a statement for this month already." in said(app) and "issue_month" not in keys(app)
    theirs = said(dialog("Tom", creating, case=circle)).lower()
    assert not any(word in theirs for word in FORBIDDEN)


def test_a_cancelled_month_says_what_was_issued(cast: Cast, ida: int, enter, dialog) -> None:
    press(dialog("Tom", a_month), "issue_month")
    press(enter("Tom", "billing"), "cancel_run")
    statement_worker.work()
    assert issued(cast) == []
    assert ("Statements of October 2026: 0 of 1 statement issued, then Tom Alvarez cancelled the rest. "
            "Begin again for those that are left.") in said(enter("Tom", "billing"))



def test_a_hostile_name_is_shown_as_typed(cast: Cast, enter, dialog, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "Ann [x](https://evil.example) **b** :red[y] $z$"
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, name)
    invoice(cast, hold(cast, case_id, "IND50", "2026-10-06 10:00"))
    app, month = dialog("Tom", creating, case=case_id), dialog("Tom", a_month)
    press(app, "issue_statement")
    pick_rows(monkeypatch, (0,))
    page = enter("Tom", "case", case=case_id, part="billing")
    for shown in (app, month, page):
        for kind in ("markdown", "caption", "subheader", "info", "warning", "toast"):
            assert not any("[x](https" in str(element.value) for element in shown.get(kind))
    assert name in [text.value for text in month.text]
    assert f"ST-2026-0001, {name}" in [text.value for text in page.text]
