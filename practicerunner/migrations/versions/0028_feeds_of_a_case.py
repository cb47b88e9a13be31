"""A client's calendar feed that staff made belongs to one case."""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

_MADE_BY_STAFF = 'person_id is not null and created_by_id is not null'


def upgrade() -> None:
    """Forward only. Who was never in more than one case keeps their address; for others nobody knows which it was."""
    name = 'fk_calendar_feed_case_id'
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f'alter table calendar_feed add column case_id integer constraint {name} references case_file (id)')
    else:
        op.add_column('calendar_feed', sa.Column('case_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(name), 'calendar_feed', 'case_file', ['case_id'], ['id'])
    op.create_index(op.f('ix_calendar_feed_case_id'), 'calendar_feed', ['case_id'], unique=False)
    theirs = 'from participant where participant.person_id = calendar_feed.person_id'
    op.execute(
        f'update calendar_feed set case_id = (select min(participant.case_id) {theirs}) '
        f'where {_MADE_BY_STAFF} and (select count(distinct participant.case_id) {theirs}) = 1')
    op.execute(
        'update calendar_feed set revoked_at = coalesce(last_read_at, created_at) '
        f'where {_MADE_BY_STAFF} and case_id is null and revoked_at is null')
