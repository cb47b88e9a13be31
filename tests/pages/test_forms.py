"""Forms on the screen: assigned, filled in, handed in, read like paper; alerts; the builder; each role's own view."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.forms import CriticalAlert, FormResponse, FormTemplate
from practicerunner.records.staff import Staff
from practicerunner.rules.forms import Content, Field
from practicerunner.ui import form_fields, identity, navigation
from practicerunner.vocabulary import AlertAction, CaseType, FieldKind, FormPurpose, NoteKind
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.form_pages import sheet_page
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form, form_template
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.people import PersonDetails
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words
from tests.workflows.sending import bring_forms, complete, filled, form_id, named, scored, send

FORBIDDEN = ("diagnos", "treatment", "symptom", "patient", "therap")
HOSTILE = "[pay](https://evil.example) ![x](https://evil.example/p.png) <img src=x> $5 and $6 :red[hi] **bold** 山田"
NOW = "2026-11-12 09:00"


@pytest.fixture
def cast(sqlite_engine: Engine) -> Cast:
    made = bring_on(sqlite_engine)
    bring_forms(made)
    with at(NOW):
        yield made


@pytest.fixture
def enter(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    return lambda name, page, **selectors: opened(cast, monkeypatch, name, page, **selectors)


@pytest.fixture
def led_to(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Where a click leads, instead of going there."""
    found: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(navigation, "go", lambda page, **selectors: found.append((page, selectors)))
    return found


def group(app: AppTest, key: str) -> Any:
    return next(one for one in app.get("button_group") if one.key == key)


def field(assignment: int, key: str) -> str:
    return f"sheet.{assignment}.{key}"


# --- On the case


def test_the_block_shows_each_participant_s_forms_and_what_can_be_done(cast: Cast, enter) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    assert "No forms yet. Each client is given their own" in said(enter("Marcus", "case", case=couple, part="clinical"))
    with at("2026-11-01 09:00"):
        maya, tom = send(cast, couple, "consent", due_on=date(2026, 11, 8))
        complete(cast, maya, filled("consent"))
    app = enter("Marcus", "case", case=couple, part="clinical")
    text = words(app)
    assert "Maya Rivera, Sun 1 Nov 2026, 09:00" in text and "Overdue" in text and "due Sun 8 Nov" in text
    assert {f"fill.{tom}", f"remind.{tom}.0.remind", f"withdraw.{tom}.0.withdraw"} <= set(keys(app))
    assert f"fill.{maya}" not in keys(app)
    app = press(app, f"remind.{tom}.0.remind")
    assert "There is no e-mail address that this person lets us write to" in said(app)
    app = press(app, f"withdraw.{tom}.0.withdraw")
    assert "Overdue" not in words(app)
    with at("2026-11-02 09:00"):
        complete(cast, send(cast, couple, "phq9", to="Tom")[0], scored("phq9", *[1] * 7))
    app = enter("Marcus", "case", case=couple, part="clinical")
    assert "2 questions unanswered, no total" in words(app)


def test_the_front_desk_sees_that_it_was_sent_and_came_back_and_nothing_else(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Pia Berg")
    complete(cast, send(cast, case_id, "phq9")[0], scored("phq9", 3, 3, 3, 3, 3, 1, 1, 0, 1))
    complete(cast, send(cast, case_id, "phq9")[0], scored("phq9", *[2] * 8, 0))
    (intake,) = send(cast, case_id, "intake")
    for part in ("overview", "clinical"):
        text = words(enter("Tom", "case", case=case_id, part=part))
        for secret in ("moderately", "18 of", "Critical", "critical"):
            assert secret not in text, part
    assert "PHQ-9" in text and "Completed" in text
    app = enter("Tom", "case", case=case_id, part="clinical")
    assert f"fill.{intake}" not in keys(app) and f"remind.{intake}.0.remind" in keys(app)
    assert not app.get("vega_lite_chart") and not app.get("arrow_vega_lite_chart")
    with database.reading(cast.engine) as session:
        response = session.scalars(select(FormResponse.id)).first()
    text = words(enter("Tom", "form", response=response))
    assert "The answers are not yours to read" in text and "18 of" not in text
    assert "Your role does not allow this" in said(enter("Tom", "form", assignment=intake))


def test_a_trend_is_drawn_from_complete_sets_only(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    for when, points in (("2026-09-01 10:00", [2] * 7), ("2026-10-01 10:00", [1] * 6), ("2026-11-01 10:00", [1] * 7)):
        with at(when):
            complete(cast, send(cast, case_id, "gad7")[0], scored("gad7", *points))
    app = enter("Marcus", "case", case=case_id, part="clinical")
    text = words(app)
    assert "GAD-7: 7 of 21, mild" in text
    assert "GAD-7, 2 times: 14 on Tue 1 Sep 2026, 7 on Sun 1 Nov 2026" in text


@pytest.mark.parametrize("kind", [
    CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP,
])
def test_consultations_and_workshops_read_their_own_words(cast: Cast, enter, kind: CaseType) -> None:
    named = "" if kind is CaseType.INDIVIDUAL_CONSULTATION else "Wednesday circle"
    case_id = cast.open_case(kind, "Lena Fischer", name=named)
    key = "ground_rules" if kind is CaseType.WORKSHOP else "agreement"
    pages = [enter("Marcus", "case", case=case_id, part="clinical")]
    (sent,) = send(cast, case_id, key)
    pages += [enter("Marcus", "case", case=case_id, part="clinical"), enter("Marcus", "form", assignment=sent)]
    pages.append(enter("Marcus", "form", response=complete(cast, sent, filled(key))))
    pages.append(enter("Marcus", "case", case=case_id, part="clinical", do="assign"))
    for app in pages:
        text = words(app).lower()
        assert not [word for word in FORBIDDEN if word in text]
        assert "phq" not in text


def assigning() -> None:
    from practicerunner.ui import form_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page, find_cases

    actor = signed_in()
    form_block.assign_dialog(actor, read(case_page, actor, read(find_cases, actor, "Rivera")[0].case_id))


def test_forms_are_assigned_to_those_who_do_not_have_them(cast: Cast, monkeypatch, led_to) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    send(cast, couple, "consent", to="Tom")
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    app = AppTest.from_function(assigning, default_timeout=30).run()
    save = f"assign.{couple}.0.save"
    assert app.button(key=save).disabled
    group(app, f"assign.{couple}.0.forms").set_value([form_id(cast, "consent"), form_id(cast, "intake")])
    app.run()
    assert "Tom Rivera has “Consent to treatment” still to fill in." in said(app)
    assert app.button(key=save).label == "Assign 3 forms"
    press(app, save)
    assert led_to == [("case", {"case": couple, "part": "clinical"})]
    lines = cast.read("Marcus", forms_of_case, couple).people
    assert [sorted(line.name for line in person.lines) for person in lines] == [["Consent to treatment", "Intake"]] * 2
    assert {line.due_on for line in lines[0].lines} == {date(2026, 11, 19)}


def test_what_is_missing_leads_to_assigning_it(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    app = enter("Marcus", "case", case=case_id)
    labels = [button.label for button in app.button]
    assert "Assign the intake" in labels and "Assign the consent" in labels
    assert "Assign forms" in said(enter("Marcus", "case", case=case_id, part="clinical", do="assign"))


# --- Filling in


def test_a_form_is_kept_while_it_is_filled_in_and_read_like_paper_once_handed_in(cast: Cast, enter, led_to) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (sent,) = send(cast, case_id, "consent")
    app = enter("Marcus", "form", assignment=sent)
    assert "For Noor Haddad." in said(app) and "Psychotherapy is work" in said(app)
    press(app, f"hand_in.{sent}.0.save")
    assert [error.value for error in app.error] == ["Please tick this box.", "Please type the name to sign."]
    app.text_input(key=field(sent, "signature")).set_value("  Noor **H.**  ").run()
    page = cast.read("Marcus", sheet_page, sent)
    assert page.answers == {"signature": "  Noor **H.**  "} and "Saved 09:00" in said(app)
    app.checkbox(key=field(sent, "understood")).check().run()
    press(app, f"hand_in.{sent}.0.save")
    ((name, selectors),) = led_to
    text = said(enter("Marcus", "form", response=selectors["response"]))
    assert name == "form" and "Signed by Noor Haddad (“  Noor **H.**  ”), Thu 12 Nov 2026, 09:00" in text
    assert "Filled in together with Marcus Bell" in text and "Yes" in text


def test_every_kind_of_field_is_kept_as_it_was_entered(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening")
    asked = Content((
        Field("line", FieldKind.TEXT, "Line"), Field("long", FieldKind.LONG_TEXT, "Long"),
        Field("one", FieldKind.CHOICE, "One", options=("A", "B")),
        Field("some", FieldKind.CHOICES, "Some", options=("A", "B", "C")),
        Field("scale", FieldKind.SCALE, "Scale", low=1, high=5), Field("day", FieldKind.DATE, "Day"),
        Field("box", FieldKind.ACKNOWLEDGEMENT, "Box"), Field("read", FieldKind.DOCUMENT, "Read", text="x"),
        Field("head", FieldKind.HEADING, "Head"),
    ))
    form = cast.do("Dana", add_form, AddForm(name="Everything", purpose=FormPurpose.OTHER, content=asked))
    (sent,) = cast.do("Marcus", assign_forms, AssignForms(
        case_id=case_id, template_ids=(form,), person_ids=tuple(people_of(cast, case_id).values())))
    app = enter("Marcus", "form", assignment=sent)
    app.text_input(key=field(sent, "line")).set_value("x").run()
    app.text_area(key=field(sent, "long")).set_value("a\nb").run()
    group(app, field(sent, "one")).set_value("B").run()
    group(app, field(sent, "some")).set_value(["A", "C"]).run()
    group(app, field(sent, "scale")).set_value(4).run()
    app.date_input(key=field(sent, "day")).set_value(date(2026, 3, 9)).run()
    app.checkbox(key=field(sent, "box")).check().run()
    given = {"line": "x", "long": "a\nb", "one": "B", "some": ["A", "C"], "scale": 4, "day": "2026-03-09", "box": True}
    assert not app.error and cast.read("Marcus", sheet_page, sent).answers == given
    group(enter("Marcus", "form", assignment=sent), field(sent, "one")).set_value(None).run()
    assert "one" not in cast.read("Marcus", sheet_page, sent).answers
    assert form_fields.answers(asked, form_fields.values(asked, given)) == given


def test_after_a_critical_answer_the_crisis_text_stands_there_and_the_alert_is_closed(
    cast: Cast, enter, led_to
) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (sent,) = send(cast, case_id, "phq9")
    app = enter("Marcus", "form", assignment=sent)
    assert "988" not in words(app)
    for number in range(1, 10):
        group(app, field(sent, f"phq9_{number}")).set_value(1 if number == 9 else 0)
    app.run()
    text = said(app)
    assert "call or text 988 now" in text and "not monitored continuously" in text
    assert "No permission required to reproduce" in text
    press(app, f"hand_in.{sent}.0.save")
    response = led_to[-1][1]["response"]
    text = said(enter("Marcus", "form", response=response))
    for expected in ("1 of 27, minimal, below the cut of 10", "988", "Critical answer of Noor Haddad"):
        assert expected in text
    assert "no risk" not in text.lower()
    assert r"Critical answer\: Noor Haddad, PHQ-9" in words(enter("Marcus", "today"))
    assert "Critical answer of Noor Haddad on PHQ" in said(enter("Marcus", "case", case=case_id))

    app = AppTest.from_function(closing, default_timeout=30).run()
    with database.reading(cast.engine) as session:
        alert = session.scalars(select(CriticalAlert.id)).one()
    prefix = f"close_alert.{alert}.0"
    assert "the alert stays open until a word is written in one" in said(app)
    assert f"{prefix}.save" not in keys(app), "without a note it cannot be closed"
    press(app, f"{prefix}.keep")
    assert [error.value for error in app.error] == ["Please choose one from the list.", "Please fill in this field."]
    group(app, f"{prefix}.action").set_value(AlertAction.ASSESSED)
    app.text_area(key=f"{prefix}.text").set_value("Tried to call")
    press(app, f"{prefix}.keep")
    app = enter("Marcus", "case", case=case_id)
    assert "Assessed by Marcus Bell" in said(app) and "Open until something is written in the note on it." in said(app)
    press(app, f"alert.{alert}.note")
    assert led_to[-1][0] == "note"
    app = AppTest.from_function(closing, default_timeout=30).run()
    assert f"close_alert.{alert}.0.save" not in keys(app), "there is not a word in it yet"
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=led_to[-1][1]["note"], revision=1, sections={"how": "By phone."}))
    app = AppTest.from_function(closing, default_timeout=30).run()
    prefix = f"close_alert.{alert}.0"
    assert app.text_area(key=f"{prefix}.text").value == "Tried to call"
    (choice,) = [one for one in app.selectbox if one.label == "The note that documents it"]
    assert list(choice.options) == ["Contact note, 12 November 2026, Marcus Bell, draft"]
    group(app, f"{prefix}.action").set_value(AlertAction.CONTACTED)
    app.text_area(key=f"{prefix}.text").set_value("Called at once **and** met the same day")
    press(app, f"{prefix}.save")
    assert not app.error
    assert "Critical answer of" not in said(enter("Marcus", "case", case=case_id))
    app = enter("Marcus", "documentation")
    assert "To sign: documents a critical answer (1)" in words(app) and "Your other drafts" not in words(app)
    text = said(enter("Marcus", "form", response=response))
    assert "Critical answer: contacted by Marcus Bell" in text and "Called at once **and** met the same day" in text


def test_of_several_notes_the_one_that_documents_a_critical_answer_is_chosen_and_never_taken_for_granted(
    cast: Cast, enter
) -> None:
    with at("2026-11-11 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        complete(cast, send(cast, case_id, "phq9")[0], scored("phq9", *[0] * 8, 1))
    contact, other = (
        cast.do("Marcus", start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.CONTACT, form=form, service_date=date(2026, 11, 12)))
        for form in ("contact", "discharge"))
    for note_id, section in ((contact, "how"), (other, "reason")):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={section: "By phone."}))
    with database.reading(cast.engine) as session:
        alert = session.scalars(select(CriticalAlert.id)).one()
    enter("Marcus", "today")
    app = AppTest.from_function(closing, default_timeout=30).run()
    prefix = f"close_alert.{alert}.0"
    (choice,) = [one for one in app.selectbox if one.label == "The note that documents it"]
    assert choice.value is None and len(choice.options) == 2
    group(app, f"{prefix}.action").set_value(AlertAction.CONTACTED)
    app.text_area(key=f"{prefix}.text").set_value("Called at once.")
    press(app, f"{prefix}.save")
    assert [error.value[:31] for error in app.error] == ["Choose the note that documents "]
    app.selectbox(key=f"{prefix}.note_id").set_value(contact)
    press(app, f"{prefix}.save")
    with database.reading(cast.engine) as session:
        assert session.get_one(CriticalAlert, alert).note_id == contact


def test_who_stands_in_finds_the_alert_on_their_appointment(cast: Cast, enter, led_to) -> None:
    with at("2026-11-11 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        complete(cast, send(cast, case_id, "phq9")[0], scored("phq9", *[0] * 8, 1))
    held = hold(cast, case_id, "IND50", "2026-11-11 12:00", by="Dana", provider="Olga")
    app = enter("Olga", "appointment", appointment=held)
    assert any("Critical answer of Noor Haddad" in one.value for one in app.error)
    assert "Several days" not in said(app), "the answers are not theirs to read"
    (write,) = [key for key in keys(app) if key.startswith("alert.") and key.endswith(".note")]
    press(app, write)
    assert led_to[-1][0] == "note"


def closing() -> None:
    from practicerunner.ui import alert_banner
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.alerts import my_alerts

    actor = signed_in()
    for alert in read(my_alerts, actor):
        alert_banner.close_dialog(actor, alert, "America/New_York")


def test_a_parent_signs_for_a_child_in_a_capacity_that_was_verified(cast: Cast, enter, led_to) -> None:
    family = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], participants=(
            Taking(person=PersonDetails(first_name="Ana", last_name="Lima")),
            Taking(person=PersonDetails(first_name="Cy", last_name="Lima", birth_date=date(2018, 5, 1))))))
    people = people_of(cast, family)
    named(cast, people["Cy"], people["Ana"])
    (sent,) = send(cast, family, "consent", to="Cy")
    app = enter("Marcus", "form", assignment=sent)
    app.checkbox(key=field(sent, "understood")).check().run()
    app.text_input(key=field(sent, "signature")).set_value("Ana Lima").run()
    app.selectbox(key=f"hand_in.{sent}.0.signed_by_id").set_value(people["Ana"]).run()
    assert "Ana Lima, parent" in app.selectbox(key=f"hand_in.{sent}.0.signed_by_id").options
    press(app, f"hand_in.{sent}.0.save")
    assert "Say how you verified that they may sign" in app.error[0].value
    app.text_input(key=f"hand_in.{sent}.0.authority").set_value("Birth certificate seen").run()
    press(app, f"hand_in.{sent}.0.save")
    text = said(enter("Marcus", "form", response=led_to[-1][1]["response"]))
    assert "Signed by Ana Lima, parent of Cy Lima (“Ana Lima”)" in text and "Verified: Birth certificate seen" in text


def test_two_windows_never_overwrite_each_other(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (sent,) = send(cast, case_id, "intake")
    first, second = (enter("Marcus", "form", assignment=sent) for _ in range(2))
    first.text_area(key=field(sent, "reason")).set_value("From the first window").run()
    second.text_area(key=field(sent, "reason")).set_value("From the second").run()
    assert "Not saved. Somebody else changed this" in said(second) and "From the first window" in said(second)
    assert second.text_area(key=field(sent, "reason")).value == "From the second"
    assert cast.read("Marcus", sheet_page, sent).answers == {"reason": "From the first window"}
    press(second, f"sheet.{sent}.insist")
    assert cast.read("Marcus", sheet_page, sent).answers == {"reason": "From the second"}


def test_what_was_handed_in_leads_to_its_paper_and_what_was_withdrawn_says_so(cast: Cast, enter, led_to) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (sent,) = send(cast, case_id, "consent")
    response = complete(cast, sent, filled("consent"))
    enter("Marcus", "form", assignment=sent)
    assert led_to == [("form", {"response": response})]
    app = press(enter("Marcus", "form", response=response), f"replace.{response}.0.replace")
    assert led_to[-1][0] == "form" and "assignment" in led_to[-1][1]
    assert "It will take the place of what was handed in before" in said(
        enter("Marcus", "form", assignment=led_to[-1][1]["assignment"]))
    app = enter("Marcus", "case", case=case_id, part="clinical")
    again = led_to[-1][1]["assignment"]
    press(app, f"withdraw.{again}.0.withdraw")
    assert "This form was withdrawn" in said(enter("Marcus", "form", assignment=again))
    assert "Choose a form" in said(enter("Marcus", "form"))
    assert "not yours to open" in said(enter("Olga", "form", response=response))


def test_a_clinical_director_types_a_reason_first(cast: Cast, enter) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    response = complete(cast, send(cast, case_id, "intake")[0], filled("intake", reason="Confided words"))
    assert "not yours to read" in said(enter("Dana", "form", response=response))
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    app = enter("Dana", "form", response=response)
    assert "Confided words" not in words(app)
    why = next(box for box in app.text_input if box.label.startswith("Why"))
    why.set_value("Complaint of 3 November").run()
    next(button for button in app.button if button.label == "Open").click().run()
    assert "Confided words" in said(app)


# --- The practice's forms


def test_the_owner_writes_a_form_field_by_field_and_changes_it(cast: Cast, enter, led_to) -> None:
    app = enter("Dana", "forms")
    assert "PCL-5 counts as positive from" in words(app) and "No-secrets policy" in said(app)
    app = enter("Dana", "forms", new=1)
    assert "Add the first field on the left" in said(app)
    app.text_input(key="form.new.0.name").set_value("Own form").run()
    app.selectbox(key="form.new.0.purpose").set_value(FormPurpose.QUESTIONNAIRE).run()
    prefix = "form.new.0.fields"
    for kind in (FieldKind.SIGNATURE, FieldKind.TEXT, FieldKind.CHOICE):
        app.selectbox(key=f"{prefix}.kind").set_value(kind).run()
        press(app, f"{prefix}.add")
    press(app, "form.new.0.save")
    assert {error.value for error in app.error} == {
        "Say what is asked or shown here."}, "the two that say nothing yet; the signature has its label"
    app.text_area(key=f"{prefix}.field_2.label").set_value("Name **typed**").run()
    app.text_area(key=f"{prefix}.field_3.label").set_value("Which?").run()
    app.text_area(key=f"{prefix}.field_3.options").set_value("Red\n\n Blue ").run()
    critical = next(box for box in app.multiselect if ".critical." in str(box.key))
    critical.set_value(["Blue"]).run()
    press(app, f"{prefix}.field_3.Up")
    press(app, "form.new.0.save")
    assert not app.error
    ((_, selectors),) = led_to
    made = cast.read("Dana", form_template, selectors["form"])
    assert [(f.key, f.label) for f in made.content.fields] == [
        ("field_3", "Which?"), ("field_2", "Name **typed**"), ("field_1", "Signature")]
    assert (made.content.fields[0].options, made.content.fields[0].critical) == (("Red", "Blue"), ("Blue",))
    app = enter("Dana", "forms", form=selectors["form"])
    prefix = f"form.{selectors['form']}.1.0"
    press(app, f"{prefix}.fields.field_2.Remove")
    press(app, f"{prefix}.save")
    changed = cast.read("Dana", form_template, selectors["form"])
    assert [f.key for f in changed.content.fields] == ["field_3", "field_1"] and len(changed.versions) == 2
    assert "Version 1: Own form" in said(enter("Dana", "forms", form=selectors["form"]))


def test_a_scale_whose_words_are_half_written_is_shown_and_its_box_stays_open(cast: Cast, enter) -> None:
    app = enter("Dana", "forms", new=1)
    prefix = "form.new.0.fields"
    app.selectbox(key=f"{prefix}.kind").set_value(FieldKind.SCALE).run()
    press(app, f"{prefix}.add")
    low, high = (next(one for one in app.number_input if one.label == label) for label in ("From", "To"))
    low.set_value(0)
    high.set_value(4).run()
    app.text_area(key=f"{prefix}.field_1.label").set_value("How often?").run()
    app.text_area(key=f"{prefix}.field_1.options").set_value("Never\nSometimes").run()
    assert not app.exception
    assert app.button(key="form.new.0.save"), "the page goes on below the preview"
    assert [box.proto.expanded for box in app.expander if "How often?" in box.label] == [True]
    press(app, "form.new.0.save")
    assert app.error, "five points, two words"


def test_a_measure_is_shown_as_published_and_can_be_taken_out_of_use(cast: Cast, enter) -> None:
    phq9 = form_id(cast, "phq9")
    app = enter("Dana", "forms", form=phq9)
    assert "its wording is not changed" in said(app) and "better off dead" in said(app)
    assert not [key for key in keys(app) if "save" in key]
    press(enter("Dana", "forms"), f"use.{phq9}.1.0.use")
    assert "Not used" in words(enter("Dana", "forms"))
    with database.reading(cast.engine) as session:
        assert not session.get_one(FormTemplate, phq9).active


def test_the_cut_of_the_pcl5_is_set_on_the_page(cast: Cast, enter) -> None:
    app = enter("Dana", "forms")
    app.number_input(key="cut.1.0.cut").set_value(31).run()
    press(app, "cut.1.0.save")
    assert app.number_input(key="cut.2.0.cut").value == 31


def test_hostile_texts_stand_on_every_page_of_forms_as_they_were_typed(cast: Cast, enter) -> None:
    asked = Content((
        Field("head", FieldKind.HEADING, HOSTILE),
        # A text to read may have bold words, headings and lists; all else stays letters there, too.
        Field("read", FieldKind.DOCUMENT, HOSTILE, text=HOSTILE.replace("**", "")),
        Field("one", FieldKind.CHOICE, HOSTILE, options=(HOSTILE, "No"), critical=(HOSTILE,), required=True),
        Field("some", FieldKind.CHOICES, HOSTILE, options=(HOSTILE, "No")),
        Field("scale", FieldKind.SCALE, HOSTILE, low=0, high=1, options=(HOSTILE, "No")),
        Field("box", FieldKind.ACKNOWLEDGEMENT, HOSTILE), Field("line", FieldKind.TEXT, HOSTILE),
        Field("long", FieldKind.LONG_TEXT, HOSTILE), Field("sign", FieldKind.SIGNATURE, HOSTILE, required=True),
    ))
    form = cast.do("Dana", add_form, AddForm(
        name=HOSTILE, purpose=FormPurpose.QUESTIONNAIRE, content=Content(asked.fields, HOSTILE)))
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
        participants=(Taking(person=PersonDetails(first_name=HOSTILE)),)))
    (person,) = people_of(cast, case_id).values()
    given = {"one": HOSTILE, "some": [HOSTILE], "scale": 0, "box": True, "line": HOSTILE, "long": HOSTILE,
             "sign": HOSTILE}
    sent, again = cast.do("Marcus", assign_forms, AssignForms(
        case_id=case_id, template_ids=(form, form_id(cast, "phq9")), person_ids=(person,)))
    pages = [enter("Marcus", "form", assignment=sent), enter("Marcus", "form", assignment=again)]
    response = complete(cast, sent, given)
    pages += [
        enter("Marcus", "form", response=response), enter("Marcus", "case", case=case_id, part="clinical"),
        enter("Marcus", "case", case=case_id), enter("Marcus", "today"), enter("Dana", "forms"),
        enter("Dana", "forms", form=form), enter("Tom", "case", case=case_id, part="clinical"),
        enter("Marcus", "case", case=case_id, part="clinical", do="assign"),
    ]
    for number, app in enumerate(pages):
        assert live(app) == [], number
    assert HOSTILE in said(pages[2])
