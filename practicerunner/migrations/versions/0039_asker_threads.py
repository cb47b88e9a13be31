"""The conversation with somebody who inquired: what was written, who has read it, and the link to it."""

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only. What was answered by e-mail so far stays beneath its inquiry."""
    op.create_table('asker_thread',
        sa.Column('inquiry_id', KEY, nullable=False),
        sa.Column('staff_id', KEY, nullable=False),
        sa.Column('assigned_to_id', KEY, nullable=True),
        sa.Column('archived_at', sa.DateTime(), nullable=True),
        sa.Column('archived_by_id', KEY, nullable=True),
        sa.Column('last_number', sa.BigInteger(), nullable=False),
        sa.Column('last_at', sa.DateTime(), nullable=False),
        sa.Column('asker_number', sa.BigInteger(), nullable=False),
        sa.Column('token_fingerprint', sa.String(length=64), nullable=True),
        sa.Column('link_until', sa.DateTime(), nullable=True),
        sa.Column('letters', sa.BigInteger(), nullable=False),
        sa.Column('letter_number', sa.BigInteger(), nullable=False),
        sa.Column('thread_id', KEY, nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(archived_at is null) = (archived_by_id is null)', name=op.f('ck_asker_thread_archived_by_somebody')),
        sa.CheckConstraint('(token_fingerprint is null) = (link_until is null)', name=op.f('ck_asker_thread_link_ends')),
        sa.ForeignKeyConstraint(['archived_by_id'], ['staff.id'], name=op.f('fk_asker_thread_archived_by_id')),
        sa.ForeignKeyConstraint(['assigned_to_id'], ['staff.id'], name=op.f('fk_asker_thread_assigned_to_id')),
        sa.ForeignKeyConstraint(['inquiry_id'], ['inquiry.id'], name=op.f('fk_asker_thread_inquiry_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_asker_thread_staff_id')),
        sa.ForeignKeyConstraint(['thread_id'], ['message_thread.id'], name=op.f('fk_asker_thread_thread_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_asker_thread')),
        sa.UniqueConstraint('inquiry_id', name=op.f('uq_asker_thread_inquiry_id')),
        sa.UniqueConstraint('token_fingerprint', name=op.f('uq_asker_thread_token_fingerprint'))
    )
    op.create_index(op.f('ix_asker_thread_thread_id'), 'asker_thread', ['thread_id'], unique=False)
    op.create_table('asker_message',
        sa.Column('inquiry_id', KEY, nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('staff_id', KEY, nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['inquiry_id'], ['inquiry.id'], name=op.f('fk_asker_message_inquiry_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_asker_message_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_asker_message')),
        sa.UniqueConstraint('inquiry_id', 'number', name=op.f('uq_asker_message_inquiry_id_number'))
    )
    op.create_table('asker_read',
        sa.Column('inquiry_id', KEY, nullable=False),
        sa.Column('staff_id', KEY, nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('read_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['inquiry_id'], ['inquiry.id'], name=op.f('fk_asker_read_inquiry_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_asker_read_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_asker_read')),
        sa.UniqueConstraint('inquiry_id', 'staff_id', name=op.f('uq_asker_read_inquiry_id_staff_id'))
    )
    op.create_index(op.f('ix_asker_read_staff_id'), 'asker_read', ['staff_id'], unique=False)
