"""A supervisor more, assignments, and notes that wait: what the tests of supervision share."""

from datetime import date
from typing import Any

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import SupervisionLevel
from practicerunner.workflows.assignments import AssignSupervisor, assign_supervisor
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.scheduling import ChangeAppointment, change_appointment
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.verification import verify_note
from tests.cast import Cast, at
from tests.workflows.writing import fill, page, session_of, sign, start

CO_SIGN, APPROVE, ACCESS = SupervisionLevel.CO_SIGN, SupervisionLevel.APPROVE, SupervisionLevel.ACCESS


def assign(cast: Cast, who: str, by: str, on: str, level: SupervisionLevel = CO_SIGN, *, default: bool = True) -> int:
    return cast.do("Dana", assign_supervisor, AssignSupervisor(
        staff_id=cast.staff[who], supervisor_id=cast.staff[by], level=level, starts_on=date.fromisoformat(on),
        is_default=default))


def change(cast: Cast, who: str, **options: Any) -> None:
    """Change somebody's roles or whether they work here."""
    with database.reading(cast.engine) as session:
        person = session.get_one(Staff, cast.staff[who])
        given = {
            "roles": frozenset(held.role for held in person.roles), "first_name": person.first_name,
            "last_name": person.last_name,
        } | options
        asked = ChangeStaff(
            staff_id=person.id, revision=person.revision, email=person.email, credentials=person.credentials, **given)
    cast.do("Dana", change_staff, asked)


def written(cast: Cast, who: str = "Priya", when: str = "2026-10-12 10:00", *, submit: bool = True) -> tuple[int, int]:
    """A case and a note of its appointment, written and signed that evening."""
    case_id, appointment_id = session_of(cast, by=who, when=when)
    with at(f"{when[:10]} 22:00"):
        note_id = start(cast, who, appointment_id)
        fill(cast, who, note_id)
        if submit:
            sign(cast, who, note_id)
    return case_id, note_id


def reads(cast: Cast, who: str, note_id: int) -> bool:
    """Whether somebody gets the text; the page, the line in a list, a member's view and the check all say the same."""
    try:
        opened = isinstance(page(cast, who, note_id), NotePage)
    except NotFound:
        opened = False
    with database.transaction(cast.engine) as session:
        try:
            verify_note(session, cast.actor(who), note_id)
            verified = True
        except (NotFound, NotPermitted):
            verified = False
    assert opened == verified
    return opened


def name_supervisor(cast: Cast, case_id: int, supervisor_id: int | None) -> None:
    """Set a supervisor for a case."""
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, case_id)
        asked = ChangeCase(case_id=case.id, revision=case.revision, name=case.name, label=case.label,
                           status=case.status, provider_id=case.provider_id, supervisor_id=supervisor_id)
    cast.do("Dana", change_case, asked)


def choose_supervisor(cast: Cast, appointment_id: int, supervisor_id: int) -> None:
    """Set a supervisor for one appointment alone."""
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        asked = ChangeAppointment(
            appointment_id=found.id, revision=found.revision, service_id=found.service_id, format=found.format,
            fee_cents=found.fee_cents, location_id=found.location_id, supervisor_id=supervisor_id)
    cast.do("Dana", change_appointment, asked)
