"""Outbox: the e-mails of the practice, whether they were sent, and what to do about those that were not."""

import streamlit as st

from practicerunner.settings import settings
from practicerunner.ui import wrong_recipient
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import link, require
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import colour
from practicerunner.ui.text import count, md, moment
from practicerunner.vocabulary import BreachChannel, MessageStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.outbox import MOST_ATTEMPTS, PAGE, MessageView, TryAgain, outbox_page, try_again
from practicerunner.workflows.practice import practice_settings

ALL = "All"


def show_state() -> None:
    """Whether e-mail is sent at all, and what to do if not."""
    why = settings().why_no_mail
    if why:
        st.warning(md(why), icon=":material/mail_off:")
    else:
        st.text(f"E-mail is sent from {settings().mail_from}. What waits goes out within a minute.")


def chosen_status() -> MessageStatus | None:
    """Which messages are asked for; ``None`` is all."""
    chosen = st.session_state.get("outbox_status", ALL)
    return None if chosen == ALL else MessageStatus(chosen)


def ask_status(counts: dict[MessageStatus, int]) -> None:
    """Ask which messages to show, with how many there are."""
    there = [status for status in MessageStatus if counts.get(status) or status is chosen_status()]
    st.pills(
        "Show", [ALL, *there], default=ALL, required=True, key="outbox_status", label_visibility="collapsed",
        format_func=lambda one: ALL if one == ALL else f"{MessageStatus(one).label} {counts.get(one, 0)}",
        on_change=st.session_state.pop, args=("outbox_page", None),
    )


def show_message(actor: Actor, message: MessageView, zone: str) -> None:
    """One message: a line, and behind it the text."""
    label = f"{moment(message.created_at, zone)} · {message.kind.label} to {message.to}"
    with st.expander(f"{md(label)} :{colour(message.status)}-badge[{message.status.label}]"):
        if lines := what_became_of(message, zone):
            st.text("\n".join(lines))
        with st.container(border=True):
            st.text(f"{message.subject}\n\n{message.body}".strip())
        with st.container(horizontal=True, vertical_alignment="center"):
            if message.appointment_id is not None:
                link("Open the appointment", "appointment", icon=":material/event:", appointment=message.appointment_id)
            if message.status is MessageStatus.FAILED:
                try_again_button(actor, message)
            if message.status is MessageStatus.SENT:
                wrong_recipient.report_button(
                    actor, f"email.{message.message_id}", channel=BreachChannel.EMAIL, subject_id=message.message_id,
                    what=f"E-mail: {message.subject}", meant_for=message.to, went_to=message.address)


def what_became_of(message: MessageView, zone: str) -> list[str]:
    """To whom, and where it stands."""
    lines = [f"To {message.address}"] if message.address else []
    if message.sent_at is not None:
        lines.append(f"Sent {moment(message.sent_at, zone)}")
    if message.problem:
        lines.append(message.problem)
    if message.status is MessageStatus.WAITING and message.attempts and message.try_after is not None:
        lines.append(f"Tried {message.attempts} of {count(MOST_ATTEMPTS, 'time')}; the next attempt is "
                     f"{moment(message.try_after, zone)}")
    return lines


def try_again_button(actor: Actor, message: MessageView) -> None:
    """Let a message that failed be sent once more."""
    form = Form(f"again.{message.message_id}")
    if st.button("Try again", icon=":material/refresh:", key=form.field_key("save")):
        done, _ = perform(
            try_again, actor, lambda: TryAgain(op=form.op, message_id=message.message_id), done="It is sent once more")
        if done:
            form.clear()
            st.rerun()


me = require("outbox")
st.title("Outbox", anchor=False)
show_state()
zone = read(practice_settings, me).zone
found = read(outbox_page, me, chosen_status(), int(st.session_state.get("outbox_page", 1)))
if not found.counts:
    st.text("Nothing was written yet. Reminders and notices to clients appear here; when reminders go out is set under "
            "Practice settings and on each client's page.")
    st.stop()
ask_status(found.counts)
for message in found.rows:
    show_message(me, message, zone)
if not found.rows:
    st.text("No message is in this state any more.")
if found.total > PAGE:
    st.pagination(-(-found.total // PAGE), key="outbox_page")
