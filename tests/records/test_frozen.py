"""What was signed, added, commented or logged is not changed by hand-written SQL either."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.vocabulary import CaseType, NoteKind
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.note_pages import NotePage, note_page
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold

SOAP = ("subjective", "objective", "assessment", "plan")
STATEMENTS = (
    "update note set sections = '{}'", "update note set parts = '{\"1\": \"x\"}'", "update note set kind = 'memo'",
    "update note set form = 'dap'", "update note set case_id = 1", "update note set author_id = 1",
    "update note set service_date = '2020-01-01'", "update note set version = 1", "update note set status = 'draft'",
    "update note set status = 'returned'", "update note set status = 'submitted'", "delete from note",
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
