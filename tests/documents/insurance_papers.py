"""A superbill and a good faith estimate to draw in tests."""

from datetime import date
from typing import Any

from practicerunner.documents.estimate import Estimate, Item
from practicerunner.documents.superbill import Line, Provider, Superbill
from tests.documents.papers import AISHA, PRACTICE

MARCUS = Provider(name="Marcus Bell, LMFT", npi="2100000035", licence="OR 4711", taxonomy="106H00000X")
SESSION = Line(
    service_date=date(2026, 10, 1), description="Individual session", code="X0834", modifiers=("95", "HO"), place="10",
    pointers="AB", charge_cents=165_00, paid_cents=165_00, provider="Marcus Bell, LMFT",
)
SUPERVISED = Line(
    service_date=date(2026, 10, 8), description="Group session", code="X0853", place="11", pointers="A",
    charge_cents=75_00, adjusted_cents=5_00, paid_cents=60_00, provider="Priya Nair, LMFT-A",
    supervisor="Ruth Stein, PhD", paid_by="Northside Clinic LLC",
)
INTAKE = Item(
    description="Intake", code="X0791", quantity=1, fee_cents=225_00, first_on=date(2026, 11, 2),
    last_on=date(2026, 11, 2))
WEEKLY = Item(
    description="Individual session", code="X0834", quantity=24, fee_cents=165_00, first_on=date(2026, 11, 9),
    last_on=date(2027, 4, 19), frequency="every week")


def a_superbill(**changes: Any) -> Superbill:
    """A superbill over 240.00; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "number": "SB-2026-0001", "issued_on": date(2026, 11, 20), "practice": PRACTICE, "client": AISHA,
        "birth_date": date(1988, 4, 12), "first_on": date(2026, 10, 1), "last_on": date(2026, 10, 31),
        "providers": (MARCUS,), "diagnoses": (("A", "F41.1"), ("B", "Z63.0")), "lines": (SESSION, SUPERVISED),
        "charged_cents": 240_00, "adjusted_cents": 5_00, "paid_cents": 225_00,
    }
    return Superbill(**(fields | changes))


def an_estimate(**changes: Any) -> Estimate:
    """An estimate over 4,185.00; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "number": "GFE-2026-0001", "version": 1, "issued_on": date(2026, 10, 20), "practice": PRACTICE, "client": AISHA,
        "birth_date": date(1988, 4, 12), "providers": (MARCUS,), "diagnoses": ("F41.1",), "items": (INTAKE, WEEKLY),
        "total_cents": 4185_00, "place": "412 Alder Street, Portland, OR 97205",
    }
    return Estimate(**(fields | changes))
