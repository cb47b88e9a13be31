"""Acting from a page: who acts is looked up again at the moment of the act."""

import pytest
from sqlalchemy import Engine

from practicerunner import database
from practicerunner.records.staff import Staff
from practicerunner.ui import identity, perform
from practicerunner.vocabulary import Role
from practicerunner.workflows.practice import AddLocation, add_location, location_list
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests.cast import Cast, bring_on


@pytest.fixture
def cast(sqlite_engine: Engine) -> Cast:
    return bring_on(sqlite_engine)


def test_a_role_that_was_taken_away_while_a_dialog_was_open_is_gone_at_the_next_click(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.reading(cast.engine) as session:
        dana = session.get_one(Staff, cast.staff["Dana"])
        tom = session.get_one(Staff, cast.staff["Tom"])
        revision, toms = dana.revision, tom.revision
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=cast.staff["Tom"], revision=toms, first_name="Tom", last_name="Alvarez", email="tom@linden.example",
        roles=frozenset({Role.OWNER})))
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Dana"])
    before = cast.actor("Dana")
    told: list[str] = []

    def tell(_: str, sentence: str) -> None:
        told.append(sentence)

    done, _ = perform.perform(add_location, before, lambda: AddLocation(name="First"), show=tell)
    assert done
    cast.do("Tom", change_staff, ChangeStaff(
        staff_id=cast.staff["Dana"], revision=revision, first_name="Dana", last_name="Okafor",
        email="dana@linden.example", roles=frozenset({Role.PROVIDER})))
    done, _ = perform.perform(add_location, before, lambda: AddLocation(name="Second"), show=tell)
    assert not done
    assert told == ["Your role does not allow this."]
    assert {place.name for place in cast.read("Tom", location_list)} == {"Office", "First"}


def test_somebody_else_at_the_same_screen_does_not_act_for_who_was_there(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = cast.actor("Dana")
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    told: list[str] = []
    done, _ = perform.perform(add_location, dana, lambda: AddLocation(name="X"), show=lambda _, s: told.append(s))
    assert not done
    assert told == ["You are signed out. Reload the page to sign in."]
