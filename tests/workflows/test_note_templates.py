"""Templates of notes: who keeps them, what a note takes from one, and what a locked note keeps of it (G16)."""

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted, Stale
from practicerunner.records.notes import Note, NoteVersion
from practicerunner.rules.notes import text_hash
from practicerunner.vocabulary import CaseType, NoteKind
from practicerunner.workflows.cases import SwitchClinicalFields, switch_clinical_fields
from practicerunner.workflows.note_templates import (
    AddTemplate,
    ChangeTemplate,
    OwnSection,
    RetireTemplate,
    TemplateLine,
    add_template,
    change_template,
    retire_template,
    template_list,
    templates_to_begin,
)
from practicerunner.workflows.notes import NoteIsIncomplete, StartCaseNote, StartNote, start_case_note, start_note
from practicerunner.workflows.verification import verify_note
from tests.cast import Cast, at, hold
from tests.workflows.test_case_notes import DAY, EVENING, case_of, page, row, save, sign

HOMEWORK = OwnSection(label="Homework", hint="What was agreed on.", required=True)
TEXTS = {"plan": "Same time next week.", "own_1": "None yet."}


def add(cast: Cast, **asked: object) -> int:
    wanted = {"form": "soap", "name": "Couple check-in", "texts": TEXTS, "sections": (HOMEWORK,)}
    return cast.do("Dana", add_template, AddTemplate(**wanted | asked))


def line(cast: Cast, template_id: int) -> TemplateLine:
    return next(one for one in cast.read("Dana", template_list) if one.template_id == template_id)


def begun(cast: Cast, template_id: int, **asked: object) -> int:
    case_id, _ = case_of(cast)
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    with at(EVENING):
        return cast.do("Marcus", start_note, StartNote(
            appointment_id=appointment_id, kind=NoteKind.PROGRESS, template_id=template_id, **asked))


def test_a_note_begins_with_the_texts_and_the_sections_of_its_template(cast: Cast) -> None:
    note_id = begun(cast, add(cast))
    note = row(cast, note_id)
    assert (note.form, note.sections) == ("soap", TEXTS)
    assert note.template == {"name": "Couple check-in", "sections": [
        {"key": "own_1", "label": "Homework", "hint": "What was agreed on.", "required": True, "clinical": False}]}
    shown = page(cast, "Marcus", note_id)
    assert shown.template == "Couple check-in"
    assert [(s.label, s.text) for s in shown.sections if s.text] == [
        ("Plan", "Same time next week."), ("Homework", "None yet.")]
    save(cast, note_id, sections=dict.fromkeys(("subjective", "objective", "assessment"), "Said.") | {"own_1": " "})
    assert page(cast, "Marcus", note_id).missing == ("Homework",)
    with pytest.raises(NoteIsIncomplete, match="Homework"):
        sign(cast, note_id)


def test_a_locked_note_never_changes_when_its_template_does(cast: Cast) -> None:
    template_id = add(cast)
    note_id = begun(cast, template_id)
    save(cast, note_id, sections=dict.fromkeys(("subjective", "objective", "assessment"), "Said."))
    sign(cast, note_id)
    before = page(cast, "Marcus", note_id)
    other = OwnSection(key="own_1", label="Other", required=False)
    cast.do("Dana", change_template, ChangeTemplate(
        template_id=template_id, revision=1, form="dap", name="Renamed", texts={"plan": "Other."}, sections=(other,)))
    cast.do("Dana", retire_template, RetireTemplate(template_id=template_id, revision=2, active=False))
    after = page(cast, "Marcus", note_id)
    assert (after.sections, after.template, after.versions) == (before.sections, before.template, before.versions)
    with database.reading(cast.engine) as session:
        version = session.scalars(select(NoteVersion)).one()
        assert text_hash(version.content) == version.text_hash == before.signatures[0].text_hash
        assert version.content["template"]["name"] == "Couple check-in"
    assert [one.intact for one in cast.read("Marcus", verify_note, note_id)] == [True]


def test_a_draft_keeps_the_sections_it_was_begun_with(cast: Cast) -> None:
    template_id = add(cast)
    note_id = begun(cast, template_id)
    cast.do("Dana", change_template, ChangeTemplate(
        template_id=template_id, revision=1, form="soap", name="Couple check-in", sections=()))
    assert "Homework" in [s.label for s in page(cast, "Marcus", note_id).sections]
    save(cast, note_id, sections={"own_1": "Walk together."})
    assert row(cast, note_id).sections["own_1"] == "Walk together."


def test_only_the_owner_keeps_templates_and_every_writer_sees_the_active_ones(cast: Cast) -> None:
    template_id = add(cast)
    for name in ("Marcus", "Priya", "Ruth", "Tom"):
        for verb, asked in (
            (add_template, AddTemplate(form="dap", name="Mine")),
            (change_template, ChangeTemplate(template_id=template_id, revision=1, form="soap", name="Mine")),
            (retire_template, RetireTemplate(template_id=template_id, revision=1, active=False)),
        ):
            with pytest.raises(NotPermitted):
                cast.do(name, verb, asked)
    assert [one.name for one in cast.read("Priya", templates_to_begin)] == ["Couple check-in"]
    cast.do("Dana", retire_template, RetireTemplate(template_id=template_id, revision=1, active=False))
    assert cast.read("Priya", templates_to_begin) == []
    assert [one.active for one in cast.read("Dana", template_list)] == [False]
    with pytest.raises(BadInput):
        begun(cast, template_id)


def test_a_change_keeps_the_keys_of_the_sections_and_a_stale_one_is_refused(cast: Cast) -> None:
    template_id = add(cast)
    kept, = line(cast, template_id).sections
    more = OwnSection(label="Ride home")
    ask = ChangeTemplate(template_id=template_id, revision=1, form="soap", name="Couple check-in",
                         sections=(more, kept.model_copy(update={"label": "Tasks"})))
    cast.do("Dana", change_template, ask)
    cast.do("Dana", change_template, ask)
    assert [(s.key, s.label) for s in line(cast, template_id).sections] == [("own_2", "Ride home"), ("own_1", "Tasks")]
    assert line(cast, template_id).revision == 2
    with pytest.raises(Stale):
        cast.do("Dana", change_template, ask.model_copy(update={"op": "another"}))


@pytest.mark.parametrize(("field", "asked"), [
    ("form", {"form": "psychotherapy"}), ("form", {"form": "treatment_plan"}), ("form", {"form": "nothing"}),
    ("name", {"name": "couple CHECK-IN "}), ("sections", {"name": "B", "sections": (HOMEWORK, HOMEWORK)}),
    ("sections", {"name": "B", "sections": (OwnSection(label="Plan"),)}),
    ("sections", {"name": "B", "sections": (OwnSection(key="own_7", label="New"),)}),
])
def test_what_makes_no_template_is_refused_at_its_field(cast: Cast, field: str, asked: dict) -> None:
    add(cast)
    with pytest.raises(BadInput) as refused:
        add(cast, **asked)
    assert refused.value.field == field
    assert len(cast.read("Dana", template_list)) == 1


def test_a_template_of_another_kind_or_form_begins_nothing(cast: Cast) -> None:
    group, dap = add(cast, form="group", texts={}), add(cast, form="dap", name="Short", texts={})
    case_id, _ = case_of(cast)
    held = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    for template_id, form in ((group, ""), (dap, "soap"), (1, "")):
        with pytest.raises(BadInput) as refused:
            cast.do("Marcus", start_note, StartNote(
                appointment_id=held, kind=NoteKind.PROGRESS, form=form, template_id=template_id))
        assert refused.value.field == "template_id"
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Note)).all() == []


def test_a_clinical_label_of_a_template_is_shown_in_a_consultation_only_where_it_is_switched_on(cast: Cast) -> None:
    template_id = add(cast, form="contact", name="Treatment update", texts={"own_1": "F41.1", "said": "Hello."},
                      sections=(OwnSection(label="Diagnosis", required=True), OwnSection(label="Books")))
    case_id, _ = case_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    for switched_on in (False, True):
        cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=switched_on))
        with at(EVENING):
            note_id = cast.do("Marcus", start_case_note, StartCaseNote(
                case_id=case_id, kind=NoteKind.CONTACT, template_id=template_id, service_date=DAY))
        shown = page(cast, "Marcus", note_id)
        assert ("Diagnosis" in [s.label for s in shown.sections]) is switched_on
        assert ("Diagnosis" in shown.missing) is switched_on
        assert shown.template == ("Treatment update" if switched_on else "")
        assert ("own_1" in row(cast, note_id).sections) is False
        save(cast, note_id, sections={"how": "By phone."} | ({"own_1": "F41.1"} if switched_on else {}))
