"""Named queries over several tables: finding cases, the client list, and the facts of a case's summary."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from practicerunner.records.base import Sees
from practicerunner.records.cases import Case, seen
from practicerunner.vocabulary import CaseType


def _matching(words: Sequence[str]) -> ColumnElement[bool]:
    return and_(True, *(Case.search_text.contains(word, autoescape=True) for word in words))


def find(session: Session, words: Sequence[str], visibility: Sees, limit: int) -> list[tuple[int, str, CaseType]]:
    """Cases whose search text has all the words, within what somebody may see, by name."""
    rows = session.execute(
        select(Case.id, Case.name, Case.type).where(seen(visibility), _matching(words))
        .order_by(Case.sort_key, Case.id).limit(limit)
    )
    return [(case_id, name, kind) for case_id, name, kind in rows]
