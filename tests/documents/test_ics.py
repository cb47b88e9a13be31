"""Calendar feeds, read by two other programs' parsers: the moments are right in every zone, the text arrives whole."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.documents import ics
from practicerunner.vocabulary import EventStatus

NEW_YORK = "America/New_York"
ZONES = (
    NEW_YORK, "America/Phoenix", "Europe/London", "Europe/Dublin", "Australia/Sydney", "Australia/Lord_Howe",
    "America/Santiago", "Asia/Jerusalem", "Africa/Casablanca", "Africa/Cairo", "Asia/Kolkata", "Pacific/Chatham",
)
CHANGED = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)


def event(zone: str = NEW_YORK, when: str = "2026-09-08 10:00", minutes: int = 50, **facts: object) -> ics.Event:
    starts = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone))
    return ics.Event(**{
        "uid": "7@practice-1", "starts": starts, "modified": CHANGED, "summary": "Busy",
        "ends": (starts.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(starts.tzinfo),
    } | facts)


def drawn(*events: ics.Event, zone: str = NEW_YORK, name: str = "Linden Street Practice") -> bytes:
    return ics.draw(ics.Feed(name, zone, 2026, events))


def parsed(content: bytes) -> list:
    """The events as vobject reads them."""
    return list(vobject.readOne(content.decode()).contents.get("vevent", []))


def when(content: bytes) -> dict[str, tuple[datetime, datetime]]:
    """UID → beginning and end, of what vobject takes apart and dateutil knows from the zones in the text alone."""
    calendar = vobject.readOne(content.decode(), transform=False)
    zones = {one.tzid.value: tzical(io.StringIO(
        f"BEGIN:VCALENDAR\r\n{one.serialize()}END:VCALENDAR\r\n")).get() for one in calendar.contents["vtimezone"]}

    def moment(line) -> datetime:
        zone = zones[line.params["TZID"][0]] if "TZID" in line.params else UTC
        return datetime.strptime(line.value.removesuffix("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone).astimezone(UTC)

    return {one.uid.value: (moment(one.dtstart), moment(one.dtend)) for one in calendar.contents["vevent"]}


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").splitlines()


def changes(zone: str, first: int, last: int) -> list[datetime]:
    """The moments at which a zone's clocks change, to the hour before, counted independently."""
    info, here, found = ZoneInfo(zone), datetime(first, 1, 1, tzinfo=UTC), []
    while here.year <= last:
        if here.astimezone(info).utcoffset() != (here + timedelta(hours=1)).astimezone(info).utcoffset():
            found.append(here)
        here += timedelta(hours=1)
    return found


@pytest.mark.parametrize(("zone", "year"), [
    *((zone, 2026) for zone in ZONES), ("America/Sao_Paulo", 2018), ("Asia/Almaty", 2023), ("Europe/Istanbul", 2016),
])
def test_a_zone_says_what_its_clocks_do(zone: str, year: int) -> None:
    """Every twelve hours of three years, and every half hour around each change, read back from the text."""
    drawn = ics.timezone(zone, year, year + 2).to_ical()
    read = tzical(io.StringIO(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{drawn.decode()}END:VCALENDAR\r\n")).get()
    info, start = ZoneInfo(zone), datetime(year, 1, 2, tzinfo=UTC)
    moments = [start + timedelta(hours=12 * n) for n in range(3 * 365 * 2 - 4)]
    moments += [change + timedelta(minutes=30 * n) for change in changes(zone, year, year + 2) for n in range(-6, 8)]
    for moment in moments:
        wall = moment.astimezone(info)
        if wall.fold == 0:
            assert wall.replace(tzinfo=read).utcoffset() == wall.utcoffset(), wall


@pytest.mark.parametrize("zone", [
    NEW_YORK, "Europe/London", "Australia/Sydney", "America/Santiago", "Asia/Jerusalem", "Africa/Casablanca",
])
def test_every_appointment_around_both_clock_changes_is_at_its_moment(zone: str) -> None:
    info = ZoneInfo(zone)
    moments = [change + timedelta(minutes=30 * n) for change in changes(zone, 2026, 2027) for n in range(-8, 10)]
    assert len(changes(zone, 2026, 2027)) == 4
    events = [
        event(uid=f"{number}@p", starts=moment.astimezone(info), ends=(moment + timedelta(minutes=50)).astimezone(info))
        for number, moment in enumerate(moments)
    ]
    assert when(drawn(*events, zone=zone)) == {
        f"{number}@p": (moment, moment + timedelta(minutes=50)) for number, moment in enumerate(moments)}


def test_a_time_is_wall_clock_time_with_its_zone() -> None:
    content = drawn(event(when="2026-11-02 10:00"))
    assert "DTSTART;TZID=America/New_York:20261102T100000" in unfolded(content)
    assert "DTEND;TZID=America/New_York:20261102T105000" in unfolded(content)
    assert unfolded(content).count("TZID:America/New_York") == 1


def test_of_two_equal_times_each_is_named_by_its_moment() -> None:
    zone = ZoneInfo(NEW_YORK)
    first = datetime(2026, 11, 1, 1, 30, tzinfo=zone)
    second = first.replace(fold=1)
    later = datetime(2026, 11, 1, 2, 20, tzinfo=zone)
    lines = unfolded(drawn(event(uid="1@p", starts=first, ends=second), event(uid="2@p", starts=second, ends=later)))
    begun = lines.index("BEGIN:VEVENT")
    assert [line for line in lines[begun:] if line.startswith(("DTSTART", "DTEND"))] == [
        "DTSTART:20261101T053000Z", "DTEND:20261101T063000Z", "DTSTART:20261101T063000Z", "DTEND:20261101T072000Z"]


def test_appointments_in_two_zones_bring_both_zones() -> None:
    content = drawn(event(), event("Europe/London", uid="8@practice-1"))
    assert [line for line in unfolded(content) if line.startswith("TZID:")] == [
        "TZID:America/New_York", "TZID:Europe/London"]
    assert {one.dtstart.value.astimezone(UTC) for one in parsed(content)} == {
        datetime(2026, 9, 8, 14, tzinfo=UTC), datetime(2026, 9, 8, 9, tzinfo=UTC)}


def test_what_changed_and_what_was_cancelled_says_so() -> None:
    before, moved = event(), event(when="2026-09-09 11:00", sequence=1)
    gone = event(sequence=2, status=EventStatus.CANCELLED)
    for one, sequence, status, transparent in (
        (before, "0", "CONFIRMED", "OPAQUE"), (moved, "1", "CONFIRMED", "OPAQUE"),
        (gone, "2", "CANCELLED", "TRANSPARENT"), (replace(before, status=EventStatus.TENTATIVE), "0", "TENTATIVE",
                                                 "OPAQUE"),
    ):
        found, = parsed(drawn(one))
        assert (found.uid.value, found.sequence.value, found.status.value, found.transp.value) == (
            "7@practice-1", sequence, status, transparent)
        assert found.dtstart.value.astimezone(UTC) == one.starts
        assert found.dtstamp.value.astimezone(UTC) == found.last_modified.value.astimezone(UTC) == CHANGED


def test_the_feed_says_what_it_is_and_when_to_read_it_again() -> None:
    lines = unfolded(drawn(name="Marcus Bell, Linden Street"))
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"] and lines[-1] == "END:VCALENDAR"
    for line in ("PRODID:-//PracticeRunner//Calendar feed//EN", "METHOD:PUBLISH",
                 r"X-WR-CALNAME:Marcus Bell\, Linden Street", "X-WR-TIMEZONE:America/New_York",
                 "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"):
        assert lines.count(line) == 1, line
    assert "BEGIN:VTIMEZONE" in lines, "a calendar without any part is none"


def test_nothing_repeats_and_a_yearly_change_of_clocks_is_a_rule() -> None:
    lines = unfolded(drawn(event()))
    begun = lines.index("BEGIN:VEVENT")
    assert [line for line in lines if line.startswith("RRULE")] == [
        "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3", "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"]
    assert not any(line.startswith(("RRULE", "RDATE")) for line in lines[begun:])


def test_the_same_content_is_the_same_bytes_in_whatever_order_it_comes() -> None:
    one, two = event(), event(when="2026-09-08 12:00", uid="8@practice-1")
    assert drawn(one, two) == drawn(two, one) == drawn(one, two)
    assert drawn(one) != drawn(replace(one, sequence=1))


HOSTILE = (
    "Rivera, Maya; Tom", "a\\b\\n", "line\nbreak", "😀👩‍👩‍👧 emoji " * 12, "END:VEVENT\r\nBEGIN:VALARM\r\nTRIGGER:0",
    "O\u2028ne\x00two\x0bthree\x85", "\ud800 lone", '"quoted": x=y', "ひらがな" * 30,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_arrives_as_text(text: str) -> None:
    content = drawn(event(summary=text, location=text), name=text)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert [line for line in unfolded(content) if line.startswith(("BEGIN:", "END:VEV"))] == [
        "BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "BEGIN:DAYLIGHT", "BEGIN:STANDARD", "BEGIN:VEVENT", "END:VEVENT"]
    found, = parsed(content)
    shown = text.replace("\r\n", "\n")
    for odd in ("\u2028", "\x00", "\x0b", "\x85"):
        shown = shown.replace(odd, " ")
    shown = shown.replace("\ud800", "?")
    assert found.summary.value == found.location.value == shown


@settings(max_examples=100)
@given(st.text(max_size=120))
def test_any_text_leaves_the_calendar_whole(text: str) -> None:
    content = drawn(event(summary=text))
    assert len(parsed(content)) == 1
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_an_event_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        drawn(event(starts=CHANGED, ends=CHANGED + timedelta(minutes=1)))


def test_a_zone_without_a_yearly_rule_names_each_change() -> None:
    """Morocco changes its clocks around Ramadan."""
    lines = unfolded(ics.timezone("Africa/Casablanca", 2026, 2027).to_ical())
    assert not any(line.startswith(("RRULE", "RDATE")) for line in lines)
    onsets = [line for line in lines if line.startswith("DTSTART:")]
    assert onsets == sorted(onsets) and "DTSTART:20260215T030000" in onsets and len(onsets) == len(set(onsets)) == 8
