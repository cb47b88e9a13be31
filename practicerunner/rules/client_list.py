"""Which cases the three filters of the client list show, and how a typed search is taken apart."""

from collections.abc import Mapping

from practicerunner.rules.names import digits, fold
from practicerunner.vocabulary import CaseStatus, ListFilter

FILTER_OF: dict[CaseStatus, ListFilter | None] = {
    CaseStatus.PROSPECT: ListFilter.ACTIVE_AND_PROSPECT,
    CaseStatus.INTAKE_PENDING: ListFilter.ACTIVE_AND_PROSPECT,
    CaseStatus.WAITLIST: ListFilter.ACTIVE_AND_PROSPECT,
    CaseStatus.ACTIVE: ListFilter.ACTIVE_AND_PROSPECT,
    CaseStatus.INACTIVE: ListFilter.ACTIVE_AND_PROSPECT,
    CaseStatus.ARCHIVED: ListFilter.ARCHIVED,
    CaseStatus.CONTACT: None,
}
"""Each status stands behind exactly one filter, except Contact, which is outside the client list (DEC2)."""

_PHONE_SIGNS = frozenset("0123456789 +-().")


def statuses(chosen: ListFilter) -> tuple[CaseStatus, ...]:
    """The statuses that a filter shows; everyone is the other two together."""
    return tuple(
        status for status, shown in FILTER_OF.items()
        if shown is not None and chosen in (shown, ListFilter.EVERYONE)
    )


def counts(by_status: Mapping[CaseStatus, int]) -> dict[ListFilter, int]:
    """How many cases each filter shows, from how many have each status."""
    return {chosen: sum(by_status.get(status, 0) for status in statuses(chosen)) for chosen in ListFilter}


def search_words(text: str) -> tuple[str, ...]:
    """The pieces that all have to occur in a search text: folded words, or the digits of a phone number."""
    number = digits(text)
    if len(number) > 2 and set(text) <= _PHONE_SIGNS:
        # Whether the country code was typed says nothing about whether it is kept.
        return (number[1:] if len(number) == 11 and number[0] == "1" else number,)
    return tuple(fold(text).split())
