"""The portal's side of the screens: which pages there are, for whom they apply, and who asks for them.

A page of the portal begins with ``me = require_portal("portal_<name>")``. It reads and acts by ``ui.perform`` as the
practice's pages do; ``me`` says for whom: ``me.client_id`` is ``None`` for oneself, ``me.for_id`` is whose things.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from practicerunner.errors import NotPermitted
from practicerunner.rules import permissions
from practicerunner.ui import portal_identity
from practicerunner.ui.navigation import FOLDER, selected
from practicerunner.ui.perform import glance, perform, read
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows import portal_access
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_access import ActingFor, Visitor
from practicerunner.workflows.portal_home import home_page

portal_read, portal_perform = read, perform
_SEEN = "portal_seen"
_STRANGER = "portal_stranger"
"""For whom somebody came who may not: a client's id, until they were told."""
_REFUSED = "portal_refused"
"""Which page was refused last in this tab, so that one attempt is one line of the audit log."""
FOR = "for"
"""Where the address says for whom somebody is here."""


class Applies(StrEnum):
    """To whom a page of the portal applies when they come for themselves."""

    EVERYBODY = "everybody"
    PARTICIPANTS = "participants"
    """Who takes or took part in a case."""
    WAITING = "waiting"
    """Who takes or took part in a case or waits for a place."""
    PAYERS = "payers"
    """Who takes or took part in a case or pays for somebody."""


@dataclass(frozen=True, slots=True)
class PortalScreen:
    """One page of the portal: its place in the menu and the resource of which something must be open to be read."""

    name: str
    title: str
    icon: str
    resource: Resource
    applies: Applies = Applies.PARTICIPANTS
    or_resource: Resource | None = None
    """What else stands on it; one of the two is enough to open it."""

    @property
    def address(self) -> str:
        """Its name in the browser's address."""
        return self.name.replace("portal_", "my-")


PORTAL_SCREENS = (
    PortalScreen("portal_home", "Home", ":material/home:", Resource.CLIENT_DIRECTORY, Applies.EVERYBODY),
    PortalScreen("portal_appointments", "Appointments", ":material/calendar_month:", Resource.APPOINTMENTS),
    PortalScreen("portal_forms", "Forms", ":material/assignment:", Resource.CONSENTS, Applies.WAITING),
    PortalScreen("portal_messages", "Messages", ":material/chat:", Resource.MESSAGES_ADMIN),
    PortalScreen("portal_billing", "Billing", ":material/receipt_long:", Resource.INVOICES, Applies.PAYERS),
    PortalScreen("portal_documents", "Documents", ":material/description:", Resource.DOCUMENTS_ADMIN,
                 or_resource=Resource.CLINICAL_RECORD),
    PortalScreen("portal_details", "My details", ":material/account_circle:", Resource.CLIENT_DIRECTORY,
                 Applies.EVERYBODY),
)
_BY_NAME = {screen.name: screen for screen in PORTAL_SCREENS}
ALWAYS = ("portal_home", "portal_details")
"""Where somebody lands, and their own account; both show what is open and no more."""


def portal_page(name: str, *, hidden: bool = False) -> StreamlitPage:
    """The Streamlit page of a screen of the portal; ``hidden`` from the menu."""
    screen = _BY_NAME[name]
    return st.Page(
        FOLDER / f"{name}.py", title=screen.title, icon=screen.icon, url_path=screen.address,
        default=name == "portal_home", visibility="hidden" if hidden else "visible",
    )


def menu_for(visitor: Visitor, actor: PortalActor) -> list[StreamlitPage]:
    """The pages that apply and of which something is open.

    The others are there but not in the menu: whoever goes to their address is told that they have no access (D17).
    """
    return [portal_page(one.name, hidden=not _is_open(visitor, actor, one)) for one in PORTAL_SCREENS]


def _is_open(visitor: Visitor, actor: PortalActor, screen: PortalScreen) -> bool:
    if screen.name in ALWAYS:
        return True
    if actor.client_id is None and not {
        Applies.EVERYBODY: True, Applies.PARTICIPANTS: visitor.takes_part,
        Applies.WAITING: visitor.takes_part or visitor.waits, Applies.PAYERS: visitor.takes_part or visitor.pays,
    }[screen.applies]:
        return False
    resources = [one for one in (screen.resource, screen.or_resource) if one is not None]
    if actor.client_id is None:
        return any(permissions.proxied(actor.role, Action.READ, one) is not None for one in resources)
    for_client = visitor.acting_for(actor.client_id)
    return for_client is not None and any(for_client.may(Action.READ, one) for one in resources)


def choose(visitor: Visitor) -> PortalActor:
    """Ask for whom somebody comes, if they act for anybody.

    The address keeps the answer, so that a page that is loaded again is about the same client. Whoever comes for one
    for whom they do not act, or not any more, is refused once, and then comes for somebody else.
    """
    clients = {one.client_id: one for one in visitor.acts_for}
    options = [0, *clients]
    before = st.session_state.get(portal_identity.CHOSEN)
    if before not in options:
        named = selected(FOR) if before is None else before
        if named is not None and named not in options:
            st.session_state[_STRANGER] = named
            st.query_params.pop(FOR, None)
        st.session_state[portal_identity.CHOSEN] = named if named in options else _first_for(visitor)
    if clients:
        st.selectbox(
            "You are here for", options, key=portal_identity.CHOSEN, on_change=_start_anew,
            format_func=lambda one: _label(clients[one]) if one else "Myself",
        )
        _keep_in_address(portal_identity.chosen() or 0)
    actor = portal_access.portal_actor(visitor, portal_identity.chosen())
    return actor or PortalActor(visitor.person_id, visitor.name)


def _first_for(visitor: Visitor) -> int:
    """For whom somebody comes who has not said it: a client, unless something of their own is there or waits."""
    if visitor.takes_part or not visitor.acts_for:
        return 0
    if visitor.pays:
        own, _ = glance(home_page, PortalActor(visitor.person_id, visitor.name))
        if own is None or own.anything_waits:
            return 0
    return visitor.acts_for[0].client_id


def _keep_in_address(chosen: int) -> None:
    if selected(FOR) != chosen:
        st.query_params[FOR] = str(chosen)


def offer_others(clients: Iterable[ActingFor]) -> None:
    """Whoever comes for themselves and acts for others too: a button for each."""
    for one in clients:
        st.button(md(f"Go on for {one.client}"), key=f"portal_go_on.{one.client_id}", icon=":material/switch_account:",
                  width="stretch", on_click=_go_on_for, args=(one.client_id,))


def _go_on_for(client_id: int) -> None:
    _start_anew()
    st.session_state[portal_identity.CHOSEN] = client_id


def _label(found: ActingFor) -> str:
    return f"{found.client} ({found.kind[:1].lower()}{found.kind[1:]})"


def _start_anew() -> None:
    """What was typed for one person is not carried over to another."""
    for key in [key for key in st.session_state if key != portal_identity.CHOSEN]:
        del st.session_state[key]


def hand_on(visitor: Visitor, actor: PortalActor) -> None:
    """Let the page of this run know whom the shell has just looked up, and for whom they come."""
    st.session_state[_SEEN] = visitor, actor


def require_portal(name: str) -> PortalActor:
    """First call of every page of the portal: who is there, for whom, and that the page is open. Stops it otherwise."""
    visitor, actor = st.session_state.pop(_SEEN, None) or _who_is_there()
    if visitor is None:
        st.info("You are signed out. Reload the page to sign in.")
        st.stop()
    stranger = st.session_state.pop(_STRANGER, None)
    if stranger is not None:
        portal_identity.refuse(portal_access.NoLongerForThem(
            actor=actor, action=Action.READ, resource=Resource.CLIENT_DIRECTORY, resource_id=stranger))
    screen = _BY_NAME[name]
    if actor is None or not _is_open(visitor, actor, screen):
        _refuse_page(screen, actor or PortalActor(visitor.person_id, visitor.name))
    st.session_state.pop(_REFUSED, None)
    return actor


def _refuse_page(screen: PortalScreen, actor: PortalActor) -> NoReturn:
    """Say that a page is not theirs; a page that runs again is the same attempt."""
    refusal = NotPermitted("You have no access to this.", actor=actor, action=Action.READ, resource=screen.resource,
                           resource_id=actor.client_id)
    attempt = screen.name, actor.client_id
    if st.session_state.get(_REFUSED) == attempt:
        raise refusal
    st.session_state[_REFUSED] = attempt
    portal_identity.refuse(refusal)


def _who_is_there() -> tuple[Visitor | None, PortalActor | None]:
    visitor = portal_identity.visitor()
    return visitor, portal_access.portal_actor(visitor, portal_identity.chosen()) if visitor is not None else None


def go(name: str, **selectors: object) -> NoReturn:
    """Open a page of the portal, with ids in the address."""
    st.switch_page(portal_page(name), query_params={key: str(value) for key, value in selectors.items()})


def link(label: str, name: str, *, icon: str | None = None, **selectors: object) -> None:
    """A link to a page of the portal. ``label`` is Markdown: escape people's text with ``text.md``."""
    st.page_link(portal_page(name), label=label, icon=icon, query_params={k: str(v) for k, v in selectors.items()})
