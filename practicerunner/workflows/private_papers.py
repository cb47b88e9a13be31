"""The papers on which private notes go out: a signed authorisation or a legal order, as long as it stands (C12, C14).

Whoever wrote the notes can attach one and finds what they have uploaded themselves, also once the case is another's.
Of a paper that was withdrawn, or of a form that was replaced, nothing goes out any more.
"""

from sqlalchemy.orm import Session

from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import documents, forms, private_releases
from practicerunner.records.cases import Case
from practicerunner.records.documents import Document
from practicerunner.records.forms import FormAssignment, FormResponse, FormTemplate
from practicerunner.records.people import Person
from practicerunner.records.private_releases import PrivateAuthorization
from practicerunner.vocabulary import FormPurpose
from practicerunner.workflows.access import Actor
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.documents import line_of

FOR_THIS = frozenset({FormPurpose.OTHER, FormPurpose.PRACTICE_DOCUMENT})
"""Purposes of a form on which such a word can stand: a consent to treatment, a policy or an intake never is one."""


class PaperIsGone(RuleViolation):
    """The order was withdrawn under Documents, so nothing goes out by it."""


def documents_to_choose(session: Session, actor: Actor, case: Case) -> dict[int, str]:
    """Documents of a case that the actor may open now: of another's case those that they uploaded themselves."""
    lines = (line_of(session, actor, case, kept) for kept in documents.of_case(session, case.id))
    return {line.document_id: line.title for line in lines if line is not None and not line.needs_reason}


def forms_to_choose(session: Session, actor: Actor, case: Case) -> dict[int, tuple[int, str]]:
    """Handed-in forms on which a word can stand, with whom each is about; none for whoever does not see the case."""
    try:
        people = forms_of_case(session, actor, case.id).people
    except NotFound:
        return {}
    return {
        line.response_id: (of.person_id, line.name) for of in people for line in of.lines
        if line.response_id is not None and line.purpose in FOR_THIS
    }


def check_paper(
    session: Session, actor: Actor, case: Case, person: Person, document_id: int | None, response_id: int | None
) -> None:
    """Refuse a word without a paper of its own kind. Raises BadInput."""
    if (document_id is None) == (response_id is None):
        raise BadInput("document_id", "Choose the signed paper: attach it first, or take the form.")
    if document_id is not None:
        check_document(session, actor, case, document_id)
        return
    response = session.get(FormResponse, response_id)
    if response is None or response.case_id != case.id or response.person_id != person.id:
        raise BadInput("document_id", "Choose a form that was handed in about them here.")
    assignment = session.get_one(FormAssignment, response.assignment_id)
    if session.get_one(FormTemplate, assignment.template_id).purpose not in FOR_THIS:
        raise BadInput(
            "document_id", "A consent or another form of treatment authorises no private note. It takes a paper of "
            "its own.")
    if forms.replacement_of(session, response.id) is not None:
        raise BadInput("document_id", "This form was replaced. Take the one that took its place.")


def check_document(session: Session, actor: Actor, case: Case, document_id: int) -> Document:
    """An uploaded document of a case that the actor may open. Raises BadInput."""
    if document_id not in documents_to_choose(session, actor, case):
        raise BadInput("document_id", "Choose a document that was uploaded here.")
    return session.get_one(Document, document_id)


def papers_of(session: Session, authorization: PrivateAuthorization) -> dict[int, str]:
    """The documents on which the words of an authorisation stand, with what each is called."""
    given = private_releases.standing_words(session, authorization.id)
    return {document.id: document.title for document in private_releases.papers(session, [
        one.document_id for one in given if one.document_id is not None])}


def forms_of(session: Session, authorization: PrivateAuthorization) -> dict[int, str]:
    """The forms on which words of an authorisation stand, with what each is called."""
    given = private_releases.standing_words(session, authorization.id)
    return {one.response_id: private_releases.form_name(session, one.response_id)
            for one in given if one.response_id is not None}


def hold_order(session: Session, document_id: int | None) -> None:
    """Let an order, if there is one, not be withdrawn before this act ends. Raises PaperIsGone for what was."""
    if document_id is not None and any(
        one.archived_at is not None for one in private_releases.papers(session, [document_id], lock=True)
    ):
        raise PaperIsGone
