"""A sponsor pays first, up to a sum, so many sessions or a last day; then the participant pays (H07, DEC16)."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.errors import BadInput
from practicerunner.records import billing
from practicerunner.vocabulary import AttendanceStatus, CaseType, FeeTerms
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.arrangements import SetArrangement, Share, arrangements_of, set_arrangement
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, people_of


@pytest.fixture
def group(cast: Cast) -> tuple[int, dict[str, int], int]:
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Ana Lind", "Bo Marsh", name="Thursday")
        sponsor = cast.do("Dana", add_organisation, AddOrganisation(name="Northside Fund", address="1 North"))
    return case_id, people_of(cast, case_id), sponsor


def sponsor(cast: Cast, group: tuple[int, dict[str, int], int], **limits: object) -> None:
    case_id, people, payer = group
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=case_id, person_id=people["Ana"], valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
        sponsor_id=payer, shares=(Share(person_id=people["Ana"]),), **limits))


def held(cast: Cast, case_id: int, number: int, missed: dict[int, AttendanceStatus] | None = None) -> list[int]:
    made = []
    for day in range(1, number + 1):
        made.append(hold(cast, case_id, "GRP90", f"2026-09-{day:02d} 18:00", missed=missed))
        invoice(cast, made[-1])
    return made


def test_a_sponsor_without_a_limit_pays_everything_and_is_told_of_one_member_only(cast: Cast, group) -> None:
    sponsor(cast, group)
    appointment = hold(cast, group[0], "GRP90", "2026-09-03 18:00")
    made = invoice(cast, appointment)
    assert lines(cast, made) == [("Northside Fund", 75_00), ("Bo Marsh", 75_00)]
    with database.reading(cast.engine) as session:
        document = billing.document_of(session, invoice_id=made[0])
        assert document is not None
        assert [line["description"] for line in document.content["lines"]] == ["GRP90, for Ana Lind"]


def test_after_two_sessions_the_member_pays(cast: Cast, group) -> None:
    sponsor(cast, group, sponsor_sessions=2)
    held(cast, group[0], 3)
    assert balance(cast, group[0]) == {"Ana Lind": 75_00, "Bo Marsh": 225_00, "Northside Fund": 150_00}


def test_a_sum_is_used_to_the_cent_and_the_rest_is_the_member_s(cast: Cast, group) -> None:
    sponsor(cast, group, sponsor_cents=200_00)
    made = held(cast, group[0], 4)
    assert balance(cast, group[0]) == {"Ana Lind": 100_00, "Bo Marsh": 300_00, "Northside Fund": 200_00}
    assert lines(cast, invoice(cast, made[2])) == [("Northside Fund", 50_00), ("Ana Lind", 25_00), ("Bo Marsh", 75_00)]


def test_the_last_day_is_the_last_that_is_paid(cast: Cast, group) -> None:
    sponsor(cast, group, sponsor_until=date(2026, 9, 2))
    held(cast, group[0], 3)
    assert balance(cast, group[0])["Northside Fund"] == 150_00
    assert balance(cast, group[0])["Ana Lind"] == 75_00


def test_a_waived_fee_counts_on_no_limit_and_a_no_show_is_the_sponsor_s_too(cast: Cast, group) -> None:
    sponsor(cast, group, sponsor_sessions=1, fee_cents=60_00)
    ana = group[1]["Ana"]
    missed = hold(cast, group[0], "GRP90", "2026-09-01 18:00", missed={ana: AttendanceStatus.NO_SHOW})
    invoice(cast, missed)
    assert balance(cast, group[0])["Northside Fund"] == 30_00
    with at("2026-09-01 23:30"):
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=missed, person_id=ana, reason="illness"))
    first, second = (hold(cast, group[0], "GRP90", f"2026-09-0{day} 18:00") for day in (2, 3))
    invoice(cast, first)
    assert balance(cast, group[0])["Northside Fund"] == 60_00
    planned = cast.read("Tom", appointment_billing, second)
    assert planned.hints == ("The sponsor pays no more: the standard fee is charged.",)
    assert [(plan.payer, plan.total_cents) for plan in planned.planned] == [("Ana Lind", 75_00), ("Bo Marsh", 75_00)]


@pytest.mark.parametrize(("limits", "field", "words"), [
    ({"sponsor_until": date(2026, 7, 31)}, "sponsor_until", "before the first"),
    ({"sponsor_cents": 0}, "sponsor_cents", "more than 0.00"),
    ({"sponsor_cents": 10_000_000_00}, "sponsor_cents", "at most 1,000,000.00"),
    ({"sponsor_sessions": 0}, "sponsor_sessions", "at least 1"),
    ({"sponsor_id": None}, "sponsor_id", "Choose the sponsor"),
])
def test_limits_that_make_no_sense_are_refused_at_their_field(cast: Cast, group, limits, field, words) -> None:
    case_id, people, payer = group
    asked = {"sponsor_id": payer} | limits
    with pytest.raises(BadInput) as refused:
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, person_id=people["Ana"], valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
            shares=(Share(person_id=people["Ana"]),), **asked))
    assert (refused.value.field, words in str(refused.value)) == (field, True)
    with pytest.raises(BadInput, match="The sponsor pays first"):
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, person_id=people["Ana"], valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
            sponsor_id=payer, shares=(Share(payer_id=payer),)))
    assert cast.read("Tom", arrangements_of, case_id) == []


@pytest.mark.parametrize(("shown", "detail"), [(True, "Standard fee 75.00, adjustment -41.25"), (False, "")])
def test_the_practice_decides_whether_a_line_says_the_standard_fee(cast: Cast, group, shown, detail) -> None:
    row = cast.read("Dana", practice_settings)
    cast.do("Dana", change_practice, ChangePractice(
        **{name: getattr(row, name) for name in set(ChangePractice.model_fields) - {"op", "show_adjustments"}},
        show_adjustments=shown))
    case_id, people, _ = group
    arrange(cast, case_id, {people["Ana"]: 0}, since="2026-08-01", person_id=people["Ana"],
            fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=4500)
    appointment = hold(cast, case_id, "GRP90", "2026-09-03 18:00")
    planned = cast.read("Tom", appointment_billing, appointment).planned
    assert planned[0].lines == (("; ".join(filter(None, ("GRP90", detail))), 33_75),)
    made = invoice(cast, appointment)
    with database.reading(cast.engine) as session:
        document = billing.document_of(session, invoice_id=made[0])
        assert document is not None
        assert [line["detail"] for line in document.content["lines"]] == [detail]


def test_a_credit_on_an_invoice_of_one_line_gives_the_sponsor_s_limit_back(cast: Cast, group) -> None:
    sponsor(cast, group, sponsor_cents=75_00)
    case_id, _, _ = group
    held(cast, case_id, 2)
    third = hold(cast, case_id, "GRP90", "2026-09-03 18:00")
    with at("2026-09-04 09:00"):
        account = cast.read("Tom", case_account, case_id)
        (theirs,) = [one.facts.invoice_id for one in account.invoices if one.facts.payer == "Northside Fund"]
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=theirs, amount_cents=30_00, reason="goodwill"))
    assert ("Northside Fund", 30_00) in lines(cast, invoice(cast, third))
    assert balance(cast, case_id)["Northside Fund"] == 75_00
