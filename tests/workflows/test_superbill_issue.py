"""Issuing superbills, once and for good: who may, what is refused, what is logged."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted, PracticeError
from practicerunner.records.audit import AuditRow
from practicerunner.records.superbills import Superbill
from practicerunner.vocabulary import CaseType, Outcome
from practicerunner.workflows.diagnosis_pages import READ_CODES
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.superbills import (
    IssueSuperbill,
    NoSuperbill,
    NotComplete,
    NothingToIssue,
    SuperbillIsVoid,
    VoidSuperbill,
    issue_superbill,
    superbill_pdf,
    superbill_people,
    superbill_preview,
    superbills_of,
    void_superbill,
)
from tests.cast import Cast, at, hold, invoice
from tests.insurance import change, complete, diagnose, issue, licensed, logged, preview
from tests.workflows.insured import OCTOBER, billed, of_noor, words


@pytest.fixture
def noor(cast: Cast) -> tuple[Cast, int, int]:
    return of_noor(cast)


ALLOWED = {"Dana": "rcx", "Marcus": "rcx", "Tom": "rcx", "Ruth": "", "Priya": "", "Olga": ""}


def test_an_issued_superbill_never_changes_and_a_new_one_is_made(noor) -> None:
    cast, case_id, person = noor
    first = issue(cast, case_id, person, *OCTOBER)
    before = logged(cast, "Tom", superbill_pdf, first)[2]
    change(cast, "Marcus", credentials="PhD")
    billed(cast, case_id, "IND50", "2026-10-15 10:00", {person: 165_00})
    assert logged(cast, "Tom", superbill_pdf, first)[2] == before
    again = preview(cast, case_id, person, *OCTOBER)
    assert "On SB-2026-0001 already: 8 Oct 2026." in again.warnings[0]
    issue(cast, case_id, person, *OCTOBER, leave_out_issued=True)
    newest, oldest = cast.read("Tom", superbills_of, case_id)
    assert [line.service_date.day for line in newest.content.lines] == [15]
    assert [line.service_date.day for line in oldest.content.lines] == [8]
    for statement in ("update superbill set paid_cents = 1", "delete from superbill_line", "delete from superbill"):
        with pytest.raises(DatabaseError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_a_second_click_issues_nothing_more(noor) -> None:
    cast, case_id, person = noor
    first = issue(cast, case_id, person, *OCTOBER, op="one-click")
    assert issue(cast, case_id, person, *OCTOBER, op="one-click") == first
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2026-0001"]


def test_numbers_begin_anew_with_the_year(noor) -> None:
    cast, case_id, person = noor
    issue(cast, case_id, person, *OCTOBER)
    issue(cast, case_id, person, *OCTOBER, on="2027-01-02")
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2027-0001", "SB-2026-0001"]


def test_a_refusal_takes_no_number(noor) -> None:
    cast, case_id, person = noor
    change(cast, "Marcus", npi="")
    with pytest.raises(NotComplete, match="Marcus Bell has no NPI"):
        issue(cast, case_id, person, *OCTOBER)
    change(cast, "Marcus", npi="2100000035")
    issue(cast, case_id, person, *OCTOBER)
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2026-0001"]


def test_void_is_by_those_who_may_void_what_was_issued_with_a_reason_and_once(noor) -> None:
    cast, case_id, person = noor
    superbill = issue(cast, case_id, person, *OCTOBER)
    for name in ("Marcus", "Priya", "Ruth"):
        with pytest.raises(NotPermitted):
            cast.do(name, void_superbill, VoidSuperbill(superbill_id=superbill, reason="no"))
    with at("2026-11-21 09:00"):
        cast.do("Tom", void_superbill, VoidSuperbill(superbill_id=superbill, reason="wrong diagnosis"))
    with pytest.raises(SuperbillIsVoid):
        cast.do("Dana", void_superbill, VoidSuperbill(superbill_id=superbill, reason="again"))
    found = words(cast, superbill)
    assert "VOID" in found
    assert "void since 21 November 2026. wrong diagnosis" in found
    (listed,) = cast.read("Tom", superbills_of, case_id)
    assert (listed.number, listed.voided_on, listed.void_reason) == (
        "SB-2026-0001", date(2026, 11, 21), "wrong diagnosis")
    assert preview(cast, case_id, person, *OCTOBER).warnings == ()


def test_a_reversed_range_is_refused_and_an_empty_one_has_nothing(noor) -> None:
    cast, case_id, person = noor
    with pytest.raises(BadInput, match="lies before the first"):
        preview(cast, case_id, person, "2026-10-31", "2026-10-01")
    with pytest.raises(BadInput, match="lies before the first"):
        issue(cast, case_id, person, "2026-10-31", "2026-10-01")
    found = preview(cast, case_id, person, "2026-07-01", "2026-07-31")
    assert (found.lines, found.left_out, found.charged_cents) == ((), (), 0)
    with pytest.raises(NothingToIssue):
        issue(cast, case_id, person, "2026-07-01", "2026-07-31")


@pytest.mark.parametrize("facts", [{"birth_date": None}, {"address": ""}])
def test_a_client_without_birth_date_or_address_has_none(noor, facts: dict[str, Any]) -> None:
    cast, case_id, person = noor
    known, revision = cast.read("Dana", person_details, person)
    cast.do("Dana", change_person, ChangePerson(
        person_id=person, revision=revision, person=known.model_copy(update=facts)))
    with pytest.raises(NotComplete, match="Noor Haddad has no"):
        issue(cast, case_id, person, *OCTOBER)


@pytest.mark.parametrize("name", ALLOWED)
def test_each_role_on_a_provider_s_case(noor, name: str) -> None:
    cast, case_id, person = noor
    superbill = issue(cast, case_id, person, *OCTOBER)
    acts = {
        "r": [lambda: cast.read(name, superbills_of, case_id), lambda: cast.read(name, superbill_people, case_id),
              lambda: preview(cast, case_id, person, *OCTOBER, by=name)],
        "c": [lambda: issue(cast, case_id, person, *OCTOBER, by=name)],
        "x": [lambda: logged(cast, name, superbill_pdf, superbill)],
    }
    for letter, doing in acts.items():
        for act in doing:
            if letter in ALLOWED[name]:
                act()
            else:
                with pytest.raises(NotPermitted):
                    act()


def test_an_associate_makes_one_and_the_supervisor_reads_it_but_neither_prints_it(cast: Cast) -> None:
    licensed(cast)
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Priya")
    person = complete(cast, case_id)["Noor"]
    diagnose(cast, case_id, person, by="Priya")
    billed(cast, case_id, "IND50", "2026-10-08 10:00", {person: 165_00}, by="Priya")
    superbill = issue(cast, case_id, person, *OCTOBER, by="Priya")
    assert len(cast.read("Ruth", superbills_of, case_id)) == 1
    with pytest.raises(NotPermitted):
        issue(cast, case_id, person, *OCTOBER, by="Ruth")
    for name in ("Priya", "Ruth"):
        with pytest.raises(NotPermitted):
            logged(cast, name, superbill_pdf, superbill)
    logged(cast, "Tom", superbill_pdf, superbill)


@pytest.mark.parametrize(("kind", "service"), [
    (CaseType.INDIVIDUAL_CONSULTATION, "CONS60"), (CaseType.CONSULTATION_GROUP, "CGRP120"), (CaseType.WORKSHOP, "WKSP"),
])
def test_consultation_and_workshop_are_refused_by_every_door(cast: Cast, kind: CaseType, service: str) -> None:
    licensed(cast)
    with at("2026-08-31 09:00"):
        name = "" if kind is CaseType.INDIVIDUAL_CONSULTATION else "Wednesday circle"
        case_id = cast.open_case(kind, "Lena Fischer", name=name)
    person = complete(cast, case_id)["Lena"]
    invoice(cast, hold(cast, case_id, service, "2026-10-08 10:00"))
    for act in (
        lambda: preview(cast, case_id, person, *OCTOBER), lambda: issue(cast, case_id, person, *OCTOBER),
        lambda: cast.read("Tom", superbills_of, case_id), lambda: cast.read("Tom", superbill_people, case_id),
    ):
        with pytest.raises(NoSuperbill):
            act()


def test_reading_codes_issuing_and_handing_out_stand_in_the_audit_log(noor) -> None:
    cast, case_id, person = noor
    preview(cast, case_id, person, *OCTOBER)
    superbill = issue(cast, case_id, person, *OCTOBER)
    logged(cast, "Tom", superbill_pdf, superbill)
    with pytest.raises(PracticeError):
        logged(cast, "Olga", superbill_pdf, superbill)
    with database.reading(cast.engine) as session:
        rows = session.execute(
            select(AuditRow.action, AuditRow.outcome, AuditRow.staff_id, AuditRow.detail)
            .where(AuditRow.case_id == case_id)).all()
    tom = cast.staff["Tom"]
    for wanted in ((READ_CODES, Outcome.ALLOWED, tom, ""), ("issue_superbill", Outcome.ALLOWED, tom, "SB-2026-0001"),
                   ("download", Outcome.ALLOWED, tom, "SB-2026-0001")):
        assert wanted in [tuple(row) for row in rows], wanted
    assert cast.staff["Olga"] in [row.staff_id for row in rows if row.outcome == Outcome.REFUSED]


def test_a_database_error_leaves_nothing_half(noor, monkeypatch: pytest.MonkeyPatch) -> None:
    cast, case_id, person = noor
    command = IssueSuperbill(case_id=case_id, person_id=person, first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))
    actor = cast.actor("Tom")

    def fail(session: Session) -> None:
        issue_superbill(session, actor, command)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError), database.transaction(cast.engine) as session:
        fail(session)
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Superbill)).all() == []
    issue(cast, case_id, person, *OCTOBER)
    assert [one.number for one in cast.read("Tom", superbills_of, case_id)] == ["SB-2026-0001"]


def test_the_preview_needs_a_transaction_because_reading_codes_is_logged(noor) -> None:
    cast, case_id, person = noor
    with pytest.raises(RuntimeError, match="logged"):
        cast.read("Tom", superbill_preview, case_id, person, date(2026, 10, 1), date(2026, 10, 31))
