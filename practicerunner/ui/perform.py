"""Reading and acting from a page: the only place of the screens that opens a transaction."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from pydantic import ValidationError
from sqlalchemy.orm import Session

from practicerunner import database
from practicerunner.errors import BadInput, FieldProblems, PracticeError
from practicerunner.ui import portal_identity
from practicerunner.ui.identity import in_dialog, present
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.commands import Command, field_messages

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A", Actor, PortalActor)


def _present(actor: A, doing: Callable[..., object]) -> A:
    """The same person as the database knows them now, on whichever side. Raises SignedOut, NoLongerForThem."""
    if isinstance(actor, PortalActor):
        return portal_identity.present(actor, getattr(doing, "__name__", ""))
    return present(actor)


def _now(actor: A, doing: Callable[..., object]) -> A:
    """In a dialog the page's actor may be minutes old, so they are looked up again."""
    return _present(actor, doing) if in_dialog() else actor


def read(
    reader: Callable[Concatenate[Session, A, P], R], actor: A, /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """What a reader returns. A refusal or a missing record ends the run with its sentence."""
    try:
        current = _now(actor, reader)
        with database.reading() as session:
            return reader(session, current, *args, **kwargs)
    except PracticeError as problem:
        st.warning(md(problem), icon=":material/block:")
        st.stop()


def read_logged(
    reader: Callable[Concatenate[Session, A, P], R], actor: A, /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """As ``read``, for a reader that writes the reading into the audit log, such as that of a note."""
    try:
        current = _now(actor, reader)
        with database.transaction() as session:
            return reader(session, current, *args, **kwargs)
    except PracticeError as problem:
        st.warning(md(problem), icon=":material/block:")
        st.stop()


def glance(
    reader: Callable[Concatenate[Session, A, P], R], actor: A, /, *args: P.args, **kwargs: P.kwargs
) -> tuple[R | None, str]:
    """What a reader returns, or the sentence that says why it returns nothing; the run goes on either way."""
    try:
        current = _now(actor, reader)
        with database.reading() as session:
            return reader(session, current, *args, **kwargs), ""
    except PracticeError as problem:
        return None, str(problem)


def watch(
    reader: Callable[Concatenate[Session, Actor, P], R], actor: Actor, /, *args: P.args, **kwargs: P.kwargs
) -> R | None:
    """What a reader returns to a fragment that refreshes itself; nothing once it may not be read any more.

    Watching is no activity: nobody stays signed in by leaving a page open.
    """
    try:
        current = present(actor, active=False)
        with database.reading() as session:
            return reader(session, current, *args, **kwargs)
    except PracticeError:
        return None


def perform(
    verb: Callable[[Session, A, Any], R], actor: A, build: Callable[[], Command], *, done: str = "",
    show: Callable[[str, str], None] | None = None,
) -> tuple[bool, R | None]:
    """Build a command from what was entered and carry it out in one transaction.

    ``done`` is the toast afterwards, in the past tense. ``show(field, sentence)`` puts a problem at its field; without
    it, problems stand where the call stands. Both are plain text, escaped where they are shown. Returns whether it was
    done, and the result.
    """

    def carry_out() -> R:
        asked = build()
        current = _present(actor, verb)
        with database.transaction() as session:
            return verb(session, current, asked)

    return _attempt(carry_out, done, show)


def act(
    work: Callable[[Session], R], *, done: str = "", show: Callable[[str, str], None] | None = None
) -> tuple[bool, R | None]:
    """Carry out what is no command, such as a change of password, in one transaction; otherwise as ``perform``."""

    def carry_out() -> R:
        with database.transaction() as session:
            return work(session)

    return _attempt(carry_out, done, show)


def _attempt(
    carry_out: Callable[[], R], done: str, show: Callable[[str, str], None] | None
) -> tuple[bool, R | None]:
    tell = show or (lambda _, sentence: st.error(md(sentence)))
    try:
        result = carry_out()
    except ValidationError as problem:
        for field, sentence in field_messages(problem).items():
            tell(field, sentence)
        return False, None
    except FieldProblems as problem:
        for field, sentence in problem.problems.items():
            tell(field, sentence)
        return False, None
    except BadInput as problem:
        tell(problem.field, str(problem))
        return False, None
    except PracticeError as problem:
        tell("", str(problem))
        return False, None
    if done:
        st.session_state["toast"] = done
    return True, result
