"""One invoice per month: what waits, who may gather it, what changes meanwhile, and that nothing is gathered twice."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.ids import new_operation
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import ChargeShare, Invoice, LedgerEntry
from practicerunner.records.cases import Case
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import AttendanceStatus, CaseType, FeeTerms, InvoicingRhythm, ShareKind
from practicerunner.workflows.accounts import uninvoiced
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.gathering import (
    InvoiceMonth,
    InvoicePayer,
    NothingWaits,
    gather_last_month,
    invoice_month,
    invoice_payer,
    waiting_of_payer,
    waiting_to_be_gathered,
)
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.periods import InvoicePeriod, invoice_period, period_choice, period_preview
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.superbills import superbill_lines
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, at, balance, hold, invoice, lines, payer_id, people_of


def monthly(cast: Cast, name: str) -> int:
    """An individual case that pays for itself, once a month."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, name)
        person = people_of(cast, case_id)[name.split(maxsplit=1)[0]]
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, valid_from=date(2026, 8, 1),
            shares=(Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY),)))
    return case_id


@pytest.fixture
def ida(cast: Cast) -> int:
    return monthly(cast, "Ida Holm")


def waits(cast: Cast) -> list[tuple[str, str, int, int]]:
    return [(row.payer, str(row.first), row.lines, row.amount_cents)
            for row in cast.read("Tom", waiting_to_be_gathered).rows]


def gather(cast: Cast, by: str = "Tom", asked: InvoiceMonth | None = None) -> list[int]:
    with at("2026-10-01 09:00"):
        return cast.do(by, invoice_month, asked or InvoiceMonth(month=date(2026, 9, 1)))


def test_one_payer_is_gathered_and_the_others_wait(cast: Cast, ida: int) -> None:
    decoy = monthly(cast, "Jon Decoy")
    for case_id in (ida, decoy):
        for day in ("2026-08-31", "2026-09-03", "2026-09-30"):
            hour = "10:00" if case_id == ida else "12:00"
            assert invoice(cast, hold(cast, case_id, "IND50", f"{day} {hour}")) == []
    me = payer_id(cast, people_of(cast, ida)["Ida"])
    ask = {"payer_id": me, "first": date(2026, 9, 1), "last": date(2026, 9, 30)}
    with at("2026-10-01 09:00"):
        with pytest.raises(BadInput) as refused:
            cast.do("Tom", invoice_payer, InvoicePayer(payer_id=me, first=date(2026, 9, 2), last=date(2026, 9, 1)))
        assert refused.value.field == "last"
        made = cast.do("Tom", invoice_payer, InvoicePayer(**ask))
        assert cast.do("Tom", invoice_payer, InvoicePayer(**ask)) == made
        with pytest.raises(NothingWaits):
            cast.do("Tom", invoice_payer, InvoicePayer(**ask, case_id=decoy))
    assert lines(cast, made) == [("Ida Holm", 330_00)]
    assert balance(cast, ida) == {"Ida Holm": 330_00}
    assert balance(cast, decoy) == {}
    assert waits(cast) == [
        ("Ida Holm", "2026-08-01", 1, 165_00), ("Jon Decoy", "2026-08-01", 1, 165_00),
        ("Jon Decoy", "2026-09-01", 2, 330_00)]
    assert [line.service_date.day for line in cast.read("Tom", superbill_lines, made[0])] == [3, 30]


def test_who_may_gather(cast: Cast, ida: int) -> None:
    invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))
    me = payer_id(cast, people_of(cast, ida)["Ida"])
    with pytest.raises(NotPermitted):
        gather(cast, by="Priya")
    with pytest.raises(NothingWaits):
        gather(cast, by="Olga")
    with pytest.raises(NotFound):
        cast.do("Olga", invoice_payer, InvoicePayer(
            payer_id=me, case_id=ida, first=date(2026, 9, 1), last=date(2026, 9, 30)))
    assert cast.read("Olga", waiting_to_be_gathered).rows == ()
    assert lines(cast, gather(cast, by="Marcus")) == [("Ida Holm", 165_00)]


def test_an_attendance_that_changes_takes_its_part_back(cast: Cast, ida: int) -> None:
    appointment = hold(cast, ida, "IND50", "2026-09-03 10:00")
    invoice(cast, appointment)
    person = people_of(cast, ida)["Ida"]
    with at("2026-09-04 09:00"):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment, statuses={person: AttendanceStatus.NO_SHOW}))
        assert waits(cast) == []
        assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] == [appointment]
    assert invoice(cast, appointment, on="2026-09-04") == []
    assert waits(cast) == [("Ida Holm", "2026-09-01", 1, 82_50)]
    made = gather(cast)
    assert lines(cast, made) == [("Ida Holm", 82_50)]
    assert cast.read("Tom", superbill_lines, made[0]) == []


def test_a_waived_fee_does_not_wait(cast: Cast, ida: int) -> None:
    person = people_of(cast, ida)["Ida"]
    missed = hold(cast, ida, "IND50", "2026-09-03 10:00", missed={person: AttendanceStatus.NO_SHOW})
    invoice(cast, missed)
    invoice(cast, hold(cast, ida, "IND50", "2026-09-10 10:00"))
    with at("2026-09-11 09:00"):
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=missed, reason="illness"))
    assert balance(cast, ida) == {"Ida Holm": 0}
    assert waits(cast) == [("Ida Holm", "2026-09-01", 1, 165_00)]
    gather(cast)
    assert balance(cast, ida) == {"Ida Holm": 165_00}


def test_a_gathered_invoice_is_voided_and_reissued_as_a_whole(cast: Cast, ida: int) -> None:
    held = [hold(cast, ida, "IND50", f"2026-09-{day} 10:00") for day in ("03", "10")]
    for appointment in held:
        invoice(cast, appointment)
    first = gather(cast)
    with at("2026-10-02 09:00"):
        anew = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=first[0], reason="address"))
        assert lines(cast, [anew]) == [("Ida Holm", 330_00)]
        assert gather(cast) == [anew]
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=anew, reason="slip"))
        assert balance(cast, ida) == {"Ida Holm": 0}
        assert sorted(row.appointment_id for row in cast.read("Tom", uninvoiced)[0]) == sorted(held)
        assert waits(cast) == []
    invoice(cast, held[0], on="2026-10-02")
    last = gather(cast)
    assert lines(cast, last) == [("Ida Holm", 165_00)]
    with database.reading(cast.engine) as session:
        assert sorted(session.scalars(select(Invoice.number))) == [f"INV-2026-{n:04d}" for n in (1, 2, 3)]


def test_one_payer_gets_the_invoice_at_once_and_the_other_by_month(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        people = people_of(cast, couple)
        cast.do("Tom", set_arrangement, SetArrangement(case_id=couple, valid_from=date(2026, 8, 1), shares=(
            Share(person_id=people["Maya"], kind=ShareKind.PERCENT, basis_points=6000),
            Share(person_id=people["Tom"], rhythm=InvoicingRhythm.MONTHLY))))
    appointment = hold(cast, couple, "FAM50", "2026-09-03 10:00")
    planned = cast.read("Tom", appointment_billing, appointment).planned
    assert [(p.payer, p.total_cents, p.monthly) for p in planned] == [
        ("Maya Rivera", 126_00, False), ("Tom Rivera", 84_00, True)]
    assert lines(cast, invoice(cast, appointment)) == [("Maya Rivera", 126_00)]
    after = cast.read("Tom", appointment_billing, appointment)
    assert after.planned == ()
    assert [(p.payer, p.total_cents) for p in after.waiting] == [("Tom Rivera", 84_00)]
    assert lines(cast, gather(cast)) == [("Maya Rivera", 126_00), ("Tom Rivera", 84_00)][1:]
    assert balance(cast, couple) == {"Maya Rivera": 126_00, "Tom Rivera": 84_00}


def test_four_people_who_gather_at_once_make_one_invoice(cast: Cast, ida: int) -> None:
    for day in ("03", "10"):
        invoice(cast, hold(cast, ida, "IND50", f"2026-09-{day} 10:00"))
    results: list[list[int]] = []
    with at("2026-10-01 09:00"):
        threads = [threading.Thread(target=lambda: results.append(
            cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 9, 1))))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == 4 and len({tuple(made) for made in results}) == 1
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Invoice.number)).all() == ["INV-2026-0001"]
        assert len(session.scalars(select(LedgerEntry.id)).all()) == 2
        assert None not in session.scalars(select(ChargeShare.invoice_id)).all()


def choose_day(cast: Cast, day: int | None, by: str = "Dana") -> None:
    row = cast.read(by, practice_settings)
    fields = set(ChangePractice.model_fields) - {"op", "invoicing_day"}
    cast.do(by, change_practice, ChangePractice(
        **{field: getattr(row, field) for field in fields}, invoicing_day=day))


def by_itself(cast: Cast) -> list[int]:
    with database.transaction(cast.engine) as session:
        return gather_last_month(session)


def test_the_month_is_gathered_by_itself_once_and_by_nobody_in_the_audit_log(cast: Cast, ida: int) -> None:
    invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))
    late = hold(cast, ida, "IND50", "2026-09-30 10:00")
    invoice(cast, hold(cast, ida, "IND50", "2026-10-01 10:00"))
    with at("2026-10-05 09:00"):
        assert by_itself(cast) == []
        choose_day(cast, 5)
    with at("2026-10-04 23:59"):
        assert by_itself(cast) == []
    with at("2026-10-05 00:01"):
        made = by_itself(cast)
        assert lines(cast, made) == [("Ida Holm", 165_00)]
        invoice(cast, late, on="2026-10-05")
        assert by_itself(cast) == []
    with database.reading(cast.engine) as session:
        entry = session.scalars(select(AuditRow).where(AuditRow.action == "gather_last_month")).one()
        assert (entry.staff_id, entry.detail) == (None, "1 invoices up to 2026-09-30")
        assert session.get_one(Invoice, made[0]).issued_by_id == cast.staff["Dana"]
    with at("2026-11-07 09:00"):
        assert lines(cast, by_itself(cast)) == [("Ida Holm", 330_00)]


def test_a_demo_practice_gathers_by_itself_once_somebody_has_chosen_a_day(cast: Cast, ida: int) -> None:
    invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().is_demo = True
    with at("2026-10-05 09:00"):
        assert by_itself(cast) == [], "by hand, as it comes"
        choose_day(cast, 1)
        assert lines(cast, by_itself(cast)) == [("Ida Holm", 165_00)]


@pytest.mark.parametrize("rhythm", [InvoicingRhythm.MONTHLY, InvoicingRhythm.PER_APPOINTMENT])
@pytest.mark.parametrize("alone", [False, True])
def test_a_sponsor_s_limit_is_kept_over_a_period_however_it_is_invoiced(
    cast: Cast, alone: bool, rhythm: InvoicingRhythm
) -> None:
    eap = cast.do("Dana", add_organisation, AddOrganisation(name="Northside EAP"))
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        person = people_of(cast, case_id)["Ida"]
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, valid_from=date(2026, 8, 1), shares=(Share(person_id=person, rhythm=rhythm),),
            fee_terms=FeeTerms.SPONSOR, sponsor_id=eap, sponsor_sessions=1))
    for day in ("03", "10", "17"):
        hold(cast, case_id, "IND50", f"2026-09-{day} 10:00")
    september = date(2026, 9, 1), date(2026, 9, 30)
    me = payer_id(cast, person)
    with at("2026-10-05 09:00"):
        if alone:
            said = cast.read("Tom", period_preview, case_id, *september, me)
            assert [(row.payer, row.cents) for row in said.rows] == [("Ida Holm", 330_00)]
            made = cast.do("Tom", invoice_period, InvoicePeriod(
                case_id=case_id, payer_id=me, first=september[0], last=september[1]))
            assert sum(cents for _, cents in lines(cast, made)) == 330_00
        cast.do("Tom", invoice_period, InvoicePeriod(case_id=case_id, first=september[0], last=september[1]))
    assert balance(cast, case_id) == {"Northside EAP": 165_00, "Ida Holm": 330_00}


def test_what_a_payer_is_shown_to_owe_is_what_the_reader_may_invoice(cast: Cast, ida: int) -> None:
    invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))
    me = payer_id(cast, people_of(cast, ida)["Ida"])
    with database.transaction(cast.engine) as session:
        session.get_one(Case, ida).supervisor_id = cast.staff["Ruth"]
        session.scalars(select(Practice)).one().invoices_as_drafts = True
    with at("2026-10-01 09:00"):
        assert cast.read("Ruth", waiting_of_payer, me).lines == (), "she only supervises there"
        waits = cast.read("Tom", waiting_of_payer, me)
    assert ([line.amount_cents for line in waits.lines], waits.as_drafts) == ([165_00], True)


def test_a_period_of_a_case_is_invoiced_as_each_payer_agreed_or_for_one_of_them_alone(cast: Cast) -> None:
    """Of 210.00 twice in September, Maya pays 60 % by appointment and Tom the rest by the month; August waits too."""
    with at("2026-07-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        people = people_of(cast, case_id)
        cast.do("Tom", set_arrangement, SetArrangement(case_id=case_id, valid_from=date(2026, 7, 1), shares=(
            Share(person_id=people["Maya"], kind=ShareKind.PERCENT, basis_points=6000),
            Share(person_id=people["Tom"], rhythm=InvoicingRhythm.MONTHLY))))
    tom = payer_id(cast, people["Tom"])
    for day in ("2026-08-27", "2026-09-03", "2026-09-10"):
        hold(cast, case_id, "FAM50", f"{day} 10:00")
    september = (date(2026, 9, 1), date(2026, 9, 30))

    def due(payer: int | None = None) -> list[tuple[str, int, int, int]]:
        said = cast.read("Tom", period_preview, case_id, *september, payer)
        return [(row.payer, row.invoices, row.lines, row.cents) for row in said.rows]

    with at("2026-10-01 09:00"):
        assert cast.read("Tom", period_choice, case_id).oldest == (date(2026, 8, 1), date(2026, 8, 31))
        assert due() == [("Maya Rivera", 2, 2, 252_00), ("Tom Rivera", 1, 2, 168_00)]
        assert due(tom) == [("Tom Rivera", 1, 2, 168_00)]
        with pytest.raises(NotPermitted):
            cast.do("Olga", invoice_period, InvoicePeriod(case_id=case_id, first=september[0], last=september[1]))
        toms = InvoicePeriod(case_id=case_id, payer_id=tom, first=september[0], last=september[1])
        made = cast.do("Tom", invoice_period, toms)
        assert cast.do("Tom", invoice_period, toms) == made, "a double click invoices once"
        assert lines(cast, made) == [("Tom Rivera", 168_00)]
        assert balance(cast, case_id) == {"Tom Rivera": 168_00}
        assert due() == [("Maya Rivera", 2, 2, 252_00)], "her part stays to be invoiced"
        assert cast.read("Tom", uninvoiced)[1] == 3
        rest = InvoicePeriod(case_id=case_id, first=september[0], last=september[1])
        assert lines(cast, cast.do("Tom", invoice_period, rest)) == [("Maya Rivera", 126_00), ("Maya Rivera", 126_00)]
        assert (due(), cast.read("Tom", uninvoiced)[1]) == ([], 1), "August was not meant"
        with pytest.raises(NothingWaits):
            cast.do("Tom", invoice_period, rest.model_copy(update={"op": new_operation()}))
