"""A request to amend on the screens: written down at the case, answered on its page, asked in the portal."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.amendments import AmendmentRequest
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import AmendmentChannel, AmendmentDecision, CaseType, DenialGround
from practicerunner.workflows.amendments import RecordAmendment, record_amendment
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, portal_opened, press, said
from tests.pages.walking import live, words
from tests.workflows.supervising import change

HOSTILE = "A **bold** [x](http://x.example) <b>raw</b> $5$"


@pytest.fixture
def cast(sqlite_engine: Engine) -> Iterator[Cast]:
    made = bring_on(sqlite_engine)
    with at("2026-11-12 09:00"):
        yield made


def asked(cast: Cast, case_id: int, wanted: str = HOSTILE) -> int:
    made: int = cast.do("Tom", record_amendment, RecordAmendment(
        case_id=case_id, person_id=min(people_of(cast, case_id).values()), received_on=date(2026, 11, 9),
        channel=AmendmentChannel.LETTER, wanted=wanted))
    return made


def kept(cast: Cast) -> AmendmentRequest:
    with database.reading(cast.engine) as session:
        return session.query(AmendmentRequest).one()


def changed(cast: Cast, person_id: int, **facts: Any) -> None:
    with database.transaction(cast.engine) as session:
        for name, value in facts.items():
            setattr(session.get_one(Person, person_id), name, value)


def dialog() -> None:
    """The form by itself: in the runner of the tests a page closes its dialogs when it runs again."""
    import streamlit as st

    from practicerunner.ui.amendment_block import record_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.amendment_lists import amendments_of_case

    actor, case_id = signed_in(), int(st.query_params["case"])
    record_dialog(actor, case_id, read(amendments_of_case, actor, case_id))


def test_it_is_written_down_at_the_case_by_the_front_desk_which_reads_it_no_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    led_to: list[Any] = []
    monkeypatch.setattr(navigation, "go", lambda page, **ids: led_to.append((page, ids)))
    case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    app = AppTest.from_function(dialog, default_timeout=30)
    app.query_params["case"] = str(case_id)
    app.run()
    save = next(key for key in keys(app) if key.endswith(".save"))
    press(app, save)
    assert [error.value for error in app.error] == ["Please fill in this field."]
    assert not [one for one in app.selectbox if one.label == "About"], "no note is the front desk's to choose"
    app.text_area[0].set_value("Heronwish")
    press(app, save)
    found = kept(cast)
    assert (found.wanted, found.received_on, found.channel) == (
        "Heronwish", date(2026, 11, 12), AmendmentChannel.LETTER)
    assert led_to == []
    app = opened(cast, monkeypatch, "Tom", "case", case=case_id, part="clinical")
    assert "Request to amend the record of Maya Rivera, received Thu 12 Nov 2026" in said(app)
    assert "Due Mon 11 Jan 2027" in words(app)
    assert "Heronwish" not in words(app)
    with pytest.raises(ValueError, match="Known pages"):
        opened(cast, monkeypatch, "Tom", "amendment", amendment=found.id)


def test_its_provider_finds_it_on_today_and_denies_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    made, noor = asked(cast, case_id), people_of(cast, case_id)["Noor"]
    due = "Request to amend the record of Noor Haddad\\: due 8 January 2027"
    assert due in words(opened(cast, monkeypatch, "Marcus", "today"))
    assert "Requests to amend (1)" in words(opened(cast, monkeypatch, "Marcus", "documentation"))
    assert due not in words(opened(cast, monkeypatch, "Dana", "today"))
    app = opened(cast, monkeypatch, "Marcus", "amendment", amendment=made)
    assert HOSTILE in words(app)
    assert live(app) == []
    app.button_group[0].set_value(AmendmentDecision.DENIED).run()
    save = next(key for key in keys(app) if key.endswith(".save") and "denied" in key)
    press(app, save)
    assert [error.value for error in app.error] == [
        "Choose one of the four grounds; there are no others.",
        "Say in plain words why it is denied; it stands in the letter."]
    next(one for one in app.selectbox if one.label == "Ground").set_value(DenialGround.ACCURATE)
    next(one for one in app.text_area if one.label == "Why, in plain words").set_value(HOSTILE)
    changed(cast, noor, died_on=date(2026, 11, 10))
    press(app, save)
    first = "First name and verify their legal representative under Who acts for them, in the case."
    assert [first in error.value for error in app.error] == [True]
    assert "Noor Haddad has died." in said(app)
    changed(cast, noor, died_on=None)
    press(app, save)
    assert kept(cast).decision is AmendmentDecision.DENIED
    app = opened(cast, monkeypatch, "Marcus", "amendment", amendment=made)
    assert "Letter as PDF" in words(app)
    changed(cast, noor, last_name="Smith")
    assert "The letter is written to" not in said(opened(cast, monkeypatch, "Marcus", "amendment", amendment=made))
    changed(cast, noor, died_on=date(2026, 11, 10))
    assert ("The letter is written to Noor Haddad, who may not get it any more. Give it to nobody but whoever may act "
            "for them once that is clear.") in said(opened(cast, monkeypatch, "Marcus", "amendment", amendment=made))
    changed(cast, noor, died_on=None)
    next(one for one in app.text_area if one.label == "What the client says").set_value(HOSTILE)
    press(app, next(key for key in keys(app) if "statement" in key and key.endswith(".save")))
    app = opened(cast, monkeypatch, "Marcus", "amendment", amendment=made)
    assert "Statement of disagreement" in words(app)
    assert live(app) == []
    next(one for one in app.text_area if one.label == "Our answer").set_value("Heronanswer")
    press(app, next(key for key in keys(app) if "rebuttal" in key and key.endswith(".save")))
    assert "Heronanswer" in words(opened(cast, monkeypatch, "Marcus", "amendment", amendment=made))


def test_more_time_and_what_others_find_at_its_address(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Kim Lowe")
    made = asked(cast, case_id, "Heronwish")
    app = opened(cast, monkeypatch, "Marcus", "amendment", amendment=made)
    next(one for one in app.text_area if one.label == "Why, as they were told").set_value("The archive moves.")
    press(app, next(key for key in keys(app) if "extend" in key))
    text = words(opened(cast, monkeypatch, "Marcus", "amendment", amendment=made))
    assert "Extended by 30 days" in text
    assert "90 days after it was received" in text
    assert "Request to amend the documentation" in text
    assert "More time is needed" not in text
    assert not [word for word in ("diagnos", "treatment", "symptom", "patient") if word in text.lower()]
    for who in ("Dana", "Olga"):
        assert "Heronwish" not in words(opened(cast, monkeypatch, who, "amendment", amendment=made))
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    app = opened(cast, monkeypatch, "Dana", "amendment", amendment=made)
    assert "Heronwish" not in words(app)
    next(one for one in app.text_input if "Why do you open" in one.label).set_value("complaint").run()
    next(button for button in app.button if button.label == "Open").click().run()
    assert "Heronwish" in words(app)
    assert "Marcus Bell answers this." in words(app)


def test_what_nobody_can_decide_says_so_and_stands_with_an_owner(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
    made = asked(cast, case_id)
    change(cast, "Ruth", active=False)
    due = "Nobody answers the request to amend of Iris Vale\\: due 8 January 2027; Priya Nair has no supervisor"
    assert due in words(opened(cast, monkeypatch, "Dana", "today"))
    assert "; Priya Nair has no supervisor" in words(opened(cast, monkeypatch, "Dana", "documentation"))
    assert "An owner names one" in said(opened(cast, monkeypatch, "Dana", "case", case=case_id, part="clinical"))
    app = opened(cast, monkeypatch, "Priya", "amendment", amendment=made)
    assert "has no supervisor who could. An owner names one on the staff page" in said(app)
    assert [one.label for one in app.button if one.label == "Deny"] == []
    press(app, next(key for key in keys(app) if "withdrawn" in key and key.endswith(".save")))
    assert [error.value for error in app.error] == [
        "Say how they told the practice.", "Say why they take it back, in their words; it is kept with the request."]
    next(one for one in app.selectbox if one.label == "How").set_value(AmendmentChannel.PHONE)
    next(one for one in app.text_area if one.label == "Why, in their words").set_value(HOSTILE)
    press(app, next(key for key in keys(app) if "withdrawn" in key and key.endswith(".save")))
    assert kept(cast).decision is AmendmentDecision.WITHDRAWN
    app = opened(cast, monkeypatch, "Priya", "amendment", amendment=made)
    assert f"Iris Vale said so on 12 November 2026, by phone:\n{HOSTILE}" in words(app)
    assert live(app) == []


def test_a_client_asks_in_the_portal_and_sees_when_the_practice_answers(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    noor = people_of(cast, case_id)["Noor"]
    app = portal_opened(monkeypatch, noor, "portal_details")
    next(one for one in app.text_area if one.label == "What should be changed, and why?").set_value(HOSTILE)
    next(one for one in app.button if one.label == "Ask the practice").click().run()
    assert not app.exception
    assert kept(cast).asked_by_id == noor
    app = portal_opened(monkeypatch, noor, "portal_details")
    assert HOSTILE in words(app)
    assert "The practice answers by Mon 11 Jan 2027" in words(app)
    assert live(app) == []
