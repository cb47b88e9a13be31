"""Forms as data: what may be asked and answered, with a sentence at each field; who signs; when an alert goes on."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules import forms, library, signing
from practicerunner.rules.alerts import crisis_text, escalates_at
from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.rules.form_texts import BUILT_IN
from practicerunner.rules.forms import Content, Field, answer_problems, template_problems
from practicerunner.vocabulary import CaseType, DocumentTask, FieldKind, FormPurpose, Resource, SignsAs

OWN_WORDS = (CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP)
ALL_KINDS = Content((
    Field("head", FieldKind.HEADING, "A part"),
    Field("read", FieldKind.DOCUMENT, "To read", text="**As** typed"),
    Field("line", FieldKind.TEXT, "A line", required=True),
    Field("long", FieldKind.LONG_TEXT, "Long", required=True),
    Field("one", FieldKind.CHOICE, "One", required=True, options=("No", "Yes"), critical=("Yes",)),
    Field("some", FieldKind.CHOICES, "Some", required=True, options=("A", "B", "C"), critical=("C",)),
    Field("scale", FieldKind.SCALE, "Scale", required=True, low=1, high=3, critical=("3",)),
    Field("day", FieldKind.DATE, "Day", required=True),
    Field("box", FieldKind.ACKNOWLEDGEMENT, "Box", required=True),
    Field("sign", FieldKind.SIGNATURE, "Signature", required=True),
))
ANSWERS = {"line": "x", "long": "a\nb", "one": "No", "some": ["B", "A"], "scale": 2, "day": "2026-03-09", "box": True,
           "sign": "Leo"}


def problem(field: Field, purpose: FormPurpose = FormPurpose.QUESTIONNAIRE) -> str:
    return template_problems(purpose, Content((field,))).get(field.key, "")


# --- Templates


@pytest.mark.parametrize("form", BUILT_IN, ids=lambda form: form.key)
def test_every_form_that_comes_with_the_product_is_sound_and_kept_without_loss(form) -> None:
    assert template_problems(form.purpose, form.content) == {}
    assert forms.from_json(forms.as_json(form.content)) == form.content
    assert len({form.key for form in BUILT_IN}) == len(BUILT_IN)


def test_a_pdf_takes_the_place_of_a_text_and_what_has_none_is_kept_as_it_always_was() -> None:
    pdf = forms.Pdf(7, "a.pdf", 12, "0" * 64)
    assert [key for field in forms.as_json(ALL_KINDS)["fields"] for key in field if key == "pdf"] == []
    brought = Field("read", FieldKind.DOCUMENT, "To read", pdf=pdf)
    kept = Content((brought, *ALL_KINDS.fields[2:]))
    assert forms.from_json(forms.as_json(kept)) == kept and problem(brought, FormPurpose.PRACTICE_DOCUMENT) == ""
    assert (brought.fingerprint, forms.source_of(brought, 3)) == (
        "0" * 64, f"To read (a.pdf), version 3, SHA-256 {'0' * 64}")
    for wrong in (Field("read", FieldKind.DOCUMENT, "To read", text="x", pdf=pdf),
                  Field("line", FieldKind.TEXT, "A line", pdf=pdf)):
        assert problem(wrong) == "A PDF takes the place of a text to read, and of nothing else."


@pytest.mark.parametrize("task", DocumentTask)
def test_a_document_of_the_practice_is_known_by_what_it_asks(task: DocumentTask) -> None:
    made = library.document("Notice", task, " ", text="Words.")
    assert (library.task_of(made), library.sentence_of(made)) == (task, library.USUAL[task])
    assert library.problems(FormPurpose.PRACTICE_DOCUMENT, made) | template_problems(
        FormPurpose.PRACTICE_DOCUMENT, made) == {}
    assert library.task_of(ALL_KINDS) is None
    assert set(library.problems(FormPurpose.PRACTICE_DOCUMENT, ALL_KINDS)) == {library.DOCUMENT}
    assert library.problems(FormPurpose.OTHER, ALL_KINDS) == {}


@pytest.mark.parametrize("kind", OWN_WORDS)
def test_what_fits_consultations_and_workshops_uses_their_own_words(kind: CaseType) -> None:
    purposes = forms.purposes_for(kind, clinical=False)
    fitting = [form for form in BUILT_IN if form.purpose in purposes]
    assert fitting
    said = str([forms.as_json(form.content) for form in fitting]).lower()
    for word in ("diagnos", "treatment", "symptom", "patient", "therap"):
        assert word not in said


def test_which_forms_fit_which_kind_of_case() -> None:
    fitting = {kind: {p.value for p in forms.purposes_for(kind, clinical=able.clinical_fields)}
               for kind, able in CASE_TYPES.items()}
    alone = {"intake", "consent", "telehealth", "other", "measure", "questionnaire", "practice_document"}
    colleagues = {"consultation_agreement", "other", "practice_document"}
    assert fitting == {
        CaseType.INDIVIDUAL: alone, CaseType.TWO_PERSON: alone | {"no_secrets"},
        CaseType.FAMILY: alone | {"no_secrets"},
        CaseType.THERAPY_GROUP: alone, CaseType.INDIVIDUAL_CONSULTATION: colleagues,
        CaseType.CONSULTATION_GROUP: colleagues, CaseType.WORKSHOP: {"other", "practice_document"},
    }
    switched = forms.purposes_for(CaseType.INDIVIDUAL_CONSULTATION, clinical=True)
    assert FormPurpose.MEASURE in switched and FormPurpose.INTAKE not in switched


def test_each_purpose_is_governed_by_a_row_of_the_permission_table() -> None:
    governed = {purpose: forms.resource_of(purpose) for purpose in FormPurpose}
    clinical = {p for p, resource in governed.items() if resource is Resource.QUESTIONNAIRES}
    assert clinical == {FormPurpose.INTAKE, FormPurpose.MEASURE, FormPurpose.QUESTIONNAIRE}
    sent = {p for p in FormPurpose if forms.sending_resource(p) is Resource.QUESTIONNAIRES}
    assert sent == {FormPurpose.MEASURE, FormPurpose.QUESTIONNAIRE}


@pytest.mark.parametrize(("field", "sentence"), [
    (Field("a", FieldKind.TEXT, " "), "Say what is asked"),
    (Field("a", FieldKind.TEXT, "x" * 2001), "too long"),
    (Field("a", FieldKind.TEXT, "x\x00"), "cannot be shown"),
    (Field("a", FieldKind.DOCUMENT, "Text"), "Write the text"),
    (Field("a", FieldKind.DOCUMENT, "Text", text="x" * 100_001), "too long"),
    (Field("a", FieldKind.CHOICE, "One", options=("A",)), "between 2 and 50"),
    (Field("a", FieldKind.CHOICE, "One", options=tuple(map(str, range(51)))), "between 2 and 50"),
    (Field("a", FieldKind.CHOICES, "Some", options=("A", "A")), "each something else"),
    (Field("a", FieldKind.CHOICES, "Some", options=("A", " ")), "say something"),
    (Field("a", FieldKind.SCALE, "Scale", low=3, high=3), "A scale goes up"),
    (Field("a", FieldKind.SCALE, "Scale", low=0, high=11), "at most 11 points"),
    (Field("a", FieldKind.SCALE, "Scale", low=-1, high=3), "A scale goes up"),
    (Field("a", FieldKind.SCALE, "Scale", low=0, high=2, options=("A", "B")), "each of the 3 points"),
    (Field("a", FieldKind.TEXT, "Text", critical=("x",)), "Only an answer that is chosen"),
    (Field("a", FieldKind.CHOICE, "One", options=("A", "B"), critical=("C",)), "one of the answers"),
    (Field("a", FieldKind.SCALE, "Scale", low=0, high=2, critical=("3",)), "one of the answers"),
    (Field("Not a key", FieldKind.TEXT, "x"), "same name"),
])
def test_a_template_says_at_each_field_what_is_wrong(field: Field, sentence: str) -> None:
    assert sentence in problem(field)


def test_a_template_as_a_whole() -> None:
    sign, line = Field("sign", FieldKind.SIGNATURE, "Signature"), Field("line", FieldKind.TEXT, "Line")
    other = FormPurpose.OTHER
    assert template_problems(FormPurpose.QUESTIONNAIRE, ALL_KINDS) == {}
    assert "at least one field" in template_problems(other, Content())["fields"]
    assert "at least one field" in template_problems(other, Content((ALL_KINDS.fields[0],)))["fields"]
    assert "needs a field for the signature" in template_problems(FormPurpose.CONSENT, Content((line,)))["fields"]
    assert "move it to the end" in template_problems(other, Content((sign, line)))["sign"]
    two = Content((line, Field("again", FieldKind.SIGNATURE, "Again"), sign))
    assert template_problems(other, two)["sign"] == "A form has one signature."
    assert "same name" in template_problems(other, Content((line, line)))["line"]
    many = Content(tuple(Field(f"f{n}", FieldKind.TEXT, "x") for n in range(201)))
    assert "at most 200" in template_problems(other, many)["fields"]


@pytest.mark.parametrize("purpose", FormPurpose)
def test_only_clinical_forms_raise_alerts(purpose: FormPurpose) -> None:
    field = Field("a", FieldKind.CHOICE, "One", options=("A", "B"), critical=("B",))
    assert bool(problem(field, purpose)) == (purpose not in forms.CLINICAL)


def test_a_new_field_gets_a_key_that_nobody_has() -> None:
    assert forms.new_key(["field_1", "line", "field_3"]) == "field_2"


# --- Answers


def test_a_complete_set_of_answers_has_no_problem_and_an_empty_one_a_sentence_at_each_required_field() -> None:
    assert answer_problems(ALL_KINDS, ANSWERS, complete=True) == {}
    assert answer_problems(ALL_KINDS, {}, complete=False) == {}
    missing = answer_problems(ALL_KINDS, {"line": "  ", "some": [], "box": False}, complete=True)
    assert set(missing) == set(ANSWERS) and all(missing.values())


@pytest.mark.parametrize(("key", "answer"), [
    ("line", 5), ("line", "a\nb"), ("line", "x" * 501), ("line", "a\x00"), ("long", "x" * 100_001), ("long", ["x"]),
    ("long", "\ud800"), ("one", "Maybe"), ("one", 1), ("some", "A"), ("some", ["A", "A"]), ("some", ["D"]),
    ("scale", 0), ("scale", 4), ("scale", "2"), ("scale", True), ("scale", 2.0), ("day", "9 March"),
    ("day", "1802-01-01"), ("day", 20260309), ("box", "yes"), ("box", 1), ("sign", 5), ("read", "x"), ("head", "x"),
    ("nothing", "x"),
])
def test_an_answer_of_the_wrong_kind_is_refused_at_its_field_in_a_draft_too(key: str, answer: object) -> None:
    for complete in (False, True):
        problems = answer_problems(ALL_KINDS, ANSWERS | {key: answer}, complete=complete)
        assert set(problems) == {key} and problems[key]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([f.key for f in ALL_KINDS.fields]), st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1), st.floats(allow_nan=True),
)))
def test_whatever_is_sent_is_kept_as_given_or_named_with_a_sentence(answers) -> None:
    problems = answer_problems(ALL_KINDS, answers, complete=True)
    assert set(problems) <= {f.key for f in ALL_KINDS.fields}
    if not problems:
        assert forms.given(answers) == answers
        for field in ALL_KINDS.fields:
            assert isinstance(forms.answer_words(field, answers.get(field.key)), str)


def test_critical_answers_are_found_whatever_else_was_answered() -> None:
    found = forms.critical_answers(ALL_KINDS, {"one": "Yes", "some": ["A", "C"], "scale": 3})
    assert [(one.key, one.answer) for one in found] == [("one", "Yes"), ("some", "A, C"), ("scale", "3")]
    assert forms.critical_answers(ALL_KINDS, ANSWERS) == ()
    phq9 = next(form.content for form in BUILT_IN if form.key == "phq9")
    only = {f"phq9_{number}": 0 for number in range(1, 9)} | {"phq9_9": 1}
    assert [one.answer for one in forms.critical_answers(phq9, only)] == ["Several days (1)"]
    assert forms.critical_answers(phq9, only | {"phq9_9": 0}) == ()
    assert len(forms.unanswered(phq9, {"phq9_9": 0})) == 8


def test_answers_read_as_words() -> None:
    words = {field.key: forms.answer_words(field, ANSWERS.get(field.key)) for field in ALL_KINDS.fields}
    assert words == {"head": "–", "read": "–", "line": "x", "long": "a\nb", "one": "No", "some": "B, A", "scale": "2",
                     "day": "2026-03-09", "box": "Yes", "sign": "Leo"}


def test_what_a_newer_version_still_asks_is_carried_over_and_no_signature() -> None:
    newer = Content((Field("line", FieldKind.TEXT, "Line"), Field("one", FieldKind.CHOICE, "One", options=("A", "B")),
                     Field("fresh", FieldKind.TEXT, "Fresh"), Field("sign", FieldKind.SIGNATURE, "Signature")))
    assert forms.carried_over(newer, ANSWERS) == {"line": "x"}


# --- Signing


@pytest.mark.parametrize(("today", "adult"), [(date(2026, 11, 30), False), (date(2026, 12, 1), True)])
def test_somebody_is_adult_on_the_eighteenth_birthday(today: date, adult: bool) -> None:
    assert signing.is_adult(date(2008, 12, 1), today) is adult
    assert signing.is_adult(None, today) is None


def test_somebody_born_on_a_leap_day_is_adult_from_the_first_of_march() -> None:
    born = date(2008, 2, 29)
    assert [signing.is_adult(born, day) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [False, True]


def test_a_signature_for_another_names_both_and_the_capacity() -> None:
    assert signing.capacity("Elena Castellano", SignsAs.GUARDIAN, "Leo Castellano") == (
        "Elena Castellano, guardian of Leo Castellano")
    assert signing.capacity("Ada", SignsAs.HEALTH_CARE_AGENT, "Bo") == "Ada, health care agent of Bo"
    assert signing.capacity("Leo", None, "Leo") == "Leo"


def test_no_helper_signs_no_child_signs_for_another_and_no_parent_for_an_adult() -> None:
    assert "helper" not in {word.value for word in SignsAs}
    today, child, adult = date(2026, 6, 1), date(2015, 1, 1), date(1980, 1, 1)

    def refused(relation: SignsAs, signer: date | None, person: date | None) -> bool:
        return bool(signing.signing_problem(relation, signer_born=signer, person_born=person, today=today))

    assert refused(SignsAs.GUARDIAN, child, adult)
    assert refused(SignsAs.PARENT, adult, adult)
    assert not refused(SignsAs.PARENT, adult, child)
    assert not refused(SignsAs.PARENT, None, None)
    assert not refused(SignsAs.GUARDIAN, adult, adult)


# --- Alerts and letters


@pytest.mark.parametrize(("raised", "goes_on"), [
    ("2026-11-12 09:00", "2026-11-12 13:00"), ("2026-11-12 07:30", "2026-11-12 13:00"),
    ("2026-11-12 13:00", "2026-11-12 17:00"), ("2026-11-12 13:01", "2026-11-13 09:01"),
    ("2026-11-12 23:00", "2026-11-13 13:00"), ("2026-11-13 16:00", "2026-11-16 12:00"),
    ("2026-11-13 23:00", "2026-11-16 13:00"), ("2026-11-14 10:00", "2026-11-16 13:00"),
    ("2026-10-30 16:00", "2026-11-02 12:00"), ("2026-03-06 16:00", "2026-03-09 12:00"),
])
def test_four_business_hours_are_counted_on_the_practice_s_wall_over_nights_weekends_and_clock_changes(
    raised: str, goes_on: str
) -> None:
    zone = ZoneInfo("America/New_York")
    moments = [datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) for text in (raised, goes_on)]
    assert escalates_at(moments[0], zone.key, timedelta(hours=4)) == moments[1]


def test_the_crisis_text_names_988_911_and_the_practice_s_line() -> None:
    text = crisis_text("Linden\nStreet", "+1 518 555 0100")
    for words in ("988", "911", "not monitored continuously", "Linden Street: +1 518 555 0100"):
        assert words in text
    assert "You can also call" not in crisis_text("Linden Street", " ")


def test_letters_say_neither_what_nor_why() -> None:
    there = "https://portal.example/portal"
    letters = [signing.reminder_letter("Noor", "Linden Street Practice", "+1 518 555 0100", there),
               signing.reminder_letter("Noor", "Linden Street Practice", "", there),
               signing.waiting_letter("Noor", "Linden Street Practice", "", there),
               signing.urgent_letter("Linden Street Practice")]
    assert [f"\n\n{there}\n\n" in letter.body for letter in letters] == [True, True, True, False]
    for letter in letters:
        said = f"{letter.subject} {letter.body}".lower()
        for word in ("form", "consent", "questionnaire", "phq", "score", "therap", "critical", "answer", "client"):
            assert word not in said


@pytest.mark.parametrize(("born", "agreed_for", "alone"), [
    (date(2008, 11, 13), False, False), (date(2008, 11, 13), True, True), (date(2008, 11, 12), False, True),
    (None, False, True),
])
def test_a_minor_adds_their_word_to_that_of_whoever_signs_for_them(
    born: date | None, agreed_for: bool, alone: bool
) -> None:
    problem = signing.own_problem(born, date(2026, 11, 12), agreed_for=agreed_for)
    assert (problem == "") is alone
