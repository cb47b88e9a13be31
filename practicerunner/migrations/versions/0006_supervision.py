"""Levels of supervision, reviews that can be given to somebody else, hours of supervision with their notes."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=nullable)


def upgrade() -> None:
    """Forward only."""
    op.add_column('supervision', sa.Column('level', sa.String(length=32), nullable=False, server_default='co_sign'))
    op.add_column('supervision', sa.Column('is_default', sa.Boolean(), nullable=False, server_default=sa.true()))
    # A provider's notes never waited for anybody; only an associate's supervisor co-signs.
    op.execute(
        "update supervision set level = 'access' where associate_id in "
        "(select staff_id from staff_role where role = 'provider')")
    op.add_column('note', sa.Column('review_as', sa.String(length=32), nullable=True))
    op.create_index('ix_note_supervisor', 'note', ['supervisor_id', 'status'], unique=False)
    op.create_index('ix_appointment_provider_status', 'appointment', ['provider_id', 'status', 'case_id'], unique=False)
    op.create_index(
        'ix_appointment_supervisor', 'appointment', ['supervisor_id', 'status'], unique=False,
        sqlite_where=sa.text('supervisor_id is not null'), postgresql_where=sa.text('supervisor_id is not null'))
    op.add_column(
        'practice', sa.Column('invoice_after_cosign', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table('addendum_review',
        _id('addendum_id'),
        _id('supervisor_id'),
        sa.Column('review_as', sa.String(length=32), nullable=False),
        sa.Column('done_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['addendum_id'], ['addendum.id'], name=op.f('fk_addendum_review_addendum_id')),
        sa.ForeignKeyConstraint(['supervisor_id'], ['staff.id'], name=op.f('fk_addendum_review_supervisor_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_addendum_review')),
        sa.UniqueConstraint('addendum_id', name=op.f('uq_addendum_review_addendum_id'))
    )
    op.create_index('ix_addendum_review_waiting', 'addendum_review', ['done_at', 'supervisor_id'], unique=False)
    op.execute(
        "insert into addendum_review (id, created_at, revision, addendum_id, supervisor_id, review_as, done_at) "
        "select a.id, a.created_at, 1, a.id, a.supervisor_id, 'co_signer', s.signed_at from addendum a "
        "left join addendum_signature s on s.addendum_id = a.id where a.supervisor_id is not null")
    op.execute(
        "update note set review_as = 'co_signer' where supervisor_id is not null and status in ('submitted', 'returned')")
    op.create_table('review_assignment',
        _id('note_id'),
        _id('addendum_id', nullable=True),
        _id('from_id'),
        _id('to_id'),
        _id('by_id'),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['addendum_id'], ['addendum.id'], name=op.f('fk_review_assignment_addendum_id')),
        sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_review_assignment_by_id')),
        sa.ForeignKeyConstraint(['from_id'], ['staff.id'], name=op.f('fk_review_assignment_from_id')),
        sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_review_assignment_note_id')),
        sa.ForeignKeyConstraint(['to_id'], ['staff.id'], name=op.f('fk_review_assignment_to_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_assignment'))
    )
    op.create_index(op.f('ix_review_assignment_note_id'), 'review_assignment', ['note_id'], unique=False)
    op.create_table('supervision_session',
        _id('supervisor_id'),
        _id('author_id'),
        sa.Column('held_on', sa.Date(), nullable=False),
        sa.Column('starts', sa.Time(), nullable=False),
        sa.Column('minutes', sa.BigInteger(), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('topics', sa.Text(), nullable=False),
        sa.Column('signed_at', sa.DateTime(), nullable=True),
        sa.Column('text_hash', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=401), nullable=False),
        sa.Column('credentials', sa.String(length=60), nullable=False),
        sa.Column('licence', sa.String(length=60), nullable=False),
        sa.Column('method', sa.String(length=32), nullable=True),
        sa.Column('zone', sa.String(length=60), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('minutes between 1 and 1440', name=op.f('ck_supervision_session_minutes')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_supervision_session_author_id')),
        sa.ForeignKeyConstraint(['supervisor_id'], ['staff.id'], name=op.f('fk_supervision_session_supervisor_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_session'))
    )
    op.create_index(
        'ix_supervision_session_supervisor', 'supervision_session', ['supervisor_id', 'held_on'], unique=False)
    op.create_table('supervision_attendee',
        _id('session_id'),
        _id('staff_id'),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['session_id'], ['supervision_session.id'], name=op.f('fk_supervision_attendee_session_id'),
            ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_supervision_attendee_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_attendee')),
        sa.UniqueConstraint('session_id', 'staff_id', name=op.f('uq_supervision_attendee_session_id_staff_id'))
    )
    op.create_index(op.f('ix_supervision_attendee_staff_id'), 'supervision_attendee', ['staff_id'], unique=False)
