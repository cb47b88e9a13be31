"""What the links to a password share at both doors: how one that is of no use is answered, whoever guessed it."""

from starlette.requests import Request
from starlette.responses import Response

from practicerunner import database
from practicerunner.server import pages
from practicerunner.workflows import throttle


def spent(request: Request, counted_as: str, sentence: str, *, link: str, link_text: str) -> Response:
    """The answer to a link that does not work. Guesses are counted by where they come from, and have to wait.

    It is asked for only after the link was looked up, so a link that works is shown whoever else guesses there.
    """
    guesses = f"{counted_as} {pages.address_of(request)}"
    with database.reading() as session:
        if throttle.is_throttled_address(session, guesses):
            return pages.message(request, "Please wait", throttle.TOO_MANY, 429)
    with database.transaction() as session:
        throttle.count_failure(session, guesses)
    return pages.message(request, "This link does not work", sentence, 410, link=link, link_text=link_text)
