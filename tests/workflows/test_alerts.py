"""A critical answer calls for somebody: raised with it, addressed to the right people, closed only with an action."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import clock, database, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case
from practicerunner.records.forms import CriticalAlert, FormResponse
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Note
from practicerunner.records.outbox import OutboxMessage
from practicerunner.rules.forms import Content, Field
from practicerunner.rules.note_forms import FORMS
from practicerunner.vocabulary import (
    AlertAction,
    AttendanceStatus,
    AttentionKind,
    CaseType,
    FieldKind,
    FormPurpose,
    MessageKind,
    NoteKind,
    WorkflowState,
)
from practicerunner.workflows import outbox
from practicerunner.workflows.alerts import (
    AlertIsClosed,
    CloseAlert,
    RecordStep,
    alerts_of_case,
    close_alert,
    escalate_alerts,
    my_alerts,
    notes_to_close_with,
    record_step,
)
from practicerunner.workflows.clients import case_summary, client_list
from practicerunner.workflows.documentation import my_queue
from practicerunner.workflows.form_pages import ResponsePage
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form
from practicerunner.workflows.forms import CompleteForm, complete_form
from practicerunner.workflows.notes import (
    DiscardDraft,
    NoteDocumentsAlert,
    SaveDraft,
    StartCaseNote,
    StartNote,
    discard_draft,
    save_draft,
    start_case_note,
    start_note,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from practicerunner.workflows.today import day
from tests.cast import Cast, at, hold, people_of
from tests.workflows.sending import bring_forms, complete, filled, opened, revision, scored, send
from tests.workflows.test_documentation import policy

ONLY_THE_NINTH = scored("phq9", 0, 0, 0, 0, 0, 0, 0, 0, 1)
THURSDAY = "2026-11-12 10:00"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    bring_forms(cast)
    return cast


def client_of(cast: Cast, provider: str) -> int:
    return cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider=provider, by="Dana")


def raised(cast: Cast, case_id: int, by: str, when: str = THURSDAY) -> int:
    """A PHQ-9 whose ninth answer alone is not nought: the alert's id."""
    with at(when):
        complete(cast, send(cast, case_id, "phq9", by=by)[0], ONLY_THE_NINTH, by=by)
        with database.reading(cast.engine) as session:
            return session.scalars(select(CriticalAlert.id).order_by(CriticalAlert.id.desc())).first() or 0


def told(cast: Cast) -> set[str]:
    """First names of everybody who was written to."""
    with database.reading(cast.engine) as session:
        found = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == MessageKind.URGENT_NOTICE)).all()
    names = {staff_id: name for name, staff_id in cast.staff.items()}
    assert len({(letter.staff_id, letter.dedupe_key) for letter in found}) == len(found)
    for letter in found:
        said = f"{letter.subject} {letter.body}"
        assert not any(word in said for word in ("Noor", "Haddad", "PHQ", "answer", "client", "risk"))
    return {names[letter.staff_id] for letter in found if letter.staff_id}


def sees(cast: Cast, when: str = THURSDAY) -> set[str]:
    """Whose Today names the alert, as urgent and first."""
    found = set()
    with at(when):
        for name in ("Dana", "Ruth", "Marcus", "Priya", "Tom", "Olga"):
            waiting = cast.read(name, day).waiting
            about = [line for line in waiting if "Critical answer" in line.sentence]
            if about:
                assert waiting[0] is about[0] and about[0].urgent and about[0].page == "case"
                found.add(name)
    return found


def contact_note(cast: Cast, case_id: int, name: str, on: str = THURSDAY) -> int:
    """A draft of a contact note, dated on the day of ``on``, with some words in it."""
    return filled_in(cast, name, begun(cast, case_id, name, on))


def begun(cast: Cast, case_id: int, name: str, on: str = THURSDAY, person_id: int | None = None) -> int:
    """An empty draft of a contact note, dated on the day of ``on``."""
    return int(cast.do(name, start_case_note, StartCaseNote(
        case_id=case_id, kind=NoteKind.CONTACT, person_id=person_id, service_date=date.fromisoformat(on[:10]))))


def filled_in(cast: Cast, name: str, note_id: int, text: str = "Spoke by phone.") -> int:
    """A draft with a text in each of its sections."""
    with database.reading(cast.engine) as session:
        note = session.get_one(Note, note_id)
        form, revision = note.form, note.revision
    if revision == 1:
        cast.do(name, save_draft, SaveDraft(
            note_id=note_id, revision=1, sections={section.key: text for section in FORMS[form].sections}))
    return note_id


def signed(cast: Cast, name: str, note_id: int) -> int:
    """A draft, filled in and signed."""
    filled_in(cast, name, note_id)
    with database.reading(cast.engine) as session:
        revision = session.get_one(Note, note_id).revision
    cast.do(name, sign_note, SignNote(note_id=note_id, revision=revision))
    return note_id


def noted(cast: Cast, alert_id: int, name: str = "") -> int:
    """A contact note of the case of an alert, by its provider unless said otherwise."""
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, session.get_one(CriticalAlert, alert_id).case_id)
        names = {staff_id: first for first, staff_id in cast.staff.items()}
        case_id, by = case.id, name or names[case.provider_id]
    return contact_note(cast, case_id, by)


def close(cast: Cast, name: str, alert_id: int, **more) -> int:
    note = {} if "note_id" in more else {"note_id": noted(cast, alert_id)}
    return cast.do(name, close_alert, CloseAlert(**{
        "alert_id": alert_id, "action": AlertAction.ASSESSED, "text": "Spoke by phone for 20 minutes; plan agreed",
    } | note | more))


def escalate(cast: Cast, when: str) -> list[int]:
    with at(when), database.transaction(cast.engine) as session:
        return escalate_alerts(session, clock.now())


# --- Raising


def test_the_ninth_item_alone_raises_an_alert_though_the_total_is_minimal(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    alert_id = raised(cast, case_id, "Marcus", "2026-11-12 23:00")
    with at("2026-11-12 23:01"):
        page = opened(cast, "Marcus", cast.read("Marcus", my_alerts)[0].response_id)
        assert isinstance(page, ResponsePage) and page.score is not None
        assert (page.score.total, page.score.band) == (1, "minimal")
        assert page.alert is not None and page.alert.alert_id == alert_id and page.alert.may_close
        assert [(item.label[:2], item.answer) for item in page.alert.items] == [("9.", "Several days (1)")]
        for words in ("988", "not monitored continuously", "+1 518 555 0100"):
            assert words in page.crisis
        assert "no risk" not in repr(page).lower()
        summary = cast.read("Marcus", case_summary, case_id)
        assert summary.state is WorkflowState.NEEDS_ATTENTION
        assert summary.attention[0].kind is AttentionKind.CRITICAL_ANSWER
    assert (told(cast), sees(cast, "2026-11-12 23:01")) == ({"Marcus"}, {"Marcus"})


@pytest.mark.parametrize("points", [1, 2, 3])
def test_every_answer_but_not_at_all_alerts_and_not_at_all_does_not(cast: Cast, points: int) -> None:
    case_id = client_of(cast, "Marcus")
    with at(THURSDAY):
        complete(cast, send(cast, case_id, "phq9")[0], scored("phq9", *[3] * 8, 0))
        assert cast.read("Marcus", my_alerts) == []
        incomplete = {"phq9_9": points}
        complete(cast, send(cast, case_id, "phq9")[0], incomplete)
        assert len(cast.read("Marcus", my_alerts)) == 1


def test_the_alert_its_audit_row_and_the_notice_come_with_the_answer_or_not_at_all(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = client_of(cast, "Marcus")
    with at(THURSDAY):
        (sent,) = send(cast, case_id, "phq9")
        with monkeypatch.context() as broken:
            def fail(*_: object, **__: object) -> None:
                raise RuntimeError("no outbox")

            broken.setattr(outbox, "put", fail)
            with pytest.raises(RuntimeError):
                complete(cast, sent, ONLY_THE_NINTH)
        with database.reading(cast.engine) as session:
            assert session.scalars(select(FormResponse)).all() == []
            assert session.scalars(select(CriticalAlert)).all() == []
            assert session.scalars(select(AuditRow).where(AuditRow.action == "raise_alert")).all() == []
        complete(cast, sent, ONLY_THE_NINTH)
        with database.reading(cast.engine) as session:
            alert = session.scalars(select(CriticalAlert)).one()
            (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "raise_alert")).all()
            assert (row.resource_id, row.case_id, row.detail) == (alert.id, case_id, "")


def test_the_second_click_raises_one_alert(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    with at(THURSDAY):
        (sent,) = send(cast, case_id, "phq9")
        click = CompleteForm(op=ids.new_operation(), assignment_id=sent, revision=revision(cast, sent),
                             answers=ONLY_THE_NINTH)
        assert cast.do("Marcus", complete_form, click) == cast.do("Marcus", complete_form, click)
        assert len(cast.read("Marcus", my_alerts)) == 1
    assert told(cast) == {"Marcus"}


def test_an_item_that_the_practice_marked_critical_alerts_too(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    asked = Field("hurt", FieldKind.CHOICES, "What happened?", options=("Nothing", "A", "B"), critical=("B",))
    with at(THURSDAY):
        form = cast.do("Dana", add_form, AddForm(
            name="Safety check", purpose=FormPurpose.QUESTIONNAIRE, content=Content((asked,))))
        for answer, number in ((["A"], 0), (["A", "B"], 1)):
            (sent,) = cast.do("Marcus", assign_forms, AssignForms(
                case_id=case_id, template_ids=(form,), person_ids=tuple(people_of(cast, case_id).values())))
            complete(cast, sent, {"hurt": answer})
            assert len(cast.read("Marcus", my_alerts)) == number
        (alert,) = cast.read("Marcus", my_alerts)
        assert (alert.form, [item.answer for item in alert.items]) == ("Safety check", ["A, B"])
        (intake,) = send(cast, case_id, "intake")
        complete(cast, intake, filled("intake", harm="Yes", afraid="Yes"))
        assert [item.key for item in cast.read("Marcus", my_alerts)[1].items] == ["harm", "afraid"]


# --- To whom


def test_an_associate_s_alert_calls_the_supervisor_at_once_too(cast: Cast) -> None:
    raised(cast, client_of(cast, "Priya"), "Priya")
    assert (told(cast), sees(cast)) == ({"Priya", "Ruth"}, {"Priya", "Ruth"})


def test_a_provider_who_is_away_is_no_reason_to_wait(cast: Cast) -> None:
    case_id = client_of(cast, "Marcus")
    with at("2026-11-01 09:00"):
        cast.do("Marcus", add_time_block, AddTimeBlock(
            provider_id=cast.staff["Marcus"], starts_on=date(2026, 11, 9), starts=time(0), ends_on=date(2026, 11, 14),
            ends=time(0), reason="Vacation"))
    raised(cast, case_id, "Marcus", "2026-11-12 23:00")
    assert (told(cast), sees(cast, "2026-11-12 23:01")) == ({"Marcus", "Dana"}, {"Marcus", "Dana"})


def test_after_four_business_hours_it_goes_to_the_owner_once(cast: Cast) -> None:
    alert_id = raised(cast, client_of(cast, "Marcus"), "Marcus", "2026-11-13 16:00")
    assert escalate(cast, "2026-11-16 11:59") == []
    assert sees(cast, "2026-11-16 11:59") == {"Marcus"}
    assert escalate(cast, "2026-11-16 12:00") == [alert_id]
    assert escalate(cast, "2026-11-16 12:01") == []
    assert (told(cast), sees(cast, "2026-11-16 12:02")) == ({"Marcus", "Dana"}, {"Marcus", "Dana"})
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(AuditRow).where(AuditRow.action == "escalate_alert")).all()) == 1


def test_after_how_many_hours_is_the_practice_s_and_what_waits_keeps_its_time(cast: Cast) -> None:
    first = raised(cast, client_of(cast, "Marcus"), "Marcus", "2026-11-13 16:00")
    policy(cast, alert_hours=1)
    second = raised(cast, client_of(cast, "Marcus"), "Marcus", "2026-11-13 16:30")
    assert escalate(cast, "2026-11-16 09:29") == []
    assert escalate(cast, "2026-11-16 09:30") == [second]
    assert escalate(cast, "2026-11-16 12:00") == [first]
    with pytest.raises(NotPermitted):
        policy(cast, by="Marcus", alert_hours=2)
    for hours in (0, 41):
        with pytest.raises(ValidationError):
            policy(cast, alert_hours=hours)


def test_what_was_closed_in_time_goes_to_nobody_else(cast: Cast) -> None:
    alert_id = raised(cast, client_of(cast, "Priya"), "Priya")
    with at("2026-11-12 11:00"):
        close(cast, "Priya", alert_id)
    assert escalate(cast, "2026-11-20 12:00") == []
    assert "Dana" not in told(cast) and sees(cast) == set()


def test_two_jobs_at_once_escalate_once(cast: Cast) -> None:
    alert_id = raised(cast, client_of(cast, "Marcus"), "Marcus")
    with at("2026-11-13 12:00"):
        with database.transaction(cast.engine) as session:
            first = escalate_alerts(session, clock.now())
            if cast.engine.dialect.name == "postgresql":  # on SQLite the second waits for the first anyway
                with database.transaction(cast.engine) as other:
                    assert escalate_alerts(other, clock.now()) == []
        assert first == [alert_id]
        with database.transaction(cast.engine) as session:
            assert escalate_alerts(session, clock.now() + timedelta(hours=1)) == []


# --- Closing


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


def done(alert_id: int, text: str = "Called, no answer; trying again at noon", **more) -> RecordStep:
    return RecordStep(**{"alert_id": alert_id, "action": AlertAction.CONTACTED, "text": text} | more)


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
