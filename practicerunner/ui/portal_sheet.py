"""A form outside the practice: to fill in and sign on a phone, and as it was handed in."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.rules import forms as rule
from practicerunner.rules.forms import Pdf
from practicerunner.ui import form_fields
from practicerunner.ui.draft import Draft
from practicerunner.ui.form_sheet import hand_in_label, signed_words
from practicerunner.ui.forms import Form
from practicerunner.ui.portal import go, link
from practicerunner.ui.text import count, md, moment, saved
from practicerunner.vocabulary import AssignmentStatus, FieldKind
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.forms import SaveAnswers
from practicerunner.workflows.portal_forms import HandIn, MyResponse, MySheet, hand_in_mine, save_my_answers


def show(me: PortalActor, page: MySheet) -> None:
    """Draw a form to fill in."""
    link("All forms", "portal_forms", icon=":material/arrow_back:")
    st.title(md(page.name), anchor=False)
    if me.client_id is not None:
        st.text(f"For {page.person}")
    if page.status is AssignmentStatus.COMPLETED:
        if page.response_id is not None:
            go("portal_forms", response=page.response_id)
        st.info("This form was handed in.")
        return
    if page.status is AssignmentStatus.WITHDRAWN:
        st.info("The practice has taken this form back, so there is nothing to fill in any more.")
        return
    if page.refusal:
        st.warning(md(page.refusal), icon=":material/block:")
    if page.replaces:
        st.text("It takes the place of what was handed in before.")
    if page.others_draft:
        st.info("Somebody else has begun this form too. What they wrote is kept for them and not shown; once one of "
                "you hands it in, it is done.")
    if page.only_to_read:
        _to_read(me, page)
        return
    _sheet(me, page)


def _to_read(me: PortalActor, page: MySheet) -> None:
    """What a form says, for whoever cannot sign it."""
    if page.content.intro:
        st.text(page.content.intro)
    for field in page.content.fields:
        if not field.asks:
            form_fields.draw(field, f"read.{page.assignment_id}.{field.key}",
                             address=_address(me, page.assignment_id), title=page.name)
    if page.content.notice:
        st.caption(md(page.content.notice))


def _sheet(me: PortalActor, page: MySheet) -> None:
    def keep(session: Session, revision: int, typed: Mapping[str, Any]) -> int:
        return save_my_answers(session, me, SaveAnswers(
            assignment_id=page.assignment_id, revision=revision, answers=form_fields.answers(page.content, typed)))

    draft = Draft(
        f"portal_sheet.{page.assignment_id}", page.revision, form_fields.values(page.content, page.answers), keep,
        form_fields.labels(page.content), hidden=page.others_draft)
    form = Form(f"portal_hand_in.{page.assignment_id}")
    if page.content.intro:
        st.text(page.content.intro)
    draft.left_over()
    answers = form_fields.answers(page.content, draft.typed())
    critical = next(iter(rule.critical_answers(page.content, answers)), None)
    for field in page.content.fields:
        form_fields.draw(
            field, draft.field(field.key), draft.save, address=_address(me, page.assignment_id), title=page.name)
        form.place(field.key)
        if field.kind is FieldKind.SIGNATURE:
            st.caption(md(f"Type your own name as it stands here. Signed as: {page.capacity}"))
        if critical is not None and field.key == critical.key:
            st.warning(md(page.crisis), icon=":material/call:")
    in_trouble = draft.trouble()
    if page.saved_at is not None:
        st.caption(f"{saved(page.saved_at, page.zone, clock.today(page.zone))}. You can go on later.")
    left = rule.unanswered(page.content, answers)
    if page.content.measure and left:
        st.text(f"{count(len(left), 'question')} without an answer. You can leave them out.")
    if st.button(hand_in_label(page.content), type="primary", icon=":material/draw:",
                 disabled=in_trouble or bool(page.refusal), key=form.field_key("save"), width="stretch"):
        done, response_id = form.submit(hand_in_mine, me, lambda: HandIn(
            op=form.op, assignment_id=page.assignment_id, revision=draft.state["revision"], answers=answers,
        ), f"{page.name} handed in")
        if done and response_id is not None:
            go("portal_forms", response=response_id)
    if page.content.notice:
        st.caption(md(page.content.notice))


def _address(me: PortalActor, assignment_id: int) -> Callable[[Pdf], str]:
    """Where a PDF of the form lies for whoever was given it, or acts for them."""
    acting = f"?for={me.client_id}" if me.client_id is not None else ""
    return lambda pdf: f"/portal/files/form/{assignment_id}/{pdf.file_id}{acting}"


def paper(me: PortalActor, page: MyResponse) -> None:
    """What was handed in, and who signed as what and when."""
    link("All forms", "portal_forms", icon=":material/arrow_back:")
    st.title(md(page.name), anchor=False)
    if page.crisis:
        st.warning(md(page.crisis), icon=":material/call:")
    with st.container(border=True):
        if page.intro:
            st.text(page.intro)
        for place, answer in enumerate(page.answers):
            if answer.kind is FieldKind.HEADING:
                st.subheader(md(answer.label), anchor=False)
                continue
            with st.container(gap="xsmall"):
                st.markdown(f"**{md(answer.label)}**")
                if answer.kind is FieldKind.DOCUMENT:
                    form_fields.to_read(answer.words, answer.pdf, str(place), _address(me, page.assignment_id))
                else:
                    st.text(answer.words)
    verb = signed_words(page.signature, page.answers, "Handed in")
    typed = f" (“{page.signature}”)" if page.signature else ""
    st.text(f"{verb} by {page.capacity}{typed}, {moment(page.submitted_at, page.zone)}")
    if page.replaced:
        st.caption("A later one has taken its place.")
    if page.notice:
        st.caption(md(page.notice))
    form_fields.sources(answer.source for answer in page.answers)
