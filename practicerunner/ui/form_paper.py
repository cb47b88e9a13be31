"""What was handed in reads like a page of paper: questions, answers, the score, and who signed as what and when."""

import streamlit as st

from practicerunner.rules import measures
from practicerunner.ui import alert_banner, form_fields, navigation
from practicerunner.ui.form_sheet import WIDTH, signed_words
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import FieldKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.form_pages import Answered, ResponseFacts, ResponsePage
from practicerunner.workflows.forms import ReplaceResponse, replace_response


def facts(page: ResponseFacts, zone: str) -> None:
    """That it came back, for whoever may not read it."""
    _title(page.name, page.person, page.case_id, page.case_name, replaced=False)
    st.text(f"Handed in {moment(page.submitted_at, zone)}.")


def show(actor: Actor, page: ResponsePage, zone: str) -> None:
    """Draw the page."""
    _title(page.name, page.person, page.case_id, page.case_name, replaced=page.replaced_by is not None)
    if page.alert is not None:
        alert_banner.one(actor, page.alert, zone, with_link=False)
    with st.container(width=WIDTH):
        if page.crisis and (page.alert is None or page.alert.closed_at is None):
            with st.container(border=True):
                st.text(f"For {page.person}: {page.crisis}")
        if page.score is not None:
            _score(page.score)
        with st.container(border=True):
            if page.intro:
                st.text(page.intro)
            for place, answer in enumerate(page.answers):
                _answer(answer, f"{page.response_id}.{place}")
        _signed(page, zone)
        _edition(page)
        _replacing(actor, page)


def _title(name: str, person: str, case_id: int, case_name: str, *, replaced: bool) -> None:
    navigation.link(md(case_name), "case", icon=":material/arrow_back:", case=case_id, part="clinical")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(md(name), anchor=False, width="content")
        if replaced:
            st.badge("Replaced", color="gray")
        else:
            st.badge("Completed", color="primary")
    st.text(person)


def _score(score: measures.Score) -> None:
    with st.container(border=True):
        st.markdown(f"**{measures.MEASURES[score.measure].name}**")
        st.text(measures.in_words(score))
        for line in measures.details(score):
            st.text(line)


def _answer(answer: Answered, key: str) -> None:
    if answer.kind is FieldKind.HEADING:
        st.subheader(md(answer.label), anchor=False)
        return
    mark = " :red-badge[Critical]" if answer.critical else ""
    with st.container(gap="xsmall"):
        st.markdown(f"**{md(answer.label)}**{mark}")
        if answer.kind is FieldKind.DOCUMENT:
            form_fields.to_read(answer.words, answer.pdf, key)
        else:
            st.text(answer.words)


def _signed(page: ResponsePage, zone: str) -> None:
    """Who, in which capacity, when."""
    verb = signed_words(page.signature, page.answers, "Filled in")
    typed = f" (“{page.signature}”)" if page.signature else ""
    with st.container(gap="xsmall"):
        st.text(f"{verb} by {page.capacity}{typed}, {moment(page.submitted_at, zone)}")
        if page.authority:
            st.text(f"Verified: {page.authority}")
        if page.recorded_by:
            st.text(f"Filled in together with {page.recorded_by}")
    if not page.intact:
        st.error("This is not what was handed in. Please tell the practice's owner.")


def _edition(page: ResponsePage) -> None:
    edition = f"{page.edition}, language {page.language}. " if page.edition else ""
    st.caption(md(f"{edition}Version {page.version} of this form. {page.notice}"))
    form_fields.sources(answer.source for answer in page.answers)


def _replacing(actor: Actor, page: ResponsePage) -> None:
    with st.container(horizontal=True):
        if page.replaced_by is not None:
            navigation.link("Open what took its place", "form", icon=":material/arrow_forward:",
                            response=page.replaced_by)
        if page.replaces is not None:
            navigation.link("Open what it replaced", "form", icon=":material/history:", response=page.replaces)
        if page.may_replace:
            form = Form(f"replace.{page.response_id}")
            with st.popover("Replace by a new one", icon=":material/edit_document:"):
                st.text("What was handed in stays as it is and can be read. The new one begins with its answers and is "
                        "signed anew.")
                if st.button("Begin", key=form.field_key("replace")):
                    done, assignment_id = perform(replace_response, actor, lambda: ReplaceResponse(
                        op=form.op, response_id=page.response_id))
                    if done and assignment_id is not None:
                        form.clear()
                        navigation.go("form", assignment=assignment_id)
