"""SC23: a couple's thread and one partner's own, a helper who is let in later, and what the e-mails do not say."""

import pytest

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.settings import settings
from practicerunner.vocabulary import AccessScope, MessageKind, ThreadClass
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.message_pages import conversations
from practicerunner.workflows.portal_messages import (
    AddHelper,
    AskPractice,
    MarkRead,
    add_helper,
    ask_practice,
    mark_read,
    unread_threads,
)
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from tests.cast import Cast, arrange, at, hold, invoice
from tests.corresponding import Morgans, morgans, texts

BOTH = "Shall we take Thursdays for 210.00 dollars?"
PRIVATE = "About the diagnosis that I keep from Ben"
WORDS = ("Thursdays", "210", "diagnosis", "keep from Ben", "Times", "Something of my own", "Marcus", "Bell", "FAM50",
         "10:00", "2026", "couple", "Couple", "Clinical", "Administrative")


@pytest.fixture
def two(cast: Cast) -> Morgans:
    return morgans(cast)


def threads_of(two: Morgans) -> tuple[int, int]:
    with at("2026-11-05 10:00"):
        both = two.start(["Aisha", "Ben"], BOTH)
        own = two.start(["Aisha"], PRIVATE, thread_class=ThreadClass.CLINICAL, subject="Something of my own")
        two.write("Aisha", own, PRIVATE)
        two.write("Aisha", both, "Thursdays are fine.")
    return both, own


def test_ben_sees_the_couples_thread_and_neither_the_other_nor_its_count(two: Morgans) -> None:
    both, own = threads_of(two)
    with at("2026-11-06 09:00"):
        assert [(row.thread_id, row.unread) for row in two.threads("Ben").rows] == [(both, 2)]
        assert two.ask("Ben", unread_threads) == 1
        assert {row.thread_id: row.unread for row in two.threads("Aisha").rows} == {own: 0, both: 0}
        assert texts(two.opened("Ben", both)) == [BOTH, "Thursdays are fine."]
        assert PRIVATE not in repr(two.opened("Ben", both)) and PRIVATE not in repr(two.threads("Ben"))
        with pytest.raises(NotFound) as secret:
            two.opened("Ben", own)
        with pytest.raises(NotFound) as nothing:
            two.opened("Ben", 12345)
        assert str(secret.value) == str(nothing.value), "it sounds as if there were no such thread"
        with pytest.raises(NotFound):
            two.write("Ben", own, "Hello?")
        assert [name for name, _ in two.notices()] == ["Aisha", "Ben", "Aisha"], "nothing told Ben of it"


def test_helper_and_bookkeeper_see_no_thread(two: Morgans) -> None:
    both, own = threads_of(two)
    for name in ("Nina", "Paul"):
        assert two.threads(name).rows == () and two.threads(name).unread == 0
        for thread in (both, own):
            with pytest.raises(NotFound):
                two.opened(name, thread)
            with pytest.raises(NotFound):
                two.write(name, thread, "Let me in.")
        with pytest.raises(NotPermitted):
            two.act(name, ask_practice, AskPractice(
                case_id=two.case_id, thread_class=ThreadClass.ADMIN, subject="Hello", text="May I?"))
    assert {name for name, _ in two.notices()} == {"Aisha", "Ben"}
    assert two.threads("Omar").rows == ()


def test_no_notice_says_more_than_that_a_message_waits(two: Morgans) -> None:
    threads_of(two)
    others = {"Aisha": ("Ben", "Morgan", "Nina"), "Ben": ("Aisha", "Morgan", "Nina")}
    assert len(two.notices()) == 3
    for name, letter in two.notices():
        assert letter == (
            f"A message waits for you\nHello {name},\n\na message waits for you. Please sign in to our portal to read "
            f"it:\n\n{settings().portal_address}/portal\n\nIf you cannot sign in, please call us: +1 518 555 0100\n\n"
            "Linden Street Practice\n")
        assert [word for word in (*WORDS, *others[name]) if word in letter] == []


def test_nina_sees_from_the_tenth_on_and_only_where_ben_adds_her(two: Morgans) -> None:
    both, own = threads_of(two)
    with at("2026-11-08 10:00"), pytest.raises(Exception, match="may write messages for you"):
        two.act("Ben", add_helper, AddHelper(thread_id=both, person_id=two.people["Nina"]))
    with at("2026-11-10 08:00"):
        granted = two.grant("Nina", AccessScope.MESSAGES)
        assert two.threads("Nina").rows == (), "the scope alone shows nothing"
        with pytest.raises(NotFound):
            two.opened("Nina", both)
    with at("2026-11-10 09:00"):
        two.act("Ben", add_helper, AddHelper(thread_id=both, person_id=two.people["Nina"]))
        assert texts(two.opened("Nina", both)) == []
        assert two.threads("Nina").unread == 0
        two.write("Marcus", both, "Friday then.")
        two.write("Aisha", own, "Nobody else reads this.")
        found = two.opened("Nina", both)
        assert texts(found) == ["Friday then."]
        assert [entry.text for entry in found.entries if not entry.number] == [
            "Nina Cole joined, and reads what is written from here on."]
        assert BOTH not in repr(found)
        assert [(row.thread_id, row.unread) for row in two.threads("Nina").rows] == [(both, 1)]
        for reader in ("Aisha", "Ben"):
            shown = two.opened(reader, both)
            assert [entry.text for entry in shown.entries] == [
                BOTH, "Thursdays are fine.", "Nina Cole joined, and reads what is written from here on.",
                "Friday then."]
            assert "Nina Cole" in {one.name for one in shown.members}
        two.write("Nina", both, "I note it down.")
        assert texts(two.opened("Aisha", both))[-1] == "I note it down."
        with pytest.raises(NotFound):
            two.opened("Nina", own)
        assert [name for name, _ in two.notices()].count("Nina") == 1
    with at("2026-11-11 09:00"):
        two.cast.do("Dana", end_decision, EndDecision(decision_id=granted))
        assert two.threads("Nina").rows == ()
        with pytest.raises(NotPermitted):
            two.opened("Nina", both)
        with pytest.raises(NotPermitted):
            two.write("Nina", both, "Am I still there?")
        two.write("Marcus", both, "Between the two of you.")
        assert [name for name, _ in two.notices()].count("Nina") == 1, "no notice any more"
        assert "Nina Cole" not in {one.name for one in two.opened("Ben", both).members}
    with at("2026-11-12 09:00"):
        two.grant("Nina", AccessScope.MESSAGES)
        two.write("Ben", both, "Welcome back.")
        assert texts(two.opened("Nina", both)) == ["Welcome back."], "not what was written while it was closed"


def test_ben_cannot_let_his_helper_into_a_clinical_thread_or_one_that_is_not_his(two: Morgans) -> None:
    _, own = threads_of(two)
    with at("2026-11-10 09:00"):
        two.grant("Nina", AccessScope.MESSAGES)
        clinical = two.start(["Aisha", "Ben"], "Of the two of you.", thread_class=ThreadClass.CLINICAL)
        assert two.opened("Ben", clinical).addable == {}
        with pytest.raises(Exception, match="may write messages for you"):
            two.act("Ben", add_helper, AddHelper(thread_id=clinical, person_id=two.people["Nina"]))
        with pytest.raises(NotFound):
            two.act("Ben", add_helper, AddHelper(thread_id=own, person_id=two.people["Nina"]))
        administrative = two.start(["Aisha", "Ben"])
        assert two.opened("Ben", administrative).addable == {two.people["Nina"]: "Nina Cole, your personal assistant"}
        assert two.opened("Aisha", administrative).addable == {}, "she is no helper of hers"
        with pytest.raises(Exception, match="may write messages for you"):
            two.act("Aisha", add_helper, AddHelper(thread_id=administrative, person_id=two.people["Nina"]))
        with pytest.raises(Exception, match="may write messages for you"):
            two.act("Ben", add_helper, AddHelper(thread_id=administrative, person_id=two.people["Paul"]))


def test_one_notice_waits_until_it_was_read(two: Morgans) -> None:
    both, _ = threads_of(two)
    with at("2026-11-06 09:00"):
        two.write("Marcus", both, "One more.")
        two.write("Aisha", both, "And one.")
        assert [name for name, _ in two.notices()] == ["Aisha", "Ben", "Aisha", "Aisha"]
        two.act("Ben", mark_read, MarkRead(thread_id=both, number=4))
        assert two.threads("Ben").unread == 0
        two.write("Marcus", both, "And another.")
        assert [name for name, _ in two.notices()].count("Ben") == 2
        assert two.threads("Ben").unread == 1


def test_the_owner_and_the_front_desk_see_the_administrative_thread_alone(two: Morgans) -> None:
    both, own = threads_of(two)
    for name, seen in (("Marcus", {both, own}), ("Dana", {both}), ("Tom", {both})):
        assert set(two.listed(name)) == seen and set(two.of_case(name)) == seen, name
    for name in ("Dana", "Tom", "Priya", "Olga"):
        with pytest.raises(NotFound):
            two.read(name, own)
    for name in ("Priya", "Olga", "Ruth"):
        assert two.cast.read(name, conversations).rows == ()
        with pytest.raises(NotFound):
            two.read(name, both)


def test_the_bookkeeper_gets_word_of_an_invoice_and_nobody_else_who_acts(two: Morgans) -> None:
    cast = two.cast
    settings_now = cast.read("Dana", practice_settings)
    known = {name: getattr(settings_now, name) for name in ChangePractice.model_fields if name != "op"}
    cast.do("Dana", change_practice, ChangePractice(**known | {"notify_payers": True}))
    arrange(cast, two.case_id, {two.people["Ben"]: 100_00}, since="2026-11-01")
    invoice(cast, hold(cast, two.case_id, "FAM50", "2026-11-04 10:00"))
    with database.reading(cast.engine) as session:
        told = [one for one in session.query(OutboxMessage) if one.kind is MessageKind.INVOICE_ISSUED]
        by_id = {one.id: one.first_name for one in session.query(Person)}
    assert sorted(by_id[one.person_id or 0] for one in told) == ["Ben", "Paul"]
    text = " ".join(one.subject + one.body for one in told)
    assert [word for word in ("210", "FAM50", "Aisha", "Morgan", "10:00", "4 Nov", "couple") if word in text] == []
