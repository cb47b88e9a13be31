"""Which characters a text may have: those that can be shown."""

import unicodedata

from pydantic_core import PydanticCustomError


def _printable(text: str, allowed: str) -> str:
    for character in text:
        if character in allowed:
            continue
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise PydanticCustomError("unprintable", "This contains a character that cannot be shown; retype it.")
    return text


def line(text: str) -> str:
    """One line whose every character can be shown."""
    return _printable(text, "")


def paragraph(text: str) -> str:
    """Text with line breaks whose every character can be shown."""
    return _printable(text, "\n\t\r")
