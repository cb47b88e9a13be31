"""Every screen as every role: it opens or it is absent, and nobody reads what is somebody else's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.notes import Note
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.notes import FORMS
from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import CaseType, RequestKind
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.answers import RecordRequest, record_request
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, arrange, at, bring_on, hold, invoice, pay, people_of
from tests.pages.opening import SHELL
from tests.pages.walking import shown, words

NOW = "2026-11-12 09:00"
FAMILIES = {"Marcus": "Heronfield", "Priya": "Larkwood", "Olga": "Ravenholt"}
"""Whose clients bear which last name."""
SERVICE = {
    CaseType.INDIVIDUAL: "IND50", CaseType.TWO_PERSON: "FAM50", CaseType.FAMILY: "FAM50",
    CaseType.THERAPY_GROUP: "GRP90", CaseType.INDIVIDUAL_CONSULTATION: "CONS60",
    CaseType.CONSULTATION_GROUP: "CGRP120", CaseType.WORKSHOP: "WKSP",
}
OWN_WORDS = (CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP)
FORBIDDEN = ("diagnos", "treatment", "symptom", "patient")
SECTIONS = ("overview", "clinical", "billing", "relationships")

EVERYBODYS = {
    "today", "clients", "calendar", "messages", "requests", "inquiries", "billing", "overview", "hours", "account",
    "case", "appointment", "payer", "form", "breaches", "note",
}
PROVIDERS = EVERYBODYS | {"documentation", "amendment", "audit", "supervision"}
MAY_OPEN = {
    "Dana": PROVIDERS | {"settings", "staff", "forms", "note_templates", "outbox", "imports"},
    "Marcus": PROVIDERS, "Priya": PROVIDERS, "Ruth": PROVIDERS | {"staff"}, "Tom": EVERYBODYS, "Olga": PROVIDERS,
}
READS = {
    "Dana": set(FAMILIES.values()), "Marcus": {"Heronfield"}, "Priya": {"Larkwood"}, "Ruth": {"Larkwood"},
    "Tom": set(FAMILIES.values()), "Olga": {"Ravenholt"},
}
"""Whose clients somebody may read."""
READS_NOTES = {"Dana": set(), "Marcus": {"Heronfield"}, "Priya": {"Larkwood"}, "Ruth": {"Larkwood"}, "Tom": set(),
               "Olga": {"Ravenholt"}}
"""Whose note text somebody may read: the author's own, and the supervisor's associates'."""


def sealed(family: str) -> str:
    """What the notes of a family say."""
    return f"Confided words of the {family}s"


@dataclass
class Records:
    """The ids of one case and what hangs on it."""

    case: int
    held: int
    ahead: int
    note: int = 0
    payer: int = 0


@dataclass
class House:
    """The practice and, by provider and kind of case, its records."""

    cast: Cast
    records: dict[str, dict[CaseType, Records]] = field(default_factory=dict)


def work_of(cast: Cast, provider: str, kind: CaseType, place: int) -> Records:
    """A case of a kind with a held appointment, a signed note, an invoice paid in part, and an appointment today."""
    family, able = FAMILIES[provider], capabilities(kind)
    people = [f"{first} {family}" for first in ("Ada", "Bela")[:able.most]]
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(kind, *people, provider=provider, name=f"{family} circle" if able.needs_name else "")
    if not able.charged_each and able.most != 1:
        arrange(cast, case_id, {min(people_of(cast, case_id).values()): 0}, since="2026-10-01")
    held = hold(cast, case_id, SERVICE[kind], f"2026-11-{2 + place:02d} 10:00", by=provider)
    with at("2026-11-10 20:00"):
        ahead = cast.do(provider, book, Book(
            case_id=case_id, service_id=cast.services[SERVICE[kind]], local_date=date(2026, 11, 12 + place),
            local_time=time(10), location_id=cast.office))
        made = Records(case_id, held, ahead)
        cast.do(provider, record_request, RecordRequest(
            kind=RequestKind.CANCEL, case_id=case_id, appointment_id=ahead,
            person_id=min(people_of(cast, case_id).values())))
        made.note = cast.do(provider, start_note, StartNote(appointment_id=held, kind=able.main_note))
        with database.reading(cast.engine) as session:
            note = session.get_one(Note, made.note)
        cast.do(provider, save_draft, SaveDraft(
            note_id=made.note, revision=note.revision, parts={int(key): sealed(family) for key in note.parts},
            sections={part.key: sealed(family) for part in FORMS[note.form].sections if part.required}))
        cast.do(provider, sign_note, SignNote(note_id=made.note, revision=note.revision + 1))
    invoice(cast, held)
    with at("2026-11-10 21:00"):
        made.payer = cast.read("Tom", case_account, case_id).invoices[0].facts.payer_id
    pay(cast, made.payer, case_id, 10_00, "2026-11-10")
    return made


@pytest.fixture(scope="module")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Seven kinds of case for Marcus and for Priya, two for Olga; made once, as pages only read."""
    folder = tmp_path_factory.mktemp("roles")
    (folder / "practice.db").write_bytes(sqlite_template.read_bytes())
    settings = database.settings()
    before = settings.database_url, settings.key_file
    settings.database_url, settings.key_file = f"sqlite:///{folder / 'practice.db'}", folder / "practice.key"
    engine: Engine = database.engine(settings.database_url)
    made = House(bring_on(engine))
    for provider in FAMILIES:
        kinds = [CaseType.INDIVIDUAL, CaseType.WORKSHOP] if provider == "Olga" else list(CaseType)
        made.records[provider] = {
            kind: work_of(made.cast, provider, kind, place) for place, kind in enumerate(kinds)
        }
    with at(NOW):
        yield made
    engine.dispose()
    settings.database_url, settings.key_file = before


@pytest.fixture
def come_in(house: House, monkeypatch: pytest.MonkeyPatch):
    """Somebody signs in."""

    def sign_in(who: str) -> AppTest:
        monkeypatch.setattr(identity, "IDENTITY", house.cast.staff[who])
        app = AppTest.from_file(SHELL, default_timeout=60).run()
        assert not app.exception
        return app

    return sign_in


def turn_to(app: AppTest, page: str, **selectors: object) -> str:
    """The same person opens another page: everything that stands on it."""
    app.query_params.clear()
    for key, value in selectors.items():
        app.query_params[key] = str(value)
    app.switch_page(str(navigation.FOLDER / f"{page}.py")).run()
    assert not app.exception, (page, selectors, app.exception)
    return words(app)


def test_every_screen_is_decided_about() -> None:
    assert {screen.name for screen in navigation.SCREENS} == MAY_OPEN["Dana"]


@pytest.mark.parametrize("who", MAY_OPEN)
def test_a_role_opens_its_screens_finds_no_others_and_reads_nothing_of_strangers(
    house: House, come_in, who: str
) -> None:
    app = come_in(who)
    strangers = set(FAMILIES.values()) - READS[who]
    untold = {sealed(family) for family in set(FAMILIES.values()) - READS_NOTES[who]}
    for screen in navigation.SCREENS:
        if screen.name not in MAY_OPEN[who]:
            with pytest.raises(ValueError, match="Known pages"):
                turn_to(app, screen.name)
            app = come_in(who)
            continue
        text = turn_to(app, screen.name)
        assert not {name for name in strangers | untold if name in text}, screen.name
        if screen.name in ("clients", "requests"):
            assert {name for name in READS[who] if name in text} == READS[who]


@pytest.mark.parametrize("who", MAY_OPEN)
def test_the_records_of_a_role_open_by_address_and_those_of_strangers_do_not(
    house: House, come_in, who: str
) -> None:
    app = come_in(who)
    for provider, family in FAMILIES.items():
        found = house.records[provider][CaseType.INDIVIDUAL]
        addresses = [("case", {"case": found.case, "part": part}) for part in SECTIONS]
        addresses += [("appointment", {"appointment": found.held}), ("appointment", {"appointment": found.ahead}),
                      ("payer", {"payer": found.payer})]
        if "note" in MAY_OPEN[who]:
            addresses.append(("note", {"note": found.note}))
        if family not in READS[who]:
            addresses = [(page, ids) for page, ids in addresses if ids.get("part", "overview") == "overview"]
        for page, ids in addresses:
            text = turn_to(app, page, **ids)
            reads = family in (READS_NOTES if page == "note" else READS)[who]
            if page != "note":
                assert (family in text) == reads, (page, ids)
                assert ("not yours to open" in text) != reads, (page, ids)
            else:
                assert (sealed(family) in text) == reads, (page, ids)
            if family not in READS[who]:
                assert family not in text, (page, ids)
            if family not in READS_NOTES[who]:
                assert sealed(family) not in text, (page, ids)


@pytest.mark.parametrize("who", MAY_OPEN)
def test_the_search_and_the_bills_show_only_what_is_the_actor_s_to_read(house: House, come_in, who: str) -> None:
    app = come_in(who)
    for family in FAMILIES.values():
        app.text_input(key="search").set_value(family).run()
        found = [one for one in shown(app) if one.element == "page_link" and family in one.text]
        assert bool(found) == (family in READS[who]), family
    app.text_input(key="search").set_value("").run()
    app.session_state["billing_tab"] = "All open"
    text = turn_to(app, "billing")
    assert {family for family in FAMILIES.values() if family in text} == READS[who]


@pytest.mark.parametrize("kind", OWN_WORDS)
@pytest.mark.parametrize("who", ["Marcus", "Tom"])
def test_pages_of_consultation_and_workshops_use_their_own_words(
    house: House, come_in, kind: CaseType, who: str
) -> None:
    app, found = come_in(who), house.records["Marcus"][kind]
    addresses = [("case", {"case": found.case, "part": part}) for part in SECTIONS]
    addresses += [("appointment", {"appointment": found.held}), ("appointment", {"appointment": found.ahead})]
    if who == "Marcus":
        addresses.append(("note", {"note": found.note}))
    for page, ids in addresses:
        text = turn_to(app, page, **ids).lower()
        assert "heronfield" in text or page == "note", (page, ids)
        assert not [word for word in FORBIDDEN if word in text], (page, ids)


@pytest.mark.parametrize("kind", [kind for kind in CaseType if kind not in OWN_WORDS])
def test_every_section_of_every_kind_of_case_opens(house: House, come_in, kind: CaseType) -> None:
    app, found = come_in("Priya"), house.records["Priya"][kind]
    for part in SECTIONS:
        assert "Larkwood" in turn_to(app, "case", case=found.case, part=part)
    assert sealed("Larkwood") in turn_to(app, "note", note=found.note)
    for appointment in (found.held, found.ahead):
        assert "Larkwood" in turn_to(app, "appointment", appointment=appointment)
