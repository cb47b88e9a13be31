"""SC19: the owner's dashboard equals the ledger to the cent, in its rows and in its files."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.records import accounts
from practicerunner.records.billing import InvoiceLine, LedgerEntry
from practicerunner.reports import replica
from practicerunner.reports.overview import AGES, Asked, money, money_by, overview, owing, percentage
from practicerunner.reports.tables import Table, name_of, narrowed, table
from practicerunner.rules.importing import Field
from practicerunner.rules.periods import Period
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    EntryKind,
    InvoicingRhythm,
    MoneyBy,
    OverviewTable,
    PaymentMethodKind,
    ShareKind,
)
from practicerunner.workflows.adjustments import CreditInvoice, WriteOff, credit_invoice, write_off
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.imports import ImportClients, import_clients
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from tests.cast import Cast, at, balance, hold, invoice, pay, payer_id, people_of
from tests.scenarios.test_sc02 import thursday

OCTOBER, SEPTEMBER = Period(date(2026, 10, 1), date(2026, 10, 31)), Period(date(2026, 9, 1), date(2026, 9, 30))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
KINDS = {
    "invoiced_cents": ({EntryKind.CHARGE}, 1), "collected_cents": ({EntryKind.PAYMENT, EntryKind.REFUND}, -1),
    "adjusted_cents": ({EntryKind.CREDIT, EntryKind.WRITE_OFF}, -1), "opening_cents": ({EntryKind.OPENING}, 1),
}
TITLES = {"invoiced_cents": "Invoiced", "collected_cents": "Collected", "adjusted_cents": "Credited and written off",
          "opening_cents": "Opening balances"}


@pytest.fixture(autouse=True)
def _no_replica_outlives_its_test() -> Iterator[None]:
    yield
    replica._replicas.clear()


def ledger(cast: Cast, period: Period) -> tuple[dict[str, int], int]:
    """What moved in a period and what was owed at its end, from the records alone."""
    with database.reading(cast.engine) as session:
        entries = session.scalars(select(LedgerEntry)).all()
    moved = {
        column: sign * sum(e.amount_cents for e in entries
                           if e.kind in kinds and period.start <= e.effective_on <= period.end)
        for column, (kinds, sign) in KINDS.items()
    }
    return moved, sum(e.amount_cents for e in entries if e.effective_on <= period.end)


def in_file(made: Table, column: str) -> int:
    """The cents of a column of a file, added up as whoever opens it would."""
    rows = csv.DictReader(io.StringIO(made.csv.decode("utf-8-sig")))
    return int(sum((Decimal(row[column]) for row in rows), Decimal(0)) * 100)


def asks(cast: Cast, period: Period, who: str = "Dana", provider: str = "") -> Asked:
    return Asked(cast.engine, cast.actor(who), period, cast.staff[provider] if provider else None)


def view_ledger_and_file_agree(cast: Cast, period: Period) -> None:
    """Every figure, by whatever it is looked at, down to its rows and in every file."""
    asked = asks(cast, period)
    moved, owed = ledger(cast, period)
    assert {column: money(asked)[column] for column in KINDS} == moved
    assert owing(asked)["balance_cents"] == owed
    figures = overview(asked, Period(date(2026, 1, 1), date(2026, 1, 31)))
    assert (figures.invoiced.now, figures.collected.now, figures.receivable.now) == (
        moved["invoiced_cents"], moved["collected_cents"], owed)
    assert figures.due_cents - figures.credit_cents == owed
    for which, title, cents in (
        (OverviewTable.INVOICED, "Invoiced", figures.invoiced.now), (OverviewTable.RECEIVABLE, "Balance", owed),
        (OverviewTable.COLLECTED, "Collected", figures.collected.now), (OverviewTable.AGING, "Balance", owed),
    ):
        made = table(asked, which)
        assert in_file(made, title) == sum(line[made.header.index(title)] for line in made.lines) == cents, which
    aged = table(asked, OverviewTable.AGING)
    assert {title: in_file(aged, title) for title in AGES.values()} == figures.ages
    for by in MoneyBy:
        rows, made = money_by(asked, by), table(asked, OverviewTable.MONEY, by=by)
        for column, title in TITLES.items():
            assert sum(row[column] for row in rows) == moved[column] == in_file(made, title), (by, column)
        if by is not MoneyBy.MONTH:
            assert sum(row["owed_cents"] for row in rows) == owed
            assert in_file(made, "Owed at the end") == owed
        elif rows:
            assert rows[-1]["owed_cents"] == owed
        for row in rows[:2]:
            behind = table(asked, OverviewTable.MOVEMENTS, by=by, where=narrowed(by, name_of(by, row)))
            assert {column: sum(r[column] for r in behind.rows) for column in KINDS} == {c: row[c] for c in KINDS}
    by_service = table(asked, OverviewTable.REVENUE)
    assert in_file(by_service, "Invoiced") == moved["invoiced_cents"]
    assert in_file(by_service, "Collected") == moved["collected_cents"]
    parts: Counter[str] = Counter()
    for provider in cast.staff:
        one = asks(cast, period, provider=provider)
        parts.update({column: money(one)[column] for column in KINDS} | {"owed": owing(one)["balance_cents"]})
        own = asks(cast, period, who=provider)
        if provider in ("Marcus", "Ruth", "Olga", "Priya"):
            assert (money(own), owing(own)) == (money(one), owing(one)), "their own production and no more"
    assert dict(parts) == moved | {"owed": owed}


def shares(cast: Cast, case_id: int, who: dict[int, int], *, monthly: bool = True) -> None:
    """Person → basis points, the last one the rest, each with one invoice per month."""
    rhythm = InvoicingRhythm.MONTHLY if monthly else InvoicingRhythm.PER_APPOINTMENT
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=case_id, valid_from=date(2026, 8, 1), shares=tuple(
            Share(person_id=person, kind=ShareKind.PERCENT, basis_points=points, rhythm=rhythm) if points
            else Share(person_id=person, rhythm=rhythm) for person, points in who.items())))


def the_three_cases(cast: Cast) -> dict[str, int]:
    """October: A four sessions, B one of eight members with a no-show, C two of five with one excused."""
    alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    for day in (1, 8, 15, 22):
        invoice(cast, hold(cast, alone, "IND50", f"2026-10-{day:02d} 10:00"))
    pay(cast, payer_id(cast, people_of(cast, alone)["Noor"]), alone, 500_00, "2026-10-23")
    group, members = thursday(cast)
    invoice(cast, hold(cast, group, "GRP90", "2026-10-15 18:00", missed={members[2]: AttendanceStatus.NO_SHOW}))
    with database.reading(cast.engine) as session:
        owing = accounts.standings(session, case_id=group)
    for row in owing:
        part = {"Hal Eight": 0, "Dov Four": 32_50}.get(row.payer, row.due_cents)
        if part:
            pay(cast, row.payer_id, group, part, "2026-10-20")
    names = ("Ana Lind", "Bo Marsh", "Cy Novak", "Di Orlov", "Ed Park")
    circle = cast.open_case(CaseType.CONSULTATION_GROUP, *names, name="Friday colleagues", provider="Ruth")
    ed = people_of(cast, circle)["Ed"]
    for day, missed in (("09", {}), ("23", {ed: AttendanceStatus.EXCUSED})):
        invoice(cast, hold(cast, circle, "CGRP120", f"2026-10-{day} 14:00", by="Ruth", missed=missed))
    with database.reading(cast.engine) as session:
        owing = accounts.standings(session, case_id=circle)
    for row in owing:
        pay(cast, row.payer_id, circle, row.due_cents, "2026-10-24")
    return {"A": alone, "B": group, "C": circle}


def test_the_figures_of_october_their_rows_and_their_files(cast: Cast) -> None:
    cases = the_three_cases(cast)
    with at("2026-11-01 09:00"):
        view_ledger_and_file_agree(cast, OCTOBER)
        seen = overview(asks(cast, OCTOBER), SEPTEMBER)
        assert [(f.name, f.text) for f in seen.figures] == [
            ("Sessions held", "7"), ("Invoiced", "1,991.25"), ("Collected", "1,755.00"), ("Receivable", "236.25")]
        assert (seen.attended, seen.no_shows, percentage(seen.no_show_rate)) == (20, 1, "4.8 %")
        owed = Counter[int]()
        for row in table(asks(cast, OCTOBER), OverviewTable.RECEIVABLE).rows:
            owed[row["case_id"]] += row["balance_cents"]
        assert [owed[cases[name]] for name in "ABC"] == [160_00, 76_25, 0]
        held = table(asks(cast, OCTOBER), OverviewTable.SESSIONS)
        assert (len(held.rows), sum(row["attended"] for row in held.rows)) == (7, 20)
        came = table(asks(cast, OCTOBER), OverviewTable.ATTENDANCE_BY_PROVIDER)
        assert [line[:7] for line in came.lines] == [
            ("Marcus Bell", 5, 11, 1, "8.3 %", 0, 0), ("Ruth Feldman", 2, 9, 0, "0.0 %", 0, 1)]
        by_provider = {row["provider_name"]: row["invoiced_cents"] for row in money_by(
            asks(cast, OCTOBER), MoneyBy.PROVIDER)}
        assert by_provider == {"Marcus Bell": 1_136_25, "Ruth Feldman": 855_00}
        by_service = {row["service_name"]: (row["invoiced_cents"], row["collected_cents"]) for row in money_by(
            asks(cast, OCTOBER), MoneyBy.SERVICE)}
        assert by_service == {
            "IND50": (660_00, 500_00), "GRP90": (476_25, 400_00), "CGRP120": (855_00, 855_00)}


def refund(cast: Cast, payment: int, cents: int, day: str, **more: Any) -> None:
    with at(f"{day} 12:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=cents, method=PaymentMethodKind.CASH, refunded_on=date.fromisoformat(day),
            reason="Given back", **more))


def about_an_invoice(cast: Cast, verb: Callable[..., Any], kind: Any, invoice_id: int, day: str, **more: Any) -> int:
    with at(f"{day} 12:00"):
        return int(cast.do("Tom", verb, kind(invoice_id=invoice_id, reason="Agreed", **more)))


def the_other_movements(cast: Cast) -> None:
    """One invoice over two providers and two services, and everything that can become of money."""
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    maya = people_of(cast, couple)["Maya"]
    shares(cast, couple, {maya: 0})
    for service, when, stands_in in (("FAM50", "2026-10-02 10:00", ""), ("INTAKE", "2026-10-09 10:00", "Olga"),
                                     ("FAM50", "2026-10-16 10:00", "Olga")):
        invoice(cast, hold(cast, couple, service, when, by="Dana", provider=stands_in))
    with at("2026-10-31 09:00"):
        (monthly,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 10, 1)))
    other = cast.open_case(CaseType.INDIVIDUAL, "Leo Lima", provider="Ruth")
    issued = [invoice(cast, hold(cast, other, "IND50", f"2026-10-{day:02d} 15:00", by="Ruth"))[0]
              for day in (5, 12, 19)]
    leo = payer_id(cast, people_of(cast, other)["Leo"])
    over_several = pay(cast, leo, other, 300_00, "2026-10-31")
    about_an_invoice(cast, write_off, WriteOff, issued[1], "2026-11-02", amount_cents=20_00)
    about_an_invoice(cast, void_invoice, VoidInvoice, issued[2], "2026-11-02")
    part = pay(cast, payer_id(cast, maya), couple, 400_01, "2026-11-03")
    with database.reading(cast.engine) as session:
        lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == monthly).order_by(
            InvoiceLine.service_date)).all()
    about_an_invoice(cast, credit_invoice, CreditInvoice, monthly, "2026-11-04", amount_cents=210_00,
                     charge_id=lines[0].charge_id, credit_note=True)
    anew = about_an_invoice(cast, reissue_invoice, ReissueInvoice, monthly, "2026-11-05")
    about_an_invoice(cast, write_off, WriteOff, anew, "2026-11-06", amount_cents=7_77)
    refund(cast, part, 33_33, "2026-11-07")
    refund(cast, over_several, 10_00, "2026-11-08", credit_invoices=True)
    pay(cast, leo, other, 90_00, "2026-11-09", surplus_as_credit=True)
    with at("2026-11-10 09:00"):
        cast.do("Dana", import_clients, ImportClients(
            file=b"First name,Last name,Balance\nOld,Debtor,71.25\nNew,Comer,\n", file_name="clients.csv",
            mapping={"First name": Field.FIRST_NAME, "Last name": Field.LAST_NAME, "Balance": Field.BALANCE},
            default_provider_id=cast.staff["Marcus"], accept_bad_rows=True))


def test_whatever_becomes_of_money_the_view_the_ledger_and_the_file_agree(cast: Cast) -> None:
    the_other_movements(cast)
    with at("2026-12-01 09:00"):
        for period in (OCTOBER, NOVEMBER):
            view_ledger_and_file_agree(cast, period)
        rows = {row["provider_name"]: row for row in money_by(asks(cast, OCTOBER), MoneyBy.PROVIDER)}
        assert {name: row["invoiced_cents"] for name, row in rows.items()} == {
            "Marcus Bell": 210_00, "Olga Outsider": 435_00, "Ruth Feldman": 495_00}
        assert {name: row["collected_cents"] for name, row in rows.items()} == {
            "Marcus Bell": 0, "Olga Outsider": 0, "Ruth Feldman": 300_00}
        whole = asks(cast, Period(date(2026, 10, 1), date(2026, 11, 30)))
        found = {row["service_name"]: row for row in money_by(whole, MoneyBy.SERVICE)}
        # The first line was credited whole, so that its payment went on to the second, a stand-in's intake of 225.00,
        # and then to the third; the write-off is on the third, from the last line back.
        assert (found["INTAKE"]["invoiced_cents"], found["INTAKE"]["collected_cents"]) == (225_00, 225_00)
        assert (found["FAM50"]["collected_cents"], found["FAM50"]["adjusted_cents"]) == (141_68, 217_77)
        assert found["FAM50"]["owed_cents"] == 420_00 - 141_68 - 217_77
        assert found[None]["opening_cents"] == 71_25
        aged = {row["payer_name"]: row for row in table(whole, OverviewTable.AGING).rows}
        assert aged["Old Debtor"]["due_cents"] == 71_25
        assert aged["Leo Lima"]["credit_cents"] > 0


def test_an_admin_sees_the_money_without_services_and_a_supervisor_none(cast: Cast) -> None:
    the_three_cases(cast)
    with at("2026-11-01 09:00"):
        for by in (MoneyBy.SERVICE, MoneyBy.KIND):
            with pytest.raises(NotPermitted):
                table(asks(cast, OCTOBER, "Tom"), OverviewTable.MONEY, by=by)
        with pytest.raises(NotPermitted):
            table(asks(cast, OCTOBER, "Tom"), OverviewTable.REVENUE)
        made = table(asks(cast, OCTOBER, "Tom"), OverviewTable.INVOICED)
        assert "Service" not in made.header
        assert not any(row["service_name"] or row["case_type"] or row["service_id"] for row in made.rows)
        assert in_file(made, "Invoiced") == 1_991_25
        hidden = table(asks(cast, OCTOBER, "Tom"), OverviewTable.MOVEMENTS, by=MoneyBy.SERVICE,
                       where={"service_id": cast.services["IND50"]})
        assert hidden.rows == []
        assert balance(cast, made.rows[0]["case_id"])
