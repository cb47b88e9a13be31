"""Appointments that can be invoiced and were not: which, how many, and whether what is kept of them is true."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Integer, Select, and_, func, or_, select
from sqlalchemy import case as case_when
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner.records.arrangements import BillingArrangement
from practicerunner.records.base import Base, Sees
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.cases import Case, seen, within
from practicerunner.records.keeping import CHARGEABLE, GATHERED, MISSED, TABLE, UNRECORDED
from practicerunner.records.notes import Note
from practicerunner.records.practice import Practice, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import STAFF_NAME, Staff, StaffRole
from practicerunner.vocabulary import AppointmentStatus, CaseType, FeeTerms, NoteKind, NoteStatus, Role


class UninvoicedRow(Base):
    """An appointment of which somebody's fee, or a payer's part of it, is still to be invoiced; written by triggers."""

    __tablename__ = TABLE

    appointment_id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), ForeignKey("appointment.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)


@dataclass(frozen=True, slots=True)
class Uninvoiced:
    """An appointment that can be invoiced and was not."""

    appointment_id: int
    case_id: int
    case_name: str
    held_on: date
    service: str
    provider: str
    provider_id: int
    case_type: CaseType
    fee_cents: int


After = tuple[tuple[CaseType, NoteKind], ...] | None
"""Kinds of case, each with the note that has to be locked before an associate's appointment is invoiced."""


def uninvoiced(
    session: Session, sees: Sees, *, limit: int, offset: int, after_cosign: After = None, case_id: int | None = None,
) -> tuple[list[Uninvoiced], int]:
    """Appointments that can be invoiced and were not: one page, oldest first, and their number; of one case or all."""
    query: Select[*tuple[Any, ...]] = (
        select(Appointment.id, Appointment.case_id, Case.name, Appointment.local_date, Service.name,
               STAFF_NAME, Appointment.provider_id, Case.type, Appointment.fee_cents)
        .select_from(UninvoicedRow).join(Appointment, Appointment.id == UninvoicedRow.appointment_id)
        .join(Case, Case.id == UninvoicedRow.case_id)
        .join(Service, Service.id == Appointment.service_id).join(Staff, Staff.id == Appointment.provider_id)
        .where(seen(sees)).order_by(Appointment.starts_at, Appointment.id).limit(limit).offset(offset)
    )
    if after_cosign is not None:
        query = query.where(~_waits_for_cosign(after_cosign))
    counted = number_query(sees, after_cosign)
    if case_id is not None:
        query, counted = (one.where(UninvoicedRow.case_id == case_id) for one in (query, counted))
    return [Uninvoiced(*row) for row in session.execute(query)], session.scalar(counted) or 0


def number(session: Session, sees: Sees, after_cosign: After) -> int:
    """How many there are."""
    return session.scalar(number_query(sees, after_cosign)) or 0


def number_query(sees: Sees, after_cosign: After) -> Select[*tuple[Any, ...]]:
    """The same, to be counted along with other things. With ``after_cosign`` an associate's wait for their note."""
    query: Select[*tuple[Any, ...]] = select(func.count()).select_from(UninvoicedRow)
    if after_cosign is None:
        return within(query, UninvoicedRow.case_id, sees)
    query = query.join(Appointment, Appointment.id == UninvoicedRow.appointment_id)
    return query.join(Case, Case.id == Appointment.case_id).where(seen(sees), ~_waits_for_cosign(after_cosign))


def _waits_for_cosign(kinds: tuple[tuple[CaseType, NoteKind], ...]) -> ColumnElement[bool]:
    """Held by somebody who is an associate and no provider, without a locked note of the kind, and never invoiced yet.

    Of what was charged before, the rest waits for nobody: it can be invoiced at once (``billing.check_cosigned``).
    """

    def holds(role: Role) -> ColumnElement[bool]:
        return select(StaffRole.id).where(
            StaffRole.staff_id == Appointment.provider_id, StaffRole.role == role
        ).exists()

    locked = select(Note.id).where(
        Note.appointment_id == Appointment.id, Note.status.in_([NoteStatus.LOCKED, NoteStatus.AMENDED]),
        Note.kind == case_when({kind.value: note.value for kind, note in kinds}, value=Case.type),
    ).exists()
    charged = select(Charge.id).where(Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None)).exists()
    return and_(
        Appointment.status == AppointmentStatus.HELD, holds(Role.ASSOCIATE), ~holds(Role.PROVIDER), ~locked, ~charged)


def wrong_uninvoiced(session: Session) -> list[int]:
    """Ids of appointments kept as uninvoiced that are not, or the other way round; empty if what is kept is true.

    A missed appointment counts only if a no-show or late cancellation is on it.
    """
    charge = and_(
        Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None),
        or_(Charge.person_id.is_(None), Charge.person_id == Attendance.person_id))
    charged = select(Charge.id).where(charge).correlate(Appointment, Attendance).exists()
    left = select(ChargeShare.id).join(Charge, Charge.id == ChargeShare.charge_id).where(
        charge, func.coalesce(ChargeShare.invoice_id, ChargeShare.draft_id).is_(None),
        ChargeShare.rhythm.not_in(GATHERED), ~and_(Charge.in_advance, Charge.settled_at.is_(None)),
    ).correlate(Appointment, Attendance).exists()
    unrecorded = aliased(Attendance)
    truth = (
        select(Appointment.id, Appointment.case_id)
        .join(Attendance, Attendance.appointment_id == Appointment.id)
        .where(
            Attendance.status.in_(CHARGEABLE),
            ~select(unrecorded.id).where(
                unrecorded.appointment_id == Appointment.id, unrecorded.status.in_(UNRECORDED)).exists(),
            or_(left, and_(~charged, ~is_free())))
    )
    kept = select(UninvoicedRow.appointment_id, UninvoicedRow.case_id)
    rows = set(session.execute(truth).tuples()) ^ set(session.execute(kept).tuples())
    return sorted({appointment_id for appointment_id, _ in rows})


def is_free() -> ColumnElement[bool]:
    """That nothing is charged for an attendance: by what was agreed, or because missing it costs nothing.

    One that is still to come costs what attending it does.
    """
    later = aliased(BillingArrangement)
    theirs = [
        (row.case_id == Appointment.case_id) & (row.valid_from <= Appointment.local_date)
        & or_(row.person_id.is_(None), row.person_id == Attendance.person_id) for row in (BillingArrangement, later)]
    superseded = select(later.id).where(theirs[1], later.valid_from > BillingArrangement.valid_from).correlate(
        Appointment, Attendance, BillingArrangement).exists()
    missed = select(Practice.missed_fee_basis_points).limit(1).scalar_subquery()
    part = case_when((Attendance.status.in_(MISSED), missed), else_=10_000)

    def is_nothing(cents: Any) -> ColumnElement[bool]:
        said: ColumnElement[bool] = 2 * cents * part < 10_000
        return said

    standard = Appointment.fee_cents
    sponsored = BillingArrangement.sponsor_id.is_not(None)
    pays = or_(~sponsored, BillingArrangement.sponsor_until.is_(None),
               BillingArrangement.sponsor_until >= Appointment.local_date)
    limited = and_(sponsored, func.coalesce(
        BillingArrangement.sponsor_cents, BillingArrangement.sponsor_sessions).is_not(None))
    agreed = func.coalesce(case_when(
        (BillingArrangement.fee_terms == FeeTerms.FIXED, BillingArrangement.fee_cents),
        (BillingArrangement.fee_terms == FeeTerms.SLIDING_SCALE,
         (2 * standard * BillingArrangement.fee_basis_points + 10_000) // 20_000),
        (and_(BillingArrangement.fee_terms == FeeTerms.SPONSOR, pays, limited, standard > BillingArrangement.fee_cents),
         standard),
        (and_(BillingArrangement.fee_terms == FeeTerms.SPONSOR, pays), BillingArrangement.fee_cents)), standard)
    in_force = select(BillingArrangement.id).where(
        theirs[0], ~superseded, or_(
            BillingArrangement.valid_until.is_(None), BillingArrangement.valid_until >= Appointment.local_date),
    ).correlate(Appointment, Attendance)
    return or_(in_force.where(is_nothing(agreed)).exists(), and_(~in_force.exists(), is_nothing(standard)))
