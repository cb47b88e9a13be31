"""What is inside an uploaded file: whether it is what its name says, and nothing besides.

A PDF, a DOCX and a text are kept as they came, byte for byte, or refused: what is cut out of somebody's document would
be missed later. A picture is written anew, because cameras put the place and the person into it.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pikepdf
from PIL import Image, ImageOps

from practicerunner.rules.documents import (
    LARGEST_FILE,
    LARGEST_PICTURE,
    LARGEST_RATIO,
    LARGEST_UNPACKED,
    MOST_PARTS,
    ContentDiffers,
    DocxActive,
    DocxBroken,
    DocxTooLarge,
    FileEmpty,
    FileTooLarge,
    FileType,
    PdfActive,
    PdfBroken,
    PdfLocked,
    PdfTooLarge,
    PictureBroken,
    PictureTooLarge,
    TextUnreadable,
    plain_name,
    type_of,
)

_LARGEST_STREAM = 4 * 1024 * 1024
"""Of objects and their places packed together in a PDF; pages and pictures are never unpacked here."""
_MOST_VALUES = 1_000_000
_PACKED = 2
"""How the table of a PDF marks an object that lies in a stream with others."""
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=_LARGEST_STREAM, run_length_max_memory=_LARGEST_STREAM, png_max_memory=_LARGEST_STREAM,
    tiff_max_memory=_LARGEST_STREAM, dct_max_memory=_LARGEST_STREAM, parser_max_container_size=_MOST_VALUES,
)
_BEGINNINGS = {
    FileType.PDF: b"%PDF-", FileType.PNG: b"\x89PNG\r\n\x1a\n", FileType.JPG: b"\xff\xd8\xff",
    FileType.DOCX: b"PK\x03\x04",
}
_NO_TEXT = (*_BEGINNINGS.values(), b"MZ", b"\x7fELF", b"{\\rtf", b"GIF8", b"\xd0\xcf\x11\xe0")
"""How files begin that are no text, whatever their name says."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that can be kept."""

    name: str
    type: FileType
    content: bytes
    """What is kept; of a picture, the picture alone."""


def check(name: str, content: bytes) -> Checked:
    """Look into a file. Raises FileRefused with the sentence why it cannot be kept."""
    file_type, kept_name = type_of(name), plain_name(name)
    if not content:
        raise FileEmpty
    if len(content) > LARGEST_FILE:
        raise FileTooLarge(kept_name, len(content))
    beginning = _BEGINNINGS.get(file_type)
    if beginning is not None and not content.startswith(beginning):
        raise ContentDiffers
    return Checked(kept_name, file_type, _CHECKS[file_type](content))


# --- PDF

_FORBIDDEN_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA"})
_FORBIDDEN_ACTIONS = frozenset({
    "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition", "/RichMediaExecute",
})


def _pdf(content: bytes) -> bytes:
    try:
        with pikepdf.open(io.BytesIO(content)) as file:
            if file.is_encrypted:
                raise PdfLocked
            _measure(file)
            _look_through(file)
            if file.get_warnings() or not file.pages:
                raise PdfBroken  # what could not be read was not looked at
    except pikepdf.PasswordError:
        raise PdfLocked from None
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, RecursionError, MemoryError):
        raise PdfBroken from None
    return content


def _measure(file: pikepdf.Pdf) -> None:
    """Unpack the streams that hold objects, one by one, before any object is made of them: it takes many times more.

    Raises PdfTooLarge.
    """
    packed = {entry.obj_stream_number for entry in file.get_xref_table().values() if entry.type == _PACKED}
    unpacked = 0
    for number in packed:
        stream = file.get_object((number or 0, 0))
        if not isinstance(stream, pikepdf.Stream):
            raise PdfBroken
        unpacked += len(stream.read_bytes())
        if unpacked > LARGEST_FILE:
            raise PdfTooLarge


def _look_through(file: pikepdf.Pdf) -> None:
    """Look at every value that can be reached. Raises PdfActive where one acts, PdfTooLarge where there is no end.

    What cannot be reached is never looked at by a viewer either.
    """
    waiting: list[pikepdf.Object] = [file.trailer]
    seen, looked_at = set(), 0
    while waiting:
        one = waiting.pop()
        if one.is_indirect:
            if one.objgen in seen:
                continue
            seen.add(one.objgen)
        if isinstance(one, pikepdf.Array):
            parts = list(one.as_list())
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            if _acts(one):
                raise PdfActive
            parts = [one[key] for key in one.keys()]  # noqa: SIM118  (it is no dict)
        else:
            continue
        looked_at += len(parts)
        if looked_at > _MOST_VALUES:
            raise PdfTooLarge
        waiting += [part for part in parts if isinstance(part, pikepdf.Object)]


def _acts(one: pikepdf.Dictionary | pikepdf.Stream) -> bool:
    """Whether this does something when the file is opened or used, or carries another file."""
    return bool(one.keys() & _FORBIDDEN_KEYS) or str(one.get("/S")) in _FORBIDDEN_ACTIONS


# --- Pictures


def _picture(content: bytes, format_name: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=[format_name]) as picture:
            if picture.width * picture.height > LARGEST_PICTURE:
                raise PictureTooLarge
            picture.verify()
        with Image.open(io.BytesIO(content), formats=[format_name]) as picture:
            picture.load()
            return _anew(picture, format_name)
    except Image.DecompressionBombError:
        raise PictureTooLarge from None
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error, MemoryError):
        raise PictureBroken from None


def _anew(picture: Image.Image, format_name: str) -> bytes:
    """The picture itself, upright, without what the camera wrote beside it."""
    upright = ImageOps.exif_transpose(picture)
    turned = upright.size != picture.size or upright.tobytes() != picture.tobytes()
    shown = upright if turned or picture.format != format_name else picture
    shown.info = {key: shown.info[key] for key in ("transparency",) if key in shown.info}
    made = io.BytesIO()
    if format_name == "JPEG":
        shown.save(made, "JPEG", quality="keep" if shown is picture else 95)
    else:
        shown.save(made, "PNG")
    return made.getvalue()


def _png(content: bytes) -> bytes:
    return _picture(content, "PNG")


def _jpg(content: bytes) -> bytes:
    return _picture(content, "JPEG")


# --- DOCX

_NEEDED = {"[Content_Types].xml", "word/document.xml"}
_ACTIVE = re.compile(r"(?i)vbaproject|vbadata|/activex/|oleobject|\.(exe|dll|js|vbs|bat|cmd|ps1|lnk|hta|scr|com|jar)$")
_MACROS = re.compile(rb"(?i)macroenabled|vbaproject")


def _docx(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _look_at_parts(packed.infolist())
            for part in packed.infolist():
                for piece in _unpacked(packed, part):
                    if part.filename == "[Content_Types].xml" and _MACROS.search(piece):
                        raise DocxActive
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError):
        # A RuntimeError is zipfile's word for parts that are encrypted or packed in a way that it cannot read.
        raise DocxBroken from None
    return content


def _look_at_parts(parts: list[zipfile.ZipInfo]) -> None:
    """What the list of contents says, before anything is unpacked."""
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise DocxTooLarge
    if any(part.file_size > LARGEST_RATIO * max(part.compress_size, 1) for part in parts):
        raise DocxTooLarge
    if not set(names) >= _NEEDED or len(set(names)) < len(names) or any(part.flag_bits & 1 for part in parts):
        raise DocxBroken
    if any(_leaves(part) for part in parts):
        raise DocxBroken
    if any(_ACTIVE.search(name) for name in names):
        raise DocxActive


def _leaves(part: zipfile.ZipInfo) -> bool:
    """Whether a part's name leads out of the folder into which it would be unpacked."""
    name = part.orig_filename
    return (
        name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in name.split("/")
    )


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part piece by piece; a size that was a lie, or a broken part, ends it with BadZipFile."""
    with packed.open(part) as opened:
        while piece := opened.read(1 << 20):
            yield piece


# --- Text

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def _text(content: bytes) -> bytes:
    if content.startswith(_NO_TEXT):
        raise ContentDiffers
    try:
        words, kept = content.decode("utf-8-sig"), content
    except UnicodeDecodeError:
        try:
            words = content.decode("cp1252")
        except UnicodeDecodeError:
            raise TextUnreadable from None
        kept = words.encode()
    if _CONTROL.search(words):
        raise TextUnreadable
    return kept


_CHECKS: dict[FileType, Callable[[bytes], bytes]] = {
    FileType.PDF: _pdf, FileType.PNG: _png, FileType.JPG: _jpg, FileType.DOCX: _docx, FileType.TXT: _text,
    FileType.CSV: _text,
}
