"""Following up what payers owe: contacts, next actions, and how many wait for each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, bindparam, distinct, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records import drafts, gathering, uninvoiced
from practicerunner.records.arrangements import BillingArrangement
from practicerunner.records.base import Row, Sees, word
from practicerunner.records.billing import Charge, ChargeShare, LedgerEntry, OpenInvoice, Payment
from practicerunner.records.cases import Case, seen, within
from practicerunner.records.collection import select_due_charges
from practicerunner.records.payments import PaymentEvent
from practicerunner.records.people import MAY_MAIL, ContactPoint, Payer, Person
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import STAFF_NAME, Staff
from practicerunner.records.unarranged import FREE, select_unarranged
from practicerunner.vocabulary import (
    CaseType,
    ChargeKind,
    ContactMade,
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
               STAFF_NAME, func.sum(OpenInvoice.open_cents), func.count(), func.min(OpenInvoice.issued_on),
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
        select(Payer.id, Payer.name, Case.id, Case.name, Case.type, Case.provider_id, STAFF_NAME)
        .select_from(Payer).join(Case, Case.id.in_(case_ids)).join(Staff, Staff.id == Case.provider_id)
        .where(Payer.id.in_(payer_ids)).order_by(Payer.name, Payer.id, Case.id)
    )
    return [Account(*row) for row in session.execute(query)] if payer_ids and case_ids else []


def accounts_of(
    session: Session, case_ids: Collection[int], sees: ColumnElement[bool]
) -> dict[int, tuple[CaseType, int, str]]:
    """Case → its kind, its provider and the provider's name."""
    query = select(Case.id, Case.type, Case.provider_id, STAFF_NAME).join(Staff, Staff.id == Case.provider_id)
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
    query = select(FollowUp, STAFF_NAME).join(Staff, Staff.id == FollowUp.recorded_by_id).where(
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
    missing = select_unarranged(seen(sees), together).with_only_columns(func.count(distinct(Appointment.case_id)))
    return select(
        select(func.count()).select_from(overdue_accounts).scalar_subquery(),
        uninvoiced.number_query(sees, after_cosign).scalar_subquery(),
        select(func.count()).select_from(credit).scalar_subquery(), pending.scalar_subquery(),
        select_due_charges(seen(sees)).with_only_columns(func.count()).scalar_subquery(), missing.scalar_subquery(),
        events.where(PaymentEvent.status == PaymentState.FAILED).scalar_subquery(),
        drafts.number_query(sees).scalar_subquery(),
        gathering.any_query(sees).scalar_subquery(),
    )


# --- Whom to speak to


def concerned(session: Session, case_id: int) -> set[int]:
    """Who had an appointment of a case that they did not cancel in time, or for whom an arrangement was made."""
    came = select(Attendance.person_id).join(Appointment, Appointment.id == Attendance.appointment_id).where(
        Appointment.case_id == case_id, Attendance.status.not_in(FREE))
    agreed = select(BillingArrangement.person_id).where(
        BillingArrangement.case_id == case_id, BillingArrangement.person_id.is_not(None))
    return {person_id for person_id in session.scalars(came.union(agreed)) if person_id is not None}


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
