"""Understanding a file of clients from elsewhere: what its columns mean, what a row says, who is meant twice (K04).

Nothing is guessed silently: columns and the order of day and month are proposed, and a person decides. A reason never
quotes what a cell holds, because reasons are kept and the file is not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from practicerunner.errors import BadInput
from practicerunner.money import cents
from practicerunner.rules.case_types import CASE_TYPES, participants_problem
from practicerunner.rules.csv_files import SSN, Line, NotATable, Table, read_table
from practicerunner.rules.names import digits, fold
from practicerunner.vocabulary import CaseStatus, CaseType, RowOutcome, TwoPersonLabel, Word

W = TypeVar("W", bound=Word)

class Field(Word):
    """What a column can mean to us. Only these are ever read from a file."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    PREFERRED_NAME = "preferred_name"
    BIRTH_DATE = "birth_date"
    DIED_ON = "died_on"
    PRONOUNS = "pronouns"
    PHONE = "phone"
    EMAIL = "email"
    STREET = "street"
    CITY = "city"
    REGION = "region"
    POSTCODE = "postcode"
    COUNTRY = "country"
    CASE_TYPE = "case_type"
    LABEL = "label"
    STATUS = "status"
    OPENED_ON = "opened_on"
    BALANCE = "balance"
    PARTNER_FIRST_NAME = "partner_first_name"
    PARTNER_LAST_NAME = "partner_last_name"
    PARTNER_BIRTH_DATE = "partner_birth_date"

    @property
    def label(self) -> str:
        """The words of the mapping table."""
        return {
            "birth_date": "Date of birth", "partner_birth_date": "Partner's date of birth", "email": "E-mail",
            "partner_first_name": "Partner's first name", "partner_last_name": "Partner's last name",
            "case_type": "Kind of case", "label": "What two people are to each other", "region": "State or region",
            "balance": "Opening balance",
        }.get(self.value, super().label)


DATES = frozenset({Field.BIRTH_DATE, Field.DIED_ON, Field.OPENED_ON, Field.PARTNER_BIRTH_DATE})
SEVERAL = frozenset({Field.PHONE, Field.EMAIL, Field.STREET})
"""Fields that more than one column may fill."""


class DateOrder(Word):
    """How numbers such as 03/04/1985 are read."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"

    @property
    def label(self) -> str:
        """With an example, because nobody should have to think."""
        return {"day_first": "Day first: 31/12/1985", "month_first": "Month first: 12/31/1985"}[self.value]


_SYNONYMS: dict[Field, str] = {
    Field.FIRST_NAME: "first firstname given givenname forename clientfirstname",
    Field.LAST_NAME: "last lastname surname family familyname clientlastname",
    Field.FULL_NAME: "name fullname client clientname",
    Field.PREFERRED_NAME: "preferred preferredname nickname goesby knownas",
    Field.BIRTH_DATE: "birthdate birthday dateofbirth dob born bornon birth",
    Field.DIED_ON: "deathdate dateofdeath dod died diedon deceased deceasedon",
    Field.PRONOUNS: "pronouns pronoun",
    Field.PHONE: "phone phonenumber telephone tel mobile mobilephone cell cellphone homephone workphone",
    Field.EMAIL: "email mail emailaddress",
    Field.STREET: "street address streetaddress addressline address1 address2 addressline1 addressline2",
    Field.CITY: "city town",
    Field.REGION: "state region province stateprovince stateorregion",
    Field.POSTCODE: "zip zipcode postcode postalcode",
    Field.COUNTRY: "country",
    Field.CASE_TYPE: "casetype kindofcase clienttype type",
    Field.LABEL: "label relationship couplelabel",
    Field.STATUS: "status casestatus clientstatus",
    Field.OPENED_ON: "openedon opened dateopened startdate clientsince intakedate",
    Field.BALANCE: "balance openingbalance amountdue balancedue outstanding outstandingbalance",
    Field.PARTNER_FIRST_NAME: "partnerfirstname partnerfirst spousefirstname",
    Field.PARTNER_LAST_NAME: "partnerlastname partnerlast spouselastname",
    Field.PARTNER_BIRTH_DATE: "partnerbirthdate partnerdob partnerdateofbirth spousebirthdate spousedob",
}
_FIELD_OF = {word: f for f, words in _SYNONYMS.items() for word in [*words.split(), f.value.replace("_", "")]}

_FORBIDDEN_HEADERS = (
    ("social security numbers", re.compile(r"\bssn\b|social ?security|\bsocial insurance\b|\bnational id\b")),
    ("driver's licences", re.compile(r"\bdrivers?\b|\bdriving\b")),
    ("passport numbers", re.compile(r"passport")),
    ("card numbers", re.compile(r"\bcard\b|\bcreditcard|\bcvv\b|\bcvc\b|\bcc number\b")),
)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def read_clients(data: bytes) -> Table:
    """The table in a file of clients. Raises the sentence that says why it is none."""
    table = read_table(data)
    if len(table.columns) == 1 and _compact(table.columns[0]) not in _FIELD_OF:
        raise NotATable(f"{NotATable.__doc__} This one has a single column that says nothing about people.")
    return table


def _words(header: str) -> str:
    """``BirthDate``, ``birth_date`` and ``Birth date`` all read ``birth date``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r" \(\d+\)$", "", header))
    return " ".join(re.findall(r"[a-z]+|\d+", re.sub(r"['’]s?\b", "", fold(parted))))


def _compact(header: str) -> str:
    return _words(header).replace(" ", "")


def forbidden_columns(table: Table) -> dict[str, str]:
    """Columns that are never imported, with what they hold; seen by their name or by what is in them."""
    found: dict[str, str] = {}
    for name in table.columns:
        words = _words(name)
        kind = next((kind for kind, pattern in _FORBIDDEN_HEADERS if pattern.search(words)), None)
        kind = kind or _forbidden_content(table.column(name))
        if kind:
            found[name] = kind
    return found


def _forbidden_content(cells: Sequence[str]) -> str | None:
    if cells and sum(bool(SSN.search(cell)) for cell in cells) * 2 >= len(cells):
        return "social security numbers"
    if cells and sum(_is_card(cell) for cell in cells) * 2 >= len(cells):
        return "card numbers"
    return None


def _is_card(cell: str) -> bool:
    """Whether a cell holds 13 to 19 digits with a card's check digit."""
    found = _CARD.search(cell)
    if not found:
        return False
    reverse = [int(c) for c in digits(found.group())[::-1]]
    return sum(reverse[::2] + [sum(divmod(2 * d, 10)) for d in reverse[1::2]]) % 10 == 0


def propose_mapping(table: Table) -> dict[str, Field | None]:
    """What each column probably means; ``None`` is left out. Ids, maiden names and the like are left out."""
    forbidden = forbidden_columns(table)
    proposed: dict[str, Field | None] = {}
    for name in table.columns:
        meant = None if name in forbidden else _FIELD_OF.get(_compact(name))
        if meant in proposed.values() and meant not in SEVERAL:
            meant = None
        proposed[name] = meant
    if Field.FIRST_NAME in proposed.values():
        proposed = {name: None if meant is Field.FULL_NAME else meant for name, meant in proposed.items()}
    return proposed


def check_mapping(table: Table, mapping: Mapping[str, Field | None]) -> None:
    """Refuse a mapping that cannot be carried out, or that would take in what must stay outside. Raises BadInput."""
    for name in mapping:
        if name not in table.columns:
            raise BadInput("mapping", f'There is no column "{name}" in this file.')
    meant = Counter(f for f in mapping.values() if f is not None)
    for name, kind in forbidden_columns(table).items():
        if mapping.get(name) is not None:
            raise BadInput("mapping", f'The column "{name}" holds {kind}. They are never imported; leave it out.')
    for twice in (f for f, times in meant.items() if times > 1 and f not in SEVERAL):
        raise BadInput("mapping", f'Two columns are taken for "{twice.label}". Choose one of them.')
    if Field.FIRST_NAME in meant and Field.FULL_NAME in meant:
        raise BadInput("mapping", "Choose either the first name or the full name, not both.")
    if Field.FIRST_NAME not in meant and Field.FULL_NAME not in meant:
        raise BadInput("mapping", "Say which column holds the first name, or the full name.")


_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?(Z|[+-]\d{2}:?\d{2})?$")
_SPELLED = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y")


class ImpossibleDate(ValueError):
    """There is no such day."""


class UnreadableDate(ValueError):
    """This is not a date; write it as year-month-day, for example 1985-12-31."""


def has_numeric_dates(table: Table, mapping: Mapping[str, Field | None]) -> bool:
    """Whether the order of day and month matters to this file."""
    return any(_NUMERIC.match(cell) for cell in _date_cells(table, mapping))


def propose_order(table: Table, mapping: Mapping[str, Field | None]) -> DateOrder | None:
    """The order in which more of the file's dates exist; ``None`` if that tells nothing."""
    found = [(int(m[1]), int(m[3])) for cell in _date_cells(table, mapping) if (m := _NUMERIC.match(cell))]
    days_first = sum(first > 12 for first, _ in found)
    months_first = sum(second > 12 for _, second in found)
    if days_first == months_first:
        return None
    return DateOrder.DAY_FIRST if days_first > months_first else DateOrder.MONTH_FIRST


def _date_cells(table: Table, mapping: Mapping[str, Field | None]) -> Iterable[str]:
    for name, meant in mapping.items():
        if meant in DATES:
            yield from table.column(name)


def parse_date(text: str, order: DateOrder | None) -> date:
    """A date as it stands in files: year first, in the given order, or with the month spelled out.

    Raises ImpossibleDate for a day that does not exist, UnreadableDate for anything else.
    """
    plain = _TIME.sub("", text)
    if found := _YEAR_FIRST.fullmatch(plain):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif (found := _NUMERIC.fullmatch(plain)) and order is not None:
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    else:
        return _spelled_date(plain)
    try:
        return date(year, month, day)
    except ValueError:
        raise ImpossibleDate(ImpossibleDate.__doc__) from None


def _spelled_date(text: str) -> date:
    plain = " ".join(text.replace(",", " ").replace(".", " ").split())
    for form in _SPELLED:
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise UnreadableDate(UnreadableDate.__doc__)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody a row speaks of."""

    first_name: str
    last_name: str
    born: date | None


@dataclass(slots=True)
class Candidate:
    """What a row says, with everything that is wrong with it."""

    line: int
    person: Party
    partner: Party | None = None
    preferred_name: str = ""
    died_on: date | None = None
    pronouns: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address: str = ""
    case_type: CaseType = CaseType.INDIVIDUAL
    label: TwoPersonLabel | None = None
    status: CaseStatus = CaseStatus.ACTIVE
    opened_on: date | None = None
    balance_cents: int = 0
    problems: list[tuple[RowOutcome, str]] = field(default_factory=list)
    comparable: bool = True
    """Whether name and birth date could be read, so that the row can be held against others."""

    def outcome(self, twin: str | None) -> tuple[RowOutcome, str]:
        """What becomes of the row: a twin comes first, then impossible dates, incomplete couples, the rest."""
        if twin is not None:
            return RowOutcome.DUPLICATE, twin
        order = list(RowOutcome)
        return min(self.problems, key=lambda problem: order.index(problem[0]), default=(RowOutcome.NEW, ""))


def read_line(table: Table, line: Line, mapping: Mapping[str, Field | None], order: DateOrder | None) -> Candidate:
    """What one row says under a mapping. Problems are collected, not raised."""
    said: dict[Field, list[str]] = {}
    for name, cell in zip(table.columns, line.cells, strict=True):
        meant = mapping.get(name)
        if meant is not None and cell:
            said.setdefault(meant, []).append(cell)
    problems: list[tuple[RowOutcome, str]] = []
    for meant, cells in said.items():
        if any(SSN.search(cell) or (meant is not Field.PHONE and _is_card(cell)) for cell in cells):
            problems.append((
                RowOutcome.INVALID, f"{meant.label}: this looks like a social security or card number; it is not kept."
            ))

    def text(meant: Field) -> str:
        return said.get(meant, [""])[0]

    unread: set[Field] = set()

    def day(meant: Field) -> date | None:
        if not text(meant):
            return None
        try:
            return parse_date(text(meant), order)
        except ImpossibleDate as problem:
            problems.append((RowOutcome.IMPOSSIBLE_DATE, f"{meant.label}: {problem}"))
        except UnreadableDate as problem:
            problems.append((RowOutcome.INVALID, f"{meant.label}: {problem}"))
        unread.add(meant)
        return None

    first, last = text(Field.FIRST_NAME), text(Field.LAST_NAME)
    if not first and text(Field.FULL_NAME):
        first, split_last = split_name(text(Field.FULL_NAME))
        last = last or split_last
    if not first:
        problems.append((RowOutcome.INVALID, "There is no first name."))
    person = Party(first, last, day(Field.BIRTH_DATE))
    partner = None
    if text(Field.PARTNER_FIRST_NAME):
        partner = Party(
            text(Field.PARTNER_FIRST_NAME), text(Field.PARTNER_LAST_NAME), day(Field.PARTNER_BIRTH_DATE)
        )
    elif text(Field.PARTNER_LAST_NAME) or text(Field.PARTNER_BIRTH_DATE):
        problems.append((RowOutcome.INCOMPLETE_COUPLE, "The partner has no first name."))
    made = Candidate(
        line.number, person, partner, preferred_name=text(Field.PREFERRED_NAME), died_on=day(Field.DIED_ON),
        pronouns=text(Field.PRONOUNS), phones=_once(said.get(Field.PHONE, ())), emails=_once(said.get(Field.EMAIL, ())),
        address=compose_address(
            said.get(Field.STREET, ()), text(Field.CITY), text(Field.REGION), text(Field.POSTCODE), text(Field.COUNTRY)
        ),
        opened_on=day(Field.OPENED_ON), problems=problems,
        comparable=bool(first) and not unread & {Field.BIRTH_DATE, Field.PARTNER_BIRTH_DATE},
    )
    _read_case(made, text(Field.CASE_TYPE), text(Field.LABEL), text(Field.STATUS))
    if text(Field.BALANCE):
        try:
            made.balance_cents = signed_cents(text(Field.BALANCE))
        except BadInput as problem:
            problems.append((RowOutcome.INVALID, f"{Field.BALANCE.label}: {problem}"))
    return made


def _once(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def split_name(full: str) -> tuple[str, str]:
    """First and last name of ``Ana Maria Lima`` or ``Lima, Ana Maria``; what cannot be parted is a first name."""
    if "," in full:
        last, _, first = full.partition(",")
        return (first.strip(), last.strip()) if first.strip() else (last.strip(), "")
    first, _, last = full.rpartition(" ")
    return (first.strip(), last) if first.strip() else (last, "")


def compose_address(streets: Sequence[str], city: str, region: str, postcode: str, country: str) -> str:
    """An address as it is written on an envelope."""
    place = ", ".join(filter(None, [city, " ".join(filter(None, [region, postcode]))]))
    return "\n".join(filter(None, [*streets, place, country]))


def signed_cents(text: str) -> int:
    """Cents of a balance as programs write it: ``-12.50``, ``(12.50)`` and ``-$12.50`` are credits."""
    plain = text.strip()
    if plain.startswith("(") and plain.endswith(")"):
        return -cents(plain[1:-1], Field.BALANCE)
    if plain.startswith("-"):
        return -cents(plain[1:], Field.BALANCE)
    return cents(plain, Field.BALANCE)


_KINDS: dict[str, CaseType] = {
    fold(word.replace("_", " ").replace("-", " ")): case_type
    for case_type, able in CASE_TYPES.items() if not able.needs_name
    for word in [case_type, able.heading, *able.heading.split(" / ")]
} | {"couples": CaseType.TWO_PERSON, "client": CaseType.INDIVIDUAL, "families": CaseType.FAMILY}
_GROUPS = frozenset(
    fold(word.replace("_", " ")) for case_type, able in CASE_TYPES.items() if able.needs_name
    for word in (case_type, able.heading)
)


def _word(words: type[W], text: str) -> W | None:
    plain = fold(text).replace("-", " ").replace("_", " ")
    return next((word for word in words if plain == word.value.replace("_", " ")), None)


def _read_case(made: Candidate, kind: str, label: str, status: str) -> None:
    """Kind, label and status; a row that names a partner and no kind is of two people."""
    plain = fold(kind.replace("_", " ").replace("-", " "))
    people = 1 if made.partner is None else 2
    if plain in _GROUPS:
        made.problems.append((RowOutcome.INVALID, "Groups are not imported: open the group, then add its people."))
    elif plain and plain not in _KINDS:
        made.problems.append((RowOutcome.INVALID, f"{Field.CASE_TYPE.label}: not one that we know."))
    else:
        made.case_type = _KINDS[plain] if plain else (CaseType.TWO_PERSON if people == 2 else CaseType.INDIVIDUAL)
        able = CASE_TYPES[made.case_type]
        problem = participants_problem(made.case_type, people)
        if problem and able.has_label and people < able.least:
            made.problems.append((RowOutcome.INCOMPLETE_COUPLE, "This row is of two people and names only one."))
        elif problem:
            made.problems.append((RowOutcome.INVALID, problem))
        if able.has_label:
            made.label = _word(TwoPersonLabel, label) if label else TwoPersonLabel.PARTNERS
            if made.label is None:
                made.problems.append((RowOutcome.INVALID, f"{Field.LABEL.label}: not one that we know."))
    known = _word(CaseStatus, status) if status else CaseStatus.ACTIVE
    if known is None:
        made.problems.append((RowOutcome.INVALID, f"{Field.STATUS.label}: not one that we know."))
    else:
        made.status = CaseStatus.ARCHIVED if made.died_on else known


class Register:
    """Everybody who is here or has come in so far, to find who is meant twice.

    The same person: the same folded name and birth date; where one of the two has no birth date, the same name and an
    e-mail or phone in common. An e-mail alone never makes two people one, since families share them.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, list[tuple[date | None, frozenset[str], str]]] = {}

    def add(self, party: Party, reachable: Iterable[str], where: str) -> None:
        """Remember somebody; ``where`` says where they were met: "line 4", "the practice"."""
        entry = (party.born, _reach(reachable), where)
        self._by_name.setdefault(_name_key(party), []).append(entry)

    def find(self, party: Party, reachable: Iterable[str]) -> str | None:
        """Where the same person was met before, with what they have in common; ``None`` if nowhere."""
        reach = _reach(reachable)
        for born, known_reach, where in self._by_name.get(_name_key(party), ()):
            if party.born is not None and born is not None:
                if party.born == born:
                    return f"Same name and date of birth as {where}."
            elif reach & known_reach:
                return f"Same name and the same phone or e-mail as {where}."
            elif party.born is None and born is None and not reach and not known_reach:
                return f"Same name as {where}, and nothing else to tell them apart."
        return None


def _name_key(party: Party) -> str:
    return fold(f"{party.first_name} {party.last_name}")


def _reach(values: Iterable[str]) -> frozenset[str]:
    """E-mails folded, phones by their last ten digits."""
    return frozenset(fold(v) if "@" in v else digits(v)[-10:] for v in values if v)
