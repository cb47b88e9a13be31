"""Named queries on links between people and on saved payment methods."""

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session, aliased, selectinload

from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.cases import OrganisationLink, Participant, PaymentMethod, Relationship
from practicerunner.records.people import Organisation, Payer, Person
from practicerunner.vocabulary import ParticipantStatus


def between(session: Session, one_id: int, other_id: int) -> list[Relationship]:
    """Both sides of the link between two people, if there is one."""
    return list(session.scalars(select(Relationship).where(or_(
        (Relationship.person_id == one_id) & (Relationship.other_id == other_id),
        (Relationship.person_id == other_id) & (Relationship.other_id == one_id),
    ))))


def organisations_of_case(session: Session, case_id: int) -> list[tuple[OrganisationLink, Person, Organisation]]:
    """The organisations of everybody who takes part in a case, by name."""
    query = (
        select(OrganisationLink, Person, Organisation).join(Person, Person.id == OrganisationLink.person_id)
        .join(Organisation, Organisation.id == OrganisationLink.organisation_id)
        .join(Participant, Participant.person_id == Person.id)
        .where(Participant.case_id == case_id, Participant.status == ParticipantStatus.ACTIVE)
        .order_by(Organisation.name, OrganisationLink.id)
    )
    return [(link, person, body) for link, person, body in session.execute(query)]


def is_linked(session: Session, person_id: int, organisation_id: int) -> bool:
    """Whether somebody has a link to an organisation already."""
    return session.scalar(select(OrganisationLink.id).where(
        OrganisationLink.person_id == person_id, OrganisationLink.organisation_id == organisation_id)) is not None


def find_organisations(session: Session, text: str, limit: int) -> list[tuple[int, str]]:
    """Organisations whose name contains a text, in whichever case: id and name."""
    query = select(Organisation.id, Organisation.name).where(
        Organisation.name.icontains(text, autoescape=True)).order_by(Organisation.name, Organisation.id).limit(limit)
    return [(organisation_id, name) for organisation_id, name in session.execute(query)]


def of_case(session: Session, case_id: int) -> list[tuple[Relationship, Person, Person]]:
    """Links of those who take part in a case, with both people."""
    other = aliased(Person)
    rows = session.execute(
        select(Relationship, Person, other).join(Person, Person.id == Relationship.person_id)
        .join(other, other.id == Relationship.other_id).join(Participant, Participant.person_id == Person.id)
        .where(Participant.case_id == case_id, Participant.status == ParticipantStatus.ACTIVE)
        .options(selectinload(other.contacts)).order_by(Relationship.id)
    )
    return [(link, person, somebody) for link, person, somebody in rows]


def payers_of_case(session: Session, case_id: int) -> list[tuple[int, str]]:
    """Payers named in a case's arrangements, and its participants as far as they are payers already: id and name."""
    named = (
        select(PayerShare.payer_id).join(BillingArrangement, BillingArrangement.id == PayerShare.arrangement_id)
        .where(BillingArrangement.case_id == case_id)
    )
    taking_part = (
        select(Payer.id).join(Participant, Participant.person_id == Payer.person_id)
        .where(Participant.case_id == case_id, Participant.status == ParticipantStatus.ACTIVE)
    )
    rows = session.execute(
        select(Payer.id, Payer.name).where(Payer.id.in_(union(named, taking_part))).order_by(Payer.name, Payer.id)
    )
    return [(payer_id, name) for payer_id, name in rows]


def methods_of(session: Session, payer_ids: list[int]) -> list[tuple[PaymentMethod, str]]:
    """Saved payment methods of some payers, with the payer's name; removed ones are left out."""
    rows = session.execute(
        select(PaymentMethod, Payer.name).join(Payer, Payer.id == PaymentMethod.payer_id)
        .where(PaymentMethod.payer_id.in_(payer_ids), ~PaymentMethod.removed)
        .order_by(Payer.name, PaymentMethod.created_at, PaymentMethod.id)
    )
    return [(method, name) for method, name in rows]
