"""Now and today: the only clock. Tests and the demo set it with ``frozen``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

_frozen: datetime | None = None


def now() -> datetime:
    """The moment, aware, in UTC."""
    return _frozen or datetime.now(UTC)


def today(zone: str) -> date:
    """The date on the wall of somebody in ``zone`` (an IANA name)."""
    return now().astimezone(ZoneInfo(zone)).date()


def wall(zone: str) -> datetime:
    """Local wall-clock time in ``zone``, naive."""
    return now().astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def rules_version() -> str:
    """Which rules of the world's clocks this machine reckons with: the version of tzdata, such as ``2026f`` (R5)."""
    for folder in map(Path, TZPATH):
        for name in ("tzdata.zi", "+VERSION"):
            if (folder / name).is_file():
                with (folder / name).open(encoding="utf-8") as file:
                    return file.readline().split()[-1][:20]
    return metadata.version("tzdata")


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold time still at an aware ``moment``, for the whole process: for tests and the making of the demo practice."""
    global _frozen
    if moment.tzinfo is None:
        raise ValueError("a frozen moment needs a zone")
    before, _frozen = _frozen, moment.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
