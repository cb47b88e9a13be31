"""Who of the staff may decide about access, and what an act opens that was closed before it (D15; TRUST 3.2)."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from practicerunner.errors import NotPermitted
from practicerunner.records import acting, cases, practice
from practicerunner.records.people import Person
from practicerunner.rules import acting as rules
from practicerunner.vocabulary import AccessScope, Action, MessageKind, Resource
from practicerunner.workflows import outbox
from practicerunner.workflows.access import Actor, authorize, may_touch
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.minors import consenting_alone

Opened = frozenset[tuple[int | None, AccessScope]]
"""What an act opened: pairs of a case, or the client as a whole, and a scope."""
ONLY_SOME = (
    "What counts for everything of somebody is decided by whoever may change all that they take part in, or by an "
    "administrator or the owner."
)
GATHERED = timedelta(minutes=5)
"""For how long new access waits for more of it, before the client is told."""
TOO_FAR = "This would open more than you may decide about. Please ask an administrator or the owner."


def decides_everything(session: Session, actor: Actor, client_id: int) -> bool:
    """Whether the actor may decide about everything of a client: about each case that goes on, or about all cases."""
    theirs = [
        may_touch(actor, Action.UPDATE, Resource.DEMOGRAPHICS, responsible=[case.provider_id], case_id=case.id)
        for case in cases.current_cases_of(session, client_id)
    ]
    return all(theirs) if theirs else may_touch(actor, Action.UPDATE, Resource.DEMOGRAPHICS, responsible=())


def check_decides(session: Session, actor: Actor, client_id: int, case_id: int | None) -> None:
    """Let pass who may decide about a case, or (``None``) about everything of a client. Raises NotFound, NotPermitted.

    A case is locked; callers have locked the client before.
    """
    if case_id is not None:
        case_for(session, actor, case_id, Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    elif not decides_everything(session, actor, client_id):
        raise NotPermitted(
            ONLY_SOME, actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS, resource_id=client_id)


def check_reach(session: Session, actor: Actor, client_id: int, opened: Opened) -> None:
    """Refuse a change that opens more than the actor may decide about. Raises NotPermitted."""
    about = {case_id for case_id, _ in opened}
    if decides_everything(session, actor, client_id) or not about:
        return
    for case in cases.current_cases_of(session, client_id):
        if may_touch(actor, Action.UPDATE, Resource.DEMOGRAPHICS, responsible=[case.provider_id], case_id=case.id):
            about.discard(case.id)
    if about:
        raise NotPermitted(
            TOO_FAR, actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS, resource_id=client_id)


def check_around(session: Session, actor: Actor, client_id: int) -> None:
    """Let pass who treats a client now, or may change every client; not who did so once. Raises NotFound."""
    around = {case.provider_id for case in cases.current_cases_of(session, client_id)}
    authorize(session, actor, Action.UPDATE, Resource.DEMOGRAPHICS, responsible=around, resource_id=client_id)


def opened_by(session: Session, client_id: int, before: rules.Acting, after: rules.Acting, today: date) -> Opened:
    """What is open after an act and was not before it, of a client as a whole and of each of their cases."""
    about = {None, *(case.id for case in cases.current_cases_of(session, client_id)),
             *(one.case_id for one in (*before.decisions, *after.decisions))}
    return rules.newly_open(
        before, after, case_ids=about, today=today,
        helpers_allowed=practice.the_practice(session).helpers_may_schedule)


def tell(session: Session, client: Person, opened: Opened, acts_for_id: int, key: str) -> None:
    """Tell a client which scopes somebody gained, unless that is switched off for a case of theirs (D15).

    What is opened to the same person within a few minutes is one letter, which waits for as long. One who consented
    alone as a minor is written to at their own address or not at all (A23).
    """
    if not opened:
        return
    whole = any(case_id is None for case_id, _ in opened)
    about = {case.id for case in cases.cases_of(session, client.id)} if whole else {
        case_id for case_id, _ in opened if case_id is not None}
    if acting.notice_off(session, about):
        return
    us, name = practice.the_practice(session), f"access:{acts_for_id}:"
    of_case = None if whole or len(about) != 1 else next(iter(about))
    alone = client.id in consenting_alone(session, [client.id])
    waits = outbox.waiting(session, name, client.id, of_case, own_address_only=alone)
    scopes = {scope for _, scope in opened} | (rules.told_in(waits.body) if waits is not None else set())
    letter = rules.new_access_letter(client.preferred_name or client.first_name, scopes, us.name, us.phone)
    if waits is not None:
        outbox.extend(session, waits, letter.body)
        return
    outbox.put(
        session, MessageKind.ACCESS_GRANTED, f"{name}{key}", letter.subject, letter.body, person_id=client.id,
        case_id=of_case, own_address_only=alone, waits=GATHERED,
    )
