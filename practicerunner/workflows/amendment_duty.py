"""With whom a request to amend stands: who decides about it, and who has to see to it where nobody could.

The provider of the case decides, or their supervisor where they sign nothing alone. Once the provider has left it falls
to the author of the note it is about, to a supervisor, and to the owners, who give the case to somebody else.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import practice, staff
from practicerunner.records.amendments import Asked
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Role
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_readers import signs_here
from practicerunner.workflows.supervision import Review, may_review, review_of, takes_part


@dataclass(frozen=True, slots=True)
class Duty:
    """Who decides about a request, who else has it on their Today, and what an owner has to do about it."""

    deciders: tuple[Staff, ...] = ()
    beside: frozenset[int] = frozenset()
    """Who looks after it with their supervisor."""
    why: str = ""
    """Why an owner has to see to it, in a few words; empty where none has to."""
    remedy: str = ""
    """What the owner does, in a sentence."""

    def is_with(self, actor: Actor) -> bool:
        """Whether it stands with somebody: to decide, to look after, or to find who can."""
        return self.decides(actor) or actor.staff_id in self.beside or (
            bool(self.why) and Role.OWNER in actor.roles)

    def decides(self, actor: Actor) -> bool:
        """Whether somebody is named to decide."""
        return actor.staff_id in {one.id for one in self.deciders}

    @property
    def names(self) -> str:
        """Who decides, by name."""
        return " or ".join(one.name for one in self.deciders)


def duty_of(session: Session, on: Asked) -> Duty:
    """With whom a request stands today."""
    provider = session.get_one(Staff, on.case.provider_id)
    if _able(session, on, provider):
        return _of(session, on, provider)
    note = session.get(Note, on.request.note_id) if on.request.note_id is not None else None
    author = session.get_one(Staff, note.author_id) if note is not None else provider
    found = _of(session, on, author) if _able(session, on, author) else Duty(
        tuple(_supervisors(session, on, provider)))
    why = f"{provider.name} {_cannot(provider)}"
    return Duty(found.deciders, found.beside, why,
                f"{why}. An owner names another provider, who then answers the request.")


def _cannot(provider: Staff) -> str:
    """Why a provider does not answer; that somebody is a client here is not said to everybody who sees the case."""
    if not provider.active:
        return "has left"
    return "may not answer this one" if signs_here(provider) else "treats nobody any more"


def _of(session: Session, on: Asked, somebody: Staff) -> Duty:
    """With somebody who works here: their own word, or with their supervisor."""
    review = review_for(session, on, somebody.id, {held.role for held in somebody.roles})
    if review is None:
        return Duty((somebody,))
    beside = frozenset({somebody.id})
    if review.supervisor is not None:
        return Duty((review.supervisor,), beside)
    return Duty((), beside, f"{somebody.name} has no supervisor", (
        f"Nobody can decide about this: {somebody.name} signs nothing alone, and has no supervisor who could. An owner "
        "names one on the staff page, who then decides."))


def _supervisors(session: Session, on: Asked, provider: Staff) -> list[Staff]:
    """Who supervises the work of a provider who has left: named on the case, or their own."""
    today = clock.today(practice.the_practice(session).zone)
    term = staff.supervision_of(session, provider.id, today)
    ids = dict.fromkeys(one for one in (on.case.supervisor_id, term.supervisor_id if term else None) if one is not None)
    return [person for person in (session.get_one(Staff, one) for one in ids)
            if may_review(session, person, on.case.id)]


def _able(session: Session, on: Asked, person: Staff) -> bool:
    return signs_here(person) and not takes_part(session, person, on.case.id)


def review_for(session: Session, on: Asked, staff_id: int, roles: Collection[Role]) -> Review | None:
    """Who decides in somebody's place, as they sign their notes; ``None`` where their own word is the last."""
    note = session.get(Note, on.request.note_id) if on.request.note_id is not None else None
    kind = note.kind if note is not None else capabilities(on.case.type).main_note
    return review_of(session, staff_id, roles, kind, on.case, None)
