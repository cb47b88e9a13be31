"""The bytes of uploaded documents, of the practice's PDFs and of what came with messages.

Each is an encrypted file under a random name.

A file is whole and on the disk before its row is committed, and has a second name that begins with a dot; the commit
takes that one away, a roll-back both. What a crash leaves still has its dotted name: ``sweep`` goes by those alone, so
that a server which was started on another database never removes a file of this one.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from practicerunner import cipher, clock
from practicerunner.errors import PracticeError
from practicerunner.records import documents, library, messages
from practicerunner.settings import settings

LEFT_OVER_AFTER = timedelta(days=1)
_NAME = re.compile(r"\.[0-9a-f]{32}")


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
    _settle_with(session, path)
    return name


def _purpose(document_id: int) -> str:
    return f"document {document_id}"


def _unsettled(path: Path) -> Path:
    """The second name of a file while it is not known whether its row is there."""
    return path.with_name(f".{path.name}")


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _unsettled(path)
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        _sync_folder(path.parent)
    except BaseException:
        _remove(path)
        raise


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _unsettled(path).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _settle_with(session: Session, path: Path) -> None:
    """Let the file stay or go with the transaction."""
    committing = False

    def begin(_: Session) -> None:
        nonlocal committing
        committing = True

    def stay(_: Session) -> None:
        _unsettled(path).unlink(missing_ok=True)

    def go(_: Session) -> None:
        if not committing:  # else only the database knows how the commit ended, and ``sweep`` will ask it
            _remove(path)

    event.listen(session, "before_commit", begin)
    event.listen(session, "after_commit", stay)
    event.listen(session, "after_rollback", go)


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


def _everything(session: Session) -> list[tuple[int, str, str]]:
    """Id, stored name and hash of every document, PDF of the practice, and file that came with a message."""
    return [*documents.everything(session), *library.files(session), *messages.files(session)]


def discard(session: Session) -> None:
    """Remove the files of everything. Only before a demo practice is made anew."""
    for _, stored_name, _ in _everything(session):
        _remove(settings().files_dir / stored_name)


def problems(session: Session) -> Iterator[str]:
    """A sentence for every document whose file is missing or not the one that was uploaded."""
    for document_id, stored_name, sha256 in _everything(session):
        try:
            read(document_id, stored_name, sha256)
        except FileMissing:
            yield f"The file of document {document_id} is missing."
        except FileDamaged:
            yield f"The file of document {document_id} is not the one that was uploaded."


def _is_older(path: Path, limit: float) -> bool:
    try:
        return path.stat().st_mtime < limit
    except FileNotFoundError:  # just settled by its own act, or by another sweep
        return False


def sweep(session: Session) -> int:
    """Settle what interrupted uploads left more than a day ago: files without a row go. Returns how many did."""
    folder, limit = settings().files_dir, (clock.now() - LEFT_OVER_AFTER).timestamp()
    drafts = [path for path in folder.glob(".*") if _NAME.fullmatch(path.name) and _is_older(path, limit)]
    names = [draft.name[1:] for draft in drafts]
    known = (
        documents.stored_names(session, names) | library.stored_names(session, names)
        | messages.stored_names(session, names)
    )
    for draft in drafts:
        if draft.name[1:] in known:
            draft.unlink(missing_ok=True)
        else:
            _remove(draft.with_name(draft.name[1:]))
    return len(drafts) - len(known)
