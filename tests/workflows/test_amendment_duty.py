"""With whom a request to amend stands once its provider has left, or where nobody could decide about it."""

import pytest

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.addenda import Addendum
from practicerunner.records.cases import Case
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import CaseType, Role
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.amendment_answers import (
    AcceptAmendment,
    NoSupervisor,
    accept_amendment,
    deny_amendment,
)
from practicerunner.workflows.amendment_lists import amendments_due, amendments_of_case
from practicerunner.workflows.amendment_papers import denial_pdf
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.note_pages import NotePage, note_page
from practicerunner.workflows.own_records import SetOwnRecord, set_own_record
from practicerunner.workflows.reviews import CosignNote, cosign_note
from practicerunner.workflows.today import day
from tests.cast import Cast, at, people_of
from tests.workflows.amending import alone_with, asked, deny, on_paper, page, seen, waits
from tests.workflows.supervising import assign, change
from tests.workflows.writing import fill, session_of, sign, start

LATER = "2027-01-05 09:00"
NOOR = "Request to amend the record of Noor Haddad: due 1 March 2027"
NOBODY = "Nobody answers the request to amend of Noor Haddad: due 1 March 2027; Marcus Bell has left"


@pytest.fixture
def alone(cast: Cast) -> dict[str, int]:
    return alone_with(cast)


def to_find(cast: Cast, who: str, on: str = LATER) -> list[str]:
    """What stands on somebody's Today because nobody answers it; it leads to the case."""
    with at(on):
        return [one.sentence for one in cast.read(who, day).waiting
                if one.page == "case" and "to amend" in one.sentence]


def give(cast: Cast, case_id: int, to: str, supervisor: str = "") -> None:
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, case_id)
        asked_for = ChangeCase(
            case_id=case.id, revision=case.revision, name=case.name, label=case.label, status=case.status,
            provider_id=cast.staff[to], supervisor_id=cast.staff.get(supervisor))
    cast.do("Dana", change_case, asked_for)


def note(cast: Cast, who: str, note_id: int) -> NotePage:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        found = note_page(session, actor, note_id)
    assert isinstance(found, NotePage)
    return found


def own(cast: Cast, who: str, person_id: int | None) -> None:
    with database.reading(cast.engine) as session:
        revision = session.get_one(Staff, cast.staff[who]).revision
    cast.do("Dana", set_own_record, SetOwnRecord(staff_id=cast.staff[who], revision=revision, person_id=person_id))


def test_once_the_provider_has_left_an_owner_finds_who_answers_and_the_successor_does(
    cast: Cast, alone: dict[str, int]
) -> None:
    made = asked(cast, alone["case"], alone["noor"], note_id=alone["note"])
    assert to_find(cast, "Dana") == []
    with at(LATER):
        change(cast, "Marcus", active=False)
        (line,) = cast.read("Dana", amendments_due)
        assert (line.is_mine, line.can_open, line.decided_by) == (False, False, "")
        for who in ("Dana", "Tom"):
            (shown,) = cast.read(who, amendments_of_case, alone["case"]).lines
            assert shown.remedy == (
                "Marcus Bell has left. An owner names another provider, who then answers the request.")
        with pytest.raises(NotFound):
            seen(cast, "Dana", made)
    assert to_find(cast, "Dana", "2027-02-28 09:00") == [NOBODY]
    for stranger in ("Olga", "Tom", "Priya", "Ruth"):
        assert to_find(cast, stranger) == waits(cast, stranger, LATER) == []
    with at(LATER):
        give(cast, alone["case"], "Olga")
        assert page(cast, "Olga", made).line.decided_by == "Olga Outsider"
    assert waits(cast, "Olga", LATER) == [(NOOR, False)]
    assert to_find(cast, "Dana") == []
    with at(LATER):
        assert note(cast, "Olga", alone["note"]).may_amend
        cast.do("Olga", add_addendum, AddAddendum(
            note_id=alone["note"], reason="as she asked", text="She lives with her sister."))
        (change_id,) = page(cast, "Olga", made).changes
        cast.do("Olga", accept_amendment, AcceptAmendment(
            amendment_id=made, revision=1, answer="She lives with her sister.", addendum_ids=(change_id,)))
        with database.reading(cast.engine) as session:
            added = session.get_one(Addendum, change_id)
        assert (added.staff_id, added.name, added.credentials) == (cast.staff["Olga"], "Olga Outsider", "LMFT")
        assert note(cast, "Olga", alone["note"]).addenda[0].name == "Olga Outsider, LMFT"


def test_while_the_author_works_here_nobody_else_writes_beneath_their_note(
    cast: Cast, alone: dict[str, int]
) -> None:
    with at(LATER):
        give(cast, alone["case"], "Olga", supervisor="Ruth")
        more = AddAddendum(note_id=alone["note"], reason="correction", text="Two live there.")
        for who in ("Olga", "Ruth"):
            with pytest.raises(NotFound):
                cast.do(who, add_addendum, more.model_copy(update={"op": who}))
        assert not note(cast, "Olga", alone["note"]).may_amend
        change(cast, "Marcus", roles=frozenset({Role.ADMIN}))
        for who in ("Priya", "Dana", "Marcus"):
            with pytest.raises((NotFound, NotPermitted)):
                cast.do(who, add_addendum, more.model_copy(update={"op": f"{who} later"}))
        assert note(cast, "Ruth", alone["note"]).may_amend
        for who in ("Olga", "Ruth"):
            cast.do(who, add_addendum, more.model_copy(update={"op": f"{who} later"}))
        assert [one.name for one in note(cast, "Olga", alone["note"]).addenda] == [
            "Olga Outsider, LMFT", "Ruth Feldman, LMFT"]


def test_an_associate_who_succeeds_has_the_addendum_co_signed(cast: Cast, alone: dict[str, int]) -> None:
    with at(LATER):
        give(cast, alone["case"], "Priya")
        change(cast, "Marcus", active=False)
        cast.do("Priya", add_addendum, AddAddendum(note_id=alone["note"], reason="correction", text="Two live there."))
        assert note(cast, "Priya", alone["note"]).addenda[0].awaits == "Ruth Feldman"


def test_once_an_associate_has_left_their_supervisor_decides_and_prints_the_letter(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
    made = asked(cast, case_id, people_of(cast, case_id)["Iris"], who="Priya")
    said = "Request to amend the record of Iris Vale: due 1 March 2027"
    with at(LATER):
        change(cast, "Priya", active=False)
    assert waits(cast, "Ruth", LATER) == [(said, False)]
    assert to_find(cast, "Dana") == [f"{said}; Priya Nair has left"], "the case needs another provider all the same"
    with at(LATER):
        found = page(cast, "Ruth", made)
        assert (found.may_decide, found.line.decided_by) == (True, "Ruth Feldman")
        cast.do("Ruth", deny_amendment, deny(made))
        assert page(cast, "Ruth", made).may_print
        assert "Ruth Feldman" in on_paper(cast, denial_pdf, made, who="Ruth")
    assert to_find(cast, "Dana") == []


def test_where_an_associate_has_no_supervisor_an_owner_names_one(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
    made = asked(cast, case_id, people_of(cast, case_id)["Iris"], who="Priya")
    said = "Request to amend the record of Iris Vale: due 1 March 2027"
    with at(LATER):
        change(cast, "Ruth", active=False)
        found = page(cast, "Priya", made)
        assert (found.may_decide, found.may_answer, found.line.decided_by) == (False, True, "")
        assert found.line.remedy == (
            "Nobody can decide about this: Priya Nair signs nothing alone, and has no supervisor who could. An owner "
            "names one on the staff page, who then decides.")
        with pytest.raises(NoSupervisor):
            cast.do("Priya", deny_amendment, deny(made))
    assert waits(cast, "Priya", LATER) == [(said, False)]
    assert to_find(cast, "Dana") == [
        "Nobody answers the request to amend of Iris Vale: due 1 March 2027; Priya Nair has no supervisor"]
    with at(LATER):
        change(cast, "Olga", roles=frozenset({Role.PROVIDER, Role.SUPERVISOR}))
        assign(cast, "Priya", "Olga", "2027-01-05")
    assert waits(cast, "Olga", LATER) == [(said, False)]
    assert to_find(cast, "Dana") == []
    with at(LATER):
        cast.do("Olga", deny_amendment, deny(made))


def test_the_author_who_stood_in_decides_once_the_provider_has_left(cast: Cast, alone: dict[str, int]) -> None:
    made = asked(cast, alone["case"], alone["noor"], note_id=alone["note"])
    with at(LATER):
        give(cast, alone["case"], "Olga")
        change(cast, "Olga", active=False)
    assert waits(cast, "Marcus", LATER) == [(NOOR, False)]
    assert to_find(cast, "Dana") == [f"{NOOR}; Olga Outsider has left"]
    with at(LATER):
        assert page(cast, "Marcus", made).line.decided_by == "Marcus Bell"
        cast.do("Marcus", deny_amendment, deny(made))


def test_a_provider_who_works_here_and_may_not_answer_is_not_said_to_have_left(
    cast: Cast, alone: dict[str, int]
) -> None:
    asked(cast, alone["case"], alone["noor"])
    with at(LATER):
        own(cast, "Marcus", alone["noor"])
        (line,) = cast.read("Dana", amendments_of_case, alone["case"]).lines
        assert line.remedy == (
            "Marcus Bell may not answer this one. An owner names another provider, who then answers the request.")
        assert cast.read("Tom", amendments_of_case, alone["case"]).lines[0].remedy == line.remedy
    assert waits(cast, "Marcus", LATER) == []
    assert to_find(cast, "Dana") == [NOBODY.replace("has left", "may not answer this one")]
    with at(LATER):
        own(cast, "Marcus", None)
        change(cast, "Marcus", roles=frozenset({Role.ADMIN}))
    assert to_find(cast, "Dana") == [NOBODY.replace("has left", "treats nobody any more")]


def test_once_the_provider_has_left_the_author_s_supervisor_decides_where_they_sign_nothing_alone(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast)
    with at("2026-10-12 22:00"):
        give(cast, case_id, "Priya")
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        sign(cast, "Priya", note_id)
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
        give(cast, case_id, "Marcus")
    made = asked(cast, case_id, next(iter(people_of(cast, case_id).values())), note_id=note_id)
    assert waits(cast, "Ruth", LATER) == waits(cast, "Priya", LATER) == [], "it is its provider's while they work here"
    with at(LATER):
        change(cast, "Marcus", active=False)
        for who in ("Ruth", "Priya"):
            (line,) = cast.read(who, amendments_due)
            assert (line.amendment_id, line.decided_by, line.is_mine) == (made, "Ruth Feldman", True)
        assert page(cast, "Ruth", made).may_decide
    assert len(waits(cast, "Ruth", LATER)) == len(waits(cast, "Priya", LATER)) == 1
    assert waits(cast, "Olga", LATER) == []
    with at(LATER):
        cast.do("Ruth", deny_amendment, deny(made))


def test_nothing_about_themselves_stands_with_staff_who_are_clients(cast: Cast, alone: dict[str, int]) -> None:
    made = asked(cast, alone["case"], alone["noor"])
    with at(LATER):
        give(cast, alone["case"], "Marcus", supervisor="Ruth")
        change(cast, "Marcus", active=False)
    assert waits(cast, "Ruth", LATER) == [(NOOR, False)]
    with at(LATER):
        own(cast, "Ruth", alone["noor"])
        for who in ("Ruth",):
            with pytest.raises(NotPermitted, match="about yourself"):
                seen(cast, who, made)
    assert waits(cast, "Ruth", LATER) == []
    assert to_find(cast, "Dana") == [NOBODY]
    with at(LATER):
        (line,) = cast.read("Dana", amendments_due)
        assert line.decided_by == "", "she is no decider of her own request"
        own(cast, "Ruth", None)
        own(cast, "Dana", alone["noor"])
    assert to_find(cast, "Dana") == []
