"""The words of a record that goes out or is contested: authorisations, custody, breaches, requests to amend."""

from practicerunner.vocabulary.word import Word


class AuthorizationState(Word):
    """How somebody stands to the release of a record that is about them too (FHIR Consent.status)."""

    AUTHORIZED = "authorized"
    MISSING = "missing"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """As the list of a release says it."""
        return {"authorized": "Authorised", "missing": "Missing"}.get(self.value, super().label)


class CustodyState(Word):
    """How such a procedure stands (FHIR Task.status)."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    ENDED = "ended"

    @property
    def label(self) -> str:
        """As the list of procedures says it."""
        return {"open": "Waits for the second person"}.get(self.value, super().label)


class CustodyEnd(Word):
    """How a procedure for the private notes of somebody who left came to its end (FHIR Task.statusReason)."""

    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    AUTHOR_BACK = "author_back"

    @property
    def label(self) -> str:
        """As the list of procedures says it."""
        return {"author_back": "Ended: the author is back", "lapsed": "Expired"}.get(self.value, super().label)


class BreachChannel(Word):
    """By what something went to the wrong person (FHIR Communication.medium)."""

    MESSAGE = "message"
    DOCUMENT = "document"
    PAPER = "paper"
    EMAIL = "email"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "message": "A message", "document": "A shared document", "paper": "A paper", "email": "An e-mail",
            "other": "Something else",
        }[self.value]


class BreachDecision(Word):
    """What the assessment came to (45 CFR 164.402(2)): nobody has to be told, or the people concerned have to be."""

    LOW_PROBABILITY = "low_probability"
    NOTIFY = "notify"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "low_probability": "Low probability that the information was compromised", "notify": "Notification needed",
        }[self.value]


class AmendmentChannel(Word):
    """How a request to amend the record came (FHIR Task.input)."""

    LETTER = "letter"
    IN_PERSON = "in_person"
    EMAIL = "email"
    PHONE = "phone"
    PORTAL = "portal"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "letter": "By letter", "in_person": "In person", "email": "By e-mail", "phone": "By phone",
            "portal": "Through the portal",
        }[self.value]


class AmendmentDecision(Word):
    """What became of a request to amend the record (45 CFR 164.526; FHIR Task.businessStatus)."""

    ACCEPTED = "accepted"
    ACCEPTED_IN_PART = "accepted_in_part"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


class DenialGround(Word):
    """The four grounds on which a request to amend may be denied (45 CFR 164.526(a)(2))."""

    NOT_CREATED_HERE = "not_created_here"
    NOT_PART_OF_RECORD = "not_part_of_record"
    NOT_ACCESSIBLE = "not_accessible"
    ACCURATE = "accurate"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {
            "not_created_here": "It was not created by this practice",
            "not_part_of_record": "It is not part of what can be amended",
            "not_accessible": "It would not be open to inspection, such as private notes",
            "accurate": "It is accurate and complete",
        }[self.value]


class AmendmentWordKind(Word):
    """What is added to a request that was denied: the client's disagreement, the practice's answer to it."""

    STATEMENT = "statement"
    REBUTTAL = "rebuttal"
