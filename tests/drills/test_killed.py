"""Killed in the middle of saving a series, thirty times: what was acknowledged is there, the rest not at all (F1)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from practicerunner.vocabulary import CaseType
from tests.cast import Cast
from tests.drills.saver import COUNT
from tests.drills.sound import broken_chain, faults, unguarded

pytestmark = pytest.mark.slow
KILLS = 30
LONGEST = 0.12
"""Seconds after which a child is dead at the latest: some series later, so that most die in the middle of one."""

HALF_SERIES = """
select s.id, count(a.id), count(distinct a.local_time), min(a.revision), max(a.revision)
from series s left join appointment a on a.series_id = s.id group by s.id
having count(a.id) <> :count or count(distinct a.local_time) <> 1 or min(a.revision) <> max(a.revision)
"""
UNLOGGED = """
select 'operations', count(*) from operation where command in ('book_series', 'change_series')
union all
select 'acts', count(*) from audit_log where action in ('book_series', 'change_series') and resource_id is null
"""


@dataclass
class Saver:
    """The process that is killed, and what it has acknowledged so far."""

    process: "subprocess.Popen[str]"
    booked: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def wait_until_ready(self) -> None:
        assert self._line() == "ready"

    def run_and_kill(self, child: int, seconds: float) -> None:
        """Let a child save, and kill it ``seconds`` after it has saved its first series."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{child}\n")
        self.process.stdin.flush()
        word, pid = self._line().split()
        assert word == "child"
        line = self._line()  # from here on it is never idle
        time.sleep(seconds)
        os.kill(int(pid), signal.SIGKILL)
        while line != "gone":
            word, made = line.split()
            {"booked": self.booked, "changed": self.changed}[word].add(int(made))
            line = self._line()


@pytest.fixture
def saver(cast: Cast) -> Iterator[Saver]:
    """Imported and ready to fork, with a case to book for."""
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Lund")
    url = cast.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    command = [url, str(case_id), str(cast.services["IND50"]), str(cast.staff["Marcus"])]
    cast.engine.dispose()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.saver", *command], cwd=Path(__file__).parents[2], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    yield Saver(process)
    assert process.stdin is not None
    process.stdin.close()
    process.kill()
    process.wait()


def missing(engine: Engine, saver: Saver) -> set[int]:
    """What was acknowledged and is not there, or not as it was acknowledged."""
    with engine.connect() as connection:
        found = dict(connection.execute(text(
            "select id, revision from appointment a where series_date = (select first_date from series s "
            "where s.id = a.series_id)"
        )).tuples().all())
    return (saver.booked - found.keys()) | {one for one in saver.changed if found.get(one) != 2}


def test_a_process_killed_while_it_saves_series_loses_none_that_was_acknowledged_and_leaves_none_half(
    cast: Cast, saver: Saver
) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    rng, engine = random.Random(seed), cast.engine
    saver.wait_until_ready()
    for child in range(KILLS):
        saver.run_and_kill(child, rng.uniform(0, LONGEST))
        with engine.connect() as connection:
            half = connection.execute(text(HALF_SERIES), {"count": COUNT}).all()
            logged = dict(connection.execute(text(UNLOGGED)).tuples().all())
        assert half == [], seed
        assert logged["operations"] == logged["acts"], seed
        assert missing(engine, saver) == set(), seed
        assert faults(engine) == {}, seed
        assert unguarded(engine) == set(), seed
        engine.dispose()  # the next who opens the file is the first, and reads what the dead one has left
    assert broken_chain(engine) is None
    assert len(saver.booked) > KILLS
