"""What may stand on a superbill, why the rest may not, and what it lacks."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.ledger import taken_off
from practicerunner.rules.superbills import (
    Candidate,
    Clinician,
    Code,
    Issuer,
    Recipient,
    Wishes,
    letters_of,
    missing_for_issue,
    place_of_service,
    settle,
    sort_out,
    usable,
    warnings,
    why_left_out,
    with_place,
)
from practicerunner.vocabulary import ChargeKind, LeftOut, MendAt, SessionFormat

GAD = (Code("F41.1"),)
DAY = date(2026, 10, 8)


def line(**changes: Any) -> Candidate:
    """A paid session of 165.00 with its diagnosis; ``changes`` replace its facts."""
    facts: dict[str, Any] = {
        "charge_id": 1, "service_date": DAY, "description": "IND50", "code": "X0834", "place": "11",
        "amount_cents": 165_00, "paid_cents": 165_00, "diagnoses": GAD, "provider_id": 7,
    }
    return Candidate(**facts | changes)


def reason(wishes: Wishes | None = None, **changes: Any) -> LeftOut | None:
    found = why_left_out(line(**changes), wishes or Wishes())
    return found[0] if found else None


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, None),
    ({"kind": ChargeKind.NO_SHOW}, LeftOut.NOT_RENDERED),
    ({"kind": ChargeKind.LATE_CANCELLATION}, LeftOut.NOT_RENDERED),
    ({"never_billed_as": "Individual consultation", "in_this_case": False}, LeftOut.NEVER_BILLED),
    ({"never_billed_as": "Workshop", "in_this_case": False, "kind": ChargeKind.NO_SHOW}, LeftOut.NEVER_BILLED),
    ({"in_this_case": False}, LeftOut.OTHER_CASE),
    ({"was_there": False}, LeftOut.ABSENT),
    ({"others_on": ("SB-2026-0001",)}, LeftOut.OTHER_CLIENT),
    ({"issued_on": ("SB-2026-0001",)}, None),
    ({"diagnoses": ()}, LeftOut.NO_DIAGNOSIS),
    ({"diagnoses": (Code("F41", "F41 is not specific enough to be billed."),)}, LeftOut.CODE_NOT_VALID),
    ({"diagnoses": (Code("F50.01", "F50.01 ended on 30 Sep 2026."), Code("F41.1"))}, None),
    ({"is_invoiced": False, "paid_cents": 0}, LeftOut.NOT_INVOICED),
    ({"paid_cents": 0}, LeftOut.UNPAID),
    ({"paid_cents": 164_99}, LeftOut.PARTLY_PAID),
    ({"paid_cents": 65_00}, LeftOut.PARTLY_PAID),
    ({"paid_cents": 0, "adjusted_cents": 165_00}, LeftOut.CREDITED),
    ({"paid_cents": 148_50, "adjusted_cents": 16_50}, None),
    ({"paid_cents": 0, "adjusted_cents": 16_50}, LeftOut.UNPAID),
])
def test_what_stands_on_a_superbill(changes: dict[str, Any], expected: LeftOut | None) -> None:
    assert reason(**changes) is expected


@pytest.mark.parametrize(("wishes", "changes"), [
    (Wishes(partly_paid=True), {"paid_cents": 65_00}),
    (Wishes(absent=True), {"was_there": False}),
    (Wishes(other_client=True), {"others_on": ("SB-2026-0001",)}),
])
def test_what_may_be_chosen_beyond_the_rule(wishes: Wishes, changes: dict[str, Any]) -> None:
    assert reason(**changes) is not None
    assert reason(wishes, **changes) is None


def test_lines_of_an_earlier_superbill_can_be_left_out() -> None:
    assert reason(Wishes(again=False), issued_on=("SB-2026-0001",)) is LeftOut.ISSUED_BEFORE


@pytest.mark.parametrize("changes", [
    {"paid_cents": 0}, {"kind": ChargeKind.NO_SHOW}, {"diagnoses": ()}, {"in_this_case": False},
    {"never_billed_as": "Workshop"}, {"is_invoiced": False, "paid_cents": 0},
])
def test_no_choice_opens_what_can_never_be_billed(changes: dict[str, Any]) -> None:
    assert reason(Wishes(partly_paid=True, absent=True, other_client=True), **changes) is not None


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"paid_cents": 65_00}, "Partly paid (100.00 due)"), ({"paid_cents": 0}, "Unpaid (165.00 due)"),
    ({"kind": ChargeKind.LATE_CANCELLATION}, "Not a rendered service: late cancellation fee"),
    ({"others_on": ("SB-2026-0001", "SB-2026-0004")},
     "Stands on SB-2026-0001 and SB-2026-0004, the superbill of another client of this case"),
    ({"never_billed_as": "Workshop"}, "Workshop: gets invoices and receipts, never a superbill"),
])
def test_the_reason_is_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    found = why_left_out(line(**changes), Wishes())
    assert found and found[1] == sentence


def test_lines_and_left_out_are_in_order_of_date() -> None:
    later, earlier = date(2026, 10, 29), date(2026, 10, 1)
    kept, skipped = sort_out([
        line(charge_id=3, service_date=later), line(charge_id=1, service_date=earlier),
        line(charge_id=4, service_date=later, paid_cents=0), line(charge_id=2, service_date=earlier, diagnoses=()),
    ], Wishes())
    assert [one.charge_id for one in kept] == [1, 3]
    assert [(one.service_date, one.reason) for one in skipped] == [
        (earlier, LeftOut.NO_DIAGNOSIS), (later, LeftOut.UNPAID)]


@pytest.mark.parametrize(("held_as", "office", "at_home", "place"), [
    (SessionFormat.IN_PERSON, "11", None, "11"), (SessionFormat.IN_PERSON, "12", None, "12"),
    (SessionFormat.IN_PERSON, None, True, "12"), (SessionFormat.IN_PERSON, None, None, ""),
    (SessionFormat.VIDEO, None, True, "10"), (SessionFormat.VIDEO, None, False, "02"),
    (SessionFormat.VIDEO, None, None, ""), (SessionFormat.VIDEO, "11", None, ""),
    (SessionFormat.PHONE, None, True, "10"), (SessionFormat.PHONE, None, False, "02"),
    (SessionFormat.PHONE, None, None, ""),
])
def test_the_place_of_service(held_as: SessionFormat, office: str | None, at_home: bool | None, place: str) -> None:
    assert place_of_service(held_as, office, at_home=at_home) == place


def test_letters_go_to_codes_in_the_order_of_their_use_and_a_line_points_to_four() -> None:
    five = tuple(Code(f"F4{n}.1") for n in range(5))
    lines = [line(), line(charge_id=2, diagnoses=(*five, Code("F41", "not specific")))]
    assert [code.code for code in usable(lines[1])] == ["F40.1", "F41.1", "F42.1", "F43.1"]
    assert letters_of(lines) == {"F41.1": "A", "F40.1": "B", "F42.1": "C", "F43.1": "D"}


def test_twelve_diagnoses_fit_on_a_paper_and_a_thirteenth_is_said() -> None:
    lines = [line(charge_id=n, diagnoses=(Code(f"F{n:02}"),)) for n in range(1, 14)]
    assert list(letters_of(lines[:12]).values()) == list("ABCDEFGHIJKL")
    assert problems(lines[:12]) == []
    assert problems(lines) == ["More than 12 diagnoses; choose a shorter range."]


HOUSE = Issuer("Linden Street", "12 Linden Street", "555 0100", "12-3456789")
MARCUS = Clinician("Marcus Bell", "1234567893", "NY 1")
LENA = Recipient("Lena Fischer", date(1988, 4, 12), "7 Elm Court")


def problems(
    lines: list[Candidate], issuer: Issuer = HOUSE, who: tuple[Clinician, ...] = (MARCUS,), client: Recipient = LENA
) -> list[str]:
    return [one.sentence for one in missing_for_issue(lines, issuer, who, client)]


def test_nothing_is_missing_of_a_whole_one() -> None:
    assert problems([line()]) == []


@pytest.mark.parametrize(("facts", "sentence", "mend_at"), [
    ({"issuer": Issuer("L", "a", "p", "")}, "The practice has no tax id (EIN).", MendAt.PRACTICE),
    ({"issuer": Issuer("L", "a", "p", "123456789")}, "tax id is not complete", MendAt.PRACTICE),
    ({"issuer": Issuer("L", " ", "p", "12-3456789")}, "The practice has no address.", MendAt.PRACTICE),
    ({"issuer": Issuer("L", "a", "", "12-3456789")}, "The practice has no phone number.", MendAt.PRACTICE),
    ({"issuer": Issuer("L", "a", "p", "12-3456789", "1558598796")}, "The practice's NPI is wrong", MendAt.PRACTICE),
    ({"clinicians": (Clinician("Marcus Bell", "", "NY 1"),)}, "Marcus Bell has no NPI.", MendAt.STAFF),
    ({"clinicians": (Clinician("Marcus Bell", "1558598796", "NY 1"),)}, "NPI of Marcus Bell is wrong", MendAt.STAFF),
    ({"clinicians": (Clinician("Marcus Bell", "1234567893", ""),)}, "no licence number and state", MendAt.STAFF),
    ({"client": Recipient("Lena Fischer", None, "a")}, "Lena Fischer has no date of birth.", MendAt.PERSON),
    ({"client": Recipient("Lena Fischer", DAY, "")}, "Lena Fischer has no address.", MendAt.PERSON),
    ({"lines": [line(code=" ")]}, "IND50 has no code.", MendAt.SERVICES),
    ({"lines": [line(modifiers="95 95")]}, "The modifiers of IND50 are wrong.", MendAt.SERVICES),
    ({"lines": [line(place="")]}, "Say where the client was on 8 Oct 2026.", MendAt.HERE),
    ({"lines": [line(place="1")]}, "two digits", MendAt.HERE),
])
def test_each_thing_that_is_missing_has_its_place(facts: dict[str, Any], sentence: str, mend_at: MendAt) -> None:
    whole: dict[str, Any] = {"lines": [line()], "issuer": HOUSE, "clinicians": (MARCUS,), "client": LENA}
    (found,) = missing_for_issue(**whole | facts)
    assert sentence in found.sentence
    assert found.mend_at is mend_at


def test_a_place_that_was_asked_for_is_filled_in() -> None:
    assert with_place(line(place=""), {1: "10"}).place == "10"
    assert with_place(line(), {2: "10"}).place == "11"


@pytest.mark.parametrize(("changes", "warning"), [
    ({"diagnoses": (Code("Z63.0"),)}, "Z63.0 stands alone on a line"),
    ({"diagnoses": (Code("F41.1", is_provisional=True),)}, "F41.1 was provisional"),
    ({"issued_on": ("SB-2026-0001",)}, "On SB-2026-0001 already: 8 Oct 2026."),
    ({"was_there": False}, "The client was not there on 8 Oct 2026"),
    ({"diagnoses": tuple(Code(f"F4{n}.1") for n in range(5))}, "More than 4 diagnoses on 8 Oct 2026"),
    ({"code": "SESSION"}, "IND50: Insurers expect five digits"),
])
def test_what_an_insurer_may_stumble_over_is_a_warning(changes: dict[str, Any], warning: str) -> None:
    (found,) = warnings([line(**changes)])
    assert warning in found
    assert problems([line(**changes)]) == []


def test_z63_0_beside_another_code_warns_of_nothing() -> None:
    assert warnings([line(diagnoses=(Code("F43.23"), Code("Z63.0")))]) == []


def test_what_an_invoice_was_paid_goes_to_its_oldest_service_first() -> None:
    parts = [(1, 100_00, 0), (2, 100_00, 20_00), (3, 50_00, 0)]
    assert settle(parts, 0, 0) == {1: (0, 0), 2: (20_00, 0), 3: (0, 0)}
    assert settle(parts, 0, 150_00) == {1: (0, 100_00), 2: (20_00, 50_00), 3: (0, 0)}
    assert settle(parts, 10_00, 220_00) == {1: (0, 100_00), 2: (20_00, 80_00), 3: (10_00, 40_00)}


def test_what_an_invoice_was_credited_as_a_whole_comes_off_its_last_service_first() -> None:
    parts = [(1, 165_00, 0), (2, 165_00, 0)]
    assert settle(parts, 165_00, 165_00) == {1: (0, 165_00), 2: (165_00, 0)}
    assert settle(parts, 200_00, 130_00) == {1: (35_00, 130_00), 2: (165_00, 0)}
    assert settle([(1, 100_00, 0), (2, 50_00, 50_00)], 10_00, 90_00) == {1: (10_00, 90_00), 2: (50_00, 0)}


LINES = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=1, max_size=6)


@settings(max_examples=150)
@given(LINES, st.lists(st.integers(1, 300), max_size=5))
def test_credits_and_write_offs_one_by_one_come_to_what_they_come_to_together(
    amounts: list[tuple[int, int]], wholes: list[int]
) -> None:
    parts = [(place, amount, min(own, amount)) for place, (amount, own) in enumerate(amounts)]
    each = taken_off(parts, wholes)
    assert settle(parts, sum(wholes), 0) == {
        place: (own + sum(off[place] for off in each), 0) for place, _, own in parts}
    left = sum(amount - own for _, amount, own in parts)
    for cents, off in zip(wholes, each, strict=True):
        assert sum(off.values()) == min(cents, left)
        left -= sum(off.values())


@settings(max_examples=150)
@given(LINES, st.integers(0, 3000))
def test_nothing_is_paid_twice_and_nothing_beyond_its_amount(amounts: list[tuple[int, int]], paid: int) -> None:
    parts = [(place, amount, min(credit, amount)) for place, (amount, credit) in enumerate(amounts)]
    found = settle(parts, 0, paid)
    assert sum(cents for _, cents in found.values()) == min(paid, sum(amount - credit for _, amount, credit in parts))
    assert all(off + cents <= parts[place][1] for place, (off, cents) in found.items())
