"""Who supervises an appointment."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import CaseStatus, CaseType
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.scheduling import change_appointment, move
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests.cast import Cast, at
from tests.workflows.booking import TUESDAY, booked, change, shift


def supervise(cast: Cast, first: str, supervisor_id: int | None, on: str) -> None:
    """From a day on somebody has another supervisor."""
    with at(f"{on} 08:00"):
        with database.reading(cast.engine) as session:
            person = session.get_one(Staff, cast.staff[first])
        cast.do("Dana", change_staff, ChangeStaff(
            staff_id=person.id, revision=person.revision, first_name=person.first_name, last_name=person.last_name,
            email=person.email, roles={role.role for role in person.roles}, supervisor_id=supervisor_id))


def case_supervisor(cast: Cast, case_id: int, supervisor_id: int | None, on: str) -> None:
    from practicerunner.records.cases import Case
    with at(f"{on} 08:00"):
        with database.reading(cast.engine) as session:
            case = session.get_one(Case, case_id)
        cast.do("Dana", change_case, ChangeCase(
            case_id=case_id, revision=case.revision, status=CaseStatus.ACTIVE, provider_id=case.provider_id,
            supervisor_id=supervisor_id))


def supervisor(cast: Cast, appointment_id: int, who: str = "Dana") -> tuple[str, bool, str]:
    page = cast.read(who, appointment_page, appointment_id)
    return page.supervisor, page.supervisor_is_own, page.inherited_supervisor


def test_the_case_s_supervisor_counts_then_the_provider_s_on_the_day(cast: Cast, amis: int, judith: int) -> None:
    one = booked(cast, "Priya", amis)
    assert supervisor(cast, one) == ("Ruth Feldman", False, "Ruth Feldman")
    case_supervisor(cast, amis, judith, "2026-09-02")
    assert supervisor(cast, one) == ("Judith Solano", False, "Judith Solano")
    assert supervisor(cast, booked(cast, "Priya", amis, local_time=time(14)))[0] == "Judith Solano"
    case_supervisor(cast, amis, None, "2026-09-03")
    assert supervisor(cast, one)[0] == "Ruth Feldman"


def test_one_appointment_may_have_another_and_go_back_to_the_usual(cast: Cast, amis: int, judith: int) -> None:
    one, other = booked(cast, "Priya", amis), booked(cast, "Priya", amis, local_time=time(14))
    with at("2026-09-01 10:00"):
        for who in ("Priya", "Ruth"):
            with pytest.raises(NotPermitted):
                cast.do(who, change_appointment, change(cast, one, supervisor_id=judith))
    cast.do("Tom", change_appointment, change(cast, one, supervisor_id=judith))
    assert supervisor(cast, one) == ("Judith Solano", True, "Ruth Feldman")
    assert supervisor(cast, other) == ("Ruth Feldman", False, "Ruth Feldman")
    cast.do("Priya", change_appointment, change(cast, one, memo="Bring the form."))
    assert supervisor(cast, one)[0] == "Judith Solano", "saying nothing changes nothing"
    with pytest.raises(NotPermitted):
        cast.do("Priya", change_appointment, change(cast, one, inherit_supervisor=True))
    cast.do("Dana", change_appointment, change(cast, one, inherit_supervisor=True))
    assert supervisor(cast, one) == ("Ruth Feldman", False, "Ruth Feldman")
    with database.reading(cast.engine) as session:
        details = session.scalars(select(AuditRow.detail).where(
            AuditRow.action == "change_appointment", AuditRow.resource_id == one,
            AuditRow.outcome == "allowed").order_by(AuditRow.seq)).all()
    assert details == ["changed supervisor", "changed memo", "changed supervisor"]
    for wrong in (cast.staff["Marcus"], cast.staff["Priya"], 12345):
        with pytest.raises(BadInput):
            cast.do("Dana", change_appointment, change(cast, one, supervisor_id=wrong))


def test_a_past_date_keeps_its_supervisor_and_what_lies_ahead_follows(cast: Cast, amis: int, judith: int) -> None:
    with at("2026-09-01 10:00"):
        past = booked(cast, "Priya", amis, local_date=date(2026, 9, 2))
        ahead, own = booked(cast, "Priya", amis), booked(cast, "Priya", amis, local_time=time(14))
    cast.do("Tom", change_appointment, change(cast, own, supervisor_id=cast.staff["Ruth"]))
    decoy = cast.open_case(CaseType.INDIVIDUAL, "Zoe Decoy")
    decoys = booked(cast, "Marcus", decoy)
    supervise(cast, "Priya", judith, "2026-09-05")
    assert supervisor(cast, past)[0] == "Ruth Feldman"
    assert supervisor(cast, ahead)[0] == "Judith Solano"
    assert supervisor(cast, own) == ("Ruth Feldman", True, "Judith Solano")
    assert supervisor(cast, decoys)[0] == ""
    supervise(cast, "Priya", None, "2026-09-06")
    assert supervisor(cast, ahead) == ("", False, "")
    with at("2026-09-06 09:00"):
        cast.do("Tom", change_appointment, change(cast, past, supervisor_id=judith))
        cast.do("Tom", change_appointment, change(cast, past, inherit_supervisor=True))
    assert supervisor(cast, past)[0] == "Ruth Feldman", "the one of that day"


def test_moved_to_another_provider_it_has_that_one_s_supervisor(cast: Cast, amis: int, judith: int) -> None:
    one = booked(cast, "Priya", amis)
    cast.do("Dana", move, shift(cast, one, provider_id=cast.staff["Marcus"]))
    assert supervisor(cast, one)[0] == ""
    cast.do("Dana", move, shift(cast, one, provider_id=cast.staff["Priya"]))
    assert supervisor(cast, one)[0] == "Ruth Feldman"
    cast.do("Tom", change_appointment, change(cast, one, supervisor_id=judith))
    cast.do("Dana", move, shift(cast, one, provider_id=cast.staff["Marcus"]))
    assert supervisor(cast, one) == ("Judith Solano", True, "")
    # To Judith herself: nobody supervises themselves.
    cast.do("Dana", move, shift(cast, one, provider_id=judith))
    assert supervisor(cast, one) == ("", False, "")
    case_supervisor(cast, amis, cast.staff["Ruth"], "2026-09-02")
    cast.do("Dana", move, shift(cast, one, provider_id=cast.staff["Ruth"]))
    assert supervisor(cast, one) == ("", False, "")


def test_moved_over_a_change_of_supervisor_it_has_the_one_of_its_new_date(
    cast: Cast, amis: int, judith: int
) -> None:
    with at("2026-09-01 10:00"):
        one = booked(cast, "Priya", amis, local_date=date(2026, 9, 3))
    supervise(cast, "Priya", judith, "2026-09-05")
    assert supervisor(cast, one)[0] == "Ruth Feldman"
    with at("2026-09-05 09:00"):
        cast.do("Priya", move, shift(cast, one, local_date=TUESDAY))
        assert supervisor(cast, one, "Priya")[0] == "Judith Solano"
        cast.do("Priya", move, shift(cast, one, local_date=date(2026, 9, 4)))
    assert supervisor(cast, one)[0] == "Ruth Feldman"
