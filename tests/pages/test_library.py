"""Documents of the practice on the screens: written, uploaded, chosen for packets, read and signed in the portal."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.forms import FormResponse
from practicerunner.rules import library
from practicerunner.settings import settings
from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import CaseType, DocumentTask, FormPurpose
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form, form_template
from practicerunner.workflows.library import SentPdf
from practicerunner.workflows.packets import packet_list
from tests import files
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, portal_opened, press, said
from tests.pages.walking import live, words
from tests.workflows.sending import bring_forms, complete, form_id

HOSTILE = "A **bold** [x](http://x.example) <b>raw</b> $5$"
PDF = files.pdf()


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    made = bring_on(sqlite_engine)
    bring_forms(made)
    with at("2026-11-12 09:00"):
        yield made


@pytest.fixture
def led_to(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Where a click leads, instead of going there."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(navigation, "go", lambda _, **selectors: found.append(selectors))
    return found


def group(app: AppTest, key: str) -> Any:
    return next(one for one in app.get("button_group") if one.key == key)


def links(app: AppTest) -> list[str]:
    return [button.proto.url for button in app.get("link_button")]


def document(cast: Cast, task: DocumentTask = DocumentTask.SIGN, title: str = "Office policy", words: str = "") -> int:
    sent = () if words else (SentPdf(key=library.DOCUMENT, file_name="policy.pdf", content=PDF),)
    made: int = cast.do("Dana", add_form, AddForm(
        name=title, purpose=FormPurpose.PRACTICE_DOCUMENT, content=library.document(title, task, text=words),
        pdfs=sent))
    return made


def given(cast: Cast, template_id: int) -> tuple[int, int, int]:
    """Noor is given a document: her case, she herself, the form."""
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (noor,) = people_of(cast, case_id).values()
    (form,) = cast.do("Tom", assign_forms, AssignForms(
        case_id=case_id, template_ids=(template_id,), person_ids=(noor,)))
    return case_id, noor, int(form)


def response(cast: Cast) -> int:
    """What was handed in."""
    with database.reading(cast.engine) as session:
        return session.query(FormResponse).one().id


def test_the_owner_writes_a_document_and_uploads_its_next_version(cast: Cast, monkeypatch, led_to) -> None:
    app = opened(cast, monkeypatch, "Dana", "forms", part="documents")
    assert "No documents yet. Write or upload the first one" in said(app)
    app = opened(cast, monkeypatch, "Dana", "forms", new="document")
    press(app, "document.new.0.save")
    assert [error.value for error in app.error] == ["Please fill in this field."], "it has no title"
    app.text_input(key="document.new.0.name").set_value("Privacy notice").run()
    press(app, "document.new.0.save")
    assert [error.value for error in app.error] == ["Write the text to read, or upload it as a PDF."]
    app.text_area(key="document.new.0.document.text").set_value("# Heron\n\nWe keep **little**.").run()
    assert "Heron" in said(app)
    press(app, "document.new.0.save")
    ((made,),) = (found.values() for found in led_to)
    page = cast.read("Dana", form_template, made)
    assert (library.task_of(page.content), library.sentence_of(page.content)) == (
        DocumentTask.ACKNOWLEDGE, "I have read this.")
    name = f"document.{made}.1"
    app = opened(cast, monkeypatch, "Dana", "forms", form=made)
    group(app, f"{name}.0.task").set_value(DocumentTask.SIGN).run()
    group(app, f"{name}.0.document.way").set_value("As a PDF").run()
    app.file_uploader[0].upload("notice.pdf", b"MZ a program", "application/pdf").run()
    press(app, f"{name}.0.save")
    assert [error.value for error in app.error] == [
        "What is in this file is not what its name says. Save it anew in the program it comes from."]
    group(app, f"{name}.0.document.way").set_value("Written here").run()
    assert app.text_area(key=f"{name}.0.document.text").value == "# Heron\n\nWe keep **little**.", "it was not lost"
    group(app, f"{name}.0.document.way").set_value("As a PDF").run()
    app.file_uploader[0].upload("notice.pdf", PDF, "application/pdf").run()
    press(app, f"{name}.0.save")
    assert not app.error, [error.value for error in app.error]
    page = cast.read("Dana", form_template, made)
    assert (library.task_of(page.content), library.sentence_of(page.content), page.line.is_pdf, page.line.version) == (
        DocumentTask.SIGN, "I have read this and agree to it.", True, 2)
    app = opened(cast, monkeypatch, "Dana", "forms", form=made)
    text = said(app)
    assert "Version 1: Privacy notice" in text and f"SHA-256 {hashlib.sha256(PDF).hexdigest()}" in text
    assert {f"/files/practice/{page.content.fields[0].pdf.file_id}"} == set(links(app))
    app = opened(cast, monkeypatch, "Dana", "forms", part="documents")
    assert "To sign, PDF" in said(app) and "Privacy notice" in said(app)


def test_a_text_to_read_of_a_form_is_uploaded_in_the_builder(cast: Cast, monkeypatch, led_to) -> None:
    app = opened(cast, monkeypatch, "Dana", "forms", form=form_id(cast, "ground_rules"))
    prefix = f"form.{form_id(cast, 'ground_rules')}.1.0"
    group(app, f"{prefix}.fields.text.way").set_value("As a PDF").run()
    app.file_uploader[0].upload("rules.pdf", PDF, "application/pdf").run()
    press(app, f"{prefix}.save")
    assert not app.error, [error.value for error in app.error]
    field = cast.read("Dana", form_template, form_id(cast, "ground_rules")).content.fields[0]
    assert (field.text, field.pdf and field.pdf.name) == ("", "rules.pdf")


def test_a_packet_is_chosen_beside_the_forms(cast: Cast, monkeypatch) -> None:
    notice = document(cast, title="Privacy notice")
    app = opened(cast, monkeypatch, "Dana", "forms", part="packets")
    assert said(app).count("The usual forms, until you choose.") == 6 and "Nothing is sent." in said(app)
    key = "packet.individual.0.0"
    assert f"{key}.save" not in keys(app)
    group(app, f"{key}.forms").set_value([form_id(cast, "consent"), notice]).run()
    press(app, f"{key}.save")
    chosen = {packet.case_type: packet.chosen for packet in cast.read("Dana", packet_list)}
    assert set(chosen[CaseType.INDIVIDUAL]) == {form_id(cast, "consent"), notice}
    assert notice not in chosen[CaseType.FAMILY]


def test_a_client_opens_the_pdf_signs_and_finds_what_was_signed_by_its_hash(cast: Cast, monkeypatch) -> None:
    policy = document(cast)
    _, noor, form = given(cast, policy)
    app = portal_opened(monkeypatch, noor, "portal_forms")
    assert "Read and sign" in said(app)
    assert app.button(key=f"fill.{form}").proto.type == "primary"
    app = portal_opened(monkeypatch, noor, "portal_forms", assignment=form)
    file_id = cast.read("Dana", form_template, policy).content.fields[0].pdf.file_id
    assert links(app) == [f"/portal/files/form/{form}/{file_id}"]
    assert "Open policy.pdf" in words(app) and "Sign and hand in" in said(app)
    app.checkbox[0].check().run()
    app.text_input[0].set_value("noor haddad").run()
    press(app, f"portal_hand_in.{form}.0.save")
    app = portal_opened(monkeypatch, noor, "portal_forms", response=response(cast))
    sentence = f"Office policy (policy.pdf), version 1, SHA-256 {hashlib.sha256(PDF).hexdigest()}"
    assert "Signed by Noor Haddad (“noor haddad”)" in said(app)
    assert f":small[{sentence}]" in [one.value.replace("\\", "") for one in app.caption], "small, at the foot"
    assert links(app) == [f"/portal/files/form/{form}/{file_id}"]
    monkeypatch.setattr(identity, "PERSON", None)
    app = opened(cast, monkeypatch, "Marcus", "form", response=response(cast))
    assert sentence in said(app).replace("\\", "") and links(app) == [f"/files/practice/{file_id}"]


def test_a_document_to_read_is_done_with_one_click(cast: Cast, monkeypatch) -> None:
    _, noor, form = given(cast, document(cast, DocumentTask.READ, "Way in", "Ring twice."))
    app = portal_opened(monkeypatch, noor, "portal_forms", assignment=form)
    assert said(app).count("Way in") == 1 and "Ring twice." in said(app) and "I have read it" in said(app)
    press(app, f"portal_hand_in.{form}.0.save")
    assert "Read by Noor Haddad" in said(portal_opened(monkeypatch, noor, "portal_forms", response=response(cast)))


def test_hostile_titles_and_sentences_stand_there_as_typed(cast: Cast, monkeypatch) -> None:
    made = cast.do("Dana", add_form, AddForm(
        name=HOSTILE, purpose=FormPurpose.PRACTICE_DOCUMENT, pdfs=(
            SentPdf(key=library.DOCUMENT, file_name="a [x](y) **b**.pdf", content=PDF),),
        content=library.document(HOSTILE, DocumentTask.SIGN, HOSTILE)))
    case_id, noor, form = given(cast, made)
    pages = [opened(cast, monkeypatch, "Dana", "forms", **ids) for ids in (
        {"part": "documents"}, {"part": "packets"}, {"form": made})]
    pages += [opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical"),
              opened(cast, monkeypatch, "Marcus", "form", assignment=form)]
    complete(cast, form, {"acknowledged": True, "signature": HOSTILE})
    pages.append(opened(cast, monkeypatch, "Marcus", "form", response=response(cast)))
    for number, app in enumerate(pages):
        assert live(app) == [], number
        assert "bold" in words(app), number
    monkeypatch.setattr(identity, "IDENTITY", None)
    assert live(portal_opened(monkeypatch, noor, "portal_forms", assignment=form)) == []
