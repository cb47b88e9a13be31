"""Pages of packages, sponsors, drafts and invoices in advance."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, FeeTerms, InvoicingRhythm
from practicerunner.workflows.arrangements import SetArrangement, Share, arrangements_of, payers_needed, set_arrangement
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.drafts import drafts_to_issue
from practicerunner.workflows.packages import packages_of_case
from practicerunner.workflows.people import AddOrganisation, add_organisation
from tests.cast import Cast, at, balance, bring_on, hold, people_of
from tests.pages.opening import keys, opened, press, said


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    with at("2026-10-01 09:00"):
        yield made


@pytest.fixture
def ida(cast: Cast) -> int:
    with at("2026-08-01 09:00"):
        return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")


def who_pays(actor, case_id, needed, rows) -> None:
    """The form on a page of its own."""
    from datetime import date

    from practicerunner.ui.arrangement_form import arrangement_dialog

    arrangement_dialog(actor, case_id, needed, rows, date(2026, 10, 1))


def sell(actor, case_id, offer) -> None:
    """A dialog on a page of its own, as all of these."""
    from practicerunner.ui.package_block import sell_dialog

    sell_dialog(actor, case_id, offer)


def give_back(actor, package) -> None:
    from practicerunner.ui.package_block import cancel_dialog

    cancel_dialog(actor, package)


def issue(actor, drafts) -> None:
    from practicerunner.ui.draft_list import issue_dialog

    issue_dialog(actor, drafts)


def form_of(
    cast: Cast, case_id: int, monkeypatch: pytest.MonkeyPatch, rows: tuple[object, ...] = ()
) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    needed = replace(cast.read("Tom", payers_needed, case_id), usual=("IND50", 165_00))
    return AppTest.from_function(who_pays, default_timeout=30, kwargs={
        "actor": cast.actor("Tom"), "case_id": case_id, "needed": needed, "rows": rows}).run()


def preview(app: AppTest) -> list[tuple[str, str]]:
    return [(row["Payer"], row["Pays"]) for table in app.dataframe if "Pays" in table.value.columns
            for _, row in table.value.iterrows()]


def test_a_package_is_agreed_sold_used_and_cancelled_on_the_screen(cast: Cast, ida: int, monkeypatch) -> None:
    app = form_of(cast, ida, monkeypatch)
    form = f"arrangement.{ida}.0"
    app.selectbox(key=f"{form}.fee_terms").set_value(FeeTerms.PACKAGE).run()
    app.selectbox(key=f"{form}.package_service_id").set_value(cast.services["IND50"]).run()
    for price, sentence in (
        ("0", "Give the price of the package"), ("0.001", "at most two decimals"),
        ("10,000,000", "at most 1,000,000.00"),
    ):
        app.text_input(key=f"{form}.package_cents").set_value(price).run()
        assert preview(app) == []
        assert sentence in said(press(app, "save_arrangement"))
    app.text_input(key=f"{form}.package_cents").set_value("1,000.00").run()
    app.number_input(key=f"{form}.package_sessions").set_value(0).run()
    assert "A package has at least 1 session." in said(press(app, "save_arrangement"))
    app.number_input(key=f"{form}.package_sessions").set_value(3).run()
    assert preview(app) == [("Ida Holm", "1,000.00")]
    assert "3 sessions of IND50 for 1,000.00 (333.33 each, 1 of them 0.01 more). At the sale:" in said(app)
    press(app, "save_arrangement")
    app = opened(cast, monkeypatch, "Tom", "case", case=ida, part="billing")
    assert "package of 3 sessions of IND50 for 1,000.00" in said(app)
    assert "Ida Holm" in said(press(app, "sell_package.0"))
    offer = cast.read("Tom", packages_of_case, ida).offers[0]
    alone = AppTest.from_function(sell, default_timeout=30, kwargs={
        "actor": cast.actor("Tom"), "case_id": ida, "offer": offer}).run()
    press(alone, f"sell_package.{ida}.0.0.save")
    assert balance(cast, ida) == {"Ida Holm": 1_000_00}
    appointment = hold(cast, ida, "IND50", "2026-10-01 07:30")
    app = opened(cast, monkeypatch, "Tom", "appointment", appointment=appointment)
    assert "Uses 1 of 3 of the package" in said(app)
    press(app, "create_invoices")
    assert "1 of 3 of the package" in said(app)
    app = opened(cast, monkeypatch, "Tom", "case", case=ida, part="billing")
    assert "2 of 3 left" in said(app)
    cancel = next(key for key in keys(app) if key.startswith("cancel_package."))
    press(app, cancel)
    assert "2 sessions worth 666.66 were not used." in said(app)
    sold = cast.read("Tom", packages_of_case, ida).sold[0]
    alone = AppTest.from_function(give_back, default_timeout=30, kwargs={
        "actor": cast.actor("Tom"), "package": sold}).run()
    press(alone, f"{cancel}.0.save")
    assert balance(cast, ida) == {"Ida Holm": 1_000_00}
    alone.text_input(key=f"{cancel}.0.reason").set_value("moves away").run()
    press(alone, f"{cancel}.0.save")
    assert balance(cast, ida) == {"Ida Holm": 333_34}
    assert "1 session used; cancelled on" in said(opened(
        cast, monkeypatch, "Tom", "case", case=ida, part="billing"))


def test_a_package_is_offered_of_what_was_booked_last(cast: Cast, ida: int, monkeypatch) -> None:
    app = form_of(cast, ida, monkeypatch)
    app.selectbox(key=f"arrangement.{ida}.0.fee_terms").set_value(FeeTerms.PACKAGE).run()
    assert app.selectbox(key=f"arrangement.{ida}.0.package_service_id").value == cast.services["IND50"]


def test_a_sponsor_is_previewed_with_where_it_ends(cast: Cast, ida: int, monkeypatch) -> None:
    fund = cast.do("Dana", add_organisation, AddOrganisation(name="Northside Fund", address="1 North"))
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=ida, valid_from=date(2026, 1, 1), shares=(Share(payer_id=fund),)))
    rows = tuple(cast.read("Tom", arrangements_of, ida))
    app = form_of(cast, ida, monkeypatch, rows)
    form = f"arrangement.{ida}.0"
    assert preview(app) == [("Northside Fund", "165.00")]
    own = next(iter(people_of(cast, ida).values()))
    app.selectbox(key=f"{form}.payer.0.None").set_value(("person", own, "Ida Holm")).run()
    app.selectbox(key=f"{form}.fee_terms").set_value(FeeTerms.SPONSOR).run()
    assert preview(app) == []
    assert "Choose the sponsor." in said(press(app, "save_arrangement"))
    app.selectbox(key=f"{form}.sponsor_id").set_value(("payer", fund, "Northside Fund")).run()
    assert preview(app) == [("Northside Fund", "165.00"), ("Ida Holm", "0.00")]
    assert "Northside Fund pays without a limit." in said(app)
    app.text_input(key=f"{form}.sponsor_cents").set_value("400.00").run()
    app.date_input(key=f"{form}.sponsor_until").set_value(date(2026, 9, 1)).run()
    assert "once 400.00 are used up, in session 3 or after" in said(app)
    assert "The last day is before the first." in said(press(app, "save_arrangement"))
    app.date_input(key=f"{form}.sponsor_until").set_value(date(2026, 12, 31)).run()
    press(app, "save_arrangement")
    app = opened(cast, monkeypatch, "Tom", "case", case=ida, part="billing")
    assert "Northside Fund pays first, up to 400.00, until Thu 31 Dec 2026; otherwise Ida Holm pays" in said(app)


def test_a_new_payer_is_said_to_be_added_and_the_fields_are_empty_for_the_next(
    cast: Cast, ida: int, monkeypatch
) -> None:
    app = form_of(cast, ida, monkeypatch, ())
    form = f"arrangement.{ida}.0"
    app.text_input(key=f"{form}.new.0.first").set_value("Lorenzo").run()
    app.text_input(key=f"{form}.new.0.last").set_value("Holm").run()
    app.button(key=f"{form}.new_payer").click().run()  # begins only the dialog anew, which stands alone here
    app.run()
    assert "Lorenzo Holm is added and can be chosen above as one of the payers." in said(app)
    assert app.text_input(key=f"{form}.new.1.first").value == ""
    assert "Lorenzo Holm" in app.selectbox(key=f"{form}.payer.0.None").options


def test_drafts_are_listed_looked_at_and_issued(cast: Cast, ida: int, monkeypatch) -> None:
    first, second = (hold(cast, ida, "IND50", f"2026-09-30 {hour}") for hour in ("07:00", "08:00"))
    cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=first, as_drafts=True))
    app = opened(cast, monkeypatch, "Tom", "appointment", appointment=second)
    press(app, "create_drafts")
    assert "Stands on a draft, under Billing." in said(app)
    app = opened(cast, monkeypatch, "Tom", "billing")
    app.session_state["billing_tab"] = "Drafts"
    app.run()
    assert "2 drafts, 330.00 in all." in said(app)
    assert "Drafts (2)" in [tab.label for tab in app.tabs]
    press(app, "issue_drafts")
    assert "2 invoices, 330.00 in all." in said(app)
    alone = AppTest.from_function(issue, default_timeout=30, kwargs={
        "actor": cast.actor("Tom"), "drafts": cast.read("Tom", drafts_to_issue).rows}).run()
    press(alone, "issue_drafts_now")
    assert "No drafts." in said(app.run())
    assert balance(cast, ida) == {"Ida Holm": 330_00}


def test_what_is_booked_is_invoiced_in_advance_and_settled(cast: Cast, ida: int, monkeypatch) -> None:
    cast.do("Tom", set_arrangement, SetArrangement(case_id=ida, valid_from=date(2026, 8, 1), shares=(
        Share(person_id=people_of(cast, ida)["Ida"], rhythm=InvoicingRhythm.WEEK_AHEAD),)))
    appointment = cast.do("Marcus", book, Book(
        case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 10, 6), local_time=time(10),
        location_id=cast.office))
    app = opened(cast, monkeypatch, "Tom", "billing")
    app.session_state["billing_tab"] = "To gather"
    app.run()
    assert "Week of 5 Oct 2026, in advance: 1 appointment booked" in said(app)
    press(app, "ahead.week_ahead.2026-10-05")
    assert balance(cast, ida) == {"Ida Holm": 165_00}
    with at("2026-10-06 20:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=appointment))
        app = opened(cast, monkeypatch, "Tom", "appointment", appointment=appointment)
        assert "Invoiced in advance." in said(app)
        press(app, "settle_appointment")
        assert "Invoiced in advance." not in said(app)
    assert balance(cast, ida) == {"Ida Holm": 165_00}
