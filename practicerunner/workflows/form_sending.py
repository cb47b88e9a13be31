"""Giving forms to the participants of a case, each their own; reminding of them; taking them back (I03)."""

from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import cases, consent_basis, forms, people, portal, portal_pages, practice
from practicerunner.records.cases import Case
from practicerunner.records.forms import FormAssignment, FormTemplate
from practicerunner.records.people import Person
from practicerunner.rules import forms as rule
from practicerunner.rules import signing
from practicerunner.rules.names import person_name
from practicerunner.rules.notes import is_clinical
from practicerunner.settings import settings
from practicerunner.vocabulary import AccessScope, Action, AssignmentStatus, MessageKind, ParticipantStatus, Resource
from practicerunner.workflows import outbox
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command
from practicerunner.workflows.forms import assignment_for, authorize_in, check_is_open, today_here
from practicerunner.workflows.minors import consenting_in
from practicerunner.workflows.packets import in_packet
from practicerunner.workflows.portal_access import may_for, with_scope


class FormDoesNotFit(RuleViolation):
    """This form does not belong to this kind of case."""


class NowhereToRemind(RuleViolation):
    """There is no e-mail address that this person lets us write to, nor of anybody who signs for them."""


class NotTheirsNow(RuleViolation):
    """This person takes part no longer, so they are not reminded of anything. Take the form back instead."""


class RemindedToday(RuleViolation):
    """A reminder of this form has gone out today already."""


class AssignForms(Command):
    """Give forms to participants of a case, each their own."""

    case_id: int
    template_ids: tuple[int, ...] = Field(min_length=1, max_length=20)
    person_ids: tuple[int, ...] = Field(min_length=1, max_length=200)
    due_on: date | None = None


class SendPacket(Command):
    """Give every participant the forms with which such a case begins, but for what they have or had."""

    case_id: int
    due_on: date | None = None


class WithdrawForm(Command):
    """Take back a form that is not handed in yet."""

    assignment_id: int


class RemindOfForm(Command):
    """Write to somebody that something is still to be filled in."""

    assignment_id: int


@command(Resource.CONSENTS, Action.CREATE)
def assign_forms(session: Session, actor: Actor, asked: AssignForms) -> list[int]:
    """Give each form to each of these participants, unless they still have it to fill in. Returns the new ids.

    Raises FormDoesNotFit, BadInput, NotFound.
    """
    # Two who send at once take turns at the case, so that nobody gets the same form twice.
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.CONSENTS)
    templates = [_to_give(session, actor, case, template_id) for template_id in dict.fromkeys(asked.template_ids)]
    asked_of = list(dict.fromkeys(asked.person_ids))
    if not all(forms.takes_part(session, case.id, person_id, today_here(session)) for person_id in asked_of):
        raise BadInput("person_ids", "Choose people who take part.")
    if asked.due_on is not None and asked.due_on < today_here(session):
        raise BadInput("due_on", "This day is over; choose a later one.")
    still = forms.open_ones(session, case.id, asked_of, [template.id for template in templates])
    versions = forms.current_versions(session, [template.id for template in templates])
    alone = consenting_in(session, case, asked_of)
    made = [
        FormAssignment(
            id=ids.new_id(), case_id=case.id, person_id=person_id, template_id=template.id,
            version_id=versions[template.id].id, due_on=asked.due_on, assigned_by_id=actor.staff_id, draft={},
            confidential=person_id in alone,
        ) for person_id in asked_of for template in templates if (person_id, template.id) not in still
    ]
    if not made:
        raise BadInput("person_ids", "Everybody chosen has this to fill in already.")
    session.add_all(made)
    session.info["detail"] = f"{len(made)} forms"
    return [assignment.id for assignment in made]


def _to_give(session: Session, actor: Actor, case: Case, template_id: int) -> FormTemplate:
    template = session.get(FormTemplate, template_id)
    if template is None or not template.active:
        raise BadInput("template_ids", "This form is not used any more.")
    authorize_in(session, actor, Action.CREATE, rule.sending_resource(template.purpose), case)
    clinical = is_clinical(case.type, case.clinical_fields)
    if template.purpose not in rule.purposes_for(case.type, clinical=clinical):
        raise FormDoesNotFit(f"“{template.name}” does not belong to this kind of case.")
    return template


@command(Resource.CONSENTS, Action.CREATE)
def send_packet(session: Session, actor: Actor, asked: SendPacket) -> list[int]:
    """Give the intake packet of a case to everybody who takes part, and write to them that something waits.

    Returns the new ids. Raises BadInput where everybody has everything, NotFound.
    """
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.CONSENTS)
    if asked.due_on is not None and asked.due_on < today_here(session):
        raise BadInput("due_on", "This day is over; choose a later one.")
    missing = packet_of(session, case)
    if not missing:
        raise BadInput("due_on", "Everybody here has these forms already.")
    templates = {template.id: template for _, template in missing}
    for template in templates.values():
        authorize_in(session, actor, Action.CREATE, rule.sending_resource(template.purpose), case)
    versions = forms.current_versions(session, list(templates))
    alone = consenting_in(session, case, {person.id for person, _ in missing})
    made = [
        FormAssignment(
            id=ids.new_id(), case_id=case.id, person_id=person.id, template_id=template.id,
            version_id=versions[template.id].id, due_on=asked.due_on, assigned_by_id=actor.staff_id, draft={},
            confidential=person.id in alone,
        ) for person, template in missing
    ]
    session.add_all(made)
    us = practice.the_practice(session)
    for person in {person.id: person for person, _ in missing}.values():
        for somebody in _told_of_forms(session, person, case.id, alone=person.id in alone):
            letter = signing.waiting_letter(
                somebody.preferred_name or somebody.first_name, us.name, us.phone, settings().portal_page)
            outbox.put(session, MessageKind.FORM_REMINDER, f"packet:{asked.op}:{somebody.id}", letter.subject,
                       letter.body, person_id=somebody.id, case_id=case.id, own_address_only=person.id in alone)
    session.info["detail"] = f"{len(made)} forms of the packet"
    return [assignment.id for assignment in made]


def _told_of_forms(session: Session, person: Person, case_id: int, *, alone: bool) -> list[Person]:
    """Who is written to about somebody's forms: they, or where they have no address whoever may sign for them.

    ``alone``: what is confidential to them goes to their own address only. Nobody is called to a portal that is closed
    to them.
    """
    address = consent_basis.own_address if alone else people.mail_address
    if address(session, person.id):
        return [] if portal.is_suspended(session, person.id) else [person]
    if alone:
        return []
    return [
        session.get_one(Person, one) for one in with_scope(session, person.id, AccessScope.FORMS, case_id)
        if may_for(session, one, person.id, Action.CREATE, Resource.CONSENTS, case_id=case_id)
        and people.mail_address(session, one) and not portal.is_suspended(session, one)
    ]


def packet_unheard(session: Session, case: Case) -> list[str]:
    """Of whose forms in the packet nobody can be told by e-mail: their names, in the order of the case."""
    here = {person.id: person for person, _ in packet_of(session, case)}
    alone = consenting_in(session, case, set(here))
    return [
        person_name(person.first_name, person.last_name, person.preferred_name) for person in here.values()
        if not _told_of_forms(session, person, case.id, alone=person.id in alone)
    ]


def packet_of(session: Session, case: Case) -> list[tuple[Person, FormTemplate]]:
    """Who still lacks which form or document of their packet (``packets``): neither to fill in nor handed in."""
    templates = in_packet(session, case.type)
    had = portal_pages.had(session, case.id, [one.id for one in templates])
    here = {
        person.id: person for participant, person in cases.people_in(session, case.id)
        if participant.status is ParticipantStatus.ACTIVE
    }
    return [
        (person, template) for person in here.values() for template in templates
        if (person.id, template.id) not in had
    ]


@command(Resource.CONSENTS, Action.CREATE)
def remind_of_form(session: Session, actor: Actor, asked: RemindOfForm) -> int:
    """Write a reminder into the outbox: that something is to be filled in, not what. Returns the assignment's id.

    Where a child has no address, whoever may sign for them is written to.

    Raises NotTheirsNow, NowhereToRemind, RemindedToday, FormIsClosed, FormIsWithdrawn.
    """
    assignment, _ = _sent(session, actor, asked.assignment_id)
    person, today = session.get_one(Person, assignment.person_id), today_here(session)
    us = practice.the_practice(session)
    if not forms.takes_part(session, assignment.case_id, person.id, today):
        raise NotTheirsNow
    told = _told_of_forms(session, person, assignment.case_id, alone=assignment.confidential)
    if not told:
        raise _nowhere(session, person, confidential=assignment.confidential)
    written = []
    for somebody in told:
        letter = signing.reminder_letter(
            somebody.preferred_name or somebody.first_name, us.name, us.phone, settings().portal_page)
        key = f"{assignment.id}:{today}" if somebody is person else f"{assignment.id}:{today}:{somebody.id}"
        written.append(outbox.put(
            session, MessageKind.FORM_REMINDER, f"{MessageKind.FORM_REMINDER}:{key}", letter.subject, letter.body,
            person_id=somebody.id, case_id=assignment.case_id, own_address_only=assignment.confidential,
        ))
    if not any(written):
        raise RemindedToday
    assignment.reminded_at = clock.now()
    return assignment.id


def _nowhere(session: Session, person: Person, *, confidential: bool) -> NowhereToRemind:
    if not people.mail_address(session, person.id):
        return NowhereToRemind()
    if confidential and not consent_basis.own_address(session, person.id):
        return NowhereToRemind("This form is confidential, and somebody else has the same e-mail address.")
    return NowhereToRemind("The portal is closed to this person. Give access back under Relationships, Portal, first.")


@command(Resource.CONSENTS, Action.CREATE)
def withdraw_form(session: Session, actor: Actor, asked: WithdrawForm) -> int:
    """Take a form back that is not handed in; answers that were begun are gone. Returns the assignment's id."""
    assignment, template = _sent(session, actor, asked.assignment_id)
    assignment.status, assignment.closed_at = AssignmentStatus.WITHDRAWN, clock.now()
    assignment.draft, assignment.set_aside = {}, {}
    assignment.revision += 1
    session.info["detail"] = template.name
    return assignment.id


def _sent(session: Session, actor: Actor, assignment_id: int) -> tuple[FormAssignment, FormTemplate]:
    """An open form, locked, for whoever may send such a form in its case."""
    assignment, template, case = assignment_for(session, actor, assignment_id, Action.CREATE)
    authorize_in(session, actor, Action.CREATE, rule.sending_resource(template.purpose), case)
    check_is_open(assignment)
    return assignment, template
