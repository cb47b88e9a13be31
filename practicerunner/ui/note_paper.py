"""A signed note reads like a page of paper: its text, the signatures, what was added. Review: ``review_panel``."""

from collections.abc import Callable, Iterable

import streamlit as st

from practicerunner.ui import diagnosis_block, note_details, note_download, note_share_block, plan_paper, signature_box
from practicerunner.ui.booking import FOR_DESK
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import perform, read, read_logged
from practicerunner.ui.status import badge
from practicerunner.ui.text import clock_span, day, md, moment
from practicerunner.vocabulary import NoteKind, NoteStatus, SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.documentation import Comment, NoteLine
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.note_text import Header, Written
from practicerunner.workflows.notes import MarkMemo, mark_memo
from practicerunner.workflows.plans import plan_page
from practicerunner.workflows.verification import verify_note


def title(line: NoteLine) -> None:
    """Where the note belongs, what it is and where it stands."""
    with st.container(horizontal=True):
        link(md(line.case_name), "case", icon=":material/arrow_back:", case=line.case_id)
        if line.appointment_id is not None:
            link("Appointment", "appointment", icon=":material/event:", appointment=line.appointment_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(line.title, anchor=False, width="content")
        badge(line.status)


def facts(header: Header, line: NoteLine, template: str = "") -> None:
    """The facts of the appointment as one quiet line, with the codes beneath once they are fixed."""
    said = [day(header.day)]
    if header.start is not None and header.minutes is not None:
        said.append(clock_span(header.start, header.minutes))
    if header.format is not None:
        said.append(header.format.label)
    if header.place:
        said.append(header.place)
    if header.about and header.about != header.case_name:
        said.append(f"About {header.about}")
    if header.present:
        said.append(f"Present: {', '.join(header.present)}")
    if header.individual_contact:
        said.append("Individual contact")
    if header.next_at is not None:
        said.append(f"Next appointment {day(header.next_at.date())}, {header.next_at:%H:%M}")
    said.append(f"Written by {line.author_name}")
    if template:
        said.append(f"Template {template}")
    st.text(" · ".join(said))
    if header.codes:
        many = len(header.codes) > 1
        st.text("Diagnoses in force: " + " · ".join(
            f"{name} {', '.join(codes)}" if many else ", ".join(codes) for name, codes in header.codes))
    if header.late_entry and header.entered_on is not None:
        st.text(f"Late entry: entered {day(header.entered_on)} for {day(header.day)}.")


def texts(sections: Iterable[Written]) -> None:
    """Sections or parts with their text, which is never Markdown; empty ones that are not required are left out."""
    for section in sections:
        if not section.text.strip() and not section.required:
            continue
        if section.findings:
            with st.container(horizontal=True):
                st.markdown(f"**{md(section.label)}**", width=200)
                st.text(section.text or "–")
            continue
        st.markdown(f"**{md(section.label)}**")
        st.text(section.text or "–")


def comments(found: Iterable[Comment], zone: str) -> None:
    """What supervisors wrote when they returned a version."""
    for comment in found:
        with st.container(border=True):
            about = f", on {comment.section}" if comment.section else ""
            st.text(f"{comment.name} returned version {comment.version}{about}, {moment(comment.at, zone)}")
            st.text(comment.text)


def show(actor: Actor, page: NotePage, zone: str, then: Callable[[], None] = st.rerun) -> None:
    """Draw the note for reading, with what the reader may still do; after a co-signature beneath it comes ``then``."""
    facts(page.header, page.line, page.template)
    if page.header.codes is None:
        diagnosis_block.beside_note(actor, page.line)
    plan = None
    if page.line.kind is NoteKind.TREATMENT_PLAN and page.line.note_id is not None:
        plan = read_logged(plan_page, actor, page.line.note_id, st.session_state.get(reason_key(page.line.note_id), ""))
    with st.container(horizontal=True):
        note_download.show(actor, page.line)
        note_share_block.show(actor, page.line)
    with st.container(border=True):
        if plan is not None:
            plan_paper.show(plan)
        body(page, with_plan=plan is None)
    for_desk(actor, page)
    signatures(actor, page, zone)
    if plan is not None:
        plan_paper.agreements(actor, plan)
    addenda(actor, page, zone, then)
    requests(page)
    if page.line.status is NoteStatus.SUBMITTED:
        st.text(f"Awaiting the {waits_for(page.review_as)} of {page.supervisor}.")
    if page.may_amend:
        _amend(actor, page)
    earlier(page, zone)


def body(page: NotePage, *, with_plan: bool = True) -> None:
    """What was written: sections, risk line and telehealth statement, parts."""
    texts(page.sections)
    note_details.paper(page.details, page.names, with_plan=with_plan)
    texts(page.parts)


def for_desk(actor: Actor, page: NotePage) -> None:
    """Of a memo: its author says here whether the front desk may read it; others read that it does."""
    note_id = page.line.note_id
    if page.may_mark and note_id is not None:
        if st.checkbox(FOR_DESK, value=page.for_desk, key=f"desk.{note_id}.{page.for_desk}") != page.for_desk:
            asked = MarkMemo(note_id=note_id, for_desk=not page.for_desk)
            done, _ = perform(mark_memo, actor, lambda: asked, done="Memo marked" if asked.for_desk else "Mark removed")
            if done:
                st.rerun()
    elif page.for_desk:
        st.caption("The front desk reads this too.")


def waits_for(role: SignatureRole | None) -> str:
    """What a note that was handed in waits for."""
    return "approval" if role is SignatureRole.APPROVER else "co-signature"


def earlier(page: NotePage, zone: str) -> None:
    """The versions before this one, and what was said of them."""
    if len(page.versions) > 1 or page.comments:
        with st.expander("Earlier versions and comments"):
            comments(page.comments, zone)
            for version in page.versions[:-1]:
                st.subheader(f"Version {version.number}", anchor=False)
                texts(version.sections)
                note_details.paper(version.details, page.names)
                texts(version.parts)


def signatures(actor: Actor, page: NotePage, zone: str) -> None:
    """Who signed this version as what, and a check that it is what they signed."""
    for signature in page.signatures:
        if signature.version != page.line.version:
            continue
        when = moment(signature.signed_at, signature.zone or zone)
        st.text(f"{signature.role.act} by {signature.name}, {when}")
        if not signature.intact:
            st.error("The text is not the one that was signed. Please tell the practice's owner.")
    if page.signatures and page.line.note_id is not None:
        with st.popover("Verify", icon=":material/verified:"):
            _verify(actor, page.line.note_id, zone)


def _verify(actor: Actor, note_id: int, zone: str) -> None:
    """The text as it is kept, checked against what was signed, when somebody asks for it."""
    st.text("Compares the text that is kept with every signature under it and with the audit log.")
    if not st.button("Check now", key=f"verify.{note_id}"):
        return
    found = read(verify_note, actor, note_id, st.session_state.get(reason_key(note_id), ""))
    for one in found:
        st.text(f"{one.what}, signed by {one.by}, {moment(one.at, zone)}")
        st.code(one.text_hash, language=None, wrap_lines=True)
        if not one.intact:
            st.error(f"{one.what} is not what was signed. Please tell the practice's owner.")
    if all(one.intact for one in found):
        st.success("Every word is as it was signed.")


def reason_key(note_id: int) -> str:
    """Where the browser session keeps the reason for which somebody opened a note."""
    return f"note.{note_id}.reason"


def addenda(actor: Actor, page: NotePage, zone: str, then: Callable[[], None] = st.rerun) -> None:
    """What was added beneath, with the signature that some of it waits for; afterwards comes ``then``."""
    for addendum in page.addenda:
        with st.container(border=True):
            st.markdown("**Addendum**")
            st.text(f"Reason: {addendum.reason}")
            st.text(addendum.text)
            st.text(f"Signed by {addendum.name}, {moment(addendum.at, zone)}")
            if addendum.cosigned_at is not None:
                when = moment(addendum.cosigned_at, zone)
                st.text(f"{addendum.signed_as.act} by {addendum.cosigned_by}, {when}")
            if addendum.awaits:
                st.text(f"Awaiting the {waits_for(addendum.signed_as)} of {addendum.awaits}.")
            if addendum.may_cosign and _cosign_addendum(actor, addendum.addendum_id):
                then()


def requests(page: NotePage) -> None:
    """That somebody asked for the note to be amended, and what became of it."""
    for one in page.requests:
        link(one.words, "amendment", icon=":material/rate_review:", amendment=one.amendment_id)


def _cosign_addendum(actor: Actor, addendum_id: int) -> bool:
    with st.popover("Co-sign addendum", icon=":material/draw:"):
        return signature_box.sign(
            Form(f"cosign.{addendum_id}"), actor, cosign_addendum,
            lambda op, proof: CosignAddendum(op=op, proof=proof, addendum_id=addendum_id),
            label="Co-sign", done="Addendum co-signed",
        )


def _amend(actor: Actor, page: NotePage) -> None:
    with st.expander("Add addendum", icon=":material/post_add:"):
        form = Form(f"addendum.{page.line.note_id}")
        reason = form.text("reason", "Reason", placeholder="For instance: correction")
        text = form.area("text", "Addendum", height=160)
        signed = signature_box.sign(
            form, actor, add_addendum, lambda op, proof: AddAddendum(
                op=op, proof=proof, note_id=page.line.note_id or 0, reason=reason, text=text,
            ), label="Sign addendum", done="Addendum signed",
        )
    if signed:
        st.rerun()
