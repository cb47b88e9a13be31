"""Signing a note: what it fixes, when it is refused, when it is late."""

import hashlib
import json
import threading
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import NoteIsSigned, NotPermitted
from practicerunner.records.notes import NoteVersion, Signature
from practicerunner.vocabulary import NoteStatus, SignatureRole
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.notes import (
    DiscardDraft,
    FinishMemo,
    NoteIsIncomplete,
    SaveDraft,
    discard_draft,
    finish_memo,
    save_draft,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at
from tests.workflows.writing import SENTINEL, fill, page, row, session_of, sign, signed_note, start


def test_a_signature_fixes_name_credentials_time_and_hash_and_locks_in_one_step(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    note = row(cast, note_id)
    assert (note.status, note.version) == (NoteStatus.LOCKED, 1)
    with database.reading(cast.engine) as session:
        version = session.scalars(select(NoteVersion)).one()
        signature = session.scalars(select(Signature)).one()
    assert (signature.name, signature.credentials, signature.role) == ("Marcus Bell", "LMFT", SignatureRole.AUTHOR)
    assert str(signature.signed_at) == "2026-10-13 02:00:00+00:00"
    assert signature.signed_at == note.locked_at
    plain = json.dumps(version.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert signature.text_hash == version.text_hash == hashlib.sha256(plain.encode()).hexdigest()
    assert version.content["sections"] == dict.fromkeys(("subjective", "objective", "assessment", "plan"), SENTINEL)
    shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert [s.intact for s in shown.signatures] == [True]
    assert shown.header.present == ("Noor Haddad",)
    assert not shown.header.late_entry


def test_the_second_click_on_sign_signs_once(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Marcus", appointment_id)
        asked = SignNote(note_id=note_id, revision=fill(cast, "Marcus", note_id))
        assert cast.do("Marcus", sign_note, asked) == cast.do("Marcus", sign_note, asked) == note_id
        with pytest.raises(NoteIsSigned):
            cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=asked.revision))
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(Signature)))) == 1
        assert len(list(session.scalars(select(NoteVersion)))) == 1


def test_two_clicks_at_the_same_moment_sign_once(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    revision = fill(cast, "Marcus", note_id)
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def click() -> None:
        barrier.wait()
        try:
            cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=revision))
            outcomes.append("signed")
        except NoteIsSigned:
            outcomes.append("refused")

    with at("2026-10-12 22:00"):
        clicks = [threading.Thread(target=click) for _ in range(2)]
        [c.start() for c in clicks]
        [c.join() for c in clicks]
    assert sorted(outcomes) == ["refused", "signed"]


def test_a_signed_note_refuses_every_verb_of_a_draft_by_its_author_and_by_others(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    revision = row(cast, note_id).revision
    attempts = (
        (save_draft, SaveDraft(note_id=note_id, revision=revision, sections={"plan": "Other."})),
        (sign_note, SignNote(note_id=note_id, revision=revision)),
        (discard_draft, DiscardDraft(note_id=note_id)),
        (finish_memo, FinishMemo(note_id=note_id, revision=revision)),
    )
    for verb, asked in attempts:
        with pytest.raises(NoteIsSigned):
            cast.do("Marcus", verb, asked)
        with pytest.raises(NotPermitted):
            cast.do("Dana", verb, asked.model_copy(update={"op": asked.op + "d"}))
    assert row(cast, note_id).sections["plan"] == SENTINEL


@pytest.mark.parametrize("statement", [
    "update note_version set content = '{}'", "delete from note_version", "update signature set name = 'X'",
    "update note set sections = '{}'", "update note set parts = '{\"1\": \"x\"}'", "update note set form = 'dap'",
    "update note set kind = 'memo'", "update note set status = 'draft'", "update note set service_date = '2026-01-01'",
    "delete from note", "update addendum set text = 'X'", "delete from addendum",
])
def test_the_database_itself_refuses_to_change_what_was_signed(cast: Cast, statement: str) -> None:
    _, note_id = signed_note(cast)
    cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.execute(text(statement))
    assert row(cast, note_id).sections["plan"] == SENTINEL


def test_a_draft_can_still_be_changed_and_deleted_in_the_database(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    start(cast, "Marcus", appointment_id)
    with database.transaction(cast.engine) as session:
        session.execute(text("update note set sections = '{\"plan\": \"x\"}'"))
        session.execute(text("delete from note"))


def test_a_note_is_not_signed_with_a_required_section_empty_or_before_the_appointment(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    with pytest.raises(NoteIsIncomplete, match="Subjective, Objective, Assessment, Plan"), at("2026-10-12 22:00"):
        sign(cast, "Marcus", note_id)
    fill(cast, "Marcus", note_id)
    with pytest.raises(NoteIsIncomplete, match="after its appointment has begun"), at("2026-10-12 09:59"):
        sign(cast, "Marcus", note_id)
    assert row(cast, note_id).version == 0


def test_a_note_signed_on_the_fourth_day_says_that_it_is_late(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    with at("2026-10-16 08:00"):
        note_id = start(cast, "Marcus", appointment_id)
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
    with at("2026-11-20 08:00"):
        shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert shown.header.late_entry
    assert shown.header.entered_on == date(2026, 10, 16)
