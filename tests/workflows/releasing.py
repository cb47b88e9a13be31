"""Releases of a record of several people, as the tests prepare, authorise and fetch them."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.vocabulary import (
    CaseType,
    NoteKind,
)
from practicerunner.workflows.cases import (
    OpenCase,
    Taking,
    open_case,
)
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.record_exports import record_pdf
from practicerunner.workflows.releases import (
    PrepareRelease,
    RecordAuthorization,
    ReleaseIsBlocked,
    prepare_release,
    record_authorization,
    releases_of_case,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import LABEL, Cast, at, hold, people_of
from tests.documents.papers import pages
from tests.workflows.sending import bring_forms, complete, filled, send
from tests.workflows.test_record_exports import written

TODAY = "2026-10-20 09:00"
YEAR = date(2027, 10, 20)


def couple_with(cast: Cast) -> int:
    """Maya and Tom: a note on what took place together, a note on Maya alone, a consent each."""
    bring_forms(cast)
    with at("2026-10-01 09:00"):
        case_id = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.TWO_PERSON, label=LABEL, provider_id=cast.staff["Marcus"], participants=(
                Taking(person=PersonDetails(first_name="Maya", last_name="Rivera", birth_date=date(1988, 4, 2))),
                Taking(person=PersonDetails(first_name="Tomas", last_name="Quill", preferred_name="Tom")))))
    together = hold(cast, case_id, "FAM50", "2026-10-12 10:00")
    people = people_of(cast, case_id)
    with at("2026-10-19 20:00"):
        written(cast, together, NoteKind.PROGRESS, "Togetherheron.")
        called = cast.do("Marcus", start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.CONTACT, person_id=people["Maya"], service_date=date(2026, 10, 19)))
        cast.do("Marcus", save_draft, SaveDraft(note_id=called, revision=1, sections={
            "how": "By phone.", "said": "Aloneheron. Tom was not told; Tomas Quill's bill waits.",
            "follow_up": "None."}))
        cast.do("Marcus", sign_note, SignNote(note_id=called, revision=2))
        for sent, name in zip(send(cast, case_id, "consent"), ("Maya Rivera", "Tomas Quill"), strict=True):
            complete(cast, sent, filled("consent", signature=name))
    return case_id


def prepared(cast: Cast, case_id: int, who: str = "Marcus", **more) -> int:
    return int(cast.do(who, prepare_release, PrepareRelease(
        **{"case_id": case_id, "recipient": "Dr. Ana Ruiz", "purpose": "continuing care"} | more)))


def authorize(cast: Cast, release_id: int, person_id: int, who: str = "Marcus", **more) -> int:
    return int(cast.do(who, record_authorization, RecordAuthorization(**{
        "release_id": release_id, "person_id": person_id, "signed_on": date(2026, 10, 20), "expires_on": YEAR} | more)))


def taken_out(cast: Cast, case_id: int, release_id: int | None = None, person_id: int | None = None,
              who: str = "Marcus") -> str:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return " ".join("\n".join(pages(record_pdf(session, actor, case_id, person_id, release_id)[2])).split())


def blocked(cast: Cast, case_id: int, release_id: int) -> str:
    with pytest.raises(ReleaseIsBlocked) as refused:
        taken_out(cast, case_id, release_id)
    (shown,) = [one for one in cast.read("Marcus", releases_of_case, case_id).releases if one.release_id == release_id]
    assert shown.blocked == str(refused.value), "the screen says what the workflow says"
    return shown.blocked


def missing(*names: str) -> str:
    return f"Blocked: each adult has to authorise it first. Missing: {', '.join(names)}."
