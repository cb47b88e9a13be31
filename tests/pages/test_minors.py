"""Who consented, what is confidential and the practice's ages, on the pages on which they are said."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.consent_basis import BasisDecision, StateAge
from practicerunner.records.scheduling import Attendance
from practicerunner.ui import identity
from practicerunner.vocabulary import ActingKind, CaseType, ConsentBasis
from practicerunner.workflows.acting import AddActing, add_acting
from practicerunner.workflows.people import PersonDetails
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, press, said
from tests.workflows.minors import Home, booked, consents_alone, home


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Home]:
    with at("2026-11-10 09:00"):
        yield home(bring_on(sqlite_engine))


def dialogs() -> None:
    import streamlit as st

    from practicerunner.ui import confidential_block, consent_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.calendar import appointment_page
    from practicerunner.workflows.clients import case_page
    from practicerunner.workflows.consent_basis import consent_of_case, state_ages

    actor, (what, row_id) = signed_in(), st.session_state["asked"]
    if what == "consent":
        consent_block.basis_dialog(actor, read(case_page, actor, row_id), read(consent_of_case, actor, row_id)[0])
    elif what == "confidential":
        confidential_block.choice_dialog(actor, read(appointment_page, actor, row_id))
    else:
        consent_block.age_dialog(actor, read(state_ages, actor)[0])


def ask(house: Home, monkeypatch: pytest.MonkeyPatch, name: str, what: str, row_id: int = 0) -> AppTest:
    """A dialog alone, which stays open from one run to the next."""
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff[name])
    app = AppTest.from_function(dialogs, default_timeout=30)
    app.session_state["asked"] = (what, row_id)
    app.run()
    assert not app.exception, app.exception
    return app


def save(app: AppTest) -> AppTest:
    return press(app, next(key for key in keys(app) if key.endswith(".save")))


def confidential(cast: Cast) -> list[int]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(Attendance.appointment_id).where(Attendance.confidential)))


def by_label(app: AppTest, kind: str, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in app.get(kind) if one.label == label)


def test_a_minors_own_consent_is_said_in_one_dialog(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = booked(house)
    app = opened(house.cast, monkeypatch, "Marcus", "case", case=house.case_id, part="relationships")
    assert "Nobody has said who consented" in said(app)
    assert f"consent.{house.leo}" in keys(app)
    app = ask(house, monkeypatch, "Marcus", "consent", house.case_id)
    by_label(app, "selectbox", "Consent was given by").set_value(ConsentBasis.MINOR).run()
    by_label(app, "selectbox", "By the age for the state").set_value("CA").run()
    assert "They are 15; the age of 12 for CA is an example that nobody here has confirmed." in said(app)
    by_label(app, "text_input", "Reason").set_value("came alone").run()
    save(app)
    assert "is an example" in "\n".join(str(one.value) for one in app.error), "not without the tick"
    by_label(app, "checkbox", "It is so all the same, for the reason below").check().run()
    save(app)
    with database.reading(house.cast.engine) as session:
        assert session.scalars(select(BasisDecision.reason)).all() == ["came alone"]
    assert confidential(house.cast) == [kept]
    text = said(opened(house.cast, monkeypatch, "Marcus", "case", case=house.case_id, part="relationships"))
    assert "The client, as a minor, by the age for CA" in text


def test_an_appointment_says_to_whom_it_is_confidential(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = booked(house)
    app = opened(house.cast, monkeypatch, "Marcus", "appointment", appointment=kept)
    assert "Confidential to Leo Castellano" not in said(app)
    assert "Confidential" in [one.label for one in app.button]
    app = ask(house, monkeypatch, "Marcus", "confidential", kept)
    assert "Nobody who acts for them comes across it" in said(app)
    by_label(app, "checkbox", "Confidential to Leo Castellano").check().run()
    save(app)
    assert confidential(house.cast) == [kept]
    assert "Confidential to Leo Castellano" in said(
        opened(house.cast, monkeypatch, "Marcus", "appointment", appointment=kept))
    page = opened(house.cast, monkeypatch, "Marcus", "case", case=house.case_id)
    assert any("· confidential" in str(getattr(node, "proto", "")).replace("\\302\\267", "·") for node in page.main)


def test_where_nobody_acts_for_anybody_nothing_is_asked(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = house.cast
    alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    for case_id, part in ((alone, "relationships"), (cast.open_case(
            CaseType.WORKSHOP, "Ann Ray", name="Writing"), "relationships")):
        assert "Who consented" not in said(opened(cast, monkeypatch, "Marcus", "case", case=case_id, part=part))
    app = opened(cast, monkeypatch, "Marcus", "case", case=alone, do="book")
    assert "Confidential" not in said(app)


def test_an_adult_is_asked_about_only_where_somebody_stands_in_for_them(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = house.cast
    alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    for kind, asks in ((ActingKind.PERSONAL_ASSISTANT, False), (ActingKind.HEALTH_CARE_AGENT, True)):
        cast.do("Tom", add_acting, AddActing(
            client_id=people_of(cast, alone)["Noor"], kind=kind, starts_on=date(2026, 11, 1),
            person=PersonDetails(first_name="Petra", last_name=kind.label)))
        seen = said(opened(cast, monkeypatch, "Marcus", "case", case=alone, part="relationships"))
        assert ("Who consented to treatment" in seen) is asks


def test_the_form_for_an_appointment_is_ticked_as_consent_says(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    booked(house)
    app = opened(house.cast, monkeypatch, "Marcus", "case", case=house.case_id, do="book")
    assert by_label(app, "checkbox", "Confidential to Leo Castellano").value is False
    consents_alone(house, date(2026, 11, 10))
    app = opened(house.cast, monkeypatch, "Marcus", "case", case=house.case_id, do="book")
    assert by_label(app, "checkbox", "Confidential to Leo Castellano").value is True


def test_the_ages_are_the_owners_to_confirm(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(house.cast, monkeypatch, "Dana", "settings")
    app.session_state["settings.part"] = "Minors"
    app.run()
    assert said(app).count("Example, to be confirmed") == 2
    assert {"state_age.CA", "state_age.IL", "state_age.new"} <= set(keys(app))
    app = ask(house, monkeypatch, "Dana", "age")
    by_label(app, "checkbox", "I have looked it up, and it is right for this practice").check().run()
    save(app)
    with database.reading(house.cast.engine) as session:
        assert [(one.state, one.age, str(one.confirmed_on)) for one in session.scalars(select(StateAge))] == [
            ("CA", 12, "2026-11-10")]
    app = opened(house.cast, monkeypatch, "Dana", "settings")
    app.session_state["settings.part"] = "Minors"
    assert "by Dana Okafor on Tue 10 Nov 2026" in said(app.run())
