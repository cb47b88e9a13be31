"""The words of people: staff and their roles, contacts, relationships and organisations."""

from practicerunner.vocabulary.word import Word


class Role(Word):
    """What a member of staff may be; one person may hold several (FHIR PractitionerRole)."""

    OWNER = "owner"
    PROVIDER = "provider"
    ASSOCIATE = "associate"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class ContactKind(Word):
    """A way to reach a person (FHIR ContactPoint.system)."""

    PHONE = "phone"
    EMAIL = "email"


class ContactRole(Word):
    """What a contact is for the practice; several may meet in one, none implies another or opens a thing (D12)."""

    REPRESENTATIVE = "representative"
    BILLING_CONTACT = "billing_contact"
    SCHEDULING_HELPER = "scheduling_helper"
    MESSAGE_RECIPIENT = "message_recipient"


class RelationshipKind(Word):
    """What the other person is to this one (FHIR RelatedPerson.relationship). A link grants no access (D02)."""

    SPOUSE = "spouse"
    PARTNER = "partner"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    OTHER = "other"

    @property
    def inverse(self) -> "RelationshipKind":
        """How the link reads from the other side."""
        return {"parent": RelationshipKind.CHILD, "child": RelationshipKind.PARENT}.get(self.value, self)


class OrganisationKind(Word):
    """What an organisation is to a person (FHIR Organization.type). A link grants no access (D02)."""

    SCHOOL = "school"
    INSURER = "insurer"
    EMPLOYER = "employer"
    AGENCY = "agency"
    CLINIC = "clinic"
    COURT = "court"
    OTHER = "other"
