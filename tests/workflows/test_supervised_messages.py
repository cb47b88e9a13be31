"""Supervision that includes messages: what a supervisor reads, from when on, and that they do nothing (TRUST 3.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.staff import Supervision
from practicerunner.vocabulary import Action, CaseStatus, CaseType, Resource, Role, ThreadClass
from practicerunner.workflows.access import may
from practicerunner.workflows.assignments import EndSupervision, end_supervision
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.message_pages import (
    ConversationPage,
    conversation,
    conversations,
    conversations_of_case,
    fetch_attachment,
)
from practicerunner.workflows.messages import (
    ArchiveThread,
    SendMessage,
    StartThread,
    ToPerson,
    archive_thread,
    send_message,
    start_thread,
)
from practicerunner.workflows.own_records import SetOwnRecord, set_own_record
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.sent_files import SentFile
from practicerunner.workflows.thread_views import FileLine
from tests.cast import Cast, at, people_of
from tests.workflows.supervising import assign, change

NOW = "2026-11-05 10:00"


@dataclass
class Team:
    """Priya, whom Ruth supervises, writes with a couple and with Mira; Marcus, whom nobody supervises, with Omar."""

    cast: Cast
    cases: dict[str, int] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, case: str, *to: str, by: str = "Priya", kind: ThreadClass = ThreadClass.CLINICAL,
              **more: Any) -> None:
        people = people_of(self.cast, self.cases[case])
        (self.threads[name],) = self.cast.do(by, start_thread, StartThread(
            case_id=self.cases[case], thread_class=kind, subject=name, text=f"about {name}",
            people=tuple(ToPerson(person_id=people[one]) for one in to), **more))

    def include(self, on: bool = True) -> None:
        """The practice's switch."""
        known = self.cast.read("Dana", practice_settings)
        self.cast.do("Dana", change_practice, ChangePractice(**{
            name: getattr(known, name) for name in ChangePractice.model_fields if name != "op"
        } | {"supervision_includes_messages": on}))

    def shelf(self, who: str = "Ruth") -> set[str]:
        """What lies on the shelf of a supervisor, and that the number on it is right."""
        found = self.cast.read(who, conversations, "supervised")
        assert found.total == len(found.rows) == (found.supervised or 0)
        assert all(row.is_supervised and not row.unread for row in found.rows)
        return {row.subject for row in found.rows}

    def opens(self, name: str, who: str = "Ruth") -> ConversationPage:
        """Reading is logged, so it is a transaction."""
        actor = self.cast.actor(who)
        with database.transaction(self.cast.engine) as session:
            return conversation(session, actor, self.threads[name])

    def reads(self, who: str = "Ruth") -> set[str]:
        """What can be opened, thread by thread."""
        found = set()
        for name in self.threads:
            try:
                self.opens(name, who)
            except NotFound:
                continue
            found.add(name)
        return found


@pytest.fixture
def team(cast: Cast, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    made = Team(cast)
    with at(NOW):
        made.cases["Morgan"] = cast.open_case(CaseType.TWO_PERSON, "Lena Morgan", "Jon Morgan", provider="Priya")
        made.cases["Mira"] = cast.open_case(CaseType.INDIVIDUAL, "Mira Sol", provider="Priya")
        made.cases["Omar"] = cast.open_case(CaseType.INDIVIDUAL, "Omar Reyes")
        made.start("both", "Morgan", "Lena", "Jon")
        made.start("Lena alone", "Morgan", "Lena")
        made.start("bills", "Morgan", "Lena", "Jon", kind=ThreadClass.ADMIN)
        made.start("Mira", "Mira", "Mira")
        made.start("Omar", "Omar", "Omar", by="Marcus")
        yield made


READ = {"both", "Mira"}


def test_a_supervisor_reads_clinical_conversations_of_supervisees_once_the_practice_says_so(team: Team) -> None:
    assert team.cast.read("Ruth", conversations, "all").supervised is None
    assert team.shelf() == team.reads() == set()
    team.include()
    assert team.shelf() == team.reads() == READ  # nothing administrative, nothing of Marcus', nobody's apart
    assert team.cast.read("Ruth", conversations, "all").rows == ()
    assert team.cast.read("Ruth", conversations, "all").shelves.unread == 0
    assert {row.subject for row in team.cast.read("Ruth", conversations_of_case, team.cases["Morgan"])} == {"both"}
    for name in ("Marcus", "Priya", "Dana"):
        assert team.cast.read(name, conversations, "all").supervised is None
        assert team.shelf(name) == set()
    assert {row.subject for row in team.cast.read("Ruth", conversations, "supervised", search="mira").rows} == {"Mira"}
    team.include(on=False)
    assert team.shelf() == team.reads() == set()


def test_who_only_supervises_reads_and_does_nothing_else_and_each_reading_is_logged(team: Team) -> None:
    change(team.cast, "Ruth", roles=frozenset({Role.SUPERVISOR}))
    with pytest.raises(NotPermitted):
        team.cast.read("Ruth", conversations, "all")
    team.include()
    assert team.shelf() == team.reads() == READ
    page = team.opens("both")
    assert page.line.is_supervised and not page.may_write and not page.has_new and [
        one.text for one in page.entries] == ["about both"]
    assert not may(team.cast.actor("Ruth"), Action.READ, Resource.MESSAGES_ADMIN)
    for verb, asked in (
        (send_message, SendMessage(thread_id=team.threads["both"], text="As a supervisor")),
        (archive_thread, ArchiveThread(thread_id=team.threads["both"], revision=page.revision)),
    ):
        with pytest.raises(NotPermitted):
            team.cast.do("Ruth", verb, asked)
    with database.reading(team.cast.engine) as session:
        logged = session.scalars(select(AuditRow).where(
            AuditRow.staff_id == team.cast.staff["Ruth"], AuditRow.action == "open_thread",
            AuditRow.resource_id == team.threads["both"])).all()
    assert [(row.role, row.resource, row.case_id) for row in logged] == [
        (Role.SUPERVISOR, Resource.MESSAGES_CLINICAL, team.cases["Morgan"])]


def test_who_also_treats_writes_in_none_of_them(team: Team) -> None:
    team.include()
    page = team.opens("both")
    for verb, asked in (
        (send_message, SendMessage(thread_id=team.threads["both"], text="As a colleague")),
        (archive_thread, ArchiveThread(thread_id=team.threads["both"], revision=page.revision)),
    ):
        with pytest.raises(NotFound):
            team.cast.do("Ruth", verb, asked)


def test_files_open_with_what_they_came_with_and_not_otherwise(team: Team) -> None:
    files: dict[str, FileLine] = {}
    for name, people in (("scan", ("Lena", "Jon")), ("own scan", ("Lena",))):
        team.start(name, "Morgan", *people, files=(SentFile(file_name="scan.txt", content=b"scanned"),))
        (files[name],) = team.opens(name, "Priya").entries[0].files

    def fetch(name: str) -> bytes:
        actor = team.cast.actor("Ruth")
        with database.transaction(team.cast.engine) as session:
            return fetch_attachment(session, actor, files[name].attachment_id)[2]

    with pytest.raises(NotFound):
        fetch("scan")
    team.include()
    assert fetch("scan")
    with pytest.raises(NotFound):
        fetch("own scan")


def test_it_ends_with_the_supervision_and_begins_with_it(team: Team) -> None:
    team.include()
    with database.reading(team.cast.engine) as session:
        kept = session.scalars(select(Supervision.id).where(Supervision.ends_on.is_(None))).one()
    team.cast.do("Dana", end_supervision, EndSupervision(supervision_id=kept))
    assert team.shelf() == team.reads() == set()
    with at("2026-11-20 09:00"):
        assign(team.cast, "Priya", "Ruth", "2026-11-20")
        assert team.shelf() == team.reads() == set()  # all of it was written before
        team.cast.do("Priya", send_message, SendMessage(thread_id=team.threads["both"], text="Since then."))
        assert team.shelf() == team.reads() == {"both"}
        assert [one.text for one in team.opens("both").entries] == ["Since then."]


def test_the_supervisor_whom_a_case_names_reads_from_then_on_and_while_it_names_them(team: Team) -> None:
    def name(case: str, provider: str, supervisor: str | None, revision: int = 1) -> None:
        team.cast.do("Dana", change_case, ChangeCase(
            case_id=team.cases[case], revision=revision, name="", status=CaseStatus.INTAKE_PENDING,
            provider_id=team.cast.staff[provider],
            supervisor_id=None if supervisor is None else team.cast.staff[supervisor]))

    team.include()
    with at("2026-11-20 09:00"):
        name("Omar", "Marcus", "Ruth")
        name("Mira", "Priya", "Ruth")
        assert team.shelf() == team.reads() == READ, "what was written before stays closed, as nobody supervised"
    with at("2026-11-21 09:00"):
        team.cast.do("Marcus", send_message, SendMessage(thread_id=team.threads["Omar"], text="Since then."))
        assert team.shelf() == team.reads() == READ | {"Omar"}
        assert [one.text for one in team.opens("Omar").entries] == ["Since then."]
        assert [one.text for one in team.opens("Mira").entries] == ["about Mira"], "she supervises Priya all the same"
        with database.reading(team.cast.engine) as session:
            kept = session.scalars(select(Supervision.id).where(Supervision.ends_on.is_(None))).one()
        team.cast.do("Dana", end_supervision, EndSupervision(supervision_id=kept))
    with at("2026-11-22 09:00"):
        assert team.shelf() == team.reads() == {"Omar"}
        name("Omar", "Marcus", None, revision=2)
        assert team.shelf() == team.reads() == set()


def test_an_archived_conversation_is_closed_to_a_supervisor_until_somebody_writes_in_it(team: Team) -> None:
    team.include()
    team.cast.do("Priya", archive_thread, ArchiveThread(
        thread_id=team.threads["both"], revision=team.opens("both", "Priya").revision))
    assert team.shelf() == team.reads() == {"Mira"}
    team.cast.do("Priya", send_message, SendMessage(thread_id=team.threads["both"], text="Once more."))
    assert team.shelf() == team.reads() == READ


def test_a_supervisor_with_a_part_in_it_reads_it_as_theirs_and_never_what_is_their_own(team: Team) -> None:
    team.include()
    team.start("with Ruth", "Mira", "Mira", staff_ids=(team.cast.staff["Ruth"],))
    assert team.shelf() == READ and team.opens("with Ruth").may_write
    assert {row.subject for row in team.cast.read("Ruth", conversations, "all").rows} == {"with Ruth"}
    mira = people_of(team.cast, team.cases["Mira"])["Mira"]
    team.cast.do("Dana", set_own_record, SetOwnRecord(
        staff_id=team.cast.staff["Ruth"], revision=1, person_id=mira))
    assert team.shelf() == {"both"}
    with pytest.raises(NotPermitted, match="about yourself as a client"):
        team.opens("Mira")
