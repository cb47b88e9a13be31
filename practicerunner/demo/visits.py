"""The appointments of Harbor Lane Practice: booked, kept, called off and missed; and who is away when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo import texts
from practicerunner.demo.caseload import Plan
from practicerunner.demo.desk import Desk
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.notebook import Notebook
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.demo.week import SERVICES, Place, Week, room_of
from practicerunner.records import cases
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.recurrence import Recurrence, dates
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import AttendanceStatus, CancelledBy, CaseStatus, ParticipantStatus, SessionFormat
from practicerunner.workflows.attendance import AttendAll, MarkAll, SetAttendance, attend_all, mark_all, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block

AHEAD = timedelta(days=35)
"""How far series are booked."""
AWAY = {"Owen": (-11, 5), "Nadia": (2, 3)}
"""Who is on vacation: the week, counted from this one, and how many days before it was announced."""


@dataclass
class Visit:
    """One appointment, with what is known of it."""

    plan: Plan
    case_id: int
    appointment_id: int
    day: date
    starts: datetime
    minutes: int
    first: bool = False
    called_off: bool = False

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return self.starts + timedelta(minutes=self.minutes)


class Visits:
    """Every appointment from its booking to its record."""

    def __init__(
        self, diary: Diary, house: House, week: Week, desk: Desk, notebook: Notebook, rng: Random
    ) -> None:
        self.diary, self.house, self.week, self.desk, self.notebook = diary, house, week, desk, notebook
        self.today, self.rng = week.today, rng
        self.visits: list[Visit] = []
        self._left_open: set[str] = set()
        self._gaps_today = 0

    def begin(self, providers: Iterable[str]) -> None:
        """Write into the diary what concerns everybody: vacations, meetings, a fuller week, reminders."""
        for provider, (week, before) in AWAY.items():
            monday = self.week.monday + timedelta(weeks=week)
            self.diary.note(self._at(monday - timedelta(days=before), 15, 20), partial(self._go_away, provider, monday))
        self.diary.note(self._at(self.week.monday - timedelta(days=6), 9), partial(self._meet, tuple(providers)))
        self.diary.note(self._at(self.week.monday - timedelta(days=3), 10), self._squeeze_in)
        self.diary.note(self._at(self.today - timedelta(days=1), 16), self._remind)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return moment(day, time(hour, minute), ZONE)

    def _do(self, session: Session, who: str, verb: Any, command: Any) -> Any:
        result = verb(session, self.house.actors[who], command)
        session.flush()
        return result

    # --- Booking

    def book_intake(self, plan: Plan, case_id: int, place: Place, first: date, session: Session) -> Visit:
        """Book a case's first appointment."""
        appointment_id = self._do(session, ADMIN, book, Book(
            **self._where(plan), case_id=case_id, service_id=self.house.services["Intake"], local_date=first,
            local_time=place.at,
        ))
        visit = Visit(plan, case_id, appointment_id, first, moment(first, place.at, ZONE), 60, first=True)
        self._foresee(visit)
        return visit

    def book_series(self, plan: Plan, case_id: int, place: Place, first: date, session: Session) -> None:
        """Book a case's fixed time, until it ends or as far as the practice looks ahead."""
        until = self.today + AHEAD
        if plan.ended is not None:
            until = self.week.monday + timedelta(weeks=-plan.ended, days=place.weekday)
        service, minutes = SERVICES[plan.type]
        ids = self._do(session, ADMIN, book_series, BookSeries(
            **self._where(plan), case_id=case_id, service_id=self.house.services[service], local_date=first,
            local_time=place.at, interval=plan.every, until=until,
        ))
        days = dates(Recurrence(interval=plan.every, until=until), first)
        for appointment_id, day in zip(ids, days, strict=True):
            self._foresee(Visit(plan, case_id, appointment_id, day, moment(day, place.at, ZONE), minutes))

    def _where(self, plan: Plan) -> dict[str, Any]:
        if plan.how is not None:
            return {"format": plan.how}
        return {"format": SessionFormat.IN_PERSON, "location_id": self.house.rooms[room_of(plan) or "Office"]}

    # --- What becomes of an appointment

    def _foresee(self, visit: Visit) -> None:
        """Most are kept; some are called off, late or in time, and a few are missed."""
        self.visits.append(visit)
        chance, hours = self.rng.random(), self.rng.random()
        many = capabilities(visit.plan.type).is_group
        if visit.day == self.today and chance < 0.135:
            # One gap is enough for a day that is looked at.
            chance = chance if self._gaps_today == 0 else 1.0
            self._gaps_today += 1
        if visit.first or many or chance >= 0.135:
            self.diary.note(visit.ends + timedelta(minutes=5), partial(self._come, visit))
        elif chance < 0.035:
            self.diary.note(visit.ends, partial(self._miss, visit, AttendanceStatus.NO_SHOW))
        elif chance < 0.055:
            self.diary.note(visit.ends, partial(self._miss, visit, AttendanceStatus.EXCUSED))
        elif visit.day > self.today + timedelta(days=9):
            return
        else:
            by = CancelledBy.PROVIDER if chance < 0.07 else CancelledBy.CLIENT
            before = 2 + hours * 18 if chance < 0.105 else 26 + hours * 40
            self.diary.note(visit.starts - timedelta(hours=before), partial(self._call_off, visit, by))

    def _call_off(self, visit: Visit, by: CancelledBy, session: Session, reason: str = "") -> None:
        if visit.called_off:
            return
        visit.called_off = True
        self._do(session, ADMIN if by is CancelledBy.CLIENT else visit.plan.provider, cancel, Cancel(
            appointment_id=visit.appointment_id, by=by, reason=reason or self.rng.choice(texts.CANCELLED[by.value]),
        ))
        if by is CancelledBy.CLIENT and visit.starts - clock.now() < timedelta(hours=24):
            # An invoice is never older than its appointment.
            self.diary.note(visit.ends, lambda _: self._charge(visit))

    def _charge(self, visit: Visit) -> None:
        self.desk.expect(visit.plan, visit.case_id, visit.appointment_id, visit.day)

    def _miss(self, visit: Visit, status: AttendanceStatus, session: Session) -> None:
        if not visit.called_off and not self._is_left_open(visit):
            self._do(session, visit.plan.provider, mark_all, MarkAll(
                appointment_id=visit.appointment_id, status=status,
            ))
            if status is AttendanceStatus.NO_SHOW:
                self._charge(visit)

    def _come(self, visit: Visit, session: Session) -> None:
        if visit.called_off or self._is_left_open(visit):
            return
        provider = visit.plan.provider
        here = [person.id for participant, person in cases.people_in(session, visit.case_id)
                if participant.status is ParticipantStatus.ACTIVE and participant.joined_on <= visit.day]
        away = self._absent(visit, here)
        if away:
            everybody_else = dict.fromkeys((p for p in here if p not in away), AttendanceStatus.ATTENDED)
            self._do(session, provider, set_attendance, SetAttendance(
                appointment_id=visit.appointment_id, statuses=everybody_else | away,
            ))
        else:
            self._do(session, provider, attend_all, AttendAll(appointment_id=visit.appointment_id))
        self._charge(visit)
        self.notebook.expect(visit.plan, visit.appointment_id, visit.day, [p for p in here if p not in away],
                             first=visit.first)

    def _absent(self, visit: Visit, here: list[int]) -> dict[int, AttendanceStatus]:
        """Who did not come though others did."""
        able = capabilities(visit.plan.type)
        if len(here) < 2:
            return {}
        odds = 0.1 if able.is_group else 0.06
        kinds = (AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED, AttendanceStatus.EXCUSED)
        away = {person_id: self.rng.choice(kinds) for person_id in here if self.rng.random() < odds}
        return {} if len(away) == len(here) else away

    def _is_left_open(self, visit: Visit) -> bool:
        """Whether nobody has got round to recording this one: one of yesterday's, and what is just over."""
        provider = visit.plan.provider
        if visit.day == self.today - timedelta(days=1) and provider not in self._left_open:
            self._left_open.add(provider)
            return True
        return visit.ends > self.diary.until - timedelta(minutes=90)

    # --- The practice as a whole

    def _go_away(self, provider: str, monday: date, session: Session) -> None:
        """A week off: what lies in it is called off first."""
        friday = monday + timedelta(days=4)
        for visit in self.visits:
            if visit.plan.provider == provider and monday <= visit.day <= friday:
                self._call_off(visit, CancelledBy.PROVIDER, session, texts.VACATION)
        self._do(session, provider, add_time_block, AddTimeBlock(
            provider_id=self.house.staff_id(provider), starts_on=monday, starts=time(8), ends_on=friday, ends=time(20),
            reason=texts.VACATION,
        ))

    def _meet(self, providers: Iterable[str], session: Session) -> None:
        """The team meets on Wednesdays at noon, this week and next."""
        for week in (0, 1):
            day = self.week.monday + timedelta(weeks=week, days=2)
            for provider in providers:
                self._do(session, OWNER, add_time_block, AddTimeBlock(
                    provider_id=self.house.staff_id(provider), starts_on=day, starts=time(12), ends_on=day,
                    ends=time(13), reason=texts.MEETING,
                ))

    def _squeeze_in(self, session: Session) -> None:
        """Some come once more this week."""
        begun = {visit.case_id: visit.plan for visit in self.visits if not capabilities(visit.plan.type).is_group}
        added: dict[str, int] = {}
        for case_id, plan in begun.items():
            if plan.status is not CaseStatus.ACTIVE or plan.twice or added.get(plan.provider, 0) > 1:
                continue
            added[plan.provider] = added.get(plan.provider, 0) + 1
            place = self.week.place(plan, quiet=True)
            service, minutes = SERVICES[plan.type]
            day = self.week.monday + timedelta(days=place.weekday)
            appointment_id = self._do(session, ADMIN, book, Book(
                **self._where(plan), case_id=case_id, service_id=self.house.services[service], local_date=day,
                local_time=place.at,
            ))
            self._foresee(Visit(plan, case_id, appointment_id, day, moment(day, place.at, ZONE), minutes))

    def _remind(self, session: Session) -> None:
        """The desk reaches some of those who are expected today and tomorrow."""
        for visit in self.visits:
            soon = self.today <= visit.day <= self.today + timedelta(days=1)
            alone = not capabilities(visit.plan.type).is_group
            if soon and alone and not visit.called_off and self.rng.random() < 0.45:
                self._do(session, ADMIN, mark_all, MarkAll(
                    appointment_id=visit.appointment_id, status=AttendanceStatus.CONFIRMED,
                ))
