"""What people typed stands on every page as they typed it: never a link, a picture, a formula or a tag."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules.note_details import Details, Risk, Telehealth, Whereabouts
from practicerunner.rules.notes import FORMS
from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import (
    AttendanceStatus,
    CancelledBy,
    CaseType,
    NoteKind,
    PaymentMethodKind,
    RelationshipKind,
    RequestKind,
    RiskFinding,
    ServiceCategory,
    SessionFormat,
    SupervisionFormat,
    ThreadClass,
)
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.answers import RecordRequest, record_request
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import AddParticipant, OpenCase, Taking, add_participant, open_case
from practicerunner.workflows.inquiries import CloseInquiry, WriteBeneath, close_inquiry, write_beneath
from practicerunner.workflows.inquiry_page import SendInquiry, send_inquiry
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, inquiry_settings, save_inquiry_settings
from practicerunner.workflows.message_pages import conversations
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.note_templates import AddTemplate, OwnSection, add_template, templates_to_begin
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, StartNote, save_draft, start_case_note, start_note
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import AddOrganisation, PersonDetails, add_organisation
from practicerunner.workflows.practice import AddLocation, AddService, add_location, add_service
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.relationships import AddRelationship, add_relationship
from practicerunner.workflows.reviews import ReturnNote, return_note
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.settlements import FailPayment, fail_payment
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.supervision_hours import RecordHour, record_hour
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from practicerunner.workflows.waitlist import PutOnWaitlist, SetCapacity, put_on_waitlist, set_capacity
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, at, bring_on, hold, invoice, pay, people_of
from tests.pages.opening import SHELL, choose
from tests.pages.walking import live, shown, words

pytestmark = pytest.mark.long

HOSTILE = (
    "[pay](https://evil.example) ![x](https://evil.example/p.png) <img src=x onerror=alert(1)> $5 and $6 :red[hi] "
    "**bold** 山田 שרה e\u0301"
)
NOW = "2026-11-12 09:00"
SECTIONS = ("overview", "clinical", "billing", "relationships")


@dataclass
class House:
    """The practice of hostile names, with the ids of its records."""

    cast: Cast
    single: int
    group: int
    couple: int
    held: int
    group_held: int
    overlapping: int
    cancelled: int
    note: int
    draft: int
    returned: int
    group_note: int
    payer: int
    waived: int
    missed: int
    waiting: int
    """A note that waits for the supervisor."""
    of_case: tuple[int, ...]
    """An exam, a contact note that is signed, and a note of a session by video that was begun from a template."""


def rename(cast: Cast, name: str) -> None:
    """A member of staff takes a hostile name."""
    with database.reading(cast.engine) as session:
        person = session.get_one(Staff, cast.staff[name])
        roles = frozenset(row.role for row in person.roles)
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=person.id, revision=person.revision, first_name=f"{name}{HOSTILE}", last_name=HOSTILE,
        email=person.email, credentials=HOSTILE, roles=roles,
        supervisor_id=cast.staff["Ruth"] if name == "Priya" else None,
    ))


def write(cast: Cast, who: str, appointment_id: int, kind: NoteKind, *, signed: bool = True) -> int:
    """A note of hostile text."""
    note_id: int = cast.do(who, start_note, StartNote(appointment_id=appointment_id, kind=kind))
    with database.reading(cast.engine) as session:
        note = session.get_one(Note, note_id)
    cast.do(who, save_draft, SaveDraft(
        note_id=note_id, revision=note.revision, parts={int(key): HOSTILE for key in note.parts},
        sections={part.key: HOSTILE for part in FORMS[note.form].sections}))
    if signed:
        cast.do(who, sign_note, SignNote(note_id=note_id, revision=note.revision + 1))
    return note_id


def write_for_case(cast: Cast, couple: int) -> tuple[int, ...]:
    """Notes with hostile text in every field that is not a section of a form, drafts and a signed one."""
    cast.do("Dana", add_template, AddTemplate(
        form="free", name=HOSTILE, texts={"text": HOSTILE}, sections=(OwnSection(label=HOSTILE, hint=HOSTILE),)))
    template = cast.read("Marcus", templates_to_begin)[0].template_id
    about = next(iter(people_of(cast, couple).values()))
    exam, contact = (cast.do("Marcus", start_case_note, StartCaseNote(
        case_id=couple, kind=kind, person_id=about, service_date=date(2026, 11, 10),
    )) for kind in (NoteKind.MENTAL_STATUS, NoteKind.CONTACT))
    risk = Risk(harm_to_self=RiskFinding.PRESENT, harm_to_others=RiskFinding.PRESENT, means=HOSTILE, action=HOSTILE)
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=exam, revision=1, sections={"mood": HOSTILE, "mood_more": HOSTILE}, details=Details(risk=risk)))
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=contact, revision=1, sections={"how": HOSTILE, "said": HOSTILE}, details=Details(risk=risk)))
    cast.do("Marcus", sign_note, SignNote(note_id=contact, revision=2))
    by_video = cast.do("Marcus", book, Book(
        case_id=couple, service_id=cast.services["THERAPY"], local_date=date(2026, 11, 10), local_time=time(18),
        format=SessionFormat.VIDEO))
    cast.do("Marcus", attend_all, AttendAll(appointment_id=by_video))
    remote = cast.do("Marcus", start_note, StartNote(
        appointment_id=by_video, kind=NoteKind.PROGRESS, template_id=template))
    told = Telehealth(locations={str(about): Whereabouts(state="NY", place=HOSTILE)}, clinician_location=HOSTILE,
                      interruptions=HOSTILE)
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=remote, revision=1, sections={"own_1": HOSTILE}, details=Details(telehealth=told)))
    return exam, contact, remote


def inquire(cast: Cast) -> None:
    """Somebody writes on the public page, with a note beneath it, and another inquiry is closed."""
    cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
        revision=0, is_on=True, introduction=HOSTILE, case_types=(CaseType.INDIVIDUAL,),
        service_ids=(cast.services["THERAPY"],), provider_ids=(cast.staff["Marcus"],)))
    page = cast.read("Dana", inquiry_settings).providers[0].slug
    with database.transaction(cast.engine) as session:
        first, second = (send_inquiry(session, SendInquiry(
            first_name=HOSTILE, last_name=HOSTILE, email="a@b.example", kind=CaseType.INDIVIDUAL, message=HOSTILE,
            service=str(cast.services["THERAPY"]), provider=page)) for _ in range(2))
    cast.do("Marcus", write_beneath, WriteBeneath(inquiry_id=first, text=HOSTILE))
    cast.do("Marcus", write_to_asker, WriteToAsker(inquiry_id=first, text=HOSTILE))
    cast.do("Marcus", close_inquiry, CloseInquiry(inquiry_id=second, revision=1, reason=HOSTILE))


def build(cast: Cast) -> House:
    """Everything that has a name or a text gets the hostile one."""

    def case(kind: CaseType, number: int, provider: str = "Marcus", name: str = "") -> int:
        made: int = cast.do("Dana", open_case, OpenCase(
            type=kind, name=name, provider_id=cast.staff[provider], participants=tuple(
                Taking(person=PersonDetails(first_name=f"{place}{HOSTILE}", last_name="Holm", pronouns="**they**",
                                            address=HOSTILE), role="**bold** $5")
                for place in range(number))))
        return made

    with at("2026-10-01 09:00"):
        for name in ("Marcus", "Priya", "Ruth"):
            rename(cast, name)
        for category in ("THERAPY", "CONSULTATION"):
            cast.services[category] = cast.do("Dana", add_service, AddService(
                name=f"{category} {HOSTILE}", category=ServiceCategory[category], minutes=50, fee_cents=165_00,
                code="**bold**"))
        cast.office = cast.do("Dana", add_location, AddLocation(
            name=HOSTILE, address=f"{HOSTILE}\n{HOSTILE}", is_room=True))
        single, hers = case(CaseType.INDIVIDUAL, 1), case(CaseType.INDIVIDUAL, 1, "Priya")
        couple = case(CaseType.FAMILY, 2)
        group = case(CaseType.THERAPY_GROUP, 2, name=HOSTILE)
        organisation = cast.do("Dana", add_organisation, AddOrganisation(name=HOSTILE, address=HOSTILE))
        client = next(iter(people_of(cast, single).values()))
        for case_id in (single, couple):
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=case_id, valid_from=date(2026, 10, 1), shares=(Share(payer_id=organisation),)))
        cast.do("Dana", add_relationship, AddRelationship(
            person_id=client, other=PersonDetails(first_name=HOSTILE), kind=next(iter(RelationshipKind)),
            is_emergency_contact=True))
        cast.do("Dana", add_participant, AddParticipant(
            case_id=group, participant=Taking(person_id=client), joined_on=date(2026, 10, 1)))
        cast.do("Dana", set_capacity, SetCapacity(case_id=group, capacity=4))
        for place in range(2):
            cast.do("Dana", put_on_waitlist, PutOnWaitlist(case_id=group, participant=Taking(
                person=PersonDetails(first_name=f"W{place}{HOSTILE}", last_name="Holm"), role="**bold** $5")))
    held = hold(cast, single, "THERAPY", "2026-11-02 10:00")
    unwritten = hold(cast, single, "THERAPY", "2026-11-03 10:00")
    group_held = hold(cast, group, "THERAPY", "2026-11-04 10:00")
    hers_held = hold(cast, hers, "THERAPY", "2026-11-05 10:00", by="Priya")
    hers_too = hold(cast, hers, "THERAPY", "2026-11-06 16:00", by="Priya")
    hold(cast, couple, "THERAPY", "2026-11-06 10:00")
    waived, missed = (
        hold(cast, case_id, "THERAPY", f"2026-11-{day} 12:00",
             missed=dict.fromkeys([*people_of(cast, case_id).values()][:2], AttendanceStatus.NO_SHOW))
        for case_id, day in ((couple, "06"), (group, "05"))
    )
    with at("2026-11-06 23:00"):
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=waived, reason=HOSTILE))
    with at("2026-11-07 09:00"):
        note = write(cast, "Marcus", held, NoteKind.PROGRESS)
        cast.do("Marcus", add_addendum, AddAddendum(note_id=note, reason=HOSTILE, text=HOSTILE))
        returned = write(cast, "Priya", hers_held, NoteKind.PROGRESS)
        cast.do("Ruth", return_note, ReturnNote(note_id=returned, version=1, comment=HOSTILE))
        waiting = write(cast, "Priya", hers_too, NoteKind.PROGRESS)
        cast.do("Ruth", record_hour, RecordHour(
            supervisor_id=cast.staff["Ruth"], supervisee_ids=(cast.staff["Priya"],), held_on=date(2026, 11, 6),
            starts=time(8), minutes=60, kind=SupervisionFormat.INDIVIDUAL, topics=HOSTILE))
        group_note = write(cast, "Marcus", group_held, NoteKind.GROUP)
        draft = write(cast, "Marcus", unwritten, NoteKind.PROGRESS, signed=False)
    for appointment_id in (held, group_held):
        invoice(cast, appointment_id)
    with at("2026-11-07 10:00"):
        payer = cast.read("Tom", case_account, single).invoices[0].facts.payer_id
    pay(cast, payer, single, 10_00, "2026-11-08", reference=HOSTILE)
    surplus = pay(cast, payer, couple, 20_00, "2026-11-08", invoice_ids=(), surplus_as_credit=True)
    with at("2026-11-09 09:00"):
        _, failed = (cast.do("Tom", record_payment, RecordPayment(
            payer_id=payer, case_id=single, method=PaymentMethodKind.CHEQUE, amount_cents=5_00, pending=True,
            received_on=date(2026, 11, 9))) for _ in range(2))
        cast.do("Tom", fail_payment, FailPayment(payment_id=failed, failed_on=date(2026, 11, 9), reason=HOSTILE))
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=surplus, amount_cents=1_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 11, 9),
            reason=HOSTILE))
        open_invoice = cast.read("Tom", case_account, single).invoices[0].facts.invoice_id
        cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=open_invoice, amount_cents=1_00, reason=HOSTILE, credit_note=True))

    with at("2026-11-10 20:00"):
        of_case = write_for_case(cast, couple)
        inquire(cast)

    def ahead(case_id: int, hour: int, *, by: str = "Marcus", **more: Any) -> int:
        made: int = cast.do(by, book, Book(
            case_id=case_id, service_id=cast.services["THERAPY"], local_date=date(2026, 11, 12),
            local_time=time(hour), location_id=cast.office, **more))
        return made

    with at("2026-11-11 09:00"):
        ahead(single, 14, memo=HOSTILE)
        overlapping = ahead(couple, 14, by="Dana", override_reason=HOSTILE)
        cancelled = ahead(group, 16, memo=HOSTILE)
        cast.do("Marcus", cancel, Cancel(appointment_id=cancelled, by=next(iter(CancelledBy)), reason=HOSTILE))
        ahead(single, 7)
        cast.do("Marcus", record_request, RecordRequest(
            kind=RequestKind.MOVE, case_id=couple, appointment_id=overlapping, message=HOSTILE,
            person_id=next(iter(people_of(cast, couple).values())), local_date=date(2026, 11, 20),
            local_time=time(10)))
        cast.do("Marcus", add_time_block, AddTimeBlock(
            provider_id=cast.staff["Marcus"], starts_on=date(2026, 11, 13), starts=time(9), ends_on=date(2026, 11, 13),
            ends=time(10), reason=HOSTILE[:120]))
        cast.do("Marcus", start_thread, StartThread(
            case_id=couple, thread_class=ThreadClass.ADMIN, subject=HOSTILE, text=HOSTILE,
            people=tuple(ToPerson(person_id=one) for one in people_of(cast, couple).values())))
    return House(cast, single, group, couple, held, group_held, overlapping, cancelled, note, draft, returned,
                 group_note, payer, waived, missed, waiting, of_case)


@pytest.fixture(scope="module")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The practice of hostile names on its second Thursday of November, at nine."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "practice.db").write_bytes(sqlite_template.read_bytes())
    settings = database.settings()
    before = settings.database_url, settings.key_file
    settings.database_url, settings.key_file = f"sqlite:///{folder / 'practice.db'}", folder / "practice.key"
    engine: Engine = database.engine(settings.database_url)
    made = build(bring_on(engine))
    with at(NOW):
        yield made
    engine.dispose()
    settings.database_url, settings.key_file = before


Visit = Callable[..., AppTest]


@pytest.fixture
def visit(house: House, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Somebody opens a page, with what the session remembers; what stands there is checked."""

    def opened(who: str, page: str, *, remembers: dict[str, object] | None = None, **selectors: object) -> AppTest:
        monkeypatch.setattr(identity, "IDENTITY", house.cast.staff[who])
        app = AppTest.from_file(SHELL, default_timeout=60)
        for key, value in (remembers or {}).items():
            app.session_state[key] = value
        for key, value in selectors.items():
            app.query_params[key] = str(value)
        app.run()
        app.switch_page(str(navigation.FOLDER / f"{page}.py")).run()
        return checked(app)

    return opened


def checked(app: AppTest) -> AppTest:
    """The page ran to its end, carries a hostile text, and shows it as typed."""
    assert not app.exception, app.exception
    assert live(app) == []
    assert "evil" in words(app)
    return app


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button of that label, and check what comes."""
    button = next((one for one in app.button if one.label == label and not one.disabled), None)
    assert button is not None, (label, [one.label for one in app.button])
    return checked(button.click().run())


def first_row_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table has its first row chosen, which the test runner cannot do itself."""
    drawn = st.dataframe

    def chosen(*args: Any, **kwargs: Any) -> Any:
        drawn(*args, **kwargs)
        return {"selection": {"rows": [0]}}

    monkeypatch.setattr(st, "dataframe", chosen)


def test_the_check_itself_sees_what_is_alive() -> None:
    def page() -> None:
        import streamlit as st

        from practicerunner.ui.text import md

        st.caption("a **bold** word")
        st.button(":red[hi]", help="see https://evil.example")
        st.metric("[pay](x)", "![x](y)")
        st.tabs(["<img>"])
        st.expander("$5 and $6")
        st.radio("r", ["**bold**"])
        st.toast("**bold**")
        st.page_link("https://example.org", label="**bold**")
        st.text("**bold** stays")
        st.selectbox("s", ["**bold**"])
        st.caption(md("**bold** https://evil.example"))

    found = live(AppTest.from_function(page).run())
    assert [(one.element, one.field) for one in found] == [
        ("markdown", "body"), ("button", "label"), ("button", "help"), ("metric", "label"), ("metric", "body"),
        ("tab", "label"), ("expandable", "label"), ("radio", "options"), ("page_link", "label"), ("toast", "body"),
    ]


@pytest.mark.parametrize(("who", "page"), [
    ("Marcus", "today"), ("Dana", "today"), ("Marcus", "clients"), ("Ruth", "documentation"),
    ("Marcus", "documentation"), ("Priya", "documentation"), ("Dana", "staff"), ("Dana", "audit"),
    ("Marcus", "account"), ("Marcus", "requests"), ("Dana", "requests"), ("Ruth", "supervision"),
    ("Dana", "messages"), ("Marcus", "messages"),
    ("Dana", "inquiries"),
    ("Priya", "supervision"), ("Dana", "supervision"),
])
def test_a_page_shows_names_as_typed(visit: Visit, who: str, page: str) -> None:
    visit(who, page)


@pytest.mark.parametrize("who", ["Ruth", "Priya", "Dana"])
def test_reviews_and_hours_of_supervision_show_names_as_typed(house: House, visit: Visit, who: str) -> None:
    hours = visit(who, "supervision", remembers={"supervision.part": "Hours"})
    if who != "Dana":
        press(hours, "Open")
    if who == "Ruth":
        visit(who, "supervision", note=house.waiting)
    if who == "Dana":
        press(visit(who, "supervision"), "Reassign")


@pytest.mark.parametrize("label", ["Offer another time", "Decline"])
def test_what_opens_over_a_request_shows_names_as_typed(visit: Visit, label: str) -> None:
    press(visit("Marcus", "requests"), label)


def test_a_conversation_with_somebody_who_inquired_shows_names_as_typed(house: House, visit: Visit) -> None:
    page = house.cast.read("Dana", conversations).rows
    visit("Dana", "messages", inquiry=next(one.inquiry_id for one in page if one.inquiry_id))


def test_the_calendar_shows_names_as_typed(visit: Visit) -> None:
    carries = {one.element for one in shown(visit("Marcus", "calendar")) if "evil" in one.text}
    assert "component_instance" in carries
    carries = {one.element for one in shown(visit("Dana", "calendar")) if "evil" in one.text}
    assert {"button_group", "selectbox"} <= carries


@pytest.mark.parametrize("tab", ["Services", "Locations"])
def test_the_settings_and_what_opens_over_them_show_names_as_typed(visit: Visit, tab: str) -> None:
    press(visit("Dana", "settings", remembers={"settings.part": tab}), "Change")


@pytest.mark.parametrize("part", SECTIONS)
def test_every_section_of_a_case_shows_names_as_typed(house: House, visit: Visit, part: str) -> None:
    for case_id in (house.single, house.group, house.couple):
        visit("Marcus", "case", case=case_id, part=part)


@pytest.mark.parametrize("label", ["Change", "Appointment"])
def test_what_opens_over_a_case_shows_names_as_typed(house: House, visit: Visit, label: str) -> None:
    press(visit("Marcus", "case", case=house.group), label)


@pytest.mark.parametrize("label", [
    "Change details", "Leaves", "Add a member", "Record a paper", "Emergency contact", "Relationship",
    "Payment method", "Reminder times", "Set places", "Offer the place", "Take in", "Remove",
])
def test_what_opens_over_relationships_shows_names_as_typed(house: House, visit: Visit, label: str) -> None:
    press(visit("Dana", "case", case=house.group, part="relationships"), label)


def test_appointments_and_what_opens_over_them_show_names_as_typed(house: House, visit: Visit) -> None:
    for appointment_id in (house.held, house.group_held):
        visit("Marcus", "appointment", appointment=appointment_id)
    for label in ("Move", "Change", "Cancel"):
        press(visit("Marcus", "appointment", appointment=house.overlapping), label)
    press(visit("Marcus", "appointment", appointment=house.cancelled), "Reinstate")
    visit("Tom", "appointment", appointment=house.waived)
    press(visit("Tom", "appointment", appointment=house.missed), "Waive fee")


def test_notes_show_names_and_text_as_typed(house: House, visit: Visit) -> None:
    for who, note_id in (("Marcus", house.note), ("Marcus", house.draft), ("Marcus", house.group_note),
                         ("Priya", house.returned), ("Ruth", house.returned)):
        visit(who, "note", note=note_id)


def test_notes_of_a_case_and_templates_show_names_and_text_as_typed(house: House, visit: Visit) -> None:
    for note_id in house.of_case:
        visit("Marcus", "note", note=note_id)
    press(visit("Dana", "note_templates"), "Change")


@pytest.mark.parametrize("tab", [
    "Overdue", "All open", "Uninvoiced", "Aging", "Failed", "Unapplied", "Pending",
])
def test_billing_shows_names_as_typed(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    with at("2027-01-12 09:00"):
        first_row_chosen(monkeypatch)
        app = visit("Tom", "billing", remembers={"billing_tab": tab})
        if tab == "All open":
            for label in ("Take a payment", "Void", "Void and reissue", "Credit", "Write off"):
                press(app, label)
        if tab == "Pending":
            for label in ("Settle", "Mark failed"):
                press(app, label)


def test_a_payers_account_shows_names_as_typed(
    house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = set()
    for row in range(4):
        choose(monkeypatch, (row,))
        app = visit("Tom", "payer", payer=house.payer)
        for label in ("Take a payment", "Settle", "Mark failed", "Refund", "Take back"):
            if label not in pressed and any(one.label == label for one in app.button):
                press(app, label)
                pressed.add(label)
    assert len(pressed) == 5


def test_the_overview_and_the_rows_behind_it_show_names_as_typed(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_row_chosen(monkeypatch)
    remembers = dict.fromkeys((
        "aging_rows", "attendance_providers", "attendance_rows", "notes_rows", "overdue_rows", "caseload_rows",
        "revenue_rows"), True)
    app = visit("Dana", "overview", remembers=remembers)
    for name in ("Sessions held", "Invoiced", "Collected", "Receivable"):
        checked(app.button(key=f"rows_{name}").click().run())
    assert "page_link" in {one.element for one in shown(app) if "evil" in one.text}


def test_a_member_of_staff_is_changed_under_their_name_as_typed(
    house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_row_chosen(monkeypatch)
    app = visit("Dana", "staff")
    checked(app.button[[one.label.startswith("Change ") for one in app.button].index(True)].click().run())


def test_toasts_and_the_search_show_names_as_typed(house: House, visit: Visit) -> None:
    app = visit("Marcus", "today")
    said = next(one for one in app.button if one.label == "Attended").click().run()
    assert "evil" in "".join(one.text for one in shown(checked(said)) if one.element == "toast")
    app.text_input(key="search").set_value("Holm").run()
    assert {one.element for one in shown(checked(app)) if "evil" in one.text} >= {"page_link"}


def taking_a_payment() -> None:
    import streamlit as st

    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.payment_form import payment_dialog
    from practicerunner.ui.perform import read
    from practicerunner.workflows.accounts import payer_account

    actor = signed_in()
    account = read(payer_account, actor, st.session_state["payer"])
    facts = [row.facts for row in account.invoices]
    payment_dialog(actor, facts[0].payer_id, facts[0].payer, facts[0].case_id, facts, account.today)


def test_a_refusal_that_names_somebody_names_them_as_typed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff["Tom"])
    app = AppTest.from_function(taking_a_payment, default_timeout=60)
    app.session_state["payer"] = house.payer
    app.run()
    app.text_input[0].set_value("99999")
    press(app, "Record payment")
    (refusal,) = app.error
    assert "evil" in refusal.value
