"""The search that stands on every page: any client by name, phone or e-mail."""

import streamlit as st

from practicerunner.ui import navigation
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import find_cases


def box(actor: Actor) -> None:
    """A field and, beneath it, links to what it found."""
    if not may(actor, Action.READ, Resource.CLIENT_DIRECTORY):
        return
    asked = st.text_input(
        "Search", key="search", placeholder="Search clients", label_visibility="collapsed", icon=":material/search:"
    )
    if not asked.strip():
        return
    found = read(find_cases, actor, asked)
    for case in found:
        navigation.link(md(case.name), "case", case=case.case_id)
    if not found:
        st.caption("Nobody found by that name, phone or e-mail.")
