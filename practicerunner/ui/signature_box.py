"""Signing from a page: the field in which the signer shows who they are, and the button that says what happens."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import act
from practicerunner.workflows.access import Actor
from practicerunner.workflows.proof import Proven, Signing, prove


def sign(
    form: Form, actor: Actor, verb: Callable[[Session, Actor, Any], Any], build: Callable[[str, str], Signing], *,
    label: str, done: str,
) -> bool:
    """The field and the button; ``build`` takes the operation id and the proof. Returns whether it was signed just now.

    ``label`` is Markdown. Enter in the field signs too. A wrong password is said at the field; what else was typed
    stays.
    """
    with st.form(form.field_key("sign"), border=False, enter_to_submit=True):
        typed = st.text_input("Your password, or the code of your authenticator", type="password",
                              key=form.field_key("proof"), autocomplete="current-password")
        form.place("proof")
        pressed = st.form_submit_button(label, type="primary", icon=":material/draw:")
    if not pressed:
        return False
    proved, answer = act(lambda session: prove(session, actor, typed, form.op), show=form.show)
    if not proved or answer is None:
        return False
    return _sign(form, actor, verb, build, answer, done)


def _sign(
    form: Form, actor: Actor, verb: Callable[[Session, Actor, Any], Any], build: Callable[[str, str], Signing],
    answer: Proven, done: str,
) -> bool:
    if answer.refusal:
        form.show("proof", answer.refusal)
        return False
    signed, _ = form.submit(verb, actor, lambda: build(form.op, answer.proof), done)
    return signed
