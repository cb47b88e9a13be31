"""The client list, the summary of a case and its page."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from practicerunner import clock, database
from practicerunner.errors import NotFound
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case, Participant
from practicerunner.vocabulary import (
    AttendanceStatus,
    AttentionKind,
    CaseStatus,
    CaseType,
    ContactKind,
    ListFilter,
    OnboardingStep,
    PaperKind,
    SessionFormat,
    WorkflowState,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    MarkReviewed,
    OpenCase,
    RecordPaper,
    RemoveParticipant,
    SetCaseStatus,
    Taking,
    mark_reviewed,
    open_case,
    record_paper,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.clients import (
    ClientPage,
    case_page,
    case_summary,
    client_count,
    client_csv,
    client_list,
    find_cases,
)
from practicerunner.workflows.people import Contact, PersonDetails
from tests.cast import LABEL, Cast, at, people_of
from tests.workflows.sending import bring_forms, complete, filled, send


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is sent meanwhile."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def names(page: ClientPage) -> list[str]:
    return [row.name for row in page.rows]


def open_with(cast: Cast, name: str, status: CaseStatus, **options: Any) -> int:
    case_id = cast.open_case(CaseType.INDIVIDUAL, name, **options)
    if status is not CaseStatus.ACTIVE:
        cast.do("Dana", set_case_status, SetCaseStatus(case_id=case_id, status=status))
    return case_id


def person_of(cast: Cast, case_id: int, place: int = 0) -> int:
    with database.reading(cast.engine) as session:
        return list(session.scalars(
            select(Participant.person_id).where(Participant.case_id == case_id).order_by(Participant.position)
        ))[place]


def test_each_filter_shows_its_statuses_the_counts_add_up_and_contact_is_outside(cast: Cast) -> None:
    for place, status in enumerate(CaseStatus):
        for number in range(place + 1):
            open_with(cast, f"{status.value.title()} Number{number}", status)
    page = cast.read("Dana", client_list, filter=ListFilter.EVERYONE)
    # Prospect 1, intake pending 2, waitlist 3, active 4, inactive 5, contact 6, archived 7.
    assert page.counts == {
        ListFilter.ACTIVE_AND_PROSPECT: 15, ListFilter.ARCHIVED: 7, ListFilter.EVERYONE: 22,
    }
    assert page.total == 22 == len(page.rows)
    assert not {row.status for row in page.rows} & {CaseStatus.CONTACT}
    archived = cast.read("Dana", client_list, filter=ListFilter.ARCHIVED)
    assert {row.status for row in archived.rows} == {CaseStatus.ARCHIVED}
    assert archived.total == 7
    # The sidebar still finds a contact.
    assert len(cast.read("Dana", find_cases, "Contact")) == 6


def test_workshop_participants_are_listed_under_their_workshop_and_counted_as_no_clients(cast: Cast) -> None:
    cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    cast.open_case(CaseType.WORKSHOP, "Una Wells", "Vic Ames", name="Listening skills")
    # Maya is in a second case of her own: still one person.
    cast.do("Dana", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
        participants=(Taking(person_id=person_of(cast, couple)),)))
    assert cast.read("Dana", client_count) == 3
    assert "Listening skills" in names(cast.read("Dana", client_list))


def test_a_two_person_row_is_one_row_found_by_both_names_phone_digits_and_email(cast: Cast) -> None:
    def person(first: str, last: str, *contacts: Contact) -> Taking:
        return Taking(person=PersonDetails(first_name=first, last_name=last, contacts=contacts))

    cast.do("Dana", open_case, OpenCase(
        type=CaseType.TWO_PERSON, label=LABEL, provider_id=cast.staff["Marcus"], participants=(
            person("Noor", "Haddad", Contact(kind=ContactKind.PHONE, value="(518) 555-0142")),
            person("José", "Ortiz", Contact(kind=ContactKind.EMAIL, value="jose@ortiz.example")),
        )))
    cast.open_case(CaseType.INDIVIDUAL, "Decoy Person")
    for typed in ("noor", "JOSE", "ortiz", "noor ortiz", "5550142", "+1 518 555 0142", "jose@ortiz", "haddad & j"):
        page = cast.read("Marcus", client_list, search=typed)
        assert names(page) == ["Noor Haddad & José Ortiz"], typed
        assert page.counts[ListFilter.EVERYONE] == 1
        assert [found.name for found in cast.read("Marcus", find_cases, typed)] == names(page)
    assert page.rows[0].kind == "Couple / two-person · partners"
    for typed in ("100%", "_", "nobody"):
        assert cast.read("Marcus", client_list, search=typed).total == 0


def test_everybody_sees_their_own_part_of_the_list(cast: Cast) -> None:
    cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Marcus")
    cast.open_case(CaseType.INDIVIDUAL, "Pia Berg", provider="Priya")
    cast.open_case(CaseType.INDIVIDUAL, "Rolf Stein", provider="Ruth")
    everybody = ("Dana", "Tom", "Marcus", "Priya", "Ruth", "Olga")
    seen = {name: set(names(cast.read(name, client_list))) for name in everybody}
    everything = {"Ida Holm", "Pia Berg", "Rolf Stein"}
    assert seen == {
        "Dana": everything, "Tom": everything, "Marcus": {"Ida Holm"}, "Priya": {"Pia Berg"},
        "Ruth": {"Pia Berg", "Rolf Stein"}, "Olga": set(),
    }
    assert cast.read("Olga", client_list).counts[ListFilter.EVERYONE] == 0
    assert cast.read("Olga", find_cases, "Holm") == []
    assert cast.read("Marcus", client_count) == 1


def test_types_and_provider_narrow_the_rows_and_the_counts_alike(cast: Cast) -> None:
    cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima", "Cy Lima", provider="Ruth")
    page = cast.read("Dana", client_list, types=[CaseType.FAMILY])
    assert names(page) == ["Lima family"]
    assert page.counts[ListFilter.ACTIVE_AND_PROSPECT] == page.total == 1
    assert names(cast.read("Dana", client_list, provider_id=cast.staff["Marcus"])) == ["Ida Holm"]


def appointment(cast: Cast, case_id: int, day: str, at_time: str = "10:00", service: str = "IND50") -> int:
    return cast.do("Marcus", book, Book(
        case_id=case_id, service_id=cast.services[service], local_date=date.fromisoformat(day),
        local_time=time.fromisoformat(at_time), format=SessionFormat.VIDEO,
    ))


def attend(
    cast: Cast, appointment_id: int, person_id: int, status: AttendanceStatus = AttendanceStatus.ATTENDED
) -> None:
    cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment_id, statuses={person_id: status}))


def test_the_list_sorts_by_name_status_next_appointment_and_balance_both_ways(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        made = {name: cast.open_case(CaseType.INDIVIDUAL, name) for name in ("Ana Zorn", "Bea Young", "Cleo Xu")}
        cast.do("Dana", set_case_status, SetCaseStatus(case_id=made["Cleo Xu"], status=CaseStatus.PROSPECT))
        appointment(cast, made["Bea Young"], "2026-10-09")
        appointment(cast, made["Ana Zorn"], "2026-10-08")
        held = appointment(cast, made["Bea Young"], "2026-10-01", "07:00")
        attend(cast, held, person_of(cast, made["Bea Young"]))
        cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=held))

        def order(**options: Any) -> list[str]:
            return [name.split()[0] for name in names(cast.read("Dana", client_list, **options))]

        assert order() == ["Cleo", "Bea", "Ana"]
        assert order(descending=True) == ["Ana", "Bea", "Cleo"]
        assert order(sort="status") == ["Cleo", "Bea", "Ana"]
        assert order(sort="status", descending=True) == ["Bea", "Ana", "Cleo"]
        assert order(sort="next") == ["Ana", "Bea", "Cleo"]
        assert order(sort="next", descending=True) == ["Bea", "Ana", "Cleo"]
        assert order(sort="balance", descending=True) == ["Bea", "Cleo", "Ana"]
        row = next(r for r in cast.read("Dana", client_list).rows if r.name == "Bea Young")
        assert (row.due_cents, row.next_at.isoformat(), row.provider) == (165_00, "2026-10-09T10:00:00", "Marcus Bell")


def test_paging_shows_every_row_once_also_among_equal_names(cast: Cast) -> None:
    for number in range(7):
        cast.open_case(CaseType.INDIVIDUAL, "Same Name" if number < 5 else f"Other Name{number}")
    pages = [cast.read("Dana", client_list, page=page, size=3) for page in (1, 2, 3, 4)]
    found = [row.case_id for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages] == [3, 3, 1, 0]
    assert len(set(found)) == 7
    assert {page.total for page in pages} == {7}


def test_a_page_of_many_costs_as_many_statements_as_a_page_of_one(cast: Cast) -> None:
    cast.open_case(CaseType.INDIVIDUAL, "First Only")
    with statements(cast.engine) as few:
        cast.read("Dana", client_list)
    for number in range(12):
        cast.open_case(CaseType.TWO_PERSON, f"Ann Pair{number}", f"Bob Pair{number}")
    with statements(cast.engine) as many:
        assert len(cast.read("Dana", client_list).rows) == 13
    assert len(many) == len(few) <= 24


def test_the_csv_has_the_rows_of_the_screen_over_all_pages_and_is_audited(cast: Cast) -> None:
    for number in range(3):
        cast.open_case(CaseType.INDIVIDUAL, f"=SUM(1) Row{number}")
    cast.open_case(CaseType.INDIVIDUAL, "Mine Not", provider="Ruth")
    actor = cast.actor("Marcus")
    with database.transaction(cast.engine) as session:
        content = client_csv(session, actor, search="row")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    screen = cast.read("Marcus", client_list, search="row")
    assert [row["name"].lstrip("'") for row in rows] == names(screen)
    assert [row["amount_due"] for row in rows] == ["0.00"] * 3
    assert rows[0]["name"].startswith("'=")
    with database.reading(cast.engine) as session:
        logged = session.scalars(select(AuditRow).where(AuditRow.action == "export")).one()
        assert (logged.staff_id, logged.resource, logged.detail) == (
            cast.staff["Marcus"], "client_directory", "3 rows, active_and_prospect")


def waiting(cast: Cast, case_id: int, by: str = "Marcus") -> set[AttentionKind]:
    return {item.kind for item in cast.read(by, case_summary, case_id).attention}


def test_the_items_of_a_couple_appear_and_clear_one_by_one(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        decoy = cast.open_case(CaseType.TWO_PERSON, "Di Coy", "Dee Coy")
        maya, tom = person_of(cast, couple, 0), person_of(cast, couple, 1)
        summary = cast.read("Marcus", case_summary, couple)
        assert summary.state is WorkflowState.INTAKE_INCOMPLETE
        assert {step.step: step.done for step in summary.checklist} == dict.fromkeys(OnboardingStep, False)
        for kind, person in ((PaperKind.INTAKE, maya), (PaperKind.INTAKE, tom), (PaperKind.CONSENT, maya)):
            cast.do("Marcus", record_paper, RecordPaper(
                case_id=couple, person_id=person, kind=kind, received_on=date(2026, 10, 1)))
        consent = next(i for i in cast.read("Marcus", case_summary, couple).attention
                       if i.kind is AttentionKind.CONSENT_MISSING)
        assert consent.sentence == "Consent missing: Tom Rivera."
        cast.do("Marcus", record_paper, RecordPaper(
            case_id=couple, person_id=tom, kind=PaperKind.CONSENT, received_on=date(2026, 10, 1)))
        assert waiting(cast, couple) == {AttentionKind.ARRANGEMENT_MISSING}
        cast.do("Marcus", set_arrangement, SetArrangement(
            case_id=couple, valid_from=date(2026, 10, 1), shares=(Share(person_id=maya), Share(person_id=tom))))
        summary = cast.read("Marcus", case_summary, couple)
        assert (summary.state, summary.attention) == (WorkflowState.READY_TO_SCHEDULE, ())
        assert [item.kind for item in summary.next_steps] == [AttentionKind.NOTHING_AHEAD]
        held = appointment(cast, couple, "2026-10-02", service="FAM50")
        assert cast.read("Marcus", case_summary, couple).state is WorkflowState.ALL_SET
    with at("2026-10-02 12:00"):
        assert waiting(cast, couple) == {AttentionKind.ATTENDANCE_MISSING}
        attend(cast, held, maya)
        assert waiting(cast, couple) == {AttentionKind.ATTENDANCE_MISSING}
        attend(cast, held, tom)
        assert waiting(cast, couple) == {AttentionKind.NOT_INVOICED}
        # The same facts without a word of any note, for an administrator.
        assert waiting(cast, couple, by="Tom") == waiting(cast, couple)
        cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=held))
        assert waiting(cast, couple) == set()
        due = cast.read("Marcus", case_summary, couple)
        assert (due.due_cents, due.balance_cents) == (210_00, 210_00)
    with at("2026-10-04 11:00"):  # 48 hours after 10:50 have passed
        assert waiting(cast, couple) == waiting(cast, couple, by="Tom") == {AttentionKind.NOTE_DUE}
        assert cast.read("Marcus", case_summary, couple).attention[0].sentence == "Progress note overdue for 2 Oct."
        with database.transaction(cast.engine) as session:
            session.get_one(Case, couple).supervisor_id = cast.staff["Ruth"]
        clears = {who: cast.read(who, case_summary, couple).clears for who in ("Marcus", "Tom", "Ruth", "Dana")}
        assert {who for who, kinds in clears.items() if AttentionKind.NOTE_DUE in kinds} == {"Marcus"}
        assert {who for who, kinds in clears.items() if AttentionKind.NOTHING_AHEAD in kinds} == {
            "Marcus", "Tom", "Dana"}
    with at("2026-10-17 09:00"):
        late = next(i for i in cast.read("Marcus", case_summary, couple).attention
                    if i.kind is AttentionKind.INVOICE_OVERDUE)
        assert late.sentence == "2 invoices are overdue: 210.00."
    assert AttentionKind.NOTE_DUE not in waiting(cast, decoy)


def test_an_intake_counts_for_every_case_of_the_person_a_consent_only_for_its_own(cast: Cast) -> None:
    alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    noor = person_of(cast, alone)
    for kind in PaperKind:
        cast.do("Marcus", record_paper, RecordPaper(
            case_id=alone, person_id=noor, kind=kind, received_on=date(2026, 1, 6)))
    couple = cast.do("Marcus", open_case, OpenCase(
        type=CaseType.TWO_PERSON, label=LABEL, provider_id=cast.staff["Marcus"],
        participants=(Taking(person_id=noor), Taking(person=PersonDetails(first_name="Sam", last_name="Ortiz")))))
    steps = {step.step: [p.name for p in step.missing] for step in cast.read("Marcus", case_summary, couple).checklist}
    assert steps[OnboardingStep.INTAKE] == ["Sam Ortiz"]
    assert steps[OnboardingStep.CONSENTS] == ["Noor Haddad", "Sam Ortiz"]


def test_a_review_clears_once_somebody_looked(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    with database.transaction(cast.engine) as session:
        session.get_one(Case, case_id).needs_review = True
    assert AttentionKind.REVIEW_NEEDED in waiting(cast, case_id)
    cast.do("Marcus", mark_reviewed, MarkReviewed(case_id=case_id))
    assert AttentionKind.REVIEW_NEEDED not in waiting(cast, case_id)


def test_a_stranger_gets_neither_summary_nor_page(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    for read in (case_summary, case_page):
        with pytest.raises(NotFound):
            cast.read("Olga", read, case_id)
        cast.read("Tom", read, case_id)


def test_the_page_shows_people_upcoming_and_the_three_facts_of_what_was(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Finn Lake", name="Thursday Process Group")
        first = appointment(cast, group, "2026-10-02", service="GRP90")
        later = appointment(cast, group, "2026-10-09", service="GRP90")
        soon = appointment(cast, group, "2026-10-08", service="GRP90")
    with at("2026-10-02 12:00"):
        attend(cast, first, person_of(cast, group, 0))
        attend(cast, first, person_of(cast, group, 1), AttendanceStatus.NO_SHOW)
        cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=first))
        page = cast.read("Marcus", case_page, group)
    assert [p.name for p in page.participants] == ["Eve Moss", "Finn Lake"]
    assert {p.called for p in page.participants} == {"member"}
    assert [a.appointment_id for a in page.upcoming] == [soon, later]
    (recent,) = page.recent
    assert (recent.attended, recent.expected, recent.note, recent.needs_note) == (1, 2, None, True)
    assert (recent.invoiced_cents, recent.open_cents) == (112_50, 112_50)


def test_the_earlier_case_is_named_only_to_those_who_may_see_it(cast: Cast) -> None:
    old = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Dana")
    new = cast.do("Dana", open_case, OpenCase(
        type=CaseType.TWO_PERSON, label=LABEL, provider_id=cast.staff["Marcus"], came_from_id=old,
        participants=(Taking(person_id=person_of(cast, old)),
                      Taking(person=PersonDetails(first_name="Sam", last_name="Ortiz")))))
    assert cast.read("Dana", case_page, new).came_from.case_id == old
    assert [c.case_id for c in cast.read("Dana", case_page, old).led_to] == [new]
    assert cast.read("Marcus", case_page, new).came_from is None


def test_a_couple_or_a_family_shows_by_how_many_the_no_secrets_policy_is_signed(cast: Cast) -> None:
    bring_forms(cast)
    couple, decoy = (cast.open_case(CaseType.TWO_PERSON, *names) for names in (
        ("Maya Rivera", "Tom Rivera"), ("Ida Holm", "Per Holm")))
    family = cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima", "Cy Lima")

    def shown(case_id: int, who: str = "Marcus") -> str:
        return cast.read(who, case_page, case_id).no_secrets

    for case_id, said in ((couple, ("signed by 0 of 2", "signed by 1 of 2", "signed by both")),
                          (family, ("signed by 0 of 3", "signed by 1 of 3", "signed by 2 of 3", "signed by 3 of 3"))):
        complete(cast, send(cast, case_id, "consent")[0], filled("consent"))
        first, *rest = said
        assert shown(case_id) == first, "another form says nothing of it"
        for sent, then in zip(send(cast, case_id, "no_secrets"), rest, strict=True):
            complete(cast, sent, filled("no_secrets"))
            assert shown(case_id) == then
    assert (shown(decoy), shown(couple, "Tom")) == ("signed by 0 of 2", "signed by both")
    cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=family, person_id=people_of(cast, family)["Cy"], left_on=clock.today("America/New_York")))
    assert shown(family) == "signed by both"
    assert shown(cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")) == ""
    assert shown(cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", name="Circle")) == ""
