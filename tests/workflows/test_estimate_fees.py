"""What a good faith estimate expects to be charged: after the fee, a package, a sponsor."""

from datetime import date
from typing import Any

import pytest

from practicerunner.vocabulary import (
    CaseType,
    EstimateCause,
    FeeTerms,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.estimate_pages import estimate_pdf, estimate_preview
from practicerunner.workflows.estimate_watch import estimate_watch
from practicerunner.workflows.estimates import ItemAsked
from practicerunner.workflows.estimates_due import estimates_due
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.people import AddOrganisation, add_organisation
from tests.cast import Cast, arrange, at, balance, hold, invoice
from tests.documents.papers import lines as lines_of
from tests.insurance import complete, licensed, logged
from tests.workflows.estimating import PLACE, due, omar_of, sessions, shared


@pytest.fixture
def omar(cast: Cast) -> tuple[Cast, int, int]:
    return omar_of(cast)


@pytest.mark.parametrize(("terms", "total"), [
    ({"fee_terms": FeeTerms.FIXED, "fee_cents": 120_00}, 1200_00),
    ({"fee_terms": FeeTerms.SLIDING_SCALE, "fee_basis_points": 4500}, 742_50),
    ({}, 1650_00),
])
def test_the_expected_charge_is_that_of_the_person_s_fee_arrangement(omar, terms: dict[str, Any], total: int) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-10-01", **terms)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast)], PLACE)
    assert found.total_cents == total


def test_an_estimate_has_the_price_of_a_package_and_the_standard_fee_beyond_it(omar) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-10-01", fee_terms=FeeTerms.PACKAGE,
            package_service_id=cast.services["IND50"], package_sessions=3, package_cents=400_00)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast, 5)], PLACE)
    assert [(line.expected.quantity, line.expected.fee_cents) for line in found.lines] == [
        (1, 133_34), (2, 133_33), (2, 165_00)]
    assert found.total_cents == 730_00
    estimate = shared(cast, case_id, person, sessions(cast, 5))
    assert cast.read("Tom", estimate_watch, estimate).total_cents == 730_00
    assert due(cast, when="2026-12-20 09:00") == [], "what is used up on the way is no change of a fee"
    decoy = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast, 1, service="IND60")], PLACE)
    assert decoy.total_cents == 190_00, "another service than that of the package"


def test_a_fee_arrangement_that_begins_in_between_parts_the_line(omar) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-12-01", fee_terms=FeeTerms.FIXED, fee_cents=100_00)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast)], PLACE)
    assert [(line.expected.quantity, line.expected.fee_cents) for line in found.lines] == [(5, 165_00), (5, 100_00)]
    estimate = shared(cast, case_id, person)
    assert cast.read("Tom", estimate_watch, estimate).total_cents == 1325_00


def test_a_group_member_s_estimate_has_their_own_fee(cast: Cast) -> None:
    licensed(cast)
    with at("2026-10-12 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ana Holm", "Bo Stone", name="Thursday Process Group")
    people = complete(cast, group)
    arrange(cast, group, {people["Bo"]: 0}, since="2026-10-01", person_id=people["Bo"],
            fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=4500)
    item = sessions(cast, service="GRP90")
    totals = {
        first: cast.read("Tom", estimate_preview, group, person, [item], PLACE).total_cents
        for first, person in people.items()
    }
    assert totals == {"Ana": 750_00, "Bo": 337_50}
    words = " ".join(lines_of(logged(cast, "Tom", estimate_pdf, shared(cast, group, people["Bo"], item))[2]))
    assert "Bo Stone" in words
    for absent in ("Ana", "Holm", "Thursday"):
        assert absent not in words


def test_of_a_package_that_is_used_in_part_only_what_is_left_has_its_price(omar) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-10-01", fee_terms=FeeTerms.PACKAGE,
            package_service_id=cast.services["IND50"], package_sessions=3, package_cents=400_00)
    with at("2026-10-12 10:00"):
        cast.do("Tom", sell_package, SellPackage(case_id=case_id))
    for on in ("13", "15"):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-10-{on} 10:00"))
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast, 3)], PLACE)
    assert [(line.expected.quantity, line.expected.fee_cents) for line in found.lines] == [(1, 133_33), (2, 165_00)]
    shared(cast, case_id, person, sessions(cast, 3))
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-02 10:00"))
    assert due(cast, when="2026-11-03 09:00") == [], "the last session was used as was estimated"
    with at("2026-11-03 10:00"):
        cast.do("Tom", sell_package, SellPackage(case_id=case_id))
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast, 3, "2026-12-01")], PLACE)
    assert found.total_cents == 400_00, "the one that was sold anew"


def test_a_sponsor_s_limit_that_something_unlisted_used_up_asks_for_another_estimate(omar) -> None:
    cast, case_id, person = omar
    with at("2026-10-12 10:00"):
        fund = cast.do("Dana", add_organisation, AddOrganisation(name="Fund", address="1 North"))
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, valid_from=date(2026, 10, 12), fee_terms=FeeTerms.SPONSOR, fee_cents=100_00,
            sponsor_id=fund, sponsor_sessions=4, shares=(Share(person_id=person),)))
    weekly = sessions(cast, 5, last="2026-11-30")
    first = shared(cast, case_id, person, weekly)

    def asked(when: str) -> list[tuple[EstimateCause, date | None]]:
        assert len(due(cast, when=when)) <= 1
        with at(when):
            return [(one.cause, one.service_on) for one in cast.read("Tom", estimates_due)]

    invoice(cast, hold(cast, case_id, "IND50", "2026-11-02 10:00"))
    assert asked("2026-11-03 09:00") == []
    for on, first_on in ((3, 23), (4, 16), (5, 9)):
        invoice(cast, hold(cast, case_id, "IND60", f"2026-11-0{on} 10:00"))
        assert asked(f"2026-11-0{on + 1} 10:00") == [(EstimateCause.CHANGED, date(2026, 11, first_on))]
    second = shared(cast, case_id, person, weekly, when="2026-11-06 11:00", replaces_id=first)
    assert cast.read("Tom", estimate_watch, second).total_cents == 100_00 + 4 * 165_00
    assert asked("2026-11-06 12:00") == []
    hold(cast, case_id, "IND50", "2026-11-09 10:00")
    assert asked("2026-11-10 10:00") == [], "held and not invoiced yet"


def test_a_package_is_billed_for_the_days_on_which_its_sessions_are_used(omar) -> None:
    """Ten were sold on a day of the estimate, which has five."""
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-10-01", fee_terms=FeeTerms.PACKAGE,
            package_service_id=cast.services["IND50"], package_sessions=10, package_cents=1500_00)
    estimate = shared(cast, case_id, person, sessions(cast, 5, last="2026-12-01"))
    with at("2026-11-02 09:00"):
        cast.do("Tom", sell_package, SellPackage(case_id=case_id, as_draft=False))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 0
    assert due(cast, when="2026-11-03 09:00") == []
    for on in range(3, 10):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00"))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 1050_00
    assert EstimateCause.EXCEEDED not in [cause for _, cause, _ in due(cast, when="2026-11-09 12:00")]
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-10 10:00"))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 1200_00
    assert [cause for _, cause, _ in due(cast, when="2026-11-11 09:00")] == [EstimateCause.EXCEEDED], "450.00 above"


@pytest.mark.parametrize(("limit", "total", "parts"), [
    ({"sponsor_sessions": 3}, 270_00, [(2, 60_00), (2, 75_00)]),
    ({"sponsor_cents": 150_00}, 270_00, [(2, 60_00), (2, 75_00)]),
    ({"sponsor_until": date(2026, 9, 14)}, 270_00, [(2, 60_00), (2, 75_00)]),
    ({}, 240_00, [(4, 60_00)]),
])
def test_what_a_sponsor_pays_no_more_is_expected_at_the_standard_fee(
    cast: Cast, limit: dict[str, Any], total: int, parts: list[tuple[int, int]]
) -> None:
    """One session before was the sponsor's already; the estimate comes to what will be charged."""
    licensed(cast)
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ash Reed", "Bea Pike", name="Monday")
        fund = cast.do("Dana", add_organisation, AddOrganisation(name="Fund", address="1 Road"))
    people = complete(cast, group)
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=group, person_id=people["Ash"], valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
        fee_cents=60_00, sponsor_id=fund, shares=(Share(person_id=people["Ash"]),), **limit))
    invoice(cast, hold(cast, group, "GRP90", "2026-08-10 18:00"))
    before = balance(cast, group)
    weekly = ItemAsked(service_id=cast.services["GRP90"], quantity=4, first_on=date(2026, 9, 7),
                       last_on=date(2026, 9, 28), frequency="every week")
    with at("2026-08-20 09:00"):
        said = cast.read("Tom", estimate_preview, group, people["Ash"], (weekly,), PLACE)
        other = cast.read("Tom", estimate_preview, group, people["Bea"], (weekly,), PLACE)
    assert [(line.expected.quantity, line.expected.fee_cents) for line in said.lines] == parts
    assert (said.total_cents, other.total_cents) == (total, 300_00)
    shared(cast, group, people["Ash"], weekly, when="2026-08-20 10:00")
    for day in ("07", "14", "21", "28"):
        invoice(cast, hold(cast, group, "GRP90", f"2026-09-{day} 18:00"))
        assert due(cast, when=f"2026-09-{day} 23:30") == [], "what is used up on the way changes nothing"
    charged = balance(cast, group)
    assert sum(charged[name] - before.get(name, 0) for name in charged if name != "Bea Pike") == total
