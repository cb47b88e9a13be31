"""Messages: how one is written, and how a conversation begins."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.messages import ThreadMessage
from practicerunner.vocabulary import AccessScope, CaseType, ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.commands import OperationReused, field_messages
from practicerunner.workflows.message_pages import addressees, conversations
from practicerunner.workflows.messages import (
    AddToThread,
    OneInAGroup,
    SendMessage,
    StartThread,
    ToPerson,
    add_to_thread,
    send_message,
    start_thread,
)
from practicerunner.workflows.portal_messages import (
    AnswerMessage,
    AskPractice,
    TooManyMessages,
    answer_message,
    ask_practice,
    my_conversation,
    my_threads,
    what_about,
)
from tests.cast import Cast, at, how_many, people_of
from tests.corresponding import Morgans, texts

pytestmark = pytest.mark.usefixtures("correspondence")
CLINICAL, ADMIN = ThreadClass


# --- Writing


def test_the_second_click_writes_one_message(two: Morgans) -> None:
    thread = two.start(["Ben"])
    asked = SendMessage(thread_id=thread, text="Once.")
    assert two.cast.do("Marcus", send_message, asked) == two.cast.do("Marcus", send_message, asked)
    answer = AnswerMessage(thread_id=thread, text="Twice?")
    assert two.act("Ben", answer_message, answer) == two.act("Ben", answer_message, answer)
    begun = StartThread(case_id=two.case_id, thread_class=ADMIN, subject="A", text="B",
                        people=(ToPerson(person_id=two.people["Ben"]),))
    assert two.cast.do("Tom", start_thread, begun) == two.cast.do("Tom", start_thread, begun)
    assert how_many(two.cast, ThreadMessage) == 4
    with pytest.raises(OperationReused):
        two.cast.do("Marcus", send_message, SendMessage(op=asked.op, thread_id=thread, text="Other."))
    with pytest.raises(OperationReused):
        two.act("Aisha", answer_message, answer)


@pytest.mark.parametrize(("said", "sentence"), [
    ("", "Write something first."), (" \n\t ", "Write something first."),
    ("x" * 20_001, "This is too long; at most 20,000 characters fit."),
    ("x" * 100_000, "This is too long; at most 20,000 characters fit."),
    ("a\x00b", "This contains a character that cannot be shown; retype it."),
])
def test_what_cannot_be_a_message_is_refused_at_its_field(said: str, sentence: str) -> None:
    for command in (SendMessage, AnswerMessage):
        with pytest.raises(ValidationError) as refused:
            command(thread_id=1, text=said)
        assert field_messages(refused.value) == {"text": sentence}
    assert len(SendMessage(thread_id=1, text="x" * 20_000).text) == 20_000


def test_text_is_kept_as_typed_and_never_changed(two: Morgans) -> None:
    typed = "  ![](https://x/p.png)\n\n<b>=1+1</b> \N{WOMAN}  "
    thread = two.start(["Ben"], typed)
    assert texts(two.opened("Ben", thread)) == [typed]
    for change in ("update thread_message set text = 'x'", "delete from thread_message"):
        with pytest.raises(DBAPIError), database.transaction(two.cast.engine) as session:
            session.execute(text(change))


def test_many_who_write_at_once_are_numbered_one_after_the_other(two: Morgans) -> None:
    thread = two.start(["Aisha", "Ben"])
    with ThreadPoolExecutor(6) as crowd:
        list(crowd.map(lambda who: two.write(who, thread, f"{who} at once"), ["Marcus", "Aisha", "Ben"] * 4))
    found = two.read("Marcus", thread)
    assert [entry.number for entry in found.entries] == list(range(1, 14)) and found.last_number == 13


def test_somebody_outside_writes_thirty_messages_an_hour(two: Morgans) -> None:
    with at("2026-11-05 10:00"):
        thread = two.start(["Ben", "Aisha"])
        for number in range(30):
            two.write("Ben", thread, str(number))
        with pytest.raises(TooManyMessages):
            two.write("Ben", thread, "31")
        with pytest.raises(TooManyMessages):
            two.act("Ben", ask_practice, AskPractice(case_id=two.case_id, thread_class=ADMIN, subject="A", text="B"))
        two.write("Aisha", thread, "I may.")
    with at("2026-11-05 11:01"):
        two.write("Ben", thread, "Again.")


# --- Beginning


def test_staff_choose_from_the_people_of_the_case_with_what_they_are(two: Morgans) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    found = two.cast.read("Marcus", addressees, two.case_id)
    assert [(one.name, one.relation, one.by_mail, one.classes) for one in found.recipients] == [
        ("Aisha Morgan", "client", True, (CLINICAL, ADMIN)), ("Ben Morgan", "client", True, (CLINICAL, ADMIN)),
        ("Nina Cole", "personal assistant of Ben Morgan", True, (ADMIN,)),
    ]
    assert found.classes == (CLINICAL, ADMIN)
    assert two.cast.read("Tom", addressees, two.case_id).classes == (ADMIN,)
    assert two.cast.staff["Tom"] not in found.staff[CLINICAL] and two.cast.staff["Tom"] in found.staff[ADMIN]
    with pytest.raises(NotFound):
        two.cast.read("Olga", addressees, two.case_id)


@pytest.mark.parametrize(("by", "to", "thread_class", "refusal"), [
    ("Marcus", ["Omar"], ADMIN, BadInput), ("Marcus", ["Paul"], ADMIN, BadInput), ("Marcus", [], ADMIN, BadInput),
    ("Marcus", ["Nina"], CLINICAL, BadInput), ("Olga", ["Ben"], ADMIN, NotFound),
    ("Tom", ["Ben"], CLINICAL, NotPermitted), ("Dana", ["Ben"], CLINICAL, NotFound), ("Ruth", ["Ben"], ADMIN, NotFound),
])
def test_nobody_begins_with_whom_they_may_not_write_to(
    two: Morgans, by: str, to: list[str], thread_class: ThreadClass, refusal: type[Exception]
) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    with pytest.raises(refusal):
        two.start(to, by=by, thread_class=thread_class)
    assert how_many(two.cast, ThreadMessage) == 0


def test_a_client_begins_with_the_provider_alone_or_with_the_front_desk(two: Morgans) -> None:
    (about,) = two.ask("Aisha", what_about)
    assert (about.label, about.classes) == ("Couple / two-person, Marcus Bell", (ADMIN, CLINICAL))
    own = two.act("Aisha", ask_practice, AskPractice(
        case_id=two.case_id, thread_class=CLINICAL, subject="Just us", text="May I?"))
    desk = two.act("Aisha", ask_practice, AskPractice(
        case_id=two.case_id, thread_class=ADMIN, subject="A bill", text="Which?"))
    assert two.threads("Ben").rows == () and two.notices() == []
    assert set(two.listed("Marcus")) == {own, desk} and two.listed("Tom") == [desk]
    assert two.listed("Tom", "unassigned") == [desk] and two.listed("Marcus", "mine") == [own]
    assert {one.name for one in two.opened("Aisha", own).members} == {"Aisha Morgan", "Marcus Bell"}
    assert two.opened("Aisha", desk).also == "and the practice's front desk"
    with pytest.raises(NotFound):
        two.act("Omar", ask_practice, AskPractice(
            case_id=two.case_id, thread_class=ADMIN, subject="A", text="Not my case."))


def test_in_a_group_everybody_has_a_thread_of_their_own(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Al Ray", "Di Fox", name="Thursday circle")
    people = people_of(cast, group)
    made = cast.do("Marcus", start_thread, StartThread(
        case_id=group, thread_class=ADMIN, subject="A new room", text="We meet upstairs.",
        people=tuple(ToPerson(person_id=people[one]) for one in ("Eve", "Al"))))
    assert len(made) == 2
    with database.reading(cast.engine) as session:
        for name, thread in zip(("Eve", "Al"), made, strict=True):
            eve = PortalActor(people[name], name)
            assert [row.thread_id for row in my_threads(session, eve).rows] == [thread]
            found = my_conversation(session, eve, thread)
            others = {"Eve": ("Ray", "Fox"), "Al": ("Moss", "Fox")}[name]
            assert not [one for one in others if one in repr(found)], "no other member's name (X08)"
        assert my_threads(session, PortalActor(people["Di"], "Di")).rows == ()
    with pytest.raises(OneInAGroup):
        cast.do("Marcus", add_to_thread, AddToThread(thread_id=made[0], person_id=people["Di"]))


def test_a_workshop_uses_its_own_word_for_the_class(cast: Cast) -> None:
    workshop = cast.open_case(CaseType.WORKSHOP, "Lu Park", name="Spring training")
    cast.do("Marcus", start_thread, StartThread(
        case_id=workshop, thread_class=CLINICAL, subject="Notes", text="Here.",
        people=(ToPerson(person_id=people_of(cast, workshop)["Lu"]),)))
    assert [row.label for row in cast.read("Marcus", conversations).rows] == ["Documentation"]
