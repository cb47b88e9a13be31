"""Superbills and good faith estimates on the pages: making them, what is missing, and where they are absent."""

from datetime import date, time

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.money import dollars
from practicerunner.ui import identity
from practicerunner.vocabulary import AttendanceStatus, CaseType, ShareChannel
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.estimate_pages import estimate_block
from practicerunner.workflows.estimates import DraftEstimate, ItemAsked, ShareEstimate, draft_estimate, share_estimate
from practicerunner.workflows.superbills import superbills_of
from tests.cast import Cast, at, bring_on, hold, invoice, pay, payer_id
from tests.insurance import change, complete, diagnose, issue, licensed
from tests.pages.opening import keys, opened, press, said

NOW = "2026-11-12 09:00"
FORBIDDEN = ("superbill", "good faith", "estimate", "diagnos", "patient")


@pytest.fixture
def cast(sqlite_engine: Engine) -> Cast:
    return bring_on(sqlite_engine)


@pytest.fixture
def enter(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    with at(NOW):
        yield lambda name, case_id: opened(cast, monkeypatch, name, "case", case=case_id, part="billing")


@pytest.fixture
def lena(cast: Cast) -> tuple[int, int]:
    """Lena Fischer: paid on 8 October, partly on 22 October, a no-show on 29 October."""
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Lena *Fischer*")
    person = complete(cast, case_id)["Lena"]
    diagnose(cast, case_id, person)
    for day, cents in (("2026-10-08", 165_00), ("2026-10-22", 65_00)):
        issued = invoice(cast, hold(cast, case_id, "IND50", f"{day} 10:00"))
        pay(cast, payer_id(cast, person), case_id, cents, day, invoice_ids=tuple(issued))
    invoice(cast, hold(cast, case_id, "IND50", "2026-10-29 10:00", missed={person: AttendanceStatus.NO_SHOW}))
    return case_id, person


def frames(app: AppTest) -> str:
    """Every table on the page, as text."""
    return "\n".join(frame.value.to_string() for frame in app.dataframe)


def creating(case_id: int) -> None:
    """The dialog alone: AppTest draws a dialog anew only where it is called again."""
    import streamlit as st

    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.ui.superbill_block import create_dialog
    from practicerunner.workflows.calendar import wall_clock
    from practicerunner.workflows.superbills import superbill_people

    actor = signed_in()
    if "toast" not in st.session_state:
        create_dialog(actor, case_id, read(superbill_people, actor, case_id), read(wall_clock, actor).date())


def preparing(case_id: int) -> None:
    """The same for an estimate."""
    import streamlit as st

    from practicerunner.ui.estimate_dialogs import estimate_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.estimate_pages import estimate_block

    actor = signed_in()
    if "toast" not in st.session_state:
        estimate_dialog(actor, case_id, read(estimate_block, actor, case_id), None, None)


@pytest.fixture
def dialog(cast: Cast, enter, lena, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Tom has opened "Create superbill" for Lena."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    return AppTest.from_function(creating, default_timeout=30, args=(lena[0],)).run()


def test_a_superbill_is_made_in_two_clicks_and_says_what_the_dialog_said(cast: Cast, enter, lena, dialog) -> None:
    case_id, _ = lena
    app = enter("Tom", case_id)
    assert "No superbill yet" in said(app)
    press(app, "create_superbill")
    app = dialog
    tables = frames(app)
    assert "Thu 8 Oct 2026" in tables
    assert "Partly paid (100.00 due)" in tables
    assert "Not a rendered service: no-show fee" in tables
    assert "A F41.1" in said(app)
    issue_button = next(b for b in app.button if b.label.startswith("Issue superbill"))
    assert issue_button.label == "Issue superbill of 1 line, 165.00"
    press(app, issue_button.key)
    (made,) = cast.read("Tom", superbills_of, case_id)
    assert (made.number, made.content.charged_cents) == ("SB-2026-0001", 165_00)
    app = enter("Tom", case_id)
    assert "SB-2026-0001" in frames(app)


def test_partly_paid_services_come_in_by_a_tick(dialog: AppTest) -> None:
    app = dialog
    box = next(box for box in app.checkbox if box.label.startswith("Include partly paid"))
    box.check().run()
    assert not app.exception
    assert "Issue superbill of 2 lines, 330.00" in said(app)
    assert [metric.value for metric in app.metric][-3:] == [dollars(330_00), dollars(230_00), dollars(100_00)]


def test_what_is_missing_is_listed_and_nothing_can_be_issued(cast: Cast, enter, lena) -> None:
    case_id, _ = lena
    change(cast, "Marcus", npi="", licence="")
    app = press(enter("Tom", case_id), "create_superbill")
    text = said(app)
    assert "What is missing" in text
    assert "Marcus Bell has no NPI." in text
    assert "Marcus Bell has no licence number and state." in text
    assert "An owner fills this in." in text
    assert next(b for b in app.button if b.label.startswith("Issue superbill")).disabled


def test_a_reversed_range_is_said_in_the_dialog(dialog: AppTest) -> None:
    app = dialog
    app.selectbox[0].select("Other days").run()
    app.date_input[0].set_value(date(2026, 10, 31)).run()
    app.date_input[1].set_value(date(2026, 10, 1)).run()
    assert not app.exception
    assert "lies before the first one" in said(app)


def test_a_range_without_anything_says_so(dialog: AppTest) -> None:
    dialog.selectbox[0].select("Other days").run()
    for place in (0, 1):
        dialog.date_input[place].set_value(date(2026, 7, 1)).run()
    assert not dialog.exception
    assert "Nothing was charged in this range. Choose other days." in said(dialog)
    assert next(b for b in dialog.button if b.label == "Issue superbill").disabled


def test_roles_have_the_buttons_that_they_may_press(cast: Cast, enter, lena) -> None:
    case_id, person = lena
    issue(cast, case_id, person, "2026-10-01", "2026-10-31")
    for name in ("Dana", "Marcus", "Tom"):
        found = keys(enter(name, case_id))
        assert "create_superbill" in found
        assert "create_estimate" in found


@pytest.mark.parametrize(("kind", "service"), [
    (CaseType.INDIVIDUAL_CONSULTATION, "CONS60"), (CaseType.CONSULTATION_GROUP, "CGRP120"), (CaseType.WORKSHOP, "WKSP"),
])
def test_consultation_and_workshop_pages_have_no_trace_of_either(
    cast: Cast, enter, kind: CaseType, service: str
) -> None:
    name = "" if kind is CaseType.INDIVIDUAL_CONSULTATION else "Wednesday circle"
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(kind, "Lena Fischer", name=name)
    invoice(cast, hold(cast, case_id, service, "2026-10-08 10:00"))
    for who in ("Dana", "Marcus", "Tom"):
        app = enter(who, case_id)
        text = said(app).lower()
        for word in FORBIDDEN:
            assert word not in text, word
        assert not {"create_superbill", "create_estimate"} & set(keys(app))


def test_an_estimate_is_prepared_shared_and_watched(
    cast: Cast, enter, lena, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id, person = lena
    with at("2026-11-11 09:00"):
        cast.do("Tom", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 11, 26), local_time=time(10),
            location_id=cast.office))
    app = enter("Tom", case_id)
    assert "Lena *Fischer*: an estimate is due by Mon 16 Nov" in said(app).replace("\\", "")
    press(app, "create_estimate")
    assert "Expected total" in said(app)
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    app = AppTest.from_function(preparing, default_timeout=30, args=(case_id,)).run()
    next(one for one in app.number_input if one.label == "How many").set_value(10).run()
    next(one for one in app.selectbox if one.label == "How often").select("every week").run()
    assert [one.value for one in app.date_input] == [date(2026, 11, 26), date(2027, 1, 28)]
    assert app.metric[0].value == "1,650.00"
    save = next(b for b in app.button if b.label == "Save the estimate")
    press(app, save.key)
    (prepared,) = cast.read("Tom", estimate_block, case_id).drafts
    assert prepared.preview.total_cents == 1650_00
    app = enter("Tom", case_id)
    press(app, f"share_estimate.{prepared.draft_id}")
    assert "Handed over on paper" in app.selectbox[-1].options
    cast.do("Tom", share_estimate, ShareEstimate(
        draft_id=prepared.draft_id, revision=prepared.revision, channel=ShareChannel.IN_PERSON))
    (shared,) = cast.read("Tom", estimate_block, case_id).shared
    assert (shared.number, shared.person_id, shared.total_cents) == ("GFE-2026-0001", person, 1650_00)
    app = enter("Tom", case_id)
    assert "GFE-2026-0001" in frames(app)
    assert "an estimate is due" not in said(app)


def test_the_flag_stands_on_the_page(cast: Cast, enter, lena) -> None:
    case_id, person = lena
    with at("2026-10-01 09:00"):
        draft = cast.do("Tom", draft_estimate, DraftEstimate(
            case_id=case_id, person_id=person, place="Albany, NY",
            items=(ItemAsked(service_id=cast.services["IND50"], quantity=1, first_on=date(2026, 10, 8),
                             last_on=date(2026, 12, 31)),)))
        cast.do("Tom", share_estimate, ShareEstimate(draft_id=draft, revision=1, channel=ShareChannel.POST))
    text = said(enter("Tom", case_id))
    assert "above the estimate" not in text
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-02 10:00", fee_cents=152_50))
    assert "400 or more above the estimate" in said(enter("Tom", case_id))


def test_claims_take_the_estimates_away(cast: Cast, enter, lena) -> None:
    case_id, _ = lena
    app = enter("Tom", case_id)
    next(box for box in app.checkbox if box.label.startswith("Insurance claims")).check().run()
    assert not app.exception
    app = enter("Tom", case_id)
    assert "so no estimate is due" in said(app)
    assert "create_estimate" not in keys(app)


def test_the_billing_page_lists_who_is_due_one(cast: Cast, monkeypatch: pytest.MonkeyPatch, lena) -> None:
    case_id, _ = lena
    with at("2026-11-11 09:00"):
        cast.do("Tom", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 11, 26), local_time=time(10),
            location_id=cast.office))
    with at(NOW):
        app = opened(cast, monkeypatch, "Tom", "billing")
        app.session_state["billing_tab"] = "Estimates due"
        app.run()
        assert not app.exception
        assert "1 estimate due" in said(app)
        assert "Mon 16 Nov" in frames(app)
