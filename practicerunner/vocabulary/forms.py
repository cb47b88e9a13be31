"""The words of forms and measures."""

from practicerunner.vocabulary.word import Word


class FormPurpose(Word):
    """What a form is for (FHIR Questionnaire.code); which fit a case is in ``rules/case_types.py``."""

    INTAKE = "intake"
    CONSENT = "consent"
    NO_SECRETS = "no_secrets"
    TELEHEALTH = "telehealth"
    CONSULTATION_AGREEMENT = "consultation_agreement"
    MEASURE = "measure"
    QUESTIONNAIRE = "questionnaire"
    PRACTICE_DOCUMENT = "practice_document"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words of the practice."""
        return {"no_secrets": "No-secrets policy", "telehealth": "Telehealth consent", "other": "Other form"}.get(
            self.value, super().label
        )


class FieldKind(Word):
    """What a field of a form asks for, or shows (FHIR Questionnaire.item.type)."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    SCALE = "scale"
    DATE = "date"
    ACKNOWLEDGEMENT = "acknowledgement"
    SIGNATURE = "signature"
    DOCUMENT = "document"
    HEADING = "heading"

    @property
    def label(self) -> str:
        """What the builder offers."""
        return {
            "text": "A line of text", "choice": "One of several", "choices": "Several of several",
            "acknowledgement": "Box to tick", "document": "Text to read",
        }.get(self.value, super().label)


class AssignmentStatus(Word):
    """Where a form stands that somebody was given (FHIR Task.status, QuestionnaireResponse.status)."""

    ASSIGNED = "assigned"
    STARTED = "started"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class AlertAction(Word):
    """What was done about a critical answer; without one no alert is closed (FHIR Flag.status)."""

    ASSESSED = "assessed"
    CONTACTED = "contacted"
    REFERRED = "referred"
