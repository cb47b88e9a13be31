"""Discarded drafts are kept for a while; when an entry is late; which kinds of note a supervisor signs."""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('discarded_draft',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('appointment_id', KEY, nullable=True),
        sa.Column('person_id', KEY, nullable=True),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('form', sa.String(length=20), nullable=False),
        sa.Column('author_id', KEY, nullable=False),
        sa.Column('service_date', sa.Date(), nullable=False),
        sa.Column('sections', sa.JSON(), nullable=False),
        sa.Column('parts', sa.JSON(), nullable=False),
        sa.Column('details', sa.JSON(), nullable=False),
        sa.Column('review_on', sa.Date(), nullable=True),
        sa.Column('template', sa.JSON(), nullable=False),
        sa.Column('ciphertext', sa.LargeBinary(), nullable=True),
        sa.Column('saved_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('discarded_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_discarded_draft_appointment_id')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_discarded_draft_author_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_discarded_draft_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_discarded_draft_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_discarded_draft'))
    )
    op.create_index(op.f('ix_discarded_draft_appointment_id'), 'discarded_draft', ['appointment_id'], unique=False)
    op.create_index('ix_discarded_draft_author', 'discarded_draft', ['author_id', 'discarded_at'], unique=False)
    op.create_index(op.f('ix_discarded_draft_case_id'), 'discarded_draft', ['case_id'], unique=False)
    op.create_index(op.f('ix_discarded_draft_discarded_at'), 'discarded_draft', ['discarded_at'], unique=False)
    op.create_index(op.f('ix_discarded_draft_person_id'), 'discarded_draft', ['person_id'], unique=False)
    op.add_column('practice', sa.Column('late_entry_days', sa.BigInteger(), server_default='3', nullable=False))
    op.add_column('supervision', sa.Column('note_kinds', sa.JSON(), nullable=True))
