"""Drafts: no number, no balance; looked at, put right, issued or thrown away; frozen once issued."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.billing import ChargeShare, Invoice, InvoiceLine, LedgerEntry
from practicerunner.records.drafts import InvoiceDraft
from practicerunner.vocabulary import AttendanceStatus, CaseType, InvoicingRhythm
from practicerunner.workflows.accounts import uninvoiced
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import (
    InvoiceAppointment,
    InvoiceAppointments,
    appointment_billing,
    invoice_appointment,
    invoice_appointments,
)
from practicerunner.workflows.drafts import (
    ChangeDraftLine,
    DeleteDraft,
    DraftIsGone,
    IssueDrafts,
    LeaveOut,
    change_draft_line,
    delete_draft,
    drafts_to_issue,
    issue_drafts,
    leave_out,
)
from practicerunner.workflows.follow_up import billing_counts
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month, waiting_to_be_gathered
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, lines, people_of


@pytest.fixture
def couple(cast: Cast) -> int:
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        people = people_of(cast, case_id)
        arrange(cast, case_id, {people["Maya"]: 6000, people["Tom"]: 4000}, since="2026-08-01")
    return case_id


def drafted(cast: Cast, appointment_id: int) -> None:
    with at("2026-09-05 09:00"):
        assert cast.do("Tom", invoice_appointment, InvoiceAppointment(
            appointment_id=appointment_id, as_drafts=True)) == []


def rows(cast: Cast) -> list[tuple[str, int]]:
    return [(row.payer, row.total_cents) for row in cast.read("Tom", drafts_to_issue).rows]


def issue(cast: Cast, *draft_ids: int, by: str = "Tom") -> list[int]:
    with at("2026-09-06 09:00"):
        return cast.do(by, issue_drafts, IssueDrafts(draft_ids=draft_ids))


def ids(cast: Cast) -> list[int]:
    return [row.draft_id for row in cast.read("Tom", drafts_to_issue).rows]


def test_a_draft_has_no_number_and_counts_nowhere_until_it_is_issued(cast: Cast, couple: int) -> None:
    appointment = hold(cast, couple, "FAM50", "2026-09-03 10:00")
    drafted(cast, appointment)
    drafted(cast, appointment)
    assert rows(cast) == [("Maya Rivera", 126_00), ("Tom Rivera", 84_00)]
    assert balance(cast, couple) == {}
    assert cast.read("Tom", uninvoiced) == ([], 0)
    page = cast.read("Tom", appointment_billing, appointment)
    assert (page.planned, page.drafts) == ((), (("Maya Rivera", 126_00), ("Tom Rivera", 84_00)))
    with database.reading(cast.engine) as session:
        assert session.scalars(select(LedgerEntry)).all() == session.scalars(select(Invoice)).all() == []
    found = ids(cast)
    with pytest.raises(NotPermitted):
        issue(cast, *found, by="Priya")
    with pytest.raises(NotFound):
        issue(cast, *found, by="Olga")
    assert cast.read("Olga", drafts_to_issue).rows == ()
    made = issue(cast, *found)
    assert lines(cast, made) == [("Maya Rivera", 126_00), ("Tom Rivera", 84_00)]
    assert balance(cast, couple) == {"Maya Rivera": 126_00, "Tom Rivera": 84_00}
    with pytest.raises(DraftIsGone):
        issue(cast, found[0])
    with database.reading(cast.engine) as session:
        assert sorted(session.scalars(select(Invoice.number))) == ["INV-2026-0001", "INV-2026-0002"]
        assert session.scalars(select(InvoiceDraft)).all() == []


def test_all_or_none_of_several_drafts_are_issued(cast: Cast, couple: int) -> None:
    drafted(cast, hold(cast, couple, "FAM50", "2026-09-03 10:00"))
    found = ids(cast)
    with at("2026-09-05 09:00"):
        cast.do("Tom", delete_draft, DeleteDraft(draft_id=found[1]))
    with pytest.raises(DraftIsGone):
        issue(cast, *found)
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Invoice)).all() == []
    assert lines(cast, issue(cast, found[0])) == [("Maya Rivera", 126_00)]


def test_the_words_of_a_line_are_the_invoice_s_and_the_charge_keeps_its_own(cast: Cast, couple: int) -> None:
    drafted(cast, hold(cast, couple, "FAM50", "2026-09-03 10:00"))
    draft = cast.read("Tom", drafts_to_issue).rows[0]
    cast.do("Tom", change_draft_line, ChangeDraftLine(
        draft_id=draft.draft_id, share_id=draft.lines[0].share_id, text="Session with both"))
    line = cast.read("Tom", drafts_to_issue).rows[0].lines[0]
    assert (line.description, line.is_changed) == ("Session with both", True)
    with pytest.raises(NotFound):
        cast.do("Tom", change_draft_line, ChangeDraftLine(draft_id=draft.draft_id, share_id=7, text="x"))
    made = issue(cast, draft.draft_id)
    with database.reading(cast.engine) as session:
        assert session.scalars(
            select(InvoiceLine.description).where(InvoiceLine.invoice_id == made[0])).all() == ["Session with both"]


def test_a_line_left_out_and_a_deleted_draft_can_be_invoiced_later(cast: Cast, couple: int) -> None:
    first = hold(cast, couple, "FAM50", "2026-09-03 10:00")
    drafted(cast, first)
    draft = cast.read("Tom", drafts_to_issue).rows[0]
    with at("2026-09-05 10:00"):
        cast.do("Tom", leave_out, LeaveOut(draft_id=draft.draft_id, share_id=draft.lines[0].share_id))
        assert rows(cast) == [("Tom Rivera", 84_00)]
        page = cast.read("Tom", appointment_billing, first)
        assert [(plan.payer, plan.total_cents) for plan in page.planned] == [("Maya Rivera", 126_00)]
        cast.do("Tom", delete_draft, DeleteDraft(draft_id=ids(cast)[0]))
        assert [row.appointment_id for row in cast.read("Tom", uninvoiced)[0]] == [first]
        made = cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=first))
    assert lines(cast, made) == [("Maya Rivera", 126_00), ("Tom Rivera", 84_00)]


def test_an_attendance_that_changes_takes_its_line_off_the_draft(cast: Cast, couple: int) -> None:
    appointment = hold(cast, couple, "FAM50", "2026-09-03 10:00")
    drafted(cast, appointment)
    with at("2026-09-05 10:00"):
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment, statuses=dict.fromkeys(
            people_of(cast, couple).values(), AttendanceStatus.NO_SHOW)))
    assert rows(cast) == []
    drafted(cast, appointment)
    assert rows(cast) == [("Maya Rivera", 63_00), ("Tom Rivera", 42_00)]
    with at("2026-09-05 11:00"):
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=appointment, reason="illness"))
    assert rows(cast) == []
    assert balance(cast, couple) == {"Maya Rivera": 0, "Tom Rivera": 0}


def test_a_practice_can_look_at_drafts_first_also_of_a_month(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        cast.do("Tom", set_arrangement, SetArrangement(case_id=ida, valid_from=date(2026, 8, 1), shares=(
            Share(person_id=people_of(cast, ida)["Ida"], rhythm=InvoicingRhythm.MONTHLY),)))
        row = cast.read("Dana", practice_settings)
        cast.do("Dana", change_practice, ChangePractice(
            **{name: getattr(row, name) for name in set(ChangePractice.model_fields) - {"op", "invoices_as_drafts"}},
            invoices_as_drafts=True))
    held = tuple(hold(cast, ida, "IND50", f"2026-09-0{day} 10:00") for day in (3, 4))
    with at("2026-10-01 09:00"):
        cast.do("Tom", invoice_appointments, InvoiceAppointments(appointment_ids=held))
        assert rows(cast) == []
        assert cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 9, 1))) == []
        assert rows(cast) == [("Ida Holm", 330_00)]
        assert cast.read("Tom", waiting_to_be_gathered).rows == ()
        draft = cast.read("Tom", drafts_to_issue).rows[0]
        cast.do("Tom", leave_out, LeaveOut(draft_id=draft.draft_id, share_id=draft.lines[1].share_id))
        assert [row.amount_cents for row in cast.read("Tom", waiting_to_be_gathered).rows] == [165_00]
        cast.do("Tom", issue_drafts, IssueDrafts(draft_ids=(draft.draft_id,)))
    assert balance(cast, ida) == {"Ida Holm": 165_00}
    with database.reading(cast.engine) as session:
        assert set(session.scalars(select(ChargeShare.draft_id))) == {None}


def test_as_many_drafts_are_counted_as_are_listed_for_whoever_looks(cast: Cast, couple: int) -> None:
    drafted(cast, hold(cast, couple, "FAM50", "2026-09-04 10:00"))
    for who, number in (("Tom", 2), ("Marcus", 2), ("Olga", 0)):
        listed = len(cast.read(who, drafts_to_issue).rows)
        assert (listed, cast.read(who, billing_counts).drafts) == (number, number), who
    first, second = (row.draft_id for row in cast.read("Tom", drafts_to_issue).rows)
    with at("2026-09-05 10:00"):
        issue(cast, first)
        assert cast.read("Tom", billing_counts).drafts == 1
        cast.do("Tom", delete_draft, DeleteDraft(draft_id=second))
        assert cast.read("Tom", billing_counts).drafts == 0
