"""The words of the record: notes, plans, diagnoses, signatures, supervision and documents."""

from practicerunner.vocabulary.word import Word


class NoteKind(Word):
    """The kinds of note (FHIR Composition.type); which fit a case is in ``rules/case_types.py``."""

    PROGRESS = "progress"
    CONSULTATION = "consultation"
    GROUP = "group"
    PSYCHOTHERAPY = "psychotherapy"
    MEMO = "memo"
    CONTACT = "contact"
    INTAKE = "intake"
    TREATMENT_PLAN = "treatment_plan"
    MENTAL_STATUS = "mental_status"

    @property
    def label(self) -> str:
        """``Progress note``, but ``Internal memo``."""
        return {
            "memo": "Internal memo", "intake": "Intake", "treatment_plan": "Treatment plan",
            "mental_status": "Mental status exam",
        }.get(self.value, f"{self.value.capitalize()} note")


class NoteStatus(Word):
    """Where a note stands (FHIR Composition.status)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    LOCKED = "locked"
    AMENDED = "amended"
    FINAL = "final"

    @property
    def label(self) -> str:
        """A locked note is a signed note to the people who read it."""
        return {"submitted": "Awaiting co-signature", "locked": "Signed", "amended": "Signed, amended"}.get(
            self.value, super().label
        )


class RiskFinding(Word):
    """What somebody said or showed of harm; nobody's word is that there is no risk (FHIR Observation.value)."""

    NONE_REPORTED = "none_reported"
    PRESENT = "present"


class DiagnosisAct(Word):
    """What was done with a diagnosis (FHIR Provenance.activity over Condition)."""

    SET = "set"
    ENDED = "ended"
    REOPENED = "reopened"
    MADE_PRIMARY = "made_primary"
    NO_LONGER_PRIMARY = "no_longer_primary"
    MADE_PROVISIONAL = "made_provisional"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    """Entered by mistake: it counts on no day."""


class ObjectiveStatus(Word):
    """Where an objective of a treatment plan stands (FHIR Goal.achievementStatus)."""

    ACTIVE = "active"
    REACHED = "reached"
    PARTLY_REACHED = "partly_reached"
    DEFERRED = "deferred"
    DROPPED = "dropped"


class AgreedHow(Word):
    """How somebody agreed to a treatment plan (FHIR Consent.sourceAttachment)."""

    AT_SCREEN = "at_screen"
    ON_PAPER = "on_paper"

    @property
    def label(self) -> str:
        """``At the screen, by typing their name``."""
        return {"at_screen": "Here, by typing the name", "on_paper": "On paper"}[self.value]


class SignatureRole(Word):
    """As what somebody signed a note (FHIR Composition.attester.mode)."""

    AUTHOR = "author"
    CO_SIGNER = "co_signer"
    APPROVER = "approver"

    @property
    def act(self) -> str:
        """What the signature did, as it stands before the name."""
        return {"author": "Signed", "co_signer": "Co-signed", "approver": "Approved"}[self.value]


class ProofMethod(Word):
    """By what somebody showed, at the moment of signing, who they are (TRUST C23)."""

    PASSWORD = "password"  # noqa: S105
    CODE = "code"


class SupervisionLevel(Word):
    """How far somebody is supervised (FHIR PractitionerRole of the supervisor)."""

    ACCESS = "access"
    """The supervisor may read; nothing waits for them."""
    APPROVE = "approve"
    """What a provider signs waits for approval."""
    CO_SIGN = "co_sign"
    """What is signed waits for co-signature."""

    @property
    def label(self) -> str:
        """As it stands in a list of assignments."""
        return {"access": "Reads", "approve": "Approves", "co_sign": "Co-signs"}[self.value]


class SupervisionFormat(Word):
    """How many share an hour of supervision: one, two or more."""

    INDIVIDUAL = "individual"
    TRIADIC = "triadic"
    GROUP = "group"


class DocumentClass(Word):
    """Who may read an uploaded document (FHIR DocumentReference.securityLabel); from the widest to the narrowest."""

    ADMIN = "admin"
    CLINICAL = "clinical"
    SEALED = "sealed"


class DocumentTask(Word):
    """What is asked of whoever is given a document of the practice (FHIR Task.code)."""

    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    SIGN = "sign"

    @property
    def label(self) -> str:
        """As the list of documents says it."""
        return f"To {self.value}"


class PaperKind(Word):
    """A paper that onboarding asks of a participant (FHIR Questionnaire, Consent)."""

    INTAKE = "intake"
    CONSENT = "consent"
