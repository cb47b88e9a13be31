"""What waits for a supervisor, and giving a queue to somebody else."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError
from practicerunner.records.addenda import AddendumReview
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note, ReviewComment
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff, Supervision
from practicerunner.records.supervision import ReviewAssignment
from practicerunner.vocabulary import NoteStatus, Role, SupervisionLevel
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.assignments import EndSupervision, assignments_of, end_supervision
from practicerunner.workflows.documentation import my_queue
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.own_records import SetOwnRecord, set_own_record
from practicerunner.workflows.review_queue import (
    Moving,
    NothingWaits,
    ReassignReviews,
    barred_reviews,
    reassign_reviews,
    review_queue,
    stranded_reviews,
    supervisors,
    team_reviews,
    what_moves,
)
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.staff import AddStaff, add_staff
from practicerunner.workflows.supervision import NoSupervisor
from practicerunner.workflows.today import day
from tests.cast import Cast, at, people_of
from tests.workflows.supervising import assign, change, name_supervisor, reads, written
from tests.workflows.writing import audit_rows, fill, page, row, sign


def addendum_waiting(cast: Cast, when: str) -> tuple[int, int]:
    """A locked note of Priya's and the addendum beneath it that waits for Ruth."""
    _, note_id = written(cast, "Priya", when)
    with at(f"{when[:10]} 23:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    return note_id, page(cast, "Priya", note_id).addenda[0].addendum_id


def test_the_queue_is_sorted_by_age_and_says_what_is_not_back(cast: Cast, judith: int) -> None:
    amended, addendum_id = addendum_waiting(cast, "2026-10-07 10:00")
    _, second = written(cast, "Priya", "2026-10-08 10:00")
    _, first = written(cast, "Priya", "2026-10-06 10:00")
    _, returned = written(cast, "Priya", "2026-10-05 10:00")
    cast.do("Ruth", return_note, ReturnNote(note_id=returned, version=1, comment="More."))
    written(cast, "Marcus", "2026-10-05 12:00")
    with at("2026-10-12 22:30"):
        queue = cast.read("Ruth", review_queue)
        assert [(line.note_id, line.addendum_id, line.days) for line in queue.lines] == [
            (first, None, 6), (amended, addendum_id, 5), (second, None, 4)]
        assert (queue.oldest_days, queue.returned) == (6, 1)
        mine = cast.read("Priya", my_queue)
        assert [(one.line.note_id, one.is_addendum, one.supervisor) for one in mine.awaited] == [
            (first, False, "Ruth Feldman"), (amended, True, "Ruth Feldman"), (second, False, "Ruth Feldman")]
        for name in ("Judith", "Priya", "Marcus", "Dana"):
            assert not cast.read(name, review_queue).lines
        with pytest.raises(NotPermitted):
            cast.read("Tom", review_queue)
        line, = cast.read("Dana", team_reviews)
        assert (line.author, line.supervisor, line.waiting, line.returned, line.oldest_days) == (
            "Priya Nair", "Ruth Feldman", 3, 1, 6)
        for name in ("Ruth", "Priya", "Tom"):
            with pytest.raises(NotPermitted):
                cast.read(name, team_reviews)


def test_what_was_handed_in_yesterday_evening_waits_for_one_day_this_morning(cast: Cast, judith: int) -> None:
    _, note_id = written(cast, "Priya")
    with at("2026-10-12 23:30"):
        since = cast.read("Priya", my_queue).awaited[0].since
        assert clock.wall("America/New_York").date() == date(2026, 10, 12)
        assert [line.days for line in cast.read("Ruth", review_queue).lines] == [0]
    with at("2026-10-13 08:00"):
        assert clock.now() - since < timedelta(days=1)
        line, = cast.read("Ruth", review_queue).lines
        mine, = cast.read("Priya", my_queue).awaited
        team, = cast.read("Dana", team_reviews)
        assert (line.days, mine.days, team.oldest_days) == (1, 1, 1)
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    with at("2026-10-14 07:00"):
        line, = cast.read("Ruth", review_queue).lines
        mine, = cast.read("Priya", my_queue).awaited
        assert (line.addendum_id is not None, line.days, mine.days) == (True, 1, 1)


def test_what_waits_for_somebody_who_supervises_no_more_stands_on_the_owner_s_day(cast: Cast, judith: int) -> None:
    addendum_waiting(cast, "2026-10-07 10:00")
    _, note_id = written(cast, "Priya")

    def stranded(name: str) -> list[str]:
        return [one.sentence for one in cast.read(name, day).waiting if "supervises no more" in one.sentence]

    with at("2026-10-13 09:00"):
        assert stranded("Dana") == [] and cast.read("Dana", stranded_reviews) == 0
        change(cast, "Ruth", active=False)
        assert stranded("Dana") == ["2 notes wait for somebody who supervises no more"]
        assert stranded("Priya") == stranded("Tom") == []
        with pytest.raises(NotPermitted):
            cast.read("Tom", stranded_reviews)
        cast.do("Dana", reassign_reviews, move(cast, "Judith"))
        assert stranded("Dana") == []
        assert note_id in [line.note_id for line in cast.read("Judith", review_queue).lines]


def move(cast: Cast, to: str, by: str = "Ruth", **options: Any) -> ReassignReviews:
    return ReassignReviews(from_id=cast.staff[by], to_id=cast.staff[to], reason="On leave", **options)


def test_a_queue_moves_once_with_its_history_and_leaves_what_is_past(cast: Cast, judith: int) -> None:
    amended, addendum_id = addendum_waiting(cast, "2026-10-07 10:00")
    _, waiting = written(cast, "Priya", "2026-10-08 10:00")
    _, returned = written(cast, "Priya", "2026-10-05 10:00")
    cast.do("Ruth", return_note, ReturnNote(note_id=returned, version=1, comment="More."))
    _, locked = written(cast, "Priya", "2026-10-06 10:00")
    cast.do("Ruth", cosign_note, CosignNote(note_id=locked, version=1))
    _, draft = written(cast, "Priya", "2026-10-09 10:00", submit=False)
    assert cast.read("Dana", what_moves, cast.staff["Ruth"]) == Moving(1, 1, 1)
    assert cast.read("Dana", what_moves, cast.staff["Ruth"], cast.staff["Marcus"]).nothing
    assert cast.read("Dana", what_moves, cast.staff["Ruth"], None, date(2026, 10, 8)) == Moving(1, 0, 0)
    assert cast.read("Dana", supervisors) == {cast.staff["Ruth"]: "Ruth Feldman", judith: "Judith Solano"}
    asked = move(cast, "Judith")
    moved = (*sorted((waiting, returned)), amended)
    assert {tuple(cast.do("Dana", reassign_reviews, asked)) for _ in range(2)} == {moved}
    assert not cast.read("Ruth", review_queue).lines
    assert [line.note_id for line in cast.read("Judith", review_queue).lines] == [amended, waiting]
    assert (row(cast, locked).supervisor_id, row(cast, draft).supervisor_id) == (cast.staff["Ruth"], None)
    assert reads(cast, "Judith", waiting) and reads(cast, "Judith", returned) and reads(cast, "Judith", amended)
    assert not reads(cast, "Judith", locked)
    with pytest.raises(NotFound):
        cast.do("Ruth", cosign_note, CosignNote(note_id=waiting, version=1))
    with pytest.raises(NotFound):
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    cast.do("Judith", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    # The default is still Ruth; what was given to Judith comes back to Judith.
    fill(cast, "Priya", returned, "More.")
    sign(cast, "Priya", returned)
    assert row(cast, returned).supervisor_id == judith
    cast.do("Judith", cosign_note, CosignNote(note_id=returned, version=2))
    with database.reading(cast.engine) as session:
        kept = list(session.scalars(select(ReviewAssignment)))
        assert {(one.note_id, one.addendum_id) for one in kept} == {
            (waiting, None), (returned, None), (amended, addendum_id)}
        assert {(one.from_id, one.to_id, one.by_id, one.reason) for one in kept} == {
            (cast.staff["Ruth"], judith, cast.staff["Dana"], "On leave")}
        appointments = {session.get_one(Note, one).appointment_id for one in (waiting, returned, amended)}
        assert {session.get_one(Appointment, one).supervisor_id for one in appointments} == {cast.staff["Ruth"]}
    assert {entry.resource_id for entry in audit_rows(cast, "reassign_review")} == {waiting, returned, amended}
    assert {entry.case_id is None for entry in audit_rows(cast, "reassign_review")} == {False}
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.execute(text("update review_assignment set reason = 'x'"))


def test_only_an_owner_moves_a_queue_and_only_to_another_supervisor(cast: Cast, judith: int) -> None:
    _, note_id = written(cast, "Priya")
    for name in ("Ruth", "Judith", "Priya", "Marcus", "Tom"):
        with pytest.raises(NotPermitted):
            cast.do(name, reassign_reviews, move(cast, "Judith"))
        with pytest.raises(NotPermitted):
            cast.read(name, what_moves, cast.staff["Ruth"])
    for to in ("Ruth", "Marcus"):
        with pytest.raises(BadInput, match="another supervisor"):
            cast.do("Dana", reassign_reviews, move(cast, to))
    change(cast, "Priya", roles=frozenset({Role.ASSOCIATE, Role.SUPERVISOR}))
    with pytest.raises(BadInput, match="wrote some of these"):
        cast.do("Dana", reassign_reviews, move(cast, "Priya"))
    with pytest.raises(NothingWaits):
        cast.do("Dana", reassign_reviews, move(cast, "Ruth", by="Judith"))
    assert row(cast, note_id).supervisor_id == cast.staff["Ruth"]


def themselves(cast: Cast, who: str, case_id: int) -> None:
    """Say that a member of staff is who the case is about."""
    with database.reading(cast.engine) as session:
        revision = session.get_one(Staff, cast.staff[who]).revision
    cast.do("Dana", set_own_record, SetOwnRecord(
        staff_id=cast.staff[who], revision=revision, person_id=next(iter(people_of(cast, case_id).values()))))


def barred(cast: Cast, who: str = "Dana") -> list[str]:
    """What stands on somebody's Today because its supervisor may not sign it."""
    return [one.sentence for one in cast.read(who, day).waiting if "may not sign" in one.sentence]


def test_nothing_is_handed_in_to_a_supervisor_who_takes_part_in_the_case(cast: Cast, judith: int) -> None:
    case_id, note_id = written(cast, submit=False)
    _, other = written(cast, when="2026-10-12 14:00")
    amended, _ = addendum_waiting(cast, "2026-10-07 10:00")
    themselves(cast, "Ruth", case_id)
    with pytest.raises(NoSupervisor):
        sign(cast, "Priya", note_id)
    assert page(cast, "Priya", note_id).lacks_supervisor
    assert row(cast, other).supervisor_id == cast.staff["Ruth"], "of others she goes on reviewing"
    name_supervisor(cast, case_id, judith)
    sign(cast, "Priya", note_id)
    assert row(cast, note_id).supervisor_id == judith
    cast.do("Judith", cosign_note, CosignNote(note_id=note_id, version=1))
    name_supervisor(cast, case_id, None)
    more = AddAddendum(note_id=note_id, reason="correction", text="50 minutes.")
    with pytest.raises(NoSupervisor):
        cast.do("Priya", add_addendum, more)
    cast.do("Priya", add_addendum, more.model_copy(update={"note_id": amended}))
    assert barred(cast) == []


def test_what_waits_for_a_supervisor_who_takes_part_is_an_owner_s_to_give_to_another(cast: Cast, judith: int) -> None:
    case_id, note_id = written(cast)
    with_addendum, _ = addendum_waiting(cast, "2026-10-07 10:00")
    _, other = written(cast, when="2026-10-12 14:00")
    themselves(cast, "Ruth", case_id)
    assert barred(cast) == ["1 note waits for a supervisor who may not sign there"]
    assert barred(cast, "Ruth") == barred(cast, "Priya") == barred(cast, "Tom") == []
    line, = cast.read("Dana", team_reviews)
    assert (line.waiting, line.barred) == (3, 1)
    with pytest.raises(NotPermitted):
        cast.read("Ruth", barred_reviews)
    themselves(cast, "Judith", row(cast, other).case_id)
    with pytest.raises(BadInput, match=r"Judith Solano may not sign some of these") as refused:
        cast.do("Dana", reassign_reviews, move(cast, "Judith"))
    assert refused.value.field == "to_id"
    assert cast.read("Dana", what_moves, cast.staff["Ruth"], None, None, True) == Moving(1, 0, 0)
    assert cast.do("Dana", reassign_reviews, move(cast, "Judith", only_barred=True)) == [note_id]
    assert barred(cast) == []
    assert (row(cast, note_id).supervisor_id, row(cast, other).supervisor_id) == (judith, cast.staff["Ruth"])
    themselves(cast, "Ruth", row(cast, with_addendum).case_id)
    assert barred(cast) == ["1 note waits for a supervisor who may not sign there"], "an addendum waits as a note does"
    assert cast.do("Dana", reassign_reviews, move(cast, "Judith", only_barred=True)) == [with_addendum]
    assert (barred(cast), [line.note_id for line in cast.read("Ruth", review_queue).lines]) == ([], [other])


def together(cast: Cast, *acts: Any) -> list[object]:
    """Acts at the same moment: what each returned, or its refusal."""
    ready, outcome = threading.Barrier(len(acts)), []

    def carry_out(act: Any) -> None:
        ready.wait()
        try:
            outcome.append(act())
        except PracticeError as refusal:
            outcome.append(refusal)

    threads = [threading.Thread(target=carry_out, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def test_two_reassignments_at_once_move_each_review_once(cast: Cast, judith: int) -> None:
    cast.staff["Ida"] = cast.do("Dana", add_staff, AddStaff(
        first_name="Ida", last_name="Lund", email="ida@linden.example", roles=frozenset({Role.SUPERVISOR})))
    amended, addendum_id = addendum_waiting(cast, "2026-10-07 10:00")
    ours = {written(cast, "Priya", f"2026-10-{day:02d} 10:00")[1] for day in (5, 6, 8)}
    first, second = move(cast, "Judith"), move(cast, "Ida")
    outcome = together(cast, lambda: cast.do("Dana", reassign_reviews, first),
                       lambda: cast.do("Dana", reassign_reviews, second))
    assert sorted(type(one) for one in outcome if not isinstance(one, list)) == [NothingWaits]
    with database.reading(cast.engine) as session:
        to = {session.get_one(Note, one).supervisor_id for one in ours}
        assert len(to) == 1 and to < {judith, cast.staff["Ida"]}
        assert session.scalar(select(AddendumReview.supervisor_id)) in to
        kept = [(one.note_id, one.addendum_id) for one in session.scalars(select(ReviewAssignment))]
    assert sorted(kept, key=str) == sorted([(one, None) for one in ours] + [(amended, addendum_id)], key=str)


def test_of_a_co_signature_and_a_reassignment_at_once_one_wins(cast: Cast, judith: int) -> None:
    _, note_id = written(cast, "Priya")
    asked, signed = move(cast, "Judith"), CosignNote(note_id=note_id, version=1)
    outcome = together(cast, lambda: cast.do("Dana", reassign_reviews, asked),
                       lambda: cast.do("Ruth", cosign_note, signed))
    note = row(cast, note_id)
    refusals = [one for one in outcome if isinstance(one, PracticeError)]
    assert len(refusals) == 1
    with database.reading(cast.engine) as session:
        moves = len(list(session.scalars(select(ReviewAssignment))))
    if note.status is NoteStatus.LOCKED:
        assert (note.supervisor_id, moves, type(refusals[0])) == (cast.staff["Ruth"], 0, NothingWaits)
    else:
        assert (note.status, note.supervisor_id, moves) == (NoteStatus.SUBMITTED, judith, 1)
        assert isinstance(refusals[0], NotFound)


def test_comments_stay_readable_to_both_and_to_who_returned_it_before(cast: Cast, judith: int) -> None:
    _, note_id = written(cast, "Priya")
    cast.do("Ruth", return_note, ReturnNote(
        note_id=note_id, version=1, comment="As a whole.", sections={"plan": "The plan."}))
    (_, comments), = cast.read("Priya", my_queue).returned
    assert [(one.section, one.text) for one in comments] == [("", "As a whole."), ("Plan", "The plan.")]
    cast.do("Dana", reassign_reviews, move(cast, "Judith"))
    fill(cast, "Priya", note_id, "More.")
    sign(cast, "Priya", note_id)
    term = cast.read("Dana", assignments_of, cast.staff["Priya"])[0].supervision_id
    cast.do("Dana", end_supervision, EndSupervision(supervision_id=term))
    for name in ("Priya", "Ruth", "Judith"):
        shown = page(cast, name, note_id)
        assert isinstance(shown, NotePage)
        assert [one.text for one in shown.comments] == ["As a whole.", "The plan."]
        assert [version.sections[0].text for version in shown.versions] == ["Said.", "More."]
        assert shown.may_review is (name == "Judith")
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(ReviewComment)))) == 2
        assert not [one for one in session.scalars(select(AuditRow)) if "plan" in one.detail.lower()]
        assert len(list(session.scalars(select(Supervision)))) == 1


def test_nothing_becomes_final_alone_because_the_supervisor_has_left(cast: Cast) -> None:
    with at("2026-10-12 09:00"):
        assign(cast, "Marcus", "Ruth", "2026-10-12", SupervisionLevel.CO_SIGN)
    _, note_id = written(cast, "Marcus")
    with at("2026-10-13 09:00"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="The risk is missing."))
        change(cast, "Ruth", active=False)
        fill(cast, "Marcus", note_id, "More.")
        with pytest.raises(NoSupervisor):
            sign(cast, "Marcus", note_id)


def test_a_returned_note_waits_when_the_supervision_ends_or_the_author_is_no_associate(cast: Cast) -> None:
    with at("2026-10-12 09:00"):
        term = assign(cast, "Marcus", "Ruth", "2026-10-12", SupervisionLevel.CO_SIGN)
    found = {who: written(cast, who)[1] for who in ("Marcus", "Priya")}
    with at("2026-10-13 09:00"):
        for note_id in found.values():
            cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="The risk is missing."))
        cast.do("Dana", end_supervision, EndSupervision(supervision_id=term))
        change(cast, "Priya", roles=frozenset({Role.PROVIDER}), supervisor_id=None)
        for who, note_id in found.items():
            fill(cast, who, note_id, "More.")
            with pytest.raises(NoSupervisor):
                sign(cast, who, note_id)
