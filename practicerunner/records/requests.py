"""What clients ask for: a new time, another time, a cancellation (E18)."""

from datetime import date, datetime, time

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from practicerunner.records.base import Revised, word
from practicerunner.vocabulary import RequestKind, RequestStatus, SessionFormat


class SchedulingRequest(Revised):
    """One request, linked to its case (FHIR Appointment with status proposed). It holds no slot (DEC9)."""

    __tablename__ = "scheduling_request"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """Who asks."""
    kind: Mapped[RequestKind] = word(RequestKind)
    status: Mapped[RequestStatus] = word(RequestStatus, default=RequestStatus.PENDING)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    """The appointment to move or to cancel; after acceptance of a new time, the one that was booked."""
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    local_date: Mapped[date | None]
    local_time: Mapped[time | None]
    minutes: Mapped[int | None]
    format: Mapped[SessionFormat | None] = word(SessionFormat)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    message: Mapped[str] = mapped_column(Text, default="")
    offered_date: Mapped[date | None]
    offered_time: Mapped[time | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_scheduling_request_status", "status", "created_at"),)
