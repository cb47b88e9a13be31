"""Who supervises whom from when, and as what a note is signed that waits for them."""

from datetime import date
from itertools import product

import pytest

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import NoteStatus, Role, SignatureRole, SupervisionLevel
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.assignments import (
    AssignmentIsOver,
    AssignSupervisor,
    EndSupervision,
    assign_supervisor,
    assignments_of,
    end_supervision,
)
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.review_queue import review_queue
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast, at
from tests.workflows.supervising import (
    ACCESS,
    APPROVE,
    CO_SIGN,
    assign,
    change,
    choose_supervisor,
    name_supervisor,
    reads,
    written,
)
from tests.workflows.writing import fill, page, row, session_of, sign, start


def terms(cast: Cast, who: str) -> list[tuple[str, SupervisionLevel, bool, str, str]]:
    """Somebody's assignments, the newest first: by whom, how far, whether the default, since, last day."""
    return [
        (line.supervisor.split()[0], line.level, line.is_default, str(line.starts_on), str(line.last_day or ""))
        for line in cast.read("Dana", assignments_of, cast.staff[who])
    ]


# --- Assignments


def test_a_new_default_ends_the_one_before_and_nothing_of_the_past_is_rewritten(cast: Cast, judith: int) -> None:
    with at("2026-10-01 09:00"):
        assign(cast, "Priya", "Judith", "2026-11-01")
    assert terms(cast, "Priya") == [
        ("Judith", CO_SIGN, True, "2026-11-01", ""), ("Ruth", CO_SIGN, True, "2026-01-05", "2026-10-31")]
    with at("2026-11-05 09:00"):
        for wrong in ("2026-10-15", "2026-11-04"):
            with pytest.raises(BadInput, match="begins today at the earliest"):
                assign(cast, "Priya", "Ruth", wrong)
        assign(cast, "Priya", "Ruth", "2026-11-05")
    assert terms(cast, "Priya") == [
        ("Ruth", CO_SIGN, True, "2026-11-05", ""), ("Judith", CO_SIGN, True, "2026-11-01", "2026-11-04"),
        ("Ruth", CO_SIGN, True, "2026-01-05", "2026-10-31")]


def test_another_level_is_an_end_and_a_new_assignment(cast: Cast, judith: int) -> None:
    with at("2026-10-01 09:00"):
        assign(cast, "Priya", "Judith", "2026-10-01", ACCESS, default=False)
    with at("2026-10-08 09:00"):
        assign(cast, "Priya", "Judith", "2026-10-08", CO_SIGN, default=False)
        with pytest.raises(BadInput, match="Another assignment begins on Tue 20 Oct 2026"):
            assign(cast, "Priya", "Judith", "2026-10-20", ACCESS, default=False)
            assign(cast, "Priya", "Judith", "2026-10-10", ACCESS, default=False)
    assert terms(cast, "Priya") == [
        ("Judith", ACCESS, False, "2026-10-20", ""), ("Judith", CO_SIGN, False, "2026-10-08", "2026-10-19"),
        ("Judith", ACCESS, False, "2026-10-01", "2026-10-07"), ("Ruth", CO_SIGN, True, "2026-01-05", "")]


def test_who_may_supervise_whom_and_who_says_so(cast: Cast, judith: int) -> None:
    with at("2026-10-01 09:00"):
        for who, by, problem in (
            ("Ruth", "Ruth", "supervises themselves"), ("Priya", "Marcus", "supervisor role"),
            ("Tom", "Ruth", "Only providers and associates"),
        ):
            with pytest.raises(BadInput, match=problem):
                assign(cast, who, by, "2026-10-01")
        for level in (ACCESS, APPROVE):
            with pytest.raises(BadInput, match="default supervisor co-signs"):
                assign(cast, "Priya", "Judith", "2026-10-01", level)
        asked = AssignSupervisor(staff_id=cast.staff["Priya"], supervisor_id=judith, level=CO_SIGN,
                                 starts_on=date(2026, 10, 1))
        for name in ("Ruth", "Judith", "Priya", "Marcus", "Tom"):
            with pytest.raises(NotPermitted):
                cast.do(name, assign_supervisor, asked)
            with pytest.raises(NotPermitted):
                cast.do(name, end_supervision, EndSupervision(supervision_id=1))
        change(cast, "Judith", active=False)
        with pytest.raises(BadInput, match="no longer works here"):
            assign(cast, "Priya", "Judith", "2026-10-01", default=False)
    assert terms(cast, "Priya") == [("Ruth", CO_SIGN, True, "2026-01-05", "")]


def test_a_supervisor_sees_the_assignments_of_their_own_only(cast: Cast, judith: int) -> None:
    assert len(cast.read("Ruth", assignments_of, cast.staff["Priya"])) == 1
    with pytest.raises(NotFound):
        cast.read("Judith", assignments_of, cast.staff["Priya"])
    for name in ("Priya", "Marcus", "Tom"):
        with pytest.raises(NotPermitted):
            cast.read(name, assignments_of, cast.staff["Priya"])


def test_an_assignment_ends_today_or_later_once(cast: Cast) -> None:
    ruth = cast.read("Dana", assignments_of, cast.staff["Priya"])[0].supervision_id
    with at("2026-10-10 09:00"):
        with pytest.raises(BadInput, match="today at the earliest"):
            cast.do("Dana", end_supervision, EndSupervision(supervision_id=ruth, ends_on=date(2026, 10, 9)))
        cast.do("Dana", end_supervision, EndSupervision(supervision_id=ruth, ends_on=date(2026, 10, 20)))
        assert cast.actor("Ruth").supervisees == {cast.staff["Priya"]}
        asked = EndSupervision(supervision_id=ruth)
        for _ in range(2):
            cast.do("Dana", end_supervision, asked)
        assert cast.actor("Ruth").supervisees == frozenset()
        with pytest.raises(AssignmentIsOver):
            cast.do("Dana", end_supervision, EndSupervision(supervision_id=ruth))
        # The dialog of the staff page begins another, and leaves the level of an associate.
        change(cast, "Priya", supervisor_id=cast.staff["Ruth"])
        change(cast, "Priya", npi="1234567893")
    assert terms(cast, "Priya") == [
        ("Ruth", CO_SIGN, True, "2026-10-10", ""), ("Ruth", CO_SIGN, True, "2026-01-05", "2026-10-09")]


# --- What waits, and as what it is signed


@pytest.mark.parametrize(("level", "role"), [
    (ACCESS, None), (APPROVE, SignatureRole.APPROVER), (CO_SIGN, SignatureRole.CO_SIGNER)])
def test_a_provider_s_note_waits_as_their_supervisor_s_level_says(
    cast: Cast, level: SupervisionLevel, role: SignatureRole | None
) -> None:
    with at("2026-09-01 09:00"):
        assign(cast, "Marcus", "Ruth", "2026-09-01", level)
    _, note_id = written(cast, "Marcus")
    note = row(cast, note_id)
    if role is None:
        assert (note.status, note.supervisor_id) == (NoteStatus.LOCKED, None)
        assert reads(cast, "Ruth", note_id)
        assert not cast.read("Ruth", review_queue).lines
        return
    assert (note.status, note.supervisor_id, note.review_as) == (NoteStatus.SUBMITTED, cast.staff["Ruth"], role)
    cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
    fill(cast, "Marcus", note_id, "More.")
    sign(cast, "Marcus", note_id)
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
    shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert [(s.name, s.role) for s in shown.signatures if s.version == 2] == [
        ("Marcus Bell, LMFT", SignatureRole.AUTHOR), ("Ruth Feldman, LMFT", role)]
    assert row(cast, note_id).status is NoteStatus.LOCKED
    cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    addendum, = page(cast, "Ruth", note_id).addenda
    assert (addendum.may_cosign, addendum.signed_as) == (True, role)


def test_an_associate_s_note_waits_whoever_is_responsible_and_however_far(cast: Cast, judith: int) -> None:
    with at("2026-09-01 09:00"):
        assign(cast, "Priya", "Judith", "2026-09-01", ACCESS, default=False)
    case_id, appointment_id = session_of(cast, by="Priya")
    name_supervisor(cast, case_id, judith)
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
    assert (row(cast, note_id).supervisor_id, row(cast, note_id).review_as) == (judith, SignatureRole.CO_SIGNER)


BEFORE = ("fit", "inactive", "no supervisor any more", "the author")


@pytest.mark.parametrize(("appointment", "case"), list(product(("", *BEFORE), ("", *BEFORE))))
def test_the_narrowest_supervisor_who_can_counts(cast: Cast, judith: int, appointment: str, case: str) -> None:
    """Set for the appointment, for the case, as the default: one who left, lost the role or wrote it is passed over."""
    change(cast, "Priya", roles=frozenset({Role.ASSOCIATE, Role.SUPERVISOR}))
    for name in ("Ida", "Carl"):
        cast.staff[name] = cast.do("Dana", add_staff, AddStaff(
            first_name=name, last_name="Lund", email=f"{name.lower()}@linden.example",
            roles=frozenset({Role.SUPERVISOR, Role.PROVIDER})))
    case_id, appointment_id = session_of(cast, by="Priya")
    chosen = {"appointment": "Ida", "case": "Carl"}
    for level, state in (("appointment", appointment), ("case", case)):
        if not state:
            continue
        staff_id = cast.staff["Priya" if state == "the author" else chosen[level]]
        with database.transaction(cast.engine) as session:
            if level == "case":
                session.get_one(Case, case_id).supervisor_id = staff_id
            else:
                found = session.get_one(Appointment, appointment_id)
                found.supervisor_id, found.supervisor_is_own = staff_id, True
        if state == "inactive":
            change(cast, chosen[level], active=False)
        if state == "no supervisor any more":
            change(cast, chosen[level], roles=frozenset({Role.PROVIDER}))
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
    expected = "Ida" if appointment == "fit" else "Carl" if case == "fit" else "Ruth"
    assert row(cast, note_id).supervisor_id == cast.staff[expected]


@pytest.mark.parametrize("named_for", ["case", "appointment"])
@pytest.mark.parametrize(("own", "role"), [
    (None, SignatureRole.APPROVER), (CO_SIGN, SignatureRole.CO_SIGNER), (ACCESS, None)])
def test_naming_somebody_takes_no_review_away(
    cast: Cast, judith: int, named_for: str, own: SupervisionLevel | None, role: SignatureRole | None
) -> None:
    """A provider's default approves; whoever is named reviews at a level of their own, or else at the default's."""
    with at("2026-09-01 09:00"):
        assign(cast, "Marcus", "Ruth", "2026-09-01", APPROVE)
        if own is not None:
            assign(cast, "Marcus", "Judith", "2026-09-01", own, default=False)
    case_id, appointment_id = session_of(cast, by="Marcus")
    if named_for == "case":
        name_supervisor(cast, case_id, judith)
    else:
        choose_supervisor(cast, appointment_id, judith)
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Marcus", appointment_id)
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
    note = row(cast, note_id)
    if role is None:
        assert (note.status, note.supervisor_id) == (NoteStatus.LOCKED, None)
        return
    assert (note.status, note.supervisor_id, note.review_as) == (NoteStatus.SUBMITTED, judith, role)
    with pytest.raises(NotFound):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    cast.do("Judith", cosign_note, CosignNote(note_id=note_id, version=1))
    assert row(cast, note_id).status is NoteStatus.LOCKED


def test_an_assignment_that_is_over_leaves_the_level_to_the_default(cast: Cast, judith: int) -> None:
    with at("2026-09-01 09:00"):
        assign(cast, "Marcus", "Ruth", "2026-09-01", CO_SIGN)
        assign(cast, "Marcus", "Judith", "2026-09-01", ACCESS, default=False)
    over = next(one for one in cast.read("Dana", assignments_of, cast.staff["Marcus"]) if one.level is ACCESS)
    case_id, appointment_id = session_of(cast, by="Marcus")
    name_supervisor(cast, case_id, judith)
    with at("2026-10-12 22:00"):
        cast.do("Dana", end_supervision, EndSupervision(supervision_id=over.supervision_id))
        note_id = start(cast, "Marcus", appointment_id)
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
    assert (row(cast, note_id).status, row(cast, note_id).supervisor_id) == (NoteStatus.SUBMITTED, judith)


def test_the_default_is_the_one_of_the_day_of_submission(cast: Cast, judith: int) -> None:
    _, note_id = written(cast, submit=False)
    with at("2026-10-13 09:00"):
        assign(cast, "Priya", "Judith", "2026-10-14")
    with at("2026-10-14 09:00"):
        sign(cast, "Priya", note_id)
    assert row(cast, note_id).supervisor_id == judith
    with pytest.raises(NotFound):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    cast.do("Judith", cosign_note, CosignNote(note_id=note_id, version=1))
