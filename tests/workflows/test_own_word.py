"""A child does not consent for themselves, at the desk or in the portal, unless the law lets them; on both engines."""

from datetime import date

import pytest
from sqlalchemy import func, select

from practicerunner import database, ids
from practicerunner.errors import BadInput
from practicerunner.records.acting import ActsFor
from practicerunner.records.cases import PaperReceived
from practicerunner.records.forms import FormResponse
from practicerunner.vocabulary import AccessScope, ActingKind, CaseType, ConsentBasis, SignsAs, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.acting import (
    AddActing,
    ChangeActing,
    VerifyActing,
    add_acting,
    change_acting,
    verify_acting,
)
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis
from practicerunner.workflows.form_pages import sheet_page
from practicerunner.workflows.forms import ReplaceResponse, replace_response
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.portal_forms import HandIn, MayNotSign, hand_in_mine, my_forms, my_sheet
from tests.cast import Cast, at
from tests.workflows.minors import Home, consents_alone, home
from tests.workflows.sending import bring_forms, complete, filled, revision, scored, send, signed

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
        answers=signed(house.cast, house.leo if who == "Leo" else house.elena, filled(key, **more)))))


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


def test_whoever_signs_for_a_child_types_their_own_name(house: Home) -> None:
    cast = house.cast
    with at(TODAY):
        in_portal, at_desk = send(cast, house.case_id, "consent", "telehealth", to="Leo")
        for typed in ("Leo Castellano", "x", " "):
            with pytest.raises(BadInput, match="Type your own name as it stands here: Elena Castellano") as refused:
                hand_in(house, in_portal, who="Elena for Leo", signature=typed)
            assert refused.value.field == "signature"
        with pytest.raises(BadInput, match="That is the name of Leo Castellano") as refused:
            complete(cast, at_desk, filled("telehealth", signature="leo castellano"), signed_by_id=house.elena,
                     **BY_PARENT)
        assert (refused.value.field, kept(cast)) == ("signature", (0, 0))
        hand_in(house, in_portal, who="Elena for Leo", signature=" elena  CASTELLANO.")
        complete(cast, at_desk, filled("telehealth", signature="E. C."), signed_by_id=house.elena, **BY_PARENT)
        assert kept(cast)[0] == 2


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


def father(house: Home) -> tuple[int, int]:
    """David, who was verified as Leo's father: who he is, and how he acts."""
    cast = house.cast
    with at("2026-09-01 11:00"):
        acts = cast.do("Dana", add_acting, AddActing(
            client_id=house.leo, kind=ActingKind.PARENT, starts_on=date(2026, 9, 1), person=PersonDetails(
                first_name="David", last_name="Castellano", birth_date=date(1979, 1, 1))))
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="birth certificate"))
        with database.reading(cast.engine) as session:
            return session.get_one(ActsFor, acts).person_id, acts


def by(house: Home, person_id: int, assignment_id: int, **more) -> int:
    """Somebody signs Leo's consent at the desk."""
    return complete(house.cast, assignment_id, filled("consent"), signed_by_id=person_id, **BY_PARENT | more)


def test_who_was_denied_the_forms_signs_none_at_the_desk_and_is_offered_and_named_nowhere(house: Home) -> None:
    cast, (david, acts) = house.cast, father(house)
    with at("2026-10-16 09:00"):
        (sent,) = send(cast, house.case_id, "consent", to="Leo")
        page = cast.read("Marcus", sheet_page, sent)
        assert [one.name for one in page.signers.values()] == ["David Castellano", "Elena Castellano"]
        assert "David Castellano or Elena Castellano can" in page.own_refusal
        decided = {}
        for verdict in (Verdict.DENIED, Verdict.GRANTED):  # granted by mistake: the denial wins
            decided[verdict] = cast.do("Dana", decide_access, DecideAccess(
                acts_for_id=acts, scope=AccessScope.FORMS, verdict=verdict, starts_on=date(2026, 10, 16),
                reason="court order"))
        with pytest.raises(BadInput, match="does not sign for them; a denial wins") as refused:
            by(house, david, sent)
        assert refused.value.field == "signed_by_id"
        page = cast.read("Marcus", sheet_page, sent)
        assert (list(page.signers), "David" in page.own_refusal) == ([house.elena], False)
        (line,) = house.see("Leo", my_forms).open
        assert "; Elena Castellano can sign it for you." in line.refusal
        cast.do("Dana", end_decision, EndDecision(decision_id=decided[Verdict.DENIED], reason="order lifted"))
        by(house, david, sent)


def test_a_denial_for_another_case_or_another_scope_denies_nothing_here(house: Home) -> None:
    cast, (david, acts) = house.cast, father(house)
    with at("2026-10-16 09:00"):
        for scope, reason in ((AccessScope.BILLING, "pays nothing"), (AccessScope.SCHEDULING, "asked for")):
            cast.do("Dana", decide_access, DecideAccess(
                acts_for_id=acts, scope=scope, verdict=Verdict.DENIED, starts_on=date(2026, 10, 16), reason=reason))
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=acts, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=date(2026, 10, 17),
            case_id=house.case_id, reason="court order from tomorrow"))
        first, second = *send(cast, house.case_id, "consent", to="Leo"), *send(cast, house.case_id, "telehealth")
        by(house, david, first)
    with at("2026-10-17 09:00"), pytest.raises(BadInput, match="a denial wins"):
        complete(cast, second, filled("telehealth"), signed_by_id=david, **BY_PARENT)


def test_who_acts_no_longer_signs_no_longer(house: Home) -> None:
    cast, (david, acts) = house.cast, father(house)
    with at("2026-10-16 09:00"):
        cast.do("Dana", change_acting, ChangeActing(
            acts_for_id=acts, revision=2, kind=ActingKind.PARENT, starts_on=date(2026, 9, 1),
            ends_on=date(2026, 10, 17)))
        first, second = *send(cast, house.case_id, "consent", to="Leo"), *send(cast, house.case_id, "telehealth")
        by(house, david, first)
    with at("2026-10-17 09:00"):
        with pytest.raises(BadInput, match="acted for them until 2026-10-17"):
            complete(cast, second, filled("telehealth"), signed_by_id=david, **BY_PARENT)
        page = cast.read("Marcus", sheet_page, second)
        assert (list(page.signers), "David" in page.own_refusal) == ([house.elena], False)


def test_a_guardian_of_a_new_adult_signs_at_the_desk_only_by_a_decision_made_since(cast: Cast) -> None:
    bring_forms(cast)
    house = home(cast, born=date(2008, 12, 1), zone="America/Los_Angeles")
    guardian = {"signs_as": SignsAs.GUARDIAN}
    with at("2026-11-01 09:00"):
        cast.do("Dana", change_acting, ChangeActing(
            acts_for_id=house.acts_id, revision=1, kind=ActingKind.GUARDIAN, starts_on=date(2026, 9, 1)))
    with at("2026-12-01 02:59"):  # 30 November on Leo's own wall
        before, after = *send(cast, house.case_id, "consent", to="Leo"), *send(cast, house.case_id, "telehealth")
        by(house, house.elena, before, **guardian)
    with at("2026-12-01 03:00"):
        for relation, said, field in ((SignsAs.GUARDIAN, "At 18 a guardian signs only once", "signed_by_id"),
                                      (SignsAs.PARENT, "as guardian, so they sign as that", "signs_as")):
            with pytest.raises(BadInput, match=said) as refused:
                complete(cast, after, filled("telehealth"), signed_by_id=house.elena, **BY_PARENT | {
                    "signs_as": relation})
            assert refused.value.field == field
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.GRANTED, starts_on=date(2026, 12, 1)))
        complete(cast, after, filled("telehealth"), signed_by_id=house.elena, **BY_PARENT | guardian)
