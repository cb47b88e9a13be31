"""Diagnoses on a case's page, per participant: those in force, what may be done with them, those that are over.

Not drawn where a case has no clinical fields. Beside a note, what was in force that day, as one quiet line.
"""

from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from practicerunner.rules.notes import UNSIGNED_KINDS
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance, read_logged
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.diagnoses import (
    EARLIEST,
    AddDiagnosis,
    EndDiagnosis,
    MakePrimary,
    SetProvisional,
    WithdrawDiagnosis,
    add_diagnosis,
    end_diagnosis,
    make_primary,
    set_provisional,
    withdraw_diagnosis,
)
from practicerunner.workflows.diagnosis_pages import (
    CodeLine,
    DiagnosisBlock,
    DiagnosisView,
    PersonDiagnoses,
    diagnosis_block,
    find_codes,
    in_force_at,
)
from practicerunner.workflows.documentation import NoteLine

EMPTY = "No diagnosis yet."
ON_PAPERS = "What is in force on the day of an appointment stands on that day's papers for insurance."


def show(actor: Actor, case_id: int) -> None:
    """Draw the block; nothing where the case has no clinical fields or nothing of it is the reader's to see."""
    kept = f"diagnoses.{case_id}.reason"
    block = read_logged(diagnosis_block, actor, case_id, st.session_state.get(kept, ""))
    if block is None or not (block.may_read or block.needs_reason or block.codes):
        return
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            only_codes = block.codes and not block.needs_reason
            st.subheader("Diagnosis codes for billing" if only_codes else "Diagnoses", anchor=False, width="content")
            if block.may_write and block.people and st.button(
                "Diagnosis", icon=":material/add:", key="add_diagnosis"
            ):
                add_dialog(actor, case_id, block)
        for line in block.codes:
            _code(line, block.today)
        if block.needs_reason:
            _ask_reason(case_id, kept)
        elif block.may_read:
            _people(actor, block)


def _ask_reason(case_id: int, kept: str) -> None:
    reason = st.text_input(
        "Why do you open these? The reason is kept in the audit log.", max_chars=200,
        key=f"diagnoses.{case_id}.asked",
    )
    if st.button("Open", key=f"diagnoses.{case_id}.open", disabled=not reason.strip()):
        st.session_state[kept] = reason
        st.rerun()


def _code(line: CodeLine, today: date) -> None:
    """A code for billing, without a word on what it means."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{line.person}: {line.code}, {_since(line.onset_on, line.ended_on, today)}", width="content")
        _badges(line)


def _since(onset_on: date, ended_on: date | None, today: date) -> str:
    if ended_on is None:
        return f"since {day(onset_on, today)}"
    return f"{day(onset_on, today)} until {day(ended_on, today)}"


def _badges(line: CodeLine | DiagnosisView) -> None:
    if line.is_primary:
        st.badge("Primary", color="primary")
    if line.is_provisional:
        st.badge("Provisional", color="orange")


def _people(actor: Actor, block: DiagnosisBlock) -> None:
    if not any(person.in_force or person.past for person in block.people):
        st.text(f"{EMPTY} {ON_PAPERS}" if block.on_papers else EMPTY)
        return
    for person in block.people:
        with st.container(gap="xxsmall"):
            if len(block.people) > 1:
                st.markdown(f"**{md(person.name)}**")
            if not person.in_force:
                st.text("None in force.")
            for view in person.in_force:
                _in_force(actor, view, block)
            for warning in person.warnings:
                st.warning(md(warning), icon=":material/info:")
            if person.past:
                _past(actor, person, block)


def _in_force(actor: Actor, view: DiagnosisView, block: DiagnosisBlock) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.text(f"{view.code}  {view.description}", width="content")
            _badges(view)
            since = _since(view.onset_on, view.ended_on, block.today)
            st.text(f"{since}, set by {view.set_by}", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if block.may_write and not view.is_primary:
                _act(actor, view, "primary", "Make primary", make_primary, MakePrimary, f"{view.code} made primary",
                     quiet=True)
            if block.may_write:
                _end(actor, view, block.today)
            with st.popover("More", type="tertiary"):
                _more(actor, view, block)
    if view.problem:
        st.warning(md(view.problem), icon=":material/warning:")


def _act(actor: Actor, view: DiagnosisView, name: str, label: str, verb: Any, command: Any, done: str,
         *, quiet: bool = False, **fields: Any) -> None:
    """A button that does one thing with a diagnosis."""
    form = Form(f"diagnosis.{view.diagnosis_id}.{view.revision}.{name}")
    if st.button(label, key=form.field_key("do"), type="tertiary" if quiet else "secondary"):
        ok, _ = form.submit(verb, actor, partial(
            command, op=form.op, diagnosis_id=view.diagnosis_id, revision=view.revision, **fields), done)
        if ok:
            st.rerun()


def _end(actor: Actor, view: DiagnosisView, today: date) -> None:
    with st.popover("End" if view.ended_on is None else "Change end", type="tertiary"):
        form = Form(f"diagnosis.{view.diagnosis_id}.{view.revision}.end")
        ended_on = form.date("ended_on", "Last day in force", view.ended_on or today, min_value=view.onset_on,
                             max_value=today)
        if st.button(f"End {view.code}", key=form.field_key("save")):
            ok, _ = form.submit(end_diagnosis, actor, lambda: EndDiagnosis(
                op=form.op, diagnosis_id=view.diagnosis_id, revision=view.revision, ended_on=ended_on or today,
            ), f"{view.code} ended")
            if ok:
                st.rerun()


def _more(actor: Actor, view: DiagnosisView, block: DiagnosisBlock) -> None:
    """What was done so far, and what is done rarely."""
    _history(view, block.today)
    if not block.may_write or view.withdrawn:
        return
    if any(view in person.in_force for person in block.people):
        _act(actor, view, "provisional", "Confirm" if view.is_provisional else "Make provisional", set_provisional,
             SetProvisional, f"{view.code} {'confirmed' if view.is_provisional else 'made provisional'}",
             provisional=not view.is_provisional)
    if view.ended_on is not None:
        _act(actor, view, "reopen", "Open again", end_diagnosis, EndDiagnosis, f"{view.code} is open again",
             ended_on=None)
    st.text("Entered by mistake? Taken back, it counts on no day and stays here to be seen.")
    _act(actor, view, "withdraw", "Take it back", withdraw_diagnosis, WithdrawDiagnosis, f"{view.code} taken back")


def _history(view: DiagnosisView, today: date) -> None:
    for event in view.history:
        st.text(f"{event.act.label} as of {day(event.as_of, today)}, by {event.who}")
    st.text(f"Release of the code: {view.release}")


def _past(actor: Actor, person: PersonDiagnoses, block: DiagnosisBlock) -> None:
    with st.expander(f"Past ({count(len(person.past), 'diagnosis', 'diagnoses')})"):
        for view in person.past:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                stretch = "entered by mistake" if view.withdrawn else _since(view.onset_on, view.ended_on, block.today)
                st.text(f"{view.code}  {view.description}, {stretch}", width="content")
                with st.popover("More", type="tertiary", key=f"past.{view.diagnosis_id}"):
                    _more(actor, view, block)


@st.dialog("Diagnosis", width="large")
def add_dialog(actor: Actor, case_id: int, block: DiagnosisBlock) -> None:
    """Find a code by words or by its beginning, and set it."""
    form = Form(f"add_diagnosis.{case_id}")
    people = {person.person_id: person for person in block.people}
    person_id = next(iter(people))
    if len(people) > 1:
        person_id = form.choice("person_id", "For", list(people), format_func=lambda one: people[one].name)
    code = _choose_code(actor, form, block.today)
    left, right = st.columns(2)
    with left:
        onset_on = form.date("onset_on", "Since", block.today, min_value=EARLIEST, max_value=block.today)
    with right:
        has_primary = any(view.is_primary for view in people[person_id].in_force)
        is_primary = st.checkbox("Primary", not has_primary, key=form.field_key(f"is_primary.{person_id}"),
                                 help="Stands first on papers for insurance." if block.on_papers else None)
        form.place("is_primary")
        is_provisional = form.tick("is_provisional", "Provisional", help="Still to be confirmed or ruled out.")
    form.place("ended_on")
    label = f"Add {code}" if code else "Add"
    if st.button(label, type="primary", key=form.field_key("save"), disabled=not code):
        ok, _ = form.submit(add_diagnosis, actor, lambda: AddDiagnosis(
            op=form.op, case_id=case_id, person_id=person_id, code=code, onset_on=onset_on or block.today,
            is_primary=is_primary, is_provisional=is_provisional,
        ), f"{code} added")
        if ok:
            st.rerun()


def _choose_code(actor: Actor, form: Form, today: date) -> str:
    """A search that answers while one types, and the best matches to choose from; the first one is chosen."""
    sought = st.text_input(
        "Search", key=form.field_key("search"), icon=":material/search:", live=True,
        placeholder="Words, an abbreviation, or a code: generalized anxiety, GAD, F41",
    )
    everything = form.tick("everything", "Search all of ICD-10-CM, not only behavioral health")
    if not sought.strip():
        form.place("code")
        return ""
    found, trouble = glance(find_codes, actor, sought, today, everything=everything)
    if trouble:
        st.warning(md(trouble))
    named = {code.dotted: code for code in found or ()}
    chosen = ""
    if named:
        chosen = st.radio(
            "Code", list(named), format_func=lambda one: md(f"{one} {named[one].description}"),
            captions=[md("; ".join(code.terms[:2])) for code in named.values()],
            key=form.field_key(f"code.{'.'.join(named)}"),
        ) or ""
    elif not trouble:
        st.text("Nothing found. Try fewer words, or search all of ICD-10-CM.")
    form.place("code")
    return chosen


def beside_note(actor: Actor, line: NoteLine) -> None:
    """What was in force on the day of a note's appointment, of those who were there, as a quiet line each."""
    if line.appointment_id is None or line.kind in UNSIGNED_KINDS:
        return
    people = read_logged(in_force_at, actor, line.appointment_id)
    said = []
    for person in people:
        found = ", ".join(
            f"{view.code}{f' {view.description}' if len(people) < 3 else ''}"
            f"{' (provisional)' if view.is_provisional else ''}" for view in person.diagnoses
        )
        said.append(f"{person.name} {found}" if len(people) > 1 else found)
    if said:
        st.text(f"Diagnoses in force: {' · '.join(said)}")
