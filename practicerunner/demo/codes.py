"""What the providers of Harbor Lane Practice diagnose, once they know whom they meet. Nobody real is described here."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.demo.caseload import Plan
from practicerunner.records import cases, diagnoses
from practicerunner.records.diagnoses import Diagnosis
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import TwoPersonLabel
from practicerunner.workflows.access import Actor
from practicerunner.workflows.diagnoses import (
    AddDiagnosis,
    EndDiagnosis,
    SetProvisional,
    add_diagnosis,
    end_diagnosis,
    set_provisional,
)

SET_AT, LOOK_AGAIN_AT = 1, 4
"""At which of a case's notes something is set, and at which it is looked at again."""
OF_THEME: dict[str, tuple[tuple[str, ...], ...]] = {
    "sleep": (("F51.01", "F41.1"), ("F51.02",), ("F41.1", "G47.00")),
    "grief": (("F43.21", "Z63.4"), ("Z63.4",), ("F33.1", "Z63.4")),
    "work": (("F43.23", "Z56.6"), ("F41.1", "Z73.0"), ("F43.22",)),
    "panic": (("F41.0",), ("F40.01",), ("F41.0", "F33.0")),
}
"""Theme of an individual's work → what fits it, the primary one first."""
BETWEEN_TWO = {
    TwoPersonLabel.SPOUSES: "Z63.0", TwoPersonLabel.PARTNERS: "Z63.0", TwoPersonLabel.CO_PARENTS: "Z63.8",
    TwoPersonLabel.SIBLINGS: "Z63.8", TwoPersonLabel.ROOMMATES: "Z59.2", TwoPersonLabel.COLLEAGUES: "Z56.4",
    TwoPersonLabel.BUSINESS_PARTNERS: "Z56.4",
}
OF_CHILD, OF_PARENT = ("F93.0", "F91.3", "F43.25"), "Z62.820"
OF_GROUP = ("F41.1", "F43.10", "F33.1", "F40.10", "F43.23", "F34.1", "F41.0")


def diagnose(session: Session, actor: Actor, plan: Plan, case_id: int, day: date, place: int, theme: str) -> None:
    """After the note of an appointment: set what is clear by now, or look again at what was set."""
    if place == SET_AT:
        people = [person.id for _, person in cases.people_in(session, case_id)]
        known: set[int] = set()
        for person_id, code, provisional in _clear(plan, people, theme):
            add_diagnosis(session, actor, AddDiagnosis(
                case_id=case_id, person_id=person_id, code=code, onset_on=day, is_primary=person_id not in known,
                is_provisional=provisional,
            ))
            session.flush()
            known.add(person_id)
    elif place == LOOK_AGAIN_AT:
        _look_again(session, actor, diagnoses.of_case(session, case_id), day)


def _clear(plan: Plan, people: list[int], theme: str) -> Iterator[tuple[int, str, bool]]:
    """Person, code, and whether it is still to be confirmed."""
    able, turn = capabilities(plan.type), sum(map(ord, plan.people[0]))
    if able.most == 1:
        for place, code in enumerate(OF_THEME[theme][turn % 3]):
            yield people[0], code, place == 0 and turn % 4 == 0
    elif plan.label is not None:
        yield from ((person_id, BETWEEN_TWO[plan.label], False) for person_id in people)
        if turn % 2:
            yield people[0], "F43.22", False
    elif able.is_group:
        yield from ((person_id, OF_GROUP[place % len(OF_GROUP)], False) for place, person_id in enumerate(people))
    else:
        yield people[-1], OF_CHILD[turn % len(OF_CHILD)], turn % 2 == 0
        yield people[-1], OF_PARENT, False


def _look_again(session: Session, actor: Actor, found: list[Diagnosis], day: date) -> None:
    """What was provisional is confirmed; of three that stand second, one is over."""
    for row in found:
        if row.is_provisional:
            set_provisional(session, actor, SetProvisional(
                diagnosis_id=row.id, revision=row.revision, provisional=False))
        elif not row.is_primary and row.ended_on is None and sum(map(ord, row.code)) % 3 == 0:
            end_diagnosis(session, actor, EndDiagnosis(diagnosis_id=row.id, revision=row.revision, ended_on=day))
        session.flush()
