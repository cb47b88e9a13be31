"""Who consented: what an age rules out, what is said before a minor's own consent, and what examples are worth."""

from datetime import date

import pytest

from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.rules.consent_basis import EXAMPLES, StateAge, age_on, concern, misfit, with_examples
from practicerunner.rules.signing import adult_on
from practicerunner.vocabulary import CaseType, ConsentBasis

TODAY = date(2026, 11, 26)
CONFIRMED = StateAge("CA", 12, date(2026, 1, 5))


@pytest.mark.parametrize(("born", "basis", "fits"), [
    (date(2012, 3, 1), ConsentBasis.SELF, False), (date(2012, 3, 1), ConsentBasis.MINOR, True),
    (date(2012, 3, 1), ConsentBasis.PARENT, True), (date(2012, 3, 1), ConsentBasis.COURT, True),
    (date(1980, 3, 1), ConsentBasis.SELF, True), (date(1980, 3, 1), ConsentBasis.PARENT, False),
    (date(1980, 3, 1), ConsentBasis.MINOR, False), (date(1980, 3, 1), ConsentBasis.GUARDIAN, True),
    (date(2008, 11, 26), ConsentBasis.MINOR, False), (date(2008, 11, 27), ConsentBasis.MINOR, True),
    (None, ConsentBasis.SELF, True), (None, ConsentBasis.MINOR, True),
])
def test_an_age_that_is_known_rules_out_what_does_not_fit(born: date | None, basis: ConsentBasis, fits: bool) -> None:
    assert (misfit(basis, born, TODAY) == "") is fits


@pytest.mark.parametrize(("born", "line", "said"), [
    (None, CONFIRMED, "The date of birth is not known, so nobody can say how old they are."),
    (date(2014, 11, 26), CONFIRMED, ""),
    (date(2014, 11, 27), CONFIRMED, "They are 11; the age that the practice confirmed for CA is 12."),
    (date(2010, 1, 1), StateAge("CA", 12), "They are 16; the age of 12 for CA is an example that nobody here has "
                                           "confirmed."),
    (date(2010, 1, 1), None, "They are 16, and the practice has no age for CA."),
])
def test_what_is_said_before_a_minors_own_consent_is_one_sentence(
    born: date | None, line: StateAge | None, said: str
) -> None:
    assert concern(born, TODAY, "CA", line) == said


def test_examples_are_nobodys_word_and_give_way_to_the_practices_own_line() -> None:
    assert [(one.state, one.is_confirmed) for one in EXAMPLES] == [("CA", False), ("IL", False)]
    own = [StateAge("CA", 13, TODAY), StateAge("WA", 14, None)]
    assert with_examples(own) == [own[0], StateAge("IL", 12), own[1]]


def test_who_was_born_on_29_february_is_a_year_older_on_1_march() -> None:
    born = date(2008, 2, 29)
    assert (age_on(born, date(2026, 2, 28)), age_on(born, date(2026, 3, 1))) == (17, 18)
    assert adult_on(born) == date(2026, 3, 1)
    assert adult_on(date(2008, 12, 1)) == date(2026, 12, 1)


def test_consultation_and_workshop_know_nothing_of_it() -> None:
    assert {kind for kind, able in CASE_TYPES.items() if able.confidential} == {
        CaseType.INDIVIDUAL, CaseType.TWO_PERSON, CaseType.FAMILY, CaseType.THERAPY_GROUP}
