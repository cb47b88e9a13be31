"""What every command has in common: its input model, its permission, its operation id, its audit row."""

import hashlib
import inspect
import json
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import audit
from practicerunner.records.base import FOR_CHANGE, Revised
from practicerunner.records.logins import Done, keep_operation
from practicerunner.records.logins import operation as operation_by_key
from practicerunner.rules import texts
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, PortalActor, require


class OperationReused(RuleViolation):
    """This form was already saved with other contents. Reload the page and try again."""


class Command(BaseModel):
    """What somebody asks for. Frozen; built by a page from a form. ``op`` makes a second click do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: str = Field(default_factory=ids.new_operation)


def _required(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("empty", "Please fill in this field.")
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(texts.line)]
"""One line of text, kept exactly as typed; may be empty."""
RequiredLine = Annotated[str, Field(max_length=200), AfterValidator(texts.line), AfterValidator(_required)]
"""One line of text that must say something."""
Paragraph = Annotated[str, Field(max_length=100_000), AfterValidator(texts.paragraph)]
"""Text with line breaks, kept exactly as typed."""
RequiredParagraph = Annotated[
    str, Field(max_length=100_000), AfterValidator(texts.paragraph), AfterValidator(_required)
]
"""Text with line breaks that must say something."""



def checked(problem_of: Callable[[str], str]) -> Callable[[str], str]:
    """A validator for a field: blanks around are dropped, and what the rule finds wrong is said at the field."""

    def check(text: str) -> str:
        problem = problem_of(text.strip())
        if problem:
            raise PydanticCustomError("rule", problem)
        return text.strip()

    return check


_SENTENCES = {
    "missing": "Please fill in this field.",
    "string_too_long": "This is too long; at most {max_length:,} characters fit.",
    "too_long": "These are too many; at most {max_length} fit.",
    "too_short": "Please add at least {min_length}.",
    "greater_than": "This has to be more than {gt}.",
    "greater_than_equal": "This has to be at least {ge}.",
    "less_than_equal": "This can be at most {le}.",
    "date_parsing": "Write the date as year-month-day, for example 2026-03-09.",
    "time_parsing": "Write the time as hours and minutes, for example 16:00.",
    "int_parsing": "Write a whole number.",
    "enum": "Please choose one from the list.",
}


def field_messages(error: ValidationError) -> dict[str, str]:
    """Field → the sentence the user reads there, for every field of a command that was refused."""
    found: dict[str, str] = {}
    for problem in error.errors():
        field = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(field, sentence(problem))
    return found


def sentence(problem: ErrorDetails) -> str:
    """What the user reads of one problem of a command that was refused."""
    template = _SENTENCES.get(problem["type"], problem["msg"])
    return template.format(**problem.get("ctx", {})) if "{" in template else template


C = TypeVar("C", bound="Command")
R = TypeVar("R")
P = ParamSpec("P")
A = TypeVar("A", Actor, PortalActor)
Edited = TypeVar("Edited", bound=Revised)
COMMANDS: dict[str, tuple[Resource, Action]] = {}
"""Name of each command → the permission it declares; the tests fail for a public verb that declares none."""
READERS: dict[str, Resource] = {}
"""Name of each reader → the resource it reads."""


def _sides(verb: Callable[..., Any]) -> frozenset[type]:
    """For whom a verb is: staff, people outside the practice, or both, as its second parameter says."""
    said = list(inspect.signature(verb).parameters.values())[1].annotation
    return frozenset(kind for kind in (Actor, PortalActor) if kind in (said, *get_args(said)))


def _check_side(actor: Actor | PortalActor, sides: frozenset[type], action: Action, resource: Resource) -> None:
    if type(actor) not in sides:
        raise NotPermitted(actor=actor, action=action, resource=resource)


def command(
    resource: Resource, action: Action, also: Resource | None = None
) -> Callable[[Callable[[Session, A, C], R]], Callable[[Session, A, C], R]]:
    """Declare a verb: permission checked, a repeated operation id answered with the first result, one audit row kept.

    The verb itself still authorises the record it touches. Its result must be JSON (an id, a list of ids, or nothing).
    ``also`` is another resource whose right opens the verb: one verb for notes and for memos.
    """

    def declare(verb: Callable[[Session, A, C], R]) -> Callable[[Session, A, C], R]:
        name, sides = verb.__name__, _sides(verb)
        COMMANDS[f"{verb.__module__.rsplit('.', 1)[-1]}.{name}"] = (resource, action)

        @wraps(verb)
        def carry_out(session: Session, actor: A, asked: C) -> R:
            _check_side(actor, sides, action, resource)
            require(actor, action, resource, *([also] if also is not None else []))
            staff_id, person_id = getattr(actor, "staff_id", None), getattr(actor, "person_id", None)
            request = hashlib.sha256(asked.model_dump_json(exclude={"op"}).encode()).hexdigest()
            done = operation_by_key(session, asked.op)
            if done is not None:
                if done != Done(name, staff_id, person_id, request, done.result):
                    raise OperationReused
                return json.loads(done.result)  # type: ignore[no-any-return]
            result = verb(session, actor, asked)
            keep_operation(session, asked.op, Done(name, staff_id, person_id, request, json.dumps(result)))
            subject = getattr(asked, f"{resource.value}_id", None) or (result if isinstance(result, int) else None)
            audit.note(
                session, staff_id=staff_id, person_id=person_id, role=session.info.pop("role", ""), action=name,
                resource=resource, resource_id=subject,
                case_id=session.info.pop("case_id", getattr(asked, "case_id", None)),
                detail=session.info.pop("detail", ""),
            )
            return result

        return carry_out

    return declare


def reader(
    resource: Resource, *others: Resource,
) -> Callable[[Callable[Concatenate[Session, A, P], R]], Callable[Concatenate[Session, A, P], R]]:
    """Declare a reader: refused unless the actor's roles ever read the resource, or one of the others.

    It filters to what they may see.
    """

    def declare(read: Callable[Concatenate[Session, A, P], R]) -> Callable[Concatenate[Session, A, P], R]:
        READERS[f"{read.__module__.rsplit('.', 1)[-1]}.{read.__name__}"] = resource
        sides = _sides(read)

        @wraps(read)
        def look(session: Session, actor: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
            _check_side(actor, sides, Action.READ, resource)
            require(actor, Action.READ, resource, *others)
            return read(session, actor, *args, **kwargs)

        return look

    return declare


def to_change(
    session: Session, actor: Actor, kind: type[Edited], row_id: int, revision: int, resource: Resource
) -> Edited:
    """A row locked for a change that was begun at ``revision``. Raises NotFound, Stale."""
    row = session.get(kind, row_id, with_for_update=FOR_CHANGE)
    if row is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=resource, resource_id=row_id)
    if row.revision != revision:
        raise Stale
    return row
