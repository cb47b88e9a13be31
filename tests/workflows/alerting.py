"""Critical answers and what is done about them: what the tests of alerts share."""

from datetime import date

from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.records.cases import Case
from practicerunner.records.forms import CriticalAlert
from practicerunner.records.notes import Note
from practicerunner.rules.note_forms import FORMS
from practicerunner.vocabulary import AlertAction, CaseType, NoteKind
from practicerunner.workflows.alerts import CloseAlert, RecordStep, close_alert, escalate_alerts
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from tests.cast import Cast, at
from tests.workflows.sending import complete, scored, send

ONLY_THE_NINTH = scored("phq9", 0, 0, 0, 0, 0, 0, 0, 0, 1)
THURSDAY = "2026-11-12 10:00"


def client_of(cast: Cast, provider: str) -> int:
    return cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider=provider, by="Dana")


def raised(cast: Cast, case_id: int, by: str, when: str = THURSDAY) -> int:
    """A PHQ-9 whose ninth answer alone is not nought: the alert's id."""
    with at(when):
        complete(cast, send(cast, case_id, "phq9", by=by)[0], ONLY_THE_NINTH, by=by)
        with database.reading(cast.engine) as session:
            return session.scalars(select(CriticalAlert.id).order_by(CriticalAlert.id.desc())).first() or 0


def contact_note(cast: Cast, case_id: int, name: str, on: str = THURSDAY) -> int:
    """A draft of a contact note, dated on the day of ``on``, with some words in it."""
    return filled_in(cast, name, begun(cast, case_id, name, on))


def begun(cast: Cast, case_id: int, name: str, on: str = THURSDAY, person_id: int | None = None) -> int:
    """An empty draft of a contact note, dated on the day of ``on``."""
    return int(cast.do(name, start_case_note, StartCaseNote(
        case_id=case_id, kind=NoteKind.CONTACT, person_id=person_id, service_date=date.fromisoformat(on[:10]))))


def filled_in(cast: Cast, name: str, note_id: int, text: str = "Spoke by phone.") -> int:
    """A draft with a text in each of its sections."""
    with database.reading(cast.engine) as session:
        note = session.get_one(Note, note_id)
        form, revision = note.form, note.revision
    if revision == 1:
        cast.do(name, save_draft, SaveDraft(
            note_id=note_id, revision=1, sections={section.key: text for section in FORMS[form].sections}))
    return note_id


def noted(cast: Cast, alert_id: int, name: str = "") -> int:
    """A contact note of the case of an alert, by its provider unless said otherwise."""
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, session.get_one(CriticalAlert, alert_id).case_id)
        names = {staff_id: first for first, staff_id in cast.staff.items()}
        case_id, by = case.id, name or names[case.provider_id]
    return contact_note(cast, case_id, by)


def close(cast: Cast, name: str, alert_id: int, **more) -> int:
    note = {} if "note_id" in more else {"note_id": noted(cast, alert_id)}
    return cast.do(name, close_alert, CloseAlert(**{
        "alert_id": alert_id, "action": AlertAction.ASSESSED, "text": "Spoke by phone for 20 minutes; plan agreed",
    } | note | more))


def escalate(cast: Cast, when: str) -> list[int]:
    with at(when), database.transaction(cast.engine) as session:
        return escalate_alerts(session, clock.now())


def done(alert_id: int, text: str = "Called, no answer; trying again at noon", **more) -> RecordStep:
    return RecordStep(**{"alert_id": alert_id, "action": AlertAction.CONTACTED, "text": text} | more)
