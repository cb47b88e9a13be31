"""Payers' parts of charges that wait for the invoice of the week or month: named queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records.base import Sees
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.cases import Case, within
from practicerunner.records.keeping import GATHERED
from practicerunner.records.people import Payer
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import InvoicingRhythm


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One payer's part of one charge that no invoice carries yet."""

    payer_id: int
    payer: str
    case_id: int
    case_name: str
    service_date: date
    amount_cents: int
    rhythm: InvoicingRhythm



@dataclass(frozen=True, slots=True)
class Span:
    """Which waiting parts are meant: of a payer, of a case, of a time, of a rhythm; empty means all."""

    first: date
    last: date
    payer_id: int | None = None
    case_id: int | None = None
    rhythms: tuple[InvoicingRhythm, ...] = GATHERED


def _within(query: Select[*tuple[Any, ...]], span: Span, sees: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    query = query.where(
        ChargeShare.rhythm.in_(span.rhythms), Charge.withdrawn_at.is_(None), sees,
        Charge.service_date.between(span.first, span.last),
    )
    if span.payer_id is not None:
        query = query.where(ChargeShare.payer_id == span.payer_id)
    if span.case_id is not None:
        query = query.where(Charge.case_id == span.case_id)
    return query


def waiting_lines(session: Session, sees: ColumnElement[bool], span: Span) -> list[WaitingLine]:
    """What waits, by payer and case, oldest first."""
    query = (
        select(Payer.id, Payer.name, Case.id, Case.name, Charge.service_date, ChargeShare.amount_cents,
               ChargeShare.rhythm)
        .select_from(ChargeShare).join(Charge, Charge.id == ChargeShare.charge_id)
        .join(Case, Case.id == Charge.case_id).join(Payer, Payer.id == ChargeShare.payer_id)
        .where(ChargeShare.invoice_id.is_(None), ChargeShare.draft_id.is_(None))
        .order_by(Payer.name, Payer.id, Case.name, Case.id, Charge.service_date, ChargeShare.id)
    )
    return [WaitingLine(*row) for row in session.execute(_within(query, span, sees))]


def any_query(sees: Sees) -> Select[*tuple[Any, ...]]:
    """How many parts wait for an invoice of the week or month, to be counted along with other things."""
    query: Select[*tuple[Any, ...]] = (
        select(func.count()).select_from(ChargeShare).join(Charge, Charge.id == ChargeShare.charge_id)
        .where(ChargeShare.invoice_id.is_(None), ChargeShare.draft_id.is_(None), ChargeShare.rhythm.in_(GATHERED),
               Charge.withdrawn_at.is_(None))
    )
    return within(query, Charge.case_id, sees)


def waiting_parts(session: Session, sees: ColumnElement[bool], span: Span) -> list[tuple[Charge, ChargeShare]]:
    """What waits, locked: first the appointments in order, then charges and shares, so that nobody gathers it twice."""
    joined = (
        select(Charge.appointment_id).select_from(ChargeShare).join(Charge, Charge.id == ChargeShare.charge_id)
        .join(Case, Case.id == Charge.case_id)
        .where(ChargeShare.invoice_id.is_(None), ChargeShare.draft_id.is_(None))
    )
    of = set(session.scalars(_within(joined, span, sees)))
    session.execute(
        select(Appointment.id).where(Appointment.id.in_(of)).order_by(Appointment.id).with_for_update(key_share=True))
    query = (
        select(Charge, ChargeShare).join(ChargeShare, ChargeShare.charge_id == Charge.id)
        .join(Case, Case.id == Charge.case_id)
        .where(ChargeShare.invoice_id.is_(None), ChargeShare.draft_id.is_(None), Charge.appointment_id.in_(of))
        .order_by(Charge.service_date, Charge.id, ChargeShare.id)
        .with_for_update(of=[Charge, ChargeShare], key_share=True).execution_options(populate_existing=True)
    )
    return [(charge, share) for charge, share in session.execute(_within(query, span, sees))]


def gathered_invoices(session: Session, sees: ColumnElement[bool], span: Span) -> list[int]:
    """Invoices that carry gathered parts of the time, in the order in which they were issued."""
    query = (
        select(ChargeShare.invoice_id).select_from(ChargeShare).join(Charge, Charge.id == ChargeShare.charge_id)
        .join(Case, Case.id == Charge.case_id).where(ChargeShare.invoice_id.is_not(None)).distinct()
    )
    return sorted(found for found in session.scalars(_within(query, span, sees)) if found is not None)


def usual_service(session: Session, case_id: int) -> tuple[str, int] | None:
    """Name of the service and the fee of the appointment of a case that was booked last."""
    query = (
        select(Service.name, Appointment.fee_cents).join(Appointment, Appointment.service_id == Service.id)
        .where(Appointment.case_id == case_id, Appointment.fee_cents > 0)
        .order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(1)
    )
    return next(((name, cents) for name, cents in session.execute(query)), None)


def lock_charges(session: Session, charge_ids: Collection[int]) -> None:
    """Hold charges until the transaction ends, so that whether an invoice carries them stays as it is read."""
    session.execute(
        select(Charge.id).where(Charge.id.in_(charge_ids)).order_by(Charge.id).with_for_update(key_share=True))


def withdraw_waiting(session: Session, appointment_id: int, person_ids: Sequence[int] | None = None) -> None:
    """Take back charges of an appointment that no invoice carries: what they rest on has changed. They can be made
    anew.

    A session of a package is free again for another appointment; what was invoiced in advance has to be settled anew.
    With ``person_ids`` those of these people, and the charge for the case as a whole.
    """
    carried = select(ChargeShare.id).where(
        ChargeShare.charge_id == Charge.id, ChargeShare.invoice_id.is_not(None)).exists()
    query = select(Charge, carried).where(Charge.appointment_id == appointment_id, Charge.withdrawn_at.is_(None))
    for charge, is_carried in session.execute(query):
        if person_ids is not None and charge.person_id is not None and charge.person_id not in person_ids:
            continue
        if charge.package_id is not None:
            charge.appointment_id, charge.unit = None, f"package:{charge.package_id}:{charge.package_place}"
        elif charge.in_advance and is_carried:
            charge.settled_at = None
        elif not is_carried:
            charge.withdrawn_at = clock.now()
