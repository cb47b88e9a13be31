"""Uploaded documents and signed notes leave through the server: to whom they belong, and nothing to anybody else."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from practicerunner import clock, database
from practicerunner.rules import library
from practicerunner.settings import settings
from practicerunner.vocabulary import (
    AmendmentChannel,
    CaseType,
    DenialGround,
    DocumentClass,
    DocumentTask,
    FormPurpose,
    NoteKind,
    Role,
)
from practicerunner.workflows import invitations, sign_in, staff
from practicerunner.workflows.amendment_answers import DenyAmendment, deny_amendment
from practicerunner.workflows.amendments import RecordAmendment, record_amendment
from practicerunner.workflows.documents import (
    OpenDocument,
    UploadDocument,
    WithdrawDocument,
    open_document,
    upload_document,
    withdraw_document,
)
from practicerunner.workflows.form_templates import AddForm, add_form, form_template
from practicerunner.workflows.library import SentPdf
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.private_authorizations import (
    PreparePrivate,
    RecordPrivateWord,
    prepare_private,
    record_private_word,
)
from practicerunner.workflows.private_custody import OpenCustody, open_custody
from practicerunner.workflows.private_releases import ReleasePrivate, release_private
from practicerunner.workflows.psychotherapy import SavePsychotherapyNote, save_psychotherapy_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests import files
from tests.cast import Cast, bring_on, hold, moment, people_of
from tests.documents.papers import pages
from tests.workflows.private_notes import written

PASSWORD = "four quiet words here"
A, C, S = DocumentClass


@pytest.fixture
def linden(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    cast = bring_on(sqlite_engine)
    with database.transaction() as session:
        session.execute(text("update practice set totp_required = false"))
    with clock.frozen(moment("2026-10-12 22:30")):
        yield cast


def cookie(cast: Cast, name: str) -> dict[str, str]:
    """Sign somebody in."""
    with database.transaction() as session:
        person = session.get_one(staff.Staff, cast.staff[name])
        invitations.set_password(session, person, PASSWORD)
        token = sign_in.sign_in(session, person.email, PASSWORD).token
    return {"cookie": f"pr_session={token}"}


def uploaded(cast: Cast, case_id: int, access_class: DocumentClass = A, **options: Any) -> int:
    asked: dict[str, Any] = {"file_name": "report.pdf", "content": files.pdf(), "title": "Report"} | options
    return cast.do("Marcus", upload_document, UploadDocument(case_id=case_id, access_class=access_class, **asked))


@pytest.fixture
def case_id(linden: Cast) -> int:
    return linden.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")


@pytest.mark.parametrize(("name", "plain", "content", "media_type"), [
    ("report.pdf", "report.pdf", files.pdf(), "application/pdf"),
    ("../../Müller, “A”.txt", "M_ller_ _A_.txt", "Grüße".encode(), "text/plain; charset=utf-8"),
    ("a\r\nSet-Cookie: x.csv", "a Set-Cookie_ x.csv", b"a,b\r\n", "text/csv; charset=utf-8"),
    ("\u202eعقد.docx", "___.docx", files.docx(),
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
])
def test_a_document_comes_as_an_attachment_byte_for_byte(
    web: TestClient, linden: Cast, case_id: int, name: str, plain: str, content: bytes, media_type: str
) -> None:
    made = uploaded(linden, case_id, file_name=name, content=content)
    answer = web.get(f"/files/document/{made}", headers=cookie(linden, "Marcus"))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, content, media_type)
    full = quote(" ".join(name.replace("../", "").replace("\u202e", "").split()), safe="")
    assert answer.headers["content-disposition"] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"] and "set-cookie" not in answer.headers


def test_a_stranger_gets_404_and_the_wrong_role_403(web: TestClient, linden: Cast, case_id: int) -> None:
    made = {access_class: uploaded(linden, case_id, access_class) for access_class in DocumentClass}
    found = {}
    for who in ("Dana", "Marcus", "Tom", "Olga"):
        signed_in = cookie(linden, who)
        found[who] = [web.get(f"/files/document/{made[c]}", headers=signed_in).status_code for c in DocumentClass]
    assert found == {
        "Dana": [200, 404, 404], "Marcus": [200, 200, 200], "Tom": [200, 403, 403], "Olga": [404, 404, 404]}
    olga = cookie(linden, "Olga")
    answers = [web.get(f"/files/document/{one}", headers=olga) for one in (made[A], 12345, 2**63, 10**30)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, "There is no such file.")}
    assert web.get(f"/files/document/{made[A]}").headers["location"].startswith("/auth/sign-in?next=/files/document/")
    for path in ("/files/document/x", "/files/document/1.pdf", "/files/document/../case.py"):
        assert web.get(path, headers=olga).status_code == 404
    assert web.post(f"/files/document/{made[A]}", headers=olga).status_code == 405


def test_whoever_works_here_reads_the_practice_s_pdfs_and_nobody_else(web: TestClient, linden: Cast) -> None:
    made = linden.do("Dana", add_form, AddForm(
        name="Policy", purpose=FormPurpose.PRACTICE_DOCUMENT, content=library.document("Policy", DocumentTask.SIGN),
        pdfs=(SentPdf(key=library.DOCUMENT, file_name="policy.pdf", content=files.pdf()),)))
    shown = linden.read("Dana", form_template, made).content.fields[0]
    assert shown.pdf is not None
    for who in ("Dana", "Olga", "Tom"):
        answer = web.get(f"/files/practice/{shown.pdf.file_id}", headers=cookie(linden, who))
        assert (answer.content, answer.headers["content-type"]) == (files.pdf(), "application/pdf")
    for wrong in (made, 5, 2**63, "x"):
        assert web.get(f"/files/practice/{wrong}", headers=cookie(linden, "Dana")).status_code == 404
    assert web.get(f"/files/practice/{shown.pdf.file_id}").status_code in (302, 303, 307)


def test_a_director_s_reason_is_typed_on_the_page_and_never_in_the_address(
    web: TestClient, linden: Cast, case_id: int
) -> None:
    made = uploaded(linden, case_id, C)
    linden.do("Dana", change_staff, ChangeStaff(
        staff_id=linden.staff["Dana"], revision=1, first_name="Dana", last_name="Okafor", email="dana@linden.example",
        credentials="PhD", roles={Role.OWNER}, is_clinical_director=True))
    dana = cookie(linden, "Dana")
    for query in ("", "?reason=Complaint"):
        refused = web.get(f"/files/document/{made}{query}", headers=dana)
        assert refused.status_code == 403 and refused.text.startswith("Type the reason")
    linden.do("Dana", open_document, OpenDocument(document_id=made, reason="Complaint"))
    assert web.get(f"/files/document/{made}", headers=dana).content == files.pdf()


def test_what_is_withdrawn_or_gone_says_so(web: TestClient, linden: Cast, case_id: int) -> None:
    marcus = cookie(linden, "Marcus")
    gone, withdrawn = uploaded(linden, case_id), uploaded(linden, case_id)
    linden.do("Marcus", withdraw_document, WithdrawDocument(document_id=withdrawn, reason="wrong"))
    for path in settings().files_dir.iterdir():
        path.unlink()
    answers = {one: web.get(f"/files/document/{one}", headers=marcus) for one in (gone, withdrawn)}
    assert {answer.status_code for answer in answers.values()} == {409}
    assert "not where it should be" in answers[gone].text and str(settings().files_dir) not in answers[gone].text
    assert answers[withdrawn].text == "This document was withdrawn."


def test_a_signed_note_and_one_participant_s_copy_are_fetched(web: TestClient, linden: Cast) -> None:
    case_id = linden.open_case(CaseType.THERAPY_GROUP, "Noor Haddad", "Sam Ortiz", name="Monday group")
    people = people_of(linden, case_id)
    note_id = linden.do("Marcus", start_note, StartNote(
        appointment_id=hold(linden, case_id, "GRP90", "2026-10-12 10:00"), kind=NoteKind.GROUP))
    marcus = cookie(linden, "Marcus")
    path = f"/files/note/{note_id}.pdf"
    assert web.get(path, headers=marcus).status_code == 409
    linden.do("Marcus", save_draft, SaveDraft(
        note_id=note_id, revision=1, sections={"topic": "T", "interventions": "I", "process": "P"},
        parts={people["Noor"]: "Of Noor.", people["Sam"]: "Of Sam."}))
    linden.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    whole = web.get(path, headers=marcus)
    assert whole.status_code == 200 and whole.headers["content-type"] == "application/pdf"
    assert whole.headers["content-disposition"].startswith('attachment; filename="Group note 2026-10-12.pdf"')
    assert "Of Sam." in pages(whole.content)[0]
    copy = pages(web.get(f"{path}?person={people['Noor']}", headers=marcus).content)[0]
    assert "Of Noor." in copy and "Sam" not in copy
    for query in ("?person=x", "?person=-1", f"?person={10**25}", "?person=12345"):
        assert web.get(f"{path}{query}", headers=marcus).status_code == 404, query
    assert {who: web.get(path, headers=cookie(linden, who)).status_code for who in ("Tom", "Olga")} == {
        "Tom": 404, "Olga": 404}
    asked = linden.do("Marcus", record_amendment, RecordAmendment(
        case_id=case_id, person_id=people["Noor"], received_on=date(2026, 10, 12), channel=AmendmentChannel.LETTER,
        wanted="Not so.", note_id=note_id))
    letter = f"/files/denial/{asked}.pdf"
    assert web.get(letter, headers=marcus).status_code == 404, "nothing was denied yet"
    linden.do("Marcus", deny_amendment, DenyAmendment(
        amendment_id=asked, revision=1, ground=DenialGround.ACCURATE, basis="So it was."))
    assert "So it was." in pages(web.get(letter, headers=marcus).content)[0]
    assert {who: web.get(letter, headers=cookie(linden, who)).status_code for who in ("Tom", "Olga", "Dana")} == {
        "Tom": 403, "Olga": 404, "Dana": 404}
    beneath = "Request to amend, 12 October 2026: denied"
    assert {who: beneath in pages(web.get(f"{path}{query}", headers=marcus).content)[0] for who, query in (
        ("whole", ""), ("Noor", f"?person={people['Noor']}"), ("Sam", f"?person={people['Sam']}"))} == {
        "whole": True, "Noor": True, "Sam": False}


def test_released_private_notes_leave_once_for_whoever_released_them(web: TestClient, linden: Cast) -> None:
    case_id = linden.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    appointment_id = hold(linden, case_id, "IND50", "2026-10-12 10:00")
    written(linden, "Marcus", appointment_id, "Heronprivate.")
    prepared = linden.do("Marcus", prepare_private, PreparePrivate(
        case_id=case_id, author_id=linden.staff["Marcus"], recipient="Dr. Ruiz", purpose="care",
        appointment_ids=(appointment_id,)))
    linden.do("Marcus", record_private_word, RecordPrivateWord(
        authorization_id=prepared, person_id=people_of(linden, case_id)["Noor"], signed_on=date(2026, 10, 12),
        expires_on=date(2026, 12, 1), document_id=uploaded(linden, case_id)))
    release = linden.do("Marcus", release_private, ReleasePrivate(authorization_id=prepared))
    path = f"/files/private/{release}.pdf"
    for who, status in (("Dana", 404), ("Olga", 404), ("Tom", 403)):
        assert web.get(path, headers=cookie(linden, who)).status_code == status
    marcus = cookie(linden, "Marcus")
    answer = web.get(path, headers=marcus)
    assert answer.status_code == 200 and "Heronprivate." in "".join(pages(answer.content))
    assert answer.headers["cache-control"] == "no-store" and "attachment" in answer.headers["content-disposition"]
    again = web.get(path, headers=marcus)
    assert again.status_code == 409 and "drawn once" in again.text
    for wrong in (prepared, 2**63):
        assert web.get(f"/files/private/{wrong}.pdf", headers=marcus).status_code == 404


def test_the_order_by_which_private_notes_are_asked_for_is_there_for_the_two_who_decide(
    web: TestClient, linden: Cast
) -> None:
    case_id = linden.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    appointment_id = hold(linden, case_id, "IND50", "2026-10-12 10:00")
    linden.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
        appointment_id=appointment_id, text="Heronprivate."))
    order = uploaded(linden, case_id)
    with database.transaction() as session:
        session.get_one(staff.Staff, linden.staff["Ruth"]).is_clinical_director = True
        session.get_one(staff.Staff, linden.staff["Marcus"]).active = False
    custody = linden.do("Dana", open_custody, OpenCustody(
        case_id=case_id, author_id=linden.staff["Marcus"], reason="Subpoena", document_id=order, issued_by="Court",
        issued_on=date(2026, 10, 1), reference="1", recipient="Court", purpose="Proceeding"))
    path = f"/files/custody/{custody}/{order}"
    ruth = cookie(linden, "Ruth")
    assert web.get(path, headers=ruth).content == web.get(path, headers=cookie(linden, "Dana")).content == files.pdf()
    assert web.get(f"/files/document/{order}", headers=ruth).status_code in (403, 404)
    for who, status in (("Olga", 404), ("Tom", 403)):
        assert web.get(path, headers=cookie(linden, who)).status_code == status
    for wrong in (f"{custody}/{custody}", f"{order}/{order}", f"{custody}/{2**63}", f"{2**63}/{order}"):
        assert web.get(f"/files/custody/{wrong}", headers=ruth).status_code == 404
