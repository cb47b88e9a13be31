"""Private notes leave by an authorisation of their own, or with two people after their author has left.

Of a release of a couple's or a family's record stands when it went out, or that it is not needed any more.
"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('private_authorization',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('author_id', KEY, nullable=False),
        sa.Column('recipient', sa.String(length=200), nullable=False),
        sa.Column('purpose', sa.String(length=200), nullable=False),
        sa.Column('first_on', sa.Date(), nullable=True),
        sa.Column('last_on', sa.Date(), nullable=True),
        sa.Column('appointment_ids', sa.JSON(), nullable=False),
        sa.Column('prepared_by_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(first_on is null) = (last_on is null) and (first_on is null or first_on <= last_on)',
                           name=op.f('ck_private_authorization_days')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_private_authorization_author_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_private_authorization_case_id')),
        sa.ForeignKeyConstraint(['prepared_by_id'], ['staff.id'], name=op.f('fk_private_authorization_prepared_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_private_authorization'))
    )
    op.create_index(op.f('ix_private_authorization_case_id'), 'private_authorization', ['case_id'], unique=False)
    op.create_table('private_custody',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('author_id', KEY, nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('authorization_id', KEY, nullable=True),
        sa.Column('document_id', KEY, nullable=True),
        sa.Column('issued_by', sa.String(length=200), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=True),
        sa.Column('reference', sa.String(length=200), nullable=False),
        sa.Column('recipient', sa.String(length=200), nullable=False),
        sa.Column('purpose', sa.String(length=200), nullable=False),
        sa.Column('first_on', sa.Date(), nullable=True),
        sa.Column('last_on', sa.Date(), nullable=True),
        sa.Column('opened_by_id', KEY, nullable=False),
        sa.Column('confirmed_at', sa.DateTime(), nullable=True),
        sa.Column('confirmed_by_id', KEY, nullable=True),
        sa.Column('confirmed_how', sa.String(length=32), nullable=True),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('ended_by_id', KEY, nullable=True),
        sa.Column('ended_as', sa.String(length=32), nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint("document_id is null or (issued_by <> '' and issued_on is not null and reference <> '')",
                           name=op.f('ck_private_custody_order')),
        sa.CheckConstraint('(authorization_id is null) <> (document_id is null)',
                           name=op.f('ck_private_custody_one_ground')),

                           
                                 sa.CheckConstraint('(confirmed_at is null) = (confirmed_by_id is null) and (confirmed_at is null) = (confirmed_how is null)', name=op.f('ck_private_custody_confirmed')),
        sa.CheckConstraint('(ended_at is null) = (ended_by_id is null) and (ended_at is null) = (ended_as is null)',
                           name=op.f('ck_private_custody_ended')),
        sa.CheckConstraint('(first_on is null) = (last_on is null) and (first_on is null or first_on <= last_on)',
                           name=op.f('ck_private_custody_days')),
        sa.CheckConstraint('confirmed_by_id <> opened_by_id', name=op.f('ck_private_custody_two_people')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_private_custody_author_id')),
        sa.ForeignKeyConstraint(['authorization_id'], ['private_authorization.id'],
                                name=op.f('fk_private_custody_authorization_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_private_custody_case_id')),
        sa.ForeignKeyConstraint(['confirmed_by_id'], ['staff.id'], name=op.f('fk_private_custody_confirmed_by_id')),
        sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_private_custody_document_id')),
        sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_private_custody_ended_by_id')),
        sa.ForeignKeyConstraint(['opened_by_id'], ['staff.id'], name=op.f('fk_private_custody_opened_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_private_custody'))
    )
    op.create_index(op.f('ix_private_custody_case_id'), 'private_custody', ['case_id'], unique=False)
    op.create_index('uq_private_custody_open', 'private_custody', ['case_id', 'author_id'], unique=True,
                    sqlite_where=sa.text('ended_at is null'), postgresql_where=sa.text('ended_at is null'))
    op.create_table('private_release',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('author_id', KEY, nullable=False),
        sa.Column('recipient', sa.String(length=200), nullable=False),
        sa.Column('purpose', sa.String(length=200), nullable=False),
        sa.Column('ground', sa.Text(), nullable=False),
        sa.Column('authorization_id', KEY, nullable=True),
        sa.Column('custody_id', KEY, nullable=True),
        sa.Column('released_by_id', KEY, nullable=False),
        sa.Column('confirmed_by_id', KEY, nullable=True),
        sa.Column('method', sa.String(length=32), nullable=False),
        sa.Column('notes', sa.JSON(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(custody_id is null) = (confirmed_by_id is null)',
                           name=op.f('ck_private_release_two_people')),
        sa.CheckConstraint('authorization_id is not null or custody_id is not null',
                           name=op.f('ck_private_release_ground')),
        sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_private_release_author_id')),
        sa.ForeignKeyConstraint(['authorization_id'], ['private_authorization.id'],
                                name=op.f('fk_private_release_authorization_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_private_release_case_id')),
        sa.ForeignKeyConstraint(['confirmed_by_id'], ['staff.id'], name=op.f('fk_private_release_confirmed_by_id')),
        sa.ForeignKeyConstraint(['custody_id'], ['private_custody.id'], name=op.f('fk_private_release_custody_id')),
        sa.ForeignKeyConstraint(['released_by_id'], ['staff.id'], name=op.f('fk_private_release_released_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_private_release')),
        sa.UniqueConstraint('custody_id', name=op.f('uq_private_release_custody_id'))
    )
    op.create_index(op.f('ix_private_release_case_id'), 'private_release', ['case_id'], unique=False)
    op.create_index(op.f('ix_private_release_released_by_id'), 'private_release', ['released_by_id'], unique=False)
    op.create_table('private_word',
        sa.Column('authorization_id', KEY, nullable=False),
        sa.Column('document_id', KEY, nullable=True),
        sa.Column('response_id', KEY, nullable=True),
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('signed_by_id', KEY, nullable=False),
        sa.Column('signs_as', sa.String(length=32), nullable=True),
        sa.Column('capacity', sa.String(length=900), nullable=False),
        sa.Column('authority', sa.String(length=200), nullable=False),
        sa.Column('signed_on', sa.Date(), nullable=False),
        sa.Column('expires_on', sa.Date(), nullable=False),
        sa.Column('recorded_by_id', KEY, nullable=False),
        sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
        sa.Column('withdrawn_by_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(document_id is null) <> (response_id is null)', name=op.f('ck_private_word_one_paper')),
        sa.CheckConstraint('(withdrawn_at is null) = (withdrawn_by_id is null)',
                           name=op.f('ck_private_word_withdrawn')),
        sa.CheckConstraint('expires_on >= signed_on', name=op.f('ck_private_word_days')),
        sa.ForeignKeyConstraint(['authorization_id'], ['private_authorization.id'],
                                name=op.f('fk_private_word_authorization_id')),
        sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_private_word_document_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_private_word_person_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_private_word_recorded_by_id')),
        sa.ForeignKeyConstraint(['response_id'], ['form_response.id'], name=op.f('fk_private_word_response_id')),
        sa.ForeignKeyConstraint(['signed_by_id'], ['person.id'], name=op.f('fk_private_word_signed_by_id')),
        sa.ForeignKeyConstraint(['withdrawn_by_id'], ['staff.id'], name=op.f('fk_private_word_withdrawn_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_private_word'))
    )
    op.create_index(op.f('ix_private_word_authorization_id'), 'private_word', ['authorization_id'], unique=False)
    op.create_table('private_handout',
        sa.Column('release_id', KEY, nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['release_id'], ['private_release.id'], name=op.f('fk_private_handout_release_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_private_handout')),
        sa.UniqueConstraint('release_id', name=op.f('uq_private_handout_release_id'))
    )
    op.add_column('record_release', sa.Column('sent_at', sa.DateTime(), nullable=True))
    op.add_column('record_release', sa.Column('dropped_at', sa.DateTime(), nullable=True))
    op.create_index('ix_record_release_waiting', 'record_release', ['case_id'], unique=False,
                    sqlite_where=sa.text('sent_at is null and dropped_at is null'),
                    postgresql_where=sa.text('sent_at is null and dropped_at is null'))
