"""Files as people upload them, and as somebody would who means harm; all made here."""

import io
import zipfile
from typing import Any

import pikepdf
from PIL import Image, ImageDraw, PngImagePlugin

CAMERA = "Heron Camera of Noor"
"""What a camera wrote into a picture."""
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
WORDS = '<?xml version="1.0"?><w:document xmlns:w="x"><w:body/></w:document>'


def pdf(**catalogue: Any) -> bytes:
    """A PDF of one page; ``catalogue`` puts entries into its root."""
    made, file = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    for name, value in catalogue.items():
        made.Root[f"/{name}"] = value
    made.save(file)
    return file.getvalue()


def saved(file: pikepdf.Pdf, **options: Any) -> bytes:
    """The bytes of a PDF."""
    made = io.BytesIO()
    file.save(made, **options)
    return made.getvalue()


def pdf_with_script_on_a_button() -> bytes:
    """A script that a viewer runs when a field is clicked, packed into an object stream."""
    made = pikepdf.new()
    made.add_blank_page()
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    field = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Rect=[0, 0, 9, 9], AA=pikepdf.Dictionary(U=action))
    made.pages[0].Annots = pikepdf.Array([made.make_indirect(field)])
    made.Root.AcroForm = pikepdf.Dictionary(Fields=made.pages[0].Annots)
    return saved(made, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def pdf_with_launch() -> bytes:
    """A PDF that starts a program when it is opened."""
    return pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe"))


def pdf_with_file() -> bytes:
    """A PDF that carries a program."""
    made = pikepdf.new()
    made.add_blank_page()
    made.attachments["x.exe"] = pikepdf.AttachedFileSpec(made, b"MZ")
    return saved(made)


def pdf_locked(user: str) -> bytes:
    """A PDF that asks for a password, or with an empty one forbids things only."""
    made = pikepdf.new()
    made.add_blank_page()
    return saved(made, encryption=pikepdf.Encryption(owner="owner", user=user))


def pdf_bomb(objects: int, kilobytes: int) -> bytes:
    """A small PDF that unpacks to many objects of many kilobytes, a hundred of them in a stream."""
    made = pikepdf.new()
    made.add_blank_page()
    made.Root.Big = pikepdf.Array([
        made.make_indirect(pikepdf.Array([pikepdf.String(f"{number}" + "0" * 1000)] * kilobytes))
        for number in range(objects)
    ])
    return saved(made, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)


def picture(format_name: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", turn: int = 1) -> bytes:
    """A photograph with what a camera writes beside it, and with letters in it."""
    image, file = Image.new(mode, size), io.BytesIO()
    ImageDraw.Draw(image).line((0, 0, *size), fill=1 if mode == "1" else 200 if mode in "L" else None)
    beside = Image.Exif()
    beside[0x0110], beside[0x0112] = CAMERA, turn
    beside.get_ifd(0x8825)[1] = "N"
    options: dict[str, Any] = {"exif": beside, "dpi": (300, 300)}
    if format_name == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", CAMERA)
    else:
        options["comment"] = CAMERA
    image.save(file, format_name, **options)
    return file.getvalue()


def docx(*, leave_out: str = "", **parts: bytes | str) -> bytes:
    """A Word document; ``parts`` are more of its parts, with ``__`` for a slash and ``_`` for a full stop."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in parts.items()}
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": WORDS} | named, leave_out=leave_out)


def zipped(parts: dict[str, bytes | str], *, leave_out: str = "") -> bytes:
    """A zip of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            if name != leave_out:
                packed.writestr(name, content)
    return file.getvalue()
