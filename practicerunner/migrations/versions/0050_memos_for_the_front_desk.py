"""Which internal memos among the notes the front desk may read, as with the memo of an appointment."""

import sqlalchemy as sa
from alembic import op

revision = '0050'
down_revision = '0049'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. Nothing that was written before is read by anybody new."""
    for table in ('note', 'discarded_draft'):
        op.add_column(table, sa.Column('memo_for_desk', sa.Boolean(), nullable=False, server_default=sa.false()))
