"""Keeps the stored names true: what a case is called and found by follows the people in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.records import cases
from practicerunner.records.cases import Case
from practicerunner.rules import names
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import CaseType, ParticipantStatus


@dataclass(frozen=True, slots=True)
class Member:
    """What a case's name and search text take from somebody in it."""

    first_name: str
    last_name: str
    preferred_name: str
    search_text: str
    present: bool = True
    """Whether they still take part. People who left stay findable."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What a case is called, sorted by and found by."""

    name: str
    sort_key: str
    search_text: str


def naming(kind: CaseType, name: str, everybody: Sequence[Member], *, own_name: bool) -> Naming:
    """How a case is kept, from its people in order. Without an own name and with nobody left it keeps ``name``."""
    present = [member for member in everybody if member.present]
    if not own_name and present:
        spoken = [(member.preferred_name or member.first_name, member.last_name) for member in present]
        name = names.case_name(spoken, family=capabilities(kind).family_name)
    leading = None if own_name or not present else present[0]
    return Naming(
        name, names.sort_key(leading.first_name, leading.last_name) if leading else names.fold(name),
        " ".join([names.fold(name), *(member.search_text for member in everybody)]),
    )


def rename(session: Session, case: Case) -> None:
    """Set a case's name, sort key and search text from its current people; flush before calling."""
    everybody = [
        Member(person.first_name, person.last_name, person.preferred_name, person.search_text,
               participant.status is ParticipantStatus.ACTIVE)
        for participant, person in cases.people_in(session, case.id)
    ]
    now = naming(case.type, case.name, everybody, own_name=case.has_own_name)
    case.name, case.sort_key, case.search_text = now.name, now.sort_key, now.search_text
