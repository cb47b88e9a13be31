"""The overview's figures, each against the period before, and what its charts draw. Rows behind them: ``tables``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Engine

from practicerunner.money import dollars
from practicerunner.reports.reader import Row, Viewer, read, totals
from practicerunner.rules.periods import Period
from practicerunner.vocabulary import MoneyBy, SignedWithin

AGES = {
    "age_0_30_cents": "0–30 days", "age_31_60_cents": "31–60 days", "age_61_90_cents": "61–90 days",
    "age_over_90_cents": "Over 90 days",
}
"""Column of what is receivable → what it is called."""
MOVED = ("invoiced_cents", "collected_cents", "adjusted_cents", "opening_cents", "balance_cents")
OWED = ("due_cents", "credit_cents", "balance_cents", *AGES)
CAME = {"attended": "Attended", "no_shows": "No-show", "late_cancellations": "Late cancellation"}
AWAY = ("excused", "cancelled_by_client", "cancelled_by_provider")
SIGNED = {"on_time": "On time", "late": "Late", "due": "Due", "overdue": "Overdue"}
WITHIN = {band.value: band.label for band in SignedWithin}
"""Column of what was signed when → what it is called; each note is one of them."""
COLUMNS: dict[MoneyBy, tuple[str, ...]] = {
    MoneyBy.PROVIDER: ("provider_name", "provider_id"), MoneyBy.SERVICE: ("service_name", "service_id"),
    MoneyBy.KIND: ("case_type",), MoneyBy.PAYER: ("payer_name", "payer_id"), MoneyBy.MONTH: ("month",),
}
"""By what money is added up → the columns that name it, the one that people read first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who looks at which period, and at which provider; ``None`` is everybody whom they may see."""

    source: Engine
    viewer: Viewer
    period: Period
    provider_id: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the period, beside the same number of the period before."""

    name: str
    now: int
    before: int
    is_money: bool = True

    @property
    def text(self) -> str:
        """The number as people read it."""
        return dollars(self.now) if self.is_money else f"{self.now:,}"

    @property
    def before_text(self) -> str:
        """The earlier number as people read it."""
        return dollars(self.before) if self.is_money else f"{self.before:,}"

    @property
    def percent(self) -> int | None:
        """How much it changed, in whole percent; ``None`` where there was nothing before."""
        return round((self.now - self.before) * 100 / abs(self.before)) if self.before else None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows before anything is opened."""

    held: Figure
    invoiced: Figure
    collected: Figure
    receivable: Figure
    ages: dict[str, int]
    """What an age is called → cents due of that age."""
    credit_cents: int
    weeks: list[Row]
    """Monday → how many people came, did not come, cancelled late."""
    timeliness: list[Row]
    """Provider → how many notes were signed on time, late, are due, are overdue."""
    notes_overdue: int
    """Of all times, not of the period alone."""
    caseload: list[Row]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The four of them, in order."""
        return self.held, self.invoiced, self.collected, self.receivable

    @property
    def due_cents(self) -> int:
        """What is due, before credit that is not used yet."""
        return sum(self.ages.values())

    @property
    def attended(self) -> int:
        """How often somebody came."""
        return sum(week["attended"] for week in self.weeks)

    @property
    def no_shows(self) -> int:
        """How often somebody did not, without a word."""
        return sum(week["no_shows"] for week in self.weeks)

    @property
    def no_show_rate(self) -> float | None:
        """No-shows among those who were expected; excused is not counted."""
        return rate(self.no_shows, self.attended)


def rate(no_shows: int, attended: int) -> float | None:
    """No-shows / (attended + no-shows); nothing where nobody was expected."""
    return no_shows / (attended + no_shows) if attended + no_shows else None


def percentage(part: float | None) -> str:
    """``4.8 %``."""
    return "" if part is None else f"{part * 100:.1f} %"


def overview(asked: Asked, before: Period) -> Overview:
    """The figures of a period as of its last day, for everybody the viewer may see or for one provider."""
    both = replace(asked, period=Period(before.start, asked.period.end))
    moved = added(both, "billing__movements", ("invoiced_cents", "collected_cents"), by=("day",))
    came = added(both, "scheduling__sessions", ("is_held", *CAME), by=("week", "day"))
    owed, owed_before = owing(asked), owing(replace(asked, period=before))

    def figure(name: str, rows: list[Row], column: str, *, is_money: bool = True) -> Figure:
        now, then = (
            sum(row[column] for row in rows if days.start <= row["day"] <= days.end) for days in (asked.period, before)
        )
        return Figure(name, now, then, is_money)

    return Overview(
        held=figure("Sessions held", came, "is_held", is_money=False),
        invoiced=figure("Invoiced", moved, "invoiced_cents"), collected=figure("Collected", moved, "collected_cents"),
        receivable=Figure("Receivable", owed["balance_cents"], owed_before["balance_cents"]),
        ages={title: owed[column] for column, title in AGES.items()}, credit_cents=owed["credit_cents"],
        weeks=_weeks(row for row in came if row["day"] >= asked.period.start),
        timeliness=added(asked, "notes__timeliness", SIGNED, by=("provider_name", "provider_id")),
        notes_overdue=totals(
            asked.source, asked.viewer, "notes__documentation_due", (), as_of=asked.period.end,
            provider_id=asked.provider_id,
        )[0]["rows"],
        caseload=read(asked.source, asked.viewer, "cases__caseload", as_of=asked.period.end,
                      provider_id=asked.provider_id),
    )


def _weeks(days: Iterable[Row]) -> list[Row]:
    found: dict[date, Row] = {}
    for row in days:
        week = found.setdefault(row["week"], {"week": row["week"], **dict.fromkeys(CAME, 0)})
        for column in CAME:
            week[column] += row[column]
    return [found[week] for week in sorted(found)]


def added(asked: Asked, view: str, columns: Iterable[str], *, by: Sequence[str] = (), only: str = "") -> list[Row]:
    """Columns of a view, added up over the period."""
    return totals(
        asked.source, asked.viewer, view, list(columns), by=by, as_of=asked.period.end, start=asked.period.start,
        end=asked.period.end, provider_id=asked.provider_id, only=only,
    )


def money(asked: Asked) -> Row:
    """What was invoiced, collected and taken off in a period."""
    return added(asked, "billing__movements", MOVED)[0]


def owing(asked: Asked) -> Row:
    """What is owed as of the end of a period."""
    return owed_by(asked, ())[0]


def owed_by(asked: Asked, by: Sequence[str], day: date | None = None) -> list[Row]:
    """What is owed as of the end of a period, or of a day, for each value of some columns."""
    return totals(asked.source, asked.viewer, "billing__receivable", OWED, by=by, as_of=day or asked.period.end,
                  provider_id=asked.provider_id)


def money_by(asked: Asked, by: MoneyBy) -> list[Row]:
    """The money of a period for each provider, service, kind of case, payer or month; the rows add up to ``money``.

    ``owed_cents`` is what was owed at the end: of the period, or of each month.
    """
    columns = COLUMNS[by]
    if by is MoneyBy.MONTH:
        moved = added(asked, "billing__revenue_by_month", MOVED, by=columns)
        owed = owed_by(asked, (), asked.period.start - timedelta(days=1))[0]["balance_cents"]
        for row in moved:
            owed += row["balance_cents"]
            row["owed_cents"] = owed
        return moved
    rows = {tuple(row[c] for c in columns): row for row in added(asked, "billing__movements", MOVED, by=columns)}
    for row in rows.values():
        row["owed_cents"] = 0
    for owes in owed_by(asked, columns):
        key = tuple(owes[c] for c in columns)
        found = rows.setdefault(key, dict(zip(columns, key, strict=True)) | dict.fromkeys(MOVED, 0))
        found["owed_cents"] = owes["balance_cents"]
    shown = [row for row in rows.values() if row["owed_cents"] or any(row[name] for name in MOVED)]
    return sorted(shown, key=lambda row: (-row["invoiced_cents"], -row["collected_cents"], str(row[columns[0]])))


def revenue(asked: Asked) -> list[Row]:
    """What was invoiced and collected by month and service; a period begins with its month."""
    return added(asked, "billing__revenue_by_month", MOVED, by=("month", "service_name", "service_id"))


def headline(figures: Iterable[Figure]) -> str:
    """One sentence that says what changed most; a figure that came from nothing counts as doubled."""
    changed = [figure for figure in figures if figure.now != figure.before]
    if not changed:
        return "Nothing has changed against the period before."
    most = max(changed, key=lambda figure: abs(100 if figure.percent is None else figure.percent))
    if most.percent is None:
        return f"{most.name} changed most: {most.text}, after nothing in the period before."
    direction = "more" if most.now > most.before else "less"
    return f"{most.name} changed most: {most.text}, {abs(most.percent)} % {direction} than {most.before_text} before."

