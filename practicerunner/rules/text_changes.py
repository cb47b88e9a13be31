"""What changed between two versions of a text, sentence by sentence."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*|[.!?]+")


@dataclass(frozen=True, slots=True)
class Change:
    """Sentences that went, and those that came in their place; one of them may be empty."""

    removed: str
    added: str


def sentences(text: str) -> list[str]:
    """The sentences of a text, without the space around them."""
    return [found for found in (part.strip() for part in _SENTENCE.findall(text)) if found]


def changes(before: str, after: str) -> tuple[Change, ...]:
    """What was taken out and put in, in the order of the text; space and line breaks do not count."""
    old, new = sentences(before), sentences(after)
    found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(
        Change(" ".join(old[i:j]), " ".join(new[k:m])) for tag, i, j, k, m in found if tag != "equal"
    )
