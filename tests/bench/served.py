"""A page run as a browser causes it, without the browser: the real server, a web socket, one rerun after the other.

What is timed is from sending "run again" to the message that the script has finished, on the same machine: the shell,
the page, what they read, and packing the answer. The browser's own work is not in it.

``python -m tests.bench.served`` is ``python app.py`` with the clock held at the moment of the measured practice.
"""

import os
import runpy
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from practicerunner import clock
from tests.bench.building import Volume
from tests.bench.measure import Result, alone
from tests.bench.volume import (
    CLIENT,
    NOW,
    OF_A_PROVIDER,
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


if __name__ == "__main__":
    with clock.frozen(NOW):
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
