"""A practice in which twenty people can want the same: of one provider, in one room, for one client."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import pytest

from practicerunner.vocabulary import CaseType, Role, SessionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.people import AddPerson, PersonDetails, add_person
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast, at
from tests.drills.crowd import Act, Crowd, doing

MANY = 20
NOW = "2026-09-01 08:00"
CLASHES = ("provider", "room", "client")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Drills take long."""
    for item in items:
        if "tests/drills/" in str(item.path):
            item.add_marker(pytest.mark.long)


@dataclass(frozen=True)
class Hall:
    """Who is there, place by place: twenty who clash over a provider, twenty over a room, twenty over a client."""

    cast: Cast
    everybody: Crowd
    actors: dict[str, list[Actor]]
    cases: dict[str, list[int]]
    room: int

    def place(self, clash: str) -> dict[str, Any]:
        """Where they meet: in the one room, or nowhere in particular."""
        return {"location_id": self.room} if clash == "room" else {"format": SessionFormat.VIDEO}

    def holds(self, clash: str) -> int:
        """How many holds one appointment takes there."""
        return 2 if clash == "room" else 1

    def asked(self, clash: str, place: int, day: date, at: time, kind: type[Book] = Book, **more: Any) -> Book:
        """What the one at a place asks for."""
        facts = {
            "case_id": self.cases[clash][place], "service_id": self.cast.services["IND50"], "local_date": day,
            "local_time": at,
        }
        return kind(**facts | self.place(clash) | more)

    def act(self, clash: str, place: int, verb: Any, command: Any) -> Act:
        """The act of the one at a place."""
        return doing(self.cast, self.actors[clash][place], verb, command)

    def booked(self, clash: str, place: int, day: date, at: time) -> int:
        """An appointment of the one at a place, made before the drill."""
        return int(self.act(clash, place, book, self.asked(clash, place, day, at))())


@pytest.fixture
def everybody() -> Iterator[Crowd]:
    """Twenty threads that are there for the whole drill."""
    crowd = Crowd(MANY)
    yield crowd
    crowd.leave()


@pytest.fixture
def hall(cast: Cast, everybody: Crowd) -> Iterator[Hall]:
    """The drill's practice; the clock stands still while it is there."""
    with at(NOW):
        for n in range(MANY):
            cast.staff[f"Pat{n}"] = cast.do("Dana", add_staff, AddStaff(
                first_name=f"Pat{n}", last_name="Quill", email=f"pat{n}@linden.example", roles={Role.PROVIDER}))
        room = cast.do("Dana", add_location, AddLocation(name="Blue room", is_room=True))
        wanda = cast.do("Dana", add_person, AddPerson(person=PersonDetails(first_name="Wanda", last_name="Twice")))
        pats = [cast.actor(f"Pat{n}") for n in range(MANY)]
        yield Hall(
            cast, everybody,
            {
                # Of Marcus, or of those who may book for everybody; the others each of their own provider.
                "provider": [cast.actor(("Marcus", "Tom", "Dana")[n % 3]) for n in range(MANY)],
                "room": pats, "client": pats,
            },
            {
                "provider": [cast.open_case(CaseType.INDIVIDUAL, f"Bell{n} Ek") for n in range(MANY)],
                "room": [cast.open_case(CaseType.INDIVIDUAL, f"Own{n} Ek", provider=f"Pat{n}") for n in range(MANY)],
                "client": [cast.do("Dana", open_case, OpenCase(
                    type=CaseType.INDIVIDUAL, provider_id=cast.staff[f"Pat{n}"],
                    participants=(Taking(person_id=wanda),),
                )) for n in range(MANY)],
            },
            room,
        )
