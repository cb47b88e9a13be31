"""What clients want corrected in their record: one request waits, one was denied; and a draft that was set aside."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.records import cases
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import AmendmentChannel, DenialGround, NoteKind
from practicerunner.workflows.amendment_answers import AddStatement, DenyAmendment, add_statement, deny_amendment
from practicerunner.workflows.amendments import RecordAmendment, record_amendment
from practicerunner.workflows.clients import client_list
from practicerunner.workflows.documentation import notes_of_case
from practicerunner.workflows.notes import DiscardDraft, SaveDraft, StartNote, discard_draft, save_draft, start_note

PROVIDER = "Owen"
WANTED = "The note says that I live alone. I live with my sister since May; please correct it."
OTHER = "The note says that I came late. The train was late, I was not; please take it out."
BASIS = "The note says when the session began: ten minutes after the time that was agreed. It does not say why."
STATEMENT = "I disagree. Whoever reads this has to know that the line was closed that morning."
MEMO = "Ask at the front desk about the quiet room on Thursdays."


def begin(diary: Diary, house: House, today: date) -> None:
    """A memo that was discarded a few days ago, a request of three weeks ago, one of five that was denied."""
    diary.note(moment(today - timedelta(days=20), time(10, 5), ZONE), partial(_ask, house, 0, WANTED))
    diary.note(moment(today - timedelta(days=36), time(9, 40), ZONE), partial(_ask, house, 1, OTHER, denied=True))
    diary.note(moment(today - timedelta(days=4), time(18, 5), ZONE), partial(_set_aside, house))


def _ask(house: House, place: int, words: str, session: Session, *, denied: bool = False) -> None:
    """The front desk writes down a letter; the second is denied, and the client disagrees."""
    today, provider = clock.today(ZONE), house.actors[PROVIDER]
    found = [row.case_id for row in client_list(session, provider).rows
             if capabilities(row.type).most == 1 and capabilities(row.type).clinical_fields]
    if place >= len(found):  # a smaller practice
        return
    (_, person), *_ = cases.people_in(session, found[place])
    if is_adult(person.birth_date, today) is False:
        return
    made = record_amendment(session, house.actors[ADMIN], RecordAmendment(
        case_id=found[place], person_id=person.id, received_on=today, channel=AmendmentChannel.LETTER, wanted=words))
    session.flush()
    if denied:
        deny_amendment(session, provider, DenyAmendment(
            amendment_id=made, revision=1, ground=DenialGround.ACCURATE, basis=BASIS))
        add_statement(session, provider, AddStatement(amendment_id=made, text=STATEMENT, given_on=today))
        session.flush()


def _set_aside(house: House, session: Session) -> None:
    """A memo that its author thought better of."""
    provider = house.actors[PROVIDER]
    for row in client_list(session, provider).rows:
        there = [line.appointment_id for line in notes_of_case(session, provider, row.case_id)
                 if line.appointment_id is not None and line.author_id == provider.staff_id]
        if there:
            memo = start_note(session, provider, StartNote(appointment_id=there[0], kind=NoteKind.MEMO))
            session.flush()
            save_draft(session, provider, SaveDraft(note_id=memo, revision=1, sections={"text": MEMO}))
            session.flush()
            discard_draft(session, provider, DiscardDraft(note_id=memo))
            session.flush()
            return
