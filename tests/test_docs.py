"""What the documents name is real, and what is real is named."""

import re
import subprocess
import sys
from pathlib import Path

from practicerunner.reports.catalogue import VIEWS
from practicerunner.ui.navigation import SCREENS
from practicerunner.ui.portal import PORTAL_SCREENS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_every_make_target_is_in_the_readme_and_the_reverse() -> None:
    real = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)) - {"help"}
    named = set(re.findall(r"`make ([a-z]+)`", README))
    assert named == real


def test_every_verb_of_the_command_line_is_in_the_readme_and_the_reverse() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "practicerunner", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    real = set(re.findall(r"^    ([a-z]+) ", shown, re.M)) - {"verb"}
    sentence = next(line for line in README.splitlines() if "has these verbs" in line)
    assert set(re.findall(r"`([a-z]+)`", sentence)) == real


def test_every_folder_of_the_house_is_in_the_readme() -> None:
    folders = {p.name for p in (ROOT / "practicerunner").iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert {name for name in folders if f"{name}/" not in README} == set()


def test_every_screen_has_its_page_and_every_page_its_screen() -> None:
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == {
        screen.name for screen in (*SCREENS, *PORTAL_SCREENS)
    }


def test_files_that_the_documents_name_exist() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        rooms = "practicerunner|pages|tests|docs|ui|workflows|rules"
        for name in re.findall(rf"`((?:{rooms})/[\w/]+\.\w+)`", document.read_text()):
            places = [ROOT / name, ROOT / "practicerunner" / name]
            assert any(place.exists() for place in places), (document.name, name)


def test_views_say_what_they_are() -> None:
    assert len(VIEWS) >= 5


def test_no_procedure_code_is_shipped() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = tracked.stdout.split("\n")
    for name in filter(re.compile(r"\.(py|md|sql|toml|txt|html)$").search, listed):
        if (ROOT / name).exists():
            found = re.findall(r"(?<![\d.#-])(?:908[3-5]\d|9079[12]|9921[1-5])(?![\d-])", (ROOT / name).read_text())
            assert found == [], name
