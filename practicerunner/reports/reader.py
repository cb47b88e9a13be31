"""Reading a view, the one door between pages and reports: it refreshes, asks permission and narrows to the scope."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from practicerunner import clock
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.reports.catalogue import VIEWS
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


class NoSuchView(NotFound):
    """There is no such report."""


Row = dict[str, Any]
"""Column → value: cents, words, dates, and moments in UTC."""


def read(
    source: Engine, viewer: Viewer, view: str, *, as_of: date, start: date | None = None, end: date | None = None,
    provider_id: int | None = None, payer_id: int | None = None, limit: int | None = None,
) -> list[Row]:
    """The rows of a view as of the end of a day (or now, if that day is not over), within what the viewer may see.

    ``start`` and ``end`` (both included) apply to views with a period; ``provider_id`` and ``payer_id`` narrow further,
    and ``limit`` keeps the first of them.
    Rows come in the order of the view's key. Raises NotPermitted, or NoSuchView for a name that is no report.
    """
    mart = VIEWS.get(view)
    if mart is None:
        raise NoSuchView(actor=viewer, action=Action.READ, resource="report")
    providers = _providers(viewer, mart.resource)
    if providers is not None and not providers:
        raise NotPermitted(actor=viewer, action=Action.READ, resource=mart.resource)
    conditions: list[str] = []
    wanted: list[Any] = []
    for condition, value in (
        (f"{mart.period} >= ?", start if mart.period else None),
        (f"{mart.period} <= ?", end if mart.period else None),
        ("provider_id = ?", provider_id),
        ("payer_id = ?", payer_id),
        ("list_contains(cast(? as bigint[]), provider_id)", None if providers is None else sorted(providers)),
    ):
        if value is not None:
            conditions.append(condition)
            wanted.append(value)
    columns, hidden = _columns(viewer, mart.restricted)
    where = f" where {' and '.join(conditions)}" if conditions else ""
    replica = replica_of(source)
    replica.refresh()
    names, rows = replica.query(
        f"select {columns} from {view}{where} order by {', '.join(mart.key)}"  # noqa: S608 (names are our own)
        + (f" limit {int(limit)}" if limit is not None else ""),
        [*hidden, *wanted], day=as_of, moment=moment_of(replica, as_of),
    )
    found = [dict(zip(names, row, strict=True)) for row in rows]
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
