"""Discarded drafts: for thirty days their author alone sees them and puts them back; then they are gone (C26)."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, RuleViolation
from practicerunner.records.audit import AuditRow
from practicerunner.records.clients import has_note
from practicerunner.records.discarded_drafts import DiscardedDraft
from practicerunner.records.notes import Note, PsychotherapyNote
from practicerunner.reports.replica import replica_of
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus
from practicerunner.workflows.discarded_drafts import (
    AnotherIsThere,
    DiscardedLine,
    PutBackDraft,
    erase_discarded,
    is_any_over,
    my_discarded_drafts,
    put_back_draft,
)
from practicerunner.workflows.documentation import documentation_due, my_queue, note_block, notes_of_case
from practicerunner.workflows.note_pages import note_page
from practicerunner.workflows.notes import (
    DiscardDraft,
    SaveDraft,
    StartCaseNote,
    StartNote,
    discard_draft,
    save_draft,
    start_case_note,
    start_note,
)
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    psychotherapy_page,
    save_psychotherapy_note,
)
from tests.cast import Cast, at, hold, people_of

SENTINEL = "heronsetaside"
DISCARDED = "2026-10-13 09:00"
LAST_MINUTE, OVER = "2026-11-12 07:59", "2026-11-12 08:00"
"""Thirty days of 24 hours later; the clocks went back on 1 November."""


@pytest.fixture
def held(cast: Cast) -> tuple[int, int]:
    """A case of Marcus and its held appointment."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    return case_id, hold(cast, case_id, "IND50", "2026-10-12 10:00")


def draft(cast: Cast, appointment_id: int, kind: NoteKind = NoteKind.PROGRESS, by: str = "Marcus") -> int:
    note_id = cast.do(by, start_note, StartNote(appointment_id=appointment_id, kind=kind))
    key = "text" if kind is NoteKind.MEMO else "plan"
    cast.do(by, save_draft, SaveDraft(note_id=note_id, revision=1, sections={key: SENTINEL}))
    return note_id


def discarded(cast: Cast, appointment_id: int, kind: NoteKind = NoteKind.PROGRESS) -> int:
    """A draft with something in it that its author has discarded."""
    with at(DISCARDED):
        note_id = draft(cast, appointment_id, kind)
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))
    return note_id


def mine(cast: Cast, when: str = DISCARDED, by: str = "Marcus") -> list[DiscardedLine]:
    with at(when):
        return cast.read(by, my_discarded_drafts)


def put_back(cast: Cast, draft_id: int, by: str = "Marcus", when: str = "2026-10-14 09:00") -> int:
    with at(when):
        return cast.do(by, put_back_draft, PutBackDraft(draft_id=draft_id))


def erase(cast: Cast, when: str) -> int:
    with at(when):
        with database.reading(cast.engine) as session:
            due = is_any_over(session)
        with database.transaction(cast.engine) as session:
            number = erase_discarded(session)
    assert bool(number) is due
    return number


def logged(cast: Cast, action: str) -> list[tuple[int | None, int | None, str]]:
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq))
        return [(row.staff_id, row.resource_id, row.detail) for row in rows]


def test_a_discarded_draft_stands_in_its_author_s_list_alone(cast: Cast, held: tuple[int, int]) -> None:
    case_id, appointment_id = held
    note_id = discarded(cast, appointment_id)
    (line,) = mine(cast)
    assert (line.draft_id, line.case_id, line.case_name, line.title, line.day.isoformat()) == (
        note_id, case_id, "Noor Haddad", "Progress note", "2026-10-12")
    assert line.gone_at == datetime(2026, 11, 12, 13, tzinfo=UTC)
    assert SENTINEL not in repr(line)
    for other in ("Dana", "Ruth", "Priya", "Olga"):
        assert mine(cast, by=other) == []
        with pytest.raises(NotFound):
            put_back(cast, note_id, by=other)
    with pytest.raises(NotPermitted):
        mine(cast, by="Tom")
    assert logged(cast, "discard_draft") == [(cast.staff["Marcus"], note_id, "progress of 2026-10-12")]


def test_a_set_aside_draft_is_no_note_anywhere(cast: Cast, held: tuple[int, int]) -> None:
    case_id, appointment_id = held
    note_id = discarded(cast, appointment_id)
    with at(DISCARDED):
        (due,) = cast.read("Marcus", documentation_due)
        block, queue = cast.read("Marcus", note_block, appointment_id), cast.read("Marcus", my_queue)
        found = [due, block, queue, cast.read("Marcus", notes_of_case, case_id)]
    assert (due.note_id, due.status) == (None, None)
    assert block.lines == () and NoteKind.PROGRESS in block.offered
    assert queue.drafts == () and found[-1] == []
    assert str(note_id) not in repr(found) and SENTINEL not in repr(found)
    with database.reading(cast.engine) as session:
        assert not has_note(session, appointment_id)
        assert session.scalars(select(Note)).all() == []
    for verb, asked in ((save_draft, SaveDraft(note_id=note_id, revision=2, sections={"plan": "x"})),
                        (discard_draft, DiscardDraft(note_id=note_id))):
        with pytest.raises(NotFound):
            cast.do("Marcus", verb, asked)
    with pytest.raises(NotFound), database.transaction(cast.engine) as session:
        note_page(session, cast.actor("Marcus"), note_id)


def test_the_reports_never_learn_of_a_set_aside_draft(cast: Cast, held: tuple[int, int]) -> None:
    replica = replica_of(cast.engine)

    def known() -> list[tuple[int]]:
        replica.refresh()
        return replica.query("select id from note")[1]

    with at(DISCARDED):
        note_id = draft(cast, held[1])
        assert known() == [(note_id,)]
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))
        assert known() == []
    tables = replica.query("select table_name from information_schema.tables")[1]
    assert ("note",) in tables and ("discarded_draft",) not in tables
    put_back(cast, note_id)
    assert known() == [(note_id,)]


def test_a_draft_is_put_back_as_it_was(cast: Cast, held: tuple[int, int]) -> None:
    with at(DISCARDED):
        note_id = draft(cast, held[1])
    with database.reading(cast.engine) as session:
        before = {c.key: getattr(session.get_one(Note, note_id), c.key) for c in Note.__table__.columns}
    with at("2026-10-13 10:00"):
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))
    assert put_back(cast, note_id, when=LAST_MINUTE) == note_id
    with database.reading(cast.engine) as session:
        assert {c.key: getattr(session.get_one(Note, note_id), c.key) for c in Note.__table__.columns} == before
    assert mine(cast) == []
    assert logged(cast, "put_back_draft") == [(cast.staff["Marcus"], note_id, "progress of 2026-10-12")]
    with pytest.raises(NotFound):
        put_back(cast, note_id)
    with at("2026-11-12 07:00"):
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))  # and set aside once more, for as long again
    assert [line.gone_at for line in mine(cast, OVER)] == [datetime(2026, 12, 12, 12, tzinfo=UTC)]


def test_the_second_click_of_discarding_and_of_putting_back_does_nothing_more(
    cast: Cast, held: tuple[int, int]
) -> None:
    with at(DISCARDED):
        note_id = draft(cast, held[1])
        away, back = DiscardDraft(note_id=note_id), PutBackDraft(draft_id=note_id)
        for asked, verb in ((away, discard_draft), (away, discard_draft), (back, put_back_draft),
                            (back, put_back_draft)):
            assert cast.do("Marcus", verb, asked) == note_id
    assert len(logged(cast, "discard_draft")) == len(logged(cast, "put_back_draft")) == 1
    assert mine(cast) == []


def test_a_note_begun_meanwhile_keeps_the_place_and_one_of_another_kind_does_not(
    cast: Cast, held: tuple[int, int]
) -> None:
    note_id = discarded(cast, held[1])
    with at("2026-10-13 10:00"):
        draft(cast, held[1], NoteKind.MEMO)
        second = draft(cast, held[1])
    assert second != note_id
    with pytest.raises(AnotherIsThere):
        put_back(cast, note_id)
    with at("2026-10-13 11:00"):
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=second))
    assert put_back(cast, note_id) == note_id
    assert [line.draft_id for line in mine(cast)] == [second]


def test_a_memo_comes_back_too_and_a_note_of_the_case_only_where_none_is_open(
    cast: Cast, held: tuple[int, int]
) -> None:
    case_id, appointment_id = held
    assert put_back(cast, discarded(cast, appointment_id, NoteKind.MEMO))
    begin = StartCaseNote(case_id=case_id, kind=NoteKind.CONTACT, form="contact", service_date="2026-10-12")
    with at(DISCARDED):
        first = cast.do("Marcus", start_case_note, begin)
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=first))
        second = cast.do("Marcus", start_case_note, StartCaseNote(**begin.model_dump(exclude={"op"})))
    assert [line.about for line in mine(cast)] == ["Noor Haddad"] and people_of(cast, case_id)
    with pytest.raises(AnotherIsThere):
        put_back(cast, first)
    with at(DISCARDED):
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=second))
    assert put_back(cast, first) == first


def test_a_psychotherapy_note_is_set_aside_encrypted_and_comes_back_readable(
    cast: Cast, held: tuple[int, int]
) -> None:
    _, appointment_id = held

    def save(text: str) -> None:
        cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=text))

    def discard() -> None:
        shown = cast.read("Marcus", psychotherapy_page, appointment_id)
        cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
            appointment_id=appointment_id, note_id=shown.note_id, revision=shown.revision))

    with at(DISCARDED):
        save(SENTINEL)
        discard()
        discard()  # nothing is there any more
        with database.reading(cast.engine) as session:
            kept = session.scalars(select(DiscardedDraft)).one()
            assert SENTINEL.encode() not in kept.ciphertext and kept.sections == {}
            assert session.scalars(select(PsychotherapyNote)).all() == []
        assert cast.read("Marcus", psychotherapy_page, appointment_id).revision == 0
        save("Another.")
    for other in ("Dana", "Ruth", "Priya"):
        assert mine(cast, by=other) == []
        with pytest.raises(NotFound):
            put_back(cast, kept.id, by=other)
    with pytest.raises(AnotherIsThere):
        put_back(cast, kept.id)
    with at(DISCARDED):
        discard()
    assert {line.title for line in mine(cast)} == {"Psychotherapy note"}
    put_back(cast, kept.id)
    shown = cast.read("Marcus", psychotherapy_page, appointment_id)
    assert (shown.text, shown.revision, shown.status) == (SENTINEL, 1, NoteStatus.DRAFT)


def test_after_thirty_days_a_draft_is_gone_for_good_with_a_line_in_the_log(cast: Cast, held: tuple[int, int]) -> None:
    note_id = discarded(cast, held[1])
    with at("2026-10-13 10:00"):
        later = draft(cast, held[1])
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=later))
    assert erase(cast, LAST_MINUTE) == 0
    assert [line.draft_id for line in mine(cast, OVER)] == [later]
    with pytest.raises(RuleViolation, match="for 30 days"):  # also before the job has come to it
        put_back(cast, note_id, when=OVER)
    assert [erase(cast, OVER), erase(cast, OVER)] == [1, 0]
    assert logged(cast, "erase_discarded_draft") == [(None, note_id, "progress of 2026-10-12")]
    with pytest.raises(NotFound):
        put_back(cast, note_id, when=LAST_MINUTE)
    with database.reading(cast.engine) as session:
        assert [row.id for row in session.scalars(select(DiscardedDraft))] == [later]
