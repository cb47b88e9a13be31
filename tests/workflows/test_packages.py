"""Packages of sessions: sold once, used one by one, exact to the cent on invoices and superbills, given back unused."""

import threading
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import billing, payments
from practicerunner.records.billing import Charge, ChargeShare, LedgerEntry
from practicerunner.records.cases import Case
from practicerunner.rules.superbills import Wishes, sort_out
from practicerunner.vocabulary import Action, AttendanceStatus, CaseType, EntryKind, FeeTerms, Resource, ShareKind
from practicerunner.workflows.access import visible
from practicerunner.workflows.accounts import case_account, uninvoiced
from practicerunner.workflows.adjustments import (
    CreditInvoice,
    SessionsAreGone,
    TakeBack,
    WriteOff,
    credit_invoice,
    take_back,
    write_off,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, arrangements_of, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import InvoiceAppointment, appointment_billing, invoice_appointment
from practicerunner.workflows.packages import (
    CancelPackage,
    InvoicePackage,
    NoPackageAgreed,
    PackageIsCancelled,
    SellPackage,
    cancel_package,
    invoice_package,
    packages_of_case,
    sell_package,
)
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.superbill_lines import candidates
from practicerunner.workflows.waivers import fee_consequences
from tests.cast import Cast, arrange, at, balance, hold, invoice, pay, payer_id, people_of

READ = (Action.READ, Resource.INVOICES)


def terms(cast: Cast, sessions: int = 3, cents: int = 400_00, service: str = "IND50") -> dict[str, object]:
    return {"fee_terms": FeeTerms.PACKAGE, "package_service_id": cast.services[service],
            "package_sessions": sessions, "package_cents": cents}


@pytest.fixture
def ida(cast: Cast) -> int:
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        arrange(cast, case_id, {people_of(cast, case_id)["Ida"]: 0}, since="2026-08-01", **terms(cast))
    return case_id


def sell(cast: Cast, case_id: int, on: str = "2026-08-02", **more: object) -> int:
    with at(f"{on} 09:00"):
        return cast.do("Tom", sell_package, SellPackage(case_id=case_id, **more))


def amounts(cast: Cast, package_id: int) -> list[int]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(
            select(Charge.amount_cents).where(Charge.package_id == package_id).order_by(Charge.package_place)))


def test_three_sessions_for_400_are_used_one_by_one_and_then_the_standard_fee_counts(cast: Cast, ida: int) -> None:
    package = sell(cast, ida)
    assert amounts(cast, package) == [133_34, 133_33, 133_33]
    assert balance(cast, ida) == {"Ida Holm": 400_00}
    held = [hold(cast, ida, "IND50", f"2026-09-0{day} 10:00") for day in range(1, 5)]
    assert cast.read("Tom", appointment_billing, held[0]).to_use == ("1 of 3 of the package",)
    sold = [invoice(cast, appointment) for appointment in held[:3]]
    assert sold == [[], [], []]
    again = cast.read("Tom", appointment_billing, held[2])
    assert (again.used, again.planned) == (("3 of 3 of the package",), ())
    assert balance(cast, ida) == {"Ida Holm": 400_00}
    last = cast.read("Tom", appointment_billing, held[3])
    assert (last.hints, last.to_use) == (("Package used up: the standard fee is charged.",), ())
    assert len(invoice(cast, held[3])) == 1
    assert balance(cast, ida) == {"Ida Holm": 565_00}
    assert cast.read("Tom", uninvoiced) == ([], 0)
    view = cast.read("Tom", packages_of_case, ida).sold[0]
    assert (view.used, view.left, view.left_cents, view.is_invoiced) == (3, 0, 0, True)


def test_the_invoice_of_the_sale_says_it_in_one_line_and_the_superbill_session_by_session(
    cast: Cast, ida: int
) -> None:
    sell(cast, ida)
    with database.reading(cast.engine) as session:
        invoice_id = session.scalars(select(ChargeShare.invoice_id)).first()
        document = billing.document_of(session, invoice_id=invoice_id)
        assert document is not None
        assert [(line["description"], line["amount_cents"]) for line in document.content["lines"]] == [
            ("IND50, package of 3 sessions", 400_00)]
    person = people_of(cast, ida)["Ida"]
    payment = pay(cast, payer_id(cast, person), ida, 400_00, "2026-08-03")
    with database.reading(cast.engine) as session:
        receipt = billing.document_of(session, payment_id=payment)
        assert receipt is not None
        assert "IND50, package of 3 sessions" in str(receipt.content)
    for day in ("2026-09-01", "2026-09-08"):
        invoice(cast, hold(cast, ida, "IND50", f"{day} 10:00"))
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, ida)
        found = candidates(session, case, person, date(2026, 8, 1), date(2026, 9, 30),
                           visible(cast.actor("Tom"), *READ))
    assert [(str(c.service_date), c.description, c.amount_cents, c.paid_cents) for c in found] == [
        ("2026-09-01", "IND50", 133_34, 133_34), ("2026-09-08", "IND50", 133_33, 133_33)]
    _, skipped = sort_out(found, Wishes())
    assert {one.reason.value for one in skipped} == {"no_diagnosis"}


def test_a_no_show_costs_half_of_the_price_of_a_session_and_uses_none(cast: Cast, ida: int) -> None:
    sell(cast, ida)
    person = people_of(cast, ida)["Ida"]
    missed = hold(cast, ida, "IND50", "2026-09-01 10:00", missed={person: AttendanceStatus.NO_SHOW})
    costs = cast.read("Tom", fee_consequences, missed).cents[person]
    assert (costs[AttendanceStatus.ATTENDED], costs[AttendanceStatus.NO_SHOW]) == (0, 66_67)
    invoice(cast, missed)
    assert balance(cast, ida) == {"Ida Holm": 466_67}
    assert cast.read("Tom", packages_of_case, ida).sold[0].left == 3


def test_another_service_is_not_in_the_package(cast: Cast, ida: int) -> None:
    sell(cast, ida)
    invoice(cast, hold(cast, ida, "IND60", "2026-09-01 10:00"))
    assert balance(cast, ida) == {"Ida Holm": 590_00}


def test_a_session_is_free_again_when_the_attendance_changes(cast: Cast, ida: int) -> None:
    sell(cast, ida)
    person = people_of(cast, ida)["Ida"]
    appointment = hold(cast, ida, "IND50", "2026-09-01 10:00")
    invoice(cast, appointment)
    with at("2026-09-02 09:00"):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment, statuses={person: AttendanceStatus.EXCUSED}))
    assert cast.read("Tom", packages_of_case, ida).sold[0].left == 3
    other = hold(cast, ida, "IND50", "2026-09-08 10:00")
    assert cast.read("Tom", appointment_billing, other).to_use == ("1 of 3 of the package",)


def test_what_is_unused_is_given_back_to_whoever_paid_for_it(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        people = people_of(cast, couple)
        arrange(cast, couple, {people["Maya"]: 6000, people["Tom"]: 4000}, since="2026-08-01",
                **terms(cast, 3, 100_00, "FAM50"))
    package = sell(cast, couple)
    parts: Counter[int] = Counter()
    with database.reading(cast.engine) as session:
        for share in session.scalars(select(ChargeShare)):
            parts[share.payer_id] += share.amount_cents
    assert sorted(parts.values()) == [40_00, 60_00]
    pay(cast, payer_id(cast, people["Maya"]), couple, parts[payer_id(cast, people["Maya"])], "2026-08-03")
    invoice(cast, hold(cast, couple, "FAM50", "2026-09-01 10:00"))
    with at("2026-09-02 09:00"):
        with pytest.raises(NotPermitted):
            cast.do("Priya", cancel_package, CancelPackage(package_id=package, reason="moves away"))
        with pytest.raises(NotFound):
            cast.do("Olga", invoice_package, InvoicePackage(package_id=package))
        asked = CancelPackage(package_id=package, reason="moves away")
        back = cast.do("Tom", cancel_package, asked)
        assert cast.do("Tom", cancel_package, asked) == back
        with pytest.raises(PackageIsCancelled):
            cast.do("Tom", cancel_package, CancelPackage(package_id=package, reason="again"))
    assert back == 66_66
    found = balance(cast, couple)
    assert sum(found.values()) == 100_00 - 66_66 - parts[payer_id(cast, people["Maya"])]
    assert found["Maya Rivera"] < 0 < found["Tom Rivera"]
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
        credits = list(session.scalars(select(LedgerEntry.id).where(LedgerEntry.kind == EntryKind.CREDIT)))
    with at("2026-09-03 09:00"), pytest.raises(SessionsAreGone):
        cast.do("Tom", take_back, TakeBack(entry_id=credits[0], reason="stays after all"))
    assert balance(cast, couple) == found
    later = hold(cast, couple, "FAM50", "2026-09-08 10:00")
    assert cast.read("Tom", appointment_billing, later).planned[0].total_cents == 126_00


def test_the_oldest_package_is_used_first_and_selling_twice_by_one_click_sells_once(cast: Cast, ida: int) -> None:
    with at("2026-08-02 09:00"):
        asked = SellPackage(case_id=ida)
        first = cast.do("Tom", sell_package, asked)
        assert cast.do("Tom", sell_package, asked) == first
    second = sell(cast, ida, "2026-08-05")
    for day in range(1, 5):
        invoice(cast, hold(cast, ida, "IND50", f"2026-09-0{day} 10:00"))
    found = {view.package_id: view.left for view in cast.read("Tom", packages_of_case, ida).sold}
    assert found == {first: 0, second: 2}


def test_two_who_use_the_package_at_once_use_two_sessions(cast: Cast, ida: int) -> None:
    sell(cast, ida)
    held = [hold(cast, ida, "IND50", f"2026-09-0{day} 10:00") for day in (1, 2, 3)]
    with at("2026-09-04 09:00"):
        threads = [threading.Thread(target=cast.do, args=(
            "Tom", invoice_appointment, InvoiceAppointment(appointment_id=one))) for one in held]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    used = sorted(cast.read("Tom", appointment_billing, one).used for one in held)
    assert used == [(f"{place} of 3 of the package",) for place in (1, 2, 3)]


def test_voiding_the_sale_frees_the_sessions_and_reissuing_keeps_them(cast: Cast, ida: int) -> None:
    sell(cast, ida)
    appointment = hold(cast, ida, "IND50", "2026-09-01 10:00")
    invoice(cast, appointment)
    sold = cast.read("Tom", appointment_billing, appointment).invoices[0].facts.invoice_id
    with at("2026-09-02 09:00"):
        anew = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=sold, reason="address"))
        assert cast.read("Tom", packages_of_case, ida).sold[0].used == 1
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=anew, reason="slip"))
        assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] == [appointment]
        cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=appointment))
    assert balance(cast, ida) == {"Ida Holm": 165_00}


def test_a_package_whose_invoice_is_void_is_not_called_invoiced(cast: Cast) -> None:
    """Where another payer's invoice stands, what is void can be invoiced anew."""
    with at("2026-08-01 09:00"):
        alone, couple = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm"), cast.open_case(
            CaseType.TWO_PERSON, "Ivy Rowe", "Max Rowe")
        people = people_of(cast, couple)
        arrange(cast, alone, {people_of(cast, alone)["Ida"]: 0}, since="2026-08-01", **terms(cast))
        arrange(cast, couple, {people["Ivy"]: 5000, people["Max"]: 0}, since="2026-08-01",
                **terms(cast, cents=600_00, service="FAM50"))

    def shown(case_id: int) -> tuple[bool, int]:
        (row,) = cast.read("Tom", packages_of_case, case_id).sold
        return row.is_invoiced, row.left

    def bills(case_id: int) -> list[int]:
        return [one.facts.invoice_id for one in cast.read("Tom", case_account, case_id).invoices
                if one.facts.voided_on is None]

    sold = {case_id: sell(cast, case_id) for case_id in (alone, couple)}
    assert (shown(alone), shown(couple)) == ((True, 3), (True, 3))
    with at("2026-08-03 09:00"):
        for case_id in (alone, couple):
            cast.do("Tom", void_invoice, VoidInvoice(invoice_id=bills(case_id)[0], reason="slip"))
        assert (shown(alone), shown(couple)) == ((False, 0), (False, 3))
        again = [InvoicePackage(package_id=sold[couple])] * 2
        assert len({tuple(cast.do("Tom", invoice_package, one)) for one in again}) == 1
        assert shown(couple) == (True, 3)
        assert cast.do("Tom", invoice_package, InvoicePackage(package_id=sold[alone])) == []
        assert shown(alone) == (False, 0)
    assert balance(cast, couple) == {"Ivy Rowe": 300_00, "Max Rowe": 300_00}


def test_a_group_member_has_a_package_of_their_own(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ana Lind", "Bo Marsh", name="Thursday")
        people = people_of(cast, group)
        arrange(cast, group, {people["Ana"]: 0}, since="2026-08-01", person_id=people["Ana"],
                **terms(cast, 10, 600_00, "GRP90"))
    with pytest.raises(NoPackageAgreed):
        sell(cast, group, person_id=people["Bo"])
    sell(cast, group, person_id=people["Ana"])
    appointment = hold(cast, group, "GRP90", "2026-09-03 18:00")
    planned = cast.read("Tom", appointment_billing, appointment)
    assert planned.to_use == ("1 of 10 of the package",)
    assert [(plan.payer, plan.total_cents) for plan in planned.planned] == [("Bo Marsh", 75_00)]
    invoice(cast, appointment)
    assert balance(cast, group) == {"Ana Lind": 600_00, "Bo Marsh": 75_00}


@pytest.mark.parametrize(("more", "field", "words"), [
    ({"package_sessions": 0}, "package_sessions", "at least 1 session"),
    ({"package_sessions": 101}, "package_sessions", "at most 100"),
    ({"package_cents": 0}, "package_cents", "more than 0.00"),
    ({"package_cents": 2}, "package_cents", "0.01 for each session"),
    ({"package_cents": 10_000_000_00}, "package_cents", "at most 1,000,000.00"),
    ({"package_service_id": None}, "package_service_id", "Choose the service"),
])
def test_a_package_that_makes_no_sense_is_refused_at_its_field(cast: Cast, ida: int, more, field, words) -> None:
    person = people_of(cast, ida)["Ida"]
    with pytest.raises(BadInput) as refused:
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=ida, valid_from=date(2026, 9, 1), shares=(Share(person_id=person),), **(terms(cast) | more)))
    assert refused.value.field == field
    assert words in str(refused.value)
    with database.reading(cast.engine) as session:
        assert session.scalars(select(LedgerEntry)).all() == []
    assert len(cast.read("Tom", arrangements_of, ida)) == 1


def test_a_cap_below_one_share_is_refused(cast: Cast, ida: int) -> None:
    person = people_of(cast, ida)["Ida"]
    with pytest.raises(BadInput) as refused:
        cast.do("Tom", set_arrangement, SetArrangement(case_id=ida, valid_from=date(2026, 9, 1), shares=(
            Share(person_id=person, kind=ShareKind.FIXED_WITH_CAP, amount_cents=50_00, cap_cents=49_99),)))
    assert (refused.value.field, "below one share" in str(refused.value)) == ("shares", True)


@pytest.mark.parametrize("given_up", [True, False], ids=["written off", "credited as a whole"])
def test_what_was_taken_off_a_whole_sale_is_not_owed_again_once_the_package_is_cancelled(
    cast: Cast, given_up: bool
) -> None:
    with at("2026-08-01 09:00"):
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        arrange(cast, ida, {people_of(cast, ida)["Ida"]: 0}, since="2026-08-01", **terms(cast))
    with at("2026-08-02 09:00"):
        package = cast.do("Tom", sell_package, SellPackage(case_id=ida))
        with database.reading(cast.engine) as session:
            sold = session.scalars(select(ChargeShare.invoice_id).order_by(ChargeShare.id)).first()
        entry = cast.do("Tom", write_off, WriteOff(invoice_id=sold, reason="gone")) if given_up else cast.do(
            "Tom", credit_invoice, CreditInvoice(invoice_id=sold, amount_cents=100_00, reason="kindness"))
    with at("2026-08-03 09:00"):
        cast.do("Tom", cancel_package, CancelPackage(package_id=package, reason="stops"))
        before = balance(cast, ida)
        with pytest.raises(SessionsAreGone):
            cast.do("Tom", take_back, TakeBack(entry_id=entry, reason="came after all"))
    assert balance(cast, ida) == before
