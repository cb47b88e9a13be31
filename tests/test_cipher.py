"""Encryption of what must not be readable in the database."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from practicerunner import cipher
from practicerunner.settings import settings


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path) -> Iterator[Path]:
    before, settings().key_file = settings().key_file, tmp_path / "new folder" / "practice.key"
    yield settings().key_file
    settings().key_file = before


def test_what_is_sealed_opens_for_its_purpose_alone() -> None:
    sealed = cipher.seal("Größe 5".encode(), "note 7")
    assert cipher.unseal(sealed, "note 7").decode() == "Größe 5"
    for purpose in ("note 8", "note", ""):
        with pytest.raises(cipher.Unreadable):
            cipher.unseal(sealed, purpose)


def test_any_changed_byte_is_noticed_and_equal_texts_look_different() -> None:
    sealed = cipher.seal(b"the same words", "note")
    assert sealed != cipher.seal(b"the same words", "note") and b"same" not in sealed
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(cipher.Unreadable):
            cipher.unseal(bytes(changed), "note")
    for short in (b"", sealed[:5], sealed[:-1]):
        with pytest.raises(cipher.Unreadable):
            cipher.unseal(short, "note")


def test_the_key_file_is_made_once_for_its_owner_alone(key_file: Path) -> None:
    cipher.seal(b"x", "note")
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in key_file.parent.iterdir()] == ["practice.key"]
    before = key_file.read_text()
    cipher.seal(b"y", "note")
    assert key_file.read_text() == before and len(bytes.fromhex(before)) == 32


def test_two_who_need_a_first_key_at_once_get_the_same(key_file: Path) -> None:
    sealed: list[bytes] = []

    def write() -> None:
        cipher._make_once(key_file)
        sealed.append(cipher.seal(b"x", "note"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [cipher.unseal(s, "note") for s in sealed] == [b"x"] * 8


def test_another_key_opens_nothing(key_file: Path, tmp_path: Path) -> None:
    sealed = cipher.seal(b"x", "note")
    settings().key_file = tmp_path / "other.key"
    with pytest.raises(cipher.Unreadable):
        cipher.unseal(sealed, "note")


def test_a_key_file_that_others_can_read_or_that_holds_no_key_is_refused(key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_text("ab" * 32)
    key_file.chmod(0o644)
    with pytest.raises(cipher.KeyFileUnsafe):
        cipher.seal(b"x", "note")
    key_file.chmod(0o600)
    for nonsense in ("", "not hexadecimal", "abcd"):
        key_file.write_text(nonsense)
        with pytest.raises(cipher.KeyFileUnusable):
            cipher.seal(b"x", "note")
