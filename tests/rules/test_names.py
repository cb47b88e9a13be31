"""What people are called: the name somebody types to sign."""

import pytest

from practicerunner.rules.names import is_signed


@pytest.mark.parametrize(("typed", "name"), [
    ("Ingrid Strand", ("Ingrid", "Strand")), (" ingrid  STRAND ", ("Ingrid", "Strand")),
    ("Strand, Ingrid", ("Ingrid", "Strand")), ("Inge Strand", ("Ingrid", "Strand", "Inge")),
    ("Ingrid Strand", ("Ingrid Maria", "Strand")), ("Ingrid Maria Strand", ("Ingrid Maria", "Strand")),
    ("Jose Nunez-O'Hara", ("José", "Nuñez O’Hara")), ("Soren Lowe", ("Søren", "Løwe")), ("Cher", ("Cher", "")),
    ("山田太郎", ("太郎", "山田")), ("نور حداد", ("نور", "حداد")), ("अनिता राव", ("अनिता", "राव")),
])
def test_a_name_signs_as_it_is_known_however_it_is_typed(typed: str, name: tuple[str, ...]) -> None:
    assert is_signed(typed, *name)


@pytest.mark.parametrize("typed", ["", " ", ".", "x", "Ingrid", "Strand", "I. Strand", "Noor Haddad", "Ingrid Strands"])
def test_anything_else_is_nobody_s_signature(typed: str) -> None:
    assert not is_signed(typed, "Ingrid", "Strand")
    assert not is_signed(typed, "—", "") or typed == "—"
