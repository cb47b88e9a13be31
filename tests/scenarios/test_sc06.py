"""SC06: an associate's note is returned, revised, co-signed, locked and amended."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NoteIsSigned, NotFound, NotPermitted, RuleViolation
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note, NoteVersion
from practicerunner.records.staff import Staff
from practicerunner.rules.notes import AwaitingCosignature
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus, Role, SignatureRole
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.documentation import my_queue, notes_of_case
from practicerunner.workflows.note_pages import NoteFacts, NotePage, note_page
from practicerunner.workflows.notes import DiscardDraft, SaveDraft, StartNote, discard_draft, save_draft, start_note
from practicerunner.workflows.reviews import CosignNote, OwnNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold

FIRST = {"subjective": "Slept **badly**; herons.", "objective": "Calm.", "assessment": "Steady.", "plan": "Weekly."}
SECOND = FIRST | {"plan": "Weekly, and a diary."}
COMMENTS = {"plan": "Until when?", "assessment": "Say on what you base this."}


def opened(cast: Cast, name: str, note_id: int, reason: str = "") -> NotePage | NoteFacts:
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return note_page(session, actor, note_id, reason)


def read(cast: Cast, name: str, note_id: int, reason: str = "") -> NotePage:
    page = opened(cast, name, note_id, reason)
    assert isinstance(page, NotePage)
    return page


def revision(cast: Cast, note_id: int) -> int:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id).revision


def write(cast: Cast, note_id: int, sections: dict[str, str]) -> None:
    cast.do("Priya", save_draft, SaveDraft(note_id=note_id, revision=revision(cast, note_id), sections=sections))
    cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=revision(cast, note_id)))


def test_returned_revised_cosigned_locked_and_amended(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00", by="Priya")
    with at("2026-10-12 18:00"):
        note_id = cast.do("Priya", start_note, StartNote(
            appointment_id=appointment_id, kind=NoteKind.PROGRESS, form="soap"))

    with at("2026-10-13 09:05"):
        write(cast, note_id, FIRST)
    assert [line.note_id for line in cast.read("Ruth", my_queue).to_review] == [note_id]
    for verb, asked in ((sign_note, SignNote(note_id=note_id, revision=revision(cast, note_id))),
                        (save_draft, SaveDraft(note_id=note_id, revision=revision(cast, note_id), sections=SECOND))):
        with pytest.raises(AwaitingCosignature):
            cast.do("Priya", verb, asked)
    with pytest.raises(OwnNote):
        cast.do("Priya", cosign_note, CosignNote(note_id=note_id, version=1))

    with at("2026-10-13 17:40"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, sections=COMMENTS))
    assert cast.read("Ruth", my_queue).to_review == ()
    (line, comments), = cast.read("Priya", my_queue).returned
    assert line.status is NoteStatus.RETURNED
    assert {c.text for c in comments} == set(COMMENTS.values())

    with at("2026-10-14 08:15"):
        write(cast, note_id, SECOND)
    with at("2026-10-14 12:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
    for name in ("Priya", "Ruth"):
        page = read(cast, name, note_id)
        assert page.line.status is NoteStatus.LOCKED
        assert [{s.key: s.text for s in v.sections if s.text} for v in page.versions] == [FIRST, SECOND]
        assert {(c.section, c.text) for c in page.comments} == {
            ("Plan", "Until when?"), ("Assessment", "Say on what you base this.")}
        assert [(s.name, s.role, f"{s.signed_at:%Y-%m-%d %H:%M}") for s in page.signatures if s.version == 2] == [
            ("Priya Nair, LMFT", SignatureRole.AUTHOR, "2026-10-14 12:15"),
            ("Ruth Feldman, LMFT", SignatureRole.CO_SIGNER, "2026-10-14 16:00"),
        ]
    nobody_changes_it(cast, note_id)
    amended(cast, note_id)
    who_reads_it(cast, case_id, note_id)


def nobody_changes_it(cast: Cast, note_id: int) -> None:
    """Any edit by anyone, owner included, is refused, and nothing but an addendum can be added."""
    now = revision(cast, note_id)
    acts: list[tuple[str, Callable[..., Any], Any]] = [
        (name, verb, asked) for name in ("Priya", "Ruth", "Dana", "Tom", "Marcus") for verb, asked in (
            (save_draft, SaveDraft(note_id=note_id, revision=now, sections={"plan": "Changed."})),
            (sign_note, SignNote(note_id=note_id, revision=now)), (discard_draft, DiscardDraft(note_id=note_id)),
            (return_note, ReturnNote(note_id=note_id, version=2, comment="No.")),
            (cosign_note, CosignNote(note_id=note_id, version=2)),
        )
    ]
    for name, verb, asked in acts:
        with pytest.raises((NoteIsSigned, NotFound, NotPermitted)):
            cast.do(name, verb, asked)
    assert revision(cast, note_id) == now


def amended(cast: Cast, note_id: int) -> None:
    with database.reading(cast.engine) as session:
        before = [v.content for v in session.scalars(select(NoteVersion).order_by(NoteVersion.number))]
    with at("2026-10-20 09:00"):
        cast.do("Priya", add_addendum, AddAddendum(
            note_id=note_id, reason="correction", text="length was 50, not 45 minutes"))
    with database.reading(cast.engine) as session:
        assert [v.content for v in session.scalars(select(NoteVersion).order_by(NoteVersion.number))] == before
    page = read(cast, "Priya", note_id)
    assert {s.key: s.text for s in page.sections if s.text} == SECOND
    (addendum,) = page.addenda
    assert (addendum.reason, addendum.text, addendum.awaits) == (
        "correction", "length was 50, not 45 minutes", "Ruth Feldman")
    assert [line.note_id for line, _ in cast.read("Ruth", my_queue).addenda] == [note_id]
    with pytest.raises(OwnNote):
        cast.do("Priya", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    with at("2026-10-20 10:00"):
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    assert cast.read("Ruth", my_queue).addenda == ()


def who_reads_it(cast: Cast, case_id: int, note_id: int) -> None:
    """Tom and Dana see state and dates; with the flag and a reason Dana reads, and the log has the reason."""
    for name in ("Tom", "Dana"):
        (line,) = cast.read(name, notes_of_case, case_id)
        assert (line.status, str(line.service_date), line.can_open) == (NoteStatus.AMENDED, "2026-10-12", False)
        assert "heron" not in repr(opened(cast, name, note_id, "because I own this place"))
    with pytest.raises(NotFound):
        opened(cast, "Olga", note_id)
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    assert "heron" not in repr(opened(cast, "Dana", note_id, "  "))
    assert read(cast, "Dana", note_id, "complaint of 20 October").sections[0].text == FIRST["subjective"]
    with database.reading(cast.engine) as session:
        said = session.scalars(select(AuditRow.detail).where(
            AuditRow.staff_id == cast.staff["Dana"], AuditRow.action == "open_note")).all()
    assert said == ["reason: complaint of 20 October"]


def test_a_supervisor_cannot_cosign_a_note_of_their_own(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Ruth")
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00", by="Ruth")
    with at("2026-10-12 18:00"):
        note_id = cast.do("Ruth", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
        cast.do("Ruth", save_draft, SaveDraft(note_id=note_id, revision=1, sections=FIRST))
        for status in ("draft", "signed"):
            with pytest.raises((OwnNote, RuleViolation)):
                cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=0))
            if status == "draft":
                cast.do("Ruth", sign_note, SignNote(note_id=note_id, revision=2))
    assert Role.SUPERVISOR in cast.actor("Ruth").roles
