"""Statements: from the ledger, frozen when issued, for a payer and no more than that payer may see."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.money import dollars
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import LedgerEntry, Payment
from practicerunner.records.statements import Statement
from practicerunner.vocabulary import CaseType, DocumentKind, EntryKind, PaymentMethodKind
from practicerunner.workflows.papers import fetch
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.statements import (
    IssueStatement,
    issue_statement,
    statement_preview,
    statements_of_case,
    statements_of_payer,
    summary,
)
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer, payer_id, people_of
from tests.documents.papers import letters, pages, problems

OCTOBER = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 10, 31)}
NOVEMBER = {"starts_on": date(2026, 11, 1), "ends_on": date(2026, 11, 30)}


def own(cast: Cast, case_id: int) -> int:
    return payer_id(cast, min(people_of(cast, case_id).values()))


def text_of(cast: Cast, name: str, statement_id: int) -> str:
    return "\n".join(pages(handed_out(cast, name, statement_id)))


def handed_out(cast: Cast, name: str, statement_id: int) -> bytes:
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return fetch(session, actor, DocumentKind.STATEMENT, statement_id)[2]


def issue(cast: Cast, payer: int, *, by: str = "Tom", on: str = "2026-12-01", **asked: object) -> int:
    with at(f"{on} 09:00"):
        return cast.do(by, issue_statement, IssueStatement(payer_id=payer, **(OCTOBER | asked)))


@pytest.fixture
def ida(cast: Cast) -> int:
    """An individual case: a September session open, an October one paid by half."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    invoice(cast, hold(cast, case_id, "IND50", "2026-09-15 10:00"))
    (later,) = invoice(cast, hold(cast, case_id, "IND50", "2026-10-06 10:00"))
    pay(cast, own(cast, case_id), case_id, 80_00, "2026-10-20", invoice_ids=(later,))
    return case_id


def test_the_paper_says_what_the_preview_says_and_stays_the_same_bytes(cast: Cast, ida: int) -> None:
    with at("2026-12-01 09:00"):
        shown = cast.read("Tom", statement_preview, own(cast, ida), **OCTOBER)
    made = issue(cast, own(cast, ida))
    first = handed_out(cast, "Tom", made)
    said = letters("".join(pages(first)))
    for line in shown.statement.movements:
        row = f"{line.day.day} {line.day:%B} {line.day.year}{line.what}{line.number}" \
              f"{dollars(line.amount_cents)}{dollars(line.balance_cents)}"
        assert letters(row) in said
    for name, cents in summary(shown.statement):
        assert letters(name + dollars(cents)) in said
    for item in shown.statement.open_items:
        assert item.what in said
    assert letters("Closing balance USD 250.00") in said
    assert "ST-2026-0001" in said and "IdaHolm" in said
    assert problems(first) == []
    pay(cast, own(cast, ida), ida, 10_00, "2026-10-30")
    assert handed_out(cast, "Tom", made) == first


def test_adjacent_statements_chain(cast: Cast, ida: int) -> None:
    october = issue(cast, own(cast, ida))
    november = issue(cast, own(cast, ida), **NOVEMBER)
    with database.reading(cast.engine) as session:
        rows = [session.get_one(Statement, one) for one in (october, november)]
    assert [(row.opening_cents, row.closing_cents) for row in rows] == [(165_00, 250_00), (250_00, 250_00)]
    assert [row.number for row in rows] == ["ST-2026-0001", "ST-2026-0002"]
    assert "Nothing moved in this period." in text_of(cast, "Tom", november)


def test_what_was_recorded_afterwards_is_said_where_statements_would_not_chain(cast: Cast, ida: int) -> None:
    issue(cast, own(cast, ida), on="2026-11-01")
    pay(cast, own(cast, ida), ida, 50_00, "2026-11-05")
    with at("2026-12-01 09:00"):
        assert cast.read("Tom", statement_preview, own(cast, ida), **NOVEMBER).remark == ""
    with at("2026-11-06 09:00"):
        cast.do("Tom", record_payment, RecordPayment(
            payer_id=own(cast, ida), case_id=ida, method=PaymentMethodKind.CASH, amount_cents=20_00,
            received_on=date(2026, 10, 28)))
    november = issue(cast, own(cast, ida), **NOVEMBER)
    said = " ".join(text_of(cast, "Tom", november).split())
    assert "ST-2026-0001 closed with 250.00. What was recorded afterwards for days until then makes it 230.00." in said


def test_a_voided_invoice_stands_with_its_reversal_and_a_reissued_one_with_both(cast: Cast, ida: int) -> None:
    (wrong,) = invoice(cast, hold(cast, ida, "IND60", "2026-10-13 10:00"))
    with at("2026-10-14 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=wrong, reason="entered twice, shame"))
    (again,) = invoice(cast, hold(cast, ida, "INTAKE", "2026-10-21 10:00"))
    with at("2026-10-22 09:00"):
        cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=again, reason="address"))
    with at("2026-12-01 09:00"):
        made = cast.read("Tom", statement_preview, own(cast, ida), **OCTOBER).statement
    assert [(line.what, line.amount_cents) for line in made.movements] == [
        ("IND50", 165_00), ("IND60", 190_00), ("Voided: IND60, 13 October 2026", -190_00), ("Payment, cheque", -80_00),
        ("INTAKE", 225_00), ("Voided: INTAKE, 21 October 2026", -225_00), ("INTAKE, 21 October 2026", 225_00),
    ]
    assert made.closing_cents == 165_00 + 165_00 - 80_00 + 225_00
    assert "shame" not in text_of(cast, "Tom", issue(cast, own(cast, ida)))


def test_a_payer_reads_of_nobody_but_whom_they_pay_for(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ada Grant", "Bela Roth", "Cora Secret", name="Thursday circle")
    people = people_of(cast, group)
    sponsor = payer(cast, "Sam", "Sponsor")
    for name in ("Ada", "Bela"):
        arrange(cast, group, {sponsor: 10000}, since="2026-09-01", person_id=people[name])
    arrange(cast, group, {people["Cora"]: 10000}, since="2026-09-01", person_id=people["Cora"])
    invoice(cast, hold(cast, group, "GRP90", "2026-10-08 18:00"))
    theirs = text_of(cast, "Tom", issue(cast, payer_id(cast, sponsor)))
    hers = text_of(cast, "Tom", issue(cast, payer_id(cast, people["Cora"])))
    assert "GRP90, for Ada Grant" in theirs and "for Bela Roth" in theirs and "Cora" not in theirs
    assert "Closing balance" in hers and "75.00" in hers
    assert not any(word in hers for word in ("Ada", "Bela", "Sam", "150.00"))


def test_a_statement_over_all_cases_covers_those_one_may_see_and_only_they_are_read(cast: Cast, ida: int) -> None:
    person = min(people_of(cast, ida).values())
    with at("2026-08-01 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Wanda Writer", provider="Olga")
    arrange(cast, other, {person: 10000}, since="2026-08-01")
    invoice(cast, hold(cast, other, "CONS60", "2026-10-07 10:00", by="Olga"))
    whole = issue(cast, own(cast, ida))
    part = issue(cast, own(cast, ida), by="Marcus")
    one = issue(cast, own(cast, ida), case_id=other, again=True)
    assert "CONS60" in text_of(cast, "Tom", whole) and "Wanda Writer" in text_of(cast, "Tom", whole)
    assert "CONS60" not in text_of(cast, "Marcus", part)
    assert "IND50" not in text_of(cast, "Olga", one)
    for name, statement_id in (("Marcus", whole), ("Olga", whole), ("Olga", part), ("Marcus", one)):
        with pytest.raises(NotFound):
            handed_out(cast, name, statement_id)
    listed = {
        name: [row.statement_id for row in cast.read(name, statements_of_payer, own(cast, ida)).rows]
        for name in ("Tom", "Dana", "Marcus", "Olga")
    }
    assert set(listed["Tom"]) == set(listed["Dana"]) == {whole, part, one}
    assert (listed["Marcus"], listed["Olga"]) == ([part], [one])
    assert [row.statement_id for row in cast.read("Marcus", statements_of_case, ida).rows] == [part]


def test_who_reads_invoices_reads_statements_and_who_may_not_issue_is_refused(cast: Cast, ida: int) -> None:
    theirs = own(cast, ida)
    with at("2026-12-01 09:00"):
        for name in ("Olga", "Ruth", "Priya"):
            for ask in (
                lambda who: cast.read(who, statement_preview, theirs, **OCTOBER),
                lambda who: cast.read(who, statements_of_payer, theirs),
                lambda who: cast.read(who, statements_of_case, ida),
            ):
                with pytest.raises(NotFound):
                    ask(name)
    with pytest.raises(NotFound):
        issue(cast, theirs, by="Olga")
    with pytest.raises(NotPermitted):
        cast.do("Priya", issue_statement, IssueStatement(payer_id=theirs, **OCTOBER))
    with database.reading(cast.engine) as session:
        assert session.scalar(select(Statement.id)) is None
    assert issue(cast, theirs, by="Marcus") and issue(cast, theirs, by="Dana", again=True)


def test_an_associates_supervisor_reads_the_statement_and_neither_issues_one(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        noor = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    invoice(cast, hold(cast, noor, "IND50", "2026-10-06 10:00", by="Priya"))
    made = issue(cast, own(cast, noor))
    for name in ("Priya", "Ruth"):
        assert "Noor Haddad" in text_of(cast, name, made)
        assert [row.statement_id for row in cast.read(name, statements_of_case, noor).rows] == [made]
    with pytest.raises(NotPermitted):
        issue(cast, own(cast, noor), by="Priya")
    with pytest.raises((NotFound, NotPermitted)):
        issue(cast, own(cast, noor), by="Ruth")


def test_a_period_is_over_and_begins_before_it_ends(cast: Cast, ida: int) -> None:
    with pytest.raises(BadInput, match="today at the latest"):
        issue(cast, own(cast, ida), on="2026-10-30")
    with pytest.raises(BadInput, match="before the first"):
        issue(cast, own(cast, ida), ends_on=date(2026, 9, 30))
    assert issue(cast, own(cast, ida), on="2026-10-31")


def test_a_payer_without_that_case_has_no_statement_of_it(cast: Cast, ida: int) -> None:
    with at("2026-08-01 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Olaf Other")
    for whose, case_id in ((own(cast, ida), other), (own(cast, ida), 1), (1, None), (own(cast, other), ida)):
        with pytest.raises(NotFound):
            issue(cast, whose, case_id=case_id)


def test_a_second_click_issues_nothing_and_each_issue_and_handing_out_is_logged(cast: Cast, ida: int) -> None:
    asked = IssueStatement(payer_id=own(cast, ida), **OCTOBER)
    with at("2026-12-01 09:00"):
        made = [cast.do("Tom", issue_statement, asked) for _ in range(2)]
    assert made[0] == made[1]
    handed_out(cast, "Tom", made[0])
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(Statement.id)).all()) == 1
        logged = session.execute(select(AuditRow.action, AuditRow.detail).where(
            AuditRow.resource_id == made[0]).order_by(AuditRow.seq)).all()
    assert [tuple(row) for row in logged] == [("issue_statement", "ST-2026-0001"), ("download", "ST-2026-0001")]


def test_a_statement_is_never_changed(cast: Cast, ida: int) -> None:
    issue(cast, own(cast, ida))
    for words in ("update statement set closing_cents = 1", "delete from statement", "delete from statement_case",
                  "update statement_case set case_id = 1"):
        with pytest.raises(DBAPIError), database.transaction(cast.engine) as session:
            session.execute(text(words))


def test_what_an_import_brought_in_opens_the_next_statement_and_is_open_by_its_day(cast: Cast) -> None:
    with at("2026-09-30 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Otto Old")
    debtor = own(cast, case_id)
    with database.transaction(cast.engine) as session:
        session.add(LedgerEntry(
            case_id=case_id, payer_id=debtor, kind=EntryKind.OPENING, amount_cents=330_00,
            effective_on=date(2026, 9, 30), recorded_by_id=cast.staff["Tom"]))
    pay(cast, debtor, case_id, 30_00, "2026-10-05")
    said = " ".join(text_of(cast, "Tom", issue(cast, debtor)).split())
    assert "Opening balance 330.00 Charges 0.00 Payments -30.00" in said
    assert "Balance from before 30 September 2026 300.00" in said
    september = issue(cast, debtor, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 30))
    said = " ".join(text_of(cast, "Tom", september).split())
    assert "Opening balance 0.00 Balance from before 330.00 Charges 0.00" in said


def test_a_refund_stands_under_its_own_number(cast: Cast, ida: int) -> None:
    with database.reading(cast.engine) as session:
        (payment_id,) = session.scalars(select(Payment.id)).all()
    for cents, reason in ((10_00, "goodwill"), (5_00, "goodwill")):
        with at("2026-10-22 09:00"):
            cast.do("Tom", refund_payment, RefundPayment(
                payment_id=payment_id, amount_cents=cents, method=PaymentMethodKind.CHEQUE,
                refunded_on=date(2026, 10, 22), reason=reason))
    with at("2026-12-01 09:00"):
        made = cast.read("Tom", statement_preview, own(cast, ida), **OCTOBER).statement
    assert [(line.what, line.number, line.amount_cents) for line in made.movements] == [
        ("IND50", "INV-2026-0002", 165_00), ("Payment, cheque", "RCT-2026-0001", -80_00),
        ("Refund", "RF-2026-0001", 10_00), ("Refund", "RF-2026-0002", 5_00),
    ]
