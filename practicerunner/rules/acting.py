"""Who may do what for somebody else: five scopes, each its own decision; a denial wins over any grant (D04–D17)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from practicerunner.rules import permissions
from practicerunner.rules.permissions import PortalRole
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
    decided_on: date = field(kw_only=True)
    """The day on which it was decided, on the client's own wall; from when it counts may lie before or after."""
    acted_as: ActingKind | None = None
    """As what they acted when it was decided; ``None`` as they act now."""


@dataclass(frozen=True, slots=True)
class Acting:
    """How somebody stands to the client for whom they act."""

    kind: ActingKind
    is_verified: bool
    starts_on: date
    ends_on: date | None
    client_born: date | None
    decisions: tuple[Decision, ...]
    client_died: date | None = None

    @property
    def lacks_birth_date(self) -> bool:
        """Whether they act for a minor as far as anybody knows, and nobody sees when that ends (D14)."""
        return self.kind.is_of_a_minor and self.client_born is None


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
    case. What was granted to a parent or guardian before the client's 18th birthday opens nothing from that day on,
    whatever they act as since; nor does what was granted in the lifetime of somebody who has died.
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
        return Standing(False, f"Acts for them from {known.starts_on} on.")
    if known.ends_on is not None and today >= known.ends_on:
        return Standing(False, f"Acted for them until {known.ends_on}.")
    if all(_is_of_a_lifetime(one, known, today) for one in grants):
        return Standing(False, "Granted while they were alive. Decide anew.")
    if all(is_of_minority(one, known, today) for one in grants):
        return Standing(False, f"Granted before they were {ADULT}. Decide anew.")
    if not known.kind.is_representative:
        if not permissions.opens(PortalRole.HELPER, scope):
            return Standing(False, "Kept, but it opens nothing to a helper.")
        if scope is AccessScope.SCHEDULING and not helpers_allowed:
            return Standing(False, "Kept, but the practice does not let helpers manage appointments.")
    if known.lacks_birth_date:
        return Standing(True, f"Granted; without a date of birth it does not end at {ADULT}.")
    return Standing(True, "Granted.")


def _not_granted(about: Iterable[Decision], today: date) -> Standing:
    ahead = [one for one in about if one.verdict is Verdict.GRANTED and not one.is_ended and today < one.starts_on]
    if ahead:
        return Standing(False, f"Granted from {min(one.starts_on for one in ahead)} on.")
    if any(one.verdict is Verdict.GRANTED for one in about):
        return Standing(False, "No longer granted.")
    return Standing(False, "Not decided; acts as no.", is_decided=False)


def _in_force(one: Decision, today: date) -> bool:
    return not one.is_ended and counts(one.starts_on, one.ends_on, today)


def counts(starts_on: date, ends_on: date | None, today: date) -> bool:
    """Whether something that has a first day, and perhaps a first day after its end, counts on a day."""
    return starts_on <= today and (ends_on is None or today < ends_on)


def is_of_minority(one: Decision, known: Acting, today: date) -> bool:
    """Whether a parent or guardian was granted this while the client was a minor, who no longer is one (D14).

    The day of the decision counts, not the day from which it does; another kind since then makes no difference.
    """
    return (
        one.verdict is Verdict.GRANTED and is_adult(known.client_born, today) is True
        and is_adult(known.client_born, one.decided_on) is False
        and (known.kind.is_of_a_minor or (one.acted_as is not None and one.acted_as.is_of_a_minor))
    )


def _is_of_a_lifetime(one: Decision, known: Acting, today: date) -> bool:
    """Whether a grant was made before the client died: nobody acts for the dead by it."""
    return known.client_died is not None and today >= known.client_died >= one.decided_on


def awaits_decision(known: Acting, today: date) -> bool:
    """Whether the client came of age and something that a parent or guardian was granted before is not decided anew."""
    old = [one for one in known.decisions if is_of_minority(one, known, today) and _in_force(one, today)]
    anew = {
        (one.scope, one.case_id) for one in known.decisions
        if not one.is_ended and is_adult(known.client_born, one.decided_on) is True
    }
    return any((one.scope, one.case_id) not in anew for one in old)


def newly_open(
    before: Acting, after: Acting, *, case_ids: Iterable[int | None], today: date, helpers_allowed: bool
) -> frozenset[tuple[int | None, AccessScope]]:
    """What an act opens that was closed before it, today or on a later day on which something begins to count (D15).

    Pairs of a case, or the client as a whole, and a scope.
    """
    days = {today, *(day for known in (before, after) for day in _beginnings(known) if day > today)}
    return frozenset(
        (case_id, scope) for case_id in case_ids for scope in AccessScope for day in days
        if standing(after, scope, case_id=case_id, today=day, helpers_allowed=helpers_allowed).is_open
        and not standing(before, scope, case_id=case_id, today=day, helpers_allowed=helpers_allowed).is_open
    )


def _beginnings(known: Acting) -> Iterable[date]:
    """Days on which something can open by itself: a grant or the acting begins, or a denial ends."""
    yield known.starts_on
    for one in known.decisions:
        if not one.is_ended:
            yield one.starts_on
            if one.verdict is Verdict.DENIED and one.ends_on is not None:
                yield one.ends_on


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
            return "It was decided that this person does not sign for them; a denial wins."
        if today < known.starts_on:
            return f"This person acts for them from {known.starts_on} on."
        if known.ends_on is not None and today >= known.ends_on:
            return f"This person acted for them until {known.ends_on}."
    if relation is not SignsAs.GUARDIAN or not is_adult(client_born, today):
        return ""
    if known is not None and standing(known, forms, case_id=case_id, today=today, helpers_allowed=False).is_open:
        return ""
    return f"At {ADULT} a guardian signs only once that was decided anew, under Who may act for them."


_MAY = {
    AccessScope.FORMS: "fill in forms", AccessScope.SCHEDULING: "manage appointments",
    AccessScope.BILLING: "read bills", AccessScope.PORTAL: "use the portal", AccessScope.MESSAGES: "write messages",
}


_GIVEN, _FOR_YOU = "\n\nsomebody was given access to ", " for you. If you did not expect "


def told_in(body: str) -> set[AccessScope]:
    """The scopes that such a letter names."""
    said = body.partition(_GIVEN)[2].partition(_FOR_YOU)[0]
    return {scope for scope, may in _MAY.items() if may in said}


def new_access_letter(name: str, scopes: Iterable[AccessScope], practice: str, phone: str) -> Letter:
    """That somebody may now act for the client in some scopes; not who, and nothing of why (D15)."""
    line = " ".join(phone.split())
    ask = f"please call us: {line}" if line else "please get in touch with us"
    *others, last = [may for scope, may in _MAY.items() if scope in set(scopes)]
    what = f"{', '.join(others)} and {last}" if others else last
    return Letter("A change of access", (
        f"Hello {' '.join(name.split())},{_GIVEN}{what}{_FOR_YOU}this, {ask}.\n\n{' '.join(practice.split())}\n"
    ))
