"""Threads as staff find them: which of them somebody sees, the shelves on which they lie, those of a case.

Every statement is built once for all who see alike.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, false, func, or_, select, true
from sqlalchemy.orm import Session

from practicerunner.records.cases import Case
from practicerunner.records.messages import MessageThread, ThreadPerson, ThreadRead
from practicerunner.records.people import Person
from practicerunner.records.staff import STAFF_NAME, Staff
from practicerunner.vocabulary import CaseType, ThreadClass


class Sight(NamedTuple):
    """Which threads a member of staff may see: administrative ones of every case or of their own, and clinical ones."""

    staff_id: int
    all_admin: bool
    own_admin: bool
    own_clinical: bool
    but: frozenset[int] = frozenset()
    """Cases that are left out all the same: those of the reader as a client."""
    themselves: int | None = None
    """Who the reader is as a client."""

    @property
    def anyones(self) -> "Sight":
        """The same without saying whose: the statements are one for all who see alike."""
        return self._replace(staff_id=0)


class Supervising(NamedTuple):
    """Whose clinical threads somebody reads as a supervisor: of some providers, each since a moment, or as named."""

    staff_id: int
    begun: dict[int, datetime]
    """Provider → the beginning of their supervision."""
    shared: tuple[CaseType, ...]
    """Kinds in which a thread of one person is theirs apart."""
    but: frozenset[int] = frozenset()


class Conversation(NamedTuple):
    """A thread in the list of staff."""

    thread_id: int
    subject: str
    thread_class: ThreadClass
    archived_at: datetime | None
    last_at: datetime
    case_id: int
    case_name: str
    case_type: CaseType
    assigned: str
    unread: bool


_ME: BindParameter[Any] = bindparam("staff_id")
_UNREAD = func.coalesce(ThreadRead.number, 0) < MessageThread.last_number
_ARCHIVED = MessageThread.archived_at.is_not(None)
_ASSIGNED = func.coalesce(func.trim(STAFF_NAME), "")
_LATEST = MessageThread.last_at.desc(), MessageThread.id.desc()


def _seen(sight: Sight) -> ColumnElement[bool]:
    """That somebody may see a thread: of their own case, one in which they take part, or (administrative) any."""
    taking_part = select(ThreadPerson.id).where(
        ThreadPerson.thread_id == MessageThread.id, ThreadPerson.staff_id == _ME, ThreadPerson.left_at.is_(None),
    ).exists()
    own = or_(Case.provider_id == _ME, taking_part)
    admin = MessageThread.thread_class == ThreadClass.ADMIN
    allowed: list[ColumnElement[bool]] = []
    if sight.all_admin:
        allowed.append(admin)
    elif sight.own_admin:
        allowed.append(and_(admin, own))
    if sight.own_clinical:
        allowed.append(and_(MessageThread.thread_class == ThreadClass.CLINICAL, own))
    found = or_(false(), *allowed)  # who only supervises has none of their own
    return and_(found, MessageThread.case_id.not_in(sight.but)) if sight.but else found


def _listed(sight: Sight) -> Select[*tuple[Any, ...]]:
    return _lines().where(_seen(sight))


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            MessageThread.id, MessageThread.subject, MessageThread.thread_class, MessageThread.archived_at,
            MessageThread.last_at, Case.id, Case.name, Case.type, _ASSIGNED, _UNREAD,
        )
        .join(Case, Case.id == MessageThread.case_id).outerjoin(Staff, Staff.id == MessageThread.assigned_to_id)
        .outerjoin(ThreadRead, and_(ThreadRead.thread_id == MessageThread.id, ThreadRead.staff_id == _ME))
    )


def _rows(session: Session, query: Select[*tuple[Any, ...]], sight: Sight, **values: Any) -> list[Conversation]:
    rows = session.connection().execute(query, {"staff_id": sight.staff_id} | values)
    return [Conversation(*row) for row in rows]


def _found(words: Sequence[str]) -> ColumnElement[bool]:
    """That every word is in the names of the case and its people, or of somebody else who takes part."""
    taking_part = select(ThreadPerson.thread_id).join(Person, Person.id == ThreadPerson.person_id)
    return and_(true(), *(
        or_(
            Case.search_text.contains(one, autoescape=True),
            MessageThread.id.in_(taking_part.where(Person.search_text.contains(one, autoescape=True))),
        ) for one in words
    ))


def conversations(
    session: Session, sight: Sight, *, archived: bool = False, mine: bool = False, unassigned: bool = False,
    words: Sequence[str] = (), limit: int, offset: int = 0,
) -> list[Conversation]:
    """A page of the threads that a member of staff may see, unread ones first, then the latest."""
    page, _ = _shelf(sight.anyones, archived, mine, unassigned)
    return _rows(session, page.where(_found(words)) if words else page, sight, most=limit, after=offset)


def number_of(
    session: Session, sight: Sight, *, archived: bool = False, mine: bool = False, unassigned: bool = False,
    words: Sequence[str] = (),
) -> int:
    """How many threads there are on a shelf that a member of staff may see."""
    _, number = _shelf(sight.anyones, archived, mine, unassigned)
    found = session.connection().execute(
        number.where(_found(words)) if words else number, {"staff_id": sight.staff_id})
    return found.scalar() or 0


@cache
def _shelf(
    sight: Sight, archived: bool, mine: bool, unassigned: bool
) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """The statements for a page of a shelf and for the number of its threads, for all who see alike."""
    query = _listed(sight).where(_ARCHIVED if archived else ~_ARCHIVED)
    if mine:
        query = query.where(MessageThread.assigned_to_id == _ME)
    if unassigned:
        query = query.where(MessageThread.assigned_to_id.is_(None))
    page = query.order_by(case((_UNREAD, 0), else_=1), *_LATEST).limit(bindparam("most")).offset(bindparam("after"))
    return page, query.with_only_columns(func.count(), maintain_column_froms=True)


class Shelves(NamedTuple):
    """How many threads that are not archived somebody may see, and how many of them have something new."""

    mine: int
    unassigned: int
    all: int
    unread: int


def shelves(session: Session, sight: Sight) -> Shelves:
    """How many threads lie where."""
    row = session.connection().execute(_shelves(sight.anyones), {"staff_id": sight.staff_id}).one()
    return Shelves(*(int(value or 0) for value in row))


@cache
def _shelves(sight: Sight) -> Select[*tuple[Any, ...]]:
    return _listed(sight).where(~_ARCHIVED).with_only_columns(
        func.sum(case((MessageThread.assigned_to_id == _ME, 1), else_=0)),
        func.sum(case((MessageThread.assigned_to_id.is_(None), 1), else_=0)), func.count(),
        func.sum(case((_UNREAD, 1), else_=0)), maintain_column_froms=True,
    )


def supervised(
    session: Session, whose: Supervising, *, words: Sequence[str] = (), case_id: int | None = None, limit: int = 200,
    offset: int = 0,
) -> tuple[list[Conversation], int]:
    """Clinical threads that somebody reads as a supervisor, without a part in them, the latest first; and how many."""
    client = func.coalesce(ThreadPerson.for_id, ThreadPerson.person_id)
    together = select(func.count(client.distinct())).where(
        ThreadPerson.thread_id == MessageThread.id, ThreadPerson.person_id.is_not(None),
        ThreadPerson.left_at.is_(None), ThreadPerson.from_number == 1).scalar_subquery()
    inside = select(ThreadPerson.id).where(
        ThreadPerson.thread_id == MessageThread.id, ThreadPerson.staff_id == _ME, ThreadPerson.left_at.is_(None))
    query = _lines().where(
        MessageThread.thread_class == ThreadClass.CLINICAL, ~_ARCHIVED, Case.provider_id != _ME, ~inside.exists(),
        or_(Case.type.not_in(whose.shared), together >= 2), _found(words), MessageThread.case_id.not_in(whose.but),
        or_(and_(Case.supervisor_id == _ME, MessageThread.last_at >= Case.supervisor_named_at), *(
            and_(Case.provider_id == provider_id, MessageThread.last_at >= since)
            for provider_id, since in whose.begun.items())),
    )
    if case_id is not None:
        query = query.where(MessageThread.case_id == case_id)
    me = {"staff_id": whose.staff_id}
    number = session.connection().execute(query.with_only_columns(func.count(), maintain_column_froms=True), me)
    rows = session.connection().execute(query.order_by(*_LATEST).limit(limit).offset(offset), me)
    return [Conversation(*row)._replace(unread=False) for row in rows], number.scalar() or 0


def of_case(session: Session, sight: Sight, case_id: int) -> list[Conversation]:
    """Threads of a case that a member of staff may see, the latest first, archived ones last."""
    return _rows(session, _of_case(sight.anyones), sight, case_id=case_id)


@cache
def _of_case(sight: Sight) -> Select[*tuple[Any, ...]]:
    return _listed(sight).where(MessageThread.case_id == bindparam("case_id")).order_by(
        case((_ARCHIVED, 1), else_=0), *_LATEST)
