"""Who is responsible for whose note: named for one appointment, for a case, or as somebody's default (G13)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import RuleViolation
from practicerunner.records import cases, practice, staff, supervision
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules.supervision import covers, leaves_out, narrowest, signed_as, supervisor_on
from practicerunner.vocabulary import NoteKind, Role, SignatureRole


class NoSupervisor(RuleViolation):
    """Nobody is set as your supervisor who could co-sign this. Ask the practice's owner to set one."""


@dataclass(frozen=True, slots=True)
class Review:
    """That somebody's signature is not the last one: who signs after them, and as what."""

    role: SignatureRole
    supervisor: Staff | None
    """Empty where nobody is set who could."""


def review_of(
    session: Session, author_id: int, roles: Collection[Role], kind: NoteKind, case: Case,
    appointment: Appointment | None, note_id: int | None = None, *, handed_in: bool = False,
    before: SignatureRole | None = None,
) -> Review | None:
    """Who has to sign after an author with these roles, today; ``None`` where their own signature is the last.

    The narrowest counts: to whom this note's review was given, who was chosen for the appointment alone, the case's
    supervisor, and else the author's default of today. Whoever has no assignment of their own reviews as the default
    would: naming somebody never takes a review away. A kind of note that an owner left out waits for nobody (C30);
    where somebody beside the default is responsible, both have to leave it out, and what the default leaves out says
    nothing of a supervisor who was named without an assignment. What was once ``handed_in`` goes on waiting, whichever
    kinds are left out later, and as what it waited ``before`` where the level was lowered to reading alone, the
    supervision ended or the author is no associate any more. Where whoever supervises works here no more, or takes part
    in the case themselves, somebody else is named first.
    """
    today = clock.today(practice.the_practice(session).zone)
    known = staff.supervisions(session, associate_id=author_id)
    if not known and signed_as(roles, None) is None:
        return None
    in_force = [one for one in known if covers(one, today)]
    defaults = [one for one in in_force if one.is_default]
    candidates = [
        supervision.moved_to(session, note_id) if note_id is not None else None,
        appointment.supervisor_id if appointment is not None and appointment.supervisor_is_own else None,
        case.supervisor_id, supervisor_on(defaults, today),
    ]
    people = {one: session.get(Staff, one) for one in candidates if one is not None}
    able = {one for one, person in people.items() if person is not None and may_review(session, person, case.id)}
    chosen = narrowest(candidates, author_id, able)
    own = [one for one in in_force if one.supervisor_id == chosen]
    asked = [*own[-1:], *defaults[-1:]] if own or chosen is None else []
    if asked and not handed_in and all(leaves_out(one.note_kinds, kind) for one in asked):
        return None
    terms = own or defaults
    role = signed_as(roles, terms[-1].level if terms else None)
    if role is None and handed_in:
        role = before
    return Review(role, people[chosen] if chosen is not None else None) if role is not None else None


def can_supervise(person: Staff) -> bool:
    """Whether somebody works here and is a supervisor."""
    return person.active and Role.SUPERVISOR in {held.role for held in person.roles}


def may_review(session: Session, person: Staff, case_id: int) -> bool:
    """Whether somebody can sign after others in a case: a supervisor who works here and takes no part in it."""
    return can_supervise(person) and not takes_part(session, person, case_id)


def takes_part(session: Session, person: Staff, case_id: int) -> bool:
    """Whether a member of staff takes or took part in a case themselves: none of their roles opens it (TRUST A11)."""
    return person.person_id is not None and case_id in cases.case_ids_of(session, person.person_id)
