"""Who asks for a record to be amended, in the portal too, and to whom the answer goes on its day."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.documents.denial import Denial
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted
from practicerunner.records.amendments import AmendmentRequest
from practicerunner.records.people import Person
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    CaseType,
    ConsentBasis,
    DenialGround,
    SignsAs,
    Verdict,
)
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.amendment_answers import AcceptAmendment, accept_amendment, deny_amendment
from practicerunner.workflows.amendment_lists import amendment_to_record
from practicerunner.workflows.amendment_papers import denial_pdf
from practicerunner.workflows.amendments import withdraw_amendment
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.portal_amendments import AskToAmend, TooManyAsked, ask_to_amend, own_amendments
from tests.cast import Cast, at
from tests.workflows.amending import DAY, RECEIVED, alone_with, asked, back, deny, on_paper, page
from tests.workflows.minors import Home, consents_alone, home


def child(cast: Cast, **more) -> Home:
    return home(cast, born=date(2014, 5, 14), **more)


def test_a_child_asks_by_their_parent_unless_the_forms_were_denied_to_them(cast: Cast) -> None:
    house = child(cast)
    with pytest.raises(BadInput, match="cannot agree alone"):
        asked(cast, house.case_id, house.leo)
    parent = {"signed_by_id": house.elena, "signs_as": SignsAs.PARENT, "authority": "birth certificate"}
    made = asked(cast, house.case_id, house.leo, **parent)
    with at(DAY):
        assert page(cast, "Marcus", made).capacity == "Elena Castellano, parent of Leo Castellano"
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=RECEIVED,
            reason="court order"))
        assert cast.read("Marcus", amendment_to_record, house.case_id).signers[house.leo] == {}
    with pytest.raises(BadInput, match="a denial wins"):
        asked(cast, house.case_id, house.leo, **parent)


def test_a_child_who_consented_alone_asks_alone_and_nobody_for_them(cast: Cast) -> None:
    house = child(cast)
    with at(DAY):
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=house.acts_id, revision=1, evidence="paper"))
        assert house.see("Elena for Leo", own_amendments).cases == {house.case_id: "With Marcus Bell"}
        consents_alone(house)
        assert house.see("Elena for Leo", own_amendments).cases == {}
        with pytest.raises(NotPermitted):
            house.act("Elena for Leo", ask_to_amend, AskToAmend(case_id=house.case_id, text="No."))
    with pytest.raises(BadInput, match="consented to this alone"):
        asked(cast, house.case_id, house.leo, signed_by_id=house.elena, signs_as=SignsAs.PARENT, authority="paper")
    made = asked(cast, house.case_id, house.leo)
    with at(DAY):
        assert page(cast, "Marcus", made).capacity == "Leo Castellano"
        house.act("Leo", ask_to_amend, AskToAmend(case_id=house.case_id, text="Heronwish."))
        assert [one.text for one in house.see("Leo", own_amendments).asked] == ["Heronwish.", ""]
        assert house.see("Elena for Leo", own_amendments).asked == ()


def test_what_is_asked_in_the_portal_is_received_that_day_and_shows_no_answer(cast: Cast) -> None:
    house = child(cast)
    with at(DAY):
        with pytest.raises(NotPermitted):
            house.act("Leo", ask_to_amend, AskToAmend(case_id=house.case_id, text="Alone."))
        assert house.see("Leo", own_amendments).cases == {}
        with pytest.raises(NotPermitted, match="not verified"):
            house.act("Elena for Leo", ask_to_amend, AskToAmend(case_id=house.case_id, text="Not verified."))
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=house.acts_id, revision=1, evidence="paper"))
        other = cast.open_case(CaseType.INDIVIDUAL, "Decoy Person")
        with pytest.raises(NotFound):
            house.act("Elena for Leo", ask_to_amend, AskToAmend(case_id=other, text="Not theirs."))
        click = AskToAmend(op=ids.new_operation(), case_id=house.case_id, text=" Heronwish. ")
        made = house.act("Elena for Leo", ask_to_amend, click)
        assert house.act("Elena for Leo", ask_to_amend, click) == made
        (mine,) = house.see("Elena for Leo", own_amendments).asked
        assert (mine.text, mine.received_on, mine.due_on, mine.is_open) == (
            "Heronwish.", RECEIVED, RECEIVED + timedelta(days=60), True)
        found = page(cast, "Marcus", made)
        assert (found.channel, found.recorded_by, found.capacity) == (
            "Through the portal", "", "Elena Castellano, parent of Leo Castellano")
        cast.do("Marcus", deny_amendment, deny(made, basis="Heronbasis."))
        (mine,) = house.see("Elena for Leo", own_amendments).asked
        assert not mine.is_open
        assert "Heronbasis" not in repr(mine)
        for _ in range(5):
            house.act("Elena for Leo", ask_to_amend, AskToAmend(case_id=house.case_id, text="Again."))
        with pytest.raises(TooManyAsked):
            house.act("Elena for Leo", ask_to_amend, AskToAmend(case_id=house.case_id, text="Once more."))
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(AmendmentRequest.id)))) == 6


# --- To whom the answer goes


FIRST = ("Nobody is known who may act for Leo Castellano now. First name and verify a parent or guardian under Who "
         "acts for them, in the case.")

def of_a_parent(cast: Cast, born: date) -> tuple[Home, int]:
    house = home(cast, born=born)
    return house, asked(cast, house.case_id, house.leo, signed_by_id=house.elena, signs_as=SignsAs.PARENT,
                        authority="birth certificate", wanted="Heronwish.")


def letter(cast: Cast, amendment_id: int) -> Denial:
    with database.reading(cast.engine) as session:
        return Denial.model_validate(session.get_one(AmendmentRequest, amendment_id).letter)


def no_forms(house: Home) -> None:
    house.cast.do("Dana", decide_access, DecideAccess(
        acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=date(2027, 1, 5),
        reason="court order"))


def test_the_answer_goes_to_who_asked_while_they_may_act(cast: Cast) -> None:
    house, made = of_a_parent(cast, date(2014, 5, 14))
    with at("2027-01-05 09:00"):
        found = page(cast, "Marcus", made)
        assert (found.answer_to, found.not_to_asker) == ({house.elena: "Elena Castellano"}, "")
        with pytest.raises(BadInput) as refused:
            cast.do("Marcus", deny_amendment, deny(made, to_id=house.leo))
        assert refused.value.field == "to_id"
        cast.do("Marcus", deny_amendment, deny(made))
        assert (letter(cast, made).to.name, letter(cast, made).heading) == ("Elena Castellano", "")
        found = page(cast, "Marcus", made)
        assert (found.letter_to, found.letter_lost) == ("Elena Castellano", False)
        no_forms(house)
        assert page(cast, "Marcus", made).letter_lost, "the letter is not handed to her any more"
        acts = cast.do("Dana", add_acting, AddActing(
            client_id=house.leo, kind=ActingKind.PARENT, starts_on=date(2026, 9, 1), person=PersonDetails(
                first_name="Nona", last_name="Castellano", birth_date=date(1979, 1, 1))))
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="birth certificate"))
        (nona,) = page(cast, "Marcus", made).answer_to
        called(cast, nona, "Elena")
        found = page(cast, "Marcus", made)
        assert (found.answer_to, found.letter_lost) == ({nona: "Elena Castellano"}, True), "nor to another of her name"


def called(cast: Cast, person_id: int, first: str, **more: Any) -> None:
    """Somebody is called otherwise from now on."""
    with database.transaction(cast.engine) as session:
        for name, value in ({"first_name": first} | more).items():
            setattr(session.get_one(Person, person_id), name, value)


def test_a_letter_is_still_theirs_under_another_name_and_goes_to_nobody_once_they_have_died(cast: Cast) -> None:
    who = alone_with(cast)
    first, second = asked(cast, who["case"], who["noor"]), asked(cast, who["case"], who["noor"])
    with at("2027-01-05 09:00"):
        cast.do("Marcus", deny_amendment, deny(first))
        called(cast, who["noor"], "Noor", last_name="Smith")
        found = page(cast, "Marcus", first)
        assert (found.letter_to, found.letter_lost, found.tell) == ("Noor Haddad", False, "Noor Smith")
        called(cast, who["noor"], "Noor", died_on=date(2027, 1, 4))
        assert page(cast, "Marcus", first).letter_lost
        found = page(cast, "Marcus", second)
        assert found.answer_to == {}
        assert found.not_to_asker == (
            "Noor Smith has died. Nobody is known who may act for Noor Smith now. First name and verify their legal "
            "representative under Who acts for them, in the case.")
        for part in (deny_amendment, accept_amendment):
            denied = deny(second) if part is deny_amendment else AcceptAmendment(
                amendment_id=second, revision=1, answer="The address.", in_part=True, ground=DenialGround.ACCURATE,
                basis="The rest is accurate.")
            with pytest.raises(BadInput, match="their legal representative") as refused:
                cast.do("Marcus", part, denied)
            assert refused.value.field == "to_id"
        acts = cast.do("Dana", add_acting, AddActing(
            client_id=who["noor"], kind=ActingKind.LEGAL_REPRESENTATIVE, starts_on=date(2027, 1, 5),
            person=PersonDetails(first_name="Sami", last_name="Haddad", birth_date=date(1979, 1, 1))))
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="letters testamentary"))
        cast.do("Marcus", deny_amendment, deny(second))
        assert letter(cast, second).to.name == "Sami Haddad"


def test_at_eighteen_the_answer_goes_to_the_client(cast: Cast) -> None:
    house, made = of_a_parent(cast, date(2009, 1, 3))
    with at("2027-01-02 23:59"):
        assert page(cast, "Marcus", made).answer_to == {house.elena: "Elena Castellano"}
    with at("2027-01-03 00:01"):
        found = page(cast, "Marcus", made)
        assert found.answer_to == found.may_take_back == {house.leo: "Leo Castellano"}
        assert found.not_to_asker == (
            "Elena Castellano may not act for Leo Castellano any more: the answer goes to Leo Castellano.")
        with pytest.raises(FieldProblems):
            cast.do("Marcus", withdraw_amendment, back(made, house.elena, told_on=date(2027, 1, 2)))
        cast.do("Marcus", deny_amendment, deny(made))
        assert (letter(cast, made).to.name, letter(cast, made).heading) == (
            "Leo Castellano", "A request to amend your record")
        assert letter(cast, made).sections[0].label == "What was asked"
        printed = on_paper(cast, denial_pdf, made)
        assert "Elena" not in printed
        assert "Your request" not in printed


def test_a_denial_of_part_goes_to_a_minor_who_consents_alone_by_now(cast: Cast) -> None:
    house, made = of_a_parent(cast, date(2011, 5, 14))
    with at("2027-01-05 09:00"):
        consents_alone(house)
        assert page(cast, "Marcus", made).answer_to == {house.leo: "Leo Castellano"}
        cast.do("Marcus", accept_amendment, AcceptAmendment(
            amendment_id=made, revision=1, answer="The address.", in_part=True, ground=DenialGround.ACCURATE,
            basis="The rest is accurate."))
        assert letter(cast, made).to.name == "Leo Castellano"


def test_once_a_parent_was_denied_another_who_acts_gets_the_answer_and_never_the_child(cast: Cast) -> None:
    house, made = of_a_parent(cast, date(2014, 5, 14))
    with at("2027-01-05 09:00"):
        no_forms(house)
        found = page(cast, "Marcus", made)
        assert found.answer_to == found.may_take_back == {}
        assert found.not_to_asker == f"Elena Castellano may not act for Leo Castellano any more. {FIRST}"
        with pytest.raises(BadInput) as refused:
            cast.do("Marcus", deny_amendment, deny(made, to_id=house.leo))
        assert (refused.value.field, str(refused.value)) == ("to_id", FIRST)
        acts = {}
        for first in ("Marco", "Nona"):
            acts[first] = cast.do("Dana", add_acting, AddActing(
                client_id=house.leo, kind=ActingKind.PARENT, starts_on=date(2026, 9, 1), person=PersonDetails(
                    first_name=first, last_name="Castellano", birth_date=date(1979, 1, 1))))
        assert page(cast, "Marcus", made).answer_to == {}, "nobody was verified"
        for one in acts.values():
            cast.do("Dana", verify_acting, VerifyActing(acts_for_id=one, revision=1, evidence="birth certificate"))
        found = page(cast, "Marcus", made)
        assert sorted(found.answer_to.values()) == ["Marco Castellano", "Nona Castellano"]
        marco = next(key for key, name in found.answer_to.items() if name == "Marco Castellano")
        for wrong in (None, house.elena, house.leo):
            with pytest.raises(BadInput, match="to whom the letter goes"):
                cast.do("Marcus", deny_amendment, deny(made, to_id=wrong))
        cast.do("Marcus", deny_amendment, deny(made, to_id=marco))
        assert (letter(cast, made).to.name, letter(cast, made).heading) == (
            "Marco Castellano", "A request to amend the record")


def test_what_a_client_asked_alone_is_answered_to_them_though_a_parent_acts_again(cast: Cast) -> None:
    house = child(cast)
    with at(DAY):
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=house.acts_id, revision=1, evidence="paper"))
        consents_alone(house)
    made = asked(cast, house.case_id, house.leo)
    with at("2027-01-05 09:00"):
        cast.do("Marcus", set_consent_basis, SetConsentBasis(
            case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.PARENT, since=date(2027, 1, 5),
            reason="mother takes part now", confirmed=True))
        assert page(cast, "Marcus", made).answer_to == {house.leo: "Leo Castellano"}
