"""Staff: who works here, what they may do, and how they get in."""

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.records.staff import Staff
from practicerunner.ui import assignment_block, custody_block, own_record_block
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import act, read
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, Resource, Role
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.authenticator import reset_authenticator
from practicerunner.workflows.invitations import Invite, invite
from practicerunner.workflows.licences import SetLicenceStates, set_licence_states
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.staff import AddStaff, ChangeStaff, add_staff, change_staff, staff_list, supervisor_ids


def roles_of(person: Staff) -> list[Role]:
    """Roles in the order of the vocabulary."""
    return sorted((row.role for row in person.roles), key=list(Role).index)


def fields(form: Form, everybody: list[Staff], person: Staff | None) -> tuple[dict[str, object], str]:
    """The fields of a member of staff, filled in with what is known, and the states in which they are licensed."""
    left, right = st.columns(2)
    with left:
        first = form.text("first_name", "First name", person.first_name if person else "")
        last = form.text("last_name", "Last name", person.last_name if person else "")
        email = form.text("email", "E-mail, also the sign-in name", person.email if person else "")
    with right:
        credentials = form.text("credentials", "Credentials", person.credentials if person else "")
        npi = form.text("npi", "NPI", person.npi if person else "", help="Ten digits; on papers for insurance.")
        licence = form.text("licence", "Licence number and state", person.licence if person else "")
        taxonomy = form.text("taxonomy", "Taxonomy code (optional)", person.taxonomy if person else "")
    states = form.text(
        "licence_states", "Licensed in", person.licence_states if person else "", placeholder="NY, NJ",
        help="States as two letters. A note of a session by video or phone warns when a client was in another one.",
    )
    video_link = form.text(
        "video_link", "Link for video appointments", person.video_link if person else "", placeholder="https://",
        help="Clients find it in the reminder of an appointment by video.",
    )
    roles = st.pills(
        "Roles", list(Role), selection_mode="multi", format_func=lambda role: role.label,
        default=roles_of(person) if person else [Role.PROVIDER], key=form.field_key("roles"),
    )
    form.place("roles")
    supervised: dict[str, object] = {}
    if person is None:
        supervisors = [None, *(s.id for s in everybody if Role.SUPERVISOR in roles_of(s) and s.active)]
        names = {s.id: s.name for s in everybody}
        supervised["supervisor_id"] = form.choice(
            "supervisor_id", "Supervised by", supervisors, format_func=lambda one: names.get(one, "Nobody"),
        )
    director = form.tick(
        "is_clinical_director", "Clinical director: may read notes after typing a reason",
        person.is_clinical_director if person else False,
    )
    return {
        "first_name": first, "last_name": last, "email": email, "credentials": credentials, "npi": npi,
        "licence": licence, "taxonomy": taxonomy, "video_link": video_link, "roles": frozenset(roles or ()),
        "is_clinical_director": director, **supervised,
    }, states


@st.dialog("Add somebody", width="large")
def add_dialog(actor: Actor, everybody: list[Staff]) -> None:
    """A new colleague; the invitation link comes next."""
    form = Form("new_staff")
    entered, states = fields(form, everybody, None)

    def add(session: Session, actor: Actor, asked: AddStaff) -> int:
        staff_id = add_staff(session, actor, asked)
        set_licence_states(session, actor, SetLicenceStates(staff_id=staff_id, licence_states=states))
        return staff_id

    if st.button("Add to staff", type="primary"):
        done, staff_id = form.submit(
            add, actor, lambda: AddStaff(op=form.op, **entered), f"{entered['first_name']} added"
        )
        if done and staff_id:
            st.session_state["invited"] = staff_id
            st.rerun()


@st.dialog("Change", width="large")
def change_dialog(actor: Actor, everybody: list[Staff], person: Staff) -> None:
    """Details, roles, and whether they still work here."""
    form = Form(f"staff.{person.id}.{person.revision}")
    entered, states = fields(form, everybody, person)
    active = form.tick("active", "Works here and may sign in", person.active)

    def save(session: Session, actor: Actor, asked: ChangeStaff) -> int:
        if states != person.licence_states:
            set_licence_states(session, actor, SetLicenceStates(staff_id=person.id, licence_states=states))
        return change_staff(session, actor, asked)

    if st.button("Save", type="primary"):
        done, _ = form.submit(
            save, actor,
            lambda: ChangeStaff(op=form.op, staff_id=person.id, revision=person.revision, active=active, **entered),
            f"{person.name} saved",
        )
        if done:
            st.rerun()


def show_link(actor: Actor, person: Staff) -> None:
    """Make the link by which somebody sets a password, and show it once."""
    made, token = act(lambda session: invite(session, actor, Invite(staff_id=person.id)))
    if made:
        with st.container(border=True):
            st.text(f"Give this link to {person.name}. It works once and is shown only now.")
            st.code(f"/auth/invitation/{token}", language=None)


def reset_box(actor: Actor, person: Staff, *, required: bool) -> None:
    """What it means before it is done: their sign-ins end, and how they sign in next."""
    after = "they set up a new one at the next sign-in" if required else "the password alone opens their account"
    st.text(f"For a lost phone. All sign-ins of {person.name} end, and {after}.")
    if st.button("Reset it now", type="primary", key="reset_authenticator"):
        reset, _ = act(
            lambda session: reset_authenticator(session, actor, Invite(staff_id=person.id)),
            done=f"{person.name}: the authenticator is reset",
        )
        if reset:
            st.rerun()


me = require("staff")
manages = may(me, Action.MANAGE, Resource.USERS)
everybody = read(staff_list, me)
supervisors = read(supervisor_ids, me)
names = {person.id: person.name for person in everybody}
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Staff", width="content", anchor=False)
    if manages and st.button("Add somebody", type="primary", icon=":material/add:"):
        add_dialog(me, everybody)
if not everybody:
    st.text("Nobody is assigned to you. People you supervise appear here.")
    st.stop()
chosen = st.dataframe(
    pd.DataFrame({
        "Name": [person.name for person in everybody],
        "Roles": [", ".join(role.label for role in roles_of(person)) for person in everybody],
        "Supervised by": [names.get(supervisors.get(person.id, 0), "") for person in everybody],
        "E-mail": [person.email for person in everybody],
        "Credentials": [person.credentials for person in everybody],
        "State": ["Active" if person.active else "Left" for person in everybody],
    }),
    hide_index=True, on_select="rerun", selection_mode="single-row", key="staff_table", alt="Staff",
)["selection"]["rows"]
invited = st.session_state.pop("invited", None)
for person in everybody:
    if person.id == invited:
        show_link(me, person)
opened = everybody[chosen[0]] if chosen and chosen[0] < len(everybody) else None
if manages and opened is not None:
    person = opened
    with st.container(horizontal=True):
        if st.button(md(f"Change {person.first_name}")):
            change_dialog(me, everybody, person)
        if person.active and st.button("Make a link to set a password"):
            st.session_state["invited"] = person.id
            st.rerun()
        if person.active:
            with st.popover("Reset the authenticator"):
                reset_box(me, person, required=read(practice_settings, me).totp_required)
    own_record_block.show(me, person)
elif manages:
    st.caption("Choose a row to change roles, to assign a supervisor, or to make a link for setting a password.")
if opened is not None and set(roles_of(opened)) & {Role.ASSOCIATE, Role.PROVIDER}:
    assignment_block.show(me, opened, everybody, manages=manages)
if manages and opened is not None and not opened.active:
    custody_block.show_former(me, opened)
