"""The page "Supervision" as each sees it: the queue and the note, the practice's counts, one's own, and the hours."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.errors import NotFound, PracticeError
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff, Supervision
from practicerunner.records.supervision import SupervisionSession
from practicerunner.rules.note_details import Details, Risk
from practicerunner.ui import identity, review_list
from practicerunner.vocabulary import CaseType, NoteStatus, RiskFinding, Role, SupervisionFormat
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.invitations import Invite, accept_invitation, invite
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, StartNote, save_draft, start_case_note, start_note
from practicerunner.workflows.review_facts import review_facts
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import AddStaff, add_staff
from practicerunner.workflows.supervision_hours import RecordHour, record_hour
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.opening import opened, press, said
from tests.pages.walking import live, words
from tests.workflows.planning import a_plan, begin, sign, signed
from tests.workflows.planning import write as planned
from tests.workflows.sending import bring_forms, complete, scored, send

PASSWORD = "correct horse battery"
SOAP = ("subjective", "objective", "assessment", "plan")
SAFE = Details(risk=Risk(harm_to_self=RiskFinding.NONE_REPORTED, harm_to_others=RiskFinding.NONE_REPORTED))
HOSTILE = "**bold** [link](http://x) :red[no]"


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Linden Street Practice with a second supervisor, on the evening of Monday 12 October; Ruth can sign."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    with at("2026-10-12 22:30"):
        made.staff["Judith"] = made.do("Dana", add_staff, AddStaff(
            first_name="Judith", last_name="Solano", email="judith@linden.example",
            roles=frozenset({Role.SUPERVISOR})))
        with database.transaction(made.engine) as session:
            accept_invitation(
                session, invite(session, made.actor("Dana"), Invite(staff_id=made.staff["Ruth"])), PASSWORD)
        yield made


def submitted(cast: Cast, person: str, when: str, words_: str = "Said.") -> int:
    """A note of Priya's that waits for Ruth since the evening of its day."""
    with at(f"{when[:10]} 07:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, person, provider="Priya")
    appointment_id = hold(cast, case_id, "IND50", when, by="Priya")
    with at(f"{when[:10]} 22:00"):
        note_id = cast.do("Priya", start_note, StartNote(appointment_id=appointment_id, kind="progress"))
        write(cast, note_id, words_)
    return note_id


def write(cast: Cast, note_id: int, words_: str) -> None:
    cast.do("Priya", save_draft, SaveDraft(
        note_id=note_id, revision=note(cast, note_id).revision, sections=dict.fromkeys(SOAP, words_)))
    cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=note(cast, note_id).revision))


def note(cast: Cast, note_id: int) -> Note:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id)


def readings(cast: Cast, who: str) -> list[int]:
    """Which notes the audit log says somebody has opened."""
    with database.reading(cast.engine) as session:
        return [row.resource_id for row in session.scalars(select(AuditRow).where(
            AuditRow.action == "open_note", AuditRow.staff_id == cast.staff[who]).order_by(AuditRow.seq))]


def signs(app: AppTest, label: str) -> AppTest:
    """Type the password beside the button, and press it."""
    next(field for field in app.text_input if str(field.key).endswith(".proof")).set_value(PASSWORD)
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


def tab(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str) -> AppTest:
    """Somebody's hours."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = opened(cast, monkeypatch, who, "supervision")
    app.session_state["supervision.part"] = "Hours"
    app.run()
    assert not app.exception, app.exception
    return app


def _reassign() -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.ui.team_reviews import reassign_dialog
    from practicerunner.workflows.review_queue import team_reviews

    actor = signed_in()
    lines = read(team_reviews, actor)
    if lines:
        reassign_dialog(actor, lines)


def _hour(session_id: int | None) -> None:
    from practicerunner.ui.hours_block import hour_dialog
    from practicerunner.ui.identity import signed_in

    hour_dialog(signed_in(), session_id)


def _assignment(which: str, staff_id: int) -> None:
    from practicerunner.ui import assignment_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.assignments import assignments_of
    from practicerunner.workflows.staff import staff_list

    actor = signed_in()
    everybody = read(staff_list, actor)
    if which == "assign":
        assignment_block.assign_dialog(actor, next(one for one in everybody if one.id == staff_id), everybody)
    elif read(assignments_of, actor, staff_id)[0].can_end:
        assignment_block.end_dialog(actor, read(assignments_of, actor, staff_id)[0])


def _own_record(staff_id: int) -> None:
    from practicerunner.ui import own_record_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.staff import staff_list

    actor = signed_in()
    own_record_block.own_record_dialog(
        actor, next(one for one in read(staff_list, actor) if one.id == staff_id), "")


def dialog(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str, draw: Callable[..., None], *args: Any) -> AppTest:
    """A dialog alone; the page that opens it redraws without it in these tests."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_function(draw, default_timeout=30, args=args).run()
    assert not app.exception, app.exception
    return app


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_a_supervisor_clears_the_queue_without_leaving_the_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    second = submitted(cast, "Sam Ortiz", "2026-10-09 10:00", HOSTILE)
    first = submitted(cast, "Noor Haddad", "2026-10-05 10:00")
    third = submitted(cast, "Ida Holm", "2026-10-12 10:00")
    app = opened(cast, monkeypatch, "Ruth", "supervision")
    assert figures(app) == {"Waiting": "3", "Oldest": "7 days", "Returned, not back": "0"}
    rows = [str(button.key) for button in app.button if str(button.key).startswith("review.")]
    assert rows == [f"review.{one}" for one in (first, second, third)]
    assert readings(cast, "Ruth") == [], "nothing is read before it is chosen"
    press(app, f"review.{first}")
    assert readings(cast, "Ruth") == [first]
    next(area for area in app.text_area if area.label == "Plan").set_value("And then?").run()
    app.text_area(key=f"review.{first}.1.0.comment").set_value("Nearly.").run()
    next(button for button in app.button if button.label == "Return with 2 comments").click().run()
    assert not app.exception, app.exception
    assert note(cast, first).status is NoteStatus.RETURNED
    assert app.query_params["note"] == str(second), "the next one opens by itself"
    assert HOSTILE in [text.value for text in app.text]
    assert not live(app)
    signs(app, "Co-sign")
    assert note(cast, second).status is NoteStatus.LOCKED
    assert app.query_params["note"] == str(third)
    signs(app, "Co-sign")
    assert figures(app) == {"Waiting": "0", "Oldest": "–", "Returned, not back": "1"}
    assert "Nothing waits for you" in said(app)
    assert readings(cast, "Ruth") == [first, second, third]


def test_what_changed_since_the_returned_version_stands_beneath_its_section(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_id = submitted(cast, "Noor Haddad", "2026-10-05 10:00", "Came late. Slept well.")
    cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="When?"))
    write(cast, note_id, "Came ten minutes late. Slept well.")
    app = opened(cast, monkeypatch, "Ruth", "supervision", note=note_id)
    shown = [text.value for text in app.text]
    assert shown.count("Out: Came late.") == shown.count("In: Came ten minutes late.") == len(SOAP)
    assert "Ruth Feldman returned version 1, Mon 12 Oct 2026, 22:30" in shown


def test_an_addendum_is_cosigned_from_the_queue_and_filters_narrow_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    amended = submitted(cast, "Noor Haddad", "2026-10-05 10:00")
    cast.do("Ruth", cosign_note, CosignNote(note_id=amended, version=1))
    with at("2026-10-06 12:00"):
        cast.do("Priya", add_addendum, AddAddendum(note_id=amended, reason="correction", text="50 minutes."))
    submitted(cast, "Sam Ortiz", "2026-10-11 10:00")
    app = opened(cast, monkeypatch, "Ruth", "supervision")
    assert figures(app)["Waiting"] == "2"
    app.selectbox(key="reviews.age").select(3).run()
    keys = [str(button.key) for button in app.button if str(button.key).startswith("review.")]
    assert len(keys) == 1
    press(app, keys[0])
    assert "50 minutes." in [text.value for text in app.text]
    signs(app, "Co-sign")
    assert figures(app)["Waiting"] == "1"


def test_a_note_that_moved_on_meanwhile_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    note_id = submitted(cast, "Noor Haddad", "2026-10-05 10:00")
    submitted(cast, "Sam Ortiz", "2026-10-06 10:00")
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    app = opened(cast, monkeypatch, "Ruth", "supervision", note=note_id)
    assert "does not wait for you any more" in said(app)
    assert readings(cast, "Ruth") == []


def test_an_owner_sees_counts_and_no_text_and_moves_the_queue_after_a_preview(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = submitted(cast, "Noor Haddad", "2026-10-05 10:00", "Sealed words.")
    returned = submitted(cast, "Sam Ortiz", "2026-10-06 10:00")
    cast.do("Ruth", return_note, ReturnNote(note_id=returned, version=1, comment="When?"))
    app = opened(cast, monkeypatch, "Dana", "supervision")
    frame = app.dataframe[0].value
    assert frame.to_dict("records") == [{
        "Written by": "Priya Nair", "Supervisor": "Ruth Feldman", "Waiting": 1, "Oldest": "7 days",
        "Returned, not back": 1}]
    text = words(app)
    assert "Sealed" not in text and "Haddad" not in text and "may not sign" not in text
    with database.transaction(cast.engine) as session:
        noor = session.scalars(select(Person).where(Person.last_name == "Haddad")).one()
        session.get_one(Staff, cast.staff["Ruth"]).person_id = noor.id
    assert ("1 note of Priya Nair waits for Ruth Feldman, who takes part there themselves and may not sign it. "
            "Give it to another supervisor.") in said(opened(cast, monkeypatch, "Dana", "supervision"))
    alone = dialog(cast, monkeypatch, "Dana", _reassign)
    assert alone.checkbox(key="reassign_reviews.0.only_barred").value
    assert "1 note moves now." in said(alone) and "returned" not in said(alone)
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Ruth"]).person_id = None
    press(app, "reassign")
    assert "1 note moves now. 1 returned note follows when it is submitted again." in said(app)
    app = click(dialog(cast, monkeypatch, "Dana", _reassign), "Move 1 review")
    assert "Choose who takes over." in said(app)
    app.selectbox(key="reassign_reviews.0.to_id").select(cast.staff["Judith"]).run()
    click(app, "Move 1 review")
    assert "Please fill in this field." in said(app)
    app.text_input(key="reassign_reviews.0.reason").set_value("On leave").run()
    click(app, "Move 1 review")
    assert {note(cast, one).supervisor_id for one in (waiting, returned)} == {cast.staff["Judith"]}
    assert figures(opened(cast, monkeypatch, "Judith", "supervision"))["Waiting"] == "1"
    assert "Nothing waits for you" in said(opened(cast, monkeypatch, "Ruth", "supervision"))


def test_an_associate_sees_with_whom_it_is_on_both_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(cast, monkeypatch, "Priya", "supervision")
    assert "Nothing of yours waits." in said(app)
    submitted(cast, "Noor Haddad", "2026-10-05 10:00")
    returned = submitted(cast, "Sam Ortiz", "2026-10-06 10:00")
    cast.do("Ruth", return_note, ReturnNote(note_id=returned, version=1, comment="When?", sections={"plan": "What?"}))
    for page in ("supervision", "documentation"):
        text = said(opened(cast, monkeypatch, "Priya", page))
        assert "Waiting for your supervisor (1)" in text
        assert "With Ruth Feldman, for 7 days" in text
    assert "Ruth Feldman returned version 1, on Plan, Mon 12 Oct 2026, 22:30" in text
    with at("2026-10-08 07:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Priya")
    hold(cast, case_id, "IND50", "2026-10-08 10:00", by="Priya")
    text = said(opened(cast, monkeypatch, "Priya", "supervision"))
    assert "Came back to you (1)" in text and "2 comments by Ruth Feldman" in text
    assert "Notes due (1)" in text and "The oldest is of Thu 8 Oct 2026, Ida Holm; 1 overdue." in text


def aside(app: AppTest) -> str:
    """What stands on the page beside the note, in one string."""
    return "\n".join(str(one.value) for kind in ("text", "caption", "subheader") for one in app.get(kind))


def test_beside_the_note_stand_its_appointment_and_the_notes_before_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-10-01 07:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    made = []
    for when, said_ in (("2026-10-02 10:00", "Oldest words."), ("2026-10-05 10:00", "Last words."),
                        ("2026-10-09 10:00", "Now.")):
        appointment_id = hold(cast, case_id, "IND50", when, by="Priya")
        with at(f"{when[:10]} 22:00"):
            made.append(cast.do("Priya", start_note, StartNote(appointment_id=appointment_id, kind="progress")))
            write(cast, made[-1], said_)
        if said_ != "Now.":
            cast.do("Ruth", cosign_note, CosignNote(note_id=made[-1], version=1))
    oldest, last, now = made
    memo = cast.do("Priya", start_note, StartNote(appointment_id=appointment_id, kind="memo"))
    cast.do("Priya", save_draft, SaveDraft(note_id=memo, revision=1, sections={"text": "Memo words."}))
    submitted(cast, "Sam Ortiz", "2026-10-08 10:00", "Of another case.")
    before = readings(cast, "Ruth")
    for page in ("supervision", "note"):
        app = opened(cast, monkeypatch, "Ruth", page, note=now)
        text = aside(app)
        for there in ("Fri 9 Oct 2026, 10:00–10:50", "Noor Haddad: attended", "No next appointment.", "Last words.",
                      "None yet. Goals come from the treatment plan."):
            assert there in text, (page, there)
        for gone in ("Oldest words.", "Memo words.", "Of another case."):
            assert gone not in words(app), (page, gone)
        assert "Fri 2 Oct 2026, progress note" in words(app)
    assert [one for one in readings(cast, "Ruth") if one not in before] == [now, last], "the oldest is a link only"
    assert oldest not in readings(cast, "Ruth")


def test_beside_a_note_about_one_of_two_stands_nothing_of_the_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-09-01 07:00"):
        bring_forms(cast)
        case_id = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", provider="Priya")
        other_case = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        people = people_of(cast, case_id)
        for name, total in (("Noor", 2), ("Sam", 1)):
            (sent,) = send(cast, case_id, "phq9", to=name, by="Priya")
            complete(cast, sent, scored("phq9", *[total] * 9), by="Priya")
            plan = begin(cast, case_id, people[name], by="Priya", on="2026-09-01 08:00")
            planned(cast, plan, a_plan(f"Goal of {name}"), by="Priya")
            sign(cast, plan, by="Priya", on="2026-09-01 08:00")
            cast.do("Ruth", cosign_note, CosignNote(note_id=plan, version=1))
    signed(cast, other_case, plan=a_plan("Goal of another case"), on="2026-09-01 08:00")
    made = {}
    for name, on in (("Sam", "2026-10-08"), ("Noor", "2026-10-09")):
        with at(f"{on} 22:00"):
            made[name] = cast.do("Priya", start_case_note, StartCaseNote(
                case_id=case_id, kind="contact", form="contact", person_id=people[name], service_date=on))
            cast.do("Priya", save_draft, SaveDraft(note_id=made[name], revision=1, sections=dict.fromkeys(
                ("how", "said"), f"Words of {name}."), details=SAFE))
            cast.do("Priya", sign_note, SignNote(note_id=made[name], revision=note(cast, made[name]).revision))
        if name == "Sam":
            cast.do("Ruth", cosign_note, CosignNote(note_id=made[name], version=1))
    app = opened(cast, monkeypatch, "Ruth", "supervision", note=made["Noor"])
    text = words(app)
    assert "18 of 27" in text and "9 of 27" not in text
    assert "Goal of Noor" in text and "Goal of Sam" not in text
    assert "0 of 1 objective reached · being worked on" in text
    assert "Words of Noor." in text and "Words of Sam." not in text
    assert "Thu 8 Oct 2026" not in text and "Goal of another case" not in text
    assert "None before this one." in text


def test_whoever_does_not_review_a_note_is_given_nothing_beside_it(cast: Cast) -> None:
    note_id = submitted(cast, "Noor Haddad", "2026-10-09 10:00")
    for who in ("Priya", "Marcus", "Judith", "Dana", "Tom"):
        with pytest.raises(PracticeError):
            cast.do(who, review_facts, note_id)
    assert cast.do("Ruth", review_facts, note_id).people[0].name == "Noor Haddad"
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    with pytest.raises(NotFound):
        cast.do("Ruth", review_facts, note_id)


def test_on_a_phone_the_tapped_note_stands_alone_with_a_way_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_list, "on_phone", lambda: True)
    first = submitted(cast, "Noor Haddad", "2026-10-05 10:00")
    submitted(cast, "Sam Ortiz", "2026-10-06 10:00")
    app = opened(cast, monkeypatch, "Ruth", "supervision")
    press(app, f"review.{first}")
    assert not [one for one in app.button if str(one.key).startswith("review.") and "." not in str(one.key)[7:]]
    assert "Queue (2)" in said(app) and not app.metric
    press(app, "queue.back")
    assert figures(app)["Waiting"] == "2" and not app.text_area


def test_due_notes_are_filtered_by_mine_and_team(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for who, person in (("Priya", "Noor Haddad"), ("Ruth", "Sam Ortiz")):
        with at("2026-10-05 07:00"):
            case_id = cast.open_case(CaseType.INDIVIDUAL, person, provider=who)
        hold(cast, case_id, "IND50", "2026-10-05 10:00" if who == "Priya" else "2026-10-05 12:00", by=who)
    app = opened(cast, monkeypatch, "Ruth", "documentation")
    assert "Haddad" in words(app) and "Ortiz" in words(app)
    for chosen, there, gone in (("Mine", "Ortiz", "Haddad"), ("Team", "Haddad", "Ortiz")):
        app.session_state["due.whose"] = chosen
        app.run()
        assert there in words(app) and gone not in words(app)


def test_an_hour_is_recorded_changed_and_signed_on_the_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tab(cast, monkeypatch, "Ruth")
    assert "No hours yet. Record one" in said(app)
    press(app, "record_hour")
    assert "Counts as individual supervision." in said(app)
    app = dialog(cast, monkeypatch, "Ruth", _hour, None)
    app.text_area(key="hour.new.0.topics").set_value(HOSTILE).run()
    press(app, "hour.new.0.save")
    with database.reading(cast.engine) as session:
        made = session.scalars(select(SupervisionSession)).one()
    assert (made.minutes, made.kind, made.topics, made.signed_at) == (60, SupervisionFormat.INDIVIDUAL, HOSTILE, None)
    app = dialog(cast, monkeypatch, "Ruth", _hour, made.id)
    app.number_input(key=f"hour.{made.id}.1.0.minutes").set_value(50).run()
    assert [one.disabled for one in app.button if one.label == "Sign"] == [True], "save first"
    press(app, f"hour.{made.id}.1.0.save")
    signs(dialog(cast, monkeypatch, "Ruth", _hour, made.id), "Sign")
    app = tab(cast, monkeypatch, "Priya")
    assert app.dataframe[0].value["Total"].tolist() == ["0:50"]
    press(app, f"hour.{made.id}")
    assert HOSTILE in [text.value for text in app.text]
    assert "Signed by Ruth Feldman, LMFT" in said(app)
    assert not live(app)


def test_an_owner_sees_hours_and_never_what_was_talked_about(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.do("Ruth", record_hour, RecordHour(
        supervisor_id=cast.staff["Ruth"], supervisee_ids=(cast.staff["Priya"],), held_on="2026-10-12", starts="09:00",
        minutes=60, kind=SupervisionFormat.INDIVIDUAL, topics="Sealed words."))
    app = tab(cast, monkeypatch, "Dana")
    text = words(app)
    assert "Priya Nair with Ruth Feldman" in text
    assert "Sealed" not in text
    assert not [button for button in app.button if button.label in ("Open", "Record an hour")]
    assert "No hours yet." in said(tab(cast, monkeypatch, "Marcus"))


def choose(app: AppTest, cast: Cast, who: str) -> AppTest:
    """Choose somebody's row on the staff page."""
    place = app.dataframe[0].value["Name"].tolist().index(who)
    app.session_state["staff_table"] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    app.run()
    assert not app.exception, app.exception
    return app


def test_an_owner_says_on_the_staff_page_who_is_a_client_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    noor = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad"))["Noor"]
    app = choose(opened(cast, monkeypatch, "Dana", "staff"), cast, "Tom Alvarez")
    assert "No client of the practice, as far as is known." in said(app)
    app = dialog(cast, monkeypatch, "Dana", _own_record, cast.staff["Tom"])
    app.text_input[0].set_value("Noor").run()
    app.selectbox[0].select_index(0).run()
    click(app, "Save")
    with database.reading(cast.engine) as session:
        assert session.get_one(Staff, cast.staff["Tom"]).person_id == noor
    text = said(choose(opened(cast, monkeypatch, "Dana", "staff"), cast, "Tom Alvarez"))
    assert "Also a client of the practice: Noor Haddad" in text
    assert "client of the practice" not in said(choose(opened(cast, monkeypatch, "Ruth", "staff"), cast, "Priya Nair"))


def test_an_owner_assigns_and_ends_on_the_staff_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = choose(opened(cast, monkeypatch, "Dana", "staff"), cast, "Priya Nair")
    assert "Supervision of Priya Nair" in said(app)
    assert "Co-signs, default · from Mon 5 Jan 2026 with no end set" in said(app)
    assert "assign" in [button.key for button in app.button]
    app = dialog(cast, monkeypatch, "Dana", _assignment, "assign", cast.staff["Priya"])
    assert app.selectbox(key=f"assign.{cast.staff['Priya']}.0.level").options == ["Co-signs"], "an associate's default"
    app.selectbox(key=f"assign.{cast.staff['Priya']}.0.supervisor_id").select(cast.staff["Judith"]).run()
    click(app, "Assign")
    text = said(choose(opened(cast, monkeypatch, "Dana", "staff"), cast, "Priya Nair"))
    assert "Co-signs, default · from Mon 12 Oct 2026 with no end set" in text
    assert "Co-signs, default · from Mon 5 Jan 2026 until Sun 11 Oct 2026" in text
    click(dialog(cast, monkeypatch, "Dana", _assignment, "end", cast.staff["Priya"]), "End it")
    with database.reading(cast.engine) as session:
        assert not list(session.scalars(select(Supervision).where(Supervision.ends_on.is_(None))))
