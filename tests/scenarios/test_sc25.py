"""SC25: one workflow for seven kinds of case, by the same steps, from the case to the receipt."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.records.billing import IssuedDocument, LedgerEntry
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.notes import kinds_for
from practicerunner.vocabulary import CaseType, DocumentKind, EntryKind, NoteKind
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.papers import fetch
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.superbills import NoSuperbill, superbill_lines
from tests.cast import Cast, arrange, at, hold, invoice, lines, pay, people_of

SERVICE = {
    CaseType.INDIVIDUAL: "IND50", CaseType.TWO_PERSON: "FAM50", CaseType.FAMILY: "FAM50",
    CaseType.THERAPY_GROUP: "GRP90", CaseType.INDIVIDUAL_CONSULTATION: "CONS60",
    CaseType.CONSULTATION_GROUP: "CGRP120", CaseType.WORKSHOP: "WKSP",
}
PEOPLE = {CaseType.INDIVIDUAL: 1, CaseType.TWO_PERSON: 2, CaseType.INDIVIDUAL_CONSULTATION: 1}
NAMES = ("Ana", "Bo", "Cy")


def the_day_of(cast: Cast, case_type: CaseType, day: int) -> list[int]:
    """Create, book two weeks, attend, note, invoice: the same steps for every kind. Returns the invoices."""
    people = [f"{first} {case_type.value.title().replace('_', '')}" for first in NAMES[:PEOPLE.get(case_type, 3)]]
    with at("2026-08-31 09:00"):
        case_id = cast.open_case(case_type, *people, name="Named" if capabilities(case_type).needs_name else "")
        if case_type in (CaseType.TWO_PERSON, CaseType.FAMILY):
            arrange(cast, case_id, {people_of(cast, case_id)["Ana"]: 10000}, since="2026-08-01")
        first, second = cast.do("Marcus", book_series, BookSeries(
            case_id=case_id, service_id=cast.services[SERVICE[case_type]], local_date=date(2026, 9, day),
            local_time=time(9), location_id=cast.office, count=2,
        ))
    with at(f"2026-09-{day:02d} 20:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=first))
        note = cast.do("Marcus", start_note, StartNote(appointment_id=first, kind=capabilities(case_type).main_note))
    assert note and second != first
    return invoice(cast, first)


def test_seven_kinds_pass_by_the_same_functions(cast: Cast) -> None:
    issued = {case_type: the_day_of(cast, case_type, 1 + place) for place, case_type in enumerate(CaseType)}
    assert [len(issued[case_type]) for case_type in CaseType] == [1, 1, 1, 3, 1, 3, 3]
    totals = [sum(cents for _, cents in lines(cast, issued[case_type])) for case_type in CaseType]
    assert totals == [165_00, 210_00, 210_00, 225_00, 180_00, 285_00, 360_00]

    with database.reading(cast.engine) as session:
        owing = session.execute(
            select(LedgerEntry.payer_id, LedgerEntry.case_id, func.sum(LedgerEntry.amount_cents))
            .group_by(LedgerEntry.payer_id, LedgerEntry.case_id)
        ).all()
    payments = [pay(cast, payer, case_id, int(cents), "2026-09-20") for payer, case_id, cents in owing]
    tom = cast.actor("Tom")
    for payment in payments:
        with database.transaction(cast.engine) as session:
            name, media, pdf = fetch(session, tom, DocumentKind.RECEIPT, payment)
        assert (name[:9], media, pdf[:5]) == ("RCT-2026-", "application/pdf", b"%PDF-")
    with database.reading(cast.engine) as session:
        kinds = session.execute(select(IssuedDocument.kind, func.count()).group_by(IssuedDocument.kind)).tuples()
        assert dict(kinds.all()) == {DocumentKind.INVOICE: 13, DocumentKind.RECEIPT: 13}
        charged = session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.kind == EntryKind.CHARGE))
        assert charged == 1_635_00
        assert session.scalar(select(func.sum(LedgerEntry.amount_cents))) == 0

    allowed, refused = [], 0
    for invoice_id in (i for ids in issued.values() for i in ids):
        try:
            allowed += cast.read("Tom", superbill_lines, invoice_id)
        except NoSuperbill:
            refused += 1
    assert (len(allowed), sum(line.amount_cents for line in allowed), refused) == (6, 810_00, 7)


THERAPY = {NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO}


@pytest.mark.parametrize(("case_type", "called", "each", "notes", "clinical", "superbill", "intake", "client"), [
    (CaseType.INDIVIDUAL, "client", False, THERAPY, True, True, True, True),
    (CaseType.TWO_PERSON, "client", True, THERAPY, True, True, True, True),
    (CaseType.FAMILY, "client", True, THERAPY, True, True, True, True),
    (CaseType.THERAPY_GROUP, "member", True, THERAPY | {NoteKind.GROUP}, True, True, True, True),
    (CaseType.INDIVIDUAL_CONSULTATION, "consultation client", False, {NoteKind.CONSULTATION, NoteKind.MEMO}, False,
     False, False, False),
    (CaseType.CONSULTATION_GROUP, "participant", True, {NoteKind.CONSULTATION, NoteKind.MEMO, NoteKind.GROUP}, False,
     False, False, False),
    (CaseType.WORKSHOP, "group participant", True, {NoteKind.GROUP, NoteKind.MEMO}, False, False, False, False),
])
def test_every_cell_of_the_capability_table(
    case_type, called, each, notes, clinical, superbill, intake, client
) -> None:
    able = CASE_TYPES[case_type]
    assert able.called == called
    assert able.attendance_each is each
    assert set(kinds_for(case_type)) == notes
    assert (able.clinical_fields, able.superbill, able.intake) == (clinical, superbill, intake)
    assert able.estimate is superbill
    assert able.counts_as_client is client


@pytest.mark.parametrize("case_type", list(CaseType))
def test_a_kind_of_note_that_does_not_fit_is_refused(cast: Cast, case_type: CaseType) -> None:
    people = [f"{first} Lima" for first in NAMES[:PEOPLE.get(case_type, 3)]]
    case_id = cast.open_case(case_type, *people, name="Named" if capabilities(case_type).needs_name else "",
                             opened_on=date(2026, 8, 1))
    appointment = hold(cast, case_id, SERVICE[case_type], "2026-09-03 10:00")
    for kind in set(NoteKind) - set(kinds_for(case_type)):
        with pytest.raises(PracticeError):
            cast.do("Marcus", start_note, StartNote(appointment_id=appointment, kind=kind))
