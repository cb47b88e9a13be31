"""A note in a list, and how one is begun: shared by the appointment, the case and the documentation page."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from practicerunner.rules.note_forms import FORMS
from practicerunner.rules.notes import forms_for
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import age, count, day, md, moment
from practicerunner.vocabulary import NoteKind, NoteStatus, SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import Awaited, Beside, Comment, NoteLine
from practicerunner.workflows.note_templates import templates_to_begin
from practicerunner.workflows.notes import StartCaseNote, StartNote, start_case_note, start_note

LAST_FORM = "note.last_form"
ICON = ":material/edit_note:"


def name(line: NoteLine, label: str) -> None:
    """The note's label, a link for whoever may open it."""
    if not line.can_open:
        st.text(label, width="content")
    elif line.note_id is None:
        link(md(label), "note", icon=ICON, psychotherapy=line.appointment_id)
    else:
        link(md(label), "note", icon=ICON, note=line.note_id)


def standing(line: NoteLine, zone: str) -> str:
    """Who has done what last: ``Signed by Marcus Bell, Mon 12 Oct 2026, 22:00``."""
    if line.status is NoteStatus.SUBMITTED and line.submitted_at is not None:
        return f"Submitted by {line.author_name}, {moment(line.submitted_at, zone)}"
    if line.status in (NoteStatus.LOCKED, NoteStatus.AMENDED) and line.locked_at is not None:
        if line.supervisor and line.submitted_at is not None:
            word = "approved" if line.review_as is SignatureRole.APPROVER else "co-signed"
            return (f"Signed by {line.author_name}, {moment(line.submitted_at, zone)}; "
                    f"{word} by {line.supervisor}, {moment(line.locked_at, zone)}")
        return f"Signed by {line.author_name}, {moment(line.locked_at, zone)}"
    saved = f", saved {moment(line.saved_at, zone)}" if line.saved_at is not None else ""
    return f"{line.author_name}{saved}"


def show(line: NoteLine, zone: str, *, with_day: bool = False, with_case: bool = False) -> None:
    """One row: what it is, where it stands, who and when."""
    label = line.title
    if with_case:
        label = f"{line.case_name}, {label.lower()}"
    if with_day:
        label = f"{day(line.service_date)}, {label if with_case else label.lower()}"
    if line.about and line.about != line.case_name:
        label = f"{label}, {line.about}"
    with st.container(horizontal=True, vertical_alignment="center"):
        name(line, label)
        badge(line.status)
        st.text(standing(line, zone), width="content")


def awaited(one: Awaited) -> None:
    """One row of what was handed in: what it is, with whom, and since when."""
    what = "addendum" if one.is_addendum else one.line.title.lower()
    with st.container(horizontal=True, vertical_alignment="center"):
        name(one.line, f"{day(one.line.service_date)}, {one.line.case_name}, {what}")
        waits = age(one.days)
        st.text(f"With {one.supervisor}, {'since today' if waits == 'today' else f'for {waits}'}", width="content")


def returned(line: NoteLine, comments: Sequence[Comment]) -> None:
    """One row of what came back: what it is, how many comments it has, and whose they are."""
    with st.container(horizontal=True, vertical_alignment="center"):
        name(line, f"{day(line.service_date)}, {line.case_name}, {line.title.lower()}")
        who = ", ".join(dict.fromkeys(one.name for one in comments))
        st.text(f"{count(len(comments), 'comment')} by {who}" if who else "Returned without a comment", width="content")


@dataclass(frozen=True, slots=True)
class Choice:
    """How a note can be begun: on a built-in form, or from a template."""

    form: str
    template_id: int | None
    label: str


def choices(actor: Actor, kind: NoteKind, forms: Sequence[str]) -> list[Choice]:
    """The built-in forms of a kind, then the practice's templates on them."""
    found = [Choice(form, None, FORMS[form].label) for form in forms]
    return found + [
        Choice(line.form, line.template_id, line.name) for line in read(templates_to_begin, actor)
        if line.kind is kind and line.form in forms
    ]


def begin(
    actor: Actor, appointment_id: int, main: NoteKind, kinds: Sequence[NoteKind], key: str,
    beside: Sequence[Beside] = (),
) -> None:
    """Buttons to begin a note of ``kinds``: the main one at once, the others behind one more click."""
    others = [kind for kind in kinds if kind is not main]
    if len(others) < len(kinds):
        offered = choices(actor, main, forms_for(main))
        chosen = offered[0]
        if len(offered) > 1:
            last = st.session_state.get(LAST_FORM)
            chosen = st.selectbox(
                "Form", offered, index=offered.index(last) if last in offered else 0,
                format_func=lambda one: one.label, key=f"{key}.form",
            )
        if st.button(f"Start {main.label.lower()}", key=f"{key}.start", icon=ICON, width="stretch"):
            st.session_state[LAST_FORM] = chosen
            _start(actor, appointment_id, main, chosen)
    if others or beside:
        with st.popover("Other notes", width="stretch"):
            for kind in others:
                _other(actor, appointment_id, kind, key)
            for one in beside:
                _of_case(actor, appointment_id, one, key)


def _other(actor: Actor, appointment_id: int, kind: NoteKind, key: str) -> None:
    """A button for each way to begin one of the other kinds."""
    if kind is NoteKind.PSYCHOTHERAPY:
        if st.button(kind.label, key=f"{key}.{kind}", width="stretch"):
            go("note", psychotherapy=appointment_id)
        return
    for choice in choices(actor, kind, forms_for(kind)[:1]):
        label = f"{kind.label}: {md(choice.label)}" if choice.template_id else kind.label
        if st.button(label, key=f"{key}.{kind}.{choice.template_id or ''}".rstrip("."), width="stretch"):
            _start(actor, appointment_id, kind, choice)


def _start(actor: Actor, appointment_id: int, kind: NoteKind, choice: Choice) -> None:
    done, note_id = perform(start_note, actor, lambda: StartNote(
        appointment_id=appointment_id, kind=kind, form=choice.form, template_id=choice.template_id,
    ))
    if done:
        go("note", note=note_id)


def _of_case(actor: Actor, appointment_id: int, one: Beside, key: str) -> None:
    """A button for a note of the case that belongs to this appointment."""
    if not st.button(md(one.label), key=f"{key}.{one.form}.{one.person_id}", width="stretch"):
        return
    done, note_id = perform(start_case_note, actor, lambda: StartCaseNote(
        case_id=one.case_id, kind=one.kind, form=one.form, person_id=one.person_id, service_date=one.day,
        appointment_id=appointment_id,
    ))
    if done:
        go("note", note=note_id)
