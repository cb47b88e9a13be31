"""Psychotherapy notes: for their author alone."""

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import NoteKind, NoteStatus
from practicerunner.workflows.documentation import my_queue, note_block, notes_of_case
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    finish_psychotherapy_note,
    psychotherapy_page,
    save_psychotherapy_note,
)
from tests.cast import Cast
from tests.workflows.writing import SENTINEL, session_of


def test_a_psychotherapy_note_is_read_by_its_author_alone(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=SENTINEL))
    own = cast.read("Priya", psychotherapy_page, appointment_id)
    assert (own.text, own.revision, own.status) == (SENTINEL, 1, NoteStatus.DRAFT)
    for name in ("Dana", "Ruth", "Marcus", "Olga"):
        with pytest.raises(NotFound):
            cast.read(name, psychotherapy_page, appointment_id)
    with pytest.raises(NotPermitted):
        cast.read("Tom", psychotherapy_page, appointment_id)
    for name in ("Dana", "Ruth", "Tom"):
        everything = [cast.read(name, notes_of_case, case_id), cast.read(name, note_block, appointment_id)]
        if name != "Tom":
            everything.append(cast.read(name, my_queue))
        assert "PSYCHOTHERAPY" not in repr(everything)
    assert [line.kind for line in cast.read("Priya", notes_of_case, case_id)] == [NoteKind.PSYCHOTHERAPY]


def test_another_provider_of_the_same_case_has_a_psychotherapy_note_of_their_own(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=SENTINEL))
    with database.transaction(cast.engine) as session:
        session.get_one(Case, case_id).provider_id = cast.staff["Marcus"]
    blank = cast.read("Marcus", psychotherapy_page, appointment_id)
    assert (blank.text, blank.revision) == ("", 0)
    cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text="Mine."))
    assert cast.read("Priya", psychotherapy_page, appointment_id).text == SENTINEL


def test_the_database_holds_no_word_of_a_psychotherapy_note(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = 0
    for revision in (0, 1):
        note_id = cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text=f"{SENTINEL} {revision}"))
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(PsychotherapyNote)).one()
        assert b"Heron" not in kept.ciphertext
        for table in Base.metadata.sorted_tables:
            for found in session.execute(select(table)):
                assert "Heron" not in repr(tuple(found)), table.name


def test_a_psychotherapy_note_refuses_a_stale_save_and_is_final_once_finished(cast: Cast) -> None:
    _, appointment_id = session_of(cast)

    def save(revision: int, words: str, note_id: int = 0) -> int:
        return int(cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text=words)))

    note_id = save(0, "One.")
    with pytest.raises(Stale):
        save(0, "Two.")
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "One."
    cast.do("Marcus", finish_psychotherapy_note, FinishPsychotherapyNote(
        appointment_id=appointment_id, note_id=note_id, revision=1))
    with pytest.raises(RuleViolation, match="final"):
        save(2, "Three.", note_id)
    with pytest.raises(RuleViolation, match="final"):
        cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=2))
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "One."


def test_a_window_on_a_psychotherapy_note_that_was_discarded_never_writes_over_the_one_begun_after_it(
    cast: Cast
) -> None:
    _, appointment_id = session_of(cast)

    def save(words: str, note_id: int = 0, revision: int = 0) -> int:
        return int(cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text=words)))

    def discard(note_id: int, revision: int) -> None:
        cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision))

    old = save("Old.")
    with pytest.raises(Stale):
        discard(old, 2)
    discard(old, 1)
    discard(old, 1)  # nothing is there any more
    with pytest.raises(Stale):
        save("Old, more.", old, 1)
    new = save("New.")
    assert cast.read("Marcus", psychotherapy_page, appointment_id).note_id == new != old
    with pytest.raises(Stale):
        save("Old, more.", old, 1)
    with pytest.raises(Stale):
        cast.do("Marcus", finish_psychotherapy_note, FinishPsychotherapyNote(
            appointment_id=appointment_id, note_id=old, revision=1))
    with pytest.raises(Stale):
        discard(old, 1)
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "New."
    save("New, more.", new, 1)
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "New, more."
