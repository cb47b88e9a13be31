"""The entry script that Streamlit runs on every click. On purpose not beside ``pages/`` (see docs/decisions)."""

from pathlib import Path

import streamlit as st

from practicerunner.errors import PracticeError
from practicerunner.ui import navigation, search
from practicerunner.ui.identity import hand_on, signed_in
from practicerunner.ui.text import md

ASSETS = Path(__file__).parent / "assets"
SIGN_OUT = '<a href="/auth/sign-out" style="color: inherit">Sign out</a>'
"""A plain link, because signing out is a page of the server and not of the app."""


def run() -> None:
    """One run: who is there, which pages are theirs, then the page."""
    st.set_page_config(page_title="PracticeRunner", page_icon=str(ASSETS / "favicon.png"), layout="wide")
    actor = signed_in()
    if actor is None:
        st.navigation([st.Page(_signed_out, title="Signed out")], position="hidden").run()
        return
    page = st.navigation(navigation.menu_for(actor))
    dark = st.context.theme.type == "dark"
    st.logo(str(ASSETS / ("wordmark-dark.svg" if dark else "wordmark.svg")), size="large")
    with st.sidebar:
        search.box(actor)
        st.caption(md(actor.name))
        st.html(SIGN_OUT)
    toast = st.session_state.pop("toast", "")
    if toast:
        st.toast(md(toast), icon=":material/check:")
    hand_on(actor)
    try:
        page.run()
    except PracticeError as problem:
        st.warning(md(problem), icon=":material/block:")


def _signed_out() -> None:
    st.title("Signed out")
    st.write("Your time here has ended, or you signed out in another window.")
    st.html('<a href="/auth/sign-in">Sign in again</a>')


run()
