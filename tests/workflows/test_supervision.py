"""Who supervises whom from when, what waits for them, what they may read, and giving a queue to somebody else."""

import threading
from datetime import date
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff, Supervision
from practicerunner.records.notes import AddendumReview, Note, ReviewComment
from practicerunner.records.scheduling import Appointment
from practicerunner.records.supervision import ReviewAssignment
from practicerunner.rules.supervision import REVIEWED
from practicerunner.vocabulary import NoteKind, NoteStatus, Role, SignatureRole, SupervisionLevel
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.assignments import (
    AssignmentIsOver,
    AssignSupervisor,
    EndSupervision,
    assign_supervisor,
    assignments_of,
    end_supervision,
)
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.documentation import documentation_due, my_queue, notes_of_case
from practicerunner.workflows.note_pages import NotePage, member_view
from practicerunner.workflows.review_queue import (
    Moving,
    NothingWaits,
    ReassignReviews,
    reassign_reviews,
    review_queue,
    supervisors,
    team_reviews,
    what_moves,
)
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.scheduling import ChangeAppointment, change_appointment
from practicerunner.workflows.staff import AddStaff, ChangeStaff, add_staff, change_staff
from practicerunner.workflows.supervision import NoSupervisor
from practicerunner.workflows.verification import verify_note
from tests.cast import Cast, at
from tests.workflows.test_notes import audit_rows, fill, page, row, session_of, sign, start

CO_SIGN, APPROVE, ACCESS = SupervisionLevel.CO_SIGN, SupervisionLevel.APPROVE, SupervisionLevel.ACCESS


@pytest.fixture
def judith(cast: Cast) -> int:
    """A second supervisor."""
    cast.staff["Judith"] = cast.do("Dana", add_staff, AddStaff(
        first_name="Judith", last_name="Solano", email="judith@linden.example", credentials="LCSW",
        roles=frozenset({Role.SUPERVISOR, Role.PROVIDER})))
    return cast.staff["Judith"]


def assign(cast: Cast, who: str, by: str, on: str, level: SupervisionLevel = CO_SIGN, *, default: bool = True) -> int:
    return cast.do("Dana", assign_supervisor, AssignSupervisor(
        staff_id=cast.staff[who], supervisor_id=cast.staff[by], level=level, starts_on=date.fromisoformat(on),
        is_default=default))


def change(cast: Cast, who: str, **options: Any) -> None:
    """Change somebody's roles or whether they work here."""
    with database.reading(cast.engine) as session:
        person = session.get_one(Staff, cast.staff[who])
        given = {"roles": frozenset(held.role for held in person.roles)} | options
        asked = ChangeStaff(
            staff_id=person.id, revision=person.revision, first_name=person.first_name, last_name=person.last_name,
            email=person.email, credentials=person.credentials, **given)
    cast.do("Dana", change_staff, asked)


def terms(cast: Cast, who: str) -> list[tuple[str, SupervisionLevel, bool, str, str]]:
    """Somebody's assignments, the newest first: by whom, how far, whether the default, since, last day."""
    return [
        (line.supervisor.split()[0], line.level, line.is_default, str(line.starts_on), str(line.last_day or ""))
        for line in cast.read("Dana", assignments_of, cast.staff[who])
    ]


def written(cast: Cast, who: str = "Priya", when: str = "2026-10-12 10:00", *, submit: bool = True) -> tuple[int, int]:
    """A case and a note of its appointment, written and signed that evening."""
    case_id, appointment_id = session_of(cast, by=who, when=when)
    with at(f"{when[:10]} 22:00"):
        note_id = start(cast, who, appointment_id)
        fill(cast, who, note_id)
        if submit:
            sign(cast, who, note_id)
    return case_id, note_id


def reads(cast: Cast, who: str, note_id: int) -> bool:
    """Whether somebody gets the text; the page, the line in a list, a member's view and the check all say the same."""
    try:
        opened = isinstance(page(cast, who, note_id), NotePage)
    except NotFound:
        opened = False
    with database.transaction(cast.engine) as session:
        try:
            verify_note(session, cast.actor(who), note_id)
            verified = True
        except (NotFound, NotPermitted):
            verified = False
    assert opened == verified
    return opened


def opens_in_list(cast: Cast, who: str, case_id: int, note_id: int) -> bool:
    return next(line.can_open for line in cast.read(who, notes_of_case, case_id) if line.note_id == note_id)


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
        with pytest.raises(BadInput, match="Another assignment begins on 2026-10-20"):
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


def name_supervisor(cast: Cast, case_id: int, supervisor_id: int | None) -> None:
    """Set a supervisor for a case."""
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, case_id)
        asked = ChangeCase(case_id=case.id, revision=case.revision, name=case.name, label=case.label,
                           status=case.status, provider_id=case.provider_id, supervisor_id=supervisor_id)
    cast.do("Dana", change_case, asked)


def choose_supervisor(cast: Cast, appointment_id: int, supervisor_id: int) -> None:
    """Set a supervisor for one appointment alone."""
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        asked = ChangeAppointment(
            appointment_id=found.id, revision=found.revision, service_id=found.service_id, format=found.format,
            fee_cents=found.fee_cents, location_id=found.location_id, supervisor_id=supervisor_id)
    cast.do("Dana", change_appointment, asked)


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


# --- Kinds of note that wait, by assignment


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


# --- The queue


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
            (first, None, 6), (amended, addendum_id, 4), (second, None, 4)]
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
