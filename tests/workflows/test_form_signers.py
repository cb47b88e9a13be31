"""Forms signed for another, and what is sent to remind of them."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput
from practicerunner.records.forms import FormResponse
from practicerunner.records.outbox import OutboxMessage
from practicerunner.vocabulary import ActingKind, CaseType, ContactKind, MessageKind, RelationshipKind, SignsAs
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.form_pages import ResponsePage, sheet_page
from practicerunner.workflows.form_sending import NowhereToRemind, RemindedToday, RemindOfForm, remind_of_form
from practicerunner.workflows.people import AddPerson, Contact, PersonDetails, add_person
from practicerunner.workflows.relationships import AddRelationship, add_relationship
from tests.cast import Cast, at, how_many, people_of
from tests.workflows.sending import complete, filled, named, opened, send

pytestmark = pytest.mark.usefixtures("sending")


# --- Signing for another


@pytest.fixture
def leo(cast: Cast) -> tuple[int, int, int]:
    """Leo, born on 1 December 2008, in a case of his own; his guardian Elena; and the consent he was given."""
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(person=PersonDetails(
            first_name="Leo", last_name="Castellano", birth_date=date(2008, 12, 1))),)))
    person_id = people_of(cast, case_id)["Leo"]
    elena = named(cast, person_id, PersonDetails(first_name="Elena", last_name="Castellano"))
    (sent,) = send(cast, case_id, "consent")
    assert list(cast.read("Marcus", sheet_page, sent).signers) == [elena]
    return person_id, elena, sent


def test_a_guardian_signs_with_name_and_capacity_and_both_ids_are_kept(cast: Cast, leo) -> None:
    person_id, elena, sent = leo
    response = complete(cast, sent, filled("consent", signature="Elena Castellano"), signed_by_id=elena,
                        signs_as=SignsAs.PARENT, authority="Birth certificate, seen on paper")
    page = opened(cast, "Marcus", response)
    assert isinstance(page, ResponsePage)
    assert (page.capacity, page.authority) == (
        "Elena Castellano, parent of Leo Castellano", "Birth certificate, seen on paper")
    with database.reading(cast.engine) as session:
        kept = session.get_one(FormResponse, response)
        assert (kept.person_id, kept.signed_by_id, kept.recorded_by_id) == (person_id, elena, cast.staff["Marcus"])
    row, = cast.read("Tom", access_grid, page.case_id).rows
    assert (row.evidence, row.verified_by, row.may_sign) == ("Birth certificate, seen on paper", "Marcus Bell", "")
    (again,) = send(cast, page.case_id, "telehealth")
    page = opened(cast, "Marcus", complete(cast, again, filled("telehealth"), signed_by_id=elena))
    assert isinstance(page, ResponsePage)
    assert (page.capacity, page.authority) == (
        "Elena Castellano, parent of Leo Castellano", "Birth certificate, seen on paper"), "as it was verified before"


def test_signing_for_another_takes_a_representative_in_their_capacity_and_how_it_was_verified(cast: Cast, leo) -> None:
    _, elena, sent = leo
    stranger = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Ida Holm"))["Ida"]
    told = {"signs_as": SignsAs.PARENT, "authority": "Seen"}
    for field, more in (
        ("signed_by_id", {"signed_by_id": stranger} | told), ("signed_by_id", {"signed_by_id": 77} | told),
        ("signs_as", {"signed_by_id": elena, "authority": "Seen", "signs_as": SignsAs.GUARDIAN}),
        ("authority", {"signed_by_id": elena, "signs_as": SignsAs.PARENT, "authority": " "}),
        ("authority", {"signed_by_id": elena, "authority": "x"}),
    ):
        with pytest.raises(BadInput) as refused:
            complete(cast, sent, filled("consent"), **more)
        assert refused.value.field == field
    assert how_many(cast, FormResponse) == 0


def test_no_helper_relative_emergency_contact_or_fellow_member_signs_at_the_desk(cast: Cast, leo) -> None:
    leo_id, elena, sent = leo
    helper = named(cast, leo_id, PersonDetails(first_name="Joan", last_name="Pike"), ActingKind.PERSONAL_ASSISTANT)
    uncle = cast.do("Marcus", add_person, AddPerson(person=PersonDetails(first_name="Uwe", last_name="Falk")))
    for person_id in (helper, uncle):
        cast.do("Marcus", add_relationship, AddRelationship(
            person_id=leo_id, other_id=person_id, kind=RelationshipKind.PARENT, is_emergency_contact=True))
    group = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.THERAPY_GROUP, provider_id=cast.staff["Marcus"], name="G",
        participants=(Taking(person_id=leo_id), Taking(person=PersonDetails(first_name="Ida", last_name="Voss")))))
    (other,) = send(cast, group, "telehealth", to="Leo")
    only = "Only a parent, a guardian or another legal representative can sign"
    for person_id, form, why in (
        (helper, sent, "Somebody who helps never signs. " + only), (uncle, sent, "They do not act for Leo"),
        (people_of(cast, group)["Ida"], other, "They do not act for Leo"),
    ):
        with pytest.raises(BadInput, match=why) as refused:
            complete(cast, form, filled("telehealth" if form == other else "consent"), signed_by_id=person_id,
                     signs_as=SignsAs.PARENT, authority="She said so")
        assert refused.value.field == "signed_by_id"
        assert list(cast.read("Marcus", sheet_page, form).signers) == [elena]
    complete(cast, other, filled("telehealth"), signed_by_id=elena, authority="Birth certificate")
    with pytest.raises(BadInput, match=r"Somebody who helps never signs\. Elena Castellano can sign for Leo"):
        complete(cast, sent, filled("consent"), signed_by_id=helper, authority="She said so")


def test_a_parent_signs_until_the_day_before_the_eighteenth_birthday(cast: Cast, leo) -> None:
    _, elena, sent = leo
    told = {"signed_by_id": elena, "signs_as": SignsAs.PARENT, "authority": "Birth certificate"}
    with at("2026-12-01 00:00"), pytest.raises(BadInput, match="At 18 a parent no longer signs"):
        complete(cast, sent, filled("consent"), **told)
    with at("2026-11-30 23:59"):
        page = opened(cast, "Marcus", complete(cast, sent, filled("consent"), **told))
    assert isinstance(page, ResponsePage) and page.capacity == "Elena Castellano, parent of Leo Castellano"


# --- Reminding


def test_a_reminder_goes_out_once_a_day_and_says_neither_what_nor_why(cast: Cast) -> None:
    mail = Contact(kind=ContactKind.EMAIL, value="noor@example.org", may_email=True)
    case_id = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(Taking(person=PersonDetails(
            first_name="Noor", last_name="Haddad", contacts=(mail,))),)))
    (sent,) = send(cast, case_id, "phq9")
    (consent,) = send(cast, case_id, "consent")
    cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=sent))
    with pytest.raises(RemindedToday):
        cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=sent))
    with at("2026-11-13 09:00"):
        cast.do("Tom", remind_of_form, RemindOfForm(assignment_id=consent))
        cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=sent))
    with database.reading(cast.engine) as session:
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == MessageKind.FORM_REMINDER)).all()
    assert len(letters) == 3 and {letter.to_address for letter in letters} == {"noor@example.org"}
    for letter in letters:
        assert "Hello Noor" in letter.body and "Haddad" not in letter.body
        assert not any(word in (letter.subject + letter.body).lower() for word in ("phq", "consent", "form"))
    line = next(line for line in cast.read("Marcus", forms_of_case, case_id).people[0].lines
                if line.assignment_id == sent)
    assert line.reminded_at is not None


def test_without_permission_to_write_nobody_is_reminded(cast: Cast, riveras: int) -> None:
    (sent,) = send(cast, riveras, "consent", to="Maya")
    with pytest.raises(NowhereToRemind):
        cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=sent))
    assert how_many(cast, OutboxMessage) == 0
