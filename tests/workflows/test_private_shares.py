"""A psychotherapy note that its author shares: with their supervisor alone, note by note, until it ends."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import notes
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.private_shares import PsychotherapyShare
from practicerunner.records.staff import Staff, Supervision
from practicerunner.vocabulary import CaseType, Role
from practicerunner.workflows.discarded_drafts import PutBackDraft, my_discarded_drafts, put_back_draft
from practicerunner.workflows.notes import NoteIsIncomplete
from practicerunner.workflows.private_shares import (
    SharedNote,
    ShareNote,
    StopSharing,
    share_note,
    shared_note,
    shared_with_me,
    sharing_of,
    stop_sharing,
)
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    finish_psychotherapy_note,
    psychotherapy_page,
    save_psychotherapy_note,
)
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast, at, hold
from tests.workflows.supervising import change

WORDS = "Heron in the reeds."
TODAY = "2026-10-13 09:00"


@pytest.fixture
def hers(cast: Cast, tmp_path, monkeypatch) -> tuple[int, int]:
    """Two appointments of Priya, each with a psychotherapy note; a third supervisor beside Ruth."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
        cast.staff["Sol"] = cast.do("Dana", add_staff, AddStaff(
            first_name="Sol", last_name="Reyes", email="sol@linden.example", roles={Role.SUPERVISOR, Role.PROVIDER}))
    first, second = (hold(cast, case_id, "IND50", f"2026-10-12 {hour}:00", by="Priya") for hour in (10, 12))
    with at(TODAY):
        for appointment_id, words in ((first, WORDS), (second, "Kept apart.")):
            cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=words))
    return first, second


def share(cast: Cast, appointment_id: int, who: str = "Priya", to: str = "Ruth", op: str = "") -> int:
    return int(cast.do(who, share_note, ShareNote(
        op=op or ids.new_operation(), appointment_id=appointment_id, supervisor_id=cast.staff[to])))


def stop(cast: Cast, appointment_id: int) -> None:
    cast.do("Priya", stop_sharing, StopSharing(appointment_id=appointment_id, supervisor_id=cast.staff["Ruth"]))


def reads(cast: Cast, who: str, share_id: int) -> SharedNote:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return shared_note(session, actor, share_id)


def logged(cast: Cast, who: str) -> list[tuple[int | None, str, str]]:
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(AuditRow).where(
            AuditRow.staff_id == cast.staff[who], AuditRow.action == notes.OPENED).order_by(AuditRow.seq))
        return [(row.resource_id, row.role, row.detail) for row in rows]


def end_supervision(cast: Cast, on: date | None) -> None:
    with database.transaction(cast.engine) as session:
        session.scalars(select(Supervision).where(Supervision.associate_id == cast.staff["Priya"])).one().ends_on = on


def test_a_note_is_off_until_its_author_shares_it_and_then_its_supervisor_alone_reads_it(cast: Cast, hers) -> None:
    first, second = hers
    with at(TODAY):
        assert cast.read("Ruth", shared_with_me) == []
        assert [(one.name, one.since) for one in cast.read("Priya", sharing_of, first)] == [("Ruth Feldman", None)]
        op = ids.new_operation()
        share_id = share(cast, first, op=op)
        assert share(cast, first, op=op) == share(cast, first) == share_id, "the second click, and another one"
        (line,) = cast.read("Ruth", shared_with_me)
        assert (line.share_id, line.author, line.case_name, line.service_date) == (
            share_id, "Priya Nair", "Iris Vale", date(2026, 10, 12))
        assert WORDS not in repr(line)
        page = reads(cast, "Ruth", share_id)
        assert (page.text, page.author) == (WORDS, "Priya Nair")
        with database.reading(cast.engine) as session:
            note_id = session.get_one(PsychotherapyShare, share_id).note_id
        assert logged(cast, "Ruth") == [(note_id, "supervisor", "shared by its author")]
        for who in ("Dana", "Marcus", "Olga", "Sol", "Priya"):
            with pytest.raises(NotFound):
                reads(cast, who, share_id)
            assert cast.read(who, shared_with_me) == []
        with pytest.raises(NotPermitted):
            reads(cast, "Tom", share_id)
        for who in ("Ruth", "Dana", "Sol"):
            for appointment_id in hers:
                with pytest.raises(NotFound):
                    cast.read(who, psychotherapy_page, appointment_id)
                with pytest.raises(NotFound):
                    cast.read(who, sharing_of, appointment_id)
        assert [one.since is None for one in cast.read("Priya", sharing_of, second)] == [True], "note by note"


def test_reading_is_all_that_a_share_opens(cast: Cast, hers) -> None:
    first, _ = hers
    with at(TODAY):
        share(cast, first)
        for verb, command in (
            (save_psychotherapy_note, SavePsychotherapyNote(appointment_id=first, revision=1, text="Mine.")),
            (finish_psychotherapy_note, FinishPsychotherapyNote(appointment_id=first, note_id=1, revision=1)),
            (discard_psychotherapy_note, DiscardPsychotherapyNote(
                appointment_id=first, note_id=1, revision=1)),
            (share_note, ShareNote(appointment_id=first, supervisor_id=cast.staff["Sol"])),
            (stop_sharing, StopSharing(appointment_id=first, supervisor_id=cast.staff["Ruth"])),
        ):
            with pytest.raises(NotFound):
                cast.do("Ruth", verb, command)


def test_only_the_supervisor_of_today_can_be_chosen_and_only_a_note_that_there_is(cast: Cast, hers) -> None:
    first, _ = hers
    with at(TODAY):
        for other in ("Sol", "Dana", "Marcus", "Priya"):
            with pytest.raises(BadInput, match="your own supervisor of today"):
                share(cast, first, to=other)
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Decoy Person", provider="Priya")
        blank = hold(cast, case_id, "IND50", "2026-10-13 07:00", by="Priya")
        with pytest.raises(NoteIsIncomplete):
            share(cast, blank)
        with database.transaction(cast.engine) as session:
            session.get_one(Staff, cast.staff["Ruth"]).active = False
        with pytest.raises(BadInput):
            share(cast, first)


def test_a_share_ends_when_the_author_stops_it_and_can_begin_anew(cast: Cast, hers) -> None:
    first, _ = hers
    with at(TODAY):
        old = share(cast, first)
        stop(cast, first)
        stop(cast, first)
        assert cast.read("Ruth", shared_with_me) == []
        with pytest.raises(NotFound):
            reads(cast, "Ruth", old)
        new = share(cast, first)
        assert new != old and reads(cast, "Ruth", new).text == WORDS
        cast.do("Priya", finish_psychotherapy_note, FinishPsychotherapyNote(
            appointment_id=first, note_id=cast.read("Priya", psychotherapy_page, first).note_id, revision=1))
        assert reads(cast, "Ruth", new).text == WORDS
        stop(cast, first)
        with pytest.raises(NotFound):
            reads(cast, "Ruth", new)


def test_a_share_counts_until_the_day_on_which_the_supervision_ends_and_not_in_a_later_one(cast: Cast, hers) -> None:
    first, _ = hers
    with at(TODAY):
        share_id = share(cast, first)
        end_supervision(cast, date(2026, 10, 20))
    with at("2026-10-19 23:59"):
        assert reads(cast, "Ruth", share_id).text == WORDS
    with at("2026-10-20 00:00"):
        with pytest.raises(NotFound):
            reads(cast, "Ruth", share_id)
        assert cast.read("Ruth", shared_with_me) == []
        assert cast.read("Priya", sharing_of, first) == []
        with database.transaction(cast.engine) as session:
            session.add(Supervision(associate_id=cast.staff["Priya"], supervisor_id=cast.staff["Ruth"],
                                    starts_on=date(2026, 10, 20)))
        with pytest.raises(NotFound):
            reads(cast, "Ruth", share_id)
        assert [one.since for one in cast.read("Priya", sharing_of, first)] == [None], "off by default again"
        assert reads(cast, "Ruth", share(cast, first)).text == WORDS


def test_who_is_no_supervisor_any_more_reads_nothing(cast: Cast, hers) -> None:
    first, _ = hers
    with at(TODAY):
        share_id = share(cast, first)
        with database.transaction(cast.engine) as session:
            ruth = session.get_one(Staff, cast.staff["Ruth"])
            ruth.roles = [held for held in ruth.roles if held.role is not Role.SUPERVISOR]
        with pytest.raises(NotFound):
            reads(cast, "Ruth", share_id)


def test_what_somebody_shared_is_closed_while_they_do_not_work_here(cast: Cast, hers) -> None:
    first, _ = hers
    with at(TODAY):
        share_id = share(cast, first)
        change(cast, "Priya", active=False)
        assert cast.read("Ruth", shared_with_me) == []
        with pytest.raises(NotFound):
            reads(cast, "Ruth", share_id)


def test_a_draft_that_is_discarded_takes_its_shares_along_and_the_text_stays_encrypted(cast: Cast, hers) -> None:
    first, second = hers
    with at(TODAY):
        shared = share(cast, first)
        share(cast, second)
        stop(cast, second)  # what its author ended before is not ended again
        note_id = cast.read("Priya", psychotherapy_page, first).note_id
        with database.reading(cast.engine) as session:
            for note in session.scalars(select(PsychotherapyNote)):
                assert WORDS.encode() not in note.ciphertext
        with pytest.raises((IntegrityError, DBAPIError)), database.transaction(cast.engine) as session:
            session.execute(text(
                "insert into psychotherapy_share (id, created_at, note_id, supervision_id, supervisor_id) "
                "select id + 1, created_at, note_id, supervision_id, supervisor_id from psychotherapy_share"))
        for _ in range(2):
            cast.do("Priya", discard_psychotherapy_note, DiscardPsychotherapyNote(
                appointment_id=first, note_id=note_id, revision=1))
        assert cast.read("Ruth", shared_with_me) == []
        with database.reading(cast.engine) as session:
            ended = session.scalars(select(AuditRow).where(AuditRow.action == "end_share")).all()
            assert [(row.staff_id, row.resource_id, row.detail) for row in ended] == [
                (cast.staff["Priya"], shared, f"note {note_id} with {cast.staff['Ruth']}, discarded")]
        (draft,) = cast.read("Priya", my_discarded_drafts)
        cast.do("Priya", put_back_draft, PutBackDraft(draft_id=draft.draft_id))
        assert [one.since for one in cast.read("Priya", sharing_of, first)] == [None]
        assert cast.read("Ruth", shared_with_me) == []
