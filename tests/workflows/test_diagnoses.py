"""Diagnoses: both days included, one primary at a time, each person's own, who may read them (C10, DEC8, X01, X02)."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.diagnoses import Diagnosis, DiagnosisChange
from practicerunner.records.logins import Staff
from practicerunner.reports.replica import replica_of
from practicerunner.settings import settings
from practicerunner.vocabulary import AttendanceStatus, CaseType, DiagnosisAct, NoteKind, Outcome, Role
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    OpenCase,
    RemoveParticipant,
    SwitchClinicalFields,
    Taking,
    open_case,
    remove_participant,
    switch_clinical_fields,
)
from practicerunner.workflows.clients import client_csv
from practicerunner.workflows.commands import OperationReused
from practicerunner.workflows.diagnoses import (
    AddDiagnosis,
    CodeInForce,
    EndDiagnosis,
    MakePrimary,
    NoClinicalFields,
    NotInForce,
    SetProvisional,
    WithdrawDiagnosis,
    add_diagnosis,
    code_problem,
    codes_in_force,
    end_diagnosis,
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
from tests.cast import Cast, at, hold, people_of
from tests.code_table import add_two_releases

NOON = "2026-11-12 12:00"
TODAY = date(2026, 11, 12)
SENTINEL = "Generalized anxiety disorder"


def opened(cast: Cast, kind: CaseType = CaseType.INDIVIDUAL, *names: str, provider: str = "Marcus") -> int:
    with at("2026-01-05 09:00"):
        name = "Peer circle" if kind in (CaseType.THERAPY_GROUP, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP) else ""
        return cast.open_case(kind, *(names or ("Noor Haddad",)), provider=provider, name=name)


def person(cast: Cast, case_id: int, first: str = "Noor") -> int:
    return people_of(cast, case_id)[first]


def add(cast: Cast, case_id: int, code: str = "F41.1", *, by: str = "Marcus", who: str = "Noor",
        since: str = "2026-03-01", when: str = NOON, **options: Any) -> int:
    with at(when):
        return cast.do(by, add_diagnosis, AddDiagnosis(
            case_id=case_id, person_id=person(cast, case_id, who), code=code, onset_on=date.fromisoformat(since),
            **options))


def row_of(cast: Cast, diagnosis_id: int) -> Diagnosis:
    with database.reading(cast.engine) as session:
        return session.get_one(Diagnosis, diagnosis_id)


def change(cast: Cast, verb: Any, command: Any, diagnosis_id: int, *, by: str = "Marcus", when: str = NOON,
           **fields: Any) -> Any:
    with at(when):
        return cast.do(by, verb, command(
            diagnosis_id=diagnosis_id, revision=row_of(cast, diagnosis_id).revision, **fields))


def end(cast: Cast, diagnosis_id: int, on: str | None, **options: Any) -> Any:
    return change(cast, end_diagnosis, EndDiagnosis, diagnosis_id, ended_on=date.fromisoformat(on) if on else None,
                  **options)


def in_force(cast: Cast, case_id: int, day: str, who: str = "Noor") -> list[CodeInForce]:
    with database.reading(cast.engine) as session:
        return codes_in_force(session, case_id, person(cast, case_id, who), date.fromisoformat(day))


def codes(cast: Cast, case_id: int, day: str, who: str = "Noor") -> list[str]:
    return [code.code for code in in_force(cast, case_id, day, who)]


def primary(cast: Cast, case_id: int, day: str) -> list[str]:
    return [code.code for code in in_force(cast, case_id, day) if code.is_primary]


def logged(cast: Cast, reader: Any, *args: Any, by: str = "Marcus", when: str = NOON) -> Any:
    """Read as a page does: in a transaction, because the reading is logged."""
    actor = cast.actor(by)
    with at(when), database.transaction(cast.engine) as session:
        return reader(session, actor, *args)


def trail(cast: Cast, *actions: str) -> list[AuditRow]:
    with database.reading(cast.engine) as session:
        query = select(AuditRow).where(AuditRow.action.in_(actions)).order_by(AuditRow.seq)
        return list(session.scalars(query))


# --- In force


def test_both_the_onset_and_the_last_day_are_in_force(cast: Cast) -> None:
    case_id = opened(cast)
    end(cast, add(cast, case_id, since="2026-03-10"), "2026-06-20")
    assert [codes(cast, case_id, f"2026-{day}") for day in ("03-09", "03-10", "05-01", "06-20", "06-21")] == [
        [], ["F41.1"], ["F41.1"], ["F41.1"], []]


def test_what_is_kept_is_the_code_its_text_and_the_release_of_that_moment(cast: Cast) -> None:
    case_id = opened(cast)
    row = row_of(cast, add(cast, case_id, " f411 "))
    assert (row.code, row.description, row.release, row.onset_on, row.ended_on, row.set_by_id, row.revision) == (
        "F41.1", SENTINEL, "April 2026", date(2026, 3, 1), None, cast.staff["Marcus"], 1)


def test_ended_is_not_deleted_and_the_history_says_who_and_when(cast: Cast) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id, is_primary=True, is_provisional=True, when="2026-11-01 10:00")
    change(cast, set_provisional, SetProvisional, diagnosis_id, provisional=False, when="2026-11-05 10:00")
    end(cast, diagnosis_id, "2026-11-10", when="2026-11-12 10:00")
    (noor,) = logged(cast, diagnoses_of, case_id)
    assert noor.in_force == ()
    (view,) = noor.past
    assert (view.code, view.ended_on, view.set_by) == ("F41.1", date(2026, 11, 10), "Marcus Bell")
    assert [(event.act, event.as_of, event.who) for event in view.history] == [
        (DiagnosisAct.SET, date(2026, 3, 1), "Marcus Bell"),
        (DiagnosisAct.MADE_PROVISIONAL, date(2026, 3, 1), "Marcus Bell"),
        (DiagnosisAct.MADE_PRIMARY, date(2026, 3, 1), "Marcus Bell"),
        (DiagnosisAct.CONFIRMED, date(2026, 11, 5), "Marcus Bell"),
        (DiagnosisAct.ENDED, date(2026, 11, 10), "Marcus Bell"),
    ]
    assert [f"{event.at:%d}" for event in view.history] == ["01", "01", "01", "05", "12"]


def test_ended_today_is_still_in_force_today_and_past_tomorrow(cast: Cast) -> None:
    case_id = opened(cast)
    end(cast, add(cast, case_id), "2026-11-12")
    (now,) = logged(cast, diagnoses_of, case_id)
    (later,) = logged(cast, diagnoses_of, case_id, when="2026-11-13 00:01")
    assert [view.code for view in now.in_force] == ["F41.1"] and now.past == ()
    assert later.in_force == () and [view.code for view in later.past] == ["F41.1"]


def test_another_participant_s_are_never_shown(cast: Cast) -> None:
    case_id = opened(cast, CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    add(cast, case_id, "F41.1", who="Maya")
    add(cast, case_id, "F33.1", who="Tom")
    assert codes(cast, case_id, "2026-11-12", "Maya") == ["F41.1"]
    assert codes(cast, case_id, "2026-11-12", "Tom") == ["F33.1"]
    people = {one.name: [view.code for view in one.in_force] for one in logged(cast, diagnoses_of, case_id)}
    assert people == {"Maya Rivera": ["F41.1"], "Tom Rivera": ["F33.1"]}


def test_the_same_person_s_other_case_is_not_mixed_in(cast: Cast) -> None:
    one = opened(cast)
    noor = person(cast, one)
    with at("2026-01-05 09:00"):
        group = cast.do("Dana", open_case, OpenCase(
            type=CaseType.THERAPY_GROUP, name="Thursday", provider_id=cast.staff["Olga"],
            participants=(Taking(person_id=noor),)))
    add(cast, one, "F41.1", is_primary=True)
    add(cast, group, "F43.10", by="Olga", is_primary=True)  # a primary one of its own
    assert primary(cast, one, "2026-11-12") == codes(cast, one, "2026-11-12") == ["F41.1"]
    assert primary(cast, group, "2026-11-12") == codes(cast, group, "2026-11-12") == ["F43.10"]
    assert [view.code for view in logged(cast, diagnoses_of, group, by="Olga")[0].in_force] == ["F43.10"]
    with pytest.raises(NotFound):
        logged(cast, diagnoses_of, group)  # Marcus treats the same person elsewhere


def test_somebody_who_left_keeps_theirs_and_stands_last(cast: Cast) -> None:
    case_id = opened(cast, CaseType.THERAPY_GROUP, "Ada Quill", "Noor Haddad")
    add(cast, case_id, "F41.1", who="Ada")
    with at(NOON):
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=case_id, person_id=person(cast, case_id, "Ada"), left_on=TODAY))
    shown = logged(cast, diagnoses_of, case_id)
    assert [(one.name, one.has_left) for one in shown] == [("Noor Haddad", False), ("Ada Quill", True)]
    assert codes(cast, case_id, "2026-11-12", "Ada") == ["F41.1"]


# --- Primary and provisional


def test_there_is_one_primary_at_a_time_and_days_gone_by_keep_theirs(cast: Cast) -> None:
    case_id = opened(cast)
    first = add(cast, case_id, "F41.1", is_primary=True, when="2026-06-01 10:00")
    second = add(cast, case_id, "F33.1", since="2026-05-01", is_primary=True, when="2026-11-01 10:00")
    assert primary(cast, case_id, "2026-04-01") == primary(cast, case_id, "2026-10-31") == ["F41.1"]
    assert primary(cast, case_id, "2026-11-01") == primary(cast, case_id, "2026-11-12") == ["F33.1"]
    assert codes(cast, case_id, "2026-11-12") == ["F33.1", "F41.1"]  # the primary one first
    assert codes(cast, case_id, "2026-10-31") == ["F41.1", "F33.1"]
    change(cast, make_primary, MakePrimary, first)
    assert primary(cast, case_id, "2026-11-11") == ["F33.1"] and primary(cast, case_id, "2026-11-12") == ["F41.1"]
    assert [row_of(cast, one).is_primary for one in (first, second)] == [True, False]


def test_a_primary_one_after_another_s_end_is_so_from_the_day_after(cast: Cast) -> None:
    case_id = opened(cast)
    end(cast, add(cast, case_id, "F43.23", since="2026-01-10", is_primary=True), "2026-03-31")
    add(cast, case_id, "F41.1", since="2026-03-01", is_primary=True)
    assert primary(cast, case_id, "2026-03-31") == ["F43.23"] and primary(cast, case_id, "2026-04-01") == ["F41.1"]


def test_what_is_over_does_not_become_primary_in_another_s_days(cast: Cast) -> None:
    case_id = opened(cast)
    add(cast, case_id, "F41.1", since="2026-01-10", is_primary=True)
    with pytest.raises(BadInput, match="primary one in that time") as refused:
        add(cast, case_id, "F43.23", since="2026-02-01", ended_on=date(2026, 3, 1), is_primary=True)
    assert refused.value.field == "is_primary"
    old = add(cast, case_id, "F43.23", since="2026-02-01", ended_on=date(2026, 3, 1))
    with pytest.raises(NotInForce):
        change(cast, make_primary, MakePrimary, old)


def test_the_database_too_refuses_a_second_primary_one(cast: Cast) -> None:
    case_id = opened(cast)
    add(cast, case_id, "F41.1", is_primary=True)
    other = add(cast, case_id, "F33.1")
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.get_one(Diagnosis, other).is_primary = True


def test_two_who_act_at_once_leave_one_primary(cast: Cast) -> None:
    case_id = opened(cast)
    noor, marcus = person(cast, case_id), cast.actor("Marcus")

    def set_one(code: str) -> int:
        with database.transaction(cast.engine) as session:
            return add_diagnosis(session, marcus, AddDiagnosis(
                case_id=case_id, person_id=noor, code=code, onset_on=TODAY, is_primary=True))

    with at(NOON), ThreadPoolExecutor(4) as pool:
        made = list(pool.map(set_one, ("F41.1", "F33.1", "F43.10", "Z63.0")))
    assert len(set(made)) == len(codes(cast, case_id, "2026-11-12")) == 4
    assert len(primary(cast, case_id, "2026-11-12")) == 1
    assert sum(row_of(cast, one).is_primary for one in made) == 1


def test_a_provisional_one_is_so_until_the_day_it_is_confirmed(cast: Cast) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id, is_provisional=True, when="2026-10-01 10:00")
    change(cast, set_provisional, SetProvisional, diagnosis_id, provisional=False, when="2026-11-05 10:00")
    assert [in_force(cast, case_id, f"2026-{day}")[0].is_provisional for day in ("10-01", "11-04", "11-05")] == [
        True, True, False]


def test_an_end_can_be_changed_and_taken_back_and_another_primary_one_stays(cast: Cast) -> None:
    case_id = opened(cast)
    first = add(cast, case_id, "F43.23", since="2026-01-10", is_primary=True)
    end(cast, first, "2026-03-31")
    add(cast, case_id, "F41.1", since="2026-04-01", is_primary=True)
    end(cast, first, "2026-02-28")
    assert codes(cast, case_id, "2026-03-31") == []
    end(cast, first, None)
    assert codes(cast, case_id, "2026-11-12") == ["F41.1", "F43.23"]
    assert primary(cast, case_id, "2026-02-28") == ["F43.23"]
    assert primary(cast, case_id, "2026-04-01") == primary(cast, case_id, "2026-11-12") == ["F41.1"]
    with pytest.raises(BadInput, match="open"):
        end(cast, first, None)


def test_what_was_entered_by_mistake_counts_on_no_day_and_stays_to_be_seen(cast: Cast) -> None:
    case_id = opened(cast)
    wrong = add(cast, case_id, "F41.1", is_primary=True)
    change(cast, withdraw_diagnosis, WithdrawDiagnosis, wrong)
    assert codes(cast, case_id, "2026-11-12") == codes(cast, case_id, "2026-03-01") == []
    (noor,) = logged(cast, diagnoses_of, case_id)
    assert [(view.code, view.withdrawn, view.is_primary) for view in noor.past] == [("F41.1", True, False)]
    with pytest.raises(RuleViolation, match="mistake"):
        end(cast, wrong, "2026-11-01")
    add(cast, case_id, "F41.1", is_primary=True)  # the same code again is no repetition
    assert primary(cast, case_id, "2026-03-01") == ["F41.1"]
    assert logged(cast, codes_of_case, case_id, by="Tom")[0].code == "F41.1"
    assert len(logged(cast, codes_of_case, case_id, by="Tom")) == 1


# --- What is refused


@pytest.mark.parametrize(("code", "sentence"), [
    ("F41", r"F41 is not specific enough to be billed\. Choose one of F41\.0, F41\.1, F41\.3, F41\.8, F41\.9\."),
    ("F41.10", r"F41\.10 is not a code of ICD-10-CM\."), ("nonsense", r"NONSENSE is not a code of ICD-10-CM\."),
    ("F50.01", r"F50\.01 is not specific enough to be billed\. Choose one of F50\.010, F50\.011"),
    ("  ", "Choose a code"),
])
def test_a_code_that_may_not_be_billed_is_refused_with_what_to_choose(cast: Cast, code: str, sentence: str) -> None:
    case_id = opened(cast)
    with pytest.raises(BadInput, match=sentence) as refused:
        add(cast, case_id, code)
    assert refused.value.field == "code"
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Diagnosis)).all() == session.scalars(select(DiagnosisChange)).all() == []


@pytest.mark.parametrize("code", ["F41.1", "F32.A", "R45.851", "T74.31XA", "Z63.0", "Z62.820"])
def test_codes_that_may_stand_on_a_bill_are_taken(cast: Cast, code: str) -> None:
    case_id = opened(cast)
    add(cast, case_id, code)
    assert [(found.code, found.problem) for found in in_force(cast, case_id, "2026-11-12")] == [(code, "")]


def test_an_expired_code_is_judged_by_the_day(cast: Cast, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "codes_file", tmp_path / "codes.db")
    add_two_releases()
    case_id = opened(cast)
    kept = add(cast, case_id, "F50.01", when="2026-09-30 23:00")
    assert row_of(cast, kept).release == "April 2026"
    for code, sentence in {
        "F50.01": "F50.01 ended on 30 Sep 2026. Choose one of F50.010.", "F99": "F99 ended on 30 Sep 2026.",
    }.items():
        with pytest.raises(BadInput) as refused:
            add(cast, case_id, code, since="2026-10-05", when="2026-10-15 12:00")
        assert (refused.value.field, str(refused.value)) == ("code", sentence)
    # What was over before it expired can still be entered.
    over = add(cast, case_id, "F99", since="2026-05-01", ended_on=date(2026, 9, 30))
    assert row_of(cast, over).release == "April 2026"
    with pytest.raises(BadInput, match="F99 ended"):
        add(cast, case_id, "F99", since="2026-09-30", ended_on=date(2026, 10, 1))
    with pytest.raises(BadInput, match=r"F55\.9 begins on 1 Oct 2026"):
        add(cast, case_id, "F55.9", since="2026-09-01", when="2026-09-30 12:00")
    # What stays in force is marked on the days on which its code is none any more.
    assert [found.problem for found in in_force(cast, case_id, "2026-09-30") if found.code == "F50.01"] == [""]
    assert [found.problem for found in in_force(cast, case_id, "2026-10-01")] == [
        "F50.01 ended on 30 Sep 2026. Choose one of F50.010."]
    assert logged(cast, diagnoses_of, case_id)[0].in_force[0].problem.startswith("F50.01 ended on 30 Sep 2026.")
    assert code_problem("F50.01", date(2026, 9, 30)) == ""


@pytest.mark.parametrize(("since", "until", "field"), [
    ("2026-11-13", None, "onset_on"), ("2026-03-01", "2026-02-28", "ended_on"),
    ("2026-03-01", "2026-11-13", "ended_on"),
])
def test_days_that_cannot_be_are_refused_at_their_field(cast: Cast, since: str, until: str | None, field: str) -> None:
    case_id = opened(cast)
    with pytest.raises(BadInput) as refused:
        add(cast, case_id, since=since, ended_on=date.fromisoformat(until) if until else None)
    assert refused.value.field == field


def test_today_is_the_practice_s_day(cast: Cast) -> None:
    case_id = opened(cast)
    add(cast, case_id, since="2026-11-12", when="2026-11-12 00:05")
    with pytest.raises(BadInput):
        add(cast, case_id, "F33.1", since="2026-11-13", when="2026-11-12 23:55")  # 13 November in London


def test_the_end_lies_neither_before_the_onset_nor_ahead(cast: Cast) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id)
    for day in ("2026-02-28", "2026-11-13"):
        with pytest.raises(BadInput) as refused:
            end(cast, diagnosis_id, day)
        assert refused.value.field == "ended_on"
    end(cast, diagnosis_id, "2026-03-01")
    assert codes(cast, case_id, "2026-03-01") == ["F41.1"] and codes(cast, case_id, "2026-03-02") == []


def test_the_same_code_is_not_recorded_twice_for_the_same_days(cast: Cast) -> None:
    case_id = opened(cast, CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    first = add(cast, case_id, "F41.1", who="Maya")
    with pytest.raises(BadInput, match="recorded already, since 1 Mar 2026"):
        add(cast, case_id, "f411", who="Maya", since="2026-05-01")
    add(cast, case_id, "F41.1", who="Tom")
    end(cast, first, "2026-06-30")
    add(cast, case_id, "F41.1", who="Maya", since="2026-07-01")
    with pytest.raises(BadInput, match="recorded already"):
        end(cast, first, None)


def test_somebody_who_takes_no_part_has_none(cast: Cast) -> None:
    case_id, other = opened(cast), opened(cast, CaseType.INDIVIDUAL, "Ida Lund")
    with at(NOON), pytest.raises(BadInput, match="does not take part"):
        cast.do("Marcus", add_diagnosis, AddDiagnosis(
            case_id=case_id, person_id=person(cast, other, "Ida"), code="F41.1", onset_on=TODAY))


def test_a_stale_change_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    case_id = opened(cast)
    diagnosis_id = add(cast, case_id)
    end(cast, diagnosis_id, "2026-06-30")
    for verb, command in (
        (end_diagnosis, EndDiagnosis(diagnosis_id=diagnosis_id, revision=1, ended_on=TODAY)),
        (make_primary, MakePrimary(diagnosis_id=diagnosis_id, revision=1)),
        (set_provisional, SetProvisional(diagnosis_id=diagnosis_id, revision=1, provisional=True)),
        (withdraw_diagnosis, WithdrawDiagnosis(diagnosis_id=diagnosis_id, revision=1)),
    ):
        with at(NOON), pytest.raises(Stale):
            cast.do("Marcus", verb, command)
    row = row_of(cast, diagnosis_id)
    assert (row.ended_on, row.revision, row.withdrawn) == (date(2026, 6, 30), 2, False)


def test_losing_the_primary_place_makes_an_open_page_stale(cast: Cast) -> None:
    case_id = opened(cast)
    first = add(cast, case_id, "F41.1", is_primary=True)
    seen = row_of(cast, first).revision
    add(cast, case_id, "F33.1", is_primary=True)
    with at(NOON), pytest.raises(Stale):
        cast.do("Marcus", end_diagnosis, EndDiagnosis(diagnosis_id=first, revision=seen, ended_on=TODAY))


def test_a_second_click_does_nothing(cast: Cast) -> None:
    case_id = opened(cast)
    asked = AddDiagnosis(case_id=case_id, person_id=person(cast, case_id), code="F41.1", onset_on=TODAY)
    with at(NOON):
        once = cast.do("Marcus", add_diagnosis, asked)
        assert cast.do("Marcus", add_diagnosis, asked) == once
        ending = EndDiagnosis(diagnosis_id=once, revision=1, ended_on=TODAY)
        assert cast.do("Marcus", end_diagnosis, ending) == cast.do("Marcus", end_diagnosis, ending) == once
        with pytest.raises(OperationReused):
            cast.do("Marcus", add_diagnosis, asked.model_copy(update={"code": "F33.1"}))
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(Diagnosis)).all()) == 1
        assert len(session.scalars(select(DiagnosisChange)).all()) == 2
    assert len(trail(cast, "add_diagnosis", "end_diagnosis")) == 2


def test_what_was_done_is_never_changed_or_deleted(cast: Cast) -> None:
    add(cast, opened(cast))
    for statement in (
        "update diagnosis_change set act = 'ended'", "delete from diagnosis_change", "delete from diagnosis",
    ):
        with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
            session.execute(text(statement))


# --- Where there are none


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
