"""The portal's screens: which somebody finds, for whom, and that the two sides never show each other's."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, select, update
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records import outbox, portal, practice
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Participant
from practicerunner.records.people import Person
from practicerunner.rules.permissions import PortalRole
from practicerunner.ui import identity, navigation, portal_identity
from practicerunner.ui.portal import FOR, PORTAL_SCREENS
from practicerunner.vocabulary import CaseType, MessageKind, Outcome, ParticipantStatus, ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.portal_access import NoLongerForThem
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal, portal_of_case
from practicerunner.workflows.portal_details import AskForChange, ask_for_change
from practicerunner.workflows.portal_home import home_page
from practicerunner.workflows.portal_links import accept_link
from tests.cast import arrange, at, bring_on, hold, invoice, people_of
from tests.pages.opening import SHELL, keys, opened, portal_opened, press, said
from tests.pages.walking import live, words
from tests.portal import FAMILY_MAIL, NOW, Household, household

REFUSED = "You have no access to this."
OWN = {"portal_home", "portal_appointments", "portal_forms", "portal_messages", "portal_billing", "portal_documents",
       "portal_details"}


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Household]:
    made = household(bring_on(sqlite_engine))
    with at(NOW):
        yield made


def opens(app: AppTest) -> set[str]:
    """Which of the portal's pages somebody finds."""
    found = set()
    for screen in PORTAL_SCREENS:
        app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()
        assert not app.exception, app.exception
        if REFUSED not in said(app):
            found.add(screen.name)
    return found


def test_a_client_finds_every_page_and_is_not_asked_for_whom(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.maya)
    assert not app.selectbox
    assert opens(app) == OWN


def test_who_left_a_group_still_reads_what_is_theirs_and_who_waits_for_a_place_finds_forms_alone(
    house: Household, monkeypatch
) -> None:
    with at("2026-09-01 09:00"):
        group = house.cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Al Ray", "Bo Ek", name="Thursday circle")
        people = people_of(house.cast, group)
        thread = house.cast.do("Marcus", start_thread, StartThread(
            case_id=group, thread_class=ThreadClass.ADMIN, subject="Hello", text="Hello there.",
            people=(ToPerson(person_id=people["Eve"]),)))
    with database.transaction() as session:
        for name, facts in (("Eve", {"status": ParticipantStatus.LEFT, "left_on": date(2026, 9, 5)}),
                            ("Al", {"status": ParticipantStatus.WAITLISTED})):
            session.execute(update(Participant).where(Participant.person_id == people[name]).values(**facts))
    app = portal_opened(monkeypatch, people["Eve"])
    assert opens(app) == OWN
    assert "Hello there." in said(portal_opened(monkeypatch, people["Eve"], "portal_messages", thread=thread[0]))
    assert opens(portal_opened(monkeypatch, people["Al"])) == {"portal_home", "portal_forms", "portal_details"}


def test_a_guardian_without_a_case_of_her_own_comes_for_her_child(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.elena)
    assert app.selectbox[0].options == ["Myself", "Leo Castellano (guardian)"]
    assert app.selectbox[0].value == house.leo
    assert opens(app) == OWN
    app.selectbox[0].set_value(0).run()
    assert opens(app) == {"portal_home", "portal_details"}, "nothing of her own"


def loaded(monkeypatch: pytest.MonkeyPatch, person_id: int, address: str = "") -> AppTest:
    """The portal in a window that knows nothing yet but its address."""
    monkeypatch.setattr(identity, "PERSON", person_id)
    app = AppTest.from_file(SHELL, default_timeout=30)
    if address:
        app.query_params[FOR] = address
    app.run()
    assert not app.exception, app.exception
    return app


def named(app: AppTest) -> str:
    """For whom the address says that somebody is here."""
    value = app.query_params[FOR]
    return value if isinstance(value, str) else value[0]


def test_a_page_that_is_loaded_again_is_about_the_same_client(house: Household, monkeypatch) -> None:
    app = loaded(monkeypatch, house.elena)
    assert (app.selectbox[0].value, named(app)) == (house.leo, str(house.leo))
    app.selectbox[0].set_value(0).run()
    assert named(app) == "0"
    assert loaded(monkeypatch, house.elena, "0").selectbox[0].value == 0
    for strange in (str(house.maya), str(house.elena), "x", "9" * 30):
        app = loaded(monkeypatch, house.elena, strange)
        assert (app.selectbox[0].value, named(app)) == (house.leo, str(house.leo))
        assert "Maya" not in said(app)
    app = loaded(monkeypatch, house.maya, str(house.leo))
    assert not app.selectbox and "Leo" not in said(app), "an address opens nothing"


def test_who_only_pays_comes_for_the_client_until_there_is_something_to_pay(house: Household, monkeypatch) -> None:
    with at("2026-09-02 09:00"):
        arrange(house.cast, house.leos, {house.elena: 10_000}, since="2026-09-01")
    appointment = hold(house.cast, house.leos, "IND50", "2026-09-03 10:00")
    assert loaded(monkeypatch, house.elena).selectbox[0].value == house.leo
    with at("2026-09-03 12:00"):
        (bill,) = invoice(house.cast, appointment)
    assert bill and loaded(monkeypatch, house.elena).selectbox[0].value == 0
    assert "USD 165.00 to pay" in words(loaded(monkeypatch, house.elena))
    assert loaded(monkeypatch, house.elena, str(house.leo)).selectbox[0].value == house.leo


def test_a_helper_finds_what_is_granted_and_no_more(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.joan)
    assert not app.selectbox, "the practice lets no helper schedule, so there is nobody to act for"
    assert "neither of your own nor of anybody for whom you act" in said(app)
    assert "neither of your own" not in said(portal_opened(monkeypatch, house.maya))
    app = portal_opened(monkeypatch, house.joan)
    assert opens(app) == {"portal_home", "portal_details"}


def test_what_is_revoked_is_gone_at_the_next_click(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.elena)
    assert app.selectbox[0].value == house.leo
    for decision in house.cast.read("Dana", decisions, house.leos, house.elena):
        house.cast.do("Dana", end_decision, EndDecision(decision_id=decision))
    app.run()
    assert not app.selectbox
    assert "You have no access for this person any more." in said(app) and "Leo" not in said(app)
    assert [one.label for one in app.get("page_link")] == ["Home"]
    assert refused(house, house.elena) == [("client_directory", house.leo)], "one line for one attempt"
    app.run()
    assert "You have no access" not in said(app), "she is here for herself from now on"
    assert opens(app) == {"portal_home", "portal_details"}


def test_an_address_of_somebody_for_whom_one_does_not_act_is_refused_once(house: Household, monkeypatch) -> None:
    app = loaded(monkeypatch, house.maya, str(house.leo))
    assert "You have no access for this person any more." in said(app) and FOR not in app.query_params
    assert refused(house, house.maya) == [("client_directory", house.leo)]
    app.run()
    assert "You have no access" not in said(app)
    assert len(refused(house, house.maya)) == 1


def test_a_helper_who_goes_to_a_page_that_is_not_open_is_refused_each_time_and_each_is_kept(
    house: Household, monkeypatch
) -> None:
    with database.transaction() as session:
        practice.the_practice(session).helpers_may_schedule = True
    app = portal_opened(monkeypatch, house.joan)
    assert opens(app) == {"portal_home", "portal_appointments", "portal_details"}
    resources = ["consents", "messages_admin", "invoices", "documents_admin"]
    assert refused(house, house.joan) == [(one, house.leo) for one in resources]
    app.run()
    app.switch_page(str(navigation.FOLDER / "portal_billing.py")).run()
    assert "You have no access to this." in said(app)
    assert [one.label for one in app.get("page_link")] == ["Home"]
    app.run()
    assert [name for name, _ in refused(house, house.joan)] == [*resources, "invoices"], "a rerun is no new attempt"


def test_what_is_done_after_a_revocation_is_refused_and_kept(house: Household, monkeypatch) -> None:
    monkeypatch.setattr(identity, "PERSON", house.elena)
    hers = PortalActor(house.elena, "Elena", PortalRole.REPRESENTATIVE, house.leo)
    for decision in house.cast.read("Dana", decisions, house.leos, house.elena):
        house.cast.do("Dana", end_decision, EndDecision(decision_id=decision))
    with pytest.raises(NoLongerForThem):
        portal_identity.present(hers, "ask_to_cancel")
    with pytest.raises(NoLongerForThem), database.reading() as session:
        home_page(session, hers)
    with database.reading() as session:
        assert session.scalars(select(AuditRow.action).where(
            AuditRow.person_id == house.elena, AuditRow.outcome == Outcome.REFUSED).order_by(AuditRow.seq)).all() == [
                "ask_to_cancel", "read"]


def refused(house: Household, person_id: int) -> list[tuple[str, int | None]]:
    """What somebody was refused, in order: the resource, and for whom they came."""
    with database.reading() as session:
        return [(row.resource, row.resource_id) for row in session.scalars(select(AuditRow).where(
            AuditRow.person_id == person_id, AuditRow.outcome == Outcome.REFUSED).order_by(AuditRow.seq))]


def test_the_case_page_invites_and_suspends_and_shows_what_was_asked(house: Household, monkeypatch) -> None:
    with database.transaction() as session:
        ask_for_change(session, PortalActor(house.maya, "Maya"), AskForChange(text="New phone: 555 0142"))
    app = opened(house.cast, monkeypatch, "Marcus", "case", case=house.couple, part="relationships")
    text = said(app)
    assert text.count("Portal: no") == 2
    assert r"Not invited. A link would go to family\@" in text and "New phone: 555 0142" in text
    press(app, f"portal.{house.maya}.invite")
    assert "Invited on Tue 15 Sep 2026, 09\\:00 by Marcus Bell; the link works until Fri 18 Sep 2026" in said(app)
    assert f"portal.{house.maya}.out" not in keys(app), "there is nothing to sign out of yet"
    press(app, f"portal.{house.maya}.suspend")
    assert "is signed out at once" in said(app)
    with database.reading() as session:
        assert portal.account_of(session, house.maya) is None


def test_the_case_page_shows_a_code_to_be_told_by_phone_where_a_mailbox_is_shared(
    house: Household, monkeypatch
) -> None:
    for person_id, case_id, born in ((house.maya, house.couple, "1988-04-02"), (house.leo, house.leos, "")):
        house.cast.do("Tom", invite_to_portal, InviteToPortal(case_id=case_id, person_id=person_id))
        with database.transaction() as session:
            body = outbox.last_to(session, person_id, MessageKind.PORTAL_LINK)
        [code] = [one.code for one in house.cast.read("Tom", portal_of_case, case_id) if one.person_id == person_id]
        if born:
            page = opened(house.cast, monkeypatch, "Tom", "case", case=case_id, part="relationships")
            assert f"Code for the first password: **{code[:4]} {code[4:]}**" in said(page)
            assert "here in the room, or on the phone" in said(page)
        with database.transaction() as session:
            assert accept_link(
                session, body.rpartition("/portal/invitation/")[2].split()[0], "nine quiet herons", born, code)
    app = opened(house.cast, monkeypatch, "Tom", "case", case=house.leos, part="relationships")
    assert f"portal.{house.leo}.code" not in keys(app), "his mailbox is his own"
    app = opened(house.cast, monkeypatch, "Tom", "case", case=house.couple, part="relationships")
    assert "Code for a new password:" not in said(app) and f"portal.{house.tom}.code" not in keys(app)
    press(app, f"portal.{house.maya}.code")
    [row] = [one for one in house.cast.read("Tom", portal_of_case, house.couple) if one.code]
    assert row.person_id == house.maya
    assert f"{row.code[:4]} {row.code[4:]}**, until Tue 15 Sep 2026, 09\\:30" in said(app)
    assert "tell it only to Maya Rivera" in said(app)


def test_my_details_show_what_is_mine_and_who_has_access(house: Household, monkeypatch) -> None:
    text = said(portal_opened(monkeypatch, house.leo, "portal_details"))
    assert "Elena Castellano, guardian" in text and "leo@example.org" in text
    assert FAMILY_MAIL not in text and "Rivera" not in text
    text = said(portal_opened(monkeypatch, house.maya, "portal_details"))
    assert "Maya Rivera" in text and "Born 2 April 1988" in text and "Nobody but you." in text
    assert "Tom" not in text and "1986" not in text, "her partner has the same mailbox"
    app = portal_opened(monkeypatch, house.elena, "portal_details")
    text = said(app)
    assert "Leo Castellano" in text and "Who has access" not in text
    assert [one.label for one in app.text_area] == ["What should be changed, and why?"], (
        "changes of details are asked for by whom they are about, the record also by who signs for them")


def test_somebody_asks_for_a_change_once(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.maya, "portal_details")
    app.text_area[0].set_value("New phone: 555 0142")
    next(b for b in app.button if b.label == "Send to the practice").click().run()
    assert "You asked" in said(app) and not app.exception
    assert [one.text for row in house.cast.read("Tom", portal_of_case, house.couple) for one in row.asked] == [
        "New phone: 555 0142"]


def test_hostile_names_stand_in_the_portal_as_they_were_typed(house: Household, monkeypatch) -> None:
    hostile = "[pay](https://evil.example) <img src=x> $5 and $6 :red[hi] **bold**"
    with database.transaction() as session:
        person = session.get(Person, house.leo)
        assert person is not None
        person.first_name = hostile
        ask_for_change(session, PortalActor(house.leo, "Leo"), AskForChange(text=hostile))
    for who in (house.leo, house.elena):
        for screen in ("portal_home", "portal_details"):
            app = portal_opened(monkeypatch, who, screen)
            assert live(app) == [], (who, screen)
        assert "evil" in words(app)
    monkeypatch.setattr(identity, "PERSON", None)
    app = opened(house.cast, monkeypatch, "Marcus", "case", case=house.leos, part="relationships")
    assert live(app) == [] and "evil" in words(app)


def decisions(session, actor, case_id: int, person_id: int) -> list[int]:
    from practicerunner.workflows.access_grid import access_grid

    rows = [row for row in access_grid(session, actor, case_id).rows if row.person_id == person_id]
    return [one.decision_id for row in rows for cell in row.cells.values() for one in cell.decisions]


def test_no_page_of_the_other_side_is_found(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.maya)
    for screen in navigation.SCREENS:
        with pytest.raises(ValueError, match="Known pages"):
            app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()
    monkeypatch.setattr(identity, "PERSON", None)
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff["Dana"])
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    for screen in PORTAL_SCREENS:
        with pytest.raises(ValueError, match="Known pages"):
            app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()


def test_a_browser_that_is_somebody_on_both_sides_is_nobody(house: Household, monkeypatch) -> None:
    monkeypatch.setattr(identity, "PERSON", house.maya)
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff["Dana"])
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    assert "Signed out" in said(app)
    assert "Maya" not in said(app)
