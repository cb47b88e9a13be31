"""Files that came with messages leave through either door: to whom they belong, and nothing to anybody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from practicerunner import clock, database
from practicerunner.records.messages import MessageAttachment
from practicerunner.records.portal import PortalAccount
from practicerunner.settings import settings
from practicerunner.vocabulary import AccessScope, ThreadClass
from practicerunner.workflows import invitations, sign_in, staff
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.portal_messages import AddHelper, add_helper
from practicerunner.workflows.portal_presence import open_portal_sign_in
from practicerunner.workflows.sent_files import SentFile
from tests.cast import bring_on, moment
from tests.corresponding import Morgans, morgans

PASSWORD = "four quiet words here"


@pytest.fixture
def two(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Morgans]:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    made = morgans(bring_on(sqlite_engine))
    with database.transaction() as session:
        session.execute(text("update practice set totp_required = false"))
    with clock.frozen(moment("2026-11-05 10:00")):
        yield made


def cookie(two: Morgans, name: str) -> dict[str, str]:
    """Sign somebody in at their own door."""
    with database.transaction() as session:
        if name not in two.people:
            person = session.get_one(staff.Staff, two.cast.staff[name])
            invitations.set_password(session, person, PASSWORD)
            return {"cookie": f"pr_session={sign_in.sign_in(session, person.email, PASSWORD).token}"}
        account = PortalAccount(
            person_id=two.people[name], email=f"{name.lower()}@example.org", password_hash="none")
        session.add(account)
        session.flush()
        return {"cookie": f"pr_portal={open_portal_sign_in(session, account, 'a test')}"}


def attached(two: Morgans, thread: int, by: str, content: bytes) -> int:
    two.write(by, thread, "See this.", files=(SentFile(file_name="Brief für Ben.txt", content=content),))
    with database.reading() as session:
        return max(one.id for one in session.query(MessageAttachment))


def test_each_door_hands_out_what_its_reader_sees(two: Morgans, web: TestClient) -> None:
    granted = two.grant("Nina", AccessScope.MESSAGES)
    both = two.start(["Aisha", "Ben"])
    own = two.start(["Aisha"], thread_class=ThreadClass.CLINICAL)
    before, secret = attached(two, both, "Ben", b"Before."), attached(two, own, "Aisha", b"Heron.")
    two.act("Ben", add_helper, AddHelper(thread_id=both, person_id=two.people["Nina"]))
    after = attached(two, both, "Marcus", b"After.")
    cookies = {name: cookie(two, name) for name in ("Aisha", "Ben", "Nina", "Omar", "Marcus", "Tom", "Olga")}

    def asked(name: str, attachment_id: int) -> tuple[int, bytes]:
        door = "/portal/files" if name in two.people else "/files"
        answer = web.get(f"{door}/message/{attachment_id}", headers=cookies[name])
        return answer.status_code, answer.content if answer.status_code == 200 else b""

    for name, seen in (
        ("Aisha", (before, secret, after)), ("Ben", (before, after)), ("Nina", (after,)), ("Omar", ()),
        ("Marcus", (before, secret, after)), ("Tom", (before, after)), ("Olga", ()),
    ):
        for attachment_id, content in ((before, b"Before."), (secret, b"Heron."), (after, b"After.")):
            expected = (200, content) if attachment_id in seen else (404, b"")
            assert asked(name, attachment_id) == expected, (name, content)
    answer = web.get(f"/portal/files/message/{before}", headers=cookies["Ben"])
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''Brief%20f%C3%BCr%20Ben.txt")
    assert "no-store" in answer.headers["cache-control"]
    two.cast.do("Dana", end_decision, EndDecision(decision_id=granted))
    assert asked("Nina", after)[0] == 403, "revoked, at the next click"


def test_neither_door_opens_the_other_and_nothing_opens_without_a_sign_in(two: Morgans, web: TestClient) -> None:
    thread = two.start(["Ben"])
    kept = attached(two, thread, "Ben", b"Of Ben.")
    ben, tom = cookie(two, "Ben"), cookie(two, "Tom")
    for path, headers in ((f"/files/message/{kept}", ben), (f"/portal/files/message/{kept}", tom)):
        assert web.get(path, headers=headers).status_code in (303, 401, 404)
        assert web.get(path).status_code in (303, 401)
    for path in ("/portal/files/message/1", f"/portal/files/message/{2**63}"):
        assert web.get(path, headers=ben).status_code == 404
