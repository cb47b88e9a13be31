"""Who took a request to amend back, when, how and why; that a record was asked for without a release;
which memo the front desk may read."""

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('amendment_withdrawal',
        sa.Column('request_id', KEY, nullable=False),
        sa.Column('told_by_id', KEY, nullable=False),
        sa.Column('told_on', sa.Date(), nullable=False),
        sa.Column('how', sa.String(length=32), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f('ck_amendment_withdrawal_with_reason')),
        sa.ForeignKeyConstraint(
            ['request_id'], ['amendment_request.id'], name=op.f('fk_amendment_withdrawal_request_id')),
        sa.ForeignKeyConstraint(['told_by_id'], ['person.id'], name=op.f('fk_amendment_withdrawal_told_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_amendment_withdrawal')),
        sa.UniqueConstraint('request_id', name=op.f('uq_amendment_withdrawal_request_id'))
    )
    op.create_table('release_refused',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('asked_by_id', KEY, nullable=False),
        sa.Column('dropped_at', sa.DateTime(), nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_release_refused_case_id')),
        sa.ForeignKeyConstraint(['asked_by_id'], ['staff.id'], name=op.f('fk_release_refused_asked_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_release_refused'))
    )
    op.create_index(op.f('ix_release_refused_case_id'), 'release_refused', ['case_id'], unique=False)
    op.add_column('appointment', sa.Column('memo_for_desk', sa.Boolean(), nullable=False, server_default=sa.false()))
