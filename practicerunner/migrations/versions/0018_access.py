"""Who acts for a client, and every decision about what they may do."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0016'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.add_column('practice', sa.Column('helpers_may_schedule', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table('acts_for',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('client_id', KEY, nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('title', sa.String(length=60), nullable=False),
        sa.Column('roles', sa.JSON(), nullable=False),
        sa.Column('evidence', sa.String(length=300), nullable=False),
        sa.Column('verified_at', sa.DateTime(), nullable=True),
        sa.Column('verified_by_id', KEY, nullable=True),
        sa.Column('starts_on', sa.Date(), nullable=False),
        sa.Column('ends_on', sa.Date(), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['client_id'], ['person.id'], name=op.f('fk_acts_for_client_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_acts_for_person_id')),
        sa.ForeignKeyConstraint(['verified_by_id'], ['staff.id'], name=op.f('fk_acts_for_verified_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_acts_for')),
        sa.UniqueConstraint('person_id', 'client_id', name=op.f('uq_acts_for_person_id_client_id'))
    )
    op.create_index(op.f('ix_acts_for_client_id'), 'acts_for', ['client_id'], unique=False)
    op.create_index(op.f('ix_acts_for_person_id'), 'acts_for', ['person_id'], unique=False)
    op.create_table('access_decision',
        sa.Column('acts_for_id', KEY, nullable=False),
        sa.Column('case_id', KEY, nullable=True),
        sa.Column('scope', sa.String(length=32), nullable=False),
        sa.Column('verdict', sa.String(length=32), nullable=False),
        sa.Column('starts_on', sa.Date(), nullable=False),
        sa.Column('ends_on', sa.Date(), nullable=True),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('decided_by_id', KEY, nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['acts_for_id'], ['acts_for.id'], name=op.f('fk_access_decision_acts_for_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_access_decision_case_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_access_decision_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_access_decision'))
    )
    op.create_index(op.f('ix_access_decision_acts_for_id'), 'access_decision', ['acts_for_id'], unique=False)
    op.create_table('access_end',
        sa.Column('decision_id', KEY, nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('ended_by_id', KEY, nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['decision_id'], ['access_decision.id'], name=op.f('fk_access_end_decision_id')),
        sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_access_end_ended_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_access_end')),
        sa.UniqueConstraint('decision_id', name=op.f('uq_access_end_decision_id'))
    )
    op.create_table('access_notice',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('off', sa.Boolean(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('decided_by_id', KEY, nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_access_notice_case_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_access_notice_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_access_notice'))
    )
    op.create_index(op.f('ix_access_notice_case_id'), 'access_notice', ['case_id'], unique=False)
