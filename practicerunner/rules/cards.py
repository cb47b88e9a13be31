"""Keeping card and account numbers out: the product stores a processor's token and the last four digits only (C15)."""

import re

_LONG_NUMBER = re.compile(r"(?:\d[ -]?){12,19}")


def looks_like_card_number(text: str) -> bool:
    """Whether a text holds a run of 12 to 19 digits, as card and account numbers have."""
    return bool(_LONG_NUMBER.search(text))
