"""The table of diagnosis codes (ICD-10-CM) in a file of its own: finding a code by words, and what it was on a day.

The file is built by ``records/code_table.py`` and holds nothing of anybody. It is opened for reading alone, by Python's
own sqlite3, and never together with the practice's database. A row is a code as it stood from a release on until a
later release changed it or left it out; a day before the first release known is judged by that release.
"""

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from practicerunner.errors import PracticeError
from practicerunner.records.code_words import (
    EMPTY_WORDS,
    SYNONYMS,
    meant,
    one_letter_off,
    same_by_other_words,
    words_of,
)
from practicerunner.settings import settings

FORMAT = 1
"""Which columns the table has; a file of another format counts as none."""


class CodesMissing(PracticeError):
    """The table of codes is missing. Run: python -m practicerunner codes"""


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it stood in one release or several."""

    code: str
    """Without the dot: ``F411``."""
    dotted: str
    """As people read it: ``F41.1``."""
    description: str
    is_leaf: bool
    """Whether it may stand on a bill; a code with finer codes beneath it may not."""
    chapter: str
    terms: tuple[str, ...]
    """Other names of the same, from the tabular list."""
    valid_from: date
    valid_to: date | None
    """The last day on which it was valid; ``None`` while it is."""
    release: str
    """The release that brought it in this form."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the classification."""

    name: str
    valid_from: date
    codes: int
    """How many codes it has that may stand on a bill."""


BEHAVIOURAL = (
    ("F", "F"), ("Z55", "Z65"), ("Z69", "Z76"), ("R45", "R45"), ("T74", "T74"), ("T76", "T76"), ("G47", "G47"),
)
"""What is searched unless everything is asked for: first and last of each stretch, both included (TRUST C50)."""
FIELD = "behavioural"
"""The word by which the table's own index knows those."""

_CODE_BEGUN = re.compile(r"[A-Z]\d([0-9A-Z](\.?[0-9A-Z]{0,4})?)?")
_COLUMNS = "icd.code, dotted, icd.description, is_leaf, chapter, icd.terms, valid_from, valid_to, release"
_ON = "valid_from <= :on and (valid_to is null or valid_to >= :on)"
_LEAF_ON = f"is_leaf and {_ON}"
_RANKED = 300
"""How many of the nearest by words are looked at again, to put the right one first."""
_TOO_MANY = 4000
"""From so many matches on the words are too vague to weigh, which would take long; they come in the table's order."""


def plain(code: str) -> str:
    """A code as the table keeps it: capitals, no dot, no blanks around."""
    return code.strip().upper().replace(".", "")


@contextmanager
def opened(path: Path | None = None) -> Iterator[sqlite3.Connection]:
    """The table, for reading alone. Raises CodesMissing."""
    file = path or settings().codes_file
    if not file.is_file():
        raise CodesMissing
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        if format_of(connection) != FORMAT:
            raise CodesMissing
        yield connection


def format_of(connection: sqlite3.Connection) -> int:
    """Which format a file has; 0 if it is no table of codes."""
    try:
        return int(connection.execute("pragma user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def is_behavioural(code: str) -> bool:
    """Whether a code is searched without asking for everything."""
    return any(first <= code[: len(first)] and code[: len(last)] <= last for first, last in BEHAVIOURAL)


def releases() -> list[Release]:
    """Every release in the table, the first one first. Raises CodesMissing."""
    with opened() as table:
        rows = table.execute("select name, valid_from, codes from release order by valid_from")
        return [Release(name, date.fromisoformat(since), codes) for name, since, codes in rows]


def _judged(table: sqlite3.Connection, day: date) -> str:
    """The day, or the beginning of the first release where the day lies before it."""
    first = table.execute("select min(valid_from) from release").fetchone()[0]
    return max(day.isoformat(), first or "")


def _code(row: tuple[str, str, str, int, str, str, str, str | None, str]) -> Code:
    code, dotted, description, is_leaf, chapter, terms, since, until, release = row
    return Code(
        code, dotted, description, bool(is_leaf), chapter, tuple(terms.split("\n")) if terms else (),
        date.fromisoformat(since), date.fromisoformat(until) if until else None, release,
    )


def release_on(day: date) -> str:
    """Name of the release in force on a day."""
    with opened() as table:
        row = table.execute(
            "select name from release where valid_from <= ? order by valid_from desc limit 1", (_judged(table, day),)
        ).fetchone()
    return str(row[0])


def code_on(code: str, day: date) -> Code | None:
    """A code as it stood on a day, with or without dot, whether or not it may stand on a bill."""
    with opened() as table:
        query = f"select {_COLUMNS} from icd where code = :code and {_ON}"  # noqa: S608
        row = table.execute(query, {"code": plain(code), "on": _judged(table, day)}).fetchone()
    return _code(row) if row else None


def forms_of(code: str) -> list[Code]:
    """Every form a code ever had, the earliest first."""
    with opened() as table:
        query = f"select {_COLUMNS} from icd where code = ? order by valid_from"  # noqa: S608
        return [_code(row) for row in table.execute(query, (plain(code),))]


def finer(code: str, day: date, limit: int = 8) -> list[Code]:
    """Codes beneath a code that may stand on a bill on a day, the nearest first."""
    with opened() as table:
        query = (
            f"select {_COLUMNS} from icd where code > :code and code < :beyond and {_LEAF_ON} "  # noqa: S608
            "order by length(code), code limit :limit"
        )
        asked = {"code": plain(code), "beyond": f"{plain(code)}~", "on": _judged(table, day), "limit": limit}
        return [_code(row) for row in table.execute(query, asked)]


def search_codes(text: str, on: date, *, everything: bool = False, limit: int = 10) -> list[Code]:
    """Codes that may stand on a bill on a day, the most likely first: by words, abbreviations, or a code begun.

    Without ``everything`` only what a practice like this one uses is searched; a whole code that is typed is found
    either way. Raises CodesMissing.
    """
    words = words_of(text)
    with opened() as table:
        asked = {"on": _judged(table, on), "limit": limit}
        begun = plain(text)
        if _CODE_BEGUN.fullmatch(begun):
            within = "" if everything else "and (code = :code or field <> '')"
            query = (
                f"select {_COLUMNS} from icd where code >= :code and code < :beyond and {_LEAF_ON} {within} "  # noqa: S608
                "order by code limit :limit"
            )
            found = [_code(row) for row in table.execute(query, asked | {"code": begun, "beyond": f"{begun}~"})]
            if found:
                return found
        for readings, index, match in _ways(table, words, everything=everything):
            found = _by_words(table, index, match, on=str(asked["on"]), everything=everything)
            if found:
                return sorted(found, key=lambda code: _nearest(code, readings))[:limit]
    return []


def _ways(
    table: sqlite3.Connection, words: list[str], *, everything: bool
) -> Iterator[tuple[list[list[str]], str, str]]:
    """Where to look, and how what is found is weighed: as typed and by other names, each word perhaps only begun; then
    by stems; then with a letter put right; then all of the words but one.
    """
    if not words:
        return
    readings = [words, *same_by_other_words(words)]
    yield readings, "icd_words", " OR ".join(map(_begun, readings))
    yield [words], "icd_stems", _whole(words)
    corrected = meant(words, _misspelled(table, words, everything=everything))
    if corrected != [words]:
        readings = [some for one in corrected for some in (one, *same_by_other_words(one))]
        yield readings, "icd_words", " OR ".join(map(_begun, readings))
    if 1 < len(words) < 6:
        fewer = [list(some) for some in combinations(words, len(words) - 1)]
        others = [some for one in fewer for some in same_by_other_words(one)]
        yield [words, *others], "icd_stems", " OR ".join(map(_whole, [*fewer, *others]))


def _begun(words: list[str]) -> str:
    return "(" + " AND ".join(f'"{word}"*' for word in words) + ")"


def _whole(words: list[str]) -> str:
    return "(" + " AND ".join(f'"{word}"' for word in words) + ")"


def _misspelled(table: sqlite3.Connection, words: list[str], *, everything: bool) -> dict[str, list[str]]:
    """Words with which nothing begins, and the words of the table that are one letter off, the frequent ones first."""
    found: dict[str, list[str]] = {}
    within = "" if everything else f" AND field: {FIELD}"
    for word in words:
        near = sorted(one_letter_off(word))
        begun = "select 1 from icd_words where icd_words match ? limit 1"
        if not near or table.execute(begun, (f'{{description terms context}}: ("{word}"*){within}',)).fetchone():
            continue
        table.execute("create virtual table if not exists temp.spoken using fts5vocab(main, icd_words, row)")
        places = ",".join("?" * len(near))
        known = table.execute(
            f"select term from temp.spoken where term in ({places}) order by doc desc", near)  # noqa: S608
        found[word] = [*sorted(SYNONYMS.keys() & set(near)), *(term for (term,) in known)]
    return found


def _by_words(table: sqlite3.Connection, index: str, match: str, *, on: str, everything: bool) -> list[Code]:
    match = f"{{description terms context}}: ({match})" + ("" if everything else f" AND field: {FIELD}")
    many = f"select count(*) from (select 1 from {index} where {index} match :match limit {_TOO_MANY})"  # noqa: S608
    vague = table.execute(many, {"match": match}).fetchone()[0] == _TOO_MANY
    query = (
        f"select {_COLUMNS} from {index} join icd on icd.id = {index}.rowid "  # noqa: S608
        f"where {index} match :match and {_LEAF_ON} "
        f"{'' if vague else f'order by bm25({index}, 10, 6, 1, 0)'} limit {_RANKED}"
    )
    return [_code(row) for row in table.execute(query, {"match": match, "on": on})]


def _nearest(code: Code, readings: list[list[str]]) -> tuple[int, bool, bool, int]:
    """How directly one of the readings names a code; what was typed comes before other names of it."""
    return min((*_nearness(code, words), place) for place, words in enumerate(readings))


def _nearness(code: Code, words: list[str]) -> tuple[int, bool, bool]:
    """How directly the words name a code; what is equally near keeps the order of the word search."""
    names = [_spoken(code.description), *map(_spoken, code.terms)]
    phrase = " ".join(words)
    if phrase in names:
        near = 0
    elif names[0].startswith(phrase):
        near = 1
    elif any(name.startswith(phrase) for name in names):
        near = 2
    else:
        near = 3
    later = code.code[6:] in ("D", "S")
    return near, not is_behavioural(code.code), later  # the first visit for an injury before later ones


def _spoken(text: str) -> str:
    return " ".join(word for word in re.findall(r"[^\W_]+", text.casefold()) if word not in EMPTY_WORDS)


_NAMES = "substr({code}, 1, length({first})) >= {first} and substr({code}, 1, length({last})) <= {last}"


def excluding_pairs(codes: Collection[str], day: date) -> list[tuple[str, str]]:
    """Pairs among these codes that an Excludes1 note says are not used together, in the release of the day."""
    ordered = sorted({plain(code) for code in codes})
    found = []
    with opened() as table:
        source, target = (
            _NAMES.format(code=":one", first="first", last="last"),
            _NAMES.format(code=":other", first="target_first", last="target_last"),
        )
        query = (
            "select 1 from excludes1 where release = (select name from release where valid_from <= :on "  # noqa: S608
            f"order by valid_from desc limit 1) and {source} and {target} limit 1"
        )
        on = _judged(table, day)
        for place, one in enumerate(ordered):
            for other in ordered[place + 1 :]:
                for pair in ((one, other), (other, one)):
                    if table.execute(query, {"one": pair[0], "other": pair[1], "on": on}).fetchone():
                        found.append((one, other))
                        break
    return found
