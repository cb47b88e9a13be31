"""Requests: who asks for a new time, a move or a cancellation, the longest waiting first, answered one by one."""

from typing import Any

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui import navigation, request_dialogs, request_rows
from practicerunner.ui.perform import read
from practicerunner.ui.text import count
from practicerunner.vocabulary import Action, CaseType, RequestKind, RequestStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.request_queue import PAGE, has_own_clients, request_queue

WAITING = "Waiting"
OFFERED = "Offered"
ANSWERED = "Answered"
STATUSES = {
    WAITING: (RequestStatus.PENDING,), OFFERED: (RequestStatus.OFFERED,),
    ANSWERED: (RequestStatus.ACCEPTED, RequestStatus.DECLINED, RequestStatus.WITHDRAWN),
}
KINDS = {RequestKind.NEW_TIME: "New time", RequestKind.MOVE: "Move", RequestKind.CANCEL: "Cancellation"}
AGES = {1: "A day or longer", 2: "2 days or longer", 7: "A week or longer"}
MINE = "My clients"
FILTERS = ("requests_whose", "requests_kind", "requests_type", "requests_age")


def filters(actor: Actor) -> dict[str, Any]:
    """Whose, of which kind and type, how old; folded away, with the number of those that narrow."""
    chosen = sum(st.session_state.get(key) is not None for key in FILTERS)
    with st.popover(f"Filter ({chosen})" if chosen else "Filter", icon=":material/filter_list:"):
        whose = None
        if has_own_clients(actor):
            whose = st.selectbox("Whose", [MINE], index=None, placeholder="Everybody I may see", key="requests_whose")
        kind = st.selectbox("Request", list(KINDS), index=None, placeholder="Every request", key="requests_kind",
                            format_func=KINDS.__getitem__)
        case_type = st.selectbox("Kind", list(CaseType), index=None, placeholder="Every kind", key="requests_type",
                                 format_func=lambda one: capabilities(one).heading)
        older = st.selectbox("Waiting", list(AGES), index=None, placeholder="Any age", key="requests_age",
                             format_func=AGES.__getitem__)
    return {
        "mine": whose is not None, "kinds": [kind] if kind else [], "types": [case_type] if case_type else [],
        "older_than": older or 0,
    }


def show_nothing(shown: str, *, narrowed: bool) -> None:
    """Why the list is empty, and what comes here."""
    if narrowed:
        st.text("No request fits. Take back a filter.")
    elif shown == WAITING:
        st.text("No requests waiting. When a client asks for a new time, a move or a cancellation, it appears here. "
                "What comes by phone is written down with Record a request.")
    elif shown == OFFERED:
        st.text("No offer waits for an answer. A request stays here from the moment you offer another time until the "
                "client takes or declines it.")
    else:
        st.text("Nothing was answered in the last 30 days.")


me = navigation.require("requests")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Requests", anchor=False, width="content")
    if may(me, Action.CREATE, Resource.APPOINTMENTS) and st.button(
        "Record a request", icon=":material/call:", key="record_request"
    ):
        request_dialogs.record_dialog(me)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    places = st.container(width="content")
    wanted = filters(me)
shown = st.session_state.get("requests_shown") or WAITING
question = (shown, str(wanted))
# Another question starts at its first page.
if st.session_state.get("requests_asked") != question:
    st.session_state["requests_asked"] = question
    st.session_state["requests_page"] = 1
found = read(request_queue, me, STATUSES[shown], page=int(st.session_state.get("requests_page", 1)), **wanted)
with places:
    st.segmented_control(
        "Show", list(STATUSES), default=WAITING, key="requests_shown", label_visibility="collapsed", required=True,
        format_func=lambda name: name if name == ANSWERED
        else f"{name} {sum(found.counts.get(status, 0) for status in STATUSES[name])}",
    )
for place, row in enumerate(found.rows):
    request_rows.show(me, row, found.today, first=place == 0 and shown == WAITING)
if not found.rows:
    show_nothing(shown, narrowed=any(wanted.values()))
elif found.total > PAGE:
    st.pagination(-(-found.total // PAGE), key="requests_page")
    st.text(count(found.total, "request"))
