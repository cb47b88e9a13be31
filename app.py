"""The server. ``python app.py`` serves the practice; ``streamlit run app.py`` does the same.

Streamlit runs ``practicerunner/ui/shell.py``, which lies away from ``pages/`` on purpose: beside them, a page could be
run by its address without the shell.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from practicerunner.server import doors, faults, jobs, pages, selfcheck, sending, statement_worker, welcome
from practicerunner.server.gate import Gate, our_hosts, our_origins
from practicerunner.settings import settings

SHELL = Path(__file__).resolve().parent / "practicerunner" / "ui" / "shell.py"


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Check what has to hold, say where the practice is, run the jobs while the server runs."""
    faults.keep_text_out_of_logs()
    sending.send_at_once(asyncio.get_running_loop())
    config.set_option("server.allowedHosts", sorted(our_hosts()))
    config.set_option("server.corsAllowedOrigins", our_origins())
    if found := selfcheck.problems(st.__version__, config.get_option):
        sys.stderr.write("PracticeRunner does not start:\n" + "".join(f"- {sentence}\n" for sentence in found))
        sys.stderr.flush()
        os._exit(1)  # nothing was begun; an exception here would bury the sentences under a traceback
    welcome.greet(config.get_option("server.port"))
    scheduler = jobs.start()
    yield
    scheduler.shutdown(wait=False)
    statement_worker.stop()


def on_script_error(error: Exception) -> bool:
    """Show the person a calm sentence; the log gets the kind and the place of the error, not its text."""
    logging.getLogger("practicerunner").error("a page failed: %s", faults.describe(error))
    st.error("Something went wrong, and nothing was saved. Please try again.", icon=":material/error:")
    return True


app = st.App(
    str(SHELL), routes=doors.routes(), middleware=[Middleware(Gate)],
    lifespan=lifespan, on_script_error=on_script_error, exception_handlers={pages.Refused: pages.refused},
)

if __name__ == "__main__":
    app.run(config={"server.port": settings().port, "server.address": settings().host})
