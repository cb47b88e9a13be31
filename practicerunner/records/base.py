"""What all tables share: the base class, ids, moments in UTC, revisions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, TypeDecorator, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from practicerunner import clock, ids

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A moment: aware in Python, naive UTC in both databases (so that index expressions stay immutable)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime: nobody could say later which zone it was in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Give the moment back with its zone, in one step: a month of a calendar has hundreds of them."""
        if dialect.name == "sqlite":
            return lambda kept: None if kept is None else datetime.fromisoformat(kept + "+00:00")
        return lambda kept: None if kept is None else kept.replace(tzinfo=UTC)


def stamp(value: datetime) -> str:
    """A moment as both databases read it from text."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def moment(value: datetime | str) -> datetime:
    """A moment from a column of a written statement: PostgreSQL gives a datetime, SQLite its text."""
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)


class WordColumn(TypeDecorator[StrEnum]):
    """A word of the vocabulary, stored as its text, given back as its enum member."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Only words of this enum are stored."""
        return None if value is None else self.words(value).value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], StrEnum | None]:
        """The enum member, looked up; asking the enum itself takes ten times as long, and lists have many words."""
        members: dict[Any, StrEnum | None] = {word.value: word for word in self.words} | {None: None}
        return members.__getitem__


class Base(DeclarativeBase):
    """Every table's class."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Moment, int: BigInteger}  # noqa: RUF012 (SQLAlchemy's own contract)


_ID = BigInteger().with_variant(Integer, "sqlite")
"""On SQLite only a key that is called INTEGER is the row's own place; another costs an index and a second look-up."""


class Row(Base):
    """A table with an id of our making and the moment it was written."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=False, default=ids.new_id)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


FOR_CHANGE = {"key_share": True}
"""How a row is locked that is going to be changed, not deleted: rows that refer to it can be written meanwhile.

Without it, who changes a client and who books for them wait for each other on PostgreSQL until one is turned away.
"""


class Revised(Row):
    """A row that people edit: a save with an old revision is refused (``errors.Stale``)."""

    __abstract__ = True
    revision: Mapped[int] = mapped_column(BigInteger, default=1)


def add_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one table in one statement; flush or insert first what they refer to.

    They do not become objects of the session, which is three times as quick where nobody needs them as such.
    """
    if rows:
        session.connection().execute(insert(table), rows)


def word(words: type[StrEnum], **kwargs: Any) -> Any:
    """A mapped column that holds a word of ``words``."""
    return mapped_column(WordColumn(words), **kwargs)


class Sees(Protocol):
    """What a list may show; ``workflows.access.Visibility`` fits."""

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
    @property
    def staff_ids(self) -> frozenset[int]:
        """Whose cases are shown."""
    @property
    def supervisor_id(self) -> int | None:
        """Whose supervised cases are shown too."""
    @property
    def but(self) -> frozenset[int]:
        """Cases that are left out all the same."""
    @property
    def themselves(self) -> int | None:
        """Who the reader is as a client of the practice, if they are one."""

    def __hash__(self) -> int:
        """Statements are kept by what they show."""
