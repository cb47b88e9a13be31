"""The forms around an inquiry: making it a prospect, answering, a note, who answers, and closing it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.rules.case_types import Capabilities, capabilities
from practicerunner.rules.inquiries import OPENED, becomes
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.new_case import ask_label
from practicerunner.ui.perform import perform, read
from practicerunner.ui.person_form import new_person
from practicerunner.ui.request_rows import at
from practicerunner.ui.text import md
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.cases import Taking
from practicerunner.workflows.clients import staff_choices
from practicerunner.workflows.inquiries import (
    AssignInquiry,
    CloseInquiry,
    InquiryRow,
    MakeProspect,
    Match,
    ReplyToInquiry,
    WriteBeneath,
    assign_inquiry,
    close_inquiry,
    make_prospect,
    possible_matches,
    reply_to_inquiry,
    write_beneath,
)
from practicerunner.workflows.practice import service_list

REFUSED = "inquiries.refused"
"""Which inquiry could not be made a prospect a moment ago, and why."""


def prospect(actor: Actor, row: InquiryRow, *, book: bool) -> None:
    """Make a prospect with this click; where something has to be chosen first, ask for it."""
    matches = read(possible_matches, actor, row.inquiry_id)
    kind = becomes(row.kind)
    settled = not matches and kind is row.kind and capabilities(kind).least == 1 and row.provider_id is not None
    if not settled or (book and row.service_id is None):
        st.dialog("Make a prospect")(_prospect)(actor, row, matches, book)
        return
    op: str = st.session_state.setdefault(f"inquiries.{row.inquiry_id}.{row.revision}.{book}.op", ids.new_operation())

    def refuse(_: str, sentence: str) -> None:
        st.session_state[REFUSED] = (row.inquiry_id, sentence)

    st.session_state.pop(REFUSED, None)
    done, case_id = perform(make_prospect, actor, lambda: MakeProspect(
        op=op, inquiry_id=row.inquiry_id, revision=row.revision, book=book,
    ), done=f"{row.name} is a prospect", show=refuse)
    if done:
        navigation.go("case", case=case_id)
    st.rerun()


def _prospect(actor: Actor, row: InquiryRow, matches: Sequence[Match], book: bool) -> None:
    form = Form(f"prospect.{row.inquiry_id}.{row.revision}")
    who = _who(form, row, matches)
    kind: CaseType = form.choice(
        "type", "Kind of work", OPENED, index=OPENED.index(becomes(row.kind)),
        format_func=lambda one: capabilities(one).heading)
    able = capabilities(kind)
    if kind is not row.kind:
        st.caption(f"They asked for: {capabilities(row.kind).heading}. Into a group they are taken from its own page.")
    choices = read(staff_choices, actor)
    providers = list(choices.providers)
    ours = row.provider_id if row.provider_id in providers else actor.staff_id
    provider_id = form.choice(
        "provider_id", "Provider", providers, index=providers.index(ours) if ours in providers else None,
        format_func=lambda staff: choices.providers[staff])
    label = ask_label(form) if able.has_label else None
    others = _others(form, able)
    chosen: dict[str, Any] = _booking(actor, form, row, able, book) if row.wished is not None else {}
    if st.button("Make a prospect", type="primary", key=form.field_key("save")):
        done, case_id = form.submit(make_prospect, actor, lambda: MakeProspect(
            op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, type=kind, provider_id=provider_id,
            person_id=who.person_id if who else None, label=label,
            others=tuple(Taking(person=build()) for build in others), **chosen,
        ), f"{row.name} is a prospect")
        if done:
            navigation.go("case", case=case_id)


def _who(form: Form, row: InquiryRow, matches: Sequence[Match]) -> Match | None:
    """Somebody new, unless a person says that they are one of those who are here already."""
    if not matches:
        st.text(row.name)
        return None
    st.text(f"{row.name} may be here already. Look before you choose; nobody is put together by itself.")
    place = st.radio(
        "Who is it?", range(len(matches) + 1), key=form.field_key("who"),
        format_func=lambda one: "Somebody new" if one == 0 else md(_said(matches[one - 1])))
    return matches[place - 1] if place else None


def _said(match: Match) -> str:
    born = f", born {match.birth_date.isoformat()}" if match.birth_date else ""
    return f"{match.name}{born} ({match.because})"


def _others(form: Form, able: Capabilities) -> list[Callable[[], Any]]:
    """Whoever else this kind of work needs."""
    found = []
    for place in range(1, able.least):
        with st.container(border=True):
            st.text(f"{able.called.capitalize()} {place + 1}")
            found.append(new_person(form, f"p{place}"))
    form.place("participants")
    return found


def _booking(actor: Actor, form: Form, row: InquiryRow, able: Capabilities, book: bool) -> dict[str, Any]:
    today = read(wall_clock, actor).date()
    if not form.tick("book", md(f"Book {at(row.wished, today)}, for which they asked"), book):
        return {}
    services = [one for one in read(service_list, actor) if one.category in able.categories]
    known = [one.id for one in services]
    service = form.choice(
        "service_id", "Service", services, index=known.index(row.service_id) if row.service_id in known else 0,
        format_func=lambda one: one.name)
    return {"book": True, "service_id": service.id if service else None}


# --- The others


def reply_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Reply"."""
    st.dialog("Reply by e-mail")(_reply)(actor, row)


def _reply(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.reply.{row.inquiry_id}")
    st.text(f"To {row.email}. Ordinary e-mail can be read on its way: write nothing about health.")
    text = form.area("text", "Your answer", height=180)
    _save(form, actor, "Send", reply_to_inquiry, lambda: ReplyToInquiry(
        op=form.op, inquiry_id=row.inquiry_id, text=text), "Answer written; it goes out by e-mail")


def note_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Note"."""
    st.dialog("Note")(_note)(actor, row)


def _note(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.note.{row.inquiry_id}")
    text = form.area("text", "Note", placeholder="for instance: called, will call back on Friday", height=120)
    _save(form, actor, "Save note", write_beneath, lambda: WriteBeneath(
        op=form.op, inquiry_id=row.inquiry_id, text=text), "Note saved")


def assign_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Who answers?"."""
    st.dialog("Who answers?")(_assign)(actor, row)


def _assign(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.assign.{row.inquiry_id}.{row.revision}")
    choices = read(staff_choices, actor)
    providers = [None, *choices.providers]
    provider_id = form.choice(
        "provider_id", "Provider", providers,
        index=providers.index(row.provider_id) if row.provider_id in providers else 0,
        format_func=lambda one: "The practice" if one is None else choices.providers[one])
    _save(form, actor, "Save", assign_inquiry, lambda: AssignInquiry(
        op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, provider_id=provider_id), "Inquiry given")


def close_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Close this inquiry"."""
    st.dialog("Close this inquiry")(_close)(actor, row)


def _close(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.close.{row.inquiry_id}.{row.revision}")
    st.text("Nothing is sent. To tell them, reply first.")
    reason = form.text("reason", "Reason, for the practice", max_chars=200,
                       placeholder="for instance: no place free, referred elsewhere, advertising")
    _save(form, actor, "Close inquiry", close_inquiry, lambda: CloseInquiry(
        op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, reason=reason), "Inquiry closed")


def _save(
    form: Form, actor: Actor, label: str, verb: Callable[[Session, Actor, Any], int], build: Callable[[], Any],
    done: str,
) -> None:
    if st.button(label, type="primary", key=form.field_key("save")):
        ok, _ = form.submit(verb, actor, build, done)
        if ok:
            st.rerun()
