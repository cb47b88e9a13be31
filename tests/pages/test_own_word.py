"""A child reads who signs before a consent is begun, and staff where the signer is chosen."""

from datetime import date

import pytest
from sqlalchemy import Engine

from practicerunner.vocabulary import CaseType
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.people import PersonDetails
from tests.cast import at, bring_on
from tests.pages.opening import keys, opened, portal_opened, press, said
from tests.workflows.minors import home
from tests.workflows.sending import bring_forms, send

GENERAL = "a parent, a guardian or another legal representative can sign it for"


def test_a_child_is_told_who_signs_before_they_begin_and_can_read_it(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-11-10 09:00"):
        cast = bring_on(sqlite_engine)
        bring_forms(cast)
        house = home(cast)
        consent, intake = send(cast, house.case_id, "consent", "intake", to="Leo")
        app = portal_opened(monkeypatch, house.leo, "portal_forms")
        assert f"You are under 18 and cannot sign this alone; {GENERAL} you." in said(app)
        assert {button.label for button in app.button if str(button.key).startswith("fill.")} == {"Read", "Fill in"}
        press(app, f"fill.{consent}")
        assert "cannot sign this alone" in said(app)
        assert not any("save" in key for key in keys(app)), "nothing to fill in and nothing to press"
        assert not app.text_input
        sheet = portal_opened(monkeypatch, house.leo, "portal_forms", assignment=intake)
        assert "cannot sign" not in said(sheet)
        assert "has not shared a document yet" in said(portal_opened(monkeypatch, house.leo, "portal_documents"))
        hers = said(portal_opened(monkeypatch, house.elena, "portal_documents", house.leo))
        assert "Nothing is shared with you here." in hers and "not shared a document" not in hers


def test_staff_choose_only_among_those_who_can_sign_for_a_child(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-11-10 09:00"):
        cast = bring_on(sqlite_engine)
        bring_forms(cast)
        house = home(cast)
        (consent,) = send(cast, house.case_id, "consent", to="Leo")
        app = opened(cast, monkeypatch, "Marcus", "form", assignment=consent)
        assert f"Somebody under 18 cannot sign this alone; {GENERAL} them." in said(app)
        chosen = [one for one in app.selectbox if one.label == "Who signs"]
        assert [list(one.options) for one in chosen] == [["Elena Castellano, parent"]]
        alone = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(
                person=PersonDetails(first_name="Cy", last_name="Lima", birth_date=date(2018, 5, 1))),)))
        (consent,) = send(cast, alone, "consent")
        app = opened(cast, monkeypatch, "Marcus", "form", assignment=consent)
        assert "Say who does on their page, under Relationships." in said(app)
        assert next(one for one in app.button if one.label == "Sign and hand in").disabled
