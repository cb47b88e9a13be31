"""The words of the calendar: services, appointments, attendance, series, feeds and requests."""

from practicerunner.vocabulary.word import Word


class ServiceCategory(Word):
    """Which kinds of case may book a service (FHIR HealthcareService.category)."""

    THERAPY = "therapy"
    CONSULTATION = "consultation"
    OTHER = "other"


class SessionFormat(Word):
    """How an appointment is held (FHIR Encounter.class)."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"


class AppointmentStatus(Word):
    """State of one appointment as a whole (FHIR Appointment.status); attendance is each participant's own."""

    SCHEDULED = "scheduled"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    HELD = "held"
    NOT_HELD = "not_held"
    CANCELLED = "cancelled"


class AttendanceStatus(Word):
    """Whether one participant came (FHIR Appointment.participant.status, Encounter.participant)."""

    SCHEDULED = "scheduled"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    LATE_CANCELLED = "late_cancelled"
    EXCUSED = "excused"
    CANCELLED_BY_CLIENT = "cancelled_by_client"
    CANCELLED_BY_PROVIDER = "cancelled_by_provider"

    @property
    def label(self) -> str:
        """The words that practices use."""
        return {"no_show": "No-show", "late_cancelled": "Late cancellation"}.get(self.value, super().label)


class Frequency(Word):
    """How often a series repeats (RFC 5545 FREQ; FHIR Timing.repeat)."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class MonthlyOn(Word):
    """Which day of each month a monthly series takes (E11)."""

    SAME_DAY = "same_day"
    SAME_DAY_OR_LAST = "same_day_or_last"
    SAME_WEEKDAY = "same_weekday"
    LAST_WEEKDAY = "last_weekday"


class SeriesScope(Word):
    """How far a change of one occurrence reaches (E12, E13)."""

    THIS = "this"
    FOLLOWING = "following"
    ALL_FUTURE = "all_future"

    @property
    def label(self) -> str:
        """What the form offers."""
        return {"this": "Only this one", "following": "This and following", "all_future": "All future ones"}[self.value]


class CancelledBy(Word):
    """Who called an appointment off (FHIR Appointment.cancellationReason)."""

    CLIENT = "client"
    PROVIDER = "provider"


class EventStatus(Word):
    """State of an event in a calendar feed (RFC 5545 STATUS)."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class FeedShows(Word):
    """How much a calendar feed tells whoever has its address (E22)."""

    BUSY = "busy"
    INITIALS = "initials"
    NAMES = "names"


class RequestKind(Word):
    """What somebody asks the practice to do with their appointments (E18)."""

    NEW_TIME = "new_time"
    MOVE = "move"
    CANCEL = "cancel"


class RequestStatus(Word):
    """Where a scheduling request stands (FHIR AppointmentResponse.participantStatus)."""

    PENDING = "pending"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """``Another time offered`` says more than ``Offered``."""
        return "Another time offered" if self is RequestStatus.OFFERED else super().label
