"""When a record of several people may leave, and whose names an extract does not have."""

from datetime import date, timedelta

import pytest

from practicerunner.rules.forms import Content, Field, is_agreement
from practicerunner.rules.releases import Given, blocked_sentence, is_conjoint, names_to_remove, state_of, without
from practicerunner.rules.signing import minor_refusal
from practicerunner.vocabulary import AuthorizationState, CaseType, FieldKind, FormPurpose

TODAY = date(2026, 10, 20)
GOOD, PAST = Given(TODAY), Given(TODAY - timedelta(days=1))
BACK, PARENTS = Given(TODAY, withdrawn=True), Given(TODAY, for_a_minor=True)


def test_a_couple_and_a_family_have_one_record_and_nobody_else() -> None:
    assert {case_type for case_type in CaseType if is_conjoint(case_type)} == {CaseType.TWO_PERSON, CaseType.FAMILY}


@pytest.mark.parametrize(("given", "adult", "state"), [
    ((), True, AuthorizationState.MISSING), ((GOOD,), True, AuthorizationState.AUTHORIZED),
    ((PAST,), True, AuthorizationState.EXPIRED), ((BACK,), True, AuthorizationState.WITHDRAWN),
    ((BACK, GOOD), True, AuthorizationState.AUTHORIZED), ((GOOD, BACK), True, AuthorizationState.AUTHORIZED),
    ((BACK, PAST), True, AuthorizationState.EXPIRED), ((PARENTS,), False, AuthorizationState.AUTHORIZED),
    ((PARENTS,), True, AuthorizationState.MISSING), ((PARENTS, PAST), True, AuthorizationState.EXPIRED),
])
def test_one_word_that_counts_is_enough_and_a_parent_s_ends_at_eighteen(
    given: tuple[Given, ...], adult: bool, state: AuthorizationState
) -> None:
    assert state_of(given, adult=adult, today=TODAY) is state


def test_the_sentence_names_whose_word_is_missing() -> None:
    assert blocked_sentence(["Maya Rivera", "Tom Rivera"]) == (
        "Blocked: each adult has to authorise it first. Missing: Maya Rivera, Tom Rivera.")
    assert blocked_sentence([]) == ""


def test_an_extract_names_nobody_else_and_keeps_a_name_that_both_have() -> None:
    names = names_to_remove(["Maya", "Rivera"], ["Tom", "Rivera", "Tom Rivera", "T", "O'Hara (Tom)"])
    assert names == ("O'Hara (Tom)", "Tom Rivera", "Tom")
    said = "Tom Rivera called. TOM's atom, Tom's tomcat, O'Hara (Tom) and Maya Rivera."
    assert without(said, names) == (
        "[name removed] called. [name removed]'s atom, [name removed]'s tomcat, [name removed] and Maya Rivera.")
    assert without("Tom", ()) == "Tom"


def test_a_common_word_that_somebody_has_as_a_name_stays_where_it_is_a_word() -> None:
    names = names_to_remove(["Noor"], ["Will", "Grace", "Will Grace"])
    assert without("She will call, if the grace period ends. Will Grace said so; WILL left. Noor will.", names) == (
        "She will call, if the grace period ends. [name removed] said so; [name removed] left. Noor will.")
    assert without("Ana LIMA and ana; De La Cruz, de la Cruz", names_to_remove([], ["ANA", "lima", "de la Cruz"])) == (
        "[name removed] [name removed] and ana; [name removed], [name removed]")


def test_what_is_signed_binds_unless_it_is_clinical() -> None:
    signed = Content((Field("signature", FieldKind.SIGNATURE, "Signature"),))
    binding = {purpose for purpose in FormPurpose if is_agreement(purpose, signed)}
    assert binding == set(FormPurpose) - {FormPurpose.INTAKE, FormPurpose.MEASURE, FormPurpose.QUESTIONNAIRE}
    assert not any(is_agreement(purpose, Content()) for purpose in FormPurpose)


def test_the_refusal_says_who_can_sign() -> None:
    assert minor_refusal(["Elena Castellano", "Ray Castellano"], to_them=True) == (
        "You are under 18 and cannot sign this alone; Elena Castellano or Ray Castellano can sign it for you.")
    assert minor_refusal([], to_them=False).endswith("a parent, a guardian or another legal representative can sign it "
                                                     "for them.")
