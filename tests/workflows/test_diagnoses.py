"""Diagnoses: both days included, one primary at a time, each person's own (C10, DEC8)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records.diagnoses import Diagnosis
from practicerunner.vocabulary import CaseType, DiagnosisAct
from practicerunner.workflows.cases import OpenCase, RemoveParticipant, Taking, open_case, remove_participant
from practicerunner.workflows.diagnoses import (
    AddDiagnosis,
    MakePrimary,
    NotInForce,
    SetProvisional,
    WithdrawDiagnosis,
    add_diagnosis,
    make_primary,
    set_provisional,
    withdraw_diagnosis,
)
from practicerunner.workflows.diagnosis_pages import codes_of_case, diagnoses_of
from tests.cast import Cast, at
from tests.workflows.diagnosing import (
    NOON,
    SENTINEL,
    TODAY,
    add,
    change,
    codes,
    end,
    in_force,
    logged,
    opened,
    person,
    row_of,
)


def primary(cast: Cast, case_id: int, day: str) -> list[str]:
    return [code.code for code in in_force(cast, case_id, day) if code.is_primary]


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
