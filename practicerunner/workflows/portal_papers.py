"""Signed treatment plans and consultation notes that are shared outside the practice (TRUST 3.2).

Whoever may write the note shares it, with somebody whose it is, and ends that at will. A plan is read by whoever acts
for them in matters of forms, too, unless it is confidential to them; a consultation note by nobody else. What they read
is the note's own paper, without what it says of others beside its text. Nothing else that is written is ever shared.
"""

from dataclasses import dataclass
from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.note import paint_note
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import audit, note_shares, notes, practice
from practicerunner.records.cases import Case
from practicerunner.records.note_shares import NoteShare
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import notes as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.documents import plain_name
from practicerunner.rules.names import person_name
from practicerunner.rules.releases import is_conjoint
from practicerunner.rules.scheduling import wall
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import Action, NoteKind, Resource
from practicerunner.workflows.access import Actor, PortalActor, may_touch
from practicerunner.workflows.acting import today_of
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.minors import consenting_in
from practicerunner.workflows.note_papers import PRINTED, shared_page
from practicerunner.workflows.notes import Subject, authorize_note, subject_of
from practicerunner.workflows.portal_access import authorize_portal, called, may_portal
from practicerunner.workflows.portal_documents import present_in, who_act


class NotShared(RuleViolation):
    """Only a signed treatment plan or consultation note is shared in the portal."""


class SharePaper(Command):
    """Say with whom a signed plan or consultation note is shared; nobody is with nobody any more."""

    note_id: int
    person_ids: tuple[int, ...] = Field(max_length=200)
    of_ids: tuple[int, ...] | None = Field(None, max_length=400)
    """Of whom that was asked; everybody else keeps what they have. ``None``: of everybody."""
    confidential: bool | None = None
    """Whether nobody reads it who acts for them; ``None``: as it is."""


@dataclass(frozen=True, slots=True)
class Since:
    """When somebody decided that a note is shared, and who did."""

    on: date
    by: str
    confidential: bool
    """Whether nobody reads it who acts for them."""


@dataclass(frozen=True, slots=True)
class PaperSharing:
    """With whom a note is shared, and with whom it could be."""

    note_id: int
    people: dict[int, str]
    """Whose it is, of those who take part now: by name."""
    relation: str
    """What somebody who takes part is called here."""
    left: dict[int, str]
    """Who takes part no longer and still reads it: by name."""
    shared: dict[int, Since]
    """Who reads it → since when, and who decided it."""
    of_several: bool
    """Whether the case has several people, so that its paper leaves out who was there, diagnoses and addenda."""
    confidential: bool
    may_be_confidential: bool
    """Whether that is a question: somebody acts for one of them, one is a minor, or it is confidential already."""
    alone: frozenset[int]
    """To whom it is confidential whatever is said: minors who consented themselves."""
    also: dict[int, tuple[str, ...]]
    """Who reads it, too, unless it is confidential; nobody for a minor who consents alone."""


@dataclass(frozen=True, slots=True)
class MyPaper:
    """A plan or a consultation note that was shared with somebody."""

    note_id: int
    title: str
    dated: date
    shared_on: date
    case_name: str
    """Empty for whoever may not know who else is in the case."""


# --- What the practice decides


@command(Resource.CLINICAL_NOTE, Action.UPDATE)
def share_paper(session: Session, actor: Actor, asked: SharePaper) -> int:
    """Share a signed plan or consultation note with exactly these people. Returns the note's id.

    Raises NotFound, NotPermitted, NotShared, BadInput.
    """
    subject = subject_of(session, actor, asked.note_id, lock=True)
    authorize_note(session, actor, Action.UPDATE, subject)
    note, case = subject.note, subject.case
    if not _is_shareable(note):
        raise NotShared
    now = {share.person_id: share for share in note_shares.shares_of(session, note.id)}
    if not set(asked.person_ids) <= {*_whose(session, subject), *now}:
        raise BadInput("person_ids", "Choose whose it is, if they take part.")
    if asked.confidential and not capabilities(case.type).confidential:
        raise BadInput("confidential", "Nothing is confidential to one alone in this kind of work.")
    flags = _flags(session, case, asked, now)
    wanted = [one for one in dict.fromkeys((*now, *asked.person_ids)) if one in asked.person_ids or (
        asked.of_ids is not None and one not in asked.of_ids)]
    stays = {one for one, share in now.items() if one in wanted and share.confidential == flags[one]}
    for person_id, share in now.items():
        if person_id not in stays:
            share.ended_at, share.ended_by_id = clock.now(), actor.staff_id
    session.flush()
    session.add_all(_row(actor, note, person_id, flags[person_id], now.get(person_id))
                    for person_id in wanted if person_id not in stays)
    session.info["case_id"] = case.id
    theirs = [one for one in sorted(wanted) if flags[one]]
    session.info["detail"] = f"shared with {', '.join(map(str, sorted(wanted))) or 'nobody'}" + (
        f", confidential to {', '.join(map(str, theirs))}" if theirs else "")
    return note.id


def _flags(session: Session, case: Case, asked: SharePaper, now: dict[int, NoteShare]) -> dict[int, bool]:
    """To whom it is confidential: as it is asked, or stays; always to a minor who consents alone, and kept as such."""
    people = {*now, *asked.person_ids}
    alone = consenting_in(session, case, people)
    said = {one: asked.confidential for one in people if asked.of_ids is None or one in (
        *asked.of_ids, *asked.person_ids)} if asked.confidential is not None else {}
    as_it_is = {one: now[one].confidential if one in now else _is_confidential(now, alone) for one in people}
    return {one: flag or one in alone for one, flag in (as_it_is | said).items()}


def _is_confidential(now: dict[int, NoteShare], alone: frozenset[int]) -> bool:
    """Whether somebody decided so, beside what is always confidential."""
    return any(share.confidential for one, share in now.items() if one not in alone)


def _row(actor: Actor, note: Note, person_id: int, confidential: bool, before: NoteShare | None) -> NoteShare:
    """A share; one that only becomes confidential, or no longer, is as old as it was: later addenda stay out."""
    return NoteShare(
        id=ids.new_id(), note_id=note.id, person_id=person_id, confidential=confidential,
        shared_by_id=before.shared_by_id if before is not None else actor.staff_id,
        created_at=before.created_at if before is not None else clock.now(),
    )


@reader(Resource.CLINICAL_NOTE)
def paper_sharing(session: Session, actor: Actor, note_id: int) -> PaperSharing | None:
    """With whom a note is shared and could be; ``None`` where it is not one that the actor shares.

    Raises NotFound for a note that is not there.
    """
    subject = subject_of(session, actor, note_id)
    note, case = subject.note, subject.case
    of_session = subject.appointment.provider_id if subject.appointment is not None else None
    if not _is_shareable(note) or not may_touch(
        actor, Action.UPDATE, rule.resource_for(note.kind, case.type), case_id=case.id,
        responsible=[note.author_id, case.provider_id, of_session],
    ):
        return None
    us, people, able = practice.the_practice(session), _whose(session, subject), capabilities(case.type)
    now = {share.person_id: share for share in note_shares.shares_of(session, note.id)}
    left = {one: _name(session.get_one(Person, one)) for one in now if one not in people}
    alone = consenting_in(session, case, {*people, *left})
    also = {one: names for one, names in who_act(session, case, {**people, **left}, rule.SHARED_AS[note.kind]).items()
            if one not in alone}
    confidential = _is_confidential(now, alone)
    return PaperSharing(
        note_id=note.id, people=people, relation=able.called, left=left, of_several=able.most != 1,
        shared={one: Since(wall(share.created_at, us.zone).date(), session.get_one(Staff, share.shared_by_id).name,
                           share.confidential) for one, share in now.items()},
        confidential=confidential, alone=alone, also=also,
        may_be_confidential=able.confidential and (confidential or bool(also) or any(
            one not in alone and _is_minor(session, one) for one in people)),
    )


def _name(person: Person) -> str:
    return person_name(person.first_name, person.last_name, person.preferred_name)


def _is_minor(session: Session, person_id: int) -> bool:
    person = session.get_one(Person, person_id)
    return is_adult(person.birth_date, today_of(session, person)) is False


def _is_shareable(note: Note) -> bool:
    return note.kind in rule.SHARED_AS and note.status in PRINTED


def _whose(session: Session, subject: Subject) -> dict[int, str]:
    """Whose a plan or a consultation note is, of those who take part now.

    A plan of one person is theirs alone, one of a couple or a family as a whole each one's. What several people of a
    group, or of one consultation, were part of is shared with nobody: it speaks of the others.
    """
    note, case = subject.note, subject.case
    present = present_in(session, case)
    if capabilities(case.type).most == 1:
        return present
    if note.kind is NoteKind.TREATMENT_PLAN:
        if note.person_id is None:
            return present if is_conjoint(case.type) else {}
        return {one: name for one, name in present.items() if one == note.person_id}
    header = notes.versions_of(session, note.id)[-1].content["header"]
    there = {int(key) for key in (*header["present"], *header.get("about", {}))}
    return {one: name for one, name in present.items() if {one} == there}


# --- Outside the practice


@reader(Resource.CLINICAL_RECORD)
def my_note_papers(session: Session, actor: PortalActor) -> list[MyPaper]:
    """The plans and consultation notes that are shared with the person concerned and open to the reader."""
    us = practice.the_practice(session)
    return [
        MyPaper(note.id, rule.title(note.kind, note.form), note.service_date, wall(share.created_at, us.zone).date(),
                called(session, actor, case))
        for share, note, case in _open_to(session, actor)
    ]


def number_of_papers(session: Session, actor: PortalActor) -> int:
    """How many there are."""
    return len(_open_to(session, actor))


def _open_to(session: Session, actor: PortalActor) -> list[tuple[NoteShare, Note, Case]]:
    return [
        (share, note, case) for share, note, case in note_shares.shared_with(session, actor.for_id)
        if _reads(session, actor, share, note, case)
        and may_portal(session, actor, Action.READ, rule.SHARED_AS[note.kind], case_id=case.id)
    ]


def _reads(session: Session, actor: PortalActor, share: NoteShare, note: Note, case: Case) -> bool:
    """Whether it is there for the reader: not for whoever acts for them, where it is theirs alone."""
    return _is_shareable(note) and (
        actor.client_id is None
        or not (share.confidential or consenting_in(session, case, [share.person_id])))


@reader(Resource.CLINICAL_RECORD)
def my_note_paper(session: Session, actor: PortalActor, note_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a shared plan or consultation note; in a transaction, because it is logged.

    Raises NotFound for what is not shared, NotPermitted.
    """
    share = note_shares.share_between(session, note_id, actor.for_id)
    found = notes.note_with_case(session, note_id) if share is not None else None
    if share is None or found is None or not _reads(session, actor, share, *found):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CLINICAL_RECORD, resource_id=note_id)
    note, case = found
    resource = rule.SHARED_AS[note.kind]
    authorize_portal(session, actor, Action.READ, resource, case_id=case.id, resource_id=note.id)
    page = shared_page(session, note, case, share.person_id, share.created_at)
    audit.note(
        session, person_id=actor.person_id, role=actor.role, action="read_shared_paper", resource=resource,
        resource_id=note.id, case_id=case.id, detail=f"share {share.id}",
    )
    return plain_name(f"{page.title} {note.service_date}.pdf"), "application/pdf", paint_note(page)
