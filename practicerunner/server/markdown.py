"""The little of Markdown that a practice needs above its public form: paragraphs, lists, bold, italics, links to https.

Everything is escaped first; what is not one of these stands as it was typed.
"""

import re

from markupsafe import Markup, escape

_LINK = re.compile(r"\[([^\[\]]+)\]\((https://[^\s()<>\"]+)\)")
_BOLD, _ITALIC = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), re.compile(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])")
_ITEM = re.compile(r"^\s*[-*] +(.*)$")


def rendered(text: str) -> Markup:
    """Safe HTML of a text."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if block.strip()]
    return Markup("\n").join(_block(block.splitlines()) for block in blocks)


def _block(lines: list[str]) -> Markup:
    items = [_ITEM.match(line) for line in lines]
    if all(items):
        inside = Markup().join(Markup("<li>{}</li>").format(_line(found[1])) for found in items if found)
        return Markup("<ul>{}</ul>").format(inside)
    return Markup("<p>{}</p>").format(Markup("<br>").join(_line(line) for line in lines))


def _line(text: str) -> Markup:
    """One line: escaped, then marked up; an address keeps its asterisks, because links are taken out first."""
    links: list[Markup] = []

    def keep(found: re.Match[str]) -> str:
        links.append(Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(found[2], found[1]))
        return f"\0{len(links) - 1}\0"

    plain = str(escape(_LINK.sub(keep, text.replace("\0", "").strip())))
    marked = _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", plain))
    return Markup(re.sub("\0(\\d+)\0", lambda found: str(links[int(found[1])]), marked))  # noqa: S704
