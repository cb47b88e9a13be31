"""A critical answer calls for somebody: raised with it and addressed to the right people."""

from datetime import date, time, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from practicerunner import clock, database, ids
from practicerunner.errors import NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.forms import CriticalAlert, FormResponse
from practicerunner.records.outbox import OutboxMessage
from practicerunner.rules.forms import Content, Field
from practicerunner.vocabulary import AttentionKind, FieldKind, FormPurpose, MessageKind, WorkflowState
from practicerunner.workflows import outbox
from practicerunner.workflows.alerts import escalate_alerts, my_alerts
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.form_pages import ResponsePage
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form
from practicerunner.workflows.forms import CompleteForm, complete_form
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from practicerunner.workflows.today import day
from tests.cast import Cast, at, people_of
from tests.workflows.alerting import ONLY_THE_NINTH, THURSDAY, client_of, close, escalate, raised
from tests.workflows.sending import bring_forms, complete, filled, opened, revision, scored, send
from tests.workflows.test_documentation import policy


@pytest.fixture
def cast(cast: Cast) -> Cast:
    bring_forms(cast)
    return cast


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
