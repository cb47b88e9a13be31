"""Who supervises an appointment: the case says, or else who treats."""

from dataclasses import dataclass
from datetime import date

import pytest

from practicerunner.rules.supervision import Term as Assigned
from practicerunner.rules.supervision import (
    fits,
    inherited,
    narrowest,
    reads_as_supervisor,
    signed_as,
    supervisor_on,
)
from practicerunner.vocabulary import Role, SignatureRole, SupervisionFormat, SupervisionLevel

CASES, OLD, NEW, PROVIDER = 1, 2, 3, 9


@dataclass(frozen=True)
class Term:
    supervisor_id: int
    starts_on: date
    ends_on: date | None = None


TERMS = [Term(OLD, date(2026, 1, 1), date(2026, 6, 1)), Term(NEW, date(2026, 6, 1))]


@pytest.mark.parametrize(("day", "expected"), [
    (date(2025, 12, 31), None), (date(2026, 1, 1), OLD), (date(2026, 5, 31), OLD), (date(2026, 6, 1), NEW),
    (date(2030, 1, 1), NEW),
])
def test_the_supervisor_is_the_one_of_the_day(day: date, expected: int | None) -> None:
    assert supervisor_on(TERMS, day) == expected
    assert inherited(None, PROVIDER, TERMS, day) == expected
    assert inherited(CASES, PROVIDER, TERMS, day) == CASES


def test_of_two_that_overlap_the_newest_counts() -> None:
    assert supervisor_on([Term(OLD, date(2026, 1, 1)), Term(NEW, date(2026, 3, 1))], date(2026, 4, 1)) == NEW
    assert supervisor_on([], date(2026, 4, 1)) is None


def test_nobody_supervises_themselves() -> None:
    assert inherited(PROVIDER, PROVIDER, TERMS, date(2026, 7, 1)) == NEW
    assert inherited(PROVIDER, PROVIDER, [], date(2026, 7, 1)) is None
    assert inherited(None, NEW, TERMS, date(2026, 7, 1)) is None


A, P, S, O = Role.ASSOCIATE, Role.PROVIDER, Role.SUPERVISOR, Role.OWNER  # noqa: E741
CO_SIGNS, APPROVES = SignatureRole.CO_SIGNER, SignatureRole.APPROVER


@pytest.mark.parametrize(("roles", "nobody", "access", "approve", "co_sign"), [
    ({A}, CO_SIGNS, CO_SIGNS, CO_SIGNS, CO_SIGNS),
    ({A, S}, CO_SIGNS, CO_SIGNS, CO_SIGNS, CO_SIGNS),
    ({A, O}, CO_SIGNS, CO_SIGNS, CO_SIGNS, CO_SIGNS),
    ({A, P}, None, None, APPROVES, CO_SIGNS),
    ({P}, None, None, APPROVES, CO_SIGNS),
    ({P, S, O}, None, None, APPROVES, CO_SIGNS),
])
def test_whether_a_note_waits_and_as_what_it_is_signed(
    roles: set[Role], nobody: SignatureRole | None, access: SignatureRole | None, approve: SignatureRole | None,
    co_sign: SignatureRole | None,
) -> None:
    assert signed_as(roles, None) is nobody
    assert signed_as(roles, SupervisionLevel.ACCESS) is access
    assert signed_as(roles, SupervisionLevel.APPROVE) is approve
    assert signed_as(roles, SupervisionLevel.CO_SIGN) is co_sign


@pytest.mark.parametrize(("candidates", "able", "expected"), [
    ((1, 2, 3), {1, 2, 3}, 1), ((None, 2, 3), {1, 2, 3}, 2), ((None, None, 3), {3}, 3), ((1, 2, 3), {2, 3}, 2),
    ((1, 2, 3), {3}, 3), ((1, 2, 3), set(), None), ((9, 2, 3), {9, 2, 3}, 2), ((9, 9, 9), {9}, None), ((), {1}, None),
])
def test_the_narrowest_who_is_able_and_not_the_author_counts(
    candidates: tuple[int | None, ...], able: set[int], expected: int | None
) -> None:
    assert narrowest(candidates, PROVIDER, able) == expected


@pytest.mark.parametrize(("day", "writers", "named", "expected"), [
    (date(2026, 1, 1), {7}, set(), True), (date(2026, 5, 31), {7}, set(), True), (date(2026, 6, 1), {7}, set(), False),
    (date(2025, 12, 31), {7}, set(), False), (date(2026, 3, 1), {8}, set(), False),
    (date(2026, 3, 1), {8, 7}, set(), True), (date(2026, 7, 1), {8}, {OLD}, True),
    (date(2026, 7, 1), {8}, {NEW}, False),
])
def test_a_supervisor_reads_what_is_dated_within_or_names_them(
    day: date, writers: set[int], named: set[int], expected: bool
) -> None:
    terms = [Assigned(7, OLD, SupervisionLevel.ACCESS, date(2026, 1, 1), date(2026, 6, 1)),
             Assigned(7, NEW, SupervisionLevel.ACCESS, date(2020, 1, 1))]
    assert reads_as_supervisor(OLD, terms, written_by=writers, day=day, named=named) is expected


@pytest.mark.parametrize(("kind", "numbers"), [
    (SupervisionFormat.INDIVIDUAL, {1}), (SupervisionFormat.TRIADIC, {2}), (SupervisionFormat.GROUP, {3, 4, 5}),
])
def test_how_many_make_an_hour_of_each_kind(kind: SupervisionFormat, numbers: set[int]) -> None:
    assert {number for number in range(6) if fits(kind, number)} == numbers
