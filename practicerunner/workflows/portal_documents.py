"""Documents that are shared outside the practice: with whom, by whom, until when; reading and downloading them (C11).

A document is shared with somebody who takes part; one that is about a participant with that participant alone (A34).
Whoever acts for them reads what is administrative, never what is clinical. What is sealed is shared with nobody.
"""

from dataclasses import dataclass
from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import acting, audit, document_files, documents, portal_pages, practice, requests
from practicerunner.records.cases import Case
from practicerunner.records.documents import Document
from practicerunner.records.people import Person
from practicerunner.records.portal_pages import DocumentShare
from practicerunner.rules import documents as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import wall
from practicerunner.vocabulary import Action, DocumentClass, Resource
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.audiences import full_name, relation_of, role_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.documents import DocumentWithdrawn, document_to_change, may_change
from practicerunner.workflows.portal_access import authorize_portal, called, may_portal

SHARED = (DocumentClass.ADMIN, DocumentClass.CLINICAL)


class SealedIsNotShared(RuleViolation):
    """A sealed document is yours alone. Change who can read it before you share it."""


class ShareDocument(Command):
    """Say with whom a document is shared outside the practice; nobody is with nobody any more."""

    document_id: int
    person_ids: tuple[int, ...] = Field(max_length=200)
    confidential: bool | None = None
    """Whether nobody reads it who acts for them; ``None``: as it is."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """With whom a document is shared, and with whom it could be: by name, and what they are to the case (A34)."""

    people: dict[int, str]
    relation: str
    """What somebody who takes part is called here."""
    shared_with: tuple[int, ...]
    confidential: bool
    """Whether nobody reads it who acts for them."""
    may_be_confidential: bool
    also: dict[int, tuple[str, ...]]
    """Who reads it, too, unless it is confidential: ``Elena Castellano, guardian of Leo Castellano``."""


@dataclass(frozen=True, slots=True)
class MyDocument:
    """A document that was shared with somebody."""

    document_id: int
    title: str
    file_name: str
    size: int
    shared_on: date
    case_name: str
    """Empty for whoever may not know who else is in the case."""


@command(Resource.DOCUMENTS_ADMIN, Action.UPDATE)
def share_document(session: Session, actor: Actor, asked: ShareDocument) -> int:
    """Share a document with exactly these people. Returns its id. Raises NotFound, BadInput, SealedIsNotShared."""
    document, case = document_to_change(session, actor, asked.document_id)
    wanted = set(asked.person_ids)
    if wanted and document.access_class not in SHARED:
        raise SealedIsNotShared
    if not wanted <= set(_may_get(present_in(session, case), document)):
        raise BadInput("person_ids", "Choose whom the document is about, if they take part.")
    if asked.confidential is not None:
        if asked.confidential and not capabilities(case.type).confidential:
            raise BadInput("confidential", "Nothing is confidential to one alone in this kind of work.")
        document.confidential = asked.confidential
    now = {share.person_id: share for share in portal_pages.shares_of(session, [document.id])}
    for person_id, share in now.items():
        if person_id not in wanted:
            share.ended_at, share.ended_by_id = clock.now(), actor.staff_id
    session.add_all(
        DocumentShare(id=ids.new_id(), document_id=document.id, person_id=person_id, shared_by_id=actor.staff_id,
                      shared_at=clock.now())
        for person_id in asked.person_ids if person_id not in now
    )
    session.info["case_id"] = case.id
    session.info["detail"] = f"shared with {', '.join(map(str, sorted(wanted))) or 'nobody'}" + (
        ", confidential" if document.confidential else "")
    return document.id


def present_in(session: Session, case: Case) -> dict[int, str]:
    """Who takes part now, by name."""
    return {
        one.id: person_name(one.first_name, one.last_name, one.preferred_name)
        for one in requests.present(session, case.id, today_here(session))
    }


def _may_get(present: dict[int, str], document: Document) -> dict[int, str]:
    """With whom a document can be shared: those who take part or, if it is about one of them, that one."""
    return {one: name for one, name in present.items() if document.person_id in (None, one)}


@reader(Resource.DOCUMENTS_ADMIN)
def sharing_in_case(session: Session, actor: Actor, case_id: int) -> dict[int, Sharing]:
    """Document → with whom it is shared and could be, of those that the actor may change. Raises NotFound."""
    case = case_for(session, actor, case_id)
    found = [
        kept.document for kept in documents.of_case(session, case.id)
        if kept.document.access_class in SHARED and may_change(actor, case, kept.document)
    ]
    if not found:
        return {}
    shares, present = portal_pages.shares_of(session, [one.id for one in found]), present_in(session, case)
    called_here = capabilities(case.type).called
    acting_here = who_act(session, case, present, Resource.DOCUMENTS_ADMIN)
    return {
        one.id: Sharing(
            _may_get(present, one), called_here,
            tuple(share.person_id for share in shares if share.document_id == one.id),
            one.confidential, capabilities(case.type).confidential,
            acting_here if one.access_class is DocumentClass.ADMIN else {},
        ) for one in found
    }


def who_act(
    session: Session, case: Case, present: dict[int, str], resource: Resource
) -> dict[int, tuple[str, ...]]:
    """Who of those who act for somebody reads something of theirs, by name and relation."""
    found: dict[int, tuple[str, ...]] = {}
    for acts, person in acting.for_clients(session, list(present)):
        somebody = PortalActor(person.id, full_name(person), role_of(acts), acts.client_id)
        if person.died_on is None and may_portal(
            session, somebody, Action.READ, resource, case_id=case.id
        ):
            relation = relation_of(acts, session.get_one(Person, acts.client_id))
            found[acts.client_id] = (*found.get(acts.client_id, ()), f"{somebody.name}, {relation}")
    return found


# --- Outside the practice


@reader(Resource.DOCUMENTS_ADMIN)
def my_documents(session: Session, actor: PortalActor) -> list[MyDocument]:
    """What is shared with the person concerned, as far as it is open to the reader, the latest first."""
    us = practice.the_practice(session)
    return [
        MyDocument(
            document.id, document.title, document.file_name, document.size, wall(share.shared_at, us.zone).date(),
            called(session, actor, case),
        )
        for share, document, case in portal_pages.shared_with(
            session, actor.for_id, for_another=actor.client_id is not None)
        if document.access_class in SHARED
        and may_portal(session, actor, Action.READ, rule.RESOURCES[document.access_class], case_id=case.id)
    ]


def number_shared(session: Session, actor: PortalActor) -> int:
    """How many documents are shared with the person concerned, as far as it is open to the reader."""
    return sum(
        access_class in SHARED
        and may_portal(session, actor, Action.READ, rule.RESOURCES[access_class], case_id=case_id)
        for access_class, case_id in portal_pages.classes_shared_with(
            session, actor.for_id, for_another=actor.client_id is not None)
    )


@reader(Resource.DOCUMENTS_ADMIN)
def my_document(session: Session, actor: PortalActor, document_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a shared document; in a transaction, because it is audited.

    Raises NotFound for what is not shared, NotPermitted, DocumentWithdrawn, FileMissing, FileDamaged.
    """
    document = session.get(Document, document_id)
    if document is None or document.access_class not in SHARED or document.person_id not in (
        None, actor.for_id
    ) or (
        document.confidential and actor.client_id is not None
    ) or portal_pages.share_between(session, document.id, actor.for_id) is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.DOCUMENTS_ADMIN, resource_id=document_id)
    resource = rule.RESOURCES[document.access_class]
    authorize_portal(
        session, actor, Action.READ, resource, case_id=document.case_id, resource_id=document.id)
    if document.archived_at is not None:
        raise DocumentWithdrawn
    content = document_files.read(document.id, document.stored_name, document.sha256)
    audit.note(
        session, person_id=actor.person_id, role=actor.role, action="download", resource=resource,
        resource_id=document.id, case_id=document.case_id, detail=f"class: {document.access_class}",
    )
    return document.file_name, document.media_type, content
