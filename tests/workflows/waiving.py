"""A couple and a group of whom somebody missed an appointment, and waiving what that costs."""

from datetime import date

from sqlalchemy import select

from practicerunner import database
from practicerunner.records import billing
from practicerunner.records.billing import LedgerEntry
from practicerunner.vocabulary import AttendanceStatus, CaseType, EntryKind
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, hold, payer, people_of

S = AttendanceStatus


def a_couple(cast: Cast) -> int:
    """Aisha and Ben, who share one charge half and half; Ben is listed first."""
    case_id = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Morgan", opened_on=date(2026, 8, 1))
    people = people_of(cast, case_id)
    arrange(cast, case_id, {people["Ben"]: 5000, people["Aisha"]: 5000}, since="2026-08-01")
    return case_id


def a_group(cast: Cast) -> int:
    """Ada, Bo and Cy; Cy's fee is paid by her mother."""
    case_id = cast.open_case(CaseType.THERAPY_GROUP, "Ada One", "Bo Two", "Cy Three", name="Group",
                             opened_on=date(2026, 8, 1))
    mother = payer(cast, "Mother", "Three")
    arrange(cast, case_id, {mother: 0}, since="2026-08-01", person_id=people_of(cast, case_id)["Cy"])
    return case_id


def missed(cast: Cast, case_id: int, service: str, *who: str, status: AttendanceStatus = S.NO_SHOW,
           day: str = "2026-09-03") -> int:
    """An appointment at ten on a day at which these were missing."""
    people = people_of(cast, case_id)
    return hold(cast, case_id, service, f"{day} 10:00", missed={people[name]: status for name in who})


def waive(cast: Cast, appointment_id: int, person_id: int | None = None, *, by: str = "Tom", reason: str = "illness",
          when: str = "2026-09-04 09:00", **more: str) -> list[int]:
    with at(when):
        return cast.do(by, waive_fee, WaiveFee(
            appointment_id=appointment_id, person_id=person_id, reason=reason, **more))


def ledger(cast: Cast, kind: EntryKind) -> list[int]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(
            select(LedgerEntry.amount_cents).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id)))


def true(cast: Cast) -> bool:
    """What is open equals the ledger, as ``verify`` asks."""
    with database.reading(cast.engine) as session:
        return billing.wrong_open_amounts(session) == []
