"""Opening and changing cases of all seven kinds."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import Person
from practicerunner.vocabulary import CaseType, Outcome, TwoPersonLabel
from practicerunner.workflows.cases import (
    AddParticipant,
    OpenCase,
    RemoveParticipant,
    Taking,
    add_participant,
    open_case,
    remove_participant,
)
from practicerunner.workflows.people import ChangePerson, PersonDetails, change_person, person_details
from tests.cast import Cast


def case_row(cast: Cast, case_id: int) -> Case:
    with database.reading(cast.engine) as session:
        return session.get_one(Case, case_id)


def test_a_couple_is_named_after_its_two_people(cast: Cast) -> None:
    shared = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    apart = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
    assert case_row(cast, shared).name == "Maya & Tom Rivera"
    assert case_row(cast, apart).name == "Noor Haddad & Sam Ortiz"


@pytest.mark.parametrize(("names", "other"), [
    (("Ana Lima",), "Individual"), (("Ana Lima", "Bo Lima", "Cy Lima"), "Family"),
])
def test_a_two_person_case_with_another_number_is_refused_and_nothing_is_saved(cast: Cast, names, other) -> None:
    with pytest.raises(BadInput, match=other) as refused:
        cast.open_case(CaseType.TWO_PERSON, *names)
    assert refused.value.field == "participants"
    with database.reading(cast.engine) as session:
        assert session.scalar(select(Person.id)) is None
        assert session.scalar(select(Case.id)) is None


def test_names_come_back_exactly_as_typed(cast: Cast) -> None:
    odd = PersonDetails(
        first_name="  **Zoë** <b>", last_name="[O’Neil](https://x.example) 山田 שרה 🙂", birth_date=date(1990, 2, 28))
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(person=odd),)))
    with database.reading(cast.engine) as session:
        person = session.scalars(select(Person).join(Participant).where(Participant.case_id == case_id)).one()
        assert (person.first_name, person.last_name) == (odd.first_name, odd.last_name)


def test_a_birth_date_in_the_future_gets_its_sentence(cast: Cast) -> None:
    with pytest.raises(BadInput, match="future") as refused:
        cast.do("Marcus", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
            participants=(Taking(person=PersonDetails(first_name="Ida", birth_date=date(2999, 1, 1))),)))
    assert refused.value.field == "birth_date"


def test_the_second_click_opens_no_second_case(cast: Cast) -> None:
    command = OpenCase(type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
                       participants=(Taking(person=PersonDetails(first_name="Ida")),))
    assert cast.do("Marcus", open_case, command) == cast.do("Marcus", open_case, command)
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(Case.id)).all()) == 1


def test_a_stranger_cannot_change_a_person_and_the_refusal_is_logged(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    with database.reading(cast.engine) as session:
        person_id = session.scalars(select(Participant.person_id).where(Participant.case_id == case_id)).one()
    details, revision = cast.read("Marcus", person_details, person_id)
    renamed = details.model_copy(update={"last_name": "Berg"})
    change = ChangePerson(person_id=person_id, revision=revision, person=renamed)
    with pytest.raises(NotFound):
        cast.do("Olga", change_person, change)
    with database.reading(cast.engine) as session:
        refused = session.scalars(select(AuditRow).where(AuditRow.outcome == Outcome.REFUSED)).all()
        assert [(row.staff_id, row.resource_id) for row in refused] == [(cast.staff["Olga"], person_id)]
    cast.do("Marcus", change_person, change)
    assert case_row(cast, case_id).name == "Ida Berg"


def test_an_admin_may_not_open_a_case(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", by="Tom")


def test_a_group_starts_empty_and_members_come_and_go(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, name="Thursday Process Group")
    joined = cast.do("Marcus", add_participant, AddParticipant(
        case_id=group, participant=Taking(person=PersonDetails(first_name="Eve", last_name="Moss")),
        joined_on=date(2026, 9, 1)))
    cast.do("Marcus", remove_participant, RemoveParticipant(case_id=group, person_id=joined, left_on=date(2026, 10, 1)))
    with database.reading(cast.engine) as session:
        row = session.scalars(select(Participant).where(Participant.case_id == group)).one()
        assert (row.joined_on, row.left_on) == (date(2026, 9, 1), date(2026, 10, 1))


def test_nobody_leaves_a_couple(cast: Cast) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    with database.reading(cast.engine) as session:
        person_id = session.scalars(select(Participant.person_id).where(Participant.case_id == couple)).first()
    with pytest.raises(BadInput, match="Individual"):
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=couple, person_id=person_id, left_on=date(2026, 10, 1)))


def test_a_two_person_case_without_a_label_is_refused(cast: Cast) -> None:
    people = tuple(Taking(person=PersonDetails(first_name=n)) for n in ("Ana", "Bo"))
    with pytest.raises(BadInput, match="each other"):
        cast.do("Marcus", open_case, OpenCase(
            type=CaseType.TWO_PERSON, provider_id=cast.staff["Marcus"], participants=people))
    for label in TwoPersonLabel:
        cast.do("Marcus", open_case, OpenCase(
            type=CaseType.TWO_PERSON, label=label, provider_id=cast.staff["Marcus"], participants=people))
