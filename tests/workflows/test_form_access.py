"""Who may send, fill in and read forms: every cell."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from practicerunner import clock, database
from practicerunner.errors import NotFound, NotPermitted, PracticeError
from practicerunner.records.audit import AuditRow
from practicerunner.records.forms import FormVersion
from practicerunner.vocabulary import AssignmentStatus, CaseType, Outcome
from practicerunner.workflows.case_forms import forms_of_case, measures_of_case
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.form_pages import ResponseFacts, ResponsePage, sheet_page
from practicerunner.workflows.form_sending import AssignForms, WithdrawForm, assign_forms, withdraw_form
from practicerunner.workflows.forms import ReplaceResponse, SaveAnswers, replace_response, save_answers
from practicerunner.workflows.people import PersonDetails
from tests.cast import Cast, how_many, people_of
from tests.workflows.sending import bring_forms, complete, filled, form_id, opened, scored, send

pytestmark = pytest.mark.usefixtures("sending")


# --- Who may do what


SECRET = "Confided words"


def holds(value: object, *secrets: str) -> bool:
    """Whether a value has any of these in it, anywhere; ids, which are long numbers, are no secret."""
    said = re.sub(r"\d{12,}", "", repr(value)).lower()
    return any(secret.lower() in said for secret in secrets)


def tried(cast: Cast, name: str, verb, command) -> str:
    """``done``, or the name of the refusal; nothing of it stays."""
    actor = cast.actor(name)
    try:
        with database.transaction(cast.engine) as session:
            verb(session, actor, command)
            session.rollback()
    except PracticeError as refused:
        return type(refused).__name__
    return "done"


def test_every_cell_of_sending_and_filling_in(cast: Cast) -> None:
    """Priya's client: she treats, Ruth supervises her, Dana owns, Tom keeps the desk, Olga is a stranger."""
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Pia Berg", provider="Priya")
    person = people_of(cast, case_id)["Pia"]
    sent = {key: send(cast, case_id, key, by="Priya")[0] for key in ("phq9", "intake", "consent")}
    denied, hidden = NotPermitted.__name__, NotFound.__name__

    def sends(name: str, key: str) -> str:
        return tried(cast, name, withdraw_form, WithdrawForm(assignment_id=sent[key]))

    def gives(name: str, key: str) -> str:
        return tried(cast, name, assign_forms, AssignForms(
            case_id=case_id, template_ids=(form_id(cast, key),), person_ids=(person,)))

    def fills(name: str, key: str) -> str:
        return tried(cast, name, save_answers, SaveAnswers(assignment_id=sent[key], revision=1, answers={}))

    done = "done"
    assert {(name, key): sends(name, key) for name in ("Priya", "Dana", "Ruth", "Tom", "Olga") for key in sent} == {
        ("Priya", "phq9"): done, ("Priya", "intake"): done, ("Priya", "consent"): done,
        ("Dana", "phq9"): hidden, ("Dana", "intake"): done, ("Dana", "consent"): done,
        ("Ruth", "phq9"): hidden, ("Ruth", "intake"): hidden, ("Ruth", "consent"): hidden,
        ("Tom", "phq9"): denied, ("Tom", "intake"): done, ("Tom", "consent"): done,
        ("Olga", "phq9"): hidden, ("Olga", "intake"): hidden, ("Olga", "consent"): hidden,
    }
    assert {(name, key): fills(name, key) for name in ("Priya", "Dana", "Ruth", "Tom", "Olga") for key in sent} == {
        ("Priya", "phq9"): done, ("Priya", "intake"): done, ("Priya", "consent"): done,
        ("Dana", "phq9"): hidden, ("Dana", "intake"): hidden, ("Dana", "consent"): done,
        ("Ruth", "phq9"): hidden, ("Ruth", "intake"): hidden, ("Ruth", "consent"): hidden,
        ("Tom", "phq9"): denied, ("Tom", "intake"): denied, ("Tom", "consent"): denied,
        ("Olga", "phq9"): hidden, ("Olga", "intake"): hidden, ("Olga", "consent"): hidden,
    }
    assert [gives(name, "gad7") for name in ("Priya", "Dana", "Ruth", "Tom", "Olga")] == [
        done, hidden, hidden, denied, hidden]
    assert [gives(name, "telehealth") for name in ("Priya", "Dana", "Ruth", "Tom", "Olga")] == [
        done, done, hidden, done, hidden]


def test_every_cell_of_reading_and_each_reading_is_logged(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Pia Berg", provider="Priya")
    answers = {"phq9": scored("phq9", 3, *[2] * 7, 0), "intake": filled("intake", reason=SECRET),
               "consent": filled("consent", signature=SECRET)}
    back = {key: complete(cast, send(cast, case_id, key, by="Priya")[0], given, by="Priya")
            for key, given in answers.items()}

    def reads(name: str, key: str, reason: str = "") -> str:
        try:
            page = opened(cast, name, back[key], reason)
        except NotPermitted as refused:
            return type(refused).__name__
        if isinstance(page, ResponseFacts):
            assert not holds(page, SECRET, "17", "moderate")
            return "reason" if page.needs_reason else "facts"
        return "read"

    assert {name: [reads(name, key) for key in back] for name in ("Priya", "Ruth", "Tom", "Dana", "Olga")} == {
        "Priya": ["read"] * 3, "Ruth": ["read"] * 3, "Tom": ["facts", "facts", "read"],
        "Dana": ["facts", "facts", "read"], "Olga": ["NotFound"] * 3,
    }
    with database.transaction(cast.engine) as session:
        session.execute(text("update staff set is_clinical_director = true where first_name = 'Dana'"))
    assert [reads("Dana", key) for key in back] == ["reason", "reason", "read"]
    assert [reads("Dana", key, "Complaint of 3 November") for key in back] == ["read"] * 3
    with database.reading(cast.engine) as session:
        logged = session.execute(
            select(AuditRow.staff_id, AuditRow.resource_id, AuditRow.detail, AuditRow.role)
            .where(AuditRow.action == "open_response", AuditRow.outcome == Outcome.ALLOWED)).all()
    dana, tom = cast.staff["Dana"], cast.staff["Tom"]
    assert (dana, back["phq9"], "reason: Complaint of 3 November", "owner") in logged
    assert {row[1] for row in logged if row[0] == tom} == {back["consent"]}
    assert sum(row[0] == cast.staff["Priya"] for row in logged) == 3


def test_a_measure_with_unanswered_questions_says_so_to_whoever_reads_scores_alone(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Pia Berg", provider="Priya")
    for answers in (scored("phq2", 1, None), scored("phq2", 1, 1)):
        complete(cast, send(cast, case_id, "phq2", by="Priya")[0], answers, by="Priya")
    for who, expected in (("Priya", [0, 1]), ("Tom", [0, 0])):
        lines = cast.read(who, forms_of_case, case_id).people[0].lines
        assert [(line.status, line.unanswered) for line in lines] == [
            (AssignmentStatus.COMPLETED, unanswered) for unanswered in expected], who


def test_the_front_desk_s_value_has_no_answer_and_no_score(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Pia Berg", provider="Priya")
    complete(cast, send(cast, case_id, "phq9", by="Priya")[0], scored("phq9", 3, 3, 3, 3, 3, 1, 1, 0, 1), by="Priya")
    complete(cast, send(cast, case_id, "intake", by="Priya")[0], filled("intake", reason=SECRET, harm="Yes"),
             by="Priya")
    value = cast.read("Tom", forms_of_case, case_id)
    lines = value.people[0].lines
    assert [(line.name, line.status, line.capacity, line.can_open) for line in lines] == [
        ("Intake", AssignmentStatus.COMPLETED, "", False), ("PHQ-9", AssignmentStatus.COMPLETED, "", False)]
    assert value.people[0].series == ()
    summary = cast.read("Tom", case_summary, case_id)
    for each in (value, summary):
        assert not holds(each, SECRET, "18", "moderately", "critical", "harm", "phq9_9")
    assert cast.read("Priya", forms_of_case, case_id).people[0].series[0].last.total == 18
    today = clock.today("America/New_York")
    (beside,) = cast.read("Priya", measures_of_case, case_id, today)
    assert [point.total for point in beside.series[0].points] == [18]
    assert cast.read("Priya", measures_of_case, case_id, today - timedelta(days=1)) == [], "beside a late note"
    assert cast.read("Tom", measures_of_case, case_id, today) == []


def test_a_stranger_opens_nothing_and_an_unknown_id_is_not_found(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    for reader, subject in ((forms_of_case, riveras), (sheet_page, sent), (sheet_page, 5)):
        with pytest.raises(NotFound):
            cast.read("Olga", reader, subject)
    with pytest.raises(NotFound):
        opened(cast, "Marcus", 5)
    with pytest.raises(NotFound):
        cast.do("Olga", assign_forms, AssignForms(case_id=55, template_ids=(1,), person_ids=(1,)))
    with pytest.raises(NotFound):
        cast.do("Marcus", replace_response, ReplaceResponse(response_id=5))


def test_hostile_names_are_kept_as_typed_in_forms_and_signatures(cast: Cast) -> None:
    odd = "**B** <b>[x](https://evil.example)</b> $5$ 🙂 ﷽"
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
        participants=(Taking(person=PersonDetails(first_name=odd)),)))
    (sent,) = send(cast, case_id, "consent")
    page = opened(cast, "Marcus", complete(cast, sent, filled("consent", signature=odd)))
    assert isinstance(page, ResponsePage)
    assert (page.person, page.capacity, page.signature, page.intact) == (odd, odd, odd, True)


def test_versions_are_frozen_while_the_count_of_templates_is_what_was_made(cast: Cast) -> None:
    before = how_many(cast, FormVersion)
    bring_forms(cast)
    assert how_many(cast, FormVersion) == before == 11
