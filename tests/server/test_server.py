"""The real server in a process of its own: closed without a cookie, open with one, and refusing to start when unfit."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from practicerunner import database
from practicerunner.settings import ROOT, settings
from tests.server.conftest import DANA, PASSWORD

HTML = {"accept": "text/html"}
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(tmp_path: Path, port: int) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings().database_url, "PRACTICE_KEY_FILE": str(settings().key_file), "PORT": str(port),
        "HOST": "127.0.0.1", "PUBLIC_URL": "", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT),
    }


def serve(tmp_path: Path, port: int, command: list[str]) -> Iterator[str]:
    """Run a server until the test is over; its address."""
    log = tmp_path / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command, cwd=tmp_path, env=environment(tmp_path, port), stdout=out, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            assert server.poll() is None, log.read_text()
            try:
                if httpx.get(f"{address}/healthz").text == "ok":
                    break
            except httpx.TransportError:
                time.sleep(0.25)
        else:
            raise AssertionError(log.read_text())
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["python app.py", pytest.param("streamlit run app.py", marks=pytest.mark.long)])
def address(request: pytest.FixtureRequest, dana: int, tmp_path: Path) -> Iterator[str]:
    port, app = free_port(), str(ROOT / "app.py")
    command = (
        [sys.executable, app] if request.param == "python app.py"
        else [sys.executable, "-m", "streamlit", "run", app, "--server.port", str(port)])
    yield from serve(tmp_path, port, command)


def sign_in(address: str) -> httpx.Client:
    browser = httpx.Client(base_url=address, headers=HTML, timeout=60)
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/auth/sign-in").text)[1]
    answer = browser.post("/auth/sign-in", data={"csrf": token, "email": DANA, "password": PASSWORD},
                          headers={"origin": address})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return browser


def handshake_status(address: str, **headers: str) -> int:
    """The status with which a socket is refused."""
    origin = headers.pop("origin", None)
    with pytest.raises(InvalidStatus) as refused, connect(
            address.replace("http", "ws") + "/_stcore/stream", origin=origin, subprotocols=["streamlit"],
            additional_headers=headers, proxy=None):
        pass
    return refused.value.response.status_code


def test_nothing_answers_without_a_cookie_and_the_app_does_with_one(address: str) -> None:
    paths = [
        "/", "/today", "/case?case=1", "/_stcore/stream", "/_stcore/health", "/_stcore/host-config",
        "/_stcore/upload_file/a/b", "/media/0123456789abcdef.pdf", "/static/js/index.js", "/index.html",
        "/component/streamlit_calendar.calendar/index.html", "/_stcore/bidi-components/x/y.js", "/manifest.json",
        "/files/invoice/1.pdf", "/favicon.png", "/app/static/x", "/practicerunner/ui/shell.py",
    ]
    with httpx.Client(base_url=address, timeout=60) as stranger:
        for path in paths:
            answer = stranger.get(path)
            assert (answer.status_code, answer.text) == (401, "Please sign in."), path
            page = stranger.get(path, headers=HTML)
            assert (page.status_code, page.text) == (303, ""), path
            assert page.headers["location"].startswith("/auth/sign-in")
        assert stranger.get("/feeds/guess.ics", headers=HTML).text == "There is no such calendar."
        assert stranger.put("/_stcore/upload_file/a/b", content=b"x").status_code == 401
        for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp", "/auth/login"):
            assert stranger.get(path).status_code == 404
    assert handshake_status(address) == 403
    assert handshake_status(address, origin=address) == 403

    with closing(sign_in(address)) as dana:
        page = dana.get("/")
        assert page.status_code == 200 and '<div id="root">' in page.text
        assert page.headers["cache-control"] == "no-store" and "script-src 'self'" in page.headers[
            "content-security-policy"]
        script = dana.get("/" + re.search(r'src="\./(static/js/[^"]+)"', page.text)[1])
        assert script.status_code == 200 and "immutable" in script.headers["cache-control"]
        assert dana.get("/_stcore/health").status_code == 200
        assert dana.get("/_stcore/metrics").status_code == dana.get("/_stcore/agent/openapi.json").status_code == 404
        cookie = f"pr_session={dana.cookies['pr_session']}"
        assert handshake_status(address, cookie=cookie) == 403
        assert handshake_status(address, cookie=cookie, origin="https://evil.example") == 403
        with connect(address.replace("http", "ws") + "/_stcore/stream", origin=address, subprotocols=["streamlit"],
                     additional_headers={"cookie": cookie}, proxy=None, max_size=None) as socket_:
            asked = BackMsg()
            asked.rerun_script.query_string = ""
            socket_.send(asked.SerializeToString())
            assert len(socket_.recv(timeout=60)) > 100
        token = re.search(r'name="csrf" value="([^"]+)"', dana.get("/auth/sign-out").text)[1]
        dana.post("/auth/sign-out", data={"csrf": token}, headers={"origin": address})
    assert handshake_status(address, cookie=cookie, origin=address) == 403


@pytest.fixture
def unfit(dana: int, sqlite_engine: Engine) -> str:
    """A database that lost a guard."""
    name = "frozen_ledger_entry_update"
    with sqlite_engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"drop trigger {name}")
    return name


@pytest.mark.long
@pytest.mark.parametrize("mode", ["python app.py", "streamlit run app.py", "python -m practicerunner serve"])
def test_an_unfit_server_says_why_and_does_not_start(unfit: str, tmp_path: Path, mode: str) -> None:
    port, app = free_port(), str(ROOT / "app.py")
    command = {
        "python app.py": [app], "streamlit run app.py": ["-m", "streamlit", "run", app, "--server.port", str(port)],
        "python -m practicerunner serve": ["-m", "practicerunner", "serve"],
    }[mode]
    ended = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=environment(tmp_path, port), capture_output=True, text=True,
        timeout=120, check=False)
    assert ended.returncode == 1
    assert "PracticeRunner does not start" in ended.stderr and unfit in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.long
def test_the_first_run_prints_a_code_that_works(sqlite_engine: Engine, tmp_path: Path) -> None:
    for address in serve(tmp_path, free_port(), [sys.executable, str(ROOT / "app.py")]):
        log = (tmp_path / "server.log").read_text()
        assert address in log
        code = re.search(r"with this code: (\S+)", log)[1]
        with httpx.Client(base_url=address, headers=HTML, timeout=60) as owner:
            assert owner.get("/").headers["location"] == "/auth/sign-in"
            token = re.search(r'name="csrf" value="([^"]+)"', owner.get("/auth/first-run").text)[1]
            answer = owner.post("/auth/first-run", headers={"origin": address}, data={
                "csrf": token, "code": code, "name": "Harbor Light", "zone": "America/New_York", "address": "",
                "first_name": "Dana", "last_name": "", "email": DANA, "password": PASSWORD, "again": PASSWORD})
            assert answer.headers["location"] == "/auth/authenticator?next=/"
            assert owner.get("/").status_code == 303  # not before the authenticator
    assert database.is_set_up()
