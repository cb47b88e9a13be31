"""Who consented to somebody's treatment, what has to be said before a minor's own consent counts, and a neutral label.

Nothing here is legal advice: the ages are the practice's own, and an example counts for nothing until it is confirmed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from practicerunner.rules.note_details import state_name
from practicerunner.rules.signing import ADULT, is_adult
from practicerunner.vocabulary import ConsentBasis

NEUTRAL = "Service"
"""What a paper says of a confidential session to a payer who is not the client; with it the amount and the month."""


@dataclass(frozen=True, slots=True)
class StateAge:
    """The age from which the practice takes a minor's own consent in a state."""

    state: str
    age: int
    confirmed_on: date | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody of the practice has said that it is right; an example is nobody's word."""
        return self.confirmed_on is not None


EXAMPLES = (StateAge("CA", 12), StateAge("IL", 12))
"""Shipped so that the list is not empty: examples, to be confirmed or changed by the practice."""
YOUNGEST, OLDEST = 1, ADULT


def with_examples(own: Iterable[StateAge]) -> list[StateAge]:
    """The practice's own lines, and the examples of states of which it has none; by state."""
    known = {one.state: one for one in EXAMPLES} | {one.state: one for one in own}
    return [known[state] for state in sorted(known)]


def misfit(basis: ConsentBasis, born: date | None, today: date) -> str:
    """Why somebody's age rules a basis out; empty if it does not, or the age is not known."""
    adult = is_adult(born, today)
    if basis is ConsentBasis.SELF and adult is False:
        return f"They are not {ADULT} yet. Choose who consented for them, or that they did so themselves as a minor."
    if basis in (ConsentBasis.PARENT, ConsentBasis.MINOR) and adult is True:
        return f"They are {ADULT} or older. Choose themselves, a court or a guardian."
    return ""


def concern(born: date | None, today: date, state: str, line: StateAge | None) -> str:
    """What staff are told before a minor's own consent is set, in one sentence; empty where nothing has to be said."""
    if born is None:
        return "The date of birth is not known, so nobody can say how old they are."
    years = age_on(born, today)
    if line is None:
        where = state_name(state) if state else "their state"
        return f"They are {years}, and the practice has no age for {where}."
    where = state_name(state)
    if not line.is_confirmed:
        return f"They are {years}; the age of {line.age} for {where} is an example that nobody here has confirmed."
    if years < line.age:
        return f"They are {years}; the age that the practice confirmed for {where} is {line.age}."
    return ""


def age_on(born: date, day: date) -> int:
    """Years of age. Born on 29 February: a year older on 1 March, as for the 18th birthday."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
