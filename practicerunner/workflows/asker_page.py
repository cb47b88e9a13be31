"""The page behind the link in a notice: whoever asked reads what the practice wrote to them, and answers (I11).

Nobody is signed in. What is shown is this one conversation; not even the name that they gave, nor what they asked,
because an address that was typed wrong is somebody else's.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import PracticeError, RuleViolation
from practicerunner.records import asker_threads, audit, logins, practice
from practicerunner.records.asker_threads import AskerThread
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.logins import Done
from practicerunner.records.practice import NotSetUp
from practicerunner.rules import inquiries as rules
from practicerunner.rules import texts
from practicerunner.rules.scheduling import wall
from practicerunner.vocabulary import Resource
from practicerunner.workflows.asker_threads import ConversationIsClosed, add, goes_on
from practicerunner.workflows.commands import Command
from practicerunner.workflows.inquiry_page import AlreadySent
from practicerunner.workflows.threads import said

_COMMAND = "answer_by_link"


class LinkIsOver(PracticeError):
    """This link does not work any more."""


class TooManyAnswers(RuleViolation):
    """You have written many messages within an hour. Please wait a while, or call us."""


class AnswerByLink(Command):
    """What whoever asked answers."""

    token: str = Field(max_length=100)
    text: Annotated[str, Field(max_length=rules.LONGEST_ANSWER), AfterValidator(texts.paragraph), AfterValidator(said)]


@dataclass(frozen=True, slots=True)
class Us:
    """Who the practice is, for somebody who may have come by a link that is none."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class AskerEntry:
    """One message; without an author it is their own."""

    author: str
    at: datetime
    """On the practice's wall clock."""
    text: str


@dataclass(frozen=True, slots=True)
class AskerPage:
    """What somebody reads behind their link."""

    us: Us
    entries: tuple[AskerEntry, ...]
    goes_on: bool
    """Whether they can answer."""
    has_moved: bool
    """Whether the conversation goes on in the portal; nothing of it is shown here any more."""


def about_us(session: Session) -> Us:
    """Name and phone number of the practice; empty before there is one."""
    try:
        us = practice.the_practice(session)
    except NotSetUp:
        return Us("", "")
    return Us(us.name, us.phone)


def read_by_link(session: Session, token: str) -> AskerPage:
    """The conversation to which a link leads, kept as read; in a transaction. Raises LinkIsOver."""
    found, thread = _usable(session, token)
    return _page(session, found, thread)


def _page(session: Session, found: Inquiry, thread: AskerThread) -> AskerPage:
    has_moved = thread.thread_id is not None
    zone = practice.the_practice(session).zone
    if thread.asker_number < thread.last_number and not has_moved:
        thread.asker_number = thread.last_number
        session.flush()
        audit.note(session, action="read_by_link", resource=Resource.MESSAGES_ADMIN, resource_id=thread.id,
                   detail=f"inquiry {found.id}, up to {thread.last_number}")
    return AskerPage(about_us(session), tuple(
        AskerEntry(author.name if author is not None else "", wall(one.at, zone), one.text)
        for one, author in asker_threads.messages_of(session, found.id)
    ), goes_on(found, thread), has_moved)


def answer_by_link(session: Session, asked: AnswerByLink) -> AskerPage:
    """Keep an answer; the conversation is new again for the practice and leaves the archive. Returns what they read.

    The same form twice is one message. Raises LinkIsOver, ConversationIsClosed, TooManyAnswers, and AlreadySent for the
    same form with other words.
    """
    found, thread = _usable(session, asked.token, lock=True)
    request = hashlib.sha256(asked.model_dump_json(exclude={"op"}).encode()).hexdigest()
    done = logins.operation(session, asked.op)
    if done is not None:
        if done != Done(_COMMAND, None, None, request, done.result):
            raise AlreadySent
        return _page(session, found, thread)
    if not goes_on(found, thread):
        raise ConversationIsClosed
    since = clock.now() - rules.ANSWERS.within
    if asker_threads.answers_since(session, found.id, since) >= rules.ANSWERS.most:
        raise TooManyAnswers
    reopened = ", reopened" if thread.archived_at is not None else ""
    message_id = add(session, thread, asked.text)
    thread.asker_number = thread.last_number
    session.flush()
    logins.keep_operation(session, asked.op, Done(_COMMAND, None, None, request, json.dumps(message_id)))
    audit.note(session, action=_COMMAND, resource=Resource.MESSAGES_ADMIN, resource_id=message_id,
               detail=f"inquiry {found.id}{reopened}")
    return _page(session, found, thread)


def _usable(session: Session, token: str, *, lock: bool = False) -> tuple[Inquiry, AskerThread]:
    """The conversation of a link that works; too old, replaced, ended or never there is one answer."""
    thread = asker_threads.by_token(session, ids.fingerprint(token))
    if thread is None:
        raise LinkIsOver
    found = session.get_one(Inquiry, thread.inquiry_id, with_for_update=FOR_CHANGE if lock else None)
    if lock:
        session.refresh(thread)
    if thread.token_fingerprint != ids.fingerprint(token) or found.erased_at is not None:
        raise LinkIsOver
    if thread.link_until is None or thread.link_until <= clock.now():
        raise LinkIsOver
    return found, thread
