"""Who pays for a case or a participant, in which shares, from when on (H02–H06), and at which fee (H07)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, Stale
from practicerunner.records import arrangements, billing, cases, follow_up, gathering, practice
from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer
from practicerunner.records.practice import Service
from practicerunner.rules import fees, foreseen, names
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.foreseen import Foreseen
from practicerunner.rules.shares import Part, arrangement_problem
from practicerunner.vocabulary import Action, FeeTerms, InvoicingRhythm, ParticipantStatus, Resource, ShareKind
from practicerunner.workflows import credits
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.people import payer_of


class Share(BaseModel):
    """A payer, named by payer or by person, and how their part is reckoned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payer_id: int | None = None
    person_id: int | None = None
    kind: ShareKind = ShareKind.REMAINDER
    basis_points: int | None = Field(default=None, ge=0, le=10_000)
    amount_cents: int | None = Field(default=None, ge=0)
    cap_cents: int | None = Field(default=None, ge=0)
    rhythm: InvoicingRhythm = InvoicingRhythm.PER_APPOINTMENT

    @model_validator(mode="after")
    def _one_payer(self) -> "Share":
        if (self.payer_id is None) == (self.person_id is None):
            raise PydanticCustomError("payer", "Choose who pays.")
        return self


class SetArrangement(Command):
    """Say who pays from a date of service on. ``person_id`` names the participant where each is charged.

    ``revision`` is how often who pays had been set for them when this was begun (``revision_of``).
    """

    case_id: int
    person_id: int | None = None
    revision: int = 0
    valid_from: date
    valid_until: date | None = None
    fee_terms: FeeTerms = FeeTerms.STANDARD
    fee_cents: int | None = Field(default=None, ge=0)
    fee_basis_points: int | None = Field(default=None, ge=0, le=10_000)
    package_service_id: int | None = None
    package_sessions: int | None = None
    package_cents: int | None = None
    sponsor_id: int | None = None
    """The payer who pays first, where the terms are a sponsor; ``shares`` then say who pays the rest."""
    sponsor_person_id: int | None = None
    """Or the person who does."""
    sponsor_cents: int | None = None
    sponsor_sessions: int | None = None
    sponsor_until: date | None = None
    shares: tuple[Share, ...] = Field(max_length=20)


@dataclass(frozen=True, slots=True)
class ShareView:
    """A payer's place in an arrangement, to read."""

    payer_id: int
    payer: str
    kind: ShareKind
    basis_points: int | None
    amount_cents: int | None
    cap_cents: int | None
    rhythm: InvoicingRhythm = InvoicingRhythm.PER_APPOINTMENT
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class PackageTerms:
    """So many sessions of a service for one price."""

    service_id: int
    service: str
    sessions: int
    price_cents: int


@dataclass(frozen=True, slots=True)
class SponsorTerms:
    """Who pays before the others do, and up to where."""

    payer_id: int
    payer: str
    cap_cents: int | None
    cap_sessions: int | None
    until: date | None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class ArrangementView:
    """One arrangement, to read; ``arrangement_id`` is ``None`` for what goes without saying (people pay themselves)."""

    arrangement_id: int | None
    person_id: int | None
    valid_from: date | None
    fee_terms: FeeTerms
    fee_cents: int | None
    fee_basis_points: int | None
    shares: tuple[ShareView, ...]
    package: PackageTerms | None = None
    sponsor: SponsorTerms | None = None
    valid_until: date | None = None
    revision: int = 0


@command(Resource.CASE, Action.UPDATE)
def set_arrangement(session: Session, actor: Actor, asked: SetArrangement) -> int:
    """Save who pays; one with the same first day is replaced, what was issued stays (H02). Raises BadInput, Stale."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    if capabilities(case.type).charged_each:
        if asked.person_id is None or all(p.person_id != asked.person_id for p in case.participants):
            raise BadInput("person_id", f"Choose the {capabilities(case.type).called} whose fee this is.")
    elif asked.person_id is not None:
        raise BadInput("person_id", "This is charged as a whole, not per person.")
    if asked.valid_until is not None and asked.valid_until < asked.valid_from:
        raise BadInput("valid_until", "The last day lies before the first.")
    _check_fee(asked)
    _check_package(session, asked)
    payers = [_payer(session, share).id for share in asked.shares]
    if asked.fee_terms is FeeTerms.SPONSOR and asked.sponsor_person_id is not None:
        asked = asked.model_copy(update={"sponsor_id": payer_of(session, asked.sponsor_person_id).id})
    _check_sponsor(session, asked, payers)
    parts = [
        Part(payer, share.kind, share.basis_points or 0, share.amount_cents or 0, share.cap_cents)
        for payer, share in zip(payers, asked.shares, strict=True)
    ]
    problem = arrangement_problem(parts)
    if problem:
        raise BadInput("shares", problem)
    session.get_one(Case, case.id, with_for_update=FOR_CHANGE)
    if revision_of(arrangements.of_case(session, case.id), asked.person_id) != asked.revision:
        raise Stale
    row = arrangements.starting(session, case.id, asked.person_id, asked.valid_from)
    if row is None:
        row = BillingArrangement(id=ids.new_id(), case_id=case.id, person_id=asked.person_id,
                                 valid_from=asked.valid_from)
        session.add(row)
    else:
        row.revision += 1
        row.shares.clear()
        session.flush()
    row.valid_until = asked.valid_until
    row.fee_terms, row.fee_cents, row.fee_basis_points = asked.fee_terms, asked.fee_cents, asked.fee_basis_points
    bought, sponsored = asked.fee_terms is FeeTerms.PACKAGE, asked.fee_terms is FeeTerms.SPONSOR
    for name in ("package_service_id", "package_sessions", "package_cents"):
        setattr(row, name, getattr(asked, name) if bought else None)
    for name in ("sponsor_id", "sponsor_cents", "sponsor_sessions", "sponsor_until"):
        setattr(row, name, getattr(asked, name) if sponsored else None)
    row.shares.extend(
        PayerShare(payer_id=part.payer_id, position=place, kind=part.kind, basis_points=share.basis_points,
                   amount_cents=share.amount_cents, cap_cents=share.cap_cents,
                   rhythm=share.rhythm)
        for place, (part, share) in enumerate(zip(parts, asked.shares, strict=True))
    )
    until = f" until {asked.valid_until}" if asked.valid_until else ""
    session.info["detail"] = f"{len(parts)} payers from {asked.valid_from}{until}"
    return row.id


def _check_fee(asked: SetArrangement) -> None:
    if asked.fee_terms is FeeTerms.FIXED and asked.fee_cents is None:
        raise BadInput("fee_cents", "Give the fixed fee.")
    if asked.fee_terms is FeeTerms.SLIDING_SCALE and asked.fee_basis_points is None:
        raise BadInput("fee_basis_points", "Give the percentage of the standard fee.")


def _check_package(session: Session, asked: SetArrangement) -> None:
    """Raises BadInput where no package could be sold so."""
    if asked.fee_terms is not FeeTerms.PACKAGE:
        return
    if asked.package_service_id is None or session.get(Service, asked.package_service_id) is None:
        raise BadInput("package_service_id", "Choose the service that the package is for.")
    problem = fees.package_problem(asked.package_sessions, asked.package_cents)
    if problem:
        raise BadInput(*problem)


def _check_sponsor(session: Session, asked: SetArrangement, payers: Sequence[int]) -> None:
    """Raises BadInput where the sponsor or the limits could not be kept."""
    if asked.fee_terms is not FeeTerms.SPONSOR:
        return
    if asked.sponsor_id is None or session.get(Payer, asked.sponsor_id) is None:
        raise BadInput("sponsor_id", "Choose the sponsor.")
    if asked.sponsor_id in payers:
        raise BadInput("sponsor_id", "The sponsor pays first. Say who else pays what the sponsor does not.")
    limits = fees.Sponsorship(asked.sponsor_cents, asked.sponsor_sessions, asked.sponsor_until)
    problem = fees.sponsorship_problem(limits, asked.valid_from)
    if problem:
        raise BadInput(*problem)


def _payer(session: Session, share: Share) -> Payer:
    payer = session.get(Payer, share.payer_id) if share.payer_id else payer_of(session, share.person_id or 0)
    if payer is None:
        raise BadInput("shares", "One of the payers is no longer in the list.")
    return payer


@reader(Resource.CASE)
def arrangements_of(session: Session, actor: Actor, case_id: int) -> list[ArrangementView]:
    """Every arrangement of a case, by participant and first day."""
    case_for(session, actor, case_id)
    rows = arrangements.of_case(session, case_id)
    payers = {share.payer_id for row in rows for share in row.shares}
    payers |= {row.sponsor_id for row in rows if row.sponsor_id}
    names, people = billing.payer_names(session, payers), billing.people_who_pay(session, payers)
    services = {
        row.package_service_id: session.get_one(Service, row.package_service_id).name
        for row in rows if row.package_service_id
    }
    return [
        ArrangementView(
            row.id, row.person_id, row.valid_from, row.fee_terms, row.fee_cents, row.fee_basis_points,
            tuple(ShareView(s.payer_id, names[s.payer_id], s.kind, s.basis_points, s.amount_cents, s.cap_cents,
                            s.rhythm, people.get(s.payer_id))
                  for s in row.shares),
            PackageTerms(row.package_service_id, services[row.package_service_id], row.package_sessions or 0,
                         row.package_cents or 0) if row.package_service_id else None,
            SponsorTerms(row.sponsor_id, names[row.sponsor_id], row.sponsor_cents, row.sponsor_sessions,
                         row.sponsor_until, people.get(row.sponsor_id)) if row.sponsor_id else None,
            row.valid_until, row.revision,
        )
        for row in rows
    ]


class _Lasts(Protocol):
    """An arrangement, as it is kept or as it is read."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_until(self) -> date | None: ...


class _Set(Protocol):
    """An arrangement that says how often it was set."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def revision(self) -> int: ...


A = TypeVar("A", bound=_Lasts)


def revision_of(rows: Iterable[_Set], person_id: int | None) -> int:
    """How often who pays was set for a participant, or for the case as a whole."""
    return sum(row.revision for row in rows if row.person_id == person_id)


def latest(rows: Iterable[A], day: date) -> dict[int | None, A]:
    """Participant (``None`` for the case as a whole) → the arrangement that began last, over or not."""
    found: dict[int | None, A] = {}
    for row in sorted(rows, key=lambda row: row.valid_from or date.min):
        if row.valid_from is None or row.valid_from <= day:
            found[row.person_id] = row
    return found


def in_force(rows: Iterable[A], day: date) -> dict[int | None, A]:
    """Participant (``None`` for the case as a whole) → the arrangement in force on a date of service."""
    return {person: row for person, row in latest(rows, day).items() if not is_over(row, day)}


def ended(rows: Iterable[A], day: date) -> frozenset[int | None]:
    """For whom an arrangement ended before a date of service, and nobody has said since who pays."""
    return frozenset(person for person, row in latest(rows, day).items() if is_over(row, day))


def said_for(rows: Collection[_Lasts], day: date) -> frozenset[int | None]:
    """For whom somebody has said who pays on a day, or from a later one on where nobody ever did before."""
    return frozenset(row.person_id for row in rows) - ended(rows, day)


def is_over(row: _Lasts, day: date) -> bool:
    """Whether a day lies after an arrangement's last one."""
    return row.valid_until is not None and row.valid_until < day


def parts_of(
    session: Session, row: BillingArrangement, besides: int | None = None, before: Sequence[Foreseen] = ()
) -> list[Part]:
    """The arrangement's payers as the split rule takes them, with what is left of each cap before an appointment."""
    capped = [share.payer_id for share in row.shares if share.cap_cents is not None]
    used = credits.charged_since(
        session, row.case_id, row.person_id, capped, row.valid_from, besides) if capped else {}
    before = foreseen.of_unit(before, row.case_id, row.person_id)
    return [
        Part(
            share.payer_id, share.kind, share.basis_points or 0, share.amount_cents or 0,
            None if share.cap_cents is None else share.cap_cents - used.get(share.payer_id, 0)
            - foreseen.charged(before, share.payer_id, row.valid_from),
        )
        for share in row.shares
    ]


@dataclass(frozen=True, slots=True)
class PayersNeeded:
    """Whose payers can be set on a case: as a whole or each participant; and what holds while nothing is set."""

    people: dict[int, str]
    """Those who take part, then those who left and had appointments or an arrangement."""
    each: bool
    sentence: str
    today: date
    usual: tuple[str, int] | None
    """Service and standard fee in cents of what was booked last, for the preview."""
    services: dict[int, str] = field(default_factory=dict)
    """Service id → name, of what can be bought as a package."""
    left: frozenset[int] = frozenset()
    """Who of the people has left."""


@reader(Resource.CASE)
def payers_needed(session: Session, actor: Actor, case_id: int) -> PayersNeeded:
    """What the form "who pays" needs to know of a case."""
    case = case_for(session, actor, case_id)
    able = capabilities(case.type)
    known = cases.people_in(session, case_id)
    concerned = follow_up.concerned(session, case_id)
    present = [person for participant, person in known if participant.status is ParticipantStatus.ACTIVE]
    gone = [
        person for participant, person in known
        if participant.status is ParticipantStatus.LEFT and person.id in concerned
    ]
    if able.charged_each:
        sentence = f"Each {able.called} pays for themselves, at the standard fee."
    elif able.most == 1:
        sentence = f"The {able.called} pays, at the standard fee."
    else:
        sentence = "Nobody is set down to pay yet. Say who pays before the first invoice."
    return PayersNeeded(
        {p.id: names.person_name(p.first_name, p.last_name, p.preferred_name) for p in (*present, *gone)},
        able.charged_each,
        sentence, clock.today(practice.the_practice(session).zone), gathering.usual_service(session, case_id),
        {service.id: service.name for service in practice.services(session)}, frozenset(p.id for p in gone),
    )
