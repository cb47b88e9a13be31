"""What happens by itself after an attendance: by hand, an invoice, the saved card noted as due; the case wins (H19)."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import Invoice, Payment
from practicerunner.vocabulary import AttendanceStatus, CaseType, CollectionPolicy, PaymentMethodKind
from practicerunner.workflows import collection
from practicerunner.workflows.accounts import uninvoiced
from practicerunner.workflows.collection import (
    SetCaseCollection,
    SetPracticeCollection,
    case_collection,
    due_charges,
    practice_collection,
    set_case_collection,
    set_practice_collection,
)
from practicerunner.workflows.follow_up import billing_counts
from practicerunner.workflows.payment_methods import SavePaymentMethod, save_payment_method
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from tests.cast import Cast, at, hold, invoice, pay, payer_id, people_of

INVOICE, PAYMENT, MANUAL = CollectionPolicy.INVOICE, CollectionPolicy.PAYMENT, CollectionPolicy.MANUAL


def decide(cast: Cast, policy: CollectionPolicy, case_id: int | None = None, by: str = "Dana", revision: int = 0,
           on: str = "2026-09-01") -> None:
    with at(f"{on} 08:00"):
        if case_id is None:
            cast.do(by, set_practice_collection, SetPracticeCollection(policy=policy, revision=revision))
        else:
            cast.do(by, set_case_collection, SetCaseCollection(case_id=case_id, policy=policy, revision=revision))


def run(cast: Cast, wall: str) -> tuple[int, int]:
    """The job runs at a practice wall-clock time; how many appointments it invoiced and cards it noted."""
    with at(wall):
        with database.reading(cast.engine) as session:
            waiting = collection.waiting(session)
        with database.transaction(cast.engine) as session:
            made = collection.invoice_by_itself(session, waiting)
        with database.transaction(cast.engine) as session:
            return made, collection.note_charges(session)


def invoices(cast: Cast) -> list[tuple[str, int, int]]:
    with database.reading(cast.engine) as session:
        return [(one.number, one.case_id, one.issued_by_id)
                for one in session.scalars(select(Invoice).order_by(Invoice.number))]


@pytest.fixture
def ida(cast: Cast) -> int:
    with at("2026-08-01 09:00"):
        return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")


def test_nothing_happens_by_itself_until_somebody_decides_so(cast: Cast, ida: int) -> None:
    hold(cast, ida, "IND50", "2026-09-03 10:00")
    assert run(cast, "2026-09-10 09:00") == (0, 0)
    decide(cast, MANUAL)
    assert run(cast, "2026-09-10 09:00") == (0, 0)
    assert cast.read("Tom", uninvoiced)[1] == 1


def test_an_attended_appointment_is_invoiced_the_day_after_it_was_recorded(cast: Cast, ida: int) -> None:
    decide(cast, INVOICE)
    appointment = hold(cast, ida, "IND50", "2026-09-03 10:00")
    assert run(cast, "2026-09-03 23:59") == (0, 0)
    assert run(cast, "2026-09-04 00:01") == (1, 0)
    assert invoices(cast) == [("INV-2026-0001", ida, cast.staff["Dana"])]
    assert run(cast, "2026-09-04 00:02") == (0, 0)
    assert invoice(cast, appointment, on="2026-09-05")
    assert len(invoices(cast)) == 1
    with database.reading(cast.engine) as session:
        (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "invoice_by_itself"))
        assert (row.resource_id, row.staff_id) == (appointment, cast.staff["Dana"])


def test_the_day_after_is_counted_on_the_wall_clock_also_when_the_clock_changes(cast: Cast, ida: int) -> None:
    decide(cast, INVOICE)
    hold(cast, ida, "IND50", "2026-10-31 10:00")  # the clock goes back in the night to 1 November
    assert run(cast, "2026-10-31 23:59") == (0, 0)
    assert run(cast, "2026-11-01 00:00") == (1, 0)


def test_what_was_held_before_the_decision_stays_with_people(cast: Cast, ida: int) -> None:
    hold(cast, ida, "IND50", "2026-08-31 10:00")
    decide(cast, INVOICE)
    later = hold(cast, ida, "IND50", "2026-09-01 10:00")
    assert run(cast, "2026-09-10 09:00") == (1, 0)
    assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] != [later]
    assert cast.read("Tom", uninvoiced)[1] == 1


def test_a_missed_appointment_waits_for_a_person(cast: Cast, ida: int) -> None:
    decide(cast, INVOICE)
    hold(cast, ida, "IND50", "2026-09-03 10:00", missed={people_of(cast, ida)["Ida"]: AttendanceStatus.NO_SHOW})
    assert run(cast, "2026-09-10 09:00") == (0, 0)


def test_the_rule_of_a_case_wins_in_both_directions(cast: Cast, ida: int) -> None:
    with at("2026-08-01 09:00"):
        jon = cast.open_case(CaseType.INDIVIDUAL, "Jon Decoy")
    decide(cast, INVOICE)
    decide(cast, MANUAL, jon)
    for case_id, hour in ((ida, 10), (jon, 12)):
        hold(cast, case_id, "IND50", f"2026-09-03 {hour}:00")
    assert run(cast, "2026-09-04 09:00") == (1, 0)
    assert [case_id for _, case_id, _ in invoices(cast)] == [ida]
    decide(cast, MANUAL, revision=1, on="2026-09-05")
    decide(cast, INVOICE, jon, revision=1, on="2026-09-03")
    assert run(cast, "2026-09-06 09:00") == (1, 0)
    assert [case_id for _, case_id, _ in invoices(cast)] == [ida, jon]


def test_what_cannot_be_invoiced_keeps_nothing_else_from_it(cast: Cast, ida: int) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    decide(cast, INVOICE)
    hold(cast, couple, "FAM50", "2026-09-03 09:00")
    hold(cast, ida, "IND50", "2026-09-03 10:00")
    assert run(cast, "2026-09-04 09:00") == (1, 0)
    assert [case_id for _, case_id, _ in invoices(cast)] == [ida]


def test_what_was_voided_is_a_persons_to_invoice_anew(cast: Cast, ida: int) -> None:
    decide(cast, INVOICE)
    hold(cast, ida, "IND50", "2026-09-03 10:00")
    run(cast, "2026-09-04 09:00")
    with database.reading(cast.engine) as session:
        made = session.scalars(select(Invoice.id)).one()
    with at("2026-09-05 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=made, reason="slip"))
    assert run(cast, "2026-09-06 09:00") == (0, 0)


def card(cast: Cast, case_id: int, payer: int, expires: str = "2029-04") -> int:
    return int(cast.do("Tom", save_payment_method, SavePaymentMethod(
        case_id=case_id, payer_id=payer, kind=PaymentMethodKind.CARD, brand="Visa", last_four="4242", expires=expires,
        token="tok_a")))


def test_a_saved_card_is_noted_as_due_and_never_charged(cast: Cast, ida: int) -> None:
    decide(cast, PAYMENT)
    hold(cast, ida, "IND50", "2026-09-03 10:00")
    assert run(cast, "2026-09-04 09:00") == (1, 0)  # nobody has a card yet
    payer = payer_id(cast, people_of(cast, ida)["Ida"])
    with at("2026-09-04 10:00"):
        card(cast, ida, payer)
    assert run(cast, "2026-09-04 11:00") == (0, 1)
    assert run(cast, "2026-09-04 12:00") == (0, 0)
    with at("2026-09-05 09:00"):
        (row,) = cast.read("Tom", due_charges)
        assert (row.number, row.brand, row.last_four, row.open_cents, row.due_on) == (
            "INV-2026-0001", "Visa", "4242", 165_00, date(2026, 9, 4))
        assert cast.read("Tom", billing_counts).pending == 1
        assert cast.read("Olga", due_charges) == []
        with database.reading(cast.engine) as session:
            assert session.scalars(select(Payment)).all() == []
    pay(cast, payer, ida, 165_00, "2026-09-05")
    assert cast.read("Tom", due_charges) == []


def test_an_expired_card_is_not_noted(cast: Cast, ida: int) -> None:
    decide(cast, PAYMENT)
    hold(cast, ida, "IND50", "2026-09-03 10:00")
    run(cast, "2026-09-04 09:00")
    with at("2026-09-04 10:00"):
        card(cast, ida, payer_id(cast, people_of(cast, ida)["Ida"]), expires="2026-09")
    assert run(cast, "2026-10-01 09:00") == (0, 0)
    assert run(cast, "2026-09-30 09:00") == (0, 1)


def test_only_an_owner_decides_and_an_old_page_is_refused(cast: Cast, ida: int) -> None:
    for who in ("Tom", "Marcus", "Priya", "Olga"):
        with pytest.raises(NotPermitted):
            decide(cast, INVOICE, by=who)
        with pytest.raises(NotPermitted):
            decide(cast, INVOICE, ida, by=who)
    decide(cast, INVOICE)
    with pytest.raises(Stale):
        decide(cast, MANUAL)
    with pytest.raises(NotFound):
        cast.read("Olga", case_collection, ida)
    decide(cast, PAYMENT, ida, on="2026-09-02")
    found = cast.read("Tom", case_collection, ida)
    assert (found.policy, found.inherited, found.by, found.since) == (PAYMENT, INVOICE, "Dana Okafor",
                                                                       date(2026, 9, 2))
    with at("2026-09-03 09:00"):
        cast.do("Dana", set_case_collection, SetCaseCollection(case_id=ida, policy=None, revision=1))
    assert cast.read("Tom", case_collection, ida).policy is INVOICE
    assert cast.read("Dana", practice_collection).policy is INVOICE
