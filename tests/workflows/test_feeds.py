"""Calendar feeds: whose they are, what they tell and what never, and how an address ends."""

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import vobject
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, SlotTaken
from practicerunner.records.audit import AuditRow
from practicerunner.records.feeds import CalendarFeed
from practicerunner.records.logins import Operation, Staff
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import (
    AccessScope,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    CaseType,
    FeedShows,
    NoteKind,
    Outcome,
    Role,
    SessionFormat,
    Verdict,
)
from practicerunner.workflows import feeds
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.acting import ChangeActing, change_acting
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    OpenCase,
    RemoveParticipant,
    SetCaseStatus,
    Taking,
    open_case,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.commands import OperationReused
from practicerunner.workflows.feeds import (
    MakeFeed,
    NoAppointments,
    RevokeFeed,
    feeds_in_case,
    make_feed,
    own_feeds,
    revoke_feed,
)
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.portal_appointments import MakeMyFeed, make_my_feed
from practicerunner.workflows.practice import AddService, add_service
from practicerunner.workflows.scheduling import Cancel, Move, Reinstate, cancel, move, reinstate
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import Cast, at, hold, people_of
from tests.workflows.minors import home

NOW = "2026-09-01 09:00"
TUESDAY = date(2026, 9, 8)


def booked(cast: Cast, case_id: int, by: str = "Marcus", service: str = "IND50", **changes: Any) -> int:
    """Tuesday at ten in the office, unless said otherwise; booked on the first of September."""
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services[service], "local_date": TUESDAY, "local_time": time(10),
        "location_id": cast.office,
    }
    with at(NOW):
        return cast.do(by, book, Book(**facts | changes))


def own(cast: Cast, name: str = "Marcus", shows: FeedShows = FeedShows.INITIALS) -> MakeFeed:
    """Somebody makes an address for their own appointments."""
    asked = MakeFeed(shows=shows)
    with at(NOW):
        cast.do(name, make_feed, asked)
    return asked


def clients(cast: Cast, case_id: int, person_id: int, by: str = "Marcus") -> MakeFeed:
    """Somebody makes an address for a client."""
    asked = MakeFeed(case_id=case_id, person_id=person_id)
    with at(NOW):
        cast.do(by, make_feed, asked)
    return asked


def text(cast: Cast, asked: MakeFeed, when: str = NOW) -> str | None:
    """What stands under an address."""
    with at(when), database.reading(cast.engine) as session:
        found = feeds.feed(session, asked.secret.get_secret_value())
    return None if found is None else found[1].decode()


def events(cast: Cast, asked: MakeFeed, when: str = NOW) -> list[Any]:
    """The events under an address, in order."""
    found = text(cast, asked, when)
    assert found is not None
    return list(vobject.readOne(found).contents.get("vevent", []))


def summaries(cast: Cast, asked: MakeFeed, when: str = NOW) -> list[str]:
    return [one.summary.value for one in events(cast, asked, when)]


def row(cast: Cast, appointment_id: int) -> Appointment:
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        _ = found.attendances
        return found


def shift(cast: Cast, appointment_id: int, **changes: Any) -> Move:
    found = row(cast, appointment_id)
    return Move(**{
        "appointment_id": found.id, "revision": found.revision, "local_date": found.local_date,
        "local_time": found.local_time, "minutes": found.minutes} | changes)


@pytest.fixture
def ida(cast: Cast) -> int:
    """An individual case of Marcus."""
    return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")


@pytest.fixture
def couple(cast: Cast) -> int:
    """A couple of Marcus's."""
    return cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")


# --- Addresses


def test_of_an_address_only_a_fingerprint_is_kept(cast: Cast, ida: int) -> None:
    asked = own(cast)
    secret = asked.secret.get_secret_value()
    assert len(secret) == 43, "256 bits"
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(CalendarFeed)).one()
        done = session.scalars(select(Operation).where(Operation.command == "make_feed")).one()
        audited = session.scalars(select(AuditRow).where(AuditRow.action == "make_feed")).one()
    assert (kept.token_fingerprint, kept.staff_id, kept.person_id) == (
        ids.fingerprint(secret), cast.staff["Marcus"], None)
    assert (audited.staff_id, audited.resource_id, audited.detail) == (
        cast.staff["Marcus"], kept.id, "own, shows initials")
    assert secret not in f"{done.result} {done.request_hash} {audited.detail} {asked!r} {asked.model_dump_json()}"


def test_a_second_click_makes_no_second_address(cast: Cast) -> None:
    asked = MakeFeed()
    assert cast.do("Marcus", make_feed, asked) == cast.do("Marcus", make_feed, asked)
    with pytest.raises(OperationReused):
        cast.do("Marcus", make_feed, MakeFeed(op=asked.op))
    assert len(cast.read("Marcus", own_feeds)) == 1


@pytest.mark.parametrize("secret", ["", "a" * 42, "a" * 44, "b" * 42 + "/"])
def test_a_secret_that_could_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        MakeFeed(secret=SecretStr(secret))


def test_a_new_address_ends_no_other_unless_it_replaces_it(cast: Cast, ida: int) -> None:
    booked(cast, ida)
    first, second = own(cast), own(cast, shows=FeedShows.BUSY)
    assert summaries(cast, first) == ["IH"] and summaries(cast, second) == ["Busy"]
    kept = [view.feed_id for view in cast.read("Marcus", own_feeds)]
    third = MakeFeed(shows=FeedShows.NAMES, replaces_id=kept[0])
    made = cast.do("Marcus", make_feed, third)
    assert text(cast, first) is None
    assert summaries(cast, second) == ["Busy"] and summaries(cast, third) == ["Ida Holm"]
    assert [view.feed_id for view in cast.read("Marcus", own_feeds)] == [kept[1], made]


def test_a_revoked_address_is_as_good_as_none(cast: Cast, ida: int) -> None:
    asked = own(cast)
    view, = cast.read("Marcus", own_feeds)
    revoke = RevokeFeed(feed_id=view.feed_id)
    cast.do("Marcus", revoke_feed, revoke)
    cast.do("Marcus", revoke_feed, revoke)
    assert cast.read("Marcus", own_feeds) == []
    assert text(cast, asked) is None
    with database.reading(cast.engine) as session:
        assert feeds.feed(session, "") is feeds.feed(session, ids.new_token()) is None
        details = session.scalars(select(AuditRow.detail).where(AuditRow.action == "revoke_feed")).all()
    assert details == ["of a provider"]


def test_reading_is_written_down_once_an_hour_and_in_no_audit_log(cast: Cast) -> None:
    asked = own(cast)
    secret = asked.secret.get_secret_value()

    def audited() -> int:
        with database.reading(cast.engine) as session:
            return len(session.scalars(select(AuditRow.seq)).all())

    before = audited()
    for when, noted in (("10:00", "10:00"), ("10:59", "10:00"), ("11:00", "11:00")):
        with at(f"2026-09-01 {when}"):
            with database.reading(cast.engine) as session:
                due = feeds.is_reading_due(session, secret)
            assert due is (when == noted)
            with database.transaction(cast.engine) as session:
                feeds.note_reading(session, secret)
            view, = cast.read("Marcus", own_feeds)
        assert view.last_read_at is not None
        assert f"{view.last_read_at:%H:%M}" == f"{int(noted[:2]) + 4}:00"
    assert audited() == before


# --- Who may


def test_whoever_sees_clients_has_a_feed_of_their_own_and_others_have_none(cast: Cast) -> None:
    for name in ("Dana", "Marcus", "Priya", "Ruth"):
        assert text(cast, own(cast, name)) is not None
    with pytest.raises(NoAppointments):
        cast.do("Tom", make_feed, MakeFeed())
    with database.transaction(cast.engine) as session:
        person = session.get_one(Staff, cast.staff["Ruth"])
        person.roles = [role for role in person.roles if role.role is Role.SUPERVISOR]
    with pytest.raises(NotPermitted):
        cast.do("Ruth", make_feed, MakeFeed())


def test_another_providers_feed_is_neither_seen_nor_revoked_nor_replaced(cast: Cast) -> None:
    asked = own(cast)
    view, = cast.read("Marcus", own_feeds)
    for name in ("Olga", "Priya", "Ruth"):
        assert cast.read(name, own_feeds) == []
        with pytest.raises(NotFound):
            cast.do(name, revoke_feed, RevokeFeed(feed_id=view.feed_id))
        with pytest.raises(NotFound):
            cast.do(name, make_feed, MakeFeed(replaces_id=view.feed_id))
    assert text(cast, asked) is not None
    with database.reading(cast.engine) as session:
        refused = session.scalars(select(AuditRow).where(AuditRow.outcome == Outcome.REFUSED)).all()
    assert len(refused) == 6
    with pytest.raises(NotFound):
        cast.do("Dana", make_feed, MakeFeed(replaces_id=view.feed_id))
    cast.do("Dana", revoke_feed, RevokeFeed(feed_id=view.feed_id))
    assert text(cast, asked) is None


def test_a_clients_feed_is_made_by_those_who_may_change_the_appointments(cast: Cast, ida: int) -> None:
    person = people_of(cast, ida)["Ida"]
    for name in ("Marcus", "Tom", "Dana"):
        assert text(cast, clients(cast, ida, person, by=name)) is not None
    for name in ("Olga", "Priya", "Ruth"):
        with pytest.raises(NotFound):
            cast.do(name, make_feed, MakeFeed(case_id=ida, person_id=person))
        with pytest.raises(NotFound):
            cast.read(name, feeds_in_case, ida)
    made = cast.read("Tom", feeds_in_case, ida)[person]
    assert [view.shows for view in made] == [FeedShows.BUSY] * 3
    with pytest.raises(NotFound):
        cast.do("Olga", revoke_feed, RevokeFeed(feed_id=made[0].feed_id))
    cast.do("Marcus", revoke_feed, RevokeFeed(feed_id=made[0].feed_id))
    assert len(cast.read("Marcus", feeds_in_case, ida)[person]) == 2


def test_a_supervisor_sees_the_associates_clients_feeds_and_changes_none(cast: Cast) -> None:
    with at(NOW):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Priya")
        person = people_of(cast, case_id)["Bo"]
        cast.do("Priya", make_feed, MakeFeed(case_id=case_id, person_id=person))
        view, = cast.read("Ruth", feeds_in_case, case_id)[person]
        with pytest.raises(NotFound):
            cast.do("Ruth", make_feed, MakeFeed(case_id=case_id, person_id=person))
        with pytest.raises(NotFound):
            cast.do("Ruth", revoke_feed, RevokeFeed(feed_id=view.feed_id))


def test_a_clients_feed_is_for_somebody_in_the_case(cast: Cast, ida: int, couple: int) -> None:
    with pytest.raises(BadInput):
        cast.do("Marcus", make_feed, MakeFeed(case_id=ida, person_id=people_of(cast, couple)["Noor"]))
    with pytest.raises(ValidationError):
        MakeFeed(case_id=ida)
    noors = clients(cast, couple, people_of(cast, couple)["Noor"])
    made, = cast.read("Marcus", feeds_in_case, couple)[people_of(cast, couple)["Noor"]]
    with pytest.raises(NotFound):
        cast.do("Marcus", make_feed, MakeFeed(
            case_id=couple, person_id=people_of(cast, couple)["Sam"], replaces_id=made.feed_id))
    assert text(cast, noors) is not None


def test_what_staff_make_for_a_client_tells_of_its_case_alone(cast: Cast) -> None:
    with at(NOW):
        own_case = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        noor = people_of(cast, own_case)["Noor"]
        couple = cast.do("Dana", open_case, OpenCase(
            type=CaseType.TWO_PERSON, label="partners", provider_id=cast.staff["Olga"], participants=(
                Taking(person_id=noor), Taking(person=PersonDetails(first_name="Sam", last_name="Ortiz")))))
    booked(cast, own_case)
    booked(cast, couple, by="Olga", service="FAM50", local_time=time(14))
    alone, together = clients(cast, own_case, noor), clients(cast, couple, noor, by="Olga")
    assert [one.dtstart.value.hour for one in events(cast, alone)] == [10]
    assert [one.dtstart.value.hour for one in events(cast, together)] == [14]
    marcus, olga = ([view.feed_id for view in cast.read(name, feeds_in_case, case_id)[noor]]
                    for name, case_id in (("Marcus", own_case), ("Olga", couple)))
    assert len(marcus) == len(olga) == 1 and marcus != olga
    with pytest.raises(NotFound):
        cast.do("Olga", revoke_feed, RevokeFeed(feed_id=marcus[0]))
    with pytest.raises(NotFound):
        cast.do("Olga", make_feed, MakeFeed(case_id=couple, person_id=noor, replaces_id=marcus[0]))
    assert text(cast, alone) is not None


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


# --- How a feed ends


def test_whoever_left_the_practice_has_no_feed(cast: Cast, ida: int) -> None:
    asked = own(cast)
    with database.reading(cast.engine) as session:
        person = session.get_one(Staff, cast.staff["Marcus"])
    facts = {"staff_id": person.id, "first_name": "Marcus", "last_name": "Bell", "email": person.email,
             "roles": {Role.PROVIDER}}
    cast.do("Dana", change_staff, ChangeStaff(**facts, revision=person.revision, active=False))
    assert text(cast, asked) is None
    cast.do("Dana", change_staff, ChangeStaff(**facts, revision=person.revision + 1))
    assert text(cast, asked) is not None


def test_whoever_is_in_no_case_any_more_has_no_feed(cast: Cast) -> None:
    with at(NOW):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", name="Thursday circle")
        people = people_of(cast, group)
        eve, jo = clients(cast, group, people["Eve"]), clients(cast, group, people["Jo"])
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=group, person_id=people["Eve"], left_on=date(2026, 9, 3)))
    assert text(cast, eve, "2026-09-02 23:00") is not None
    assert text(cast, eve, "2026-09-03 00:00") is None
    assert text(cast, jo, "2026-09-03 00:00") is not None
    with pytest.raises(BadInput), at("2026-09-03 00:00"):
        cast.do("Marcus", make_feed, MakeFeed(case_id=group, person_id=people["Eve"]))
    cast.do("Marcus", set_case_status, SetCaseStatus(case_id=group, status=CaseStatus.ARCHIVED))
    assert text(cast, jo) is None


def test_a_feed_of_ones_own_goes_on_with_another_case_and_one_that_staff_made_does_not(cast: Cast, ida: int) -> None:
    person = people_of(cast, ida)["Ida"]
    made, hers = clients(cast, ida, person), MakeMyFeed()
    with database.transaction(cast.engine) as session:
        make_my_feed(session, PortalActor(person, "Ida"), hers)
    cast.do("Dana", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Olga"], participants=(Taking(person_id=person),)))
    cast.do("Marcus", set_case_status, SetCaseStatus(case_id=ida, status=CaseStatus.ARCHIVED))
    assert text(cast, made) is None
    with at(NOW), database.reading(cast.engine) as session:
        assert feeds.feed(session, hers.secret.get_secret_value()) is not None


def test_a_refused_booking_shows_in_no_feed(cast: Cast, ida: int) -> None:
    booked(cast, ida)
    with pytest.raises(SlotTaken):
        booked(cast, ida)
    assert len(events(cast, own(cast))) == 1


@pytest.mark.parametrize("how", ["revoked", "denied", "of age", "over"])
def test_an_address_that_staff_made_ends_with_the_right_of_whoever_may_have_it(cast: Cast, how: str) -> None:
    house = home(cast, born=date(2008, 12, 1))
    with at(NOW):
        booked(cast, house.case_id)
        theirs = clients(cast, house.case_id, house.leo)
        mine = MakeMyFeed()
        house.act("Leo", make_my_feed, mine)
        (acts,) = cast.read("Dana", access_grid, house.case_id).rows
        cell = acts.cells[AccessScope.SCHEDULING].decisions[0]
        if how == "revoked":
            cast.do("Dana", end_decision, EndDecision(decision_id=cell.decision_id))
        if how == "denied":
            cast.do("Dana", decide_access, DecideAccess(
                acts_for_id=acts.acts_for_id, scope=AccessScope.SCHEDULING, verdict=Verdict.DENIED,
                starts_on=date(2026, 11, 30), reason="court order"))
        if how == "over":
            cast.do("Dana", change_acting, ChangeActing(
                acts_for_id=acts.acts_for_id, revision=acts.revision, kind=acts.kind, starts_on=acts.starts_on,
                ends_on=date(2026, 11, 30)))
    before, after = ("2026-11-29 23:59", "2026-11-30 00:00")
    if how == "of age":
        before, after = "2026-11-30 23:59", "2026-12-01 00:00"
    if how != "revoked":
        assert text(cast, theirs, before) is not None
    assert text(cast, theirs, after) is None
    assert text(cast, mine, after) is not None, "what they made themselves goes on"
    with at(after):
        assert len(cast.read("Marcus", feeds_in_case, house.case_id)[house.leo]) == 1
        anew = MakeFeed(case_id=house.case_id, person_id=house.leo)
        cast.do("Marcus", make_feed, anew)
    assert text(cast, anew, after) is not None, "made since then"
