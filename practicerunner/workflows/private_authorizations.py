"""Authorisations for private notes: to whom one author's notes of a case may go, which, and whose word is there (C12).

They are kept apart from every consent and from releases of the record; none can be used in the place of another. The
author writes them down, after they have left an owner; whoever may hand out the record writes down that one was taken
back. A word counts as long as its paper stands. Nothing of this opens the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import practice, private_releases
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.people import Person
from practicerunner.records.private_releases import PrivateAuthorization, PrivateWord
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules import notes as note_rule
from practicerunner.rules import private_releases as rule
from practicerunner.rules.private_releases import Scope
from practicerunner.vocabulary import Action, AuthorizationState, DocumentClass, NoteStatus, Resource
from practicerunner.workflows.access import Actor, authorize, may
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.documents import UploadDocument, keep_document
from practicerunner.workflows.private_papers import check_paper, documents_to_choose, forms_to_choose
from practicerunner.workflows.releases import GivenWord, Word, check_given, may_hand_out, who_decides, word_of
from practicerunner.workflows.sent_files import SentFile


class AuthorWorksHere(RuleViolation):
    """Their author works here: only the author can release private notes."""


class PrivateReleaseIsBlocked(RuleViolation):
    """Private notes go out once each adult who took part has authorised that."""


class PreparePrivate(Command):
    """Say to whom one author's private notes of a case may go, and which."""

    case_id: int
    author_id: int
    recipient: RequiredLine
    purpose: RequiredLine
    first_on: date | None = None
    last_on: date | None = None
    appointment_ids: tuple[int, ...] = ()
    """The sessions themselves, in the place of the days."""


class RecordPrivateWord(GivenWord):
    """Write down that somebody has signed an authorisation for private notes, and on which paper."""

    authorization_id: int
    document_id: int | None = None
    response_id: int | None = None
    """A form that was handed in, in the place of an uploaded document."""


class AttachPrivatePaper(SentFile, Command):
    """Keep the signed paper of an authorisation with the case, whoever's the case is now. Raises FileRefused."""

    authorization_id: int
    title: RequiredLine


class WithdrawPrivateWord(Command):
    """Write down that somebody has taken their authorisation for private notes back."""

    word_id: int


@dataclass(frozen=True, slots=True)
class Covered:
    """A private note that an authorisation covers: its session and state, never its text."""

    appointment_id: int
    day: date
    status: NoteStatus


@dataclass(frozen=True, slots=True)
class Authorization:
    """To whom notes may go, which, and whose word is there and whose is missing."""

    authorization_id: int
    author_id: int
    author: str
    recipient: str
    purpose: str
    scope: Scope
    words: tuple[Word, ...]
    covered: tuple[Covered, ...]
    lost: tuple[str, ...] = ()
    """Who has signed on a paper that was withdrawn since, or on a form that was replaced, and on no other."""

    @property
    def blocked(self) -> str:
        """Why nothing goes out; empty once it may."""
        return rule.blocked_sentence([
            one.name for one in self.words if one.state is not AuthorizationState.AUTHORIZED])


@dataclass(frozen=True, slots=True)
class PrivateCase:
    """What one author's private notes of a case can be released by."""

    case_id: int
    author_id: int
    authorizations: tuple[Authorization, ...]
    sessions: dict[int, date]
    """Session → day of each note there is, the newest first."""
    documents: dict[int, str]
    """Uploaded documents of the case that the reader may open."""
    forms: dict[int, tuple[int, str]]
    """Handed-in forms on which a word can stand: whose, and what it is called."""
    today: date


# --- What is written down


@command(Resource.PSYCHOTHERAPY_NOTE, Action.CREATE)
def prepare_private(session: Session, actor: Actor, asked: PreparePrivate) -> int:
    """Begin to collect the words for a release of private notes. Returns the authorisation's id.

    Raises NotFound, AuthorWorksHere, BadInput.
    """
    case = case_of_author(session, actor, Action.CREATE, asked.case_id, asked.author_id)
    scope = _scope(session, case, asked)
    made = PrivateAuthorization(
        id=ids.new_id(), case_id=case.id, author_id=asked.author_id, recipient=asked.recipient.strip(),
        purpose=asked.purpose.strip(), first_on=scope.first_on, last_on=scope.last_on,
        appointment_ids=list(scope.appointment_ids), prepared_by_id=actor.staff_id, created_at=clock.now(),
    )
    session.add(made)
    session.info["case_id"] = case.id
    return made.id


def _scope(session: Session, case: Case, asked: PreparePrivate) -> Scope:
    """Which notes are asked for. Raises BadInput."""
    theirs = private_releases.notes_with_sessions(session, asked.author_id, case.id)
    if asked.appointment_ids:
        if not set(asked.appointment_ids) <= {appointment.id for _, appointment in theirs}:
            raise BadInput("appointment_ids", "Choose sessions of which there is a private note.")
        return Scope(appointment_ids=tuple(dict.fromkeys(asked.appointment_ids)))
    if asked.first_on is None or asked.last_on is None:
        raise BadInput("first_on" if asked.first_on is None else "last_on",
                       "Say from which day to which, or choose the sessions.")
    if asked.last_on < asked.first_on:
        raise BadInput("last_on", "The last day comes before the first.")
    scope = Scope(asked.first_on, asked.last_on)
    if not any(scope.covers(appointment.id, appointment.local_date) for _, appointment in theirs):
        raise BadInput("first_on", "There is no private note of a session in these days.")
    return scope


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def record_private_word(session: Session, actor: Actor, asked: RecordPrivateWord) -> int:
    """Keep that somebody authorised a release of private notes, or who signs for them. Returns the word's id.

    Raises NotFound, AuthorWorksHere, BadInput at the field that is wrong.
    """
    authorization, case = _to_change(session, actor, asked.authorization_id)
    person = _needed(session, authorization).get(asked.person_id)
    if person is None:
        raise BadInput("person_id", "Choose somebody who took part and whose authorisation is needed.")
    given = private_releases.standing_words(session, authorization.id)
    signer = check_given(session, actor, case, person, asked, given)
    check_paper(session, actor, case, person, asked.document_id, asked.response_id)
    word = PrivateWord(
        id=ids.new_id(), authorization_id=authorization.id, person_id=person.id, signed_by_id=signer.person_id,
        signs_as=signer.signs_as, capacity=signer.capacity,
        authority=signer.authority, signed_on=asked.signed_on, expires_on=asked.expires_on,
        document_id=asked.document_id, response_id=asked.response_id, recorded_by_id=actor.staff_id,
        created_at=clock.now(),
    )
    session.add(word)
    session.info["case_id"] = case.id
    session.info["detail"] = f"authorisation {authorization.id}, person {person.id}, until {asked.expires_on}"
    return word.id


def _to_change(session: Session, actor: Actor, authorization_id: int) -> tuple[PrivateAuthorization, Case]:
    """An authorisation, locked, and its case. Raises NotFound, AuthorWorksHere."""
    authorization = session.get(PrivateAuthorization, authorization_id, with_for_update=FOR_CHANGE)
    if authorization is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=authorization_id)
    return authorization, case_of_author(
        session, actor, Action.UPDATE, authorization.case_id, authorization.author_id)


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def attach_private_paper(session: Session, actor: Actor, asked: AttachPrivatePaper) -> int:
    """Keep the signed paper of an authorisation as an administrative document of its case. Returns the document's id.

    Whoever accounts for what left the case finds it there. Raises NotFound, AuthorWorksHere, FileNotWritten.
    """
    authorization, case = _to_change(session, actor, asked.authorization_id)
    document_id = keep_document(session, actor, case, UploadDocument(
        op=asked.op, case_id=case.id, title=asked.title, access_class=DocumentClass.ADMIN,
        file_name=asked.file_name, content=asked.content))
    session.info["case_id"], session.info["detail"] = case.id, f"authorisation {authorization.id}"
    return document_id


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def withdraw_private_word(session: Session, actor: Actor, asked: WithdrawPrivateWord) -> int:
    """Keep that an authorisation was taken back: from now on nothing goes out by it. Returns the word's id.

    Raises NotFound.
    """
    word = session.get(PrivateWord, asked.word_id, with_for_update=FOR_CHANGE)
    authorization = session.get_one(PrivateAuthorization, word.authorization_id) if word is not None else None
    case = session.get_one(Case, authorization.case_id) if authorization is not None else None
    if word is None or authorization is None or case is None or not (
        authorization.author_id == actor.staff_id or may_hand_out(actor, case)
    ):
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=asked.word_id)
    if word.withdrawn_at is None:
        word.withdrawn_at, word.withdrawn_by_id = clock.now(), actor.staff_id
    session.info["case_id"] = case.id
    session.info["detail"] = f"authorisation {authorization.id}, person {word.person_id}"
    return word.id


# --- The doors


def case_of_author(session: Session, actor: Actor, action: Action, case_id: int, author_id: int) -> Case:
    """The case of which somebody has private notes: for the author, and once they have left for an owner.

    Raises NotFound, AuthorWorksHere.
    """
    case, author = session.get(Case, case_id), session.get(Staff, author_id)
    ours = actor.staff_id == author_id
    if case is None or author is None or not (ours or may(actor, Action.MANAGE, Resource.USERS)) or (
        not private_releases.notes_with_sessions(session, author_id, case_id)
    ):
        raise NotFound(actor=actor, action=action, resource=Resource.PSYCHOTHERAPY_NOTE, case_id=case_id)
    if ours:
        authorize(session, actor, action, Resource.PSYCHOTHERAPY_NOTE, responsible=[author_id], case_id=case_id)
    else:
        authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=(), case_id=case_id)
        if author.active:
            raise AuthorWorksHere
    return case


def standing_authorization(session: Session, authorization: PrivateAuthorization) -> Authorization:
    """An authorisation by which notes may go out today; its papers stand until this act ends.

    Raises PrivateReleaseIsBlocked, which says who is missing.
    """
    private_releases.papers(session, [
        one.document_id for one in private_releases.words(session, authorization.id) if one.document_id is not None
    ], lock=True)
    found = view(session, authorization)
    if found.blocked or not found.words:
        raise PrivateReleaseIsBlocked(found.blocked or None)
    return found


def covered_notes(session: Session, author_id: int, case_id: int, scope: Scope) -> list[
    tuple[PsychotherapyNote, Appointment]
]:
    """The notes of an author that are meant, the oldest session first; still encrypted."""
    return [(note, appointment) for note, appointment in
            private_releases.notes_with_sessions(session, author_id, case_id)
            if scope.covers(appointment.id, appointment.local_date)]


def scope_of(kept: PrivateAuthorization) -> Scope:
    """Which notes an authorisation covers."""
    return Scope(kept.first_on, kept.last_on, tuple(kept.appointment_ids))


# --- Reading


@reader(Resource.PSYCHOTHERAPY_NOTE)
def private_case(session: Session, actor: Actor, case_id: int, staff_id: int) -> PrivateCase:
    """By what one author's private notes of a case can be released: for the author, or an owner once they have left.

    Raises NotFound, AuthorWorksHere.
    """
    case = case_of_author(session, actor, Action.READ, case_id, staff_id)
    return PrivateCase(
        case.id, staff_id,
        tuple(view(session, one) for one in private_releases.of_case(session, case.id, staff_id)),
        {appointment.id: appointment.local_date for _, appointment in
         reversed(private_releases.notes_with_sessions(session, staff_id, case.id))},
        documents_to_choose(session, actor, case), forms_to_choose(session, actor, case),
        clock.today(practice.the_practice(session).zone),
    )


def view(session: Session, kept: PrivateAuthorization) -> Authorization:
    """An authorisation as it is shown; callers have authorised it."""
    case, scope = session.get_one(Case, kept.case_id), scope_of(kept)
    given = private_releases.standing_words(session, kept.id)
    notes = covered_notes(session, kept.author_id, kept.case_id, scope)
    people = _who(session, [appointment.id for _, appointment in notes])
    words = tuple(word_of(session, case, person, given) for person in people.values())
    signed = {one.person_id for one in private_releases.words(session, kept.id) if one.withdrawn_at is None} - {
        one.person_id for one in given}
    return Authorization(
        kept.id, kept.author_id, session.get_one(Staff, kept.author_id).name, kept.recipient, kept.purpose, scope,
        words, tuple(Covered(appointment.id, appointment.local_date, note.status) for note, appointment in notes),
        tuple(one.name for one in words if one.person_id in signed),
    )


def _needed(session: Session, kept: PrivateAuthorization) -> dict[int, Person]:
    notes = covered_notes(session, kept.author_id, kept.case_id, scope_of(kept))
    return _who(session, [appointment.id for _, appointment in notes])


def _who(session: Session, appointment_ids: Sequence[int]) -> dict[int, Person]:
    """Whose word is needed: of each session the adults who took part, or whoever signs for the children who did.

    Where nobody came, everybody who was to come counts: the note is about them.
    """
    came = private_releases.attended(session, appointment_ids)
    found: dict[int, Person] = {}
    for appointment_id in appointment_ids:
        listed = [(person_id, status) for of, person_id, status in came if of == appointment_id]
        there = [person_id for person_id, status in listed if status in note_rule.PRESENT]
        found |= who_decides(session, {
            key: session.get_one(Person, key) for key in there or [person_id for person_id, _ in listed]})
    return found
