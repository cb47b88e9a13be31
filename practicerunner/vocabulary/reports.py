"""The words of overviews, queues and runs."""

from practicerunner.vocabulary.word import Word


class WorkflowState(Word):
    """The one computed state of a case (J03), most urgent first in this order."""

    NEEDS_ATTENTION = "needs_attention"
    INTAKE_INCOMPLETE = "intake_incomplete"
    PAYMENT_METHOD_MISSING = "payment_method_missing"
    READY_TO_SCHEDULE = "ready_to_schedule"
    IMPORTED_RECORD_NEEDS_REVIEW = "imported_record_needs_review"
    ALL_SET = "all_set"


class AttentionKind(Word):
    """What may wait in a case; which state each stands for is in ``rules/workflow_state.py`` (C06, C09)."""

    CRITICAL_ANSWER = "critical_answer"
    NOTE_RETURNED = "note_returned"
    NOTE_DUE = "note_due"
    PLAN_REVIEW_DUE = "plan_review_due"
    ATTENDANCE_MISSING = "attendance_missing"
    NOT_INVOICED = "not_invoiced"
    INVOICE_OVERDUE = "invoice_overdue"
    PLACE_FREE = "place_free"
    CAME_OF_AGE = "came_of_age"
    NOBODY_TAKES_PART = "nobody_takes_part"
    INTAKE_MISSING = "intake_missing"
    CONSENT_MISSING = "consent_missing"
    ARRANGEMENT_MISSING = "arrangement_missing"
    PAYMENT_METHOD_MISSING = "payment_method_missing"
    NOTHING_AHEAD = "nothing_ahead"
    REVIEW_NEEDED = "review_needed"


class OnboardingStep(Word):
    """An item of the onboarding checklist (C07); computed, never ticked."""

    INTAKE = "intake"
    CONSENTS = "consents"
    BILLING_ARRANGEMENT = "billing_arrangement"
    PAYMENT_METHOD = "payment_method"
    FIRST_APPOINTMENT = "first_appointment"


class ReportPeriod(Word):
    """The stretch of time that a report is about; a running one ends today."""

    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    THIS_YEAR = "this_year"
    LAST_12_MONTHS = "last_12_months"


class MoneyBy(Word):
    """By what the money of a period is looked at (J08)."""

    PROVIDER = "provider"
    SERVICE = "service"
    KIND = "kind"
    PAYER = "payer"
    MONTH = "month"

    @property
    def label(self) -> str:
        """``Kind of case`` says whose kind."""
        return "Kind of case" if self is MoneyBy.KIND else super().label


class OverviewTable(Word):
    """A table of the overview, on its page and as a file."""

    SESSIONS = "sessions"
    INVOICED = "invoiced"
    COLLECTED = "collected"
    RECEIVABLE = "receivable"
    MONEY = "money"
    MOVEMENTS = "movements"
    REVENUE = "revenue"
    AGING = "aging"
    ATTENDANCE = "attendance"
    ATTENDANCE_BY_PROVIDER = "attendance_by_provider"
    DOCUMENTATION = "documentation"
    SIGNED_WITHIN = "signed_within"
    SIGNED_WITHIN_ROWS = "signed_within_rows"
    NOTES_DUE = "notes_due"
    CASELOAD = "caseload"


class SignedWithin(Word):
    """How soon a note was signed after its appointment: each note is in the first of these that applies (C22)."""

    WITHIN_DAY = "within_day"
    WITHIN_HOURS = "within_hours"
    WITHIN_DAYS = "within_days"
    LATER = "later"
    NOT_YET = "not_yet"

    @property
    def label(self) -> str:
        """As the report heads its columns."""
        return {
            SignedWithin.WITHIN_DAY: "Within 1 day", SignedWithin.WITHIN_HOURS: "Within the policy's hours",
            SignedWithin.WITHIN_DAYS: "Before a late entry",
        }.get(self, super().label)


class RunState(Word):
    """Where a run over many papers stands (FHIR Task.status)."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Outcome(Word):
    """What the audit log says of an act (FHIR AuditEvent.outcome)."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class RowOutcome(Word):
    """What became of one row of an import."""

    NEW = "new"
    DUPLICATE = "duplicate"
    IMPOSSIBLE_DATE = "impossible_date"
    INCOMPLETE_COUPLE = "incomplete_couple"
    INVALID = "invalid"
