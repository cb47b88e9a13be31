"""Packages of sessions that were sold, and which appointment used which of their sessions: named queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import FOR_CHANGE, Row
from practicerunner.records.billing import Charge
from practicerunner.records.practice import Service


class Package(Row):
    """So many sessions of one service, bought at once for one price. Each session is a charge of its own.

    ``cancelled_on`` is set once, when what nobody had used was given back.
    """

    __tablename__ = "package"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Empty where the case is charged as a whole."""
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    sessions: Mapped[int]
    price_cents: Mapped[int]
    sold_on: Mapped[date]
    sold_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    cancelled_on: Mapped[date | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (CheckConstraint("sessions > 0 and price_cents >= sessions", name="price"),)


@dataclass(frozen=True, slots=True)
class Place:
    """A session of a package: its charge, which one it is of how many, and its part of the price."""

    charge_id: int
    package_id: int
    place: int
    sessions: int
    amount_cents: int

    @property
    def in_words(self) -> str:
        """``3 of 10 of the package``."""
        return f"{self.place} of {self.sessions} of the package"


def next_place(
    session: Session, case_id: int, person_id: int | None, service_id: int, besides: Collection[int] = ()
) -> Place | None:
    """The session that is used next: of the oldest package that has any left ``besides`` these."""
    query = (
        select(Charge.id, Package.id, Charge.package_place, Package.sessions, Charge.amount_cents)
        .join(Package, Package.id == Charge.package_id)
        .where(
            Package.case_id == case_id, Package.service_id == service_id, Package.cancelled_on.is_(None),
            Package.person_id.is_(None) if person_id is None else Package.person_id == person_id,
            Charge.withdrawn_at.is_(None), Charge.appointment_id.is_(None),
            *([Charge.id.not_in(besides)] if besides else []),
        ).order_by(Package.sold_on, Package.id, Charge.package_place).limit(1)
    )
    return next((Place(a, b, c or 0, d, e) for a, b, c, d, e in session.execute(query)), None)


def was_sold(session: Session, case_id: int, person_id: int | None, service_id: int) -> bool:
    """Whether any package of a service was ever sold here."""
    query = select(Package.id).where(
        Package.case_id == case_id, Package.service_id == service_id,
        Package.person_id.is_(None) if person_id is None else Package.person_id == person_id,
    )
    return session.scalar(query.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class SoldSession:
    """A session of a package that was sold, with the appointment that used it, if one did."""

    case_id: int
    person_id: int | None
    service_id: int
    amount_cents: int
    service_date: date
    is_used: bool
    is_left: bool
    """Whether it can still be used."""


def sold_in(session: Session, case_ids: Collection[int]) -> list[SoldSession]:
    """The sessions of every package that was ever sold in some cases, in the order in which they are used."""
    if not case_ids:
        return []
    query = (
        select(Package.case_id, Package.person_id, Package.service_id, Charge.amount_cents, Charge.service_date,
               Charge.appointment_id, Charge.withdrawn_at, Package.cancelled_on)
        .join(Charge, Charge.package_id == Package.id).where(Package.case_id.in_(case_ids))
        .order_by(Package.sold_on, Package.id, Charge.package_place)
    )
    return [
        SoldSession(case, person, service, cents, day, used is not None and withdrawn is None,
                    used is None and withdrawn is None and cancelled is None)
        for case, person, service, cents, day, used, withdrawn, cancelled in session.execute(query)
    ]


def locked(session: Session, package_id: int) -> Package | None:
    """A package, locked until the transaction ends, so that nobody else uses a session of it."""
    return session.get(Package, package_id, with_for_update=FOR_CHANGE, populate_existing=True)


def of_case(session: Session, case_id: int) -> list[tuple[Package, str]]:
    """The packages of a case with the name of their service, oldest first."""
    query = select(Package, Service.name).join(Service, Service.id == Package.service_id)
    rows = session.execute(query.where(Package.case_id == case_id).order_by(Package.sold_on, Package.id))
    return [(package, name) for package, name in rows]


def live_sessions(session: Session, package_ids: Collection[int]) -> list[Charge]:
    """The charges of packages that were not withdrawn, in order."""
    if not package_ids:
        return []
    query = select(Charge).where(Charge.package_id.in_(package_ids), Charge.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Charge.package_id, Charge.package_place)))


def used_at(session: Session, appointment_id: int) -> dict[int, Place]:
    """Charge → its place in the package, of the sessions that an appointment used."""
    query = (
        select(Charge.id, Package.id, Charge.package_place, Package.sessions, Charge.amount_cents)
        .join(Package, Package.id == Charge.package_id)
        .where(Charge.appointment_id == appointment_id, Charge.withdrawn_at.is_(None))
    )
    return {a: Place(a, b, c or 0, d, e) for a, b, c, d, e in session.execute(query)}
