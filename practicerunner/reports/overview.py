"""The owner's overview: four figures against the period before, and the rows behind each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from practicerunner.money import dollars
from practicerunner.reports.reader import Row, Viewer, read
from practicerunner.rules.periods import Period

AGES = {
    "age_0_30_cents": "0–30 days", "age_31_60_cents": "31–60 days", "age_61_90_cents": "61–90 days",
    "age_over_90_cents": "over 90 days",
}
"""Column of the outstanding balances → what it is called."""


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
    """What the page shows."""

    held: Figure
    invoiced: Figure
    collected: Figure
    receivable: Figure
    attended: int
    no_shows: int
    sessions: list[Row]
    balances: list[Row]
    """Payers and cases with something due or in credit, the largest balance first."""
    documentation: list[Row]
    caseload: list[Row]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The four of them, in order."""
        return self.held, self.invoiced, self.collected, self.receivable

    @property
    def no_show_rate(self) -> float | None:
        """No-shows among those who were expected; excused is not counted."""
        expected = self.attended + self.no_shows
        return self.no_shows / expected if expected else None


def overview(
    source: Engine, viewer: Viewer, period: Period, before: Period, provider_id: int | None = None
) -> Overview:
    """The figures of a period as of its last day, for everybody the viewer may see or for one provider."""
    day = period.end
    moved = read(source, viewer, "billing__invoiced_and_collected", as_of=day, start=before.start, end=day,
                 provider_id=provider_id)
    sessions = read(source, viewer, "scheduling__sessions", as_of=day, start=before.start, end=day,
                    provider_id=provider_id)
    accounts = read(source, viewer, "billing__outstanding_balances", as_of=day, provider_id=provider_id)
    here, there = _within(sessions, period), _within(sessions, before)
    receivable = _sum(accounts, "balance_cents")
    since = _within(moved, Period(before.end + timedelta(days=1), day))
    change = (
        _sum(since, "invoiced_cents") + _sum(since, "opening_cents") + _sum(since, "refunded_cents")
        - _sum(since, "collected_cents") - _sum(since, "adjusted_cents")
    )
    return Overview(
        held=Figure("Sessions held", sum(r["is_held"] for r in here), sum(r["is_held"] for r in there), is_money=False),
        invoiced=_both("Invoiced", moved, "invoiced_cents", period, before),
        collected=_both("Collected", moved, "collected_cents", period, before),
        receivable=Figure("Receivable", receivable, receivable - change),
        attended=_sum(here, "attended"), no_shows=_sum(here, "no_shows"), sessions=here,
        balances=sorted(
            (r for r in accounts if r["due_cents"] or r["credit_cents"]), key=lambda r: -r["balance_cents"]
        ),
        documentation=read(source, viewer, "notes__documentation_due", as_of=day, provider_id=provider_id),
        caseload=read(source, viewer, "cases__caseload", as_of=day, provider_id=provider_id),
    )


def entries(
    source: Engine, viewer: Viewer, period: Period, column: str, provider_id: int | None = None
) -> list[Row]:
    """The movements that add up to ``invoiced_cents`` or ``collected_cents`` of a period."""
    found = read(source, viewer, "billing__entries", as_of=period.end, start=period.start, end=period.end,
                 provider_id=provider_id)
    return sorted((row for row in found if row[column]), key=lambda row: (row["day"], row["entry_id"]))


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


def _within(rows: Iterable[Row], period: Period) -> list[Row]:
    return [row for row in rows if period.start <= row["day"] <= period.end]


def _sum(rows: Iterable[Row], column: str) -> int:
    return sum(row[column] for row in rows)


def _both(name: str, rows: list[Row], column: str, period: Period, before: Period) -> Figure:
    return Figure(name, _sum(_within(rows, period), column), _sum(_within(rows, before), column))
