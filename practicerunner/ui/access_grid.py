"""Who acts for the people of a case, and the five decisions about each of them, at a glance (D03–D17)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.ui import organisation_block
from practicerunner.ui.forms import Form
from practicerunner.ui.identity import in_dialog
from practicerunner.ui.perform import perform, read
from practicerunner.ui.person_form import find_person, new_person
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import AccessScope, ActingKind, Action, ContactRole, Resource, Verdict
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.access_decisions import (
    DecideAccess,
    EndDecision,
    SwitchNotices,
    decide_access,
    end_decision,
    switch_notices,
)
from practicerunner.workflows.access_grid import AccessGrid, Cell, DecisionView, GridRow, access_grid
from practicerunner.workflows.acting import (
    AddActing,
    ChangeActing,
    LeaveOrganisation,
    VerifyActing,
    add_acting,
    change_acting,
    leave_organisation,
    verify_acting,
)
from practicerunner.workflows.clients import CasePage

EVERYTHING = 0
"""A decision about the client as a whole, instead of the id of a case."""
OPENS = {
    AccessScope.FORMS: "Fill in forms; sign them as a verified representative. With billing: superbills.",
    AccessScope.SCHEDULING: "See appointments, ask for times, move and cancel them. When it ends, calendar addresses "
                            "that were made here for the same appointments stop too.",
    AccessScope.BILLING: "Read invoices, receipts and statements.",
    AccessScope.PORTAL: "See who takes part, and documents that are shared.",
    AccessScope.MESSAGES: "Write messages to the practice, in threads of their own.",
}
"""What each scope opens, beside itself nothing."""


def show(actor: Actor, page: CasePage) -> None:
    """Draw the grid with what can be done about it."""
    grid = read(access_grid, actor, page.case_id)
    changes = grid.may_change and bool(grid.clients)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Who acts for them", anchor=False, width="content")
            if changes and st.button("Somebody who acts", icon=":material/add:", key="add_acting"):
                add_dialog(actor, grid)
        if not grid.rows:
            st.text("Nobody. A parent, guardian, assistant or coordinator can be let do five things, each on its own: "
                    "forms, scheduling, billing, portal, messages. Nothing is open until you decide.")
        for row in grid.rows:
            _row(actor, page, grid, row, changes=changes)
        if grid.rows or grid.notices_off:
            _notices(actor, page, grid)


def _row(actor: Actor, page: CasePage, grid: AccessGrid, row: GridRow, *, changes: bool) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.markdown(f"**{md(row.person)}**", width="content")
                st.text(_stands(grid, row), width="content")
                if row.kind.is_representative:
                    st.badge("Verified" if row.verified_at else "Not verified", color="primary" if row.verified_at
                             else "orange")
            if changes:
                with st.container(horizontal=True, width="content"):
                    if st.button("Decide", key=f"decide.{row.acts_for_id}", icon=":material/rule:"):
                        decide_dialog(actor, page, row.acts_for_id)
                    if st.button("Change", key=f"acting.{row.acts_for_id}", type="tertiary"):
                        change_dialog(actor, grid, row)
                    if row.organisation and row.left_organisation_on is None and st.button(
                        "Left the organisation", key=f"leave.{row.acts_for_id}", type="tertiary"
                    ):
                        leave_dialog(actor, row)
        if row.awaits_decision:
            st.warning(md(f"{row.client} came of age. What was granted before opens nothing any more: decide anew."))
        if row.lacks_birth_date:
            st.warning(md(f"Nobody here knows when {row.client} is 18, so what is granted does not end by itself then. "
                          "Please add the date of birth."))
        for place, (scope, cell) in zip(st.columns(len(AccessScope)), row.cells.items(), strict=True):
            with place, st.container(gap="xxsmall"):
                st.caption(scope.label, width="content")
                word, colour = _word(cell)
                st.badge(word, color=colour)  # type: ignore[arg-type]
                if cell.is_decided and not cell.is_open and cell.why != "Denied.":
                    st.caption(md(cell.why))
                if cell.reason:
                    st.caption(md(cell.reason))
        if row.kind.is_representative and row.may_sign:
            st.text("Cannot sign: " + row.may_sign.replace("you may", "they may").replace(" Please call the practice.",
                                                                                             ""))


def _stands(grid: AccessGrid, row: GridRow) -> str:
    parts = [f"{row.title or row.kind.label.lower()} of {row.client}"]
    if row.organisation:
        parts.append(f"for {row.organisation}")
    if row.starts_on > grid.today:
        parts.append(f"from {day(row.starts_on, grid.today)}")
    if row.left_organisation_on is not None:
        parts.append("no longer works there")
    elif row.ends_on is not None:
        parts.append(f"until {day(row.ends_on - timedelta(days=1), grid.today)}")
    return " · ".join([*parts, *(role.label.lower() for role in row.roles)])


def _on(moment: datetime, grid: AccessGrid) -> str:
    """The day of a moment on the practice's wall."""
    return day(moment.astimezone(ZoneInfo(grid.zone)).date(), grid.today)


def _word(cell: Cell) -> tuple[str, str]:
    if cell.is_open:
        return "Yes", "primary"
    if not cell.is_decided:
        return "Not decided", "gray"
    return ("Denied", "red") if cell.why.startswith("Denied") else ("No", "orange")


def _notices(actor: Actor, page: CasePage, grid: AccessGrid) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(f"They are not told of new access: {grid.notices_reason}" if grid.notices_off
                else "They are told by e-mail when somebody gains access.", width="content")
        if may(actor, Action.UPDATE, Resource.CASE) and st.button(
            "Tell them again" if grid.notices_off else "Do not tell them", type="tertiary", key="access_notices"
        ):
            notice_dialog(actor, page, off=not grid.notices_off)


@st.dialog("Somebody who acts for them", width="large")
def add_dialog(actor: Actor, grid: AccessGrid) -> None:
    """Who, for whom, as what; it opens nothing yet."""
    form = Form("add_acting")
    client_id = form.choice("client_id", "Acts for", list(grid.clients), format_func=grid.clients.__getitem__)
    described = st.toggle("Somebody new", key=form.field_key("new"))
    chosen = None if described else find_person(actor, form, "person_id", "Search somebody already here")
    details = new_person(form, "person") if described else None
    form.place("person")
    kind, title, roles, starts_on, ends_on = _as_what(form, None, grid)
    is_for = _organisation(actor, form, None, kind)
    st.text("It opens nothing: afterwards decide about each of the five scopes.")
    if st.button("Add", type="primary", key=form.field_key("save")):
        def build() -> AddActing:
            if details is None and chosen is None:
                raise BadInput("person", "Search and choose somebody, or describe somebody new.")
            return AddActing(
                op=form.op, client_id=client_id, person_id=chosen[0] if chosen else None,
                person=details() if details else None, kind=kind, title=title, roles=roles, starts_on=starts_on,
                ends_on=ends_on, **is_for(),
            )

        done, _ = form.submit(add_acting, actor, build, "Added; nothing is open yet")
        if done:
            st.rerun()


def _as_what(
    form: Form, row: GridRow | None, grid: AccessGrid
) -> tuple[ActingKind, str, tuple[ContactRole, ...], object, object]:
    """Kind, own word, roles, first day and last day."""
    left, right = st.columns(2)
    kinds = list(ActingKind)
    with left:
        kind = form.choice("kind", "As", kinds, index=kinds.index(row.kind) if row else 0,
                           format_func=lambda one: one.label)
        starts_on = form.date("starts_on", "From", row.starts_on if row else grid.today)
    with right:
        title = form.text("title", "In your words", row.title if row else "", placeholder="for instance bookkeeper",
                          max_chars=60)
        last = row.ends_on - timedelta(days=1) if row and row.ends_on else None
        last_day = form.date("ends_on", "Last day, if known", last)
    roles = st.pills("What they are for the practice", list(ContactRole), selection_mode="multi",
                     default=list(row.roles) if row else None, format_func=lambda one: one.label,
                     key=form.field_key("roles"), help="Words for your list; they open nothing.")
    st.text("Representatives stand in for them and can sign once verified." if kind.is_representative
            else "Helpers help; they never sign.")
    return kind, title, tuple(roles), starts_on, last_day + timedelta(days=1) if last_day else None


def _organisation(
    actor: Actor, form: Form, row: GridRow | None, kind: ActingKind
) -> Callable[[], dict[str, Any]]:
    """For which organisation they help, as fields of the command; a representative acts in their own right."""
    if kind.is_representative:
        return dict
    known = row is not None and row.organisation_id is not None
    if not st.toggle(
        f"For {md(row.organisation)}" if row is not None and known else "For an organisation", value=known,
        key=form.field_key("for_organisation"),
        help="Its people have an account each, and you decide about each of them. When they leave, one click ends what "
             "they were granted, for everybody here.",
    ):
        if known:
            st.text("What they were granted for the organisation ends when you save; decide anew afterwards.")
        return dict
    if row is not None and known:
        return lambda: {"organisation_id": row.organisation_id}
    chosen, details = organisation_block.choose(actor, form)

    def build() -> dict[str, Any]:
        if chosen is None and details is None:
            raise BadInput("organisation", organisation_block.NOBODY)
        return {"organisation_id": chosen, "organisation": details() if details is not None else None}

    return build


@st.dialog("No longer there")
def leave_dialog(actor: Actor, row: GridRow) -> None:
    """Say that somebody has left the organisation for which they help."""
    form = Form(f"leave_organisation.{row.acts_for_id}")
    st.text(f"{row.person} no longer works for {row.organisation}. All that they were granted as one of its people "
            "ends at once, for everybody whom they help here.")
    if st.button("End it now", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            leave_organisation, actor, lambda: LeaveOrganisation(op=form.op, acts_for_id=row.acts_for_id),
            "Ended; it counts from the next action on")
        if done:
            st.rerun()


@st.dialog("How they act", width="large")
def change_dialog(actor: Actor, grid: AccessGrid, row: GridRow) -> None:
    """As what and until when; and what was seen that shows that they may."""
    form = Form(f"acting.{row.acts_for_id}.{row.revision}")
    st.markdown(f"**{md(row.person)}** for {md(row.client)}")
    kind, title, roles, starts_on, ends_on = _as_what(form, row, grid)
    is_for = _organisation(actor, form, row, kind)
    if kind is not row.kind and row.verified_at:
        st.text("With another kind the verification has to be made anew.")
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(change_acting, actor, lambda: ChangeActing(
            op=form.op, acts_for_id=row.acts_for_id, revision=row.revision, kind=kind, title=title, roles=roles,
            starts_on=starts_on, ends_on=ends_on, **is_for(),
        ), "Saved")
        if done:
            st.rerun()
    st.divider()
    seen = Form(f"verify.{row.acts_for_id}.{row.revision}")
    if row.verified_at:
        st.text(f"Verified by {row.verified_by} on {_on(row.verified_at, grid)}: {row.evidence}")
    evidence = seen.text("evidence", "What you saw", row.evidence, max_chars=300,
                         placeholder="for instance the court order of 3 March 2026",
                         help="Empty takes the verification back.")
    if st.button("Save verification", key=seen.field_key("save")):
        done, _ = seen.submit(verify_acting, actor, lambda: VerifyActing(
            op=seen.op, acts_for_id=row.acts_for_id, revision=row.revision, evidence=evidence), "Verification saved")
        if done:
            st.rerun()


@st.dialog("Decide about access", width="large", on_dismiss="rerun")
def decide_dialog(actor: Actor, page: CasePage, acts_for_id: int) -> None:
    """One scope at a time, first what is not decided yet: what stands, what was decided, and a new decision.

    It stays open until nothing is undecided any more, and goes on to the next.
    """
    grid = read(access_grid, actor, page.case_id)
    row = next((one for one in grid.rows if one.acts_for_id == acts_for_id), None)
    if row is None or not grid.may_change:
        st.text("They do not act here any more.")
        return
    st.markdown(f"**{md(row.person)}** for {md(row.client)}")
    undecided = next((one for one in AccessScope if not row.cells[one].is_decided), None)
    key, after = f"scope.{row.acts_for_id}", f"decided.{row.acts_for_id}"
    if st.session_state.pop(after, False) and undecided is not None:
        st.session_state[key] = undecided
    st.session_state.setdefault(key, undecided or AccessScope.FORMS)
    scope = st.segmented_control(
        "Scope", list(AccessScope), format_func=lambda one: one.label, key=key, required=True) or AccessScope.FORMS
    if in_dialog() and "toast" in st.session_state:
        st.toast(md(st.session_state.pop("toast")))
    cell = row.cells[scope]
    word, colour = _word(cell)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(word, color=colour)  # type: ignore[arg-type]
        if not cell.is_decided:
            st.text("It acts as no.", width="content")
        elif cell.why != f"{word}.":
            st.text(cell.why, width="content")
    st.text(OPENS[scope])
    for one in cell.decisions:
        _decision(actor, grid, row, one)
    form = Form(f"decide.{row.acts_for_id}.{scope}.{len(cell.decisions)}")
    left, middle, right = st.columns(3)
    with left:
        starts_on = form.date("starts_on", "From", grid.today)
    with middle:
        last_day = form.date("ends_on", "Last day, if known")
    with right:
        where = form.choice("case_id", "For", [*([EVERYTHING] if row.decides_everything else []), page.case_id],
                            format_func=lambda one: f"Everything of {row.client}" if one == EVERYTHING
                            else "This page alone")
    reason = form.text("reason", "Reason", max_chars=300, help="Needed for a denial, for instance a court order.")

    def decided(verdict: Verdict) -> bool:
        done, _ = form.submit(decide_access, actor, lambda: DecideAccess(
            op=form.op, acts_for_id=row.acts_for_id, scope=scope, verdict=verdict, starts_on=starts_on,
            case_id=None if where == EVERYTHING else where,
            ends_on=last_day + timedelta(days=1) if last_day else None, reason=reason,
        ), f"{scope.label}: {verdict.label.lower()}")
        return done

    with st.container(horizontal=True):
        granted = st.button(f"Grant {scope.label.lower()}", type="primary", key=form.field_key("grant"))
        denied = st.button(f"Deny {scope.label.lower()}", key=form.field_key("deny"))
    if (granted and decided(Verdict.GRANTED)) or (denied and decided(Verdict.DENIED)):
        st.session_state[after] = True
        _again(close=all(one.is_decided for other, one in row.cells.items() if other is not scope))


def _again(*, close: bool = False) -> None:
    """Draw the dialog anew, or go back to the page."""
    st.rerun(scope="fragment" if in_dialog() and not close else "app")


def _decision(actor: Actor, grid: AccessGrid, row: GridRow, one: DecisionView) -> None:
    until = f" until {day(one.ends_on - timedelta(days=1), grid.today)}" if one.ends_on else ""
    where = "" if one.case_id is None else ", this page alone"
    said = f"{one.verdict.label} from {day(one.starts_on, grid.today)}{until}{where}, by {one.by}"
    if one.reason:
        said += f": {one.reason}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if one.ended_at is not None:
            st.text(f"{said} · ended {_on(one.ended_at, grid)} by {one.ended_by}", width="content")
            return
        st.text(said, width="content")
        if one.case_id is None and not row.decides_everything:
            return
        form = Form(f"end_decision.{one.decision_id}")
        if st.button("End now", key=form.field_key("end"), type="tertiary"):
            done, _ = perform(
                end_decision, actor, lambda: EndDecision(op=form.op, decision_id=one.decision_id),
                done="Ended; it counts from the next action on",
            )
            if done:
                form.clear()
                _again()


@st.dialog("Telling them of new access")
def notice_dialog(actor: Actor, page: CasePage, *, off: bool) -> None:
    """Switch the notices of this case off with a reason, or on again."""
    form = Form(f"access_notice.{page.case_id}")
    st.text("Nobody here is told any more when somebody gains access." if off
            else "People here are told again when somebody gains access.")
    reason = form.text("reason", "Reason", max_chars=300, placeholder="for instance that a message could endanger them")
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(switch_notices, actor, lambda: SwitchNotices(
            op=form.op, case_id=page.case_id, off=off, reason=reason), "Saved")
        if done:
            st.rerun()
