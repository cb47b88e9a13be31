"""Who may read diagnoses, and where there are none (X01, X02)."""

import json
import pickle
from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.staff import Staff
from practicerunner.reports.replica import replica_of
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, Outcome, Role
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import SwitchClinicalFields, switch_clinical_fields
from practicerunner.workflows.clients import client_csv
from practicerunner.workflows.diagnoses import (
    AddDiagnosis,
    MakePrimary,
    NoClinicalFields,
    SetProvisional,
    WithdrawDiagnosis,
    add_diagnosis,
    make_primary,
    set_provisional,
    withdraw_diagnosis,
)
from practicerunner.workflows.diagnosis_pages import (
    READ,
    READ_CODES,
    codes_of_case,
    diagnoses_of,
    diagnosis_block,
    find_codes,
    in_force_at,
)
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests.cast import Cast, at, hold
from tests.workflows.diagnosing import NOON, SENTINEL, TODAY, add, change, end, logged, opened, person, row_of, trail


@pytest.mark.parametrize("kind", [
    CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP,
])
def test_consultation_and_workshop_have_none(cast: Cast, kind: CaseType) -> None:
    case_id = opened(cast, kind)
    with pytest.raises(NoClinicalFields):
        add(cast, case_id)
    assert logged(cast, diagnoses_of, case_id) == logged(cast, codes_of_case, case_id, by="Tom") == ()
    assert logged(cast, diagnosis_block, case_id) is None
    assert trail(cast, READ, READ_CODES) == []


@pytest.mark.parametrize("kind", [CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP])
def test_an_owner_switches_them_on_for_one_consultation(cast: Cast, kind: CaseType) -> None:
    case_id, other = opened(cast, kind), opened(cast, kind, "Ida Lund")
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    diagnosis_id = add(cast, case_id)
    assert logged(cast, diagnosis_block, case_id).people[0].in_force[0].code == "F41.1"
    with pytest.raises(NoClinicalFields):
        add(cast, other, who="Ida")
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=False))
    assert logged(cast, diagnosis_block, case_id) is None
    with pytest.raises(NoClinicalFields):
        end(cast, diagnosis_id, "2026-11-01")


@pytest.mark.parametrize("kind", [CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP])
def test_the_codes_of_a_consultation_are_for_no_bill_and_so_for_nobody_who_only_bills(
    cast: Cast, kind: CaseType
) -> None:
    case_id = opened(cast, kind)
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    add(cast, case_id)
    for who in ("Tom", "Dana"):
        block = logged(cast, diagnosis_block, case_id, by=who)
        assert (block.people, block.codes, block.may_read, block.on_papers) == ((), (), False, False)
        assert logged(cast, codes_of_case, case_id, by=who) == ()
    assert trail(cast, READ_CODES) == []
    therapy = opened(cast, CaseType.INDIVIDUAL, "Ida Lund")
    add(cast, therapy, who="Ida")
    block = logged(cast, diagnosis_block, therapy, by="Tom")
    assert ([line.code for line in block.codes], block.on_papers) == (["F41.1"], True)


def test_a_workshop_has_no_such_switch(cast: Cast) -> None:
    case_id = opened(cast, CaseType.WORKSHOP)
    with database.transaction(cast.engine) as session:
        session.get_one(Case, case_id).clinical_fields = True  # even if the row said so
    with pytest.raises(NoClinicalFields):
        add(cast, case_id)


@pytest.mark.parametrize("kind", [
    CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY, CaseType.THERAPY_GROUP,
])
def test_every_kind_of_therapy_has_them_per_participant(cast: Cast, kind: CaseType) -> None:
    names = ("Noor Haddad",) if kind is CaseType.INDIVIDUAL else ("Noor Haddad", "Bela Quill")
    case_id = opened(cast, kind, *names)
    add(cast, case_id)
    shown = logged(cast, diagnosis_block, case_id)
    assert [len(one.in_force) for one in shown.people] == [1, 0][: len(names)]


# --- Who may


def test_an_associate_has_rcu_and_the_supervisor_reads(cast: Cast) -> None:
    case_id = opened(cast, provider="Priya")
    diagnosis_id = add(cast, case_id, by="Priya")
    end(cast, diagnosis_id, "2026-11-01", by="Priya")
    block = logged(cast, diagnosis_block, case_id, by="Ruth")
    assert (block.may_read, block.may_write, block.people[0].past[0].description) == (True, False, SENTINEL)
    with pytest.raises(NotPermitted):
        add(cast, case_id, "F33.1", by="Ruth")
    with pytest.raises(NotPermitted):
        end(cast, diagnosis_id, "2026-11-02", by="Ruth")


@pytest.mark.parametrize(("who", "refusal"), [("Olga", NotFound), ("Dana", NotFound), ("Tom", NotPermitted)])
def test_others_are_refused_and_the_refusal_is_kept(cast: Cast, who: str, refusal: type[NotPermitted]) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id)
    for attempt in (
        lambda: add(cast, case_id, "F33.1", by=who), lambda: end(cast, diagnosis_id, "2026-11-01", by=who),
        lambda: change(cast, make_primary, MakePrimary, diagnosis_id, by=who),
        lambda: change(cast, set_provisional, SetProvisional, diagnosis_id, by=who, provisional=True),
        lambda: change(cast, withdraw_diagnosis, WithdrawDiagnosis, diagnosis_id, by=who),
        lambda: logged(cast, diagnoses_of, case_id, by=who),
    ):
        with pytest.raises(refusal) as refused:
            attempt()
        assert type(refused.value) is refusal
    assert row_of(cast, diagnosis_id).revision == 1
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(AuditRow).where(AuditRow.outcome == Outcome.REFUSED)).all()
    assert len(kept) == 6
    assert {(row.staff_id, row.resource) for row in kept} == {(cast.staff[who], "clinical_record")}
    assert not any("F41" in row.detail or SENTINEL in row.detail for row in kept)


def test_a_client_reaches_none_of_it(cast: Cast) -> None:
    case_id = opened(cast)
    add(cast, case_id)
    noor = PortalActor(person(cast, case_id), "Noor Haddad")
    for reader in (diagnoses_of, codes_of_case, diagnosis_block):
        with pytest.raises(NotPermitted), database.transaction(cast.engine) as session:
            reader(session, noor, case_id)
    with pytest.raises(NotPermitted), database.transaction(cast.engine) as session:
        add_diagnosis(session, noor, AddDiagnosis(
            case_id=case_id, person_id=noor.person_id, code="F41.1", onset_on=TODAY))


def test_billing_gets_codes_and_dates_and_not_a_word_more(cast: Cast) -> None:
    case_id = opened(cast, CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    add(cast, case_id, "F41.1", who="Maya", is_primary=True)
    end(cast, add(cast, case_id, "Z63.0", who="Tom", is_provisional=True), "2026-11-01")
    block = logged(cast, diagnosis_block, case_id, by="Tom")
    assert (block.people, block.may_read, block.may_write, block.needs_reason) == ((), False, False, False)
    lines = logged(cast, codes_of_case, case_id, by="Tom")
    assert block.codes == lines
    assert [(line.person, line.code, line.onset_on, line.ended_on, line.is_primary, line.is_provisional)
            for line in lines] == [
        ("Maya Rivera", "F41.1", date(2026, 3, 1), None, True, False),
        ("Tom Rivera", "Z63.0", date(2026, 3, 1), date(2026, 11, 1), False, True)]
    for value in (block, lines):
        handed = pickle.dumps(value) + repr(value).encode()
        assert SENTINEL.encode() not in handed and b"relationship with spouse" not in handed
    with pytest.raises(NotFound):
        logged(cast, codes_of_case, case_id, by="Olga")
    with at(NOON), pytest.raises(NotPermitted):
        cast.read("Tom", find_codes, "anxiety", TODAY)


def test_a_clinical_director_types_a_reason_which_is_logged(cast: Cast) -> None:
    case_id = opened(cast)
    add(cast, case_id)
    without = logged(cast, diagnosis_block, case_id, by="Dana")
    assert (without.people, without.needs_reason, [line.code for line in without.codes]) == ((), False, ["F41.1"])
    with database.reading(cast.engine) as session:
        revision = session.get_one(Staff, cast.staff["Dana"]).revision
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=cast.staff["Dana"], revision=revision, first_name="Dana", last_name="Okafor",
        email="dana@linden.example", roles={Role.OWNER, Role.PROVIDER}, is_clinical_director=True))
    asked = logged(cast, diagnosis_block, case_id, by="Dana")
    assert (asked.people, asked.may_read, asked.needs_reason) == ((), False, True)
    assert SENTINEL not in repr(asked)
    with pytest.raises(NotPermitted, match="reason"):
        logged(cast, diagnoses_of, case_id, by="Dana")
    shown = logged(cast, diagnosis_block, case_id, "complaint of 3 November", by="Dana")
    assert (shown.may_read, shown.may_write, shown.people[0].in_force[0].description) == (True, False, SENTINEL)
    assert [(row.staff_id, row.role, row.detail, row.case_id) for row in trail(cast, READ)] == [
        (cast.staff["Dana"], "owner", "reason: complaint of 3 November", case_id)]
    with pytest.raises(NotFound):
        add(cast, case_id, "F33.1", by="Dana")  # reading is all that the reason opens


def test_readings_are_logged_once_in_a_while_and_acts_each_time(cast: Cast) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id)
    for minute in ("00", "05", "14"):
        logged(cast, diagnoses_of, case_id, when=f"2026-11-12 13:{minute}")
        logged(cast, codes_of_case, case_id, by="Tom", when=f"2026-11-12 13:{minute}")
    logged(cast, diagnoses_of, case_id, when="2026-11-12 13:16")
    assert [row.staff_id for row in trail(cast, READ)] == [cast.staff["Marcus"]] * 2
    assert [row.staff_id for row in trail(cast, READ_CODES)] == [cast.staff["Tom"]]
    end(cast, diagnosis_id, "2026-11-01")
    acts = trail(cast, "add_diagnosis", "end_diagnosis")
    assert [(row.action, row.role, row.case_id, row.resource_id, row.detail) for row in acts] == [
        (name, "provider", case_id, diagnosis_id, f"person {person(cast, case_id)}")
        for name in ("add_diagnosis", "end_diagnosis")]
    with at(NOON), pytest.raises(RuntimeError, match="transaction"):
        cast.read("Marcus", diagnoses_of, case_id)


def test_the_text_is_in_no_table_but_its_own_no_list_no_report_and_no_log(cast: Cast) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id, is_primary=True)
    end(cast, diagnosis_id, "2026-11-01")
    logged(cast, diagnoses_of, case_id)
    with at(NOON), database.transaction(cast.engine) as session:
        listed = client_csv(session, cast.actor("Dana")) + client_csv(session, cast.actor("Tom"))
    assert SENTINEL.encode() not in listed and b"F41" not in listed
    with database.reading(cast.engine) as session:
        for table in Base.metadata.sorted_tables:
            rows = session.connection().execute(select(table)).all()
            said = json.dumps([list(row) for row in rows], default=str)
            assert (SENTINEL in said) == (table.name == "diagnosis"), table.name
            assert ("F41.1" in said) == (table.name == "diagnosis"), table.name
    replica = replica_of(cast.engine)
    replica.refresh()
    tables = [row[0] for row in replica.query("select table_name from information_schema.tables")[1]]
    assert "appointment" in tables and not [name for name in tables if "diagnos" in name]
    assert not any(SENTINEL in str(replica.query(f'select * from "{name}"')) for name in tables)


# --- Excludes1


def test_a_pair_that_excludes_each_other_is_a_warning_within_one_person(cast: Cast) -> None:
    case_id = opened(cast, CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    add(cast, case_id, "F41.0", who="Maya")
    add(cast, case_id, "F40.01", who="Tom")
    assert [one.warnings for one in logged(cast, diagnoses_of, case_id)] == [(), ()]
    both = add(cast, case_id, "F40.01", who="Maya")  # taken, with a warning
    maya, tom = logged(cast, diagnoses_of, case_id)
    assert maya.warnings == ("F40.01 and F41.0 exclude each other (Excludes1). Usually only one of them applies.",)
    assert tom.warnings == ()
    end(cast, both, "2026-11-11")
    assert logged(cast, diagnoses_of, case_id)[0].warnings == ()


# --- Beside a note


def test_beside_a_note_stands_what_was_in_force_that_day_of_those_who_were_there(cast: Cast) -> None:
    case_id = opened(cast, CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    appointment_id = hold(cast, case_id, "FAM50", "2026-10-12 10:00",
                          missed={person(cast, case_id, "Tom"): AttendanceStatus.NO_SHOW})
    add(cast, case_id, "F41.1", who="Maya")
    add(cast, case_id, "F33.1", who="Tom")
    add(cast, case_id, "F43.23", who="Maya", since="2026-10-13")
    end(cast, add(cast, case_id, "Z63.0", who="Maya"), "2026-10-12")
    (maya,) = logged(cast, in_force_at, appointment_id)
    assert (maya.name, [view.code for view in maya.diagnoses]) == ("Maya Rivera", ["F41.1", "Z63.0"])
    for stranger in ("Tom", "Olga", "Dana"):
        assert logged(cast, in_force_at, appointment_id, by=stranger) == ()
    assert trail(cast, READ)[0].staff_id == cast.staff["Marcus"]


def test_before_attendance_is_recorded_it_speaks_of_those_who_are_expected(cast: Cast) -> None:
    case_id = opened(cast)
    add(cast, case_id)
    with at(NOON):
        appointment_id = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=TODAY,
            local_time=time(12), location_id=cast.office))
        cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
    assert [one.name for one in logged(cast, in_force_at, appointment_id)] == ["Noor Haddad"]


def test_an_appointment_of_a_consultation_says_nothing(cast: Cast) -> None:
    case_id = opened(cast, CaseType.INDIVIDUAL_CONSULTATION)
    appointment_id = hold(cast, case_id, "CONS60", "2026-10-12 10:00")
    assert logged(cast, in_force_at, appointment_id) == ()
    assert logged(cast, in_force_at, 1) == ()
