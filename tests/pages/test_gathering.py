"""Pages of monthly invoices: the form "who pays" with its preview, and what waits to be gathered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.practice import Practice
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, InvoicingRhythm, ShareKind
from practicerunner.workflows.advance import InvoiceAhead, invoice_ahead
from practicerunner.workflows.arrangements import SetArrangement, Share, arrangements_of, payers_needed, set_arrangement
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.people import AddOrganisation, add_organisation
from tests.cast import Cast, arrange, at, balance, bring_on, hold, invoice, people_of
from tests.pages.opening import keys, opened, press, said


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    with at("2026-10-01 09:00"):
        yield made


@pytest.fixture
def couple(cast: Cast) -> int:
    """Two who have come once, for 210.00, and who pay 60 % and the rest."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    people = people_of(cast, case_id)
    arrange(cast, case_id, {people["Maya"]: 6000, people["Tom"]: 0}, since="2026-08-01")
    hold(cast, case_id, "FAM50", "2026-09-03 10:00")
    return case_id


def preview(app: AppTest) -> list[tuple[str, str]]:
    return [(row["Payer"], row["Pays"]) for table in app.dataframe if "Pays" in table.value.columns
            for _, row in table.value.iterrows()]


def who_pays(actor, case_id, needed, rows) -> None:
    """The form on a page of its own: a dialog closes when the whole page runs anew."""
    from datetime import date

    from practicerunner.ui.arrangement_form import arrangement_dialog

    arrangement_dialog(actor, case_id, needed, rows, date(2026, 10, 1))


def test_who_pays_is_seen_to_the_cent_before_it_is_saved_and_gathered_by_the_month(cast, couple, monkeypatch) -> None:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    app = AppTest.from_function(who_pays, default_timeout=30, kwargs={
        "actor": cast.actor("Tom"), "case_id": couple,
        "needed": replace(cast.read("Tom", payers_needed, couple), usual=("FAM50", 210_00)),
        "rows": tuple(cast.read("Tom", arrangements_of, couple))}).run()
    form = f"arrangement.{couple}.0"
    assert preview(app) == [("Maya Rivera", "126.00"), ("Tom Rivera", "84.00")], "what is in force is not asked again"
    app.number_input(key=f"{form}.number").set_value(1).run()
    assert preview(app) == []
    app.number_input(key=f"{form}.number").set_value(2).run()
    press(app, "equal_parts")
    assert preview(app) == [("Maya Rivera", "105.00"), ("Tom Rivera", "105.00")]
    for wrong, sentence in (("99.9", "make 99.90 %."), ("100.1", "100.10 %, which is more than 100 %.")):
        first, second = (60, float(wrong) - 60)
        for place, value in enumerate((first, second)):
            app.selectbox(key=f"{form}.kind.{place}").set_value(ShareKind.PERCENT).run()
            app.text_input(key=f"{form}.value.{place}").set_value(f"{value:.1f}").run()
        assert preview(app) == []
        assert sentence in said(app), "said before anything is saved"
        assert sentence in said(press(app, "save_arrangement"))
    app.selectbox(key=f"{form}.kind.0").set_value(ShareKind.FIXED_WITH_CAP).run()
    app.selectbox(key=f"{form}.kind.1").set_value(ShareKind.REMAINDER).run()
    app.text_input(key=f"{form}.value.0").set_value("80.00").run()
    app.text_input(key=f"{form}.cap.0").set_value("50.00").run()
    assert preview(app) == []
    assert "A cap of 50.00 is below one share of 80.00." in said(press(app, "save_arrangement"))
    app.text_input(key=f"{form}.cap.0").set_value("80.00").run()
    assert preview(app) == [("Maya Rivera", "80.00"), ("Tom Rivera", "130.00")]
    assert "is used up in session 1; what it no longer covers is shared among the others" in said(app)
    app.text_input(key=f"{form}.cap.0").set_value("200.00").run()
    assert "the cap of 200.00 is used up in session 3" in said(app)
    press(app, "equal_parts")
    assert preview(app) == [("Maya Rivera", "105.00"), ("Tom Rivera", "105.00")]
    app.selectbox(key=f"{form}.rhythm").set_value(InvoicingRhythm.MONTHLY).run()
    app.date_input(key=f"{form}.valid_from").set_value(date(2026, 8, 1)).run()
    press(app, "save_arrangement")
    assert "one invoice per month" in said(opened(cast, monkeypatch, "Tom", "case", case=couple, part="billing"))


def test_nobody_is_proposed_or_added_twice_as_payer_without_a_word(cast, couple, monkeypatch) -> None:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    app = AppTest.from_function(who_pays, default_timeout=30, kwargs={
        "actor": cast.actor("Tom"), "case_id": couple, "needed": cast.read("Tom", payers_needed, couple),
        "rows": ()}).run()
    form = f"arrangement.{couple}.0"
    app.number_input(key=f"{form}.number").set_value(3).run()
    payers = [one.value and one.value[2] for one in app.selectbox if str(one.label).startswith("Payer ")]
    assert payers == ["Maya Rivera", "Tom Rivera", None], "there is no third"
    new = f"{form}.new_payer"
    app.text_input(key=f"{form}.new.0.first").set_value("maya").run()
    app.text_input(key=f"{form}.new.0.last").set_value("Rivera").run()
    assert app.button(key=new).disabled and "Maya Rivera is in the list already." in [
        one.value for one in app.warning]
    (offered,) = [one for one in app.button if str(one.key).startswith(f"{form}.same.")]
    assert str(offered.label).replace("\\", "") == "Add Maya Rivera (known from Maya & Tom Rivera)"
    app.checkbox(key=f"{form}.new.0.other").check().run()
    assert not app.button(key=new).disabled
    app.text_input(key=f"{form}.new.0.first").set_value("Ana").run()
    assert not app.warning and not app.button(key=new).disabled


def test_what_waits_stands_by_month_with_the_number_on_the_button(cast, couple, monkeypatch) -> None:
    with at("2026-09-01 09:00"):
        people = people_of(cast, couple)
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=couple, revision=1, valid_from=date(2026, 9, 1), shares=tuple(
                Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY) for person in people.values())))
    appointment = hold(cast, couple, "FAM50", "2026-09-10 10:00")
    app = opened(cast, monkeypatch, "Tom", "appointment", appointment=appointment)
    assert "Charge for the invoice of the month" in said(app)
    invoice(cast, appointment)
    app = opened(cast, monkeypatch, "Tom", "appointment", appointment=appointment)
    assert said(app).count("Waits for the invoice of the month.") == 2
    app = opened(cast, monkeypatch, "Tom", "billing")
    app.session_state["billing_tab"] = "To gather"
    app.run()
    assert "2 invoices to create, 210.00 in all" in said(app)
    assert "To gather (2)" in [str(tab.label) for tab in app.tabs]
    press(app, "gather_2026-09-01")
    assert "Nothing waits to be gathered" in said(app)
    assert balance(cast, couple) == {"Maya Rivera": 105_00, "Tom Rivera": 105_00}


def test_what_is_filtered_is_looked_at_and_only_the_whole_is_invoiced(cast, couple, monkeypatch) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    for case_id, service in ((couple, "FAM50"), (ida, "IND50")):
        with at("2026-09-01 09:00"):
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=case_id, revision=1 if case_id == couple else 0, valid_from=date(2026, 9, 1), shares=tuple(
                    Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY)
                    for person in people_of(cast, case_id).values())))
        invoice(cast, hold(cast, case_id, service, f"2026-09-10 {10 if case_id == couple else 12}:00"))
    app = opened(cast, monkeypatch, "Tom", "billing")
    app.session_state["billing_tab"] = "To gather"
    app.run()
    assert "3 invoices to create" in said(app) and "gather_2026-09-01" in keys(app)
    app.selectbox(key="to_gather.kind").set_value(CaseType.INDIVIDUAL).run()
    assert "1 invoice to create, 165.00 in all" in said(app) and "gather_2026-09-01" not in keys(app)


def of_a_period(actor, case_id) -> None:
    """The dialog on a page of its own."""
    from datetime import date

    from practicerunner.ui.period_dialog import period_dialog

    period_dialog(actor, case_id, date(2026, 10, 1))


def test_a_payer_is_invoiced_for_a_period_from_the_case(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name, hour in (("Ida Holm", "10:00"), ("Jon Decoy", "12:00")):
        with at("2026-08-01 09:00"):
            found.append(cast.open_case(CaseType.INDIVIDUAL, name))
            person = people_of(cast, found[-1])[name.split(maxsplit=1)[0]]
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=found[-1], valid_from=date(2026, 8, 1),
                shares=(Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY),)))
        for day in ("2026-08-31", "2026-09-03", "2026-09-30"):
            invoice(cast, hold(cast, found[-1], "IND50", f"{day} {hour}"))
    ida, jon = found
    assert "invoice_period" in keys(opened(cast, monkeypatch, "Tom", "case", case=ida, part="billing"))
    app = AppTest.from_function(
        of_a_period, kwargs={"actor": cast.actor("Tom"), "case_id": ida}, default_timeout=30).run()
    assert not app.exception, app.exception
    assert "1 invoice over 1 line, 165.00" in said(app), "the month in which the oldest waits"
    first, last = app.date_input
    last.set_value(date(2026, 9, 30)).run()
    assert "1 invoice over 3 lines, 495.00" in said(app)
    first.set_value(date(2026, 10, 1)).run()
    assert [error.value for error in app.error] == ["The last day is before the first."]
    assert "create_period" not in keys(app)
    last.set_value(date(2026, 10, 31)).run()
    assert not app.error
    assert [one.value for one in app.info] == ["Nothing can be invoiced in this period."]
    first.set_value(date(2026, 9, 1))
    last.set_value(date(2026, 9, 30)).run()
    press(app, "create_period")
    assert balance(cast, ida) == {"Ida Holm": 330_00}
    assert balance(cast, jon) == {}


def of_a_payer(actor, payer_id) -> None:
    """The payer's dialog on a page of its own."""
    from practicerunner.ui.period_dialog import payer_dialog

    payer_dialog(actor, payer_id)


def test_a_payer_of_several_cases_is_invoiced_for_a_period_over_all_of_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    fund = cast.do("Tom", add_organisation, AddOrganisation(name="Ellery Fund"))
    found = []
    for name, hour in (("Ida Holm", "10:00"), ("Jon Ek", "12:00")):
        with at("2026-08-01 09:00"):
            found.append(cast.open_case(CaseType.INDIVIDUAL, name))
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=found[-1], valid_from=date(2026, 8, 1),
                shares=(Share(payer_id=fund, rhythm=InvoicingRhythm.MONTHLY),)))
        for day in ("2026-08-31", "2026-09-03"):
            invoice(cast, hold(cast, found[-1], "IND50", f"{day} {hour}"))
    assert "invoice_period" in keys(opened(cast, monkeypatch, "Tom", "payer", payer=fund))
    app = AppTest.from_function(
        of_a_payer, kwargs={"actor": cast.actor("Tom"), "payer_id": fund}, default_timeout=30).run()
    assert "2 invoices over 4 lines, 660.00" in said(app)
    app.date_input[0].set_value(date(2026, 9, 1)).run()
    assert "2 invoices over 2 lines, 330.00" in said(app)
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().invoices_as_drafts = True
    assert "draft_period" not in keys(app.run()), "drafts come first here anyway"
    press(app, "create_period")
    assert [balance(cast, case_id) for case_id in found] == [{}] * 2, "drafts, and no invoice is issued past them"
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().invoices_as_drafts = False
    app.date_input[0].set_value(date(2026, 8, 1)).run()
    press(app, "create_period")
    assert [balance(cast, case_id) for case_id in found] == [{"Ellery Fund": 165_00}] * 2


def test_whom_nobody_pays_for_is_named_wherever_something_is_invoiced_or_settled(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        gia, pays = people_of(cast, group)["Gia"], people_of(cast, ida)["Ida"]
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=ida, valid_from=date(2026, 8, 1),
            shares=(Share(person_id=pays, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
        booked = cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 10), local_time=time(10),
            location_id=cast.office))
    with at("2026-08-28 09:00"):
        cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 9, 1), rhythm=InvoicingRhythm.MONTH_AHEAD))
    arrange(cast, group, {gia: 0}, since="2026-08-01", person_id=gia, valid_until=date(2026, 9, 1))
    arrange(cast, ida, {pays: 0}, since="2026-08-01", valid_until=date(2026, 9, 5))
    with at("2026-09-10 22:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=booked))
    held = hold(cast, group, "GRP90", "2026-09-03 18:00")
    why = "The agreement about who pays for Gia Two has ended. Say who pays from then on."
    app = opened(cast, monkeypatch, "Tom", "appointment", appointment=held)
    assert f"Not invoiced. {why}" in said(app)
    press(app, "create_invoices")
    assert f"Not invoiced. {why}" in said(app) and "create_invoices" not in keys(app)
    assert balance(cast, group) == {"Gus One": 75_00}
    assert "Gia Two has ended." in said(opened(cast, monkeypatch, "Tom", "case", case=group))
    assert "The agreement about who pays for Gia Two has ended; nobody has said who pays since." in said(
        opened(cast, monkeypatch, "Tom", "case", case=group, part="billing"))
    app = opened(cast, monkeypatch, "Tom", "appointment", appointment=booked)
    assert "Invoiced in advance, and cannot be settled. The agreement about who pays has ended." in said(app)
    assert "settle_appointment" not in keys(app)
    app = opened(cast, monkeypatch, "Tom", "billing")
    app.session_state["billing_tab"] = "To gather"
    app.run()
    assert "1 appointment invoiced in advance cannot be settled: nobody is set down to pay." in said(app)
    assert "settle_all" not in keys(app)
    arrange(cast, ida, {pays: 0}, since="2026-09-06")
    press(app.run(), "settle_all")
    assert "cannot be settled" not in said(app)
