"""Calendar feeds and what is in them: what the tests of feeds share."""

from typing import Any

import vobject

from practicerunner import database
from practicerunner.vocabulary import FeedShows
from practicerunner.workflows import feeds
from practicerunner.workflows.booking import book
from practicerunner.workflows.feeds import MakeFeed, make_feed
from tests.cast import Cast, at
from tests.workflows.booking import asked

NOW = "2026-09-01 09:00"


def booked(cast: Cast, case_id: int, by: str = "Marcus", service: str = "IND50", **changes: Any) -> int:
    """Tuesday at ten in the office, unless said otherwise; booked on the first of September."""
    with at(NOW):
        return cast.do(by, book, asked(cast, case_id, service, **changes))


def own(cast: Cast, name: str = "Marcus", shows: FeedShows = FeedShows.INITIALS) -> MakeFeed:
    """Somebody makes an address for their own appointments."""
    address = MakeFeed(shows=shows)
    with at(NOW):
        cast.do(name, make_feed, address)
    return address


def clients(cast: Cast, case_id: int, person_id: int, by: str = "Marcus") -> MakeFeed:
    """Somebody makes an address for a client."""
    address = MakeFeed(case_id=case_id, person_id=person_id)
    with at(NOW):
        cast.do(by, make_feed, address)
    return address


def text(cast: Cast, address: MakeFeed, when: str = NOW) -> str | None:
    """What stands under an address."""
    with at(when), database.reading(cast.engine) as session:
        found = feeds.feed(session, address.secret.get_secret_value())
    return None if found is None else found[1].decode()


def events(cast: Cast, address: MakeFeed, when: str = NOW) -> list[Any]:
    """The events under an address, in order."""
    found = text(cast, address, when)
    assert found is not None
    return list(vobject.readOne(found).contents.get("vevent", []))


def summaries(cast: Cast, address: MakeFeed, when: str = NOW) -> list[str]:
    return [one.summary.value for one in events(cast, address, when)]
