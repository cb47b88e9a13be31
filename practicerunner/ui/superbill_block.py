"""Superbills on a case's page: those that were issued, and making one. Not drawn where the kind of case has none."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.documents.superbill import Line
from practicerunner.money import dollars
from practicerunner.rules.periods import period
from practicerunner.rules.superbills import (
    HOME,
    OFFICE,
    VIDEO_AT_HOME,
    VIDEO_ELSEWHERE,
    Skipped,
    Wishes,
)
from practicerunner.ui import missing_list
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance, read, read_logged
from practicerunner.ui.reminder_dialog import email_button
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import Action, LeftOut, ReportPeriod, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.superbills import (
    IssueSuperbill,
    SuperbillPreview,
    SuperbillView,
    VoidSuperbill,
    issue_superbill,
    superbill_people,
    superbill_preview,
    superbills_of,
    void_superbill,
)

OTHER_DAYS = "Other days"
_PRESETS = [ReportPeriod.LAST_MONTH, ReportPeriod.THIS_MONTH, ReportPeriod.LAST_QUARTER, ReportPeriod.THIS_QUARTER,
            ReportPeriod.THIS_YEAR, OTHER_DAYS]
_PLACES = {VIDEO_AT_HOME: "By video or phone, at home (10)", VIDEO_ELSEWHERE: "By video or phone, elsewhere (02)",
           OFFICE: "In the office (11)", HOME: "At the client's home (12)"}


def show(actor: Actor, case_id: int) -> None:
    """Draw the block."""
    if not may(actor, Action.READ, Resource.SUPERBILLS):
        return
    people, _ = glance(superbill_people, actor, case_id)
    if people is None:
        return
    issued = read(superbills_of, actor, case_id)
    today = read(wall_clock, actor).date()
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Superbills", anchor=False)
            if people and may(actor, Action.CREATE, Resource.SUPERBILLS) and st.button(
                "Create superbill", key="create_superbill"
            ):
                create_dialog(actor, case_id, people, today)
        if not issued:
            st.text("No superbill yet. It lists rendered and paid services with their codes, for the client's insurer.")
            return
        chosen = _table(issued, today)
        if chosen is None:
            st.caption("Choose a row to see its lines, to open the paper or to void it.")
        else:
            _panel(actor, chosen)


def _table(issued: Sequence[SuperbillView], today: date) -> SuperbillView | None:
    frame = pd.DataFrame({
        "Number": [one.number for one in issued],
        "Client": [one.content.client.name for one in issued],
        "Issued": [day(one.content.issued_on, today) for one in issued],
        "From": [day(one.content.first_on, today) for one in issued],
        "To": [day(one.content.last_on, today) for one in issued],
        "Charged": [dollars(one.content.charged_cents) for one in issued],
        "Paid": [dollars(one.content.paid_cents) for one in issued],
        "Balance": [dollars(one.content.balance_cents) for one in issued],
        "State": ["Void" if one.voided_on else "Invoice void" if one.is_charged_no_more else "Issued"
                  for one in issued],
    })
    rows = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key="case_superbills", alt="Superbills",
        column_config={"Charged": MONEY, "Paid": MONEY, "Balance": MONEY},
    )["selection"]["rows"]
    return issued[rows[0]] if rows and rows[0] < len(issued) else None


def _panel(actor: Actor, chosen: SuperbillView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.text(f"{chosen.number}, {chosen.content.client.name}")
        if may(actor, Action.EXPORT, Resource.SUPERBILLS):
            st.link_button("PDF", f"/files/superbill/{chosen.superbill_id}.pdf", icon=":material/picture_as_pdf:")
        if chosen.voided_on is None:
            email_button(actor, chosen.number, f"superbill_{chosen.superbill_id}")
        if chosen.voided_on is None and may(actor, Action.VOID, Resource.INVOICES) and st.button(
            "Void", key="void_superbill"
        ):
            _void_dialog(actor, chosen)
    if chosen.voided_on is None and chosen.is_charged_no_more:
        st.warning("An invoice of what it lists was voided after it was issued. Void this superbill, and make a "
                   "new one of what was charged since.")
    if chosen.voided_on is not None:
        st.caption(md(f"Void since {day(chosen.voided_on)}: {chosen.void_reason}"))
    line_table(chosen.content.lines, chosen.content.diagnoses)


def line_table(lines: Sequence[Line], diagnoses: Sequence[tuple[str, str]]) -> None:
    """The lines of a superbill as they stand on its paper."""
    st.text("Diagnoses: " + ", ".join(f"{letter} {code}" for letter, code in diagnoses))
    columns = {
        "Date": [day(line.service_date) for line in lines],
        "Service": [line.description for line in lines],
        "Code": [" ".join([line.code, *line.modifiers]) for line in lines],
        "Place": [line.place for line in lines],
        "Diagnoses": [line.pointers for line in lines],
        "Charge": [dollars(line.charge_cents) for line in lines],
        "Adjusted": [dollars(-line.adjusted_cents) if line.adjusted_cents else "" for line in lines],
        "Paid": [dollars(line.paid_cents) for line in lines],
        "Provider": [_by(line) for line in lines],
        "Paid by": [line.paid_by for line in lines],
    }
    for optional in ("Adjusted", "Paid by"):
        if not any(columns[optional]):
            del columns[optional]
    st.dataframe(
        pd.DataFrame(columns), hide_index=True, alt="Lines of the superbill",
        column_config={"Charge": MONEY, "Adjusted": MONEY, "Paid": MONEY},
    )


def _by(line: Line) -> str:
    return f"{line.provider}, under supervision of {line.supervisor}" if line.supervisor else line.provider


@st.dialog("Create superbill", width="large")
def create_dialog(actor: Actor, case_id: int, people: Sequence[tuple[int, str]], today: date) -> None:
    """For whom and which days, what it will say, what it leaves out and why, and what is missing."""
    form = Form(f"superbill.{case_id}")
    names = dict(people)
    person_id = people[0][0]
    if len(people) > 1:
        person_id = form.choice(
            "person_id", "Client", list(names), format_func=lambda one: names[one],
            help="A superbill is for one client, who needs a diagnosis of their own.",
        )
    else:
        st.text(people[0][1])
    first, last = _range(form, today)
    wishes, places = _choices(form, actor, case_id, person_id, first, last)
    preview = read_logged(
        superbill_preview, actor, case_id, person_id, first, last, wishes=wishes, places=places)
    _show_preview(actor, case_id, preview, today)
    ready = bool(preview.lines) and not preview.missing
    label = f"Issue superbill of {count(len(preview.lines), 'line')}, {dollars(preview.charged_cents)}"
    if st.button(label if preview.lines else "Issue superbill", type="primary", disabled=not ready,
                 key=form.field_key("issue")):
        done, _ = form.submit(issue_superbill, actor, lambda: IssueSuperbill(
            op=form.op, case_id=case_id, person_id=person_id, first_on=first, last_on=last,
            include_partly_paid=wishes.partly_paid, include_absent=wishes.absent,
            include_other_client=wishes.other_client, leave_out_issued=not wishes.again, places=places,
            seen=preview.mark,
        ), "Superbill issued")
        if done:
            st.rerun()


def _range(form: Form, today: date) -> tuple[date, date]:
    left, middle, right = st.columns(3)
    with left:
        preset = st.selectbox(
            "Period", _PRESETS, key=form.field_key("period"),
            format_func=lambda one: one.label if isinstance(one, ReportPeriod) else str(one),
        )
    meant = period(preset if isinstance(preset, ReportPeriod) else ReportPeriod.THIS_MONTH, today)
    fixed = isinstance(preset, ReportPeriod)
    # A widget of its own for each period, so that a new choice shows its own days.
    with middle:
        first = form.date(f"first_on.{preset}", "From", meant.start, disabled=fixed)
    with right:
        last = form.date(f"last_on.{preset}", "To, included", meant.end, disabled=fixed)
        form.place("last_on")
    return first or meant.start, last or meant.end


def _choices(
    form: Form, actor: Actor, case_id: int, person_id: int, first: date, last: date
) -> tuple[Wishes, tuple[tuple[int, str], ...]]:
    """What may be chosen beyond the rule; a choice is there only where something in the range depends on it."""
    plain = read_logged(superbill_preview, actor, case_id, person_id, first, last)
    reasons = {one.reason for one in plain.left_out}
    partly = LeftOut.PARTLY_PAID in reasons and form.tick(
        "partly_paid", "Include partly paid services, with the amounts as they are")
    absent = LeftOut.ABSENT in reasons and form.tick(
        "absent", "Include services that only others of this case attended",
        help="Only where the service's code says that the client was not present.")
    other = LeftOut.OTHER_CLIENT in reasons and form.tick(
        "other_client", "Include services that stand on another client's superbill",
        help="Two people claim for the same service then. Be sure that both may.")
    again = not (plain.has_issued and form.tick(
        "leave_out_issued", "Leave out services that stand on an earlier superbill"))
    wishes = Wishes(partly, absent, other, again)
    found = plain if wishes == Wishes() else read_logged(
        superbill_preview, actor, case_id, person_id, first, last, wishes=wishes)
    places = []
    if found.asked_places:
        st.text("Where was the client? Insurers want to know it of each session that was not held in your rooms.")
    for charge_id, line in found.asked_places:
        chosen = form.choice(
            f"place.{charge_id}", f"{day(line.service_date)}, {md(line.description)}", list(_PLACES),
            format_func=lambda one: _PLACES[one], index=None, placeholder="Choose")
        if chosen:
            places.append((charge_id, chosen))
    return wishes, tuple(places)


def _show_preview(actor: Actor, case_id: int, preview: SuperbillPreview, today: date) -> None:
    if preview.lines:
        line_table(preview.lines, preview.diagnoses)
        figures = st.columns(3)
        figures[0].metric("Charged", dollars(preview.charged_cents), border=True)
        figures[1].metric("Paid", dollars(preview.paid_cents), border=True)
        figures[2].metric("Balance", dollars(preview.balance_cents), border=True)
    else:
        st.info("No service in this range can stand on a superbill." if preview.left_out else
                "Nothing was charged in this range. Choose other days.")
    for warning in preview.warnings:
        st.warning(md(warning), icon=":material/info:")
    if preview.lines:
        missing_list.show(actor, case_id, preview.missing)
    left_out_table(preview.left_out, today)


def left_out_table(left_out: Sequence[Skipped], today: date) -> None:
    """What the range holds beside the lines, and why it stays off the paper."""
    if not left_out:
        return
    st.markdown("**Left out**")
    st.dataframe(
        pd.DataFrame({
            "Date": [day(one.service_date, today) for one in left_out],
            "Service": [one.description for one in left_out],
            "Amount": [dollars(one.amount_cents) if one.amount_cents else "" for one in left_out],
            "Why": [one.sentence for one in left_out],
        }),
        hide_index=True, alt="Left out", column_config={"Amount": MONEY},
    )


@st.dialog("Void this superbill")
def _void_dialog(actor: Actor, chosen: SuperbillView) -> None:
    st.text(f"{chosen.number} becomes void. Its number stays visible; a new superbill can be made.")
    form = Form(f"void_superbill.{chosen.superbill_id}")
    reason = form.text("reason", "Reason")
    if st.button(f"Void {chosen.number}", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            void_superbill, actor,
            lambda: VoidSuperbill(op=form.op, superbill_id=chosen.superbill_id, reason=reason),
            f"{chosen.number} voided",
        )
        if done:
            st.rerun()
