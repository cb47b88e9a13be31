"""Another password for the portal, and what somebody may ask to change."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import portal
from practicerunner.records.outbox import OutboxMessage
from practicerunner.vocabulary import CaseType, MessageKind
from practicerunner.workflows import portal_links
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_accounts import (
    DetailsDone,
    EndPortalSignIns,
    GiveResetCode,
    IsSuspended,
    NeedsNoCode,
    NoAccount,
    ReactivatePortal,
    SuspendPortal,
    details_done,
    end_portal_sign_ins,
    give_portal_reset_code,
    portal_of_case,
    reactivate_portal,
    suspend_portal,
)
from practicerunner.workflows.portal_details import (
    AskForChange,
    ChangePortalPassword,
    TakeAuthenticatorOff,
    TooManyAsked,
    ask_for_change,
    change_portal_password,
    details_of,
    own_account,
    take_authenticator_off,
    who_has_access,
)
from practicerunner.workflows.portal_links import LinkIsSpent
from tests.cast import Cast, at
from tests.portal import NOW, Household, household
from tests.workflows.coming_in import MAYAS, TOMS, accept, attempt, audit_rows, invite, join, letters, row, told, who


@pytest.fixture
def house(cast: Cast) -> Iterator[Household]:
    """The household."""
    made = household(cast)
    with at(NOW):
        yield made


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
