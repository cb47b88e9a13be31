"""Places in a group, and who waits for one: order kept, nobody added unasked, nobody removed."""

import threading
from collections.abc import Callable
from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Participant
from practicerunner.records.scheduling import Attendance
from practicerunner.vocabulary import AttendanceStatus, AttentionKind, CancelledBy, CaseType, Outcome, ParticipantStatus
from practicerunner.workflows.arrangements import payers_needed
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.cases import (
    AddParticipant,
    RemoveParticipant,
    SetCaseStatus,
    Taking,
    add_participant,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.clients import case_page, case_summary, client_count, client_list
from practicerunner.workflows.membership import GroupIsFull
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.waitlist import (
    NoPlaces,
    PutOnWaitlist,
    SetCapacity,
    TakeIn,
    TakeOffWaitlist,
    joining,
    places_of,
    put_on_waitlist,
    set_capacity,
    take_in,
    take_off_waitlist,
)
from tests.cast import Cast, at, invoice, lines, people_of

THURSDAYS = [date(2026, 10, day) for day in (1, 8, 15)]
NOW = "2026-09-20 09:00"
TODAY = date(2026, 9, 20)


def new(name: str) -> Taking:
    first, last = name.split()
    return Taking(person=PersonDetails(first_name=first, last_name=last))


def joins(cast: Cast, case_id: int, who: str, day: date = TODAY) -> int:
    return cast.do("Marcus", add_participant, AddParticipant(case_id=case_id, participant=new(who), joined_on=day))


def leaves(cast: Cast, case_id: int, who: str, day: date = TODAY) -> None:
    cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=case_id, person_id=people_of(cast, case_id)[who], left_on=day))


def waits(cast: Cast, case_id: int, who: str, *, by: str = "Marcus") -> int:
    return cast.do(by, put_on_waitlist, PutOnWaitlist(case_id=case_id, participant=new(who)))


def limited(cast: Cast, case_id: int, capacity: int | None) -> None:
    cast.do("Marcus", set_capacity, SetCapacity(case_id=case_id, capacity=capacity))


def line(cast: Cast, case_id: int) -> list[str]:
    return [waiting.name for waiting in cast.read("Marcus", places_of, case_id).waiting]


def offered(cast: Cast, case_id: int) -> list[str]:
    """The open items about a free place."""
    found = cast.read("Marcus", case_summary, case_id).attention
    return [item.sentence for item in found if item.kind is AttentionKind.PLACE_FREE]


def rows_of(cast: Cast, person_id: int) -> int:
    with database.reading(cast.engine) as session:
        return session.scalar(select(func.count()).select_from(Attendance).where(Attendance.person_id == person_id))


@pytest.fixture
def group(cast: Cast) -> int:
    """Eve and Jo in a group of two places, on three Thursdays ahead."""
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", name="Thursday group")
        cast.do("Marcus", book_series, BookSeries(
            case_id=case_id, service_id=cast.services["GRP90"], local_date=THURSDAYS[0], local_time=time(18),
            location_id=cast.office, count=3))
        limited(cast, case_id, 2)
    return case_id


@pytest.fixture(autouse=True)
def _now():
    with at(NOW):
        yield


def test_a_full_group_refuses_and_offers_the_waitlist(cast: Cast, group: int) -> None:
    with pytest.raises(GroupIsFull, match=r"All 2 places are taken\. There is the waitlist") as refused:
        joins(cast, group, "Mia Lund")
    assert refused.value.field == "participants"
    assert len(people_of(cast, group)) == 2
    mia = waits(cast, group, "Mia Lund")
    seen = cast.read("Marcus", places_of, group)
    assert (seen.sentence, seen.free_from, [(w.person_id, w.since) for w in seen.waiting]) == (
        "2 of 2 places taken.", None, [(mia, TODAY)])


def test_who_waits_has_no_attendance_no_charge_no_papers_and_is_no_client(cast: Cast, group: int) -> None:
    counted = cast.read("Marcus", client_count)
    before = cast.read("Marcus", case_summary, group)
    mia = waits(cast, group, "Mia Lund")
    assert rows_of(cast, mia) == 0
    after = cast.read("Marcus", case_summary, group)
    assert (after.checklist, after.attention) == (before.checklist, before.attention)
    assert cast.read("Marcus", client_count) == counted
    assert mia not in cast.read("Marcus", payers_needed, group).people
    page = cast.read("Marcus", case_page, group)
    assert [p.name for p in page.present] == ["Eve Moss", "Jo Park"]
    assert page.participants[-1].status is ParticipantStatus.WAITLISTED
    assert cast.read("Marcus", client_list, search="lund").total == 1, "staff find the group by who waits for it"
    (later,) = cast.do("Marcus", book_series, BookSeries(
        case_id=group, service_id=cast.services["GRP90"], local_date=date(2026, 9, 21), local_time=time(18),
        location_id=cast.office, count=1))
    assert rows_of(cast, mia) == 0
    with at("2026-09-21 22:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=later))
    assert [payer for payer, _ in lines(cast, invoice(cast, later))] == ["Eve Moss", "Jo Park"]
    with pytest.raises(BadInput, match="does not take part"):
        leaves(cast, group, "Mia")


def test_a_freed_place_makes_one_item_for_the_first_in_line_which_goes_by_itself(cast: Cast, group: int) -> None:
    for name in ("Mia Lund", "Ned Ash", "Ola Berg"):
        waits(cast, group, name)
    assert offered(cast, group) == []
    leaves(cast, group, "Jo")
    leaves(cast, group, "Eve")
    assert offered(cast, group) == ["Offer the place to Mia Lund."], "two places, one item"
    assert rows_of(cast, people_of(cast, group)["Mia"]) == 0, "nobody is added unasked"
    cast.do("Marcus", take_off_waitlist, TakeOffWaitlist(case_id=group, person_id=people_of(cast, group)["Mia"]))
    assert offered(cast, group) == ["Offer the place to Ned Ash."]
    for name in ("Ned", "Ola"):
        cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=people_of(cast, group)[name], joined_on=TODAY))
    assert offered(cast, group) == []
    limited(cast, group, 3)
    assert offered(cast, group) == [], "a place, and nobody waits"


def test_the_item_goes_when_somebody_else_fills_the_place_and_in_an_archived_group(cast: Cast, group: int) -> None:
    waits(cast, group, "Mia Lund")
    leaves(cast, group, "Jo")
    assert offered(cast, group) == ["Offer the place to Mia Lund."]
    joins(cast, group, "Ned Ash")
    assert offered(cast, group) == []
    assert line(cast, group) == ["Mia Lund"]
    limited(cast, group, 3)
    assert offered(cast, group) == ["Offer the place to Mia Lund."]
    for one in range(3):
        with at(f"2026-09-2{one} 10:00"):
            ahead = cast.read("Marcus", case_page, group).upcoming[0].appointment_id
            cast.do("Marcus", cancel, Cancel(appointment_id=ahead, by=CancelledBy.PROVIDER))
    cast.do("Marcus", set_case_status, SetCaseStatus(case_id=group, status="archived"))
    assert offered(cast, group) == []


def test_the_first_is_taken_in_with_rows_ahead_and_the_line_moves_up(cast: Cast, group: int) -> None:
    mia, ned = waits(cast, group, "Mia Lund"), waits(cast, group, "Ned Ash")
    with pytest.raises(GroupIsFull):
        cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=mia, joined_on=TODAY))
    leaves(cast, group, "Jo", THURSDAYS[1])
    command = TakeIn(case_id=group, person_id=mia, joined_on=THURSDAYS[1])
    assert cast.do("Marcus", take_in, command) == cast.do("Marcus", take_in, command) == mia
    assert (rows_of(cast, mia), rows_of(cast, ned), line(cast, group)) == (2, 0, ["Ned Ash"])
    page = cast.read("Marcus", case_page, group)
    assert [(p.name, p.joined_on) for p in page.present] == [
        ("Eve Moss", date(2026, 9, 1)), ("Mia Lund", THURSDAYS[1])]
    with pytest.raises(BadInput, match="not on the waitlist"):
        cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=mia, joined_on=TODAY))


def test_another_than_the_first_is_taken_in_only_with_a_reason_which_is_logged(cast: Cast, group: int) -> None:
    waits(cast, group, "Mia Lund")
    ned = waits(cast, group, "Ned Ash")
    limited(cast, group, 3)
    with pytest.raises(BadInput, match="not first in line") as refused:
        cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=ned, joined_on=TODAY, reason=" "))
    assert refused.value.field == "reason"
    cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=ned, joined_on=TODAY, reason="referred in crisis"))
    assert line(cast, group) == ["Mia Lund"]
    with database.reading(cast.engine) as session:
        logged = session.scalars(select(AuditRow).where(
            AuditRow.action == "take_in", AuditRow.outcome == Outcome.ALLOWED)).one()
    assert (logged.staff_id, logged.case_id) == (cast.staff["Marcus"], group)
    assert logged.detail == "2 in line, from 2026-09-20, 3 appointments: referred in crisis"


def test_the_line_keeps_its_order_whoever_goes_and_comes(cast: Cast, group: int) -> None:
    first = [waits(cast, group, name) for name in ("Mia Lund", "Ned Ash", "Ola Berg")]
    cast.do("Marcus", take_off_waitlist, TakeOffWaitlist(case_id=group, person_id=first[1]))
    limited(cast, group, 4)
    joins(cast, group, "Pia Roth")
    cast.do("Marcus", put_on_waitlist, PutOnWaitlist(case_id=group, participant=Taking(person_id=first[1])), )
    assert line(cast, group) == ["Mia Lund", "Ola Berg", "Ned Ash"]
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(Participant.status).where(
            Participant.case_id == group, Participant.person_id == first[1])).all()
    assert kept == [ParticipantStatus.WAITLISTED], "who never joined has not left"


def test_nobody_waits_and_takes_part_at_once(cast: Cast, group: int) -> None:
    mia, eve = waits(cast, group, "Mia Lund"), people_of(cast, group)["Eve"]
    for person, sentence in ((mia, "on the waitlist already"), (eve, "twice")):
        with pytest.raises(BadInput, match=sentence):
            cast.do("Marcus", put_on_waitlist, PutOnWaitlist(case_id=group, participant=Taking(person_id=person)))
    limited(cast, group, 9)
    with pytest.raises(BadInput, match="Take them in from there"):
        cast.do("Marcus", add_participant, AddParticipant(
            case_id=group, participant=Taking(person_id=mia), joined_on=TODAY))


def test_who_left_may_wait_again_and_comes_back_after_they_left(cast: Cast, group: int) -> None:
    jo = people_of(cast, group)["Jo"]
    leaves(cast, group, "Jo")
    joins(cast, group, "Pia Roth")
    cast.do("Marcus", put_on_waitlist, PutOnWaitlist(case_id=group, participant=Taking(person_id=jo)))
    leaves(cast, group, "Eve", THURSDAYS[1])
    with pytest.raises(BadInput, match="until Sun 20 Sep 2026"):
        cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=jo, joined_on=date(2026, 9, 2)))
    cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=jo, joined_on=THURSDAYS[1]))
    assert rows_of(cast, jo) == 2


def test_the_place_counts_from_the_joining_day_on(cast: Cast, group: int) -> None:
    leaves(cast, group, "Jo", THURSDAYS[1])
    waits(cast, group, "Ola Berg")
    assert offered(cast, group) == ["Offer the place to Ola Berg."], "the place is known to become free"
    assert cast.read("Marcus", places_of, group).free_from == THURSDAYS[1]
    with pytest.raises(GroupIsFull, match=r"until Thu 8 Oct 2026\. Choose that day or a later one"):
        joins(cast, group, "Mia Lund", THURSDAYS[0])
    joins(cast, group, "Mia Lund", THURSDAYS[2])
    with pytest.raises(GroupIsFull):  # on the 15th Mia takes the place, so it is not free for good
        joins(cast, group, "Ned Ash", THURSDAYS[1])


def test_each_appointment_has_only_so_many_places(cast: Cast, group: int) -> None:
    """Membership would fit, but on one date more are expected than take part: one left, and is back for that date."""
    second = [found.appointment_id for found in cast.read("Marcus", case_page, group).upcoming][1]
    jo = people_of(cast, group)["Jo"]
    with at("2026-10-08 17:55"):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=second, statuses={jo: AttendanceStatus.ARRIVED}))
        leaves(cast, group, "Jo", THURSDAYS[1])
        seen = cast.read("Marcus", joining, group, THURSDAYS[1])
        assert seen.full == "All 2 places are taken on Thu 8 Oct 2026. There is the waitlist instead."
        with pytest.raises(GroupIsFull, match="on Thu 8 Oct 2026"):
            joins(cast, group, "Mia Lund", THURSDAYS[1])
        joins(cast, group, "Mia Lund", date(2026, 10, 9))


def test_who_called_off_one_date_leaves_the_place_on_that_date_alone(cast: Cast, group: int) -> None:
    first = cast.read("Marcus", case_page, group).upcoming[0].appointment_id
    cast.do("Marcus", set_attendance, SetAttendance(
        appointment_id=first, statuses={people_of(cast, group)["Jo"]: AttendanceStatus.CANCELLED_BY_CLIENT}))
    with pytest.raises(GroupIsFull):
        joins(cast, group, "Mia Lund")


def test_fewer_places_than_people_is_said_and_removes_nobody(cast: Cast, group: int) -> None:
    waits(cast, group, "Mia Lund")
    limited(cast, group, 1)
    seen = cast.read("Marcus", places_of, group)
    assert seen.sentence == "2 of 1 place taken, 1 more than there are; nobody is removed."
    assert (len(cast.read("Marcus", case_page, group).present), offered(cast, group)) == (2, [])
    leaves(cast, group, "Jo")
    assert offered(cast, group) == [], "still no place"
    limited(cast, group, None)
    assert cast.read("Marcus", places_of, group).sentence == "No limit is set."
    assert offered(cast, group) == ["Offer the place to Mia Lund."]
    joins(cast, group, "Ned Ash")


@pytest.mark.parametrize("kind", [CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY])
def test_only_groups_have_places_and_a_waitlist(cast: Cast, kind: CaseType) -> None:
    people = ("Ana Lima", "Bo Lima")[:1 if kind is CaseType.INDIVIDUAL else 2]
    case_id = cast.open_case(kind, *people)
    for verb, asked in (
        (set_capacity, SetCapacity(case_id=case_id, capacity=3)),
        (put_on_waitlist, PutOnWaitlist(case_id=case_id, participant=new("Mia Lund"))),
        (take_in, TakeIn(case_id=case_id, person_id=1, joined_on=TODAY)),
        (take_off_waitlist, TakeOffWaitlist(case_id=case_id, person_id=1)),
    ):
        with pytest.raises(NoPlaces):
            cast.do("Marcus", verb, asked)


def test_without_a_limit_nobody_has_to_wait(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening skills")
    with pytest.raises(BadInput, match="no limit"):
        waits(cast, case_id, "Mia Lund")


def test_who_may_and_who_may_not(cast: Cast, group: int) -> None:
    mia = waits(cast, group, "Mia Lund", by="Tom")
    with pytest.raises(NotPermitted):
        cast.do("Ruth", set_capacity, SetCapacity(case_id=group, capacity=5))
    for verb, asked in (
        (set_capacity, SetCapacity(case_id=group, capacity=3)),
        (put_on_waitlist, PutOnWaitlist(case_id=group, participant=new("Ned Ash"))),
        (take_in, TakeIn(case_id=group, person_id=mia, joined_on=TODAY)),
        (take_off_waitlist, TakeOffWaitlist(case_id=group, person_id=mia)),
    ):
        with pytest.raises(NotFound):
            cast.do("Olga", verb, asked)
    with pytest.raises(NotFound):
        cast.read("Olga", places_of, group)
    with pytest.raises(NotFound):
        cast.read("Olga", joining, group, TODAY)


def test_a_stale_number_of_places_is_refused(cast: Cast, group: int) -> None:
    revision = cast.read("Marcus", case_page, group).revision
    cast.do("Marcus", set_capacity, SetCapacity(case_id=group, revision=revision, capacity=3))
    with pytest.raises(Stale):
        cast.do("Dana", set_capacity, SetCapacity(case_id=group, revision=revision, capacity=4))
    assert cast.read("Marcus", case_page, group).capacity == 3


def both(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """What two people get who click at the same time; an error is one of the things one can get."""
    got: list[object] = [None, None]
    start = threading.Barrier(2)

    def click(place: int, work: Callable[[], object]) -> None:
        start.wait()
        try:
            got[place] = work()
        except Exception as problem:
            got[place] = problem

    threads = [threading.Thread(target=click, args=pair) for pair in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_of_two_who_take_somebody_in_for_one_place_at_once_one_wins(cast: Cast, group: int) -> None:
    mia, ned = waits(cast, group, "Mia Lund"), waits(cast, group, "Ned Ash")
    limited(cast, group, 3)

    def taking(who: str, person: int) -> Callable[[], object]:
        command = TakeIn(case_id=group, person_id=person, joined_on=TODAY, reason="needs it")
        return lambda: cast.do(who, take_in, command)

    got = both(taking("Marcus", mia), taking("Dana", ned))
    assert sorted(type(one) for one in got if not isinstance(one, int)) == [GroupIsFull], got
    assert len(cast.read("Marcus", case_page, group).present) == 3
    assert (rows_of(cast, mia) + rows_of(cast, ned), len(line(cast, group))) == (3, 1)


def test_of_two_who_let_somebody_join_the_last_place_at_once_one_wins(cast: Cast, group: int) -> None:
    limited(cast, group, 3)
    got = both(lambda: joins(cast, group, "Mia Lund"), lambda: joins(cast, group, "Ned Ash"))
    assert [type(one) for one in got if not isinstance(one, int)] == [GroupIsFull], got
    assert len(cast.read("Marcus", case_page, group).present) == 3
