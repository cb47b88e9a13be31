"""What came in from files, row by row, so that an import can be checked, repeated and undone (K04)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Delete,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    Update,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Base, Row, word
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import ContactPoint, Payer, Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import EntryKind, RowOutcome


class ImportRun(Row):
    """One import of one file. The file itself is not kept, only its fingerprint."""

    __tablename__ = "import_run"

    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Outcome → number of rows."""
    balance_cents: Mapped[int] = mapped_column(default=0)
    """Sum of the opening balances that came in."""
    imported_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]


class ImportedRow(Row):
    """One line of an imported file: what became of it and which records it made."""

    __tablename__ = "imported_row"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    line: Mapped[int]
    outcome: Mapped[RowOutcome] = word(RowOutcome)
    reason: Mapped[str] = mapped_column(String(300), default="")
    """Why the row did not come in, or why undoing kept it; never quotes the row."""
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    partner_id: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger)
    kept: Mapped[bool] = mapped_column(default=False)
    """Whether undoing left what this row made, because it was in use."""

    __table_args__ = (UniqueConstraint("run_id", "line"), Index("ix_imported_row_case_id", "case_id"))


def one_import_at_a_time(session: Session) -> None:
    """Let imports wait for each other, so that none misses whom another brings in. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(7253002)"))


def everybody(session: Session) -> list[tuple[int, str, str, date | None]]:
    """Every person here: id, first name, last name, birth date."""
    query = select(Person.id, Person.first_name, Person.last_name, Person.birth_date).order_by(Person.id)
    return [(person_id, first, last, born) for person_id, first, last, born in session.execute(query)]


def reachable_at(session: Session) -> dict[int, list[str]]:
    """Person id → the phones and e-mails on record."""
    found: dict[int, list[str]] = {}
    for person_id, value in session.execute(select(ContactPoint.person_id, ContactPoint.value)):
        found.setdefault(person_id, []).append(value)
    return found


def write(session: Session, made: Mapping[type[Base], Sequence[dict[str, Any]]]) -> None:
    """Insert many rows of each table at once, in the order given."""
    for table, rows in made.items():
        if rows:
            session.execute(insert(table), rows)


def runs(session: Session) -> list[tuple[ImportRun, Staff, int]]:
    """Imports, newest first, with who did them and how many rows an undo kept."""
    kept = (
        select(func.count()).select_from(ImportedRow).where(ImportedRow.run_id == ImportRun.id, ImportedRow.kept)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ImportRun, Staff, kept).join(Staff, Staff.id == ImportRun.imported_by_id)
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
    )
    return [(run, staff, count) for run, staff, count in rows]


def rows_of(session: Session, run_id: int) -> list[ImportedRow]:
    """Every row of an import, by line."""
    return list(session.scalars(select(ImportedRow).where(ImportedRow.run_id == run_id).order_by(ImportedRow.line)))


def names_of(session: Session, run_id: int) -> dict[int, str]:
    """Case id → name, of the cases that an import made and that are still there."""
    query = select(Case.id, Case.name).join(ImportedRow, ImportedRow.case_id == Case.id)
    return dict(session.execute(query.where(ImportedRow.run_id == run_id)).tuples().all())


def lock_made(session: Session, run_id: int) -> None:
    """Lock the cases and people that an import made, so that nobody begins to use them while it is undone."""
    session.execute(select(Case.id).where(Case.id.in_(_made(run_id, "case_id"))).with_for_update())
    for column in ("person_id", "partner_id"):
        session.execute(select(Person.id).where(Person.id.in_(_made(run_id, column))).with_for_update())


def _made(run_id: int, column: str, *, only_unkept: bool = False) -> Select[tuple[int]]:
    """Ids in one column of an import's rows."""
    chosen = getattr(ImportedRow, column)
    query = select(chosen).where(ImportedRow.run_id == run_id, chosen.is_not(None))
    return query.where(~ImportedRow.kept) if only_unkept else query


_OWN = frozenset({"contact_point", "participant", "payer", "ledger_entry"})
"""Tables that an import writes itself beside people and cases; what is in them is looked at more closely."""
_SPOKEN = {
    "case_file": "another case that came from it", "psychotherapy_note": "a note", "paper_received": "a paper",
    "attendance": "an appointment", "diagnosis": "a clinical entry", "form_assignment": "a form",
    "form_response": "a form", "critical_alert": "a form",
}


class _Made:
    """What the rows of one import made, looked up from each side."""

    def __init__(self, session: Session, run_id: int) -> None:
        self.cases = _made(run_id, "case_id")
        self.people = _made(run_id, "person_id").union(_made(run_id, "partner_id"))
        self.payers = select(Payer.id).where(Payer.person_id.in_(self.people))
        self.of_case: dict[int, ImportedRow] = {}
        self.of_person: dict[int, ImportedRow] = {}
        for row in rows_of(session, run_id):
            self.of_case |= {row.case_id: row} if row.case_id else {}
            self.of_person |= {person_id: row for person_id in (row.person_id, row.partner_id) if person_id}
        payers = session.execute(select(Payer.id, Payer.person_id).where(Payer.person_id.in_(self.people)))
        self.of_payer = {payer_id: self.of_person[person] for payer_id, person in payers.tuples() if person}


def uses(session: Session, run_id: int) -> dict[int, str]:
    """Row id → by what its people or its case have been used since, for instance "an appointment"."""
    made = _Made(session, run_id)
    found: dict[int, str] = {}
    for row, what in (*_pointing_there(session, made), *_own_changes(session, made)):
        found.setdefault(row.id, what)
    return found


def _pointing_there(session: Session, made: _Made) -> Iterator[tuple[ImportedRow, str]]:
    """Every foreign key of the schema that leads to a person, a case or a payer is followed, so that a table added
    later counts without a word here.
    """
    targets = {
        "case_file": (made.of_case, made.cases), "person": (made.of_person, made.people),
        "payer": (made.of_payer, made.payers),
    }
    for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
        for key in table.foreign_keys if table.name not in _OWN else ():
            if key.column.table.name in targets:
                rows, ids = targets[key.column.table.name]
                for used in session.scalars(select(key.parent).where(key.parent.in_(ids)).distinct()):
                    yield rows[used], _SPOKEN.get(table.name) or _with_article(table.name)


def _own_changes(session: Session, made: _Made) -> Iterator[tuple[ImportedRow, str]]:
    """What else happened in the tables that the import itself filled."""
    inside = Participant.person_id.in_(made.people) | Participant.case_id.in_(made.cases)
    for participant in session.scalars(select(Participant).where(inside)):
        of_person, of_case = made.of_person.get(participant.person_id), made.of_case.get(participant.case_id)
        if of_person is not None and (of_person is not of_case or participant.revision > 1):
            yield of_person, "a change" if of_person is of_case else "another case"
        if of_case is not None and of_person is not of_case:
            yield of_case, "a new participant"
    moved = LedgerEntry.case_id.in_(made.cases) | LedgerEntry.payer_id.in_(made.payers)
    for entry in session.scalars(select(LedgerEntry).where(moved)):
        of_case, of_payer = made.of_case.get(entry.case_id), made.of_payer.get(entry.payer_id)
        if of_case is not of_payer or entry.kind is not EntryKind.OPENING or entry.reverses_id is not None:
            yield from ((row, "a payment or correction") for row in (of_case, of_payer) if row is not None)
    for changed in session.scalars(select(Case.id).where(Case.id.in_(made.cases), Case.revision > 1)):
        yield made.of_case[changed], "a change"
    for changed in session.scalars(select(Person.id).where(Person.id.in_(made.people), Person.revision > 1)):
        yield made.of_person[changed], "a change"


def _with_article(table: str) -> str:
    return f"{'an' if table[0] in 'aeiou' else 'a'} {table.replace('_', ' ')}"


def keep(session: Session, row: ImportedRow, reason: str) -> None:
    """Mark a row whose records stay."""
    row.kept, row.reason = True, reason


def remove_unkept(session: Session, run_id: int) -> None:
    """Delete the people, cases and opening balances that an import made and that are not kept.

    The run has to be marked as undone first: only then does the ledger give up an opening balance (``triggers``).
    """
    cases = _made(run_id, "case_id", only_unkept=True)
    steps: list[Delete | Update] = [
        delete(LedgerEntry).where(LedgerEntry.case_id.in_(cases)),
        delete(Participant).where(Participant.case_id.in_(cases)),
        delete(Case).where(Case.id.in_(cases)),
    ]
    for column in ("person_id", "partner_id"):
        people = _made(run_id, column, only_unkept=True)
        steps += [
            delete(Payer).where(Payer.person_id.in_(people)),
            delete(ContactPoint).where(ContactPoint.person_id.in_(people)),
            delete(Person).where(Person.id.in_(people)),
        ]
    steps.append(
        update(ImportedRow).where(ImportedRow.run_id == run_id, ~ImportedRow.kept)
        .values(person_id=None, partner_id=None, case_id=None)
    )
    for step in steps:
        session.execute(step, execution_options={"synchronize_session": False})
