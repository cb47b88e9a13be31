"""Uploaded documents of a case: bringing them in, changing what they are called, withdrawing, reading (C11).

Whoever may not read a document gets a list without it. The clinical director sees that there is one, and gets it after
typing a reason, which stands in the audit log and holds for half an hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import audit, cases, document_files, documents, portal_pages
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.cases import Case
from practicerunner.records.documents import Document, DocumentChange, Kept
from practicerunner.rules import documents as rule
from practicerunner.rules.names import person_name
from practicerunner.rules.permissions import Allowed
from practicerunner.vocabulary import Action, DocumentClass, ParticipantStatus, Resource
from practicerunner.workflows.access import Actor, authorize, how_may, may_touch
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, RequiredLine, command, reader
from practicerunner.workflows.minors import consenting_in
from practicerunner.workflows.sent_files import SentFile

REASON_HOLDS = timedelta(minutes=30)


class DocumentWithdrawn(RuleViolation):
    """This document was withdrawn."""


class OthersDocument(NotPermitted):
    """Only whoever uploaded a document can seal it or let more people read it."""


class UploadDocument(SentFile, Command):
    """Keep a file with a case. Raises FileRefused."""

    case_id: int
    title: RequiredLine
    access_class: DocumentClass
    person_id: int | None = None


class ChangeDocument(Command):
    """Change what a document is called, whom it is about and who may read it."""

    document_id: int
    revision: int
    title: RequiredLine
    person_id: int | None
    access_class: DocumentClass
    reason: Line = ""
    """Why more people may read it."""


class WithdrawDocument(Command):
    """Take a document out of the list; it is kept."""

    document_id: int
    reason: RequiredLine


class OpenDocument(Command):
    """Say why one opens a document that takes a reason."""

    document_id: int
    reason: RequiredLine


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document in the list of its case."""

    document_id: int
    revision: int
    title: str
    """Empty while a reason has to be given first."""
    file_name: str
    access_class: DocumentClass
    label: str
    person_id: int | None
    about: str
    """Whom it is about; empty for the case as a whole."""
    author: str
    at: datetime
    size: int
    needs_reason: bool
    classes: tuple[DocumentClass, ...]
    """What the actor may make of it, its own class too; empty where nothing may be changed."""


@dataclass(frozen=True, slots=True)
class CaseDocuments:
    """Documents of a case that its reader may see, the newest first."""

    lines: tuple[DocumentLine, ...]
    offered: tuple[DocumentClass, ...]
    """Classes in which the actor may upload here."""
    labels: dict[DocumentClass, str]
    people: dict[int, str]
    """Whom a document can be about: those who take part, and those who did."""
    here: tuple[int, ...]
    """Those of them who take part now."""

    @property
    def usual(self) -> DocumentClass:
        """The class that is proposed: the clinical one where the actor has it, since fewer people read it."""
        return DocumentClass.CLINICAL if DocumentClass.CLINICAL in self.offered else self.offered[0]


# --- Acts


@command(Resource.DOCUMENTS_ADMIN, Action.CREATE)
def upload_document(session: Session, actor: Actor, asked: UploadDocument) -> int:
    """Keep a file with a case. Returns the document id. Raises BadInput, FileNotWritten."""
    case = case_for(session, actor, asked.case_id)
    _authorize_class(session, actor, case, asked.access_class)
    return keep_document(session, actor, case, asked)


def keep_document(session: Session, actor: Actor, case: Case, asked: UploadDocument) -> int:
    """The same, where callers have authorised it."""
    _check_person(session, case, asked.person_id)
    checked, document_id = asked.checked, ids.new_id()
    session.add(Document(
        id=document_id, case_id=case.id, person_id=asked.person_id, access_class=asked.access_class,
        title=asked.title.strip(), file_name=checked.name, media_type=rule.MEDIA_TYPES[checked.type],
        size=len(checked.content), sha256=document_files.digest(checked.content),
        stored_name=document_files.keep(session, document_id, checked.content), author_id=actor.staff_id,
        confidential=bool(consenting_in(session, case, _about(case, asked.person_id))),
    ))
    session.info["detail"] = f"class: {asked.access_class}"
    return document_id


def _about(case: Case, person_id: int | None) -> set[int]:
    """Whom a document is about: one of those who take part, or all of them."""
    return {person_id} if person_id is not None else {participant.person_id for participant in case.participants}


def _authorize_class(session: Session, actor: Actor, case: Case, access_class: DocumentClass) -> None:
    """May they bring a document of this class into the case?"""
    authorize(
        session, actor, Action.CREATE, rule.RESOURCES[access_class], responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )


def _check_person(session: Session, case: Case, person_id: int | None) -> None:
    if person_id is not None and person_id not in {person.id for _, person in cases.people_in(session, case.id)}:
        raise BadInput("person_id", "Choose somebody who takes part here.")


@command(Resource.DOCUMENTS_ADMIN, Action.UPDATE)
def change_document(session: Session, actor: Actor, asked: ChangeDocument) -> int:
    """Change a document's title, person or class. Returns its id. Raises Stale, OthersDocument, BadInput.

    Fewer readers: whoever may write in the new class; sealed: whoever uploaded it. More readers: whoever uploaded it,
    with a reason.
    """
    document, case = document_to_change(session, actor, asked.document_id)
    if document.revision != asked.revision:
        raise Stale
    if asked.person_id != document.person_id:
        _check_person(session, case, asked.person_id)
        if asked.person_id is not None:  # it is theirs now, and nobody else's to read outside (A34)
            portal_pages.end_shares(session, document.id, asked.person_id, clock.now(), actor.staff_id)
    document.revision += 1
    if asked.access_class is not document.access_class:
        _change_class(session, actor, case, document, asked)
    document.title, document.person_id = asked.title.strip(), asked.person_id
    return document.id


def _change_class(session: Session, actor: Actor, case: Case, document: Document, asked: ChangeDocument) -> None:
    old, new, reason = document.access_class, asked.access_class, asked.reason.strip()
    wider = rule.is_wider(old, new)
    if (wider or new is DocumentClass.SEALED) and document.author_id != actor.staff_id:
        raise OthersDocument(
            actor=actor, action=Action.UPDATE, resource=rule.RESOURCES[new], resource_id=document.id, case_id=case.id)
    _authorize_class(session, actor, case, new)
    if wider and not reason:
        raise BadInput("reason", "Say why more people may read it; it is logged.")
    add_rows(session, DocumentChange, [{
        "document_id": document.id, "revision": document.revision, "staff_id": actor.staff_id, "old_class": old,
        "new_class": new, "reason": reason,
    }])
    document.access_class = new
    session.info["detail"] = f"class: {old} to {new}" + (f", reason: {reason}" if reason else "")


def document_to_change(session: Session, actor: Actor, document_id: int) -> tuple[Document, Case]:
    """The document, locked, for whoever may change it. Raises NotFound, DocumentWithdrawn."""
    document = session.get(Document, document_id, with_for_update=FOR_CHANGE)
    if document is None:
        raise NotFound(
            actor=actor, action=Action.UPDATE, resource=Resource.DOCUMENTS_ADMIN, resource_id=document_id)
    case = session.get_one(Case, document.case_id)
    authorize(
        session, actor, Action.UPDATE, rule.RESOURCES[document.access_class],
        responsible=_responsible(case, document), supervisor_id=case.supervisor_id, resource_id=document.id,
        case_id=case.id,
    )
    if document.archived_at is not None:
        raise DocumentWithdrawn
    session.info["case_id"] = case.id
    return document, case


def _responsible(case: Case, document: Document) -> list[int]:
    """Whose document it is: sealed, its uploader's alone; else the provider's of the case, too."""
    sealed = document.access_class is DocumentClass.SEALED
    return [document.author_id] if sealed else [document.author_id, case.provider_id]


@command(Resource.DOCUMENTS_ADMIN, Action.UPDATE)
def withdraw_document(session: Session, actor: Actor, asked: WithdrawDocument) -> int:
    """Take a document out of the list, with a reason; its file is kept. Returns its id. Raises DocumentWithdrawn."""
    document, _ = document_to_change(session, actor, asked.document_id)
    document.archived_at, document.archived_by_id = clock.now(), actor.staff_id
    document.archived_reason = asked.reason.strip()
    document.revision += 1
    session.info["detail"] = f"reason: {document.archived_reason}"
    return document.id


@command(Resource.DOCUMENTS_CLINICAL, Action.READ)
def open_document(session: Session, actor: Actor, asked: OpenDocument) -> int:
    """Say why one opens a document; for half an hour it can be read. Returns its id."""
    document, case = _to_read(session, actor, asked.document_id)
    _authorize_reading(session, actor, case, document, asked.reason)
    session.info["case_id"], session.info["detail"] = case.id, f"reason: {asked.reason.strip()}"
    return document.id


# --- Reading


@reader(Resource.CASE)
def documents_of_case(session: Session, actor: Actor, case_id: int) -> CaseDocuments:
    """The documents of a case that the actor may see; of those that take a reason, that they are there."""
    case = case_for(session, actor, case_id)
    members = cases.people_in(session, case.id)
    lines = (line_of(session, actor, case, kept) for kept in documents.of_case(session, case.id))
    offered = tuple(one for one in DocumentClass if _may_bring(actor, case, one))
    return CaseDocuments(
        tuple(line for line in lines if line is not None), offered,
        {one: rule.class_label(case.type, one) for one in DocumentClass},
        {person.id: person_name(person.first_name, person.last_name, person.preferred_name) for _, person in members},
        tuple(person.id for participant, person in members if participant.status is not ParticipantStatus.LEFT),
    )


def line_of(session: Session, actor: Actor, case: Case, kept: Kept) -> DocumentLine | None:
    """A line of the list, or nothing for whoever may not know of the document."""
    document, person = kept.document, kept.person
    allowed = _reading(actor, case, document)
    if allowed is None:
        return None
    hidden = allowed.needs_reason and not _reason_stands(session, actor, document)
    about = person_name(person.first_name, person.last_name, person.preferred_name) if person else ""
    return DocumentLine(
        document.id, document.revision, "" if hidden else document.title, "" if hidden else document.file_name,
        document.access_class, rule.class_label(case.type, document.access_class), document.person_id, about,
        kept.author.name, document.created_at, document.size, hidden, _classes(actor, case, document),
    )


def _reading(actor: Actor, case: Case, document: Document) -> Allowed | None:
    """How the actor may read a document, with or without a typed reason; without a refusal."""
    ours = set(_responsible(case, document))
    return how_may(
        actor, Action.READ, rule.RESOURCES[document.access_class], case_id=case.id, own=actor.staff_id in ours,
        supervised=bool(ours & actor.supervisees) or case.supervisor_id == actor.staff_id)


def _may_bring(actor: Actor, case: Case, access_class: DocumentClass) -> bool:
    return may_touch(
        actor, Action.CREATE, rule.RESOURCES[access_class], responsible=[case.provider_id],
        supervisor_id=case.supervisor_id,
    )


def may_change(actor: Actor, case: Case, document: Document) -> bool:
    """Whether the actor may change a document, without a refusal."""
    return may_touch(
        actor, Action.UPDATE, rule.RESOURCES[document.access_class], responsible=_responsible(case, document),
        supervisor_id=case.supervisor_id,
    )


def _classes(actor: Actor, case: Case, document: Document) -> tuple[DocumentClass, ...]:
    own = document.access_class
    if not may_change(actor, case, document):
        return ()
    is_author = document.author_id == actor.staff_id
    return tuple(
        one for one in DocumentClass if one is own or (
            _may_bring(actor, case, one)
            and (is_author or not (rule.is_wider(own, one) or one is DocumentClass.SEALED))
        )
    )


@reader(Resource.CASE)
def fetch_document(session: Session, actor: Actor, document_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a document; in a transaction, because it is audited.

    Raises NotFound for strangers, NotPermitted, DocumentWithdrawn, FileMissing, FileDamaged.
    """
    document, case = _to_read(session, actor, document_id)
    reason = "given" if _reason_stands(session, actor, document) else ""
    role = _authorize_reading(session, actor, case, document, reason)
    if document.archived_at is not None:
        raise DocumentWithdrawn
    content = document_files.read(document.id, document.stored_name, document.sha256)
    audit.note(
        session, staff_id=actor.staff_id, role=role, action="download",
        resource=rule.RESOURCES[document.access_class], resource_id=document.id, case_id=case.id,
        detail=f"class: {document.access_class}",
    )
    return document.file_name, document.media_type, content


def _to_read(session: Session, actor: Actor, document_id: int) -> tuple[Document, Case]:
    document = session.get(Document, document_id)
    if document is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.DOCUMENTS_ADMIN, resource_id=document_id)
    return document, session.get_one(Case, document.case_id)


def _authorize_reading(session: Session, actor: Actor, case: Case, document: Document, reason: str) -> str:
    return authorize(
        session, actor, Action.READ, rule.RESOURCES[document.access_class], responsible=_responsible(case, document),
        supervisor_id=case.supervisor_id, reason=reason, resource_id=document.id, case_id=case.id,
    )


def _reason_stands(session: Session, actor: Actor, document: Document) -> bool:
    """Whether the actor typed a reason for this document in the last half hour."""
    if not actor.is_clinical_director:
        return False
    return documents.has_given_reason(
        session, actor.staff_id, document.case_id, document.id, clock.now() - REASON_HOLDS)


# --- Looking after


def sweep_files(session: Session) -> int:
    """Remove files that an interrupted upload left behind, a day later. Returns how many. For a background job."""
    return document_files.sweep(session)
