"""Reading the procedures for private notes of an author who has left: never a word of a note (C14).

Each of the two reads the paper by which it is asked for, and nothing else of a case that is closed to them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import audit, document_files, practice, private_releases
from practicerunner.records.cases import Case
from practicerunner.records.forms import FormResponse, FormVersion
from practicerunner.records.people import Person
from practicerunner.records.private_releases import PrivateCustody
from practicerunner.records.staff import Staff
from practicerunner.rules import forms as form_rule
from practicerunner.rules import private_releases as rule
from practicerunner.vocabulary import Action, CustodyEnd, CustodyState, Resource, Role
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader
from practicerunner.workflows.form_pages import Answered, answered
from practicerunner.workflows.forms import full_name
from practicerunner.workflows.private_authorizations import covered_notes, view
from practicerunner.workflows.private_custody import (
    authorization_of,
    custody_for,
    order_in_words,
    oversees,
    scope_asked,
    second_to,
    state_of,
)
from practicerunner.workflows.private_papers import PaperIsGone, forms_of, papers_of
from practicerunner.workflows.private_releases import Disclosed, disclosed, words_of

GOING_ON = (CustodyState.OPEN, CustodyState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """A procedure as it stands; never a word of a note."""

    private_custody_id: int
    case_id: int
    case_name: str
    author: str
    state: CustodyState
    standing: str
    """The state in words."""
    number: int
    """How many notes it is about now."""
    reason: str
    ground: str
    recipient: str
    purpose: str
    document_id: int | None
    """The order, as long as each of the two may read it."""
    papers: dict[int, str]
    """Document → its title: the order, or the signed authorisations, as long as each of the two may read them."""
    forms: dict[int, str]
    """The same of authorisations that stand on a form: what was handed in, and what it is called."""
    blocked: str
    """Why nothing goes out by it at the moment; empty where nothing stands against it."""
    opened_by: str
    opened_at: datetime
    until: datetime
    confirmed_by: str
    may_confirm: bool
    may_release: bool
    may_withdraw: bool
    released: Disclosed | None
    zone: str


@dataclass(frozen=True, slots=True)
class FormerNotes:
    """What an owner knows of the private notes of somebody who has left: of which cases, how many, what is asked."""

    staff_id: int
    name: str
    cases: dict[int, tuple[str, int]]
    custodies: tuple[CustodyLine, ...]
    second: tuple[str, ...]
    """Who could confirm beside the reader."""


@dataclass(frozen=True, slots=True)
class AuthorizationForm:
    """An authorisation that was handed in as a form, as it reads on paper."""

    name: str
    person: str
    answers: tuple[Answered, ...]
    signed: str
    """By whom, in which capacity, with what they typed."""
    at: datetime


@reader(Resource.USERS)
def former_notes(session: Session, actor: Actor, staff_id: int) -> FormerNotes | None:
    """What an owner knows of the private notes of somebody who has left: never a word of them.

    ``None`` for others, and while their author works here.
    """
    person = session.get(Staff, staff_id)
    if person is None or person.active or Role.OWNER not in actor.roles:
        return None
    return FormerNotes(
        person.id, person.name,
        {case.id: (case.name, number) for case, number in private_releases.cases_of_author(session, person.id)
         if not actor.is_concerned(case_id=case.id)},
        tuple(_line(session, actor, one) for one in private_releases.custodies_of(session, person.id)
              if not actor.is_concerned(case_id=one.case_id)),
        tuple(second_to(session, actor.staff_id).values()),
    )


@reader(Resource.PSYCHOTHERAPY_NOTE)
def custody_page(session: Session, actor: Actor, private_custody_id: int) -> CustodyLine:
    """One procedure, for an owner or the clinical director; never a word of a note. Raises NotFound."""
    return _line(session, actor, custody_for(session, actor, private_custody_id))


@reader(Resource.PSYCHOTHERAPY_NOTE)
def custodies_waiting(session: Session, actor: Actor) -> list[CustodyLine]:
    """Procedures that wait for the actor: to confirm somebody else's, or to release what was confirmed."""
    if not oversees(actor):
        return []
    found = private_releases.open_custodies(session, clock.now() - rule.CUSTODY_LASTS)
    lines = [_line(session, actor, custody) for custody, _ in found if not actor.is_concerned(case_id=custody.case_id)]
    return [line for line in lines if line.may_confirm or line.may_release]


@reader(Resource.PSYCHOTHERAPY_NOTE)
def custody_paper(
    session: Session, actor: Actor, private_custody_id: int, document_id: int
) -> tuple[str, str, bytes]:
    """File name, media type and bytes of the order, or of a signed authorisation, for each of the two while it goes on.

    Needs a transaction: it is logged. Raises NotFound, FileMissing, FileDamaged.
    """
    custody = custody_for(session, actor, private_custody_id)
    if document_id not in _papers(session, custody):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=private_custody_id, case_id=custody.case_id)
    (document,) = private_releases.papers(session, [document_id])
    content = document_files.read(document.id, document.stored_name, document.sha256)
    _log_paper(session, actor, custody, f"document {document.id}")
    return document.file_name, document.media_type, content


@reader(Resource.PSYCHOTHERAPY_NOTE)
def custody_form(session: Session, actor: Actor, private_custody_id: int, response_id: int) -> AuthorizationForm:
    """An authorisation that stands on a form, for each of the two while it goes on. It is logged. Raises NotFound."""
    custody = custody_for(session, actor, private_custody_id)
    if response_id not in _forms(session, custody):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=private_custody_id, case_id=custody.case_id)
    response = session.get_one(FormResponse, response_id)
    version = session.get_one(FormVersion, response.version_id)
    _log_paper(session, actor, custody, f"form {response.id}")
    return AuthorizationForm(
        version.name, full_name(session.get_one(Person, response.person_id)),
        answered(form_rule.from_json(version.content), response.answers, (), version.number),
        response.capacity + (f" (“{response.signature}”)" if response.signature else ""), response.submitted_at)


def _log_paper(session: Session, actor: Actor, custody: PrivateCustody, what: str) -> None:
    audit.note(
        session, staff_id=actor.staff_id, action="read_custody_paper", resource=Resource.PSYCHOTHERAPY_NOTE,
        resource_id=custody.id, case_id=custody.case_id, detail=what)


def _papers(session: Session, custody: PrivateCustody) -> dict[int, str]:
    """What the second person confirms by, while it goes on: the order, or the signed authorisations, that stand."""
    if state_of(session, custody) not in GOING_ON:
        return {}
    kept = authorization_of(session, custody)
    if kept is not None:
        return papers_of(session, kept)
    found = private_releases.papers(session, [custody.document_id]) if custody.document_id is not None else []
    return {document.id: document.title for document in found if document.archived_at is None}


def _forms(session: Session, custody: PrivateCustody) -> dict[int, str]:
    kept = authorization_of(session, custody)
    return forms_of(session, kept) if kept is not None and state_of(session, custody) in GOING_ON else {}


def _line(session: Session, actor: Actor, custody: PrivateCustody) -> CustodyLine:
    state, opened_by_me = state_of(session, custody), custody.opened_by_id == actor.staff_id
    release = private_releases.release_of_custody(session, custody.id)
    confirmed = session.get(Staff, custody.confirmed_by_id) if custody.confirmed_by_id is not None else None
    standing = custody.ended_as.label if custody.ended_as is not None else (
        CustodyEnd.AUTHOR_BACK.label if state is CustodyState.ENDED else state.label)
    kept = authorization_of(session, custody)
    found = view(session, kept) if kept is not None else None
    papers, going_on = _papers(session, custody), state in GOING_ON
    blocked = "" if not going_on else found.blocked if found is not None else "" if papers else str(PaperIsGone())
    return CustodyLine(
        custody.id, custody.case_id, session.get_one(Case, custody.case_id).name,
        session.get_one(Staff, custody.author_id).name, state, standing,
        len(covered_notes(session, custody.author_id, custody.case_id, scope_asked(session, custody))), custody.reason,
        order_in_words(custody) if found is None else found.blocked or words_of(session, found),
        custody.recipient, custody.purpose, custody.document_id if custody.document_id in papers else None, papers,
        _forms(session, custody), blocked, session.get_one(Staff, custody.opened_by_id).name, custody.created_at,
        rule.until(custody.created_at, custody.confirmed_at), confirmed.name if confirmed else "",
        state is CustodyState.OPEN and not opened_by_me and not blocked,
        state is CustodyState.CONFIRMED and opened_by_me and not blocked, going_on,
        disclosed(session, actor, release, private_releases.handout_of(session, release.id)) if release else None,
        practice.the_practice(session).zone,
    )
