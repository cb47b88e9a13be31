"""What somebody typed that was not saved, because somebody else had saved before: kept for them alone, to copy.

It is in the server's memory only, under the token of the browser's session: a reload finds it, and nobody does once
that session has ended. It is gone after the hours for which anybody stays signed in, or with a restart.
"""

from collections.abc import Sequence

import streamlit as st

from practicerunner.ui import identity, portal_identity

Words = tuple[tuple[str, str], ...]
"""What a field is called, and what was typed into it."""


@st.cache_resource(ttl="12h", max_entries=500, show_spinner=False)
def _of(whose: str) -> dict[str, Words]:
    """What is kept for one session, by editor; ``whose`` is how it is found again."""
    return {}


def _whose() -> str:
    return f"{identity.token()} {portal_identity.token()} {identity.IDENTITY} {identity.PERSON}"


def keep(editor: str, words: Sequence[tuple[str, str]]) -> None:
    """Keep what was typed in an editor, in place of what was kept of it before."""
    _of(_whose())[editor] = tuple(words)


def found(editor: str) -> Words:
    """What is kept of an editor."""
    return _of(_whose()).get(editor, ())


def forget(editor: str) -> None:
    """It was saved, or is wanted no more."""
    _of(_whose()).pop(editor, None)
