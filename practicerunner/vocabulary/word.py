"""What every word of the vocabulary is: a stored value with a label that people read."""

from enum import StrEnum


class Word(StrEnum):
    """A stored word with a readable label: underscores become blanks, the first letter a capital."""

    @property
    def label(self) -> str:
        """The word as people read it, e.g. ``late_cancelled`` → ``Late cancelled``."""
        return self.value.replace("_", " ").capitalize()
