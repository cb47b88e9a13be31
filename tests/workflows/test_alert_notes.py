"""Which note documents what was done about a critical answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound
from practicerunner.records.cases import Case
from practicerunner.records.forms import CriticalAlert
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules.note_forms import FORMS
from practicerunner.vocabulary import AlertAction, AttendanceStatus, CaseType, NoteKind
from practicerunner.workflows.alerts import CloseAlert, close_alert, my_alerts, notes_to_close_with, record_step
from practicerunner.workflows.documentation import my_queue
from practicerunner.workflows.notes import DiscardDraft, SaveDraft, StartNote, discard_draft, save_draft, start_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.today import day
from tests.cast import Cast, at, hold, people_of
from tests.workflows import planning
from tests.workflows.alerting import (
    ONLY_THE_NINTH,
    THURSDAY,
    begun,
    client_of,
    close,
    contact_note,
    done,
    filled_in,
    raised,
)
from tests.workflows.sending import bring_forms, complete, send


@pytest.fixture
def cast(cast: Cast) -> Cast:
    bring_forms(cast)
    return cast


def signed(cast: Cast, name: str, note_id: int) -> int:
    """A draft, filled in and signed."""
    filled_in(cast, name, note_id)
    with database.reading(cast.engine) as session:
        revision = session.get_one(Note, note_id).revision
    cast.do(name, sign_note, SignNote(note_id=note_id, revision=revision))
    return note_id


# --- Which note


def closes(cast: Cast, alert_id: int, note_id: int, who: str = "Marcus") -> bool:
    """Whether somebody is offered a note to close an alert with; what is not offered is refused."""
    if note_id in cast.read(who, notes_to_close_with, alert_id):
        return True
    with pytest.raises(BadInput, match="Choose the note that documents it"):
        close(cast, who, alert_id, note_id=note_id)
    return False


def test_what_was_signed_before_the_answer_documents_nothing_of_it(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    early, late = (hold(cast, case_id, "IND50", f"2026-11-12 {hour}:00") for hour in ("08", "10"))
    with at("2026-11-12 22:55"):
        before = signed(cast, "Marcus", cast.do("Marcus", start_note, StartNote(
            appointment_id=early, kind=NoteKind.PROGRESS)))
        kept = filled_in(cast, "Marcus", cast.do("Marcus", start_note, StartNote(
            appointment_id=late, kind=NoteKind.PROGRESS)))
    alert_id = raised(cast, case_id, "Marcus", "2026-11-12 23:00")
    with at("2026-11-12 23:10"):
        assert (closes(cast, alert_id, before), closes(cast, alert_id, kept)) == (False, True)
        signed(cast, "Marcus", kept)
        assert closes(cast, alert_id, kept)


def test_a_note_about_somebody_else_or_of_what_they_missed_documents_nothing(cast: Cast) -> None:
    with at("2026-11-01 09:00"):
        cases = {kind: cast.open_case(kind, "Noor Haddad", "Sam Ortiz", provider="Marcus", name=name)
                 for kind, name in ((CaseType.FAMILY, ""), (CaseType.THERAPY_GROUP, "Circle"))}
    family, group = cases.values()
    alerts = {}
    with at(THURSDAY):
        for case_id in cases.values():
            (sent,) = send(cast, case_id, "phq9", to="Noor")
            response = complete(cast, sent, ONLY_THE_NINTH)
            with database.reading(cast.engine) as session:
                alerts[case_id] = session.scalars(
                    select(CriticalAlert.id).where(CriticalAlert.response_id == response)).one()
    people = people_of(cast, family)
    with at("2026-11-12 11:00"):
        for name, fits in (("Sam", False), ("Noor", True)):
            note_id = filled_in(cast, "Marcus", begun(cast, family, "Marcus", person_id=people[name]))
            assert closes(cast, alerts[family], note_id) is fits, name
    assert people_of(cast, group)["Noor"] != people["Noor"]
    for when, missed, fits in (("2026-11-12 12:00", "Noor", False), ("2026-11-12 15:00", "Sam", True)):
        held = hold(cast, group, "GRP90", when, missed={people_of(cast, group)[missed]: AttendanceStatus.NO_SHOW})
        with at("2026-11-12 22:00"):
            note_id = filled_in(cast, "Marcus", cast.do("Marcus", start_note, StartNote(
                appointment_id=held, kind=NoteKind.GROUP)))
            assert closes(cast, alerts[group], note_id) is fits, missed


def test_a_treatment_plan_says_nothing_of_the_answer_and_documents_nothing_of_it(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus")
    draft = planning.begin(cast, case_id, on="2026-11-12 11:00")
    planning.write(cast, draft, planning.a_plan(review_on=date(2027, 1, 10)))
    with at("2026-11-12 11:10"):
        assert not closes(cast, alert_id, draft)
        contact = contact_note(cast, case_id, "Marcus")
    planning.sign(cast, draft, on="2026-11-12 11:20")
    with at("2026-11-12 11:30"):
        assert (closes(cast, alert_id, draft), closes(cast, alert_id, contact)) == (False, True)


def test_an_empty_draft_closes_nothing_and_one_that_closed_an_alert_waits_to_be_signed(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus")
    with at("2026-11-12 11:00"):
        note_id = begun(cast, case_id, "Marcus")
        assert not closes(cast, alert_id, note_id)
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"how": " \n "}))
        assert not closes(cast, alert_id, note_id)
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=2, sections={"how": "By phone."}))
        decoy = contact_note(cast, client_of(cast, "Marcus"), "Marcus")
        assert cast.read("Marcus", my_queue).to_sign == ()
        close(cast, "Marcus", alert_id, note_id=note_id)

    def waits(when: str, who: str = "Marcus") -> list[tuple[str, bool]]:
        with at(when):
            return [(line.sentence, line.urgent) for line in cast.read(who, day).waiting if line.page == "note"]

    said = "Contact note of Noor Haddad documents a critical answer and is not signed"
    assert (waits("2026-11-12 11:01"), waits("2026-11-12 11:01", "Olga")) == ([(said, False)], [])
    with at("2026-12-20 11:00"):
        (one,) = cast.read("Marcus", my_queue).to_sign
        assert (one.line.note_id, one.overdue, decoy == note_id) == (note_id, True, False)
    assert waits("2026-12-20 11:00") == [(said, True)]
    with at("2026-12-20 11:05"):
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=3, sections={key.key: "Done." for key in FORMS["contact"].sections}))
        signed(cast, "Marcus", note_id)
    assert waits("2026-12-20 11:06") == []


def test_who_stands_in_acts_on_the_alert_and_their_note_closes_it_for_whoever_may(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus")
    before = hold(cast, client_of(cast, "Marcus"), "IND50", "2026-11-12 12:00", by="Dana", provider="Olga")
    with at("2026-11-12 13:00"):
        assert before and cast.read("Olga", my_alerts) == [], "an appointment of another case"
        with pytest.raises(NotFound):
            cast.do("Olga", record_step, done(alert_id))
    held = hold(cast, case_id, "IND50", "2026-11-12 14:00", by="Dana", provider="Olga")
    with at("2026-11-12 22:05"):
        (alert,) = cast.read("Olga", my_alerts)
        assert (alert.alert_id, alert.items, alert.may_close, alert.may_write) == (alert_id, (), True, True)
        (urgent,) = [line for line in cast.read("Olga", day).waiting if "Critical answer" in line.sentence]
        assert (urgent.page, urgent.selectors) == ("appointment", {"appointment": held}), "the case is not theirs"
        note_id = signed(cast, "Olga", cast.do("Olga", start_note, StartNote(
            appointment_id=held, kind=NoteKind.PROGRESS)))
        for who in ("Marcus", "Olga", "Dana"):
            assert list(cast.read(who, notes_to_close_with, alert_id)) == [note_id], who
        with pytest.raises(NotFound):
            cast.read("Ruth", notes_to_close_with, alert_id)
        cast.do("Olga", record_step, done(alert_id))
        assert close(cast, "Olga", alert_id, note_id=note_id) == alert_id


def test_after_the_provider_has_left_what_they_signed_closes_it_and_what_nobody_will_sign_does_not(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus")
    with at("2026-11-12 10:30"):
        note_id = signed(cast, "Marcus", begun(cast, case_id, "Marcus"))
        draft = contact_note(cast, case_id, "Marcus")
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Marcus"]).active = False
    with at("2026-11-13 10:00"):
        assert (closes(cast, alert_id, note_id, "Dana"), closes(cast, alert_id, draft, "Dana")) == (True, False)
        with database.transaction(cast.engine) as session:
            session.get_one(Case, case_id).provider_id = cast.staff["Olga"]
        assert close(cast, "Olga", alert_id, note_id=note_id) == alert_id


def test_a_draft_that_its_author_discards_meanwhile_closes_nothing(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus")
    with at("2026-11-12 11:00"):
        note_id = contact_note(cast, case_id, "Marcus")
        asked = CloseAlert(alert_id=alert_id, action=AlertAction.CONTACTED, text="Called", note_id=note_id)
        actor = cast.actor("Marcus")
        with ThreadPoolExecutor(1) as pool, database.transaction(cast.engine) as session:
            discard_draft(session, actor, DiscardDraft(note_id=note_id))
            closing = pool.submit(cast.do, "Marcus", close_alert, asked)
            if cast.engine.dialect.name == "postgresql":
                with pytest.raises(TimeoutError):
                    closing.result(timeout=0.3)
        with pytest.raises(BadInput, match="Choose the note that documents it"):
            closing.result()
        assert len(cast.read("Marcus", my_alerts)) == 1
