"""A household outside the practice: a mailbox of three, a guardian and a helper, brought on through workflows."""

from dataclasses import dataclass
from datetime import date

from practicerunner.vocabulary import AccessScope, ActingKind, CaseType, ContactKind, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.people import AddPerson, Contact, PersonDetails, add_person
from tests.cast import LABEL, Cast, at, people_of

NOW = "2026-09-15 09:00"
SEPTEMBER = date(2026, 9, 1)
FAMILY_MAIL = "family@example.org"


@dataclass
class Household:
    """Maya and Tom, a couple; Leo, who is 17; Elena, his mother and guardian; Joan, an assistant."""

    cast: Cast
    couple: int
    leos: int
    maya: int
    tom: int
    leo: int
    elena: int
    joan: int
    elena_for_leo: int = 0
    joan_for_leo: int = 0

    def grant(self, acts_for_id: int, *scopes: AccessScope) -> list[int]:
        """Grant some scopes to somebody who acts for Leo."""
        return [int(self.cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=acts_for_id, scope=scope, verdict=Verdict.GRANTED, starts_on=SEPTEMBER)))
            for scope in scopes]


def details(first: str, last: str, email: str, born: date | None = None) -> PersonDetails:
    """Somebody with an e-mail address that they let the practice write to."""
    contacts = (Contact(kind=ContactKind.EMAIL, value=email, may_email=True),) if email else ()
    return PersonDetails(first_name=first, last_name=last, birth_date=born, contacts=contacts)


def household(cast: Cast) -> Household:
    """Bring them on, at ``NOW``."""
    with at(NOW):
        couple = cast.do("Dana", open_case, OpenCase(
            type=CaseType.TWO_PERSON, label=LABEL, provider_id=cast.staff["Marcus"], participants=(
                Taking(person=details("Maya", "Rivera", FAMILY_MAIL, date(1988, 4, 2))),
                Taking(person=details("Tom", "Rivera", f" {FAMILY_MAIL.upper()}", date(1986, 11, 30))))))
        leos = cast.do("Dana", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(
                Taking(person=details("Leo", "Castellano", "leo@example.org", date(2008, 12, 1))),)))
        elena = cast.do("Dana", add_person, AddPerson(
            person=details("Elena", "Castellano", FAMILY_MAIL, date(1980, 1, 5))))
        joan = cast.do("Dana", add_person, AddPerson(person=details("Joan", "Pike", "joan@example.org")))
        two = people_of(cast, couple)
        made = Household(cast, couple, leos, two["Maya"], two["Tom"], people_of(cast, leos)["Leo"], elena, joan)
        made.elena_for_leo = cast.do("Dana", add_acting, AddActing(
            client_id=made.leo, person_id=elena, kind=ActingKind.GUARDIAN, starts_on=SEPTEMBER))
        cast.do("Dana", verify_acting, VerifyActing(
            acts_for_id=made.elena_for_leo, revision=1, evidence="birth certificate"))
        made.joan_for_leo = cast.do("Dana", add_acting, AddActing(
            client_id=made.leo, person_id=joan, kind=ActingKind.PERSONAL_ASSISTANT, starts_on=SEPTEMBER))
        made.grant(made.elena_for_leo, *AccessScope)
        made.grant(made.joan_for_leo, AccessScope.SCHEDULING)
    return made
