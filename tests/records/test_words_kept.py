"""What somebody signed so that a record or a private note may go out is not changed by hand-written SQL either."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.records import guards
from practicerunner.records.base import Base
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.private_authorizations import WithdrawPrivateWord, withdraw_private_word
from practicerunner.workflows.releases import (
    DropRelease,
    PrepareRelease,
    RecordAuthorization,
    WithdrawAuthorization,
    drop_release,
    prepare_release,
    record_authorization,
    withdraw_authorization,
)
from tests.cast import Cast, at, people_of
from tests.workflows.private_notes import TODAY, ask, author_gone, confirm, couple, let_out, prepare, sign

LATER = "'2030-01-01 00:00:00'"


def refused(cast: Cast, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def changes(table: str, *columns: str) -> list[str]:
    """Statements that would write something else into each of these columns, of the rows that there are."""
    words = {"id": "id + 1", "_id": "coalesce({0}, 0) + 1", "_on": "'2030-01-01'", "_at": LATER}
    return [f"delete from {table}", *(
        f"update {table} set {column} = " + next(
            (value.format(column) for end, value in words.items() if column.endswith(end)), "'x'")
        for column in columns)]


def test_every_column_of_what_was_signed_is_either_fixed_or_written_once() -> None:
    for table, kinds in guards.WRITTEN_ONCE.items():
        assert sorted(column for kind in kinds for column in kind) == sorted(
            column.name for column in Base.metadata.tables[table].columns), table


def test_words_and_procedures_for_private_notes_are_fixed(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = couple(cast, tmp_path, monkeypatch)
    word, _, withdrawal = guards.WRITTEN_ONCE["private_word"]
    procedure, confirmed, end = guards.WRITTEN_ONCE["private_custody"]
    with at(TODAY):
        found = prepare(cast, kept)
        given = sign(cast, kept, found, "Maya")
        refused(cast, *changes("private_word", *word), *changes(
            "private_authorization", "recipient", "purpose", "first_on", "last_on", "author_id", "case_id"))
        cast.do("Marcus", withdraw_private_word, WithdrawPrivateWord(word_id=given))
        refused(cast, "update private_word set withdrawn_at = null, withdrawn_by_id = null",
                *changes("private_word", *withdrawal))
        left = author_gone(cast, kept)
        custody = ask(cast, left)
        refused(cast, *changes("private_custody", *procedure))
        confirm(cast, custody)
        refused(cast, *changes("private_custody", *confirmed), "update private_custody set confirmed_at = null, "
                "confirmed_by_id = null, confirmed_how = null")
        let_out(cast, custody)
        refused(cast, "update private_custody set ended_at = null, ended_by_id = null, ended_as = null",
                "update private_custody set ended_as = 'withdrawn'", *changes("private_custody", *end),
                *changes("private_release", "recipient", "ground"), "update private_release set notes = '{}'")


def test_words_for_a_record_and_its_releases_are_fixed(cast: Cast) -> None:
    word, _, withdrawal = guards.WRITTEN_ONCE["release_authorization"]
    release, _, end = guards.WRITTEN_ONCE["record_release"]
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tomas Quill")
        made = cast.do("Marcus", prepare_release, PrepareRelease(case_id=case_id, recipient="Dr. Ruiz", purpose="care"))
        given = cast.do("Marcus", record_authorization, RecordAuthorization(
            release_id=made, person_id=people_of(cast, case_id)["Maya"], signed_on=date(2026, 10, 1),
            expires_on=date(2027, 10, 1)))
        refused(cast, *changes("release_authorization", *word), *changes("record_release", *release))
        cast.do("Marcus", withdraw_authorization, WithdrawAuthorization(authorization_id=given))
        refused(cast, "update release_authorization set withdrawn_at = null, withdrawn_by_id = null",
                *changes("release_authorization", *withdrawal))
        cast.do("Marcus", drop_release, DropRelease(release_id=made))
        refused(cast, "update record_release set dropped_at = null", *changes("record_release", *end))
