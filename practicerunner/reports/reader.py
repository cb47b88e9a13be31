"""Reading a view, the one door between pages and reports: it refreshes, asks permission and narrows to the scope."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from practicerunner import clock
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.reports.catalogue import VIEWS, View
from practicerunner.reports.replica import Replica, replica_of
from practicerunner.rules import permissions
from practicerunner.rules.permissions import Scope
from practicerunner.vocabulary import Action, Resource, Role


class Viewer(Protocol):
    """Who is reading; ``workflows.access.Actor`` fits."""

    @property
    def staff_id(self) -> int:
        """Their own id."""
    @property
    def roles(self) -> frozenset[Role]:
        """What they may be here."""
    @property
    def supervisees(self) -> frozenset[int]:
        """Whom they supervise today."""
    @property
    def own_cases(self) -> frozenset[int]:
        """In which they take or took part as a client: of these no report tells them anything (TRUST A11)."""


class NoSuchView(NotFound):
    """There is no such report."""


Row = dict[str, Any]
"""Column → value: cents, words, dates, and moments in UTC."""


_EVERY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """Which rows: as of the end of a day, from ``start`` to ``end`` (both included), of one provider."""

    as_of: date
    start: date | None = None
    end: date | None = None
    provider_id: int | None = None


def read(
    source: Engine, viewer: Viewer, view: str, *, as_of: date, start: date | None = None, end: date | None = None,
    provider_id: int | None = None, only: str = "", where: Mapping[str, Any] = _EVERY, limit: int | None = None,
    offset: int = 0,
) -> list[Row]:
    """The rows of a view as of the end of a day (or now, if that day is not over), within what the viewer may see.

    ``start`` and ``end`` (both included) apply to views with a period; ``provider_id`` narrows further, ``only`` names
    a column whose rows of nothing are left out, and ``where`` columns with the value they have to have, empty included.
    Rows come in the order of the view's period, then its key.
    Raises NotPermitted, or NoSuchView for a name that is no report.
    """
    mart = _mart(viewer, view)
    rows, values = _rows(viewer, mart, Reading(as_of, start, end, provider_id))
    order = ", ".join([*([mart.period] if mart.period else []), *mart.key])
    some, more = _some(only, where)
    page = "" if limit is None else f" limit {int(limit)} offset {int(offset)}"
    asked = f"select * from {rows}{some} order by {order}{page}"  # noqa: S608
    return _asked(source, viewer, mart, asked, [*values, *more], as_of)


def totals(
    source: Engine, viewer: Viewer, view: str, columns: Sequence[str], *, by: Sequence[str] = (), as_of: date,
    start: date | None = None, end: date | None = None, provider_id: int | None = None, only: str = "",
    where: Mapping[str, Any] = _EVERY,
) -> list[Row]:
    """Columns of a view added up, for each value of ``by`` and in that order, with the number of rows as ``rows``.

    Within what the viewer may see, like ``read``: what is empty in their rows is empty in what is added up by it.
    """
    mart = _mart(viewer, view)
    rows, values = _rows(viewer, mart, Reading(as_of, start, end, provider_id))
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in columns)
    some, more = _some(only, where)
    groups = ", ".join(by)
    grouped = f" group by {groups} order by {groups}" if by else ""
    wanted = ", ".join([*by, "count(*) as rows", *([sums] if sums else [])])
    asked = f"select {wanted} from {rows}{some}{grouped}"  # noqa: S608
    return _asked(source, viewer, mart, asked, [*values, *more], as_of)


def _some(only: str, where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The condition on what the viewer sees, so that nobody can ask after a column that is empty to them."""
    conditions = [f"{name} is not distinct from ?" for name in where]
    conditions += [f"{only} <> 0"] if only else []
    return (f" where {' and '.join(conditions)}" if conditions else ""), list(where.values())


def _mart(viewer: Viewer, view: str) -> View:
    mart = VIEWS.get(view)
    if mart is None:
        raise NoSuchView(actor=viewer, action=Action.READ, resource="report")
    return mart


def _rows(viewer: Viewer, mart: View, reading: Reading) -> tuple[str, list[Any]]:
    """The part of a view that the viewer may see and asks for, as something to select from; names are our own."""
    providers = _providers(viewer, mart.resource)
    if providers is not None and not providers:
        raise NotPermitted(actor=viewer, action=Action.READ, resource=mart.resource)
    conditions: list[str] = []
    wanted: list[Any] = []
    for condition, value in (
        (f"{mart.period} >= ?", reading.start if mart.period else None),
        (f"{mart.period} <= ?", reading.end if mart.period else None),
        ("provider_id = ?", reading.provider_id),
        ("list_contains(cast(? as bigint[]), provider_id)", None if providers is None else sorted(providers)),
    ):
        if value is not None:
            conditions.append(condition)
            wanted.append(value)
    columns, hidden = _columns(viewer, mart.restricted)
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"(select {columns} from {mart.name}{where})", [*hidden, *wanted]  # noqa: S608


def _asked(source: Engine, viewer: Viewer, mart: View, sql: str, values: list[Any], as_of: date) -> list[Row]:
    replica = replica_of(source)
    replica.refresh()
    moment = moment_of(replica, as_of) if mart.has_moment else None
    names, rows = replica.query(sql, values, day=as_of, moment=moment, but=viewer.own_cases)
    found = [dict(zip(names, row)) for row in rows]  # noqa: B905  (thousands of rows, each as long as the names)
    for at, name in enumerate(names):
        if isinstance(next((row[at] for row in rows if row[at] is not None), None), datetime):
            for line in found:
                line[name] = _aware(line[name])
    return found


def _providers(viewer: Viewer, resource: Resource) -> Collection[int] | None:
    """Whose rows the viewer may read: ``None`` is everybody's, nothing is nobody's."""
    found = permissions.scopes(viewer.roles, Action.READ, resource)
    if Scope.ALL in found:
        return None
    own = {viewer.staff_id} if Scope.OWN in found else set()
    return own | (viewer.supervisees if Scope.SUPERVISED in found else set())


def _columns(
    viewer: Viewer, restricted: tuple[tuple[Resource, frozenset[str]], ...]
) -> tuple[str, list[Any]]:
    """The select list: a column that takes another permission is empty in rows outside its own scope."""
    replaced: list[str] = []
    parameters: list[Any] = []
    for resource, names in restricted:
        providers = _providers(viewer, resource)
        if providers is None:
            continue
        for name in sorted(names):
            replaced.append(f"case when list_contains(cast(? as bigint[]), provider_id) then {name} end as {name}")
            parameters.append(sorted(providers))
    return (f"* replace ({', '.join(replaced)})" if replaced else "*"), parameters


def moment_of(replica: Replica, day: date) -> datetime:
    """The end of a day where the practice is, or now if that is still ahead; naive UTC like the records."""
    _, rows = replica.query("select zone from stg_practice")
    zone = ZoneInfo(rows[0][0] if rows else "UTC")
    over = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return min(clock.now(), over).astimezone(UTC).replace(tzinfo=None)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
