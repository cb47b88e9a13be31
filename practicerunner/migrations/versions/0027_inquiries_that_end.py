"""What becomes of inquiries: somebody in the directory, or erased after so many days."""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. What guards notes beneath an inquiry is made anew afterwards, with its one door."""
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    guard = 'frozen_inquiry_entry_delete' if is_sqlite else 'frozen_inquiry_entry on inquiry_entry'
    op.execute(f'drop trigger if exists {guard}')
    op.add_column('inquiry_settings', sa.Column(
        'erase_after_days', sa.BigInteger(), nullable=False, server_default='90'))
    op.add_column('inquiry', sa.Column('erased_at', sa.DateTime(), nullable=True))
    name = 'fk_inquiry_person_id'
    if is_sqlite:
        op.execute(f'alter table inquiry add column person_id integer constraint {name} references person (id)')
    else:
        op.add_column('inquiry', sa.Column('person_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(name), 'inquiry', 'person', ['person_id'], ['id'])
    op.create_index(op.f('ix_inquiry_person_id'), 'inquiry', ['person_id'], unique=False)
