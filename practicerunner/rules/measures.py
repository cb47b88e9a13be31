"""Published measures: their wording exactly as published, and what a complete set of answers comes to (C70, C71).

A set with a missing answer has no total; nothing is estimated. A low score is a number and never a clearance, so no
band and no sentence here says that there is no risk.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PCL5_CUTS = (31, 33)
"""Between these, both included, the practice chooses the cut of the PCL-5."""
USUAL_PCL5_CUT = 33

_PHQ_NOTICE = (
    "Developed by Drs. Robert L. Spitzer, Janet B.W. Williams, Kurt Kroenke and colleagues, with an educational grant "
    "from Pfizer Inc. No permission required to reproduce, translate, display or distribute."
)
_PCL_NOTICE = (
    "PCL-5 (14 August 2013), National Center for PTSD, U.S. Department of Veterans Affairs. Weathers, F. W., Litz, "
    "B. T., Keane, T. M., Palmieri, P. A., Marx, B. P., & Schnurr, P. P. In the public domain."
)
_FREQUENCY = ("Not at all", "Several days", "More than half the days", "Nearly every day")
_EXTENT = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")
_BOTHERED_BY_ANY = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
_BOTHERED_BY = "Over the last 2 weeks, how often have you been bothered by the following problems?"


@dataclass(frozen=True, slots=True)
class Band:
    """A range of totals, from its lowest total up to the next band's."""

    least: int
    name: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One published measure."""

    key: str
    name: str
    title: str
    stem: str
    items: tuple[str, ...]
    points: tuple[str, ...]
    """The words of the answers; the first counts nothing, each next one more."""
    notice: str
    bands: tuple[Band, ...] = ()
    """From the lowest on; a measure without published bands has none."""
    cut: int | None = None
    """From this total on the screen is positive; ``None`` where none is published, or where the practice chooses it."""
    critical: tuple[int, ...] = ()
    """Items, counted from 1, on which every answer but the first is critical, whatever the total (C72)."""
    difficulty: str = ""
    """A question at the end that does not count."""
    difficulty_answers: tuple[str, ...] = ()
    language: str = "en"
    edition: str = ""

    @property
    def most(self) -> int:
        """The highest total."""
        return len(self.items) * (len(self.points) - 1)

    def key_of(self, number: int) -> str:
        """The key of an item's answer, counted from 1."""
        return f"{self.key}_{number}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all items that count."""
        return tuple(self.key_of(number) for number in range(1, len(self.items) + 1))


_PHQ9_ITEMS = (
    "Little interest or pleasure in doing things",
    "Feeling down, depressed, or hopeless",
    "Trouble falling or staying asleep, or sleeping too much",
    "Feeling tired or having little energy",
    "Poor appetite or overeating",
    "Feeling bad about yourself — or that you are a failure or have let yourself or your family down",
    "Trouble concentrating on things, such as reading the newspaper or watching television",
    "Moving or speaking so slowly that other people could have noticed? Or the opposite — being so fidgety or restless "
    "that you have been moving around a lot more than usual",
    "Thoughts that you would be better off dead or of hurting yourself in some way",
)
_GAD7_ITEMS = (
    "Feeling nervous, anxious, or on edge",
    "Not being able to stop or control worrying",
    "Worrying too much about different things",
    "Trouble relaxing",
    "Being so restless that it is hard to sit still",
    "Becoming easily annoyed or irritable",
    "Feeling afraid, as if something awful might happen",
)
_PCL5_ITEMS = (
    "Repeated, disturbing, and unwanted memories of the stressful experience?",
    "Repeated, disturbing dreams of the stressful experience?",
    "Suddenly feeling or acting as if the stressful experience were actually happening again (as if you were actually "
    "back there reliving it)?",
    "Feeling very upset when something reminded you of the stressful experience?",
    "Having strong physical reactions when something reminded you of the stressful experience (for example, heart "
    "pounding, trouble breathing, sweating)?",
    "Avoiding memories, thoughts, or feelings related to the stressful experience?",
    "Avoiding external reminders of the stressful experience (for example, people, places, conversations, activities, "
    "objects, or situations)?",
    "Trouble remembering important parts of the stressful experience?",
    "Having strong negative beliefs about yourself, other people, or the world (for example, having thoughts such as: "
    "I am bad, there is something seriously wrong with me, no one can be trusted, the world is completely dangerous)?",
    "Blaming yourself or someone else for the stressful experience or what happened after it?",
    "Having strong negative feelings such as fear, horror, anger, guilt, or shame?",
    "Loss of interest in activities that you used to enjoy?",
    "Feeling distant or cut off from other people?",
    "Trouble experiencing positive feelings (for example, being unable to feel happiness or have loving feelings for "
    "people close to you)?",
    "Irritable behavior, angry outbursts, or acting aggressively?",
    "Taking too many risks or doing things that could cause you harm?",
    'Being "superalert" or watchful or on guard?',
    "Feeling jumpy or easily startled?",
    "Having difficulty concentrating?",
    "Trouble falling or staying asleep?",
)

MEASURES: dict[str, Measure] = {measure.key: measure for measure in (
    Measure(
        "phq2", "PHQ-2", "Patient Health Questionnaire-2", _BOTHERED_BY, _PHQ9_ITEMS[:2], _FREQUENCY, _PHQ_NOTICE,
        cut=3, edition="PHQ-2, 2003",
    ),
    Measure(
        "phq9", "PHQ-9", "Patient Health Questionnaire-9", _BOTHERED_BY_ANY, _PHQ9_ITEMS, _FREQUENCY, _PHQ_NOTICE,
        bands=(Band(0, "minimal"), Band(5, "mild"), Band(10, "moderate"), Band(15, "moderately severe"),
               Band(20, "severe")),
        cut=10, critical=(9,),
        difficulty="If you checked off any problems, how difficult have these problems made it for you to do your "
                   "work, take care of things at home, or get along with other people?",
        difficulty_answers=("Not difficult at all", "Somewhat difficult", "Very difficult", "Extremely difficult"),
        edition="PHQ-9, 1999",
    ),
    Measure(
        "gad2", "GAD-2", "Generalized Anxiety Disorder 2-item scale", _BOTHERED_BY, _GAD7_ITEMS[:2], _FREQUENCY,
        _PHQ_NOTICE, cut=3, edition="GAD-2, 2007",
    ),
    Measure(
        "gad7", "GAD-7", "Generalized Anxiety Disorder 7-item scale", _BOTHERED_BY, _GAD7_ITEMS, _FREQUENCY,
        _PHQ_NOTICE, bands=(Band(0, "minimal"), Band(5, "mild"), Band(10, "moderate"), Band(15, "severe")),
        edition="GAD-7, 2006",
    ),
    Measure(
        "pcl5", "PCL-5", "PTSD Checklist for DSM-5",
        "Below is a list of problems that people sometimes have in response to a very stressful experience. Please "
        "read each problem carefully and then circle one of the numbers to the right to indicate how much you have "
        "been bothered by that problem in the past month.\n\nIn the past month, how much were you bothered by:",
        _PCL5_ITEMS, _EXTENT, _PCL_NOTICE, edition="PCL-5, 14 August 2013",
    ),
)}
"""The measures that may be shown without anybody's permission, by key."""

CLUSTERS: dict[str, tuple[range, int]] = {
    "B": (range(1, 6), 1), "C": (range(6, 8), 1), "D": (range(8, 15), 2), "E": (range(15, 21), 2),
}
"""Of the PCL-5: cluster → its items, counted from 1, and how many of them have to be there for the provisional rule."""
_PRESENT = 2
"""From "Moderately" on an item of the PCL-5 counts as there."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a set of answers comes to."""

    measure: str
    total: int | None
    """Nothing while an answer is missing."""
    most: int
    missing: int = 0
    """How many items have no answer."""
    band: str = ""
    cut: int | None = None
    positive: bool | None = None
    """Whether the total reaches the cut, where there is one."""
    clusters: tuple[tuple[str, int], ...] = ()
    provisional: bool | None = None
    """Of the PCL-5: whether enough items of every cluster are there."""


def score(measure: Measure, answers: Mapping[str, object], *, pcl5_cut: int = USUAL_PCL5_CUT) -> Score:
    """The score of a set of answers: item key → 0, 1, 2 …; anything else counts as no answer."""
    given = [_point(measure, answers.get(key)) for key in measure.keys]
    points = [point for point in given if point is not None]
    if len(points) < len(given):
        return Score(measure.key, None, measure.most, missing=len(given) - len(points))
    total = sum(points)
    band = next((band.name for band in reversed(measure.bands) if total >= band.least), "")
    if measure.key != "pcl5":
        positive = None if measure.cut is None else total >= measure.cut
        return Score(measure.key, total, measure.most, band=band, cut=measure.cut, positive=positive)
    of = {name: [points[number - 1] for number in numbers] for name, (numbers, _) in CLUSTERS.items()}
    return Score(
        measure.key, total, measure.most, cut=pcl5_cut, positive=total >= pcl5_cut,
        clusters=tuple((name, sum(found)) for name, found in of.items()),
        provisional=all(sum(point >= _PRESENT for point in of[name]) >= least
                        for name, (_, least) in CLUSTERS.items()),
    )


def _point(measure: Measure, answer: object) -> int | None:
    whole = isinstance(answer, int) and not isinstance(answer, bool)
    return answer if whole and 0 <= answer < len(measure.points) else None  # type: ignore[operator, return-value]


def in_words(found: Score) -> str:
    """``14 of 27, moderate``; without a total, how many answers are missing."""
    if found.total is None:
        number = len(MEASURES[found.measure].items)
        return f"Incomplete, no total: {found.missing} of {number} items without an answer"
    said = [f"{found.total} of {found.most}"]
    if found.band:
        said.append(found.band)
    if found.cut is not None:
        said.append(f"{'reaches' if found.positive else 'below'} the cut of {found.cut}")
    return ", ".join(said)


def details(found: Score) -> list[str]:
    """What else is worth saying of a total, one line each."""
    if found.total is None or not found.clusters:
        return []
    clusters = ", ".join(f"{name} {points}" for name, points in found.clusters)
    rule = "The provisional rule is met" if found.provisional else "The provisional rule is not met"
    return [f"Clusters: {clusters}", f"{rule}: at least 1 B, 1 C, 2 D and 2 E items at “Moderately” or above."]
