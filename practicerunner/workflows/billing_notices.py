"""Word to payers: of a new invoice, of a payment that came or failed, of a paper; generic (H18).

It goes to the payer, and to whoever acts for that payer with the scope billing; to nobody else. Where the payer has
confidential appointments of their own, it goes to their own address alone (A23).

The message is written in the transaction of its cause; its key names the cause, so that it is written once.
"""

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import consent_basis, people
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Practice
from practicerunner.rules import billing_letters
from practicerunner.settings import settings
from practicerunner.vocabulary import AccessScope, MessageKind
from practicerunner.workflows import outbox
from practicerunner.workflows.portal_access import with_scope

NO_PERSON = "An organisation; send the paper itself"
UNWANTED = "Does not want e-mails about billing"
NO_ADDRESS = "No e-mail address that we may write to"
SHARED = "Appointments are confidential, and somebody else has the same e-mail address"


def why_not(session: Session, payer: Payer) -> str:
    """Why a payer gets no e-mail about billing; empty if they do."""
    if payer.person_id is None:
        return NO_PERSON
    if not payer.wants_billing_mail:
        return UNWANTED
    if not people.mail_address(session, payer.person_id):
        return NO_ADDRESS
    return SHARED if is_confidential(session, payer) and not consent_basis.own_address(session, payer.person_id) else ""


def tell(
    session: Session, house: Practice, kind: MessageKind, occasion: object, payer: Payer, case_id: int | None
) -> int | None:
    """Write to a payer, once for each occasion; callers have authorised it. Returns the message's id, or nothing."""
    confidential = is_confidential(session, payer)
    if payer.person_id is not None and payer.wants_billing_mail and not confidential:
        _tell_who_acts(session, house, kind, occasion, payer, case_id)
    if why_not(session, payer) or payer.person_id is None:
        return None
    person = session.get_one(Person, payer.person_id)
    letter = billing_letters.letter(
        kind, person.preferred_name or person.first_name, house.name, house.phone, settings().portal_page)
    return outbox.put(
        session, kind, f"{kind}:{payer.id}:{occasion}", letter.subject, letter.body, person_id=person.id,
        case_id=case_id, own_address_only=confidential,
    )


def is_confidential(session: Session, payer: Payer) -> bool:
    """Whether a payer has appointments of their own that are confidential, so that only they hear of what they pay."""
    return payer.person_id is not None and consent_basis.has_confidential(session, payer.person_id)


def _tell_who_acts(
    session: Session, house: Practice, kind: MessageKind, occasion: object, payer: Payer, case_id: int | None
) -> None:
    """The same word to those who read the payer's bills for them now."""
    for person_id in with_scope(session, payer.person_id or 0, AccessScope.BILLING, case_id):
        person = session.get_one(Person, person_id)
        letter = billing_letters.letter(
            kind, person.preferred_name or person.first_name, house.name, house.phone, settings().portal_page)
        outbox.put(
            session, kind, f"{kind}:{payer.id}:{occasion}:{person_id}", letter.subject, letter.body,
            person_id=person_id, case_id=case_id,
        )


def tell_by_itself(
    session: Session, house: Practice, kind: MessageKind, payer_id: int, case_id: int, occasion: object = None
) -> None:
    """Write to a payer where the practice wants that without a click; of several new invoices once a day."""
    if house.notify_payers:
        day = clock.today(house.zone)
        tell(session, house, kind, occasion or day, session.get_one(Payer, payer_id), case_id)
