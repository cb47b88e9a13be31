"""What the reports say of money, line by line, reckoned a second time in plain Python."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from practicerunner import database
from practicerunner.records import accounts
from practicerunner.records.billing import Charge, Invoice, InvoiceLine, LedgerEntry
from practicerunner.records.cases import Case
from practicerunner.vocabulary import EntryKind


def every_dimension_is_right(
    engine: Engine, moved: list[dict[str, Any]], receivable: list[dict[str, Any]]
) -> None:
    """Provider, service, kind of case, payer and month, each as the lines of the invoices have it."""
    expected = by_hand(engine)
    for columns in (("provider_id",), ("service_id",), ("case_type",), ("payer_id",)):
        found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for row in moved:
            for place, column in enumerate(("invoiced_cents", "collected_cents", "adjusted_cents", "opening_cents")):
                found[tuple(row[c] for c in columns)][place] += row[column]
        owed: dict[Any, int] = defaultdict(int)
        for row in receivable:
            owed[tuple(row[c] for c in columns)] += row["balance_cents"]
        wanted: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for part in expected:
            for place, cents in enumerate(part["cents"]):
                wanted[tuple(part[c] for c in columns)][place] += cents
        assert {key: row for key, row in found.items() if any(row)} == {
            key: row for key, row in wanted.items() if any(row)}, columns
        assert {key: cents for key, cents in owed.items() if cents} == {
            key: row[0] + row[3] - row[1] - row[2] for key, row in wanted.items()
            if row[0] + row[3] != row[1] + row[2]}, columns
    with database.reading(engine) as session:
        entries = session.scalars(select(LedgerEntry)).all()
    months: dict[date, int] = defaultdict(int)
    for entry in entries:
        months[entry.effective_on.replace(day=1)] += entry.amount_cents
    for row in moved:
        months[row["month"]] -= row["balance_cents"]
    assert not any(months.values())


def by_hand(engine: Engine) -> list[dict[str, Any]]:
    """What is charged, paid and taken off, line by line: payments from the first on, adjustments from the last."""
    with database.reading(engine) as session:
        entries = session.scalars(select(LedgerEntry)).all()
        charges = {charge.id: charge for charge in session.scalars(select(Charge))}
        cases = {case.id: case for case in session.scalars(select(Case))}
        lines = session.scalars(select(InvoiceLine).order_by(InvoiceLine.service_date, InvoiceLine.id)).all()
        invoices = {one.id: one for one in session.scalars(select(Invoice))}
    parts: list[dict[str, Any]] = [
        {"provider_id": cases[e.case_id].provider_id, "service_id": 0, "case_type": cases[e.case_id].type,
         "payer_id": e.payer_id,
         "cents": [0, 0, 0, e.amount_cents] if e.kind is EntryKind.OPENING else
         [0, 0, -e.amount_cents, 0] if e.kind is EntryKind.WRITE_OFF else [0, -e.amount_cents, 0, 0]}
        for e in entries if e.invoice_id is None
    ]
    for invoice_id, invoice in invoices.items():
        mine = [line for line in lines if line.invoice_id == invoice_id]
        about = [e for e in entries if e.invoice_id == invoice_id]
        paid = -sum(e.amount_cents for e in about if e.kind is EntryKind.PAYMENT)
        off = {line.charge_id: 0 for line in mine}
        loose = 0
        for e in about:
            if e.kind in accounts.ADJUSTMENTS and e.charge_id is not None:
                off[e.charge_id] -= e.amount_cents
            elif e.kind in accounts.ADJUSTMENTS:
                loose -= e.amount_cents
        for line in reversed(mine):
            part = min(loose, line.amount_cents - off[line.charge_id])
            off[line.charge_id] += part
            loose -= part
        for line in mine:
            part = min(paid, line.amount_cents - off[line.charge_id])
            paid -= part
            charged = sum(e.amount_cents for e in about
                          if e.kind is EntryKind.CHARGE and e.charge_id == line.charge_id)
            charge = charges[line.charge_id]
            parts.append({
                "provider_id": charge.provider_id, "service_id": charge.service_id,
                "case_type": cases[invoice.case_id].type, "payer_id": invoice.payer_id,
                "cents": [charged, part, off[line.charge_id], 0]})
        assert paid == loose == 0
    return parts
