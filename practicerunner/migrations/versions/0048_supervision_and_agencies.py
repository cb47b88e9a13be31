"""Supervision that includes messages; for which organisation somebody helps; inquiries go with their case."""

import sqlalchemy as sa
from alembic import op

revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. Who treated a group once stayed the reader of who waits for it: that is set right."""
    op.add_column('practice', sa.Column(
        'supervision_includes_messages', sa.Boolean(), nullable=False, server_default=sa.false()))
    name = 'fk_acts_for_organisation_id'
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            f'alter table acts_for add column organisation_id integer constraint {name} references organisation (id)')
    else:
        op.add_column('acts_for', sa.Column('organisation_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(name), 'acts_for', 'organisation', ['organisation_id'], ['id'])
    op.create_index(op.f('ix_acts_for_organisation_id'), 'acts_for', ['organisation_id'], unique=False)
    op.add_column('acts_for', sa.Column('left_organisation_on', sa.Date(), nullable=True))
    here = "inquiry.case_id = case_file.id and inquiry.provider_id is distinct from case_file.provider_id"
    moved = f"select inquiry.id from inquiry join case_file on {here}"
    whose = "select inquiry.provider_id from inquiry where inquiry.id = asker_thread.inquiry_id"
    to = "select case_file.provider_id from inquiry join case_file on case_file.id = inquiry.case_id"
    op.execute(
        f"update asker_thread set assigned_to_id = ({to} where inquiry.id = asker_thread.inquiry_id) "  # noqa: S608
        f"where thread_id is null and inquiry_id in ({moved}) and assigned_to_id = ({whose})")
    op.execute(
        "update inquiry set provider_id = (select provider_id from case_file where case_file.id = inquiry.case_id) "
        "where case_id is not null")
