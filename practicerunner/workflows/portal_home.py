"""What somebody finds first outside the practice: what comes next, what waits for them, the latest papers (I08).

Each part is there only where its page is open to them; what is absent says nothing, not even that it is there.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import practice, requests
from practicerunner.records.people import Person
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, RequestStatus, Resource
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.commands import reader
from practicerunner.workflows.portal_access import ActingFor, acting_for, check_acts, may_in_any_case
from practicerunner.workflows.portal_appointments import may_ask_in
from practicerunner.workflows.portal_billing import MyMethod, MyPaper, owing
from practicerunner.workflows.portal_documents import number_shared
from practicerunner.workflows.portal_forms import forms_due
from practicerunner.workflows.portal_messages import unread_threads
from practicerunner.workflows.portal_papers import number_of_papers
from practicerunner.workflows.requests import MyAppointment, MyRequest, coming, my_requests

LATEST = 4
"""How many papers and requests are shown."""
ANSWERED = timedelta(days=14)
"""So long the answer to a request stands on the first page."""


@dataclass(frozen=True, slots=True)
class HomePage:
    """What comes next and what waits; a part that is not open is ``None`` or empty."""

    practice: str
    phone: str
    name: str
    """Whose page this is."""
    next_up: MyAppointment | None
    sees_appointments: bool
    may_ask: bool
    """Whether there is a case in which they may ask for a time; the times of a group are not one member's to ask for.
    """
    offers: tuple[datetime, ...]
    """Times that the practice has offered."""
    requests: int
    """What was asked and is not answered."""
    asked: tuple[MyRequest, ...]
    """The latest that waits or was answered lately, and where each stands; by the day of the answer, or of asking."""
    forms: int
    overdue_forms: int
    unpaid: int
    due_cents: int
    overdue_cents: int
    currency: str
    methods: tuple[MyMethod, ...]
    """Saved payment methods."""
    sees_methods: bool
    """Whether they have bills, and how they are paid is theirs to see."""
    papers: tuple[MyPaper, ...]
    """The latest statements and superbills."""
    documents: int
    unread: int
    """Conversations with something new."""
    sees_messages: bool
    acts_for: tuple[ActingFor, ...]
    """For whom somebody who is here for themselves could go on."""
    today: date

    @property
    def anything_waits(self) -> bool:
        """Whether there is something to do, to read or to come to."""
        return bool(self.next_up or self.offers or self.requests or self.forms or self.unpaid or self.unread)

    @property
    def is_bare(self) -> bool:
        """Whether there is no part at all to show, as for a helper while the practice lets no helper schedule (D10)."""
        return not (self.anything_waits or self.sees_appointments or self.sees_messages or self.sees_methods
                    or self.papers or self.documents or self.acts_for)


@reader(Resource.CLIENT_DIRECTORY)
def home_page(session: Session, actor: PortalActor) -> HomePage:
    """The first page of the portal, as far as each part is open to the reader. Raises NoLongerForThem."""
    check_acts(session, actor)
    us, today = practice.the_practice(session), today_here(session)
    whose = session.get_one(Person, actor.for_id)
    mine = requests.own_cases(session, whose.id, today)
    cases = {case.id for case in mine}
    here = actor.client_id is not None or bool(cases)

    def sees(resource: Resource) -> bool:
        return may_in_any_case(session, actor, Action.READ, resource)

    ahead = coming(session, actor, cases) if here and sees(Resource.APPOINTMENTS) else None
    forms = forms_due(session, actor) if sees(Resource.CONSENTS) else []
    account = owing(session, actor) if sees(Resource.INVOICES) else None
    papers = sorted(account.papers, key=lambda one: (one.on, one.subject_id), reverse=True) if account else []
    writes = here and sees(Resource.MESSAGES_ADMIN)
    return HomePage(
        us.name, us.phone, person_name(whose.first_name, whose.last_name, whose.preferred_name),
        ahead.next_up if ahead else None, ahead is not None,
        any(may_ask_in(session, actor, case) for case in mine), ahead.offers if ahead else (),
        ahead.pending if ahead else 0, _asked(session, actor) if ahead else (), len(forms),
        sum(due_on is not None and due_on < today for due_on in forms),
        account.unpaid if account else 0, account.due_cents if account else 0, account.overdue_cents if account else 0,
        us.currency, account.methods if account else (),
        account is not None and account.sees_methods and bool(account.unpaid or papers or account.methods),
        tuple(papers[:LATEST]),
        (number_shared(session, actor) if here and sees(Resource.DOCUMENTS_ADMIN) else 0)
        + (number_of_papers(session, actor) if here and sees(Resource.CLINICAL_RECORD) else 0),
        unread_threads(session, actor) if writes else 0, writes,
        tuple(acting_for(session, actor.person_id)) if actor.client_id is None else (), today,
    )


def _asked(session: Session, actor: PortalActor) -> tuple[MyRequest, ...]:
    """What waits for the practice or was answered lately; what was offered stands among what waits for the reader."""
    shown = (RequestStatus.PENDING, RequestStatus.ACCEPTED, RequestStatus.DECLINED)
    lately = clock.now() - ANSWERED

    def last(one: MyRequest) -> datetime:
        """When something was said about it: it was answered, or else asked."""
        return one.decided_at or one.asked_at

    found = [
        one for one in my_requests(session, actor)
        if one.status in shown and (one.status is RequestStatus.PENDING or last(one) > lately)]
    return tuple(sorted(found, key=last, reverse=True)[:LATEST])
