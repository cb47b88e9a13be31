"""Inquiries as staff work them: whose they are, what becomes of them, and that nobody is put together by itself."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted, Stale
from practicerunner.ids import new_operation
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case
from practicerunner.records.inquiries import Inquiry, InquiryEntry
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.rules import inquiries as rules
from practicerunner.vocabulary import CaseType, InquiryStatus, Outcome, SessionFormat
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.inquiries import (
    AssignInquiry,
    CloseInquiry,
    InquiryIsClosed,
    WriteBeneath,
    assign_inquiry,
    close_inquiry,
    write_beneath,
)
from practicerunner.workflows.inquiry_page import (
    AlreadySent,
    FormExpired,
    NoSuchPage,
    SendInquiry,
    TooManyInquiries,
    Wish,
    new_form,
    operation_of,
    public_page,
    public_times,
    send_inquiry,
)
from practicerunner.workflows.inquiry_queue import open_inquiries, possible_matches
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, inquiry_settings, save_inquiry_settings
from practicerunner.workflows.prospects import (
    MakeClient,
    MakeProspect,
    TakeIntoGroup,
    make_client,
    make_prospect,
    take_into_group,
)
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from practicerunner.workflows.today import day
from tests.cast import at
from tests.inquiring import FRIDAY, Door

# --- Settings


def test_the_page_offers_what_was_chosen_and_is_still_in_use(door: Door) -> None:
    with database.reading(door.cast.engine) as session:
        page = public_page(session)
        assert [name for _, name in page.providers] == ["Marcus Bell, LMFT", "Priya Nair, LMFT"]
        assert page.kinds[0] == ("individual", "Individual") and page.places == (
            ("in_person", "In person"), ("video", "By video"))
        assert public_page(session, "priya-nair").provider.staff_id == door.cast.staff["Priya"]
        for slug in ("olga-outsider", "nobody"):
            with pytest.raises(NoSuchPage):
                public_page(session, slug)
    door.cast.do("Dana", change_staff, ChangeStaff(
        staff_id=door.cast.staff["Marcus"], revision=1, first_name="Marcus", last_name="Bell",
        email="marcus@gone.example", roles=frozenset({"provider"}), active=False))
    with database.reading(door.cast.engine) as session:
        assert [name for _, name in public_page(session).providers] == ["Priya Nair, LMFT"]
        with pytest.raises(NoSuchPage):
            public_page(session, "marcus-bell")


@pytest.mark.parametrize("who", ["Marcus", "Priya", "Ruth", "Tom", "Olga"])
def test_only_an_owner_says_what_the_page_offers(door: Door, who: str) -> None:
    now = door.cast.read(who, inquiry_settings)
    with pytest.raises(NotPermitted):
        door.cast.do(who, save_inquiry_settings, SaveInquirySettings(revision=now.revision, is_on=False))


def test_settings_are_saved_once_against_what_was_read(door: Door) -> None:
    asked = SaveInquirySettings(revision=1, is_on=False, provider_ids=(door.cast.staff["Marcus"],))
    door.cast.do("Dana", save_inquiry_settings, asked)
    door.cast.do("Dana", save_inquiry_settings, asked)
    now = door.cast.read("Dana", inquiry_settings)
    assert (now.revision, now.is_on, [one.slug for one in now.providers]) == (2, False, ["marcus-bell"])
    with pytest.raises(Stale):
        door.cast.do("Dana", save_inquiry_settings, SaveInquirySettings(revision=1, is_on=True))
    for wrong in ({"is_on": True}, {"is_on": False, "provider_ids": (door.cast.staff["Tom"],)}):
        with pytest.raises(BadInput):
            door.cast.do("Dana", save_inquiry_settings, SaveInquirySettings(revision=2, **wrong))


def test_an_address_is_made_of_a_name_and_never_given_twice() -> None:
    assert rules.slug("Ana María Núñez-Ó", ()) == "ana-maria-nunez-o"
    assert rules.slug("Ana", {"ana", "ana-2"}) == "ana-3"
    assert rules.slug("山田", ()) == "provider" and rules.slug("שרה", {"provider"}) == "provider-2"
    assert len(rules.slug("a b" * 100, ())) <= 50


# --- Coming in


def test_an_inquiry_is_a_task_and_nobody_becomes_a_person(door: Door) -> None:
    people, cases = door.count(Person), door.count(Case)
    found = door.row(door.send(message="  Hello\nthere "))
    assert (found.status, found.provider_id, found.message) == (InquiryStatus.OPEN, None, "Hello\nthere")
    assert (door.count(Person), door.count(Case)) == (people, cases)
    assert door.cast.read("Tom", open_inquiries) == (1, "Nora Lindqvist")
    waits = [one.sentence for one in door.cast.read("Tom", day).waiting]
    assert "Inquiry from Nora Lindqvist" in waits
    assert door.cast.read("Marcus", open_inquiries) == (0, "")
    door.send(provider="marcus-bell", email="", phone="518 555 0133")
    assert "2 inquiries waiting" in [one.sentence for one in door.cast.read("Dana", day).waiting]
    assert "Inquiry from Nora Lindqvist" in [one.sentence for one in door.cast.read("Marcus", day).waiting]


def test_the_same_operation_is_one_inquiry_and_one_receipt(door: Door) -> None:
    op = new_operation()
    assert door.send(op=op) == door.send(op=op)
    assert (door.count(Inquiry), door.count(OutboxMessage)) == (1, 1)
    with pytest.raises(AlreadySent):
        door.send(op=op, message="And one thing more")


def test_a_form_lasts_twelve_hours(door: Door) -> None:
    form = new_form()
    assert operation_of(form) == operation_of(form) != operation_of(new_form())
    with at("2026-11-11 00:00"):
        operation_of(form)
    with at("2026-11-11 00:01"), pytest.raises(FormExpired):
        operation_of(form)
    with pytest.raises(FormExpired):
        operation_of("ff" * 40)


def test_times_are_those_for_new_clients_of_those_who_take_inquiries(door: Door) -> None:
    with database.transaction(door.cast.engine) as session:
        times = public_times(session, "", Wish())
    assert {one.provider for one in times} == {"Marcus Bell, LMFT"}
    assert [f"{one.starts:%d %H:%M}" for one in times[:3]] == ["13 09:00", "13 10:00", "13 11:00"]
    assert len(times) == rules.TIMES_SHOWN and len({one.starts.date() for one in times}) == 4
    door.cast.do("Marcus", add_time_block, AddTimeBlock(
        provider_id=door.cast.staff["Marcus"], starts_on=FRIDAY, starts=time(9), ends_on=FRIDAY, ends=time(12),
        reason="private"))
    with database.transaction(door.cast.engine) as session:
        assert public_times(session, "marcus-bell", Wish())[0].starts.date() == date(2026, 11, 20)
        assert public_times(session, "priya-nair", Wish()) == []


def test_a_time_is_looked_up_once_more_when_it_is_asked_for_and_holds_nothing(door: Door) -> None:
    first, second = door.timed(), door.timed(email="else@b.example")
    assert door.row(first).local_time == door.row(second).local_time == time(10)
    case_id = door.cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    door.cast.do("Marcus", book, Book(case_id=case_id, service_id=door.cast.services["IND50"], local_date=FRIDAY,
                                      local_time=time(10), format=SessionFormat.VIDEO))
    with pytest.raises(FieldProblems) as refused:
        door.timed(email="third@b.example")
    assert set(refused.value.problems) == {"time"} and "Ida" not in str(refused.value)
    with pytest.raises(FieldProblems):
        door.send(time="priya-nair 2026-11-13 10:00")


def test_limits_by_address_by_e_mail_and_for_everybody(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PER_ADDRESS", rules.Limit(3, rules.PER_ADDRESS.within))
    monkeypatch.setattr(rules, "ALL", rules.Limit(5, rules.ALL.within))
    for number in range(3):
        door.send(email=f"a{number}@b.example")
    with pytest.raises(TooManyInquiries):
        door.send(email="a3@b.example")
    assert door.count(Inquiry) == 3
    with database.transaction(door.cast.engine) as session:
        for number in range(2):
            send_inquiry(session, SendInquiry(first_name="B", phone="518 555 0133", kind="individual"), f"2.{number}")
        with pytest.raises(TooManyInquiries):
            send_inquiry(session, SendInquiry(first_name="B", phone="518 555 0133", kind="individual"), "3")
    with at("2026-11-11 12:00"):
        door.send()
    assert door.count(Inquiry) == 6


# --- Whose they are


@pytest.mark.parametrize(("who", "sees", "changes"), [
    ("Dana", {"open", "his", "hers"}, True), ("Tom", {"open", "his", "hers"}, True), ("Marcus", {"his"}, True),
    ("Priya", {"hers"}, True), ("Ruth", {"hers"}, False), ("Olga", set(), True),
])
def test_each_role_sees_and_works_what_is_theirs(door: Door, who: str, sees: set[str], changes: bool) -> None:
    made = {"open": door.send(), "his": door.send(provider="marcus-bell"), "hers": door.send(provider="priya-nair")}
    rows = door.shown(who)
    assert {row.inquiry_id for row in rows} == {made[name] for name in sees}
    assert all(row.may_change == changes for row in rows)
    assert door.cast.read(who, open_inquiries)[0] == (len(sees) if changes else 0)
    for name, inquiry_id in made.items():
        asked = WriteBeneath(inquiry_id=inquiry_id, text="Called")
        if name in sees and changes:
            door.cast.do(who, write_beneath, asked)
            continue
        with pytest.raises(NotPermitted):
            door.cast.do(who, write_beneath, asked)
        for verb, command in (
            (close_inquiry, CloseInquiry(inquiry_id=inquiry_id, revision=1, reason="x")),
            (write_to_asker, WriteToAsker(inquiry_id=inquiry_id, text="x")),
            (assign_inquiry, AssignInquiry(inquiry_id=inquiry_id, revision=1, provider_id=None)),
            (make_prospect, MakeProspect(inquiry_id=inquiry_id, revision=1, provider_id=door.cast.staff["Marcus"])),
            (make_client, MakeClient(inquiry_id=inquiry_id, revision=1, provider_id=door.cast.staff["Marcus"])),
            (take_into_group, TakeIntoGroup(inquiry_id=inquiry_id, revision=1, group_id=1, waits=True)),
        ):
            with pytest.raises(NotPermitted):
                door.cast.do(who, verb, command)
        if name not in sees:
            with pytest.raises(NotFound):
                door.cast.read(who, possible_matches, inquiry_id)
    assert door.count(Case) == 0


def test_the_desk_gives_an_inquiry_to_a_provider_who_then_works_it(door: Door) -> None:
    made = door.send()
    assert [(row.may_open_case, row.may_add) for row in door.shown("Tom")] == [(False, True)]
    asked = AssignInquiry(inquiry_id=made, revision=1, provider_id=door.cast.staff["Olga"])
    assert door.cast.do("Tom", assign_inquiry, asked) == door.cast.do("Tom", assign_inquiry, asked) == made
    row, = door.shown("Olga")
    assert (row.provider, row.asked_for, row.may_open_case, row.may_add) == ("Olga Outsider", "", True, False)
    with pytest.raises(Stale):
        door.cast.do("Dana", assign_inquiry, AssignInquiry(inquiry_id=made, revision=1, provider_id=None))
    with pytest.raises(BadInput):
        door.cast.do("Olga", assign_inquiry, AssignInquiry(
            inquiry_id=made, revision=2, provider_id=door.cast.staff["Tom"]))
    door.cast.do("Olga", assign_inquiry, AssignInquiry(inquiry_id=made, revision=2, provider_id=None))
    assert door.shown("Olga") == ()


# --- What is said and done with one


def test_notes_stand_beneath_the_inquiry_in_order(door: Door) -> None:
    made = door.send()
    with at("2026-11-10 13:00"):
        door.cast.do("Tom", write_beneath, WriteBeneath(inquiry_id=made, text=" Called "))
    with at("2026-11-10 14:00"):
        door.cast.do("Dana", write_beneath, WriteBeneath(inquiry_id=made, text="Asks for\na Friday"))
    row, = door.shown("Tom")
    assert [(one.kind, one.text, one.author) for one in row.entries] == [
        ("note", "Called", "Tom Alvarez"), ("note", "Asks for\na Friday", "Dana Okafor")]
    with pytest.raises(BadInput):
        door.cast.do("Tom", write_beneath, WriteBeneath(inquiry_id=made, text=" \n "))
    assert door.count(InquiryEntry) == 2


def test_closing_keeps_the_reason_tells_nobody_and_leaves_no_record_of_a_person(door: Door) -> None:
    made = door.send()
    letters = door.count(OutboxMessage)
    door.cast.do("Tom", close_inquiry, CloseInquiry(inquiry_id=made, revision=1, reason="No place free"))
    row, = door.shown("Tom", InquiryStatus.CLOSED)
    assert (row.reason, row.decided_by, row.may_open_case) == ("No place free", "Tom Alvarez", False)
    assert (door.count(OutboxMessage), door.count(Person), door.count(Case)) == (letters, 0, 0)
    with pytest.raises(InquiryIsClosed):
        door.cast.do("Dana", close_inquiry, CloseInquiry(inquiry_id=made, revision=2, reason="x"))


def test_a_case_that_somebody_may_not_open_is_not_named_at_its_inquiry(door: Door) -> None:
    made = door.send(provider="priya-nair")
    door.cast.do("Dana", make_prospect, MakeProspect(
        inquiry_id=made, revision=1, provider_id=door.cast.staff["Marcus"]))
    assert door.shown("Priya", InquiryStatus.PROSPECT) == ()
    assert door.shown("Marcus", InquiryStatus.PROSPECT)[0].case_name == "Nora Lindqvist"


def test_every_act_is_in_the_audit_log_without_what_was_typed(door: Door) -> None:
    made = door.send(message="very private", provider="marcus-bell")
    door.cast.do("Marcus", write_beneath, WriteBeneath(inquiry_id=made, text="very private"))
    door.cast.do("Marcus", close_inquiry, CloseInquiry(inquiry_id=made, revision=1, reason="very private"))
    with database.reading(door.cast.engine) as session:
        found = select(AuditRow).where(AuditRow.resource == "client_directory")
        rows = session.scalars(found.order_by(AuditRow.seq)).all()
    assert [(row.action, row.outcome) for row in rows] == [
        ("send_inquiry", Outcome.ALLOWED), ("write_beneath", Outcome.ALLOWED), ("close_inquiry", Outcome.ALLOWED)]
    assert not [row for row in rows if "private" in row.detail or "Nora" in row.detail]
