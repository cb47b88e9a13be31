"""Which views there are, read from the headers of their SQL files. A name that is not here is never queried."""

import re
from dataclasses import dataclass
from pathlib import Path

from practicerunner.vocabulary import Resource

FOLDER = Path(__file__).parent / "views"
_FIELD = re.compile(r"^-- (grain|key|resource|period|restricted): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class View:
    """A mart: one question, and who may read the answer."""

    name: str
    path: Path
    sentence: str
    grain: str
    key: tuple[str, ...]
    resource: Resource
    period: str | None
    """The date column that a period is applied to; ``None`` where the view is about one day."""
    restricted: tuple[tuple[Resource, frozenset[str]], ...]
    """Columns that take another permission than the view: left empty for whoever lacks it."""
    has_moment: bool
    """Whether the answer changes within a day, with the moment at which it is asked."""


class HeaderMissing(ValueError):
    """A view does not say what it answers, its grain, its key and its resource."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _read(path: Path) -> View:
    text = path.read_text(encoding="utf-8")
    found: dict[str, str] = {}
    restricted = []
    for name, value in _FIELD.findall(text):
        if name == "restricted":
            resource, columns = value.split(maxsplit=1)
            restricted.append((Resource(resource), frozenset(_words(columns))))
        else:
            found[name] = value.strip()
    first = text.splitlines()[0]
    if not first.startswith("-- ") or not {"grain", "key", "resource"} <= found.keys():
        raise HeaderMissing(path.name)
    return View(
        name=path.stem, path=path, sentence=first.removeprefix("-- "), grain=found["grain"], key=_words(found["key"]),
        resource=Resource(found["resource"]), period=found.get("period"), restricted=tuple(restricted),
        has_moment="as_of.moment" in text,
    )


STAGING: dict[str, Path] = {path.stem: path for path in sorted((FOLDER / "staging").glob("*.sql"))}
"""View name → file; one per replicated table."""
BETWEEN: dict[str, Path] = {path.stem: path for path in sorted((FOLDER / "between").glob("*.sql"))}
"""Table name → file: what several marts work out alike, kept until a change. It reads staging views only."""
ON_A_DAY: dict[str, Path] = {path.stem: path for path in sorted((FOLDER / "on_a_day").glob("*.sql"))}
"""View name → file: what several marts ask alike of a day. It reads staging views only."""
VIEWS: dict[str, View] = {path.stem: _read(path) for path in sorted((FOLDER / "marts").glob("*.sql"))}
"""Name → mart. A mart reads staging views, those in between and those on a day, never another mart."""
