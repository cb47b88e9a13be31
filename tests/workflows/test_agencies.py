"""An organisation that helps does so through its people: each decided about, all of it over when they leave (D13)."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.acting import ActsFor
from practicerunner.records.audit import AuditRow
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    Action,
    CaseType,
    OrganisationKind,
    Resource,
    ThreadClass,
    Verdict,
)
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.access_grid import GridRow, access_grid
from practicerunner.workflows.acting import (
    AddActing,
    ChangeActing,
    LeaveOrganisation,
    VerifyActing,
    add_acting,
    change_acting,
    leave_organisation,
    verify_acting,
)
from practicerunner.workflows.clients import client_list
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.people import AddOrganisation, OrganisationDetails, PersonDetails, add_organisation
from practicerunner.workflows.portal_access import acting_for, authorize_portal
from practicerunner.workflows.portal_details import who_has_access
from practicerunner.workflows.portal_messages import AddHelper, add_helper, my_conversation
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.relationships import AddOrganisationLink, link_organisation, organisations_of
from tests.cast import Cast, at, payer, people_of
from tests.workflows.feeding import text
from tests.workflows.test_acting import NOW, SEPTEMBER, Family, family

__all__ = ["family"]
HARBOR = OrganisationDetails(name="Harbor Care", phone="+1 518 555 0144")
MESSAGES, BILLING = AccessScope.MESSAGES, AccessScope.BILLING


def helps(family: Family, **more: object) -> int:
    """Joan coordinates for Harbor Care, and may write and read bills."""
    acts = family.act(family.joan, ActingKind.CARE_COORDINATOR, **({"organisation": HARBOR} | more))
    for scope in (MESSAGES, BILLING):
        family.grant(acts, scope)
    return acts


def entry(family: Family, acts: int) -> ActsFor:
    with database.reading(family.cast.engine) as session:
        return session.get_one(ActsFor, acts)


def row(family: Family) -> GridRow:
    found, = family.grid().rows
    return found


def change(family: Family, acts: int, by: str = "Tom", **more: object) -> int:
    known = entry(family, acts)
    asked = {"kind": known.kind, "starts_on": known.starts_on, "ends_on": None, "revision": known.revision} | more
    return int(family.cast.do(by, change_acting, ChangeActing(acts_for_id=acts, **asked)))  # type: ignore[arg-type]


def other_client(cast: Cast, acts: ActsFor, provider: str = "Olga") -> tuple[int, int, int]:
    """Somebody else for whom the same person helps: the case, who it is, and how she acts."""
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider=provider)
    bo = people_of(cast, case_id)["Bo"]
    made = cast.do("Tom", add_acting, AddActing(
        client_id=bo, person_id=acts.person_id, kind=ActingKind.CARE_COORDINATOR, starts_on=SEPTEMBER,
        organisation_id=acts.organisation_id))
    cast.do("Tom", decide_access, DecideAccess(
        acts_for_id=made, scope=BILLING, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
    return case_id, bo, made


def test_an_agency_helps_through_its_people_each_with_decisions_of_their_own(family: Family) -> None:
    with at(NOW):
        acts = helps(family)
        colleague = payer(family.cast, "Nina", "Cole")
        second = family.act(
            colleague, ActingKind.CARE_COORDINATOR, organisation_id=entry(family, acts).organisation_id)
        rows = {one.person: one for one in family.grid().rows}
        assert {one.organisation for one in rows.values()} == {"Harbor Care"}
        assert family.scopes(family.joan, PortalRole.HELPER) == {MESSAGES, BILLING}
        assert family.scopes(colleague, PortalRole.HELPER) == set(), "a colleague's decisions are not theirs"
        family.grant(second, BILLING)
        assert family.scopes(colleague, PortalRole.HELPER) == {BILLING}
        # As a helper they see nothing of notes, diagnoses or birth dates, and sign nothing.
        family.grant(acts, AccessScope.FORMS)
        joan = PortalActor(family.joan, "Joan", PortalRole.HELPER, family.leo)
        for resource in (Resource.DEMOGRAPHICS, Resource.SUPERBILLS, Resource.DOCUMENTS_CLINICAL, Resource.CONSENTS,
                         Resource.MESSAGES_CLINICAL, Resource.CLINICAL_NOTE):
            with pytest.raises(NotPermitted), database.reading(family.cast.engine) as session:
                authorize_portal(session, joan, Action.READ, resource, case_id=family.case_id)
        # In the portal the client reads for whom they help, and they read as what they come.
        with database.reading(family.cast.engine) as session:
            known = who_has_access(session, PortalActor(family.leo, "Leo"))
            came = acting_for(session, family.joan)
        assert {line.kind for line in known} == {"Care coordinator, Harbor Care"}
        assert [(one.client, one.role, one.kind) for one in came] == [
            ("Leo Castellano", PortalRole.HELPER, "Care coordinator, Harbor Care")]
        # Neither the agency nor its people are clients.
        listed = family.cast.read("Dana", client_list)
        assert {one.name for one in listed.rows} == {"Leo Castellano"}


def test_an_organisation_stands_in_for_nobody_and_has_to_be_there(family: Family) -> None:
    with at(NOW):
        for kind in (ActingKind.PARENT, ActingKind.GUARDIAN, ActingKind.HEALTH_CARE_AGENT):
            with pytest.raises(BadInput, match="in their own right"):
                family.act(family.joan, kind, organisation=HARBOR)
        with pytest.raises(BadInput, match="no longer in the list"):
            family.act(family.joan, ActingKind.CARE_COORDINATOR, organisation_id=77)
        acts = helps(family)
        with pytest.raises(BadInput, match="in their own right"):
            change(family, acts, kind=ActingKind.GUARDIAN, organisation_id=entry(family, acts).organisation_id)


def test_an_organisation_is_in_the_list_once_so_that_who_leaves_it_leaves_all_of_it(family: Family) -> None:
    with at(NOW):
        helps(family)
        bo = people_of(family.cast, family.cast.open_case(CaseType.INDIVIDUAL, "Bo Ek"))["Bo"]
        again = OrganisationDetails(name=" harbor  CARE ")
        for verb, asked, field in (
            (add_acting, AddActing(
                client_id=bo, person_id=family.joan, kind=ActingKind.CARE_COORDINATOR, starts_on=SEPTEMBER,
                organisation=again), "organisation.name"),
            (link_organisation, AddOrganisationLink(
                person_id=bo, organisation=again, kind=next(iter(OrganisationKind))), "organisation.name"),
            (add_organisation, AddOrganisation(name="Hárbor Care"), "name"),
        ):
            with pytest.raises(BadInput, match="choose it") as refused:
                family.cast.do("Tom", verb, asked)
            assert refused.value.field == field
        family.cast.do("Tom", add_organisation, AddOrganisation(name="Harbor Care, Salem"))


def test_who_leaves_the_organisation_acts_for_nobody_of_its_clients_any_more(family: Family) -> None:
    with at(NOW):
        acts = helps(family)
        denial = family.grant(acts, AccessScope.PORTAL, Verdict.DENIED)
        _, bo, _ = other_client(family.cast, entry(family, acts))
        ada = people_of(family.cast, family.cast.open_case(CaseType.INDIVIDUAL, "Ada Reed"))["Ada"]
        friend = family.cast.do("Tom", add_acting, AddActing(
            client_id=ada, person_id=family.joan, kind=ActingKind.OTHER_HELPER, starts_on=SEPTEMBER))
        family.cast.do("Tom", decide_access, DecideAccess(
            acts_for_id=friend, scope=BILLING, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))

        def clients() -> list[str]:
            with database.reading(family.cast.engine) as session:
                return [one.client for one in acting_for(session, family.joan)]

        assert clients() == ["Ada Reed", "Bo Ek", "Leo Castellano"]
        with pytest.raises(NotFound):  # she treats none of them
            family.cast.do("Priya", leave_organisation, LeaveOrganisation(acts_for_id=acts))
        asked = LeaveOrganisation(acts_for_id=acts)
        assert family.cast.do("Marcus", leave_organisation, asked) == family.joan
        assert family.cast.do("Marcus", leave_organisation, asked) == family.joan, "the second click"
        assert clients() == ["Ada Reed"], "what she does in her own right goes on"
        with pytest.raises(BadInput, match="any more"):
            family.cast.do("Marcus", leave_organisation, LeaveOrganisation(acts_for_id=acts))
        joan = PortalActor(family.joan, "Joan", PortalRole.HELPER, bo)
        with pytest.raises(NotPermitted), database.reading(family.cast.engine) as session:
            authorize_portal(session, joan, Action.READ, Resource.INVOICES)
        left = row(family)
        assert left.left_organisation_on is not None and left.cells[BILLING].why == "No longer granted."
        assert left.cells[BILLING].decisions[0].ended_reason == "They no longer work there."
        still = left.cells[AccessScope.PORTAL].decisions
        assert [(one.decision_id, one.ended_at) for one in still] == [(denial, None)], "a denial stays"
    with database.reading(family.cast.engine) as session:
        line = session.query(AuditRow).filter_by(action="leave_organisation").one()
        assert line.staff_id == family.cast.staff["Marcus"] and line.detail.endswith("2 clients")


def test_who_comes_back_or_goes_elsewhere_is_decided_about_anew(family: Family) -> None:
    with at(NOW):
        acts = helps(family)
        harbor = entry(family, acts).organisation_id
        family.cast.do("Marcus", leave_organisation, LeaveOrganisation(acts_for_id=acts))
        change(family, acts, organisation_id=harbor)
        assert row(family).left_organisation_on is None and family.scopes(family.joan, PortalRole.HELPER) == set()
        family.grant(acts, BILLING)
        assert family.scopes(family.joan, PortalRole.HELPER) == {BILLING}
        change(family, acts, organisation_id=harbor)
        assert family.scopes(family.joan, PortalRole.HELPER) == {BILLING}, "nothing was changed"
        letters = len(family.letters())
        change(family, acts)
        assert (row(family).organisation, family.scopes(family.joan, PortalRole.HELPER)) == ("", set())
        with at("2026-09-15 09:10"):
            family.grant(acts, BILLING)
        change(family, acts, organisation=OrganisationDetails(name="Elm Agency"))
        assert (row(family).organisation, family.scopes(family.joan, PortalRole.HELPER)) == ("Elm Agency", set())
        assert len(family.letters()) == letters + 1, "told of the grant, of nothing that ended"


@pytest.mark.parametrize("starts_on", [date(2026, 9, 15), date(2026, 10, 1)])
def test_who_leaves_on_their_first_day_or_before_it_can_be_saved_again(family: Family, starts_on: date) -> None:
    with at(NOW):
        acts = helps(family)
        change(family, acts, organisation_id=entry(family, acts).organisation_id, starts_on=starts_on)
        family.cast.do("Marcus", leave_organisation, LeaveOrganisation(acts_for_id=acts))
        left = entry(family, acts)
        assert left.ends_on == starts_on + timedelta(days=1)
        change(family, acts, organisation_id=left.organisation_id, ends_on=left.ends_on, title="nurse")
        assert entry(family, acts).left_organisation_on == date(2026, 9, 15), "no way back"
        assert family.scopes(family.joan, PortalRole.HELPER) == set()


def test_the_client_is_locked_before_how_others_act_for_them(family: Family) -> None:
    locked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FOR NO KEY UPDATE" in statement:
            locked.extend(re.findall(r"FROM (\w+)", statement)[:1])

    with at(NOW):
        acts = helps(family)
        harbor = entry(family, acts).organisation_id
        event.listen(family.cast.engine, "before_cursor_execute", note)
        try:
            change(family, acts, organisation_id=harbor)
            family.cast.do("Tom", verify_acting, VerifyActing(
                acts_for_id=acts, revision=entry(family, acts).revision, evidence="Letter of 1 September"))
            family.cast.do("Tom", leave_organisation, LeaveOrganisation(acts_for_id=acts))
        finally:
            event.remove(family.cast.engine, "before_cursor_execute", note)
    # One at a time writes in SQLite, which locks no rows.
    assert locked == (["person", "acts_for"] * 3 if family.cast.engine.dialect.name == "postgresql" else [])


def test_the_client_reads_in_a_conversation_for_whom_a_helper_comes(family: Family) -> None:
    with at(NOW):
        helps(family, organisation=OrganisationDetails(name="House of Hope"))
        (thread,) = family.cast.do("Marcus", start_thread, StartThread(
            case_id=family.case_id, thread_class=ThreadClass.ADMIN, subject="Rides", text="On Tuesday",
            people=(ToPerson(person_id=family.leo),)))
        leo = PortalActor(family.leo, "Leo")
        with database.transaction(family.cast.engine) as session:
            assert my_conversation(session, leo, thread).addable == {
                family.joan: "Joan Pike, your care coordinator, House of Hope"}
            add_helper(session, leo, AddHelper(thread_id=thread, person_id=family.joan))
        for actor, said in (
            (leo, "your care coordinator, House of Hope"),
            (PortalActor(family.joan, "Joan", PortalRole.HELPER, family.leo),
             "care coordinator of Leo Castellano, House of Hope"),
        ):
            with database.transaction(family.cast.engine) as session:
                found = my_conversation(session, actor, thread)
            assert {one.name: one.relation for one in found.members}["Joan Pike"] == said


def test_the_links_of_a_case_name_who_helps_for_an_organisation(family: Family) -> None:
    with at(NOW):
        acts = helps(family)
        family.cast.do("Tom", add_acting, AddActing(
            client_id=family.leo, person=PersonDetails(first_name="Nina", last_name="Cole"),
            kind=ActingKind.CARE_COORDINATOR, starts_on=SEPTEMBER))
        family.cast.do("Tom", link_organisation, AddOrganisationLink(
            person_id=family.leo, organisation_id=entry(family, acts).organisation_id,
            kind=next(iter(OrganisationKind))))
        found, = family.cast.read("Tom", organisations_of, family.case_id)
        assert (found.name, found.helping) == ("Harbor Care", ("Joan Pike",))
        family.cast.do("Tom", leave_organisation, LeaveOrganisation(acts_for_id=acts))
        assert family.cast.read("Tom", organisations_of, family.case_id)[0].helping == ()
        case_id, *_ = other_client(family.cast, entry(family, acts))
        with pytest.raises(NotFound):
            family.cast.read("Marcus", access_grid, case_id)


def let_helpers(cast: Cast, on: bool) -> None:
    """The practice's switch for helpers and appointments."""
    known = cast.read("Dana", practice_settings)
    cast.do("Dana", change_practice, ChangePractice(**{
        name: getattr(known, name) for name in ChangePractice.model_fields if name != "op"
    } | {"helpers_may_schedule": on}))


def test_a_calendar_address_that_staff_made_ends_with_whoever_may_hold_it_and_stays_so(family: Family) -> None:
    def made(when: str) -> MakeFeed:
        address = MakeFeed(case_id=family.case_id, person_id=family.leo)
        with at(when):
            family.cast.do("Marcus", make_feed, address)
        return address

    with at(NOW):
        acts = helps(family)
        harbor = entry(family, acts).organisation_id
        family.grant(acts, AccessScope.SCHEDULING)
    before = made("2026-09-15 10:00")
    with at("2026-09-15 11:00"):
        let_helpers(family.cast, True)
    while_on = made("2026-09-15 12:00")
    assert text(family.cast, before, "2026-09-15 12:00") and text(family.cast, while_on, "2026-09-15 12:00")
    with at("2026-09-20 09:00"):
        let_helpers(family.cast, False)
    assert text(family.cast, while_on, "2026-09-20 10:00") is None, "the practice lets helpers no longer"
    off = made("2026-09-20 10:00")
    with at("2026-09-21 09:00"):
        let_helpers(family.cast, True)
    same_day = made("2026-09-22 10:00")
    with at("2026-09-22 15:00"):
        family.cast.do("Marcus", leave_organisation, LeaveOrganisation(acts_for_id=acts))
    since = made("2026-09-22 16:00")
    with at("2026-11-02 09:00"):  # she comes back, and nothing is granted
        change(family, acts, organisation_id=harbor, starts_on=date(2026, 11, 2))
        let_helpers(family.cast, False)
    for when in ("2026-09-22 16:00", "2026-11-02 10:00"):
        assert text(family.cast, while_on, when) is None and text(family.cast, same_day, when) is None
        assert all(text(family.cast, one, when) for one in (before, off, since)), "never in her hands"
