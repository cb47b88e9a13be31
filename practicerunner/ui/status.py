"""A status is a word and a colour, the same on every page."""

from typing import Literal

import streamlit as st

from practicerunner.vocabulary import (
    AppointmentStatus,
    AssignmentStatus,
    AttendanceStatus,
    AuthorizationState,
    CaseStatus,
    InquiryStatus,
    InvoiceState,
    MessageStatus,
    NoteStatus,
    ObjectiveStatus,
    ParticipantStatus,
    PaymentState,
    RequestStatus,
    Word,
    WorkflowState,
)

Colour = Literal["gray", "primary", "orange", "red", "blue"]

_COLOURS: tuple[tuple[Word, Colour], ...] = (
    (CaseStatus.INTAKE_PENDING, "orange"),
    (CaseStatus.WAITLIST, "orange"),
    (CaseStatus.ACTIVE, "primary"),
    (AppointmentStatus.CONFIRMED, "primary"),
    (AppointmentStatus.ARRIVED, "primary"),
    (AppointmentStatus.HELD, "primary"),
    (AppointmentStatus.NOT_HELD, "red"),
    (AttendanceStatus.CONFIRMED, "primary"),
    (AttendanceStatus.ARRIVED, "primary"),
    (AttendanceStatus.ATTENDED, "primary"),
    (AttendanceStatus.NO_SHOW, "red"),
    (AttendanceStatus.LATE_CANCELLED, "red"),
    (AttendanceStatus.EXCUSED, "blue"),
    (InquiryStatus.OPEN, "orange"),
    (InquiryStatus.PROSPECT, "primary"),
    (RequestStatus.PENDING, "orange"),
    (RequestStatus.OFFERED, "blue"),
    (RequestStatus.ACCEPTED, "primary"),
    (NoteStatus.SUBMITTED, "orange"),
    (NoteStatus.RETURNED, "blue"),
    (NoteStatus.LOCKED, "primary"),
    (NoteStatus.AMENDED, "primary"),
    (NoteStatus.FINAL, "primary"),
    (ObjectiveStatus.REACHED, "primary"),
    (ObjectiveStatus.PARTLY_REACHED, "blue"),
    (ObjectiveStatus.DEFERRED, "orange"),
    (AuthorizationState.AUTHORIZED, "primary"),
    (AuthorizationState.MISSING, "orange"),
    (AuthorizationState.EXPIRED, "red"),
    (AuthorizationState.WITHDRAWN, "red"),
    (AssignmentStatus.ASSIGNED, "orange"),
    (AssignmentStatus.STARTED, "blue"),
    (AssignmentStatus.COMPLETED, "primary"),
    (InvoiceState.OPEN, "orange"),
    (InvoiceState.PARTLY_PAID, "orange"),
    (InvoiceState.PAID, "primary"),
    (InvoiceState.CREDITED, "blue"),
    (InvoiceState.WRITTEN_OFF, "blue"),
    (InvoiceState.OVERDUE, "red"),
    (PaymentState.PENDING, "orange"),
    (PaymentState.SETTLED, "primary"),
    (PaymentState.FAILED, "red"),
    (MessageStatus.WAITING, "orange"),
    (MessageStatus.SENDING, "blue"),
    (MessageStatus.SENT, "primary"),
    (MessageStatus.FAILED, "red"),
    (ParticipantStatus.ACTIVE, "primary"),
    (ParticipantStatus.WAITLISTED, "orange"),
    (WorkflowState.NEEDS_ATTENTION, "red"),
    (WorkflowState.INTAKE_INCOMPLETE, "orange"),
    (WorkflowState.PAYMENT_METHOD_MISSING, "orange"),
    (WorkflowState.READY_TO_SCHEDULE, "blue"),
    (WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW, "blue"),
    (WorkflowState.ALL_SET, "primary"),
)
# By type and word: words of two vocabularies may be the same text.
_BY_TYPE = {(type(status), status): colour for status, colour in _COLOURS}


def colour(status: Word) -> Colour:
    """The colour of a status; grey for what is at rest."""
    return _BY_TYPE.get((type(status), status), "gray")


def badge(status: Word, label: str = "") -> None:
    """Show a status as a badge: the word, or what it is called here, and its colour."""
    st.badge(label or status.label, color=colour(status))
