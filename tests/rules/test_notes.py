"""Forms, states and hashes of notes."""

from datetime import UTC, date, datetime

import pytest

from practicerunner.errors import NoteIsSigned, RuleViolation
from practicerunner.rules import notes as rule
from practicerunner.rules.notes import Act, AwaitingCosignature
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus, Resource, Role

FORBIDDEN = ("diagnos", "treatment", "symptom", "patient", "mental status")
PLAIN_TYPES = (CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP)

THERAPY = {NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO}
FITTING = {
    CaseType.INDIVIDUAL: THERAPY,
    CaseType.TWO_PERSON: THERAPY,
    CaseType.FAMILY: THERAPY,
    CaseType.THERAPY_GROUP: THERAPY | {NoteKind.GROUP},
    CaseType.INDIVIDUAL_CONSULTATION: {NoteKind.CONSULTATION, NoteKind.MEMO},
    CaseType.CONSULTATION_GROUP: {NoteKind.CONSULTATION, NoteKind.MEMO, NoteKind.GROUP},
    CaseType.WORKSHOP: {NoteKind.GROUP, NoteKind.MEMO},
}


@pytest.mark.parametrize("case_type", CaseType)
def test_each_kind_of_case_has_exactly_its_kinds_of_note(case_type: CaseType) -> None:
    assert set(rule.kinds_for(case_type)) == FITTING[case_type]


def test_every_kind_has_a_form_and_every_form_key_fits_its_column() -> None:
    assert {form.kind for form in rule.FORMS.values()} == set(NoteKind)
    assert rule.forms_for(NoteKind.PROGRESS) == ("soap", "dap", "birp", "girp", "free")
    assert all(len(key) <= 20 for key in rule.FORMS)


@pytest.mark.parametrize("case_type", PLAIN_TYPES)
def test_notes_of_consultation_and_workshop_have_no_clinical_word(case_type: CaseType) -> None:
    clinical = rule.is_clinical(case_type, switched_on=False)
    for kind in rule.kinds_for(case_type):
        for form in rule.forms_for(kind):
            shown = [*rule.sections_for(form, clinical=clinical), rule.FORMS[form].part]
            words = " ".join(f"{s.label} {s.hint} {s.key}" for s in shown if s).lower()
            assert not [word for word in FORBIDDEN if word in words], form


def test_an_owner_can_switch_the_clinical_sections_on_for_consultation_but_never_for_a_workshop() -> None:
    assert rule.is_clinical(CaseType.CONSULTATION_GROUP, switched_on=True)
    assert not rule.is_clinical(CaseType.CONSULTATION_GROUP, switched_on=False)
    assert not rule.is_clinical(CaseType.WORKSHOP, switched_on=True)
    assert rule.is_clinical(CaseType.FAMILY, switched_on=False)
    labels = [s.label for s in rule.sections_for("consultation", clinical=True)]
    assert labels[-3:] == ["Diagnosis", "Treatment plan", "Mental status exam"]


def test_what_was_written_stays_to_be_seen_after_the_clinical_sections_are_switched_off() -> None:
    shown = rule.sections_for("consultation", clinical=False, written={"diagnosis": "F41.1", "mental_status": "  "})
    assert [s.key for s in shown] == [
        "topic", "discussion", "recommendations", "follow_up", "time_spent", "diagnosis",
    ]


def test_blank_required_sections_are_missing_in_the_order_of_the_form() -> None:
    assert rule.missing_sections("soap", {"plan": " \n", "objective": "Calm."}) == ("Subjective", "Assessment", "Plan")
    assert rule.missing_sections("soap", dict.fromkeys(("subjective", "objective", "assessment", "plan"), "x")) == ()


def test_each_member_of_a_therapy_group_needs_a_part_and_a_workshop_needs_none() -> None:
    assert rule.missing_parts("group", {"1": "Spoke."}, ["1", "2"], clinical=True) == ("2",)
    assert rule.missing_parts("group", {}, ["1", "2"], clinical=False) == ()
    assert rule.missing_parts("soap", {}, ["1"], clinical=True) == ()


ALLOWED = {
    (NoteStatus.DRAFT, Act.SAVE): NoteStatus.DRAFT,
    (NoteStatus.DRAFT, Act.SIGN): NoteStatus.LOCKED,
    (NoteStatus.DRAFT, Act.SUBMIT): NoteStatus.SUBMITTED,
    (NoteStatus.DRAFT, Act.DISCARD): NoteStatus.DRAFT,
    (NoteStatus.RETURNED, Act.SAVE): NoteStatus.RETURNED,
    (NoteStatus.RETURNED, Act.SIGN): NoteStatus.LOCKED,
    (NoteStatus.RETURNED, Act.SUBMIT): NoteStatus.SUBMITTED,
    (NoteStatus.SUBMITTED, Act.COSIGN): NoteStatus.LOCKED,
    (NoteStatus.SUBMITTED, Act.RETURN): NoteStatus.RETURNED,
    (NoteStatus.LOCKED, Act.AMEND): NoteStatus.AMENDED,
    (NoteStatus.AMENDED, Act.AMEND): NoteStatus.AMENDED,
}
MEMO_ALLOWED = {
    (NoteStatus.DRAFT, Act.SAVE): NoteStatus.DRAFT,
    (NoteStatus.DRAFT, Act.FINISH): NoteStatus.FINAL,
    (NoteStatus.DRAFT, Act.DISCARD): NoteStatus.DRAFT,
}


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("status", NoteStatus)
@pytest.mark.parametrize("kind", NoteKind)
def test_a_note_changes_state_only_as_drawn(kind: NoteKind, status: NoteStatus, act: Act) -> None:
    drawn = MEMO_ALLOWED if kind in (NoteKind.MEMO, NoteKind.PSYCHOTHERAPY) else ALLOWED
    expected = drawn.get((status, act))
    if expected is not None:
        assert rule.transition(kind, status, act) is expected
        return
    with pytest.raises(RuleViolation) as refused:
        rule.transition(kind, status, act)
    if status in (NoteStatus.LOCKED, NoteStatus.AMENDED):
        assert refused.type is NoteIsSigned
    elif status is NoteStatus.SUBMITTED:
        assert refused.type is AwaitingCosignature


@pytest.mark.parametrize(("roles", "needs"), [
    ({Role.ASSOCIATE}, True), ({Role.ASSOCIATE, Role.ADMIN}, True), ({Role.PROVIDER}, False),
    ({Role.ASSOCIATE, Role.PROVIDER}, False), ({Role.OWNER, Role.PROVIDER}, False), ({Role.SUPERVISOR}, False),
])
def test_only_an_associate_who_is_no_provider_needs_a_cosignature(roles: set[Role], needs: bool) -> None:
    assert rule.needs_cosignature(roles) is needs


def test_group_notes_are_clinical_in_therapy_and_not_elsewhere() -> None:
    assert rule.resource_for(NoteKind.GROUP, CaseType.THERAPY_GROUP) is Resource.CLINICAL_NOTE
    assert rule.resource_for(NoteKind.GROUP, CaseType.WORKSHOP) is Resource.CONSULTATION_NOTE
    assert rule.resource_for(NoteKind.CONSULTATION, CaseType.CONSULTATION_GROUP) is Resource.CONSULTATION_NOTE
    assert rule.resource_for(NoteKind.MEMO, CaseType.FAMILY) is Resource.APPOINTMENT_MEMO
    assert rule.resource_for(NoteKind.MEMO, CaseType.FAMILY, for_desk=True) is Resource.DESK_MEMO
    assert rule.resource_for(NoteKind.PROGRESS, CaseType.FAMILY, for_desk=True) is Resource.CLINICAL_NOTE
    assert rule.resource_for(NoteKind.PSYCHOTHERAPY, CaseType.FAMILY) is Resource.PSYCHOTHERAPY_NOTE


def test_the_hash_does_not_depend_on_order_and_changes_with_every_letter() -> None:
    one = {"kind": "progress", "sections": {"plan": "Weekly.", "data": "é 中"}}
    other = {"sections": {"data": "é 中", "plan": "Weekly."}, "kind": "progress"}
    assert rule.text_hash(one) == rule.text_hash(other)
    assert rule.text_hash(one) == "50757cf4d678f9d6609a73c9ed9d5f221e8232bd83b8ff25e3fa06baae3a085a"
    assert rule.text_hash({**one, "sections": {"plan": "Weekly", "data": "é 中"}}) != rule.text_hash(one)


def test_a_note_is_a_late_entry_from_the_fourth_day_on() -> None:
    assert not rule.is_late_entry(date(2026, 10, 12), date(2026, 10, 15), 3)
    assert rule.is_late_entry(date(2026, 10, 12), date(2026, 10, 16), 3)
    assert rule.is_late_entry(date(2026, 10, 12), date(2026, 10, 13), 0)


def test_a_note_is_due_some_hours_after_the_end() -> None:
    zone = "America/New_York"
    assert rule.due_at(datetime(2026, 10, 12, 14, 50, tzinfo=UTC), 48, zone) == datetime(
        2026, 10, 14, 14, 50, tzinfo=UTC)
    # Over the night in which the clocks go back, and forward, it is the same time on the wall.
    assert rule.due_at(datetime(2026, 10, 31, 14, 50, tzinfo=UTC), 48, zone) == datetime(
        2026, 11, 2, 15, 50, tzinfo=UTC)
    assert rule.due_at(datetime(2026, 10, 30, 5, 30, tzinfo=UTC), 48, zone) == datetime(
        2026, 11, 1, 6, 30, tzinfo=UTC)
    assert rule.due_at(datetime(2026, 3, 7, 15, 50, tzinfo=UTC), 48, zone) == datetime(
        2026, 3, 9, 14, 50, tzinfo=UTC)


def test_a_psychotherapy_note_is_told_what_belongs_in_the_progress_note() -> None:
    assert rule.belongs_in_record("Her medication, and the Diagnosis.") == ("diagnosis", "medication")
    assert rule.belongs_in_record("A dream of a house.") == ()


@pytest.mark.parametrize(("text", "told"), [
    ("Plan: see her weekly.", "treatment plan"), ("She wept.\n- PLAN\nWeekly.", "treatment plan"),
    ("2. Plan – weekly", "treatment plan"), ("Tx plan as before", "treatment plan"),
    ("Meds unchanged", "medication"), ("Sertraline 50 mg.", "medication"), ("Rx renewed", "medication"),
    ("Dx: GAD", "diagnosis"), ("Coded F41.1 today", "diagnosis"), ("F32.A", "diagnosis"), ("F43.10, F84", "diagnosis"),
    ("Functional status: works", "functional status"), ("Modality: CBT", "modality"), ("Her symptoms", "symptom"),
])
def test_headings_short_words_and_codes_belong_in_the_progress_note_too(text: str, told: str) -> None:
    assert set(rule.belongs_in_record(text)) == {told}


@pytest.mark.parametrize("text", [
    "She plans to move.", "Our plan to meet fell through.", "What she planned: nothing.", "A house with a floor plan.",
    "The plane: a dream.", "Plan B came to her mind.", "He medicates with work.", "She meditates.",
    "The modality of grief.", "Then f41.1 of the book, and F411.", "A dysfunctional family.",
    "The index of her dreams.", "Explained: planning a life.", "Status at work matters.", "Ten images, 50 magnolias.",
])
def test_ordinary_words_are_no_reason_to_warn(text: str) -> None:
    assert rule.belongs_in_record(text) == ()
