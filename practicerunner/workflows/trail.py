"""Reading the audit log: who read, changed or was refused what, when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner.records import audit, practice
from practicerunner.rules.permissions import Scope, scopes
from practicerunner.vocabulary import Action, Outcome, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One act or refusal, to read."""

    seq: int
    at: datetime
    who: str
    role: str
    action: str
    resource: str
    subject: str
    outcome: Outcome
    detail: str


@reader(Resource.AUDIT_LOG)
def trail(
    session: Session, actor: Actor, first: date, last: date, *, refusals_only: bool = False,
    staff_id: int | None = None, page: int = 1,
) -> tuple[list[TrailRow], int]:
    """Rows from a date to a date, newest first, 50 a page, and their number.

    An owner sees all, others what they did themselves and what was done in their own cases, a supervisor also their
    supervisees' (TRUST 3.2).
    """
    found = scopes(actor.roles, Action.READ, Resource.AUDIT_LOG)
    people = None
    if Scope.ALL not in found:
        people = {actor.staff_id} | (actor.supervisees if Scope.SUPERVISED in found else set())
    zone = ZoneInfo(practice.the_practice(session).zone)
    rows, number = audit.rows_between(
        session, datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone),
        people, refusals_only=refusals_only, staff_id=staff_id, limit=PAGE, offset=(page - 1) * PAGE,
    )
    return [TrailRow(*row) for row in rows], number
