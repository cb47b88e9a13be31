"""The page on which an owner imports clients, run as Streamlit runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.people import Person
from practicerunner.rules.importing import DateOrder
from practicerunner.ui import identity
from tests.cast import Cast, at, bring_on
from tests.scenarios.test_sc22 import file_of_120

ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Cast]:
    made = bring_on(sqlite_engine)
    with at("2026-11-12 09:00"):
        yield made


def page_of(cast: Cast, who: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_file(str(ROOT / "practicerunner" / "ui" / "shell.py"), default_timeout=30).run()
    app.switch_page(str(ROOT / "pages" / "imports.py"))
    return app.run()


def people(cast: Cast) -> int:
    with database.reading(cast.engine) as session:
        return session.scalar(select(func.count()).select_from(Person))


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in app.text)


def metrics(app: AppTest) -> list[tuple[str, str]]:
    return [(metric.label, metric.value) for metric in app.metric]


FIGURES = [
    ("New", "114"), ("Duplicates", "3"), ("Impossible dates", "2"), ("Couples of one", "1"),
    ("Opening balances", "8,100.00"),
]


def test_the_empty_page_says_what_to_do(house: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page_of(house, "Dana", monkeypatch)
    assert not app.exception
    assert [title.value for title in app.title] == ["Import clients"]
    assert "Save your client list as CSV" in texts(app)


def test_an_owner_checks_imports_and_undoes_a_file(house: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page_of(house, "Dana", monkeypatch)
    app.file_uploader[0].upload("clients.csv", file_of_120(), "text/csv").run()
    assert not app.exception
    assert "120 rows" in texts(app)
    button(app, "Check the file").click().run()
    assert metrics(app) == FIGURES
    assert app.dataframe[0].value["Line"].tolist() == [22, 42, 62, 82, 102, 112]
    assert people(house) == 0
    assert button(app, "Import 114 people").disabled
    app.checkbox[0].check().run()
    button(app, "Import 114 people").click().run()
    assert not app.exception
    assert people(house) == 114
    assert metrics(app) == FIGURES
    assert "114 new" in texts(app)
    button(app, "Undo").click().run()
    assert "This removes 114 records" in texts(app)
    assert people(house) == 114
    button(app, "Remove 114 records").click().run()
    assert not app.exception
    assert people(house) == 0
    assert "Undone" in texts(app)


def test_changing_the_mapping_asks_for_another_dry_run(house: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page_of(house, "Dana", monkeypatch)
    app.file_uploader[0].upload("clients.csv", file_of_120(), "text/csv").run()
    button(app, "Check the file").click().run()
    next(box for box in app.selectbox if box.label == "Meaning of Balance").set_value("Leave out").run()
    assert not app.metric
    button(app, "Check the file").click().run()
    assert metrics(app)[-1] == ("Opening balances", "0.00")


def test_the_order_of_day_and_month_is_asked_at_its_field(house: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page_of(house, "Dana", monkeypatch)
    app.file_uploader[0].upload("a.csv", b"First name,DOB\nAna,03/04/1985\n", "text/csv").run()
    button(app, "Check the file").click().run()
    assert [error.value for error in app.error] == ["Say whether the day or the month comes first."]
    app.radio[0].set_value(DateOrder.DAY_FIRST).run()
    button(app, "Check the file").click().run()
    assert metrics(app)[0] == ("New", "1")


def test_a_column_that_must_stay_outside_has_no_chooser_and_shows_nothing(
    house: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page_of(house, "Dana", monkeypatch)
    app.file_uploader[0].upload("a.csv", b"First name,SSN\nAna,999-10-4053\n", "text/csv").run()
    assert "Never imported: social security numbers" in texts(app)
    assert "999-10-4053" not in texts(app)
    assert [box.label for box in app.selectbox if "SSN" in box.label] == []


def test_a_file_that_is_no_table_gets_its_sentence(house: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page_of(house, "Dana", monkeypatch)
    app.file_uploader[0].upload("clients.csv", b"PK\x03\x04 a workbook", "text/csv").run()
    assert not app.exception
    assert "This is not a CSV file" in app.error[0].value


@pytest.mark.parametrize("who", ["Marcus", "Ruth", "Priya", "Tom"])
def test_the_page_is_there_for_nobody_but_the_owner(house: Cast, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    with pytest.raises(ValueError, match="Known pages"):
        page_of(house, who, monkeypatch)
