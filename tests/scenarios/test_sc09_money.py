"""SC09, money: a sponsor pays for three of five; October is one invoice per payer."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.records import billing
from practicerunner.vocabulary import AttendanceStatus, CaseType, InvoicingRhythm
from practicerunner.workflows.accounts import uninvoiced
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month, waiting_to_be_gathered
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.superbills import NoSuperbill, superbill_lines
from tests.cast import Cast, at, balance, hold, invoice, lines, pay, people_of

FIVE = ("Ana Lind", "Bo Marsh", "Cy Novak", "Di Orlov", "Ed Park")


def test_october_is_three_invoices_of_855_in_all(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.CONSULTATION_GROUP, *FIVE, name="Friday colleagues")
        people = people_of(cast, case_id)
        northside = cast.do("Dana", add_organisation, AddOrganisation(name="Northside Clinic LLC", address="1 North"))
        for first, person in people.items():
            by_sponsor = first in ("Cy", "Di", "Ed")
            share = Share(payer_id=northside, rhythm=InvoicingRhythm.MONTHLY) if by_sponsor else Share(
                person_id=person, rhythm=InvoicingRhythm.MONTHLY)
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=case_id, person_id=person, valid_from=date(2026, 10, 1), shares=(share,)))
    first = hold(cast, case_id, "CGRP120", "2026-10-09 10:00")
    second = hold(cast, case_id, "CGRP120", "2026-10-23 10:00", missed={people["Ed"]: AttendanceStatus.EXCUSED})
    assert invoice(cast, first) == invoice(cast, second) == []
    assert cast.read("Tom", uninvoiced) == ([], 0)
    waiting = cast.read("Tom", waiting_to_be_gathered)
    assert [(row.payer, row.lines, row.amount_cents) for row in waiting.rows] == [
        ("Ana Lind", 2, 190_00), ("Bo Marsh", 2, 190_00), ("Northside Clinic LLC", 5, 475_00)]
    with at("2026-11-01 09:00"):
        made = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 10, 31)))
        assert cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 10, 1))) == made
    assert sorted(lines(cast, made)) == [
        ("Ana Lind", 190_00), ("Bo Marsh", 190_00), ("Northside Clinic LLC", 475_00)]
    assert balance(cast, case_id) == {"Ana Lind": 190_00, "Bo Marsh": 190_00, "Northside Clinic LLC": 475_00}
    assert sum(balance(cast, case_id).values()) == 9 * 95_00 == 855_00
    papers = {}
    with database.reading(cast.engine) as session:
        for invoice_id in made:
            document = billing.document_of(session, invoice_id=invoice_id)
            assert document is not None
            papers[document.content["bill_to"]["name"]] = [
                (line["service_date"], line["description"]) for line in document.content["lines"]]
    assert papers["Northside Clinic LLC"] == [
        ("2026-10-09", "CGRP120, for Cy Novak"), ("2026-10-09", "CGRP120, for Di Orlov"),
        ("2026-10-09", "CGRP120, for Ed Park"),
        ("2026-10-23", "CGRP120, for Cy Novak"), ("2026-10-23", "CGRP120, for Di Orlov")]
    assert papers["Ana Lind"] == papers["Bo Marsh"] == [("2026-10-09", "CGRP120"), ("2026-10-23", "CGRP120")]
    for invoice_id in made:
        with pytest.raises(NoSuperbill):
            cast.read("Tom", superbill_lines, invoice_id)
    assert pay(cast, northside, case_id, 475_00, "2026-11-05")
    assert balance(cast, case_id)["Northside Clinic LLC"] == 0
