"""Somebody who worked at Harbor Lane Practice and has left: a note of hers, and a request that nobody answers yet."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.records import cases
from practicerunner.records.cases import Case
from practicerunner.records.staff import Staff
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import AmendmentChannel, ListFilter, NoteKind, ProofMethod, Role
from practicerunner.workflows.amendments import RecordAmendment, record_amendment
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.clients import client_list
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.proof import proof_of
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import AddStaff, ChangeStaff, actor_for, add_staff, change_staff, staff_list

FIRST, LAST, CREDENTIALS, EMAIL = "Renata", "Vogel", "LMHC", "renata@harborlane.example"
CALL = {
    "how": "By phone, ten minutes.", "said": "Asked for a report for the employer about the time here.",
    "follow_up": "A form for it was sent by post.",
}
WANTED = "The note about our call in spring says that I asked for a report. I asked for a date only; please correct it."


def begin(diary: Diary, house: House, beginning: date, today: date) -> None:
    """She began in the first week, looked after a former client, and left five weeks ago; three weeks later he asks."""
    diary.note(moment(beginning + timedelta(days=3), time(9, 15), ZONE), partial(_employ, house))
    diary.note(moment(today - timedelta(days=45), time(18, 40), ZONE), partial(_follow, house))
    diary.note(moment(today - timedelta(days=34), time(17, 35), ZONE), partial(_leave, house))
    diary.note(moment(today - timedelta(days=13), time(10, 25), ZONE), partial(_ask, house))


def _employ(house: House, session: Session) -> None:
    add_staff(session, house.actors[OWNER], AddStaff(
        first_name=FIRST, last_name=LAST, email=EMAIL, credentials=CREDENTIALS, roles=frozenset({Role.PROVIDER})))
    session.flush()


def _follow(house: House, session: Session) -> None:
    """The owner gives her a client who comes no more; she writes a call down and signs it."""
    owner, her = house.actors[OWNER], _her(session, house)
    for row in client_list(session, owner, filter=ListFilter.ARCHIVED).rows:
        case = session.get_one(Case, row.case_id)
        (_, person), *_ = cases.people_in(session, case.id)
        able = capabilities(case.type)
        if able.most == 1 and able.clinical_fields and is_adult(person.birth_date, clock.today(ZONE)) is not False:
            break
    else:  # a smaller practice
        return
    change_case(session, owner, ChangeCase(
        case_id=case.id, revision=case.revision, status=case.status, provider_id=her))
    session.flush()
    actor = actor_for(session, her)
    note = start_case_note(session, actor, StartCaseNote(
        case_id=case.id, kind=NoteKind.CONTACT, service_date=clock.today(ZONE)))
    session.flush()
    save_draft(session, actor, SaveDraft(note_id=note, revision=1, sections=CALL))
    session.flush()
    signing = SignNote(note_id=note, revision=2)
    sign_note(session, actor, signing.model_copy(update={
        "proof": proof_of(her, ProofMethod.PASSWORD, signing.op)}))
    session.flush()


def _her(session: Session, house: House) -> int:
    return next(one.id for one in staff_list(session, house.actors[OWNER]) if one.email == EMAIL)


def _leave(house: House, session: Session) -> None:
    her = session.get_one(Staff, _her(session, house))
    change_staff(session, house.actors[OWNER], ChangeStaff(
        staff_id=her.id, revision=her.revision, first_name=FIRST, last_name=LAST, email=EMAIL,
        credentials=CREDENTIALS, roles=frozenset({Role.PROVIDER}), active=False))
    session.flush()


def _ask(house: House, session: Session) -> None:
    """The front desk writes down a letter; the case is still hers, so an owner has to find who answers it."""
    for row in client_list(
        session, house.actors[ADMIN], filter=ListFilter.ARCHIVED, provider_id=_her(session, house)
    ).rows:
        (_, person), *_ = cases.people_in(session, row.case_id)
        record_amendment(session, house.actors[ADMIN], RecordAmendment(
            case_id=row.case_id, person_id=person.id, received_on=clock.today(ZONE),
            channel=AmendmentChannel.LETTER, wanted=WANTED))
        session.flush()
