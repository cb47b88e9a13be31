"""SC03: from individual to couple."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import NotFound, PracticeError
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    NoteKind,
    NoteStatus,
    OnboardingStep,
    PaperKind,
    SessionFormat,
    ShareKind,
    TwoPersonLabel,
)
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import RecordPaper, Taking, record_paper
from practicerunner.workflows.clients import case_page, case_summary
from practicerunner.workflows.modality import ChangeModality, PlannedShare, change_modality
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.portal_billing import billing_page
from practicerunner.workflows.requests import my_appointments
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, balance, hold, invoice, lines, pay, payer_id, people_of
from tests.workflows.test_household import of_the_portal
from tests.workflows.test_sentinels import choices, text_of

DAYS = ["2026-08-05", "2026-08-12", "2026-08-19", "2026-08-26", "2026-09-02", "2026-09-09"]


def sign(cast: Cast, appointment_id: int) -> None:
    """Marcus writes and signs the progress note of an appointment."""
    note = cast.do("Marcus", start_note, StartNote(
        appointment_id=appointment_id, kind=NoteKind.PROGRESS, form="free"))
    with database.reading(cast.engine) as session:
        revision = session.get_one(Note, note).revision
    cast.do("Marcus", save_draft, SaveDraft(note_id=note, revision=revision, sections={"text": "Talked."}))
    with database.reading(cast.engine) as session:
        revision = session.get_one(Note, note).revision
    cast.do("Marcus", sign_note, SignNote(note_id=note, revision=revision))


@pytest.fixture
def noor(cast: Cast) -> int:
    """Noor's individual case as it stands on 2026-10-04: six held, five paid, credit 40.00, two ahead."""
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", opened_on=date(2026, 8, 1))
    person = people_of(cast, case_id)["Noor"]
    for kind in PaperKind:
        cast.do("Marcus", record_paper, RecordPaper(
            case_id=case_id, person_id=person, kind=kind, received_on=date(2026, 1, 6)))
    for place, day in enumerate(DAYS):
        held = hold(cast, case_id, "IND50", f"{day} 10:00")
        invoice(cast, held)
        if place < 5:
            pay(cast, payer_id(cast, person), case_id, 165_00, day)
        with at(f"{day} 23:45"):
            sign(cast, held)
    pay(cast, payer_id(cast, person), case_id, 40_00, "2026-09-10", invoice_ids=(), surplus_as_credit=True)
    with at("2026-10-04 09:00"):
        for day in (date(2026, 10, 7), date(2026, 10, 14)):
            cast.do("Marcus", book, Book(
                case_id=case_id, service_id=cast.services["IND50"], local_date=day, local_time=time(10),
                format=SessionFormat.VIDEO))
    return case_id


def ahead(cast: Cast, case_id: int) -> list[int]:
    return [found.appointment_id for found in cast.read("Marcus", case_page, case_id).upcoming]


def to_couple(cast: Cast, noor: int) -> ChangeModality:
    return ChangeModality(
        case_id=noor, type=CaseType.TWO_PERSON, label=TwoPersonLabel.PARTNERS,
        participants=(Taking(person_id=people_of(cast, noor)["Noor"]),
                      Taking(person=PersonDetails(first_name="Sam", last_name="Ortiz"))),
        appointment_ids=tuple(ahead(cast, noor)), service_id=cast.services["FAM50"],
        shares=tuple(PlannedShare(participant=p, kind=ShareKind.PERCENT, basis_points=50_00) for p in (0, 1)),
    )


def test_the_work_goes_on_as_a_couple_and_nothing_written_moves(cast: Cast, noor: int) -> None:
    assert (cast.read("Tom", case_account, noor).due_cents, cast.read("Tom", case_account, noor).credit_cents) == (
        165_00, 40_00)
    with at("2026-10-05 09:00"):
        moved = ahead(cast, noor)
        command = to_couple(cast, noor)
        couple = cast.do("Marcus", change_modality, command)
        assert cast.do("Marcus", change_modality, command) == couple  # the second click
        new, old = cast.read("Marcus", case_page, couple), cast.read("Marcus", case_page, noor)
        assert new.name == "Noor Haddad & Sam Ortiz"
        assert new.came_from is not None and new.came_from.case_id == noor
        assert [case.case_id for case in old.led_to] == [couple]
        assert (old.upcoming, len(old.recent)) == ((), 6)
        assert [found.appointment_id for found in new.upcoming] == moved
        assert balance(cast, couple) == {}
        assert balance(cast, noor) == {"Noor Haddad": 125_00}
        with database.reading(cast.engine) as session:
            rows = session.scalars(select(Appointment).where(Appointment.id.in_(moved))).all()
            assert {(row.minutes, row.fee_cents, row.case_id) for row in rows} == {(50, 210_00, couple)}
            there = session.execute(
                select(Attendance.appointment_id, Attendance.person_id, Attendance.case_id, Attendance.status)
                .where(Attendance.appointment_id.in_(moved))).all()
            notes = dict(session.execute(
                select(Note.case_id, func.count()).where(Note.status == NoteStatus.LOCKED).group_by(Note.case_id)
            ).tuples().all())
        people = people_of(cast, couple)
        assert {(a, p) for a, p, _, _ in there} == {(a, p) for a in moved for p in people.values()}
        assert {(case, status) for _, _, case, status in there} == {(couple, AttendanceStatus.SCHEDULED)}
        assert notes == {noor: 6}
        missing = {
            step.step: [person.name for person in step.missing]
            for step in cast.read("Marcus", case_summary, couple).checklist
        }
        assert missing[OnboardingStep.INTAKE] == ["Sam Ortiz"]
        assert missing[OnboardingStep.CONSENTS] == ["Noor Haddad", "Sam Ortiz"]
    with at("2026-10-07 22:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=moved[0]))
        issued = invoice(cast, moved[0])
    assert lines(cast, issued) == [("Noor Haddad", 105_00), ("Sam Ortiz", 105_00)]
    accounts = [cast.read("Tom", case_account, case_id) for case_id in (noor, couple)]
    due = {(row.payer, row.case_id): row.due_cents for account in accounts for row in account.standings}
    assert due == {
        ("Noor Haddad", noor): 165_00, ("Noor Haddad", couple): 105_00, ("Sam Ortiz", couple): 105_00,
    }
    assert sum(account.credit_cents for account in accounts) == 40_00


def test_a_provider_of_the_couple_alone_never_learns_of_the_earlier_case(cast: Cast, noor: int) -> None:
    with at("2026-10-05 09:00"):
        couple = cast.do("Dana", change_modality, to_couple(cast, noor).model_copy(
            update={"provider_id": cast.staff["Ruth"], "appointment_ids": ()}))
        page = cast.read("Ruth", case_page, couple)
        assert page.came_from is None
        with pytest.raises(NotFound):
            cast.read("Ruth", case_page, noor)


def test_the_old_case_stays_as_it_was_when_the_change_is_refused(cast: Cast, noor: int) -> None:
    with at("2026-10-05 09:00"):
        before = ahead(cast, noor)
        with pytest.raises(NotFound):
            cast.do("Olga", change_modality, to_couple(cast, noor).model_copy(
                update={"provider_id": cast.staff["Olga"]}))
        assert ahead(cast, noor) == before
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_the_partners_portal_shows_nothing_of_the_earlier_case_not_even_that_it_exists(cast: Cast, noor: int) -> None:
    with at("2026-10-05 09:00"):
        couple = cast.do("Marcus", change_modality, to_couple(cast, noor))
        sam, hers = (PortalActor(people_of(cast, couple)[name], name) for name in ("Sam", "Noor"))
        with database.reading(cast.engine) as session:
            known = {table.name: list(session.scalars(select(table.c.id))) for table in Base.metadata.sorted_tables
                     if "id" in table.c}
            numbers = {one.number for one in billing_page(session, hers).invoices}
            names = [case.name for case in session.scalars(select(Case))]
        assert len(numbers) == 6
        said = []
        for name, reader in of_the_portal().items():
            for arguments in choices(name, reader, known):
                try:
                    with database.transaction(cast.engine) as session:
                        said.append(text_of(reader(session, sam, **arguments)))
                except PracticeError as refusal:
                    said.append(str(refusal))
        everything = "\n".join(said)
        assert "Noor Haddad & Sam Ortiz" in everything
        assert sorted(names) == ["Noor Haddad", "Noor Haddad & Sam Ortiz"]
        for word in ("Noor Haddad", "165.00", "F41.1", "2026-09", "2026-08", str(noor), *numbers):
            assert word not in everything.replace("Noor Haddad & Sam Ortiz", ""), word
        with database.reading(cast.engine) as session:
            assert {one.case_id for one in my_appointments(session, sam)} == {couple}
            assert {one.case_id for one in my_appointments(session, hers)} == {couple}
            assert (billing_page(session, hers).due_cents, billing_page(session, hers).credit_cents) == (165_00, 40_00)
            assert billing_page(session, sam).invoices == ()
