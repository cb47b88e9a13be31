"""Private notes leave from their author's page; of somebody who has left an owner asks for them under Staff."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, DocumentClass, Role
from practicerunner.workflows.custody_pages import custodies_waiting
from practicerunner.workflows.documents import UploadDocument, WithdrawDocument, upload_document, withdraw_document
from practicerunner.workflows.private_custody import OpenCustody, open_custody
from practicerunner.workflows.private_releases import private_disclosures
from practicerunner.workflows.psychotherapy import (
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    finish_psychotherapy_note,
    save_psychotherapy_note,
)
from practicerunner.workflows.staff import staff_list
from tests.cast import Cast, at, bring_on, hold
from tests.pages.opening import give_passwords, keys, opened, press, said, sign
from tests.workflows.supervising import change

NAME = "Noor [Haddad](x)"


@pytest.fixture
def cast(sqlite_engine: Engine, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """A client of Marcus with a private note and an uploaded paper; Ruth is the clinical director."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    made = bring_on(sqlite_engine)
    give_passwords(made)
    with at("2026-10-01 09:00"):
        case_id = made.open_case(CaseType.INDIVIDUAL, NAME)
    appointment_id = hold(made, case_id, "IND50", "2026-10-12 10:00")
    made.services |= {"case": case_id, "appointment": appointment_id}
    with at("2026-10-20 09:00"):
        made.services["note"] = made.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, text="Heronprivate."))
        made.services["paper"] = made.do("Dana", upload_document, UploadDocument(
            case_id=case_id, file_name="signed.txt", content=b"Signed.", title="Signed *paper*",
            access_class=DocumentClass.ADMIN))
        yield made


def dialog() -> None:
    import streamlit as st

    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.private_release_block import private_dialog

    private_dialog(signed_in(), st.session_state["case"], st.session_state["author"])


def asking() -> None:
    import streamlit as st

    from practicerunner.ui.custody_block import open_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.custody_pages import former_notes

    actor = signed_in()
    open_dialog(actor, read(former_notes, actor, st.session_state["author"]), st.session_state["case"])


def ask(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str = "Marcus", what=dialog) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_function(what, default_timeout=30)
    app.session_state["case"], app.session_state["author"] = cast.services["case"], cast.staff["Marcus"]
    app.run()
    assert not app.exception, app.exception
    return app


def links(app: AppTest) -> list[str]:
    return [node.proto.url for node in app.get("link_button")]


def plain(app: AppTest) -> str:
    return said(app).replace("\\", "").replace("\u2060", "")


def key(app: AppTest, beginning: str) -> str:
    return next(one for one in keys(app) if one.startswith(beginning) and one.endswith(".save"))


def test_the_author_prepares_records_and_releases_and_the_case_accounts_for_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = cast.services["case"]
    app = opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")
    assert f"private.case.{case_id}" in keys(app) and "Private notes handed out" not in said(app)
    note = opened(cast, monkeypatch, "Marcus", "note", psychotherapy=cast.services["appointment"])
    assert f"private.note.{case_id}" in keys(note)
    app = ask(cast, monkeypatch)
    press(app, key(app, "prepare_private."))
    assert {error.value for error in app.error} == {"Please fill in this field."}
    app.text_input[0].set_value("Dr. *Ruiz*")
    app.text_input[1].set_value("continuing care")
    press(app, key(app, "prepare_private."))
    app = ask(cast, monkeypatch)
    assert "Covers 1 private note: Mon 12 Oct (draft)" in said(app)
    assert "Missing: Noor" in plain(app) and not [b for b in app.button if b.label.startswith("Release 1")]
    press(app, key(app, "private_word."))
    assert ["Choose the signed paper" in error.value for error in app.error] == [True]
    app.file_uploader[0].upload("signed.txt", b"Signed.", "text/plain").run()
    app.button(key=next(str(one.key) for one in app.button if one.label == "Attach")).click().run()
    app = ask(cast, monkeypatch)
    paper = next(one for one in app.selectbox if one.label == "The signed paper")
    assert paper.options[0].replace("\\", "") == "Authorisation for private notes, Noor [Haddad](x)"
    paper.select_index(0)
    press(app, key(app, "private_word."))
    app = ask(cast, monkeypatch)
    assert "A draft does not go out. Make it final first:" in said(app)
    assert not [b for b in app.button if b.label.startswith("Release 1")]
    cast.do("Marcus", finish_psychotherapy_note, FinishPsychotherapyNote(
        appointment_id=cast.services["appointment"], note_id=cast.services["note"], revision=1))
    app = ask(cast, monkeypatch)
    sign(app, "Release 1 private note", "wrong password")
    assert ["This is not your password" in error.value for error in app.error] == [True]
    sign(app, "Release 1 private note")
    app = ask(cast, monkeypatch)
    (release,) = cast.read("Marcus", private_disclosures, case_id).released
    assert links(app) == [f"/files/private/{release.private_release_id}.pdf"]
    press(app, next(one for one in keys(app) if one.startswith("private_word.") and one.count(".") == 1))
    app = ask(cast, monkeypatch)
    assert "Missing: Noor" in plain(app)
    app = opened(cast, monkeypatch, "Dana", "case", case=case_id, part="clinical")
    assert "Private notes of Marcus Bell, 1 note, to Dr. *Ruiz*" in said(app) and "Heronprivate" not in said(app)
    assert f"private.case.{case_id}" not in keys(app)
    consultation = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Kim Lowe")
    app = opened(cast, monkeypatch, "Marcus", "case", case=consultation, part="clinical")
    assert not [one for one in keys(app) if one.startswith("private.")] and "rivate" not in said(app)


def staff_page(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str = "Dana") -> AppTest:
    """The page of staff with Marcus chosen."""
    app = opened(cast, monkeypatch, who, "staff")
    place = [one.id for one in cast.read("Dana", staff_list)].index(cast.staff["Marcus"])
    app.session_state["staff_table"] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    app.run()
    assert not app.exception, app.exception
    return app


def test_an_owner_asks_under_staff_a_second_person_confirms_and_the_owner_releases(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = cast.services["case"]
    assert "Private notes of" not in said(staff_page(cast, monkeypatch)), "while he works here"
    change(cast, "Marcus", active=False)
    app = staff_page(cast, monkeypatch)
    assert "Name another owner, or a clinical director" in said(app) and f"custody.{case_id}" not in keys(app)
    change(cast, "Olga", roles=frozenset({Role.OWNER}))
    app = staff_page(cast, monkeypatch)
    assert "They stay sealed" in said(app) and f"custody.{case_id}" in keys(app)
    app = ask(cast, monkeypatch, "Dana", asking)
    assert "None is recorded for these notes yet" in said(app)
    app.radio(key=next(one.key for one in app.radio if str(one.key).endswith(".by_order"))).set_value(True).run()
    press(app, key(app, f"custody.{cast.staff['Marcus']}"))
    assert {error.value for error in app.error} >= {"Please fill in this field."}
    custody = cast.do("Dana", open_custody, OpenCustody(
        case_id=case_id, author_id=cast.staff["Marcus"], reason="Subpoena *now*", document_id=cast.services["paper"],
        issued_by="Albany County Court", issued_on=date(2026, 10, 15), reference="AC-114", recipient="The court",
        purpose="proceeding"))
    mine = opened(cast, monkeypatch, "Dana", "note", custody=custody)
    assert "Another owner or the clinical director has to confirm it." in said(mine)
    assert not mine.get("form"), "nothing to sign"
    app = opened(cast, monkeypatch, "Olga", "note", custody=custody)
    assert "Subpoena *now*" in said(app) and "Nobody reads the notes here" in said(app)
    assert links(app) == [f"/files/custody/{custody}/{cast.services['paper']}"]
    sign(app, "Confirm the release")
    assert [one.may_release for one in cast.read("Dana", custodies_waiting)] == [True]
    app = opened(cast, monkeypatch, "Dana", "note", custody=custody)
    sign(app, "Release 1 private note")
    app = opened(cast, monkeypatch, "Dana", "note", custody=custody)
    (release,) = cast.read("Dana", private_disclosures, case_id).released
    assert f"/files/private/{release.private_release_id}.pdf" in links(app)
    assert "Heronprivate" not in said(app)
    app = opened(cast, monkeypatch, "Priya", "note", custody=custody)
    assert [one.value for one in app.warning] and "Subpoena" not in said(app)
    second = cast.do("Dana", open_custody, OpenCustody(
        case_id=case_id, author_id=cast.staff["Marcus"], reason="Again", document_id=cast.services["paper"],
        issued_by="Albany County Court", issued_on=date(2026, 10, 15), reference="AC-114", recipient="The court",
        purpose="proceeding"))
    cast.do("Dana", withdraw_document, WithdrawDocument(document_id=cast.services["paper"], reason="Quashed"))
    app = opened(cast, monkeypatch, "Olga", "note", custody=second)
    assert "The order was withdrawn under Documents" in said(app) and links(app) == [] and not app.get("form")
