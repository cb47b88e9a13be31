"""Whether somebody's own signature is enough: a minor does not consent alone, unless they may by law (A20, D09)."""

from sqlalchemy.orm import Session

from practicerunner.records import acting, forms
from practicerunner.records.forms import FormAssignment, FormVersion
from practicerunner.records.people import Person
from practicerunner.rules import acting as acting_rule
from practicerunner.rules import forms as rule
from practicerunner.rules import signing
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import FormPurpose
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
    return "" if signed else signing.minor_refusal(who_may_sign(session, person), to_them=to_them)


def who_may_sign(session: Session, person: Person) -> list[str]:
    """The names of those who act for somebody and may sign for them today."""
    today = today_of(session, person)
    return [
        person_name(somebody.first_name, somebody.last_name)
        for acts, somebody in acting.for_clients(session, [person.id])
        if somebody.died_on is None and not acting_rule.signing_refusal(
            known_of(acts, person, ()), acts_born=somebody.birth_date, today=today)
    ]
