"""Taking over clients from a file, and undoing it."""

import time as stopwatch
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import billing, payments
from practicerunner.records.audit import AuditRow, first_broken_row
from practicerunner.records.base import Base
from practicerunner.records.billing import LedgerEntry, OpenInvoice
from practicerunner.records.cases import Case, Participant
from practicerunner.records.imports import ImportedRow, ImportRun
from practicerunner.records.people import ContactPoint, Payer, Person
from practicerunner.rules.importing import DateOrder, Field
from practicerunner.vocabulary import CaseStatus, CaseType, PaymentMethodKind, Resource, RowOutcome, TwoPersonLabel
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.cases import MarkReviewed, OpenCase, Taking, mark_reviewed, open_case
from practicerunner.workflows.imports import (
    AlreadyUndone,
    ImportClients,
    UndoImport,
    import_clients,
    import_report,
    import_runs,
    look_at,
    plan_import,
    plan_undo,
    providers_to_choose,
    undo_import,
)
from practicerunner.workflows.papers import refund_pdf
from practicerunner.workflows.payment_pages import unapplied_credit
from practicerunner.workflows.payments import UseCredit, use_credit
from practicerunner.workflows.people import find_people, person_details
from practicerunner.workflows.refunds import RefundCredit, credit_detail, refund_credit
from practicerunner.workflows.statements import statement_preview
from tests.cast import Cast, at, balance, hold, how_many, invoice, payer_id, people_of
from tests.documents.papers import lines as lines_of
from tests.insurance import logged

SYNTHEA = (Path(__file__).parents[1] / "data" / "synthea_patients.csv").read_bytes()


@pytest.fixture(autouse=True)
def clock_at_november() -> Iterator[None]:
    with at("2026-11-12 09:00"):
        yield


def command(cast: Cast, file: bytes, **more: object) -> ImportClients:
    """Import a file as it is proposed."""
    return ImportClients(**{
        "file": file, "file_name": "clients.csv", "mapping": dict(look_at(file).mapping),
        "default_provider_id": cast.staff["Marcus"], "accept_bad_rows": True, **more,
    })


def bring_in(cast: Cast, text: str, **more: object) -> int:
    return cast.do("Dana", import_clients, command(cast, text.encode(), **more))


def outcomes(cast: Cast, run_id: int) -> dict[int, RowOutcome]:
    with database.reading(cast.engine) as session:
        rows = session.execute(select(ImportedRow.line, ImportedRow.outcome).where(ImportedRow.run_id == run_id))
        return dict(rows.tuples().all())


def everything_stored(cast: Cast) -> str:
    """Every cell of every table as text."""
    with database.reading(cast.engine) as session:
        return "\n".join(
            str(tuple(row)) for table in Base.metadata.sorted_tables
            for row in session.execute(text(f'select * from "{table.name}"'))
        )


def test_the_synthea_file_comes_in_row_by_row_without_what_must_stay_outside(cast: Cast) -> None:
    look = look_at(SYNTHEA)
    assert set(look.forbidden) == {"SSN", "DRIVERS", "PASSPORT"}
    assert not set(look.examples) & set(look.forbidden)
    assert {column: meant for column, meant in look.mapping.items() if meant} == {
        "BIRTHDATE": Field.BIRTH_DATE, "DEATHDATE": Field.DIED_ON, "FIRST": Field.FIRST_NAME,
        "LAST": Field.LAST_NAME, "ADDRESS": Field.STREET, "CITY": Field.CITY, "STATE": Field.REGION,
        "ZIP": Field.POSTCODE,
    }
    asked = command(cast, SYNTHEA)
    plan = cast.read("Dana", plan_import, SYNTHEA, "p.csv", asked.mapping, None, cast.staff["Marcus"])
    assert (plan.new, plan.bad) == (13, ())
    run_id = cast.do("Dana", import_clients, asked)
    assert outcomes(cast, run_id) == dict.fromkeys(range(2, 15), RowOutcome.NEW)
    with database.reading(cast.engine) as session:
        people = session.execute(
            select(ImportedRow.line, Person, Case).join(Person, Person.id == ImportedRow.person_id)
            .join(Case, Case.id == ImportedRow.case_id).order_by(ImportedRow.line)
        ).all()
    assert [line for line, person, _ in people if person.died_on] == [4, 7, 13]
    assert [line for line, _, case in people if case.status is CaseStatus.ARCHIVED] == [4, 7, 13]
    assert all(case.needs_review for _, _, case in people)
    line, lyndon, case = people[1]
    assert (line, lyndon.first_name, lyndon.last_name, lyndon.birth_date) == (
        3, "Lyndon118", "Greenholt190", date(1985, 9, 1)
    )
    assert lyndon.address == "116 Keeling Club\nHuddinge, Stockholm 141 04"
    assert (case.name, case.type, case.provider_id) == (
        "Lyndon118 Greenholt190", CaseType.INDIVIDUAL, cast.staff["Marcus"]
    )
    again = cast.do("Dana", import_clients, command(cast, SYNTHEA))
    assert outcomes(cast, again) == dict.fromkeys(range(2, 15), RowOutcome.DUPLICATE)
    assert how_many(cast, Person) == 13
    stored = everything_stored(cast)
    assert "Lyndon118" in stored
    for row in SYNTHEA.decode().splitlines()[1:]:
        cells = row.split(",")
        for outside in filter(None, (cells[3], cells[4], cells[5], cells[11])):  # SSN, licence, passport, maiden name
            assert outside not in stored


def test_a_death_before_the_birth_is_told_by_line(cast: Cast) -> None:
    swapped = SYNTHEA.replace(b"1974-06-28,1985-04-11", b"1985-04-11,1974-06-28", 1)
    assert swapped != SYNTHEA
    run_id = cast.do("Dana", import_clients, command(cast, swapped))
    assert [line for line, outcome in outcomes(cast, run_id).items() if outcome is RowOutcome.IMPOSSIBLE_DATE] == [4]
    assert how_many(cast, Person) == 12


def test_what_must_stay_outside_stays_outside_even_when_asked_for(cast: Cast) -> None:
    asked = command(cast, SYNTHEA)
    for column in ("SSN", "DRIVERS", "PASSPORT"):
        with pytest.raises(BadInput, match="never imported"):
            mapping = asked.mapping | {column: Field.PRONOUNS}
            cast.do("Dana", import_clients, asked.model_copy(update={"mapping": mapping}))
    strayed = "First name,Last name,Address\nAna,Lima,see 999-10-4053\n" + "Bo,Lima,12 Elm St\n" * 3
    run_id = bring_in(cast, strayed)
    assert outcomes(cast, run_id)[2] is RowOutcome.INVALID
    assert "999-10-4053" not in everything_stored(cast)


def test_names_come_in_exactly_as_typed_and_are_found_and_named(cast: Cast) -> None:
    bring_in(cast, "First,Last,Phone,E-mail,Preferred name\n"
                   " **Zoë**  <b>,O’Neil 山田,(518) 555-0100,zoe@x.example,Zo\n")
    with database.reading(cast.engine) as session:
        person, case = session.execute(select(Person, Case).join(Participant, Participant.person_id == Person.id).join(
            Case, Case.id == Participant.case_id)).one()
        person_id = person.id
        assert (person.first_name, person.last_name, case.name) == ("**Zoë**  <b>", "O’Neil 山田", "Zo O’Neil 山田")
    for asked in ("zoe@x", "5185550100", "o’neil"):
        assert [found[0] for found in cast.read("Marcus", find_people, asked)] == [person_id]
    details, revision = cast.read("Marcus", person_details, person_id)
    assert revision == 1
    assert [(c.value, c.preferred, c.may_text, c.may_email) for c in details.contacts] == [
        ("(518) 555-0100", True, False, False), ("zoe@x.example", True, False, False)
    ]


def test_an_imported_client_is_like_one_that_was_typed_in(cast: Cast) -> None:
    """The bulk writer and the form must not drift apart."""
    bring_in(cast, "First,Last,DOB,Phone,Partner first name,Partner last name,Label\n"
                   "Ana,Lima,1985-03-01,518 555 0100,Bo,Lima,siblings\n")
    details, _ = cast.read("Dana", person_details, cast.read("Dana", find_people, "Ana Lima")[0][0])
    typed = cast.do("Dana", open_case, OpenCase(
        type=CaseType.TWO_PERSON, label=TwoPersonLabel.SIBLINGS, provider_id=cast.staff["Marcus"],
        participants=(Taking(person=details), Taking(person=details.model_copy(
            update={"first_name": "Bo", "birth_date": None, "contacts": ()})))))
    with database.reading(cast.engine) as session:
        cases = session.scalars(select(Case).order_by(Case.needs_review)).all()
        assert cases[0].id == typed
        different = {"id", "created_at", "needs_review"}
        columns = [c.key for c in Case.__table__.columns if c.key not in different]
        assert [getattr(cases[0], c) for c in columns] == [getattr(cases[1], c) for c in columns]
        for table, skip in ((Participant, {"case_id", "person_id"}), (Person, set()), (ContactPoint, {"person_id"})):
            rows = session.scalars(select(table).order_by(table.id)).all()
            half = len(rows) // 2
            keys = [c.key for c in table.__table__.columns if c.key not in different | skip]
            as_values = [[getattr(row, key) for key in keys] for row in rows]
            assert as_values[:half] == as_values[half:]


def test_balances_become_opening_entries_of_the_first_person(cast: Cast) -> None:
    bring_in(cast, "First,Last,Balance\nAna,Lima,100.10\nBo,Berg,(20.00)\nCy,Holm,0\nDi,Moss,\n")
    with database.reading(cast.engine) as session:
        rows = session.execute(
            select(Payer.name, LedgerEntry.amount_cents, LedgerEntry.effective_on)
            .join(LedgerEntry, LedgerEntry.payer_id == Payer.id).order_by(Payer.name)
        ).all()
        assert [tuple(row) for row in rows] == [
            ("Ana Lima", 100_10, date(2026, 11, 12)), ("Bo Berg", -20_00, date(2026, 11, 12))
        ]
        assert session.scalars(select(ImportRun.balance_cents)).one() == 80_10


def test_credit_that_came_with_an_import_can_be_given_back_and_no_more_than_is_left(cast: Cast) -> None:
    bring_in(cast, "First,Last,Balance\nAna,Lima,100.10\nBo,Berg,(50.00)\n")
    with database.reading(cast.engine) as session:
        cases = dict(session.execute(select(Case.name, Case.id)).tuples().all())
    bo, ana = (payer_id(cast, next(iter(people_of(cast, cases[name]).values()))) for name in ("Bo Berg", "Ana Lima"))

    def back(cents: int, by: str = "Tom", day: date = date(2026, 11, 14), payer: int = bo, **more: Any) -> int:
        return int(cast.do(by, refund_credit, RefundCredit(**{
            "payer_id": payer, "case_id": cases["Bo Berg"], "amount_cents": cents, "method": PaymentMethodKind.CHEQUE,
            "refunded_on": day, "reason": "account closed"} | more)))

    invoice(cast, hold(cast, cases["Bo Berg"], "IND50", "2026-11-13 10:00"))
    with at("2026-11-13 18:00"):
        cast.do("Tom", use_credit, UseCredit(payer_id=bo, case_id=cases["Bo Berg"]))
        with pytest.raises(BadInput, match=r"At most 0\.00"):
            back(1, day=date(2026, 11, 13))
    with at("2026-11-14 09:00"):
        (made,) = cast.read("Tom", case_account, cases["Bo Berg"]).invoices
        cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=made.facts.invoice_id, amount_cents=165_00, reason="never took place"))
        assert [one.imported_cents for one in cast.read("Tom", unapplied_credit)] == [50_00]
        assert cast.read("Tom", credit_detail, bo, cases["Bo Berg"]).cents == 50_00
        for act, field, sentence in (
            (lambda: back(50_01), "amount_cents", r"At most 50\.00 of the credit from before"),
            (lambda: back(10_00, day=date(2026, 11, 13)), "refunded_on", "did not lie there on this day yet"),
            (lambda: back(10_00, day=date(2026, 11, 15)), "refunded_on", "in the future"),
        ):
            with pytest.raises(BadInput, match=sentence) as refusal:
                act()
            assert refusal.value.field == field
        for act in (lambda: back(1_00, payer=ana), lambda: back(1_00, payer=1)):
            with pytest.raises(NotFound):
                act()
        for name in ("Olga", "Ruth", "Priya"):
            with pytest.raises((NotFound, NotPermitted)):
                back(1_00, by=name)
        first = back(20_00, op="one-click")
        assert back(20_00, op="one-click") == first
        second = back(30_00)
        with pytest.raises(BadInput, match=r"At most 0\.00"):
            back(1)
        assert cast.read("Tom", unapplied_credit) == []
        assert balance(cast, cases["Bo Berg"]) == {"Bo Berg": 0}
        account = cast.read("Tom", case_account, cases["Bo Berg"])
        assert [(one.refund_id, one.number, one.payment_id, one.amount_cents) for one in account.refunds] == [
            (second, "RF-2026-0002", None, 30_00), (first, "RF-2026-0001", None, 20_00)]
        assert account.imported == ()
        made = cast.read("Tom", statement_preview, bo, date(2026, 11, 1), date(2026, 11, 14)).statement
        assert (made.brought_over_cents, made.refunds_cents, made.closing_cents, made.open_items) == (
            -50_00, 50_00, 0, ())
        assert [(line.what, line.number, line.amount_cents) for line in made.movements if line.number[:2] == "RF"] == [
            ("Refund", "RF-2026-0001", 20_00), ("Refund", "RF-2026-0002", 30_00)]
        words = " ".join(" ".join(lines_of(logged(cast, "Tom", refund_pdf, first)[2])).split())
        for said in ("Refund receipt", "RF-2026-0001", "Bo Berg", "From unused credit 20.00", "account closed"):
            assert said in words, said
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
    assert balance(cast, cases["Ana Lima"]) == {"Ana Lima": 100_10}


def test_credit_that_came_with_an_import_pays_the_next_invoice(cast: Cast) -> None:
    bring_in(cast, "First,Last,Balance\nAna,Lima,100.10\nBo,Berg,(50.00)\n")
    with database.reading(cast.engine) as session:
        cases = dict(session.execute(select(Case.name, Case.id)).tuples().all())
    with at("2026-11-13 09:00"):
        due = {name: invoice(cast, hold(cast, cases[name], "IND50", f"2026-11-12 {hour}:00"))
               for name, hour in (("Bo Berg", 10), ("Ana Lima", 12))}
        (item,) = cast.read("Tom", unapplied_credit)
        assert (item.payer, item.credit_cents, item.payable_cents) == ("Bo Berg", 50_00, 50_00)
        asked = UseCredit(payer_id=item.payer_id, case_id=item.case_id)
        assert cast.do("Tom", use_credit, asked) == cast.do("Tom", use_credit, asked) == due["Bo Berg"]
        assert cast.read("Tom", unapplied_credit) == []
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
        opened = dict(session.execute(select(OpenInvoice.invoice_id, OpenInvoice.open_cents)).tuples().all())
    assert opened == {due["Bo Berg"][0]: 115_00, due["Ana Lima"][0]: 165_00}
    assert balance(cast, cases["Bo Berg"]) == {"Bo Berg": 115_00}
    assert balance(cast, cases["Ana Lima"]) == {"Ana Lima": 265_10}


def test_a_person_already_here_and_a_partner_already_here_are_duplicates(cast: Cast) -> None:
    bring_in(cast, "First,Last,DOB\nAna,Lima,1985-03-01\n")
    run_id = bring_in(cast, "First,Last,DOB,Partner first name,Partner last name,Partner DOB\n"
                            "ANA,lima,1985-03-01,,,\nBo,Berg,1980-01-01,Ana,Lima,1985-03-01\nAna,Lima,1985-03-02,,,\n")
    assert outcomes(cast, run_id) == {
        2: RowOutcome.DUPLICATE, 3: RowOutcome.DUPLICATE, 4: RowOutcome.NEW
    }
    reasons = {row.line: row.reason for row in cast.read("Dana", import_report, run_id).bad}
    assert reasons == {
        2: "Same name and date of birth as somebody already here.",
        3: "The partner: same name and date of birth as somebody already here.",
    }


def test_a_row_that_repeats_a_refused_row_still_comes_in(cast: Cast) -> None:
    run_id = bring_in(cast, "First,Last,DOB,E-mail\nAna,Lima,1985-03-01,nowhere\nAna,Lima,1985-03-01,ana@x.example\n")
    assert outcomes(cast, run_id) == {2: RowOutcome.INVALID, 3: RowOutcome.NEW}


@pytest.mark.parametrize(
    "row", ["Ana,Lima,,", "Ana,Lima,,ana@x.example", "Ana,,,", "Ana,Lima,1985-03-01,ana@x.example"]
)
def test_whatever_a_row_knows_of_somebody_the_second_run_adds_nobody(cast: Cast, row: str) -> None:
    file = f"First,Last,DOB,E-mail\n{row}\n"
    assert outcomes(cast, bring_in(cast, file)) == {2: RowOutcome.NEW}
    assert outcomes(cast, bring_in(cast, file)) == {2: RowOutcome.DUPLICATE}
    assert how_many(cast, Person) == 1


@pytest.mark.parametrize(("row", "outcome", "reason"), [
    ("Ana,1899-12-31,,,", RowOutcome.IMPOSSIBLE_DATE, "before 1900"),
    ("Ana,2026-11-13,,,", RowOutcome.IMPOSSIBLE_DATE, "future"),
    ("Ana,1985-03-01,2027-01-01,,", RowOutcome.IMPOSSIBLE_DATE, "date of death"),
    ("Ana,1985-03-01,,2027-01-01,", RowOutcome.IMPOSSIBLE_DATE, "future"),
    ("Ana,1985-03-01,,,12", RowOutcome.INVALID, "Phone: Write a phone number"),
    (",1985-03-01,,,", RowOutcome.INVALID, "no first name"),
    ("A" * 201 + ",,,,", RowOutcome.INVALID, "First name: This is too long"),
    ("Ana,,,", RowOutcome.INVALID, "4 cells"),
])
def test_a_bad_row_is_told_by_line_and_reason(cast: Cast, row: str, outcome: RowOutcome, reason: str) -> None:
    run_id = bring_in(cast, f"First,DOB,Death date,Opened,Phone\nZed,1985-03-01,,,\n{row}\n")
    [bad] = cast.read("Dana", import_report, run_id).bad
    assert (bad.line, bad.outcome) == (3, outcome)
    assert reason in bad.reason


def test_the_order_of_day_and_month_is_asked_and_kept(cast: Cast) -> None:
    file = b"First,DOB\nAna,03/04/1985\n"
    with pytest.raises(BadInput) as asked:
        cast.do("Dana", import_clients, command(cast, file))
    assert asked.value.field == "date_order"
    cast.do("Dana", import_clients, command(cast, file, date_order=DateOrder.DAY_FIRST))
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Person.birth_date)).one() == date(1985, 4, 3)


def test_the_default_provider_is_somebody_who_sees_clients(cast: Cast) -> None:
    with pytest.raises(BadInput) as refused:
        bring_in(cast, "First\nAna\n", default_provider_id=cast.staff["Tom"])
    assert refused.value.field == "default_provider_id"
    choices = cast.read("Dana", providers_to_choose)
    assert choices[0] == (cast.staff["Dana"], "Dana Okafor")
    assert cast.staff["Tom"] not in {staff_id for staff_id, _ in choices}


def test_the_audit_log_has_counts_and_no_names(cast: Cast) -> None:
    run_id = bring_in(cast, "First,DOB\nAna,1985-03-01\nBo,2025-02-30\n")
    cast.do("Dana", undo_import, UndoImport(run_id=run_id))
    with database.reading(cast.engine) as session:
        about = select(AuditRow).where(AuditRow.resource == Resource.BULK_DATA)
        rows = session.scalars(about.order_by(AuditRow.seq)).all()
        assert [(row.action, row.detail) for row in rows] == [
            ("import_clients", "1 new, 0 duplicate, 1 impossible date, 0 incomplete couple, 0 invalid"),
            ("undo_import", "1 removed, 0 kept"),
        ]
        assert first_broken_row(session) is None


def test_two_imports_are_undone_apart_and_only_once(cast: Cast) -> None:
    first = bring_in(cast, "First,Balance\nAna,10\n")
    second = bring_in(cast, "First,Balance\nBo,20\n")
    asked = UndoImport(run_id=first)
    cast.do("Dana", undo_import, asked)
    cast.do("Dana", undo_import, asked)
    with pytest.raises(AlreadyUndone):
        cast.do("Dana", undo_import, UndoImport(run_id=first))
    with pytest.raises(NotFound):
        cast.do("Dana", undo_import, UndoImport(run_id=1))
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Person.first_name)).all() == ["Bo"]
        assert session.scalars(select(LedgerEntry.amount_cents)).all() == [20_00]
    assert [(run.run_id, run.undone_at is None) for run in cast.read("Dana", import_runs)] == [
        (second, True), (first, False)
    ]


def test_what_was_used_in_any_way_is_kept_with_its_reason(cast: Cast) -> None:
    names = ("Reviewed", "Untouched", "Elsewhere", "Partnered")
    run_id = bring_in(cast, "First,Partner first name,Balance\n" + "".join(
        f"{n},{'Other' if n == 'Partnered' else ''},10\n" for n in names))
    with database.reading(cast.engine) as session:
        case_of = dict(session.execute(select(Person.first_name, Participant.case_id).join(
            Participant, Participant.person_id == Person.id)).tuples().all())
        person_of = dict(session.execute(select(Person.first_name, Person.id)).tuples().all())
    cast.do("Dana", mark_reviewed, MarkReviewed(case_id=case_of["Reviewed"]))
    for name in ("Elsewhere", "Other"):
        cast.do("Dana", open_case, OpenCase(type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"],
                                            participants=(Taking(person_id=person_of[name]),)))
    kept = {row.name.split(" ")[0]: row.reason for row in cast.read("Dana", plan_undo, run_id).kept}
    assert kept == {"Reviewed": "Kept: it has a change.", "Elsewhere": "Kept: it has another case.",
                    "Partnered": "Kept: it has another case."}
    cast.do("Dana", undo_import, UndoImport(run_id=run_id))
    with database.reading(cast.engine) as session:
        left = set(session.scalars(select(Person.first_name)))
    assert left == {"Reviewed", "Elsewhere", "Partnered", "Other"}


def test_the_ledger_gives_up_an_opening_balance_only_to_an_undo(cast: Cast) -> None:
    bring_in(cast, "First,Balance\nAna,10\n")
    for change in (delete(LedgerEntry), update(LedgerEntry).values(amount_cents=1)):
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(change)
    run_id = bring_in(cast, "First,Balance\nBo,20\n")
    with database.reading(cast.engine) as session:
        case_id = session.scalars(select(ImportedRow.case_id).where(ImportedRow.run_id == run_id)).one()
    cast.do("Dana", mark_reviewed, MarkReviewed(case_id=case_id))
    cast.do("Dana", undo_import, UndoImport(run_id=run_id))
    with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
        session.execute(delete(LedgerEntry).where(LedgerEntry.case_id == case_id))


@pytest.mark.long
def test_five_thousand_rows_come_in_and_go_within_seconds(cast: Cast) -> None:
    rows = "".join(
        f"Client{i},Number{i},19{50 + i % 50}-03-{1 + i % 28:02d},c{i}@x.example,518 555 {i:04d},10.00\n"
        for i in range(5000)
    )
    asked = command(cast, ("First,Last,DOB,E-mail,Phone,Balance\n" + rows).encode())
    start = stopwatch.process_time()
    run_id = cast.do("Dana", import_clients, asked)
    middle = stopwatch.process_time()
    assert how_many(cast, Person) == 5000
    cast.do("Dana", undo_import, UndoImport(run_id=run_id))
    end = stopwatch.process_time()
    assert how_many(cast, Person) == 0
    assert middle - start < 12
    assert end - middle < 12
