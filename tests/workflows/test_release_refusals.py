"""Who takes the record of several people out and who does not, what a refusal leaves, and the extract of one."""


import pytest
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.releases import ReleaseRefused
from practicerunner.vocabulary import (
    ActingKind,
    CaseType,
    Outcome,
    Role,
    SignsAs,
)
from practicerunner.workflows.record_exports import WhoseRecord, record_choices
from practicerunner.workflows.releases import (
    CaseReleases,
    DropRefused,
    DropRelease,
    NoOneRecord,
    ReleaseIsBlocked,
    WithdrawAuthorization,
    drop_refused,
    drop_release,
    releases_of_case,
    releases_waiting,
    withdraw_authorization,
)
from tests.cast import Cast, at, people_of
from tests.workflows.releasing import TODAY, authorize, couple_with, prepared, taken_out
from tests.workflows.sending import complete, filled, named, send
from tests.workflows.supervising import change
from tests.workflows.test_amendment_duty import own


@pytest.fixture
def couple(cast: Cast) -> int:
    return couple_with(cast)


def test_one_of_them_alone_gets_an_extract_that_names_nobody_else(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    with at(TODAY):
        assert cast.read("Marcus", record_choices, couple) == {
            None: "Maya Rivera & Tom Quill", people["Maya"]: "Maya Rivera", people["Tomas"]: "Tomas Quill"}
        text = taken_out(cast, couple, person_id=people["Maya"])
        for word in ("Aloneheron. [name removed] was not told; [name removed]'s bill waits.", "Maya Rivera",
                     "An extract", "Consent"):
            assert word in text, word
        for word in ("Togetherheron", "Tom", "Quill"):
            assert word not in text, word
        his = taken_out(cast, couple, person_id=people["Tomas"])
        assert "Tomas Quill" in his
        for word in ("Togetherheron", "Aloneheron", "Maya", "Rivera"):
            assert word not in his, word
        (sent,) = send(cast, couple, "consent", to="Maya")
        named(cast, people["Maya"], people["Tomas"], ActingKind.HEALTH_CARE_AGENT)
        complete(cast, sent, filled("consent", signature="Tomas Quill"), signed_by_id=people["Tomas"],
                 signs_as=SignsAs.HEALTH_CARE_AGENT, authority="Seen what Tomas Quill brought")
        text = taken_out(cast, couple, person_id=people["Maya"])
        assert "[name removed], health care agent of Maya Rivera" in text
        assert "Seen what [name removed] brought" in text
        assert "Marcus Bell" in text and not any(word in text for word in ("Tom", "Quill"))
        stranger = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad"))["Noor"]
        with pytest.raises(NotFound):
            taken_out(cast, couple, person_id=stranger)


def test_who_may_release_and_who_may_not(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    with at(TODAY):
        release = prepared(cast, couple)
        given = [authorize(cast, release, person_id) for person_id in people.values()]
        for who, refusal in (("Tom", NotPermitted), ("Olga", NotFound), ("Ruth", NotFound), ("Priya", (
                NotFound, NotPermitted))):
            for attempt in (
                lambda who=who: prepared(cast, couple, who), lambda who=who: taken_out(cast, couple, release, who=who),
                lambda who=who: authorize(cast, release, people["Maya"], who),
                lambda who=who: taken_out(cast, couple, person_id=people["Maya"], who=who),
                lambda who=who: cast.do(who, withdraw_authorization, WithdrawAuthorization(authorization_id=given[0])),
            ):
                with pytest.raises(refusal):
                    attempt()
        assert cast.read("Tom", releases_of_case, couple) is None
        with pytest.raises(NotFound):
            cast.read("Olga", releases_of_case, couple)
        assert isinstance(cast.read("Dana", releases_of_case, couple), CaseReleases)
        assert "Togetherheron" not in taken_out(cast, couple, release, who="Dana"), "no clinical word for an owner"
        for unknown in (lambda: authorize(cast, 4711, people["Maya"]), lambda: cast.do(
                "Marcus", withdraw_authorization, WithdrawAuthorization(authorization_id=4711))):
            with pytest.raises(NotFound):
                unknown()


def test_a_refusal_without_a_release_leaves_a_task_for_the_provider(cast: Cast, couple: int) -> None:
    def waits(who: str = "Marcus") -> list[str]:
        return [one.sentence for one in cast.read(who, releases_waiting)]

    with at(TODAY):
        for _ in range(2):
            with pytest.raises(ReleaseIsBlocked):
                taken_out(cast, couple, who="Dana")
        assert waits() == ["Record asked for without a release: Maya Rivera & Tom Quill"]
        assert waits("Dana") == waits("Olga") == []
        assert cast.read("Marcus", releases_of_case, couple).refused == (
            "Dana Okafor asked for the record on 20 October 2026 and was refused: nobody had authorised that.",)
        with pytest.raises(NotFound):
            taken_out(cast, couple, who="Olga")
        assert len(cast.read("Marcus", releases_of_case, couple).refused) == 1, "a stranger asks for nothing"
        with database.reading(cast.engine) as session:
            logged = session.execute(select(AuditRow.staff_id, AuditRow.outcome).where(
                AuditRow.action == "export_record").order_by(AuditRow.seq)).all()
            kept = list(session.scalars(select(ReleaseRefused.asked_by_id)))
        assert logged == [(cast.staff["Dana"], Outcome.REFUSED)] * 2, "each click stands in the log"
        assert kept == [cast.staff["Dana"]]
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, couple)
    with at("2026-10-20 23:59"), pytest.raises(ReleaseIsBlocked):
        taken_out(cast, couple)
    with at("2026-10-21 00:01"):
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, couple)
        assert [one[:35] for one in cast.read("Marcus", releases_of_case, couple).refused] == [
            "Dana Okafor asked for the record on", "Marcus Bell asked for the record on",
            "Marcus Bell asked for the record on"], "one of each person and day"
    with at("2026-10-21 09:00"):
        release = prepared(cast, couple)
        assert waits() == ["Release waits for 2 of 2: Maya Rivera & Tom Quill"]
        with pytest.raises(ReleaseIsBlocked, match="Missing: Maya Rivera, Tomas Quill"):
            taken_out(cast, couple, release)
        assert len(waits()) == 1, "what is prepared is the task"
        cast.do("Marcus", drop_release, DropRelease(release_id=release))
        assert waits() == []
    with at("2026-10-22 09:00"):
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, couple, release)
        assert len(waits()) == 1, "a release that was dropped is none"
        with pytest.raises(NotFound):
            cast.do("Olga", drop_refused, DropRefused(case_id=couple))
        click = DropRefused(op=ids.new_operation(), case_id=couple)
        assert cast.do("Marcus", drop_refused, click) == cast.do("Marcus", drop_refused, click) == couple
        assert waits() == []
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, couple)
        change(cast, "Marcus", active=False)
        assert waits("Dana") == ["Record asked for without a release: Maya Rivera & Tom Quill"], "nobody else is left"
        assert waits("Ruth") == []


def test_what_the_provider_of_a_case_cannot_hand_out_stands_with_an_owner(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    refused, waiting = "Record asked for without a release: ", "Release waits for 2 of 2: "
    with at("2026-10-01 09:00"):
        of_priya = cast.open_case(CaseType.TWO_PERSON, "Eve Moss", "Al Ray", provider="Priya")
    with at(TODAY):
        for case_id in (couple, of_priya):
            with pytest.raises(ReleaseIsBlocked):
                taken_out(cast, case_id, who="Dana")

        def waits(who: str) -> list[str]:
            return [one.sentence for one in cast.read(who, releases_waiting)]

        assert waits("Dana") == [f"{refused}Eve Moss & Al Ray"], "an associate takes no record out"
        assert waits("Priya") == waits("Ruth") == []
        assert waits("Marcus") == [f"{refused}Maya Rivera & Tom Quill"]
        cast.do("Dana", drop_refused, DropRefused(case_id=of_priya))
        assert waits("Dana") == []
        own(cast, "Marcus", people["Maya"])
        assert (waits("Dana"), waits("Marcus")) == ([f"{refused}Maya Rivera & Tom Quill"], [])
        own(cast, "Dana", people["Tomas"])
        assert waits("Dana") == [], "it is about an owner, too"
        own(cast, "Dana", None)
        own(cast, "Marcus", None)
        assert (waits("Dana"), len(waits("Marcus"))) == ([], 1)
        change(cast, "Marcus", roles=frozenset({Role.ADMIN}))
        assert (waits("Dana"), waits("Marcus")) == ([f"{refused}Maya Rivera & Tom Quill"], [])
        release = prepared(cast, couple, "Dana")
    with at("2026-10-21 09:00"):
        assert waits("Dana") == [f"{waiting}Maya Rivera & Tom Quill"]
        cast.do("Dana", drop_release, DropRelease(release_id=release))
        assert waits("Dana") == []


def test_a_group_and_a_case_of_one_have_no_release(cast: Cast) -> None:
    with at(TODAY):
        for case_type, names, name in ((CaseType.INDIVIDUAL, ("Noor Haddad",), ""),
                                       (CaseType.THERAPY_GROUP, ("Eve Moss", "Al Ray"), "Circle")):
            case_id = cast.open_case(case_type, *names, name=name)
            with pytest.raises(NoOneRecord):
                prepared(cast, case_id)
            assert cast.read("Marcus", releases_of_case, case_id) is None
            with pytest.raises(WhoseRecord):
                taken_out(cast, case_id, person_id=people_of(cast, case_id)["Noor"] if not name else None)
