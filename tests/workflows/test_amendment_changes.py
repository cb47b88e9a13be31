"""What makes the change that somebody asked for: which addendum, and who writes it."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound
from practicerunner.records.addenda import Addendum
from practicerunner.vocabulary import (
    AmendmentDecision,
    AttendanceStatus,
    CaseType,
    NoteKind,
)
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.amendment_answers import (
    AcceptAmendment,
    AddStatement,
    NothingWasDenied,
    accept_amendment,
    add_statement,
)
from practicerunner.workflows.amendment_papers import denial_pdf
from practicerunner.workflows.note_pages import NotePage, note_page
from practicerunner.workflows.note_papers import note_pdf
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold, people_of
from tests.workflows.amending import RECEIVED, alone_with, asked, on_paper, page
from tests.workflows.test_record_exports import written


@pytest.fixture
def alone(cast: Cast) -> dict[str, int]:
    return alone_with(cast)


def test_a_change_is_made_by_an_addendum_and_whom_to_inform_is_kept(cast: Cast, alone: dict[str, int]) -> None:
    made = asked(cast, alone["case"], alone["noor"], note_id=alone["note"])
    accept = AcceptAmendment(op=ids.new_operation(), amendment_id=made, revision=1, answer="She lives with her sister.",
                             inform="Dr. Ana Ruiz\n\nCounty court")
    with at("2027-01-05 09:00"):
        with pytest.raises(FieldProblems) as refused:
            cast.do("Marcus", accept_amendment, accept)
        assert set(refused.value.problems) == {"addendum_ids"}
        cast.do("Marcus", add_addendum, AddAddendum(
            note_id=alone["note"], reason="as she asked", text="She lives with her sister."))
        cast.do("Marcus", add_addendum, AddAddendum(note_id=alone["others"], reason="correction", text="Decoy's."))
        (ours,) = page(cast, "Marcus", made).changes
        actor = cast.actor("Marcus")
        with database.transaction(cast.engine) as session:
            others = note_page(session, actor, alone["others"])
        assert isinstance(others, NotePage)
        with pytest.raises(BadInput, match="of this case"):
            cast.do("Marcus", accept_amendment, accept.model_copy(update={
                "op": "decoy", "addendum_ids": (others.addenda[0].addendum_id,)}))
        right = accept.model_copy(update={"addendum_ids": (ours,)})
        assert cast.do("Marcus", accept_amendment, right) == cast.do("Marcus", accept_amendment, right) == made
        found = page(cast, "Marcus", made)
        assert found.line.decision is AmendmentDecision.ACCEPTED
        assert found.inform == ("County court", "Dr. Ana Ruiz")
        assert [note_id for note_id, _ in found.made_by] == [alone["note"]]
        with pytest.raises(NotFound):
            on_paper(cast, denial_pdf, made)
        with pytest.raises(NothingWasDenied):
            cast.do("Marcus", add_statement, AddStatement(amendment_id=made, text="No.", given_on=RECEIVED))
        note = on_paper(cast, note_pdf, alone["note"])
        assert "She lives alone." in note, "the original stays"
        assert "Request to amend, 31 December 2026: accepted" in note
        assert "Request to amend" not in on_paper(cast, note_pdf, alone["others"])


def test_a_change_is_no_addendum_from_before_the_request(cast: Cast, alone: dict[str, int]) -> None:
    with at("2026-12-30 09:00"):
        cast.do("Marcus", add_addendum, AddAddendum(note_id=alone["note"], reason="length", text="50 minutes."))
    made = asked(cast, alone["case"], alone["noor"], note_id=alone["note"])
    with at("2027-01-05 09:00"):
        assert page(cast, "Marcus", made).changes == {}
        with database.reading(cast.engine) as session:
            old = session.scalars(select(Addendum.id)).one()
        accept = AcceptAmendment(amendment_id=made, revision=1, answer="Done.", addendum_ids=(old,))
        with pytest.raises(BadInput, match="older than the request") as refused:
            cast.do("Marcus", accept_amendment, accept)
        assert refused.value.field == "addendum_ids"
        cast.do("Marcus", add_addendum, AddAddendum(note_id=alone["note"], reason="she asked", text="Two live there."))
        (new,) = page(cast, "Marcus", made).changes
        cast.do("Marcus", accept_amendment, accept.model_copy(update={"op": "new", "addendum_ids": (new,)}))


def test_of_a_group_a_change_stands_beneath_a_note_of_ones_own_record(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Ada Lark", "Bea Wren", name="Thursday circle")
    people = people_of(cast, case_id)
    both = hold(cast, case_id, "GRP90", "2026-10-12 10:00")
    hers = hold(cast, case_id, "GRP90", "2026-10-19 10:00", missed={people["Ada"]: AttendanceStatus.NO_SHOW})
    with at("2026-10-20 09:00"):
        shared = written(cast, both, NoteKind.GROUP, "Shared.", parts=dict.fromkeys(people.values(), "Part."))
        without = written(cast, hers, NoteKind.GROUP, "Shared.", parts={people["Bea"]: "Part."})
        called = cast.do("Marcus", start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.CONTACT, person_id=people["Bea"], service_date=date(2026, 10, 13)))
        cast.do("Marcus", save_draft, SaveDraft(note_id=called, revision=1, sections={
            "how": "By phone.", "said": "Bea called.", "follow_up": "None."}))
        cast.do("Marcus", sign_note, SignNote(note_id=called, revision=2))
    for about in (without, called):
        with pytest.raises(BadInput, match="about somebody else"):
            asked(cast, case_id, people["Ada"], note_id=about)
    made = asked(cast, case_id, people["Ada"], note_id=shared)
    with at("2027-01-05 09:00"):
        for note_id in (shared, without, called):
            cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="So it was."))
        with database.reading(cast.engine) as session:
            beneath = {note_id: added for added, note_id in session.execute(select(Addendum.id, Addendum.note_id))}
        assert set(page(cast, "Marcus", made).changes) == {beneath[shared]}
        for other in (without, called):
            with pytest.raises(BadInput, match="note about somebody else"):
                cast.do("Marcus", accept_amendment, AcceptAmendment(
                    amendment_id=made, revision=1, answer="Done.", addendum_ids=(beneath[shared], beneath[other])))
        cast.do("Marcus", accept_amendment, AcceptAmendment(
            amendment_id=made, revision=1, answer="Done.", addendum_ids=(beneath[shared],)))
