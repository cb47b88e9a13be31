"""What makes a password good enough: long, and not one of those that everybody tries first. No composition rules."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SHORTEST = 12
LONGEST = 128
_RUNS = ("abcdefghijklmnopqrstuvwxyz" * 2, "01234567890123456789012345678901234567890", "qwertyuiopasdfghjklzxcvbnm")


@cache
def common_passwords() -> frozenset[str]:
    """Passwords of twelve characters and more that lists of leaked passwords begin with, in lower case."""
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def problem_with(password: str, names: Iterable[str] = ()) -> str | None:
    """The sentence that says why a password is refused, or ``None``. ``names`` are words an attacker would know.

    The password is taken exactly as typed: nothing is trimmed, nothing is folded before it is hashed.
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; a few words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if not _encodable(password):
        return "This contains a character that cannot be typed; please choose another."
    folded = password.casefold()
    if folded in common_passwords() or _is_pattern(folded):
        return "This password is one of the first that people try. Choose another."
    squeezed = _letters(folded)
    for name in ("practicerunner", *names):
        known = _letters(name.casefold())
        if len(known) >= 4 and known in squeezed:
            return "Leave out the name of the practice, of the product and your own e-mail name."
    return None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_pattern(text: str) -> bool:
    """One short piece over and over (``abcabcabcabc``), or a run along the alphabet, the digits or the keyboard."""
    repeated = re.fullmatch(r"(.{1,4}?)\1+.{0,3}", text) is not None
    return repeated or any(text in run or text[::-1] in run for run in _RUNS)
