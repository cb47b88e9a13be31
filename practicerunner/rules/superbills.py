"""What may stand on a superbill of one client, and what it lacks before it can be issued (TRUST D20–D25, X10).

A line is a whole service as charged, whoever pays; what was paid to it is what was paid by whoever. A left-out line has
its reason, which is said on the screen and never on paper.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from practicerunner.money import dollars
from practicerunner.rules.identifiers import (
    modifiers_problem,
    npi_problem,
    place_problem,
    service_code_warning,
    tax_id_problem,
)
from practicerunner.rules.ledger import taken_off
from practicerunner.vocabulary import ChargeKind, LeftOut, MendAt, SessionFormat

OFFICE, HOME, VIDEO_AT_HOME, VIDEO_ELSEWHERE = "11", "12", "10", "02"
"""Places of service as papers for insurance call them."""
MOST_POINTERS, MOST_DIAGNOSES = 4, 12
LETTERS = "ABCDEFGHIJKL"
_RELATIONAL = "Z63.0"


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnosis code in force on a day, and why it may not stand on a bill of that day."""

    code: str
    problem: str = ""
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that was charged, or should be, for a client on a day of the range."""

    charge_id: int
    """0 for a service that nobody has charged yet."""
    service_date: date
    description: str
    kind: ChargeKind = ChargeKind.SERVICE
    in_this_case: bool = True
    never_billed_as: str = ""
    """How its kind of work is called, where that kind never gets a superbill."""
    was_there: bool = True
    """Whether the client attended, and not only others of the case."""
    code: str = ""
    modifiers: str = ""
    place: str = ""
    """Place of service, where it is known."""
    amount_cents: int = 0
    adjusted_cents: int = 0
    """What credit adjustments and write-offs took off it."""
    paid_cents: int = 0
    is_invoiced: bool = True
    diagnoses: tuple[Code, ...] = ()
    """In force on the day, the primary one first."""
    provider_id: int = 0
    supervisor_id: int | None = None
    paid_by: str = ""
    issued_on: tuple[str, ...] = ()
    """Numbers of this client's superbills on which it stands already."""
    others_on: tuple[str, ...] = ()
    """Numbers of another client's superbills on which it stands."""

    @property
    def due_cents(self) -> int:
        """What is still due."""
        return self.amount_cents - self.adjusted_cents - self.paid_cents


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever makes a superbill has chosen beyond the rule."""

    partly_paid: bool = False
    """Take in what is partly paid, with the true amounts (DEC7)."""
    absent: bool = False
    """Take in services that others of the case attended without the client."""
    other_client: bool = False
    """Take in what stands on another client's superbill already (D24)."""
    again: bool = True
    """Take in what stands on an earlier superbill of this client."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in the range that does not stand on the superbill, and why."""

    service_date: date
    description: str
    amount_cents: int
    reason: LeftOut
    sentence: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that has to be filled in first, and where."""

    sentence: str
    mend_at: MendAt


def place_of_service(held_as: SessionFormat, office: str | None, *, at_home: bool | None = None) -> str:
    """The place of service of a session; empty where it has to be asked.

    ``office`` is the place of the location it was booked for, if any; ``at_home`` says where the client was, if known.
    """
    if held_as is SessionFormat.IN_PERSON:
        return office or {True: HOME, None: ""}.get(at_home, OFFICE)
    return {True: VIDEO_AT_HOME, False: VIDEO_ELSEWHERE, None: ""}[at_home]


def settle(
    parts: Sequence[tuple[int, int, int]], loose_credit_cents: int, paid_cents: int
) -> dict[int, tuple[int, int]]:
    """What was taken off and what was paid of each line of one invoice: charge → adjusted cents, paid cents.

    ``parts`` are charge, amount and its own credit, in the order of the invoice's lines. What was paid fills them from
    the first on; what was credited to the invoice as a whole, from the last one back.
    """
    (off,), found = taken_off(parts, [loose_credit_cents]), {}
    for charge_id, amount, credited in parts:
        adjusted = credited + off[charge_id]
        paid = min(amount - adjusted, paid_cents)
        paid_cents -= paid
        found[charge_id] = (adjusted, paid)
    return found


def sort_out(candidates: Iterable[Candidate], wishes: Wishes) -> tuple[list[Candidate], list[Skipped]]:
    """The lines of a superbill and what is left out of it, both in order of date."""
    kept, skipped = [], []
    for one in sorted(candidates, key=lambda c: (c.service_date, c.charge_id)):
        found = why_left_out(one, wishes)
        if found is None:
            kept.append(one)
        else:
            skipped.append(Skipped(one.service_date, one.description, one.amount_cents, *found))
    return kept, skipped


def why_left_out(one: Candidate, wishes: Wishes) -> tuple[LeftOut, str] | None:
    """The reason for which something does not stand on a superbill; ``None`` if it does."""
    return _not_billable(one) or _not_diagnosed(one) or _not_theirs(one, wishes) or _not_paid(one, wishes)


def _not_billable(one: Candidate) -> tuple[LeftOut, str] | None:
    if one.never_billed_as:
        return LeftOut.NEVER_BILLED, f"{one.never_billed_as}: gets invoices and receipts, never a superbill"
    if one.kind is not ChargeKind.SERVICE:
        return LeftOut.NOT_RENDERED, f"Not a rendered service: {one.kind.label.lower()} fee"
    if not one.in_this_case:
        return LeftOut.OTHER_CASE, "Belongs to another case, which has superbills of its own"
    return None


def _not_theirs(one: Candidate, wishes: Wishes) -> tuple[LeftOut, str] | None:
    if not one.was_there and not wishes.absent:
        return LeftOut.ABSENT, "The client did not attend; others did"
    if one.others_on and not wishes.other_client:
        return LeftOut.OTHER_CLIENT, f"Stands on {_and(one.others_on)}, the superbill of another client of this case"
    if one.issued_on and not wishes.again:
        return LeftOut.ISSUED_BEFORE, f"Stands on {_and(one.issued_on)} already"
    return None


def _not_diagnosed(one: Candidate) -> tuple[LeftOut, str] | None:
    if not one.diagnoses:
        return LeftOut.NO_DIAGNOSIS, "No diagnosis of this client in force on that day"
    if all(code.problem for code in one.diagnoses):
        return LeftOut.CODE_NOT_VALID, " ".join(code.problem for code in one.diagnoses)
    return None


def _not_paid(one: Candidate, wishes: Wishes) -> tuple[LeftOut, str] | None:
    if not one.is_invoiced and not one.paid_cents:
        return LeftOut.NOT_INVOICED, "Not invoiced yet"
    if not one.paid_cents:
        if one.due_cents <= 0:
            return LeftOut.CREDITED, "Credited in full; nothing was paid"
        return LeftOut.UNPAID, f"Unpaid ({dollars(one.due_cents)} due)"
    if one.due_cents > 0 and not wishes.partly_paid:
        return LeftOut.PARTLY_PAID, f"Partly paid ({dollars(one.due_cents)} due)"
    return None


def _and(numbers: Sequence[str]) -> str:
    return " and ".join(numbers)


def usable(one: Candidate) -> tuple[Code, ...]:
    """The diagnoses that a line points to: those that may be billed on its day, at most four, the primary one first."""
    return tuple(code for code in one.diagnoses if not code.problem)[:MOST_POINTERS]


def letters_of(lines: Iterable[Candidate]) -> dict[str, str]:
    """Code → its letter on the paper, in the order in which the lines need them. Beyond twelve there is no letter."""
    codes = dict.fromkeys(code.code for line in lines for code in usable(line))
    return {code: LETTERS[place] if place < MOST_DIAGNOSES else "" for place, code in enumerate(codes)}


def with_place(one: Candidate, answers: dict[int, str]) -> Candidate:
    """The line with the place of service that somebody gave for it."""
    return replace(one, place=answers.get(one.charge_id, one.place))


@dataclass(frozen=True, slots=True)
class Issuer:
    """The practice, as far as a paper for insurance needs it."""

    name: str
    address: str
    phone: str
    tax_id: str
    npi: str = ""


@dataclass(frozen=True, slots=True)
class Clinician:
    """Who rendered a service, or supervised it."""

    name: str
    npi: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The client of a paper, by the legal name (D1)."""

    name: str
    birth_date: date | None = None
    address: str = ""


def missing_in_practice(issuer: Issuer) -> list[Missing]:
    """What a paper for insurance lacks of the practice."""
    sentences = []
    if not issuer.tax_id.strip():
        sentences.append("The practice has no tax id (EIN).")
    elif tax_id_problem(issuer.tax_id):
        sentences.append(f"The practice's tax id is not complete. {tax_id_problem(issuer.tax_id)}")
    if not issuer.address.strip():
        sentences.append("The practice has no address.")
    if npi_problem(issuer.npi):
        sentences.append(f"The practice's NPI is wrong. {npi_problem(issuer.npi)}")
    return [Missing(sentence, MendAt.PRACTICE) for sentence in sentences]


def missing_of_clinicians(clinicians: Iterable[Clinician], *, with_licence: bool = True) -> list[Missing]:
    """What a paper for insurance lacks of those who render the services."""
    sentences = []
    for one in clinicians:
        if not one.npi.strip():
            sentences.append(f"{one.name} has no NPI.")
        elif npi_problem(one.npi):
            sentences.append(f"The NPI of {one.name} is wrong. {npi_problem(one.npi)}")
        if with_licence and not one.licence.strip():
            sentences.append(f"{one.name} has no licence number and state.")
    return [Missing(sentence, MendAt.STAFF) for sentence in sentences]


def missing_of_client(client: Recipient, *, with_address: bool = True) -> list[Missing]:
    """What a paper for insurance lacks of the client."""
    sentences = []
    if client.birth_date is None:
        sentences.append(f"{client.name} has no date of birth.")
    if with_address and not client.address.strip():
        sentences.append(f"{client.name} has no address.")
    return [Missing(sentence, MendAt.PERSON) for sentence in sentences]


def missing_for_issue(
    lines: Sequence[Candidate], issuer: Issuer, clinicians: Iterable[Clinician], client: Recipient
) -> list[Missing]:
    """Everything that keeps a superbill from being issued, each with the place that mends it (D20)."""
    found = missing_in_practice(issuer)
    if not issuer.phone.strip():
        found.append(Missing("The practice has no phone number.", MendAt.PRACTICE))
    found += missing_of_clinicians(clinicians) + missing_of_client(client)
    services = {line.description: line for line in lines}
    for name, line in services.items():
        if not line.code.strip():
            found.append(Missing(f"{name} has no code.", MendAt.SERVICES))
        if modifiers_problem(line.modifiers):
            found.append(Missing(f"The modifiers of {name} are wrong.", MendAt.SERVICES))
    for line in lines:
        if not line.place:
            found.append(Missing(f"Say where the client was on {_say(line.service_date)}.", MendAt.HERE))
        elif place_problem(line.place):
            found.append(Missing(place_problem(line.place), MendAt.HERE))
    if "" in letters_of(lines).values():
        found.append(Missing(f"More than {MOST_DIAGNOSES} diagnoses; choose a shorter range.", MendAt.HERE))
    return found


def warnings(lines: Sequence[Candidate]) -> list[str]:
    """What an insurer may stumble over: said before issuing, and refused by nobody."""
    found = []
    used = [usable(line) for line in lines]
    if any({code.code for code in codes} == {_RELATIONAL} for codes in used):
        found.append(f"{_RELATIONAL} stands alone on a line; insurers generally do not reimburse it then.")
    for code in sorted({code.code for codes in used for code in codes if code.is_provisional}):
        found.append(f"{code} was provisional on a date of service; insurers may ask about it.")
    for number, days in _on_papers(lines, lambda line: line.issued_on):
        found.append(f"On {number} already: {days}. Insurers refuse what they were sent twice.")
    for number, days in _on_papers(lines, lambda line: line.others_on):
        found.append(f"On {number}, the superbill of another client of this case: {days}.")
    if absent := [line for line in lines if not line.was_there]:
        found.append(f"The client was not there on {_days(absent)}. Check that the service's code says so.")
    if many := [
        line for line, codes in zip(lines, used, strict=True)
        if len([code for code in line.diagnoses if not code.problem]) > len(codes)
    ]:
        found.append(f"More than {MOST_POINTERS} diagnoses on {_days(many)}; a line points to the first ones.")
    for name, odd in {line.description: service_code_warning(line.code) for line in lines if line.code}.items():
        if odd:
            found.append(f"{name}: {odd}")
    return found


def _on_papers(
    lines: Sequence[Candidate], papers_of: Callable[[Candidate], tuple[str, ...]]
) -> list[tuple[str, str]]:
    """Number of a superbill → the days of the lines that stand on it, in words."""
    numbers = sorted({number for line in lines for number in papers_of(line)})
    return [(number, _days([line for line in lines if number in papers_of(line)])) for number in numbers]


def _days(lines: Sequence[Candidate]) -> str:
    return ", ".join(dict.fromkeys(_say(line.service_date) for line in lines))


def _say(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
