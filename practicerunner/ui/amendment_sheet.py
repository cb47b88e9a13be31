"""One request to amend the record: what was asked, until when it is answered, the answer, and what was added to it."""

import streamlit as st

from practicerunner.rules.amendments import DENYING, left_in_words
from practicerunner.ui import amendment_block, navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.text import day, md, moment
from practicerunner.vocabulary import AmendmentChannel, AmendmentDecision, DenialGround
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendment_answers import (
    AcceptAmendment,
    AddRebuttal,
    AddStatement,
    DenyAmendment,
    accept_amendment,
    add_rebuttal,
    add_statement,
    deny_amendment,
)
from practicerunner.workflows.amendment_lists import AmendmentLine
from practicerunner.workflows.amendment_pages import Added, AmendmentPage
from practicerunner.workflows.amendments import (
    ExtendAmendment,
    WithdrawAmendment,
    extend_amendment,
    withdraw_amendment,
)

ANSWERS = (AmendmentDecision.ACCEPTED, AmendmentDecision.ACCEPTED_IN_PART, AmendmentDecision.DENIED,
           AmendmentDecision.WITHDRAWN)
CHOICES = {
    AmendmentDecision.ACCEPTED: "Accept", AmendmentDecision.ACCEPTED_IN_PART: "Accept in part",
    AmendmentDecision.DENIED: "Deny", AmendmentDecision.WITHDRAWN: "Taken back",
}


def title(line: AmendmentLine) -> None:
    """Where it belongs, what it is and where it stands."""
    navigation.link(md(line.case_name), "case", icon=":material/arrow_back:", case=line.case_id, part="clinical")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Request to amend the {line.word}", anchor=False, width="content")
        amendment_block.standing(line)


def show(actor: Actor, page: AmendmentPage) -> None:
    """Draw the request, with what the reader may still do."""
    line = page.line
    title(line)
    if line.is_open:
        late = f", {left_in_words(line.due_on, page.today)}" if line.due_on <= page.today else ""
        st.text(f"To be answered by {day(line.due_on)}, {60 if page.extended is None else 90} days after it was "
                f"received{late}.")
        if line.remedy:
            st.warning(md(line.remedy), icon=":material/person_alert:")
    left, right = st.columns([2, 3], gap="large")
    with left:
        _asked(page)
    with right:
        if not line.is_open:
            _answered(page)
            _added(actor, page)
        elif page.may_decide or page.may_answer:
            _answer(actor, page)
        else:
            st.text(f"{line.decided_by} answers this." if line.decided_by else "Nobody can answer this yet.")


def _asked(page: AmendmentPage) -> None:
    line = page.line
    with st.container(border=True):
        st.subheader("What was asked", anchor=False)
        st.text(page.wanted)
        st.text(f"{line.word.capitalize()} of {line.person}\nAsked by {page.capacity}"
                + (f"\nVerified: {page.authority}" if page.authority else ""))
        if page.note_id is not None:
            navigation.link(md(page.note), "note", icon=":material/edit_note:", note=page.note_id)
        elif page.note or page.document:
            st.text(f"About: {page.note or page.document}")
        by = f" by {page.recorded_by}" if page.recorded_by else ""
        st.text(f"Received {day(line.received_on)}, {page.channel.lower()}\n"
                f"Written down {moment(page.recorded_at, page.zone)}{by}")
        if page.extended is not None:
            told_on, reason = page.extended
            st.markdown("**Extended by 30 days**")
            st.text(f"{reason}\nThe {page.called} was told {day(told_on)}.")


# --- An open request


def _answer(actor: Actor, page: AmendmentPage) -> None:
    """The form of the answer, and more time for it."""
    st.subheader("Answer", anchor=False)
    if page.decides:
        st.text(f"{page.decides} decides about this, as they sign your notes.")
    if page.not_to_asker:
        st.warning(md(page.not_to_asker), icon=":material/forward_to_inbox:")
    choices = ANSWERS if page.may_decide and page.may_answer else ANSWERS[:3] if page.may_decide else ANSWERS[3:]
    key = f"amendment.{page.line.amendment_id}.answer"
    chosen = st.segmented_control("Answer", choices, format_func=CHOICES.__getitem__, key=key, default=choices[0],
                                  label_visibility="collapsed")
    form = Form(f"amendment.{page.line.amendment_id}.{page.revision}.{chosen}")
    common = {"amendment_id": page.line.amendment_id, "revision": page.revision}
    if chosen in (AmendmentDecision.ACCEPTED, AmendmentDecision.ACCEPTED_IN_PART):
        _accept(actor, page, form, common, in_part=chosen is AmendmentDecision.ACCEPTED_IN_PART)
    elif chosen is AmendmentDecision.DENIED:
        said = _denial(page, form)
        if st.button("Deny", type="primary", key=form.field_key("save")):
            done, _ = form.submit(deny_amendment, actor, lambda: DenyAmendment(op=form.op, **common, **said),
                                  f"Request denied; print the letter for {page.tell}")
            if done:
                st.rerun()
    elif chosen is AmendmentDecision.WITHDRAWN:
        _take_back(actor, page, form, common)
    if page.may_extend:
        _extend(actor, page)


def _take_back(actor: Actor, page: AmendmentPage, form: Form, common: dict[str, int]) -> None:
    """Who took it back, when, how and why."""
    st.text(f"It stays here with what you write down, and is no part of the {page.line.word}.")
    people = page.may_take_back
    told_by = form.choice("told_by_id", "Who takes it back", list(people), format_func=people.__getitem__,
                          index=0 if len(people) == 1 else None, placeholder="Choose who said so")
    left, right = st.columns(2)
    with left:
        told_on = form.date("told_on", "Said on", page.today, min_value=page.line.received_on, max_value=page.today)
    with right:
        how = form.choice("how", "How", list(AmendmentChannel), index=None, format_func=lambda word: word.label,
                          placeholder="Choose how they said so")
    reason = form.area("reason", "Why, in their words", height=80)
    if st.button("Close as taken back", type="primary", key=form.field_key("save")):
        done, _ = form.submit(withdraw_amendment, actor, lambda: WithdrawAmendment(
            op=form.op, **common, told_by_id=told_by, told_on=told_on, how=how, reason=reason), "Request closed")
        if done:
            st.rerun()


def _accept(actor: Actor, page: AmendmentPage, form: Form, common: dict[str, int], *, in_part: bool) -> None:
    st.text("The original stays as it is. The change is made by an addendum beneath the note: write it there first, "
            "then choose it here.")
    answer = form.area("answer", "What was changed", height=80)
    chosen: list[int] = []
    if page.changes:
        chosen = st.multiselect("By which addenda", list(page.changes), format_func=page.changes.__getitem__,
                                key=form.field_key("addendum_ids"), placeholder="Choose addenda")
    elif page.note:
        st.text("There is no addendum yet.")
    form.place("addendum_ids")
    said = _denial(page, form) if in_part else {}
    inform = form.area("inform", f"Whom the {page.called} wants to be informed, one name a line", height=80)
    sent: list[int] = []
    if page.sent_to:
        sent = st.multiselect("Who got the record and is informed too", list(page.sent_to),
                              format_func=page.sent_to.__getitem__, key=form.field_key("release_ids"),
                              placeholder="Choose from the releases")
    form.place("release_ids")
    if st.button(CHOICES[AmendmentDecision.ACCEPTED_IN_PART if in_part else AmendmentDecision.ACCEPTED],
                 type="primary", key=form.field_key("save")):
        done, _ = form.submit(accept_amendment, actor, lambda: AcceptAmendment(
            op=form.op, **common, answer=answer, addendum_ids=tuple(chosen), inform=inform, release_ids=tuple(sent),
            in_part=in_part, **said), f"Request accepted; tell {page.tell} and whoever else has to know")
        if done:
            st.rerun()


def _denial(page: AmendmentPage, form: Form) -> dict[str, object]:
    ground = form.choice("ground", "Ground", list(DenialGround), index=None, format_func=lambda word: word.label,
                         placeholder="Choose one of the four that there are")
    basis = form.area("basis", "Why, in plain words", height=120,
                      help="It stands in the letter.")
    if len(page.answer_to) < 2:
        form.place("to_id")
        return {"ground": ground, "basis": basis}
    to_id = form.choice("to_id", "To whom the letter goes", list(page.answer_to), index=None,
                        format_func=page.answer_to.__getitem__, placeholder="Choose who gets it")
    return {"ground": ground, "basis": basis, "to_id": to_id}


def _extend(actor: Actor, page: AmendmentPage) -> None:
    with st.expander("More time is needed", icon=":material/more_time:"):
        form = Form(f"amendment.{page.line.amendment_id}.{page.revision}.extend")
        st.text(f"Once, by 30 days, if the {page.called} was told why in writing before the 60 days were over.")
        reason = form.area("reason", "Why, as they were told", height=80)
        last = page.may_be_told_until
        told_on = form.date("told_on", "Told on", last, min_value=page.line.received_on, max_value=last)
        if st.button("Extend", key=form.field_key("save")):
            done, _ = form.submit(extend_amendment, actor, lambda: ExtendAmendment(
                op=form.op, amendment_id=page.line.amendment_id, revision=page.revision, reason=reason,
                told_on=told_on), "Extended by 30 days")
            if done:
                st.rerun()


# --- A request that was answered


def _answered(page: AmendmentPage) -> None:
    with st.container(border=True):
        decision = page.line.decision
        st.subheader(decision.label if decision is not None else "Answered", anchor=False)
        if page.answer:
            st.text(page.answer)
        for note_id, what in page.made_by:
            navigation.link(md(what), "note", icon=":material/edit_note:", note=note_id)
        if page.taken_back:
            st.text(page.taken_back)
        if decision is AmendmentDecision.ACCEPTED:
            st.text(f"To tell: {page.tell}")
        if page.inform:
            st.text("To inform: " + ", ".join(page.inform))
        if page.ground:
            st.markdown(f"**{md(page.ground)}**")
            st.text(page.basis)
        if page.closed_at is not None:
            st.text(f"By {page.closed_by}, {moment(page.closed_at, page.zone)}")
        if page.letter_lost:
            st.warning(md(f"The letter is written to {page.letter_to}, who may not get it any more. Give it to nobody "
                          f"but {page.tell}."), icon=":material/forward_to_inbox:")
        if page.may_print:
            st.link_button("Letter as PDF", f"/files/denial/{page.line.amendment_id}.pdf",
                           icon=":material/picture_as_pdf:")


def _added(actor: Actor, page: AmendmentPage) -> None:
    """Statement of disagreement and the answer to it, each once."""
    if page.line.decision not in DENYING:
        return
    for kept, heading in ((page.statement, "Statement of disagreement"), (page.rebuttal, "Our answer to it")):
        if kept is not None:
            _said(kept, heading)
    if page.statement is None and page.may_answer:
        _state(actor, page)
    elif page.statement is not None and page.rebuttal is None and page.may_decide:
        _rebut(actor, page)
    st.caption(f"Request, denial, statement and answer go along whenever this {page.line.word} is taken out.")


def _said(kept: Added, heading: str) -> None:
    with st.container(border=True):
        st.markdown(f"**{heading}**")
        if kept.text.strip():
            st.text(kept.text)
        if kept.document_id is not None:
            st.link_button(md(kept.document), f"/files/document/{kept.document_id}", icon=":material/description:")
        elif kept.document:
            st.text(kept.document)
        st.text(f"Of {day(kept.given_on)}, recorded by {kept.recorded_by}")


def _state(actor: Actor, page: AmendmentPage) -> None:
    with st.expander("Add the statement of disagreement", icon=":material/post_add:"):
        form = Form(f"amendment.{page.line.amendment_id}.statement")
        text = form.area("text", f"What the {page.called} says", height=120)
        document = None
        if page.documents:
            document = form.choice("document_id", "Or the paper that was uploaded", [None, *page.documents],
                                   format_func=lambda key: page.documents.get(key, "No paper"))
        given_on = form.date("given_on", "Date of the statement", page.today, min_value=page.line.received_on,
                             max_value=page.today)
        if st.button("Add statement", type="primary", key=form.field_key("save")):
            done, _ = form.submit(add_statement, actor, lambda: AddStatement(
                op=form.op, amendment_id=page.line.amendment_id, text=text, document_id=document, given_on=given_on),
                "Statement added")
            if done:
                st.rerun()


def _rebut(actor: Actor, page: AmendmentPage) -> None:
    with st.expander("Answer the statement", icon=":material/post_add:"):
        form = Form(f"amendment.{page.line.amendment_id}.rebuttal")
        st.text(f"You need not. A copy of what you write goes to {page.tell}.")
        text = form.area("text", "Our answer", height=120)
        if st.button("Add answer", type="primary", key=form.field_key("save")):
            done, _ = form.submit(add_rebuttal, actor, lambda: AddRebuttal(
                op=form.op, amendment_id=page.line.amendment_id, text=text), "Answer added")
            if done:
                st.rerun()
