"""Accounts of the portal: invitations, their links, and whom they are for."""

import re
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text

from practicerunner import database
from practicerunner.errors import BadInput, NotFound
from practicerunner.vocabulary import CaseType, MessageKind, MessageStatus, PortalState
from practicerunner.workflows import outbox, portal_links
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.cases import RemoveParticipant, remove_participant
from practicerunner.workflows.people import AddPerson, ChangePerson, add_person, change_person
from practicerunner.workflows.portal_accounts import (
    EndPortalSignIns,
    GiveResetCode,
    NoAccount,
    NothingToFind,
    SuspendPortal,
    end_portal_sign_ins,
    give_portal_reset_code,
    portal_of_case,
    suspend_portal,
)
from practicerunner.workflows.portal_links import LinkIsSpent, NoAddress, NoBirthDate
from tests.cast import Cast, at, people_of
from tests.portal import FAMILY_MAIL, NOW, Household, details, household
from tests.workflows.asking import may_be_mailed
from tests.workflows.coming_in import MAYAS, TOMS, accept, attempt, invite, letters, row, told, who


@pytest.fixture
def house(cast: Cast) -> Iterator[Household]:
    """The household."""
    made = household(cast)
    with at(NOW):
        yield made


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
