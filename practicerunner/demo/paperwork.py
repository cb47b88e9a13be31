"""Forms of the demo practice: intakes and consents of the beginning, two measures over months, one that calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.acting import stand_in
from practicerunner.demo.caseload import Plan
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.demo.texts import ALERT_DONE, ALERT_NOTE, ANSWERED
from practicerunner.records import forms
from practicerunner.records.forms import FormAssignment
from practicerunner.records.people import Person
from practicerunner.rules.form_texts import BUILT_IN
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import moment
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import AlertAction, FieldKind, NoteKind, ProofMethod
from practicerunner.workflows.alerts import CloseAlert, close_alert
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.forms import CompleteForm, complete_form
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.proof import proof_of
from practicerunner.workflows.signatures import SignNote, sign_note

CONTENT = {form.key: form.content for form in BUILT_IN}
SERIES: dict[str, tuple[str, int, tuple[tuple[int, ...], ...]]] = {
    "Noor|Haddad": ("phq9", 5, (
        (2, 3, 2, 3, 1, 2, 2, 1, 1), (2, 2, 2, 2, 1, 2, 2, 1, 0), (2, 2, 2, 2, 1, 1, 1, 0, 0),
        (1, 2, 1, 2, 1, 1, 2, 0, 0), (1, 1, 1, 2, 0, 1, 1, 0, 0), (1, 1, 1, 1, 0, 1, 0, 0, 0),
        (1, 0, 1, 1, 0, 0, 0, 0, 0),
    )),
    "Aiko|Morimoto": ("gad7", 2, (
        (3, 3, 3, 2, 2, 2, 2), (3, 2, 3, 2, 1, 2, 2), (2, 2, 3, 2, 1, 1, 2), (2, 2, 2, 2, 0, 1, 1),
        (1, 2, 2, 1, 0, 1, 1),
    )),
}
"""Whose measure is taken, every how many weeks, with which answers."""
CALLS = "Ethan|Caldwell"
"""Whose answer of yesterday evening waits for somebody."""
STILL_OPEN = "Zofia|Lisowska"
"""Who has had a form for too long."""


@dataclass
class Paperwork:
    """Forms assigned by the front desk and filled in together with the provider."""

    diary: Diary
    house: House
    today: date

    def begin(self, plan: Plan, case_id: int, person_ids: Mapping[str, int]) -> None:
        """Write into the diary what this case's people fill in after the beginning."""
        name = plan.people[0]
        if name in SERIES and len(plan.people) == 1:
            key, weeks, sets = SERIES[name]
            for number, points in enumerate(sets):
                day = self.today - timedelta(weeks=weeks * (len(sets) - 1 - number), days=2)
                answers = {f"{key}_{item}": point for item, point in enumerate(points, 1)}
                self.diary.note(moment(day, time(12, 5), ZONE), partial(
                    self._together, plan, case_id, person_ids[name], key, answers))
        if name == CALLS:
            answers = {f"phq9_{item}": point for item, point in enumerate((1, 2, 2, 1, 0, 1, 1, 0, 1), 1)}
            yesterday = self.today - timedelta(days=1)
            self.diary.note(moment(yesterday, time(18, 40), ZONE), partial(
                self._together, plan, case_id, person_ids[name], "phq9", answers))
        if name == STILL_OPEN:
            day = self.today - timedelta(days=16)
            self.diary.note(moment(day, time(10, 20), ZONE), partial(
                self.assign, case_id, person_ids[name], "telehealth"))

    def assign(self, case_id: int, person_id: int, key: str, session: Session) -> int:
        """The front desk, or for a measure the provider, assigns a form."""
        return self._assigned(ADMIN, case_id, person_id, key, session)

    def _assigned(self, who: str, case_id: int, person_id: int, key: str, session: Session) -> int:
        template = next(form for form in forms.templates(session) if form.built_in == key)
        (made,) = assign_forms(session, self.house.actors[who], AssignForms(
            case_id=case_id, template_ids=(template.id,), person_ids=(person_id,),
            due_on=clock.today(ZONE) + timedelta(days=7)))
        session.flush()
        return made

    def _together(
        self, plan: Plan, case_id: int, person_id: int, key: str, answers: Mapping[str, Any], session: Session
    ) -> None:
        """A measure is taken at an appointment; a critical answer of an earlier day was spoken about at once."""
        made = self._assigned(plan.provider, case_id, person_id, key, session)
        response_id = self._complete(plan.provider, made, answers, session)
        alert = forms.alert_of(session, response_id)
        if alert is not None and plan.people[0] != CALLS:
            self.diary.note(clock.now() + timedelta(minutes=25), partial(self._close, plan.provider, alert.id))

    def _close(self, provider: str, alert_id: int, session: Session) -> None:
        actor, alert = self.house.actors[provider], session.get_one(forms.CriticalAlert, alert_id)
        note_id = start_case_note(session, actor, StartCaseNote(
            case_id=alert.case_id, kind=NoteKind.CONTACT, person_id=alert.person_id,
            service_date=clock.today(ZONE)))
        session.flush()
        save_draft(session, actor, SaveDraft(note_id=note_id, revision=1, sections=ALERT_NOTE))
        session.flush()
        signing = SignNote(note_id=note_id, revision=2)
        sign_note(session, actor, signing.model_copy(update={
            "proof": proof_of(actor.staff_id, ProofMethod.PASSWORD, signing.op)}))
        close_alert(session, actor, CloseAlert(
            alert_id=alert_id, action=AlertAction.ASSESSED, text=ALERT_DONE, note_id=note_id))

    def fill_in(
        self, provider: str, case_id: int, person_id: int, key: str, guardian_id: int | None, session: Session
    ) -> None:
        """A form of the beginning, assigned by the desk and filled in with the provider; a child's by a parent."""
        made = self.assign(case_id, person_id, key, session)
        person = session.get_one(Person, person_id)
        signer: dict[str, Any] = {}
        name = person_name(person.first_name, person.last_name)
        if guardian_id is not None and is_adult(person.birth_date, clock.today(ZONE)) is False:
            parent = session.get_one(Person, guardian_id)
            name = person_name(parent.first_name, parent.last_name)
            stand_in(session, self.house, person_id, guardian_id, clock.today(ZONE))
            signer = {"signed_by_id": guardian_id, "authority": "Birth certificate seen"}
        usual: dict[FieldKind, Any] = {FieldKind.ACKNOWLEDGEMENT: True, FieldKind.SIGNATURE: name}
        answers = {
            field.key: ANSWERED.get(field.key) or usual.get(field.kind) or field.options[0]
            for field in CONTENT[key].fields
            if field.key in ANSWERED or (field.asks and field.required)
        }
        self._complete(provider, made, answers, session, **signer)

    def _complete(
        self, provider: str, assignment_id: int, answers: Mapping[str, Any], session: Session, **signer: Any
    ) -> int:
        revision = session.get_one(FormAssignment, assignment_id).revision
        response_id = complete_form(session, self.house.actors[provider], CompleteForm(
            assignment_id=assignment_id, revision=revision, answers=dict(answers), **signer))
        session.flush()
        return response_id
