"""What is somebody's own outside the practice: forms, papers, shared documents, appointments that are over."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Select, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, defer, lazyload, mapped_column

from practicerunner.records import requests
from practicerunner.records.base import Row
from practicerunner.records.cases import Case, PaymentMethod
from practicerunner.records.documents import Document
from practicerunner.records.forms import OPEN, FormAssignment, FormResponse, FormTemplate, FormVersion, Given
from practicerunner.records.payments import CreditNote
from practicerunner.records.practice import Location
from practicerunner.records.requests import OwnAppointment
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.records.statements import Statement, StatementCase
from practicerunner.records.superbills import Superbill, SuperbillVoid
from practicerunner.vocabulary import AssignmentStatus, DocumentClass, FormPurpose


class DocumentShare(Row):
    """That somebody who takes part may read a document outside the practice, until it is ended (FHIR Consent)."""

    __tablename__ = "document_share"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    shared_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    shared_at: Mapped[datetime]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("(ended_at is null) = (ended_by_id is null)", name="ended_by"),)


# --- Documents


def shares_of(session: Session, document_ids: Collection[int]) -> list[DocumentShare]:
    """With whom some documents are shared now, the oldest first."""
    return list(session.scalars(select(DocumentShare).where(
        DocumentShare.document_id.in_(document_ids), DocumentShare.ended_at.is_(None),
    ).order_by(DocumentShare.shared_at, DocumentShare.id)))


def end_shares(session: Session, document_id: int, person_id: int, moment: datetime, staff_id: int) -> None:
    """A document is shared with nobody any more but one person, if it was with them."""
    for share in shares_of(session, [document_id]):
        if share.person_id != person_id:
            share.ended_at, share.ended_by_id = moment, staff_id


def share_between(session: Session, document_id: int, person_id: int) -> DocumentShare | None:
    """That a document is shared with somebody now, if it is."""
    return session.scalar(select(DocumentShare).where(
        DocumentShare.document_id == document_id, DocumentShare.person_id == person_id,
        DocumentShare.ended_at.is_(None),
    ).limit(1))


_SHARED_NOW = (
    DocumentShare.person_id == bindparam("person_id"), DocumentShare.ended_at.is_(None), Document.archived_at.is_(None),
    or_(Document.person_id.is_(None), Document.person_id == bindparam("person_id")),
)
_SHARED_WITH = (
    select(DocumentShare, Document, Case).join(Document, Document.id == DocumentShare.document_id)
    .join(Case, Case.id == Document.case_id).where(*_SHARED_NOW)
    .order_by(DocumentShare.shared_at.desc(), DocumentShare.id.desc())
)
_CLASSES = select(Document.access_class, Document.case_id).join(
    DocumentShare, DocumentShare.document_id == Document.id).where(*_SHARED_NOW)
_SHARED_FOR_ANOTHER, _CLASSES_FOR_ANOTHER = (one.where(~Document.confidential) for one in (_SHARED_WITH, _CLASSES))


def shared_with(
    session: Session, person_id: int, *, for_another: bool = False
) -> list[tuple[DocumentShare, Document, Case]]:
    """Documents that are shared with somebody now, not withdrawn and nobody else's, the latest shared first.

    ``for_another``, here and below: without what is confidential to them, because whoever asks acts for them.
    """
    rows = session.execute(_SHARED_FOR_ANOTHER if for_another else _SHARED_WITH, {"person_id": person_id})
    return [(share, document, case) for share, document, case in rows]


def classes_shared_with(
    session: Session, person_id: int, *, for_another: bool = False
) -> list[tuple[DocumentClass, int]]:
    """Of each of these documents: its class and its case."""
    statement = _CLASSES_FOR_ANOTHER if for_another else _CLASSES
    rows = session.connection().execute(statement, {"person_id": person_id})
    return [(access_class, case_id) for access_class, case_id in rows]


# --- Forms


def forms_of(session: Session, person_id: int) -> list[tuple[Given, Case, int | None]]:
    """Forms that somebody was given, the newest first, each with its case and who signed what came back.

    No answer and no score leaves the database.
    """
    return [
        (Given(assignment, template, name, response_id, at, capacity or "", later_id is not None), case, signed_by_id)
        for assignment, template, name, response_id, at, capacity, later_id, case, signed_by_id
        in session.execute(_forms_of(), {"person_id": person_id})
    ]


@cache
def _forms_of() -> Select[*tuple[Any, ...]]:
    later = aliased(FormResponse)
    return (
        select(
            FormAssignment, FormTemplate, FormVersion.name, FormResponse.id, FormResponse.submitted_at,
            FormResponse.capacity, later.id, Case, FormResponse.signed_by_id,
        )
        .options(defer(FormAssignment.draft))
        .join(FormTemplate, FormTemplate.id == FormAssignment.template_id)
        .join(FormVersion, FormVersion.id == FormAssignment.version_id)
        .join(Case, Case.id == FormAssignment.case_id)
        .outerjoin(FormResponse, FormResponse.assignment_id == FormAssignment.id)
        .outerjoin(later, later.replaces_id == FormResponse.id)
        .where(FormAssignment.person_id == bindparam("person_id"), FormAssignment.status != AssignmentStatus.WITHDRAWN)
        .order_by(FormAssignment.created_at.desc(), FormAssignment.id.desc())
    )


_OPEN_FORMS = select(FormAssignment.case_id, FormTemplate.purpose, FormAssignment.due_on).join(
    FormTemplate, FormTemplate.id == FormAssignment.template_id
).where(FormAssignment.person_id == bindparam("person_id"), FormAssignment.status.in_(OPEN))
_OPEN_FORMS_FOR_ANOTHER = _OPEN_FORMS.where(~FormAssignment.confidential)


def open_forms_of(
    session: Session, person_id: int, *, for_another: bool = False
) -> list[tuple[int, FormPurpose, date | None]]:
    """Of each form that somebody was given and has still to fill in: its case, its purpose and by when it is due."""
    statement = _OPEN_FORMS_FOR_ANOTHER if for_another else _OPEN_FORMS
    rows = session.connection().execute(statement, {"person_id": person_id})
    return [(case_id, purpose, due_on) for case_id, purpose, due_on in rows]


def had(session: Session, case_id: int, template_ids: Collection[int]) -> set[tuple[int, int]]:
    """Who of a case was given which of some forms and has it to fill in, or has handed it in: person and form."""
    rows = session.execute(select(FormAssignment.person_id, FormAssignment.template_id).where(
        FormAssignment.case_id == case_id, FormAssignment.template_id.in_(template_ids),
        FormAssignment.status.in_((*OPEN, AssignmentStatus.COMPLETED)),
    ))
    return {(person_id, template_id) for person_id, template_id in rows}


# --- Papers and payment methods


def statements_of(session: Session, payer_id: int) -> list[tuple[Statement, frozenset[int]]]:
    """Statements of a payer, the newest first, each with the cases that it covers."""
    found: dict[int, Statement] = {}
    covered: dict[int, set[int]] = {}
    for row, case_id in session.execute(_STATEMENTS, {"payer_id": payer_id}):
        found[row.id] = row
        covered.setdefault(row.id, set()).update([] if case_id is None else [case_id])
    return [(row, frozenset(covered[row.id])) for row in found.values()]


_STATEMENTS = (
    select(Statement, StatementCase.case_id).outerjoin(StatementCase, StatementCase.statement_id == Statement.id)
    .where(Statement.payer_id == bindparam("payer_id")).order_by(Statement.ends_on.desc(), Statement.id.desc())
)


def credit_notes_of(session: Session, payer_id: int) -> list[CreditNote]:
    """Credit notes of a payer, the newest first."""
    return list(session.scalars(
        select(CreditNote).where(CreditNote.payer_id == payer_id)
        .order_by(CreditNote.issued_on.desc(), CreditNote.id.desc())
    ))


def superbills_of(session: Session, person_id: int) -> list[Superbill]:
    """Superbills of somebody that are not void, the newest first."""
    return list(session.scalars(_SUPERBILLS, {"person_id": person_id}))


_SUPERBILLS = select(Superbill).where(
    Superbill.person_id == bindparam("person_id"),
    ~select(SuperbillVoid.id).where(SuperbillVoid.superbill_id == Superbill.id).exists(),
).order_by(Superbill.issued_on.desc(), Superbill.id.desc())


def methods_of(session: Session, payer_id: int) -> list[PaymentMethod]:
    """Saved payment methods of one payer."""
    return list(session.scalars(
        select(PaymentMethod).where(PaymentMethod.payer_id == payer_id, ~PaymentMethod.removed)
        .order_by(PaymentMethod.created_at, PaymentMethod.id)
    ))


# --- Appointments


def own_cases(session: Session, person_id: int, day: date) -> list[tuple[Case, str]]:
    """Cases in which somebody takes part on a day, each with its provider's name."""
    found = requests.own_cases(session, person_id, day)
    rows = session.connection().execute(_PROVIDERS, {"ids": list({case.provider_id for case in found})})
    names = {staff_id: f"{first} {last}".strip() for staff_id, first, last in rows}
    return [(case, names[case.provider_id]) for case in found]


def own_past(
    session: Session, person_id: int, moment: datetime, since: date, limit: int, *, for_another: bool = False
) -> list[OwnAppointment]:
    """Appointments at which somebody was expected and that have begun or were called off, the latest first."""
    rows = session.execute(
        _PAST_FOR_ANOTHER if for_another else _PAST,
        {"person_id": person_id, "moment": moment, "since": since, "most": limit})
    return [OwnAppointment(*row) for row in rows]


_PROVIDERS = select(Staff.id, Staff.first_name, Staff.last_name).where(Staff.id.in_(bindparam("ids", expanding=True)))
_PAST = (
    select(Appointment, Case, Staff, Location, Attendance)
    .join(Attendance, Attendance.appointment_id == Appointment.id).join(Case, Case.id == Appointment.case_id)
    .join(Staff, Staff.id == Appointment.provider_id).outerjoin(Location, Location.id == Appointment.location_id)
    .where(
        Attendance.person_id == bindparam("person_id"), Appointment.starts_at <= bindparam("moment"),
        Appointment.local_date >= bindparam("since"),
    ).order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(bindparam("most"))
    .options(lazyload(Staff.roles))
)
_PAST_FOR_ANOTHER = _PAST.where(~Attendance.confidential)
