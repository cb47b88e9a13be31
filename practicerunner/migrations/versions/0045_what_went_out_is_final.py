"""A private note that goes out is final: a release keeps the hash of each, and what went out before stays as it is.

Signed plans and consultation notes can be shared outside the practice.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = "0044"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('note_share',
        sa.Column('note_id', KEY, nullable=False),
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('shared_by_id', KEY, nullable=False),
        sa.Column('confidential', sa.Boolean(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('ended_by_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(ended_at is null) = (ended_by_id is null)', name=op.f('ck_note_share_ended_by')),
        sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_note_share_ended_by_id')),
        sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_note_share_note_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_note_share_person_id')),
        sa.ForeignKeyConstraint(['shared_by_id'], ['staff.id'], name=op.f('fk_note_share_shared_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_note_share'))
    )
    op.create_index(op.f('ix_note_share_person_id'), 'note_share', ['person_id'], unique=False)
    op.create_index('uq_note_share_open', 'note_share', ['note_id', 'person_id'], unique=True,
                    sqlite_where=sa.text('ended_at is null'), postgresql_where=sa.text('ended_at is null'))
    op.add_column('private_release', sa.Column('sealed', sa.JSON(), nullable=False, server_default='{}'))
    connection = op.get_bind()
    for (notes,) in connection.execute(sa.text(
        'select notes from private_release where id in (select release_id from private_handout)'
    )).all():
        for note_id, revision_then in (json.loads(notes) if isinstance(notes, str) else notes).items():
            connection.execute(sa.text(
                "update psychotherapy_note set status = 'final' "
                "where id = :id and revision = :revision and status = 'draft'"
            ), {'id': int(note_id), 'revision': revision_then})
