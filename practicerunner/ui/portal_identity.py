"""Who is looking from outside the practice, and for whom: looked up in the database on every run, like staff.

Whom somebody acts for is a choice of this tab. It opens nothing by itself: whether it still holds is asked anew.
"""

from typing import NoReturn

import streamlit as st

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.vocabulary import Resource
from practicerunner.workflows import portal_access, portal_presence
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_access import Visitor

CHOSEN = "portal_for"
"""Where the tab keeps the client for whom somebody acts; 0 is for themselves."""


def visitor(*, active: bool = True) -> Visitor | None:
    """Who is signed in to the portal. A fragment that refreshes itself passes ``active=False``."""
    if identity.PERSON is not None:
        with database.reading() as session:
            return portal_access.visitor_of(session, identity.PERSON)
    presented = token()
    if not presented or not settings().serves_portal:
        return None
    with database.reading() as session:
        found = portal_presence.presence(session, presented)
        if found is None:
            return None
        here = portal_access.visitor_of(session, found.person_id)
    if active and portal_presence.is_touch_due(found):
        with database.transaction() as session:
            portal_presence.touch(session, presented)
    return here


def token() -> str:
    """The token in this browser's portal cookie, or nothing."""
    return identity.cookie(portal_presence.cookie_name())


def chosen() -> int | None:
    """The client for whom this tab acts; ``None`` is for oneself."""
    found = st.session_state.get(CHOSEN)
    return found if isinstance(found, int) and found else None


def refuse(refusal: NotPermitted) -> NoReturn:
    """Refuse what somebody tried, with a line of the audit log, as every refusal has one (D17)."""
    with database.reading():
        raise refusal


def present(actor: PortalActor, doing: str) -> PortalActor:
    """The same person for the same client, as the database knows them now, for what they are doing.

    Raises SignedOut; NoLongerForThem, which is audited.
    """
    here = visitor()
    if here is None or here.person_id != actor.person_id:
        raise identity.SignedOut
    current = portal_access.portal_actor(here, actor.client_id)
    if current is None:
        refuse(portal_access.NoLongerForThem(
            actor=actor, action=doing, resource=Resource.CLIENT_DIRECTORY, resource_id=actor.client_id))
    return current
