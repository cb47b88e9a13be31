"""Who acts for clients of Harbor Lane Practice, and what was decided about each of them."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.demo.house import ADMIN, House
from practicerunner.records import acting
from practicerunner.records.acting import ActsFor
from practicerunner.vocabulary import AccessScope, ActingKind, ContactRole, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.people import OrganisationDetails, PersonDetails

Scopes = tuple[tuple[AccessScope, str], ...]
"""A scope and, where it was denied, the reason."""

F, S, B, P, M = AccessScope.FORMS, AccessScope.SCHEDULING, AccessScope.BILLING, AccessScope.PORTAL, AccessScope.MESSAGES
ACTING: tuple[tuple[str, str, ActingKind, str, str, tuple[ContactRole, ...], Scopes], ...] = (
    ("Oliver|Strand", "Ingrid|Strand", ActingKind.PARENT, "", "birth certificate seen",
     (ContactRole.REPRESENTATIVE, ContactRole.BILLING_CONTACT),
     ((F, ""), (S, ""), (B, ""), (P, ""), (M, ""))),
    ("Oliver|Strand", "Anders|Strand", ActingKind.PARENT, "", "", (),
     ((S, ""), (F, "court order: no say in treatment"))),
    ("Jasmine|Aguilar", "Rosa|Aguilar", ActingKind.GUARDIAN, "", "letter of guardianship",
     (ContactRole.REPRESENTATIVE,), ((F, ""), (S, ""))),
    ("Noor|Haddad", "Petra|Lindholm", ActingKind.PERSONAL_ASSISTANT, "", "",
     (ContactRole.SCHEDULING_HELPER,), ((S, ""),)),
    ("Marco|Bianchetti", "Silvio|Carraro", ActingKind.OTHER_HELPER, "bookkeeper", "",
     (ContactRole.BILLING_CONTACT,), ((B, ""),)),
)
"""Client, who acts, as what, in which words, what was seen, roles, scopes."""
AGENCIES = {"Silvio|Carraro": OrganisationDetails(name="Quayside Bookkeeping", phone="(503) 555-0177")}
"""Who helps as one of an organisation's people."""


def let_act(session: Session, house: House, names: tuple[str, ...], person_ids: dict[str, int], day: date) -> None:
    """Add whoever acts for these people and decide about their scopes."""
    for client, other, kind, title, evidence, roles, scopes in ACTING:
        if client not in names:
            continue
        known = person_ids.get(other)
        if known is not None and acting.between(session, known, person_ids[client]) is not None:
            continue  # said when the client's first case was opened
        first, last = other.split("|")
        acts = _do(session, house, add_acting, AddActing(
            client_id=person_ids[client], person_id=known,
            person=None if known else PersonDetails(first_name=first, last_name=last), kind=kind, title=title,
            roles=roles, starts_on=day, organisation=AGENCIES.get(other),
        ))
        person_ids[other] = session.get_one(ActsFor, acts).person_id
        if evidence:
            _do(session, house, verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence=evidence))
        for scope, denied in scopes:
            _do(session, house, decide_access, DecideAccess(
                acts_for_id=acts, scope=scope, verdict=Verdict.DENIED if denied else Verdict.GRANTED, starts_on=day,
                reason=denied,
            ))


def stand_in(session: Session, house: House, person_id: int, parent_id: int, day: date) -> None:
    """Let a parent who is to sign be named as one, if nothing was said about them yet."""
    if acting.between(session, parent_id, person_id) is None:
        _do(session, house, add_acting, AddActing(
            client_id=person_id, person_id=parent_id, kind=ActingKind.PARENT, starts_on=day))


def _do(session: Session, house: House, verb: Any, command: Any) -> Any:
    result = verb(session, house.actors[ADMIN], command)
    session.flush()
    return result
