"""What has to hold before anything is served. Hidden options of Streamlit and the database's guards are read back,
because an upgrade or another library could take them away without a word.
"""

import importlib.util
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from practicerunner import cipher, database
from practicerunner.settings import settings

STREAMLIT = "1.67."
OPTIONS: dict[str, tuple[object, str]] = {
    "runner.postScriptGC": (False, "twenty people at once would wait for seconds"),
    "server.trustedUserHeaders": ({"X-PR-Account": "pr_account"}, "sessions of different people could be mixed up"),
    "server.enableXsrfProtection": (True, "uploads would need no token"),
    "server.enableStaticServing": (False, "files could be served from a folder"),
    "server.enableAgentApi": (False, "the app could be driven without a screen"),
    "logger.enableRich": (False, "errors would be printed with the data they met"),
    "client.showErrorDetails": ("none", "errors would show data on the screen"),
    "browser.gatherUsageStats": (False, "facts about the practice would leave the machine"),
}
"""What each option has to be, and what would happen otherwise."""
PRAGMAS = {"journal_mode": ("wal",), "synchronous": ("2",), "foreign_keys": ("1",), "busy_timeout": ("30000",)}
OTHER_SQLITES = ("adbc_driver_sqlite", "sqlcipher3", "pysqlite3", "apsw")
"""A second SQLite in the process drops the first one's file locks, and acknowledged saves are lost."""


def problems(
    version: str, option: Callable[[str], Any], bound: Engine | None = None, *, mapped: str | None = None,
) -> list[str]:
    """Every reason not to start, as a sentence each; none if all is well.

    ``version`` and ``option`` are Streamlit's version and its ``config.get_option``; ``mapped`` lists loaded files.
    """
    return [
        *_streamlit(version, option), *_sqlite_libraries(_mapped_files() if mapped is None else mapped), *_key_file(),
        *_database(bound or database.engine()),
    ]


def _streamlit(version: str, option: Callable[[str], Any]) -> list[str]:
    found = []
    if not version.startswith(STREAMLIT):
        found.append(f"Streamlit {version} is installed, but this program was made for {STREAMLIT}*.")
    for name, (wanted, otherwise) in OPTIONS.items():
        try:
            value = option(name)
        except RuntimeError:
            found.append(f"Streamlit no longer knows the option {name}; without it {otherwise}.")
            continue
        if value != wanted:
            found.append(f"The option {name} is {value!r} and has to be {wanted!r}: else {otherwise}.")
    return found


def _sqlite_libraries(mapped: str) -> list[str]:
    found = [
        f"The library {name} is installed; it brings a second SQLite that breaks the first one's locks. Uninstall it."
        for name in OTHER_SQLITES if importlib.util.find_spec(name) is not None
    ]
    loaded = {os.path.realpath(path) for path in re.findall(r"/\S*libsqlite3\S*", mapped)}
    if "sqlite_scanner" in mapped or len(loaded) > 1:
        found.append("A second SQLite is loaded in this process, and it breaks the first one's locks.")
    return found


def _mapped_files() -> str:
    """The files this process has loaded, where the system tells."""
    try:
        return Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _key_file() -> list[str]:
    try:
        cipher.check_key_file(settings().key_file)
    except cipher.KeyFileUnsafe as unsafe:
        return [str(unsafe)]
    return []


def _database(bound: Engine) -> list[str]:
    if not database.schema_is_current(bound):
        return ["The database is not at this program's version. Run: python -m practicerunner init"]
    found = []
    for name, value in database.pragmas(bound).items():
        if name in PRAGMAS and value not in PRAGMAS[name]:
            found.append(f"SQLite's {name} is {value} and has to be {PRAGMAS[name][0]}: else saves could be lost.")
    missing = sorted(database.missing_triggers(bound))
    if missing:
        found.append(f"The database lacks guards ({', '.join(missing)}). Run: python -m practicerunner init")
    return found
