"""People: their details, links between them, emergency contacts, saved payment methods."""

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.cases import PaymentMethod, Relationship
from practicerunner.vocabulary import (
    AttentionKind,
    CaseType,
    ContactKind,
    OrganisationKind,
    PaymentMethodKind,
    RelationshipKind,
)
from practicerunner.workflows.clients import case_page, case_summary, find_cases
from practicerunner.workflows.payment_methods import (
    RemovePaymentMethod,
    SavePaymentMethod,
    payment_methods_of,
    remove_payment_method,
    save_payment_method,
)
from practicerunner.workflows.people import (
    AddPerson,
    ChangePerson,
    Contact,
    OrganisationDetails,
    PersonDetails,
    add_person,
    change_person,
    find_payers,
    payers_named,
    person_details,
)
from practicerunner.workflows.relationships import (
    AddOrganisationLink,
    AddRelationship,
    RemoveOrganisationLink,
    RemoveRelationship,
    add_relationship,
    find_organisations,
    link_organisation,
    organisations_of,
    relationships_of,
    remove_relationship,
    unlink_organisation,
)
from tests.cast import Cast, payer_id, people_of


def only(cast: Cast, case_id: int) -> int:
    (person,) = people_of(cast, case_id).values()
    return person


def test_several_phones_and_emails_keep_their_permissions_and_one_preferred_each(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    _, revision = cast.read("Marcus", person_details, only(cast, case_id))
    contacts = (
        Contact(kind=ContactKind.PHONE, value="(518) 555-0142", preferred=True, may_call=True),
        Contact(kind=ContactKind.PHONE, value="518 555 0199", may_text=True),
        Contact(kind=ContactKind.EMAIL, value="ida@holm.example", preferred=True, may_email=True),
    )
    command = ChangePerson(person_id=only(cast, case_id), revision=revision,
                           person=PersonDetails(first_name="Ida", last_name="Holm", contacts=contacts))
    cast.do("Marcus", change_person, command)
    (person,) = cast.read("Marcus", case_page, case_id).participants
    assert [(c.value, c.preferred, c.may_call, c.may_text, c.may_email) for c in person.contacts] == [
        ("(518) 555-0142", True, True, False, False), ("518 555 0199", False, False, True, False),
        ("ida@holm.example", True, False, False, True),
    ]
    assert [found.case_id for found in cast.read("Marcus", find_cases, "5550199")] == [case_id]
    with pytest.raises(Stale):
        cast.do("Marcus", change_person, ChangePerson(
            person_id=only(cast, case_id), revision=revision, person=command.person))
    with pytest.raises(ValidationError, match="preferred"):
        PersonDetails(first_name="Ida", contacts=(contacts[0], contacts[0]))


def test_a_time_zone_is_one_that_the_world_knows(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    _, revision = cast.read("Marcus", person_details, only(cast, case_id))
    cast.do("Marcus", change_person, ChangePerson(
        person_id=only(cast, case_id), revision=revision, person=PersonDetails(first_name="Ida", zone="Europe/Oslo")))
    assert cast.read("Marcus", person_details, only(cast, case_id))[0].zone == "Europe/Oslo"
    for wrong in ("Oslo", "Europe/Oslo\r\nBcc: x", "../../etc/passwd"):
        with pytest.raises(ValidationError, match="zone"):
            PersonDetails(first_name="Ida", zone=wrong)


def test_a_link_reads_from_both_sides_with_the_inverse_and_is_removed_from_both(cast: Cast) -> None:
    mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    elena = cast.open_case(CaseType.INDIVIDUAL, "Elena Castellano")
    command = AddRelationship(person_id=only(cast, mia), other_id=only(cast, elena), kind=RelationshipKind.PARENT)
    link = cast.do("Marcus", add_relationship, command)
    assert cast.do("Marcus", add_relationship, command) == link
    (seen,) = cast.read("Marcus", relationships_of, mia)
    (inverse,) = cast.read("Marcus", relationships_of, elena)
    assert (seen.other, seen.kind) == ("Elena Castellano", RelationshipKind.PARENT)
    assert (inverse.other, inverse.kind) == ("Mia Castellano", RelationshipKind.CHILD)
    with pytest.raises(BadInput, match="linked already"):
        cast.do("Marcus", add_relationship, AddRelationship(
            person_id=only(cast, elena), other_id=only(cast, mia), kind=RelationshipKind.OTHER))
    with pytest.raises(BadInput, match="themselves"):
        cast.do("Marcus", add_relationship, AddRelationship(
            person_id=only(cast, mia), other_id=only(cast, mia), kind=RelationshipKind.OTHER))
    to_call = command.model_copy(update={"op": ids.new_operation(), "is_emergency_contact": True})
    assert cast.do("Marcus", add_relationship, to_call) == link, "who is linked can become an emergency contact"
    (seen,) = cast.read("Marcus", relationships_of, mia)
    assert (seen.kind, seen.is_emergency_contact) == (RelationshipKind.PARENT, True)
    (inverse,) = cast.read("Marcus", relationships_of, elena)
    assert not inverse.is_emergency_contact
    with pytest.raises(BadInput, match="linked already"):
        cast.do("Marcus", add_relationship, to_call.model_copy(update={"op": ids.new_operation()}))
    cast.do("Marcus", remove_relationship, RemoveRelationship(relationship_id=inverse.relationship_id))
    with database.reading(cast.engine) as session:
        assert session.scalar(select(Relationship.id)) is None


def test_only_somebody_one_may_find_can_be_linked_and_a_link_opens_nothing(cast: Cast) -> None:
    mine = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    hers = cast.open_case(CaseType.INDIVIDUAL, "Elena Castellano", provider="Ruth")
    asked = {"person_id": only(cast, mine), "other_id": only(cast, hers), "kind": RelationshipKind.PARENT}
    with pytest.raises(NotFound):
        cast.do("Marcus", add_relationship, AddRelationship(**asked))
    cast.do("Dana", add_relationship, AddRelationship(**asked))
    for stranger, person, case_id in (("Marcus", only(cast, hers), hers), ("Olga", only(cast, mine), mine)):
        with pytest.raises(NotFound):
            cast.read(stranger, person_details, person)
        with pytest.raises(NotFound):
            cast.read(stranger, case_page, case_id)
    with pytest.raises(NotPermitted):
        cast.do("Olga", add_relationship, AddRelationship(**asked))


def test_emergency_contacts_come_first_with_their_phones_and_are_no_clients(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    other = cast.open_case(CaseType.INDIVIDUAL, "Ann Holm")
    cast.do("Marcus", add_relationship, AddRelationship(
        person_id=only(cast, case_id), other_id=only(cast, other), kind=RelationshipKind.SIBLING))
    phone = Contact(kind=ContactKind.PHONE, value="518 555 0101", may_call=True)
    for first in ("Joan", "Jim"):
        cast.do("Marcus", add_relationship, AddRelationship(
            person_id=only(cast, case_id), kind=RelationshipKind.OTHER, is_emergency_contact=True,
            other=PersonDetails(first_name=first, last_name="Pike", contacts=(phone,))))
    views = cast.read("Marcus", relationships_of, case_id)
    assert [(v.other, v.is_emergency_contact, v.reachable_at) for v in views] == [
        ("Jim Pike", True, ("518 555 0101",)), ("Joan Pike", True, ("518 555 0101",)), ("Ann Holm", False, ()),
    ]
    assert cast.read("Dana", find_cases, "Pike") == []


def test_an_organisation_is_named_for_one_person_can_pay_and_opens_nothing(cast: Cast) -> None:
    mine = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    other = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    school = OrganisationDetails(name="Elm Hill School", phone="518 555 0177")
    asked = AddOrganisationLink(person_id=only(cast, mine), organisation=school, kind=OrganisationKind.SCHOOL)
    link = cast.do("Marcus", link_organisation, asked)
    assert cast.do("Marcus", link_organisation, asked) == link, "the second click"
    views = [(one.name, one.kind, one.person, one.reachable_at) for one in cast.read("Tom", organisations_of, mine)]
    assert views == [("Elm Hill School", OrganisationKind.SCHOOL, "Mia Castellano", ("518 555 0177",))]
    assert cast.read("Marcus", organisations_of, other) == []
    ((found, name),) = cast.read("Marcus", find_organisations, "elm")
    assert name == "Elm Hill School" and cast.read("Marcus", find_organisations, " ") == []
    assert [name for _, name, _ in cast.read("Tom", find_payers, "Elm")] == ["Elm Hill School"]
    again = {"organisation_id": found, "kind": OrganisationKind.CLINIC}
    with pytest.raises(BadInput, match="linked already"):
        cast.do("Marcus", link_organisation, AddOrganisationLink(person_id=only(cast, mine), **again))
    with pytest.raises(NotFound):
        cast.do("Olga", link_organisation, AddOrganisationLink(person_id=only(cast, other), **again))
    with pytest.raises(NotFound):
        cast.read("Olga", organisations_of, mine)
    for wrong in ({}, {"organisation_id": found, "organisation": school}):
        with pytest.raises(ValidationError, match="organisation"):
            AddOrganisationLink(person_id=1, kind=OrganisationKind.OTHER, **wrong)
    with pytest.raises(NotFound):
        cast.do("Olga", unlink_organisation, RemoveOrganisationLink(link_id=link))
    cast.do("Marcus", unlink_organisation, RemoveOrganisationLink(link_id=link))
    assert cast.read("Marcus", organisations_of, mine) == []
    assert len(cast.read("Marcus", find_organisations, "Elm")) == 1, "the organisation stays"
    assert cast.read("Dana", find_cases, "Elm") == [], "and is no client"


def card(cast: Cast, case_id: int, **options) -> SavePaymentMethod:
    settled = {
        "person_id": only(cast, case_id), "kind": PaymentMethodKind.CARD, "brand": "Visa", "last_four": "4242",
        "expires": "2099-04", "token": "pm_9fXa21",
    } | options
    return SavePaymentMethod(case_id=case_id, **settled)


def test_a_saved_card_is_recognised_by_brand_and_last_four_and_clears_the_item(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")

    def missing() -> bool:
        return AttentionKind.PAYMENT_METHOD_MISSING in {
            item.kind for item in cast.read("Marcus", case_summary, case_id).attention}

    assert missing()
    command = card(cast, case_id)
    method = cast.do("Tom", save_payment_method, command)
    assert cast.do("Tom", save_payment_method, command) == method
    (view,) = cast.read("Tom", payment_methods_of, case_id)
    assert (view.payer, view.brand, view.last_four, view.expires, view.is_expired) == (
        "Ida Holm", "Visa", "4242", "2099-04", False)
    assert not missing()
    cast.do("Tom", remove_payment_method, RemovePaymentMethod(case_id=case_id, payment_method_id=method))
    assert missing()
    assert cast.read("Tom", payment_methods_of, case_id) == []


@pytest.mark.parametrize("written", ["04/29", "4/2029", "04 / 29", "2029-04"])
def test_the_month_of_expiry_is_written_as_it_stands_on_the_card(cast: Cast, written: str) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    cast.do("Tom", save_payment_method, card(cast, case_id, expires=written))
    (view,) = cast.read("Tom", payment_methods_of, case_id)
    assert view.expires == "2029-04"


@pytest.mark.parametrize(("field", "value"), [
    ("token", "4242424242424242"), ("brand", "Visa 4242 4242 4242 4242"), ("token", "x 4242-4242-4242-4242"),
])
def test_a_full_number_is_refused_in_every_field_and_nothing_is_saved(cast: Cast, field, value) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    with pytest.raises(ValidationError, match="Never type a card or account number"):
        card(cast, case_id, **{field: value})


@pytest.mark.parametrize(("field", "value"), [
    ("last_four", "42424"), ("last_four", "42a4"), ("expires", "13/29"), ("expires", "04/20"), ("expires", "2020-01"),
    ("expires", ""),
])
def test_a_card_needs_four_digits_and_a_month_that_is_not_over(cast: Cast, field, value) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    with pytest.raises(BadInput) as refused:
        cast.do("Tom", save_payment_method, card(cast, case_id, **{field: value}))
    assert refused.value.field == field
    with database.reading(cast.engine) as session:
        assert session.scalar(select(PaymentMethod.id)) is None


def test_a_stranger_neither_saves_nor_reads_payment_methods(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    with pytest.raises(NotFound):
        cast.do("Olga", save_payment_method, card(cast, case_id))
    with pytest.raises(NotFound):
        cast.read("Olga", payment_methods_of, case_id)


def test_payers_of_one_name_are_told_apart_by_what_one_may_see(cast: Cast) -> None:
    """Two called Ida Holm: one in a case of Marcus's, one who only pays; and a decoy of another name."""
    mine = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    for first, last in (("ida", "HOLM"), ("Ida", "Holmes")):
        cast.do("Tom", add_person, AddPerson(person=PersonDetails(
            first_name=first, last_name=last, address="4 Alder Street\nPort Ellery")))
    found = [(name, known) for _, name, known in cast.read("Tom", payers_named, "Ida  Holm")]
    assert sorted(found) == [("Ida Holm", "known from Ida Holm"), ("ida HOLM", "4 Alder Street")]
    ((payer, *said),) = cast.read("Marcus", payers_named, "Ida Holm")
    assert said == ["Ida Holm", "known from Ida Holm"] and cast.read("Marcus", payers_named, " ") == []
    assert cast.read("Ruth", payers_named, "Ida Holm") == []
    assert payer == payer_id(cast, only(cast, mine))
