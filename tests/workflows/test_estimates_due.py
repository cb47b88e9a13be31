"""Who has to be given a good faith estimate, by when and why."""

from datetime import date, time

import pytest

from practicerunner import database
from practicerunner.records.cases import Case
from practicerunner.vocabulary import (
    CaseType,
    EstimateCause,
    EstimateChange,
    FeeTerms,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.estimate_pages import estimate_block
from practicerunner.workflows.estimates import (
    AlreadyReplaced,
    ItemAsked,
    RequestEstimate,
    request_estimate,
)
from practicerunner.workflows.estimates_due import estimates_due
from practicerunner.workflows.follow_up import billing_counts
from tests.cast import Cast, arrange, at
from tests.insurance import complete, licensed
from tests.workflows.estimating import TODAY, draft, due, meet, omar_of, renewed, sessions, share, shared


@pytest.fixture
def omar(cast: Cast) -> tuple[Cast, int, int]:
    return omar_of(cast)


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


def changed(cast: Cast, when: str) -> list[tuple[EstimateChange | None, date | None, int | None]]:
    """What will be otherwise, from which day on, and of which estimate."""
    assert {cause for _, cause, _ in due(cast, when=when)} <= {EstimateCause.CHANGED}
    with at(when):
        return [(one.change, one.service_on, one.estimate_id) for one in cast.read("Tom", estimates_due)]


def test_until_a_later_version_begins_the_one_before_is_watched_for_changes(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 10, "2026-11-02", last="2027-01-04"))
    second = shared(cast, case_id, person, sessions(cast, 3, "2026-12-07", last="2027-01-04"), replaces_id=first,
                    when="2026-10-21 10:00")
    now = "2026-10-22 10:00"
    with at(now):
        assert [(one.is_current, one.stands, one.newest_id) for one in cast.read(
            "Tom", estimate_block, case_id).shared] == [
                (True, (date(2026, 12, 7), date(2027, 1, 4)), second),
                (False, (date(2026, 11, 2), date(2026, 12, 6)), second)]
    assert due(cast, when=now) == []
    arrange(cast, case_id, {person: 0}, since="2026-11-09", fee_terms=FeeTerms.FIXED, fee_cents=180_00,
            valid_until=date(2026, 11, 30))
    arrange(cast, case_id, {person: 0}, since="2026-12-01")
    assert changed(cast, now) == [(EstimateChange.FEE, date(2026, 11, 9), first)]
    assert due(cast, when="2026-12-07 10:00") == [], "from here on the later version counts"
    third = shared(cast, case_id, person, sessions(cast, 10, "2026-11-02", last="2027-01-04"), replaces_id=second,
                   when=now)
    assert due(cast, when=now) == [], "a version of the version has the days of both"
    arrange(cast, case_id, {person: 0}, since="2026-12-14", fee_terms=FeeTerms.FIXED, fee_cents=180_00)
    assert changed(cast, now) == [(EstimateChange.FEE, date(2026, 12, 14), third)]


def test_a_substitute_is_covered_and_another_provider_of_the_case_calls_for_a_new_estimate(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    meet(cast, case_id, "2026-11-16", hour=9)
    now = "2026-10-22 10:00"
    assert due(cast, when=now) == []
    with at("2026-10-21 09:00"):
        cast.do("Tom", book, Book(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 11, 10), local_time=time(10),
            location_id=cast.office, provider_id=cast.staff["Ruth"]))
    assert due(cast, when=now) == [], "with a substitute: the same practice bills the same"
    provided_by_ruth(cast, case_id)
    assert changed(cast, now) == [(EstimateChange.PROVIDER, date(2026, 11, 2), first)]
    assert due(cast, when=now)[0][2] == date(2026, 10, 30), "a business day before"
    shared(cast, case_id, person, when=now, replaces_id=first)
    assert due(cast, when=now) == [], "also for the one that is still with the provider before"


def provided_by_ruth(cast: Cast, case_id: int) -> None:
    with database.reading(cast.engine) as session:
        row = session.get_one(Case, case_id)
        revision, status = row.revision, row.status
    with at("2026-10-21 10:00"):
        cast.do("Dana", change_case, ChangeCase(
            case_id=case_id, revision=revision, status=status, provider_id=cast.staff["Ruth"]))


@pytest.mark.parametrize("what", list(EstimateChange)[:2])
def test_a_change_is_answered_by_an_estimate_that_lists_all_anew_though_it_is_no_version(omar, what) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    if what is EstimateChange.PROVIDER:
        provided_by_ruth(cast, case_id)
    else:
        arrange(cast, case_id, {person: 0}, since="2026-10-01", fee_terms=FeeTerms.FIXED, fee_cents=180_00)
    now = "2026-10-22 10:00"
    asked = [(what, date(2026, 11, 2), first)]
    assert changed(cast, now) == asked
    shared(cast, case_id, person, sessions(cast, 2, service="FAM50"), when=now)
    assert changed(cast, now) == asked, "an estimate for something else"
    shared(cast, case_id, person, when=now)
    assert due(cast, when=now) == []


def test_what_an_estimate_does_not_list_calls_for_one_and_more_than_it_lists_for_another(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 2, last="2026-11-16"))
    meet(cast, case_id, "2026-11-03")
    meet(cast, case_id, "2026-11-10")
    assert due(cast) == []
    meet(cast, case_id, "2026-11-12", service="FAM50", when=TODAY)
    assert due(cast) == [("Omar Reyes", EstimateCause.SCHEDULED, date(2026, 10, 23))]
    both = shared(cast, case_id, person, sessions(cast, 2, last="2026-11-16"), ItemAsked(
        service_id=cast.services["FAM50"], quantity=1, first_on=date(2026, 11, 12)), replaces_id=first)
    assert due(cast) == []
    meet(cast, case_id, "2026-11-16")
    assert changed(cast, TODAY) == [(EstimateChange.SCOPE, date(2026, 11, 16), both)], "a third one is booked"
    shared(cast, case_id, person, sessions(cast, 3, last="2026-11-16"), replaces_id=both)
    assert due(cast) == [("Omar Reyes", EstimateCause.SCHEDULED, date(2026, 10, 23))], "the version has it no more"


@pytest.mark.parametrize("as_version", [True, False])
def test_what_one_that_is_over_had_is_not_counted_again_for_the_one_before(omar, as_version) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person, sessions(cast, 4, "2026-11-02", last="2026-12-20"))
    shared(cast, case_id, person, sessions(cast, 4, "2026-11-09", last="2026-11-13"), when="2026-10-20 11:00",
           replaces_id=first if as_version else None)
    for on in ("11-09", "11-10", "11-11", "11-12", "11-30", "12-07", "12-14"):
        meet(cast, case_id, f"2026-{on}", when="2026-10-20 12:00")
    assert due(cast, when="2026-11-13 10:00") == due(cast, when="2026-11-14 10:00") == []
    for on in ("12-15", "12-16"):
        meet(cast, case_id, f"2026-{on}", when="2026-11-14 12:00")
    assert changed(cast, "2026-11-14 13:00") == [(EstimateChange.SCOPE, date(2026, 12, 16), first)], "its own fifth"


def test_an_estimate_for_something_else_does_not_renew(omar) -> None:
    cast, case_id, person = omar
    shared(cast, case_id, person, sessions(cast, last="2027-11-01"))
    shared(cast, case_id, person, sessions(cast, 3, "2027-10-10", "FAM50", "2027-12-05"), when="2027-10-02 08:00")
    assert due(cast, when="2027-10-02 09:00") == [("Omar Reyes", EstimateCause.RENEWAL, date(2027, 11, 1))]
