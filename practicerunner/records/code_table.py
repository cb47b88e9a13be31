"""Building the table of diagnosis codes: the console's step, and the only place that reads the classification itself.

The classification comes from the package simple-icd-10-cm, which takes seconds and 180 MB to load, or from the files of
a later release of the CDC. A release that is added closes what it changes or leaves out on the day before it begins.
"""

import importlib.util
import os
import re
import shutil
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from practicerunner.errors import RuleViolation
from practicerunner.records import codes
from practicerunner.settings import settings

PACKAGE = "simple_icd_10_cm"

_SCHEMA = """
create table release (name text not null unique, valid_from text primary key, codes integer not null);
create table icd (
    id integer primary key, code text not null, dotted text not null, description text not null,
    is_leaf integer not null, chapter text not null, terms text not null, context text not null,
    field text not null, valid_from text not null, valid_to text, release text not null, unique (code, valid_from)
);
create table excludes1 (
    release text not null, first text not null, last text not null,
    target_first text not null, target_last text not null
);
create index excludes1_release on excludes1 (release, first);
create virtual table icd_words using fts5 (
    description, terms, context, field, content='icd', content_rowid='id', tokenize='unicode61 remove_diacritics 2',
    prefix='2 3'
);
create virtual table icd_stems using fts5 (
    description, terms, context, field, content='icd', content_rowid='id',
    tokenize='porter unicode61 remove_diacritics 2'
);
"""
_INDEXES = ("icd_words", "icd_stems")


class NotLoaded(RuleViolation):
    """These codes were not loaded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A code as a release has it."""

    dotted: str
    description: str
    is_leaf: bool = True
    chapter: str = ""
    terms: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """Other names of the broader codes above it; they lead to it in a search, after its own."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """That the codes of one stretch are not used together with those of another (Excludes1), both ends included."""

    first: str
    last: str
    target_first: str
    target_last: str


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything that one release says."""

    name: str
    valid_from: date
    entries: tuple[Entry, ...]
    exclusions: tuple[Exclusion, ...] = ()


def ensure(path: Path | None = None) -> bool:
    """Build the table from the installed package if there is none. Returns whether it was built."""
    if is_there(path):
        return False
    add(installed(), path)
    return True


def is_there(path: Path | None = None) -> bool:
    """Whether there is a table of today's format."""
    file = path or settings().codes_file
    if not file.exists():
        return False
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as table:
        return codes.format_of(table) == codes.FORMAT


def add(edition: Edition, path: Path | None = None) -> None:
    """Add a release to the table, which is made if need be; whoever reads meanwhile reads the table as it was.

    Raises NotLoaded where the release is not later than those that are there.
    """
    file = path or settings().codes_file
    if settings().database_url == f"sqlite:///{file}":
        raise NotLoaded("This file holds the practice. The codes need a file of their own: PRACTICE_CODES_FILE.")
    file.parent.mkdir(parents=True, exist_ok=True)
    making = file.with_name(f"{file.name}.{os.getpid()}.making")
    there = is_there(file)
    try:
        if there:
            shutil.copyfile(file, making)
        with closing(sqlite3.connect(making, isolation_level=None)) as table:
            table.execute("pragma journal_mode = off")
            table.execute("pragma synchronous = off")
            if not there:
                table.executescript(_SCHEMA)
                table.execute(f"pragma user_version = {codes.FORMAT}")
            table.execute("begin")
            _load(table, edition)
            table.execute("commit")
        making.replace(file)
    finally:
        making.unlink(missing_ok=True)


def _load(table: sqlite3.Connection, edition: Edition) -> None:
    name, since = edition.name, edition.valid_from.isoformat()
    latest = table.execute("select max(valid_from) from release").fetchone()[0]
    if latest is not None and since <= latest:
        raise NotLoaded(f"The table holds a release from {latest} already; a release that is added has to be later.")
    if not edition.entries:
        raise NotLoaded("There are no codes in these files.")
    rows = {codes.plain(entry.dotted): _row(entry) for entry in edition.entries}
    standing = {
        row[1]: (row[0], row[2:]) for row in table.execute(
            "select id, code, dotted, description, is_leaf, chapter, terms, context from icd where valid_to is null")
    }
    over = [(kept,) for code, (kept, row) in standing.items() if rows.get(code) != row]
    eve = (edition.valid_from - timedelta(days=1)).isoformat()
    table.executemany(f"update icd set valid_to = '{eve}' where id = ?", over)  # noqa: S608
    before = table.execute("select coalesce(max(id), 0) from icd").fetchone()[0]
    table.executemany(
        "insert into icd (code, dotted, description, is_leaf, chapter, terms, context, field, valid_from, release) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (code, *row, codes.FIELD if codes.is_behavioural(code) else "", since, name) for code, row in rows.items()
            if code not in standing or standing[code][1] != row
        ),
    )
    for index in _INDEXES:
        table.execute(
            f"insert into {index} (rowid, description, terms, context, field) "  # noqa: S608
            "select id, description, terms, context, field from icd where is_leaf and id > ?", (before,),
        )
        table.execute(f"insert into {index} ({index}) values ('optimize')")  # noqa: S608
    table.executemany(
        "insert into excludes1 values (?, ?, ?, ?, ?)",
        ((name, one.first, one.last, one.target_first, one.target_last) for one in edition.exclusions),
    )
    leaves = sum(entry.is_leaf for entry in edition.entries)
    table.execute("insert into release values (?, ?, ?)", (name, since, leaves))


def _row(entry: Entry) -> tuple[str, str, int, str, str, str]:
    return (
        entry.dotted, entry.description, int(entry.is_leaf), entry.chapter, "\n".join(entry.terms),
        "\n".join(entry.context),
    )


# --- The classification


def installed_from() -> date:
    """The day from which the installed package's release is valid, found without loading it. Raises NotLoaded."""
    spec = importlib.util.find_spec(PACKAGE)
    places = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    for file in (file for place in places for file in sorted((place / "data").glob("*tabular*.xml"))):
        named = re.search(r"([A-Z][a-z]+)-(\d{1,2})-(\d{4})", file.name)
        if named:
            return datetime.strptime(named[0], "%B-%d-%Y").date()  # noqa: DTZ007
        with file.open(encoding="utf-8") as text:
            year = re.search(r"<version>(\d{4})</version>", text.read(500))
        if year:  # a fiscal year begins on 1 October of the year before
            return date(int(year[1]) - 1, 10, 1)
    raise NotLoaded(f"The package {PACKAGE.replace('_', '-')} is not installed: pip install -r requirements.txt")


def installed() -> Edition:
    """The release of the installed package. Raises NotLoaded."""
    return _edition(installed_from())


def from_files(tabular: Path, listing: Path, valid_from: date) -> Edition:
    """A release from the CDC's own files: the tabular list (XML) and the list of codes. Raises NotLoaded."""
    installed_from()
    package = _package()
    try:
        package.change_version(str(listing), str(tabular))
        return _edition(valid_from)
    except (OSError, ValueError, SyntaxError, IndexError):
        raise NotLoaded("These files are not the tabular list and the list of codes of one release.") from None


def _package() -> Any:
    """The classification in memory; nothing but this step ever loads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import simple_icd_10_cm

    return simple_icd_10_cm


def _edition(valid_from: date) -> Edition:
    package = _package()
    names = list(dict.fromkeys(package.get_all_codes()))
    kept = [name for name in names if package.is_category_or_subcategory(name)]
    return Edition(
        f"{valid_from:%B %Y}", valid_from, tuple(_entry(package, name) for name in kept),
        tuple(dict.fromkeys(one for name in names for one in _exclusions(package, name))),
    )


def _entry(package: Any, name: str) -> Entry:
    *above, chapter = package.get_ancestors(name)
    broader = [other for other in above if other != name and package.is_category_or_subcategory(other)]
    return Entry(
        name, package.get_description(name), package.is_leaf(name), chapter, _names(package, name),
        tuple(term for other in broader for term in _names(package, other)),
    )


def _names(package: Any, name: str) -> tuple[str, ...]:
    return (*package.get_inclusion_term(name), *package.get_includes(name))


_ONE = r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?"
_STRETCH = re.compile(rf"({_ONE})(?:\.?-?-({_ONE}))?")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")


def _exclusions(package: Any, name: str) -> Iterator[Exclusion]:
    """The Excludes1 notes of a chapter, block or code. What hangs on a seventh character is left out."""
    own = next(iter(named_in(package.get_description(name) if package.is_chapter(name) else f"({name})")), None)
    if own is None:
        return
    for note in package.get_excludes1(name):
        for target in named_in(note):
            yield Exclusion(own[0], own[1], target[0], target[1])


def named_in(note: str) -> Iterator[tuple[str, str]]:
    """The codes that a note names in parentheses, as stretches with both ends included, without dots."""
    for inside in _PARENTHESIS.findall(note):
        if " with " in inside:
            continue
        for first, last in _STRETCH.findall(inside):
            yield codes.plain(first), codes.plain(last or first)
