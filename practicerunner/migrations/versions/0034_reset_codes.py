"""The code that the practice tells somebody for a new password, where several people share their mailbox."""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.add_column('portal_account', sa.Column('reset_code', sa.LargeBinary(), nullable=True))
    op.add_column('portal_account', sa.Column('reset_code_until', sa.DateTime(), nullable=True))
