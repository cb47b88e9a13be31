"""Signatures say with which licence, in which zone and by which proof; comments say to which section they belong."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    for table in ('signature', 'addendum', 'addendum_signature'):
        op.add_column(table, sa.Column('licence', sa.String(length=60), nullable=False, server_default=''))
        op.add_column(table, sa.Column('method', sa.String(length=32), nullable=True))
        op.add_column(table, sa.Column('zone', sa.String(length=60), nullable=False, server_default=''))
    op.add_column('review_comment', sa.Column('section', sa.String(length=40), nullable=False, server_default=''))
