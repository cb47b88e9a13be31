"""The words of money: arrangements, charges, invoices, payments, estimates and papers."""

from practicerunner.vocabulary.word import Word


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


class ChargeKind(Word):
    """Why something is charged (FHIR ChargeItem.code)."""

    SERVICE = "service"
    NO_SHOW = "no_show"
    LATE_CANCELLATION = "late_cancellation"

    @property
    def label(self) -> str:
        """``No-show`` keeps its hyphen."""
        return "No-show" if self is ChargeKind.NO_SHOW else super().label


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
            "scheduled": "Appointment booked", "requested": "Asked for",
            "changed": "The care or its price changes", "renewal": "The estimate ends soon",
            "exceeded": "Bills $400 or more above the estimate",
        }[self.value]


class EstimateChange(Word):
    """What will be otherwise than a good faith estimate says (45 CFR 149.610(b)(1)(vii))."""

    FEE = "fee"
    PROVIDER = "provider"
    SCOPE = "scope"

    @property
    def label(self) -> str:
        """As the list of what is due says it."""
        return {
            "fee": "A fee changes", "provider": "Another provider", "scope": "More booked than estimated",
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
