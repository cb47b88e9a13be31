"""What people and cases are called, and how names are folded for searching and sorting."""

import unicodedata
from collections.abc import Sequence

FullName = tuple[str, str]
"""First and last name as typed; the last may be empty."""


def person_name(first: str, last: str, preferred: str = "") -> str:
    """What a person is called day by day: the preferred first name, if there is one, and the last name."""
    return f"{preferred or first} {last}".strip()


def fold(text: str) -> str:
    """A text without case, accents and doubled blanks, so that ``josé`` finds ``José`` however it was typed."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def is_signed(typed: str, first: str, last: str, preferred: str = "") -> bool:
    """Whether what somebody typed is their own name, as they are called or in full, in either order.

    Case, accents, blanks and punctuation do not count; of several first names the first is enough.
    """
    firsts = {first, preferred, first.split(" ", maxsplit=1)[0]} - {""}
    return _letters(typed) in {
        _letters(name) for one in firsts for name in (f"{one} {last}", f"{last} {one}")} - {""}


_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
"""Letters of which an accent is a part, and those that many keyboards have not."""


def _letters(text: str) -> str:
    """The letters, marks and digits of a name, whatever its script; of a name without any, all that was typed."""
    folded = fold(text).translate(_PLAIN)
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LMN") or folded


def digits(phone: str) -> str:
    """The digits of a phone number, for searching."""
    return "".join(c for c in phone if c.isdigit())


def sort_key(first: str, last: str) -> str:
    """Last name first, folded."""
    return fold(f"{last} {first}")


def initials(name: str) -> str:
    """The first letter or digit of each word: ``MR`` for "Maya Rivera", ``TG`` for "Thursday group"."""
    letters = [
        next((c for c in word if c.isalnum()), "") for word in unicodedata.normalize("NFC", name).split()
    ]
    return "".join(letters).upper()


def case_name(people: Sequence[FullName], *, family: bool = False) -> str:
    """The natural name of a case without a name of its own (A15).

    People who share a last name share it in the case's name: "Maya & Tom Rivera"; three or more of one family are
    "Rivera family". Others are listed: "Noor Haddad & Sam Ortiz".
    """
    if not people:
        return ""
    firsts, lasts = [first for first, _ in people], {last for _, last in people}
    shared = next(iter(lasts)) if len(lasts) == 1 else ""
    if shared and family:
        return f"{shared} family"
    if shared and len(people) > 1:
        return f"{_listed(firsts)} {shared}"
    return _listed([person_name(*name) for name in people])


def _listed(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} & {len(names) - 3} more"
    return " & ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
