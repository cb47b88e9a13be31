"""Inquiries from which nothing came are erased some time after they were closed; a job does it (I11).

What they wrote, who they were, what staff wrote beneath it, the conversation and the letters to them go. That there was
an inquiry, of which kind, and who closed it when, stays. One that became a prospect stays as it is.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import asker_threads, audit, inquiries, outbox
from practicerunner.rules.inquiries import ERASE_AFTER_DAYS
from practicerunner.vocabulary import InquiryEntryKind, MessageKind, Resource

AT_ONCE = 100
WORDS = ("first_name", "last_name", "email", "phone", "message", "reason")
"""What somebody typed about them."""
INSTEAD = "It was erased with the inquiry that it belonged to."


def _closed_before(session: Session) -> datetime:
    row = inquiries.the_settings(session)
    return clock.now() - timedelta(days=row.erase_after_days if row is not None else ERASE_AFTER_DAYS)


def is_any_due(session: Session) -> bool:
    """Whether an inquiry was closed long enough ago."""
    return bool(inquiries.to_erase(session, _closed_before(session), 1))


def erase_closed(session: Session) -> int:
    """Erase inquiries that were closed long enough ago, each once and with a line in the audit log. Returns how many.

    Two processes at once take different ones.
    """
    found = inquiries.to_erase(session, _closed_before(session), AT_ONCE, lock=True)
    for one in found:
        for word in WORDS:
            setattr(one, word, "")
        one.erased_at = clock.now()
        one.revision += 1
    session.flush()  # only then do notes and messages go
    erased = [one.id for one in found]
    letters = [f"{MessageKind.INQUIRY_RECEIVED}:{one}" for one in erased]
    letters += [
        f"{MessageKind.INQUIRY_ANSWERED}:{entry.id}" for entry, _ in inquiries.entries(session, erased)
        if entry.kind is InquiryEntryKind.REPLY
    ]
    letters += [
        f"{MessageKind.INQUIRY_ANSWERED}:{thread_id}:{number}"
        for thread_id, written in asker_threads.letters_of(session, erased) for number in range(1, written + 1)
    ]
    outbox.blank(session, letters, INSTEAD)
    inquiries.drop_entries(session, erased)
    asker_threads.drop(session, erased)
    for inquiry_id in erased:
        audit.note(session, action="erase_inquiry", resource=Resource.CLIENT_DIRECTORY, resource_id=inquiry_id)
    return len(erased)
