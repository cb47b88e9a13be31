"""Documents of the demo practice: letters that came from elsewhere, and what was handed round before a meeting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner.demo.caseload import Plan
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.documents.note import Passage, Signature, SignedPage, paint_note
from practicerunner.documents.paper import Letterhead
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import DocumentClass
from practicerunner.workflows.documents import UploadDocument, upload_document

REFERRED = "Noor|Haddad"
"""Who came with a letter of her doctor."""
_DOCTOR = Letterhead(
    name="Millbrook Family Medicine", address="9 Orchard Hill Road\nAlbany, NY 12208", phone="(518) 555-0164")
_LETTER = (
    "Thank you for seeing my patient. She has slept badly for about four months and has stopped going to her choir. "
    "Blood tests of last month, thyroid included, were normal. She takes no medication.\n\n"
    "I would be glad to hear from you after your first appointments; she has agreed to that."
)
_AGREED = "Haddad, Noor: agrees that we fax a short report to Millbrook Family Medicine, (518) 555-0165.\n"
_AGENDA = "1. How the last question was taken up\n2. New question, 20 minutes each\n3. What we read until next time\n"


@dataclass
class Letters:
    """What is uploaded, by whom and when."""

    diary: Diary
    house: House
    today: date

    def begin(self, plan: Plan, case_id: int, person_ids: Mapping[str, int]) -> None:
        """Write into the diary which documents come to this case."""
        if plan.people == (REFERRED,):
            day, person_id = self.today - timedelta(weeks=20), person_ids[REFERRED]
            self._expect(day, 9, plan.provider, case_id, DocumentClass.CLINICAL, "Letter from Dr. Moreau",
                         "Moreau_letter.pdf", _letter(day), person_id)
            self._expect(day, 11, ADMIN, case_id, DocumentClass.ADMIN, "May be faxed to her doctor",
                         "fax agreement.txt", _AGREED.encode(), person_id)
        able = capabilities(plan.type)
        if able.is_group and not able.clinical_fields:
            self._expect(self.today - timedelta(days=6), 17, plan.provider, case_id, DocumentClass.ADMIN,
                         "Agenda", "agenda.txt", _AGENDA.encode(), None)

    def _expect(
        self, day: date, hour: int, who: str, case_id: int, access_class: DocumentClass, title: str, name: str,
        content: bytes, person_id: int | None,
    ) -> None:
        self.diary.note(moment(day, time(hour, 35), ZONE), partial(self._upload, who, UploadDocument(
            case_id=case_id, file_name=name, content=content, title=title, access_class=access_class,
            person_id=person_id)))

    def _upload(self, who: str, asked: UploadDocument, session: Session) -> None:
        upload_document(session, self.house.actors[who], asked)
        session.flush()


def _letter(day: date) -> bytes:
    """A letter on the paper of a doctor nearby."""
    return paint_note(SignedPage(
        title="Letter", dated=day - timedelta(days=4), subject="Noor Haddad", practice=_DOCTOR, zone=ZONE,
        sections=(Passage(label="Dear colleague", text=_LETTER),),
        signatures=(Signature(name="Ada Moreau, MD", at=datetime.combine(day - timedelta(days=4), time(15), UTC)),),
    ))
