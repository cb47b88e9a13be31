"""With whom a signed plan or consultation note is shared in the portal, beneath it, and changing that."""

import streamlit as st

from practicerunner.rules.notes import SHARED_AS
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import NoteLine
from practicerunner.workflows.portal_papers import PaperSharing, SharePaper, paper_sharing, share_paper

ICON = ":material/share:"
_ONE = ("a PDF of the note, with the addenda that are there when it is shared. Later ones stay out until that is ended "
        "and it is shared anew.")
_SEVERAL = ("a PDF of what the note says and no more: without its addenda, who else was there, what others agreed to "
            "or asked for, and what the record has beside it.")


def show(actor: Actor, line: NoteLine) -> None:
    """Draw the control for whoever may share the note; nothing where nobody could read it."""
    if line.note_id is None or line.kind not in SHARED_AS:
        return
    found = read(paper_sharing, actor, line.note_id)
    if found is None or not (found.people or found.shared):
        return
    label = f"Shared in the portal with {len(found.shared)}" if found.shared else "Share in the portal"
    with st.popover(label, icon=ICON, key=f"share_note.{found.note_id}"):
        _choose(actor, found)


def _choose(actor: Actor, found: PaperSharing) -> None:
    form = Form(f"share_note.{found.note_id}")
    st.text(f"Who reads and downloads it in the portal: {_SEVERAL if found.of_several else _ONE} It can be ended at "
            "any time.")
    confidential = found.confidential
    if found.may_be_confidential:
        confidential = form.tick(
            "confidential", "Confidential to them: nobody who acts for them reads it", found.confidential)
    changed = confidential if confidential != found.confidential else None
    chosen = []
    for person_id, name in {**found.people, **found.left}.items():
        since = found.shared.get(person_id)
        known_as = found.relation if person_id in found.people else "takes part no longer"
        if form.tick(f"person.{person_id}", md(f"{name}, {known_as}"), since is not None):
            chosen.append(person_id)
        for sentence in _beneath(found, person_id, changed):
            st.caption(md(sentence))
    form.place("person_ids")
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(share_paper, actor, lambda: SharePaper(
            op=form.op, note_id=found.note_id, person_ids=tuple(chosen), of_ids=(*found.people, *found.left),
            confidential=changed), "Sharing changed")
        if done:
            st.rerun()


def _beneath(found: PaperSharing, person_id: int, changed: bool | None) -> list[str]:
    """What stands beneath a name: since when, that it does not come back, and who else reads it."""
    since, said = found.shared.get(person_id), []
    if since is not None:
        said.append(f"Shared {day(since.on)} by {since.by}.")
    if person_id in found.left:
        said.append("Still reads it. Once that is ended, it cannot be shared with them again.")
    as_it_is = since.confidential if since is not None else found.confidential
    if person_id in found.alone:
        said.append("Consented to this as a minor: nobody who acts for them reads it.")
    elif found.also.get(person_id) and not (as_it_is if changed is None else changed):
        said.append(f"Then {'; '.join(found.also[person_id])} can read it, too.")
    return said
