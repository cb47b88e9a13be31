"""The 18th birthday: at its first moment on the client's own wall, once, and to nobody else's mailbox (A22)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.records.consent_basis import CameOfAge
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.portal import PortalInvitation
from practicerunner.server import jobs
from practicerunner.vocabulary import AccessScope, MessageKind, PortalState, Verdict, Welcome
from practicerunner.workflows import majority, outbox
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.portal_access import open_scopes
from practicerunner.workflows.portal_accounts import portal_of_case
from tests.cast import Cast, at
from tests.workflows.minors import Home, home

BORN, DAY = date(2008, 12, 1), "2026-12-01"


def tick(cast: Cast) -> int:
    """The clockwork looks once."""
    with database.transaction(cast.engine) as session:
        return majority.welcome_adults(session)


def invitations(cast: Cast) -> list[int]:
    """Whom a link went to."""
    with database.reading(cast.engine) as session:
        invited = list(session.scalars(select(PortalInvitation.person_id).order_by(PortalInvitation.id)))
        assert session.scalars(select(OutboxMessage.person_id).where(
            OutboxMessage.kind == MessageKind.PORTAL_LINK).order_by(OutboxMessage.id)).all() == invited
        return invited


def task(house: Home) -> list[str]:
    """What the provider is asked to decide."""
    items = house.cast.read("Marcus", case_summary, house.case_id).attention
    return [one.sentence for one in items if "18" in one.sentence]


def open_to_elena(house: Home) -> bool:
    with database.reading(house.cast.engine) as session:
        return bool(open_scopes(session, house.actors["Elena for Leo"]))


def test_a_minute_before_midnight_nothing_and_at_midnight_everything_once(cast: Cast) -> None:
    house = home(cast, born=BORN)
    tomorrow = home(cast, born=BORN + timedelta(days=1), first="Mia", leos_mail="mia@example.org",
                    elenas_mail="tova@example.org")
    with at("2026-11-30 23:59"):
        assert (tick(cast), invitations(cast), task(house), open_to_elena(house)) == (0, [], [], True)
    with at(f"{DAY} 00:00"):
        assert not open_to_elena(house)
        assert task(house) == ["Leo is 18: decide access."]
        assert [tick(cast), tick(cast)] == [1, 0]
        assert invitations(cast) == [house.leo]
        assert task(house) == ["Leo is 18: decide access. Invited to the portal."]
        assert task(tomorrow) == []
        (row,) = [one for one in cast.read("Marcus", portal_of_case, house.case_id) if one.person_id == house.leo]
        assert (row.state, row.invited_by, row.email) == (PortalState.INVITED, "", "leo@example.org")
    with at("2026-12-09 12:00"):
        assert tick(cast) == 1, "the other one, late and once"
        assert [tick(cast), invitations(cast)] == [0, [house.leo, tomorrow.leo]]
        (grid,) = cast.read("Marcus", access_grid, house.case_id).rows
        cast.do("Marcus", decide_access, DecideAccess(
            acts_for_id=grid.acts_for_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, reason="Leo says no",
            starts_on=date(2026, 12, 9)))
        for scope in set(AccessScope) - {AccessScope.FORMS}:
            cast.do("Marcus", decide_access, DecideAccess(
                acts_for_id=grid.acts_for_id, scope=scope, verdict=Verdict.GRANTED, starts_on=date(2026, 12, 9)))
        assert task(house) == [], "decided"


@pytest.mark.parametrize(("zone", "begins"), [
    ("America/Los_Angeles", datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ("Asia/Tokyo", datetime(2026, 11, 30, 15, tzinfo=UTC)),
])
def test_the_day_begins_on_the_clients_own_wall(cast: Cast, zone: str, begins: datetime) -> None:
    home(cast, born=BORN, zone=zone)
    with clock.frozen(begins - timedelta(seconds=1)):
        assert tick(cast) == 0
    with clock.frozen(begins):
        assert tick(cast) == 1


@pytest.mark.parametrize(("born", "before", "then"), [
    # The clocks of New York go forward on 8 March and back on 1 November 2026.
    (date(2008, 3, 8), "2026-03-07 23:59", "2026-03-08 00:00"),
    (date(2008, 11, 1), "2026-10-31 23:59", "2026-11-01 00:00"),
    # Born on 29 February: from 1 March on.
    (date(2008, 2, 29), "2026-02-28 23:59", "2026-03-01 00:00"),
])
def test_over_a_clock_change_and_from_a_leap_day_on(cast: Cast, born: date, before: str, then: str) -> None:
    house = home(cast, born=born, opened="2026-01-10 09:00")
    with at(before):
        assert tick(cast) == 0
    with at(then):
        assert [tick(cast), tick(cast)] == [1, 0]
        assert invitations(cast) == [house.leo]


def test_a_mailbox_that_somebody_else_has_gets_no_invitation_and_the_task_says_so(cast: Cast) -> None:
    house = home(cast, born=BORN, leos_mail="Home@example.org", elenas_mail="home@example.org ")
    with at(f"{DAY} 00:00"):
        assert (tick(cast), invitations(cast)) == (1, [])
        assert task(house) == [
            "Leo is 18: decide access. Not invited to the portal: somebody else has the same e-mail address."]
    with database.reading(cast.engine) as session:
        assert session.scalars(select(CameOfAge.welcome)).all() == [Welcome.SHARED_ADDRESS]


def test_without_an_address_the_task_says_so_and_an_account_is_left_alone(cast: Cast) -> None:
    house = home(cast, born=BORN, leos_mail="")
    with at(f"{DAY} 00:00"):
        assert (tick(cast), invitations(cast)) == (1, [])
        assert task(house) == [
            "Leo is 18: decide access. Not invited to the portal: no e-mail address that we may write to."]


def test_an_address_that_is_shared_by_the_time_it_is_sent_is_not_written_to(cast: Cast) -> None:
    house = home(cast, born=BORN)
    with at(f"{DAY} 00:00"):
        tick(cast)
        details, revision = cast.read("Dana", person_details, house.elena)
        cast.do("Dana", change_person, ChangePerson(
            person_id=house.elena, revision=revision, person=details.model_copy(update={
                "contacts": tuple(one.model_copy(update={"value": "leo@example.org"}) for one in details.contacts)})))
        with database.transaction(cast.engine) as session:
            while (found := outbox.claim(session, "worker")) is not None:
                assert found.kind is not MessageKind.PORTAL_LINK


def test_after_a_month_nobody_is_invited_any_more(cast: Cast) -> None:
    house = home(cast, born=BORN)
    with at("2027-01-01 00:01"):
        assert (tick(cast), invitations(cast)) == (0, [])
        assert task(house) == ["Leo is 18: decide access."]
    with at("2026-12-31 23:59"):
        assert tick(cast) == 1


def test_the_clockwork_runs_every_minute() -> None:
    assert [job.every for job in jobs.JOBS if job.work is jobs.welcome_adults] == [jobs.MINUTE]
