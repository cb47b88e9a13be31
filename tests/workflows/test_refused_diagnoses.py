"""What is refused of a diagnosis: codes, days, twice the same, the second click."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, Stale
from practicerunner.records.diagnoses import Diagnosis, DiagnosisChange
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.commands import OperationReused
from practicerunner.workflows.diagnoses import (
    AddDiagnosis,
    EndDiagnosis,
    MakePrimary,
    SetProvisional,
    WithdrawDiagnosis,
    add_diagnosis,
    code_problem,
    end_diagnosis,
    make_primary,
    set_provisional,
    withdraw_diagnosis,
)
from practicerunner.workflows.diagnosis_pages import diagnoses_of
from tests.cast import Cast, at
from tests.code_table import add_two_releases
from tests.workflows.diagnosing import NOON, TODAY, add, codes, end, in_force, logged, opened, person, row_of, trail


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
