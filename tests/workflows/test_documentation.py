"""Which notes are due, from when, and what makes them due no more; and what is billed after a co-signature only."""

import pytest
from pydantic import ValidationError

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.records.notes import versions_of
from practicerunner.records.practice import the_practice
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AttendanceStatus, AttentionKind, CancelledBy, CaseType, NoteStatus, Role
from practicerunner.workflows.accounts import uninvoiced
from practicerunner.workflows.attendance import MarkAll, mark_all
from practicerunner.workflows.billing import (
    CosignatureMissing,
    InvoiceAppointment,
    InvoiceAppointments,
    appointment_billing,
    invoice_appointment,
    invoice_appointments,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.clients import case_summary
from practicerunner.workflows.documentation import documentation_due
from practicerunner.workflows.practice import ChangePractice, change_practice
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.today import day
from tests.cast import Cast, arrange, at, hold, invoice, lines, people_of
from tests.workflows.supervising import change
from tests.workflows.writing import SERVICE, fill, session_of, sign, start

SHARED = (CaseType.TWO_PERSON, CaseType.FAMILY, CaseType.THERAPY_GROUP, CaseType.WORKSHOP)


def due(cast: Cast, who: str = "Marcus") -> list[tuple[int, bool, NoteStatus | None]]:
    return [(one.appointment_id, one.overdue, one.status) for one in cast.read(who, documentation_due)]


def items(cast: Cast, case_id: int) -> list[AttentionKind]:
    """What the case's own summary says about notes, told to the desk, which reads no note."""
    kinds = [item.kind for item in cast.read("Tom", case_summary, case_id).attention]
    return [kind for kind in kinds if kind in (AttentionKind.NOTE_DUE, AttentionKind.NOTE_RETURNED)]


@pytest.mark.parametrize(("held", "last_minute", "overdue"), [
    ("2026-10-12 10:00", "2026-10-14 10:50", "2026-10-14 10:51"),
    # Over the night in which the clocks go back and forward it is 48 hours on the wall, 49 or 47 by the stop-watch.
    ("2026-10-31 10:00", "2026-11-02 10:50", "2026-11-02 10:51"),
    ("2027-03-13 10:00", "2027-03-15 10:50", "2027-03-15 10:51"),
])
def test_a_note_is_overdue_after_the_policy_s_hours_on_the_wall_clock(
    cast: Cast, held: str, last_minute: str, overdue: str
) -> None:
    case_id, appointment_id = session_of(cast, when=held)
    for moment, late in ((last_minute, False), (overdue, True)):
        with at(moment):
            assert due(cast) == [(appointment_id, late, None)]
            assert items(cast, case_id) == ([AttentionKind.NOTE_DUE] if late else [])
            said = [one.sentence for one in cast.read("Marcus", day).waiting if "note" in one.sentence]
            assert said == (["1 note is overdue"] if late else [])
    with at(overdue):
        note_id = start(cast, "Marcus", appointment_id)
        assert items(cast, case_id) == [AttentionKind.NOTE_DUE], "a draft is no note yet"
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
        assert due(cast) == [] == items(cast, case_id)


def test_when_an_entry_is_late_is_the_practice_s_and_what_is_signed_stays(cast: Cast) -> None:
    _, first = session_of(cast)
    _, second = session_of(cast, when="2026-10-12 12:00")

    def signed_on(appointment_id: int, moment: str) -> int:
        with at(moment):
            note_id = start(cast, "Marcus", appointment_id)
            fill(cast, "Marcus", note_id)
            sign(cast, "Marcus", note_id)
        return note_id

    def is_late(note_id: int) -> bool:
        with database.reading(cast.engine) as session:
            return versions_of(session, note_id)[0].content["header"]["late_entry"]

    kept = signed_on(first, "2026-10-15 09:00")
    policy(cast, late_entry_days=2)
    after = signed_on(second, "2026-10-15 09:00")
    assert (is_late(kept), is_late(after)) == (False, True)
    policy(cast, late_entry_days=90)
    assert (is_late(kept), is_late(after)) == (False, True)
    with pytest.raises(NotPermitted):
        policy(cast, by="Marcus", late_entry_days=1)
    for days in (-1, 91):
        with pytest.raises(ValidationError):
            policy(cast, late_entry_days=days)


def policy(cast: Cast, by: str = "Dana", **settings: int) -> None:
    """Change some settings of the practice and leave the others."""
    with database.reading(cast.engine) as session:
        row = the_practice(session)
        fields = set(ChangePractice.model_fields) - {"op", *settings}
        asked = ChangePractice(**{field: getattr(row, field) for field in fields}, **settings)
    cast.do(by, change_practice, asked)


def test_a_submitted_note_counts_as_written_and_a_returned_one_is_due_again(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-13 09:00"):
        note_id = start(cast, "Priya", appointment_id)
        assert due(cast, "Priya") == [(appointment_id, False, NoteStatus.DRAFT)]
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
        assert due(cast, "Priya") == due(cast, "Ruth") == [] == items(cast, case_id)
    with at("2026-10-15 09:00"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        assert due(cast, "Priya") == due(cast, "Ruth") == [(appointment_id, True, NoteStatus.RETURNED)]
        assert AttentionKind.NOTE_RETURNED in items(cast, case_id)
        said = [one.sentence for one in cast.read("Priya", day).waiting if "note" in one.sentence]
        assert said == ["1 note was returned by your supervisor"], "one note is one line, as on the page behind it"
        fill(cast, "Priya", note_id, "More.")
        sign(cast, "Priya", note_id)
        assert due(cast, "Priya") == [] == items(cast, case_id)
        waits = next(one for one in cast.read("Ruth", day).waiting if "co-signature" in one.sentence)
        assert (waits.sentence, waits.page) == ("1 note waits for your co-signature", "supervision")
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
        assert due(cast, "Priya") == [] == items(cast, case_id)


@pytest.mark.parametrize("case_type", SHARED)
def test_of_several_people_one_who_came_is_enough_and_nobody_is_none(cast: Cast, case_type: CaseType) -> None:
    case_id, appointment_id = session_of(cast, case_type)
    first, *others = people_of(cast, case_id).values()
    missed = hold(cast, case_id, SERVICE[case_type], "2026-10-13 10:00",
                  missed=dict.fromkeys((first, *others), AttendanceStatus.NO_SHOW))
    some = hold(cast, case_id, SERVICE[case_type], "2026-10-14 10:00",
                missed=dict.fromkeys(others, AttendanceStatus.NO_SHOW))
    with at("2026-10-20 09:00"):
        assert [one for one, _, _ in due(cast)] == [appointment_id, some]
        cast.do("Marcus", mark_all, MarkAll(appointment_id=appointment_id, status=AttendanceStatus.NO_SHOW))
        assert [one for one, _, _ in due(cast)] == [some]
        assert missed not in [one for one, _, _ in due(cast)]


def test_nothing_is_due_for_what_was_called_off_or_lies_ahead(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast)
    with at("2026-10-12 23:00"):
        with database.reading(cast.engine) as session:
            found = session.get_one(Appointment, appointment_id)
        ahead, off = (
            cast.do("Marcus", book, Book(
                case_id=case_id, service_id=cast.services["IND50"], local_date=found.local_date.replace(day=number),
                local_time=found.local_time, location_id=cast.office))
            for number in (14, 15)
        )
        cast.do("Marcus", cancel, Cancel(appointment_id=off, by=CancelledBy.CLIENT))
    with at("2026-10-20 09:00"):
        assert ahead != off
        assert [one for one, _, _ in due(cast)] == [appointment_id]


# --- Billing waits for the co-signature where the practice says so


def gate(cast: Cast, on: bool = True) -> None:
    policy(cast, invoice_after_cosign=on)


def to_invoice(cast: Cast) -> set[int]:
    rows, number = cast.read("Tom", uninvoiced)
    assert number == len(rows)
    said = [one.sentence for one in cast.read("Tom", day).waiting if "to invoice" in one.sentence]
    assert bool(said) is bool(number)
    return {row.appointment_id for row in rows}


def test_an_associate_s_appointment_is_invoiced_once_its_note_is_locked_where_the_practice_waits(cast: Cast) -> None:
    _, hers = session_of(cast, by="Priya", when="2026-10-12 10:00")
    other, missed = session_of(cast, by="Priya", when="2026-10-12 12:00")
    _, his = session_of(cast, by="Marcus", when="2026-10-12 14:00")
    with at("2026-10-12 22:30"):
        cast.do("Priya", mark_all, MarkAll(appointment_id=missed, status=AttendanceStatus.NO_SHOW))
        assert to_invoice(cast) == {hers, missed, his}
        gate(cast)
        assert to_invoice(cast) == {missed, his}, "nobody writes a note of a no-show, and his waits for nobody"
        assert str(CosignatureMissing()) == cast.read("Tom", appointment_billing, hers).problem
        for verb, asked in ((invoice_appointment, InvoiceAppointment(appointment_id=hers)),
                            (invoice_appointments, InvoiceAppointments(appointment_ids=(his, hers)))):
            with pytest.raises(CosignatureMissing):
                cast.do("Tom", verb, asked)
        assert to_invoice(cast) == {missed, his}, "all or none"
        note_id = start(cast, "Priya", hers)
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
        assert to_invoice(cast) == {missed, his}
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
        assert to_invoice(cast) == {hers, missed, his}
    assert lines(cast, invoice(cast, hers)) == [("Noor Haddad", 165_00)]
    with at("2026-10-12 22:40"):
        gate(cast, on=False)
        assert to_invoice(cast) == {missed, his}
    assert other


def test_what_is_left_of_a_session_that_was_charged_waits_for_no_co_signature(cast: Cast) -> None:
    """One of a couple's two invoices is void: that part can be invoiced anew, and stands on the list."""
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Ivy Rowe", "Max Rowe", provider="Priya")
        arrange(cast, couple, {people_of(cast, couple)["Ivy"]: 5000, people_of(cast, couple)["Max"]: 0},
                since="2026-08-01")
    hers, other = (hold(cast, couple, "FAM50", f"2026-09-0{day} 10:00", by="Priya") for day in (3, 4))
    first, _ = invoice(cast, hers)
    with at("2026-09-04 22:30"):
        gate(cast)
        assert to_invoice(cast) == set()
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=first, reason="Wrong address"))
        assert to_invoice(cast) == {hers}
        assert cast.read("Tom", appointment_billing, other).problem == str(CosignatureMissing())
    assert lines(cast, invoice(cast, hers)) == [("Ivy Rowe", 105_00), ("Max Rowe", 105_00)]
    with at("2026-09-04 22:40"):
        assert to_invoice(cast) == set()


def test_a_provider_who_is_an_associate_too_waits_for_nobody(cast: Cast) -> None:
    change(cast, "Priya", roles=frozenset({Role.ASSOCIATE, Role.PROVIDER}))
    _, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-12 22:30"):
        gate(cast)
        assert to_invoice(cast) == {appointment_id}
    assert len(invoice(cast, appointment_id)) == 1
