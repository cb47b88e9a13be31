"""Calendar feeds by their address alone: one answer to every address that is of no use, and no secret in any log."""

import io
import logging
from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import Engine, event, text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from practicerunner import clock, database, ids
from practicerunner.records.scheduling import Appointment
from practicerunner.server import doors, faults
from practicerunner.server.gate import Gate
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType
from practicerunner.workflows import throttle
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.feeds import MakeFeed, RevokeFeed, make_feed, own_feeds, revoke_feed
from practicerunner.workflows.scheduling import Cancel, cancel
from tests.cast import Cast, bring_on, moment, people_of
from tests.server.conftest import HOME

NO_SUCH = (404, "There is no such calendar.")


@pytest.fixture
def linden(sqlite_engine: Engine) -> Iterator[Cast]:
    cast = bring_on(sqlite_engine)
    with clock.frozen(moment("2026-09-01 09:00")):
        yield cast


@pytest.fixture
def appointment(linden: Cast) -> int:
    case_id = linden.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    return linden.do("Marcus", book, Book(
        case_id=case_id, service_id=linden.services["IND50"], local_date=date(2026, 9, 8), local_time=time(10),
        location_id=linden.office))


@pytest.fixture
def path(linden: Cast, appointment: int) -> str:
    """The address of Marcus's feed."""
    asked = MakeFeed()
    linden.do("Marcus", make_feed, asked)
    return f"/feeds/{asked.secret.get_secret_value()}.ics"


def failures() -> int:
    with database.reading() as session:
        return session.execute(text("select count(*) from failed_sign_in")).scalar_one()


@pytest.mark.parametrize("accept", ["text/html", "text/calendar", "*/*"])
def test_the_address_alone_opens_the_feed(web: TestClient, path: str, accept: str) -> None:
    answer = web.get(path, headers={"accept": accept})
    assert answer.status_code == 200 and answer.content.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert b"SUMMARY:NL\r\n" in answer.content
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="Marcus Bell_ Linden Street Practice.ics"')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


def test_what_is_known_already_is_not_sent_again(
    web: TestClient, linden: Cast, path: str, appointment: int
) -> None:
    first = web.get(path)
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = web.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert web.get(path, headers={"if-none-match": '"other"'}).content == first.content
    linden.do("Marcus", cancel, Cancel(appointment_id=appointment, by="client"))
    changed = web.get(path, headers={"if-none-match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag
    assert b"STATUS:CANCELLED" in changed.content


def test_a_program_may_ask_for_the_head_alone(web: TestClient, path: str) -> None:
    whole, head = web.get(path), web.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)
    wrong = web.head("/feeds/guess.ics")
    assert (wrong.status_code, wrong.content) == (404, b"")
    assert web.post(path).status_code == 405


def wrong_addresses(path: str) -> list[str]:
    secret = path.removeprefix("/feeds/").removesuffix(".ics")
    return [
        f"/feeds/{ids.new_token()}.ics", f"/feeds/{secret}", f"/feeds/{secret}.ICS", f"/feeds/{secret}.ics/",
        f"/feeds/{secret[:-1]}.ics", f"/feeds/{secret}x.ics", f"/feeds/{secret.swapcase()}.ics", "/feeds/",
        "/feeds/.ics", "/feeds/a/b.ics", f"/feeds/{'a' * 5000}.ics", "/feeds/%00.ics", "/feeds/%F0%9F%98%80.ics",
        "/feeds/%ED%A0%80.ics", "/feeds/' or 1=1--.ics", f"/feeds/{secret}.ics.ics",
    ]


def test_every_other_address_gets_one_answer_and_is_counted(web: TestClient, linden: Cast, path: str) -> None:
    view, = linden.read("Marcus", own_feeds)
    addresses = wrong_addresses(path)
    for number, address in enumerate(addresses, start=1):
        for accept in ("text/html", "text/calendar"):
            answer = web.get(address, headers={"accept": accept})
            assert (answer.status_code, answer.text) == NO_SUCH, address
            assert "etag" not in answer.headers and answer.headers["cache-control"] == "no-store"
        assert failures() == 2 * number
    linden.do("Marcus", revoke_feed, RevokeFeed(feed_id=view.feed_id))
    answer = web.get(path)
    assert (answer.status_code, answer.text) == NO_SUCH


def test_a_revoked_a_guessed_and_a_broken_address_make_the_same_work(
    web: TestClient, linden: Cast, path: str, sqlite_engine: Engine
) -> None:
    statements: list[str] = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    view, = linden.read("Marcus", own_feeds)
    linden.do("Marcus", revoke_feed, RevokeFeed(feed_id=view.feed_id))
    work = []
    for address in (path, f"/feeds/{ids.new_token()}.ics", "/feeds/broken"):
        statements.clear()
        assert web.get(address).status_code == 404
        work.append(list(statements))
    assert work[0] == work[1] == work[2]


@pytest.fixture
def noras(linden: Cast, appointment: int) -> str:
    """The address of a client's feed, as staff made it."""
    with database.reading() as session:
        case_id = session.get_one(Appointment, appointment).case_id
    asked = MakeFeed(case_id=case_id, person_id=people_of(linden, case_id)["Nora"])
    linden.do("Marcus", make_feed, asked)
    return f"/feeds/{asked.secret.get_secret_value()}.ics"


def test_a_server_answers_the_feeds_of_the_side_that_it_serves_and_no_others(
    path: str, noras: str, sqlite_engine: Engine
) -> None:
    statements: list[str] = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    for side, answered, refused in (("staff", path, noras), ("portal", noras, path)):
        settings().serves = side
        app = Starlette(routes=doors.routes(), middleware=[Middleware(Gate)])
        with TestClient(app, base_url=HOME) as web:
            answer = web.get(answered)
            assert answer.status_code == 200 and b"BEGIN:VEVENT" in answer.content, side
            counted, work = failures(), []
            for address in (refused, f"/feeds/{ids.new_token()}.ics"):
                statements.clear()
                answer = web.get(address)
                assert (answer.status_code, answer.text) == NO_SUCH, side
                work.append(list(statements))
            assert work[0] == work[1] and failures() == counted + 2, "as any address that was guessed"
    settings().serves = "both"
    with TestClient(Starlette(routes=doors.routes(), middleware=[Middleware(Gate)]), base_url=HOME) as web:
        assert web.get(path).status_code == web.get(noras).status_code == 200


def test_whoever_guesses_too_often_is_kept_out_for_a_while_and_may_still_sign_in(
    web: TestClient, linden: Cast, path: str
) -> None:
    for _ in range(throttle.ADDRESS_FAILURES):
        assert web.get("/feeds/guess.ics").status_code == 404
    for address in (path, "/feeds/guess.ics"):
        answer = web.get(address)
        assert (answer.status_code, answer.text) == (429, throttle.TOO_MANY)
    assert failures() == throttle.ADDRESS_FAILURES
    with database.reading() as session:
        assert not throttle.is_throttled_address(session, "testclient")
    with clock.frozen(moment("2026-09-01 09:15:01")):
        assert web.get(path).status_code == 200


def test_good_readers_are_never_counted(web: TestClient, linden: Cast, path: str) -> None:
    for _ in range(3):
        assert web.get(path).status_code == 200
    assert failures() == 0
    view, = linden.read("Marcus", own_feeds)
    assert view.last_read_at == moment("2026-09-01 09:00")
    with clock.frozen(moment("2026-09-01 10:30")):
        web.head(path)
    assert linden.read("Marcus", own_feeds)[0].last_read_at == moment("2026-09-01 10:30")


def test_before_there_is_a_practice_there_is_no_feed(web: TestClient) -> None:
    answer = web.get(f"/feeds/{ids.new_token()}.ics")
    assert (answer.status_code, answer.text) == NO_SUCH


def test_the_secret_reaches_no_log(web: TestClient, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither ours while serving, nor the list of requests of a server that is started with one."""
    with caplog.at_level(logging.DEBUG):
        web.get(path)
        web.get(path.replace(".ics", ""))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    secret = path.removeprefix("/feeds/").removesuffix(".ics")
    assert secret not in "\n".join(ours)

    faults.keep_text_out_of_logs()
    faults.keep_text_out_of_logs()
    from uvicorn.logging import AccessFormatter
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(AccessFormatter('%(client_addr)s - "%(request_line)s" %(status_code)s', use_colors=False))
    log = logging.getLogger("uvicorn.access")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    for address in (path, "/auth/invitation/abc_DEF-123", "/case?case=1"):
        log.info('%s - "%s %s HTTP/%s" %d', "10.0.0.1:1", "GET", address, "1.1", 200)
    log.removeHandler(handler)
    lines = written.getvalue().splitlines()
    assert [line.split('"')[1] for line in lines] == [
        "GET /feeds/… HTTP/1.1", "GET /auth/invitation/… HTTP/1.1", "GET /case?case=1 HTTP/1.1"]
    assert len(log.filters) == 1
