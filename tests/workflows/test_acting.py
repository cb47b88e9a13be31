"""Who acts for a client: the grid, its decisions, the notice, and what they open at the next action."""

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import text

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records import audit, people
from practicerunner.records.outbox import OutboxMessage
from practicerunner.rules.permissions import PORTAL, PortalRole, proxied
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    Action,
    CaseType,
    ContactKind,
    ContactRole,
    MessageKind,
    Resource,
    Verdict,
)
from practicerunner.workflows import outbox
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import (
    DecideAccess,
    DecisionIsEnded,
    EndDecision,
    SwitchNotices,
    decide_access,
    end_decision,
    switch_notices,
)
from practicerunner.workflows.access_grid import AccessGrid, access_grid
from practicerunner.workflows.acting import (
    AddActing,
    ChangeActing,
    VerifyActing,
    add_acting,
    change_acting,
    verify_acting,
)
from practicerunner.workflows.cases import OpenCase, RemoveParticipant, Taking, open_case, remove_participant
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.communication import communication_of_case
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.portal_access import acting_for, authorize_portal, open_scopes, signing_refusal
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from tests.cast import Cast, at, payer, people_of
from tests.workflows.minors import consents_alone, home

NOW = "2026-09-15 09:00"
SEPTEMBER = date(2026, 9, 1)


@dataclass
class Family:
    """Leo, who is 17, his mother, and an assistant."""

    cast: Cast
    case_id: int
    leo: int
    elena: int
    joan: int

    def act(self, person_id: int, kind: ActingKind, **more: object) -> int:
        return int(self.cast.do("Marcus", add_acting, AddActing(
            client_id=self.leo, person_id=person_id, kind=kind, starts_on=SEPTEMBER, **more)))  # type: ignore[arg-type]

    def grant(self, acts: int, scope: AccessScope, verdict: Verdict = Verdict.GRANTED, **more: object) -> int:
        return int(self.cast.do("Tom", decide_access, DecideAccess(
            acts_for_id=acts, scope=scope, verdict=verdict, starts_on=SEPTEMBER,
            **({"reason": "court order"} if verdict is Verdict.DENIED else {}), **more)))  # type: ignore[arg-type]

    def grid(self, by: str = "Tom") -> AccessGrid:
        found: AccessGrid = self.cast.read(by, access_grid, self.case_id)
        return found

    def scopes(self, person_id: int, role: PortalRole, case_id: int | None = None) -> set[AccessScope]:
        with database.reading(self.cast.engine) as session:
            return set(open_scopes(session, PortalActor(person_id, "", role, self.leo), case_id))

    def letters(self) -> list[str]:
        with database.reading(self.cast.engine) as session:
            return [one.body for one in session.query(OutboxMessage).order_by(OutboxMessage.id)]

    def sends(self) -> int:
        """Send what may go out now; how many letters that were."""
        with database.transaction(self.cast.engine) as session:
            taken = 0
            while (one := outbox.claim(session, "worker")) is not None:
                taken += outbox.sent(session, one.id, "worker")
            return taken


@pytest.fixture
def family(cast: Cast) -> Family:
    with at(NOW):
        case_id = cast.do("Dana", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(person=PersonDetails(
                first_name="Leo", last_name="Castellano", birth_date=date(2008, 12, 1), contacts=(
                    Contact(kind=ContactKind.EMAIL, value="leo@example.org", may_email=True),)),),)))
        return Family(cast, case_id, people_of(cast, case_id)["Leo"], payer(cast, "Elena", "Castellano"),
                      payer(cast, "Joan", "Pike"))


def test_acting_for_somebody_opens_nothing_until_a_scope_is_granted(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN, roles=(
            ContactRole.REPRESENTATIVE, ContactRole.BILLING_CONTACT))
        row = family.grid().rows[0]
        assert (row.person, row.client, row.kind) == ("Elena Castellano", "Leo Castellano", ActingKind.GUARDIAN)
        assert row.roles == (ContactRole.REPRESENTATIVE, ContactRole.BILLING_CONTACT)
        assert {cell.why for cell in row.cells.values()} == {"Not decided; acts as no."}
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == set()
        family.grant(acts, AccessScope.SCHEDULING)
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == {AccessScope.SCHEDULING}
        assert family.scopes(family.elena, PortalRole.HELPER) == set(), "she is no helper"
        assert family.scopes(family.joan, PortalRole.HELPER) == set(), "the decoy"


def test_who_is_on_both_sides_or_twice_is_refused(family: Family) -> None:
    with at(NOW):
        family.act(family.elena, ActingKind.GUARDIAN)
        with pytest.raises(BadInput, match="in the list already"):
            family.act(family.elena, ActingKind.PARENT)
        with pytest.raises(BadInput, match="themselves"):
            family.act(family.leo, ActingKind.GUARDIAN)
        with pytest.raises(BadInput, match="after the beginning"):
            family.act(family.joan, ActingKind.PERSONAL_ASSISTANT, ends_on=SEPTEMBER)


def test_a_new_person_who_acts_is_no_client(family: Family) -> None:
    with at(NOW):
        family.cast.do("Tom", add_acting, AddActing(
            client_id=family.leo, person=PersonDetails(first_name="Nina", last_name="Cole"),
            kind=ActingKind.CARE_COORDINATOR, starts_on=SEPTEMBER))
        assert [row.person for row in family.grid().rows] == ["Nina Cole"]
    with database.reading(family.cast.engine) as session:
        assert session.scalar(text("select count(*) from participant")) == 1


def test_a_stranger_among_the_staff_finds_no_grid_and_decides_nothing(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        decision = family.grant(acts, AccessScope.FORMS)
        with pytest.raises(NotFound):
            family.grid("Olga")
        for verb, asked in (
            (decide_access, DecideAccess(acts_for_id=acts, scope=AccessScope.BILLING, verdict=Verdict.GRANTED,
                                         starts_on=SEPTEMBER)),
            (end_decision, EndDecision(decision_id=decision)),
            (verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="seen")),
            (add_acting, AddActing(client_id=family.leo, person_id=family.joan, kind=ActingKind.OTHER_HELPER,
                                   starts_on=SEPTEMBER)),
        ):
            with pytest.raises(NotFound):
                family.cast.do("Olga", verb, asked)
        with pytest.raises(NotPermitted):
            family.cast.do("Ruth", switch_notices, SwitchNotices(case_id=family.case_id, off=True, reason="no"))
        assert len(family.grid().rows) == 1
        assert not family.grid().rows[0].cells[AccessScope.BILLING].is_decided


def test_who_treats_one_of_two_cases_decides_about_that_one_alone(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        workshop = family.cast.do("Dana", open_case, OpenCase(
            type=CaseType.WORKSHOP, name="Knots", provider_id=family.cast.staff["Olga"], opened_on=SEPTEMBER,
            participants=(Taking(person_id=family.leo),)))

        def decide(name: str, verdict: Verdict = Verdict.GRANTED, case_id: int | None = None) -> int:
            return int(family.cast.do(name, decide_access, DecideAccess(
                acts_for_id=acts, scope=AccessScope.MESSAGES, verdict=verdict, case_id=case_id, starts_on=SEPTEMBER,
                reason="court order")))

        with pytest.raises(NotFound):
            decide("Olga", case_id=family.case_id)
        for name in ("Olga", "Marcus"):
            with pytest.raises(NotPermitted, match="everything of somebody is decided by whoever may change all"):
                decide(name)
        mine = decide("Marcus", Verdict.DENIED, family.case_id)
        every = decide("Tom", Verdict.DENIED)
        with pytest.raises(NotFound):
            family.cast.do("Olga", end_decision, EndDecision(decision_id=mine))
        with pytest.raises(NotPermitted, match="everything of somebody"):
            family.cast.do("Olga", end_decision, EndDecision(decision_id=every))
        family.cast.do("Dana", end_decision, EndDecision(decision_id=every))
        decide("Olga", case_id=workshop)
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE, workshop) == {AccessScope.MESSAGES}
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE, family.case_id) == set()
        assert [family.grid(name).rows[0].decides_everything for name in ("Marcus", "Tom", "Dana")] == [
            False, True, True]


def test_who_treated_somebody_once_decides_and_changes_nothing_today(family: Family) -> None:
    with at(NOW):
        old = family.cast.do("Dana", open_case, OpenCase(
            type=CaseType.WORKSHOP, name="Knots", provider_id=family.cast.staff["Olga"], opened_on=SEPTEMBER,
            participants=(Taking(person_id=family.leo),)))
        family.cast.do("Dana", remove_participant, RemoveParticipant(
            case_id=old, person_id=family.leo, left_on=SEPTEMBER))
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        denied = int(family.cast.do("Marcus", decide_access, DecideAccess(
            acts_for_id=acts, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=SEPTEMBER, reason="order")))
        for verb, asked in (
            (end_decision, EndDecision(decision_id=denied)),
            (decide_access, DecideAccess(acts_for_id=acts, scope=AccessScope.BILLING, verdict=Verdict.GRANTED,
                                         starts_on=SEPTEMBER)),
            (verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="court paper")),
            (change_acting, ChangeActing(acts_for_id=acts, revision=1, kind=ActingKind.PARENT, starts_on=SEPTEMBER)),
        ):
            with pytest.raises(NotPermitted):
                family.cast.do("Olga", verb, asked)
        assert len(family.grid().rows[0].cells[AccessScope.FORMS].decisions) == 1


def test_a_change_opens_no_case_that_is_not_theirs(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        family.grant(acts, AccessScope.FORMS)
        family.cast.do("Tom", change_acting, ChangeActing(
            acts_for_id=acts, revision=1, kind=ActingKind.GUARDIAN, starts_on=SEPTEMBER, ends_on=date(2026, 9, 10)))
        family.cast.do("Dana", open_case, OpenCase(
            type=CaseType.WORKSHOP, name="Knots", provider_id=family.cast.staff["Olga"], opened_on=SEPTEMBER,
            participants=(Taking(person_id=family.leo),)))
        longer = ChangeActing(acts_for_id=acts, revision=2, kind=ActingKind.GUARDIAN, starts_on=SEPTEMBER)
        for name in ("Olga", "Marcus"):
            with pytest.raises(NotPermitted, match="more than you may decide about"):
                family.cast.do(name, change_acting, longer)
        told = len(family.letters())
        with at("2026-09-15 09:10"):
            family.cast.do("Dana", change_acting, longer)
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == {AccessScope.FORMS}
        assert len(family.letters()) == told + 1, "an ended stay that is prolonged opens something"


def test_a_denial_needs_a_reason_wins_and_both_entries_stay_in_the_grid(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.PARENT)
        with pytest.raises(BadInput, match="reason of the denial"):
            family.cast.do("Tom", decide_access, DecideAccess(
                acts_for_id=acts, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=SEPTEMBER))
        denied = family.grant(acts, AccessScope.FORMS, Verdict.DENIED)
        family.grant(acts, AccessScope.FORMS)
        cell = family.grid().rows[0].cells[AccessScope.FORMS]
        assert (cell.is_open, [d.verdict for d in cell.decisions]) == (False, [Verdict.GRANTED, Verdict.DENIED])
        assert {d.by for d in cell.decisions} == {"Tom Alvarez"}
        family.cast.do("Dana", end_decision, EndDecision(decision_id=denied, reason="order lifted"))
        cell = family.grid().rows[0].cells[AccessScope.FORMS]
        assert cell.is_open
        assert [(d.ended_by, d.ended_reason) for d in cell.decisions] == [("", ""), ("Dana Okafor", "order lifted")]
        with pytest.raises(DecisionIsEnded):
            family.cast.do("Dana", end_decision, EndDecision(decision_id=denied))


def test_a_second_click_decides_once_and_tells_once(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        asked = DecideAccess(acts_for_id=acts, scope=AccessScope.MESSAGES, verdict=Verdict.GRANTED, starts_on=SEPTEMBER)
        assert family.cast.do("Tom", decide_access, asked) == family.cast.do("Tom", decide_access, asked)
        assert len(family.grid().rows[0].cells[AccessScope.MESSAGES].decisions) == 1
        assert len(family.letters()) == 1


def test_the_client_reads_which_scope_and_nothing_else(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        family.grant(acts, AccessScope.BILLING)
        family.grant(acts, AccessScope.FORMS, Verdict.DENIED)
        letters = family.letters()
        assert len(letters) == 1, "a denial opens nothing"
        assert "access to read bills for you" in letters[0]
        assert not any(word in letters[0] for word in ("Elena", "Castellano", "guardian", "Marcus"))


def test_what_is_granted_within_minutes_is_told_in_one_letter_that_waits_for_it(family: Family) -> None:
    with at(NOW):
        acts, other = family.act(family.elena, ActingKind.GUARDIAN), family.act(family.joan, ActingKind.PARENT)
        for scope in (AccessScope.MESSAGES, AccessScope.FORMS):
            family.grant(acts, scope)
        family.grant(other, AccessScope.PORTAL)
    with at("2026-09-15 09:04"):
        family.grant(acts, AccessScope.BILLING)
        assert family.sends() == 0
    letters = family.letters()
    assert len(letters) == 2, "one for each of the two who act"
    assert "access to fill in forms, read bills and write messages for you" in letters[0]
    with at("2026-09-15 09:05"):
        assert family.sends() == 2
        family.grant(acts, AccessScope.PORTAL)
    assert len(family.letters()) == 3, "what has left says no more"


def test_the_client_is_told_when_something_opens_and_not_before(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        denied = family.grant(acts, AccessScope.BILLING, Verdict.DENIED)
        family.grant(acts, AccessScope.BILLING)
        assert family.letters() == [], "a denial closes it"
        family.cast.do("Dana", end_decision, EndDecision(decision_id=denied))
        assert len(family.letters()) == 1
        family.grant(acts, AccessScope.BILLING)
        assert len(family.letters()) == 1, "open already"
        helper = family.act(family.joan, ActingKind.PERSONAL_ASSISTANT)
        family.grant(helper, AccessScope.FORMS)
        assert len(family.letters()) == 1, "a helper gains nothing by it"
        lines = family.cast.read("Tom", communication_of_case, family.case_id).lines
        assert [line.what for line in lines] == [MessageKind.ACCESS_GRANTED.label], "in the history of the case"
        decoy = family.cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        assert family.cast.read("Tom", communication_of_case, decoy).lines == ()


@pytest.mark.parametrize(("own", "written"), [("leo@example.org", 1), ("elena@example.org", 0)])
def test_one_who_consented_alone_is_told_at_their_own_address_or_not_at_all(
    cast: Cast, own: str, written: int
) -> None:
    house = home(cast, leos_mail=own)
    with at(NOW):
        consents_alone(house)
        with database.reading(cast.engine) as session:
            before = session.query(OutboxMessage).count()
        decision = cast.read("Dana", access_grid, house.case_id).rows[0].cells[AccessScope.PORTAL].decisions[0]
        cast.do("Dana", end_decision, EndDecision(decision_id=decision.decision_id))
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=house.acts_id, scope=AccessScope.PORTAL, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
        with database.reading(cast.engine) as session:
            assert session.query(OutboxMessage).count() - before == written


def test_notices_are_switched_off_with_a_reason_and_on_again(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        with pytest.raises(BadInput, match="Give the reason"):
            family.cast.do("Tom", switch_notices, SwitchNotices(case_id=family.case_id, off=True))
        family.cast.do("Tom", switch_notices, SwitchNotices(case_id=family.case_id, off=True, reason="shared mailbox"))
        family.grant(acts, AccessScope.BILLING)
        assert family.letters() == []
        assert (family.grid().notices_off, family.grid().notices_reason) == (True, "shared mailbox")
        family.cast.do("Tom", switch_notices, SwitchNotices(case_id=family.case_id, off=False))
        family.grant(acts, AccessScope.FORMS)
        assert len(family.letters()) == 1


def test_a_letter_that_waits_does_not_go_out_once_notices_are_off(family: Family) -> None:
    with at("2026-09-15 09:00"):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        family.grant(acts, AccessScope.BILLING)
        assert len(family.letters()) == 1
    with at("2026-09-15 09:01"):
        family.cast.do("Tom", switch_notices, SwitchNotices(case_id=family.case_id, off=True, reason="endangers him"))
    with at("2026-09-15 09:06"):
        assert family.sends() == 0


def test_verification_is_kept_with_who_and_when_and_falls_with_another_kind(family: Family) -> None:
    elena = PortalActor(family.elena, "Elena", PortalRole.REPRESENTATIVE, family.leo)
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        family.grant(acts, AccessScope.FORMS)
        with database.reading(family.cast.engine) as session:
            assert "not verified" in signing_refusal(session, elena)
        family.cast.do("Marcus", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="court paper"))
        row = family.grid().rows[0]
        assert (row.evidence, row.verified_by, row.may_sign) == ("court paper", "Marcus Bell", "")
        with database.reading(family.cast.engine) as session:
            assert signing_refusal(session, elena) == ""
        with pytest.raises(Stale):
            family.cast.do("Marcus", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="again"))
        family.cast.do("Marcus", change_acting, ChangeActing(
            acts_for_id=acts, revision=2, kind=ActingKind.HEALTH_CARE_AGENT, starts_on=SEPTEMBER))
        row = family.grid().rows[0]
        assert (row.evidence, row.verified_at) == ("", None)
        assert "not verified" in row.may_sign


def test_a_revocation_counts_from_the_next_action_and_the_refusal_is_in_the_log(family: Family) -> None:
    elena = PortalActor(family.elena, "Elena", PortalRole.REPRESENTATIVE, family.leo)
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        decision = family.grant(acts, AccessScope.SCHEDULING)
        with database.reading(family.cast.engine) as session:
            authorize_portal(session, elena, Action.REQUEST, Resource.APPOINTMENTS, case_id=family.case_id)
        family.cast.do("Tom", end_decision, EndDecision(decision_id=decision))
        with pytest.raises(NotPermitted), database.reading(family.cast.engine) as session:
            authorize_portal(session, elena, Action.REQUEST, Resource.APPOINTMENTS, case_id=family.case_id)
    with database.reading(family.cast.engine) as session:
        last = session.query(audit.AuditRow).order_by(audit.AuditRow.seq.desc()).first()
        assert last is not None
        assert (last.person_id, last.outcome, last.resource, last.case_id) == (
            family.elena, "refused", "appointments", family.case_id)


def test_helpers_wait_for_the_practice_switch(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.joan, ActingKind.PERSONAL_ASSISTANT)
        family.grant(acts, AccessScope.SCHEDULING)
        assert family.scopes(family.joan, PortalRole.HELPER) == set()
        assert "does not let helpers" in family.grid().rows[0].cells[AccessScope.SCHEDULING].why
        settings = family.cast.read("Dana", practice_settings)
        known = {name: getattr(settings, name) for name in ChangePractice.model_fields if name != "op"}
        family.cast.do("Dana", change_practice, ChangePractice(**known | {"helpers_may_schedule": True}))
        assert family.scopes(family.joan, PortalRole.HELPER) == {AccessScope.SCHEDULING}
        with database.reading(family.cast.engine) as session:
            found = acting_for(session, family.joan)
        assert [(one.client, one.role, one.kind) for one in found] == [
            ("Leo Castellano", PortalRole.HELPER, "Personal assistant")]


def test_coming_of_age_makes_one_task_that_a_decision_closes(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        granted = [family.grant(acts, scope) for scope in (AccessScope.FORMS, AccessScope.SCHEDULING)]

    def tasks() -> list[str]:
        return [item.sentence for item in family.cast.read("Marcus", case_summary, family.case_id).attention
                if "18" in item.sentence]

    with at("2026-11-30 23:59"):
        assert tasks() == []
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == {AccessScope.FORMS, AccessScope.SCHEDULING}
    with at("2026-12-01 00:00"):
        assert tasks() == ["Leo is 18: decide access."]
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == set()
        for decision in granted:
            family.cast.do("Marcus", end_decision, EndDecision(decision_id=decision))
        assert tasks() == []


def test_another_kind_opens_nothing_that_ended_at_eighteen_and_the_task_stays(family: Family) -> None:
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        family.grant(acts, AccessScope.BILLING)
    with at("2026-12-01 09:00"):
        for revision, kind in enumerate((ActingKind.LEGAL_REPRESENTATIVE, ActingKind.OTHER_HELPER), start=1):
            family.cast.do("Tom", change_acting, ChangeActing(
                acts_for_id=acts, revision=revision, kind=kind, starts_on=SEPTEMBER))
            row = family.grid().rows[0]
            assert (row.awaits_decision, row.cells[AccessScope.BILLING].why) == (
                True, "Granted before they were 18. Decide anew.")
            assert [item.sentence for item in family.cast.read("Marcus", case_summary, family.case_id).attention
                    if "18" in item.sentence] == ["Leo is 18: decide access."]
        family.grant(acts, AccessScope.BILLING)
        assert family.grid().rows[0].cells[AccessScope.BILLING].is_open, "decided anew, though dated back"
        assert not family.grid().rows[0].awaits_decision


def test_nobody_acts_any_more_for_somebody_who_has_died(family: Family) -> None:
    with at(NOW):
        family.grant(family.act(family.elena, ActingKind.GUARDIAN), AccessScope.BILLING)
        with database.transaction(family.cast.engine) as session:
            session.get_one(people.Person, family.leo).died_on = date(2026, 9, 15)
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == set()
        assert family.grid().rows[0].cells[AccessScope.BILLING].why == "Granted while they were alive. Decide anew."


def test_the_birthday_begins_on_the_clients_own_clock(family: Family) -> None:
    with database.transaction(family.cast.engine) as session:
        session.get_one(people.Person, family.leo).zone = "America/Los_Angeles"
    with at(NOW):
        family.grant(family.act(family.elena, ActingKind.GUARDIAN), AccessScope.FORMS)
    with at("2026-12-01 02:59"):
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == {AccessScope.FORMS}
    with at("2026-12-01 03:00"):
        assert family.scopes(family.elena, PortalRole.REPRESENTATIVE) == set()


# The portal half of the table, written out apart from the product's own: letters for the client's own things, then for
# a representative and a helper the scopes that have to be open and the letters.
F, S, B, P, M = AccessScope.FORMS, AccessScope.SCHEDULING, AccessScope.BILLING, AccessScope.PORTAL, AccessScope.MESSAGES
EXPECTED: dict[Resource, tuple[str, tuple[set[AccessScope], str], tuple[set[AccessScope], str]]] = {
    Resource.CLIENT_DIRECTORY: ("r", ({P}, "r"), ({S}, "r")),
    Resource.DEMOGRAPHICS: ("rq", ({P}, "r"), (set(), "")),
    Resource.CASE: ("r", ({P}, "r"), (set(), "")),
    Resource.APPOINTMENTS: ("rq", ({S}, "rq"), ({S}, "rq")),
    Resource.QUESTIONNAIRES: ("rc", ({F}, "rc"), (set(), "")),
    Resource.CONSENTS: ("rcs", ({F}, "rcs"), (set(), "")),
    Resource.CLINICAL_RECORD: ("r", ({F}, "r"), (set(), "")),
    Resource.CONSULTATION_NOTE: ("r", (set(), ""), (set(), "")),
    Resource.DOCUMENTS_ADMIN: ("r", ({P}, "r"), (set(), "")),
    Resource.DOCUMENTS_CLINICAL: ("r", (set(), ""), (set(), "")),
    Resource.MESSAGES_CLINICAL: ("rc", ({M}, "rc"), (set(), "")),
    Resource.MESSAGES_ADMIN: ("rc", ({M}, "rc"), ({M}, "rc")),
    Resource.INVOICES: ("r", ({B}, "r"), ({B}, "r")),
    Resource.SUPERBILLS: ("r", ({B, F}, "r"), (set(), "")),
    Resource.AMENDMENTS: ("rq", ({F}, "rq"), (set(), "")),
}
LETTERS = {Action.READ: "r", Action.CREATE: "c", Action.SIGN: "s", Action.REQUEST: "q"}


@pytest.mark.parametrize("resource", Resource)
def test_every_cell_of_the_portal_half_of_the_table(resource: Resource) -> None:
    nothing: tuple[set[AccessScope], str] = (set(), "")
    own, representative, helper = EXPECTED.get(resource, ("", nothing, nothing))
    for action in Action:
        letter = LETTERS.get(action, "?")
        assert proxied(PortalRole.CLIENT, action, resource) == (frozenset() if letter in own else None)
        for role, (scopes, letters) in ((PortalRole.REPRESENTATIVE, representative), (PortalRole.HELPER, helper)):
            expected = frozenset(scopes) if letter in letters else None
            assert proxied(role, action, resource) == expected, (role, action)
    assert (resource in PORTAL) is (resource in EXPECTED)


@pytest.mark.parametrize("missing", AccessScope)
def test_a_paper_with_codes_needs_both_scopes(family: Family, missing: AccessScope) -> None:
    elena = PortalActor(family.elena, "Elena", PortalRole.REPRESENTATIVE, family.leo)
    with at(NOW):
        acts = family.act(family.elena, ActingKind.GUARDIAN)
        for scope in AccessScope:
            if scope is not missing:
                family.grant(acts, scope)
        with database.reading(family.cast.engine) as session:
            if missing in {AccessScope.BILLING, AccessScope.FORMS}:
                with pytest.raises(NotPermitted):
                    authorize_portal(session, elena, Action.READ, Resource.SUPERBILLS)
            else:
                authorize_portal(session, elena, Action.READ, Resource.SUPERBILLS)


def test_nobody_is_a_client_in_somebody_elses_name(family: Family) -> None:
    made_up = PortalActor(family.elena, "Elena", PortalRole.CLIENT, family.leo)
    no_role = PortalActor(family.elena, "Elena", PortalRole.REPRESENTATIVE)
    with at(NOW), database.reading(family.cast.engine) as session:
        for actor in (made_up, no_role):
            with pytest.raises(NotPermitted):
                authorize_portal(session, actor, Action.READ, Resource.APPOINTMENTS)
