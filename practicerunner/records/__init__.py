"""What is kept: SQLAlchemy tables and the named queries on them. Importing this package knows every table."""

from practicerunner.records import (  # noqa: F401
    audit,
    availability,
    billing,
    cases,
    diagnoses,
    feeds,
    forms,
    imports,
    logins,
    note_facts,
    note_templates,
    notes,
    outbox,
    people,
    plans,
    practice,
    reminders,
    requests,
    scheduling,
    series,
)
