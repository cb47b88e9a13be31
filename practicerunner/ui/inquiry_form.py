"""What the public page offers, and who has a page of their own: a part of the practice's settings."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.settings import settings
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.workflows.access import Actor
from practicerunner.workflows.clients import staff_choices
from practicerunner.workflows.inquiry_settings import (
    Offered,
    SaveInquirySettings,
    inquiry_settings,
    save_inquiry_settings,
)
from practicerunner.workflows.practice import location_list, service_list

T = TypeVar("T")


def inquiry_form(actor: Actor) -> None:
    """The switch, the choices, the words above the form, and the addresses."""
    now = read(inquiry_settings, actor)
    form = Form(f"inquiry_settings.{now.revision}")
    staff = read(staff_choices, actor).providers
    services = {one.id: one.name for one in read(service_list, actor)}
    places = {one.id: one.name for one in read(location_list, actor)}
    with st.container(border=True):
        st.subheader("Public page for inquiries", anchor=False)
        st.text("People without an account write to you here. Each message becomes a task under Inquiries.")
        is_on = form.tick("is_on", "The page is on", now.is_on)
        kinds = _several(form, "case_types", "Kinds of work that people may ask for", {
            kind: capabilities(kind).heading for kind in CASE_TYPES}, now.case_types)
        offered = _several(form, "service_ids", "Services", services, [one.id for one in now.services])
        where = _several(form, "location_ids", "Places (none: just “in person”)", places,
                         [one.id for one in now.locations])
        by_video = form.tick("by_video", "Also by video", now.by_video)
        who = _several(form, "provider_ids", "Who takes inquiries", staff, [one.staff_id for one in now.providers])
        st.caption("Each has a page of their own. Free times come from their opening hours for new inquiries.")
        days = form.number(
            "erase_after_days", "Closed inquiries are erased after … days", now.erase_after_days, min_value=1,
            help="Name, address, message and notes go; those that became prospects stay.")
        words = form.area("introduction", "Words above the form", now.introduction, height=140, max_chars=4000,
                          help="Blank lines part paragraphs; \\*\\*bold\\*\\*, \\*italic\\*, lines that begin with a "
                               "hyphen, \\[words\\]\\(https address\\).")
        if st.button("Save", type="primary", key=form.field_key("save")):
            done, _ = form.submit(save_inquiry_settings, actor, lambda: SaveInquirySettings(
                op=form.op, revision=now.revision, is_on=is_on, introduction=words, case_types=tuple(kinds),
                service_ids=tuple(offered), location_ids=tuple(where), by_video=by_video, provider_ids=tuple(who),
                erase_after_days=days,
            ), "Public page saved")
            if done:
                st.rerun()
    if now.is_on:
        _addresses(now)


def _several(form: Form, field: str, label: str, options: dict[T, str], chosen: Sequence[T]) -> list[T]:
    found: list[T] = st.multiselect(
        label, list(options), [one for one in chosen if one in options], format_func=options.__getitem__,
        key=form.field_key(field), select_all=False, placeholder="None")
    form.place(field)
    return found


def _addresses(now: Offered) -> None:
    with st.container(border=True):
        st.subheader("Addresses", anchor=False)
        base = settings().public_url.rstrip("/")
        st.text("For your website, your e-mails, a card at the door:")
        st.code(f"{base}/inquiry", language=None)
        for one in now.providers:
            st.text(one.name)
            st.code(f"{base}/inquiry/{one.slug}", language=None)
