"""Fields that are saved on every change and never over somebody else's text: for notes and for forms to fill in."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.ui.perform import act
from practicerunner.ui.text import md

Keep = Callable[[Session, int, Mapping[str, Any]], Any]
"""Saves the texts of an editor, given the revision that it knows."""


class Draft:
    """The fields of one editor in this browser: what was typed, what is saved, and which revision that was.

    A save whose revision somebody else has overtaken is refused; what was typed stays in the fields until its author
    has seen both texts and chosen. A field that appears later, because of what was chosen in another, begins with what
    is saved of it.
    """

    def __init__(self, key: str, revision: int, texts: Mapping[str, Any], keep: Keep) -> None:
        self.key, self.revision, self.texts, self._keep = key, revision, texts, keep
        self._told: set[str] = set()
        if key not in st.session_state or not any(self.field(name) in st.session_state for name in texts):
            self.take()
        for name, text in texts.items():
            if self.field(name) not in st.session_state:
                st.session_state[self.field(name)] = self.state["saved"][name] = text
        if self.state["revision"] != revision and self.typed() == self.saved():
            self.take()

    @property
    def state(self) -> dict[str, Any]:
        """What this browser knows of the draft."""
        return st.session_state[self.key]  # type: ignore[no-any-return]

    def field(self, name: str) -> str:
        """The widget key of a field."""
        return f"{self.key}.{name}"

    def typed(self) -> dict[str, Any]:
        """What stands in the fields now."""
        return {name: st.session_state.get(self.field(name), text) for name, text in self.texts.items()}

    def saved(self) -> dict[str, Any]:
        """What is saved of the fields that are there now, as far as this browser knows."""
        return {name: self.state["saved"].get(name, text) for name, text in self.texts.items()}

    def take(self) -> None:
        """Show what is saved."""
        st.session_state[self.key] = {
            "revision": self.revision, "saved": dict(self.texts), "problems": {}, "op": ids.new_operation(),
        }
        for name, text in self.texts.items():
            st.session_state[self.field(name)] = text

    def insist(self) -> None:
        """Save what is typed over what somebody else has saved, after both were seen."""
        self.state.update(revision=self.revision, saved=dict(self.texts), problems={})
        self.save()

    def save(self) -> None:
        """Keep what is typed, if it differs from what is saved."""
        typed, state = self.typed(), self.state
        state["problems"] = {}
        if typed == self.saved():
            return
        done, _ = act(
            lambda session: self._keep(session, state["revision"], typed),
            show=lambda field, sentence: state["problems"].update({field: sentence}),
        )
        if done:
            state.update(revision=state["revision"] + 1, saved=typed)

    def fill(self, texts: Mapping[str, Any]) -> None:
        """Put texts into fields and keep them."""
        for name, text in texts.items():
            st.session_state[self.field(name)] = text
        self.save()

    def area(self, name: str, label: str, **options: Any) -> None:
        """One field. ``label`` is Markdown."""
        st.text_area(label, key=self.field(name), on_change=self.save, **options)
        self.problem(name)

    def problem(self, name: str) -> None:
        """What is wrong with a field, beneath it."""
        self._told.add(name)
        if name in self.state["problems"]:
            st.error(md(f"Not saved. {self.state['problems'][name]}"))

    def trouble(self) -> bool:
        """Say why the text could not be saved, and offer both ways on. Returns whether there is trouble."""
        problems = self.state["problems"]
        if not problems:
            return False
        general = next((sentence for field, sentence in problems.items() if field not in self._told), "")
        if not general:
            return True
        st.error(md(f"Not saved. {general}"))
        if self.state["revision"] == self.revision:
            return True
        with st.expander("What is saved now", expanded=True):
            for name, text in self.texts.items():
                if text != self.typed()[name]:
                    st.text(_in_words(text))
            with st.container(horizontal=True):
                st.button("Keep what I wrote", key=f"{self.key}.insist", on_click=self.insist)
                st.button("Take what is saved", key=f"{self.key}.take", on_click=self.take)
        return True


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return str(value or "–")
