"""SC04: a superbill for a range, without consultation and unpaid lines."""

from datetime import date

import pytest

from practicerunner.vocabulary import AttendanceStatus, CaseType, LeftOut
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.superbills import NoSuperbill, superbill_pdf, superbills_of
from tests.cast import Cast, at, balance, hold, invoice, pay, payer_id
from tests.documents.papers import lines
from tests.insurance import complete, diagnose, issue, licensed, logged, preview

PAID = {"2026-10-01": 165_00, "2026-10-06": 180_00, "2026-10-08": 165_00, "2026-10-15": 82_50, "2026-10-22": 65_00,
        "2026-10-31": 190_00}


@pytest.fixture
def lena(cast: Cast) -> tuple[Cast, int, int, int]:
    """Lena Fischer's therapy and consultation cases, and her October."""
    licensed(cast)
    with at("2026-08-31 09:00"):
        therapy = cast.open_case(CaseType.INDIVIDUAL, "Lena Fischer")
        person = complete(cast, therapy)["Lena"]
        consultation = cast.do("Dana", open_case, OpenCase(
            type=CaseType.INDIVIDUAL_CONSULTATION, provider_id=cast.staff["Marcus"],
            participants=(Taking(person_id=person),)))
    diagnose(cast, therapy, person, "F41.1", since="2026-09-01")
    days = [("2026-10-01", "IND50"), ("2026-10-06", "CONS60"), ("2026-10-08", "IND50"), ("2026-10-15", "IND50"),
            ("2026-10-22", "IND50"), ("2026-10-29", "IND50"), ("2026-10-31", "IND60")]
    for day, service in days:
        case_id = consultation if service == "CONS60" else therapy
        missed = {person: AttendanceStatus.NO_SHOW} if day == "2026-10-15" else None
        issued = invoice(cast, hold(cast, case_id, service, f"{day} 10:00", missed=missed))
        if day in PAID:
            pay(cast, payer_id(cast, person), case_id, PAID[day], day, invoice_ids=tuple(issued))
    return cast, therapy, consultation, person


def test_three_lines_and_four_left_out_with_their_reasons(lena) -> None:
    cast, therapy, _, person = lena
    found = preview(cast, therapy, person, "2026-10-01", "2026-10-31")
    assert [(line.service_date.day, line.charge_cents, line.paid_cents, line.code, line.pointers)
            for line in found.lines] == [
        (1, 165_00, 165_00, "X0834", "A"), (8, 165_00, 165_00, "X0834", "A"), (31, 190_00, 190_00, "X0837", "A")]
    assert found.diagnoses == (("A", "F41.1"),)
    assert (found.charged_cents, found.paid_cents, found.balance_cents) == (520_00, 520_00, 0)
    assert [(one.service_date.day, one.reason, one.sentence) for one in found.left_out] == [
        (6, LeftOut.NEVER_BILLED, "Individual consultation: gets invoices and receipts, never a superbill"),
        (15, LeftOut.NOT_RENDERED, "Not a rendered service: no-show fee"),
        (22, LeftOut.PARTLY_PAID, "Partly paid (100.00 due)"),
        (29, LeftOut.UNPAID, "Unpaid (165.00 due)"),
    ]
    assert found.missing == ()
    assert balance(cast, therapy) == {"Lena Fischer": 265_00}


def test_the_paper_has_the_three_lines_and_none_of_the_four(lena) -> None:
    cast, therapy, _, person = lena
    superbill = issue(cast, therapy, person, "2026-10-01", "2026-10-31")
    name, media_type, pdf = logged(cast, "Tom", superbill_pdf, superbill)
    assert (name, media_type) == ("SB-2026-0001.pdf", "application/pdf")
    text = " ".join(" ".join(lines(pdf)).split())
    for words in ("SB-2026-0001", "Lena Fischer", "7 Elm Court", "12 April 1988", "Marcus Bell, LMFT", "NPI 2100000035",
                  "Licence NY 000035", "Tax ID 14-1234567", "A F41.1", "10/01/2026", "10/08/2026", "10/31/2026",
                  "Total 520.00 520.00", "USD 0.00", "not a bill"):
        assert words in text, words
    for absent in ("10/06/2026", "10/15/2026", "10/22/2026", "10/29/2026", "180.00", "82.50", "100.00", "CONS60"):
        assert absent not in text


def test_a_range_of_one_day_has_the_line_of_that_day(lena) -> None:
    cast, therapy, _, person = lena
    issue(cast, therapy, person, "2026-10-01", "2026-10-31")
    alone = issue(cast, therapy, person, "2026-10-31", "2026-10-31")
    latest = cast.read("Tom", superbills_of, therapy)[0]
    assert (latest.superbill_id, latest.number) == (alone, "SB-2026-0002")
    assert [(line.service_date, line.charge_cents) for line in latest.content.lines] == [(date(2026, 10, 31), 190_00)]


def test_partly_paid_lines_come_in_with_their_true_amounts_when_asked_for(lena) -> None:
    cast, therapy, _, person = lena
    found = preview(cast, therapy, person, "2026-10-01", "2026-10-31", include_partly_paid=True)
    assert [line.service_date.day for line in found.lines] == [1, 8, 22, 31]
    assert (found.charged_cents, found.paid_cents, found.balance_cents) == (685_00, 585_00, 100_00)
    assert [one.service_date.day for one in found.left_out] == [6, 15, 29]


def test_the_consultation_case_has_none(lena) -> None:
    cast, _, consultation, person = lena
    with pytest.raises(NoSuperbill, match="invoices and receipts, never a superbill"):
        preview(cast, consultation, person, "2026-10-01", "2026-10-31")
    with pytest.raises(NoSuperbill):
        issue(cast, consultation, person, "2026-10-01", "2026-10-31")
