"""Conversations later on: who is added, who leaves, how they are kept, and what comes with a message."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records import document_files
from practicerunner.records.acting import between as acts_between
from practicerunner.records.cases import Case
from practicerunner.records.messages import MessageAttachment, ThreadMessage
from practicerunner.records.portal import PortalAccount
from practicerunner.rules.documents import ContentDiffers, FileTooLarge
from practicerunner.rules.permissions import PortalRole
from practicerunner.settings import settings
from practicerunner.vocabulary import AccessScope, CaseType, Outcome, ThreadClass, Verdict
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.cases import ChangeCase, RemoveParticipant, change_case, remove_participant
from practicerunner.workflows.commands import OperationReused, field_messages
from practicerunner.workflows.message_pages import (
    conversation,
    conversations,
    fetch_attachment,
    unread_conversations,
    who_to_add,
)
from practicerunner.workflows.messages import (
    AddToThread,
    ArchiveThread,
    AssignThread,
    MarkThreadRead,
    ReopenThread,
    SendMessage,
    StartThread,
    TakeOutOfThread,
    ThreadIsArchived,
    ToPerson,
    add_to_thread,
    archive_thread,
    assign_thread,
    mark_thread_read,
    reopen_thread,
    send_message,
    start_thread,
    take_out_of_thread,
)
from practicerunner.workflows.portal_accounts import (
    InviteToPortal,
    ReactivatePortal,
    SuspendPortal,
    invite_to_portal,
    reactivate_portal,
    suspend_portal,
)
from practicerunner.workflows.portal_messages import (
    AddHelper,
    AnswerMessage,
    AskPractice,
    MarkRead,
    add_helper,
    answer_message,
    ask_practice,
    fetch_my_attachment,
    mark_read,
    my_conversation,
    my_threads,
    what_about,
)
from practicerunner.workflows.sent_files import SentFile
from tests import files
from tests.cast import Cast, at, how_many, people_of
from tests.corresponding import Morgans, morgans, texts
from tests.portal import Household, household
from tests.workflows.writing import audit_rows

pytestmark = pytest.mark.usefixtures("correspondence")
CLINICAL, ADMIN = ThreadClass


# --- Later on


def test_staff_who_are_added_see_what_is_written_from_then_on(two: Morgans) -> None:
    thread = two.start(["Aisha", "Ben"], "Before.", thread_class=CLINICAL)
    with pytest.raises(BadInput, match="may read"):
        two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, staff_id=two.cast.staff["Tom"]))
    with pytest.raises(NotFound):
        two.cast.do("Ruth", add_to_thread, AddToThread(thread_id=thread, staff_id=two.cast.staff["Ruth"]))
    two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, staff_id=two.cast.staff["Ruth"]))
    assert texts(two.read("Ruth", thread)) == []
    assert not two.cast.read("Ruth", conversations).rows[0].unread
    two.write("Ben", thread, "After.")
    assert two.cast.read("Ruth", conversations).shelves.unread == 1
    assert texts(two.read("Ruth", thread)) == ["After."] and texts(two.read("Marcus", thread)) == ["Before.", "After."]
    assert [entry.text for entry in two.opened("Aisha", thread).entries][1] == (
        "Ruth Feldman joined, and reads what is written from here on.")
    with database.transaction(two.cast.engine) as session:
        opens = {who: conversation(session, two.cast.actor(who), thread).opens_case for who in ("Ruth", "Marcus")}
    assert opens == {"Ruth": False, "Marcus": True}, "the case is not Ruth's"
    with pytest.raises(BadInput, match="already"):
        two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, staff_id=two.cast.staff["Ruth"]))
    with pytest.raises(BadInput, match="reads every conversation"):
        two.cast.do("Ruth", take_out_of_thread, TakeOutOfThread(thread_id=thread, staff_id=two.cast.staff["Marcus"]))
    two.cast.do("Marcus", take_out_of_thread, TakeOutOfThread(thread_id=thread, staff_id=two.cast.staff["Ruth"]))
    assert two.listed("Ruth") == []
    with pytest.raises(NotFound):
        two.read("Ruth", thread)
    two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, staff_id=two.cast.staff["Ruth"]))
    assert texts(two.read("Ruth", thread)) == []


def test_a_client_who_is_taken_out_keeps_what_they_read_and_writes_no_more(two: Morgans) -> None:
    thread = two.start(["Aisha", "Ben"], "Both.")
    two.cast.do("Marcus", take_out_of_thread, TakeOutOfThread(thread_id=thread, person_id=two.people["Ben"]))
    two.write("Aisha", thread, "Only us now.")
    found = two.opened("Ben", thread)
    assert texts(found) == ["Both."] and not found.may_write
    assert (two.threads("Ben").rows[0].unread, two.threads("Ben").unread) == (1, 1)
    with pytest.raises(NotPermitted, match="no longer take part"):
        two.write("Ben", thread, "Still here?")
    two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, person_id=two.people["Ben"]))
    two.write("Aisha", thread, "Back.")
    assert texts(two.opened("Ben", thread)) == ["Both.", "Back."]


def test_a_helper_goes_with_the_client_who_is_taken_out(two: Morgans) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    thread = two.start(["Aisha", "Ben"], "Both.")
    two.act("Ben", add_helper, AddHelper(thread_id=thread, person_id=two.people["Nina"]))
    two.write("Marcus", thread, "Nina reads this.")
    assert texts(two.opened("Nina", thread)) == ["Nina reads this."]
    two.cast.do("Marcus", take_out_of_thread, TakeOutOfThread(thread_id=thread, person_id=two.people["Ben"]))
    two.write("Aisha", thread, "For Marcus.")
    assert two.threads("Nina").rows == ()
    with pytest.raises(NotPermitted):
        two.opened("Nina", thread)
    assert [entry.text for entry in two.opened("Aisha", thread).entries][-3:] == [
        "Ben Morgan takes part no more.", "Nina Cole takes part no more.", "For Marcus."]
    two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, person_id=two.people["Ben"]))
    with pytest.raises(NotPermitted):
        two.opened("Nina", thread)


def give_away(two: Morgans, to: str) -> None:
    """The case goes to another provider."""
    with database.reading(two.cast.engine) as session:
        case = session.get_one(Case, two.case_id)
    two.cast.do("Dana", change_case, ChangeCase(
        case_id=case.id, revision=case.revision, label=case.label, status=case.status,
        provider_id=two.cast.staff[to]))


def test_conversations_go_with_the_case_to_whoever_treats_there_next(two: Morgans) -> None:
    read, unread = two.start(["Aisha"], "Private.", thread_class=CLINICAL), two.start(["Aisha", "Ben"], "Admin.")
    two.write("Ben", unread, "Nobody has read this.")
    two.cast.do("Marcus", mark_thread_read, MarkThreadRead(thread_id=read, number=1))
    give_away(two, "Olga")
    assert two.listed("Marcus") == []
    for thread in (read, unread):
        with pytest.raises(NotFound):
            two.read("Marcus", thread)
        with pytest.raises(NotFound):
            two.write("Marcus", thread, "Still me.")
    assert {row.thread_id: (row.assigned, row.unread) for row in two.cast.read("Olga", conversations).rows} == {
        read: ("Olga Outsider", False), unread: ("Olga Outsider", True)}
    assert texts(two.read("Olga", read)) == ["Private."]
    found = two.opened("Aisha", read)
    assert [one.name for one in found.members] == ["Aisha Morgan", "Olga Outsider"]
    assert [entry.text for entry in found.entries] == [
        "Private.", "Marcus Bell takes part no more.",
        "Olga Outsider looks after this now, and reads the conversation."]
    give_away(two, "Marcus")
    assert texts(two.read("Marcus", unread)) == ["Admin.", "Nobody has read this."] and two.listed("Olga") == []


def test_who_takes_part_already_is_not_put_into_a_conversation_twice(two: Morgans) -> None:
    thread = two.start(["Aisha"], "Before.", thread_class=CLINICAL)
    two.cast.do("Marcus", add_to_thread, AddToThread(thread_id=thread, staff_id=two.cast.staff["Olga"]))
    give_away(two, "Olga")
    assert [one.name for one in two.opened("Aisha", thread).members] == ["Aisha Morgan", "Olga Outsider"]
    assert texts(two.read("Olga", thread)) == ["Before."]


def test_whoever_left_the_case_reads_nothing_that_is_written_later(cast: Cast) -> None:
    family = cast.open_case(CaseType.FAMILY, "Ana Rey", "Bo Rey", "Cy Rey")
    people = people_of(cast, family)
    with at("2026-11-05 10:00"):
        (thread,) = cast.do("Marcus", start_thread, StartThread(
            case_id=family, thread_class=CLINICAL, subject="All", text="All of you.",
            people=tuple(ToPerson(person_id=one) for one in people.values())))
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=family, person_id=people["Bo"], left_on=date(2026, 11, 8)))
    for when, said in (("2026-11-07 23:59", "still"), ("2026-11-08 00:00", "gone")):
        with at(when):
            cast.do("Marcus", send_message, SendMessage(thread_id=thread, text=said))
    with at("2026-11-09 10:00"), database.reading(cast.engine) as session:
        bo, ana = PortalActor(people["Bo"], "Bo"), PortalActor(people["Ana"], "Ana")
        assert texts(my_conversation(session, bo, thread)) == ["All of you.", "still"]
        assert not my_conversation(session, bo, thread).may_write
        assert texts(my_conversation(session, ana, thread)) == ["All of you.", "still", "gone"]


def test_whoever_acts_for_somebody_who_takes_part_is_added_by_them_alone(two: Morgans) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    thread = two.start(["Aisha", "Ben"])
    nina = AddToThread(thread_id=thread, person_id=two.people["Nina"], for_id=two.people["Ben"])
    with pytest.raises(BadInput, match="by them, in the portal"):
        two.cast.do("Marcus", add_to_thread, nina)
    assert two.cast.read("Marcus", who_to_add, thread).people == ()
    hers = two.start(["Aisha"], "Of Aisha alone.")
    two.cast.do("Marcus", add_to_thread, nina.model_copy(update={"op": "x" * 32, "thread_id": hers}))
    assert texts(two.opened("Nina", hers)) == []
    asked = AddHelper(thread_id=thread, person_id=two.people["Nina"])
    assert two.act("Ben", add_helper, asked) == two.act("Ben", add_helper, asked) == thread
    with pytest.raises(BadInput):
        two.act("Ben", add_helper, AddHelper(thread_id=thread, person_id=two.people["Nina"]))
    assert [row.detail for row in audit_rows(two.cast, "add_helper")] == [f"admin, person {two.people['Nina']}"]


def test_a_denial_closes_at_the_next_action_and_is_written_down(two: Morgans) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    thread = two.start(["Nina"], "For Nina.", by="Tom")
    assert texts(two.opened("Nina", thread)) == ["For Nina."]
    denial = two.grant("Nina", AccessScope.MESSAGES, Verdict.DENIED, case_id=two.case_id)
    assert two.threads("Nina").rows == ()
    with pytest.raises(NotPermitted):
        two.opened("Nina", thread)
    refused = [row for row in audit_rows(two.cast, "read") if row.outcome is Outcome.REFUSED]
    assert [(row.person_id, row.resource_id) for row in refused] == [(two.people["Nina"], thread)]
    two.write("Tom", thread, "She does not read this.")
    with at("2026-11-06 10:00"):
        two.cast.do("Dana", end_decision, EndDecision(decision_id=denial))
        two.write("Tom", thread, "And this she does.")
        assert texts(two.opened("Nina", thread)) == ["And this she does."]


def test_a_guardian_has_a_thread_of_her_own_until_her_child_is_of_age(cast: Cast) -> None:
    house: Household = household(cast)
    elena = PortalActor(house.elena, "Elena", PortalRole.REPRESENTATIVE, house.leo)
    leo = PortalActor(house.leo, "Leo")
    joan = PortalActor(house.joan, "Joan", PortalRole.HELPER, house.leo)

    def act(who: PortalActor, verb: Any, asked: Any) -> Any:
        with database.transaction(cast.engine) as session:
            return verb(session, who, asked)

    with at("2026-11-30 23:59"):
        hers = act(elena, ask_practice, AskPractice(
            case_id=house.leos, thread_class=CLINICAL, subject="Leo", text="He sleeps badly."))
        his = act(leo, ask_practice, AskPractice(
            case_id=house.leos, thread_class=CLINICAL, subject="Mine", text="She must not know."))
        with database.reading(cast.engine) as session:
            assert [one.thread_id for one in my_threads(session, elena).rows] == [hers]
            assert [one.thread_id for one in my_threads(session, leo).rows] == [his]
            assert my_threads(session, joan).rows == ()
            assert [one.label for one in what_about(session, elena)] == ["Marcus Bell"]
        with pytest.raises(NotFound):
            act(elena, answer_message, AnswerMessage(thread_id=his, text="Leo?"))
        with pytest.raises(NotFound):
            act(PortalActor(house.elena, "Elena"), answer_message, AnswerMessage(thread_id=hers, text="As myself?"))
        with pytest.raises(NotPermitted):
            act(joan, ask_practice, AskPractice(case_id=house.leos, thread_class=ADMIN, subject="A", text="B"))
        forged = PortalActor(house.joan, "Joan", PortalRole.CLIENT, house.leo)
        with pytest.raises(NotPermitted):
            act(forged, ask_practice, AskPractice(case_id=house.leos, thread_class=ADMIN, subject="A", text="B"))
    with at("2026-12-01 00:00"):
        with pytest.raises(NotPermitted):
            act(elena, answer_message, AnswerMessage(thread_id=hers, text="And now?"))
        with database.reading(cast.engine) as session:
            assert my_threads(session, elena).rows == ()
            assert [one.thread_id for one in my_threads(session, leo).rows] == [his]
    with at("2026-12-02 10:00"):
        cast.do("Marcus", send_message, SendMessage(thread_id=hers, text="Between the birthday and the new word."))
    with at("2026-12-03 10:00"):
        with database.reading(cast.engine) as session:
            acts = acts_between(session, house.elena, house.leo)
            assert acts is not None
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=acts.id, scope=AccessScope.MESSAGES, verdict=Verdict.GRANTED, starts_on=date(2026, 12, 1)))
        cast.do("Marcus", send_message, SendMessage(thread_id=hers, text="Leo wants you to read this."))
        with database.reading(cast.engine) as session:
            assert texts(my_conversation(session, elena, hers)) == ["Leo wants you to read this."]


# --- Keeping them


def test_a_reply_opens_an_archived_thread_again(two: Morgans) -> None:
    thread = two.start(["Ben"])
    for by in ("Ben", "Marcus"):
        two.cast.do("Tom", archive_thread, ArchiveThread(
            thread_id=thread, revision=two.read("Tom", thread).revision))
        assert two.listed("Tom") == [] and two.listed("Tom", "archived") == [thread]
        assert [row.thread_id for row in two.threads("Ben").rows] == [thread], "the client still has it"
        two.write(by, thread, "One thing more.")
        assert two.listed("Tom") == [thread] and two.listed("Tom", "archived") == []
    assert [row.detail for row in (*audit_rows(two.cast, "answer_message"), *audit_rows(two.cast, "send_message"))] == [
        "admin, reopened", "admin, reopened"]


def test_what_was_written_since_is_not_archived_unread(two: Morgans) -> None:
    thread = two.start(["Ben"])
    asked = ArchiveThread(thread_id=thread, revision=two.read("Tom", thread).revision)
    two.write("Ben", thread, "Wait!")
    with pytest.raises(Stale):
        two.cast.do("Tom", archive_thread, asked)
    again = ArchiveThread(thread_id=thread, revision=two.read("Tom", thread).revision)
    assert two.cast.do("Tom", archive_thread, again) == two.cast.do("Tom", archive_thread, again) == thread
    with pytest.raises(ThreadIsArchived):
        two.cast.do("Dana", archive_thread, ArchiveThread(thread_id=thread, revision=again.revision + 1))
    two.cast.do("Dana", reopen_thread, ReopenThread(thread_id=thread))
    assert two.listed("Tom") == [thread]


def test_a_thread_is_looked_after_by_somebody_who_may_read_it(two: Morgans) -> None:
    staff = two.cast.staff
    thread, own = two.start(["Ben"], by="Tom"), two.start(["Aisha"], thread_class=CLINICAL)
    assert set(two.read("Tom", thread).assignable) == {staff[one] for one in ("Dana", "Marcus", "Tom")}
    assert set(two.read("Marcus", own).assignable) == {staff["Marcus"]}
    two.cast.do("Tom", assign_thread, AssignThread(thread_id=thread, staff_id=staff["Marcus"]))
    assert two.listed("Marcus", "mine") == [thread, own] and two.listed("Tom", "mine") == []
    for thread_id, somebody in ((thread, "Olga"), (own, "Tom"), (own, "Dana")):
        with pytest.raises(BadInput):
            two.cast.do("Marcus", assign_thread, AssignThread(thread_id=thread_id, staff_id=staff[somebody]))
    two.cast.do("Tom", assign_thread, AssignThread(thread_id=thread))
    shelves = two.cast.read("Tom", conversations).shelves
    assert (shelves.mine, shelves.unassigned, shelves.all) == (0, 1, 1)


def test_unread_comes_first_and_reading_is_each_ones_own(two: Morgans) -> None:
    older, newer = two.start(["Ben"], subject="Older"), two.start(["Ben"], subject="Newer")
    assert two.listed("Marcus") == [newer, older]
    with at("2026-11-05 21:00"):
        two.write("Ben", older, "A question.")
        two.write("Marcus", newer, "Something.")
        assert two.listed("Marcus") == [older, newer], "unread before the latest"
        assert [row.unread for row in two.cast.read("Marcus", conversations).rows] == [True, False]
        page = two.read("Marcus", older)
        assert [entry.is_new for entry in page.entries] == [False, True] and page.has_new
        two.cast.do("Marcus", mark_thread_read, MarkThreadRead(thread_id=older, number=2))
        two.cast.do("Marcus", mark_thread_read, MarkThreadRead(thread_id=older, number=1))
        assert two.cast.read("Marcus", conversations).shelves.unread == 0, "never back again"
        assert two.cast.read("Tom", conversations).shelves.unread == 2
        assert [two.cast.read(who, unread_conversations) for who in ("Marcus", "Tom", "Olga")] == [0, 2, 0]
        for number in (3, -1):
            with pytest.raises(NotFound):
                two.cast.do("Marcus", mark_thread_read, MarkThreadRead(thread_id=older, number=number))
            with pytest.raises(NotFound):
                two.act("Ben", mark_read, MarkRead(thread_id=older, number=number))


def test_a_search_finds_names_and_never_words_that_were_written(two: Morgans) -> None:
    thread = two.start(["Ben"], "Heron on the roof.", subject="Otter")
    with at("2026-11-05 20:30"):
        two.grant("Nina", AccessScope.MESSAGES)
        hers = two.start(["Nina"], by="Tom")
    for word, found in (("morgan", {hers, thread}), ("AISHA ben", {hers, thread}), ("cole", {hers}), ("reyes", set()),
                        ("heron", set()), ("otter", set()), ("", {hers, thread})):
        assert set(two.listed("Tom", search=word)) == found, word


def test_opening_is_logged_once_in_a_quarter_of_an_hour(two: Morgans) -> None:
    thread = two.start(["Ben"], thread_class=CLINICAL)
    for when in ("2026-11-05 20:01", "2026-11-05 20:14", "2026-11-05 20:20"):
        with at(when):
            two.read("Marcus", thread)
    rows = audit_rows(two.cast, "open_thread")
    assert [(row.staff_id, row.resource, row.resource_id, row.case_id, row.role) for row in rows] == [
        (two.cast.staff["Marcus"], "messages_clinical", thread, two.case_id, "provider")] * 2


# --- What comes with a message


def sent(name: str = "letter.txt", content: bytes = b"Heron.") -> SentFile:
    return SentFile(file_name=name, content=content)


def attachments(cast: Cast) -> list[int]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(MessageAttachment.id).order_by(MessageAttachment.id)))


def fetch(two: Morgans, name: str, attachment_id: int) -> tuple[str, str, bytes]:
    if name in two.people:
        found: tuple[str, str, bytes] = two.ask(name, fetch_my_attachment, attachment_id)
        return found
    actor = two.cast.actor(name)
    with database.transaction(two.cast.engine) as session:
        return fetch_attachment(session, actor, attachment_id)


def test_a_file_is_for_those_who_see_its_message_and_nobody_else(two: Morgans) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    both = two.start(["Aisha", "Ben"], files=(sent(), sent("plan.pdf", files.pdf())))
    own = two.start(["Aisha"], thread_class=CLINICAL)
    two.write("Aisha", own, "See this.", files=(sent("secret.txt"),))
    letter, _, secret = attachments(two.cast)
    (message,) = [entry for entry in two.opened("Ben", both).entries if entry.files]
    assert [(file.name, file.size) for file in message.files] == [("letter.txt", 6), ("plan.pdf", len(files.pdf()))]
    for name in ("Ben", "Aisha", "Marcus", "Tom", "Dana"):
        assert fetch(two, name, letter) == ("letter.txt", "text/plain; charset=utf-8", b"Heron.")
    for name in ("Aisha", "Marcus"):
        assert fetch(two, name, secret)[2] == b"Heron."
    two.act("Ben", add_helper, AddHelper(thread_id=both, person_id=two.people["Nina"]))
    for name in ("Ben", "Nina", "Omar", "Tom", "Dana", "Olga", "Priya"):
        with pytest.raises(NotFound):
            fetch(two, name, secret)
    with pytest.raises(NotFound):
        fetch(two, "Nina", letter)  # it came before she did
    assert len([row for row in audit_rows(two.cast, "download") if row.outcome is Outcome.ALLOWED]) == 7
    assert b"Heron" not in b"".join(path.read_bytes() for path in settings().files_dir.iterdir())
    with database.reading(two.cast.engine) as session:
        assert list(document_files.problems(session)) == []
        (stored,) = session.scalars(select(MessageAttachment.stored_name).where(MessageAttachment.id == secret))
    (settings().files_dir / stored).unlink()
    with database.reading(two.cast.engine) as session:
        assert list(document_files.problems(session)) == [f"The file of document {secret} is missing."]


def test_a_program_in_disguise_and_a_file_too_large_are_refused_before_anything_is_kept(two: Morgans) -> None:
    thread = two.start(["Ben"])
    with pytest.raises(ContentDiffers):
        two.write("Ben", thread, "My holiday.", files=(sent("holiday.pdf", b"MZ\x90\x00program"),))
    with pytest.raises(FileTooLarge, match="is 30 MB"):
        two.write("Ben", thread, "My film.", files=(sent("film.txt", b"x" * 30 * 1024 * 1024),))
    with pytest.raises(ValidationError) as many:
        two.write("Ben", thread, "All.", files=tuple(sent() for _ in range(6)))
    assert field_messages(many.value) == {"files": "These are too many; at most 5 fit."}
    assert how_many(two.cast, ThreadMessage) == 1 and not settings().files_dir.exists()


def test_the_second_click_keeps_one_file_and_a_failure_none(two: Morgans) -> None:
    thread = two.start(["Ben"])
    asked = AnswerMessage(thread_id=thread, text="Here.", files=(sent(),))
    assert two.act("Ben", answer_message, asked) == two.act("Ben", answer_message, asked)
    other = AnswerMessage(op=asked.op, thread_id=thread, text="Here.", files=(sent(content=b"Otter."),))
    with pytest.raises(OperationReused):
        two.act("Ben", answer_message, other)
    assert len(list(settings().files_dir.iterdir())) == 1 == len(attachments(two.cast))
    with pytest.raises(RuntimeError), database.transaction(two.cast.engine) as session:
        answer_message(session, two.actor("Ben"), AnswerMessage(thread_id=thread, text="No.", files=(sent(),)))
        raise RuntimeError
    assert len(list(settings().files_dir.iterdir())) == 1


def test_nobody_is_called_to_a_portal_that_is_closed_to_them(cast: Cast) -> None:
    two = morgans(cast)
    with at("2026-11-03 09:00"):
        made = cast.do("Dana", invite_to_portal, InviteToPortal(case_id=two.case_id, person_id=two.people["Aisha"]))
        with database.transaction(cast.engine) as session:
            session.add(PortalAccount(
                id=made + 1, person_id=two.people["Aisha"], email="aisha@example.org", password_hash="-"))
        closed = {"case_id": two.case_id, "person_id": two.people["Aisha"]}
        cast.do("Dana", suspend_portal, SuspendPortal(**closed, reason="lost phone"))
        two.start(["Aisha", "Ben"], "Hello.")
        assert [name for name, _ in two.notices()] == ["Ben"]
        cast.do("Dana", reactivate_portal, ReactivatePortal(**closed))
        two.start(["Aisha"], "Hello again.")
        assert [name for name, _ in two.notices()] == ["Ben", "Aisha"]
