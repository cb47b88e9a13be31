"""An alert is closed only with an action, and by whom."""

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import database, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted
from practicerunner.records.forms import CriticalAlert
from practicerunner.vocabulary import AlertAction, AttentionKind, CaseType, NoteKind, WorkflowState
from practicerunner.workflows.alerts import (
    AlertIsClosed,
    CloseAlert,
    alerts_of_case,
    close_alert,
    my_alerts,
    notes_to_close_with,
    record_step,
)
from practicerunner.workflows.clients import case_summary, client_list
from practicerunner.workflows.form_pages import ResponsePage
from practicerunner.workflows.notes import DiscardDraft, NoteDocumentsAlert, StartNote, discard_draft, start_note
from tests.cast import Cast, at, hold
from tests.workflows.alerting import THURSDAY, client_of, close, contact_note, done, escalate, noted, raised
from tests.workflows.sending import bring_forms, complete, opened, send


@pytest.fixture
def cast(cast: Cast) -> Cast:
    bring_forms(cast)
    return cast


def test_nothing_is_closed_without_an_action_and_a_text(cast: Cast) -> None:
    alert_id = raised(cast, client_of(cast, "Marcus"), "Marcus")
    for more in ({"text": ""}, {"text": " \n "}, {"action": None}, {"action": "ignored"}, {"text": "x" * 1_000_000}):
        with pytest.raises(ValidationError):
            close(cast, "Marcus", alert_id, **more)
    for statement in ("update critical_alert set closed_at = raised_at", "delete from critical_alert",
                      "update critical_alert set action = 'assessed'"):
        with pytest.raises((IntegrityError, DBAPIError)), database.transaction(cast.engine) as session:
            session.execute(text(statement))
    with at(THURSDAY):
        assert len(cast.read("Marcus", my_alerts)) == 1


def test_closing_says_what_was_done_and_by_whom_and_cannot_be_undone(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus")
    with at("2026-11-12 12:00"):
        note_id = noted(cast, alert_id)
        click = CloseAlert(op=ids.new_operation(), alert_id=alert_id, action=AlertAction.REFERRED,
                           text="To **the** clinic", note_id=note_id)
        assert cast.do("Marcus", close_alert, click) == cast.do("Marcus", close_alert, click) == alert_id
        with pytest.raises(AlertIsClosed):
            close(cast, "Marcus", alert_id, note_id=note_id)
        with database.reading(cast.engine) as session:
            response_id = session.get_one(CriticalAlert, alert_id).response_id
        page = opened(cast, "Marcus", response_id)
        assert isinstance(page, ResponsePage) and page.alert is not None
        assert (page.alert.action, page.alert.text, page.alert.closed_by, page.alert.may_close) == (
            AlertAction.REFERRED, "To **the** clinic", "Marcus Bell", False)
        assert (page.alert.note_id, page.alert.note) == (
            note_id, "Contact note, 12 November 2026, Marcus Bell, draft")
        assert cast.read("Marcus", alerts_of_case, case_id) == []
        summary = cast.read("Marcus", case_summary, case_id)
        assert AttentionKind.CRITICAL_ANSWER not in {item.kind for item in summary.attention}
    with pytest.raises((IntegrityError, DBAPIError), match="never changed"), database.transaction(
        cast.engine) as session:
        session.execute(text("update critical_alert set text = 'Nothing'"))


def test_who_may_close_and_who_may_not(cast: Cast) -> None:
    for closer, provider in (("Priya", "Priya"), ("Ruth", "Priya"), ("Dana", "Dana"), ("Marcus", "Marcus")):
        case_id = client_of(cast, provider)
        alert_id = raised(cast, case_id, provider)
        with at(THURSDAY):
            for stranger, refusal in (("Tom", NotPermitted), ("Olga", NotFound)):
                with pytest.raises(refusal):
                    close(cast, stranger, alert_id)
            if provider == "Marcus":
                with pytest.raises(NotFound):
                    close(cast, "Ruth", alert_id)
            if closer == "Ruth":
                with pytest.raises(NotFound):
                    contact_note(cast, case_id, "Dana")  # an owner writes no note in somebody else's case
                assert cast.do("Dana", record_step, done(alert_id)) == alert_id
            assert close(cast, closer, alert_id) == alert_id
    with pytest.raises(NotFound):
        close(cast, "Marcus", 4711, note_id=1)


def test_no_alert_is_closed_without_a_note_of_its_case_from_the_day_of_the_answer_on(cast: Cast) -> None:
    case_id, other = client_of(cast, "Marcus"), cast.open_case(CaseType.INDIVIDUAL, "Decoy Person")
    with at("2026-11-11 15:00"):
        early = contact_note(cast, case_id, "Marcus", "2026-11-11")
    alert_id = raised(cast, case_id, "Marcus")
    with at(THURSDAY):
        elsewhere = contact_note(cast, other, "Marcus")
        (stranger,) = [contact_note(cast, client_of(cast, "Olga"), "Olga")]
        assert cast.read("Marcus", notes_to_close_with, alert_id) == {}
        for note_id in (early, elsewhere, stranger, 4711):
            with pytest.raises(BadInput) as refused:
                close(cast, "Marcus", alert_id, note_id=note_id)
            assert refused.value.field == "note_id"
        memo = _memo(cast, case_id)
        with pytest.raises(BadInput):
            close(cast, "Marcus", alert_id, note_id=memo)
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=early))
        note_id = contact_note(cast, case_id, "Marcus")
        assert cast.read("Marcus", notes_to_close_with, alert_id) == {
            note_id: "Contact note, 12 November 2026, Marcus Bell, draft"}
        for who, refusal in (("Olga", NotFound), ("Ruth", NotFound), ("Tom", NotPermitted)):
            with pytest.raises(refusal):
                cast.read(who, notes_to_close_with, alert_id)
        close(cast, "Marcus", alert_id, note_id=note_id)
        with pytest.raises(NoteDocumentsAlert):
            cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))


def _memo(cast: Cast, case_id: int) -> int:
    appointment_id = hold(cast, case_id, "IND50", "2026-11-12 08:00")
    return int(cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.MEMO)))


def test_what_was_done_before_the_note_is_kept_and_the_alert_stays_open(cast: Cast) -> None:
    case_id = client_of(cast, "Priya")
    alert_id = raised(cast, case_id, "Priya")
    click = done(alert_id)
    with at("2026-11-12 10:20"):
        assert cast.do("Priya", record_step, click) == cast.do("Priya", record_step, click) == alert_id
        for who, refusal in (("Tom", NotPermitted), ("Olga", NotFound), ("Marcus", NotFound)):
            with pytest.raises(refusal):
                cast.do(who, record_step, done(alert_id))
        for who, steps in (("Priya", 1), ("Ruth", 1), ("Dana", 0)):
            (alert,) = cast.read(who, alerts_of_case, case_id)
            assert (len(alert.steps), alert.closed_at) == (steps, None), "words only for whoever may read answers"
        (step,) = cast.read("Priya", alerts_of_case, case_id)[0].steps
        assert (step.action, step.text, step.by) == (
            AlertAction.CONTACTED, "Called, no answer; trying again at noon", "Priya Nair")
    assert escalate(cast, "2026-11-12 14:00") == [alert_id], "what was done is no reason not to take it further"
    with pytest.raises((IntegrityError, DBAPIError), match="never changed"), database.transaction(
        cast.engine) as session:
        session.execute(text("update alert_step set text = 'Nothing'"))
    with at("2026-11-12 15:00"):
        close(cast, "Ruth", alert_id)
        with pytest.raises(AlertIsClosed):
            cast.do("Priya", record_step, done(alert_id))
        with database.reading(cast.engine) as session:
            response_id = session.get_one(CriticalAlert, alert_id).response_id
        page = opened(cast, "Priya", response_id)
        assert isinstance(page, ResponsePage) and page.alert is not None
        assert [step.text for step in page.alert.steps] == ["Called, no answer; trying again at noon"]


def test_an_owner_reads_that_it_is_there_and_not_what_was_answered(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    raised(cast, case_id, "Marcus")
    with at(THURSDAY):
        (alert,) = cast.read("Dana", alerts_of_case, case_id)
        assert (alert.items, alert.text, alert.may_close, alert.person) == ((), "", True, "Noor Haddad")
        with pytest.raises(NotPermitted):
            cast.read("Tom", alerts_of_case, case_id)
        with pytest.raises(NotFound):
            cast.read("Olga", alerts_of_case, case_id)


def test_the_front_desk_s_lists_do_not_count_it(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    with at(THURSDAY):
        before = {name: cast.read(name, client_list).rows[0].attention for name in ("Marcus", "Tom")}
    raised(cast, case_id, "Marcus")
    with at(THURSDAY):
        after = {name: cast.read(name, client_list).rows[0].attention for name in ("Marcus", "Tom")}
        assert cast.read("Tom", case_summary, case_id).state is not WorkflowState.NEEDS_ATTENTION
    assert (after["Marcus"] - before["Marcus"], after["Tom"] - before["Tom"]) == (1, 0)


def test_a_refused_answer_raises_nothing(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    with at(THURSDAY):
        (sent,) = send(cast, case_id, "phq9")
        with pytest.raises(FieldProblems):
            complete(cast, sent, {"phq9_9": 4})
        assert cast.read("Marcus", my_alerts) == []
