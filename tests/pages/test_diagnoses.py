"""Diagnoses on the screens: set, ended, made primary on the case page, a quiet line beside a note, absent elsewhere."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.diagnoses import Diagnosis
from practicerunner.rules.case_types import capabilities
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.cases import SwitchClinicalFields, switch_clinical_fields
from practicerunner.workflows.clients import find_cases
from practicerunner.workflows.diagnoses import AddDiagnosis, EndDiagnosis, add_diagnosis, end_diagnosis
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, bring_on, hold, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words

HOSTILE = "**Ada** [x](http://y) :red[no] <img src=x>"
SOAP = ("subjective", "objective", "assessment", "plan")
SECTIONS = ("overview", "clinical", "billing", "relationships")


@pytest.fixture
def cast(sqlite_engine: Engine) -> Iterator[Cast]:
    with at("2026-11-12 12:00"):
        yield bring_on(sqlite_engine)


@pytest.fixture
def enter(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """Somebody opens a page; the clock stands at noon."""

    def go(name: str, page: str, **selectors: object) -> AppTest:
        return opened(cast, monkeypatch, name, page, **selectors)

    with at("2026-11-12 12:00"):
        yield go


def case_of(cast: Cast, kind: CaseType = CaseType.INDIVIDUAL, *names: str, provider: str = "Marcus") -> int:
    with at("2026-01-05 09:00"):
        return cast.open_case(kind, *(names or ("Noor Haddad",)), provider=provider,
                              name="Peer circle" if capabilities(kind).needs_name else "")


def add(cast: Cast, case_id: int, code: str = "F41.1", who: str = "Noor", by: str = "Marcus", **options) -> int:
    return cast.do(by, add_diagnosis, AddDiagnosis(
        case_id=case_id, person_id=people_of(cast, case_id)[who], code=code, onset_on=date(2026, 3, 1), **options))


def rows(cast: Cast) -> list[Diagnosis]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(Diagnosis).order_by(Diagnosis.id)))


def key(app: AppTest, *parts: str) -> str:
    """The one button whose key has all these parts."""
    (found,) = [name for name in keys(app) if all(part in name for part in parts)]
    return found


def adding() -> None:
    """The dialog alone: AppTest draws a dialog anew only where it is called again."""
    import streamlit as st

    from practicerunner.ui.diagnosis_block import add_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read_logged
    from practicerunner.workflows.clients import find_cases
    from practicerunner.workflows.diagnosis_pages import diagnosis_block

    actor = signed_in()
    case_id = read_logged(find_cases, actor, "Noor")[0].case_id
    block = read_logged(diagnosis_block, actor, case_id)
    assert block is not None
    if "toast" not in st.session_state:
        add_dialog(actor, case_id, block)
    st.text("drawn")


@pytest.fixture
def dialog(cast: Cast, enter, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Marcus has opened the dialog for Noor, who has nothing yet."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    case_of(cast)
    return AppTest.from_function(adding, default_timeout=30).run()


def of(app: AppTest, kind: str, ending: str):
    """The field of the dialog whose key ends so."""
    return next(one for one in app.get(kind) if str(one.key).endswith(ending))


def test_an_empty_block_says_what_it_is_for_and_offers_to_begin(cast: Cast, enter) -> None:
    case_id = case_of(cast)
    app = enter("Marcus", "case", case=case_id, part="clinical")
    assert "No diagnosis yet. What is in force on the day of an appointment stands on that day's papers" in said(app)
    press(app, "add_diagnosis")
    assert of(app, "button", ".save").disabled


def test_a_code_is_found_by_words_chosen_and_set(cast: Cast, enter, dialog: AppTest) -> None:
    of(dialog, "text_input", ".search").set_value("generalized anx").run()
    assert [option.replace("\\", "") for option in dialog.radio[0].options] == [
        "F41.1 Generalized anxiety disorder", "F40.11 Social phobia, generalized"]
    assert of(dialog, "button", ".save").label == "Add F41.1"
    of(dialog, "text_input", ".search").set_value("PTSD").run()
    dialog.radio[0].set_value("F43.12").run()
    assert of(dialog, "button", ".save").label == "Add F43.12"
    of(dialog, "date_input", ".onset_on").set_value(date(2026, 9, 1)).run()
    of(dialog, "button", ".save").click().run()
    assert not dialog.exception
    (row,) = rows(cast)
    assert (row.code, row.onset_on, row.is_primary, row.is_provisional) == ("F43.12", date(2026, 9, 1), True, False)
    text = said(enter("Marcus", "case", case=row.case_id, part="clinical"))
    assert "F43.12  Post-traumatic stress disorder, chronic" in text
    assert "since Tue 1 Sep, set by Marcus Bell" in text


def test_a_problem_stands_at_its_field_and_what_was_entered_stays(cast: Cast, dialog: AppTest) -> None:
    of(dialog, "text_input", ".search").set_value("panic").run()
    of(dialog, "checkbox", ".is_provisional").check().run()
    add(cast, cast.read("Marcus", find_cases, "Noor")[0].case_id, "F41.0")  # in another window
    of(dialog, "button", ".save").click().run()
    assert [box.value.replace("\\", "") for box in dialog.error] == ["F41.0 is recorded already, since 1 Mar 2026."]
    assert of(dialog, "text_input", ".search").value == "panic" and of(dialog, "checkbox", ".is_provisional").value
    assert len(rows(cast)) == 1


def test_a_search_without_a_find_says_so_and_everything_is_searched_on_demand(dialog: AppTest) -> None:
    of(dialog, "text_input", ".search").set_value("type 2 diabetes without complications").run()
    assert "Nothing found." in said(dialog) and not dialog.radio
    assert of(dialog, "button", ".save").disabled
    of(dialog, "checkbox", ".everything").check().run()
    assert dialog.radio[0].value == "E11.9"


def test_hostile_text_in_the_search_field_breaks_nothing(cast: Cast, dialog: AppTest) -> None:
    for text in ('"', "'; drop table icd; --", "* OR (", "<script>x</script>", "[x](http://y) :red[z]", "\ufffd"):
        of(dialog, "text_input", ".search").set_value(text).run()
        assert not dialog.exception and live(dialog) == []
        assert of(dialog, "button", ".save").disabled == (not dialog.radio)
    assert rows(cast) == []


def test_without_the_table_the_search_says_what_to_do_and_what_is_set_is_still_read(
    cast: Cast, enter, dialog: AppTest, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = case_of(cast, CaseType.INDIVIDUAL, "Ida Lund")
    add(cast, other, who="Ida")
    monkeypatch.setattr(settings(), "codes_file", tmp_path / "none.db")
    of(dialog, "text_input", ".search").set_value("panic").run()
    assert ["python -m practicerunner codes" in box.value.replace("\\", "") for box in dialog.warning] == [True]
    assert "F41.1  Generalized anxiety disorder" in said(enter("Marcus", "case", case=other, part="clinical"))


def test_each_participant_has_their_own_and_a_name_is_plain_text(cast: Cast, enter) -> None:
    case_id = case_of(cast, CaseType.TWO_PERSON, f"{HOSTILE.replace(' ', '_')} Quill", "Tom Rivera")
    add(cast, case_id, "F33.1", who="Tom")
    app = enter("Marcus", "case", case=case_id, part="clinical")
    order = ["Quill**", "None in force.", "**Tom Rivera**", "F33.1  Major depressive disorder, recurrent, moderate"]
    text = words(app)
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert live(app) == []
    press(app, "add_diagnosis")
    assert live(app) == []


def test_make_primary_end_and_take_back_from_the_row(cast: Cast, enter) -> None:
    case_id = case_of(cast)
    first, second = add(cast, case_id, "F41.1", is_primary=True), add(cast, case_id, "F33.1", is_provisional=True)
    app = enter("Marcus", "case", case=case_id, part="clinical")
    assert not [name for name in keys(app) if f"{first}" in name and ".primary." in name]  # it is so already
    app.button(key=key(app, str(second), ".primary.")).click().run()
    assert not app.exception
    assert [(row.code, row.is_primary) for row in rows(cast)] == [("F41.1", False), ("F33.1", True)]
    app.button(key=key(app, str(second), ".provisional.")).click().run()
    assert rows(cast)[1].is_provisional is False
    app.date_input(key=f"diagnosis.{first}.2.end.0.ended_on").set_value(date(2026, 11, 1)).run()
    app.button(key=key(app, str(first), ".end.")).click().run()
    assert rows(cast)[0].ended_on == date(2026, 11, 1)
    app = enter("Marcus", "case", case=case_id, part="clinical")
    assert [box.label for box in app.expander] == ["Past (1 diagnosis)"]
    assert "F41.1  Generalized anxiety disorder, Sun 1 Mar until Sun 1 Nov" in said(app)
    assert "Ended as of Sun 1 Nov, by Marcus Bell" in said(app)
    app.button(key=key(app, str(first), ".reopen.")).click().run()
    assert rows(cast)[0].ended_on is None
    app.button(key=key(app, str(first), ".withdraw.")).click().run()
    assert rows(cast)[0].withdrawn
    assert "entered by mistake" in said(enter("Marcus", "case", case=case_id, part="clinical"))


def test_a_button_of_an_outdated_page_changes_nothing_and_shows_what_is_so_now(cast: Cast, enter) -> None:
    case_id = case_of(cast)
    diagnosis_id = add(cast, case_id)
    app = enter("Marcus", "case", case=case_id, part="clinical")
    button = app.button(key=key(app, str(diagnosis_id), ".end."))
    cast.do("Marcus", end_diagnosis, EndDiagnosis(diagnosis_id=diagnosis_id, revision=1, ended_on=date(2026, 10, 1)))
    button.click().run()
    assert not app.exception
    assert rows(cast)[0].ended_on == date(2026, 10, 1)
    assert "Sun 1 Mar until Thu 1 Oct" in said(app)


def test_a_pair_that_excludes_each_other_is_shown_as_a_warning(cast: Cast, enter) -> None:
    case_id = case_of(cast)
    add(cast, case_id, "F41.0")
    add(cast, case_id, "F40.01")
    app = enter("Marcus", "case", case=case_id, part="clinical")
    assert [box.value.replace("\\", "") for box in app.warning] == [
        "F40.01 and F41.0 exclude each other (Excludes1). Usually only one of them applies."]


def test_billing_sees_codes_a_supervisor_reads_and_a_stranger_finds_nothing(cast: Cast, enter) -> None:
    case_id = case_of(cast, provider="Priya")
    add(cast, case_id, by="Priya", is_primary=True)
    text = words(enter("Tom", "case", case=case_id, part="clinical"))
    assert "Diagnosis codes for billing" in text and "Noor Haddad: F41.1, since Sun 1 Mar" in text
    assert "anxiety" not in text.lower()
    app = enter("Ruth", "case", case=case_id, part="clinical")
    assert "Generalized anxiety disorder" in words(app)
    assert not [name for name in keys(app) if name.startswith(("add_diagnosis", "diagnosis."))]
    for who in ("Marcus", "Olga"):
        assert "F41" not in words(enter(who, "case", case=case_id, part="clinical"))
    dana = words(enter("Dana", "case", case=case_id, part="clinical"))
    assert "F41.1" in dana and "anxiety" not in dana.lower()


def test_beside_a_note_stands_what_was_in_force_that_day(cast: Cast, enter) -> None:
    case_id = case_of(cast)
    add(cast, case_id, is_provisional=True)
    held = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=held, kind="progress"))
    line = "Diagnoses in force: F41.1 Generalized anxiety disorder (provisional)"
    assert line in words(enter("Marcus", "note", note=note_id))
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=note_id, revision=1, sections=dict.fromkeys(SOAP, "Said.")))
    cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    assert line in words(enter("Marcus", "note", note=note_id))
    memo = cast.do("Marcus", start_note, StartNote(appointment_id=held, kind="memo"))
    assert "F41.1" not in words(enter("Marcus", "note", note=memo))


@pytest.mark.parametrize("kind", [
    CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP,
])
def test_no_page_of_a_consultation_or_workshop_has_the_word(cast: Cast, enter, kind: CaseType) -> None:
    case_id = case_of(cast, kind)
    service = {CaseType.INDIVIDUAL_CONSULTATION: "CONS60", CaseType.CONSULTATION_GROUP: "CGRP120"}.get(kind, "WKSP")
    held = hold(cast, case_id, service, "2026-10-12 10:00")
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=held, kind=capabilities(kind).main_note))
    pages = [("case", {"case": case_id, "part": part}) for part in SECTIONS]
    pages += [("appointment", {"appointment": held}), ("note", {"note": note_id})]
    for page, selectors in pages:
        text = words(enter("Marcus", page, **selectors)).lower()
        assert len(text) > 100 and "diagnos" not in text, (page, selectors)
    for who in ("Dana", "Tom"):
        assert "diagnos" not in words(enter(who, "case", case=case_id, part="clinical")).lower()


def test_for_one_consultation_an_owner_may_switch_them_on(cast: Cast, enter) -> None:
    kind = CaseType.INDIVIDUAL_CONSULTATION
    on, off = case_of(cast, kind), case_of(cast, kind, "Ida Lund")
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=on, on=True))
    text = words(enter("Marcus", "case", case=on, part="clinical"))
    assert "No diagnosis yet." in text and "insurance" not in text, "of consultation there are no papers for insurance"
    assert "diagnos" not in words(enter("Marcus", "case", case=off, part="clinical")).lower()
