"""Forms as data: what a form may ask, what may be answered, and which answers call for somebody at once (I03, C73).

A field is shown exactly as it was typed; only a text to read may have headings, lists and bold words. A problem is a
sentence under the field's key.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from practicerunner.rules.case_types import capabilities
from practicerunner.rules.measures import Measure
from practicerunner.vocabulary import CaseType, FieldKind, FormPurpose, PaperKind, Resource

MOST_FIELDS = 200
MOST_OPTIONS = 50
MOST_POINTS = 11
LONGEST_LABEL = 2_000
LONGEST_LINE = 500
LONGEST_TEXT = 100_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

CLINICAL = frozenset({FormPurpose.INTAKE, FormPurpose.MEASURE, FormPurpose.QUESTIONNAIRE})
"""Purposes whose answers are clinical: the front desk knows that they were sent and came back, nothing else."""
SIGNED = frozenset({
    FormPurpose.CONSENT, FormPurpose.NO_SECRETS, FormPurpose.TELEHEALTH, FormPurpose.CONSULTATION_AGREEMENT,
})
"""Purposes that are nothing without a signature."""
PAPERS: dict[FormPurpose, PaperKind] = {
    FormPurpose.INTAKE: PaperKind.INTAKE, FormPurpose.CONSENT: PaperKind.CONSENT,
    FormPurpose.CONSULTATION_AGREEMENT: PaperKind.CONSENT,
}
"""What a completed form is in the onboarding checklist."""
MADE_BY_PRACTICES = tuple(purpose for purpose in FormPurpose if purpose is not FormPurpose.MEASURE)
"""Purposes of forms that a practice writes itself; a measure is as published."""
OF_SEVERAL_FIELDS = tuple(purpose for purpose in MADE_BY_PRACTICES if purpose is not FormPurpose.PRACTICE_DOCUMENT)
"""Those that are written field by field; a document of the practice is one text or one PDF (``rules.library``)."""

_WITH_OPTIONS = frozenset({FieldKind.CHOICE, FieldKind.CHOICES})
_WITH_CRITICAL = _WITH_OPTIONS | {FieldKind.SCALE}
SHOWN_ONLY = frozenset({FieldKind.DOCUMENT, FieldKind.HEADING})
"""Kinds of field that ask nothing."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF to read, as a form names it: which file of the practice, and what is in it by its hash."""

    file_id: int
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    key: str
    kind: FieldKind
    label: str
    required: bool = False
    options: tuple[str, ...] = ()
    """What can be chosen; of a scale the words of its points, or nothing where they are numbers."""
    low: int = 0
    high: int = 0
    critical: tuple[str, ...] = ()
    """Options, or points of a scale as numbers, that raise an alert."""
    text: str = ""
    """Of a text to read: the text."""
    pdf: Pdf | None = None
    """Of a text to read: the file that has it, in the place of the text."""

    @property
    def points(self) -> range:
        """The points of a scale."""
        return range(self.low, self.high + 1)

    @property
    def asks(self) -> bool:
        """Whether there is something to answer."""
        return self.kind not in SHOWN_ONLY

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what there is to read: of the PDF, or of the text."""
        return self.pdf.sha256 if self.pdf is not None else hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Content:
    """What a version of a form consists of."""

    fields: tuple[Field, ...] = ()
    intro: str = ""
    measure: str = ""
    """Key of the published measure that this is; empty for every other form."""
    notice: str = ""
    language: str = "en"
    edition: str = ""

    def field(self, key: str) -> Field | None:
        """The field of that key."""
        return next((field for field in self.fields if field.key == key), None)

    @property
    def signature(self) -> Field | None:
        """The field that asks for a signature."""
        return next((field for field in self.fields if field.kind is FieldKind.SIGNATURE), None)


@dataclass(frozen=True, slots=True)
class Critical:
    """An answer that calls for somebody at once."""

    key: str
    label: str
    answer: str


def as_json(content: Content) -> dict[str, Any]:
    """A content as it is kept; a field without a PDF says nothing of one, so that its hash is what it always was."""
    kept = asdict(content)
    kept["fields"] = [
        {key: value for key, value in field.items() if key != "pdf" or value is not None}
        | {"kind": field["kind"].value, "options": list(field["options"]), "critical": list(field["critical"])}
        for field in kept["fields"]
    ]
    return kept


def from_json(kept: Mapping[str, Any]) -> Content:
    """The content that was kept."""
    fields = tuple(
        Field(**field | {
            "kind": FieldKind(field["kind"]), "options": tuple(field["options"]), "critical": tuple(field["critical"]),
            "pdf": Pdf(**field["pdf"]) if field.get("pdf") else None,
        }) for field in kept["fields"]
    )
    return Content(**{**kept, "fields": fields})


def measure_content(measure: Measure) -> Content:
    """A published measure as a form; no item is required, because an incomplete set is kept without a total."""
    last = len(measure.points) - 1
    fields = [
        Field(
            key, FieldKind.SCALE, f"{number}. {item}", options=measure.points, low=0, high=last,
            critical=tuple(map(str, range(1, last + 1))) if number in measure.critical else (),
        ) for number, (key, item) in enumerate(zip(measure.keys, measure.items, strict=True), start=1)
    ]
    if measure.difficulty:
        fields.append(Field(
            f"{measure.key}_difficulty", FieldKind.CHOICE, measure.difficulty, options=measure.difficulty_answers,
        ))
    return Content(
        tuple(fields), measure.stem, measure.key, measure.notice, language=measure.language, edition=measure.edition,
    )


def is_agreement(purpose: FormPurpose, content: Content) -> bool:
    """Whether somebody consents or agrees by signing it.

    What is clinical (an intake, a measure, a questionnaire) says something of whoever fills it in, and what is only
    read or acknowledged binds nobody: a child does both alone.
    """
    return content.signature is not None and purpose not in CLINICAL


# --- Which forms there are for whom


def purposes_for(case_type: CaseType, *, clinical: bool) -> tuple[FormPurpose, ...]:
    """What the participants of a case may be given; ``clinical``: whether it has clinical fields."""
    with_scores = (FormPurpose.MEASURE, FormPurpose.QUESTIONNAIRE) if clinical else ()
    return (*capabilities(case_type).forms, FormPurpose.PRACTICE_DOCUMENT, *with_scores)


def packet_purposes(case_type: CaseType) -> tuple[FormPurpose, ...]:
    """What an intake packet can hold: whatever is sent by whoever sends the papers of onboarding."""
    return purposes_for(case_type, clinical=False)


def usual_packet(case_type: CaseType) -> frozenset[FormPurpose]:
    """What it holds while the practice has not chosen: the forms that such a case asks for, and no other ones."""
    return frozenset(capabilities(case_type).forms) - {FormPurpose.OTHER}


def resource_of(purpose: FormPurpose) -> Resource:
    """The row of the permission table that governs what was answered."""
    return Resource.QUESTIONNAIRES if purpose in CLINICAL else Resource.CONSENTS


def sending_resource(purpose: FormPurpose) -> Resource:
    """The row that governs sending it: an intake is sent by whoever sends the other papers of onboarding."""
    return Resource.CONSENTS if purpose is FormPurpose.INTAKE else resource_of(purpose)


# --- Templates


def template_problems(purpose: FormPurpose, content: Content) -> dict[str, str]:
    """What keeps a form from being used: the key of a field, or ``fields`` for the whole → a sentence."""
    found: dict[str, str] = {}
    if purpose is not FormPurpose.PRACTICE_DOCUMENT and not any(field.asks for field in content.fields):
        found["fields"] = "Add at least one field that asks for something."
    if len(content.fields) > MOST_FIELDS:
        found["fields"] = f"A form has at most {MOST_FIELDS} fields."
    if purpose in SIGNED and content.signature is None:
        found["fields"] = f"A {purpose.label.lower()} needs a field for the signature."
    keys = [field.key for field in content.fields]
    signatures = [field.key for field in content.fields if field.kind is FieldKind.SIGNATURE]
    for place, field in enumerate(content.fields):
        problem = _field_problem(purpose, field)
        if not _KEY.fullmatch(field.key) or keys.count(field.key) > 1:
            problem = "Two fields cannot have the same name."
        elif len(signatures) > 1 and field.key == signatures[-1]:
            problem = "A form has one signature."
        elif field.kind is FieldKind.SIGNATURE and place != len(content.fields) - 1:
            problem = "The signature is the last field; move it to the end."
        if problem:
            found[field.key] = problem
    return found


def _field_problem(purpose: FormPurpose, field: Field) -> str:
    for text, longest in ((field.label, LONGEST_LABEL), (field.text, LONGEST_TEXT),
                          *((option, LONGEST_LINE) for option in field.options)):
        problem = text_problem(text, longest)
        if problem:
            return problem
    if not field.label.strip():
        return "Say what is asked or shown here."
    if field.pdf is not None and (field.kind is not FieldKind.DOCUMENT or field.text):
        return "A PDF takes the place of a text to read, and of nothing else."
    if field.kind is FieldKind.DOCUMENT and not field.text.strip() and field.pdf is None:
        return "Write the text to read, or upload it as a PDF."
    if field.kind in _WITH_OPTIONS and not 2 <= len(field.options) <= MOST_OPTIONS:
        return f"Give between 2 and {MOST_OPTIONS} answers to choose from, one a line."
    if field.kind in _WITH_OPTIONS and (
        len(set(field.options)) < len(field.options) or not all(option.strip() for option in field.options)
    ):
        return "Every answer to choose from has to say something, and each something else."
    if field.kind is FieldKind.SCALE:
        if not 0 <= field.low < field.high <= field.low + MOST_POINTS - 1:
            return f"A scale goes up from 0 or more and has at most {MOST_POINTS} points."
        if field.options and len(field.options) != len(field.points):
            return f"Give a word for each of the {len(field.points)} points, or none."
    return _critical_problem(purpose, field)


def _critical_problem(purpose: FormPurpose, field: Field) -> str:
    if not field.critical:
        return ""
    if field.kind not in _WITH_CRITICAL:
        return "Only an answer that is chosen can raise an alert."
    if purpose not in CLINICAL:
        return "Only an intake, questionnaire or measure can raise an alert; its answers are read by those who treat."
    possible = set(map(str, field.points)) if field.kind is FieldKind.SCALE else set(field.options)
    return "" if set(field.critical) <= possible else "An answer that raises an alert has to be one of the answers."


def text_problem(text: str, longest: int = LONGEST_TEXT) -> str:
    """Why a text cannot be kept, if it cannot."""
    if len(text) > longest:
        return f"This is too long; at most {longest:,} characters fit."
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t\r" for c in text):
        return "This contains a character that cannot be shown; retype it."
    return ""


# --- Answers


def given(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that say something, exactly as given."""
    return {key: answer for key, answer in answers.items() if not _is_empty(answer)}


def _is_empty(answer: object) -> bool:
    return answer is None or answer is False or answer == [] or (isinstance(answer, str) and not answer.strip())


def answer_problems(content: Content, answers: Mapping[str, Any], *, complete: bool) -> dict[str, str]:
    """What is wrong with some answers, each under its field's key; ``complete``: whether anything may be missing."""
    found = {key: "This form has no such field." for key in answers if content.field(key) is None}
    for field in content.fields:
        answer = answers.get(field.key)
        if not _is_empty(answer):
            problem = _answer_problem(field, answer)
        else:
            problem = _MISSING.get(field.kind, "Please answer this.") if complete and field.required else ""
        if problem:
            found[field.key] = problem
    return found


_MISSING = {
    FieldKind.ACKNOWLEDGEMENT: "Please tick this box.", FieldKind.SIGNATURE: "Please type the name to sign.",
    FieldKind.TEXT: "Please fill in this field.", FieldKind.LONG_TEXT: "Please fill in this field.",
    FieldKind.DATE: "Please choose a date.", FieldKind.HEADING: "", FieldKind.DOCUMENT: "",
}
_CHOOSE = "Please choose from the list."


def _answer_problem(field: Field, answer: Any) -> str:
    match field.kind:
        case FieldKind.TEXT | FieldKind.SIGNATURE | FieldKind.LONG_TEXT:
            if not isinstance(answer, str):
                return "Please write a text."
            longest = LONGEST_TEXT if field.kind is FieldKind.LONG_TEXT else LONGEST_LINE
            if field.kind is not FieldKind.LONG_TEXT and "\n" in answer:
                return "Please write one line."
            return text_problem(answer, longest)
        case FieldKind.CHOICE:
            return "" if isinstance(answer, str) and answer in field.options else _CHOOSE
        case FieldKind.CHOICES:
            fine = isinstance(answer, list) and all(isinstance(one, str) and one in field.options for one in answer)
            return "" if fine and len(set(answer)) == len(answer) else _CHOOSE
        case FieldKind.SCALE:
            whole = isinstance(answer, int) and not isinstance(answer, bool)
            return "" if whole and answer in field.points else _CHOOSE
        case FieldKind.DATE:
            return _date_problem(answer)
        case FieldKind.ACKNOWLEDGEMENT:
            return "" if answer is True else "Please tick this box."
        case _:
            return "There is nothing to answer here."


def _date_problem(answer: object) -> str:
    try:
        year = date.fromisoformat(answer).year if isinstance(answer, str) else 0
    except ValueError:
        year = 0
    return "" if 1900 <= year <= 2100 else "Write the date as year-month-day, for example 2026-03-09."


def unanswered(content: Content, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of the scales without an answer: what keeps a measure from having a total."""
    return tuple(f.key for f in content.fields if f.kind is FieldKind.SCALE and _is_empty(answers.get(f.key)))


def critical_answers(content: Content, answers: Mapping[str, Any]) -> tuple[Critical, ...]:
    """The answers that call for somebody at once, in the order of the form."""
    return tuple(
        Critical(field.key, field.label, answer_words(field, answers.get(field.key)))
        for field in content.fields if _is_critical(field, answers.get(field.key))
    )


def _is_critical(field: Field, answer: object) -> bool:
    chosen = answer if isinstance(answer, list) else [] if answer is None else [answer]
    return any(str(one) in field.critical for one in chosen)


def answer_words(field: Field, answer: Any) -> str:
    """An answer as it is read on paper."""
    if _is_empty(answer):
        return "–"
    if field.kind is FieldKind.SCALE:
        words = field.options[answer - field.low] if field.options else ""
        return f"{words} ({answer})" if words else str(answer)
    if field.kind is FieldKind.CHOICES:
        return ", ".join(answer)
    return "Yes" if field.kind is FieldKind.ACKNOWLEDGEMENT else str(answer)


def source_of(field: Field, version: int) -> str:
    """What exactly was read: its title, its version, and its hash."""
    file = f" ({field.pdf.name})" if field.pdf is not None else ""
    return f"{field.label}{file}, version {version}, SHA-256 {field.fingerprint}"


def carried_over(content: Content, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers to an older version that this one still asks for in the same way; a signature is always given anew."""
    asked = replace(content, fields=tuple(f for f in content.fields if f.kind is not FieldKind.SIGNATURE))
    known = {key: answer for key, answer in given(answers).items() if asked.field(key) is not None}
    wrong = answer_problems(asked, known, complete=False)
    return {key: answer for key, answer in known.items() if key not in wrong}


def new_key(taken: Sequence[str]) -> str:
    """A key for a new field that no other field has or had."""
    return next(key for key in _keys() if key not in taken)


def _keys() -> Iterator[str]:
    number = 1
    while True:
        yield f"field_{number}"
        number += 1
