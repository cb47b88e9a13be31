"""Documents of the practice: their PDFs, and which forms an intake packet holds."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('practice_file',
        sa.Column('file_name', sa.String(length=200), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('stored_name', sa.String(length=32), nullable=False),
        sa.Column('author_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('size > 0', name=op.f('ck_practice_file_size')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_practice_file_author_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_file')),
        sa.UniqueConstraint('stored_name', name=op.f('uq_practice_file_stored_name'))
    )
    op.create_table('intake_packet',
        sa.Column('case_type', sa.String(length=32), nullable=False),
        sa.Column('template_ids', sa.JSON(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_intake_packet')),
        sa.UniqueConstraint('case_type', name=op.f('uq_intake_packet_case_type'))
    )
