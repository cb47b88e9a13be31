"""Forms: given to each who takes part, handed in as typed, kept as they were handed in."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import database, ids
from practicerunner.errors import BadInput, FieldProblems, PracticeError, Stale
from practicerunner.records.cases import PaperReceived
from practicerunner.records.forms import FormAssignment, FormResponse
from practicerunner.vocabulary import (
    AssignmentStatus,
    CaseType,
    OnboardingStep,
    PaperKind,
    WorkflowState,
)
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.cases import (
    RemoveParticipant,
    SwitchClinicalFields,
    remove_participant,
    switch_clinical_fields,
)
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.form_pages import ResponsePage, sheet_page
from practicerunner.workflows.form_sending import AssignForms, FormDoesNotFit, WithdrawForm, assign_forms, withdraw_form
from practicerunner.workflows.forms import (
    CompleteForm,
    FormIsClosed,
    FormIsWithdrawn,
    ReplaceResponse,
    SaveAnswers,
    complete_form,
    replace_response,
    save_answers,
)
from tests.cast import Cast, at, how_many, people_of
from tests.workflows.sending import complete, filled, form_id, opened, revision, scored, send

pytestmark = pytest.mark.usefixtures("sending")


def states(cast: Cast, case_id: int, name: str = "Marcus") -> dict[str, list[tuple[str, str]]]:
    """First name → form and state of each."""
    return {person.name.split()[0]: [(line.name, line.status.value) for line in person.lines]
            for person in cast.read(name, forms_of_case, case_id).people}


# --- Giving out


def test_each_participant_of_a_couple_gets_and_signs_an_own_consent_and_the_checklist_follows(
    cast: Cast, riveras: int
) -> None:
    maya, tom = send(cast, riveras, "consent")
    assert states(cast, riveras) == {"Maya": [("Consent to treatment", "assigned")],
                                    "Tom": [("Consent to treatment", "assigned")]}

    def missing() -> list[str]:
        steps = {step.step: step for step in cast.read("Marcus", case_summary, riveras).checklist}
        return [person.name for person in steps[OnboardingStep.CONSENTS].missing]

    assert missing() == ["Maya Rivera", "Tom Rivera"]
    complete(cast, maya, filled("consent", signature="Maya Rivera"))
    assert missing() == ["Tom Rivera"]
    complete(cast, tom, filled("consent", signature="T. Rivera"))
    assert missing() == []
    for intake in send(cast, riveras, "intake"):
        complete(cast, intake, filled("intake"))
    summary = cast.read("Marcus", case_summary, riveras)
    assert summary.state is not WorkflowState.INTAKE_INCOMPLETE
    with database.reading(cast.engine) as session:
        kept = session.execute(select(PaperReceived.person_id, PaperReceived.kind, PaperReceived.received_on)).all()
    assert sorted(kept) == sorted((person, kind, date(2026, 11, 12)) for person in people_of(cast, riveras).values()
                                  for kind in PaperKind)


def test_a_form_can_be_replaced_without_another_paper_on_the_checklist(cast: Cast, riveras: int) -> None:
    response = complete(cast, send(cast, riveras, "consent", to="Maya")[0], filled("consent"))
    again = cast.do("Marcus", replace_response, ReplaceResponse(response_id=response))
    complete(cast, again, filled("consent", signature="Maya R."))
    assert how_many(cast, PaperReceived) == 1


def test_a_form_goes_only_to_the_kind_of_case_that_it_fits(cast: Cast) -> None:
    therapy = {"intake", "consent", "telehealth", "ground_rules", "phq9", "pcl5"}
    fitting = {
        CaseType.INDIVIDUAL: therapy, CaseType.FAMILY: therapy | {"no_secrets"}, CaseType.THERAPY_GROUP: therapy,
        CaseType.INDIVIDUAL_CONSULTATION: {"agreement", "ground_rules"},
        CaseType.CONSULTATION_GROUP: {"agreement", "ground_rules"}, CaseType.WORKSHOP: {"ground_rules"},
    }
    for kind, keys in fitting.items():
        names = ("Ada Lund", "Bo Lund") if kind is CaseType.FAMILY else ("Ada Lund",)
        case_id = cast.open_case(kind, *names, name="Circle" if kind is not CaseType.FAMILY else "")
        for key in {*therapy, "no_secrets", "agreement"}:
            if key in keys:
                assert len(send(cast, case_id, key)) == len(names), (kind, key)
            else:
                with pytest.raises(FormDoesNotFit, match="does not belong to this kind of case"):
                    send(cast, case_id, key)
        offered = {offer.template_id for offer in cast.read("Marcus", forms_of_case, case_id).offers}
        assert {form_id(cast, key) for key in keys} <= offered
        assert not {form_id(cast, key) for key in {*therapy, "no_secrets", "agreement"} - keys} & offered


def test_a_consultation_gets_measures_only_while_its_clinical_fields_are_switched_on(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Lena Fischer")
    with pytest.raises(FormDoesNotFit):
        send(cast, case_id, "gad7")
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    assert send(cast, case_id, "gad7")


def test_nobody_gets_the_same_form_twice_and_only_those_who_take_part_get_one(cast: Cast, riveras: int) -> None:
    first = send(cast, riveras, "consent", to="Tom")[0]
    with pytest.raises(BadInput, match="has this to fill in already"):
        send(cast, riveras, "consent", to="Tom")
    assert len(send(cast, riveras, "consent")) == 1, "only Maya had none"
    cast.do("Marcus", withdraw_form, WithdrawForm(assignment_id=first))
    assert len(send(cast, riveras, "consent")) == 1
    assert {name: len(lines) for name, lines in states(cast, riveras).items()} == {"Maya": 1, "Tom": 1}
    stranger = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Ida Holm"))["Ida"]
    for person_id in (stranger, 12345):
        with pytest.raises(BadInput, match="take part"):
            cast.do("Marcus", assign_forms, AssignForms(
                case_id=riveras, template_ids=(form_id(cast, "phq9"),), person_ids=(person_id,)))
    with pytest.raises(BadInput, match="not used"):
        cast.do("Marcus", assign_forms, AssignForms(
            case_id=riveras, template_ids=(999,), person_ids=tuple(people_of(cast, riveras).values())))
    with pytest.raises(BadInput, match="This day is over"):
        send(cast, riveras, "phq9", due_on=date(2026, 11, 11))


def test_somebody_who_left_keeps_what_came_back_and_gets_nothing_new(cast: Cast) -> None:
    family = cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima", "Cy Lima", opened_on=date(2026, 3, 3))
    complete(cast, send(cast, family, "consent", to="Cy")[0], filled("consent"))
    cy = people_of(cast, family)["Cy"]
    cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=family, person_id=cy, left_on=date(2026, 11, 1)))
    shown = cast.read("Marcus", forms_of_case, family).people
    assert [(person.name, person.here) for person in shown] == [
        ("Ana Lima", True), ("Bo Lima", True), ("Cy Lima", False)]
    with pytest.raises(BadInput, match="take part"):
        send(cast, family, "phq9", to="Cy")


def test_a_form_is_overdue_from_the_day_after_it_was_due(cast: Cast, riveras: int) -> None:
    send(cast, riveras, "consent", to="Tom", due_on=date(2026, 11, 13))

    def overdue() -> bool:
        return cast.read("Marcus", forms_of_case, riveras).people[1].lines[0].overdue

    with at("2026-11-13 23:59"):
        assert not overdue()
    with at("2026-11-14 00:00"):
        assert overdue()


# --- Filling in


def test_answers_are_kept_as_typed_and_an_old_page_overwrites_nothing(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "intake", to="Maya")
    odd = "  **two**\n\tlines <b>$5$</b>  "
    first = revision(cast, sent)
    cast.do("Marcus", save_answers, SaveAnswers(assignment_id=sent, revision=first, answers={"reason": odd}))
    page = cast.read("Marcus", sheet_page, sent)
    assert (page.answers, page.status, page.revision) == ({"reason": odd}, AssignmentStatus.STARTED, first + 1)
    cast.do("Marcus", save_answers, SaveAnswers(
        assignment_id=sent, revision=page.revision, answers={"reason": odd, "wish": " "}))
    assert revision(cast, sent) == page.revision, "the same answers again change nothing"
    for verb, command in ((save_answers, SaveAnswers), (complete_form, CompleteForm)):
        with pytest.raises(Stale):
            cast.do("Marcus", verb, command(assignment_id=sent, revision=first, answers=filled("intake")))
    assert cast.read("Marcus", sheet_page, sent).answers == {"reason": odd}


def test_what_is_missing_or_wrong_is_named_at_each_field_and_nothing_is_saved(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    with pytest.raises(FieldProblems) as refused:
        complete(cast, sent, {})
    assert refused.value.problems == {
        "understood": "Please tick this box.", "signature": "Please type the name to sign."}
    with pytest.raises(FieldProblems):
        cast.do("Marcus", save_answers, SaveAnswers(assignment_id=sent, revision=1, answers={"signature": 5}))
    (intake,) = send(cast, riveras, "intake", to="Maya")
    for text_, sentence in (("x" * 1_000_000, "at most 100,000"), ("a\x00b", "cannot be shown")):
        with pytest.raises(FieldProblems, match=sentence):
            complete(cast, intake, filled("intake", reason=text_))
    assert how_many(cast, FormResponse) == 0 and cast.read("Marcus", sheet_page, sent).answers == {}
    complete(cast, intake, filled("intake", reason="ж" * 100_000))
    assert how_many(cast, FormResponse) == 1


def test_a_measure_with_a_missing_answer_is_kept_without_a_total(cast: Cast, riveras: int) -> None:
    whole, = send(cast, riveras, "phq9", to="Maya")
    page = opened(cast, "Marcus", complete(cast, whole, scored("phq9", 2, 2, 2, 1, 1, 1, 1, 0, 0)))
    assert isinstance(page, ResponsePage) and page.score is not None
    assert (page.score.total, page.score.band, page.language, page.edition) == (10, "moderate", "en", "PHQ-9, 1999")
    part, = send(cast, riveras, "phq9", to="Maya")
    page = opened(cast, "Marcus", complete(cast, part, scored("phq9", 2, 2, 2, 1, 1, 1, 1, None, 0)))
    assert isinstance(page, ResponsePage) and page.score is not None
    assert (page.score.total, page.score.band, page.score.missing) == (None, "", 1)
    maya, tom = cast.read("Marcus", forms_of_case, riveras).people
    assert [(s.measure, [p.total for p in s.points]) for s in maya.series] == [("phq9", [10])]
    assert tom.series == ()


def test_one_person_s_answers_are_never_shown_with_another_s(cast: Cast, riveras: int) -> None:
    maya, tom = send(cast, riveras, "intake")
    of_maya = complete(cast, maya, filled("intake", reason="Words of Maya alone"))
    of_tom = complete(cast, tom, filled("intake", reason="Words of Tom alone"))
    said = {response: str(opened(cast, "Marcus", response)) for response in (of_maya, of_tom)}
    assert "Words of Maya alone" in said[of_maya] and "Words of Tom" not in said[of_maya]
    assert "Words of Tom alone" in said[of_tom] and "Words of Maya" not in said[of_tom]


def test_the_second_click_hands_in_once_and_another_click_is_refused(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    click = CompleteForm(op=ids.new_operation(), assignment_id=sent, revision=1, answers=filled("consent"))
    once = cast.do("Marcus", complete_form, click)
    assert cast.do("Marcus", complete_form, click) == once
    with pytest.raises(FormIsClosed):
        complete(cast, sent, filled("consent"))
    with pytest.raises(FormIsClosed):
        cast.do("Marcus", save_answers, SaveAnswers(assignment_id=sent, revision=2, answers={}))
    assert (how_many(cast, FormResponse), how_many(cast, PaperReceived)) == (1, 1)


def test_two_who_hand_in_at_once_make_one_response(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    barrier, outcomes = Barrier(2), []

    def click() -> None:
        barrier.wait()
        try:
            outcomes.append(complete(cast, sent, filled("consent")))
        except PracticeError as refused:
            outcomes.append(type(refused))

    threads = [Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert how_many(cast, FormResponse) == 1
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert {outcome for outcome in outcomes if not isinstance(outcome, int)} <= {FormIsClosed, Stale}


# --- What came back


def test_a_response_says_who_signed_in_which_capacity_and_when(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    page = opened(cast, "Marcus", complete(cast, sent, filled("consent", signature="Maya R.")))
    assert isinstance(page, ResponsePage)
    assert (page.person, page.capacity, page.signature, page.recorded_by, page.intact) == (
        "Maya Rivera", "Maya Rivera", "Maya R.", "Marcus Bell", True)
    assert page.submitted_at.isoformat() == "2026-11-12T15:00:00+00:00"
    assert [answer.words for answer in page.answers][1:] == ["Yes"]
    assert page.answers[0].words.startswith("Psychotherapy is work")


@pytest.mark.parametrize("statement", [
    "update form_response set answers = '{}'", "update form_response set capacity = 'x'", "delete from form_response",
    "update form_version set content = '{}'", "delete from form_version",
])
def test_the_database_itself_refuses_to_change_what_was_handed_in_or_asked(
    cast: Cast, riveras: int, statement: str
) -> None:
    response = complete(cast, send(cast, riveras, "consent", to="Maya")[0], filled("consent"))
    with pytest.raises((IntegrityError, DBAPIError), match="never changed"), database.transaction(
        cast.engine) as session:
        session.execute(text(statement))
    page = opened(cast, "Marcus", response)
    assert isinstance(page, ResponsePage) and page.intact


def test_a_response_is_replaced_by_a_new_one_and_both_stay_readable(cast: Cast, riveras: int) -> None:
    old = complete(cast, send(cast, riveras, "phq9", to="Maya")[0], scored("phq9", *[1] * 8, 0))
    begun = cast.do("Marcus", replace_response, ReplaceResponse(response_id=old))
    assert cast.do("Marcus", replace_response, ReplaceResponse(response_id=old)) == begun
    page = cast.read("Marcus", sheet_page, begun)
    assert page.replaces and page.answers == scored("phq9", *[1] * 8, 0)
    new = complete(cast, begun, scored("phq9", *[2] * 8, 0))
    first, second = opened(cast, "Marcus", old), opened(cast, "Marcus", new)
    assert isinstance(first, ResponsePage) and isinstance(second, ResponsePage)
    assert (first.replaced_by, first.may_replace, second.replaces, second.may_replace) == (new, False, old, True)
    assert first.score and second.score and (first.score.total, second.score.total) == (8, 16)
    (series,) = cast.read("Marcus", forms_of_case, riveras).people[0].series
    assert [(point.response_id, point.total) for point in series.points] == [(new, 16)]
    with pytest.raises(FormIsClosed, match="replaced already"):
        cast.do("Marcus", replace_response, ReplaceResponse(response_id=old))


def test_a_withdrawn_form_is_gone_with_what_was_begun(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "intake", to="Maya")
    cast.do("Marcus", save_answers, SaveAnswers(assignment_id=sent, revision=1, answers={"reason": "Half a sentence"}))
    cast.do("Tom", withdraw_form, WithdrawForm(assignment_id=sent))
    assert states(cast, riveras) == {"Maya": [], "Tom": []}
    with pytest.raises(FormIsWithdrawn):
        complete(cast, sent, filled("intake"))
    with pytest.raises(FormIsWithdrawn):
        cast.do("Tom", withdraw_form, WithdrawForm(assignment_id=sent))
    with database.reading(cast.engine) as session:
        assert session.get_one(FormAssignment, sent).draft == {}


def test_what_was_handed_in_cannot_be_withdrawn(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    complete(cast, sent, filled("consent"))
    with pytest.raises(FormIsClosed):
        cast.do("Marcus", withdraw_form, WithdrawForm(assignment_id=sent))
