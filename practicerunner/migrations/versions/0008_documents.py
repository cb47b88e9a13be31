"""Uploaded documents of a case, and the changes of their class."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table('document',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('access_class', sa.String(length=32), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('file_name', sa.String(length=200), nullable=False),
        sa.Column('media_type', sa.String(length=100), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('stored_name', sa.String(length=32), nullable=False),
        sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('archived_at', sa.DateTime(), nullable=True),
        sa.Column('archived_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('archived_reason', sa.String(length=200), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint("(archived_at is null) = (archived_by_id is null) and (archived_at is null) = (archived_reason = '')", name=op.f('ck_document_withdrawn_with_reason')),
        sa.CheckConstraint('size > 0', name=op.f('ck_document_size')),
        sa.ForeignKeyConstraint(['archived_by_id'], ['staff.id'], name=op.f('fk_document_archived_by_id')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_document_author_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_document_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_document_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
        sa.UniqueConstraint('stored_name', name=op.f('uq_document_stored_name'))
    )
    op.create_index(op.f('ix_document_author_id'), 'document', ['author_id'], unique=False)
    op.create_index(op.f('ix_document_case_id'), 'document', ['case_id'], unique=False)
    op.create_index(op.f('ix_document_person_id'), 'document', ['person_id'], unique=False)
    op.create_table('document_change',
        sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('staff_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('old_class', sa.String(length=32), nullable=False),
        sa.Column('new_class', sa.String(length=32), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_document_change_document_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_document_change_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_document_change')),
        sa.UniqueConstraint('document_id', 'revision', name=op.f('uq_document_change_document_id_revision'))
    )
