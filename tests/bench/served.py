"""A page run as a browser causes it, without the browser: the real server, a web socket, one rerun after the other.

What is timed is from sending "run again" to the message that the script has finished, on the same machine: the shell,
the page, what they read, and packing the answer. The browser's own work is not in it.

``python -m tests.bench.served`` is ``python app.py`` with the clock held at the moment of the measured practice.
"""

import os
import runpy
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from practicerunner import clock, database, ids
from practicerunner.records import statements
from practicerunner.records.base import add_rows
from practicerunner.records.cases import seen
from practicerunner.records.statement_runs import UNDER_WAY, StatementRun, StatementRunPayer
from practicerunner.vocabulary import Action, Resource, RunState
from practicerunner.workflows.access import visible
from practicerunner.workflows.staff import actor_for
from practicerunner.workflows.statement_runs import days_of
from tests.bench.building import Volume
from tests.bench.measure import WARM, Result, alone
from tests.bench.volume import (
    CLIENT,
    NOW,
    OF_A_PROVIDER,
    OWNER,
    TODAY,
    client_name,
    portal_token,
    row_id,
    token,
    waiting_appointment,
)

ROOT = Path(__file__).resolve().parents[2]
TARGET_MS = 50
_OWNER = 0


@contextmanager
def serving(volume: Volume, folder: Path) -> Iterator[str]:
    """The server over the measured practice; gives its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": volume.url, "PORT": str(port), "PRACTICE_KEY_FILE": str(folder / "practice.key"),
    }
    log = folder / "server.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.served"], cwd=ROOT, env=environment, stdout=written, stderr=written
        )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError(log.read_text()) from None
                time.sleep(0.2)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


class Window:
    """One browser window of somebody who is signed in."""

    def __init__(self, place: str, cookie: str) -> None:
        self._socket: ClientConnection = connect(
            f"ws://{place}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], origin=Origin(f"http://{place}"),
            additional_headers={"Cookie": cookie}, max_size=None, compression=None,
        )
        self._page = ""

    def run(self, page: str, query: str = "") -> bytes:
        """Run a page once, from asking to the end of its script; everything that came, one after the other."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        if self._page:
            asked.rerun_script.page_script_hash = self._page
        else:
            asked.rerun_script.page_name = page
        self._socket.send(asked.SerializeToString())
        came = []
        while True:
            packed = self._socket.recv(timeout=60)
            assert isinstance(packed, bytes)
            came.append(packed)
            message = ForwardMsg.FromString(packed)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._page = message.navigation.page_script_hash
            elif kind == "script_finished":
                return b"".join(came)

    def close(self) -> None:
        """Shut it."""
        self._socket.close()


class Pages:
    """The pages on one server."""

    def __init__(self, volume: Volume, place: str) -> None:
        self.volume, self.place = volume, place
        self._told = 0
        """How many payers had their statement of last month."""

    def _page_run(
        self, op: str, n: int, staff: int, page: str, query: str, shows: str, target: float = TARGET_MS
    ) -> Result:
        return self._timed(Window(self.place, f"pr_session={token(staff)}"), op, n, page, query, shows, target)

    def _timed(
        self, window: Window, op: str, n: int, page: str, query: str, shows: str, target: float = TARGET_MS
    ) -> Result:
        if shows.encode() not in window.run(page, query):
            raise ValueError(f"The page {page} does not show what it should: {shows}")
        result = alone(op, target, n, lambda _: window.run(page, query))
        window.close()
        return result

    def page_run_clients(self, n: int) -> Result:
        """The owner's list of everybody: its first page of fifty."""
        return self._page_run("page_run_clients", n, _OWNER, "clients", "", "Download CSV")

    def page_run_case(self, n: int) -> Result:
        """One client with a hundred appointments and twenty invoices behind them, as the owner sees them."""
        return self._page_run("page_run_case", n, _OWNER, "case", f"case={row_id('case', 7)}", client_name(7)[1])

    def page_run_calendar(self, n: int) -> Result:
        """The week of so many providers together that some 300 appointments are in sight, as the owner sees them."""
        together = min(10, self.volume.scale.providers)
        query = "&".join(f"provider={row_id('staff', 1 + one)}" for one in range(together))
        return self._page_run(
            "page_run_calendar", n, _OWNER, "calendar", query, f"{32 * together} appointments shown", 80
        )

    def page_run_portal_home(self, n: int) -> Result:
        """The first page of the portal of a client with a hundred appointments and twenty invoices behind them."""
        window = Window(self.place, f"pr_portal={portal_token(CLIENT)}")
        return self._timed(window, "page_run_portal_home", n, "", "", "Next appointment")

    def page_run_note(self, n: int) -> Result:
        """A draft in its editor beside the note before it, as its provider sees it."""
        client = 2 * OF_A_PROVIDER % self.volume.scale.clients
        staff = 1 + client // OF_A_PROVIDER
        return self._page_run(
            "page_run_note", n, staff, "note", f"note={waiting_appointment(client)}", client_name(client)[1]
        )

    def page_run_messages(self, n: int) -> Result:
        """The owner's list of two hundred conversations with something new, and one of them beside it."""
        return self._page_run(
            "page_run_messages", n, _OWNER, "messages", f"thread={row_id('thread', 3)}", client_name(3)[1])

    def page_run_portal_messages(self, n: int) -> Result:
        """A client's conversation of five messages in the portal, with the place to answer."""
        window = Window(self.place, f"pr_portal={portal_token(CLIENT)}")
        thread = f"thread={row_id('thread', CLIENT)}"
        return self._timed(window, "page_run_portal_messages", n, "my-messages", thread, f"Question {CLIENT + 1}")

    def statements_batch(self, n: int) -> Result:
        """So many statements of last month, issued and drawn by the process that the server starts, for each."""
        run_id = self._ask(n)
        while self._is_under_way(run_id):
            time.sleep(0.05)
        with database.reading(self.volume.engine) as session:
            run = session.get_one(StatementRun, run_id)
            if run.issued != n or run.started_at is None or run.ended_at is None:
                raise ValueError(f"{run.issued} of {n} statements were issued.")
            return Result("statements_batch", (run.ended_at - run.started_at).total_seconds() * 1000 / n, 40, n)

    def page_run_case_in_batch(self, n: int) -> Result:
        """The page of one client, as in ``page_run_case``, while so many statements are issued."""
        page, query = "case", f"case={row_id('case', 7)}"
        window = Window(self.place, f"pr_session={token(_OWNER)}")
        for _ in range(WARM):
            window.run(page, query)
        run_id = self._ask(n)
        times: list[float] = []
        while self._is_under_way(run_id) or len(times) < min(n, 5):
            began = time.perf_counter()
            window.run(page, query)
            times.append((time.perf_counter() - began) * 1000)
        window.close()
        return Result("page_run_case_in_batch", statistics.median(times), 100, n)

    def _ask(self, number: int) -> int:
        """Ask for the statements of so many payers, as the page does for everybody; wait until the first is begun."""
        run_id = ids.new_id()
        with clock.frozen(NOW), database.transaction(self.volume.engine) as session:
            actor = actor_for(session, OWNER)
            starts_on, ends_on = days_of(TODAY.replace(day=1) - timedelta(days=1))
            sees = seen(visible(actor, Action.CREATE, Resource.INVOICES))
            payers = statements.payers_of_period(session, sees, starts_on, ends_on)[self._told:self._told + number]
            add_rows(session, StatementRun, [{
                "id": run_id, "asked_by_id": OWNER, "starts_on": starts_on, "ends_on": ends_on,
                "state": RunState.WAITING, "total": number,
            }])
            add_rows(session, StatementRunPayer, [
                {"run_id": run_id, "place": place, "payer_id": payer_id} for place, payer_id in enumerate(payers)])
        self._told += number
        while self._state(run_id) is RunState.WAITING:
            time.sleep(0.02)
        return run_id

    def _state(self, run_id: int) -> RunState:
        with database.reading(self.volume.engine) as session:
            return session.get_one(StatementRun, run_id).state

    def _is_under_way(self, run_id: int) -> bool:
        return self._state(run_id) in UNDER_WAY


if __name__ == "__main__":
    with clock.frozen(NOW):
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
