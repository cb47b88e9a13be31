"""Writing with somebody who inquired: the link, who reads it, the archive, and where it goes once they are a client."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.ids import new_operation
from practicerunner.records.asker_threads import AskerMessage, AskerRead, AskerThread
from practicerunner.records.audit import AuditRow
from practicerunner.records.messages import MessageThread, ThreadMessage
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.rules import inquiries as rules
from practicerunner.rules.scheduling import wall
from practicerunner.vocabulary import CaseStatus, CaseType, InquiryStatus, MessageKind, MessageStatus, ThreadClass
from practicerunner.workflows import outbox
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asker_page import (
    AnswerByLink,
    AskerPage,
    LinkIsOver,
    TooManyAnswers,
    answer_by_link,
    read_by_link,
)
from practicerunner.workflows.asker_threads import (
    ArchiveAskerThread,
    AssignAskerThread,
    ConversationIsClosed,
    ConversationMoved,
    EndLink,
    MarkAskerThreadRead,
    ReopenAskerThread,
    SendLinkAgain,
    WriteToAsker,
    archive_asker_thread,
    asker_conversation,
    assign_asker_thread,
    end_link,
    mark_asker_thread_read,
    reopen_asker_thread,
    send_link_again,
    write_to_asker,
)
from practicerunner.workflows.cases import ChangeCase, OpenCase, Taking, change_case, open_case
from practicerunner.workflows.inquiries import AssignInquiry, CloseInquiry, assign_inquiry, close_inquiry
from practicerunner.workflows.inquiry_page import AlreadySent
from practicerunner.workflows.message_pages import (
    Conversations,
    conversation,
    conversations,
    conversations_of_case,
    unread_conversations,
)
from practicerunner.workflows.messages import StartThread, ThreadIsArchived, ToPerson, start_thread
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.portal_messages import AnswerMessage, answer_message, my_conversation, my_threads
from practicerunner.workflows.prospects import (
    MakeClient,
    MakeProspect,
    TakeIntoGroup,
    make_client,
    make_prospect,
    take_into_group,
)
from practicerunner.workflows.today import day
from practicerunner.workflows.waitlist import SetCapacity, TakeIn, set_capacity, take_in
from tests.cast import at, moment
from tests.inquiring import NOW, Door

NEWS = "Would Friday at ten suit you?"


def write(door: Door, inquiry_id: int, text: str = NEWS, who: str = "Tom") -> int:
    made: int = door.cast.do(who, write_to_asker, WriteToAsker(inquiry_id=inquiry_id, text=text))
    return made


def letters(door: Door) -> list[OutboxMessage]:
    with database.reading(door.cast.engine) as session:
        return list(session.scalars(select(OutboxMessage).where(
            OutboxMessage.kind == MessageKind.INQUIRY_ANSWERED).order_by(OutboxMessage.id)))


def token(door: Door) -> str:
    """The secret of the newest link."""
    return re.findall(r"/inquiry/letter/(\S+)", letters(door)[-1].body)[0]


def read(door: Door, secret: str) -> AskerPage:
    with database.transaction(door.cast.engine) as session:
        return read_by_link(session, secret)


def answer(door: Door, secret: str, text: str = "Yes, gladly.", op: str = "") -> AskerPage:
    with database.transaction(door.cast.engine) as session:
        return answer_by_link(session, AnswerByLink(op=op or new_operation(), token=secret, text=text))


def shelf(door: Door, who: str, name: Any = "all", **words: Any) -> Conversations:
    found: Conversations = door.cast.read(who, conversations, name, **words)
    return found


def opened(door: Door, who: str, inquiry_id: int) -> Any:
    """Reading is logged, so it is a transaction."""
    with database.transaction(door.cast.engine) as session:
        return asker_conversation(session, door.cast.actor(who), inquiry_id)


def actions(door: Door) -> list[str]:
    with database.reading(door.cast.engine) as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.seq)))


# --- The notice and its link


def test_a_message_goes_out_as_a_notice_without_a_word_of_it_and_the_secret_is_nowhere_else(door: Door) -> None:
    made = door.send(message="I am Nora and I do not sleep")
    asked = WriteToAsker(inquiry_id=made, text=NEWS)
    assert door.cast.do("Tom", write_to_asker, asked) == door.cast.do("Tom", write_to_asker, asked)
    letter, = letters(door)
    assert (letter.to_address, letter.subject, letter.person_id, letter.case_id) == (
        "nora@river.example", "A message waits for you", None, None)
    assert letter.expires_at == moment("2026-12-10 12:00")
    for word in (NEWS, "Nora", "Tom", "sleep", "individual"):
        assert word not in letter.subject + letter.body
    secret = token(door)
    assert len(secret) == 43
    with database.reading(door.cast.engine) as session:
        thread, = session.scalars(select(AskerThread)).all()
        assert thread.token_fingerprint != secret and len(thread.token_fingerprint or "") == 64
        assert secret not in "".join(str(tuple(row)) for row in session.execute(select(AuditRow.__table__)))
    with database.transaction(door.cast.engine) as session:
        found = outbox.claim(session, "worker")
        while found is not None:
            outbox.sent(session, found.id, "worker")
            found = outbox.claim(session, "worker")
    assert secret not in letters(door)[0].body and "/inquiry/letter/…" in letters(door)[0].body
    assert actions(door).count("write_to_asker") == 1
    shown = read(door, secret)
    assert [(one.author, one.text, one.at) for one in shown.entries] == [
        ("Tom Alvarez", NEWS, wall(moment(NOW), "America/New_York"))
    ], "not what was asked: the address may be somebody else's"
    assert (shown.goes_on, shown.has_moved, shown.us.name) == (True, False, "Linden Street Practice")


def test_without_an_address_nothing_is_written_and_with_one_nothing_empty(door: Door) -> None:
    by_phone = door.send(email="", phone="518 555 0133")
    with pytest.raises(BadInput, match="no e-mail address"):
        write(door, by_phone)
    for text in (" \n ", "x" * 20_001):
        with pytest.raises(ValidationError):
            WriteToAsker(inquiry_id=by_phone, text=text)
    with pytest.raises(ValidationError):
        AnswerByLink(token="x", text="y" * (rules.LONGEST_ANSWER + 1))
    assert door.count(AskerThread) == door.count(AskerMessage) == len(letters(door)) == 0
    assert [row.may_write for row in door.shown("Tom")] == [False]


def test_one_notice_waits_until_it_was_read_and_each_message_gives_its_link_more_time(door: Door) -> None:
    made = door.send()
    write(door, made)
    first = token(door)
    with at("2026-11-20 12:00"):
        write(door, made, "And Monday?")
        assert len(letters(door)) == 1
    with at("2026-12-20 11:59"):
        assert len(read(door, first).entries) == 2
    with at("2026-12-20 12:00"), pytest.raises(LinkIsOver):
        read(door, first)
    with at("2026-12-21 09:00"):
        write(door, made, "Are you still looking?")
        second = token(door)
        assert len(letters(door)) == 2 and second != first
        assert len(read(door, second).entries) == 3
        write(door, made, "Once more")
    assert len(letters(door)) == 3 and token(door) not in (first, second), "it was read, so they are told again"
    with at("2026-12-21 10:00"):
        for over in (first, second, "forged", ""):
            with pytest.raises(LinkIsOver):
                read(door, over)
            with pytest.raises(LinkIsOver):
                answer(door, over)
        assert len(read(door, token(door)).entries) == 4


def test_a_link_is_sent_again_and_ended(door: Door) -> None:
    made = door.send()
    write(door, made)
    first = token(door)
    door.cast.do("Tom", send_link_again, SendLinkAgain(inquiry_id=made))
    assert [one.status for one in letters(door)] == [MessageStatus.DROPPED, MessageStatus.WAITING]
    second = token(door)
    with pytest.raises(LinkIsOver):
        read(door, first)
    assert read(door, second).entries and opened(door, "Tom", made).link_until == date(2026, 12, 10)
    door.cast.do("Tom", end_link, EndLink(inquiry_id=made))
    with pytest.raises(LinkIsOver):
        answer(door, second)
    assert opened(door, "Tom", made).link_until is None
    write(door, made, "To the right address")
    assert len(read(door, token(door)).entries) == 2


# --- The answer


def test_an_answer_is_new_for_the_practice_reopens_and_is_kept_once(door: Door) -> None:
    made = door.send(provider="marcus-bell", message="Is there a place?")
    write(door, made)
    assert [(row.people, row.assigned, row.unread) for row in shelf(door, "Tom").rows] == [
        ("Nora Lindqvist", "Marcus Bell", False)]
    page = opened(door, "Tom", made)
    door.cast.do("Tom", archive_asker_thread, ArchiveAskerThread(inquiry_id=made, revision=page.revision))
    assert shelf(door, "Tom").rows == () and len(shelf(door, "Tom", "archived").rows) == 1
    for who in ("Tom", "Marcus"):
        opened(door, who, made)
        door.cast.do(who, mark_asker_thread_read, MarkAskerThreadRead(inquiry_id=made, number=1))
        assert door.cast.read(who, unread_conversations) == 0
    op, secret = new_operation(), token(door)
    assert not any(one.page == "messages" for one in door.cast.read("Marcus", day).waiting)
    with at("2026-11-10 15:00"):
        assert answer(door, secret, op=op) == answer(door, secret, op=op)
        with pytest.raises(AlreadySent):
            answer(door, secret, "Something else", op=op)
    assert door.count(AskerMessage) == 2
    for who in ("Tom", "Marcus", "Dana"):
        row, = shelf(door, who).rows
        assert (row.unread, row.archived, row.inquiry_id, row.case_id) == (True, False, made, None)
        assert door.cast.read(who, unread_conversations) == 1
        assert "1 conversation with something new" in [one.sentence for one in door.cast.read(who, day).waiting]
    assert [one.inquiry_id for one in shelf(door, "Marcus", "mine").rows] == [made]
    page = opened(door, "Marcus", made)
    assert [(one.author, one.text, one.is_new) for one in page.entries] == [
        ("Nora Lindqvist", "Is there a place?", False), ("Tom Alvarez", NEWS, False),
        ("Nora Lindqvist", "Yes, gladly.", True)]
    door.cast.do("Marcus", mark_asker_thread_read, MarkAskerThreadRead(inquiry_id=made, number=2))
    assert (door.cast.read("Marcus", unread_conversations), door.cast.read("Tom", unread_conversations)) == (0, 1)
    assert len(letters(door)) == 1, "whoever answers has read it and gets no notice of it"
    assert actions(door).count("answer_by_link") == 1


def test_two_clicks_at_once_are_one_message(door: Door) -> None:
    made, op = door.send(), new_operation()
    write(door, made)
    secret = token(door)
    with clock.frozen(moment(NOW)), ThreadPoolExecutor(3) as crowd:
        pages = list(crowd.map(lambda _: answer(door, secret, op=op), range(3)))
    assert [len(page.entries) for page in pages] == [2, 2, 2] and door.count(AskerMessage) == 2


def test_only_so_many_answers_are_taken_within_an_hour(door: Door) -> None:
    made, other = door.send(), door.send(first_name="Vera", email="vera@hill.example")
    write(door, other)
    theirs = token(door)
    write(door, made)
    secret = token(door)
    for number in range(rules.ANSWERS.most):
        answer(door, secret, f"{number}")
    with pytest.raises(TooManyAnswers):
        answer(door, secret, "one more")
    assert len(answer(door, theirs).entries) == 2, "and nobody else is kept waiting"
    with at("2026-11-10 13:01"):
        assert len(answer(door, secret, "later").entries) == rules.ANSWERS.most + 2


def test_a_closed_inquiry_can_be_read_and_not_answered_and_leaves_the_list(door: Door) -> None:
    made = door.send()
    write(door, made)
    secret = token(door)
    door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=made, revision=1, reason="No place free"))
    shown = read(door, secret)
    assert (shown.goes_on, len(shown.entries)) == (False, 1)
    with pytest.raises(ConversationIsClosed):
        answer(door, secret)
    with pytest.raises(ConversationIsClosed):
        write(door, made, "One more thing")
    with pytest.raises(ConversationIsClosed):
        door.cast.do("Tom", send_link_again, SendLinkAgain(inquiry_id=made))
    assert shelf(door, "Tom").rows == () and len(shelf(door, "Tom", "archived").rows) == 1
    never = door.send(email="never@b.example")
    door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=never, revision=1, reason="Advertising"))
    with pytest.raises(ConversationIsClosed):
        write(door, never)


# --- Who may


@pytest.mark.parametrize(("who", "sees"), [
    ("Dana", {"open", "his", "hers"}), ("Tom", {"open", "his", "hers"}), ("Marcus", {"his"}), ("Priya", {"hers"}),
    ("Ruth", set()), ("Olga", set()),
])
def test_each_role_reads_and_works_the_conversations_that_are_theirs(door: Door, who: str, sees: set[str]) -> None:
    made = {"open": door.send(), "his": door.send(provider="marcus-bell", email="a@b.example"),
            "hers": door.send(provider="priya-nair", email="c@d.example")}
    for inquiry_id in made.values():
        write(door, inquiry_id, who="Dana")
    assert {row.inquiry_id for row in shelf(door, who).rows} == {made[name] for name in sees}
    assert shelf(door, who).shelves.all == len(sees)
    assert {row.inquiry_id for row in door.shown(who) if row.conversation} == {made[name] for name in sees}
    assert len(door.shown(who)) == (1 if who == "Ruth" else len(sees)), "who supervises sees an inquiry, and no words"
    acts: list[tuple[Callable[..., Any], Any]] = [
        (write_to_asker, lambda one: WriteToAsker(inquiry_id=one, text="x")),
        (assign_asker_thread, lambda one: AssignAskerThread(inquiry_id=one)),
        (reopen_asker_thread, lambda one: ReopenAskerThread(inquiry_id=one)),
        (mark_asker_thread_read, lambda one: MarkAskerThreadRead(inquiry_id=one, number=1)),
        (send_link_again, lambda one: SendLinkAgain(inquiry_id=one)), (end_link, lambda one: EndLink(inquiry_id=one)),
    ]
    for name, inquiry_id in made.items():
        for verb, build in acts:
            if name in sees:
                door.cast.do(who, verb, build(inquiry_id))
            else:
                with pytest.raises(NotPermitted):
                    door.cast.do(who, verb, build(inquiry_id))
        if name in sees:
            revision = opened(door, who, inquiry_id).revision
            door.cast.do(who, archive_asker_thread, ArchiveAskerThread(inquiry_id=inquiry_id, revision=revision))
        else:
            with pytest.raises(NotPermitted):
                door.cast.do(who, archive_asker_thread, ArchiveAskerThread(inquiry_id=inquiry_id, revision=2))
            with pytest.raises(NotPermitted):
                opened(door, who, inquiry_id)
    with pytest.raises(NotPermitted):
        door.cast.do("Dana", write_to_asker, WriteToAsker(inquiry_id=1, text="x"))


def test_it_is_looked_after_by_whoever_answers_and_by_nobody_who_may_not_read_it(door: Door) -> None:
    made = door.send()
    write(door, made)
    assert opened(door, "Tom", made).assigned == "Tom Alvarez"
    with pytest.raises(BadInput):
        door.cast.do("Tom", assign_asker_thread, AssignAskerThread(
            inquiry_id=made, staff_id=door.cast.staff["Marcus"]))
    door.cast.do("Tom", assign_inquiry, AssignInquiry(
        inquiry_id=made, revision=1, provider_id=door.cast.staff["Marcus"]))
    assert opened(door, "Marcus", made).assigned == "Marcus Bell"
    door.cast.do("Marcus", assign_asker_thread, AssignAskerThread(inquiry_id=made, staff_id=door.cast.staff["Dana"]))
    assert [row.inquiry_id for row in shelf(door, "Dana", "mine").rows] == [made]
    door.cast.do("Marcus", assign_asker_thread, AssignAskerThread(inquiry_id=made))
    assert [row.inquiry_id for row in shelf(door, "Marcus", "unassigned").rows] == [made]


def test_archiving_is_refused_where_something_was_written_since_it_was_read(door: Door) -> None:
    made = door.send()
    write(door, made)
    page = opened(door, "Tom", made)
    answer(door, token(door))
    with pytest.raises(Stale):
        door.cast.do("Tom", archive_asker_thread, ArchiveAskerThread(inquiry_id=made, revision=page.revision))
    put_away = ArchiveAskerThread(inquiry_id=made, revision=opened(door, "Tom", made).revision)
    door.cast.do("Tom", archive_asker_thread, put_away)
    door.cast.do("Tom", archive_asker_thread, put_away)
    with pytest.raises(ThreadIsArchived):
        door.cast.do("Dana", archive_asker_thread, ArchiveAskerThread(inquiry_id=made, revision=put_away.revision + 1))
    door.cast.do("Tom", reopen_asker_thread, ReopenAskerThread(inquiry_id=made))
    assert [row.archived for row in shelf(door, "Tom").rows] == [False]
    with pytest.raises(NotFound):
        door.cast.do("Tom", mark_asker_thread_read, MarkAskerThreadRead(inquiry_id=made, number=3))
    assert actions(door).count("open_thread") == 1, "a page that redraws itself is one reading"


def test_conversations_of_people_who_asked_stand_among_those_of_clients_page_by_page(door: Door) -> None:

    cast = door.cast
    case_id = cast.do("Dana", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
        participants=(Taking(person=PersonDetails(first_name="Ida", last_name="Lund")),)))
    ida = people(door)["Ida"]
    subjects = []
    for number in range(31):
        with at(f"2026-11-11 {number // 4 + 8:02}:{number % 4 * 15:02}"):
            if number % 5 == 2:
                write(door, door.send(first_name=f"Nora{number}", email=f"n{number}@b.example"))
                subjects.append(f"Nora{number} Lindqvist")
            else:
                cast.do("Tom", start_thread, StartThread(
                    case_id=case_id, thread_class=ThreadClass.ADMIN, subject=f"{number}",
                    people=(ToPerson(person_id=ida),), text="x"))
                subjects.append(f"{number}")
    with at("2026-11-12 09:00"):
        found = [shelf(door, "Tom", page=page) for page in (1, 2)]
        named = [row.people if row.inquiry_id else row.subject for one in found for row in one.rows]
        assert named == subjects[::-1] and [len(one.rows) for one in found] == [25, 6]
        assert {one.total for one in found} == {31} and found[0].shelves.all == 31
        assert [row.people for row in shelf(door, "Tom", search="nora22 lind").rows] == ["Nora22 Lindqvist"]
        assert shelf(door, "Tom", search="lindqvist").total == 6
        assert shelf(door, "Marcus").total == 25, "those of the practice are the desk's"


# --- What becomes of it


def people(door: Door) -> dict[str, int]:
    with database.reading(door.cast.engine) as session:
        return dict(session.execute(select(Person.first_name, Person.id)).tuples().all())


def test_the_conversation_moves_into_the_case_and_goes_on_in_the_portal(door: Door) -> None:
    made = door.send(provider="marcus-bell", message="Is there a place?")
    with at("2026-11-10 13:00"):
        write(door, made, who="Tom")
    secret = token(door)
    with at("2026-11-10 14:00"):
        answer(door, secret, "Yes; is it far?")
    with at("2026-11-10 15:00"):
        write(door, made, "Ten minutes from the station.", "Marcus")
    with at("2026-11-10 16:00"):
        asked = MakeProspect(inquiry_id=made, revision=1)
        case_id = door.cast.do("Marcus", make_prospect, asked)
        assert door.cast.do("Marcus", make_prospect, asked) == case_id
    line, = door.cast.read("Tom", conversations_of_case, case_id)
    assert (line.subject, line.people, line.assigned, line.unread, line.last_at) == (
        "Inquiry", "Nora Lindqvist", "Marcus Bell", True, moment("2026-11-10 15:00"))
    assert door.cast.read("Marcus", conversations_of_case, case_id)[0].unread is False
    with database.transaction(door.cast.engine) as session:
        page = conversation(session, door.cast.actor("Marcus"), line.thread_id)
    expected = [("Nora Lindqvist", "Is there a place?", 12), ("Tom Alvarez", NEWS, 13),
                ("Nora Lindqvist", "Yes; is it far?", 14), ("Marcus Bell", "Ten minutes from the station.", 15)]
    assert [(one.author, one.text, one.at) for one in page.entries] == [
        (who, text, moment(f"2026-11-10 {hour}:00")) for who, text, hour in expected]
    assert [one.name for one in page.members] == ["Nora Lindqvist", "Tom Alvarez", "Marcus Bell"]
    assert door.count(AskerMessage) == door.count(AskerRead) == 0
    rows = shelf(door, "Tom").rows
    assert [(row.thread_id, row.inquiry_id) for row in rows] == [(line.thread_id, None)]
    row, = door.shown("Tom", InquiryStatus.PROSPECT)
    assert row.conversation is not None and row.conversation.thread_id == line.thread_id
    assert opened(door, "Tom", made).thread_id == line.thread_id
    for verb, act in ((write_to_asker, WriteToAsker(inquiry_id=made, text="x")),
                      (send_link_again, SendLinkAgain(inquiry_id=made)),
                      (archive_asker_thread, ArchiveAskerThread(inquiry_id=made, revision=1))):
        with pytest.raises(ConversationMoved):
            door.cast.do("Tom", verb, act)
    shown = read(door, secret) if token(door) == secret else read(door, token(door))
    assert (shown.has_moved, shown.entries, shown.goes_on) == (True, (), False)
    with pytest.raises(ConversationIsClosed):
        answer(door, token(door))
    nora = PortalActor(people(door)["Nora"], "Nora Lindqvist")
    with database.reading(door.cast.engine) as session:
        theirs, = my_threads(session, nora).rows
        mine = my_conversation(session, nora, theirs.thread_id)
        assert [(one.is_mine, one.is_new) for one in mine.entries] == [
            (True, False), (False, False), (True, False), (False, True)]
        assert theirs.unread == 1 and mine.may_write
    with database.transaction(door.cast.engine) as session:
        answer_message(session, nora, AnswerMessage(thread_id=theirs.thread_id, text="Good, I will come."))
    assert door.cast.read("Marcus", unread_conversations) == 1


def test_what_was_asked_is_the_first_message_of_a_case_and_without_words_there_is_none(door: Door) -> None:
    spoke, silent = (door.send(provider="marcus-bell", message=text, email=f"a{text}@b.example", first_name=f"N{text}")
                     for text in ("Hello", ""))
    with at("2026-11-11 12:00"):
        first, second = (door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=one, revision=1))
                         for one in (spoke, silent))
    line, = door.cast.read("Marcus", conversations_of_case, first)
    assert (line.unread, line.people, line.last_at) == (False, "NHello Lindqvist", moment(NOW))
    assert door.cast.read("Marcus", conversations_of_case, second) == ()
    assert door.cast.read("Dana", unread_conversations) == 1 and letters(door) == []
    with database.reading(door.cast.engine) as session:
        said, = session.scalars(select(ThreadMessage)).all()
        assert (said.number, said.text, said.staff_id, said.person_id) == (1, "Hello", None, people(door)["NHello"])


def test_with_the_directory_it_goes_along_to_the_provider_and_only_then_into_the_case(door: Door) -> None:
    made = door.send()
    write(door, made)
    with pytest.raises(NotPermitted):
        opened(door, "Marcus", made)
    door.cast.do("Tom", make_client, MakeClient(
        inquiry_id=made, revision=1, provider_id=door.cast.staff["Marcus"]))
    assert opened(door, "Marcus", made).assigned == "Marcus Bell"
    assert len(answer(door, token(door)).entries) == 2
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=2))
    line, = door.cast.read("Marcus", conversations_of_case, case_id)
    assert line.unread and door.count(Person) == 1
    with database.transaction(door.cast.engine) as session:
        page = conversation(session, door.cast.actor("Dana"), line.thread_id)
    assert [one.name for one in page.members] == ["Nora Lindqvist", "Tom Alvarez"]


def test_who_waits_for_a_place_answers_by_the_link_until_they_take_part(door: Door) -> None:
    cast = door.cast
    group = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.THERAPY_GROUP, name="Thursday group", status=CaseStatus.ACTIVE,
        provider_id=cast.staff["Marcus"]))
    cast.do("Marcus", set_capacity, SetCapacity(case_id=group, capacity=8))
    made = door.send(provider="marcus-bell", kind="therapy_group", message="Is there a place?")
    write(door, made, who="Marcus")
    cast.do("Marcus", take_into_group, TakeIntoGroup(inquiry_id=made, revision=1, group_id=group, waits=True))
    assert cast.read("Marcus", conversations_of_case, group) == ()
    assert len(answer(door, token(door)).entries) == 2
    write(door, made, "A place is free from Thursday on.", "Marcus")
    nora = people(door)["Nora"]
    cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=nora, joined_on=date(2026, 11, 12)))
    line, = cast.read("Marcus", conversations_of_case, group)
    assert line.people == "Nora Lindqvist" and read(door, token(door)).has_moved
    with database.reading(cast.engine) as session:
        assert session.scalars(select(ThreadMessage.number).order_by(ThreadMessage.number)).all() == [1, 2, 3, 4]
        assert [row.last_number for row in session.scalars(select(MessageThread))] == [4]


def test_whoever_waits_writes_to_who_treats_there_now_and_the_one_before_reads_no_more(door: Door) -> None:
    cast = door.cast
    group, other = (cast.do("Marcus", open_case, OpenCase(
        type=CaseType.THERAPY_GROUP, name=name, status=CaseStatus.ACTIVE, provider_id=cast.staff["Marcus"],
    )) for name in ("Thursday group", "Friday group"))
    asked = {}
    for name, where in (("Nora", group), ("Iris", other)):
        cast.do("Marcus", set_capacity, SetCapacity(case_id=where, capacity=8))
        asked[name] = door.send(
            provider="marcus-bell", kind="therapy_group", message="Is there a place?", first_name=name,
            email=f"{name.lower()}@river.example")
        write(door, asked[name], who="Marcus")
        cast.do("Marcus", take_into_group, TakeIntoGroup(
            inquiry_id=asked[name], revision=1, group_id=where, waits=True))
    cast.do("Dana", change_case, ChangeCase(
        case_id=group, revision=2, name="Thursday group", status=CaseStatus.ACTIVE,
        provider_id=cast.staff["Olga"]))

    def reads(who: str) -> list[str]:
        return sorted(row.people for row in shelf(door, who).rows)

    assert reads("Marcus") == ["Iris Lindqvist"] and reads("Olga") == ["Nora Lindqvist"]
    assert [row.name for row in door.shown("Marcus", InquiryStatus.PROSPECT)] == ["Iris Lindqvist"]
    assert [row.name for row in door.shown("Olga", InquiryStatus.PROSPECT)] == ["Nora Lindqvist"]
    with pytest.raises(NotFound):
        opened(door, "Marcus", asked["Nora"])
    with pytest.raises(NotFound):
        write(door, asked["Nora"], who="Marcus")
    page = opened(door, "Olga", asked["Nora"])
    assert page.assigned == "Olga Outsider" and page.assigned_id == cast.staff["Olga"]
    assert opened(door, "Marcus", asked["Iris"]).assigned == "Marcus Bell"
    write(door, asked["Nora"], "I lead the group now.", "Olga")
