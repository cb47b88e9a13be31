"""Reading and acting from a page: the only place of the screens that opens a transaction."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from pydantic import ValidationError
from sqlalchemy.orm import Session

from practicerunner import database
from practicerunner.errors import BadInput, PracticeError
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import Command, field_messages

P = ParamSpec("P")
R = TypeVar("R")


def read(
    reader: Callable[Concatenate[Session, Actor, P], R], actor: Actor, /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """What a reader returns. A refusal or a missing record ends the run with its sentence."""
    try:
        with database.reading() as session:
            return reader(session, actor, *args, **kwargs)
    except PracticeError as problem:
        st.warning(str(problem), icon=":material/block:")
        st.stop()


def perform(
    verb: Callable[[Session, Actor, Any], R], actor: Actor, build: Callable[[], Command], *, done: str = "",
    show: Callable[[str, str], None] | None = None,
) -> tuple[bool, R | None]:
    """Build a command from what was entered and carry it out in one transaction.

    ``done`` is the toast afterwards, in the past tense. ``show(field, sentence)`` puts a problem at its field; without
    it, problems stand where the call stands. Returns whether it was done, and the result.
    """
    tell = show or (lambda _, sentence: st.error(sentence))
    try:
        asked = build()
        with database.transaction() as session:
            result = verb(session, actor, asked)
    except ValidationError as problem:
        for field, sentence in field_messages(problem).items():
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
