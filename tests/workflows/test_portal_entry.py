"""Coming in to the portal: passwords on a shared mailbox, guesses, suspension, time limits, authenticators."""

from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text, update

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records.portal import PortalAccount
from practicerunner.vocabulary import PortalState
from practicerunner.workflows import feeds, invitations, portal_links, portal_sign_in, throttle
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.portal_accounts import (
    EndPortalSignIns,
    IsSuspended,
    NeedsNoCode,
    NoAccount,
    ReactivatePortal,
    ResetPortalAuthenticator,
    SuspendPortal,
    end_portal_sign_ins,
    portal_of_case,
    reactivate_portal,
    reset_portal_authenticator,
    suspend_portal,
)
from practicerunner.workflows.portal_appointments import MakeMyFeed, make_my_feed
from practicerunner.workflows.portal_details import begin_enrolment, finish_enrolment
from practicerunner.workflows.portal_links import LinkIsSpent
from practicerunner.workflows.sign_in import WRONG, Answer
from tests.cast import Cast, at
from tests.portal import FAMILY_MAIL, NOW, Household, household
from tests.workflows.coming_in import (
    MAYAS,
    TOMS,
    accept,
    attempt,
    audit_rows,
    enter,
    invite,
    join,
    letters,
    row,
    token_in,
    told,
    who,
)


@pytest.fixture
def house(cast: Cast) -> Iterator[Household]:
    """The household."""
    made = household(cast)
    with at(NOW):
        yield made


def go_on(house: Household, ticket: str, **more: str) -> Answer:
    with database.transaction(house.cast.engine) as session:
        return portal_sign_in.continue_sign_in(session, ticket, address="10.0.0.1", **more)


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


def test_a_sign_in_that_outlived_a_suspension_opens_nothing(house: Household) -> None:
    join(house)
    token = attempt(house).token
    assert who(house, token) == house.maya
    with database.transaction(house.cast.engine) as session:
        session.execute(update(PortalAccount).where(
            PortalAccount.person_id == house.maya).values(suspended_at=clock.now()))
    assert who(house, token) is None


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
