"""What is handed out: the statement of a payer over a year, and an invoice as a PDF."""

from datetime import date, timedelta
from typing import Any

from practicerunner import database
from practicerunner.vocabulary import DocumentKind
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor
from practicerunner.workflows.statements import statement_preview
from tests.bench import bare
from tests.bench.building import Volume
from tests.bench.measure import Result, alone, compare
from tests.bench.volume import FEE_CENTS, TODAY, client_name, payer_of


class Papers:
    """The papers of one volume."""

    def __init__(self, volume: Volume, actor: Actor, limit: bare.Bare) -> None:
        self.volume, self.actor, self.limit = volume, actor, limit

    def statement(self, n: int) -> Result:
        """The statement of a payer over a year as it is shown before it is issued, another payer each time."""
        period = TODAY - timedelta(days=365), TODAY - timedelta(days=1)

        def payer(turn: int) -> int:
            return payer_of(turn * 7 % self.volume.scale.clients, self.volume.scale)

        def ours(turn: int) -> Any:
            with database.reading(self.volume.engine) as session:
                return statement_preview(session, self.actor, payer(turn), *period).statement

        def limit(turn: int) -> Any:
            return bare.statement(self.limit, payer(turn), *period)

        for turn in range(5):
            made, (opening, lines, closing) = ours(turn), limit(turn)
            if (made.opening_cents, len(made.movements), made.closing_cents) != (opening, len(lines), closing):
                raise ValueError("Ours and the bare statement do not agree.")
        return compare("statement", 12, n, ours, limit)

    def invoice_pdf(self, n: int) -> Result:
        """An invoice with one line is drawn from what was frozen of it."""

        def step(turn: int) -> None:
            if not papers.draw(DocumentKind.INVOICE, _invoice(turn)).startswith(b"%PDF"):
                raise ValueError("This is no PDF.")

        return alone("invoice_pdf", 100, n, step)


def _invoice(turn: int) -> dict[str, Any]:
    name = " ".join(client_name(turn))
    day = TODAY - timedelta(days=turn)
    return {
        "number": f"INV-2026-{turn:04d}", "issued_on": day.isoformat(),
        "due_on": date.fromordinal(day.toordinal() + 14).isoformat(), "practice": bare.LETTERHEAD,
        "bill_to": {"name": name, "address": "18 Orchard Lane\nAlbany, NY 12207"}, "case_name": name,
        "lines": [{
            "service_date": day.isoformat(), "description": "Individual session", "provider": "Marcus Bell, LMFT",
            "supervisor": "", "amount_cents": FEE_CENTS,
        }],
        "total_cents": FEE_CENTS,
    }
