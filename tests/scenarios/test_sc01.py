"""SC01: divorced parents pay 60 % and 40 %, to the cent, each on their own account; a helper may only schedule."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, PaymentTooLarge
from practicerunner.records.audit import AuditRow
from practicerunner.records.people import Person
from practicerunner.records.practice import Practice
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    Action,
    AppointmentStatus,
    CaseType,
    DocumentKind,
    Outcome,
    RequestStatus,
    Resource,
    Verdict,
)
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.acting import AddActing, add_acting
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.people import AddPerson, PersonDetails, add_person
from practicerunner.workflows.portal_access import authorize_portal
from practicerunner.workflows.portal_billing import billing_page, my_paper
from practicerunner.workflows.portal_forms import my_sheet
from practicerunner.workflows.request_queue import request_queue
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    AskToMove,
    ask_for_time,
    ask_to_cancel,
    ask_to_move,
    my_appointments,
)
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, pay, payer, payer_id, people_of
from tests.workflows.sending import bring_forms, send


def test_two_parents_share_every_line_by_percent(cast: Cast) -> None:
    mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    elena, david = payer(cast, "Elena", "Castellano"), payer(cast, "David", "Castellano")
    arrange(cast, mia, {elena: 6000, david: 4000}, since="2026-09-01")
    held = [hold(cast, mia, "IND50", f"2026-09-{day} 10:00") for day in ("03", "10", "17")]
    held.append(hold(cast, mia, "IND50", "2026-09-24 10:00", fee_cents=137_33))
    issued = [lines(cast, invoice(cast, appointment)) for appointment in held]
    assert issued == [[("Elena Castellano", 99_00), ("David Castellano", 66_00)]] * 3 + [
        [("Elena Castellano", 82_40), ("David Castellano", 54_93)]
    ]
    assert balance(cast, mia) == {"Elena Castellano": 379_40, "David Castellano": 252_93}

    pay(cast, payer_id(cast, elena), mia, 379_40, "2026-09-25")
    pay(cast, payer_id(cast, david), mia, 100_00, "2026-09-25")
    assert balance(cast, mia) == {"Elena Castellano": 0, "David Castellano": 152_93}
    account = cast.read("Tom", case_account, mia)
    assert (account.due_cents, account.credit_cents) == (152_93, 0)
    assert sorted(i.facts.open_cents for i in account.invoices) == [0, 0, 0, 0, 0, 32_00, 54_93, 66_00]


def test_a_payment_above_what_is_owed_is_refused_and_changes_nothing(cast: Cast) -> None:
    mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    elena = payer(cast, "Elena", "Castellano")
    arrange(cast, mia, {elena: 10000}, since="2026-09-01")
    invoice(cast, hold(cast, mia, "IND50", "2026-09-03 10:00"))
    with pytest.raises(PaymentTooLarge, match=r"owes 165\.00"):
        pay(cast, payer_id(cast, elena), mia, 165_01, "2026-09-25")
    assert balance(cast, mia) == {"Elena Castellano": 165_00}
    pay(cast, payer_id(cast, elena), mia, 205_00, "2026-09-25", surplus_as_credit=True)
    account = cast.read("Tom", case_account, mia)
    assert (account.due_cents, account.credit_cents) == (0, 40_00)


def test_the_helper_manages_appointments_and_is_refused_four_times_with_her_name(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
        child = people_of(cast, mia)["Mia"]
        joan = cast.do("Dana", add_person, AddPerson(person=PersonDetails(first_name="Joan", last_name="Pike")))
        acts = cast.do("Dana", add_acting, AddActing(
            client_id=child, person_id=joan, kind=ActingKind.PERSONAL_ASSISTANT, starts_on=date(2026, 9, 1)))
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=acts, scope=AccessScope.SCHEDULING, verdict=Verdict.GRANTED, starts_on=date(2026, 9, 1)))
        with database.transaction(cast.engine) as session:
            practice = session.scalars(select(Practice)).one()
            practice.helpers_may_schedule = practice.grants_requests = True
        bring_forms(cast)
    issued = invoice(cast, hold(cast, mia, "IND50", "2026-08-20 10:00"))
    with at("2026-09-01 10:00"):
        ahead = [cast.do("Marcus", book, Book(
            case_id=mia, service_id=cast.services["IND50"], local_date=date(2026, 9, day), local_time=time(10),
            location_id=cast.office)) for day in (17, 24)]
    helper = PortalActor(joan, "Joan Pike", PortalRole.HELPER, child)

    def act(verb, command):
        with database.transaction(cast.engine) as session:
            return verb(session, helper, command)

    with at("2026-09-02 09:00"):
        asked = [
            act(ask_for_time, AskForTime(case_id=mia, local_date=date(2026, 9, 11), local_time=time(10))),
            act(ask_to_move, AskToMove(appointment_id=ahead[0], local_date=date(2026, 9, 18), local_time=time(10))),
            act(ask_to_cancel, AskToCancel(appointment_id=ahead[1])),
        ]
        with database.reading(cast.engine) as session:
            rows = [session.get_one(SchedulingRequest, one) for one in asked]
            cancelled = session.get_one(Appointment, ahead[1]).status
        assert {(row.person_id, row.asked_by_id) for row in rows} == {(child, joan)}
        # Without opening hours no time is shown as free, so times wait; a cancellation needs none.
        assert [row.status for row in rows] == [
            RequestStatus.PENDING, RequestStatus.PENDING, RequestStatus.ACCEPTED]
        assert cancelled is AppointmentStatus.CANCELLED
        (first, _) = cast.read("Tom", request_queue).rows
        assert (first.asker, first.asked_by) == ("Mia Castellano", "Joan Pike")
        with database.reading(cast.engine) as session:
            assert [one.case_name for one in my_appointments(session, helper)] == [""]
        (form,) = send(cast, mia, "consent")
        for attempt in (
            lambda session: my_paper(session, helper, DocumentKind.INVOICE, issued[0]),
            lambda session: authorize_portal(session, helper, Action.READ, Resource.MESSAGES_CLINICAL, case_id=mia),
            lambda session: my_sheet(session, helper, form),
            lambda session: authorize_portal(session, helper, Action.READ, Resource.CLINICAL_NOTE, case_id=mia),
        ):
            with pytest.raises(NotPermitted), database.transaction(cast.engine) as session:
                attempt(session)
    with database.reading(cast.engine) as session:
        refused = list(session.scalars(select(AuditRow).where(
            AuditRow.person_id == joan, AuditRow.outcome == Outcome.REFUSED).order_by(AuditRow.seq).limit(4)))
        assert [row.resource for row in refused] == ["invoices", "messages_clinical", "consents", "clinical_note"]
        assert session.get_one(Person, refused[0].person_id).last_name == "Pike"


def test_a_parent_who_pays_sees_her_account_and_nothing_of_the_other(cast: Cast) -> None:
    mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    elena, david = payer(cast, "Elena", "Castellano"), payer(cast, "David", "Castellano")
    arrange(cast, mia, {elena: 6000, david: 4000}, since="2026-09-01")
    for day in ("03", "10", "17"):
        invoice(cast, hold(cast, mia, "IND50", f"2026-09-{day} 10:00"))
    invoice(cast, hold(cast, mia, "IND50", "2026-09-24 10:00", fee_cents=137_33))
    pay(cast, payer_id(cast, elena), mia, 379_40, "2026-09-25")
    pay(cast, payer_id(cast, david), mia, 100_00, "2026-09-25")
    with at("2026-09-26 09:00"), database.reading(cast.engine) as session:
        hers = billing_page(session, PortalActor(elena, "Elena"))
        his = billing_page(session, PortalActor(david, "David"))
    assert (hers.due_cents, len(hers.invoices), len(hers.unpaid)) == (0, 4, 0)
    assert (his.due_cents, [one.open_cents for one in his.unpaid]) == (152_93, [32_00, 66_00, 54_93])
    assert not {one.number for one in hers.invoices} & {one.number for one in his.invoices}
    theirs = [one.subject_id for one in his.receipts]
    for kind, ids in ((DocumentKind.INVOICE, [one.invoice_id for one in his.invoices]), (DocumentKind.RECEIPT, theirs)):
        for subject in ids:
            with pytest.raises(NotFound), database.transaction(cast.engine) as session:
                my_paper(session, PortalActor(elena, "Elena"), kind, subject)
