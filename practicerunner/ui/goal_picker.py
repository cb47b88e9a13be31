"""Which goals of the treatment plan a note worked on: chosen beside its sections, fixed in words with its signature."""

from collections.abc import Iterable, Mapping

import streamlit as st

from practicerunner.rules.note_details import GoalLink
from practicerunner.ui.draft import Draft
from practicerunner.ui.text import md
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.plan_goals import GoalChoice

SHOWN = 80
"""Characters of a goal that a choice shows."""


def value(links: Iterable[GoalLink]) -> list[str]:
    """What the editor's draft holds for the goals that are chosen."""
    return [f"{link.plan_id}:{link.goal}" for link in links]


def links(chosen: Iterable[str]) -> tuple[GoalLink, ...]:
    """What is saved for what was chosen; the words come from the plan."""
    return tuple(
        GoalLink(plan_id=int(plan_id), goal=goal) for plan_id, _, goal in (one.partition(":") for one in chosen)
    )


def offered(page: NotePage) -> dict[str, GoalChoice]:
    """The goals that a note may name, by what the editor's draft holds for each."""
    return {f"{one.plan_id}:{one.key}": one for one in page.goals}


def show(draft: Draft, found: Mapping[str, GoalChoice], *, required: bool = False) -> None:
    """Draw the goals to choose from, as a field of an editor; nothing where there are none."""
    if not found:
        return
    st.pills(
        "Goals of the plan" if required else "Goals of the plan (optional)", list(found), selection_mode="multi",
        format_func=lambda key: _called(found[key]), key=draft.field("goals"), on_change=draft.save, wrap=True,
    )
    draft.problem("goals")


def _called(one: GoalChoice) -> str:
    text = " ".join(one.text.split())
    short = text if len(text) <= SHOWN else f"{text[:SHOWN - 1].rstrip()}…"
    whose = f"{one.about}: " if one.about else ""
    plan = "" if one.in_force else " (later plan)" if one.is_later else " (earlier plan)"
    return md(f"{whose}{one.number} {short}{plan}")
