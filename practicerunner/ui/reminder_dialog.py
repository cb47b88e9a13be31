"""Reminders and word of a paper by e-mail: who gets one and who does not is seen before anything is written."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.settings import settings
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, md
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.follow_up import SetBillingMail, billing_mail_of, set_billing_mail
from practicerunner.workflows.payment_reminders import (
    EmailPaper,
    ReminderLine,
    SendReminders,
    email_paper,
    paper_letter,
    reminder_preview,
    send_reminders,
)


@st.dialog("Remind by e-mail", width="medium")
def reminder_dialog(actor: Actor, payer_ids: Sequence[int]) -> None:
    """Who will be reminded, who will not and why, and the e-mail; then one click."""
    preview = read(reminder_preview, actor, payer_ids)
    ready, left_out = preview.ready, preview.left_out
    if ready:
        st.text(f"{count(len(ready), 'e-mail')}, one for each payer, whatever they owe and for whom.")
        st.dataframe(pd.DataFrame({
            "Payer": [line.payer for line in ready], "Overdue": [dollars(line.cents) for line in ready],
            "On": [_on_what(line) for line in ready],
        }), hide_index=True, key="reminded", alt="Who is reminded", column_config={"Overdue": MONEY})
    if left_out:
        st.text(f"{count(len(left_out), 'payer')} will not be reminded:" if ready else "Nobody can be reminded:")
        for line in left_out:
            st.caption(md(f"{line.payer}: {line.why_not[:1].lower()}{line.why_not[1:]}"))
    with st.expander("The e-mail"):
        st.text(f"{preview.letter.subject}\n\n{preview.letter.body}")
    if settings().why_no_mail:
        st.caption("E-mail is not set up, so reminders wait in the outbox.")
    if not ready:
        return
    form = Form(f"remind.{len(ready)}.{ready[0].payer_id}")
    if st.button(f"Send {count(len(ready), 'reminder')}", type="primary", key="send_reminders"):
        done, _ = form.submit(
            send_reminders, actor,
            lambda: SendReminders(op=form.op, payer_ids=tuple(line.payer_id for line in ready)),
            f"{count(len(ready), 'reminder')} sent",
        )
        if done:
            st.session_state["overdue.go_on"] = True
            st.rerun()


def _on_what(line: ReminderLine) -> str:
    if not line.invoices:
        return "A balance on no invoice"
    return count(line.invoices, "invoice") + (" and a balance on none" if line.on_none_cents else "")


def email_button(actor: Actor, number: str, key: str) -> None:
    """Tell the payer of an issued paper by e-mail that it is there."""
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return
    with st.popover("E-mail", icon=":material/mail:", type="tertiary"):
        letter = read(paper_letter, actor)
        st.caption("Tells the payer that something waits for them. The paper itself is not sent.")
        st.text(f"{letter.subject}\n\n{letter.body}")
        if settings().why_no_mail:
            st.caption("E-mail is not set up, so this waits in the outbox.")
        if st.button("Send", key=f"email_{key}", type="primary"):
            form = Form(f"email.{number}")
            done, _ = form.submit(
                email_paper, actor, lambda: EmailPaper(op=form.op, number=number), f"E-mail about {number} sent")
            if done:
                st.rerun()


def mail_setting(actor: Actor, payer_id: int) -> None:
    """Whether a payer wants e-mails about billing, and why they get none all the same."""
    wanted, why_not = read(billing_mail_of, actor, payer_id)
    form = Form(f"billing_mail.{payer_id}.{wanted}")
    with st.container(horizontal=True, vertical_alignment="center"):
        ticked = form.tick("wanted", "E-mails about billing", wanted,
                           disabled=not may(actor, Action.CREATE, Resource.INVOICES))
        if why_not and wanted:
            st.caption(md(why_not))
    if ticked is not wanted:
        done, _ = form.submit(
            set_billing_mail, actor, lambda: SetBillingMail(op=form.op, payer_id=payer_id, wanted=ticked),
            "E-mails about billing " + ("switched on" if ticked else "switched off"),
        )
        if done:
            st.rerun()
