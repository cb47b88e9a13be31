"""The words: every enum and status that the product stores or shows, each with its nearest FHIR name.

A member's value is what the database keeps; its ``label`` is what people read.
"""

from enum import StrEnum


class Word(StrEnum):
    """A stored word with a readable label: underscores become blanks, the first letter a capital."""

    @property
    def label(self) -> str:
        """The word as people read it, e.g. ``late_cancelled`` → ``Late cancelled``."""
        return self.value.replace("_", " ").capitalize()


class CaseType(Word):
    """The seven kinds of case (FHIR EpisodeOfCare.type). What differs between them is in ``rules/case_types.py``."""

    INDIVIDUAL = "individual"
    TWO_PERSON = "two_person"
    FAMILY = "family"
    THERAPY_GROUP = "therapy_group"
    INDIVIDUAL_CONSULTATION = "individual_consultation"
    CONSULTATION_GROUP = "consultation_group"
    WORKSHOP = "workshop"


class TwoPersonLabel(Word):
    """What two people are to each other in a two-person case; none implies romance (A03)."""

    SPOUSES = "spouses"
    PARTNERS = "partners"
    CO_PARENTS = "co_parents"
    SIBLINGS = "siblings"
    ROOMMATES = "roommates"
    COLLEAGUES = "colleagues"
    BUSINESS_PARTNERS = "business_partners"

    @property
    def label(self) -> str:
        """``Co-parents`` keeps its hyphen."""
        return "Co-parents" if self is TwoPersonLabel.CO_PARENTS else super().label


class CaseStatus(Word):
    """Lifecycle status of a case, set by people (FHIR EpisodeOfCare.status); the seven of decision DEC2."""

    PROSPECT = "prospect"
    INTAKE_PENDING = "intake_pending"
    WAITLIST = "waitlist"
    ACTIVE = "active"
    INACTIVE = "inactive"
    CONTACT = "contact"
    ARCHIVED = "archived"


class ListFilter(Word):
    """The three filters of the client list; everyone = active and prospect + archived (B03–B05)."""

    ACTIVE_AND_PROSPECT = "active_and_prospect"
    ARCHIVED = "archived"
    EVERYONE = "everyone"


class ParticipantStatus(Word):
    """Standing of a person in a case (FHIR Group.member.inactive)."""

    ACTIVE = "active"
    WAITLISTED = "waitlisted"
    LEFT = "left"


class Role(Word):
    """What a member of staff may be; one person may hold several (FHIR PractitionerRole)."""

    OWNER = "owner"
    PROVIDER = "provider"
    ASSOCIATE = "associate"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class ContactKind(Word):
    """A way to reach a person (FHIR ContactPoint.system)."""

    PHONE = "phone"
    EMAIL = "email"


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


class Audience(Word):
    """Who may book into opening hours (E16)."""

    STAFF = "staff"
    EXISTING_CLIENTS = "existing_clients"
    NEW_INQUIRIES = "new_inquiries"


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


class InquiryStatus(Word):
    """Where an inquiry stands (FHIR Task.status)."""

    OPEN = "open"
    PROSPECT = "prospect"
    CLOSED = "closed"


class InquiryEntryKind(Word):
    """What staff wrote beneath an inquiry (FHIR Communication, Annotation)."""

    NOTE = "note"
    REPLY = "reply"


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


class CollectionPolicy(Word):
    """What happens by itself once somebody has attended (H19)."""

    MANUAL = "manual"
    INVOICE = "invoice"
    PAYMENT = "payment"

    @property
    def label(self) -> str:
        """As it is chosen."""
        return {"manual": "Invoice by hand", "invoice": "Invoice by itself",
                "payment": "Invoice by itself and note the saved card as due"}[self.value]


class PortalState(Word):
    """Where somebody stands with the portal."""

    NONE = "none"
    INVITED = "invited"
    LAPSED = "lapsed"
    """Invited, but the link ran out or was withdrawn unused."""
    ACTIVE = "active"
    SUSPENDED = "suspended"


class MessageStatus(Word):
    """Where an outgoing message stands (FHIR Communication.status)."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class RunState(Word):
    """Where a run over many papers stands (FHIR Task.status)."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ThreadClass(Word):
    """Who may read a thread of messages, beside those who were chosen (FHIR Communication.category)."""

    CLINICAL = "clinical"
    ADMIN = "admin"

    @property
    def resource(self) -> "Resource":
        """The row of the permission table."""
        return Resource.MESSAGES_CLINICAL if self is ThreadClass.CLINICAL else Resource.MESSAGES_ADMIN


class FeedShows(Word):
    """How much a calendar feed tells whoever has its address (E22)."""

    BUSY = "busy"
    INITIALS = "initials"
    NAMES = "names"


class EventStatus(Word):
    """State of an event in a calendar feed (RFC 5545 STATUS)."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class CancelledBy(Word):
    """Who called an appointment off (FHIR Appointment.cancellationReason)."""

    CLIENT = "client"
    PROVIDER = "provider"


class NoteKind(Word):
    """The kinds of note (FHIR Composition.type); which fit a case is in ``rules/case_types.py``."""

    PROGRESS = "progress"
    CONSULTATION = "consultation"
    GROUP = "group"
    PSYCHOTHERAPY = "psychotherapy"
    MEMO = "memo"
    CONTACT = "contact"
    INTAKE = "intake"
    TREATMENT_PLAN = "treatment_plan"
    MENTAL_STATUS = "mental_status"

    @property
    def label(self) -> str:
        """``Progress note``, but ``Internal memo``."""
        return {
            "memo": "Internal memo", "intake": "Intake", "treatment_plan": "Treatment plan",
            "mental_status": "Mental status exam",
        }.get(self.value, f"{self.value.capitalize()} note")


class RiskFinding(Word):
    """What somebody said or showed of harm; nobody's word is that there is no risk (FHIR Observation.value)."""

    NONE_REPORTED = "none_reported"
    PRESENT = "present"


class DiagnosisAct(Word):
    """What was done with a diagnosis (FHIR Provenance.activity over Condition)."""

    SET = "set"
    ENDED = "ended"
    REOPENED = "reopened"
    MADE_PRIMARY = "made_primary"
    NO_LONGER_PRIMARY = "no_longer_primary"
    MADE_PROVISIONAL = "made_provisional"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    """Entered by mistake: it counts on no day."""


class NoteStatus(Word):
    """Where a note stands (FHIR Composition.status)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    LOCKED = "locked"
    AMENDED = "amended"
    FINAL = "final"

    @property
    def label(self) -> str:
        """A locked note is a signed note to the people who read it."""
        return {"submitted": "Awaiting co-signature", "locked": "Signed", "amended": "Signed, amended"}.get(
            self.value, super().label
        )


class ObjectiveStatus(Word):
    """Where an objective of a treatment plan stands (FHIR Goal.achievementStatus)."""

    ACTIVE = "active"
    REACHED = "reached"
    PARTLY_REACHED = "partly_reached"
    DEFERRED = "deferred"
    DROPPED = "dropped"


class AgreedHow(Word):
    """How somebody agreed to a treatment plan (FHIR Consent.sourceAttachment)."""

    AT_SCREEN = "at_screen"
    ON_PAPER = "on_paper"

    @property
    def label(self) -> str:
        """``At the screen, by typing their name``."""
        return {"at_screen": "Here, by typing the name", "on_paper": "On paper"}[self.value]


class SignatureRole(Word):
    """As what somebody signed a note (FHIR Composition.attester.mode)."""

    AUTHOR = "author"
    CO_SIGNER = "co_signer"
    APPROVER = "approver"

    @property
    def act(self) -> str:
        """What the signature did, as it stands before the name."""
        return {"author": "Signed", "co_signer": "Co-signed", "approver": "Approved"}[self.value]


class SupervisionLevel(Word):
    """How far somebody is supervised (FHIR PractitionerRole of the supervisor)."""

    ACCESS = "access"
    """The supervisor may read; nothing waits for them."""
    APPROVE = "approve"
    """What a provider signs waits for approval."""
    CO_SIGN = "co_sign"
    """What is signed waits for co-signature."""

    @property
    def label(self) -> str:
        """As it stands in a list of assignments."""
        return {"access": "Reads", "approve": "Approves", "co_sign": "Co-signs"}[self.value]


class SupervisionFormat(Word):
    """How many share an hour of supervision: one, two or more."""

    INDIVIDUAL = "individual"
    TRIADIC = "triadic"
    GROUP = "group"


class ProofMethod(Word):
    """By what somebody showed, at the moment of signing, who they are (TRUST C23)."""

    PASSWORD = "password"  # noqa: S105
    CODE = "code"


class PaperKind(Word):
    """A paper that onboarding asks of a participant (FHIR Questionnaire, Consent)."""

    INTAKE = "intake"
    CONSENT = "consent"


class FormPurpose(Word):
    """What a form is for (FHIR Questionnaire.code); which fit a case is in ``rules/case_types.py``."""

    INTAKE = "intake"
    CONSENT = "consent"
    NO_SECRETS = "no_secrets"
    TELEHEALTH = "telehealth"
    CONSULTATION_AGREEMENT = "consultation_agreement"
    MEASURE = "measure"
    QUESTIONNAIRE = "questionnaire"
    PRACTICE_DOCUMENT = "practice_document"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {"no_secrets": "No-secrets policy", "telehealth": "Telehealth consent", "other": "Other form"}.get(
            self.value, super().label
        )


class DocumentTask(Word):
    """What is asked of whoever is given a document of the practice (FHIR Task.code)."""

    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    SIGN = "sign"

    @property
    def label(self) -> str:
        """As the list of documents says it."""
        return f"To {self.value}"


class FieldKind(Word):
    """What a field of a form asks for, or shows (FHIR Questionnaire.item.type)."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    SCALE = "scale"
    DATE = "date"
    ACKNOWLEDGEMENT = "acknowledgement"
    SIGNATURE = "signature"
    DOCUMENT = "document"
    HEADING = "heading"

    @property
    def label(self) -> str:
        """What the builder offers."""
        return {
            "text": "A line of text", "choice": "One of several", "choices": "Several of several",
            "acknowledgement": "Box to tick", "document": "Text to read",
        }.get(self.value, super().label)


class AssignmentStatus(Word):
    """Where a form stands that somebody was given (FHIR Task.status, QuestionnaireResponse.status)."""

    ASSIGNED = "assigned"
    STARTED = "started"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class AlertAction(Word):
    """What was done about a critical answer; without one no alert is closed (FHIR Flag.status)."""

    ASSESSED = "assessed"
    CONTACTED = "contacted"
    REFERRED = "referred"


class AuthorizationState(Word):
    """How somebody stands to the release of a record that is about them too (FHIR Consent.status)."""

    AUTHORIZED = "authorized"
    MISSING = "missing"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """As the list of a release says it."""
        return {"authorized": "Authorised", "missing": "Missing"}.get(self.value, super().label)


class CustodyEnd(Word):
    """How a procedure for the private notes of somebody who left came to its end (FHIR Task.statusReason)."""

    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    AUTHOR_BACK = "author_back"

    @property
    def label(self) -> str:
        """As the list of procedures says it."""
        return {"author_back": "Ended: the author is back", "lapsed": "Expired"}.get(self.value, super().label)


class CustodyState(Word):
    """How such a procedure stands (FHIR Task.status)."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    ENDED = "ended"

    @property
    def label(self) -> str:
        """As the list of procedures says it."""
        return {"open": "Waits for the second person"}.get(self.value, super().label)


class BreachChannel(Word):
    """By what something went to the wrong person (FHIR Communication.medium)."""

    MESSAGE = "message"
    DOCUMENT = "document"
    PAPER = "paper"
    EMAIL = "email"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "message": "A message", "document": "A shared document", "paper": "A paper", "email": "An e-mail",
            "other": "Something else",
        }[self.value]


class BreachDecision(Word):
    """What the assessment came to (45 CFR 164.402(2)): nobody has to be told, or the people concerned have to be."""

    LOW_PROBABILITY = "low_probability"
    NOTIFY = "notify"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "low_probability": "Low probability that the information was compromised", "notify": "Notification needed",
        }[self.value]


class AmendmentChannel(Word):
    """How a request to amend the record came (FHIR Task.input)."""

    LETTER = "letter"
    IN_PERSON = "in_person"
    EMAIL = "email"
    PHONE = "phone"
    PORTAL = "portal"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "letter": "By letter", "in_person": "In person", "email": "By e-mail", "phone": "By phone",
            "portal": "Through the portal",
        }[self.value]


class AmendmentDecision(Word):
    """What became of a request to amend the record (45 CFR 164.526; FHIR Task.businessStatus)."""

    ACCEPTED = "accepted"
    ACCEPTED_IN_PART = "accepted_in_part"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


class DenialGround(Word):
    """The four grounds on which a request to amend may be denied (45 CFR 164.526(a)(2))."""

    NOT_CREATED_HERE = "not_created_here"
    NOT_PART_OF_RECORD = "not_part_of_record"
    NOT_ACCESSIBLE = "not_accessible"
    ACCURATE = "accurate"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "not_created_here": "It was not created by this practice",
            "not_part_of_record": "It is not part of what can be amended",
            "not_accessible": "It would not be open to inspection, such as private notes",
            "accurate": "It is accurate and complete",
        }[self.value]


class AmendmentWordKind(Word):
    """What is added to a request that was denied: the client's disagreement, the practice's answer to it."""

    STATEMENT = "statement"
    REBUTTAL = "rebuttal"


class SignsAs(Word):
    """As what somebody signs for another (FHIR RelatedPerson.relationship, Consent.performer); no helper can (D09)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"
    HEALTH_CARE_AGENT = "health_care_agent"

    @property
    def label(self) -> str:
        """As the signature prints it: "Elena Castellano, guardian of Leo Castellano"."""
        return self.value.replace("_", " ")


class ActingKind(Word):
    """As what somebody acts for a client (FHIR RelatedPerson.relationship); the first four may sign, verified (D03)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"
    HEALTH_CARE_AGENT = "health_care_agent"
    PERSONAL_ASSISTANT = "personal_assistant"
    CARE_COORDINATOR = "care_coordinator"
    OTHER_HELPER = "other_helper"

    @property
    def signs_as(self) -> SignsAs | None:
        """As what they sign; ``None`` for a helper, who never signs (X06)."""
        return SignsAs(self.value) if self.value in set(SignsAs) else None

    @property
    def is_representative(self) -> bool:
        """Whether they stand in for the client; otherwise they help."""
        return self.signs_as is not None

    @property
    def is_of_a_minor(self) -> bool:
        """Whether what was granted ends with the client's minority (D14)."""
        return self in {ActingKind.PARENT, ActingKind.GUARDIAN}


class ConsentBasis(Word):
    """Who consented to somebody's treatment (FHIR Consent.grantor, Consent.provision)."""

    SELF = "self"
    PARENT = "parent"
    MINOR = "minor"
    COURT = "court"
    GUARDIAN = "guardian"

    @property
    def label(self) -> str:
        """As a sentence goes on: "The client, as an adult"."""
        return {
            "self": "The client, as an adult", "parent": "A parent", "minor": "The client, as a minor",
            "court": "A court", "guardian": "A guardian",
        }[self.value]


class Welcome(Word):
    """What became of the invitation of somebody who came of age."""

    INVITED = "invited"
    HAS_ACCOUNT = "has_account"
    NO_ADDRESS = "no_address"
    SHARED_ADDRESS = "shared_address"


class ContactRole(Word):
    """What a contact is for the practice; several may meet in one, none implies another or opens a thing (D12)."""

    REPRESENTATIVE = "representative"
    BILLING_CONTACT = "billing_contact"
    SCHEDULING_HELPER = "scheduling_helper"
    MESSAGE_RECIPIENT = "message_recipient"


class AccessScope(Word):
    """One of the five things somebody may be let do for a client, each decided on its own (D04–D08)."""

    FORMS = "forms"
    SCHEDULING = "scheduling"
    BILLING = "billing"
    PORTAL = "portal"
    MESSAGES = "messages"


class Verdict(Word):
    """How an access decision went (FHIR Consent.provision.type)."""

    GRANTED = "granted"
    DENIED = "denied"


class ShareKind(Word):
    """How a payer's part of a line is reckoned (H02)."""

    PERCENT = "percent"
    FIXED = "fixed"
    FIXED_WITH_CAP = "fixed_with_cap"
    REMAINDER = "remainder"

    @property
    def label(self) -> str:
        """``Fixed amount`` says more than ``Fixed``."""
        return {"fixed": "Fixed amount", "fixed_with_cap": "Fixed amount up to a cap", "remainder": "The rest"}.get(
            self.value, super().label
        )


class InvoicingRhythm(Word):
    """How often a payer gets an invoice (H08)."""

    PER_APPOINTMENT = "per_appointment"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    WEEK_AHEAD = "week_ahead"
    MONTH_AHEAD = "month_ahead"

    @property
    def label(self) -> str:
        """As the form "who pays" says it."""
        return {
            "per_appointment": "An invoice per appointment", "weekly": "One invoice per week",
            "monthly": "One invoice per month", "week_ahead": "In advance, for the coming week",
            "month_ahead": "In advance, for the coming month",
        }[self.value]

    @property
    def waits(self) -> bool:
        """Whether what is charged waits to be gathered."""
        return self in (InvoicingRhythm.WEEKLY, InvoicingRhythm.MONTHLY)

    @property
    def is_ahead(self) -> bool:
        """Whether appointments are invoiced before they take place."""
        return self in (InvoicingRhythm.WEEK_AHEAD, InvoicingRhythm.MONTH_AHEAD)

    @property
    def is_weekly(self) -> bool:
        """Whether its period is a week, and not a month."""
        return self in (InvoicingRhythm.WEEKLY, InvoicingRhythm.WEEK_AHEAD)


class FeeTerms(Word):
    """What a participant has agreed to pay for a service (H07)."""

    STANDARD = "standard"
    FIXED = "fixed"
    SLIDING_SCALE = "sliding_scale"
    PACKAGE = "package"
    SPONSOR = "sponsor"

    @property
    def label(self) -> str:
        """The words of the fee agreement."""
        return {
            "standard": "Standard fee", "fixed": "Fixed fee", "package": "Package of sessions",
            "sponsor": "A sponsor pays",
        }.get(self.value, super().label)


class ChargeKind(Word):
    """Why something is charged (FHIR ChargeItem.code)."""

    SERVICE = "service"
    NO_SHOW = "no_show"
    LATE_CANCELLATION = "late_cancellation"

    @property
    def label(self) -> str:
        """``No-show`` keeps its hyphen."""
        return "No-show" if self is ChargeKind.NO_SHOW else super().label


class EntryKind(Word):
    """A movement in the ledger (FHIR has no ledger; nearest Account)."""

    OPENING = "opening"
    CHARGE = "charge"
    PAYMENT = "payment"
    CREDIT = "credit"
    WRITE_OFF = "write_off"
    REFUND = "refund"


class PaymentMethodKind(Word):
    """How money came (FHIR PaymentReconciliation.paymentMethod)."""

    CARD = "card"
    BANK = "bank"
    CASH = "cash"
    CHEQUE = "cheque"


class PaymentState(Word):
    """Where money stands that was given or promised (FHIR PaymentNotice.paymentStatus); only settled money counts."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"


class InvoiceState(Word):
    """State of an invoice, computed from its lines, payments and voiding; never stored (FHIR Invoice.status)."""

    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    CREDITED = "credited"
    WRITTEN_OFF = "rest_written_off"
    OVERDUE = "overdue"
    VOID = "void"


class DocumentKind(Word):
    """An issued paper; the prefix of its number series stands beside it."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    STATEMENT = "statement"
    SUPERBILL = "superbill"
    GOOD_FAITH_ESTIMATE = "good_faith_estimate"

    @property
    def label(self) -> str:
        """What stands at the head of the paper."""
        return "Refund receipt" if self is DocumentKind.REFUND else super().label

    @property
    def prefix(self) -> str:
        """Start of the number, as in INV-2026-0001."""
        return {
            "invoice": "INV", "receipt": "RCT", "refund": "RF", "credit_note": "CN", "statement": "ST",
            "superbill": "SB", "good_faith_estimate": "GFE",
        }[self.value]


class LeftOut(Word):
    """Why something that was charged does not stand on a superbill."""

    NEVER_BILLED = "never_billed"
    OTHER_CASE = "other_case"
    NOT_RENDERED = "not_rendered"
    ABSENT = "absent"
    OTHER_CLIENT = "other_client"
    NO_DIAGNOSIS = "no_diagnosis"
    CODE_NOT_VALID = "code_not_valid"
    NOT_INVOICED = "not_invoiced"
    UNPAID = "unpaid"
    PARTLY_PAID = "partly_paid"
    CREDITED = "credited"
    ISSUED_BEFORE = "issued_before"


class MendAt(Word):
    """Where something that a paper lacks is filled in."""

    HERE = "here"
    PRACTICE = "practice"
    SERVICES = "services"
    STAFF = "staff"
    PERSON = "person"
    DIAGNOSES = "diagnoses"


class EstimateWarning(Word):
    """How far the bills are above a good faith estimate (45 CFR 149.620)."""

    NOTICE = "notice"
    EXCEEDED = "exceeded"

    @property
    def label(self) -> str:
        """What the practice reads beside the figures."""
        return {"notice": "$300 or more above the estimate", "exceeded": "$400 or more above the estimate"}[self.value]


class EstimateCause(Word):
    """Why a good faith estimate is due."""

    SCHEDULED = "scheduled"
    REQUESTED = "requested"
    CHANGED = "changed"
    RENEWAL = "renewal"
    EXCEEDED = "exceeded"

    @property
    def label(self) -> str:
        """As the list of what is due says it."""
        return {
            "scheduled": "An appointment is booked", "requested": "Asked for", "changed": "A fee changed",
            "renewal": "The estimate ends soon", "exceeded": "Bills $400 or more above the estimate",
        }[self.value]


class ShareChannel(Word):
    """How somebody was given a paper (FHIR Communication.medium)."""

    IN_PERSON = "in_person"
    POST = "post"
    E_MAIL = "e_mail"
    PORTAL = "portal"

    @property
    def label(self) -> str:
        """As the form offers it."""
        return {
            "in_person": "Handed over on paper", "post": "By post", "e_mail": "By e-mail", "portal": "In the portal",
        }[self.value]


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


class RelationshipKind(Word):
    """What the other person is to this one (FHIR RelatedPerson.relationship). A link grants no access (D02)."""

    SPOUSE = "spouse"
    PARTNER = "partner"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    OTHER = "other"

    @property
    def inverse(self) -> "RelationshipKind":
        """How the link reads from the other side."""
        return {"parent": RelationshipKind.CHILD, "child": RelationshipKind.PARENT}.get(self.value, self)


class OrganisationKind(Word):
    """What an organisation is to a person (FHIR Organization.type). A link grants no access (D02)."""

    SCHOOL = "school"
    INSURER = "insurer"
    EMPLOYER = "employer"
    AGENCY = "agency"
    CLINIC = "clinic"
    COURT = "court"
    OTHER = "other"


class DocumentClass(Word):
    """Who may read an uploaded document (FHIR DocumentReference.securityLabel); from the widest to the narrowest."""

    ADMIN = "admin"
    CLINICAL = "clinical"
    SEALED = "sealed"


class Resource(Word):
    """The rows of the permission table (TRUST 3.2)."""

    PRACTICE_SETTINGS = "practice_settings"
    USERS = "users"
    CLIENT_DIRECTORY = "client_directory"
    DEMOGRAPHICS = "demographics"
    CASE = "case"
    APPOINTMENTS = "appointments"
    APPOINTMENT_MEMO = "appointment_memo"
    CLINICAL_NOTE = "clinical_note"
    CLINICAL_RECORD = "clinical_record"
    PSYCHOTHERAPY_NOTE = "psychotherapy_note"
    CONSULTATION_NOTE = "consultation_note"
    SUPERVISION_NOTE = "supervision_note"
    QUESTIONNAIRES = "questionnaires"
    CONSENTS = "consents"
    DOCUMENTS_ADMIN = "documents_admin"
    DOCUMENTS_CLINICAL = "documents_clinical"
    DOCUMENTS_SEALED = "documents_sealed"
    MESSAGES_CLINICAL = "messages_clinical"
    MESSAGES_ADMIN = "messages_admin"
    INVOICES = "invoices"
    SUPERBILLS = "superbills"
    FINANCIAL_DASHBOARDS = "financial_dashboards"
    MONEY_BY_SERVICE = "money_by_service"
    """The clinical dimensions of the financial dashboards: the service, and the kind of case."""
    CLINICAL_DASHBOARDS = "clinical_dashboards"
    BULK_DATA = "bulk_data"
    AUDIT_LOG = "audit_log"
    BREACHES = "breaches"
    """Reports of something that went to the wrong person; one's own are those one has reported."""
    AMENDMENTS = "amendments"
    """Requests to amend the record: read as notes are, written down by whoever receives them (C27)."""
    RETENTION = "retention"


class Action(Word):
    """What may be done with a resource: the letters r c u s x v m of TRUST 3.2, and a client's "request"."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    SIGN = "sign"
    EXPORT = "export"
    VOID = "void"
    MANAGE = "manage"
    REQUEST = "request"
    """Ask the practice for it; only people outside the practice do (E18)."""
