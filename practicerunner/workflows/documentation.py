"""Notes as lists, never with their text: those of a case or an appointment, and what is to be done (G12, G15)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import addenda, alert_steps, cases, note_lists, notes, practice, scheduling, supervision
from practicerunner.records.cases import Case
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import notes as rule
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import days_since
from practicerunner.vocabulary import Action, AttendanceStatus, CaseType, NoteKind, NoteStatus, Resource, SignatureRole
from practicerunner.workflows.access import Actor, authorize, how_may, may_touch, visible
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.note_readers import may_open, reviews

MOST_TO_WRITE = 30
MISSED = frozenset({AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED})
"""Whose absence can be written about."""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note in a list: state and dates, never text."""

    note_id: int | None
    """Empty for a psychotherapy note, which is opened by its appointment."""
    appointment_id: int | None
    case_id: int
    case_name: str
    kind: NoteKind
    status: NoteStatus
    service_date: date
    author_id: int
    author_name: str
    version: int = 0
    submitted_at: datetime | None = None
    locked_at: datetime | None = None
    saved_at: datetime | None = None
    case_type: CaseType | None = None
    can_open: bool = True
    """Whether this reader may open the text, with or without a typed reason."""
    title: str = ""
    """What it is called: its kind, or the short form it was written on."""
    person_id: int | None = None
    about: str = ""
    """Name of the participant it is about, where it is about one of several."""
    supervisor: str = ""
    """Who has to sign it beside its author, or has; empty where nobody does."""
    review_as: SignatureRole | None = None
    """As what they sign it."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What a supervisor wrote when returning a version."""

    version: int
    name: str
    at: datetime
    text: str
    section: str = ""
    """Label of the section, or name of whose part, it speaks of; empty for the note as a whole."""


@dataclass(frozen=True, slots=True)
class DueNote:
    """A held appointment whose main note is not signed; something to be done about once it is overdue."""

    appointment_id: int
    case_id: int
    case_name: str
    case_type: CaseType
    kind: NoteKind
    provider_id: int
    provider_name: str
    day: date
    start: time
    minutes: int
    due_at: datetime
    overdue: bool
    note_id: int | None
    status: NoteStatus | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the actor handed in, note or addendum: with whom it is, and since when."""

    line: NoteLine
    is_addendum: bool
    supervisor: str
    since: datetime
    days: int
    """For how many days, by the calendar: since yesterday is one."""


@dataclass(frozen=True, slots=True)
class ToSign:
    """A note that documents a critical answer and is not signed; overdue once the policy's hours are over."""

    line: NoteLine
    closed_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """Notes that somebody has to do something about."""

    drafts: tuple[NoteLine, ...]
    returned: tuple[tuple[NoteLine, tuple[Comment, ...]], ...]
    """What came back, with the comments on its last version."""
    to_review: tuple[NoteLine, ...]
    addenda: tuple[tuple[NoteLine, datetime], ...]
    """Notes with an addendum that awaits co-signature, and since when."""
    awaited: tuple[Awaited, ...] = ()
    """What was handed in and waits for a supervisor."""
    to_sign: tuple[ToSign, ...] = ()
    """Of what is not signed: the notes with which a critical answer was closed, the oldest first."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A note of the case that can be begun from an appointment."""

    case_id: int
    day: date
    kind: NoteKind
    form: str
    person_id: int
    label: str
    """What it is called, with the name where several take part."""


@dataclass(frozen=True, slots=True)
class CaseNotes:
    """What the actor may write for a case itself."""

    forms: tuple[tuple[NoteKind, str], ...]
    """Kinds with their forms; empty where the actor writes none."""
    people: tuple[tuple[int, str], ...]
    """Everybody who takes part: id and name."""
    today: date


@dataclass(frozen=True, slots=True)
class NoteBlock:
    """What the appointment page says about notes."""

    appointment_id: int
    case_id: int
    lines: tuple[NoteLine, ...]
    main: NoteKind
    """The note that the appointment must get once it was held."""
    offered: tuple[NoteKind, ...]
    """Kinds that the actor may begin now."""
    beside: tuple[Beside, ...]
    """Notes of the case that the actor may begin from here: about who was there, or did not come."""


@dataclass(frozen=True, slots=True)
class ToWrite:
    """An appointment for which a note can be written, in the list of the case page."""

    appointment_id: int
    day: date
    start: time
    main: NoteKind
    offered: tuple[NoteKind, ...]


def line_of(actor: Actor, row: NoteRow) -> NoteLine:
    """A note as a line of a list."""
    return NoteLine(
        row.note_id, row.appointment_id, row.case_id, row.case_name, row.kind, row.status, row.service_date,
        row.author_id, row.author.name, row.version, row.submitted_at, row.locked_at, row.saved_at, row.case_type,
        may_open(actor, row) is not None, rule.title(row.kind, row.form), row.person_id,
        person_name(row.person.first_name, row.person.last_name, row.person.preferred_name) if row.person else "",
        person_name(row.supervisor_first or "", row.supervisor_last or ""), row.review_as,
    )


def _own_psychotherapy(session: Session, actor: Actor, case_id: int | None = None) -> list[NoteLine]:
    """One's own psychotherapy notes as lines; those of others are in no list."""
    return [
        NoteLine(
            None, appointment_id, of_case, case_name, NoteKind.PSYCHOTHERAPY, status, day, actor.staff_id, actor.name,
            case_type=case_type, title=NoteKind.PSYCHOTHERAPY.label,
        )
        for appointment_id, of_case, status, day, case_name, case_type
        in notes.psychotherapy_notes(session, actor.staff_id, case_id=case_id)
    ]


@reader(Resource.CASE)
def notes_of_case(session: Session, actor: Actor, case_id: int) -> list[NoteLine]:
    """The notes of a case as lines, the newest first, with one's own psychotherapy notes."""
    case_for(session, actor, case_id)
    lines = [line_of(actor, row) for row in note_lists.of_case(session, case_id)]
    lines += _own_psychotherapy(session, actor, case_id)
    return sorted(lines, key=lambda line: line.service_date, reverse=True)


@reader(Resource.CASE)
def appointments_to_write(session: Session, actor: Actor, case_id: int) -> list[ToWrite]:
    """The case's last appointments for which the actor may begin a note, the newest first."""
    case = case_for(session, actor, case_id)
    found = note_lists.to_write(session, case_id, clock.now(), MOST_TO_WRITE)
    written = note_lists.of_appointments(session, [a.id for a in found])
    made = [
        ToWrite(
            a.id, a.local_date, a.local_time, capabilities(case.type).main_note,
            _offered(session, actor, a, case, written),
        ) for a in found
    ]
    return [line for line in made if line.offered]


@reader(Resource.APPOINTMENTS)
def note_block(session: Session, actor: Actor, appointment_id: int) -> NoteBlock:
    """The notes of an appointment as lines, and the kinds that the actor may begin."""
    appointment = scheduling.appointment(session, appointment_id)
    if appointment is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.APPOINTMENTS, resource_id=appointment_id)
    case = session.get_one(Case, appointment.case_id)
    authorize(
        session, actor, Action.READ, Resource.APPOINTMENTS, responsible=[appointment.provider_id, case.provider_id],
        supervisor_id=actor.staff_id if actor.staff_id in (appointment.supervisor_id, case.supervisor_id) else None,
        resource_id=appointment_id, case_id=case.id,
    )
    rows = note_lists.of_appointments(session, [appointment_id])
    lines = [line_of(actor, row) for row in rows]
    lines += [line for line in _own_psychotherapy(session, actor, case.id) if line.appointment_id == appointment_id]
    return NoteBlock(
        appointment_id, case.id, tuple(lines), capabilities(case.type).main_note,
        _offered(session, actor, appointment, case, rows), _beside(session, actor, appointment, case, rows),
    )


@reader(Resource.CASE)
def case_notes_to_write(session: Session, actor: Actor, case_id: int) -> CaseNotes:
    """The kinds of note that the actor may write for a case itself, with their forms, and about whom."""
    case = case_for(session, actor, case_id)
    names = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, case.id)
    }
    kinds = rule.case_kinds_for(case.type, case.clinical_fields)
    ours = [case.provider_id, *scheduling.providers_of(session, case.id)] if kinds else []
    return CaseNotes(
        tuple(
            (kind, form) for kind in kinds for form in rule.forms_for(kind, case.type)
            if may_touch(actor, Action.CREATE, rule.resource_for(kind, case.type), responsible=ours)
        ),
        tuple(names.items()), clock.today(practice.the_practice(session).zone),
    )


def _beside(
    session: Session, actor: Actor, appointment: Appointment, case: Case, written: Iterable[NoteRow]
) -> tuple[Beside, ...]:
    """An exam of who was there; a note on who did not come."""
    kinds = rule.case_kinds_for(case.type, case.clinical_fields)
    has = {(row.form, row.person_id) for row in written if row.author_id == actor.staff_id}
    names = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, case.id)
    }
    found = []
    for attendance in appointment.attendances:
        if attendance.status in rule.PRESENT and capabilities(case.type).clinical_fields:
            kind, form = NoteKind.MENTAL_STATUS, "mental_status"
        elif attendance.status in MISSED:
            kind, form = NoteKind.CONTACT, "missed"
        else:
            continue
        allowed = kind in kinds and may_touch(
            actor, Action.CREATE, rule.resource_for(kind, case.type),
            responsible=[appointment.provider_id, case.provider_id],
        )
        if allowed and (form, attendance.person_id) not in has:
            label = rule.title(kind, form)
            if len(appointment.attendances) > 1:
                label += f": {names.get(attendance.person_id, '')}"
            found.append(Beside(case.id, appointment.local_date, kind, form, attendance.person_id, label))
    return tuple(found)


def _offered(
    session: Session, actor: Actor, appointment: Appointment, case: Case, written: Iterable[NoteRow]
) -> tuple[NoteKind, ...]:
    own = actor.staff_id in (appointment.provider_id, case.provider_id)
    has = {row.kind for row in written if row.author_id == actor.staff_id and row.appointment_id == appointment.id}
    if notes.psychotherapy_note(session, appointment.id, actor.staff_id) is not None:
        has.add(NoteKind.PSYCHOTHERAPY)
    able = capabilities(case.type)
    fitting = sorted(able.notes, key=lambda kind: kind is not able.main_note)
    supervised = bool({appointment.provider_id, case.provider_id} & actor.supervisees) or actor.staff_id in (
        appointment.supervisor_id, case.supervisor_id)
    return tuple(
        kind for kind in fitting if kind not in has and how_may(
            actor, Action.CREATE, rule.resource_for(kind, case.type), case_id=case.id, own=own, supervised=supervised)
    )


def note_states_of(session: Session, appointment_ids: Collection[int]) -> dict[int, NoteStatus]:
    """Appointment → the state of its main note; without one there is no entry. For calendars and lists."""
    states: dict[int, NoteStatus] = {}
    for row in note_lists.of_appointments(session, appointment_ids):
        if row.appointment_id is None or row.kind is not capabilities(row.case_type).main_note:
            continue
        if row.appointment_id not in states or row.status in rule.SIGNED:
            states[row.appointment_id] = row.status
    return states


@reader(Resource.CLINICAL_NOTE)
def documentation_due(session: Session, actor: Actor) -> list[DueNote]:
    """Held appointments without their signed main note, the oldest first: one's own from their end on (G15).

    Those of supervisees, or of whomever else one sees, once the policy's hours are over.
    """
    sees = visible(actor, Action.READ, Resource.CLINICAL_NOTE)
    house, now = practice.the_practice(session), clock.now()
    hours = house.note_due_hours
    mains = {case_type: able.main_note for case_type, able in CASE_TYPES.items()}
    held = note_lists.held_without_signed_note(session, sees.staff_ids, sees.supervisor_id, mains, rule.SIGNED)
    by_when = {h.appointment_id: rule.due_at(h.ends_at, hours, house.zone) for h in held}
    held = [
        h for h in held
        if (h.provider_id == actor.staff_id or by_when[h.appointment_id] < now) and h.case_id not in actor.own_cases]
    begun = {
        row.appointment_id: row for row in note_lists.of_appointments(session, [h.appointment_id for h in held])
        if row.kind is mains[row.case_type]
    }
    return [
        DueNote(
            h.appointment_id, h.case_id, h.case_name, h.case_type, mains[h.case_type], h.provider_id, h.provider.name,
            h.local_date, h.local_time, h.minutes, by_when[h.appointment_id], by_when[h.appointment_id] < now,
            begun[h.appointment_id].note_id if h.appointment_id in begun else None,
            begun[h.appointment_id].status if h.appointment_id in begun else None,
        )
        for h in held
    ]


@reader(Resource.CLINICAL_NOTE)
def my_queue(session: Session, actor: Actor) -> Queue:
    """One's drafts, what was returned to one, and what waits for one's co-signature; the oldest first."""
    drafts = [line_of(actor, row) for row in note_lists.written_by(session, actor.staff_id, [NoteStatus.DRAFT])]
    drafts += [line for line in _own_psychotherapy(session, actor) if line.status is NoteStatus.DRAFT]
    back = note_lists.written_by(session, actor.staff_id, [NoteStatus.RETURNED])
    last = _last_comments(session, back)
    to_review = [
        line_of(actor, row) for row in note_lists.awaiting(session, actor.staff_id)
        if row.case_id not in actor.own_cases
    ] if reviews(actor) else []
    found = addenda.awaiting(session, actor.staff_id) if reviews(actor) else []
    beneath = note_lists.rows_of(session, {addendum.note_id for addendum in found})
    found = [one for one in found if beneath[one.note_id].case_id not in actor.own_cases]
    return Queue(
        tuple(sorted(drafts, key=lambda line: line.service_date)),
        tuple((line_of(actor, row), tuple(last[row.note_id])) for row in sorted(back, key=lambda r: r.service_date)),
        tuple(sorted(to_review, key=lambda line: line.submitted_at or clock.now())),
        tuple(
            (replace(line_of(actor, beneath[addendum.note_id]), author_name=addendum.name), addendum.created_at)
            for addendum in found
        ),
        _awaited(session, actor), _to_sign(session, [*drafts, *(line_of(actor, row) for row in back)]),
    )


def _to_sign(session: Session, lines: Sequence[NoteLine]) -> tuple[ToSign, ...]:
    """Of one's own notes that are not signed: those with which an alert was closed."""
    closed = alert_steps.closed_since(session, [line.note_id for line in lines if line.note_id is not None])
    house, now = practice.the_practice(session), clock.now()
    found = [
        ToSign(line, closed[line.note_id],
               rule.due_at(closed[line.note_id], house.note_due_hours, house.zone) < now)
        for line in lines if line.note_id in closed
    ]
    return tuple(sorted(found, key=lambda one: one.closed_at))


def _last_comments(session: Session, returned: Sequence[NoteRow]) -> defaultdict[int, list[Comment]]:
    """Note → what was said of the version that came back."""
    rows, last = {row.note_id: row for row in returned}, defaultdict[int, list[Comment]](list)
    for comment, name in notes.comments_of(session, list(rows)):
        row = rows[comment.note_id]
        if comment.version != row.version:
            continue
        names = {}
        if comment.section.isdigit():
            names = {str(one.id): person_name(one.first_name, one.last_name)
                     for _, one in cases.people_in(session, row.case_id)}
        last[row.note_id].append(Comment(
            comment.version, name, comment.created_at, comment.text,
            rule.section_label(row.form, comment.section, names),
        ))
    return last


def _awaited(session: Session, actor: Actor) -> tuple[Awaited, ...]:
    """What the actor handed in and nobody has signed or returned, the longest waiting first."""
    names, now, zone = supervision.names(session), clock.now(), practice.the_practice(session).zone

    def awaited(row: NoteRow, is_addendum: bool, supervisor_id: int | None, since: datetime) -> Awaited:
        return Awaited(
            line_of(actor, row), is_addendum, names.get(supervisor_id or 0, ""), since, days_since(since, now, zone))

    found = [
        awaited(row, False, row.supervisor_id, row.submitted_at or now)
        for row in note_lists.written_by(session, actor.staff_id, [NoteStatus.SUBMITTED])
    ]
    beneath = addenda.handed_in(session, actor.staff_id)
    rows = note_lists.rows_of(session, {addendum.note_id for addendum, _ in beneath})
    found += [
        awaited(rows[addendum.note_id], True, supervisor_id, addendum.created_at)
        for addendum, supervisor_id in beneath
    ]
    return tuple(sorted(found, key=lambda one: one.since))
