"""Fields that are saved on every change and never over somebody else's text: for notes and for forms to fill in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import Stale
from practicerunner.ui import unsaved
from practicerunner.ui.perform import act
from practicerunner.ui.text import md

Keep = Callable[[Session, int, Mapping[str, Any]], Any]
"""Saves the texts of an editor, given the revision that it knows."""
OVERTAKEN = ("Somebody else changed this in the meantime. What you wrote is still in its fields, but not saved: choose "
             "below. Should you leave or reload this page first, it is shown to you then, to copy.")
THERE = "Changed only there: it is taken."
CHOICE = ("Where both changed the same field, “Keep what I wrote” saves your words and “Take what is saved” drops "
          "them. What only one of you changed stays either way.")
HIDDEN = ("“Keep what I wrote” saves the fields that you changed and leaves the others as they are saved now. "
          "“Take what is saved” drops what you changed.")


@dataclass(frozen=True, slots=True)
class Pair:
    """A field that is saved otherwise than it stands here: both texts, and where it was changed."""

    label: str
    saved: str
    typed: str | None
    """Nothing where it cannot be said in words yet."""
    standing: str = ""
    """Where it was changed, and what becomes of it."""


def standing(known: object, saved: object, typed: object) -> str:
    """Where a field was changed, given what this window knew of it, and what becomes of it."""
    if typed == known:
        return THERE
    return "Changed only here: it stays." if saved == known else "Changed in both places: choose below."


class Draft:
    """The fields of one editor in this browser: what was typed, what is saved, and which revision that was.

    A save whose revision somebody else has overtaken is refused; what was typed stays in the fields until its author
    has seen both texts and chosen. A field that appears later, because of what was chosen in another, begins with what
    is saved of it. ``labels`` says what the fields are called, as plain text; ``hidden`` that what somebody else saved
    is not shown, so that it is nothing to fill fields with. ``row`` is the id of what is saved, 0 while nothing is,
    where one can be discarded and another begun in its place; then ``keep`` returns it.
    """

    row: int | None = None

    def __init__(
        self, key: str, revision: int, texts: Mapping[str, Any], keep: Keep, labels: Mapping[str, str] | None = None,
        *, hidden: bool = False, row: int | None = None,
    ) -> None:
        self.row = row
        self.key, self.revision, self.texts, self._keep = key, revision, texts, keep
        self.labels, self._hidden = labels or {}, hidden
        self._told: set[str] = set()
        if key not in st.session_state or not any(self.field(name) in st.session_state for name in texts):
            self.take()
            self.state["unsaved"] = unsaved.found(key)
        for name, text in texts.items():
            if self.field(name) not in st.session_state:
                st.session_state[self.field(name)] = self.state["saved"][name] = text
        if self._behind() and self.typed() == self.saved():
            self.take()

    @property
    def state(self) -> dict[str, Any]:
        """What this browser knows of the draft."""
        return st.session_state[self.key]  # type: ignore[no-any-return]

    def _behind(self) -> bool:
        """Whether what is saved is not what this browser knows."""
        return (self.state["row"], self.state["revision"]) != (self.row, self.revision)

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
            "row": self.row, "revision": self.revision, "saved": dict(self.texts), "problems": {},
            "op": ids.new_operation(), "unsaved": st.session_state.get(self.key, {}).get("unsaved", ()),
        }
        for name, text in self.texts.items():
            st.session_state[self.field(name)] = text

    def insist(self) -> None:
        """Save what was changed here over what somebody else has saved, after both were seen; the rest stays theirs."""
        if not self._hidden:
            self.merge()
        self.state.update(row=self.row, revision=self.revision, saved=dict(self.texts), problems={})
        unsaved.forget(self.key)
        self.save()

    def concede(self) -> None:
        """Take what is saved where both changed a field, after both were seen; what only this window changed stays."""
        unsaved.forget(self.key)
        stays = {} if self._hidden else self.mine_alone()
        self.take()
        for name, value in stays.items():
            st.session_state[self.field(name)] = value
        self.save()

    def mine_alone(self) -> dict[str, Any]:
        """What was changed here, and is saved as this browser knew it."""
        typed, known = self.typed(), self.saved()
        return {name: typed[name] for name, text in self.texts.items() if typed[name] != known[name] == text}

    def merge(self) -> None:
        """Take what is saved into the fields that were not changed here."""
        typed, known = self.typed(), self.saved()
        for name, text in self.texts.items():
            if typed[name] == known[name]:
                st.session_state[self.field(name)] = text

    def save(self) -> None:
        """Keep what is typed, if it differs from what is saved."""
        typed, state = self.typed(), self.state
        state["problems"] = {}
        if typed == self.saved():
            return
        done, kept = act(
            lambda session: self._keep(session, state["revision"], typed),
            show=lambda field, sentence: state["problems"].update({field: sentence}),
        )
        if done:
            state.update(revision=state["revision"] + 1, saved=typed)
            if self.row is not None:
                state["row"] = kept

    def left_over(self) -> None:
        """What was typed before the page was left or reloaded and was never saved: to copy, beside the fields."""
        words = self.state["unsaved"]
        if not words:
            return
        with st.container(border=True, key=f"{self.key}.unsaved"):
            st.markdown("**What you typed before and was not saved**")
            st.caption("Somebody else had saved this first. Copy from here what still belongs in the fields; only you "
                       "see it, until you drop it or sign out.")
            for label, text in words:
                if label:
                    st.caption(md(label))
                st.code(text, language=None, wrap_lines=True)
            st.button("Drop it", key=f"{self.key}.drop", on_click=self._drop)

    def _drop(self) -> None:
        self.state["unsaved"] = ()
        unsaved.forget(self.key)

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
        if self.overtaken(general):
            typed, known = self.typed(), self.saved()
            self.choose([
                Pair(self.labels.get(name, ""), _in_words(text), _in_words(typed[name]),
                     "" if self._hidden else standing(known[name], text, typed[name]))
                for name, text in self.texts.items() if text != typed[name]
            ])
        return True

    def overtaken(self, problem: str) -> bool:
        """Say why nothing was saved; returns whether somebody else has saved, so that there is something to choose."""
        there = self._behind()
        st.error(md(f"Not saved. {OVERTAKEN if there and problem == str(Stale()) else problem}"))
        return there

    def choose(self, differing: Sequence[Pair], remark: str = "") -> None:
        """Show both texts of the fields that differ, under the field's name, and both ways on.

        What was typed is kept meanwhile, should the page be left or reloaded before anything is chosen.
        """
        unsaved.keep(self.key, [(pair.label, pair.typed) for pair in differing
                                if pair.typed is not None and pair.standing != THERE])
        with st.expander("What is saved now, where it differs from what stands here", expanded=True):
            for pair in differing:
                with st.container(border=True, gap="xsmall"):
                    if pair.label:
                        st.markdown(f"**{md(pair.label)}**")
                    if pair.standing:
                        st.caption(pair.standing)
                    for column, title, text in zip(
                        st.columns(2), ("Saved now", "Here"), (pair.saved, pair.typed), strict=True
                    ):
                        if text is not None:
                            with column.container(gap="xxsmall"):
                                st.caption(title)
                                st.text(text)
            st.caption((HIDDEN if self._hidden else CHOICE) + remark)
            with st.container(horizontal=True):
                st.button("Keep what I wrote", key=f"{self.key}.insist", on_click=self.insist)
                st.button("Take what is saved", key=f"{self.key}.take", on_click=self.concede)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return str(value or "–")
