"""SC14: a good faith estimate, its next version when a fee changes, and the bills measured against each."""

from datetime import date, time

import pytest

from practicerunner.errors import NotPermitted
from practicerunner.vocabulary import CaseType, EstimateCause, EstimateWarning, ShareChannel
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.estimate_pages import estimate_block, estimate_pdf
from practicerunner.workflows.estimate_watch import estimate_watch
from practicerunner.workflows.estimates import (
    DraftEstimate,
    ItemAsked,
    NoEstimate,
    ShareEstimate,
    draft_estimate,
    share_estimate,
)
from practicerunner.workflows.estimates_due import estimates_due
from practicerunner.workflows.practice import ChangeService, change_service, service_list
from tests.cast import Cast, at, hold, invoice
from tests.documents.papers import lines
from tests.insurance import complete, licensed, logged

PLACE = "12 Linden Street, Albany, NY 12207"


def weekly(cast: Cast, first: str, quantity: int, last: str) -> ItemAsked:
    return ItemAsked(
        service_id=cast.services["IND50"], quantity=quantity, first_on=date.fromisoformat(first),
        last_on=date.fromisoformat(last), frequency="every week")


def intake(cast: Cast) -> ItemAsked:
    return ItemAsked(service_id=cast.services["INTAKE"], quantity=1, first_on=date(2026, 11, 2))


def share(cast: Cast, case_id: int, person_id: int, items: tuple[ItemAsked, ...], on: str,
          replaces_id: int | None = None) -> int:
    with at(f"{on} 10:00"):
        draft = cast.do("Tom", draft_estimate, DraftEstimate(
            case_id=case_id, person_id=person_id, items=items, place=PLACE, replaces_id=replaces_id))
        return cast.do("Tom", share_estimate, ShareEstimate(
            draft_id=draft, revision=1, channel=ShareChannel.IN_PERSON))


def raise_the_fee(cast: Cast) -> None:
    with at("2026-12-01 09:00"):
        service = next(one for one in cast.read("Dana", service_list) if one.name == "IND50")
        cast.do("Dana", change_service, ChangeService(
            service_id=service.id, revision=service.revision, name="IND50", code="X0834", category=service.category,
            minutes=50, fee_cents=175_00, fee_from=date(2027, 1, 1)))


@pytest.fixture
def omar(cast: Cast) -> tuple[Cast, int, int]:
    """Omar Reyes pays for himself."""
    licensed(cast)
    with at("2026-10-12 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Omar Reyes")
    return cast, case_id, complete(cast, case_id)["Omar"]


@pytest.mark.parametrize(("service_on", "due"), [
    ("2026-11-02", date(2026, 10, 22)), ("2026-10-23", date(2026, 10, 20)),
])
def test_scheduling_makes_an_estimate_due(omar, service_on: str, due: date) -> None:
    cast, case_id, person = omar
    with at("2026-10-19 15:00"):
        cast.do("Tom", book, Book(
            case_id=case_id, service_id=cast.services["INTAKE"], local_date=date.fromisoformat(service_on),
            local_time=time(10), location_id=cast.office))
        (found,) = cast.read("Tom", estimates_due)
    assert (found.person_id, found.name, found.cause, found.due_on) == (
        person, "Omar Reyes", EstimateCause.SCHEDULED, due)
    share(cast, case_id, person, (intake(cast), weekly(cast, "2026-10-20", 24, "2027-04-06")), "2026-10-20")
    with at("2026-10-20 11:00"):
        assert cast.read("Tom", estimates_due) == []


def test_two_versions_and_their_totals(omar) -> None:
    cast, case_id, person = omar
    first = share(
        cast, case_id, person, (intake(cast), weekly(cast, "2026-11-09", 24, "2027-04-19")), "2026-10-20")
    raise_the_fee(cast)
    with at("2026-12-02 09:00"):
        (due,) = cast.read("Tom", estimates_due)
        assert (due.cause, due.service_on, due.due_on) == (
            EstimateCause.CHANGED, date(2027, 1, 4), date(2026, 12, 31))
    second = share(cast, case_id, person, (
        intake(cast), weekly(cast, "2026-11-03", 10, "2026-12-31"), weekly(cast, "2027-01-01", 14, "2027-04-19"),
    ), "2026-12-03", first)
    with at("2026-12-03 12:00"):
        block = cast.read("Tom", estimate_block, case_id)
    assert [(one.number, one.version, one.total_cents, one.shared_on, one.is_current) for one in block.shared] == [
        ("GFE-2026-0002", 2, 4325_00, date(2026, 12, 3), True),
        ("GFE-2026-0001", 1, 4185_00, date(2026, 10, 20), False),
    ]
    assert [(line.expected.quantity, line.expected.fee_cents) for line in block.shared[0].lines] == [
        (1, 225_00), (10, 165_00), (14, 175_00)]
    assert block.due == ()
    for estimate, total in ((first, "USD 4,185.00"), (second, "USD 4,325.00")):
        assert total in " ".join(lines(logged(cast, "Tom", estimate_pdf, estimate)[2]))


def test_four_hundred_above_is_flagged_at_the_very_cent(omar) -> None:
    cast, case_id, person = omar
    first = share(
        cast, case_id, person, (intake(cast), weekly(cast, "2026-11-09", 24, "2027-04-19")), "2026-10-20")

    def bill(when: str, cents: int) -> None:
        invoice(cast, hold(cast, case_id, "IND50", when, fee_cents=cents))

    def measured() -> tuple[int, EstimateWarning | None]:
        found = cast.read("Tom", estimate_watch, first)
        return found.billed_cents, found.warning

    bill("2026-11-09 10:00", 4484_99)
    assert measured() == (4484_99, None)
    bill("2026-11-10 10:00", 100_00)
    assert measured() == (4584_99, EstimateWarning.NOTICE)
    bill("2026-11-11 10:00", 1)
    assert measured() == (4585_00, EstimateWarning.EXCEEDED)
    assert EstimateWarning.EXCEEDED.label == "$400 or more above the estimate"
    bill("2026-10-30 10:00", 500_00)
    assert measured()[0] == 4585_00, "before the days that the estimate covers"


@pytest.mark.parametrize(("kind", "service"), [
    (CaseType.INDIVIDUAL_CONSULTATION, "CONS60"), (CaseType.CONSULTATION_GROUP, "CGRP120"), (CaseType.WORKSHOP, "WKSP"),
])
def test_consultation_and_workshop_have_none(cast: Cast, kind: CaseType, service: str) -> None:
    name = "" if kind is CaseType.INDIVIDUAL_CONSULTATION else "Wednesday circle"
    with at("2026-10-12 09:00"):
        case_id = cast.open_case(kind, "Lena Fischer", name=name)
    person = complete(cast, case_id)["Lena"]
    for verb in (
        lambda: cast.read("Tom", estimate_block, case_id),
        lambda: cast.do("Tom", draft_estimate, DraftEstimate(
            case_id=case_id, person_id=person, items=(ItemAsked(
                service_id=cast.services[service], quantity=1, first_on=date(2026, 11, 2)),), place=PLACE)),
    ):
        with pytest.raises(NoEstimate):
            verb()
    with at("2026-10-19 15:00"):
        cast.do("Tom", book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=date(2026, 11, 2),
            local_time=time(10), location_id=cast.office))
        assert cast.read("Tom", estimates_due) == []


def test_a_stranger_sees_none_of_it(omar) -> None:
    cast, case_id, person = omar
    first = share(cast, case_id, person, (intake(cast),), "2026-10-20")
    for reader in (estimate_watch, estimate_pdf):
        with pytest.raises(NotPermitted):
            logged(cast, "Olga", reader, first)
    assert cast.read("Olga", estimates_due) == []
