"""The same pages of the portal for all seven kinds of case: what applies is there, in words that fit."""

import re
from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import Engine

from practicerunner import database
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.ui import navigation
from practicerunner.ui.portal import PORTAL_SCREENS
from practicerunner.vocabulary import CaseType, SessionFormat, ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.portal_home import home_page
from tests.cast import Cast, arrange, at, bring_on, hold, invoice, people_of
from tests.pages.opening import portal_opened, press
from tests.pages.walking import words
from tests.workflows.sending import bring_forms

NOW = "2026-11-10 09:00"
CLINICAL = re.compile(r"\b(clients?|patients?|diagnos\w+|treatment\w*|symptoms?|therap\w+)\b", re.IGNORECASE)
SERVICES = {
    CaseType.INDIVIDUAL: "IND50", CaseType.TWO_PERSON: "FAM50", CaseType.FAMILY: "FAM50",
    CaseType.THERAPY_GROUP: "GRP90", CaseType.INDIVIDUAL_CONSULTATION: "CONS60", CaseType.CONSULTATION_GROUP: "CGRP120",
    CaseType.WORKSHOP: "WKSP",
}


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    made = bring_on(sqlite_engine)
    with at("2026-09-01 09:00"):
        bring_forms(made)
    with at(NOW):
        yield made


@pytest.mark.parametrize("kind", CASE_TYPES)
def test_the_portal_of_each_kind_of_case_has_the_pages_that_apply_in_words_that_fit(
    practice: Cast, monkeypatch: pytest.MonkeyPatch, kind: CaseType
) -> None:
    able, service = capabilities(kind), SERVICES[kind]
    with at("2026-09-01 09:00"):
        names = ("Ada Quill", "Sam Heron") if able.most != 1 else ("Ada Quill",)
        case_id = practice.open_case(kind, *names, name="Heroncircle" if able.is_group else "")
    people = people_of(practice, case_id)
    if not able.is_group:
        arrange(practice, case_id, {people["Ada"]: 10000}, since="2026-09-01")
    invoice(practice, hold(practice, case_id, service, "2026-10-07 10:00"))
    practice.do("Marcus", book, Book(
        case_id=case_id, service_id=practice.services[service], local_date=date(2026, 11, 18), local_time=time(11),
        format=SessionFormat.VIDEO))
    practice.do("Marcus", start_thread, StartThread(
        case_id=case_id, thread_class=ThreadClass.ADMIN, subject="Hello", text="Good morning.",
        people=(ToPerson(person_id=people["Ada"]),)))
    app = portal_opened(monkeypatch, people["Ada"])
    said = {}
    for screen in PORTAL_SCREENS:
        app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()
        assert not app.exception, (screen.name, app.exception)
        said[screen.name] = words(app)
    assert "18 November" in said["portal_home"] or "18 Nov" in said["portal_home"]
    assert "conversation with something new" in said["portal_home"] and "USD" in said["portal_home"]
    assert ("Heroncircle" in "".join(said.values())) is able.is_group
    assert "Heron" not in "".join(said.values()).replace("Heroncircle", "") or not able.is_group, "no other member"
    assert ("Ask for a time" in said["portal_appointments"]) is not able.is_group, "a group's hour is the group's"
    assert ("Move, cancel or see all" in said["portal_home"]) is not able.is_group
    if not able.is_group:
        asking = words(press(portal_opened(monkeypatch, people["Ada"], "portal_appointments"), "ask"))
        assert re.search(r"\w with Marcus Bell", asking), "with whom stands there, though there is nobody to choose"
    with database.reading(practice.engine) as session:
        home = home_page(session, PortalActor(people["Ada"], "Ada"))
    assert home.may_ask is not able.is_group, "nobody is sent to ask for what cannot be asked for"
    assert "No card or bank account is saved." in said["portal_home"], "the seventh of what the first page has (I08)"
    if able.clinical_section != "Clinical":
        assert {name: CLINICAL.findall(text) for name, text in said.items() if CLINICAL.search(text)} == {}


