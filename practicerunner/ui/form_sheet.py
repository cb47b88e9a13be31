"""Filling a form in together with whom it is about: kept on every change, handed in signed."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.rules import forms as rule
from practicerunner.rules.forms import SHOWN_ONLY, Content
from practicerunner.ui import form_fields, navigation
from practicerunner.ui.draft import Draft
from practicerunner.ui.forms import Form
from practicerunner.ui.status import badge
from practicerunner.ui.text import count, md, saved
from practicerunner.vocabulary import AssignmentStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.form_pages import Answered, SheetPage
from practicerunner.workflows.forms import CompleteForm, SaveAnswers, Signatory, complete_form, save_answers

WIDTH = 760
"""Pixels: about what a sheet of paper shows of a line."""


def show(actor: Actor, page: SheetPage, zone: str) -> None:
    """Draw the form."""
    title(page)
    if page.response_id is not None:
        navigation.go("form", response=page.response_id)
    if page.status is AssignmentStatus.WITHDRAWN:
        st.info("This form was withdrawn, so there is nothing to fill in any more.")
        return

    def keep(session: Session, revision: int, typed: Mapping[str, Any]) -> int:
        return save_answers(session, actor, SaveAnswers(
            assignment_id=page.assignment_id, revision=revision, answers=form_fields.answers(page.content, typed)))

    draft = Draft(
        f"sheet.{page.assignment_id}", page.revision, form_fields.values(page.content, page.answers), keep,
        form_fields.labels(page.content))
    form = Form(f"hand_in.{page.assignment_id}")
    with st.container(width=WIDTH):
        if page.content.intro:
            st.text(page.content.intro)
        draft.left_over()
        answers = form_fields.answers(page.content, draft.typed())
        _fields(page, draft, form, answers)
        signer = choose_signer(
            form, page.person_id, page.person, page.signers, refusal=page.own_refusal,
        ) if page.content.signature else {}
        in_trouble = draft.trouble()
        if page.saved_at is not None:
            st.text(saved(page.saved_at, zone, clock.today(zone)))
        _hand_in(actor, page, draft, form, signer, in_trouble=in_trouble)
        if page.content.notice:
            st.caption(md(page.content.notice))


def title(page: SheetPage) -> None:
    """Which form, for whom."""
    navigation.link(md(page.case_name), "case", icon=":material/arrow_back:", case=page.case_id, part="clinical")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(md(page.name), anchor=False, width="content")
        badge(page.status)
    again = " It will take the place of what was handed in before." if page.replaces else ""
    st.text(f"For {page.person}.{again}")


def _fields(page: SheetPage, draft: Draft, form: Form, answers: Mapping[str, Any]) -> None:
    """The fields in order; under the first critical answer stands whom to call."""
    critical = next(iter(rule.critical_answers(page.content, answers)), None)
    for field in page.content.fields:
        form_fields.draw(field, draft.field(field.key), draft.save, title=page.name)
        form.place(field.key)
        if critical is not None and field.key == critical.key:
            st.warning(md(page.crisis), icon=":material/call:")


def choose_signer(
    form: Form, person_id: int, person: str, signers: Mapping[int, Signatory], label: str = "Who signs", *,
    refusal: str = "",
) -> dict[str, Any]:
    """Who signs: the person, or somebody for them; ``refusal``: why it cannot be the person."""
    if refusal:
        st.info(md(refusal), icon=":material/family_restroom:")
    if not signers:
        if refusal:
            st.text("Nobody acts for them yet who could sign. Say who does on their page, under Relationships.")
        form.place("signed_by_id")
        return {}
    who = form.choice(
        "signed_by_id", label, [*([] if refusal else [person_id]), *signers],
        format_func=lambda one: f"{signers[one].name}, {signers[one].signs_as.label}" if one in signers else person,
    )
    if who == person_id:
        return {}
    form.place("signs_as")
    known = signers[who].evidence
    authority = form.text(
        "authority", "How was it verified?", placeholder=known or "For instance: birth certificate seen",
        max_chars=200, help="Empty is as it was verified before." if known else "It is kept with them.")
    return {"signed_by_id": who, "authority": authority}


def hand_in_label(content: Content) -> str:
    """What the button says that hands a form in."""
    if content.signature is not None:
        return "Sign and hand in"
    return "Hand in" if any(field.asks for field in content.fields) else "I have read it"


def signed_words(signature: str, answers: Sequence[Answered], usual: str) -> str:
    """How it came back: signed, read where nothing was asked, or as it is usually called."""
    if signature:
        return "Signed"
    asked = any(one.kind not in SHOWN_ONLY for one in answers)
    return usual if asked else "Read"


def _hand_in(
    actor: Actor, page: SheetPage, draft: Draft, form: Form, signer: dict[str, Any], *, in_trouble: bool
) -> None:
    answers = form_fields.answers(page.content, draft.typed())
    left = rule.unanswered(page.content, answers)
    if page.content.measure and left:
        st.text(f"{count(len(left), 'question')} without an answer. As it is, there will be no total.")
    if st.button(hand_in_label(page.content), type="primary", icon=":material/draw:",
                 disabled=in_trouble or bool(page.own_refusal and not page.signers),
                 key=form.field_key("save")):
        done, response_id = form.submit(complete_form, actor, lambda: CompleteForm(
            op=form.op, assignment_id=page.assignment_id, revision=draft.state["revision"], answers=answers, **signer,
        ), f"{page.name} handed in")
        if done and response_id is not None:
            navigation.go("form", response=response_id)
