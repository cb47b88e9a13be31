"""A clock that stands at the same afternoon for every test of the reports."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from practicerunner import clock
from practicerunner.reports import replica
from tests.reports.building import Story


@pytest.fixture(autouse=True)
def _no_replica_outlives_its_test() -> Iterator[None]:
    yield
    replica._replicas.clear()


@pytest.fixture
def story(engine: Engine) -> Iterator[Story]:
    """A practice on Thursday 12 November 2026, four in the afternoon in New York."""
    with clock.frozen(datetime(2026, 11, 12, 21, tzinfo=UTC)):
        yield Story(engine)
