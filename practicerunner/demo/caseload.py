"""The sixty cases of Harbor Lane Practice: who, with whom, since when, how often, and who pays."""

from dataclasses import dataclass, field
from enum import StrEnum

from practicerunner.vocabulary import CaseStatus, CaseType, FeeTerms, SessionFormat, TwoPersonLabel

AGENCY = "Northgate Employee Assistance"
FUND = "Ellery Community Counseling Fund"


class Pays(StrEnum):
    """How somebody pays."""

    PROMPTLY = "promptly"
    MONTHLY = "monthly"
    SLOWLY = "slowly"
    PARTLY = "partly"
    NEVER = "never"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Plan:
    """One case. Weeks count back from this week; ``every`` 0 is: nothing booked by a series."""

    type: CaseType
    people: tuple[str, ...]
    provider: str
    since: int
    every: int = 1
    pays: Pays = Pays.PROMPTLY
    status: CaseStatus = CaseStatus.ACTIVE
    ended: int | None = None
    """Weeks since the last appointment of a case that is over."""
    name: str = ""
    label: TwoPersonLabel | None = None
    how: SessionFormat | None = None
    shares: tuple[tuple[str, int], ...] = ()
    """Who pays: person or organisation → basis points; 0 takes the rest; negative is a fixed amount in cents."""
    cap_cents: int | None = None
    terms: tuple[tuple[str, FeeTerms, int], ...] = ()
    """Person (empty: the case) → agreed terms: cents where fixed, basis points on a sliding scale."""
    parts: tuple[tuple[str, str], ...] = ()
    """Person → what they are in the case."""
    papers: bool = True
    arranged: bool = True
    twice: bool = False
    """Also on a second day of the week, for the last weeks."""
    card: bool = False
    extra: tuple[str, ...] = field(default=())
    """People who joined later."""
    places: int | None = None
    """How many take part at most, until lately; there is one place more by now."""
    waiting: tuple[str, ...] = ()
    """People on the waitlist, first in line first."""
    package: tuple[int, int] | None = None
    """Lately they bought so many sessions for so many cents."""


_VIDEO, _PHONE = SessionFormat.VIDEO, SessionFormat.PHONE
P, M, S, H, N, A = Pays.PROMPTLY, Pays.MONTHLY, Pays.SLOWLY, Pays.PARTLY, Pays.NEVER, Pays.AHEAD
_ONE, _TWO, _FAMILY = CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY
_CONSULT = CaseType.INDIVIDUAL_CONSULTATION


def _one(name: str, provider: str, since: int, every: int = 1, pays: Pays = P, **more: object) -> Plan:
    return Plan(_ONE, (name,), provider, since, every, pays, **more)  # type: ignore[arg-type]


def _two(first: str, second: str, label: TwoPersonLabel, provider: str, since: int, every: int = 1, pays: Pays = P,
         **more: object) -> Plan:
    return Plan(_TWO, (first, second), provider, since, every, pays, label=label, **more)  # type: ignore[arg-type]


def _halves(first: str, second: str, points: int) -> tuple[tuple[str, int], ...]:
    return ((first, points), (second, 10_000 - points))


CASES: tuple[Plan, ...] = (
    # --- Individuals
    _one("Noor|Haddad", "Amara", 38, 2, M, card=True),
    _one("Léa|Dubreuil", "Amara", 9, 1, P, card=True, twice=True),
    _one("Wendell|Prescott", "Amara", 24, 4, A),
    _one("Esperanza|Montaño", "Amara", 6, 1, S),
    _one("Samuel|Ortiz", "Judith", 36, 4, P, card=True),
    _one("Søren|Kjeldsen", "Judith", 28, 4, M),
    _one("Zofia|Lisowska", "Judith", 9, 1, P, how=_VIDEO),
    _one("Marguerite|Baptiste", "Judith", 4, 1, P, twice=True),
    _one("Aiko|Morimoto", "Nadia", 12, 1, P, card=True),
    _one("Grace|Nwachukwu", "Nadia", 18, 2, M),
    _one("Ngọc Anh|Trần", "Nadia", 8, 1, P, terms=(("", FeeTerms.SLIDING_SCALE, 6000),)),
    _one("Fatima Zahra|Bennis", "Nadia", 10, 1, H, how=_VIDEO),
    _one("Дарья|Мельник", "Nadia", 5, 1, P, how=_VIDEO, twice=True),
    _one("Ana|Kovačević", "Nadia", 36, 4, P),
    _one("Tomasz|Wieczorek", "Owen", 18, 2, N),
    _one("Liam|O’Dwyer", "Owen", 10, 1, P, shares=((AGENCY, -90_00), ("Liam|O’Dwyer", 0)), cap_cents=900_00),
    _one("Daniel|Okonjo", "Owen", 7, 1, M),
    _one("Oliver|Strand", "Owen", 9, 1, P, shares=(("Ingrid|Strand", 0),), card=True),
    _one("Gideon|Stroud", "Owen", 4, 1, S, how=_VIDEO, twice=True),
    _one("Yusuf|Demirtaş", "Beatriz", 10, 1, P, how=_VIDEO, card=True),
    _one("Imani|Brookfield", "Beatriz", 20, 2, M),
    _one("Priyanka|Venkataraman", "Beatriz", 6, 1, P),
    _one("Jasmine|Aguilar", "Beatriz", 8, 1, S, shares=(("Rosa|Aguilar", 0),)),
    _one("Hyun-woo|Baek", "Beatriz", 3, 1, P, how=_VIDEO, papers=False),
    _one("Rosalind|Pemberly", "Beatriz", 5, 1, P, twice=True),
    _one("Ethan|Caldwell", "Kwabena", 8, 1, P, twice=True, terms=(("", FeeTerms.FIXED, 95_00),)),
    _one("Caleb|Whitacre", "Kwabena", 9, 1, H, terms=(("", FeeTerms.SLIDING_SCALE, 5000),)),
    _one("سلمى|عطية", "Kwabena", 5, 1, P, shares=((FUND, 7000), ("سلمى|عطية", 3000))),
    _one("Malik|Thornbury", "Kwabena", 7, 1, P, shares=(("Leonard|Thornbury", 6000), ("Malik|Thornbury", 0))),
    _one("Mateo|Quiroga", "Hanna", 9, 1, P, card=True, twice=True),
    _one("Sunita|Gurung", "Hanna", 8, 1, S, terms=(("", FeeTerms.FIXED, 110_00),)),
    _one("Nia|Llewellyn", "Hanna", 3, 1, P, how=_PHONE),
    _one("Vikram|Sethuraman", "Hanna", 6, 1, P, how=_VIDEO, package=(10, 1_200_00)),
    _one("Ruth|Abramsky", "Amara", 35, 4, P, status=CaseStatus.INACTIVE, ended=7),
    _one("Harriet|Bellweather", "Judith", 34, 4, M, status=CaseStatus.ARCHIVED, ended=14),
    _one("Jonah|Fairweather", "Hanna", 22, 2, N, status=CaseStatus.ARCHIVED, ended=10),
    _one("Bernard|Tillinghast", "Owen", 31, 2, P, status=CaseStatus.ARCHIVED, ended=19),
    _one("Tavita|Leilua", "Beatriz", 18, 2, P, status=CaseStatus.INACTIVE, ended=5),
    _one("Rafael|Dantas", "Nadia", 0, 0, status=CaseStatus.INTAKE_PENDING, papers=False),
    _one("Delphine|Okoro-Hayes", "Amara", 0, 0, status=CaseStatus.PROSPECT, papers=False),
    _one("Chloe|Rasmusen", "Kwabena", 3, 0, status=CaseStatus.WAITLIST, papers=False),
    _one("Nikos|Παππάς", "Judith", 9, 0, status=CaseStatus.CONTACT, papers=False),
    # --- Two people
    _two("Elena|Bianchetti", "Marco|Bianchetti", TwoPersonLabel.SPOUSES, "Owen", 9, 1, P,
         shares=_halves("Elena|Bianchetti", "Marco|Bianchetti", 5000), card=True),
    _two("Jordan|Pikeman", "Avery|Nakagawa", TwoPersonLabel.PARTNERS, "Amara", 16, 2, M,
         shares=_halves("Jordan|Pikeman", "Avery|Nakagawa", 6000)),
    _two("Tanya|Goddard-Ray", "Luis|Herrerra", TwoPersonLabel.CO_PARENTS, "Judith", 10, 2, S,
         shares=_halves("Tanya|Goddard-Ray", "Luis|Herrerra", 5000)),
    _two("Anneke|van der Vos", "Pieter|van der Vos", TwoPersonLabel.SIBLINGS, "Beatriz", 8, 2, P,
         shares=_halves("Anneke|van der Vos", "Pieter|van der Vos", 6000)),
    _two("Deshawn|Tatum", "Kiran|Bosekar", TwoPersonLabel.ROOMMATES, "Kwabena", 4, 2, P,
         shares=_halves("Deshawn|Tatum", "Kiran|Bosekar", 5000)),
    _two("Carla|Mendesson", "Rob|Ashworthy", TwoPersonLabel.COLLEAGUES, "Nadia", 6, 2, M, how=_VIDEO,
         shares=(("Carla|Mendesson", 5000), ("Rob|Ashworthy", 5000))),
    _two("Olu|Fasholade", "Dmitri|Petrenkov", TwoPersonLabel.BUSINESS_PARTNERS, "Hanna", 21, 2, M,
         status=CaseStatus.ARCHIVED, ended=9, shares=_halves("Olu|Fasholade", "Dmitri|Petrenkov", 5000)),
    _two("Simone|Laurentin", "Grace|Nwachukwu", TwoPersonLabel.PARTNERS, "Owen", 0, 0,
         status=CaseStatus.INTAKE_PENDING, papers=False, shares=_halves("Simone|Laurentin", "Grace|Nwachukwu", 5000)),
    # --- Families
    Plan(_FAMILY, ("Farid|Rahmani", "Shirin|Rahmani", "Dara|Rahmani"), "Nadia", 12, 2, P, card=True,
         shares=(("Farid|Rahmani", 0),),
         parts=(("Farid|Rahmani", "father"), ("Shirin|Rahmani", "mother"), ("Dara|Rahmani", "son"))),
    Plan(_FAMILY, ("Beata|Kowalczyk", "Marek|Kowalczyk", "Ola|Kowalczyk", "Staś|Kowalczyk"), "Owen", 9, 2, S,
         shares=_halves("Beata|Kowalczyk", "Marek|Kowalczyk", 5000),
         parts=(("Beata|Kowalczyk", "mother"), ("Marek|Kowalczyk", "father"), ("Ola|Kowalczyk", "daughter"),
                ("Staś|Kowalczyk", "son"))),
    Plan(_FAMILY, ("Ife|Achebe-Lund", "Anders|Achebe-Lund", "Tiri|Achebe-Lund"), "Hanna", 3, 1, P, arranged=False,
         parts=(("Tiri|Achebe-Lund", "daughter"),)),
    Plan(_FAMILY, ("Moira|Brennagh", "Conor|Brennagh"), "Judith", 5, 0, status=CaseStatus.WAITLIST, papers=False,
         parts=(("Moira|Brennagh", "mother"), ("Conor|Brennagh", "son"))),
    # --- Groups
    Plan(CaseType.THERAPY_GROUP, ("Winston|Abara", "Mei-Ling|Chow", "Paulette|Desrosiers", "Andrés|Villaseñor",
                                  "Noor|Haddad", "Gideon|Stroud"), "Nadia", 7, 1, M, name="Finding Ground group",
         extra=("Kaya|Redfern",), places=7, waiting=("Corinne|Aldaba", "Thaddeus|Okeke"),
         terms=(("Winston|Abara", FeeTerms.SLIDING_SCALE, 5000), ("Mei-Ling|Chow", FeeTerms.FIXED, 45_00))),
    # --- Colleagues
    Plan(_CONSULT, ("Paula|Reinholdt",), "Amara", 20, 4, P, how=_VIDEO),
    Plan(_CONSULT, ("Desmond|Achterby",), "Judith", 8, 2, M),
    Plan(CaseType.CONSULTATION_GROUP, ("Mirela|Ionesco-Vane", "Takeshi|Hamanaka", "Leilani|Kahale", "Bruno|Achenbaum",
                                       "Saoirse|Molloy-Finn", "Emeka|Obiora-Dean"), "Judith", 16, 4, P,
         name="Harbor Lane consultation group", terms=(("Saoirse|Molloy-Finn", FeeTerms.SLIDING_SCALE, 7500),)),
    Plan(_CONSULT, ("Karin|Hjelmqvist",), "Amara", 1, 0, status=CaseStatus.PROSPECT, papers=False),
    # --- The workshop
    Plan(CaseType.WORKSHOP, ("Trevor|Inglesby", "Padma|Krishnaswami", "Julian|Ferncastle", "Abena|Sarpongmaa",
                             "Colette|Marchbanks", "Hugo|Santillan", "Rebekah|Loewenthal", "Minh|Đặng",
                             "Chiara|Lombardini", "Rob|Ashworthy", "Paula|Reinholdt", "Daniel|Okonjo"), "Beatriz", 7, 5,
         P, name="Calm conversations at work"),
)
