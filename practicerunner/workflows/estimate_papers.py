"""What the paper of a good faith estimate says, and what is missing for it (D31)."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.documents.estimate import Estimate as EstimatePaper
from practicerunner.documents.estimate import Item as PaperItem
from practicerunner.documents.paper import Addressee
from practicerunner.documents.superbill import Provider
from practicerunner.errors import RuleViolation
from practicerunner.records import practice
from practicerunner.records.cases import Case
from practicerunner.records.estimates import EstimateDraft, GoodFaithEstimate
from practicerunner.records.people import Person
from practicerunner.records.practice import Practice, Service
from practicerunner.records.staff import Staff
from practicerunner.rules import estimates as rule
from practicerunner.rules.estimates import Expected
from practicerunner.rules.names import person_name
from practicerunner.rules.superbills import (
    Clinician,
    Issuer,
    Missing,
    Recipient,
    missing_in_practice,
    missing_of_client,
    missing_of_clinicians,
)
from practicerunner.vocabulary import MendAt
from practicerunner.workflows import papers
from practicerunner.workflows.diagnoses import codes_in_force


class EstimateNotComplete(RuleViolation):
    """Something that an estimate has to say is missing."""


def missing_for_share(
    session: Session, case: Case, person: Person, lines: Sequence[Expected], place: str
) -> list[Missing]:
    """Everything that an estimate has to say and that is not filled in yet, with the place that mends it (D31)."""
    house, provider = practice.the_practice(session), session.get_one(Staff, case.provider_id)
    name = person_name(person.first_name, person.last_name)
    found = missing_in_practice(Issuer(house.name, house.address, house.phone, house.tax_id, house.npi))
    found += missing_of_clinicians([Clinician(provider.name, provider.npi, provider.licence)], with_licence=False)
    found += missing_of_client(Recipient(name, person.birth_date, person.address), with_address=False)
    for service_id in dict.fromkeys(line.service_id for line in lines):
        service = session.get_one(Service, service_id)
        if not service.code.strip():
            found.append(Missing(f"{service.name} has no code.", MendAt.SERVICES))
    if not place.strip():
        found.append(Missing("Say where the services are given.", MendAt.HERE))
    return found


def content_of(
    session: Session, house: Practice, case: Case, person: Person, draft: EstimateDraft, lines: Sequence[Expected],
    number: str, today: date, before: GoodFaithEstimate | None,
) -> EstimatePaper:
    """The paper of an estimate that is shared today. Raises EstimateNotComplete."""
    provider = session.get_one(Staff, case.provider_id)
    services = {line.service_id: session.get_one(Service, line.service_id) for line in lines}
    if person.birth_date is None:
        raise EstimateNotComplete
    return EstimatePaper(
        number=number, version=before.version + 1 if before else 1, replaces=before.number if before else "",
        issued_on=today, currency=house.currency, practice=papers.letterhead(house), practice_npi=house.npi,
        client=Addressee(name=person_name(person.first_name, person.last_name), address=person.address),
        birth_date=person.birth_date,
        providers=(Provider(
            name=", ".join(filter(None, [provider.name, provider.credentials])), npi=provider.npi,
            licence=provider.licence, taxonomy=provider.taxonomy,
        ),),
        diagnoses=tuple(
            code.code for code in codes_in_force(session, case.id, person.id, today) if not code.problem),
        items=tuple(
            PaperItem(
                description=services[line.service_id].name, code=services[line.service_id].code.strip(),
                quantity=line.quantity, fee_cents=line.fee_cents, first_on=line.first_on, last_on=line.last_on,
                frequency=line.frequency,
            ) for line in lines
        ),
        total_cents=rule.total(lines), place=draft.place, separately=draft.separately,
    )
