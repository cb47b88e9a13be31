"""What people of Harbor Lane Practice and their clients wrote to each other lately; all of it invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner.demo.caseload import Plan
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.records.messages import MessageThread
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.messages import (
    ArchiveThread,
    StartThread,
    ToPerson,
    archive_thread,
    start_thread,
)
from practicerunner.workflows.portal_messages import AnswerMessage, AskPractice, answer_message, ask_practice

COUPLE = ("Elena|Bianchetti", "Marco|Bianchetti")
ASKS = ("Noor|Haddad",)
SETTLED = ("Zofia|Lisowska",)


@dataclass
class Correspondence:
    """A couple's thread, one partner's own, a question for the office that waits, and one that is settled."""

    diary: Diary
    house: House
    today: date
    threads: dict[str, int] = field(default_factory=dict)

    def begin(self, plan: Plan, case_id: int, person_ids: Mapping[str, int]) -> None:
        """Write into the diary what is written in this case."""
        if plan.people == COUPLE:
            both = tuple(ToPerson(person_id=person_ids[one]) for one in COUPLE)
            self._start(6, 18, plan.provider, "both", StartThread(
                case_id=case_id, thread_class=ThreadClass.CLINICAL, subject="Until next time", people=both,
                text="As agreed: twenty minutes each evening without phones, and each of you notes one thing that went "
                     "well. No need to send it to me; bring it along."))
            self._answer(5, 21, person_ids[COUPLE[0]], "both", "We did it on two evenings. The second was easier.")
            self._answer(4, 7, person_ids[COUPLE[1]], "both", "Three, if Sunday counts.")
            self._ask(3, 22, person_ids[COUPLE[1]], AskPractice(
                case_id=case_id, thread_class=ThreadClass.CLINICAL, subject="Before we meet",
                text="There is something that I would like to say first without Elena. Could we find ten minutes?"))
        if plan.people == ASKS:
            self._ask(1, 12, person_ids[ASKS[0]], AskPractice(
                case_id=case_id, thread_class=ThreadClass.ADMIN, subject="Paper for my insurance",
                text="My insurance asks for the papers of the last two months. Where do I find them?"))
        if plan.people == SETTLED:
            self._start(20, 10, ADMIN, "settled", StartThread(
                case_id=case_id, thread_class=ThreadClass.ADMIN, subject="New video link", text="The link for your "
                "appointments changes on Monday. You find it in the next reminder.",
                people=(ToPerson(person_id=person_ids[SETTLED[0]]),)))
            self._answer(19, 13, person_ids[SETTLED[0]], "settled", "Thank you, it works.")
            self.diary.note(self._at(19, 15), self._archive)

    def _at(self, days: int, hour: int) -> datetime:
        return moment(self.today - timedelta(days=days), time(hour, 20), ZONE)

    def _start(self, days: int, hour: int, who: str, key: str, asked: StartThread) -> None:
        self.diary.note(self._at(days, hour), partial(self._begin, who, key, asked))

    def _begin(self, who: str, key: str, asked: StartThread, session: Session) -> None:
        self.threads[key] = start_thread(session, self.house.actors[who], asked)[0]
        session.flush()

    def _answer(self, days: int, hour: int, person_id: int, key: str, text: str) -> None:
        self.diary.note(self._at(days, hour), partial(self._write, person_id, key, text))

    def _write(self, person_id: int, key: str, text: str, session: Session) -> None:
        answer_message(session, PortalActor(person_id, ""), AnswerMessage(thread_id=self.threads[key], text=text))
        session.flush()

    def _ask(self, days: int, hour: int, person_id: int, asked: AskPractice) -> None:
        self.diary.note(self._at(days, hour), lambda session: ask_practice(session, PortalActor(person_id, ""), asked))

    def _archive(self, session: Session) -> None:
        thread = session.get_one(MessageThread, self.threads["settled"])
        archive_thread(session, self.house.actors[ADMIN], ArchiveThread(
            thread_id=thread.id, revision=thread.revision))
