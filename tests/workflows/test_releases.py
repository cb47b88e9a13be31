"""The record of a couple or a family goes out once each adult has authorised it; one alone gets an extract."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records.audit import AuditRow
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    AuthorizationState,
    CaseType,
    Outcome,
    SignsAs,
    Verdict,
)
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.access_grid import access_grid
from practicerunner.workflows.acting import ChangeActing, change_acting
from practicerunner.workflows.cases import (
    AddParticipant,
    OpenCase,
    RemoveParticipant,
    Taking,
    add_participant,
    open_case,
    remove_participant,
)
from practicerunner.workflows.clients import case_page
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.releases import (
    DropRelease,
    PrepareRelease,
    ReleaseIsBlocked,
    WithdrawAuthorization,
    drop_release,
    prepare_release,
    releases_of_case,
    releases_waiting,
    withdraw_authorization,
)
from practicerunner.workflows.today import day
from tests.cast import Cast, at, people_of
from tests.workflows.minors import home
from tests.workflows.releasing import TODAY, authorize, blocked, couple_with, missing, prepared, taken_out
from tests.workflows.sending import named


@pytest.fixture
def couple(cast: Cast) -> int:
    return couple_with(cast)


def test_n_of_n_have_to_authorise_and_the_refusal_says_whose_word_is_missing(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    with at(TODAY):
        click = PrepareRelease(op=ids.new_operation(), case_id=couple, recipient="Dr. Ana Ruiz", purpose="care")
        release = cast.do("Marcus", prepare_release, click)
        assert cast.do("Marcus", prepare_release, click) == release
        assert blocked(cast, couple, release) == missing("Maya Rivera", "Tomas Quill")
        op = ids.new_operation()
        given = authorize(cast, release, people["Maya"], op=op)
        assert authorize(cast, release, people["Maya"], op=op) == given, "the second click"
        with pytest.raises(BadInput, match="has authorised this already"):
            authorize(cast, release, people["Maya"])
        assert blocked(cast, couple, release) == missing("Tomas Quill")
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, couple)
        other = authorize(cast, release, people["Tomas"])
        text = taken_out(cast, couple, release)
        for word in ("Togetherheron.", "Aloneheron.", "Maya Rivera, Tomas Quill"):
            assert word in text, word
        with database.reading(cast.engine) as session:
            (row,) = session.scalars(select(AuditRow).where(
                AuditRow.action == "export_record", AuditRow.outcome == Outcome.ALLOWED))
        assert f"release {release} to Dr. Ana Ruiz, authorisations {given} of Maya Rivera, {other} of Tomas Quill" in (
            row.detail)


def test_a_release_that_is_refused_waits_with_the_provider_until_the_last_word_is_there_or_nobody_needs_it(
    cast: Cast, couple: int
) -> None:
    people = people_of(cast, couple)

    def tasks(who: str = "Marcus") -> list[str]:
        return [one.sentence for one in cast.read(who, releases_waiting)]

    def on_today(who: str = "Marcus") -> list[tuple[str, bool]]:
        return [(one.sentence, one.selectors == {"case": couple, "part": "clinical"})
                for one in cast.read(who, day).waiting if one.sentence.startswith("Release waits")]

    name = cast.read("Marcus", case_page, couple).name
    with at(TODAY):
        assert tasks() == [] == on_today()
        release = prepared(cast, couple, "Dana")
        assert blocked(cast, couple, release) == missing("Maya Rivera", "Tomas Quill")
        two = f"Release waits for 2 of 2: {name}"
        assert tasks() == [two] and on_today() == [(two, True)]
        assert [tasks(who) for who in ("Dana", "Olga", "Ruth")] == [[], [], []], "the provider's alone"
        authorize(cast, release, people["Maya"])
        assert tasks() == [f"Release waits for 1 of 2: {name}"]
        given = authorize(cast, release, people["Tomas"])
        assert tasks() == [] == on_today(), "by itself"
        cast.do("Marcus", withdraw_authorization, WithdrawAuthorization(authorization_id=given))
        assert tasks() == [f"Release waits for 1 of 2: {name}"]
        authorize(cast, release, people["Tomas"])
        taken_out(cast, couple, release)
        with pytest.raises(RuleViolation, match="gone out by this release"):
            cast.do("Marcus", drop_release, DropRelease(release_id=release))
    with at("2027-12-01 09:00"):
        assert tasks() == [], "it went out, though the words have ended meanwhile"
        second = prepared(cast, couple)
        assert tasks() == [two]
        with pytest.raises(NotFound):
            cast.do("Olga", drop_release, DropRelease(release_id=second))
        for _ in range(2):
            cast.do("Marcus", drop_release, DropRelease(release_id=second))
        assert tasks() == []
        assert [one.release_id for one in cast.read("Marcus", releases_of_case, couple).releases] == [release]
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, couple, second)


def test_an_authorisation_is_for_one_recipient_and_one_case(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    with at(TODAY):
        release = prepared(cast, couple)
        for person_id in people.values():
            authorize(cast, release, person_id)
        second = prepared(cast, couple, recipient="", to_person_id=people["Maya"])
        assert blocked(cast, couple, second) == missing("Maya Rivera", "Tomas Quill")
        decoy = cast.open_case(CaseType.TWO_PERSON, "Ida Holm", "Per Holm")
        with pytest.raises(ReleaseIsBlocked):
            taken_out(cast, decoy, release)
        with pytest.raises(BadInput):
            authorize(cast, second, people_of(cast, decoy)["Ida"])
        with pytest.raises(BadInput, match="whose record it is"):
            prepared(cast, couple, to_person_id=people_of(cast, decoy)["Ida"])
        with pytest.raises(BadInput, match="to whom"):
            prepared(cast, couple, recipient=" ")
        shown = cast.read("Marcus", releases_of_case, couple)
        assert [one.recipient for one in shown.releases] == ["Maya Rivera", "Dr. Ana Ruiz"]


def test_what_has_expired_or_was_taken_back_counts_no_more(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    with at(TODAY):
        release = prepared(cast, couple)
        authorize(cast, release, people["Maya"], expires_on=date(2026, 10, 25))
        given = authorize(cast, release, people["Tomas"])
        for more in ({"expires_on": date(2026, 10, 19)}, {"signed_on": date(2026, 10, 21)}):
            with pytest.raises(BadInput):
                authorize(cast, release, people["Maya"], **more)
    with at("2026-10-25 23:59"):
        taken_out(cast, couple, release)
    with at("2026-10-26 00:00"):
        assert blocked(cast, couple, release) == missing("Maya Rivera")
        authorize(cast, release, people["Maya"], signed_on=date(2026, 10, 26))
        taken_out(cast, couple, release)
        for _ in range(2):
            cast.do("Marcus", withdraw_authorization, WithdrawAuthorization(authorization_id=given))
        assert blocked(cast, couple, release) == missing("Tomas Quill")
        words = cast.read("Marcus", releases_of_case, couple).releases[0].words
        assert [word.state for word in words] == [AuthorizationState.AUTHORIZED, AuthorizationState.WITHDRAWN]


def test_who_has_left_and_who_joins_later_counts_too(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        family = cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima", "Cy Lima")
        people = people_of(cast, family)
        cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=family, person_id=people["Bo"], left_on=date(2026, 10, 1)))
    with at(TODAY):
        release = prepared(cast, family)
        authorize(cast, release, people["Ana"])
        authorize(cast, release, people["Cy"])
        assert blocked(cast, family, release) == missing("Bo Lima"), "the record is about them too"
        authorize(cast, release, people["Bo"])
        taken_out(cast, family, release)
        cast.do("Marcus", add_participant, AddParticipant(
            case_id=family, joined_on=date(2026, 10, 20),
            participant=Taking(person=PersonDetails(first_name="Dee", last_name="Lima"))))
        assert blocked(cast, family, release) == missing("Dee Lima")


def test_from_the_eighteenth_birthday_on_somebody_s_own_word_is_needed(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        family = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], participants=(
                Taking(person=PersonDetails(first_name="Ana", last_name="Lima", birth_date=date(1980, 1, 1))),
                Taking(person=PersonDetails(first_name="Cy", last_name="Lima", birth_date=date(2008, 12, 1))))))
    people = people_of(cast, family)
    named(cast, people["Cy"], people["Ana"])
    with at("2026-11-30 23:59"):
        release = prepared(cast, family)
        with pytest.raises(BadInput, match="whose authorisation is needed"):
            authorize(cast, release, people["Cy"])
        authorize(cast, release, people["Ana"])
        taken_out(cast, family, release)
    with at("2026-12-01 00:00"):
        assert blocked(cast, family, release) == missing("Cy Lima")
        told = {"signed_by_id": people["Ana"], "authority": "Birth certificate"}
        with pytest.raises(BadInput, match="At 18 a parent no longer signs"):
            authorize(cast, release, people["Cy"], signs_as=SignsAs.PARENT, **told)
        authorize(cast, release, people["Cy"])
        taken_out(cast, family, release)


def test_where_there_is_no_adult_whoever_signs_for_each_child_authorises_and_only_until_they_are_of_age(
    cast: Cast
) -> None:
    with at("2026-10-01 09:00"):
        twins = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], participants=tuple(
                Taking(person=PersonDetails(first_name=name, last_name="Lima", birth_date=born))
                for name, born in (("Cy", date(2008, 12, 1)), ("Di", date(2012, 5, 1))))))
        people = people_of(cast, twins)
        ana = named(cast, people["Cy"], PersonDetails(first_name="Ana", last_name="Lima"), ActingKind.GUARDIAN)
        named(cast, people["Di"], ana)
    with at("2026-11-30 12:00"):
        release = prepared(cast, twins)
        shown = cast.read("Marcus", releases_of_case, twins).releases[0]
        with pytest.raises(BadInput, match="cannot agree alone"):
            authorize(cast, release, people["Cy"])
        for word, signs_as in zip(shown.words, (SignsAs.GUARDIAN, SignsAs.PARENT), strict=True):
            assert {key: (one.name, one.signs_as) for key, one in word.signers.items()} == {ana: ("Ana Lima", signs_as)}
            authorize(cast, release, word.person_id, signed_by_id=ana, signs_as=signs_as, authority="Seen")
        taken_out(cast, twins, release)
    with at("2026-12-01 00:00"):
        assert blocked(cast, twins, release) == missing("Cy Lima")
        acts = next(row for row in cast.read("Dana", access_grid, twins).rows if row.client_id == people["Cy"])
        for signs_as, said in ((SignsAs.GUARDIAN, "decided anew"), (SignsAs.LEGAL_REPRESENTATIVE, "18th birthday")):
            cast.do("Dana", change_acting, ChangeActing(
                acts_for_id=acts.acts_for_id, revision=acts.revision + (signs_as is not SignsAs.GUARDIAN),
                kind=ActingKind(signs_as), starts_on=acts.starts_on))
            with pytest.raises(BadInput, match=said):
                authorize(cast, release, people["Cy"], signed_by_id=ana, signs_as=signs_as, authority="Seen",
                          signed_on=date(2026, 11, 30))


def test_a_denied_parent_and_a_minor_sibling_authorise_nothing_for_a_child(cast: Cast) -> None:
    house = home(cast)
    with at("2026-10-01 09:00"):
        family = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], participants=(
                Taking(person_id=house.leo), Taking(person=PersonDetails(
                    first_name="Mia", last_name="Castellano", birth_date=date(2013, 1, 1))))))
    with at(TODAY):
        mia, release = people_of(cast, family)["Mia"], prepared(cast, family)

        def signers() -> list[int]:
            words = cast.read("Marcus", releases_of_case, family).releases[0].words
            return next(list(word.signers) for word in words if word.person_id == house.leo)

        told = {"signs_as": SignsAs.PARENT, "authority": "Birth certificate"}
        named(cast, house.leo, mia, ActingKind.GUARDIAN)
        assert signers() == [house.elena], "no minor"
        with pytest.raises(BadInput, match="under 18"):
            authorize(cast, release, house.leo, signed_by_id=mia, **told | {"signs_as": SignsAs.GUARDIAN})
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=house.acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED, starts_on=date(2026, 10, 20),
            reason="court order"))
        assert signers() == []
        with pytest.raises(BadInput, match="a denial wins"):
            authorize(cast, release, house.leo, signed_by_id=house.elena, **told)
