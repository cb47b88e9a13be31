"""Staff who are clients: their roles open nothing of their own, by no way (TRUST A11)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.records import amendments, note_lists
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case
from practicerunner.records.staff import Staff
from practicerunner.settings import settings
from practicerunner.vocabulary import (
    Action,
    AmendmentChannel,
    CaseStatus,
    CaseType,
    InquiryStatus,
    NoteKind,
    Outcome,
    Role,
    ThreadClass,
)
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.accounts import case_account, open_invoices
from practicerunner.workflows.amendment_lists import reading
from practicerunner.workflows.amendments import RecordAmendment, record_amendment
from practicerunner.workflows.asker_threads import (
    AssignAskerThread,
    WriteToAsker,
    asker_conversation,
    assign_asker_thread,
    write_to_asker,
)
from practicerunner.workflows.calendar import appointment_page, appointments_between
from practicerunner.workflows.cases import OpenCase, case_for, open_case
from practicerunner.workflows.clients import case_page, case_summary, client_list, find_cases
from practicerunner.workflows.communication import communication_of_case
from practicerunner.workflows.documentation import documentation_due, my_queue
from practicerunner.workflows.documents import documents_of_case
from practicerunner.workflows.form_pages import sheet_page
from practicerunner.workflows.inquiries import AssignInquiry, assign_inquiry
from practicerunner.workflows.message_pages import conversation, conversations, who_to_add
from practicerunner.workflows.messages import (
    AddToThread,
    AssignThread,
    StartThread,
    ToPerson,
    add_to_thread,
    assign_thread,
    start_thread,
)
from practicerunner.workflows.note_readers import may_open
from practicerunner.workflows.own_records import SetOwnRecord, own_records, set_own_record
from practicerunner.workflows.people import ChangePerson, PersonDetails, change_person, person_details
from practicerunner.workflows.prospects import MakeClient, TakeIntoGroup, make_client, take_into_group
from practicerunner.workflows.releases import may_hand_out
from practicerunner.workflows.request_queue import request_queue
from practicerunner.workflows.review_queue import review_queue
from practicerunner.workflows.waitlist import SetCapacity, TakeIn, set_capacity, take_in
from tests.cast import Cast, arrange, at, hold, invoice, people_of
from tests.inquiring import open_door
from tests.workflows.sending import bring_forms, send
from tests.workflows.supervising import change
from tests.workflows.supervising import written as handed_in
from tests.workflows.test_record_exports import written

NOW = "2026-11-12 09:00"


@dataclass
class Desk:
    """Tom of the desk is Marcus' client as well; Noor is nobody's colleague."""

    cast: Cast
    own: int
    other: int
    person: int

    def link(self, by: str = "Dana", person_id: int | None = 0, revision: int = 1) -> int:
        return int(self.cast.do(by, set_own_record, SetOwnRecord(
            staff_id=self.cast.staff["Tom"], revision=revision,
            person_id=self.person if person_id == 0 else person_id)))


@pytest.fixture
def desk(cast: Cast) -> Desk:
    with at(NOW):
        own = cast.open_case(CaseType.INDIVIDUAL, "Tom Alvarez")
        other = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        return Desk(cast, own, other, people_of(cast, own)["Tom"])


def test_only_an_owner_says_who_of_the_staff_is_a_client_and_each_is_one_person(desk: Desk) -> None:
    with at(NOW):
        for name in ("Tom", "Marcus"):
            with pytest.raises(NotPermitted):
                desk.link(name)
            with pytest.raises(NotPermitted):
                desk.cast.read(name, own_records)
        with pytest.raises(BadInput, match="no longer in the list"):
            desk.link(person_id=77)
        assert desk.link() == desk.cast.staff["Tom"]
        assert desk.cast.read("Dana", own_records) == {desk.cast.staff["Tom"]: "Tom Alvarez"}
        with pytest.raises(BadInput, match="This person is Tom Alvarez already"):
            desk.cast.do("Dana", set_own_record, SetOwnRecord(
                staff_id=desk.cast.staff["Marcus"], revision=1, person_id=desk.person))
        desk.link(person_id=None, revision=2)
        assert desk.cast.read("Dana", own_records) == {}
        assert desk.cast.read("Tom", case_page, desk.own).case_id == desk.own


def test_what_is_their_own_opens_by_no_door_and_stands_in_no_list(desk: Desk) -> None:
    cast = desk.cast
    bring_forms(cast)
    with at(NOW):
        threads, appointments, forms = {}, {}, {}
        for case_id, first in ((desk.own, "Tom"), (desk.other, "Noor")):
            person_id = people_of(cast, case_id)[first]
            (threads[case_id],) = cast.do("Dana", start_thread, StartThread(
                case_id=case_id, thread_class=ThreadClass.ADMIN, subject="Hello", text="hello",
                people=(ToPerson(person_id=person_id),)))
            (forms[case_id],) = send(cast, case_id, "intake")
            arrange(cast, case_id, {person_id: 10000}, since="2026-09-01")
        for case_id, when in ((desk.own, "2026-11-10 10:00"), (desk.other, "2026-11-10 11:00")):
            appointments[case_id] = hold(cast, case_id, "IND50", when)
    for case_id in (desk.own, desk.other):
        invoice(cast, appointments[case_id])

    def listed() -> list[set[int]]:
        return [
            {row.case_id for row in cast.read("Tom", client_list).rows},
            {row.case_id for row in cast.read("Tom", find_cases, "a")},
            {row.case_id for row in cast.read("Tom", conversations, "all").rows},
            {row.case_id for row in cast.read(
                "Tom", appointments_between, date(2026, 11, 9), date(2026, 11, 16))},
            {row.facts.case_id for row in cast.read("Tom", open_invoices).rows},
        ]

    doors: list[tuple[Callable[..., object], dict[int, int]]] = [
        (case_page, {}), (case_summary, {}), (case_account, {}), (documents_of_case, {}), (communication_of_case, {}),
        (access_grid, {}), (conversation, threads), (appointment_page, appointments), (sheet_page, forms),
    ]
    with at(NOW):
        both = {desk.own, desk.other}
        assert listed() == [both] * 5
        desk.link()
        assert listed() == [{desk.other}] * 5
        assert cast.read("Tom", request_queue).rows == ()
        for reader, ids in doors:
            with pytest.raises(NotPermitted):
                cast.read("Tom", reader, ids.get(desk.own, desk.own))
            if reader not in (sheet_page, conversation):  # the desk fills in nobody's form; reading a thread writes
                cast.read("Tom", reader, ids.get(desk.other, desk.other))
        with pytest.raises(NotPermitted, match="about yourself as a client"):
            cast.read("Tom", person_details, desk.person)
        with pytest.raises(NotPermitted, match="about yourself as a client"):
            cast.do("Tom", change_person, ChangePerson(person_id=desk.person, revision=1, person=PersonDetails(
                first_name="Tom", last_name="Alvarez")))
        cast.read("Marcus", lambda session, actor: case_for(session, actor, desk.own))
    with database.reading(cast.engine) as session:
        refused = session.scalars(select(AuditRow.case_id).where(
            AuditRow.staff_id == cast.staff["Tom"], AuditRow.outcome == Outcome.REFUSED)).all()
        assert session.get_one(Staff, cast.staff["Tom"]).person_id == desk.person
    assert desk.own in refused


def test_an_owner_who_is_a_client_is_shut_out_of_their_own_as_well(desk: Desk) -> None:
    with at(NOW):
        desk.cast.do("Dana", set_own_record, SetOwnRecord(
            staff_id=desk.cast.staff["Dana"], revision=1, person_id=desk.person))
        with pytest.raises(NotPermitted, match="about yourself as a client"):
            desk.cast.read("Dana", case_page, desk.own)
        assert desk.cast.read("Dana", case_page, desk.other).case_id == desk.other


def test_no_question_that_a_page_asks_opens_what_is_their_own(desk: Desk) -> None:
    """What may be handed out, read or answered is asked without a door; it is closed to them there as well."""
    cast = desk.cast
    held = {case_id: hold(cast, case_id, "IND50", when) for case_id, when in (
        (desk.own, "2026-11-10 10:00"), (desk.other, "2026-11-10 11:00"))}
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    notes_of, asked_of = {}, {}
    with at(NOW):
        for case_id in (desk.own, desk.other):
            notes_of[case_id] = written(cast, held[case_id], NoteKind.PROGRESS, "Heron.")
            asked_of[case_id] = cast.do("Marcus", record_amendment, RecordAmendment(
                case_id=case_id, person_id=min(people_of(cast, case_id).values()), received_on=date(2026, 11, 12),
                channel=AmendmentChannel.LETTER, wanted="Heronwish."))

        def opens(case_id: int) -> list[bool]:
            actor = cast.actor("Dana")
            with database.reading(cast.engine) as session:
                case, row = session.get_one(Case, case_id), note_lists.one_row(session, notes_of[case_id])
                on = amendments.one(session, asked_of[case_id])
                assert row is not None and on is not None
                return [may_hand_out(actor, case), may_open(actor, row) is not None,
                        reading(session, actor, on) is not None,
                        reading(session, actor, on, Action.CREATE) is not None]

        assert opens(desk.own) == opens(desk.other) == [True] * 4
        cast.do("Dana", set_own_record, SetOwnRecord(
            staff_id=cast.staff["Dana"], revision=1, person_id=desk.person))
        assert opens(desk.own) == [False] * 4
        assert opens(desk.other) == [True] * 4


def test_nobody_takes_their_own_link_back_while_another_owner_can(cast: Cast) -> None:
    def link(by: str, person_id: int | None) -> None:
        with database.reading(cast.engine) as session:
            revision = session.get_one(Staff, cast.staff["Dana"]).revision
        cast.do(by, set_own_record, SetOwnRecord(
            staff_id=cast.staff["Dana"], revision=revision, person_id=person_id))

    with at(NOW):
        person = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Dana Okafor"))["Dana"]
        link("Dana", person)
        change(cast, "Olga", roles=frozenset({Role.OWNER, Role.PROVIDER}))
        with pytest.raises(BadInput, match="Another owner changes it"):
            link("Dana", None)
        link("Olga", None)
        link("Dana", person)
        change(cast, "Olga", roles=frozenset({Role.PROVIDER}))
        link("Dana", None)


def test_what_they_asked_the_practice_is_kept_from_them_as_well(desk: Desk) -> None:
    cast = desk.cast

    def refused(verb: Callable[..., object], command: object, by: str = "Tom") -> None:
        with pytest.raises(NotPermitted, match="about yourself as a client"):
            cast.do(by, verb, command)

    with open_door(cast) as door:
        group = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.THERAPY_GROUP, name="Thursday group", status=CaseStatus.ACTIVE,
            provider_id=cast.staff["Marcus"]))
        own = door.send(first_name="Tom", last_name="Alvarez", email="tom@home.example", provider="marcus-bell")
        other = door.send(provider="marcus-bell")
        cast.do("Marcus", set_capacity, SetCapacity(case_id=group, capacity=8))
        cast.do("Dana", make_client, MakeClient(inquiry_id=own, revision=1, person_id=desk.person))
        for inquiry_id in (own, other):
            cast.do("Marcus", write_to_asker, WriteToAsker(inquiry_id=inquiry_id, text="Would ten suit you?"))

        def seen(*statuses: InquiryStatus) -> list[set[str]]:
            return [
                {row.name for status in statuses for row in door.shown("Tom", status)},
                {row.people for row in cast.read("Tom", conversations).rows if row.inquiry_id is not None},
            ]

        both, waiting = {"Tom Alvarez", "Nora Lindqvist"}, (InquiryStatus.OPEN, InquiryStatus.PROSPECT)
        assert seen(*waiting) == [both, both]
        desk.link()
        assert seen(*waiting) == [{"Nora Lindqvist"}] * 2
        assert cast.read("Tom", conversations).shelves.all == 1
        refused(write_to_asker, WriteToAsker(inquiry_id=own, text="To myself"))
        refused(assign_inquiry, AssignInquiry(inquiry_id=own, revision=2, provider_id=None))
        refused(make_client, MakeClient(inquiry_id=other, revision=1, person_id=desk.person))
        with pytest.raises(NotPermitted, match="about yourself as a client"), database.transaction(
            cast.engine
        ) as session:
            asker_conversation(session, cast.actor("Tom"), own)
        # Who looks after it: neither listed nor taken.
        with database.transaction(cast.engine) as session:
            page = asker_conversation(session, cast.actor("Dana"), own)
            offered = asker_conversation(session, cast.actor("Dana"), other).assignable
        assert cast.staff["Tom"] not in page.assignable and cast.staff["Tom"] in offered
        with pytest.raises(BadInput, match="may read this conversation"):
            cast.do("Dana", assign_asker_thread, AssignAskerThread(inquiry_id=own, staff_id=cast.staff["Tom"]))
        # In line for a place, and then in the group: still nothing of theirs.
        cast.do("Marcus", take_into_group, TakeIntoGroup(inquiry_id=own, revision=2, group_id=group, waits=True))
        assert seen(*waiting) == [{"Nora Lindqvist"}] * 2
        with pytest.raises(BadInput, match="may read this conversation"):
            cast.do("Dana", assign_asker_thread, AssignAskerThread(inquiry_id=own, staff_id=cast.staff["Tom"]))
        cast.do("Marcus", take_in, TakeIn(case_id=group, person_id=desk.person, joined_on=date(2026, 11, 12)))
        assert [row.case_name for row in cast.read("Tom", conversations).rows if row.inquiry_id is None] == []
        # Somebody else of the group asks: that belongs to a case of theirs too.
        cast.do("Marcus", take_into_group, TakeIntoGroup(inquiry_id=other, revision=1, group_id=group, waits=True))
        assert seen(*waiting) == [set()] * 2
        refused(write_to_asker, WriteToAsker(inquiry_id=other, text="To a fellow member"))


def test_a_conversation_about_somebody_is_looked_after_by_nobody_who_is_in_it_as_a_client(desk: Desk) -> None:
    cast = desk.cast
    with at(NOW):
        own, other = (cast.do("Dana", start_thread, StartThread(
            case_id=case_id, thread_class=ThreadClass.ADMIN, subject="Hello", text="hello",
            people=(ToPerson(person_id=people_of(cast, case_id)[first]),)))[0]
            for case_id, first in ((desk.own, "Tom"), (desk.other, "Noor")))
        desk.link()
        tom = cast.staff["Tom"]
        for thread_id, is_offered in ((own, False), (other, True)):
            with database.transaction(cast.engine) as session:
                assert (tom in conversation(session, cast.actor("Dana"), thread_id).assignable) is is_offered
            assert (tom in cast.read("Dana", who_to_add, thread_id).staff) is is_offered
        with pytest.raises(BadInput, match="may read this conversation"):
            cast.do("Dana", assign_thread, AssignThread(thread_id=own, staff_id=tom))
        with pytest.raises(BadInput, match="may read such a conversation"):
            cast.do("Dana", add_to_thread, AddToThread(thread_id=own, staff_id=tom))
        cast.do("Dana", assign_thread, AssignThread(thread_id=other, staff_id=tom))


def test_nobody_answers_what_they_asked_themselves(desk: Desk) -> None:
    cast = desk.cast
    with open_door(cast) as door:
        person = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Priya Nair", provider="Olga"))["Priya"]
        cast.do("Dana", set_own_record, SetOwnRecord(staff_id=cast.staff["Priya"], revision=1, person_id=person))
        own = door.send(first_name="Priya", last_name="Nair", email="priya@home.example")
        with pytest.raises(BadInput, match="about themselves"):
            cast.do("Dana", make_client, MakeClient(
                inquiry_id=own, revision=1, person_id=person, provider_id=cast.staff["Priya"]))
        cast.do("Dana", make_client, MakeClient(
            inquiry_id=own, revision=1, person_id=person, provider_id=cast.staff["Olga"]))
        with pytest.raises(BadInput, match="about themselves"):
            cast.do("Dana", assign_inquiry, AssignInquiry(
                inquiry_id=own, revision=2, provider_id=cast.staff["Priya"]))


def test_a_supervisor_who_is_a_client_of_a_supervisee_reviews_and_reminds_of_nothing_of_their_own(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    own, _ = handed_in(cast)
    other, _ = handed_in(cast, when="2026-10-12 14:00")
    hold(cast, own, "IND50", "2026-10-13 10:00", by="Priya")
    hold(cast, other, "IND50", "2026-10-13 14:00", by="Priya")

    def seen() -> list[set[int]]:
        mine = cast.read("Ruth", my_queue)
        return [
            {line.case_id for line in cast.read("Ruth", review_queue).lines},
            {line.case_id for line in mine.to_review},
            {line.case_id for line in cast.read("Ruth", documentation_due)},
        ]

    with at("2026-10-20 09:00"):
        assert seen() == [{own, other}] * 3
        cast.do("Dana", set_own_record, SetOwnRecord(
            staff_id=cast.staff["Ruth"], revision=1, person_id=next(iter(people_of(cast, own).values()))))
        assert seen() == [{other}] * 3
        assert cast.read("Ruth", review_queue).oldest_days == 8
