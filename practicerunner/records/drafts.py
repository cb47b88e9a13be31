"""Invoices that are not issued yet: they have no number and count nowhere. Named queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, distinct, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import FOR_CHANGE, Revised, Sees
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.cases import Case, within
from practicerunner.records.people import Payer
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import ChargeKind


class InvoiceDraft(Revised):
    """What will be one invoice to one payer for one case. Its lines are the payers' parts that point to it."""

    __tablename__ = "invoice_draft"

    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line of a draft."""

    draft_id: int
    revision: int
    created_at: datetime
    payer_id: int
    payer: str
    case_id: int
    case_name: str
    share_id: int
    service_date: date
    description: str
    own_text: str
    amount_cents: int
    kind: ChargeKind
    standard_cents: int
    charge_cents: int
    charge_id: int
    payer_person_id: int | None


def lines(
    session: Session, sees: ColumnElement[bool], *, case_id: int | None = None, appointment_id: int | None = None
) -> list[DraftLine]:
    """The lines of the drafts that may be seen, the oldest draft first."""
    query = (
        select(InvoiceDraft.id, InvoiceDraft.revision, InvoiceDraft.created_at, Payer.id, Payer.name, Case.id,
               Case.name, ChargeShare.id, Charge.service_date, Charge.description, ChargeShare.draft_text,
               ChargeShare.amount_cents, Charge.kind, Charge.standard_cents, Charge.amount_cents,
               Charge.id, Payer.person_id)
        .join(ChargeShare, ChargeShare.draft_id == InvoiceDraft.id).join(Charge, Charge.id == ChargeShare.charge_id)
        .join(Payer, Payer.id == InvoiceDraft.payer_id).join(Case, Case.id == InvoiceDraft.case_id)
        .where(Charge.withdrawn_at.is_(None), ChargeShare.invoice_id.is_(None), sees)
        .order_by(InvoiceDraft.id, Charge.service_date, Charge.id, ChargeShare.id)
    )
    if case_id is not None:
        query = query.where(InvoiceDraft.case_id == case_id)
    if appointment_id is not None:
        query = query.where(Charge.appointment_id == appointment_id)
    return [DraftLine(*tuple(row)) for row in session.execute(query)]


def number_query(sees: Sees) -> Select[*tuple[Any, ...]]:
    """How many drafts with a line there are, to be counted along with other things."""
    query: Select[*tuple[Any, ...]] = (
        select(func.count(distinct(InvoiceDraft.id)))
        .join(ChargeShare, ChargeShare.draft_id == InvoiceDraft.id).join(Charge, Charge.id == ChargeShare.charge_id)
        .where(Charge.withdrawn_at.is_(None), ChargeShare.invoice_id.is_(None))
    )
    return within(query, InvoiceDraft.case_id, sees)


def parts(session: Session, draft_id: int) -> list[tuple[Charge, ChargeShare]]:
    """What stands on a draft, locked: first the appointments in order, then charges and shares."""
    of = set(session.scalars(
        select(Charge.appointment_id).join(ChargeShare, ChargeShare.charge_id == Charge.id)
        .where(ChargeShare.draft_id == draft_id)))
    session.execute(select(Appointment.id).where(Appointment.id.in_(one for one in of if one is not None))
                    .order_by(Appointment.id).with_for_update(key_share=True))
    query = (
        select(Charge, ChargeShare).join(ChargeShare, ChargeShare.charge_id == Charge.id)
        .where(ChargeShare.draft_id == draft_id, ChargeShare.invoice_id.is_(None), Charge.withdrawn_at.is_(None))
        .order_by(Charge.service_date, Charge.id, ChargeShare.id)
        .with_for_update(of=[Charge, ChargeShare], key_share=True).execution_options(populate_existing=True)
    )
    return [(charge, share) for charge, share in session.execute(query)]


def locked(session: Session, draft_id: int) -> InvoiceDraft | None:
    """A draft, locked until the transaction ends."""
    return session.get(InvoiceDraft, draft_id, with_for_update=FOR_CHANGE, populate_existing=True)


def all_shares(session: Session, draft_id: int) -> list[ChargeShare]:
    """Every part that points to a draft, also of charges that were withdrawn meanwhile."""
    return list(session.scalars(select(ChargeShare).where(ChargeShare.draft_id == draft_id)))


def carried(session: Session, charge_ids: Collection[int]) -> set[int]:
    """Which charges stand on an invoice or on a draft, or wait to be gathered, with any of their parts."""
    rows = session.execute(
        select(ChargeShare.charge_id, ChargeShare.invoice_id, ChargeShare.draft_id, ChargeShare.rhythm)
        .where(ChargeShare.charge_id.in_(charge_ids)))
    return {
        charge_id for charge_id, invoice_id, draft_id, rhythm in rows
        if invoice_id is not None or draft_id is not None or rhythm.waits
    }
