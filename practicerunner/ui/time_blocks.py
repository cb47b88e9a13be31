"""Blocking time and opening it again, from the calendar."""

from collections.abc import Callable
from datetime import date, time

import streamlit as st

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import Choice, calendar_providers
from practicerunner.workflows.time_blocks import AddTimeBlock, RemoveTimeBlock, add_time_block, remove_time_block


def block_dialog(actor: Actor, day: date, provider_id: int | None = None) -> None:
    """Open "Block time" for a day, one's own time unless it is said whose."""
    st.dialog("Block time")(_block)(actor, day, provider_id or actor.staff_id)


def _block(actor: Actor, day: date, provider_id: int) -> None:
    form = Form(f"block.{day}" if provider_id == actor.staff_id else f"block.{day}.{provider_id}")
    providers = read(calendar_providers, actor)
    known = [choice.id for choice in providers]
    who: Choice = form.choice(
        "provider_id", "Whose time", providers, format_func=lambda choice: choice.name,
        index=known.index(provider_id) if provider_id in known else 0,
    )
    left, right = st.columns(2)
    with left:
        starts_on = form.date("starts_on", "From", day)
        ends_on = form.date("ends_on", "Until", day)
    with right:
        starts = st.time_input("At", time(9), key=form.field_key("starts"), step=900)
        ends = st.time_input("At", time(17), key=form.field_key("ends"), step=900)
    reason = form.text("reason", "Reason", placeholder="For example vacation or administration")
    if st.button("Block this time", type="primary", width="stretch"):
        done, _ = form.submit(add_time_block, actor, lambda: AddTimeBlock(
            op=form.op, provider_id=who.id, starts_on=starts_on or day, starts=starts or time(9),
            ends_on=ends_on or day, ends=ends or time(17), reason=reason,
        ), done="Time blocked")
        if done:
            st.rerun()


def unblock_dialog(actor: Actor, time_block_id: int, *, on_dismiss: Callable[[], None]) -> None:
    """Open "Blocked time", where it can be opened again."""
    st.dialog("Blocked time", on_dismiss=on_dismiss)(_unblock)(actor, time_block_id)


def _unblock(actor: Actor, time_block_id: int) -> None:
    form = Form(f"unblock.{time_block_id}")
    st.text("Appointments can be booked in this time again once it is opened.")
    if st.button("Open this time again", type="primary", width="stretch"):
        done, _ = form.submit(
            remove_time_block, actor, lambda: RemoveTimeBlock(op=form.op, time_block_id=time_block_id),
            done="Time opened again",
        )
        if done:
            st.rerun()
