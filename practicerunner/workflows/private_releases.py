"""Private notes that leave by an authorisation: released by their author, with a proof, handed out once as PDF (C12).

The text is unsealed while the paper is drawn and kept nowhere else; a release says which notes went to whom, and the
hash of each. What goes out is final. Only their author releases them; what happens after the author has left is
``private_custody``.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.private_notes import PrivateNotes, PrivatePage, paint_private_notes
from practicerunner.documents.sheet import long_date
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import audit, practice, private_releases
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.private_releases import PrivateAuthorization, PrivateCustody, PrivateHandout, PrivateRelease
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules import private_releases as rule
from practicerunner.rules.documents import plain_name
from practicerunner.vocabulary import Action, CustodyEnd, NoteStatus, ProofMethod, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import command, reader
from practicerunner.workflows.papers import letterhead
from practicerunner.workflows.private_authorizations import (
    Authorization,
    case_of_author,
    covered_notes,
    scope_of,
    standing_authorization,
    view,
)
from practicerunner.workflows.private_papers import hold_order
from practicerunner.workflows.proof import Signing, proven
from practicerunner.workflows.psychotherapy import text_of
from practicerunner.workflows.releases import may_hand_out


class NoteOutsideScope(RuleViolation):
    """The authorisation does not cover this note."""


class NothingToRelease(RuleViolation):
    """There is no private note that this covers."""


class DraftStaysInside(RuleViolation):
    """A draft does not go out. Make the note final first, or leave it out."""


class HandedOutAlready(RuleViolation):
    """The paper of this release was handed out already; it is drawn once. Release the notes anew."""


class ReleaseIsOver(RuleViolation):
    """A paper is handed out within 15 minutes of its release. Release the notes anew."""


class NotesHaveChanged(RuleViolation):
    """A note was changed after its release. Release the notes anew."""


class ReleasePrivate(Signing):
    """Hand one's own private notes out under an authorisation: all that it covers, or those of some sessions."""

    authorization_id: int
    appointment_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Private notes that were released: to whom, by whom, under what, how many; never their text."""

    private_release_id: int
    at: datetime
    author: str
    number: int
    recipient: str
    purpose: str
    ground: str
    by: str
    confirmed_by: str
    handed_out: bool
    can_fetch: bool
    """Whether the reader can still take its paper."""

    @property
    def what(self) -> str:
        """What went out, as an accounting of disclosures says it."""
        return f"Private notes of {self.author}, {rule.how_many(self.number).replace('private ', '')}"


@dataclass(frozen=True, slots=True)
class PrivateDisclosures:
    """What of private notes left a case, and by which authorisations more could."""

    released: tuple[Disclosed, ...]
    authorizations: tuple[Authorization, ...]
    zone: str
    today: date


@command(Resource.PSYCHOTHERAPY_NOTE, Action.READ)
def release_private(session: Session, actor: Actor, asked: ReleasePrivate) -> int:
    """Release one's own notes under an authorisation that stands. Returns the release's id.

    Raises NotFound for anybody but their author, PrivateReleaseIsBlocked, NoteOutsideScope, DraftStaysInside,
    NotProven.
    """
    kept = session.get(PrivateAuthorization, asked.authorization_id, with_for_update=FOR_CHANGE)
    if kept is None or kept.author_id != actor.staff_id:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=asked.authorization_id)
    case_of_author(session, actor, Action.READ, kept.case_id, kept.author_id)
    method = proven(actor, asked)
    ground = words_of(session, standing_authorization(session, kept))
    notes = covered_notes(session, kept.author_id, kept.case_id, scope_of(kept))
    if asked.appointment_ids:
        if not set(asked.appointment_ids) <= {appointment.id for _, appointment in notes}:
            raise NoteOutsideScope
        notes = [pair for pair in notes if pair[1].id in asked.appointment_ids]
    if any(note.status is not NoteStatus.FINAL for note, _ in notes):
        raise DraftStaysInside
    made = keep_release(session, PrivateRelease(
        id=ids.new_id(), case_id=kept.case_id, author_id=kept.author_id, recipient=kept.recipient,
        purpose=kept.purpose, ground=ground, authorization_id=kept.id, released_by_id=actor.staff_id, method=method,
        created_at=clock.now(),
    ), notes)
    return made.id


def keep_release(
    session: Session, release: PrivateRelease, notes: list[tuple[PsychotherapyNote, Appointment]]
) -> PrivateRelease:
    """Keep a release with the notes that it is about; callers have authorised it. Raises NothingToRelease."""
    if not notes:
        raise NothingToRelease
    release.notes = {str(note.id): note.revision for note, _ in notes}
    release.sealed = _sealed(notes)
    session.add(release)
    session.info["case_id"] = release.case_id
    beside = f", custody {release.custody_id} confirmed by {release.confirmed_by_id}" if release.custody_id else ""
    session.info["detail"] = (
        f"{rule.how_many(len(notes))} of {release.author_id} to {release.recipient}, "
        f"authorisation {release.authorization_id or 'none'}{beside}, by {release.method}"
    )[:500]
    return release


def _lock(session: Session, notes: list[tuple[PsychotherapyNote, Appointment]]) -> None:
    """Hold some notes as they are now."""
    for note, _ in sorted(notes, key=lambda pair: pair[0].id):
        session.refresh(note, with_for_update=FOR_CHANGE)


def _fix_drafts(notes: list[tuple[PsychotherapyNote, Appointment]]) -> None:
    """What a former author has not made final stays as it goes out, without having been made final by them."""
    for note, _ in notes:
        if note.status is NoteStatus.DRAFT:
            note.status = NoteStatus.FINAL
            note.revision += 1


def _sealed(notes: list[tuple[PsychotherapyNote, Appointment]]) -> dict[str, str]:
    return {str(note.id): sha256(note.ciphertext).hexdigest() for note, _ in notes}


def words_of(session: Session, found: Authorization) -> str:
    """An authorisation in words: who signed it, when, and until when it counts."""
    given = private_releases.words(session, found.authorization_id)
    dated = {one.id: (one.signed_on, one.expires_on) for one in given}
    return "Written authorisation for psychotherapy notes: " + "; ".join(
        f"{one.capacity}, signed on {long_date(dated[one.authorization_id][0])}, valid until "
        f"{long_date(dated[one.authorization_id][1])}"
        for one in found.words if one.authorization_id is not None)


# --- Handing out


@reader(Resource.PSYCHOTHERAPY_NOTE)
def private_release_pdf(session: Session, actor: Actor, private_release_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a release, once, for whoever released it. Needs a transaction: it is logged.

    A draft of a former author is final once it goes out like that; one that nobody fetches stays a draft.

    Raises NotFound, HandedOutAlready, ReleaseIsOver, PrivateReleaseIsBlocked, NotesHaveChanged.
    """
    release = session.get(PrivateRelease, private_release_id, with_for_update=FOR_CHANGE)
    if release is None or release.released_by_id != actor.staff_id:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=private_release_id)
    if release.custody_id is not None:
        authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=(), case_id=release.case_id)
    if private_releases.handout_of(session, release.id) is not None:
        raise HandedOutAlready
    if clock.now() >= release.created_at + rule.HAND_OUT_WITHIN:
        raise ReleaseIsOver
    _check_still_stands(session, release)
    case = session.get_one(Case, release.case_id)
    theirs = private_releases.notes_with_sessions(session, release.author_id, case.id)
    notes = [(note, appointment) for note, appointment in theirs if str(note.id) in release.notes]
    _lock(session, notes)
    if {str(note.id): note.revision for note, _ in notes} != release.notes or release.sealed != _sealed(notes):
        raise NotesHaveChanged
    pdf = paint_private_notes(_paper(session, case, release, notes))
    _fix_drafts(notes)
    session.add(PrivateHandout(
        id=ids.new_id(), release_id=release.id, sha256=sha256(pdf).hexdigest(), created_at=clock.now()))
    audit.note(
        session, staff_id=actor.staff_id, action="hand_out_private_notes", resource=Resource.PSYCHOTHERAPY_NOTE,
        resource_id=release.id, case_id=case.id, detail=f"{rule.how_many(len(notes))} of {release.author_id}",
    )
    return plain_name(f"Psychotherapy notes of {case.name}.pdf"), "application/pdf", pdf


def _check_still_stands(session: Session, release: PrivateRelease) -> None:
    """Refuse what was taken back, or whose author is here again, since the release. Raises ReleaseIsOver and others."""
    if release.authorization_id is not None:
        standing_authorization(session, session.get_one(PrivateAuthorization, release.authorization_id))
    if release.custody_id is not None:
        custody = session.get_one(PrivateCustody, release.custody_id)
        if session.get_one(Staff, release.author_id).active or custody.ended_as is not CustodyEnd.RELEASED:
            raise ReleaseIsOver("The procedure has ended, so nothing is handed out by it.")
        hold_order(session, custody.document_id)


def _paper(
    session: Session, case: Case, release: PrivateRelease, notes: list[tuple[PsychotherapyNote, Appointment]]
) -> PrivateNotes:
    us = practice.the_practice(session)
    by = _signed_name(session, release.released_by_id)
    if release.confirmed_by_id is not None:
        by += f", together with {_signed_name(session, release.confirmed_by_id)}"
    at = release.created_at.astimezone(ZoneInfo(us.zone))
    how = "password" if release.method is ProofMethod.PASSWORD else "authenticator"
    return PrivateNotes(
        practice=letterhead(us).model_copy(update={"tax_id": ""}), subject=case.name, made_on=clock.today(us.zone),
        facts=(
            ("To", release.recipient), ("Purpose", release.purpose), ("Under", release.ground),
            ("Written by", _signed_name(session, release.author_id)), ("Released by", f"{by}, proven by {how}"),
            ("Released on", f"{long_date(at.date())}, {at:%H:%M} ({us.zone})"), ("Notes", str(len(notes))),
        ),
        notes=tuple(PrivatePage(
            dated=appointment.local_date, text=text_of(note),
            standing="Made final by its author" if note.signed_at is not None else "Not made final by its author",
        ) for note, appointment in notes), remark=rule.REDISCLOSURE,
    )


def _signed_name(session: Session, staff_id: int) -> str:
    person = session.get_one(Staff, staff_id)
    return ", ".join(filter(None, (person.name, person.credentials)))


# --- Accounting


@reader(Resource.CASE)
def private_disclosures(session: Session, actor: Actor, case_id: int) -> PrivateDisclosures | None:
    """What of private notes left a case, for whoever may hand out its record; ``None`` for others.

    Never a word of their text. Raises NotFound for strangers.
    """
    case = case_for(session, actor, case_id)
    if not may_hand_out(actor, case):
        return None
    us = practice.the_practice(session)
    return PrivateDisclosures(
        tuple(disclosed(session, actor, release, handout)
              for release, handout in private_releases.releases_of_case(session, case.id)),
        # Of which sessions there are private notes is their author's to know.
        tuple(replace(view(session, one), covered=()) for one in private_releases.of_case(session, case.id)), us.zone,
        clock.today(us.zone),
    )


@reader(Resource.PSYCHOTHERAPY_NOTE)
def my_private_releases(session: Session, actor: Actor, case_id: int) -> list[Disclosed]:
    """What one released oneself of a case, the newest first."""
    return [disclosed(session, actor, release, handout)
            for release, handout in private_releases.releases_of_case(session, case_id)
            if release.released_by_id == actor.staff_id]


def disclosed(session: Session, actor: Actor, release: PrivateRelease, handout: PrivateHandout | None) -> Disclosed:
    """A release as an accounting lists it."""
    confirmed = session.get(Staff, release.confirmed_by_id) if release.confirmed_by_id is not None else None
    fresh = clock.now() < release.created_at + rule.HAND_OUT_WITHIN
    return Disclosed(
        release.id, release.created_at, session.get_one(Staff, release.author_id).name, len(release.notes),
        release.recipient, release.purpose, release.ground, session.get_one(Staff, release.released_by_id).name,
        confirmed.name if confirmed else "", handout is not None,
        handout is None and fresh and release.released_by_id == actor.staff_id,
    )
