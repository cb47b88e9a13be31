"""Treatment plans: when they are reviewed, and who has agreed to them."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only. The trigger that keeps signed notes is dropped, to be made anew with the new column."""
    of_note = '' if op.get_bind().dialect.name == 'sqlite' else ' on note'
    op.execute(f'drop trigger if exists fixed_note_update{of_note}')
    op.add_column('note', sa.Column('review_on', sa.Date(), nullable=True))
    op.create_index(op.f('ix_note_review_on'), 'note', ['review_on'], unique=False)
    op.create_index('ix_note_kind', 'note', ['kind', 'case_id', 'status', 'review_on'], unique=False)
    op.add_column('practice', sa.Column('plan_review_days', sa.BigInteger(), nullable=False, server_default='90'))
    op.create_table('plan_agreement',
        sa.Column('note_id', KEY, nullable=False),
        sa.Column('version', sa.BigInteger(), nullable=False),
        sa.Column('text_hash', sa.String(length=64), nullable=False),
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('agreed_by_id', KEY, nullable=False),
        sa.Column('capacity', sa.String(length=900), nullable=False),
        sa.Column('authority', sa.String(length=200), nullable=False),
        sa.Column('how', sa.String(length=32), nullable=False),
        sa.Column('signature', sa.String(length=500), nullable=False),
        sa.Column('agreed_on', sa.Date(), nullable=False),
        sa.Column('recorded_by_id', KEY, nullable=False),
        sa.Column('recorded_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['agreed_by_id'], ['person.id'], name=op.f('fk_plan_agreement_agreed_by_id')),
        sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_plan_agreement_note_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_plan_agreement_person_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_plan_agreement_recorded_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_agreement')),
        sa.UniqueConstraint(
            'note_id', 'person_id', 'agreed_by_id', name=op.f('uq_plan_agreement_note_id_person_id_agreed_by_id'))
    )
    op.create_index(op.f('ix_plan_agreement_person_id'), 'plan_agreement', ['person_id'], unique=False)
