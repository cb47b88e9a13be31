"""Import clients: a CSV file from another program, looked at first, then imported, and undone if it was wrong."""

import hashlib

import streamlit as st

from practicerunner.errors import PracticeError
from practicerunner.ui import import_form
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import glance, read
from practicerunner.ui.text import count, md
from practicerunner.workflows.imports import (
    ImportClients,
    import_clients,
    import_report,
    import_runs,
    look_at,
    plan_import,
    providers_to_choose,
)
from practicerunner.workflows.practice import practice_settings

me = require("imports")
st.title("Import clients", anchor=False)
house = read(practice_settings, me)
providers = dict(read(providers_to_choose, me))
form = Form("import")


def new_file(name: str, file: bytes) -> None:
    """From the file to the import, one step after the other."""
    try:
        look = look_at(file)
    except PracticeError as problem:
        st.error(md(problem), icon=":material/error:")
        return
    mapping = import_form.mapping(form, look)
    order, order_is_missing = import_form.date_order(form, file, mapping)
    provider_id = form.choice(
        "default_provider_id", "Responsible for these clients", list(providers), format_func=lambda one: providers[one]
    )
    asked = (hashlib.sha256(file).hexdigest(), mapping, order, provider_id)
    known = st.session_state.get("import_plan")
    if st.button("Check the file", type="secondary" if known and known[0] == asked else "primary"):
        known = None
        if order_is_missing:
            form.show("date_order", "Say whether the day or the month comes first.")
        else:
            with st.spinner("Reading every row"):
                plan, refusal = glance(plan_import, me, file, name, mapping, order, provider_id)
            if plan is None:
                form.show("mapping", refusal)
            else:
                known = (asked, plan)
        st.session_state["import_plan"] = known
    if known is None or known[0] != asked:
        st.text(f"{count(look.row_count, 'row')}. Nothing is saved until you have seen the dry run.")
        return
    plan = known[1]
    import_form.dry_run(plan)
    if not plan.new:
        st.text("Nobody new is in this file, so there is nothing to import.")
        return
    leave_out = not plan.rejected or form.tick("accept_bad_rows", f"Leave out {count(plan.rejected, 'bad row')}")
    if st.button(f"Import {count(plan.people, 'person', 'people')}", type="primary", disabled=not leave_out):
        with st.spinner("Importing"):
            done, run_id = form.submit(import_clients, me, lambda: ImportClients(
                op=form.op, file=file, file_name=name[-200:], mapping=mapping, date_order=order,
                default_provider_id=provider_id, accept_bad_rows=leave_out,
            ), done=f"{count(plan.people, 'person', 'people')} imported")
        if done:
            st.session_state.pop("import_plan", None)
            st.session_state["import_done"] = run_id
            st.rerun()


if not providers:
    st.text("First add somebody who sees clients, under Staff: imported clients need a responsible provider.")
    st.stop()
uploaded = st.file_uploader("CSV file", type=["csv"], max_upload_size=10, key=form.field_key("file"))
if uploaded is not None:
    st.session_state.pop("import_done", None)
    new_file(uploaded.name, uploaded.getvalue())
elif st.session_state.get("import_done"):
    report = read(import_report, me, st.session_state["import_done"])
    st.subheader("Imported", anchor=False)
    import_form.outcomes(report.summary.counts, report.summary.balance_cents)
    import_form.bad_rows(report.bad)
    st.text("Each of them says \"imported record needs review\" until somebody has looked through it.")
else:
    st.text("Save your client list as CSV in the program you come from, then choose it here. One row is one client "
            "or couple; the first line names the columns. Social security, licence, passport and card numbers are "
            "never imported, and the file itself is not kept.")
runs = read(import_runs, me)
if runs:
    st.subheader("Earlier imports", anchor=False)
    import_form.earlier(me, runs, house.zone)
