"""The dialog in which the release of a record of several people is prepared, authorised and blocked."""

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.record_exports import record_pdf
from practicerunner.workflows.releases import ReleaseIsBlocked, releases_of_case
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, press, said


def dialog() -> None:
    import streamlit as st

    from practicerunner.ui import release_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.record_exports import record_choices

    actor, case_id = signed_in(), st.session_state["case"]
    choices = read(record_choices, actor, case_id)
    release_block.release_dialog(actor, case_id, {key: choices[key] for key in choices if key is not None})


def ask(cast: Cast, monkeypatch: pytest.MonkeyPatch, case_id: int) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    app = AppTest.from_function(dialog, default_timeout=30)
    app.session_state["case"] = case_id
    app.run()
    assert not app.exception, app.exception
    return app


def links(app: AppTest) -> list[str]:
    return [node.proto.url for node in app.get("link_button")]


def test_a_release_is_prepared_authorised_by_each_and_only_then_handed_out(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-10-20 09:00"):
        cast = bring_on(sqlite_engine)
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom [Quill](x)")
        app = opened(cast, monkeypatch, "Marcus", "case", case=couple, part="clinical")
        assert f"release.{couple}.open" in keys(app)
        app = ask(cast, monkeypatch, couple)
        maya, tom = people_of(cast, couple)["Maya"], people_of(cast, couple)["Tom"]
        assert links(app) == [f"/files/record/{couple}.pdf?person={one}" for one in (maya, tom)]
        save = next(key for key in keys(app) if key.startswith(f"release.{couple}.") and key.endswith(".save"))
        press(app, save)
        assert {error.value for error in app.error} == {"Please fill in this field."}
        next(one for one in app.text_input if one.label == "What for").set_value("continuing care")
        press(app, save)
        assert [error.value for error in app.error] == ["Say to whom the record is to go."]
        next(one for one in app.text_input if one.label.startswith("Name of")).set_value("Dr. *Ruiz*")
        press(app, save)
        app = ask(cast, monkeypatch, couple)
        text = said(app).replace("\\", "")
        assert "Missing: Maya Rivera, Tom" in text and "(x)" in text and "Dr. *Ruiz*" not in links(app)
        for left in (1, 0):
            save = next(key for key in keys(app) if key.startswith("authorize.") and key.endswith(".save"))
            press(app, save)
            app = ask(cast, monkeypatch, couple)
            assert sum(key.startswith("withdraw.") for key in keys(app)) == 2 - left
        (release,) = cast.read("Marcus", releases_of_case, couple).releases
        assert f"/files/record/{couple}.pdf?release={release.release_id}" in links(app)
        press(app, next(key for key in keys(app) if key.startswith("withdraw.")))
        app = ask(cast, monkeypatch, couple)
        assert "Missing: Maya Rivera." in said(app).replace("\\", "") and len(links(app)) == 2


def test_a_case_of_one_downloads_its_record_as_before(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with at("2026-10-20 09:00"):
        cast = bring_on(sqlite_engine)
        alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        app = opened(cast, monkeypatch, "Marcus", "case", case=alone, part="clinical")
        assert f"release.{alone}.open" not in keys(app) and f"/files/record/{alone}.pdf" in links(app)


def test_a_record_that_was_asked_for_without_a_release_waits_until_nobody_needs_it(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-10-20 09:00"):
        cast = bring_on(sqlite_engine)
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom [Quill](x)")
        with pytest.raises(ReleaseIsBlocked):
            cast.do("Dana", record_pdf, couple)
        waits = "Asked for and refused: no release was prepared"
        assert waits in said(opened(cast, monkeypatch, "Marcus", "documentation"))
        app = ask(cast, monkeypatch, couple)
        assert "Dana Okafor asked for the record on 20 October 2026 and was refused" in said(app)
        press(app, f"refused.{couple}.drop")
        assert "was refused" not in said(ask(cast, monkeypatch, couple))
        assert waits not in said(opened(cast, monkeypatch, "Marcus", "documentation"))
