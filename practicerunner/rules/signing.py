"""Who may sign for whom, and what stands under it (D09, A24); and the two messages that forms send."""

from collections.abc import Sequence
from datetime import date

from practicerunner.rules.names import is_signed, person_name
from practicerunner.rules.reminders import Letter
from practicerunner.vocabulary import SignsAs

Named = tuple[str, str, str]
"""First, last and preferred name."""
ADULT = 18
LEAST_EVIDENCE = 4


def adult_on(born: date) -> date:
    """The day on which somebody is eighteen. Born on 29 February: 1 March."""
    try:
        return born.replace(year=born.year + ADULT)
    except ValueError:
        return date(born.year + ADULT, 3, 1)


def is_adult(born: date | None, today: date) -> bool | None:
    """Whether somebody is eighteen; unknown without a birth date."""
    return None if born is None else today >= adult_on(born)


def signing_problem(
    relation: SignsAs, *, signer_born: date | None, person_born: date | None, today: date
) -> str:
    """Why somebody cannot sign for another; empty if they can. A helper is no relation, so a helper never signs."""
    if is_adult(signer_born, today) is False:
        return "Somebody under 18 cannot sign for another."
    if relation is SignsAs.PARENT and is_adult(person_born, today):
        return "At 18 a parent no longer signs. Choose in which other capacity they sign, or let them sign."
    return ""


def own_problem(person_born: date | None, today: date, *, agreed_for: bool) -> str:
    """Why somebody's own word is not enough; a minor may add theirs to that of whoever signs for them."""
    if is_adult(person_born, today) is False and not agreed_for:
        return "Somebody under 18 cannot agree alone. Choose who agrees for them first, and in which capacity."
    return ""


_ANYBODY = "a parent, a guardian or another legal representative"


def stranger_refusal(person: str, names: Sequence[str], *, helps: bool) -> str:
    """That somebody does not represent another, so cannot sign for them, and who can."""
    why = "Somebody who helps never signs." if helps else f"They do not act for {person}."
    if names:
        return f"{why} {' or '.join(names)} can sign for {person}."
    return f"{why} Only {_ANYBODY} can sign: say under Relationships who that is."


def is_evidence(text: str) -> bool:
    """Whether something that was typed can say what was seen: more than a letter or a tick."""
    return sum(letter.isalnum() for letter in text) >= LEAST_EVIDENCE


def minor_refusal(names: Sequence[str], *, to_them: bool) -> str:
    """That a minor cannot sign alone, and who can: said to them, or of them."""
    who = " or ".join(names) if names else _ANYBODY
    if to_them:
        return f"You are under {ADULT} and cannot sign this alone; {who} can sign it for you."
    return f"Somebody under {ADULT} cannot sign this alone; {who} can sign it for them."


def typed_problem(typed: str, signer: Named, person: Named | None = None, *, at_the_desk: bool = False) -> str:
    """Why a typed name is no signature of the signer, who may sign for another person; empty if it is one.

    At the desk somebody of the practice sees who signs, and writes down what stands on paper: there it only must not
    be the name of whom they sign for.
    """
    if is_signed(typed, *signer):
        return ""
    full = person_name(*signer[:2])
    if not at_the_desk:
        return f"Type your own name as it stands here: {full}."
    if person is not None and is_signed(typed, *person):
        return f"That is the name of {person_name(*person[:2])}. {full} signs, with their own name."
    return ""


def signed_by(signed: int, of: int) -> str:
    """By how many of several a paper is signed."""
    return "signed by both" if signed == of == 2 else f"signed by {signed} of {of}"


def capacity(signer: str, relation: SignsAs | None, person: str) -> str:
    """What is printed under a form: ``Leo Castellano``, or ``Elena Castellano, guardian of Leo Castellano``."""
    return signer if relation is None else f"{signer}, {relation.label} of {person}"


def reminder_letter(name: str, practice: str, phone: str, address: str) -> Letter:
    """That something is to be filled in; not what, and nothing of why. ``address`` is where one signs in."""
    line = _line(phone)
    ask = f"please call us: {line}" if line else "please get in touch with us"
    return Letter("Something to fill in", (
        f"Hello {_line(name)},\n\nthere is something for you to fill in that we have not received yet. If you "
        f"have access to our portal, you find it there:\n\n{address}\n\nYou can also bring it with you when you come; "
        f"if you have questions, {ask}.\n\n{_line(practice)}\n"
    ))


def waiting_letter(name: str, practice: str, phone: str, address: str) -> Letter:
    """That there is something to read and fill in; not what, and nothing of why. ``address`` is where one signs in."""
    line = _line(phone)
    ask = f"please call us: {line}" if line else "please get in touch with us"
    return Letter("Something to fill in", (
        f"Hello {_line(name)},\n\nthere is something for you to read and fill in. If you have access to our portal, "
        f"please sign in to find it:\n\n{address}\n\nYou can also fill it in when you come; if you have questions, "
        f"{ask}.\n\n{_line(practice)}\n"
    ))


def urgent_letter(practice: str) -> Letter:
    """That something urgent waits for a member of staff; not what, and not about whom."""
    return Letter("Something urgent waits for you", (
        "Something that cannot wait needs you. Please sign in now and open Today; it stands at the top.\n\n"
        f"{_line(practice)}\n"
    ))


def _line(text: str) -> str:
    """One line, whatever was typed."""
    return " ".join(text.split())
