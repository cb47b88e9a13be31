"""Asking when people are reminded: for the practice or a case as a whole, or for one person in it (E17)."""

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.rules.reminders import MOST, all_in_words, in_words
from practicerunner.ui import reminder_lines
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.reminders import (
    ReminderTimes,
    SetCaseReminders,
    case_reminders,
    set_case_reminders,
)

OFFERED = (1, 2, 3, 4, 6, 12, 24, 36, 48, 72, 96, 120, 168, 336)
"""Hours before the start that can be chosen."""


def ask_times(form: Form, label: str, current: tuple[int, ...]) -> tuple[int, ...]:
    """Up to four times before the start; none of them means no reminders."""
    chosen: list[int] = st.multiselect(
        label, sorted({*OFFERED, *current}), sorted(current, reverse=True), format_func=in_words,
        max_selections=MOST, placeholder="No reminders", select_all=False, key=form.field_key("hours"),
        help="To everybody who takes part and allows e-mails.",
    )
    form.place("hours")
    return tuple(chosen)


def case_times(actor: Actor, page: CasePage) -> None:
    """When the people of a case are reminded, and what was sent."""
    everybody, *people = read(case_reminders, actor, page.case_id)
    alone = capabilities(page.type).most == 1
    with st.container(border=True):
        st.subheader("Reminders", anchor=False)
        source = ", as the practice" if everybody.own is None else ""
        st.text(f"By e-mail: {all_in_words(everybody.times)}{source}")
        for person in people:
            if not person.may_be_mailed:
                st.text(f"{person.name}: no e-mail address that reminders may go to")
            elif person.own is not None:
                st.text(f"{person.name}: {all_in_words(person.times)}")
        if may(actor, Action.UPDATE, Resource.APPOINTMENTS) and st.button(
            "Reminder times", icon=":material/notifications:", key="reminder_times"
        ):
            times_dialog(actor, page.case_id, [everybody] if alone else [everybody, *people])
        reminder_lines.of_case(actor, page.case_id, read(practice_settings, actor).zone)


@st.dialog("Reminder times")
def times_dialog(actor: Actor, case_id: int, rows: list[ReminderTimes]) -> None:
    """Other times than the practice's, for everybody in the case or for one of them."""
    row = rows[0]
    if len(rows) > 1:
        row = st.selectbox("For", rows, format_func=lambda one: one.name or "Everybody", key=f"reminders.for.{case_id}")
    form = Form(f"reminders.{case_id}.{row.person_id}.{row.revision}")
    above = "As everybody here" if row.person_id else "As the practice"
    inherits = st.radio(
        "Times", [True, False], index=0 if row.own is None else 1, key=form.field_key("inherits"),
        format_func=lambda yes: f"{above}: {all_in_words(row.inherited)}" if yes else "Own times",
    )
    hours = None if inherits else ask_times(form, "Before the start", row.times)
    form.place("person_id")
    if st.button("Save reminder times", type="primary", key=form.field_key("save")):
        done, _ = form.submit(set_case_reminders, actor, lambda: SetCaseReminders(
            op=form.op, case_id=case_id, person_id=row.person_id, revision=row.revision, hours=hours,
        ), "Reminder times saved")
        if done:
            st.rerun()
