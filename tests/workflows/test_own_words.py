"""What a client writes to the practice themselves is not for who acts for them, whatever else is open to these."""

from datetime import date, datetime, time

from practicerunner.vocabulary import SessionFormat
from practicerunner.workflows.answers import OfferAnother, offer_another
from practicerunner.workflows.portal_details import AskForChange, ask_for_change, details_of
from practicerunner.workflows.portal_home import home_page
from practicerunner.workflows.requests import AskForTime, ask_for_time, my_requests
from tests.cast import Cast, at
from tests.workflows.minors import Home, booked, consents_alone, home

TUESDAY = date(2026, 11, 24)


def ask(house: Home, who: str, hour: int, said: str) -> int:
    return house.act(who, ask_for_time, AskForTime(
        case_id=house.case_id, local_date=TUESDAY, local_time=time(hour), message=said))


def offer(house: Home, request_id: int, reply: str) -> None:
    house.cast.do("Marcus", offer_another, OfferAnother(
        request_id=request_id, revision=1, service_id=house.cast.services["IND50"], format=SessionFormat.VIDEO,
        local_date=date(2026, 11, 25), local_time=time(9), reply=reply))


def words(house: Home, who: str) -> list[tuple[str, str]]:
    return sorted((one.message, one.reply) for one in house.see(who, my_requests))


def test_who_acts_for_a_client_sees_a_request_without_the_words_about_it(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        booked(house, hour=8, confidential=())
        offer(house, ask(house, "Leo", 9, "I started smoking again"), "Then let us speak sooner")
        ask(house, "Elena for Leo", 11, "He has a match at ten")
        assert words(house, "Elena for Leo") == [("", ""), ("He has a match at ten", "")]
        assert words(house, "Leo") == [
            ("He has a match at ten", ""), ("I started smoking again", "Then let us speak sooner")]


def test_what_a_minor_asked_who_consented_alone_is_not_even_counted_for_who_acts_for_him(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        booked(house, hour=8, confidential=())
        consents_alone(house)
        asked = ask(house, "Leo", 9, "alone please")
        assert house.see("Elena for Leo", home_page).requests == 0
        assert house.see("Leo", home_page).requests == 1
        offer(house, asked, "")
        assert house.see("Elena for Leo", home_page).offers == ()
        assert house.see("Leo", home_page).offers == (datetime.fromisoformat("2026-11-25 09:00"),)
        ask(house, "Elena for Leo", 11, "mine")
        assert house.see("Elena for Leo", home_page).requests == 1
        assert words(house, "Elena for Leo") == [("mine", "")]


def test_what_a_client_asked_to_have_changed_is_theirs_to_read(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        house.act("Leo", ask_for_change, AskForChange(text="Do not call home, my mother listens"))
        assert house.see("Elena for Leo", details_of).waiting == ()
        assert [one.text for one in house.see("Leo", details_of).waiting] == ["Do not call home, my mother listens"]
