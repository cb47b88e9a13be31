"""Issuing an invoice: its number, lines, ledger entries, open amount and paper; or setting it aside as a draft."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.documents.invoice import Line as PaperLine
from practicerunner.records import consent_basis, practice, staff
from practicerunner.records.base import add_rows
from practicerunner.records.billing import Charge, ChargeShare, Invoice, InvoiceLine, LedgerEntry, OpenInvoice
from practicerunner.records.cases import Case
from practicerunner.records.drafts import InvoiceDraft
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Practice
from practicerunner.rules import fees, names
from practicerunner.rules.consent_basis import NEUTRAL
from practicerunner.vocabulary import ChargeKind, DocumentKind, EntryKind, InvoicingRhythm, MessageKind
from practicerunner.workflows import billing_notices, papers
from practicerunner.workflows.access import Actor
from practicerunner.workflows.minors import confidential_by_default


@dataclass(frozen=True, slots=True)
class BilledPart:
    """One payer's part of a charge."""

    charge_id: int
    payer_id: int
    amount_cents: int
    person_id: int | None
    service_date: date
    description: str
    provider_id: int
    supervisor_id: int | None
    kept: ChargeShare | None = None
    """Its row, where there is one already; otherwise the invoice writes it."""
    kind: ChargeKind = ChargeKind.SERVICE
    standard_cents: int = 0
    charge_cents: int = 0
    """The standard fee and the whole charge, of which this is one payer's part."""
    package_id: int | None = None
    in_advance: bool = False

    @property
    def invoice_id(self) -> int | None:
        """The invoice that carries it already."""
        return self.kept.invoice_id if self.kept else None

    @property
    def waits(self) -> bool:
        """Whether it waits to be gathered."""
        return self.kept is not None and self.kept.rhythm.waits

    @property
    def on_a_draft(self) -> bool:
        """Whether it stands on a draft."""
        return self.kept is not None and self.kept.draft_id is not None

    @property
    def text(self) -> str:
        """What the invoice says of it: what somebody wrote on the draft, or the words of the charge."""
        return (self.kept.draft_text if self.kept else "") or self.description


def part_of(charge: Charge, share: ChargeShare) -> BilledPart:
    """A payer's part of a charge that is written already."""
    return BilledPart(
        charge.id, share.payer_id, share.amount_cents, charge.person_id, charge.service_date, charge.description,
        charge.provider_id, charge.supervisor_id, share, charge.kind, charge.standard_cents, charge.amount_cents,
        charge.package_id, charge.in_advance,
    )


def issue_or_draft(
    session: Session, actor: Actor, house: Practice, case: Case, payer_id: int, due: Sequence[BilledPart],
    issued_on: date, *, as_draft: bool | None = None,
) -> int | None:
    """Issue an invoice, or set it aside as a draft where the practice looks at drafts first. Returns an invoice's id.

    ``as_draft`` is what somebody wants just now, whatever the practice usually does.
    """
    if as_draft if as_draft is not None else house.invoices_as_drafts:
        draft(session, actor, case, payer_id, due)
        return None
    return issue(session, actor, house, case, payer_id, due, issued_on)


def draft(session: Session, actor: Actor, case: Case, payer_id: int, due: Sequence[BilledPart]) -> int:
    """Set payers' parts aside on a draft, which has no number and counts nowhere. Returns its id."""
    made = InvoiceDraft(id=ids.new_id(), payer_id=payer_id, case_id=case.id, created_by_id=actor.staff_id)
    session.add(made)
    session.flush()
    for part in due:
        if part.kept is not None:
            part.kept.draft_id = made.id
    session.add_all(
        ChargeShare(charge_id=part.charge_id, payer_id=payer_id, amount_cents=part.amount_cents, draft_id=made.id)
        for part in due if part.kept is None
    )
    session.flush()
    return made.id


def issue(
    session: Session, actor: Actor, house: Practice, case: Case, payer_id: int, due: Sequence[BilledPart],
    issued_on: date, replaces: Invoice | None = None,
) -> int:
    """Write one invoice with its lines, ledger entries, open amount and frozen paper. Returns its id."""
    payer = session.get_one(Payer, payer_id)
    number = practice.take_number(session, DocumentKind.INVOICE, DocumentKind.INVOICE.prefix, issued_on.year)
    due_on = issued_on + timedelta(days=house.payment_due_days)
    veiled = _veiled(session, case, payer, due)
    # Last, since a place between two days would tell the day.
    due = sorted(due, key=lambda part: part.charge_id in veiled) if veiled else due
    texts = _texts(session, payer, due, veiled)
    total = sum(part.amount_cents for part in due)
    invoice_id = ids.new_id()
    add_rows(session, Invoice, [{
        "id": invoice_id, "number": number, "payer_id": payer_id, "case_id": case.id, "issued_on": issued_on,
        "due_on": due_on, "total_cents": total, "issued_by_id": actor.staff_id,
        "replaces_id": replaces.id if replaces else None,
    }])
    for part in due:
        if part.kept is not None:
            part.kept.invoice_id, part.kept.draft_id = invoice_id, None
    add_rows(session, ChargeShare, [
        {"charge_id": part.charge_id, "payer_id": payer_id, "amount_cents": part.amount_cents, "invoice_id": invoice_id}
        for part in due if part.kept is None
    ])
    add_rows(session, InvoiceLine, [
        {"invoice_id": invoice_id, "charge_id": part.charge_id, "service_date": part.service_date,
         "description": said, "amount_cents": part.amount_cents, "confidential": part.charge_id in veiled}
        for part, said in zip(due, texts, strict=True)
    ])
    add_rows(session, LedgerEntry, [
        {"case_id": case.id, "payer_id": payer_id, "kind": EntryKind.CHARGE, "amount_cents": part.amount_cents,
         "effective_on": issued_on, "invoice_id": invoice_id, "charge_id": part.charge_id,
         "recorded_by_id": actor.staff_id}
        for part in due
    ])
    add_rows(session, OpenInvoice, [{
        "invoice_id": invoice_id, "payer_id": payer_id, "case_id": case.id, "issued_on": issued_on, "due_on": due_on,
        "open_cents": total,
    }])
    content = papers.invoice_content(
        session, house, payer, number=number, issued_on=issued_on, due_on=due_on,
        for_name=name_on_paper(case, confidential=bool(veiled)),
        lines=_paper_lines(session, house, due, texts, veiled), replaces=replaces.number if replaces else "",
    )
    papers.freeze(
        session, DocumentKind.INVOICE, content, payer_id=payer_id, case_id=case.id, invoice_id=invoice_id
    )
    billing_notices.tell_by_itself(session, house, MessageKind.INVOICE_ISSUED, payer_id, case.id)
    session.flush()
    return invoice_id


def _veiled(session: Session, case: Case, payer: Payer, due: Sequence[BilledPart]) -> frozenset[int]:
    """Charges of which a payer learns the amount and the month alone, as they are confidential to somebody else (A23).

    A session of a package that nobody has used yet goes by who consented as a minor.
    """
    known = consent_basis.confidential_charges(session, [part.charge_id for part in due])
    waiting = [part for part in due if part.package_id is not None and part.charge_id not in known]
    if waiting:
        people = {one.person_id for one in case.participants}
        alone = confidential_by_default(session, case, people)
        known |= {
            part.charge_id: {one for one in alone if part.person_id in (None, one)} for part in waiting if alone}
    return frozenset(charge_id for charge_id, people in known.items() if people - {payer.person_id})


def name_on_paper(case: Case, *, confidential: bool) -> str:
    """What a case is called on a payer's paper; a name of its own would tell what a confidential session was for."""
    return "" if confidential and case.has_own_name else case.name


def _texts(
    session: Session, payer: Payer, due: Sequence[BilledPart], veiled: Collection[int]
) -> list[str]:
    """What each line says; it names the participant only where somebody else pays for them (X08)."""
    sold = Counter(part.package_id for part in due)
    texts = []
    for part in due:
        if part.charge_id in veiled:
            texts.append(NEUTRAL)
            continue
        said = part.text
        if part.package_id is not None and said == part.description:
            said += f", package of {sold[part.package_id]} {'session' if sold[part.package_id] == 1 else 'sessions'}"
        if part.person_id is not None and payer.person_id != part.person_id:
            person = session.get_one(Person, part.person_id)
            said += f", for {names.person_name(person.first_name, person.last_name)}"
        texts.append(said)
    return texts


def _paper_lines(
    session: Session, house: Practice, due: Sequence[BilledPart], texts: Sequence[str], veiled: Collection[int]
) -> list[PaperLine]:
    """The lines as printed; the sessions of one package stand on one line."""
    signers = {i for part in due for i in (part.provider_id, part.supervisor_id) if i is not None}
    signed = staff.signed_names(session, signers)
    lines: list[PaperLine] = []
    packages: dict[tuple[int, str], list[BilledPart]] = {}
    for part, said in zip(due, texts, strict=True):
        if part.package_id is None and part.charge_id in veiled:
            lines.append(PaperLine(
                service_date=part.service_date.replace(day=1), description=said, amount_cents=part.amount_cents,
                month_only=True))
            continue
        if part.package_id is not None:
            packages.setdefault((part.package_id, said), []).append(part)
            continue
        lines.append(PaperLine(
            service_date=part.service_date, description=said, amount_cents=part.amount_cents,
            provider=signed[part.provider_id], supervisor=signed[part.supervisor_id] if part.supervisor_id else "",
            detail=_detail([part]) if house.show_adjustments else "",
        ))
    for (_, said), sessions in packages.items():
        first, neutral = min(part.service_date for part in sessions), sessions[0].charge_id in veiled
        lines.append(PaperLine(
            service_date=first.replace(day=1) if neutral else first, description=said,
            amount_cents=sum(part.amount_cents for part in sessions), month_only=neutral,
            detail=_detail(sessions) if house.show_adjustments and not neutral else "",
        ))
    return lines


def _detail(parts: Sequence[BilledPart]) -> str:
    """Standard fee and adjustment of what a line is a part of (H07); a missed appointment has a fee of its own."""
    if any(part.kind is not ChargeKind.SERVICE for part in parts):
        return ""
    whole = sum(part.charge_cents for part in parts)
    said = fees.said_of_a_line(sum(part.standard_cents for part in parts), whole)
    if not said or sum(part.amount_cents for part in parts) == whole:
        return said
    return f"{said}; a part of it"


def by_rhythm(rhythms: Sequence[tuple[int, InvoicingRhythm]], payer_id: int) -> InvoicingRhythm:
    """How often a payer gets an invoice."""
    return dict(rhythms).get(payer_id, InvoicingRhythm.PER_APPOINTMENT)
