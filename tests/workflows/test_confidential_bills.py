"""What is confidential to a minor on the papers of who pays: a neutral line with the exact amount (A23)."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound
from practicerunner.records.billing import InvoiceLine, IssuedDocument
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.payments import CreditNote
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import (
    CaseType,
    DocumentKind,
    InvoicingRhythm,
    MessageKind,
)
from practicerunner.workflows import papers
from practicerunner.workflows.advance import InvoiceAhead, SettleAll, invoice_ahead, settle_all
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.billing_notices import SHARED
from practicerunner.workflows.confidentiality import (
    SetConfidential,
    set_confidential,
)
from practicerunner.workflows.follow_up import billing_mail_of, overdue_list
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.payment_reminders import SendReminders, reminder_preview, send_reminders
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.portal_billing import billing_page, my_paper
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.statements import IssueStatement, issue_statement
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id, people_of
from tests.insurance import ADDRESS, diagnose, issue, licensed
from tests.workflows.minors import SINCE, booked, home
from tests.workflows.test_sentinels import text_of


def paper(cast: Cast, kind: DocumentKind, subject_id: int) -> str:
    actor = cast.actor("Tom")
    with database.transaction(cast.engine) as session:
        return text_of(papers.fetch(session, actor, kind, subject_id)[2])


def test_a_payer_who_is_not_the_client_reads_a_neutral_line_with_the_exact_amount(cast: Cast) -> None:
    house = home(cast)
    arrange(cast, house.case_id, {house.elena: 6000, house.leo: 4000}, since="2026-09-01")
    plain = hold(cast, house.case_id, "IND50", "2026-10-07 10:00")
    kept = hold(cast, house.case_id, "INTAKE", "2026-10-14 10:00")
    with at("2026-10-15 09:00"):
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=kept, person_ids=(house.leo,)))
    invoice(cast, plain, on="2026-10-30")
    of_elena, of_leo = invoice(cast, kept, on="2026-10-30")
    hers, his = paper(cast, DocumentKind.INVOICE, of_elena), paper(cast, DocumentKind.INVOICE, of_leo)
    assert "October 2026" in hers
    assert "Service" in hers
    assert "135.00" in hers
    for word in ("INTAKE", "14 October", "Marcus", "Bell"):
        assert word not in hers, word
        assert word in his, word
    assert "90.00" in his
    received = pay(cast, payer_id(cast, house.elena), house.case_id, 135_00, "2026-10-31", invoice_ids=(of_elena,))
    receipt = paper(cast, DocumentKind.RECEIPT, received)
    assert "Service, October 2026" in receipt
    assert "INTAKE" not in receipt
    with at("2026-11-02 09:00"):
        statement = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id(cast, house.elena), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
    said = paper(cast, DocumentKind.STATEMENT, statement)
    assert "Service, October 2026" in said
    assert "IND50, 7 October 2026" in said, "the other session is as ever"
    for word in ("INTAKE", "14 October"):
        assert word not in said
    with database.reading(cast.engine) as session:
        lines = session.scalars(select(InvoiceLine).order_by(InvoiceLine.id)).all()
        assert [(one.description, one.service_date.day, one.amount_cents, one.confidential) for one in lines] == [
            ("IND50", 7, 99_00, False), ("IND50", 7, 66_00, False),
            ("Service", 14, 135_00, True), ("INTAKE", 14, 90_00, False)]
        kept_paper = session.scalars(select(IssuedDocument).where(IssuedDocument.invoice_id == of_elena)).one()
        assert "2026-10-14" not in repr(kept_paper.content)


def test_a_groups_name_does_not_stand_on_a_neutral_paper(cast: Cast) -> None:
    house = home(cast)
    group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", name="Grief at fifteen")
    eve = people_of(cast, group)["Eve"]
    arrange(cast, group, {house.elena: 10000}, since="2026-09-01", person_id=eve)
    with at("2026-10-15 09:00"):
        held = hold(cast, group, "GRP90", "2026-10-14 18:00")
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(eve,)))
    (made,) = invoice(cast, held, on="2026-10-30")
    said = paper(cast, DocumentKind.INVOICE, made)
    assert "75.00" in said
    for word in ("Grief", "GRP90", "Eve", "Moss", "14 October"):
        assert word not in said
    with at("2026-11-02 09:00"):
        statement = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id(cast, house.elena), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
    assert "Grief" not in paper(cast, DocumentKind.STATEMENT, statement)


def test_what_the_client_pays_alone_is_not_there_for_who_reads_their_bills(cast: Cast) -> None:
    house = home(cast)
    arrange(cast, house.case_id, {house.leo: 10000}, since="2026-09-01")
    plain, kept = (hold(cast, house.case_id, "IND50", f"2026-10-{day} 10:00") for day in ("07", "14"))
    with at("2026-10-15 09:00"):
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=kept, person_ids=(house.leo,)))
    (open_one,), (hidden,) = invoice(cast, plain, on="2026-10-30"), invoice(cast, kept, on="2026-10-30")
    received = pay(cast, payer_id(cast, house.leo), house.case_id, 20_00, "2026-10-31", invoice_ids=(hidden,))
    with at("2026-11-02 09:00"):
        statement = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id(cast, house.leo), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
        his, hers = house.see("Leo", billing_page), house.see("Elena for Leo", billing_page)
        assert [(one.invoice_id, one.open_cents) for one in hers.invoices] == [(open_one, 165_00)]
        assert (his.due_cents, hers.due_cents) == (310_00, 165_00)
        assert (len(his.invoices), len(his.receipts), len(his.statements)) == (2, 1, 1)
        assert re.fullmatch(r"\w{3} \d+ \w{3} \d{4} to \w{3} \d+ \w{3} \d{4}", his.statements[0].words)
        assert (hers.receipts, hers.statements) == ((), ())
        for kind, subject in ((DocumentKind.INVOICE, hidden), (DocumentKind.RECEIPT, received),
                              (DocumentKind.STATEMENT, statement)):
            assert house.see("Leo", my_paper, kind, subject)[1] == "application/pdf"
            with pytest.raises(NotFound):
                house.see("Elena for Leo", my_paper, kind, subject)
        assert house.see("Elena for Leo", my_paper, DocumentKind.INVOICE, open_one)[1] == "application/pdf"


def test_what_is_given_back_of_a_neutral_line_says_neither_service_nor_day(cast: Cast) -> None:
    house = home(cast)
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=house.case_id, valid_from=SINCE, shares=(
            Share(person_id=house.elena, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
    with at("2026-10-20 09:00"):
        kept = booked(house, date(2026, 11, 4), confidential=(house.leo,))
        (made,) = cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 11, 1), rhythm=InvoicingRhythm.MONTH_AHEAD))
    with at("2026-11-02 09:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=kept, by="provider"))
        cast.do("Tom", settle_all, SettleAll())
        with database.reading(cast.engine) as session:
            note = session.scalars(select(CreditNote)).one()
            assert (note.invoice_id, note.amount_cents) == (made, 165_00)
        said = paper(cast, DocumentKind.CREDIT_NOTE, note.id)
        for word in ("IND50", "4 November", "2026-11-04"):
            assert word not in said
        assert "Less is due than was invoiced" in said


def test_bills_of_a_client_who_shares_a_mailbox_are_not_spoken_of_there(cast: Cast) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail="home@example.org")
    arrange(cast, house.case_id, {house.leo: 10000}, since="2026-09-01")
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().notify_payers = True
    for day, confidential, heard in (("07", False, 2), ("14", True, 2)):
        held = hold(cast, house.case_id, "IND50", f"2026-10-{day} 10:00")
        if confidential:
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
        invoice(cast, held)
        with database.reading(cast.engine) as session:
            assert len(session.scalars(select(OutboxMessage).where(
                OutboxMessage.kind == MessageKind.INVOICE_ISSUED)).all()) == heard


@pytest.mark.parametrize("elenas", ["home@example.org", "elena@example.org"])
def test_whoever_reminds_payers_is_told_before_who_cannot_be_written_to_on_a_shared_mailbox(
    cast: Cast, elenas: str
) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail=elenas)
    arrange(cast, house.case_id, {house.leo: 5000, house.elena: 5000}, since="2026-09-01")
    held = hold(cast, house.case_id, "IND50", "2026-10-07 10:00")
    invoice(cast, held)
    leo, elena = payer_id(cast, house.leo), payer_id(cast, house.elena)
    with at("2026-12-20 09:00"):
        rows = cast.read("Tom", overdue_list).rows
        assert {row.overdue.account.payer_id: row.why_not for row in rows} == {leo: "", elena: ""}, "before"
    cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
    shared = elenas == "home@example.org"
    with at("2026-12-20 09:00"):
        rows = cast.read("Tom", overdue_list).rows
        preview = cast.read("Tom", reminder_preview, [leo, elena])
        assert {row.overdue.account.payer_id: row.why_not for row in rows} == {
            one.payer_id: one.why_not for one in preview.lines} == {leo: SHARED if shared else "", elena: ""}
        assert cast.read("Tom", billing_mail_of, leo) == (True, SHARED if shared else "")
        reminded = cast.do("Tom", send_reminders, SendReminders(payer_ids=(leo, elena)))
        assert set(reminded) == {one.payer_id for one in preview.ready}, "what was said is what was done"


def test_neutral_lines_stand_last_and_a_payer_of_the_month_reads_no_order(cast: Cast) -> None:
    house = home(cast)
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=house.case_id, valid_from=SINCE, shares=(
            Share(person_id=house.elena, rhythm=InvoicingRhythm.MONTHLY),)))
    for day in ("07", "14", "21"):
        held = hold(cast, house.case_id, "IND50", f"2026-10-{day} 10:00")
        if day == "14":
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
        invoice(cast, held)
    with at("2026-11-02 09:00"):
        (made,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 10, 1)))
    with database.reading(cast.engine) as session:
        content = session.scalars(select(IssuedDocument).where(IssuedDocument.invoice_id == made)).one().content
    assert [(one["service_date"], one["month_only"], one["amount_cents"]) for one in content["lines"]] == [
        ("2026-10-07", False, 165_00), ("2026-10-21", False, 165_00), ("2026-10-01", True, 165_00)]
    assert content["total_cents"] == 495_00


def test_a_superbill_is_the_clients_and_a_confidential_session_on_it_keeps_it_theirs(cast: Cast) -> None:
    house = home(cast)
    licensed(cast)
    details, revision = cast.read("Dana", person_details, house.leo)
    cast.do("Dana", change_person, ChangePerson(
        person_id=house.leo, revision=revision, person=details.model_copy(update={"address": ADDRESS})))
    diagnose(cast, house.case_id, house.leo)
    bills = []
    for month, confidential in ((9, False), (10, True)):
        held = hold(cast, house.case_id, "IND50", f"2026-{month:02}-14 10:00")
        if confidential:
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
        invoice(cast, held)
        pay(cast, payer_id(cast, house.leo), house.case_id, 165_00, f"2026-{month:02}-15")
        bills.append(issue(cast, house.case_id, house.leo, f"2026-{month:02}-01", f"2026-{month:02}-28"))
    plain, kept = bills
    with at("2026-11-21 09:00"):
        assert {one.subject_id for one in house.see("Leo", billing_page).superbills} == {plain, kept}
        assert [one.subject_id for one in house.see("Elena for Leo", billing_page).superbills] == [plain]
        assert "IND50" in text_of(house.see("Leo", my_paper, DocumentKind.SUPERBILL, kept)[2])
        with pytest.raises(NotFound):
            house.see("Elena for Leo", my_paper, DocumentKind.SUPERBILL, kept)
