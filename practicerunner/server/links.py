"""What the links to a password share at both doors: how one that is of no use is answered, whoever guessed it."""

from starlette.requests import Request
from starlette.responses import Response

from practicerunner import database
from practicerunner.server import pages
from practicerunner.workflows import throttle


def spent(
    request: Request, counted_as: str, sentence: str, *, link: str, link_text: str, practice: str | None = None,
) -> Response:
    """The answer to a link that does not work. Guesses are counted by where they come from, and have to wait.

    It is asked for only after the link was looked up, so a link that works is shown whoever else guesses there.
    ``practice`` heads the page where nobody has an account and it is the practice that speaks.
    """
    guesses = f"{counted_as} {pages.address_of(request)}"
    with database.reading() as session:
        waits = throttle.is_throttled_address(session, guesses)
    if not waits:
        with database.transaction() as session:
            throttle.count_failure(session, guesses)
    title, text, status = (
        ("Please wait", throttle.TOO_MANY, 429) if waits else ("This link does not work", sentence, 410))
    link, link_text = ("", "") if waits else (link, link_text)
    if practice is None:
        return pages.message(request, title, text, status, link=link, link_text=link_text)
    return pages.page(
        request, "public_message.html", status, practice=practice, title=title, text=text, link=link,
        link_text=link_text)
