"""What becomes of inquiries: a case, a place in a group, somebody in the directory; or they are erased."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, SlotTaken, Stale
from practicerunner.records import cases
from practicerunner.records.asker_threads import AskerMessage, AskerRead, AskerThread
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.inquiries import InquiryEntry
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import inquiries as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import (
    CaseStatus,
    CaseType,
    InquiryEntryKind,
    InquiryStatus,
    ParticipantStatus,
    SessionFormat,
)
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, SetCaseStatus, Taking, open_case, set_case_status
from practicerunner.workflows.inquiries import (
    AssignInquiry,
    CloseInquiry,
    InquiryIsClosed,
    WriteBeneath,
    assign_inquiry,
    close_inquiry,
    write_beneath,
)
from practicerunner.workflows.inquiry_erasure import INSTEAD, erase_closed, is_any_due
from practicerunner.workflows.inquiry_queue import inquiry_list, open_inquiries, possible_matches
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, save_inquiry_settings
from practicerunner.workflows.membership import GroupIsFull
from practicerunner.workflows.people import Contact, PersonDetails, find_people
from practicerunner.workflows.prospects import (
    IsHereAlready,
    MakeClient,
    MakeProspect,
    TakeIntoGroup,
    groups_to_join,
    make_client,
    make_prospect,
    take_into_group,
)
from practicerunner.workflows.today import day
from practicerunner.workflows.waitlist import SetCapacity, set_capacity
from tests.cast import at, people_of
from tests.inquiring import FRIDAY, GROUPS, Door

# --- What becomes of them


def test_one_click_makes_a_prospect_with_the_permission_they_gave(door: Door) -> None:
    made = door.send(provider="marcus-bell", phone="(518) 555-0133")
    asked = MakeProspect(inquiry_id=made, revision=1)
    case_id = door.cast.do("Marcus", make_prospect, asked)
    assert door.cast.do("Marcus", make_prospect, asked) == case_id
    with database.reading(door.cast.engine) as session:
        case = session.get_one(Case, case_id)
        assert (case.status, case.type, case.provider_id, case.name) == (
            CaseStatus.PROSPECT, CaseType.INDIVIDUAL, door.cast.staff["Marcus"], "Nora Lindqvist")
        person = session.get_one(Person, case.participants[0].person_id)
        assert [(c.value, c.may_email, c.may_call, c.may_text) for c in person.contacts] == [
            ("nora@river.example", True, False, False), ("(518) 555-0133", False, True, False)]
        acts = session.scalars(select(AuditRow.action).where(AuditRow.case_id == case_id)).all()
    assert (door.count(Case), door.count(Person)) == (1, 1)
    assert {"open_case", "make_prospect"} <= set(acts)
    row, = door.shown("Marcus", InquiryStatus.PROSPECT)
    assert (row.case_id, row.decided_by, row.is_open) == (case_id, "Marcus Bell", False)
    assert door.cast.read("Marcus", open_inquiries) == (0, "")
    for verb, command in (
        (make_prospect, MakeProspect(inquiry_id=made, revision=2)),
        (close_inquiry, CloseInquiry(inquiry_id=made, revision=2, reason="x")),
        (assign_inquiry, AssignInquiry(inquiry_id=made, revision=2, provider_id=None)),
    ):
        with pytest.raises(InquiryIsClosed):
            door.cast.do("Marcus", verb, command)


def test_the_time_they_asked_for_is_booked_with_it_unless_it_is_taken_by_then(door: Door) -> None:
    first, second = door.timed(), door.timed(email="else@b.example", last_name="Quill")
    assert [row.free for row in door.shown("Marcus")] == [True, True]
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=first, revision=1, book=True))
    with database.reading(door.cast.engine) as session:
        found, = session.scalars(select(Appointment)).all()
        assert (found.case_id, found.local_date, found.local_time, found.minutes, found.format, found.location_id) == (
            case_id, FRIDAY, time(10), 50, SessionFormat.VIDEO, None)
    assert [row.free for row in door.shown("Marcus")] == [False]
    with pytest.raises(SlotTaken):
        door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=second, revision=1, book=True))
    assert door.count(Case) == 1 and door.row(second).status is InquiryStatus.OPEN
    door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=second, revision=1))
    assert door.count(Case) == 2 and door.count(Appointment) == 1


def test_what_booking_lacks_is_asked_for(door: Door) -> None:
    untimed, unsaid = door.send(provider="marcus-bell"), door.timed(service="")
    for inquiry_id, field in ((untimed, "book"), (unsaid, "service_id")):
        with pytest.raises(BadInput) as refused:
            door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=inquiry_id, revision=1, book=True))
        assert refused.value.field == field
    assert door.count(Case) == 0
    door.cast.do("Marcus", make_prospect, MakeProspect(
        inquiry_id=unsaid, revision=1, book=True, service_id=door.cast.services["IND60"]))
    assert door.count(Appointment) == 1


def test_a_couple_needs_the_other_one(door: Door) -> None:
    couple = door.send(kind="two_person")
    marcus = door.cast.staff["Marcus"]
    with pytest.raises(BadInput):
        door.cast.do("Dana", make_prospect, MakeProspect(
            inquiry_id=couple, revision=1, provider_id=marcus, label="partners"))
    with pytest.raises(BadInput, match="Choose who is responsible"):
        door.cast.do("Dana", make_prospect, MakeProspect(inquiry_id=couple, revision=1))
    case_id = door.cast.do("Dana", make_prospect, MakeProspect(
        inquiry_id=couple, revision=1, provider_id=marcus, label="partners",
        others=(Taking(person=PersonDetails(first_name="Sol", last_name="Ortiz")),)))
    with database.reading(door.cast.engine) as session:
        assert session.get_one(Case, case_id).name == "Nora Lindqvist & Sol Ortiz"


# --- Groups


def members(door: Door, case_id: int) -> list[tuple[str, ParticipantStatus, date]]:
    with database.reading(door.cast.engine) as session:
        return [(person.first_name, one.status, one.joined_on) for one, person in cases.people_in(session, case_id)]


def group_of(door: Door, kind: CaseType, places: int | None = None, *names: str) -> int:
    """A running group of Marcus with so many places."""
    case_id = door.cast.open_case(kind, *names, name=f"The {kind.value}")
    if places is not None:
        door.cast.do("Marcus", set_capacity, SetCapacity(case_id=case_id, capacity=places))
    return case_id


@pytest.mark.parametrize("kind", GROUPS)
def test_an_inquiry_about_a_group_becomes_a_new_one_or_a_case_of_one_person(door: Door, kind: CaseType) -> None:
    first, second = (door.send(kind=kind.value, provider="marcus-bell") for _ in range(2))
    with pytest.raises(BadInput) as refused:
        door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=first, revision=1))
    assert refused.value.field == "name"
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=first, revision=1, name="Thursday circle"))
    alone = rules.begins(kind)
    assert not capabilities(alone).is_group and capabilities(alone).least == 1
    other = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=second, revision=1, type=alone))
    with database.reading(door.cast.engine) as session:
        case = session.get_one(Case, case_id)
        assert (case.type, case.name, case.status) == (kind, "Thursday circle", CaseStatus.PROSPECT)
        assert session.get_one(Case, other).type is alone
    assert members(door, case_id) == [("Nora", ParticipantStatus.ACTIVE, date(2026, 11, 10))]


@pytest.mark.parametrize("kind", GROUPS)
def test_whoever_asked_joins_a_running_group_or_waits_for_a_place(door: Door, kind: CaseType) -> None:
    group = group_of(door, kind, 2, "Ida Holm")
    service = {CaseType.THERAPY_GROUP: "GRP90", CaseType.CONSULTATION_GROUP: "CGRP120", CaseType.WORKSHOP: "WKSP"}
    ahead = door.cast.do("Marcus", book, Book(case_id=group, service_id=door.cast.services[service[kind]],
                                              local_date=date(2026, 11, 20), local_time=time(10),
                                              location_id=door.cast.office))
    first, second = (door.send(kind=kind.value, last_name=name, email=f"{name}@b.example") for name in "ab")
    asked = TakeIntoGroup(inquiry_id=first, revision=1, group_id=group, joined_on=FRIDAY)
    assert door.cast.do("Tom", take_into_group, asked) == door.cast.do("Tom", take_into_group, asked) == group
    with pytest.raises(GroupIsFull):
        door.cast.do("Dana", take_into_group, TakeIntoGroup(
            inquiry_id=second, revision=1, group_id=group, joined_on=FRIDAY))
    with pytest.raises(BadInput):
        door.cast.do("Dana", take_into_group, TakeIntoGroup(inquiry_id=second, revision=1, group_id=group))
    assert door.row(second).status is InquiryStatus.OPEN and door.count(Person) == 2
    choice, = door.cast.read("Marcus", groups_to_join)
    assert (choice.case_id, choice.kind, choice.provider, choice.places.sentence, choice.places.free_from) == (
        group, kind, "Marcus Bell", "2 of 2 places taken.", None)
    door.cast.do("Dana", take_into_group, TakeIntoGroup(inquiry_id=second, revision=1, group_id=group, waits=True))
    assert members(door, group)[1:] == [
        ("Nora", ParticipantStatus.ACTIVE, FRIDAY), ("Nora", ParticipantStatus.WAITLISTED, date(2026, 11, 10))]
    with database.reading(door.cast.engine) as session:
        assert len(session.get_one(Appointment, ahead).attendances) == 2, "who waits is expected nowhere"
        acts = session.scalars(select(AuditRow.action).where(AuditRow.case_id == group)).all()
    assert {"add_participant", "put_on_waitlist", "take_into_group"} <= set(acts)
    rows = door.shown("Marcus", InquiryStatus.PROSPECT)
    assert [(row.case_id, row.case_type, row.provider) for row in rows] == [(group, kind, "Marcus Bell")] * 2
    with pytest.raises(InquiryIsClosed):
        door.cast.do("Tom", take_into_group, TakeIntoGroup(inquiry_id=first, revision=2, group_id=group, waits=True))


def test_only_groups_that_run_and_that_one_may_change_take_somebody_in(door: Door) -> None:
    group, alone = group_of(door, CaseType.THERAPY_GROUP), door.cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    over = group_of(door, CaseType.WORKSHOP)
    door.cast.do("Marcus", set_case_status, SetCaseStatus(case_id=over, status=CaseStatus.ARCHIVED))
    made = door.send(kind="therapy_group", provider="priya-nair")

    def take(who: str, group_id: int, **more: Any) -> None:
        door.cast.do(who, take_into_group, TakeIntoGroup(
            inquiry_id=made, revision=1, group_id=group_id, joined_on=FRIDAY, **more))

    for who, group_id, refusal in (
        ("Priya", group, NotFound), ("Dana", 1, NotFound), ("Dana", alone, BadInput), ("Dana", over, BadInput),
    ):
        with pytest.raises(refusal):
            take(who, group_id)
    with pytest.raises(BadInput, match="no limit"):
        door.cast.do("Dana", take_into_group, TakeIntoGroup(inquiry_id=made, revision=1, group_id=group, waits=True))
    assert {who: [one.case_id for one in door.cast.read(who, groups_to_join)]
            for who in ("Dana", "Tom", "Marcus", "Priya", "Ruth", "Olga")} == {
        "Dana": [group], "Tom": [group], "Marcus": [group], "Priya": [], "Ruth": [], "Olga": []}
    ida = door.cast.read("Dana", find_people, "Ida")[0][0]
    take("Dana", group, person_id=ida)
    assert members(door, group) == [("Ida", ParticipantStatus.ACTIVE, FRIDAY)], "chosen by hand, nobody new"


# --- What the desk does


def test_the_desk_takes_somebody_into_the_directory_and_a_provider_opens_the_case(door: Door) -> None:
    made = door.send(phone="(518) 555-0133")
    asked = MakeClient(inquiry_id=made, revision=1, provider_id=door.cast.staff["Marcus"])
    person_id = door.cast.do("Tom", make_client, asked)
    assert door.cast.do("Tom", make_client, asked) == person_id
    assert (door.count(Person), door.count(Case), door.row(made).status) == (1, 0, InquiryStatus.OPEN)
    assert [one[:2] for one in door.cast.read("Tom", find_people, "5185550133")] == [(person_id, "Nora Lindqvist")]

    def tasks(who: str) -> list[str]:
        return [one.sentence for one in door.cast.read(who, day).waiting if one.page == "inquiries"]

    assert tasks("Marcus") == tasks("Dana") == ["Open a case for Nora Lindqvist"]
    assert tasks("Tom") == tasks("Priya") == [], "the desk has done its part"
    row, = door.shown("Tom")
    assert (row.is_here, row.may_add, row.may_open_case, row.provider) == (True, False, False, "Marcus Bell")
    with pytest.raises(IsHereAlready):
        door.cast.do("Tom", make_client, MakeClient(inquiry_id=made, revision=2))
    assert door.cast.read("Marcus", possible_matches, made) == [], "it is decided who they are"
    with pytest.raises(Stale):
        door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=1))
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=2))
    assert people_of(door.cast, case_id) == {"Nora": person_id} and door.count(Person) == 1
    assert tasks("Marcus") == tasks("Dana") == []
    door.send(provider="marcus-bell"), door.send(provider="marcus-bell")
    for inquiry_id in (row.inquiry_id for row in door.shown("Tom")):
        door.cast.do("Tom", make_client, MakeClient(inquiry_id=inquiry_id, revision=1))
    assert tasks("Marcus") == ["2 cases to open after inquiries"]


def test_whom_the_desk_found_among_other_providers_clients_is_found_by_whoever_opens_the_case(door: Door) -> None:
    door.cast.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist", provider="Olga")
    made = door.send()
    nora, = (one.person_id for one in door.cast.read("Tom", possible_matches, made))
    door.cast.do("Tom", make_client, MakeClient(
        inquiry_id=made, revision=1, person_id=nora, provider_id=door.cast.staff["Marcus"]))
    opening = OpenCase(type=CaseType.INDIVIDUAL, provider_id=door.cast.staff["Priya"],
                       participants=(Taking(person_id=nora),))
    with pytest.raises(NotFound):
        door.cast.do("Priya", open_case, opening)
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=2))
    assert people_of(door.cast, case_id) == {"Nora": nora} and door.count(Person) == 1


def test_who_is_given_a_case_to_open_sees_clients_and_who_gives_it_may_write_in_the_directory(door: Door) -> None:
    made, hers = door.send(), door.send(provider="priya-nair")
    for inquiry_id, who, provider, refusal in (
        (made, "Tom", None, BadInput), (made, "Tom", "Tom", BadInput), (hers, "Priya", "Marcus", NotFound),
        (hers, "Ruth", "Priya", NotPermitted), (made, "Marcus", "Marcus", NotFound),
    ):
        with pytest.raises(refusal):
            door.cast.do(who, make_client, MakeClient(
                inquiry_id=inquiry_id, revision=1, provider_id=door.cast.staff[provider] if provider else None))
    assert door.count(Person) == 0


def test_who_may_be_here_already_is_shown_to_whom_may_see_them_and_chosen_by_hand(door: Door) -> None:
    def known(first: str, last: str, provider: str, *contacts: Contact) -> None:
        door.cast.do("Dana", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=door.cast.staff[provider], participants=(
                Taking(person=PersonDetails(first_name=first, last_name=last, contacts=contacts)),)))

    known("N.", "Berg", "Marcus", Contact(kind="email", value="nora@river.example"))
    known("Ole", "Vik", "Marcus", Contact(kind="phone", value="+1 518 555 0133"))
    known("Nora", "Lindqvist", "Olga")
    known("Norah", "Lund", "Marcus", Contact(kind="email", value="norah@river.example"))
    made = door.send(provider="marcus-bell", email="Nora@river.example", phone="(518) 555-0133")
    matches = door.cast.read("Marcus", possible_matches, made)
    assert [(one.name, one.because) for one in matches] == [
        ("N. Berg", "the same e-mail address"), ("Ole Vik", "the same phone number")]
    assert [one.name for one in door.cast.read("Dana", possible_matches, made)] == [
        "N. Berg", "Ole Vik", "Nora Lindqvist"]
    people = door.count(Person)
    hers = door.cast.read("Dana", possible_matches, made)[2].person_id
    with pytest.raises(NotFound):
        door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=1, person_id=hers))
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(
        inquiry_id=made, revision=1, person_id=matches[0].person_id))
    assert door.count(Person) == people
    with database.reading(door.cast.engine) as session:
        assert session.get_one(Case, case_id).participants[0].person_id == matches[0].person_id


# --- And what goes again


def everything(door: Door) -> str:
    """All that the database holds, as text."""
    with database.reading(door.cast.engine) as session:
        return "\n".join(str(tuple(row)) for table in Base.metadata.sorted_tables
                         for row in session.execute(select(table)))


def erase(door: Door) -> int:
    with database.transaction(door.cast.engine) as session:
        return erase_closed(session)


def test_a_closed_inquiry_is_erased_once_when_its_days_are_over_and_a_prospect_stays(door: Door) -> None:
    door.cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
        revision=1, is_on=True, case_types=(CaseType.INDIVIDUAL,), erase_after_days=30,
        provider_ids=(door.cast.staff["Marcus"],)))
    closed = door.send(phone="(518) 555-0133", message="About Nora Lindqvist")
    stays = door.send(first_name="Vera", last_name="Quill", email="vera@hill.example", provider="marcus-bell")
    later, waits = (door.send(last_name=name, email=f"{name}@b.example") for name in ("later", "waiting"))
    for inquiry_id in (closed, stays, later):
        door.cast.do("Dana", write_beneath, WriteBeneath(inquiry_id=inquiry_id, text="Called; Lindqvist"))
        door.cast.do("Dana", write_to_asker, WriteToAsker(inquiry_id=inquiry_id, text="Dear Nora Lindqvist"))
        with database.transaction(door.cast.engine) as session:  # as an earlier version of the program answered
            session.add(InquiryEntry(inquiry_id=inquiry_id, kind=InquiryEntryKind.REPLY, text="Dear Nora Lindqvist",
                                     author_id=door.cast.staff["Dana"]))
    door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=closed, revision=1, reason="Lindqvist went elsewhere"))
    case_id = door.cast.do("Marcus", make_prospect, MakeProspect(inquiry_id=stays, revision=1))
    with at("2026-11-12 12:00"):
        door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=later, revision=1, reason="No place"))
    client = door.send(last_name="client", email="client@b.example", provider="marcus-bell")
    door.cast.do("Tom", make_client, MakeClient(inquiry_id=client, revision=1))
    door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=client, revision=2, reason="Comes next year"))
    with at("2026-12-10 11:59"):
        with database.reading(door.cast.engine) as session:
            assert not is_any_due(session)
        assert erase(door) == 0 and "nora@river.example" in everything(door)
    with at("2026-12-10 12:00"):
        assert (erase(door), erase(door)) == (1, 0)
        assert [row.inquiry_id for row in door.shown("Dana", InquiryStatus.CLOSED)] == [later, client]
        assert door.cast.read("Dana", inquiry_list).counts == {
            InquiryStatus.CLOSED: 2, InquiryStatus.PROSPECT: 1, InquiryStatus.OPEN: 1}
        with pytest.raises(NotFound):
            door.cast.do("Dana", write_beneath, WriteBeneath(inquiry_id=closed, text="x"))
    row = door.row(closed)
    assert (row.first_name, row.last_name, row.email, row.phone, row.message, row.reason) == ("",) * 6
    assert (row.status, row.case_type, row.decided_by_id) == (
        InquiryStatus.CLOSED, CaseType.INDIVIDUAL, door.cast.staff["Tom"])
    left = everything(door)
    assert "nora@river.example" not in left and "555-0133" not in left and "went elsewhere" not in left
    assert (door.row(stays).last_name, door.row(stays).case_id) == ("Quill", case_id)
    assert door.row(client).last_name == "client", "somebody in the directory has become something"
    assert door.row(later).last_name == "later" and door.row(waits).last_name == "waiting"
    with database.reading(door.cast.engine) as session:
        lines = session.scalars(select(AuditRow).where(AuditRow.action == "erase_inquiry")).all()
        bodies = session.scalars(select(OutboxMessage.body).where(OutboxMessage.to_address == "")).all()
        beneath = session.scalars(select(InquiryEntry.inquiry_id)).all()
        written = session.scalars(select(AskerMessage.inquiry_id)).all()
        threads = session.scalars(select(AskerThread.inquiry_id)).all()
        read = session.scalars(select(AskerRead.inquiry_id)).all()
    assert [(line.resource_id, line.detail, line.staff_id) for line in lines] == [(closed, "", None)]
    assert bodies == [INSTEAD] * 2 and sorted(beneath) == sorted([stays, stays, later, later])
    assert written == read == [later] and sorted(threads) == sorted([stays, later]), "the other one moved to the case"
    for statement in ("delete from inquiry_entry", "update inquiry_entry set text = 'x'",
                      "delete from asker_message", "update asker_message set text = 'x'"):
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(door.cast.engine) as session:
            session.execute(text(statement))


def test_two_who_erase_at_once_do_it_once(door: Door) -> None:
    for number in range(4):
        made = door.send(email=f"a{number}@b.example")
        door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=made, revision=1, reason="No place"))
    with at("2027-02-08 12:00"), ThreadPoolExecutor(3) as crowd:
        assert sum(crowd.map(lambda _: erase(door), range(3))) == 4
    with database.reading(door.cast.engine) as session:
        assert session.scalar(select(func.count()).where(AuditRow.action == "erase_inquiry")) == 4
