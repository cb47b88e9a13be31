"""What was so at a moment is kept: who could hold a calendar address, since when a case names its supervisor."""

import json

import sqlalchemy as sa
from alembic import op

revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None

_HOLDERS = """
select calendar_feed.id, acts_for.id from calendar_feed
join acts_for on acts_for.client_id = calendar_feed.person_id
where calendar_feed.created_by_id is not null and calendar_feed.revoked_at is null
  and exists (
    select 1 from access_decision left join access_end on access_end.decision_id = access_decision.id
    where access_decision.acts_for_id = acts_for.id and access_decision.scope = 'scheduling'
      and access_decision.verdict = 'granted'
      and (access_decision.case_id is null or access_decision.case_id = calendar_feed.case_id)
      and access_decision.decided_at <= calendar_feed.created_at
      and (access_end.ended_at is null or access_end.ended_at >= calendar_feed.created_at))
order by calendar_feed.id, acts_for.id
"""

_NAMED = """
update case_file set supervisor_named_at = coalesce((
    select max(audit_log.at) from audit_log
    where audit_log.case_id = case_file.id and audit_log.action = 'change_case' and audit_log.outcome = 'allowed'
      and audit_log.detail like 'changed %supervisor_id%'), created_at)
where supervisor_id is not null
"""


def upgrade() -> None:
    """Forward only. Of addresses from before, whoever had been granted it by then counts: one too many stops."""
    op.add_column('calendar_feed', sa.Column('acting_ids', sa.JSON(), nullable=False, server_default='[]'))
    connection = op.get_bind()
    found: dict[int, list[int]] = {}
    for feed_id, acts_for_id in connection.execute(sa.text(_HOLDERS)).tuples():
        found.setdefault(feed_id, []).append(acts_for_id)
    update = sa.text('update calendar_feed set acting_ids = cast(:acting as json) where id = :id') if (
        connection.dialect.name == 'postgresql') else sa.text(
        'update calendar_feed set acting_ids = :acting where id = :id')
    for feed_id, acting_ids in found.items():
        connection.execute(update, {'id': feed_id, 'acting': json.dumps(acting_ids)})
    op.add_column('case_file', sa.Column('supervisor_named_at', sa.DateTime(), nullable=True))
    op.execute(_NAMED)
