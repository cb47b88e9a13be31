"""Papers to draw in tests, and ways to read them back."""

import io
import unicodedata
from datetime import date
from typing import Any

import pikepdf
import pypdf

from practicerunner.documents.invoice import Invoice, Line
from practicerunner.documents.paper import Addressee, Letterhead
from practicerunner.documents.receipt import Applied, Receipt
from practicerunner.documents.statement import Movement, OpenItem, Statement

PRACTICE = Letterhead(
    name="Lindenhof Counseling Group",
    address="412 Alder Street, Suite 3\nPortland, OR 97205",
    phone="(503) 555-0142",
    email="office@lindenhof.example",
    tax_id="93-0000000",
)
AISHA = Addressee(name="Aisha Morgan", address="18 Orchard Lane\nPortland, OR 97211")
COUPLE_SESSION = Line(
    service_date=date(2026, 11, 4), description="Couple session, 50 minutes", provider="Priya Nair, LMFT-A",
    supervisor="Ruth Stein, PhD", amount_cents=21000,
)
LATE = Line(
    service_date=date(2026, 11, 11), description="Late cancellation fee", provider="Marcus Bell, LMFT",
    amount_cents=8250,
)


def an_invoice(**changes: Any) -> Invoice:
    """An invoice over 292.50; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "number": "INV-2026-0001", "issued_on": date(2026, 11, 12), "due_on": date(2026, 12, 12), "practice": PRACTICE,
        "bill_to": AISHA, "case_name": "Aisha & Ben Morgan", "lines": (COUPLE_SESSION, LATE), "total_cents": 29250,
    }
    return Invoice(**(fields | changes))


def a_receipt(**changes: Any) -> Receipt:
    """A receipt over 300.00, of which 90.00 are not applied; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "number": "RCT-2026-0007", "received_on": date(2026, 11, 14), "practice": PRACTICE, "received_from": AISHA,
        "method": "Card", "reference": "4242", "amount_cents": 30000, "unapplied_cents": 9000,
        "applied": (Applied(invoice_number="INV-2026-0001", service="Couple session, 50 minutes", amount_cents=21000),),
    }
    return Receipt(**(fields | changes))


def a_statement(**changes: Any) -> Statement:
    """October's statement: 165.00 open before, another 165.00 charged, 80.00 paid; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "number": "ST-2026-0003", "issued_on": date(2026, 11, 2), "starts_on": date(2026, 10, 1),
        "ends_on": date(2026, 10, 31), "practice": PRACTICE, "statement_for": AISHA, "opening_cents": 16500,
        "summary": (("Charges", 16500), ("Payments", -8000), ("Credit adjustments", 0), ("Refunds", 0)),
        "movements": (
            Movement(day=date(2026, 10, 6), what="Session, 50 minutes", number="INV-2026-0011",
                     case_name="Aisha Morgan", amount_cents=16500, balance_cents=33000),
            Movement(day=date(2026, 10, 20), what="Payment, card", number="RCT-2026-0009", amount_cents=-8000,
                     balance_cents=25000),
        ),
        "closing_cents": 25000, "ages": ("0–30 days", "31–60 days", "61–90 days", "over 90 days"),
        "open_items": (
            OpenItem(what="INV-2026-0007", since=date(2026, 9, 15), case_name="Aisha Morgan", age=1, open_cents=16500),
            OpenItem(what="INV-2026-0011", since=date(2026, 10, 6), age=0, open_cents=8500),
        ),
    }
    return Statement(**(fields | changes))


def pages(pdf: bytes) -> list[str]:
    """The text of each page, as somebody would copy it."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def lines(pdf: bytes) -> list[str]:
    """The lines of text of the whole paper."""
    return [line.strip() for page in pages(pdf) for line in page.splitlines() if line.strip()]


def letters(text: str) -> str:
    """Text composed and without blanks and invisible characters, to compare wrapped text."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKC", text)
        if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Cc")
    )


def problems(pdf: bytes) -> list[str]:
    """What a strict reader finds wrong with the file."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        check = getattr(file, "check_pdf_syntax", None) or file.check
        return list(check())


def fonts(pdf: bytes) -> dict[str, bool]:
    """Each font of the file, and whether it is embedded."""
    found = {}
    with pikepdf.open(io.BytesIO(pdf)) as file:
        for page in file.pages:
            for font in page.Resources.Font.values():
                inner = font.DescendantFonts[0]
                found[str(font.BaseFont).split("+")[1]] = "/FontFile2" in inner.FontDescriptor
    return found
