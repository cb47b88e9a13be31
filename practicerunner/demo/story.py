"""How each case of Harbor Lane Practice begins, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.acting import let_act
from practicerunner.demo.asking import Asking
from practicerunner.demo.caseload import AGENCY, FUND, Plan
from practicerunner.demo.correspondence import Correspondence
from practicerunner.demo.desk import Desk
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.letters import Letters
from practicerunner.demo.notebook import Notebook
from practicerunner.demo.paperwork import Paperwork
from practicerunner.demo.people import OWNER, ZONE, details
from practicerunner.demo.treatment_plans import TreatmentPlans
from practicerunner.demo.visits import Visits
from practicerunner.demo.week import SERVICES, Place, Week
from practicerunner.records import arrangements, cases, people
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import (
    CaseStatus,
    FeeTerms,
    FormPurpose,
    PaymentMethodKind,
    RelationshipKind,
    ShareKind,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, revision_of, set_arrangement
from practicerunner.workflows.cases import (
    AddParticipant,
    OpenCase,
    SetCaseStatus,
    Taking,
    add_participant,
    open_case,
    set_case_status,
)
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.payment_methods import SavePaymentMethod, save_payment_method
from practicerunner.workflows.people import AddOrganisation, AddPerson, add_organisation, add_person
from practicerunner.workflows.relationships import AddRelationship, add_relationship
from practicerunner.workflows.waitlist import PutOnWaitlist, SetCapacity, put_on_waitlist, set_capacity

BEGINNING = (
    (FormPurpose.INTAKE, "intake"), (FormPurpose.CONSENT, "consent"), (FormPurpose.NO_SECRETS, "no_secrets"),
    (FormPurpose.CONSULTATION_AGREEMENT, "agreement"),
)
"""Forms that people fill in at the beginning, where their kind of case has them."""
NOT_BEGUN = frozenset({CaseStatus.PROSPECT, CaseStatus.INTAKE_PENDING, CaseStatus.WAITLIST, CaseStatus.CONTACT})
KIN = (
    ("Oliver|Strand", "Ingrid|Strand", RelationshipKind.PARENT, True),
    ("Jasmine|Aguilar", "Rosa|Aguilar", RelationshipKind.PARENT, True),
    ("Malik|Thornbury", "Leonard|Thornbury", RelationshipKind.PARENT, True),
    ("Elena|Bianchetti", "Marco|Bianchetti", RelationshipKind.SPOUSE, True),
    ("Dara|Rahmani", "Shirin|Rahmani", RelationshipKind.PARENT, True),
    ("Ola|Kowalczyk", "Beata|Kowalczyk", RelationshipKind.PARENT, True),
    ("Anneke|van der Vos", "Pieter|van der Vos", RelationshipKind.SIBLING, False),
)


@dataclass
class Story:
    """Opens every case of the caseload at its time, and lets everything follow."""

    diary: Diary
    house: House
    today: date
    rng: Random
    plans: Sequence[Plan]
    person_ids: dict[str, int] = field(default_factory=dict)
    payer_ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.week = Week(self.today, self.rng)
        self.desk = Desk(self.diary, self.house.actors[ADMIN], self.today, self.rng)
        notebook = Notebook(self.diary, self.house.actors, self.today, self.rng)
        self.paperwork = Paperwork(self.diary, self.house, self.today)
        self.treatment_plans = TreatmentPlans(self.diary, self.house, self.today)
        self.letters = Letters(self.diary, self.house, self.today)
        self.correspondence = Correspondence(self.diary, self.house, self.today)
        self.visits = Visits(self.diary, self.house, self.week, self.desk, notebook, self.rng)

    def begin(self) -> None:
        """Write everything into the diary that starts by itself."""
        # The long and the many find their times first.
        order = sorted(self.plans, key=lambda plan: (-SERVICES[plan.type][1], -len(plan.people)))
        for plan in order:
            if plan.every or plan.status is CaseStatus.INTAKE_PENDING:
                self._expect(plan, self.week.place(plan, quiet=not plan.every))
            else:
                self._ask(plan)
        self.visits.begin({plan.provider: None for plan in self.plans})
        Asking(self.diary, self.house, self.visits, self.today).begin()
        self.desk.open(self.week.monday - timedelta(weeks=38))

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return moment(day, time(hour, minute), ZONE)

    def _some_time(self, day: date) -> datetime:
        return self._at(day, self.rng.randrange(9, 16), self.rng.randrange(60))

    def _do(self, session: Session, who: str, verb: Any, command: Any) -> Any:
        result = verb(session, self.house.actors[who], command)
        session.flush()
        return result

    # --- Cases

    def _expect(self, plan: Plan, place: Place) -> None:
        """A case with a fixed time: opened some days before its first appointment."""
        first = self.week.monday + timedelta(days=place.weekday, weeks=-plan.since)
        if plan.status in NOT_BEGUN:
            first += timedelta(weeks=1 if first <= self.today else 0)
            day = self.today - timedelta(days=self.rng.randrange(2, 5))
        else:
            day = first - timedelta(days=self.rng.randrange(5, 10))
        self.diary.note(self._some_time(day), partial(self._open, plan, place, first))

    def _ask(self, plan: Plan) -> None:
        """Somebody asks, and nothing is booked yet."""
        day = self.today - timedelta(days=max(7 * plan.since, 3) - self.rng.randrange(2))
        self.diary.note(self._some_time(day), partial(self._open, plan, None, None))

    def _open(self, plan: Plan, place: Place | None, first: date | None, session: Session) -> None:
        opened_on = self._wall_date()
        able = capabilities(plan.type)
        known = [name for name in plan.people if name in self.person_ids]
        status = plan.status
        if status not in NOT_BEGUN:
            status = CaseStatus.INTAKE_PENDING if able.intake and not able.is_group else CaseStatus.ACTIVE
        parts = dict(plan.parts)
        case_id = self._do(session, OWNER if known else plan.provider, open_case, OpenCase(
            type=plan.type, label=plan.label, name=plan.name, status=status, opened_on=opened_on,
            provider_id=self.house.staff_id(plan.provider),
            participants=tuple(self._taking(name, parts.get(name, "")) for name in plan.people),
        ))
        for _, person in cases.people_in(session, case_id):
            self.person_ids[f"{person.first_name}|{person.last_name}"] = person.id
        if plan.arranged:
            self._arrange(plan, case_id, opened_on, session)
        if plan.papers:
            arrived = self._at(opened_on + timedelta(days=self.rng.randrange(2, 5)), 11, self.rng.randrange(60))
            self.diary.note(arrived, partial(self._file, plan, case_id))
        if place is not None and first is not None:
            self._book_first(plan, case_id, place, first, session)

    @staticmethod
    def _wall_date() -> date:
        return clock.today(ZONE)

    def _taking(self, name: str, part: str) -> Taking:
        if name in self.person_ids:
            return Taking(person_id=self.person_ids[name], role=part)
        return Taking(person=details(name, self.today, self.rng), role=part)

    def _arrange(self, plan: Plan, case_id: int, day: date, session: Session) -> None:
        each = capabilities(plan.type).charged_each
        terms = {name: (kind, amount) for name, kind, amount in plan.terms}
        if each:
            for name, (kind, amount) in terms.items():
                self._agree(session, case_id, day, kind, amount, (Share(person_id=self.person_ids[name]),),
                            self.person_ids[name])
            return
        if not plan.shares and not terms:
            return
        kind, amount = terms.get("", (FeeTerms.STANDARD, 0))
        shares = tuple(self._share(session, name, points, plan.cap_cents) for name, points in plan.shares)
        self._agree(session, case_id, day, kind, amount, shares or (Share(person_id=self.person_ids[plan.people[0]]),))

    def _agree(self, session: Session, case_id: int, day: date, kind: FeeTerms, amount: int, shares: tuple[Share, ...],
               person_id: int | None = None) -> None:
        self._do(session, ADMIN, set_arrangement, SetArrangement(
            case_id=case_id, person_id=person_id, valid_from=day, fee_terms=kind, shares=shares,
            fee_cents=amount if kind is FeeTerms.FIXED else None,
            fee_basis_points=amount if kind is FeeTerms.SLIDING_SCALE else None,
        ))

    def _share(self, session: Session, name: str, points: int, cap_cents: int | None) -> Share:
        payer_id = self._payer(session, name)
        if points < 0:
            kind = ShareKind.FIXED_WITH_CAP if cap_cents else ShareKind.FIXED
            return Share(payer_id=payer_id, kind=kind, amount_cents=-points, cap_cents=cap_cents)
        if points == 0:
            return Share(payer_id=payer_id)
        return Share(payer_id=payer_id, kind=ShareKind.PERCENT, basis_points=points)

    def _payer(self, session: Session, name: str) -> int:
        """Whoever pays, entered when first needed; a body or a person who takes part in nothing."""
        if name in (AGENCY, FUND):
            if name not in self.payer_ids:
                self.payer_ids[name] = self._do(session, ADMIN, add_organisation, AddOrganisation(
                    name=name, email=f"accounts@{name.split(maxsplit=1)[0].lower()}.example", phone="(631) 555-0198",
                    address="PO Box 140\nPort Ellery, NY 11999",
                ))
                self.desk.bodies.add(self.payer_ids[name])
            return self.payer_ids[name]
        if name not in self.person_ids:
            self.person_ids[name] = self._do(session, ADMIN, add_person, AddPerson(
                person=details(name, self.today, self.rng),
            ))
        found = people.payer_of_person(session, self.person_ids[name])
        if found is None:
            raise LookupError(name)
        return found.id

    def _file(self, plan: Plan, case_id: int, session: Session) -> None:
        """Intake and consent of everybody arrive, but for a few that somebody has to ask for again."""
        for name, other, kin, emergency in KIN:
            if name in plan.people and other in self.person_ids:
                self._do(session, ADMIN, add_relationship, AddRelationship(
                    person_id=self.person_ids[name], other_id=self.person_ids[other], kind=kin,
                    is_emergency_contact=emergency,
                ))
        let_act(session, self.house, plan.people, self.person_ids, clock.now().date())
        for place, name in enumerate(plan.people):
            forgotten = place > 0 and self.rng.random() < 0.15
            self._fill_in(plan, case_id, name, session, forgotten=forgotten)
        self.paperwork.begin(plan, case_id, self.person_ids)
        parent = next((other for one, other, kind, _ in KIN
                       if one == plan.people[0] and kind is RelationshipKind.PARENT), "")
        self.treatment_plans.begin(plan, case_id, self.person_ids, self.person_ids.get(parent))
        self.letters.begin(plan, case_id, self.person_ids)
        self.correspondence.begin(plan, case_id, self.person_ids)

    def _fill_in(self, plan: Plan, case_id: int, name: str, session: Session, *, forgotten: bool) -> None:
        """What the kind of case asks of somebody: an intake, and what has to be signed."""
        able, person_id = capabilities(plan.type), self.person_ids[name]
        kin = {other for one, other, kind, _ in KIN if one == name and kind is RelationshipKind.PARENT}
        parents = [self.person_ids[other] for other in (*kin, plan.people[0]) if other in self.person_ids]
        for purpose, key in BEGINNING:
            if purpose not in able.forms:
                continue
            if forgotten and purpose is not FormPurpose.INTAKE:
                self.paperwork.assign(case_id, person_id, key, session)
            else:
                self.paperwork.fill_in(plan.provider, case_id, person_id, key, next(
                    (one for one in parents if one != person_id), None), session)

    # --- Appointments

    def _book_first(self, plan: Plan, case_id: int, place: Place, first: date, session: Session) -> None:
        """An intake where there is one, and the series after it; otherwise the series at once."""
        able = capabilities(plan.type)
        if not able.intake or able.is_group:
            self.visits.book_series(plan, case_id, place, first, session)
            if plan.extra:
                joined = first + timedelta(weeks=plan.since // 2 or 1, days=-2)
                self.diary.note(self._at(joined, 12, 10), partial(self._join, plan, case_id))
            if plan.places is not None:
                lately = self.today - timedelta(days=12)
                self.diary.note(self._at(lately, 12, 30), partial(self._limit, plan, case_id))
            return
        visit = self.visits.book_intake(plan, case_id, place, first, session)
        if plan.every:
            self.diary.note(visit.ends, partial(self._go_on, plan, case_id, place, first))

    def _go_on(self, plan: Plan, case_id: int, place: Place, first: date, session: Session) -> None:
        """After the intake: the case is active, a card is saved, the series is booked."""
        self._do(session, plan.provider, set_case_status, SetCaseStatus(case_id=case_id, status=CaseStatus.ACTIVE))
        if plan.card:
            self._save_card(plan, case_id, session)
        self.visits.book_series(plan, case_id, place, first + timedelta(weeks=plan.every), session)
        if plan.twice:
            other = self.week.place(plan, quiet=True)
            begins = self.week.monday + timedelta(weeks=-min(plan.since - 1, 3), days=other.weekday)
            self.visits.book_series(plan, case_id, other, begins, session)
        if plan.package is not None:
            lately = self._at(self.today - timedelta(days=10), 12, 50)
            self.diary.note(lately, partial(self._sell_package, plan, case_id))
        if plan.ended is not None:
            over = self.week.monday + timedelta(weeks=1 - plan.ended, days=place.weekday)
            self.diary.note(self._at(over, 14, 30), partial(self._close, plan, case_id))

    def _sell_package(self, plan: Plan, case_id: int, session: Session) -> None:
        sessions, cents = plan.package or (0, 0)
        self._do(session, ADMIN, set_arrangement, SetArrangement(
            case_id=case_id, revision=revision_of(arrangements.of_case(session, case_id), None),
            valid_from=self._wall_date(), fee_terms=FeeTerms.PACKAGE, package_sessions=sessions,
            package_cents=cents, package_service_id=self.house.services[SERVICES[plan.type][0]],
            shares=(Share(person_id=self.person_ids[plan.people[0]]),),
        ))
        self._do(session, ADMIN, sell_package, SellPackage(case_id=case_id))

    def _close(self, plan: Plan, case_id: int, session: Session) -> None:
        self._do(session, plan.provider, set_case_status, SetCaseStatus(case_id=case_id, status=plan.status))

    def _save_card(self, plan: Plan, case_id: int, session: Session) -> None:
        payer = plan.shares[0][0] if plan.shares else plan.people[0]
        kind = PaymentMethodKind.BANK if self.rng.random() < 0.2 else PaymentMethodKind.CARD
        self._do(session, ADMIN, save_payment_method, SavePaymentMethod(
            case_id=case_id, payer_id=self._payer(session, payer), kind=kind,
            brand="Checking account" if kind is PaymentMethodKind.BANK else self.rng.choice(("Visa", "Mastercard")),
            last_four=f"{self.rng.randrange(10_000):04d}",
            token=f"demo_{self.rng.randrange(10**6)}",  # short: a longer number would look like a card's
            expires=f"{self.today.year + self.rng.randrange(1, 4)}-{self.rng.randrange(1, 13):02d}",
        ))

    def _limit(self, plan: Plan, case_id: int, session: Session) -> None:
        """The group is full and people wait for a place; then there is one more."""
        rng = Random(plan.name)  # noqa: S311 (its own dice, so that everybody else's day stays as it was)
        self._do(session, plan.provider, set_capacity, SetCapacity(case_id=case_id, capacity=plan.places))
        for name in plan.waiting:
            self._do(session, ADMIN, put_on_waitlist, PutOnWaitlist(
                case_id=case_id, participant=Taking(person=details(name, self.today, rng))))
        self._do(session, plan.provider, set_capacity, SetCapacity(case_id=case_id, capacity=(plan.places or 0) + 1))

    def _join(self, plan: Plan, case_id: int, session: Session) -> None:
        for name in plan.extra:
            self.person_ids[name] = self._do(session, plan.provider, add_participant, AddParticipant(
                case_id=case_id, participant=self._taking(name, ""), joined_on=self._wall_date(),
            ))
