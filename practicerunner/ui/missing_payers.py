"""Cases that cannot be invoiced because nobody is set down to pay, each with the form that says who."""

import streamlit as st

from practicerunner.money import dollars
from practicerunner.records.unarranged import Unarranged
from practicerunner.ui import follow_up_form
from practicerunner.ui.arrangement_form import arrangement_dialog
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read
from practicerunner.ui.text import age, count, day, md
from practicerunner.ui.work_filters import Facts, narrow
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.arrangements import arrangements_of, payers_needed
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.follow_up import arrangement_missing, whom_to_contact


def show(actor: Actor) -> None:
    """One line a case, the earliest appointment first."""
    found = read(arrangement_missing, actor)
    if not found:
        st.text("Everybody who shares a bill has said who pays. A couple or family appears here when an appointment is "
                "booked before that is known, and anybody whose agreement ends before an appointment.")
        return
    today = read(wall_clock, actor).date()
    rows = narrow(found, lambda row: Facts(
        row.provider, row.case_type, max((today - row.first_on).days, 0), row.provider_id == actor.staff_id),
        "unarranged", person="Provider")
    st.text(f"{count(len(rows), 'case')} without anybody who pays")
    whom = read(whom_to_contact, actor, [row.case_id for row in rows])
    for row in rows:
        known = whom.get(row.case_id, ())
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                with st.container(horizontal=True, vertical_alignment="center", width="content"):
                    link(md(row.case_name), "case", case=row.case_id, part="billing")
                    st.text(row.provider, width="content")
                with st.container(horizontal=True, vertical_alignment="center", width="content"):
                    if may(actor, Action.CREATE, Resource.INVOICES):
                        follow_up_form.about_case(actor, row.case_id, known, today, f"unarranged.{row.case_id}")
                    if may(actor, Action.UPDATE, Resource.CASE) and st.button(
                        "Say who pays", key=f"arrange_{row.case_id}", type="primary"
                    ):
                        _ask(actor, row)
            what, verb = count(row.appointments, "appointment"), "was" if row.first_on < today else "is"
            since = f" ({age((today - row.first_on).days)} ago)" if row.first_on < today else ""
            st.text(f"{what}, the first {verb} {day(row.first_on, today)}{since}, "
                    f"standard fees {dollars(row.fee_cents)}")
            follow_up_form.facts(follow_up_form.latest(known), today)


def _ask(actor: Actor, row: Unarranged) -> None:
    needed = read(payers_needed, actor, row.case_id)
    rows = read(arrangements_of, actor, row.case_id)
    since = row.first_on if rows else min(row.first_on, needed.today)
    arrangement_dialog(actor, row.case_id, needed, rows, since)
