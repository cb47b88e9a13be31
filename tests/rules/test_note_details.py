"""The risk line, the telehealth statement and licence states: what is missing, word by word."""

import pytest
from pydantic import ValidationError

from practicerunner.rules.note_details import (
    ABROAD,
    FOR_ALL,
    Details,
    Risk,
    Telehealth,
    Whereabouts,
    has_telehealth,
    in_words,
    missing_risk,
    missing_telehealth,
    outside_licence,
    states_of,
)
from practicerunner.rules.note_forms import BETWEEN_FINDINGS, FORMS, MENTAL_STATUS, more
from practicerunner.rules.notes import forms_for, has_clinical_word, is_individual_contact, section_text, title
from practicerunner.vocabulary import CaseType, NoteKind, RiskFinding, SessionFormat

NONE, PRESENT = RiskFinding.NONE_REPORTED, RiskFinding.PRESENT
NAMES = {"1": "Noor Haddad", "2": "Sam Ortiz"}
AT_HOME = Whereabouts(state="NY", place="Home")
WHOLE = Telehealth(
    mode=SessionFormat.VIDEO, locations={FOR_ALL: AT_HOME}, clinician_location="Office", identity_confirmed=True,
    consent_on_file=True, emergency_confirmed=True,
)


@pytest.mark.parametrize(("risk", "required", "missing"), [
    (None, False, ()), (Risk(), False, ()), (None, True, ("Harm to self", "Harm to others")),
    (Risk(), True, ("Harm to self", "Harm to others")),
    (Risk(harm_to_self=NONE), False, ("Harm to others",)),
    (Risk(harm_to_others=NONE), True, ("Harm to self",)),
    (Risk(harm_to_self=NONE, harm_to_others=NONE), True, ()),
    (Risk(harm_to_self=PRESENT, harm_to_others=NONE), False, ("Plan and means", "What was done")),
    (Risk(harm_to_self=NONE, harm_to_others=PRESENT, means=" ", action="Called."), False, ("Plan and means",)),
    (Risk(harm_to_self=PRESENT, means="None.", action="Safety plan."), False, ("Harm to others",)),
    (Risk(harm_to_self=PRESENT, harm_to_others=PRESENT, means="None.", action="Safety plan."), True, ()),
])
def test_the_risk_line_lacks_exactly_what_was_not_said(risk, required, missing) -> None:
    assert missing_risk(risk, required=required) == missing


def test_no_word_of_the_risk_line_says_that_there_is_no_risk() -> None:
    assert [finding.label for finding in RiskFinding] == ["None reported", "Present"]


def test_the_telehealth_statement_lacks_each_part_by_its_own_name() -> None:
    assert missing_telehealth(Telehealth(), NAMES) == (
        "Video or phone", "Where Noor Haddad was", "Where Sam Ortiz was", "Where you were", "Identity confirmed",
        "Telehealth consent on file", "Emergency contact and plan confirmed",
    )
    assert missing_telehealth(WHOLE, NAMES) == ()
    for change, lacks in (
        ({"mode": None}, "Video or phone"), ({"clinician_location": " "}, "Where you were"),
        ({"identity_confirmed": False}, "Identity confirmed"),
        ({"consent_on_file": False}, "Telehealth consent on file"),
        ({"emergency_confirmed": False}, "Emergency contact and plan confirmed"),
    ):
        assert missing_telehealth(WHOLE.model_copy(update=change), NAMES) == (lacks,)


def test_consent_that_nobody_signed_here_is_on_file_only_with_where_it_is() -> None:
    assert missing_telehealth(WHOLE, NAMES, ["2"]) == ("Where the telehealth consent is",)
    assert missing_telehealth(WHOLE.model_copy(update={"consent_on_file": False}), NAMES, ["2"]) == (
        "Telehealth consent on file",)
    there = WHOLE.model_copy(update={"consent_place": "on paper, 3 Nov"})
    assert missing_telehealth(there, NAMES, ["1", "2"]) == ()
    assert "· Telehealth consent on file: on paper, 3 Nov ·" in dict(
        in_words(Details(telehealth=there), NAMES))["Session by video or phone"]


def test_one_location_stands_for_all_and_an_own_one_for_each() -> None:
    def lacks(**locations: Whereabouts) -> tuple[str, ...]:
        return missing_telehealth(WHOLE.model_copy(update={"locations": locations}), NAMES)

    assert lacks(**{"1": AT_HOME}) == ("Where Sam Ortiz was",)
    assert lacks(**{"1": AT_HOME, "2": Whereabouts(state="NY")}) == ("Where Sam Ortiz was",)
    assert lacks(**{"1": AT_HOME, "2": Whereabouts(place="Home")}) == ("Where Sam Ortiz was",)
    assert lacks(**{FOR_ALL: AT_HOME, "2": Whereabouts(state="NJ", place="Work")}) == ()


def test_a_state_without_a_licence_is_named_once_and_nobody_is_warned_where_licences_are_unknown() -> None:
    told = WHOLE.model_copy(update={"locations": {
        "1": Whereabouts(state="NJ", place="Work"), "2": Whereabouts(state="NJ"), "3": Whereabouts(state=ABROAD)}})
    assert outside_licence(told, ["1", "2", "3"], ("NY",)) == ("NJ", ABROAD)
    assert outside_licence(told, ["1", "2"], ("NY", "NJ")) == ()
    assert outside_licence(told, ["1", "2"], ()) == ()
    assert outside_licence(None, ["1"], ("NY",)) == ()
    assert states_of(" ny, NJ;ct ,") == ("NY", "NJ", "CT")


@pytest.mark.parametrize("case_type", CaseType)
@pytest.mark.parametrize("kind", NoteKind)
def test_only_sessions_of_therapy_by_video_or_phone_have_the_statement(case_type, kind) -> None:
    therapy = case_type in (
        CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY, CaseType.THERAPY_GROUP)
    session = kind in (NoteKind.PROGRESS, NoteKind.GROUP, NoteKind.INTAKE)
    for held_by in (None, *SessionFormat):
        remote = held_by in (SessionFormat.VIDEO, SessionFormat.PHONE)
        assert has_telehealth(kind, case_type, held_by) is (therapy and session and remote)


def test_what_is_too_much_or_unknown_is_refused() -> None:
    for wrong in ({"other": 1}, {"risk": {"fine": True}}, {"plan": {"text": "x"}},
                  {"risk": {"means": "x" * 20_001}}, {"risk": {"means": "a\x00b"}},
                  {"telehealth": {"locations": {"1": {"state": "New York"}}}}):
        with pytest.raises(ValidationError):
            Details.model_validate(wrong)


def test_every_domain_of_the_exam_has_its_usual_finding_and_a_text_beneath() -> None:
    assert [s.key for s in MENTAL_STATUS] == [
        "appearance", "behaviour", "attitude", "speech", "mood", "affect", "thought_process", "thought_content",
        "perception", "cognition", "insight", "judgement",
    ]
    for domain in MENTAL_STATUS:
        assert domain.required and domain.usual == domain.findings[0]
        assert len(set(domain.findings)) == len(domain.findings) >= 4
        assert not any(BETWEEN_FINDINGS.strip() in finding for finding in domain.findings)
    assert [domain.label for domain in MENTAL_STATUS if domain.key in ("behaviour", "judgement")] == [
        "Behavior", "Judgment"], "a practice in the United States reads them so"
    mood = MENTAL_STATUS[4]
    assert section_text(mood, {"mood": "Low; Anxious", more("mood"): "Since Monday."}) == "Low; Anxious\nSince Monday."


def test_contact_has_its_short_forms_and_a_consultation_closes_in_its_own_words() -> None:
    assert forms_for(NoteKind.CONTACT, CaseType.FAMILY) == ("contact", "missed", "discharge")
    assert forms_for(NoteKind.CONTACT, CaseType.CONSULTATION_GROUP) == ("contact", "missed", "closing")
    assert [title(NoteKind.CONTACT, form) for form in ("contact", "missed", "discharge", "closing")] == [
        "Contact note", "Missed appointment", "Discharge", "Closing"]
    for key in forms_for(NoteKind.CONTACT, CaseType.INDIVIDUAL_CONSULTATION):
        for section in FORMS[key].sections:
            words = f"{FORMS[key].label} {section.label} {section.hint}".lower()
            assert not has_clinical_word(words)
            assert not any(word in words for word in ("discharge", "client", "therap"))


@pytest.mark.parametrize(("case_type", "present", "alone"), [
    (CaseType.TWO_PERSON, 1, True), (CaseType.TWO_PERSON, 2, False), (CaseType.FAMILY, 1, True),
    (CaseType.FAMILY, 3, False), (CaseType.FAMILY, 0, False), (CaseType.INDIVIDUAL, 1, False),
    (CaseType.THERAPY_GROUP, 1, False), (CaseType.CONSULTATION_GROUP, 1, False),
])
def test_individual_contact_is_one_person_alone_in_a_case_of_several(case_type, present, alone) -> None:
    assert is_individual_contact(case_type, present) is alone
