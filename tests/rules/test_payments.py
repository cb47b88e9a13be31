"""What may become of a payment: states, the sources of a refund, and when a failure is closed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicerunner.rules.cards import looks_like_card_number
from practicerunner.rules.payments import Debt, Held, Invoiced, owed_since, pays, returned, sources, state
from practicerunner.vocabulary import PaymentState

DAY = date(2026, 10, 15)
PENDING, SETTLED, FAILED = PaymentState


@pytest.mark.parametrize(("events", "expected"), [
    ((), SETTLED), ((PENDING,), PENDING), ((PENDING, SETTLED), SETTLED), ((PENDING, FAILED), FAILED),
    ((FAILED,), FAILED), ((PENDING, SETTLED, FAILED), FAILED),
])
def test_the_state_follows_from_what_was_recorded(events: tuple[PaymentState, ...], expected: PaymentState) -> None:
    assert state(events) is expected


def test_free_credit_goes_first_then_the_newest_invoice_then_what_covers_an_older_debt() -> None:
    held = [Held(1, 10, 50), Held(1, 11, 30), Held(1, None, 20)]
    assert sources(held, 100, {1: 5}) == ([Held(1, None, 5), Held(1, 11, 30), Held(1, 10, 50), Held(1, None, 15)], 0)
    assert sources(held, 34, {1: 5}) == ([Held(1, None, 5), Held(1, 11, 29)], 0)
    assert sources(held, 60, {1: 20}, invoice_id=10) == ([Held(1, 10, 50)], 10)
    assert sources(held, 7, {1: 20}, invoice_id=99) == ([], 7)


@pytest.mark.parametrize(("loose", "expected"), [
    ({None: 50}, {}), ({None: 50, 1: 100}, {1: 100}), ({None: 50, 1: 100, 2: -30}, {1: 100}),
    ({None: 50, 1: 100, 2: -70}, {1: 80}), ({1: 100, 2: 40, 3: -60}, {2: 40, 1: 40}), ({None: -20, 1: 100}, {1: 80}),
    ({1: 100, 2: -100}, {}), ({None: -20, 1: 10}, {}),
])
def test_of_a_debt_on_no_invoice_what_came_from_an_import_is_paid_first(
    loose: dict[int | None, int], expected: dict[int, int]
) -> None:
    assert returned(loose) == expected


def test_money_pays_the_debts_of_its_own_case_first() -> None:
    debts = [Debt(1, "Kit", 30, DAY), Debt(2, "Ida", 20, DAY), Debt(2, "Ida", 50, DAY, refunded=True)]
    assert pays(debts, 85, 2) == ([(debts[1], 20), (debts[2], 50), (debts[0], 15)], 0)
    assert pays(debts, 120, 1)[1] == 20
    assert pays(debts, 0, 1) == ([], 0)


PARTS = st.lists(st.builds(Held, st.integers(1, 3), st.none() | st.integers(10, 15), st.integers(1, 500)), max_size=6,
                 unique_by=lambda one: (one.case_id, one.invoice_id))


@given(PARTS, st.integers(0, 4000), st.dictionaries(st.integers(1, 3), st.integers(0, 600)))
def test_no_cent_is_lost_or_taken_where_it_does_not_stand(held: list[Held], cents: int, free: dict[int, int]) -> None:
    taken, missing = sources(held, cents, free)
    assert sum(one.cents for one in taken) + missing == cents
    assert missing == max(cents - sum(one.cents for one in held), 0)
    for one in held:
        part = sum(t.cents for t in taken if (t.case_id, t.invoice_id) == (one.case_id, one.invoice_id))
        assert 0 <= part <= one.cents


@pytest.mark.parametrize(("offset", "owed"), [(-1, 100), (0, 100), (1, 0)])
def test_only_what_was_invoiced_by_the_day_of_the_failure_keeps_it_open(offset: int, owed: int) -> None:
    assert owed_since([Invoiced(1, DAY + timedelta(days=offset), 100, None)], DAY) == owed


def test_an_invoice_issued_anew_is_as_old_as_the_first_and_a_paid_one_owes_nothing() -> None:
    later = DAY + timedelta(days=9)
    chain = [
        Invoiced(1, DAY, 0, None), Invoiced(2, later, 0, 1), Invoiced(3, later, 70, 2), Invoiced(4, later, 9, None),
    ]
    assert owed_since(chain, DAY) == 70
    assert owed_since([Invoiced(1, DAY, 0, None)], DAY) == 0


@pytest.mark.parametrize("text", [
    "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "card 4242.4242.4242.4242!", "378282246310005",
    "acct 123456789012", "4242 / 4242 / 4242",
])
def test_what_looks_like_a_number_of_a_card_or_account_is_seen(text: str) -> None:
    assert looks_like_card_number(text)


@pytest.mark.parametrize("text", [
    "", "No. 10423", "2026-10-05 2026-10-06", "call 518-555-0100", "ending 4242", "INV-2026-0042",
])
def test_dates_phones_and_cheque_numbers_are_none(text: str) -> None:
    assert not looks_like_card_number(text)
