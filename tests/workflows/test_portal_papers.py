"""A signed plan or consultation note is shared in the portal with whom it is about, by whoever may write it."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError
from practicerunner.records.audit import AuditRow
from practicerunner.records.people import Person
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import AccessScope, CaseType, ConsentBasis, NoteKind, Verdict
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.cases import RemoveParticipant, remove_participant
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis
from practicerunner.workflows.diagnoses import AddDiagnosis, add_diagnosis
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.portal_home import home_page
from practicerunner.workflows.portal_papers import (
    NotShared,
    SharePaper,
    my_note_paper,
    my_note_papers,
    paper_sharing,
    share_paper,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold, people_of
from tests.documents.papers import pages
from tests.workflows.minors import consents_alone, home
from tests.workflows.planning import a_plan, agree, begin, signed, write

TODAY = "2026-10-20 09:00"


def share(cast: Cast, note_id: int, *people: int, by: str = "Marcus", **more: Any) -> int:
    return int(cast.do(by, share_paper, SharePaper(note_id=note_id, person_ids=people, **more)))


def see(cast: Cast, person_id: int, reader: Any, *args: Any) -> Any:
    """Somebody reads what is their own."""
    with database.transaction(cast.engine) as session:
        name = session.get_one(Person, person_id).first_name
        return reader(session, PortalActor(person_id, name), *args)


def paper(cast: Cast, person_id: int, note_id: int) -> str:
    return " ".join("\n".join(pages(see(cast, person_id, my_note_paper, note_id)[2])).split())


def advice(cast: Cast, appointment_id: int, words: str = "Heronadvice.") -> int:
    """A signed consultation note."""
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.CONSULTATION))
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections=dict.fromkeys(
        ("topic", "discussion", "recommendations"), words)))
    cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    return int(note_id)


@pytest.fixture
def alone(cast: Cast) -> tuple[int, int]:
    """Noor's case, and her signed plan."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    return people_of(cast, case_id)["Noor"], signed(cast, case_id, plan=a_plan("Heronplan"))


def test_a_plan_is_there_once_it_is_shared_and_gone_once_that_is_ended(cast: Cast, alone: tuple[int, int]) -> None:
    noor, plan = alone
    with at(TODAY):
        assert see(cast, noor, my_note_papers) == [] and see(cast, noor, home_page).documents == 0
        with pytest.raises(NotFound):
            paper(cast, noor, plan)
        found = cast.read("Marcus", paper_sharing, plan)
        assert (found.people, found.shared) == ({noor: "Noor Haddad"}, {})
        op = ids.new_operation()
        assert share(cast, plan, noor, op=op) == share(cast, plan, noor, op=op) == plan, "the second click"
        (line,) = see(cast, noor, my_note_papers)
        assert (line.note_id, line.title, line.dated, line.shared_on, line.case_name) == (
            plan, "Treatment plan", date(2026, 10, 12), date(2026, 10, 20), "")
        assert see(cast, noor, home_page).documents == 1
        assert "Heronplan" in (said := paper(cast, noor, plan)) and "Marcus Bell, LMFT" in said, said
        since = cast.read("Marcus", paper_sharing, plan).shared[noor]
        assert (since.on, since.by) == (date(2026, 10, 20), "Marcus Bell")
        with database.reading(cast.engine) as session:
            rows = session.scalars(select(AuditRow).where(
                AuditRow.action.in_(("share_paper", "read_shared_paper"))).order_by(AuditRow.seq)).all()
            assert [(row.action, row.staff_id, row.person_id, row.resource_id) for row in rows] == [
                ("share_paper", cast.staff["Marcus"], None, plan), ("read_shared_paper", None, noor, plan)]
        share(cast, plan)
        assert see(cast, noor, my_note_papers) == []
        with pytest.raises(NotFound):
            paper(cast, noor, plan)
        share(cast, plan, noor)
        assert len(see(cast, noor, my_note_papers)) == 1, "and can be shared anew"
        for statement in ("update note_share set confidential = not confidential", "delete from note_share",
                          "update note_share set ended_at = null, ended_by_id = null where ended_at is not null"):
            with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
                session.execute(text(statement))


def test_only_who_may_write_it_shares_it_and_only_a_signed_plan_or_consultation_note(
    cast: Cast, alone: tuple[int, int]
) -> None:
    noor, plan = alone
    with at("2026-10-01 09:00"):
        stranger = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Kim Lowe"))["Kim"]
    with database.reading(cast.engine) as session:
        case_id = session.scalar(text(f"select case_id from note where id = {plan}"))
    held = hold(cast, case_id, "IND50", "2026-10-13 10:00")
    draft = begin(cast, case_id, on="2026-10-14 09:00")
    write(cast, draft, a_plan("Herondraft"))
    with at(TODAY):
        for who, refusal in (("Tom", NotPermitted), ("Olga", NotFound), ("Priya", NotFound), ("Dana", NotFound)):
            with pytest.raises(refusal):
                share(cast, plan, noor, by=who)
        for who in ("Olga", "Dana", "Ruth"):
            assert cast.read(who, paper_sharing, plan) is None
        with pytest.raises(BadInput, match="whose it is"):
            share(cast, plan, stranger)
        with pytest.raises(NotShared):
            share(cast, draft, noor)
        progress = cast.do("Marcus", start_note, StartNote(appointment_id=held, kind=NoteKind.PROGRESS, form="free"))
        cast.do("Marcus", save_draft, SaveDraft(note_id=progress, revision=1, sections={"text": "Heronnote."}))
        cast.do("Marcus", sign_note, SignNote(note_id=progress, revision=2))
        with pytest.raises(NotShared):
            share(cast, progress, noor)
        assert cast.read("Marcus", paper_sharing, progress) is None
        with pytest.raises(NotFound):
            share(cast, progress + 7, noor)
        share(cast, plan, noor)
        for note_id in (draft, progress, plan + 7):
            with pytest.raises(NotFound):
                paper(cast, noor, note_id)
        with pytest.raises(NotFound):
            paper(cast, stranger, plan)


def test_of_a_couple_each_reads_their_own_plan_and_of_the_common_one_no_more_than_it_says(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tomas Quill")
    who = people_of(cast, case_id)
    with at("2026-10-02 09:00"):
        cast.do("Marcus", add_diagnosis, AddDiagnosis(
            case_id=case_id, person_id=who["Tomas"], code="F41.1", onset_on=date(2026, 10, 1)))
    hers = signed(cast, case_id, who["Maya"], a_plan("Heronhers"))
    common = signed(cast, case_id, None, a_plan("Heronours"))
    for name in ("Maya", "Tomas"):
        agree(cast, common, who[name], signature=f"{name} signs")
    with at(TODAY):
        with pytest.raises(BadInput, match="whose it is"):
            share(cast, hers, who["Tomas"])
        share(cast, hers, who["Maya"])
        share(cast, common, who["Maya"])
        assert [one.note_id for one in see(cast, who["Maya"], my_note_papers)] == [common, hers]
        assert see(cast, who["Tomas"], my_note_papers) == []
        for note_id in (hers, common):
            with pytest.raises(NotFound):
                paper(cast, who["Tomas"], note_id)
        said = paper(cast, who["Maya"], hers)
        assert "Heronhers" in said and "About Maya Rivera" in said and "Tomas" not in said and "F41" not in said
        said = paper(cast, who["Maya"], common)
        assert "Heronours" in said and "Maya signs" in said and "Tomas signs" not in said and "F41" not in said


def test_a_groups_common_plan_and_what_several_heard_together_is_shared_with_nobody(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        group = cast.open_case(CaseType.CONSULTATION_GROUP, "Kim Lowe", "Ada Stone", name="Thursday circle")
        single = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Jo Park")
    kim, jo = people_of(cast, group)["Kim"], people_of(cast, single)["Jo"]
    both, one = hold(cast, group, "CGRP120", "2026-10-12 10:00"), hold(cast, single, "CONS60", "2026-10-12 14:00")
    with at(TODAY):
        together, theirs = advice(cast, both), advice(cast, one)
        assert cast.read("Marcus", paper_sharing, together).people == {}
        with pytest.raises(BadInput, match="whose it is"):
            share(cast, together, kim)
        share(cast, theirs, jo)
        assert "Heronadvice." in paper(cast, jo, theirs)
        assert [line.title for line in see(cast, jo, my_note_papers)] == ["Consultation note"]
        with pytest.raises(PracticeError):
            see(cast, kim, my_note_paper, theirs)


def test_who_acts_for_them_reads_a_plan_with_the_scope_for_forms_unless_it_is_theirs_alone(cast: Cast) -> None:
    house = home(cast)
    plan = signed(cast, house.case_id, house.leo, a_plan("Heronleo"))

    def seen() -> tuple[int, int]:
        """How many papers Leo finds, and how many his mother finds for him."""
        with database.reading(cast.engine) as session:
            try:
                hers = len(my_note_papers(session, house.actors["Elena for Leo"]))
            except NotPermitted:
                hers = 0
        return len(see(cast, house.leo, my_note_papers)), hers

    with at(TODAY):
        assert seen() == (0, 0)
        share(cast, plan, house.leo)
        assert seen() == (1, 1)
        assert "Heronleo" in "".join(pages(house.see("Elena for Leo", my_note_paper, plan)[2]))
        assert cast.read("Marcus", paper_sharing, plan).also == {
            house.leo: ("Elena Castellano, parent of Leo Castellano",)}
        helper = PortalActor(house.elena, "Elena", PortalRole.HELPER, house.leo)
        for stranger in (PortalActor(house.elena, "Elena"), helper):
            with pytest.raises(PracticeError), database.transaction(cast.engine) as session:
                my_note_paper(session, stranger, plan)
        share(cast, plan, house.leo, confidential=True)
        assert seen() == (1, 0)
        with pytest.raises(NotFound):
            house.see("Elena for Leo", my_note_paper, plan)
        share(cast, plan, house.leo)
        assert seen() == (1, 0), "as it was"
        share(cast, plan, house.leo, confidential=False)
        assert seen() == (1, 1)
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=date(2026, 10, 20),
            reason="Court order"))
        assert seen() == (1, 0)
        with pytest.raises(NotPermitted):
            house.see("Elena for Leo", my_note_paper, plan)


def test_a_plan_of_a_minor_who_consents_alone_is_theirs_alone_also_where_it_was_shared_before(cast: Cast) -> None:
    house = home(cast)
    plan = signed(cast, house.case_id, house.leo, a_plan("Heronleo"))
    with at(TODAY):
        share(cast, plan, house.leo)
        consents_alone(house)
        assert len(see(cast, house.leo, my_note_papers)) == 1
        assert house.see("Elena for Leo", my_note_papers) == []
        assert cast.read("Marcus", paper_sharing, plan).also == {}
        with pytest.raises(NotFound):
            house.see("Elena for Leo", my_note_paper, plan)


def test_what_was_shared_with_a_minor_who_consents_alone_stays_theirs_when_a_parent_consents_later(cast: Cast) -> None:
    house = home(cast)
    plan, later = (signed(cast, house.case_id, house.leo, a_plan(words)) for words in ("Heronleo", "Heronlater"))
    with at(TODAY):
        consents_alone(house)
        share(cast, plan, house.leo, confidential=False)
        found = cast.read("Marcus", paper_sharing, plan)
        assert (found.alone, found.confidential, found.may_be_confidential, found.shared[house.leo].confidential) == (
            {house.leo}, False, False, True), "no question while it is so whatever is said"
    with at("2026-11-20 09:00"):
        cast.do("Marcus", set_consent_basis, SetConsentBasis(
            case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.PARENT, since=date(2026, 11, 20),
            reason="His mother came along", confirmed=True))
        share(cast, later, house.leo)
        assert [one.note_id for one in house.see("Elena for Leo", my_note_papers)] == [later]
        with pytest.raises(NotFound):
            house.see("Elena for Leo", my_note_paper, plan)
        share(cast, plan, house.leo)
        assert [one.note_id for one in house.see("Elena for Leo", my_note_papers)] == [later], "also after a Save"
        found = cast.read("Marcus", paper_sharing, plan)
        assert (found.confidential, found.may_be_confidential) == (True, True)
        share(cast, plan, house.leo, confidential=False)
        assert {one.note_id for one in house.see("Elena for Leo", my_note_papers)} == {plan, later}, "if staff say so"
        since = cast.read("Marcus", paper_sharing, plan).shared[house.leo]
        assert (since.on, since.confidential) == (date(2026, 10, 20), False), "shared as long as before"


def test_whether_a_minors_plan_is_confidential_is_a_question_also_where_nobody_may_read_it_today(
    cast: Cast, alone: tuple[int, int]
) -> None:
    house = home(cast)
    plan = signed(cast, house.case_id, house.leo, a_plan("Heronleo"))
    with at(TODAY):
        share(cast, plan, house.leo, confidential=True)
        denied = cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=date(2026, 10, 20),
            reason="Court order"))
        share(cast, plan, house.leo)
        found = cast.read("Marcus", paper_sharing, plan)
        assert (found.also, found.confidential, found.may_be_confidential) == ({}, True, True)
        cast.do("Dana", end_decision, EndDecision(decision_id=denied))
        assert house.see("Elena for Leo", my_note_papers) == []
        share(cast, plan)
        found = cast.read("Marcus", paper_sharing, plan)
        assert (found.confidential, found.may_be_confidential) == (False, True), "a minor"
        assert not cast.read("Marcus", paper_sharing, alone[1]).may_be_confidential, "an adult for whom nobody acts"


def test_who_has_left_reads_on_until_that_is_ended_and_a_save_ends_only_what_it_showed(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.FAMILY, "Maya Rivera", "Tomas Quill", "Ida Quill")
    who = people_of(cast, case_id)
    maya, tomas, ida = who["Maya"], who["Tomas"], who["Ida"]
    common, mayas = signed(cast, case_id, None, a_plan("Heronours")), signed(cast, case_id, maya, a_plan("Heronhers"))

    def now() -> set[int]:
        return set(cast.read("Marcus", paper_sharing, common).shared)

    with at(TODAY):
        share(cast, common, maya, tomas)
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=case_id, person_id=tomas, left_on=date(2026, 10, 20)))
    with at("2026-10-25 09:00"):
        found = cast.read("Marcus", paper_sharing, common)
        assert (set(found.people), found.left, set(found.shared), found.of_several) == (
            {maya, ida}, {tomas: "Tomas Quill"}, {maya, tomas}, True)
        share(cast, common, maya, ida, of_ids=(maya, ida))
        assert now() == {maya, ida, tomas}, "not shown, not ended"
        share(cast, common, maya, tomas, of_ids=(maya, tomas), confidential=True)
        shared = cast.read("Marcus", paper_sharing, common).shared
        assert {one: since.confidential for one, since in shared.items()} == {maya: True, tomas: True, ida: False}
        assert shared[tomas].on == date(2026, 10, 20)
        share(cast, common, maya, of_ids=(maya, tomas, ida))
        assert now() == {maya} and see(cast, tomas, my_note_papers) == []
        for note_id in (common, mayas):
            with pytest.raises(BadInput, match="whose it is"):
                share(cast, note_id, maya, tomas)
        share(cast, common)
        assert now() == set()


def test_an_addendum_is_read_with_it_once_it_is_shared_after_that(cast: Cast, alone: tuple[int, int]) -> None:
    noor, plan = alone
    with at("2026-10-19 09:00"):
        cast.do("Marcus", add_addendum, AddAddendum(note_id=plan, reason="correction", text="Heronearlier."))
    with at(TODAY):
        share(cast, plan, noor)
    with at("2026-10-21 09:00"):
        cast.do("Marcus", add_addendum, AddAddendum(note_id=plan, reason="correction", text="Heronlater."))
        said = paper(cast, noor, plan)
        assert "Heronearlier." in said and "Heronlater." not in said
        assert "One addendum stands beneath this in the record of the practice." in said
        share(cast, plan, noor, confidential=True)
        assert "Heronlater." not in paper(cast, noor, plan), "that it is confidential shares nothing anew"
        share(cast, plan)
        share(cast, plan, noor)
        assert "Heronlater." in paper(cast, noor, plan)
