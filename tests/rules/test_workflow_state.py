"""What a case needs next, from plain facts."""

from dataclasses import replace
from datetime import date

import pytest

from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.rules.client_list import FILTER_OF, counts, search_words, statuses
from practicerunner.rules.workflow_state import (
    Facts,
    Given,
    Occasion,
    Review,
    Somebody,
    attention,
    checklist,
    items,
    state,
    state_in_words,
    step_in_words,
)
from practicerunner.vocabulary import (
    AttentionKind,
    CaseStatus,
    CaseType,
    ListFilter,
    OnboardingStep,
    PaperKind,
    WorkflowState,
)

TODAY = date(2026, 11, 12)
NOOR, SAM = Somebody(1, "Noor Haddad"), Somebody(2, "Sam Ortiz")
SETTLED = Facts(
    case_id=7, type=CaseType.TWO_PERSON, status=CaseStatus.ACTIVE, people=(NOOR, SAM), intake_from=frozenset({1, 2}),
    consent_from=frozenset({1, 2}), arranged_for=frozenset({None}), has_payment_method=True, upcoming=2,
    has_appointment=True,
)
HELD = Occasion(70, date(2026, 11, 5))


def kinds(facts: Facts) -> list[AttentionKind]:
    return [item.kind for item in items(facts, TODAY)]


def test_a_case_with_everything_in_place_is_all_set() -> None:
    assert items(SETTLED, TODAY) == []
    assert state([]) is WorkflowState.ALL_SET
    assert all(step.done for step in checklist(SETTLED))


@pytest.mark.parametrize(("change", "kind", "expected"), [
    ({"critical_answers": 1}, AttentionKind.CRITICAL_ANSWER, WorkflowState.NEEDS_ATTENTION),
    ({"notes_returned": (4,)}, AttentionKind.NOTE_RETURNED, WorkflowState.NEEDS_ATTENTION),
    ({"notes_overdue": (HELD,)}, AttentionKind.NOTE_DUE, WorkflowState.NEEDS_ATTENTION),
    ({"plans_due": (Review("", TODAY),)}, AttentionKind.PLAN_REVIEW_DUE, WorkflowState.NEEDS_ATTENTION),
    ({"attendance_missing": (HELD,)}, AttentionKind.ATTENDANCE_MISSING, WorkflowState.NEEDS_ATTENTION),
    ({"not_invoiced": (HELD,)}, AttentionKind.NOT_INVOICED, WorkflowState.NEEDS_ATTENTION),
    ({"overdue_invoices": 2, "overdue_cents": 21000}, AttentionKind.INVOICE_OVERDUE, WorkflowState.NEEDS_ATTENTION),
    ({"waiting": (Somebody(3, "Ada Moss"),), "capacity": 3}, AttentionKind.PLACE_FREE, WorkflowState.NEEDS_ATTENTION),
    ({"people": ()}, AttentionKind.NOBODY_TAKES_PART, WorkflowState.INTAKE_INCOMPLETE),
    ({"intake_from": frozenset({1})}, AttentionKind.INTAKE_MISSING, WorkflowState.INTAKE_INCOMPLETE),
    ({"consent_from": frozenset()}, AttentionKind.CONSENT_MISSING, WorkflowState.INTAKE_INCOMPLETE),
    ({"arranged_for": frozenset()}, AttentionKind.ARRANGEMENT_MISSING, WorkflowState.PAYMENT_METHOD_MISSING),
    ({"upcoming": 0}, AttentionKind.NOTHING_AHEAD, WorkflowState.READY_TO_SCHEDULE),
    ({"needs_review": True}, AttentionKind.REVIEW_NEEDED, WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW),
])
def test_each_fact_brings_its_item_and_its_state(change, kind, expected) -> None:
    found = items(replace(SETTLED, **change), TODAY)
    assert [item.kind for item in found] == [kind]
    assert state(found) is expected


def test_the_most_urgent_state_wins_in_the_order_of_the_vocabulary() -> None:
    everything = replace(
        SETTLED, notes_overdue=(HELD,), intake_from=frozenset(), arranged_for=frozenset(), upcoming=0, needs_review=True
    )
    clearing = [
        (WorkflowState.NEEDS_ATTENTION, {"notes_overdue": ()}),
        # Onboarding and scheduling wait until an imported record was looked through (SC22).
        (WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW, {"needs_review": False}),
        (WorkflowState.INTAKE_INCOMPLETE, {"intake_from": frozenset({1, 2})}),
        (WorkflowState.PAYMENT_METHOD_MISSING, {"arranged_for": frozenset({None})}),
        (WorkflowState.READY_TO_SCHEDULE, {"upcoming": 1}),
    ]
    for expected, cleared in clearing:
        assert state(items(everything, TODAY)) is expected
        everything = replace(everything, **cleared)
    assert state(items(everything, TODAY)) is WorkflowState.ALL_SET


def test_sentences_name_who_when_and_how_many_and_lead_to_the_place_that_clears_them() -> None:
    facts = replace(
        SETTLED, consent_from=frozenset({1}), notes_overdue=(HELD, Occasion(71, date(2026, 11, 6))),
        not_invoiced=(HELD,), overdue_invoices=1, overdue_cents=10500,
    )
    found = {item.kind: item for item in items(facts, TODAY)}
    assert found[AttentionKind.CONSENT_MISSING].sentence == "Consent missing: Sam Ortiz."
    assert found[AttentionKind.NOTE_DUE].sentence == "2 progress notes overdue."
    assert found[AttentionKind.NOTE_DUE].place.selectors == {"case": 7, "part": "clinical"}
    assert found[AttentionKind.NOT_INVOICED].sentence == "Not yet invoiced: 5 Nov."
    assert found[AttentionKind.NOT_INVOICED].place.page == "appointment"
    assert found[AttentionKind.INVOICE_OVERDUE].sentence == "An invoice is overdue: 105.00."
    assert found[AttentionKind.INVOICE_OVERDUE].place.selectors["part"] == "billing"


def test_who_was_given_a_paper_already_is_reminded_of_it_and_not_given_it_again() -> None:
    facts = replace(SETTLED, type=CaseType.CONSULTATION_GROUP, consent_from=frozenset({1}))
    late = Given(2, PaperKind.CONSENT, HELD.on)
    missing = "Consultation agreement missing: Sam Ortiz."
    for given, said, action in (
        ((Given(2, PaperKind.INTAKE, TODAY),), missing, "Assign the consultation agreement"),
        ((late,), f"{missing} Assigned, overdue since 5 Nov.", "Remind"),
        ((late._replace(due_on=TODAY),), f"{missing} Assigned, due 12 Nov.", "Remind"),
        ((late._replace(due_on=None),), f"{missing} Assigned.", "Remind"),
    ):
        (item,) = items(replace(facts, given=given), TODAY)
        assert (item.sentence, item.action, "do" in item.place.selectors) == (said, action, action != "Remind")
    (item,) = items(replace(facts, consent_from=frozenset(), given=(late,)), TODAY)
    assert item.sentence == (
        "Consultation agreement missing: Noor Haddad, Sam Ortiz. Assigned already: Sam Ortiz.")
    assert item.action == "Assign the consultation agreement"


@pytest.mark.parametrize("kind", list(CaseType))
def test_what_is_missing_is_said_in_the_words_of_the_kind_of_case(kind: CaseType) -> None:
    able = CASE_TYPES[kind]
    facts = replace(SETTLED, type=kind, intake_from=frozenset({1, 2}), consent_from=frozenset({1}))
    said = [item.sentence + item.action for item in items(facts, TODAY)]
    consulting = kind in (CaseType.INDIVIDUAL_CONSULTATION, CaseType.CONSULTATION_GROUP)
    what, step = ("Consultation agreement", "Consultation agreements") if consulting else ("Consent", "Consents")
    assert said == [f"{what} missing: Sam Ortiz.Assign the {what.lower()}"] * able.consent
    assert step_in_words(OnboardingStep.CONSENTS, able) == step
    incomplete = state_in_words(WorkflowState.INTAKE_INCOMPLETE, able)
    assert incomplete == ("Intake incomplete" if able.intake else "Onboarding incomplete")
    assert state_in_words(WorkflowState.ALL_SET, able) == "All set"


def test_one_person_pays_for_themselves_so_only_the_payment_method_is_asked_for() -> None:
    alone = replace(
        SETTLED, type=CaseType.INDIVIDUAL, people=(NOOR,), arranged_for=frozenset(), has_payment_method=False
    )
    assert kinds(alone) == [AttentionKind.PAYMENT_METHOD_MISSING]
    assert kinds(replace(alone, has_paid=True)) == []
    assert kinds(replace(alone, has_payment_method=True)) == []
    assert kinds(replace(alone, arranged_for=frozenset({None}))) == []


def test_an_agreement_that_ended_is_asked_for_of_whoever_takes_part() -> None:
    over = replace(SETTLED, arranged_for=frozenset(), ended_for=frozenset({None}))
    assert [item.sentence for item in items(over, TODAY)] == ["The agreement about who pays has ended."]
    assert state(items(over, TODAY)) is WorkflowState.PAYMENT_METHOD_MISSING
    alone = replace(over, type=CaseType.INDIVIDUAL, people=(NOOR,), has_payment_method=True)
    assert kinds(alone) == [AttentionKind.ARRANGEMENT_MISSING], "a saved card does not say who pays from then on"
    group = replace(SETTLED, type=CaseType.THERAPY_GROUP, arranged_for=frozenset(),
                    ended_for=frozenset({NOOR.person_id, 99}))
    (item,) = items(group, TODAY)
    assert (item.sentence, item.count) == ("The agreement about who pays for Noor Haddad has ended.", 1)
    steps = {step.step: step for step in checklist(group)}
    assert not steps[OnboardingStep.BILLING_ARRANGEMENT].done
    assert steps[OnboardingStep.BILLING_ARRANGEMENT].missing == (NOOR,)
    assert kinds(replace(group, ended_for=frozenset({99}))) == [], "who left is not asked for"
    assert AttentionKind.ARRANGEMENT_MISSING not in kinds(replace(over, people=()))


@pytest.mark.parametrize("kind", CaseType)
def test_papers_are_asked_for_as_the_kind_of_case_says(kind: CaseType) -> None:
    fresh = replace(SETTLED, type=kind, intake_from=frozenset(), consent_from=frozenset())
    asked = {step.step for step in checklist(fresh)}
    assert (OnboardingStep.INTAKE in asked) == CASE_TYPES[kind].intake
    assert (OnboardingStep.CONSENTS in asked) == CASE_TYPES[kind].consent
    assert (AttentionKind.INTAKE_MISSING in kinds(fresh)) == CASE_TYPES[kind].intake


@pytest.mark.parametrize("kind", [k for k, able in CASE_TYPES.items() if not able.clinical_fields])
def test_consultation_and_workshop_items_use_their_own_words(kind: CaseType) -> None:
    facts = replace(
        SETTLED, type=kind, people=(), intake_from=frozenset(), consent_from=frozenset(), arranged_for=frozenset(),
        has_payment_method=False, upcoming=0, notes_overdue=(HELD,), attendance_missing=(HELD,), not_invoiced=(HELD,),
        notes_returned=(1, 2), overdue_invoices=1, needs_review=True, critical_answers=2,
    )
    texts = " ".join(f"{item.sentence} {item.action}" for item in items(facts, TODAY)).lower()
    for word in ("diagnos", "treatment", "symptom", "patient", "therapy", "progress note"):
        assert word not in texts


@pytest.mark.parametrize(("due", "sentence"), [
    ((Review("Noor Haddad", date(2026, 11, 1)),), "Treatment plan of Noor Haddad: review due since 1 Nov."),
    ((Review("Noor Haddad", TODAY),), "Treatment plan of Noor Haddad: review due today."),
    ((Review("", date(2025, 12, 31)),), "Treatment plan: review due since 31 Dec 2025."),
    ((Review("Noor Haddad", TODAY), Review("", TODAY)), "2 treatment plans are due for review."),
])
def test_a_review_that_is_due_names_whose_plan_it_is_and_since_when(due: tuple[Review, ...], sentence: str) -> None:
    (item,) = items(replace(SETTLED, plans_due=due), TODAY)
    assert (item.sentence, item.count, item.place.selectors) == (
        sentence, len(due), {"case": 7, "part": "clinical"})
    assert kinds(replace(SETTLED, status=CaseStatus.ARCHIVED, plans_due=due)) == []


def test_an_archived_case_is_asked_only_for_record_and_books() -> None:
    bare = Facts(case_id=1, type=CaseType.INDIVIDUAL, status=CaseStatus.ARCHIVED, people=(NOOR,))
    assert kinds(bare) == []
    assert kinds(replace(bare, notes_overdue=(HELD,), overdue_invoices=1)) == [
        AttentionKind.NOTE_DUE, AttentionKind.INVOICE_OVERDUE,
    ]


def test_a_free_place_is_offered_once_to_the_first_in_line_while_there_is_one() -> None:
    ada, bo = Somebody(3, "Ada Moss"), Somebody(4, "Bo Reed")
    group = replace(SETTLED, type=CaseType.THERAPY_GROUP, capacity=4, waiting=(ada, bo))
    (item,) = items(group, TODAY)
    assert (item.sentence, item.count, item.place.selectors) == (
        "Offer the place to Ada Moss.", 1, {"case": 7, "part": "relationships"})
    assert kinds(replace(group, capacity=2)) == [], "all places are taken"
    assert kinds(replace(group, capacity=1)) == [], "more take part than there are places"
    assert kinds(replace(group, waiting=())) == [], "nobody waits"
    assert kinds(replace(group, capacity=None)) == [AttentionKind.PLACE_FREE], "no limit any more"
    for status in (CaseStatus.ARCHIVED, CaseStatus.INACTIVE, CaseStatus.CONTACT):
        assert kinds(replace(group, status=status)) == []


def test_who_waits_is_asked_for_nothing() -> None:
    group = replace(SETTLED, type=CaseType.THERAPY_GROUP, capacity=2, waiting=(Somebody(3, "Ada Moss"),))
    assert all(step.done for step in checklist(group))


def test_nothing_booked_is_a_next_step_and_no_fault() -> None:
    assert attention(items(replace(SETTLED, upcoming=0), TODAY)) == []


def test_a_waitlisted_case_is_not_asked_for_an_appointment() -> None:
    assert kinds(replace(SETTLED, status=CaseStatus.WAITLIST, upcoming=0)) == []


def test_the_three_filters_add_up_and_contact_is_in_none() -> None:
    number = {status: place + 1 for place, status in enumerate(CaseStatus)}
    found = counts(number)
    assert found[ListFilter.EVERYONE] == found[ListFilter.ACTIVE_AND_PROSPECT] + found[ListFilter.ARCHIVED]
    assert found[ListFilter.EVERYONE] == sum(number.values()) - number[CaseStatus.CONTACT]
    assert CaseStatus.CONTACT not in statuses(ListFilter.EVERYONE)
    assert set(FILTER_OF) == set(CaseStatus)


@pytest.mark.parametrize(("typed", "words"), [
    ("  José  ORTIZ ", ("jose", "ortiz")), ("(518) 555-0142", ("5185550142",)), ("+1 518 555 0142", ("5185550142",)),
    ("0142", ("0142",)), ("12", ("12",)), ("", ()), ("a@b.org", ("a@b.org",)),
])
def test_a_search_is_folded_words_or_the_digits_of_a_phone(typed, words) -> None:
    assert search_words(typed) == words
