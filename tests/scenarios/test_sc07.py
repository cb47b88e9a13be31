"""SC07, money: a couple whose payer changes midway; what was issued stays."""

import pytest

from practicerunner import database
from practicerunner.errors import NotFound
from practicerunner.vocabulary import CaseType, DocumentKind, PaymentMethodKind
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.payment_methods import SavePaymentMethod, save_payment_method
from practicerunner.workflows.portal_billing import billing_page, my_paper
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, payer_id, people_of


def test_the_arrangement_in_force_on_the_date_of_service_counts(cast: Cast) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Morgan")
    people = people_of(cast, couple)
    arrange(cast, couple, {people["Ben"]: 10000}, since="2026-10-01")
    first = hold(cast, couple, "FAM50", "2026-10-28 10:00")
    before = invoice(cast, first)
    arrange(cast, couple, {people["Ben"]: 5000, people["Aisha"]: 5000}, since="2026-11-01")
    later = [invoice(cast, hold(cast, couple, "FAM50", f"2026-11-{day} 10:00")) for day in ("04", "11")]

    assert lines(cast, before) == [("Ben Morgan", 210_00)]
    assert [lines(cast, ids) for ids in later] == [[("Ben Morgan", 105_00), ("Aisha Morgan", 105_00)]] * 2
    assert balance(cast, couple) == {"Ben Morgan": 420_00, "Aisha Morgan": 210_00}
    assert invoice(cast, first, on="2026-11-12") == before


def test_one_partners_portal_never_shows_the_others_card_or_october_invoice(cast: Cast) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Morgan")
    people = people_of(cast, couple)
    arrange(cast, couple, {people["Ben"]: 10000}, since="2026-10-01")
    (october,) = invoice(cast, hold(cast, couple, "FAM50", "2026-10-28 10:00"))
    arrange(cast, couple, {people["Ben"]: 5000, people["Aisha"]: 5000}, since="2026-11-01")
    for day in ("04", "11"):
        invoice(cast, hold(cast, couple, "FAM50", f"2026-11-{day} 10:00"))
    with at("2026-11-12 09:00"):
        cast.do("Tom", save_payment_method, SavePaymentMethod(
            case_id=couple, payer_id=payer_id(cast, people["Ben"]), kind=PaymentMethodKind.CARD, brand="Visa",
            last_four="4242", expires="2028-01", token="tok_ben"))
        with database.reading(cast.engine) as session:
            hers = billing_page(session, PortalActor(people["Aisha"], "Aisha"))
            his = billing_page(session, PortalActor(people["Ben"], "Ben"))
        assert ([one.total_cents for one in hers.invoices], hers.due_cents, hers.methods) == (
            [105_00, 105_00], 210_00, ())
        assert ([one.total_cents for one in his.invoices], his.due_cents) == ([105_00, 105_00, 210_00], 420_00)
        assert [(one.brand, one.last_four) for one in his.methods] == [("Visa", "4242")]
        with database.transaction(cast.engine) as session:
            name, _, content = my_paper(session, PortalActor(people["Ben"], "Ben"), DocumentKind.INVOICE, october)
        assert (name, content[:5]) == (f"{his.invoices[-1].number}.pdf", b"%PDF-")
        with pytest.raises(NotFound), database.transaction(cast.engine) as session:
            my_paper(session, PortalActor(people["Aisha"], "Aisha"), DocumentKind.INVOICE, october)
