"""Uploading, reading, changing and withdrawing documents: who may, what is kept, and what a failure leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records import document_files
from practicerunner.records.document_files import FileDamaged, FileMissing
from practicerunner.records.documents import Document, DocumentChange
from practicerunner.rules.documents import FileRefused
from practicerunner.settings import ROOT, settings
from practicerunner.vocabulary import CaseType, DocumentClass, Role
from practicerunner.workflows.clients import client_csv
from practicerunner.workflows.commands import OperationReused
from practicerunner.workflows.documents import (
    CaseDocuments,
    ChangeDocument,
    DocumentWithdrawn,
    OpenDocument,
    OthersDocument,
    UploadDocument,
    WithdrawDocument,
    change_document,
    documents_of_case,
    fetch_document,
    open_document,
    sweep_files,
    upload_document,
    withdraw_document,
)
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests import files
from tests.cast import STAFF, Cast, at, people_of

A, C, S = DocumentClass
SENTINEL = "Heron on the roof seventeen"
PDF = files.pdf()


@pytest.fixture(autouse=True)
def evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    with at("2026-10-12 20:00"):
        yield


def kept() -> list[str]:
    """Names of the files that lie there."""
    folder = settings().files_dir
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def upload(cast: Cast, case_id: int, access_class: DocumentClass, by: str = "Priya", **options: Any) -> int:
    asked: dict[str, Any] = {"file_name": "report.pdf", "content": PDF, "title": SENTINEL} | options
    return cast.do(by, upload_document, UploadDocument(case_id=case_id, access_class=access_class, **asked))


def fetch(cast: Cast, name: str, document_id: int) -> tuple[str, str, bytes]:
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return fetch_document(session, actor, document_id)


def listed(cast: Cast, name: str, case_id: int) -> CaseDocuments:
    return cast.read(name, documents_of_case, case_id)


def document(cast: Cast, document_id: int) -> Document:
    with database.reading(cast.engine) as session:
        return session.get_one(Document, document_id)


def direct(cast: Cast, *, flag: bool = True) -> None:
    """Dana directs the clinical work, and treats nobody herself."""
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=cast.staff["Dana"], revision=1, first_name="Dana", last_name="Okafor", email="dana@linden.example",
        credentials="PhD", roles={Role.OWNER}, is_clinical_director=flag,
    ))


def outcome(act: Callable[[], object]) -> str:
    """``yes``, ``not here`` for what looks like nothing, ``never`` for what the role does not allow."""
    try:
        act()
    except NotFound:
        return "not here"
    except NotPermitted:
        return "never"
    return "yes"


@pytest.fixture
def case_id(cast: Cast) -> int:
    """A couple of Priya's, whom Ruth supervises."""
    made = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", provider="Priya")
    cast.open_case(CaseType.INDIVIDUAL, "Zoe Decoy", provider="Olga")
    return made


# --- Bringing in


def test_a_document_is_kept_encrypted_and_comes_back_byte_for_byte(cast: Cast, case_id: int) -> None:
    sam = people_of(cast, case_id)["Sam"]
    made = upload(cast, case_id, C, person_id=sam)
    row, (name,) = document(cast, made), kept()
    assert (row.file_name, row.media_type, row.size, row.person_id) == (
        "report.pdf", "application/pdf", len(PDF), sam)
    assert row.stored_name == name and len(name) == 32 and row.author_id == cast.staff["Priya"]
    path = settings().files_dir / name
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert b"PDF" not in path.read_bytes() and len(path.read_bytes()) == len(PDF) + 28
    assert fetch(cast, "Priya", made) == ("report.pdf", "application/pdf", PDF)
    (line,) = listed(cast, "Priya", case_id).lines
    assert (line.title, line.label, line.about, line.author, line.at, line.size) == (
        SENTINEL, "Clinical", "Sam Ortiz", "Priya Nair", clock.now(), len(PDF))


def test_the_second_click_keeps_one_file(cast: Cast, case_id: int) -> None:
    asked = UploadDocument(case_id=case_id, file_name="a.pdf", content=PDF, title="A", access_class=A)
    assert cast.do("Priya", upload_document, asked) == cast.do("Priya", upload_document, asked)
    assert len(kept()) == 1 and len(listed(cast, "Priya", case_id).lines) == 1
    other = UploadDocument(
        op=asked.op, case_id=case_id, file_name="a.pdf", content=files.pdf(Lang="de"), title="A", access_class=A)
    with pytest.raises(OperationReused):
        cast.do("Priya", upload_document, other)
    assert len(kept()) == 1


@pytest.mark.parametrize(("name", "content"), [
    ("run.exe", b"MZ"), ("page.pdf", b"<html>"), ("a.pdf", b""), ("a.docx", files.docx(word__vbaProject_bin=b"x")),
    ("a.jpg", files.picture("JPEG", (300, 200))[:2000]),
])
def test_what_is_refused_leaves_nothing(cast: Cast, case_id: int, name: str, content: bytes) -> None:
    with pytest.raises(FileRefused):
        upload(cast, case_id, A, file_name=name, content=content)
    assert kept() == [] and listed(cast, "Priya", case_id).lines == ()


@pytest.mark.parametrize(("name", "file_name"), [
    ("../../x.pdf", "x.pdf"), ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
    ("\u202efdp.exe.pdf", "fdp.exe.pdf"), ("x" * 300 + ".pdf", "x" * 196 + ".pdf"), ("عقد.pdf", "عقد.pdf"),
])
def test_a_hostile_name_is_kept_as_a_name_and_no_more(cast: Cast, case_id: int, name: str, file_name: str) -> None:
    made = upload(cast, case_id, A, file_name=name)
    assert fetch(cast, "Priya", made)[0] == file_name
    (stored,) = kept()
    assert set(stored) <= set("0123456789abcdef")


def test_a_document_is_about_somebody_of_the_case(cast: Cast, case_id: int) -> None:
    other = cast.open_case(CaseType.INDIVIDUAL, "Max Other", provider="Priya")
    with pytest.raises(BadInput, match="takes part here"):
        upload(cast, case_id, A, person_id=people_of(cast, other)["Max"])
    assert kept() == []


def test_the_log_says_who_did_what_and_never_what_it_is_called(cast: Cast, case_id: int) -> None:
    made = upload(cast, case_id, C)
    fetch(cast, "Ruth", made)
    with database.reading(cast.engine) as session:
        rows = session.execute(text(
            "select action, role, resource_id, case_id, detail from audit_log where resource like 'documents%' "
            "order by seq")).all()
        everything = str(session.execute(text("select * from audit_log")).all())
    assert [tuple(row) for row in rows] == [
        ("upload_document", "associate", made, case_id, "class: clinical"),
        ("download", "supervisor", made, case_id, "class: clinical")]
    assert SENTINEL not in everything and "report" not in everything


# --- Who may: the whole table

WHO = ("Dana", "Ruth", "Marcus", "Priya", "Tom", "Olga")
READ = {
    A: {"Dana": "yes", "Ruth": "yes", "Marcus": "not here", "Priya": "yes", "Tom": "yes", "Olga": "not here"},
    C: {"Dana": "not here", "Ruth": "yes", "Marcus": "not here", "Priya": "yes", "Tom": "never", "Olga": "not here"},
    S: {"Dana": "not here", "Ruth": "not here", "Marcus": "not here", "Priya": "yes", "Tom": "never",
        "Olga": "not here"},
}
"""Dana and Ruth are providers too, so that a document of somebody else's looks to them like none at all."""
CREATE = {
    A: READ[A] | {"Ruth": "not here"}, C: READ[C] | {"Ruth": "not here"}, S: READ[S],
}
UPDATE = CREATE


def test_every_cell_of_reading(cast: Cast, case_id: int) -> None:
    assert set(WHO) == set(STAFF)
    made = {access_class: upload(cast, case_id, access_class) for access_class in DocumentClass}
    found = {c: {who: outcome(lambda c=c, who=who: fetch(cast, who, made[c])) for who in WHO} for c in DocumentClass}
    assert found == READ
    for who in ("Dana", "Ruth", "Priya", "Tom"):
        shown = {line.document_id for line in listed(cast, who, case_id).lines}
        assert shown == {made[c] for c in DocumentClass if READ[c][who] == "yes"}, who
    for who in ("Marcus", "Olga"):
        with pytest.raises(NotFound):
            listed(cast, who, case_id)


def test_every_cell_of_uploading(cast: Cast, case_id: int) -> None:
    found = {c: {who: outcome(lambda c=c, who=who: upload(cast, case_id, c, who)) for who in WHO}
             for c in DocumentClass}
    assert found == CREATE
    assert len(kept()) == sum(list(cells.values()).count("yes") for cells in CREATE.values())
    offered = {who: listed(cast, who, case_id).offered for who in ("Dana", "Ruth", "Priya", "Tom")}
    assert offered == {"Dana": (A,), "Ruth": (), "Priya": (A, C, S), "Tom": (A,)}
    assert listed(cast, "Priya", case_id).usual is C and listed(cast, "Tom", case_id).usual is A


def test_every_cell_of_changing_and_withdrawing(cast: Cast, case_id: int) -> None:
    for c in DocumentClass:
        for who in WHO:
            made = upload(cast, case_id, c)
            change = outcome(lambda c=c, who=who, made=made: cast.do(who, change_document, ChangeDocument(
                document_id=made, revision=1, title="Else", person_id=None, access_class=c)))
            withdraw = outcome(lambda who=who, made=made: cast.do(who, withdraw_document, WithdrawDocument(
                document_id=made, reason="wrong one")))
            assert change == withdraw == UPDATE[c][who], (c, who)
            title = "Else" if change == "yes" else SENTINEL
            assert (document(cast, made).title, document(cast, made).archived_at is None) == (title, change != "yes")
    assert outcome(lambda: fetch(cast, "Dana", 12345)) == outcome(lambda: fetch(cast, "Tom", 12345)) == "not here"


def test_an_owner_who_treats_nobody_reads_clinical_ones_as_director_with_a_reason(cast: Cast, case_id: int) -> None:
    made = {access_class: upload(cast, case_id, access_class) for access_class in DocumentClass}
    direct(cast, flag=False)
    assert [outcome(lambda c=c: fetch(cast, "Dana", made[c])) for c in DocumentClass] == ["yes", "never", "never"]
    assert {line.access_class for line in listed(cast, "Dana", case_id).lines} == {A}
    with database.transaction(cast.engine) as session:
        session.execute(text("update staff set is_clinical_director = :yes where id = :id"),
                        {"yes": True, "id": cast.staff["Dana"]})
    found = listed(cast, "Dana", case_id).lines
    assert {(line.access_class, line.title, line.needs_reason) for line in found} == {
        (A, SENTINEL, False), (C, "", True)}
    assert "report.pdf" not in str([line for line in found if line.needs_reason])
    with pytest.raises(NotPermitted, match="Type the reason"):
        fetch(cast, "Dana", made[C])
    with pytest.raises(ValueError, match="fill in"):
        OpenDocument(document_id=made[C], reason=" ")
    cast.do("Dana", open_document, OpenDocument(document_id=made[C], reason="Complaint of 10 October"))
    assert fetch(cast, "Dana", made[C])[2] == PDF
    assert {line.title for line in listed(cast, "Dana", case_id).lines} == {SENTINEL}
    assert outcome(lambda: cast.do("Dana", open_document, OpenDocument(document_id=made[S], reason="x"))) == "never"
    assert outcome(lambda: fetch(cast, "Dana", made[S])) == "never"
    with database.reading(cast.engine) as session:
        assert session.execute(text(
            "select detail from audit_log where action = 'open_document' and outcome = 'allowed'"
        )).scalars().all() == ["reason: Complaint of 10 October"]
    with at("2026-10-12 20:31"):
        assert outcome(lambda: fetch(cast, "Dana", made[C])) == "never"
        assert "" in {line.title for line in listed(cast, "Dana", case_id).lines}


def test_a_reason_opens_one_document_for_one_person(cast: Cast, case_id: int) -> None:
    made, other = upload(cast, case_id, C), upload(cast, case_id, C)
    direct(cast)
    cast.do("Dana", open_document, OpenDocument(document_id=made, reason="Complaint"))
    assert outcome(lambda: fetch(cast, "Dana", other)) == "never"
    assert outcome(lambda: cast.do("Tom", open_document, OpenDocument(document_id=made, reason="me too"))) == "never"
    assert outcome(lambda: cast.do("Olga", open_document, OpenDocument(document_id=made, reason="x"))) == "not here"
    assert outcome(lambda: fetch(cast, "Tom", made)) == "never"


def test_nothing_of_a_clinical_document_is_in_what_the_front_desk_gets(cast: Cast, case_id: int) -> None:
    for access_class in (C, S):
        upload(cast, case_id, access_class, file_name=f"{SENTINEL}.pdf")
    upload(cast, case_id, A, title="Insurance card")
    found = listed(cast, "Tom", case_id)
    assert [line.title for line in found.lines] == ["Insurance card"] and SENTINEL not in repr(found)
    assert SENTINEL.encode() not in cast.read("Dana", client_csv) and SENTINEL not in repr(
        listed(cast, "Dana", case_id))


def test_a_consultation_has_the_same_with_other_words(cast: Cast) -> None:
    made = cast.open_case(CaseType.CONSULTATION_GROUP, "Ada Leroy", name="Tuesday round")
    upload(cast, made, C, by="Marcus")
    found = listed(cast, "Marcus", made)
    assert found.lines[0].label == "Documentation"
    assert list(found.labels.values()) == ["Administrative", "Documentation", "Sealed"]


# --- Changing


def change(cast: Cast, who: str, document_id: int, access_class: DocumentClass, reason: str = "") -> int:
    found = document(cast, document_id)
    return cast.do(who, change_document, ChangeDocument(
        document_id=document_id, revision=found.revision, title=found.title, person_id=found.person_id,
        access_class=access_class, reason=reason))


def test_fewer_people_may_read_it_at_any_time(cast: Cast, case_id: int) -> None:
    made = upload(cast, case_id, A, by="Tom")
    change(cast, "Priya", made, C)
    assert listed(cast, "Tom", case_id).lines == () and outcome(lambda: fetch(cast, "Tom", made)) == "never"
    with pytest.raises(OthersDocument):
        change(cast, "Priya", made, S)
    own = upload(cast, case_id, A)
    change(cast, "Priya", own, S)
    assert outcome(lambda: fetch(cast, "Ruth", own)) == "not here"
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(DocumentChange).order_by(DocumentChange.id)).all()
    assert [(r.document_id, r.revision, r.old_class, r.new_class, r.staff_id) for r in rows] == [
        (made, 2, A, C, cast.staff["Priya"]), (own, 2, A, S, cast.staff["Priya"])]


def test_more_people_may_read_it_by_its_uploader_with_a_reason_alone(cast: Cast, case_id: int) -> None:
    made, toms = upload(cast, case_id, S), upload(cast, case_id, A, by="Tom")
    with pytest.raises(BadInput, match="Say why") as refused:
        change(cast, "Priya", made, C, " ")
    assert refused.value.field == "reason" and document(cast, made).access_class is S
    change(cast, "Priya", made, C, "Supervision needs it")
    change(cast, "Priya", toms, C)
    for who, why in (("Priya", OthersDocument), ("Ruth", NotFound), ("Tom", NotPermitted)):
        with pytest.raises(why):
            change(cast, who, toms, A, "Tom asks for it")
    change(cast, "Priya", made, A, "The front desk sends it")
    assert fetch(cast, "Tom", made)[2] == PDF
    with database.reading(cast.engine) as session:
        assert session.execute(text(
            "select detail from audit_log where action = 'change_document' and outcome = 'allowed' order by seq"
        )).scalars().all() == [
            "class: sealed to clinical, reason: Supervision needs it", "class: admin to clinical",
            "class: clinical to admin, reason: The front desk sends it"]


def test_the_list_offers_what_can_be_made_of_a_document(cast: Cast, case_id: int) -> None:
    upload(cast, case_id, C)
    upload(cast, case_id, A, by="Tom")
    offered = {who: {line.author: line.classes for line in listed(cast, who, case_id).lines}
               for who in ("Priya", "Tom", "Ruth", "Dana")}
    assert offered == {
        "Priya": {"Priya Nair": (A, C, S), "Tom Alvarez": (A, C)}, "Tom": {"Tom Alvarez": (A,)},
        "Ruth": {"Priya Nair": (), "Tom Alvarez": ()}, "Dana": {"Tom Alvarez": (A,)}}


def test_a_stale_change_is_refused_and_a_withdrawn_document_stays_as_it_is(cast: Cast, case_id: int) -> None:
    made = upload(cast, case_id, A)
    asked = ChangeDocument(document_id=made, revision=1, title="New", person_id=None, access_class=A)
    cast.do("Priya", change_document, asked)
    with pytest.raises(Stale):
        cast.do("Tom", change_document, asked.model_copy(update={"op": "another", "title": "Newer"}))
    cast.do("Tom", withdraw_document, WithdrawDocument(document_id=made, reason="Belongs to another case"))
    row = document(cast, made)
    assert (row.title, row.archived_by_id, row.archived_reason) == (
        "New", cast.staff["Tom"], "Belongs to another case")
    assert listed(cast, "Priya", case_id).lines == () and len(kept()) == 1
    for act in (lambda: change(cast, "Priya", made, A), lambda: fetch(cast, "Priya", made),
                lambda: cast.do("Priya", withdraw_document, WithdrawDocument(document_id=made, reason="again"))):
        with pytest.raises(DocumentWithdrawn, match="was withdrawn"):
            act()
    assert outcome(lambda: fetch(cast, "Olga", made)) == "not here"


@pytest.mark.parametrize("statement", [
    "update document set sha256 = 'x'", "update document set stored_name = 'x'", "update document set size = 1",
    "update document set access_class = 'admin'", "update document set access_class = 'sealed'",
    "update document set file_name = 'x'", "update document set media_type = 'x'", "update document set author_id = 1",
    "update document set case_id = 1", "update document set created_at = '2020-01-01'", "delete from document",
    "update document set access_class = 'admin', revision = revision + 1",
    "update document_change set reason = 'x'", "delete from document_change",
])
def test_the_database_itself_keeps_what_a_document_is(cast: Cast, case_id: int, statement: str) -> None:
    made = upload(cast, case_id, A)
    change(cast, "Priya", made, C)
    before = document(cast, made)
    with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
        session.execute(text(statement))
    after = document(cast, made)
    assert (after.access_class, after.sha256, after.stored_name) == (C, before.sha256, before.stored_name)


def test_the_database_lets_no_withdrawn_document_come_back(cast: Cast, case_id: int) -> None:
    made = upload(cast, case_id, A)
    cast.do("Priya", withdraw_document, WithdrawDocument(document_id=made, reason="wrong"))
    with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
        session.execute(text("update document set archived_at = null, archived_by_id = null, archived_reason = ''"))


def test_a_document_is_not_withdrawn_without_a_reason_even_by_hand(cast: Cast, case_id: int) -> None:
    upload(cast, case_id, A)
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.execute(text("update document set archived_at = created_at"))


# --- What goes wrong beside the database


def test_a_file_that_is_gone_changed_or_another_one_is_never_handed_out(cast: Cast, case_id: int) -> None:
    made, other = upload(cast, case_id, A), upload(cast, case_id, A, content=files.pdf(Lang="de"))
    paths = {one: settings().files_dir / document(cast, one).stored_name for one in (made, other)}
    with database.reading(cast.engine) as session:
        assert list(document_files.problems(session)) == []
    sealed = paths[made].read_bytes()
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), paths[other].read_bytes(), b""):
        paths[made].write_bytes(wrong)
        with pytest.raises(FileDamaged, match="not the one that was uploaded"):
            fetch(cast, "Priya", made)
    with database.reading(cast.engine) as session:
        assert list(document_files.problems(session)) == [
            f"The file of document {made} is not the one that was uploaded."]
    paths[made].unlink()
    with pytest.raises(FileMissing, match="not where it should be"):
        fetch(cast, "Priya", made)
    with database.reading(cast.engine) as session:
        assert list(document_files.problems(session)) == [f"The file of document {made} is missing."]
    assert fetch(cast, "Priya", other)


def test_an_act_that_fails_takes_its_file_with_it(cast: Cast, case_id: int) -> None:
    actor = cast.actor("Priya")
    asked = UploadDocument(case_id=case_id, file_name="a.pdf", content=PDF, title="A", access_class=A)
    with pytest.raises(ZeroDivisionError), database.transaction(cast.engine) as session:
        upload_document(session, actor, asked)
        assert len(kept()) == 2
        raise ZeroDivisionError
    assert kept() == []
    assert cast.do("Priya", upload_document, asked) and len(kept()) == 1


def test_a_file_that_cannot_be_written_saves_nothing(cast: Cast, case_id: int) -> None:
    settings().files_dir.write_text("in the way")
    with pytest.raises(document_files.FileNotWritten, match="nothing was saved"):
        upload(cast, case_id, A)
    settings().files_dir.unlink()
    assert listed(cast, "Priya", case_id).lines == ()


def swept(cast: Cast, hours: int) -> int:
    """How many files go when the job runs so many hours after the files of this test were written."""
    later = datetime.fromtimestamp(time.time(), UTC) + timedelta(hours=hours)
    with clock.frozen(later), database.reading(cast.engine) as session:
        return sweep_files(session)


KILLED = """
import os, sys
from practicerunner import database
from practicerunner.records import audit
from practicerunner.vocabulary import DocumentClass
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.staff import actor_for
from tests import files
with database.transaction() as session:
    upload_document(session, actor_for(session, int(sys.argv[1])), UploadDocument(
        case_id=int(sys.argv[2]), file_name="a.pdf", content=files.pdf(), title="A", access_class=DocumentClass.ADMIN))
    session.flush()
    os.kill(os.getpid(), 9)
"""


@pytest.mark.long
def test_what_a_killed_upload_leaves_is_swept_a_day_later(cast: Cast, case_id: int) -> None:
    fine = upload(cast, case_id, A)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(cast.staff["Priya"]), str(case_id)], cwd=ROOT, check=False,
        env=os.environ | {
            "DATABASE_URL": settings().database_url, "PRACTICE_FILES_DIR": str(settings().files_dir),
            "PRACTICE_KEY_FILE": str(settings().key_file)})
    assert ended.returncode == -9 and len(kept()) == 3
    assert len(listed(cast, "Priya", case_id).lines) == 1

    assert (swept(cast, 23), len(kept())) == (0, 3)
    assert (swept(cast, 25), kept()) == (1, [document(cast, fine).stored_name])
    assert swept(cast, 25) == 0 and fetch(cast, "Priya", fine)[2] == PDF


def test_the_sweep_touches_only_what_it_made_and_what_has_no_row(cast: Cast, case_id: int) -> None:
    made = upload(cast, case_id, A)
    stored = document(cast, made).stored_name
    folder = settings().files_dir
    (folder / f".{stored}").write_bytes(b"as after a crash between the commit and the end")
    (folder / f".{'0' * 32}").write_bytes(b"half")
    (folder / ("f" * 32)).write_bytes(b"of another practice, in the same folder")
    (folder / ".keep").touch()
    (folder / "notes.txt").touch()
    assert swept(cast, 48) == 1
    assert kept() == sorted([".keep", "f" * 32, "notes.txt", stored])
    assert fetch(cast, "Priya", made)[2] == PDF
