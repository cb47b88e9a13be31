"""Diagnoses of participants, and what was done with each."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table('diagnosis',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('code', sa.String(length=10), nullable=False),
        sa.Column('description', sa.Text(), nullable=False),
        sa.Column('release', sa.String(length=40), nullable=False),
        sa.Column('onset_on', sa.Date(), nullable=False),
        sa.Column('ended_on', sa.Date(), nullable=True),
        sa.Column('is_primary', sa.Boolean(), nullable=False),
        sa.Column('is_provisional', sa.Boolean(), nullable=False),
        sa.Column('withdrawn', sa.Boolean(), nullable=False),
        sa.Column('set_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('ended_on is null or ended_on >= onset_on', name=op.f('ck_diagnosis_dates')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_diagnosis_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_diagnosis_person_id')),
        sa.ForeignKeyConstraint(['set_by_id'], ['staff.id'], name=op.f('fk_diagnosis_set_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnosis'))
    )
    op.create_index('ix_diagnosis_case_person', 'diagnosis', ['case_id', 'person_id'], unique=False)
    op.create_index(op.f('ix_diagnosis_person_id'), 'diagnosis', ['person_id'], unique=False)
    op.create_index(
        'uq_diagnosis_primary', 'diagnosis', ['case_id', 'person_id'], unique=True,
        sqlite_where=sa.text('is_primary and ended_on is null'),
        postgresql_where=sa.text('is_primary and ended_on is null'),
    )
    op.create_table('diagnosis_change',
        sa.Column('diagnosis_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('staff_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('act', sa.String(length=32), nullable=False),
        sa.Column('as_of', sa.Date(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['diagnosis_id'], ['diagnosis.id'], name=op.f('fk_diagnosis_change_diagnosis_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_diagnosis_change_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnosis_change'))
    )
    op.create_index(op.f('ix_diagnosis_change_diagnosis_id'), 'diagnosis_change', ['diagnosis_id'], unique=False)
