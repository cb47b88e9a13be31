"""The entry script that Streamlit runs on every click. On purpose not beside ``pages/`` (see docs/decisions)."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from practicerunner.errors import PracticeError
from practicerunner.settings import settings
from practicerunner.ui import navigation, portal, portal_identity, search
from practicerunner.ui.identity import hand_on, signed_in, token
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.portal_access import Visitor

ASSETS = Path(__file__).parent / "assets"
SIGN_OUT = '<a href="/auth/sign-out" style="color: inherit">Sign out</a>'
PORTAL_SIGN_OUT = '<a href="/portal/sign-out" style="color: inherit">Sign out</a>'
"""Plain links, because signing out is a page of the server and not of the app."""


def run() -> None:
    """One run: who is there, which pages are theirs, then the page. One browser is one person, on one side."""
    actor, visitor = signed_in(), portal_identity.visitor()
    st.set_page_config(
        page_title="PracticeRunner", page_icon=str(ASSETS / "favicon.png"),
        layout="centered" if visitor is not None and actor is None else "wide",
    )
    st.html(ASSETS / "page.css")
    _keep_address()
    if actor is not None and visitor is None:
        _practice(actor)
    elif visitor is not None and actor is None:
        _portal(visitor)
    else:
        st.navigation([st.Page(_signed_out, title="Signed out")], position="hidden").run()


def _keep_address() -> None:
    """Tell the browser at which record it is. By itself Streamlit changes the address with the page alone: after a link
    from one client to another the next click would be about the first again.
    """
    st.query_params.from_dict({key: st.query_params.get_all(key) for key in st.query_params})


def _practice(actor: Actor) -> None:
    page = st.navigation(navigation.menu_for(actor))
    _logo()
    with st.sidebar:
        search.box(actor)
        st.caption(md(actor.name))
        st.html(SIGN_OUT)
    hand_on(actor)
    _show(page)


def _portal(visitor: Visitor) -> None:
    _logo()
    actor = portal.choose(visitor)
    page = st.navigation(portal.menu_for(visitor, actor))
    with st.sidebar:
        st.caption(md(visitor.name))
        st.html(PORTAL_SIGN_OUT)
    portal.hand_on(visitor, actor)
    if not _show(page):
        portal.link("Home", "portal_home", icon=":material/home:")


def _logo() -> None:
    dark = st.context.theme.type == "dark"
    st.logo(str(ASSETS / ("wordmark-dark.svg" if dark else "wordmark.svg")), size="large")


def _show(page: StreamlitPage) -> bool:
    """Run a page. Returns whether it was open to whoever asked for it."""
    toast = st.session_state.pop("toast", "")
    if toast:
        st.toast(md(toast), icon=":material/check:")
    try:
        page.run()
    except PracticeError as problem:
        st.warning(md(problem), icon=":material/block:")
        return False
    return True


def _signed_out() -> None:
    st.title("Signed out")
    st.write("Your time here has ended, or you signed out in another window.")
    outside = not settings().serves_staff or (portal_identity.token() and not token())
    st.html(f'<a href="/{"portal" if outside else "auth"}/sign-in">Sign in again</a>')


run()
