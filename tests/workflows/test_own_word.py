"""A child does not consent for themselves, at the desk or in the portal, unless the law lets them; on both engines."""

from datetime import date

import pytest
from sqlalchemy import func, select

from practicerunner import database, ids
from practicerunner.errors import BadInput
from practicerunner.records.cases import PaperReceived
from practicerunner.records.forms import FormResponse
from practicerunner.vocabulary import CaseType, ConsentBasis, SignsAs
from practicerunner.workflows.acting import VerifyActing, verify_acting
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis
from practicerunner.workflows.form_pages import sheet_page
from practicerunner.workflows.forms import ReplaceResponse, replace_response
from practicerunner.workflows.portal_forms import HandIn, MayNotSign, hand_in_mine, my_forms, my_sheet
from tests.cast import Cast, at
from tests.workflows.minors import Home, consents_alone, home
from tests.workflows.sending import bring_forms, complete, filled, revision, scored, send

TODAY = "2026-11-10 09:00"
BY_PARENT = {"signs_as": SignsAs.PARENT, "authority": "Birth certificate"}


@pytest.fixture
def house(cast: Cast) -> Home:
    """Leo, who is 15, and Elena, who was verified as his parent."""
    bring_forms(cast)
    made = home(cast)
    with at("2026-09-01 10:00"):
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=made.acts_id, revision=1, evidence="birth certificate"))
    return made


def hand_in(house: Home, assignment_id: int, key: str = "consent", who: str = "Leo", op: str = "", **more: str) -> int:
    return int(house.act(who, hand_in_mine, HandIn(
        op=op or ids.new_operation(), assignment_id=assignment_id, revision=revision(house.cast, assignment_id),
        answers=filled(key, **more))))


def kept(cast: Cast) -> tuple[int, int]:
    """How many responses and papers there are."""
    with database.reading(cast.engine) as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in (FormResponse, PaperReceived))


def test_a_child_hands_in_no_consent_for_themselves_at_the_desk_or_in_the_portal(house: Home) -> None:
    cast = house.cast
    with at(TODAY):
        (sent,) = send(cast, house.case_id, "consent", to="Leo")
        with pytest.raises(BadInput) as refused:
            complete(cast, sent, filled("consent", signature="Leo Castellano"))
        assert refused.value.field == "signed_by_id"
        assert str(refused.value) == (
            "Somebody under 18 cannot sign this alone; Elena Castellano can sign it for them.")
        said = "You are under 18 and cannot sign this alone; Elena Castellano can sign it for you."
        op = ids.new_operation()
        for _ in range(2):
            with pytest.raises(MayNotSign, match=said):
                hand_in(house, sent, op=op, signature="Leo Castellano")
        assert kept(cast) == (0, 0)
        assert cast.read("Marcus", sheet_page, sent).own_refusal == str(refused.value)
        assert [line.refusal for line in house.see("Leo", my_forms).open] == [said], "before it is begun"
        sheet = house.see("Leo", my_sheet, sent)
        assert (sheet.refusal, sheet.only_to_read) == (said, True)
        assert [line.refusal for line in house.see("Elena for Leo", my_forms).open] == [""]


def test_a_guardian_signs_with_capacity_and_then_the_child_may_add_their_own(house: Home) -> None:
    cast = house.cast
    with at(TODAY):
        (sent,) = send(cast, house.case_id, "consent", to="Leo")
        op = ids.new_operation()
        first = hand_in(house, sent, who="Elena for Leo", op=op, signature="Elena Castellano")
        assert kept(cast) == (1, 1)
        with database.reading(cast.engine) as session:
            response = session.get_one(FormResponse, first)
            assert (response.signed_by_id, response.capacity) == (
                house.elena, "Elena Castellano, parent of Leo Castellano")
        (own,) = send(cast, house.case_id, "consent", to="Leo")
        assert house.see("Leo", my_sheet, own).refusal == ""
        hand_in(house, own, signature="Leo Castellano")
        assert kept(cast) == (2, 1)
        (other,) = send(cast, house.case_id, "telehealth", to="Leo")
        with pytest.raises(MayNotSign):
            hand_in(house, other, "telehealth")


def test_a_child_s_signature_does_not_take_the_place_of_the_guardian_s(house: Home) -> None:
    cast = house.cast
    with at(TODAY):
        (sent,) = send(cast, house.case_id, "consent", to="Leo")
        signed = complete(cast, sent, filled("consent"), signed_by_id=house.elena, **BY_PARENT)
        again = cast.do("Marcus", replace_response, ReplaceResponse(response_id=signed))
        with pytest.raises(BadInput, match="cannot sign this alone"):
            complete(cast, again, filled("consent"))
        complete(cast, again, filled("consent"), signed_by_id=house.elena, **BY_PARENT)


@pytest.mark.parametrize(("when", "alone"), [("2029-05-13 23:59", False), ("2029-05-14 00:00", True)])
def test_from_the_eighteenth_birthday_on_somebody_signs_alone(house: Home, when: str, *, alone: bool) -> None:
    cast = house.cast
    with at(when):
        desk, portal = send(cast, house.case_id, "consent", "telehealth", to="Leo")
        if alone:
            complete(cast, desk, filled("consent"))
            hand_in(house, portal, "telehealth")
            return
        with pytest.raises(BadInput):
            complete(cast, desk, filled("consent"))
        with pytest.raises(MayNotSign):
            hand_in(house, portal, "telehealth")


def test_the_birthday_begins_on_their_own_wall(cast: Cast) -> None:
    bring_forms(cast)
    house = home(cast, zone="America/Los_Angeles")
    with at("2029-05-14 02:59"):
        (sent,) = send(cast, house.case_id, "consent", to="Leo")
        with pytest.raises(MayNotSign, match="a parent, a guardian or another legal representative can sign it for"):
            hand_in(house, sent)
    with at("2029-05-14 03:00"):
        hand_in(house, sent)


def test_who_consented_as_a_minor_signs_until_that_is_no_longer_so(house: Home) -> None:
    cast = house.cast
    with at(TODAY):
        consents_alone(house)
        desk, portal = send(cast, house.case_id, "consent", "telehealth", to="Leo")
        complete(cast, desk, filled("consent"))
        assert house.see("Leo", my_sheet, portal).refusal == ""
        hand_in(house, portal, "telehealth")
        cast.do("Marcus", set_consent_basis, SetConsentBasis(
            case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.PARENT, since=date(2026, 11, 10),
            reason="the mother consents now"))
        (sent,) = send(cast, house.case_id, "consent", to="Leo")
        with pytest.raises(MayNotSign):
            hand_in(house, sent)


def test_a_child_fills_in_intakes_measures_and_questionnaires_alone(house: Home) -> None:
    cast = house.cast
    with at(TODAY):
        intake, measure = send(cast, house.case_id, "intake", "phq9", to="Leo")
        hand_in(house, intake, "intake")
        complete(cast, measure, scored("phq9", *[0] * 9))
        assert kept(cast)[0] == 2


def test_without_a_date_of_birth_nobody_is_taken_for_a_child(cast: Cast) -> None:
    bring_forms(cast)
    with at(TODAY):
        (sent,) = send(cast, cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad"), "consent")
        complete(cast, sent, filled("consent"))
