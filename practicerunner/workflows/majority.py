"""The 18th birthday: from its first moment on the client's own wall, who was a minor is invited themselves (A22).

What a parent or guardian was granted before opens nothing from that moment on by itself (``rules.acting``), and one
task asks to decide anew. The invitation goes to an address that nobody else has, or not at all.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import audit, consent_basis, people, portal
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.people import Person
from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.rules.signing import ADULT, adult_on
from practicerunner.vocabulary import CaseType, Resource, Welcome
from practicerunner.workflows.acting import today_of
from practicerunner.workflows.portal_links import send_link

LATE = timedelta(days=30)
"""A birthday that nobody noticed for longer than this is left to whoever decides about access."""
_MARGIN = timedelta(days=2)
"""Dates differ around the world, and eighteen years have four or five leap days."""
_YEARS = timedelta(days=ADULT * 365 + 4)
TYPES: tuple[CaseType, ...] = tuple(kind for kind, able in CASE_TYPES.items() if able.confidential)


def is_any_of_age(session: Session) -> bool:
    """Whether somebody's birthday is to be noticed; asked without keeping anybody's save waiting."""
    return bool(_turned(session))


def welcome_adults(session: Session) -> int:
    """Notice every 18th birthday that has begun, each once, and invite whoever can be. Returns how many."""
    noticed = 0
    for found in _turned(session):
        person = session.get_one(Person, found.id, with_for_update=FOR_CHANGE)
        welcome = _possible(session, person)
        if not consent_basis.keep_birthday(
            session, person.id, adult_on(person.birth_date or clock.now().date()), welcome, clock.now()
        ):
            continue
        if welcome is Welcome.INVITED:
            send_link(session, person, None, at_majority=True)
        audit.note(session, action="came_of_age", resource=Resource.USERS, resource_id=person.id, detail=welcome.value)
        noticed += 1
    return noticed


def _turned(session: Session) -> list[Person]:
    """Whose 18th birthday has begun on their own wall, not too long ago, and was not noticed yet."""
    today = clock.now().date()
    found = consent_basis.born_between(
        session, today - _YEARS - LATE - _MARGIN, today - _YEARS + _MARGIN, TYPES)
    return [
        one for one in found if one.birth_date is not None
        and timedelta() <= today_of(session, one) - adult_on(one.birth_date) <= LATE
    ]


def _possible(session: Session, person: Person) -> Welcome:
    """Whether somebody can be invited, and why not."""
    if portal.account_of(session, person.id) is not None:
        return Welcome.HAS_ACCOUNT
    if consent_basis.own_address(session, person.id):
        return Welcome.INVITED
    return Welcome.SHARED_ADDRESS if people.mail_address(session, person.id) else Welcome.NO_ADDRESS
