"""Following up what payers owe: contacts and next actions, what is invoiced by itself, saved cards that are due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, and_, bindparam, distinct, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, aliased, mapped_column

from practicerunner.records import drafts, gathering, uninvoiced
from practicerunner.records.base import Revised, Row, Sees, word
from practicerunner.records.billing import (
    BillingArrangement,
    Charge,
    ChargeShare,
    Invoice,
    LedgerEntry,
    OpenInvoice,
    PayerShare,
    Payment,
)
from practicerunner.records.cases import Case, Participant, PaymentMethod, seen, within
from practicerunner.records.keeping import MISSED, UNRECORDED
from practicerunner.records.logins import Staff
from practicerunner.records.payments import PaymentEvent
from practicerunner.records.people import MAY_MAIL, ContactPoint, Payer, Person
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseType,
    ChargeKind,
    CollectionPolicy,
    ContactMade,
    ParticipantStatus,
    PaymentMethodKind,
    PaymentState,
)


class FollowUp(Row):
    """One contact with a payer about what they owe on a case, and what is to be done next; never changed."""

    __tablename__ = "follow_up"

    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[ContactMade] = word(ContactMade)
    happened_on: Mapped[date]
    remark: Mapped[str] = mapped_column(String(200), default="")
    next_action: Mapped[str] = mapped_column(String(200), default="")
    """Empty: nothing is to be done next."""
    next_on: Mapped[date | None]
    next_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    """The e-mail that this entry is about."""

    __table_args__ = (Index("ix_follow_up_account", "payer_id", "case_id"),)


class CollectionRule(Revised):
    """What happens by itself after an attendance: in the practice (no case), or in one case; that then counts (H19)."""

    __tablename__ = "collection_rule"

    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), unique=True)
    policy: Mapped[CollectionPolicy] = word(CollectionPolicy)
    since: Mapped[date]
    """Appointments from this day on; what was held before stays with people."""
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    """In whose name it happens."""


class DueCharge(Row):
    """That a saved card or account is due to be charged for an invoice; a person charges it (DEC14)."""

    __tablename__ = "due_charge"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), unique=True)
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_method.id"), index=True)
    due_on: Mapped[date]


# --- What is owed, and what was done about it


@dataclass(frozen=True, slots=True)
class Account:
    """A payer's place on a case."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    case_type: CaseType
    provider_id: int
    provider: str


_STAFF_NAME = Staff.first_name + " " + Staff.last_name


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is overdue of a payer on a case."""

    account: Account
    cents: int
    invoices: int
    since: date
    """Date of the oldest invoice, or of what is owed on none."""
    due_on: date
    """When that was due."""
    on_none_cents: int = 0
    """What of it stands on no invoice: it is due from the day on which it was entered or refunded."""


def overdue(session: Session, sees: ColumnElement[bool], today: date) -> list[Overdue]:
    """Payers and cases with something overdue, the longest overdue first."""
    query: Select[*tuple[Any, ...]] = (
        select(OpenInvoice.payer_id, Payer.name, OpenInvoice.case_id, Case.name, Case.type, Case.provider_id,
               _STAFF_NAME, func.sum(OpenInvoice.open_cents), func.count(), func.min(OpenInvoice.issued_on),
               func.min(OpenInvoice.due_on))
        .join(Payer, Payer.id == OpenInvoice.payer_id).join(Case, Case.id == OpenInvoice.case_id)
        .join(Staff, Staff.id == Case.provider_id)
        .where(OpenInvoice.open_cents > 0, OpenInvoice.due_on < today, sees)
        .group_by(OpenInvoice.payer_id, Payer.name, OpenInvoice.case_id, Case.name, Case.type, Case.provider_id,
                  Staff.first_name, Staff.last_name)
        .order_by(func.min(OpenInvoice.due_on), Payer.name, OpenInvoice.payer_id, OpenInvoice.case_id)
    )
    return [
        Overdue(Account(*row[:7]), int(cents), number, since, due_on)
        for *row, cents, number, since, due_on in session.execute(query)
    ]


def accounts(session: Session, payer_ids: Collection[int], case_ids: Collection[int]) -> list[Account]:
    """Payers' places on cases, whoever has to do with which."""
    query = (
        select(Payer.id, Payer.name, Case.id, Case.name, Case.type, Case.provider_id, _STAFF_NAME)
        .select_from(Payer).join(Case, Case.id.in_(case_ids)).join(Staff, Staff.id == Case.provider_id)
        .where(Payer.id.in_(payer_ids)).order_by(Payer.name, Payer.id, Case.id)
    )
    return [Account(*row) for row in session.execute(query)] if payer_ids and case_ids else []


def accounts_of(
    session: Session, case_ids: Collection[int], sees: ColumnElement[bool]
) -> dict[int, tuple[CaseType, int, str]]:
    """Case → its kind, its provider and the provider's name."""
    query = select(Case.id, Case.type, Case.provider_id, _STAFF_NAME).join(Staff, Staff.id == Case.provider_id)
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(query.where(Case.id.in_(case_ids), sees))}


def provider_of(session: Session, case_id: int) -> Staff | None:
    """The provider of a case."""
    return session.scalar(select(Staff).join(Case, Case.provider_id == Staff.id).where(Case.id == case_id))


def not_mailed(session: Session, payer_ids: Collection[int]) -> dict[int, tuple[bool, bool, bool]]:
    """Payers who get no e-mail about billing: whether they are a person, want it, and can be reached by it."""
    reached = select(ContactPoint.id).join(Person, Person.id == ContactPoint.person_id).where(
        ContactPoint.person_id == Payer.person_id, Person.died_on.is_(None), *MAY_MAIL).exists()
    query = select(Payer.id, Payer.person_id.is_not(None), Payer.wants_billing_mail, reached).where(
        Payer.id.in_(payer_ids), or_(Payer.person_id.is_(None), ~Payer.wants_billing_mail, ~reached))
    return {row[0]: (bool(row[1]), row[2], bool(row[3])) for row in session.execute(query)} if payer_ids else {}


def confidential_to(session: Session, payer_ids: Collection[int]) -> dict[int, int]:
    """Payer → person, of the payers who have an appointment of their own that is confidential."""
    theirs = select(Attendance.person_id).where(Attendance.confidential)
    rows = session.execute(select(Payer.id, Payer.person_id).where(Payer.person_id.in_(theirs)))
    wanted = set(payer_ids)
    return {payer_id: person_id for payer_id, person_id in rows.tuples() if payer_id in wanted and person_id}


def entries(session: Session, payer_ids: Collection[int]) -> list[tuple[FollowUp, str]]:
    """Follow-up of payers with the name of whoever recorded it, in the order in which it was entered."""
    query = select(FollowUp, _STAFF_NAME).join(Staff, Staff.id == FollowUp.recorded_by_id).where(
        FollowUp.payer_id.in_(payer_ids)).order_by(FollowUp.id)
    return [(entry, name) for entry, name in session.execute(query)] if payer_ids else []


def owes_overdue(session: Session, person_id: int, today: date) -> bool:
    """Whether anything of a person's is overdue, or owed on no invoice."""
    late = (
        select(OpenInvoice.id).join(Payer, Payer.id == OpenInvoice.payer_id)
        .where(Payer.person_id == person_id, OpenInvoice.open_cents > 0, OpenInvoice.due_on < today)
    )
    loose = (
        select(LedgerEntry.case_id).join(Payer, Payer.id == LedgerEntry.payer_id)
        .where(Payer.person_id == person_id, LedgerEntry.invoice_id.is_(None))
        .group_by(LedgerEntry.payer_id, LedgerEntry.case_id).having(func.sum(LedgerEntry.amount_cents) > 0)
    )
    return any(session.scalar(query.limit(1)) is not None for query in (late, loose))


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits in each list that one statement can count."""

    overdue: int
    uninvoiced: int
    unapplied: int
    pending: int
    due_charges: int
    unarranged: int
    any_failed: bool
    drafts: int
    any_gathered: bool


def counts(
    session: Session, sees: Sees, today: date, together: tuple[CaseType, ...], after_cosign: uninvoiced.After
) -> Counts:
    """The numbers on the tabs, in one statement."""
    late, waits, credit, pending, due, missing, failed, drawn_up, gathered = session.execute(
        _counted(sees, together, after_cosign), {"today": today}).one()
    return Counts(late, waits, credit, pending, due, missing, bool(failed), drawn_up, bool(gathered))


@lru_cache(maxsize=256)
def _counted(
    sees: Sees, together: tuple[CaseType, ...], after_cosign: uninvoiced.After
) -> Select[*tuple[Any, ...]]:
    """The statement, built once for what somebody may see: every run of the page asks for it."""
    cents = func.sum(LedgerEntry.amount_cents)
    loose = within(
        select(LedgerEntry.payer_id, LedgerEntry.case_id, cents.label("cents")).where(LedgerEntry.invoice_id.is_(None))
        .group_by(LedgerEntry.payer_id, LedgerEntry.case_id).having(cents != 0),
        LedgerEntry.case_id, sees).cte()
    overdue_accounts = within(
        select(OpenInvoice.payer_id, OpenInvoice.case_id)
        .where(OpenInvoice.open_cents > 0, OpenInvoice.due_on < bindparam("today")),
        OpenInvoice.case_id, sees).union(select(loose.c.payer_id, loose.c.case_id).where(loose.c.cents > 0)).subquery()
    credit = select(loose.c.payer_id).where(loose.c.cents < 0).subquery()
    ended = select(PaymentEvent.payment_id).where(
        PaymentEvent.status.in_((PaymentState.SETTLED, PaymentState.FAILED)))
    events = within(
        select(func.count()).select_from(PaymentEvent).join(Payment, Payment.id == PaymentEvent.payment_id),
        Payment.case_id, sees)
    pending = events.where(PaymentEvent.status == PaymentState.PENDING, Payment.id.not_in(ended))
    missing = _unarranged(seen(sees), together).with_only_columns(func.count(distinct(Appointment.case_id)))
    return select(
        select(func.count()).select_from(overdue_accounts).scalar_subquery(),
        uninvoiced.number_query(sees, after_cosign).scalar_subquery(),
        select(func.count()).select_from(credit).scalar_subquery(), pending.scalar_subquery(),
        _due_charges(seen(sees)).with_only_columns(func.count()).scalar_subquery(), missing.scalar_subquery(),
        events.where(PaymentEvent.status == PaymentState.FAILED).scalar_subquery(),
        drafts.number_query(sees).scalar_subquery(),
        gathering.any_query(sees).scalar_subquery(),
    )


# --- Nobody set down to pay


@dataclass(frozen=True, slots=True)
class Unarranged:
    """A case that cannot be invoiced because nobody is set down to pay, with its first appointment of that kind."""

    case_id: int
    case_name: str
    case_type: CaseType
    provider_id: int
    provider: str
    first_on: date
    appointments: int
    fee_cents: int
    """Their standard fees together."""


_HAPPENS = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED, AppointmentStatus.HELD)
_FREE = (AttendanceStatus.EXCUSED, AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.CANCELLED_BY_PROVIDER)


def _whose(row: Any) -> ColumnElement[int]:
    """The participant of a row, 0 for a case as a whole. Most rows are of none: they must not be looked for by that."""
    return func.coalesce(row.person_id, 0)


def _to_charge() -> ColumnElement[bool]:
    """That an attendance costs something and is not charged: it is to come, took place, or was missed at a fee.

    What was charged in advance has to be settled. It is whoever this is true of that needs somebody who pays.
    """
    charged = select(Charge.id).where(
        Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None),
        or_(~Charge.in_advance, Charge.settled_at.is_not(None)),
        or_(Charge.person_id.is_(None), Charge.person_id == Attendance.person_id),
    ).correlate(Appointment, Attendance).exists()
    return and_(Attendance.status.not_in(_FREE), ~charged, ~uninvoiced.is_free())


def _unarranged(sees: ColumnElement[bool], together: Collection[CaseType]) -> Select[*tuple[Any, ...]]:
    """Appointments ahead or to be invoiced on whose day nobody is set down to pay.

    That is where several share one charge and nobody was ever set down, and anywhere after an arrangement's last day:
    for each participant who is charged alone, and for a case as a whole.
    """
    due = select(Attendance.id).where(Attendance.appointment_id == Appointment.id, _to_charge())
    arranged = select(BillingArrangement.id).where(
        BillingArrangement.case_id == Appointment.case_id, BillingArrangement.person_id.is_(None),
        BillingArrangement.valid_from <= Appointment.local_date).exists()
    missed = select(Attendance.id).where(
        Attendance.appointment_id == Appointment.id, Attendance.status.in_(MISSED)).exists()
    # Most cases have somebody who pays from their first appointment on; those need not be looked through.
    earlier = aliased(Appointment)
    first_on = select(func.min(earlier.local_date)).where(earlier.case_id == Case.id).correlate(Case).scalar_subquery()
    from_the_first = select(BillingArrangement.id).where(
        BillingArrangement.case_id == Case.id, BillingArrangement.person_id.is_(None),
        BillingArrangement.valid_from <= first_on).correlate(Case).exists()
    that_end = select(BillingArrangement.case_id).where(BillingArrangement.valid_until.is_not(None))
    share = Case.type.in_(list(together))
    theirs = select(Case.id).where(sees, or_(and_(share, ~from_the_first), Case.id.in_(that_end))).correlate(None)
    over, later = aliased(BillingArrangement), aliased(BillingArrangement)
    since = select(later.id).where(
        later.case_id == over.case_id, later.valid_from > over.valid_from,
        later.valid_from <= Appointment.local_date, _whose(later) == _whose(over)).correlate(over, Appointment).exists()
    due_for = due.where(or_(over.person_id.is_(None), Attendance.person_id == over.person_id))
    ended = select(over.id).where(
        over.case_id == Appointment.case_id, over.valid_until < Appointment.local_date, ~since,
        due_for.correlate(Appointment, over).exists()).correlate(Appointment).exists()
    return (
        select(Appointment.id).join(Case, Case.id == Appointment.case_id)
        .where(Appointment.case_id.in_(theirs), or_(Appointment.status.in_(_HAPPENS), missed),
               or_(and_(share, ~arranged, due.correlate(Appointment).exists()), ended))
    )


def unarranged(session: Session, sees: ColumnElement[bool], together: Collection[CaseType]) -> list[Unarranged]:
    """Cases of the types ``together`` whose appointments nobody is set down to pay for, the earliest first."""
    first = func.min(Appointment.local_date)
    query = (
        _unarranged(sees, together).join(Staff, Staff.id == Case.provider_id)
        .with_only_columns(Case.id, Case.name, Case.type, Case.provider_id, _STAFF_NAME, first, func.count(),
                           func.sum(Appointment.fee_cents))
        .group_by(Case.id, Case.name, Case.type, Case.provider_id, Staff.first_name, Staff.last_name)
        .order_by(first, Case.name, Case.id)
    )
    rows = session.execute(query)
    return [
        Unarranged(case_id, name, kind, provider_id, provider, on, number, int(cents))
        for case_id, name, kind, provider_id, provider, on, number, cents in rows
    ]


# --- Whom to speak to


@dataclass(frozen=True, slots=True)
class SetDown:
    """Somebody who is set down to pay for a case, or for one of those who take part."""

    case_id: int
    for_id: int | None
    """The participant; none for the case as a whole."""
    payer_id: int
    person_id: int | None
    name: str


def _latest(today: date) -> list[ColumnElement[bool]]:
    """That an arrangement is the one which began last by a day, over or not."""
    later = aliased(BillingArrangement)
    since = select(later.id).where(
        later.case_id == BillingArrangement.case_id, later.valid_from > BillingArrangement.valid_from,
        later.valid_from <= today, later.person_id.is_not_distinct_from(BillingArrangement.person_id),
    ).correlate(BillingArrangement).exists()
    return [BillingArrangement.valid_from <= today, ~since]


def paying(session: Session, case_ids: Collection[int], today: date) -> list[SetDown]:
    """Who is set down to pay on a day, in order; a sponsor once for each of those who pay the rest."""
    sponsors = and_(Payer.id == BillingArrangement.sponsor_id, or_(
        BillingArrangement.sponsor_until.is_(None), BillingArrangement.sponsor_until >= today))
    query = (
        select(BillingArrangement.case_id, BillingArrangement.person_id, Payer.id, Payer.person_id, Payer.name)
        .join(PayerShare, PayerShare.arrangement_id == BillingArrangement.id)
        .join(Payer, or_(Payer.id == PayerShare.payer_id, sponsors))
        .where(BillingArrangement.case_id.in_(case_ids), *_latest(today),
               or_(BillingArrangement.valid_until.is_(None), BillingArrangement.valid_until >= today))
        .order_by(BillingArrangement.id, Payer.id == PayerShare.payer_id, PayerShare.position)
    )
    return [SetDown(*row) for row in session.execute(query)] if case_ids else []


def agreement_ended(session: Session, case_ids: Collection[int], today: date) -> set[tuple[int, int | None]]:
    """For whom an arrangement is over and none has begun since: case, and participant or none for the whole case."""
    query = select(BillingArrangement.case_id, BillingArrangement.person_id).where(
        BillingArrangement.case_id.in_(case_ids), *_latest(today), BillingArrangement.valid_until < today)
    return {(case_id, person_id) for case_id, person_id in session.execute(query)} if case_ids else set()


def taking_part(session: Session, case_ids: Collection[int]) -> list[tuple[int, int | None, Person]]:
    """Who takes part in cases, or has left and is still to be charged: case, the payer they are, person."""
    to_charge = select(Attendance.id).join(Appointment, Appointment.id == Attendance.appointment_id).where(
        Appointment.case_id == Participant.case_id, Attendance.person_id == Participant.person_id, _to_charge(),
    ).correlate(Participant).exists()
    query = (
        select(Participant.case_id, Payer.id, Person).join(Person, Person.id == Participant.person_id)
        .outerjoin(Payer, Payer.person_id == Person.id)
        .where(Participant.case_id.in_(case_ids), or_(
            Participant.status == ParticipantStatus.ACTIVE,
            and_(Participant.status == ParticipantStatus.LEFT, to_charge)))
        .order_by(Participant.position, Participant.id)
    )
    return list(session.execute(query).tuples()) if case_ids else []


def concerned(session: Session, case_id: int) -> set[int]:
    """Who had an appointment of a case that they did not cancel in time, or for whom an arrangement was made."""
    came = select(Attendance.person_id).join(Appointment, Appointment.id == Attendance.appointment_id).where(
        Appointment.case_id == case_id, Attendance.status.not_in(_FREE))
    agreed = select(BillingArrangement.person_id).where(
        BillingArrangement.case_id == case_id, BillingArrangement.person_id.is_not(None))
    return {person_id for person_id in session.scalars(came.union(agreed)) if person_id is not None}


# --- By itself


def rule_of(session: Session, case_id: int | None) -> CollectionRule | None:
    """The rule of exactly this case, or the practice's own."""
    return session.scalar(select(CollectionRule).where(CollectionRule.case_id.is_not_distinct_from(case_id)))


def rules(session: Session) -> dict[int | None, CollectionRule]:
    """Case (or none, for the practice) → rule."""
    return {row.case_id: row for row in session.scalars(select(CollectionRule))}


def _ruled(practice: CollectionRule | None, policies: Collection[CollectionPolicy]) -> ColumnElement[bool]:
    """That the rule which counts in a case is one of these policies; the case's own is joined from outside."""
    own = CollectionRule.policy.in_(list(policies))
    if practice is None or practice.policy not in policies:
        return own
    return or_(own, CollectionRule.id.is_(None))


def _since(practice: CollectionRule | None, day: InstrumentedAttribute[date]) -> ColumnElement[bool]:
    return func.coalesce(CollectionRule.since, practice.since if practice else date.max) <= day


def to_invoice(session: Session, practice: CollectionRule | None, recorded_before: datetime, limit: int) -> list[int]:
    """Ids of held appointments that are to be invoiced by themselves, the oldest first."""
    listed = select(uninvoiced.UninvoicedRow.appointment_id)
    # What was charged once and taken back is a person's to invoice anew.
    ever = select(Charge.id).where(Charge.appointment_id == Appointment.id).exists()
    waits = select(Attendance.id).where(
        Attendance.appointment_id == Appointment.id,
        or_(Attendance.status.in_(UNRECORDED), Attendance.recorded_at >= recorded_before)).exists()
    policies = (CollectionPolicy.INVOICE, CollectionPolicy.PAYMENT)
    query = (
        select(Appointment.id).outerjoin(CollectionRule, CollectionRule.case_id == Appointment.case_id)
        .where(Appointment.status == AppointmentStatus.HELD, Appointment.id.in_(listed), ~ever, ~waits,
               _ruled(practice, policies), _since(practice, Appointment.local_date))
        .order_by(Appointment.starts_at, Appointment.id).limit(limit)
    )
    return list(session.scalars(query))


def case_of(session: Session, appointment_id: int) -> int | None:
    """The case of an appointment."""
    return session.scalar(select(Appointment.case_id).where(Appointment.id == appointment_id))


def to_charge(
    session: Session, practice: CollectionRule | None, month: str
) -> list[tuple[int, int, int]]:
    """Open invoices whose payer's saved card or account is due and not noted yet: invoice, case, the latest method."""
    noted = select(DueCharge.id).where(DueCharge.invoice_id == OpenInvoice.invoice_id).exists()
    usable = and_(~PaymentMethod.removed, or_(PaymentMethod.expires == "", PaymentMethod.expires >= month))
    query = (
        select(OpenInvoice.invoice_id, OpenInvoice.case_id, func.max(PaymentMethod.id))
        .join(PaymentMethod, PaymentMethod.payer_id == OpenInvoice.payer_id)
        .outerjoin(CollectionRule, CollectionRule.case_id == OpenInvoice.case_id)
        .where(OpenInvoice.open_cents > 0, ~noted, usable, _ruled(practice, (CollectionPolicy.PAYMENT,)),
               _since(practice, OpenInvoice.issued_on))
        .group_by(OpenInvoice.invoice_id, OpenInvoice.case_id).order_by(OpenInvoice.invoice_id)
    )
    return [(invoice_id, case_id, method_id) for invoice_id, case_id, method_id in session.execute(query)]


@dataclass(frozen=True, slots=True)
class ChargeToMake:
    """A saved card or account that somebody is to charge for an invoice."""

    invoice_id: int
    number: str
    payer_id: int
    payer: str
    case_id: int
    case_name: str
    kind: PaymentMethodKind
    brand: str
    last_four: str
    open_cents: int
    due_on: date


def _due_charges(sees: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Invoice.id, Invoice.number, Invoice.payer_id, Payer.name, Invoice.case_id, Case.name,
               PaymentMethod.kind, PaymentMethod.brand, PaymentMethod.last_four, OpenInvoice.open_cents,
               DueCharge.due_on)
        .select_from(DueCharge).join(Invoice, Invoice.id == DueCharge.invoice_id)
        .join(OpenInvoice, OpenInvoice.invoice_id == Invoice.id).join(Payer, Payer.id == Invoice.payer_id)
        .join(Case, Case.id == Invoice.case_id)
        .join(PaymentMethod, PaymentMethod.id == DueCharge.payment_method_id)
        .where(OpenInvoice.open_cents > 0, ~PaymentMethod.removed, sees)
    )


def due_charges(session: Session, sees: ColumnElement[bool]) -> Sequence[ChargeToMake]:
    """Saved cards and accounts that are to be charged, the longest due first."""
    query = _due_charges(sees).order_by(DueCharge.due_on, Payer.name, Invoice.number)
    return [ChargeToMake(*row) for row in session.execute(query)]


# --- Fees that can be waived


def missed_on_account(session: Session, payer_id: int, case_id: int) -> list[tuple[int, date, str]]:
    """Appointments whose fee for a missed appointment is open on a payer's account: id, day, service; oldest first."""
    query = (
        select(Appointment.id, Appointment.local_date, Service.name).distinct()
        .select_from(ChargeShare).join(Charge, Charge.id == ChargeShare.charge_id)
        .join(Appointment, Appointment.id == Charge.appointment_id).join(Service, Service.id == Charge.service_id)
        .join(OpenInvoice, OpenInvoice.invoice_id == ChargeShare.invoice_id)
        .where(ChargeShare.payer_id == payer_id, Charge.case_id == case_id, Charge.kind != ChargeKind.SERVICE,
               Charge.withdrawn_at.is_(None), OpenInvoice.open_cents > 0)
        .order_by(Appointment.local_date, Appointment.id)
    )
    return [(appointment_id, day, service) for appointment_id, day, service in session.execute(query)]
