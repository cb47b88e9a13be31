"""Names of files, and who may read which class."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.errors import BadInput
from practicerunner.rules import documents as rule
from practicerunner.rules.documents import FileType
from practicerunner.vocabulary import CaseType, DocumentClass

A, C, S = DocumentClass


@pytest.mark.parametrize(("name", "kept", "title"), [
    ("Report_of_2026.pdf", "Report_of_2026.pdf", "Report of 2026"),
    ("../../x.pdf", "x.pdf", "x"), ("/etc/passwd.txt", "passwd.txt", "passwd"),
    ("C:\\Users\\noor\\scan.JPG", "scan.JPG", "scan"),
    ("a\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf", "a Set-Cookie: x"),
    ("invoice\u202efdp.exe.pdf", "invoice fdp.exe.pdf", "invoice fdp.exe"), ("سلمى.pdf", "سلمى.pdf", "سلمى"),
    ("x" * 300 + ".docx", "x" * 195 + ".docx", "x" * 195), (".pdf", "document.pdf", "document"),
    ("...hidden.pdf", "hidden.pdf", "hidden"), ("   .pdf", "document.pdf", "document"),
    ("a\x00b.txt", "a b.txt", "a b"),
])
def test_a_file_is_called_what_can_be_seen_of_its_name(name: str, kept: str, title: str) -> None:
    assert (rule.plain_name(name), rule.title_of(name)) == (kept, title)
    assert rule.type_of(name) in FileType


@settings(max_examples=200)
@given(st.text(max_size=400))
def test_no_name_leads_anywhere_else(stem: str) -> None:
    kept = rule.plain_name(f"{stem}.pdf")
    assert kept.endswith(".pdf") and 5 <= len(kept) <= 200 and kept.isprintable() and not kept.startswith(".")
    assert "/" not in kept and "\\" not in kept and rule.type_of(kept) is FileType.PDF
    assert 0 < len(rule.title_of(f"{stem}.pdf")) <= 200


@pytest.mark.parametrize("name", ["", "pdf", "a.", "a.pdf/", "a.pdf.", "a.zip", "a.heic"])
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="Only PDF, PNG, JPG, DOCX, TXT and CSV"):
        rule.type_of(name)


def test_every_type_has_its_media_type() -> None:
    assert set(rule.MEDIA_TYPES) == set(FileType) == set(rule.EXTENSIONS.values())


def test_wider_is_whatever_more_people_read() -> None:
    wider = {(old, new) for old in DocumentClass for new in DocumentClass if rule.is_wider(old, new)}
    assert wider == {(C, A), (S, A), (S, C)}


def test_consultations_and_workshops_have_a_class_documentation() -> None:
    labels = {case_type: rule.class_label(case_type, C) for case_type in CaseType}
    assert labels == dict.fromkeys(CaseType, "Clinical") | dict.fromkeys(
        (CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP), "Documentation")
    assert {rule.class_label(t, A) for t in CaseType} == {"Administrative"}
    for sentence in map(rule.readers, DocumentClass):
        assert not any(word in sentence.lower() for word in ("clinic", "client", "patient", "treatment"))


@pytest.mark.parametrize(("size", "words"), [
    (1, "1 byte"), (812, "812 bytes"), (1024, "1 KB"), (49_000, "48 KB"), (1_023_999, "1000 KB"),
    (1_100_000, "1.0 MB"), (10_485_760, "10.0 MB"),
])
def test_sizes_read_as_on_a_desktop(size: int, words: str) -> None:
    assert rule.size_words(size) == words
