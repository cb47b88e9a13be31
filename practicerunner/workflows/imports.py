"""Taking over clients from a file: a dry run, the import, and undoing it (K04).

Dry run and import are one examination, so they cannot report different counts. The file is read and let go; what stays
of it is its fingerprint, how its columns were understood, and what became of each line.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import ConfigDict, ValidationError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import imports, practice, staff
from practicerunner.records.base import Base
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.cases import Case, Participant
from practicerunner.records.imports import ImportedRow, ImportRun
from practicerunner.records.people import ContactPoint, Payer, Person
from practicerunner.records.staff import Staff
from practicerunner.rules import importing, names
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.csv_files import Table
from practicerunner.rules.importing import Candidate, DateOrder, Field, Party, Register
from practicerunner.vocabulary import Action, ContactKind, EntryKind, Resource, RowOutcome
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import TREATING
from practicerunner.workflows.commands import Command, Line, command, field_messages, reader
from practicerunner.workflows.people import Contact, PersonDetails, check_dates, search_text

PREVIEW_ROWS = 5
OPENING_REASON = "Opening balance, imported"
_LONGEST_CASE_NAME = 500


class RowsLeftOut(RuleViolation):
    """Some rows of this file cannot be imported. Look at them, then import the others without them."""


class AlreadyUndone(RuleViolation):
    """This import was already undone."""


class ImportClients(Command):
    """Import a file of clients; ``accept_bad_rows`` says that rows with problems may be left out."""

    model_config = ConfigDict(ser_json_bytes="base64")

    file: bytes
    file_name: Line
    mapping: dict[str, Field | None]
    date_order: DateOrder | None = None
    default_provider_id: int
    accept_bad_rows: bool = False


class UndoImport(Command):
    """Remove what an import made, except what has been used since."""

    run_id: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that does not come in."""

    line: int
    outcome: RowOutcome
    reason: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it will come in."""

    line: int
    name: str
    born: date | None
    kind: str
    status: str
    contact: str
    address: str
    balance_cents: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import of this file would do, or did: the same value for both."""

    counts: Mapping[RowOutcome, int]
    bad: tuple[BadRow, ...]
    """By line."""
    preview: tuple[PreviewRow, ...]
    people: int
    """People who come in: a couple is one row and two people."""
    balance_cents: int
    """Opening balances of the rows that come in."""
    remark: str
    """What had to be assumed to read the file."""

    @property
    def new(self) -> int:
        """Rows that come in."""
        return self.counts[RowOutcome.NEW]

    @property
    def rejected(self) -> int:
        """Rows with something wrong; a duplicate is nothing wrong."""
        return sum(n for outcome, n in self.counts.items() if outcome not in (RowOutcome.NEW, RowOutcome.DUPLICATE))


@dataclass(frozen=True, slots=True)
class FileLook:
    """What a file looks like before anything is decided: columns, a proposal, and what must stay outside."""

    columns: tuple[str, ...]
    row_count: int
    examples: Mapping[str, str]
    """Column → its first filled cell; nothing of a forbidden column."""
    mapping: Mapping[str, Field | None]
    forbidden: Mapping[str, str]
    remark: str


def look_at(file: bytes) -> FileLook:
    """Read a file's columns and propose what they mean. Raises the sentence that says why it cannot be read."""
    table = importing.read_clients(file)
    forbidden = importing.forbidden_columns(table)
    examples = {name: next(iter(table.column(name)), "") for name in table.columns if name not in forbidden}
    return FileLook(
        table.columns, table.row_count, examples, importing.propose_mapping(table), forbidden, table.remark
    )


def date_question(file: bytes, mapping: Mapping[str, Field | None]) -> tuple[bool, DateOrder | None]:
    """Whether the order of day and month has to be said for this file, and what its dates suggest."""
    table = importing.read_clients(file)
    return importing.has_numeric_dates(table, mapping), importing.propose_order(table, mapping)


@reader(Resource.BULK_DATA)
def plan_import(
    session: Session, actor: Actor, file: bytes, name: str, mapping: Mapping[str, Field | None],
    date_order: DateOrder | None, default_provider_id: int,
) -> ImportPlan:
    """The dry run: what an import of this file would do. Writes nothing. Raises BadInput and the file's own errors."""
    authorize(session, actor, Action.CREATE, Resource.BULK_DATA, responsible=())
    _check_provider(session, default_provider_id)
    return _examine(session, file, mapping, date_order)[0]


@command(Resource.BULK_DATA, Action.CREATE)
def import_clients(session: Session, actor: Actor, asked: ImportClients) -> int:
    """Import the good rows of a file, all of them or none. Returns the run's id. Raises RowsLeftOut, BadInput."""
    authorize(session, actor, Action.CREATE, Resource.BULK_DATA, responsible=())
    imports.one_import_at_a_time(session)
    _check_provider(session, asked.default_provider_id)
    plan, accepted = _examine(session, asked.file, asked.mapping, asked.date_order)
    if plan.rejected and not asked.accept_bad_rows:
        raise RowsLeftOut
    run = ImportRun(
        id=ids.new_id(), file_name=asked.file_name, file_hash=hashlib.sha256(asked.file).hexdigest(),
        mapping={column: meant for column, meant in asked.mapping.items() if meant is not None},
        counts={outcome.value: n for outcome, n in plan.counts.items()}, balance_cents=plan.balance_cents,
        imported_by_id=actor.staff_id, undone_at=None,
    )
    session.add(run)
    session.flush()
    batch = _Batch(run.id, actor.staff_id, asked.default_provider_id, _today(session))
    for incoming in accepted:
        batch.add(incoming)
    for row in plan.bad:
        batch.refuse(row)
    batch.write(session)
    session.info["detail"] = _counted(plan)
    return run.id


def _counted(plan: ImportPlan) -> str:
    return ", ".join(f"{n} {outcome.label.lower()}" for outcome, n in plan.counts.items())


def _today(session: Session) -> date:
    return clock.today(practice.the_practice(session).zone)


def _check_provider(session: Session, provider_id: int) -> None:
    provider = session.get(Staff, provider_id)
    if provider is None or not provider.active or not {r.role for r in provider.roles} & TREATING:
        raise BadInput("default_provider_id", "Choose somebody who sees clients.")


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A row that comes in, with its people checked as every new person is."""

    said: Candidate
    people: tuple[PersonDetails, ...]
    case_name: str


def _examine(
    session: Session, file: bytes, mapping: Mapping[str, Field | None], order: DateOrder | None
) -> tuple[ImportPlan, list[_Incoming]]:
    """Decide about every row of a file, against the rows before it and everybody who is here."""
    table = importing.read_clients(file)
    importing.check_mapping(table, mapping)
    if order is None and importing.has_numeric_dates(table, mapping):
        order = importing.propose_order(table, mapping)
        if order is None:
            raise BadInput("date_order", "Say whether the day or the month comes first in this file's dates.")
    today = _today(session)
    known = _everybody(session)
    accepted: list[_Incoming] = []
    bad = [BadRow(line, RowOutcome.INVALID, reason) for line, reason in table.broken]
    for candidate in _candidates(table, mapping, order):
        incoming = _check(candidate, today)
        outcome, reason = candidate.outcome(_twin(known, candidate))
        if outcome is RowOutcome.NEW:
            accepted.append(incoming)
            for party, reach in _parties(candidate):
                known.add(party, reach, f"line {candidate.line:,}")
        else:
            bad.append(BadRow(candidate.line, outcome, reason[:300]))
    counted = Counter(row.outcome for row in bad)
    counts = {outcome: counted[outcome] for outcome in RowOutcome} | {RowOutcome.NEW: len(accepted)}
    plan = ImportPlan(
        counts, tuple(sorted(bad, key=lambda row: row.line)), tuple(map(_preview, accepted[:PREVIEW_ROWS])),
        sum(len(incoming.people) for incoming in accepted),
        sum(incoming.said.balance_cents for incoming in accepted), table.remark,
    )
    return plan, accepted


def _candidates(table: Table, mapping: Mapping[str, Field | None], order: DateOrder | None) -> list[Candidate]:
    return [importing.read_line(table, line, mapping, order) for line in table.lines]


def _everybody(session: Session) -> Register:
    register, reachable = Register(), imports.reachable_at(session)
    for person_id, first, last, born in imports.everybody(session):
        register.add(Party(first, last, born), reachable.get(person_id, ()), "somebody already here")
    return register


def _parties(candidate: Candidate) -> list[tuple[Party, tuple[str, ...]]]:
    """The people of a row, each with how they are reached."""
    people: list[tuple[Party, tuple[str, ...]]] = [(candidate.person, candidate.phones + candidate.emails)]
    return people if candidate.partner is None else [*people, (candidate.partner, ())]


def _twin(known: Register, candidate: Candidate) -> str | None:
    """Where somebody of this row was met before. One known person of two is enough: nobody comes in twice (A12)."""
    if not candidate.comparable:
        return None
    for party, reach in _parties(candidate):
        found = known.find(party, reach)
        if found is not None:
            return found if party is candidate.person else f"The partner: {found[0].lower()}{found[1:]}"
    return None


def _check(candidate: Candidate, today: date) -> _Incoming:
    """Hold a row against the rules for every new person and case; what does not hold is added to its problems."""
    problems = candidate.problems
    partner_born = candidate.partner.born if candidate.partner else None
    for whose, born, died in (("", candidate.person.born, candidate.died_on), ("Partner: ", partner_born, None)):
        try:
            check_dates(PersonDetails.model_construct(first_name="", birth_date=born, died_on=died), today)
        except BadInput as problem:
            problems.append((RowOutcome.IMPOSSIBLE_DATE, f"{whose}{problem}"))
    if candidate.opened_on and candidate.opened_on > today:
        problems.append((RowOutcome.IMPOSSIBLE_DATE, f"{Field.OPENED_ON.label}: this lies in the future."))
    contacts = []
    for kind, values in ((ContactKind.PHONE, candidate.phones), (ContactKind.EMAIL, candidate.emails)):
        for value in values:
            try:
                contacts.append(Contact(kind=kind, value=value, preferred=value == values[0]))
            except ValidationError as problem:
                problems.append((RowOutcome.INVALID, f"{kind.label}: {_first_sentence(problem)}"))
    people = [_details(
        candidate, candidate.person, preferred_name=candidate.preferred_name, died_on=candidate.died_on,
        pronouns=candidate.pronouns, address=candidate.address,
    )]
    if people[0] is not None:
        # The contacts have been checked; handing them to the constructor would check each once more.
        people[0] = people[0].model_copy(update={"contacts": tuple(contacts)})
    if candidate.partner is not None:
        people.append(_details(candidate, candidate.partner))
    complete = tuple(person for person in people if person is not None)
    case_name = names.case_name(
        [(person.preferred_name or person.first_name, person.last_name) for person in complete],
        family=capabilities(candidate.case_type).family_name,
    )
    if len(case_name) > _LONGEST_CASE_NAME:
        problems.append((RowOutcome.INVALID, "The names are too long."))
    return _Incoming(candidate, complete, case_name)


def _details(candidate: Candidate, party: Party, **more: Any) -> PersonDetails | None:
    try:
        return PersonDetails(
            first_name=party.first_name, last_name=party.last_name, birth_date=party.born, **more
        )
    except ValidationError as problem:
        where, sentence = next(iter(field_messages(problem).items()))
        if party.first_name or where != Field.FIRST_NAME:
            candidate.problems.append((RowOutcome.INVALID, f"{where.replace('_', ' ').capitalize()}: {sentence}"))
        return None


def _first_sentence(problem: ValidationError) -> str:
    return next(iter(field_messages(problem).values()))


def _preview(incoming: _Incoming) -> PreviewRow:
    said = incoming.said
    return PreviewRow(
        said.line, incoming.case_name, said.person.born, capabilities(said.case_type).heading, said.status.label,
        ", ".join(said.phones + said.emails), ", ".join(said.address.splitlines()), said.balance_cents,
    )


class _Batch:
    """The rows of every table that an import writes, gathered and then inserted table by table."""

    def __init__(self, run_id: int, staff_id: int, provider_id: int, today: date) -> None:
        self._run_id, self._staff_id, self._provider_id, self._today = run_id, staff_id, provider_id, today
        self._rows: dict[type[Base], list[dict[str, Any]]] = {
            table: [] for table in (Person, ContactPoint, Case, Participant, Payer, LedgerEntry, ImportedRow)
        }

    def add(self, incoming: _Incoming) -> None:
        """Gather the people, the case and the opening balance of one row."""
        said, opened_on = incoming.said, incoming.said.opened_on or self._today
        leading, case_id = incoming.people[0], ids.new_id()
        found_by = [search_text(person) for person in incoming.people]
        people_ids = [self._add_person(*known) for known in zip(incoming.people, found_by, strict=True)]
        self._rows[Case].append({
            "id": case_id, "type": said.case_type, "label": said.label, "name": incoming.case_name,
            "sort_key": names.sort_key(leading.first_name, leading.last_name),
            "search_text": " ".join([names.fold(incoming.case_name), *found_by]), "status": said.status,
            "provider_id": self._provider_id, "opened_on": opened_on, "needs_review": True,
        })
        for position, person_id in enumerate(people_ids, 1):
            self._rows[Participant].append({
                "id": ids.new_id(), "case_id": case_id, "person_id": person_id, "position": position,
                "joined_on": opened_on,
            })
        if said.balance_cents:
            self._add_opening_balance(case_id, people_ids[0], leading, said.balance_cents)
        self._rows[ImportedRow].append({
            "id": ids.new_id(), "run_id": self._run_id, "line": said.line, "outcome": RowOutcome.NEW, "reason": "",
            "person_id": people_ids[0], "partner_id": people_ids[1] if len(people_ids) > 1 else None,
            "case_id": case_id,
        })

    def _add_person(self, details: PersonDetails, found_by: str) -> int:
        person_id = ids.new_id()
        self._rows[Person].append({
            "id": person_id, "search_text": found_by, **details.model_dump(exclude={"contacts"}),
        })
        self._rows[ContactPoint].extend(
            {"id": ids.new_id(), "person_id": person_id, **contact.model_dump()} for contact in details.contacts
        )
        return person_id

    def _add_opening_balance(self, case_id: int, person_id: int, person: PersonDetails, amount_cents: int) -> None:
        """What the first person of the row owed or had in credit elsewhere, as of today."""
        payer_id = ids.new_id()
        self._rows[Payer].append({
            "id": payer_id, "person_id": person_id, "name": names.person_name(person.first_name, person.last_name),
        })
        self._rows[LedgerEntry].append({
            "id": ids.new_id(), "case_id": case_id, "payer_id": payer_id, "kind": EntryKind.OPENING,
            "amount_cents": amount_cents, "effective_on": self._today, "reason": OPENING_REASON,
            "recorded_by_id": self._staff_id,
        })

    def refuse(self, row: BadRow) -> None:
        """Remember a row that did not come in, by line and reason alone."""
        self._rows[ImportedRow].append({
            "id": ids.new_id(), "run_id": self._run_id, "line": row.line, "outcome": row.outcome,
            "reason": row.reason, "person_id": None, "partner_id": None, "case_id": None,
        })

    def write(self, session: Session) -> None:
        """Insert everything."""
        imports.write(session, self._rows)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that undoing leaves in place, and why."""

    line: int
    case_id: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing an import would do."""

    removed: int
    """Rows whose people, case and opening balance disappear."""
    kept: tuple[KeptRow, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One import in the list of earlier ones."""

    run_id: int
    file_name: str
    imported_at: datetime
    imported_by: str
    counts: Mapping[RowOutcome, int]
    balance_cents: int
    undone_at: datetime | None
    kept: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of the rows of one import."""

    summary: RunSummary
    bad: tuple[BadRow, ...]
    kept: tuple[KeptRow, ...] = field(default=())


@reader(Resource.BULK_DATA)
def import_runs(session: Session, actor: Actor) -> list[RunSummary]:
    """Every import, newest first."""
    authorize(session, actor, Action.READ, Resource.BULK_DATA, responsible=())
    return [_summary(*row) for row in imports.runs(session)]


def _summary(run: ImportRun, staff: Staff, kept: int) -> RunSummary:
    return RunSummary(
        run.id, run.file_name, run.created_at, staff.name,
        {outcome: int(run.counts.get(outcome.value, 0)) for outcome in RowOutcome}, run.balance_cents, run.undone_at,
        kept,
    )


@reader(Resource.BULK_DATA)
def import_report(session: Session, actor: Actor, run_id: int) -> RunReport:
    """The rows of one import that did not come in, and those that undoing kept. Raises NotFound."""
    authorize(session, actor, Action.READ, Resource.BULK_DATA, responsible=())
    summary = next((_summary(*row) for row in imports.runs(session) if row[0].id == run_id), None)
    if summary is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.BULK_DATA, resource_id=run_id)
    rows, case_names = imports.rows_of(session, run_id), imports.names_of(session, run_id)
    bad = tuple(BadRow(row.line, row.outcome, row.reason) for row in rows if row.outcome is not RowOutcome.NEW)
    kept = tuple(
        KeptRow(row.line, row.case_id or 0, case_names.get(row.case_id or 0, ""), row.reason)
        for row in rows if row.kept
    )
    return RunReport(summary, bad, kept)


@reader(Resource.BULK_DATA)
def plan_undo(session: Session, actor: Actor, run_id: int) -> UndoPlan:
    """What undoing would remove and what it would keep. Writes nothing. Raises NotFound, AlreadyUndone."""
    authorize(session, actor, Action.UPDATE, Resource.BULK_DATA, responsible=())
    _undoable(session, actor, run_id)
    return _examine_undo(session, run_id)


def _undoable(session: Session, actor: Actor, run_id: int, *, lock: bool = False) -> ImportRun:
    run = session.get(ImportRun, run_id, with_for_update=lock)
    if run is None:
        raise NotFound(actor=actor, action="undo_import", resource=Resource.BULK_DATA, resource_id=run_id)
    if run.undone_at is not None:
        raise AlreadyUndone
    return run


def _examine_undo(session: Session, run_id: int) -> UndoPlan:
    used, case_names = imports.uses(session, run_id), imports.names_of(session, run_id)
    made = [row for row in imports.rows_of(session, run_id) if row.outcome is RowOutcome.NEW]
    kept = tuple(
        KeptRow(row.line, row.case_id or 0, case_names.get(row.case_id or 0, ""), f"Kept: it has {used[row.id]}.")
        for row in made if row.id in used
    )
    return UndoPlan(len(made) - len(kept), kept)


@command(Resource.BULK_DATA, Action.UPDATE)
def undo_import(session: Session, actor: Actor, asked: UndoImport) -> list[int]:
    """Remove what an import made; what was used since stays and is listed. Returns the ids of the cases that stay.

    Raises NotFound, AlreadyUndone.
    """
    authorize(session, actor, Action.UPDATE, Resource.BULK_DATA, responsible=())
    run = _undoable(session, actor, asked.run_id, lock=True)
    imports.lock_made(session, run.id)
    plan = _examine_undo(session, run.id)
    reasons = {kept.line: kept.reason for kept in plan.kept}
    for row in imports.rows_of(session, run.id):
        if row.line in reasons:
            imports.keep(session, row, reasons[row.line])
    run.undone_at = clock.now()
    session.flush()
    imports.remove_unkept(session, run.id)
    session.info["detail"] = f"{plan.removed} removed, {len(plan.kept)} kept"
    return [kept.case_id for kept in plan.kept]


@reader(Resource.BULK_DATA)
def providers_to_choose(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Who can be made responsible for imported clients: staff id and name, the actor first if they see clients."""
    authorize(session, actor, Action.CREATE, Resource.BULK_DATA, responsible=())
    found = [(staff.id, staff.name) for staff in staff.staff_with_roles(session, sorted(TREATING))]
    return sorted(found, key=lambda choice: choice[0] != actor.staff_id)
