"""Statements: what a payer was told of a period, and which cases it covers."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('statement',
        sa.Column('number', sa.String(length=24), nullable=False),
        sa.Column('payer_id', KEY, nullable=False),
        sa.Column('starts_on', sa.Date(), nullable=False),
        sa.Column('ends_on', sa.Date(), nullable=False),
        sa.Column('opening_cents', sa.BigInteger(), nullable=False),
        sa.Column('closing_cents', sa.BigInteger(), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=False),
        sa.Column('issued_by_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['issued_by_id'], ['staff.id'], name=op.f('fk_statement_issued_by_id')),
        sa.ForeignKeyConstraint(['number'], ['issued_document.number'], name=op.f('fk_statement_number')),
        sa.ForeignKeyConstraint(['payer_id'], ['payer.id'], name=op.f('fk_statement_payer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_statement')),
        sa.UniqueConstraint('number', name=op.f('uq_statement_number'))
    )
    op.create_index(op.f('ix_statement_payer_id'), 'statement', ['payer_id'], unique=False)
    op.create_table('statement_case',
        sa.Column('statement_id', KEY, nullable=False),
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_statement_case_case_id')),
        sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_case_statement_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_case')),
        sa.UniqueConstraint('statement_id', 'case_id', name=op.f('uq_statement_case_statement_id_case_id'))
    )
    op.create_index(op.f('ix_statement_case_case_id'), 'statement_case', ['case_id'], unique=False)
