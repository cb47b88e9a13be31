"""One's own psychotherapy note: written, made final, read by nobody else unless its author shares it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.rules.notes import belongs_in_record
from practicerunner.ui import private_release_block
from practicerunner.ui.draft import Draft
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md, moment
from practicerunner.vocabulary import NoteKind, NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.private_shares import (
    SharedNote,
    ShareNote,
    Sharing,
    StopSharing,
    share_note,
    shared_with_me,
    sharing_of,
    stop_sharing,
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


def show(actor: Actor, page: PsychotherapyPage, zone: str) -> None:
    """Draw the editor of one's own psychotherapy note, or its text once it is final."""
    with st.container(horizontal=True):
        link(md(page.case_name), "case", icon=":material/arrow_back:", case=page.case_id)
        link("Appointment", "appointment", icon=":material/event:", appointment=page.appointment_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(NoteKind.PSYCHOTHERAPY.label, anchor=False, width="content")
        badge(page.status)
    sharing = read(sharing_of, actor, page.appointment_id) if page.revision else []
    readers = " and ".join(["you", *(one.name for one in sharing if one.since is not None)])
    said = f"Only {readers} can read this. It is encrypted and in no record or report."
    st.text(f"{moment(page.starts_at, zone)} · {said}")
    if page.status is NoteStatus.FINAL:
        with st.container(border=True):
            st.text(page.text)
        if page.saved_at is None:
            st.caption("A draft that was handed out while you were away. It stays as it went out.")
    else:
        _edit(actor, page, [one.name for one in sharing if one.since is not None])
    for one in sharing:
        _share(actor, page, one, zone)
    if page.revision:
        private_release_block.button(actor, page.case_id, "note")


def _share(actor: Actor, page: PsychotherapyPage, one: Sharing, zone: str) -> None:
    """Whether a supervisor may read it, and the button that changes it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if one.since is None:
            if st.button(f"Share with {md(one.name)}", icon=":material/visibility:", key=f"share.{one.supervisor_id}",
                         help="Your supervisor can read this one note until you stop sharing it. Each reading is "
                              "logged; nothing can be changed, printed or exported."):
                done, _ = perform(share_note, actor, lambda: ShareNote(
                    appointment_id=page.appointment_id, supervisor_id=one.supervisor_id),
                    done=f"Shared with {one.name}")
                if done:
                    st.rerun()
            return
        st.text(f"{one.name} can read this since {moment(one.since, zone)}.", width="content")
        if st.button("Stop sharing", icon=":material/visibility_off:", key=f"unshare.{one.supervisor_id}"):
            done, _ = perform(stop_sharing, actor, lambda: StopSharing(
                appointment_id=page.appointment_id, supervisor_id=one.supervisor_id), done="Not shared any more")
            if done:
                st.rerun()


def show_shared(page: SharedNote, zone: str) -> None:
    """A psychotherapy note that its author shares with the reader: to read, and nothing else."""
    link("Supervision", "supervision", icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(NoteKind.PSYCHOTHERAPY.label, anchor=False, width="content")
        badge(page.status)
    st.text(f"{page.case_name} · {moment(page.starts_at, zone)} · {page.author}")
    st.caption(md(f"{page.author} shares this one note with you until they stop. It is in no record; each reading is "
                  "logged."))
    with st.container(border=True):
        st.text(page.text)


def shared_list(actor: Actor, zone: str) -> None:
    """The psychotherapy notes that those whom somebody supervises let them read; nothing where there are none."""
    lines = read(shared_with_me, actor)
    if not lines:
        return
    st.subheader(f"Private notes shared with you ({len(lines)})", anchor=False)
    for line in lines:
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(line.case_name), "note", icon=":material/lock:", shared=line.share_id)
            st.text(f"{line.author}, session of {day(line.service_date)}, shared {moment(line.since, zone)}",
                    width="content")


def _edit(actor: Actor, page: PsychotherapyPage, readers: Sequence[str]) -> None:
    """The editor of a draft, which ``readers`` may read beside its author."""

    def keep(session: Session, revision: int, typed: Mapping[str, Any]) -> int:
        return save_psychotherapy_note(session, actor, SavePsychotherapyNote(
            appointment_id=page.appointment_id, note_id=draft.state["row"], revision=revision, text=typed["text"],
        ))

    draft = Draft(f"psychotherapy.{page.appointment_id}", page.revision, {"text": page.text}, keep, {"text": "Note"},
                  row=page.note_id)
    draft.left_over()
    draft.area("text", "Note", height=480)
    in_trouble = draft.trouble()
    misplaced = belongs_in_record(page.text)
    if misplaced:
        st.warning(md(f"This speaks of {', '.join(misplaced)}, which belongs in the progress note."))
    done = False
    with st.container(horizontal=True):
        if st.button("Make final", type="primary", disabled=in_trouble or not page.text.strip()):
            done, _ = perform(finish_psychotherapy_note, actor, lambda: FinishPsychotherapyNote(
                op=draft.state["op"], appointment_id=page.appointment_id, note_id=draft.state["row"],
                revision=draft.state["revision"],
            ), done="Note made final")
        if page.revision:
            with st.popover("Discard draft"):
                st.text("For 30 days you find it under Documentation and can put it back; then it is gone for good.")
                if readers:
                    st.text(f"{' and '.join(readers)} can read it no longer then, also after you put it back, until "
                            "you share it again.")
                if st.button("Discard it", key=f"discard.{page.appointment_id}"):
                    discarded, _ = perform(discard_psychotherapy_note, actor, lambda: DiscardPsychotherapyNote(
                        appointment_id=page.appointment_id, note_id=draft.state["row"],
                        revision=draft.state["revision"],
                    ), done="Draft discarded")
                    if discarded:
                        go("appointment", appointment=page.appointment_id)
    if done:
        st.rerun()
