"""The practice itself: its policies, services with dated fees, and locations. One practice per database."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from practicerunner.errors import PracticeError
from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import ServiceCategory


class Practice(Revised):
    """The one row of who we are and what our policies are (FHIR Organization)."""

    __tablename__ = "practice"

    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    """IANA zone of the practice's wall clock."""
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    address: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    tax_id: Mapped[str] = mapped_column(String(20), default="")
    npi: Mapped[str] = mapped_column(String(10), default="")
    """The practice's own NPI, where it has one beside those of its providers."""
    late_cancel_hours: Mapped[int] = mapped_column(default=24)
    """Cancelled with strictly less than this before the start, on the wall clock, is late (F04)."""
    missed_fee_basis_points: Mapped[int] = mapped_column(default=5000)
    """No-show and late-cancellation fee as a share of the participant's agreed fee (DEC11)."""
    note_due_hours: Mapped[int] = mapped_column(default=48)
    late_entry_days: Mapped[int] = mapped_column(default=3)
    """First signed more than so many days after its date of service, a note is marked as a late entry (C22)."""
    alert_hours: Mapped[int] = mapped_column(default=4)
    """Business hours after which a critical answer that nobody has closed goes on to supervisor and owner (C72)."""
    helpers_may_schedule: Mapped[bool] = mapped_column(default=False)
    """Whether approved helpers manage appointments for clients; off, their grants are kept but open nothing (D10)."""
    supervision_includes_messages: Mapped[bool] = mapped_column(default=False)
    """Whether supervisors read the clinical conversations of supervisees' clients (TRUST 3.2)."""
    grants_requests: Mapped[bool] = mapped_column(default=False)
    """Whether what one client asks for alone is done at once where the calendar allows it (E18)."""
    portal_idle_minutes: Mapped[int] = mapped_column(default=10)
    """After how many minutes without a click somebody is signed out of the portal, at most 30."""
    plan_review_days: Mapped[int] = mapped_column(default=90)
    """After how many days a treatment plan is looked at again, unless its author says otherwise (G17)."""
    payment_due_days: Mapped[int] = mapped_column(default=14)
    invoice_after_cosign: Mapped[bool] = mapped_column(default=False)
    """Whether an associate's appointment is invoiced only once its main note is co-signed (C33)."""
    invoicing_day: Mapped[int | None]
    """On which day the month before is gathered into invoices (H08); empty: somebody clicks."""
    invoicing_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who decided so: those invoices are issued in their name."""
    gathered_until: Mapped[date | None]
    """The last day of the month that was gathered without a click."""
    notify_payers: Mapped[bool] = mapped_column(default=False)
    """Whether payers hear by e-mail, without a click, of new invoices and of payments that came or failed (H18)."""
    invoicing_weekday: Mapped[int | None]
    """On which day of the week (Monday is 0) the week before is gathered; empty: somebody clicks."""
    week_gathered_until: Mapped[date | None]
    ahead_days: Mapped[int | None]
    """So many days before a week or month begins what is booked in it is invoiced; empty: somebody clicks."""
    month_ahead_until: Mapped[date | None]
    """The last day of the month, and of the week, that was invoiced in advance without a click."""
    week_ahead_until: Mapped[date | None]
    invoices_as_drafts: Mapped[bool] = mapped_column(default=False)
    """Whether what is invoiced becomes a draft first, to be looked at before it is issued."""
    show_adjustments: Mapped[bool] = mapped_column(default=False)
    """Whether a line says the standard fee and what was taken off it, or only what is to be paid (H07)."""
    pcl5_cut: Mapped[int] = mapped_column(default=33)
    """From this total on the PCL-5 counts as positive, 31 to 33."""
    totp_required: Mapped[bool] = mapped_column(default=True)
    tzdata_version: Mapped[str] = mapped_column(String(20), default="")
    """With which rules of the world's clocks the moments of appointments ahead were computed (R5)."""
    is_demo: Mapped[bool] = mapped_column(default=False)


class Service(Revised):
    """What can be booked (FHIR HealthcareService). The code is the practice's own; none is shipped (H01)."""

    __tablename__ = "service"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    code: Mapped[str] = mapped_column(String(20), default="")
    category: Mapped[ServiceCategory] = word(ServiceCategory)
    minutes: Mapped[int]
    modifiers: Mapped[str] = mapped_column(String(11), default="")
    """Up to four of two characters, parted by blanks, that stand behind the code on papers for insurance."""
    active: Mapped[bool] = mapped_column(default=True)
    fees: Mapped[list["ServiceFee"]] = relationship(order_by="ServiceFee.valid_from", cascade="all, delete-orphan")

    __table_args__ = (CheckConstraint("minutes between 1 and 1440", name="minutes"),)


class ServiceFee(Row):
    """A service's fee from a date on; earlier appointments keep the fee they had (H01)."""

    __tablename__ = "service_fee"

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    valid_from: Mapped[date]
    fee_cents: Mapped[int]

    __table_args__ = (UniqueConstraint("service_id", "valid_from"), CheckConstraint("fee_cents >= 0", name="fee"))


class Location(Revised):
    """Where appointments are held (FHIR Location). A room can hold one appointment at a time."""

    __tablename__ = "location"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    address: Mapped[str] = mapped_column(Text, default="")
    is_room: Mapped[bool] = mapped_column(default=False)
    place_of_service: Mapped[str] = mapped_column(String(2), default="11")
    """What papers for insurance call a place like this: 11 is an office, 12 the client's home."""
    active: Mapped[bool] = mapped_column(default=True)


class NumberSeries(Row):
    """The next number of a kind of issued paper in a year; taken in the transaction that issues it, so no gaps (D3)."""

    __tablename__ = "number_series"

    kind: Mapped[str] = mapped_column(String(32))
    year: Mapped[int]
    next_number: Mapped[int] = mapped_column(BigInteger, default=1)

    __table_args__ = (UniqueConstraint("kind", "year"),)


class NotSetUp(PracticeError):
    """This practice has not been set up yet."""


def the_practice(session: Session) -> Practice:
    """The practice. Raises NotSetUp while there is none."""
    found: Practice | None = session.info.get("practice")
    if found is None:
        found = session.info["practice"] = session.scalar(select(Practice))
    if found is None:
        raise NotSetUp
    return found


def services(session: Session, *, with_inactive: bool = False) -> list[Service]:
    """Services by category and name, with their fees."""
    query = select(Service).options(selectinload(Service.fees)).order_by(Service.category, Service.name)
    return list(session.scalars(query if with_inactive else query.where(Service.active)))


def service_with_fees(session: Session, service_id: int) -> Service | None:
    """A service and its fees in one statement."""
    return session.get(Service, service_id, options=[joinedload(Service.fees)])


def fee_on(service: Service, day: date) -> int:
    """The fee in force on a day, in cents; before the first ``valid_from`` the first fee."""
    in_force = [fee for fee in service.fees if fee.valid_from <= day] or service.fees[:1]
    return in_force[-1].fee_cents


def locations(session: Session, *, with_inactive: bool = False) -> list[Location]:
    """Locations by name."""
    query = select(Location).order_by(Location.name)
    return list(session.scalars(query if with_inactive else query.where(Location.active)))


def service_named(session: Session, name: str) -> Service | None:
    """The service with exactly this name."""
    return session.scalar(select(Service).where(Service.name == name))


def location_named(session: Session, name: str) -> Location | None:
    """The location with exactly this name."""
    return session.scalar(select(Location).where(Location.name == name))


_TAKE = update(NumberSeries).where(
    NumberSeries.kind == bindparam("of_kind"), NumberSeries.year == bindparam("of_year")
).values(next_number=NumberSeries.next_number + 1).returning(NumberSeries.next_number - 1)


def take_number(session: Session, kind: str, prefix: str, year: int) -> str:
    """The next number of a series, such as ``INV-2026-0042``; two who issue wait for each other, so there is no gap."""
    connection, series = session.connection(), {"of_kind": kind, "of_year": year}
    number = connection.execute(_TAKE, series).scalar()
    if number is None:
        # The first number of a year: make the row so that two firsts meet at it.
        make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
        connection.execute(make(NumberSeries).values(kind=kind, year=year, next_number=1).on_conflict_do_nothing())
        number = connection.execute(_TAKE, series).scalar_one()
    return f"{prefix}-{year}-{number:04d}"
