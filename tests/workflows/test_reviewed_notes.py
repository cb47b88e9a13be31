"""Notes that wait for a supervisor, drafts that are discarded, and memos."""

import pytest

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules.notes import AwaitingCosignature
from practicerunner.vocabulary import NoteKind, NoteStatus, Role, SignatureRole
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.documentation import my_queue, notes_of_case
from practicerunner.workflows.note_pages import NoteFacts, NotePage
from practicerunner.workflows.notes import DiscardDraft, FinishMemo, SaveDraft, discard_draft, finish_memo, save_draft
from practicerunner.workflows.reviews import CosignNote, OwnNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.supervision import NoSupervisor
from tests.cast import Cast, at
from tests.workflows.writing import audit_rows, fill, page, row, session_of, sign, signed_note, start


def test_an_associates_note_is_returned_revised_cosigned_and_amended(cast: Cast) -> None:
    """SC06."""
    case_id, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-13 09:05"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id, "Version one.")
        sign(cast, "Priya", note_id)
    note = row(cast, note_id)
    assert (note.status, note.supervisor_id, note.locked_at) == (NoteStatus.SUBMITTED, cast.staff["Ruth"], None)
    assert [line.note_id for line in cast.read("Ruth", my_queue).to_review] == [note_id]
    for verb, asked in ((save_draft, SaveDraft(note_id=note_id, revision=note.revision, sections={"plan": "x"})),
                        (sign_note, SignNote(note_id=note_id, revision=note.revision))):
        with pytest.raises(AwaitingCosignature):
            cast.do("Priya", verb, asked)
    with pytest.raises(OwnNote):
        cast.do("Priya", cosign_note, CosignNote(note_id=note_id, version=1))
    with pytest.raises(NotFound):
        cast.do("Marcus", cosign_note, CosignNote(note_id=note_id, version=1))
    with at("2026-10-13 17:40"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="What is the *plan*?"))
    assert not cast.read("Ruth", my_queue).to_review
    (line, (comment,)), = cast.read("Priya", my_queue).returned
    assert (line.note_id, comment.text, comment.name) == (note_id, "What is the *plan*?", "Ruth Feldman")
    with at("2026-10-14 08:15"):
        fill(cast, "Priya", note_id, "Version two.")
        sign(cast, "Priya", note_id)
    with pytest.raises(Stale):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    with at("2026-10-14 12:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
    assert row(cast, note_id).status is NoteStatus.LOCKED
    for reader in ("Priya", "Ruth"):
        shown = page(cast, reader, note_id)
        assert isinstance(shown, NotePage)
        assert [v.sections[0].text for v in shown.versions] == ["Version one.", "Version two."]
        assert [c.text for c in shown.comments] == ["What is the *plan*?"]
        assert [(s.name, s.role, s.version, s.intact) for s in shown.signatures] == [
            ("Priya Nair, LMFT", SignatureRole.AUTHOR, 1, True), ("Priya Nair, LMFT", SignatureRole.AUTHOR, 2, True),
            ("Ruth Feldman, LMFT", SignatureRole.CO_SIGNER, 2, True),
        ]
        assert {s.text for s in shown.sections if s.required} == {"Version two."}
    with at("2026-10-20 09:00"):
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50, not 45 minutes."))
    assert row(cast, note_id).status is NoteStatus.AMENDED
    (waiting, _), = cast.read("Ruth", my_queue).addenda
    assert waiting.note_id == note_id
    addendum = page(cast, "Ruth", note_id).addenda[0]
    assert (addendum.awaits, addendum.may_cosign, addendum.cosigned_by) == ("Ruth Feldman", True, "")
    for name, refusal in (("Priya", OwnNote), ("Marcus", NotFound)):
        with pytest.raises(refusal):
            cast.do(name, cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    with pytest.raises(RuleViolation, match="does not wait"):
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    addendum = page(cast, "Priya", note_id).addenda[0]
    assert (addendum.awaits, addendum.may_cosign, addendum.cosigned_by) == ("", False, "Ruth Feldman, LMFT")
    assert not cast.read("Ruth", my_queue).addenda
    assert cast.read("Ruth", notes_of_case, case_id)[0].can_open


def test_a_note_first_signed_in_time_is_not_late_when_it_is_revised_weeks_later(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    with at("2026-10-30 09:00"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        assert not page(cast, "Priya", note_id).header.late_entry
        fill(cast, "Priya", note_id, "More.")
        sign(cast, "Priya", note_id)
        assert not page(cast, "Priya", note_id).header.late_entry


def test_an_associate_without_a_supervisor_cannot_submit(cast: Cast) -> None:
    with database.reading(cast.engine) as session:
        priya = session.get_one(Staff, cast.staff["Priya"])
    with at("2026-09-01 09:00"):
        cast.do("Dana", change_staff, ChangeStaff(
            staff_id=priya.id, revision=priya.revision, first_name="Priya", last_name="Nair", email=priya.email,
            credentials="LMFT", roles=frozenset({Role.ASSOCIATE}), supervisor_id=None,
        ))
    _, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        with pytest.raises(NoSupervisor):
            sign(cast, "Priya", note_id)
        shown = page(cast, "Priya", note_id)
    assert isinstance(shown, NotePage)
    assert shown.lacks_supervisor
    assert (row(cast, note_id).status, row(cast, note_id).version) == (NoteStatus.DRAFT, 0)


def test_a_supervisor_cannot_cosign_or_return_a_note_of_their_own(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Ruth")
    assert row(cast, note_id).status is NoteStatus.LOCKED
    with pytest.raises(OwnNote):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    with pytest.raises(OwnNote):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="x"))


def test_only_the_author_writes_even_where_others_may_read(cast: Cast) -> None:
    _, appointment_id = session_of(cast, by="Priya")
    note_id = start(cast, "Priya", appointment_id)
    for name in ("Ruth", "Dana", "Marcus"):
        with pytest.raises(NotPermitted):
            cast.do(name, save_draft, SaveDraft(note_id=note_id, revision=1, sections={"plan": "x"}))
        with pytest.raises(NotPermitted):
            cast.do(name, discard_draft, DiscardDraft(note_id=note_id))
    assert row(cast, note_id).sections == {}


def test_a_draft_is_discarded_by_its_author_and_the_audit_log_says_so(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))
    with database.reading(cast.engine) as session:
        assert session.get(Note, note_id) is None
    assert [(r.resource_id, r.detail) for r in audit_rows(cast, "discard_draft")] == [
        (note_id, "progress of 2026-10-12")
    ]


def test_a_returned_note_cannot_be_discarded(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
    with pytest.raises(RuleViolation):
        cast.do("Priya", discard_draft, DiscardDraft(note_id=note_id))


def test_a_memo_is_draft_and_final_only(cast: Cast) -> None:
    _, appointment_id = session_of(cast, by="Priya")
    memo = start(cast, "Priya", appointment_id, NoteKind.MEMO)
    revision = fill(cast, "Priya", memo, "Bring the key.")
    with pytest.raises(RuleViolation, match="finished, not signed"):
        cast.do("Priya", sign_note, SignNote(note_id=memo, revision=revision))
    cast.do("Priya", finish_memo, FinishMemo(note_id=memo, revision=revision))
    assert row(cast, memo).status is NoteStatus.FINAL
    for verb, asked in ((save_draft, SaveDraft(note_id=memo, revision=revision + 1, sections={"text": "x"})),
                        (add_addendum, AddAddendum(note_id=memo, reason="x", text="y")),
                        (discard_draft, DiscardDraft(note_id=memo))):
        with pytest.raises(RuleViolation):
            cast.do("Priya", verb, asked)
    assert isinstance(page(cast, "Tom", memo), NoteFacts)
    assert isinstance(page(cast, "Dana", memo), NotePage)
