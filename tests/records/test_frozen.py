"""What was signed, added, commented or logged is not changed by hand-written SQL either."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.records.notes import ReviewComment
from practicerunner.records.triggers import ensure_triggers
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.note_pages import NotePage, note_page
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.psychotherapy import (
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    finish_psychotherapy_note,
    save_psychotherapy_note,
)
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold

SOAP = ("subjective", "objective", "assessment", "plan")
STATEMENTS = (
    "update note set sections = '{}'", "update note set parts = '{\"1\": \"x\"}'", "update note set kind = 'memo'",
    "update note set form = 'dap'", "update note set case_id = 1", "update note set author_id = 1",
    "update note set service_date = '2020-01-01'", "update note set version = 1", "update note set status = 'draft'",
    "update note set status = 'returned'", "update note set status = 'submitted'", "delete from note",
    "update note set status = 'locked'", "update note set status = 'final'",
    "update note set supervisor_id = author_id", "update note set locked_at = '2020-01-01'",
    "update note set submitted_at = '2020-01-01'",
    "update note set appointment_id = null", "update note set review_as = 'approver'",
    "update note set created_at = '2020-01-01'",
    "update addendum_review set done_at = '2020-01-01'", "update addendum_review set supervisor_id = (select author_id "
    "from note)", "delete from addendum_review",
    "update note_version set content = '{}'", "update note_version set text_hash = ''", "delete from note_version",
    "update signature set name = 'Somebody'", "update signature set signed_at = '2020-01-01'",
    "update signature set licence = 'X'", "delete from signature",
    "update review_comment set text = 'Fine.'", "delete from review_comment",
    "update addendum set text = 'Fine.'", "update addendum set reason = 'x'", "delete from addendum",
    "update addendum_signature set name = 'Somebody'", "delete from addendum_signature",
    "update audit_log set detail = ''", "update audit_log set staff_id = 1", "delete from audit_log",
)


@pytest.fixture
def note_id(cast: Cast) -> int:
    """An associate's note that was returned, revised, co-signed and amended."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00", by="Priya")
    with at("2026-10-13 09:00"):
        note_id = cast.do("Priya", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
        for version, revision in ((1, 1), (2, 4)):
            cast.do("Priya", save_draft, SaveDraft(
                note_id=note_id, revision=revision, sections=dict.fromkeys(SOAP, f"Said {version}.")))
            cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=revision + 1))
            if version == 1:
                cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        (addendum,) = page(cast, note_id).addenda
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    return int(note_id)


def page(cast: Cast, note_id: int) -> NotePage:
    actor = cast.actor("Priya")
    with database.transaction(cast.engine) as session:
        found = note_page(session, actor, note_id)
    assert isinstance(found, NotePage)
    return found


def test_hand_written_sql_changes_nothing_that_was_signed_or_logged(cast: Cast, note_id: int) -> None:
    before = page(cast, note_id)
    for statement in STATEMENTS:
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))
    assert page(cast, note_id) == before
    assert all(signature.intact for signature in before.signatures)


def refused(cast: Cast, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def written(cast: Cast) -> tuple[int, int]:
    """An associate's draft, and its appointment."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00", by="Priya")
    with at("2026-10-13 09:00"):
        note_id = cast.do("Priya", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
        cast.do("Priya", save_draft, SaveDraft(
            note_id=note_id, revision=1, sections=dict.fromkeys(SOAP, "Said.")))
    return note_id, appointment_id


def test_no_note_is_submitted_locked_or_amended_without_what_brings_it_there(cast: Cast) -> None:
    note_id, _ = written(cast)
    refused(cast, *(f"update note set status = '{word}'" for word in ("submitted", "locked", "amended")))
    with at("2026-10-13 10:00"):
        cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=2))
        refused(cast, *(f"update note set status = '{word}'" for word in (
            "locked", "amended", "draft", "final", "returned")))
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
        refused(cast, "update note set status = 'amended'")
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        refused(cast, "update addendum_review set done_at = '2026-10-13'", "delete from addendum_review",
                "update note set status = 'locked'")
        (addendum,) = page(cast, note_id).addenda
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    assert [one.awaits for one in page(cast, note_id).addenda] == [""]


def test_no_note_goes_back_without_a_comment_on_its_last_version(cast: Cast) -> None:
    note_id, _ = written(cast)
    back = "update note set status = 'returned'"
    refused(cast, back)  # nor does a draft that nobody has handed in
    with at("2026-10-13 10:00"):
        cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=2))
        refused(cast, back)
        comment(cast, note_id, 1, "Priya")
        refused(cast, back)  # her own word on it
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=page(cast, note_id).revision))
        refused(cast, back)  # what was said of the version before
        comment(cast, note_id, 2, "Ruth")
        with database.transaction(cast.engine) as session:
            session.execute(text(back))
    assert page(cast, note_id).line.status is NoteStatus.RETURNED


def comment(cast: Cast, note_id: int, version: int, by: str) -> None:
    with database.transaction(cast.engine) as session:
        session.add(ReviewComment(note_id=note_id, version=version, staff_id=cast.staff[by], text="Said by hand."))


def test_a_final_private_note_stays_as_it_is_and_a_draft_does_not(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    _, appointment_id = written(cast)
    note_id = 0
    for revision in (0, 1):
        note_id = cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text="Mine."))
    cast.do("Priya", finish_psychotherapy_note, FinishPsychotherapyNote(
        appointment_id=appointment_id, note_id=note_id, revision=2))
    refused(cast, "update psychotherapy_note set text_hash = 'x'", "update psychotherapy_note set status = 'draft'",
            "delete from psychotherapy_note")


def test_a_guard_that_was_written_otherwise_is_made_anew(cast: Cast) -> None:
    note_id, _ = written(cast)
    name, on = "fixed_note_update", "" if cast.engine.dialect.name == "sqlite" else " on note"
    older = {
        "sqlite": f"create trigger {name} before update on note when old.status = 'x' begin select 1; end",
        "postgresql": f"create trigger {name} before update on note for each row when (old.status = 'x') "
                      "execute function refuse_change()",
    }[cast.engine.dialect.name]
    with cast.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"drop trigger {name}{on}")
        connection.exec_driver_sql(older)
    assert database.missing_triggers(cast.engine) == {name}
    with cast.engine.execution_options(writes=True).begin() as connection:
        marked = connection.execute(text("select max(seq) from change_log")).scalar()
        ensure_triggers(connection)
        assert connection.execute(text("select max(seq) from change_log")).scalar() == marked
    assert database.missing_triggers(cast.engine) == set()
    refused(cast, f"update note set status = 'locked' where id = {note_id}")
