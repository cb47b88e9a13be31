"""Which goals of the treatment plan a note worked on: chosen beside its sections, fixed in words with its signature."""

from collections.abc import Iterable

import streamlit as st

from practicerunner.rules.note_details import GoalLink
from practicerunner.ui.perform import read_logged
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.plans import GoalChoice, goal_choices

FIELD = "goals"


def value(links: Iterable[GoalLink]) -> list[str]:
    """What the editor's draft holds for the goals that are chosen."""
    return [f"{link.plan_id}:{link.goal}" for link in links]


def links(chosen: Iterable[str]) -> tuple[GoalLink, ...]:
    """What is saved for what was chosen; the words come from the plan."""
    return tuple(
        GoalLink(plan_id=int(plan_id), goal=goal) for plan_id, _, goal in (one.partition(":") for one in chosen)
    )


def choices(actor: Actor, note_id: int) -> dict[str, GoalChoice]:
    """The goals that the note may name."""
    return {f"{one.plan_id}:{one.key}": one for one in read_logged(goal_choices, actor, note_id)}


def show(actor: Actor, note_id: int, field: str, save: "object", *, required: bool = False) -> None:
    """Draw the goals to choose from, as the field of an editor; nothing where there is no plan."""
    found = choices(actor, note_id)
    if not found:
        return

    def called(key: str) -> str:
        one = found[key]
        text = " ".join(one.text.split())
        short = text if len(text) <= 80 else f"{text[:79].rstrip()}…"
        older = "" if one.in_force else " (earlier plan)"
        return md(f"{one.about}: " if one.about else "") + md(f"{one.number} {short}{older}")

    st.pills(
        "Goals of the plan" if required else "Goals of the plan (optional)", list(found), selection_mode="multi",
        format_func=called, key=field, on_change=save,  # type: ignore[arg-type]
    )


def read_only(found: Iterable[GoalLink]) -> None:
    """The goals of a signed note in the words they had then."""
    lines = [
        f"{link.number}  {link.text}" + (f" ({link.about})" if link.about else "") for link in found
    ]
    if lines:
        st.markdown("**Goals of the plan**")
        for line in lines:
            st.text(line)
