"""Who is looking: the browser's cookie, looked up in the database on every run, so nothing outlives a sign-out."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.settings import settings
from practicerunner.workflows import presence, staff
from practicerunner.workflows.access import Actor

IDENTITY: int | None = None
"""The one seam for tests of pages: the id of the member of staff to act as, without a cookie."""
PERSON: int | None = None
"""The same for the portal's pages: the id of the person outside the practice."""

_JUST_SEEN = "just_seen"


def token() -> str:
    """The token in this browser's session cookie, or nothing."""
    return cookie(presence.cookie_name())


def cookie(name: str) -> str:
    """A cookie of this browser, or nothing; nothing too while a test says who is there."""
    return "" if IDENTITY is not None or PERSON is not None else st.context.cookies.get(name, "")


def signed_in(*, active: bool = True) -> Actor | None:
    """The acting person, or ``None`` once signed out, idle, over the limit, or no longer working here.

    A fragment that refreshes itself passes ``active=False``: being on the screen is not being there.
    """
    if IDENTITY is not None:
        with database.reading() as session:
            return staff.actor_for(session, IDENTITY)
    presented = token()
    if not presented or not settings().serves_staff:
        return None
    with database.reading() as session:
        found = presence.presence(session, presented)
        if found is None or found.must_enrol:
            return None
        actor = staff.actor_for(session, found.staff_id)
    if active and presence.is_touch_due(found):
        with database.transaction() as session:
            presence.touch(session, presented)
    return actor


def hand_on(actor: Actor) -> None:
    """Let the page of this run know whom the shell has just looked up."""
    st.session_state[_JUST_SEEN] = actor


def just_seen() -> Actor | None:
    """Whom the shell of this run looked up, told once; otherwise whoever is signed in."""
    found = st.session_state.pop(_JUST_SEEN, None)
    return found if isinstance(found, Actor) and IDENTITY is None else signed_in()


class SignedOut(PracticeError):
    """You are signed out. Reload the page to sign in."""


def present(actor: Actor) -> Actor:
    """The same person as the database knows them now: a dialog may outlive a sign-out or a change of roles.

    Raises SignedOut.
    """
    current = signed_in()
    if current is None or current.staff_id != actor.staff_id:
        raise SignedOut
    return current


def in_dialog() -> bool:
    """Whether only a dialog or another fragment runs, and not the page that looked up who is there."""
    run = get_script_run_ctx()
    return run is not None and bool(run.fragment_ids_this_run)
