"""Calendar feeds: what they tell, and what never."""

import re
from datetime import UTC, date, datetime, time

from practicerunner import database
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AttendanceStatus, CancelledBy, CaseType, FeedShows, NoteKind, SessionFormat
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.feeds import MakeFeed
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.practice import AddService, add_service
from practicerunner.workflows.scheduling import Cancel, Reinstate, cancel, move, reinstate
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import Cast, at, hold, people_of
from tests.workflows.booking import shift
from tests.workflows.feeding import NOW, booked, clients, events, own, summaries, text

# --- What a provider's feed tells


def test_initials_stand_for_people_and_for_the_name_of_a_group(cast: Cast, ida: int, couple: int) -> None:
    booked(cast, ida)
    booked(cast, couple, service="FAM50", local_time=time(12))
    group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", name="Thursday circle")
    booked(cast, group, service="GRP90", local_time=time(14))
    others = cast.open_case(CaseType.INDIVIDUAL, "Zoe Decoy", provider="Olga")
    booked(cast, others, by="Olga")
    assert summaries(cast, own(cast)) == ["IH", "NH, SO", "TC"]
    assert summaries(cast, own(cast, shows=FeedShows.BUSY)) == ["Busy"] * 3
    assert summaries(cast, own(cast, shows=FeedShows.NAMES)) == [
        "Ida Holm", "Noor Haddad & Sam Ortiz", "Thursday circle"]


def test_blocked_time_is_busy_and_its_reason_is_for_whoever_shows_names(cast: Cast) -> None:
    with at(NOW):
        cast.do("Marcus", add_time_block, AddTimeBlock(
            provider_id=cast.staff["Marcus"], starts_on=date(2026, 10, 31), starts=time(12), ends_on=date(2026, 11, 2),
            ends=time(12), reason="Surgery"))
    for shows, said in ((FeedShows.BUSY, "Busy"), (FeedShows.INITIALS, "Busy"), (FeedShows.NAMES, "Surgery")):
        one, = events(cast, own(cast, shows=shows))
        assert one.summary.value == said
        assert (one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)) == (
            datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 2, 17, tzinfo=UTC))


def test_where_it_is_goes_with_it_but_not_into_a_feed_that_says_busy_alone(cast: Cast, ida: int) -> None:
    booked(cast, ida)
    booked(cast, ida, local_time=time(12), location_id=None, format=SessionFormat.VIDEO)
    booked(cast, ida, local_time=time(14), location_id=None, format=SessionFormat.PHONE)

    def places(asked: MakeFeed) -> list[str]:
        return [one.location.value if hasattr(one, "location") else "" for one in events(cast, asked)]

    assert places(own(cast)) == ["Office, 12 Linden Street", "Video", "Phone"]
    assert places(own(cast, shows=FeedShows.BUSY)) == ["", "", ""]
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Marcus"]).video_link = "https://video.example/marcus"
    assert places(own(cast))[1] == "https://video.example/marcus"
    assert places(clients(cast, ida, people_of(cast, ida)["Ida"]))[1] == "https://video.example/marcus"


def test_a_feed_reaches_from_thirty_days_back_to_four_hundred_ahead(cast: Cast, ida: int) -> None:
    for day in (date(2026, 8, 1), date(2026, 8, 2), date(2027, 10, 6), date(2027, 10, 7)):
        with at("2026-07-01 09:00"):
            cast.do("Marcus", book, Book(
                case_id=ida, service_id=cast.services["IND50"], local_date=day, local_time=time(10),
                location_id=cast.office))
    for asked in (own(cast), clients(cast, ida, people_of(cast, ida)["Ida"])):
        assert [one.dtstart.value.date() for one in events(cast, asked)] == [date(2026, 8, 2), date(2027, 10, 6)]


def test_what_moved_keeps_its_uid_and_rises_in_sequence(cast: Cast, ida: int) -> None:
    one = booked(cast, ida)
    feed = own(cast)
    before, = events(cast, feed)
    with at("2026-09-02 09:00"):
        cast.do("Marcus", move, shift(cast, one, local_date=date(2026, 11, 3), local_time=time(16)))
    after, = events(cast, feed, "2026-09-02 10:00")
    assert before.uid.value == after.uid.value and str(one) in after.uid.value
    assert (int(before.sequence.value), int(after.sequence.value)) == (0, 1)
    assert before.dtstart.value.astimezone(UTC) == datetime(2026, 9, 8, 14, tzinfo=UTC)
    assert after.dtstart.value.astimezone(UTC) == datetime(2026, 11, 3, 21, tzinfo=UTC)
    assert before.last_modified.value.astimezone(UTC) == datetime(2026, 9, 1, 13, tzinfo=UTC)
    assert after.last_modified.value.astimezone(UTC) == after.dtstamp.value.astimezone(UTC) == datetime(
        2026, 9, 2, 13, tzinfo=UTC)


def test_what_was_cancelled_says_so_for_thirty_days(cast: Cast, ida: int) -> None:
    one = booked(cast, ida, local_date=date(2026, 12, 8))
    mine, idas = own(cast), clients(cast, ida, people_of(cast, ida)["Ida"])
    with at("2026-09-02 09:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=one, by=CancelledBy.CLIENT, reason="moved to Ohio"))
    for feed in (mine, idas):
        gone, = events(cast, feed, "2026-10-02 09:00")
        assert (gone.status.value, gone.transp.value, gone.sequence.value) == ("CANCELLED", "TRANSPARENT", "1")
        assert "Ohio" not in (text(cast, feed, "2026-10-02 09:00") or "")
        assert events(cast, feed, "2026-10-02 09:01") == []
    with at("2026-10-03 09:00"):
        cast.do("Marcus", reinstate, Reinstate(appointment_id=one))
    back, = events(cast, mine, "2026-10-03 10:00")
    assert (back.status.value, back.sequence.value) == ("CONFIRMED", "2")


def test_an_appointment_of_another_provider_now_leaves_the_feed(cast: Cast, ida: int) -> None:
    one = booked(cast, ida)
    mine, olgas = own(cast), own(cast, "Olga")
    with at(NOW):
        cast.do("Dana", move, shift(cast, one, provider_id=cast.staff["Olga"]))
    assert summaries(cast, mine) == [] and summaries(cast, olgas) == ["IH"]


def test_the_same_content_is_the_same_bytes_all_day(cast: Cast, ida: int) -> None:
    booked(cast, ida)
    feed = own(cast)
    assert text(cast, feed, "2026-09-01 09:00") == text(cast, feed, "2026-09-01 23:59")


def test_the_second_of_two_equal_times_is_at_its_moment(cast: Cast, ida: int) -> None:
    booked(cast, ida, local_date=date(2026, 11, 1), local_time=time(1, 30), fold=1)
    for feed in (own(cast), clients(cast, ida, people_of(cast, ida)["Ida"])):
        only, = events(cast, feed)
        assert only.dtstart.value.astimezone(UTC) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
        assert only.dtend.value.astimezone(UTC) == datetime(2026, 11, 1, 7, 20, tzinfo=UTC)


# --- What a client's feed tells


def test_two_of_a_couple_each_see_their_own_view(cast: Cast, couple: int) -> None:
    together = booked(cast, couple, service="FAM50")
    booked(cast, couple, service="FAM50", local_time=time(15))
    people = people_of(cast, couple)
    noor, sam = clients(cast, couple, people["Noor"]), clients(cast, couple, people["Sam"])
    alone = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(person_id=people["Noor"]),)))
    booked(cast, alone, local_date=date(2026, 9, 9))
    assert len(events(cast, noor)) == 2 == len(events(cast, sam))
    with at("2026-09-02 09:00"):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=together, statuses={people["Sam"]: AttendanceStatus.CANCELLED_BY_CLIENT}))
    states = {name: [one.status.value for one in events(cast, feed, "2026-09-02 10:00")]
              for name, feed in (("noor", noor), ("sam", sam))}
    assert states == {"noor": ["CONFIRMED"] * 2, "sam": ["CANCELLED", "CONFIRMED"]}
    assert [one.sequence.value for one in events(cast, sam, "2026-09-02 10:00")] == ["1", "0"]
    assert len(events(cast, sam, "2026-10-02 10:00")) == 1, "thirty days later only what takes place is left"
    cast.do("Marcus", set_attendance, SetAttendance(
        appointment_id=together, statuses={people["Sam"]: AttendanceStatus.CONFIRMED}))
    assert [one.status.value for one in events(cast, sam)] == ["CONFIRMED"] * 2


def test_no_feed_says_what_only_the_practice_may_know(cast: Cast) -> None:
    """The default feed of a provider and the feed of a client, over every kind of sentinel there is (A33, C45)."""
    with at("2026-08-01 09:00"):
        service = cast.do("Dana", add_service, AddService(
            name="Zwielicht therapy", code="ZWIE9", category="therapy", minutes=90, fee_cents=98_765))
        cast.services["ZWIE"] = service
        group = cast.open_case(
            CaseType.THERAPY_GROUP, "Xavier Quillfeather", "Yolanda Marrowbone", name="Sobriety Oxbow")
        people = people_of(cast, group)
        held = hold(cast, group, "ZWIE", "2026-08-20 10:00")
        note = cast.do("Marcus", start_note, StartNote(appointment_id=held, kind=NoteKind.MEMO))
        with database.reading(cast.engine) as session:
            from practicerunner.records.notes import Note
            revision = session.get_one(Note, note).revision
        cast.do("Marcus", save_draft, SaveDraft(note_id=note, revision=revision, sections={"text": "Nightfall"}))
    booked(cast, group, service="ZWIE", memo="Ask about Tamarisk")
    mine, hers = own(cast), clients(cast, group, people["Yolanda"])
    never = ("Quillfeather", "Xavier", "Zwielicht", "ZWIE9", "987", "Tamarisk", "Nightfall", "group", "herapy",
             "Sobriety", "Oxbow", "Feldman", "IND")
    for asked, also in ((mine, ("Marrowbone", "Yolanda")), (hers, ("Marrowbone", "Yolanda", "Marcus", "Bell", "SO"))):
        found = text(cast, asked)
        assert found is not None and found.count("BEGIN:VEVENT") == 2
        assert str(group) not in found
        # A record's number has any digits, those of the fee too; nothing else of a UID is left out.
        spoken, numbers = re.subn(r"(?m)^UID:\d+@\d+\.practicerunner\r?$", "UID:", found)
        assert numbers == 2
        assert [word for word in (*never, *also) if word in spoken] == []
    assert summaries(cast, mine) == ["SO", "SO"]
    assert summaries(cast, hers) == ["Appointment with Linden Street Practice"] * 2
