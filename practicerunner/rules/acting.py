"""Who may do what for somebody else: five scopes, each its own decision; a denial wins over any grant (D04–D17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from practicerunner.rules.reminders import Letter
from practicerunner.rules.signing import ADULT, is_adult, signing_problem
from practicerunner.vocabulary import AccessScope, ActingKind, SignsAs, Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one scope; from ``starts_on`` until the day before ``ends_on``, unless ended before."""

    scope: AccessScope
    verdict: Verdict
    starts_on: date
    ends_on: date | None = None
    is_ended: bool = False
    case_id: int | None = None
    """The one case it is about; ``None`` is everything of the client."""


@dataclass(frozen=True, slots=True)
class Acting:
    """How somebody stands to the client for whom they act."""

    kind: ActingKind
    is_verified: bool
    starts_on: date
    ends_on: date | None
    client_born: date | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a scope is open today, and the sentence that says why or why not."""

    is_open: bool
    why: str
    is_decided: bool = True


def standing(
    known: Acting, scope: AccessScope, *, case_id: int | None, today: date, helpers_allowed: bool
) -> Standing:
    """How one scope stands today, in the client's time zone; of one case, or (``None``) of the client as a whole.

    A grant for one case opens that case alone; a denial for one case closes that case alone, one for the client every
    case. What was granted to a parent or guardian before the client's 18th birthday opens nothing from that day on.
    """
    about = [one for one in known.decisions if one.scope is scope and one.case_id in (None, case_id)]
    current = [one for one in about if _in_force(one, today)]
    if any(one.verdict is Verdict.DENIED for one in current):
        granted = any(one.verdict is Verdict.GRANTED for one in current)
        return Standing(False, "Denied; a denial wins over a grant." if granted else "Denied.")
    grants = [one for one in current if one.verdict is Verdict.GRANTED]
    if not grants:
        return _not_granted(about, today)
    if today < known.starts_on:
        return Standing(False, f"Acts for the client from {known.starts_on} on.")
    if known.ends_on is not None and today >= known.ends_on:
        return Standing(False, f"Acted for the client until {known.ends_on}.")
    if known.kind.is_of_a_minor and all(is_of_minority(one, known.client_born, today) for one in grants):
        return Standing(False, f"Granted before the client was {ADULT}. Decide anew.")
    if scope is AccessScope.SCHEDULING and not known.kind.is_representative and not helpers_allowed:
        return Standing(False, "Kept, but the practice does not let helpers manage appointments.")
    return Standing(True, "Granted.")


def _not_granted(about: Iterable[Decision], today: date) -> Standing:
    ahead = [one for one in about if one.verdict is Verdict.GRANTED and not one.is_ended and today < one.starts_on]
    if ahead:
        return Standing(False, f"Granted from {min(one.starts_on for one in ahead)} on.")
    if any(one.verdict is Verdict.GRANTED for one in about):
        return Standing(False, "No longer granted.")
    return Standing(False, "Not decided; acts as no.", is_decided=False)


def _in_force(one: Decision, today: date) -> bool:
    return not one.is_ended and one.starts_on <= today and (one.ends_on is None or today < one.ends_on)


def is_of_minority(one: Decision, client_born: date | None, today: date) -> bool:
    """Whether a grant was made while the client was a minor, who no longer is one (D14)."""
    return (
        one.verdict is Verdict.GRANTED and is_adult(client_born, today) is True
        and is_adult(client_born, one.starts_on) is False
    )


def awaits_decision(known: Acting, today: date) -> bool:
    """Whether the client came of age and something that a parent or guardian was granted before is not decided anew."""
    if not known.kind.is_of_a_minor:
        return False
    old = [one for one in known.decisions if is_of_minority(one, known.client_born, today) and _in_force(one, today)]
    anew = {
        (one.scope, one.case_id) for one in known.decisions
        if not one.is_ended and is_adult(known.client_born, one.starts_on) is True
    }
    return any((one.scope, one.case_id) not in anew for one in old)


def signing_refusal(known: Acting, *, acts_born: date | None, today: date) -> str:
    """Why somebody may not sign for the client; empty where their kind and verification allow it (D09, X06)."""
    relation = known.kind.signs_as
    if relation is None:
        return "A helper cannot sign for somebody else."
    if not known.is_verified:
        return "It was not verified yet that you may sign. Please call the practice."
    return signing_problem(relation, signer_born=acts_born, person_born=known.client_born, today=today)


def desk_refusal(
    known: Acting | None, relation: SignsAs | None, *, client_born: date | None, case_id: int | None, today: date
) -> str:
    """Why somebody may not sign for the client at the desk, as far as decisions say; ``None``: there are none.

    A denial of forms wins, and who acts no longer signs no longer. A guardian signs for somebody of age by a decision
    made since then, as in ``standing``. Whoever may sign needs no grant of the portal before that.
    """
    forms = AccessScope.FORMS
    if known is not None:
        about = [one for one in known.decisions if one.scope is forms and one.case_id in (None, case_id)]
        if any(one.verdict is Verdict.DENIED and _in_force(one, today) for one in about):
            return "It was decided that this person does not sign for the client; a denial wins."
        if today < known.starts_on:
            return f"This person acts for the client from {known.starts_on} on."
        if known.ends_on is not None and today >= known.ends_on:
            return f"This person acted for the client until {known.ends_on}."
    if relation is not SignsAs.GUARDIAN or not is_adult(client_born, today):
        return ""
    if known is not None and standing(known, forms, case_id=case_id, today=today, helpers_allowed=False).is_open:
        return ""
    return f"At {ADULT} a guardian signs only once that was decided anew, under Who may act for them."


def new_access_letter(name: str, scope: AccessScope, practice: str, phone: str) -> Letter:
    """That somebody may now act for the client in one scope; not who, and nothing of why (D15)."""
    line = " ".join(phone.split())
    ask = f"please call us: {line}" if line else "please get in touch with us"
    what = {
        AccessScope.FORMS: "fill in forms", AccessScope.SCHEDULING: "manage appointments",
        AccessScope.BILLING: "read bills", AccessScope.PORTAL: "use the portal", AccessScope.MESSAGES: "write messages",
    }[scope]
    return Letter("A change of access", (
        f"Hello {' '.join(name.split())},\n\nsomebody was given access to {what} for you. If you did not expect "
        f"this, {ask}.\n\n{' '.join(practice.split())}\n"
    ))
