"""The documents on a case's page: what each role sees, uploads, opens and takes away."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.documents import Document
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, DocumentClass, NoteKind, Role
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests import files
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words

A, C, S = DocumentClass
HOSTILE = "A **bold** [x](http://x.example) <b>raw</b>"


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    made = bring_on(sqlite_engine)
    with at("2026-10-12 20:00"):
        yield made


@pytest.fixture
def couple(cast: Cast) -> int:
    return cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")


def upload(cast: Cast, case_id: int, access_class: DocumentClass, title: str, by: str = "Marcus") -> int:
    return cast.do(by, upload_document, UploadDocument(
        case_id=case_id, file_name="report.pdf", content=files.pdf(), title=title, access_class=access_class))


def case(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str, case_id: int) -> AppTest:
    return opened(cast, monkeypatch, who, "case", case=case_id, part="clinical")


def upload_form(case_id: int) -> None:
    """The script of a page that is the upload dialog alone."""
    from practicerunner.ui import document_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page
    from practicerunner.workflows.documents import documents_of_case

    actor = signed_in()
    document_block.upload_dialog(
        actor, read(case_page, actor, case_id), read(documents_of_case, actor, case_id))


def change_form(case_id: int) -> None:
    """The script of a page that is the dialog of the case's first document."""
    from practicerunner.ui import document_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page
    from practicerunner.workflows.documents import documents_of_case

    actor = signed_in()
    found = read(documents_of_case, actor, case_id)
    if found.lines:
        document_block.change_dialog(actor, read(case_page, actor, case_id), found, found.lines[0])


def dialog(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str, script: Callable[[int], None], case_id: int
) -> AppTest:
    """A dialog that stays open from run to run."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    return AppTest.from_function(script, default_timeout=30, args=(case_id,)).run()


def field(app: AppTest, kind: str, label: str) -> Any:
    """The field whose label begins so."""
    return next(one for one in getattr(app, kind) if one.label.startswith(label))


def click(app: AppTest, label: str) -> AppTest:
    """Press the last button of that label."""
    next(one for one in reversed(app.button) if one.label == label).click().run()
    assert not app.exception, app.exception
    return app


def links(app: AppTest) -> list[str]:
    """Addresses of the files that the page offers."""
    own = ("/files/document/", "/files/note/")
    return [url for button in app.get("link_button") if (url := button.proto.url).startswith(own)]


def rows(cast: Cast) -> list[Document]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(Document)))


def test_each_role_sees_its_classes_and_no_other(
    cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {c: upload(cast, couple, c, f"Title of {c}") for c in DocumentClass}
    shown = {}
    for who in ("Marcus", "Tom", "Dana"):
        app = case(cast, monkeypatch, who, couple)
        text = words(app)
        shown[who] = {c for c in DocumentClass if f"Title of {c}" in text}
        assert set(links(app)) == {f"/files/document/{made[c]}" for c in shown[who]}
        assert "upload_document" in keys(app)
    assert shown == {"Marcus": {A, C, S}, "Tom": {A}, "Dana": {A}}


def test_without_documents_the_page_says_what_belongs_there(
    cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No documents yet. Letters, reports and scans" in said(case(cast, monkeypatch, "Tom", couple))


def test_a_file_is_uploaded_with_a_title_a_class_and_a_person(
    cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = press(case(cast, monkeypatch, "Marcus", couple), "upload_document")
    assert len(app.file_uploader) == 1
    app = dialog(cast, monkeypatch, "Marcus", upload_form, couple)
    assert not app.button
    app.file_uploader[0].upload("School_report.pdf", files.pdf(), "application/pdf").run()
    who, about = field(app, "radio", "Who can read it"), field(app, "selectbox", "About")
    assert field(app, "text_input", "Title").value == "School report"
    assert who.options == ["Administrative", "Clinical", "Sealed"] and who.value is C
    assert about.options == ["Everybody here", "Noor Haddad", "Sam Ortiz"]
    about.select_index(2)
    click(app, "Upload")
    (row,) = rows(cast)
    assert (row.title, row.access_class, row.person_id, row.file_name) == (
        "School report", C, people_of(cast, couple)["Sam"], "School_report.pdf")
    facts = f"Sam Ortiz · Marcus Bell · Mon 12 Oct 2026, 20:00 · {len(files.pdf())} bytes"
    assert facts in said(case(cast, monkeypatch, "Marcus", couple))


def test_a_file_that_is_refused_says_why_and_what_was_typed_stays(
    cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(cast, monkeypatch, "Tom", upload_form, couple)
    app.file_uploader[0].upload("page.pdf", b"<html>", "application/pdf").run()
    field(app, "text_input", "Title").set_value("My title")
    click(app, "Upload")
    assert [error.value for error in app.error] == [
        "What is in this file is not what its name says. Save it anew in the program it comes from."]
    assert field(app, "text_input", "Title").value == "My title"
    field(app, "text_input", "Title").set_value(" ")
    app.file_uploader[0].upload("a.txt", b"fine", "text/plain").run()
    field(app, "text_input", "Title").set_value(" ")
    assert [error.value for error in click(app, "Upload").error] == ["Please fill in this field."]
    assert rows(cast) == [] and not settings().files_dir.exists()


def test_who_may_not_upload_has_no_button(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ada Lovell", provider="Priya")
    made = upload(cast, case_id, C, "Letter", by="Priya")
    app = case(cast, monkeypatch, "Ruth", case_id)
    assert links(app) == [f"/files/document/{made}"]
    assert not {"upload_document", f"change_document.{made}"} & set(keys(app))


def test_a_document_is_renamed_and_withdrawn(cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = upload(cast, couple, A, "Old title")
    assert f"change_document.{made}" in keys(case(cast, monkeypatch, "Tom", couple))
    app = dialog(cast, monkeypatch, "Tom", change_form, couple)
    assert not app.radio, "the front desk has one class only"
    field(app, "text_input", "Title").set_value("New title")
    click(app, "Save")
    assert rows(cast)[0].title == "New title"
    app = dialog(cast, monkeypatch, "Tom", change_form, couple)
    assert [error.value for error in click(app, "Withdraw it").error] == ["Please fill in this field."]
    field(app, "text_input", "Reason").set_value("Belongs to somebody else")
    click(app, "Withdraw it")
    assert rows(cast)[0].archived_reason == "Belongs to somebody else"
    assert "New title" not in words(case(cast, monkeypatch, "Tom", couple))


def test_letting_more_people_read_it_asks_for_a_reason(
    cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(cast, couple, C, "Letter")
    app = dialog(cast, monkeypatch, "Marcus", change_form, couple)
    assert "Why may more people" not in words(app)
    field(app, "radio", "Who can read it").set_value(A).run()
    assert [error.value for error in click(app, "Save").error] == ["Say why more people may read it; it is logged."]
    assert rows(cast)[0].access_class is C
    field(app, "text_input", "Why may more people").set_value("The front desk sends it")
    click(app, "Save")
    assert rows(cast)[0].access_class is A


def test_the_director_types_a_reason_and_then_reads(cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = upload(cast, couple, C, "Heron report")
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=cast.staff["Dana"], revision=1, first_name="Dana", last_name="Okafor", email="dana@linden.example",
        credentials="PhD", roles={Role.OWNER}, is_clinical_director=True))
    app = case(cast, monkeypatch, "Dana", couple)
    assert "Heron" not in words(app) and links(app) == []
    field(app, "text_input", "Why do you open this document").set_value("Complaint")
    press(app, next(key for key in keys(app) if key.startswith(f"open_document.{made}")))
    assert "Heron report" in words(app) and links(app) == [f"/files/document/{made}"]


def test_a_title_is_shown_letter_by_letter(cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(cast, couple, A, HOSTILE)
    assert live(case(cast, monkeypatch, "Marcus", couple)) == []
    assert live(dialog(cast, monkeypatch, "Marcus", change_form, couple)) == []


@pytest.mark.parametrize("case_type", [CaseType.INDIVIDUAL_CONSULTATION, CaseType.WORKSHOP])
def test_a_consultation_s_documents_have_no_clinical_word(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, case_type: CaseType
) -> None:
    name = "Skills day" if case_type is CaseType.WORKSHOP else ""
    case_id = cast.open_case(case_type, "Ada Leroy", name=name)
    upload(cast, case_id, C, "Agenda")
    app = dialog(cast, monkeypatch, "Marcus", upload_form, case_id)
    app.file_uploader[0].upload("a.txt", b"one", "text/plain").run()
    text = (words(app) + words(case(cast, monkeypatch, "Marcus", case_id))).lower()
    assert "documentation" in text
    for forbidden in ("diagnos", "treatment", "symptom", "patient"):
        assert forbidden not in text
    assert field(app, "radio", "Who can read it").options == ["Administrative", "Documentation", "Sealed"]


def test_many_documents_come_by_pages(cast: Cast, couple: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(26):
        upload(cast, couple, A, f"Scan {number:02d}.")
    assert len(links(case(cast, monkeypatch, "Tom", couple))) == 25


def test_a_signed_note_has_its_pdf_and_a_group_note_a_copy_for_each(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = cast.open_case(CaseType.THERAPY_GROUP, "Noor Haddad", "Sam Ortiz", name="Monday group")
    people = people_of(cast, case_id)
    appointment_id = hold(cast, case_id, "GRP90", "2026-10-12 10:00")
    found = {}
    for kind, sections, parts in (
        (NoteKind.GROUP, {"topic": "T", "interventions": "I", "process": "P"}, dict.fromkeys(people.values(), "x")),
        (NoteKind.PROGRESS, dict.fromkeys(("subjective", "objective", "assessment", "plan"), "x"), {}),
    ):
        note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=kind))
        assert links(opened(cast, monkeypatch, "Marcus", "note", note=note_id)) == []
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections=sections, parts=parts))
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
        found[kind] = (f"/files/note/{note_id}.pdf", links(opened(cast, monkeypatch, "Marcus", "note", note=note_id)))
    address, shown = found[NoteKind.PROGRESS]
    assert shown == [address]
    address, shown = found[NoteKind.GROUP]
    assert shown == [address, *(f"{address}?person={people[name]}" for name in ("Noor", "Sam"))]
