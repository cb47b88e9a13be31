"""What a supervisor may read, and until when."""

import pytest

from practicerunner import database
from practicerunner.errors import NotFound
from practicerunner.vocabulary import Role
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.assignments import EndSupervision, assignments_of, end_supervision
from practicerunner.workflows.documentation import documentation_due, notes_of_case
from practicerunner.workflows.note_pages import member_view
from practicerunner.workflows.review_queue import review_queue
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from tests.cast import Cast, at
from tests.workflows.supervising import ACCESS, assign, change, reads, written
from tests.workflows.writing import row, sign


def opens_in_list(cast: Cast, who: str, case_id: int, note_id: int) -> bool:
    return next(line.can_open for line in cast.read(who, notes_of_case, case_id) if line.note_id == note_id)


# --- What a supervisor may read


def test_an_ex_supervisor_keeps_what_is_dated_within_and_loses_the_rest_at_once(cast: Cast, judith: int) -> None:
    with at("2026-09-01 09:00"):
        assign(cast, "Marcus", "Ruth", "2026-09-02", ACCESS)
    case_id, within = written(cast, "Marcus", "2026-10-12 10:00")
    _, before = written(cast, "Marcus", "2026-09-01 10:00")
    term = cast.read("Dana", assignments_of, cast.staff["Marcus"])[0].supervision_id
    _, last = written(cast, "Marcus", "2026-10-19 10:00")
    _, after = written(cast, "Marcus", "2026-10-20 10:00")
    assert {one: reads(cast, "Ruth", one) for one in (before, within, last, after)} == {
        before: False, within: True, last: True, after: True}
    with at("2026-10-20 23:00"):
        cast.do("Dana", end_supervision, EndSupervision(supervision_id=term))
        assign(cast, "Marcus", "Judith", "2026-10-20", ACCESS)
        assert {one: reads(cast, "Ruth", one) for one in (before, within, last, after)} == {
            before: False, within: True, last: True, after: False}
        assert {one: reads(cast, "Judith", one) for one in (before, within, last, after)} == {
            before: False, within: False, last: False, after: True}
        assert not opens_in_list(cast, "Judith", case_id, within)
        assert all(reads(cast, "Marcus", one) for one in (before, within, last, after))
        with pytest.raises(NotFound):
            cast.read("Ruth", notes_of_case, case_id)


def test_an_associate_s_notes_move_on_and_each_supervisor_keeps_what_was_theirs(cast: Cast, judith: int) -> None:
    _, signed = written(cast, "Priya", "2026-10-05 10:00")
    cast.do("Ruth", cosign_note, CosignNote(note_id=signed, version=1))
    _, waiting = written(cast, "Priya", "2026-10-12 10:00")
    with at("2026-10-13 09:00"):
        assign(cast, "Priya", "Judith", "2026-10-13")
        assert [line.note_id for line in cast.read("Ruth", review_queue).lines] == [waiting]
        assert reads(cast, "Ruth", waiting) and reads(cast, "Ruth", signed)
        assert not reads(cast, "Judith", waiting) and not reads(cast, "Judith", signed)
    _, late = written(cast, "Priya", "2026-10-14 10:00")
    assert reads(cast, "Judith", late) and not reads(cast, "Ruth", late)
    _, moved = written(cast, "Priya", "2026-10-12 15:00", submit=False)
    with at("2026-10-15 09:00"):
        sign(cast, "Priya", moved)
        assert row(cast, moved).supervisor_id == judith
        assert reads(cast, "Judith", moved), "it waits for her"
        cast.do("Judith", return_note, ReturnNote(note_id=moved, version=1, comment="More."))
        assert reads(cast, "Judith", moved), "she returned it"
        cast.do("Ruth", cosign_note, CosignNote(note_id=waiting, version=1))


def test_a_member_s_view_an_addendum_and_a_lost_role_follow_the_same_question(cast: Cast, judith: int) -> None:
    with at("2026-09-01 09:00"):
        assign(cast, "Marcus", "Judith", "2026-10-13", ACCESS)
    _, note_id = written(cast, "Marcus", "2026-10-12 10:00")
    for verb, asked in (
        (add_addendum, AddAddendum(note_id=note_id, reason="correction", text="x")),
        (cosign_note, CosignNote(note_id=note_id, version=1)),
        (return_note, ReturnNote(note_id=note_id, version=1, comment="x")),
    ):
        with pytest.raises(NotFound):
            cast.do("Judith", verb, asked)
    with pytest.raises(NotFound), database.transaction(cast.engine) as session:
        member_view(session, cast.actor("Judith"), note_id, 1)
    _, later = written(cast, "Marcus", "2026-10-14 10:00")
    assert reads(cast, "Judith", later)
    with pytest.raises(NotFound):
        cast.do("Judith", add_addendum, AddAddendum(note_id=later, reason="correction", text="x"))
    change(cast, "Judith", roles=frozenset({Role.PROVIDER}))
    assert not reads(cast, "Judith", later)


def test_a_future_assignment_opens_nothing_yet(cast: Cast, judith: int) -> None:
    with at("2026-10-12 09:00"):
        assign(cast, "Priya", "Judith", "2026-10-20", ACCESS, default=False)
    _, note_id = written(cast, "Priya")
    with at("2026-10-12 23:00"):
        assert not reads(cast, "Judith", note_id)
        assert cast.actor("Judith").supervisees == frozenset()
        assert cast.read("Judith", documentation_due) == []
