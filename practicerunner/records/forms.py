"""Forms: templates with frozen versions, what somebody was given, what came back signed, and critical alerts (C12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, defer, mapped_column

from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.cases import Case, PaperReceived, Participant
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AlertAction, AssignmentStatus, FormPurpose, PaperKind, ParticipantStatus

OPEN = (AssignmentStatus.ASSIGNED, AssignmentStatus.STARTED)
"""States in which something is still to be filled in."""
OPENED = "open_response"
"""What the audit log calls the reading of a response."""


class FormTemplate(Revised):
    """A form of the practice (FHIR Questionnaire); what it asks is in its versions."""

    __tablename__ = "form_template"

    name: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[FormPurpose] = word(FormPurpose)
    built_in: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Key of the form that came with the product; empty for the practice's own."""
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    """Number of the version that is given out now."""


class FormVersion(Row):
    """What a form asked at a time; never updated, never deleted, so that an answer keeps its question."""

    __tablename__ = "form_version"

    template_id: Mapped[int] = mapped_column(ForeignKey("form_template.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    text_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the canonical JSON of ``content``."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Empty for what came with the product."""

    __table_args__ = (UniqueConstraint("template_id", "number"),)


class FormAssignment(Revised):
    """A form that one participant of a case was given to fill in (FHIR Task)."""

    __tablename__ = "form_assignment"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("form_template.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    status: Mapped[AssignmentStatus] = word(AssignmentStatus, default=AssignmentStatus.ASSIGNED)
    due_on: Mapped[date | None]
    assigned_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reminded_at: Mapped[datetime | None]
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Answers so far, exactly as given; emptied once they were handed in or the form was withdrawn."""
    saved_at: Mapped[datetime | None]
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who of those outside the practice wrote the answers so far: nobody else outside reads them."""
    set_aside: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Person → the answers so far of whoever outside the practice began it before ``drafted_by_id`` went on."""
    closed_at: Mapped[datetime | None]
    """When it was completed or withdrawn."""
    confidential: Mapped[bool] = mapped_column(default=False)
    """Whether nobody who acts for the person comes across it (A20)."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("form_assignment.id"), index=True)
    """The completed one whose response this one's will replace."""


class FormResponse(Row):
    """What came back, signed (FHIR QuestionnaireResponse); never updated, never deleted, only replaced by another."""

    __tablename__ = "form_response"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("form_assignment.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """Whom it is about."""
    version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("form_response.id"), unique=True)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    score: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Of a measure: what the answers come to; a set with a missing answer has no total in it."""
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """Who filled it in: the person themselves, or who signs for them."""
    capacity: Mapped[str] = mapped_column(String(900))
    """As what, in words: "Elena Castellano, guardian of Leo Castellano"."""
    authority: Mapped[str] = mapped_column(String(200), default="")
    """How it was verified that somebody may sign for another."""
    signature: Mapped[str] = mapped_column(String(500), default="")
    """The name as it was typed; empty for a form without a signature."""
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The member of staff who filled it in together with them."""
    submitted_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the canonical JSON of everything above and of the version's hash."""

    __table_args__ = (CheckConstraint("replaces_id is null or replaces_id <> id", name="replaces"),)


class CriticalAlert(Revised):
    """That an answer calls for somebody at once (FHIR Flag, DetectedIssue); closed only with what was done (C72)."""

    __tablename__ = "critical_alert"

    response_id: Mapped[int] = mapped_column(ForeignKey("form_response.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    items: Mapped[list[str]] = mapped_column(JSON)
    """Keys of the critical answers."""
    raised_at: Mapped[datetime]
    escalates_at: Mapped[datetime]
    """When it goes to the supervisor and the owner, unless it was closed before."""
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    action: Mapped[AlertAction | None] = word(AlertAction)
    text: Mapped[str] = mapped_column(Text, default="")
    """What was done."""
    note_id: Mapped[int | None] = mapped_column(ForeignKey("note.id"), index=True)
    """The note that documents it; empty while it is open, and of what was closed before a note was asked for."""

    __table_args__ = (
        Index("ix_critical_alert_closed", "closed_at", "escalates_at"),
        CheckConstraint(
            "(closed_at is null) = (action is null) and (closed_at is null) = (closed_by_id is null) "
            "and (closed_at is null or text <> '')", name="closed_with_action",
        ),
    )


# --- Templates


def templates(session: Session, *, with_inactive: bool = False) -> list[FormTemplate]:
    """Forms by name."""
    query = select(FormTemplate).order_by(FormTemplate.name, FormTemplate.id)
    return list(session.scalars(query if with_inactive else query.where(FormTemplate.active)))


def built_in_keys(session: Session) -> set[str]:
    """Which of the forms that come with the product are there."""
    return set(session.scalars(select(FormTemplate.built_in).where(FormTemplate.built_in.is_not(None))))


def versions(session: Session, template_id: int) -> list[tuple[FormVersion, str]]:
    """Versions of a form, the newest first, each with the name of who made it."""
    query = (
        select(FormVersion, Staff).outerjoin(Staff, Staff.id == FormVersion.made_by_id)
        .where(FormVersion.template_id == template_id).order_by(FormVersion.number.desc())
    )
    return [(version, staff.name if staff else "") for version, staff in session.execute(query)]


def current_versions(session: Session, template_ids: Collection[int]) -> dict[int, FormVersion]:
    """Template → the version that is given out now."""
    query = (
        select(FormVersion).join(FormTemplate, FormTemplate.id == FormVersion.template_id)
        .where(FormTemplate.id.in_(template_ids), FormVersion.number == FormTemplate.version)
    )
    return {version.template_id: version for version in session.scalars(query)}


# --- What was given, and what came back


@dataclass(frozen=True, slots=True)
class Given:
    """A form that somebody was given, as a list knows it: never an answer."""

    assignment: FormAssignment
    template: FormTemplate
    name: str
    """What the form was called in the version that was given."""
    response_id: int | None
    submitted_at: datetime | None
    capacity: str
    replaced: bool
    """Whether a later response has taken its place."""


def given(session: Session, case_id: int) -> list[Given]:
    """The forms of a case that were not withdrawn, the newest first. No answer and no score leaves the database."""
    later = aliased(FormResponse)
    query = (
        select(
            FormAssignment, FormTemplate, FormVersion.name, FormResponse.id, FormResponse.submitted_at,
            FormResponse.capacity, later.id,
        )
        .options(defer(FormAssignment.draft), defer(FormAssignment.set_aside))
        .join(FormTemplate, FormTemplate.id == FormAssignment.template_id)
        .join(FormVersion, FormVersion.id == FormAssignment.version_id)
        .outerjoin(FormResponse, FormResponse.assignment_id == FormAssignment.id)
        .outerjoin(later, later.replaces_id == FormResponse.id)
        .where(FormAssignment.case_id == case_id, FormAssignment.status != AssignmentStatus.WITHDRAWN)
        .order_by(FormAssignment.created_at.desc(), FormAssignment.id.desc())
    )
    return [
        Given(assignment, template, name, response_id, at, capacity or "", later_id is not None)
        for assignment, template, name, response_id, at, capacity, later_id in session.execute(query)
    ]


def scores(session: Session, case_id: int) -> list[tuple[int, int, datetime, dict[str, Any]]]:
    """Scores of a case's measures, the oldest first: response, person, moment, score. Replaced ones are left out."""
    return [
        (response_id, person_id, at, score)
        for response_id, person_id, at, score in session.execute(_scores(), {"case_id": case_id})
    ]


@cache
def _scores() -> Select[*tuple[Any, ...]]:
    later = aliased(FormResponse)
    return (
        select(FormResponse.id, FormResponse.person_id, FormResponse.submitted_at, FormResponse.score)
        .outerjoin(later, later.replaces_id == FormResponse.id)
        .where(FormResponse.case_id == bindparam("case_id"), FormResponse.score.is_not(None), later.id.is_(None))
        .order_by(FormResponse.submitted_at, FormResponse.id)
    )


def open_ones(
    session: Session, case_id: int, person_ids: Collection[int], template_ids: Collection[int]
) -> set[tuple[int, int]]:
    """Which of these people still have which of these forms to fill in: person and template."""
    rows = session.execute(
        select(FormAssignment.person_id, FormAssignment.template_id).where(
            FormAssignment.case_id == case_id, FormAssignment.person_id.in_(person_ids),
            FormAssignment.template_id.in_(template_ids), FormAssignment.status.in_(OPEN),
        )
    )
    return {(person_id, template_id) for person_id, template_id in rows}


def still_out(
    session: Session, case_id: int, purposes: Collection[FormPurpose]
) -> list[tuple[int, FormPurpose, date | None]]:
    """What was given out in a case for some purposes and is still to be filled in: person, purpose and due day."""
    rows = session.execute(
        select(FormAssignment.person_id, FormTemplate.purpose, FormAssignment.due_on)
        .join(FormTemplate, FormTemplate.id == FormAssignment.template_id)
        .where(FormAssignment.case_id == case_id, FormTemplate.purpose.in_(purposes), FormAssignment.status.in_(OPEN)))
    return [(person_id, purpose, due_on) for person_id, purpose, due_on in rows]


def response_of(session: Session, assignment_id: int) -> FormResponse | None:
    """What came back of an assignment."""
    return session.scalar(select(FormResponse).where(FormResponse.assignment_id == assignment_id))


def replacement_of(session: Session, response_id: int) -> FormResponse | None:
    """The response that took another's place."""
    return session.scalar(select(FormResponse).where(FormResponse.replaces_id == response_id))


def open_replacement(session: Session, assignment_id: int) -> FormAssignment | None:
    """The form that is being filled in to take the place of a completed one's response."""
    return session.scalar(select(FormAssignment).where(
        FormAssignment.replaces_id == assignment_id, FormAssignment.status.in_(OPEN)
    ))


def signed_for(session: Session, case_id: int, person_id: int, template_id: int, *, but: int | None) -> bool:
    """Whether somebody else's signature under a form stands for a person of a case; ``but``: what is to be replaced."""
    later = aliased(FormResponse)
    return session.scalar(
        select(FormResponse.id).join(FormAssignment, FormAssignment.id == FormResponse.assignment_id)
        .outerjoin(later, later.replaces_id == FormResponse.id)
        .where(
            FormResponse.case_id == case_id, FormResponse.person_id == person_id,
            FormAssignment.template_id == template_id, FormResponse.signed_by_id != person_id, later.id.is_(None),
            FormAssignment.id != (but or 0),
        ).limit(1)
    ) is not None


@cache
def _signed() -> Select[*tuple[Any, ...]]:
    return (
        select(FormResponse.person_id).join(FormAssignment, FormAssignment.id == FormResponse.assignment_id)
        .join(FormTemplate, FormTemplate.id == FormAssignment.template_id)
        .where(FormResponse.case_id == bindparam("case_id"), FormTemplate.purpose == bindparam("purpose")).distinct()
    )


def who_signed(session: Session, case_id: int, purpose: FormPurpose) -> set[int]:
    """For whom a form of this purpose came back in a case."""
    return set(session.scalars(_signed(), {"case_id": case_id, "purpose": purpose}))


_THERE = (
    Participant.person_id == bindparam("person_id"), Participant.status != ParticipantStatus.LEFT,
    Participant.left_on.is_(None) | (Participant.left_on > bindparam("day")),
)
_CASES_WITH = select(Participant.case_id).where(*_THERE).distinct()


def cases_with(session: Session, person_id: int, day: date) -> set[int]:
    """Cases whose forms are somebody's on a day: given to them, shown and called to mind (I03).

    They take part, or wait for a place, for which the forms may be filled in before; they have not left.
    """
    rows = session.connection().execute(_CASES_WITH, {"person_id": person_id, "day": day})
    return {int(case_id) for (case_id,) in rows}


def takes_part(session: Session, case_id: int, person_id: int, day: date) -> bool:
    """Whether the forms of a case are somebody's on a day, as ``cases_with``."""
    return case_id in cases_with(session, person_id, day)


def has_paper(session: Session, case_id: int, person_id: int, kind: PaperKind) -> bool:
    """Whether a paper of this kind was recorded for this case."""
    return session.scalar(select(PaperReceived.id).where(
        PaperReceived.case_id == case_id, PaperReceived.person_id == person_id, PaperReceived.kind == kind
    ).limit(1)) is not None


def opened_since(
    session: Session, staff_id: int, case_id: int, response_id: int, detail: str, moment: datetime
) -> bool:
    """Whether the audit log already says that somebody opened this response since a moment, for the same reason."""
    query = select(AuditRow.seq).where(
        AuditRow.case_id == case_id, AuditRow.staff_id == staff_id, AuditRow.resource_id == response_id,
        AuditRow.detail == detail, AuditRow.action == OPENED, AuditRow.at >= moment,
    )
    return session.scalar(query.limit(1)) is not None


# --- Alerts


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert with what decides about it."""

    alert: CriticalAlert
    case: Case
    person: Person
    form: str
    """What the form was called."""


def _raised(session: Session, *conditions: Any) -> list[Raised]:
    query = (
        select(CriticalAlert, Case, Person, FormVersion.name)
        .join(Case, Case.id == CriticalAlert.case_id).join(Person, Person.id == CriticalAlert.person_id)
        .join(FormResponse, FormResponse.id == CriticalAlert.response_id)
        .join(FormVersion, FormVersion.id == FormResponse.version_id)
        .where(*conditions).order_by(CriticalAlert.raised_at, CriticalAlert.id)
    )
    return [Raised(*row) for row in session.execute(query)]


def open_alerts(session: Session) -> list[Raised]:
    """Alerts of the whole practice that nobody has closed, the oldest first; there are never many."""
    return _raised(session, CriticalAlert.closed_at.is_(None))


def alerts_of(session: Session, case_id: int) -> list[Raised]:
    """Alerts of a case, open and closed."""
    return _raised(session, CriticalAlert.case_id == case_id)


def alert_of(session: Session, response_id: int) -> CriticalAlert | None:
    """The alert that a response raised."""
    return session.scalar(select(CriticalAlert).where(CriticalAlert.response_id == response_id))


def one_alert(session: Session, alert_id: int) -> Raised | None:
    """One alert."""
    return next(iter(_raised(session, CriticalAlert.id == alert_id)), None)


def open_alert_counts(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Open alerts of some cases: case and alert."""
    rows = session.execute(
        select(CriticalAlert.case_id, CriticalAlert.id)
        .where(CriticalAlert.case_id.in_(case_ids), CriticalAlert.closed_at.is_(None))
    )
    return [(case_id, alert_id) for case_id, alert_id in rows]


def to_escalate(session: Session, now: datetime) -> list[CriticalAlert]:
    """Open alerts whose time has passed, locked; what another process is at is left to it."""
    return list(session.scalars(
        select(CriticalAlert).where(
            CriticalAlert.closed_at.is_(None), CriticalAlert.escalated_at.is_(None), CriticalAlert.escalates_at <= now,
        ).order_by(CriticalAlert.raised_at).with_for_update(skip_locked=True)
    ))
