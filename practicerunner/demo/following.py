"""The front desk follows up what is overdue: calls, reminders, what was agreed and what is to be done next."""

from datetime import date, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import CollectionPolicy, ContactMade
from practicerunner.workflows.collection import SetPracticeCollection, set_practice_collection
from practicerunner.workflows.follow_up import FollowUpPayer, follow_up_payer, overdue_list
from practicerunner.workflows.payment_reminders import SendReminders, send_reminders

ROUNDS = (20, 13, 6, 1)
"""How many days ago the desk went through the list."""
SAID = (
    (ContactMade.PHONE, "Will pay after the 5th", "Look for the payment", 4),
    (ContactMade.PHONE, "No answer, left word to call back", "Call again", 1),
    (ContactMade.IN_PERSON, "Asked for a copy of the invoice, given", "", 0),
    (ContactMade.LETTER, "Copy of the invoices by post", "Call if nothing has come", 8),
    (ContactMade.EMAIL, "Wrote that the transfer is made", "Look for the transfer", 2),
)


def begin(diary: Diary, house: House, today: date) -> None:
    """Let the desk go through the list now and then."""
    for place, back in enumerate(ROUNDS):
        diary.note(moment(today - timedelta(days=back), time(16, 40), ZONE), partial(_go_through, house, place))
    diary.note(moment(today - timedelta(days=25), time(8, 20), ZONE), partial(_decide, house))


def _decide(house: House, session: Session) -> None:
    """The owner keeps invoicing by hand, knowingly."""
    _do(session, house, OWNER, set_practice_collection, SetPracticeCollection(policy=CollectionPolicy.MANUAL))


def _do(session: Session, house: House, who: str, verb: Any, command: Any) -> None:
    verb(session, house.actors[who], command)
    session.flush()


def _go_through(house: House, place: int, session: Session) -> None:
    """Remind a few, speak to others; a round later others again."""
    rows = overdue_list(session, house.actors[ADMIN]).rows
    reminded = [row for row in rows if not row.why_not and not row.done.entries][:2 if place else 3]
    if reminded:
        _do(session, house, ADMIN, send_reminders, SendReminders(
            payer_ids=tuple(sorted({row.overdue.account.payer_id for row in reminded}))))
    today = clock.today(ZONE)
    for at, row in enumerate(rows[place:place + 4]):
        kind, remark, action, days = SAID[(at + place) % len(SAID)]
        _do(session, house, ADMIN, follow_up_payer, FollowUpPayer(
            payer_id=row.overdue.account.payer_id, case_id=row.overdue.account.case_id, kind=kind, happened_on=today,
            remark=remark, next_action=action, next_on=today + timedelta(days=days) if action else None,
        ))
