"""The words of acting for a client: who may, by what right, in which scope, and the portal they do it in."""

from practicerunner.vocabulary.word import Word


class SignsAs(Word):
    """As what somebody signs for another (FHIR RelatedPerson.relationship, Consent.performer); no helper can (D09)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"
    HEALTH_CARE_AGENT = "health_care_agent"

    @property
    def label(self) -> str:
        """As the signature prints it: "Elena Castellano, guardian of Leo Castellano"."""
        return self.value.replace("_", " ")


class ActingKind(Word):
    """As what somebody acts for a client (FHIR RelatedPerson.relationship); the first four may sign, verified (D03)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"
    HEALTH_CARE_AGENT = "health_care_agent"
    PERSONAL_ASSISTANT = "personal_assistant"
    CARE_COORDINATOR = "care_coordinator"
    OTHER_HELPER = "other_helper"

    @property
    def signs_as(self) -> SignsAs | None:
        """As what they sign; ``None`` for a helper, who never signs (X06)."""
        return SignsAs(self.value) if self.value in set(SignsAs) else None

    @property
    def is_representative(self) -> bool:
        """Whether they stand in for the client; otherwise they help."""
        return self.signs_as is not None

    @property
    def is_of_a_minor(self) -> bool:
        """Whether what was granted ends with the client's minority (D14)."""
        return self in {ActingKind.PARENT, ActingKind.GUARDIAN}


class ConsentBasis(Word):
    """Who consented to somebody's treatment (FHIR Consent.grantor, Consent.provision)."""

    SELF = "self"
    PARENT = "parent"
    MINOR = "minor"
    COURT = "court"
    GUARDIAN = "guardian"

    @property
    def label(self) -> str:
        """As a sentence goes on: "The client, as an adult"."""
        return {
            "self": "The client, as an adult", "parent": "A parent", "minor": "The client, as a minor",
            "court": "A court", "guardian": "A guardian",
        }[self.value]


class AccessScope(Word):
    """One of the five things somebody may be let do for a client, each decided on its own (D04–D08)."""

    FORMS = "forms"
    SCHEDULING = "scheduling"
    BILLING = "billing"
    PORTAL = "portal"
    MESSAGES = "messages"


class Verdict(Word):
    """How an access decision went (FHIR Consent.provision.type)."""

    GRANTED = "granted"
    DENIED = "denied"


class Welcome(Word):
    """What became of the invitation of somebody who came of age."""

    INVITED = "invited"
    HAS_ACCOUNT = "has_account"
    NO_ADDRESS = "no_address"
    SHARED_ADDRESS = "shared_address"


class PortalState(Word):
    """Where somebody stands with the portal."""

    NONE = "none"
    INVITED = "invited"
    LAPSED = "lapsed"
    """Invited, but the link ran out or was withdrawn unused."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
