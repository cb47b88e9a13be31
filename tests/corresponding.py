"""The Morgans, who write to Marcus: a couple, their helpers and a bookkeeper, brought on through workflows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from practicerunner import database
from practicerunner.records.outbox import OutboxMessage
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import AccessScope, ActingKind, CaseType, MessageKind, ThreadClass, Verdict
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, add_acting
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.message_pages import ConversationPage, conversation, conversations, conversations_of_case
from practicerunner.workflows.messages import SendMessage, StartThread, ToPerson, send_message, start_thread
from practicerunner.workflows.people import AddPerson, add_person
from practicerunner.workflows.portal_messages import (
    AnswerMessage,
    PortalConversation,
    PortalThreads,
    answer_message,
    my_conversation,
    my_threads,
)
from tests.cast import LABEL, Cast, at, people_of
from tests.portal import details

NOW = "2026-11-02 09:00"
FIRST = date(2026, 11, 1)


@dataclass
class Morgans:
    """Aisha and Ben, a couple of Marcus; Nina, Ben's assistant; Paul, his bookkeeper; Omar, a decoy of Olga."""

    cast: Cast
    case_id: int
    people: dict[str, int] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)
    decoy: int = 0

    def actor(self, name: str) -> PortalActor:
        """Somebody as they come to the portal: Nina and Paul for Ben, everybody else for themselves."""
        if name in self.acts:
            return PortalActor(self.people[name], name, PortalRole.HELPER, self.people["Ben"])
        return PortalActor(self.people[name], name)

    def act(self, name: str, verb: Any, asked: Any) -> Any:
        """Somebody outside the practice carries out a command."""
        with database.transaction(self.cast.engine) as session:
            return verb(session, self.actor(name), asked)

    def ask(self, name: str, reader: Any, *args: Any) -> Any:
        """Somebody outside the practice reads."""
        with database.transaction(self.cast.engine) as session:
            return reader(session, self.actor(name), *args)

    def grant(self, name: str, scope: AccessScope, verdict: Verdict = Verdict.GRANTED, **more: Any) -> int:
        """Decide about one scope of Nina or Paul."""
        asked = {"starts_on": FIRST, "reason": "as Ben wishes"} | more
        return int(self.cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=self.acts[name], scope=scope, verdict=verdict, **asked)))

    def start(self, to: Sequence[str], text: str = "Hello.", *, by: str = "Marcus",
              thread_class: ThreadClass = ThreadClass.ADMIN, subject: str = "Times", **more: Any) -> int:
        """Staff begin a thread."""
        people = tuple(ToPerson(
            person_id=self.people[one], for_id=self.people["Ben"] if one in self.acts else None) for one in to)
        return int(self.cast.do(by, start_thread, StartThread(
            case_id=self.case_id, thread_class=thread_class, subject=subject, people=people, text=text, **more))[0])

    def write(self, who: str, thread_id: int, text: str, **more: Any) -> int:
        """Somebody writes, on whichever side they are."""
        if who in self.people:
            return int(self.act(who, answer_message, AnswerMessage(thread_id=thread_id, text=text, **more)))
        return int(self.cast.do(who, send_message, SendMessage(thread_id=thread_id, text=text, **more)))

    def threads(self, name: str) -> PortalThreads:
        found: PortalThreads = self.ask(name, my_threads)
        return found

    def opened(self, name: str, thread_id: int) -> PortalConversation:
        found: PortalConversation = self.ask(name, my_conversation, thread_id)
        return found

    def read(self, name: str, thread_id: int) -> ConversationPage:
        """A thread as a member of staff sees it."""
        actor = self.cast.actor(name)
        with database.transaction(self.cast.engine) as session:
            return conversation(session, actor, thread_id)

    def listed(self, name: str, shelf: str = "all", **more: Any) -> list[int]:
        return [row.thread_id for row in self.cast.read(name, conversations, shelf, **more).rows]

    def of_case(self, name: str) -> list[int]:
        return [row.thread_id for row in self.cast.read(name, conversations_of_case, self.case_id)]

    def notices(self) -> list[tuple[str, str]]:
        """To whom a message was announced, and all that the e-mail says."""
        names = {person_id: name for name, person_id in self.people.items()}
        with database.reading(self.cast.engine) as session:
            return [
                (names[one.person_id or 0], f"{one.subject}\n{one.body}")
                for one in session.query(OutboxMessage).where(OutboxMessage.kind == MessageKind.MESSAGE_WAITING)
                .order_by(OutboxMessage.id)
            ]


def texts(entries: Any) -> list[str]:
    """What was written, without who came and went."""
    return [entry.text for entry in entries.entries if entry.number]


def morgans(cast: Cast) -> Morgans:
    """Bring them on, at ``NOW``."""
    with at(NOW):
        case_id = cast.do("Dana", open_case, OpenCase(
            type=CaseType.TWO_PERSON, label=LABEL, provider_id=cast.staff["Marcus"], participants=(
                Taking(person=details("Aisha", "Morgan", "aisha@example.org")),
                Taking(person=details("Ben", "Morgan", "ben@example.org")))))
        made = Morgans(cast, case_id, people_of(cast, case_id))
        for first, last, kind in (("Nina", "Cole", ActingKind.PERSONAL_ASSISTANT),
                                  ("Paul", "Reed", ActingKind.OTHER_HELPER)):
            made.people[first] = cast.do("Dana", add_person, AddPerson(
                person=details(first, last, f"{first.lower()}@example.org")))
            made.acts[first] = cast.do("Dana", add_acting, AddActing(
                client_id=made.people["Ben"], person_id=made.people[first], kind=kind, starts_on=FIRST))
        made.grant("Nina", AccessScope.SCHEDULING)
        made.grant("Paul", AccessScope.BILLING)
        made.decoy = cast.open_case(CaseType.INDIVIDUAL, "Omar Reyes", provider="Olga")
        made.people["Omar"] = people_of(cast, made.decoy)["Omar"]
    return made
