"""Whose signed word is there for a release: a row for each person, and the fields in which one is written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from practicerunner.ui.form_sheet import choose_signer
from practicerunner.ui.forms import Form
from practicerunner.ui.identity import in_dialog
from practicerunner.ui.status import badge
from practicerunner.ui.text import day
from practicerunner.vocabulary import AuthorizationState
from practicerunner.workflows.releases import Word

USUALLY = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered about a signed word."""

    person_id: int
    signed_on: date
    expires_on: date
    signer: dict[str, Any]


def again() -> None:
    """Draw the dialog anew with what was done; where it is the whole page, the page."""
    st.rerun(scope="fragment" if in_dialog() else "app")


def row(word: Word, today: date, key: str, take_back: Callable[[int], bool]) -> None:
    """How one person stands, and the button that keeps that they took their word back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        badge(word.state)
        until = f", until {day(word.expires_on, today)}" if word.expires_on is not None else ""
        who = word.capacity or word.name
        st.text(f"{who}{until if word.state is not AuthorizationState.WITHDRAWN else ''}", width="content")
        given = word.authorization_id
        if given is not None and st.button("Taken back", type="tertiary", key=f"{key}.{given}",
                                           help="They have withdrawn it: from now on it counts no more.") and (
            take_back(given)
        ):
            again()


def fields(form: Form, words: Sequence[Word], today: date) -> Entered:
    """Who has signed, for whom, when, and until when it counts."""
    waiting = {word.person_id: word for word in words if word.state is not AuthorizationState.AUTHORIZED}
    person = form.choice("person_id", "Who has signed", list(waiting), format_func=lambda key: waiting[key].name)
    chosen = waiting[person]
    signer = choose_signer(form, person, chosen.name, chosen.signers, "Signed by")
    left, right = st.columns(2)
    with left:
        signed_on = form.date("signed_on", "Date on the paper", today, max_value=today)
    with right:
        expires_on = form.date("expires_on", "Counts until", today + USUALLY, min_value=today)
    return Entered(person, signed_on, expires_on, signer)
