"""Something went to the wrong person: a short report from wherever somebody notices it, and its page (A34)."""

from typing import Literal

import streamlit as st

from practicerunner import clock
from practicerunner.rules import breaches as rule
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md, moment
from practicerunner.vocabulary import Action, BreachChannel, BreachDecision, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.breaches import (
    AssessBreach,
    BreachLine,
    BreachPage,
    CloseBreach,
    ReportWrongRecipient,
    assess_breach,
    close_breach,
    report_wrong_recipient,
)
from practicerunner.workflows.practice import practice_settings

LABEL = "Report a wrong recipient"


def report_button(
    actor: Actor, key: str, *, case_id: int | None = None, channel: BreachChannel | None = None,
    subject_id: int | None = None, what: str = "", meant_for: str = "", went_to: str = "",
    kind: Literal["secondary", "tertiary"] = "tertiary",
) -> None:
    """The way into the report, with what is known from where it stands."""
    if may(actor, Action.CREATE, Resource.BREACHES) and st.button(
        LABEL, icon=":material/wrong_location:", type=kind, key=f"wrong_recipient.{key}"
    ):
        report_dialog(actor, case_id, channel, subject_id, what, meant_for, went_to)


@st.dialog(LABEL, width="medium")
def report_dialog(
    actor: Actor, case_id: int | None, channel: BreachChannel | None, subject_id: int | None, what: str,
    meant_for: str, went_to: str,
) -> None:
    """What went to whom, when it was noticed and by whom; an owner is told, and sixty days begin to count."""
    form = Form(f"wrong_recipient.{channel}.{subject_id or case_id}")
    st.text("An owner sees this on Today until it is assessed and closed.")
    by = channel
    if by is None:
        by = form.choice("channel", "What was it", list(BreachChannel), format_func=lambda word: word.label)
    said = form.area("what", "What went to the wrong person", what, height=100,
                     placeholder="For instance: the invoice of October, with name and address",
                     help="Say what it was, without repeating what it says.")
    meant = form.text("meant_for", "For whom it was meant, or whose it is", meant_for, max_chars=200)
    went = form.text("went_to", "Who got it", went_to, max_chars=200)
    left, right = st.columns(2)
    today = clock.today(read(practice_settings, actor).zone)
    with left:
        noticed_on = form.date("noticed_on", "Noticed on", today, max_value=today)
    with right:
        noticed_by = form.text("noticed_by", "Noticed by", actor.name, max_chars=200)
    if st.button("Report it", type="primary", key=form.field_key("save")):
        done, breach_id = form.submit(report_wrong_recipient, actor, lambda: ReportWrongRecipient(
            op=form.op, case_id=case_id, channel=by, subject_id=subject_id, what=said, meant_for=meant, went_to=went,
            noticed_on=noticed_on, noticed_by=noticed_by), "Wrong recipient reported")
        if done and breach_id is not None:
            navigation.go("breaches", breach=breach_id)


def row(line: BreachLine) -> None:
    """One report in the list."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap="xsmall"):
            navigation.link(md(f"{line.channel.label} for {line.meant_for}"), "breaches", breach=line.breach_id)
            case = f"{line.case_name} · " if line.case_name else ""
            st.caption(md(f"{case}Went to {line.went_to} · noticed {day(line.noticed_on)} · "
                          f"reported by {line.reported_by}"))
        standing(line)


def standing(line: BreachLine) -> None:
    """Open with the days that are left, or closed."""
    if line.closed_at is not None:
        st.badge("Closed", color="gray")
        return
    words = rule.left_in_words(line.days_left)
    st.badge(words[:1].upper() + words[1:], color="red" if line.days_left <= rule.URGENT else "orange")


def show(actor: Actor, page: BreachPage) -> None:
    """One report: what happened, the four factors, the decision."""
    line = page.line
    navigation.link("Wrong recipients", "breaches", icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(md(f"{line.channel.label} for {line.meant_for}"), anchor=False, width="content")
        standing(line)
    if line.closed_at is None:
        st.text(f"Noticed {day(line.noticed_on)}. If the people concerned have to be told, then without delay and by "
                f"{day(page.due_on)} at the latest, 60 days after it was noticed.")
    left, right = st.columns([2, 3], gap="large")
    with left:
        _what(page)
    with right:
        if page.may_write or page.may_close:
            _assess(actor, page)
        else:
            _assessed(page)


def _what(page: BreachPage) -> None:
    line = page.line
    with st.container(border=True):
        st.subheader("What happened", anchor=False)
        st.text(page.what)
        st.text(f"Meant for {line.meant_for}\nWent to {line.went_to}")
        st.text(f"Noticed {day(line.noticed_on)} by {page.noticed_by}\n"
                f"Reported {moment(page.reported_at, page.zone)} by {line.reported_by}")
        if page.case_id is not None:
            navigation.link(md(line.case_name), "case", icon=":material/person:", case=page.case_id)
        if line.channel is BreachChannel.MESSAGE and page.subject_id is not None:
            navigation.link("Open the conversation", "messages", icon=":material/chat:", thread=page.subject_id)


def _assess(actor: Actor, page: BreachPage) -> None:
    """The form of the assessment."""
    form = Form(f"breach.{page.line.breach_id}.{page.revision}")
    st.subheader("Assessment", anchor=False)
    answered = sum(bool(text.strip()) for text in page.factors.values())
    st.caption(f"{answered} of {count(len(rule.FACTORS), 'factor')} answered. Something that goes to the wrong person "
               "counts as a breach unless these show a low probability that it was compromised.")
    factors = {
        name: form.area(name, label, page.factors[name], height=100, placeholder=hint)
        for name, (label, hint) in rule.FACTORS.items()
    }
    decision = st.radio(
        "Decision", [None, *BreachDecision], [None, *BreachDecision].index(page.line.decision),
        format_func=lambda word: word.label if word else "Not decided yet", key=form.field_key("decision"))
    form.place("decision")
    reason = form.area("reason", "Why", page.reason, height=100)
    notified_on = None
    if decision is BreachDecision.NOTIFY:
        notified_on = form.date("notified_on", "When the people concerned were told", page.notified_on,
                                min_value=page.line.noticed_on, max_value=page.today)
        st.caption("Where fewer than 500 people are concerned, the Department of Health and Human Services is told "
                   "within 60 days after the end of the year; from 500 on together with them.")
    told = {
        "breach_id": page.line.breach_id, "revision": page.revision, **factors, "decision": decision, "reason": reason,
        "notified_on": notified_on,
    }
    with st.container(horizontal=True):
        if page.may_close and st.button("Close the report", type="primary", key=form.field_key("close")):
            done, _ = form.submit(close_breach, actor, lambda: CloseBreach(op=form.op, **told), "Report closed")
            if done:
                st.rerun()
        if page.may_write and st.button("Save for now", key=form.field_key("save")):
            done, _ = form.submit(assess_breach, actor, lambda: AssessBreach(op=form.op, **told), "Assessment saved")
            if done:
                st.rerun()
    if not page.may_close:
        st.caption("An owner decides and closes it.")


def _assessed(page: BreachPage) -> None:
    """The assessment as it was closed."""
    with st.container(border=True):
        st.subheader("Assessment", anchor=False)
        for name, (label, _) in rule.FACTORS.items():
            st.markdown(f"**{label}**")
            st.text(page.factors[name])
        decision = page.line.decision
        st.markdown(f"**{decision.label if decision is not None else 'Not decided'}**")
        st.text(page.reason)
        if page.notified_on is not None:
            st.text(f"The people concerned were told {day(page.notified_on)}.")
        if page.line.closed_at is not None:
            st.text(f"Closed by {page.closed_by}, {moment(page.line.closed_at, page.zone)}")
