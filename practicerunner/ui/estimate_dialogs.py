"""Preparing a good faith estimate: services, how many, when and how often; and writing down that one was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui import missing_list
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance
from practicerunner.ui.text import day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.estimate_pages import (
    DraftView,
    EstimateBlock,
    EstimateLine,
    SharedView,
    estimate_preview,
)
from practicerunner.workflows.estimates import (
    DraftEstimate,
    ItemAsked,
    RequestEstimate,
    draft_estimate,
    request_estimate,
)

ONCE = "once"
_EVERY = {ONCE: 0, "twice a week": 3, "every week": 7, "every two weeks": 14, "every month": 30}
"""How often → about how many days apart, to propose the last day."""
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class _Start:
    """What the dialog begins with."""

    person_id: int
    items: tuple[ItemAsked, ...]
    place: str
    separately: str = ""
    replaces_id: int | None = None
    revision: int | None = None


@st.dialog("Good faith estimate", width="large")
def estimate_dialog(
    actor: Actor, case_id: int, block: EstimateBlock, draft: DraftView | None, before: SharedView | None, *,
    person_id: int | None = None, renewed: bool = False,
) -> None:
    """Prepare an estimate: a new one, a prepared one again, or the next version of a shared one.

    A new one is for ``person_id`` unless somebody else is chosen; one that is ``renewed`` begins after the old one.
    """
    wanted = person_id
    if not block.services:
        st.text("No service fits this kind of case yet. Add one in the practice settings.")
        return
    start = _start(block, draft, before, renewed=renewed)
    name = draft.draft_id if draft else before.number if before else "new"
    form = Form(f"estimate.{case_id}.{name}.{start.revision}")
    names = dict(block.people)
    person_id = start.person_id
    if draft is None and before is None and len(names) > 1:
        person_id = form.choice("person_id", "For", list(names), format_func=lambda one: names[one],
                                index=list(names).index(wanted) if wanted in names else 0)
    else:
        after = f", {'follows' if renewed else 'next version of'} {before.number}" if before else ""
        st.text(f"{names.get(person_id, '')}{after}")
    waiting = next((one for one in block.drafts if one.person_id == person_id), None)
    if draft is None and waiting is not None:
        st.info(f"An estimate is prepared for {md(waiting.name)} already. Change or discard that one first.")
        return
    number = form.number("number", "Number of rows", max(len(start.items), 1), min_value=1, max_value=MOST_ROWS)
    items = [_row(form, place, block, start.items) for place in range(number)]
    form.place("items")
    place = form.text("place", "Where the services are given, with the state", start.place)
    separately = form.area(
        "separately", "Services that have to be scheduled separately (optional)", start.separately, height=70)
    _preview(actor, case_id, person_id, items, place)
    if st.button("Save the estimate", type="primary", key=form.field_key("save")):
        done, _ = form.submit(draft_estimate, actor, lambda: DraftEstimate(
            op=form.op, case_id=case_id, person_id=person_id, items=tuple(items), place=place, separately=separately,
            replaces_id=start.replaces_id, revision=start.revision,
        ), "Estimate prepared; share it when it is right")
        if done:
            st.rerun()


def _start(
    block: EstimateBlock, draft: DraftView | None, before: SharedView | None, *, renewed: bool = False
) -> _Start:
    if draft is not None:
        return _Start(
            draft.person_id, draft.items, draft.place, draft.separately, draft.replaces_id, draft.revision)
    if before is not None:
        later = before.last_on + timedelta(days=1) - before.first_on if renewed else timedelta()
        items = tuple(
            ItemAsked(
                service_id=line.expected.service_id, quantity=line.expected.quantity,
                first_on=line.expected.first_on + later, last_on=line.expected.last_on + later,
                frequency=line.expected.frequency,
            ) for line in before.lines
        )
        return _Start(before.person_id, items, block.place, replaces_id=before.newest_id)
    due = next((one for one in block.due if one.service_id is not None), None)
    first = due.service_on if due and due.service_on else block.today
    usual = block.usual_service_id or block.services[0][0]
    item = ItemAsked(service_id=(due.service_id if due else None) or usual, quantity=1, first_on=first)
    return _Start(block.people[0][0], (item,), block.place)


def _row(form: Form, place: int, block: EstimateBlock, known: Sequence[ItemAsked]) -> ItemAsked:
    """One service: which, how many, how often, from when to when."""
    start = known[place] if place < len(known) else ItemAsked(
        service_id=known[-1].service_id, quantity=1, first_on=known[-1].last_on or known[-1].first_on)
    services = dict(block.services)
    often = list(_EVERY)
    said = start.frequency or ONCE
    if said not in often:
        often.append(said)
    columns = st.columns([3, 1.4, 2.2, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        service_id = st.selectbox(
            "Service", list(services), format_func=lambda one: services[one], key=form.field_key(f"service.{place}"),
            index=list(services).index(start.service_id) if start.service_id in services else 0)
    with columns[1]:
        quantity = int(st.number_input(
            "How many", 1, 400, start.quantity, key=form.field_key(f"quantity.{place}")))
    with columns[2]:
        frequency = st.selectbox(
            "How often", often, index=often.index(said), key=form.field_key(f"frequency.{place}"))
    with columns[3]:
        first = st.date_input(
            "From", start.first_on, format="YYYY-MM-DD", key=form.field_key(f"first.{place}")) or start.first_on
    untouched = (quantity, frequency, first) == (start.quantity, said, start.first_on) and start.last_on is not None
    until = start.last_on if untouched and start.last_on else _until(first, quantity, frequency)
    with columns[4]:
        # A widget of its own for each answer before it, so that the day that follows from them is shown.
        last = st.date_input(
            "Until", until, format="YYYY-MM-DD",
            key=form.field_key(f"last.{place}.{quantity}.{frequency}.{first}")) or until
    return ItemAsked(
        service_id=service_id, quantity=quantity, first_on=first, last_on=last,
        frequency="" if frequency == ONCE else frequency)


def _until(first: date, quantity: int, frequency: str) -> date:
    return first + timedelta(days=_EVERY.get(frequency, 7) * (quantity - 1))


def _preview(actor: Actor, case_id: int, person_id: int, items: Sequence[ItemAsked], place: str) -> None:
    found, problem = glance(estimate_preview, actor, case_id, person_id, items, place)
    if found is None or found.problem:
        st.warning(md(problem or (found.problem if found else "")), icon=":material/info:")
        return
    line_table(found.lines)
    st.metric("Expected total", dollars(found.total_cents), border=True)
    missing_list.show(actor, case_id, found.missing)


def line_table(lines: Sequence[EstimateLine]) -> None:
    """The lines of an estimate; where a fee changes within a row's days, the row is two lines."""
    st.dataframe(
        pd.DataFrame({
            "Service": [line.service for line in lines],
            "Code": [line.code for line in lines],
            "When": [_when(line) for line in lines],
            "Quantity": [str(line.expected.quantity) for line in lines],
            "Each": [dollars(line.expected.fee_cents) for line in lines],
            "Expected": [dollars(line.expected.amount_cents) for line in lines],
        }),
        hide_index=True, alt="Lines of the estimate",
        column_config={"Quantity": MONEY, "Each": MONEY, "Expected": MONEY},
    )


def _when(line: EstimateLine) -> str:
    one = line.expected
    if one.first_on == one.last_on:
        return day(one.first_on)
    often = f", {one.frequency}" if one.frequency else ""
    return f"{day(one.first_on)} to {day(one.last_on)}{often}"


@st.dialog("Somebody asked for an estimate")
def ask_dialog(actor: Actor, case_id: int, block: EstimateBlock) -> None:
    """Write down who asked what care will cost, and when; the estimate is due three business days later."""
    st.text("Any question about what care will cost is a request. The estimate is due within three business days.")
    form = Form(f"asked.{case_id}")
    names = dict(block.people)
    person_id = form.choice("person_id", "Who asked", list(names), format_func=lambda one: names[one])
    asked_on = form.date("asked_on", "When", block.today)
    if st.button("Write it down", type="primary", key=form.field_key("save")):
        done, _ = form.submit(request_estimate, actor, lambda: RequestEstimate(
            op=form.op, case_id=case_id, person_id=person_id, asked_on=asked_on or block.today), "Written down")
        if done:
            st.rerun()
