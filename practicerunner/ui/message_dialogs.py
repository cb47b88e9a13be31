"""Beginning a conversation, and who takes part: with whom, and what each is to the client, before anything goes."""

import streamlit as st

from practicerunner.rules import messages as rules
from practicerunner.ui import navigation
from practicerunner.ui.booking import choose_case
from practicerunner.ui.conversation import attach, sent
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, md
from practicerunner.vocabulary import ThreadClass
from practicerunner.workflows.access import Actor
from practicerunner.workflows.audiences import Recipient
from practicerunner.workflows.message_pages import Addressees, ConversationPage, addressees, who_to_add
from practicerunner.workflows.messages import (
    AddToThread,
    StartThread,
    TakeOutOfThread,
    ToPerson,
    add_to_thread,
    start_thread,
    take_out_of_thread,
)


def named(one: Recipient) -> str:
    """``Elena Castellano, guardian of Leo Castellano``."""
    return f"{one.name}, {one.relation}"


@st.dialog("New message", width="medium")
def start_dialog(actor: Actor, case_id: int | None = None) -> None:
    """Begin a conversation; from a case, the case is chosen."""
    form = Form(f"start_thread.{case_id}")
    if case_id is None:
        case_id = choose_case(actor, form)
        if case_id is None:
            return
    found = read(addressees, actor, case_id)
    if not found.classes:
        st.text("You do not write messages here.")
        return
    if not found.recipients:
        st.text("Nobody takes part here yet. Add somebody first.")
        return
    thread_class = _class(form, found)
    people = _people(form, [one for one in found.recipients if thread_class in one.classes])
    staff = st.multiselect(
        "Colleagues who read it, too", list(found.staff[thread_class]), key=form.field_key(f"staff.{thread_class}"),
        format_func=found.staff[thread_class].__getitem__, placeholder="Nobody else",
    )
    form.place("staff_ids")
    subject = form.text("subject", "Subject", max_chars=200, placeholder="Everybody who takes part reads it")
    text = form.area("text", "Message", height=160)
    files = attach(form)
    _goes_to(found, people)
    label = f"Send to {count(len(people), 'person', 'people')}" if people else "Send"
    if st.button(label, type="primary", icon=":material/send:", key=form.field_key("send")):
        done, made = form.submit(start_thread, actor, lambda: StartThread(
            op=form.op, case_id=found.case_id, thread_class=thread_class, subject=subject, text=text,
            people=tuple(ToPerson(person_id=one.person_id, for_id=one.for_id) for one in people),
            staff_ids=tuple(staff), files=sent(files),
        ), "Message sent")
        if done and made:
            navigation.go("messages", thread=made[0])


def _class(form: Form, found: Addressees) -> ThreadClass:
    if len(found.classes) == 1:
        st.caption(md(f"{rules.class_label(found.case_type, found.classes[0])}. {rules.readers(found.classes[0])}"))
        return found.classes[0]
    chosen: ThreadClass = st.radio(
        "Kind", found.classes, key=form.field_key("class"), captions=[rules.readers(one) for one in found.classes],
        format_func=lambda one: rules.class_label(found.case_type, one),
    )
    return chosen


def _people(form: Form, recipients: list[Recipient]) -> list[Recipient]:
    """To whom; whoever is alone is chosen already."""
    chosen: list[int] = st.multiselect(
        "To", range(len(recipients)), [0] if len(recipients) == 1 else [], placeholder="Choose who takes part",
        key=form.field_key(f"to.{len(recipients)}"), format_func=lambda place: named(recipients[place]),
    )
    form.place("people")
    return [recipients[place] for place in chosen]


def _goes_to(found: Addressees, people: list[Recipient]) -> None:
    """Who will read it, said once more before it goes (A34)."""
    if not people:
        return
    together = "" if len(people) == 1 else (
        " They read each other's answers." if found.is_shared else " Each gets a conversation of their own.")
    st.info(md(f"Goes to {'; '.join(map(named, people))}.{together}"), icon=":material/group:")
    silent = [one.name for one in people if not one.by_mail]
    if silent:
        st.caption(md(f"No e-mail tells {', '.join(silent)} of it: there is no address that they let us write to."))


@st.dialog("Who takes part", width="medium")
def people_dialog(actor: Actor, page: ConversationPage) -> None:
    """Who is in a conversation; add somebody, who reads what is written from now on, or take somebody out."""
    thread_id = page.line.thread_id
    for member in page.members:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            closed = "" if member.is_open else " (no access at present)"
            st.text(f"{member.name}, {member.relation}{closed}", width="content")
            key = f"take_out.{thread_id}.{member.staff_id or member.person_id}"
            may_go = member.staff_id != page.provider_id and len(page.members) > 1
            if may_go and st.button("Take out", key=key, type="tertiary"):
                done, _ = perform(take_out_of_thread, actor, lambda member=member: TakeOutOfThread(  # type: ignore[misc]
                    thread_id=thread_id, staff_id=member.staff_id, person_id=member.person_id),
                    done=f"{member.name} takes part no more")
                if done:
                    st.rerun()
    form, found = Form(f"add_to_thread.{thread_id}"), read(who_to_add, actor, thread_id)
    options = [*found.people, *found.staff]
    if not options:
        st.caption("Nobody else can be added.")
        return
    chosen = form.choice(
        "person_id", "Add", options, index=None, placeholder="Choose somebody",
        format_func=lambda one: named(one) if isinstance(one, Recipient) else f"{found.staff[one]}, staff")
    st.caption("Reads the subject and what is written from now on. The conversation says that they joined.")
    if st.button("Add", type="primary", key=form.field_key("add"), disabled=chosen is None):
        done, _ = form.submit(add_to_thread, actor, lambda: (
            AddToThread(op=form.op, thread_id=thread_id, person_id=chosen.person_id, for_id=chosen.for_id)
            if isinstance(chosen, Recipient) else AddToThread(op=form.op, thread_id=thread_id, staff_id=chosen)
        ), "Added")
        if done:
            st.rerun()
