"""The practice's forms: those that come with the product, those it writes itself, and what each asked when (I03)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, RuleViolation
from practicerunner.records import forms, practice
from practicerunner.records.forms import FormTemplate, FormVersion
from practicerunner.records.practice import Practice
from practicerunner.rules import forms as rule
from practicerunner.rules import library as documents
from practicerunner.rules.form_texts import BUILT_IN
from practicerunner.rules.forms import Content
from practicerunner.rules.measures import PCL5_CUTS
from practicerunner.rules.notes import text_hash
from practicerunner.vocabulary import Action, DocumentTask, FormPurpose, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, RequiredLine, command, reader, to_change
from practicerunner.workflows.library import SentPdf, keep_pdfs, with_pdfs

NOTHING = Content()


class PublishedWording(RuleViolation):
    """The wording of a published measure is not changed. Stop using it, or write a questionnaire of your own."""


class AddForm(Command):
    """Write a form."""

    name: RequiredLine
    purpose: FormPurpose
    content: Content
    pdfs: tuple[SentPdf, ...] = Field(default=(), max_length=20)


class ChangeForm(Command):
    """Change a form; who has it already, or has answered it, keeps the version they have."""

    template_id: int
    revision: int
    name: RequiredLine
    content: Content
    pdfs: tuple[SentPdf, ...] = Field(default=(), max_length=20)


class UseForm(Command):
    """Give a form out, or give it out no more."""

    template_id: int
    revision: int
    active: bool


class SetPcl5Cut(Command):
    """Set from which total on the PCL-5 counts as positive."""

    revision: int
    cut: int = Field(ge=PCL5_CUTS[0], le=PCL5_CUTS[1])


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A form in the list."""

    template_id: int
    revision: int
    name: str
    purpose: FormPurpose
    is_built_in: bool
    active: bool
    version: int
    changed_at: datetime
    fields: int
    """How many of its fields ask for something."""
    task: DocumentTask | None
    """Of a document of the practice: what is asked of its reader."""
    is_pdf: bool


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of a form."""

    number: int
    name: str
    made_at: datetime
    made_by: str
    """Empty for what came with the product."""
    content: Content


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """A form with what it asks now, and its versions, the newest first."""

    line: TemplateLine
    content: Content
    versions: tuple[VersionLine, ...]


def make_built_in_forms(session: Session) -> int:
    """Write the forms that come with the product, those that are not there yet. Returns how many."""
    there = forms.built_in_keys(session)
    missing = [form for form in BUILT_IN if form.key not in there]
    for form in missing:
        _write(session, form.name, form.purpose, form.content, built_in=form.key)
    return len(missing)


def _write(
    session: Session, name: str, purpose: FormPurpose, content: Content, *, built_in: str | None = None,
    staff_id: int | None = None,
) -> FormTemplate:
    template = FormTemplate(id=ids.new_id(), name=name, purpose=purpose, built_in=built_in, version=1)
    session.add(template)
    session.flush()
    _keep_version(session, template, content, staff_id)
    return template


def _keep_version(session: Session, template: FormTemplate, content: Content, staff_id: int | None) -> None:
    kept = rule.as_json(content)
    session.add(FormVersion(
        template_id=template.id, number=template.version, name=template.name, content=kept, text_hash=text_hash(kept),
        made_by_id=staff_id,
    ))


def _check(purpose: FormPurpose, content: Content) -> None:
    problems = rule.template_problems(purpose, content) | documents.problems(purpose, content)
    if problems:
        raise FieldProblems(problems)
    problem = rule.text_problem(content.intro, rule.LONGEST_LABEL)
    if problem:
        raise BadInput("intro", problem)


def _plain(content: Content) -> Content:
    """What a practice writes: a form of its own, never a published measure."""
    return Content(content.fields, content.intro)


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def add_form(session: Session, actor: Actor, asked: AddForm) -> int:
    """Write a form of the practice's own. Returns its id. Raises FieldProblems, PublishedWording, FileNotWritten."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    if asked.purpose not in rule.MADE_BY_PRACTICES:
        raise PublishedWording
    content = with_pdfs(_plain(asked.content), asked.pdfs, NOTHING)
    _check(asked.purpose, content)
    keep_pdfs(session, actor.staff_id, content, asked.pdfs, NOTHING)
    template = _write(session, asked.name, asked.purpose, content, staff_id=actor.staff_id)
    session.info["detail"] = f"form {template.id}, version 1"
    return template.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def change_form(session: Session, actor: Actor, asked: ChangeForm) -> int:
    """Change a form, which makes a new version; the same text again makes none. Returns its id.

    Raises FieldProblems, PublishedWording, Stale, FileNotWritten.
    """
    template = _to_change(session, actor, asked.template_id, asked.revision)
    if template.purpose is FormPurpose.MEASURE:
        raise PublishedWording
    now = forms.current_versions(session, [template.id])[template.id]
    before = rule.from_json(now.content)
    content = with_pdfs(_plain(asked.content), asked.pdfs, before)
    _check(template.purpose, content)
    if (now.name, now.text_hash) != (asked.name, text_hash(rule.as_json(content))):
        keep_pdfs(session, actor.staff_id, content, asked.pdfs, before)
        template.name, template.version, template.revision = asked.name, template.version + 1, template.revision + 1
        _keep_version(session, template, content, actor.staff_id)
    session.info["detail"] = f"form {template.id}, version {template.version}"
    return template.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def use_form(session: Session, actor: Actor, asked: UseForm) -> int:
    """Give a form out, or stop; what was given out stays. Returns its id. Raises Stale."""
    template = _to_change(session, actor, asked.template_id, asked.revision)
    template.active, template.revision = asked.active, template.revision + 1
    session.info["detail"] = f"form {template.id}, {'used' if asked.active else 'not used'}"
    return template.id


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def set_pcl5_cut(session: Session, actor: Actor, asked: SetPcl5Cut) -> int:
    """Set the cut of the PCL-5; scores that are kept keep the cut they had. Returns the practice's id. Raises Stale."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    us = to_change(session, actor, Practice, practice.the_practice(session).id, asked.revision,
                   Resource.PRACTICE_SETTINGS)
    us.pcl5_cut, us.revision = asked.cut, us.revision + 1
    session.info["detail"] = f"PCL-5 cut {asked.cut}"
    return us.id


def _to_change(session: Session, actor: Actor, template_id: int, revision: int) -> FormTemplate:
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    return to_change(session, actor, FormTemplate, template_id, revision, Resource.PRACTICE_SETTINGS)


@reader(Resource.PRACTICE_SETTINGS)
def form_list(session: Session, actor: Actor) -> list[TemplateLine]:
    """Every form of the practice by purpose and name, those that are not used any more last; the owner's alone."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    order = list(FormPurpose)
    lines = _lines(session, forms.templates(session, with_inactive=True))
    return sorted(lines, key=lambda line: (not line.active, order.index(line.purpose), line.name.casefold()))


def _lines(session: Session, found: Sequence[FormTemplate]) -> list[TemplateLine]:
    now = forms.current_versions(session, [template.id for template in found])
    return [_line(template, now[template.id]) for template in found]


def _line(template: FormTemplate, now: FormVersion) -> TemplateLine:
    content = rule.from_json(now.content)
    is_document = template.purpose is FormPurpose.PRACTICE_DOCUMENT
    return TemplateLine(
        template.id, template.revision, template.name, template.purpose, template.built_in is not None,
        template.active, template.version, now.created_at, sum(field.asks for field in content.fields),
        documents.task_of(content) if is_document else None, any(field.pdf for field in content.fields),
    )


@reader(Resource.PRACTICE_SETTINGS)
def form_template(session: Session, actor: Actor, template_id: int) -> TemplatePage:
    """A form with its versions; the owner's alone. Raises NotFound."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    template = session.get(FormTemplate, template_id)
    if template is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PRACTICE_SETTINGS, resource_id=template_id)
    kept = tuple(
        VersionLine(version.number, version.name, version.created_at, name, rule.from_json(version.content))
        for version, name in forms.versions(session, template.id)
    )
    return TemplatePage(_lines(session, [template])[0], kept[0].content, kept)
