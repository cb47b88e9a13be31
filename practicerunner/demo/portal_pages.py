"""What the clients of Harbor Lane Practice find in the portal: papers to sign, a document that was shared."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.demo.story import Story
from practicerunner.records import cases, documents, forms
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import DocumentClass
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.portal_documents import ShareDocument, share_document

TO_SIGN = ("Oliver|Strand", "Noor|Haddad")
FORM = "telehealth"
DUE = timedelta(days=5)


def begin(diary: Diary, house: House, story: Story, today: date) -> None:
    """Yesterday afternoon, when those who have accounts had them."""
    diary.note(moment(today - timedelta(days=1), time(15, 10), ZONE), partial(_give, house, story))


def _give(house: House, story: Story, session: Session) -> None:
    """A consent to sign anew, and whatever administrative document is about them."""
    desk = house.actors[ADMIN]
    found = next((one for one in forms.templates(session) if one.built_in == FORM), None)
    for name in TO_SIGN:
        person_id = story.person_ids.get(name)
        for case in cases.cases_of(session, person_id) if person_id is not None else ():
            if found is None or person_id is None or found.purpose not in capabilities(case.type).forms:
                continue
            if not forms.open_ones(session, case.id, [person_id], [found.id]):
                assign_forms(session, desk, AssignForms(
                    case_id=case.id, template_ids=(found.id,), person_ids=(person_id,),
                    due_on=clock.today(ZONE) + DUE))
                session.flush()
            for kept in documents.of_case(session, case.id):
                if kept.document.access_class is DocumentClass.ADMIN and kept.document.person_id == person_id:
                    share_document(session, desk, ShareDocument(
                        document_id=kept.document.id, person_ids=(person_id,)))
                    session.flush()
            break
