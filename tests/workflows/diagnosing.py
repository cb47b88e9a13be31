"""Cases with diagnoses: what the tests of diagnoses share."""

from datetime import date
from typing import Any

from sqlalchemy import select

from practicerunner import database
from practicerunner.records.audit import AuditRow
from practicerunner.records.diagnoses import Diagnosis
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.diagnoses import (
    AddDiagnosis,
    CodeInForce,
    EndDiagnosis,
    add_diagnosis,
    codes_in_force,
    end_diagnosis,
)
from tests.cast import Cast, at, people_of

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


def logged(cast: Cast, reader: Any, *args: Any, by: str = "Marcus", when: str = NOON) -> Any:
    """Read as a page does: in a transaction, because the reading is logged."""
    actor = cast.actor(by)
    with at(when), database.transaction(cast.engine) as session:
        return reader(session, actor, *args)


def trail(cast: Cast, *actions: str) -> list[AuditRow]:
    with database.reading(cast.engine) as session:
        query = select(AuditRow).where(AuditRow.action.in_(actions)).order_by(AuditRow.seq)
        return list(session.scalars(query))
