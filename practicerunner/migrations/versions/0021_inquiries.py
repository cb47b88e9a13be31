"""Inquiries, what is written beneath them, and what the public page offers."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('inquiry_settings',
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('introduction', sa.Text(), nullable=False),
        sa.Column('case_types', sa.JSON(), nullable=False),
        sa.Column('service_ids', sa.JSON(), nullable=False),
        sa.Column('location_ids', sa.JSON(), nullable=False),
        sa.Column('by_video', sa.Boolean(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inquiry_settings'))
    )
    op.create_table('inquiry_provider',
        sa.Column('staff_id', KEY, nullable=False),
        sa.Column('slug', sa.String(length=60), nullable=False),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_inquiry_provider_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inquiry_provider')),
        sa.UniqueConstraint('slug', name=op.f('uq_inquiry_provider_slug')),
        sa.UniqueConstraint('staff_id', name=op.f('uq_inquiry_provider_staff_id'))
    )
    op.create_table('inquiry',
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('received_at', sa.DateTime(), nullable=False),
        sa.Column('first_name', sa.String(length=200), nullable=False),
        sa.Column('last_name', sa.String(length=200), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('phone', sa.String(length=60), nullable=False),
        sa.Column('case_type', sa.String(length=32), nullable=False),
        sa.Column('service_id', KEY, nullable=True),
        sa.Column('format', sa.String(length=32), nullable=True),
        sa.Column('location_id', KEY, nullable=True),
        sa.Column('asked_for_id', KEY, nullable=True),
        sa.Column('provider_id', KEY, nullable=True),
        sa.Column('local_date', sa.Date(), nullable=True),
        sa.Column('local_time', sa.Time(), nullable=True),
        sa.Column('minutes', sa.BigInteger(), nullable=True),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('case_id', KEY, nullable=True),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('decided_by_id', KEY, nullable=True),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['asked_for_id'], ['staff.id'], name=op.f('fk_inquiry_asked_for_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_inquiry_case_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_inquiry_decided_by_id')),
        sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_inquiry_location_id')),
        sa.ForeignKeyConstraint(['provider_id'], ['staff.id'], name=op.f('fk_inquiry_provider_id')),
        sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_inquiry_service_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inquiry'))
    )
    op.create_index('ix_inquiry_status', 'inquiry', ['status', 'received_at'], unique=False)
    op.create_index(op.f('ix_inquiry_case_id'), 'inquiry', ['case_id'], unique=False)
    op.create_index(op.f('ix_inquiry_provider_id'), 'inquiry', ['provider_id'], unique=False)
    op.create_table('inquiry_entry',
        sa.Column('inquiry_id', KEY, nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('author_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_inquiry_entry_author_id')),
        sa.ForeignKeyConstraint(['inquiry_id'], ['inquiry.id'], name=op.f('fk_inquiry_entry_inquiry_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inquiry_entry'))
    )
    op.create_index(op.f('ix_inquiry_entry_inquiry_id'), 'inquiry_entry', ['inquiry_id'], unique=False)
