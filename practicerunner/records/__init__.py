"""What is kept: SQLAlchemy tables and the named queries on them. Importing this package knows every table."""

from practicerunner.records import (  # noqa: F401
    audit,
    billing,
    cases,
    imports,
    logins,
    notes,
    people,
    practice,
    scheduling,
)
