"""What came in from files, row by row, so that an import can be checked, repeated and undone (K04)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.vocabulary import RowOutcome


class ImportRun(Row):
    """One import of one file. The file itself is not kept, only its fingerprint."""

    __tablename__ = "import_run"

    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Outcome → number of rows."""
    imported_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]


class ImportedRow(Row):
    """One line of an imported file: what became of it and which records it made."""

    __tablename__ = "imported_row"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    line: Mapped[int]
    outcome: Mapped[RowOutcome] = word(RowOutcome)
    reason: Mapped[str] = mapped_column(String(300), default="")
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("run_id", "line"),)
