"""Errors in the log: their kind and the places in our code they passed, never their text, which may name a client.

And addresses in the log: never with the secret that some carry.
"""

import logging
import re
import traceback

from practicerunner.settings import ROOT

LOGGERS = ("streamlit.error_util", "uvicorn.error", "apscheduler.executors.default")
"""Who would print a whole traceback, with the text of the error."""
ADDRESSES = ("uvicorn.access", "uvicorn.error")
"""Who would print the addresses that were asked for."""
_SECRET = re.compile(r"(/feeds/|/auth/invitation/|/portal/(?:invitation|reset)/)[^\s?#\"']+")


def describe(error: BaseException) -> str:
    """``ValueError at pages/case.py:41, practicerunner/money.py:12``: the kind and our own frames, outermost first."""
    ours = str(ROOT)
    frames = [
        f"{frame.filename.removeprefix(ours).lstrip('/')}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(ours) and "site-packages" not in frame.filename
    ]
    return f"{type(error).__name__} at {', '.join(frames) or 'a place outside the program'}"


class WithoutText(logging.Filter):
    """Replaces the traceback of a record by ``describe``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without the text of its error."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            record.msg, record.args = f"{record.getMessage()}: {describe(error)}", ()
        record.exc_info, record.exc_text = None, None
        return True


class WithoutSecrets(logging.Filter):
    """Cuts the secret out of addresses, for servers that are started with a list of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, with the address cut."""
        if isinstance(record.args, tuple):
            record.args = tuple(_SECRET.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args)
        if isinstance(record.msg, str):
            record.msg = _SECRET.sub(r"\1…", record.msg)
        return True


def keep_text_out_of_logs() -> None:
    """Put the filters before the loggers that print tracebacks or addresses; once is enough."""
    for wanted, names in ((WithoutText, LOGGERS), (WithoutSecrets, ADDRESSES)):
        for name in names:
            logger = logging.getLogger(name)
            if not any(isinstance(found, wanted) for found in logger.filters):
                logger.addFilter(wanted())
