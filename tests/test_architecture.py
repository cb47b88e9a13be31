"""The laws of the house. Each failure names the law and the room where the line belongs."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import practicerunner.workflows
from practicerunner.records.base import Base
from practicerunner.records.triggers import FROZEN
from practicerunner.workflows.commands import COMMANDS, READERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "practicerunner"
SOURCES = sorted([
    *(p for p in PACKAGE.rglob("*.py") if "versions" not in p.parts), *(ROOT / "pages").glob("*.py"), ROOT / "app.py",
])


def room(path: Path) -> str:
    """``workflows``, ``pages``, ``clock`` … : where a file lives."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "practicerunner" and len(parts) > 1 else parts[0]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """What stands in a file, read once."""
    kinds = (ast.Import, ast.ImportFrom, ast.Call)
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node.lineno, name


def offenders(found: Iterator[tuple[Path, int]]) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{line}" for path, line in found]


@pytest.mark.parametrize(("module", "rooms"), [
    ("streamlit", {"ui", "pages", "app", "server"}), ("streamlit_calendar", {"ui", "pages"}),
    ("starlette", {"server", "app"}), ("duckdb", {"reports", "server"}), ("fpdf", {"documents"}),
    ("altair", {"ui", "pages"}), ("argon2", {"workflows"}), ("apscheduler", {"server"}),
    ("cryptography", {"cipher"}), ("pikepdf", {"rules", "documents"}), ("PIL", {"rules"}),
    ("simple_icd_10_cm", {"records"}), ("alembic", {"database", "migrations", "server"}),
])
def test_a_library_is_imported_only_in_its_room(module: str, rooms: set[str]) -> None:
    found = ((path, line) for path in SOURCES if room(path) not in rooms
             for line, name in imports(path) if name.split(".")[0] == module)
    assert offenders(found) == [], f"{module} belongs in {sorted(rooms)}"


@pytest.mark.parametrize(("names", "rooms", "law"), [
    ({"select", "mapped_column"}, {"records"}, "Queries and columns belong in records/."),
    ({"commit"}, {"database"}, "There is one commit, in database.py."),
    ({"utcnow", "today"}, {"clock", "workflows", "pages", "ui", "rules", "reports", "demo", "records", "server"},
     "Today comes from clock.py."),
    ({"download_button"}, set(), "Files leave through server/downloads.py."),
])
def test_a_call_stands_only_in_its_room(names: set[str], rooms: set[str], law: str) -> None:
    found = ((path, line) for path in SOURCES if room(path) not in rooms for line, name in calls(path) if name in names)
    assert offenders(found) == [], law


def text_offenders(pattern: str, allowed: set[str]) -> list[str]:
    compiled = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}" for path in SOURCES if room(path) not in allowed
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if compiled.search(line.split("#", 1)[0]) and not line.lstrip().startswith(('"""', "#"))
    ]


NOW = r"datetime\.now\(|date\.today\(|utcnow\("


def test_now_comes_from_the_one_clock() -> None:
    assert text_offenders(NOW, {"clock"}) == []


def test_the_tests_ask_the_one_clock_as_well() -> None:
    others = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert len(others) > 200
    assert [str(path.relative_to(ROOT)) for path in others if re.search(NOW, path.read_text())] == []


def test_nothing_is_shown_as_raw_html_of_people_s_text() -> None:
    assert text_offenders(r"unsafe_allow_html|unsafe_allow_javascript", set()) == []


def test_no_case_type_is_compared_outside_the_capability_table() -> None:
    pattern = r"case_?type *(==|!=)|(?<!theme)\.type *(==|!=|is )|CaseType\.[A-Z_]+ *(==|!=)|(==|!=|is) *CaseType\."
    found = [place for place in text_offenders(pattern, {"rules"}) if "column.type" not in place]
    assert found == [], "What differs between kinds of case is a field of rules/case_types.py."


def test_who_may_do_something_is_asked_where_their_own_record_is_left_out() -> None:
    found = [place for place in text_offenders(r"permissions\.decide\(", {"rules"})
             if not re.match(r"practicerunner/workflows/(access|supervision_hours)\.py", place)]
    assert found == [], "Ask access.authorize, may_touch or how_may: staff open nothing of their own (A11)."


def test_money_is_never_a_float() -> None:
    assert text_offenders(r"cents: *float|float\(.*cents|cents */ *100\b", {"money"}) == []


def test_forbidden_libraries_are_not_used() -> None:
    found = ((path, line) for path in SOURCES for line, name in imports(path)
             if name.split(".")[0] in {"apsw", "sqlcipher3", "pysqlite3", "adbc_driver_sqlite"})
    assert offenders(found) == [], "A second SQLite library drops the process's file locks."


def test_every_module_says_what_it_is() -> None:
    assert [str(p.relative_to(ROOT)) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text()))] == []


def test_every_page_asks_who_is_there_before_anything_else() -> None:
    late = []
    for path in sorted((ROOT / "pages").glob("*.py")):
        body = ast.parse(path.read_text()).body[1:]
        quiet = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.AnnAssign
        acts = [
            ast.unparse(node) for node in body if not isinstance(node, quiet)
            and not (isinstance(node, ast.Assign) and all(getattr(t, "id", "x")[0].isupper() for t in node.targets))
            and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ]
        first = acts[0] if acts else ""
        asks = "require_portal" if path.stem.startswith("portal_") else "require"
        if not re.search(rf'\b{asks}\("{path.stem}"\)', first.replace("'", '"')):
            late.append((path.name, first))
    assert late == [], 'The first statement is `me = require("<its name>")`, or `require_portal` in the portal.'


def test_no_script_that_builds_the_menu_lies_beside_the_pages() -> None:
    beside = [path.name for path in ROOT.glob("*.py") if "st.navigation" in path.read_text()]
    assert beside == []
    assert '"practicerunner" / "ui" / "shell.py"' in (ROOT / "app.py").read_text()


ON_ONESELF = {
    "invitations.change_password", "portal_details.change_portal_password", "portal_details.take_authenticator_off",
}
"""Acts that everybody who is signed in may do with their own account."""


def test_every_verb_and_reader_declares_its_permission() -> None:
    for module in pkgutil.iter_modules(practicerunner.workflows.__path__):
        importlib.import_module(f"practicerunner.workflows.{module.name}")
    undeclared = []
    for path in sorted((PACKAGE / "workflows").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            names = [a.arg for a in node.args.args]
            if names[:3] == ["session", "actor", "asked"] and f"{path.stem}.{node.name}" not in {**COMMANDS, **READERS}:
                undeclared.append(f"{path.stem}.{node.name}")
    assert set(undeclared) - ON_ONESELF == set(), "A verb declares @command(resource, action)."
    assert len(COMMANDS) > 30
    assert len(READERS) > 15


def test_what_is_frozen_has_its_trigger_named() -> None:
    assert set(FROZEN) <= set(Base.metadata.tables)
