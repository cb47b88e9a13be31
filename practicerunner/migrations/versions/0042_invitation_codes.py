"""The code that the practice tells somebody for their first password, where several people share their mailbox."""

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.add_column('portal_invitation', sa.Column('code', sa.LargeBinary(), nullable=True))
