"""Notes as data: which forms there are, which sections each has, and the states every note goes through (G01–G12)."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from practicerunner.errors import NoteIsSigned, RuleViolation
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment, wall
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, NoteStatus, Resource, Role

LATE_AFTER_DAYS = 3
"""A note first signed more than this many days after its date of service is marked as a late entry (C22)."""
PRESENT = frozenset({AttendanceStatus.ATTENDED, AttendanceStatus.ARRIVED})
"""Who was there, and so has a part of a group note."""
SIGNED = frozenset({NoteStatus.SUBMITTED, NoteStatus.LOCKED, NoteStatus.AMENDED})
"""States in which the author has signed, so that the note is no longer due and its text is fixed."""


class AwaitingCosignature(NoteIsSigned):
    """This note awaits co-signature and cannot be changed meanwhile; the supervisor can return it."""


@dataclass(frozen=True, slots=True)
class Section:
    """One field of a form."""

    key: str
    label: str
    required: bool = False
    hint: str = ""
    clinical: bool = False
    """Shown only where the case has clinical fields: therapy, or a consultation for which an owner switched them on."""


@dataclass(frozen=True, slots=True)
class Form:
    """The sections of a note in their order; with ``part`` also one text for each person who was there."""

    label: str
    kind: NoteKind
    sections: tuple[Section, ...]
    part: Section | None = None


_RISK = Section("risk", "Risk and safety", hint="None, or what was present and what was done.", clinical=True)
_MENTAL_STATUS = Section("mental_status", "Mental status exam", hint="Where it was done.", clinical=True)
_PLAN = Section("plan", "Plan", True, "What happens next, and until when.")
_INTERVENTION = Section("intervention", "Intervention", True, "What you did.")
_RESPONSE = Section("response", "Response", True, "How it was taken up.")


def _progress(label: str, *sections: Section) -> Form:
    return Form(label, NoteKind.PROGRESS, (*sections, _RISK, _MENTAL_STATUS))


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
        "BIRP", Section("behaviour", "Behaviour", True, "What was said, shown and observed."), _INTERVENTION,
        _RESPONSE, _PLAN,
    ),
    "girp": _progress(
        "GIRP", Section("goal", "Goal", True, "Which goal this worked on."), _INTERVENTION, _RESPONSE, _PLAN,
    ),
    "free": _progress("Free text", Section("text", "Note", True)),
    "consultation": Form("Consultation", NoteKind.CONSULTATION, (
        Section("topic", "Question or topic", True, "What the consultation was asked for."),
        Section("discussion", "Discussion", True, "What was talked through."),
        Section("recommendations", "Recommendations", True, "What you recommended."),
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
    ), part=Section("part", "Own part", True, "Only about this person: how they took part and responded.")),
    "memo": Form("Memo", NoteKind.MEMO, (
        Section("text", "Memo", True, "For the practice's own use; not part of the record."),
    )),
    "psychotherapy": Form("Psychotherapy", NoteKind.PSYCHOTHERAPY, (
        Section("text", "Psychotherapy note", True, "Readable by you alone, kept apart from the record."),
    )),
}
"""Every form by its key, as ``note.form`` stores it."""


class Act(StrEnum):
    """What may be done with a note."""

    SAVE = "save"
    SIGN = "sign"
    SUBMIT = "submit"
    COSIGN = "cosign"
    RETURN = "give back"
    AMEND = "amend"
    FINISH = "finish"
    DISCARD = "discard"


_FLOW: dict[tuple[NoteStatus, Act], NoteStatus] = {
    (NoteStatus.DRAFT, Act.SAVE): NoteStatus.DRAFT,
    (NoteStatus.DRAFT, Act.SIGN): NoteStatus.LOCKED,
    (NoteStatus.DRAFT, Act.SUBMIT): NoteStatus.SUBMITTED,
    (NoteStatus.DRAFT, Act.DISCARD): NoteStatus.DRAFT,
    (NoteStatus.SUBMITTED, Act.COSIGN): NoteStatus.LOCKED,
    (NoteStatus.SUBMITTED, Act.RETURN): NoteStatus.RETURNED,
    (NoteStatus.RETURNED, Act.SAVE): NoteStatus.RETURNED,
    (NoteStatus.RETURNED, Act.SIGN): NoteStatus.LOCKED,
    (NoteStatus.RETURNED, Act.SUBMIT): NoteStatus.SUBMITTED,
    (NoteStatus.LOCKED, Act.AMEND): NoteStatus.AMENDED,
    (NoteStatus.AMENDED, Act.AMEND): NoteStatus.AMENDED,
}
_UNSIGNED_FLOW: dict[tuple[NoteStatus, Act], NoteStatus] = {
    (NoteStatus.DRAFT, Act.SAVE): NoteStatus.DRAFT,
    (NoteStatus.DRAFT, Act.FINISH): NoteStatus.FINAL,
    (NoteStatus.DRAFT, Act.DISCARD): NoteStatus.DRAFT,
}
UNSIGNED_KINDS = frozenset({NoteKind.MEMO, NoteKind.PSYCHOTHERAPY})
"""Kinds that are draft and then final, with no signature, because they are never part of the record (G06, G09)."""


def transition(kind: NoteKind, status: NoteStatus, act: Act) -> NoteStatus:
    """The state after an act. Raises NoteIsSigned, AwaitingCosignature or RuleViolation where it is not allowed."""
    flow = _UNSIGNED_FLOW if kind in UNSIGNED_KINDS else _FLOW
    found = flow.get((status, act))
    if found is not None:
        return found
    if status in (NoteStatus.LOCKED, NoteStatus.AMENDED):
        raise NoteIsSigned
    if status is NoteStatus.SUBMITTED:
        raise AwaitingCosignature
    if status is NoteStatus.FINAL:
        raise RuleViolation("This is final and is not changed any more.")
    if kind in UNSIGNED_KINDS:
        raise RuleViolation(f"{kind.label}s are finished, not signed.")
    raise RuleViolation(f"This is not possible while the note is: {status.label.lower()}.")


def kinds_for(case_type: CaseType) -> tuple[NoteKind, ...]:
    """The kinds of note that fit a kind of case (G01–G05)."""
    return capabilities(case_type).notes


def forms_for(kind: NoteKind) -> tuple[str, ...]:
    """Keys of the forms a kind of note can have; the first is offered first."""
    return tuple(key for key, form in FORMS.items() if form.kind is kind)


def resource_for(kind: NoteKind, case_type: CaseType) -> Resource:
    """The row of the permission table that governs a note."""
    if kind is NoteKind.MEMO:
        return Resource.APPOINTMENT_MEMO
    if kind is NoteKind.PSYCHOTHERAPY:
        return Resource.PSYCHOTHERAPY_NOTE
    return Resource.CLINICAL_NOTE if capabilities(case_type).clinical_fields else Resource.CONSULTATION_NOTE


def is_clinical(case_type: CaseType, switched_on: bool) -> bool:
    """Whether a case's notes have the clinical sections; never for a kind that has no such switch (DEC1, X01)."""
    able = capabilities(case_type)
    return able.clinical_fields or (able.clinical_fields_switchable and switched_on)


def sections_for(form: str, *, clinical: bool, written: Mapping[str, str] | None = None) -> tuple[Section, ...]:
    """The sections to show. What was written before the clinical fields were switched off stays to be seen."""
    kept = {key for key, text in (written or {}).items() if text.strip()}
    return tuple(s for s in FORMS[form].sections if clinical or not s.clinical or s.key in kept)


def section_label(form: str, key: str, names: Mapping[str, str]) -> str:
    """What a section, or somebody's part, is called; ``names`` are those of the people by their key."""
    return next((s.label for s in FORMS[form].sections if s.key == key), names.get(key, ""))


def missing_sections(form: str, sections: Mapping[str, str]) -> tuple[str, ...]:
    """Labels of the required sections that say nothing yet."""
    return tuple(s.label for s in FORMS[form].sections if s.required and not sections.get(s.key, "").strip())


def missing_parts(
    form: str, parts: Mapping[str, str], present: Collection[str], *, clinical: bool
) -> tuple[str, ...]:
    """Keys of the people who were there and have no part yet; parts are required in therapy only."""
    if FORMS[form].part is None or not clinical:
        return ()
    return tuple(key for key in present if not parts.get(key, "").strip())


def needs_cosignature(roles: Collection[Role]) -> bool:
    """Whether somebody with these roles is not allowed to lock a note alone: an associate who is not a provider."""
    return Role.ASSOCIATE in roles and Role.PROVIDER not in roles


def canonical_text(content: Mapping[str, Any]) -> str:
    """One way only to write down the content of a version, so that its hash can be checked years later."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def text_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical text, hexadecimal."""
    return hashlib.sha256(canonical_text(content).encode()).hexdigest()


def addendum_hash(note_id: int, reason: str, text: str) -> str:
    """The hash that an addendum is signed with; it cannot be moved beneath another note."""
    return text_hash({"note": note_id, "reason": reason, "text": text})


def is_late_entry(service_date: date, entered_on: date) -> bool:
    """Whether a note was entered so long after the appointment that it has to say so (C22)."""
    return (entered_on - service_date).days > LATE_AFTER_DAYS


def due_at(ends_at: datetime, hours: int, zone: str) -> datetime:
    """When an appointment's note has to be signed: so many hours later on the wall clock, the later of two (G15)."""
    due = wall(ends_at, zone) + timedelta(hours=hours)
    return moment(due.date(), due.time(), zone, fold=1)


_RECORD_WORDS = ("diagnosis", "medication", "prognosis", "symptom", "treatment plan", "test result")


def belongs_in_record(text: str) -> tuple[str, ...]:
    """Words in a psychotherapy note that speak of what the law wants in the progress note instead (C13)."""
    folded = text.casefold()
    return tuple(word for word in _RECORD_WORDS if word in folded)
