"""What the practice offers on its public page, and whose pages there are (I11). Off until switched on."""

from dataclasses import dataclass

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput, Stale
from practicerunner.records import inquiries, practice, staff
from practicerunner.records.inquiries import InquiryProvider, InquirySettings
from practicerunner.records.practice import Location, Service
from practicerunner.records.staff import Staff
from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.rules.inquiries import ERASE_AFTER_DAYS, slug
from practicerunner.vocabulary import Action, CaseType, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import TREATING
from practicerunner.workflows.commands import Command, Paragraph, command, reader


class SaveInquirySettings(Command):
    """Save what the public page shows and whose pages there are."""

    revision: int
    is_on: bool
    introduction: Paragraph = Field(default="", max_length=4_000)
    case_types: tuple[CaseType, ...] = ()
    service_ids: tuple[int, ...] = Field(default=(), max_length=200)
    location_ids: tuple[int, ...] = Field(default=(), max_length=50)
    by_video: bool = True
    provider_ids: tuple[int, ...] = Field(default=(), max_length=200)
    erase_after_days: int = Field(default=ERASE_AFTER_DAYS, ge=1, le=3650)
    """How long a closed inquiry is kept."""


@dataclass(frozen=True, slots=True)
class PublicProvider:
    """A provider who takes inquiries."""

    staff_id: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What the public page offers."""

    revision: int
    """0 before anything was saved."""
    is_on: bool
    introduction: str
    case_types: tuple[CaseType, ...]
    services: tuple[Service, ...]
    locations: tuple[Location, ...]
    by_video: bool
    providers: tuple[PublicProvider, ...]
    erase_after_days: int


def offered(session: Session) -> Offered:
    """What the public page offers now: of what was chosen, that which is still in use."""
    row = inquiries.the_settings(session) or InquirySettings(
        revision=0, is_on=False, introduction="", case_types=[], service_ids=[], location_ids=[], by_video=True,
        erase_after_days=ERASE_AFTER_DAYS)
    treating = {person.id for person in staff.staff_with_roles(session, TREATING)}
    return Offered(
        row.revision, row.is_on, row.introduction,
        tuple(kind for kind in CASE_TYPES if kind.value in row.case_types),
        tuple(one for one in practice.services(session) if one.id in row.service_ids),
        tuple(one for one in practice.locations(session) if one.id in row.location_ids), row.by_video,
        tuple(
            PublicProvider(person.id, signed(person), page.slug) for page, person in inquiries.providers(session)
            if page.is_on and person.id in treating
        ), row.erase_after_days,
    )


def signed(person: Staff) -> str:
    """A provider as the public reads them: name and credentials."""
    return ", ".join(filter(None, [person.name, person.credentials]))


@reader(Resource.PRACTICE_SETTINGS)
def inquiry_settings(session: Session, actor: Actor) -> Offered:
    """What the public page offers."""
    return offered(session)


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def save_inquiry_settings(session: Session, actor: Actor, asked: SaveInquirySettings) -> int:
    """Save what the public page offers. Returns the id of the settings. Raises Stale, BadInput."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    practice.the_practice(session)
    row = inquiries.the_settings(session)
    if (row.revision if row else 0) != asked.revision:
        raise Stale
    if asked.is_on and not asked.case_types:
        raise BadInput("case_types", "Choose at least one kind of work that people may ask for.")
    known = {person.id: person for person in staff.staff_with_roles(session, TREATING)}
    if set(asked.provider_ids) - set(known):
        raise BadInput("provider_ids", "Choose people who see clients.")
    if row is None:
        row = InquirySettings(id=ids.new_id(), revision=0)
        session.add(row)
    row.is_on, row.introduction, row.by_video = asked.is_on, asked.introduction, asked.by_video
    row.case_types = [kind.value for kind in asked.case_types]
    row.service_ids, row.location_ids = list(asked.service_ids), list(asked.location_ids)
    row.erase_after_days = asked.erase_after_days
    row.revision += 1
    pages = {page.staff_id: page for page, _ in inquiries.providers(session)}
    taken = {page.slug for page in pages.values()}
    for staff_id, page in pages.items():
        page.is_on = staff_id in asked.provider_ids
    for staff_id in asked.provider_ids:
        if staff_id not in pages:
            made = slug(known[staff_id].name, taken)
            taken.add(made)
            session.add(InquiryProvider(staff_id=staff_id, slug=made))
    session.info["detail"] = f"{'on' if asked.is_on else 'off'}, {len(asked.provider_ids)} providers"
    session.flush()
    return row.id
