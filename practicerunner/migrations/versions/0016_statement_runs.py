"""Runs that issue a month's statements payer by payer."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('statement_run',
        sa.Column('asked_by_id', KEY, nullable=False),
        sa.Column('starts_on', sa.Date(), nullable=False),
        sa.Column('ends_on', sa.Date(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('total', sa.BigInteger(), nullable=False),
        sa.Column('done', sa.BigInteger(), nullable=False),
        sa.Column('issued', sa.BigInteger(), nullable=False),
        sa.Column('started_at', sa.DateTime(), nullable=True),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('cancelled_by_id', KEY, nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('claimed_by', sa.String(length=32), nullable=False),
        sa.Column('claimed_at', sa.DateTime(), nullable=True),
        sa.Column('attempts', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['asked_by_id'], ['staff.id'], name=op.f('fk_statement_run_asked_by_id')),
        sa.ForeignKeyConstraint(['cancelled_by_id'], ['staff.id'], name=op.f('fk_statement_run_cancelled_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_run'))
    )
    op.create_index(op.f('ix_statement_run_state'), 'statement_run', ['state'], unique=False)
    op.create_table('statement_run_payer',
        sa.Column('run_id', KEY, nullable=False),
        sa.Column('place', sa.BigInteger(), nullable=False),
        sa.Column('payer_id', KEY, nullable=False),
        sa.Column('settled_at', sa.DateTime(), nullable=True),
        sa.Column('statement_id', KEY, nullable=True),
        sa.Column('problem', sa.String(length=300), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['payer_id'], ['payer.id'], name=op.f('fk_statement_run_payer_payer_id')),
        sa.ForeignKeyConstraint(['run_id'], ['statement_run.id'], name=op.f('fk_statement_run_payer_run_id')),
        sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_run_payer_statement_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_run_payer')),
        sa.UniqueConstraint('run_id', 'place', name=op.f('uq_statement_run_payer_run_id_place'))
    )
    op.create_index(op.f('ix_statement_run_payer_payer_id'), 'statement_run_payer', ['payer_id'], unique=False)
