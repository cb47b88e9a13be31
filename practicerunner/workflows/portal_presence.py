"""Who is signed in to the portal now: as ``presence`` for staff, with the practice's own limit for doing nothing."""

from datetime import timedelta

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.records import audit, logins, portal
from practicerunner.records.portal import PortalAccount, PortalPresence, PortalSignIn
from practicerunner.settings import settings
from practicerunner.vocabulary import Resource
from practicerunner.workflows.portal_access import Visitor, visitor_of
from practicerunner.workflows.presence import ABSOLUTE, TOUCH_EVERY, one_line


def open_portal_sign_in(session: Session, account: PortalAccount, device: str) -> str:
    """Begin a sign-in. Returns its token, which is stored as a fingerprint only."""
    token, moment = ids.new_token(), clock.now()
    session.add(PortalSignIn(
        account_id=account.id, token_fingerprint=ids.fingerprint(token), last_seen_at=moment,
        expires_at=moment + ABSOLUTE, device=one_line(device)[:200],
    ))
    session.flush()
    return token


def cookie_name() -> str:
    """Name of the portal's own cookie; under TLS with the prefix that ties it to this host."""
    return "__Host-pr_portal" if settings().is_https else "pr_portal"


def presence(session: Session, token: str) -> PortalPresence | None:
    """Who is signed in with a token, neither idle nor suspended. Counts as no activity."""
    if not token:
        return None
    moment = clock.now()
    found = portal.presence(session, ids.fingerprint(token), moment)
    if found is None or found.last_seen_at < moment - timedelta(minutes=found.idle_minutes):
        return None
    return found


def current_visitor(session: Session, token: str, *, active: bool = False) -> Visitor | None:
    """Who is there, or ``None`` once idle, over the limit, signed out or suspended.

    ``active`` counts this as activity and needs a transaction; a screen that refreshes itself must leave it out.
    """
    found = presence(session, token)
    if found is None:
        return None
    if active and is_touch_due(found):
        touch(session, token)
    return visitor_of(session, found.person_id)


def is_touch_due(found: PortalPresence) -> bool:
    """Whether activity was last written down long enough ago to be written again."""
    return clock.now() - found.last_seen_at >= TOUCH_EVERY


def touch(session: Session, token: str) -> None:
    """Write down that somebody is active."""
    row = logins.stay_by_token(session, PortalSignIn, ids.fingerprint(token))
    if row is not None and row.ended_at is None and row.last_seen_at < clock.now():
        row.last_seen_at = clock.now()


def sign_out(session: Session, token: str) -> None:
    """End one sign-in; every tab that shares it is signed out at its next click."""
    row = logins.stay_by_token(session, PortalSignIn, ids.fingerprint(token)) if token else None
    if row is None or row.ended_at is not None:
        return
    row.ended_at = clock.now()
    person_id = session.get_one(PortalAccount, row.account_id).person_id
    audit.note(session, person_id=person_id, action="sign_out", resource=Resource.USERS, resource_id=person_id)


def sign_out_everywhere(session: Session, person_id: int, *, except_token: str = "") -> None:
    """End all of somebody's own sign-ins, but the present one if it is given."""
    account = portal.account_of(session, person_id)
    if account is None:
        return
    end_all(session, account, except_token=except_token)
    audit.note(session, person_id=person_id, action="sign_out_everywhere", resource=Resource.USERS,
               resource_id=person_id)


def end_all(session: Session, account: PortalAccount, *, except_token: str = "") -> None:
    """End every sign-in of an account, but one if asked."""
    kept = logins.stay_by_token(session, PortalSignIn, ids.fingerprint(except_token)) if except_token else None
    logins.end_sign_ins(
        session, account.id, clock.now(), except_id=kept.id if kept else None, table=PortalSignIn)
