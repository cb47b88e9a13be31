"""Money under stress: numbers without gaps from twenty at once, and nothing half done when the process is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from practicerunner import database
from practicerunner.records import billing, payments
from practicerunner.records.billing import Invoice, InvoiceVoid
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.reversals import ReissueInvoice, reissue_invoice
from tests.cast import Cast, at, balance, hold, invoice, payer_id, people_of
from tests.drills.conftest import MANY
from tests.drills.crowd import Crowd, doing, kinds
from tests.drills.sound import broken_chain

pytestmark = pytest.mark.slow
ROUNDS, KILLS = 50, 30
LONGEST = 0.12
"""Seconds after which a child is dead at the latest: some acts later, so that most die in the middle of one."""

HALF = {
    "an invoice without its lines, entries, shares, open amount or paper": """
        select i.id from invoice i where i.total_cents <>
            coalesce((select sum(amount_cents) from invoice_line l where l.invoice_id = i.id), 0)
        or i.total_cents <> coalesce((select sum(amount_cents) from ledger_entry e where e.invoice_id = i.id
            and kind = 'charge' and reverses_id is null), 0)
        or not exists (select 1 from open_invoice o where o.invoice_id = i.id)
        or (select count(*) from issued_document d where d.invoice_id = i.id) <> 1""",
    "a payment without its receipt, or whose parts are not the amount": """
        select p.id from payment p where (select count(*) from issued_document d where d.payment_id = p.id) <> 1
        or p.amount_cents <> -coalesce((select sum(amount_cents) from ledger_entry e where e.payment_id = p.id
            and kind = 'payment'), 0)""",
    "a refund without its receipt or movement": """
        select r.id from refund r where not exists (select 1 from issued_document d where d.number = r.number)
        or r.amount_cents <> coalesce((select sum(amount_cents) from ledger_entry e
            where e.payment_id = r.payment_id and kind = 'refund'), 0)""",
    "a credit note without its paper": """
        select n.id from credit_note n where not exists (select 1 from issued_document d where d.number = n.number)""",
    "a void without its successor": """
        select v.id from invoice_void v
        where not exists (select 1 from invoice i where i.replaces_id = v.invoice_id)""",
    "a replaced invoice that is not void": """
        select i.id from invoice i where replaces_id is not null
        and not exists (select 1 from invoice_void v where v.invoice_id = i.replaces_id)""",
}
ACTS = """
select 'operations', count(*) from operation where command in ('reissue_invoice', 'record_payment', 'refund_payment')
union all
select 'acts', count(*) from audit_log where action in ('reissue_invoice', 'record_payment', 'refund_payment')
"""


def gaps(engine: Engine) -> dict[str, list[int]]:
    """Series whose numbers are not 1, 2, 3 … up to the next one that would be given."""
    with engine.connect() as connection:
        rows = connection.execute(text("select kind, number from issued_document")).all()
        following = dict(connection.execute(text("select kind, next_number from number_series")).tuples().all())
    found: dict[str, list[int]] = defaultdict(list)
    for kind, number in rows:
        found[kind].append(int(number.rsplit("-", 1)[1]))
    return {
        kind: sorted(places) for kind, places in found.items()
        if sorted(places) != list(range(1, following[kind]))
    }


def half_done(engine: Engine) -> dict[str, list[int]]:
    """What is there only in part, by what it is."""
    with engine.connect() as connection:
        found = {what: list(connection.scalars(text(query))) for what, query in HALF.items()}
    with database.reading(engine) as session:
        found["the open amounts are not the ledger's"] = billing.wrong_open_amounts(session)
        found["the payments are not the ledger's"] = payments.wrong_payments(session)
    return {what: rows for what, rows in found.items() if rows}


def test_twenty_who_issue_fifty_invoices_each_get_a_thousand_consecutive_numbers(
    cast: Cast, everybody: Crowd
) -> None:
    with at("2026-08-01 09:00"):
        cases = [cast.open_case(CaseType.INDIVIDUAL, f"Ida{n} Holm") for n in range(MANY)]
    invoices = []
    for n, case_id in enumerate(cases):
        day, hour = divmod(n, 8)
        held = hold(cast, case_id, "IND50", f"2026-09-{1 + day:02d} {9 + hour:02d}:00")
        invoices += invoice(cast, held, on="2026-09-05")
    actors = [cast.actor(("Tom", "Dana")[n % 2]) for n in range(MANY)]
    with at("2026-09-06 09:00"):
        for _ in range(ROUNDS):
            outcomes = everybody.together([
                doing(cast, actors[n], reissue_invoice, ReissueInvoice(invoice_id=invoices[n], reason="again"))
                for n in range(MANY)
            ])
            assert set(kinds(outcomes)) == {"int"}, [repr(one) for one in outcomes if not isinstance(one, int)]
            invoices = outcomes
    assert gaps(cast.engine) == half_done(cast.engine) == {}
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(Invoice.id)).all()) == MANY + MANY * ROUNDS
        standing = session.scalars(select(Invoice.id).where(Invoice.id.not_in(select(InvoiceVoid.invoice_id))))
        assert set(standing) == set(invoices)
    assert {sum(balance(cast, case_id).values()) for case_id in cases} == {165_00}
    assert broken_chain(cast.engine) is None


def test_a_process_killed_while_it_issues_and_takes_money_leaves_no_gap_no_double_and_nothing_half_done(
    cast: Cast,
) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    rng, engine = random.Random(seed), cast.engine
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Lund")
    invoice(cast, hold(cast, case_id, "IND50", "2026-09-03 10:00"))
    payer = payer_id(cast, people_of(cast, case_id)["Ida"])
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    engine.dispose()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.cashier", url, str(case_id), str(payer), str(cast.staff["Tom"])],
        cwd=Path(__file__).parents[2], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said: dict[str, set[int]] = defaultdict(set)
    try:
        assert process.stdout.readline().strip() == "ready"
        for _ in range(KILLS):
            process.stdin.write("go\n")
            process.stdin.flush()
            word, pid = process.stdout.readline().split()
            assert word == "child"
            line = process.stdout.readline().strip()  # from here on it is never idle
            time.sleep(rng.uniform(0, LONGEST))
            os.kill(int(pid), signal.SIGKILL)
            while line != "gone":
                table, made = line.split()
                said[table].add(int(made))
                line = process.stdout.readline().strip()
            assert gaps(engine) == half_done(engine) == {}, seed
            with engine.connect() as connection:
                acts = dict(connection.execute(text(ACTS)).tuples().all())
                for table, ids in said.items():
                    there = set(connection.scalars(text(f"select id from {table}")))
                    assert ids <= there, seed
            assert acts["operations"] == acts["acts"], seed
            engine.dispose()  # the next who opens the file is the first, and reads what the dead one has left
    finally:
        process.stdin.close()
        process.kill()
        process.wait()
    assert broken_chain(engine) is None
    assert sum(map(len, said.values())) > KILLS
