"""Requests: who asks for a new time, a move or a cancellation, the longest waiting first, answered one by one."""

from typing import Any

import streamlit as st

from practicerunner.ui import navigation, request_dialogs, request_rows, work_filters
from practicerunner.ui.perform import read
from practicerunner.ui.text import count
from practicerunner.vocabulary import Action, RequestKind, RequestStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.request_queue import PAGE, has_own_clients, request_queue, whose_requests

WAITING = "Waiting"
OFFERED = "Offered"
ANSWERED = "Answered"
STATUSES = {
    WAITING: (RequestStatus.PENDING,), OFFERED: (RequestStatus.OFFERED,),
    ANSWERED: (RequestStatus.ACCEPTED, RequestStatus.DECLINED, RequestStatus.WITHDRAWN),
}
KINDS = {RequestKind.NEW_TIME: "New time", RequestKind.MOVE: "Move", RequestKind.CANCEL: "Cancellation"}


def labels(providers: dict[int, str]) -> dict[str, int]:
    """What each provider is chosen by: their name, with a number where two have the same."""
    names = list(providers.values())
    found: dict[str, int] = {}
    for one in sorted(providers):
        name = providers[one]
        place = 1 + sum(providers[other] == name for other in found.values())
        found[name if names.count(name) == 1 else f"{name} ({place})"] = one
    return dict(sorted(found.items()))


def filters(actor: Actor, providers: dict[int, str]) -> tuple[dict[str, Any], bool]:
    """Those of every queue, and which request; what can make no difference is left out. And whether any is chosen."""
    named = labels(providers)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = work_filters.ask(
            "requests", person="Provider", people=list(named), has_mine=has_own_clients(actor))
        kind = st.selectbox("Request", list(KINDS), index=None, placeholder="Every request", key="requests.request",
                            format_func=KINDS.__getitem__, width=170)
    return {
        "mine": chosen.is_mine, "provider_id": named.get(chosen.person or ""), "kinds": [kind] if kind else [],
        "types": [chosen.case_type] if chosen.case_type else [], "older_than": chosen.days,
    }, chosen.narrows or kind is not None


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
places = st.container(width="content")
shown = st.session_state.get("requests_shown") or WAITING
wanted, narrowed = filters(me, read(whose_requests, me, STATUSES[shown]))
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
    show_nothing(shown, narrowed=narrowed)
elif found.total > PAGE:
    st.pagination(-(-found.total // PAGE), key="requests_page")
    st.text(count(found.total, "request"))
