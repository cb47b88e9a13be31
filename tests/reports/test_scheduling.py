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
    assert sum(s["is_held"] for s in sessions) == 7
    assert [(s["excused"], s["cancelled_by_provider"]) for s in sessions if s["excused"] or not s["is_held"]] == [
        (1, 0), (0, 1)]
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


def test_the_rows_behind_the_figures_keep_excused_and_cancelled_apart_from_no_shows(story: Story) -> None:
    person = story.person("Noor")
    case = story.case(people=(person,))
    outcomes = (
        (ATTENDED, AppointmentStatus.HELD), (NO_SHOW, AppointmentStatus.NOT_HELD),
        (AttendanceStatus.LATE_CANCELLED, AppointmentStatus.NOT_HELD), (EXCUSED, AppointmentStatus.NOT_HELD),
        (AttendanceStatus.CANCELLED_BY_CLIENT, AppointmentStatus.CANCELLED),
        (AttendanceStatus.CANCELLED_BY_PROVIDER, AppointmentStatus.CANCELLED),
        (AttendanceStatus.SCHEDULED, AppointmentStatus.SCHEDULED),
    )
    made = [story.appointment(case, date(2026, 10, 1 + place), status, came={person: outcome})
            for place, (outcome, status) in enumerate(outcomes)]
    columns = ("is_held", "attended", "no_shows", "late_cancellations", "excused", "cancelled_by_client",
               "cancelled_by_provider", "minutes_held")
    found = {r["appointment_id"]: tuple(r[c] for c in columns) for r in rows(story, "scheduling__sessions")}
    assert found == {
        made[0]: (True, 1, 0, 0, 0, 0, 0, 50), made[1]: (False, 0, 1, 0, 0, 0, 0, 0),
        made[2]: (False, 0, 0, 1, 0, 0, 0, 0), made[3]: (False, 0, 0, 0, 1, 0, 0, 0),
        made[4]: (False, 0, 0, 0, 0, 1, 0, 0), made[5]: (False, 0, 0, 0, 0, 0, 1, 0),
    }
    assert {r["appointment_id"] for r in rows(story, "scheduling__sessions", start=date(2026, 10, 5))} == set(made[4:6])
    assert [r["appointment_id"] for r in rows(story, "scheduling__sessions", end=date(2026, 10, 1))] == made[:1]
