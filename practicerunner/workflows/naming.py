"""Keeps the stored names true: what a case is called and found by follows the people in it."""

from sqlalchemy.orm import Session

from practicerunner.records import cases
from practicerunner.records.cases import Case
from practicerunner.rules import names
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import ParticipantStatus


def rename(session: Session, case: Case) -> None:
    """Set a case's name, sort key and search text from its current people; flush before calling.

    A case whose people have all left keeps the name it had. People who left stay findable.
    """
    everybody = cases.people_in(session, case.id)
    present = [person for participant, person in everybody if participant.status is not ParticipantStatus.LEFT]
    if not case.has_own_name and present:
        spoken = [(person.preferred_name or person.first_name, person.last_name) for person in present]
        case.name = names.case_name(spoken, family=capabilities(case.type).family_name)
    leading = None if case.has_own_name or not present else present[0]
    case.sort_key = names.sort_key(leading.first_name, leading.last_name) if leading else names.fold(case.name)
    case.search_text = " ".join([names.fold(case.name), *(person.search_text for _, person in everybody)])
