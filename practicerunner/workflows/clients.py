"""Finding clients, the client list, the summary and the page of one case: readers only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, money
from practicerunner.documents.csv_table import write_csv
from practicerunner.records import (
    accounts,
    audit,
    case_facts,
    clients,
    forms,
    plans,
    portal,
    practice,
    scheduling,
    staff,
)
from practicerunner.records.cases import Case
from practicerunner.records.clients import Dated, Listed, Selection
from practicerunner.records.people import ContactPoint
from practicerunner.rules import client_list as rule
from practicerunner.rules import forms as form_rule
from practicerunner.rules import names, signing, workflow_state
from practicerunner.rules.attendance import CANCELLED
from practicerunner.rules.case_types import CASE_TYPES, PLANS_SWITCHABLE, WITH_PLANS, capabilities
from practicerunner.rules.notes import due_at, resource_for
from practicerunner.rules.workflow_state import Facts, Given, Item, Occasion, Review, Somebody, Step
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    AttendanceStatus,
    AttentionKind,
    CaseStatus,
    CaseType,
    ContactKind,
    FormPurpose,
    ListFilter,
    NoteStatus,
    PaperKind,
    ParticipantStatus,
    PortalState,
    Resource,
    Role,
    TwoPersonLabel,
    WorkflowState,
)
from practicerunner.workflows.access import Actor, may, may_touch, visible
from practicerunner.workflows.acting import who_came_of_age
from practicerunner.workflows.arrangements import ArrangementView, arrangements_of, ended, in_force, said_for
from practicerunner.workflows.cases import TREATING, case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.plan_parts import called
from practicerunner.workflows.portal_accounts import state_of

PAGE = 50
UPCOMING = 4
RECENT = 10
Sort = Literal["name", "status", "next", "balance"]


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case that a search found."""

    case_id: int
    name: str
    type: CaseType


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A case as the client list shows it."""

    case_id: int
    name: str
    type: CaseType
    label: TwoPersonLabel | None
    status: CaseStatus
    provider: str
    next_at: datetime | None
    """When the next appointment starts, on the practice's wall clock."""
    due_cents: int
    attention: int
    """How many things wait."""

    @property
    def kind(self) -> str:
        """What kind of case it is, with the two people's label (A03)."""
        return kind_text(self.type, self.label)


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One page of the list, the number of rows over all pages, and what each filter would show."""

    rows: tuple[ClientRow, ...]
    total: int
    counts: dict[ListFilter, int]
    today: date


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """The workflow block of a case: everything computed (C05–C09)."""

    status: CaseStatus
    state: WorkflowState
    attention: tuple[Item, ...]
    next_steps: tuple[Item, ...]
    checklist: tuple[Step, ...]
    arrangements: tuple[ArrangementView, ...]
    """In force today, by participant."""
    ended_for: frozenset[int | None]
    """For whom the last one ended, and nobody has said since who pays; ``None`` for the case as a whole."""
    names: dict[int, str]
    """Of the participants who are charged on their own."""
    due_cents: int
    credit_cents: int
    clears: frozenset[AttentionKind] = frozenset()
    """The items whose action is the reader's to do."""

    @property
    def balance_cents(self) -> int:
        """What is due, less unapplied credit."""
        return self.due_cents - self.credit_cents


@dataclass(frozen=True, slots=True)
class ContactView:
    """A phone or e-mail with what the person allows."""

    kind: ContactKind
    value: str
    preferred: bool
    may_call: bool
    may_text: bool
    may_email: bool


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """Somebody in a case (A10)."""

    person_id: int
    name: str
    called: str
    """The word for a participant of this kind of case."""
    role: str
    status: ParticipantStatus
    joined_on: date
    left_on: date | None
    contacts: tuple[ContactView, ...]
    groups: tuple[FoundCase, ...]
    """Groups and workshops in which they take part too; on pages of groups nobody's."""
    portal: PortalState = PortalState.NONE
    """Whether they have an account, and whether it is suspended; who was invited stands under Relationships."""


@dataclass(frozen=True, slots=True)
class RecentAppointment:
    """An appointment with its three facts: attended? note? paid?"""

    appointment: Dated
    attended: int
    expected: int
    attendance: AttendanceStatus | None
    """The one status where everybody has the same."""
    note: NoteStatus | None
    needs_note: bool
    invoiced_cents: int
    open_cents: int
    waived_cents: int


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything the case page shows above its sections."""

    case_id: int
    revision: int
    name: str
    own_name: str
    type: CaseType
    label: TwoPersonLabel | None
    status: CaseStatus
    provider_id: int
    provider: str
    supervisor_id: int | None
    supervisor: str
    supervisor_is_default: bool
    opened_on: date
    needs_review: bool
    clinical_fields: bool
    capacity: int | None
    participants: tuple[ParticipantView, ...]
    upcoming: tuple[Dated, ...]
    upcoming_count: int
    recent: tuple[RecentAppointment, ...]
    came_from: FoundCase | None
    led_to: tuple[FoundCase, ...]
    today: date
    no_secrets: str
    """Of a couple or a family: by how many of them the no-secrets policy is signed (C43)."""
    may_write_notes: bool
    """Whether the actor writes notes of any kind in this case."""

    @property
    def kind(self) -> str:
        """What kind of case it is, with the two people's label (A03)."""
        return kind_text(self.type, self.label)

    @property
    def present(self) -> tuple[ParticipantView, ...]:
        """Those who take part now."""
        return tuple(p for p in self.participants if p.status is ParticipantStatus.ACTIVE)

    @property
    def waiting(self) -> tuple[ParticipantView, ...]:
        """Those on the waitlist, first in line first."""
        return tuple(p for p in self.participants if p.status is ParticipantStatus.WAITLISTED)


@dataclass(frozen=True, slots=True)
class StaffChoices:
    """Who may be chosen as provider and as supervisor: id → name, in order."""

    providers: dict[int, str]
    supervisors: dict[int, str]


def kind_text(kind: CaseType, label: TwoPersonLabel | None) -> str:
    """``Family``, or for two people ``Couple / two-person · partners``."""
    heading = capabilities(kind).heading
    return f"{heading} · {label.label.lower()}" if label else heading


@reader(Resource.CLIENT_DIRECTORY)
def find_cases(session: Session, actor: Actor, text: str, limit: int = 12) -> list[FoundCase]:
    """Cases found by part of a name, phone or e-mail, of every status, within what the actor may see."""
    words = rule.search_words(text)
    if not words:
        return []
    sees = visible(actor, Action.READ, Resource.CLIENT_DIRECTORY)
    return [FoundCase(*row) for row in clients.find(session, words, sees, limit)]


@reader(Resource.CLIENT_DIRECTORY)
def client_list(
    session: Session, actor: Actor, *, filter: ListFilter = ListFilter.ACTIVE_AND_PROSPECT, search: str = "",
    types: Sequence[CaseType] = (), provider_id: int | None = None, sort: Sort = "name", descending: bool = False,
    page: int = 1, size: int = PAGE,
) -> ClientPage:
    """One page of the client list (B01–B09). The number of statements is the same for any number of rows."""
    chosen = _selection(actor, search, types, provider_id)
    counts = rule.counts(clients.count_by_status(session, chosen))
    moment = clock.now()
    found = clients.listed(
        session, chosen, rule.statuses(filter), sort, moment, descending=descending, limit=size,
        offset=(max(page, 1) - 1) * size,
    )
    today = clock.today(practice.the_practice(session).zone)
    return ClientPage(tuple(_rows(session, actor, found, moment)), counts[filter], counts, today)


def _selection(actor: Actor, search: str, types: Sequence[CaseType], provider_id: int | None) -> Selection:
    return Selection(
        visible(actor, Action.READ, Resource.CLIENT_DIRECTORY), rule.search_words(search), tuple(types), provider_id
    )


def _rows(session: Session, actor: Actor, found: Sequence[Listed], moment: datetime) -> list[ClientRow]:
    zone = practice.the_practice(session).zone
    today = clock.today(zone)
    known = _gather(session, actor, found, moment)
    return [
        ClientRow(
            case.case_id, case.name, case.type, case.label, case.status, case.provider,
            _wall(known[case.case_id].next_at, zone), known[case.case_id].due_cents,
            len(workflow_state.attention(workflow_state.items(known[case.case_id].facts, today))),
        )
        for case in found
    ]


def _wall(moment: datetime | None, zone: str) -> datetime | None:
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@reader(Resource.CLIENT_DIRECTORY)
def client_count(session: Session, actor: Actor, filter: ListFilter = ListFilter.EVERYONE) -> int:
    """How many different people are clients; workshop participants and payers are not (X09)."""
    counting = [kind for kind, able in CASE_TYPES.items() if able.counts_as_client]
    sees = visible(actor, Action.READ, Resource.CLIENT_DIRECTORY)
    return clients.count_people(session, sees, counting, rule.statuses(filter))


CSV_COLUMNS = ("name", "kind", "label", "status", "provider", "next_appointment", "amount_due", "attention")


@reader(Resource.CLIENT_DIRECTORY)
def client_csv(
    session: Session, actor: Actor, *, filter: ListFilter = ListFilter.ACTIVE_AND_PROSPECT, search: str = "",
    types: Sequence[CaseType] = (), provider_id: int | None = None, sort: Sort = "name", descending: bool = False,
) -> bytes:
    """The rows of the list over all its pages as a CSV file, noted in the audit log; call it in a transaction (B09)."""
    chosen = _selection(actor, search, types, provider_id)
    moment = clock.now()
    found = clients.listed(
        session, chosen, rule.statuses(filter), sort, moment, descending=descending, limit=None
    )
    rows = [row for start in range(0, len(found), 500) for row in _rows(
        session, actor, found[start:start + 500], moment)]
    audit.note(
        session, staff_id=actor.staff_id, action=Action.EXPORT, resource=Resource.CLIENT_DIRECTORY,
        detail=f"{len(rows)} rows, {filter}",
    )
    return write_csv(CSV_COLUMNS, (
        (row.name, capabilities(row.type).heading, row.label.label if row.label else "", row.status.label,
         row.provider, row.next_at, money.decimal(row.due_cents), row.attention)
        for row in rows
    ))


@dataclass(frozen=True, slots=True)
class _Known:
    facts: Facts
    next_at: datetime | None
    due_cents: int


K = TypeVar("K")
V = TypeVar("V")


def _grouped(rows: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return found


def _gather(session: Session, actor: Actor, found: Sequence[Listed], moment: datetime) -> dict[int, _Known]:
    """The facts of some cases, in the same number of statements for one as for fifty."""
    if not found:
        return {}
    case_ids = [case.case_id for case in found]
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    main_notes = {kind: able.main_note for kind, able in CASE_TYPES.items()}

    standing = _grouped(
        ((case_id, status), Somebody(person_id, names.person_name(first, last, preferred)))
        for case_id, status, person_id, first, last, preferred in case_facts.people_and_waiting(session, case_ids)
    )
    received = case_facts.papers(session, case_ids)
    intakes = frozenset(person for _, person, kind in received if kind is PaperKind.INTAKE)
    consents = _grouped((case_id, person) for case_id, person, kind in received if kind is PaperKind.CONSENT)
    due = _grouped((case_id, (Occasion(a, day), ends)) for case_id, a, day, ends in case_facts.notes_due(
        session, case_ids, main_notes))
    # That an answer was critical is an answer: nothing of it is told to whoever never reads answers.
    reads_answers = may(actor, Action.READ, Resource.QUESTIONNAIRES)
    critical = _grouped(forms.open_alert_counts(session, case_ids)) if reads_answers else {}
    returned = _grouped(case_facts.notes_returned(session, case_ids))
    # Nor is that somebody has a treatment plan told to whoever never reads one.
    reads_plans = may(actor, Action.READ, Resource.CLINICAL_NOTE)
    reviews = _grouped(
        (row.case_id, Review(called(row.person), row.review_on or today))
        for row in plans.reviews_due(session, today, WITH_PLANS, PLANS_SWITCHABLE, case_ids=case_ids)
    ) if reads_plans else {}
    of_age = _grouped(who_came_of_age(session, case_ids))
    unrecorded = _grouped(
        (case_id, Occasion(a, day)) for case_id, a, day in case_facts.attendance_missing(session, case_ids, moment)
    )
    chargeable = _grouped((case_id, Occasion(a, day)) for case_id, a, day in case_facts.not_invoiced(session, case_ids))
    amounts = {case_id: rest for case_id, *rest in case_facts.open_amounts(session, case_ids, today)}
    debts = dict(case_facts.opening_debts(session, case_ids))
    arranged = _grouped((row.case_id, row) for row in case_facts.arranged(session, case_ids))
    with_method = case_facts.with_payment_method(session, case_ids)
    with_payment = case_facts.with_payment(session, case_ids)
    calendars = {case_id: (ahead, starts) for case_id, ahead, starts in case_facts.calendars(session, case_ids, moment)}

    known = {}
    for case in found:
        here = case.case_id
        owed, late_number, late_cents = amounts.get(here, (0, 0, 0))
        ahead, starts = calendars.get(here, (0, None))
        known[here] = _Known(
            Facts(
                case_id=here, type=case.type, status=case.status,
                people=tuple(standing.get((here, ParticipantStatus.ACTIVE), ())),
                waiting=tuple(standing.get((here, ParticipantStatus.WAITLISTED), ())), capacity=case.capacity,
                intake_from=intakes, consent_from=frozenset(consents.get(here, ())),
                critical_answers=len(critical.get(here, ())),
                notes_overdue=tuple(
                    occasion for occasion, ends in due.get(here, ())
                    if due_at(ends, house.note_due_hours, house.zone) < moment),
                notes_returned=tuple(returned.get(here, ())), plans_due=tuple(reviews.get(here, ())),
                came_of_age=tuple(of_age.get(here, ())),
                attendance_missing=tuple(unrecorded.get(here, ())),
                not_invoiced=tuple(chargeable.get(here, ())), overdue_invoices=late_number, overdue_cents=late_cents,
                arranged_for=said_for(arranged.get(here, ()), today), ended_for=ended(arranged.get(here, ()), today),
                has_payment_method=here in with_method, has_paid=here in with_payment,
                upcoming=ahead, has_appointment=here in calendars,
                needs_review=case.needs_review,
            ),
            starts, owed + debts.get(here, 0),
        )
    return known


def _as_listed(case: Case) -> Listed:
    return Listed(case.id, case.name, case.type, case.label, case.status, "", case.needs_review, case.capacity)


@reader(Resource.CASE)
def case_summary(session: Session, actor: Actor, case_id: int) -> CaseSummary:
    """What a case needs next, computed from its facts; states only, so that an administrator may read it too (J03)."""
    case = case_for(session, actor, case_id)
    today = clock.today(practice.the_practice(session).zone)
    known = _gather(session, actor, [_as_listed(case)], clock.now())[case.id]
    given = tuple(
        Given(person_id, form_rule.PAPERS[purpose], due_on)
        for person_id, purpose, due_on in forms.still_out(session, case.id, form_rule.PAPERS))
    waiting = workflow_state.items(replace(known.facts, given=given), today)
    agreements = arrangements_of(session, actor, case_id)
    arranged, over = in_force(agreements, today), ended(agreements, today)
    credit = 0
    if may(actor, Action.READ, Resource.INVOICES):
        credit = sum(max(-row.loose_cents, 0) for row in accounts.standings(session, case_id=case.id))
    return CaseSummary(
        case.status, workflow_state.state(waiting), tuple(workflow_state.attention(waiting)), tuple(waiting[:3]),
        tuple(workflow_state.checklist(known.facts)), tuple(arranged.values()), over,
        {person.person_id: person.name for person in known.facts.people}, known.due_cents, credit,
        _clears(session, actor, case, {item.kind for item in waiting}),
    )


def _clears(
    session: Session, actor: Actor, case: Case, waiting: Collection[AttentionKind]
) -> frozenset[AttentionKind]:
    """Of the items that wait in a case those whose action the actor may do; the others they see without a button."""
    ours = [case.provider_id, *scheduling.providers_of(session, case.id)]
    main = resource_for(capabilities(case.type).main_note, case.type)
    needed = dict.fromkeys((AttentionKind.NOTE_DUE, AttentionKind.PLAN_REVIEW_DUE), (Action.CREATE, main)) | {
        AttentionKind.NOTE_RETURNED: (Action.READ, main),
        AttentionKind.ATTENDANCE_MISSING: (Action.UPDATE, Resource.APPOINTMENTS),
        AttentionKind.NOTHING_AHEAD: (Action.CREATE, Resource.APPOINTMENTS),
        AttentionKind.NOT_INVOICED: (Action.CREATE, Resource.INVOICES),
        AttentionKind.PAYMENT_METHOD_MISSING: (Action.CREATE, Resource.INVOICES),
        AttentionKind.INVOICE_OVERDUE: (Action.READ, Resource.INVOICES),
        AttentionKind.INTAKE_MISSING: (Action.CREATE, Resource.CONSENTS),
        AttentionKind.CONSENT_MISSING: (Action.CREATE, Resource.CONSENTS),
        AttentionKind.CAME_OF_AGE: (Action.UPDATE, Resource.DEMOGRAPHICS),
    } | dict.fromkeys((
        AttentionKind.NOBODY_TAKES_PART, AttentionKind.ARRANGEMENT_MISSING, AttentionKind.REVIEW_NEEDED,
        AttentionKind.PLACE_FREE,
    ), (Action.UPDATE, Resource.CASE))
    # Whoever is told of a critical answer opens the forms; what they read there is decided there.
    return frozenset(
        kind for kind in waiting if kind not in needed or may_touch(
            actor, *needed[kind], responsible=ours, supervisor_id=case.supervisor_id, case_id=case.id))


@reader(Resource.CASE)
def case_page(session: Session, actor: Actor, case_id: int) -> CasePage:
    """A case with its people, appointments and linked cases. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id)
    house = practice.the_practice(session)
    today, moment = clock.today(house.zone), clock.now()
    default = staff.supervision_of(session, case.provider_id, today)
    supervisor_id = case.supervisor_id or (default.supervisor_id if default else None)
    names = clients.staff_names(session, [i for i in (case.provider_id, supervisor_id) if i])
    before, after = clients.linked(session, case, visible(actor, Action.READ, Resource.CASE))
    upcoming, participants = clients.upcoming(session, case.id, moment), _participants(session, actor, case)
    return CasePage(
        case_id=case.id, revision=case.revision, name=case.name, own_name=case.name if case.has_own_name else "",
        type=case.type, label=case.label, status=case.status, provider_id=case.provider_id,
        provider=names[case.provider_id], supervisor_id=case.supervisor_id,
        supervisor=names.get(supervisor_id or 0, ""), supervisor_is_default=case.supervisor_id is None,
        opened_on=case.opened_on, needs_review=case.needs_review, clinical_fields=case.clinical_fields,
        capacity=case.capacity,
        participants=participants, upcoming=tuple(upcoming[:UPCOMING]),
        upcoming_count=len(upcoming), recent=_recent(session, case, moment),
        came_from=FoundCase(*before[0]) if before else None, led_to=tuple(FoundCase(*row) for row in after),
        today=today, no_secrets=_no_secrets(session, actor, case, participants),
        may_write_notes=_may_write_notes(session, actor, case),
    )


def _may_write_notes(session: Session, actor: Actor, case: Case) -> bool:
    """Whether somebody writes notes here: who treats in the case, and a memo also who supervises them."""
    ours = {case.provider_id, *scheduling.providers_of(session, case.id)}
    return may_touch(
        actor, Action.CREATE, resource_for(capabilities(case.type).main_note, case.type), responsible=ours,
    ) or may_touch(
        actor, Action.CREATE, Resource.APPOINTMENT_MEMO, responsible=ours, supervisor_id=case.supervisor_id)


def _no_secrets(session: Session, actor: Actor, case: Case, participants: Sequence[ParticipantView]) -> str:
    """By how many of those who take part the no-secrets policy is signed, or for them; asked of such cases alone."""
    if FormPurpose.NO_SECRETS not in capabilities(case.type).forms or not may(actor, Action.READ, Resource.CONSENTS):
        return ""
    here = {one.person_id for one in participants if one.status is ParticipantStatus.ACTIVE}
    signed = len(here & forms.who_signed(session, case.id, FormPurpose.NO_SECRETS))
    return signing.signed_by(signed, len(here))


def _participants(session: Session, actor: Actor, case: Case) -> tuple[ParticipantView, ...]:
    reachable = may(actor, Action.READ, Resource.DEMOGRAPHICS)
    able = capabilities(case.type)
    groups: dict[int, list[FoundCase]] = {}
    if not able.is_group:
        kinds = [kind for kind, known in CASE_TYPES.items() if known.is_group]
        sees = visible(actor, Action.READ, Resource.CASE)
        groups = _grouped(
            (person_id, FoundCase(group_id, name, kind))
            for person_id, group_id, name, kind in clients.memberships(session, case.id, kinds, sees)
        )
    people = clients.people_with_contacts(session, case.id)
    outside = portal.accounts_of(session, [person.id for _, person in people])
    return tuple(
        ParticipantView(
            person.id, names.person_name(person.first_name, person.last_name, person.preferred_name), able.called,
            participant.role, participant.status, participant.joined_on, participant.left_on,
            tuple(_contact(point) for point in person.contacts) if reachable else (),
            tuple(groups.get(person.id, ())) if participant.status is ParticipantStatus.ACTIVE else (),
            state_of(outside.get(person.id)),
        )
        for participant, person in people
    )


def _contact(point: ContactPoint) -> ContactView:
    return ContactView(point.kind, point.value, point.preferred, point.may_call, point.may_text, point.may_email)


def _recent(session: Session, case: Case, moment: datetime) -> tuple[RecentAppointment, ...]:
    found = clients.recent(session, case.id, moment, RECENT)
    appointment_ids = [appointment.appointment_id for appointment in found]
    came = _grouped(clients.attendance_at(session, appointment_ids))
    notes = clients.note_states(session, appointment_ids, capabilities(case.type).main_note)
    billed = clients.invoiced(session, appointment_ids)
    rows = []
    for appointment in found:
        here = appointment.appointment_id
        statuses = came.get(here, [])
        rows.append(RecentAppointment(
            appointment, sum(status is AttendanceStatus.ATTENDED for status in statuses),
            sum(status not in CANCELLED for status in statuses),
            statuses[0] if len(set(statuses)) == 1 else None, notes.get(here),
            appointment.status is AppointmentStatus.HELD, *billed.get(here, (0, 0, 0)),
        ))
    return tuple(rows)


@reader(Resource.CLIENT_DIRECTORY)
def staff_choices(session: Session, actor: Actor) -> StaffChoices:
    """Who may be responsible for a case: those who see clients, and those who supervise."""
    return StaffChoices(
        {person.id: person.name for person in staff.staff_with_roles(session, TREATING)},
        {person.id: person.name for person in staff.staff_with_roles(session, [Role.SUPERVISOR])},
    )


@reader(Resource.CASE)
def upcoming_appointments(session: Session, actor: Actor, case_id: int) -> list[Dated]:
    """Every appointment of a case that lies ahead, next first (C03)."""
    return clients.upcoming(session, case_for(session, actor, case_id).id, clock.now())
