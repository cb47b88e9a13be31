"""Who supervises somebody, from when until when and how far; set and ended by an owner on the Staff page (C31)."""

from datetime import date, timedelta

import streamlit as st

from practicerunner.records.staff import Staff
from practicerunner.rules.notes import needs_cosignature
from practicerunner.rules.supervision import REVIEWED
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day
from practicerunner.vocabulary import Role, SupervisionLevel
from practicerunner.workflows.access import Actor
from practicerunner.workflows.assignments import (
    AssignmentLine,
    AssignSupervisor,
    EndSupervision,
    assign_supervisor,
    assignments_of,
    end_supervision,
)
from practicerunner.workflows.calendar import wall_clock

_COLOURS = {"In force": "primary", "From then on": "blue"}
MEANS = {
    SupervisionLevel.ACCESS: "May read the notes; nothing waits.",
    SupervisionLevel.APPROVE: "Signed notes wait for approval.",
    SupervisionLevel.CO_SIGN: "Signed notes wait for co-signature.",
}


def show(actor: Actor, person: Staff, everybody: list[Staff], *, manages: bool) -> None:
    """Draw the list for one person, the newest first."""
    lines = read(assignments_of, actor, person.id)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(f"Supervision of {person.name}", anchor=False, width="content")
            if manages and person.active and st.button("Assign supervisor", icon=":material/add:", key="assign"):
                assign_dialog(actor, person, everybody)
        if not lines:
            st.text("Nobody supervises them.")
        for line in lines:
            _line(actor, line, manages=manages)
        if lines and not any(line.is_default and line.state == "In force" for line in lines):
            st.text("Nobody is the default supervisor now.")


def _line(actor: Actor, line: AssignmentLine, *, manages: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(line.supervisor, width="content")
        st.badge(line.state, color=_COLOURS.get(line.state, "gray"))  # type: ignore[arg-type]
        until = f"until {day(line.last_day)}" if line.last_day else "with no end set"
        which = "default" if line.is_default else "additional"
        only = ""
        if line.note_kinds is not None:
            only = f", only {', '.join(kind.label.lower() for kind in line.note_kinds)}"
        st.text(f"{line.level.label}{only}, {which} · from {day(line.starts_on)} {until}", width="content")
        if manages and line.can_end and st.button("End", key=f"end.{line.supervision_id}", type="tertiary"):
            end_dialog(actor, line)


@st.dialog("Assign supervisor")
def assign_dialog(actor: Actor, person: Staff, everybody: list[Staff]) -> None:
    """Whom, how far, from when, and whether as the default."""
    form, associate = Form(f"assign.{person.id}"), needs_cosignature({held.role for held in person.roles})
    able = {
        one.id: one.name for one in everybody
        if one.active and one.id != person.id and Role.SUPERVISOR in {held.role for held in one.roles}
    }
    if not able:
        st.text("Nobody else has the supervisor role. Give it to somebody first.")
        return
    supervisor_id = form.choice("supervisor_id", "Supervisor", list(able), format_func=able.__getitem__)
    is_default = form.tick("is_default", "Responsible by default", True,
                           help="Counts where neither the appointment nor the case names another supervisor.")
    levels = [SupervisionLevel.CO_SIGN] if associate and is_default else list(SupervisionLevel)
    usual = SupervisionLevel.CO_SIGN if associate else SupervisionLevel.ACCESS
    level = form.choice("level", "Level", levels, index=levels.index(usual), format_func=lambda one: one.label)
    st.text(MEANS[level])
    kinds = None
    if level is not SupervisionLevel.ACCESS:
        kinds = st.multiselect("Kinds of note", REVIEWED, default=REVIEWED, key=form.field_key("note_kinds"),
                               format_func=lambda one: one.label)
        form.place("note_kinds")
        st.text("A kind that is left out is final with its author's own signature, addenda beneath it too. What was "
                "handed in for review before goes on waiting, and so does what is added beneath it.")
    starts_on = form.date("starts_on", "From", read(wall_clock, actor).date())
    if is_default:
        st.text("Whoever is the default now ends on that day; appointments ahead follow.")
    if st.button("Assign", type="primary"):
        done, _ = form.submit(assign_supervisor, actor, lambda: AssignSupervisor(
            op=form.op, staff_id=person.id, supervisor_id=supervisor_id, level=level, starts_on=starts_on,
            is_default=is_default, note_kinds=None if kinds is None else frozenset(kinds),
        ), f"{able[supervisor_id]} assigned")
        if done:
            st.rerun()


@st.dialog("End supervision")
def end_dialog(actor: Actor, line: AssignmentLine) -> None:
    """The last day; what was stays readable to them."""
    form, today = Form(f"end.{line.supervision_id}"), read(wall_clock, actor).date()
    st.text(f"{line.supervisor} keeps what is dated until then, and what waits for them until it is reassigned.")
    last: date | None = form.date("ends_on", "Last day", max(today, line.starts_on) - timedelta(days=1))
    if st.button("End it", type="primary"):
        done, _ = form.submit(end_supervision, actor, lambda: EndSupervision(
            op=form.op, supervision_id=line.supervision_id,
            ends_on=last + timedelta(days=1) if last is not None else None,
        ), "Supervision ended")
        if done:
            st.rerun()
