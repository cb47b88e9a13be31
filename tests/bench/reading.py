"""What is looked at: finding a client, a provider's week, who owes what, and the reports' copy after a change."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from practicerunner import database
from practicerunner.reports import read
from practicerunner.reports.replica import replica_of
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseStatus
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.accounts import uninvoiced
from practicerunner.workflows.availability import free_slots
from practicerunner.workflows.calendar import MOST_ENTRIES, appointments_between
from practicerunner.workflows.cases import SetCaseStatus, set_case_status
from practicerunner.workflows.clients import find_cases
from practicerunner.workflows.diagnosis_pages import find_codes
from practicerunner.workflows.documentation import documentation_due
from practicerunner.workflows.estimates_due import estimates_due
from practicerunner.workflows.follow_up import billing_counts, overdue_list
from practicerunner.workflows.requests import times_to_ask_for
from practicerunner.workflows.review_queue import review_queue
from practicerunner.workflows.staff import actor_for
from tests import code_table
from tests.bench import bare
from tests.bench.building import Volume
from tests.bench.measure import Result, alone, compare
from tests.bench.volume import MINUTES, TODAY, row_id

FRAGMENTS = ("hazel", "quin", "5550", "elm", "row", "son", "tov", "birch", "lock", "an")
FOUND_AT_MOST = 100
LISTED = 1_000
TYPED = (
    "ge", "gener", "generalized anx", "generalized anxiety", "GAD", "ptsd", "F4", "F41.1", "depress",
    "major depressive", "adjustment disorder with anx", "un", "tr", "trauma", "other", "abuse", "partner",
    "uncomplicated bereavement", "insom", "disorder",
)
"""What is typed while a code is looked for, from two letters on."""


class Reading:
    """The reads on one volume, and the limit of each."""

    def __init__(self, volume: Volume, actor: Actor, limit: bare.Bare) -> None:
        self.volume, self.actor, self.limit = volume, actor, limit

    def look(self, reader: Any, *args: Any, **kwargs: Any) -> Any:
        """One read of ours, as a page does it."""
        with database.reading(self.volume.engine) as session:
            return reader(session, self.actor, *args, **kwargs)

    def client_search(self, n: int) -> Result:
        """The first hundred cases whose names, phones or e-mails contain a fragment."""

        def ours(turn: int) -> Any:
            return self.look(find_cases, FRAGMENTS[turn % len(FRAGMENTS)], FOUND_AT_MOST)

        def limit(turn: int) -> Any:
            return bare.find_cases(self.limit, FRAGMENTS[turn % len(FRAGMENTS)], FOUND_AT_MOST)

        _agree([case.case_id for case in ours(0)], [row[0] for row in limit(0)])
        return compare("client_search", 2, n, ours, limit)

    def week_calendar(self, n: int) -> Result:
        """One provider's week as the calendar shows it, another provider and another week each time."""
        providers = self.volume.scale.providers

        def week(turn: int) -> tuple[int, date]:
            return row_id("staff", 1 + turn * 7 % providers), TODAY - timedelta(days=7 * (turn * 11 % 140))

        def ours(turn: int) -> Any:
            provider, monday = week(turn)
            return self.look(
                appointments_between, monday, monday + timedelta(days=6), provider_ids=[provider], limit=MOST_ENTRIES
            )

        def limit(turn: int) -> Any:
            return bare.week(self.limit, *week(turn))

        _agree([entry.appointment_id for entry in ours(3)], [row[0] for row in limit(3)])
        return compare("week_calendar", 8, n, ours, limit)

    def free_slots(self, n: int) -> Result:
        """One provider's free times in a month, another provider and another first day each time."""
        providers = self.volume.scale.providers

        def month(turn: int) -> tuple[int, date, date]:
            first = TODAY + timedelta(days=turn * 3 % 28)
            return row_id("staff", 1 + turn * 7 % providers), first, first + timedelta(days=30)

        def ours(turn: int) -> Any:
            provider, first, last = month(turn)
            with database.reading(self.volume.engine) as session:
                return free_slots(session, provider, MINUTES, first, last)

        def limit(turn: int) -> Any:
            return bare.free_slots(self.limit, *month(turn), MINUTES)

        for turn in range(10):
            _agree([slot[:2] for slot in ours(turn)], limit(turn))
        return compare("free_slots", 3, n, ours, limit)

    def portal_free_slots(self, n: int) -> Result:
        """The free times of two weeks as clients ask for them, another client and another first day each time."""

        def ours(turn: int) -> Any:
            client = turn * 37 % self.volume.scale.clients
            asker, first = PortalActor(row_id("person", client), "Client"), TODAY + timedelta(days=turn * 3 % 28)
            with database.reading(self.volume.engine) as session:
                return times_to_ask_for(session, asker, row_id("case", client), first, first + timedelta(days=13))

        if not any(ours(turn) for turn in range(5)):
            raise ValueError("No time is free for clients.")
        return alone("portal_free_slots", 40, n, ours)

    def aging(self, n: int) -> Result:
        """What every payer owes, by age, from the reports' copy; against the better of SQL and DuckDB without us."""

        def ours(_: int) -> Any:
            return read(self.volume.engine, self.actor, "billing__outstanding_balances", as_of=TODAY)

        def from_kept(_: int) -> Any:
            return bare.aging(self.limit, TODAY)

        def from_ledger(_: int) -> Any:
            return self._ledger.cursor().execute(_AGING, [TODAY]).fetchall()

        owed = sum(row["due_cents"] for row in ours(0))
        _agree(owed, sum(row[2] for row in from_kept(0)))
        _agree(owed, sum(row[2] for row in from_ledger(0)))
        return compare("aging", 4, n, ours, from_kept, from_ledger)

    def unpaid_list(self, n: int) -> Result:
        """The thousand oldest unpaid invoices, computed from the ledger."""

        def ours(_: int) -> Any:
            return read(self.volume.engine, self.actor, "billing__unpaid", as_of=TODAY, limit=LISTED)

        def limit(_: int) -> Any:
            return self._ledger.cursor().execute(_UNPAID, [TODAY]).fetchall()

        _agree([(row["invoice_id"], row["open_cents"]) for row in ours(0)], [(r[0], r[8]) for r in limit(0)])
        return compare("unpaid_list", 3, n, ours, limit)

    def aging_as_of(self, n: int) -> Result:
        """What every payer owed, by age, at the end of days that are over."""

        def ours(turn: int) -> Any:
            return read(self.volume.engine, self.actor, "billing__aging", as_of=_past(turn))

        def limit(turn: int) -> Any:
            return self._ledger.cursor().execute(_AGING_AS_OF, [_past(turn)]).fetchall()

        for turn in range(3):
            _agree(sorted(list(row.values())[3:] for row in ours(turn)), sorted(list(r[2:]) for r in limit(turn)))
        return compare("aging_as_of", 1.5, n, ours, limit)

    def replica_refresh(self, n: int) -> Result:
        """The reports' copy takes in one change, the copy being up to date before it."""
        replica = replica_of(self.volume.engine)
        replica.refresh()

        def change(turn: int) -> None:
            status = CaseStatus.INACTIVE if turn % 2 else CaseStatus.ACTIVE
            with database.transaction(self.volume.engine) as session:
                set_case_status(session, self.actor, SetCaseStatus(case_id=row_id("case", turn // 2), status=status))

        return alone("replica_refresh", 20, n, lambda _: replica.refresh(), change)

    def supervision_queue(self, n: int) -> Result:
        """The two hundred notes of an associate that wait for their supervisor."""
        if not self.look(review_queue).lines:
            raise ValueError("Nothing waits for the supervisor.")
        return alone("supervision_queue", 50, n, lambda _: self.look(review_queue))

    def documentation_due(self, n: int) -> Result:
        """A provider's notes that are due, another provider each time."""
        providers = self.volume.scale.providers
        with database.reading(self.volume.engine) as session:
            actors = [actor_for(session, row_id("staff", 1 + one)) for one in range(providers)]

        def ours(turn: int) -> Any:
            with database.reading(self.volume.engine) as session:
                return documentation_due(session, actors[turn * 7 % providers])

        if not ours(0):
            raise ValueError("No note is due.")
        return alone("documentation_due", 50, n, ours)

    def billing_counts(self, n: int) -> Result:
        """The numbers on the tabs of the billing page, as every run of it asks for them."""
        found = self.look(billing_counts)
        _agree((found.overdue, found.estimates), (
            len(self.look(overdue_list).rows), len(self.look(estimates_due))))
        _agree(found.uninvoiced, self.look(uninvoiced)[1])
        return alone("billing_counts", 50, n, lambda _: self.look(billing_counts))

    def icd_search(self, n: int) -> Result:
        """Diagnosis codes while somebody types, in the usual chapters and in all; what 95 of 100 stay under."""
        settings().codes_file = code_table.shared()

        def search(turn: int) -> Any:
            text = TYPED[turn % len(TYPED)]
            return self.look(find_codes, text, TODAY, everything=turn // len(TYPED) % 4 == 3)

        _agree([code.dotted for code in self.look(find_codes, "generalized anxiety", TODAY)][:1], ["F41.1"])
        return alone("icd_search", 50, n, search, percent=95)

    @cached_property
    def _ledger(self) -> duckdb.DuckDBPyConnection:
        """The same ledger in a DuckDB of its own."""
        made = duckdb.connect(":memory:")
        for table, columns in {
            "ledger_entry": ("payer_id", "case_id", "invoice_id", "amount_cents", "effective_on"),
            "invoice": ("id", "number", "payer_id", "case_id", "issued_on", "due_on"),
            "payer": ("id", "name"), "case_file": ("id", "name", "provider_id"),
        }.items():
            rows = self.limit.all(f"select {', '.join(columns)} from {table}")
            made.register("rows", pa.table({
                name: pa.array(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)
            }))
            made.execute(f"create table {table} as select * from rows")
        for table, column in (("invoice", "issued_on"), ("invoice", "due_on"), ("ledger_entry", "effective_on")):
            made.execute(f"alter table {table} alter {column} type date")
        return made


_AGING = """
with due as (
    select invoice_id, sum(amount_cents) as cents from ledger_entry where invoice_id is not null
    group by invoice_id having sum(amount_cents) > 0
)
select
    i.payer_id, p.name, sum(d.cents)::bigint,
    sum(d.cents) filter (date_diff('day', i.issued_on, $1::date) <= 30)::bigint,
    sum(d.cents) filter (date_diff('day', i.issued_on, $1::date) between 31 and 60)::bigint,
    sum(d.cents) filter (date_diff('day', i.issued_on, $1::date) between 61 and 90)::bigint,
    sum(d.cents) filter (date_diff('day', i.issued_on, $1::date) > 90)::bigint
from due d join invoice i on i.id = d.invoice_id join payer p on p.id = i.payer_id
group by i.payer_id, p.name order by i.payer_id
"""


_UNPAID = f"""
with due as (
    select invoice_id, sum(amount_cents) as cents from ledger_entry
    where invoice_id is not null and effective_on <= $1 group by invoice_id having sum(amount_cents) > 0
)
select i.id, i.number, i.payer_id, p.name, i.case_id, c.name, i.issued_on, i.due_on, d.cents::bigint,
    date_diff('day', i.issued_on, $1::date)
from due d join invoice i on i.id = d.invoice_id join payer p on p.id = i.payer_id
join case_file c on c.id = i.case_id order by i.issued_on, i.number limit {LISTED}
"""
_AGING_AS_OF = """
with items as (
    select i.payer_id, i.case_id, date_diff('day', i.issued_on, $1::date) as age, d.cents
    from (
        select invoice_id, sum(amount_cents) as cents from ledger_entry
        where invoice_id is not null and effective_on <= $1 group by invoice_id having sum(amount_cents) <> 0
    ) d join invoice i on i.id = d.invoice_id
    union all
    select payer_id, case_id, date_diff('day', min(effective_on), $1::date), sum(amount_cents) from ledger_entry
    where invoice_id is null and effective_on <= $1 group by payer_id, case_id having sum(amount_cents) > 0
)
select
    o.payer_id, p.name, sum(o.cents)::bigint, coalesce(sum(o.cents) filter (o.age <= 30), 0)::bigint,
    coalesce(sum(o.cents) filter (o.age between 31 and 60), 0)::bigint,
    coalesce(sum(o.cents) filter (o.age between 61 and 90), 0)::bigint,
    coalesce(sum(o.cents) filter (o.age > 90), 0)::bigint
from items o join payer p on p.id = o.payer_id join case_file c on c.id = o.case_id
group by o.payer_id, c.provider_id, p.name order by o.payer_id, c.provider_id
"""


def _past(turn: int) -> date:
    """A day that is over, another each time."""
    return TODAY - timedelta(days=30 + turn * 7 % 330)


def _agree(ours: Any, limit: Any) -> None:
    """A race between two that give different answers is none."""
    if ours != limit:
        raise ValueError(f"Ours and the bare one do not agree: {str(ours)[:200]} and {str(limit)[:200]}")
