"""The parts of the import page: what the columns mean, what a dry run found, what earlier imports did."""

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.rules.importing import DateOrder, Field
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, md, moment
from practicerunner.vocabulary import RowOutcome
from practicerunner.workflows.access import Actor
from practicerunner.workflows.imports import (
    BadRow,
    FileLook,
    ImportPlan,
    KeptRow,
    RunSummary,
    UndoImport,
    date_question,
    import_report,
    plan_undo,
    undo_import,
)

LEAVE_OUT = "Leave out"
_METRICS = {
    RowOutcome.NEW: "New", RowOutcome.DUPLICATE: "Duplicates", RowOutcome.IMPOSSIBLE_DATE: "Impossible dates",
    RowOutcome.INCOMPLETE_COUPLE: "Couples of one", RowOutcome.INVALID: "Other problems",
}


def mapping(form: Form, look: FileLook) -> dict[str, Field | None]:
    """A chooser per column, the understood ones first. What must stay outside has no chooser."""
    chosen: dict[str, Field | None] = {}
    st.subheader("What the columns mean", anchor=False)
    for column in (c for c in look.columns if look.mapping[c] is not None):
        chosen[column] = _meaning(form, look, column)
    form.place("mapping")
    rest = [c for c in look.columns if look.mapping[c] is None]
    if rest:
        with st.expander(f"{count(len(rest), 'column')} left out"):
            for column in rest:
                chosen[column] = _meaning(form, look, column)
    return chosen


def _meaning(form: Form, look: FileLook, column: str) -> Field | None:
    name, example, meaning = st.columns([2, 2, 3], vertical_alignment="center")
    name.text(column)
    if column in look.forbidden:
        meaning.text(f"Never imported: {look.forbidden[column]}")
        return None
    example.text(look.examples.get(column, ""))
    words = {field.label: field for field in Field}
    proposed = look.mapping[column]
    chosen = meaning.selectbox(
        f"Meaning of {md(column)}", [LEAVE_OUT, *words], 0 if proposed is None else 1 + list(Field).index(proposed),
        label_visibility="collapsed", key=form.field_key(f"column {column}"),
    )
    return words.get(chosen)


def date_order(form: Form, file: bytes, chosen: Mapping[str, Field | None]) -> tuple[DateOrder | None, bool]:
    """Asked once for the file, and only where its dates can be read two ways; and whether the answer is missing."""
    asks, proposed = date_question(file, chosen)
    if not asks:
        return None, False
    orders = list(DateOrder)
    answer = st.radio(
        "Dates in this file", orders, index=orders.index(proposed) if proposed else None, horizontal=True,
        format_func=lambda order: order.label, key=form.field_key("date_order"),
    )
    form.place("date_order")
    return answer, answer is None


def outcomes(counts: Mapping[RowOutcome, int], balance_cents: int) -> None:
    """The counts side by side; other problems only where there are any."""
    shown = [o for o in RowOutcome if counts[o] or o is not RowOutcome.INVALID]
    places = st.columns(len(shown) + 1)
    for place, outcome in zip(places, shown, strict=False):
        place.metric(_METRICS[outcome], f"{counts[outcome]:,}")
    places[-1].metric("Opening balances", dollars(balance_cents))


def bad_rows(rows: Iterable[BadRow]) -> None:
    """Every row that stays outside, by line and reason."""
    table = [(row.line, row.outcome.label, row.reason) for row in rows]
    if table:
        st.dataframe(
            pd.DataFrame(table, columns=["Line", "What", "Why"]), hide_index=True, alt="Rows that are not imported",
            column_config={"Line": st.column_config.NumberColumn(width="small", format="%d")},
        )


def dry_run(plan: ImportPlan) -> None:
    """What an import would do."""
    st.subheader("Dry run", anchor=False)
    if plan.remark:
        st.warning(plan.remark, icon=":material/translate:")
    outcomes(plan.counts, plan.balance_cents)
    bad_rows(plan.bad)
    if plan.preview:
        st.text("The first rows as they will come in")
        st.dataframe(
            pd.DataFrame({
                "Name": [row.name for row in plan.preview], "Born": [row.born for row in plan.preview],
                "Kind": [row.kind for row in plan.preview], "Status": [row.status for row in plan.preview],
                "Contact": [row.contact for row in plan.preview], "Address": [row.address for row in plan.preview],
                "Opening balance": [dollars(row.balance_cents) for row in plan.preview],
            }),
            hide_index=True, alt="First rows",
        )


def earlier(actor: Actor, runs: Iterable[RunSummary], zone: str) -> None:
    """Earlier imports, each with what it did, and the way to undo it."""
    for run in runs:
        with st.container(border=True):
            words, act = st.columns([5, 1], vertical_alignment="center")
            words.text(run.file_name)
            words.text(
                f"{moment(run.imported_at, zone)}, {run.imported_by}: "
                + ", ".join(f"{run.counts[o]:,} {o.label.lower()}" for o in RowOutcome if run.counts[o])
                + f"; opening balances {dollars(run.balance_cents)}"
            )
            if run.undone_at is not None:
                words.text(f"Undone {moment(run.undone_at, zone)}, {run.kept:,} kept")
            elif run.counts[RowOutcome.NEW] and act.button("Undo", key=f"undo {run.run_id}"):
                st.session_state["undoing"] = run.run_id
            if st.session_state.get("undoing") == run.run_id and run.undone_at is None:
                _undo(actor, run)
            if run.kept or any(n for outcome, n in run.counts.items() if outcome is not RowOutcome.NEW):
                _details(actor, run)


def _details(actor: Actor, run: RunSummary) -> None:
    """The rows that stayed outside and those that were kept, read when somebody opens them."""
    if st.toggle("Show its rows", key=f"rows {run.run_id}"):
        report = read(import_report, actor, run.run_id)
        bad_rows(report.bad)
        kept_rows(report.kept)


def kept_rows(kept: Iterable[KeptRow]) -> None:
    """Clients that undoing leaves, each a link, with the reason."""
    for row in kept:
        name, reason = st.columns([2, 3], vertical_alignment="center")
        with name:
            navigation.link(md(row.name), "case", case=row.case_id)
        reason.text(row.reason)


def _undo(actor: Actor, run: RunSummary) -> None:
    """Say with counts what undoing does, then do it."""
    plan = read(plan_undo, actor, run.run_id)
    st.text(f"This removes {count(plan.removed, 'record')} with people and opening balances. {len(plan.kept)} stay, "
            "because they have been used since.")
    kept_rows(plan.kept)
    yes, no = st.columns(2)
    if no.button("Leave it as it is", key=f"leave {run.run_id}", width="stretch"):
        del st.session_state["undoing"]
        st.rerun()
    op = f"undo-import-{run.run_id}"
    if yes.button(f"Remove {count(plan.removed, 'record')}", key=f"remove {run.run_id}", type="primary",
                  disabled=not plan.removed, width="stretch"):
        ok, _ = perform(
            undo_import, actor, lambda: UndoImport(op=op, run_id=run.run_id),
            done=f"Import undone: {plan.removed:,} removed, {len(plan.kept):,} kept",
        )
        if ok:
            del st.session_state["undoing"]
            st.rerun()
