"""How letters come into a file: a font is read once for many papers, and each takes along the outlines that it uses."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import uharfbuzz as hb
from fpdf.enums import TextEmphasis
from fpdf.fonts import HarfBuzzFont, SubsetMap, TTFFont
from fpdf.output import CIDSystemInfo, OutputProducer, PDFFont, PDFFontStream
from fpdf.syntax import Name, PDFArray, PDFContentStream

_LAYOUT = (b"GSUB", b"GPOS", b"GDEF", b"cmap", b"name", b"post", b"OS/2")
"""What tells how letters are chosen; in a file every outline is called by its place."""
_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo
<</Registry (Adobe)
/Ordering (UCS)
/Supplement 0
>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{blocks}endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def tags(names: Iterable[bytes]) -> list[int]:
    """The tables of a font as HarfBuzz calls them."""
    return [int.from_bytes(name, "big") for name in names]


@dataclass(frozen=True)
class Cut:
    """A font cut to some letters, as it is read once."""

    face: Any
    read: TTFFont


def read(data: bytes) -> Cut:
    """Read a font; nothing of it belongs to a paper yet."""
    nobody: Any = SimpleNamespace(fonts={}, render_color_fonts=False)
    file: Any = BytesIO(data)
    made = TTFFont(nobody, file, "", "")
    made.ttfont.getReverseGlyphMap()
    return Cut(hb.Face(hb.Blob(data)), made)


class Font(TTFFont):
    """A font as one paper uses it: which letters it has put down. What was read of the file is shared with others."""

    __slots__ = ("face",)

    def __init__(self, cut: Cut, key: str, style: str, place: int) -> None:
        for name in TTFFont.__slots__:
            if hasattr(cut.read, name):
                setattr(self, name, getattr(cut.read, name))
        self.face, self.fontkey, self.emphasis, self.i = cut.face, key, TextEmphasis.coerce(style), place
        self.desc = copy(cut.read.desc)
        self.missing_glyphs = []
        self.subset = SubsetMap(self)

    @property
    def hbfont(self) -> HarfBuzzFont:
        """What shapes text; a paper's own, because it holds the size of the type."""
        if self._hbfont is None:
            self._hbfont = HarfBuzzFont(self.face)
        return self._hbfont


class Producer(OutputProducer):
    """Writes the file; fonts are put into it by HarfBuzz, in a twentieth of the time that fpdf2 takes by itself."""

    # fpdf2 calls this by name.
    def _add_fonts(self, *_: Any) -> dict[int, Any]:
        fonts = sorted(self.fpdf.fonts.values(), key=lambda font: font.i)
        return {font.i: self._embed(font) for font in fonts if isinstance(font, Font)}

    def _embed(self, font: Font) -> PDFFont:
        """The font, its outlines, which of them each code calls, how wide they are, and what they mean."""
        drawn = [(glyph, code) for glyph, code in font.subset.items() if glyph is not None]
        # The place that fpdf2 gives for the outline of what is missing is no place.
        places = {code: 0 if glyph.glyph_name == ".notdef" else glyph.glyph_id for glyph, code in drawn}
        name = f"MPDFAA+{font.name}"
        whole = PDFFont(subtype="Type0", base_font=name, encoding="Identity-H")
        self._add_pdf_obj(whole, "fonts")
        inner = PDFFont(
            subtype="CIDFontType2", base_font=name, d_w=font.desc.missing_width,
            w=_widths({code: glyph.glyph_width for glyph, code in drawn}))
        self._add_pdf_obj(inner, "fonts")
        whole.descendant_fonts = PDFArray([inner])
        meanings = [f"<{code:04X}> <{_utf16(glyph.unicode)}>\n" for glyph, code in drawn if glyph.unicode]
        whole.to_unicode = self._stream(_CMAP.format(blocks=_blocks(meanings)).encode())
        inner.c_i_d_system_info = CIDSystemInfo()
        self._add_pdf_obj(inner.c_i_d_system_info, "fonts")
        inner.font_descriptor = font.desc
        font.desc.font_name = Name(name)
        self._add_pdf_obj(font.desc, "fonts")
        called = bytearray(2 * max(places) + 2)
        for code, place in places.items():
            called[2 * code:2 * code + 2] = place.to_bytes(2, "big")
        inner.c_i_d_to_g_i_d_map = self._stream(bytes(called))
        outlines: Any = PDFFontStream(contents=_outlines(font, frozenset(places.values())))
        self._add_pdf_obj(outlines, "fonts")
        descriptor: Any = font.desc
        descriptor.font_file2 = outlines
        font.subset.pick.cache_clear()
        font.subset.get_glyph.cache_clear()
        return whole

    def _stream(self, contents: bytes) -> PDFContentStream:
        made = PDFContentStream(contents, compress=True)
        self._add_pdf_obj(made, "fonts")
        return made


def _widths(of: dict[int, int]) -> str:
    """Code → width as a PDF says it: the first of a row of codes, then their widths."""
    said = [f"{'' if code - 1 in of else f'] {code} ['}{of[code]}" for code in sorted(of)]
    return f"[{' '.join(said).removeprefix(']')}]]"


def _utf16(letters: int | tuple[int, ...]) -> str:
    said = "".join(map(chr, [letters] if isinstance(letters, int) else letters))
    return said.encode("utf-16-be", "surrogatepass").hex().upper()


def _blocks(entries: list[str]) -> str:
    """At most a hundred entries stand in one block."""
    parts = [entries[start:start + 100] for start in range(0, len(entries), 100)]
    return "".join(f"{len(part)} beginbfchar\n{''.join(part)}endbfchar\n" for part in parts)


def _outlines(font: Font, places: frozenset[int]) -> bytes:
    """The outlines at these places, which they keep."""
    ask = hb.SubsetInput()
    ask.glyph_set.update(places)
    ask.flags = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    ask.drop_table_tag_set.update(tags(_LAYOUT))
    return bytes(hb.subset(font.face, ask).blob.data)
