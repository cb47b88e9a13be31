"""The queue of requests: in the order of asking, narrowed, and what could be done now; what a case has waiting."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from practicerunner.errors import NotFound
from practicerunner.vocabulary import (
    CaseType,
    RequestKind,
    RequestStatus,
)
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.request_queue import (
    how_many_wait,
    request_queue,
    requests_about,
    requests_of_case,
    who_may_ask,
    whose_requests,
)
from practicerunner.workflows.scheduling import Move, move
from tests.cast import at
from tests.workflows.asking import FRIDAY, Askers, booked


def shift(ask: Askers, name: str, day: date, hour: int) -> None:
    found = ask.appointment(name)
    ask.cast.do("Marcus", move, Move(
        appointment_id=found.id, revision=found.revision, local_date=day, local_time=time(hour),
        minutes=found.minutes))


def test_the_queue_is_in_the_order_of_asking_and_says_what_could_be_done_now(ask: Askers) -> None:
    made = []
    for day, work in enumerate((
        lambda: ask.move("Noor"), lambda: ask.new_time("Ida", hour=14), lambda: ask.cancel("Jo"),
        lambda: ask.new_time("Bo"),
    )):
        with at(f"2026-11-0{6 + day} 09:00"):
            made.append(work())
    booked(ask.cast, ask.cases["Ida"], "IND50", f"{FRIDAY} 11:30")
    seen = ask.cast.read("Dana", request_queue)
    assert [row.request_id for row in seen.rows] == made and seen.total == 4
    assert [row.age_days for row in seen.rows] == [4, 3, 2, 1]
    assert [(row.asker, row.case_name, row.free, row.problem) for row in seen.rows] == [
        ("Noor Haddad", "Noor Haddad & Sam Ortiz", False, ""), ("Ida Holm", "Ida Holm", True, ""),
        ("Jo Park", "Thursday group", None, ""), ("Bo Ek", "Bo Ek", True, "")]
    assert (seen.rows[0].was.isoformat(), seen.rows[0].asked_for.isoformat(), seen.rows[0].people) == (
        "2026-11-12T13:00:00", "2026-11-13T11:00:00", 2)
    assert [row.request_id for row in ask.cast.read("Marcus", request_queue).rows] == made[:3]
    assert [row.request_id for row in ask.cast.read("Olga", request_queue).rows] == made[3:]
    assert [ask.cast.read(who, how_many_wait) for who in ("Dana", "Tom", "Marcus", "Olga", "Priya")] == [4, 4, 3, 1, 0]


def test_the_queue_is_narrowed_by_kind_type_age_and_whose(ask: Askers) -> None:
    moved, called_off, decoy = ask.move("Noor"), ask.cancel("Jo"), ask.new_time("Bo")
    with at("2026-11-12 13:00"):

        def shown(who: str = "Dana", *statuses: RequestStatus, **filters: Any) -> list[int]:
            found = ask.cast.read(who, request_queue, statuses or (RequestStatus.PENDING,), **filters)
            assert found.total == len(found.rows)
            return [row.request_id for row in found.rows]

        assert shown() == [moved, called_off, decoy]
        assert shown(kinds=[RequestKind.CANCEL]) == [called_off]
        assert shown(types=[CaseType.TWO_PERSON, CaseType.INDIVIDUAL]) == [moved, decoy]
        assert shown(older_than=2) == [moved, called_off, decoy] and shown(older_than=3) == []
        assert shown(mine=True) == [] and shown("Marcus", mine=True) == [moved, called_off]
        assert shown(mine=False) == [moved, called_off, decoy] and shown("Marcus", mine=False) == []
        assert shown(provider_id=ask.cast.staff["Olga"]) == [decoy] and shown(provider_id=ask.cast.staff["Priya"]) == []
        assert shown("Marcus", provider_id=ask.cast.staff["Olga"]) == []
        waiting = (RequestStatus.PENDING,)
        assert list(ask.cast.read("Dana", whose_requests, waiting).values()) == ["Marcus Bell", "Olga Outsider"]
        assert list(ask.cast.read("Marcus", whose_requests, waiting).values()) == ["Marcus Bell"]
        assert ask.cast.read("Dana", whose_requests, (RequestStatus.OFFERED,)) == {}
        assert shown("Dana", RequestStatus.OFFERED) == []
        ask.decline(called_off)
        ask.offer(decoy, by="Olga")
        assert shown() == [moved]
        assert shown("Dana", RequestStatus.OFFERED) == [decoy]
        assert shown("Dana", RequestStatus.DECLINED) == [called_off]
        assert ask.cast.read("Dana", request_queue).counts == {
            RequestStatus.PENDING: 1, RequestStatus.OFFERED: 1, RequestStatus.DECLINED: 1}
    with at("2026-12-20 13:00"):
        assert shown("Dana", RequestStatus.DECLINED) == []


def test_a_page_has_twenty_five(ask: Askers) -> None:
    for name in ("Ida", "Noor", "Bo"):
        for n in range(10):
            ask.new_time(name, day=date(2026, 12, 1) + timedelta(days=n))
    first, second = (ask.cast.read("Dana", request_queue, page=page) for page in (1, 2))
    assert (len(first.rows), len(second.rows), first.total) == (25, 5, 30)
    assert not {row.request_id for row in first.rows} & {row.request_id for row in second.rows}


def test_a_row_says_what_stands_in_its_way(ask: Askers) -> None:
    moved, called_off = ask.move("Ida"), ask.cancel("Noor")
    late = ask.new_time("Ida", day=date(2026, 11, 11))
    shift(ask, "Ida", FRIDAY, 9)
    with at("2026-11-12 14:00"):
        ask.cast.do("Marcus", attend_all, AttendAll(appointment_id=ask.appointments["Noor"]))
        rows = {row.request_id: row.problem for row in ask.cast.read("Marcus", request_queue).rows}
    assert rows == {
        moved: "The appointment was moved to Fri 13 Nov 2026, 09:00 after this was asked.",
        called_off: "Attendance is recorded, so it stays where it is.", late: "That time has passed."}


def test_a_case_and_an_appointment_show_what_waits_for_them(ask: Askers) -> None:
    request_id, other = ask.cancel("Sam"), ask.new_time("Noor")
    ask.cancel("Bo")
    assert [row.request_id for row in ask.cast.read("Marcus", requests_of_case, ask.cases["Noor"])] == [
        request_id, other]
    assert [row.request_id for row in ask.cast.read("Marcus", requests_about, ask.appointments["Noor"])] == [request_id]
    for reader, record_id in ((requests_of_case, ask.cases["Noor"]), (requests_about, ask.appointments["Noor"]),
                              (who_may_ask, ask.cases["Noor"])):
        with pytest.raises(NotFound):
            ask.cast.read("Olga", reader, record_id)
    ask.decline(request_id)
    assert ask.cast.read("Marcus", requests_about, ask.appointments["Noor"]) == []
