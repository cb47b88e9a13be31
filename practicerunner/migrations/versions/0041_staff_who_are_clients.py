"""Who of the staff is a client of the practice as well."""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('alter table staff add column person_id integer '
                   'constraint fk_staff_person_id references person (id)')
    else:
        op.add_column('staff', sa.Column('person_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f('fk_staff_person_id'), 'staff', 'person', ['person_id'], ['id'])
    op.create_index(op.f('ix_staff_person_id'), 'staff', ['person_id'], unique=True)
