"""The facts at the head of a note: taken from the appointment while it is written, fixed with the signature."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import audit, cases, diagnoses, note_facts, practice
from practicerunner.records.notes import Note
from practicerunner.records.practice import Location
from practicerunner.records.staff import Staff
from practicerunner.rules import diagnoses as in_force_rule
from practicerunner.rules import notes as rule
from practicerunner.rules.diagnoses import Step
from practicerunner.rules.names import person_name
from practicerunner.rules.note_details import Details, outside_licence, states_of
from practicerunner.vocabulary import Action, FormPurpose, Resource, SessionFormat
from practicerunner.workflows.access import Actor, may_touch
from practicerunner.workflows.diagnosis_pages import LOG_AGAIN_AFTER, READ
from practicerunner.workflows.notes import Subject, is_remote, present_at


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether a participant has signed the consent to telehealth."""

    name: str
    response_id: int | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Remote:
    """What is known of a session by video or phone beside what is stated of it (C40)."""

    held_by: SessionFormat
    people: tuple[tuple[str, str], ...]
    """Person id as text and name of those who were present."""
    consents: tuple[Consent, ...]
    outside: tuple[str, ...]
    """States in which somebody was, but for which the author has no licence."""

    @property
    def unsigned(self) -> bool:
        """Whether somebody who was present has not signed the consent here."""
        return any(consent.response_id is None for consent in self.consents)


def remote_of(session: Session, subject: Subject, present: Mapping[str, str], details: Details) -> Remote | None:
    """What the telehealth statement needs; ``None`` for a note that has none."""
    if subject.appointment is None or not is_remote(subject):
        return None
    signed = note_facts.signed_forms(session, [int(key) for key in present], FormPurpose.TELEHEALTH)
    consents = []
    for key, name in present.items():
        found = signed.get(int(key))
        consents.append(Consent(name, found.response_id if found else None, found.submitted_at if found else None))
    author = session.get_one(Staff, subject.note.author_id)
    return Remote(
        subject.appointment.format, tuple(present.items()), tuple(consents),
        outside_licence(details.telehealth, present, states_of(author.licence_states)),
    )


def facts_of(session: Session, subject: Subject, names: Mapping[str, str]) -> dict[str, Any]:
    """What stands at the head of a note, as JSON; ``names`` are those by which the law knows the people of the case."""
    note, case, appointment = subject.note, subject.case, subject.appointment
    there = present_at(appointment) if appointment is not None else []
    facts: dict[str, Any] = {
        "case": case.name, "date": note.service_date.isoformat(), "present": {key: names[key] for key in there},
    }
    if note.person_id is not None:
        facts["about"] = {str(note.person_id): names.get(str(note.person_id), "")}
    if appointment is not None:
        start = datetime.combine(appointment.local_date, appointment.local_time)
        location = session.get(Location, appointment.location_id) if appointment.location_id is not None else None
        facts |= {
            "start": f"{appointment.local_time:%H:%M}", "minutes": appointment.minutes,
            "end": f"{start + timedelta(minutes=appointment.minutes):%H:%M}", "format": appointment.format.value,
            "place": location.name if location is not None else "",
            "individual_contact": rule.is_individual_contact(case.type, len(there)),
        }
    ahead = note_facts.next_after(session, case.id, appointment.starts_at if appointment is not None else clock.now())
    if ahead is not None:
        facts["next"] = f"{ahead[0]} {ahead[1]:%H:%M}"
    return facts


def names_in(session: Session, case_id: int) -> dict[str, str]:
    """Person id as text → the name, of everybody who is or was in a case."""
    return {
        str(person.id): person_name(person.first_name, person.last_name)
        for _, person in cases.people_in(session, case_id)
    }


def of_the_same_people(
    session: Session, earlier: Sequence[Note], people: Collection[int], *, several: bool
) -> list[Note]:
    """Of earlier notes of a case those that speak of some of these people; all where nobody else is in it."""
    if not several or not people:
        return list(earlier)
    there = note_facts.present_at(
        session, {one.appointment_id for one in earlier if one.appointment_id is not None}, rule.PRESENT)
    return [
        one for one in earlier
        if (one.person_id in people if one.person_id is not None
            else one.appointment_id is None or not there[one.appointment_id].isdisjoint(people))
    ]


def codes_on(session: Session, actor: Actor, subject: Subject, about: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Person id as text → the codes in force on the date of service, the primary one first.

    Nothing where the case has no clinical fields, or where they are not the actor's to read.
    """
    note, case = subject.note, subject.case
    stands_in = [subject.appointment.provider_id] if subject.appointment is not None else []
    reads = may_touch(actor, Action.READ, Resource.CLINICAL_RECORD, responsible=[case.provider_id, *stands_in],
                      supervisor_id=case.supervisor_id)
    if not subject.clinical or not reads:
        return {}
    rows = [
        row for row in diagnoses.of_case(session, case.id) if str(row.person_id) in about and not row.withdrawn
        and in_force_rule.in_force(row.onset_on, row.ended_on, note.service_date)
    ]
    made = diagnoses.changes_of(session, [row.id for row in rows])
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        steps = [Step(change.act, change.as_of) for change, _ in made[row.id]]
        found.setdefault(str(row.person_id), []).append({
            "code": row.code, "description": row.description,
            "primary": in_force_rule.was_primary(steps, note.service_date),
            "provisional": in_force_rule.was_provisional(steps, note.service_date),
        })
    return {
        key: sorted(found[key], key=lambda one: not one["primary"]) for key in about if key in found
    }


def log_codes(session: Session, actor: Actor, subject: Subject) -> None:
    """Say in the audit log that somebody has read a case's codes, once for each while."""
    case = subject.case
    if not diagnoses.read_since(session, actor.staff_id, case.id, READ, "", clock.now() - LOG_AGAIN_AFTER):
        audit.note(session, staff_id=actor.staff_id, role=session.info.get("role", ""), action=READ,
                   resource=Resource.CLINICAL_RECORD, case_id=case.id, detail="")


def late_entry(session: Session, subject: Subject) -> tuple[str, bool]:
    """The day on which a note is entered, and whether it has to say that it comes late (C22)."""
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    late = subject.note.kind not in rule.UNSIGNED_KINDS and rule.is_late_entry(
        subject.note.service_date, today, house.late_entry_days)
    return today.isoformat(), late
