"""What somebody finds first outside the practice: what comes next, what waits for them, the latest papers (I08).

Each part is there only where its page is open to them; what is absent says nothing, not even that it is there.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.records import practice, requests
from practicerunner.records.people import Person
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, RequestStatus, Resource
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.commands import reader
from practicerunner.workflows.portal_access import may_in_any_case
from practicerunner.workflows.portal_billing import MyPaper, billing_page
from practicerunner.workflows.portal_documents import my_documents
from practicerunner.workflows.portal_forms import my_forms
from practicerunner.workflows.portal_messages import unread_threads
from practicerunner.workflows.requests import MyAppointment, MyRequest, my_appointments, my_requests

LATEST = 4
"""How many papers are shown."""


@dataclass(frozen=True, slots=True)
class HomePage:
    """What comes next and what waits; a part that is not open is ``None`` or empty."""

    practice: str
    phone: str
    name: str
    """Whose page this is."""
    next_up: MyAppointment | None
    sees_appointments: bool
    offers: tuple[MyRequest, ...]
    """Times that the practice has offered."""
    requests: int
    """What was asked and is not answered."""
    forms: int
    overdue_forms: int
    unpaid: int
    due_cents: int
    overdue_cents: int
    papers: tuple[MyPaper, ...]
    """The latest statements and superbills."""
    documents: int
    unread: int
    """Conversations with something new."""
    today: date


@reader(Resource.CLIENT_DIRECTORY)
def home_page(session: Session, actor: PortalActor) -> HomePage:
    """The first page of the portal, as far as each part is open to the reader."""
    us = practice.the_practice(session)
    whose = session.get_one(Person, actor.for_id)

    def sees(resource: Resource) -> bool:
        return may_in_any_case(session, actor, Action.READ, resource)

    here = actor.client_id is not None or bool(requests.own_cases(session, actor.person_id, today_here(session)))
    scheduling = here and sees(Resource.APPOINTMENTS)
    ahead = my_appointments(session, actor) if scheduling else []
    asked = my_requests(session, actor) if scheduling else []
    forms = my_forms(session, actor).open if sees(Resource.CONSENTS) else ()
    account = billing_page(session, actor) if sees(Resource.INVOICES) else None
    papers = sorted(
        (*account.statements, *account.superbills), key=lambda one: (one.on, one.subject_id), reverse=True,
    ) if account else []
    return HomePage(
        us.name, us.phone, person_name(whose.first_name, whose.last_name, whose.preferred_name),
        ahead[0] if ahead else None, scheduling,
        tuple(one for one in asked if one.status is RequestStatus.OFFERED),
        sum(one.status is RequestStatus.PENDING for one in asked), len(forms), sum(one.overdue for one in forms),
        len(account.unpaid) if account else 0, account.due_cents if account else 0,
        sum(one.open_cents for one in account.overdue) if account else 0, tuple(papers[:LATEST]),
        len(my_documents(session, actor)) if here and sees(Resource.DOCUMENTS_ADMIN) else 0,
        unread_threads(session, actor) if here and sees(Resource.MESSAGES_ADMIN) else 0, today_here(session),
    )
