"""Beginning a conversation from the portal: about what, and who in the practice reads it."""

import streamlit as st

from practicerunner.ui import portal
from practicerunner.ui.conversation import EMERGENCY, attach, sent
from practicerunner.ui.forms import Form
from practicerunner.vocabulary import ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_messages import About, AskPractice, ask_practice


@st.dialog("New message")
def begin_dialog(actor: PortalActor, cases: tuple[About, ...]) -> None:
    """Begin a conversation with the practice; who reads it is said beside the choice."""
    form = Form("ask_practice")
    about = cases[0]
    if len(cases) > 1:
        about = form.choice("case_id", "About", cases, format_func=lambda one: one.label)
    thread_class = about.classes[0]
    if len(about.classes) > 1:
        thread_class = st.radio(
            "Who reads it", about.classes, key=form.field_key("class"),
            format_func=lambda one: "The practice's office" if one is ThreadClass.ADMIN else f"{about.provider} alone",
            captions=["Appointments, bills, papers" if one is ThreadClass.ADMIN else "What the two of you talk about"
                      for one in about.classes],
        )
    else:
        st.caption("The practice's office reads it: appointments, bills, papers.")
    subject = form.text("subject", "Subject", max_chars=200)
    text = form.area("text", "Message", height=160)
    files = attach(form)
    st.caption(EMERGENCY)
    if st.button("Send", type="primary", icon=":material/send:", key=form.field_key("send"), width="stretch"):
        done, made = form.submit(ask_practice, actor, lambda: AskPractice(
            op=form.op, case_id=about.case_id, thread_class=thread_class, subject=subject, text=text,
            files=sent(files)), "Message sent")
        if done and made:
            portal.go("portal_messages", thread=made)
