"""The pages of notes: writing, reading, reviewing, and what a consultation's note never says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.notes import Note, Signature
from practicerunner.records.staff import Staff
from practicerunner.ui import identity, unsaved
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, NoteStatus
from practicerunner.workflows.notes import DiscardDraft, SaveDraft, StartNote, discard_draft, save_draft, start_note
from practicerunner.workflows.private_shares import shared_with_me
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    psychotherapy_page,
    save_psychotherapy_note,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.opening import give_passwords, sign, to_fill_in

ROOT = Path(__file__).resolve().parents[2]
SHELL = ROOT / "practicerunner" / "ui" / "shell.py"
FORBIDDEN = ("diagnos", "treatment", "symptom", "patient", "mental status")
SOAP = ("subjective", "objective", "assessment", "plan")
MARKDOWN = "**not bold** [link](http://x) :red[no] <b>raw</b>"


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Linden Street Practice on the evening of Monday 12 October."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    give_passwords(made)
    with at("2026-10-12 22:30"):
        yield made


def held(cast: Cast, case_type: CaseType, *names: str, service: str = "IND50", by: str = "Marcus", name: str = "",
         when: str = "2026-10-12 10:00") -> tuple[int, int]:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(case_type, *names, provider=by, name=name)
    return case_id, hold(cast, case_id, service, when, by=by)


def opened(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str, page: str, **selectors: int) -> AppTest:
    """A page of the product, through its shell, as somebody."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_file(str(SHELL), default_timeout=30).run()
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for key, value in selectors.items():
        app.query_params[key] = str(value)
    app.run()
    assert not app.exception
    return app


def started(cast: Cast, appointment_id: int, kind: NoteKind = NoteKind.PROGRESS, by: str = "Marcus") -> int:
    return cast.do(by, start_note, StartNote(appointment_id=appointment_id, kind=kind))


def signed(cast: Cast, appointment_id: int, words: str, by: str = "Marcus") -> int:
    note_id = started(cast, appointment_id, by=by)
    cast.do(by, save_draft, SaveDraft(note_id=note_id, revision=1, sections=dict.fromkeys(SOAP, words)))
    cast.do(by, sign_note, SignNote(note_id=note_id, revision=2))
    return note_id


def note_of(cast: Cast, note_id: int) -> Note:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id)


def words(app: AppTest) -> str:
    """Everything that the page says: titles, texts, labels, hints and buttons, with what stands in the fields."""
    said = [element.value for kind in ("title", "header", "subheader", "text", "markdown", "caption", "info", "warning",
                                       "error") for element in getattr(app.main, kind)]
    said += [str(part) for area in app.main.text_area for part in (area.label, area.placeholder, area.value)]
    said += [button.label for button in app.main.button]
    said += [str(part) for box in app.main.selectbox for part in (box.label, *box.options)]
    return "\n".join(map(str, said))


def areas(app: AppTest) -> dict[str, str]:
    return {area.label: area.value for area in app.text_area}


def button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


def test_a_note_is_written_field_by_field_saved_on_every_change_and_signed(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    app = opened(cast, monkeypatch, "Marcus", "appointment", appointment=appointment_id)
    button(app, "Start progress note").click().run()
    assert not app.exception
    assert list(areas(app))[:4] == ["Subjective", "Objective", "Assessment", "Plan"]
    assert button(app, "Sign and lock").disabled
    assert to_fill_in(app) == "Still to fill in: Subjective, Objective, Assessment, Plan"
    with database.reading(cast.engine) as session:
        note_id = session.scalars(select(Note.id)).one()
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)  # AppTest does not follow st.switch_page further
    for number, section in enumerate(SOAP):
        app.text_area(key=f"note.{note_id}.s.{section}").set_value(f"{section} {MARKDOWN}").run()
        assert note_of(cast, note_id).revision == number + 2
    assert "Saved 22:30" in words(app)
    assert not sign(app, "Sign", "nine loud herons").exception
    assert [e.value for e in app.error] == ["This is not your password. Type the one with which you sign in."]
    assert note_of(cast, note_id).status is NoteStatus.DRAFT
    assert areas(app)["Plan"] == f"plan {MARKDOWN}"
    sign(app, "Sign")
    note = note_of(cast, note_id)
    assert note.status is NoteStatus.LOCKED
    assert note.sections == {"mental_status": ""} | {s: f"{s} {MARKDOWN}" for s in SOAP}
    assert not app.text_area or list(areas(app)) == ["Addendum"]
    shown = [t.value for t in app.text]
    assert f"plan {MARKDOWN}" in shown
    assert "Signed by Marcus Bell, LMFT, Mon 12 Oct 2026, 22:30" in shown
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(Signature)))) == 1


def test_a_name_with_markdown_is_shown_as_it_is_written(cast, monkeypatch) -> None:
    case_id, appointment_id = held(cast, CaseType.INDIVIDUAL, "**Noor** [x](y)")
    signed(cast, appointment_id, "Said.")
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_of_case(cast, case_id))
    assert any("Present: **Noor** [x](y)" in t.value for t in app.text)
    assert all("**Noor**" not in m.value for m in app.markdown)


def note_of_case(cast: Cast, case_id: int) -> int:
    with database.reading(cast.engine) as session:
        return session.scalars(select(Note.id).where(Note.case_id == case_id)).one()


@pytest.mark.parametrize(("case_type", "service", "kind"), [
    (CaseType.INDIVIDUAL_CONSULTATION, "CONS60", NoteKind.CONSULTATION),
    (CaseType.CONSULTATION_GROUP, "CGRP120", NoteKind.CONSULTATION),
    (CaseType.CONSULTATION_GROUP, "CGRP120", NoteKind.GROUP),
    (CaseType.WORKSHOP, "WKSP", NoteKind.GROUP),
])
def test_no_clinical_word_stands_on_a_note_of_consultation_or_workshop(
    cast, monkeypatch, case_type, service, kind
) -> None:
    case_id, appointment_id = held(cast, case_type, "Noor Haddad", service=service, name="Peer circle"
                                   if case_type is not CaseType.INDIVIDUAL_CONSULTATION else "")
    note_id = started(cast, appointment_id, kind)
    person = people_of(cast, case_id)["Noor"]
    writing = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    assert len(areas(writing)) >= 4
    for area in list(writing.text_area):
        writing.text_area(key=area.key).set_value("Talked it through.").run()
    assert not writing.exception
    sign(writing, "Sign")
    assert note_of(cast, note_id).status is NoteStatus.LOCKED
    pages = [words(writing)]
    for page, selectors in (("appointment", {"appointment": appointment_id}), ("documentation", {}),
                            ("note", {"note": note_id})):
        pages.append(words(opened(cast, monkeypatch, "Marcus", page, **selectors)))
    for said in pages:
        assert len(said) > 20
        assert [word for word in FORBIDDEN if word in said.lower()] == []
    assert person


def test_two_windows_the_second_save_is_refused_and_both_texts_are_there_to_choose_from(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = started(cast, appointment_id)
    one = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    other = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    key = f"note.{note_id}.s.plan"
    one.text_area(key=key).set_value("First window.").run()
    other.text_area(key=key).set_value("Second window.").run()
    assert note_of(cast, note_id).sections["plan"] == "First window."
    assert "Not saved" in other.error[0].value
    assert other.text_area(key=key).value == "Second window."
    assert "First window." in [t.value for t in other.text]
    assert button(other, "Sign and lock").disabled
    button(other, "Keep what I wrote").click().run()
    assert note_of(cast, note_id).sections["plan"] == "Second window."
    assert not other.error
    one.run()
    assert one.text_area(key=key).value == "Second window."


def test_two_windows_on_different_fields_lose_nothing_of_either_by_keeping_what_was_written(cast, monkeypatch) -> None:
    """The third window is the one that has seen the least; each is told which fields differ before it chooses."""
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = started(cast, appointment_id)
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"assessment": "As before."}))
    one, other, third = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(3))
    key = f"note.{note_id}.s"
    one.text_area(key=f"{key}.subjective").set_value("First window.").run()
    other.text_area(key=f"{key}.objective").set_value("Second window.").run()
    told = other.error[0].value
    assert told.startswith("Not saved. Somebody else changed this in the meantime.") and "Reload" not in told
    box = next(box for box in other.expander if box.label.startswith("What is saved now"))
    assert [m.value for m in box.markdown] == ["**Subjective**", "**Objective**"]
    assert [t.value for t in box.text] == ["First window.", "–", "–", "Second window."]
    assert [c.value for c in box.caption][:-1] == [
        "Changed only there: it is taken.", "Saved now", "Here", "Changed only here: it stays.", "Saved now", "Here"]
    button(other, "Keep what I wrote").click().run()
    assert not other.exception and not other.error
    third.text_area(key=f"{key}.plan").set_value("Third window.").run()
    button(third, "Keep what I wrote").click().run()
    kept = note_of(cast, note_id).sections
    assert {name: text for name, text in kept.items() if text} == {
        "subjective": "First window.", "objective": "Second window.", "assessment": "As before.",
        "plan": "Third window."}
    assert list(areas(third).values())[:4] == ["First window.", "Second window.", "As before.", "Third window."]
    one.run()
    assert areas(one)["Objective"] == "Second window."


def test_what_was_typed_and_not_saved_is_there_to_copy_after_a_reload_for_its_author_until_dropped(
    cast, monkeypatch
) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = started(cast, appointment_id)
    key = f"note.{note_id}.s.plan"
    one, other = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(2))
    one.text_area(key=key).set_value("First window.").run()
    other.text_area(key=key).set_value("Second **window**.").run()
    again = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    assert again.text_area(key=key).value == "First window."
    assert [block.value for block in again.code] == ["Second **window**."]
    again.text_area(key=key).set_value("First window. Second too.").run()
    assert note_of(cast, note_id).sections["plan"] == "First window. Second too."
    assert [block.value for block in again.code] == ["Second **window**."], "until it is dropped"
    assert not one.run().code, "who lost nothing has nothing to copy"
    button(again, "Drop it").click().run()
    assert not again.code
    assert not opened(cast, monkeypatch, "Marcus", "note", note=note_id).code
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Olga"])
    assert unsaved.found(f"note.{note_id}") == ()


def test_a_save_that_comes_between_the_question_and_the_answer_is_not_lost_either(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = started(cast, appointment_id)
    one, other = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(2))
    key = f"note.{note_id}.s"
    one.text_area(key=f"{key}.subjective").set_value("First.").run()
    other.text_area(key=f"{key}.objective").set_value("Second.").run()
    one.text_area(key=f"{key}.plan").set_value("First again.").run()
    button(other, "Keep what I wrote").click().run()
    if other.error:
        button(other, "Keep what I wrote").click().run()
    kept = note_of(cast, note_id).sections
    assert [kept[name] for name in ("subjective", "objective", "plan")] == ["First.", "Second.", "First again."]


def test_taking_what_is_saved_drops_only_what_both_windows_changed(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = started(cast, appointment_id)
    one = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    other = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    key = f"note.{note_id}.s"
    one.text_area(key=f"{key}.plan").set_value("First plan.").run()
    one.text_area(key=f"{key}.objective").set_value("First objective.").run()
    other.text_area(key=f"{key}.subjective").set_value("Mine.").run()
    other.text_area(key=f"{key}.plan").set_value("My plan.").run()
    box = next(box for box in other.expander if box.label.startswith("What is saved now"))
    assert [m.value for m in box.markdown] == ["**Subjective**", "**Objective**", "**Plan**"]
    assert [t.value for t in box.text] == ["–", "Mine.", "First objective.", "–", "First plan.", "My plan."]
    assert [c.value for c in box.caption if c.value.startswith("Changed")] == [
        "Changed only here: it stays.", "Changed only there: it is taken.", "Changed in both places: choose below."]
    button(other, "Take what is saved").click().run()
    assert not other.exception and not other.error
    kept = note_of(cast, note_id).sections
    assert [kept[name] for name in ("subjective", "objective", "plan")] == ["Mine.", "First objective.", "First plan."]
    assert [areas(other)[name] for name in ("Subjective", "Objective", "Plan")] == [
        "Mine.", "First objective.", "First plan."]
    one.run()
    assert areas(one)["Subjective"] == "Mine."


def test_an_associate_submits_the_supervisor_returns_and_cosigns_on_the_page(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad", by="Priya")
    note_id = started(cast, appointment_id, by="Priya")
    cast.do("Priya", save_draft, SaveDraft(note_id=note_id, revision=1, sections=dict.fromkeys(SOAP, "One.")))
    app = opened(cast, monkeypatch, "Priya", "note", note=note_id)
    sign(app, "Sign and submit")
    assert "Awaiting the co-signature of Ruth Feldman." in [t.value for t in app.text]
    queue = opened(cast, monkeypatch, "Ruth", "documentation")
    assert "Awaiting your co-signature (1)" in words(queue)
    review = opened(cast, monkeypatch, "Ruth", "note", note=note_id)
    button(review, "Return with comment").click().run()
    assert note_of(cast, note_id).status is NoteStatus.SUBMITTED
    assert "Say what the author should change." in [e.value for e in review.error]
    review.text_area[0].set_value(MARKDOWN).run()
    next(area for area in review.text_area if area.label == "Plan").set_value("And then?").run()
    button(review, "Return with 2 comments").click().run()
    assert not review.exception
    assert note_of(cast, note_id).status is NoteStatus.RETURNED
    back = opened(cast, monkeypatch, "Priya", "documentation")
    assert "Returned to you (1)" in words(back)
    assert MARKDOWN in [t.value for t in back.text]
    assert "Notes overdue" not in words(back) and "To write (0)" in words(back)
    again = opened(cast, monkeypatch, "Priya", "note", note=note_id)
    assert "And then?" in [t.value for t in again.text]
    assert "Ruth Feldman returned version 1, on Plan, Mon 12 Oct 2026, 22:30" in [t.value for t in again.text]
    again.text_area(key=f"note.{note_id}.s.plan").set_value("Two.").run()
    sign(again, "Sign and submit")
    review = opened(cast, monkeypatch, "Ruth", "note", note=note_id)
    sign(review, "Co-sign")
    assert (note_of(cast, note_id).status, note_of(cast, note_id).version) == (NoteStatus.LOCKED, 2)
    paper = opened(cast, monkeypatch, "Priya", "note", note=note_id)
    said = [t.value for t in paper.text]
    assert "Co-signed by Ruth Feldman, LMFT, Mon 12 Oct 2026, 22:30" in said
    assert {"One.", "Two."} <= set(said)


def test_an_addendum_is_written_beneath_the_note(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = signed(cast, appointment_id, "Said.")
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    sign(app, "Sign addendum")
    assert [e.value for e in app.error] == ["Please fill in this field."] * 2
    app.text_input(key=f"addendum.{note_id}.0.reason").set_value("correction")
    app.text_area(key=f"addendum.{note_id}.0.text").set_value("50, *not* 45 minutes.").run()
    sign(app, "Sign addendum")
    assert "50, *not* 45 minutes." in [t.value for t in app.text]
    assert note_of(cast, note_id).status is NoteStatus.AMENDED


def test_the_text_opens_to_nobody_whose_it_is_not(cast, monkeypatch) -> None:
    case_id, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = signed(cast, appointment_id, "Heron.")
    assert "Heron" not in words(opened(cast, monkeypatch, "Dana", "note", note=note_id))
    assert "Heron" not in words(opened(cast, monkeypatch, "Olga", "note", note=note_id))
    for page, selectors in (("appointment", {"appointment": appointment_id}), ("case", {"case": case_id})):
        said = words(opened(cast, monkeypatch, "Tom", page, **selectors))
        assert "Heron" not in said
    assert "Signed by Marcus Bell" in words(opened(cast, monkeypatch, "Tom", "appointment", appointment=appointment_id))


def test_the_clinical_director_types_a_reason_first(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = signed(cast, appointment_id, "Heron.")
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    app = opened(cast, monkeypatch, "Dana", "note", note=note_id)
    assert "Heron" not in words(app)
    assert button(app, "Open").disabled
    app.main.text_input[0].set_value("complaint 12").run()
    button(app, "Open").click().run()
    assert "Heron." in [t.value for t in app.text]


def test_a_psychotherapy_note_is_kept_and_read_by_its_author_on_the_page(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    app = opened(cast, monkeypatch, "Marcus", "note", psychotherapy=appointment_id)
    app.text_area[0].set_value("A heron, and her medication.").run()
    assert "medication" in app.warning[0].value
    again = opened(cast, monkeypatch, "Marcus", "note", psychotherapy=appointment_id)
    assert again.text_area[0].value == "A heron, and her medication."
    button(again, "Make final").click().run()
    assert not again.text_area
    assert "A heron, and her medication." in [t.value for t in again.text]
    assert "heron" not in words(opened(cast, monkeypatch, "Dana", "note", psychotherapy=appointment_id))


def test_documentation_lists_what_is_due_and_says_why_it_is_empty(cast, monkeypatch) -> None:
    empty = opened(cast, monkeypatch, "Marcus", "documentation")
    assert "No notes to write. They appear here when an appointment is marked attended." in words(empty)
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad", when="2026-10-05 10:00")
    full = opened(cast, monkeypatch, "Marcus", "documentation")
    assert "Notes overdue (1)" in words(full) and "To write (0)" in words(full)
    assert "Overdue" in words(full) or any("Overdue" in m.value for m in full.markdown)
    cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text="Own."))
    assert "Your other drafts (1)" in words(opened(cast, monkeypatch, "Marcus", "documentation"))
    assert "Notes overdue" not in words(opened(cast, monkeypatch, "Dana", "documentation"))


def test_the_case_lists_its_notes_and_offers_to_write_one(cast, monkeypatch) -> None:
    case_id, appointment_id = held(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", service="FAM50")
    signed(cast, appointment_id, "Said.")
    script = (
        "import streamlit as st\nfrom practicerunner.ui import case_notes, navigation\n"
        "from practicerunner.ui.identity import signed_in\n"
        "actor = signed_in()\nst.navigation(navigation.menu_for(actor), position='hidden')\n"
        f"case_notes.show(actor, {case_id})\n"
    )
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    app = AppTest.from_string(script, default_timeout=30).run()
    assert not app.exception
    assert any("Signed by Marcus Bell" in t.value for t in app.text)
    button(app, "Psychotherapy note")
    assert app.selectbox[0].label == "Appointment"
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    app = AppTest.from_string(script, default_timeout=30).run()
    assert not app.exception
    assert [one.label for one in app.button] == ["Request to amend"], "what a client asks comes to the front desk too"
    assert any("Signed by Marcus Bell" in t.value for t in app.text)


def test_a_member_who_did_not_come_has_no_field(cast, monkeypatch) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Al Ray", name="Thursday circle")
    missed = {people_of(cast, case_id)["Al"]: AttendanceStatus.NO_SHOW}
    appointment_id = hold(cast, case_id, "GRP90", "2026-10-12 10:00", missed=missed)
    app = opened(cast, monkeypatch, "Marcus", "note", note=started(cast, appointment_id, NoteKind.GROUP))
    assert list(areas(app)) == ["Topic", "Interventions", "Group process", "Eve Moss"]


def test_the_button_verify_proves_what_is_kept(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    note_id = signed(cast, appointment_id, "Said.")
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    assert not app.code
    button(app, "Check now").click().run()
    with database.reading(cast.engine) as session:
        assert [c.value for c in app.code] == [session.scalars(select(Signature.text_hash)).one()]
    assert "Every word is as it was signed." in [s.value for s in app.success]


def test_a_window_on_a_discarded_psychotherapy_note_shows_the_new_one_before_either_is_lost(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")

    def save(words: str) -> None:
        cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=words))

    save("Old.")
    app = opened(cast, monkeypatch, "Marcus", "note", psychotherapy=appointment_id)
    shown = cast.read("Marcus", psychotherapy_page, appointment_id)
    cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
        appointment_id=appointment_id, note_id=shown.note_id, revision=shown.revision))
    save("New.")
    for typed in ("Old, more.", "Old, and more."):
        app.text_area[0].set_value(typed).run()
        assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "New."
        assert app.text_area[0].value == typed and "New." in [t.value for t in app.text]
    button(app, "Keep what I wrote").click().run()
    app.text_area[0].set_value("Chosen.").run()
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "Chosen."
    assert not app.error


def test_a_psychotherapy_note_is_shared_with_the_supervisor_and_taken_back_by_one_click_each(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad", by="Priya")
    cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text="A heron."))
    app = opened(cast, monkeypatch, "Priya", "note", psychotherapy=appointment_id)
    assert "Only you can read this" in words(app)
    button(app, "Share with Ruth Feldman").click().run()
    assert "Only you and Ruth Feldman can read this" in words(app)
    assert "Private notes shared with you (1)" in words(opened(cast, monkeypatch, "Ruth", "supervision"))
    (line,) = cast.read("Ruth", shared_with_me)
    page = opened(cast, monkeypatch, "Ruth", "note", shared=line.share_id)
    assert "A heron." in [t.value for t in page.text]
    assert not page.button and not page.text_area
    assert "heron" not in words(opened(cast, monkeypatch, "Dana", "note", shared=line.share_id))
    app = opened(cast, monkeypatch, "Priya", "note", psychotherapy=appointment_id)
    told = "Ruth Feldman can read it no longer then, also after you put it back, until you share it again."
    assert told in [t.value for t in app.text]
    button(app, "Stop sharing").click().run()
    assert told not in [t.value for t in app.text]
    assert "Only you can read this" in words(app)
    assert "heron" not in words(opened(cast, monkeypatch, "Ruth", "note", shared=line.share_id))
    assert "Private notes shared" not in words(opened(cast, monkeypatch, "Ruth", "supervision"))


def test_who_has_no_supervisor_is_offered_nobody_to_share_with(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad")
    cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text="A heron."))
    app = opened(cast, monkeypatch, "Marcus", "note", psychotherapy=appointment_id)
    assert not [b for b in app.button if b.label.startswith("Share")]


def test_a_discarded_draft_is_put_back_from_the_documentation_page(cast, monkeypatch) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL, "Noor Haddad", when="2026-10-05 10:00")
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
    cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))
    assert "Put back" not in [one.label for one in opened(cast, monkeypatch, "Dana", "documentation").button]
    queue = opened(cast, monkeypatch, "Marcus", "documentation")
    assert "Discarded drafts (1)" in [one.label for one in queue.expander]
    button(queue, "Put back").click().run()
    assert not queue.exception
    assert note_of(cast, note_id).status is NoteStatus.DRAFT
