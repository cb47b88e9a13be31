"""The letters of papers: which font has them, which text needs shaping, and fonts cut to what papers need."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import uharfbuzz as hb
from pydantic import BaseModel

from practicerunner.documents import embedding
from practicerunner.documents.embedding import Cut

_FONTS = Path(__file__).parent / "fonts"
_SANS, _BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
_OTHERS = {
    "devanagari": "Lohit-Devanagari.ttf", "thai": "NotoSansThai-Regular.ttf", "tamil": "NotoSansTamil-Regular.ttf",
    "bengali": "NotoSansBengali-Regular.ttf", "gurmukhi": "NotoSansGurmukhi-Regular.ttf",
    "khmer": "NotoSansKhmer-Regular.ttf", "myanmar": "NotoSansMyanmar-Regular.ttf", "cjk": "DroidSansFallbackFull.ttf",
    "rest": "UnifontRemainder.ttf",
}
"""Family → the font that is asked for letters which those before it do not have."""
_ALWAYS = frozenset(range(0x20, 0x7F)) | frozenset(map(ord, "·–—’“”…\ufffd"))
_BLOCK = 128
_EUROPE = frozenset(range(0x180 // _BLOCK))
"""Basic Latin to Latin Extended-A."""
_JOINERS = "\u200c\u200d"
_NEVER_USED, _FOR_SHAPING = (b"MATH", b"kern"), (b"GSUB", b"GPOS", b"GDEF")


@cache
def _face(name: str) -> Any:
    return hb.Face(hb.Blob.from_file_path(str(_FONTS / name)))


@cache
def _covered(name: str) -> frozenset[int]:
    return frozenset(_face(name).unicodes)


def _has_glyph(code: int) -> bool:
    # The other fonts are opened only when the first one does not have the letter.
    return code in _covered(_SANS) or any(code in _covered(name) for name in _OTHERS.values())


@cache
def _is_complex_letter(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL", "AN") or unicodedata.category(letter) in ("Mn", "Mc", "Me")


def is_complex(text: str) -> bool:
    """Whether the text needs shaping: it runs from right to left, or its marks combine."""
    return not text.isascii() and any(map(_is_complex_letter, text))


def readable(text: str) -> str:
    """One line of text as it can be drawn: composed, without controls; ``�`` stands for what no font has."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    joins = _JOINERS if is_complex(text) else ""
    letters: list[str] = []
    for letter in text:
        category = unicodedata.category(letter)
        if category in ("Cc", "Zl", "Zp"):
            letters.append(" ")
        elif category == "Cf" or "\ufe00" <= letter <= "\ufe0f":
            # Direction overrides could make a name read as another one; the rest of these have no shape at all.
            letters.append(letter if letter in joins else "")
        else:
            letters.append(letter if category != "Cs" and _has_glyph(ord(letter)) else "\ufffd")
    return "".join(letters)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _strings(part)


@lru_cache(maxsize=32)
def _cut(name: str, letters: frozenset[int], *, shaped: bool) -> Cut:
    """The font with these letters alone; most papers in a row need the same ones.

    Reading the whole font would take most of the time of a drawing.
    """
    ask = hb.SubsetInput()
    ask.unicode_set.update(letters)
    ask.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    ask.drop_table_tag_set.update(embedding.tags(_NEVER_USED if shaped else _NEVER_USED + _FOR_SHAPING))
    return embedding.read(bytes(hb.subset(_face(name), ask).blob.data))


@lru_cache(maxsize=256)
def _whole_blocks(letters: frozenset[int]) -> frozenset[int]:
    """What stands near these letters too, so that people with an é and people with an ö share a font."""
    blocks = {letter // _BLOCK for letter in letters} | _EUROPE
    return frozenset(code for block in blocks for code in range(block * _BLOCK, (block + 1) * _BLOCK))


@dataclass(frozen=True)
class Typeface:
    """A font that was cut for one paper, or for many."""

    family: str
    style: str
    cut: Cut


def typefaces(content: BaseModel) -> list[Typeface]:
    """The fonts that this content needs."""
    said = " ".join(_strings(content.model_dump(mode="json")))
    everything = "" if said.isascii() else readable(said)
    letters = frozenset(map(ord, everything)) | _ALWAYS
    shaped = is_complex(everything)
    if shaped:
        # Shaping takes some letters apart, such as the Thai sara am.
        letters |= frozenset(map(ord, unicodedata.normalize("NFKD", everything)))
    near = _whole_blocks(letters & _covered(_SANS))
    wanted = [("sans", "", _SANS, near), ("sans", "B", _BOLD, near)]
    missing = letters - _covered(_SANS)
    for family, name in _OTHERS.items():
        if missing:
            wanted.append((family, "", name, missing & _covered(name)))
            missing -= _covered(name)
    return [
        Typeface(family, style, _cut(name, codes | {0x20}, shaped=shaped))
        for family, style, name, codes in wanted if codes
    ]
