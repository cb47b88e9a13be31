"""The memo of an appointment: who writes it, and that the front desk reads what is marked for it and no other."""

from datetime import time
from typing import Any

import pytest

from practicerunner import database, ids
from practicerunner.errors import NotFound, NotPermitted, Stale
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus, Role
from practicerunner.workflows.booking import book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.discarded_drafts import PutBackDraft, put_back_draft
from practicerunner.workflows.documentation import note_block
from practicerunner.workflows.memos import WriteMemo, write_memo
from practicerunner.workflows.note_pages import NoteFacts, NotePage, note_page
from practicerunner.workflows.notes import (
    DiscardDraft,
    FinishMemo,
    MarkMemo,
    SaveDraft,
    StartNote,
    discard_draft,
    finish_memo,
    mark_memo,
    save_draft,
    start_note,
)
from practicerunner.workflows.scheduling import ChangeAppointment, change_appointment
from tests.cast import Cast
from tests.workflows.booking import asked, row
from tests.workflows.supervising import change
from tests.workflows.writing import row as note_row


@pytest.fixture
def ida(cast: Cast) -> int:
    """An individual case of Priya, whom Ruth supervises; Ruth treats nobody."""
    change(cast, "Ruth", roles=frozenset({Role.SUPERVISOR}))
    return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Priya")


def memo(cast: Cast, who: str, appointment_id: int) -> str | None:
    found: str | None = cast.read(who, appointment_page, appointment_id).memo
    return found


def written(cast: Cast, appointment_id: int, text: str, **more: Any) -> WriteMemo:
    return WriteMemo(appointment_id=appointment_id, revision=row(cast, appointment_id).revision, text=text, **more)


def change_of(cast: Cast, appointment_id: int, **more: Any) -> ChangeAppointment:
    found = row(cast, appointment_id)
    return ChangeAppointment(
        appointment_id=appointment_id, revision=found.revision, service_id=found.service_id,
        fee_cents=found.fee_cents, location_id=found.location_id, **more)


def test_the_front_desk_reads_a_memo_that_is_marked_for_it_and_writes_none(cast: Cast, ida: int) -> None:
    one = cast.do("Priya", book, asked(cast, ida, memo="Ask about the move."))
    other = cast.do("Priya", book, asked(cast, ida, local_time=time(12), memo="Brings the form.", memo_for_desk=True))
    assert (memo(cast, "Priya", one), memo(cast, "Tom", one)) == ("Ask about the move.", None)
    assert "move" not in repr(cast.read("Tom", appointment_page, one))
    assert memo(cast, "Tom", other) == memo(cast, "Ruth", other) == memo(cast, "Dana", other) == "Brings the form."
    for who in ("Tom", "Dana"):
        assert not cast.read(who, appointment_page, other).may_write_memo
    for verb, command in ((book, asked(cast, ida, local_time=time(15), memo="x")),
                          (book, asked(cast, ida, local_time=time(15), memo="x", memo_for_desk=True)),
                          (change_appointment, change_of(cast, one, memo="x")),
                          (change_appointment, change_of(cast, other, memo="x", memo_for_desk=True)),
                          (change_appointment, change_of(cast, one, memo="", memo_for_desk=True)),
                          (write_memo, written(cast, other, "x", for_desk=True))):
        with pytest.raises(NotPermitted):
            cast.do("Tom", verb, command)
    cast.do("Tom", change_appointment, change_of(cast, other))
    assert memo(cast, "Tom", other) == "Brings the form.", "who writes none leaves it as it is"
    cast.do("Priya", change_appointment, change_of(cast, one, memo="Ask about the move.", memo_for_desk=True))
    cast.do("Priya", change_appointment, change_of(cast, other, memo="Brings the form."))
    assert (memo(cast, "Tom", one), memo(cast, "Tom", other)) == ("Ask about the move.", None)


def test_who_only_supervises_writes_the_memo_of_a_supervisee_s_appointment(cast: Cast, ida: int) -> None:
    one = cast.do("Priya", book, asked(cast, ida))
    others = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    strange = cast.do("Marcus", book, asked(cast, others))
    page = cast.read("Ruth", appointment_page, one)
    assert (page.may_write_memo, page.may_change) == (True, False)
    click = WriteMemo(op=ids.new_operation(), appointment_id=one, revision=page.revision, text="Bring the form.")
    assert cast.do("Ruth", write_memo, click) == cast.do("Ruth", write_memo, click) == one
    assert memo(cast, "Priya", one) == "Bring the form."
    with pytest.raises(Stale):
        cast.do("Priya", write_memo, click.model_copy(update={"op": "stale"}))
    cast.do("Ruth", write_memo, written(cast, one, "Bring the form.", for_desk=True))
    assert memo(cast, "Tom", one) == "Bring the form."
    for who, appointment_id in (("Ruth", strange), ("Olga", one), ("Ruth", 4711)):
        with pytest.raises(NotFound):
            cast.do(who, write_memo, WriteMemo(appointment_id=appointment_id, revision=1, text="x"))


def test_who_only_supervises_begins_and_finishes_an_internal_memo_and_no_other_note(cast: Cast, ida: int) -> None:
    one = cast.do("Priya", book, asked(cast, ida))
    strange = cast.do("Marcus", book, asked(cast, cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")))
    assert cast.read("Ruth", note_block, one).offered == (NoteKind.MEMO,)
    assert NoteKind.PROGRESS in cast.read("Priya", note_block, one).offered
    for kind in (NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY):
        with pytest.raises(NotPermitted):
            cast.do("Ruth", start_note, StartNote(appointment_id=one, kind=kind))
    with pytest.raises(NotFound):
        cast.do("Ruth", start_note, StartNote(appointment_id=strange, kind=NoteKind.MEMO))
    with pytest.raises(NotPermitted):
        cast.do("Tom", start_note, StartNote(appointment_id=one, kind=NoteKind.MEMO))
    begun = cast.do("Ruth", start_note, StartNote(appointment_id=one, kind=NoteKind.MEMO))
    assert cast.read("Ruth", note_block, one).offered == ()
    cast.do("Ruth", save_draft, SaveDraft(note_id=begun, revision=1, sections={"text": "Talk about the room."}))
    cast.do("Ruth", finish_memo, FinishMemo(note_id=begun, revision=2))
    assert note_row(cast, begun).status is NoteStatus.FINAL


def test_the_front_desk_opens_an_internal_memo_that_its_author_marked_for_it_and_no_other_note(
    cast: Cast, ida: int
) -> None:
    one = cast.do("Priya", book, asked(cast, ida))
    begun, noted = (cast.do("Priya", start_note, StartNote(appointment_id=one, kind=kind))
                    for kind in (NoteKind.MEMO, NoteKind.PROGRESS))
    cast.do("Priya", save_draft, SaveDraft(note_id=begun, revision=1, sections={"text": "Needs the lift."}))

    def opens(who: str) -> str | None:
        with database.transaction(cast.engine) as session:
            found = note_page(session, cast.actor(who), begun)
        assert isinstance(found, NotePage) or "lift" not in repr(found)
        return found.sections[0].text if isinstance(found, NotePage) else None

    assert (opens("Tom"), opens("Dana"), opens("Ruth")) == (None, "Needs the lift.", "Needs the lift.")
    for who, note_id in (("Tom", begun), ("Ruth", begun), ("Dana", begun), ("Priya", noted)):
        with pytest.raises(NotPermitted):
            cast.do(who, mark_memo, MarkMemo(note_id=note_id, for_desk=True))
    cast.do("Priya", mark_memo, MarkMemo(note_id=begun, for_desk=True))
    assert opens("Tom") == "Needs the lift."
    assert {line.note_id: line.can_open for line in cast.read("Tom", note_block, one).lines} == {
        begun: True, noted: False}
    with pytest.raises(NotPermitted):
        cast.do("Tom", save_draft, SaveDraft(note_id=begun, revision=2, sections={"text": "x"}))
    cast.do("Priya", discard_draft, DiscardDraft(note_id=begun))
    cast.do("Priya", put_back_draft, PutBackDraft(draft_id=begun))
    cast.do("Priya", finish_memo, FinishMemo(note_id=begun, revision=2))
    assert opens("Tom") == "Needs the lift."
    cast.do("Priya", mark_memo, MarkMemo(note_id=begun, for_desk=False))
    assert opens("Tom") is None
    with database.transaction(cast.engine) as session:
        assert isinstance(note_page(session, cast.actor("Tom"), noted), NoteFacts)
