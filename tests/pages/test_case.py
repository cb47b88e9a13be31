"""The page of one case."""

from datetime import date, time

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import (
    CaseStatus,
    CaseType,
    ContactKind,
    OrganisationKind,
    PaperKind,
    SessionFormat,
    TwoPersonLabel,
)
from practicerunner.workflows.arrangements import arrangements_of
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, RecordPaper, Taking, open_case, record_paper
from practicerunner.workflows.clients import case_page
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.relationships import organisations_of
from tests.cast import Cast, at, bring_on
from tests.pages.opening import keys, opened, press, said

FORBIDDEN = ("diagnos", "treatment", "symptom", "patient")


@pytest.fixture
def cast(sqlite_engine: Engine) -> Cast:
    return bring_on(sqlite_engine)


@pytest.fixture
def enter(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    with at("2026-11-12 09:00"):
        yield lambda name, page, **selectors: opened(cast, monkeypatch, name, page, **selectors)


def tabs(app: AppTest) -> list[str]:
    return [tab.label for tab in app.tabs]


def test_the_header_names_people_kind_status_and_staff(cast: Cast, enter) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera", opened_on=date(2026, 3, 3))
    app = enter("Marcus", "case", case=couple)
    text = said(app)
    assert "Couple / two-person · partners" in text
    assert "Provider Marcus Bell · since Tue 3 Mar" in text
    assert "No-secrets policy: signed by 0 of 2" in text
    assert app.title[0].value == r"Maya \& Tom Rivera"
    assert tabs(app) == ["Overview", "Clinical", "Billing", "Relationships"]


@pytest.mark.parametrize("kind", [
    CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP,
])
def test_consultation_and_workshop_pages_use_their_own_words(cast: Cast, enter, kind: CaseType) -> None:
    named = "" if kind is CaseType.INDIVIDUAL_CONSULTATION else "Wednesday circle"
    service = "CONS60" if kind is CaseType.INDIVIDUAL_CONSULTATION else (
        "CGRP120" if kind is CaseType.CONSULTATION_GROUP else "WKSP")
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(kind, "Lena Fischer", name=named)
        held = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=date(2026, 10, 2),
            local_time=time(10), format=SessionFormat.VIDEO))
    with at("2026-10-03 09:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=held))
        for part in ("overview", "clinical", "billing", "relationships"):
            app = enter("Marcus", "case", case=case_id, part=part)
            text = said(app).lower()
            for word in (*FORBIDDEN, "intake"):
                assert word not in text, (part, word)
            assert "Documentation" in tabs(app)


@pytest.mark.parametrize("kind", [CaseType.INDIVIDUAL_CONSULTATION, CaseType.WORKSHOP])
def test_where_no_intake_is_asked_for_nothing_speaks_of_one(cast: Cast, enter, kind: CaseType) -> None:
    consulting = kind is CaseType.INDIVIDUAL_CONSULTATION
    who, name = (("Lena Fischer",), "") if consulting else ((), "Listening skills")
    text = said(enter("Marcus", "case", case=cast.open_case(kind, *who, name=name)))
    assert "Onboarding incomplete" in text and "intake" not in text.lower()
    assert ("Consultation agreement missing: Lena Fischer." in text) is consulting
    assert ("Consultation agreements" in text) is consulting


def test_items_lead_to_where_they_are_cleared_and_go_away(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    app = enter("Marcus", "case", case=case_id)
    assert "Intake missing: Ida Holm." in said(app)
    assert "Onboarding 1 of 5" in said(app)
    assert "Intake incomplete" in said(app)
    person_id = cast.read("Marcus", case_page, case_id).participants[0].person_id
    for kind in PaperKind:
        cast.do("Marcus", record_paper, RecordPaper(
            case_id=case_id, person_id=person_id, kind=kind, received_on=date(2026, 1, 6)))
    text = said(enter("Marcus", "case", case=case_id))
    assert "missing: Ida Holm" not in text
    assert "Onboarding 3 of 5" in text


def test_actions_that_a_role_lacks_are_absent(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Pia Berg", provider="Priya")
    shown = {name: {key for key in keys(enter(name, "case", case=case_id)) if key.startswith(("quick", "edit"))}
             for name in ("Priya", "Ruth", "Tom", "Dana")}
    assert shown["Priya"] == {"edit_case", "quick_note", "quick_appointment"}
    assert shown["Tom"] == {"edit_case", "quick_invoice", "quick_appointment"}
    # Ruth provides too, so she has the buttons of a provider; on Priya's case they end in a refusal, not here.
    assert "quick_appointment" in shown["Ruth"]
    # She supervises Priya and so writes memos here; Dana sees the case as its owner and writes nothing in it.
    assert "quick_note" in shown["Ruth"] and "quick_note" not in shown["Dana"]


def test_a_stranger_reads_one_calm_sentence_and_nothing_of_the_case(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    text = said(enter("Olga", "case", case=case_id))
    assert "There is no such record, or it is not yours to open." in text
    assert "Holm" not in text


def test_an_address_without_a_case_says_what_to_do(enter) -> None:
    assert "Nobody is chosen" in said(enter("Marcus", "case"))


def test_names_with_markdown_and_html_are_shown_as_typed(cast: Cast, enter) -> None:
    odd = "**Bold** <b>[x](https://evil.example)</b> $5$ :red[x]"
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
        participants=(Taking(person=PersonDetails(first_name=odd)),)))
    for part in ("overview", "relationships"):
        app = enter("Marcus", "case", case=case_id, part=part)
        assert odd in [element.value for element in app.text]
        for element in (*app.markdown, *app.title, *app.caption):
            assert odd not in element.value


def test_every_participant_is_shown_with_standing_dates_and_permissions(cast: Cast, enter) -> None:
    phone = Contact(kind=ContactKind.PHONE, value="(518) 555-0142", preferred=True, may_call=True, may_text=True)
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], opened_on=date(2026, 3, 3), participants=(
            Taking(person=PersonDetails(first_name="Ana", last_name="Lima", contacts=(phone,)), role="mother"),
            Taking(person=PersonDetails(first_name="Bo", last_name="Lima")),
        )))
    text = said(enter("Marcus", "case", case=case_id))
    assert "Phone (518) 555-0142 (preferred; calls and texts)" in text
    assert "client, mother, joined Tue 3 Mar" in text
    assert "Bo Lima" in text


def archiving() -> None:
    from practicerunner.ui import case_dialogs
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page, client_list

    actor = signed_in()
    (row,) = read(client_list, actor, filter="everyone").rows
    case_dialogs.archive_dialog(actor, read(case_page, actor, row.case_id))


def test_archiving_says_what_it_means_and_can_be_taken_back(cast: Cast, enter, monkeypatch) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    app = press(enter("Marcus", "case", case=case_id, part="relationships"), "archive")
    assert "takes no new appointments" in said(app)
    assert cast.read("Marcus", case_page, case_id).status is CaseStatus.ACTIVE
    app = AppTest.from_function(archiving, default_timeout=30).run()
    press(app, keys(app)[0])
    assert cast.read("Marcus", case_page, case_id).status is CaseStatus.ARCHIVED
    assert "quick_appointment" not in keys(enter("Marcus", "case", case=case_id))
    app = AppTest.from_function(archiving, default_timeout=30).run()
    assert app.button[0].label == "Reactivate"
    press(app, keys(app)[0])
    assert cast.read("Marcus", case_page, case_id).status is CaseStatus.ACTIVE


def test_only_an_owner_sees_the_switch_and_only_on_a_consultation(cast: Cast, enter) -> None:
    consult = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Lena Fischer")
    workshop = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening skills")

    def has_switch(name: str, case_id: int) -> bool:
        app = enter(name, "case", case=case_id, part="relationships")
        return "Clinical note sections" in [toggle.label for toggle in app.toggle]

    assert has_switch("Dana", consult)
    assert not has_switch("Marcus", consult)
    assert not has_switch("Dana", workshop)


def test_recent_says_attended_note_and_paid(cast: Cast, enter) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        held = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 10, 2), local_time=time(10),
            format=SessionFormat.VIDEO))
    with at("2026-10-02 12:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=held))
        assert "attended · note due · not invoiced" in said(enter("Marcus", "case", case=case_id))


def changing_work() -> None:
    from practicerunner.ui.change_work import change_work_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page, find_cases

    actor = signed_in()
    change_work_dialog(actor, read(case_page, actor, read(find_cases, actor, "Noor")[0].case_id))


def test_the_guided_change_of_work_makes_the_linked_couple_with_its_appointments(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    led_to: list[int] = []
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    monkeypatch.setattr(navigation, "go", lambda page, case: led_to.append(case))
    with at("2026-11-12 09:00"):
        old = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        ahead = cast.do("Marcus", book, Book(
            case_id=old, service_id=cast.services["IND50"], local_date=date(2026, 11, 20), local_time=time(10),
            format=SessionFormat.VIDEO))
        app = AppTest.from_function(changing_work, default_timeout=30).run()
        app.radio(key=f"work.{old}.0.type").set_value(CaseType.TWO_PERSON).run()
        prefix = f"work.{old}.two_person.0"
        app.selectbox(key=f"{prefix}.label").set_value(TwoPersonLabel.PARTNERS)
        app.text_input(key=f"{prefix}.p1.first_name").set_value("Sam")
        press(app, f"{prefix}.save")
        assert [error.value for error in app.error] == ["Choose the service that the appointments become."]
        app.selectbox(key=f"{prefix}.service_id").set_value(cast.services["FAM50"])
        press(app, f"{prefix}.save")
        (couple,) = led_to
        page = cast.read("Marcus", case_page, couple)
        assert (page.name, page.came_from.case_id) == ("Noor Haddad & Sam", old)
        assert [found.appointment_id for found in page.upcoming] == [ahead]
        (arrangement,) = cast.read("Marcus", arrangements_of, couple)
        assert [(share.payer, share.basis_points) for share in arrangement.shares] == [
            ("Noor Haddad", 50_00), ("Sam", 50_00)]


def other_dialogs() -> None:
    import streamlit as st

    from practicerunner.ui import case_dialogs, case_relationships, organisation_block, waitlist_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.ui.person_form import person_dialog
    from practicerunner.workflows.clients import case_page, find_cases

    actor = signed_in()
    page = read(case_page, actor, read(find_cases, actor, "Lima")[0].case_id)
    asked = st.session_state.get("asked", "person")
    if asked == "person":
        person_dialog(actor, page.participants[0].person_id)
    elif asked == "relation":
        case_relationships.relation_dialog(actor, page)
    elif asked == "emergency":
        case_relationships.emergency_dialog(actor, page)
    elif asked == "organisation":
        organisation_block.organisation_dialog(actor, page)
    elif asked == "method":
        case_relationships.method_dialog(actor, page)
    elif asked == "edit":
        case_dialogs.edit_dialog(actor, page)
    elif asked == "join":
        waitlist_block.join_dialog(actor, page)
    elif asked == "leave":
        case_dialogs.leave_dialog(actor, page, page.participants[0])
    elif asked == "paper":
        case_dialogs.paper_dialog(actor, page)


@pytest.fixture
def lima(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """A family, and its dialogs by name."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Dana"])
    case_id = cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima", "Cy Lima")

    def ask(name: str) -> AppTest:
        app = AppTest.from_function(other_dialogs, default_timeout=30)
        app.session_state["asked"] = name
        app.run()
        assert not app.exception, app.exception
        return app

    return case_id, ask


def save(app: AppTest) -> AppTest:
    return press(app, next(key for key in keys(app) if key.endswith(".save")))


def test_a_phone_is_added_with_what_the_person_allows(cast: Cast, lima) -> None:
    case_id, ask = lima
    app = ask("person")
    app.text_input(key=next(t.key for t in app.text_input if t.key.endswith("contact0"))).set_value("12")
    save(app)
    assert [error.value for error in app.error] == ["Write a phone number with its area code."]
    app.text_input(key=next(t.key for t in app.text_input if t.key.endswith("contact0"))).set_value("518 555 0142")
    save(app)
    (contact,) = cast.read("Dana", case_page, case_id).participants[0].contacts
    assert (contact.value, contact.may_call, contact.may_text) == ("518 555 0142", False, False)


def test_a_school_is_linked_by_choosing_what_it_is_under_relationship(cast: Cast, lima) -> None:
    case_id, ask = lima
    app = ask("relation")
    kind = next(box for box in app.selectbox if box.key.endswith(".kind"))
    assert kind.options[0] == "Spouse" and {"School", "Other", "Other organisation"} <= set(kind.options)
    kind.set_value(OrganisationKind.SCHOOL).run()
    next(one for one in app.toggle if one.label == "A new one").set_value(True).run()
    next(t for t in app.text_input if t.key.endswith("organisation.name")).set_value("Elm School")
    save(app)
    assert [(view.name, view.kind) for view in cast.read("Dana", organisations_of, case_id)] == [
        ("Elm School", OrganisationKind.SCHOOL)]


@pytest.mark.parametrize("name", ["relation", "emergency", "organisation", "method", "edit", "join", "leave", "paper"])
def test_every_dialog_of_the_page_opens(lima, name: str) -> None:
    _, ask = lima
    assert ask(name).button


def test_somebody_leaves_a_family_and_their_history_stays(cast: Cast, lima) -> None:
    case_id, ask = lima
    save(ask("leave"))
    page = cast.read("Dana", case_page, case_id)
    assert [p.name for p in page.present] == ["Bo Lima", "Cy Lima"]
    assert page.participants[-1].name == "Ana Lima"
    assert page.participants[-1].left_on is not None


def test_an_organisation_is_added_under_relationships(cast: Cast, lima, monkeypatch) -> None:
    case_id, ask = lima
    app = ask("organisation")
    assert "Search and choose an organisation" in said(save(app))
    app.toggle[0].set_value(True).run()
    next(one for one in app.text_input if one.label == "Name").set_value("Elm Hill School").run()
    save(app)
    page = said(opened(cast, monkeypatch, "Dana", "case", case=case_id, part="relationships"))
    assert "Elm Hill School: school of Ana Lima" in page
    assert "being named here opens nothing" not in page
