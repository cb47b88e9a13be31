"""Notes of groups, and of appointments that were missed."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.errors import BadInput, NotFound
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, NoteStatus
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.note_pages import MemberView, member_view
from practicerunner.workflows.notes import NoteIsIncomplete, SaveDraft, StartCaseNote, save_draft, start_case_note
from tests.cast import Cast, at, hold, people_of
from tests.workflows.writing import MONDAY, SENTINEL, SERVICE, fill, row, session_of, sign, start


def test_a_group_note_has_a_part_for_each_who_came_and_for_nobody_else(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", "Al Ray", name="Thursday circle")
    ids = people_of(cast, case_id)
    appointment_id = hold(cast, case_id, "GRP90", MONDAY, missed={ids["Al"]: AttendanceStatus.NO_SHOW})
    with at("2026-10-12 22:30"):
        note_id = start(cast, "Marcus", appointment_id, NoteKind.GROUP)
        assert set(row(cast, note_id).parts) == {str(ids["Eve"]), str(ids["Jo"])}
        shared = {"topic": "Trust.", "interventions": "Rounds.", "process": "Warm."}
        with pytest.raises(BadInput, match="who was there"):
            cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={}, parts={ids["Al"]: "x"}))
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=1, sections=shared, parts={ids["Eve"]: f"Spoke. {SENTINEL}"}))
        with pytest.raises(NoteIsIncomplete, match=r"^Please fill in before you sign: Part of Jo Park\.$"):
            sign(cast, "Marcus", note_id)
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=2, sections={}, parts={ids["Jo"]: "Listened."}))
        here = dict.fromkeys((ids["Eve"], ids["Jo"]), AttendanceStatus.ATTENDED)
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment_id, statuses={
            **dict.fromkeys(here, AttendanceStatus.NO_SHOW), ids["Al"]: AttendanceStatus.ATTENDED}))
        with pytest.raises(NoteIsIncomplete, match=r"Eve Moss and Jo Park were not there\. Empty those parts"):
            sign(cast, "Marcus", note_id)
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses=here | {ids["Al"]: AttendanceStatus.NO_SHOW}))
        sign(cast, "Marcus", note_id)
    actor = cast.actor("Marcus")
    with database.transaction(cast.engine) as session:
        jo = member_view(session, actor, note_id, ids["Jo"])
    assert isinstance(jo, MemberView)
    assert (jo.own_part, jo.present) == ("Listened.", 2)
    assert [s.text for s in jo.sections if s.text] == list(shared.values())
    for hidden in ("Heron", "Eve", "Moss", "Al", "Ray"):
        assert hidden not in repr(jo)
    with pytest.raises(NotFound), database.transaction(cast.engine) as session:
        member_view(session, actor, note_id, ids["Al"])


def test_a_group_note_waits_for_attendance_and_follows_it(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, CaseType.THERAPY_GROUP)
    ids = people_of(cast, case_id)
    with at("2026-10-12 22:30"):
        note_id = start(cast, "Marcus", appointment_id, NoteKind.GROUP)
        fill(cast, "Marcus", note_id)
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses={ids["Sam"]: AttendanceStatus.NO_SHOW}))
        with pytest.raises(NoteIsIncomplete, match="Sam Ortiz was not there"):
            sign(cast, "Marcus", note_id)
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses={ids["Sam"]: AttendanceStatus.SCHEDULED}))
        with pytest.raises(NoteIsIncomplete, match="Record first who was there"):
            sign(cast, "Marcus", note_id)


@pytest.mark.parametrize(("case_type", "kind"), [
    (CaseType.INDIVIDUAL, NoteKind.PROGRESS), (CaseType.INDIVIDUAL_CONSULTATION, NoteKind.CONSULTATION),
    (CaseType.THERAPY_GROUP, NoteKind.GROUP),
])
def test_what_took_place_is_signed_once_it_is_recorded_that_somebody_was_there(cast: Cast, case_type, kind) -> None:
    case_id, appointment_id = session_of(cast, case_type)
    decoy = hold(cast, case_id, SERVICE[case_type], "2026-10-12 14:00")
    everybody = people_of(cast, case_id).values()

    def mark(status: AttendanceStatus) -> None:
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses=dict.fromkeys(everybody, status)))

    nobody = rf"^Nobody was there, so there is nothing to say in a {kind.label.lower()}\.$"
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Marcus", appointment_id, kind)
        mark(AttendanceStatus.SCHEDULED)
        fill(cast, "Marcus", note_id)
        for status, refusal in ((AttendanceStatus.SCHEDULED, "^Record first who was there"),
                                (AttendanceStatus.CONFIRMED, "^Record first who was there"),
                                (AttendanceStatus.NO_SHOW, nobody),
                                (AttendanceStatus.CANCELLED_BY_PROVIDER, nobody)):
            mark(status)
            with pytest.raises(NoteIsIncomplete, match=refusal):
                sign(cast, "Marcus", note_id)
        mark(AttendanceStatus.ATTENDED)
        sign(cast, "Marcus", note_id)
        assert row(cast, note_id).status is NoteStatus.LOCKED
        other = start(cast, "Marcus", decoy, kind)
        fill(cast, "Marcus", other)
        sign(cast, "Marcus", other)


def test_a_note_on_a_missed_appointment_is_signed_once_that_is_recorded(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast)
    noor = people_of(cast, case_id)["Noor"]
    with at("2026-10-12 22:00"):
        note_id = cast.do("Marcus", start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.CONTACT, form="missed", service_date=date(2026, 10, 12),
            appointment_id=appointment_id))
        for status in (AttendanceStatus.SCHEDULED, AttendanceStatus.NO_SHOW):
            cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment_id, statuses={noor: status}))
            if status is AttendanceStatus.SCHEDULED:
                fill(cast, "Marcus", note_id)
                with pytest.raises(NoteIsIncomplete, match=r"^Record first who was there\.$"):
                    sign(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
        assert row(cast, note_id).status is NoteStatus.LOCKED
