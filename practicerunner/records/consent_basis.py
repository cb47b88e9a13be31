"""Who consented to somebody's treatment, from which age a minor may, and who came of age (A20, A22)."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Select, String, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner import ids
from practicerunner.records.acting import ActsFor, is_of_a_minor
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.billing import Charge
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import MAY_MAIL, ContactPoint, Person
from practicerunner.records.portal import PortalAccount
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    CaseStatus,
    CaseType,
    ConsentBasis,
    ContactKind,
    ParticipantStatus,
    Welcome,
)


class BasisDecision(Row):
    """Who consented to somebody's treatment, from a day on (FHIR Consent); the last row counts. Never changed."""

    __tablename__ = "basis_decision"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    basis: Mapped[ConsentBasis] = word(ConsentBasis)
    since: Mapped[date]
    state: Mapped[str] = mapped_column(String(2), default="")
    """By whose age a minor consented."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    concern: Mapped[str] = mapped_column(String(300), default="")
    """What was said before it was set all the same."""
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime]


class StateAge(Revised):
    """The age from which the practice takes a minor's own consent in a state."""

    __tablename__ = "state_age"

    state: Mapped[str] = mapped_column(String(2), unique=True)
    age: Mapped[int]
    confirmed_on: Mapped[date | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        CheckConstraint("age between 1 and 18", name="age"),
        CheckConstraint("(confirmed_on is null) = (confirmed_by_id is null)", name="confirmed_by"),
    )


class CameOfAge(Row):
    """That somebody's 18th birthday was noticed, and whether they were invited to the portal; never changed."""

    __tablename__ = "came_of_age"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    on: Mapped[date] = mapped_column("birthday")
    welcome: Mapped[Welcome] = word(Welcome)
    noticed_at: Mapped[datetime]


# --- Who consented


def last_of(session: Session, person_ids: Collection[int]) -> dict[int, tuple[BasisDecision, Staff]]:
    """Person → the decision that counts, with who made it."""
    rows = session.execute(
        select(BasisDecision, Staff).join(Staff, Staff.id == BasisDecision.decided_by_id)
        .where(BasisDecision.person_id.in_(person_ids)).order_by(BasisDecision.decided_at, BasisDecision.id)
    )
    return {decision.person_id: (decision, staff) for decision, staff in rows}


_later = aliased(BasisDecision)
_ALONE = (
    select(Person.id, Person.birth_date, Person.zone).join(BasisDecision, BasisDecision.person_id == Person.id).where(
        Person.id.in_(bindparam("ids", expanding=True)), BasisDecision.basis == ConsentBasis.MINOR,
        ~select(_later.id).where(_later.person_id == Person.id, or_(
            _later.decided_at > BasisDecision.decided_at,
            (_later.decided_at == BasisDecision.decided_at) & (_later.id > BasisDecision.id),
        )).exists(),
    )
)


def consenting_minors(session: Session, person_ids: Collection[int]) -> list[tuple[int, date | None, str]]:
    """Who of some people consented as a minor, with date of birth and zone; they may have come of age since."""
    rows = session.connection().execute(_ALONE, {"ids": list(person_ids)}) if person_ids else ()
    return [(person_id, born, zone) for person_id, born, zone in rows]


def state_ages(session: Session) -> list[tuple[StateAge, Staff | None]]:
    """The practice's own lines by state, each with who confirmed it."""
    rows = session.execute(
        select(StateAge, Staff).outerjoin(Staff, Staff.id == StateAge.confirmed_by_id).order_by(StateAge.state))
    return [(line, staff) for line, staff in rows]


def state_age(session: Session, state: str) -> StateAge | None:
    """The practice's own line of a state."""
    return session.scalar(select(StateAge).where(StateAge.state == state))


# --- What is confidential to whom


def together_with_who_acts(session: Session, case_id: int, person_ids: Collection[int]) -> set[int]:
    """For whom of some people somebody acts who takes part in the same case."""
    return set(session.scalars(
        select(ActsFor.client_id).join(Participant, Participant.person_id == ActsFor.person_id).where(
            Participant.case_id == case_id, Participant.status == ParticipantStatus.ACTIVE,
            ActsFor.client_id.in_(person_ids),
        )
    ))


def appointments_since(session: Session, person_id: int, day: date, types: Collection[CaseType]) -> list[Attendance]:
    """Somebody's place at every appointment of such cases from a day on that was not confidential to them."""
    return list(session.scalars(
        select(Attendance).join(Appointment, Appointment.id == Attendance.appointment_id)
        .join(Case, Case.id == Attendance.case_id).where(
            Attendance.person_id == person_id, Appointment.local_date >= day, Case.type.in_(types),
            ~Attendance.confidential,
        ).order_by(Attendance.id).with_for_update(of=Attendance, key_share=True)
    ))


_ANY = select(Attendance.id).where(Attendance.person_id == bindparam("person_id"), Attendance.confidential).limit(1)


def has_confidential(session: Session, person_id: int) -> bool:
    """Whether any appointment is confidential to somebody."""
    return session.connection().execute(_ANY, {"person_id": person_id}).first() is not None


_CHARGED_TO = (
    select(Charge.id, Attendance.person_id).join(Attendance, Attendance.appointment_id == Charge.appointment_id).where(
        Charge.id.in_(bindparam("ids", expanding=True)), Attendance.confidential,
        or_(Charge.person_id.is_(None), Charge.person_id == Attendance.person_id),
    )
)


def confidential_charges(session: Session, charge_ids: Collection[int]) -> dict[int, set[int]]:
    """Charge → to whom the appointment that it is for is confidential; only those that are."""
    found: dict[int, set[int]] = {}
    for charge_id, person_id in session.connection().execute(_CHARGED_TO, {"ids": list(charge_ids)}):
        found.setdefault(charge_id, set()).add(person_id)
    return found


# --- Whose mailbox it is


def _folded(column: Any) -> ColumnElement[str]:
    return func.lower(func.trim(column))


def is_own_mailbox() -> ColumnElement[bool]:
    """That nobody else has the e-mail address of the query's contact point, nor signs in with it."""
    other = aliased(ContactPoint)
    held = select(other.id).where(
        other.kind == ContactKind.EMAIL, other.person_id != ContactPoint.person_id,
        _folded(other.value) == _folded(ContactPoint.value),
    ).exists()
    signs_in = select(PortalAccount.id).where(
        PortalAccount.person_id != ContactPoint.person_id, PortalAccount.email == _folded(ContactPoint.value),
    ).exists()
    return ~held & ~signs_in


def own_address(session: Session, person_id: int) -> str:
    """Where a living person lets us write to and nobody else reads; empty where there is no such address."""
    return session.scalar(
        select(ContactPoint.value).join(Person, Person.id == ContactPoint.person_id).where(
            Person.id == person_id, Person.died_on.is_(None), *MAY_MAIL, is_own_mailbox(),
        ).order_by(ContactPoint.preferred.desc(), ContactPoint.id).limit(1)
    ) or ""


def is_confidential(session: Session, appointment_id: int, person_id: int) -> bool:
    """Whether an appointment is confidential to somebody."""
    return session.scalar(select(Attendance.id).where(
        Attendance.appointment_id == appointment_id, Attendance.person_id == person_id, Attendance.confidential,
    )) is not None


# --- Who came of age


def born_between(
    session: Session, first: date, last: date, types: Collection[CaseType]
) -> list[Person]:
    """Living clients born in a stretch for whom a parent or guardian acts and whose birthday was not noticed yet."""
    return list(session.scalars(_BORN, {
        "first": first, "last": last, "types": list(types),
    }))


_BORN: Select[Person] = select(Person).where(
    Person.birth_date.between(bindparam("first"), bindparam("last")), Person.died_on.is_(None),
    select(ActsFor.id).where(ActsFor.client_id == Person.id, is_of_a_minor()).exists(),
    select(Participant.id).join(Case, Case.id == Participant.case_id).where(
        Participant.person_id == Person.id, Participant.status == ParticipantStatus.ACTIVE,
        Case.status != CaseStatus.ARCHIVED, Case.type.in_(bindparam("types", expanding=True)),
    ).exists(),
    ~select(CameOfAge.id).where(CameOfAge.person_id == Person.id).exists(),
).order_by(Person.id)


def keep_birthday(session: Session, person_id: int, on: date, welcome: Welcome, now: datetime) -> bool:
    """Write down that a birthday was noticed. Returns whether it was not before: only then something follows."""
    connection = session.connection()
    make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    return connection.execute(
        make(CameOfAge).values({
            "id": ids.new_id(), "created_at": now, "person_id": person_id, "birthday": on, "welcome": welcome,
            "noticed_at": now,
        }).on_conflict_do_nothing(index_elements=["person_id"]).returning(CameOfAge.id)
    ).scalar() is not None


def welcomes(session: Session, person_ids: Collection[int]) -> dict[int, Welcome]:
    """Person → what became of the invitation at their 18th birthday."""
    rows = session.execute(select(CameOfAge.person_id, CameOfAge.welcome).where(CameOfAge.person_id.in_(person_ids)))
    return dict(rows.tuples().all())
