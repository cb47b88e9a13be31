"""The demo practice: believable, consistent, made by workflows alone, and never in place of somebody's own."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import aliased

from practicerunner import clock, database, demo
from practicerunner.__main__ import main
from practicerunner.demo.acting import ACTING
from practicerunner.demo.house import Refused
from practicerunner.demo.people import PRACTICE, ZONE, everybody
from practicerunner.records import accounts, audit, billing, document_files, staff, uninvoiced
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.billing import Invoice, InvoiceVoid, LedgerEntry, Payment
from practicerunner.records.cases import Case, PaperReceived, PaymentMethod
from practicerunner.records.diagnoses import Diagnosis
from practicerunner.records.documents import Document
from practicerunner.records.forms import CriticalAlert, FormAssignment, FormResponse, FormTemplate
from practicerunner.records.imports import ImportedRow
from practicerunner.records.library import PracticeFile
from practicerunner.records.notes import Note
from practicerunner.records.payments import CreditNote, PaymentEvent, Refund
from practicerunner.records.people import ContactPoint, Person
from practicerunner.records.portal import PortalAccount
from practicerunner.records.practice import the_practice
from practicerunner.records.scheduling import Appointment, Attendance, Hold, TimeBlock
from practicerunner.records.staff import Staff
from practicerunner.settings import settings
from practicerunner.vocabulary import (
    AppointmentStatus,
    AssignmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    ContactKind,
    EntryKind,
    FormPurpose,
    InvoiceState,
    NoteKind,
    NoteStatus,
    Outcome,
    PaymentMethodKind,
    PaymentState,
    RequestKind,
    Role,
    TwoPersonLabel,
)
from practicerunner.workflows import portal_sign_in, sign_in
from practicerunner.workflows.billing import view
from practicerunner.workflows.calendar import appointments_between
from practicerunner.workflows.clients import case_page, client_list
from practicerunner.workflows.diagnoses import code_problem
from practicerunner.workflows.request_queue import request_queue
from practicerunner.workflows.staff import actor_for
from practicerunner.workflows.today import day
from tests.browser.shots import PEOPLE, VISITORS

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.long]
"""One worker, so that the demo practice is made once."""
TODAY = date(2026, 6, 10)
NOW = datetime(2026, 6, 10, 15, 30, tzinfo=ZoneInfo(ZONE))
"""A Wednesday afternoon."""
TREATING = {Role.PROVIDER, Role.ASSOCIATE}


@pytest.fixture(scope="module")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The whole demo practice, made once as of a Wednesday afternoon; the clock stands still there."""
    path = tmp_path_factory.mktemp("demo") / "practice.db"
    shutil.copy(sqlite_template, path)
    engine = database.engine(f"sqlite:///{path}")
    with clock.frozen(NOW):
        began = time.perf_counter()
        accounts_made = demo.make_demo(engine)
        print(f"\nthe demo practice took {time.perf_counter() - began:.1f} s")
        assert len(accounts_made) == 8
        yield engine
    engine.dispose()


def count(engine: Engine, column, *where) -> Counter:
    """Value of a column → how many rows have it."""
    with database.reading(engine) as session:
        return Counter(dict(session.execute(select(column, func.count()).where(*where).group_by(column)).all()))


def number(engine: Engine, table, *where) -> int:
    with database.reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table).where(*where))


def consistent(engine: Engine) -> None:
    """What has to hold in any practice."""
    one, other = aliased(Hold), aliased(Hold)
    with database.reading(engine) as session:
        assert list(document_files.problems(session)) == []
        assert billing.wrong_open_amounts(session) == uninvoiced.wrong_uninvoiced(session) == []
        assert audit.first_broken_row(session) is None
        assert session.scalars(
            select(one.id).join(other, (one.resource_id == other.resource_id) & (one.id < other.id)).where(
                one.starts_at < other.ends_at, other.starts_at < one.ends_at
            )
        ).all() == []
        assert session.scalars(select(Hold.id).where(Hold.overriding)).all() == []
        refused = select(func.count()).select_from(AuditRow).where(AuditRow.outcome == Outcome.REFUSED)
        assert session.scalar(refused) == 0
        assert all(standing.due_cents >= 0 for standing in accounts.standings(session))
        opened = session.scalars(select(AuditRow.case_id).where(AuditRow.action == "open_case"))
        brought = session.scalars(select(ImportedRow.case_id))
        assert {*opened, *brought} == set(session.scalars(select(Case.id)))
        moments = session.scalars(select(AuditRow.at).order_by(AuditRow.seq)).all()
        assert moments == sorted(moments) and moments[-1] <= clock.now()
        assert session.scalar(select(func.max(Note.saved_at))) <= clock.now()
        early = select(Attendance.id).join(Appointment, Appointment.id == Attendance.appointment_id).where(
            Attendance.status.in_([AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW]),
            Appointment.ends_at > Attendance.recorded_at,
        )
        assert session.scalars(early).all() == []


# --- The whole practice


@pytest.mark.slow
def test_the_practice_is_a_demo_with_eight_people_in_all_roles_who_can_sign_in(made: Engine) -> None:
    with database.reading(made) as session:
        here = the_practice(session)
        assert (here.name, here.zone, here.is_demo, here.totp_required) == (PRACTICE, ZONE, True, False)
        listed = sign_in.demo_accounts(session)
        assert len(listed) == 8
        assert listed[0].roles == (Role.OWNER, Role.PROVIDER)
        roles = [set(account.roles) for account in listed]
        assert roles.count({Role.PROVIDER}) == 3 and roles.count({Role.ASSOCIATE}) == 2
        assert {Role.SUPERVISOR, Role.PROVIDER} in roles and {Role.ADMIN} in roles
    with database.transaction(made) as session:
        for account in listed:
            answer = sign_in.sign_in(session, account.email, sign_in.DEMO_PASSWORD)
            assert answer.token, account.email


@pytest.mark.slow
def test_everybody_whose_screens_are_pictured_is_offered_at_their_door(made: Engine) -> None:
    with database.reading(made) as session:
        staff = [account.name for account in sign_in.demo_accounts(session)]
        visitors = [visitor.name for visitor in portal_sign_in.demo_accounts(session)]
    for pictured, offered in ((PEOPLE, staff), (VISITORS, visitors)):
        assert set(pictured.values()) == {name.split()[0] for name in offered} & set(pictured.values())


@pytest.mark.slow
def test_sixty_cases_of_every_kind_label_and_status_and_one_that_was_imported(made: Engine) -> None:
    kinds = count(made, Case.type)
    assert sum(kinds.values()) == 61 and number(made, Case, Case.needs_review) == 1
    assert set(kinds) == set(CaseType)
    assert set(count(made, Case.label)) == {None, *TwoPersonLabel}
    statuses = count(made, Case.status)
    assert set(statuses) == set(CaseStatus)
    assert statuses[CaseStatus.CONTACT] == 1 and statuses[CaseStatus.ARCHIVED] == 4
    only_acting = {other for _, other, *_ in ACTING} - set(everybody())
    assert number(made, Person) == len(everybody()) + len(only_acting) + 1 >= 80


@pytest.mark.slow
def test_nine_months_of_appointments_reach_five_weeks_ahead(made: Engine) -> None:
    with database.reading(made) as session:
        first, last = session.execute(select(func.min(Appointment.local_date), func.max(Appointment.local_date))).one()
    assert timedelta(weeks=36) <= TODAY - first <= timedelta(weeks=41)
    assert timedelta(days=28) <= last - TODAY <= timedelta(days=35)
    assert set(count(made, Attendance.status)) == set(AttendanceStatus) - {AttendanceStatus.ARRIVED}
    assert set(count(made, TimeBlock.reason)) == {"Vacation", "Team meeting"}


@pytest.mark.slow
def test_everybody_who_treats_has_a_full_today_and_week(made: Engine) -> None:
    monday = TODAY - timedelta(days=TODAY.weekday())
    with database.reading(made) as session:
        for person in staff.all_staff(session):
            if not person.active or not {r.role for r in person.roles} & TREATING:
                continue
            week = appointments_between(
                session, actor_for(session, person.id), monday, monday + timedelta(days=6), provider_ids=[person.id],
            )
            assert sum(entry.local_date == TODAY for entry in week) >= 2, person.name
            assert len(week) >= 6, person.name
            assert {8 <= entry.local_time.hour < 20 for entry in week} == {True}


@pytest.mark.slow
def test_something_waits_for_everybody_today(made: Engine) -> None:
    said = {}
    with database.reading(made) as session:
        for person in staff.all_staff(session):
            if not person.active:
                continue
            shown = day(session, actor_for(session, person.id))
            said[person.first_name] = " ".join(waiting.sentence for waiting in shown.waiting)
            assert shown.waiting, person.name
            assert shown.appointments, person.name
    assert "for your co-signature" in said["Judith"]
    assert "returned by your supervisor" in said["Kwabena"] and "returned by your supervisor" in said["Hanna"]
    assert "overdue" in said["Glenn"] and "to invoice" in said["Glenn"]
    assert "without attendance" in said["Amara"]


@pytest.mark.slow
def test_one_has_left_with_a_note_of_hers_and_a_request_that_nobody_answers_yet(made: Engine) -> None:
    with database.reading(made) as session:
        (left,) = [person for person in staff.all_staff(session) if not person.active]
        (note,) = session.scalars(select(Note).where(Note.author_id == left.id))
        (case,) = session.scalars(select(Case).where(Case.provider_id == left.id))
        assert (note.case_id, note.status, case.status) == (case.id, NoteStatus.LOCKED, CaseStatus.ARCHIVED)
        waits = [[one.sentence for one in day(session, actor_for(session, person.id)).waiting
                  if "has left" in one.sentence] for person in staff.all_staff(session) if person.active]
    assert [one for one in waits if one] == [[
        f"Nobody answers the request to amend of {case.name}: due 27 July 2026; {left.name} has left"]]


@pytest.mark.slow
def test_three_requests_of_three_kinds_wait_and_one_of_them_for_a_time_that_is_taken(made: Engine) -> None:
    with database.reading(made) as session:
        owner = next(p for p in staff.all_staff(session) if p.first_name == demo.people.OWNER)
        rows = request_queue(session, actor_for(session, owner.id)).rows
    assert {row.kind for row in rows} == set(RequestKind) and len(rows) == 3
    assert sorted(str(row.free) for row in rows) == ["False", "None", "True"]
    assert [row.problem for row in rows] == ["", "", ""]
    assert [row.by_phone for row in rows] == [False, False, True]
    assert all(row.message and row.age_days for row in rows)


@pytest.mark.slow
def test_forms_came_back_signed_two_measures_have_a_trend_one_is_late_and_one_answer_calls(made: Engine) -> None:
    assert count(made, FormAssignment.status)[AssignmentStatus.COMPLETED] > 100
    late = FormAssignment.status == AssignmentStatus.ASSIGNED, FormAssignment.due_on < TODAY
    assert number(made, FormAssignment, *late) >= 1
    with database.reading(made) as session:
        scores = [(r.person_id, r.score["measure"], r.score["total"]) for r in session.scalars(
            select(FormResponse).where(FormResponse.score.is_not(None)).order_by(FormResponse.submitted_at))]
        alerts = session.scalars(select(CriticalAlert)).all()
        judith = next(person for person in staff.all_staff(session) if person.first_name == "Judith")
        said = day(session, actor_for(session, judith.id))
        signed_for = session.scalars(
            select(FormResponse.capacity).where(FormResponse.signed_by_id != FormResponse.person_id))
        assert any(", parent of " in capacity for capacity in signed_for)
    series = [[total for p, m, total in scores if (p, m) == key] for key in {(p, m) for p, m, _ in scores}]
    trends = [totals for totals in series if len(totals) >= 5]
    assert len(trends) == 2 and all(totals == sorted(totals, reverse=True) for totals in trends)
    assert sorted(alert.closed_at is None for alert in alerts) == [False, True]
    assert said.waiting[0].sentence.startswith("Critical answer: ")


@pytest.mark.slow
def test_a_notice_and_a_policy_wait_in_the_portal_and_one_envelope_went_astray(made: Engine) -> None:
    with database.reading(made) as session:
        documents = session.scalars(
            select(FormTemplate).where(FormTemplate.purpose == FormPurpose.PRACTICE_DOCUMENT)).all()
        wait = session.scalars(
            select(FormAssignment.person_id).where(FormAssignment.template_id.in_([one.id for one in documents]))).all()
        accounts_there = set(session.scalars(select(PortalAccount.person_id)))
        owner = actor_for(session, session.scalars(select(Staff.id).where(Staff.first_name == "Amara")).one())
        said = [one.sentence for one in day(session, owner).waiting if one.page == "breaches"]
    assert {one.name for one in documents} == {"Privacy notice", "Office and fee policy"} and len(wait) == 4
    assert set(wait) & accounts_there and number(made, PracticeFile) == 1
    assert said == ["Wrong recipient: 57 days left"]


@pytest.mark.slow
def test_notes_stand_in_every_state(made: Engine) -> None:
    assert set(count(made, Note.status)) == set(NoteStatus)
    assert count(made, Note.status)[NoteStatus.AMENDED] >= 1
    assert set(count(made, Note.kind)) == set(NoteKind) - {NoteKind.PSYCHOTHERAPY}


@pytest.mark.slow
def test_notes_of_consultations_and_workshops_keep_to_their_own_words(made: Engine) -> None:
    other = [CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP]
    with database.reading(made) as session:
        found = session.scalars(select(Note).join(Case, Case.id == Note.case_id).where(Case.type.in_(other))).all()
    assert len(found) > 5
    for note in found:
        said = str(note.sections).lower()
        assert not any(word in said for word in ("diagnosis", "treatment", "symptom", "patient", "therap"))


@pytest.mark.slow
def test_most_therapy_clients_have_a_diagnosis_and_nobody_else_has(made: Engine) -> None:
    therapy = {CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY, CaseType.THERAPY_GROUP}
    with database.reading(made) as session:
        rows = session.execute(select(Diagnosis, Case).join(Case, Case.id == Diagnosis.case_id)).all()
        active = session.scalars(select(Case.id).where(Case.status == CaseStatus.ACTIVE, Case.type.in_(therapy))).all()
        problems = [code_problem(row.code, TODAY) for row, _ in rows]
    assert {case.type for _, case in rows} == therapy
    assert len({case.id for _, case in rows} & set(active)) > len(active) * 0.8
    assert set(problems) == {""}
    primary = Counter((row.case_id, row.person_id) for row, _ in rows if row.is_primary)
    assert set(primary.values()) == {1} and len({row.code for row, _ in rows}) > 15
    assert any(row.ended_on for row, _ in rows) and any(row.is_provisional for row, _ in rows)


@pytest.mark.slow
def test_invoices_stand_in_every_state_and_payments_came_in_every_way(made: Engine) -> None:
    assert set(count(made, Payment.method)) == set(PaymentMethodKind)
    with database.reading(made) as session:
        facts = [accounts.invoice_facts(session, found) for found in session.scalars(select(Invoice.id))]
        states = Counter(view(fact, TODAY).state for fact in facts if fact)
        assert set(states) == set(InvoiceState)
        assert states[InvoiceState.VOID] == number(made, InvoiceVoid) == 5
        assert session.scalar(select(func.count()).select_from(Invoice).where(Invoice.replaces_id.is_not(None))) == 2
        payers = dict.fromkeys(fact.payer for fact in facts if fact)
        assert {"Northgate Employee Assistance", "Ellery Community Counseling Fund", "Ingrid Strand"} <= set(payers)
        loose = session.scalars(select(func.sum(LedgerEntry.amount_cents)).where(
            LedgerEntry.invoice_id.is_(None)).group_by(LedgerEntry.payer_id, LedgerEntry.case_id)).all()
        assert any(cents < 0 for cents in loose) and [cents for cents in loose if cents > 0] == [85_00]
    assert number(made, PaymentMethod) >= 8 and number(made, PaperReceived) >= 100
    assert set(count(made, PaymentEvent.status)) == {PaymentState.PENDING, PaymentState.FAILED}
    assert number(made, Refund) == 2 and number(made, CreditNote) >= 2
    assert number(made, LedgerEntry, LedgerEntry.kind == EntryKind.WRITE_OFF) == 1


@pytest.mark.slow
def test_the_whole_practice_is_consistent(made: Engine) -> None:
    consistent(made)


@pytest.mark.slow
def test_the_owner_opens_the_list_and_every_case(made: Engine) -> None:
    with database.reading(made) as session:
        owner = next(p for p in staff.all_staff(session) if p.first_name == demo.people.OWNER)
        actor = actor_for(session, owner.id)
        assert client_list(session, actor).total > 50
        for case_id in session.scalars(select(Case.id)):
            assert case_page(session, actor, case_id)


@pytest.mark.slow
def test_nobody_can_be_reached_by_mistake(made: Engine) -> None:
    with database.reading(made) as session:
        contacts = session.scalars(select(ContactPoint)).all()
        phones = [c.value for c in contacts if c.kind is ContactKind.PHONE]
        emails = [c.value for c in contacts if c.kind is ContactKind.EMAIL]
    assert all(" 555-01" in phone for phone in phones) and len(set(phones)) == len(phones)
    assert {email.rsplit("@", 1)[1] for email in emails} == {"example.com", "example.org", "example.net"}


# --- A smaller one, on both engines


@pytest.mark.long
def test_a_smaller_demo_is_consistent_and_counts_from_today(engine: Engine) -> None:
    with clock.frozen(datetime(2027, 3, 15, 9, 40, tzinfo=ZoneInfo(ZONE))):
        demo.make_demo(every=10)
        consistent(engine)
        assert number(engine, Case) == 7
        assert number(engine, Appointment, Appointment.local_date == date(2027, 3, 15)) > 0
        assert number(engine, Appointment, Appointment.status == AppointmentStatus.HELD) > 10


@pytest.mark.long
def test_the_same_day_makes_the_same_practice(sqlite_engine: Engine) -> None:
    def facts() -> list[tuple]:
        with database.reading() as session:
            return [tuple(row) for row in session.execute(
                select(Appointment.starts_at, Appointment.status, Appointment.minutes).order_by(
                    Appointment.starts_at, Appointment.minutes, Appointment.status)
            )] + [tuple(row) for row in session.execute(
                select(Invoice.number, Invoice.total_cents, Invoice.issued_on).order_by(Invoice.number))]

    with clock.frozen(NOW):
        demo.make_demo(every=10)
        once = facts()
        demo.make_demo_anew(every=10)
        assert facts() == once and len(once) > 50


@pytest.mark.long
def test_nothing_takes_the_place_of_somebodys_practice(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with clock.frozen(NOW):
        demo.make_demo(every=30)
    with pytest.raises(Refused):
        demo.make_demo()
    with database.transaction() as session:
        the_practice(session).is_demo = False
    before = {table.name: number(engine, table) for table in Base.metadata.sorted_tables}
    with pytest.raises(Refused):
        demo.make_demo_anew()
    assert main(["demo"]) == 1
    assert "already" in capsys.readouterr().err
    assert {table.name: number(engine, table) for table in Base.metadata.sorted_tables} == before


@pytest.mark.slow
@pytest.mark.long
def test_demo_is_made_anew_with_every_guard_in_place(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    with clock.frozen(NOW):
        demo.make_demo(every=30)
        old = count(engine, Case.id)
        demo.make_demo_anew(every=30)
        assert len(old) == number(engine, Case) and not set(old) & set(count(engine, Case.id))
        assert database.schema_is_current() and database.missing_triggers() == set()
        kept = number(engine, Document) + number(engine, PracticeFile)
        assert kept == len(list((tmp_path / "files").iterdir())) > number(engine, PracticeFile) > 0
        consistent(engine)
