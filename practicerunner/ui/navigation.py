"""Which pages there are, who may open them, and how one page leads to another."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from practicerunner.errors import NotPermitted
from practicerunner.ui.identity import just_seen
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may

FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class Screen:
    """One page: its place in the menu and the resource one must be allowed to read."""

    name: str
    title: str
    section: str
    icon: str
    resource: Resource
    action: Action = Action.READ
    hidden: bool = False
    other: Resource | None = None
    """Whoever may do the same with this one opens it, too."""

    def is_for(self, actor: Actor) -> bool:
        """Whether somebody's roles may open it."""
        return may(actor, self.action, self.resource) or (
            self.other is not None and may(actor, self.action, self.other))


SCREENS = (
    Screen("today", "Today", "Practice", ":material/today:", Resource.APPOINTMENTS),
    Screen("clients", "Clients", "Practice", ":material/group:", Resource.CLIENT_DIRECTORY),
    Screen("calendar", "Calendar", "Practice", ":material/calendar_month:", Resource.APPOINTMENTS),
    Screen("messages", "Messages", "Practice", ":material/chat:", Resource.MESSAGES_ADMIN,
           other=Resource.MESSAGES_CLINICAL),
    Screen("documentation", "Documentation", "Work", ":material/edit_note:", Resource.CLINICAL_NOTE),
    Screen("supervision", "Supervision", "Work", ":material/supervisor_account:", Resource.SUPERVISION_NOTE),
    Screen("requests", "Requests", "Work", ":material/pending_actions:", Resource.APPOINTMENTS),
    Screen("inquiries", "Inquiries", "Work", ":material/contact_mail:", Resource.CLIENT_DIRECTORY),
    Screen("billing", "Billing", "Work", ":material/receipt_long:", Resource.INVOICES),
    Screen("overview", "Overview", "Insight", ":material/monitoring:", Resource.FINANCIAL_DASHBOARDS),
    Screen("settings", "Practice settings", "Practice settings", ":material/settings:", Resource.PRACTICE_SETTINGS,
           Action.MANAGE),
    Screen("hours", "Opening hours", "Practice settings", ":material/schedule:", Resource.APPOINTMENTS, Action.UPDATE),
    Screen("staff", "Staff", "Practice settings", ":material/badge:", Resource.USERS),
    Screen("forms", "Forms and documents", "Practice settings", ":material/assignment:", Resource.PRACTICE_SETTINGS,
           Action.MANAGE),
    Screen("note_templates", "Note templates", "Practice settings", ":material/article:", Resource.PRACTICE_SETTINGS,
           Action.MANAGE),
    Screen("outbox", "Outbox", "Practice settings", ":material/outbox:", Resource.PRACTICE_SETTINGS, Action.MANAGE),
    Screen("imports", "Import clients", "Practice settings", ":material/upload_file:", Resource.BULK_DATA,
           Action.CREATE),
    Screen("audit", "Audit log", "Practice settings", ":material/history:", Resource.AUDIT_LOG),
    Screen("account", "My account", "Practice settings", ":material/account_circle:", Resource.PRACTICE_SETTINGS),
    Screen("case", "Client", "Practice", "", Resource.CASE, hidden=True),
    Screen("appointment", "Appointment", "Practice", "", Resource.APPOINTMENTS, hidden=True),
    Screen("note", "Note", "Work", "", Resource.CLINICAL_NOTE, hidden=True, other=Resource.DESK_MEMO),
    Screen("amendment", "Request to amend", "Work", "", Resource.AMENDMENTS, hidden=True),
    Screen("form", "Form", "Practice", "", Resource.CONSENTS, hidden=True),
    Screen("payer", "Payer", "Work", "", Resource.INVOICES, hidden=True),
    Screen("breaches", "Wrong recipients", "Practice settings", "", Resource.BREACHES, hidden=True),
)
_BY_NAME = {screen.name: screen for screen in SCREENS}


def page(name: str) -> StreamlitPage:
    """The Streamlit page of a screen: a copy, because Streamlit notes on it whether it may run."""
    return copy(_page(name))


@cache
def _page(name: str) -> StreamlitPage:
    """Made once: Streamlit looks for the file on the disk each time, and every link of a list needs its page."""
    screen = _BY_NAME[name]
    return st.Page(
        FOLDER / f"{name}.py", title=screen.title, icon=screen.icon or None, url_path=name,
        default=name == "today", visibility="hidden" if screen.hidden else "visible",
    )


def menu_for(actor: Actor) -> Mapping[str, list[StreamlitPage]]:
    """Sections and pages that the actor's roles may open; a page that is absent here cannot be reached by URL."""
    sections: dict[str, list[StreamlitPage]] = {}
    for screen in SCREENS:
        if screen.is_for(actor):
            sections.setdefault(screen.section, []).append(page(screen.name))
    return sections


def may_open(actor: Actor, name: str) -> bool:
    """Whether the actor's roles may open a screen."""
    return _BY_NAME[name].is_for(actor)


def require(name: str) -> Actor:
    """First call of every page: who is signed in, and that they may open this one. Stops the run otherwise."""
    actor = just_seen()
    if actor is None:
        st.info("You are signed out. Reload the page to sign in.")
        st.stop()
    screen = _BY_NAME[name]
    if not screen.is_for(actor):
        raise NotPermitted(actor=actor, action=screen.action, resource=screen.resource)
    return actor


def go(name: str, **selectors: object) -> NoReturn:
    """Open a page, with ids in the address: ``go("case", case=case_id)``."""
    st.switch_page(page(name), query_params={key: str(value) for key, value in selectors.items()})


def link(label: str, name: str, *, icon: str | None = None, **selectors: object) -> None:
    """A link to a page. ``label`` is Markdown: escape people's text with ``text.md``."""
    st.page_link(page(name), label=label, icon=icon, query_params={k: str(v) for k, v in selectors.items()})


def selected(key: str) -> int | None:
    """The id that the address names under ``key``; ``None`` if it is missing or no number."""
    value = st.query_params.get(key, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def on_phone() -> bool:
    """Whether the browser says that it is a phone's, where what was tapped stands before the list it came from."""
    return "Mobi" in st.context.headers.get("User-Agent", "")
