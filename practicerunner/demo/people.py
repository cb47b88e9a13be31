"""Who works at Harbor Lane Practice and who comes to it. Everybody here is invented."""

from datetime import date, timedelta
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

ROOMS = {"Amara": "Lighthouse room", "Nadia": "Garden room", "Owen": "Pier room", "Judith": "Pier room",
         "Kwabena": "Garden room"}
"""Whose appointments are held where; the others meet by video or in the office."""
GROUP_ROOM = "Large room"

PEOPLE: dict[str, tuple[int, str, str]] = {
    "Noor|Haddad": (34, "she/her", ""), "Samuel|Ortiz": (41, "he/him", "Sam"), "Aiko|Morimoto": (29, "she/her", ""),
    "Léa|Dubreuil": (37, "she/her", ""), "Tomasz|Wieczorek": (52, "he/him", "Tomek"),
    "Grace|Nwachukwu": (31, "she/her", ""), "Ethan|Caldwell": (26, "he/him", ""),
    "Ngọc Anh|Trần": (24, "she/her", ""), "Yusuf|Demirtaş": (45, "he/him", ""), "Imani|Brookfield": (38, "she/her", ""),
    "Søren|Kjeldsen": (58, "he/him", ""), "Priyanka|Venkataraman": (33, "she/her", "Priya"),
    "Caleb|Whitacre": (22, "they/them", ""), "Zofia|Lisowska": (47, "she/her", ""), "Mateo|Quiroga": (36, "he/him", ""),
    "Ruth|Abramsky": (66, "she/her", ""), "Daniel|Okonjo": (40, "he/him", ""), "Fatima Zahra|Bennis": (28, "she/her", ""),
    "Дарья|Мельник": (35, "she/her", ""), "سلمى|عطية": (30, "she/her", ""), "Oliver|Strand": (9, "he/him", "Ollie"),
    "Jasmine|Aguilar": (16, "she/her", "Jazz"), "Malik|Thornbury": (20, "he/him", ""),
    "Harriet|Bellweather": (71, "she/her", ""), "Liam|O’Dwyer": (44, "he/him", ""), "Sunita|Gurung": (39, "she/her", ""),
    "Marguerite|Baptiste": (55, "she/her", ""), "Jonah|Fairweather": (19, "they/them", ""),
    "Chiara|Lombardini": (32, "she/her", ""), "Wendell|Prescott": (63, "he/him", ""), "Ana|Kovačević": (27, "she/her", ""),
    "Tavita|Leilua": (48, "he/him", ""), "Rosalind|Pemberly": (50, "she/her", ""), "Hyun-woo|Baek": (33, "he/him", ""),
    "Esperanza|Montaño": (42, "she/her", ""), "Gideon|Stroud": (37, "he/him", ""), "Nia|Llewellyn": (25, "she/her", ""),
    "Vikram|Sethuraman": (46, "he/him", ""),
    # Two by two
    "Elena|Bianchetti": (39, "she/her", ""), "Marco|Bianchetti": (41, "he/him", ""), "Jordan|Pikeman": (30, "they/them", ""),
    "Avery|Nakagawa": (32, "they/them", ""), "Tanya|Goddard-Ray": (43, "she/her", ""), "Luis|Herrerra": (45, "he/him", ""),
    "Anneke|van der Vos": (57, "she/her", ""), "Pieter|van der Vos": (53, "he/him", ""), "Deshawn|Tatum": (23, "he/him", ""),
    "Kiran|Bosekar": (24, "he/him", ""), "Carla|Mendesson": (36, "she/her", ""), "Rob|Ashworthy": (49, "he/him", ""),
    "Olu|Fasholade": (44, "he/him", ""), "Dmitri|Petrenkov": (47, "he/him", ""), "Simone|Laurentin": (34, "she/her", ""),
    # Families
    "Farid|Rahmani": (46, "he/him", ""), "Shirin|Rahmani": (44, "she/her", ""), "Dara|Rahmani": (15, "he/him", ""),
    "Beata|Kowalczyk": (40, "she/her", ""), "Marek|Kowalczyk": (42, "he/him", ""), "Ola|Kowalczyk": (13, "she/her", ""),
    "Staś|Kowalczyk": (10, "he/him", ""), "Moira|Brennagh": (48, "she/her", ""), "Conor|Brennagh": (18, "he/him", ""),
    "Ife|Achebe-Lund": (38, "she/her", ""), "Anders|Achebe-Lund": (40, "he/him", ""), "Tiri|Achebe-Lund": (11, "she/her", ""),
    # Groups
    "Winston|Abara": (29, "he/him", ""), "Mei-Ling|Chow": (31, "she/her", ""), "Paulette|Desrosiers": (45, "she/her", ""),
    "Andrés|Villaseñor": (35, "he/him", ""), "Kaya|Redfern": (27, "they/them", ""),
    # Colleagues who take consultation
    "Paula|Reinholdt": (51, "she/her", ""), "Desmond|Achterby": (44, "he/him", ""), "Mirela|Ionesco-Vane": (38, "she/her", ""),
    "Takeshi|Hamanaka": (42, "he/him", ""), "Leilani|Kahale": (36, "she/her", ""), "Bruno|Achenbaum": (59, "he/him", ""),
    "Saoirse|Molloy-Finn": (33, "she/her", ""), "Emeka|Obiora-Dean": (47, "he/him", ""), "Karin|Hjelmqvist": (55, "she/her", ""),
    # The workshop
    "Trevor|Inglesby": (40, "he/him", ""), "Padma|Krishnaswami": (37, "she/her", ""), "Julian|Ferncastle": (45, "he/him", ""),
    "Abena|Sarpongmaa": (34, "she/her", ""), "Colette|Marchbanks": (52, "she/her", ""), "Hugo|Santillan": (29, "he/him", ""),
    "Rebekah|Loewenthal": (43, "she/her", ""), "Minh|Đặng": (38, "he/him", ""),
    # Who pays for a child
    "Ingrid|Strand": (39, "she/her", ""), "Rosa|Aguilar": (43, "she/her", ""), "Leonard|Thornbury": (54, "he/him", ""),
}
"""First and last name → age, pronouns, preferred first name."""

NEW_AND_FORMER: dict[str, tuple[int, str, str]] = {
    "Delphine|Okoro-Hayes": (41, "she/her", ""), "Rafael|Dantas": (33, "he/him", "Rafa"),
    "Bernard|Tillinghast": (60, "he/him", ""), "Chloe|Rasmusen": (21, "she/her", ""), "Nikos|Παππάς": (49, "he/him", ""),
}
"""The same for people whose case is new or over."""

_STREETS = ("Mill Street", "Quarry Road", "Old Ferry Road", "Chestnut Avenue", "Bay View Terrace", "Cooper Lane",
            "Orchard Street", "Sexton Road", "Tidewater Drive", "North Common")
_TOWNS = ("Port Ellery, NY 11999", "Saltmarsh, NY 11998", "Wickham Falls, NY 11997", "East Tarrow, NY 11996")
_MAIL = ("example.com", "example.org", "example.net")


def everybody() -> dict[str, tuple[int, str, str]]:
    """Every person of the practice."""
    return PEOPLE | NEW_AND_FORMER


def details(name: str, today: date, rng: Random) -> PersonDetails:
    """What is kept about somebody; phones lie in the range that is never given out (555-01xx)."""
    age, pronouns, preferred = everybody()[name]
    first, last = name.split("|")
    place = list(everybody()).index(name)
    mailbox = "".join(c for c in names.fold(f"{first}.{last}").replace(" ", "") if c.isascii() and (c.isalnum() or c in ".-"))
    if len(mailbox) < 4:
        mailbox = f"mail{place}"
    contacts = [Contact(
        kind=ContactKind.PHONE, value=f"(631) 555-01{place:02d}", preferred=True, may_call=True,
        may_text=rng.random() < 0.7,
    )]
    if age >= 16:
        contacts.append(Contact(
            kind=ContactKind.EMAIL, value=f"{mailbox.strip('.')}@{_MAIL[place % 3]}", preferred=True, may_email=rng.random() < 0.9,
        ))
    return PersonDetails(
        first_name=first, last_name=last, preferred_name=preferred, pronouns=pronouns, contacts=tuple(contacts),
        birth_date=today - timedelta(days=365 * age + age // 4 + rng.randrange(1, 360)),
        address=f"{rng.randrange(3, 240)} {_STREETS[place % len(_STREETS)]}\n{_TOWNS[place % len(_TOWNS)]}",
    )
