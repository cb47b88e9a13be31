"""The words of the permission table."""

from practicerunner.vocabulary.word import Word


class Resource(Word):
    """The rows of the permission table (TRUST 3.2)."""

    PRACTICE_SETTINGS = "practice_settings"
    USERS = "users"
    CLIENT_DIRECTORY = "client_directory"
    DEMOGRAPHICS = "demographics"
    CASE = "case"
    APPOINTMENTS = "appointments"
    APPOINTMENT_MEMO = "appointment_memo"
    CLINICAL_NOTE = "clinical_note"
    CLINICAL_RECORD = "clinical_record"
    PSYCHOTHERAPY_NOTE = "psychotherapy_note"
    CONSULTATION_NOTE = "consultation_note"
    SUPERVISION_NOTE = "supervision_note"
    QUESTIONNAIRES = "questionnaires"
    CONSENTS = "consents"
    DOCUMENTS_ADMIN = "documents_admin"
    DOCUMENTS_CLINICAL = "documents_clinical"
    DOCUMENTS_SEALED = "documents_sealed"
    MESSAGES_CLINICAL = "messages_clinical"
    MESSAGES_ADMIN = "messages_admin"
    INVOICES = "invoices"
    SUPERBILLS = "superbills"
    FINANCIAL_DASHBOARDS = "financial_dashboards"
    MONEY_BY_SERVICE = "money_by_service"
    """The clinical dimensions of the financial dashboards: the service, and the kind of case."""
    CLINICAL_DASHBOARDS = "clinical_dashboards"
    BULK_DATA = "bulk_data"
    AUDIT_LOG = "audit_log"
    BREACHES = "breaches"
    """Reports of something that went to the wrong person; one's own are those one has reported."""
    AMENDMENTS = "amendments"
    """Requests to amend the record: read as notes are, written down by whoever receives them (C27)."""
    RETENTION = "retention"


class Action(Word):
    """What may be done with a resource: the letters r c u s x v m of TRUST 3.2, and a client's "request"."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    SIGN = "sign"
    EXPORT = "export"
    VOID = "void"
    MANAGE = "manage"
    REQUEST = "request"
    """Ask the practice for it; only people outside the practice do (E18)."""
