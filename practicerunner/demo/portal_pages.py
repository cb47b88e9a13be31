"""What clients of Harbor Lane Practice find in the portal: papers to sign, a document and a plan that were shared."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.demo.story import Story
from practicerunner.records import cases, documents, forms, plans
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import DocumentClass
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.portal_documents import ShareDocument, share_document
from practicerunner.workflows.portal_papers import SharePaper, paper_sharing, share_paper

TO_SIGN = ("Oliver|Strand", "Noor|Haddad")
FORM = "telehealth"
DUE = timedelta(days=5)


def begin(diary: Diary, house: House, story: Story, today: date) -> None:
    """Yesterday afternoon, when those who have accounts had them."""
    diary.note(moment(today - timedelta(days=1), time(15, 10), ZONE), partial(_give, house, story))


def _give(house: House, story: Story, session: Session) -> None:
    """A consent to sign anew, whatever administrative document is about them, and their plan."""
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
            _share_plan(house, session, case.id, person_id)
            break


def _share_plan(house: House, session: Session, case_id: int, person_id: int) -> None:
    """The plan in force, by whoever wrote it."""
    for note in plans.in_force(session, case_id):
        author = next((one for one in house.actors.values() if one.staff_id == note.author_id), None)
        found = paper_sharing(session, author, note.id) if author is not None else None
        if author is not None and found is not None and person_id in found.people:
            share_paper(session, author, SharePaper(note_id=note.id, person_ids=(person_id,)))
            session.flush()
