"""The forms of notes as data: which sections each has, what they ask, and where a form is used (G01–G05, G17)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from practicerunner.vocabulary import NoteKind


@dataclass(frozen=True, slots=True)
class Section:
    """One field of a form."""

    key: str
    label: str
    required: bool = False
    hint: str = ""
    clinical: bool = False
    """Shown only where the case has clinical fields: therapy, or a consultation for which an owner switched them on."""
    findings: tuple[str, ...] = ()
    """Common findings to choose from; what else there is to say stands under the key ``more(key)``."""
    usual: str = ""
    """The finding that ``Within normal limits`` fills in."""
    retired: bool = False
    """Asked in some other way now; shown only where a note has text in it."""


@dataclass(frozen=True, slots=True)
class Form:
    """The sections of a note in their order; with ``part`` also one text for each person who was there."""

    label: str
    kind: NoteKind
    sections: tuple[Section, ...]
    part: Section | None = None
    risk: bool = False
    """Whether it has the risk line, where the case has clinical fields."""
    risk_required: bool = False
    goals_required: bool = False
    """Whether it names a goal of the treatment plan, where one is in force."""
    therapy: bool | None = None
    """Used in therapy only, or elsewhere only; ``None`` is everywhere."""


BETWEEN_FINDINGS = "; "
"""What stands between the findings of a section in its text."""


def more(key: str) -> str:
    """Where the free text of a section with findings is kept."""
    return f"{key}_more"


def own_sections(template: Mapping[str, Any]) -> tuple[Section, ...]:
    """A template's own sections, from the copy that a note keeps."""
    return tuple(Section(**kept) for kept in template.get("sections", ()))


_RISK = Section("risk", "Risk and safety", clinical=True, retired=True)
_MENTAL_STATUS = Section("mental_status", "Mental status exam", hint="Where it was done.", clinical=True)
_PLAN = Section("plan", "Plan", True, "What happens next, and until when.")
_INTERVENTION = Section("intervention", "Intervention", True, "What you did.")
_RESPONSE = Section("response", "Response", True, "How it was taken up.")
_RECOMMENDATIONS = Section("recommendations", "Recommendations", True, "What you recommended.")


def _progress(label: str, *sections: Section) -> Form:
    return Form(label, NoteKind.PROGRESS, (*sections, _RISK, _MENTAL_STATUS), risk=True)


def _domain(key: str, label: str, *findings: str) -> Section:
    """A domain of the mental status exam; the first of its findings is the usual one."""
    return Section(key, label, True, "What else you saw, in your words.", findings=findings, usual=findings[0])


MENTAL_STATUS = (
    _domain("appearance", "Appearance", "Well groomed", "Casually dressed", "Neglected", "Dishevelled", "Unusual dress",
            "Looks older than age", "Looks younger than age"),
    _domain("behaviour", "Behavior", "Calm", "Restless", "Agitated", "Slowed", "Tremor", "Tics", "Avoids eye contact"),
    _domain("attitude", "Attitude", "Cooperative", "Guarded", "Withdrawn", "Hostile", "Suspicious", "Indifferent"),
    _domain("speech", "Speech", "Normal rate, rhythm and volume", "Slow", "Fast", "Pressured", "Soft", "Loud",
            "Monotonous", "Sparse", "Slurred"),
    _domain("mood", "Mood", "Even", "Low", "Anxious", "Irritable", "Angry", "Elated", "Empty"),
    _domain("affect", "Affect", "Full range, fits what is said", "Restricted", "Blunted", "Flat", "Labile", "Tearful",
            "Does not fit what is said"),
    _domain("thought_process", "Thought process", "Clear and goal-directed", "Circumstantial", "Tangential",
            "Racing", "Slowed", "Blocked", "Loose associations"),
    _domain("thought_content", "Thought content", "Nothing unusual", "Worry", "Rumination", "Guilt", "Hopelessness",
            "Obsessions", "Phobias", "Overvalued ideas", "Delusions"),
    _domain("perception", "Perception", "Nothing unusual", "Hears voices", "Sees things", "Other hallucinations",
            "Illusions", "Depersonalization", "Derealization"),
    _domain("cognition", "Cognition and orientation", "Alert, oriented to person, place, time and situation",
            "Drowsy", "Not oriented to time", "Not oriented to place", "Poor attention", "Poor short-term memory",
            "Poor long-term memory"),
    _domain("insight", "Insight", "Good", "Fair", "Limited", "Absent"),
    _domain("judgement", "Judgment", "Good", "Fair", "Limited", "Poor"),
)
"""The domains of the mental status exam (TRUST 2.1); harm to self and others is the risk line."""

FORMS: dict[str, Form] = {
    "soap": _progress(
        "SOAP", Section("subjective", "Subjective", True, "What was said and felt."),
        Section("objective", "Objective", True, "What you observed."),
        Section("assessment", "Assessment", True, "How you understand it."), _PLAN,
    ),
    "dap": _progress(
        "DAP", Section("data", "Data", True, "What was said and observed."),
        Section("assessment", "Assessment", True, "How you understand it."), _PLAN,
    ),
    "birp": _progress(
        "BIRP", Section("behaviour", "Behavior", True, "What was said, shown and observed."), _INTERVENTION,
        _RESPONSE, _PLAN,
    ),
    "girp": replace(_progress(
        "GIRP", Section("goal", "Goal", True, "Which goal this worked on."), _INTERVENTION, _RESPONSE, _PLAN,
    ), goals_required=True),
    "free": _progress("Free text", Section("text", "Note", True)),
    "consultation": Form("Consultation", NoteKind.CONSULTATION, (
        Section("topic", "Question or topic", True, "What the consultation was asked for."),
        Section("discussion", "Discussion", True, "What was talked through."),
        _RECOMMENDATIONS,
        Section("follow_up", "Follow-up", hint="What comes next, and who does it."),
        Section("time_spent", "Time spent", hint="With preparation, where it counts."),
        Section("diagnosis", "Diagnosis", clinical=True),
        Section("treatment_plan", "Treatment plan", clinical=True),
        _MENTAL_STATUS,
    )),
    "group": Form("Group", NoteKind.GROUP, (
        Section("topic", "Topic", True),
        Section("interventions", "Interventions", True, "What you did with the group."),
        Section("process", "Group process", True, "How the group worked together, without names."),
    ), part=Section("part", "Own part", True, "Only about this person: how they took part and responded."), risk=True),
    "memo": Form("Memo", NoteKind.MEMO, (
        Section("text", "Memo", True, "For the practice's own use; not part of the record."),
    )),
    "psychotherapy": Form("Psychotherapy", NoteKind.PSYCHOTHERAPY, (
        Section("text", "Psychotherapy note", True, "Readable by you alone, kept apart from the record."),
    )),
    "contact": Form("Contact", NoteKind.CONTACT, (
        Section("how", "How and with whom", True, "By phone, e-mail or in person, and who it was."),
        Section("said", "What was said", True),
        Section("follow_up", "Follow-up", hint="What comes next, and who does it."),
    ), risk=True),
    "missed": Form("Missed appointment", NoteKind.CONTACT, (
        Section("what", "What happened", True, "Did not come, called off late, or came too late."),
        Section("reached", "Contact since", hint="Whether they were reached, how, and what they said."),
        Section("follow_up", "What comes next", True),
    ), risk=True),
    "discharge": Form("Discharge", NoteKind.CONTACT, (
        Section("reason", "Reason", True, "Why it ends now."),
        Section("course", "Course of treatment", True, "From when to when, what was worked on and how."),
        Section("outcome", "Outcome", True, "What was reached, and what was not."),
        replace(_RECOMMENDATIONS, hint="What comes next, referrals, and when to come back."),
    ), risk=True, therapy=True),
    "closing": Form("Closing", NoteKind.CONTACT, (
        Section("reason", "Reason", True, "Why it ends now."),
        Section("course", "Course", True, "From when to when, and what was talked through."),
        Section("outcome", "Outcome", True, "What came of it."),
        replace(_RECOMMENDATIONS, hint="What you recommended for the time after."),
    ), therapy=False),
    "intake": Form("Intake", NoteKind.INTAKE, (
        Section("problem", "Presenting problem", True, "What brings them now, since when, and what they hope for."),
        Section("psychiatric", "Psychiatric history", True, "Earlier therapy, hospital stays, what helped."),
        Section("medical", "Medical history", True, "Illnesses, injuries, allergies, who the doctor is."),
        Section("medication", "Medication", True, "Name, dose and since when; or none."),
        Section("substances", "Substance use", True, "Alcohol, nicotine, other; how much and how often."),
        Section("family", "Family history", True, "Who belongs to it, and illnesses that run in it."),
        Section("social", "Social history", True, "Home, school or work, relationships, money, faith, culture."),
        Section("trauma", "Trauma history", True, "Only as much as is needed now."),
        Section("legal", "Legal history", True, "Courts, custody, probation; or none."),
        Section("strengths", "Strengths and supports", True, "What and who carries them."),
        Section("impression", "First impression", True, "How you understand it so far."),
        Section("initial_plan", "Initial plan", True, "What happens first, how often, and what you agreed on."),
    ), risk=True, risk_required=True),
    "treatment_plan": Form("Treatment plan", NoteKind.TREATMENT_PLAN, (
        Section("remarks", "Remarks", hint="What else belongs to the plan."),
    )),
    "mental_status": Form("Mental status exam", NoteKind.MENTAL_STATUS, (
        *MENTAL_STATUS,
        Section("summary", "Summary", hint="What stands out."),
    ), risk=True, risk_required=True),
}
"""Every form by its key, as ``note.form`` stores it."""
