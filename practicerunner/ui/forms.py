"""A form whose problems stand at their fields, whose entries survive a refusal, and which saves once."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from sqlalchemy.orm import Session
from streamlit.delta_generator import DeltaGenerator

from practicerunner import ids
from practicerunner.ui.perform import A, perform
from practicerunner.ui.text import md
from practicerunner.workflows.commands import Command

R = TypeVar("R")


class Form:
    """Fields drawn one by one; ``submit`` shows each problem under its field.

    ``key`` names the form: its widgets are keyed ``key.field``, and its operation id stays the same until it was saved.
    After a save the next form of that name starts empty (``generation`` goes up).
    """

    def __init__(self, key: str) -> None:
        self._name = key
        self.generation: int = st.session_state.setdefault(f"{key}.generation", 0)
        self.key = f"{key}.{self.generation}"
        self.op: str = st.session_state.setdefault(f"{self.key}.op", ids.new_operation())
        self._places: dict[str, DeltaGenerator] = {}
        self._top = st.empty()

    def field_key(self, field: str) -> str:
        """The widget key of a field."""
        return f"{self.key}.{field}"

    def place(self, field: str) -> None:
        """Reserve the place for a field's problem; call it right after drawing a widget of your own."""
        self._places[field] = st.empty()

    def text(self, field: str, label: str, value: str = "", **options: Any) -> str:
        """A line of text."""
        entered: str = st.text_input(label, value, key=self.field_key(field), **options)
        self.place(field)
        return entered

    def area(self, field: str, label: str, value: str = "", **options: Any) -> str:
        """Text of several lines."""
        entered: str = st.text_area(label, value, key=self.field_key(field), **options)
        self.place(field)
        return entered

    def choice(self, field: str, label: str, options: Any, **settings: Any) -> Any:
        """One of several; options are shown as they are, so people's names are safe here."""
        chosen = st.selectbox(label, options, key=self.field_key(field), **settings)
        self.place(field)
        return chosen

    def date(self, field: str, label: str, value: Any = None, **options: Any) -> Any:
        """A date, or nothing."""
        chosen = st.date_input(label, value, key=self.field_key(field), format="YYYY-MM-DD", **options)
        self.place(field)
        return chosen

    def number(self, field: str, label: str, value: int, **options: Any) -> int:
        """A whole number."""
        entered = st.number_input(label, value=value, step=options.pop("step", 1), key=self.field_key(field), **options)
        self.place(field)
        return int(entered)

    def tick(self, field: str, label: str, value: bool = False, **options: Any) -> bool:
        """Yes or no."""
        ticked = st.checkbox(label, value, key=self.field_key(field), **options)
        self.place(field)
        return ticked

    def show(self, field: str, sentence: str) -> None:
        """Put a problem under its field, or on top when it belongs to none that is shown."""
        self._places.get(field, self._top).error(md(sentence))

    def submit(
        self, verb: Callable[[Session, A, Any], R], actor: A, build: Callable[[], Command], done: str
    ) -> tuple[bool, R | None]:
        """Carry out the command; after success the form is fresh. Returns whether it was done, and the result."""
        ok, result = perform(verb, actor, build, done=done, show=self.show)
        if ok:
            self.clear()
        return ok, result

    def clear(self) -> None:
        """Start the next form of this name empty, with an operation id of its own."""
        st.session_state[f"{self._name}.generation"] = self.generation + 1
