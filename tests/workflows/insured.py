"""Clients of whom a superbill can be made: one alone, and a couple who pay half each."""

from typing import Any

from practicerunner.vocabulary import CaseType
from practicerunner.workflows.superbills import superbill_pdf
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id
from tests.documents.papers import lines as lines_of
from tests.insurance import complete, diagnose, licensed, logged

OCTOBER = ("2026-10-01", "2026-10-31")


def words(cast: Cast, superbill_id: int, by: str = "Tom") -> str:
    return " ".join(" ".join(lines_of(logged(cast, by, superbill_pdf, superbill_id)[2])).split())


def billed(cast: Cast, case_id: int, service: str, when: str, payers: dict[int, int], **options: Any) -> list[int]:
    """Hold a session, invoice it, and let each payer pay so much of it."""
    made = invoice(cast, hold(cast, case_id, service, when, **options))
    for person_id, cents in payers.items():
        pay(cast, payer_id(cast, person_id), case_id, cents, when[:10])
    return made


def of_noor(cast: Cast) -> tuple[Cast, int, int]:
    """Noor Haddad, individual, diagnosed, with one session on 8 October, paid."""
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    person = complete(cast, case_id)["Noor"]
    diagnose(cast, case_id, person)
    billed(cast, case_id, "IND50", "2026-10-08 10:00", {person: 165_00})
    return cast, case_id, person


def of_morgans(cast: Cast) -> tuple[Cast, int, int, int]:
    """SC07: Ben pays all, from November on he and Aisha half each; Ben is the identified client."""
    licensed(cast)
    with at("2026-09-30 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Stone")
    people = complete(cast, case_id)
    aisha, ben = people["Aisha"], people["Ben"]
    arrange(cast, case_id, {ben: 10000}, since="2026-10-01")
    arrange(cast, case_id, {ben: 5000, aisha: 5000}, since="2026-11-01")
    diagnose(cast, case_id, ben, "F43.23", since="2026-10-01")
    billed(cast, case_id, "FAM50", "2026-10-28 10:00", {ben: 210_00})
    for day in ("2026-11-04", "2026-11-11"):
        billed(cast, case_id, "FAM50", f"{day} 10:00", {ben: 105_00, aisha: 105_00})
    return cast, case_id, aisha, ben
