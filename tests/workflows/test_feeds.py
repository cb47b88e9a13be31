"""Calendar feeds: whose they are, and how an address begins and ends."""

from datetime import date, time

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, SlotTaken
from practicerunner.records.audit import AuditRow
from practicerunner.records.feeds import CalendarFeed
from practicerunner.records.logins import Operation
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AccessScope, CaseStatus, CaseType, FeedShows, Outcome, Role, Verdict
from practicerunner.workflows import feeds
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.acting import ChangeActing, change_acting
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
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.portal_appointments import MakeMyFeed, make_my_feed
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests.cast import Cast, at, people_of
from tests.workflows.feeding import NOW, booked, clients, events, own, summaries, text
from tests.workflows.minors import home


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
