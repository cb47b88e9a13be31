"""One invoice per month: how a payer is invoiced, and on which day of the month the practice gathers."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    for table in ('payer_share', 'charge_share'):
        op.add_column(
            table, sa.Column('rhythm', sa.String(length=32), nullable=False, server_default='per_appointment'))
    op.add_column('practice', sa.Column('invoicing_day', sa.BigInteger(), nullable=True))
    op.add_column('practice', sa.Column('gathered_until', sa.Date(), nullable=True))
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('alter table practice add column invoicing_by_id integer '
                   'constraint fk_practice_invoicing_by_id references staff (id)')
    else:
        op.add_column('practice', sa.Column('invoicing_by_id', KEY, nullable=True))
        op.create_foreign_key(op.f('fk_practice_invoicing_by_id'), 'practice', 'staff', ['invoicing_by_id'], ['id'])
