"""That a client asked something as a minor who consented alone; answers of one writer while another goes on."""

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.add_column(
        'scheduling_request', sa.Column('asked_alone', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('form_assignment', sa.Column('set_aside', sa.JSON(), nullable=False, server_default='{}'))
