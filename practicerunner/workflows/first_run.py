"""The first run: a practice, its owner, plain services and forms. Possible only while there is no practice."""

from zoneinfo import available_timezones

from pydantic import SecretStr, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import audit, logins, practice
from practicerunner.records.practice import Location, Practice
from practicerunner.records.staff import Staff, count_staff
from practicerunner.rules import passwords
from practicerunner.vocabulary import Resource, Role, ServiceCategory
from practicerunner.workflows import form_templates, invitations, staff
from practicerunner.workflows.commands import Command, Line, Paragraph, RequiredLine
from practicerunner.workflows.practice import ServiceDetails, create_service
from practicerunner.workflows.staff import StaffDetails

PLAIN_SERVICES = (
    ("Individual session", ServiceCategory.THERAPY, 50, 150_00),
    ("Couple session", ServiceCategory.THERAPY, 50, 180_00),
    ("Family session", ServiceCategory.THERAPY, 50, 180_00),
    ("Group session", ServiceCategory.THERAPY, 90, 60_00),
    ("Intake", ServiceCategory.THERAPY, 60, 200_00),
    ("Consultation", ServiceCategory.CONSULTATION, 60, 150_00),
    ("Consultation group", ServiceCategory.CONSULTATION, 120, 80_00),
    ("Workshop", ServiceCategory.OTHER, 360, 250_00),
)
"""Name, category, minutes and fee in cents; the owner changes them. No codes come with the product (C60)."""
FIRST_LOCATION = "Office"


class AlreadySetUp(RuleViolation):
    """This practice has been set up already. Sign in instead."""


class SetUpPractice(Command):
    """Begin: who the practice is, and who owns it."""

    name: RequiredLine
    zone: str
    address: Paragraph = ""
    first_name: RequiredLine
    last_name: Line = ""
    email: RequiredLine
    password: SecretStr

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise PydanticCustomError("zone", "Please choose one from the list.")
        return value


def set_up_practice(
    session: Session, asked: SetUpPractice, *, is_demo: bool = False, totp_required: bool = True,
) -> int:
    """Write the practice, its owner with a password, services, forms and one location. Returns the owner's staff id.

    Raises AlreadySetUp if there is a practice, BadInput at a field.
    """
    logins.one_attempt_at_a_time(session, "first run")
    if count_staff(session) or _has_practice(session):
        raise AlreadySetUp
    owner_details = StaffDetails(
        first_name=asked.first_name, last_name=asked.last_name, email=asked.email, roles=frozenset({Role.OWNER}),
    )
    password = asked.password.get_secret_value()
    problem = passwords.problem_with(password, (asked.name, owner_details.email.split("@")[0]))
    if problem:
        raise BadInput("password", problem)
    session.add(Practice(
        name=asked.name.strip(), zone=asked.zone, address=asked.address, email=owner_details.email, is_demo=is_demo,
        totp_required=totp_required,
    ))
    session.flush()
    for name, category, minutes, fee_cents in PLAIN_SERVICES:
        create_service(session, ServiceDetails(name=name, category=category, minutes=minutes, fee_cents=fee_cents))
    form_templates.make_built_in_forms(session)
    session.add(Location(name=FIRST_LOCATION, address=asked.address))
    owner_id = staff.create_staff(session, owner_details)
    invitations.set_password(session, session.get_one(Staff, owner_id), password)
    audit.note(
        session, staff_id=owner_id, role=Role.OWNER, action="set_up_practice", resource=Resource.PRACTICE_SETTINGS,
    )
    return owner_id


def _has_practice(session: Session) -> bool:
    try:
        practice.the_practice(session)
    except practice.NotSetUp:
        return False
    return True
