"""Sessions held, who came and who did not."""

from datetime import date
from typing import Any

from practicerunner.reports import read
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseType
from tests.reports.building import Story

DAY = date(2026, 10, 31)
ATTENDED, NO_SHOW, EXCUSED = AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.EXCUSED


def rows(story: Story, view: str, **more: Any) -> list[dict[str, Any]]:
    return read(story.engine, story.owner, view, as_of=DAY, **more)


def test_sessions_attendances_and_the_no_show_rate_are_exact_and_excused_is_not_counted(story: Story) -> None:
    people = [story.person(f"P{n}") for n in range(8)]
    alone = story.case(people=(people[0],))
    for day in (1, 8, 15, 22):
        story.appointment(alone, date(2026, 10, day), came={people[0]: ATTENDED})
    group = story.case(CaseType.THERAPY_GROUP, name="Thursday group", people=tuple(people))
    story.appointment(group, date(2026, 10, 15), came=dict.fromkeys(people[:7], ATTENDED) | {people[7]: NO_SHOW})
    circle = story.case(CaseType.CONSULTATION_GROUP, name="Circle", provider=story.ito, people=tuple(people[:5]))
    story.appointment(circle, date(2026, 10, 6), came=dict.fromkeys(people[:5], ATTENDED), provider=story.ito)
    story.appointment(circle, date(2026, 10, 20), provider=story.ito,
                      came=dict.fromkeys(people[:4], ATTENDED) | {people[4]: EXCUSED})
    story.appointment(alone, date(2026, 10, 29), AppointmentStatus.CANCELLED,
                      came={people[0]: AttendanceStatus.CANCELLED_BY_PROVIDER})
    story.appointment(alone, date(2026, 11, 5), came={people[0]: NO_SHOW})

    weeks = rows(story, "scheduling__attendance_by_week")
    totals = {c: sum(w[c] for w in weeks) for c in ("held", "attended", "no_shows", "late_cancellations")}
    assert totals == {"held": 7, "attended": 20, "no_shows": 1, "late_cancellations": 0}
    assert round(totals["no_shows"] / (totals["attended"] + totals["no_shows"]), 3) == 0.048

    sessions = rows(story, "scheduling__sessions")
    assert len(sessions) == 7
    assert sum(s["attended"] for s in sessions) == 20
    assert sum(s["no_shows"] for s in sessions) == 1


def test_a_week_starts_on_monday_and_is_kept_apart_by_provider(story: Story) -> None:
    person = story.person("Noor")
    case = story.case(people=(person,))
    story.appointment(case, date(2026, 10, 18), came={person: ATTENDED})
    story.appointment(case, date(2026, 10, 19), came={person: NO_SHOW}, status=AppointmentStatus.NOT_HELD)
    story.appointment(case, date(2026, 10, 25), came={person: ATTENDED})
    story.appointment(case, date(2026, 10, 20), came={person: AttendanceStatus.LATE_CANCELLED}, provider=story.ito,
                      status=AppointmentStatus.NOT_HELD)
    found = {(r["week"], r["provider_id"]): r for r in rows(story, "scheduling__attendance_by_week")}
    assert found == {
        (date(2026, 10, 12), story.bell): {
            "week": date(2026, 10, 12), "provider_id": story.bell, "provider_name": "Marcus Bell", "held": 1,
            "attended": 1, "no_shows": 0, "late_cancellations": 0, "no_show_rate": 0.0},
        (date(2026, 10, 19), story.bell): {
            "week": date(2026, 10, 19), "provider_id": story.bell, "provider_name": "Marcus Bell", "held": 1,
            "attended": 1, "no_shows": 1, "late_cancellations": 0, "no_show_rate": 0.5},
        (date(2026, 10, 19), story.ito): {
            "week": date(2026, 10, 19), "provider_id": story.ito, "provider_name": "Kaori Ito", "held": 0,
            "attended": 0, "no_shows": 0, "late_cancellations": 1, "no_show_rate": None},
    }


def test_the_rows_behind_the_figures_leave_out_what_nobody_attended_or_missed(story: Story) -> None:
    person = story.person("Noor")
    case = story.case(people=(person,))
    held = story.appointment(case, date(2026, 10, 1), came={person: ATTENDED})
    missed = story.appointment(case, date(2026, 10, 8), AppointmentStatus.NOT_HELD, came={person: NO_SHOW})
    story.appointment(case, date(2026, 10, 15), AppointmentStatus.SCHEDULED, came={person: AttendanceStatus.SCHEDULED})
    story.appointment(case, date(2026, 10, 22), AppointmentStatus.NOT_HELD, came={person: EXCUSED})
    found = rows(story, "scheduling__sessions")
    assert [(r["appointment_id"], r["is_held"], r["attended"], r["no_shows"]) for r in found] == [
        (held, True, 1, 0), (missed, False, 0, 1),
    ]
    assert [r["appointment_id"] for r in rows(story, "scheduling__sessions", start=date(2026, 10, 2))] == [missed]
    assert [r["appointment_id"] for r in rows(story, "scheduling__sessions", end=date(2026, 10, 7))] == [held]
