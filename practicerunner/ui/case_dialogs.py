"""Dialogs of the case page: its name, status and staff; who joins and leaves; papers; the switches."""

from datetime import date

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui.forms import Form
from practicerunner.ui.new_case import ask_label
from practicerunner.ui.perform import read
from practicerunner.vocabulary import CaseStatus, PaperKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import (
    ChangeCase,
    MarkReviewed,
    RecordPaper,
    RemoveParticipant,
    SetCaseStatus,
    SwitchClinicalFields,
    change_case,
    mark_reviewed,
    record_paper,
    remove_participant,
    set_case_status,
    switch_clinical_fields,
)
from practicerunner.workflows.clients import CasePage, ParticipantView, staff_choices


@st.dialog("Change")
def edit_dialog(actor: Actor, page: CasePage) -> None:
    """Name, label, status, provider and supervisor."""
    able = capabilities(page.type)
    form = Form(f"edit.{page.case_id}.{page.revision}")
    if able.needs_name:
        name = form.text("name", "Name", page.own_name)
    else:
        name = form.text("name", "Name", page.own_name, placeholder=page.name,
                         help="Leave it empty to use the names of the people.")
    label = ask_label(form, page.label) if able.has_label else None
    statuses = list(CaseStatus)
    status = form.choice("status", "Status", statuses, index=statuses.index(page.status),
                         format_func=lambda word: word.label)
    choices = read(staff_choices, actor)
    providers = dict(choices.providers)
    providers.setdefault(page.provider_id, page.provider)
    provider_id = form.choice("provider_id", "Provider", list(providers), format_func=providers.__getitem__,
                              index=list(providers).index(page.provider_id))
    supervisors = [None, *choices.supervisors]
    supervisor_id = form.choice(
        "supervisor_id", "Supervisor", supervisors,
        index=supervisors.index(page.supervisor_id) if page.supervisor_id in supervisors else 0,
        format_func=lambda staff_id: choices.supervisors[staff_id] if staff_id else "The provider's own, if any",
    )
    if st.button("Save changes", type="primary", key=form.field_key("save")):
        done, _ = form.submit(change_case, actor, lambda: ChangeCase(
            op=form.op, case_id=page.case_id, revision=page.revision, name=name, label=label, status=status,
            provider_id=provider_id, supervisor_id=supervisor_id,
        ), "Changes saved")
        if done:
            st.rerun()


@st.dialog("Somebody leaves")
def leave_dialog(actor: Actor, page: CasePage, person: ParticipantView) -> None:
    """End somebody's part from a date on."""
    form = Form(f"leave.{page.case_id}.{person.person_id}")
    st.text(f"{person.name} leaves. What was attended, written and charged stays; appointments from that day on go "
            "ahead without them.")
    left_on = form.date("left_on", "First day without them", page.today, min_value=person.joined_on)
    form.place("person_id")
    if st.button("End the participation", type="primary", key=form.field_key("save")):
        done, _ = form.submit(remove_participant, actor, lambda: RemoveParticipant(
            op=form.op, case_id=page.case_id, person_id=person.person_id, left_on=left_on or page.today,
        ), f"{person.name} has left")
        if done:
            st.rerun()


@st.dialog("A paper has arrived")
def paper_dialog(actor: Actor, page: CasePage) -> None:
    """Record that an intake or consent came in."""
    able = capabilities(page.type)
    form = Form(f"paper.{page.case_id}")
    kinds = [kind for kind, asked in ((PaperKind.INTAKE, able.intake), (PaperKind.CONSENT, able.consent)) if asked]
    people = {person.person_id: person.name for person in page.present}
    kind = form.choice("kind", "Paper", kinds, format_func=lambda word: word.label)
    person_id = form.choice("person_id", "From", list(people), format_func=people.__getitem__)
    received_on: date | None = form.date("received_on", "Arrived on", page.today, max_value=page.today)
    if st.button("Record the paper", type="primary", key=form.field_key("save")):
        done, _ = form.submit(record_paper, actor, lambda: RecordPaper(
            op=form.op, case_id=page.case_id, person_id=person_id, kind=kind, received_on=received_on or page.today,
        ), "Paper recorded")
        if done:
            st.rerun()


@st.dialog("Archive")
def archive_dialog(actor: Actor, page: CasePage) -> None:
    """Archive, after saying what that means; or take it out of the archive again."""
    form = Form(f"archive.{page.case_id}.{page.revision}")
    if page.status is CaseStatus.ARCHIVED:
        st.text(f"{page.name} becomes active again and takes appointments.")
        status, label, done_text = CaseStatus.ACTIVE, "Reactivate", "Reactivated"
    else:
        st.text(f"{page.name} leaves the list of active clients and takes no new appointments. Balances stay payable, "
                "everything stays readable, and you can reactivate at any time.")
        status, label, done_text = CaseStatus.ARCHIVED, "Archive", "Archived"
    if st.button(label, type="primary", key=form.field_key("save")):
        done, _ = form.submit(set_case_status, actor, lambda: SetCaseStatus(
            op=form.op, case_id=page.case_id, status=status), done_text)
        if done:
            st.rerun()


def review_button(actor: Actor, page: CasePage) -> None:
    """Clear "imported, needs review"."""
    form = Form(f"review.{page.case_id}")
    if st.button("Mark as reviewed", key=form.field_key("save"), icon=":material/done:"):
        done, _ = form.submit(mark_reviewed, actor, lambda: MarkReviewed(op=form.op, case_id=page.case_id), "Reviewed")
        if done:
            st.rerun()


def switch_toggle(actor: Actor, page: CasePage) -> None:
    """An owner's switch for the clinical sections of this case's notes (DEC1)."""
    form = Form(f"switch.{page.case_id}.{page.revision}")
    on = st.toggle("Clinical note sections", page.clinical_fields, key=form.field_key("on"),
                   help="Off unless an owner decides otherwise; each change is logged.")
    if on != page.clinical_fields:
        done, _ = form.submit(switch_clinical_fields, actor, lambda: SwitchClinicalFields(
            op=form.op, case_id=page.case_id, on=on), f"Clinical note sections switched {'on' if on else 'off'}")
        if done:
            st.rerun()
