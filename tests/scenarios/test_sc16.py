"""SC16: a guardian signs until the 18th birthday; a denial wins over a grant made by mistake."""

from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.forms import FormResponse
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import AccessScope, ActingKind, CaseType, Outcome, SignsAs, Verdict
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.people import AddPerson, PersonDetails, add_person
from practicerunner.workflows.portal_access import acting_for
from practicerunner.workflows.portal_billing import billing_page
from practicerunner.workflows.portal_forms import HandIn, MayNotSign, hand_in_mine, my_forms, my_response, my_sheet
from practicerunner.workflows.requests import AskForTime, ask_for_time
from tests.cast import Cast, arrange, at, hold, invoice, people_of
from tests.workflows.sending import bring_forms, complete, filled, revision, send

F, S, P = AccessScope.FORMS, AccessScope.SCHEDULING, AccessScope.PORTAL


class Family:
    """Leo, born on 1 December 2008, his mother Elena and his father David."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with at("2026-09-01 09:00"):
            bring_forms(cast)
            self.case = cast.do("Dana", open_case, OpenCase(
                type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(person=PersonDetails(
                    first_name="Leo", last_name="Castellano", birth_date=date(2008, 12, 1))),)))
            self.leo = people_of(cast, self.case)["Leo"]
            self.elena, self.david = (
                cast.do("Dana", add_person, AddPerson(person=PersonDetails(
                    first_name=first, last_name="Castellano", birth_date=date(1980, 3, 4))))
                for first in ("Elena", "David")
            )
            self.acts = {
                person: cast.do("Dana", add_acting, AddActing(
                    client_id=self.leo, person_id=person, kind=kind, starts_on=date(2026, 9, 1)))
                for person, kind in ((self.elena, ActingKind.GUARDIAN), (self.david, ActingKind.PARENT))
            }
            cast.do("Dana", verify_acting, VerifyActing(
                acts_for_id=self.acts[self.elena], revision=1, evidence="letter of guardianship, 2026-08-30"))
            for scope in (F, S, P):
                self.decide(self.elena, scope, Verdict.GRANTED, date(2026, 9, 1))
            self.decide(self.david, F, Verdict.DENIED, date(2026, 10, 1), "court order of 2026-09-28")
        arrange(cast, self.case, {self.elena: 10000}, since="2026-09-01")

    def decide(self, person: int, scope: AccessScope, verdict: Verdict, day: date, reason: str = "") -> None:
        self.cast.do("Tom", decide_access, DecideAccess(
            acts_for_id=self.acts[person], scope=scope, verdict=verdict, starts_on=day, reason=reason))

    def for_leo(self, person: int, name: str) -> PortalActor:
        return PortalActor(person, name, PortalRole.REPRESENTATIVE, self.leo)

    def act(self, actor: PortalActor, verb, command):
        with database.transaction(self.cast.engine) as session:
            return verb(session, actor, command)

    def read(self, actor: PortalActor, reader, *args):
        with database.reading(self.cast.engine) as session:
            return reader(session, actor, *args)

    def sign(self, actor: PortalActor, form: int):
        return self.act(actor, hand_in_mine, HandIn(
            assignment_id=form, revision=revision(self.cast, form), answers=filled("consent", signature=actor.name)))


@pytest.fixture
def family(cast: Cast) -> Iterator[Family]:
    yield Family(cast)


def test_a_denial_wins_over_a_grant_made_by_mistake_and_the_grid_shows_both(family: Family) -> None:
    with at("2026-10-14 09:00"):
        (form,) = send(family.cast, family.case, "consent")
    with at("2026-10-15 09:00"):
        family.decide(family.david, F, Verdict.GRANTED, date(2026, 10, 15))
    david = family.for_leo(family.david, "David Castellano")
    with at("2026-10-16 09:00"):
        with pytest.raises(NotPermitted):
            family.sign(david, form)
        with pytest.raises(NotPermitted):
            family.read(david, my_sheet, form)
        assert family.read(david, my_forms).open == ()
        with pytest.raises(BadInput, match="a denial wins"):
            complete(family.cast, form, filled("consent"), signed_by_id=family.david, signs_as=SignsAs.PARENT,
                     authority="Birth certificate")
        row = next(row for row in family.cast.read("Tom", access_grid, family.case).rows
                   if row.person_id == family.david)
    cell = row.cells[F]
    assert (cell.is_open, cell.why) == (False, "Denied; a denial wins over a grant.")
    assert [one.verdict for one in cell.decisions] == [Verdict.GRANTED, Verdict.DENIED]
    with database.reading(family.cast.engine) as session:
        refused = list(session.scalars(select(AuditRow).where(
            AuditRow.person_id == family.david, AuditRow.outcome == Outcome.REFUSED)))
    assert len(refused) == 2


def test_she_signs_on_the_last_day_in_her_capacity_and_no_longer_on_the_birthday(family: Family) -> None:
    elena = family.for_leo(family.elena, "Elena Castellano")
    held = hold(family.cast, family.case, "IND50", "2026-11-20 10:00")
    (theirs,) = invoice(family.cast, held)
    with at("2026-11-29 09:00"):
        first, second = *send(family.cast, family.case, "consent"), *send(family.cast, family.case, "telehealth")
    with at("2026-11-30 23:59"):
        response_id = family.sign(elena, first)
        assert family.read(elena, my_response, response_id).capacity == "Elena Castellano, guardian of Leo Castellano"
        with database.reading(family.cast.engine) as session:
            kept = session.get_one(FormResponse, response_id)
            assert (kept.signed_by_id, kept.person_id) == (family.elena, family.leo)
            assert kept.authority == "letter of guardianship, 2026-08-30"
    with at("2026-12-01 00:00"):
        for attempt in (
            lambda: family.sign(elena, second), lambda: family.read(elena, my_sheet, second),
            lambda: family.read(elena, my_response, response_id),
            lambda: family.act(elena, ask_for_time, AskForTime(
                case_id=family.case, local_date=date(2026, 12, 3), local_time=time(9))),
        ):
            with pytest.raises(NotPermitted):
                attempt()
        with database.reading(family.cast.engine) as session:
            assert acting_for(session, family.elena) == []
        mine = family.read(PortalActor(family.elena, "Elena Castellano"), billing_page)
        assert [(one.invoice_id, one.open_cents) for one in mine.invoices] == [(theirs, 165_00)]
        assert family.read(PortalActor(family.leo, "Leo"), billing_page).invoices == ()


def test_nobody_signs_before_it_was_verified_that_they_may(family: Family) -> None:
    with at("2026-10-20 09:00"):
        (form,) = send(family.cast, family.case, "consent")
        family.cast.do("Dana", verify_acting, VerifyActing(
            acts_for_id=family.acts[family.elena], revision=2, evidence=""))
        with pytest.raises(MayNotSign, match="not verified yet"):
            family.sign(family.for_leo(family.elena, "Elena Castellano"), form)
