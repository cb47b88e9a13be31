"""What a paper for insurance lacks, each with the way to where it is filled in."""

from collections.abc import Sequence

import streamlit as st

from practicerunner.rules.superbills import Missing
from practicerunner.ui import navigation
from practicerunner.vocabulary import Action, MendAt, Resource
from practicerunner.workflows.access import Actor, may

_OWNERS = {
    MendAt.PRACTICE: ("Practice settings", "settings", Resource.PRACTICE_SETTINGS),
    MendAt.SERVICES: ("Services in the practice settings", "settings", Resource.PRACTICE_SETTINGS),
    MendAt.STAFF: ("Staff", "staff", Resource.USERS),
}


def show(actor: Actor, case_id: int, missing: Sequence[Missing]) -> None:
    """Draw the list; nothing where nothing is missing."""
    if not missing:
        return
    with st.container(border=True):
        st.markdown("**What is missing**")
        for one in missing:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.text(one.sentence, width="content")
                _way(actor, case_id, one.mend_at)


def _way(actor: Actor, case_id: int, mend_at: MendAt) -> None:
    if mend_at in _OWNERS:
        label, page, resource = _OWNERS[mend_at]
        if may(actor, Action.MANAGE, resource):
            navigation.link(label, page)
        else:
            st.caption("An owner fills this in.")
    elif mend_at is MendAt.PERSON:
        navigation.link("The client's details", "case", case=case_id, part="relationships")
    elif mend_at is MendAt.DIAGNOSES:
        navigation.link("Diagnoses", "case", case=case_id, part="clinical")
