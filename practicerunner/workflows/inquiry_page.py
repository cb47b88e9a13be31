"""The public page: what it offers, which times are free for new clients, and taking an inquiry in (I11).

Nobody who asks here is known, and nothing is looked up about them: whoever is a client already gets the same page after
the same work. A free time that is shown is held for nobody.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from practicerunner import cipher, clock, ids
from practicerunner.errors import BadInput, FieldProblems, PracticeError
from practicerunner.records import audit, logins, practice
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.logins import Done, FailedSignIn
from practicerunner.records.practice import NotSetUp, Service
from practicerunner.rules import inquiries as rules
from practicerunner.rules import texts
from practicerunner.rules.availability import FreeSlot
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.inquiries import Limit
from practicerunner.rules.requests import USUAL_MINUTES
from practicerunner.vocabulary import Audience, CaseType, ContactKind, MessageKind, Outcome, Resource, SessionFormat
from practicerunner.workflows import availability, outbox
from practicerunner.workflows.commands import Command, Line, RequiredLine, field_messages
from practicerunner.workflows.inquiry_settings import Offered, PublicProvider, offered
from practicerunner.workflows.people import Contact

VIDEO, IN_PERSON = "video", "in_person"
NO_TIME = ""
GONE = "This time is not free any more. Choose another one, or ask us to contact you."
_FORM = "inquiry form"
_LOOKED_AT = 60
"""Free starts of one provider from which those that are shown are chosen."""

LongMessage = Annotated[str, Field(max_length=rules.LONGEST_MESSAGE), AfterValidator(texts.paragraph)]


class NoSuchPage(PracticeError):
    """There is no such page."""


class TooManyInquiries(PracticeError):
    """There were too many messages. Please try again later, or call the practice."""


class FormExpired(PracticeError):
    """This page was open for a long time. Please look over your entries and send them again."""


class AlreadySent(FormExpired):
    """We have your first message already. If you want to send this one too, press Send once more."""


class SendInquiry(Command):
    """What somebody asks on the public page, as they typed it."""

    slug: str = Field(default="", max_length=60)
    """Whose page it is; empty is the practice's."""
    first_name: RequiredLine
    last_name: Line = ""
    email: Line = Field(default="", max_length=254)
    phone: Line = Field(default="", max_length=60)
    kind: CaseType
    service: Line = ""
    where: Line = ""
    provider: Line = ""
    time: Line = ""
    message: LongMessage = ""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What somebody without an account reads of the practice."""

    practice: str
    phone: str
    city: str
    """Whose clock the times are read off."""
    introduction: str
    provider: PublicProvider | None
    """Whose page it is; ``None`` is the practice's."""
    providers: tuple[tuple[str, str], ...]
    """Whom one may ask for: slug and name."""
    kinds: tuple[tuple[str, str], ...]
    services: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PublicTime:
    """A free time that can be asked for."""

    value: str
    starts: datetime
    """On the practice's wall clock."""
    minutes: int
    provider: str


@dataclass(frozen=True, slots=True)
class Wish:
    """For what free times are looked up."""

    provider: str = ""
    kind: str = ""
    service: str = ""
    where: str = ""


# --- What is offered


def public_page(session: Session, slug: str = "", kind: str = "") -> PublicPage:
    """The page of the practice or of a provider, with the services that go with a kind once one is chosen.

    Raises NoSuchPage where it is off or never was.
    """
    shown, provider = _shown(session, slug)
    us = practice.the_practice(session)
    places = tuple((str(one.id), ": ".join(filter(None, [one.name, " ".join(one.address.split())])))
                   for one in shown.locations) or ((IN_PERSON, "In person"),)
    return PublicPage(
        us.name, us.phone, us.zone.rsplit("/", 1)[-1].replace("_", " "), shown.introduction, provider,
        () if provider else tuple((one.slug, one.name) for one in shown.providers),
        tuple((kind.value, capabilities(kind).heading) for kind in shown.case_types),
        tuple((str(one.id), f"{one.name}, {one.minutes} minutes") for one in _fitting(shown, kind)),
        places + (((VIDEO, "By video"),) if shown.by_video else ()),
    )


def _shown(session: Session, slug: str) -> tuple[Offered, PublicProvider | None]:
    try:
        practice.the_practice(session)
    except NotSetUp:
        raise NoSuchPage from None
    shown = offered(session)
    provider = next((one for one in shown.providers if one.slug == slug), None)
    if not shown.is_on or not shown.case_types or (slug and provider is None):
        raise NoSuchPage
    return shown, provider


def public_times(session: Session, slug: str, wish: Wish, address: str = "") -> list[PublicTime]:
    """The next free times for new clients: of one provider, or of all who take inquiries.

    Each look is counted. Raises NoSuchPage, TooManyInquiries.
    """
    shown, provider = _shown(session, slug)
    looks = _subject(f"times {address}")
    if _reached(session, looks, rules.LOOKS):
        raise TooManyInquiries
    _count(session, looks)
    whom = _asked_for(shown, provider, wish.provider)
    service, minutes = _service(shown, wish.kind, wish.service)
    held_as, location_id = _place(shown, wish.where)
    found: list[PublicTime] = []
    for one in [whom] if whom else shown.providers:
        slots = availability.next_few(
            session, one.staff_id, minutes, most=_LOOKED_AT, audience=Audience.NEW_INQUIRIES,
            service_id=service.id if service else None, location_id=location_id, format=held_as,
        )
        found += [
            PublicTime(_value(one.slug, slot), datetime.combine(slot.local_date, slot.local_time), slot.minutes,
                       one.name)
            for slot in slots
        ]
    return rules.spread(sorted(found, key=lambda one: (one.starts, one.provider)), lambda one: one.starts.date())


def _value(slug: str, slot: FreeSlot) -> str:
    return f"{slug} {slot.local_date.isoformat()} {slot.local_time:%H:%M}"


def _asked_for(shown: Offered, provider: PublicProvider | None, slug: str) -> PublicProvider | None:
    return provider or next((one for one in shown.providers if slug and one.slug == slug), None)


def _fitting(shown: Offered, kind: str) -> tuple[Service, ...]:
    """The services that can be booked for a kind of work; all while none is chosen."""
    chosen = next((one for one in shown.case_types if one.value == kind), None)
    return tuple(
        one for one in shown.services if chosen is None or one.category in capabilities(chosen).categories
    )


def _service(shown: Offered, kind: str, chosen: str) -> tuple[Service | None, int]:
    """The service that was chosen, and how long an appointment would be: without one, as long as the first."""
    fitting = _fitting(shown, kind)
    service = next((one for one in fitting if str(one.id) == chosen), None)
    usual = service or next(iter(fitting), None)
    return service, usual.minutes if usual else USUAL_MINUTES


def _place(shown: Offered, chosen: str) -> tuple[SessionFormat | None, int | None]:
    if chosen == VIDEO and shown.by_video:
        return SessionFormat.VIDEO, None
    location = next((one for one in shown.locations if str(one.id) == chosen), None)
    if location is not None:
        return SessionFormat.IN_PERSON, location.id
    return (SessionFormat.IN_PERSON, None) if chosen == IN_PERSON else (None, None)


# --- The form


def new_form() -> str:
    """What a form carries so that it is taken once, and not for ever."""
    facts = {"op": ids.new_operation(), "at": clock.now().isoformat()}
    return cipher.seal(json.dumps(facts).encode(), _FORM).hex()


def operation_of(form: str) -> str:
    """The operation id that a form carries. Raises FormExpired."""
    try:
        facts = json.loads(cipher.unseal(bytes.fromhex(form), _FORM))
    except (ValueError, cipher.Unreadable):
        raise FormExpired from None
    if not clock.now() - datetime.fromisoformat(facts["at"]) <= rules.FORM_LASTS:
        raise FormExpired
    return str(facts["op"])


# --- Taking it in


def send_inquiry(session: Session, asked: SendInquiry, address: str = "") -> int | None:
    """Keep an inquiry and answer it with a receipt. Returns its id; nothing where that e-mail address sent too many.

    The same form twice is one inquiry. Raises NoSuchPage, TooManyInquiries, FieldProblems, and
    AlreadySent for the same form with other words.
    """
    logins.one_attempt_at_a_time(session, "inquiries")
    shown, provider = _shown(session, asked.slug)
    request = hashlib.sha256(asked.model_dump_json(exclude={"op"}).encode()).hexdigest()
    done = logins.operation(session, asked.op)
    if done is not None:
        if done != Done("send_inquiry", None, None, request, done.result):
            raise AlreadySent
        known: int | None = json.loads(done.result)
        return known
    by_address, by_email, letters, everybody = (
        _subject(name) for name in (f"address {address}", f"e-mail {asked.email.strip().lower()}",
                                    f"letter {asked.email.strip().lower()}", "everybody"))
    if _reached(session, by_address, rules.PER_ADDRESS) or _reached(session, everybody, rules.ALL):
        raise TooManyInquiries
    made = _inquiry(session, shown, provider, asked)
    _count(session, by_address, everybody)
    kept = not asked.email.strip() or not _reached(session, by_email, rules.PER_EMAIL)
    if asked.email.strip():
        _count(session, by_email)
    if kept:
        session.add(made)
        session.flush()
        if made.email and not _reached(session, letters, rules.LETTERS):
            _count(session, letters)
            us = practice.the_practice(session)
            outbox.put(session, MessageKind.INQUIRY_RECEIVED, f"{MessageKind.INQUIRY_RECEIVED}:{made.id}",
                       *rules.receipt(us.name, us.phone), address=made.email)
    result = made.id if kept else None
    logins.keep_operation(session, asked.op, Done("send_inquiry", None, None, request, json.dumps(result)))
    audit.note(
        session, action="send_inquiry", resource=Resource.CLIENT_DIRECTORY, resource_id=result,
        outcome=Outcome.ALLOWED if kept else Outcome.REFUSED, detail="" if kept else "too many with one e-mail address",
    )
    return result


def _inquiry(
    session: Session, shown: Offered, provider: PublicProvider | None, asked: SendInquiry
) -> Inquiry:
    """The row, after every field was checked. Raises FieldProblems."""
    problems: dict[str, str] = {}
    email = _email(asked.email, problems)
    phone = asked.phone.strip()
    if phone:
        try:
            Contact(kind=ContactKind.PHONE, value=phone)
        except ValueError as wrong:
            problems["phone"] = next(iter(field_messages(wrong).values()))  # type: ignore[arg-type]
    if not asked.email.strip() and not phone:
        problems["email"] = "Give an e-mail address or a phone number, so that we can reach you."
    if asked.kind not in shown.case_types:
        problems["kind"] = "Please choose one from the list."
    service, minutes = _service(shown, asked.kind, asked.service)
    if asked.service and service is None:
        problems["service"] = "This does not go with that kind of work. Please choose another one."
    held_as, location_id = _place(shown, asked.where)
    if asked.where and held_as is None:
        problems["where"] = "Please choose one from the list."
    whom = _asked_for(shown, provider, asked.provider)
    if asked.provider and whom is None:
        problems["provider"] = "Please choose one from the list."
    slot = None
    if asked.time != NO_TIME and not problems:
        whom, slot = _still_free(session, shown, whom, asked, minutes)
        if slot is None:
            problems["time"] = GONE
    if problems:
        raise FieldProblems(problems)
    whom_id = whom.staff_id if whom else None
    return Inquiry(
        id=ids.new_id(), received_at=clock.now(), first_name=asked.first_name.strip(),
        last_name=asked.last_name.strip(), email=email, phone=phone, case_type=asked.kind,
        service_id=service.id if service else None, format=held_as or (slot.format if slot else None),
        location_id=None if held_as is SessionFormat.VIDEO else location_id or (slot.location_id if slot else None),
        asked_for_id=whom_id, provider_id=whom_id,
        local_date=slot.local_date if slot else None, local_time=slot.local_time if slot else None,
        minutes=slot.minutes if slot else None, message=asked.message.strip(),
    )


def _email(typed: str, problems: dict[str, str]) -> str:
    if not typed.strip():
        return ""
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        problems["email"] = "Write an e-mail address, for example name@example.org."
        return ""


def _still_free(
    session: Session, shown: Offered, whom: PublicProvider | None, asked: SendInquiry, minutes: int
) -> tuple[PublicProvider | None, FreeSlot | None]:
    """The free time that was chosen, looked up once more, and whose it is; nothing is held."""
    slug, _, rest = asked.time.partition(" ")
    theirs = next((one for one in shown.providers if one.slug == slug and whom in (None, one)), None)
    try:
        day, at = rest.split(" ")
        local_date, local_time = date.fromisoformat(day), time.fromisoformat(at)
    except ValueError:
        return whom, None
    if theirs is None or local_time.tzinfo is not None or local_date < clock.today(_zone(session)):
        return whom, None
    service, _ = _service(shown, asked.kind, asked.service)
    held_as, location_id = _place(shown, asked.where)
    try:
        slots = availability.free_slots(
            session, theirs.staff_id, minutes, local_date, local_date, audience=Audience.NEW_INQUIRIES,
            service_id=service.id if service else None, location_id=location_id, format=held_as,
        )
    except BadInput:
        return theirs, None
    return theirs, next((one for one in slots if one.local_time == local_time), None)


def _zone(session: Session) -> str:
    return practice.the_practice(session).zone


# --- How often


def _subject(name: str) -> str:
    return hashlib.sha256(f"inquiry {name}".encode("utf-8", "surrogatepass")).hexdigest()


def _reached(session: Session, subject: str, limit: Limit) -> bool:
    return logins.failures(session, subject, clock.now() - limit.within)[0] >= limit.most


def _count(session: Session, *subjects: str) -> None:
    session.add_all(FailedSignIn(subject=subject, failed_at=clock.now()) for subject in subjects)
    session.flush()
