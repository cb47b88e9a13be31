"""Calendar feeds on the screen: one's own under My account, a client's from the case page (E22)."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import streamlit as st
from pydantic import SecretStr

from practicerunner import ids
from practicerunner.rules.case_types import capabilities
from practicerunner.settings import settings
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import moment
from practicerunner.vocabulary import Action, FeedShows, Resource
from practicerunner.workflows.access import Actor, may, visible
from practicerunner.workflows.clients import CasePage, ParticipantView
from practicerunner.workflows.feeds import (
    FeedView,
    MakeFeed,
    RevokeFeed,
    feeds_in_case,
    has_feeds,
    make_feed,
    own_feeds,
    revoke_feed,
)
from practicerunner.workflows.practice import practice_settings

FRESH = "feed.fresh"
"""The address that was just made: shown until the dialog is closed, and never again."""
MEANING = {
    FeedShows.BUSY: "Only that you are busy. Good for a calendar that others see.",
    FeedShows.INITIALS: "Initials of your clients, and the place.",
    FeedShows.NAMES: "Names of your clients, on every screen and server that the calendar passes.",
}


def own_block(actor: Actor, zone: str) -> None:
    """Draw the block of one's own addresses; nothing for those without appointments of their own."""
    if not has_feeds(actor):
        return
    with st.container(border=True):
        st.subheader("Calendar feed", anchor=False)
        st.text("See your appointments in the calendar of your phone or computer. Whoever has the address can read "
                "them, so keep it to yourself.")
        views = read(own_feeds, actor)
        for view in views:
            _row(actor, view, f"Shows {view.shows.label.lower()}. {dates(view, zone)}",
                 partial(own_dialog, actor, view))
        if not views:
            st.text("No address yet.")
        if st.button("New address", icon=":material/add:", key="feed.new"):
            own_dialog(actor)


def own_dialog(actor: Actor, replaced: FeedView | None = None) -> None:
    """Open "New address" of one's own, or "Replace address" of one that there is."""
    open_dialog("Replace address" if replaced else "New address", partial(_own, actor, replaced))


def may_offer(actor: Actor, page: CasePage) -> bool:
    """Whether the actor makes addresses for the people in a case: whoever may change its appointments."""
    if not may(actor, Action.UPDATE, Resource.APPOINTMENTS):
        return False
    theirs = visible(actor, Action.UPDATE, Resource.APPOINTMENTS)
    return theirs.everything or page.provider_id in theirs.staff_ids


def client_dialog(actor: Actor, page: CasePage, person: ParticipantView) -> None:
    """Open "Calendar feed" of somebody in a case: their addresses, and a new one."""
    open_dialog("Calendar feed", partial(_client, actor, page, person), mine=False)


def open_dialog(title: str, draw: Callable[[], None], *, mine: bool = True) -> None:
    """Open a dialog that shows the address which was made in it, once; ``mine``: for a calendar of whoever made it."""
    _forget()
    st.dialog(title, on_dismiss=_forget)(_unless_fresh)(draw, mine)


def _forget() -> None:
    st.session_state.pop(FRESH, None)


def _unless_fresh(draw: Callable[[], None], mine: bool) -> None:
    """The dialog: what was just made, or what leads to it."""
    place = st.empty()
    if FRESH not in st.session_state:
        with place.container():
            draw()
    if FRESH in st.session_state:
        with place.container():
            _show_address(st.session_state[FRESH], mine=mine)


def _show_address(address: str, *, mine: bool) -> None:
    if mine:
        st.link_button("Add to my calendar", f"webcal://{address.partition('://')[2]}", type="primary",
                       icon=":material/calendar_add_on:", width="stretch")
        st.text("Nothing happens? Then copy this address now: it is shown only once.")
    else:
        st.text("Copy this address now: it is shown only once.")
    st.code(address, language=None, wrap_lines=True)
    st.text("In the calendar program choose “Add calendar from address” or “Subscribe”, and paste it there. If it "
            "falls into wrong hands, revoke it here.")
    public = filter(None, (settings().public_url, settings().portal_url))
    if not address.startswith(tuple(known.rstrip("/") for known in public)):
        st.caption("This server has no public address yet, so only programs on its own network can read the calendar.")
    if st.button("Done", type="secondary" if mine else "primary", key="feed.done", width="stretch"):
        _forget()
        st.rerun()


def _own(actor: Actor, replaced: FeedView | None) -> None:
    form = Form(f"feed.own.{replaced.feed_id if replaced else ''}")
    if replaced is not None:
        st.text("The present address stops working at once; the new one has to be put in its place.")
    options = list(FeedShows)
    shows = st.radio(
        "What it shows", options, index=options.index(replaced.shows if replaced else FeedShows.INITIALS),
        format_func=lambda word: word.label, captions=[MEANING[word] for word in options], key=form.field_key("shows"),
    ) or FeedShows.INITIALS
    label = "Replace address" if replaced else "Make address"
    if st.button(label, type="primary", key=form.field_key("save"), width="stretch"):
        secret = secret_of(form)
        _make(actor, form, secret, lambda: MakeFeed(
            op=form.op, shows=shows, replaces_id=replaced.feed_id if replaced else None, secret=SecretStr(secret)),
            origin())


def _client(actor: Actor, page: CasePage, person: ParticipantView) -> None:
    form = Form(f"feed.client.{person.person_id}")
    zone = read(practice_settings, actor).zone
    st.text(f"Appointments of {person.name} for their own calendar: when and where, without any name but the "
            "practice's. The address covers this case alone. Give it to nobody else.")
    if capabilities(page.type).confidential:
        st.caption("What is confidential to them is left out. It stands under an address that they make in the portal.")
    views = read(feeds_in_case, actor, page.case_id).get(person.person_id, [])
    for view in views:
        _row(actor, view, dates(view, zone))
    if not views:
        st.text("No address yet.")
    if st.button("New address", type="primary", key=form.field_key("save"), width="stretch"):
        secret = secret_of(form)
        _make(actor, form, secret, lambda: MakeFeed(
            op=form.op, case_id=page.case_id, person_id=person.person_id, secret=SecretStr(secret)),
            settings().portal_url.rstrip("/") or origin())


def secret_of(form: Form) -> str:
    """The same for a second click, so that both show the address that was made."""
    secret: str = st.session_state.setdefault(form.field_key("secret"), ids.new_token())
    return secret


def _make(actor: Actor, form: Form, secret: str, build: Callable[[], MakeFeed], begins: str) -> None:
    done, _ = form.submit(make_feed, actor, build, "Address made")
    if done:
        del st.session_state[form.field_key("secret")]
        st.session_state[FRESH] = f"{begins}/feeds/{secret}.ics"


def origin() -> str:
    """The address under which this server is reached from elsewhere."""
    if settings().public_url:
        return settings().public_url.rstrip("/")
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}" if here.netloc else f"http://localhost:{settings().port}"


def dates(view: FeedView, zone: str) -> str:
    """When an address was made and last read."""
    read_at = f"last read {moment(view.last_read_at, zone)}" if view.last_read_at else "not read yet"
    return f"Made {moment(view.made_at, zone)}, {read_at}."


def _row(actor: Actor, view: FeedView, text: str, replace: Callable[[], None] | None = None) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(text, width="content")
        with st.container(horizontal=True, width="content"):
            if replace is not None and st.button(
                "Replace address", key=f"feed.replace.{view.feed_id}", type="tertiary"
            ):
                replace()
            form = Form(f"feed.revoke.{view.feed_id}")
            if st.button("Revoke", key=form.field_key("revoke"), type="tertiary"):
                done, _ = perform(
                    revoke_feed, actor, lambda: RevokeFeed(op=form.op, feed_id=view.feed_id), done="Address revoked")
                if done:
                    form.clear()
                    st.rerun()
