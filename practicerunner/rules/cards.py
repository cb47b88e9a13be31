"""Keeping card and account numbers out: the product stores a processor's token and the last four digits only (C15)."""

import re

_LONG_NUMBER = re.compile(r"(?:\d[\s./-]{0,3}){12,19}")
_DATE = re.compile(r"\b(?:19|20)\d\d-[01]\d-[0-3]\d\b")


def looks_like_card_number(text: str) -> bool:
    """Whether a text holds a run of 12 to 19 digits, as card and account numbers have; dates do not count."""
    return bool(_LONG_NUMBER.search(_DATE.sub("date", text)))
