"""To whom an appointment is confidential: what nobody who acts for them comes across, and changing that (A20, A23)."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.errors import BadInput
from practicerunner.records import acting, calendar, cases, consent_basis, people, scheduling
from practicerunner.records import series as series_records
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Appointment
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, ParticipantStatus, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.minors import confidential_by_default
from practicerunner.workflows.scheduling import appointment_for

SHARED = "Somebody else has the same e-mail address as {name}, so no reminder of this is sent."


class SetConfidential(Command):
    """Say to whom of those at an appointment it is confidential; nobody is to nobody."""

    appointment_id: int
    person_ids: tuple[int, ...]
    whole_series: bool = False
    """Every appointment of its series, past ones too."""


@dataclass(frozen=True, slots=True)
class Confidant:
    """Somebody to whom an appointment is, or can be, confidential."""

    person_id: int
    name: str
    is_confidential: bool
    acts: tuple[str, ...]
    """Who acts for them."""
    warning: str
    """What staff should know before saving; empty if nothing."""


@dataclass(frozen=True, slots=True)
class Confidentiality:
    """To whom an appointment is confidential and could be; empty where that is not kept."""

    people: tuple[Confidant, ...] = ()
    on_invoice: bool = False
    """Whether an invoice was issued already, which says what it said."""

    @property
    def names(self) -> str:
        """To whom it is confidential, in words."""
        return " and ".join(one.name for one in self.people if one.is_confidential)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def set_confidential(session: Session, actor: Actor, asked: SetConfidential) -> list[int]:
    """Set to whom an appointment is confidential, or every one of its series. Returns the ids of those that changed.

    Raises NotFound, BadInput.
    """
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    case = session.get_one(Case, found.case_id)
    wanted = set(asked.person_ids)
    if wanted and not capabilities(case.type).confidential:
        raise BadInput("person_ids", "Nothing is confidential to one alone in this kind of work.")
    if not wanted <= {row.person_id for row in found.attendances}:
        raise BadInput("person_ids", "Choose people who take part in this appointment.")
    reached = [found]
    if asked.whole_series and found.series_id is not None:
        reached = [
            one for one in (scheduling.appointment(session, row.id, lock=True)
                            for row in series_records.occurrences(session, found.series_id)) if one is not None
        ]
    changed = [one.id for one in reached if _mark(one, wanted)]
    session.info["case_id"] = case.id
    session.info["detail"] = f"confidential to {', '.join(map(str, sorted(wanted))) or 'nobody'}: {len(changed)}"
    session.flush()
    return changed


def _mark(found: Appointment, wanted: set[int]) -> bool:
    """Whether anything changed."""
    changed = [row for row in found.attendances if row.confidential is not (row.person_id in wanted)]
    for row in changed:
        row.confidential = not row.confidential
        row.revision += 1
    if changed:
        found.revision += 1
    return bool(changed)


@reader(Resource.APPOINTMENTS)
def confidentiality_of(session: Session, actor: Actor, appointment_id: int) -> Confidentiality:
    """To whom an appointment is confidential and could be. Raises NotFound for strangers."""
    found = appointment_for(session, actor, appointment_id)
    case = session.get_one(Case, found.case_id)
    if not capabilities(case.type).confidential:
        return Confidentiality()
    here = {row.person_id: row.confidential for row in found.attendances}
    return Confidentiality(
        _confidants(session, {key: session.get_one(Person, key) for key in here}, here),
        bool(calendar.invoiced_people(session, found.id)),
    )


@reader(Resource.APPOINTMENTS)
def confidants_of_case(session: Session, actor: Actor, case_id: int) -> tuple[Confidant, ...]:
    """To whom an appointment that is booked now would be confidential, and could be. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id, resource=Resource.APPOINTMENTS)
    if not capabilities(case.type).confidential:
        return ()
    here = {
        person.id: person for participant, person in cases.people_in(session, case.id)
        if participant.status is ParticipantStatus.ACTIVE
    }
    alone = confidential_by_default(session, case, here)
    return _confidants(session, here, {key: key in alone for key in here})


def _confidants(session: Session, here: dict[int, Person], marked: dict[int, bool]) -> tuple[Confidant, ...]:
    """Those for whom somebody acts, and to whom it is confidential; for the others there is nothing to choose."""
    acts: dict[int, list[str]] = {}
    for row, somebody in acting.for_clients(session, list(here)):
        acts.setdefault(row.client_id, []).append(_name(somebody))
    return tuple(
        Confidant(
            key, _name(person), marked[key], tuple(acts.get(key, ())),
            SHARED.format(name=person.preferred_name or person.first_name)
            if people.mail_address(session, key) and not consent_basis.own_address(session, key) else "",
        )
        for key, person in here.items() if marked[key] or key in acts
    )


def _name(person: Person) -> str:
    return person_name(person.first_name, person.last_name, person.preferred_name)
