"""Superbills: one client alone, whoever paid, frozen, numbered without gaps, refused where they do not belong."""

from datetime import date, time
from pathlib import Path

import pytest

from practicerunner import database
from practicerunner.errors import Stale
from practicerunner.records.practice import Location, Service
from practicerunner.rules.note_details import Details, Telehealth, Whereabouts
from practicerunner.settings import settings
from practicerunner.vocabulary import AttendanceStatus, CaseType, FeeTerms, LeftOut, NoteKind, SessionFormat
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.diagnoses import AddDiagnosis, WithdrawDiagnosis, add_diagnosis, withdraw_diagnosis
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.practice import ChangeLocation, ChangeService, change_location, change_service
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.superbills import NotComplete, NothingToIssue, superbills_of
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id
from tests.code_table import add_two_releases
from tests.insurance import change, complete, diagnose, issue, licensed, preview
from tests.workflows.insured import OCTOBER, billed, of_noor, words


@pytest.fixture
def noor(cast: Cast) -> tuple[Cast, int, int]:
    return of_noor(cast)


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
                clinician_location="Office", identity_confirmed=True, consent_on_file=True, consent_place="on paper",
                emergency_confirmed=True)),
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


def test_a_service_after_the_code_has_expired_stands_on_none(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "codes_file", tmp_path / "codes.db")
    add_two_releases()
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ada Moss")
    person = complete(cast, case_id)["Ada"]
    with at("2026-09-30 20:00"):
        cast.do("Marcus", add_diagnosis, AddDiagnosis(
            case_id=case_id, person_id=person, code="F50.01", onset_on=date(2026, 9, 1), is_primary=True))
    for day in ("2026-09-30", "2026-10-01"):
        billed(cast, case_id, "IND50", f"{day} 10:00", {person: 165_00})
    found = preview(cast, case_id, person, "2026-09-01", "2026-10-31")
    assert [str(line.service_date) for line in found.lines] == ["2026-09-30"]
    assert [(str(one.service_date), one.reason) for one in found.left_out] == [
        ("2026-10-01", LeftOut.CODE_NOT_VALID)]
    with pytest.raises(NothingToIssue):
        issue(cast, case_id, person, *OCTOBER)


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
