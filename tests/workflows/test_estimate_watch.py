"""The bills held against a good faith estimate: what counts for which, and when it is too much."""

from datetime import date

import pytest

from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseStatus,
    CaseType,
    EstimateCause,
    EstimateWarning,
    InvoicingRhythm,
)
from practicerunner.workflows.adjustments import CreditInvoice, TakeBack, credit_invoice, take_back
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.cases import SetCaseStatus, set_case_status
from practicerunner.workflows.estimate_pages import estimate_block, estimate_pdf
from practicerunner.workflows.estimate_watch import estimate_watch
from practicerunner.workflows.estimates import ItemAsked
from practicerunner.workflows.estimates_due import estimates_due
from practicerunner.workflows.follow_up import billing_counts
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.reversals import ReissueInvoice, reissue_invoice
from practicerunner.workflows.today import day
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, at, hold, invoice
from tests.documents.papers import lines as lines_of
from tests.insurance import logged
from tests.workflows.estimating import draft, due, omar_of, renewed, sessions, share, shared


@pytest.fixture
def omar(cast: Cast) -> tuple[Cast, int, int]:
    return omar_of(cast)


def test_a_credit_lowers_what_was_billed_and_another_case_does_not_count(omar) -> None:
    cast, case_id, person = omar
    estimate = shared(cast, case_id, person)
    missed = hold(cast, case_id, "IND50", "2026-11-02 10:00", missed={person: AttendanceStatus.NO_SHOW})
    invoice(cast, missed)
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 82_50
    with at("2026-11-03 09:00"):
        cast.do("Dana", waive_fee, WaiveFee(appointment_id=missed, person_id=None, reason="illness"))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 0
    with at("2026-10-12 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Decoy Doe")
    invoice(cast, hold(cast, other, "IND50", "2026-11-03 10:00"))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 0


def test_a_credit_of_a_whole_invoice_is_taken_from_its_last_lines_and_a_cent_decides(omar) -> None:
    """Four sessions of 165.00 on one invoice are 495.00 above an estimate of one."""
    cast, case_id, person = omar
    with at("2026-10-12 09:00"):
        cast.do("Tom", set_arrangement, SetArrangement(case_id=case_id, valid_from=date(2026, 10, 1), shares=(
            Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY),)))
    estimate = shared(cast, case_id, person, sessions(cast, 1, last="2026-11-04"))
    for on in (2, 3, 4, 5):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00"))
    decoy = shared(cast, case_id, person, sessions(cast, 1, first="2026-11-05", last="2026-12-31"))
    with at("2026-12-01 09:00"):
        (made,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 11, 1)))

    def above() -> list[tuple[EstimateCause, int | None]]:
        return [(row.cause, row.amount_cents) for row in cast.read("Tom", estimates_due)
                if row.cause is EstimateCause.EXCEEDED]

    def billed() -> list[int]:
        return [cast.read("Tom", estimate_watch, one).billed_cents for one in (estimate, decoy)]

    with at("2026-12-02 09:00"):
        assert (billed(), above()) == ([495_00, 165_00], [])
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=200_00, reason="goodwill"))
        assert billed() == [460_00, 0], "all of the last session, and 35.00 of the one before"
    invoice(cast, hold(cast, case_id, "IND60", "2026-11-04 14:00"), on="2026-12-02")
    with at("2026-12-02 10:00"):
        gathered = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 11, 1)))
        assert (billed(), above()) == ([650_00, 0], [(EstimateCause.EXCEEDED, 485_00)])
        assert cast.read("Tom", estimate_watch, estimate).warning is EstimateWarning.EXCEEDED
        credit = cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=made, amount_cents=85_01, reason="goodwill"))
        assert (billed(), above()) == ([564_99, 0], []), "399.99 above"
        assert cast.read("Tom", billing_counts).estimates == len(cast.read("Tom", estimates_due))
        cast.do("Tom", take_back, TakeBack(entry_id=credit, reason="after all not"))
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=85_00, reason="goodwill"))
        assert above() == [(EstimateCause.EXCEEDED, 400_00)]
        assert gathered


def test_one_renewed_early_is_watched_until_its_last_day_and_a_version_given_after_the_bills_ends_it(omar) -> None:
    cast, case_id, person = omar
    first, second = renewed(cast, case_id, person)
    for number in range(4, 8):
        invoice(cast, hold(cast, case_id, "IND50", f"2027-10-{number:02d} 10:00"))
    late = "2027-10-10 09:00"
    assert due(cast, when=late) == [("Omar Reyes", EstimateCause.EXCEEDED, date(2027, 10, 10))]
    with at(late):
        (row,) = cast.read("Tom", estimates_due)
        assert (row.estimate_id, row.amount_cents) == (first, 495_00)
        assert [cast.read("Tom", estimate_watch, one).billed_cents for one in (first, second)] == [660_00, 0]
    third = share(cast, draft(
        cast, case_id, person, sessions(cast, 7, first="2027-10-11", last="2027-11-01"), when=late, replaces_id=first,
    ), when=late)
    assert due(cast, when=late) == []
    invoice(cast, hold(cast, case_id, "IND50", "2027-10-12 10:00"))
    with at("2027-10-13 09:00"):
        block = cast.read("Tom", estimate_block, case_id)
        assert [(one.estimate_id, one.version, one.is_current, one.watch.billed_cents) for one in block.shared] == [
            (third, 2, True, 165_00), (second, 1, True, 0), (first, 1, False, 660_00)]
    words = " ".join(lines_of(logged(cast, "Tom", estimate_pdf, second)[2]))
    assert "Version 1" in words
    assert "Replaces" not in words


def test_a_bill_is_measured_by_the_version_that_had_been_given_by_the_day_of_the_service(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    for number in range(2, 6):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{number:02d} 10:00"))
    then = "2026-11-06 09:00"
    second = share(cast, draft(
        cast, case_id, person, sessions(cast, 12, last="2026-12-31"), when=then, replaces_id=first), when=then)
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-06 10:00"))

    def billed() -> list[int]:
        return [cast.read("Tom", estimate_watch, one).billed_cents for one in (first, second)]

    assert billed() == [660_00, 825_00], "the new one has the sessions from the first day on, and so their bills"
    assert due(cast, when="2026-11-06 12:00") == [], "it was given after the bills"
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-05 15:00"))
    assert billed() == [825_00, 990_00]
    assert due(cast, when="2026-11-06 18:00") == [("Omar Reyes", EstimateCause.EXCEEDED, date(2026, 11, 6))]


def test_a_version_for_fewer_days_takes_over_those_days_alone(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 4, first="2026-11-02", last="2027-09-30"))
    then = "2026-11-20 10:00"
    second = share(cast, draft(cast, case_id, person, sessions(
        cast, 4, first="2026-12-01", last="2026-12-31"), when=then, replaces_id=first), when=then)
    for held_on in ("2026-12-07", "2027-02-01", "2027-02-08"):
        invoice(cast, hold(cast, case_id, "IND50", f"{held_on} 10:00"))
    assert [cast.read("Tom", estimate_watch, one).billed_cents for one in (first, second)] == [330_00, 165_00]


def test_bills_of_four_hundred_above_are_an_item_and_on_today_not_a_cent_earlier(omar) -> None:
    cast, case_id, person = omar
    shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    for number in range(2, 5):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{number:02d} 10:00"))
    late = "2026-12-01 09:00"
    assert due(cast, when=late) == [], "330.00 above"
    fourth = invoice(cast, hold(cast, case_id, "IND50", "2026-11-05 10:00"))
    with at("2026-11-06 09:00"):
        credit = cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=fourth[0], amount_cents=95_01, reason="goodwill"))
    assert due(cast, when=late) == [], "399.99 above"
    with at("2026-11-07 09:00"):
        cast.do("Tom", take_back, TakeBack(entry_id=credit, reason="after all not"))
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=fourth[0], amount_cents=95_00, reason="goodwill"))
    assert due(cast, when=late) == [("Omar Reyes", EstimateCause.EXCEEDED, date(2026, 12, 1))]
    said = "Bills $400 or more above the estimate: Omar Reyes"
    with at(late):
        (item,) = cast.read("Tom", estimates_due)
        assert item.amount_cents == 400_00
        assert cast.read("Tom", billing_counts).estimates == 1
        concerned = {who for who in ("Tom", "Dana", "Marcus", "Priya", "Ruth", "Olga")
                     if said in [one.sentence for one in cast.read(who, day).waiting]}
    assert concerned == {"Tom", "Dana", "Marcus"}
    assert due(cast, when="2027-04-30 09:00") == [("Omar Reyes", EstimateCause.EXCEEDED, date(2027, 4, 30))]
    assert due(cast, when="2027-05-01 09:00") == [], "120 days after what it covers"


FAMILY = 210_00


def family(cast: Cast, quantity: int, first: str, last: str) -> ItemAsked:
    return sessions(cast, quantity, first, "FAM50", last)


def flags(cast: Cast, when: str) -> list[tuple[str, bool]]:
    """What Today says of estimates, and whether it is urgent."""
    with at(when):
        return [(one.sentence, one.urgent) for one in cast.read("Tom", day).waiting if "the estimate" in one.sentence]


def test_two_side_by_side_are_each_measured_by_their_own_services_and_what_neither_lists_by_both(omar) -> None:
    cast, case_id, person = omar
    alone = shared(cast, case_id, person, sessions(cast, 10, "2026-11-02", last="2027-01-04"))
    together = shared(cast, case_id, person, family(cast, 2, "2026-11-10", "2026-12-08"), when="2026-10-21 10:00")
    for on in ("11-10", "11-16", "11-23", "11-30"):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-{on} 10:00"))
    for on in ("11-11", "12-08"):
        invoice(cast, hold(cast, case_id, "FAM50", f"2026-{on} 14:00"))

    def billed() -> list[int]:
        return [cast.read("Tom", estimate_watch, one).billed_cents for one in (alone, together)]

    def causes(when: str) -> list[EstimateCause]:
        return [cause for _, cause, _ in due(cast, when=when)]

    assert billed() == [660_00, 2 * FAMILY]
    assert causes("2026-12-09 10:00") == [], "exactly what was estimated was billed"
    invoice(cast, hold(cast, case_id, "IND60", "2026-12-04 10:00", fee_cents=399_99))
    assert billed() == [1059_99, 2 * FAMILY + 399_99]
    assert causes("2026-12-09 10:00") == []
    invoice(cast, hold(cast, case_id, "IND60", "2026-12-07 10:00", fee_cents=1))
    assert causes("2026-12-09 10:00") == [EstimateCause.EXCEEDED], "unlisted, and billed with what the second lists"
    invoice(cast, hold(cast, case_id, "FAM50", "2026-12-15 14:00"))
    assert billed() == [1060_00 + FAMILY, 2 * FAMILY + 400_00], "after the second one's days the first has it"


def test_only_what_says_it_anew_ends_that_another_is_asked_for_and_nothing_that_it_is_known(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    for on in (2, 3, 4, 5):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00"))
    exceeded = ("Omar Reyes", EstimateCause.EXCEEDED)
    assert [one[:2] for one in due(cast, when="2026-11-06 10:00")] == [exceeded]
    shared(cast, case_id, person, ItemAsked(service_id=cast.services["FAM50"], quantity=1, first_on=date(2026, 12, 30)),
           when="2026-11-07 10:00")
    assert [one[:2] for one in due(cast, when="2026-11-08 10:00")] == [exceeded], "an estimate for something else"
    said = "Bills $400 or more above the estimate: Omar Reyes"
    assert flags(cast, "2026-11-08 10:00") == [(said, True)]
    shared(cast, case_id, person, sessions(cast, 8, "2026-11-09", last="2026-12-31"), when="2026-11-08 11:00",
           replaces_id=first)
    assert due(cast, when="2026-11-08 12:00") == []
    assert flags(cast, "2026-11-08 12:00") == [(said, False)], "these bills can still be disputed"
    with at("2026-11-08 12:00"):
        shown = cast.read("Tom", estimate_block, case_id).shared[-1]
        assert (shown.watch.warning, shown.watch.billed_cents, shown.watch.disputable_until) == (
            EstimateWarning.EXCEEDED, 660_00, date(2027, 3, 5))
        cast.do("Dana", set_case_status, SetCaseStatus(case_id=case_id, status=CaseStatus.ARCHIVED))
    assert flags(cast, "2027-03-05 12:00") == [(said, False)], "120 days after the last of them, also in the archive"
    assert flags(cast, "2027-03-06 12:00") == []


def test_the_next_estimate_ends_that_another_is_asked_for_after_one_that_is_over(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 1, last="2026-11-30"))
    for on in range(2, 7):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00"))
    assert [cause for _, cause, _ in due(cast, when="2026-12-02 10:00")] == [EstimateCause.EXCEEDED]
    shared(cast, case_id, person, sessions(cast, 10, "2026-12-07", last="2027-03-01"), when="2026-12-03 10:00",
           replaces_id=first)
    assert due(cast, when="2026-12-03 11:00") == []
    assert flags(cast, "2026-12-03 11:00") == [("Bills $400 or more above the estimate: Omar Reyes", False)]


def test_an_invoice_that_is_issued_anew_is_no_later_bill(omar) -> None:
    """Neither is another estimate asked for once more, nor does the dispute last longer."""
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    bills = [invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00"))[0] for on in range(2, 7)]
    then = "2026-11-09 10:00"
    shared(cast, case_id, person, sessions(cast, 8, "2026-11-10", last="2026-12-31"), when=then, replaces_id=first)

    def watch() -> tuple[int, date | None]:
        found = cast.read("Tom", estimate_watch, first)
        return found.billed_cents, found.disputable_until

    assert (watch(), due(cast, when=then)) == ((825_00, date(2027, 3, 6)), [])
    for on in (20, 21):
        with at(f"2026-11-{on} 10:00"):
            bills[-1] = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=bills[-1], reason="address"))
        assert (watch(), due(cast, when=f"2026-11-{on} 11:00")) == ((825_00, date(2027, 3, 6)), [])
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-06 15:00"), on="2026-11-21")
    assert watch() == (990_00, date(2027, 3, 21))
    assert [cause for _, cause, _ in due(cast, when="2026-11-21 12:00")] == [EstimateCause.EXCEEDED], "a new bill"


def test_what_waits_for_its_invoice_is_not_billed_and_a_late_bill_can_be_disputed_late(omar) -> None:
    cast, case_id, person = omar
    with at("2026-10-12 09:00"):
        cast.do("Tom", set_arrangement, SetArrangement(case_id=case_id, valid_from=date(2026, 10, 1), shares=(
            Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY),)))
    estimate = shared(cast, case_id, person, sessions(cast, 1, last="2026-11-10"))
    for on, cents in ((2, 300_00), (3, 165_00), (4, 100_00)):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00", fee_cents=cents))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 0
    assert due(cast, when="2026-11-20 10:00") == []
    with at("2027-04-01 09:00"):
        (made,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 11, 1)))
    assert [cause for _, cause, _ in due(cast, when="2027-07-30 10:00")] == [EstimateCause.EXCEEDED]
    assert due(cast, when="2027-07-31 10:00") == [], "120 days after the bill"
    with at("2027-04-02 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=1, reason="goodwill"))
    assert due(cast, when="2027-04-03 10:00") == []
    assert flags(cast, "2027-04-03 10:00") == [], "its days are over, so that nothing is to be noticed early"


def test_three_hundred_above_is_an_early_notice_on_today(omar) -> None:
    cast, case_id, person = omar
    shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-02 10:00", fee_cents=464_99))
    assert flags(cast, "2026-11-03 10:00") == []
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-03 10:00", fee_cents=1))
    assert flags(cast, "2026-11-04 10:00") == [("Bills $300 or more above the estimate: Omar Reyes", False)]
    assert due(cast, when="2026-11-04 10:00") == []
