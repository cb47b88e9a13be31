"""The record of a couple or a family goes to somebody once each adult of it has authorised that: n of n (C42, K07).

An authorisation is a signed paper of one person for one recipient, with a day on which it ends; it can be taken back at
any time. Everybody counts who takes part or took part: the record is about them too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.sheet import long_date
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation
from practicerunner.records import cases, practice, releases, staff
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.releases import RecordRelease, ReleaseAuthorization, ReleaseRefused, SignedWord
from practicerunner.rules import permissions
from practicerunner.rules import releases as rule
from practicerunner.rules.releases import Given
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import Action, AuthorizationState, ParticipantStatus, Resource, Role
from practicerunner.workflows.access import Actor, authorize, how_may
from practicerunner.workflows.acting import today_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, RequiredLine, command, reader
from practicerunner.workflows.form_pages import signers_of
from practicerunner.workflows.forms import Signatory, SignedFor, Signer, full_name, signer_of
from practicerunner.workflows.minors import consenting_in
from practicerunner.workflows.own_word import own_problem, refused_to_sign


class ReleaseIsBlocked(NotPermitted):
    """The record of several people goes out once each adult of it has authorised it."""


class NoOneRecord(RuleViolation):
    """Only a couple or a family has one record of several people."""


class PrepareRelease(Command):
    """Say to whom the record of a case is to go, and what for."""

    case_id: int
    to_person_id: int | None = None
    """One of those whose record it is; else ``recipient`` says who."""
    recipient: Line = ""
    purpose: RequiredLine


class DropRelease(Command):
    """Say that a release which has not gone out is not needed any more."""

    release_id: int


class DropRefused(Command):
    """Say that a record which was asked for without a release is not needed."""

    case_id: int


class GivenWord(SignedFor):
    """Write down that somebody has signed that something may go out."""

    person_id: int
    signed_on: date
    expires_on: date


class RecordAuthorization(GivenWord):
    """Write down that somebody has signed an authorisation for a release."""

    release_id: int


class WithdrawAuthorization(Command):
    """Write down that somebody has taken their authorisation back."""

    authorization_id: int


@dataclass(frozen=True, slots=True)
class Word:
    """How one person stands to a release."""

    person_id: int
    name: str
    state: AuthorizationState
    authorization_id: int | None
    """The one that counts now."""
    capacity: str
    expires_on: date | None
    """Of the last one."""
    signers: dict[int, Signatory]
    """Who can be chosen to sign for them."""


@dataclass(frozen=True, slots=True)
class Release:
    """To whom a record is to go, and whose word is there and whose is missing."""

    release_id: int
    recipient: str
    purpose: str
    words: tuple[Word, ...]
    is_sent: bool = False
    """Whether the record has gone out by it already."""

    @property
    def blocked(self) -> str:
        """Why it does not go out; empty once it may."""
        return rule.blocked_sentence([one.name for one in self.words
                                      if one.state is not AuthorizationState.AUTHORIZED])


@dataclass(frozen=True, slots=True)
class WaitingRelease:
    """A release of one of the reader's cases that does not go out, because words are missing.

    Or that its record was asked for and refused, because no release was prepared.
    """

    release_id: int | None
    case_id: int
    case_name: str
    recipient: str
    waiting: tuple[str, ...]
    """Whose word is missing."""
    needed: int

    @property
    def sentence(self) -> str:
        """What waits, in one line."""
        if self.release_id is None:
            return f"Record asked for without a release: {self.case_name}"
        return f"Release waits for {len(self.waiting)} of {self.needed}: {self.case_name}"

    @property
    def stands(self) -> str:
        """To whom it is to go and whose word is missing."""
        if self.release_id is None:
            return "Asked for and refused: no release was prepared"
        return f"To {self.recipient}, waits for {len(self.waiting)} of {self.needed}: {', '.join(self.waiting)}"


@dataclass(frozen=True, slots=True)
class CaseReleases:
    """The releases of a case, the newest first, and who takes or took part in it."""

    releases: tuple[Release, ...]
    people: dict[int, str]
    today: date
    refused: tuple[str, ...] = ()
    """Who asked for the record and was refused, because no release was prepared: a sentence each."""


# --- What is asked and answered


@command(Resource.BULK_DATA, Action.EXPORT)
def prepare_release(session: Session, actor: Actor, asked: PrepareRelease) -> int:
    """Begin to collect authorisations. Returns the release's id. Raises NotFound, NoOneRecord, BadInput."""
    case = _case(session, actor, asked.case_id)
    people = _people(session, case)
    if asked.to_person_id is not None and asked.to_person_id not in people:
        raise BadInput("to_person_id", "Choose somebody whose record it is.")
    recipient = full_name(people[asked.to_person_id]) if asked.to_person_id is not None else asked.recipient.strip()
    if not recipient:
        raise BadInput("recipient", "Say to whom the record is to go.")
    release = RecordRelease(
        id=ids.new_id(), case_id=case.id, to_person_id=asked.to_person_id, recipient=recipient, purpose=asked.purpose,
        prepared_by_id=actor.staff_id, created_at=clock.now(),
    )
    session.add(release)
    session.info["case_id"] = case.id
    return release.id


@command(Resource.BULK_DATA, Action.EXPORT)
def record_authorization(session: Session, actor: Actor, asked: RecordAuthorization) -> int:
    """Keep that somebody authorised a release, or who signs for them. Returns the authorisation's id.

    Raises NotFound, BadInput at the field that is wrong.
    """
    release, case = _release(session, actor, asked.release_id)
    person = _needed(session, case).get(asked.person_id)
    if person is None:
        raise BadInput("person_id", "Choose somebody whose authorisation is needed.")
    signer = check_given(session, actor, case, person, asked, releases.authorizations(session, release.id))
    given = ReleaseAuthorization(
        id=ids.new_id(), release_id=release.id, person_id=person.id, signed_by_id=signer.person_id,
        signs_as=signer.signs_as, capacity=signer.capacity,
        authority=signer.authority, signed_on=asked.signed_on, expires_on=asked.expires_on,
        recorded_by_id=actor.staff_id, created_at=clock.now(),
    )
    session.add(given)
    session.info["detail"] = f"release {release.id}, person {person.id}, until {asked.expires_on}"
    return given.id


@command(Resource.BULK_DATA, Action.EXPORT)
def withdraw_authorization(session: Session, actor: Actor, asked: WithdrawAuthorization) -> int:
    """Keep that an authorisation was taken back: from now on it counts no more. Returns its id. Raises NotFound."""
    given = session.get(ReleaseAuthorization, asked.authorization_id, with_for_update=FOR_CHANGE)
    if given is None:
        raise NotFound(actor=actor, action=Action.EXPORT, resource=Resource.BULK_DATA,
                       resource_id=asked.authorization_id)
    _release(session, actor, given.release_id)
    if given.withdrawn_at is None:
        given.withdrawn_at, given.withdrawn_by_id = clock.now(), actor.staff_id
    session.info["detail"] = f"release {given.release_id}, person {given.person_id}"
    return given.id


@command(Resource.BULK_DATA, Action.EXPORT)
def drop_release(session: Session, actor: Actor, asked: DropRelease) -> int:
    """Keep that a release is not needed any more, so that nothing waits for it. Returns its id. Raises NotFound."""
    release, _ = _release(session, actor, asked.release_id)
    if release.sent_at is not None:
        raise RuleViolation("The record has gone out by this release already.")
    release.dropped_at = release.dropped_at or clock.now()
    session.info["detail"] = f"release {release.id}"
    return release.id


@command(Resource.BULK_DATA, Action.EXPORT)
def drop_refused(session: Session, actor: Actor, asked: DropRefused) -> int:
    """Keep that nobody needs the record which was asked for without a release. Returns the case id. Raises NotFound."""
    case = _case(session, actor, asked.case_id)
    for found, _ in releases.refused_of_case(session, case.id):
        found.dropped_at = clock.now()
    return case.id


def check_given(
    session: Session, actor: Actor, case: Case, person: Person, asked: GivenWord, given: Sequence[SignedWord]
) -> Signer:
    """Who signs a word that is going to be written down beside those ``given``, the oldest first.

    Raises BadInput at the field that is wrong.
    """
    today = clock.today(practice.the_practice(session).zone)
    if asked.signed_on > today:
        raise BadInput("signed_on", "Enter the date on the paper.")
    if asked.expires_on < today or asked.expires_on < asked.signed_on:
        raise BadInput("expires_on", "It has to end today or later.")
    signer = signer_of(session, actor, case, person, asked)
    own = signer.person_id == person.id
    problem = own_problem(session, person, agreed_for=False) if own else ""
    if problem:
        raise BadInput("signed_by_id", problem)
    if not own and consenting_in(session, case, [person.id]):
        raise BadInput("signed_by_id", f"{full_name(person)} consented to this alone; nobody else signs for them.")
    if not own and is_of_age(session, person) and is_adult(person.birth_date, asked.signed_on) is False:
        raise BadInput("signed_on", "What somebody signs for a minor ends at their 18th birthday.")
    if state_now(session, case, person, given) is AuthorizationState.AUTHORIZED:
        raise BadInput("person_id", f"{full_name(person)} has authorised this already.")
    return signer


# --- Reading


@reader(Resource.CASE)
def releases_of_case(session: Session, actor: Actor, case_id: int) -> CaseReleases | None:
    """The releases of a case for whoever may take its record out; ``None`` for others and where there is no such thing.

    Raises NotFound for strangers.
    """
    case = case_for(session, actor, case_id)
    if not may_hand_out(actor, case) or not rule.is_conjoint(case.type):
        return None
    return CaseReleases(
        tuple(_view(session, case, one) for one in releases.of_case(session, case.id) if one.dropped_at is None),
        {key: full_name(person) for key, person in _people(session, case).items()},
        clock.today(practice.the_practice(session).zone),
        tuple(dict.fromkeys(
            f"{who.name} asked for the record on {_day(session, one.created_at)} and was refused: nobody had "
            "authorised that." for one, who in releases.refused_of_case(session, case.id))),
    )


def _day(session: Session, at: datetime) -> str:
    return long_date(at.astimezone(ZoneInfo(practice.the_practice(session).zone)).date())


@reader(Resource.CASE)
def releases_waiting(session: Session, actor: Actor) -> list[WaitingRelease]:
    """The releases of one's own cases that wait for somebody's word, the oldest first (K07).

    Before them the records that were asked for without one. Nothing waits any more once everybody has authorised it,
    the record went out or the release was dropped. An owner has those which the case's provider could not hand out,
    see ``may_hand_out``.
    """
    able = [one.staff_id for one in staff.active_with_roles(session) if _hands_out(one.roles)] if (
        Role.OWNER in actor.roles) else None
    asked_for = {case.id: case for _, case in releases.refused(session, actor.staff_id, able)
                 if may_hand_out(actor, case)}
    found = [WaitingRelease(None, case.id, case.name, "", (), 0) for case in asked_for.values()]
    for release, case in releases.waiting(session, actor.staff_id, able):
        if not may_hand_out(actor, case):
            continue
        words = _view(session, case, release).words
        missing = tuple(one.name for one in words if one.state is not AuthorizationState.AUTHORIZED)
        if missing:
            found.append(WaitingRelease(release.id, case.id, case.name, release.recipient, missing, len(words)))
    return found


def check_released(session: Session, actor: Actor, case: Case, release_id: int | None) -> str:
    """Refuse what not every adult has authorised. Returns what the audit log says; callers have authorised the actor.

    Raises ReleaseIsBlocked, which says whose word is missing. Where no release was prepared, the refusal is kept, once
    a day of whoever asks: it stands with the provider until one is, or until it is not needed (K07).
    """
    refusal = partial(ReleaseIsBlocked, actor=actor, action="export_record", resource=Resource.BULK_DATA,
                      case_id=case.id)
    release = session.get(RecordRelease, release_id, with_for_update=FOR_CHANGE) if release_id is not None else None
    if release is None or release.case_id != case.id or release.dropped_at is not None:
        now = clock.now()
        if any(who.id == actor.staff_id and _day(session, one.created_at) == _day(session, now)
               for one, who in releases.refused_of_case(session, case.id)):
            raise refusal()
        raise refusal(leaves=ReleaseRefused(
            id=ids.new_id(), case_id=case.id, asked_by_id=actor.staff_id, created_at=now))
    view = _view(session, case, release)
    if view.blocked:
        raise refusal(view.blocked, resource_id=release.id)
    release.sent_at = release.sent_at or clock.now()
    given = ", ".join(f"{one.authorization_id} of {one.name}" for one in view.words)
    return f"release {release.id} to {release.recipient}, authorisations {given}"


def may_hand_out(actor: Actor, case: Case) -> bool:
    """Whether somebody may take the record of a case out, and so sees what went to whom."""
    return how_may(actor, Action.EXPORT, Resource.BULK_DATA, case_id=case.id, own=actor.staff_id == case.provider_id,
                   supervised=False) is not None


def _hands_out(roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles takes out the record of a case of their own."""
    return bool(permissions.scopes(roles, Action.EXPORT, Resource.BULK_DATA))


def _case(session: Session, actor: Actor, case_id: int) -> Case:
    case = case_for(session, actor, case_id)
    authorize(session, actor, Action.EXPORT, Resource.BULK_DATA, responsible=[case.provider_id], case_id=case.id)
    if not rule.is_conjoint(case.type):
        raise NoOneRecord
    return case


def _release(session: Session, actor: Actor, release_id: int) -> tuple[RecordRelease, Case]:
    """A release, locked, and its case. Raises NotFound, NotPermitted."""
    release = session.get(RecordRelease, release_id, with_for_update=FOR_CHANGE)
    if release is None:
        raise NotFound(actor=actor, action=Action.EXPORT, resource=Resource.BULK_DATA, resource_id=release_id)
    session.info["case_id"] = release.case_id
    return release, _case(session, actor, release.case_id)


def _people(session: Session, case: Case) -> dict[int, Person]:
    """Everybody whom the record is about: who takes part and who took part."""
    return {person.id: person for participant, person in cases.people_in(session, case.id)
            if participant.status is not ParticipantStatus.WAITLISTED}


def is_of_age(session: Session, person: Person) -> bool:
    """Whether somebody decides for themselves today, on their own wall; without a date of birth they do."""
    return is_adult(person.birth_date, today_of(session, person)) is not False


def _needed(session: Session, case: Case) -> dict[int, Person]:
    """Whose word is needed: each adult's; where there is none, of everybody, by whoever signs for them."""
    people = _people(session, case)
    return who_decides(session, people)


def who_decides(session: Session, people: dict[int, Person]) -> dict[int, Person]:
    """Of some people the adults; where there is none, everybody, by whoever signs for them."""
    return {key: person for key, person in people.items() if is_of_age(session, person)} or people


def _view(session: Session, case: Case, release: RecordRelease) -> Release:
    given = releases.authorizations(session, release.id)
    return Release(release.id, release.recipient, release.purpose, tuple(
        word_of(session, case, person, given) for person in _needed(session, case).values()),
        release.sent_at is not None)


def state_now(session: Session, case: Case, person: Person, given: Sequence[SignedWord]) -> AuthorizationState:
    """How somebody stands to a release, given what was signed for it, the oldest first.

    What another has signed for them counts while that other may sign: not once it was denied or has ended, and not for
    a minor who consents alone (A20).
    """
    for_them = {one.signed_by_id for one in given if one.person_id == person.id and one.signs_as is not None}
    lost = for_them if for_them and consenting_in(session, case, [person.id]) else for_them and (
        for_them & refused_to_sign(session, person, case.id))
    return rule.state_of(
        [Given(one.expires_on, one.withdrawn_at is not None or (one.signs_as is not None and one.signed_by_id in lost),
               one.signs_as is not None and is_adult(person.birth_date, one.signed_on) is False)
         for one in given if one.person_id == person.id],
        adult=is_of_age(session, person), today=clock.today(practice.the_practice(session).zone))


def word_of(session: Session, case: Case, person: Person, given: Sequence[SignedWord]) -> Word:
    """The same as it is shown, with who can be chosen to sign for them."""
    theirs = [one for one in given if one.person_id == person.id]
    state = state_now(session, case, person, given)
    last = theirs[-1] if theirs else None
    counts = last if state is AuthorizationState.AUTHORIZED else None
    return Word(
        person.id, full_name(person), state, counts.id if counts else None, counts.capacity if counts else "",
        last.expires_on if last else None, signers_of(session, case, person),
    )
