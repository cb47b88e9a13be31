"""Changing the kind of work: what moves, what stays, what is refused."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted, SlotTaken
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.records.series import Series
from practicerunner.vocabulary import CaseType, NoteKind, SessionFormat
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import Taking
from practicerunner.workflows.clients import case_page, client_list
from practicerunner.workflows.modality import ChangeModality, PlannedShare, change_modality
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.series import BookSeries, book_series
from tests.cast import LABEL, Cast, at, hold, people_of

SAM = Taking(person=PersonDetails(first_name="Sam", last_name="Ortiz"))


def booked(cast: Cast, case_id: int, day: str, start: str = "10:00") -> int:
    return cast.do("Marcus", book, Book(
        case_id=case_id, service_id=cast.services["IND50"], local_date=date.fromisoformat(day),
        local_time=time.fromisoformat(start), format=SessionFormat.VIDEO))


def couple(cast: Cast, case_id: int, *appointments: int, **options) -> ChangeModality:
    first = next(iter(people_of(cast, case_id).values()))
    settled = {"service_id": cast.services["FAM50"], "type": CaseType.TWO_PERSON, "label": LABEL} | options
    return ChangeModality(case_id=case_id, participants=(Taking(person_id=first), SAM),
                          appointment_ids=appointments, **settled)


def refused(cast: Cast, command: ChangeModality, field: str, match: str) -> None:
    with pytest.raises(BadInput, match=match) as found:
        cast.do("Marcus", change_modality, command)
    assert found.value.field == field
    assert cast.read("Marcus", client_list).total == 1


def test_only_appointments_ahead_of_this_case_move(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    past = hold(cast, case_id, "IND50", "2026-10-01 10:00")
    with at("2026-10-05 09:00"):
        refused(cast, couple(cast, case_id, past), "appointment_ids", "has begun")
        begun = booked(cast, case_id, "2026-10-05", "08:00")
        refused(cast, couple(cast, case_id, begun), "appointment_ids", "has begun")
        other = cast.open_case(CaseType.INDIVIDUAL, "Decoy Person", provider="Dana")
        with at("2026-10-05 09:01"):
            foreign = cast.do("Dana", book, Book(
                case_id=other, service_id=cast.services["IND50"], local_date=date(2026, 10, 9), local_time=time(9),
                format=SessionFormat.VIDEO))
        with pytest.raises(BadInput, match="another case"):
            cast.do("Dana", change_modality, couple(cast, case_id, foreign))
        kept, moved = booked(cast, case_id, "2026-10-08"), booked(cast, case_id, "2026-10-09")
        new = cast.do("Marcus", change_modality, couple(cast, case_id, moved))
        assert [a.appointment_id for a in cast.read("Marcus", case_page, case_id).upcoming] == [kept]
        assert [a.appointment_id for a in cast.read("Marcus", case_page, new).upcoming] == [moved]


def test_an_appointment_with_a_note_begun_stays(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    with at("2026-10-05 09:00"):
        ahead = booked(cast, case_id, "2026-10-08")
        cast.do("Marcus", start_note, StartNote(appointment_id=ahead, kind=NoteKind.PROGRESS))
        refused(cast, couple(cast, case_id, ahead), "appointment_ids", "note")


def test_a_service_of_another_kind_or_none_is_refused(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    with at("2026-10-05 09:00"):
        ahead = booked(cast, case_id, "2026-10-08")
        refused(cast, couple(cast, case_id, ahead, service_id=None), "service_id", "Choose the service")
        consultation = couple(cast, case_id, ahead, service_id=cast.services["CONS60"])
        refused(cast, consultation, "service_id", "cannot be booked")


def test_the_rules_of_the_new_kind_hold(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    refused(cast, couple(cast, case_id, label=None), "label", "each other")
    three = couple(cast, case_id).model_copy(update={"participants": (SAM, SAM, SAM)})
    refused(cast, three, "participants", "Family")


def test_a_longer_service_that_no_longer_fits_moves_nothing(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    decoy = cast.open_case(CaseType.INDIVIDUAL, "Next Client")
    with at("2026-10-05 09:00"):
        ahead = booked(cast, case_id, "2026-10-08", "10:00")
        booked(cast, decoy, "2026-10-08", "10:50")
        group = ChangeModality(
            case_id=case_id, type=CaseType.THERAPY_GROUP, name="Process group", participants=(SAM,),
            appointment_ids=(ahead,), service_id=cast.services["GRP90"])
        with pytest.raises(SlotTaken):
            cast.do("Marcus", change_modality, group)
        assert [a.appointment_id for a in cast.read("Marcus", case_page, case_id).upcoming] == [ahead]
        assert cast.read("Marcus", client_list).total == 2


def test_moved_occurrences_get_a_series_of_their_own_and_their_slots_again(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    with at("2026-10-05 09:00"):
        made = cast.do("Marcus", book_series, BookSeries(
            case_id=case_id, service_id=cast.services["IND60"], local_date=date(2026, 10, 7), local_time=time(10),
            format=SessionFormat.VIDEO, count=4))
        new = cast.do("Marcus", change_modality, couple(cast, case_id, *made[1:]))
    with database.reading(cast.engine) as session:
        rows = {row.id: row for row in session.scalars(select(Appointment))}
        series = {row.id: row.case_id for row in session.scalars(select(Series))}
        holds = {row.appointment_id: (row.ends_at - row.starts_at).seconds for row in session.scalars(select(Hold))}
    assert set(rows) == set(made)
    assert series[rows[made[0]].series_id] == case_id
    assert {series[rows[moved].series_id] for moved in made[1:]} == {new}
    assert [str(rows[a].series_date) for a in made] == ["2026-10-07", "2026-10-14", "2026-10-21", "2026-10-28"]
    assert [holds[a] for a in made] == [3600, 3000, 3000, 3000]


def test_shares_that_do_not_cover_the_line_are_refused_with_everything_else(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    half = (PlannedShare(participant=0, kind="percent", basis_points=50_00),)
    refused(cast, couple(cast, case_id, shares=half), "shares", "50 %")
    refused(cast, couple(cast, case_id, shares=(PlannedShare(participant=7),)), "shares", "take part")


def test_an_admin_may_not_change_the_kind_of_work(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    with pytest.raises(NotPermitted):
        cast.do("Tom", change_modality, couple(cast, case_id))
