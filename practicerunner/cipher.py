"""AES-GCM for what must not be readable in the database: authenticator seeds, psychotherapy notes.

The key lives in a file outside the database, made on first use and readable by its owner alone.
"""

import os
import secrets
import stat
import threading
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from practicerunner.errors import PracticeError
from practicerunner.settings import settings

KEY_BYTES = 32
NONCE_BYTES = 12
_keys: dict[Path, bytes] = {}
_lock = threading.Lock()


class KeyFileUnsafe(PracticeError):
    """The key file can be read by others on this machine. Give it to its owner alone (chmod 600) and start again."""


class KeyFileUnusable(PracticeError):
    """The key file does not hold a key of this product. Restore it from where you keep it."""


class Unreadable(PracticeError):
    """This was encrypted with another key, or it has been altered."""


def seal(plain: bytes, purpose: str) -> bytes:
    """Encrypt under the practice's key. What was sealed for one ``purpose`` opens for no other."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_key()).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """The plain bytes again. Raises Unreadable for another key, another purpose or a changed byte."""
    try:
        return AESGCM(_key()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError):
        raise Unreadable from None


def check_key_file(path: Path) -> None:
    """Refuse a key file that others could read. Raises KeyFileUnsafe; a file not made yet is fine."""
    if path.exists() and os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileUnsafe


def _key() -> bytes:
    path = settings().key_file
    with _lock:
        if path not in _keys:
            _make_once(path)
            check_key_file(path)
            try:
                key = bytes.fromhex(path.read_text().strip())
            except ValueError:
                raise KeyFileUnusable from None
            if len(key) != KEY_BYTES:
                raise KeyFileUnusable
            _keys[path] = key
        return _keys[path]


def _make_once(path: Path) -> None:
    """Write a new key beside its place, then link it there: two processes at once end up with one key."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
