"""Who consented to treatment, the ages for it, what is confidential to a client, and who came of age."""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
FLAGS = (
    ('attendance', 'confidential'), ('document', 'confidential'), ('form_assignment', 'confidential'),
    ('invoice_line', 'confidential'), ('outbox_message', 'own_address_only'), ('portal_invitation', 'at_majority'),
)


def upgrade() -> None:
    """Forward only."""
    for table, column in FLAGS:
        op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table('basis_decision',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('basis', sa.String(length=32), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('concern', sa.String(length=300), nullable=False),
        sa.Column('decided_by_id', KEY, nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_basis_decision_decided_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_basis_decision_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_basis_decision'))
    )
    op.create_index(op.f('ix_basis_decision_person_id'), 'basis_decision', ['person_id'], unique=False)
    op.create_table('state_age',
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('age', sa.BigInteger(), nullable=False),
        sa.Column('confirmed_on', sa.Date(), nullable=True),
        sa.Column('confirmed_by_id', KEY, nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('age between 1 and 18', name=op.f('ck_state_age_age')),
        sa.CheckConstraint(
            '(confirmed_on is null) = (confirmed_by_id is null)', name=op.f('ck_state_age_confirmed_by')),
        sa.ForeignKeyConstraint(['confirmed_by_id'], ['staff.id'], name=op.f('fk_state_age_confirmed_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_state_age')),
        sa.UniqueConstraint('state', name=op.f('uq_state_age_state'))
    )
    op.create_table('came_of_age',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('birthday', sa.Date(), nullable=False),
        sa.Column('welcome', sa.String(length=32), nullable=False),
        sa.Column('noticed_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_came_of_age_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_came_of_age')),
        sa.UniqueConstraint('person_id', name=op.f('uq_came_of_age_person_id'))
    )
