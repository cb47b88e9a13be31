"""The practice's own forms: written, changed, versions kept; published measures stay as published."""

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted, Stale
from practicerunner.records.forms import FormTemplate, FormVersion
from practicerunner.rules.form_texts import BUILT_IN
from practicerunner.rules.forms import Content, Field
from practicerunner.rules.measures import MEASURES
from practicerunner.vocabulary import CaseType, FieldKind, FormPurpose
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.form_pages import ResponsePage, sheet_page
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import (
    AddForm,
    ChangeForm,
    PublishedWording,
    SetPcl5Cut,
    TemplatePage,
    UseForm,
    add_form,
    change_form,
    form_list,
    form_template,
    make_built_in_forms,
    set_pcl5_cut,
    use_form,
)
from practicerunner.workflows.forms import ReplaceResponse, replace_response
from practicerunner.workflows.practice import practice_settings
from tests.cast import Cast, people_of
from tests.workflows.sending import bring_forms, complete, form_id, opened, scored, send

ODD = "**Bold** <b>[x](https://evil.example)</b> $5$ \n 🙂"
COLOUR = Field("colour", FieldKind.CHOICE, "Which colour?", options=("Red", "Blue"))
NAME = Field("name", FieldKind.TEXT, "Your name", required=True)


@pytest.fixture
def cast(cast: Cast) -> Cast:
    bring_forms(cast)
    return cast


def write(cast: Cast, *fields: Field, purpose: FormPurpose = FormPurpose.OTHER, name: str = "Own form") -> int:
    return cast.do("Dana", add_form, AddForm(name=name, purpose=purpose, content=Content(fields, ODD)))


def page(cast: Cast, template_id: int) -> TemplatePage:
    return cast.read("Dana", form_template, template_id)


def change(cast: Cast, template_id: int, *fields: Field, name: str = "Own form", revision: int | None = None) -> int:
    line = page(cast, template_id).line
    return cast.do("Dana", change_form, ChangeForm(
        template_id=template_id, revision=revision or line.revision, name=name, content=Content(fields, ODD)))


def test_the_forms_that_come_with_the_product_are_written_once(cast: Cast) -> None:
    with database.transaction(cast.engine) as session:
        assert make_built_in_forms(session) == 0
        assert session.scalar(select(func.count()).select_from(FormTemplate)) == len(BUILT_IN) == 11
    lines = cast.read("Dana", form_list)
    assert [line.name for line in lines if line.purpose is FormPurpose.MEASURE] == [
        "GAD-2", "GAD-7", "PCL-5", "PHQ-2", "PHQ-9"]
    assert all(line.is_built_in and line.active and line.version == 1 for line in lines)


def test_a_form_is_kept_exactly_as_typed_and_reaches_the_participant(cast: Cast) -> None:
    made = write(cast, Field("a", FieldKind.DOCUMENT, ODD, text=ODD), NAME, COLOUR, name="Own form")
    shown = page(cast, made)
    assert shown.content == Content((Field("a", FieldKind.DOCUMENT, ODD, text=ODD), NAME, COLOUR), ODD)
    assert (shown.line.fields, shown.versions[0].made_by) == (2, "Dana Okafor")
    case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening")
    (sent,) = cast.do("Marcus", assign_forms, AssignForms(
        case_id=case_id, template_ids=(made,), person_ids=tuple(people_of(cast, case_id).values())))
    assert cast.read("Marcus", sheet_page, sent).content == shown.content


def test_a_change_makes_a_version_and_what_was_given_or_answered_keeps_its_own(cast: Cast) -> None:
    made = write(cast, NAME, COLOUR)
    case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", "Ben Wells", name="Listening")
    people = people_of(cast, case_id)

    def give(name: str) -> int:
        return cast.do("Marcus", assign_forms, AssignForms(
            case_id=case_id, template_ids=(made,), person_ids=(people[name],)))[0]

    answered, waiting = give("Una"), give("Ben")
    response = complete(cast, answered, {"name": "Una", "colour": "Blue"})
    change(cast, made, NAME, Field("size", FieldKind.SCALE, "How big?", low=1, high=5), name="Own form, anew")
    kept = opened(cast, "Marcus", response)
    assert isinstance(kept, ResponsePage)
    assert (kept.version, kept.name, [(a.label, a.words) for a in kept.answers], kept.intact) == (
        1, "Own form", [("Your name", "Una"), ("Which colour?", "Blue")], True)
    assert COLOUR in cast.read("Marcus", sheet_page, waiting).content.fields
    assert [(v.number, v.name) for v in page(cast, made).versions] == [(2, "Own form, anew"), (1, "Own form")]
    again = cast.do("Marcus", replace_response, ReplaceResponse(response_id=response))
    sheet = cast.read("Marcus", sheet_page, again)
    assert (sheet.name, sheet.answers) == ("Own form, anew", {"name": "Una"})
    assert [line.name for line in cast.read("Marcus", forms_of_case, case_id).people[0].lines] == [
        "Own form, anew", "Own form"]


def test_the_same_text_again_makes_no_version_and_an_old_page_overwrites_nothing(cast: Cast) -> None:
    made = write(cast, NAME)
    change(cast, made, NAME)
    assert page(cast, made).line.version == 1
    change(cast, made, NAME, COLOUR)
    with pytest.raises(Stale):
        change(cast, made, NAME, revision=1)
    assert page(cast, made).line.version == 2


def test_what_is_wrong_with_a_form_is_said_at_its_field(cast: Cast) -> None:
    for fields, key in (((), "fields"), ((NAME, NAME), "name"), ((Field("c", FieldKind.CHOICE, "One"),), "c"),
                        ((Field("x", FieldKind.TEXT, "x" * 1_000_000),), "x")):
        with pytest.raises(FieldProblems) as refused:
            write(cast, *fields)
        assert set(refused.value.problems) == {key}
    with pytest.raises(FieldProblems, match="needs a field for the signature"):
        write(cast, NAME, purpose=FormPurpose.CONSENT)
    with pytest.raises(FieldProblems, match="Only an intake, questionnaire or measure can raise an alert"):
        write(cast, Field("c", FieldKind.CHOICE, "One", options=("A", "B"), critical=("A",)))
    with pytest.raises(BadInput, match="too long"):
        cast.do("Dana", add_form, AddForm(name="x", purpose=FormPurpose.OTHER, content=Content((NAME,), "x" * 10_000)))
    with pytest.raises(ValidationError):
        AddForm(name=" ", purpose=FormPurpose.OTHER, content=Content((NAME,)))


def test_a_published_measure_keeps_its_wording_and_none_is_made_up(cast: Cast) -> None:
    phq9 = form_id(cast, "phq9")
    with pytest.raises(PublishedWording):
        change(cast, phq9, NAME)
    with pytest.raises(PublishedWording):
        write(cast, NAME, purpose=FormPurpose.MEASURE)
    own = cast.do("Dana", add_form, AddForm(
        name="Own", purpose=FormPurpose.QUESTIONNAIRE, content=Content((NAME,), measure="phq9", notice="x")))
    assert (page(cast, own).content.measure, page(cast, own).content.notice) == ("", "")
    content = page(cast, phq9).content
    assert content.intro == MEASURES["phq9"].stem and content.notice == MEASURES["phq9"].notice
    assert [field.label for field in content.fields[:9]] == [
        f"{number}. {item}" for number, item in enumerate(MEASURES["phq9"].items, 1)]


def test_a_form_that_is_not_used_any_more_is_not_given_out_and_what_was_given_stays(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (sent,) = send(cast, case_id, "gad7")
    line = page(cast, form_id(cast, "gad7")).line
    cast.do("Dana", use_form, UseForm(template_id=line.template_id, revision=line.revision, active=False))
    assert line.template_id not in {o.template_id for o in cast.read("Marcus", forms_of_case, case_id).offers}
    complete(cast, sent, scored("gad7", *[1] * 7))
    with pytest.raises(BadInput, match="not used any more"):
        send(cast, case_id, "gad7")
    assert cast.read("Dana", form_list)[-1].name == "GAD-7"


def test_the_cut_of_the_pcl5_lies_between_31_and_33_and_a_kept_score_keeps_its_own(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    points = [2] * 16 + [0] * 4

    def positive() -> tuple[int | None, int | None, bool | None]:
        found = opened(cast, "Marcus", responses[-1])
        assert isinstance(found, ResponsePage) and found.score is not None
        return found.score.total, found.score.cut, found.score.positive

    responses = [complete(cast, send(cast, case_id, "pcl5")[0], scored("pcl5", *points))]
    assert positive() == (32, 33, False)
    revision = cast.read("Dana", practice_settings).revision
    cast.do("Dana", set_pcl5_cut, SetPcl5Cut(revision=revision, cut=31))
    assert positive() == (32, 33, False)
    responses.append(complete(cast, send(cast, case_id, "pcl5")[0], scored("pcl5", *points)))
    assert positive() == (32, 31, True)
    with pytest.raises(Stale):
        cast.do("Dana", set_pcl5_cut, SetPcl5Cut(revision=revision, cut=32))
    for cut in (30, 34):
        with pytest.raises(ValidationError):
            SetPcl5Cut(revision=1, cut=cut)


def test_only_the_owner_writes_and_lists_forms(cast: Cast) -> None:
    made = write(cast, NAME)
    for name in ("Marcus", "Priya", "Ruth", "Tom", "Olga"):
        for verb, command in (
            (add_form, AddForm(name="x", purpose=FormPurpose.OTHER, content=Content((NAME,)))),
            (change_form, ChangeForm(template_id=made, revision=1, name="x", content=Content((NAME,)))),
            (use_form, UseForm(template_id=made, revision=1, active=False)),
            (set_pcl5_cut, SetPcl5Cut(revision=1, cut=31)),
        ):
            with pytest.raises(NotPermitted):
                cast.do(name, verb, command)
        for reader, asked in ((form_list, ()), (form_template, (made,))):
            with pytest.raises(NotPermitted):
                cast.read(name, reader, *asked)
    with pytest.raises(NotFound):
        page(cast, 5)
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(FormVersion)) == len(BUILT_IN) + 1
