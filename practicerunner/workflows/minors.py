"""Who consented to their treatment as a minor and still is one: what is theirs is confidential by default (A20)."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import consent_basis, practice
from practicerunner.records.cases import Case
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.signing import is_adult


def consenting_alone(session: Session, person_ids: Collection[int]) -> frozenset[int]:
    """Who of some people consented as a minor and is one today, on their own wall."""
    found = consent_basis.consenting_minors(session, person_ids)
    return frozenset(
        person_id for person_id, born, zone in found
        if not is_adult(born, clock.today(zone or practice.the_practice(session).zone))
    )


def consenting_in(session: Session, case: Case, person_ids: Collection[int]) -> frozenset[int]:
    """Who of some people has what is uploaded or given to them in a case for themselves, unless somebody changes it."""
    return consenting_alone(session, person_ids) if capabilities(case.type).confidential else frozenset()


def confidential_by_default(session: Session, case: Case, person_ids: Collection[int]) -> frozenset[int]:
    """To whom of some people an appointment of a case is confidential unless somebody says otherwise.

    Not where whoever acts for them takes part in the case as well: what happens together is known to both.
    """
    alone = consenting_in(session, case, person_ids)
    return alone - consent_basis.together_with_who_acts(session, case.id, alone) if alone else alone
