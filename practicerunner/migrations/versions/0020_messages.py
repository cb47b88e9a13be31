"""Secure messages: threads, who takes part, what was written, what came with it, and who has read it."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ONE_WRITER = '(staff_id is null) <> (person_id is null)'


def upgrade() -> None:
    """Forward only."""
    op.create_table('message_thread',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('thread_class', sa.String(length=32), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('staff_id', KEY, nullable=True),
        sa.Column('person_id', KEY, nullable=True),
        sa.Column('assigned_to_id', KEY, nullable=True),
        sa.Column('archived_at', sa.DateTime(), nullable=True),
        sa.Column('archived_by_id', KEY, nullable=True),
        sa.Column('last_number', sa.BigInteger(), nullable=False),
        sa.Column('last_at', sa.DateTime(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(archived_at is null) = (archived_by_id is null)', name=op.f('ck_message_thread_archived_by_somebody')),
        sa.CheckConstraint(ONE_WRITER, name=op.f('ck_message_thread_one_writer')),
        sa.ForeignKeyConstraint(['archived_by_id'], ['staff.id'], name=op.f('fk_message_thread_archived_by_id')),
        sa.ForeignKeyConstraint(['assigned_to_id'], ['staff.id'], name=op.f('fk_message_thread_assigned_to_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_message_thread_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_message_thread_person_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_message_thread_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_message_thread'))
    )
    op.create_index(op.f('ix_message_thread_assigned_to_id'), 'message_thread', ['assigned_to_id'], unique=False)
    op.create_index(op.f('ix_message_thread_case_id'), 'message_thread', ['case_id'], unique=False)
    op.create_index('ix_message_thread_last_at', 'message_thread', ['last_at', 'id'], unique=False)
    op.create_table('thread_message',
        sa.Column('thread_id', KEY, nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('staff_id', KEY, nullable=True),
        sa.Column('person_id', KEY, nullable=True),
        sa.Column('for_id', KEY, nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint(ONE_WRITER, name=op.f('ck_thread_message_one_writer')),
        sa.CheckConstraint('for_id is null or person_id is not null', name=op.f('ck_thread_message_staff_act_for_nobody')),
        sa.ForeignKeyConstraint(['for_id'], ['person.id'], name=op.f('fk_thread_message_for_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_thread_message_person_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_thread_message_staff_id')),
        sa.ForeignKeyConstraint(['thread_id'], ['message_thread.id'], name=op.f('fk_thread_message_thread_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thread_message')),
        sa.UniqueConstraint('thread_id', 'number', name=op.f('uq_thread_message_thread_id_number'))
    )
    op.create_index('ix_thread_message_person_at', 'thread_message', ['person_id', 'at'], unique=False)
    op.create_table('thread_person',
        sa.Column('thread_id', KEY, nullable=False),
        sa.Column('staff_id', KEY, nullable=True),
        sa.Column('person_id', KEY, nullable=True),
        sa.Column('for_id', KEY, nullable=True),
        sa.Column('from_number', sa.BigInteger(), nullable=False),
        sa.Column('joined_at', sa.DateTime(), nullable=False),
        sa.Column('added_by_staff_id', KEY, nullable=True),
        sa.Column('added_by_person_id', KEY, nullable=True),
        sa.Column('until_number', sa.BigInteger(), nullable=True),
        sa.Column('left_at', sa.DateTime(), nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(added_by_staff_id is null) <> (added_by_person_id is null)', name=op.f('ck_thread_person_one_adder')),
        sa.CheckConstraint('(left_at is null) = (until_number is null)', name=op.f('ck_thread_person_left_at_a_message')),
        sa.CheckConstraint(ONE_WRITER, name=op.f('ck_thread_person_one_writer')),
        sa.CheckConstraint('for_id is null or person_id is not null', name=op.f('ck_thread_person_staff_act_for_nobody')),
        sa.ForeignKeyConstraint(['added_by_person_id'], ['person.id'], name=op.f('fk_thread_person_added_by_person_id')),
        sa.ForeignKeyConstraint(['added_by_staff_id'], ['staff.id'], name=op.f('fk_thread_person_added_by_staff_id')),
        sa.ForeignKeyConstraint(['for_id'], ['person.id'], name=op.f('fk_thread_person_for_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_thread_person_person_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_thread_person_staff_id')),
        sa.ForeignKeyConstraint(['thread_id'], ['message_thread.id'], name=op.f('fk_thread_person_thread_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thread_person'))
    )
    op.create_index(op.f('ix_thread_person_person_id'), 'thread_person', ['person_id'], unique=False)
    op.create_index(op.f('ix_thread_person_staff_id'), 'thread_person', ['staff_id'], unique=False)
    op.create_index(op.f('ix_thread_person_thread_id'), 'thread_person', ['thread_id'], unique=False)
    op.create_index('uq_thread_person_person', 'thread_person', ['thread_id', 'person_id'], unique=True, sqlite_where=sa.text('left_at is null'), postgresql_where=sa.text('left_at is null'))
    op.create_index('uq_thread_person_staff', 'thread_person', ['thread_id', 'staff_id'], unique=True, sqlite_where=sa.text('left_at is null'), postgresql_where=sa.text('left_at is null'))
    op.create_table('thread_read',
        sa.Column('thread_id', KEY, nullable=False),
        sa.Column('staff_id', KEY, nullable=True),
        sa.Column('person_id', KEY, nullable=True),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('read_at', sa.DateTime(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint(ONE_WRITER, name=op.f('ck_thread_read_one_writer')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_thread_read_person_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_thread_read_staff_id')),
        sa.ForeignKeyConstraint(['thread_id'], ['message_thread.id'], name=op.f('fk_thread_read_thread_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thread_read')),
        sa.UniqueConstraint('thread_id', 'person_id', name=op.f('uq_thread_read_thread_id_person_id')),
        sa.UniqueConstraint('thread_id', 'staff_id', name=op.f('uq_thread_read_thread_id_staff_id'))
    )
    op.create_index(op.f('ix_thread_read_person_id'), 'thread_read', ['person_id'], unique=False)
    op.create_index(op.f('ix_thread_read_staff_id'), 'thread_read', ['staff_id'], unique=False)
    op.create_table('message_attachment',
        sa.Column('message_id', KEY, nullable=False),
        sa.Column('file_name', sa.String(length=200), nullable=False),
        sa.Column('media_type', sa.String(length=100), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('stored_name', sa.String(length=32), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('size > 0', name=op.f('ck_message_attachment_size')),
        sa.ForeignKeyConstraint(['message_id'], ['thread_message.id'], name=op.f('fk_message_attachment_message_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_message_attachment')),
        sa.UniqueConstraint('stored_name', name=op.f('uq_message_attachment_stored_name'))
    )
    op.create_index(op.f('ix_message_attachment_message_id'), 'message_attachment', ['message_id'], unique=False)
