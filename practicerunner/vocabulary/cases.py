"""The words of a case: its type, its label, its status and who takes part in it."""

from practicerunner.vocabulary.word import Word


class CaseType(Word):
    """The seven kinds of case (FHIR EpisodeOfCare.type). What differs between them is in ``rules/case_types.py``."""

    INDIVIDUAL = "individual"
    TWO_PERSON = "two_person"
    FAMILY = "family"
    THERAPY_GROUP = "therapy_group"
    INDIVIDUAL_CONSULTATION = "individual_consultation"
    CONSULTATION_GROUP = "consultation_group"
    WORKSHOP = "workshop"


class TwoPersonLabel(Word):
    """What two people are to each other in a two-person case; none implies romance (A03)."""

    SPOUSES = "spouses"
    PARTNERS = "partners"
    CO_PARENTS = "co_parents"
    SIBLINGS = "siblings"
    ROOMMATES = "roommates"
    COLLEAGUES = "colleagues"
    BUSINESS_PARTNERS = "business_partners"

    @property
    def label(self) -> str:
        """``Co-parents`` keeps its hyphen."""
        return "Co-parents" if self is TwoPersonLabel.CO_PARENTS else super().label


class CaseStatus(Word):
    """Lifecycle status of a case, set by people (FHIR EpisodeOfCare.status); the seven of decision DEC2."""

    PROSPECT = "prospect"
    INTAKE_PENDING = "intake_pending"
    WAITLIST = "waitlist"
    ACTIVE = "active"
    INACTIVE = "inactive"
    CONTACT = "contact"
    ARCHIVED = "archived"


class ListFilter(Word):
    """The three filters of the client list; everyone = active and prospect + archived (B03–B05)."""

    ACTIVE_AND_PROSPECT = "active_and_prospect"
    ARCHIVED = "archived"
    EVERYONE = "everyone"


class ParticipantStatus(Word):
    """Standing of a person in a case (FHIR Group.member.inactive)."""

    ACTIVE = "active"
    WAITLISTED = "waitlisted"
    LEFT = "left"
