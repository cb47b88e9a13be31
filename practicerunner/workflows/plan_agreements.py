"""What the people of a treatment plan say to it: recorded beneath the signed plan, for good (G17)."""

from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, RuleViolation, Stale
from practicerunner.records import notes, plans, practice
from practicerunner.records.notes import Note
from practicerunner.records.plans import PlanAgreement
from practicerunner.vocabulary import Action, AgreedHow, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import Line, command
from practicerunner.workflows.forms import SignedFor, desk_problem, signer_of
from practicerunner.workflows.own_word import own_problem
from practicerunner.workflows.plans import people_of, plan_for


class PlanIsNotSigned(RuleViolation):
    """A plan is agreed to once it is signed."""


class RecordAgreement(SignedFor):
    """Somebody agrees to a signed plan: here, by typing their name, or on paper."""

    note_id: int
    version: int
    person_id: int
    how: AgreedHow
    signature: Line = ""
    agreed_on: date | None = None
    """The date on the paper; what is typed here is agreed to today."""


@command(Resource.CLINICAL_NOTE, Action.UPDATE)
def record_agreement(session: Session, actor: Actor, asked: RecordAgreement) -> int:
    """Write down that a participant, or somebody for them, agrees to a signed plan. Returns the note id.

    Raises PlanIsNotSigned, Stale, BadInput at the field that is wrong.
    """
    subject = plan_for(session, actor, Action.UPDATE, asked.note_id, lock=True)
    note, case, today = subject.note, subject.case, clock.today(practice.the_practice(session).zone)
    session.info["case_id"] = case.id
    if note.status not in plans.LOCKED:
        raise PlanIsNotSigned
    if note.version != asked.version:
        raise Stale
    person = next((one for one in people_of(session, note) if one.id == asked.person_id), None)
    if person is None:
        raise BadInput("person_id", "Choose somebody whose plan this is.")
    known = [a for a, _ in plans.agreements_of(session, [note.id]) if a.person_id == person.id]
    signer = signer_of(session, actor, case, person, asked)
    if signer.person_id == person.id:
        problem = own_problem(session, person, agreed_for=bool(known))
        if problem:
            raise BadInput("signed_by_id", problem)
    if any(agreement.agreed_by_id == signer.person_id for agreement in known):
        raise BadInput("signed_by_id", "This person has agreed to this plan already.")
    typed, agreed_on = _given(asked, note, today)
    problem = desk_problem(session, typed, signer, person) if typed else ""
    if problem:
        raise BadInput("signature", problem)
    signed = notes.versions_of(session, note.id)[-1]
    session.add(PlanAgreement(
        id=ids.new_id(), note_id=note.id, version=signed.number, text_hash=signed.text_hash, person_id=person.id,
        agreed_by_id=signer.person_id, capacity=signer.capacity, authority=signer.authority, how=asked.how,
        signature=typed, agreed_on=agreed_on, recorded_by_id=actor.staff_id, recorded_at=clock.now(),
    ))
    session.info["detail"] = f"version {signed.number}, {asked.how}, {signed.text_hash}"
    return note.id


def _given(asked: RecordAgreement, note: Note, today: date) -> tuple[str, date]:
    """The name that was typed, or the date of the paper. Raises BadInput."""
    if asked.how is AgreedHow.AT_SCREEN:
        if not asked.signature.strip():
            raise BadInput("signature", "Let whoever agrees type their name.")
        return asked.signature, today
    if asked.agreed_on is None:
        raise BadInput("agreed_on", "Enter the date on the paper.")
    if asked.agreed_on > today or asked.agreed_on < note.service_date:
        raise BadInput("agreed_on", "The date on the paper lies between the date of the plan and today.")
    return "", asked.agreed_on
