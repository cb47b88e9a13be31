"""The editor of the other kinds of note: findings, risk line, telehealth statement, templates, and what is too long."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.note_templates import NoteTemplate
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Appointment
from practicerunner.rules.note_details import Details, Risk
from practicerunner.ui.text import md
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, RiskFinding, SessionFormat
from practicerunner.workflows.licences import SetLicenceStates, set_licence_states
from practicerunner.workflows.note_templates import AddTemplate, OwnSection, add_template
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, StartNote, save_draft, start_case_note, start_note
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.test_note import FORBIDDEN, areas, button, note_of, opened, words

TODAY = "2026-10-12"


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Linden Street Practice on the evening of Monday 12 October."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    with at(f"{TODAY} 22:30"):
        yield made


def case_of(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *names: str, name: str = "") -> int:
    with at("2026-10-01 09:00"):
        return cast.open_case(case_type, *(names or ("Noor Haddad",)), name=name)


def begun(cast: Cast, case_id: int, kind: NoteKind = NoteKind.CONTACT, form: str = "") -> int:
    return cast.do("Marcus", start_case_note, StartCaseNote(
        case_id=case_id, kind=kind, form=form, service_date=TODAY, person_id=people_of(cast, case_id)["Noor"]))


def by_video(cast: Cast, case_id: int, service: str = "IND50") -> int:
    appointment_id = hold(cast, case_id, service, f"{TODAY} 10:00")
    with database.transaction(cast.engine) as session:
        session.execute(update(Appointment).values(format=SessionFormat.VIDEO))
    return cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    """Set a widget of any kind by its key, and run."""
    group = [*app.button_group, *app.selectbox, *app.checkbox, *app.text_input, *app.text_area]
    next(one for one in group if one.key == key).set_value(value).run()
    assert not app.exception
    return app


def test_one_click_fills_what_is_still_empty_in_an_exam(cast, monkeypatch) -> None:
    note_id = begun(cast, case_of(cast), NoteKind.MENTAL_STATUS)
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    key = f"note.{note_id}"
    choose(app, f"{key}.s.mood", ["Low", "Anxious"])
    choose(app, f"{key}.m.speech", "Whispers.")
    assert note_of(cast, note_id).sections["mood"] == "Low; Anxious"
    button(app, "Within normal limits").click().run()
    kept = note_of(cast, note_id).sections
    assert (kept["mood"], kept["speech"], kept["speech_more"]) == ("Low; Anxious", "", "Whispers.")
    assert (kept["appearance"], kept["insight"]) == ("Well groomed", "Good")
    assert button(app, "Within normal limits").disabled
    assert "Still to fill in: Harm to self, Harm to others" in words(app)
    for harm in ("harm_to_self", "harm_to_others"):
        choose(app, f"{key}.risk.{harm}", RiskFinding.NONE_REPORTED)
    assert "Still to fill in" not in words(app)
    assert "no risk" not in words(app).lower()


def test_what_was_done_is_asked_where_something_is_present_and_typed_text_survives(cast, monkeypatch) -> None:
    note_id = begun(cast, case_of(cast))
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    key = f"note.{note_id}"
    choose(app, f"{key}.s.said", "That it is too much.")
    choose(app, f"{key}.risk.harm_to_self", RiskFinding.PRESENT)
    assert "Plan and means" in areas(app)
    choose(app, f"{key}.risk.action", "Called the sister.")
    assert note_of(cast, note_id).details["risk"] == {
        "harm_to_self": "present", "harm_to_others": None, "means": "", "action": "Called the sister."}
    choose(app, f"{key}.risk.harm_to_self", RiskFinding.NONE_REPORTED)
    assert areas(app)["What was done"] == "Called the sister."
    assert areas(app)["What was said"] == "That it is too much."


def test_two_windows_on_one_risk_line_the_second_is_refused_and_keeps_its_text(cast, monkeypatch) -> None:
    note_id = begun(cast, case_of(cast))
    one, other = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(2))
    choose(one, f"note.{note_id}.risk.harm_to_self", RiskFinding.NONE_REPORTED)
    choose(other, f"note.{note_id}.s.said", "Second window.")
    assert "Not saved" in other.error[0].value
    assert areas(other)["What was said"] == "Second window."
    button(other, "Keep what I wrote").click().run()
    assert note_of(cast, note_id).sections["said"] == "Second window."


def test_a_megabyte_is_refused_with_a_sentence_at_its_section_and_what_was_typed_stays(cast, monkeypatch) -> None:
    note_id = begun(cast, case_of(cast))
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    choose(app, f"note.{note_id}.s.how", "By phone.")
    book = "x" * 1_000_000
    choose(app, f"note.{note_id}.s.said", book)
    assert [e.value for e in app.error] == ["Not saved. This is too long; at most 100,000 characters fit."]
    main = [element for element in app.main if element.type in ("text_area", "error")]
    assert [one.type for one in main].index("error") == 1 + [
        one.key for one in main if one.type == "text_area" or one.type == "error"
    ].index(f"note.{note_id}.s.said")
    assert areas(app)["What was said"] == book
    assert note_of(cast, note_id).sections == {"how": "By phone.", "said": "", "follow_up": ""}
    assert button(app, "Sign and lock").disabled
    choose(app, f"note.{note_id}.s.said", "In short.")
    assert not app.error
    assert note_of(cast, note_id).sections["said"] == "In short."


def test_a_session_by_video_is_stated_person_by_person_or_once_for_all(cast, monkeypatch) -> None:
    case_id = case_of(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
    people = people_of(cast, case_id)
    cast.do("Dana", set_licence_states, SetLicenceStates(staff_id=cast.staff["Marcus"], licence_states="NY"))
    note_id = by_video(cast, case_id, "FAM50")
    key = f"note.{note_id}.tele"
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    said = words(app)
    assert "Where Noor Haddad was, Where Sam Ortiz was, Where you were, Identity confirmed" in said
    assert [box.label for box in app.selectbox] == ["State in which everybody was", "Place where everybody was"]
    choose(app, f"{key}.state.", "NJ")
    choose(app, f"{key}.place.", "Work")
    assert note_of(cast, note_id).details["telehealth"]["locations"] == {"": {"state": "NJ", "place": "Work"}}
    assert "Your licence states do not include NJ." in words(app)
    choose(app, f"{key}.together", False)
    choose(app, f"{key}.state.{people['Sam']}", "NY")
    choose(app, f"{key}.state.{people['Noor']}", "NY")
    assert "licence states" not in words(app)
    choose(app, f"{key}.clinician_location", "Office")
    for name in ("identity_confirmed", "consent_on_file", "emergency_confirmed"):
        choose(app, f"{key}.{name}", True)
    assert "Still to fill in: Subjective, Objective, Assessment, Plan" in [t.value for t in app.text]
    kept = note_of(cast, note_id).details["telehealth"]
    assert (kept["mode"], kept["consent_on_file"], set(kept["locations"])) == (
        "video", True, {str(people["Noor"]), str(people["Sam"])})


def test_a_window_that_knows_one_place_for_all_keeps_those_that_another_has_stated_apart(cast, monkeypatch) -> None:
    case_id = case_of(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
    sam = people_of(cast, case_id)["Sam"]
    note_id = by_video(cast, case_id, "FAM50")
    key = f"note.{note_id}"
    one, other = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(2))
    choose(one, f"{key}.tele.together", False)
    choose(one, f"{key}.tele.state.{sam}", "NY")
    choose(other, f"{key}.tele.clinician_location", "Office")
    assert "**Everybody was at the same place**" in [m.value for m in other.markdown]
    button(other, "Keep what I wrote").click().run()
    assert not other.exception and not other.error
    kept = note_of(cast, note_id).details["telehealth"]
    assert (kept["clinician_location"], kept["locations"][str(sam)]["state"]) == ("Office", "NY")
    assert next(one for one in other.selectbox if one.key == f"{key}.tele.state.{sam}").value == "NY"


def test_a_note_is_begun_from_the_case_page_without_an_appointment(cast, monkeypatch) -> None:
    case_id = case_of(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
    app = opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")
    note = next(box for box in app.selectbox if box.label == "Note")
    assert note.options == [
        "Contact note", "Missed appointment", "Discharge", "Intake", "Treatment plan", "Mental status exam"]
    assert next(box for box in app.selectbox if box.label == "About").options[0] == "Nobody alone"
    note.select_index(3).run()
    about = next(box for box in app.selectbox if box.label == "About")
    assert about.options == ["Noor Haddad", "Sam Ortiz"]
    about.set_value(people_of(cast, case_id)["Sam"]).run()
    button(app, "Start").click().run()
    assert not app.exception
    with database.reading(cast.engine) as session:
        found = session.scalars(select(Note)).one()
        assert (found.kind, found.person_id) == (NoteKind.INTAKE, people_of(cast, case_id)["Sam"])
    assert "About Sam Ortiz" in words(opened(cast, monkeypatch, "Marcus", "note", note=found.id))


@pytest.mark.parametrize("case_type", [CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP])
@pytest.mark.parametrize("form", ["contact", "missed", "closing"])
def test_the_short_forms_of_a_consultation_keep_to_its_words(cast, monkeypatch, case_type, form) -> None:
    case_id = case_of(cast, case_type, name="Circle" if case_type is CaseType.CONSULTATION_GROUP else "")
    note_id = begun(cast, case_id, form=form)
    pages = [words(opened(cast, monkeypatch, "Marcus", "note", note=note_id))]
    pages.append(words(opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")))
    for said in pages:
        lowered = said.lower().replace("consultation client", "")
        assert [word for word in (*FORBIDDEN, "discharge", "client", "harm to") if word in lowered] == []


def test_a_workshop_has_no_note_of_its_own(cast, monkeypatch) -> None:
    case_id = case_of(cast, CaseType.WORKSHOP, name="Listening")
    app = opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")
    assert "Without an appointment" not in words(app)


def test_the_appointment_page_begins_an_exam_and_says_individual_contact(cast, monkeypatch) -> None:
    case_id = case_of(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
    sam = people_of(cast, case_id)["Sam"]
    appointment_id = hold(cast, case_id, "FAM50", f"{TODAY} 10:00", missed={sam: AttendanceStatus.NO_SHOW})
    app = opened(cast, monkeypatch, "Marcus", "appointment", appointment=appointment_id)
    assert button(app, md("Missed appointment: Sam Ortiz"))
    button(app, md("Mental status exam: Noor Haddad")).click().run()
    assert not app.exception
    with database.reading(cast.engine) as session:
        note = session.scalars(select(Note)).one()
    assert (note.kind, note.appointment_id) == (NoteKind.MENTAL_STATUS, appointment_id)
    assert "Individual contact" in words(opened(cast, monkeypatch, "Marcus", "note", note=note.id))


def test_a_note_begins_from_the_template_that_was_chosen_and_it_is_chosen_again(cast, monkeypatch) -> None:
    cast.do("Dana", add_template, AddTemplate(
        form="dap", name="Check-in **x**", texts={"plan": "Same time."}, sections=(OwnSection(label="*Homework*"),)))
    case_id = case_of(cast)
    first = hold(cast, case_id, "IND50", f"{TODAY} 10:00")
    app = opened(cast, monkeypatch, "Marcus", "appointment", appointment=first)
    form = next(box for box in app.selectbox if box.label == "Form")
    assert form.options == ["SOAP", "DAP", "BIRP", "GIRP", "Free text", "Check-in **x**"]
    form.select_index(5).run()
    button(app, "Start progress note").click().run()
    with database.reading(cast.engine) as session:
        note = session.scalars(select(Note)).one()
    assert (note.form, note.sections) == ("dap", {"plan": "Same time."})
    app = opened(cast, monkeypatch, "Marcus", "note", note=note.id)
    assert areas(app)["\\*Homework\\* (optional)"] == ""
    assert "Template Check-in **x**" in words(app)


def dialog(template_id: int | None) -> None:
    from practicerunner.ui import template_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.note_templates import template_list

    actor = signed_in()
    if template_id is None:
        template_dialog.add(actor)
    else:
        template_dialog.change(actor, next(
            one for one in read(template_list, actor) if one.template_id == template_id))


def test_the_owner_adds_changes_and_retires_a_template(cast, monkeypatch) -> None:
    assert "No templates yet." in words(opened(cast, monkeypatch, "Dana", "note_templates"))
    app = AppTest.from_function(dialog, default_timeout=30, args=(None,)).run()
    button(app, "Save template").click().run()
    assert [e.value for e in app.error] == ["Please fill in this field."]
    next(box for box in app.text_input if box.label == "Name").set_value("Short")
    next(area for area in app.text_area if area.label == "Plan").set_value("Weekly.")
    button(app, "Save template").click().run()
    assert not app.exception
    with database.reading(cast.engine) as session:
        row = session.scalars(select(NoteTemplate)).one()
    assert (row.form, row.name, row.texts, row.sections) == ("soap", "Short", {"plan": "Weekly."}, [])
    app = AppTest.from_function(dialog, default_timeout=30, args=(row.id,)).run()
    assert areas(app)["Plan"] == "Weekly."
    next(box for box in app.text_input if box.label == "Name").set_value("Shorter")
    button(app, "Save template").click().run()
    app = opened(cast, monkeypatch, "Dana", "note_templates")
    assert "Shorter" in words(app) and "1 starting text" in words(app)
    button(app, "Retire").click().run()
    assert "Use again" in words(app)


def test_a_signed_exam_reads_with_its_findings_and_its_risk_line(cast, monkeypatch) -> None:
    from tests.workflows.test_case_notes import fill, sign

    note_id = begun(cast, case_of(cast), NoteKind.MENTAL_STATUS)
    calm = Risk(harm_to_self=RiskFinding.NONE_REPORTED, harm_to_others=RiskFinding.NONE_REPORTED)
    fill(cast, note_id, details=Details(risk=calm))
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=2, sections={"mood_more": "Tired."}))
    sign(cast, note_id)
    shown = [t.value for t in opened(cast, monkeypatch, "Marcus", "note", note=note_id).text]
    assert "Even\nTired." in shown
    assert "Harm to self: None reported · Harm to others: None reported" in shown
