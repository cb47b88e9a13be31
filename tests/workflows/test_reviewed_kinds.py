"""Which kinds of note wait for review, by assignment."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.records.cases import Case
from practicerunner.rules.supervision import REVIEWED
from practicerunner.vocabulary import NoteKind, NoteStatus, SignatureRole, SupervisionLevel
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.assignments import AssignSupervisor, assign_supervisor, assignments_of
from practicerunner.workflows.documentation import my_queue
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from tests.cast import Cast, at
from tests.workflows.supervising import ACCESS, APPROVE, CO_SIGN, assign, choose_supervisor, name_supervisor, written
from tests.workflows.writing import fill, page, row, session_of, sign, start


def only(cast: Cast, by: str, *kinds: NoteKind, who: str = "Priya", level: SupervisionLevel = CO_SIGN,
         default: bool = True) -> int:
    """An assignment from today on that holds for some kinds of note."""
    return cast.do("Dana", assign_supervisor, AssignSupervisor(
        staff_id=cast.staff[who], supervisor_id=cast.staff[by], level=level, starts_on=date(2026, 10, 12),
        is_default=default, note_kinds=frozenset(kinds)))


def standing(cast: Cast, note_id: int) -> tuple[NoteStatus, int | None]:
    found = row(cast, note_id)
    return found.status, found.supervisor_id


def test_a_kind_that_is_left_out_is_final_with_its_author_s_signature_and_another_waits(cast: Cast) -> None:
    with at("2026-10-12 09:00"):
        only(cast, "Ruth", NoteKind.CONSULTATION, NoteKind.INTAKE)
    _, note_id = written(cast)
    assert standing(cast, note_id) == (NoteStatus.LOCKED, None)
    assert cast.read("Ruth", my_queue).to_review == ()
    with at("2026-10-13 09:00"):
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        assert cast.read("Ruth", my_queue).addenda == ()
        only_now = AssignSupervisor(
            staff_id=cast.staff["Priya"], supervisor_id=cast.staff["Ruth"], level=CO_SIGN,
            starts_on=date(2026, 10, 13), note_kinds=frozenset({NoteKind.PROGRESS}))
        cast.do("Dana", assign_supervisor, only_now)
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="45 minutes."))
        ((line, _),) = cast.read("Ruth", my_queue).addenda  # an addendum follows the kind of its note, as of its day
        assert line.note_id == note_id
    _, later = written(cast, when="2026-10-14 10:00")
    assert standing(cast, later) == (NoteStatus.SUBMITTED, cast.staff["Ruth"])


def test_naming_another_supervisor_never_takes_away_what_the_default_has_to_sign(cast: Cast, judith: int) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-12 09:00"):
        only(cast, "Judith", NoteKind.INTAKE, default=False)
        with database.transaction(cast.engine) as session:
            session.get_one(Case, case_id).supervisor_id = judith
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
    assert standing(cast, note_id) == (NoteStatus.SUBMITTED, judith)


def leave_out(cast: Cast) -> None:
    """From the day after the sessions on, progress notes wait for nobody."""
    cast.do("Dana", assign_supervisor, AssignSupervisor(
        staff_id=cast.staff["Priya"], supervisor_id=cast.staff["Ruth"], level=CO_SIGN, starts_on=date(2026, 10, 13),
        note_kinds=frozenset({NoteKind.INTAKE})))


def test_a_note_that_was_returned_goes_back_to_review_though_its_kind_was_left_out_meanwhile(cast: Cast) -> None:
    _, note_id = written(cast)
    with at("2026-10-13 09:00"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        leave_out(cast)
        shown = page(cast, "Priya", note_id)
        assert isinstance(shown, NotePage) and shown.supervisor == "Ruth Feldman"
        fill(cast, "Priya", note_id, "More.")
        sign(cast, "Priya", note_id)
        assert standing(cast, note_id) == (NoteStatus.SUBMITTED, cast.staff["Ruth"])
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
    _, new = written(cast, when="2026-10-14 10:00")
    assert standing(cast, new) == (NoteStatus.LOCKED, None)


@pytest.mark.parametrize("level", [CO_SIGN, APPROVE])
def test_a_note_that_was_returned_goes_back_to_review_though_its_supervisor_only_reads_meanwhile(
    cast: Cast, level: SupervisionLevel
) -> None:
    with at("2026-10-12 09:00"):
        assign(cast, "Marcus", "Ruth", "2026-10-12", level)
    _, note_id = written(cast, "Marcus")
    with at("2026-10-13 09:00"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        assign(cast, "Marcus", "Ruth", "2026-10-13", ACCESS)
        shown = page(cast, "Marcus", note_id)
        assert isinstance(shown, NotePage) and shown.supervisor == "Ruth Feldman"
        fill(cast, "Marcus", note_id, "More.")
        sign(cast, "Marcus", note_id)
        assert standing(cast, note_id) == (NoteStatus.SUBMITTED, cast.staff["Ruth"])
        assert row(cast, note_id).review_as is (
            SignatureRole.CO_SIGNER if level is CO_SIGN else SignatureRole.APPROVER)
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
        cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        assert page(cast, "Ruth", note_id).addenda[0].awaits
    _, new = written(cast, "Marcus", when="2026-10-14 10:00")
    assert standing(cast, new) == (NoteStatus.LOCKED, None), "what is new waits for nobody"
    with at("2026-10-15 09:00"):
        cast.do("Marcus", add_addendum, AddAddendum(note_id=new, reason="correction", text="50 minutes."))
        assert not page(cast, "Ruth", new).addenda[0].awaits


def test_an_addendum_beneath_a_co_signed_note_waits_though_its_kind_was_left_out_later(cast: Cast) -> None:
    _, note_id = written(cast)
    with at("2026-10-13 09:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
        leave_out(cast)
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        addendum, = page(cast, "Ruth", note_id).addenda
        assert addendum.awaits and addendum.may_cosign
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
        assert not page(cast, "Ruth", note_id).addenda[0].awaits


@pytest.mark.parametrize("named_for", ["case", "appointment"])
def test_what_the_default_leaves_out_waits_for_who_was_named_and_has_no_assignment(
    cast: Cast, judith: int, named_for: str
) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-12 09:00"):
        only(cast, "Ruth", NoteKind.INTAKE)
        if named_for == "case":
            name_supervisor(cast, case_id, judith)
        else:
            choose_supervisor(cast, appointment_id, judith)
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
    assert standing(cast, note_id) == (NoteStatus.SUBMITTED, judith)
    _, decoy = written(cast, when="2026-10-12 12:00")
    assert standing(cast, decoy) == (NoteStatus.LOCKED, None)


def test_for_a_provider_only_the_kinds_that_are_chosen_wait_for_approval(cast: Cast) -> None:
    with at("2026-10-12 09:00"):
        only(cast, "Ruth", NoteKind.GROUP, who="Marcus", level=APPROVE)
    _, note_id = written(cast, "Marcus")
    assert standing(cast, note_id) == (NoteStatus.LOCKED, None)


def test_all_kinds_are_the_default_and_the_owner_alone_chooses_among_those_that_are_reviewed(cast: Cast) -> None:
    with at("2026-10-12 09:00"):
        only(cast, "Ruth", *REVIEWED)
        assert {line.note_kinds for line in cast.read("Dana", assignments_of, cast.staff["Priya"])} == {None}
        for kinds, level in (((), CO_SIGN), ((NoteKind.MEMO,), CO_SIGN), ((NoteKind.PSYCHOTHERAPY,), CO_SIGN)):
            with pytest.raises(BadInput) as refused:
                only(cast, "Ruth", *kinds, level=level)
            assert refused.value.field == "note_kinds"
        with pytest.raises(BadInput):
            only(cast, "Ruth", NoteKind.GROUP, who="Marcus", level=ACCESS, default=False)
        asked = AssignSupervisor(
            staff_id=cast.staff["Priya"], supervisor_id=cast.staff["Ruth"], level=CO_SIGN,
            starts_on=date(2026, 10, 12), note_kinds=frozenset({NoteKind.INTAKE}))
        for other in ("Ruth", "Priya", "Marcus", "Tom"):
            with pytest.raises(NotPermitted):
                cast.do(other, assign_supervisor, asked)
        made = {cast.do("Dana", assign_supervisor, asked) for _ in range(2)}
        lines = cast.read("Dana", assignments_of, cast.staff["Priya"])
    assert [lines[0].supervision_id] == list(made) and lines[0].note_kinds == (NoteKind.INTAKE,)
