"""Who pays has a last day of its own."""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. What was arranged so far holds until something else begins."""
    op.add_column('billing_arrangement', sa.Column('valid_until', sa.Date(), nullable=True))
