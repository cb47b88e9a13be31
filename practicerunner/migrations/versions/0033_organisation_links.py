"""Links between people and organisations: their school, insurer, employer, an agency."""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('organisation_link',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('organisation_id', KEY, nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'],
                                name=op.f('fk_organisation_link_organisation_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_organisation_link_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_link')),
        sa.UniqueConstraint('person_id', 'organisation_id', name=op.f('uq_organisation_link_person_id_organisation_id'))
    )
    op.create_index(op.f('ix_organisation_link_organisation_id'), 'organisation_link', ['organisation_id'], unique=False)
