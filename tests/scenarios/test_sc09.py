"""SC09, notes and words: a consultation group has consultation notes, and nothing of it speaks of treatment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.notes import Note
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, NoteKind
from practicerunner.workflows.documentation import note_block
from practicerunner.workflows.notes import NoteDoesNotFit, SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.superbills import NoSuperbill, superbill_lines
from tests.cast import Cast, at, bring_on, hold, invoice, pay, payer_id, people_of
from tests.pages.opening import opened, said

FIVE = ("Ana Lind", "Bo Marsh", "Cy Novak", "Di Orlov", "Ed Park")
CLINICAL = ("diagnos", "treatment", "mental status", "symptom", "patient", "clinical", "therap")
WRITTEN = {"topic": "A case of two siblings.", "discussion": "Both sides.", "recommendations": "Slow down."}


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    with at("2026-10-23 22:30"):
        yield made


@pytest.fixture
def group(cast: Cast) -> tuple[int, int]:
    """The case and its first appointment, of Friday 9 October."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.CONSULTATION_GROUP, *FIVE, name="Friday colleagues")
    return case_id, hold(cast, case_id, "CGRP120", "2026-10-09 10:00")


def signed(cast: Cast, appointment_id: int) -> int:
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.CONSULTATION))
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections=WRITTEN))
    cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    return note_id


def test_the_words_are_those_of_consultation_on_every_page(cast, group, monkeypatch) -> None:
    case_id, appointment_id = group
    able = capabilities(CaseType.CONSULTATION_GROUP)
    assert (able.appointment, able.called, able.clinical_section) == (
        "consultation appointment", "participant", "Documentation")
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.CONSULTATION))
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    pages: list[AppTest] = [opened(cast, monkeypatch, "Marcus", "note", note=note_id)]
    labels = [area.label for area in pages[0].main.text_area]
    assert labels[:5] == [
        "Question or topic", "Discussion", "Recommendations", "Follow-up (optional)", "Time spent (optional)"]
    with database.transaction(cast.engine) as session:
        session.delete(session.scalars(select(Note)).one())
    note_id = signed(cast, appointment_id)
    pages.append(opened(cast, monkeypatch, "Marcus", "note", note=note_id))
    pages += [opened(cast, monkeypatch, "Marcus", "case", case=case_id, part=part)
              for part in ("overview", "clinical", "billing", "relationships")]
    pages.append(opened(cast, monkeypatch, "Marcus", "appointment", appointment=appointment_id))
    for page in pages:
        words = said(page).casefold()
        assert [word for word in CLINICAL if word in words] == [], words
    assert "Consultation note" in said(pages[1])
    assert "Documentation" in said(pages[2])


def test_no_note_of_therapy_fits(cast, group) -> None:
    _, appointment_id = group
    for kind in NoteKind:
        asked = StartNote(appointment_id=appointment_id, kind=kind)
        if kind in (NoteKind.CONSULTATION, NoteKind.GROUP, NoteKind.MEMO):
            assert kind in cast.read("Marcus", note_block, appointment_id).offered
        else:
            with pytest.raises(NoteDoesNotFit):
                cast.do("Marcus", start_note, asked)


def test_superbills_are_refused_for_all_five_and_paying_gives_receipts(cast, group) -> None:
    case_id, appointment_id = group
    ids = people_of(cast, case_id)
    issued = invoice(cast, appointment_id)
    assert len(issued) == 5
    for invoice_id in issued:
        with pytest.raises(NoSuperbill):
            cast.read("Marcus", superbill_lines, invoice_id)
    for first in ids:
        assert pay(cast, payer_id(cast, ids[first]), case_id, 95_00, "2026-10-12")
