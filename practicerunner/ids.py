"""Record ids, operation ids and tokens."""

import hashlib
import secrets
import threading
import time

_EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00Z: 41 bits of milliseconds then last until 2095
_last = 0
_lock = threading.Lock()


def new_id() -> int:
    """A record id of at most 63 bits: milliseconds, then 22 random bits; rising within a process.

    Made here and not by the database, so that a whole act is one batch of inserts, and so that the id in an
    address says nothing of how many records there are. It is never a permission: every read is authorised.
    """
    global _last
    candidate = ((time.time_ns() // 1_000_000 - _EPOCH_MS) << 22) | secrets.randbits(22)
    with _lock:
        _last = candidate if candidate > _last else _last + 1 + secrets.randbelow(1024)
        return _last


def new_operation() -> str:
    """An operation id: made once per form, stored with what the form did, so a second click does nothing."""
    return secrets.token_hex(16)


def new_token() -> str:
    """A 256-bit secret for a cookie, an invitation or a feed. Only its ``fingerprint`` is stored."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """SHA-256 of a token, hexadecimal: what the database keeps in its place."""
    return hashlib.sha256(token.encode()).hexdigest()
