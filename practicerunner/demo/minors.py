"""A client who is not of age and consented herself: her next appointment and what is given to her stay with her."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.demo.story import Story
from practicerunner.records import cases
from practicerunner.records.people import Person
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import ConsentBasis
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis

YOUNG = ("Jasmine|Aguilar", "Dara|Rahmani", "Oliver|Strand")
"""The first who is a minor still."""
REASON = "came by herself, understands what treatment is and what it is for; talked over in supervision"


def begin(diary: Diary, house: House, story: Story, today: date) -> None:
    """Yesterday at noon, from that day on."""
    diary.note(moment(today - timedelta(days=1), time(12, 30), ZONE), partial(_consent, house, story))


def _consent(house: House, story: Story, session: Session) -> None:
    today = clock.today(ZONE)
    for name in YOUNG:
        person_id = story.person_ids.get(name)
        person = session.get(Person, person_id) if person_id is not None else None
        if person is None or is_adult(person.birth_date, today) is not False:
            continue
        case = next((one for one in cases.cases_of(session, person.id) if capabilities(one.type).confidential), None)
        if case is not None:
            set_consent_basis(session, house.actors[OWNER], SetConsentBasis(
                case_id=case.id, person_id=person.id, basis=ConsentBasis.MINOR, since=today, state="NY", reason=REASON,
                confirmed=True))
            session.flush()
            return
