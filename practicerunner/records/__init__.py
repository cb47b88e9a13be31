"""What is kept: SQLAlchemy tables and the named queries on them. Importing this package knows every table."""

from practicerunner.records import (  # noqa: F401
    audit,
    availability,
    billing,
    cases,
    diagnoses,
    estimates,
    feeds,
    forms,
    imports,
    logins,
    notes,
    outbox,
    people,
    practice,
    reminders,
    requests,
    scheduling,
    series,
    superbills,
)
