"""The table of diagnosis codes for the tests: built once from the installed package, shared by every test and run."""

import fcntl
import hashlib
import os
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from practicerunner.records import code_table, codes

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
