"""Reading one note as its readers may see it (G12).

A reader that returns text writes a row of the audit log, so it needs a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.errors import NotFound
from practicerunner.records import addenda, amendments, note_lists, notes
from practicerunner.records.cases import Case
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.notes import Note, Signer
from practicerunner.records.staff import Staff
from practicerunner.rules import notes as rule
from practicerunner.rules.amendments import beneath_a_note
from practicerunner.rules.note_details import Details
from practicerunner.rules.note_forms import FORMS, own_sections
from practicerunner.vocabulary import Action, NoteKind, NoteStatus, Resource, SignatureRole
from practicerunner.workflows.access import Actor, how_may
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.documentation import Comment, NoteLine, line_of
from practicerunner.workflows.note_facts import (
    Remote,
    codes_on,
    facts_of,
    late_entry,
    log_codes,
    names_in,
    of_the_same_people,
    remote_of,
)
from practicerunner.workflows.note_readers import adds_beneath, is_supervised, log_opening, may_open
from practicerunner.workflows.note_text import Header, Written, header_of, parts_of, template_name, written
from practicerunner.workflows.notes import Subject, authorize_note, has_risk, missing_details, subject_of
from practicerunner.workflows.plan_goals import GoalChoice, goals_for
from practicerunner.workflows.plan_parts import missing_of_plan
from practicerunner.workflows.supervision import Review, review_of


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """What somebody sees of a note whose text is not theirs to read."""

    line: NoteLine
    needs_reason: bool
    """Whether a typed reason would open it (DEC15)."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it is shown."""

    name: str
    """With credentials and licence, as of the moment of signing."""
    role: SignatureRole
    signed_at: datetime
    zone: str
    """IANA name of the zone in which the time is printed."""
    version: int
    text_hash: str
    """SHA-256 over the canonical text that was signed, hexadecimal."""
    intact: bool
    """Whether the text still has that hash."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was signed."""

    number: int
    sections: tuple[Written, ...]
    parts: tuple[Written, ...]
    details: Details


@dataclass(frozen=True, slots=True)
class AddendumLine:
    """An addendum beneath a note."""

    addendum_id: int
    name: str
    at: datetime
    reason: str
    text: str
    awaits: str
    """Name of whoever has to co-sign it; empty if nobody has to any more."""
    cosigned_by: str
    cosigned_at: datetime | None
    may_cosign: bool
    signed_as: SignatureRole
    """As what somebody signs, or has signed, beneath it."""


@dataclass(frozen=True, slots=True)
class AskedBeneath:
    """That somebody asked for this note to be amended, and what became of it (C27)."""

    amendment_id: int
    person_id: int
    words: str


@dataclass(frozen=True, slots=True)
class NotePage:
    """A note with its text, for those who may read it."""

    line: NoteLine
    revision: int
    form: str
    header: Header
    names: dict[str, str]
    """Person id as text → name, of those who were present, or whom it is about."""
    clinical: bool
    sections: tuple[Written, ...]
    parts: tuple[Written, ...]
    part_label: str
    details: Details
    has_risk: bool
    """Whether it has the risk line."""
    remote: Remote | None
    """What the telehealth statement needs, of a session that was not in one room."""
    template: str
    """Name of the template it was begun from, as it was then; empty for a built-in form."""
    missing: tuple[str, ...]
    """What has to be filled in before it can be signed: labels, and whose part says nothing yet."""
    signatures: tuple[Signed, ...]
    versions: tuple[Version, ...]
    comments: tuple[Comment, ...]
    addenda: tuple[AddendumLine, ...]
    requests: tuple[AskedBeneath, ...]
    supervisor: str
    """Who co-signs, or will; empty where nobody has to."""
    review_as: SignatureRole | None
    """As what they sign it."""
    lacks_supervisor: bool
    may_write: bool
    may_discard: bool
    may_review: bool
    may_amend: bool
    for_desk: bool
    """Of a memo: whether the front desk may read it."""
    may_mark: bool
    """Whether the reader says so: the author of a memo."""
    goals: tuple[GoalChoice, ...]
    """The goals of a plan that its author may name in it; nothing where there is no plan, or once it is fixed."""
    previous: "Previous | None"
    """The note before it, for who writes or reviews this one; whoever reads this one alone has not read that one."""

    @property
    def present_ids(self) -> frozenset[int]:
        """Ids of those who were present, or whom it is about."""
        return frozenset(map(int, self.names))


@dataclass(frozen=True, slots=True)
class Previous:
    """The last signed note of the same case, to read beside the one being written or reviewed."""

    note_id: int
    kind: NoteKind
    title: str
    service_date: date
    author_name: str
    sections: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class MemberView:
    """A group note as one participant's record has it: the shared part and their own, nobody else's name."""

    note_id: int
    service_date: date
    status: NoteStatus
    sections: tuple[Written, ...]
    own_part: str
    present: int
    """How many were there."""


@reader(Resource.CASE)
def note_page(session: Session, actor: Actor, note_id: int, reason: str = "") -> NotePage | NoteFacts:
    """A note with its text for those who may read it, state and dates for those who may only see the case.

    A clinical director who is not the author gets the text after typing a reason. The reading is logged, so this
    needs a transaction. Raises NotFound for strangers.
    """
    row = note_lists.one_row(session, note_id)
    if row is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    allowed = may_open(actor, row)
    if allowed is None or (allowed.needs_reason and not reason.strip()):
        case_for(session, actor, row.case_id)
        return NoteFacts(line_of(actor, row), needs_reason=allowed is not None)
    subject = subject_of(session, actor, note_id)
    authorize_note(session, actor, Action.READ, subject, reason=reason, row=row)
    page = _page(session, actor, subject, row)
    logged = f"reason: {reason.strip()}" if allowed.needs_reason else ""
    log_opening(session, actor, subject.case, note_id, row.kind, logged)
    if page.previous is not None:
        log_opening(session, actor, subject.case, page.previous.note_id, page.previous.kind)
    return page


@reader(Resource.CASE)
def member_view(session: Session, actor: Actor, note_id: int, person_id: int, reason: str = "") -> MemberView:
    """A group note for one participant's record. Raises NotFound where that person has no part in it."""
    subject = subject_of(session, actor, note_id)
    authorize_note(session, actor, Action.READ, subject, reason=reason)
    sections, parts, _, header = _text(session, subject)
    if str(person_id) not in {*header["present"], *header.get("about", ())}:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    note = subject.note
    log_opening(session, actor, subject.case, note.id, note.kind, f"part of {person_id}")
    return MemberView(
        note.id, note.service_date, note.status,
        written(note.form, sections, subject.own_sections, clinical=subject.clinical),
        parts.get(str(person_id), ""), len(header["present"]),
    )


def _text(
    session: Session, subject: Subject
) -> tuple[dict[str, str], dict[str, str], Details, dict[str, Any]]:
    """Sections, parts, details and header: of the signed version once it is fixed, of the draft before."""
    note = subject.note
    if note.status in rule.SIGNED:
        content = notes.versions_of(session, note.id)[-1].content
        return content["sections"], content["parts"], Details(**content.get("details", {})), content["header"]
    entered_on, late = late_entry(session, subject)
    if note.version:
        late = notes.versions_of(session, note.id)[0].content["header"]["late_entry"]
    names = names_in(session, note.case_id)
    header = facts_of(session, subject, names) | {
        "late_entry": late, "entered_on": entered_on if late else None, "names": names,
    }
    return note.sections, note.parts, Details(**note.details), header


def _page(session: Session, actor: Actor, subject: Subject, row: NoteRow) -> NotePage:
    note, clinical = subject.note, subject.clinical
    sections, parts, details, header = _text(session, subject)
    own = subject.own_sections
    if note.status not in rule.SIGNED and subject.appointment is None and header.get("about"):
        header["codes"] = codes_on(session, actor, subject, list(header["about"]))
        if header["codes"]:
            log_codes(session, actor, subject)
    fixed = note.status in rule.SIGNED or note.status is NoteStatus.FINAL
    missing = (
        *rule.missing_sections(note.form, sections, own, clinical=clinical),
        *missing_details(session, subject, header["present"]), *missing_of_plan(session, note),
        *(f"Part of {header['present'][key]}"
          for key in rule.missing_parts(note.form, parts, header["present"], clinical=clinical)),
    )
    versions = notes.versions_of(session, note.id)
    hashes = {v.number: rule.text_hash(v.content) for v in versions}
    is_author = actor.staff_id == note.author_id
    review: Review | None = None
    if note.kind not in rule.UNSIGNED_KINDS and note.supervisor_id is not None and fixed:
        review = Review(note.review_as or SignatureRole.CO_SIGNER, session.get(Staff, note.supervisor_id))
    elif note.kind not in rule.UNSIGNED_KINDS and is_author and not fixed:
        review = review_of(
            session, note.author_id, actor.roles, note.kind, subject.case, subject.appointment, note.id,
            handed_in=note.submitted_at is not None, before=note.review_as)
    supervisor = review.supervisor if review else None
    reviews, involved = note.supervisor_id == actor.staff_id, is_author or is_supervised(actor, row)

    def may_sign(*, own: bool, supervised: bool) -> bool:
        return how_may(actor, Action.SIGN, rule.resource_for(note.kind, subject.case.type), case_id=note.case_id,
                       own=own, supervised=supervised) is not None

    may_write = is_author and not fixed
    may_review = note.status is NoteStatus.SUBMITTED and not is_author and may_sign(own=False, supervised=reviews)
    adds, form, names = adds_beneath(actor, row), FORMS[note.form], header.get("names") or header["present"]
    return NotePage(
        line=line_of(actor, row), revision=note.revision, form=note.form, clinical=clinical,
        header=header_of(header), names={**header["present"], **header.get("about", {})},
        details=details, has_risk=has_risk(subject),
        remote=remote_of(session, subject, header["present"], details),
        template=template_name(note, clinical=clinical),
        sections=written(note.form, sections, own, clinical=clinical), parts=parts_of(note.form, parts, header),
        part_label=form.part.label if form.part else "", missing=() if fixed else missing,
        signatures=tuple(
            Signed(signer_line(s), s.role, s.signed_at, s.zone, s.version, s.text_hash,
                   hashes.get(s.version) == s.text_hash)
            for s in notes.signatures_of(session, note.id)
        ),
        versions=tuple(
            Version(v.number, written(note.form, v.content["sections"], own, clinical=clinical),
                    parts_of(note.form, v.content["parts"], v.content["header"]),
                    Details(**v.content.get("details", {})))
            for v in versions
        ),
        comments=tuple(
            Comment(c.version, name, c.created_at, c.text, rule.section_label(note.form, c.section, names, own))
            for c, name in notes.comments_of(session, [note.id]) if involved
        ),
        addenda=_addenda(session, actor, note),
        requests=tuple(
            AskedBeneath(one.id, one.person_id, beneath_a_note(one.received_on, one.decision))
            for one in (amendments.beneath(session, note.id) if note.version else ())),
        supervisor=supervisor.name if supervisor else "",
        review_as=review.role if review else None,
        lacks_supervisor=review is not None and supervisor is None, may_write=may_write,
        may_discard=is_author and not fixed and not note.version,
        may_review=may_review,
        may_amend=note.status in (NoteStatus.LOCKED, NoteStatus.AMENDED) and may_sign(own=adds[0], supervised=adds[1]),
        for_desk=note.memo_for_desk, may_mark=is_author and note.kind is NoteKind.MEMO,
        goals=goals_for(session, actor, subject) if is_author and not fixed else (),
        previous=_previous(session, actor, note, header) if may_write or may_review else None,
    )


def signer_line(signer: Signer) -> str:
    """Name, credentials and licence of a signer, as of the moment of signing."""
    licence = f"licence {signer.licence}" if signer.licence else ""
    return ", ".join(filter(None, (signer.name, signer.credentials, licence)))


def _addenda(session: Session, actor: Actor, note: Note) -> tuple[AddendumLine, ...]:
    lines = []
    for addendum, signature, review in addenda.of_notes(session, note.id):
        waiting = review is not None and review.done_at is None
        supervisor = session.get(Staff, review.supervisor_id) if review is not None and waiting else None
        lines.append(AddendumLine(
            addendum.id, signer_line(addendum), addendum.created_at, addendum.reason,
            addendum.text, supervisor.name if supervisor else "",
            signer_line(signature) if signature else "",
            signature.signed_at if signature else None,
            supervisor is not None and actor.staff_id != addendum.staff_id and actor.staff_id == supervisor.id,
            review.review_as if review is not None else SignatureRole.CO_SIGNER,
        ))
    return tuple(lines)


def _previous(session: Session, actor: Actor, note: Note, header: Mapping[str, Any]) -> Previous | None:
    """The last signed note of the case, of the same people, that the actor may read without giving a reason."""
    people = {int(key) for key in header.get("about") or header["present"]}
    found = notes.signed_before(session, note, rule.SIGNED, 5)
    several = len(header.get("names", ())) != 1
    for earlier in of_the_same_people(session, found, people, several=several):
        row = note_lists.one_row(session, earlier.id)
        allowed = may_open(actor, row) if row else None
        if row and allowed and not allowed.needs_reason:
            clinical = rule.is_clinical(row.case_type, session.get_one(Case, row.case_id).clinical_fields)
            return Previous(
                earlier.id, earlier.kind, rule.title(earlier.kind, earlier.form), earlier.service_date, row.author.name,
                written(earlier.form, earlier.sections, own_sections(earlier.template), clinical=clinical),
            )
    return None
