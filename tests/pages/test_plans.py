"""The pages of treatment plans: written part by part, in two windows, refused without loss; read, agreed to, named."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.rules import plans as rule
from practicerunner.rules.plans import Plan
from practicerunner.ui import identity
from practicerunner.vocabulary import AccessScope, CaseType, NoteKind, NoteStatus, ObjectiveStatus, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.cases import (
    RemoveParticipant,
    SwitchClinicalFields,
    remove_participant,
    switch_clinical_fields,
)
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.portal_papers import my_note_papers, paper_sharing
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.opening import keys, opened, portal_opened, press, said
from tests.pages.walking import live
from tests.workflows.minors import home
from tests.workflows.planning import SENTINEL, a_plan, begin, note, sign, signed, write
from tests.workflows.test_portal_papers import share

MARKDOWN = "**not bold** [link](http://x) :red[no] <b>raw</b>"


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Linden Street Practice on the evening of Monday 12 October."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    with at("2026-10-12 22:30"):
        yield made


def case_of(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *names: str) -> int:
    with at("2026-10-01 09:00"):
        return cast.open_case(case_type, *(names or ("Noor Haddad",)),
                              name="Circle" if case_type is CaseType.WORKSHOP else "")


def kept(cast: Cast, note_id: int) -> Plan:
    return rule.from_json(note(cast, note_id).details["plan"])


def key(note_id: int, name: str) -> str:
    return f"plan.{note_id}.{name}"


def choose(app: AppTest, note_id: int, part: int, what: str) -> AppTest:
    """Choose from the menu of a part."""
    menu = next(one for one in app.get("menu_button") if one.key == key(note_id, f"{part}.menu"))
    menu.click(what).run()
    assert not app.exception, app.exception
    return app


def test_a_plan_is_started_on_the_case_page_and_written_field_by_field(cast, monkeypatch) -> None:
    case_id = case_of(cast)
    app = opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")
    assert "No treatment plan yet" in said(app)
    person = people_of(cast, case_id)["Noor"]
    app.button(key=f"plan.start.{person}").click().run()
    with database.reading(cast.engine) as session:
        note_id = session.scalar(text("select id from note"))
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    assert [area.label for area in app.text_area] == [
        "Problem 1", "Goal 1.1", "Objective 1.1.1", "Intervention 1.1.1 a", "Remarks (optional)"]
    assert "Problem 1 says nothing yet." in said(app)
    assert next(b for b in app.button if b.label == "Sign and lock").disabled
    for part, words in ((1, "Insomnia"), (2, "Sleep through"), (3, "Six hours"), (4, MARKDOWN)):
        app.text_area(key=key(note_id, f"{part}.text")).set_value(words).run()
        assert not app.exception
    app.text_input(key=key(note_id, "3.measure")).set_value("Sleep diary").run()
    app.date_input(key=key(note_id, "3.target_on")).set_value(date(2026, 12, 1)).run()
    app.text_area(key=key(note_id, "s.remarks")).set_value("Light in the morning.").run()
    plan = kept(cast, note_id)
    assert [s.part.text for s in rule.spots(plan)] == ["Insomnia", "Sleep through", "Six hours", MARKDOWN]
    assert (plan.goals[0].objectives[0].target_on, plan.review_on) == (date(2026, 12, 1), date(2027, 1, 10))
    assert note(cast, note_id).sections == {"remarks": "Light in the morning."}
    assert "Before you sign" not in said(app)
    assert live(app) == []
    assert "Sign and lock" in [one.proto.popover.label for one in app.get("popover")]


def test_parts_are_added_moved_and_removed_and_nothing_typed_is_lost(cast, monkeypatch) -> None:
    note_id = begin(cast, case_of(cast))
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    app.text_area(key=key(note_id, "2.text")).set_value("First goal").run()
    press(app, key(note_id, "1.add"))
    app.text_area(key=key(note_id, "5.text")).set_value("Second goal").run()
    assert [area.label for area in app.text_area if "Goal" in area.label] == ["Goal 1.1", "Goal 1.2"]
    choose(app, note_id, 5, "Move up")
    assert [g.text for g in kept(cast, note_id).goals] == ["Second goal", "First goal"]
    assert app.text_area(key=key(note_id, "5.text")).label == "Goal 1.1"
    choose(app, note_id, 3, "Remove")
    assert kept(cast, note_id).goals[1].objectives == (), "what says nothing goes at once"
    choose(app, note_id, 2, "Remove")
    assert "Remove goal 1.2 and everything that belongs to it?" in said(app)
    assert len(kept(cast, note_id).goals) == 2
    press(app, key(note_id, "2.keep"))
    choose(app, note_id, 2, "Remove")
    press(app, key(note_id, "2.remove"))
    assert [g.text for g in kept(cast, note_id).goals] == ["Second goal"]
    press(app, key(note_id, "0.add"))
    assert [p.key for p in kept(cast, note_id).problems] == [1, 6]


def test_a_status_counts_from_today_unless_somebody_says_otherwise(cast, monkeypatch) -> None:
    note_id = begin(cast, case_of(cast))
    write(cast, note_id, a_plan())
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    app.selectbox(key=key(note_id, "3.status")).set_value(ObjectiveStatus.PARTLY_REACHED).run()
    objective = kept(cast, note_id).goals[0].objectives[0]
    assert (objective.status, objective.status_on) == (ObjectiveStatus.PARTLY_REACHED, date(2026, 10, 12))
    app.date_input(key=key(note_id, "3.status_on")).set_value(date(2026, 10, 9)).run()
    assert kept(cast, note_id).goals[0].objectives[0].status_on == date(2026, 10, 9)
    app.selectbox(key=key(note_id, "3.status")).set_value(ObjectiveStatus.ACTIVE).run()
    objective = kept(cast, note_id).goals[0].objectives[0]
    assert (objective.status, objective.status_on) == (ObjectiveStatus.ACTIVE, None)


@pytest.mark.parametrize("choice", ["insist", "take"])
def test_two_windows_are_told_of_each_other_and_neither_loses_its_words(cast, monkeypatch, choice: str) -> None:
    note_id = begin(cast, case_of(cast))
    one = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    other = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    other.text_area(key=key(note_id, "2.text")).set_value("Goal of the other window").run()
    press(other, key(note_id, "0.add"))
    press(one, key(note_id, "1.add"))
    assert "Not saved." in said(one)
    one.text_area(key=key(note_id, "5.text")).set_value("A second goal").run()
    assert "Not saved." in said(one)
    assert "Goal of the other window" in said(one)
    assert one.text_area(key=key(note_id, "5.text")).value == "A second goal"
    assert [len(kept(cast, note_id).problems), len(kept(cast, note_id).goals)] == [2, 1]
    press(one, key(note_id, choice))
    if choice == "insist":
        assert [g.text for g in kept(cast, note_id).goals] == ["Goal of the other window", "A second goal"]
        assert "Not saved." not in said(one)
    else:
        assert one.text_area(key=key(note_id, "2.text")).value == "Goal of the other window"
        assert len(kept(cast, note_id).problems) == 2
    one.text_area(key=key(note_id, "1.text")).set_value("Goes on").run()
    assert kept(cast, note_id).problems[0].text == "Goes on"


def test_windows_that_write_in_different_parts_of_a_plan_both_keep_their_words(cast, monkeypatch) -> None:
    note_id = begin(cast, case_of(cast))
    one, other = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(2))
    other.text_area(key=key(note_id, "2.text")).set_value("Goal of the other window").run()
    press(other, key(note_id, "1.add"))
    other.text_area(key=key(note_id, "5.text")).set_value("Added there").run()
    one.text_area(key=key(note_id, "3.text")).set_value("Objective of this one").run()
    shown = said(one)
    assert "Not saved. Somebody else changed this" in shown and "Reload to see" not in shown
    press(one, key(note_id, "insist"))
    goals = kept(cast, note_id).goals
    assert [g.text for g in goals] == ["Goal of the other window", "Added there"]
    assert goals[0].objectives[0].text == "Objective of this one"
    assert one.text_area(key=key(note_id, "5.text")).value == "Added there"
    assert "Not saved." not in said(one)
    other.run()
    assert other.text_area(key=key(note_id, "3.text")).value == "Objective of this one"


def test_taking_what_is_saved_of_a_plan_keeps_what_only_this_window_changed(cast, monkeypatch) -> None:
    note_id = begin(cast, case_of(cast))
    one, other = (opened(cast, monkeypatch, "Marcus", "note", note=note_id) for _ in range(2))
    other.text_area(key=key(note_id, "2.text")).set_value("Goal of the other window").run()
    one.text_area(key=key(note_id, "3.text")).set_value("Objective of this one").run()
    press(one, key(note_id, "1.add"))
    one.text_area(key=key(note_id, "5.text")).set_value("Added here").run()
    one.text_area(key=key(note_id, "2.text")).set_value("Goal of this one").run()
    press(one, key(note_id, "take"))
    assert "Not saved." not in said(one)
    goals = kept(cast, note_id).goals
    assert [g.text for g in goals] == ["Goal of the other window", "Added here"]
    assert goals[0].objectives[0].text == "Objective of this one"
    assert one.text_area(key=key(note_id, "5.text")).value == "Added here"


def test_what_is_refused_stays_in_its_field_and_says_why_beneath_it(cast, monkeypatch) -> None:
    note_id = begin(cast, case_of(cast))
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    app.text_area(key=key(note_id, "4.text")).set_value("Bell \x07 inside").run()
    assert "Not saved. This contains a character that cannot be shown" in said(app)
    press(app, key(note_id, "1.add"))
    assert app.text_area(key=key(note_id, "4.text")).value == "Bell \x07 inside"
    assert len(kept(cast, note_id).goals) == 1
    app.text_area(key=key(note_id, "4.text")).set_value("Bell inside").run()
    assert "Not saved" not in said(app)
    assert (kept(cast, note_id).goals[0].objectives[0].interventions[0].text, len(kept(cast, note_id).goals)) == (
        "Bell inside", 2)


def test_a_signed_plan_reads_like_paper_and_a_review_says_what_changed(cast, monkeypatch) -> None:
    case_id = case_of(cast)
    with at("2026-10-01 20:00"):
        first = signed(cast, case_id, plan=a_plan(MARKDOWN), on="2026-10-01 20:00")
    again = begin(cast, case_id)
    app = opened(cast, monkeypatch, "Marcus", "note", note=again)
    app.selectbox(key=key(again, "3.status")).set_value(ObjectiveStatus.REACHED).run()
    assert "Objective 1.1.1: reached since 12 Oct 2026, before: active" in said(app)
    sign(cast, again)
    app = opened(cast, monkeypatch, "Marcus", "note", note=again)
    words = said(app)
    for line in ("1 Problem", "**1.1 Goal**", MARKDOWN, "**1.1.1 Objective**", "since Mon 12 Oct 2026",
                 "Measured by Sleep diary · Target Wed 1 Dec 2027", "**1.1.1 a Intervention**",
                 "Sleep restriction, weekly",
                 "Objective 1.1.1: reached since 12 Oct 2026, before: active", "Signed by Marcus Bell"):
        assert line in words
    assert live(app) == []
    assert not app.text_area or all(area.label == "Addendum" for area in app.text_area)
    assert "Changed since then" not in said(opened(cast, monkeypatch, "Marcus", "note", note=first))


def test_an_agreement_is_recorded_beneath_the_plan_and_a_refusal_keeps_what_was_typed(cast, monkeypatch) -> None:
    case_id = case_of(cast)
    note_id = signed(cast, case_id)
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    press(app, f"agree.{note_id}.0.save")
    assert "Let whoever agrees type their name." in said(app)
    app.text_input(key=f"agree.{note_id}.0.signature").set_value(MARKDOWN)
    press(app, f"agree.{note_id}.0.save")
    assert (f"Agreed by Noor Haddad, 12 Oct 2026, by typing “{MARKDOWN}”. Recorded by Marcus Bell."
            in [one.value for one in app.text])
    app.text_input(key=f"agree.{note_id}.1.signature").set_value("Noor again")
    press(app, f"agree.{note_id}.1.save")
    assert "has agreed to this plan already" in said(app)
    assert app.text_input(key=f"agree.{note_id}.1.signature").value == "Noor again"
    assert live(app) == []
    shown = said(opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical"))
    assert "Agreed by Noor Haddad" in shown


def test_the_case_page_shows_goals_at_a_glance_and_to_an_owner_only_dates(cast, monkeypatch) -> None:
    case_id = case_of(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
    noor = people_of(cast, case_id)["Noor"]
    with at("2026-07-01 20:00"):
        signed(cast, case_id, noor, a_plan(SENTINEL, date(2026, 9, 29)), on="2026-07-01 20:00")
    app = opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")
    words = said(app)
    assert f"1.1  {SENTINEL}\n0 of 1 objective reached" in words
    assert "since Tue 29 Sep" in words
    assert {f"plan.start.{noor}", "plan.for_all"} <= set(keys(app))
    assert next(b for b in app.button if b.key == f"plan.start.{noor}").label == "Review"
    seen = opened(cast, monkeypatch, "Dana", "case", case=case_id, part="clinical")
    assert "Treatment plan" in said(seen)
    assert SENTINEL not in said(seen)
    assert not [one for one in keys(seen) if one.startswith("plan.")]
    overview = said(opened(cast, monkeypatch, "Marcus", "case", case=case_id))
    assert "Treatment plan of Noor Haddad: review due since 29 Sep." in overview
    assert "Treatment plan" not in said(opened(cast, monkeypatch, "Tom", "case", case=case_id))
    queue = said(opened(cast, monkeypatch, "Marcus", "documentation"))
    assert "Treatment plans to review (1)" in queue
    assert "Treatment plan of Noor Haddad: review due since Tue 29 Sep 2026" in queue
    assert "1 treatment plan to review" in "".join(
        link.proto.label for link in opened(cast, monkeypatch, "Marcus", "today").get("page_link"))


@pytest.mark.parametrize(("case_type", "on"), [
    (CaseType.INDIVIDUAL_CONSULTATION, False), (CaseType.INDIVIDUAL_CONSULTATION, True), (CaseType.WORKSHOP, False),
])
def test_the_block_is_absent_where_the_case_has_no_plans(cast, monkeypatch, case_type: CaseType, on: bool) -> None:
    case_id = case_of(cast, case_type)
    if on:
        cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    words = said(opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical"))
    assert ("Treatment plan" in words) is on


def test_a_note_chooses_goals_beside_its_sections_and_shows_them_when_it_is_signed(cast, monkeypatch) -> None:
    case_id = case_of(cast)
    with at("2026-10-01 20:00"):
        plan_id = signed(cast, case_id, plan=a_plan(MARKDOWN), on="2026-10-01 20:00")
    appointment = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    note_id = cast.do("Marcus", start_note, StartNote(
        appointment_id=appointment, kind=NoteKind.PROGRESS, form="girp"))
    app = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    assert "Goal of the plan" in said(app)
    assert live(app) == []
    for section in ("goal", "intervention", "response", "plan"):
        app.text_area(key=f"note.{note_id}.s.{section}").set_value("Said.").run()
    goals = next(one for one in app.get("button_group") if one.key == f"note.{note_id}.goals")
    goals.set_value([f"{plan_id}:2"]).run()
    assert not app.exception, app.exception
    assert [link["text"] for link in note(cast, note_id).details["goals"]] == [MARKDOWN]
    assert "Still to fill in" not in said(app)
    sign(cast, note_id)
    assert note(cast, note_id).status is NoteStatus.LOCKED
    paper = opened(cast, monkeypatch, "Marcus", "note", note=note_id)
    assert f"1.1  {MARKDOWN}" in [one.value for one in paper.text]
    assert live(paper) == []


def test_a_signed_plan_is_shared_beneath_it_and_stands_on_the_portals_page(cast, monkeypatch) -> None:
    case_id = case_of(cast)
    (noor,) = people_of(cast, case_id).values()
    made = begin(cast, case_id)
    write(cast, made, a_plan())
    assert "Share in the portal" not in labels(opened(cast, monkeypatch, "Marcus", "note", note=made)), "a draft"
    assert "has not shared a document yet" in said(found_by(monkeypatch, noor))
    sign(cast, made)
    app = opened(cast, monkeypatch, "Marcus", "note", note=made)
    assert "Share in the portal" in labels(app)
    next(box for box in app.checkbox if box.label == "Noor Haddad, client").check()
    press(app, f"share_note.{made}.0.save")
    app = opened(cast, monkeypatch, "Marcus", "note", note=made)
    assert "Shared in the portal with 1" in labels(app) and "Shared Mon 12 Oct 2026 by Marcus Bell" in said(app)
    portal = found_by(monkeypatch, noor)
    assert "Treatment plan, Mon 12 Oct 2026" in said(portal)
    assert [node.proto.url for node in portal.get("link_button")] == [f"/portal/files/note/{made}.pdf"]


def test_a_save_keeps_what_is_confidential_and_who_has_left_is_listed_with_a_way_to_end_it(cast, monkeypatch) -> None:
    house = home(cast)
    plan = signed(cast, house.case_id, house.leo, a_plan())
    share(cast, plan, house.leo, confidential=True)
    denied = cast.do("Dana", decide_access, DecideAccess(
        acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=date(2026, 10, 12),
        reason="Court order"))
    app = opened(cast, monkeypatch, "Marcus", "note", note=plan)
    assert "with the addenda that are there when it is shared" in said(app)
    assert next(box for box in app.checkbox if box.label.startswith("Confidential to them")).value
    press(app, f"share_note.{plan}.0.save")
    cast.do("Dana", end_decision, EndDecision(decision_id=denied))
    assert house.see("Elena for Leo", my_note_papers) == []

    case_id = cast.open_case(CaseType.FAMILY, "Maya Rivera", "Tomas Quill", "Ida Quill")
    who = people_of(cast, case_id)
    common = signed(cast, case_id, None, a_plan(), on="2026-10-12 10:00")
    share(cast, common, who["Maya"], who["Tomas"])
    cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=case_id, person_id=who["Tomas"], left_on=date(2026, 10, 12)))
    app = opened(cast, monkeypatch, "Marcus", "note", note=common)
    assert "Shared in the portal with 2" in labels(app) and "without its addenda, who else was there" in said(app)
    assert "Still reads it. Once that is ended" in said(app)
    press(app, f"share_note.{common}.0.save")
    assert set(cast.read("Marcus", paper_sharing, common).shared) == {who["Maya"], who["Tomas"]}
    app = opened(cast, monkeypatch, "Marcus", "note", note=common)
    next(box for box in app.checkbox if box.label == "Tomas Quill, takes part no longer").uncheck()
    press(app, f"share_note.{common}.0.save")
    assert set(cast.read("Marcus", paper_sharing, common).shared) == {who["Maya"]}


def found_by(monkeypatch: pytest.MonkeyPatch, person_id: int) -> AppTest:
    """The portal's page of documents, as a client sees it."""
    with monkeypatch.context() as own:
        own.setattr(identity, "IDENTITY", None)
        return portal_opened(own, person_id, "portal_documents")


def labels(app: AppTest) -> list[str]:
    """What the popovers are called."""
    return [block.proto.popover.label for block in app.get("popover")]
