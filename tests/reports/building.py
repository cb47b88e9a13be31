"""Rows for the reports' tests, written straight into the records."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from practicerunner import database
from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.billing import Charge, Invoice, LedgerEntry, OpenInvoice, Payment
from practicerunner.records.cases import Case, PaperReceived, Participant, PaymentMethod
from practicerunner.records.forms import CriticalAlert, FormAssignment, FormResponse, FormTemplate, FormVersion
from practicerunner.records.notes import Note
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Practice, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AlertAction,
    AppointmentStatus,
    AssignmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    ChargeKind,
    EntryKind,
    FormPurpose,
    NoteKind,
    NoteStatus,
    PaperKind,
    ParticipantStatus,
    PaymentMethodKind,
    Role,
    ServiceCategory,
    SessionFormat,
    ShareKind,
)

ZONE = "America/New_York"


@dataclass(frozen=True)
class Reading:
    """A reader with the fields that reports ask for."""

    staff_id: int
    roles: frozenset[Role]
    supervisees: frozenset[int] = frozenset()
    own_cases: frozenset[int] = frozenset()


class Story:
    """A practice with two providers and one service, and verbs that add rows to it, each in its own transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.add(Practice(name="Test Practice", zone=ZONE))
        self.service = self.add(Service(name="Session", category=ServiceCategory.THERAPY, minutes=50))
        self.bell = self.staff("Marcus", "Bell")
        self.ito = self.staff("Kaori", "Ito")
        self.owner = Reading(self.staff("Olive", "Owner"), frozenset({Role.OWNER}))
        self._invoices = 0

    def add(self, row: Any) -> int:
        with database.transaction(self.engine) as session:
            session.add(row)
            session.flush()
            return int(row.id)

    def change(self, kind: type, row_id: int, **values: Any) -> None:
        with database.transaction(self.engine) as session:
            row = session.get(kind, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    def remove(self, kind: type, row_id: int) -> None:
        with database.transaction(self.engine) as session:
            session.delete(session.get(kind, row_id))

    def staff(self, first: str, last: str) -> int:
        return self.add(Staff(first_name=first, last_name=last, email=f"{first}.{last}@example.org".lower()))

    def person(self, first: str) -> int:
        return self.add(Person(first_name=first, last_name="Haddad"))

    def payer(self, first: str) -> int:
        return self.add(Payer(person_id=self.person(first), name=f"{first} Haddad"))

    def case(
        self, kind: CaseType = CaseType.INDIVIDUAL, *, provider: int | None = None, name: str = "Noor Haddad",
        people: tuple[int, ...] = (), status: CaseStatus = CaseStatus.ACTIVE, **more: Any,
    ) -> int:
        case = self.add(Case(
            type=kind, name=name, status=status, provider_id=provider or self.bell, opened_on=date(2026, 1, 5), **more,
        ))
        for person in people:
            self.joins(case, person)
        return case

    def joins(self, case: int, person: int, **more: Any) -> int:
        usual = {"joined_on": date(2026, 1, 5), "status": ParticipantStatus.ACTIVE}
        return self.add(Participant(case_id=case, person_id=person, **usual | more))

    def appointment(
        self, case: int, day: date, status: AppointmentStatus = AppointmentStatus.HELD, *,
        came: dict[int, AttendanceStatus] | None = None, provider: int | None = None,
    ) -> int:
        starts = datetime.combine(day, time(10), tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        appointment = self.add(Appointment(
            case_id=case, provider_id=provider or self.bell, service_id=self.service, status=status, local_date=day,
            local_time=time(10), minutes=50, zone=ZONE, starts_at=starts, ends_at=starts + timedelta(minutes=50),
            format=SessionFormat.IN_PERSON, fee_cents=16500,
        ))
        for person, attendance in (came or {}).items():
            self.add(Attendance(appointment_id=appointment, case_id=case, person_id=person, status=attendance))
        return appointment

    def note(
        self, case: int, appointment: int, kind: NoteKind = NoteKind.PROGRESS, *,
        signed_at: datetime | None = None, status: NoteStatus | None = None, text: str = "",
    ) -> int:
        return self.add(Note(
            case_id=case, appointment_id=appointment, kind=kind, form="free", author_id=self.bell,
            status=status or (NoteStatus.LOCKED if signed_at else NoteStatus.DRAFT), service_date=date(2026, 10, 1),
            locked_at=signed_at, sections={"text": text}, parts={"1": text},
        ))

    def plan(
        self, case: int, person: int | None, review_on: date | None, *, locked_at: datetime,
        status: NoteStatus = NoteStatus.LOCKED,
    ) -> int:
        """A treatment plan of somebody, or of the case as a whole."""
        return self.add(Note(
            case_id=case, person_id=person, kind=NoteKind.TREATMENT_PLAN, form="treatment_plan", author_id=self.bell,
            status=status, service_date=date(2026, 8, 1), locked_at=locked_at, review_on=review_on,
        ))

    def invoice(self, case: int, payer: int, cents: int, day: date, due: date | None = None) -> int:
        self._invoices += 1
        invoice = self.add(Invoice(
            number=f"INV-2026-{self._invoices:04d}", payer_id=payer, case_id=case, issued_on=day,
            due_on=due or day + timedelta(days=14), total_cents=cents, issued_by_id=self.bell,
        ))
        self.add(OpenInvoice(
            invoice_id=invoice, payer_id=payer, case_id=case, issued_on=day, due_on=due or day + timedelta(days=14),
            open_cents=cents,
        ))
        self.entry(case, payer, EntryKind.CHARGE, cents, day, invoice_id=invoice)
        return invoice

    def entry(self, case: int, payer: int, kind: EntryKind, cents: int, day: date, **more: Any) -> int:
        return self.add(LedgerEntry(
            case_id=case, payer_id=payer, kind=kind, amount_cents=cents, effective_on=day, recorded_by_id=self.bell,
            **more,
        ))

    def pay(self, case: int, payer: int, cents: int, day: date, invoice: int | None = None) -> int:
        if invoice is not None:
            with database.transaction(self.engine) as session:
                opened = session.scalars(select(OpenInvoice).where(OpenInvoice.invoice_id == invoice)).one()
                opened.open_cents -= cents
        payment = self.add(Payment(
            payer_id=payer, case_id=case, method=PaymentMethodKind.CASH, amount_cents=cents, received_on=day,
            recorded_by_id=self.bell,
        ))
        return self.entry(case, payer, EntryKind.PAYMENT, -cents, day, invoice_id=invoice, payment_id=payment)

    def arrangement(
        self, case: int, person: int | None = None, payer: int | None = None, *, since: date = date(2026, 1, 5),
        until: date | None = None,
    ) -> int:
        shares = [PayerShare(payer_id=payer, position=0, kind=ShareKind.REMAINDER)] if payer else []
        return self.add(BillingArrangement(
            case_id=case, person_id=person, valid_from=since, valid_until=until, shares=shares,
        ))

    def card(self, payer: int, *, removed: bool = False) -> int:
        return self.add(PaymentMethod(
            payer_id=payer, kind=PaymentMethodKind.CARD, brand="Card", last_four="4242", token="t", removed=removed,
            added_by_id=self.bell,
        ))

    def charge(
        self, case: int, appointment: int, *, withdrawn_at: datetime | None = None, provider: int | None = None,
    ) -> int:
        return self.add(Charge(
            case_id=case, appointment_id=appointment, unit=f"{appointment}.0", kind=ChargeKind.SERVICE,
            service_id=self.service, service_date=date(2026, 10, 1), description="Session", standard_cents=16500,
            amount_cents=16500, provider_id=provider or self.bell, withdrawn_at=withdrawn_at,
        ))

    def critical(self, case: int, person: int, *, closed_at: datetime | None = None) -> int:
        """A critical answer of somebody, closed or not."""
        form = self.add(FormTemplate(name="Questions", purpose=FormPurpose.QUESTIONNAIRE))
        version = self.add(FormVersion(template_id=form, number=1, name="Questions", content={}, text_hash=""))
        sent = self.add(FormAssignment(case_id=case, person_id=person, template_id=form, version_id=version,
                                       status=AssignmentStatus.COMPLETED, assigned_by_id=self.bell))
        moment = datetime(2026, 11, 2, 12, tzinfo=UTC)
        response = self.add(FormResponse(
            assignment_id=sent, case_id=case, person_id=person, version_id=version, answers={}, signed_by_id=person,
            capacity="", submitted_at=moment, content_hash=""))
        done: dict[str, Any] = {} if closed_at is None else {
            "closed_at": closed_at, "closed_by_id": self.bell, "action": AlertAction.ASSESSED, "text": "Spoke"}
        return self.add(CriticalAlert(
            response_id=response, case_id=case, person_id=person, items=["a"], raised_at=moment, escalates_at=moment,
            **done))

    def paper(self, case: int, person: int, kind: PaperKind) -> int:
        return self.add(PaperReceived(
            case_id=case, person_id=person, kind=kind, received_on=date(2026, 1, 6), recorded_by_id=self.bell,
        ))
