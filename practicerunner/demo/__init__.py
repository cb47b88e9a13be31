"""The demo practice: nine months of an invented practice, lived through the same workflows that people use.

Nothing is written past them: every person, case, appointment, note, invoice and payment is somebody's act, with its
audit row at its own moment. Dates count from today, so that the practice is alive on whichever day it is made.
"""

from datetime import timedelta
from random import Random

from sqlalchemy import Engine

from practicerunner import clock, database
from practicerunner.demo import (
    bringing,
    correcting,
    following,
    inquiring,
    insurance,
    leaving,
    library,
    minors,
    opening,
    portal,
    portal_pages,
    sharing,
    supervising,
)
from practicerunner.demo.caseload import CASES
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import Refused, found_practice
from practicerunner.demo.people import STAFF, ZONE
from practicerunner.demo.story import Story
from practicerunner.records import document_files
from practicerunner.records.practice import the_practice

SEED = 4817
WEEKS = 40


def make_demo_anew(engine: Engine | None = None, *, every: int = 1) -> list[tuple[str, str, str]]:
    """Replace a demo practice by one that counts from today. Raises Refused for anybody's own practice."""
    bound = engine or database.engine()
    if database.is_set_up(bound):
        with database.reading(bound) as session:
            if not the_practice(session).is_demo:
                raise Refused
            if database.schema_is_current(bound):
                document_files.discard(session)
        database.drop_everything(bound)
        database.migrate(bound)
    return make_demo(bound, every=every)


def make_demo(engine: Engine | None = None, *, every: int = 1) -> list[tuple[str, str, str]]:
    """Fill an empty database with the demo practice; its accounts as name, roles and e-mail.

    ``every`` makes a smaller practice: with 6 every sixth case. Raises Refused where there is a practice already.
    """
    bound = engine or database.engine()
    if database.is_set_up(bound):
        raise Refused
    now, today = clock.now(), clock.today(ZONE)
    rng = Random(SEED)  # noqa: S311  (the same practice each time, nothing secret)
    beginning = today - timedelta(days=today.weekday() + 7 * WEEKS)
    house = found_practice(bound, beginning)
    diary = Diary(now)
    opening.begin(diary, house, beginning, today)
    supervising.begin(diary, house, today)
    inquiring.begin(diary, house, today)
    insurance.begin(diary, house, beginning, today)
    following.begin(diary, house, today)
    sharing.begin(diary, house, today)
    bringing.begin(diary, house, today)
    correcting.begin(diary, house, today)
    leaving.begin(diary, house, beginning, today)
    story = Story(diary, house, today, rng, CASES[::every])
    story.begin()
    portal.begin(diary, house, story, today)
    portal_pages.begin(diary, house, story, today)
    library.begin(diary, house, story, today)
    minors.begin(diary, house, story, today)
    diary.live(bound)
    return [
        (f"{first} {last}", ", ".join(role.label for role in sorted(roles)), house.emails[first])
        for first, (last, _, roles, _) in STAFF.items()
    ]
