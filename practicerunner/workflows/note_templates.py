"""Templates from which notes are begun (G16): kept by whoever manages the practice, copied into every note begun."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput
from practicerunner.records import note_templates
from practicerunner.records.cases import Case
from practicerunner.records.note_templates import NoteTemplate
from practicerunner.rules import notes as rule
from practicerunner.rules.note_forms import FORMS, own_sections
from practicerunner.vocabulary import Action, NoteKind, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Line, Paragraph, RequiredLine, command, reader, to_change

WITHOUT = frozenset({NoteKind.PSYCHOTHERAPY, NoteKind.TREATMENT_PLAN})
"""Kinds that are not begun from a template: one is the author's alone, one is made of goals."""
MOST_SECTIONS = 20


class OwnSection(BaseModel):
    """A section that a practice adds to a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=r"^(own_[0-9]{1,3})?$")] = ""
    """Stays the same when the label changes; empty for a new one."""
    label: RequiredLine
    hint: Line = ""
    required: bool = False


class AddTemplate(Command):
    """Write a template on one of the built-in forms."""

    form: str
    name: RequiredLine
    texts: dict[str, Paragraph] = Field(default_factory=dict)
    """Section key → the text with which a note begins."""
    sections: tuple[OwnSection, ...] = Field(default=(), max_length=MOST_SECTIONS)


class ChangeTemplate(AddTemplate):
    """Change a template; notes that were begun keep what they have."""

    template_id: int
    revision: int


class RetireTemplate(Command):
    """Offer a template no more, or again."""

    template_id: int
    revision: int
    active: bool


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A template, for the page on which they are kept and for whoever begins a note."""

    template_id: int
    revision: int
    kind: NoteKind
    form: str
    name: str
    texts: Mapping[str, str]
    sections: tuple[OwnSection, ...]
    active: bool


def _line(row: NoteTemplate) -> TemplateLine:
    return TemplateLine(
        row.id, row.revision, row.kind, row.form, row.name, row.texts,
        tuple(OwnSection(**{key: kept[key] for key in OwnSection.model_fields}) for kept in row.sections), row.active,
    )


@reader(Resource.PRACTICE_SETTINGS)
def template_list(session: Session, actor: Actor) -> list[TemplateLine]:
    """Every template, retired ones too, in the order of the kinds."""
    order = list(NoteKind)
    found = [_line(row) for row in note_templates.templates(session, with_retired=True)]
    return sorted(found, key=lambda line: (order.index(line.kind), not line.active, line.name.casefold()))


@reader(Resource.CLINICAL_NOTE)
def templates_to_begin(session: Session, actor: Actor) -> list[TemplateLine]:
    """The templates that a note can be begun from."""
    return [_line(row) for row in note_templates.templates(session)]


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def add_template(session: Session, actor: Actor, asked: AddTemplate) -> int:
    """Add a template. Returns its id. Raises BadInput."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    row = NoteTemplate(id=ids.new_id(), **_content(session, asked, None))
    session.add(row)
    session.info["detail"] = f"{row.form}: {row.name}"
    return row.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def change_template(session: Session, actor: Actor, asked: ChangeTemplate) -> int:
    """Change a template for the notes that are begun from now on. Raises BadInput, Stale."""
    row = _to_change(session, actor, asked.template_id, asked.revision)
    for field, value in _content(session, asked, row).items():
        setattr(row, field, value)
    row.revision += 1
    session.info["detail"] = f"{row.form}: {row.name}"
    return row.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def retire_template(session: Session, actor: Actor, asked: RetireTemplate) -> int:
    """Offer a template no more, or again. Raises Stale."""
    row = _to_change(session, actor, asked.template_id, asked.revision)
    row.active = asked.active
    row.revision += 1
    session.info["detail"] = f"{row.name} {'offered' if row.active else 'retired'}"
    return row.id


def _to_change(session: Session, actor: Actor, template_id: int, revision: int) -> NoteTemplate:
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    return to_change(session, actor, NoteTemplate, template_id, revision, Resource.PRACTICE_SETTINGS)


def _content(session: Session, asked: AddTemplate, row: NoteTemplate | None) -> dict[str, Any]:
    """What is kept of a template that was asked for. Raises BadInput."""
    form = FORMS.get(asked.form)
    if form is None or form.kind in WITHOUT:
        raise BadInput("form", "Choose one of the forms.")
    same = asked.name.strip().casefold()
    for other in note_templates.templates(session):
        if (row is None or other.id != row.id) and other.kind is form.kind and other.name.casefold() == same:
            raise BadInput("name", "There is a template of this name for this kind of note.")
    labels = [section.label.strip().casefold() for section in asked.sections]
    labels += [s.label.casefold() for s in form.sections]
    if len(set(labels)) < len(labels):
        raise BadInput("sections", "Two sections have the same label.")
    used = {kept["key"] for kept in row.sections} if row is not None else set()
    if not {section.key for section in asked.sections if section.key} <= used:
        raise BadInput("sections", "This template has no such section.")
    number = max((int(str(key).removeprefix("own_")) for key in used), default=0)
    sections = []
    for section in asked.sections:
        if not section.key:
            number += 1
        sections.append(section.model_dump() | {
            "key": section.key or f"own_{number}", "label": section.label.strip(),
            "clinical": rule.has_clinical_word(f"{section.label} {section.hint}"),
        })
    keys = {s.key for s in form.sections if not s.retired} | {section["key"] for section in sections}
    return {
        "kind": form.kind, "form": asked.form, "name": asked.name.strip(), "sections": sections,
        "texts": {key: text for key, text in asked.texts.items() if key in keys and text.strip()},
    }


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a note begins: its form, its first texts, and the copy of the template that it keeps."""

    form: str
    sections: dict[str, str]
    template: dict[str, Any]


def beginning(session: Session, case: Case, kind: NoteKind, form: str, template_id: int | None) -> Beginning:
    """How a note of a kind begins, on a form or from a template. Raises BadInput."""
    forms = rule.forms_for(kind, case.type)
    if template_id is None:
        if form and form not in forms:
            raise BadInput("form", "Choose one of the forms of this kind of note.")
        return Beginning(form or forms[0], {}, {})
    row = session.get(NoteTemplate, template_id)
    if row is None or not row.active or row.kind is not kind or row.form not in forms or form not in ("", row.form):
        raise BadInput("template_id", "This template is not offered for this note.")
    template = {"name": row.name, "sections": [dict(section) for section in row.sections]}
    clinical = rule.is_clinical(case.type, case.clinical_fields)
    shown = rule.keys_of(rule.sections_for(row.form, clinical=clinical, own=own_sections(template)))
    texts = {key: text for key, text in row.texts.items() if key in shown}
    return Beginning(row.form, texts, template)
