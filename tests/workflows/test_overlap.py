"""What two appointments cannot share, who may let them and why; and what is fixed."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import SlotTaken
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Hold
from practicerunner.vocabulary import AttendanceStatus, CancelledBy, CaseType, SessionFormat
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import book, preview
from practicerunner.workflows.calendar import appointment_page, appointments_between
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.rooms import room_taken_between
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    Cancel,
    Reinstate,
    cancel,
    change_appointment,
    move,
    reinstate,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.slots import NoOverride
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import Cast, at, hold, invoice, people_of
from tests.workflows.booking import TUESDAY, asked, booked, change, row, shift


def overriding(cast: Cast, appointment_id: int) -> set[int]:
    """Whose time and which rooms an appointment takes over somebody else's."""
    with database.reading(cast.engine) as session:
        return set(session.scalars(select(Hold.resource_id).where(
            Hold.appointment_id == appointment_id, Hold.overriding)))


@pytest.fixture
def rooms(cast: Cast) -> dict[str, int]:
    return {name: cast.do("Dana", add_location, AddLocation(name=name, is_room=True))
            for name in ("Room 2", "Room 3")}


# --- Rooms


def test_a_room_is_refused_on_booking_moving_and_changing_and_never_says_by_whom(
    cast: Cast, ida: int, bo: int, rooms: dict[str, int]
) -> None:
    booked(cast, "Marcus", ida, location_id=rooms["Room 2"])
    bos = booked(cast, "Ruth", bo, local_time=time(12), location_id=rooms["Room 2"])
    elsewhere = booked(cast, "Ruth", bo, local_time=time(10, 30), location_id=rooms["Room 3"])
    attempts = (
        (book, asked(cast, bo, local_time=time(9, 30), minutes=31, location_id=rooms["Room 2"])),
        (move, shift(cast, bos, local_time=time(10, 49), minutes=1)),
        (change_appointment, change(cast, elsewhere, location_id=rooms["Room 2"])),
    )
    for verb, command in attempts:
        with pytest.raises(SlotTaken) as refused:
            cast.do("Ruth", verb, command)
        assert "Room 2 is already taken on Tue 8 Sep 2026, 10:00–10:50." in str(refused.value)
        assert "Holm" not in str(refused.value) and "Marcus" not in str(refused.value)
    assert row(cast, elsewhere).location_id == rooms["Room 3"]
    booked(cast, "Ruth", bo, local_time=time(9, 30), minutes=30, location_id=rooms["Room 2"])
    cast.do("Ruth", change_appointment, change(cast, elsewhere, location_id=cast.office))
    cast.do("Ruth", change_appointment, change(cast, bos, location_id=rooms["Room 3"]))
    booked(cast, "Marcus", ida, local_time=time(12), location_id=rooms["Room 2"])


def test_the_form_names_the_rooms_that_are_free(cast: Cast, ida: int, bo: int, rooms: dict[str, int]) -> None:
    wanted = asked(cast, bo, location_id=rooms["Room 2"])
    assert cast.read("Ruth", preview, wanted).free_rooms is None
    booked(cast, "Marcus", ida, location_id=rooms["Room 2"])
    shown = cast.read("Ruth", preview, wanted)
    assert shown.free_rooms == ("Room 3",)
    assert [one.sentence for one in shown.conflicts] == ["Room 2 is already taken on Tue 8 Sep 2026, 10:00–10:50."]
    with at("2026-09-01 09:00"):
        amis = cast.open_case(CaseType.INDIVIDUAL, "Ami Roy", provider="Priya")
        booked(cast, "Priya", amis, location_id=rooms["Room 3"], local_time=time(10, 49))
    assert cast.read("Ruth", preview, wanted).free_rooms == ()
    assert cast.read("Marcus", preview, asked(cast, ida)).free_rooms is None, "the clash is not the room's"


def test_a_rooms_calendar_shows_when_it_is_taken_and_not_by_whom(
    cast: Cast, ida: int, bo: int, rooms: dict[str, int]
) -> None:
    marcus = booked(cast, "Marcus", ida, location_id=rooms["Room 2"])
    booked(cast, "Ruth", bo, local_time=time(12), location_id=rooms["Room 2"])
    booked(cast, "Ruth", bo, local_time=time(14), location_id=rooms["Room 3"])
    booked(cast, "Ruth", bo, local_date=date(2026, 9, 9), location_id=rooms["Room 2"])
    seen = [one.appointment_id for one in cast.read(
        "Marcus", appointments_between, TUESDAY, TUESDAY, location_id=rooms["Room 2"])]
    assert seen == [marcus]
    taken = cast.read("Marcus", room_taken_between, TUESDAY, TUESDAY, rooms["Room 2"], seen)
    assert [(one.room, f"{one.starts:%d %H:%M}", f"{one.ends:%H:%M}") for one in taken] == [
        ("Room 2", "08 12:00", "12:50")]
    assert len(cast.read("Marcus", room_taken_between, TUESDAY, TUESDAY, rooms["Room 2"])) == 2
    assert cast.read("Marcus", room_taken_between, TUESDAY, TUESDAY, cast.office) == []
    assert cast.read("Marcus", room_taken_between, TUESDAY, TUESDAY, 12345) == []


# --- Participants, over cases and providers


@pytest.fixture
def shared(cast: Cast, ida: int) -> tuple[int, int]:
    """Ida is also one of a couple that Ruth sees: the case and her id."""
    person = people_of(cast, ida)["Ida"]
    case_id = cast.do("Dana", open_case, OpenCase(
        type=CaseType.TWO_PERSON, label="partners", provider_id=cast.staff["Ruth"], participants=(
            Taking(person_id=person), Taking(person={"first_name": "Ole", "last_name": "Holm"}))))
    return case_id, person


def test_a_participant_is_refused_over_cases_and_providers(cast: Cast, ida: int, shared: tuple[int, int]) -> None:
    couple, person = shared
    fam = {"service_id": cast.services["FAM50"]}
    marcus = booked(cast, "Marcus", ida)
    with pytest.raises(SlotTaken) as refused:
        booked(cast, "Ruth", couple, local_time=time(10, 49), **fam)
    assert str(refused.value) == "Ida Holm is already taken on Tue 8 Sep 2026, 10:00–10:50."
    both = booked(cast, "Ruth", couple, local_time=time(10, 50), **fam)
    with pytest.raises(SlotTaken, match="Ida Holm"):
        cast.do("Marcus", move, shift(cast, marcus, local_time=time(11)))
    # Once she has called off, only her partner is expected there, and her own hour is free.
    with at("2026-09-01 09:00"):
        cast.do("Ruth", set_attendance, SetAttendance(
            appointment_id=both, statuses={person: AttendanceStatus.CANCELLED_BY_CLIENT}))
        cast.do("Marcus", move, shift(cast, marcus, local_time=time(11)))
        back = SetAttendance(appointment_id=both, statuses={person: AttendanceStatus.CONFIRMED})
        with pytest.raises(SlotTaken, match="Ida Holm is already taken"):
            cast.do("Ruth", set_attendance, back)
        with pytest.raises(NoOverride):
            cast.do("Ruth", set_attendance, back.model_copy(update={"override_reason": "joins late", "op": "b"}))
        cast.do("Tom", set_attendance, back.model_copy(update={"override_reason": "joins late", "op": "c"}))
    assert row(cast, both).override_reason == "joins late"
    assert row(cast, marcus).override_reason == ""


def test_what_really_happened_is_recorded_whatever_overlaps(cast: Cast, ida: int, shared: tuple[int, int]) -> None:
    couple, person = shared
    both = booked(cast, "Ruth", couple, service_id=cast.services["FAM50"])
    with at("2026-09-01 09:00"):
        cast.do("Ruth", set_attendance, SetAttendance(
            appointment_id=both, statuses={person: AttendanceStatus.EXCUSED}))
    booked(cast, "Marcus", ida)
    with at("2026-09-08 12:00"):
        cast.do("Ruth", set_attendance, SetAttendance(
            appointment_id=both, statuses={person: AttendanceStatus.ATTENDED}))
    assert {a.person_id: a.status for a in row(cast, both).attendances}[person] is AttendanceStatus.ATTENDED


def test_a_provider_is_refused_where_time_is_blocked_and_another_is_not(cast: Cast, ida: int, bo: int) -> None:
    cast.do("Marcus", add_time_block, AddTimeBlock(
        provider_id=cast.staff["Marcus"], starts_on=TUESDAY, starts=time(8), ends_on=TUESDAY, ends=time(12),
        reason="Training"))
    with pytest.raises(SlotTaken) as refused:
        booked(cast, "Marcus", ida)
    assert str(refused.value).startswith("Marcus Bell is blocked on") and "Training" not in str(refused.value)
    booked(cast, "Ruth", bo)


# --- Overriding with a reason


@pytest.mark.parametrize("who", ["Marcus", "Priya"])
def test_neither_provider_nor_associate_books_over(cast: Cast, who: str) -> None:
    with at("2026-09-01 09:00"):
        first, second = (cast.open_case(CaseType.INDIVIDUAL, f"Client {n}", provider=who) for n in "AB")
        booked(cast, who, first)
        other = booked(cast, who, second, local_time=time(12))
        for verb, command in (
            (book, asked(cast, second, override_reason="urgent")),
            (move, shift(cast, other, local_time=time(10, 10), override_reason="urgent")),
        ):
            with pytest.raises(NoOverride):
                cast.do(who, verb, command)
    assert row(cast, other).local_time == time(12)


def test_an_override_is_kept_and_shown_with_its_reason(cast: Cast, ida: int, bo: int, rooms: dict[str, int]) -> None:
    booked(cast, "Marcus", ida, location_id=rooms["Room 2"])
    one = booked(cast, "Tom", bo, location_id=rooms["Room 2"], override_reason="Both fit on the sofa")
    assert cast.read("Ruth", appointment_page, one).override_reason == "Both fit on the sofa"
    assert overriding(cast, one) == {rooms["Room 2"]}, "Ruth's own time stays guarded"
    with pytest.raises(SlotTaken, match="Ruth Feldman"):
        booked(cast, "Ruth", bo)
    with database.reading(cast.engine) as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.action == "book")).all()
    assert not any("sofa" in detail for detail in details)
    # Moved to where nothing clashes, it needs the reason no more; moved back, it needs one anew.
    cast.do("Tom", move, shift(cast, one, local_time=time(15)))
    assert (row(cast, one).override_reason, overriding(cast, one)) == ("", set())
    with pytest.raises(SlotTaken):
        cast.do("Tom", move, shift(cast, one, local_time=time(10)))
    cast.do("Dana", move, shift(cast, one, local_time=time(10), override_reason="Sofa again"))
    assert row(cast, one).override_reason == "Sofa again"


def test_a_cancelled_override_comes_back_only_with_a_reason(cast: Cast, ida: int) -> None:
    booked(cast, "Marcus", ida)
    other = cast.open_case(CaseType.INDIVIDUAL, "Ada Roy")
    one = booked(cast, "Tom", other, override_reason="urgent")
    cast.do("Marcus", cancel, Cancel(appointment_id=one, by=CancelledBy.CLIENT))
    with pytest.raises(SlotTaken):
        cast.do("Tom", reinstate, Reinstate(appointment_id=one))
    with pytest.raises(NoOverride):
        cast.do("Marcus", reinstate, Reinstate(appointment_id=one, override_reason="urgent"))
    cast.do("Tom", reinstate, Reinstate(appointment_id=one, override_reason="still urgent"))
    assert row(cast, one).override_reason == "still urgent"


def test_another_room_is_asked_about_alone(cast: Cast, ida: int, bo: int, rooms: dict[str, int]) -> None:
    """Whoever changes the room is not told of an overlap that somebody else allowed, and inherits no permission."""
    below = booked(cast, "Marcus", ida, location_id=rooms["Room 2"])
    other = cast.open_case(CaseType.INDIVIDUAL, "Ada Roy")
    above = booked(cast, "Tom", other, location_id=rooms["Room 3"], override_reason="co-therapy")
    cast.do("Marcus", change_appointment, change(cast, below, location_id=cast.office))
    cast.do("Marcus", change_appointment, change(cast, above, location_id=None, format=SessionFormat.VIDEO))
    assert row(cast, above).override_reason == "co-therapy"
    assert overriding(cast, above) == {cast.staff["Marcus"]} and overriding(cast, below) == set()
    booked(cast, "Ruth", bo, location_id=rooms["Room 2"])
    for who, reason, problem in (("Marcus", "", SlotTaken), ("Marcus", "fine", NoOverride), ("Tom", "", SlotTaken)):
        with pytest.raises(problem):
            cast.do(who, change_appointment, change(
                cast, above, location_id=rooms["Room 2"], override_reason=reason))
    cast.do("Tom", change_appointment, change(
        cast, above, location_id=rooms["Room 2"], override_reason="one more chair"))
    assert row(cast, above).override_reason == "one more chair"
    assert overriding(cast, above) == {cast.staff["Marcus"], rooms["Room 2"]}
    cast.do("Marcus", change_appointment, change(cast, above, location_id=rooms["Room 3"]))
    assert overriding(cast, above) == {cast.staff["Marcus"]}


# --- What is fixed, and why


def sign(cast: Cast, appointment_id: int) -> None:
    with at("2026-09-08 20:00"):
        note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind="progress"))
        with database.reading(cast.engine) as session:
            note = session.get_one(Note, note_id)
        from practicerunner.rules.notes import FORMS
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=note.revision,
            sections={part.key: "Said." for part in FORMS[note.form].sections if part.required}))
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=note.revision + 1))


def test_an_appointment_says_why_it_stays_where_it_is(cast: Cast, ida: int) -> None:
    free = booked(cast, "Marcus", ida, local_date=date(2026, 9, 15))
    page = cast.read("Marcus", appointment_page, free)
    assert (page.why_immovable, page.why_fixed) == (None, None)
    held = hold(cast, ida, "IND50", "2026-09-08 10:00")
    page = cast.read("Marcus", appointment_page, held)
    assert (page.why_immovable, page.why_fixed) == ("Attendance is recorded, so it stays where it is.", None)
    invoice(cast, held)
    page = cast.read("Marcus", appointment_page, held)
    assert page.why_fixed == "It is on an invoice; void the invoice first."
    sign(cast, held)
    page = cast.read("Marcus", appointment_page, held)
    assert page.why_fixed == "Its note is signed, so it stays where it is."
    cast.do("Marcus", cancel, Cancel(appointment_id=free, by=CancelledBy.PROVIDER))
    assert cast.read("Marcus", appointment_page, free).why_immovable == "It was cancelled; reinstate it first."


def test_what_is_fixed_is_refused_by_every_way_of_moving_it(cast: Cast, ida: int) -> None:
    held = hold(cast, ida, "IND50", "2026-09-08 10:00")
    sign(cast, held)
    for verb, command in (
        (move, shift(cast, held, local_time=time(12))), (move, shift(cast, held, minutes=60)),
        (cancel, Cancel(appointment_id=held, by=CancelledBy.CLIENT)),
        (change_appointment, change(cast, held, fee_cents=1)),
        (change_appointment, change(cast, held, service_id=cast.services["IND60"])),
    ):
        for who in ("Marcus", "Tom", "Dana"):
            with pytest.raises(AppointmentIsFixed):
                cast.do(who, verb, command.model_copy(update={"op": f"{who}{verb.__name__}"}))
    assert (row(cast, held).local_time, row(cast, held).fee_cents) == (time(10), 165_00)
