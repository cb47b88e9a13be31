"""Somebody who came from another programme with a balance that is still owed: it stands on no invoice."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.rules.scheduling import moment
from practicerunner.workflows.imports import ImportClients, import_clients, look_at

PROVIDER = "Owen"
FILE = b"""First name,Last name,Date of birth,Email,Opening balance
Hedda,Winslow,1979-03-14,hedda.winslow@example.com,85.00
"""


def begin(diary: Diary, house: House, today: date) -> None:
    """Ten weeks ago."""
    diary.note(moment(today - timedelta(days=70), time(13, 15), ZONE), partial(_bring, house))


def _bring(house: House, session: Session) -> None:
    import_clients(session, house.actors[OWNER], ImportClients(
        file=FILE, file_name="before.csv", mapping=dict(look_at(FILE).mapping),
        default_provider_id=house.staff_id(PROVIDER)))
    session.flush()
