"""Alembic's door: migrations run in the caller's connection and transaction (``database.migrate``)."""

from typing import Any, Literal

from alembic import context

import practicerunner.records  # noqa: F401
from practicerunner.records.base import Base, Moment, WordColumn


def _plain_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our column types as the plain types they store, so that a migration never depends on later code."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, WordColumn):
        return "sa.String(length=32)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    render_item=_plain_type,
)
context.run_migrations()
