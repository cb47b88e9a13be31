"""SC02: a therapy group of eight, three fee arrangements, a sliding scale and a no-show."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.records.billing import IssuedDocument
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseType, ChargeKind, FeeTerms, NoteKind
from practicerunner.workflows.calendar import appointment_page, appointments_between
from practicerunner.workflows.cases import (
    AddParticipant,
    RemoveParticipant,
    Taking,
    add_participant,
    remove_participant,
)
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.superbills import superbill_lines
from practicerunner.workflows.waivers import fee_consequences, missed_fees
from tests.cast import Cast, arrange, at, hold, invoice, lines, payer

NAMES = ["Ada One", "Ben Two", "Cleo Three", "Dov Four", "Eve Five", "Fay Six", "Gil Seven", "Hal Eight"]


def thursday(cast: Cast) -> tuple[int, list[int]]:
    """The group and its eight members, each with their fee."""
    group = cast.open_case(CaseType.THERAPY_GROUP, name="Thursday Process Group", opened_on=date(2026, 9, 1))
    with at("2026-09-01 09:00"):
        members = [
            cast.do("Marcus", add_participant, AddParticipant(
                case_id=group, joined_on=date(2026, 9, 1),
                participant=Taking(person=PersonDetails(first_name=n.split()[0], last_name=n.split()[1]))))
            for n in NAMES
        ]
    mother = payer(cast, "Mother", "Six")
    for place in (4, 6):
        arrange(cast, group, {members[place]: 10000}, since="2026-09-01", person_id=members[place],
                fee_terms=FeeTerms.FIXED, fee_cents=60_00)
    arrange(cast, group, {mother: 0}, since="2026-09-01", person_id=members[5],
            fee_terms=FeeTerms.FIXED, fee_cents=60_00)
    arrange(cast, group, {members[7]: 10000}, since="2026-09-01", person_id=members[7],
            fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=4500)
    return group, members


def test_a_group_is_charged_member_by_member(cast: Cast) -> None:
    group, members = thursday(cast)
    appointment = hold(cast, group, "GRP90", "2026-10-01 18:00", missed={members[2]: AttendanceStatus.NO_SHOW})
    issued = invoice(cast, appointment, by="Marcus")
    found = lines(cast, issued)
    assert sorted(found) == sorted([
        ("Ada One", 75_00), ("Ben Two", 75_00), ("Cleo Three", 37_50), ("Dov Four", 75_00), ("Eve Five", 60_00),
        ("Mother Six", 60_00), ("Gil Seven", 60_00), ("Hal Eight", 33_75),
    ])
    assert sum(cents for _, cents in found) == 476_25
    assert invoice(cast, appointment, by="Marcus") == issued

    with database.reading(cast.engine) as session:
        papers = session.scalars(select(IssuedDocument)).all()
        assert session.get_one(Appointment, appointment).status is AppointmentStatus.HELD
    assert len(papers) == 8
    for paper in papers:
        text = str(paper.content)
        own = paper.content["bill_to"]["name"].replace("Mother", "Fay")
        assert [n for n in NAMES if n in text and n != own] == []
    no_show = next(p for p in papers if p.content["bill_to"]["name"] == "Cleo Three")
    assert "no-show fee" in no_show.content["lines"][0]["description"]
    sponsored = next(p for p in papers if p.content["bill_to"]["name"] == "Mother Six")
    assert "for Fay Six" in sponsored.content["lines"][0]["description"]


def test_seven_of_eight_came_and_the_session_stands(cast: Cast) -> None:
    group, members = thursday(cast)
    appointment = hold(cast, group, "GRP90", "2026-10-01 18:00", missed={members[2]: AttendanceStatus.NO_SHOW})
    (entry,) = cast.read("Marcus", appointments_between, date(2026, 10, 1), date(2026, 10, 1))
    assert (entry.status, entry.expected, entry.people) == (AppointmentStatus.HELD, 7, 8)
    page = cast.read("Marcus", appointment_page, appointment)
    assert {one.person_id: one.status for one in page.people} == dict.fromkeys(
        members, AttendanceStatus.ATTENDED) | {members[2]: AttendanceStatus.NO_SHOW}
    costs = cast.read("Marcus", fee_consequences, appointment).cents
    assert [costs[one.person_id][one.status] for one in page.people] == [
        75_00, 75_00, 37_50, 75_00, 60_00, 60_00, 60_00, 33_75]

    with at("2026-10-02 09:00"):
        note = cast.do("Marcus", start_note, StartNote(appointment_id=appointment, kind=NoteKind.GROUP))
        with database.reading(cast.engine) as session:
            parts = {int(key) for key in session.get_one(Note, note).parts}
        assert parts == set(members) - {members[2]}
        with pytest.raises(PracticeError):
            cast.do("Marcus", save_draft, SaveDraft(note_id=note, revision=1, sections={}, parts={members[2]: "x"}))

    issued = invoice(cast, appointment, by="Marcus")
    rendered = [line.amount_cents for one in issued for line in cast.read("Tom", superbill_lines, one)]
    assert (len(rendered), sum(rendered)) == (7, 476_25 - 37_50)
    (missed,) = cast.read("Tom", missed_fees, appointment).fees
    assert (missed.name, missed.kind, missed.amount_cents) == ("Cleo Three", ChargeKind.NO_SHOW, 37_50)


def test_a_member_who_leaves_afterwards_keeps_what_was_attended_and_charged(cast: Cast) -> None:
    group, members = thursday(cast)
    appointment = hold(cast, group, "GRP90", "2026-10-01 18:00", missed={members[2]: AttendanceStatus.NO_SHOW})
    issued = invoice(cast, appointment, by="Marcus")
    with at("2026-10-05 09:00"):
        ahead = cast.do("Marcus", book_series, BookSeries(
            case_id=group, service_id=cast.services["GRP90"], local_date=date(2026, 10, 8), local_time=time(18),
            location_id=cast.office, count=2))
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=group, person_id=members[2], left_on=date(2026, 10, 1)))
    people = [len(cast.read("Marcus", appointment_page, one).people) for one in (appointment, *ahead)]
    assert people == [8, 7, 7]
    assert invoice(cast, appointment, by="Marcus") == issued
