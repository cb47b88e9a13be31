"""What the page of opening hours shows: the week, single days and vacations, the policy, and what clients would see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from practicerunner.records.practice import Service
from practicerunner.rules.availability import FreeSlot
from practicerunner.ui import time_blocks
from practicerunner.ui.forms import Form
from practicerunner.ui.hours_dialogs import exception_dialog, facts_of, span, weekly_dialog
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Audience
from practicerunner.workflows.access import Actor
from practicerunner.workflows.availability import free_times
from practicerunner.workflows.calendar import Blocked, blocks_between
from practicerunner.workflows.opening_hours import WEEKDAYS, Hours, ProviderHours, SavePolicy, save_policy
from practicerunner.workflows.practice import location_list, service_list

AHEAD = timedelta(days=366)
PREVIEW = timedelta(days=13)
GRIDS = (5, 10, 15, 20, 30, 60)
DAY_WIDTH, TIME_WIDTH = 100, 105
FOR_WHOM = (Audience.EXISTING_CLIENTS, Audience.NEW_INQUIRIES, Audience.STAFF)


@dataclass(frozen=True, slots=True)
class Names:
    """What places and services are called, also those that are not offered any more, and the services that are."""

    places: dict[int, str]
    services: dict[int, str]
    offered: list[Service]


def names(actor: Actor) -> Names:
    """Read once for everything on the page."""
    services = read(service_list, actor, with_inactive=True)
    return Names(
        {place.id: place.name for place in read(location_list, actor, with_inactive=True)},
        {service.id: service.name for service in services}, [service for service in services if service.active],
    )


def week(actor: Actor, seen: ProviderHours, named: Names) -> None:
    """Monday to Sunday, each with its hours."""
    with st.container(border=True, gap="xsmall"):
        for weekday, name in enumerate(WEEKDAYS):
            of_day = [hours for hours in seen.weekly if hours.weekday == weekday]
            for place, hours in enumerate(of_day):
                with _row("" if place else name):
                    st.text(span(hours), width=TIME_WIDTH)
                    st.caption(facts_of(hours, named.places, named.services, seen.today), width="stretch")
                    _change(actor, seen, hours)
            if not of_day:
                with _row(name):
                    st.caption("closed", width="stretch")
    if seen.weekly:
        st.caption("Existing clients may book these hours unless it says otherwise; staff may book at any time.")


def _row(name: str) -> DeltaGenerator:
    """A line that begins with a day."""
    line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    line.text(name, width=DAY_WIDTH)
    return line


def _change(actor: Actor, seen: ProviderHours, hours: Hours) -> None:
    if not seen.may_change:
        return
    if st.button("Change", key=f"hours.{hours.opening_hours_id}.change", type="tertiary"):
        if hours.weekday is None:
            exception_dialog(actor, seen.provider_id, hours, seen.today)
        else:
            weekly_dialog(actor, seen.provider_id, hours)


def single_days(actor: Actor, seen: ProviderHours, named: Names) -> None:
    """Exceptions and blocked time ahead, by date."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader("Single days and vacations", anchor=False, width="content")
        if seen.may_change:
            with st.container(horizontal=True, width="content"):
                if st.button("Other hours on one day", key="hours.day", icon=":material/event:"):
                    exception_dialog(actor, seen.provider_id, None, seen.today)
                if st.button("Block time", key="hours.block", icon=":material/block:"):
                    time_blocks.block_dialog(actor, seen.today, seen.provider_id)
    blocks = read(blocks_between, actor, seen.today, seen.today + AHEAD, provider_ids=[seen.provider_id])
    rows: list[tuple[date, Hours | Blocked]] = [(h.on_date, h) for h in seen.exceptions if h.on_date]
    rows += [(block.starts.date(), block) for block in blocks]
    if not rows:
        st.text("None ahead. A day on which the hours are different, and vacations, appear here.")
        return
    with st.container(border=True, gap="xsmall"):
        for on_date, row in sorted(rows, key=lambda pair: pair[0]):
            with _row(day(on_date, seen.today)):
                if isinstance(row, Blocked):
                    _block(actor, seen, row)
                    continue
                st.text(span(row), width=TIME_WIDTH)
                st.badge("Closed" if row.is_closed else "Open", color="gray" if row.is_closed else "primary")
                st.caption(" · ".join(filter(None, [
                    md(row.reason), "" if row.is_closed else facts_of(row, named.places, named.services, seen.today),
                ])), width="stretch")
                _change(actor, seen, row)


def _block(actor: Actor, seen: ProviderHours, block: Blocked) -> None:
    same_day = block.ends.date() == block.starts.date()
    ends = f"{block.ends:%H:%M}" if same_day else f"{day(block.ends.date(), seen.today)} {block.ends:%H:%M}"
    st.text(f"{block.starts:%H:%M}–{ends}", width=TIME_WIDTH if same_day else "content")
    st.badge("Blocked", color="gray")
    st.caption(md(block.reason), width="stretch")
    if seen.may_change and st.button("Remove", key=f"hours.block.{block.time_block_id}", type="tertiary"):
        time_blocks.unblock_dialog(actor, block.time_block_id, on_dismiss=_nothing)


def _nothing() -> None:
    """The page needs no redrawing when a dialog is closed."""


def policy(actor: Actor, seen: ProviderHours) -> None:
    """How far ahead, how late and how tightly clients book."""
    form = Form(f"policy.{seen.provider_id}")
    kept = form.field_key("revision")
    if form.field_key("notice_hours") not in st.session_state:
        # As of when the fields were filled: whoever saves after somebody else hears of it and keeps what they typed.
        st.session_state[kept] = seen.policy_revision
    with st.container(border=True):
        st.subheader("How clients book", anchor=False)
        notice = form.number(
            "notice_hours", "At least … hours before", seen.policy.notice_hours, disabled=not seen.may_change,
        )
        advance = form.number(
            "advance_days", "At most … days ahead", seen.policy.advance_days, disabled=not seen.may_change,
        )
        buffer = form.number(
            "buffer_minutes", "Free minutes before and after each appointment", seen.policy.buffer_minutes, step=5,
            disabled=not seen.may_change, help="Also kept in the free times that staff are offered.",
        )
        grids = sorted({*GRIDS, seen.policy.grid_minutes})
        grid = form.choice(
            "grid_minutes", "Appointments can begin every … minutes", grids,
            index=grids.index(seen.policy.grid_minutes), disabled=not seen.may_change,
            help="Counted from midnight: every 30 minutes is on the hour and at half past.",
        )
        if seen.may_change and st.button("Save these rules", key=f"{form.key}.save", width="stretch"):
            done, _ = form.submit(save_policy, actor, lambda: SavePolicy(
                op=form.op, provider_id=seen.provider_id, revision=st.session_state[kept], notice_hours=notice,
                advance_days=advance, buffer_minutes=buffer, grid_minutes=grid,
            ), done="How clients book saved")
            if done:
                st.rerun()


def preview(actor: Actor, seen: ProviderHours, named: Names) -> None:
    """The free times of the next fourteen days, as clients, inquiries or staff are offered them."""
    st.subheader("What clients could book", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        audience: Audience = st.segmented_control(
            "Who is looking", FOR_WHOM, default=FOR_WHOM[0], format_func=lambda one: one.label, required=True,
            key="hours.audience",
        )
        service = st.selectbox(
            "Service", named.offered, format_func=lambda one: f"{one.name}, {one.minutes} minutes", key="hours.service",
            width=320,
        )
    minutes = service.minutes if service else 50
    found = read(
        free_times, actor, seen.provider_id, minutes, seen.today, seen.today + PREVIEW, audience=audience,
        service_id=service.id if service else None,
    )
    if not found:
        st.text(_why_nothing(seen, audience))
        return
    with st.container(border=True, gap="xsmall"):
        for on_date, slots in groupby(found, lambda slot: slot.local_date):
            with st.container(horizontal=True):
                st.text(day(on_date, seen.today), width=DAY_WIDTH)
                st.text(_times(slots, named.places), width="stretch")


def _times(slots: Iterable[FreeSlot], places: dict[int, str]) -> str:
    """The times of a day, with the place where it is not any."""
    parts = []
    for where, group in groupby(slots, lambda slot: (slot.location_id, slot.format)):
        at = "  ".join(f"{slot.local_time:%H:%M}" for slot in group)
        named = ", ".join(filter(None, [places.get(where[0] or 0), where[1].label.lower() if where[1] else None]))
        parts.append(f"{at} ({named})" if named else at)
    return "    ".join(parts)


def _why_nothing(seen: ProviderHours, audience: Audience) -> str:
    """Why nobody could book, and what to do."""
    opened = [hours for hours in (*seen.weekly, *seen.exceptions) if not hours.is_closed]
    if audience is Audience.STAFF or (opened and any(_is_for(hours, audience) for hours in opened)):
        return "Nothing is free for this service in the next 14 days."
    if not opened:
        return "Nothing yet: there are no opening hours. Add hours to let clients book."
    return f"No hours are open for {audience.label.lower()}. Change hours above to let them book."


def _is_for(hours: Hours, audience: Audience) -> bool:
    return hours.for_new_inquiries if audience is Audience.NEW_INQUIRIES else hours.for_existing_clients
