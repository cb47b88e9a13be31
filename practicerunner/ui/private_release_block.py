"""Private notes that leave: the authorisations for one author's notes of a case, their release, and what went out."""

from datetime import date

import streamlit as st

from practicerunner.rules.documents import EXTENSIONS
from practicerunner.rules.private_releases import how_many
from practicerunner.ui import given_words, signature_box
from practicerunner.ui.forms import Form
from practicerunner.ui.given_words import again
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import day, md, moment
from practicerunner.vocabulary import NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.private_authorizations import (
    AttachPrivatePaper,
    Authorization,
    PreparePrivate,
    PrivateCase,
    RecordPrivateWord,
    WithdrawPrivateWord,
    attach_private_paper,
    prepare_private,
    private_case,
    record_private_word,
    withdraw_private_word,
)
from practicerunner.workflows.private_releases import (
    Disclosed,
    ReleasePrivate,
    my_private_releases,
    private_disclosures,
    release_private,
)

LABEL = "Release private notes"
ICON = ":material/outgoing_mail:"
PDF = ":material/picture_as_pdf:"


def button(actor: Actor, case_id: int, key: str) -> None:
    """The way to the release of one's own private notes of a case."""
    if st.button(LABEL, icon=ICON, key=f"private.{key}.{case_id}"):
        private_dialog(actor, case_id, actor.staff_id)


@st.dialog(LABEL, width="large")
def private_dialog(actor: Actor, case_id: int, author_id: int) -> None:
    """What is collected and, for their author, what goes out; it stays open from one step to the next."""
    found = read(private_case, actor, case_id, author_id)
    mine = author_id == actor.staff_id
    st.text("They go out only under a written authorisation for private notes, signed by each adult who took part. "
            "A consent to treatment or a release of the record is not enough.")
    if mine:
        for line in read(my_private_releases, actor, case_id):
            if line.can_fetch:
                fetch(line)
    for one in found.authorizations:
        _authorization(actor, found, one, mine=mine)
    with st.expander("Prepare an authorisation", icon=ICON, expanded=not found.authorizations):
        _prepare(actor, found)
    if mine:
        sent = [line for line in read(my_private_releases, actor, case_id) if not line.can_fetch]
        if sent:
            st.markdown("**What you have released**")
            _lines(sent, read(practice_settings, actor).zone)


def fetch(line: Disclosed) -> None:
    """The paper of a release that was made just now; it can be taken once."""
    with st.container(border=True, horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute"):
        st.text(f"Released to {line.recipient}. The paper is drawn once and kept nowhere; take it within 15 minutes.",
                width="stretch")
        st.link_button("Download PDF", f"/files/private/{line.private_release_id}.pdf", type="primary", icon=PDF)


def _authorization(actor: Actor, found: PrivateCase, one: Authorization, *, mine: bool) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**To {md(one.recipient)}**")
        st.caption(md(one.purpose))
        st.text(f"Covers {how_many(len(one.covered))}: " + ", ".join(
            day(note.day, found.today) + ("" if note.status is NoteStatus.FINAL else " (draft)")
            for note in one.covered) + _in_days(one, found.today))
        for word in one.words:
            given_words.row(word, found.today, "private_word", lambda given: _take_back(actor, given))
        for name in one.lost:
            st.caption(md(f"The paper of {name} was withdrawn or replaced, so it counts no more."))
        if one.blocked:
            st.warning(md(one.blocked), icon=":material/block:")
            with st.expander("Record an authorisation", icon=":material/draw:"):
                _record(actor, found, one)
        elif mine:
            _release(actor, found, one)
        else:
            st.text("Complete. It can be the ground of a procedure under Staff.")


def _in_days(one: Authorization, today: date) -> str:
    if one.scope.first_on is None or one.scope.last_on is None:
        return ""
    return f" (sessions from {day(one.scope.first_on, today)} to {day(one.scope.last_on, today)})"


def _take_back(actor: Actor, given: int) -> bool:
    done, _ = perform(withdraw_private_word, actor, lambda: WithdrawPrivateWord(word_id=given),
                      done="Authorisation withdrawn")
    return done


def _record(actor: Actor, found: PrivateCase, one: Authorization) -> None:
    form = Form(f"private_word.{one.authorization_id}")
    entered = given_words.fields(form, one.words, found.today)
    papers = {("document_id", key): title for key, title in found.documents.items()}
    papers |= {("response_id", key): f"Form: {name}" for key, (of, name) in found.forms.items()
               if of == entered.person_id}
    paper = form.choice("document_id", "The signed paper", list(papers), index=None, format_func=papers.__getitem__,
                        placeholder="Choose a document of this case")
    _attach(actor, one, next(word.name for word in one.words if word.person_id == entered.person_id))
    if st.button("Record", type="primary", key=form.field_key("save")):
        done, _ = form.submit(record_private_word, actor, lambda: RecordPrivateWord(
            op=form.op, authorization_id=one.authorization_id, person_id=entered.person_id,
            signed_on=entered.signed_on, expires_on=entered.expires_on, **entered.signer,
            **({paper[0]: paper[1]} if paper else {}),
        ), "Authorisation recorded")
        if done:
            again()


def _attach(actor: Actor, one: Authorization, name: str) -> None:
    """The paper itself, kept with the case; it can then be chosen."""
    form = Form(f"private_paper.{one.authorization_id}")
    file = st.file_uploader(
        "Or attach it here, at most 10 MB: PDF, picture, Word or text", type=[*EXTENSIONS], key=form.field_key("file"))
    form.place("file")
    if file is not None and st.button("Attach", icon=":material/upload_file:", key=form.field_key("attach")):
        done, _ = form.submit(attach_private_paper, actor, lambda: AttachPrivatePaper(
            op=form.op, authorization_id=one.authorization_id, file_name=file.name, content=file.getvalue(),
            title=f"Authorisation for private notes, {name}"[:200],
        ), "Attached; choose it as the signed paper")
        if done:
            again()


def _release(actor: Actor, found: PrivateCase, one: Authorization) -> None:
    form = Form(f"release_private.{one.authorization_id}")
    sessions = [note.appointment_id for note in one.covered if note.status is NoteStatus.FINAL]
    chosen = sessions
    drafts = [note for note in one.covered if note.status is not NoteStatus.FINAL]
    if drafts:
        st.text("A draft does not go out. Make it final first:")
        with st.container(horizontal=True):
            for note in drafts:
                link(f"Session of {day(note.day, found.today)}", "note", icon=":material/edit_note:",
                     psychotherapy=note.appointment_id)
    if not sessions:
        return
    if len(sessions) > 1:
        chosen = st.multiselect("Which notes go out", sessions, sessions, key=form.field_key("appointment_ids"),
                                format_func=lambda key: f"Session of {day(found.sessions[key], found.today)}")
        form.place("appointment_ids")
    if not chosen:
        st.text("Choose at least one note.")
        return
    if signature_box.sign(form, actor, release_private, lambda op, proof: ReleasePrivate(
        op=op, proof=proof, authorization_id=one.authorization_id, appointment_ids=tuple(chosen),
    ), label=f"Release {how_many(len(chosen))}", done="Released; take the paper now"):
        again()


def _prepare(actor: Actor, found: PrivateCase) -> None:
    form = Form(f"prepare_private.{found.case_id}.{found.author_id}")
    recipient = form.text("recipient", "To whom", placeholder="For instance: Dr. Ana Ruiz, Albany", max_chars=200)
    purpose = form.text("purpose", "What for", placeholder="For instance: continuing care", max_chars=200)
    days = [*found.sessions.values()]
    named = st.radio("Which notes", [False, True], horizontal=True, key=form.field_key("named"),
                     format_func=lambda one: "Of some sessions" if one else "From a day to a day")
    chosen: list[int] = []
    first, last = None, None
    if named:
        chosen = st.multiselect("Sessions", list(found.sessions), key=form.field_key("sessions"),
                                format_func=lambda key: day(found.sessions[key], found.today))
        form.place("appointment_ids")
    else:
        left, right = st.columns(2)
        with left:
            first = form.date("first_on", "Sessions from", min(days))
        with right:
            last = form.date("last_on", "to", max(days))
    if st.button("Prepare", type="secondary", key=form.field_key("save")):
        done, _ = form.submit(prepare_private, actor, lambda: PreparePrivate(
            op=form.op, case_id=found.case_id, author_id=found.author_id, recipient=recipient, purpose=purpose,
            first_on=first, last_on=last, appointment_ids=tuple(chosen),
        ), "Prepared; record who has authorised it")
        if done:
            again()


# --- What went out


def disclosures(actor: Actor, case_id: int) -> None:
    """What of private notes left the case and by what more could, for whoever may hand out its record; never a text."""
    found = read(private_disclosures, actor, case_id)
    if found is None or not (found.released or found.authorizations):
        return
    st.markdown("**Private notes handed out**")
    _lines(found.released, found.zone)
    if not found.released:
        st.text("None so far.")
    for one in found.authorizations:
        st.caption(md(f"Authorised for private notes of {one.author}, to {one.recipient}"))
        for word in one.words:
            given_words.row(word, found.today, "private_taken_back", lambda given: _take_back(actor, given))


def _lines(lines: list[Disclosed] | tuple[Disclosed, ...], zone: str) -> None:
    for line in lines:
        beside = f" and {line.confirmed_by}" if line.confirmed_by else ""
        st.text(f"{line.what}, to {line.recipient}")
        st.caption(md(f"{moment(line.at, zone)} by {line.by}{beside}. {line.ground}."
                      + ("" if line.handed_out else " The paper was not taken.")))
