"""The block "Portal" of the case page: who has an account, was invited or shut out, and what they asked (I01)."""

import streamlit as st

from practicerunner import ids
from practicerunner.settings import settings
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import Action, PortalState, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.portal_accounts import (
    DetailsDone,
    EndPortalSignIns,
    GiveResetCode,
    InviteToPortal,
    PortalRow,
    ReactivatePortal,
    ResetPortalAuthenticator,
    SuspendPortal,
    details_done,
    end_portal_sign_ins,
    give_portal_reset_code,
    invite_to_portal,
    portal_of_case,
    reactivate_portal,
    reset_portal_authenticator,
    suspend_portal,
)
from practicerunner.workflows.practice import practice_settings


def show(actor: Actor, page: CasePage, *, changes: bool) -> None:
    """Draw the block."""
    rows = read(portal_of_case, actor, page.case_id)
    zone = read(practice_settings, actor).zone
    with st.container(border=True):
        st.subheader("Portal", anchor=False)
        if not rows:
            st.text("Nobody yet. Whoever takes part, acts for somebody here or pays can be invited.")
        for row in rows:
            if not row.left:
                _row(actor, page, row, zone, changes=changes)
        gone = [row for row in rows if row.left]
        if gone:
            st.markdown("**No longer here**")
        for row in gone:
            _row(actor, page, row, zone, changes=changes)


def _row(actor: Actor, page: CasePage, row: PortalRow, zone: str, *, changes: bool) -> None:
    """One person: where they stand, what can be done about it, and what they asked for."""
    with st.container(gap="xsmall"):
        st.text(f"{row.name}, {row.why}" if row.why else row.name)
        st.caption(md(standing(row, zone)))
        if row.code and row.code_until is not None:
            first = row.state is PortalState.INVITED
            st.info(
                f"Code for {'the first' if first else 'a new'} password: **{row.code[:4]} {row.code[4:]}**, until "
                f"{md(moment(row.code_until, zone))}. Others have this e-mail address too: tell it only to "
                f"{md(row.name)}, here in the room, or on the phone once you are sure who is calling.",
                icon=":material/call:")
        if changes:
            _buttons(actor, page, row)
    for one in row.asked:
        _asked(actor, page, row, one.request_id, f"Asked on {moment(one.asked_at, zone)}: {one.text}")


def standing(row: PortalRow, zone: str) -> str:
    """How somebody stands, in one line."""
    if row.state is PortalState.SUSPENDED and row.suspended_at is not None:
        return f"Suspended on {moment(row.suspended_at, zone)} by {row.suspended_by}: {row.suspended_reason}"
    if row.state is PortalState.ACTIVE:
        used = f"last used {moment(row.used_at, zone)}" if row.used_at else "not used yet"
        factor = ", with an authenticator" if row.has_authenticator else ""
        return f"Has an account, {used}{factor}. Signs in as {row.email}"
    if row.invited_at is not None:
        by = f"by {row.invited_by}" if row.invited_by else "as they came of age"
        sent = f"Invited on {moment(row.invited_at, zone)} {by}"
        if row.link_until is not None:
            return f"{sent}; the link works until {moment(row.link_until, zone)}"
        return f"{sent}; the link was not used and does not work any more"
    if not row.may_be_invited:
        return "Not invited; nothing in the portal is open to them"
    return f"Not invited. A link would go to {row.email}" if row.email else "Not invited; no e-mail address to write to"


def _buttons(actor: Actor, page: CasePage, row: PortalRow) -> None:
    key = f"portal.{row.person_id}"
    with st.container(horizontal=True):
        if row.state is PortalState.SUSPENDED:
            if st.button("Give access back", key=f"{key}.back", type="tertiary"):
                _do(actor, reactivate_portal, ReactivatePortal(case_id=page.case_id, person_id=row.person_id),
                    "Access given back")
            return
        label = {
            PortalState.NONE: "Invite", PortalState.INVITED: "Send another link", PortalState.LAPSED: "Invite again",
        }.get(row.state, "Send a link for a new password")
        if row.email and row.may_be_invited and st.button(label, key=f"{key}.invite", type="tertiary"):
            _invite(actor, page, row)
        if row.state is PortalState.ACTIVE and st.button(
            "Sign out everywhere", key=f"{key}.out", type="tertiary"
        ):
            _do(actor, end_portal_sign_ins, EndPortalSignIns(case_id=page.case_id, person_id=row.person_id),
                "Signed out on every device; calendar addresses go on until they are revoked")
        if row.needs_code and st.button(
            "Another code" if row.code else "Code for the first password" if row.state is PortalState.INVITED
            else "Code for a new password", key=f"{key}.code", type="tertiary",
            help="Others have this e-mail address too, so the link asks for a code that you tell them yourself.",
        ):
            _give_code(actor, page, row)
        if row.has_authenticator and st.button("Lost authenticator", key=f"{key}.totp", type="tertiary"):
            _do(actor, reset_portal_authenticator, ResetPortalAuthenticator(
                case_id=page.case_id, person_id=row.person_id), "Authenticator taken off")
        if row.state in (PortalState.ACTIVE, PortalState.INVITED) and st.button(
            "Suspend", key=f"{key}.suspend", type="tertiary"
        ):
            suspend_dialog(actor, page, row)


def _do(actor: Actor, verb: object, asked: object, done: str) -> None:
    ok, _ = perform(verb, actor, lambda: asked, done=done)  # type: ignore[arg-type, return-value]
    if ok:
        st.rerun()


def _invite(actor: Actor, page: CasePage, row: PortalRow) -> None:
    """One click: the address stands beside the button, and the link is of no use to others."""
    op = st.session_state.setdefault(f"portal.{row.person_id}.op", ids.new_operation())
    waits = " It waits in the outbox, because e-mail is not set up." if settings().why_no_mail else ""
    ok, _ = perform(invite_to_portal, actor, lambda: InviteToPortal(
        op=op, case_id=page.case_id, person_id=row.person_id), done=f"A link goes to {row.email}.{waits}")
    if ok:
        del st.session_state[f"portal.{row.person_id}.op"]
        st.rerun()


def _give_code(actor: Actor, page: CasePage, row: PortalRow) -> None:
    ok, _ = perform(give_portal_reset_code, actor, lambda: GiveResetCode(
        case_id=page.case_id, person_id=row.person_id), done="The code stands below their name")
    if ok:
        st.rerun()


@st.dialog("Suspend access")
def suspend_dialog(actor: Actor, page: CasePage, row: PortalRow) -> None:
    """Why somebody is shut out of the portal."""
    form = Form(f"suspend.{page.case_id}.{row.person_id}")
    st.text(f"{row.name} is signed out at once and cannot sign in until you give access back.")
    reason = form.text("reason", "Reason")
    if st.button("Suspend access", type="primary", key=form.field_key("save")):
        done, _ = form.submit(suspend_portal, actor, lambda: SuspendPortal(
            op=form.op, case_id=page.case_id, person_id=row.person_id, reason=reason), "Access suspended")
        if done:
            st.rerun()


def _asked(actor: Actor, page: CasePage, row: PortalRow, request_id: int, words: str) -> None:
    """What somebody asked to have changed; a click puts it away."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(words)
        if may(actor, Action.UPDATE, Resource.DEMOGRAPHICS) and st.button(
            "Done", key=f"portal.asked.{request_id}", type="tertiary"
        ):
            _do(actor, details_done, DetailsDone(case_id=page.case_id, request_id=request_id), "Put away")
