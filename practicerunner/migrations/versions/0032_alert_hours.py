"""After how many business hours a critical answer that nobody has closed goes on to others."""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. Four hours, as it was."""
    op.add_column('practice', sa.Column('alert_hours', sa.BigInteger(), server_default='4', nullable=False))
