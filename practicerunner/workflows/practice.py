"""The practice's own settings: who it is, its policies, services with dated fees, locations."""

from datetime import date
from zoneinfo import available_timezones

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, Stale
from practicerunner.records import practice
from practicerunner.records.practice import Location, Practice, Service, ServiceFee
from practicerunner.rules import identifiers
from practicerunner.rules.plans import REVIEW_DAYS
from practicerunner.rules.portal import LONGEST_IDLE, SHORTEST_IDLE
from practicerunner.rules.superbills import OFFICE
from practicerunner.vocabulary import Action, Resource, ServiceCategory
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import (
    Command,
    Line,
    Paragraph,
    RequiredLine,
    checked,
    command,
    reader,
    to_change,
)


class ChangePractice(Command):
    """Save the practice's details and policies."""

    revision: int
    name: RequiredLine
    zone: RequiredLine
    address: Paragraph = ""
    phone: Line = ""
    email: Line = ""
    tax_id: Line = ""
    npi: Line = ""
    late_cancel_hours: int = Field(ge=0, le=336)
    missed_fee_basis_points: int = Field(ge=0, le=10_000)
    note_due_hours: int = Field(ge=1, le=720)
    late_entry_days: int = Field(default=3, ge=0, le=90)
    alert_hours: int = Field(default=4, ge=1, le=40)
    helpers_may_schedule: bool = False
    supervision_includes_messages: bool = False
    grants_requests: bool = False
    portal_idle_minutes: int = Field(default=10, ge=SHORTEST_IDLE, le=LONGEST_IDLE)
    plan_review_days: int = Field(default=REVIEW_DAYS, ge=1, le=730)
    payment_due_days: int = Field(ge=0, le=180)
    invoice_after_cosign: bool = False
    invoicing_day: int | None = Field(default=None, ge=1, le=28)
    invoicing_weekday: int | None = Field(default=None, ge=0, le=6)
    ahead_days: int | None = Field(default=None, ge=1, le=14)
    invoices_as_drafts: bool = False
    show_adjustments: bool = False
    totp_required: bool = True
    notify_payers: bool = False

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise PydanticCustomError("zone", "Choose a time zone from the list, for example America/New_York.")
        return value

    _right_tax_id = field_validator("tax_id")(checked(identifiers.tax_id_problem))
    _right_npi = field_validator("npi")(checked(identifiers.npi_problem))


class ServiceDetails(Command):
    """What a service is; the fee counts from ``fee_from`` on."""

    name: RequiredLine
    code: Line = Field(default="", max_length=20)
    category: ServiceCategory
    minutes: int = Field(ge=1, le=1440)
    modifiers: Line = ""
    fee_cents: int = Field(ge=0)
    fee_from: date | None = None

    @field_validator("modifiers")
    @classmethod
    def _right_modifiers(cls, value: str) -> str:
        problem = identifiers.modifiers_problem(value)
        if problem:
            raise PydanticCustomError("modifiers", problem)
        return " ".join(identifiers.modifiers_of(value))


class AddService(ServiceDetails):
    """Offer a new service."""


class ChangeService(ServiceDetails):
    """Change a service; appointments that are booked keep the fee and length they have."""

    service_id: int
    revision: int
    active: bool = True


class AddLocation(Command):
    """A place where appointments are held."""

    name: RequiredLine
    address: Paragraph = ""
    is_room: bool = False
    place_of_service: Line = OFFICE

    _right_place = field_validator("place_of_service")(checked(identifiers.place_problem))


class ChangeLocation(AddLocation):
    """Change a place or stop using it."""

    location_id: int
    revision: int
    active: bool = True


@reader(Resource.PRACTICE_SETTINGS)
def practice_settings(session: Session, actor: Actor) -> Practice:
    """The practice's details and policies."""
    return practice.the_practice(session)


@reader(Resource.PRACTICE_SETTINGS)
def service_list(session: Session, actor: Actor, *, with_inactive: bool = False) -> list[Service]:
    """Services with their fees, by category and name."""
    return practice.services(session, with_inactive=with_inactive)


@reader(Resource.PRACTICE_SETTINGS)
def location_list(session: Session, actor: Actor, *, with_inactive: bool = False) -> list[Location]:
    """Locations by name."""
    return practice.locations(session, with_inactive=with_inactive)


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def change_practice(session: Session, actor: Actor, asked: ChangePractice) -> int:
    """Save the practice's details and policies. Raises Stale."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    row = practice.the_practice(session)
    if row.revision != asked.revision:
        raise Stale
    if any(
        getattr(asked, name) is not None and getattr(asked, name) != getattr(row, name)
        for name in ("invoicing_day", "invoicing_weekday", "ahead_days")
    ):
        row.invoicing_by_id = actor.staff_id
    fields = set(ChangePractice.model_fields) - {"op", "revision"}
    changed = sorted(f for f in fields if getattr(row, f) != getattr(asked, f))
    for field in changed:
        setattr(row, field, getattr(asked, field))
    row.revision += 1
    session.info["detail"] = "changed " + ", ".join(changed)
    return row.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def add_service(session: Session, actor: Actor, asked: AddService) -> int:
    """Offer a service. Returns the service id."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    return create_service(session, asked).id


def create_service(session: Session, asked: ServiceDetails) -> Service:
    """Write a new service; also for the first services of a practice."""
    if practice.service_named(session, asked.name):
        raise BadInput("name", "There is already a service with this name.")
    valid_from = asked.fee_from or clock.today(practice.the_practice(session).zone)
    service = Service(
        id=ids.new_id(), name=asked.name, code=asked.code, category=asked.category, minutes=asked.minutes,
        modifiers=asked.modifiers,
        fees=[ServiceFee(valid_from=valid_from, fee_cents=asked.fee_cents)],
    )
    session.add(service)
    session.flush()
    return service


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def change_service(session: Session, actor: Actor, asked: ChangeService) -> int:
    """Change a service; a new fee is dated, so earlier dates keep the earlier fee (H01). Raises Stale, BadInput."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    service = to_change(session, actor, Service, asked.service_id, asked.revision, Resource.PRACTICE_SETTINGS)
    holder = practice.service_named(session, asked.name)
    if holder is not None and holder.id != service.id:
        raise BadInput("name", "There is already a service with this name.")
    for field in ("name", "code", "category", "minutes", "modifiers", "active"):
        setattr(service, field, getattr(asked, field))
    day = asked.fee_from or clock.today(practice.the_practice(session).zone)
    same_day = next((fee for fee in service.fees if fee.valid_from == day), None)
    if same_day is not None:
        same_day.fee_cents = asked.fee_cents
    elif practice.fee_on(service, day) != asked.fee_cents:
        service.fees.append(ServiceFee(valid_from=day, fee_cents=asked.fee_cents))
    service.revision += 1
    return service.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def add_location(session: Session, actor: Actor, asked: AddLocation) -> int:
    """Add a place. Returns the location id."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    if practice.location_named(session, asked.name):
        raise BadInput("name", "There is already a location with this name.")
    place = Location(
        id=ids.new_id(), name=asked.name, address=asked.address, is_room=asked.is_room,
        place_of_service=asked.place_of_service,
    )
    session.add(place)
    return place.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def change_location(session: Session, actor: Actor, asked: ChangeLocation) -> int:
    """Change a place. Raises Stale, BadInput."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    place = to_change(session, actor, Location, asked.location_id, asked.revision, Resource.PRACTICE_SETTINGS)
    holder = practice.location_named(session, asked.name)
    if holder is not None and holder.id != place.id:
        raise BadInput("name", "There is already a location with this name.")
    for field in ("name", "address", "is_room", "place_of_service", "active"):
        setattr(place, field, getattr(asked, field))
    place.revision += 1
    return place.id
