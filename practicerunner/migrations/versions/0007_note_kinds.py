"""Notes of a case without an appointment, what a note has beside its text, templates of notes, licence states."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only. The trigger that keeps signed notes is dropped, to be made anew with the new columns."""
    person = sa.Column('person_id', KEY, nullable=True)
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('drop trigger if exists fixed_note_update')
        op.execute('alter table note add column person_id integer '
                   'constraint fk_note_person_id references person (id)')
    else:
        op.execute('drop trigger if exists fixed_note_update on note')
        op.add_column('note', person)
        op.create_foreign_key(op.f('fk_note_person_id'), 'note', 'person', ['person_id'], ['id'])
    op.create_index(op.f('ix_note_person_id'), 'note', ['person_id'], unique=False)
    op.add_column('note', sa.Column('details', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('note', sa.Column('template', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('staff', sa.Column('licence_states', sa.String(length=240), nullable=False, server_default=''))
    op.create_table('note_template',
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('form', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('texts', sa.JSON(), nullable=False),
        sa.Column('sections', sa.JSON(), nullable=False),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_note_template'))
    )
