"""Private notes of an author who has left: sealed, until two people release them for a stated ground (C14).

An owner opens a procedure for one former author's notes of one case; another owner or the clinical director confirms
it with their own proof; only then the owner releases them, once. Nobody reads a note on the screen, and nothing of
this is open to anybody while the author works here.
"""

from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.sheet import long_date
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation
from practicerunner.records import cases, practice, private_releases, staff
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.private_releases import PrivateAuthorization, PrivateCustody, PrivateRelease
from practicerunner.records.staff import Staff
from practicerunner.rules import private_releases as rule
from practicerunner.rules.private_releases import Scope
from practicerunner.vocabulary import Action, CustodyEnd, CustodyState, Resource, Role
from practicerunner.workflows.access import ABOUT_YOURSELF, Actor, authorize
from practicerunner.workflows.commands import Command, Line, RequiredParagraph, command
from practicerunner.workflows.private_authorizations import (
    AuthorWorksHere,
    case_of_author,
    covered_notes,
    scope_of,
    standing_authorization,
)
from practicerunner.workflows.private_papers import check_document, hold_order
from practicerunner.workflows.private_releases import keep_release, words_of
from practicerunner.workflows.proof import Signing, proven


class NobodyToConfirm(RuleViolation):
    """Two people release such notes together. Name another owner, or a clinical director, under Staff first."""


class SamePerson(RuleViolation):
    """You have opened this yourself, so another owner or the clinical director has to confirm it."""


class CustodyIsNotOpen(RuleViolation):
    """This procedure does not wait for that any more."""


class OneAtATime(RuleViolation):
    """There is an open procedure for these notes already. Go on with it, or withdraw it first."""


class OpenCustody(Command):
    """Ask for the private notes that a former author has of a case: under an authorisation, or by a legal order."""

    case_id: int
    author_id: int
    reason: RequiredParagraph
    authorization_id: int | None = None
    document_id: int | None = None
    """The legal order as it was uploaded, in the place of an authorisation."""
    issued_by: Line = ""
    issued_on: date | None = None
    reference: Line = ""
    recipient: Line = ""
    purpose: Line = ""
    first_on: date | None = None
    last_on: date | None = None


class ConfirmCustody(Signing):
    """Confirm, as the second person, that such notes are released."""

    private_custody_id: int


class ReleaseCustody(ConfirmCustody):
    """Release the notes, as whoever opened the procedure."""


class WithdrawCustody(Command):
    """End a procedure without a release."""

    private_custody_id: int


# --- Acts


@command(Resource.USERS, Action.MANAGE)
def open_custody(session: Session, actor: Actor, asked: OpenCustody) -> int:
    """Open a procedure as an owner. Returns its id.

    Raises NotFound, AuthorWorksHere, NobodyToConfirm, OneAtATime, PrivateReleaseIsBlocked, BadInput.
    """
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    session.get(Staff, asked.author_id, with_for_update=FOR_CHANGE)
    if asked.author_id == actor.staff_id:
        raise AuthorWorksHere
    case = case_of_author(session, actor, Action.READ, asked.case_id, asked.author_id)
    if not second_to(session, actor.staff_id, case.id):
        raise NobodyToConfirm
    made = PrivateCustody(
        id=ids.new_id(), case_id=case.id, author_id=asked.author_id, reason=asked.reason.strip(),
        opened_by_id=actor.staff_id, created_at=clock.now(), **_ground(session, actor, case, asked),
    )
    _give_way(session, actor, asked)
    session.add(made)
    session.info["case_id"], session.info["detail"] = case.id, f"notes of {asked.author_id}"
    return made.id


def _ground(session: Session, actor: Actor, case: Case, asked: OpenCustody) -> dict[str, object]:
    """Under what it is asked for, as it is kept. Raises BadInput, PrivateReleaseIsBlocked."""
    if (asked.authorization_id is None) == (asked.document_id is None):
        raise BadInput("authorization_id", "Choose the written authorisation, or the legal order.")
    if asked.authorization_id is not None:
        kept = session.get(PrivateAuthorization, asked.authorization_id)
        if kept is None or (kept.case_id, kept.author_id) != (case.id, asked.author_id):
            raise BadInput("authorization_id", "Choose an authorisation for these notes.")
        standing_authorization(session, kept)
        return {"authorization_id": kept.id, "recipient": kept.recipient, "purpose": kept.purpose}
    document = check_document(session, actor, case, asked.document_id or 0)
    said = {"issued_by": "Say which court or authority issued it.", "reference": "Write its reference number.",
            "recipient": "Say to whom the notes go.", "purpose": "Say what for."}
    for name, sentence in said.items():
        if not getattr(asked, name).strip():
            raise BadInput(name, sentence)
    if asked.issued_on is None or asked.issued_on > clock.today(practice.the_practice(session).zone):
        raise BadInput("issued_on", "Enter the date on the order.")
    if (asked.first_on is None) != (asked.last_on is None):
        raise BadInput("first_on" if asked.first_on is None else "last_on", "Say both days, or neither.")
    if asked.first_on is not None and asked.last_on is not None and asked.last_on < asked.first_on:
        raise BadInput("last_on", "The last day comes before the first.")
    if not covered_notes(session, asked.author_id, case.id, Scope(asked.first_on, asked.last_on)):
        raise BadInput("first_on", "There is no private note of a session in these days.")
    return {name: getattr(asked, name).strip() for name in said} | {
        "document_id": document.id, "issued_on": asked.issued_on, "first_on": asked.first_on,
        "last_on": asked.last_on}


def _ground_now(session: Session, custody: PrivateCustody) -> str:
    """Under what notes go out, in words, if it still stands. Raises PaperIsGone, PrivateReleaseIsBlocked."""
    kept = authorization_of(session, custody)
    if kept is not None:
        return words_of(session, standing_authorization(session, kept))
    hold_order(session, custody.document_id)
    return order_in_words(custody)


def _give_way(session: Session, actor: Actor, asked: OpenCustody) -> None:
    """One procedure at a time; what has expired ends for good. Raises OneAtATime."""
    for one in private_releases.not_ended(session, asked.author_id, asked.case_id):
        if state_of(session, one) is not CustodyState.EXPIRED:
            raise OneAtATime
        _end(one, actor, CustodyEnd.LAPSED)
    session.flush()


@command(Resource.PSYCHOTHERAPY_NOTE, Action.READ)
def confirm_custody(session: Session, actor: Actor, asked: ConfirmCustody) -> int:
    """Confirm a procedure as the second person. Returns its id.

    Raises NotFound, SamePerson, AuthorWorksHere, CustodyIsNotOpen, PaperIsGone, PrivateReleaseIsBlocked, NotProven.
    """
    custody = _custody_to_change(session, actor, asked.private_custody_id)
    if custody.opened_by_id == actor.staff_id:
        raise SamePerson
    _check_state(session, custody, CustodyState.OPEN)
    _ground_now(session, custody)
    custody.confirmed_how = proven(actor, asked)
    custody.confirmed_at, custody.confirmed_by_id = clock.now(), actor.staff_id
    session.info["detail"] = f"opened by {custody.opened_by_id}, notes of {custody.author_id}"
    return custody.id


@command(Resource.USERS, Action.MANAGE)
def release_custody(session: Session, actor: Actor, asked: ReleaseCustody) -> int:
    """Release the notes of a confirmed procedure, once, as whoever opened it. Returns the release's id.

    Drafts stay as they go out once the paper is handed out, also for an author who comes back.

    Raises NotFound, AuthorWorksHere, CustodyIsNotOpen, PaperIsGone, PrivateReleaseIsBlocked, NothingToRelease,
    NotProven.
    """
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    custody = _custody_to_change(session, actor, asked.private_custody_id)
    if custody.opened_by_id != actor.staff_id:
        raise NotFound(actor=actor, action=Action.MANAGE, resource=Resource.PSYCHOTHERAPY_NOTE,
                       resource_id=custody.id, case_id=custody.case_id)
    _check_state(session, custody, CustodyState.CONFIRMED)
    if custody.confirmed_by_id not in second_to(session, actor.staff_id, custody.case_id):
        raise CustodyIsNotOpen("Whoever confirmed this may do so no more. Withdraw it, and open a new one.")
    method = proven(actor, asked)
    ground = _ground_now(session, custody)
    notes = covered_notes(session, custody.author_id, custody.case_id, scope_asked(session, custody))
    release = keep_release(session, PrivateRelease(
        id=ids.new_id(), case_id=custody.case_id, author_id=custody.author_id, recipient=custody.recipient,
        purpose=custody.purpose, ground=ground, authorization_id=custody.authorization_id, custody_id=custody.id,
        released_by_id=actor.staff_id, confirmed_by_id=custody.confirmed_by_id, method=method, created_at=clock.now(),
    ), notes)
    _end(custody, actor, CustodyEnd.RELEASED)
    return release.id


@command(Resource.PSYCHOTHERAPY_NOTE, Action.READ)
def withdraw_custody(session: Session, actor: Actor, asked: WithdrawCustody) -> int:
    """End a procedure without a release. Returns its id. Raises NotFound, CustodyIsNotOpen."""
    custody = _custody_to_change(session, actor, asked.private_custody_id)
    if custody.ended_as is not CustodyEnd.WITHDRAWN:
        if custody.ended_at is not None:
            raise CustodyIsNotOpen
        _end(custody, actor, CustodyEnd.WITHDRAWN)
    session.info["detail"] = f"notes of {custody.author_id}"
    return custody.id


def _end(custody: PrivateCustody, actor: Actor, ended_as: CustodyEnd) -> None:
    custody.ended_at, custody.ended_by_id, custody.ended_as = clock.now(), actor.staff_id, ended_as


def _check_state(session: Session, custody: PrivateCustody, state: CustodyState) -> None:
    """Raises AuthorWorksHere, CustodyIsNotOpen."""
    if session.get_one(Staff, custody.author_id).active:
        raise AuthorWorksHere
    found = state_of(session, custody)
    if found is CustodyState.EXPIRED:
        raise CustodyIsNotOpen("This procedure has expired after 7 days. Open a new one.")
    if found is CustodyState.OPEN and state is CustodyState.CONFIRMED:
        raise CustodyIsNotOpen("A second person has to confirm this first.")
    if found is not state:
        raise CustodyIsNotOpen


# --- The doors


def oversees(actor: Actor) -> bool:
    """Whether somebody may be one of the two: an owner, or the clinical director."""
    return Role.OWNER in actor.roles or actor.is_clinical_director


def custody_for(session: Session, actor: Actor, custody_id: int) -> PrivateCustody:
    """A procedure for an owner or the clinical director. Raises NotFound."""
    custody = session.get(PrivateCustody, custody_id)
    if custody is None or not oversees(actor):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE, resource_id=custody_id)
    if actor.is_concerned(case_id=custody.case_id):
        raise NotPermitted(ABOUT_YOURSELF, actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE,
                           resource_id=custody_id, case_id=custody.case_id)
    return custody


def _custody_to_change(session: Session, actor: Actor, custody_id: int) -> PrivateCustody:
    """The same, locked with its author's account, so that nobody comes back meanwhile. Raises NotFound."""
    custody = custody_for(session, actor, custody_id)
    session.get_one(Staff, custody.author_id, with_for_update=FOR_CHANGE, populate_existing=True)
    session.info["case_id"] = custody.case_id
    return session.get_one(PrivateCustody, custody_id, with_for_update=FOR_CHANGE, populate_existing=True)


def second_to(session: Session, staff_id: int, case_id: int | None = None) -> dict[int, str]:
    """Who could confirm beside somebody, by name; of a case nobody whom it is about."""
    return {
        person.id: person.name for person in staff.all_staff(session)
        if person.active and person.id != staff_id and (
            Role.OWNER in {held.role for held in person.roles}
            or (person.is_clinical_director and {held.role for held in person.roles} - {Role.ADMIN}))
        and (case_id is None or person.person_id is None or case_id not in cases.case_ids_of(session, person.person_id))
    }


def state_of(session: Session, custody: PrivateCustody) -> CustodyState:
    """How a procedure stands at this moment."""
    return rule.custody_state(
        opened_at=custody.created_at, confirmed_at=custody.confirmed_at, ended=custody.ended_at is not None,
        author_is_back=session.get_one(Staff, custody.author_id).active, now=clock.now())


def authorization_of(session: Session, custody: PrivateCustody) -> PrivateAuthorization | None:
    """The authorisation by which it is asked for; ``None`` for a legal order."""
    return session.get(PrivateAuthorization, custody.authorization_id) if custody.authorization_id is not None else None


def scope_asked(session: Session, custody: PrivateCustody) -> Scope:
    """Which notes it is about."""
    kept = authorization_of(session, custody)
    return scope_of(kept) if kept is not None else Scope(custody.first_on, custody.last_on)


def order_in_words(custody: PrivateCustody) -> str:
    """A legal order in words: who issued it, when, under which reference."""
    issued = f" of {long_date(custody.issued_on)}" if custody.issued_on is not None else ""
    return f"Legal order of {custody.issued_by}{issued}, reference {custody.reference}"
