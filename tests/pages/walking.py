"""Going over everything that a page sends to the browser, element by element, whether AppTest knows it or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

PLAIN = {
    ("dataframe", "*"), ("component_instance", "json_args"), ("vega_lite_chart", "*"), ("code", "code_text"),
    ("text", "body"), ("text_input", "value"), ("text_input", "default"), ("text_input", "placeholder"),
    ("text_area", "value"), ("text_area", "default"), ("text_area", "placeholder"), ("selectbox", "options"),
    ("selectbox", "raw_value"), ("selectbox", "placeholder"), ("multi_select", "options"),
    ("multi_select", "raw_values"), ("multi_select", "placeholder"),
}
"""Element and field that the browser shows letter by letter; every other text is read as Markdown."""
UNSEEN = {"id", "element_id", "form_id", "key", "page", "query_string", "page_script_hash", "url", "anchor", "icon"}
"""Fields that are addresses and names of things, and stand nowhere on the page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text on the page, and where."""

    element: str
    field: str
    text: str

    @property
    def is_markdown(self) -> bool:
        """Whether the browser reads it as Markdown."""
        return not {(self.element, self.field), (self.element, "*")} & PLAIN


def shown(app: AppTest) -> Iterator[Shown]:
    """Every text in the page, its menu and its toasts."""
    yield from _below(app._tree)


def _below(node: Any) -> Iterator[Shown]:
    proto = getattr(node, "proto", None)
    if isinstance(proto, Message):
        element = _element(proto)
        for field, text in _texts(proto):
            yield Shown(element, field, text)
        if element == "dataframe":
            yield Shown(element, "rows", node.value.to_csv())
    for child in getattr(node, "children", {}).values():
        yield from _below(child)


def _element(proto: Message) -> str:
    """The name of an element as Streamlit's messages call it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", proto.DESCRIPTOR.name).lower()


def _texts(proto: Message) -> Iterator[tuple[str, str]]:
    for field, value in proto.ListFields():
        if field.name in UNSEEN:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from ((field.name if name in ("text", "value") else name, text) for name, text in _texts(one))
            elif isinstance(one, str):
                yield field.name, one


def words(app: AppTest) -> str:
    """Everything that stands on the page, whatever shows it."""
    return "\n".join(one.text for one in shown(app))


_ESCAPED = re.compile(r"\\.", re.DOTALL)
_LIVE = re.compile(r"\]\((?!#(?:unfinished|fill-in-[a-z0-9_-]+)\))|!\[|<img|https?://|\$5|:red\[|\*\*bold")
"""What would be a link, a picture, a tag, a formula, a colour or bold in a browser, of the names that tests use.

Today and a note that is being written link to places of their own; that is no text of anybody's.
"""


def live(app: AppTest) -> list[Shown]:
    """Texts that somebody typed and that the browser would read as Markdown: there should be none."""
    return [one for one in shown(app) if one.is_markdown and _LIVE.search(_ESCAPED.sub("", one.text))]
