"""What is said before several appointments are invoiced is what is issued: caps, limits and packages are used up."""

from collections import defaultdict
from datetime import date

import pytest

from practicerunner.vocabulary import CaseType, FeeTerms, ShareKind
from practicerunner.workflows.accounts import invoice_preview, uninvoiced
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.billing import InvoiceAppointments, invoice_appointments
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.people import AddOrganisation, add_organisation
from tests.cast import Cast, at, hold, invoice, lines, people_of

DAYS = ("03", "10", "17")


@pytest.fixture
def eap(cast: Cast) -> int:
    with at("2026-08-01 09:00"):
        return cast.do("Dana", add_organisation, AddOrganisation(name="Northside EAP", address="4 Mill Lane"))


def single(cast: Cast, name: str, **terms: object) -> int:
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, name)
        person = people_of(cast, case_id)[name.split(maxsplit=1)[0]]
        payers = [*terms.pop("payers", ()), Share(person_id=person)]
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, valid_from=date(2026, 8, 1), shares=tuple(payers), **terms))
    return case_id


def held(cast: Cast, case_id: int, hour: str = "10:00") -> list[int]:
    return [hold(cast, case_id, "IND50", f"2026-09-{day} {hour}") for day in DAYS]


def foretold(cast: Cast, appointments: list[int]) -> list[tuple[str, int, int]]:
    """What the preview says, which has to be what is issued afterwards: payer, invoices, cents."""
    with at("2026-10-05 09:00"):
        found = cast.read("Tom", invoice_preview, appointments)
        assert found.ready == tuple(appointments)
        made = cast.do("Tom", invoice_appointments, InvoiceAppointments(appointment_ids=found.ready))
    issued: dict[str, list[int]] = defaultdict(list)
    for payer, cents in lines(cast, made):
        issued[payer].append(cents)
    said = list(found.lines)
    assert said == [(payer, len(cents), sum(cents)) for payer, cents in sorted(issued.items())]
    return said


def test_a_cap_is_used_up_from_one_appointment_to_the_next(cast: Cast, eap: int) -> None:
    capped = Share(payer_id=eap, kind=ShareKind.FIXED_WITH_CAP, amount_cents=100_00, cap_cents=120_00)
    ida, jon = (single(cast, name, payers=[capped]) for name in ("Ida Holm", "Jon Decoy"))
    assert foretold(cast, held(cast, ida)) == [("Ida Holm", 3, 375_00), ("Northside EAP", 2, 120_00)]
    decoy = held(cast, jon, "12:00")
    invoice(cast, decoy[0])
    assert foretold(cast, decoy[1:]) == [("Jon Decoy", 2, 310_00), ("Northside EAP", 1, 20_00)]


def test_two_cases_use_up_a_cap_each(cast: Cast, eap: int) -> None:
    capped = Share(payer_id=eap, kind=ShareKind.FIXED_WITH_CAP, amount_cents=100_00, cap_cents=120_00)
    ida, jon = (single(cast, name, payers=[capped]) for name in ("Ida Holm", "Jon Decoy"))
    both = [one for pair in zip(held(cast, ida), held(cast, jon, "12:00"), strict=True) for one in pair]
    assert foretold(cast, both) == [("Ida Holm", 3, 375_00), ("Jon Decoy", 3, 375_00), ("Northside EAP", 4, 240_00)]


@pytest.mark.parametrize(("limits", "expected"), [
    ({"sponsor_cents": 200_00}, [("Ida Holm", 2, 295_00), ("Northside EAP", 2, 200_00)]),
    ({"sponsor_sessions": 2}, [("Ida Holm", 1, 165_00), ("Northside EAP", 2, 330_00)]),
])
def test_a_sponsors_limit_is_used_up(
    cast: Cast, eap: int, limits: dict[str, int], expected: list[tuple[str, int, int]]
) -> None:
    ida = single(cast, "Ida Holm", fee_terms=FeeTerms.SPONSOR, sponsor_id=eap, **limits)
    assert foretold(cast, held(cast, ida)) == expected


def test_an_appointment_that_uses_a_package_is_done_and_the_next_one_pays_once_it_is_used_up(cast: Cast) -> None:
    terms = {"fee_terms": FeeTerms.PACKAGE, "package_service_id": cast.services["IND50"], "package_sessions": 2,
             "package_cents": 300_00}
    ida, jon = single(cast, "Ida Holm", **terms), single(cast, "Jon Decoy", **terms)
    with at("2026-08-02 09:00"):
        for case_id in (ida, jon):
            cast.do("Tom", sell_package, SellPackage(case_id=case_id))
    mine, decoy = held(cast, ida), held(cast, jon, "12:00")
    with at("2026-10-05 09:00"):
        found = cast.read("Tom", invoice_preview, mine)
        assert found.uses == ((mine[0], "1 of 2 of the package"), (mine[1], "2 of 2 of the package"))
        assert (found.ready, found.left_out) == (tuple(mine), ())
    assert foretold(cast, mine) == [("Ida Holm", 1, 165_00)]
    assert foretold(cast, decoy[:1]) == []
    with at("2026-10-05 09:00"):
        assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] == decoy[1:]
        again = cast.read("Tom", invoice_preview, mine[:1])
        assert (again.ready, again.uses) == ((), ())
        assert [one.reason for one in again.left_out] == ["It is invoiced already."]
