"""What somebody is expected to be charged: after their fee, a package that is used up and a sponsor who pays no more.

The expected charge of a good faith estimate (45 CFR 149.610(a)(2)(v)) is what a service will be charged at, whoever
pays it; that is what the bills are held against.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from practicerunner.errors import BadInput
from practicerunner.records import estimates, packages, practice
from practicerunner.records.arrangements import BillingArrangement
from practicerunner.records.cases import Case
from practicerunner.records.credits import Sponsored
from practicerunner.records.packages import SoldSession
from practicerunner.records.practice import Service
from practicerunner.rules import fees
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.estimates import Expected, FeeOn
from practicerunner.vocabulary import FeeTerms
from practicerunner.workflows import credits
from practicerunner.workflows.arrangements import in_force


@dataclass(slots=True)
class SponsorPaid:
    """How far a sponsor's limits are used up."""

    limits: fees.Sponsorship
    cents: int
    sessions: int

    def pays(self, agreed_cents: int, day: date) -> bool:
        """Whether the sponsor still pays for a service at the agreed fee; what they pay is used up by it."""
        most = fees.sponsor_pays_up_to(self.limits, agreed_cents or 1, day, self.cents, self.sessions)
        if most and agreed_cents:
            self.cents += min(most, agreed_cents)
            self.sessions += 1
        return most > 0

    def at_least(self, other: "SponsorPaid") -> None:
        """Count what was truly used up, where that is more than what was expected until then."""
        self.cents, self.sessions = max(self.cents, other.cents), max(self.sessions, other.sessions)


@dataclass(frozen=True, slots=True)
class Agreements:
    """What was agreed in some cases, and what was used up of it: read once for as many estimates as ask."""

    agreed: Mapping[int, Sequence[BillingArrangement]]
    sold: Sequence[SoldSession] = ()
    sponsored: Sequence[Sponsored] = ()
    services: dict[int, Service] = field(default_factory=dict)


def agreements_in(session: Session, case_ids: Collection[int]) -> Agreements:
    """What was agreed in some cases; packages and sponsors are looked up only where there are any."""
    agreed = estimates.agreed_in(session, case_ids)
    rows = [row for found in agreed.values() for row in found]
    bought = {row.case_id for row in rows if row.fee_terms is FeeTerms.PACKAGE}
    limited = [
        row for row in rows if row.sponsor_id is not None
        and (row.sponsor_cents is not None or row.sponsor_sessions is not None)
    ]
    return Agreements(
        agreed, packages.sold_in(session, bought),
        credits.sponsored_in(session, {row.case_id for row in limited}, {row.sponsor_id or 0 for row in limited}))


def fees_for(
    session: Session, case: Case, person_id: int, since: date, known: Agreements, looked_on: Collection[date] = ()
) -> FeeOn:
    """What somebody will be charged for a service on a day, after their fee arrangement (D32).

    From ``since`` on, asked day by day: sessions of a package have its prices, as many as are left or will be sold,
    and a sponsor pays up to their limits; what goes beyond has the standard fee. Days from one of ``looked_on`` on
    begin with what the sponsor was truly charged before it, where something unlisted used up more than was expected.
    """
    agreed = known.agreed[case.id]
    whose = person_id if capabilities(case.type).charged_each else None
    left: dict[tuple[int, int], list[int]] = {}
    paid: dict[int, SponsorPaid] = {}

    def fee_on(service_id: int, day: date) -> int:
        if service_id not in known.services:
            found = practice.service_with_fees(session, service_id)
            if found is None or found.category not in capabilities(case.type).categories:
                raise BadInput("items", "Choose a service that this kind of case can book.")
            known.services[service_id] = found
        standard = practice.fee_on(known.services[service_id], day)
        terms = in_force(agreed, day).get(whose)
        if terms is None:
            return standard
        if terms.fee_terms is FeeTerms.PACKAGE:
            if terms.package_service_id != service_id:
                return standard
            sold = [
                one for one in known.sold
                if (one.case_id, one.person_id, one.service_id) == (case.id, whose, service_id)
            ]
            key = (service_id, 0 if sold else terms.id)
            if key not in left:
                left[key] = _prices(terms, sold, since)
            return left[key].pop(0) if left[key] else standard
        agreed_cents = fees.agreed_fee(standard, terms.fee_terms, terms.fee_cents, terms.fee_basis_points)
        if terms.fee_terms is not FeeTerms.SPONSOR or terms.sponsor_id is None:
            return agreed_cents
        if terms.id not in paid:
            paid[terms.id] = _paid(terms, known.sponsored, since)
        for looked in looked_on:
            if since < looked <= day:
                paid[terms.id].at_least(_paid(terms, known.sponsored, looked))
        return agreed_cents if paid[terms.id].pays(agreed_cents, day) else standard

    return fee_on


def uses_up(known: Agreements, case_id: int) -> bool:
    """Whether what is charged in a case depends on what was charged before: on a package, or a sponsor's limits."""
    return any(row.fee_terms in (FeeTerms.PACKAGE, FeeTerms.SPONSOR) for row in known.agreed[case_id])


def stays(line: Expected, fee_on: FeeOn, known: Agreements, case_id: int, today: date) -> bool:
    """Whether a line's fee is the same on each day from today on, where nothing is used up.

    A fee changes on few days. Where none of them brings another, none of the days between does.
    """
    first = max(line.first_on, today)
    if first > line.last_on:
        return True
    if fee_on(line.service_id, first) != line.fee_cents:
        return False
    steps = {fee.valid_from for fee in known.services[line.service_id].fees}
    for row in known.agreed[case_id]:
        steps |= {row.valid_from} | ({row.valid_until + timedelta(days=1)} if row.valid_until else set())
    return all(fee_on(line.service_id, day) == line.fee_cents for day in steps if first < day <= line.last_on)


def _prices(terms: BillingArrangement, sold: Sequence[SoldSession], since: date) -> list[int]:
    """The prices of the sessions of packages from a day on; of the one that will be sold where none was yet."""
    if not sold:
        return fees.package_prices(terms.package_cents or 0, terms.package_sessions or 1)
    return [one.amount_cents for one in sold if one.is_left or (one.is_used and one.service_date >= since)]


def _paid(terms: BillingArrangement, sponsored: Sequence[Sponsored], since: date) -> SponsorPaid:
    """What a sponsor was charged by an arrangement before a day."""
    before: dict[int | None, int] = defaultdict(int)
    for one in sponsored:
        if (one.case_id, one.person_id, one.payer_id) == (terms.case_id, terms.person_id, terms.sponsor_id) and (
                terms.valid_from <= one.service_date < since):
            before[one.appointment_id] += one.cents
    limits = fees.Sponsorship(terms.sponsor_cents, terms.sponsor_sessions, terms.sponsor_until)
    return SponsorPaid(limits, sum(before.values()), sum(cents > 0 for cents in before.values()))
