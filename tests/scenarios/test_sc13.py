"""SC13: the statement for October, the one for November, and how old what is open is on their last days."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.reports import read
from practicerunner.vocabulary import CaseType, DocumentKind
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.papers import fetch
from practicerunner.workflows.statements import IssueStatement, issue_statement, statement_preview
from tests.cast import Cast, at, hold, invoice, pay, payer_id, people_of
from tests.documents.papers import lines

OCTOBER, NOVEMBER = (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def paul(cast: Cast) -> tuple[int, int, list[int]]:
    """Paul Novak's case and payer, and the ids of his five invoices."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Paul Novak")
    payer = payer_id(cast, people_of(cast, case_id)["Paul"])
    made = [
        invoice(cast, hold(cast, case_id, "IND50", f"2026-{day} 10:00"))[0]
        for day in ("09-08", "09-22", "10-06", "10-13", "10-27")
    ]
    pay(cast, payer, case_id, 330_00, "2026-10-05", invoice_ids=tuple(made[:2]))
    pay(cast, payer, case_id, 165_00, "2026-10-20", invoice_ids=(made[2],))
    with at("2026-10-21 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made[3], amount_cents=25_00, reason="Agreed"))
    return case_id, payer, made


def test_the_statement_for_october_and_the_one_that_follows(cast: Cast, paul: tuple[int, int, list[int]]) -> None:
    case_id, payer, _ = paul
    with at("2026-12-01 09:00"):
        october = cast.read("Tom", statement_preview, payer, *OCTOBER, case_id=case_id).statement
        november = cast.read("Tom", statement_preview, payer, *NOVEMBER, case_id=case_id).statement
    assert (october.opening_cents, october.charges_cents, october.payments_cents, october.credits_cents,
            october.refunds_cents, october.closing_cents) == (330_00, 495_00, 495_00, 25_00, 0, 305_00)
    assert [(item.what, item.since, item.open_cents) for item in october.open_items] == [
        ("INV-2026-0004", date(2026, 10, 13), 140_00), ("INV-2026-0005", date(2026, 10, 27), 165_00)]
    assert [(line.day.day, line.what, line.amount_cents, line.balance_cents) for line in october.movements] == [
        (5, "Payment, cheque", -330_00, 0), (6, "IND50", 165_00, 165_00), (13, "IND50", 165_00, 330_00),
        (20, "Payment, cheque", -165_00, 165_00), (21, "Credit adjustment", -25_00, 140_00),
        (27, "IND50", 165_00, 305_00),
    ]
    assert (november.opening_cents, november.movements, november.closing_cents) == (305_00, (), 305_00)


def test_what_is_open_by_age_on_both_last_days_on_the_statement_and_in_the_report(
    cast: Cast, paul: tuple[int, int, list[int]]
) -> None:
    case_id, payer, _ = paul
    for (start, end), buckets in ((OCTOBER, (305_00, 0, 0, 0)), (NOVEMBER, (0, 305_00, 0, 0))):
        with at("2026-12-01 09:00"):
            assert cast.read("Tom", statement_preview, payer, start, end, case_id=case_id).statement.buckets == buckets
            (row,) = read(cast.engine, cast.actor("Tom"), "billing__outstanding_balances", as_of=end)
        assert (row["age_0_30_cents"], row["age_31_60_cents"], row["age_61_90_cents"],
                row["age_over_90_cents"]) == buckets


def test_the_paper_of_october_says_the_same_figures(cast: Cast, paul: tuple[int, int, list[int]]) -> None:
    case_id, payer, _ = paul
    with at("2026-11-02 09:00"):
        made = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer, case_id=case_id, starts_on=OCTOBER[0], ends_on=OCTOBER[1]))
    with database.transaction(cast.engine) as session:
        name, _, pdf = fetch(session, cast.actor("Tom"), DocumentKind.STATEMENT, made)
    said = " ".join(" ".join(lines(pdf)).split())
    assert name == "ST-2026-0001.pdf"
    assert ("Opening balance 330.00 Charges 495.00 Payments -495.00 Credit adjustments -25.00 Refunds 0.00 "
            "Closing balance 305.00") in said
    assert "Sum 305.00 0.00 0.00 0.00" in said
    assert "Closing balance USD 305.00" in said
