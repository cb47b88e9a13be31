"""Superbills: what stands on one, issuing it, taking it back. Consultation and workshop never get one (X01, X02).

Whoever looks at one reads codes, which is logged, so the reader of what a superbill would say needs a transaction.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents.paper import Addressee
from practicerunner.documents.superbill import Line as PaperLine
from practicerunner.documents.superbill import Provider
from practicerunner.documents.superbill import Superbill as SuperbillPaper
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import billing, cases, practice, superbills
from practicerunner.records.base import add_rows
from practicerunner.records.billing import InvoiceLine
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.practice import Practice
from practicerunner.records.staff import Staff
from practicerunner.records.superbills import Superbill, SuperbillLine, SuperbillVoid
from practicerunner.rules import superbills as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.identifiers import modifiers_of
from practicerunner.rules.names import person_name
from practicerunner.rules.superbills import Candidate, Missing, Skipped, Wishes
from practicerunner.vocabulary import Action, ChargeKind, DocumentKind, LeftOut, Resource
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.diagnosis_pages import codes_of_case
from practicerunner.workflows.people import payer_of
from practicerunner.workflows.superbill_lines import candidates


class NoSuperbill(RuleViolation):
    """This kind of work gets invoices and receipts, never a superbill."""


class NoDiagnosis(RuleViolation):
    """A superbill needs a diagnosis of this client in this case on the date of each service; there is none."""


class NothingToIssue(RuleViolation):
    """No service in this range can stand on a superbill. What was left out says why."""


class NotComplete(RuleViolation):
    """Something that a superbill has to say is missing."""


class SuperbillIsVoid(RuleViolation):
    """This superbill is void already."""


class IssueSuperbill(Command):
    """Issue a superbill of one client over a range, both days included; one day is a range too."""

    case_id: int
    person_id: int
    first_on: date
    last_on: date
    include_partly_paid: bool = False
    include_absent: bool = False
    include_other_client: bool = False
    """Confirms that a service which stands on another client's superbill stands on this one too (D24)."""
    leave_out_issued: bool = False
    places: tuple[tuple[int, str], ...] = ()
    """Charge → place of service, where it was asked for."""
    seen: str = ""
    """``SuperbillPreview.mark``: what was looked at has to be what is issued."""

    @property
    def wishes(self) -> Wishes:
        """The choices, as the rule takes them."""
        return Wishes(
            self.include_partly_paid, self.include_absent, self.include_other_client, not self.leave_out_issued)


class VoidSuperbill(Command):
    """Take a superbill back; its number stays visible."""

    superbill_id: int
    reason: RequiredLine


@dataclass(frozen=True, slots=True)
class SuperbillPreview:
    """What a superbill of a range would say, what it leaves out and why, and what it lacks."""

    name: str
    lines: tuple[PaperLine, ...]
    line_ids: tuple[int, ...]
    """The charges behind the lines, in their order."""
    diagnoses: tuple[tuple[str, str], ...]
    left_out: tuple[Skipped, ...]
    missing: tuple[Missing, ...]
    warnings: tuple[str, ...]
    charged_cents: int
    adjusted_cents: int
    paid_cents: int
    has_issued: bool
    """Whether a line stands on an earlier superbill of this client already."""
    mark: str

    @property
    def balance_cents(self) -> int:
        """What is still due of the lines."""
        return self.charged_cents - self.adjusted_cents - self.paid_cents

    @property
    def asked_places(self) -> tuple[tuple[int, PaperLine], ...]:
        """Lines of which nobody knows yet where the client was."""
        return tuple((i, line) for i, line in zip(self.line_ids, self.lines, strict=True) if not line.place)


@dataclass(frozen=True, slots=True)
class SuperbillView:
    """An issued superbill as a list shows it, with what it says."""

    superbill_id: int
    number: str
    content: SuperbillPaper
    voided_on: date | None
    void_reason: str
    is_charged_no_more: bool = False
    """Whether the invoice of something on it was voided since."""


@reader(Resource.SUPERBILLS)
def superbill_people(session: Session, actor: Actor, case_id: int) -> list[tuple[int, str]]:
    """Of whom a superbill can be made in a case: everybody who takes or took part. Raises NoSuperbill."""
    case = case_for(session, actor, case_id, resource=Resource.SUPERBILLS)
    _check_kind(case)
    return list({
        person.id: person_name(person.first_name, person.last_name)
        for _, person in cases.people_in(session, case.id)
    }.items())


@reader(Resource.SUPERBILLS)
def superbill_preview(
    session: Session, actor: Actor, case_id: int, person_id: int, first_on: date, last_on: date,
    include_partly_paid: bool = False, *, wishes: Wishes | None = None, places: Sequence[tuple[int, str]] = (),
) -> SuperbillPreview:
    """What a superbill of a range would say. Reading its codes is logged. Raises NoSuperbill, BadInput, NotFound."""
    case = case_for(session, actor, case_id, resource=Resource.SUPERBILLS)
    _check_kind(case)
    codes_of_case(session, actor, case.id)
    chosen = wishes or Wishes(partly_paid=include_partly_paid)
    return _preview(session, actor, case, person_id, first_on, last_on, chosen, dict(places))


def _check_kind(case: Case) -> None:
    if not capabilities(case.type).superbill:
        raise NoSuperbill


def _preview(
    session: Session, actor: Actor, case: Case, person_id: int, first: date, last: date, wishes: Wishes,
    places: dict[int, str],
) -> SuperbillPreview:
    if last < first:
        raise BadInput("last_on", "The last day lies before the first one.")
    person = next((person for _, person in cases.people_in(session, case.id) if person.id == person_id), None)
    if person is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.SUPERBILLS, case_id=case.id)
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    found = candidates(session, case, person_id, first, last, sees)
    lines, left_out = rule.sort_out(found, wishes)
    lines = [rule.with_place(line, places) for line in lines]
    house = practice.the_practice(session)
    staff = _clinicians(session, lines)
    name = person_name(person.first_name, person.last_name)
    missing = rule.missing_for_issue(
        lines, rule.Issuer(house.name, house.address, house.phone, house.tax_id, house.npi),
        [rule.Clinician(one.name, one.npi, one.licence) for one in staff.values()],
        rule.Recipient(name, person.birth_date, person.address),
    )
    letters = rule.letters_of(lines)
    printed = tuple(_paper_line(line, letters, staff) for line in lines)
    diagnoses = tuple((letter, code) for code, letter in letters.items() if letter)
    charged, adjusted, paid = (
        sum(line.amount_cents for line in lines), sum(line.adjusted_cents for line in lines),
        sum(line.paid_cents for line in lines),
    )
    return SuperbillPreview(
        name, printed, tuple(line.charge_id for line in lines), diagnoses, tuple(left_out), tuple(missing),
        tuple(rule.warnings(lines)), charged, adjusted, paid, any(line.issued_on for line in lines),
        _mark(printed, diagnoses),
    )


def _clinicians(session: Session, lines: Sequence[Candidate]) -> dict[int, Staff]:
    """Who rendered the services of a superbill, and who supervised them."""
    wanted = dict.fromkeys(line.provider_id for line in lines)
    wanted |= dict.fromkeys(line.supervisor_id for line in lines if line.supervisor_id)
    return {staff_id: session.get_one(Staff, staff_id) for staff_id in wanted}


def _signed(person: Staff) -> str:
    return ", ".join(filter(None, [person.name, person.credentials]))


def _paper_line(line: Candidate, letters: dict[str, str], staff: dict[int, Staff]) -> PaperLine:
    return PaperLine(
        service_date=line.service_date, description=line.description, code=line.code,
        modifiers=modifiers_of(line.modifiers), place=line.place,
        pointers="".join(letters[code.code] for code in rule.usable(line)), charge_cents=line.amount_cents,
        adjusted_cents=line.adjusted_cents, paid_cents=line.paid_cents, provider=_signed(staff[line.provider_id]),
        supervisor=_signed(staff[line.supervisor_id]) if line.supervisor_id else "", paid_by=line.paid_by,
    )


def _mark(lines: Sequence[PaperLine], diagnoses: Sequence[tuple[str, str]]) -> str:
    facts: Any = [[line.model_dump(mode="json") for line in lines], list(diagnoses)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@command(Resource.SUPERBILLS, Action.CREATE)
def issue_superbill(session: Session, actor: Actor, asked: IssueSuperbill) -> int:
    """Issue a superbill: it gets the next number and never changes. Returns its id.

    Raises NoSuperbill, NoDiagnosis, NothingToIssue, NotComplete, BadInput; Stale where it would not say any more what
    was looked at.
    """
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.SUPERBILLS)
    _check_kind(case)
    preview = _preview(
        session, actor, case, asked.person_id, asked.first_on, asked.last_on, asked.wishes, dict(asked.places))
    if not preview.lines:
        raise _nothing(preview)
    if preview.missing:
        raise NotComplete(" ".join(missing.sentence for missing in preview.missing))
    if asked.seen and asked.seen != preview.mark:
        raise Stale
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    number = practice.take_number(session, DocumentKind.SUPERBILL, DocumentKind.SUPERBILL.prefix, today.year)
    content = _content(session, house, preview, asked, number, today)
    papers.freeze(
        session, DocumentKind.SUPERBILL, content, payer_id=payer_of(session, asked.person_id).id, case_id=case.id)
    superbill_id = ids.new_id()
    add_rows(session, Superbill, [{
        "id": superbill_id, "number": number, "case_id": case.id, "person_id": asked.person_id,
        "first_on": asked.first_on, "last_on": asked.last_on, "issued_on": today,
        "charged_cents": preview.charged_cents, "adjusted_cents": preview.adjusted_cents,
        "paid_cents": preview.paid_cents, "issued_by_id": actor.staff_id,
    }])
    add_rows(session, SuperbillLine, [
        {"superbill_id": superbill_id, "charge_id": charge_id, "service_date": line.service_date,
         "charged_cents": line.charge_cents, "adjusted_cents": line.adjusted_cents, "paid_cents": line.paid_cents}
        for charge_id, line in zip(preview.line_ids, preview.lines, strict=True)
    ])
    session.info["case_id"], session.info["detail"] = case.id, number
    return superbill_id


def _nothing(preview: SuperbillPreview) -> RuleViolation:
    """Why there is nothing to issue; that a diagnosis is all that is missing is said as such."""
    reasons = {one.reason for one in preview.left_out} - {
        LeftOut.NEVER_BILLED, LeftOut.NOT_RENDERED, LeftOut.OTHER_CASE}
    return NoDiagnosis() if reasons == {LeftOut.NO_DIAGNOSIS} else NothingToIssue()


def _content(
    session: Session, house: Practice, preview: SuperbillPreview, asked: IssueSuperbill, number: str, today: date
) -> SuperbillPaper:
    person = session.get_one(Person, asked.person_id)
    if person.birth_date is None:
        raise NotComplete
    charges = billing.charges(session, preview.line_ids)
    wanted = dict.fromkeys(charge.provider_id for charge in sorted(charges, key=lambda c: c.service_date))
    wanted |= dict.fromkeys(charge.supervisor_id for charge in charges if charge.supervisor_id)
    staff = [session.get_one(Staff, staff_id) for staff_id in wanted]
    return SuperbillPaper(
        number=number, issued_on=today, currency=house.currency, practice=papers.letterhead(house),
        practice_npi=house.npi, client=Addressee(name=preview.name, address=person.address),
        birth_date=person.birth_date, first_on=asked.first_on, last_on=asked.last_on,
        providers=tuple(
            Provider(name=_signed(one), npi=one.npi, licence=one.licence, taxonomy=one.taxonomy) for one in staff
        ),
        diagnoses=preview.diagnoses, lines=preview.lines, charged_cents=preview.charged_cents,
        adjusted_cents=preview.adjusted_cents, paid_cents=preview.paid_cents,
    )


@command(Resource.INVOICES, Action.VOID)
def void_superbill(session: Session, actor: Actor, asked: VoidSuperbill) -> int:
    """Take a superbill back, by those who may void what was issued. Its number stays. Raises SuperbillIsVoid."""
    row = session.get(Superbill, asked.superbill_id, with_for_update=True)
    if row is None:
        raise NotFound(actor=actor, action=Action.VOID, resource=Resource.SUPERBILLS, resource_id=asked.superbill_id)
    case = case_for(session, actor, row.case_id, resource=Resource.SUPERBILLS)
    authorize(
        session, actor, Action.VOID, Resource.INVOICES, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, resource_id=row.id, case_id=case.id,
    )
    if superbills.void_of(session, row.id) is not None:
        raise SuperbillIsVoid
    session.add(SuperbillVoid(
        superbill_id=row.id, reason=asked.reason, voided_by_id=actor.staff_id,
        voided_on=clock.today(practice.the_practice(session).zone),
    ))
    session.info["case_id"], session.info["detail"] = case.id, row.number
    return row.id


@reader(Resource.SUPERBILLS)
def superbills_of(session: Session, actor: Actor, case_id: int) -> list[SuperbillView]:
    """The superbills of a case, the newest first, as they were issued. Raises NoSuperbill."""
    case = case_for(session, actor, case_id, resource=Resource.SUPERBILLS)
    _check_kind(case)
    rows = superbills.of_case(session, case.id)
    gone = superbills.charged_no_more(session, [row.id for row, _, _ in rows])
    return [
        SuperbillView(
            row.id, row.number, SuperbillPaper.model_validate(document.content), void.voided_on if void else None,
            void.reason if void else "", row.id in gone,
        )
        for row, void, document in rows
    ]


@reader(Resource.SUPERBILLS)
def superbill_pdf(session: Session, actor: Actor, superbill_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a superbill. A voided one carries the word VOID. Raises NotFound."""
    row = session.get(Superbill, superbill_id)
    if row is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.SUPERBILLS, resource_id=superbill_id)
    document = superbills.document_numbered(session, row.number)
    papers.hand_out(session, actor, document, session.get_one(Case, row.case_id), row.id)
    voided = superbills.void_of(session, row.id)
    if voided is None:
        return f"{row.number}.pdf", "application/pdf", papers.stored_pdf(session, document)
    content = document.content | {"void": {"reason": voided.reason, "voided_on": voided.voided_on.isoformat()}}
    return f"{row.number}.pdf", "application/pdf", papers.draw(document.kind, content)


@reader(Resource.SUPERBILLS)
def superbill_lines(session: Session, actor: Actor, invoice_id: int) -> list[InvoiceLine]:
    """The rendered services on an invoice; fees for missed appointments are left out (X10). Raises NoSuperbill."""
    invoice, case = invoice_for(session, actor, invoice_id, Action.READ)
    authorize(
        session, actor, Action.READ, Resource.SUPERBILLS, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, resource_id=invoice.id, case_id=case.id,
    )
    _check_kind(case)
    lines = billing.lines_of(session, invoice.id)
    rendered = {
        charge.id for charge in billing.charges(session, [line.charge_id for line in lines])
        if charge.kind is ChargeKind.SERVICE
    }
    return [line for line in lines if line.charge_id in rendered]
