"""Private notes of somebody who has left: what an owner can ask for, and the page on which two people decide."""

from typing import Any

import streamlit as st

from practicerunner.records.staff import Staff
from practicerunner.rules.private_releases import how_many
from practicerunner.ui import private_release_block, signature_box
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go, link, may_open
from practicerunner.ui.perform import perform, read, read_logged
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import CustodyState
from practicerunner.workflows.access import Actor
from practicerunner.workflows.custody_pages import (
    AuthorizationForm,
    CustodyLine,
    FormerNotes,
    custody_form,
    custody_page,
    former_notes,
)
from practicerunner.workflows.private_authorizations import PrivateCase, private_case
from practicerunner.workflows.private_custody import (
    ConfirmCustody,
    NobodyToConfirm,
    OpenCustody,
    ReleaseCustody,
    WithdrawCustody,
    confirm_custody,
    open_custody,
    release_custody,
    withdraw_custody,
)

ICON = ":material/lock:"


def show_former(actor: Actor, person: Staff) -> None:
    """On the page of staff, for an owner: the private notes of somebody who has left."""
    found = read(former_notes, actor, person.id)
    if found is None:
        return
    st.subheader(f"Private notes of {md(found.name)}", anchor=False)
    if not found.cases:
        st.text("There are none.")
        return
    st.text("They stay sealed: nobody reads them here. They can be handed out on paper, under a written authorisation "
            "or a legal order, once another owner or the clinical director has confirmed it.")
    if not found.second:
        st.info(str(NobodyToConfirm()), icon=":material/group_add:")
    going_on = {line.case_id for line in found.custodies if line.state in (CustodyState.OPEN, CustodyState.CONFIRMED)}
    for case_id, (name, number) in found.cases.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(name), "case", icon=ICON, case=case_id)
            st.text(how_many(number), width="content")
            if st.button("Authorisations", type="tertiary", key=f"authorisations.{case_id}"):
                private_release_block.private_dialog(actor, case_id, found.staff_id)
            if found.second and case_id not in going_on and st.button("Ask for a release", key=f"custody.{case_id}"):
                open_dialog(actor, found, case_id)
    for line in found.custodies:
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(f"{line.case_name}, to {line.recipient}"), "note", icon=":material/gavel:",
                 custody=line.private_custody_id)
            st.badge(line.standing, color=_colour(line))
            st.text(f"opened {moment(line.opened_at, line.zone)} by {line.opened_by}", width="content")


def _colour(line: CustodyLine) -> Any:
    return {CustodyState.OPEN: "orange", CustodyState.CONFIRMED: "primary"}.get(line.state, "gray")


@st.dialog("Ask for a release of private notes", width="large")
def open_dialog(actor: Actor, found: FormerNotes, case_id: int) -> None:
    """Why, and under what."""
    form = Form(f"custody.{found.staff_id}.{case_id}")
    name, number = found.cases[case_id]
    st.text(f"{how_many(number).capitalize()} of {found.name}, {name}. "
            f"{' or '.join(found.second)} has to confirm it within 7 days.")
    of_case = read(private_case, actor, case_id, found.staff_id)
    reason = form.area("reason", "Why are they needed?", height=80, help="The reason is kept with the procedure.")
    by_order = st.radio("Under what", [False, True], horizontal=True, key=form.field_key("by_order"),
                        format_func=lambda one: "A legal order" if one else "A written authorisation")
    ground = _order(form, of_case) if by_order else _authorised(form, of_case)
    if st.button("Ask for it", type="primary", key=form.field_key("save")):
        done, custody = form.submit(open_custody, actor, lambda: OpenCustody(
            op=form.op, case_id=case_id, author_id=found.staff_id, reason=reason, **ground), "Waits to be confirmed")
        if done and custody is not None:
            go("note", custody=custody)


def _authorised(form: Form, of_case: PrivateCase) -> dict[str, Any]:
    """Which authorisation."""
    known = {one.authorization_id: f"To {one.recipient}, {one.purpose}" + (" (incomplete)" if one.blocked else "")
             for one in of_case.authorizations}
    if not known:
        st.text("None is recorded for these notes yet. Write it down under Authorisations first.")
        form.place("authorization_id")
        return {}
    chosen = form.choice("authorization_id", "Which authorisation", list(known), format_func=known.__getitem__,
                         index=0 if len(known) == 1 else None, placeholder="Choose")
    return {"authorization_id": chosen}


def _order(form: Form, of_case: PrivateCase) -> dict[str, Any]:
    """What the order says."""
    document = form.choice("document_id", "The order", list(of_case.documents), index=None,
                           format_func=of_case.documents.__getitem__, placeholder="Choose a document of this case")
    form.place("authorization_id")
    if not of_case.documents:
        st.text("Upload the order first.")
    link("Documents of this case", "case", icon=":material/upload_file:", case=of_case.case_id, part="clinical")
    left, middle, right = st.columns(3)
    with left:
        issued_by = form.text("issued_by", "Court or authority", max_chars=200)
    with middle:
        issued_on = form.date("issued_on", "Date on the order", max_value=of_case.today)
    with right:
        reference = form.text("reference", "Reference number", max_chars=200)
    recipient = form.text("recipient", "To whom the notes go", max_chars=200)
    purpose = form.text("purpose", "What for", max_chars=200)
    left, right = st.columns(2)
    with left:
        first_on = form.date("first_on", "Sessions from (optional)", help="Without days, all of them.")
    with right:
        last_on = form.date("last_on", "to (optional)")
    return {"document_id": document, "issued_by": issued_by, "issued_on": issued_on, "reference": reference,
            "recipient": recipient, "purpose": purpose, "first_on": first_on, "last_on": last_on}


def show(actor: Actor, custody_id: int) -> None:
    """One procedure: what is asked for and why, and what the reader can do about it; never a note."""
    line = read(custody_page, actor, custody_id)
    back = "staff" if may_open(actor, "staff") else "today"
    link(back.capitalize(), back, icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Release of private notes", anchor=False, width="content")
        st.badge(line.standing, color=_colour(line))
    st.text(f"{how_many(line.number).capitalize()} of {line.author}, {line.case_name}")
    with st.container(border=True):
        for label, said in (
            ("Why", line.reason), ("Under", line.ground), ("To", line.recipient), ("What for", line.purpose),
            ("Asked for by", f"{line.opened_by}, {moment(line.opened_at, line.zone)}"),
            ("Confirmed by", line.confirmed_by),
        ):
            if said:
                with st.container(gap=None):
                    st.caption(label)
                    st.text(said)
        _papers(actor, line)
    if line.blocked and line.blocked != line.ground:
        st.warning(md(line.blocked), icon=":material/block:")
    if line.released is not None and line.released.can_fetch:
        private_release_block.fetch(line.released)
    if line.state in (CustodyState.OPEN, CustodyState.CONFIRMED):
        _decide(actor, line)


def _papers(actor: Actor, line: CustodyLine) -> None:
    """What it is asked for by: the order, or the signed authorisations."""
    with st.container(horizontal=True):
        for document_id, title in line.papers.items():
            st.link_button(
                "Open the order" if document_id == line.document_id else md(f"Open {title}"),
                f"/files/custody/{line.private_custody_id}/{document_id}", icon=":material/download:",
                key=f"paper.{document_id}")
        for response_id, name in line.forms.items():
            if st.button(md(f"Open {name}"), icon=":material/description:", key=f"form.{response_id}"):
                form_dialog(read_logged(custody_form, actor, line.private_custody_id, response_id), line.zone)


@st.dialog("Authorisation", width="large")
def form_dialog(found: AuthorizationForm, zone: str) -> None:
    """An authorisation that was handed in as a form."""
    st.text(f"{found.name}, about {found.person}")
    for answer in found.answers:
        with st.container(gap="xsmall"):
            st.markdown(f"**{md(answer.label)}**")
            st.text(answer.words)
    st.text(f"Signed by {found.signed}, {moment(found.at, zone)}")


def _decide(actor: Actor, line: CustodyLine) -> None:
    st.text(f"Nobody reads the notes here. Open until {moment(line.until, line.zone)}.")
    custody_id, done = line.private_custody_id, False
    if line.may_confirm:
        done = signature_box.sign(Form(f"confirm_custody.{custody_id}"), actor, confirm_custody,
                                  lambda op, proof: ConfirmCustody(op=op, proof=proof, private_custody_id=custody_id),
                                  label="Confirm the release", done="Confirmed")
    elif line.may_release:
        done = signature_box.sign(Form(f"release_custody.{custody_id}"), actor, release_custody,
                                  lambda op, proof: ReleaseCustody(op=op, proof=proof, private_custody_id=custody_id),
                                  label=f"Release {how_many(line.number)}", done="Released; take the paper now")
    elif not line.blocked:
        st.text("Another owner or the clinical director has to confirm it." if line.state is CustodyState.OPEN
                else f"{line.opened_by} releases them now.")
    if line.may_withdraw and st.button("Withdraw", type="tertiary", key=f"withdraw_custody.{custody_id}"):
        done, _ = perform(withdraw_custody, actor, lambda: WithdrawCustody(private_custody_id=custody_id),
                          done="Withdrawn")
    if done:
        st.rerun()
