"""A word that another signs for a minor to release a private note counts while that other may sign for them."""

from datetime import date
from pathlib import Path

import pytest

from practicerunner.errors import BadInput
from practicerunner.settings import settings
from practicerunner.vocabulary import AccessScope, SignsAs, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import VerifyActing, verify_acting
from practicerunner.workflows.private_authorizations import (
    PreparePrivate,
    PrivateReleaseIsBlocked,
    RecordPrivateWord,
    prepare_private,
    record_private_word,
)
from practicerunner.workflows.private_releases import ReleasePrivate, release_private
from tests.cast import Cast, at, hold
from tests.workflows.minors import Home, consents_alone, home
from tests.workflows.private_notes import TODAY, upload, written


@pytest.fixture
def childs(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Home, int, int]:
    """Leo, a private note of his session alone, an authorisation that is prepared, and a paper."""
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    house = home(cast)
    alone = hold(cast, house.case_id, "IND50", "2026-10-12 10:00")
    with at("2026-10-12 22:00"):
        written(cast, "Marcus", alone, "Heronleo.")
    with at(TODAY):
        cast.do("Dana", verify_acting, VerifyActing(
            acts_for_id=house.acts_id, revision=1, evidence="Birth certificate"))
        made = cast.do("Marcus", prepare_private, PreparePrivate(
            case_id=house.case_id, author_id=cast.staff["Marcus"], recipient="Dr. Ruiz", purpose="care",
            appointment_ids=(alone,)))
        return house, made, upload(cast, house.case_id)


def sign(cast: Cast, childs: tuple[Home, int, int]) -> int:
    house, made, paper = childs
    return int(cast.do("Marcus", record_private_word, RecordPrivateWord(
        authorization_id=made, person_id=house.leo, signed_on=date(2026, 10, 20), expires_on=date(2027, 10, 20),
        document_id=paper, signed_by_id=house.elena, signs_as=SignsAs.PARENT)))


def test_a_parent_signs_nothing_for_a_minor_who_consents_alone(cast: Cast, childs) -> None:
    with at(TODAY):
        consents_alone(childs[0])
        with pytest.raises(BadInput, match="nobody else signs for them"):
            sign(cast, childs)


def test_a_parents_word_ends_when_the_minor_consents_alone(cast: Cast, childs) -> None:
    with at(TODAY):
        sign(cast, childs)
        consents_alone(childs[0])
        with pytest.raises(PrivateReleaseIsBlocked):
            cast.do("Marcus", release_private, ReleasePrivate(authorization_id=childs[1]))


def test_a_parents_word_ends_with_what_denies_them_the_forms(cast: Cast, childs) -> None:
    with at(TODAY):
        sign(cast, childs)
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=childs[0].acts_id, scope=AccessScope.FORMS, verdict=Verdict.DENIED,
            starts_on=date(2026, 10, 20), reason="Court order"))
        with pytest.raises(PrivateReleaseIsBlocked):
            cast.do("Marcus", release_private, ReleasePrivate(authorization_id=childs[1]))


def test_a_parents_word_stands_where_nothing_ends_it(cast: Cast, childs) -> None:
    with at(TODAY):
        sign(cast, childs)
        assert cast.do("Marcus", release_private, ReleasePrivate(authorization_id=childs[1]))
