"""To whom anything is confidential is found without reading every attendance."""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_index(
        op.f('ix_attendance_confidential'), 'attendance', ['person_id'], unique=False,
        sqlite_where=sa.text('confidential = 1'), postgresql_where=sa.text('confidential'))
