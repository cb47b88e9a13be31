"""Good faith estimates: prepared, shared once and for good, refused where claims are made."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.estimates import EstimateDraft
from practicerunner.vocabulary import (
    CaseType,
    MendAt,
    ShareChannel,
)
from practicerunner.workflows.estimate_pages import estimate_block, estimate_pdf, estimate_preview
from practicerunner.workflows.estimate_papers import EstimateNotComplete
from practicerunner.workflows.estimate_watch import estimate_watch
from practicerunner.workflows.estimates import (
    AlreadyReplaced,
    ClaimsAreMade,
    DiscardDraft,
    ItemAsked,
    RequestEstimate,
    SetClaims,
    ShareAgain,
    discard_estimate,
    request_estimate,
    set_claims,
    share_estimate_again,
)
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from tests.cast import Cast, at
from tests.documents.papers import lines as lines_of
from tests.insurance import change, complete, diagnose, logged
from tests.workflows.estimating import PLACE, draft, due, meet, omar_of, sessions, share, shared


@pytest.fixture
def omar(cast: Cast) -> tuple[Cast, int, int]:
    return omar_of(cast)


# --- what it says


def test_the_paper_has_all_that_the_rule_asks_for(omar) -> None:
    cast, case_id, person = omar
    diagnose(cast, case_id, person, "F41.1", since="2026-10-01")
    intake = ItemAsked(service_id=cast.services["INTAKE"], quantity=1, first_on=date(2026, 10, 30))
    estimate = shared(cast, case_id, person, intake, sessions(cast), separately="A test by another provider")
    name, media_type, pdf = logged(cast, "Tom", estimate_pdf, estimate)
    assert (name, media_type) == ("GFE-2026-0001.pdf", "application/pdf")
    words = " ".join(" ".join(lines_of(pdf)).split())
    for wanted in (
        "Good faith estimate", "GFE-2026-0001", "Issued 20 October 2026", "Omar Reyes", "12 April 1988",
        "INTAKE, 30 October 2026", "F41.1", "Marcus Bell, LMFT · NPI 2100000035", "Tax ID 14-1234567", PLACE,
        "INTAKE X0791 30 October 2026 1 225.00 225.00", "10 165.00 1,650.00", "every week", "USD 1,875.00",
        "A test by another provider", "Separate good faith estimates are issued on request",
        "must be scheduled or requested separately and are not reflected", "is only an estimate",
        "patient-provider dispute resolution process", "will not adversely affect the quality of health care",
        "is not a contract and does not require you to obtain", "If special circumstances occur",
        "www.cms.gov/nosurprises", "1-800-985-3059", "Version 1",
    ):
        assert wanted in words, wanted


def test_a_diagnosis_may_be_blank_before_there_is_one(omar) -> None:
    cast, case_id, person = omar
    words = " ".join(lines_of(logged(cast, "Tom", estimate_pdf, shared(cast, case_id, person))[2]))
    assert "None has been made at this time" in words


# --- what is missing, what is refused


@pytest.mark.parametrize(("facts", "sentence", "mend_at"), [
    ({"staff": {"npi": ""}}, "Marcus Bell has no NPI.", MendAt.STAFF),
    ({"person": {"birth_date": None}}, "Omar Reyes has no date of birth.", MendAt.PERSON),
    ({"place": " "}, "Say where the services are given.", MendAt.HERE),
])
def test_what_is_missing_keeps_it_from_being_shared(
    omar, facts: dict[str, Any], sentence: str, mend_at: MendAt
) -> None:
    cast, case_id, person = omar
    if "staff" in facts:
        change(cast, "Marcus", **facts["staff"])
    if "person" in facts:
        known, revision = cast.read("Dana", person_details, person)
        cast.do("Dana", change_person, ChangePerson(
            person_id=person, revision=revision, person=known.model_copy(update=facts["person"])))
    place = facts.get("place", PLACE)
    found = cast.read("Tom", estimate_preview, case_id, person, [sessions(cast)], place)
    assert [(one.sentence, one.mend_at) for one in found.missing] == [(sentence, mend_at)]
    with pytest.raises(EstimateNotComplete, match=sentence):
        share(cast, draft(cast, case_id, person, place=place))


@pytest.mark.parametrize(("items", "sentence"), [
    ({"last": "2027-11-02"}, "at most 12 months"), ({"last": "2027-12-02"}, "at most 12 months"),
    ({"first": "2027-02-01"}, "before its first day"), ({"service": "CONS60"}, "that this kind of case can book"),
])
def test_what_one_estimate_cannot_hold_is_said_at_its_services(omar, items: dict[str, str], sentence: str) -> None:
    cast, case_id, person = omar
    with pytest.raises(BadInput, match=sentence) as refusal:
        draft(cast, case_id, person, sessions(cast, **items))  # type: ignore[arg-type]
    assert refusal.value.field == "items"


def test_twelve_months_to_the_day_fit(omar) -> None:
    cast, case_id, person = omar
    assert shared(cast, case_id, person, sessions(cast, last="2027-11-01"))


def test_where_claims_are_made_there_is_none(omar) -> None:
    cast, case_id, person = omar
    meet(cast, case_id, "2026-11-02")
    waiting = draft(cast, case_id, person)
    cast.do("Tom", set_claims, SetClaims(case_id=case_id, claims=True))
    assert cast.read("Tom", estimate_block, case_id).claims
    assert due(cast) == []
    for act in (lambda: draft(cast, case_id, person, revision=1), lambda: share(cast, waiting)):
        with pytest.raises(ClaimsAreMade):
            act()
    cast.do("Tom", set_claims, SetClaims(case_id=case_id, claims=False))
    assert len(due(cast)) == 1
    assert share(cast, waiting)


def test_claims_of_one_client_are_nothing_to_another(omar) -> None:
    cast, case_id, _ = omar
    with at("2026-10-12 09:00"):
        other = cast.open_case(CaseType.INDIVIDUAL, "Nia Decoy")
    meet(cast, case_id, "2026-11-02")
    meet(cast, other, "2026-11-02", hour=12)
    cast.do("Tom", set_claims, SetClaims(case_id=case_id, claims=True))
    assert [name for name, *_ in due(cast)] == ["Nia Decoy"]
    cast.do("Tom", set_claims, SetClaims(case_id=other, claims=False))
    assert [name for name, *_ in due(cast)] == ["Nia Decoy"]


def test_somebody_who_is_not_in_the_case_gets_none(omar) -> None:
    cast, case_id, _ = omar
    with at("2026-10-12 09:00"):
        decoy = complete(cast, cast.open_case(CaseType.INDIVIDUAL, "Decoy Doe"))["Decoy"]
    with pytest.raises(NotFound):
        draft(cast, case_id, decoy)
    with pytest.raises(NotFound):
        cast.do("Tom", request_estimate, RequestEstimate(case_id=case_id, person_id=decoy, asked_on=date(2026, 1, 5)))


# --- sharing, versions


def test_a_shared_estimate_never_changes_and_a_second_click_shares_nothing_more(omar) -> None:
    cast, case_id, person = omar
    prepared = draft(cast, case_id, person)
    first = share(cast, prepared, op="one-click")
    before = logged(cast, "Tom", estimate_pdf, first)[2]
    assert share(cast, prepared, op="one-click") == first
    change(cast, "Marcus", credentials="PhD")
    assert logged(cast, "Tom", estimate_pdf, first)[2] == before
    assert [one.number for one in cast.read("Tom", estimate_block, case_id).shared] == ["GFE-2026-0001"]
    with database.reading(cast.engine) as session:
        assert session.scalars(select(EstimateDraft)).all() == []
    for statement in ("update good_faith_estimate set total_cents = 1", "delete from estimate_item",
                      "update estimate_delivery set shared_on = '2026-01-01'"):
        with pytest.raises(DatabaseError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_a_version_is_replaced_once_and_by_whoever_comes_first(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    second = shared(cast, case_id, person, sessions(cast, 12), replaces_id=first)
    block = cast.read("Tom", estimate_block, case_id)
    assert [(one.estimate_id, one.version, one.is_current) for one in block.shared] == [
        (second, 2, True), (first, 1, False)]
    with pytest.raises(AlreadyReplaced):
        draft(cast, case_id, person, replaces_id=first)
    words = " ".join(" ".join(lines_of(logged(cast, "Tom", estimate_pdf, second)[2])).split())
    assert "Version 2" in words
    assert "Replaces GFE-2026-0001" in words


def test_of_two_who_change_one_draft_the_second_is_told(omar) -> None:
    cast, case_id, person = omar
    prepared = draft(cast, case_id, person)
    assert draft(cast, case_id, person, sessions(cast, 12), revision=1) == prepared
    with pytest.raises(Stale):
        draft(cast, case_id, person, sessions(cast, 14), revision=1)
    with pytest.raises(Stale):
        draft(cast, case_id, person)
    with pytest.raises(Stale):
        share(cast, prepared, revision=1)
    with pytest.raises(Stale):
        cast.do("Tom", discard_estimate, DiscardDraft(draft_id=prepared, revision=1))
    cast.do("Tom", discard_estimate, DiscardDraft(draft_id=prepared, revision=2))
    with pytest.raises(NotFound):
        share(cast, prepared, revision=2)
    assert cast.read("Tom", estimate_block, case_id).drafts == ()


def test_each_delivery_is_kept_with_day_channel_and_name(omar) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    with at("2026-10-25 09:00"):
        cast.do("Marcus", share_estimate_again, ShareAgain(estimate_id=first, channel=ShareChannel.POST))
    (found,) = cast.read("Tom", estimate_block, case_id).shared
    assert [(one.shared_on, one.channel, by) for one, by in found.deliveries] == [
        (date(2026, 10, 20), ShareChannel.IN_PERSON, "Tom Alvarez"),
        (date(2026, 10, 25), ShareChannel.POST, "Marcus Bell"),
    ]
    with database.reading(cast.engine) as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.action == "share_estimate")).all()
    assert details == ["GFE-2026-0001, handed over on paper"]


# --- who may


@pytest.mark.parametrize(("name", "letters"), [
    ("Dana", "rcx"), ("Marcus", "rcx"), ("Tom", "rcx"), ("Ruth", ""), ("Priya", ""), ("Olga", ""),
])
def test_each_role_on_a_provider_s_case(omar, name: str, letters: str) -> None:
    cast, case_id, person = omar
    first = shared(cast, case_id, person)
    acts = {
        "r": [lambda: cast.read(name, estimate_block, case_id), lambda: cast.read(name, estimate_watch, first),
              lambda: cast.read(name, estimate_preview, case_id, person, [sessions(cast)], PLACE)],
        "c": [lambda: draft(cast, case_id, person, by=name),
              lambda: cast.do(name, share_estimate_again, ShareAgain(estimate_id=first, channel=ShareChannel.POST)),
              lambda: cast.do(name, set_claims, SetClaims(case_id=case_id, claims=False)),
              lambda: cast.do(name, request_estimate, RequestEstimate(
                  case_id=case_id, person_id=person, asked_on=date(2026, 1, 5)))],
        "x": [lambda: logged(cast, name, estimate_pdf, first)],
    }
    for letter, doing in acts.items():
        for act in doing:
            if letter in letters:
                act()
            else:
                with pytest.raises(NotPermitted):
                    act()
