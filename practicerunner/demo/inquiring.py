"""The public page of Harbor Lane Practice, and who wrote there lately: three people who are nobody's clients yet.

With one of them the practice writes already.
"""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.opening import NEW_PEOPLE
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.records import outbox
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import CaseType, MessageKind
from practicerunner.workflows.asker_page import AnswerByLink, answer_by_link
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.inquiries import WriteBeneath, write_beneath
from practicerunner.workflows.inquiry_page import VIDEO, SendInquiry, Wish, public_times, send_inquiry
from practicerunner.workflows.inquiry_queue import inquiry_list
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, inquiry_settings, save_inquiry_settings

INTRODUCTION = (
    "Welcome. Tell us briefly what you are looking for, and choose a time if one suits you.\n\n"
    "We answer **within two working days**. The first conversation costs nothing."
)
KINDS = (
    CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY, CaseType.THERAPY_GROUP, CaseType.INDIVIDUAL_CONSULTATION,
)
SERVICES = ("Individual session", "Couple session", "Family session", "Intake", "Consultation")
ASKER = "delphine.aubert@example.org"
"""With whom the practice has begun to write."""
FIRST = "Owen"
"""For whom somebody asks by name, with a free time."""


def begin(diary: Diary, house: House, today: date) -> None:
    """Switched on a week ago; one inquiry is two days old, two came last night."""
    for days, hour, minute, act in (
        (8, 12, 20, _switch_on), (2, 20, 40, _to_the_practice), (1, 19, 30, _about_a_group), (1, 21, 15, _to_somebody),
    ):
        diary.note(moment(today - timedelta(days=days), time(hour, minute), ZONE), partial(act, house))
    told: dict[str, int] = {}
    for days, hour, minute, follow in (
        (1, 10, 5, _call_back), (1, 10, 40, _write_to_them), (1, 17, 50, _they_read_and_answer),
    ):
        diary.note(moment(today - timedelta(days=days), time(hour, minute), ZONE), partial(follow, house, told))


def _switch_on(house: House, session: Session) -> None:
    owner = house.actors[OWNER]
    save_inquiry_settings(session, owner, SaveInquirySettings(
        revision=inquiry_settings(session, owner).revision, is_on=True, introduction=INTRODUCTION, case_types=KINDS,
        service_ids=tuple(house.services[name] for name in SERVICES),
        provider_ids=tuple(house.staff_id(first) for first in sorted(NEW_PEOPLE)),
    ))


def _to_the_practice(_: House, session: Session) -> None:
    send_inquiry(session, SendInquiry(
        first_name="Delphine", last_name="Aubert", email=ASKER, phone="(516) 555-0171",
        kind=CaseType.TWO_PERSON, message="We argue about the same things again and again. Is there a place in the "
        "evening? Mornings are hard for both of us.",
    ), "192.0.2.10")


def _about_a_group(_: House, session: Session) -> None:
    send_inquiry(session, SendInquiry(
        first_name="Ruben", last_name="Salcedo", email="ruben.salcedo@example.com", kind=CaseType.THERAPY_GROUP,
        message="I would rather talk with others than alone. Is there a place in one of your groups?",
    ), "192.0.2.12")


def _call_back(house: House, told: dict[str, int], session: Session) -> None:
    admin = house.actors[ADMIN]
    waiting = inquiry_list(session, admin).rows
    told["inquiry_id"] = waiting[0].inquiry_id
    write_beneath(session, admin, WriteBeneath(
        inquiry_id=waiting[0].inquiry_id, text="Called, left a message. Asks for an evening; Nadia has Tuesdays."))


def _write_to_them(house: House, told: dict[str, int], session: Session) -> None:
    write_to_asker(session, house.actors[ADMIN], WriteToAsker(inquiry_id=told["inquiry_id"], text=(
        "Thank you for writing to us. Nadia Rahimi has a place for two on Tuesdays at 18:00 or 19:30. The first talk "
        "is with both of you and costs nothing.\n\nWould one of these suit you?")))


def _they_read_and_answer(_: House, __: dict[str, int], session: Session) -> None:
    letter = outbox.last_at(session, ASKER, MessageKind.INQUIRY_ANSWERED)
    answer_by_link(session, AnswerByLink(token=letter.partition("/inquiry/letter/")[2].split()[0], text=(
        "That is kind. 19:30 would be good for both of us. Is there somewhere to park?")))


def _to_somebody(house: House, session: Session) -> None:
    slug = next(
        one.slug for one in inquiry_settings(session, house.actors[OWNER]).providers
        if one.staff_id == house.staff_id(FIRST)
    )
    service = str(house.services[SERVICES[0]])
    free = public_times(session, slug, Wish(kind=CaseType.INDIVIDUAL, service=service, where=VIDEO), "192.0.2.11")
    send_inquiry(session, SendInquiry(
        slug=slug, first_name="Tobias", last_name="Renner", email="tobias.renner@example.net",
        kind=CaseType.INDIVIDUAL, service=service, where=VIDEO, time=free[-1].value if free else "",
        message="A friend gave me your name. I have not talked to anybody before and would like to try.",
    ), "192.0.2.11")
