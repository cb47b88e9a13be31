"""What credits took off what was charged, by line: for caps, sponsors' limits and estimates.

A credit of one line stays on it. A credit of a whole invoice is taken from its lines one after the other, from the last
one back, as much as is left of each after what was taken off before: nothing is rounded, and the lines' credits sum to
the invoice's. It is the rule by which the reports and the superbills divide it too (decision 0020). What was written
off was charged all the same: it leaves a later credit less room on a line, and counts for no limit itself.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.records import arrangements
from practicerunner.records.credits import CreditedLine, Sponsored, charged_to, credited_as_a_whole
from practicerunner.rules.ledger import taken_off
from practicerunner.vocabulary import EntryKind


def spread(session: Session, case_ids: Collection[int]) -> list[tuple[CreditedLine, int]]:
    """Lines of cases, each with what credits of whole invoices took off it."""
    found = []
    for whole in credited_as_a_whole(session, case_ids):
        parts = [(one.charge_id, one.amount_cents, one.credited_cents) for one in whole.lines]
        each = taken_off(parts, [cents for _, cents in whole.taken_off])
        credited = [off for off, (kind, _) in zip(each, whole.taken_off, strict=True) if kind is EntryKind.CREDIT]
        found += [(one, cents) for one in whole.lines if (cents := sum(off[one.charge_id] for off in credited))]
    return found


def _since(
    session: Session, case_id: int, person_id: int | None, payer_ids: Collection[int], day: date, besides: int | None
) -> list[tuple[CreditedLine, int]]:
    """The same of payers, for services from a day on, without the appointment ``besides``."""
    return [
        (one, off) for one, off in spread(session, [case_id])
        if one.payer_id in payer_ids and one.person_id == person_id and one.service_date >= day
        and (besides is None or one.appointment_id != besides)
    ]


def charged_since(
    session: Session, case_id: int, person_id: int | None, payer_ids: Collection[int], day: date,
    besides: int | None = None,
) -> dict[int, int]:
    """Payer id → cents charged to them for services from a day on and not credited, for what is left of a cap."""
    found = arrangements.charged_since(session, case_id, person_id, payer_ids, day, besides)
    for one, off in _since(session, case_id, person_id, payer_ids, day, besides) if found else ():
        found[one.payer_id] -= off
    return found


def sponsored_since(
    session: Session, case_id: int, person_id: int | None, payer_id: int, day: date, besides: int
) -> tuple[int, int]:
    """What a sponsor was charged for services from a day on and not credited: cents, and at how many appointments."""
    found = arrangements.sponsored_since(session, case_id, person_id, payer_id, day, besides)
    for one, off in _since(session, case_id, person_id, [payer_id], day, besides) if found else ():
        found[one.appointment_id] -= off
    return sum(found.values()), sum(cents > 0 for cents in found.values())


def sponsored_in(session: Session, case_ids: Collection[int], payer_ids: Collection[int]) -> list[Sponsored]:
    """What payers were charged in some cases and not credited, service by service."""
    found = charged_to(session, case_ids, payer_ids)
    off: dict[tuple[int, int], int] = {}
    for one, cents in spread(session, case_ids) if found else ():
        off[one.charge_id, one.payer_id] = off.get((one.charge_id, one.payer_id), 0) + cents
    return [
        replace(one, cents=one.cents - off[one.charge_id, one.payer_id])
        if (one.charge_id, one.payer_id) in off else one for one in found
    ]
