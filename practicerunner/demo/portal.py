"""Who of the demo practice has an account on the portal: a client, a couple, a mother, a helper, a father who pays."""

import re
from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.caseload import CASES
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import OWNER, ZONE
from practicerunner.demo.story import Story
from practicerunner.records import acting, cases, outbox, people
from practicerunner.records.acting import ActsFor
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import AccessScope, ActingKind, ContactKind, MessageKind, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal
from practicerunner.workflows.portal_links import accept_link
from practicerunner.workflows.sign_in import DEMO_PASSWORD

CLIENTS = ("Noor|Haddad", "Samuel|Ortiz", "Léa|Dubreuil")
COUPLE = ("Elena|Bianchetti", "Marco|Bianchetti")
"""Each has an account, so that what they write together and what one writes alone can be looked at from both sides."""
PARTNERS = ("Tanya|Goddard-Ray", "Luis|Herrerra")
PAYERS = ("Leonard|Thornbury", "Farid|Rahmani")
"""The first of each who can be written to has an account; of partners only where that couple does not come."""
MOTHERS = (("Ingrid|Strand", "Oliver|Strand"), ("Shirin|Rahmani", "Dara|Rahmani"))
HELPED = ("Daniel|Okonjo", "Aiko|Morimoto", "Zofia|Lisowska")
HELPER = PersonDetails(first_name="Ines", last_name="Calloway", contacts=(
    Contact(kind=ContactKind.EMAIL, value="ines.calloway@example.org", preferred=True, may_email=True),))


def begin(diary: Diary, house: House, story: Story, today: date) -> None:
    """Two days ago, when everybody was known."""
    diary.note(moment(today - timedelta(days=2), time(12), ZONE), partial(_open, house, story))


def _open(house: House, story: Story, session: Session) -> None:
    couple = [story.person_ids[name] for name in COUPLE if name in story.person_ids]
    for partner_id in couple:
        _join(session, house, partner_id, partner_id)
    for names in (CLIENTS, () if couple else PARTNERS):
        for name in names:
            person_id = story.person_ids.get(name)
            if person_id is not None and _join(session, house, person_id, person_id):
                break
    for mother, child in MOTHERS:
        if mother in story.person_ids and child in story.person_ids:
            client_id, person_id = story.person_ids[child], story.person_ids[mother]
            _act(session, house, client_id, ActingKind.PARENT, tuple(AccessScope), person_id=person_id)
            if _join(session, house, person_id, client_id):
                break
    for name in HELPED:
        if name in story.person_ids:
            client_id = story.person_ids[name]
            helper_id = _act(session, house, client_id, ActingKind.PERSONAL_ASSISTANT,
                             (AccessScope.SCHEDULING,), person=HELPER)
            _join(session, house, helper_id, client_id)
            break
    for name in PAYERS:
        client = next((plan.people[0] for plan in CASES if name in dict(plan.shares)), "")
        if {name, client} <= story.person_ids.keys() and _join(
            session, house, story.person_ids[name], story.person_ids[client]
        ):
            break


def _act(
    session: Session, house: House, client_id: int, kind: ActingKind, scopes: tuple[AccessScope, ...], *,
    person_id: int | None = None, person: PersonDetails | None = None,
) -> int:
    """Somebody acts for a client, as was verified, and may do some things. Returns their id."""
    owner, today = house.actors[OWNER], clock.today(ZONE)
    if person_id is not None and acting.between(session, person_id, client_id) is not None:
        return person_id
    acts_for_id = add_acting(session, owner, AddActing(
        client_id=client_id, person_id=person_id, person=person, kind=kind, starts_on=today))
    session.flush()
    if kind.is_representative:
        verify_acting(session, owner, VerifyActing(
            acts_for_id=acts_for_id, revision=1, evidence="Birth certificate seen"))
    for scope in scopes:
        decide_access(session, owner, DecideAccess(
            acts_for_id=acts_for_id, scope=scope, verdict=Verdict.GRANTED, starts_on=today))
    session.flush()
    return session.get_one(ActsFor, acts_for_id).person_id


def _join(session: Session, house: House, person_id: int, client_id: int) -> bool:
    """Invite somebody from a client's case and let them choose the demo's password; not without an address."""
    case = next(iter(cases.cases_of(session, client_id)), None)
    if case is None or not people.mail_address(session, person_id):
        return False
    invite_to_portal(session, house.actors[OWNER], InviteToPortal(case_id=case.id, person_id=person_id))
    session.flush()
    body = outbox.last_to(session, person_id, MessageKind.PORTAL_LINK)
    found = re.search(r"/portal/invitation/([A-Za-z0-9_-]+)", body)
    return found is not None and accept_link(session, found[1], DEMO_PASSWORD)
