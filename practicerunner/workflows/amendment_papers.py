"""Requests to amend the record on paper: the letter of a denial, and the page that goes along with the record."""

from sqlalchemy.orm import Session

from practicerunner.documents.denial import Denial, paint_denial
from practicerunner.documents.note import Passage, Signature, SignedPage
from practicerunner.documents.sheet import long_date
from practicerunner.errors import NotFound
from practicerunner.records import amendments, audit, practice
from practicerunner.records.amendments import AmendmentRequest, AmendmentWord, Asked
from practicerunner.records.cases import Case
from practicerunner.records.documents import Document
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules import amendments as rule
from practicerunner.rules import notes as note_rule
from practicerunner.rules.documents import plain_name
from practicerunner.vocabulary import Action, AmendmentDecision, AmendmentWordKind, DocumentClass, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendment_lists import reading
from practicerunner.workflows.amendments import amendment_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.forms import full_name
from practicerunner.workflows.papers import letterhead


@reader(Resource.AMENDMENTS)
def denial_pdf(session: Session, actor: Actor, amendment_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a written denial, as it was on its day; in a transaction: it is audited.

    Raises NotFound, NotPermitted.
    """
    on = amendment_for(session, actor, amendment_id, Action.EXPORT)
    if not on.request.letter:
        raise NotFound(actor=actor, action=Action.EXPORT, resource=Resource.AMENDMENTS, resource_id=amendment_id,
                       case_id=on.case.id)
    letter = Denial.model_validate(on.request.letter)
    audit.note(
        session, staff_id=actor.staff_id, role=session.info.get("role", ""), action="export_denial",
        resource=Resource.AMENDMENTS, resource_id=amendment_id, case_id=on.case.id)
    return plain_name(f"Answer {letter.written_on} {letter.to.name}.pdf"), "application/pdf", paint_denial(letter)


def amendments_on_paper(
    session: Session, actor: Actor, case: Case, person_id: int | None
) -> tuple[list[SignedPage], list[str]]:
    """What somebody asked to be amended, as pages of their record, and what that leaves out.

    Of one participant's record or extract only what is about that one; what was withdrawn is on none.
    """
    found = [on for on in reversed(amendments.of_case(session, case.id))
             if person_id in (None, on.person.id) and on.request.decision is not AmendmentDecision.WITHDRAWN]
    readable = [on for on in found if (allowed := reading(session, actor, on)) is not None and not allowed.needs_reason]
    closed = len(found) - len(readable)
    many = "request" if closed == 1 else "requests"
    return [_page(session, on) for on in readable], [
        f"Not in it: {closed} {many} to amend that {'is' if closed == 1 else 'are'} not yours to read."] * bool(closed)


def _page(session: Session, on: Asked) -> SignedPage:
    request, us = on.request, practice.the_practice(session)
    people = amendments.names(session, [request.recorded_by_id, request.closed_by_id])
    recorded = people.get(request.recorded_by_id or 0)
    act, by = ("Recorded", recorded.name) if recorded else ("Sent", request.capacity)
    signatures = [Signature(act=act, name=by, at=request.created_at)]
    if request.closed_at is not None and request.closed_by_id is not None:
        decided = people[request.closed_by_id]
        signatures.append(Signature(
            act="Answered", name=", ".join(filter(None, (decided.name, decided.credentials))), at=request.closed_at))
    return SignedPage(
        title="Request to amend", dated=request.received_on, subject=full_name(on.person), zone=us.zone,
        practice=letterhead(us).model_copy(update={"tax_id": ""}), facts=_facts(session, on),
        sections=tuple(_sections(session, request)), signatures=tuple(signatures),
    )


def _facts(session: Session, on: Asked) -> tuple[tuple[str, str], ...]:
    request = on.request
    said = [("Received", f"{long_date(request.received_on)}, {request.channel.label.lower()}"),
            ("Asked by", request.capacity)]
    note = session.get(Note, request.note_id) if request.note_id is not None else None
    if note is not None:
        said.append(("About", f"{note_rule.title(note.kind, note.form)} of {long_date(note.service_date)}"))
    elif request.document_id is not None:
        said.append(("About", _document(session, request.document_id)))
    standing = rule.standing_in_words(request.decision)
    return (*said, ("Answer", standing[:1].upper() + standing[1:]))


def _document(session: Session, document_id: int) -> str:
    """What a document is called on paper; one that its author keeps sealed is not named."""
    found = session.get_one(Document, document_id)
    return found.title if found.access_class is not DocumentClass.SEALED else "A document"


def _sections(session: Session, request: AmendmentRequest) -> list[Passage]:
    said = [Passage(label="What was asked", text=request.wanted)]
    if request.answer:
        beneath = "\n".join(
            f"By the addendum to the {note_rule.title(note.kind, note.form).lower()} of {long_date(note.service_date)}."
            for _, note in amendments.changes_of(session, request.id))
        said.append(Passage(label="What was changed", text=f"{request.answer}\n{beneath}".strip()))
    if request.ground is not None:
        said.append(Passage(label="What was denied, and why", text=f"{request.ground.label}.\n\n{request.basis}"))
    words = amendments.words_of(session, request.id)
    for kind, label in ((AmendmentWordKind.STATEMENT, "Statement of disagreement"),
                        (AmendmentWordKind.REBUTTAL, "Answer to the statement")):
        if kind in words:
            said.append(Passage(label=f"{label}, {long_date(words[kind].given_on)}", text=_added(session, words[kind])))
    return said


def _added(session: Session, kept: AmendmentWord) -> str:
    """Its text, and which paper says it; who wrote it down."""
    paper = "" if kept.document_id is None else (
        f"On paper: {_document(session, kept.document_id)}, kept with this record; hand it out with this copy.")
    return "\n\n".join(filter(None, (
        kept.text.strip(), paper, f"Recorded by {session.get_one(Staff, kept.recorded_by_id).name}.")))
