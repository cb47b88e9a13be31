"""My details: how the practice reaches somebody, their account, and who has access for them."""

from typing import Any

import streamlit as st
from pydantic import SecretStr

from practicerunner.ui import portal_identity
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import act, read
from practicerunner.ui.portal import require_portal
from practicerunner.ui.text import count, day, md, moment
from practicerunner.vocabulary import ContactKind, Resource
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_access import open_to
from practicerunner.workflows.portal_amendments import AskToAmend, ask_to_amend, own_amendments
from practicerunner.workflows.portal_details import (
    AskForChange,
    ChangePortalPassword,
    OwnAccount,
    TakeAuthenticatorOff,
    ask_for_change,
    change_portal_password,
    details_of,
    own_account,
    take_authenticator_off,
    who_has_access,
)
from practicerunner.workflows.portal_presence import sign_out_everywhere

KINDS = {ContactKind.PHONE: "Phone", ContactKind.EMAIL: "E-mail"}
SCOPES = {
    "forms": "fill in forms", "scheduling": "ask for and move appointments", "billing": "read bills",
    "portal": "see your details and papers", "messages": "write messages",
}


def show_details(actor: PortalActor) -> None:
    """Name, address and contacts of whom this is about, and the way to have them changed."""
    found = read(details_of, actor)
    with st.container(border=True):
        st.subheader(md(found.name), anchor=False)
        if found.birth_date is not None:
            st.text(f"Born {found.birth_date.day} {found.birth_date:%B %Y}")
        if found.address:
            st.text(found.address)
        for contact in found.contacts:
            st.text(f"{KINDS[contact.kind]} {contact.value}")
        if not found.contacts:
            st.text("The practice has no phone number and no e-mail address yet.")
        for one in found.waiting:
            st.caption(md(f"You asked: {one.text} The practice has not changed it yet."))
        if actor.client_id is None:
            with st.expander("Something is wrong or has changed"):
                form = Form("details")
                words = form.area("text", "What should the practice change?", max_chars=2000,
                                  placeholder="For example: my new phone number is …")
                if st.button("Send to the practice", key=form.field_key("send")):
                    done, _ = form.submit(ask_for_change, actor, lambda: AskForChange(op=form.op, text=words),
                                          "Sent to the practice")
                    if done:
                        st.rerun()


def show_amendments(actor: PortalActor) -> None:
    """What somebody wants corrected in the practice's record of them; the notes themselves are not shown."""
    found = read(own_amendments, actor)
    if not found.cases and not found.asked:
        return
    with st.container(border=True):
        st.subheader(f"Your {found.word}" if actor.client_id is None else found.word.capitalize(), anchor=False)
        for one in found.asked:
            st.text(one.text or "A request that you made to the practice.")
            st.caption(f"Asked {day(one.received_on)}. " + (
                f"The practice answers by {day(one.due_on)}." if one.is_open else "The practice has answered."))
        if not found.cases:
            return
        with st.expander(f"Something in the {found.word} is wrong or missing"):
            form = Form("amendment")
            case_id = next(iter(found.cases))
            if len(found.cases) > 1:
                case_id = form.choice("case_id", "Which one", list(found.cases), format_func=found.cases.__getitem__)
            words = form.area("text", "What should be changed, and why?", max_chars=5000, placeholder=(
                "For example: it says that I live alone; since May I live with my sister."))
            st.caption("The practice answers within 60 days. If it does not make the change, it tells you why and what "
                       "you can do.")
            if st.button("Ask the practice", key=form.field_key("send")):
                done, _ = form.submit(ask_to_amend, actor, lambda: AskToAmend(
                    op=form.op, case_id=case_id, text=words), "Sent to the practice")
                if done:
                    st.rerun()


def show_account(actor: PortalActor, account: OwnAccount) -> None:
    """What somebody signs in with."""
    with st.container(border=True):
        st.subheader("Signing in", anchor=False)
        st.text(f"You sign in as {account.email}")
        if account.last_sign_in_at is not None:
            st.caption(md(f"Last sign-in {moment(account.last_sign_in_at, account.zone)}"))
        with st.expander("Change the password"):
            change_password(actor)
        with st.expander("Code at sign-in" + (" (on)" if account.has_authenticator else " (off)")):
            authenticator(actor, account)
        if st.button("Sign out everywhere else", key="elsewhere"):
            token = portal_identity.token()
            act(lambda session: sign_out_everywhere(session, actor.person_id, except_token=token),
                done="All other sign-ins have ended")
            st.rerun()
        st.caption(md(count(account.open_sign_ins, "sign-in") + " in the last twelve hours, this one included"))
        if account.feeds:
            st.caption("Calendars that read your appointments by a private address go on, also with another password. "
                       "If you lost a phone, revoke its address under Appointments.")


def change_password(actor: PortalActor) -> None:
    """The present password and a new one."""
    form = Form("password")
    current = form.text("current", "Present password", type="password", autocomplete="current-password")
    new = form.text("new", "New password, 12 characters or more", type="password", autocomplete="new-password")
    if st.button("Change the password", key=form.field_key("save")):
        asked = ChangePortalPassword(current=SecretStr(current), new=SecretStr(new))
        token = portal_identity.token()
        finish(form, lambda session: change_portal_password(session, actor, asked, token),
               "Password changed; other sign-ins have ended")


def authenticator(actor: PortalActor, account: OwnAccount) -> None:
    """A second step at sign-in, for whoever wants it."""
    if not account.has_authenticator:
        st.text("With an authenticator app on your phone, nobody signs in with your password alone.")
        st.html('<a href="/portal/authenticator?next=/my-details">Set up an authenticator</a>')
        return
    form = Form("authenticator")
    st.text("You type a code from your authenticator app when you sign in.")
    current = form.text("current", "Your password", type="password", autocomplete="current-password")
    if st.button("Turn it off", key=form.field_key("off")):
        asked = TakeAuthenticatorOff(current=SecretStr(current))
        finish(form, lambda session: take_authenticator_off(session, actor, asked), "The code is turned off")


def finish(form: Form, work: Any, done: str) -> None:
    """Carry out something about one's own account."""
    changed, _ = act(work, done=done, show=form.show)
    if changed:
        form.clear()
        st.rerun()


def show_access(actor: PortalActor) -> None:
    """Who may do what for the reader."""
    lines = read(who_has_access, actor)
    with st.container(border=True):
        st.subheader("Who has access for you", anchor=False)
        if not lines:
            st.text("Nobody but you.")
        for line in lines:
            st.text(f"{line.name}, {line.kind.lower()}")
            until = f", until {day(line.until)}" if line.until else ""
            st.caption(md(f"May {', '.join(SCOPES[scope] for scope in line.scopes)}{until}"))
        if lines:
            st.caption("If you did not expect this, please call the practice.")


me = require_portal("portal_details")
st.title("My details" if me.client_id is None else "Details", anchor=False)
if read(open_to, me, Resource.DEMOGRAPHICS):
    show_details(me)
if read(open_to, me, Resource.AMENDMENTS):
    show_amendments(me)
account = read(own_account, me)
if me.client_id is None:
    show_access(me)
if account is not None:
    show_account(me, account)
