"""Who is there now: a sign-in is opened, is seen to be active, runs out and is ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.records import audit, logins
from practicerunner.records.logins import Account, Presence, SignIn
from practicerunner.settings import settings
from practicerunner.vocabulary import Resource
from practicerunner.workflows import staff
from practicerunner.workflows.access import Actor

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(seconds=30)
"""Being active is written down at most this often, so that most clicks only read."""


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """One line of the list of somebody's own sign-ins."""

    sign_in_id: int
    since: datetime
    last_seen_at: datetime
    device: str
    is_open: bool
    is_this_one: bool


def open_sign_in(session: Session, account: Account, device: str) -> str:
    """Begin a sign-in. Returns its token, which is stored as a fingerprint only."""
    token, moment = ids.new_token(), clock.now()
    session.add(SignIn(
        account_id=account.id, token_fingerprint=ids.fingerprint(token), last_seen_at=moment,
        expires_at=moment + ABSOLUTE, device=one_line(device)[:200],
    ))
    session.flush()
    return token


def one_line(text: str) -> str:
    """What a browser says of itself, without what could break a line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cookie_name() -> str:
    """Name of the cookie that holds the token; under TLS with the prefix that ties it to this host."""
    return "__Host-pr_session" if settings().is_https else "pr_session"


def presence(session: Session, token: str) -> Presence | None:
    """Who is signed in with a token, even if they have yet to set up an authenticator. Counts as no activity."""
    if not token:
        return None
    moment = clock.now()
    return logins.presence(session, ids.fingerprint(token), moment, moment - IDLE)


def current_actor(session: Session, token: str, *, active: bool = False) -> Actor | None:
    """The acting person, or ``None`` once idle for 15 minutes, after 12 hours, signed out, or no longer working here.

    ``active`` counts this as activity and needs a transaction; a screen that refreshes itself must leave it out.
    """
    found = presence(session, token)
    if found is None or found.must_enrol:
        return None
    if active and is_touch_due(found):
        touch(session, token)
    return staff.actor_for(session, found.staff_id)


def is_touch_due(found: Presence) -> bool:
    """Whether activity was last written down long enough ago to be written again."""
    return clock.now() - found.last_seen_at >= TOUCH_EVERY


def touch(session: Session, token: str) -> None:
    """Write down that somebody is active."""
    row = logins.sign_in_by_token(session, ids.fingerprint(token))
    if row is not None and row.ended_at is None and row.last_seen_at < clock.now():
        row.last_seen_at = clock.now()


def sign_out(session: Session, token: str) -> None:
    """End one sign-in; every tab that shares it is signed out at its next click."""
    row = logins.sign_in_by_token(session, ids.fingerprint(token)) if token else None
    if row is None or row.ended_at is not None:
        return
    row.ended_at = clock.now()
    account = session.get(Account, row.account_id)
    staff_id = account.staff_id if account else None
    audit.note(session, staff_id=staff_id, action="sign_out", resource=Resource.USERS, resource_id=staff_id)


def sign_out_everywhere(session: Session, actor: Actor, *, except_token: str = "") -> None:
    """End all of somebody's own sign-ins, but the present one if it is given."""
    account = logins.account_of(session, actor.staff_id)
    if account is None:
        return
    kept = logins.sign_in_by_token(session, ids.fingerprint(except_token)) if except_token else None
    logins.end_sign_ins(session, account.id, clock.now(), except_id=kept.id if kept else None)
    audit.note(
        session, staff_id=actor.staff_id, action="sign_out_everywhere", resource=Resource.USERS,
        resource_id=actor.staff_id,
    )


def has_authenticator(session: Session, actor: Actor) -> bool:
    """Whether somebody's own account asks for a code besides the password."""
    account = logins.account_of(session, actor.staff_id)
    return account is not None and account.totp_secret is not None


def own_sign_ins(session: Session, actor: Actor, token: str = "", limit: int = 20) -> list[OwnSignIn]:
    """Somebody's own newest sign-ins; the one of ``token`` is marked."""
    account = logins.account_of(session, actor.staff_id)
    if account is None:
        return []
    moment, here = clock.now(), ids.fingerprint(token)
    return [
        OwnSignIn(
            row.id, row.created_at, row.last_seen_at, row.device,
            row.ended_at is None and row.expires_at > moment and row.last_seen_at >= moment - IDLE,
            row.token_fingerprint == here,
        )
        for row in logins.sign_ins_of(session, account.id, limit)
    ]
