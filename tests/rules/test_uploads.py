"""What is inside an uploaded file: kept as it is, written anew, or refused with a sentence at the field."""

import io
import time
import zipfile

import pikepdf
import pytest
from PIL import Image

from practicerunner.rules import documents as rule
from practicerunner.rules.documents import FileRefused
from practicerunner.rules.uploads import check
from tests import files


def refusal(name: str, content: bytes) -> type[FileRefused]:
    """Why a file is refused, with a sentence at the field for the file."""
    with pytest.raises(FileRefused) as refused:
        check(name, content)
    assert refused.value.field == "file" and str(refused.value).endswith(".") and len(str(refused.value)) > 30
    return type(refused.value)


@pytest.mark.parametrize(("name", "content"), [
    ("a.pdf", files.pdf()), ("A.PDF", files.pdf()), ("a.docx", files.docx()), ("a.txt", b"Guten Tag\r\n\tein Wort\n"),
    ("a.txt", "\ufeffÄpfel, 木, سلمى".encode()), ("a.csv", "name,ort\r\nJosé,Łódź\r\n".encode()),
])
def test_what_is_fine_is_kept_byte_for_byte(name: str, content: bytes) -> None:
    assert check(name, content).content == content


@pytest.mark.parametrize(("name", "content", "why"), [
    ("a.pdf", b"", rule.FileEmpty),
    ("a.pdf", b"%PDF-" + b" " * (30 * 1024 * 1024), rule.FileTooLarge),
    ("a.txt", b"x" * (10 * 1024 * 1024 + 1), rule.FileTooLarge),
    ("run.exe", b"MZ\x90\x00", rule.TypeNotAllowed),
    ("page.html", b"<html>", rule.TypeNotAllowed),
    ("drawing.svg", b"<svg/>", rule.TypeNotAllowed),
    ("report", files.pdf(), rule.TypeNotAllowed),
    ("report.pdf.exe", files.pdf(), rule.TypeNotAllowed),
    ("a.docm", files.docx(), rule.TypeNotAllowed),
    ("run.exe.pdf", b"MZ\x90\x00", rule.ContentDiffers),
    ("page.pdf", b"<html><script>alert(1)</script>", rule.ContentDiffers),
    ("page.pdf", b"<html>%PDF-1.7", rule.ContentDiffers),
    ("a.jpg", files.picture("PNG"), rule.ContentDiffers),
    ("a.png", files.picture("JPEG"), rule.ContentDiffers),
    ("a.docx", b"<html>" + files.docx(), rule.ContentDiffers),
    ("a.txt", files.pdf(), rule.ContentDiffers),
    ("a.csv", b"PK\x03\x04 a workbook", rule.ContentDiffers),
    ("a.txt", b"MZ a program", rule.ContentDiffers),
])
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, content: bytes, why: type[FileRefused]) -> None:
    assert refusal(name, content) is why


def test_ten_megabytes_exactly_are_kept() -> None:
    assert len(check("a.txt", b"x" * (10 * 1024 * 1024)).content) == 10_485_760


# --- PDF


@pytest.mark.parametrize(("content", "why"), [
    (files.pdf_locked("secret"), rule.PdfLocked), (files.pdf_locked(""), rule.PdfLocked),
    (b"%PDF-1.7\nnothing of it", rule.PdfBroken), (files.pdf()[:200], rule.PdfBroken),
    (files.saved(pikepdf.new()), rule.PdfBroken),
    (files.pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")), rule.PdfActive),
    (files.pdf_with_script_on_a_button(), rule.PdfActive), (files.pdf_with_launch(), rule.PdfActive),
    (files.pdf_with_file(), rule.PdfActive),
    (files.pdf(Names=pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=[]))), rule.PdfActive),
    (files.pdf(AcroForm=pikepdf.Dictionary(Fields=[], XFA="x")), rule.PdfActive),
    (files.pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name.SubmitForm, F="https://x.example")), rule.PdfActive),
])
def test_a_pdf_that_is_locked_broken_or_does_something_is_refused(content: bytes, why: type[FileRefused]) -> None:
    assert refusal("a.pdf", content) is why


def test_a_link_in_a_pdf_does_no_harm() -> None:
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://x.example")
    assert check("a.pdf", files.pdf(OpenAction=link))
    assert check("a.pdf", files.pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name.GoTo, D=[0, pikepdf.Name.Fit])))


@pytest.mark.parametrize(("objects", "kilobytes", "why"), [
    (1, 60_000, rule.PdfBroken), (1200, 20, rule.PdfTooLarge),
])
def test_a_pdf_that_unpacks_to_more_than_fits_is_refused_at_once(
    objects: int, kilobytes: int, why: type[FileRefused]
) -> None:
    bomb = files.pdf_bomb(objects, kilobytes)
    assert len(bomb) < 1024 * 1024
    began = time.perf_counter()
    assert refusal("a.pdf", bomb) is why
    assert time.perf_counter() - began < 1


def test_a_pdf_with_more_values_than_anybody_writes_is_refused() -> None:
    row = pikepdf.Array([0] * 1000)
    assert check("a.pdf", files.pdf(Big=pikepdf.Array([row] * 100)))
    assert refusal("a.pdf", files.pdf(Big=pikepdf.Array([row] * 1100))) is rule.PdfTooLarge


def test_a_pdf_in_which_objects_lead_in_circles_is_fine() -> None:
    made = pikepdf.new()
    made.add_blank_page()
    one = made.make_indirect(pikepdf.Dictionary())
    one.Again, made.Root.One = one, one
    assert check("a.pdf", files.saved(made))
    assert check("a.pdf", files.pdf_bomb(300, 20))


# --- Pictures


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_of_every_kind_comes_out_with_its_pixels_alone(mode: str) -> None:
    before = Image.open(io.BytesIO(files.picture("PNG", mode=mode)))
    kept = check("a.png", files.picture("PNG", mode=mode)).content
    after = Image.open(io.BytesIO(kept))
    assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())
    assert files.CAMERA.encode() not in kept and b"eXIf" not in kept and "Comment" not in after.info


@pytest.mark.parametrize("turn", [1, 6])
def test_a_photograph_loses_camera_and_place_and_stands_upright(turn: int) -> None:
    sent = files.picture("JPEG", (60, 40), turn=turn)
    assert files.CAMERA.encode() in sent
    kept = check("IMG_1.JPEG", sent)
    after = Image.open(io.BytesIO(kept.content))
    assert kept.type is rule.FileType.JPG and files.CAMERA.encode() not in kept.content
    assert dict(after.getexif()) == {} and "comment" not in after.info
    assert after.size == ((60, 40) if turn == 1 else (40, 60))


def test_a_photograph_of_print_keeps_its_colours() -> None:
    assert Image.open(io.BytesIO(check("a.jpg", files.picture("JPEG", mode="CMYK")).content)).mode == "CMYK"


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_picture_of_which_a_part_is_missing_is_refused(name: str) -> None:
    whole = files.picture("PNG" if name == "a.png" else "JPEG", (300, 200))
    for length in (12, len(whole) // 2, len(whole) - 20):
        assert refusal(name, whole[:length]) in (rule.PictureBroken, rule.ContentDiffers)


@pytest.mark.parametrize(("size", "why"), [((8000, 5001), "too large"), ((30_000, 30_000), "a bomb")])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(size: tuple[int, int], why: str) -> None:
    file = io.BytesIO()
    Image.new("1", size).save(file, "PNG")
    began = time.perf_counter()
    assert refusal("a.png", file.getvalue()) is rule.PictureTooLarge, why
    assert time.perf_counter() - began < 0.5


# --- DOCX


def lying() -> bytes:
    """A part that says it is small and is not."""
    content = bytearray(files.docx(word__media__a_txt=b"0" * 5000))
    place = content.rindex(b"PK\x01\x02", 0, content.index(b"word/media/a.txt", content.index(b"PK\x01\x02")))
    content[place + 24 : place + 28] = (400).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(("content", "why"), [
    (files.docx(leave_out="word/document.xml"), rule.DocxBroken),
    (files.docx(leave_out="[Content_Types].xml"), rule.DocxBroken),
    (files.docx()[:-30], rule.DocxBroken), (b"PK\x03\x04 nothing", rule.DocxBroken), (lying(), rule.DocxBroken),
    (files.docx(word__vbaProject_bin=b"x"), rule.DocxActive), (files.docx(WORD__VBAPROJECT_BIN=b"x"), rule.DocxActive),
    (files.docx(word__activeX__activeX1_xml=b"x"), rule.DocxActive),
    (files.docx(word__embeddings__oleObject1_bin=b"x"), rule.DocxActive),
    (files.docx(word__embeddings__run_exe=b"x"), rule.DocxActive),
    (files.zipped({"[Content_Types].xml": "<x ContentType='application/vnd.ms-word.document.macroEnabled'/>",
                   "word/document.xml": files.WORDS}), rule.DocxActive),
    (files.docx(word__media__a_txt=b"0" * 30_000_000), rule.DocxTooLarge),
    (files.zipped({"[Content_Types].xml": files.TYPES, "word/document.xml": files.WORDS}
                  | {f"word/{n}.xml": "" for n in range(2000)}), rule.DocxTooLarge),
    *((files.zipped({"[Content_Types].xml": files.TYPES, "word/document.xml": files.WORDS, name: b"x"}),
       rule.DocxBroken) for name in ("../../x.xml", "/etc/x.xml", "word/../../x.xml", "C:/x.xml", "..\\x.xml")),
])
def test_a_docx_that_is_broken_acts_or_swells_is_refused(content: bytes, why: type[FileRefused]) -> None:
    assert refusal("a.docx", content) is why


def test_a_zip_bomb_is_refused_without_unpacking_it() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", files.TYPES)
        packed.writestr("word/document.xml", files.WORDS)
        with packed.open("word/media/bomb", "w") as part:
            for _ in range(300):
                part.write(b"\0" * 1_000_000)
    assert len(file.getvalue()) < 500_000
    began = time.perf_counter()
    assert refusal("a.docx", file.getvalue()) is rule.DocxTooLarge
    assert time.perf_counter() - began < 0.2


# --- Text


def test_text_of_an_old_program_becomes_utf_8() -> None:
    assert check("a.txt", "Müller “zitiert” – 5 €".encode("cp1252")).content == "Müller “zitiert” – 5 €".encode()


@pytest.mark.parametrize("content", [
    "Äpfel".encode("utf-16"), b"one\x00two", b"a \x1b[31m colour", b"a\x08b", b"\x81\x8d", "x\x85y".encode(),
])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    assert refusal("a.csv", content) is rule.TextUnreadable
