"""Whether somebody's own signature is enough: a minor does not consent alone, unless they may by law (A20, D09)."""

from sqlalchemy.orm import Session

from practicerunner.records import acting, forms
from practicerunner.records.acting import ActsFor
from practicerunner.records.forms import FormAssignment, FormVersion
from practicerunner.records.people import Person
from practicerunner.rules import acting as acting_rule
from practicerunner.rules import forms as rule
from practicerunner.rules import signing
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import FormPurpose, SignsAs
from practicerunner.workflows.acting import known_of, today_of
from practicerunner.workflows.minors import consenting_alone


def own_problem(session: Session, person: Person, *, agreed_for: bool) -> str:
    """Why somebody's own word is not enough today, on their own wall; ``agreed_for``: somebody has agreed for them."""
    problem = signing.own_problem(person.birth_date, today_of(session, person), agreed_for=agreed_for)
    return problem if problem and person.id not in consenting_alone(session, [person.id]) else ""


def form_refusal(
    session: Session, person: Person, assignment: FormAssignment, purpose: FormPurpose, *, to_them: bool = False
) -> str:
    """Why somebody cannot sign a form for themselves, and who can; empty if they can, or nothing is agreed to in it.

    A minor may add their own signature once somebody has signed the same form of the same case for them.
    """
    if not own_problem(session, person, agreed_for=False):
        return ""
    if not rule.is_agreement(purpose, rule.from_json(session.get_one(FormVersion, assignment.version_id).content)):
        return ""
    signed = forms.signed_for(
        session, assignment.case_id, person.id, assignment.template_id, but=assignment.replaces_id)
    return "" if signed else signing.minor_refusal(
        who_may_sign(session, person, assignment.case_id), to_them=to_them)


def who_may_sign(session: Session, person: Person, case_id: int) -> list[str]:
    """The names of those who act for somebody and may sign for them today in a case."""
    return [person_name(somebody.first_name, somebody.last_name)
            for somebody in signing_for(session, person, case_id)]


def signing_for(session: Session, person: Person, case_id: int) -> list[Person]:
    """Who acts for somebody, is verified, and may sign for them today in a case."""
    today, found = today_of(session, person), acting.for_clients(session, [person.id])
    refused = refused_to_sign(session, person, case_id)
    return [
        somebody for acts, somebody in found
        if somebody.died_on is None and acts.person_id not in refused and not acting_rule.signing_refusal(
            known_of(session, acts, person, ()), acts_born=somebody.birth_date, today=today)
    ]


def refused_to_sign(session: Session, person: Person, case_id: int) -> set[int]:
    """Who acts or acted for somebody and may sign nothing for them today: denied, or acting no longer or not yet."""
    return {
        acts.person_id for acts, known in _known(session, person)
        if acting_rule.desk_refusal(
            known, None, client_born=person.birth_date, case_id=case_id, today=today_of(session, person))
    }


def refusal_for(session: Session, person: Person, signer_id: int, relation: SignsAs, case_id: int) -> str:
    """Why somebody may not sign for another in a case, as far as decisions say; empty if they may."""
    known = {acts.person_id: known for acts, known in _known(session, person)}
    return acting_rule.desk_refusal(
        known.get(signer_id), relation, client_born=person.birth_date, case_id=case_id, today=today_of(session, person))


def _known(session: Session, person: Person) -> list[tuple[ActsFor, acting_rule.Acting]]:
    """Everybody who acts or acted for somebody, as the rules take it."""
    found = [acts for acts, _ in acting.for_clients(session, [person.id])]
    kept = acting.decisions_of(session, [acts.id for acts in found])
    return [(acts, known_of(session, acts, person, [pair for pair in kept if pair[0].acts_for_id == acts.id]))
            for acts in found]
