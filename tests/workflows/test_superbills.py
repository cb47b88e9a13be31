"""Superbills: one client alone, whoever paid, frozen, numbered without gaps, refused where they do not belong."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.practice import Location, Service
from practicerunner.records.superbills import Superbill
from practicerunner.rules.note_details import Details, Telehealth, Whereabouts
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    FeeTerms,
    InvoicingRhythm,
    LeftOut,
    NoteKind,
    Outcome,
    PaymentMethodKind,
    SessionFormat,
    ShareKind,
)
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.advance import InvoiceAhead, SettleAppointment, invoice_ahead, settle_appointment
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.diagnoses import WithdrawDiagnosis, withdraw_diagnosis
from practicerunner.workflows.diagnosis_pages import READ_CODES
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import (
    AddOrganisation,
    ChangePerson,
    add_organisation,
    change_person,
    person_details,
)
from practicerunner.workflows.practice import ChangeLocation, ChangeService, change_location, change_service
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.superbills import (
    IssueSuperbill,
    NoDiagnosis,
    NoSuperbill,
    NotComplete,
    NothingToIssue,
    SuperbillIsVoid,
    VoidSuperbill,
    issue_superbill,
    superbill_pdf,
    superbill_people,
    superbill_preview,
    superbills_of,
    void_superbill,
)
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id, times_set
from tests.documents.papers import lines as lines_of
from tests.insurance import change, complete, diagnose, issue, licensed, logged, preview

OCTOBER = ("2026-10-01", "2026-10-31")


def words(cast: Cast, superbill_id: int, by: str = "Tom") -> str:
    return " ".join(" ".join(lines_of(logged(cast, by, superbill_pdf, superbill_id)[2])).split())


def billed(cast: Cast, case_id: int, service: str, when: str, payers: dict[int, int], **options: Any) -> list[int]:
    """Hold a session, invoice it, and let each payer pay so much of it."""
    made = invoice(cast, hold(cast, case_id, service, when, **options))
    for person_id, cents in payers.items():
        pay(cast, payer_id(cast, person_id), case_id, cents, when[:10])
    return made


@pytest.fixture
def noor(cast: Cast) -> tuple[Cast, int, int]:
    """Noor Haddad, individual, diagnosed, with one session on 8 October, paid."""
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    person = complete(cast, case_id)["Noor"]
    diagnose(cast, case_id, person)
    billed(cast, case_id, "IND50", "2026-10-08 10:00", {person: 165_00})
    return cast, case_id, person


@pytest.fixture
def morgans(cast: Cast) -> tuple[Cast, int, int, int]:
    """SC07: Ben pays all, from November on he and Aisha half each; Ben is the identified client."""
    licensed(cast)
    with at("2026-09-30 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Stone")
    people = complete(cast, case_id)
    aisha, ben = people["Aisha"], people["Ben"]
    arrange(cast, case_id, {ben: 10000}, since="2026-10-01")
    arrange(cast, case_id, {ben: 5000, aisha: 5000}, since="2026-11-01")
    diagnose(cast, case_id, ben, "F43.23", since="2026-10-01")
    billed(cast, case_id, "FAM50", "2026-10-28 10:00", {ben: 210_00})
    for day in ("2026-11-04", "2026-11-11"):
        billed(cast, case_id, "FAM50", f"{day} 10:00", {ben: 105_00, aisha: 105_00})
    return cast, case_id, aisha, ben


# --- whose it is


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


# --- what it says


def test_the_paper_says_what_the_preview_said(noor) -> None:
    cast, case_id, person = noor
    seen = preview(cast, case_id, person, *OCTOBER)
    issue(cast, case_id, person, *OCTOBER, seen=seen.mark)
    (issued,) = cast.read("Tom", superbills_of, case_id)
    assert issued.content.lines == seen.lines
    assert issued.content.diagnoses == seen.diagnoses
    assert (issued.content.charged_cents, issued.content.paid_cents) == (seen.charged_cents, seen.paid_cents)


def test_what_changed_since_it_was_looked_at_is_not_issued(noor) -> None:
    cast, case_id, person = noor
    seen = preview(cast, case_id, person, *OCTOBER)
    billed(cast, case_id, "IND50", "2026-10-15 10:00", {person: 165_00})
    with pytest.raises(Stale):
        issue(cast, case_id, person, *OCTOBER, seen=seen.mark)


def test_the_legal_name_stands_on_it(noor) -> None:
    cast, case_id, person = noor
    known, revision = cast.read("Dana", person_details, person)
    cast.do("Dana", change_person, ChangePerson(
        person_id=person, revision=revision, person=known.model_copy(update={"preferred_name": "Nori"})))
    found = words(cast, issue(cast, case_id, person, *OCTOBER))
    assert "Noor Haddad" in found
    assert "Nori" not in found


def test_an_associate_s_line_says_who_supervised_on_the_day_of_service(cast: Cast) -> None:
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    person = complete(cast, case_id)["Noor"]
    diagnose(cast, case_id, person, by="Priya")
    held = hold(cast, case_id, "IND50", "2026-10-08 10:00", by="Priya")
    change(cast, "Priya", "2026-10-20 09:00", supervisor_id=None)
    invoice(cast, held, on="2026-10-21")
    pay(cast, payer_id(cast, person), case_id, 165_00, "2026-10-21")
    found = words(cast, issue(cast, case_id, person, *OCTOBER, by="Priya"))
    assert "Priya Nair, LMFT under supervision of Ruth Feldman, LMFT" in found
    assert "Ruth Feldman, LMFT · NPI 2100000027" in found


def test_codes_modifiers_and_places_are_those_of_service_and_location(noor) -> None:
    cast, case_id, person = noor
    with database.reading(cast.engine) as session:
        service, place = session.get_one(Service, cast.services["IND50"]), session.get_one(Location, cast.office)
    cast.do("Dana", change_service, ChangeService(
        service_id=service.id, revision=service.revision, name="IND50", code="X0834", modifiers="95, ho",
        category=service.category, minutes=50, fee_cents=165_00))
    cast.do("Dana", change_location, ChangeLocation(
        location_id=place.id, revision=place.revision, name="Office", place_of_service="12"))
    (line,) = preview(cast, case_id, person, *OCTOBER).lines
    assert (line.code, line.modifiers, line.place) == ("X0834", ("95", "HO"), "12")


def by_video(cast: Cast, case_id: int) -> int:
    with at("2026-10-15 07:00"):
        made = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 10, 15), local_time=time(10),
            format=SessionFormat.VIDEO))
    with at("2026-10-15 22:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=made))
    return made


def test_a_video_session_asks_where_the_client_was(noor) -> None:
    cast, case_id, person = noor
    invoice(cast, by_video(cast, case_id))
    pay(cast, payer_id(cast, person), case_id, 165_00, "2026-10-15")
    found = preview(cast, case_id, person, *OCTOBER)
    ((charge, line),) = found.asked_places
    assert line.service_date == date(2026, 10, 15)
    assert [one.sentence for one in found.missing] == ["Say where the client was on 15 Oct 2026."]
    with pytest.raises(NotComplete, match="Say where the client was on 15 Oct 2026"):
        issue(cast, case_id, person, *OCTOBER)
    with pytest.raises(NotComplete, match="two digits"):
        issue(cast, case_id, person, *OCTOBER, places=((charge, "home"),))
    issue(cast, case_id, person, *OCTOBER, places=((charge, "10"),))
    (issued,) = cast.read("Tom", superbills_of, case_id)
    assert [line.place for line in issued.content.lines] == ["11", "10"]


@pytest.mark.parametrize(("said", "place"), [("Home", "10"), ("Work", "02"), ("her sister's", "")])
def test_a_signed_note_says_where_the_client_was(noor, said: str, place: str) -> None:
    cast, case_id, person = noor
    appointment_id = by_video(cast, case_id)
    invoice(cast, appointment_id)
    pay(cast, payer_id(cast, person), case_id, 165_00, "2026-10-15")
    with at("2026-10-15 22:00"):
        note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=1,
            sections=dict.fromkeys(("subjective", "objective", "assessment", "plan"), "Said."),
            details=Details(telehealth=Telehealth(
                mode=SessionFormat.VIDEO, locations={str(person): Whereabouts(state="NY", place=said)},
                clinician_location="Office", identity_confirmed=True, consent_on_file=True, emergency_confirmed=True)),
        ))
    assert len(preview(cast, case_id, person, *OCTOBER).asked_places) == 1, "what is not signed says nothing"
    with at("2026-10-15 22:10"):
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    found = preview(cast, case_id, person, *OCTOBER)
    assert len(found.asked_places) == (0 if place else 1)
    if place:
        issue(cast, case_id, person, *OCTOBER)
        (issued,) = cast.read("Tom", superbills_of, case_id)
        assert [line.place for line in issued.content.lines] == ["11", place]


def test_diagnoses_are_those_in_force_on_the_day_of_service(noor) -> None:
    cast, case_id, person = noor
    diagnose(cast, case_id, person, "Z63.0", since="2026-10-15", is_primary=False)
    withdrawn = diagnose(cast, case_id, person, "F33.1", since="2026-09-01", is_primary=False)
    with at("2026-12-21 09:00"):
        cast.do("Marcus", withdraw_diagnosis, WithdrawDiagnosis(diagnosis_id=withdrawn, revision=1))
    billed(cast, case_id, "IND50", "2026-10-15 10:00", {person: 165_00})
    billed(cast, case_id, "IND50", "2026-08-31 10:00", {person: 165_00})
    found = preview(cast, case_id, person, "2026-08-01", "2026-10-31")
    assert [(line.service_date.day, line.pointers) for line in found.lines] == [(8, "A"), (15, "AB")]
    assert found.diagnoses == (("A", "F41.1"), ("B", "Z63.0"))
    assert [(one.service_date, one.reason) for one in found.left_out] == [(date(2026, 8, 31), LeftOut.NO_DIAGNOSIS)]


# --- money


def test_a_waived_part_and_a_payment_are_told_apart(noor) -> None:
    cast, case_id, person = noor
    missed = hold(cast, case_id, "IND50", "2026-10-15 10:00", missed={person: AttendanceStatus.NO_SHOW})
    with at("2026-10-16 09:00"):
        cast.do("Dana", waive_fee, WaiveFee(appointment_id=missed, person_id=None, reason="illness"))
    found = preview(cast, case_id, person, *OCTOBER)
    assert [one.reason for one in found.left_out] == [LeftOut.NOT_RENDERED]
    assert (found.charged_cents, found.paid_cents) == (165_00, 165_00)


def test_what_is_not_invoiced_and_what_was_voided_is_left_out(noor) -> None:
    cast, case_id, person = noor
    hold(cast, case_id, "IND50", "2026-10-15 10:00")
    (wrong,) = invoice(cast, hold(cast, case_id, "IND50", "2026-10-22 10:00"))
    with at("2026-10-23 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=wrong, reason="wrong service"))
    found = preview(cast, case_id, person, *OCTOBER)
    assert [line.service_date.day for line in found.lines] == [8]
    assert [(one.service_date.day, one.reason) for one in found.left_out] == [
        (15, LeftOut.NOT_INVOICED), (22, LeftOut.NOT_INVOICED)]


def test_an_invoice_that_was_issued_anew_keeps_what_was_paid(noor) -> None:
    cast, case_id, person = noor
    (first,) = billed(cast, case_id, "IND50", "2026-10-15 10:00", {person: 65_00})
    with at("2026-10-16 09:00"):
        cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=first, reason="new address"))
    found = preview(cast, case_id, person, *OCTOBER, include_partly_paid=True)
    assert [(line.charge_cents, line.paid_cents) for line in found.lines] == [(165_00, 165_00), (165_00, 65_00)]
    assert found.balance_cents == 100_00


def test_credit_kept_on_the_account_pays_no_line(noor) -> None:
    cast, case_id, person = noor
    invoice(cast, hold(cast, case_id, "IND50", "2026-10-15 10:00"))
    pay(cast, payer_id(cast, person), case_id, 165_00, "2026-10-16", invoice_ids=(), surplus_as_credit=True)
    assert [one.reason for one in preview(cast, case_id, person, *OCTOBER).left_out] == [LeftOut.UNPAID]


def test_a_partly_paid_package_pays_the_sessions_that_were_used_first(noor) -> None:
    cast, case_id, person = noor
    arrange(cast, case_id, {person: 0}, since="2026-10-10", fee_terms=FeeTerms.PACKAGE,
            package_service_id=cast.services["IND50"], package_sessions=4, package_cents=400_00)
    with at("2026-10-10 12:00"):
        cast.do("Tom", sell_package, SellPackage(case_id=case_id))
    pay(cast, payer_id(cast, person), case_id, 150_00, "2026-10-11")
    for day in ("2026-10-15", "2026-10-22"):
        invoice(cast, hold(cast, case_id, "IND50", f"{day} 10:00"))
    found = preview(cast, case_id, person, *OCTOBER, include_partly_paid=True)
    assert [(line.service_date.day, line.charge_cents, line.paid_cents) for line in found.lines] == [
        (8, 165_00, 165_00), (15, 100_00, 100_00), (22, 100_00, 50_00)]


# --- issuing, once and for good


def test_an_issued_superbill_never_changes_and_a_new_one_is_made(noor) -> None:
    cast, case_id, person = noor
    first = issue(cast, case_id, person, *OCTOBER)
    before = logged(cast, "Tom", superbill_pdf, first)[2]
    change(cast, "Marcus", credentials="PhD")
    billed(cast, case_id, "IND50", "2026-10-15 10:00", {person: 165_00})
    assert logged(cast, "Tom", superbill_pdf, first)[2] == before
    again = preview(cast, case_id, person, *OCTOBER)
    assert "On SB-2026-0001 already: 8 Oct 2026." in again.warnings[0]
    issue(cast, case_id, person, *OCTOBER, leave_out_issued=True)
    newest, oldest = cast.read("Tom", superbills_of, case_id)
    assert [line.service_date.day for line in newest.content.lines] == [15]
    assert [line.service_date.day for line in oldest.content.lines] == [8]
    for statement in ("update superbill set paid_cents = 1", "delete from superbill_line", "delete from superbill"):
        with pytest.raises(DatabaseError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_a_second_click_issues_nothing_more(noor) -> None:
    cast, case_id, person = noor
    first = issue(cast, case_id, person, *OCTOBER, op="one-click")
    assert issue(cast, case_id, person, *OCTOBER, op="one-click") == first
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2026-0001"]


def test_numbers_begin_anew_with_the_year(noor) -> None:
    cast, case_id, person = noor
    issue(cast, case_id, person, *OCTOBER)
    issue(cast, case_id, person, *OCTOBER, on="2027-01-02")
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2027-0001", "SB-2026-0001"]


def test_a_refusal_takes_no_number(noor) -> None:
    cast, case_id, person = noor
    change(cast, "Marcus", npi="")
    with pytest.raises(NotComplete, match="Marcus Bell has no NPI"):
        issue(cast, case_id, person, *OCTOBER)
    change(cast, "Marcus", npi="2100000035")
    issue(cast, case_id, person, *OCTOBER)
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2026-0001"]


def test_void_is_by_those_who_may_void_what_was_issued_with_a_reason_and_once(noor) -> None:
    cast, case_id, person = noor
    superbill = issue(cast, case_id, person, *OCTOBER)
    for name in ("Marcus", "Priya", "Ruth"):
        with pytest.raises(NotPermitted):
            cast.do(name, void_superbill, VoidSuperbill(superbill_id=superbill, reason="no"))
    with at("2026-11-21 09:00"):
        cast.do("Tom", void_superbill, VoidSuperbill(superbill_id=superbill, reason="wrong diagnosis"))
    with pytest.raises(SuperbillIsVoid):
        cast.do("Dana", void_superbill, VoidSuperbill(superbill_id=superbill, reason="again"))
    found = words(cast, superbill)
    assert "VOID" in found
    assert "void since 21 November 2026. wrong diagnosis" in found
    (listed,) = cast.read("Tom", superbills_of, case_id)
    assert (listed.number, listed.voided_on, listed.void_reason) == (
        "SB-2026-0001", date(2026, 11, 21), "wrong diagnosis")
    assert preview(cast, case_id, person, *OCTOBER).warnings == ()


# --- bad input


def test_a_reversed_range_is_refused_and_an_empty_one_has_nothing(noor) -> None:
    cast, case_id, person = noor
    with pytest.raises(BadInput, match="lies before the first"):
        preview(cast, case_id, person, "2026-10-31", "2026-10-01")
    with pytest.raises(BadInput, match="lies before the first"):
        issue(cast, case_id, person, "2026-10-31", "2026-10-01")
    found = preview(cast, case_id, person, "2026-07-01", "2026-07-31")
    assert (found.lines, found.left_out, found.charged_cents) == ((), (), 0)
    with pytest.raises(NothingToIssue):
        issue(cast, case_id, person, "2026-07-01", "2026-07-31")


@pytest.mark.parametrize("facts", [{"birth_date": None}, {"address": ""}])
def test_a_client_without_birth_date_or_address_has_none(noor, facts: dict[str, Any]) -> None:
    cast, case_id, person = noor
    known, revision = cast.read("Dana", person_details, person)
    cast.do("Dana", change_person, ChangePerson(
        person_id=person, revision=revision, person=known.model_copy(update=facts)))
    with pytest.raises(NotComplete, match="Noor Haddad has no"):
        issue(cast, case_id, person, *OCTOBER)


# --- who may


ALLOWED = {"Dana": "rcx", "Marcus": "rcx", "Tom": "rcx", "Ruth": "", "Priya": "", "Olga": ""}


@pytest.mark.parametrize("name", ALLOWED)
def test_each_role_on_a_provider_s_case(noor, name: str) -> None:
    cast, case_id, person = noor
    superbill = issue(cast, case_id, person, *OCTOBER)
    acts = {
        "r": [lambda: cast.read(name, superbills_of, case_id), lambda: cast.read(name, superbill_people, case_id),
              lambda: preview(cast, case_id, person, *OCTOBER, by=name)],
        "c": [lambda: issue(cast, case_id, person, *OCTOBER, by=name)],
        "x": [lambda: logged(cast, name, superbill_pdf, superbill)],
    }
    for letter, doing in acts.items():
        for act in doing:
            if letter in ALLOWED[name]:
                act()
            else:
                with pytest.raises(NotPermitted):
                    act()


def test_an_associate_makes_one_and_the_supervisor_reads_it_but_neither_prints_it(cast: Cast) -> None:
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    person = complete(cast, case_id)["Noor"]
    diagnose(cast, case_id, person, by="Priya")
    billed(cast, case_id, "IND50", "2026-10-08 10:00", {person: 165_00}, by="Priya")
    superbill = issue(cast, case_id, person, *OCTOBER, by="Priya")
    assert len(cast.read("Ruth", superbills_of, case_id)) == 1
    with pytest.raises(NotPermitted):
        issue(cast, case_id, person, *OCTOBER, by="Ruth")
    for name in ("Priya", "Ruth"):
        with pytest.raises(NotPermitted):
            logged(cast, name, superbill_pdf, superbill)
    logged(cast, "Tom", superbill_pdf, superbill)


@pytest.mark.parametrize(("kind", "service"), [
    (CaseType.INDIVIDUAL_CONSULTATION, "CONS60"), (CaseType.CONSULTATION_GROUP, "CGRP120"), (CaseType.WORKSHOP, "WKSP"),
])
def test_consultation_and_workshop_are_refused_by_every_door(cast: Cast, kind: CaseType, service: str) -> None:
    licensed(cast)
    with at("2026-08-31 09:00"):
        name = "" if kind is CaseType.INDIVIDUAL_CONSULTATION else "Wednesday circle"
        case_id = cast.open_case(kind, "Lena Fischer", name=name)
    person = complete(cast, case_id)["Lena"]
    invoice(cast, hold(cast, case_id, service, "2026-10-08 10:00"))
    for act in (
        lambda: preview(cast, case_id, person, *OCTOBER), lambda: issue(cast, case_id, person, *OCTOBER),
        lambda: cast.read("Tom", superbills_of, case_id), lambda: cast.read("Tom", superbill_people, case_id),
    ):
        with pytest.raises(NoSuperbill):
            act()


def test_reading_codes_issuing_and_handing_out_stand_in_the_audit_log(noor) -> None:
    cast, case_id, person = noor
    preview(cast, case_id, person, *OCTOBER)
    superbill = issue(cast, case_id, person, *OCTOBER)
    logged(cast, "Tom", superbill_pdf, superbill)
    with pytest.raises(PracticeError):
        logged(cast, "Olga", superbill_pdf, superbill)
    with database.reading(cast.engine) as session:
        rows = session.execute(
            select(AuditRow.action, AuditRow.outcome, AuditRow.staff_id, AuditRow.detail)
            .where(AuditRow.case_id == case_id)).all()
    tom = cast.staff["Tom"]
    for wanted in ((READ_CODES, Outcome.ALLOWED, tom, ""), ("issue_superbill", Outcome.ALLOWED, tom, "SB-2026-0001"),
                   ("download", Outcome.ALLOWED, tom, "SB-2026-0001")):
        assert wanted in [tuple(row) for row in rows], wanted
    assert cast.staff["Olga"] in [row.staff_id for row in rows if row.outcome == Outcome.REFUSED]


def test_a_database_error_leaves_nothing_half(noor, monkeypatch: pytest.MonkeyPatch) -> None:
    cast, case_id, person = noor
    command = IssueSuperbill(case_id=case_id, person_id=person, first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))
    actor = cast.actor("Tom")

    def fail(session: Session) -> None:
        issue_superbill(session, actor, command)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError), database.transaction(cast.engine) as session:
        fail(session)
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Superbill)).all() == []
    issue(cast, case_id, person, *OCTOBER)
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2026-0001"]


def test_the_preview_needs_a_transaction_because_reading_codes_is_logged(noor) -> None:
    cast, case_id, person = noor
    with pytest.raises(RuntimeError, match="logged"):
        cast.read("Tom", superbill_preview, case_id, person, date(2026, 10, 1), date(2026, 10, 31))
