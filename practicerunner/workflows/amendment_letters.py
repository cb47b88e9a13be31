"""To whom the answer to a request to amend goes, found anew on the day of the answer, and the letter of a denial.

A right to act for somebody ends: by a decision, on their 18th birthday, with a consent that is their own. Whoever asked
then hears nothing more; the client does, if their own word is enough, or whoever acts for them now.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.documents.denial import Denial
from practicerunner.documents.note import Passage
from practicerunner.documents.paper import Addressee
from practicerunner.documents.sheet import long_date
from practicerunner.errors import BadInput
from practicerunner.records import practice
from practicerunner.records.amendments import Asked
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import amendments as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import DenialGround
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendments import today_here, who_speaks
from practicerunner.workflows.forms import full_name
from practicerunner.workflows.papers import letterhead
from practicerunner.workflows.releases import is_of_age


@dataclass(frozen=True, slots=True)
class AnsweredTo:
    """To whom an answer goes: one person, or several of whom one is chosen; nobody before somebody may hear it."""

    people: dict[int, str]
    changed: str
    """Why it does not go to who asked; empty where it does."""
    first: str = ""
    """Whom to name before it can be answered, in a sentence; empty where somebody may hear it."""


def answered_to(session: Session, on: Asked) -> AnsweredTo:
    """To whom the answer goes today: who asked, while they may; else the client, or whoever acts for them now."""
    asked_by, speaks = session.get_one(Person, on.request.asked_by_id), who_speaks(session, on)
    if asked_by.id in speaks:
        return AnsweredTo({asked_by.id: speaks[asked_by.id]}, "")
    name, client = full_name(asked_by), full_name(on.person)
    ended = f"{client} has died" if asked_by.id == on.person.id else f"{name} may not act for {client} any more"
    if not speaks:
        first = _to_name(session, on, client)
        return AnsweredTo({}, f"{ended}. {first}", first)
    people = {on.person.id: client} if on.person.id in speaks else speaks
    return AnsweredTo(people, f"{ended}: the answer goes to {' or '.join(people.values())}.")


def _to_name(session: Session, on: Asked, client: str) -> str:
    """Whom to name where nobody may hear the answer: who is of age hears it themselves while they live."""
    who = "their legal representative" if is_of_age(session, on.person) else "a parent or guardian"
    return (f"Nobody is known who may act for {client} now. First name and verify {who} under Who acts for them, in "
            "the case.")


def addressee(session: Session, on: Asked, to_id: int | None) -> Person:
    """Who gets the letter: the only one it can go to, or who was chosen. Raises BadInput."""
    to = answered_to(session, on)
    people = to.people
    if to.first:
        raise BadInput("to_id", to.first)
    if to_id is None and len(people) == 1:
        (to_id,) = people
    if to_id not in people:
        raise BadInput("to_id", "Choose to whom the letter goes.")
    return session.get_one(Person, to_id)


def denial(
    session: Session, actor: Actor, on: Asked, ground: DenialGround | None, basis: str, to_id: int | None, *,
    answer: str = "",
) -> dict[str, Any]:
    """What is kept of why something is not changed, with every fact of the letter as of today. Raises BadInput."""
    if ground is None:
        return {}
    request, us = on.request, practice.the_practice(session)
    able = capabilities(on.case.type)
    to, me = addressee(session, on, to_id), session.get_one(Staff, actor.staff_id)
    head = letterhead(us).model_copy(update={"tax_id": ""})
    word, asked_it = rule.record_word(on.case.type), to.id == request.asked_by_id
    said = [Passage(label="What you asked" if asked_it else "What was asked", text=request.wanted)]
    if answer:
        said.append(Passage(label="What we have changed", text=answer))
    said.append(Passage(label="What we do not change, and why" if answer else "Why we do not make this change",
                        text=f"{ground.label}.\n\n{basis}"))
    reach = " or ".join(part for part in (us.phone.strip(), us.email.strip()) if part)
    said += [Passage(label=label, text=text) for label, text in rule.rights(
        us.name, reach, called=able.called, clinical=able.clinical_fields)]
    letter = Denial(
        practice=head, to=Addressee(name=full_name(to), address=to.address), to_id=to.id,
        written_on=today_here(session), word=word,
        facts=(("Received", long_date(request.received_on)), (f"{word.capitalize()} of", full_name(on.person))),
        sections=tuple(said), signed=", ".join(filter(None, (me.name, me.credentials))),
        heading="" if asked_it else f"A request to amend {'your' if to.id == on.person.id else 'the'} {word}",
    )
    return {"ground": ground, "basis": basis, "letter": letter.model_dump(mode="json")}
