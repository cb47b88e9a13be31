"""Who works at Harbor Lane Practice and who comes to it. Everybody here is invented."""

import csv
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from practicerunner.rules import names
from practicerunner.vocabulary import ContactKind, Role
from practicerunner.workflows.people import Contact, PersonDetails

PRACTICE = "Harbor Lane Practice"
ZONE = "America/New_York"
ADDRESS = "48 Harbor Lane, Suite 2\nPort Ellery, NY 11999"
OWNER = "Amara"

STAFF: dict[str, tuple[str, str, frozenset[Role], str]] = {
    "Amara": ("Lindqvist", "PhD", frozenset({Role.OWNER, Role.PROVIDER}), ""),
    "Judith": ("Solano", "LCSW-R", frozenset({Role.SUPERVISOR, Role.PROVIDER}), ""),
    "Nadia": ("Rahimi", "LCSW", frozenset({Role.PROVIDER}), ""),
    "Owen": ("Castellane", "LMFT", frozenset({Role.PROVIDER}), ""),
    "Beatriz": ("Fonseca", "PsyD", frozenset({Role.PROVIDER}), ""),
    "Kwabena": ("Adomako", "LMSW", frozenset({Role.ASSOCIATE}), "Judith"),
    "Hanna": ("Weissberg", "MHC-LP", frozenset({Role.ASSOCIATE}), "Judith"),
    "Glenn": ("Pruitt", "", frozenset({Role.ADMIN}), ""),
}
"""First name → last name, credentials, roles, supervisor."""

NPIS = {"Amara": "2000000010", "Judith": "2000000028", "Nadia": "2000000036", "Owen": "2000000044",
        "Beatriz": "2000000051", "Kwabena": "2000000069", "Hanna": "2000000077"}
"""First name → a number that passes the check; none that begins with a 2 has been given out."""

ROOMS = {"Amara": "Lighthouse room", "Nadia": "Garden room", "Owen": "Pier room", "Judith": "Pier room",
         "Kwabena": "Garden room"}
"""Whose appointments are held where; the others meet by video or in the office."""
GROUP_ROOM = "Large room"

_STREETS = ("Mill Street", "Quarry Road", "Old Ferry Road", "Chestnut Avenue", "Bay View Terrace", "Cooper Lane",
            "Orchard Street", "Sexton Road", "Tidewater Drive", "North Common")
_TOWNS = ("Port Ellery, NY 11999", "Saltmarsh, NY 11998", "Wickham Falls, NY 11997", "East Tarrow, NY 11996")
_MAIL = ("example.com", "example.org", "example.net")


@cache
def everybody() -> dict[str, dict[str, str]]:
    """Every person of the practice by ``First|Last``."""
    text = Path(__file__).with_name("people.csv").read_text(encoding="utf-8")
    return {f"{row['first']}|{row['last']}": row for row in csv.DictReader(text.splitlines())}


def details(name: str, today: date, rng: Random) -> PersonDetails:
    """What is kept about somebody; phones lie in the range that is never given out (555-01xx)."""
    row, place = everybody()[name], list(everybody()).index(name)
    age = int(row["age"])
    contacts = [Contact(
        kind=ContactKind.PHONE, value=f"(631) 555-01{place:02d}", preferred=True, may_call=True,
        may_text=rng.random() < 0.7,
    )]
    if age >= 16:
        contacts.append(Contact(
            kind=ContactKind.EMAIL, value=f"{_mailbox(name) or f'mail{place}'}@{_MAIL[place % len(_MAIL)]}",
            preferred=True, may_email=rng.random() < 0.9,
        ))
    return PersonDetails(
        first_name=row["first"], last_name=row["last"], preferred_name=row["preferred"], pronouns=row["pronouns"],
        contacts=tuple(contacts), birth_date=today - timedelta(days=365 * age + age // 4 + rng.randrange(1, 360)),
        address=f"{rng.randrange(3, 240)} {_STREETS[place % len(_STREETS)]}\n{_TOWNS[place % len(_TOWNS)]}",
    )


def _mailbox(name: str) -> str:
    """The name as an address writes it, or nothing where it has no Latin letters."""
    folded = names.fold(name.replace("|", ".")).replace(" ", "")
    plain = "".join(c for c in folded if c.isascii() and (c.isalnum() or c in ".-")).strip(".")
    return plain if len(plain) > 3 else ""
