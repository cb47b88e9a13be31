"""Private notes of a couple, their authorisations, and the procedure after their author has left: for tests."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.records.base import Base
from practicerunner.records.staff import Staff
from practicerunner.reports.replica import replica_of
from practicerunner.vocabulary import AttendanceStatus, CaseType, DocumentClass, Role
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.private_authorizations import (
    PreparePrivate,
    RecordPrivateWord,
    prepare_private,
    record_private_word,
)
from practicerunner.workflows.private_custody import (
    ConfirmCustody,
    OpenCustody,
    ReleaseCustody,
    confirm_custody,
    open_custody,
    release_custody,
)
from practicerunner.workflows.private_releases import (
    ReleasePrivate,
    private_release_pdf,
    release_private,
)
from practicerunner.workflows.psychotherapy import (
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    finish_psychotherapy_note,
    save_psychotherapy_note,
)
from tests.cast import Cast, at, hold, people_of
from tests.documents.papers import pages
from tests.workflows.supervising import change

TODAY = "2026-10-20 09:00"
YEAR = date(2027, 10, 20)
WORDS = ("Heronboth.", "Heronalone.", "Heronlater.", "Heronolga.", "Herondecoy.")


@dataclass
class Kept:
    """Where everything is."""

    case: int
    decoy: int
    both: int
    alone: int
    later: int
    olgas: int
    paper: int


def write(cast: Cast, who: str, appointment_id: int, words: str, note_id: int = 0, revision: int = 0) -> int:
    return int(cast.do(who, save_psychotherapy_note, SavePsychotherapyNote(
        appointment_id=appointment_id, text=words, note_id=note_id, revision=revision)))


def written(cast: Cast, who: str, appointment_id: int, words: str) -> int:
    """A private note that is final."""
    note_id = write(cast, who, appointment_id, words)
    cast.do(who, finish_psychotherapy_note, FinishPsychotherapyNote(
        appointment_id=appointment_id, note_id=note_id, revision=1))
    return note_id


def upload(cast: Cast, case_id: int, who: str = "Marcus", access: DocumentClass = DocumentClass.ADMIN) -> int:
    return int(cast.do(who, upload_document, UploadDocument(
        case_id=case_id, file_name="signed.txt", content=b"Signed.", title="Signed paper", access_class=access)))


def couple(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """A couple with three private notes of Marcus (one of Maya alone) and one of Olga; a decoy of Marcus elsewhere."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    with at("2026-10-01 09:00"):
        case = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tomas Quill")
        decoy = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    tomas = people_of(cast, case)["Tomas"]
    both = hold(cast, case, "FAM50", "2026-10-12 10:00")
    alone = hold(cast, case, "FAM50", "2026-10-13 10:00", missed={tomas: AttendanceStatus.NO_SHOW})
    later = hold(cast, case, "FAM50", "2026-10-16 10:00")
    olgas = hold(cast, case, "FAM50", "2026-10-14 10:00", by="Dana", provider="Olga")
    other = hold(cast, decoy, "IND50", "2026-10-12 12:00")
    with at(TODAY):
        for who, appointment_id, words in zip(
            ("Marcus", "Marcus", "Marcus", "Olga", "Marcus"), (both, alone, later, olgas, other), WORDS, strict=True
        ):
            written(cast, who, appointment_id, words)
        return Kept(case, decoy, both, alone, later, olgas, upload(cast, case))


def prepare(cast: Cast, kept: Kept, who: str = "Marcus", **more: Any) -> int:
    return int(cast.do(who, prepare_private, PreparePrivate(**{
        "case_id": kept.case, "author_id": cast.staff["Marcus"], "recipient": "Dr. Ana Ruiz",
        "purpose": "continuing care", "first_on": date(2026, 10, 12), "last_on": date(2026, 10, 13)} | more)))


def sign(cast: Cast, kept: Kept, authorization: int, name: str, who: str = "Marcus", **more: Any) -> int:
    return int(cast.do(who, record_private_word, RecordPrivateWord(**{
        "authorization_id": authorization, "person_id": people_of(cast, kept.case)[name],
        "signed_on": date(2026, 10, 20), "expires_on": YEAR, "document_id": kept.paper} | more)))


def authorized(cast: Cast, kept: Kept, **more: Any) -> int:
    """An authorisation that both have signed."""
    found = prepare(cast, kept, **more)
    for name in ("Maya", "Tomas"):
        sign(cast, kept, found, name)
    return found


def release(cast: Cast, authorization: int, who: str = "Marcus", **more: Any) -> int:
    return int(cast.do(who, release_private, ReleasePrivate(**{"authorization_id": authorization} | more)))


def fetch(cast: Cast, release_id: int, who: str = "Marcus") -> str:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return " ".join("\n".join(pages(private_release_pdf(session, actor, release_id)[2])).split())


def heard(text: str) -> list[str]:
    return [word for word in WORDS if word in text]


def missing(*names: str) -> str:
    return ("Blocked: each adult who took part has to authorise the release of private notes first. "
            f"Missing: {', '.join(names)}.")


def everything_kept(cast: Cast) -> str:
    """Whatever stands in any table, and in the reports' copy."""
    with database.reading(cast.engine) as session:
        tables = [repr(tuple(row)) for table in Base.metadata.sorted_tables
                  for row in session.execute(select(*table.columns))]
    replica = replica_of(cast.engine)
    replica.refresh()
    _, names = replica.query("select table_name from information_schema.tables")
    return "\n".join([*tables, *(repr(replica.query(f"select * from {name}")) for (name,) in names)])


# --- After the author has left


def author_gone(cast: Cast, kept: Kept) -> Kept:
    """Marcus has left; Ruth is the clinical director beside the owner Dana; Olga owns the practice with her."""
    with at(TODAY):
        change(cast, "Olga", roles=frozenset({Role.OWNER, Role.PROVIDER}))
        with database.transaction(cast.engine) as session:
            session.get_one(Staff, cast.staff["Ruth"]).is_clinical_director = True
        order = upload(cast, kept.case, "Dana")
        change(cast, "Marcus", active=False)
    return Kept(kept.case, kept.decoy, kept.both, kept.alone, kept.later, kept.olgas, order)


def ask(cast: Cast, left: Kept, who: str = "Dana", **more: Any) -> int:
    return int(cast.do(who, open_custody, OpenCustody(**{
        "case_id": left.case, "author_id": cast.staff["Marcus"], "reason": "Subpoena of 15 October",
        "document_id": left.paper, "issued_by": "Albany County Court", "issued_on": date(2026, 10, 15),
        "reference": "AC-2026-114", "recipient": "Albany County Court", "purpose": "proceeding AC-2026-114"} | more)))


def confirm(cast: Cast, custody: int, who: str = "Ruth", **more: Any) -> int:
    return int(cast.do(who, confirm_custody, ConfirmCustody(private_custody_id=custody, **more)))


def let_out(cast: Cast, custody: int, who: str = "Dana", **more: Any) -> int:
    return int(cast.do(who, release_custody, ReleaseCustody(private_custody_id=custody, **more)))
