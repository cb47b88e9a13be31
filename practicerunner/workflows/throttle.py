"""Counting attempts that failed and letting them wait, never for good: the same for staff, portal, links and codes.

A device that signed in before is counted by itself alone, so that a stranger's guesses never keep its owner out.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import cipher, clock
from practicerunner.records import logins
from practicerunner.records.logins import FailedSignIn

FREE_FAILURES = 5
LONGEST_DELAY = 60
FAILURES_COUNT_FOR = timedelta(hours=1)
ADDRESS_FAILURES = 50
ADDRESS_WINDOW = timedelta(minutes=15)
DEVICE_LASTS = timedelta(days=365)
TOO_MANY = "There were too many attempts. Wait a minute, then try again."
_DEVICE = "known device"


def subjects_of(name: str, address: str, known_device: str, side: str = "") -> tuple[str, ...]:
    """What attempts are counted by: the account and the address; or one device on which the account is known.

    ``side`` keeps the portal's accounts apart from the staff's.
    """
    account = f"{side}account:{name}"
    if known_device:
        try:
            facts = json.loads(cipher.unseal(bytes.fromhex(known_device), side + _DEVICE))
            if facts["email"] == name and datetime.fromisoformat(facts["until"]) > clock.now():
                return (_fingerprint(f"{side}device:{name}:{facts['device']}"),)
        except (ValueError, cipher.Unreadable):
            pass
    subjects = (account, f"address:{address}") if address else (account,)
    return tuple(map(_fingerprint, subjects))


def _fingerprint(subject: str) -> str:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()


def device_token(name: str, side: str = "") -> str:
    """For the cookie by which a device is known next time. It opens nothing."""
    facts = {"email": name, "device": secrets.token_hex(8), "until": (clock.now() + DEVICE_LASTS).isoformat()}
    return cipher.seal(json.dumps(facts).encode(), side + _DEVICE).hex()


def count(session: Session, subjects: Iterable[str]) -> None:
    """Count a failed attempt against its subjects."""
    for subject in subjects:
        session.add(FailedSignIn(subject=subject, failed_at=clock.now()))
    session.flush()


def is_throttled(session: Session, subjects: tuple[str, ...]) -> bool:
    """Whether the first of these has to wait after too many failures, or another has had far too many."""
    moment = clock.now()
    number, last = logins.failures(session, subjects[0], moment - FAILURES_COUNT_FOR)
    if number >= FREE_FAILURES and last is not None:
        delay = min(LONGEST_DELAY, 2 ** min(number - FREE_FAILURES, 10))
        if moment < last + timedelta(seconds=delay):
            return True
    return any(
        logins.failures(session, subject, moment - ADDRESS_WINDOW)[0] >= ADDRESS_FAILURES for subject in subjects[1:]
    )


def is_throttled_address(session: Session, address: str) -> bool:
    """Whether an address has guessed too often lately: for links and for the code of the first run."""
    return is_throttled(session, ("", *subjects_of("", address, "")[1:]))


def count_failure(session: Session, address: str) -> None:
    """Count a wrong link or set-up code against the address it came from."""
    count(session, subjects_of("", address, "")[1:])
