"""What is true of notes: which kinds fit, what is missing, and the states every note goes through (G01–G12, G17).

Their forms are in ``note_forms``, what is not plain text in ``note_details``.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from practicerunner.errors import NoteIsSigned, RuleViolation
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.note_forms import FORMS as FORMS  # noqa: PLC0414 (others know the forms from here)
from practicerunner.rules.note_forms import Section, more
from practicerunner.rules.scheduling import memo_resource, moment, wall
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, NoteStatus, Resource, Role

KEPT_AFTER_DISCARD = timedelta(days=30)
"""For so long a discarded draft can be put back by its author (C26)."""
PRESENT = frozenset({AttendanceStatus.ATTENDED, AttendanceStatus.ARRIVED})
"""Who was there, and so has a part of a group note."""
OF_WHAT_TOOK_PLACE = frozenset({NoteKind.PROGRESS, NoteKind.CONSULTATION, NoteKind.GROUP})
"""Kinds that say what took place, and so need somebody who was there."""
SIGNED = frozenset({NoteStatus.SUBMITTED, NoteStatus.LOCKED, NoteStatus.AMENDED})
"""States in which the author has signed, so that the note is no longer due and its text is fixed."""


class AwaitingCosignature(NoteIsSigned):
    """This note awaits co-signature and cannot be changed meanwhile; the supervisor can return it."""


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
SHARED_AS = {
    NoteKind.TREATMENT_PLAN: Resource.CLINICAL_RECORD, NoteKind.CONSULTATION: Resource.CONSULTATION_NOTE,
}
"""Kinds that can be shared outside the practice once they are signed, each with its row of the portal's table."""
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
    """The kinds of note that fit the appointments of a kind of case (G01–G05)."""
    return capabilities(case_type).notes


CLINICAL_KINDS = frozenset({NoteKind.INTAKE, NoteKind.TREATMENT_PLAN, NoteKind.MENTAL_STATUS})
"""Kinds that a case has only with clinical fields."""
ABOUT_SOMEBODY = CLINICAL_KINDS - {NoteKind.TREATMENT_PLAN}
"""Kinds that are always about one person; a plan can also be that of a couple or a family as a whole."""


def case_kinds_for(case_type: CaseType, switched_on: bool) -> tuple[NoteKind, ...]:
    """The kinds of note that are written for a case itself (G17, X01, X02)."""
    clinical = is_clinical(case_type, switched_on)
    return tuple(kind for kind in capabilities(case_type).case_notes if clinical or kind not in CLINICAL_KINDS)


def forms_for(kind: NoteKind, case_type: CaseType | None = None) -> tuple[str, ...]:
    """Keys of the forms a kind of note can have, where it matters in a kind of case; the first is offered first."""
    therapy = capabilities(case_type).clinical_fields if case_type is not None else None
    return tuple(
        key for key, form in FORMS.items()
        if form.kind is kind and (therapy is None or form.therapy in (None, therapy))
    )


def title(kind: NoteKind, form: str) -> str:
    """What a note is called: its kind, but a short form by its own name (``Missed appointment``)."""
    return FORMS[form].label if kind is NoteKind.CONTACT and form != "contact" else kind.label


def resource_for(kind: NoteKind, case_type: CaseType, *, for_desk: bool = False) -> Resource:
    """The row of the permission table that governs a note; ``for_desk`` is a memo that is marked so."""
    if kind is NoteKind.MEMO:
        return memo_resource(for_desk=for_desk)
    if kind is NoteKind.PSYCHOTHERAPY:
        return Resource.PSYCHOTHERAPY_NOTE
    return Resource.CLINICAL_NOTE if capabilities(case_type).clinical_fields else Resource.CONSULTATION_NOTE


def is_clinical(case_type: CaseType, switched_on: bool) -> bool:
    """Whether a case's notes have the clinical sections; never for a kind that has no such switch (DEC1, X01)."""
    able = capabilities(case_type)
    return able.clinical_fields or (able.clinical_fields_switchable and switched_on)


def sections_for(
    form: str, *, clinical: bool, written: Mapping[str, str] | None = None, own: Iterable[Section] = ()
) -> tuple[Section, ...]:
    """The sections to show, with a template's ``own`` at the end.

    What was written before the clinical fields were switched off, or a section was retired, stays to be seen.
    """
    kept = {key for key, text in (written or {}).items() if text.strip()}
    return tuple(
        s for s in (*FORMS[form].sections, *own)
        if ((clinical or not s.clinical) and not s.retired) or kept & {s.key, more(s.key)}
    )


def keys_of(sections: Iterable[Section]) -> frozenset[str]:
    """The keys under which the text of sections is kept."""
    return frozenset(key for s in sections for key in ((s.key, more(s.key)) if s.findings else (s.key,)))


def retired_keys(form: str, *, clinical: bool) -> frozenset[str]:
    """The keys of sections that are asked in some other way now; a window that was open before still has them."""
    return frozenset(s.key for s in FORMS[form].sections if s.retired and (clinical or not s.clinical))


def section_text(section: Section, sections: Mapping[str, str]) -> str:
    """What a section says: its findings, and the free text beneath them."""
    said = sections.get(section.key, "")
    added = sections.get(more(section.key), "") if section.findings else ""
    return "\n".join(filter(None, (said, added)))


def section_label(form: str, key: str, names: Mapping[str, str], own: Iterable[Section] = ()) -> str:
    """What a section, or somebody's part, is called; ``names`` are those of the people by their key."""
    return next((s.label for s in (*FORMS[form].sections, *own) if s.key == key), names.get(key, ""))


def missing_sections(
    form: str, sections: Mapping[str, str], own: Iterable[Section] = (), *, clinical: bool = True
) -> tuple[str, ...]:
    """Labels of the required sections that say nothing yet."""
    return tuple(
        s.label for s in (*FORMS[form].sections, *own)
        if s.required and (clinical or not s.clinical) and not section_text(s, sections).strip()
    )


_CLINICAL_WORDS = ("diagnos", "treatment", "symptom", "patient", "mental status")


def has_clinical_word(text: str) -> bool:
    """Whether a label says what no label of a consultation says unless an owner switched it on (G08)."""
    folded = text.casefold()
    return any(word in folded for word in _CLINICAL_WORDS)


def missing_parts(
    form: str, parts: Mapping[str, str], present: Collection[str], *, clinical: bool
) -> tuple[str, ...]:
    """Keys of the people who were there and have no part yet; parts are required in therapy only."""
    if FORMS[form].part is None or not clinical:
        return ()
    return tuple(key for key in present if not parts.get(key, "").strip())


def is_individual_contact(case_type: CaseType, present: int) -> bool:
    """Whether one participant alone was there, in a case that never has fewer than two (C43)."""
    return capabilities(case_type).least > 1 and present == 1


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


SIGNER = ("staff_id", "name", "credentials", "licence", "method", "zone")
"""What a signature says of its signer."""


def signature_hash(about: int, act: str, text_hash: str, signer: Mapping[str, Any], at: datetime) -> str:
    """The hash over a signature itself: beneath what, as what, by whom with which credentials, how, and when."""
    facts = {key: str(signer[key] or "") for key in SIGNER}
    return hashlib.sha256(canonical_text(facts | {
        "about": about, "act": act, "text": text_hash, "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
    }).encode()).hexdigest()


def is_late_entry(service_date: date, entered_on: date, days: int) -> bool:
    """Whether a note was entered more than so many days after its date of service, and has to say so (C22)."""
    return (entered_on - service_date).days > days


def due_at(ends_at: datetime, hours: int, zone: str) -> datetime:
    """When an appointment's note has to be signed: so many hours later on the wall clock, the later of two (G15)."""
    due = wall(ends_at, zone) + timedelta(hours=hours)
    return moment(due.date(), due.time(), zone, fold=1)


_HEADING = r"(?im:^[\W\d_]*{}\s*(?::|[-–—]\s|$))"
"""A word that begins a line and has a colon or a dash after it, or the line for itself."""
_DOSE = r"\d\s?(?:mg|mcg|µg)\b"
_ICD_10 = r"\b(?-i:F\d\d(?:\.[0-9A-Z]{1,4})?)\b"
_RECORD_WORDS = {
    "diagnosis": rf"\bdiagnos[ei]s\b|\bdiagnostic\b|\bdx\b|{_ICD_10}",
    "medication": rf"\bmedications?\b|\bmeds\b|\brx\b|{_DOSE}",
    "prognosis": r"\bprognos[ei]s\b",
    "symptom": r"\bsymptom",
    "treatment plan": rf"\btreatment plans?\b|\btx plan\b|{_HEADING.format('plan')}",
    "test result": r"\btest results?\b",
    "functional status": rf"\bfunctional status\b|{_HEADING.format('functioning')}",
    "modality": rf"\bmodality (?:of treatment|and frequency)\b|{_HEADING.format('modalit(?:y|ies)')}",
}
"""What belongs in the record, and how people write it: "plan" and "modality" only as headings, as both are words of
every day as well."""


def belongs_in_record(text: str) -> tuple[str, ...]:
    """Of what a psychotherapy note speaks that the law wants in the progress note instead (C13)."""
    return tuple(name for name, pattern in _RECORD_WORDS.items() if re.search(pattern, text, re.IGNORECASE))
