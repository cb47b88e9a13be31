"""What goes to somebody else: private notes, shared or authorised, and a couple's record that waits for one word."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import ZONE
from practicerunner.demo.texts import OWN_NOTE, PRIVATE_NOTE
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import DocumentClass, NoteKind
from practicerunner.workflows.clients import client_list
from practicerunner.workflows.documentation import notes_of_case
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.private_authorizations import (
    PreparePrivate,
    RecordPrivateWord,
    prepare_private,
    private_case,
    record_private_word,
)
from practicerunner.workflows.private_shares import ShareNote, share_note, sharing_of
from practicerunner.workflows.psychotherapy import (
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    finish_psychotherapy_note,
    save_psychotherapy_note,
)
from practicerunner.workflows.releases import (
    PrepareRelease,
    RecordAuthorization,
    prepare_release,
    record_authorization,
    releases_of_case,
)

WRITES, RELEASES = "Hanna", "Owen"
COUPLE = "Elena & Marco Bianchetti"
SIGNED = b"Authorisation for psychotherapy notes (invented), signed.\n"


def begin(diary: Diary, house: House, today: date) -> None:
    """Write both into the diary of the last days."""
    diary.note(moment(today - timedelta(days=3), time(18, 20), ZONE), partial(_share, house))
    diary.note(moment(today - timedelta(days=2), time(12, 40), ZONE), partial(_release, house))
    diary.note(moment(today - timedelta(days=2), time(12, 50), ZONE), partial(_authorize, house))


def _share(house: House, session: Session) -> None:
    """An associate writes down what she takes to supervision and lets her supervisor read it."""
    actor = house.actors[WRITES]
    for row in client_list(session, actor).rows:
        written = [line.appointment_id for line in notes_of_case(session, actor, row.case_id)
                   if line.author_id == actor.staff_id and line.appointment_id is not None]
        if written:
            save_psychotherapy_note(session, actor, SavePsychotherapyNote(
                appointment_id=written[0], text=PRIVATE_NOTE))
            session.flush()
            for one in sharing_of(session, actor, written[0]):
                share_note(session, actor, ShareNote(appointment_id=written[0], supervisor_id=one.supervisor_id))
            return


def _release(house: House, session: Session) -> None:
    """A couple's record is to go on; one of the two has signed so far."""
    actor, today = house.actors[RELEASES], clock.today(ZONE)
    case_id = next((row.case_id for row in client_list(session, actor).rows if row.name == COUPLE), None)
    if case_id is None:  # a smaller practice
        return
    release = prepare_release(session, actor, PrepareRelease(
        case_id=case_id, recipient="Dr. Ana Ruiz, Albany", purpose="continuing care after a move"))
    session.flush()
    found = releases_of_case(session, actor, case_id)
    if found is not None:
        record_authorization(session, actor, RecordAuthorization(
            release_id=release, person_id=found.releases[0].words[0].person_id, signed_on=today,
            expires_on=today + timedelta(days=365)))


def _authorize(house: House, session: Session) -> None:
    """A client wants a new therapist to have their therapist's own notes and has signed for that."""
    actor, today = house.actors[RELEASES], clock.today(ZONE)
    for row in client_list(session, actor).rows:
        written = [line.appointment_id for line in notes_of_case(session, actor, row.case_id)
                   if line.author_id == actor.staff_id and line.appointment_id is not None]
        able = capabilities(row.type)
        if able.most != 1 or NoteKind.PSYCHOTHERAPY not in able.notes or not written:
            continue
        note_id = save_psychotherapy_note(session, actor, SavePsychotherapyNote(
            appointment_id=written[0], text=OWN_NOTE))
        session.flush()
        finish_psychotherapy_note(session, actor, FinishPsychotherapyNote(
            appointment_id=written[0], note_id=note_id, revision=1))
        paper = upload_document(session, actor, UploadDocument(
            case_id=row.case_id, file_name="authorisation.txt", content=SIGNED, access_class=DocumentClass.ADMIN,
            title="Authorisation for psychotherapy notes, signed"))
        prepared = prepare_private(session, actor, PreparePrivate(
            case_id=row.case_id, author_id=actor.staff_id, recipient="Dr. Ana Ruiz, Albany",
            purpose="the work goes on with her after a move", appointment_ids=(written[0],)))
        session.flush()
        (one,) = private_case(session, actor, row.case_id, actor.staff_id).authorizations
        record_private_word(session, actor, RecordPrivateWord(
            authorization_id=prepared, person_id=one.words[0].person_id, signed_on=today,
            expires_on=today + timedelta(days=90), document_id=paper))
        return
