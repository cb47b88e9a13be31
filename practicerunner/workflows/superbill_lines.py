"""What was charged for one client over a range of days, with all that decides whether it stands on a superbill."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.records import billing, cases, superbills
from practicerunner.records.base import Sees
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer
from practicerunner.records.superbills import Charged
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.note_details import Telehealth, was_at_home
from practicerunner.rules.superbills import Candidate, Code, place_of_service, settle
from practicerunner.vocabulary import AttendanceStatus, SessionFormat
from practicerunner.workflows.diagnoses import codes_on_days


def candidates(
    session: Session, case: Case, person_id: int, first: date, last: date, sees: Sees
) -> list[Candidate]:
    """Everything charged for a client from one day to another, both included, in this case and in others that may be
    seen; and what they attended in this case that nobody has charged yet. Callers have authorised the case.
    """
    found = superbills.charges_of_person(session, person_id, first, last, sees)
    ours = [one.charge.id for one in found if one.case.id == case.id]
    money, payers = _money(session, ours), superbills.payers_of(session, ours)
    issued: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for charge_id, number, whose in superbills.live_lines(session, ours):
        issued[charge_id].append((number, whose))
    uncharged = superbills.uncharged_services(session, case.id, person_id, first, last)
    days = {one.charge.service_date for one in found if one.case.id == case.id} | {day for day, _ in uncharged}
    diagnoses = {
        day: tuple(Code(code.code, code.problem, code.is_provisional) for code in codes)
        for day, codes in codes_on_days(session, case.id, person_id, days).items()
    }
    people = {person.id for _, person in cases.people_in(session, case.id)}
    home = _at_home(session, [one for one in found if one.case.id == case.id], person_id)
    lines = [
        _line(one, person_id, money[one.charge.id], diagnoses[one.charge.service_date],
              _paid_by(case, person_id, people, payers.get(one.charge.id, [])), issued[one.charge.id],
              home.get(one.charge.id))
        if one.case.id == case.id else _elsewhere(one)
        for one in found
    ]
    returned: dict[int, int] = defaultdict(int)
    for share in billing.shares_of(session, ours):
        returned[share.charge_id] += share.returned_cents
    return _as_one(
        [(one.charge.appointment_id, one.charge.person_id) for one in found], lines,
        [returned[one.charge.id] for one in found],
    ) + [
        Candidate(0, day, name, is_invoiced=False, diagnoses=diagnoses[day]) for day, name in uncharged
    ]


def _as_one(
    units: Sequence[tuple[int | None, int | None]], lines: Sequence[Candidate], returned: Sequence[int]
) -> list[Candidate]:
    """One line with the full fee for what was charged for an appointment in parts, in advance and afterwards (D22).

    What settling gave back of one part and another part took again is neither charged nor taken off.
    """
    parts = Counter(units)
    found: dict[tuple[int | None, int | None], Candidate] = {}
    for unit, one, back in zip(units, lines, returned, strict=True):
        line = one if parts[unit] == 1 else replace(
            one, amount_cents=one.amount_cents - back,
            adjusted_cents=one.adjusted_cents - min(back, one.adjusted_cents))
        known = found.get(unit)
        found[unit] = line if known is None else replace(
            known, amount_cents=known.amount_cents + line.amount_cents,
            adjusted_cents=known.adjusted_cents + line.adjusted_cents, paid_cents=known.paid_cents + line.paid_cents,
            is_invoiced=known.is_invoiced and line.is_invoiced,
            issued_on=tuple(dict.fromkeys((*known.issued_on, *line.issued_on))),
            others_on=tuple(dict.fromkeys((*known.others_on, *line.others_on))),
        )
    return list(found.values())


def _line(
    one: Charged, person_id: int, money: tuple[int, int, bool], diagnoses: tuple[Code, ...], paid_by: str,
    issued: Sequence[tuple[str, int]], at_home: bool | None,
) -> Candidate:
    charge, (adjusted, paid, is_invoiced) = one.charge, money
    return Candidate(
        charge.id, charge.service_date, charge.description, charge.kind,
        was_there=one.status is AttendanceStatus.ATTENDED, code=one.service_code.strip(), modifiers=one.modifiers,
        place=place_of_service(one.format, one.office, at_home=at_home), amount_cents=charge.amount_cents,
        adjusted_cents=adjusted, paid_cents=paid, is_invoiced=is_invoiced, diagnoses=diagnoses,
        provider_id=charge.provider_id, supervisor_id=charge.supervisor_id, paid_by=paid_by,
        issued_on=tuple(number for number, whose in issued if whose == person_id),
        others_on=tuple(number for number, whose in issued if whose != person_id),
    )


def _at_home(session: Session, found: Sequence[Charged], person_id: int) -> dict[int, bool | None]:
    """Charge of a session by video or phone → whether its signed note says that the client was at home."""
    apart = {
        one.charge.id: one.charge.appointment_id for one in found
        if one.format is not SessionFormat.IN_PERSON and one.charge.appointment_id is not None
    }
    told = {
        appointment_id: Telehealth.model_validate(details["telehealth"])
        for appointment_id, details in superbills.signed_details(session, set(apart.values())).items()
    } if apart else {}
    return {
        charge_id: was_at_home(told[appointment_id], str(person_id))
        for charge_id, appointment_id in apart.items() if appointment_id in told
    }


def _elsewhere(one: Charged) -> Candidate:
    """Something of another case of this client: said, and never on this superbill."""
    able = capabilities(one.case.type)
    return Candidate(
        one.charge.id, one.charge.service_date, one.charge.description, one.charge.kind, in_this_case=False,
        never_billed_as="" if able.superbill else able.heading, amount_cents=one.charge.amount_cents,
    )


def _paid_by(case: Case, person_id: int, people: Collection[int], payers: Sequence[Payer]) -> str:
    """Who else pays for a member of a group (DEC16); never another participant, and never in a couple or family."""
    if not capabilities(case.type).charged_each:
        return ""
    return ", ".join(payer.name for payer in payers if payer.person_id != person_id and payer.person_id not in people)


def _money(session: Session, charge_ids: Collection[int]) -> dict[int, tuple[int, int, bool]]:
    """Charge → what was taken off it, what was paid of it by whoever, and whether all of it is invoiced."""
    shares = billing.shares_of(session, charge_ids)
    invoices = {share.invoice_id for share in shares if share.invoice_id is not None}
    movements = superbills.whole_movements(session, invoices)
    parts: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for part in superbills.parts_on(session, invoices):
        parts[part.invoice_id].append((part.charge_id, part.amount_cents, part.credited_cents))
    adjusted: dict[int, int] = defaultdict(int)
    paid: dict[int, int] = defaultdict(int)
    for invoice_id, (credit, payment) in movements.items():
        for charge_id, (off, cents) in settle(parts[invoice_id], credit, payment).items():
            adjusted[charge_id] += off
            paid[charge_id] += cents
    loose = {share.charge_id for share in shares if share.invoice_id is None}
    return {charge_id: (adjusted[charge_id], paid[charge_id], charge_id not in loose) for charge_id in charge_ids}
