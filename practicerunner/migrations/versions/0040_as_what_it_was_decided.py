"""Every decision about access says as what the person acted when it was made."""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. Decisions are frozen: the trigger that keeps them is dropped, to be made anew afterwards."""
    op.add_column('access_decision', sa.Column('acted_as', sa.String(length=32), nullable=True))
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('drop trigger if exists frozen_access_decision_update')
    else:
        op.execute('drop trigger if exists frozen_access_decision on access_decision')
    op.execute('update access_decision set acted_as = '
               '(select kind from acts_for where acts_for.id = access_decision.acts_for_id)')
