"""SC07, money: a couple whose payer changes midway; what was issued stays."""

from practicerunner.vocabulary import CaseType
from tests.cast import Cast, arrange, balance, hold, invoice, lines, people_of


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
