"""The table of diagnosis codes for the tests: built once from the installed package, shared by every test and run."""

import fcntl
import hashlib
import os
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from practicerunner.records import code_table, codes
from practicerunner.records.code_table import Edition, Entry, Exclusion

A_WEEK = 7 * 24 * 3600


def shared() -> Path:
    """The one file in the temporary folder; whoever comes first builds it, the others wait."""
    programs = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (code_table, codes))
    made_of = hashlib.sha256(f"{programs}{version('simple-icd-10-cm')}".encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"practicerunner-codes-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{made_of}.db"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in folder.glob("*.db"):
                if time.time() - old.stat().st_mtime > A_WEEK:
                    old.unlink()
            code_table.ensure(kept)
    return kept


# --- A table of few codes with two releases: one code split, one left out, one new


def small(name: str, since: date, *entries: Entry, exclusions: tuple[Exclusion, ...] = ()) -> Edition:
    """A release of these codes alone."""
    return Edition(name, since, entries, exclusions)


APRIL = small(
    "April 2026", date(2026, 4, 1), Entry("F50", "Eating disorders", is_leaf=False),
    Entry("F50.01", "Anorexia nervosa, restricting type"), Entry("F41.1", "Generalized anxiety disorder"),
    Entry("F99", "Mental disorder, not otherwise specified"),
    exclusions=(Exclusion("F411", "F411", "F99", "F99"),),
)
OCTOBER = small(
    "October 2026", date(2026, 10, 1), Entry("F50", "Eating disorders", is_leaf=False),
    Entry("F50.01", "Anorexia nervosa, restricting type", is_leaf=False),
    Entry("F50.010", "Anorexia nervosa, restricting type, mild"), Entry("F41.1", "Generalized anxiety disorder"),
    Entry("F55.9", "A code of its own"),
)


def add_two_releases() -> None:
    """Write both into the table that the settings name."""
    code_table.add(APRIL)
    code_table.add(OCTOBER)
