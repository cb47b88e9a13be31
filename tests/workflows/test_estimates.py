"""Good faith estimates: prepared, shared once and for good, due by the rule, refused where claims are made."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.estimates import EstimateDraft
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    EstimateCause,
    EstimateWarning,
    FeeTerms,
    InvoicingRhythm,
    MendAt,
    ShareChannel,
)
from practicerunner.workflows.adjustments import CreditInvoice, TakeBack, credit_invoice, take_back
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.estimate_pages import estimate_block, estimate_pdf, estimate_preview
from practicerunner.workflows.estimate_papers import EstimateNotComplete
from practicerunner.workflows.estimate_watch import estimate_watch
from practicerunner.workflows.estimates import (
    AlreadyReplaced,
    ClaimsAreMade,
    DiscardDraft,
    DraftEstimate,
    ItemAsked,
    RequestEstimate,
    SetClaims,
    ShareAgain,
    ShareEstimate,
    discard_estimate,
    draft_estimate,
    request_estimate,
    set_claims,
    share_estimate,
    share_estimate_again,
)
from practicerunner.workflows.estimates_due import estimates_due, number_due
from practicerunner.workflows.follow_up import billing_counts
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.today import day
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, hold, invoice
from tests.documents.papers import lines as lines_of
from tests.insurance import change, complete, diagnose, licensed, logged

PLACE = "12 Linden Street, Albany, NY 12207"
TODAY = "2026-10-20 10:00"


def sessions(cast: Cast, quantity: int = 10, first: str = "2026-11-02", service: str = "IND50",
             last: str = "") -> ItemAsked:
    return ItemAsked(
        service_id=cast.services[service], quantity=quantity, first_on=date.fromisoformat(first),
        last_on=date.fromisoformat(last or "2027-01-04"), frequency="every week")


def draft(cast: Cast, case_id: int, person_id: int, *items: ItemAsked, by: str = "Tom", when: str = TODAY,
          **options: Any) -> int:
    with at(when):
        return cast.do(by, draft_estimate, DraftEstimate(**{
            "case_id": case_id, "person_id": person_id, "items": items or (sessions(cast),), "place": PLACE} | options))


def share(cast: Cast, draft_id: int, *, by: str = "Tom", when: str = TODAY, revision: int = 1, **options: Any) -> int:
    with at(when):
        return cast.do(by, share_estimate, ShareEstimate(
            draft_id=draft_id, revision=revision, channel=ShareChannel.IN_PERSON, **options))


def shared(cast: Cast, case_id: int, person_id: int, *items: ItemAsked, **options: Any) -> int:
    return share(cast, draft(cast, case_id, person_id, *items, **options))


def meet(cast: Cast, case_id: int, on: str, *, when: str = "2026-10-19 15:00", service: str = "IND50",
         by: str = "Tom", hour: int = 10) -> int:
    with at(when):
        return cast.do(by, book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=date.fromisoformat(on),
            local_time=time(hour), location_id=cast.office))


def due(cast: Cast, *, by: str = "Tom", when: str = TODAY) -> list[tuple[str, EstimateCause, date]]:
    with at(when):
        found = [(one.name, one.cause, one.due_on) for one in cast.read(by, estimates_due)]
        assert cast.read(by, number_due) == len(found), "the number on the tab is counted in another way"
    return found


@pytest.fixture
def omar(cast: Cast) -> tuple[Cast, int, int]:
    licensed(cast)
    with at("2026-10-12 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Omar Reyes")
    return cast, case_id, complete(cast, case_id)["Omar"]


# --- what it says


def test_the_paper_has_all_that_the_rule_asks_for(omar) -> None:
    cast, case_id, person = omar
    diagnose(cast, case_id, person, "F41.1", since="2026-10-01")
    intake = ItemAsked(service_id=cast.services["INTAKE"], quantity=1, first_on=date(2026, 10, 30))
    estimate = shared(cast, case_id, person, intake, sessions(cast), separately="A test by another provider")
    name, media_type, pdf = logged(cast, "Tom", estimate_pdf, estimate)
    assert (name, media_type) == ("GFE-2026-0001.pdf", "application/pdf")
    words = " ".join(" ".join(lines_of(pdf)).split())
    for wanted in (
        "Good faith estimate", "GFE-2026-0001", "Issued 20 October 2026", "Omar Reyes", "12 April 1988",
        "INTAKE, 30 October 2026", "F41.1", "Marcus Bell, LMFT · NPI 2100000035", "Tax ID 14-1234567", PLACE,
        "INTAKE X0791 30 October 2026 1 225.00 225.00", "10 165.00 1,650.00", "every week", "USD 1,875.00",
        "A test by another provider", "Separate good faith estimates are issued on request",
        "must be scheduled or requested separately and are not reflected", "is only an estimate",
        "patient-provider dispute resolution process", "will not adversely affect the quality of health care",
        "is not a contract and does not require you to obtain", "If special circumstances occur",
        "www.cms.gov/nosurprises", "1-800-985-3059", "Version 1",
    ):
        assert wanted in words, wanted


def test_a_diagnosis_may_be_blank_before_there_is_one(omar) -> None:
    cast, case_id, person = omar
    words = " ".join(lines_of(logged(cast, "Tom", estimate_pdf, shared(cast, case_id, person))[2]))
    assert "None has been made at this time" in words


@pytest.mark.parametrize(("terms", "total"), [
    ({"fee_terms": FeeTerms.FIXED, "fee_cents": 120_00}, 1200_00),
    ({"fee_terms": FeeTerms.SLIDING_SCALE, "fee_basis_points": 4500}, 742_50),
    ({}, 1650_00),
])
def test_the_expected_charge_is_that_of_the_person_s_fee_arrangement(omar, terms: dict[str, Any], total: int) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-10-01", **terms)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast)], PLACE)
    assert found.total_cents == total


def test_an_estimate_has_the_price_of_a_package_and_the_standard_fee_beyond_it(omar) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-10-01", fee_terms=FeeTerms.PACKAGE,
            package_service_id=cast.services["IND50"], package_sessions=3, package_cents=400_00)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast, 5)], PLACE)
    assert [(line.expected.quantity, line.expected.fee_cents) for line in found.lines] == [
        (1, 133_34), (2, 133_33), (2, 165_00)]
    assert found.total_cents == 730_00
    estimate = shared(cast, case_id, person, sessions(cast, 5))
    assert cast.read("Tom", estimate_watch, estimate).total_cents == 730_00
    assert due(cast, when="2026-12-20 09:00") == [], "what is used up on the way is no change of a fee"
    decoy = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast, 1, service="IND60")], PLACE)
    assert decoy.total_cents == 190_00, "another service than that of the package"


def test_a_fee_arrangement_that_begins_in_between_parts_the_line(omar) -> None:
    cast, case_id, person = omar
    arrange(cast, case_id, {person: 0}, since="2026-12-01", fee_terms=FeeTerms.FIXED, fee_cents=100_00)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast)], PLACE)
    assert [(line.expected.quantity, line.expected.fee_cents) for line in found.lines] == [(5, 165_00), (5, 100_00)]
    estimate = shared(cast, case_id, person)
    assert cast.read("Tom", estimate_watch, estimate).total_cents == 1325_00


def test_a_group_member_s_estimate_has_their_own_fee(cast: Cast) -> None:
    licensed(cast)
    with at("2026-10-12 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ana Holm", "Bo Stone", name="Thursday Process Group")
    people = complete(cast, group)
    arrange(cast, group, {people["Bo"]: 0}, since="2026-10-01", person_id=people["Bo"],
            fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=4500)
    item = sessions(cast, service="GRP90")
    totals = {
        first: cast.read("Tom", estimate_preview, group, person, [item], PLACE).total_cents
        for first, person in people.items()
    }
    assert totals == {"Ana": 750_00, "Bo": 337_50}
    words = " ".join(lines_of(logged(cast, "Tom", estimate_pdf, shared(cast, group, people["Bo"], item))[2]))
    assert "Bo Stone" in words
    for absent in ("Ana", "Holm", "Thursday"):
        assert absent not in words


# --- what is missing, what is refused


@pytest.mark.parametrize(("facts", "sentence", "mend_at"), [
    ({"staff": {"npi": ""}}, "Marcus Bell has no NPI.", MendAt.STAFF),
    ({"person": {"birth_date": None}}, "Omar Reyes has no date of birth.", MendAt.PERSON),
    ({"place": " "}, "Say where the services are given.", MendAt.HERE),
])
def test_what_is_missing_keeps_it_from_being_shared(
    omar, facts: dict[str, Any], sentence: str, mend_at: MendAt
) -> None:
    cast, case_id, person = omar
    if "staff" in facts:
        change(cast, "Marcus", **facts["staff"])
    if "person" in facts:
        known, revision = cast.read("Dana", person_details, person)
        cast.do("Dana", change_person, ChangePerson(
            person_id=person, revision=revision, person=known.model_copy(update=facts["person"])))
    place = facts.get("place", PLACE)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast)], place)
    assert [(one.sentence, one.mend_at) for one in found.missing] == [(sentence, mend_at)]
    with pytest.raises(EstimateNotComplete, match=sentence):
        share(cast, draft(cast, case_id, person, place=place))


@pytest.mark.parametrize(("items", "sentence"), [
    ({"last": "2027-11-02"}, "at most 12 months"), ({"last": "2027-12-02"}, "at most 12 months"),
    ({"first": "2027-02-01"}, "before its first day"), ({"service": "CONS60"}, "that this kind of case can book"),
])
def test_what_one_estimate_cannot_hold_is_said_at_its_services(omar, items: dict[str, str], sentence: str) -> None:
    cast, case_id, person = omar
    with pytest.raises(BadInput, match=sentence) as refusal:
        draft(cast, case_id, person, sessions(cast, **items))  # type: ignore[arg-type]
    assert refusal.value.field == "items"


def test_twelve_months_to_the_day_fit(omar) -> None:
    cast, case_id, person = omar
    assert shared(cast, case_id, person, sessions(cast, last="2027-11-01"))


def test_where_claims_are_made_there_is_none(omar) -> None:
    cast, case_id, person = omar
    meet(cast, case_id, "2026-11-02")
    waiting = draft(cast, case_id, person)
    cast.do("Tom", set_claims, SetClaims(case_id=case_id, claims=True))
    assert cast.read("Tom", estimate_block, case_id).claims
    assert due(cast) == []
    for act in (lambda: draft(cast, case_id, person, revision=1), lambda: share(cast, waiting)):
        with pytest.raises(ClaimsAreMade):
            act()
    cast.do("Tom", set_claims, SetClaims(case_id=case_id, claims=False))
    assert len(due(cast)) == 1
    assert share(cast, waiting)


def test_claims_of_one_client_are_nothing_to_another(omar) -> None:
    cast, case_id, _ = omar
    with at("2026-10-12 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Nia Decoy")
    meet(cast, case_id, "2026-11-02")
    meet(cast, other, "2026-11-02", hour=12)
    cast.do("Tom", set_claims, SetClaims(case_id=case_id, claims=True))
    assert [name for name, *_ in due(cast)] == ["Nia Decoy"]
    cast.do("Tom", set_claims, SetClaims(case_id=other, claims=False))
    assert [name for name, *_ in due(cast)] == ["Nia Decoy"]


def test_whether_a_booking_calls_for_an_estimate_goes_by_the_practices_day(omar) -> None:
    """A Tuesday's last minute counts as Tuesday, the Wednesday after it begins on the practice's wall."""
    cast, case_id, _ = omar
    with at("2026-10-12 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Nia Decoy")
    meet(cast, case_id, "2026-10-23", when="2026-10-20 23:59")
    meet(cast, other, "2026-10-23", when="2026-10-21 00:00", hour=12)
    for when in ("2026-10-21 09:00", "2026-10-22 09:00", "2026-10-23 09:00"):
        assert [name for name, *_ in due(cast, when=when)] == ["Omar Reyes"]
    assert due(cast, when="2026-10-24 09:00") == []


def test_somebody_who_is_not_in_the_case_gets_none(omar) -> None:
    cast, case_id, _ = omar
    with at("2026-10-12 09:00"):
        decoy = complete(cast, cast.open_case(CaseType.INDIVIDUAL, "Decoy Doe"))["Decoy"]
    with pytest.raises(NotFound):
        draft(cast, case_id, decoy)
    with pytest.raises(NotFound):
        cast.do("Tom", request_estimate, RequestEstimate(case_id=case_id, person_id=decoy, asked_on=date(2026, 1, 5)))


# --- sharing, versions


def test_a_shared_estimate_never_changes_and_a_second_click_shares_nothing_more(omar) -> None:
    cast, case_id, person = omar
    prepared = draft(cast, case_id, person)
    first = share(cast, prepared, op="one-click")
    before = logged(cast, "Tom", estimate_pdf, first)[2]
    assert share(cast, prepared, op="one-click") == first
    change(cast, "Marcus", credentials="PhD")
    assert logged(cast, "Tom", estimate_pdf, first)[2] == before
    assert [one.number for one in cast.read("Tom", estimate_block, case_id).shared] == ["GFE-2026-0001"]
    with database.reading(cast.engine) as session:
        assert session.scalars(select(EstimateDraft)).all() == []
    for statement in ("update good_faith_estimate set total_cents = 1", "delete from estimate_item",
                      "update estimate_delivery set shared_on = '2026-01-01'"):
        with pytest.raises(DatabaseError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_a_version_is_replaced_once_and_by_whoever_comes_first(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    second = shared(cast, case_id, person, sessions(cast, 12), replaces_id=first)
    block = cast.read("Tom", estimate_block, case_id)
    assert [(one.estimate_id, one.version, one.is_current) for one in block.shared] == [
        (second, 2, True), (first, 1, False)]
    with pytest.raises(AlreadyReplaced):
        draft(cast, case_id, person, replaces_id=first)
    words = " ".join(" ".join(lines_of(logged(cast, "Tom", estimate_pdf, second)[2])).split())
    assert "Version 2" in words
    assert "Replaces GFE-2026-0001" in words


def test_of_two_who_change_one_draft_the_second_is_told(omar) -> None:
    cast, case_id, person = omar
    prepared = draft(cast, case_id, person)
    assert draft(cast, case_id, person, sessions(cast, 12), revision=1) == prepared
    with pytest.raises(Stale):
        draft(cast, case_id, person, sessions(cast, 14), revision=1)
    with pytest.raises(Stale):
        draft(cast, case_id, person)
    with pytest.raises(Stale):
        share(cast, prepared, revision=1)
    with pytest.raises(Stale):
        cast.do("Tom", discard_estimate, DiscardDraft(draft_id=prepared, revision=1))
    cast.do("Tom", discard_estimate, DiscardDraft(draft_id=prepared, revision=2))
    with pytest.raises(NotFound):
        share(cast, prepared, revision=2)
    assert cast.read("Tom", estimate_block, case_id).drafts == ()


def test_each_delivery_is_kept_with_day_channel_and_name(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    with at("2026-10-25 09:00"):
        cast.do("Marcus", share_estimate_again, ShareAgain(estimate_id=first, channel=ShareChannel.POST))
    (found,) = cast.read("Tom", estimate_block, case_id).shared
    assert [(one.shared_on, one.channel, by) for one, by in found.deliveries] == [
        (date(2026, 10, 20), ShareChannel.IN_PERSON, "Tom Alvarez"),
        (date(2026, 10, 25), ShareChannel.POST, "Marcus Bell"),
    ]
    with database.reading(cast.engine) as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.action == "share_estimate")).all()
    assert details == ["GFE-2026-0001, handed over on paper"]


# --- the bills


def test_a_credit_lowers_what_was_billed_and_another_case_does_not_count(omar) -> None:
    cast, case_id, person = omar
    estimate = shared(cast, case_id, person)
    missed = hold(cast, case_id, "IND50", "2026-11-02 10:00", missed={person: AttendanceStatus.NO_SHOW})
    invoice(cast, missed)
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 82_50
    with at("2026-11-03 09:00"):
        cast.do("Dana", waive_fee, WaiveFee(appointment_id=missed, person_id=None, reason="illness"))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 0
    with at("2026-10-12 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Decoy Doe")
    invoice(cast, hold(cast, other, "IND50", "2026-11-03 10:00"))
    assert cast.read("Tom", estimate_watch, estimate).billed_cents == 0


def test_a_credit_of_a_whole_invoice_is_taken_from_its_last_lines_and_a_cent_decides(omar) -> None:
    """Four sessions of 165.00 on one invoice are 495.00 above an estimate of one."""
    cast, case_id, person = omar
    with at("2026-10-12 09:00"):
        cast.do("Tom", set_arrangement, SetArrangement(case_id=case_id, valid_from=date(2026, 10, 1), shares=(
            Share(person_id=person, rhythm=InvoicingRhythm.MONTHLY),)))
    estimate = shared(cast, case_id, person, sessions(cast, 1, last="2026-11-04"))
    for on in (2, 3, 4, 5):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{on:02d} 10:00"))
    decoy = shared(cast, case_id, person, sessions(cast, 1, first="2026-11-05", last="2026-12-31"))
    with at("2026-12-01 09:00"):
        (made,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 11, 1)))

    def above() -> list[tuple[EstimateCause, int | None]]:
        return [(row.cause, row.amount_cents) for row in cast.read("Tom", estimates_due)
                if row.cause is EstimateCause.EXCEEDED]

    def billed() -> list[int]:
        return [cast.read("Tom", estimate_watch, one).billed_cents for one in (estimate, decoy)]

    with at("2026-12-02 09:00"):
        assert (billed(), above()) == ([495_00, 165_00], [])
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=200_00, reason="goodwill"))
        assert billed() == [460_00, 0], "all of the last session, and 35.00 of the one before"
    invoice(cast, hold(cast, case_id, "IND60", "2026-11-04 14:00"), on="2026-12-02")
    with at("2026-12-02 10:00"):
        gathered = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 11, 1)))
        assert (billed(), above()) == ([650_00, 0], [(EstimateCause.EXCEEDED, 485_00)])
        assert cast.read("Tom", estimate_watch, estimate).warning is EstimateWarning.EXCEEDED
        credit = cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=made, amount_cents=85_01, reason="goodwill"))
        assert (billed(), above()) == ([564_99, 0], []), "399.99 above"
        assert cast.read("Tom", billing_counts).estimates == len(cast.read("Tom", estimates_due))
        cast.do("Tom", take_back, TakeBack(entry_id=credit, reason="after all not"))
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=85_00, reason="goodwill"))
        assert above() == [(EstimateCause.EXCEEDED, 400_00)]
        assert gathered


# --- who is due one


def test_who_is_due_one_after_booking_and_after_asking(omar) -> None:
    cast, case_id, person = omar
    meet(cast, case_id, "2026-11-02")
    meet(cast, case_id, "2026-10-23")
    assert due(cast) == [("Omar Reyes", EstimateCause.SCHEDULED, date(2026, 10, 20))]
    with at(TODAY):
        cast.do("Tom", request_estimate, RequestEstimate(
            case_id=case_id, person_id=person, asked_on=date(2026, 10, 20)))
    assert due(cast) == [("Omar Reyes", EstimateCause.SCHEDULED, date(2026, 10, 20)),
                         ("Omar Reyes", EstimateCause.REQUESTED, date(2026, 10, 23))]
    shared(cast, case_id, person, sessions(cast, first="2026-10-23"))
    assert due(cast) == []
    meet(cast, case_id, "2027-02-01", when="2026-10-21 09:00")
    assert due(cast, when="2026-10-21 10:00") == [
        ("Omar Reyes", EstimateCause.SCHEDULED, date(2026, 10, 26))], "after the days that the estimate covers"


def test_a_booking_two_days_ahead_or_for_claims_or_consultation_calls_for_none(omar) -> None:
    cast, case_id, _ = omar
    meet(cast, case_id, "2026-10-21")
    with at("2026-10-12 09:00"):
        consultation = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Lena Fischer")
    meet(cast, consultation, "2026-11-03", service="CONS60")
    assert due(cast) == []


def test_each_group_member_is_due_one_but_a_couple_is_due_one_together(cast: Cast) -> None:
    licensed(cast)
    with at("2026-10-12 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ana Holm", "Bo Stone", name="Thursday Process Group")
        couple = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Morgan")
    members, partners = complete(cast, group), complete(cast, couple)
    meet(cast, group, "2026-11-02", service="GRP90")
    meet(cast, couple, "2026-11-03", service="FAM50")
    on = date(2026, 10, 22)
    assert sorted(due(cast)) == [
        ("Aisha Morgan", EstimateCause.SCHEDULED, on), ("Ana Holm", EstimateCause.SCHEDULED, on),
        ("Bo Stone", EstimateCause.SCHEDULED, on)]
    shared(cast, group, members["Bo"], sessions(cast, service="GRP90"))
    shared(cast, couple, partners["Ben"], sessions(cast, service="FAM50"))
    assert due(cast) == [("Ana Holm", EstimateCause.SCHEDULED, on)]


def test_the_list_shows_each_what_they_may_see(omar) -> None:
    cast, case_id, _ = omar
    meet(cast, case_id, "2026-11-02")
    with at("2026-10-12 09:00"):
        theirs = cast.open_case(CaseType.INDIVIDUAL, "Pia Roth", provider="Priya")
    meet(cast, theirs, "2026-11-03", by="Dana")
    seen = {name: sorted(one[0] for one in due(cast, by=name)) for name in ("Tom", "Marcus", "Priya", "Ruth", "Olga")}
    assert seen == {"Tom": ["Omar Reyes", "Pia Roth"], "Marcus": ["Omar Reyes"], "Priya": ["Pia Roth"],
                    "Ruth": ["Pia Roth"], "Olga": []}


def test_an_estimate_for_a_year_asks_to_be_renewed_after_eleven_months_until_the_next_one_stands(omar) -> None:
    cast, case_id, person = omar
    shared(cast, case_id, person, sessions(cast, last="2027-11-01"))
    assert due(cast, when="2027-10-01 09:00") == []
    assert due(cast, when="2027-10-02 09:00") == [("Omar Reyes", EstimateCause.RENEWAL, date(2027, 11, 1))]
    assert due(cast, when="2027-11-02 09:00") == []
    with at("2027-10-02 09:00"):
        assert cast.read("Tom", billing_counts).estimates == 1
    later = "2027-10-02 10:00"
    following = sessions(cast, first="2027-11-02", last="2028-01-10")
    share(cast, draft(cast, case_id, person, following, when=later), when=later)
    assert due(cast, when="2027-10-02 11:00") == []


def renewed(cast: Cast, case_id: int, person: int, quantity: int = 1) -> tuple[int, int]:
    """An estimate of a year, and the one that was given a month early for what comes after it."""
    first = shared(cast, case_id, person, sessions(cast, quantity, last="2027-11-01"))
    when = "2027-10-02 10:00"
    following = sessions(cast, 1, first="2027-11-02", last="2028-01-10")
    return first, share(cast, draft(cast, case_id, person, following, when=when, replaces_id=first), when=when)


def test_one_renewed_early_is_watched_until_its_last_day_and_a_version_given_after_the_bills_ends_it(omar) -> None:
    cast, case_id, person = omar
    first, second = renewed(cast, case_id, person)
    for number in range(4, 8):
        invoice(cast, hold(cast, case_id, "IND50", f"2027-10-{number:02d} 10:00"))
    late = "2027-10-10 09:00"
    assert due(cast, when=late) == [("Omar Reyes", EstimateCause.EXCEEDED, date(2027, 10, 10))]
    with at(late):
        (row,) = cast.read("Tom", estimates_due)
        assert (row.estimate_id, row.amount_cents) == (first, 495_00)
        assert [cast.read("Tom", estimate_watch, one).billed_cents for one in (first, second)] == [660_00, 0]
    third = share(cast, draft(
        cast, case_id, person, sessions(cast, 7, first="2027-10-11", last="2027-11-01"), when=late, replaces_id=first,
    ), when=late)
    assert due(cast, when=late) == []
    invoice(cast, hold(cast, case_id, "IND50", "2027-10-12 10:00"))
    with at("2027-10-13 09:00"):
        block = cast.read("Tom", estimate_block, case_id)
        assert [(one.estimate_id, one.version, one.is_current, one.watch.billed_cents) for one in block.shared] == [
            (third, 2, True, 165_00), (second, 1, True, 0), (first, 1, False, 660_00)]
    words = " ".join(lines_of(logged(cast, "Tom", estimate_pdf, second)[2]))
    assert "Version 1" in words
    assert "Replaces" not in words


def test_a_bill_is_measured_by_the_version_that_had_been_given_by_the_day_of_the_service(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    for number in range(2, 6):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{number:02d} 10:00"))
    then = "2026-11-06 09:00"
    second = share(cast, draft(
        cast, case_id, person, sessions(cast, 12, last="2026-12-31"), when=then, replaces_id=first), when=then)
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-06 10:00"))

    def billed() -> list[int]:
        return [cast.read("Tom", estimate_watch, one).billed_cents for one in (first, second)]

    assert billed() == [660_00, 825_00], "the new one has the sessions from the first day on, and so their bills"
    assert due(cast, when="2026-11-06 12:00") == [], "it was given after the bills"
    invoice(cast, hold(cast, case_id, "IND50", "2026-11-05 15:00"))
    assert billed() == [825_00, 990_00]
    assert due(cast, when="2026-11-06 18:00") == [("Omar Reyes", EstimateCause.EXCEEDED, date(2026, 11, 6))]


def test_a_version_for_fewer_days_takes_over_those_days_alone(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 4, first="2026-11-02", last="2027-09-30"))
    then = "2026-11-20 10:00"
    second = share(cast, draft(cast, case_id, person, sessions(
        cast, 4, first="2026-12-01", last="2026-12-31"), when=then, replaces_id=first), when=then)
    for held_on in ("2026-12-07", "2027-02-01", "2027-02-08"):
        invoice(cast, hold(cast, case_id, "IND50", f"{held_on} 10:00"))
    assert [cast.read("Tom", estimate_watch, one).billed_cents for one in (first, second)] == [330_00, 165_00]


def test_a_fee_that_changes_after_a_renewal_asks_for_a_version_of_each(omar) -> None:
    cast, case_id, person = omar
    first, second = renewed(cast, case_id, person, quantity=10)
    arrange(cast, case_id, {person: 0}, since="2027-10-10", fee_terms=FeeTerms.FIXED, fee_cents=300_00)
    assert due(cast, when="2027-10-03 09:00") == [
        ("Omar Reyes", EstimateCause.CHANGED, date(2027, 10, 29)),
        ("Omar Reyes", EstimateCause.CHANGED, date(2027, 11, 1))]
    rest = sessions(cast, 10, first="2027-10-04", last="2027-11-01")
    now = "2027-10-03 10:00"
    share(cast, draft(cast, case_id, person, rest, when=now, replaces_id=first), when=now)
    following = sessions(cast, 1, first="2027-11-02", last="2028-01-10")
    share(cast, draft(cast, case_id, person, following, when=now, replaces_id=second), when=now)
    assert due(cast, when="2027-10-03 11:00") == []
    with pytest.raises(AlreadyReplaced):
        draft(cast, case_id, person, rest, when=now, replaces_id=first)


def test_partners_renew_for_one_another_members_of_a_group_do_not(cast: Cast) -> None:
    licensed(cast)
    with at("2026-10-12 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ana Holm", "Bo Stone", name="Thursday Process Group")
        couple = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Morgan")
    members, partners = complete(cast, group), complete(cast, couple)
    year, more = {"last": "2027-11-01"}, {"first": "2027-11-02", "last": "2028-01-10"}
    shared(cast, couple, partners["Ben"], sessions(cast, 10, service="FAM50", **year))
    shared(cast, group, members["Bo"], sessions(cast, 10, service="GRP90", **year))
    ends = date(2027, 11, 1)
    assert sorted(due(cast, when="2027-10-02 09:00")) == [
        ("Ben Morgan", EstimateCause.RENEWAL, ends), ("Bo Stone", EstimateCause.RENEWAL, ends)]
    now = "2027-10-02 10:00"
    share(cast, draft(cast, couple, partners["Aisha"], sessions(cast, 5, service="FAM50", **more), when=now), when=now)
    share(cast, draft(cast, group, members["Ana"], sessions(cast, 5, service="GRP90", **more), when=now), when=now)
    assert due(cast, when="2027-10-02 11:00") == [("Bo Stone", EstimateCause.RENEWAL, ends)]


def test_bills_of_four_hundred_above_are_an_item_and_on_today_not_a_cent_earlier(omar) -> None:
    cast, case_id, person = omar
    shared(cast, case_id, person, sessions(cast, 1, last="2026-12-31"))
    for number in range(2, 5):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-11-{number:02d} 10:00"))
    late = "2026-12-01 09:00"
    assert due(cast, when=late) == [], "330.00 above"
    fourth = invoice(cast, hold(cast, case_id, "IND50", "2026-11-05 10:00"))
    with at("2026-11-06 09:00"):
        credit = cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=fourth[0], amount_cents=95_01, reason="goodwill"))
    assert due(cast, when=late) == [], "399.99 above"
    with at("2026-11-07 09:00"):
        cast.do("Tom", take_back, TakeBack(entry_id=credit, reason="after all not"))
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=fourth[0], amount_cents=95_00, reason="goodwill"))
    assert due(cast, when=late) == [("Omar Reyes", EstimateCause.EXCEEDED, date(2026, 12, 1))]
    said = "Bills $400 or more above the estimate: Omar Reyes"
    with at(late):
        (item,) = cast.read("Tom", estimates_due)
        assert item.amount_cents == 400_00
        assert cast.read("Tom", billing_counts).estimates == 1
        concerned = {who for who in ("Tom", "Dana", "Marcus", "Priya", "Ruth", "Olga")
                     if said in [one.sentence for one in cast.read(who, day).waiting]}
    assert concerned == {"Tom", "Dana", "Marcus"}
    assert due(cast, when="2027-04-30 09:00") == [("Omar Reyes", EstimateCause.EXCEEDED, date(2027, 4, 30))]
    assert due(cast, when="2027-05-01 09:00") == [], "120 days after what it covers"


# --- who may


@pytest.mark.parametrize(("name", "letters"), [
    ("Dana", "rcx"), ("Marcus", "rcx"), ("Tom", "rcx"), ("Ruth", ""), ("Priya", ""), ("Olga", ""),
])
def test_each_role_on_a_provider_s_case(omar, name: str, letters: str) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    acts = {
        "r": [lambda: cast.read(name, estimate_block, case_id), lambda: cast.read(name, estimate_watch, first),
              lambda: cast.read(name, estimate_preview, case_id, person, [sessions(cast)], PLACE)],
        "c": [lambda: draft(cast, case_id, person, by=name),
              lambda: cast.do(name, share_estimate_again, ShareAgain(estimate_id=first, channel=ShareChannel.POST)),
              lambda: cast.do(name, set_claims, SetClaims(case_id=case_id, claims=False)),
              lambda: cast.do(name, request_estimate, RequestEstimate(
                  case_id=case_id, person_id=person, asked_on=date(2026, 1, 5)))],
        "x": [lambda: logged(cast, name, estimate_pdf, first)],
    }
    for letter, doing in acts.items():
        for act in doing:
            if letter in letters:
                act()
            else:
                with pytest.raises(NotPermitted):
                    act()
