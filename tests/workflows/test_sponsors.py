"""A sponsor pays first, up to a sum, so many sessions or a last day; then the participant pays (H07, DEC16)."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.errors import BadInput
from practicerunner.records import billing
from practicerunner.records.cases import Case
from practicerunner.vocabulary import Action, AttendanceStatus, CaseType, FeeTerms, InvoicingRhythm, Resource, ShareKind
from practicerunner.workflows.access import visible
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import CreditInvoice, TakeBack, WriteOff, credit_invoice, take_back, write_off
from practicerunner.workflows.arrangements import SetArrangement, Share, arrangements_of, set_arrangement
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.superbill_lines import candidates
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


def test_within_the_limits_an_agreed_fee_of_nothing_charges_nobody(cast: Cast, group) -> None:
    sponsor(cast, group, fee_cents=0, sponsor_until=date(2026, 9, 2))
    held(cast, group[0], 3)
    assert balance(cast, group[0]) == {"Ana Lind": 75_00, "Bo Marsh": 225_00}


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


def monthly(cast: Cast, case_id: int, service: str, days: tuple[int, ...]) -> int:
    """Sessions on days of September, on the one invoice that the month then gives. Returns it."""
    for day in days:
        invoice(cast, hold(cast, case_id, service, f"2026-09-{day:02d} 10:00"))
    with at("2026-10-01 09:00"):
        (made,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 9, 1)))
    return made


def credit(cast: Cast, invoice_id: int, cents: int, on: str) -> int:
    with at(f"{on} 12:00"):
        return cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=invoice_id, amount_cents=cents, reason="disputed", credit_note=True))


def test_a_credit_on_an_invoice_of_several_lines_gives_the_sponsor_s_limits_back_from_the_last_line_on(
    cast: Cast, group
) -> None:
    """Three sessions of 75.00: 100.00 takes the third wholly and 25.00 of the second; both sessions count."""
    case_id, people, payer = group
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=case_id, person_id=people["Ana"], valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
        sponsor_id=payer, sponsor_cents=260_00, sponsor_sessions=3,
        shares=(Share(person_id=people["Ana"], rhythm=InvoicingRhythm.MONTHLY),)))
    made = monthly(cast, case_id, "GRP90", (1, 2, 3))
    assert lines(cast, [made]) == [("Northside Fund", 225_00)]

    def next_session() -> list[tuple[str, int]]:
        with at("2026-10-08 09:00"):
            planned = cast.read("Tom", appointment_billing, later).planned
        return [(one.payer, one.total_cents) for one in planned if one.payer != "Bo Marsh"]

    later = hold(cast, case_id, "GRP90", "2026-10-07 18:00")
    assert next_session() == [("Ana Lind", 75_00)], "three sessions are used"
    credit(cast, made, 60_00, "2026-10-02")
    assert next_session() == [("Ana Lind", 75_00)], "a part of the third is still the sponsor's"
    second = credit(cast, made, 40_00, "2026-10-03")
    assert next_session() == [("Northside Fund", 75_00)], "125.00 of 260.00 at two sessions"
    credit(cast, made, 85_00, "2026-10-04")
    assert next_session() == [("Northside Fund", 75_00)]
    with at("2026-10-05 09:00"):
        cast.do("Tom", take_back, TakeBack(entry_id=second, reason="after all not"))
    assert next_session() == [("Northside Fund", 75_00)], "80.00 at two sessions: 75.00 and 5.00"
    with at("2026-10-06 09:00"):
        anew = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=made, reason="address"))
    assert next_session() == [("Northside Fund", 75_00)], "the credits moved along"
    with at("2026-10-06 10:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=anew, reason="all wrong"))
    assert next_session() == [("Northside Fund", 75_00)]


def test_a_credit_after_a_write_off_takes_what_that_left_of_the_lines_as_on_the_superbill(cast: Cast, group) -> None:
    """Three sessions of 75.00: of the third 40.00 is given up, so that a credit of 75.00 takes 40.00 of the second."""
    case_id, people, payer = group
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=case_id, person_id=people["Ana"], valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
        sponsor_id=payer, sponsor_sessions=3,
        shares=(Share(person_id=people["Ana"], rhythm=InvoicingRhythm.MONTHLY),)))
    made = monthly(cast, case_id, "GRP90", (1, 2, 3))
    later = hold(cast, case_id, "GRP90", "2026-10-07 18:00")

    def next_payer() -> list[str]:
        with at("2026-10-08 09:00"):
            return [one.payer for one in cast.read("Tom", appointment_billing, later).planned
                    if one.payer != "Bo Marsh"]

    def off_each() -> list[int]:
        with database.reading(cast.engine) as session:
            case = session.get_one(Case, case_id)
            found = candidates(session, case, people["Ana"], date(2026, 9, 1), date(2026, 9, 30),
                               visible(cast.actor("Tom"), Action.READ, Resource.INVOICES))
        return [one.adjusted_cents for one in found]

    with at("2026-10-02 09:00"):
        gone = cast.do("Tom", write_off, WriteOff(invoice_id=made, amount_cents=40_00, reason="gone"))
    assert (off_each(), next_payer()) == ([0, 0, 40_00], ["Ana Lind"])
    credit(cast, made, 75_00, "2026-10-03")
    assert (off_each(), next_payer()) == ([0, 40_00, 75_00], ["Ana Lind"]), "a part of each is still the sponsor's"
    with at("2026-10-05 09:00"):
        cast.do("Tom", take_back, TakeBack(entry_id=gone, reason="paid after all"))
    assert (off_each(), next_payer()) == ([0, 0, 75_00], ["Northside Fund"]), "the third is credited wholly"


@pytest.mark.parametrize(("credits", "left"), [
    ((), 0), ((200_00,), 100_00), ((150_00,), 100_00), ((30_00,), 30_00), ((30_00, 25_00), 55_00)])
def test_a_credit_on_an_invoice_of_several_lines_gives_a_cap_back(cast: Cast, credits, left) -> None:
    """The firm pays 100.00 a session up to 200.00, which September uses up; Ida pays the rest of 165.00."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        firm = cast.do("Dana", add_organisation, AddOrganisation(name="Northside", address="1 North"))
        cast.do("Tom", set_arrangement, SetArrangement(case_id=case_id, valid_from=date(2026, 8, 1), shares=(
            Share(payer_id=firm, kind=ShareKind.FIXED_WITH_CAP, amount_cents=100_00, cap_cents=200_00,
                  rhythm=InvoicingRhythm.MONTHLY),
            Share(person_id=people_of(cast, case_id)["Ida"]))))
    made = monthly(cast, case_id, "IND50", (3, 10))
    for cents in credits:
        credit(cast, made, cents, "2026-10-02")
    later = hold(cast, case_id, "IND50", "2026-10-08 10:00")
    with at("2026-10-08 23:00"):
        planned = cast.read("Tom", appointment_billing, later).planned
    assert [(one.payer, one.total_cents) for one in planned] == [
        *([("Northside", left)] if left else []), ("Ida Holm", 165_00 - left)]
    arrange_from = {"case_id": case_id, "revision": 1, "valid_from": date(2026, 9, 5)}
    if credits == (150_00,):  # from 5 September on only the second line counts, and it is credited in full
        cast.do("Tom", set_arrangement, SetArrangement(**arrange_from, shares=(
            Share(payer_id=firm, kind=ShareKind.FIXED_WITH_CAP, amount_cents=100_00, cap_cents=100_00),
            Share(person_id=people_of(cast, case_id)["Ida"]))))
        assert lines(cast, invoice(cast, later)) == [("Northside", 100_00), ("Ida Holm", 65_00)]
