"""What stands in the demo practice's notes beside their text, and the notes of a case: intake, exam, contact."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.demo import texts
from practicerunner.demo.caseload import Plan
from practicerunner.records import scheduling
from practicerunner.records.notes import Note
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.note_details import FOR_ALL, Details, Risk, Telehealth, Whereabouts, has_telehealth
from practicerunner.rules.note_forms import FORMS, MENTAL_STATUS
from practicerunner.vocabulary import NoteKind, RiskFinding
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.signatures import SignNote, sign_note

Do = Callable[[Any, Any], Any]
"""Carries out a command as the author of the note."""
THOROUGH = frozenset({"Amara", "Judith"})
"""Who writes an intake and a mental status exam after the first appointment."""
CONSENT = "on paper, with the intake papers"
NOTHING_REPORTED = Risk(harm_to_self=RiskFinding.NONE_REPORTED, harm_to_others=RiskFinding.NONE_REPORTED)


def details(session: Session, note_id: int, plan: Plan) -> Details | None:
    """The risk line of a therapy note, and what is stated of a session by video or phone."""
    note = session.get_one(Note, note_id)
    if not capabilities(plan.type).clinical_fields or not FORMS[note.form].risk:
        return None
    found = scheduling.appointment(session, note.appointment_id or 0)
    held_by = found.format if found is not None else None
    if not has_telehealth(note.kind, plan.type, held_by):
        return Details(risk=NOTHING_REPORTED)
    return Details(risk=NOTHING_REPORTED, telehealth=Telehealth(
        mode=held_by, locations={FOR_ALL: Whereabouts(state="NY", place="Home")}, clinician_location="Office",
        identity_confirmed=True, consent_on_file=True, consent_place=CONSENT, emergency_confirmed=True,
    ))


def write(session: Session, do: Do, note_id: int, plan: Plan, place: int) -> None:
    """What else is written after a signed note: at the beginning intake and exam, later a call."""
    if plan.provider not in THOROUGH or capabilities(plan.type).most != 1 or not capabilities(plan.type).intake:
        return
    note = session.get_one(Note, note_id)
    asked: dict[str, Any] = {"case_id": note.case_id, "service_date": note.service_date}
    if place == 1:
        _sign(do, do(start_case_note, StartCaseNote(kind=NoteKind.INTAKE, **asked)), texts.HISTORY)
        exam = StartCaseNote(kind=NoteKind.MENTAL_STATUS, appointment_id=note.appointment_id, **asked)
        _sign(do, do(start_case_note, exam), {s.key: s.usual for s in MENTAL_STATUS} | texts.EXAM)
    elif place == 4:
        asked["service_date"] -= timedelta(days=1)
        _sign(do, do(start_case_note, StartCaseNote(kind=NoteKind.CONTACT, **asked)), texts.CALLED, None)


def _sign(do: Do, note_id: int, sections: dict[str, str], risk: Risk | None = NOTHING_REPORTED) -> None:
    beside = Details(risk=risk) if risk is not None else None
    do(save_draft, SaveDraft(note_id=note_id, revision=1, sections=sections, details=beside))
    do(sign_note, SignNote(note_id=note_id, revision=2))
