"""The owner's outbox, reminder times on settings and the page of a client, and what was sent on an appointment."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.vocabulary import MessageStatus
from practicerunner.workflows import outbox
from practicerunner.workflows.reminders import case_reminders, make_due, practice_reminders
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words
from tests.workflows.test_reminders import booked, couple, times

NOW = "2026-09-07 10:00"


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """A couple's two reminders on the day before their appointment: one was sent, one has failed."""
    cast = bring_on(sqlite_engine)
    with at("2026-08-20 09:00"):
        times(cast, 24)
        cast.case = couple(cast, ada={"preferred_name": "**Ada** [x](https://evil.example)"})  # type: ignore[attr-defined]
        cast.appointment = booked(cast, cast.case, "2026-09-08 10:00")  # type: ignore[attr-defined]
    with at(NOW):
        with database.transaction(sqlite_engine) as session:
            make_due(session)
            first = outbox.claim(session, "w")
            second = outbox.claim(session, "w")
            assert first and second
            outbox.sent(session, first.id, "w")
            second.attempts = outbox.MOST_ATTEMPTS
            session.flush()
            outbox.failed(session, second.id, "w", "The mail server cannot be reached.")
        yield cast


@pytest.fixture
def no_mail() -> Iterator[None]:
    before = settings().smtp_host, settings().mail_from
    yield
    settings().smtp_host, settings().mail_from = before


def failed(cast: Cast) -> OutboxMessage:
    with database.reading(cast.engine) as session:
        return session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()


def test_the_owner_reads_every_message_as_it_was_written(
    practice: Cast, monkeypatch: pytest.MonkeyPatch, no_mail: None
) -> None:
    app = opened(practice, monkeypatch, "Dana", "outbox")
    text = said(app)
    assert "E-mail is not set up" in app.warning[0].value
    assert "Sent 1" in words(app) and "Failed 1" in words(app)
    for fact in ("Reminder: your appointment on Tuesday 8 September 2026, 10:00", "To ada@river.example",
                 "Sent Mon 7 Sep 2026, 10:00", "To ben@river.example", "The mail server cannot be reached.",
                 "Hello Ben,", "Try again"):
        assert fact in text, fact
    assert live(app) == []
    settings().smtp_host, settings().mail_from = "mail.linden.example", "desk@linden.example"
    assert "E-mail is sent from desk@linden.example" in said(opened(practice, monkeypatch, "Dana", "outbox"))


def test_the_list_is_narrowed_to_a_state(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(practice, monkeypatch, "Dana", "outbox")
    app.pills(key="outbox_status").set_value(MessageStatus.FAILED).run()
    assert not app.exception, app.exception
    assert "ben@river.example" in said(app) and "ada@river.example" not in said(app)
    press(app, f"again.{failed(practice).id}.0.save")
    assert "No message is in this state any more." in said(app) and "Failed 0" in words(app)
    app.pills(key="outbox_status").set_value("All").run()
    assert "ben@river.example" in said(app) and "Failed" not in words(app)


def test_a_failed_message_is_tried_again(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = failed(practice)
    app = opened(practice, monkeypatch, "Dana", "outbox")
    press(app, f"again.{message.id}.0.save")
    assert (failed(practice).status, failed(practice).attempts) == (MessageStatus.WAITING, 0)
    assert "Try again" not in said(app)


def test_an_empty_outbox_says_what_will_be_here(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing was written yet" in said(opened(bring_on(sqlite_engine), monkeypatch, "Dana", "outbox"))


def test_the_appointment_says_what_was_sent_to_whom(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=practice.appointment)
    text = said(app)
    assert "Sentinel-River on Mon 7 Sep 2026, 10:00" in text and "Reminder sent to **Ada**" in text
    assert "Reminder to Ben Sentinel-River could not be sent. The mail server cannot be reached." in text
    assert "river.example" not in text and live(app) == []


def test_the_page_of_a_client_says_when_people_are_reminded(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def relationships(name: str) -> AppTest:
        return opened(practice, monkeypatch, name, "case", case=practice.case, part="relationships")

    app = relationships("Marcus")
    assert "By e-mail: 1 day before, as the practice" in said(app) and "reminder_times" in keys(app)
    assert "2 e-mails" in words(app) and live(app) == []


def ask(case_id: int) -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.ui.reminder_form import times_dialog
    from practicerunner.workflows.reminders import case_reminders

    actor = signed_in()
    times_dialog(actor, case_id, read(case_reminders, actor, case_id))


def test_one_person_gets_other_times_and_none_are_none(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Marcus"])
    ben = people_of(practice, practice.case)["Ben"]
    app = AppTest.from_function(ask, default_timeout=30, args=(practice.case,)).run()
    app.selectbox(key=f"reminders.for.{practice.case}").select_index(2).run()
    prefix = f"reminders.{practice.case}.{ben}.0.0"
    app.radio(key=f"{prefix}.inherits").set_value(False).run()
    app.multiselect(key=f"{prefix}.hours").set_value([2, 48]).run()
    press(app, f"{prefix}.save")
    rows = practice.read("Marcus", case_reminders, practice.case)
    assert [(one.person_id, one.own) for one in rows][2] == (ben, (48, 2))
    assert [one.own for one in rows[:2]] == [None, None]
    app = opened(practice, monkeypatch, "Marcus", "case", case=practice.case, part="relationships")
    assert "Ben Sentinel-River: 2 days and 2 hours before" in said(app)


def test_the_owner_sets_the_practice_s_times_with_the_other_policies(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Dana", "settings")
    assert app.multiselect(key="practice.1.0.hours").value == [24]
    app.multiselect(key="practice.1.0.hours").set_value([72, 3])
    app.number_input(key="practice.1.0.note_due_hours").set_value(24)
    next(button for button in app.button if button.label == "Save settings").click().run()
    assert not app.exception, app.exception
    assert practice.read("Dana", practice_reminders).times == (72, 3)
    assert app.multiselect(key="practice.2.0.hours").value == [72, 3]


def details(person_id: int) -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.person_form import person_dialog

    person_dialog(signed_in(), person_id)


def test_a_person_s_time_zone_is_chosen_from_the_list(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Marcus"])
    ben = people_of(practice, practice.case)["Ben"]
    app = AppTest.from_function(details, default_timeout=30, args=(ben,)).run()
    assert app.selectbox(key=f"person.{ben}.1.0.zone").value == ""
    app.selectbox(key=f"person.{ben}.1.0.zone").set_value("Europe/London")
    press(app, f"person.{ben}.1.0.save")
    with database.reading(practice.engine) as session:
        assert session.get_one(Person, ben).zone == "Europe/London"
