"""Issued papers: frozen at issue, drawn once, handed out only to whom they concern."""

import io

import pypdf
import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import DocumentFile, IssuedDocument
from practicerunner.server.jobs import draw_missing_papers
from practicerunner.vocabulary import CaseType, DocumentKind
from practicerunner.workflows import papers
from practicerunner.workflows.papers import fetch
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from tests.cast import Cast, arrange, at, balance, hold, invoice, pay, payer_id, people_of


def handed_out(cast: Cast, name: str, kind: DocumentKind, subject: int) -> bytes:
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return fetch(session, actor, kind, subject)[2]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture
def issued(cast: Cast) -> tuple[int, int]:
    """A case and its one invoice."""
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Łucja **Świt**")
    return case_id, invoice(cast, hold(cast, case_id, "IND50", "2026-09-03 10:00"))[0]


def test_an_invoice_says_what_the_screen_says_and_names_come_back_as_typed(cast: Cast, issued) -> None:
    text = text_of(handed_out(cast, "Tom", DocumentKind.INVOICE, issued[1]))
    for words in ("INV-2026-0001", "Łucja **Świt**", "165.00", "3 September 2026", "Linden Street Practice",
                  "Marcus Bell, LMFT"):
        assert words in text


def test_a_paper_stays_the_same_bytes_when_names_and_addresses_change(cast: Cast, issued) -> None:
    case_id, invoice_id = issued
    before = handed_out(cast, "Tom", DocumentKind.INVOICE, invoice_id)
    person_id = next(iter(people_of(cast, case_id).values()))
    details, revision = cast.read("Dana", person_details, person_id)
    cast.do("Dana", change_person, ChangePerson(
        person_id=person_id, revision=revision, person=details.model_copy(update={"last_name": "Anders"})))
    house = cast.read("Dana", practice_settings)
    cast.do("Dana", change_practice, ChangePractice(
        revision=house.revision, name="Another Name", zone=house.zone, late_cancel_hours=24,
        missed_fee_basis_points=5000, note_due_hours=48, payment_due_days=14))
    assert handed_out(cast, "Tom", DocumentKind.INVOICE, invoice_id) == before


def test_the_job_draws_what_nobody_fetched_and_draws_it_once(cast: Cast, issued) -> None:
    draw_missing_papers()
    with database.reading(cast.engine) as session:
        first = session.scalars(select(DocumentFile)).one()
    draw_missing_papers()
    assert handed_out(cast, "Tom", DocumentKind.INVOICE, issued[1]) == first.pdf
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(DocumentFile.id)).all()) == 1


def test_of_two_who_draw_a_paper_the_first_is_kept(cast: Cast, issued) -> None:
    with database.transaction(cast.engine) as session:
        document = session.scalars(select(IssuedDocument)).one()
        for pdf in (b"first", b"second"):
            papers.store(session, papers.Drawn(document.id, document.kind, pdf))
        papers.store(session, None)
        assert papers.keep(session, document.id, b"third").pdf == b"first"
    assert handed_out(cast, "Tom", DocumentKind.INVOICE, issued[1]) == b"first"


def test_a_voided_invoice_says_so_and_its_first_paper_is_kept(cast: Cast, issued) -> None:
    handed_out(cast, "Tom", DocumentKind.INVOICE, issued[1])
    with at("2026-09-05 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=issued[1], reason="wrong person"))
    text = text_of(handed_out(cast, "Tom", DocumentKind.INVOICE, issued[1]))
    assert "VOID" in text
    assert "wrong person" in text


def test_a_receipt_lists_what_it_paid_and_what_is_left(cast: Cast, issued) -> None:
    case_id, _ = issued
    person_id = next(iter(people_of(cast, case_id).values()))
    payment = pay(cast, payer_id(cast, person_id), case_id, 200_00, "2026-09-04", surplus_as_credit=True,
                  reference="cheque 10423")
    text = text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, payment))
    for words in ("RCT-2026-0001", "INV-2026-0001", "165.00", "35.00", "200.00", "0423"):
        assert words in text
    assert "cheque 10423" not in text


def test_a_receipt_over_two_cases_is_for_who_may_see_both(cast: Cast) -> None:
    with at("2026-07-01 09:00"):
        mine = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        hers = cast.open_case(CaseType.INDIVIDUAL, "Leo Lund", provider="Ruth")
        ida = people_of(cast, mine)["Ida"]
        arrange(cast, hers, {ida: 0}, since="2026-07-01")
    invoice(cast, hold(cast, mine, "IND50", "2026-08-01 10:00"))
    invoice(cast, hold(cast, hers, "IND60", "2026-08-02 11:00", by="Ruth"))
    with at("2026-08-03 09:00"):
        hers_cents = balance(cast, hers)["Ida Holm"]
    alone = pay(cast, payer_id(cast, ida), mine, 65_00, "2026-08-30")
    both = pay(cast, payer_id(cast, ida), mine, 100_00 + hers_cents, "2026-08-31")
    assert "INV-2026-0001" in text_of(handed_out(cast, "Marcus", DocumentKind.RECEIPT, alone))
    assert "INV-2026-0002" in text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, both))
    for name in ("Marcus", "Ruth"):
        with pytest.raises(NotFound):
            handed_out(cast, name, DocumentKind.RECEIPT, both)


def test_a_stranger_gets_no_paper_and_every_handing_out_is_logged(cast: Cast, issued) -> None:
    with pytest.raises(NotFound):
        handed_out(cast, "Olga", DocumentKind.INVOICE, issued[1])
    handed_out(cast, "Tom", DocumentKind.INVOICE, issued[1])
    with database.reading(cast.engine) as session:
        rows = session.execute(
            select(AuditRow.staff_id, AuditRow.outcome, AuditRow.detail).where(AuditRow.resource_id == issued[1])
        ).all()
    assert (cast.staff["Tom"], "allowed", "INV-2026-0001") in [tuple(row) for row in rows]
    assert cast.staff["Olga"] in [row[0] for row in rows if row[1] == "refused"]
