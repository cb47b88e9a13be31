"""Signed notes on paper: the whole note, or of a group note the copy for one participant's record.

Drafts, memos and psychotherapy notes never leave (X16); whoever prints must be allowed to export the note, not only to
read it. The reading and the printing are both logged.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from practicerunner.documents.note import Addendum, Passage, Signature, SignedPage, paint_note
from practicerunner.documents.sheet import long_date
from practicerunner.errors import NotFound, NotPermitted, RuleViolation
from practicerunner.records import addenda, amendments, audit, note_lists, notes, plans, practice
from practicerunner.records.addenda import Addendum as AddendumRow
from practicerunner.records.addenda import AddendumReview, AddendumSignature
from practicerunner.records.cases import Case
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.notes import Note, Signer
from practicerunner.records.staff import Staff
from practicerunner.rules import notes as rule
from practicerunner.rules.amendments import beneath_a_note
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.documents import plain_name
from practicerunner.rules.note_details import Details, in_words
from practicerunner.rules.note_forms import own_sections
from practicerunner.rules.plans import agreement_sentence
from practicerunner.rules.releases import is_conjoint
from practicerunner.vocabulary import Action, NoteStatus, Resource, SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader
from practicerunner.workflows.note_pages import MemberView, NotePage, member_view, note_page
from practicerunner.workflows.note_readers import may_open
from practicerunner.workflows.note_text import Header, Written, header_of, written
from practicerunner.workflows.papers import letterhead

AddendumFound = tuple[AddendumRow, AddendumSignature | None, AddendumReview | None]
PRINTED = frozenset({NoteStatus.LOCKED, NoteStatus.AMENDED})
"""States in which a note is a page of the record."""
STAYS = "It is about several people: it leaves the practice only by a release that each adult has authorised."
_SHARED = "The shared part of this note, and the part of one participant. Parts of others stand in their own copies."


class NoteNotSigned(RuleViolation):
    """Only a signed note can be printed; this one is not finished yet."""


class NoteStaysInside(NotPermitted):
    """Memos and psychotherapy notes are never printed or handed out."""


class NoParts(RuleViolation):
    """Only a group note has a copy for each participant."""


@reader(Resource.CASE)
def note_pdf(
    session: Session, actor: Actor, note_id: int, *, person_id: int | None = None, reason: str = ""
) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a signed note; with ``person_id`` one participant's copy of a group note.

    Of a couple or a family it says that it stays in the practice: the record goes out by its release (C42). Needs a
    transaction, because it is logged. Raises NotFound for strangers, NotPermitted, NoteNotSigned, NoParts.
    """
    row = _authorized(session, actor, note_id)
    page = note_page(session, actor, note_id, reason)
    if not isinstance(page, NotePage):
        raise NotPermitted(
            actor=actor, action=Action.EXPORT, resource=rule.resource_for(row.kind, row.case_type),
            resource_id=note_id, case_id=row.case_id)
    paper = signed_page(session, page)
    if person_id is not None:
        paper = member_copy(session, actor, page, paper, person_id, reason)
    if is_conjoint(row.case_type):
        paper = paper.model_copy(update={"facts": (*paper.facts, ("For the practice", STAYS))})
    pdf = paint_note(paper)
    audit.note(
        session, staff_id=actor.staff_id, role=session.info.get("role", ""), action="export_note",
        resource=rule.resource_for(row.kind, row.case_type), resource_id=note_id, case_id=row.case_id,
        detail=f"part of {person_id}" if person_id is not None else "",
    )
    return plain_name(f"{paper.title} {page.line.service_date}.pdf"), "application/pdf", pdf


def may_print(actor: Actor, row: NoteRow) -> bool:
    """Whether a note is one that the actor may hand out, for what a page offers."""
    return row.status in PRINTED and row.kind not in rule.UNSIGNED_KINDS and _may_export(actor, row)


@reader(Resource.CASE)
def printable_parts(session: Session, actor: Actor, note_id: int) -> dict[int, str] | None:
    """Participants of whom there is a copy of a note, by name; ``None`` where the actor may not print the note."""
    row = note_lists.one_row(session, note_id)
    if row is None or not may_print(actor, row):
        return None
    if rule.FORMS[row.form].part is None:
        return {}
    header = notes.versions_of(session, note_id)[-1].content["header"]
    return {int(key): name for key, name in header["present"].items()}


def _may_export(actor: Actor, row: NoteRow) -> bool:
    allowed = may_open(actor, row, Action.EXPORT)
    return allowed is not None and not allowed.needs_reason


def _authorized(session: Session, actor: Actor, note_id: int) -> NoteRow:
    """The note, if the actor may hand it out."""
    row = note_lists.one_row(session, note_id)
    if row is None or may_open(actor, row) is None:
        raise NotFound(actor=actor, action=Action.EXPORT, resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    resource = rule.resource_for(row.kind, row.case_type)
    about = {"actor": actor, "action": Action.EXPORT, "resource": resource, "resource_id": note_id,
             "case_id": row.case_id}
    if row.kind in rule.UNSIGNED_KINDS:
        raise NoteStaysInside(**about)  # type: ignore[arg-type]
    if not _may_export(actor, row):
        raise NotPermitted(**about)  # type: ignore[arg-type]
    if row.status not in PRINTED:
        raise NoteNotSigned
    return row


def signed_page(session: Session, page: NotePage) -> SignedPage:
    """A signed note as a page of paper; callers have read it for somebody."""
    us, line = practice.the_practice(session), page.line
    header = page.header
    return SignedPage(
        title=line.title, dated=line.service_date, subject=header.case_name, zone=us.zone,
        practice=letterhead(us).model_copy(update={"tax_id": ""}),
        facts=(*_facts(header), *_people(header), ("Written by", line.author_name)),
        stamp=_stamp(header),
        sections=(*_passages(page.sections),
                  *(Passage(label=label, text=text) for label, text in in_words(page.details, page.names)),
                  *_agreements(session, line.note_id)),
        parts_label=f"{page.part_label}s" if page.part_label else "",
        parts=_passages(page.parts), signatures=_signatures(session, line.note_id or 0, line.version),
        addenda=_addenda(session, page),
        requests=tuple(one.words for one in page.requests),
    )


def shared_page(session: Session, note: Note, case: Case, person_id: int, until: datetime) -> SignedPage:
    """A signed plan or consultation note as one of those whose it is reads it outside; callers have authorised it.

    Of others it says what its text says: neither who was there, nor diagnoses, nor what another has agreed to or asked
    for. Addenda may speak of anybody: they stand beneath where there is one person, those that were there ``until`` it
    was shared; else the paper says that there are some.
    """
    us, signed = practice.the_practice(session), notes.versions_of(session, note.id)[-1]
    header, kept = header_of(signed.content["header"]), signed.content["header"]
    alone = capabilities(case.type).most == 1
    clinical = rule.is_clinical(case.type, case.clinical_fields)
    about = [("About", header.about)] if header.about and note.person_id is not None else []
    whole = addenda.of_notes(session, note.id)
    added = [one for one in whole if alone and one[0].created_at <= until and (one[2] is None or one[2].done_at)]
    missing = len(whole) - len(added)
    return SignedPage(
        title=rule.title(note.kind, note.form), dated=note.service_date, zone=us.zone,
        subject=header.about if about and not alone else header.case_name,
        practice=letterhead(us).model_copy(update={"tax_id": ""}),
        facts=(*_facts(header), *(_people(header) if alone else about),
               ("Written by", session.get_one(Staff, note.author_id).name)),
        stamp=_stamp(header),
        sections=(
            *_passages(written(note.form, signed.content["sections"], own_sections(note.template), clinical=clinical)),
            *(Passage(label=label, text=text) for label, text in in_words(
                Details(**signed.content.get("details", {})), {**kept["present"], **kept.get("about", {})})),
            *_agreements(session, note.id, person_id)),
        signatures=_signatures(session, note.id, signed.number), addenda=tuple(_addendum(one, "") for one in added),
        requests=tuple(beneath_a_note(one.received_on, one.decision)
                       for one in amendments.beneath(session, note.id) if one.person_id == person_id),
        remark=f"{_many(missing)} beneath this in the record of the practice." if missing else "",
    )


def _facts(header: Header) -> list[tuple[str, str]]:
    said = [("Date of service", f"{header.day:%A}, {header.day.day} {header.day:%B %Y}")]
    if header.start is not None and header.minutes is not None:
        said.append(("Time", f"{header.start:%H:%M}, {header.minutes} minutes"))
    if header.format is not None:
        said.append(("Format", ", ".join(filter(None, (header.format.label, header.place)))))
    return said


def _people(header: Header) -> list[tuple[str, str]]:
    """Who was there, whom it is about, and the codes that were in force on the day."""
    said = []
    if header.about and header.about != header.case_name:
        said.append(("About", header.about))
    if header.present:
        alone = " (individual contact)" if header.individual_contact else ""
        said.append(("Present", ", ".join(header.present) + alone))
    several = len(header.codes or ()) > 1
    for name, codes in header.codes or ():
        said.append((f"Diagnoses of {name}" if several else "Diagnoses", ", ".join(codes)))
    return said


def _stamp(header: Header) -> str:
    if not header.late_entry or header.entered_on is None:
        return ""
    return f"LATE ENTRY: entered {long_date(header.entered_on)} for {long_date(header.day)}"


def _agreements(session: Session, note_id: int | None, person_id: int | None = None) -> tuple[Passage, ...]:
    """Who has agreed to a treatment plan, or that one person has, printed with it."""
    found = plans.agreements_of(session, [note_id]) if note_id is not None else []
    return tuple(
        Passage(label="Agreement", text=". ".join(filter(None, (
            agreement_sentence(one.capacity, one.how, one.signature, one.agreed_on),
            f"Verified: {one.authority}" if one.authority else "", f"Recorded by {who}.",
        )))) for one, who in found if person_id in (None, one.person_id)
    )


def _passages(written: tuple[Written, ...]) -> tuple[Passage, ...]:
    return tuple(Passage(label=one.label, text=one.text) for one in written if one.text.strip())


def _signatures(session: Session, note_id: int, version: int) -> tuple[Signature, ...]:
    """Signatures under the version that counts, as they were kept."""
    return tuple(
        _signature(one, one.role.act, one.signed_at, one.text_hash)
        for one in notes.signatures_of(session, note_id) if one.version == version
    )


def _signature(one: Signer, act: str, at: datetime, text_hash: str) -> Signature:
    return Signature(act=act, name=_name(one.name, one.credentials), licence=one.licence, at=at, text_hash=text_hash)


def _addenda(session: Session, page: NotePage) -> tuple[Addendum, ...]:
    awaits = {line.addendum_id: line.awaits for line in page.addenda}
    return tuple(_addendum(one, awaits[one[0].id]) for one in addenda.of_notes(session, page.line.note_id or 0))


def _addendum(found: AddendumFound, awaits: str) -> Addendum:
    """One addendum with its signatures, and for whom it waits."""
    one, cosigned, review = found
    signatures = [_signature(one, SignatureRole.AUTHOR.act, one.created_at, one.text_hash)]
    if cosigned is not None:
        role = review.review_as if review is not None else SignatureRole.CO_SIGNER
        signatures.append(_signature(cosigned, role.act, cosigned.signed_at, cosigned.text_hash))
    approves = review is not None and review.review_as is SignatureRole.APPROVER
    return Addendum(
        reason=one.reason, text=one.text, signatures=tuple(signatures),
        waits=f"Awaiting {'approval' if approves else 'co-signature'} of {awaits}; not final before that."
        if awaits else "",
    )


def _name(name: str, credentials: str) -> str:
    return f"{name}, {credentials}" if credentials else name


def member_copy(
    session: Session, actor: Actor, page: NotePage, whole: SignedPage, person_id: int, reason: str
) -> SignedPage:
    """What one participant's record has of a group note: no other's part, and no other's name.

    An addendum may speak of anybody, so a copy only says that there are some.
    """
    note_id = page.line.note_id or 0
    if rule.FORMS[page.form].part is None:
        raise NoParts
    view: MemberView = member_view(session, actor, note_id, person_id, reason)
    name = notes.versions_of(session, note_id)[-1].content["header"]["present"][str(person_id)]
    added = len(whole.addenda)
    beneath = f" {_many(added)} beneath the whole note." if added else ""
    return whole.model_copy(update={
        "facts": (*_facts(page.header), ("Present", f"{view.present} people"), ("Copy for", name),
                  ("Written by", page.line.author_name)),
        "sections": _passages(view.sections), "addenda": (), "remark": _SHARED + beneath,
        "parts": (Passage(label=name, text=view.own_part),) if view.own_part.strip() else (),
        "parts_label": page.part_label,
        "requests": tuple(one.words for one in page.requests if one.person_id == person_id),
    })


def _many(added: int) -> str:
    return "One addendum stands" if added == 1 else f"{added} addenda stand"
