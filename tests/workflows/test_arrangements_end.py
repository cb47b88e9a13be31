"""An arrangement has a last day of its own; after it nobody is set down to pay until somebody says who (H02)."""

from datetime import date, time

import pytest

from practicerunner.errors import BadInput, Stale
from practicerunner.vocabulary import AttendanceStatus, CaseType, FeeTerms, InvoicingRhythm, OnboardingStep
from practicerunner.workflows.accounts import invoice_preview, uninvoiced
from practicerunner.workflows.advance import (
    InvoiceAhead,
    SettleAll,
    SettleAppointment,
    invoice_ahead,
    settle_all,
    settle_appointment,
    to_invoice_ahead,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, arrangements_of, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.charging import PayerMissing
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.follow_up import arrangement_missing, billing_counts
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, people_of, times_set


@pytest.fixture
def employed(cast: Cast) -> int:
    """Ida's employer pays a fixed 120.00 until 15 September; Jon, a decoy, pays for himself without an end."""
    with at("2026-08-01 09:00"):
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        jon = cast.open_case(CaseType.INDIVIDUAL, "Jon Decoy")
        firm = cast.do("Dana", add_organisation, AddOrganisation(name="Northside", address="1 North"))
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=ida, valid_from=date(2026, 8, 1), valid_until=date(2026, 9, 15), fee_terms=FeeTerms.FIXED,
            fee_cents=120_00, shares=(Share(payer_id=firm),)))
    arrange(cast, jon, {people_of(cast, jon)["Jon"]: 0}, since="2026-08-01")
    return ida


def test_the_last_day_counts_and_the_day_after_nobody_pays_until_somebody_says_who(cast: Cast, employed: int) -> None:
    on_the_day = hold(cast, employed, "IND50", "2026-09-15 10:00")
    after = hold(cast, employed, "IND50", "2026-09-16 10:00")
    assert lines(cast, invoice(cast, on_the_day)) == [("Northside", 120_00)]
    with at("2026-09-17 09:00"):
        found = cast.read("Tom", invoice_preview, [after])
        assert (found.lines, [one.reason for one in found.left_out]) == (
            (), ["The agreement about who pays has ended. Say who pays from then on."])
        (row,) = cast.read("Tom", arrangement_missing)
        assert (row.case_id, str(row.first_on), row.appointments) == (employed, "2026-09-16", 1)
        assert cast.read("Tom", billing_counts).unarranged == 1
        summary = cast.read("Tom", case_summary, employed)
        assert (summary.arrangements, summary.ended_for) == ((), {None})
    with pytest.raises(PayerMissing, match="has ended"):
        invoice(cast, after)
    assert balance(cast, employed) == {"Northside": 120_00}
    arrange(cast, employed, {people_of(cast, employed)["Ida"]: 0}, since="2026-09-16")
    assert lines(cast, invoice(cast, after)) == [("Ida Holm", 165_00)]
    with at("2026-09-17 09:00"):
        assert cast.read("Tom", arrangement_missing) == []
        assert cast.read("Tom", case_summary, employed).ended_for == frozenset()


def test_one_that_ended_does_not_let_the_one_before_it_come_back(cast: Cast, employed: int) -> None:
    ida = people_of(cast, employed)["Ida"]
    arrange(cast, employed, {ida: 0}, since="2026-09-10", valid_until=date(2026, 9, 12))
    later = hold(cast, employed, "IND50", "2026-09-14 10:00")
    with pytest.raises(PayerMissing):
        invoice(cast, later)
    within = hold(cast, employed, "IND50", "2026-09-12 10:00")
    assert lines(cast, invoice(cast, within)) == [("Ida Holm", 165_00)]


def test_who_is_charged_already_stops_nobody_else_from_being_charged_anew(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
    people = people_of(cast, group)
    for name in ("Gus", "Gia"):
        arrange(cast, group, {people[name]: 0}, since="2026-08-01", person_id=people[name])
    appointment = hold(cast, group, "GRP90", "2026-09-03 18:00")
    made = invoice(cast, appointment)
    fee = lines(cast, made)[0][1]
    assert sorted(lines(cast, made)) == [("Gia Two", fee), ("Gus One", fee)]
    arrange(cast, group, {people["Gia"]: 0}, since="2026-08-02", person_id=people["Gia"], valid_until=date(2026, 9, 2))
    with at("2026-09-04 09:00"):
        of_gus = next(one for one in made if lines(cast, [one]) == [("Gus One", fee)])
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=of_gus, reason="Typed wrong"))
    assert balance(cast, group) == {"Gia Two": fee, "Gus One": 0}
    assert ("Gus One", fee) in lines(cast, invoice(cast, appointment, on="2026-09-04"))
    assert balance(cast, group) == {"Gia Two": fee, "Gus One": fee}
    later = hold(cast, group, "GRP90", "2026-09-10 18:00")
    assert lines(cast, invoice(cast, later)) == [("Gus One", fee)]


def test_only_the_member_whose_agreement_ended_and_who_comes_is_missed(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
    people = people_of(cast, group)
    arrange(cast, group, {people["Gus"]: 0}, since="2026-08-01", person_id=people["Gus"],
            valid_until=date(2026, 9, 5))
    hold(cast, group, "GRP90", "2026-09-03 18:00")
    with at("2026-09-04 09:00"):
        assert cast.read("Tom", arrangement_missing) == []
        cast.do("Marcus", book, Book(case_id=group, service_id=cast.services["GRP90"], local_date=date(2026, 9, 10),
                                     local_time=time(18), location_id=cast.office))
        (row,) = cast.read("Tom", arrangement_missing)
        assert (row.case_id, str(row.first_on)) == (group, "2026-09-10")
        arrange(cast, group, {people["Gus"]: 0}, since="2026-09-06", person_id=people["Gus"])
        assert cast.read("Tom", arrangement_missing) == []


def test_a_member_whom_nobody_pays_for_is_left_out_by_name_and_waits_while_the_others_are_invoiced(
    cast: Cast,
) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", "Gil Three", name="Thursday group")
    gia = people_of(cast, group)["Gia"]
    arrange(cast, group, {gia: 0}, since="2026-08-01", person_id=gia, valid_until=date(2026, 9, 1))
    held = hold(cast, group, "GRP90", "2026-09-03 18:00")
    why = "The agreement about who pays for Gia Two has ended. Say who pays from then on."
    with at("2026-09-04 09:00"):
        found = cast.read("Tom", invoice_preview, [held])
        assert found.lines == (("Gil Three", 1, 75_00), ("Gus One", 1, 75_00))
        assert found.ready == (held,)
        assert [(one.name, one.reason) for one in found.left_out] == [("Gia Two", why)]
    made = invoice(cast, held)
    assert sorted(lines(cast, made)) == [("Gil Three", 75_00), ("Gus One", 75_00)]
    assert invoice(cast, held) == made
    with at("2026-09-04 09:00"):
        assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] == [held]
        assert [row.case_id for row in cast.read("Tom", arrangement_missing)] == [group]
        left = cast.read("Tom", invoice_preview, [held])
        assert (left.ready, [one.reason for one in left.left_out]) == ((), [why])
        block = cast.read("Tom", appointment_billing, held)
        assert (block.planned, [one.reason for one in block.left_out]) == ((), [why])
        summary = cast.read("Tom", case_summary, group)
        assert "The agreement about who pays for Gia Two has ended." in [one.sentence for one in summary.attention]
        arrange(cast, group, {gia: 0}, since="2026-09-02", person_id=gia)
        assert cast.read("Tom", arrangement_missing) == []
    assert ("Gia Two", 75_00) in lines(cast, invoice(cast, held, on="2026-09-04"))
    assert cast.read("Tom", uninvoiced) == ([], 0)
    assert balance(cast, group) == {"Gia Two": 75_00, "Gil Three": 75_00, "Gus One": 75_00}


def test_a_missed_fee_of_whom_nobody_pays_for_is_not_waived_before_somebody_says_who(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
    people = people_of(cast, group)
    arrange(cast, group, {people["Gia"]: 0}, since="2026-08-01", person_id=people["Gia"],
            valid_until=date(2026, 9, 1))
    held = hold(cast, group, "GRP90", "2026-09-03 18:00", missed={people["Gia"]: AttendanceStatus.NO_SHOW})
    with at("2026-09-04 09:00"), pytest.raises(PayerMissing, match="for Gia Two has ended"):
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=held, person_id=people["Gia"], reason="illness"))
    assert balance(cast, group) == {}


def test_what_a_couple_shares_is_invoiced_whole_or_not_at_all(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    people = people_of(cast, couple)
    arrange(cast, couple, {people["Maya"]: 5000, people["Tom"]: 5000}, since="2026-08-01",
            valid_until=date(2026, 9, 1))
    held = hold(cast, couple, "FAM50", "2026-09-03 10:00")
    with pytest.raises(PayerMissing, match="The agreement about who pays has ended"):
        invoice(cast, held)
    with at("2026-09-04 09:00"):
        assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] == [held]
        assert [row.case_id for row in cast.read("Tom", arrangement_missing)] == [couple]
    assert balance(cast, couple) == {}


def test_what_was_invoiced_in_advance_waits_by_name_for_a_payer_and_is_settled_then(cast: Cast) -> None:
    ahead_by_month = InvoicingRhythm.MONTH_AHEAD
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        people, pays = people_of(cast, group), people_of(cast, ida)["Ida"]
        for case_id, person, whose in ((group, people["Gus"], people["Gus"]), (group, people["Gia"], people["Gia"]),
                                       (ida, pays, None)):
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=case_id, person_id=whose, valid_from=date(2026, 8, 1),
                shares=(Share(person_id=person, rhythm=ahead_by_month),)))
        evening, morning = (cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=date(2026, 9, 10), local_time=time(hour),
            location_id=cast.office)) for case_id, service, hour in ((group, "GRP90", 18), (ida, "IND50", 10)))
    with at("2026-08-28 09:00"):
        cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 9, 1), rhythm=ahead_by_month))
    arrange(cast, group, {people["Gia"]: 0}, since="2026-08-01", person_id=people["Gia"],
            valid_until=date(2026, 9, 5))
    arrange(cast, ida, {pays: 0}, since="2026-08-01", valid_until=date(2026, 9, 5))
    with at("2026-08-29 09:00"):
        assert {row.case_id for row in cast.read("Tom", arrangement_missing)} == {group, ida}, "seen before the day"
    with at("2026-09-10 22:00"):
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=evening, statuses={
            people["Gus"]: AttendanceStatus.NO_SHOW, people["Gia"]: AttendanceStatus.NO_SHOW}))
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=morning, statuses={pays: AttendanceStatus.ATTENDED}))
    with at("2026-09-11 09:00"):
        found = cast.read("Tom", to_invoice_ahead)
        assert (found.to_settle, [(one.case_name, [who.name for who in one.unpaid]) for one in found.unsettled]) == (
            1, [("Ida Holm", [""]), ("Thursday group", ["Gia Two"])])
        assert cast.do("Tom", settle_all, SettleAll()) == 1
        assert balance(cast, group) == {"Gia Two": 75_00, "Gus One": 37_50}, "half is due of Gus's, Gia's waits"
        found = cast.read("Tom", to_invoice_ahead)
        assert (found.to_settle, len(found.unsettled)) == (0, 2)
        assert {row.case_id for row in cast.read("Tom", arrangement_missing)} == {group, ida}
        with pytest.raises(PayerMissing, match="Say who pays; then it can be settled"):
            cast.do("Tom", settle_all, SettleAll())
        with pytest.raises(PayerMissing, match="for Gia Two has ended"):
            cast.do("Tom", settle_appointment, SettleAppointment(appointment_id=evening))
        block = cast.read("Tom", appointment_billing, evening)
        assert (block.to_settle, [one.name for one in block.unsettled]) == (False, ["Gia Two"])
        arrange(cast, group, {people["Gia"]: 0}, since="2026-09-06", person_id=people["Gia"])
        arrange(cast, ida, {pays: 0}, since="2026-09-06")
        assert cast.do("Tom", settle_all, SettleAll()) == 2
        assert (balance(cast, group), balance(cast, ida)) == (
            {"Gia Two": 37_50, "Gus One": 37_50}, {"Ida Holm": 165_00})
        assert cast.read("Tom", to_invoice_ahead).unsettled == ()
        assert cast.read("Tom", arrangement_missing) == []


def test_an_agreement_that_ended_is_asked_for_on_the_case_and_in_the_list(cast: Cast, employed: int) -> None:
    with at("2026-09-15 09:00"):
        assert not [i for i in cast.read("Tom", case_summary, employed).attention if "pays" in i.sentence]
    with at("2026-09-16 09:00"):
        summary = cast.read("Tom", case_summary, employed)
        assert "The agreement about who pays has ended." in [one.sentence for one in summary.attention]
        assert [step.done for step in summary.checklist if step.step is OnboardingStep.BILLING_ARRANGEMENT] == [False]


def test_nothing_is_invoiced_in_advance_beyond_the_end(cast: Cast, employed: int) -> None:
    ida = people_of(cast, employed)["Ida"]
    with at("2026-08-02 09:00"):
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=employed, revision=1, valid_from=date(2026, 8, 1), valid_until=date(2026, 9, 15),
            shares=(Share(person_id=ida, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
        for day in (15, 16):
            cast.do("Marcus", book, Book(case_id=employed, service_id=cast.services["IND50"],
                                         local_date=date(2026, 9, day), local_time=time(10), location_id=cast.office))
    with at("2026-08-28 09:00"):
        made = cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 9, 1), rhythm=InvoicingRhythm.MONTH_AHEAD))
    assert lines(cast, made) == [("Ida Holm", 165_00)]


def test_an_end_before_the_beginning_is_refused_at_its_field(cast: Cast, employed: int) -> None:
    with pytest.raises(BadInput, match="before the first") as refused:
        arrange(cast, employed, {people_of(cast, employed)["Ida"]: 0}, since="2026-09-16",
                valid_until=date(2026, 9, 15))
    assert refused.value.field == "valid_until"


def test_of_two_who_change_who_pays_at_once_the_second_is_told(cast: Cast, employed: int) -> None:
    ida = people_of(cast, employed)["Ida"]
    seen = times_set(cast, employed)
    first = SetArrangement(case_id=employed, revision=seen, valid_from=date(2026, 9, 16),
                           shares=(Share(person_id=ida),))
    made = cast.do("Tom", set_arrangement, first)
    for day in (date(2026, 9, 16), date(2026, 10, 1)):
        with pytest.raises(Stale):
            cast.do("Dana", set_arrangement, SetArrangement(
                case_id=employed, revision=seen, valid_from=day, shares=(Share(person_id=ida),)))
    assert cast.do("Tom", set_arrangement, first) == made, "a second click is no second change"
    rows = cast.read("Tom", arrangements_of, employed)
    assert [(str(row.valid_from), row.valid_until and str(row.valid_until)) for row in rows] == [
        ("2026-08-01", "2026-09-15"), ("2026-09-16", None)]
