"""Requests to amend the record: what was asked, the answer, whom to inform, and what was added to a denial."""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
EXTENDED = (
    "(extended_at is null) = (extended_by_id is null) and (extended_at is null) = (told_on is null) "
    "and (extended_at is null) = (extension_reason = '')"
)
CLOSED = (
    "(closed_at is null) = (closed_by_id is null) and (closed_at is null) = (decision is null) "
    "and (ground is null) = (basis = '') and (ground is null) = (decision is null or decision not in "
    "('denied', 'accepted_in_part')) and (answer = '') = (decision is null or decision not in "
    "('accepted', 'accepted_in_part'))"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table('amendment_request',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('asked_by_id', KEY, nullable=False),
        sa.Column('signs_as', sa.String(length=32), nullable=True),
        sa.Column('capacity', sa.String(length=900), nullable=False),
        sa.Column('authority', sa.String(length=200), nullable=False),
        sa.Column('received_on', sa.Date(), nullable=False),
        sa.Column('channel', sa.String(length=32), nullable=False),
        sa.Column('wanted', sa.Text(), nullable=False),
        sa.Column('note_id', KEY, nullable=True),
        sa.Column('document_id', KEY, nullable=True),
        sa.Column('recorded_by_id', KEY, nullable=True),
        sa.Column('extended_at', sa.DateTime(), nullable=True),
        sa.Column('extended_by_id', KEY, nullable=True),
        sa.Column('extension_reason', sa.Text(), nullable=False),
        sa.Column('told_on', sa.Date(), nullable=True),
        sa.Column('decision', sa.String(length=32), nullable=True),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('ground', sa.String(length=32), nullable=True),
        sa.Column('basis', sa.Text(), nullable=False),
        sa.Column('letter', sa.JSON(), nullable=False),
        sa.Column('closed_at', sa.DateTime(), nullable=True),
        sa.Column('closed_by_id', KEY, nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('note_id is null or document_id is null', name=op.f('ck_amendment_request_about_one')),
        sa.CheckConstraint(EXTENDED, name=op.f('ck_amendment_request_extended_with_reason')),
        sa.CheckConstraint(CLOSED, name=op.f('ck_amendment_request_closed_with_answer')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_amendment_request_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_amendment_request_person_id')),
        sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_amendment_request_asked_by_id')),
        sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_amendment_request_note_id')),
        sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_amendment_request_document_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_amendment_request_recorded_by_id')),
        sa.ForeignKeyConstraint(['extended_by_id'], ['staff.id'], name=op.f('fk_amendment_request_extended_by_id')),
        sa.ForeignKeyConstraint(['closed_by_id'], ['staff.id'], name=op.f('fk_amendment_request_closed_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_amendment_request'))
    )
    op.create_index(op.f('ix_amendment_request_case_id'), 'amendment_request', ['case_id'], unique=False)
    op.create_index(op.f('ix_amendment_request_asked_by_id'), 'amendment_request', ['asked_by_id'], unique=False)
    op.create_index('ix_amendment_request_note_id', 'amendment_request', ['note_id'], unique=False)
    op.create_index('ix_amendment_request_open', 'amendment_request', ['closed_at', 'case_id'], unique=False)
    op.create_table('amendment_addendum',
        sa.Column('request_id', KEY, nullable=False),
        sa.Column('addendum_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['request_id'], ['amendment_request.id'], name=op.f('fk_amendment_addendum_request_id')),
        sa.ForeignKeyConstraint(['addendum_id'], ['addendum.id'], name=op.f('fk_amendment_addendum_addendum_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_amendment_addendum')),
        sa.UniqueConstraint('request_id', 'addendum_id', name=op.f('uq_amendment_addendum_request_id_addendum_id'))
    )
    op.create_table('amendment_recipient',
        sa.Column('request_id', KEY, nullable=False),
        sa.Column('name', sa.String(length=401), nullable=False),
        sa.Column('release_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['request_id'], ['amendment_request.id'], name=op.f('fk_amendment_recipient_request_id')),
        sa.ForeignKeyConstraint(['release_id'], ['record_release.id'], name=op.f('fk_amendment_recipient_release_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_amendment_recipient'))
    )
    op.create_index(op.f('ix_amendment_recipient_request_id'), 'amendment_recipient', ['request_id'], unique=False)
    op.create_table('amendment_word',
        sa.Column('request_id', KEY, nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('document_id', KEY, nullable=True),
        sa.Column('given_on', sa.Date(), nullable=False),
        sa.Column('recorded_by_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint("text <> '' or document_id is not null", name=op.f('ck_amendment_word_says_something')),
        sa.ForeignKeyConstraint(['request_id'], ['amendment_request.id'], name=op.f('fk_amendment_word_request_id')),
        sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_amendment_word_document_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_amendment_word_recorded_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_amendment_word')),
        sa.UniqueConstraint('request_id', 'kind', name=op.f('uq_amendment_word_request_id_kind'))
    )
