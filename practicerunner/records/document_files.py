"""The bytes of uploaded documents: encrypted files beside the database, each under a random name.

A file is whole and on the disk before its row is committed. If the act fails, the file goes; if the machine fails, a
file without a row stays, which ``sweep`` removes a day later. A row without its file is never made.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from practicerunner import cipher, clock
from practicerunner.errors import PracticeError
from practicerunner.records import documents
from practicerunner.settings import settings

LEFT_OVER_AFTER = timedelta(days=1)


class FileMissing(PracticeError):
    """The file of this document is not where it should be. Please tell the practice's owner."""


class FileDamaged(PracticeError):
    """The file of this document is not the one that was uploaded. Please tell the practice's owner."""


class FileNotWritten(PracticeError):
    """The file could not be written, so nothing was saved. Please tell whoever looks after the server."""


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def keep(session: Session, document_id: int, content: bytes) -> str:
    """Write the bytes of a document, encrypted for it alone. Returns the stored name; a roll-back takes the file away.

    Raises FileNotWritten.
    """
    name = secrets.token_hex(16)
    path = settings().files_dir / name
    try:
        _write(path, cipher.seal(content, _purpose(document_id)))
    except OSError:
        raise FileNotWritten from None
    _remove_if_undone(session, path)
    return name


def _purpose(document_id: int) -> str:
    return f"document {document_id}"


def _write(path: Path, sealed: bytes) -> None:
    """Under a temporary name first, so that a file with its own name is always whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_if_undone(session: Session, path: Path) -> None:
    """Once the commit has begun, only the database knows how it ended; then ``sweep`` looks, later."""
    committing = False

    def begin(_: Session) -> None:
        nonlocal committing
        committing = True

    def undo(_: Session) -> None:
        if not committing:
            path.unlink(missing_ok=True)

    event.listen(session, "before_commit", begin)
    event.listen(session, "after_rollback", undo)


def read(document_id: int, stored_name: str, sha256: str) -> bytes:
    """The bytes of a document as they were uploaded. Raises FileMissing, FileDamaged."""
    try:
        sealed = (settings().files_dir / stored_name).read_bytes()
    except OSError:
        raise FileMissing from None
    try:
        content = cipher.unseal(sealed, _purpose(document_id))
    except cipher.Unreadable:
        raise FileDamaged from None
    if digest(content) != sha256:
        raise FileDamaged
    return content


def problems(session: Session) -> Iterator[str]:
    """A sentence for every document whose file is missing or not the one that was uploaded."""
    for document_id, stored_name, sha256 in documents.everything(session):
        try:
            read(document_id, stored_name, sha256)
        except FileMissing:
            yield f"The file of document {document_id} is missing."
        except FileDamaged:
            yield f"The file of document {document_id} is not the one that was uploaded."


def sweep(session: Session) -> int:
    """Remove files without a row that are older than a day, half-written ones too. Returns how many."""
    folder, limit = settings().files_dir, (clock.now() - LEFT_OVER_AFTER).timestamp()
    if not folder.is_dir():
        return 0
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < limit]
    known = documents.stored_names(session) if old else set()
    left = [path for path in old if path.name not in known and _is_ours(path.name)]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _is_ours(name: str) -> bool:
    """Whether a name is one that we give, so that a file which somebody put there is let alone."""
    plain = name.removeprefix(".")
    return len(plain) == 32 and not set(plain) - set("0123456789abcdef")
