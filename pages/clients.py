"""Everybody the practice works with: find, filter, sort, open; one row a case."""

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import navigation, status
from practicerunner.ui.new_case import new_case_dialog
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day
from practicerunner.vocabulary import Action, CaseStatus, CaseType, ListFilter, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import PAGE, ClientPage, Sort, client_count, client_list, staff_choices

SORTS: dict[Sort, str] = {"name": "Name", "status": "Status", "next": "Next appointment", "balance": "Amount due"}


def show_table(found: ClientPage) -> None:
    """The rows; a click opens the case."""
    rows = found.rows
    frame = pd.DataFrame({
        "Name": [row.name for row in rows],
        "Status": [[row.status.label] for row in rows],
        "Next": [f"{day(row.next_at, found.today)}, {row.next_at:%H:%M}" if row.next_at else "" for row in rows],
        "Due": [dollars(row.due_cents) if row.due_cents else "" for row in rows],
        "Waiting": [str(row.attention) if row.attention else "" for row in rows],
        "Kind": [row.kind for row in rows],
        "Provider": [row.provider for row in rows],
    })
    chosen = st.dataframe(
        frame, key=f"clients_table.{st.session_state.get('clients_page', 1)}", hide_index=True, on_select="rerun",
        selection_mode="single-cell", alt="Clients, one row each", height="content", column_config={
            "Name": st.column_config.TextColumn(width="medium"),
            "Status": st.column_config.MultiselectColumn(
                options=[word.label for word in CaseStatus], color=[status.colour(word) for word in CaseStatus]),
            "Due": st.column_config.TextColumn(alignment="right"),
            "Waiting": st.column_config.TextColumn(
                help="How many things wait for somebody", alignment="right", width="small"),
        },
    )["selection"]["cells"]
    if chosen and chosen[0][0] < len(rows):
        navigation.go("case", case=rows[chosen[0][0]].case_id)


def show_nobody(actor: Actor, shown: ListFilter, *, narrowed: bool, counts: dict[ListFilter, int]) -> None:
    """Why the list is empty, and what to do about it."""
    if narrowed:
        st.text("Nobody fits. Take back a filter, or search for less.")
    elif counts[ListFilter.EVERYONE]:
        st.text(f"Nobody here is {shown.label.lower()}. Choose another filter above.")
    elif may(actor, Action.CREATE, Resource.CASE):
        st.text("No clients yet. Add the first one with New, or import a list under Practice settings.")
    else:
        st.text("No clients yet. They appear here once a provider has added them.")


me = navigation.require("clients")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Clients", anchor=False, width="content")
    may_create = may(me, Action.CREATE, Resource.CASE)
    if may_create and st.button("New", type="primary", icon=":material/add:", key="new_case"):
        new_case_dialog(me)

filter_place = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    search = st.text_input("Search", key="clients_search", placeholder="Name, phone or e-mail",
                           icon=":material/search:", width=320)
    staff = read(staff_choices, me)
    provider = st.selectbox("Provider", list(staff.providers), index=None, key="clients_provider", width=220,
                            format_func=lambda staff_id: staff.providers[staff_id], placeholder="Everybody")
    sort = st.selectbox("Sort by", list(SORTS), key="clients_sort", format_func=SORTS.__getitem__, width=200)
    descending = st.toggle("Reverse", key="clients_descending")
types = st.pills("Kind", list(CaseType), selection_mode="multi", key="clients_types",
                 format_func=lambda kind: capabilities(kind).heading)

shown = st.session_state.get("clients_filter") or ListFilter.ACTIVE_AND_PROSPECT
question = (shown, search, tuple(types), provider, sort, descending)
# Another question starts at its first page.
if st.session_state.get("clients_asked") != question:
    st.session_state["clients_asked"] = question
    st.session_state["clients_page"] = 1
page = int(st.session_state.get("clients_page", 1))
found = read(client_list, me, filter=shown, search=search, types=tuple(types), provider_id=provider, sort=sort,
             descending=descending, page=page)
with filter_place:
    st.segmented_control("Show", list(ListFilter), default=ListFilter.ACTIVE_AND_PROSPECT, key="clients_filter",
                         format_func=lambda word: f"{word.label} {found.counts[word]}", label_visibility="collapsed",
                         required=True)

if found.rows:
    show_table(found)
    if found.total > PAGE:
        st.pagination(-(-found.total // PAGE), key="clients_page")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(f"{count(found.total, 'row')} · {count(read(client_count, me, shown), 'client')} "
                "(participants of workshops are not counted)")
        address = urlencode({
            "filter": shown, "search": search, "type": list(types), "sort": sort,
            **({"provider": provider} if provider else {}), **({"descending": 1} if descending else {}),
        }, doseq=True)
        st.link_button("Download CSV", f"/files/clients.csv?{address}", icon=":material/download:")
else:
    show_nobody(me, shown, narrowed=bool(search or types or provider), counts=found.counts)
