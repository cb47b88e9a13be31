"""What somebody asked for a client, or a client for themselves, once rights, providers or a consent have changed."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import text

from practicerunner import database
from practicerunner.records.cases import Case
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AppointmentStatus, CaseType, ConsentBasis, MessageKind, SessionFormat
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.answers import Accept, Decline, OfferAnother, accept, decline, offer_another
from practicerunner.workflows.asking import SameTimeAsked
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis
from practicerunner.workflows.granting import MayAskNoMore
from practicerunner.workflows.portal_accounts import portal_of_case
from practicerunner.workflows.portal_details import AskForChange, ask_for_change
from practicerunner.workflows.portal_home import home_page
from practicerunner.workflows.request_queue import request_queue
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    AskToMove,
    TakeOffer,
    ask_for_time,
    ask_to_cancel,
    ask_to_move,
    my_requests,
    take_offer,
)
from tests.cast import Cast, arrange, at, people_of
from tests.workflows.asking import FRIDAY, NOON, booked, may_be_mailed
from tests.workflows.minors import consents_alone, home
from tests.workflows.test_portal_pages import Couple


@pytest.fixture
def couple(cast: Cast) -> Iterator[Couple]:
    """Pat may ask for Noor; both have e-mail addresses."""
    made = Couple(cast)
    for name, actor in (("noor", made.noor), ("pat", made.pat), ("sam", made.sam)):
        may_be_mailed(cast, actor.person_id, f"{name}@example.org")
    with at(NOON):
        yield made


def written(couple: Couple, *kinds: MessageKind) -> list[tuple[MessageKind, str]]:
    with database.reading(couple.cast.engine) as session:
        return [(one.kind, one.to_address) for one in session.query(OutboxMessage).filter(
            OutboxMessage.kind.in_(kinds)).order_by(OutboxMessage.id)]


def end_pats(couple: Couple) -> None:
    """Nothing is open to Pat any more."""
    for row in couple.cast.read("Dana", access_grid, couple.case).rows:
        for cell in row.cells.values():
            for one in cell.decisions:
                couple.cast.do("Dana", end_decision, EndDecision(decision_id=one.decision_id))


ANSWERED, CHANGED = MessageKind.REQUEST_ANSWERED, MessageKind.APPOINTMENT_CHANGED
CANCELLED = MessageKind.APPOINTMENT_CANCELLED


def test_whoever_asked_for_a_client_hears_the_answer_and_the_client_hears_of_the_change(couple: Couple) -> None:
    first, second = (booked(couple.cast, couple.case, "FAM50", f"2026-11-{day} 10:00") for day in (12, 19))
    moved = couple.act(couple.pat, ask_to_move, AskToMove(
        appointment_id=first, local_date=FRIDAY, local_time=time(15)))
    off = couple.act(couple.pat, ask_to_cancel, AskToCancel(appointment_id=second))
    own = couple.act(couple.sam, ask_to_cancel, AskToCancel(appointment_id=first))
    couple.cast.do("Marcus", decline, Decline(request_id=own, revision=1))
    for request in (moved, off):
        couple.cast.do("Marcus", accept, Accept(request_id=request, revision=1))
    assert written(couple, ANSWERED) == [
        (ANSWERED, "sam@example.org"), (ANSWERED, "pat@example.org"), (ANSWERED, "pat@example.org")]
    assert written(couple, CHANGED, CANCELLED) == [(CHANGED, "noor@example.org"), (CANCELLED, "noor@example.org")]


def test_after_the_right_has_ended_the_queue_says_so_and_only_the_client_hears_and_answers(couple: Couple) -> None:
    appointment = booked(couple.cast, couple.case, "FAM50", "2026-11-12 10:00")
    off = couple.act(couple.pat, ask_to_cancel, AskToCancel(appointment_id=appointment))
    wish = couple.act(couple.pat, ask_for_time, AskForTime(
        case_id=couple.case, local_date=FRIDAY, local_time=time(15)))
    assert [one.problem for one in couple.cast.read("Tom", request_queue).rows] == ["", ""]
    end_pats(couple)
    said = "Pat Haddad may no longer ask for Noor Haddad."
    assert [one.problem for one in couple.cast.read("Tom", request_queue).rows] == [said, said]
    with pytest.raises(MayAskNoMore, match=said):
        couple.cast.do("Marcus", accept, Accept(request_id=off, revision=1))
    with database.reading(couple.cast.engine) as session:
        assert session.get_one(Appointment, appointment).status is AppointmentStatus.SCHEDULED
    couple.cast.do("Marcus", decline, Decline(request_id=off, revision=1))
    couple.cast.do("Marcus", offer_another, OfferAnother(
        request_id=wish, revision=1, local_date=FRIDAY, local_time=time(16)))
    assert couple.act(couple.noor, take_offer, TakeOffer(request_id=wish, revision=2)), "on her own word"
    assert written(couple, ANSWERED) == [(ANSWERED, "noor@example.org")] * 2


def test_a_time_that_was_offered_is_booked_with_whom_it_was_offered(couple: Couple) -> None:
    booked(couple.cast, couple.case, "FAM50", "2026-11-12 10:00")
    wish = couple.act(couple.noor, ask_for_time, AskForTime(
        case_id=couple.case, local_date=FRIDAY, local_time=time(11)))
    later = couple.act(couple.sam, ask_for_time, AskForTime(
        case_id=couple.case, local_date=FRIDAY, local_time=time(9)))
    couple.cast.do("Marcus", offer_another, OfferAnother(
        request_id=wish, revision=1, local_date=FRIDAY, local_time=time(16)))
    with database.reading(couple.cast.engine) as session:
        case = session.get_one(Case, couple.case)
    couple.cast.do("Dana", change_case, ChangeCase(
        case_id=case.id, revision=case.revision, label=case.label, name=case.name, status=case.status,
        provider_id=couple.cast.staff["Olga"]))
    assert [one.provider for one in couple.read(couple.noor, my_requests)] == ["Marcus Bell"]
    made = couple.act(couple.noor, take_offer, TakeOffer(request_id=wish, revision=2))
    other = couple.cast.do("Olga", accept, Accept(request_id=later, revision=1))
    with database.reading(couple.cast.engine) as session:
        assert [session.get_one(Appointment, one).provider_id for one in (made, other)] == [
            couple.cast.staff["Marcus"], couple.cast.staff["Olga"]]


def test_the_same_new_time_is_asked_for_once_by_each(couple: Couple) -> None:
    def ask(actor: Any, hour: int = 15) -> int:
        made: int = couple.act(actor, ask_for_time, AskForTime(
            case_id=couple.case, local_date=FRIDAY, local_time=time(hour)))
        return made

    first = ask(couple.noor)
    with pytest.raises(SameTimeAsked):
        ask(couple.noor)
    with pytest.raises(SameTimeAsked):
        ask(couple.pat)
    assert ask(couple.sam) and ask(couple.noor, 16), "somebody else, and another time"
    couple.cast.do("Marcus", decline, Decline(request_id=first, revision=1))
    assert ask(couple.noor), "it was answered"


def test_what_a_minor_asked_alone_stays_theirs_when_the_consent_turns(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        consents_alone(house)
        wish = {"case_id": house.case_id, "local_date": date(2026, 11, 24), "local_time": time(9)}
        house.act("Leo", ask_for_time, AskForTime(**wish))
        cast.do("Marcus", set_consent_basis, SetConsentBasis(
            case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.PARENT, since=date(2026, 11, 10),
            reason="his mother was told", confirmed=True))
        assert house.see("Elena for Leo", my_requests) == []
        assert house.see("Elena for Leo", home_page).asked == () and len(house.see("Leo", home_page).asked) == 1
        assert house.act("Elena for Leo", ask_for_time, AskForTime(**wish)), "a refusal would tell her of his"
        assert len(house.see("Elena for Leo", my_requests)) == 1


def told(cast: Cast) -> set[str]:
    """Which staff were told of a change of details."""
    names = {staff_id: name for name, staff_id in cast.staff.items()}
    with database.reading(cast.engine) as session:
        return {names[one.staff_id] for one in session.query(OutboxMessage).filter_by(kind=MessageKind.DETAILS_ASKED)}


def test_a_change_that_a_guardian_or_a_payer_asks_for_reaches_who_sees_the_client(couple: Couple) -> None:
    couple.act(couple.bo, ask_for_change, AskForChange(text="Decoy"))
    assert told(couple.cast) == {"Olga"}
    pat = PortalActor(couple.pat.person_id, "Pat")
    couple.act(pat, ask_for_change, AskForChange(text="We have moved"))
    assert told(couple.cast) == {"Olga", "Marcus"}
    rows = {one.person_id: one for one in couple.cast.read("Marcus", portal_of_case, couple.case)}
    assert [one.text for one in rows[pat.person_id].asked] == ["We have moved"]


def test_a_change_that_a_payer_or_somebody_who_left_asks_for_is_not_lost(couple: Couple) -> None:
    with at("2026-11-03 09:00"):
        arrange(couple.cast, couple.other, {couple.sam.person_id: 10_000}, since="2026-11-01")
    with database.transaction(couple.cast.engine) as session:
        session.execute(text("update participant set left_on = '2026-11-09', status = 'left' where person_id = :p"),
                        {"p": couple.sam.person_id})
    couple.act(couple.sam, ask_for_change, AskForChange(text="My new address"))
    assert told(couple.cast) == {"Olga"}, "who sees the one for whom he pays"
    rows = [one for one in couple.cast.read("Marcus", portal_of_case, couple.case) if one.left]
    assert [(one.person_id, one.asked[0].text) for one in rows] == [(couple.sam.person_id, "My new address")]


def test_the_first_page_says_where_each_request_stands_and_offers_only_what_can_be_asked(couple: Couple) -> None:
    wish = couple.act(couple.noor, ask_for_time, AskForTime(
        case_id=couple.case, local_date=FRIDAY, local_time=time(11), format=SessionFormat.VIDEO))
    page = couple.read(couple.noor, home_page)
    assert ([one.request_id for one in page.asked], page.requests, page.may_ask) == ([wish], 1, True)
    couple.cast.do("Marcus", decline, Decline(request_id=wish, revision=1))
    page = couple.read(couple.noor, home_page)
    assert ([one.status.value for one in page.asked], page.requests) == (["declined"], 0)
    assert couple.read(couple.sam, home_page).asked == ()
    with at("2026-11-25 09:00"):
        assert couple.read(couple.noor, home_page).asked == (), "two weeks later it is no news"
    workshop = couple.cast.open_case(CaseType.WORKSHOP, "Ilse Aho", "Bert Voss", name="Knots")
    ilse = PortalActor(people_of(couple.cast, workshop)["Ilse"], "Ilse")
    page = couple.read(ilse, home_page)
    assert (page.sees_appointments, page.next_up, page.may_ask) == (True, None, False), "the practice sets its times"
