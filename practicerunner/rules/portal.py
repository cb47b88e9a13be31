"""What the portal's e-mails say, and how a link of theirs is kept out of what stays. Pure."""

import re

from practicerunner.rules.reminders import Letter

LINK = re.compile(r"(/portal/(?:invitation|reset)/|/inquiry/letter/)[A-Za-z0-9_-]+")
"""The address of a link, up to its secret."""
SHORTEST_IDLE, LONGEST_IDLE = 5, 30
"""Minutes after which somebody is signed out who does nothing."""


def invitation_letter(
    name: str, practice: str, phone: str, link: str, hours: int, *, asks_code: bool = False
) -> Letter:
    """The first link of somebody: generic, and to nobody but them (I09); ``asks_code`` as below."""
    code = "The page asks for a code as well, which we tell you ourselves. " if asks_code else ""
    return Letter("Your access to the portal", _text(
        name, f"you can now sign in to the portal of {_line(practice)}. Choose your password here:", link,
        f"The link is for you alone. It works once, within {hours} hours. {code}{_help(phone)}", practice))


def reset_letter(name: str, practice: str, phone: str, link: str, minutes: int, *, asks_code: bool = False) -> Letter:
    """A link to choose another password; ``asks_code`` where the practice has to tell them a code for it."""
    code = "The page asks for a code as well: call us, and we tell it to you. " if asks_code else ""
    return Letter("A new password for the portal", _text(
        name, "choose a new password for the portal here:", link,
        f"The link is for you alone. It works once, within {minutes} minutes. {code}If you did not ask for it, do "
        f"nothing; your password stays as it is. {_help(phone)}", practice))


def details_letter(practice: str) -> Letter:
    """To staff: that somebody asked for their details to be changed; who and what stands behind the sign-in."""
    return Letter("Details to change", (
        "A client has asked for their details to be changed. Sign in and open your client; it stands under "
        f"Relationships, Portal.\n\n{_line(practice)}\n"))


def _text(name: str, first: str, link: str, rest: str, practice: str) -> str:
    return f"Hello {_line(name)},\n\n{first}\n\n{link}\n\n{rest.strip()}\n\n{_line(practice)}\n"


def _help(phone: str) -> str:
    return f"Questions? Please call us: {_line(phone)}" if phone.strip() else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def without_secret(text: str) -> str:
    """A text without the secret of its link: what staff read of a message, and what is kept once it was sent."""
    return LINK.sub(r"\1… (link left out)", text)
