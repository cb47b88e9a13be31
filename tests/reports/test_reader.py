"""Who may read which report, and whose rows are in it."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.records.cases import Case
from practicerunner.reports import read
from practicerunner.reports.aging import aging
from practicerunner.reports.catalogue import VIEWS
from practicerunner.reports.overview import Asked, overview
from practicerunner.reports.reader import NoSuchView, totals
from practicerunner.reports.tables import table
from practicerunner.rules.periods import Period
from practicerunner.rules.permissions import Scope, scopes
from practicerunner.vocabulary import Action, AppointmentStatus, AttendanceStatus, CaseType, OverviewTable, Role
from practicerunner.workflows.access import Actor
from practicerunner.workflows.own_records import SetOwnRecord, set_own_record
from tests.cast import Cast, at, hold, invoice, people_of
from tests.reports.building import Reading, Story

DAY = date(2026, 11, 12)


@pytest.fixture
def practice(story: Story) -> Story:
    """One case of each provider, each with an appointment that was held, an invoice, and a workflow state."""
    for provider in (story.bell, story.ito):
        person = story.person("Noor")
        case = story.case(people=(person,), provider=provider)
        story.appointment(case, date(2026, 11, 2), AppointmentStatus.HELD, provider=provider,
                          came={person: AttendanceStatus.ATTENDED})
        story.invoice(case, story.payer("Ada"), 100, date(2026, 10, 1))
    return story


def seen(story: Story, viewer: Reading, view: str) -> set[int]:
    return {row["provider_id"] for row in read(story.engine, viewer, view, as_of=DAY)}


def test_every_role_reads_every_view_exactly_as_far_as_the_permission_table_says(practice: Story) -> None:
    bell, ito = practice.bell, practice.ito
    checked = 0
    for view in VIEWS.values():
        for role in Role:
            viewer = Reading(bell, frozenset({role}), frozenset({ito}))
            reach = scopes(viewer.roles, Action.READ, view.resource)
            expected = {bell, ito} if Scope.ALL in reach else (
                ({bell} if Scope.OWN in reach else set()) | ({ito} if Scope.SUPERVISED in reach else set())
            )
            checked += 1
            if expected:
                assert seen(practice, viewer, view.name) == expected, (view.name, role)
            else:
                with pytest.raises(NotPermitted):
                    seen(practice, viewer, view.name)
    assert checked == len(VIEWS) * len(Role)


def test_no_view_tells_anybody_of_a_case_in_which_they_take_part_as_a_client(practice: Story) -> None:
    with database.reading(practice.engine) as session:
        own = session.scalars(select(Case.id).where(Case.provider_id == practice.bell)).one()
    owner = Reading(practice.owner.staff_id, practice.owner.roles)
    themselves = Reading(practice.owner.staff_id, practice.owner.roles, own_cases=frozenset({own}))
    for view in VIEWS.values():
        assert seen(practice, owner, view.name) == {practice.bell, practice.ito}, view.name
        assert seen(practice, themselves, view.name) == {practice.ito}, view.name
        by = totals(practice.engine, themselves, view.name, (), by=("provider_id",), as_of=DAY)
        assert [row["provider_id"] for row in by] == [practice.ito], view.name


def test_an_administrator_who_is_a_client_finds_their_own_bill_in_no_figure_list_or_file(cast: Cast) -> None:
    with at("2026-11-12 09:00"):
        own = cast.open_case(CaseType.INDIVIDUAL, "Tom Alvarez")
        other = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        tom = people_of(cast, own)["Tom"]
    for case_id, when in ((own, "2026-11-10 10:00"), (other, "2026-11-10 11:00")):
        invoice(cast, hold(cast, case_id, "IND50", when))
    month = Period(date(2026, 11, 1), date(2026, 11, 30))

    def found(who: str) -> tuple[set[str], list[str], int, int]:
        asked = Asked(cast.engine, cast.actor(who), month)
        rows = table(asked, OverviewTable.MOVEMENTS)
        shown = overview(asked, month)
        return (
            {row.payer for row in aging(cast.engine, cast.actor(who), DAY)},
            sorted(str(line[2]) for line in rows.lines),
            shown.invoiced.now, rows.csv.decode().count("Tom Alvarez"))

    both = ({"Noor Haddad", "Tom Alvarez"}, ["Noor Haddad", "Tom Alvarez"], 330_00, 2)
    with at("2026-11-12 09:00"):
        assert found("Tom") == both
        cast.do("Dana", set_own_record, SetOwnRecord(staff_id=cast.staff["Tom"], revision=1, person_id=tom))
        assert found("Tom") == ({"Noor Haddad"}, ["Noor Haddad"], 165_00, 0)
        assert found("Dana") == both


def test_a_supervisor_reads_the_documentation_of_supervisees_and_no_money(practice: Story) -> None:
    supervisor = Reading(practice.staff("Ruth", "Feldman"), frozenset({Role.SUPERVISOR}), frozenset({practice.ito}))
    assert seen(practice, supervisor, "notes__documentation_due") == {practice.ito}
    with pytest.raises(NotPermitted):
        read(practice.engine, supervisor, "billing__outstanding_balances", as_of=DAY)


def test_somebody_who_supervises_nobody_gets_no_supervised_rows_and_asking_for_a_provider_widens_nothing(
    practice: Story,
) -> None:
    bell = Reading(practice.bell, frozenset({Role.PROVIDER}))
    assert read(practice.engine, bell, "billing__outstanding_balances", as_of=DAY, provider_id=practice.ito) == []
    with pytest.raises(NotPermitted):
        seen(practice, Reading(practice.bell, frozenset({Role.SUPERVISOR})), "notes__documentation_due")


def test_amounts_are_empty_in_the_rows_of_whoever_may_not_see_money(practice: Story) -> None:
    def dues(roles: set[Role], supervisees: frozenset[int] = frozenset()) -> dict[int, int | None]:
        viewer = Reading(practice.bell, frozenset(roles), supervisees)
        rows = read(practice.engine, viewer, "cases__workflow_summary", as_of=DAY)
        return {row["provider_id"]: row["due_cents"] for row in rows}

    ito = frozenset({practice.ito})
    assert dues({Role.OWNER}) == {practice.bell: 100, practice.ito: 100}
    assert dues({Role.PROVIDER}) == {practice.bell: 100}
    assert dues({Role.SUPERVISOR}, ito) == {practice.ito: None}
    assert dues({Role.PROVIDER, Role.SUPERVISOR}, ito) == {practice.bell: 100, practice.ito: None}


def test_a_name_that_is_no_view_reads_nothing(practice: Story) -> None:
    for name in ("payer", "stg_payer", "billing__outstanding_balances; select 1", "as_of", ""):
        with pytest.raises(NoSuchView):
            read(practice.engine, practice.owner, name, as_of=DAY)


def test_an_actor_is_a_viewer(practice: Story) -> None:
    actor = Actor(practice.bell, "Marcus Bell", frozenset({Role.PROVIDER}))
    assert len(read(practice.engine, actor, "notes__documentation_due", as_of=DAY)) == 1
