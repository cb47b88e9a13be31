"""Good faith estimates in tests: prepared, shared, and who is due one."""

from datetime import date, time
from typing import Any

from practicerunner.vocabulary import (
    CaseType,
    EstimateCause,
    ShareChannel,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.estimates import (
    DraftEstimate,
    ItemAsked,
    ShareEstimate,
    draft_estimate,
    share_estimate,
)
from practicerunner.workflows.estimates_due import estimates_due, number_due
from tests.cast import Cast, at
from tests.insurance import complete, licensed

PLACE = "12 Linden Street, Albany, NY 12207"
TODAY = "2026-10-20 10:00"


def sessions(cast: Cast, quantity: int = 10, first: str = "2026-11-02", service: str = "IND50",
             last: str = "") -> ItemAsked:
    return ItemAsked(
        service_id=cast.services[service], quantity=quantity, first_on=date.fromisoformat(first),
        last_on=date.fromisoformat(last or "2027-01-04"), frequency="every week")


def draft(cast: Cast, case_id: int, person_id: int, *items: ItemAsked, by: str = "Tom", when: str = TODAY,
          **options: Any) -> int:
    with at(when):
        return cast.do(by, draft_estimate, DraftEstimate(**{
            "case_id": case_id, "person_id": person_id, "items": items or (sessions(cast),), "place": PLACE} | options))


def share(cast: Cast, draft_id: int, *, by: str = "Tom", when: str = TODAY, revision: int = 1, **options: Any) -> int:
    with at(when):
        return cast.do(by, share_estimate, ShareEstimate(
            draft_id=draft_id, revision=revision, channel=ShareChannel.IN_PERSON, **options))


def shared(cast: Cast, case_id: int, person_id: int, *items: ItemAsked, **options: Any) -> int:
    return share(cast, draft(cast, case_id, person_id, *items, **options), when=options.get("when", TODAY))


def meet(cast: Cast, case_id: int, on: str, *, when: str = "2026-10-19 15:00", service: str = "IND50",
         by: str = "Tom", hour: int = 10) -> int:
    with at(when):
        return cast.do(by, book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=date.fromisoformat(on),
            local_time=time(hour), location_id=cast.office))


def due(cast: Cast, *, by: str = "Tom", when: str = TODAY) -> list[tuple[str, EstimateCause, date]]:
    with at(when):
        found = [(one.name, one.cause, one.due_on) for one in cast.read(by, estimates_due)]
        assert cast.read(by, number_due) == len(found), "the number on the tab is counted in another way"
    return found


def omar_of(cast: Cast) -> tuple[Cast, int, int]:
    """Omar Reyes pays for himself: the cast, his case and he."""
    licensed(cast)
    with at("2026-10-12 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Omar Reyes")
    return cast, case_id, complete(cast, case_id)["Omar"]


def renewed(cast: Cast, case_id: int, person: int, quantity: int = 1) -> tuple[int, int]:
    """An estimate of a year, and the one that was given a month early for what comes after it."""
    first = shared(cast, case_id, person, sessions(cast, quantity, last="2027-11-01"))
    when = "2027-10-02 10:00"
    following = sessions(cast, 1, first="2027-11-02", last="2028-01-10")
    return first, share(cast, draft(cast, case_id, person, following, when=when, replaces_id=first), when=when)
