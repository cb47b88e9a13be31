"""The tables behind the overview's figures: the same on its page and in a file, down to the cent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from practicerunner.documents.csv_table import write_csv
from practicerunner.errors import NotPermitted
from practicerunner.money import decimal
from practicerunner.reports.overview import (
    AGES,
    AWAY,
    CAME,
    COLUMNS,
    SIGNED,
    WITHIN,
    Asked,
    added,
    money_by,
    owed_by,
    percentage,
    rate,
    revenue,
)
from practicerunner.reports.reader import Row, Viewer, read, totals
from practicerunner.rules import permissions
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, CaseType, EntryKind, MoneyBy, OverviewTable, Resource

PAGE = 50
"""Rows of a page."""
NOT_ON_AN_INVOICE = "Not on an invoice"
_HIDDEN = "Not shown"


class Cents(int):
    """A cell that is money."""


Cell = Cents | int | str | None
Columns = tuple[tuple[str, Callable[[Row], Any]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What is shown: a header, and for each row its cells and all that is known of it, ids for links included."""

    header: tuple[str, ...]
    lines: list[tuple[Any, ...]]
    rows: list[Row]
    number: int
    """How many rows there are over all pages."""

    @property
    def csv(self) -> bytes:
        """The rows at hand as a file: money as plain decimals, dates as ISO."""
        return write_csv(self.header, (
            [decimal(cell) if isinstance(cell, Cents) else cell for cell in line] for line in self.lines
        ))


def cents(column: str) -> Callable[[Row], Cents]:
    """The cell of a column of cents."""
    return lambda row: Cents(row[column])


def word(column: str) -> Callable[[Row], Any]:
    """The cell of a column as it is."""
    return lambda row: "" if row[column] is None else row[column]


def kind_of_case(row: Row) -> str:
    """``Couple / two-person``; empty where it may not be seen."""
    return capabilities(row["case_type"]).heading if row["case_type"] else ""


def service(row: Row) -> str:
    """The service, or that the money stands on no invoice."""
    return str(row["service_name"] or (_HIDDEN if row["service_id"] is None else NOT_ON_AN_INVOICE))


def sees_services(viewer: Viewer) -> bool:
    """Whether somebody may look at money by service and kind of case, of some provider at least."""
    return bool(permissions.scopes(viewer.roles, Action.READ, Resource.MONEY_BY_SERVICE))


_SESSIONS: Columns = (
    ("Date", word("day")), ("Client", word("case_name")), ("Provider", word("provider_name")),
    ("Attended", word("attended")), ("No-shows", word("no_shows")), ("Late cancellations", word("late_cancellations")),
    ("Excused", word("excused")), ("Cancelled by client", word("cancelled_by_client")),
    ("Cancelled by provider", word("cancelled_by_provider")),
)
_MOVEMENT: Columns = (
    ("Date", word("day")), ("Payer", word("payer_name")), ("Client", word("case_name")),
    ("Provider", word("provider_name")), ("Service", service), ("Invoice", word("invoice_number")),
    ("What", lambda row: EntryKind(row["entry_kind"]).label),
)
_MONEY: Columns = (
    ("Invoiced", cents("invoiced_cents")), ("Collected", cents("collected_cents")),
    ("Credited and written off", cents("adjusted_cents")), ("Opening balances", cents("opening_cents")),
)
_OWED = ("Owed at the end", cents("owed_cents"))
NAMES: dict[MoneyBy, tuple[str, Callable[[Row], Any]]] = {
    MoneyBy.PROVIDER: ("Provider", word("provider_name")), MoneyBy.SERVICE: ("Service", service),
    MoneyBy.KIND: ("Kind of case", kind_of_case), MoneyBy.PAYER: ("Payer", word("payer_name")),
    MoneyBy.MONTH: ("Month", lambda row: f"{row['month']:%Y-%m}"),
}
_OPEN: Columns = (
    ("Since", word("since")), ("Payer", word("payer_name")), ("Client", word("case_name")),
    ("Provider", word("provider_name")), ("Service", service), ("Invoice", word("invoice_number")),
    ("Due", cents("due_cents")), ("Credit not used", cents("credit_cents")), ("Balance", cents("balance_cents")),
)
_AGED: Columns = (
    ("Payer", word("payer_name")), *((title, cents(column)) for column, title in AGES.items()),
    ("Due", cents("due_cents")), ("Credit not used", cents("credit_cents")), ("Balance", cents("balance_cents")),
)
_REVENUE: Columns = (
    ("Month", lambda row: f"{row['month']:%Y-%m}"), ("Service", service), ("Invoiced", cents("invoiced_cents")),
    ("Collected", cents("collected_cents")),
)
_ATTENDANCE: Columns = (
    ("Provider", word("provider_name")), ("Sessions held", word("held")), ("Attended", word("attended")),
    ("No-shows", word("no_shows")), ("No-show rate", lambda row: percentage(rate(row["no_shows"], row["attended"]))),
    ("Late cancellations", word("late_cancellations")), ("Excused", word("excused")),
    ("Cancelled by client", word("cancelled_by_client")), ("Cancelled by provider", word("cancelled_by_provider")),
    ("Hours held", lambda row: f"{row['minutes_held'] / 60:.1f}"),
    ("Of the hours booked", lambda row: percentage(row["minutes_held"] / row["minutes"] if row["minutes"] else None)),
)
_NOTE: Columns = (
    ("Session", word("day")), ("Client", lambda row: row["case_name"] or _HIDDEN), ("Provider", word("provider_name")),
)
_TIMELY: Columns = (
    *_NOTE, ("Note", lambda row: next(title for column, title in SIGNED.items() if row[column])),
)
_WRITER: Columns = (("Author", word("author_name")),)
_WITHIN: Columns = (*_WRITER, *((title, word(column)) for column, title in WITHIN.items()), ("Notes", word("rows")))
_WITHIN_ROWS: Columns = (
    *_NOTE[:2], *_WRITER,
    ("Signed", lambda row: next(title for column, title in WITHIN.items() if row[column])),
)
_NOTES_DUE: Columns = (*_NOTE, ("Days overdue", word("days_overdue")))
_CASELOAD: Columns = (
    ("Provider", word("provider_name")), ("Kind of case", word("heading")), ("Cases", word("active_cases")),
    ("Participants", word("participants")), ("Clients", word("clients")),
)


def table(
    asked: Asked, which: OverviewTable, *, by: MoneyBy = MoneyBy.PROVIDER, where: Mapping[str, Any] | None = None,
    page: int | None = None,
) -> Table:
    """A table of the overview, or one page of it (from 1). ``by`` is for money, ``where`` for its movements.

    Raises NotPermitted.
    """
    if which is OverviewTable.MONEY:
        if by in (MoneyBy.SERVICE, MoneyBy.KIND):
            _services(asked.viewer)
        return _cut((NAMES[by], *_MONEY[:2], _OWED, *_MONEY[2:]), money_by(asked, by), page)
    if which is OverviewTable.REVENUE:
        _services(asked.viewer)
        return _cut(_REVENUE, revenue(asked), page)
    if which is OverviewTable.AGING:
        rows = [row for row in owed_by(asked, COLUMNS[MoneyBy.PAYER]) if row["due_cents"] or row["credit_cents"]]
        return _cut(_AGED, sorted(rows, key=lambda row: -row["balance_cents"]), page)
    if which is OverviewTable.ATTENDANCE_BY_PROVIDER:
        counted = (*CAME, *AWAY, "minutes", "minutes_held", "is_held")
        rows = added(asked, "scheduling__sessions", counted, by=COLUMNS[MoneyBy.PROVIDER])
        return _cut(_ATTENDANCE, [row | {"held": row["is_held"]} for row in rows], page)
    if which is OverviewTable.SIGNED_WITHIN:
        return _cut(_WITHIN, added(asked, "notes__signed_within", WITHIN, by=("author_name", "author_id")), page)
    if which is OverviewTable.CASELOAD:
        return _cut(_CASELOAD, read(asked.source, asked.viewer, "cases__caseload", as_of=asked.period.end,
                                    provider_id=asked.provider_id), page)
    return _paged(asked, which, where or {}, page)


def sees_everybody(viewer: Viewer) -> bool:
    """Whether somebody may look at the money of every provider."""
    return permissions.Scope.ALL in permissions.scopes(viewer.roles, Action.READ, Resource.FINANCIAL_DASHBOARDS)


def narrowed(by: MoneyBy, value: str) -> dict[str, Any]:
    """The condition of ``where`` for one of the rows of money, from the word that ``name_of`` made of it.

    Raises ValueError for a word that is none.
    """
    column = COLUMNS[by][-1]
    if by is MoneyBy.MONTH:
        return {column: date.fromisoformat(value)}
    if by is MoneyBy.KIND:
        return {column: CaseType(value).value if value else None}
    if len(value) > 18:
        raise ValueError(value)
    return {column: int(value) if value else None}


def name_of(by: MoneyBy, row: Row) -> str:
    """Which of the rows of money this is, as a word for an address."""
    value = row[COLUMNS[by][-1]]
    return "" if value is None else str(value)


def _services(viewer: Viewer) -> None:
    if not sees_services(viewer):
        raise NotPermitted(actor=viewer, action=Action.READ, resource=Resource.MONEY_BY_SERVICE)


def _paged(asked: Asked, which: OverviewTable, where: Mapping[str, Any], page: int | None) -> Table:
    """Rows as the view has them, read page by page."""
    view, columns, only = {
        OverviewTable.SESSIONS: ("scheduling__sessions", _SESSIONS, "is_held"),
        OverviewTable.ATTENDANCE: ("scheduling__sessions", _SESSIONS, ""),
        OverviewTable.INVOICED: ("billing__movements", (*_MOVEMENT, _MONEY[0]), "invoiced_cents"),
        OverviewTable.COLLECTED: ("billing__movements", (*_MOVEMENT, _MONEY[1]), "collected_cents"),
        OverviewTable.MOVEMENTS: ("billing__movements", (*_MOVEMENT, *_MONEY), ""),
        OverviewTable.RECEIVABLE: ("billing__receivable", _OPEN, ""),
        OverviewTable.DOCUMENTATION: ("notes__timeliness", _TIMELY, ""),
        OverviewTable.SIGNED_WITHIN_ROWS: ("notes__signed_within", _WITHIN_ROWS, ""),
        OverviewTable.NOTES_DUE: ("notes__documentation_due", _NOTES_DUE, ""),
    }[which]
    if which is OverviewTable.SIGNED_WITHIN_ROWS:  # whose notes they are is who signed, not who treated
        where = {"author_id" if column == "provider_id" else column: value for column, value in where.items()}
    if not sees_services(asked.viewer):
        columns = tuple(column for column in columns if column[1] is not service)
    days: dict[str, Any] = {} if which is OverviewTable.NOTES_DUE else {
        "start": asked.period.start, "end": asked.period.end}
    narrowed: dict[str, Any] = {
        "as_of": asked.period.end, "provider_id": asked.provider_id, "only": only, "where": where, **days}
    number = totals(asked.source, asked.viewer, view, (), **narrowed)[0]["rows"]
    if page is not None:
        narrowed |= {"limit": PAGE, "offset": (page - 1) * PAGE}
    return _made(columns, read(asked.source, asked.viewer, view, **narrowed), number)


def _cut(columns: Columns, rows: Sequence[Row], page: int | None) -> Table:
    part = rows if page is None else rows[(page - 1) * PAGE:page * PAGE]
    return _made(columns, part, len(rows))


def _made(columns: Columns, rows: Sequence[Row], number: int) -> Table:
    header = tuple(title for title, _ in columns)
    return Table(header, [tuple(cell(row) for _, cell in columns) for row in rows], list(rows), number)
