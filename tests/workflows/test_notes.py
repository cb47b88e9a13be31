"""Notes: which kinds fit, who reads them, how drafts are kept."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.staff import Staff
from practicerunner.rules.notes import forms_for
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.documentation import my_queue, note_block, notes_of_case
from practicerunner.workflows.note_pages import NoteFacts, NotePage, note_page
from practicerunner.workflows.notes import NoteDoesNotFit, SaveDraft, save_draft
from practicerunner.workflows.psychotherapy import SavePsychotherapyNote, save_psychotherapy_note
from tests.cast import Cast, at
from tests.rules.test_notes import FITTING
from tests.workflows.writing import SENTINEL, audit_rows, fill, page, row, session_of, sign, signed_note, start


@pytest.mark.parametrize("case_type", CaseType)
def test_only_the_kinds_that_fit_a_case_can_be_written(cast: Cast, case_type: CaseType) -> None:
    case_id, appointment_id = session_of(cast, case_type)
    for kind in NoteKind:
        if kind is NoteKind.PSYCHOTHERAPY:
            save = SavePsychotherapyNote(appointment_id=appointment_id, text="Thoughts.")
            if kind in FITTING[case_type]:
                assert cast.do("Marcus", save_psychotherapy_note, save)
            else:
                with pytest.raises(NoteDoesNotFit):
                    cast.do("Marcus", save_psychotherapy_note, save)
        elif kind in FITTING[case_type]:
            assert row(cast, start(cast, "Marcus", appointment_id, kind)).form == forms_for(kind)[0]
        else:
            with pytest.raises(NoteDoesNotFit, match="does not belong"):
                start(cast, "Marcus", appointment_id, kind)
    lines = cast.read("Marcus", notes_of_case, case_id)
    assert {line.kind for line in lines} == FITTING[case_type]


def test_every_signed_kind_goes_from_draft_to_locked_to_amended(cast: Cast) -> None:
    for case_type, kind in ((CaseType.INDIVIDUAL, NoteKind.PROGRESS), (CaseType.THERAPY_GROUP, NoteKind.GROUP),
                            (CaseType.INDIVIDUAL_CONSULTATION, NoteKind.CONSULTATION)):
        hour = {NoteKind.PROGRESS: 8, NoteKind.GROUP: 12, NoteKind.CONSULTATION: 16}[kind]
        _, appointment_id = session_of(cast, case_type, when=f"2026-10-12 {hour:02}:00")
        with at("2026-10-12 22:00"):
            note_id = start(cast, "Marcus", appointment_id, kind)
            fill(cast, "Marcus", note_id)
            sign(cast, "Marcus", note_id)
            assert row(cast, note_id).status is NoteStatus.LOCKED
            cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        assert row(cast, note_id).status is NoteStatus.AMENDED


def test_a_second_start_goes_on_with_the_first_note_and_another_form_must_exist(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    first = start(cast, "Marcus", appointment_id, form="dap")
    assert start(cast, "Marcus", appointment_id, form="soap") == first
    assert row(cast, first).form == "dap"
    memo = start(cast, "Marcus", appointment_id, NoteKind.MEMO)
    assert memo != first
    _, other = session_of(cast, when="2026-10-12 13:00")
    with pytest.raises(BadInput) as refused:
        start(cast, "Marcus", other, form="memo")
    assert refused.value.field == "form"


def test_a_stranger_finds_neither_the_appointment_nor_the_note(cast: Cast) -> None:
    case_id, note_id = signed_note(cast)
    appointment_id = row(cast, note_id).appointment_id
    for attempt in (
        lambda: start(cast, "Olga", appointment_id or 0),
        lambda: page(cast, "Olga", note_id),
        lambda: cast.read("Olga", notes_of_case, case_id),
        lambda: cast.read("Olga", note_block, appointment_id),
        lambda: cast.do("Olga", save_draft, SaveDraft(note_id=note_id, revision=1, sections={})),
        lambda: cast.do("Olga", add_addendum, AddAddendum(note_id=note_id, reason="x", text="y")),
        lambda: cast.do("Olga", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id or 0, text="x")),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_the_desk_sees_state_and_dates_and_never_the_text(cast: Cast) -> None:
    case_id, note_id = signed_note(cast)
    shown = page(cast, "Tom", note_id)
    assert isinstance(shown, NoteFacts)
    assert not shown.needs_reason
    assert shown.line.status is NoteStatus.LOCKED
    assert shown.line.service_date == date(2026, 10, 12)
    appointment_id = row(cast, note_id).appointment_id
    everything = repr([shown, cast.read("Tom", notes_of_case, case_id), cast.read("Tom", note_block, appointment_id)])
    assert "Heron" not in everything
    assert "can_open=False" in everything
    with pytest.raises(NotPermitted):
        start(cast, "Tom", appointment_id or 0)
    with pytest.raises(NotPermitted):
        cast.read("Tom", my_queue)


def test_an_owner_reads_only_as_clinical_director_with_a_typed_reason_that_is_logged(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    closed = page(cast, "Dana", note_id, "curious")
    assert isinstance(closed, NoteFacts)
    assert not closed.needs_reason
    assert "Heron" not in repr(closed)
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    asking = page(cast, "Dana", note_id)
    assert isinstance(asking, NoteFacts)
    assert asking.needs_reason
    assert not audit_rows(cast, "open_note")
    opened = page(cast, "Dana", note_id, "complaint 12")
    assert isinstance(opened, NotePage)
    assert opened.sections[0].text == SENTINEL
    assert not opened.may_write
    assert not opened.may_amend
    logged = audit_rows(cast, "open_note")
    assert [(r.staff_id, r.resource_id, r.detail) for r in logged] == [
        (cast.staff["Dana"], note_id, "reason: complaint 12")
    ]


def test_each_reading_is_logged_once_and_a_page_that_redraws_is_one_reading(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    with at("2026-10-13 09:00"):
        page(cast, "Marcus", note_id)
        page(cast, "Marcus", note_id)
    with at("2026-10-13 09:20"):
        page(cast, "Marcus", note_id)
    assert [r.staff_id for r in audit_rows(cast, "open_note")] == [cast.staff["Marcus"]] * 2
    with pytest.raises(RuntimeError, match="transaction"), at("2026-10-13 12:00"):
        cast.read("Marcus", note_page, note_id)


def test_two_editors_of_one_draft_the_second_save_is_refused_and_the_first_text_stays(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"plan": "First."}))
    with pytest.raises(Stale):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"plan": "Second."}))
    note = row(cast, note_id)
    assert (note.sections, note.revision) == ({"plan": "First."}, 2)


def test_saving_the_same_text_again_makes_no_new_revision(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    typed = "  kept\tas typed \n\n" + SENTINEL
    for _ in range(2):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=row(cast, note_id).revision,
                                                sections={"plan": typed}))
    assert (row(cast, note_id).sections, row(cast, note_id).revision) == ({"plan": typed}, 2)
    with pytest.raises(BadInput, match="no such section"):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=2, sections={"diagnosis": "x"}))
