"""What is done about overdue accounts: contacts that are never changed, next actions, counts, and who may see them."""

from datetime import date, time
from typing import Any

import pytest

from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.vocabulary import AttendanceStatus, CaseType, ContactMade, FeeTerms, PaymentMethodKind, ShareKind
from practicerunner.workflows.accounts import invoice_preview, uninvoiced
from practicerunner.workflows.arrangements import SetArrangement, Share, payers_needed, set_arrangement
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import RemoveParticipant, remove_participant
from practicerunner.workflows.estimates_due import estimates_due
from practicerunner.workflows.follow_up import (
    FollowUpPayer,
    SetBillingMail,
    arrangement_missing,
    billing_counts,
    billing_mail_of,
    case_facts,
    done_about,
    follow_up_payer,
    helpers,
    missed_on_account,
    overdue_list,
    set_billing_mail,
    whom_to_contact,
)
from practicerunner.workflows.payment_pages import failed_payments, pending_payments, unapplied_credit
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import AddOrganisation, AddPerson, PersonDetails, add_organisation, add_person
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.settlements import FailPayment, fail_payment
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id, people_of


class Owing:
    """Ida owes for 3 and 10 September, Jon for 10 September; both are overdue by October."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with at("2026-08-01 09:00"):
            self.ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
            self.jon = cast.open_case(CaseType.INDIVIDUAL, "Jon Decoy")
        for case_id, when in ((self.ida, "2026-09-03 10:00"), (self.ida, "2026-09-10 10:00"),
                              (self.jon, "2026-09-10 12:00")):
            invoice(cast, hold(cast, case_id, "IND50", when))
        self.payer = payer_id(cast, people_of(cast, self.ida)["Ida"])
        self.other = payer_id(cast, people_of(cast, self.jon)["Jon"])

    def enter(self, by: str = "Tom", **more: Any) -> int:
        return int(self.cast.do(by, follow_up_payer, FollowUpPayer(**{
            "payer_id": self.payer, "case_id": self.ida, "kind": ContactMade.PHONE, "happened_on": date(2026, 10, 5),
        } | more)))


@pytest.fixture
def owing(cast: Cast) -> Owing:
    return Owing(cast)


def test_an_account_is_overdue_from_the_day_after_its_oldest_invoice_was_due(cast: Cast, owing: Owing) -> None:
    with at("2026-09-17 23:00"):
        assert cast.read("Tom", overdue_list).rows == ()
        assert cast.read("Tom", billing_counts).overdue == 0
    with at("2026-09-18 00:30"):
        (row,) = cast.read("Tom", overdue_list).rows
        assert cast.read("Tom", billing_counts).overdue == 1
        assert (row.overdue.account.payer, row.overdue.cents, row.overdue.invoices) == ("Ida Holm", 165_00, 1)
    with at("2026-10-05 09:00"):
        found = cast.read("Tom", overdue_list)
        assert [(r.overdue.account.payer, r.overdue.cents, r.overdue.invoices, str(r.overdue.due_on), r.age_days)
                for r in found.rows] == [("Ida Holm", 330_00, 2, "2026-09-17", 32), ("Jon Decoy", 165_00, 1,
                                                                                     "2026-09-24", 25)]


def test_the_last_contact_is_the_latest_and_the_last_entry_says_what_is_next(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        owing.enter(remark="No answer", next_action="Call again", next_on=date(2026, 10, 7))
        owing.enter(kind=ContactMade.LETTER, happened_on=date(2026, 9, 30), remark="Copy sent",
                    next_action="Ask for a plan", next_on=date(2026, 10, 9), next_by_id=cast.staff["Dana"])
        done = cast.read("Tom", done_about, [(owing.payer, owing.ida), (owing.other, owing.jon)])
    assert set(done) == {(owing.payer, owing.ida)}
    ours = done[owing.payer, owing.ida]
    assert [(one.kind, str(one.on), one.by) for one in ours.entries] == [
        (ContactMade.LETTER, "2026-09-30", "Tom Alvarez"), (ContactMade.PHONE, "2026-10-05", "Tom Alvarez")]
    assert ours.last is not None and ours.last.remark == "No answer"
    assert ours.next is not None
    assert (ours.next.next_action, str(ours.next.next_on), ours.next.next_by) == (
        "Ask for a plan", "2026-10-09", "Dana Okafor")


def test_a_contact_without_a_next_action_ends_what_was_planned(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        owing.enter(next_action="Call again", next_on=date(2026, 10, 7))
        owing.enter(remark="Paid at the desk")
        done = cast.read("Tom", done_about, [(owing.payer, owing.ida)])[owing.payer, owing.ida]
    assert done.next is None


def test_what_is_due_next_comes_first_and_is_whose_it_is(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        assert [row.is_mine for row in cast.read("Marcus", overdue_list).rows] == [True, True]
        owing.enter(payer_id=owing.other, case_id=owing.jon, next_action="Call", next_on=date(2026, 10, 6),
                    next_by_id=cast.staff["Tom"])
        rows = cast.read("Tom", overdue_list).rows
        assert [(row.overdue.account.payer, row.is_mine) for row in rows] == [("Jon Decoy", True), ("Ida Holm", False)]
        assert [row.is_mine for row in cast.read("Marcus", overdue_list).rows] == [False, True]


@pytest.mark.parametrize(("wrong", "field"), [
    ({"happened_on": date(2026, 10, 6)}, "happened_on"),
    ({"kind": ContactMade.REMINDER}, "kind"),
    ({"next_action": "Call"}, "next_on"),
    ({"next_on": date(2026, 10, 6)}, "next_action"),
    ({"next_action": "Call", "next_on": date(2026, 10, 4)}, "next_on"),
])
def test_a_contact_that_cannot_be_is_refused_at_its_field(
    cast: Cast, owing: Owing, wrong: dict[str, Any], field: str
) -> None:
    with at("2026-10-05 09:00"):
        with pytest.raises(BadInput) as refused:
            owing.enter(**wrong)
        assert refused.value.field == field
        assert cast.read("Tom", done_about, [(owing.payer, owing.ida)]) == {}


def test_only_those_who_follow_up_bills_here_can_be_asked_next(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        assert cast.read("Tom", helpers, owing.ida) == [
            (cast.staff["Tom"], "Tom Alvarez"), (cast.staff["Dana"], "Dana Okafor"),
            (cast.staff["Marcus"], "Marcus Bell")]
        with pytest.raises(BadInput) as refused:
            owing.enter(next_action="Call", next_on=date(2026, 10, 7), next_by_id=cast.staff["Olga"])
        assert refused.value.field == "next_by_id"


def test_the_second_click_enters_nothing(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        first = owing.enter(op="one-and-the-same-form")
        assert owing.enter(op="one-and-the-same-form") == first
        done = cast.read("Tom", done_about, [(owing.payer, owing.ida)])[owing.payer, owing.ida]
        assert len(done.entries) == 1


def test_strangers_see_no_account_and_enter_nothing(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        owing.enter(remark="sentinel")
        assert cast.read("Olga", overdue_list).rows == ()
        assert cast.read("Olga", done_about, [(owing.payer, owing.ida)]) == {}
        assert cast.read("Olga", case_facts, [owing.ida]) == {}
        assert cast.read("Olga", billing_counts).overdue == 0
        for read, asked in ((helpers, (owing.ida,)), (missed_on_account, (owing.payer, owing.ida)),
                            (billing_mail_of, (owing.payer,))):
            with pytest.raises(NotFound):
                cast.read("Olga", read, *asked)
        with pytest.raises(NotFound):
            owing.enter(by="Olga")
        with pytest.raises(NotPermitted):
            owing.enter(by="Priya")
        with pytest.raises(NotFound):
            cast.do("Olga", set_billing_mail, SetBillingMail(payer_id=owing.payer, wanted=False))
        with pytest.raises(NotFound):  # a payer who has nothing to do with the case
            owing.enter(case_id=owing.jon)


def test_the_numbers_on_the_tabs_are_those_of_the_lists(cast: Cast, owing: Owing) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        away = cast.open_case(CaseType.INDIVIDUAL, "Ola Far", by="Dana", provider="Olga")
    hold(cast, couple, "FAM50", "2026-09-04 10:00")
    hold(cast, away, "IND50", "2026-09-04 13:00", by="Olga")
    pay(cast, owing.other, owing.jon, 200_00, "2026-09-20", surplus_as_credit=True)
    with at("2026-10-05 09:00"):
        for pending in (True, False):
            made = cast.do("Tom", record_payment, RecordPayment(
                payer_id=owing.payer, case_id=owing.ida, method=PaymentMethodKind.BANK, amount_cents=100_00,
                received_on=date(2026, 10, 4), pending=pending))
        cast.do("Tom", fail_payment, FailPayment(payment_id=made, failed_on=date(2026, 10, 5), reason="Returned"))
        for who in ("Tom", "Marcus", "Olga", "Ruth"):
            counts = cast.read(who, billing_counts)
            assert counts.overdue == len(cast.read(who, overdue_list).rows)
            assert counts.uninvoiced == cast.read(who, uninvoiced)[1]
            assert counts.failed == len(cast.read(who, failed_payments))
            assert counts.unapplied == len(cast.read(who, unapplied_credit))
            assert counts.pending == len(cast.read(who, pending_payments))
            assert counts.unarranged == len(cast.read(who, arrangement_missing))
            assert counts.estimates == (0 if who == "Ruth" else len(cast.read(who, estimates_due)))
        counts = cast.read("Tom", billing_counts)
        assert (counts.overdue, counts.uninvoiced, counts.failed, counts.unapplied, counts.pending,
                counts.unarranged) == (1, 2, 1, 1, 1, 1)


def test_an_arrangement_is_missing_where_several_share_a_bill_and_nobody_said_who_pays(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        cast.open_case(CaseType.FAMILY, "Ada River", "Ben River")
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
        single = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    hold(cast, single, "IND50", "2026-09-03 12:00")
    hold(cast, group, "GRP90", "2026-09-03 18:00")
    hold(cast, couple, "FAM50", "2026-09-03 10:00")
    with at("2026-09-04 09:00"):
        cast.do("Marcus", book, Book(
            case_id=couple, service_id=cast.services["FAM50"], local_date=date(2026, 9, 24),
            local_time=time(10), location_id=cast.office))
        (row,) = cast.read("Tom", arrangement_missing)
        assert (row.case_id, str(row.first_on), row.appointments) == (couple, "2026-09-03", 2)
        people = people_of(cast, couple)
        cast.do("Tom", set_arrangement, SetArrangement(case_id=couple, valid_from=date(2026, 9, 10), shares=(
            Share(person_id=people["Maya"], kind=ShareKind.PERCENT, basis_points=5000),
            Share(person_id=people["Tom"]))))
        (row,) = cast.read("Tom", arrangement_missing)
        assert (str(row.first_on), row.appointments) == ("2026-09-03", 1)
        cast.do("Tom", set_arrangement, SetArrangement(case_id=couple, revision=1, valid_from=date(2026, 9, 1), shares=(
            Share(person_id=people["Maya"]),)))
        assert cast.read("Tom", arrangement_missing) == []


def test_no_arrangement_is_missing_for_what_costs_nothing(cast: Cast) -> None:
    """A couple's missed session, one booked for nothing, and whoever has left a group without owing anything."""
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Ivy Rowe", "Max Rowe")
        single = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
        ida, gus, gia = people_of(cast, single)["Ida"], *people_of(cast, group).values()
        arrange(cast, single, {ida: 0}, since="2026-08-01", valid_until=date(2026, 8, 31))
        arrange(cast, group, {gia: 0}, since="2026-08-01", person_id=gia, valid_until=date(2026, 8, 31))
    no_show = AttendanceStatus.NO_SHOW
    hold(cast, couple, "FAM50", "2026-09-03 10:00", missed=dict.fromkeys(people_of(cast, couple).values(), no_show))
    hold(cast, single, "IND50", "2026-09-03 12:00", missed={ida: no_show})
    hold(cast, single, "IND50", "2026-09-04 12:00", fee_cents=0)
    hold(cast, group, "GRP90", "2026-09-03 18:00", missed={gus: no_show, gia: no_show})

    def asked() -> tuple[list[tuple[int, int]], list[str]]:
        rows = [(row.case_id, row.appointments) for row in cast.read("Tom", arrangement_missing)]
        assert cast.read("Tom", billing_counts).unarranged == len(rows)
        return rows, [one.name for one in cast.read("Tom", whom_to_contact, [group])[group]]

    with at("2026-09-04 22:30"):
        for person in (gus, gia):
            cast.do("Dana", remove_participant, RemoveParticipant(
                case_id=group, person_id=person, left_on=date(2026, 9, 4)))
        assert sorted(asked()[0]) == sorted([(couple, 1), (single, 1), (group, 1)])
        assert asked()[1] == ["Gus One", "Gia Two"]
        settings = cast.read("Dana", practice_settings)
        cast.do("Dana", change_practice, ChangePractice(missed_fee_basis_points=0, **{
            name: getattr(settings, name) for name in set(ChangePractice.model_fields) - {
                "op", "missed_fee_basis_points"}}))
        assert asked() == ([], [])
        assert cast.read("Tom", uninvoiced) == ([], 0)


def test_what_will_be_invoiced_is_known_before_and_what_cannot_be_is_left_out(cast: Cast, owing: Owing) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    ready = [hold(cast, owing.ida, "IND50", f"2026-09-{day} 10:00") for day in ("17", "24")]
    blocked = hold(cast, couple, "FAM50", "2026-09-04 10:00")
    with at("2026-10-05 09:00"):
        found = cast.read("Tom", invoice_preview, [*ready, blocked])
        assert found.lines == (("Ida Holm", 2, 330_00),)
        assert (found.ready, found.invoices, found.cents) == (tuple(ready), 2, 330_00)
        ((left),) = found.left_out
        assert left.appointment_id == blocked
        assert left.reason.startswith("Nobody is set down to pay")
        with pytest.raises(NotFound):
            cast.read("Olga", invoice_preview, ready)


def test_a_missed_fee_stands_beside_the_account_until_it_is_waived(cast: Cast, owing: Owing) -> None:
    person = people_of(cast, owing.ida)["Ida"]
    missed = hold(cast, owing.ida, "IND50", "2026-09-17 10:00", missed={person: AttendanceStatus.NO_SHOW})
    invoice(cast, missed)
    with at("2026-10-05 09:00"):
        assert cast.read("Tom", missed_on_account, owing.payer, owing.ida) == [(missed, date(2026, 9, 17), "IND50")]
        assert cast.read("Tom", missed_on_account, owing.other, owing.jon) == []
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=missed, reason="Flu"))
        assert cast.read("Tom", missed_on_account, owing.payer, owing.ida) == []


def test_a_payer_who_wants_no_e_mail_is_remembered(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        assert cast.read("Tom", billing_mail_of, owing.payer) == (True, "No e-mail address that we may write to")
        cast.do("Tom", set_billing_mail, SetBillingMail(payer_id=owing.payer, wanted=False))
        assert cast.read("Tom", billing_mail_of, owing.payer) == (False, "Does not want e-mails about billing")
        assert cast.read("Tom", billing_mail_of, owing.other)[0] is True
        rows = {row.overdue.account.payer: row.why_not for row in cast.read("Tom", overdue_list).rows}
        assert rows == {"Ida Holm": "Does not want e-mails about billing",
                        "Jon Decoy": "No e-mail address that we may write to"}


def test_a_case_without_an_account_is_followed_up_with_whoever_takes_part(cast: Cast, owing: Owing) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    maya = people_of(cast, couple)["Maya"]
    with at("2026-10-05 09:00"):
        known = cast.read("Tom", whom_to_contact, [couple])[couple]
        assert [one.name for one in known] == ["Maya Rivera", "Tom Rivera"]
        said = FollowUpPayer(person_id=maya, case_id=couple, kind=ContactMade.PHONE, happened_on=date(2026, 10, 5),
                             next_action="Ask who pays", next_on=date(2026, 10, 8))
        assert cast.do("Tom", follow_up_payer, said) == cast.do("Tom", follow_up_payer, said), "a second click"
        first, second = cast.read("Tom", whom_to_contact, [couple])[couple]
        assert [one.next_action for one in first.done.entries] == ["Ask who pays"]
        assert (second.name, second.done.entries) == ("Tom Rivera", ())
        for stranger in (people_of(cast, owing.ida)["Ida"], 1):
            with pytest.raises(NotFound):
                cast.do("Tom", follow_up_payer, said.model_copy(update={"op": "b" * 20, "person_id": stranger}))
        assert cast.read("Olga", whom_to_contact, [couple, owing.ida]) == {}


def test_sponsors_are_contacted_and_those_of_a_group_for_whom_nobody_is_set_down(cast: Cast, owing: Owing) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(
            CaseType.THERAPY_GROUP, "Gus One", "Gia Two", "Gil Three", "Gem Four", "Gad Five", name="Thursday Group")
        firm, relief = (cast.do("Dana", add_organisation, AddOrganisation(name=name, address="1 North Street"))
                        for name in ("Northside", "Relief Fund"))
    gus, gia, _, gem, gad = people_of(cast, group).values()
    ida = people_of(cast, owing.ida)["Ida"]
    arrange(cast, group, {ida: 0}, since="2026-08-01", person_id=gus)
    arrange(cast, group, {gia: 0}, since="2026-08-01", person_id=gia, valid_until=date(2026, 8, 20))
    for payer, until in ((firm, None), (relief, date(2026, 9, 3))):
        case_id = owing.ida if payer == firm else owing.jon
        arrange(cast, case_id, {people_of(cast, case_id).popitem()[1]: 0}, since="2026-08-01",
                fee_terms=FeeTerms.SPONSOR, sponsor_id=payer, sponsor_sessions=10, sponsor_until=until)
    hold(cast, group, "GRP90", "2026-09-03 18:00", missed={gad: AttendanceStatus.EXCUSED})
    with at("2026-09-04 09:00"):
        for person in (gem, gad):
            cast.do("Dana", remove_participant, RemoveParticipant(
                case_id=group, person_id=person, left_on=date(2026, 9, 4)))
        found = cast.read("Tom", whom_to_contact, [group, owing.ida, owing.jon])
        assert [(one.name, one.pays) for one in found[group]] == [
            ("Ida Holm", True), ("Gia Two", False), ("Gil Three", True), ("Gem Four", True)]
        assert [one.name for one in found[owing.ida]] == ["Northside", "Ida Holm"]
        assert [one.name for one in found[owing.jon]] == ["Jon Decoy"], "the sponsor's last day is over"
        assert cast.do("Tom", follow_up_payer, FollowUpPayer(
            payer_id=firm, case_id=owing.ida, kind=ContactMade.PHONE, happened_on=date(2026, 9, 4)))
        with pytest.raises(NotFound):
            cast.do("Tom", follow_up_payer, FollowUpPayer(
                payer_id=firm, case_id=owing.jon, kind=ContactMade.PHONE, happened_on=date(2026, 9, 4)))
        named = cast.read("Tom", payers_needed, group)
        assert (list(named.people.values()), named.left) == (
            ["Gus One", "Gia Two", "Gil Three", "Gem Four"], frozenset({gem})), "Gad never came"
        arrange(cast, group, {ida: 0}, since="2026-09-01", person_id=gem)
        assert [one.name for one in cast.read("Tom", whom_to_contact, [group])[group]] == [
            "Ida Holm", "Gia Two", "Gil Three"]


def test_whoever_is_set_down_to_pay_is_contacted_and_not_who_paid_before(cast: Cast, owing: Owing) -> None:
    ida = people_of(cast, owing.ida)["Ida"]
    aunt = cast.do("Dana", add_person, AddPerson(person=PersonDetails(first_name="Aunt", last_name="Holm")))
    arrange(cast, owing.ida, {ida: 0}, since="2026-08-01")
    arrange(cast, owing.ida, {aunt: 0}, since="2026-09-01", valid_until=date(2026, 10, 6))
    for on, name in (("2026-10-06", "Aunt Holm"), ("2026-10-07", "Ida Holm")):
        with at(f"{on} 09:00"):
            assert [one.name for one in cast.read("Tom", whom_to_contact, [owing.ida])[owing.ida]] == [name]
