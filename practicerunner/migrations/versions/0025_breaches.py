"""What went to the wrong person: the report, the four factors of the assessment, what was decided."""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CLOSED = (
    "(closed_at is null) = (closed_by_id is null) and (closed_at is null or (nature <> '' and receiver <> '' "
    "and acquired <> '' and mitigated <> '' and decision is not null and reason <> '' "
    "and (decision <> 'notify' or notified_on is not null)))"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table('breach',
        sa.Column('case_id', KEY, nullable=True),
        sa.Column('channel', sa.String(length=32), nullable=False),
        sa.Column('subject_id', sa.BigInteger(), nullable=True),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('meant_for', sa.String(length=200), nullable=False),
        sa.Column('went_to', sa.String(length=200), nullable=False),
        sa.Column('noticed_on', sa.Date(), nullable=False),
        sa.Column('noticed_by', sa.String(length=200), nullable=False),
        sa.Column('reported_by_id', KEY, nullable=False),
        sa.Column('nature', sa.Text(), nullable=False),
        sa.Column('receiver', sa.Text(), nullable=False),
        sa.Column('acquired', sa.Text(), nullable=False),
        sa.Column('mitigated', sa.Text(), nullable=False),
        sa.Column('decision', sa.String(length=32), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('notified_on', sa.Date(), nullable=True),
        sa.Column('closed_at', sa.DateTime(), nullable=True),
        sa.Column('closed_by_id', KEY, nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint(CLOSED, name=op.f('ck_breach_closed_with_assessment')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_breach_case_id')),
        sa.ForeignKeyConstraint(['closed_by_id'], ['staff.id'], name=op.f('fk_breach_closed_by_id')),
        sa.ForeignKeyConstraint(['reported_by_id'], ['staff.id'], name=op.f('fk_breach_reported_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_breach'))
    )
    op.create_index(op.f('ix_breach_case_id'), 'breach', ['case_id'], unique=False)
    op.create_index(op.f('ix_breach_closed_at'), 'breach', ['closed_at'], unique=False)
    op.create_index(op.f('ix_breach_reported_by_id'), 'breach', ['reported_by_id'], unique=False)
