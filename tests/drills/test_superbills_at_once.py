"""Twenty issue superbills at the same moment: twenty numbers without a gap, and one service on one client's alone."""

from datetime import date
from typing import Any

import pytest

from practicerunner import database
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.superbills import IssueSuperbill, issue_superbill, superbills_of
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id
from tests.drills.conftest import MANY
from tests.drills.crowd import Crowd, doing, kinds
from tests.drills.sound import broken_chain
from tests.insurance import complete, diagnose, licensed

pytestmark = pytest.mark.slow
OCTOBER = {"first_on": date(2026, 10, 1), "last_on": date(2026, 10, 31)}


def paid_case(cast: Cast, kind: CaseType, service: str, cents: int, *names: str) -> tuple[int, dict[str, int]]:
    """A case with one session in October, paid by its first person, everybody diagnosed."""
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(kind, *names)
    people = complete(cast, case_id)
    first = people[names[0].split()[0]]
    arrange(cast, case_id, {first: 10000}, since="2026-09-01")
    for person in people.values():
        diagnose(cast, case_id, person)
    invoice(cast, hold(cast, case_id, service, "2026-10-08 10:00"))
    pay(cast, payer_id(cast, first), case_id, cents, "2026-10-08")
    return case_id, people


def issuing(cast: Cast, case_id: int, person_id: int, **more: Any) -> Any:
    return doing(cast, cast.actor("Tom"), issue_superbill, IssueSuperbill(
        case_id=case_id, person_id=person_id, **OCTOBER | more))


def test_twenty_at_once_get_consecutive_numbers(cast: Cast, everybody: Crowd) -> None:
    licensed(cast)
    case_id, people = paid_case(cast, CaseType.INDIVIDUAL, "IND50", 165_00, "Noor Haddad")
    with at("2026-11-20 09:00"):
        outcomes = everybody.together([issuing(cast, case_id, people["Noor"]) for _ in range(MANY)])
    assert kinds(outcomes) == {"int": MANY}, outcomes
    numbers = sorted(one.number for one in cast.read("Tom", superbills_of, case_id))
    assert numbers == [f"SB-2026-{n:04d}" for n in range(1, MANY + 1)]
    assert broken_chain(cast.engine) is None


def test_one_form_sent_twenty_times_issues_one(cast: Cast, everybody: Crowd) -> None:
    licensed(cast)
    case_id, people = paid_case(cast, CaseType.INDIVIDUAL, "IND50", 165_00, "Noor Haddad")
    with at("2026-11-20 09:00"):
        outcomes = everybody.together([issuing(cast, case_id, people["Noor"], op="one-form") for _ in range(MANY)])
    assert len({one for one in outcomes if isinstance(one, int)}) == 1, outcomes
    assert len(cast.read("Tom", superbills_of, case_id)) == 1


def test_of_two_partners_only_one_gets_the_service_however_often_both_ask(cast: Cast, everybody: Crowd) -> None:
    licensed(cast)
    case_id, people = paid_case(cast, CaseType.TWO_PERSON, "FAM50", 210_00, "Aisha Morgan", "Ben Morgan")
    both = [people["Aisha"], people["Ben"]]
    with at("2026-11-20 09:00"):
        outcomes = everybody.together([issuing(cast, case_id, both[n % 2]) for n in range(MANY)])
    assert kinds(outcomes) == {"int": MANY // 2, "NothingToIssue": MANY // 2}, outcomes
    issued = cast.read("Tom", superbills_of, case_id)
    assert len({one.content.client.name for one in issued}) == 1
    with database.reading(cast.engine):
        assert sorted(one.number for one in issued) == [f"SB-2026-{n:04d}" for n in range(1, MANY // 2 + 1)]
