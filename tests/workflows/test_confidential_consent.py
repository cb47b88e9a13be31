"""Who consented to their treatment as a minor, and what that takes (A20)."""

from datetime import time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.consent_basis import BasisDecision
from practicerunner.vocabulary import (
    CaseType,
    ConsentBasis,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.confidentiality import (
    confidants_of_case,
)
from practicerunner.workflows.consent_basis import (
    NeedsConfirming,
    SetConsentBasis,
    SetStateAge,
    consent_concern,
    consent_of_case,
    set_consent_basis,
    set_state_age,
    state_ages,
)
from tests.cast import Cast, at, hold, people_of
from tests.workflows.minors import AHEAD, SINCE, booked, confidential_to, home


def test_a_minors_own_consent_is_set_after_what_was_said_and_with_a_reason(cast: Cast) -> None:
    house = home(cast)
    asked = {"case_id": house.case_id, "person_id": house.leo, "basis": ConsentBasis.MINOR, "since": SINCE}
    with at("2026-11-10 09:00"):
        before = booked(house)
        past = hold(cast, house.case_id, "IND50", "2026-09-02 10:00")
        with pytest.raises(BadInput, match="Give the reason"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked, state="NY"))
        with pytest.raises(NeedsConfirming, match="They are 15, and the practice has no age for NY"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked, state="NY", reason="came alone"))
        with pytest.raises(NeedsConfirming, match="an example that nobody here has confirmed"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked, state="CA", reason="came alone"))
        assert confidential_to(cast, before) == set()
        cast.do("Dana", set_state_age, SetStateAge(state="CA", age=16, confirmed=True))
        assert cast.read("Marcus", consent_concern, house.leo, "CA") == (
            "They are 15; the age that the practice confirmed for CA is 16.")
        cast.do("Dana", set_state_age, SetStateAge(state="CA", revision=1, age=12, confirmed=True))
        assert cast.read("Marcus", consent_concern, house.leo, "CA") == ""
        wanted = SetConsentBasis(**asked, state="CA")
        assert [cast.do("Marcus", set_consent_basis, wanted) for _ in range(2)] == [house.leo] * 2, "the second click"
        (view,) = cast.read("Marcus", consent_of_case, house.case_id)
        assert (view.basis, view.since, view.state, view.decided_by, view.is_confidential) == (
            ConsentBasis.MINOR, SINCE, "CA", "Marcus Bell", True)
        assert view.is_represented
        assert [confidential_to(cast, one) for one in (before, past)] == [{house.leo}] * 2
        with pytest.raises(BadInput, match="Give the reason"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked | {"basis": ConsentBasis.PARENT}))
        cast.do("Marcus", set_consent_basis, SetConsentBasis(
            **asked | {"basis": ConsentBasis.PARENT}, reason="his mother consents now"))
        assert confidential_to(cast, booked(house, hour=11)) == set()
        assert confidential_to(cast, before) == {house.leo}, "what was confidential stays so"
    with database.reading(cast.engine) as session:
        assert [(one.basis, one.reason) for one in session.scalars(select(BasisDecision).order_by(BasisDecision.id))
                ] == [(ConsentBasis.MINOR, ""), (ConsentBasis.PARENT, "his mother consents now")]
        said = list(session.scalars(select(AuditRow.detail).where(AuditRow.action == "set_consent_basis")))
    assert f"minor for {house.leo}, 2 appointments confidential" in said


@pytest.mark.parametrize(("basis", "said"), [
    (ConsentBasis.SELF, "They are not 18 yet"), (ConsentBasis.COURT, ""), (ConsentBasis.GUARDIAN, ""),
])
def test_what_does_not_fit_an_age_is_refused(cast: Cast, basis: ConsentBasis, said: str) -> None:
    house = home(cast)
    asked = SetConsentBasis(case_id=house.case_id, person_id=house.leo, basis=basis, since=SINCE)
    if not said:
        assert cast.do("Marcus", set_consent_basis, asked) == house.leo
        return
    with pytest.raises(BadInput, match=said):
        cast.do("Marcus", set_consent_basis, asked)


def test_strangers_and_other_kinds_of_work_have_no_such_thing(cast: Cast) -> None:
    house = home(cast)
    group = cast.open_case(CaseType.WORKSHOP, "Ann Ray", name="Writing")
    ann = people_of(cast, group)["Ann"]
    asked = SetConsentBasis(case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.PARENT, since=SINCE)
    for who in ("Olga", "Priya"):
        with pytest.raises((NotFound, NotPermitted)):
            cast.do(who, set_consent_basis, asked)
    for case_id, person in ((group, ann), (house.case_id, ann)):
        with pytest.raises(NotFound):
            cast.do("Dana", set_consent_basis, SetConsentBasis(
                case_id=case_id, person_id=person, basis=ConsentBasis.GUARDIAN, since=SINCE))
    assert cast.read("Dana", consent_of_case, group) == []
    assert cast.read("Dana", confidants_of_case, group) == ()
    with pytest.raises(BadInput):
        cast.do("Dana", book, Book(
            case_id=group, service_id=cast.services["WKSP"], local_date=AHEAD, local_time=time(9),
            location_id=cast.office, confidential=(ann,)))
    for who in ("Marcus", "Tom", "Ruth", "Priya"):
        with pytest.raises(NotPermitted):
            cast.do(who, set_state_age, SetStateAge(state="CA", age=12, confirmed=True))
    assert [(one.state, one.age, one.is_example) for one in cast.read("Tom", state_ages)] == [
        ("CA", 12, True), ("IL", 12, True)]
