"""Finding clients, the client list, and the page of one case: readers only."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.records import clients
from practicerunner.rules import client_list as rule
from practicerunner.vocabulary import Action, CaseType, Resource
from practicerunner.workflows.access import Actor, visible
from practicerunner.workflows.commands import reader


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case that a search found."""

    case_id: int
    name: str
    type: CaseType


@reader(Resource.CLIENT_DIRECTORY)
def find_cases(session: Session, actor: Actor, text: str, limit: int = 12) -> list[FoundCase]:
    """Cases found by part of a name, phone or e-mail, of every status, within what the actor may see."""
    words = rule.search_words(text)
    if not words:
        return []
    sees = visible(actor, Action.READ, Resource.CLIENT_DIRECTORY)
    return [FoundCase(*row) for row in clients.find(session, words, sees, limit)]
