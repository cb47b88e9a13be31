"""The overview page, run as somebody."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import clock, database
from practicerunner.records.staff import StaffRole
from practicerunner.ui import identity
from practicerunner.vocabulary import AttendanceStatus, MoneyBy, ReportPeriod, Role
from tests.reports.building import Story
from tests.reports.test_billing import scenario_19

PAGE = Path(__file__).resolve().parents[2] / "pages" / "overview.py"


@pytest.fixture
def story(sqlite_engine: Engine) -> Iterator[Story]:
    """October with its three cases, on 12 November; the owner and both providers have their roles."""
    with clock.frozen(datetime(2026, 11, 12, 21, tzinfo=UTC)):
        made = Story(sqlite_engine)
        for staff_id, role in ((made.owner.staff_id, Role.OWNER), (made.bell, Role.PROVIDER),
                               (made.ito, Role.SUPERVISOR)):
            with database.transaction(sqlite_engine) as session:
                session.add(StaffRole(staff_id=staff_id, role=role))
        scenario_19(made)
        person = made.person("Noor")
        case = made.case(people=(person,))
        for day in (1, 8):
            made.appointment(case, date(2026, 10, day), came={person: AttendanceStatus.ATTENDED})
        yield made


def opened(monkeypatch: pytest.MonkeyPatch, staff_id: int) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", staff_id)
    return AppTest.from_file(str(PAGE), default_timeout=20).run()


def last_month(monkeypatch: pytest.MonkeyPatch, staff_id: int) -> AppTest:
    page = opened(monkeypatch, staff_id)
    page.selectbox(key="overview_period").set_value(ReportPeriod.LAST_MONTH).run()
    assert not page.exception
    return page


def figures(page: AppTest) -> dict[str, str]:
    return {m.label: str(m.value) for m in page.metric}


def test_an_owner_reads_last_month_and_opens_the_rows_behind_each_figure(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = last_month(monkeypatch, story.owner.staff_id)
    assert figures(page) == {
        "Sessions held": "2", "Invoiced": "1,991.25", "Collected": "1,755.00", "Receivable": "236.25",
    }
    assert "Collected is after refunds" in page.caption[0].value
    for name, number in (("Sessions held", 2), ("Invoiced", 3), ("Collected", 3), ("Receivable", 2)):
        page.button(key=f"rows_{name}").click().run()
        assert not page.exception
        assert len(page.dataframe[0].value) == number, name
        assert page.subheader[0].value.startswith(f"{name}: ")
    page.button(key="rows_close").click().run()
    assert not page.subheader[0].value.startswith("Receivable")


def test_the_money_is_looked_at_by_provider_service_kind_payer_and_month(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = last_month(monkeypatch, story.owner.staff_id)
    for by, rows in ((MoneyBy.PROVIDER, 2), (MoneyBy.SERVICE, 1), (MoneyBy.KIND, 3), (MoneyBy.PAYER, 3),
                     (MoneyBy.MONTH, 1)):
        page.segmented_control(key="overview_by").set_value(by).run()
        assert not page.exception
        shown = page.dataframe[0].value
        assert len(shown) == rows, by
        assert sum(float(cell.replace(",", "")) for cell in shown["Invoiced"]) == 1991.25
        assert sum(float(cell.replace(",", "")) for cell in shown["Owed at the end"]) == 236.25


@pytest.mark.parametrize("fold", [
    "aging_rows", "attendance_providers", "attendance_rows", "notes_rows", "overdue_rows", "caseload_rows",
    "revenue_rows"])
def test_every_drawing_opens_its_rows(story: Story, monkeypatch: pytest.MonkeyPatch, fold: str) -> None:
    page = opened(monkeypatch, story.owner.staff_id)
    page.session_state["overview_period"], page.session_state[fold] = ReportPeriod.LAST_MONTH, True
    before = len(page.dataframe)
    page.run()
    assert not page.exception
    assert len(page.dataframe) == before + 1 + (not before)


def test_choosing_a_provider_applies_to_every_figure(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    page = last_month(monkeypatch, story.owner.staff_id)
    page.selectbox(key="overview_provider").set_value(story.bell).run()
    assert figures(page) == {
        "Sessions held": "2", "Invoiced": "1,136.25", "Collected": "900.00", "Receivable": "236.25",
    }


def test_a_provider_reads_only_their_own_and_a_supervisor_may_not_open_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = last_month(monkeypatch, story.bell)
    assert figures(page)["Invoiced"] == "1,136.25"
    assert [box.key for box in page.selectbox] == ["overview_period"]
    refused = opened(monkeypatch, story.ito)
    assert not refused.metric
    assert refused.exception[0].value


def test_an_admin_reads_the_money_without_services_and_kinds_of_case(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom = story.staff("Tom", "Alvarez")
    story.add(StaffRole(staff_id=tom, role=Role.ADMIN))
    page = last_month(monkeypatch, tom)
    assert figures(page)["Invoiced"] == "1,991.25"
    assert page.segmented_control(key="overview_by").options == ["Provider", "Payer", "Month"]
    assert "Revenue by month and service" not in [each.value for each in page.subheader]
    page.button(key="rows_Invoiced").click().run()
    assert "Service" not in page.dataframe[0].value
