"""Papers leave through the server: to whom they belong, as attachments, with a row in the audit log."""

from datetime import date, time

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from practicerunner import clock, database
from practicerunner.errors import NotPermitted
from practicerunner.server import downloads, statement_worker
from practicerunner.vocabulary import CaseType, PaymentMethodKind, ShareChannel, SupervisionFormat
from practicerunner.workflows import invitations, sign_in, staff
from practicerunner.workflows.estimates import DraftEstimate, ItemAsked, ShareEstimate, draft_estimate, share_estimate
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.statement_runs import IssueStatements, issue_statements
from practicerunner.workflows.statements import IssueStatement, issue_statement
from practicerunner.workflows.supervision_hours import RecordHour, record_hour
from tests.cast import Cast, at, bring_on, hold, invoice, moment, pay, payer_id, people_of
from tests.insurance import complete, diagnose, issue, licensed

PASSWORD = "four quiet words here"


@pytest.fixture
def linden(sqlite_engine: Engine) -> Cast:
    cast = bring_on(sqlite_engine)
    with database.transaction() as session:
        session.execute(text("update practice set totp_required = false"))
    return cast


def cookie(cast: Cast, name: str) -> dict[str, str]:
    """Sign somebody in at the end of the year of the papers."""
    with database.transaction() as session:
        person = session.get_one(staff.Staff, cast.staff[name])
        invitations.set_password(session, person, PASSWORD)
        token = sign_in.sign_in(session, person.email, PASSWORD).token
    return {"cookie": f"pr_session={token}"}


@pytest.fixture
def paid(linden: Cast) -> tuple[int, int]:
    """An invoice of Marcus's client, and the payment for it."""
    case_id = linden.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    (invoice_id,) = invoice(linden, hold(linden, case_id, "IND50", "2026-03-09 10:00"))
    nora = people_of(linden, case_id)["Nora"]
    with database.reading() as session:
        payer_id = session.execute(text("select id from payer where person_id = :p"), {"p": nora}).scalar_one()
    return invoice_id, pay(linden, payer_id, case_id, 165_00, "2026-03-10")


def test_a_statement_leaves_like_other_papers(web: TestClient, linden: Cast, paid: tuple[int, int]) -> None:
    with database.reading() as session:
        payer_id = session.execute(text("select payer_id from invoice where id = :i"), {"i": paid[0]}).scalar_one()
    with clock.frozen(moment("2026-04-01 09:00")):
        made = linden.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31)))
        answer = web.get(f"/files/statement/{made}.pdf", headers=cookie(linden, "Tom"))
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
        assert "ST-2026-0001.pdf" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
        assert web.get(f"/files/statement/{made}.pdf", headers=cookie(linden, "Tom")).content == answer.content
        assert web.get(f"/files/statement/{made}.pdf", headers=cookie(linden, "Olga")).status_code == 404
        assert web.get(f"/files/statement/{made}.pdf").status_code != 200
        assert web.get("/files/statement/1.pdf", headers=cookie(linden, "Tom")).status_code == 404


def test_a_months_statements_leave_as_one_file(web: TestClient, linden: Cast, paid: tuple[int, int]) -> None:
    with clock.frozen(moment("2026-04-01 09:00")):
        run_id = linden.do("Tom", issue_statements, IssueStatements(month=date(2026, 3, 1)))
        path = f"/files/statements/{run_id}.pdf"
        tom = cookie(linden, "Tom")
        assert web.get(path, headers=tom).status_code == 404, "nothing is issued yet"
        statement_worker.work()
        answer = web.get(path, headers=tom)
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
        assert "Statements March 2026.pdf" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
        assert web.get(path, follow_redirects=False).status_code == 303
        assert web.get(path, headers=cookie(linden, "Olga")).status_code == 404
        assert web.get(path, headers=cookie(linden, "Priya")).status_code == 403
        for wrong in ("1", str(2**63), str(paid[0])):
            assert web.get(f"/files/statements/{wrong}.pdf", headers=tom).status_code == 404


def test_invoice_and_receipt_come_as_attachments_that_no_browser_keeps(
    web: TestClient, linden: Cast, paid: tuple[int, int]
) -> None:
    invoice_id, payment_id = paid
    with clock.frozen(moment("2026-03-11 09:00")):
        tom = cookie(linden, "Tom")
        for path, name in ((f"/files/invoice/{invoice_id}.pdf", "INV-2026-0001.pdf"),
                           (f"/files/receipt/{payment_id}.pdf", "RCT-2026-0001.pdf")):
            answer = web.get(path, headers=tom)
            assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
            assert answer.headers["content-type"] == "application/pdf"
            assert answer.headers["content-disposition"] == (
                f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert web.get(path, headers=tom).content == answer.content
    with database.reading() as session:
        rows = session.execute(
            text("select staff_id, detail from audit_log where action = 'download' order by seq")).all()
    assert [tuple(r) for r in rows] == [(linden.staff["Tom"], "INV-2026-0001")] * 2 + [
        (linden.staff["Tom"], "RCT-2026-0001")] * 2


def test_refund_receipts_and_credit_notes_come_too_and_a_stranger_gets_neither(
    web: TestClient, linden: Cast, paid: tuple[int, int]
) -> None:
    with clock.frozen(moment("2026-03-11 09:00")):
        refund_id = linden.do("Tom", refund_payment, RefundPayment(
            payment_id=paid[1], amount_cents=5_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 3, 11),
            reason="late start", credit_invoices=True, credit_note=True))
        with database.reading() as session:
            note_id = session.execute(text("select id from credit_note")).scalar_one()
        for path, name in ((f"/files/refund/{refund_id}.pdf", "RF-2026-0001.pdf"),
                           (f"/files/credit_note/{note_id}.pdf", "CN-2026-0001.pdf")):
            answer = web.get(path, headers=cookie(linden, "Tom"))
            assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
            assert name in answer.headers["content-disposition"]
            assert web.get(path, headers=cookie(linden, "Olga")).status_code == 404
            assert web.get(path).status_code == 303
        assert web.get("/files/refund/12.pdf", headers=cookie(linden, "Tom")).status_code == 404


def test_a_stranger_learns_only_that_there_is_nothing(web: TestClient, linden: Cast, paid: tuple[int, int]) -> None:
    invoice_id, payment_id = paid
    with clock.frozen(moment("2026-03-11 09:00")):
        olga, marcus = cookie(linden, "Olga"), cookie(linden, "Marcus")
        never = web.get("/files/invoice/12345.pdf", headers=olga)
        for path in (f"/files/invoice/{invoice_id}.pdf", f"/files/receipt/{payment_id}.pdf"):
            answer = web.get(path, headers=olga)
            assert (answer.status_code, answer.text) == (never.status_code, never.text) == (
                404, "There is no such file.")
            assert web.get(path, headers=marcus).status_code == 200
    with database.reading() as session:
        refused = session.execute(text("select count(*) from audit_log where outcome = 'refused'")).scalar_one()
    assert refused == 3


def test_superbills_and_estimates_go_to_those_who_may_print_them(web: TestClient, linden: Cast) -> None:
    licensed(linden)
    case_id = linden.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    nora = complete(linden, case_id)["Nora"]
    diagnose(linden, case_id, nora, since="2026-03-01")
    invoice(linden, hold(linden, case_id, "IND50", "2026-03-09 10:00"))
    pay(linden, payer_id(linden, nora), case_id, 165_00, "2026-03-10")
    with clock.frozen(moment("2026-03-11 09:00")):
        superbill = issue(linden, case_id, nora, "2026-03-01", "2026-03-31", on="2026-03-11")
        item = ItemAsked(service_id=linden.services["IND50"], quantity=1, first_on=date(2026, 3, 30))
        draft = linden.do("Tom", draft_estimate, DraftEstimate(
            case_id=case_id, person_id=nora, items=(item,), place="Albany, NY"))
        estimate = linden.do("Tom", share_estimate, ShareEstimate(
            draft_id=draft, revision=1, channel=ShareChannel.POST))
        tom, olga, ruth = cookie(linden, "Tom"), cookie(linden, "Olga"), cookie(linden, "Ruth")
        for path, name in ((f"/files/superbill/{superbill}.pdf", "SB-2026-0001.pdf"),
                           (f"/files/good_faith_estimate/{estimate}.pdf", "GFE-2026-0001.pdf")):
            answer = web.get(path, headers=tom)
            assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
            assert name in answer.headers["content-disposition"]
            assert answer.headers["cache-control"] == "no-store"
            assert (web.get(path, headers=olga).status_code, web.get(path, headers=ruth).status_code) == (404, 404)
            assert web.get(path, headers={"accept": "application/pdf"}).status_code == 401
    with database.reading() as session:
        handed = session.execute(text(
            "select detail from audit_log where action = 'download' and outcome = 'allowed' order by seq"
        )).scalars().all()
    assert handed == ["SB-2026-0001", "GFE-2026-0001"]


def test_without_a_session_there_is_no_file(web: TestClient, linden: Cast, paid: tuple[int, int]) -> None:
    path = f"/files/invoice/{paid[0]}.pdf"
    assert web.get(path).headers["location"] == f"/auth/sign-in?next={path}"
    assert web.get(path, headers={"accept": "application/pdf"}).status_code == 401
    with clock.frozen(moment("2026-03-11 09:00")):
        tom = cookie(linden, "Tom")
    with clock.frozen(moment("2026-03-11 09:16")):
        assert web.get(path, headers=tom).status_code == 303


@pytest.mark.parametrize("path", [
    "/files/invoice/0.pdf", "/files/invoice/9223372036854775808.pdf", "/files/note/1.pdf", "/files/denial/1.pdf",
    "/files/denial/9223372036854775808.pdf", "/files/secrets.csv",
    "/files/superbill/1.pdf",
    "/files/good_faith_estimate/1.pdf", "/files/invoice/x.pdf", "/files/", "/files/../app.py", "/files/invoice/1.html",
])
def test_what_does_not_exist_is_not_found(web: TestClient, linden: Cast, path: str) -> None:
    assert web.get(path, headers=cookie(linden, "Dana")).status_code == 404


def test_a_table_is_fetched_by_its_name_as_the_acting_person(
    web: TestClient, linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def people(session, actor):
        if actor.staff_id == linden.staff["Tom"]:
            raise NotPermitted(actor=actor, action="export", resource="bulk_data")
        return "Łukasz, März.csv", "text/csv; charset=utf-8", f"name\r\n{actor.name}\r\n".encode()

    monkeypatch.setitem(downloads.TABLES, "people", lambda asked: people)
    answer = web.get("/files/people.csv", headers=cookie(linden, "Dana"))
    assert (answer.status_code, answer.text) == (200, "name\r\nDana Okafor\r\n")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_ukasz_ M_rz.csv\"; filename*=UTF-8''%C5%81ukasz%2C%20M%C3%A4rz.csv")
    denied = web.get("/files/people.csv", headers=cookie(linden, "Tom"))
    assert (denied.status_code, denied.text) == (403, "Your role does not allow this.")


def test_the_client_list_is_the_one_on_the_screen_of_whoever_asks(web: TestClient, linden: Cast) -> None:
    linden.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    linden.open_case(CaseType.FAMILY, "Ana Reyes", "Leo Reyes", name="Reyes")
    linden.open_case(CaseType.INDIVIDUAL, "Zoe Decoy", provider="Olga")

    def names(who: str, query: str = "") -> list[str]:
        answer = web.get(f"/files/clients.csv{query}", headers=cookie(linden, who))
        assert answer.status_code == 200, answer.text
        return [line.split(",")[0].lstrip("\ufeff") for line in answer.content.decode("utf-8-sig").splitlines()][1:]

    everybody = names("Dana")
    assert len(everybody) == 3 and len(names("Marcus")) == 2 and len(names("Olga")) == 1
    assert names("Dana", "?descending=1") == everybody[::-1]
    assert len(names("Dana", "?type=family")) == 1 and len(names("Dana", "?search=Decoy")) == 1
    assert names("Dana", f"?provider={linden.staff['Olga']}") == names("Olga")
    assert names("Dana", "?filter=archived") == []
    for wrong in ("?filter=all", "?type=trio", "?sort=password", "?provider=x"):
        assert web.get(f"/files/clients.csv{wrong}", headers=cookie(linden, "Dana")).status_code == 400


def test_receivables_by_age_are_of_the_day_and_of_whoever_asks(web: TestClient, linden: Cast) -> None:
    case_id = linden.open_case(CaseType.INDIVIDUAL, "=Nora Lindqvist")
    invoice(linden, hold(linden, case_id, "IND50", "2026-02-03 10:00"))

    def lines(who: str, day: str) -> list[str]:
        answer = web.get(f"/files/aging.csv?day={day}", headers=cookie(linden, who))
        assert answer.status_code == 200, answer.text
        assert f"aging-{day}.csv" in answer.headers["content-disposition"]
        return answer.content.decode("utf-8-sig").splitlines()[1:]

    assert lines("Tom", "2026-02-03") == ["'=Nora Lindqvist,2026-02-03,165.00,165.00,0.00,0.00,0.00"]
    assert lines("Marcus", "2026-03-06") == ["'=Nora Lindqvist,2026-03-06,165.00,0.00,165.00,0.00,0.00"]
    assert lines("Tom", "2026-02-02") == lines("Olga", "2026-02-03") == []
    for wrong in ("", "?day=", "?day=2026-02-30", "?day=1;drop"):
        assert web.get(f"/files/aging.csv{wrong}", headers=cookie(linden, "Tom")).status_code == 400
    with database.reading() as session:
        exported = "select count(*) from audit_log where action = 'export' and resource = 'invoices'"
        assert session.execute(text(exported)).scalar_one() == 4


def test_a_table_of_the_overview_holds_what_whoever_asks_may_see(web: TestClient, linden: Cast) -> None:
    for first, provider in (("Nora", "Marcus"), ("Zoe", "Olga")):
        case = linden.open_case(CaseType.INDIVIDUAL, f"{first} Lindqvist", provider=provider)
        invoice(linden, hold(linden, case, "IND50", "2026-01-02 10:00", by=provider))

    def asked(who: str, query: str) -> tuple[int, list[str]]:
        answer = web.get(f"/files/overview.csv?{query}", headers=cookie(linden, who))
        return answer.status_code, answer.content.decode("utf-8-sig").splitlines()

    with at("2026-01-05 09:00"):
        for who, names in (("Dana", {"Marcus Bell", "Olga Outsider"}), ("Marcus", {"Marcus Bell"}),
                           ("Tom", {"Marcus Bell", "Olga Outsider"})):
            status, lines = asked(who, "table=money&period=this_month")
            assert (status, {line.split(",")[0] for line in lines[1:]}) == (200, names)
            assert all(line.endswith(",165.00,0.00,165.00,0.00,0.00") for line in lines[1:])
        olga = linden.staff["Olga"]
        assert len(asked("Dana", f"table=movements&period=this_month&by=provider&of={olga}")[1]) == 2
        assert len(asked("Dana", f"table=receivable&period=this_month&provider={olga}")[1]) == 2
        assert len(asked("Dana", f"table=receivable&period=last_month&provider={olga}")[1]) == 1
        assert asked("Marcus", f"table=invoiced&period=this_month&provider={olga}") == (200, [
            "Date,Payer,Client,Provider,Service,Invoice,What,Invoiced"])
        assert asked("Tom", "table=revenue&period=this_month")[0] == 403
        assert asked("Tom", "table=money&period=this_month&by=kind")[0] == 403
        assert asked("Ruth", "table=money&period=this_month")[0] == 200
        for wrong in ("", "table=money", "table=salaries&period=this_month", "table=money&period=ever",
                      "table=money&period=this_month&provider=x", "table=money&period=this_month&by=diagnosis",
                      "table=movements&period=this_month&by=month&of=now", "table=movements&period=this_month&of=9x"):
            assert asked("Dana", wrong)[0] == 400, wrong
    with database.reading() as session:
        exported = "select count(*) from audit_log where action = 'export' and resource = 'financial_dashboards'"
        assert session.scalar(text(exported)) == 8


def test_the_hours_of_supervision_are_those_of_whoever_asks(web: TestClient, linden: Cast) -> None:
    linden.do("Ruth", record_hour, RecordHour(
        supervisor_id=linden.staff["Ruth"], supervisee_ids=(linden.staff["Priya"],), held_on=date(2026, 1, 6),
        starts=time(9), minutes=50, kind=SupervisionFormat.INDIVIDUAL, topics="Sealed words."))
    for who, rows in (("Ruth", 1), ("Priya", 1), ("Dana", 1), ("Marcus", 0)):
        answer = web.get("/files/supervision-hours.csv", headers=cookie(linden, who))
        assert answer.status_code == 200 and "Sealed" not in answer.text
        assert len(answer.content.decode("utf-8-sig").splitlines()) == 1 + rows
        assert "supervision-hours.csv" in answer.headers["content-disposition"]
    assert web.get("/files/supervision-hours.csv", headers=cookie(linden, "Tom")).status_code == 403
    with database.reading() as session:
        exported = "select count(*) from audit_log where action = 'export' and resource = 'supervision_note'"
        assert session.execute(text(exported)).scalar_one() == 4


@pytest.mark.parametrize("name", ['a"b.pdf', "a\r\nSet-Cookie: x.pdf", "../../etc/passwd", ""])
def test_a_file_name_cannot_break_the_header(name: str) -> None:
    header = downloads.attachment(name)
    assert header.isprintable() and header.count('"') == 2 and "/" not in header
