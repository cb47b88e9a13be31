"""Treatment plans: what they consist of, what they lack, how they change, how they read."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from practicerunner.rules import plan_changes, plans
from practicerunner.rules.plan_changes import NoPlace
from practicerunner.rules.plans import Goal, Intervention, Objective, Plan, Problem
from practicerunner.vocabulary import ObjectiveStatus

ON = date(2026, 10, 12)
TARGET = date(2026, 12, 1)
REVIEW = date(2027, 1, 10)


def objective(key: int, text: str = "Sleeps six hours", *, status: ObjectiveStatus = ObjectiveStatus.ACTIVE,
              since: date | None = None, target: date | None = TARGET, measure: str = "sleep diary",
              done: tuple[Intervention, ...] | None = None) -> Objective:
    return Objective(
        key=key, text=text, measure=measure, target_on=target, status=status, status_on=since,
        interventions=(Intervention(key=key + 1, text="Sleep restriction, weekly"),) if done is None else done,
    )


def plan(*objectives: Objective, review_on: date | None = REVIEW, made: int = 99) -> Plan:
    """One problem with one goal."""
    goal = Goal(key=2, text="Sleep through", objectives=objectives or (objective(3),))
    return Plan(problems=(Problem(key=1, text="Insomnia", goals=(goal,)),), review_on=review_on, made=made)


def without(**fields: object) -> Plan:
    return plan(objective(3).model_copy(update=fields))


WHOLE = plan()


def test_a_whole_plan_lacks_nothing() -> None:
    assert plans.missing(WHOLE, on=ON, today=ON) == ()


def test_a_plan_without_a_problem_says_so() -> None:
    assert plans.missing(Plan(), on=ON, today=ON) == ("The plan has no problem yet.",)


@pytest.mark.parametrize(("lacking", "sentence"), [
    (WHOLE.model_copy(update={"problems": (Problem(key=1, text="Insomnia"),)}), "Problem 1 has no goal."),
    (WHOLE.model_copy(update={"problems": (Problem(key=1, text=" \n", goals=WHOLE.problems[0].goals),)}),
     "Problem 1 says nothing yet."),
    (WHOLE.model_copy(update={"problems": (Problem(key=1, text="Insomnia", goals=(
        WHOLE.goals[0], Goal(key=20, text="Rest"))),)}), "Goal 1.2 has no objective."),
    (without(text=""), "Objective 1.1.1 says nothing yet."),
    (without(measure=" "), "Objective 1.1.1 does not say how it is measured."),
    (without(target_on=None), "Objective 1.1.1 has no target date."),
    (without(target_on=ON), "The target date of objective 1.1.1 has to be after the date of the plan."),
    (without(target_on=ON - timedelta(days=1)),
     "The target date of objective 1.1.1 has to be after the date of the plan."),
    (without(interventions=()), "Objective 1.1.1 has no intervention."),
    (without(interventions=(Intervention(key=4), )), "Intervention 1.1.1 a says nothing yet."),
    (without(status=ObjectiveStatus.PARTLY_REACHED),
     "Objective 1.1.1 does not say since when it is partly reached."),
    (without(status=ObjectiveStatus.DEFERRED, status_on=ON + timedelta(days=1)),
     "Objective 1.1.1 cannot be deferred since a day that lies ahead."),
    (plan(review_on=None), "The date of the next review is missing."),
    (plan(review_on=ON), "The next review has to be after the date of the plan."),
])
def test_each_hole_is_one_sentence(lacking: Plan, sentence: str) -> None:
    assert plans.missing(lacking, on=ON, today=ON) == (sentence,)


def test_all_holes_are_said_at_once_in_the_order_of_the_plan() -> None:
    assert plans.missing(plan_changes.begun(ON, 90), on=ON, today=ON) == (
        "Problem 1 says nothing yet.", "Goal 1.1 says nothing yet.", "Objective 1.1.1 says nothing yet.",
        "Objective 1.1.1 does not say how it is measured.", "Objective 1.1.1 has no target date.",
        "Intervention 1.1.1 a says nothing yet.",
    )


@pytest.mark.parametrize("status", [s for s in ObjectiveStatus if s is not ObjectiveStatus.ACTIVE])
def test_what_is_not_worked_on_keeps_its_target_date_of_the_past(status: ObjectiveStatus) -> None:
    old = plan(objective(3, status=status, since=ON, target=ON - timedelta(days=30)))
    assert plans.missing(old, on=ON, today=ON) == ()


def test_a_plan_signed_later_may_say_what_happened_since_its_date() -> None:
    later = plan(objective(3, status=ObjectiveStatus.REACHED, since=ON + timedelta(days=2)))
    assert plans.missing(later, on=ON, today=ON + timedelta(days=2)) == ()


@pytest.mark.parametrize(("statuses", "over"), [
    ((ObjectiveStatus.REACHED,), True), ((ObjectiveStatus.DROPPED,), True),
    ((ObjectiveStatus.REACHED, ObjectiveStatus.DROPPED), True), ((ObjectiveStatus.ACTIVE,), False),
    ((ObjectiveStatus.PARTLY_REACHED,), False), ((ObjectiveStatus.DEFERRED,), False),
    ((ObjectiveStatus.REACHED, ObjectiveStatus.ACTIVE), False),
])
def test_a_plan_is_over_when_every_objective_is_reached_or_dropped(statuses, over: bool) -> None:
    made = plan(*(objective(10 * n + 3, status=s, since=ON) for n, s in enumerate(statuses)))
    assert made.is_over is over
    assert plans.review_due(made, REVIEW + timedelta(days=400)) is not over


def test_a_plan_that_is_over_needs_no_review() -> None:
    over = plan(objective(3, status=ObjectiveStatus.REACHED, since=ON), review_on=None)
    assert plans.missing(over, on=ON, today=ON) == ()


def test_neither_an_empty_plan_nor_an_empty_goal_is_over() -> None:
    assert not Plan().is_over
    assert not Plan(problems=(Problem(key=1, goals=(Goal(key=2),)),), made=2).is_over


@pytest.mark.parametrize(("today", "due"), [
    (REVIEW - timedelta(days=1), False), (REVIEW, True), (REVIEW + timedelta(days=1), True),
])
def test_a_review_is_due_from_its_day_on(today: date, due: bool) -> None:
    assert plans.review_due(WHOLE, today) is due
    assert not plans.review_due(plan(review_on=None), today)


def test_the_date_of_the_review_is_reckoned_in_days() -> None:
    assert plans.review_date(ON, 90) == date(2027, 1, 10)
    assert plan_changes.begun(ON, 30).review_on == date(2026, 11, 11)


def test_a_review_begins_with_the_old_plan_and_its_keys() -> None:
    again = plan_changes.reviewed(WHOLE, REVIEW, 90)
    assert again.problems == WHOLE.problems
    assert (again.made, again.review_on) == (WHOLE.made, date(2027, 4, 10))


def test_parts_are_numbered_as_on_paper() -> None:
    two = plan_changes.add(plan_changes.add(plan_changes.add(plan_changes.begun(ON, 90), None), 1), 2)
    assert [(s.number, s.part.key, s.depth, s.above) for s in plans.spots(two)] == [
        ("1", 1, 0, None), ("1.1", 2, 1, 1), ("1.1.1", 3, 2, 2), ("1.1.1 a", 4, 3, 3), ("1.1.2", 7, 2, 2),
        ("1.2", 6, 1, 1), ("2", 5, 0, None),
    ]
    assert [s.name for s in plans.spots(two)][:4] == [
        "Problem 1", "Goal 1.1", "Objective 1.1.1", "Intervention 1.1.1 a"]


def test_goals_are_counted_without_what_was_dropped() -> None:
    made = plan(
        objective(3, status=ObjectiveStatus.REACHED, since=ON), objective(13, status=ObjectiveStatus.DROPPED, since=ON),
        objective(23), objective(33, status=ObjectiveStatus.PARTLY_REACHED, since=ON),
    )
    assert plans.goals_of(made) == (plans.GoalLine(2, "1.1", "Sleep through", False, 1, 3),)


def test_a_key_is_never_given_twice() -> None:
    grown = plan_changes.add(WHOLE, 2)
    assert grown.made == 100
    again = plan_changes.add(plan_changes.remove(grown, 100), 2)
    assert [o.key for o in again.goals[0].objectives] == [3, 101]


def test_removing_takes_all_that_belongs_to_it() -> None:
    assert plan_changes.remove(WHOLE, 1).problems == ()
    assert plan_changes.remove(WHOLE, 2).problems[0].goals == ()
    assert plan_changes.remove(WHOLE, 4).goals[0].objectives[0].interventions == ()
    assert plan_changes.remove(WHOLE, 77) == WHOLE


def test_moving_stays_among_its_own_and_stops_at_the_ends() -> None:
    three = plan(objective(3), objective(13), objective(23))

    def order(made: Plan) -> list[int]:
        return [o.key for o in made.goals[0].objectives]

    assert order(plan_changes.move(three, 23, -1)) == [3, 23, 13]
    assert order(plan_changes.move(three, 3, 1)) == [13, 3, 23]
    assert order(plan_changes.move(three, 3, -1)) == order(plan_changes.move(three, 23, 1)) == [3, 13, 23]
    assert plan_changes.move(three, 77, 1) == three


@pytest.mark.parametrize("above", [None, 1, 2, 3])
def test_there_is_a_bound_at_every_level(above: int | None) -> None:
    full = WHOLE
    for _ in range(plans.MOST - 1):
        full = plan_changes.add(full, above)
    with pytest.raises(NoPlace, match="10 already"):
        plan_changes.add(full, above)
    assert plans.from_json(plans.as_json(full)) == full


def test_nothing_is_added_below_an_intervention_or_below_nothing() -> None:
    assert plan_changes.add(WHOLE, 77).problems == WHOLE.problems


def test_words_dates_and_statuses_are_rewritten_in_place() -> None:
    made = plan_changes.rewritten(WHOLE, {
        1: {"text": "Sleep", "codes": "F51.01"}, 3: {"status": "reached", "status_on": ON, "measure": "PSQI"},
        77: {"text": "nobody's"},
    }, ON)
    assert made.problems[0].text == "Sleep"
    assert made.problems[0].codes == "F51.01"
    assert made.goals[0].objectives[0].status is ObjectiveStatus.REACHED
    assert (made.goals[0].objectives[0].status_on, made.review_on) == (ON, ON)
    assert plan_changes.rewritten(WHOLE, {}, REVIEW) == WHOLE


@pytest.mark.parametrize(("key", "fields"), [
    (1, {"text": "x" * 2_001}), (3, {"measure": "x" * 201}), (1, {"codes": "x" * 201}), (1, {"text": "bell \x07"}),
    (3, {"measure": "\ud800"}), (3, {"status": "gone"}), (3, {"target_on": "soon"}), (2, {"colour": "red"}),
])
def test_what_cannot_be_kept_is_refused(key: int, fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        plan_changes.rewritten(WHOLE, {key: fields}, REVIEW)


@pytest.mark.parametrize("kept", [
    {"problems": [{"key": 1}, {"key": 1}], "made": 1}, {"problems": [{"key": 2}], "made": 1},
    {"problems": [{"key": 0}], "made": 1}, {"problems": [{"key": n} for n in range(1, 12)], "made": 11},
    {"problems": "all"}, {"made": -1}, {"more": 1},
])
def test_a_plan_with_two_of_one_key_or_too_much_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        plans.from_json(kept)


def test_nothing_kept_is_an_empty_plan() -> None:
    assert plans.from_json({}) == Plan()


def test_a_review_says_what_is_different() -> None:
    old = plan(objective(3), objective(13, "Up at seven"))
    new = plan_changes.rewritten(plan_changes.reviewed(old, REVIEW, 90), {
        1: {"codes": "F51.01"}, 2: {"text": "Sleep through\nthe night"},
        3: {"status": "reached", "status_on": REVIEW, "target_on": date(2027, 2, 1), "measure": "PSQI"},
    }, date(2027, 4, 10))
    new = plan_changes.add(plan_changes.add(plan_changes.remove(new, 13), 1), 100)
    new = plan_changes.rewritten(new, {100: {"text": "Nap less"}}, new.review_on)
    assert plans.changes_since(old, new) == (
        "Problem 1, codes before: none", "Goal 1.1 reworded, before: Sleep through",
        "Objective 1.1.1: reached since 10 Jan 2027, before: active",
        "Objective 1.1.1, target date before: 1 Dec 2026", "Objective 1.1.1, measured before by: sleep diary",
        "Goal 1.2 added: Nap less", "Objective 1.1.2 taken out: Up at seven", "Next review 10 Apr 2027",
    )


def test_an_order_changed_is_no_change_and_long_text_is_shortened() -> None:
    two = plan(objective(3), objective(13))
    assert plans.changes_since(two, plan_changes.move(two, 13, -1)) == ()
    long = plan_changes.rewritten(WHOLE, {1: {"text": "word " * 100}}, REVIEW)
    assert len(plans.changes_since(long, WHOLE)[0]) < 200
    assert plans.changes_since(long, WHOLE)[0].endswith("…")


def test_the_plan_reads_on_paper_as_headings_with_text() -> None:
    made = plan_changes.rewritten(plan(objective(3), objective(13, "Up at seven")), {
        1: {"codes": "F51.01"}, 13: {"status": "partly_reached", "status_on": ON}}, REVIEW)
    assert plans.plan_sections(made, ("Goal 1.1 added: Sleep through",)) == [
        ("Problem 1", "\n".join((
            "Insomnia", "Codes: F51.01", "Goal 1.1: Sleep through", "  Objective 1.1.1: Sleeps six hours",
            "    Measured by sleep diary. Target 1 Dec 2026. Active.",
            "    Intervention 1.1.1 a: Sleep restriction, weekly", "  Objective 1.1.2: Up at seven",
            "    Measured by sleep diary. Target 1 Dec 2026. Partly reached since 12 Oct 2026.",
            "    Intervention 1.1.2 a: Sleep restriction, weekly",
        ))),
        ("Next review", "10 Jan 2027"), ("Changed since the plan before", "Goal 1.1 added: Sleep through"),
    ]


def test_a_plan_that_is_over_says_so_on_paper() -> None:
    over = plan(objective(3, status=ObjectiveStatus.REACHED, since=ON))
    assert ("Review", "Every goal is reached or dropped; this plan has come to its end.") in plans.plan_sections(over)


ACTS = st.lists(st.tuples(st.sampled_from(["add", "remove", "up", "down"]), st.integers(0, 30)), max_size=25)


def test_nothing_is_added_below_an_intervention() -> None:
    made = Plan()
    for above in (None, 1, 2, 3):
        made = plan_changes.add(made, above)
    with pytest.raises(NoPlace, match="below an intervention"):
        plan_changes.add(made, 4)


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_whatever_is_done_keys_stay_their_own_and_the_plan_can_be_kept(acts) -> None:
    made, given_out = Plan(), set()
    for act, number in acts:
        keys: list[int | None] = [None, *(s.part.key for s in plans.spots(made))]
        key = keys[number % len(keys)]
        before = {s.part.key: s.part.text for s in plans.spots(made)}
        if act == "add":
            try:
                made = plan_changes.add(made, key)
            except NoPlace:
                continue
            assert made.made not in given_out
            given_out.add(made.made)
        elif key is not None:
            by = 1 if act == "down" else -1
            made = plan_changes.remove(made, key) if act == "remove" else plan_changes.move(made, key, by)
            after = {s.part.key for s in plans.spots(made)}
            assert after <= set(before)
            assert act == "remove" or after == set(before)
    assert plans.from_json(plans.as_json(made)) == made
    assert plans.changes_since(made, made) == ()
