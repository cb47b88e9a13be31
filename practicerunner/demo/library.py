"""Documents of Harbor Lane Practice: a notice to acknowledge, a policy as PDF to sign; and an envelope gone astray."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ADDRESS, OWNER, PRACTICE, STAFF, ZONE
from practicerunner.demo.story import Story
from practicerunner.documents.note import Passage, Signature, SignedPage, paint_note
from practicerunner.documents.paper import Letterhead
from practicerunner.records import cases, forms
from practicerunner.rules import library
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import BreachChannel, DocumentTask, FormPurpose
from practicerunner.workflows.breaches import ReportWrongRecipient, report_wrong_recipient
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form
from practicerunner.workflows.library import SentPdf

READERS = ("Noor|Haddad", "Oliver|Strand")
"""Who finds them in the portal."""
NOTICE, POLICY = "Privacy notice", "Office and fee policy"
_NOTICE = """# What we keep
We keep what you tell us about yourself, what was agreed and done, and what was billed and paid.

# Who reads it
- Whoever works with you here, and who supervises them.
- The front desk reads **addresses, appointments and bills**, and nothing of what you talk about.
- Nobody else without your agreement, unless the law asks for it.

# What you can ask for
1. To see what is kept about you, and to have a copy.
2. To have something corrected that is wrong.
3. To know to whom it was given."""
_POLICY = (
    ("Appointments", "An appointment is yours alone. If you cannot come, tell us at least 24 hours before; otherwise "
                     "the fee that was agreed for missed appointments is charged."),
    ("Fees", "Fees are agreed before we begin and told in writing. A change is told at least 60 days before."),
    ("Between appointments", "Write to us in the portal; we answer within two working days. The practice is not an "
                             "emergency service. In a crisis call or text 988, or call 911."),
)


def begin(diary: Diary, house: House, story: Story, today: date) -> None:
    """Written half a year ago, given to two people yesterday; the envelope came back three days ago."""
    diary.note(moment(today - timedelta(weeks=26), time(11), ZONE), partial(_write, house))
    diary.note(moment(today - timedelta(days=1), time(15, 25), ZONE), partial(_give, house, story))
    diary.note(moment(today - timedelta(days=3), time(16, 10), ZONE), partial(_go_astray, house))


def _write(house: House, session: Session) -> None:
    owner = house.actors[OWNER]
    add_form(session, owner, AddForm(
        name=NOTICE, purpose=FormPurpose.PRACTICE_DOCUMENT,
        content=library.document(NOTICE, DocumentTask.ACKNOWLEDGE, text=_NOTICE)))
    add_form(session, owner, AddForm(
        name=POLICY, purpose=FormPurpose.PRACTICE_DOCUMENT, content=library.document(POLICY, DocumentTask.SIGN),
        pdfs=(SentPdf(key=library.DOCUMENT, file_name="Office and fee policy.pdf", content=_pdf(clock.today(ZONE))),)))
    session.flush()


def _pdf(day: date) -> bytes:
    """The policy on the practice's paper."""
    last, credentials = STAFF[OWNER][:2]
    return paint_note(SignedPage(
        title=POLICY, dated=day, subject="For everybody who comes to us",
        practice=Letterhead(name=PRACTICE, address=ADDRESS, phone="(631) 555-0199"), zone=ZONE,
        sections=tuple(Passage(label=label, text=text) for label, text in _POLICY),
        signatures=(Signature(name=f"{OWNER} {last}, {credentials}", at=datetime.combine(day, time(14), UTC)),),
    ))


def _give(house: House, story: Story, session: Session) -> None:
    made = tuple(one.id for one in forms.templates(session) if one.name in (NOTICE, POLICY))
    for name in READERS:
        person_id = story.person_ids.get(name)
        case = next(iter(cases.cases_of(session, person_id)), None) if person_id is not None else None
        if person_id is not None and case is not None and made:
            assign_forms(session, house.actors[ADMIN], AssignForms(
                case_id=case.id, template_ids=made, person_ids=(person_id,),
                due_on=clock.today(ZONE) + timedelta(days=7)))
            session.flush()


def _go_astray(house: House, session: Session) -> None:
    report_wrong_recipient(session, house.actors[ADMIN], ReportWrongRecipient(
        channel=BreachChannel.PAPER, what="A statement of one month with a name, an address and three dates; the "
        "envelope went to the house beside.", meant_for="a client in Mill Street",
        went_to="the neighbor, who brought the envelope back", noticed_on=clock.today(ZONE),
        noticed_by=f"{ADMIN} {STAFF[ADMIN][0]}"))
