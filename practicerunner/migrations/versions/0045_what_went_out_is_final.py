"""A private note that goes out is final: a release keeps the hash of each, and what went out before stays as it is."""

import json

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = '0043'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.add_column('private_release', sa.Column('sealed', sa.JSON(), nullable=False, server_default='{}'))
    connection = op.get_bind()
    for (notes,) in connection.execute(sa.text('select notes from private_release')).all():
        for note_id, revision_then in (json.loads(notes) if isinstance(notes, str) else notes).items():
            connection.execute(sa.text(
                "update psychotherapy_note set status = 'final' "
                "where id = :id and revision = :revision and status = 'draft'"
            ), {'id': int(note_id), 'revision': revision_then})
