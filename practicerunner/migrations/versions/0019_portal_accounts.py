"""Accounts of people outside the practice, their links and their sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.add_column('practice', sa.Column('portal_idle_minutes', sa.BigInteger(), nullable=False, server_default='10'))
    op.create_table('portal_account',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('suspended_at', sa.DateTime(), nullable=True),
        sa.Column('suspended_by_id', KEY, nullable=True),
        sa.Column('suspended_reason', sa.String(length=300), nullable=False),
        sa.Column('password_hash', sa.String(length=200), nullable=False),
        sa.Column('totp_secret', sa.LargeBinary(), nullable=True),
        sa.Column('totp_last_step', sa.BigInteger(), nullable=False),
        sa.Column('last_sign_in_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_portal_account_person_id')),
        sa.ForeignKeyConstraint(['suspended_by_id'], ['staff.id'], name=op.f('fk_portal_account_suspended_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portal_account')),
        sa.UniqueConstraint('person_id', name=op.f('uq_portal_account_person_id'))
    )
    op.create_index(op.f('ix_portal_account_email'), 'portal_account', ['email'], unique=False)
    op.create_table('portal_recovery_code',
        sa.Column('account_id', KEY, nullable=False),
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('used_at', sa.DateTime(), nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['portal_account.id'], name=op.f('fk_portal_recovery_code_account_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portal_recovery_code'))
    )
    op.create_index(op.f('ix_portal_recovery_code_account_id'), 'portal_recovery_code', ['account_id'], unique=False)
    op.create_table('portal_sign_in',
        sa.Column('account_id', KEY, nullable=False),
        sa.Column('token_fingerprint', sa.String(length=64), nullable=False),
        sa.Column('last_seen_at', sa.DateTime(), nullable=False),
        sa.Column('expires_at', sa.DateTime(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('device', sa.String(length=200), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['portal_account.id'], name=op.f('fk_portal_sign_in_account_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portal_sign_in')),
        sa.UniqueConstraint('token_fingerprint', name=op.f('uq_portal_sign_in_token_fingerprint'))
    )
    op.create_index(op.f('ix_portal_sign_in_account_id'), 'portal_sign_in', ['account_id'], unique=False)
    op.create_table('portal_invitation',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('token_fingerprint', sa.String(length=64), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('expires_at', sa.DateTime(), nullable=False),
        sa.Column('used_at', sa.DateTime(), nullable=True),
        sa.Column('wrong_dates', sa.BigInteger(), nullable=False),
        sa.Column('invited_by_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['invited_by_id'], ['staff.id'], name=op.f('fk_portal_invitation_invited_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_portal_invitation_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portal_invitation')),
        sa.UniqueConstraint('token_fingerprint', name=op.f('uq_portal_invitation_token_fingerprint'))
    )
    op.create_index(op.f('ix_portal_invitation_person_id'), 'portal_invitation', ['person_id'], unique=False)
    op.create_table('details_request',
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('done_at', sa.DateTime(), nullable=True),
        sa.Column('done_by_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['done_by_id'], ['staff.id'], name=op.f('fk_details_request_done_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_details_request_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_details_request'))
    )
    op.create_index(op.f('ix_details_request_person_id'), 'details_request', ['person_id'], unique=False)
