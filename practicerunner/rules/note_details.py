"""What a note has beside its text: the risk line, the telehealth statement, goals worked on, a treatment plan (C40)."""

from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from practicerunner.rules import texts
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.plans import Plan, plan_sections
from practicerunner.vocabulary import CaseType, NoteKind, RiskFinding, SessionFormat

Line = Annotated[str, Field(max_length=200), AfterValidator(texts.line)]
Paragraph = Annotated[str, Field(max_length=20_000), AfterValidator(texts.paragraph)]
State = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
"""Two letters of a state, or nothing."""

STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
)
"""Where a licence can be from, and where somebody can be in the United States."""
ABROAD = "ZZ"
"""Stands for a place outside of the United States."""
HOME = "Home"
PLACES = (HOME, "Work", "School", "Car")
"""Where people usually are; another place is typed."""
FOR_ALL = ""
"""The key under which one location stands for everybody who was present."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Risk(_Part):
    """The risk line: what was said or seen of harm, and what was done. Nothing here ever says that there is none."""

    harm_to_self: RiskFinding | None = None
    harm_to_others: RiskFinding | None = None
    means: Paragraph = ""
    """Plan and means, where something is present."""
    action: Paragraph = ""
    """What was done about it."""


class Whereabouts(_Part):
    """Where somebody was during a session by video or phone."""

    state: State = ""
    place: Line = ""
    """Home, work, or what else it was."""


class Telehealth(_Part):
    """What is stated of a session that was not in one room (C40)."""

    mode: SessionFormat | None = None
    locations: dict[str, Whereabouts] = Field(default_factory=dict, max_length=100)
    """Person id (as text) → where they were; under ``FOR_ALL`` one that stands for all who were present."""
    clinician_location: Line = ""
    identity_confirmed: bool = False
    consent_on_file: bool = False
    consent_place: Line = ""
    """Where the consent is that was not signed in the product: on paper, and since when."""
    emergency_confirmed: bool = False
    """Whether the emergency contact and plan were confirmed."""
    interruptions: Paragraph = ""


class GoalLink(_Part):
    """A goal of the treatment plan that a session worked on, in the words it had then."""

    plan_id: int
    """The note that the plan is."""
    goal: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_.:-]+$")]
    """The goal's key in the plan."""
    number: Line = ""
    about: Annotated[str, Field(max_length=401)] = ""
    """Whose plan it is; empty for one of the case as a whole."""
    text: Paragraph = ""


class Details(_Part):
    """What a note has beside its text; a key that is not set is left as it was."""

    risk: Risk | None = None
    telehealth: Telehealth | None = None
    goals: Annotated[tuple[GoalLink, ...], Field(max_length=50)] = ()
    plan: Plan | None = None


def missing_risk(risk: Risk | None, *, required: bool) -> tuple[str, ...]:
    """What the risk line still lacks: both findings once one is given, plan and action where something is present."""
    if risk is None or (risk.harm_to_self is None and risk.harm_to_others is None):
        return ("Harm to self", "Harm to others") if required else ()
    missing = [
        label for label, finding in (("Harm to self", risk.harm_to_self), ("Harm to others", risk.harm_to_others))
        if finding is None
    ]
    if RiskFinding.PRESENT in (risk.harm_to_self, risk.harm_to_others):
        missing += [
            label for label, text in (("Plan and means", risk.means), ("What was done", risk.action))
            if not text.strip()
        ]
    return tuple(missing)


HARM = {"harm_to_self": "Harm to self", "harm_to_others": "Harm to others"}
CONFIRMED = {
    "identity_confirmed": "Identity confirmed", "consent_on_file": "Telehealth consent on file",
    "emergency_confirmed": "Emergency contact and plan confirmed",
}


def in_words(details: Details, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What stands beside the text as label and words, for screen and paper; ``names`` by person id as text."""
    said: list[tuple[str, str]] = []
    if details.goals:
        said.append(("Goals of the plan", "\n".join(_goal(goal, several=len(names) > 1) for goal in details.goals)))
    if details.plan is not None:
        said += plan_sections(details.plan)
    if details.risk is not None:
        risk = details.risk
        given = [(label, getattr(risk, key)) for key, label in HARM.items()]
        found = [f"{label}: {finding.label}" for label, finding in given if finding is not None]
        said += [("Risk", " · ".join(found)), ("Plan and means", risk.means), ("What was done", risk.action)]
    if details.telehealth is not None:
        told = details.telehealth
        said += [("Session by video or phone", _remote_in_words(told, names)), ("Interruptions", told.interruptions)]
    return tuple((label, text) for label, text in said if text.strip())


def _goal(goal: GoalLink, *, several: bool) -> str:
    """A goal with its number, and with whose it is where several take part."""
    return f"{goal.number}  {goal.text}" + (f" ({goal.about})" if several and goal.about else "")


def _remote_in_words(told: Telehealth, names: Mapping[str, str]) -> str:
    said = [told.mode.label] if told.mode is not None else []
    for key, where in told.locations.items():
        place = ", ".join(filter(None, (where.place, state_name(where.state))))
        if place:
            said.append(f"{names.get(key, '') if key != FOR_ALL else 'Everybody'}: {place}")
    if told.clinician_location.strip():
        said.append(f"Clinician: {told.clinician_location}")
    kept = {"consent_on_file": told.consent_place.strip()}
    return " · ".join(said + [
        f"{label}: {kept[key]}" if kept.get(key) else label for key, label in CONFIRMED.items() if getattr(told, key)
    ])


def state_name(code: str) -> str:
    """A state as people read it."""
    return "Outside the United States" if code == ABROAD else code


_STATED = frozenset({NoteKind.PROGRESS, NoteKind.GROUP, NoteKind.INTAKE})


def has_telehealth(kind: NoteKind, case_type: CaseType, held_by: SessionFormat | None) -> bool:
    """Whether a note has the telehealth statement: of a session of therapy by video or phone (C40)."""
    return (
        kind in _STATED and capabilities(case_type).clinical_fields
        and held_by in (SessionFormat.VIDEO, SessionFormat.PHONE)
    )


CONSENT_PLACE = "Where the telehealth consent is"


def missing_telehealth(
    told: Telehealth, names: Mapping[str, str], unsigned: Collection[str] = ()
) -> tuple[str, ...]:
    """What the telehealth statement still lacks; ``names`` are those who were present, by person id as text.

    ``unsigned`` are those of them who have not signed the form here: then it has to be said where their consent is.
    """
    missing = [] if told.mode is not None else ["Video or phone"]
    missing += [f"Where {names[key]} was" for key in names if not located(told, key)]
    missing += [
        label for label, said in (
            ("Where you were", told.clinician_location.strip()), ("Identity confirmed", told.identity_confirmed),
            ("Telehealth consent on file", told.consent_on_file),
            (CONSENT_PLACE, told.consent_place.strip() or not (told.consent_on_file and unsigned)),
            ("Emergency contact and plan confirmed", told.emergency_confirmed),
        ) if not said
    ]
    return tuple(missing)


def whereabouts(told: Telehealth, key: str) -> Whereabouts:
    """Where somebody was: their own location, else the one that stands for all."""
    return told.locations.get(key) or told.locations.get(FOR_ALL) or Whereabouts()


def located(told: Telehealth, key: str) -> bool:
    """Whether it is said in which state and at what place somebody was."""
    where = whereabouts(told, key)
    return bool(where.state and where.place.strip())


def was_at_home(told: Telehealth, key: str) -> bool | None:
    """Whether somebody was at home, at one of the other places that can be chosen, or nobody can say from the words."""
    place = whereabouts(told, key).place.strip()
    return place == HOME if place in PLACES else None


def states_of(written: str) -> tuple[str, ...]:
    """The two-letter codes in what somebody typed as their licence states; empty means that nobody knows."""
    return tuple(part.strip().upper() for part in written.replace(";", ",").split(",") if part.strip())


def outside_licence(
    told: Telehealth | None, present: Collection[str], licence_states: Collection[str]
) -> tuple[str, ...]:
    """States in which somebody was present but for which the provider has no licence, in their order."""
    if told is None or not licence_states:
        return ()
    there = (whereabouts(told, key).state for key in present)
    return tuple(dict.fromkeys(state for state in there if state and state not in licence_states))
