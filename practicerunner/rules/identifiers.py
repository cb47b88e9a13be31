"""Numbers and codes on papers for insurance: what they must look like, and what is wrong with those that do not.

A problem is the sentence the user reads; an empty text means there is none. No code of any code set is kept here (C60).
"""

import re

_NPI_PREFIX = "80840"
"""What stands before an NPI when its check digit is reckoned: the issuer of health identifiers in the United States."""
_EIN = re.compile(r"\d{2}-\d{7}", re.ASCII)
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X", re.ASCII)
_SERVICE_CODE = re.compile(r"\d{5}|[A-Z]\d{4}|\d{4}[A-Z]", re.ASCII)
_MODIFIER = re.compile(r"[A-Z0-9]{2}", re.ASCII)
_PLACE = re.compile(r"\d{2}", re.ASCII)
MOST_MODIFIERS = 4


def is_npi(text: str) -> bool:
    """Whether ten digits are an NPI: with 80840 before them they pass the check of Luhn."""
    if not re.fullmatch(r"\d{10}", text, re.ASCII):
        return False
    total = 0
    for place, digit in enumerate(reversed(_NPI_PREFIX + text)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def npi_problem(text: str) -> str:
    """What is wrong with an NPI; one that is not given is none."""
    if not text or is_npi(text):
        return ""
    if not re.fullmatch(r"\d{10}", text, re.ASCII):
        return "An NPI has ten digits."
    return "This is not an NPI: its last digit does not fit the others. Look for a slip of the keyboard."


def tax_id_problem(text: str) -> str:
    """What is wrong with an employer identification number; one that is not given is none."""
    if not text or _EIN.fullmatch(text):
        return ""
    return "Write the tax id as two digits, a hyphen and seven digits, for example 12-3456789."


def taxonomy_problem(text: str) -> str:
    """What is wrong with a taxonomy code; one that is not given is none."""
    if not text or _TAXONOMY.fullmatch(text):
        return ""
    return "A taxonomy code has ten characters and ends with X."


def service_code_warning(text: str) -> str:
    """Why a service's code looks odd; it is kept all the same, because the practice knows its own codes (C61)."""
    if not text or _SERVICE_CODE.fullmatch(text):
        return ""
    return "Insurers expect five digits, or a letter and four digits. The code is kept as you typed it."


def modifiers_of(text: str) -> tuple[str, ...]:
    """The modifiers in a text, in order, in capitals."""
    return tuple(re.split(r"[\s,;]+", text.strip().upper())) if text.strip() else ()


def modifiers_problem(text: str) -> str:
    """What is wrong with a list of modifiers."""
    found = modifiers_of(text)
    if len(found) > MOST_MODIFIERS:
        return f"At most {MOST_MODIFIERS} modifiers fit on a line."
    if any(not _MODIFIER.fullmatch(one) for one in found):
        return "A modifier has two characters, letters or digits. Part several by blanks."
    if len(set(found)) < len(found):
        return "Each modifier stands once."
    return ""


def place_problem(text: str) -> str:
    """What is wrong with a place of service code."""
    return "" if _PLACE.fullmatch(text) else "A place of service has two digits, for example 11 for an office."
