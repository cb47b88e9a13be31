"""Who works here, in which roles, and who supervises whom."""

from collections.abc import Collection, Iterable
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BindParameter,
    ForeignKey,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.orm import Mapped, Session, joinedload, lazyload, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.records.people import Person
from practicerunner.vocabulary import Role, SupervisionLevel


class Staff(Revised):
    """Somebody who works here (FHIR Practitioner). Roles decide what they may do."""

    __tablename__ = "staff"

    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Also the sign-in name, kept in lower case."""
    credentials: Mapped[str] = mapped_column(String(60), default="")
    npi: Mapped[str] = mapped_column(String(10), default="")
    licence: Mapped[str] = mapped_column(String(60), default="")
    licence_states: Mapped[str] = mapped_column(String(240), default="")
    """Two-letter codes of the states in which they are licensed, comma separated; empty is unknown."""
    taxonomy: Mapped[str] = mapped_column(String(10), default="")
    """Code of the specialty, where papers for insurance are to say it."""
    colour: Mapped[str] = mapped_column(String(7), default="#0F766E")
    """Colour of this provider's appointments on the calendar."""
    is_clinical_director: Mapped[bool] = mapped_column(default=False)
    """With it an owner may read notes, after typing a reason (DEC15)."""
    video_link: Mapped[str] = mapped_column(String(300), default="")
    """Where this provider's video appointments are held."""
    active: Mapped[bool] = mapped_column(default=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True, index=True)
    """Who they are as a client of the practice, if they are one: their roles open nothing of that (TRUST A11)."""
    roles: Mapped[list["StaffRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


STAFF_NAME = Staff.first_name + " " + Staff.last_name
"""Somebody's name in a query."""


class StaffRole(Row):
    """One role of one member of staff; several are allowed (K01)."""

    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[Role] = word(Role)

    __table_args__ = (UniqueConstraint("staff_id", "role"),)


class Supervision(Row):
    """Who supervises somebody, from ``starts_on`` until the day before ``ends_on``; never rewritten (C31)."""

    __tablename__ = "supervision"

    associate_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    level: Mapped[SupervisionLevel] = word(SupervisionLevel, default=SupervisionLevel.CO_SIGN)
    is_default: Mapped[bool] = mapped_column(default=True)
    """Whether this supervisor is responsible where neither an appointment nor its case names another (G13)."""
    note_kinds: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The kinds of note that wait for the supervisor (C30); empty: all of them."""


def staff_by_email(session: Session, email: str) -> Staff | None:
    """The member of staff with this sign-in name."""
    return session.scalar(select(Staff).where(Staff.email == email.strip().lower()))


def count_staff(session: Session) -> int:
    """How many people have ever worked here."""
    return session.scalar(select(func.count()).select_from(Staff)) or 0


def all_staff(session: Session) -> list[Staff]:
    """Everybody, those who left last, then by name."""
    return list(session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.last_name, Staff.first_name)))


_ACTIVE = (
    select(Staff.id, Staff.first_name, Staff.last_name, Staff.person_id, StaffRole.role)
    .join(StaffRole, StaffRole.staff_id == Staff.id).where(Staff.active)
    .order_by(Staff.last_name, Staff.first_name, Staff.id)
)


class Working(NamedTuple):
    """Somebody who works here."""

    staff_id: int
    name: str
    roles: frozenset[Role]
    person_id: int | None
    """Who they are as a client, if they are one."""


def active_with_roles(session: Session) -> list[Working]:
    """Everybody who works here, by name. Whoever has no role is left out."""
    known: dict[int, Working] = {}
    for staff_id, first, last, person_id, role in session.connection().execute(_ACTIVE):
        before = known[staff_id].roles if staff_id in known else frozenset()
        known[staff_id] = Working(staff_id, f"{first} {last}".strip(), before | {role}, person_id)
    return list(known.values())


def staff_of_person(session: Session, person_id: int) -> Staff | None:
    """Which member of staff a person is, if they are one."""
    return session.scalar(select(Staff).where(Staff.person_id == person_id))


def staff_who_are_clients(session: Session) -> list[tuple[int, Person]]:
    """Members of staff who are clients as well, each with who they are."""
    rows = session.execute(select(Staff.id, Person).join(Person, Person.id == Staff.person_id).order_by(Staff.id))
    return [(staff_id, person) for staff_id, person in rows]


def staff_with_own_roles(session: Session, staff_id: int) -> Staff | None:
    """A member of staff and their roles in one statement."""
    return session.get(Staff, staff_id, options=[joinedload(Staff.roles)])


_ROLES_OF = select(StaffRole.staff_id, StaffRole.role).where(StaffRole.staff_id.in_(bindparam("ids", expanding=True)))


def roles_of(session: Session, staff_ids: Collection[int]) -> dict[int, set[Role]]:
    """Member of staff → their roles, for those who have any."""
    found: dict[int, set[Role]] = {}
    for staff_id, role in session.connection().execute(_ROLES_OF, {"ids": list(staff_ids)}):
        found.setdefault(staff_id, set()).add(role)
    return found


_SIGNED = select(Staff.id, Staff.first_name, Staff.last_name, Staff.credentials).where(
    Staff.id.in_(bindparam("ids", expanding=True))
)


def signed_names(session: Session, staff_ids: Collection[int]) -> dict[int, str]:
    """Member of staff → name and credentials, as papers carry them."""
    rows = session.connection().execute(_SIGNED, {"ids": list(staff_ids)})
    return {
        staff_id: ", ".join(filter(None, [f"{first} {last}".strip(), credentials]))
        for staff_id, first, last, credentials in rows
    }


def staff_with_roles(session: Session, roles: Iterable[Role]) -> list[Staff]:
    """Active staff who hold any of the roles, by name; what else they may be is read when somebody asks."""
    holds = select(StaffRole.staff_id).where(StaffRole.role.in_(list(roles)))
    return list(session.scalars(
        select(Staff).where(Staff.active, Staff.id.in_(holds)).options(lazyload(Staff.roles))
        .order_by(Staff.last_name, Staff.first_name)
    ))


def has_active_owner(session: Session) -> bool:
    """Whether somebody active is an owner."""
    return bool(staff_with_roles(session, [Role.OWNER]))


def supervision_of(session: Session, associate_id: int, day: date) -> Supervision | None:
    """The default supervision in force on a day; the newest if two overlap."""
    return session.scalar(_supervision_on(), {"associate_id": associate_id, "day": day})


@cache
def _supervision_on() -> Select[Supervision]:
    day: BindParameter[Any] = bindparam("day")
    return select(Supervision).where(
        Supervision.associate_id == bindparam("associate_id"), Supervision.is_default, Supervision.starts_on <= day,
        (Supervision.ends_on.is_(None)) | (Supervision.ends_on > day),
    ).order_by(Supervision.starts_on.desc(), Supervision.id.desc()).limit(1)


def supervisors_on(session: Session, day: date) -> dict[int, int]:
    """Associate → default supervisor on a day; the newest if two overlap."""
    query = select(Supervision.associate_id, Supervision.supervisor_id).where(
        Supervision.is_default, Supervision.starts_on <= day,
        (Supervision.ends_on.is_(None)) | (Supervision.ends_on > day),
    ).order_by(Supervision.starts_on, Supervision.id)
    return dict(session.execute(query).tuples().all())


def supervised_by(session: Session, supervisor_id: int) -> list[Supervision]:
    """Every assignment of somebody's supervisees, the newest last; asked on every run of a page."""
    return list(session.scalars(_supervised_by(), {"supervisor_id": supervisor_id}))


@cache
def _supervised_by() -> Select[Supervision]:
    return select(Supervision).where(Supervision.supervisor_id == bindparam("supervisor_id")).order_by(
        Supervision.starts_on, Supervision.id)


def supervisions(
    session: Session, *, associate_id: int | None = None, supervisor_id: int | None = None, lock: bool = False
) -> list[Supervision]:
    """Every assignment of somebody, or of somebody's supervisees, the newest last."""
    query = select(Supervision).where(
        Supervision.associate_id == associate_id if associate_id is not None else true(),
        Supervision.supervisor_id == supervisor_id if supervisor_id is not None else true(),
    ).order_by(Supervision.starts_on, Supervision.id)
    return list(session.scalars(query.with_for_update() if lock else query))
