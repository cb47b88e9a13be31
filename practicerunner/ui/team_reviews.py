"""How much waits in the practice, by author and supervisor, for its owner; and giving a queue to another (G14)."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import age, count, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.review_queue import (
    Moving,
    ReassignReviews,
    TeamLine,
    reassign_reviews,
    supervisors,
    team_reviews,
    what_moves,
)


def show(actor: Actor) -> None:
    """Counts and ages, never a word of a note."""
    lines = read(team_reviews, actor)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Waiting in the practice", anchor=False, width="content")
        if lines and st.button("Reassign", icon=":material/swap_horiz:", key="reassign"):
            reassign_dialog(actor, lines)
    if not lines:
        st.text("Nothing waits for a supervisor. Notes appear here when an associate submits one.")
        return
    for line in lines:
        if line.barred:
            waits, them = ("waits", "it") if line.barred == 1 else ("wait", "them")
            st.warning(md(f"{count(line.barred, 'note')} of {line.author} {waits} for {line.supervisor}, who takes "
                          f"part there themselves and may not sign {them}. Give {them} to another supervisor."),
                       icon=":material/person_alert:")
    st.dataframe(
        pd.DataFrame({
            "Written by": [line.author for line in lines], "Supervisor": [line.supervisor for line in lines],
            "Waiting": [line.waiting for line in lines],
            "Oldest": [age(line.oldest_days) if line.oldest_days is not None else "" for line in lines],
            "Returned, not back": [line.returned for line in lines],
        }), hide_index=True, alt="What waits, by author and supervisor", height="content",
    )


@st.dialog("Give reviews to another supervisor")
def reassign_dialog(actor: Actor, lines: Sequence[TeamLine]) -> None:
    """Whose, of whom, to whom, and why; with how many it moves before it does."""
    form, able = Form("reassign_reviews"), read(supervisors, actor)
    holders = {line.supervisor_id: line.supervisor for line in lines}
    from_id = form.choice("from_id", "From", list(holders), format_func=holders.__getitem__)
    authors = {line.author_id: line.author for line in lines if line.supervisor_id == from_id}
    author_id = form.choice("author_id", "Written by", [None, *authors],
                            format_func=lambda one: authors.get(one, "Everybody"))
    others = [one for one in able if one != from_id]
    to_id = form.choice("to_id", "To", others, index=None, format_func=able.__getitem__, placeholder="Choose somebody")
    since = form.date("since", "Only what is dated from this day on")
    barred = sum(line.barred for line in lines if line.supervisor_id == from_id and author_id in (None, line.author_id))
    only_barred = bool(barred) and form.tick("only_barred", f"Only the {barred} they may not sign", value=True)
    reason = form.text("reason", "Reason", placeholder="For instance: on leave")
    moving = read(what_moves, actor, from_id, author_id, since, only_barred)
    st.text(_preview(moving))
    st.text("Appointments, invoices and signed notes keep their supervisor.")
    if not others:
        st.info("Nobody else has the supervisor role. Give it to somebody on the Staff page first.")
    now = moving.notes + moving.addenda
    if st.button(f"Move {count(now, 'review') if now else count(moving.returned, 'returned note')}", type="primary",
                 disabled=moving.nothing or not others):
        if to_id is None:
            form.show("to_id", "Choose who takes over.")
            return
        done, _ = form.submit(reassign_reviews, actor, lambda: ReassignReviews(
            op=form.op, from_id=from_id, to_id=to_id, author_id=author_id, since=since, reason=reason,
            only_barred=only_barred,
        ), "Reviews moved")
        if done:
            st.rerun()


def _preview(moving: Moving) -> str:
    """``3 notes and 1 addendum move now. 1 returned note follows when it is submitted again.``"""
    if moving.nothing:
        return "Nothing of this waits."
    now = [count(moving.notes, "note")] * bool(moving.notes)
    now += [count(moving.addenda, "addendum", "addenda")] * bool(moving.addenda)
    verb = "move" if moving.notes + moving.addenda > 1 else "moves"
    said = [f"{' and '.join(now)} {verb} now."] if now else []
    if moving.returned:
        follows = "follows when it is" if moving.returned == 1 else "follow when they are"
        said.append(f"{count(moving.returned, 'returned note')} {follows} submitted again.")
    return " ".join(said)
