"""One history of a case: what was written in its threads, and what went out by e-mail, as far as its reader may know.

No text: of a message that somebody wrote it, in which thread; of an e-mail what it was, to whom, and what became of it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from practicerunner.records import messages, outbox, practice, thread_lists
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules.messages import Window
from practicerunner.vocabulary import Action, MessageKind, MessageStatus, Resource
from practicerunner.workflows.access import Actor, may, may_touch
from practicerunner.workflows.audiences import full_name, sight_of, thread_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.outbox import recipient

LATEST = 100
_RESOURCES = {
    MessageKind.REMINDER: Resource.APPOINTMENTS, MessageKind.REQUEST_ANSWERED: Resource.APPOINTMENTS,
    MessageKind.APPOINTMENT_CHANGED: Resource.APPOINTMENTS, MessageKind.APPOINTMENT_CANCELLED: Resource.APPOINTMENTS,
    MessageKind.FORM_REMINDER: Resource.CONSENTS, MessageKind.ACCESS_GRANTED: Resource.DEMOGRAPHICS,
    MessageKind.PORTAL_LINK: Resource.DEMOGRAPHICS, MessageKind.DETAILS_ASKED: Resource.DEMOGRAPHICS,
    MessageKind.INVOICE_ISSUED: Resource.INVOICES, MessageKind.PAYMENT_RECEIVED: Resource.INVOICES,
    MessageKind.PAYMENT_FAILED: Resource.INVOICES, MessageKind.PAYMENT_REMINDER: Resource.INVOICES,
    MessageKind.PAPER_READY: Resource.INVOICES,
}
"""Whoever may read these may know of the e-mail; of a kind that is not here nobody is told."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Something that was said to or by somebody."""

    at: datetime
    who: str
    what: str
    """``wrote in Times``, ``Reminder``."""
    thread_id: int | None
    status: MessageStatus | None
    """What became of an e-mail."""


@dataclass(frozen=True, slots=True)
class History:
    """The latest lines, the newest first."""

    lines: tuple[HistoryLine, ...]
    zone: str


@reader(Resource.CASE)
def communication_of_case(session: Session, actor: Actor, case_id: int) -> History:
    """What was said in a case, within the threads and kinds of e-mail that the actor may read. Raises NotFound."""
    case = case_for(session, actor, case_id)
    lines = [*_written(session, actor, case), *_sent(session, actor, case)]
    return History(
        tuple(sorted(lines, key=lambda line: line.at, reverse=True)[:LATEST]), practice.the_practice(session).zone)


def _sent(session: Session, actor: Actor, case: Case) -> list[HistoryLine]:
    return [
        HistoryLine(row[0].sent_at or row[0].created_at, recipient(row), row[0].kind.label, None, row[0].status)
        for row in outbox.about(session, case_id=case.id, limit=LATEST)
        if row[0].kind in _RESOURCES and may_touch(
            actor, Action.READ, _RESOURCES[row[0].kind], responsible=[case.provider_id],
            supervisor_id=case.supervisor_id)
    ]


def _written(session: Session, actor: Actor, case: Case) -> list[HistoryLine]:
    if not may(actor, Action.READ, Resource.MESSAGES_ADMIN):
        return []
    threads = {one.thread_id: one for one in thread_lists.of_case(session, sight_of(actor), case.id)}
    windows: dict[int, Window] = {one: thread_for(session, actor, one).window for one in threads}
    names: dict[tuple[int | None, int | None], str] = {}
    found = []
    for stamp in messages.stamps_of(session, list(threads)):
        if not windows[stamp.thread_id].shows(stamp.number, stamp.at):
            continue
        key = (stamp.staff_id, stamp.person_id)
        if key not in names:
            names[key] = (
                session.get_one(Staff, stamp.staff_id).name if stamp.staff_id is not None
                else full_name(session.get_one(Person, stamp.person_id)))
        found.append(HistoryLine(
            stamp.at, names[key], f"wrote in {threads[stamp.thread_id].subject}", stamp.thread_id, None))
    return found
