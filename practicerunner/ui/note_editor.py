"""Writing a note: large fields in the form's order, kept on every change, never over somebody else's text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

import streamlit as st
from pydantic import ValidationError
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import FieldProblems
from practicerunner.rules.note_details import HARM
from practicerunner.rules.note_forms import BETWEEN_FINDINGS, FORMS, more
from practicerunner.rules.notes import UNSIGNED_KINDS
from practicerunner.ui import goal_picker, note_aside, note_details, note_paper, signature_box
from practicerunner.ui.draft import Draft
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go
from practicerunner.ui.perform import perform
from practicerunner.ui.text import md, saved
from practicerunner.vocabulary import NoteKind, NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import sentence
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.note_text import Written
from practicerunner.workflows.notes import (
    GOAL_MISSING,
    DiscardDraft,
    FinishMemo,
    SaveDraft,
    discard_draft,
    finish_memo,
    save_draft,
)
from practicerunner.workflows.signatures import SignNote, sign_note

PLACE, GOALS, RISK, REMOTE = "fill-in-", "goals", "risk", "remote"
"""How the parts of the page are called to which a link leads."""


def _asked(page: NotePage, revision: int, typed: Mapping[str, Any]) -> SaveDraft:
    """The command that keeps what is typed. Raises FieldProblems, each under the name of its field."""
    sections: dict[str, str] = {}
    parts: dict[int, str] = {}
    for name, value in typed.items():
        key = name[2:]
        if name.startswith("s."):
            sections[key] = value if isinstance(value, str) else BETWEEN_FINDINGS.join(value)
        elif name.startswith("m."):
            sections[more(key)] = value
        elif name.startswith("p."):
            parts[int(key)] = value
    try:
        return SaveDraft(
            note_id=page.line.note_id or 0, revision=revision, sections=sections, parts=parts,
            details=note_details.entered(page, typed),
        )
    except ValidationError as problem:
        raise FieldProblems({_field(error["loc"], typed): sentence(error) for error in problem.errors()}) from None


def _field(place: tuple[int | str, ...], typed: Mapping[str, Any]) -> str:
    """The field of the editor in which a refused text stands."""
    last = [str(part) for part in place]
    for name in typed:
        prefix, _, key = name.partition(".")
        of_text = {"s": "sections", "m": "sections", "p": "parts"}.get(prefix)
        if of_text is not None and last[:2] in ([of_text, key], [of_text, more(key)]):
            return f"s.{key}" if prefix == "m" else name
        if of_text is None and last and last[-1] and key.split(".")[0] == last[-1]:
            return name
    return ""


def show(actor: Actor, page: NotePage, zone: str) -> None:
    """Draw the editor of a draft or a returned note."""
    texts: dict[str, Any] = {f"s.{s.key}": s.text for s in page.sections if not s.findings}
    texts |= {f"p.{p.key}": p.text for p in page.parts}

    def keep(session: Session, revision: int, typed: Mapping[str, Any]) -> int:
        return save_draft(session, actor, _asked(page, revision, typed))

    offered = goal_picker.offered(page)
    if offered:
        texts["goals"] = [one for one in goal_picker.value(page.details.goals) if one in offered]
    draft = Draft(f"note.{page.line.note_id}", page.revision, texts | note_details.values(page), keep, _labels(page))
    note_paper.facts(page.header, page.line, page.template)
    if page.line.status is NoteStatus.RETURNED:
        note_paper.comments(page.comments, zone)
    left, right = st.columns([3, 2], gap="large") if note_aside.is_there(page) else (st.container(), None)
    with left:
        draft.left_over()
        if offered:
            with _place(GOALS):
                goal_picker.show(draft, offered, required=FORMS[page.form].goals_required)
        _write(page, draft, zone)
        in_trouble = draft.trouble()
        note_paper.for_desk(actor, page)
        if page.line.saved_at is not None:
            st.text(saved(page.line.saved_at, zone, clock.today(zone)))
        finish(actor, page, draft, in_trouble)
    if right is not None:
        with right:
            note_aside.show(actor, page, zone, with_goals=not offered)


def _labels(page: NotePage) -> dict[str, str]:
    """What the fields are called."""
    found = note_details.labels(page) | {f"s.{one.key}": one.label for one in page.sections}
    return found | {f"p.{one.key}": one.label for one in page.parts} | {"goals": "Goals of the plan"}


def _write(page: NotePage, draft: Draft, zone: str) -> None:
    """Every field in the order of the form; what is not needed before signing says so."""
    if any(section.usual for section in page.sections):
        note_details.usual(draft, page)
    for section in page.sections:
        with _place(f"s-{section.key}"):
            if section.findings:
                note_details.findings(draft, section, label_of(section))
            else:
                height = 420 if len(page.sections) == 1 else 150
                draft.area(f"s.{section.key}", label_of(section), placeholder=section.hint, height=height)
    if page.has_risk:
        with _place(RISK):
            note_details.risk(draft, page)
    if page.remote is not None:
        with _place(REMOTE):
            note_details.telehealth(draft, page, page.remote, zone)
    if page.parts:
        st.subheader(page.part_label, anchor=False)
    for part in page.parts:
        with _place(f"p-{part.key}"):
            draft.area(f"p.{part.key}", md(part.label), placeholder=part.hint, height=110)


@contextmanager
def _place(name: str) -> Iterator[None]:
    """A part of the page to which a link leads."""
    with st.container(gap=None):
        st.html(f'<span id="{PLACE}{escape(name)}"></span>')
        with st.container():
            yield


def missing_links(page: NotePage) -> str:
    """What is still to be filled in, as Markdown: each a link to where that is."""
    places = {f"Part of {part.label}": f"p-{part.key}" for part in page.parts} | {GOAL_MISSING: GOALS}
    places |= dict.fromkeys((*HARM.values(), "Plan and means", "What was done"), RISK)
    places |= {section.label: f"s-{section.key}" for section in page.sections}
    return ", ".join(f"[{md(one)}](#{PLACE}{places.get(one, REMOTE)})" for one in page.missing)


def label_of(section: Written) -> str:
    """A section's label as Markdown; one that may stay empty says so."""
    return md(section.label) if section.required else f"{md(section.label)} (optional)"


def finish(actor: Actor, page: NotePage, draft: Draft, in_trouble: bool) -> None:
    """Sign, submit or make final; and discard."""
    if page.missing and page.line.kind is not NoteKind.TREATMENT_PLAN:
        st.markdown(f"Still to fill in: {missing_links(page)}")
    if page.lacks_supervisor:
        st.warning("Nobody is set as your supervisor yet, so this cannot be submitted. Ask the practice's owner.")
    blocked = bool(page.missing) or in_trouble or page.lacks_supervisor
    note_id, op, revision = page.line.note_id or 0, draft.state["op"], draft.state["revision"]
    done = False
    with st.container(horizontal=True):
        if page.line.kind in UNSIGNED_KINDS:
            if st.button("Make final", type="primary", disabled=blocked):
                done, _ = perform(finish_memo, actor, lambda: FinishMemo(op=op, note_id=note_id, revision=revision),
                                  done="Memo made final")
        else:
            label = f"Submit to {md(page.supervisor)}" if page.supervisor else "Sign and lock"
            said = f"Note submitted to {page.supervisor}" if page.supervisor else "Note signed"
            if blocked:
                st.button(label, type="primary", icon=":material/draw:", disabled=True)
            else:
                with st.popover(label, type="primary", icon=":material/draw:"):
                    st.text("Signed with your name, credentials and licence. The text of this version is fixed then.")
                    done = signature_box.sign(
                        Form(f"sign.{note_id}"), actor, sign_note,
                        lambda op, proof: SignNote(op=op, proof=proof, note_id=note_id, revision=revision),
                        label="Sign and submit" if page.supervisor else "Sign", done=said,
                    )
        if page.may_discard:
            with st.popover("Discard draft"):
                st.text("For 30 days you find it under Documentation and can put it back; then it is gone for good.")
                if st.button("Discard it", key=f"discard.{note_id}"):
                    discarded, _ = perform(discard_draft, actor, lambda: DiscardDraft(note_id=note_id),
                                           done="Draft discarded")
                    if discarded:
                        go("case", case=page.line.case_id)
    if done:
        st.rerun()
