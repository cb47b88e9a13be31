"""What is due of notes, and what stands beside one."""

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput
from practicerunner.records.addenda import Addendum
from practicerunner.records.audit import AuditRow
from practicerunner.ui.note_lines import standing
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, NoteStatus
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.attendance import MarkAll, mark_all
from practicerunner.workflows.cases import SwitchClinicalFields, switch_clinical_fields
from practicerunner.workflows.documentation import (
    appointments_to_write,
    documentation_due,
    note_block,
    note_states_of,
    notes_of_case,
)
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.notes import FinishMemo, SaveDraft, finish_memo, save_draft
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from tests.cast import ZONE, Cast, at, hold
from tests.workflows.writing import SENTINEL, audit_rows, fill, page, session_of, sign, signed_note, start


def test_clinical_sections_of_a_consultation_appear_when_an_owner_switches_them_on(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    note_id = start(cast, "Marcus", appointment_id, NoteKind.CONSULTATION)
    before = [s.key for s in page(cast, "Marcus", note_id).sections]
    assert before == ["topic", "discussion", "recommendations", "follow_up", "time_spent"]
    with pytest.raises(BadInput):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"diagnosis": "x"}))
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    after = [s.key for s in page(cast, "Marcus", note_id).sections]
    assert after == [*before, "diagnosis", "treatment_plan", "mental_status"]


def test_a_held_appointment_is_due_until_its_main_note_is_signed(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    _, missed = session_of(cast, when="2026-10-12 13:00")
    with at("2026-10-12 22:10"):
        cast.do("Marcus", mark_all, MarkAll(appointment_id=missed, status=AttendanceStatus.NO_SHOW))
    with at("2026-10-14 10:50"):
        due = cast.read("Marcus", documentation_due)
        assert [(d.appointment_id, d.kind, d.overdue, d.status) for d in due] == [
            (appointment_id, NoteKind.PROGRESS, False, None)
        ]
        assert str(due[0].due_at) == "2026-10-14 14:50:00+00:00"
        assert cast.read("Olga", documentation_due) == []
        assert cast.read("Dana", documentation_due) == []
    with at("2026-10-14 10:51"):
        assert cast.read("Marcus", documentation_due)[0].overdue
        memo = start(cast, "Marcus", appointment_id, NoteKind.MEMO)
        cast.do("Marcus", finish_memo, FinishMemo(note_id=memo, revision=fill(cast, "Marcus", memo)))
        assert len(cast.read("Marcus", documentation_due)) == 1
        note_id = start(cast, "Marcus", appointment_id)
        found = cast.read("Marcus", documentation_due)[0]
        assert (found.note_id, found.status) == (note_id, NoteStatus.DRAFT)
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
        assert cast.read("Marcus", documentation_due) == []
    with database.reading(cast.engine) as session:
        assert note_states_of(session, [appointment_id, missed]) == {appointment_id: NoteStatus.LOCKED}


def test_a_supervisor_sees_what_their_associate_owes_once_the_hours_are_over(cast: Cast) -> None:
    _, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-14 10:50"):
        assert cast.read("Ruth", documentation_due) == []
        assert [d.appointment_id for d in cast.read("Priya", documentation_due)] == [appointment_id]
    with at("2026-10-14 10:51"):
        assert [d.appointment_id for d in cast.read("Ruth", documentation_due)] == [appointment_id]
        assert cast.read("Marcus", documentation_due) == []


def test_the_appointment_offers_what_fits_and_is_not_begun(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, CaseType.THERAPY_GROUP)
    block = cast.read("Marcus", note_block, appointment_id)
    assert block.offered == (NoteKind.GROUP, NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO)
    assert block.main is NoteKind.GROUP
    start(cast, "Marcus", appointment_id, NoteKind.GROUP)
    block = cast.read("Marcus", note_block, appointment_id)
    assert block.offered == (NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO)
    assert [(line.kind, line.status) for line in block.lines] == [(NoteKind.GROUP, NoteStatus.DRAFT)]
    assert cast.read("Dana", note_block, appointment_id).offered == ()
    assert cast.read("Tom", note_block, appointment_id).offered == ()
    assert [line.appointment_id for line in cast.read("Marcus", appointments_to_write, case_id)] == [appointment_id]


def test_the_last_signed_note_of_the_case_stands_beside_the_new_one(cast: Cast) -> None:
    case_id, first = session_of(cast)
    second = hold(cast, case_id, "IND50", "2026-10-19 10:00")
    with at("2026-10-19 22:00"):
        note_id = start(cast, "Marcus", second)
        assert page(cast, "Marcus", note_id).previous is None
        earlier = start(cast, "Marcus", first)
        fill(cast, "Marcus", earlier, "Last week.")
        sign(cast, "Marcus", earlier)
        beside = page(cast, "Marcus", note_id).previous
    assert beside is not None
    assert (beside.note_id, beside.sections[0].text) == (earlier, "Last week.")
    assert {r.resource_id for r in audit_rows(cast, "open_note")} == {note_id, earlier}


def test_a_line_says_when_its_author_signed_and_who_signed_beside_them_when(cast: Cast) -> None:
    case_id, note_id = signed_note(cast, "Priya")
    (line,) = cast.read("Priya", notes_of_case, case_id)
    assert standing(line, ZONE) == "Submitted by Priya Nair, Mon 12 Oct 2026, 22:00"
    with at("2026-10-13 12:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    (line,) = cast.read("Priya", notes_of_case, case_id)
    assert standing(line, ZONE) == (
        "Signed by Priya Nair, Mon 12 Oct 2026, 22:00; co-signed by Ruth Feldman, Tue 13 Oct 2026, 12:00")
    decoy_case, _ = signed_note(cast)
    (line,) = cast.read("Marcus", notes_of_case, decoy_case)
    assert standing(line, ZONE) == "Signed by Marcus Bell, Mon 12 Oct 2026, 22:00"


def test_the_note_before_is_read_and_logged_where_it_is_drawn_alone(cast: Cast) -> None:
    case_id, first = session_of(cast, by="Priya")
    second = hold(cast, case_id, "IND50", "2026-10-13 10:00", by="Priya")
    made = []
    with at("2026-10-13 22:00"):
        for appointment_id in (first, second):
            made.append(start(cast, "Priya", appointment_id))
            fill(cast, "Priya", made[-1], "Last week.")
            sign(cast, "Priya", made[-1])

    def opened(day: str) -> set[tuple[str, int | None]]:
        names = {staff_id: name for name, staff_id in cast.staff.items()}
        return {(names[r.staff_id], r.resource_id) for r in audit_rows(cast, "open_note") if str(r.at)[:10] == day}

    with at("2026-10-14 09:00"):
        beside = page(cast, "Ruth", made[1]).previous
        assert beside is not None
        assert (beside.note_id, beside.sections[0].text) == (made[0], "Last week.")
        assert page(cast, "Priya", made[1]).previous is None
        assert opened("2026-10-14") == {("Ruth", made[0]), ("Ruth", made[1]), ("Priya", made[1])}
        cast.do("Ruth", cosign_note, CosignNote(note_id=made[1], version=1))
    with at("2026-10-15 09:00"):
        assert page(cast, "Ruth", made[1]).previous is None
        assert opened("2026-10-15") == {("Ruth", made[1])}


def test_no_note_text_is_in_any_audit_row(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment=SENTINEL))
    with database.reading(cast.engine) as session:
        assert not [r.seq for r in session.scalars(select(AuditRow)) if "Heron" in r.detail]


def test_an_addendum_by_a_provider_stands_alone_and_leaves_the_note_as_it_was(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    asked = AddAddendum(note_id=note_id, reason="correction", text="**50**, not 45 minutes.")
    for _ in range(2):
        cast.do("Marcus", add_addendum, asked)
    shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert [(a.text, a.reason, a.name, a.awaits) for a in shown.addenda] == [
        ("**50**, not 45 minutes.", "correction", "Marcus Bell, LMFT", "")
    ]
    assert {s.text for s in shown.sections if s.required} == {SENTINEL}
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(Addendum)))) == 1
