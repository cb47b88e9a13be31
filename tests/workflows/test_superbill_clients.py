"""Whose superbill it is: of one of a couple, a member of a group, and nobody else's."""

from datetime import date, time

import pytest

from practicerunner.errors import NotFound
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    FeeTerms,
    InvoicingRhythm,
    LeftOut,
    PaymentMethodKind,
    ShareKind,
)
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.advance import InvoiceAhead, SettleAppointment, invoice_ahead, settle_appointment
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from practicerunner.workflows.superbills import (
    NoDiagnosis,
    NothingToIssue,
    VoidSuperbill,
    superbills_of,
    void_superbill,
)
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id, times_set
from tests.insurance import complete, diagnose, issue, licensed, preview
from tests.workflows.insured import OCTOBER, billed, of_morgans, of_noor, words


@pytest.fixture
def noor(cast: Cast) -> tuple[Cast, int, int]:
    return of_noor(cast)


@pytest.fixture
def morgans(cast: Cast) -> tuple[Cast, int, int, int]:
    return of_morgans(cast)


def test_a_couple_s_superbill_is_of_one_whoever_paid_and_names_nobody_else(morgans) -> None:
    cast, case_id, aisha, ben = morgans
    found = words(cast, issue(cast, case_id, ben, "2026-10-28", "2026-11-11"))
    assert "Total 630.00 630.00" in found
    assert "Ben Stone" in found
    assert "Aisha" not in found
    assert "Morgan" not in found
    assert "paid by" not in found
    with pytest.raises(NoDiagnosis, match="needs a diagnosis of this client in this case"):
        issue(cast, case_id, aisha, "2026-10-28", "2026-11-11")


def test_the_same_service_stands_on_two_clients_superbills_only_when_confirmed(morgans) -> None:
    cast, case_id, aisha, ben = morgans
    diagnose(cast, case_id, aisha, "F41.1", since="2026-10-01")
    first = issue(cast, case_id, ben, "2026-11-04", "2026-11-04")
    found = preview(cast, case_id, aisha, "2026-10-28", "2026-11-11")
    assert [line.service_date.day for line in found.lines] == [28, 11]
    (left,) = found.left_out
    assert (left.reason, "SB-2026-0001" in left.sentence, "Ben" in left.sentence) == (LeftOut.OTHER_CLIENT, True, False)
    with pytest.raises(NothingToIssue):
        issue(cast, case_id, aisha, "2026-11-04", "2026-11-04")
    both = issue(cast, case_id, aisha, "2026-11-04", "2026-11-04", include_other_client=True)
    assert "Ben" not in words(cast, both)
    for one in (first, both):
        cast.do("Tom", void_superbill, VoidSuperbill(superbill_id=one, reason="wrong client"))
    assert len(preview(cast, case_id, aisha, "2026-10-28", "2026-11-11").lines) == 3


def test_a_service_that_was_voided_and_charged_anew_stands_on_its_earlier_superbill_still(morgans) -> None:
    cast, case_id, aisha, ben = morgans
    diagnose(cast, case_id, aisha, "F41.1", since="2026-10-01")
    appointment = hold(cast, case_id, "FAM50", "2026-11-18 10:00")
    made = invoice(cast, appointment)
    paid = [pay(cast, payer_id(cast, person), case_id, 105_00, "2026-11-18") for person in (ben, aisha)]
    issue(cast, case_id, ben, "2026-11-18", "2026-11-18")
    with at("2026-11-19 09:00"):
        for payment in paid:
            cast.do("Tom", refund_payment, RefundPayment(
                payment_id=payment, amount_cents=105_00, method=PaymentMethodKind.CASH,
                refunded_on=date(2026, 11, 19), reason="wrong service"))
        for invoice_id in made:
            cast.do("Tom", void_invoice, VoidInvoice(invoice_id=invoice_id, reason="wrong service"))
    invoice(cast, appointment)
    for person in (ben, aisha):
        pay(cast, payer_id(cast, person), case_id, 105_00, "2026-11-20", surplus_as_credit=True)
    theirs = preview(cast, case_id, aisha, "2026-11-11", "2026-11-18")
    assert [line.service_date.day for line in theirs.lines] == [11]
    assert [(one.service_date.day, one.reason) for one in theirs.left_out] == [(18, LeftOut.OTHER_CLIENT)]
    again = preview(cast, case_id, ben, "2026-11-11", "2026-11-18")
    assert [(line.service_date.day, line.charge_cents) for line in again.lines] == [(11, 210_00), (18, 210_00)]
    assert [one for one in again.warnings if "SB-" in one] == [
        "On SB-2026-0001 already: 18 Nov 2026. Insurers refuse what they were sent twice."]
    (old,) = cast.read("Tom", superbills_of, case_id)
    assert (old.is_charged_no_more, old.voided_on) == (True, None)
    issue(cast, case_id, ben, "2026-11-11", "2026-11-11")
    assert [(one.number, one.is_charged_no_more) for one in cast.read("Tom", superbills_of, case_id)] == [
        ("SB-2026-0002", False), ("SB-2026-0001", True)]


def test_what_was_charged_in_advance_and_afterwards_is_one_line_with_the_full_fee(noor) -> None:
    cast, case_id, person = noor
    arrange(cast, case_id, {person: 0}, since="2026-09-01")
    with at("2026-11-01 09:00"):
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, revision=1, valid_from=date(2026, 9, 1), fee_terms=FeeTerms.FIXED, fee_cents=100_00,
            shares=(Share(person_id=person, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
        appointment = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 12, 1), local_time=time(10),
            location_id=cast.office))
        cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 12, 1), rhythm=InvoicingRhythm.MONTH_AHEAD))
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, revision=2, valid_from=date(2026, 11, 30),
            shares=(Share(person_id=person, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
    with at("2026-12-01 12:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=appointment))
        assert cast.do("Tom", settle_appointment, SettleAppointment(appointment_id=appointment)) == 65_00
    pay(cast, payer_id(cast, person), case_id, 165_00, "2026-12-01", surplus_as_credit=True)
    (line,) = preview(cast, case_id, person, "2026-12-01", "2026-12-01").lines
    assert (line.charge_cents, line.paid_cents, "additional" in line.description) == (165_00, 165_00, False)
    issue(cast, case_id, person, "2026-12-01", "2026-12-01")
    with at("2026-12-02 09:00"):
        account = cast.read("Tom", case_account, case_id)
        assert [one.is_charged_no_more for one in cast.read("Tom", superbills_of, case_id)] == [False]
        additional = next(row.facts for row in account.invoices if row.facts.total_cents == 65_00)
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=account.payments[0].payment_id, amount_cents=65_00, method=PaymentMethodKind.CASH,
            refunded_on=date(2026, 12, 2), reason="wrong fee", invoice_id=additional.invoice_id))
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=additional.invoice_id, reason="wrong fee"))
        assert [one.is_charged_no_more for one in cast.read("Tom", superbills_of, case_id)] == [True]


def test_what_settling_gave_back_and_took_again_is_no_part_of_the_full_fee(noor) -> None:
    cast, case_id, person = noor
    with at("2026-11-01 09:00"):
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, revision=times_set(cast, case_id), valid_from=date(2026, 9, 1),
            shares=(Share(person_id=person, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
        appointment = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 12, 1), local_time=time(10),
            location_id=cast.office))
        cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 12, 1), rhythm=InvoicingRhythm.MONTH_AHEAD))
    with at("2026-12-01 12:00"):
        for status, moved in ((AttendanceStatus.NO_SHOW, -82_50), (AttendanceStatus.ATTENDED, 82_50)):
            cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment, statuses={person: status}))
            assert cast.do("Tom", settle_appointment, SettleAppointment(appointment_id=appointment)) == moved
    pay(cast, payer_id(cast, person), case_id, 165_00, "2026-12-01")
    (line,) = preview(cast, case_id, person, "2026-12-01", "2026-12-01").lines
    assert (line.charge_cents, line.adjusted_cents, line.paid_cents) == (165_00, 0, 165_00)


def test_a_session_that_only_the_other_attended_is_left_out_unless_chosen(cast: Cast) -> None:
    licensed(cast)
    with at("2026-09-30 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Stone")
    people = complete(cast, case_id)
    arrange(cast, case_id, {people["Ben"]: 10000}, since="2026-10-01")
    diagnose(cast, case_id, people["Ben"], "F43.23", since="2026-10-01")
    billed(cast, case_id, "FAM50", "2026-10-28 10:00", {people["Ben"]: 210_00},
           missed={people["Ben"]: AttendanceStatus.EXCUSED})
    found = preview(cast, case_id, people["Ben"], *OCTOBER)
    assert [one.reason for one in found.left_out] == [LeftOut.ABSENT]
    superbill = issue(cast, case_id, people["Ben"], *OCTOBER, include_absent=True)
    assert "Total 210.00 210.00" in words(cast, superbill)


def test_a_group_member_s_line_says_who_else_paid_and_no_other_member(cast: Cast) -> None:
    licensed(cast)
    with at("2026-08-31 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ana Lind", "Bo Stone", "Cy Vale", name="Thursday Process Group")
        sponsor = cast.do("Tom", add_organisation, AddOrganisation(name="Northside Clinic LLC"))
    people = complete(cast, group)
    for first in ("Ana", "Bo"):
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=group, person_id=people[first], valid_from=date(2026, 9, 1),
            shares=(Share(payer_id=sponsor, kind=ShareKind.REMAINDER),)))
    arrange(cast, group, {people["Bo"]: 0}, since="2026-10-05", person_id=people["Cy"])
    for first, person in people.items():
        diagnose(cast, group, person, "F41.1" if first == "Ana" else "F33.1")
    issued = invoice(cast, hold(cast, group, "GRP90", "2026-10-08 18:00",
                                missed={people["Bo"]: AttendanceStatus.NO_SHOW}))
    assert len(issued) == 2
    with at("2026-10-09 09:00"):
        cast.do("Tom", record_payment, RecordPayment(
            payer_id=sponsor, case_id=group, method=PaymentMethodKind.BANK, amount_cents=112_50,
            received_on=date(2026, 10, 9)))
    found = words(cast, issue(cast, group, people["Ana"], *OCTOBER))
    assert "paid by Northside Clinic LLC" in found
    assert "Total 75.00 75.00" in found
    for absent in ("Bo", "Stone", "Cy", "Vale", "F33.1", "Thursday", "37.50"):
        assert absent not in found, absent
    assert [one.reason for one in preview(cast, group, people["Bo"], *OCTOBER).left_out] == [LeftOut.NOT_RENDERED]
    pay(cast, payer_id(cast, people["Bo"]), group, 75_00, "2026-10-10")
    theirs = words(cast, issue(cast, group, people["Cy"], *OCTOBER))
    assert "paid by" not in theirs, "another member is never named"
    assert "Bo" not in theirs


def test_whoever_is_not_in_the_case_has_none(noor) -> None:
    cast, case_id, _ = noor
    with at("2026-08-31 09:00"):
        other = complete(cast, cast.open_case(CaseType.INDIVIDUAL, "Decoy Doe"))["Decoy"]
    for asking in (lambda: preview(cast, case_id, other, *OCTOBER), lambda: issue(cast, case_id, other, *OCTOBER)):
        with pytest.raises(NotFound):
            asking()


def test_another_therapy_case_of_the_client_is_left_out_and_only_for_those_who_see_it(noor) -> None:
    cast, case_id, person = noor
    with at("2026-08-31 09:00"):
        other = cast.do("Dana", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=cast.staff["Olga"], participants=(Taking(person_id=person),)))
    billed(cast, other, "IND60", "2026-10-09 10:00", {person: 190_00}, by="Dana")
    assert [one.reason for one in preview(cast, case_id, person, *OCTOBER).left_out] == [LeftOut.OTHER_CASE]
    assert preview(cast, case_id, person, *OCTOBER, by="Marcus").left_out == ()
