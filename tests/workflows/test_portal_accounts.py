"""Accounts of people outside the practice: invited, shared mailboxes, links, throttling, suspended at the next act."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation
from practicerunner.records import portal
from practicerunner.records.outbox import OutboxMessage
from practicerunner.vocabulary import CaseType, MessageKind, MessageStatus, PortalState
from practicerunner.workflows import feeds, invitations, outbox, portal_links, portal_presence, portal_sign_in, throttle
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.cases import RemoveParticipant, remove_participant
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.people import AddPerson, ChangePerson, add_person, change_person
from practicerunner.workflows.portal_accounts import (
    DetailsDone,
    EndPortalSignIns,
    GiveResetCode,
    InviteToPortal,
    IsSuspended,
    NeedsNoCode,
    NoAccount,
    NothingToFind,
    PortalRow,
    ReactivatePortal,
    ResetPortalAuthenticator,
    SuspendPortal,
    details_done,
    end_portal_sign_ins,
    give_portal_reset_code,
    invite_to_portal,
    portal_of_case,
    reactivate_portal,
    reset_portal_authenticator,
    suspend_portal,
)
from practicerunner.workflows.portal_appointments import MakeMyFeed, make_my_feed
from practicerunner.workflows.portal_details import (
    AskForChange,
    ChangePortalPassword,
    TakeAuthenticatorOff,
    TooManyAsked,
    ask_for_change,
    begin_enrolment,
    change_portal_password,
    details_of,
    finish_enrolment,
    own_account,
    take_authenticator_off,
    who_has_access,
)
from practicerunner.workflows.portal_links import LinkIsSpent, NoAddress, NoBirthDate
from practicerunner.workflows.sign_in import WRONG, Answer
from tests.cast import Cast, at, people_of
from tests.portal import FAMILY_MAIL, NOW, Household, details, household
from tests.workflows.asking import may_be_mailed

MAYAS, TOMS = "nine quiet herons", "ten calm lanterns"


@pytest.fixture
def house(cast: Cast) -> Iterator[Household]:
    """The household."""
    made = household(cast)
    with at(NOW):
        yield made


def letters(house: Household) -> list[OutboxMessage]:
    with database.reading(house.cast.engine) as session:
        return list(session.query(OutboxMessage).filter_by(kind=MessageKind.PORTAL_LINK).order_by(OutboxMessage.id))


def token_in(body: str) -> str:
    found = re.search(r"/portal/(?:invitation|reset)/([A-Za-z0-9_-]{43})\n", body)
    assert found, body
    return found[1]


def invite(house: Household, person_id: int, case_id: int | None = None, by: str = "Marcus", **more: str) -> str:
    """Invite somebody; the secret of the link."""
    house.cast.do(by, invite_to_portal, InviteToPortal(case_id=case_id or house.couple, person_id=person_id, **more))
    return token_in(letters(house)[-1].body)


def accept(house: Household, token: str, password: str, born: str = "", code: str = "") -> bool:
    with database.transaction(house.cast.engine) as session:
        return portal_links.accept_link(session, token, password, born, code)


def told(house: Household, person_id: int, by: str = "Tom") -> str:
    """A code for a first or another password, given out by somebody of the practice."""
    house.cast.do(by, give_portal_reset_code, GiveResetCode(case_id=house.couple, person_id=person_id))
    return row(house, person_id, by=by).code


def attempt(house: Household, email: str = FAMILY_MAIL, password: str = MAYAS, *, address: str = "10.0.0.1",
            known_device: str = "") -> Answer:
    with database.transaction(house.cast.engine) as session:
        return portal_sign_in.sign_in(session, email, password, address, "Firefox", known_device)


def go_on(house: Household, ticket: str, **more: str) -> Answer:
    with database.transaction(house.cast.engine) as session:
        return portal_sign_in.continue_sign_in(session, ticket, address="10.0.0.1", **more)


def who(house: Household, token: str, *, active: bool = False) -> int | None:
    with database.transaction(house.cast.engine) as session:
        found = portal_presence.current_visitor(session, token, active=active)
    return found.person_id if found else None


def join(house: Household) -> None:
    """Maya and Tom have accounts on their one mailbox."""
    enter(house, house.maya, MAYAS, "1988-04-02")
    enter(house, house.tom, TOMS, "1986-11-30")


def enter(house: Household, person_id: int, password: str, born: str) -> None:
    """Somebody who shares their mailbox sets their first password, with the code that the practice has told them."""
    token = invite(house, person_id)
    assert accept(house, token, password, born, row(house, person_id).code)


def row(house: Household, person_id: int, case_id: int | None = None, by: str = "Tom") -> PortalRow:
    rows = house.cast.read(by, portal_of_case, case_id or house.couple)
    return next(one for one in rows if one.person_id == person_id)


def audit_rows(house: Household) -> list[tuple[str, str, int | None, int | None]]:
    with database.reading(house.cast.engine) as session:
        return [tuple(r) for r in session.execute(
            text("select action, outcome, staff_id, person_id from audit_log order by seq"))]


def test_an_invitation_is_generic_for_one_person_and_its_secret_is_kept_nowhere(house: Household) -> None:
    token = invite(house, house.maya, op="once")
    assert invite(house, house.maya, op="once") == token, "the second click"
    [letter] = letters(house)
    assert (letter.person_id, letter.case_id, letter.to_address) == (house.maya, None, FAMILY_MAIL)
    assert letter.subject == "Your access to the portal"
    assert "Hello Maya," in letter.body and "http://127.0.0.1:8501/portal/invitation/" in letter.body
    assert not {"Tom", "couple", "Rivera", "therapy", "Marcus"} & set(re.findall(r"\w+", letter.body))
    with database.reading(house.cast.engine) as session:
        kept = session.execute(text("select token_fingerprint from portal_invitation")).scalar_one()
    assert kept != token and len(kept) == 64
    assert row(house, house.maya).state is PortalState.INVITED
    assert row(house, house.tom).state is PortalState.NONE, "the decoy"
    read = next(one.body for one in house.cast.read("Dana", outbox.outbox_page).rows if one.kind is letter.kind)
    assert token not in read and "/portal/invitation/… (link left out)" in read, "nor while it waits"
    with database.transaction(house.cast.engine) as session:
        while (claimed := outbox.claim(session, "worker")) is not None:
            outbox.sent(session, claimed.id, "worker")
    assert token not in letters(house)[0].body, "once it was sent, nobody reads it in the outbox"
    assert letters(house)[0].status is MessageStatus.SENT
    assert accept(house, token, MAYAS, "1988-04-02", row(house, house.maya).code), "and it works"


def test_a_link_works_once_and_not_too_late_and_not_after_a_newer_one(house: Household) -> None:
    first = invite(house, house.leo, house.leos)
    second = invite(house, house.leo, house.leos)
    for spent in (first, "x" * 43, ""):
        with pytest.raises(LinkIsSpent):
            accept(house, spent, MAYAS)
    with pytest.raises(BadInput, match="at least 12 characters"):
        accept(house, second, "short")
    assert accept(house, second, MAYAS)
    with pytest.raises(LinkIsSpent):
        accept(house, second, TOMS)
    assert attempt(house, "leo@example.org").token
    late = invite(house, house.maya)
    with at("2026-09-18 09:00"), pytest.raises(LinkIsSpent):
        accept(house, late, MAYAS, "1988-04-02")
    with at("2026-09-18 09:01"):
        assert row(house, house.maya).state is PortalState.LAPSED


def test_of_two_who_use_a_link_at_once_one_sets_the_password(house: Household) -> None:
    token, outcomes = invite(house, house.leo, house.leos), []

    def use(password: str) -> None:
        try:
            outcomes.append(password if accept(house, token, password) else "")
        except LinkIsSpent:
            outcomes.append("spent")

    both = [threading.Thread(target=use, args=(one,)) for one in (MAYAS, TOMS)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert "spent" in outcomes and len(set(outcomes) & {MAYAS, TOMS}) == 1
    [right] = set(outcomes) & {MAYAS, TOMS}
    assert who(house, attempt(house, "leo@example.org", right).token) == house.leo


def test_a_first_link_to_a_shared_mailbox_asks_for_the_date_of_birth_and_a_code_and_gives_five_chances(
    house: Household
) -> None:
    token = invite(house, house.maya)
    assert "asks for a code as well, which we tell you ourselves" in letters(house)[-1].body
    leos = invite(house, house.leo, house.leos)
    assert "code" not in letters(house)[-1].body and not row(house, house.leo, house.leos).needs_code
    with database.reading(house.cast.engine) as session:
        shown, his = portal_links.link(session, token), portal_links.link(session, leos)
        kept = session.execute(text("select code from portal_invitation where person_id = :id"),
                               {"id": house.maya}).scalar_one()
    assert (shown.asks_birth_date, shown.asks_code, shown.has_authenticator) == (True, True, False)
    assert (his.asks_birth_date, his.asks_code) == (False, False)
    seen = row(house, house.maya)
    assert re.fullmatch(r"\d{8}", seen.code) and seen.code_until == seen.link_until
    assert seen.code.encode() not in bytes(kept) and seen.code not in letters(house)[0].body
    assert not accept(house, token, MAYAS, "1988-04-02"), "her husband reads the mailbox and knows the day"
    code = told(house, house.maya)
    assert code != seen.code
    assert not accept(house, token, MAYAS, "1988-04-02", seen.code), "the one before"
    for born in ("", "1986-11-30"):
        assert not accept(house, token, MAYAS, born, code)
    assert accept(house, token, MAYAS, "1988-04-02", f"{code[:4]} {code[4:]}")
    assert row(house, house.maya).code == "", "it was for the first password"
    again = invite(house, house.tom)
    assert [accept(house, again, TOMS, "1900-01-01", row(house, house.tom).code) for _ in range(5)] == [False] * 5
    with pytest.raises(LinkIsSpent):
        accept(house, again, TOMS, "1986-11-30", row(house, house.tom).code)
    with pytest.raises(NoAccount):
        told(house, house.tom)


def test_a_mailbox_that_is_shared_only_after_the_invitation_asks_for_a_code_too(house: Household) -> None:
    token = invite(house, house.leo, house.leos)
    with at(NOW):
        house.cast.do("Dana", add_person, AddPerson(person=details("Ria", "Moss", "leo@example.org")))
    assert not accept(house, token, MAYAS, "2008-12-01"), "none was given yet"
    house.cast.do("Tom", give_portal_reset_code, GiveResetCode(case_id=house.leos, person_id=house.leo))
    assert accept(house, token, MAYAS, "2008-12-01", row(house, house.leo, house.leos).code)


def test_a_link_ends_with_the_address_it_went_to(house: Household) -> None:
    token = invite(house, house.leo, house.leos)
    house.cast.do("Dana", change_person, ChangePerson(person_id=house.leo, revision=1, person=details(
        "Leo", "Castellano", "leo.c@example.org", date(2008, 12, 1))))
    with pytest.raises(LinkIsSpent):
        accept(house, token, MAYAS)
    assert row(house, house.leo, house.leos).state is PortalState.LAPSED
    with database.transaction(house.cast.engine) as session:
        while (claimed := outbox.claim(session, "worker")) is not None:
            assert claimed.kind is not MessageKind.PORTAL_LINK, "it does not follow them to the new address"
            outbox.sent(session, claimed.id, "worker")
    [dropped] = letters(house)
    assert (dropped.status, dropped.last_problem) == (MessageStatus.DROPPED, outbox.LINK_MOVED)
    assert accept(house, invite(house, house.leo, house.leos), MAYAS)
    reset = invite(house, house.leo, house.leos)
    house.cast.do("Dana", change_person, ChangePerson(person_id=house.leo, revision=2, person=details(
        "Leo", "Castellano", "leo@example.org", date(2008, 12, 1))))
    with pytest.raises(LinkIsSpent):
        accept(house, reset, TOMS)


def test_who_left_stays_within_reach_as_long_as_they_have_an_account(house: Household) -> None:
    with at("2026-09-01 09:00"):
        group = house.cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Al Ray", "Bo Ek", name="Thursday circle")
        people = people_of(house.cast, group)
        for name in ("Eve", "Al"):
            may_be_mailed(house.cast, people[name], f"{name.lower()}@example.org")
    assert accept(house, invite(house, people["Eve"], group), MAYAS)
    for name in ("Eve", "Al"):
        house.cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=group, person_id=people[name], left_on=date(2026, 9, 15)))
    with at("2026-09-16 09:00"):
        token = attempt(house, "eve@example.org").token
        assert who(house, token) == people["Eve"], "what was theirs stays theirs to read"
        rows = {one.name: one for one in house.cast.read("Tom", portal_of_case, group)}
        assert [(name, one.left, one.why) for name, one in rows.items()] == [
            ("Bo Ek", False, ""), ("Eve Moss", True, "no longer takes part")]
        about = {"case_id": group, "person_id": people["Eve"]}
        house.cast.do("Marcus", end_portal_sign_ins, EndPortalSignIns(**about))
        assert who(house, token) is None
        assert accept(house, invite(house, people["Eve"], group), TOMS)
        house.cast.do("Marcus", suspend_portal, SuspendPortal(**about, reason="lost phone"))
        assert attempt(house, "eve@example.org", TOMS).token == ""
        with pytest.raises(NotFound):
            house.cast.do("Marcus", suspend_portal, SuspendPortal(
                case_id=group, person_id=people["Al"], reason="never had one"))
        with pytest.raises(NotFound):
            house.cast.do("Olga", suspend_portal, SuspendPortal(**about, reason="not hers"))


def test_nobody_is_invited_to_whom_nothing_is_open(house: Household) -> None:
    assert row(house, house.elena, house.leos).may_be_invited
    for one in ended_for(house, house.elena):
        house.cast.do("Dana", end_decision, EndDecision(decision_id=one))
    assert not row(house, house.elena, house.leos).may_be_invited
    with pytest.raises(NothingToFind):
        invite(house, house.elena, house.leos)
    assert letters(house) == []


def ended_for(house: Household, person_id: int) -> list[int]:
    grid = house.cast.read("Dana", access_grid, house.leos)
    return [one.decision_id for line in grid.rows if line.person_id == person_id
            for cell in line.cells.values() for one in cell.decisions]


def test_nobody_is_invited_to_a_shared_mailbox_whose_birth_nobody_knows_or_without_an_address(
    house: Household
) -> None:
    with database.transaction(house.cast.engine) as session:
        session.execute(text("update person set birth_date = null where id = :id"), {"id": house.maya})
        session.execute(text("update contact_point set may_email = false where person_id = :id"), {"id": house.leo})
    with pytest.raises(NoBirthDate):
        invite(house, house.maya)
    with pytest.raises(NoAddress):
        invite(house, house.leo, house.leos)
    assert letters(house) == []


def test_two_on_one_mailbox_come_in_by_their_own_password(house: Household) -> None:
    join(house)
    assert who(house, attempt(house).token) == house.maya
    assert who(house, attempt(house, f" {FAMILY_MAIL.upper()} ", TOMS).token) == house.tom
    assert attempt(house, password="not the password").refusal == WRONG
    assert attempt(house, "nobody@example.org").refusal == WRONG
    assert attempt(house, "").refusal == WRONG
    assert ("portal_sign_in", "allowed", None, house.tom) in audit_rows(house)


def test_where_two_chose_the_same_password_the_date_of_birth_says_who_it_is(house: Household) -> None:
    enter(house, house.maya, MAYAS, "1988-04-02")
    enter(house, house.tom, MAYAS, "1986-11-30")
    asked = attempt(house)
    assert (asked.token, asked.refusal, portal_sign_in.asks_for(asked.ticket)) == ("", "", "born")
    assert go_on(house, asked.ticket, born="1980-01-05").refusal == portal_sign_in.WRONG_DATE, "Elena has no account"
    assert who(house, go_on(house, asked.ticket, born="1986-11-30").token) == house.tom
    assert who(house, go_on(house, asked.ticket, born="1988-04-02").token) == house.maya
    with at("2026-09-15 09:06"):
        assert go_on(house, asked.ticket, born="1988-04-02").refusal != ""
    assert go_on(house, "00ff", born="1988-04-02").refusal != ""


def test_every_address_costs_the_same_number_of_hashes(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    join(house)
    accept(house, invite(house, house.leo, house.leos), MAYAS)
    seen: list[str] = []
    monkeypatch.setattr(portal_sign_in, "matches", lambda hashed, typed: bool(seen.append(hashed)))
    numbers = []
    for email in ("nobody@example.org", "leo@example.org", FAMILY_MAIL, ""):
        seen.clear()
        attempt(house, email)
        numbers.append(len(seen))
    assert numbers == [2, 2, 2, 2]


def test_a_thousand_guesses_are_hardly_tried_and_do_not_keep_the_owner_out(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(house)
    known = attempt(house, address="198.51.100.7").device
    tried: list[str] = []
    monkeypatch.setattr(portal_sign_in, "matches", lambda hashed, typed: bool(tried.append(hashed)))
    with clock.frozen(clock.now()), database.transaction(house.cast.engine) as session:
        for n in range(1000):
            portal_sign_in.sign_in(session, FAMILY_MAIL, f"guess {n}", f"10.0.{n % 7}.1")
    assert len(tried) < 30
    monkeypatch.setattr(portal_sign_in, "matches", invitations.matches)
    assert attempt(house, address="10.0.0.9").refusal == throttle.TOO_MANY, "strangers wait"
    assert who(house, attempt(house, address="10.0.1.1", known_device=known).token) == house.maya
    with at("2026-09-15 09:01"):
        assert who(house, attempt(house, address="10.0.0.1").token) == house.maya, "after the wait from there, too"


def test_hundreds_of_asks_for_a_link_send_three_and_change_nothing(house: Household) -> None:
    join(house)
    before = len(letters(house))

    def ask(email: str, address: str) -> bool:
        with database.transaction(house.cast.engine) as session:
            return portal_links.ask_reset(session, email, address)

    with database.transaction(house.cast.engine) as session:
        assert all(portal_links.ask_reset(session, FAMILY_MAIL, f"10.0.{n // 50}.1") for n in range(300))
    assert not ask(FAMILY_MAIL, "10.0.0.1"), "one address asks fifty times at most"
    assert ask("nobody@example.org", "10.9.9.9"), "the answer does not say whether there is an account"
    assert len(letters(house)) - before == 6, "three for Maya and three for Tom"
    assert who(house, attempt(house).token) == house.maya, "the password is what it was"
    token = token_in(letters(house)[-1].body)
    assert "/portal/reset/" in letters(house)[-1].body
    code = told(house, house.tom)
    assert not accept(house, token, "four new quiet words", "1980-01-05", code)
    assert accept(house, token, "four new quiet words", "1986-11-30", code)
    assert attempt(house, password=TOMS).refusal == WRONG
    assert who(house, attempt(house, password="four new quiet words").token) == house.tom
    with at("2026-09-15 09:31"):
        assert ask(FAMILY_MAIL, "10.7.0.1") and len(letters(house)) - before == 8, "when the old ones are of no use"


def test_the_feed_that_somebody_made_stops_while_their_account_is_suspended(house: Household) -> None:
    join(house)
    theirs = MakeFeed(case_id=house.couple, person_id=house.maya)
    house.cast.do("Tom", make_feed, theirs)
    made = {"by staff": theirs.secret}
    for name, person_id in (("maya", house.maya), ("tom", house.tom)):
        mine = MakeMyFeed()
        with database.transaction(house.cast.engine) as session:
            make_my_feed(session, PortalActor(person_id, name), mine)
        made[name] = mine.secret

    def reads() -> set[str]:
        with database.reading(house.cast.engine) as session:
            return {name for name, secret in made.items() if feeds.feed(session, secret.get_secret_value())}

    assert reads() == {"maya", "tom", "by staff"}
    house.cast.do("Tom", suspend_portal, SuspendPortal(
        case_id=house.couple, person_id=house.maya, reason="phone stolen"))
    assert reads() == {"tom", "by staff"}
    house.cast.do("Marcus", reactivate_portal, ReactivatePortal(case_id=house.couple, person_id=house.maya))
    assert reads() == {"maya", "tom", "by staff"}


def test_a_suspended_account_is_refused_at_the_next_act_and_its_links_die(house: Household) -> None:
    join(house)
    token, reset = attempt(house).token, invite(house, house.maya)
    assert who(house, token) == house.maya
    asked = SuspendPortal(case_id=house.couple, person_id=house.maya, reason="asked us to, by phone")
    house.cast.do("Tom", suspend_portal, asked)
    house.cast.do("Tom", suspend_portal, asked)
    assert who(house, token) is None
    assert who(house, attempt(house, password=TOMS).token) == house.tom, "the decoy"
    assert attempt(house).refusal == portal_sign_in.SUSPENDED
    assert attempt(house, password="wrong wrong wrong").refusal == WRONG
    with pytest.raises(LinkIsSpent):
        accept(house, reset, "four new quiet words", "1988-04-02")
    with pytest.raises(IsSuspended):
        invite(house, house.maya)
    found = row(house, house.maya)
    assert (found.state, found.suspended_reason, found.suspended_by) == (
        PortalState.SUSPENDED, "asked us to, by phone", "Tom Alvarez")
    house.cast.do("Marcus", reactivate_portal, ReactivatePortal(case_id=house.couple, person_id=house.maya))
    assert who(house, token) is None, "what was ended stays ended"
    assert who(house, attempt(house).token) == house.maya
    with pytest.raises(RuleViolation):
        house.cast.do("Marcus", reactivate_portal, ReactivatePortal(case_id=house.couple, person_id=house.maya))


def test_only_who_may_change_the_case_invites_and_only_its_people(house: Household) -> None:
    for name, refusal in (("Olga", NotFound), ("Ruth", NotFound)):
        with pytest.raises(refusal):
            invite(house, house.maya, by=name)
    with pytest.raises(NotFound):
        invite(house, house.leo, house.couple)
    with pytest.raises(NotFound):
        house.cast.do("Olga", suspend_portal, SuspendPortal(case_id=house.couple, person_id=house.maya, reason="no"))
    with pytest.raises(NotFound):
        house.cast.read("Olga", portal_of_case, house.couple)
    with pytest.raises(NoAccount):
        house.cast.do("Tom", suspend_portal, SuspendPortal(case_id=house.couple, person_id=house.maya, reason="no"))
    with pytest.raises(NoAccount):
        house.cast.do("Tom", end_portal_sign_ins, EndPortalSignIns(case_id=house.couple, person_id=house.maya))
    assert letters(house) == []
    invite(house, house.elena, house.leos, by="Tom")
    assert [(one.name, one.why, one.state) for one in house.cast.read("Dana", portal_of_case, house.leos)] == [
        ("Leo Castellano", "", PortalState.NONE), ("Elena Castellano", "guardian of Leo", PortalState.INVITED),
        ("Joan Pike", "personal assistant of Leo", PortalState.NONE)]


def test_a_sign_in_ends_after_ten_idle_minutes_and_after_twelve_hours(house: Household) -> None:
    join(house)
    token = attempt(house).token
    with at("2026-09-15 09:09"):
        assert who(house, token) == house.maya, "looking is no activity"
    with at("2026-09-15 09:11"):
        assert who(house, token) is None
    token = attempt(house).token
    start = clock.now()
    for minutes in range(9, 12 * 60, 9):
        with clock.frozen(start + timedelta(minutes=minutes)):
            assert who(house, token, active=True) == house.maya
    with clock.frozen(start + timedelta(hours=12)):
        assert who(house, token, active=True) is None
    with database.transaction(house.cast.engine) as session:
        session.execute(text("update practice set portal_idle_minutes = 30"))
    token = attempt(house).token
    with at("2026-09-15 09:30"):
        assert who(house, token) == house.maya


def test_an_authenticator_is_optional_works_at_sign_in_and_staff_can_only_take_it_off(house: Household) -> None:
    join(house)
    token = attempt(house).token
    with database.transaction(house.cast.engine) as session:
        begun = begin_enrolment(session, token)
    with pytest.raises(BadInput), database.transaction(house.cast.engine) as session:
        finish_enrolment(session, token, begun.ticket, "000000")
    with database.transaction(house.cast.engine) as session:
        fresh, codes = finish_enrolment(session, token, begun.ticket, pyotp.TOTP(begun.secret).at(clock.now()))
    assert (who(house, token), who(house, fresh), len(codes)) == (None, house.maya, 10)
    asked = attempt(house)
    assert asked.token == "" and portal_sign_in.asks_for(asked.ticket) == "code"
    assert go_on(house, asked.ticket, code="000000").token == ""
    assert go_on(house, asked.ticket, code=pyotp.TOTP(begun.secret).at(clock.now())).token == "", "used once"
    assert who(house, go_on(house, asked.ticket, code=codes[0]).token) == house.maya
    assert go_on(house, attempt(house).ticket, code=codes[0]).token == ""
    reset = invite(house, house.maya)
    with pytest.raises(NeedsNoCode):
        told(house, house.maya)
    assert not accept(house, reset, "four new quiet words", "1988-04-02"), "the mailbox is not hers alone"
    assert not accept(house, reset, "four new quiet words", "1988-04-02", codes[0]), "used once"
    assert not accept(house, reset, "four new quiet words", "1986-11-30", codes[1])
    with pytest.raises(BadInput):
        accept(house, reset, "short", "1988-04-02", codes[1])
    assert accept(house, reset, "four new quiet words", "1988-04-02", codes[1]), "what failed used no code up"
    assert attempt(house, password="four new quiet words").ticket, "a link does not stand in for the code"
    house.cast.do("Tom", reset_portal_authenticator, ResetPortalAuthenticator(
        case_id=house.couple, person_id=house.maya))
    assert who(house, attempt(house, password="four new quiet words").token) == house.maya


def test_another_password_on_a_shared_mailbox_takes_the_date_of_birth_and_a_code_told_by_the_practice(
    house: Household
) -> None:
    join(house)
    NEW, born = "four new quiet words", "1988-04-02"
    assert row(house, house.maya).needs_code and row(house, house.maya).code == ""
    reset = invite(house, house.maya)
    assert "call us, and we tell it to you" in letters(house)[-1].body
    with database.reading(house.cast.engine) as session:
        shown = portal_links.link(session, reset)
    assert (shown.asks_birth_date, shown.asks_code, shown.has_authenticator) == (True, True, False)
    assert not accept(house, reset, NEW, born), "whoever reads the mailbox and knows the day"
    assert not accept(house, reset, NEW, born, "00000000"), "no code was given yet"
    code, toms = told(house, house.maya), told(house, house.tom)
    assert re.fullmatch(r"\d{8}", code) and row(house, house.maya).code_until == clock.now() + timedelta(minutes=30)
    with database.reading(house.cast.engine) as session:
        kept = session.execute(text("select reset_code from portal_account where person_id = :id"),
                               {"id": house.maya}).scalar_one()
    assert code.encode() not in bytes(kept), "encrypted"
    assert not accept(house, reset, NEW, born, toms), "somebody else's"
    assert who(house, attempt(house).token) == house.maya, "nothing changed"
    assert accept(house, reset, NEW, born, f"{code[:4]} {code[4:]}")
    assert row(house, house.maya).code == "" and row(house, house.tom).code == toms
    assert not accept(house, invite(house, house.maya), MAYAS, born, code), "once"
    assert ("give_portal_reset_code", "allowed", house.cast.staff["Tom"], None) in audit_rows(house)
    assert ("use_portal_link", "refused", None, None) in audit_rows(house)
    assert code not in str(audit_rows(house))


def test_a_code_ends_after_half_an_hour_with_a_newer_one_with_five_wrong_guesses_and_when_suspended(
    house: Household
) -> None:
    join(house)
    NEW, born = "four new quiet words", "1988-04-02"
    first = told(house, house.maya)
    second = told(house, house.maya)
    reset = invite(house, house.maya)
    assert not accept(house, reset, NEW, born, first)
    with at("2026-09-15 09:30"):
        assert row(house, house.maya).code == ""
        assert not accept(house, invite(house, house.maya), NEW, born, second), "half an hour"
    guessed = invite(house, house.maya)
    assert not any(accept(house, guessed, NEW, born, f"{number:08}") for number in range(5))
    with pytest.raises(LinkIsSpent):
        accept(house, guessed, NEW, born, second)
    asked = GiveResetCode(case_id=house.couple, person_id=house.maya)
    house.cast.do("Tom", give_portal_reset_code, asked)
    third = row(house, house.maya).code
    house.cast.do("Tom", give_portal_reset_code, asked)
    assert row(house, house.maya).code == third, "the second click"
    house.cast.do("Tom", suspend_portal, SuspendPortal(
        case_id=house.couple, person_id=house.maya, reason="phone stolen"))
    with pytest.raises(IsSuspended):
        told(house, house.maya)
    house.cast.do("Marcus", reactivate_portal, ReactivatePortal(case_id=house.couple, person_id=house.maya))
    assert row(house, house.maya).code == ""


def test_a_code_is_given_out_and_seen_by_those_who_may_change_the_case_for_those_who_need_it(house: Household) -> None:
    join(house)
    assert accept(house, invite(house, house.leo, house.leos), MAYAS)
    told(house, house.maya)
    for name in ("Olga", "Ruth"):
        with pytest.raises(NotFound):
            told(house, house.maya, by=name)
    ruth = replace(house.cast.actor("Ruth"), supervisees=frozenset({house.cast.staff["Marcus"]}))
    with database.reading(house.cast.engine) as session:
        seen = {one.person_id: one.code for one in portal_of_case(session, ruth, house.couple)}
    assert (seen[house.maya], len(row(house, house.maya, by="Marcus").code)) == ("", 8), "who supervises reads no code"
    assert not row(house, house.leo, house.leos).needs_code
    with pytest.raises(NeedsNoCode):
        house.cast.do("Tom", give_portal_reset_code, GiveResetCode(case_id=house.leos, person_id=house.leo))
    with pytest.raises(NoAccount):
        house.cast.do("Tom", give_portal_reset_code, GiveResetCode(case_id=house.leos, person_id=house.elena))
    with pytest.raises(NotFound):
        house.cast.do("Tom", give_portal_reset_code, GiveResetCode(case_id=house.couple, person_id=house.leo))
    assert accept(house, invite(house, house.leo, house.leos), TOMS), "an address of one's own asks for neither"


def test_somebody_changes_their_password_and_every_other_sign_in_ends(house: Household) -> None:
    join(house)
    here, phone, toms = attempt(house).token, attempt(house).token, attempt(house, password=TOMS).token
    me = PortalActor(house.maya, "Maya Rivera")
    with database.transaction(house.cast.engine) as session, pytest.raises(BadInput, match="present password"):
        change_portal_password(session, me, ChangePortalPassword(
            current=SecretStr(TOMS), new=SecretStr("four new quiet words")), here)
    with database.transaction(house.cast.engine) as session:
        change_portal_password(session, me, ChangePortalPassword(
            current=SecretStr(MAYAS), new=SecretStr("four new quiet words")), here)
    assert (who(house, here), who(house, phone), who(house, toms)) == (house.maya, None, house.tom)
    with database.transaction(house.cast.engine) as session, pytest.raises(BadInput):
        take_authenticator_off(session, me, TakeAuthenticatorOff(current=SecretStr(MAYAS)))
    house.cast.do("Tom", end_portal_sign_ins, EndPortalSignIns(case_id=house.couple, person_id=house.maya))
    assert (who(house, here), who(house, toms)) == (None, house.tom)


def test_a_request_to_change_details_waits_for_staff_and_opens_nothing_to_strangers(house: Household) -> None:
    maya, leo_by_elena = PortalActor(house.maya, "Maya"), house.elena

    def ask(actor: PortalActor, words: str = "New phone: 555 0142") -> int:
        with database.transaction(house.cast.engine) as session:
            return ask_for_change(session, actor, AskForChange(text=words))

    request = ask(maya)
    with database.reading(house.cast.engine) as session:
        [mail] = session.query(OutboxMessage).filter_by(kind=MessageKind.DETAILS_ASKED)
        assert mail.staff_id == house.cast.staff["Marcus"] and "0142" not in mail.body and "Maya" not in mail.body
        assert [one.text for one in details_of(session, maya).waiting] == ["New phone: 555 0142"]
        assert details_of(session, PortalActor(house.tom, "Tom")).waiting == ()
    assert [one.text for one in row(house, house.maya).asked] == ["New phone: 555 0142"]
    with pytest.raises(NotFound):
        house.cast.do("Marcus", details_done, DetailsDone(case_id=house.leos, request_id=request))
    with pytest.raises(NotFound):
        house.cast.do("Olga", details_done, DetailsDone(case_id=house.couple, request_id=request))
    house.cast.do("Tom", details_done, DetailsDone(case_id=house.couple, request_id=request))
    assert row(house, house.maya).asked == ()
    for _ in range(5):
        ask(maya)
    with pytest.raises(TooManyAsked):
        ask(maya)
    from practicerunner.rules.permissions import PortalRole
    with pytest.raises(NotPermitted):
        ask(PortalActor(leo_by_elena, "Elena", PortalRole.REPRESENTATIVE, house.leo))


def test_somebody_reads_who_has_access_for_them_and_nobody_else_does(house: Household) -> None:
    from practicerunner.rules.permissions import PortalRole
    with database.reading(house.cast.engine) as session:
        [line] = who_has_access(session, PortalActor(house.leo, "Leo"))
        assert (line.name, line.kind, len(line.scopes)) == ("Elena Castellano", "Guardian", 5)
        assert who_has_access(session, PortalActor(house.maya, "Maya")) == []
        assert who_has_access(session, PortalActor(house.elena, "E", PortalRole.REPRESENTATIVE, house.leo)) == []
        assert own_account(session, PortalActor(house.leo, "Leo")) is None
        with pytest.raises(NotPermitted):
            details_of(session, PortalActor(house.joan, "J", PortalRole.HELPER, house.leo))
        assert portal.account_of(session, house.leo) is None


def test_a_payer_without_a_case_of_their_own_is_invited_from_the_case_they_pay_for(house: Household) -> None:
    from tests.cast import arrange, payer
    paul = payer(house.cast, "Paul", "Grant")
    arrange(house.cast, house.leos, {paul: 10000}, since="2026-09-01")
    assert row(house, paul, house.leos).why == "pays"
    case = house.cast.open_case(CaseType.INDIVIDUAL, "Una Other")
    with pytest.raises(NotFound):
        invite(house, paul, case)
