"""The words of what is sent and said: notices, conversations, inquiries and contact made."""

from practicerunner.vocabulary.permissions import Resource
from practicerunner.vocabulary.word import Word


class Audience(Word):
    """Who may book into opening hours (E16)."""

    STAFF = "staff"
    EXISTING_CLIENTS = "existing_clients"
    NEW_INQUIRIES = "new_inquiries"


class MessageKind(Word):
    """Why a message leaves the practice (FHIR Communication.category)."""

    REMINDER = "reminder"
    REQUEST_ANSWERED = "request_answered"
    APPOINTMENT_CHANGED = "appointment_changed"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    FORM_REMINDER = "form_reminder"
    URGENT_NOTICE = "urgent_notice"
    ACCESS_GRANTED = "access_granted"
    INVOICE_ISSUED = "invoice_issued"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REMINDER = "payment_reminder"
    PAPER_READY = "paper_ready"
    MESSAGE_WAITING = "message_waiting"
    PORTAL_LINK = "portal_link"
    DETAILS_ASKED = "details_asked"
    INQUIRY_RECEIVED = "inquiry_received"
    INQUIRY_ANSWERED = "inquiry_answered"

    @property
    def label(self) -> str:
        """What was written, as a noun: ``Reminder``, ``Notice of a change``."""
        return {
            "request_answered": "Answer to a request", "appointment_changed": "Notice of a change",
            "appointment_cancelled": "Notice of a cancellation", "access_granted": "Notice of new access",
            "invoice_issued": "Notice of an invoice",
            "payment_received": "Notice of a payment", "payment_failed": "Notice of a failed payment",
            "paper_ready": "Notice of a paper",
            "message_waiting": "Notice of a message",
            "portal_link": "Link to the portal", "details_asked": "Notice of details to change",
            "inquiry_received": "Receipt of an inquiry", "inquiry_answered": "Message about an inquiry",
        }.get(self.value, super().label)


class MessageStatus(Word):
    """Where an outgoing message stands (FHIR Communication.status)."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class ContactMade(Word):
    """How somebody was spoken to about what they owe; a reminder is entered by itself (FHIR Communication.medium)."""

    PHONE = "phone"
    EMAIL = "email"
    LETTER = "letter"
    IN_PERSON = "in_person"
    REMINDER = "reminder"

    @property
    def label(self) -> str:
        """``Phone``, ``E-mail``, ``Reminder sent``."""
        return {"email": "E-mail", "reminder": "Reminder sent"}.get(self.value, super().label)


class ThreadClass(Word):
    """Who may read a thread of messages, beside those who were chosen (FHIR Communication.category)."""

    CLINICAL = "clinical"
    ADMIN = "admin"

    @property
    def resource(self) -> "Resource":
        """The row of the permission table."""
        return Resource.MESSAGES_CLINICAL if self is ThreadClass.CLINICAL else Resource.MESSAGES_ADMIN


class InquiryStatus(Word):
    """Where an inquiry stands (FHIR Task.status)."""

    OPEN = "open"
    PROSPECT = "prospect"
    CLOSED = "closed"


class InquiryEntryKind(Word):
    """What staff wrote beneath an inquiry (FHIR Communication, Annotation)."""

    NOTE = "note"
    REPLY = "reply"
