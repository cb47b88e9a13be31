"""People, how to reach them, and organisations. One row per human being, however many cases they are in (A12)."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import ContactKind


class Person(Revised):
    """A human being (FHIR Person). Names are kept exactly as typed."""

    __tablename__ = "person"

    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200), default="")
    preferred_name: Mapped[str] = mapped_column(String(200), default="")
    birth_date: Mapped[date | None]
    died_on: Mapped[date | None]
    pronouns: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    """Postal address as it is written on an envelope, lines parted by newlines."""
    zone: Mapped[str] = mapped_column(String(64), default="")
    """IANA zone of this person's wall clock; empty is the practice's."""
    search_text: Mapped[str] = mapped_column(Text, default="")
    """Folded names, phone digits and e-mails, kept by ``workflows.people``."""
    contacts: Mapped[list["ContactPoint"]] = relationship(order_by="ContactPoint.id", cascade="all, delete-orphan")

    __table_args__ = (Index("ix_person_last_name", "last_name", "first_name"),)


class ContactPoint(Row):
    """A phone number or an e-mail of a person, and what the person allows us to do with it (C02)."""

    __tablename__ = "contact_point"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[ContactKind] = word(ContactKind)
    value: Mapped[str] = mapped_column(String(254))
    preferred: Mapped[bool] = mapped_column(default=False)
    may_call: Mapped[bool] = mapped_column(default=False)
    may_text: Mapped[bool] = mapped_column(default=False)
    may_email: Mapped[bool] = mapped_column(default=False)


class Organisation(Revised):
    """A body that pays, such as an agency or a clinic (FHIR Organization). Never in the client list (D13)."""

    __tablename__ = "organisation"

    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(Text, default="")


class Payer(Row):
    """A person or an organisation that owes a share (FHIR Account.guarantor); need not be a participant (A11)."""

    __tablename__ = "payer"

    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), unique=True)
    name: Mapped[str] = mapped_column(String(401))
    """Kept equal to the person's or organisation's name by ``workflows.people``."""
    revision: Mapped[int] = mapped_column(BigInteger, default=1)
    wants_billing_mail: Mapped[bool] = mapped_column(default=True)
    """Whether they want to hear by e-mail of invoices and payments; whether we may write at all is their contacts'."""

    __table_args__ = (CheckConstraint("(person_id is null) <> (organisation_id is null)", name="one_party"),)


def organisation_names(session: Session) -> list[str]:
    """What every organisation is called, as it was typed."""
    return list(session.scalars(select(Organisation.name)))


def payer_of_person(session: Session, person_id: int) -> Payer | None:
    """A person's standing as payer, if they have one."""
    return session.scalar(_PAYER, {"person_id": person_id})


_PAYER = select(Payer).where(Payer.person_id == bindparam("person_id"))


def mail_address(session: Session, person_id: int) -> str:
    """Where a living person lets us write e-mails to, the preferred address first; empty without permission (C02)."""
    return session.scalar(
        select(ContactPoint.value).join(Person, Person.id == ContactPoint.person_id).where(
            Person.id == person_id, Person.died_on.is_(None), *MAY_MAIL,
        ).order_by(ContactPoint.preferred.desc(), ContactPoint.id).limit(1)
    ) or ""


MAY_MAIL = (ContactPoint.kind == ContactKind.EMAIL, ContactPoint.may_email)
"""What makes a way to reach somebody one that e-mails may go to."""
_ADDRESS = {
    party: select(party.address).where(party.id == bindparam("id")) for party in (Person, Organisation)
}


def address_of(session: Session, payer: Payer) -> str:
    """The postal address of a payer."""
    party = Person if payer.person_id is not None else Organisation
    found = session.connection().execute(_ADDRESS[party], {"id": payer.person_id or payer.organisation_id})
    return found.scalar() or ""
