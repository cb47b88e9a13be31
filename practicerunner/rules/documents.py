"""Uploaded documents: which files there may be, who may read which class, and why a file is refused (C11)."""

from enum import StrEnum

from practicerunner.errors import BadInput
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import CaseType, DocumentClass, Resource

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_PICTURE = 40_000_000
"""Pixels of a picture."""
LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 2_000
"""Files inside a DOCX."""
LARGEST_RATIO = 100
"""How many times its packed size a part of a DOCX may have."""
LONGEST_NAME = 200


class FileType(StrEnum):
    """A kind of file that can be kept, by its extension."""

    PDF = "pdf"
    PNG = "png"
    JPG = "jpg"
    DOCX = "docx"
    TXT = "txt"
    CSV = "csv"


MEDIA_TYPES = {
    FileType.PDF: "application/pdf", FileType.PNG: "image/png", FileType.JPG: "image/jpeg",
    FileType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileType.TXT: "text/plain; charset=utf-8", FileType.CSV: "text/csv; charset=utf-8",
}
EXTENSIONS = {file_type.value: file_type for file_type in FileType} | {"jpeg": FileType.JPG}


class FileRefused(BadInput):
    """This file cannot be kept."""

    def __init__(self) -> None:
        super().__init__("file", " ".join((self.__class__.__doc__ or "").split()))


class TypeNotAllowed(FileRefused):
    """Only PDF, PNG, JPG, DOCX, TXT and CSV files can be kept. Save it as one of these and upload it again."""


class FileTooLarge(FileRefused):
    """A file may be 10 MB at most. Make it smaller, for example by scanning with a lower resolution."""

    def __init__(self, name: str, size: int) -> None:
        says = " ".join((self.__class__.__doc__ or "").split())
        BadInput.__init__(self, "file", f"{name} is {max(round(size / 1024 / 1024, 1), 10.1):g} MB. {says}")


class FileEmpty(FileRefused):
    """This file is empty. Look whether it opens on your computer and upload it again."""


class ContentDiffers(FileRefused):
    """What is in this file is not what its name says. Save it anew in the program it comes from."""


class PdfLocked(FileRefused):
    """This PDF is protected by a password. Save a copy without one and upload that."""


class PdfBroken(FileRefused):
    """This PDF cannot be opened. Look whether it opens on your computer, print it as PDF, and upload the new one."""


class PdfActive(FileRefused):
    """This PDF carries scripts, other files or commands. Print it as PDF and upload the new one."""


class PdfTooLarge(FileRefused):
    """This PDF unpacks to far more than its size. Print it as PDF and upload the new one."""


class PictureBroken(FileRefused):
    """This picture cannot be opened, or a part of it is missing. Save it anew and upload it again."""


class PictureTooLarge(FileRefused):
    """This picture has more than 40 million pixels. Make it smaller and upload it again."""


class DocxBroken(FileRefused):
    """This is not a Word document that can be opened. Save it anew as DOCX and upload it again."""


class DocxActive(FileRefused):
    """This document carries macros or other files. Save it without them, or as PDF, and upload that."""


class DocxTooLarge(FileRefused):
    """This document unpacks to far more than its size. Save it as PDF and upload that."""


class TextUnreadable(FileRefused):
    """The letters of this file cannot be read as text. Save it as plain text (UTF-8) and upload it again."""


def type_of(name: str) -> FileType:
    """The type that a file's name claims. Raises TypeNotAllowed."""
    _, dot, extension = name.strip().rpartition(".")
    found = EXTENSIONS.get(extension.lower()) if dot else None
    if found is None:
        raise TypeNotAllowed
    return found


def plain_name(name: str) -> str:
    """A file's name without folders and without what cannot be seen or written, short enough, with its extension.

    Direction marks are left out, because they can make ``exe.pdf`` read as another name.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    shown = " ".join("".join(c if c.isprintable() else " " for c in base).split()).lstrip(".")
    stem, _, extension = shown.rpartition(".")
    kept = stem[: LONGEST_NAME - len(extension) - 1].strip() or "document"
    return f"{kept}.{extension}"


def title_of(name: str) -> str:
    """What a document may be called, from its file's name."""
    return plain_name(name).rpartition(".")[0].replace("_", " ").strip() or "Document"


# --- Who may read what

RESOURCES = {
    DocumentClass.ADMIN: Resource.DOCUMENTS_ADMIN, DocumentClass.CLINICAL: Resource.DOCUMENTS_CLINICAL,
    DocumentClass.SEALED: Resource.DOCUMENTS_SEALED,
}
_NARROWNESS = {found: place for place, found in enumerate(DocumentClass)}
_READERS = {
    DocumentClass.ADMIN: "The front desk, the owners, the provider and their supervisor.",
    DocumentClass.CLINICAL: "The provider and their supervisor; an owner only with a reason, which is logged.",
    DocumentClass.SEALED: "Only you.",
}


def class_label(case_type: CaseType, document_class: DocumentClass) -> str:
    """What a class is called: where a case has a section "Documentation", so does its class."""
    return {
        DocumentClass.ADMIN: "Administrative", DocumentClass.CLINICAL: capabilities(case_type).clinical_section,
        DocumentClass.SEALED: "Sealed",
    }[document_class]


def readers(document_class: DocumentClass) -> str:
    """One sentence on who can read a class."""
    return _READERS[document_class]


def is_wider(old: DocumentClass, new: DocumentClass) -> bool:
    """Whether a change of class lets more people read the document."""
    return _NARROWNESS[new] < _NARROWNESS[old]


def size_words(size: int) -> str:
    """``812 bytes``, ``48 KB``, ``2.3 MB``."""
    if size < 1024:
        return f"{size} byte{'s' if size != 1 else ''}"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1000 else f"{size / 1024 / 1024:.1f} MB"
