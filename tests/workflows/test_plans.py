"""Treatment plans through the workflow of notes: begun, signed, reviewed, agreed to, due; and who reads them."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NoteIsSigned, NotFound, NotPermitted, Stale
from practicerunner.records import plans
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note, NoteVersion
from practicerunner.records.people import Person
from practicerunner.records.plans import PlanAgreement
from practicerunner.records.staff import Staff
from practicerunner.rules import plan_changes
from practicerunner.rules import plans as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.note_details import Details, GoalLink
from practicerunner.rules.plans import Plan
from practicerunner.vocabulary import (
    ActingKind,
    AgreedHow,
    AttendanceStatus,
    AttentionKind,
    CaseStatus,
    CaseType,
    NoteKind,
    NoteStatus,
    ObjectiveStatus,
    SignsAs,
)
from practicerunner.workflows.cases import (
    RemoveParticipant,
    SetCaseStatus,
    SwitchClinicalFields,
    remove_participant,
    set_case_status,
    switch_clinical_fields,
)
from practicerunner.workflows.clients import case_summary, client_list
from practicerunner.workflows.note_pages import NotePage, note_page
from practicerunner.workflows.notes import (
    NoteDoesNotFit,
    NoteIsIncomplete,
    SaveDraft,
    StartNote,
    save_draft,
    start_note,
)
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.plan_agreements import PlanIsNotSigned, RecordAgreement, record_agreement
from practicerunner.workflows.plans import plan_in_force, plan_reviews_due
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.reviews import CosignNote, cosign_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.verification import broken_notes
from tests.cast import Cast, at, hold, people_of
from tests.workflows.planning import (
    DAY,
    EVENING,
    REVIEW,
    SENTINEL,
    a_plan,
    agree,
    begin,
    block,
    note,
    opened,
    sign,
    signed,
    write,
)
from tests.workflows.sending import named

LATER = "2027-01-11 09:00"


def case_of(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *, by: str = "Marcus") -> tuple[int, dict[str, int]]:
    """A case of a kind, and its people by first name."""
    one = case_type in (CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION)
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(case_type, *(("Noor Haddad",) if one else ("Noor Haddad", "Sam Ortiz")), provider=by,
                                 name="Circle" if capabilities(case_type).needs_name else "")
    return case_id, people_of(cast, case_id)


def in_force(cast: Cast, case_id: int, person_id: int | None, name: str = "Marcus"):
    actor = cast.actor(name)
    with at(EVENING), database.transaction(cast.engine) as session:
        return plan_in_force(session, actor, case_id, person_id)


def due(cast: Cast, name: str, on: str = LATER) -> list[tuple[int, str, date | None]]:
    with at(on):
        return [(one.note_id, one.about, one.since) for one in cast.read(name, plan_reviews_due)]


def waits(cast: Cast, name: str, case_id: int, on: str = LATER) -> list[str]:
    with at(on):
        return [item.sentence for item in cast.read(name, case_summary, case_id).attention
                if item.kind is AttentionKind.PLAN_REVIEW_DUE]


# --- Written, signed, reviewed


def test_a_plan_begins_with_one_of_everything_and_the_review_that_the_practice_wants(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    with database.transaction(cast.engine) as session:
        session.execute(text("update practice set plan_review_days = 30"))
    assert cast.read("Marcus", practice_settings).plan_review_days == 30
    begun = note(cast, begin(cast, case_id))
    assert rule.from_json(begun.details["plan"]) == plan_changes.begun(DAY, 30)
    assert begun.review_on == date(2026, 11, 11)
    assert (begun.status, begun.appointment_id) == (NoteStatus.DRAFT, None)


def test_what_a_plan_lacks_is_said_in_sentences_and_nothing_is_signed(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = begin(cast, case_id)
    write(cast, note_id, Plan(problems=a_plan().problems, made=7))
    with pytest.raises(NoteIsIncomplete, match=r"^The date of the next review is missing\.$"):
        sign(cast, note_id)
    assert opened(cast, "Marcus", note_id).missing == ("The date of the next review is missing.",)
    write(cast, note_id, a_plan(review_on=DAY))
    with pytest.raises(NoteIsIncomplete, match="The next review has to be after the date of the plan"):
        sign(cast, note_id)
    assert note(cast, note_id).version == 0


def test_a_signed_plan_is_in_force_and_neither_the_draft_nor_the_database_changes_it(cast: Cast) -> None:
    case_id, people = case_of(cast)
    note_id = begin(cast, case_id)
    assert in_force(cast, case_id, people["Noor"]) is None
    write(cast, note_id, a_plan(SENTINEL))
    sign(cast, note_id)
    found = in_force(cast, case_id, people["Noor"])
    assert (found.note_id, found.plan, found.on, found.about) == (note_id, a_plan(SENTINEL), DAY, "Noor Haddad")
    assert (found.previous_id, found.changes, found.missing) == (None, (), ())
    with pytest.raises(NoteIsSigned):
        write(cast, note_id, a_plan("Other"))
    for change in ("details = '{}'", "review_on = null", "person_id = null", "status = 'draft'"):
        with pytest.raises(IntegrityError, match="signed note"), database.transaction(cast.engine) as session:
            session.execute(text(f"update note set {change} where id = {note_id}"))
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.execute(text(f"delete from note where id = {note_id}"))
    with database.reading(cast.engine) as session:
        assert session.scalars(select(NoteVersion.content)).one()["details"]["plan"] == rule.as_json(a_plan(SENTINEL))
        assert broken_notes(session) == []


def test_a_review_begins_with_the_old_plan_and_takes_its_place_once_it_is_signed(cast: Cast) -> None:
    case_id, people = case_of(cast)
    first = signed(cast, case_id)
    again = begin(cast, case_id, on=LATER)
    assert again != first
    assert begin(cast, case_id, on=LATER) == again, "a review that was begun is gone on with"
    page = opened(cast, "Marcus", again, on=LATER)
    assert (page.plan.problems, page.plan.review_on) == (a_plan().problems, date(2027, 4, 11))
    assert (page.previous_id, page.previous_on, page.changes) == (first, DAY, ("Next review 11 Apr 2027",))
    new = plan_changes.rewritten(
        page.plan, {3: {"status": "reached", "status_on": date(2027, 1, 11)}}, page.plan.review_on)
    write(cast, again, new)
    assert in_force(cast, case_id, people["Noor"]).note_id == first
    sign(cast, again, on=LATER)
    found = in_force(cast, case_id, people["Noor"])
    assert (found.note_id, found.changes[0]) == (
        again, "Objective 1.1.1: reached since 11 Jan 2027, before: active")
    assert opened(cast, "Marcus", first).plan == a_plan()
    assert note(cast, first).status is NoteStatus.LOCKED


def test_who_writes_at_the_same_time_is_told_that_another_plan_was_signed(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    slow = begin(cast, case_id)
    assert not opened(cast, "Marcus", slow).overtaken
    appointment = hold(cast, case_id, "IND50", "2026-10-13 10:00", by="Marcus")
    with database.transaction(cast.engine) as session:
        session.execute(text(f"update appointment set provider_id = {cast.staff['Olga']} where id = {appointment}"))
    quick = signed(cast, case_id, by="Olga", on="2026-10-14 20:00")
    page = opened(cast, "Marcus", slow)
    assert (page.overtaken, page.previous_id) == (True, quick)


def test_each_person_has_a_plan_and_a_couple_one_together(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    made = {name: signed(cast, case_id, people.get(name)) for name in ("Noor", "Sam", "both")}
    assert {name: in_force(cast, case_id, people.get(name)).note_id for name in made} == made
    assert [p.name for p in block(cast, "Marcus", case_id).people] == ["Everybody together", "Noor Haddad", "Sam Ortiz"]
    other, _ = case_of(cast, CaseType.TWO_PERSON)
    assert [(p.name, p.note_id) for p in block(cast, "Marcus", other).people] == [
        ("Noor Haddad", None), ("Sam Ortiz", None)]


def test_an_associates_plan_is_in_force_once_the_supervisor_has_signed_it_too(cast: Cast) -> None:
    case_id, people = case_of(cast, by="Priya")
    note_id = signed(cast, case_id, by="Priya")
    assert note(cast, note_id).status is NoteStatus.SUBMITTED
    assert in_force(cast, case_id, people["Noor"], "Priya") is None
    assert due(cast, "Priya") == []
    assert opened(cast, "Ruth", note_id).plan == a_plan()
    with at(EVENING):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    assert in_force(cast, case_id, people["Noor"], "Ruth").note_id == note_id
    assert due(cast, "Priya") == due(cast, "Ruth") == [(note_id, "Noor Haddad", REVIEW)]


# --- Who reads it


def test_a_plan_is_for_those_who_work_on_the_case_and_its_reading_is_logged(cast: Cast) -> None:
    case_id, people = case_of(cast)
    note_id = signed(cast, case_id, plan=a_plan(SENTINEL))
    for name, refusal in (("Olga", NotFound), ("Dana", NotFound), ("Tom", NotPermitted)):
        with pytest.raises(refusal):
            opened(cast, name, note_id)
        with pytest.raises(refusal):
            in_force(cast, case_id, people["Noor"], name)
    with pytest.raises(NotFound):
        block(cast, "Olga", case_id)
    assert block(cast, "Tom", case_id) is None
    opened(cast, "Marcus", note_id)
    block(cast, "Marcus", case_id)
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "open_note")).all()
    assert [(r.staff_id, r.resource_id, r.case_id) for r in rows] == [(cast.staff["Marcus"], note_id, case_id)]


def test_reading_a_plan_takes_a_transaction_because_it_is_logged(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    signed(cast, case_id)
    from practicerunner.workflows.plans import plan_block

    with pytest.raises(RuntimeError, match="transaction"):
        cast.read("Marcus", plan_block, case_id)


def test_an_owner_sees_states_only_and_reads_as_clinical_director_with_a_reason(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = signed(cast, case_id, plan=a_plan(SENTINEL))
    seen = block(cast, "Dana", case_id)
    person, = seen.people
    assert (seen.may_read, seen.may_write, seen.needs_reason) == (False, False, False)
    assert (person.note_id, person.since, person.review_on, person.goals, person.may_record) == (
        note_id, DAY, REVIEW, (), False)
    assert SENTINEL not in repr(seen)
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    assert block(cast, "Dana", case_id).needs_reason
    assert SENTINEL not in repr(block(cast, "Dana", case_id))
    with pytest.raises(NotPermitted, match="reason"):
        opened(cast, "Dana", note_id)
    assert block(cast, "Dana", case_id, "Complaint of 9 October").people[0].goals[0].text == SENTINEL
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(AuditRow.detail).where(
            AuditRow.action == "open_note", AuditRow.staff_id == cast.staff["Dana"])).all()
    assert rows == ["reason: Complaint of 9 October"]


def test_another_provider_s_supervisor_reads_nothing(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = signed(cast, case_id)
    with pytest.raises(NotFound):
        opened(cast, "Ruth", note_id)
    assert due(cast, "Ruth") == []


# --- Which cases have one


@pytest.mark.parametrize("case_type", [CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP])
def test_a_consultation_has_a_plan_only_while_an_owner_has_switched_it_on(cast: Cast, case_type: CaseType) -> None:
    case_id, people = case_of(cast, case_type)

    def switch(on: bool) -> None:
        cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=on))

    with pytest.raises(NoteDoesNotFit):
        begin(cast, case_id, people["Noor"])
    assert block(cast, "Marcus", case_id) is None
    switch(True)
    note_id = signed(cast, case_id, people["Noor"])
    assert block(cast, "Marcus", case_id).people[0].note_id == note_id
    assert waits(cast, "Marcus", case_id) == ["Treatment plan of Noor Haddad: review due since 10 Jan."]
    again = begin(cast, case_id, people["Noor"], on=LATER)
    switch(False)
    assert block(cast, "Marcus", case_id) is None
    assert due(cast, "Marcus") == waits(cast, "Marcus", case_id) == []
    with pytest.raises(NoteDoesNotFit):
        write(cast, again, a_plan())


def test_a_workshop_never_has_one(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.WORKSHOP)
    with pytest.raises(NoteDoesNotFit):
        begin(cast, case_id, people["Noor"])
    with database.transaction(cast.engine) as session:
        session.execute(text(f"update case_file set clinical_fields = true where id = {case_id}"))
    with pytest.raises(NoteDoesNotFit):
        begin(cast, case_id, people["Noor"])
    assert block(cast, "Marcus", case_id) is None


# --- When it is due


def test_a_review_is_due_from_its_day_on_and_gone_with_the_next_plan(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = signed(cast, case_id)
    decoy, _ = case_of(cast, by="Olga")
    signed(cast, decoy, by="Olga", plan=a_plan(review_on=date(2027, 3, 1)))
    assert due(cast, "Marcus", "2027-01-09 23:59") == waits(cast, "Marcus", case_id, "2027-01-09 23:59") == []
    assert waits(cast, "Marcus", case_id, "2027-01-10 00:01") == ["Treatment plan of Noor Haddad: review due today."]
    assert due(cast, "Marcus") == [(note_id, "Noor Haddad", REVIEW)]
    assert due(cast, "Olga") == due(cast, "Ruth") == []
    assert due(cast, "Dana") == []
    assert waits(cast, "Dana", case_id) == ["Treatment plan of Noor Haddad: review due since 10 Jan."]
    assert waits(cast, "Tom", case_id) == []
    with at(LATER):
        assert {row.case_id: row.attention > 0 for row in cast.read("Marcus", client_list).rows} == {case_id: True}
    again = begin(cast, case_id, on=LATER)
    assert due(cast, "Marcus") == [(note_id, "Noor Haddad", REVIEW)], "a draft reviews nothing"
    sign_review(cast, again)
    assert due(cast, "Marcus") == waits(cast, "Marcus", case_id) == []


def sign_review(cast: Cast, note_id: int, plan: Plan | None = None) -> None:
    if plan is not None:
        write(cast, note_id, plan)
    sign(cast, note_id, on=LATER)


def test_the_front_desk_is_not_told_and_may_not_ask(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        cast.read("Tom", plan_reviews_due)


def test_two_plans_due_are_one_item(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    signed(cast, case_id, people["Noor"])
    signed(cast, case_id)
    assert waits(cast, "Marcus", case_id) == ["2 treatment plans are due for review."]
    assert sorted(about for _, about, _ in due(cast, "Marcus")) == ["", "Noor Haddad"]


def test_a_plan_that_has_come_to_its_end_is_due_no_more(cast: Cast) -> None:
    case_id, people = case_of(cast)
    signed(cast, case_id)
    sign_review(cast, begin(cast, case_id, on=LATER), a_plan(over=True))
    assert in_force(cast, case_id, people["Noor"]).plan.is_over
    assert block(cast, "Marcus", case_id).people[0].is_over
    assert due(cast, "Marcus", "2028-01-01 09:00") == []


def test_a_signed_review_is_due_again_although_nothing_in_it_was_touched(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    signed(cast, case_id)
    again = begin(cast, case_id, on=LATER)
    sign_review(cast, again)
    assert due(cast, "Marcus", "2027-04-11 09:00") == [(again, "Noor Haddad", date(2027, 4, 11))]


def test_neither_an_archived_case_nor_somebody_who_has_left_is_asked_for(cast: Cast) -> None:
    archived, _ = case_of(cast)
    signed(cast, archived)
    cast.do("Marcus", set_case_status, SetCaseStatus(case_id=archived, status=CaseStatus.ARCHIVED))
    group, people = case_of(cast, CaseType.THERAPY_GROUP)
    stays = signed(cast, group, people["Sam"])
    signed(cast, group, people["Noor"])
    with at("2026-11-02 09:00"):
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=group, person_id=people["Noor"], left_on=date(2026, 11, 2)))
    assert due(cast, "Marcus") == [(stays, "Sam Ortiz", REVIEW)]
    assert waits(cast, "Marcus", archived) == []
    assert [p.name for p in block(cast, "Marcus", group).people] == ["Sam Ortiz"]


# --- Who agrees


def test_a_participant_agrees_by_typing_their_name_and_it_stands_beneath_the_plan(cast: Cast) -> None:
    case_id, people = case_of(cast)
    note_id = signed(cast, case_id)
    asked = RecordAgreement(note_id=note_id, version=1, person_id=people["Noor"], how=AgreedHow.AT_SCREEN,
                            signature="Noor H.")
    with at(EVENING):
        assert [cast.do("Marcus", record_agreement, asked) for _ in range(2)] == [note_id, note_id]
    line, = opened(cast, "Marcus", note_id).agreements
    assert (line.sentence, line.authority, line.recorded_by) == (
        "Agreed by Noor Haddad, 12 Oct 2026, by typing “Noor H.”", "", "Marcus Bell")
    assert block(cast, "Marcus", case_id).people[0].agreed == ("Noor Haddad",)
    with pytest.raises(BadInput, match="agreed to this plan already"):
        agree(cast, note_id, people["Noor"])
    for change in ("update plan_agreement set signature = 'x'", "delete from plan_agreement"):
        with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
            session.execute(text(change))
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(PlanAgreement)).one()
        assert kept.text_hash == session.scalars(select(NoteVersion.text_hash)).one()


@pytest.mark.parametrize(("field", "more"), [
    ("signature", {"signature": " "}), ("agreed_on", {"how": AgreedHow.ON_PAPER}),
    ("agreed_on", {"how": AgreedHow.ON_PAPER, "agreed_on": date(2026, 10, 11)}),
    ("agreed_on", {"how": AgreedHow.ON_PAPER, "agreed_on": date(2026, 10, 13)}),
    ("person_id", {"person_id": 77}), ("signed_by_id", {"signed_by_id": 77, "signs_as": SignsAs.GUARDIAN}),
])
def test_an_agreement_that_is_not_whole_is_refused_at_its_field(cast: Cast, field: str, more) -> None:
    case_id, people = case_of(cast)
    note_id = signed(cast, case_id)
    with pytest.raises(BadInput) as refused:
        agree(cast, note_id, **({"person_id": people["Noor"]} | more))
    assert refused.value.field == field
    assert opened(cast, "Marcus", note_id).agreements == ()


def test_on_paper_it_has_the_date_of_the_paper(cast: Cast) -> None:
    case_id, people = case_of(cast)
    note_id = signed(cast, case_id)
    agree(cast, note_id, people["Noor"], how=AgreedHow.ON_PAPER, agreed_on=DAY, on="2026-10-20 09:00")
    assert opened(cast, "Marcus", note_id).agreements[0].sentence == "Agreed by Noor Haddad, 12 Oct 2026, on paper"


def test_nobody_under_age_agrees_alone_and_nobody_for_them_without_a_verified_capacity(cast: Cast) -> None:
    case_id, people = case_of(cast)
    noor = people["Noor"]
    linked = {
        name: named(cast, noor, PersonDetails(first_name=name, last_name="Haddad", birth_date=born), kind)
        for kind, name, born in ((ActingKind.PARENT, "Elena", date(1980, 1, 1)),
                                 (ActingKind.PARENT, "Yusuf", date(2011, 1, 1)),
                                 (ActingKind.OTHER_HELPER, "Helper", None))
    }
    with database.transaction(cast.engine) as session:
        session.get_one(Person, noor).birth_date = date(2010, 5, 1)
    note_id = signed(cast, case_id)
    may, = opened(cast, "Marcus", note_id).may_agree
    assert list(may.signers) == [linked["Elena"]], "no minor is offered, and no helper"
    seen = {"signs_as": SignsAs.PARENT, "authority": "Birth certificate seen"}
    for field, more in (
        ("signed_by_id", {}), ("authority", {"signed_by_id": linked["Elena"], "signs_as": SignsAs.PARENT}),
        ("signed_by_id", {"signed_by_id": linked["Helper"], "authority": "Helps at home"}),
        ("signs_as", {"signed_by_id": linked["Yusuf"]} | seen),
    ):
        with pytest.raises(BadInput) as refused:
            agree(cast, note_id, noor, **more)
        assert refused.value.field == field
    agree(cast, note_id, noor, signed_by_id=linked["Elena"], signature="Elena Haddad", **seen)
    agree(cast, note_id, noor)
    assert [line.sentence for line in opened(cast, "Marcus", note_id).agreements] == [
        "Agreed by Elena Haddad, parent of Noor Haddad, 12 Oct 2026, by typing “Elena Haddad”",
        "Agreed by Noor Haddad, 12 Oct 2026, by typing “Noor Haddad”",
    ]


def test_a_parent_no_longer_agrees_for_somebody_of_age(cast: Cast) -> None:
    case_id, people = case_of(cast)
    elena = named(cast, people["Noor"], PersonDetails(first_name="Elena", last_name="Haddad"))
    with database.transaction(cast.engine) as session:
        session.get_one(Person, people["Noor"]).birth_date = date(2008, 10, 12)
    note_id = signed(cast, case_id)
    with pytest.raises(BadInput, match="At 18 a parent no longer signs"):
        agree(cast, note_id, people["Noor"], signed_by_id=elena, signs_as=SignsAs.PARENT, authority="Seen")
    agree(cast, note_id, people["Noor"])


def test_each_of_a_couple_agrees_to_the_plan_they_have_together(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    note_id = signed(cast, case_id)
    assert [one.name for one in opened(cast, "Marcus", note_id).may_agree] == ["Noor Haddad", "Sam Ortiz"]
    for name in ("Noor", "Sam"):
        agree(cast, note_id, people[name], signature=name)
    assert block(cast, "Marcus", case_id).people[0].agreed == ("Noor Haddad", "Sam Ortiz")
    alone = signed(cast, case_id, people["Noor"])
    with pytest.raises(BadInput):
        agree(cast, alone, people["Sam"])


def test_only_a_signed_plan_is_agreed_to_and_only_by_those_who_write_it(cast: Cast) -> None:
    case_id, people = case_of(cast)
    draft = begin(cast, case_id)
    with pytest.raises(PlanIsNotSigned):
        agree(cast, draft, people["Noor"])
    write(cast, draft, a_plan())
    sign(cast, draft)
    with pytest.raises(Stale):
        agree(cast, draft, people["Noor"], version=2)
    for name, refusal in (("Olga", NotFound), ("Dana", NotFound), ("Ruth", NotFound), ("Tom", NotPermitted)):
        with pytest.raises(refusal):
            agree(cast, draft, people["Noor"], by=name)
    appointment = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    progress = cast.do("Marcus", start_note, StartNote(appointment_id=appointment, kind=NoteKind.PROGRESS))
    with pytest.raises(NotFound):
        agree(cast, progress, people["Noor"], version=0)


# --- Which goals a note has worked on


def progress(cast: Cast, case_id: int, form: str = "girp", *, service: str = "IND50", time: str = "10:00",
             **options) -> int:
    appointment = hold(cast, case_id, service, f"2026-10-13 {time}", **options)
    return cast.do("Marcus", start_note, StartNote(appointment_id=appointment, kind=NoteKind.PROGRESS, form=form))


def choices(cast: Cast, note_id: int, name: str = "Marcus"):
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        found = note_page(session, actor, note_id)
    return found.goals if isinstance(found, NotePage) else ()


def fill_in(cast: Cast, note_id: int, *links: GoalLink) -> None:
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=note_id, revision=note(cast, note_id).revision, details=Details(goals=links),
        sections=dict.fromkeys(("goal", "intervention", "response", "plan"), "Said.")))


def finish(cast: Cast, note_id: int) -> None:
    with at("2026-10-13 22:00"):
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=note(cast, note_id).revision))


def test_a_note_names_goals_whose_words_are_fixed_with_its_signature(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    plan_id = signed(cast, case_id, plan=a_plan(SENTINEL))
    note_id = progress(cast, case_id)
    assert [(c.plan_id, c.key, c.number, c.text, c.about) for c in choices(cast, note_id)] == [
        (plan_id, 2, "1.1", SENTINEL, ""), (plan_id, 5, "1.2", "Up at seven", "")]
    fill_in(cast, note_id)
    with pytest.raises(NoteIsIncomplete, match="Goal of the plan"):
        finish(cast, note_id)
    fill_in(cast, note_id, GoalLink(plan_id=plan_id, goal="2", text="Something else", number="9"))
    sign_review(cast, begin(cast, case_id, on=LATER), a_plan("Reworded", date(2027, 6, 1)))
    assert [(c.text, c.in_force) for c in choices(cast, note_id)] == [(SENTINEL, True), ("Up at seven", True)]
    finish(cast, note_id)
    with database.reading(cast.engine) as session:
        content = session.scalars(select(NoteVersion.content).where(NoteVersion.note_id == note_id)).one()
    assert content["details"]["goals"] == [
        {"plan_id": plan_id, "goal": "2", "number": "1.1", "about": "Noor Haddad", "text": SENTINEL}]


def test_a_late_note_names_goals_of_the_plan_that_was_in_force_on_its_day(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    before = hold(cast, case_id, "IND50", "2026-10-11 10:00")
    first = signed(cast, case_id, plan=a_plan("Of that day"))
    note_id = progress(cast, case_id)
    sign_review(cast, begin(cast, case_id, on=LATER), a_plan("Of January", date(2027, 6, 1)))
    with database.reading(cast.engine) as session:
        (later,) = [one.id for one in plans.in_force(session, case_id)]
    with at(LATER):
        early = cast.do("Marcus", start_note, StartNote(appointment_id=before, kind=NoteKind.PROGRESS, form="girp"))
        late = cast.do("Marcus", start_note, StartNote(
            appointment_id=hold(cast, case_id, "IND50", "2027-01-11 08:00"), kind=NoteKind.PROGRESS, form="girp"))
        assert [{c.plan_id for c in choices(cast, one)} for one in (early, note_id, late)] == [
            set(), {first}, {later}]
        with pytest.raises(BadInput, match="signed after the day of the note") as refused:
            fill_in(cast, note_id, GoalLink(plan_id=later, goal="2"))
        assert refused.value.field == "goals"
        with database.transaction(cast.engine) as session:
            session.get_one(Note, note_id).details = {"goals": [{"plan_id": later, "goal": "2"}]}
        fill_in(cast, note_id, GoalLink(plan_id=later, goal="2"))
        assert [(c.plan_id, c.is_later) for c in choices(cast, note_id) if not c.in_force] == [(later, True)]


def test_only_goals_of_a_signed_plan_of_the_same_case_are_named(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    draft = begin(cast, case_id)
    write(cast, draft, a_plan())
    other, _ = case_of(cast)
    foreign = signed(cast, other)
    note_id = progress(cast, case_id)
    assert choices(cast, note_id) == ()
    for plan_id, goal in ((draft, "2"), (foreign, "2"), (77, "2")):
        with pytest.raises(BadInput) as refused:
            fill_in(cast, note_id, GoalLink(plan_id=plan_id, goal=goal))
        assert refused.value.field == "goals"
    sign(cast, draft)
    with pytest.raises(BadInput):
        fill_in(cast, note_id, GoalLink(plan_id=draft, goal="3"))
    fill_in(cast, note_id, GoalLink(plan_id=draft, goal="5"))
    fill_in(cast, note_id)
    assert note(cast, note_id).details["goals"] == []


def test_a_girp_note_needs_no_goal_while_no_plan_is_in_force_and_other_forms_never_do(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    without = progress(cast, case_id)
    fill_in(cast, without)
    finish(cast, without)
    other, _ = case_of(cast)
    signed(cast, other)
    soap = progress(cast, other, "free", time="11:00")
    cast.do("Marcus", save_draft, SaveDraft(note_id=soap, revision=1, sections={"text": "Said."}))
    finish(cast, soap)
    assert {note(cast, one).status for one in (without, soap)} == {NoteStatus.LOCKED}


def test_goals_are_offered_of_those_who_were_there_and_of_the_case_as_a_whole(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    for name in ("Noor", "Sam", "both"):
        signed(cast, case_id, people.get(name), a_plan(f"Goal of {name}"))
    note_id = progress(cast, case_id, service="FAM50", missed={people["Sam"]: AttendanceStatus.NO_SHOW})
    offered = [(c.about, c.text) for c in choices(cast, note_id)]
    assert ("Noor Haddad", "Goal of Noor") in offered
    assert ("Everybody together", "Goal of both") in offered
    assert all(about != "Sam Ortiz" for about, _ in offered)
    with pytest.raises(NotFound):
        choices(cast, note_id, "Olga")
    assert choices(cast, begin(cast, case_id, people["Sam"])) == ()


def test_a_consultation_note_names_no_goal_unless_the_fields_are_switched_on(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    appointment = hold(cast, case_id, "CONS60", "2026-10-13 10:00")
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment, kind=NoteKind.CONSULTATION))
    assert choices(cast, note_id) == ()
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    signed(cast, case_id, people["Noor"])
    assert len(choices(cast, note_id)) == 2
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=False))
    with pytest.raises(BadInput):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, details=Details(
            goals=(GoalLink(plan_id=1, goal="2"),))))


def test_statuses_are_words_of_the_vocabulary() -> None:
    assert [word.label for word in ObjectiveStatus] == ["Active", "Reached", "Partly reached", "Deferred", "Dropped"]
