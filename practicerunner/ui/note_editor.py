"""Writing a note: large fields in the form's order, kept on every change, never over somebody else's text."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.rules.notes import UNSIGNED_KINDS, belongs_in_record
from practicerunner.ui import diagnosis_block, note_paper, signature_box
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import act, perform
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md, moment
from practicerunner.vocabulary import NoteKind, NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.notes import (
    DiscardDraft,
    FinishMemo,
    SaveDraft,
    discard_draft,
    finish_memo,
    save_draft,
)
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    FinishPsychotherapyNote,
    PsychotherapyPage,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    finish_psychotherapy_note,
    save_psychotherapy_note,
)
from practicerunner.workflows.signatures import SignNote, sign_note

Keep = Callable[[Session, int, Mapping[str, Any]], Any]
"""Saves the texts of an editor, given the revision that it knows."""


class Draft:
    """The fields of one editor in this browser: what was typed, what is saved, and which revision that was.

    A save whose revision somebody else has overtaken is refused; what was typed stays in the fields until its author
    has seen both texts and chosen.
    """

    def __init__(self, key: str, revision: int, texts: Mapping[str, Any], keep: Keep) -> None:
        self.key, self.revision, self.texts, self._keep = key, revision, texts, keep
        known = key in st.session_state and all(self.field(name) in st.session_state for name in texts)
        if not known or (self.state["revision"] != revision and self.typed() == self.state["saved"]):
            self.take()

    @property
    def state(self) -> dict[str, Any]:
        """What this browser knows of the draft."""
        return st.session_state[self.key]  # type: ignore[no-any-return]

    def field(self, name: str) -> str:
        """The widget key of a field."""
        return f"{self.key}.{name}"

    def typed(self) -> dict[str, Any]:
        """What stands in the fields now."""
        return {name: st.session_state[self.field(name)] for name in self.texts}

    def take(self) -> None:
        """Show what is saved."""
        st.session_state[self.key] = {
            "revision": self.revision, "saved": dict(self.texts), "problem": "", "op": ids.new_operation(),
        }
        for name, text in self.texts.items():
            st.session_state[self.field(name)] = text

    def insist(self) -> None:
        """Save what is typed over what somebody else has saved, after both were seen."""
        self.state.update(revision=self.revision, saved=dict(self.texts), problem="")
        self.save()

    def save(self) -> None:
        """Keep what is typed, if it differs from what is saved."""
        typed, state = self.typed(), self.state
        if typed == state["saved"]:
            state["problem"] = ""
            return
        state["problem"] = ""
        done, _ = act(
            lambda session: self._keep(session, state["revision"], typed),
            show=lambda _, sentence: state.update(problem=sentence),
        )
        if done:
            state.update(revision=state["revision"] + 1, saved=typed)

    def area(self, name: str, label: str, **options: Any) -> None:
        """One field. ``label`` is Markdown."""
        st.text_area(label, key=self.field(name), on_change=self.save, **options)

    def trouble(self) -> bool:
        """Say why the text could not be saved, and offer both ways on. Returns whether there is trouble."""
        if not self.state["problem"]:
            return False
        st.error(md(f"Not saved. {self.state['problem']}"))
        if self.state["revision"] == self.revision:
            return True
        with st.expander("What is saved now", expanded=True):
            for name, text in self.texts.items():
                if text != self.typed()[name]:
                    st.text(str(text or "–"))
            with st.container(horizontal=True):
                st.button("Keep what I wrote", key=f"{self.key}.insist", on_click=self.insist)
                st.button("Take what is saved", key=f"{self.key}.take", on_click=self.take)
        return True


def show(actor: Actor, page: NotePage, zone: str) -> None:
    """Draw the editor of a draft or a returned note."""
    note_id = page.line.note_id or 0
    texts = {f"s.{s.key}": s.text for s in page.sections} | {f"p.{p.key}": p.text for p in page.parts}

    def keep(session: Session, revision: int, typed: Mapping[str, str]) -> int:
        return save_draft(session, actor, SaveDraft(
            note_id=note_id, revision=revision,
            sections={name[2:]: text for name, text in typed.items() if name.startswith("s.")},
            parts={int(name[2:]): text for name, text in typed.items() if name.startswith("p.")},
        ))

    draft = Draft(f"note.{note_id}", page.revision, texts, keep)
    note_paper.facts(page.header, page.line)
    diagnosis_block.beside_note(actor, page.line)
    if page.line.status is NoteStatus.RETURNED:
        note_paper.comments(page.comments, zone)
    left, right = st.columns([3, 2], gap="large") if page.previous else (st.container(), None)
    with left:
        for section in page.sections:
            height = 420 if len(page.sections) == 1 else 150
            draft.area(f"s.{section.key}", section.label, placeholder=section.hint, height=height)
        if page.parts:
            st.subheader(page.part_label, anchor=False)
        for part in page.parts:
            draft.area(f"p.{part.key}", md(part.label), placeholder=part.hint, height=110)
        in_trouble = draft.trouble()
        if page.line.saved_at is not None:
            st.text(f"Saved {page.line.saved_at.astimezone(ZoneInfo(zone)):%H:%M}")
        _finish(actor, page, draft, in_trouble)
    if page.previous is not None and right is not None:
        with right, st.container(border=True):
            link(f"{page.previous.kind.label} before this one", "note", note=page.previous.note_id)
            st.text(f"{day(page.previous.service_date)}, {page.previous.author_name}")
            note_paper.texts(page.previous.sections)


def _finish(actor: Actor, page: NotePage, draft: Draft, in_trouble: bool) -> None:
    """Sign, submit or make final; and discard."""
    if page.missing:
        st.text(f"Still to fill in: {', '.join(page.missing)}")
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
                st.text("The draft will be gone for good.")
                if st.button("Discard it", key=f"discard.{note_id}"):
                    discarded, _ = perform(discard_draft, actor, lambda: DiscardDraft(note_id=note_id),
                                           done="Draft discarded")
                    if discarded:
                        go("case", case=page.line.case_id)
    if done:
        st.rerun()


def show_psychotherapy(actor: Actor, page: PsychotherapyPage, zone: str) -> None:
    """Draw the editor of one's own psychotherapy note, or its text once it is final."""
    with st.container(horizontal=True):
        link(md(page.case_name), "case", icon=":material/arrow_back:", case=page.case_id)
        link("Appointment", "appointment", icon=":material/event:", appointment=page.appointment_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(NoteKind.PSYCHOTHERAPY.label, anchor=False, width="content")
        badge(page.status)
    st.text(f"{moment(page.starts_at, zone)} · Only you can read this. It is encrypted and in no record or report.")
    if page.status is NoteStatus.FINAL:
        with st.container(border=True):
            st.text(page.text)
        return

    def keep(session: Session, revision: int, typed: Mapping[str, str]) -> int:
        return save_psychotherapy_note(session, actor, SavePsychotherapyNote(
            appointment_id=page.appointment_id, revision=revision, text=typed["text"],
        ))

    draft = Draft(f"psychotherapy.{page.appointment_id}", page.revision, {"text": page.text}, keep)
    draft.area("text", "Note", height=480)
    in_trouble = draft.trouble()
    misplaced = belongs_in_record(page.text)
    if misplaced:
        st.warning(md(f"This speaks of {', '.join(misplaced)}, which belongs in the progress note."))
    done = False
    with st.container(horizontal=True):
        if st.button("Make final", type="primary", disabled=in_trouble or not page.text.strip()):
            done, _ = perform(finish_psychotherapy_note, actor, lambda: FinishPsychotherapyNote(
                op=draft.state["op"], appointment_id=page.appointment_id, revision=draft.state["revision"],
            ), done="Note made final")
        if page.revision:
            with st.popover("Discard draft"):
                st.text("The draft will be gone for good.")
                if st.button("Discard it", key=f"discard.{page.appointment_id}"):
                    discarded, _ = perform(discard_psychotherapy_note, actor, lambda: DiscardPsychotherapyNote(
                        appointment_id=page.appointment_id), done="Draft discarded")
                    if discarded:
                        go("appointment", appointment=page.appointment_id)
    if done:
        st.rerun()
