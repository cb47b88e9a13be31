"""The outbox: a message is written once, taken by one worker, tried again, and read by the owner alone."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from practicerunner import clock, database
from practicerunner.errors import NotFound, NotPermitted, RuleViolation
from practicerunner.records.audit import AuditRow
from practicerunner.records.outbox import OutboxMessage
from practicerunner.vocabulary import ContactKind, MessageKind, MessageStatus
from practicerunner.workflows import outbox
from practicerunner.workflows.outbox import MOST_ATTEMPTS, OfNoUse, TryAgain, outbox_page, try_again
from practicerunner.workflows.people import AddPerson, Contact, PersonDetails, add_person
from tests.cast import Cast, at, moment

NOON = "2026-09-08 12:00"
KIND = MessageKind.REQUEST_ANSWERED


def mail(value: str, *, preferred: bool = False, may_email: bool = True) -> Contact:
    return Contact(kind=ContactKind.EMAIL, value=value, preferred=preferred, may_email=may_email)


def person(cast: Cast, *contacts: Contact, **details: object) -> int:
    made: int = cast.do("Dana", add_person, AddPerson(
        person=PersonDetails(first_name="Ida", last_name="Holm", contacts=contacts, **details)))
    return made


def put(cast: Cast, key: str, **more: object) -> int | None:
    with database.transaction(cast.engine) as session:
        return outbox.put(session, KIND, key, "Your request", "It was answered.\n", **more)


def claim(cast: Cast, worker: str) -> int | None:
    with database.transaction(cast.engine) as session:
        found = outbox.claim(session, worker)
        return found.id if found else None


def row(cast: Cast, message_id: int | None) -> OutboxMessage:
    with database.reading(cast.engine) as session:
        return session.get_one(OutboxMessage, message_id)


def test_the_same_key_again_does_nothing_and_a_rolled_back_act_leaves_no_message(cast: Cast) -> None:
    ida = person(cast, mail("ida@holm.example"))
    first = put(cast, "a", person_id=ida)
    assert first is not None and put(cast, "a", person_id=ida) is None
    with pytest.raises(RuntimeError), database.transaction(cast.engine) as session:
        assert outbox.put(session, KIND, "b", "x", "y", person_id=ida) is not None
        raise RuntimeError
    with database.reading(cast.engine) as session:
        assert session.scalars(select(OutboxMessage.id)).all() == [first]
        written = session.execute(select(AuditRow.resource_id, AuditRow.detail).where(
            AuditRow.action == "write_message")).all()
    assert [tuple(one) for one in written] == [(first, "request_answered")]


def test_it_goes_to_the_preferred_address_that_the_person_allows_and_nowhere_without_one(cast: Cast) -> None:
    secret = mail("secret@holm.example", preferred=True, may_email=False)
    several = person(cast, mail("old@holm.example"), mail("new@holm.example", preferred=True))
    assert row(cast, put(cast, "1", person_id=several)).to_address == "new@holm.example"
    other = person(cast, secret, mail("open@holm.example"))
    assert row(cast, put(cast, "2", person_id=other)).to_address == "open@holm.example"
    assert put(cast, "3", person_id=person(cast, secret)) is None
    phone = Contact(kind=ContactKind.PHONE, value="518 555 0142", may_call=True, preferred=True)
    assert put(cast, "4", person_id=person(cast, phone)) is None
    with at(NOON):
        dead = person(cast, mail("x@holm.example"), died_on=date(2026, 2, 1))
        assert put(cast, "5", person_id=dead) is None
    assert row(cast, put(cast, "6", staff_id=cast.staff["Marcus"])).to_address == "marcus@linden.example"
    assert put(cast, "7", person_id=several, expires_at=clock.now()) is None


def test_a_message_is_sent_by_whoever_took_it_and_nobody_else(cast: Cast) -> None:
    message = put(cast, "a", staff_id=cast.staff["Marcus"])
    assert claim(cast, "one") == message and claim(cast, "two") is None
    with database.transaction(cast.engine) as session:
        assert not outbox.sent(session, message, "two")
        assert not outbox.failed(session, message, "two", "x")
        assert outbox.sent(session, message, "one")
    assert row(cast, message).status is MessageStatus.SENT
    assert claim(cast, "one") is None


def test_workers_at_once_never_take_the_same_message(cast: Cast) -> None:
    wanted = {put(cast, f"m{number}", staff_id=cast.staff["Marcus"]) for number in range(24)}
    taken: dict[str, list[int]] = {f"w{number}": [] for number in range(4)}
    gate = Barrier(len(taken))

    def work(name: str) -> None:
        gate.wait()
        while (found := claim(cast, name)) is not None:
            taken[name].append(found)

    workers = [Thread(target=work, args=(name,)) for name in taken]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    everything = [message for found in taken.values() for message in found]
    assert len(everything) == 24 and set(everything) == wanted


def test_the_same_message_written_by_several_at_once_exists_once(cast: Cast) -> None:
    gate, made = Barrier(4), []

    def write() -> None:
        gate.wait()
        made.append(put(cast, "same", staff_id=cast.staff["Marcus"]))

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(one is None for one in made) == [False, True, True, True]
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 1


def test_what_a_dead_worker_took_is_free_again_after_ten_minutes_and_given_up_in_the_end(cast: Cast) -> None:
    start = moment(NOON)
    with clock.frozen(start):
        message = put(cast, "a", staff_id=cast.staff["Marcus"])
        assert claim(cast, "dead") == message
    with clock.frozen(start + timedelta(minutes=10)):
        assert claim(cast, "next") is None
    for attempt in range(1, MOST_ATTEMPTS):
        with clock.frozen(start + attempt * timedelta(minutes=10, seconds=1)):
            assert claim(cast, f"next{attempt}") == message
            with database.transaction(cast.engine) as session:  # who was thought dead comes back too late
                assert not outbox.sent(session, message, "dead")
    with clock.frozen(start + timedelta(hours=2)):
        assert claim(cast, "last") is None
    found = row(cast, message)
    assert (found.status, found.attempts) == (MessageStatus.FAILED, 5)
    assert found.last_problem == "The program ended while it was sending this, several times."


def test_an_attempt_that_fails_is_repeated_later_each_time_and_five_are_enough(cast: Cast) -> None:
    now = moment(NOON)
    with clock.frozen(now):
        message = put(cast, "a", staff_id=cast.staff["Marcus"])
    waits = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
    for wait in [*waits, None]:
        with clock.frozen(now):
            assert claim(cast, "w") == message
            with database.transaction(cast.engine) as session:
                assert outbox.failed(session, message, "w", "The mail server cannot be reached.")
        if wait is not None:
            with clock.frozen(now + wait - timedelta(seconds=1)):
                assert claim(cast, "w") is None
            now += wait
    found = row(cast, message)
    assert (found.status, found.attempts, found.last_problem) == (
        MessageStatus.FAILED, 5, "The mail server cannot be reached.")
    with clock.frozen(now + timedelta(days=1)):
        assert claim(cast, "w") is None
        assert cast.do("Dana", try_again, TryAgain(message_id=message)) == message
        assert claim(cast, "w") == message
    assert row(cast, message).attempts == 1


def test_what_is_of_no_use_any_more_is_dropped_and_waits_again_if_its_cause_comes_back(cast: Cast) -> None:
    ida = person(cast, mail("ida@holm.example"))
    start = moment(NOON)
    with clock.frozen(start):
        message = put(cast, "a", person_id=ida, expires_at=start + timedelta(hours=1))
        kept = put(cast, "b", person_id=ida)
    with clock.frozen(start + timedelta(hours=1)), database.transaction(cast.engine) as session:
        assert outbox.drop_expired(session) == 1
    assert (row(cast, message).status, row(cast, kept).status) == (MessageStatus.DROPPED, MessageStatus.WAITING)
    with clock.frozen(start + timedelta(hours=1)):
        assert put(cast, "a", person_id=ida, expires_at=start + timedelta(hours=2)) == message
        assert put(cast, "a", person_id=ida, expires_at=start + timedelta(hours=2)) is None
    assert row(cast, message).status is MessageStatus.WAITING
    with clock.frozen(start + timedelta(hours=3)):  # found to be late only by whoever takes it
        assert claim(cast, "w") == kept
    assert row(cast, message).status is MessageStatus.DROPPED


def test_only_the_owner_reads_the_outbox_and_tries_again(cast: Cast) -> None:
    ida = person(cast, mail("ida@holm.example"))
    for number in range(51):
        with clock.frozen(moment(NOON) + timedelta(minutes=number)):
            put(cast, f"m{number}", person_id=ida)
    with clock.frozen(moment(NOON)):
        taken = claim(cast, "w")
        with database.transaction(cast.engine) as session:
            outbox.sent(session, taken, "w")
    page = cast.read("Dana", outbox_page)
    assert (len(page.rows), page.total) == (50, 51)
    assert page.counts == {MessageStatus.WAITING: 50, MessageStatus.SENT: 1}
    assert page.rows[0].created_at == moment("2026-09-08 12:50")
    (oldest,) = cast.read("Dana", outbox_page, None, 2).rows
    assert (oldest.message_id, oldest.to, oldest.address, oldest.subject, oldest.body) == (
        taken, "Ida Holm", "ida@holm.example", "Your request", "It was answered.\n")
    assert [one.message_id for one in cast.read("Dana", outbox_page, MessageStatus.SENT).rows] == [taken]
    for name in ("Marcus", "Ruth", "Priya", "Tom", "Olga"):
        with pytest.raises(NotPermitted):
            cast.read(name, outbox_page)
        with pytest.raises(NotPermitted):
            cast.do(name, try_again, TryAgain(message_id=oldest.message_id))
    with pytest.raises(RuleViolation, match="did not fail"):
        cast.do("Dana", try_again, TryAgain(message_id=oldest.message_id))
    with pytest.raises(NotFound):
        cast.do("Dana", try_again, TryAgain(message_id=1))


def test_a_failed_message_whose_time_has_passed_is_not_sent_any_more(cast: Cast) -> None:
    start = moment(NOON)
    with clock.frozen(start):
        message = put(cast, "a", staff_id=cast.staff["Marcus"], expires_at=start + timedelta(days=1))
    with database.transaction(cast.engine) as session:
        session.get_one(OutboxMessage, message).status = MessageStatus.FAILED
    with clock.frozen(start + timedelta(days=1)), pytest.raises(OfNoUse):
        cast.do("Dana", try_again, TryAgain(message_id=message))
