"""To whom an appointment is confidential: a small word on its page, and the choice in its forms (A20, A23)."""

import streamlit as st

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import AppointmentView
from practicerunner.workflows.confidentiality import (
    Confidant,
    SetConfidential,
    confidants_of_case,
    confidentiality_of,
    set_confidential,
)

WHAT = (
    "Nobody who acts for them comes across it: not in the portal, in a calendar or in an e-mail. Others who pay read "
    "“Service”, the month and the amount."
)


def word(page: AppointmentView) -> str:
    """``Confidential to Leo Castellano``; empty where it is not."""
    return f"Confidential to {' and '.join(page.confidential_to)}" if page.confidential_to else ""


def button(actor: Actor, page: AppointmentView) -> None:
    """Where somebody acts for one of them: the way to the choice."""
    shown = page.confidential_to or page.may_be_confidential
    if shown and st.button("Confidential", icon=":material/visibility_off:"):
        choice_dialog(actor, page)


@st.dialog("Confidential")
def choice_dialog(actor: Actor, page: AppointmentView) -> None:
    """To whom it is confidential; this one, or its whole series."""
    found = read(confidentiality_of, actor, page.appointment_id)
    form = Form(f"confidential.{page.appointment_id}.{page.revision}")
    st.text(WHAT)
    chosen = _ticks(form, found.people, {one.person_id: one.is_confidential for one in found.people})
    whole = bool(page.series_position) and form.tick("whole_series", "Every appointment of this series, past ones too")
    if found.on_invoice:
        st.info("It is on an invoice already. That paper says what it said when it was issued.")
    form.place("person_ids")
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(set_confidential, actor, lambda: SetConfidential(
            op=form.op, appointment_id=page.appointment_id, person_ids=tuple(chosen), whole_series=whole), "Saved")
        if done:
            st.rerun()


def ask(actor: Actor, form: Form, case_id: int) -> tuple[int, ...] | None:
    """In the form for a new appointment; not asked where nobody acts for anybody, and then as consent says."""
    found = read(confidants_of_case, actor, case_id)
    if not found:
        return None
    return tuple(_ticks(form, found, {one.person_id: one.is_confidential for one in found}))


def _ticks(form: Form, people: tuple[Confidant, ...], marked: dict[int, bool]) -> list[int]:
    chosen = []
    for one in people:
        acts = f" {' and '.join(one.acts)} {'acts' if len(one.acts) == 1 else 'act'} for them." if one.acts else ""
        if form.tick(f"confidential.{one.person_id}", md(f"Confidential to {one.name}"), marked[one.person_id],
                     help=md(WHAT + acts)):
            chosen.append(one.person_id)
            if one.warning:
                st.caption(md(one.warning))
    return chosen
