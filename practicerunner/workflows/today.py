"""What waits for somebody today: a count for each queue they work, the appointments, what was left unfinished."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import accounts, cases, practice, uninvoiced
from practicerunner.records.calendar import CalendarEntry
from practicerunner.rules import amendments as amendment_rule
from practicerunner.rules.breaches import URGENT, left_in_words
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, AppointmentStatus, EstimateWarning, NoteStatus, Resource
from practicerunner.workflows.access import Actor, may, visible
from practicerunner.workflows.alerts import AlertView, my_alerts
from practicerunner.workflows.amendment_lists import AmendmentLine, amendments_due
from practicerunner.workflows.billing import kinds_to_wait_for
from practicerunner.workflows.breaches import open_breaches
from practicerunner.workflows.calendar import appointments_between
from practicerunner.workflows.commands import reader
from practicerunner.workflows.custody_pages import CustodyLine, custodies_waiting
from practicerunner.workflows.documentation import ToSign, documentation_due, my_queue
from practicerunner.workflows.estimate_watch import estimates_exceeded
from practicerunner.workflows.inquiry_queue import cases_to_open, open_inquiries
from practicerunner.workflows.message_pages import unread_conversations
from practicerunner.workflows.plans import plan_reviews_due
from practicerunner.workflows.releases import releases_waiting
from practicerunner.workflows.request_queue import how_many_wait
from practicerunner.workflows.review_queue import barred_reviews, stranded_reviews

LOOK_BACK_DAYS = 30
UNRECORDED = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of "Needs you": what waits, how much of it, and the page that clears it."""

    sentence: str
    page: str
    urgent: bool = False
    selectors: dict[str, object] = field(default_factory=dict)
    """What the page is opened with."""


@dataclass(frozen=True, slots=True)
class Day:
    """Everything the first page shows."""

    wall: datetime
    """The practice's wall clock, naive."""
    waiting: tuple[Waiting, ...]
    appointments: tuple[CalendarEntry, ...]
    unfinished: tuple[CalendarEntry, ...]
    """Past appointments whose attendance is not recorded, the newest first."""


def _many(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@reader(Resource.APPOINTMENTS)
def day(session: Session, actor: Actor) -> Day:
    """The actor's day: their own, or the practice's for whoever sees it all."""
    zone = practice.the_practice(session).zone
    wall, today = clock.wall(zone), clock.today(zone)
    recent = appointments_between(session, actor, today - timedelta(days=LOOK_BACK_DAYS), today)
    unfinished = [entry for entry in recent if entry.status in UNRECORDED and _end(entry) <= wall]
    return Day(
        wall, tuple(_waiting(session, actor, today, len(unfinished))),
        tuple(e for e in recent if e.local_date == today and e.status is not AppointmentStatus.CANCELLED),
        tuple(reversed(unfinished)),
    )


def _end(entry: CalendarEntry) -> datetime:
    return datetime.combine(entry.local_date, entry.local_time) + timedelta(minutes=entry.minutes)


def _waiting(session: Session, actor: Actor, today: date, unfinished: int) -> list[Waiting]:
    """The queues that are not empty, the most pressing first."""
    found: list[Waiting] = []
    if may(actor, Action.READ, Resource.QUESTIONNAIRES):
        found += [
            _critical(alert) for alert in my_alerts(session, actor)
        ]
    found += [
        Waiting(f"Wrong recipient: {left_in_words(days)}", "breaches", urgent=days <= URGENT,
                selectors={"breach": breach_id})
        for breach_id, days in open_breaches(session, actor)
    ]
    if may(actor, Action.READ, Resource.CLINICAL_NOTE):
        queue = my_queue(session, actor)
        if queue.to_review or queue.addenda:
            number = len(queue.to_review) + len(queue.addenda)
            waits = _many(number, "note waits", "notes wait")
            found.append(Waiting(f"{waits} for your co-signature", "supervision"))
        if queue.returned:
            notes = _many(len(queue.returned), "note was", "notes were")
            found.append(Waiting(f"{notes} returned by your supervisor", "documentation"))
        overdue = sum(
            due.overdue for due in documentation_due(session, actor)
            if due.provider_id == actor.staff_id and due.status is not NoteStatus.RETURNED)  # it has a line of its own
        found += [
            Waiting(f"{_note_of(one)} documents a critical answer and is not signed", "note", urgent=one.overdue,
                    selectors={"note": one.line.note_id})
            for one in queue.to_sign
        ]
        if overdue:
            found.append(Waiting(f"{_many(overdue, 'note is', 'notes are')} overdue", "documentation", urgent=True))
        found += [_amendment(one, today) for one in amendments_due(session, actor)]
        plans = sum(due.provider_id == actor.staff_id for due in plan_reviews_due(session, actor))
        if plans:
            found.append(Waiting(f"{_many(plans, 'treatment plan', 'treatment plans')} to review", "documentation"))
        found += [
            Waiting(one.sentence, "case", selectors={"case": one.case_id, "part": "clinical"})
            for one in releases_waiting(session, actor)
        ] + [_custody(one) for one in custodies_waiting(session, actor)]
    if may(actor, Action.MANAGE, Resource.USERS):
        found += [
            Waiting(f"{_many(number, 'note waits', 'notes wait')} for {whom}", "supervision") for number, whom in (
                (barred_reviews(session, actor), "a supervisor who may not sign there"),
                (stranded_reviews(session, actor), "somebody who supervises no more"),
            ) if number
        ]
    found += _asked(session, actor)
    if may(actor, Action.CREATE, Resource.SUPERBILLS):
        above, everybody_s = estimates_exceeded(session, actor), may(actor, Action.CREATE, Resource.INVOICES)
        found += [
            Waiting(f"Bills {one.warning.label}: {one.name}", "case",
                    urgent=one.warning is EstimateWarning.EXCEEDED and not one.is_followed,
                    selectors={"case": one.case_id, "part": "billing"})
            for one, is_mine in above if is_mine or everybody_s
        ]
    if unfinished:
        found.append(Waiting(f"{_many(unfinished, 'appointment', 'appointments')} without attendance", "today"))
    if may(actor, Action.CREATE, Resource.INVOICES):
        sees = visible(actor, Action.CREATE, Resource.INVOICES)
        _, late, _ = accounts.open_invoices(session, cases.seen(sees), due_before=today, limit=1, offset=0)
        if late:
            found.append(Waiting(f"{_many(late, 'invoice is', 'invoices are')} overdue", "billing", urgent=True))
        ready = uninvoiced.number(session, sees, kinds_to_wait_for(session))
        if ready:
            found.append(Waiting(f"{_many(ready, 'appointment', 'appointments')} to invoice", "billing"))
    return found


def _critical(alert: AlertView) -> Waiting:
    """A critical answer; whoever stands in for the provider opens their appointment, for the case is not theirs."""
    said = f"Critical answer: {alert.person}, {alert.form}"
    if alert.appointment_id is not None:
        return Waiting(said, "appointment", urgent=True, selectors={"appointment": alert.appointment_id})
    return Waiting(said, "case", urgent=True, selectors={"case": alert.case_id, "part": "clinical"})


def _custody(one: CustodyLine) -> Waiting:
    said = "confirm the release" if one.may_confirm else "release now"
    return Waiting(f"Private notes of {one.author}: {said}", "note", selectors={"custody": one.private_custody_id})


def _amendment(one: AmendmentLine, today: date) -> Waiting:
    """A request to amend; pressing once two weeks are left, as with a wrong recipient.

    An owner who has to find somebody who answers it opens the case: the text is not theirs to read.
    """
    left = amendment_rule.left_in_words(one.due_on, today)
    said = f"Request to amend the {one.word} of {one.person}: {left}"
    urgent = (one.due_on - today).days <= URGENT
    if one.is_mine:
        return Waiting(said, "amendment", urgent=urgent, selectors={"amendment": one.amendment_id})
    if not one.decided_by:
        said = f"Nobody answers the request to amend of {one.person}: {left}"
    return Waiting(f"{said}; {one.lacks}", "case", urgent=urgent, selectors={"case": one.case_id, "part": "clinical"})


def _note_of(one: ToSign) -> str:
    return f"{one.line.title} of {one.line.about or one.line.case_name}"


def _asked(session: Session, actor: Actor) -> list[Waiting]:
    """What people ask for and write: clients another time, others whether they can come."""
    found = []
    if may(actor, Action.READ, Resource.MESSAGES_ADMIN):
        unread = unread_conversations(session, actor)
        if unread:
            found.append(Waiting(f"{_many(unread, 'conversation', 'conversations')} with something new", "messages"))
    asked = how_many_wait(session, actor)
    if asked:
        found.append(Waiting(f"{_many(asked, 'request', 'requests')} waiting", "requests"))
    if may(actor, Action.READ, Resource.CLIENT_DIRECTORY):
        number, first = open_inquiries(session, actor)
        if number:
            waits = f"Inquiry from {first}" if number == 1 else f"{number} inquiries waiting"
            found.append(Waiting(waits, "inquiries"))
        number, first = cases_to_open(session, actor)
        if number:
            waits = f"Open a case for {first}" if number == 1 else f"{number} cases to open after inquiries"
            found.append(Waiting(waits, "inquiries"))
    return found


def is_shared(entry: CalendarEntry) -> bool:
    """Whether attendance is each participant's own, so that one click cannot say it all."""
    return capabilities(entry.case_type).attendance_each
