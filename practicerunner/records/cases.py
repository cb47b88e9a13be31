"""Cases of all seven kinds, and the people in them."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column, relationship

from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.base import Revised, Row, Sees, word
from practicerunner.records.people import Organisation, Payer, Person
from practicerunner.vocabulary import (
    CaseStatus,
    CaseType,
    OrganisationKind,
    PaperKind,
    ParticipantStatus,
    PaymentMethodKind,
    TwoPersonLabel,
)


class Case(Revised):
    """The unit of work with its participants (FHIR EpisodeOfCare); owns appointments, notes, invoices, balances."""

    __tablename__ = "case_file"

    type: Mapped[CaseType] = word(CaseType)
    label: Mapped[TwoPersonLabel | None] = word(TwoPersonLabel)
    name: Mapped[str] = mapped_column(Text)
    """What people read: typed for groups, made of the participants' names for the others (``rules/names.py``)."""
    has_own_name: Mapped[bool] = mapped_column(default=False)
    sort_key: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    """Folded name of the case and its participants' search texts, kept by ``workflows.cases``."""
    status: Mapped[CaseStatus] = word(CaseStatus)
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    """Set only where this case has another supervisor than its provider's own."""
    supervisor_named_at: Mapped[datetime | None]
    """Since when it names that one; empty where it names nobody."""
    opened_on: Mapped[date]
    came_from_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    """The case that this work came from, after a change of modality (A13)."""
    clinical_fields: Mapped[bool] = mapped_column(default=False)
    """An owner's switch for diagnosis, plan and mental status exam on a consultation case (DEC1)."""
    needs_review: Mapped[bool] = mapped_column(default=False)
    """An imported record that nobody has looked at yet."""
    capacity: Mapped[int | None]
    """How many take part at once at most; ``None`` is no limit (A17)."""
    participants: Mapped[list["Participant"]] = relationship(
        order_by="Participant.position", cascade="all, delete-orphan"
    )

    __table_args__ = (Index("ix_case_file_status_sort", "status", "sort_key"),)


class Participant(Revised):
    """A person in a case, from a date until a date (FHIR Group.member); called client, member … by type."""

    __tablename__ = "participant"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    status: Mapped[ParticipantStatus] = word(ParticipantStatus, default=ParticipantStatus.ACTIVE)
    role: Mapped[str] = mapped_column(String(60), default="")
    """What this person is in the case beyond the type's own word, for instance "mother"."""
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    """First day on which the person is no longer in the case."""

    __table_args__ = (CheckConstraint("left_on is null or left_on >= joined_on", name="dates"),)


class PaperReceived(Row):
    """An intake or consent that a participant has given (FHIR QuestionnaireResponse, Consent)."""

    __tablename__ = "paper_received"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[PaperKind] = word(PaperKind)
    received_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class Relationship(Row):
    """A link between two people, such as parent and child, or an emergency contact; it grants nothing (D02, C16)."""

    __tablename__ = "relationship"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    """What the other is to the person; a word of ``vocabulary.RelationshipKind``."""
    is_emergency_contact: Mapped[bool] = mapped_column(default=False)


class OrganisationLink(Row):
    """What an organisation is to a person, such as their school or insurer; it grants nothing (D02)."""

    __tablename__ = "organisation_link"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[OrganisationKind] = word(OrganisationKind)

    __table_args__ = (UniqueConstraint("person_id", "organisation_id"),)


class PaymentMethod(Row):
    """A saved card or bank account of a payer: the processor's token, never a number (C15)."""

    __tablename__ = "payment_method"

    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    kind: Mapped[PaymentMethodKind] = word(PaymentMethodKind)
    brand: Mapped[str] = mapped_column(String(40))
    last_four: Mapped[str] = mapped_column(String(4))
    expires: Mapped[str] = mapped_column(String(7), default="")
    """Month of expiry as ``YYYY-MM``; empty for a bank account."""
    token: Mapped[str] = mapped_column(String(120))
    removed: Mapped[bool] = mapped_column(default=False)
    added_by_id: Mapped[int] = mapped_column(BigInteger)


def seen(visibility: Sees) -> ColumnElement[bool]:
    """The condition under which a case is shown to somebody."""
    shown = _shown(visibility)
    return shown & Case.id.not_in(visibility.but) if visibility.but else shown


def _shown(visibility: Sees) -> ColumnElement[bool]:
    if visibility.everything:
        return true()
    theirs = Case.provider_id.in_(visibility.staff_ids)
    if visibility.supervisor_id is None:  # "= none" would mean every case without a supervisor of its own
        return theirs
    return theirs | (Case.supervisor_id == visibility.supervisor_id)


def is_seen(session: Session, case_id: int, visibility: Sees) -> bool:
    """Whether one case is shown to somebody."""
    return session.scalar(select(Case.id).where(Case.id == case_id, seen(visibility))) is not None


def within(
    query: Select[*tuple[Any, ...]], case_id: InstrumentedAttribute[int], visibility: Sees
) -> Select[*tuple[Any, ...]]:
    """Rows of cases that are shown to somebody; who sees everything need not look at the cases."""
    if visibility.everything and not visibility.but:
        return query
    return query.join(Case, Case.id == case_id).where(seen(visibility))


def staff_around(session: Session, person_id: int) -> tuple[set[int], set[int]]:
    """Providers and case supervisors of the cases that a person is or was in, or pays for."""
    taking_part = select(Participant.case_id).where(Participant.person_id == person_id)
    paying = (
        select(BillingArrangement.case_id).join(PayerShare).join(Payer, Payer.id == PayerShare.payer_id)
        .where(Payer.person_id == person_id)
    )
    rows = session.execute(
        select(Case.provider_id, Case.supervisor_id).where(Case.id.in_(taking_part.union(paying)))
    ).all()
    return {provider for provider, _ in rows}, {supervisor for _, supervisor in rows if supervisor}


def search_people(session: Session, folded: str, visibility: Sees, limit: int) -> list[Person]:
    """People whose search text contains ``folded``, within what somebody may see, by name."""
    query = select(Person).where(Person.search_text.contains(folded, autoescape=True))
    if not visibility.everything:
        query = query.where(Person.id.in_(select(Participant.person_id).join(Case).where(seen(visibility))))
    return list(session.scalars(query.order_by(Person.last_name, Person.first_name).limit(limit)))


def search_payers(session: Session, text: str, visibility: Sees, limit: int) -> list[tuple[int, str]]:
    """Payers whose name contains ``text``: every organisation, and people in or paying for cases one may see."""
    query = select(Payer.id, Payer.name).where(Payer.name.icontains(text, autoescape=True))
    if not visibility.everything:
        cases = select(Case.id).where(seen(visibility))
        takes_part = select(Participant.person_id).where(Participant.case_id.in_(cases))
        pays = select(PayerShare.payer_id).join(BillingArrangement).where(BillingArrangement.case_id.in_(cases))
        query = query.where(
            Payer.organisation_id.is_not(None) | Payer.person_id.in_(takes_part) | Payer.id.in_(pays)
        )
    return [(payer_id, name) for payer_id, name in session.execute(query.order_by(Payer.name).limit(limit))]


def payers_known_by(session: Session, payer_ids: Collection[int], visibility: Sees) -> dict[int, str]:
    """What tells payers of one name apart: cases that one may see and they are in or pay for, and the birth date.

    Whoever may see everything is also told where somebody lives.
    """
    inside = (
        select(Payer.id, Case.name).select_from(Payer).join(Participant, Participant.person_id == Payer.person_id)
        .join(Case, Case.id == Participant.case_id).where(Payer.id.in_(payer_ids), seen(visibility))
    )
    pays = (
        select(PayerShare.payer_id, Case.name).select_from(PayerShare).join(BillingArrangement)
        .join(Case, Case.id == BillingArrangement.case_id).where(PayerShare.payer_id.in_(payer_ids), seen(visibility))
    )
    known: dict[int, list[str]] = {payer_id: [] for payer_id in payer_ids}
    for query in (inside, pays):
        for payer_id, name in session.execute(query.order_by(Case.name)):
            if name not in known[payer_id]:
                known[payer_id].append(name)
    details = (
        select(Payer.id, Person.birth_date, func.coalesce(Person.address, Organisation.address, ""))
        .select_from(Payer).outerjoin(Person, Person.id == Payer.person_id)
        .outerjoin(Organisation, Organisation.id == Payer.organisation_id)
        .where(Payer.id.in_(payer_ids))
    )
    found = {}
    for payer_id, born, address in session.execute(details):
        parts = [f"known from {', '.join(known[payer_id][:2])}"] if known[payer_id] else []
        parts += [f"born {born.isoformat()}"] if born else []
        parts += [line for line in address.strip().splitlines()[:1] if visibility.everything]
        found[payer_id] = ", ".join(parts)
    return found


def cases_of(session: Session, person_id: int, *, lock: bool = False) -> list[Case]:
    """Every case that a person is or was in; locked by id, so that a name can follow from all its people."""
    inside = select(Participant.case_id).where(Participant.person_id == person_id)
    query = select(Case).where(Case.id.in_(inside))
    if lock:
        return list(session.scalars(query.order_by(Case.id).with_for_update(key_share=True)))
    return list(session.scalars(query.order_by(Case.opened_on)))


def current_cases_of(session: Session, person_id: int) -> list[Case]:
    """The cases in which a person takes part or waits for a place and that are not archived."""
    inside = select(Participant.case_id).where(
        Participant.person_id == person_id, Participant.status != ParticipantStatus.LEFT)
    return list(session.scalars(
        select(Case).where(Case.id.in_(inside), Case.status != CaseStatus.ARCHIVED).order_by(Case.id)))


def case_ids_of(session: Session, person_id: int) -> frozenset[int]:
    """Every case that a person is or was in, by id."""
    return frozenset(session.scalars(_CASE_IDS_OF, {"person_id": person_id}))


_CASE_IDS_OF = select(Participant.case_id).where(Participant.person_id == bindparam("person_id"))


def people_in(session: Session, case_id: int) -> list[tuple[Participant, Person]]:
    """Participants of a case with the people they are, in order."""
    rows = session.execute(
        select(Participant, Person).join(Person, Person.id == Participant.person_id)
        .where(Participant.case_id == case_id).order_by(Participant.position, Participant.id)
    )
    return [(participant, person) for participant, person in rows]
